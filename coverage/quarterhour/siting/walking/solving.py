"""Choose sites: least walking in all (p-median; Hakimi 1964, ReVelle and Swain 1970).

minimise    sum_i w_i min(cap, existing_i, min_{j : y_j = 1} t_ij)
subject to  the rules: a number of sites, money, and whatever else is asked

A search finds a good choice (:mod:`quarterhour.siting.walking.search`), prices of points bound
what any choice can do and rule most candidates and walks out
(:mod:`quarterhour.siting.walking.multipliers`), and HiGHS settles what is left
(:mod:`quarterhour.siting.walking.radius`).

The bound of the prices is exact. Where HiGHS has to settle, its tolerances hold: objectives that
differ by less than a thousand-millionth could be mixed up, and ``rounding`` says so where whole
numbers do not tell them apart by more.

References
----------
S. L. Hakimi, "Optimum locations of switching centers and the absolute centers and medians of a
graph", Operations Research 12, 450-459 (1964).
C. S. ReVelle, R. W. Swain, "Central facilities location", Geographical Analysis 2, 30-42 (1970).
"""

import math
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.fewest.programs import impossible
from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.siting.walking.branching import branch, can_branch
from quarterhour.siting.walking.multipliers import Priced, Pricing, raise_bound
from quarterhour.siting.walking.radius import Left, RadiusModel, radius_model
from quarterhour.siting.walking.search import Choice, Room, wander
from quarterhour.siting.walking.walks import Walks
from quarterhour.solver import SolverAnswer, solve

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

# Work is counted in pairs of point and candidate, so that the same question takes the same way.
_SEARCH_WORK, _KICKS, _KICKS_NEAR = 150_000_000, 40, 8
_KICKS_WITH_HELPERS = 2
_PRICE_WORK = 400_000_000
_BRANCH_WORK = 2_000_000_000
_PROMISING = 1.03
# Up to so many coefficients HiGHS is quicker than branching with prices.
_LITTLE, _LITTLE_OF_MANY, _MANY_SITES = 3_000, 30_000, 15
_SOLVER_DUST = 1e-9
_TOLD_APART = 0.5
_LEAST_S = 1e-3
_FIRST_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Memory:
    """Prices of points of an earlier question, in milli-people x milliseconds."""

    price: NDArray[np.float64]


