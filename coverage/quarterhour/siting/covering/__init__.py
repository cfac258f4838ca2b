"""Most people inside the circle: cells of demand, prices that bound, exchanges that improve."""

from quarterhour.siting.covering.solving import solve_cover

__all__ = ["solve_cover"]
