"""Least walking: exchanges that improve, prices that bound, branching and radii that prove."""

from quarterhour.siting.walking.solving import solve_walking

__all__ = ["solve_walking"]
