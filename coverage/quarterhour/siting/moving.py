"""Closing and moving existing facilities: a question of its own, asked only on purpose.

*Movable* facilities may be closed; the others stay whatever happens. A movable facility becomes a
candidate that costs nothing: to choose it is to keep it, not to choose it is to close it. To *move*
one is to close it and to open a new site. In such a question ``already`` holds only what the
facilities that stay cover, so that ``people_before`` of the plan is not today's coverage:
:func:`moves_of` tells what people have today, and who loses and who gains.

Rules that count existing facilities (so many per area, so many led by a centre) do not know that
some of them may close, and are refused: make the first after :func:`with_moves`, with movable
facilities among the candidates. The spacing of candidates from existing facilities is kept as if
all of these stayed.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.siting.moved import Moves, moves_of, without_kept
from quarterhour.siting.parts import Capacity, Times
from quarterhour.siting.rules import Rule, rule_of_rows

if TYPE_CHECKING:
    from quarterhour.reach.times import ReachTable
    from quarterhour.siting.problem import SitingProblem

__all__ = ["Moves", "moves_of", "with_moves", "without_kept"]

_COUNT_EXISTING = ("siting.asks_per_area", "siting.asks_lead")


def with_moves(
    problem: "SitingProblem",
    *,
    existing_ids: tuple[str, ...],
    movable: NDArray[np.bool_],
    at_most: int,
    existing_reach: "ReachTable | None" = None,
    existing_covers_indptr: NDArray[np.int64] | None = None,
    existing_covers_indices: NDArray[np.int32] | None = None,
    cost_to_close: int | None = None,
    replacing: bool = True,
) -> "SitingProblem":
    """Return the question in which some existing facilities may close.

    Parameters
    ----------
    problem
        The question with all existing facilities fixed. Its number of sites goes on to limit new
        sites, its budget to pay for new sites and for closing.
    existing_ids
        Existing facilities; no id is that of a candidate.
    movable
        Which of them may close, bool (n_existing,).
    at_most
        How many may close at most.
    existing_reach
        Walking times, row = facility, as far as the problem tells times apart; who is within the
        problem's limit is covered. Needed where the problem has times.
    existing_covers_indptr, existing_covers_indices
        Instead of it, demand points within the limit of each (CSR: row = facility). Whoever is
        ``already`` covered by none of the listed is taken to be covered by others, that stay.
    cost_to_close
        Whole currency units for each that closes; ``None`` for nothing. Needs a budget.
    replacing
        Whether a facility that closes makes room for one more new site: that is to move it. If
        not, closing helps nobody, unless a rule or the places of a facility make it.

    Returns
    -------
    SitingProblem
        Movable facilities are appended to the candidates, in their own order: the first of them
        is row ``problem.n_candidates``.

    Raises
    ------
    InputError
        If the question is ``fewest_sites``, has years or scenarios, or a rule that counts
        existing facilities; if times are missing; if arrays do not fit; or if a facility covers
        people who are not covered already.
    """
    if existing_covers_indptr is not None and existing_covers_indices is not None:
        rows = _Rows(existing_covers_indptr, existing_covers_indices)
    elif existing_reach is not None:
        rows = _within(existing_reach, problem.limit_ms or existing_reach.limit_ms)
    else:
        raise AssertionError("existing_reach or existing_covers are needed")
    _check(problem, rows, existing_ids, movable, at_most, cost_to_close, existing_reach)
    stays = np.flatnonzero(movable)
    by_fixed = rows.cover(np.flatnonzero(~movable), len(problem.weight))
    by_any = rows.cover(np.arange(len(movable)), len(problem.weight))
    indptr, indices = rows.below(problem.covers_indptr, problem.covers_indices, stays)
    cost = problem.cost
    changes: dict[str, Any] = {
        "candidate_ids": (*problem.candidate_ids, *(existing_ids[site] for site in stays)),
        "covers_indptr": indptr,
        "covers_indices": indices,
        "already": (problem.already & ~by_any) | by_fixed,
        "n_sites": None,
        "budget": None if cost_to_close else problem.budget,
        "cost": None if cost is None else np.append(cost, np.zeros(len(stays), np.int64)),
        "times": _times(problem, existing_reach, movable),
        "capacity": _capacity(problem, movable),
        "rules": _rules(problem, len(stays), at_most, cost_to_close, replacing=replacing),
    }
    return problem.having(**changes)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Demand points of facilities (CSR)."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]

    def of(self, sites: NDArray[np.intp]) -> list[NDArray[np.int32]]:
        """Return the rows of some facilities."""
        return [self.indices[self.indptr[site] : self.indptr[site + 1]] for site in sites.tolist()]

    def cover(self, sites: NDArray[np.intp], n_demand: int) -> NDArray[np.bool_]:
        """Return whom some facilities cover, bool (n_demand,)."""
        inside = np.zeros(n_demand, dtype=np.bool_)
        for row in self.of(sites):
            inside[row] = True
        return inside

    def below(
        self, indptr: NDArray[np.int64], indices: NDArray[np.int32], sites: NDArray[np.intp]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return another CSR with the rows of some facilities below it."""
        rows = self.of(sites)
        ends = indptr[-1] + np.cumsum([len(row) for row in rows], dtype=np.int64)
        joined = np.concatenate([indices, *rows]).astype(np.int32)
        return np.concatenate([indptr, ends]).astype(np.int64), joined


def _within(reach: "ReachTable", limit_ms: int) -> _Rows:
    """Return whom facilities reach within a limit, inclusive."""
    within = reach.ms <= limit_ms
    before = np.concatenate([[0], np.cumsum(within, dtype=np.int64)])
    return _Rows(before[reach.indptr], reach.indices[within].astype(np.int32))


