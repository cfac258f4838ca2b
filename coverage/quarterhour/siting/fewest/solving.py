"""Fewest sites, or least cost, for everyone (set covering) or for a share (partial covering).

The model is in :mod:`quarterhour.siting.fewest.programs`. What cannot matter is left out, a greedy
choice begins, and HiGHS proves. The bound holds whenever the time is over.

References
----------
C. Toregas, R. Swain, C. ReVelle, L. Bergman, "The location of emergency service facilities",
Operations Research 19(6), 1363-1373 (1971).
M. S. Daskin, S. H. Owen, "Two new location covering problems: the partial p-center problem and
the partial set covering problem", Geographical Analysis 31(3), 217-235 (1999).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.counting import MILLI
from quarterhour.siting.fewest.programs import (
    chosen_in,
    greedy,
    impossible,
    program,
    whole_bound,
)
from quarterhour.siting.fewest.sets import Sets, at_least, prices, reduced, sets_inside
from quarterhour.siting.fewest.targets import Target
from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.solver import SolverAnswer, solve

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_FEW = 20
"""Up to so many sites the model of most people is asked first."""


def solve_fewest(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``fewest_sites``; see :mod:`quarterhour.siting.answers` for the shape.

    Raises
    ------
    InfeasibleError
        ``fewest.unreachable_share`` if all candidates together bring too few people inside;
        ``siting.infeasible_rules`` if no choice keeps to the rules and brings enough inside;
        ``siting.none_found`` if none was found in time.
    """
    seconds = patience.left_s
    search = _Search.of(problem)
    search.consider(search.grown(np.zeros(0, dtype=np.int64)))
    if near is not None:
        search.consider(search.grown(near.chosen[problem.allowed[near.chosen]]))
    search.ask_for_most(patience, on_progress)
    search.prove(patience, on_progress)
    if search.best is None:
        raise InfeasibleError(Fault("siting.none_found", {"seconds": round(seconds, 1)}))
    chosen = search.without_useless(search.best)
    objective = search.worth(chosen)
    return Answer(
        chosen=chosen, objective=objective, bound=min(search.bound, objective), maximise=False
    )


