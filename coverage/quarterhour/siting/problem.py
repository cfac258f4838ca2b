"""A question about new sites, checked once and frozen.

*Candidates* are rows, *demand points* are columns: ``covers`` lists, for each candidate, the
demand points that would walk to it within the limit (inclusive). Demand that existing facilities
*already* cover stays in the total and adds nothing to a plan.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError, InputError, raise_if
from quarterhour.siting.parts import Capacity, Robust, Times, Years
from quarterhour.siting.rules import Rule

if TYPE_CHECKING:
    from quarterhour.reach.times import ReachTable

Question = Literal["most_people", "fewest_sites", "least_walking", "shortest_longest"]
QUESTIONS: tuple[Question, ...] = (
    "most_people", "fewest_sites", "least_walking", "shortest_longest",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SitingProblem:
    """Which candidates to choose, and what for.

    Attributes
    ----------
    candidate_ids
        One per candidate, no two alike.
    covers_indptr, covers_indices
        Demand points within the limit of each candidate (CSR: row = candidate).
    weight
        People per demand point, float64 (n_demand,).
    already
        Whether existing facilities cover a demand point, bool (n_demand,).
    n_sites
        How many sites to choose, at most; ``None`` where only money, a share or the rules limit.
    question
        ``most_people`` inside the circle; ``fewest_sites`` so that a ``share`` is inside;
        ``least_walking`` in all; ``shortest_longest`` walk of anybody. The last two need
        ``times``.
    kind
        Kind of facility the question is about.
    must, must_not
        Rows of candidates that are chosen, or not chosen, in every plan.
    merit
        What it is worth to have each demand point inside, float64 (n_demand,), where people of
        some groups count more; ``None``: each of ``weight`` counts one.
    share, share_of
        For ``fewest_sites``: the share of ``all`` people, or of those whom existing facilities
        and allowed candidates can ``reachable`` bring inside, that must be inside; 1 for everyone.
    fewest
        For ``fewest_sites``: least number of ``sites``, or least ``cost``.
    cost, budget
        Whole currency units per candidate, int64 (n_candidates,), and how many may be spent in
        all; ``None`` where money does not count.
    times
        Walking times; ``None`` where only inside or outside counts.
    rules
        What else a plan must keep to, see :mod:`quarterhour.siting.rules`.
    shortfalls
        What was asked and cannot be, and was therefore left out of the rules: a subdistrict
        without a candidate, for instance.
    capacity, years, robust
        Places limited, money by year, several scenarios; ``None`` where not asked.
    limit_ms
        The limit of the circle in milliseconds, 0 where it is not told.
    people_wanted
        For ``fewest_sites``: people who must be inside, instead of a share: what a question asked
        before a site was vetoed. With capacity: people who must be served.
    whom
        For ``shortest_longest``: whose walk counts, bool (n_demand,), likewise; by default
        everybody whom an allowed candidate or an existing facility reaches at all.

    Raises
    ------
    InputError
        With every fault of the arrays and numbers together.
    InfeasibleError
        If more sites are asked for than candidates are left, or than ``must`` leaves room for.
    """

    candidate_ids: tuple[str, ...]
    covers_indptr: NDArray[np.int64]
    covers_indices: NDArray[np.int32]
    weight: NDArray[np.float64]
    already: NDArray[np.bool_]
    n_sites: int | None = None
    question: Question = "most_people"
    kind: str = ""
    must: tuple[int, ...] = ()
    must_not: tuple[int, ...] = ()
    merit: NDArray[np.float64] | None = None
    share: float = 1.0
    share_of: Literal["all", "reachable"] = "all"
    fewest: Literal["sites", "cost"] = "sites"
    cost: NDArray[np.int64] | None = None
    budget: int | None = None
    times: Times | None = None
    rules: tuple[Rule, ...] = ()
    shortfalls: tuple[Fault, ...] = ()
    capacity: Capacity | None = None
    years: Years | None = None
    robust: Robust | None = None
    limit_ms: int = 0
    people_wanted: float | None = None
    whom: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if not self.candidate_ids:
            raise InputError(Fault("siting.no_candidates"))
        raise_if(_check_arrays(self))
        raise_if(_check_choices(self))
        _check_numbers(self)
        names = ["covers_indptr", "covers_indices", "weight", "already"]
        names += [name for name in ("merit", "cost") if getattr(self, name) is not None]
        for name in names:
            # A view: the caller's own array stays as writable as it was.
            array = getattr(self, name).view()
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def n_candidates(self) -> int:
        """Number of candidates, those of ``must_not`` included."""
        return len(self.candidate_ids)

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Whether a candidate may be chosen, bool (n_candidates,)."""
        allowed = np.ones(self.n_candidates, dtype=np.bool_)
        allowed[list(self.must_not)] = False
        return allowed

    @property
    def worth(self) -> NDArray[np.float64]:
        """What each demand point is worth inside: ``merit``, else its people."""
        return self.weight if self.merit is None else self.merit

    def least_people(self) -> float | None:
        """Return the people who must be inside for ``fewest_sites``; ``None`` with capacity.

        With capacity it takes the model of places to say what the reachable are.
        """
        if self.people_wanted is not None or self.question != "fewest_sites":
            return self.people_wanted
        if self.capacity is not None:
            return None
        if self.share_of == "all":
            return self.share * float(self.weight.sum())
        inside = self.already.copy()
        for site in np.flatnonzero(self.allowed).tolist():
            start, end = self.covers_indptr[site : site + 2]
            inside[self.covers_indices[start:end]] = True
        return self.share * float(self.weight[inside].sum())

    def having(self, **changes: Any) -> "SitingProblem":  # noqa: ANN401
        """Return the question with some of it changed, checked anew."""
        return replace(self, **changes)

    @classmethod
    def from_reach(
        cls,
        table: "ReachTable",
        *,
        candidate_ids: Sequence[str],
        weight: NDArray[np.float64],
        already: NDArray[np.bool_],
        n_sites: int | None = None,
        limit_ms: int | None = None,
        kind: str = "",
        existing_ms: NDArray[np.int64] | None = None,
        **more: Any,  # noqa: ANN401
    ) -> "SitingProblem":
        """Make the question from walking times.

        Parameters
        ----------
        table
            Walking times; row = candidate, column = demand point.
        limit_ms
            Longest walk that counts, inclusive; the table's own limit by default.
        existing_ms
            Milliseconds to the nearest existing facility, int64 (n_demand,), any large number
            for none; where given, the problem has :attr:`times`, told apart up to the table's
            own limit.
        candidate_ids, weight, already, n_sites, kind, more
            As the class has them.

        Raises
        ------
        InputError
            If the limit is beyond what the table holds, or as the class says.
        """
        limit = table.limit_ms if limit_ms is None else limit_ms
        faults = []
        if limit > table.limit_ms:
            seconds = {"limit_s": limit / 1000, "table_s": table.limit_ms / 1000}
            faults.append(Fault("siting.limit_beyond_table", seconds))
        if table.n_columns != len(weight):
            lengths = {"name": "weight", "found": len(weight), "wanted": table.n_columns}
            faults.append(Fault("siting.wrong_length", lengths))
        raise_if(faults)
        within = table.ms <= limit
        before = np.concatenate([[0], np.cumsum(within, dtype=np.int64)])
        times = None
        if existing_ms is not None:
            times = Times(
                indptr=table.indptr.astype(np.int64), indices=table.indices.astype(np.int32),
                ms=table.ms.astype(np.int32), cap_ms=table.limit_ms,
                existing_ms=np.minimum(existing_ms, table.limit_ms).astype(np.int64),
            )  # fmt: skip
        return cls(
            candidate_ids=tuple(candidate_ids),
            covers_indptr=before[table.indptr],
            covers_indices=table.indices[within].astype(np.int32),
            weight=np.array(weight, dtype=np.float64),
            already=np.array(already, dtype=np.bool_),
            n_sites=n_sites,
            kind=kind,
            times=times,
            limit_ms=limit,
            **more,
        )


