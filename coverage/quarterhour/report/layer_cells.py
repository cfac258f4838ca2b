"""Cells and shapes that several layers of ``layers.gpkg`` are made of."""

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Findings

Content = tuple[dict[str, object], NDArray[np.object_], str]


def area_names(findings: Findings, index: NDArray[np.int32]) -> list[str]:
    """Return the area of each place; empty outside all."""
    return [findings.areas.names[a] if a >= 0 else "" for a in index.tolist()]


def multi(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return shapes as multipolygons, so that a layer has one type."""
    out = np.empty(len(shapes), object)
    for n, shape in enumerate(shapes):
        parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
        out[n] = shapely.MultiPolygon(parts)
    return out
