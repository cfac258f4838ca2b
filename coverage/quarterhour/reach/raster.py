"""Raster: shapes from a grid of distances, several times faster than unions of polygons.

A *sample* is a place on a reached stretch; there is one at every vertex, and in between at most a
fifth of the buffer apart. Each *node* of a square grid holds its distance to the nearest sample,
exactly, as far as the contour can need it; the contour of the buffer's width is the shape. The grid
lies on whole cells from the origin of the plane, so that the same stretches give the same shape
wherever the drawing begins. A wider limit only adds samples: distances fall, and shapes nest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.reach.holes import close_holes
from quarterhour.reach.lines import stretch_coordinates
from quarterhour.reach.stretches import ReachedStreets
from quarterhour.streets.network import WalkNetwork

_Floats = NDArray[np.float64]
_CELLS = 4  # cells in the buffer's width
_SAMPLES = 5  # samples along a street in the buffer's width, at least
_MOST_CELLS = 16_000_000
_NUDGE = 1e-3  # in cells: keeps the contour off the nodes, where two rings could touch
_UNIT = 2.0**-16  # of a cell: what does not change between bands keeps its vertices to the bit


def raster_shapes(
    network: WalkNetwork, bands: Sequence[ReachedStreets], *, buffer_m: float, hole_m2: float
) -> list[shapely.Geometry] | None:
    """Return the shape of each band of stretches, each with those of the bands before it.

    Parameters
    ----------
    network
        The streets.
    bands
        Stretches that each band adds.
    buffer_m, hole_m2
        Width beside the street, and the area below which holes close.

    Returns
    -------
    list or None
        Polygons and multipolygons; ``None`` where the box around all stretches has more than 16
        million cells, which no grid is made for.
    """
    spacing_m = buffer_m / _SAMPLES
    samples = [sample_places(*stretch_coordinates(network, b), spacing_m) for b in bands]
    grid = DistanceGrid.around(samples, buffer_m)
    if grid is None:
        return None
    shapes = []
    for places in samples:
        grid.stamp(places)
        shapes.append(close_holes(grid.contour(), hole_m2))
    return shapes


def sample_places(xy_m: _Floats, row: NDArray[np.int64], spacing_m: float) -> _Floats:
    """Return places (n, 2) along lines: all vertices, and more at most ``spacing_m`` apart.

    Parameters
    ----------
    xy_m, row
        Vertices of all lines in order, and the line of each.
    spacing_m
        Largest distance along a line between neighbouring samples.
    """
    if len(row) == 0:
        return xy_m
    step = np.where((row[1:] == row[:-1])[:, None], np.diff(xy_m, axis=0), 0.0)
    count = np.maximum(1, np.ceil(np.hypot(step[:, 0], step[:, 1]) / spacing_m)).astype(np.int64)
    segment = np.repeat(np.arange(len(count)), count)
    within = np.arange(len(segment)) - (np.cumsum(count) - count)[segment]
    share = (within / count[segment])[:, None]
    return np.concatenate([xy_m[segment] + share * step[segment], xy_m[-1:]])


@dataclass(slots=True, eq=False)
class DistanceGrid:
    """Distances from the nodes of a square grid to the nearest sample.

    Attributes
    ----------
    cell_m
        Distance between neighbouring nodes.
    corner
        Column and row of the first node, counted in cells from the origin of the plane.
    squared
        Squares of the distances in cells, (rows, columns); no larger than is needed.
    low, high
        First and last column and row that a sample has touched so far.
    """

    cell_m: float
    corner: NDArray[np.int64]
    squared: _Floats
    low: NDArray[np.int64]
    high: NDArray[np.int64]

    @classmethod
    def around(cls, samples: Sequence[_Floats], buffer_m: float) -> "DistanceGrid | None":
        """Make a grid around all samples; ``None`` if it would have too many cells."""
        cell_m = buffer_m / _CELLS
        boxes = [corner for s in samples if len(s) for corner in (s.min(axis=0), s.max(axis=0))]
        if not boxes:
            boxes = [np.zeros(2)]
        edge = _reach() + 1
        first = np.floor(np.min(boxes, axis=0) / cell_m).astype(np.int64) - edge
        size = np.floor(np.max(boxes, axis=0) / cell_m).astype(np.int64) + edge + 1 - first
        if float(size[0]) * float(size[1]) > _MOST_CELLS:
            return None
        # Beyond this a node has no neighbour inside the contour, and its distance is not needed.
        squared = np.full((size[1], size[0]), float(_CELLS + 1) ** 2)
        return cls(cell_m, first, squared, size, np.zeros(2, np.int64))

    def stamp(self, places_m: _Floats) -> None:
        """Lower the distances of the nodes around some samples."""
        from quarterhour.reach.kernel import stamp_squares

        if len(places_m) == 0:
            return
        at = places_m / self.cell_m - self.corner
        base = np.floor(at).astype(np.int64)
        np.minimum(self.low, base.min(axis=0) + 1 - _reach(), out=self.low)
        np.maximum(self.high, base.max(axis=0) + _reach(), out=self.high)
        stamp_squares(self.squared.reshape(-1), self.squared.shape[1], at, _reach())

    def contour(self) -> NDArray[np.object_]:
        """Return the polygons of all places within the buffer's width of a sample."""
        from contourpy import FillType, contour_generator

        if (self.high < self.low).any():
            return np.zeros(0, object)
        low, high = self.low - 1, self.high + 2
        distance = np.sqrt(self.squared[low[1] : high[1], low[0] : high[0]])
        distance[np.abs(distance - _CELLS) < _NUDGE] = _CELLS - _NUDGE
        lines = contour_generator(
            z=distance, name="serial", fill_type=FillType.ChunkCombinedOffsetOffset
        )
        # Below any distance, up to the buffer's width; one chunk holds it all.
        found: Any = lines.filled(-1.0, float(_CELLS))
        (xy,), (ring,), (polygon,) = found
        xy_m = (np.rint(xy / _UNIT) * _UNIT + (self.corner + low)) * self.cell_m
        offsets = (ring.astype(np.int64), polygon.astype(np.int64))
        polygons = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy_m, offsets)
        return np.asarray(polygons, object)


def _reach() -> int:
    """Return how many nodes a sample reaches to either side: all that the contour can need."""
    return _CELLS + 1
