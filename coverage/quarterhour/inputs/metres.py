"""Coordinates in metres whose system nobody has named, and systems that nobody can convert.

A *system* is a projected coordinate system with an EPSG code. The Gauss-Krueger grids of CGCS2000
come in zones of 3 and of 6 degrees, each with the number of the zone before the easting
(``35 512 345``) or without (``512 345``). Xi'an 1980 and Beijing 1954 use the same grids: their
numbers look the same and lie up to about a hundred metres beside, so only the supplier can say
which it is. A *local* system is a city's own: its origin and its turn are not published.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import Plane, is_code, is_degrees
from quarterhour.inputs.tables import plainly
from quarterhour.studytables import DatumName

# A system is possible where half of the points come to lie so near to the study's area.
_NEAR_M = 50_000.0
# UTM and Gauss-Krueger on one meridian lie under 3 km apart: an area does not tell them apart.
_ALIKE_M = 5_000.0
_LOCAL = re.compile(r"独立|地方|城建|城市坐标|工程坐标|\blocal\b|_local|local_|independent", re.I)
_OLD = {"xian1980": "Xi'an 1980", "beijing1954": "Beijing 1954"}
# First codes of EPSG's rows of CGCS2000 grids: 21 of 3 degrees with and without the number of the
# zone, 11 of 6 degrees; all begin at 75 degrees east.
_NUMBERED_3, _PLAIN_3, _NUMBERED_6, _FIRST_MERIDIAN = 4513, 4534, 4491, 75.0
# Where grids of China have their numbers, the zone's taken off.
_EASTINGS, _NORTHINGS = (50_000.0, 950_000.0), (1_700_000.0, 6_200_000.0)


@dataclass(frozen=True, slots=True)
class MetreSystem:
    """The system that puts points into a study's area.

    Attributes
    ----------
    code
        For example ``"EPSG:4544"``.
    swapped
        Whether the first number is the northing, as Chinese surveyors write it (X = north).
    also
        Codes of other systems that put the points as near.
    """

    code: str
    swapped: bool
    also: tuple[str, ...] = ()


def recognise(
    x: NDArray[np.float64], y: NDArray[np.float64], areas: Areas | None
) -> MetreSystem | None:
    """Return the system in which numbers lie in the study's area, or ``None``.

    Parameters
    ----------
    x, y
        Two columns of numbers (n,) that are no degrees; ``nan`` where unknown.
    areas
        The study's areas. Without them only a zone number before the easting tells the system.

    Notes
    -----
    Tried, in this order: the study's own plane, CGCS2000 in zones of 3 and of 6 degrees, without
    and with the number of the zone, UTM on WGS 84 and Web Mercator; of each the zones around the
    area, and the two columns either way round. Of those that put the points equally near to the
    areas (within 5 km), the first is given and the others are named.
    """
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    if len(x) == 0:
        return None
    if areas is None:
        east, north = float(np.median(x)), float(np.median(y))
        for first, second, swapped in ((east, north, False), (north, east, True)):
            if (code := _zone_code(first, second)) is not None:
                return MetreSystem(code, swapped)
        return None
    found = []
    for code in _candidates(areas):
        for swapped in (False, True):
            away_m = _away_m(y if swapped else x, x if swapped else y, code, areas)
            if (typical_m := float(np.median(away_m))) <= _NEAR_M:
                found.append((typical_m, code, swapped))
    if not found:
        return None
    alike = [f for f in found if f[0] <= min(found)[0] + _ALIKE_M]
    _, code, swapped = alike[0]
    return MetreSystem(code, swapped, tuple(f[1] for f in alike[1:]))


def _candidates(areas: Areas) -> list[str]:
    """Return the codes of the systems in use around the areas, each grid once."""
    west, south, east, north = shapely.total_bounds(areas.polygons)
    lon, lat = areas.plane.to_lonlat(np.array([[(west + east) / 2, (south + north) / 2]]))[0]
    # Without the number of the zone, every grid of 6 degrees is one of those of 3.
    found = [
        first + step
        for first, width, count in ((_PLAIN_3, 3, 21), (_NUMBERED_3, 3, 21), (_NUMBERED_6, 6, 11))
        for step in range(count)
        if abs(_FIRST_MERIDIAN + width * step - lon) <= width
    ]
    zone, hemisphere = int((lon + 180.0) // 6.0), 32601 if lat >= 0 else 32701
    found += [hemisphere + near % 60 for near in (zone, zone - 1, zone + 1)]
    return list(dict.fromkeys([areas.crs, *(f"EPSG:{code}" for code in [*found, 3857])]))


def _away_m(
    east: NDArray[np.float64], north: NDArray[np.float64], code: str, areas: Areas
) -> NDArray[np.float64]:
    """Return metres from points in a system to the box of the areas."""
    lonlat = Plane(code).to_lonlat(np.column_stack([east, north]))
    return box_distance_m(areas.plane.to_xy(lonlat[:, 0], lonlat[:, 1]), areas)


def box_distance_m(xy_m: NDArray[np.float64], areas: Areas) -> NDArray[np.float64]:
    """Return metres from places (n, 2) to the box of the areas; ``inf`` for what is no place."""
    west, south, east, north = shapely.total_bounds(areas.polygons)
    good = np.isfinite(xy_m).all(axis=1)
    out = np.full(len(xy_m), np.inf)
    beyond = np.maximum((west, south) - xy_m[good], xy_m[good] - (east, north))
    out[good] = np.hypot(*np.maximum(beyond, 0.0).T)
    return out


def _zone_code(east: float, north: float) -> str | None:
    """Return the CGCS2000 grid that the number of a zone before an easting names.

    The numbers 13 to 15 name none: Web Mercator's eastings of eastern China begin likewise.
    """
    zone, rest = divmod(east, 1e6)
    if not (_EASTINGS[0] <= rest <= _EASTINGS[1] and _NORTHINGS[0] <= north <= _NORTHINGS[1]):
        return None
    if 25 <= zone <= 45:
        return f"EPSG:{_NUMBERED_3 + int(zone) - 25}"
    return f"EPSG:{_NUMBERED_6 + int(zone) - 13}" if 16 <= zone <= 23 else None


def looks_local(x: float, y: float) -> bool:
    """Tell whether a pair of numbers is too small for any grid of China: a city's own system."""
    return max(abs(x), abs(y)) < _NORTHINGS[0] and not is_degrees(np.array(x), np.array(y))


