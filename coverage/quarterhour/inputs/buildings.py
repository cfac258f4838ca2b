"""Buildings: where an area's people live, by floor area.

Footprint times levels gives a building's floor area; what it is used for says whether people live
in it. Of a building where people live over shops (商住) half of the floor area counts. Where
neither levels nor a height are known, three levels are assumed; a level is taken to be 3 m high.
These three numbers are assumptions of this tool.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.positions import optional, positions
from quarterhour.inputs.shapes import is_polygon, shapes_in_metres
from quarterhour.inputs.tables import Sheet, find_columns, meaning, read_sheet, texts
from quarterhour.osmfile import OsmExtract
from quarterhour.studytables import DatumName

# Values of building=* that people live in; "yes" says nothing and counts as a home.
HOMES = frozenset(
    (
        "apartments", "residential", "house", "detached", "semidetached_house", "terrace",
        "dormitory", "bungalow", "farm", "static_caravan", "cabin", "yes",
    )
)  # fmt: skip
_LOW = HOMES - {"apartments", "residential", "terrace", "dormitory", "yes"}
MIXED_SHARE = 0.5
UNKNOWN_LEVELS = 3.0
LEVEL_HEIGHT_M = 3.0
MOST_LEVELS = 150.0
_SHARES = {"residential": 1.0, "mixed": MIXED_SHARE, "other": 0.0}
# 6, 6层, 6F, 6/1 (above and below ground), 6+1 (with a loft), 地上6层: the levels above ground.
_LEVELS = re.compile(r"(?:地上)?(\d{1,3}(?:\.\d+)?)(?:层|楼|F|f)?(?:[/+].*|,?地下.*)?")
_SHOWN = 8


@dataclass(frozen=True, slots=True, eq=False)
class Buildings:
    """Residential buildings: middles in metres (n, 2) and floor area in square metres (n,)."""

    xy_m: NDArray[np.float64]
    floor_m2: NDArray[np.float64]

    @classmethod
    def none(cls) -> "Buildings":
        """Return no buildings."""
        return cls(np.empty((0, 2)), np.empty(0))

    @classmethod
    def from_osm(cls, extract: OsmExtract, areas: Areas) -> "Buildings":
        """Return the residential buildings of an extract; untagged levels are 1 or 3."""
        home = np.array([u in HOMES for u in extract.uses], bool)
        shapes = areas.plane.geometry_to_xy(extract.buildings[home])
        uses = [u for u in extract.uses if u in HOMES]
        guess = np.array([1.0 if u in _LOW else UNKNOWN_LEVELS for u in uses])
        levels = extract.levels[home]
        levels = np.where(np.isfinite(levels) & (levels > 0), levels, guess)
        return cls(_middles(shapes), shapely.area(shapes) * levels)


def read_buildings(
    path: Path,
    areas: Areas,
    *,
    datum: DatumName = "wgs84",
    levels_column: str = "",
    use_column: str = "",
    doubts: list[Fault] | None = None,
) -> Buildings:
    """Read residential buildings from a layer of footprints, or from points with a floor area.

    A floor area that the file gives wins over footprint times levels, and levels win over a
    height. A building without a use counts as a home; a use that is not known does not.

    Parameters
    ----------
    path
        A layer of polygons or points, or a table with longitude, latitude and floor area.
    areas
        Areas of the study, at least one of which holds a building.
    datum
        What the file's degrees mean.
    levels_column, use_column
        Headers, where the synonym table does not know them.
    doubts
        Receives what was mended, left out or assumed, with its counts.

    Raises
    ------
    InputError
        If a shape is no footprint and has no floor area, nothing lies in the study, or nobody
        lives in any of the buildings.
    """
    doubts = [] if doubts is None else doubts
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    overrides = {"levels": levels_column, "use": use_column}
    found, faults = find_columns(
        sheet, ("building_floor_m2", "levels", "height_m", "use", "lon", "lat"),
        required=() if sheet.geometry is not None else ("lon", "lat", "building_floor_m2"),
        overrides={field: header for field, header in overrides.items() if header},
    )  # fmt: skip
    raise_if(faults)
    if sheet.geometry is None:
        xy, faults = positions(sheet, found, areas, datum=datum, doubts=doubts)
        shapes = shapely.points(xy)
    else:
        sheet, shapes = shapes_in_metres(sheet, areas, faults=faults, doubts=doubts)
    given = optional(sheet, found.get("building_floor_m2"), faults)
    footprint = is_polygon(shapes)
    for at in np.flatnonzero(~footprint & ~(given > 0)).tolist():
        values = {"kind": shapes[at].geom_type if shapes[at] is not None else "-"}
        faults.append(sheet.fault("facility.not_a_footprint", values, at=at))
    raise_if(faults)
    sheet, shapes, given = _near(sheet, shapes, given, areas, doubts)
    share = _shares(sheet, found.get("use"), doubts)
    sheet, shapes = sheet.take(share > 0), shapes[share > 0]
    levels = _levels(sheet, found, given[share > 0], doubts)
    floor = np.where(given[share > 0] > 0, given[share > 0], shapely.area(shapes) * levels)
    return Buildings(_middles(shapes), floor * share[share > 0])


def _middles(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    middles: NDArray[np.float64] = shapely.get_coordinates(shapely.centroid(shapes))
    return middles.reshape(-1, 2)


def _near(
    sheet: Sheet,
    shapes: NDArray[np.object_],
    given: NDArray[np.float64],
    areas: Areas,
    doubts: list[Fault],
) -> tuple[Sheet, NDArray[np.object_], NDArray[np.float64]]:
    """Return the buildings that lie in the areas, each once."""
    inside = areas.area_of(_middles(shapes)) >= 0
    if not inside.any():
        values = {"count": len(shapes)}
        raise InputError(Fault("facility.none_inside", values, sheet.file, sheet.sheet))
    sheet, shapes, given = sheet.take(inside), shapes[inside], given[inside]
    footprints = np.flatnonzero(is_polygon(shapes))
    drawn = pd.Series(shapely.to_wkb(shapely.normalize(shapes[footprints])))
    repeats = footprints[drawn.duplicated().to_numpy(bool)]
    if len(repeats):
        values = {"count": len(repeats)}
        doubts.append(Fault("facility.buildings_twice", values, sheet.file, sheet.sheet))
        once = np.ones(len(shapes), bool)
        once[repeats] = False
        sheet, shapes, given = sheet.take(once), shapes[once], given[once]
    _report_overlaps(sheet, shapes[is_polygon(shapes)], doubts)
    return sheet, shapes, given


def _report_overlaps(sheet: Sheet, shapes: NDArray[np.object_], doubts: list[Fault]) -> None:
    one, other = shapely.STRtree(shapes).query(shapely.centroid(shapes), predicate="within")
    overlapping = np.unique(one[one != other])
    if len(overlapping):
        values = {"count": len(overlapping)}
        doubts.append(Fault("facility.buildings_overlap", values, sheet.file, sheet.sheet))


def _shares(sheet: Sheet, column: str | None, doubts: list[Fault]) -> NDArray[np.float64]:
    """Return the share of each building's floor area that people live in."""
    said = texts(sheet, column)
    meant = {word: meaning(word, "use") or "" for word in set(said)} | {"": "residential"}
    use = np.array([meant[word] for word in said], object)
    counted = Counter(word for word in said if not meant[word])
    if counted:
        shown = ", ".join(f"{word} ({n:,})" for word, n in counted.most_common(_SHOWN))
        values = {"count": f"{counted.total():,}",
                  "uses": shown + (" …" if len(counted) > _SHOWN else "")}  # fmt: skip
        doubts.append(
            Fault("facility.buildings_no_use", values, sheet.file, sheet.sheet, None, column or "")
        )
    share = np.array([_SHARES.get(u, 0.0) for u in use])
    homes, mixed, other = (int((share == s).sum()) for s in _SHARES.values())
    values = {"count": f"{len(use):,}", "homes": f"{homes:,}", "mixed": f"{mixed:,}",
              "other": f"{other:,}"}  # fmt: skip
    if not (share > 0).any():
        raise InputError(Fault("facility.no_homes", values, sheet.file, sheet.sheet))
    if column is not None:
        doubts.append(Fault("facility.buildings_used", values, sheet.file, sheet.sheet))
    return share