def _check_arrays(problem: SitingProblem) -> list[Fault]:
    faults = []
    for name, array, wanted in _lengths(problem):
        if len(array) != wanted:
            values = {"name": name, "found": len(array), "wanted": wanted}
            faults.append(Fault("siting.wrong_length", values))
    for people in (problem.weight, problem.worth):
        bad = ~np.isfinite(people) | (people < 0)
        if bad.any():
            first = int(np.argmax(bad))
            values = {"count": int(bad.sum()), "row": first, "value": float(people[first])}
            faults.append(Fault("siting.bad_weight", values))
            break
    twice = sorted(i for i, n_times in Counter(problem.candidate_ids).items() if n_times > 1)
    if twice:
        faults.append(Fault("siting.repeated_ids", {"ids": ", ".join(twice[:5])}))
    return faults or _check_covers(problem)


def _lengths(problem: SitingProblem) -> list[tuple[str, NDArray[Any], int]]:
    """Return arrays with the lengths that they must have."""
    n_demand, n = len(problem.weight), problem.n_candidates
    found: list[tuple[str, NDArray[Any], int]] = [
        ("already", problem.already, n_demand),
        ("covers_indptr", problem.covers_indptr, n + 1),
        ("merit", problem.worth, n_demand),
    ]
    if problem.cost is not None:
        found.append(("cost", problem.cost, n))
    if problem.times is not None:
        found.append(("times.indptr", problem.times.indptr, n + 1))
        found.append(("times.existing_ms", problem.times.existing_ms, n_demand))
    if problem.capacity is not None:
        found.append(("capacity.of_candidate", problem.capacity.of_candidate, n))
    if problem.years is not None:
        found.append(("years.build_cost", problem.years.build_cost, n))
        found.append(("years.yearly_cost", problem.years.yearly_cost, n))
    if problem.robust is not None:
        for one in problem.robust.scenarios:
            found.append((f"{one.name}.covers_indptr", one.covers_indptr, n + 1))
            found.append((f"{one.name}.already", one.already, len(one.weight)))
    return found