def no_system_fault(bounds: Sequence[float], file: str) -> Fault:
    """Return what to say of a map file that names no coordinate system.

    Parameters
    ----------
    bounds
        West, south, east and north of its shapes, as they stand in the file.
    file
        Name of the file.
    """
    west, south, east, north = (float(b) for b in bounds)
    x, y = (west + east) / 2, (south + north) / 2
    if not np.isfinite([x, y]).all():
        return Fault("input.no_crs", file=file)
    values = {"x": plainly(round(x, 5)), "y": plainly(round(y, 5)), "code": ""}
    if max(abs(b) for b in (west, south, east, north)) <= 180.0:
        swapped = max(abs(south), abs(north)) > 90.0
        key = "datum.no_system_degrees_swapped" if swapped else "datum.no_system_degrees"
        return Fault(key, values, file)
    if (found := recognise(np.array([x]), np.array([y]), None)) is not None:
        values["code"] = found.code
        key = "datum.no_system_zone_swapped" if found.swapped else "datum.no_system_zone"
        return Fault(key, values, file)
    return Fault("datum.no_system_local" if looks_local(x, y) else "datum.no_system_metres",
                 values, file)  # fmt: skip


def local_system_fault(crs: Any, file: str) -> Fault | None:  # noqa: ANN401 - pyproj has no types
    """Return what to say of a city's own system, or ``None`` where a system can be converted.

    Parameters
    ----------
    crs
        ``pyproj.CRS`` of a map file.
    file
        Name of the file.

    Notes
    -----
    Local is an engineering system (``LOCAL_CS``), and a projection that no register knows and
    whose name says that it is local: its parameters seldom are those the city really uses.
    """
    flat = _flat(crs)
    engineering = flat.type_name == "Engineering CRS"
    named = _LOCAL.search(flat.name) is not None and flat.to_authority() is None
    return Fault("datum.local_system", {"name": flat.name}, file) if engineering or named else None


def old_datum_doubt(crs: Any, file: str) -> Fault | None:  # noqa: ANN401 - pyproj has no types
    """Return a doubt where a system rests on Xi'an 1980 or Beijing 1954, else ``None``.

    No parameters of these datums are published for all China: what is read in them is taken as
    it stands and may lie about a hundred metres beside.

    Parameters
    ----------
    crs
        ``pyproj.CRS`` of a map file, or of the code that a table gives.
    file
        Name of the file.
    """
    flat = _flat(crs)
    named = re.sub(r"[\W_]|^D_", "", "" if flat.datum is None else flat.datum.name).lower()
    old = next((said for name, said in _OLD.items() if name in named), None)
    values = {"system": flat.name, "datum": old}
    return None if old is None else Fault("datum.old_datum", values, file)


def other_system_doubt(crs: Any, datum: DatumName, file: str) -> Fault | None:  # noqa: ANN401
    """Return a doubt where a map file's own system and the study's datum do not go together.

    A code of the study gives way to the system that the file names. The shift of a web map is
    taken off in any system, but a grid of surveyors has none.

    Parameters
    ----------
    crs
        ``pyproj.CRS`` of the map file.
    datum
        What the study declares for it.
    file
        Name of the file.
    """
    from pyproj import CRS

    flat = _flat(crs)
    values = {"system": flat.name, "datum": datum}
    if is_code(datum):
        same = flat.equals(CRS.from_user_input(datum), ignore_axis_order=True)
        return None if same else Fault("datum.other_system", values, file)
    shifted = datum in ("gcj02", "bd09")
    # Web maps are drawn in a Mercator of their own; Gauss-Krueger and UTM are transverse ones.
    surveyed = flat.is_projected and "Transverse" in flat.coordinate_operation.method_name
    return Fault("datum.shifted_system", values, file) if shifted and surveyed else None


def _flat(crs: Any) -> Any:  # noqa: ANN401 - pyproj has no types
    """Return the system of the two horizontal numbers of a compound or bound system."""
    while crs.is_compound or crs.is_bound:
        crs = crs.sub_crs_list[0] if crs.is_compound else crs.source_crs
    return crs
