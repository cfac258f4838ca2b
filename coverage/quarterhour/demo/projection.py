"""From the drawing board's metres to longitude and latitude, and back."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyproj import Transformer

CRS_IN_METRES = "EPSG:4544"  # CGCS2000, 3-degree zone with central meridian 105 E
CRS_IN_DEGREES = "EPSG:4326"


def to_degrees(places_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return longitudes and latitudes of places in metres, one row each."""
    return np.stack(_transformer(CRS_IN_METRES, CRS_IN_DEGREES).transform(*places_m.T), axis=-1)


def to_metres(places_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return metres east and north of longitudes and latitudes, one row each."""
    return np.stack(_transformer(CRS_IN_DEGREES, CRS_IN_METRES).transform(*places_deg.T), axis=-1)


# Building a transformer takes 40 ms, which is more than all the points of a small district.
@cache
def _transformer(source: str, target: str) -> "Transformer":
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)
