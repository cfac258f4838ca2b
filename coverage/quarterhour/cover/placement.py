"""Placement: how much coverage depends on where in its area people are put."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class PlacementEffect:
    """Placement."""