def _check(
    problem: "SitingProblem",
    rows: _Rows,
    existing_ids: tuple[str, ...],
    movable: NDArray[np.bool_],
    at_most: int,
    cost_to_close: int | None,
    reach: "ReachTable | None",
) -> None:
    n = len(existing_ids)
    capacity = problem.capacity
    lengths = {"movable": len(movable), "existing_covers_indptr": len(rows.indptr) - 1}
    if reach is not None:
        lengths["existing_reach"] = reach.n_rows
    if capacity is not None:
        lengths["capacity.of_existing"] = len(capacity.of_existing)
    faults = [
        Fault("siting.wrong_length", {"name": name, "found": found, "wanted": n})
        for name, found in lengths.items()
        if found != n
    ]
    others: list[str] = ["fewest_sites"] if problem.question == "fewest_sites" else []
    others += ["years"] if problem.years is not None else []
    others += ["robust"] if problem.robust is not None else []
    if others:
        faults.append(Fault("siting.moves_question", {"other": ", ".join(others)}))
    for rule in problem.rules:
        if rule.said.key in _COUNT_EXISTING and rule.n_rows:
            faults.append(Fault("siting.moves_rule"))
    if problem.times is not None and reach is None:
        faults.append(Fault("siting.moves_times"))
    if at_most < 0 or (cost_to_close or 0) < 0:
        faults.append(Fault("siting.moves_negative"))
    if cost_to_close and problem.budget is None:
        faults.append(Fault("siting.lacks_cost"))
    raise_if(faults)
    strangers = rows.cover(np.arange(n), len(problem.weight)) & ~problem.already
    if strangers.any():
        people = float(problem.weight[strangers].sum())
        raise InputError(Fault("siting.moves_covers", {"people": people}))


def _times(
    problem: "SitingProblem", reach: "ReachTable | None", movable: NDArray[np.bool_]
) -> Times | None:
    times = problem.times
    if times is None or reach is None:
        return None
    rows, walks = _Rows(reach.indptr, reach.indices), _Rows(reach.indptr, reach.ms)
    fixed, stays = np.flatnonzero(~movable), np.flatnonzero(movable)

    def nearest(sites: NDArray[np.intp]) -> NDArray[np.int64]:
        ms = np.full(len(times.existing_ms), times.cap_ms, dtype=np.int64)
        for at, walk in zip(rows.of(sites), walks.of(sites), strict=True):
            ms[at] = np.minimum(ms[at], walk)
        return ms

    # Who walks less than to any that is listed walks to one that is not; that one stays.
    to_listed = nearest(np.arange(len(movable)))
    ms = np.where(times.existing_ms < to_listed, times.existing_ms, nearest(fixed))
    indptr, indices = rows.below(times.indptr, times.indices, stays)
    _, joined = walks.below(times.indptr, times.ms, stays)
    return replace(times, indptr=indptr, indices=indices, ms=joined, existing_ms=ms)


def _capacity(problem: "SitingProblem", movable: NDArray[np.bool_]) -> Capacity | None:
    capacity = problem.capacity
    if capacity is None:
        return None
    rows = _Rows(capacity.existing_indptr, capacity.existing_indices)
    none = np.zeros(1, np.int64), np.zeros(0, np.int32)
    indptr, indices = rows.below(*none, np.flatnonzero(~movable))
    named = zip(capacity.existing_ids, movable, strict=False)
    return replace(
        capacity,
        of_candidate=np.append(capacity.of_candidate, capacity.of_existing[movable]),
        of_existing=capacity.of_existing[~movable],
        existing_indptr=indptr,
        existing_indices=indices,
        existing_ids=tuple(name for name, moves in named if not moves),
    )


def _rules(
    problem: "SitingProblem",
    n_movable: int,
    at_most: int,
    cost_to_close: int | None,
    *,
    replacing: bool,
) -> tuple[Rule, ...]:
    n = problem.n_candidates
    movable = list(range(n, n + n_movable))
    # Helpers stand behind the candidates, of whom there are more now.
    rules = [
        replace(rule, indices=np.where(rule.indices < n, rule.indices, rule.indices + n_movable))
        for rule in problem.rules
    ]
    if problem.n_sites is not None:
        # new <= p, or new <= p + closed: as many as today and p more, whichever they are.
        sites = range(n + n_movable) if replacing else range(n)
        key = "siting.asks_new_or_moved" if replacing else "siting.asks_new_sites"
        rules.append(rule_of_rows(
            Fault(key, {"sites": problem.n_sites}), [list(sites)], lower=[-np.inf],
            upper=[float(problem.n_sites + (n_movable if replacing else 0))],
        ))  # fmt: skip
    rules.append(rule_of_rows(
        Fault("siting.asks_moves", {"at_most": at_most}),
        [movable], lower=[float(n_movable - at_most)], upper=[np.inf],
    ))  # fmt: skip
    if cost_to_close and problem.cost is not None and problem.budget is not None:
        # Closing costs c x (1 - stays): what each facility that stays saves is taken off.
        values = np.append(problem.cost, np.full(n_movable, -cost_to_close)).astype(np.int64)
        rules.append(Rule(
            said=Fault("siting.asks_budget_moves", {"budget": problem.budget}),
            indptr=np.array([0, n + n_movable]), indices=np.arange(n + n_movable), values=values,
            lower=np.array([-np.inf]),
            upper=np.array([float(problem.budget - cost_to_close * n_movable)]),
        ))  # fmt: skip
    return tuple(rules)
