"""Positions of tables and of layers of points, in metres, and what is wrong with them.

Degrees are told from metres, swapped columns from wrong ones, and a whole file in the wrong place
gets one message. Degrees may be written in minutes and seconds, as surveyors and phones do.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, gathered
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import Datum, header_doubt, is_code, is_degrees
from quarterhour.inputs.metres import box_distance_m, old_datum_doubt, recognise
from quarterhour.inputs.tables import Sheet, is_blank, numbers, plainly
from quarterhour.studytables import DatumName

FAR_M = 50_000.0
# From so many rows on, one place for all of them is a slip and not one building.
_SAME_PLACE = 3
# Numbers above this are metres, whatever their system; below it they may be any slip.
_SURELY_METRES = 1_000.0
_SIGNS = {"º": "°", "˚": "°", "度": "°",
          "′": "'", "’": "'", "‘": "'", "＇": "'", "分": "'",
          "″": '"', "”": '"', "“": '"', "＂": '"', "秒": '"', "''": '"',
          "。": ".", "·": ".", "东经": "E", "西经": "W", "北纬": "N", "南纬": "S"}  # fmt: skip
_ANGLE = re.compile(
    r"([NSEW]?)([+-]?\d+(?:\.\d+)?)(?:°(?:(\d+(?:\.\d+)?)'(?:(\d+(?:\.\d+)?)\")?)?)?([NSEW]?)"
)


def positions(
    sheet: Sheet,
    columns: Mapping[str, str],
    areas: Areas,
    *,
    datum: DatumName,
    blank_ok: bool = False,
    doubts: list[Fault] | None = None,
) -> tuple[NDArray[np.float64], list[Fault]]:
    """Return positions in metres (n, 2) and the faults of a sheet's coordinates.

    Parameters
    ----------
    sheet, columns
        The table, and its headers of ``lon`` and ``lat``; a map file's shapes need none.
    areas
        The study's areas, near which the positions must lie.
    datum
        What the columns' degrees mean, or the code of the system of their metres.
    blank_ok
        Whether a row without a position is no fault: its place is then ``nan``.
    doubts
        Receives what is doubtful: all rows in one place, a system of an old datum.

    Notes
    -----
    The pair (0, 0) is no position: programs write it where they know none.
    """
    faults: list[Fault] = []
    with gathered(faults):
        Datum(datum)
    if faults:
        nowhere = np.full((len(sheet.frame), 2), np.nan)
        return nowhere, [replace(fault, file=sheet.file) for fault in faults]
    if sheet.geometry is not None:
        datum = "wgs84"  # shapes come without their datum
        points = shapely.centroid(sheet.geometry)
        lon, lat = shapely.get_x(points), shapely.get_y(points)
        for at in np.flatnonzero(~(np.isfinite(lon) & np.isfinite(lat))).tolist():
            if not blank_ok:
                faults.append(sheet.fault("input.no_position", {}, at=at))
    else:
        lon, lat = _columns(sheet, columns, datum, blank_ok, faults)
        doubt = header_doubt(sheet, columns["lon"], datum)
        if doubts is not None and doubt is not None:
            doubts.append(doubt)
    zero = (lon == 0.0) & (lat == 0.0)
    if not blank_ok:
        faults += [sheet.fault("datum.zero", {}, at=at) for at in np.flatnonzero(zero).tolist()]
    lon, lat = np.where(zero, np.nan, lon), np.where(zero, np.nan, lat)
    xy = _to_plane(lon, lat, areas, datum)
    faults += _misplaced(sheet, columns, (lon, lat), xy, areas, datum)
    if doubts is not None:
        doubts += _doubts(sheet, xy, datum)
    return xy, faults


def degrees_of(
    sheet: Sheet, columns: Mapping[str, str], *, datum: DatumName
) -> NDArray[np.float64]:
    """Return WGS 84 degrees (n, 2) of all rows that give any; ``nan`` for others, without a word.

    Parameters
    ----------
    sheet, columns, datum
        As for :func:`positions`, which says what is wrong; columns may lack.
    """
    lonlat = np.full((len(sheet.frame), 2), np.nan)
    if sheet.geometry is not None:
        points = shapely.centroid(sheet.geometry)
        return np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    if not {"lon", "lat"} <= set(columns):
        return lonlat
    lon, lat = (_coordinate(sheet, columns[name], datum)[0] for name in ("lon", "lat"))
    good = np.isfinite(lon) & np.isfinite(lat) & ~((lon == 0.0) & (lat == 0.0))
    good &= is_code(datum) | is_degrees(lon, lat)
    lonlat[good] = np.column_stack(Datum(datum).to_wgs84(lon[good], lat[good]))
    return lonlat


def _columns(
    sheet: Sheet, columns: Mapping[str, str], datum: DatumName, blank_ok: bool, faults: list[Fault]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the numbers of the two columns; ``nan`` where there is none."""
    headers = (columns["lon"], columns["lat"])
    lon, no_lon = _coordinate(sheet, headers[0], datum)
    lat, no_lat = _coordinate(sheet, headers[1], datum)
    # Half a position is a slip even where a row may have none.
    spared = blank_ok & np.isnan(lon) & np.isnan(lat)
    faults += [*no_lon, *no_lat]
    for header, own in zip(headers, (lon, lat), strict=True):
        none = np.flatnonzero(np.isnan(own) & ~spared)
        blank = np.array([is_blank(cell) for cell in sheet.frame[header].iloc[none]], bool)
        faults += sheet.cell_faults("input.blank_cell", none[blank], header)
    return lon, lat


