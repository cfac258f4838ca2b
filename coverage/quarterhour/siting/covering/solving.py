"""Choose sites: the maximal covering location problem, with proof.

A search finds a good plan; prices bound what any plan can gain
(:mod:`quarterhour.siting.covering.prices`); candidates whose presence, or absence, would push that
bound below the plan are settled, and HiGHS proves the best choice among those that are left
(:mod:`quarterhour.siting.covering.proving`). Of equal plans the one is kept in which no site can be
exchanged for an earlier candidate.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.covering.beginning import first_plan
from quarterhour.siting.covering.cells import MILLI
from quarterhour.siting.covering.memory import Memory
from quarterhour.siting.covering.model import CoverModel
from quarterhour.siting.covering.prices import NEARBY, THOROUGH, Priced, Prices, settle, tighten
from quarterhour.siting.covering.proving import prove
from quarterhour.siting.covering.search import drop_useless, greedy, improve, shake
from quarterhour.siting.patience import Patience

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

# Shaking pays where much is left to branch over; the less there is, the less of it.
_MOST_SHAKES, _FEW, _PAIRS_A_SHAKE = 600, 100, 50
# With so few candidates left the solver is done at once.
_SO_FEW = 30


def solve_cover(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``most_people``; see :mod:`quarterhour.siting.answers` for the shape.

    Parameters
    ----------
    problem
        The question; ``worth`` of demand points is what counts.
    patience
        How long it may take.
    near
        An answer about the same demand: its cells, prices and plans are the place to begin. An
        answer about other demand is not looked at.
    on_progress
        Called with ``(objective, bound)`` in milli-people whenever either has become better.

    Returns
    -------
    Answer
        Chosen rows ascend; none is useless, unless a rule needs it.

    Raises
    ------
    InfeasibleError
        If no choice keeps to the rules, or none was found in time.
    """
    memory = Memory.of(problem, None if near is None else near.memory)
    best = _Best(memory.model, on_progress)
    best.offer(first_plan(memory.model, memory.plans, patience))
    prices = memory.prices
    if len(memory.model.cells):
        prices = _bound_and_prove(memory, best, patience)
    else:
        best.lower(0.0)
    chosen = improve(memory.model, best.chosen, over=lambda: patience.over)
    chosen = drop_useless(memory.model, chosen)
    best.offer(chosen)
    return Answer(
        chosen=chosen,
        objective=best.milli,
        bound=max(best.bound, best.milli),
        rounding=memory.model.cells.rounding_people * MILLI,
        memory=memory.with_found(prices, chosen),
    )


class _Best:
    """The best plan and the lowest bound so far, told whenever either gets better."""

    def __init__(self, model: CoverModel, on_progress: OnBound | None) -> None:
        self._model, self._on_progress = model, on_progress
        self.chosen = np.zeros(0, dtype=np.int64)
        self.milli = -1.0
        reached = model.by_cell @ model.allowed.astype(np.float64) > 0.0
        self.bound = float(model.cells.milli[reached].sum())

    @property
    def proven(self) -> bool:
        """Whether no plan is better."""
        return self.bound <= self.milli

    def offer(self, plan: NDArray[np.int64]) -> None:
        """Take a plan that keeps to the side conditions, if it is better."""
        value = self._model.covered(plan)
        if value > self.milli:
            self.chosen, self.milli = plan, value
            self._tell()

    def lower(self, bound: float) -> None:
        """Take a bound, if it is lower: objectives are multiples of the step."""
        step = self._model.step
        if (whole := float(np.floor(bound / step)) * step) < self.bound:
            self.bound = whole
            self._tell()

    def tell(self, objective: float, bound: float) -> None:
        """Pass on what the solver says, where it is better."""
        if self._on_progress is not None and (objective > self.milli or bound < self.bound):
            self._on_progress(max(objective, self.milli), min(bound, self.bound))

    def _tell(self) -> None:
        if self._on_progress is not None and self.milli >= 0.0:
            self._on_progress(self.milli, max(self.bound, self.milli))


def _bound_and_prove(memory: Memory, best: _Best, patience: Patience) -> NDArray[np.float64]:
    """Lower the bound to the plan, or as far as time goes, and return the prices that do it."""
    model, prices = memory.model, Prices(memory.model)
    begin, search = memory.prices, NEARBY
    if begin is None:
        begin, search = model.cells.milli / np.maximum(model.counts(best.chosen), 1), THOROUGH
    liking = np.zeros(model.n_candidates)
    seen: set[bytes] = set()

    def look(liked: NDArray[np.float64], priced: Priced) -> bool:
        liking[:] = liked
        plan = _rounded(model, liked)
        if plan.tobytes() not in seen and not patience.over and model.sides.allows(plan):
            seen.add(plan.tobytes())
            best.offer(improve(model, plan, over=lambda: patience.over))
        inside, outside = settle(model, priced, best.milli)
        return int((~inside & ~outside).sum()) <= _SO_FEW

    u, priced = tighten(
        prices, begin, milli=lambda: best.milli, search=search, over=lambda: patience.over,
        on_bound=best.lower, on_look=look,
    )  # fmt: skip
    if not best.proven and not patience.over:
        _prove_rest(model, best, priced, liking, patience)
    return u


def _rounded(model: CoverModel, liked: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the plan of the candidates that are liked most, as far as they fit together."""
    ranked = np.argsort(-liked, kind="stable")
    return greedy(model, ranked[liked[ranked] > 0.3].astype(np.int64))


def _prove_rest(
    model: CoverModel,
    best: _Best,
    priced: Priced,
    liking: NDArray[np.float64],
    patience: Patience,
) -> None:
    """Look for a better plan among what prices leave open, then let the solver prove the best."""
    inside, outside = settle(model, priced, best.milli)
    left = ~inside & ~outside
    if left.sum() > _FEW and not model.sides.has_helpers:
        likely = np.where(left, liking + 0.02, 0.0)
        best.offer(
            shake(
                model, best.chosen, liking=likely, over=lambda: patience.over,
                rounds=min(_MOST_SHAKES, _pairs(model, inside, left) // _PAIRS_A_SHAKE),
            )
        )  # fmt: skip
        inside, outside = settle(model, priced, best.milli)
    found = prove(
        model, best.chosen, inside=inside, outside=outside, seconds=patience.left_s,
        stop=lambda: patience.over, on_progress=best.tell,
    )  # fmt: skip
    if found.chosen is not None and model.sides.allows(found.chosen):
        best.offer(found.chosen)
    # What was settled is worse than the plan in hand.
    best.lower(max(found.bound, best.milli))


def _pairs(model: CoverModel, inside: NDArray[np.bool_], left: NDArray[np.bool_]) -> int:
    """Return how many pairs of a candidate left and a cell not covered yet there are."""
    uncovered = model.by_cell @ inside.astype(np.float64) == 0.0
    return int((model.by_cell @ left.astype(np.float64))[uncovered].sum())
