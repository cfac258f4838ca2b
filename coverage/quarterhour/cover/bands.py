"""Distance bands: how far the nearest facility is where nobody can walk there."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class DistanceBands:
    """Distance bands."""