def _levels(
    sheet: Sheet, found: dict[str, str], given: NDArray[np.float64], doubts: list[Fault]
) -> NDArray[np.float64]:
    """Return the levels of each building, from its height where they are not known."""
    said = texts(sheet, found.get("levels"))
    known = {text: _level_number(text) for text in set(said)}
    levels = np.array([known[text] for text in said], np.float64)
    heights = np.array([_level_number(text) for text in texts(sheet, found.get("height_m"))])
    by_height = np.maximum(1.0, np.rint(heights / LEVEL_HEIGHT_M))
    levels = np.where(np.isfinite(levels), levels, by_height)
    levels[~((levels > 0) & (levels <= MOST_LEVELS))] = np.nan
    unknown = np.isnan(levels) & ~(given > 0)
    if unknown.any():
        values = {"count": f"{unknown.sum():,}", "levels": f"{UNKNOWN_LEVELS:g}"}
        doubts.append(Fault("facility.buildings_levels", values, sheet.file, sheet.sheet))
    return np.where(np.isnan(levels), UNKNOWN_LEVELS, levels)


def _level_number(text: str) -> float:
    """Return the number of levels (or the height in metres) of a cell; ``nan`` where unknown."""
    bare = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).removesuffix("m")
    found = _LEVELS.fullmatch(bare.removesuffix("米"))
    value = float(found[1]) if found else float("nan")
    return value if value > 0 else float("nan")
