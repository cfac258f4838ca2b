"""What an answer keeps for the next question about the same people: cells, prices, plans."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.cells import merge_cells
from quarterhour.siting.covering.model import CoverModel
from quarterhour.siting.sides import Sides

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_PLANS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """Cells of a question, and the best prices and plans that were found.

    Attributes
    ----------
    model
        The question's model.
    demand
        The arrays that cells were made of.
    allowed
        Candidates of the first question: cells hold for any part of these.
    prices
        Prices of cells, see :mod:`quarterhour.siting.covering.prices`; ``None`` before any.
    plans
        Good plans, the latest first.
    """

    model: CoverModel
    demand: tuple[NDArray[Any], ...]
    allowed: NDArray[np.bool_]
    prices: NDArray[np.float64] | None = None
    plans: tuple[NDArray[np.int64], ...] = ()

    @classmethod
    def of(cls, problem: "SitingProblem", near: object = None) -> "Memory":
        """Return what there is to begin with: what ``near`` knows, where it is of this demand."""
        sides = Sides.of(problem)
        if isinstance(near, Memory) and near.is_of(problem):
            return cls(
                model=near.model.under(sides), demand=near.demand, allowed=near.allowed,
                prices=near.prices, plans=near.plans,
            )  # fmt: skip
        model = CoverModel.of(merge_cells(problem), sides)
        return cls(model=model, demand=_demand(problem), allowed=problem.allowed)

    def is_of(self, problem: "SitingProblem") -> bool:
        """Tell whether cells are right for a question: the same demand, no other candidates."""
        mine, others = self.demand, _demand(problem)
        if any(len(a) != len(b) for a, b in zip(mine, others, strict=True)):
            return False
        if (problem.allowed & ~self.allowed).any():
            return False
        return all(_same(a, b) for a, b in zip(mine, others, strict=True))

    def with_found(self, prices: NDArray[np.float64] | None, chosen: NDArray[np.int64]) -> "Memory":
        """Return the memory after an answer."""
        older = [plan for plan in self.plans if not np.array_equal(plan, chosen)]
        return Memory(
            model=self.model, demand=self.demand, allowed=self.allowed, prices=prices,
            plans=(chosen, *older[: _PLANS - 1]),
        )  # fmt: skip


def _demand(problem: "SitingProblem") -> tuple[NDArray[Any], ...]:
    return (problem.covers_indptr, problem.covers_indices, problem.worth, problem.already)


def _same(one: NDArray[Any], other: NDArray[Any]) -> bool:
    """Tell whether two arrays hold the same; views of one array need no looking."""
    place = one.__array_interface__["data"][0] == other.__array_interface__["data"][0]
    if place and one.dtype == other.dtype and one.strides == other.strides:
        return True
    return np.array_equal(one, other)
