"""Areas: the subdistricts (镇街) by which a study counts.

Names are matched in folded form (full- and half-width, case, blanks), then through the study's
aliases; a name that stays unmatched is listed with its nearest, never guessed.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.datum import Plane, choose_plane, is_degrees
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    fold,
    meaning,
    plainly,
    read_sheet,
    texts,
)
from quarterhour.studytables import DatumName


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
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    polygons: NDArray[np.object_]
    crs: str

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
    doubts: list[Fault] | None = None,
) -> Areas:
    """Read the areas of a study from a map file.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, shapefile or GeoParquet with polygons.
    crs
        Plane to measure in, or ``"auto"``.
    datum
        What the file's degrees mean.
    name_column
        Header of the names, where the synonym table does not know it.
    doubts
        Receives what is doubtful: polygons that had to be mended.

    Raises
    ------
    InputError
        If a name is missing or stands twice, or a geometry is no polygon in degrees.
    """
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    overrides = {"area_name": name_column} if name_column else {}
    columns, faults = find_columns(
        sheet, ("area_name", "area_kind"), required=("area_name",), overrides=overrides
    )
    raise_if(faults)
    if sheet.geometry is None:
        raise_if([Fault("input.no_geometry", file=path.name)])
        raise AssertionError
    names = texts(sheet, columns["area_name"])
    raise_if(_shape_faults(sheet, names, columns["area_name"]))
    degrees = sheet.geometry
    west, south, east, north = shapely.total_bounds(degrees)
    plane = choose_plane((west + east) / 2, (south + north) / 2, wanted=crs)
    polygons = plane.geometry_to_xy(degrees)
    for bad in np.flatnonzero(~shapely.is_valid(polygons)).tolist():
        polygons[bad] = _mend(polygons[bad])
        if doubts is not None:
            doubts.append(sheet.fault("input.polygon_mended", {"name": names[bad]}, at=bad))
    for flat in np.flatnonzero(shapely.area(polygons) < 1.0).tolist():
        values = {"name": names[flat], "kind": "LineString"}
        faults.append(sheet.fault("input.not_a_polygon", values, at=flat))
    raise_if(faults)
    raw = texts(sheet, columns.get("area_kind"))
    kinds = tuple(_kind_of(k, n) for k, n in zip(raw, names, strict=True))
    return Areas(names, kinds, polygons, plane.crs)


def _shape_faults(sheet: Sheet, names: tuple[str, ...], column: str) -> list[Fault]:
    """Find blank and repeated names, and shapes that are no polygons in degrees."""
    faults = []
    seen: set[str] = set()
    shapes: NDArray[np.object_] = np.asarray(sheet.geometry, object)
    for at, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        if not name:
            faults.append(sheet.fault("input.blank_cell", {}, at=at, column=column))
        elif fold(name) in seen:
            faults.append(sheet.fault("input.twice", {"name": name}, at=at))
        seen.add(fold(name))
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


def _mend(polygon: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a mended shape; stray lines and points of the mending go."""
    parts = shapely.get_parts(shapely.make_valid(polygon))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _kind_of(said: str, name: str) -> str:
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


def match_names(
    given: Sequence[str], known: Sequence[str], *, aliases: Mapping[str, str] | None = None
) -> tuple[NDArray[np.int32], dict[str, str]]:
    """Match area names with known ones.

    Returns
    -------
    tuple
        Index into ``known`` per given name (-1 unmatched), and the nearest known name (or an
        empty text) of each unmatched one.
    """
    index = {fold(name): at for at, name in enumerate(known)}
    for old, new in (aliases or {}).items():
        if fold(new) in index:
            index.setdefault(fold(old), index[fold(new)])
    found = np.array([index.get(fold(name), -1) for name in given], np.int32)
    near = {}
    for name, at in zip(given, found, strict=True):
        if at < 0:
            close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.3)
            near[name] = close[0] if close else ""
    return found, near
