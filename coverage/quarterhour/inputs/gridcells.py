"""Cells of a grid in metres: the file's polygons, or what belongs to each middle point.

Points are the middles of a *grid* where most of them have their nearest neighbour at one and the
same distance, as squares, hexagons (H3 included) and grids in degrees have.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.inputs.areas import Areas
from quarterhour.inputs.tables import Sheet

# A cell smaller than this is a house and its yard.
HOUSE_M2 = 2_500.0
_SAME_SPACING = 0.05
_MOSTLY = 0.7


def has_polygons(sheet: Sheet) -> bool:
    """Tell whether a file gives its cells as polygons."""
    return sheet.geometry is not None and set(shapely.get_dimensions(sheet.geometry)) == {2}


def grid_cells(sheet: Sheet, xy_m: NDArray[np.float64], areas: Areas) -> NDArray[np.object_]:
    """Return the cell of each row in metres: the file's polygons, else cells of its points.

    Points of a regular grid have their grid cells as Voronoi cells; at the rim a cell is cut to a
    disc as wide as the grid's usual spacing.

    Parameters
    ----------
    sheet
        The file.
    xy_m
        Middles (n, 2).
    areas
        The study's areas, whose plane is used.
    """
    if sheet.geometry is not None and has_polygons(sheet):
        return np.asarray(shapely.make_valid(areas.plane.geometry_to_xy(sheet.geometry)), object)
    unique, back = np.unique(xy_m, axis=0, return_inverse=True)
    if len(unique) < 4:
        return np.asarray(shapely.buffer(shapely.points(xy_m), 250.0), object)
    spacing = float(np.median(_to_nearest(unique)))
    reach = shapely.buffer(shapely.points(unique), 0.65 * spacing)
    points = shapely.multipoints(unique)
    voronoi = shapely.voronoi_polygons(points, extend_to=shapely.buffer(points, spacing))
    parts = shapely.get_parts(voronoi)
    point, part = shapely.STRtree(parts).query(shapely.points(unique), predicate="intersects")
    owner = np.empty(len(unique), np.int64)
    owner[point] = part
    cells = shapely.intersection(parts[owner], reach)
    return np.asarray(cells[back.ravel()], object)


def is_public_grid(sheet: Sheet, xy_m: NDArray[np.float64], areas: Areas) -> bool:
    """Tell whether rows stand for the cells of a grid, and not for houses.

    Polygons are cells where half of them have 2,500 m2 or more. Points are where at least 70 % of
    them have their nearest neighbour within 5 % of the usual spacing, and that is 50 m or more.

    Parameters
    ----------
    sheet
        The file.
    xy_m
        Middles (n, 2).
    areas
        The study's areas, whose plane is used.
    """
    if sheet.geometry is not None and has_polygons(sheet):
        sizes = shapely.area(areas.plane.geometry_to_xy(sheet.geometry))
        return bool(np.median(sizes) >= HOUSE_M2)
    unique = np.unique(xy_m, axis=0)
    if len(unique) < 4:
        return False
    apart = _to_nearest(unique)
    spacing = float(np.median(apart))
    regular = np.abs(apart - spacing) <= _SAME_SPACING * spacing
    return bool(regular.mean() >= _MOSTLY and spacing**2 >= HOUSE_M2)


def _to_nearest(xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of each place to its nearest other one."""
    from scipy.spatial import KDTree

    return np.asarray(KDTree(xy_m).query(xy_m, k=2)[0][:, 1], np.float64)
