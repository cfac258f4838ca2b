"""Services: coverage by tier, and by kinds that stand in for one another."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Services:
    """Services."""
