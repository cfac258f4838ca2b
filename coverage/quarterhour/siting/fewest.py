"""Fewest sites for everybody within reach."""

from typing import TYPE_CHECKING

import numpy as np

from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.covering.cells import merge_cells
from quarterhour.siting.covering.models import fewest_for_all
from quarterhour.siting.covering.search import CoverModel
from quarterhour.siting.patience import Patience

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem


def solve_fewest(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``fewest_sites``; see :mod:`quarterhour.siting.answers` for the shape."""
    del on_progress
    model = CoverModel.of(
        merge_cells(problem), n_sites=problem.n_candidates, must=problem.must
    )
    begin = np.flatnonzero(problem.allowed) if near is None else near.chosen
    chosen, proven = fewest_for_all(
        model, begin, allowed=problem.allowed, time_limit_s=max(patience.left_s, 1e-3)
    )
    n = float(len(chosen))
    return Answer(chosen=chosen, objective=n, bound=n if proven else 0.0, maximise=False)
