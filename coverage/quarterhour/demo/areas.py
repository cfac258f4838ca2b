"""The district's outline and its 22 subdistricts.

Subdistricts are the Voronoi cells of their seats on the board, cut along the outline, and then
bent with the land. Every border is cut into the same points for both its neighbours before it is
bent, so the polygons tile the district without gap or overlap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .names import ROWS
from .terrain import Array, Board, Land


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Areas:
    """Outline corners on the board, and the seats whose Voronoi cells the subdistricts are."""

    board: Board
    outline: Array
    seats: Array

    def inside(self, u: Array, v: Array, *, beyond_m: float = 0.0) -> NDArray[np.bool_]:
        """Say which board positions lie in the district, or up to ``beyond_m`` outside it."""
        import shapely

        polygon = shapely.Polygon(self.outline).buffer(beyond_m, join_style="mitre")
        return np.asarray(shapely.contains_xy(polygon, u, v))

    def row_of(self, u: Array, v: Array) -> NDArray[np.int64]:
        """Return the row (0-based) whose subdistrict holds each position inside the district."""
        from scipy.spatial import cKDTree

        _, row = cKDTree(self.seats).query(np.stack([u, v], axis=-1))
        return np.asarray(row, dtype=np.int64)

    def border_m(self, u: Array, v: Array) -> Array:
        """Return how far each position is from the next subdistrict."""
        from scipy.spatial import cKDTree

        far, which = cKDTree(self.seats).query(np.stack([u, v], axis=-1), k=2)
        between = np.hypot(*(self.seats[which[..., 1]] - self.seats[which[..., 0]]).T)
        return np.asarray((far[..., 1] ** 2 - far[..., 0] ** 2) / (2 * between))

    def polygons(self, land: Land) -> list[Array]:
        """Return one closed ring per row, in metres east and north."""
        import shapely

        corners = shapely.MultiPoint(self.seats)
        district = shapely.Polygon(self.outline)
        cells = shapely.voronoi_polygons(corners, extend_to=district, ordered=True).geoms
        rings = []
        for cell in cells:
            piece = shapely.segmentize(shapely.intersection(cell, district), 150.0)
            u, v = shapely.get_coordinates(shapely.get_exterior_ring(piece)).T
            rings.append(land.place(u, v))
        return rings


def make_areas(board: Board, rng: np.random.Generator) -> Areas:
    """Draw an irregular outline and put the seats on the board."""
    sides = []
    for a, b in (((0, 0), (1, 0)), ((1, 0), (1, 1)), ((1, 1), (0, 1)), ((0, 1), (0, 0))):
        length = board.width_m if a[1] == b[1] else board.height_m
        count = max(4, round(length / (1100 * max(board.scale, 0.5))))
        t = (np.arange(count) / count)[:, None]
        line = np.array(a) * (1 - t) + np.array(b) * t
        sides.append(line * [board.width_m, board.height_m])
    corners = np.concatenate(sides)
    middle = np.array([board.width_m, board.height_m]) / 2
    inwards = np.sign(middle - corners) * rng.uniform(0, 420 * board.scale, corners.shape)
    seats = np.array([row.seat for row in ROWS]) * [board.width_m, board.height_m]
    return Areas(board=board, outline=corners + inwards, seats=seats)
