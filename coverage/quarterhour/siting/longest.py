"""Shortest longest walk: the p-centre, by bisection over the walks there are.

minimise    max over i of min(e_i, min_{j chosen} t_ij)

over choices that keep to every side condition, where ``i`` runs over everybody who can be reached
at all, ``t_ij`` are the walking times of candidates and ``e_i`` those to existing facilities. The
longest walk is one of these times, so the smallest ``T`` is sought among them for which the
candidates within ``T`` of everybody admit a choice: set covering, with the number of sites, money
and rules as rows. The bound is at every moment the next time after the largest ``T`` for which
that was proven impossible. Whom nothing can bring below ``cap_ms`` is not in the question, unless
it says so (``whom``, after a veto); a choice that leaves somebody there who is in it has the
longest walk ``cap_ms``.

References
----------
E. Minieka, "The m-center problem", SIAM Review 12(1), 138-139 (1970).
M. S. Daskin, "Network and Discrete Location: Models, Algorithms, and Applications", Wiley (1995).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.counting import can_be_reached, walks_ms
from quarterhour.siting.fewest.programs import chosen_in, greedy, impossible, program
from quarterhour.siting.fewest.sets import Sets, by_demand, disjoint, merged, prices, reduced
from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.solver import solve

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem


def solve_longest(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``shortest_longest``; see :mod:`quarterhour.siting.answers` for the shape.

    Raises
    ------
    InfeasibleError
        ``siting.infeasible_rules`` if no choice keeps to the rules; ``siting.none_found`` if none
        was found in time.
    """
    seconds = patience.left_s
    search = _Bisection.of(problem)
    none = np.zeros(0, dtype=np.int64)
    search.begin(none if near is None else near.chosen[problem.allowed[near.chosen]], patience)
    while search.best is not None and search.open and not patience.over:
        search.halve(patience)
        if on_progress is not None:
            on_progress(float(search.longest), float(search.bound))
    if search.best is None:
        raise InfeasibleError(Fault("siting.none_found", {"seconds": round(seconds, 1)}))
    return Answer(
        chosen=search.without_useless(search.best), objective=float(search.longest),
        bound=float(min(search.bound, search.longest)), maximise=False,
    )  # fmt: skip


