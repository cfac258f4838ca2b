"""Borders that are a guess: each drawn once, in dashes.

Where nobody had polygons the areas are drawn around their centre points, and their borders are
dashed. A border belongs to two areas; drawn with both, the dashes of one would fill the blanks of
the other and look like a border that somebody surveyed.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

# Neighbours' corners that are nearer than this are one.
_GRID_M = 0.01


def borders_once(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the borders of polygons that lie side by side as lines, each once.

    Parameters
    ----------
    polygons
        Polygons or multipolygons (n), metres.
    """
    lines = shapely.union_all(shapely.boundary(polygons), grid_size=_GRID_M)
    merged: NDArray[np.object_] = shapely.get_parts(shapely.line_merge(lines))
    return merged
