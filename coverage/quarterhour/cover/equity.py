"""Equity: how evenly coverage and places are spread over elders."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Equity:
    """Equity."""
