"""Scorecard: indicators against targets, each with its basis, figures, source and status."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Scorecard:
    """Scorecard."""
