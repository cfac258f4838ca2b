"""Supply: capacity per 1,000 elders, and places in reach by floating catchments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Supply."""
