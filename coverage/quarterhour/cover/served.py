"""Served: who finds a place when every facility takes no more than it has room for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Served."""
