"""Sensitivity: coverage against speed, minutes, slope, stairs, snapping and placement."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Sensitivity."""
