"""Areas: the subdistricts (镇街) by which a study counts.

They come as polygons, or as centroids with the outline of the district (then drawn as cells, and
marked as approximate). Areas that cross themselves, overlap or leave gaps are mended or refused by
the rules of :mod:`quarterhour.inputs.topology`; tables find their areas through
:mod:`quarterhour.inputs.names`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.centroids import (
    cells_around,
    centroid_faults,
    centroids_of,
    outline_around,
    read_outline,
    twin_faults,
)
from quarterhour.inputs.datum import Plane, choose_plane, is_degrees
from quarterhour.inputs.names import match_names
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    fold,
    meaning,
    plainly,
    read_sheet,
    texts,
)
from quarterhour.inputs.topology import Side, mend
from quarterhour.studytables import DatumName

# Makes a fault about one area by its row; -1 is the file as a whole.
AreaFault = Callable[[str, Mapping[str, object], int], Fault]
# Areas and outline of one district, drawn by two offices, differ by less than this.
_MOST_APART = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Areas:
    """The areas of a study, in metres.

    Attributes
    ----------
    names
        Name of each area, in the order of the file.
    kinds
        ``"town"``, ``"subdistrict"`` or ``""`` where the file does not say.
    polygons
        One polygon or multipolygon per area, metres.
    crs
        Code of the plane.
    approximate
        Whether the borders are a guess, drawn around centroids.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    polygons: NDArray[np.object_]
    crs: str
    approximate: bool = False

    @property
    def plane(self) -> Plane:
        """The plane in which the polygons are drawn."""
        return Plane(self.crs)

    def area_of(self, xy_m: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the area of each position (n, 2), -1 outside; on a border the lower row."""
        out = np.full(len(xy_m), -1, np.int32)
        tree = shapely.STRtree(self.polygons)
        point, area = tree.query(shapely.points(xy_m), predicate="intersects")
        order = np.lexsort((area, point))[::-1]
        out[point[order]] = area[order]
        return out

    def outline(self) -> shapely.Geometry:
        """Return the union of all areas."""
        return shapely.union_all(self.polygons)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: name, kind and size in square metres."""
        return pd.DataFrame(
            {"name": self.names, "kind": self.kinds, "area_m2": shapely.area(self.polygons)}
        )


def read_areas(
    path: Path,
    *,
    crs: str = "auto",
    datum: DatumName = "wgs84",
    name_column: str = "",
    outline: Path | None = None,
    outline_datum: DatumName = "wgs84",
    doubts: list[Fault] | None = None,
) -> Areas:
    """Read the areas of a study from a map file, or draw them around their centroids.

    Parameters
    ----------
    path
        Map file with polygons or points, or a table with columns of longitude and latitude.
    crs
        Plane to measure in, or ``"auto"``.
    datum
        What the file's degrees mean.
    name_column
        Header of the names, where the synonym table does not know it.
    outline
        Map file with the polygon of the district. Centroids' cells are cut at it (without it, at
        their hull and a margin); polygons are compared with it.
    outline_datum
        What the outline's degrees mean.
    doubts
        Receives what is doubtful: what had to be mended, gaps, approximate borders.

    Raises
    ------
    InputError
        If a name is missing or stands twice, a geometry is no polygon in degrees, polygons cross
        themselves or overlap by more than the rules mend, or a centroid stands twice or outside.
    """
    doubts = [] if doubts is None else doubts
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    overrides = {"area_name": name_column} if name_column else {}
    columns, faults = find_columns(
        sheet, ("area_name", "area_kind"), required=("area_name",), overrides=overrides
    )
    raise_if(faults)
    names = texts(sheet, columns["area_name"])
    faults += _name_faults(sheet, names, columns["area_name"])
    lonlat = centroids_of(sheet, datum=datum, faults=faults, doubts=doubts)
    if lonlat is None:
        faults += _shape_faults(sheet, names)
    raise_if(faults)
    west, south, east, north = shapely.total_bounds(
        sheet.geometry if lonlat is None else shapely.points(lonlat)
    )
    plane = choose_plane((west + east) / 2, (south + north) / 2, wanted=crs)
    whole = None
    if outline is not None:
        whole = _whole(outline, plane, outline_datum, doubts)
    if lonlat is None:
        polygons = _polygons(sheet, names, plane, doubts)
        _compare(polygons, whole, outline, doubts)
    else:
        polygons = _cells(sheet, names, plane.to_xy(*lonlat.T), whole, doubts)
    raw = texts(sheet, columns.get("area_kind"))
    kinds = tuple(kind_of(k, n) for k, n in zip(raw, names, strict=True))
    return Areas(names, kinds, polygons, plane.crs, approximate=lonlat is not None)


def _polygons(
    sheet: Sheet, names: tuple[str, ...], plane: Plane, doubts: list[Fault]
) -> NDArray[np.object_]:
    """Return the sheet's polygons in metres, side by side."""

    def fault(key: str, values: Mapping[str, object], at: int) -> Fault:
        whole = Fault(key, values, sheet.file, sheet.sheet)
        return whole if at < 0 else sheet.fault(key, values, at=at)

    shapes = shapely.force_2d(np.asarray(sheet.geometry, object))
    return fit_together(plane.geometry_to_xy(shapes), names, plane, fault=fault, doubts=doubts)


def fit_together(
    polygons: NDArray[np.object_],
    names: tuple[str, ...],
    plane: Plane,
    *,
    fault: AreaFault,
    doubts: list[Fault],
) -> NDArray[np.object_]:
    """Return polygons that lie side by side, by the rules of the room of topology.

    Parameters
    ----------
    polygons
        Polygons or multipolygons in metres (n,).
    names
        Their names, for the messages.
    plane
        The plane they are drawn in.
    fault
        Makes a fault about one of them.
    doubts
        Receives what was mended, and gaps.

    Raises
    ------
    InputError
        If a polygon has no area, crosses itself by more than the rules mend, or overlaps another.
    """
    polygons, sides = mend(polygons)
    faults = []
    for flat in np.flatnonzero(shapely.area(polygons) < 1.0).tolist():
        values = {"name": names[flat], "kind": "LineString"}
        faults.append(fault("input.not_a_polygon", values, flat))
    raise_if(faults)
    told = [_told(side, names, plane, fault) for side in sides]
    raise_if(t for t, side in zip(told, sides, strict=True) if not _passes(side))
    doubts += told
    return polygons


def _passes(side: Side) -> bool:
    """Tell whether areas may stay as they are: what is mended, and gaps."""
    return side.mended or side.what == "gap"


def _told(side: Side, names: tuple[str, ...], plane: Plane, fault: AreaFault) -> Fault:
    """Return the message about one place where areas do not lie side by side."""
    lon, lat = plane.to_lonlat(np.array([side.xy_m]))[0]
    values = {
        "name": names[side.row] if side.row >= 0 else "",
        "other": names[side.other] if side.other >= 0 else "",
        "m2": f"{side.area_m2:,.0f}" if side.area_m2 >= 100 else f"{side.area_m2:.1f}",
        "share": f"{side.share:.2%}",
        "count": f"{side.count:,}",
        "lon": f"{lon:.5f}",
        "lat": f"{lat:.5f}",
    }
    keys = {
        ("crossing", True): "area.crossing_mended", ("crossing", False): "area.crossing_refused",
        ("overlap", True): "area.overlap_mended", ("overlap", False): "area.overlap_refused",
        ("inside", True): "area.overlap_mended", ("inside", False): "area.inside_refused",
        ("gap", True): "area.gap_mended", ("gap", False): "area.gap_left",
    }  # fmt: skip
    return fault(keys[side.what, side.mended], values, max(side.row, side.other))


def _whole(path: Path, plane: Plane, datum: DatumName, doubts: list[Fault]) -> shapely.Geometry:
    """Return the outline in metres; its crossings are doubts, or refused like an area's."""
    shape, crossings = read_outline(path, plane, datum=datum, doubts=doubts)
    names = (path.name,) * (1 + max((side.row for side in crossings), default=0))

    def fault(key: str, values: Mapping[str, object], at: int) -> Fault:
        return Fault(key, values, path.name, row=at + 1)

    told = [_told(side, names, plane, fault) for side in crossings]
    raise_if(t for t, side in zip(told, crossings, strict=True) if not side.mended)
    doubts += told
    return shape


def _compare(
    polygons: NDArray[np.object_],
    whole: shapely.Geometry | None,
    outline: Path | None,
    doubts: list[Fault],
) -> None:
    """Say so where areas and the outline of their district are not the same ground."""
    if whole is None or outline is None:
        return
    union = shapely.union_all(polygons)
    common = shapely.intersection(union, whole).area
    lacking, beyond = 1.0 - common / whole.area, 1.0 - common / union.area
    if max(lacking, beyond) > _MOST_APART:
        values = {"lacking": f"{lacking:.1%}", "beyond": f"{beyond:.1%}"}
        doubts.append(Fault("area.outline_differs", values, outline.name))


def _cells(
    sheet: Sheet,
    names: tuple[str, ...],
    xy_m: NDArray[np.float64],
    whole: shapely.Geometry | None,
    doubts: list[Fault],
) -> NDArray[np.object_]:
    """Return the cells of a sheet's centroids, which are a guess, and say so."""
    raise_if(twin_faults(sheet, names, xy_m))
    outline = outline_around(xy_m) if whole is None else whole
    cells = cells_around(xy_m, outline)
    faults, outside = centroid_faults(sheet, names, xy_m, outline, cells)
    raise_if(faults)
    key = "area.approximate_no_outline" if whole is None else "area.approximate"
    doubts += [*outside, Fault(key, {"count": len(names)}, sheet.file, sheet.sheet)]
    return cells


def _name_faults(sheet: Sheet, names: tuple[str, ...], column: str) -> list[Fault]:
    """Find blank and repeated names."""
    faults = []
    seen: set[str] = set()
    for at, name in enumerate(names):
        if not name:
            faults.append(sheet.fault("input.blank_cell", {}, at=at, column=column))
        elif fold(name) in seen:
            faults.append(sheet.fault("input.twice", {"name": name}, at=at))
        seen.add(fold(name))
    return faults


def _shape_faults(sheet: Sheet, names: tuple[str, ...]) -> list[Fault]:
    """Find shapes that are no polygons in degrees."""
    if sheet.geometry is None:
        return [Fault("area.no_shapes", file=sheet.file, sheet=sheet.sheet)]
    faults = []
    for at, (name, shape) in enumerate(zip(names, sheet.geometry, strict=True)):
        if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            kind = "-" if shape is None else shape.geom_type
            faults.append(sheet.fault("input.not_a_polygon", {"name": name, "kind": kind}, at=at))
            continue
        corners = shapely.get_coordinates(shape)
        wrong = ~is_degrees(corners[:, 0], corners[:, 1])
        if wrong.any():
            lon, lat = corners[int(np.argmax(wrong))]
            values = {"name": name, "lon": plainly(lon), "lat": plainly(lat)}
            faults.append(sheet.fault("input.shape_not_degrees", values, at=at))
    return faults


def kind_of(said: str, name: str) -> str:
    """Return the kind of an area from what its file says, else from the end of its name."""
    known = meaning(said, "area_kind") if said else None
    if known:
        return known
    if name.endswith(("镇", "乡")):
        return "town"
    return "subdistrict" if name.endswith("街道") else ""


def one_area(name: str, lonlat: NDArray[np.float64], *, crs: str = "auto") -> Areas:
    """Return a single area around positions, for a study that names no areas.

    Parameters
    ----------
    name
        Name of the area.
    lonlat
        WGS 84 degrees (n, 2); the area is their convex hull and half a kilometre around it.
    crs
        Plane to measure in, or ``"auto"``.

    Raises
    ------
    InputError
        If a position is no longitude and latitude.
    """
    wrong = np.flatnonzero(~is_degrees(lonlat[:, 0], lonlat[:, 1]))
    if len(wrong):
        lon, lat = lonlat[wrong[0]]
        values = {"lon": plainly(lon), "lat": plainly(lat)}
        raise InputError(Fault("input.not_degrees", values))
    middle = (lonlat.min(axis=0) + lonlat.max(axis=0)) / 2
    plane = choose_plane(float(middle[0]), float(middle[1]), wanted=crs)
    xy = plane.to_xy(lonlat[:, 0], lonlat[:, 1])
    hull = shapely.buffer(shapely.convex_hull(shapely.multipoints(xy)), 500.0)
    return Areas((name,), ("",), np.array([hull], object), plane.crs)


__all__ = ["Areas", "fit_together", "kind_of", "match_names", "one_area", "read_areas"]
