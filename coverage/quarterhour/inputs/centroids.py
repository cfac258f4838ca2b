"""Centroids: all that some planners have of their areas.

An area that is known by its centroid alone is drawn as the *cell* of all places nearer to it than
to any other centroid (Voronoi 1908), cut at the outline of the district. Such borders are a guess:
the areas are marked as approximate.
"""

from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.datum import Datum, Plane, header_doubt, is_code, is_degrees
from quarterhour.inputs.tables import Sheet, find_columns, numbers, plainly, read_sheet
from quarterhour.inputs.topology import Side, uncrossed
from quarterhour.studytables import DatumName

# So far outside a centroid may lie: the middle of a curved area may lie beyond its border.
MOST_OUTSIDE_M = 1000.0
LEAST_MARGIN_M = 500.0
_SAME_PLACE_M = 1.0


def centroids_of(
    sheet: Sheet, *, datum: DatumName, faults: list[Fault], doubts: list[Fault]
) -> NDArray[np.float64] | None:
    """Return WGS 84 degrees (n, 2) of a layer of points or of columns of longitude and latitude.

    Parameters
    ----------
    sheet
        The table; shapes come without their datum.
    datum
        What the columns' numbers mean.
    faults
        Receives blank cells and what is no longitude and latitude.
    doubts
        Receives a header that names another datum.

    Returns
    -------
    numpy.ndarray or None
        ``None`` where the file has shapes other than points, or no positions at all.
    """
    if sheet.geometry is not None:
        kinds = shapely.get_dimensions(sheet.geometry)
        if not (kinds == 0).any() or (kinds > 0).any():
            return None
        lonlat = np.column_stack([
            f(shapely.centroid(sheet.geometry)) for f in (shapely.get_x, shapely.get_y)
        ])  # fmt: skip
        good = np.isfinite(lonlat).all(axis=1)
        for at in np.flatnonzero(~good).tolist():
            faults.append(sheet.fault("input.no_position", {}, at=at))
        wrong = good & ~is_degrees(lonlat[:, 0], lonlat[:, 1])
        faults += [_no_degrees(sheet, *lonlat[at], at=at) for at in np.flatnonzero(wrong).tolist()]
    else:
        columns, twice = find_columns(sheet, ("lon", "lat"), required=())
        raise_if(twice)
        if len(columns) < 2:
            return None
        doubt = header_doubt(sheet, columns["lon"], datum)
        doubts += [] if doubt is None else [doubt]
        x, y = (numbers(sheet, columns[f], faults=faults, required=True) for f in ("lon", "lat"))
        good = np.isfinite(x) & np.isfinite(y)
        good &= np.full(len(x), True) if is_code(datum) else is_degrees(x, y)
        wrong = np.isfinite(x) & np.isfinite(y) & ~good
        faults += [_no_degrees(sheet, x[at], y[at], at=at) for at in np.flatnonzero(wrong).tolist()]
        lonlat = np.full((len(x), 2), np.nan)
        lonlat[good] = np.column_stack(Datum(datum).to_wgs84(x[good], y[good]))
    return lonlat


def _no_degrees(sheet: Sheet, lon: float, lat: float, *, at: int) -> Fault:
    return sheet.fault("input.not_degrees", {"lon": plainly(lon), "lat": plainly(lat)}, at=at)


def cells_around(xy_m: NDArray[np.float64], outline: shapely.Geometry) -> NDArray[np.object_]:
    """Return the cell of each centroid within an outline.

    Parameters
    ----------
    xy_m
        Centroids in metres (n, 2), each in a place of its own.
    outline
        Polygon or multipolygon in metres.

    Returns
    -------
    numpy.ndarray
        One polygon or multipolygon per centroid; together they are the outline. Empty where no
        place of the outline is nearest to the centroid.
    """
    if len(xy_m) == 1:
        return np.array([outline], object)
    points = shapely.multipoints(xy_m)
    extent = shapely.box(*shapely.total_bounds([points, outline]))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=extent, ordered=True))
    shapely.prepare(outline)
    return np.asarray(shapely.intersection(cells, outline), object)


