"""Years: coverage as planned facilities open, year by year."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class YearSeries:
    """Years."""
