"""One changed question and the best answer to it: what every part of the talk is made of.

A *point* is the answer to the planner's question after one thing was changed (another number of
sites, a rule dropped, a plan forbidden), with its objective in the unit of the plan, counted from
the people themselves, and what nothing can beat. An answer that is *known* to keep to the changed
question stands in where the model found none, or a worse one, in its time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import InfeasibleError
from quarterhour.siting import answers
from quarterhour.siting.answers import Answer
from quarterhour.siting.counting import can_be_reached, walks_ms
from quarterhour.siting.objectives import exact_objective, in_units, unit_of
from quarterhour.siting.patience import Patience
from quarterhour.siting.plan import WITHIN_GAP, SitePlan

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

PointStatus = Literal["optimal", "within gap", "time limit", "infeasible", "none found"]
Tell = Callable[[], None]

_LEAST_SECONDS = 1e-3
_SECONDS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """The best answer to one changed question.

    Attributes
    ----------
    answer
        The choice; ``None`` where none was found.
    objective, bound
        In the unit of the plan; ``nan`` without a choice. The bound is infinite where nothing is
        known.
    status
        "infeasible": proven that no choice keeps to the rules. "none found": not in the time.
    """

    answer: Answer | None
    objective: float
    bound: float
    status: PointStatus

    @property
    def gap(self) -> float:
        """Distance from objective to bound, relative to the larger; ``nan`` without a choice."""
        return gap_of(self.objective, self.bound)


def gap_of(objective: float, bound: float) -> float:
    """Return the distance between two figures, relative to the larger of them."""
    if np.isnan(objective) or objective == bound:
        return objective - objective
    high, low = max(objective, bound), min(objective, bound)
    return float("inf") if np.isinf(high) or np.isinf(low) else (high - low) / high


def ask(
    problem: "SitingProblem",
    changes: Mapping[str, Any],
    *,
    patience: Patience,
    near: Answer | None,
    known: Answer | None = None,
) -> Point:
    """Answer a question with something changed.

    Parameters
    ----------
    problem, changes
        The question, and what is otherwise, as :meth:`SitingProblem.having` takes it.
    patience
        For this one answer.
    near
        A place to begin.
    known
        A choice that keeps to the changed question.
    """
    try:
        changed = problem.having(**changes)
    except InfeasibleError:
        return _nothing("infeasible")
    try:
        found = answers.solve_problem(changed, patience=patience, near=near)
    except InfeasibleError as error:
        late = any(fault.key == "siting.none_found" for fault in error.faults)
        if known is None or not late:
            return _nothing("none found" if late else "infeasible")
        return _unbounded(known, value_of(changed, known))
    point = point_of(changed, found)
    if known is None or found.proven:
        return point
    value = value_of(changed, known)
    if (value - point.objective) * (1 if found.maximise else -1) <= 0:
        return point
    return with_plan(point, known, value)


def point_of(problem: "SitingProblem", answer: Answer) -> Point:
    """Return an answer with its figures in the unit of the plan."""
    objective, unit = value_of(problem, answer), unit_of(problem)
    bound = objective if answer.proven else in_units(answer.bound, unit)
    return Point(
        answer=answer,
        objective=objective,
        bound=max(objective, bound) if answer.maximise else min(objective, bound),
        status=_status(answer.proven, answer.gap),
    )


def point_of_plan(plan: SitePlan) -> Point:
    """Return the plan itself as a point."""
    rows = np.argsort(plan.chosen)
    small = in_units(1.0, plan.unit)
    answer = Answer(
        chosen=plan.chosen[rows].astype(np.int64),
        objective=float(np.rint(plan.objective / small)),
        bound=float(np.rint(plan.bound / small)),
        maximise=plan.more_is_better,
        opens=None if plan.phases is None else plan.phases.opens[rows].astype(np.int64),
    )
    status: PointStatus = plan.status
    return Point(answer=answer, objective=plan.objective, bound=plan.bound, status=status)


def with_plan(point: Point, answer: Answer, value: float) -> Point:
    """Return a point with a better choice in it, and what its bound says about that one."""
    maximise = answer.maximise
    bound = max(point.bound, value) if maximise else min(point.bound, value)
    status = _status(bound == value, gap_of(value, bound))
    return Point(answer=answer, objective=value, bound=bound, status=status)


def with_bound(point: Point, bound: float) -> Point:
    """Return a point with a bound that another question lends it, where that is nearer."""
    if point.answer is None or point.status == "optimal":
        return point
    value, maximise = point.objective, point.answer.maximise
    nearer = min(point.bound, bound) if maximise else max(point.bound, bound)
    nearer = max(nearer, value) if maximise else min(nearer, value)
    status = _status(nearer == value, gap_of(value, nearer))
    return Point(answer=point.answer, objective=value, bound=nearer, status=status)


def value_of(problem: "SitingProblem", answer: Answer) -> float:
    """Return what a choice achieves, in the unit of the plan, from the people themselves."""
    unit = unit_of(problem)
    if problem.robust is None:
        if unit == "seconds":
            walks = walks_ms(problem, answer.chosen)[can_be_reached(problem)]
            return float(walks.max()) / _SECONDS if len(walks) else 0.0
        if unit == "sites":
            return float(len(answer.chosen))
        if unit == "money" and problem.cost is not None:
            return float(problem.cost[answer.chosen].sum())
    return exact_objective(problem, answer)


def bare(chosen: NDArray[np.int64], *, maximise: bool) -> Answer:
    """Return a choice of which nothing is known but its sites."""
    nothing = float("nan")
    return Answer(chosen=np.sort(chosen), objective=nothing, bound=nothing, maximise=maximise)


def part(patience: Patience, parts_left: int) -> Patience:
    """Return an even share of what is left of the patience."""
    return patience.share(1.0 / max(parts_left, 1), least_s=_LEAST_SECONDS)


def ids_of(problem: "SitingProblem", answer: Answer | None) -> tuple[str, ...]:
    """Return ids of a choice in candidate order; empty for none."""
    return () if answer is None else tuple(problem.candidate_ids[row] for row in answer.chosen)


def _status(proven: bool, gap: float) -> PointStatus:
    if proven:
        return "optimal"
    return "within gap" if gap <= WITHIN_GAP else "time limit"


def _nothing(status: PointStatus) -> Point:
    nothing = float("nan")
    return Point(answer=None, objective=nothing, bound=nothing, status=status)


def _unbounded(answer: Answer, value: float) -> Point:
    bound = float("inf") if answer.maximise else 0.0
    return Point(answer=answer, objective=value, bound=bound, status="time limit")
