"""Neighbours: coverage with and without the facilities of the districts around."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourEffect:
    """Neighbours."""
