"""Other circles: fitness, day care, meals, counted with the same code."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class OtherCircle:
    """Other circles."""
