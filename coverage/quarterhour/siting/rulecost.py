"""What the rules for premises cost: how much more a plan could do had one of them not been.

For each rule the question is asked again with all premises allowed that this rule *alone* turned
down; what the best plan then does more is the *cost* of the rule. A last entry, ``all``, allows
every rejected premises: no rule, and no set of rules, costs more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import InfeasibleError
from quarterhour.siting.answers import Answer, solve_problem
from quarterhour.siting.counting import points_of, times_covered
from quarterhour.siting.objectives import exact_objective, in_units, unit_of
from quarterhour.siting.plan import WITHIN_GAP, Status

if TYPE_CHECKING:
    from quarterhour.siting.patience import Patience
    from quarterhour.siting.problem import SitingProblem

ALL = "all"
_SURE: tuple[Status, ...] = ("optimal", "within gap", "time limit")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCost:
    """What one rule for premises costs.

    Attributes
    ----------
    rule
        Name of the rule, or ``all``.
    rejected
        Premises that it alone turned down; for ``all`` every rejected one.
    objective_with
        What the best plan found does with those allowed, in the unit of the plan; ``inf`` (or 0
        where more is better) where still no plan keeps to what is asked.
    gain
        How much better that is than under all rules; 0 or more. ``inf`` where only the rule makes
        the question infeasible.
    gain_at_most
        No plan gains more: equal to ``gain``, up to the rounding of people, where proven.
    status
        How sure the gain is: "optimal" where both plans are proven.
    """

    rule: str
    rejected: int
    objective_with: float
    gain: float
    gain_at_most: float
    status: Status


def cost_of_rules(
    base: "SitingProblem",
    full: "SitingProblem",
    groups: Mapping[str, Sequence[int]],
    *,
    patience: "Patience",
) -> tuple[RuleCost, ...]:
    """Ask the question again without each rule.

    Parameters
    ----------
    base
        The question with the accepted candidates only.
    full
        The same question with the rejected premises after them, all allowed.
    groups
        Rows of ``full`` that each rule alone rejects, by name of the rule;
        :meth:`Screening.with_refused` gives them.
    patience
        For all of it; shared evenly.

    Returns
    -------
    tuple
        One entry per rule in the order of ``groups``, and ``all`` last; empty where nothing was
        rejected.
    """
    if full.candidate_ids[: base.n_candidates] != base.candidate_ids:
        raise AssertionError("the accepted candidates come first")
    refused = tuple(range(base.n_candidates, full.n_candidates))
    if not refused:
        return ()
    asked = {**{rule: tuple(rows) for rule, rows in groups.items() if rows}, ALL: refused}
    before = _answer(base, patience.share(1.0 / (len(asked) + 1)), None)
    # Memories belong to the candidates they were made with; the choice itself is still a start.
    near = None if before[0] is None else replace(before[0], memory=None)
    costs = []
    for done, (rule, rows) in enumerate(asked.items()):
        shut = set(refused) - set(rows)
        problem = full.having(must_not=(*full.must_not, *sorted(shut - set(full.must_not))))
        after = _answer(problem, patience.share(1.0 / (len(asked) - done)), near)
        costs.append(_cost(rule, len(rows), base, before, problem, after))
    return tuple(costs)


def added_people(
    full: "SitingProblem", chosen: NDArray[np.int64], rows: Sequence[int]
) -> NDArray[np.float64]:
    """Return the people whom each of some candidates alone would add to a plan.

    Parameters
    ----------
    full
        A question whose candidates hold the plan's and the others.
    chosen
        Rows of the plan.
    rows
        Rows of the candidates to be judged, each by itself.

    Returns
    -------
    numpy.ndarray
        People inside only through that candidate, float64 like ``rows``.
    """
    outside = (times_covered(full, chosen) == 0) & ~full.already
    return np.array(
        [full.weight[at][outside[at]].sum() for at in (points_of(full, row) for row in rows)],
        dtype=np.float64,
    )


def _answer(
    problem: "SitingProblem", patience: "Patience", near: Answer | None
) -> tuple[Answer | None, bool]:
    """Return the answer, or ``None`` and whether it is sure that there is none."""
    try:
        return solve_problem(problem, patience=patience, near=near), True
    except InfeasibleError as error:
        return None, all(fault.key != "siting.none_found" for fault in error.faults)


def _cost(
    rule: str,
    rejected: int,
    base: "SitingProblem",
    before: tuple[Answer | None, bool],
    problem: "SitingProblem",
    after: tuple[Answer | None, bool],
) -> RuleCost:
    """Compare the answers with and without a rule."""
    unit, (old, sure), (new, sure_new) = unit_of(base), before, after
    made = partial(RuleCost, rule=rule, rejected=rejected)
    if new is None and old is None:
        none = 0.0 if unit in ("people", "merit", "people_years") else inf
        said: Status = "optimal" if sure and sure_new else "time limit"
        most = 0.0 if sure_new else inf
        return made(objective_with=none, gain=0.0, gain_at_most=most, status=said)
    if old is None:
        assert new is not None
        # Only where it is sure that nothing keeps to all rules is it the rule that forbids all.
        return made(
            objective_with=exact_objective(problem, new), gain=inf if sure else 0.0,
            gain_at_most=inf, status=_status(new) if sure else "time limit",
        )  # fmt: skip
    held = exact_objective(base, old)
    if new is None:
        # The old plan keeps to fewer rules as well: more time would have found it.
        return made(objective_with=held, gain=0.0, gain_at_most=inf, status="time limit")
    sign = 1.0 if new.maximise else -1.0
    # The old plan is a plan without the rule too: the better of the two counts.
    gain = max(0.0, sign * (exact_objective(problem, new) - held))
    most = gain if new.proven else max(gain, sign * (in_units(new.bound, unit) - held))
    worst = max((_status(old), _status(new)), key=_SURE.index)
    return made(objective_with=held + sign * gain, gain=gain, gain_at_most=most, status=worst)


def _status(answer: Answer) -> Status:
    if answer.proven:
        return "optimal"
    return "within gap" if answer.gap <= WITHIN_GAP else "time limit"