def _check_covers(problem: SitingProblem) -> list[Fault]:
    indptr, indices = problem.covers_indptr, problem.covers_indices
    steps = np.diff(indptr)
    if indptr[0] != 0 or (steps < 0).any() or indptr[-1] != len(indices):
        return [Fault("siting.bad_covers", {"why": "indptr"})]
    if len(indices) and (indices.min() < 0 or indices.max() >= len(problem.weight)):
        return [Fault("siting.bad_covers", {"why": "indices"})]
    # A sparse matrix would add a pair that is listed twice, and count its people twice. Rows that
    # ascend have none; only others need be sorted.
    rises = np.diff(indices) > 0
    rises[indptr[1:-1][(indptr[1:-1] > 0) & (indptr[1:-1] < len(indices))] - 1] = True
    if rises.all():
        return []
    row = np.repeat(np.arange(problem.n_candidates, dtype=np.int64), steps)
    pairs = row * max(len(problem.weight), 1) + indices
    if len(np.unique(pairs)) != len(pairs):
        return [Fault("siting.bad_covers", {"why": "duplicates"})]
    return []


def _check_choices(problem: SitingProblem) -> list[Fault]:
    faults = []
    n = problem.n_candidates
    outside = [row for row in (*problem.must, *problem.must_not) if not 0 <= row < n]
    if outside:
        faults.append(Fault("siting.unknown_row", {"row": outside[0], "candidates": n}))
    both = sorted(set(problem.must) & set(problem.must_not) - set(outside))
    if both:
        named = ", ".join(problem.candidate_ids[row] for row in both)
        faults.append(Fault("siting.must_and_must_not", {"ids": named}))
    if problem.n_sites is not None and problem.n_sites < 1:
        faults.append(Fault("siting.too_few_sites", {"sites": problem.n_sites}))
    if problem.question in ("least_walking", "shortest_longest") and problem.times is None:
        faults.append(Fault("siting.lacks_times", {"question": problem.question}))
    if not 0.0 < problem.share <= 1.0:
        faults.append(Fault("siting.bad_share", {"share": problem.share}))
    by_money = problem.budget is not None or (
        problem.question == "fewest_sites" and problem.fewest == "cost"
    )
    if by_money and problem.cost is None:
        faults.append(Fault("siting.lacks_cost"))
    if problem.cost is not None and (problem.cost < 0).any():
        faults.append(Fault("siting.bad_cost", {"row": int(np.argmax(problem.cost < 0))}))
    return faults


def _check_numbers(problem: SitingProblem) -> None:
    allowed, must = int(problem.allowed.sum()), len(set(problem.must))
    if problem.n_sites is None:
        return
    if problem.n_sites > allowed:
        values = {"sites": problem.n_sites, "candidates": allowed}
        raise InfeasibleError(Fault("siting.infeasible_sites", values))
    if must > problem.n_sites:
        values = {"sites": problem.n_sites, "must": must}
        raise InfeasibleError(Fault("siting.infeasible_must", values))