@dataclass(slots=True, kw_only=True, eq=False)
class _Search:
    """What is known of one question; the best choice and the bound get better.

    ``cost`` counts in units of ``step``; ``sets`` are the cells that sites in ``must`` leave,
    ``slack`` and ``safe`` the units of them that may stay outside
    (:meth:`~quarterhour.siting.fewest.targets.Target.in_units`), and ``left`` the candidates that
    may matter.
    """

    problem: "SitingProblem"
    sides: Sides
    target: Target
    must: NDArray[np.int64]
    sets: Sets
    slack: float
    safe: float
    left: NDArray[np.bool_]
    cost: NDArray[np.int64]
    step: int
    best: NDArray[np.int64] | None = None
    bound: float = 0.0

    @classmethod
    def of(cls, problem: "SitingProblem") -> "_Search":
        target = Target.of(problem, sets_inside(problem))
        must = np.array(sorted(set(problem.must)), dtype=np.int64)
        sets, slack, safe = target.in_units()
        sets = sets.only(sets.counts(must) == 0)
        cost, step = _costs(problem)
        may_go = problem.allowed
        may_go[must] = False
        sets, left = reduced(sets, slack=slack, may_go=may_go, cost=prices(problem))
        bound = float(cost[must].sum() * step)
        if problem.fewest == "sites":
            bound += at_least(sets, slack)
        return cls(
            problem=problem, sides=Sides.of(problem), target=target, must=must, sets=sets,
            slack=slack, safe=safe, left=left & problem.allowed, cost=cost, step=step, bound=bound,
        )  # fmt: skip

    def worth(self, chosen: NDArray[np.int64]) -> float:
        """Count the objective of a choice again."""
        return float(self.cost[chosen].sum() * self.step)

    def grown(self, begin: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a choice that reaches the target where sites for it are left, from a part."""
        extra = np.setdiff1d(begin, self.must)
        found = greedy(self.sets, begin=extra, left=self.left, cost=self.cost, slack=self.slack)
        found = np.union1d(found, self.must)
        if not self.target.reached(found):
            # Only the rounding to units let it through: a little more brings the rest.
            found = greedy(self.sets, begin=extra, left=self.left, cost=self.cost, slack=self.safe)
        return np.union1d(found, self.must)

    def consider(self, chosen: NDArray[np.int64]) -> None:
        """Keep a choice if it is allowed, reaches the target and is the best so far."""
        better = self.best is None or self.worth(chosen) < self.worth(self.best)
        if better and self.target.reached(chosen) and self.sides.allows(chosen):
            self.best = chosen

    def prove(self, patience: Patience, on_progress: OnBound | None) -> None:
        """Let HiGHS find the best choice; raise the bound as far as it comes."""
        others: tuple[NDArray[np.int64], ...] = ()
        while self.best is None or self.worth(self.best) > self.bound:
            answer = self._solve(others, patience, on_progress)
            if answer.status == "infeasible":
                if self.best is None:
                    raise impossible(self.sides, self._asked())
                return
            self.bound = max(self.bound, whole_bound(answer.bound) * self.step)
            chosen = None if answer.x is None else chosen_in(self.sides, answer.x)
            if chosen is None:
                return
            self.consider(chosen)
            if self.target.reached(chosen) or answer.status != "optimal" or patience.over:
                self.consider(self.grown(chosen))
                return
            # It reaches the target in rounded units alone. No part of it does better: some other
            # site is needed.
            self.consider(self.grown(chosen))
            others += (np.setdiff1d(np.flatnonzero(self.left), chosen),)

    def ask_for_most(self, patience: Patience, on_progress: OnBound | None) -> None:
        """Ask for the most people that one site less can have inside, while few sites do.

        As long as that is enough, it is the better choice; once it cannot be enough, fewer sites
        are proven too few. The model of most people is far quicker at this than set covering
        where few sites do and many people stay outside, and slower where many are needed.
        """
        from quarterhour.siting.covering import solve_cover

        alone = self.problem.fewest == "sites" and self.problem.budget is None
        if self.target.everyone or not alone or self.problem.rules:
            return
        while self.best is not None and self.worth(self.best) > self.bound and not patience.over:
            fewer = len(self.best) - 1
            if not max(1, len(self.must)) <= fewer < _FEW:
                return
            asked = self.problem.having(question="most_people", n_sites=fewer, merit=None)
            most = solve_cover(asked, patience=patience.share(0.5))
            people = self.target.before + (most.bound + most.rounding) / MILLI
            if people < self.target.least:
                self.bound = float(fewer + 1)
            best = self.best
            self.consider(most.chosen)
            if on_progress is not None:
                on_progress(self.worth(self.best), self.bound)
            if self.best is best:
                return

    def _solve(
        self,
        others: tuple[NDArray[np.int64], ...],
        patience: Patience,
        on_progress: OnBound | None,
    ) -> SolverAnswer:
        step = float(self.step)
        tell = None if on_progress is None else (lambda a, b: on_progress(a * step, b * step))
        asked = program(
            self.sides, self.sets, cost=self.cost, left=self.left, slack=self.slack, others=others
        )
        return solve(
            asked, time_limit_s=patience.left_s, start=self._start(len(asked.cost)),
            on_progress=tell, stop=lambda: patience.over,
        )  # fmt: skip

    def _start(self, n_columns: int) -> NDArray[np.float64] | None:
        """Return the best choice as a solution, where all its sites are left."""
        if self.best is None or not self.left[self.best].all():
            return None
        x = self.sides.helpers_for(self.best)
        if x is None:
            return None
        soft = self.sets.weight <= self.slack
        outside = self.sets.counts(self.best) == 0
        return np.concatenate([x, outside[soft].astype(np.float64)])

    def _asked(self) -> Fault:
        key = "fewest.asks_all" if self.problem.share_of == "all" else "fewest.asks_reachable"
        return Fault(key, {"share": self.problem.share})

    def without_useless(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Drop sites, the last first, that neither the target nor a rule needs."""
        for site in chosen[::-1].tolist():
            less = chosen[chosen != site]
            if site in self.must or not self.target.reached(less):
                continue
            if self.sides.allows(less):
                chosen = less
        return chosen


def _costs(problem: "SitingProblem") -> tuple[NDArray[np.int64], int]:
    """Return what candidates cost in the objective, in units of a step, and the step."""
    if problem.fewest == "sites" or problem.cost is None:
        return np.ones(problem.n_candidates, dtype=np.int64), 1
    cost = problem.cost.astype(np.int64)
    step = max(int(np.gcd.reduce(cost)), 1)
    return cost // step, step
