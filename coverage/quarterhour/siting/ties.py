"""Of equal plans, the one of least walking: a second stage with its own status and limit.

Two plans are *equal* where a question's own objective is: as many people inside, as few sites or as
little money, as short a longest walk. Padding is out: a plan has no more sites than the one in
hand where a number was asked for, and of two plans of which one holds the other, only the smaller
counts.

Where all that the objective asks is that some sets of candidates hold a site each (everybody
inside, nobody beyond the longest walk), these sets become a rule and least walking under that rule
is one question. Else equal plans are taken one by one, each with a rule that forbids those before
(Balas and Jeroslow 1972), until the objective drops: then all were seen. Where there are too many,
or time is over, single sites are exchanged as long as the plan stays equal and walks less.

References
----------
E. Balas, R. Jeroslow, "Canonical cuts on the unit hypercube", SIAM Journal on Applied Mathematics
23, 61-69 (1972).
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.answers import Answer, solve_problem
from quarterhour.siting.counting import MILLI, can_be_reached, gained, walks_ms
from quarterhour.siting.covering.cells import group_equal, merge_cells
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import Rule, rule_of_rows, without
from quarterhour.siting.sides import Sides

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

TieBreak = Literal["proven", "best found", "none"]

_MOST_EQUALS = 50
_MOST_SETS = 5000
_SHARE_DUST = 1e-6
# Walking that differs by less than sums of floats do is the same.
_LESS = 1.0 - 1e-12


def least_walking_of_equals(
    problem: "SitingProblem", answer: Answer, *, patience: Patience
) -> tuple[Answer, TieBreak]:
    """Return the plan of least walking among those as good, and how sure that is.

    Parameters
    ----------
    problem
        A question with times.
    answer
        Its answer; objective, bound and memory are kept.
    patience
        For this stage alone.

    Returns
    -------
    tuple
        The answer with the sites of least walking. "proven": no equal plan walks less, to the
        rounding of people. "best found": some may. "none": with years, limited places or
        scenarios, and for ``least_walking`` itself, ties are not broken.
    """
    parts = (problem.years, problem.capacity, problem.robust)
    walking = problem.question == "least_walking" or problem.times is None
    if walking or any(part is not None for part in parts):
        return answer, "none"
    if not answer.proven:
        return _exchanged(problem, answer, patience), "best found"
    if not len(answer.chosen):
        return answer, "proven"
    equal = _no_larger(problem, answer)
    found = _under_rule(equal, answer, patience)
    if found is None:
        found = _one_by_one(equal, answer, patience)
    best, sure = found
    if not sure:
        best = _exchanged(equal, best, patience)
    return best, "proven" if sure else "best found"


def _no_larger(problem: "SitingProblem", answer: Answer) -> "SitingProblem":
    """Return the question without room for more sites than the plan has, if it has a number."""
    if problem.n_sites is None or len(answer.chosen) in (0, problem.n_sites):
        return problem
    return problem.having(n_sites=len(answer.chosen))


def _walk(problem: "SitingProblem", sites: NDArray[np.int64]) -> float:
    """Return the people x milliseconds of everybody."""
    return float((problem.weight * walks_ms(problem, sites)).sum())


# --- one question under a rule


def _under_rule(
    problem: "SitingProblem", answer: Answer, patience: Patience
) -> tuple[Answer, bool] | None:
    """Ask for least walking where sets say what is equal; ``None`` where they do not."""
    rule = _sets_rule(problem, answer)
    if rule is None:
        return None
    limit: dict[str, int] = {}
    if problem.question == "fewest_sites":
        limit["budget" if problem.fewest == "cost" else "n_sites"] = int(answer.objective)
    asked = problem.having(
        question="least_walking", rules=(*problem.rules, rule), merit=None, share=1.0, **limit
    )
    try:
        found = solve_problem(asked, patience=patience, near=replace(answer, memory=None))
    except InfeasibleError:
        # The plan itself leaves out somebody within its tolerance, or no time was left.
        return None
    if not _is_equal(problem, answer, found.chosen):
        return None
    walks_less = _walk(problem, found.chosen) < _LESS * _walk(problem, answer.chosen)
    best = replace(answer, chosen=found.chosen) if walks_less else answer
    return best, found.proven


def _sets_rule(problem: "SitingProblem", answer: Answer) -> Rule | None:
    """Return the rule that a plan is as good, if it is one of sets that hold a site each."""
    if problem.question == "fewest_sites" and problem.share == 1.0:
        cells = merge_cells(problem)
        indptr, indices = cells.indptr, cells.indices
    elif problem.question == "shortest_longest":
        indptr, indices = _sets_within(problem, int(answer.objective))
    else:
        return None
    if len(indptr) - 1 > _MOST_SETS:
        return None
    sets = np.split(indices.astype(np.int64), indptr[1:-1]) if len(indptr) > 1 else []
    return rule_of_rows(
        Fault("ties.asks_equal"), [row.tolist() for row in sets], lower=[1.0] * len(sets),
        upper=[np.inf] * len(sets),
    )  # fmt: skip


def _sets_within(problem: "SitingProblem", ms: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return who can bring everybody within some milliseconds: distinct sets, CSR."""
    times = problem.times
    if times is None:
        raise AssertionError("times are needed")
    open_ = can_be_reached(problem) & (times.existing_ms > ms)
    site = np.repeat(np.arange(problem.n_candidates), np.diff(times.indptr))
    near = (times.ms <= ms) & open_[times.indices] & problem.allowed[site]
    site, point = site[near], times.indices[near]
    order = np.lexsort((site, point))
    _, first = np.unique(point[order], return_index=True)
    ends = np.append(first, len(order)).astype(np.int64)
    _, indptr, indices = group_equal(ends, site[order].astype(np.int32))
    return indptr, indices


