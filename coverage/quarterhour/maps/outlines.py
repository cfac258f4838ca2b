"""Outlines: polygons and lines as paths that matplotlib fills and strokes."""

from collections.abc import Iterable

import numpy as np
import shapely
from matplotlib.path import Path as Outline
from numpy.typing import NDArray


def outline_of(
    shapes: Iterable[shapely.Geometry], *, less: Iterable[shapely.Geometry] = ()
) -> Outline:
    """Return polygons as one outline, with the polygons in ``less`` cut out of it.

    Rings run one way round and those that are cut out the other way: where windings cancel,
    nothing is filled. No geometry has to be computed for that.
    """
    parts = [_rings(shapes, clockwise=False), _rings(less, clockwise=True)]
    vertices = np.concatenate([v for v, _ in parts])
    codes = np.concatenate([c for _, c in parts])
    return Outline(vertices, codes)


def _rings(
    shapes: Iterable[shapely.Geometry], *, clockwise: bool
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    polygons = shapely.get_parts(np.array(list(shapes), object))
    polygons = polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON]
    turned = shapely.orient_polygons(polygons, exterior_cw=clockwise)
    vertices, ring = shapely.get_coordinates(shapely.get_rings(turned), return_index=True)
    codes = np.full(len(ring), Outline.LINETO, np.uint8)
    if len(ring):
        start = np.flatnonzero(np.diff(ring, prepend=-1))
        codes[start] = Outline.MOVETO
        codes[np.append(start[1:], len(ring)) - 1] = Outline.CLOSEPOLY
    return vertices.reshape(-1, 2), codes


def strokes_of(lines: Iterable[shapely.Geometry]) -> Outline:
    """Return lines as one outline without areas."""
    parts = shapely.get_parts(np.array(list(lines), object))
    vertices, line = shapely.get_coordinates(parts, return_index=True)
    codes = np.full(len(line), Outline.LINETO, np.uint8)
    codes[np.flatnonzero(np.diff(line, prepend=-1))] = Outline.MOVETO
    return Outline(vertices.reshape(-1, 2), codes)
