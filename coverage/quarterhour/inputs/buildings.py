"""Buildings: where an area's people live, by floor area.

Footprint times levels gives a building's floor area; what it is used for says whether people live
in it.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.inputs.areas import Areas
from quarterhour.osmfile import OsmExtract

# Values of building=* that people live in; "yes" says nothing and counts as a home.
HOMES = frozenset(
    (
        "apartments", "residential", "house", "detached", "semidetached_house", "terrace",
        "dormitory", "bungalow", "farm", "static_caravan", "cabin", "yes",
    )
)  # fmt: skip
_LOW = HOMES - {"apartments", "residential", "terrace", "dormitory", "yes"}


@dataclass(frozen=True, slots=True, eq=False)
class Buildings:
    """Residential buildings: middles in metres (n, 2) and floor area in square metres (n,)."""

    xy_m: NDArray[np.float64]
    floor_m2: NDArray[np.float64]

    @classmethod
    def none(cls) -> "Buildings":
        """Return no buildings."""
        return cls(np.empty((0, 2)), np.empty(0))

    @classmethod
    def from_osm(cls, extract: OsmExtract, areas: Areas) -> "Buildings":
        """Return the residential buildings of an extract; untagged levels are 1 or 3."""
        home = np.array([u in HOMES for u in extract.uses], bool)
        shapes = areas.plane.geometry_to_xy(extract.buildings[home])
        uses = [u for u in extract.uses if u in HOMES]
        guess = np.array([1.0 if u in _LOW else 3.0 for u in uses])
        levels = extract.levels[home]
        levels = np.where(np.isfinite(levels) & (levels > 0), levels, guess)
        middle = shapely.get_coordinates(shapely.centroid(shapes)).reshape(-1, 2)
        return cls(middle, shapely.area(shapes) * levels)