# --- one by one


def _one_by_one(
    problem: "SitingProblem", answer: Answer, patience: Patience
) -> tuple[Answer, bool]:
    """Take equal plans one by one until the objective drops; tell whether it did."""
    best, least, rules = answer, _walk(problem, answer.chosen), problem.rules
    last = answer
    for _ in range(_MOST_EQUALS):
        if patience.over:
            return best, False
        rules = (*rules, without(last.chosen.tolist()))
        try:
            last = solve_problem(problem.having(rules=rules), patience=patience, near=answer)
        except InfeasibleError as error:
            late = any(fault.key == "siting.none_found" for fault in error.faults)
            return best, not late
        worse = last.bound < answer.objective if answer.maximise else last.bound > answer.objective
        if worse:
            return best, True
        if last.objective != answer.objective:
            return best, False
        walk = _walk(problem, last.chosen)
        if walk < _LESS * least and _is_equal(problem, answer, last.chosen):
            best, least = replace(answer, chosen=last.chosen), walk
    return best, False


# --- exchange


def _exchanged(problem: "SitingProblem", answer: Answer, patience: Patience) -> Answer:
    """Exchange single sites as long as the plan stays equal and walks less."""
    sides = Sides.of(problem)
    must = set(problem.must)
    best, least = answer, _walk(problem, answer.chosen)
    improved = True
    while improved and not patience.over:
        improved = False
        for out in [site for site in best.chosen.tolist() if site not in must]:
            for into in np.flatnonzero(problem.allowed).tolist():
                if patience.over:
                    return best
                if into in best.chosen:
                    continue
                kept = best.chosen[best.chosen != out]
                other = np.sort(np.append(kept, into)).astype(np.int64)
                walk = _walk(problem, other)
                if (
                    walk < _LESS * least
                    and _is_equal(problem, answer, other)
                    and sides.allows(other)
                ):
                    best, least, improved = replace(answer, chosen=other), walk, True
                    break
    return best


def _is_equal(problem: "SitingProblem", answer: Answer, sites: NDArray[np.int64]) -> bool:
    """Tell whether a choice is as good as the plan, counted from the people themselves."""
    if problem.question == "shortest_longest":
        reached = can_be_reached(problem)
        longest = walks_ms(problem, sites)[reached].max(initial=0)
        return bool(longest <= answer.objective)
    dust = answer.rounding / MILLI + 1e-9
    if problem.question == "most_people":
        now = gained(problem, sites, problem.worth)
        return now >= gained(problem, answer.chosen, problem.worth) - dust
    by_cost = problem.fewest == "cost" and problem.cost is not None
    spent = int(problem.cost[sites].sum()) if by_cost else len(sites)  # type: ignore[index]
    return spent <= answer.objective and gained(problem, sites) >= _wanted(problem)


def _wanted(problem: "SitingProblem") -> float:
    """Return the people whom a plan has to bring inside for ``fewest_sites``."""
    before, total = float(problem.weight[problem.already].sum()), float(problem.weight.sum())
    if problem.share_of == "reachable":
        total = before + gained(problem, np.flatnonzero(problem.allowed))
    return problem.share * total - before - _SHARE_DUST * max(total, 1.0)
