"""Hierarchy (中心带站): stations without a centre in reach, and what each centre leads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Hierarchy (中心带站)."""