def solve_walking(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``least_walking``; see :mod:`quarterhour.siting.answers` for the shape.

    Raises
    ------
    InfeasibleError
        If no choice keeps to the rules, or none was found in time.
    """
    return _Work(problem, patience, on_progress).answer(near)


class _Work:
    """One question on its way to an answer."""

    def __init__(
        self, problem: "SitingProblem", patience: Patience, on_progress: OnBound | None
    ) -> None:
        self.problem, self.patience, self.on_progress = problem, patience, on_progress
        self.walks, self.sides = Walks.of(problem), Sides.of(problem)
        self.room = Room(self.sides)
        self.bound, self.dust = 0, 0.0
        self._tried: set[bytes] = set()

    def answer(self, near: Answer | None) -> Answer:
        """Search, bound, and prove."""
        seconds = self.patience.left_s
        begin = self._near(near)
        self.choice = Choice(self.walks, self.room, self._any(seconds) if begin is None else begin)
        kicks = min(_KICKS if near is None else _KICKS_NEAR, int(self.room.free.sum()))
        if self.sides.has_helpers:
            # Each look at a choice is a small program: the proof finds the rest sooner.
            kicks = min(kicks, _KICKS_WITH_HELPERS)
        wander(self.choice, work=_SEARCH_WORK, kicks=kicks, patience=self.patience)
        self._tell()
        priced = self._price(near)
        self._prove(priced)
        self.choice.settle()
        objective = self.walks.in_full(self.choice.value)
        proven = self.bound >= self.choice.value
        return Answer(
            chosen=self.choice.chosen,
            objective=objective,
            bound=objective if proven else self.walks.in_full(self.bound),
            maximise=False,
            rounding=self.walks.rounding + self.dust,
            memory=Memory(price=priced.price / priced.grain * self.walks.unit),
        )

    def _tell(self) -> None:
        if self.on_progress is not None:
            full = self.walks.in_full
            self.on_progress(full(self.choice.value), full(self.bound))

    def _near(self, near: Answer | None) -> NDArray[np.int64] | None:
        """Return the nearby answer without what is not allowed here, where that keeps the rules."""
        n, sides = self.walks.n_candidates, self.sides
        chosen = np.zeros(n, dtype=np.bool_)
        if near is not None:
            chosen[near.chosen] = True
        chosen &= sides.column_upper[:n] > 0
        chosen |= sides.column_lower[:n] > 0
        rows = np.flatnonzero(chosen)
        return rows if sides.allows(rows) else None

    def _any(self, seconds: float) -> NDArray[np.int64]:
        """Return a choice that keeps to the rules, of sites that each save much alone."""
        walks, sides, n = self.walks, self.sides, self.walks.n_candidates
        point = np.repeat(np.arange(len(walks)), np.diff(walks.indptr))
        saved = walks.weight[point] * (walks.cap[point] - walks.time)
        alone = np.bincount(walks.site, saved, minlength=n)
        cost = np.append(-alone / max(float(alone.max()), 1.0), np.zeros(sides.n_columns - n))
        # Without a first plan there is nothing to hand back: it may take a moment longer.
        least = perf_counter() + _FIRST_S
        found = solve(
            sides.program(cost),
            time_limit_s=max(self.patience.left_s, _FIRST_S),
            stop=lambda: self.patience.over and perf_counter() > least,
        )
        if found.x is not None:
            rows = np.flatnonzero(found.x[:n] > 0.5)
            if sides.allows(rows):
                return rows
        if found.status == "infeasible":
            raise impossible(sides)
        raise InfeasibleError(Fault("siting.none_found", {"seconds": round(seconds, 1)}))

    def _price(self, near: Answer | None) -> Priced:
        """Raise the bound by prices, and look at the choices that they suggest."""
        pricing = Pricing(self.walks, self.sides)
        before = near.memory if near is not None else None
        if isinstance(before, Memory) and len(before.price) == len(self.walks):
            price = before.price / self.walks.unit * pricing.grain
        else:
            walked = self.walks.weight * self.walks.times_of(self.choice.chosen)
            price = walked.astype(np.float64) * pricing.grain
        priced = raise_bound(
            pricing, price, value=lambda: self.choice.value, look=self._look,
            work=_PRICE_WORK, patience=self.patience,
        )  # fmt: skip
        self.bound = min(priced.whole, self.choice.value)
        self._tell()
        return priced

    def _look(self, priced: Priced) -> None:
        """Improve the sites that prices picked, where they keep to the rules."""
        self.bound = max(self.bound, min(priced.whole, self.choice.value))
        self._try(priced.picked)
        self._tell()

    def _try(self, chosen: NDArray[np.int64]) -> None:
        """Take sites, improved, where they promise much, keep to the rules and are better."""
        name = chosen.tobytes()
        if name in self._tried or self.sides.has_helpers:
            return
        self._tried.add(name)
        promising = self.walks.value(chosen) <= _PROMISING * self.choice.value
        if promising and self.sides.allows(chosen):
            self._take(chosen)

    def _take(self, chosen: NDArray[np.int64]) -> bool:
        """Make a choice, improved, the one in hand where it is better."""
        other = Choice(self.walks, self.room, chosen)
        other.improve(self.patience)
        better = other.value < self.choice.value
        if better:
            self.choice = other
        return better

    def _branch(self, priced: Priced) -> None:
        """Split the question by single sites, as long as that takes little work."""
        bound = branch(
            self.walks, self.sides, priced, value=lambda: self.choice.value,
            look=self._try, work=_BRANCH_WORK, patience=self.patience,
        )  # fmt: skip
        self.bound = max(self.bound, min(bound, self.choice.value))
        self._tell()

    def _prove(self, priced: Priced) -> None:
        """Settle what prices left open: by HiGHS where that is little, else by branching first."""
        for split in (False, True):
            value = self.choice.value
            if self.bound >= value or self.patience.over:
                return
            left = Left.after(priced, self.walks, self.sides, value=value)
            model = radius_model(self.walks, self.sides, left)
            if model is None:
                self.bound = value
                return
            if split or not can_branch(self.sides) or self._is_little(model):
                self._settle(model, value)
                return
            self._branch(priced)

    def _is_little(self, model: RadiusModel) -> bool:
        """Tell whether HiGHS is quicker: trees grow with sites, programs with coefficients."""
        many = len(self.choice.chosen) > _MANY_SITES
        return len(model.program.values) <= (_LITTLE_OF_MANY if many else _LITTLE)

    def _settle(self, model: RadiusModel, value: int) -> None:
        """Let HiGHS find the best of what is left."""
        columns = self.sides.helpers_for(self.choice.chosen)
        start = None
        if columns is not None:
            start = model.start(columns, self.walks.times_of(self.choice.chosen))
        found = solve(
            model.program,
            time_limit_s=max(self.patience.left_s, _LEAST_S),
            start=start,
            on_progress=self._teller(model),
            stop=lambda: self.patience.over,
        )
        if found.x is not None:
            rows = np.flatnonzero(found.x[: self.walks.n_candidates] > 0.5)
            if self.sides.allows(rows):
                self._take(rows)
        self._close(found, model, value)

    def _teller(self, model: RadiusModel) -> OnBound | None:
        tell = self.on_progress
        if tell is None:
            return None
        full = self.walks.in_full

        def hear(objective: float, bound: float) -> None:
            if np.isfinite(objective) and np.isfinite(bound):
                best, least = model.base + model.scale * np.array([objective, bound])
                tell(full(round(best)), full(max(math.floor(least), self.bound)))

        return hear

    def _close(self, found: SolverAnswer, model: RadiusModel, value: int) -> None:
        """Take over what the solver proved about all choices no worse than ``value``."""
        # Worse choices are no part of the model, so it bounds only up to the one in hand.
        bound, now = value, self.choice.value
        if found.status != "infeasible":
            if not np.isfinite(found.bound):
                return
            span = model.scale * abs(found.bound)
            dust = _SOLVER_DUST * max(span, 1.0)
            least = model.base + model.scale * found.bound
            if dust >= _TOLD_APART:
                self.dust = dust * self.walks.unit
            # As good as equal, to the solver: what that may hide is the answer's rounding.
            bound = min(value, now if abs(now - least) <= dust else math.ceil(least - dust))
        self.bound = max(self.bound, min(bound, now))
