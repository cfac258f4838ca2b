"""The door to the cover model: a question in, an :class:`Answer` out."""

from typing import TYPE_CHECKING

import numpy as np

from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.covering.cells import MILLI, merge_cells
from quarterhour.siting.covering.models import CoverAnswer, solve_max_cover
from quarterhour.siting.covering.search import CoverModel
from quarterhour.siting.patience import Patience

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem


def solve_cover(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``most_people``; see :mod:`quarterhour.siting.answers` for the shape."""
    cells = merge_cells(problem)
    model = CoverModel.of(cells, n_sites=problem.n_sites or 0, must=problem.must)
    before = near.memory if near is not None and isinstance(near.memory, CoverAnswer) else None
    found = solve_max_cover(
        model, allowed=problem.allowed, time_limit_s=max(patience.left_s, 1e-3), near=None
    )
    del before, on_progress
    return Answer(
        chosen=np.sort(found.chosen),
        objective=found.milli,
        bound=found.bound_milli,
        rounding=cells.rounding_people * MILLI,
        memory=found,
    )
