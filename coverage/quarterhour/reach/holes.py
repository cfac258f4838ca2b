"""Holes: which of a shape's holes stay open.

A hole below an area is a block that people walk around, not land out of reach. Islands are parts of
a shape beside its largest one; one that stood in a closed hole is part of what surrounds it.
"""

import numpy as np
import shapely
from numpy.typing import NDArray


def close_holes(parts: NDArray[np.object_], hole_m2: float) -> shapely.Geometry:
    """Return polygons that do not overlap as one shape, without their holes below an area.

    Parameters
    ----------
    parts
        Polygons.
    hole_m2
        Holes below this area close.

    Returns
    -------
    shapely.Geometry
        A polygon, or a multipolygon of any other number of parts.
    """
    if len(parts) == 0:
        return one_shape(parts)
    rings, owner = shapely.get_rings(parts, return_index=True)
    outer = np.diff(owner, prepend=-1) > 0
    kept = outer | (shapely.area(shapely.polygons(rings)) >= hole_m2)
    if not kept.all():
        parts = shapely.polygons(rings[kept], indices=owner[kept])
        if len(parts) > 1:
            # An island lies wholly in a closed hole or wholly outside: one vertex tells.
            begin = shapely.get_point(rings[outer], 0)
            inside, _ = shapely.STRtree(parts).query(begin, predicate="within")
            parts = np.delete(parts, inside)
    return one_shape(parts)


def one_shape(parts: NDArray[np.object_]) -> shapely.Geometry:
    """Return polygons that do not overlap as one polygon or multipolygon."""
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))
