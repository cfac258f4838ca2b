"""Whether a set of sites keeps to all that is asked: rows of rules are summed one by one.

Helpers of a rule (which centre leads which station) may take any whole values that suit; they are
searched with scipy's own solver, each rule alone, as no two rules share a helper.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.check.recount import Rows

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem
    from quarterhour.siting.rules import Rule

_SECONDS = 20.0


def keeps(problem: "SitingProblem", rows: Rows) -> bool:
    """Tell whether these sites may be a plan at all, the share of ``fewest_sites`` apart."""
    sites = set(rows)
    if len(sites) != len(rows) or not sites <= set(range(problem.n_candidates)):
        return False
    if problem.n_sites is not None and len(sites) > problem.n_sites:
        return False
    if not set(problem.must) <= sites or set(problem.must_not) & sites:
        return False
    if problem.budget is not None:
        if problem.cost is None:
            return False
        if sum(int(problem.cost[row]) for row in sites) > problem.budget:
            return False
    built = np.zeros(problem.n_candidates)
    built[list(sites)] = 1.0
    return all(_keeps_rule(rule, built) for rule in problem.rules)


def _matrix(rule: "Rule", n_candidates: int, before: int, n_columns: int) -> Any:  # noqa: ANN401
    """Return a rule's rows over candidates and the helpers of all rules, as ``csr_array``."""
    from scipy.sparse import csr_array

    column = np.where(rule.indices < n_candidates, rule.indices, rule.indices + before)
    shape = (len(rule.lower), n_columns)
    return csr_array((rule.values.astype(np.float64), column, rule.indptr), shape=shape)


def _keeps_rule(rule: "Rule", built: NDArray[np.float64]) -> bool:
    n, n_helpers = len(built), len(rule.helper_upper)
    if not n_helpers:
        # Rules of one row per pair or area can be many: no dense matrix for these.
        terms = rule.values * built[rule.indices]
        ends = np.append(0.0, np.cumsum(terms))
        sums = ends[rule.indptr[1:]] - ends[rule.indptr[:-1]]
        return bool(((sums >= rule.lower) & (sums <= rule.upper)).all())
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = _matrix(rule, n, 0, n + n_helpers)
    sums = matrix[:, :n] @ built
    answer = milp(
        np.zeros(n_helpers),
        integrality=np.ones(n_helpers),
        bounds=Bounds(0, rule.helper_upper.astype(np.float64)),
        constraints=LinearConstraint(matrix[:, n:], rule.lower - sums, rule.upper - sums),
        options={"time_limit": _SECONDS},
    )
    if answer.x is None:
        return False
    every = sums + matrix[:, n:] @ np.rint(answer.x)
    return bool(((every >= rule.lower) & (every <= rule.upper)).all())


def possible_without(problem: "SitingProblem", row: int) -> bool | None:
    """Tell whether anything keeps to all that is asked without one candidate.

    ``None`` where that was not found out in time.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = problem.n_candidates
    first = np.cumsum([0, *(len(rule.helper_upper) for rule in problem.rules)]).tolist()
    least, most = np.zeros(n + first[-1]), np.ones(n + first[-1])
    least[list(problem.must)] = 1.0
    most[[*problem.must_not, row]] = 0.0
    asked = []
    for rule, before, after in zip(problem.rules, first[:-1], first[1:], strict=True):
        most[n + before : n + after] = rule.helper_upper
        if len(rule.lower):
            matrix = _matrix(rule, n, before, len(least))
            asked.append(LinearConstraint(matrix, rule.lower, rule.upper))
    one = np.append(np.ones(n), np.zeros(first[-1]))
    if problem.n_sites is not None:
        asked.append(LinearConstraint(one, -np.inf, problem.n_sites))
    if problem.budget is not None and problem.cost is not None:
        cost = np.append(problem.cost, np.zeros(first[-1]))
        asked.append(LinearConstraint(cost, -np.inf, problem.budget))
    if (least > most).any():
        return False
    answer = milp(
        np.zeros(len(least)), integrality=np.ones(len(least)), bounds=Bounds(least, most),
        constraints=asked, options={"time_limit": _SECONDS},
    )  # fmt: skip
    return None if answer.status == 1 else answer.x is not None