def outline_around(xy_m: NDArray[np.float64]) -> shapely.Geometry:
    """Return an outline where none is known: the hull of the centroids and a margin.

    The margin is half the median distance of a centroid to its nearest neighbour, about as far as
    an area reaches from its middle, and at least 500 m.
    """
    margin = LEAST_MARGIN_M
    if len(xy_m) > 1:
        from scipy.spatial import KDTree

        margin = max(margin, float(np.median(KDTree(xy_m).query(xy_m, k=2)[0][:, 1])) / 2.0)
    return shapely.buffer(shapely.convex_hull(shapely.multipoints(xy_m)), margin)


def read_outline(
    path: Path, plane: Plane, *, datum: DatumName, doubts: list[Fault] | None = None
) -> tuple[shapely.Geometry, list[Side]]:
    """Read the outline of a district: the union of all polygons of a map file.

    Parameters
    ----------
    path
        Map file with polygons; other shapes in it are left out.
    plane
        Plane to measure in.
    datum
        What the file's degrees mean.
    doubts
        Receives what reading the file finds.

    Returns
    -------
    tuple
        Polygon or multipolygon in metres, and where its polygons crossed themselves.

    Raises
    ------
    InputError
        If the file has no polygon in degrees.
    """
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    shapes = np.empty(0, object) if sheet.geometry is None else sheet.geometry
    shapes = shapes[np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)]
    corners = shapely.get_coordinates(shapes)
    if len(shapes) == 0 or not is_degrees(corners[:, 0], corners[:, 1]).all():
        raise_if([Fault("area.outline_no_polygon", file=path.name)])
    polygons, crossings = uncrossed(plane.geometry_to_xy(shapely.force_2d(shapes)))
    return shapely.union_all(polygons), crossings


def centroid_faults(
    sheet: Sheet,
    names: tuple[str, ...],
    xy_m: NDArray[np.float64],
    outline: shapely.Geometry,
    cells: NDArray[np.object_],
) -> tuple[list[Fault], list[Fault]]:
    """Return the faults and the doubts of centroids in an outline.

    A centroid more than 1 km outside is refused, as is one without a cell; one that is nearer is a
    doubt. Where all are far outside, the cause is one, and so is the message.
    """
    faults, doubts = list[Fault](), list[Fault]()
    outside_m = shapely.distance(shapely.points(xy_m), outline)
    far = (outside_m > MOST_OUTSIDE_M) | shapely.is_empty(cells)
    if len(far) > 1 and far.all():
        values = {"count": len(far), "m": f"{outside_m.min():,.0f}"}
        return [Fault("area.all_outside", values, sheet.file, sheet.sheet)], doubts
    for at in np.flatnonzero(outside_m > 0).tolist():
        values = {"name": names[at], "m": f"{outside_m[at]:,.0f}"}
        if far[at]:
            faults.append(sheet.fault("area.centroid_outside", values, at=at))
        else:
            doubts.append(sheet.fault("area.centroid_just_outside", values, at=at))
    return faults, doubts


def twin_faults(sheet: Sheet, names: tuple[str, ...], xy_m: NDArray[np.float64]) -> list[Fault]:
    """Return a fault per centroid that stands at the place of an earlier row, within 1 m."""
    points = shapely.points(xy_m)
    later, first = shapely.STRtree(points).query(points, "dwithin", distance=_SAME_PLACE_M)
    twins = {int(b): int(a) for a, b in zip(first, later, strict=True) if a < b}
    return [
        sheet.fault(
            "area.centroid_twice",
            {"name": names[at], "other": names[earlier], "first": int(sheet.rows[earlier])},
            at=at,
        )
        for at, earlier in sorted(twins.items())
    ]
