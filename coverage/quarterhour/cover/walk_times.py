"""Walking times by area: mean, median, 90th percentile, who gets nowhere, and backup."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class WalkTimes:
    """Walking times by area."""