def _coordinate(
    sheet: Sheet, header: str, datum: DatumName
) -> tuple[NDArray[np.float64], list[Fault]]:
    """Return one column as numbers, degrees with minutes and seconds among them, and its faults."""
    faults: list[Fault] = []
    values = numbers(sheet, header, faults=faults)
    if is_code(datum):
        return values, faults
    read = set()
    unread = np.flatnonzero(np.isnan(values))
    for at, cell in zip(unread.tolist(), sheet.frame[header].iloc[unread], strict=True):
        angle = _angle(cell) if isinstance(cell, str) else None
        if angle is not None:
            values[at] = angle
            read.add(int(sheet.rows[at]))
    return values, [fault for fault in faults if fault.row not in read]


def _angle(text: str) -> float | None:
    """Return degrees written as 106°27′30″, 29.55N or 106。45; ``None`` for anything else."""
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    match = _ANGLE.fullmatch(text)
    if match is None or (match[1] and match[5]):
        return None
    minutes, seconds = float(match[3] or 0), float(match[4] or 0)
    if minutes >= 60 or seconds >= 60 or ("." in match[2] and match[3]):
        return None
    size = abs(float(match[2])) + minutes / 60 + seconds / 3600
    return -size if match[2].startswith("-") or (match[1] or match[5]) in ("S", "W") else size


def _misplaced(
    sheet: Sheet,
    columns: Mapping[str, str],
    lonlat: tuple[NDArray[np.float64], NDArray[np.float64]],
    xy: NDArray[np.float64],
    areas: Areas,
    datum: DatumName,
) -> list[Fault]:
    """Find the positions that lie too far away, each with its likely cause."""
    lon, lat = lonlat
    away_m = box_distance_m(xy, areas)
    known = np.isfinite(lon) & np.isfinite(lat)
    away = known & ~(away_m <= FAR_M)
    if not away.any():
        return []
    swapped = away & (box_distance_m(_to_plane(lat, lon, areas, datum), areas) <= FAR_M)
    no_degrees = away & ~swapped & ~is_degrees(lon, lat) & (not is_code(datum))
    far = away & ~swapped & ~no_degrees
    # A whole file in the wrong place has one cause and gets one message.
    whole = int(known.sum()) > 1
    if is_code(datum) or no_degrees.any():
        for which in (no_degrees, far, swapped):
            if (which == known).all() and (fault := _in_metres(
                sheet, columns, lonlat, which, areas, datum)) is not None:  # fmt: skip
                return [fault]
    faults = []
    for key, which in (
        ("input.swapped", swapped),
        ("input.not_degrees", no_degrees),
        ("input.far_away", far),
    ):
        every = whole and bool((which == known).all())
        for at in np.flatnonzero(which)[: 1 if every else None].tolist():
            values = {"lon": plainly(lon[at]), "lat": plainly(lat[at]), "count": int(known.sum()),
                      "km": f"{away_m[at] / 1000:,.0f}", "most": f"{FAR_M / 1000:.0f}"}  # fmt: skip
            name = key.replace(".", ".all_") if every else key
            faults.append(sheet.fault(name, values, at=at))
    return faults


def _in_metres(
    sheet: Sheet,
    columns: Mapping[str, str],
    lonlat: tuple[NDArray[np.float64], NDArray[np.float64]],
    which: NDArray[np.bool_],
    areas: Areas,
    datum: DatumName,
) -> Fault | None:
    """Return the one fault of a table in metres: another system, or two columns exchanged."""
    x, y = (part[which] for part in lonlat)
    degrees = is_code(datum) and bool(is_degrees(x, y).all())
    # A cell may hold 1e308, and half of two of those is more than a float can.
    size = np.minimum(np.maximum(np.abs(x), np.abs(y)), 1e12)
    if not degrees and np.median(size) < _SURELY_METRES:
        return None
    at = int(np.flatnonzero(which)[0])
    values = {
        "count": len(x), "x": plainly(x[0]), "y": plainly(y[0]), "datum": datum, "code": "",
        "also": "", "lon": columns.get("lon", "lon"), "lat": columns.get("lat", "lat"),
    }  # fmt: skip
    if degrees:
        return sheet.fault("datum.degrees", values, at=at)
    found = recognise(x, y, areas)
    if found is None:
        key = "datum.wrong_system" if is_code(datum) else "datum.metres_unknown"
        return sheet.fault(key, values, at=at)
    values |= {"code": found.code, "also": " / ".join((found.code, *found.also))}
    if sheet.geometry is not None:
        # The file itself says degrees: no line in the study would overrule it.
        return sheet.fault("datum.shapes_in_metres", values, at=at)
    key = "datum.metres_swapped" if found.swapped else "datum.metres"
    return sheet.fault(key, values, at=at)


def _doubts(sheet: Sheet, xy: NDArray[np.float64], datum: DatumName) -> list[Fault]:
    """Find what is doubtful of a whole table's positions."""
    doubts = []
    placed = xy[np.isfinite(xy).all(axis=1)]
    if len(placed) >= _SAME_PLACE and (placed == placed[0]).all():
        values = {"count": len(placed)}
        doubts.append(Fault("datum.same_place", values, sheet.file, sheet.sheet))
    if is_code(datum):
        from pyproj import CRS

        old = old_datum_doubt(CRS.from_user_input(datum), sheet.file)
        doubts += [] if old is None else [old]
    return doubts


def _to_plane(
    lon: NDArray[np.float64], lat: NDArray[np.float64], areas: Areas, datum: DatumName
) -> NDArray[np.float64]:
    """Return positions in metres (n, 2); ``nan`` for what is no longitude and latitude."""
    xy = np.full((len(lon), 2), np.nan)
    good = np.isfinite(lon) & np.isfinite(lat) if is_code(datum) else is_degrees(lon, lat)
    xy[good] = areas.plane.to_xy(*Datum(datum).to_wgs84(lon[good], lat[good]))
    return xy


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
