"""A first plan that keeps to the side conditions, or the proof that there is none."""

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.covering.model import CoverModel
from quarterhour.siting.covering.search import greedy, improve
from quarterhour.siting.fewest.programs import impossible
from quarterhour.siting.patience import Patience
from quarterhour.solver import solve

# Even who is in a hurry wants a plan that keeps to the rules; finding one seldom takes longer.
_GRACE_S = 5.0
_LARGEST = 1e6


def first_plan(
    model: CoverModel, near: tuple[NDArray[np.int64], ...], patience: Patience
) -> NDArray[np.int64]:
    """Return a plan that keeps to the side conditions.

    Parameters
    ----------
    model
        Demand and side conditions.
    near
        Plans of similar questions, which may break some of them.
    patience
        How long it may take; a few seconds are granted in any case.

    Raises
    ------
    InfeasibleError
        ``siting.infeasible_rules`` if there is none; ``siting.none_found`` if none was found.
    """
    plans = [greedy(model, np.zeros(0, dtype=np.int64))]
    plans += [greedy(model, sites) for sites in near]
    if (cost := _money(model)) is not None:
        plans.append(greedy(model, np.zeros(0, dtype=np.int64), price=cost))
    kept = [plan for plan in plans if model.sides.allows(plan)]
    if not kept:
        kept = [_by_program(model, patience)]
    if not patience.over:
        kept = [improve(model, plan, over=lambda: patience.over) for plan in kept]
    # max takes the first of equals: the same plan each time.
    return max(kept, key=model.covered)


def _money(model: CoverModel) -> NDArray[np.float64] | None:
    """Return the coefficients of the row that asks for a budget, at least 1 each."""
    for place, fault in enumerate(model.sides.asked):
        if fault.key == "siting.asks_budget":
            row = model.sides.matrix[np.flatnonzero(model.sides.owner == place)]
            cost: NDArray[np.float64] = row[:, : model.n_candidates].toarray().ravel()
            return np.maximum(cost, 1.0)
    return None


def _by_program(model: CoverModel, patience: Patience) -> NDArray[np.int64]:
    """Let the solver find a plan: the sites that reach most, whoever else reaches the same."""
    sides, n = model.sides, model.n_candidates
    reach = model.reach(np.arange(len(model.cells)))
    worth = np.zeros(sides.n_columns)
    # Where there is nobody to reach, as few sites as the rules allow.
    worth[:n] = reach / max(1.0, float(reach.max(initial=0.0)) / _LARGEST) if reach.any() else -1.0
    seconds = max(patience.left_s, _GRACE_S)
    answer = solve(
        sides.program(worth, maximise=True, objective_step=1e-3 * _LARGEST),
        time_limit_s=seconds,
    )
    if answer.status == "infeasible":
        raise impossible(sides)
    if answer.x is None:
        raise InfeasibleError(Fault("siting.none_found", {"seconds": round(seconds)}))
    return np.flatnonzero(answer.x[:n] > 0.5)
