"""Positions of tables and of layers of points, in metres, and what is wrong with them.

Degrees are told from metres, swapped columns from wrong ones, and a whole file in the wrong place
gets one message.
"""

from collections.abc import Mapping

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import Datum, is_code, is_degrees
from quarterhour.inputs.tables import Sheet, numbers, plainly
from quarterhour.studytables import DatumName

FAR_M = 50_000.0


def positions(
    sheet: Sheet, columns: Mapping[str, str], areas: Areas, *, datum: DatumName
) -> tuple[NDArray[np.float64], list[Fault]]:
    """Return positions in metres (n, 2) and the faults of a sheet's coordinates."""
    faults: list[Fault] = []
    if sheet.geometry is not None:
        points = shapely.centroid(sheet.geometry)
        lon, lat = shapely.get_x(points), shapely.get_y(points)
        for at in np.flatnonzero(~np.isfinite(lon) | ~np.isfinite(lat)):
            faults.append(sheet.fault("input.no_position", {}, at=int(at)))
    else:
        lon = numbers(sheet, columns["lon"], faults=faults, required=True)
        lat = numbers(sheet, columns["lat"], faults=faults, required=True)
    # Shapes come without their datum.
    datum = "wgs84" if sheet.geometry is not None else datum
    xy = _to_plane(lon, lat, areas, datum)
    away_m = _distance(xy, areas)
    away = np.isfinite(lon) & np.isfinite(lat) & ~(away_m <= FAR_M)
    swapped = away & (_distance(_to_plane(lat, lon, areas, datum), areas) <= FAR_M)
    no_degrees = away & ~swapped & ~is_degrees(lon, lat) & (not is_code(datum))
    for key, which in (
        ("input.swapped", swapped),
        ("input.not_degrees", no_degrees),
        ("input.far_away", away & ~swapped & ~no_degrees),
    ):
        # A whole file in the wrong place has one cause and gets one message.
        every = len(lon) > 1 and bool(which.all())
        for at in np.flatnonzero(which)[: 1 if every else None].tolist():
            values = {"lon": plainly(lon[at]), "lat": plainly(lat[at]), "count": len(lon),
                      "km": f"{away_m[at] / 1000:,.0f}", "most": f"{FAR_M / 1000:.0f}"}  # fmt: skip
            name = key.replace(".", ".all_") if every else key
            faults.append(sheet.fault(name, values, at=at))
    return xy, faults


def _to_plane(
    lon: NDArray[np.float64], lat: NDArray[np.float64], areas: Areas, datum: DatumName
) -> NDArray[np.float64]:
    """Return positions in metres (n, 2); ``nan`` for what is no longitude and latitude."""
    xy = np.full((len(lon), 2), np.nan)
    good = np.isfinite(lon) & np.isfinite(lat) if is_code(datum) else is_degrees(lon, lat)
    xy[good] = areas.plane.to_xy(*Datum(datum).to_wgs84(lon[good], lat[good]))
    return xy


def _distance(xy: NDArray[np.float64], areas: Areas) -> NDArray[np.float64]:
    """Return metres to the study's area; ``inf`` where there is no position."""
    out = np.full(len(xy), np.inf)
    good = np.isfinite(xy).all(axis=1)
    box = shapely.box(*shapely.total_bounds(areas.polygons))
    out[good] = shapely.distance(shapely.points(xy[good]), box)
    return out


def as_place(columns: Mapping[str, str]) -> dict[str, str]:
    """Let a study write ``name`` for the field ``place_name``."""
    return {("place_name" if k == "name" else k): v for k, v in columns.items()}


def optional(sheet: Sheet, column: str | None, faults: list[Fault]) -> NDArray[np.float64]:
    """Return a column of numbers that may be missing: ``nan`` where unknown, never negative."""
    if column is None:
        return np.full(len(sheet.frame), np.nan)
    values = numbers(sheet, column, faults=faults)
    for at in np.flatnonzero(values < 0):
        found = {"value": plainly(values[at])}
        faults.append(sheet.fault("input.negative", found, at=int(at), column=column))
    return values