@dataclass(slots=True, kw_only=True, eq=False)
class _Bisection:
    """Between a bound and the best choice so far, over distinct times.

    Attributes
    ----------
    who
        Demand points that can be reached at all, and their walks with what must be chosen.
    by_point
        Milliseconds from each of ``who`` (row) to allowed candidates, ``csr_array``.
    times
        Distinct times that the longest walk may have, ascending; ``cap_ms`` is the last.
    low
        Place of the bound in ``times``: every time before is proven impossible.
    best, longest
        The best choice so far and its longest walk in milliseconds.
    """

    problem: "SitingProblem"
    sides: Sides
    must: NDArray[np.int64]
    who: NDArray[np.int64]
    walk_ms: NDArray[np.int64]
    by_point: Any
    times: NDArray[np.int64]
    low: int = 0
    best: NDArray[np.int64] | None = None
    longest: int = 0

    @classmethod
    def of(cls, problem: "SitingProblem") -> "_Bisection":
        from scipy.sparse import csr_array

        times = problem.times
        if times is None:
            raise AssertionError("times are needed")
        must = np.array(sorted(set(problem.must)), dtype=np.int64)
        who = np.flatnonzero(can_be_reached(problem))
        walk_ms = walks_ms(problem, must)[who]
        rows = by_demand(times.indptr, times.indices, n_demand=len(problem.weight),
                         values=times.ms)[who]  # fmt: skip
        allowed = problem.allowed
        kept = allowed[rows.indices] & (rows.data < np.repeat(walk_ms, np.diff(rows.indptr)))
        before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        by_point = csr_array(
            (rows.data[kept], rows.indices[kept], before[rows.indptr]), shape=rows.shape
        )
        # Nobody's longest walk is below what all candidates together would leave it.
        least = int(walks_ms(problem, np.flatnonzero(allowed))[who].max(initial=0))
        distinct = np.unique(np.concatenate([by_point.data, walk_ms, [least, times.cap_ms]]))
        if not len(who):
            distinct = np.zeros(1, dtype=np.int64)
        return cls(
            problem=problem, sides=Sides.of(problem), must=must, who=who, walk_ms=walk_ms,
            by_point=by_point, times=distinct[distinct >= least].astype(np.int64),
        )  # fmt: skip

    @property
    def bound(self) -> int:
        """The shortest time that is not proven impossible."""
        return int(self.times[self.low])

    @property
    def open(self) -> bool:
        """Whether the best choice is not proven to be best."""
        return self.longest > self.bound

    def longest_of(self, chosen: NDArray[np.int64]) -> int:
        """Count the longest walk of a choice again."""
        return int(walks_ms(self.problem, chosen)[self.who].max(initial=0))

    def consider(self, chosen: NDArray[np.int64], *, allowed: bool | None = None) -> bool:
        """Keep a choice if it is allowed and better; tell whether it is allowed."""
        if not (self.sides.allows(chosen) if allowed is None else allowed):
            return False
        longest = self.longest_of(chosen)
        if self.best is None or longest < self.longest:
            self.best, self.longest = chosen, longest
        return True

    def begin(self, near: NDArray[np.int64], patience: Patience) -> None:
        """Find any choice that keeps to the side conditions."""
        self.consider(self.must)
        self.consider(np.union1d(near, self.must))
        if self.best is None and self._within(len(self.times) - 1, patience):
            raise impossible(self.sides)

    def halve(self, patience: Patience) -> None:
        """Find a choice for a time in the middle of what is open, or prove that there is none."""
        # The last time below the best choice's own longest walk.
        high = int(np.searchsorted(self.times, self.longest)) - 1
        middle = (self.low + high) // 2
        if self._within(middle, patience):
            self.low = middle + 1

    def _within(self, place: int, patience: Patience) -> bool:
        """Look for a choice that leaves nobody above one of the times; tell if proven impossible.

        What is found is considered.
        """
        most_ms = int(self.times[place])
        sets = self._sets(most_ms)
        if (np.diff(sets.indptr) == 0).any():
            return True
        may_go = self.problem.allowed
        may_go[self.must] = False
        sets, left = reduced(sets, slack=0.0, may_go=may_go, cost=prices(self.problem))
        left &= self.problem.allowed
        ones = np.ones(sets.n_candidates, dtype=np.int64)
        none = np.zeros(0, dtype=np.int64)
        quick = greedy(sets, begin=none, left=left, cost=ones, slack=0.0)
        if self.consider(np.union1d(quick, self.must)) and self.longest <= most_ms:
            return False
        n_sites = self.problem.n_sites
        if n_sites is not None and len(self.must) + disjoint(sets) > n_sites:
            return True
        return self._solve(sets, left, patience)

    def _sets(self, most_ms: int) -> Sets:
        """Return whom something new must bring within a time, and the candidates that can."""
        far = np.flatnonzero(self.walk_ms > most_ms)
        rows = self.by_point[far]
        kept = rows.data <= most_ms
        before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)[rows.indptr]
        n, indices = self.problem.n_candidates, rows.indices[kept].astype(np.int32)
        sets = merged(n, before, indices, np.zeros(len(far)))
        return Sets(
            n_candidates=n, indptr=sets.indptr, indices=sets.indices, weight=np.ones(len(sets))
        )

    def _solve(self, sets: Sets, left: NDArray[np.bool_], patience: Patience) -> bool:
        """Let HiGHS find a choice that covers all sets; tell if it proved that there is none."""
        found: list[float] = []

        def hear(objective: float, _bound: float) -> None:
            if np.isfinite(objective):
                found.append(objective)

        # Any choice will do: the first that is found ends the search.
        answer = solve(
            program(self.sides, sets, cost=np.ones(sets.n_candidates, dtype=np.int64), left=left),
            time_limit_s=patience.left_s, on_progress=hear,
            stop=lambda: bool(found) or patience.over,
        )  # fmt: skip
        chosen = None if answer.x is None else chosen_in(self.sides, answer.x)
        if chosen is not None:
            self.consider(chosen, allowed=True)
        return answer.status == "infeasible"

    def without_useless(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Drop sites, the last first, without which no walk of interest and no rule suffers."""
        for site in chosen[::-1].tolist():
            less = chosen[chosen != site]
            if site in self.must or self.longest_of(less) > self.longest:
                continue
            if self.sides.allows(less):
                chosen = less
        return chosen
