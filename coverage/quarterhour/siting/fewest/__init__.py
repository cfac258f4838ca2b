"""Fewest sites, or least cost, so that everyone or a share of everybody is inside."""

from quarterhour.siting.fewest.solving import solve_fewest

__all__ = ["solve_fewest"]
