"""Barriers: rivers, railways, motorways and walls that make a short distance a long walk."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Barriers:
    """Lines and areas that nobody steps over; one entry each.

    Attributes
    ----------
    shapes
        Geometries in metres.
    kinds
        ``river``, ``railway``, ``motorway`` or ``wall``.
    names
        Names on the map; empty where there is none.
    """

    shapes: NDArray[np.object_]
    kinds: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def none(cls) -> "Barriers":
        """Return no barriers."""
        return cls(np.empty(0, object), (), ())
