"""The talk about a plan: near-best plans, the frontier, an order of building, what rules cost.

Each part gets its share of the time. What was not done by then is left out and said so; nothing is
guessed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quarterhour.errors import Fault
from quarterhour.siting.answers import Answer
from quarterhour.siting.patience import Patience
from quarterhour.siting.plan import SitePlan, Unit
from quarterhour.siting.talk.frontier import By, Drawn, Frontier, asked_by_limit, draw, limits_of
from quarterhour.siting.talk.nearbest import NearBest, best_plans
from quarterhour.siting.talk.nesting import NestedOrder, Worth, any_order, plan_order, priced
from quarterhour.siting.talk.points import Point, point_of_plan
from quarterhour.siting.talk.shadow import Shadow, shadow_costs, things_asked

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_SHARE_FRONTIER = 0.5
_SHARE_BEST = 0.5
_SHARE_SHADOW = 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanTalk:
    """What there is to say about a plan beside itself.

    Attributes
    ----------
    unit
        Unit of the plan, of near-best plans and of what rules cost; the frontier has its own.
    near_best
        The best plans in order, and how often each site is in one.
    frontier
        The best for each number of sites or sum of money; ``None`` where left out.
    nested
        Orders of building, the plan's own sites first; empty where left out.
    shadow
        What each rule costs.
    left_out
        Why parts were left out.
    repeatable
        Whether everything is proven and no part was stopped by the time: another run says the
        same.
    interrupted
        Whether somebody did not want to wait.
    """

    unit: Unit
    near_best: NearBest
    frontier: Frontier | None
    nested: tuple[NestedOrder, ...]
    shadow: Shadow
    left_out: tuple[Fault, ...]
    repeatable: bool
    interrupted: bool


def explain_plan(
    problem: "SitingProblem",
    plan: SitePlan,
    *,
    time_limit_s: float = 30.0,
    n_best: int = 10,
    most_sites: int | None = None,
    near: Answer | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> PlanTalk:
    """Say what else could be done, and what limits the plan.

    Parameters
    ----------
    problem, plan
        The question, and what was recommended.
    time_limit_s
        Seconds for everything.
    n_best
        How many near-best plans to look for, the plan included.
    most_sites
        Where the frontier ends; by default at twice the sites that were asked for, and at least
        10, unless fewer bring everybody inside.
    near
        The answer of the model that the plan is from, where it is at hand: it saves time.
    on_progress
        Called with ``(done, total)`` after each answer; ``None`` for silence.

    Returns
    -------
    PlanTalk
        Ctrl-C returns what there is; a second one interrupts.

    Raises
    ------
    InputError
        If ``time_limit_s`` is not above 0.
    """
    patience = Patience(time_limit_s)
    own = point_of_plan(plan)
    begin = own.answer if near is None else near
    base, by, limits, left_out = _frontier_asked(problem, plan, most_sites)
    steps = len(plan.chosen) if by == "money" else 0
    step = _Step(on_progress, len(limits) + steps + n_best - 1 + len(things_asked(problem)))
    frontier, orders = None, tuple[NestedOrder, ...]()
    with patience.listening():
        drawn = None
        if limits:
            drawn = draw(base, limits, by, own=own if base is problem else None, near=begin,
                         patience=patience.share(_SHARE_FRONTIER), tell=step)  # fmt: skip
            if base is problem and near is None:
                begin = _remembering(drawn, begin)
        best = best_plans(problem, own, n_best=n_best, near=begin, tell=step,
                          patience=patience.share(_SHARE_BEST))  # fmt: skip
        shadow = shadow_costs(problem, own, near=begin, tell=step,
                              patience=patience.share(_SHARE_SHADOW))  # fmt: skip
        if drawn is not None:
            if len(plan.chosen):
                orders = _orders(drawn, plan, begin, patience, step)
            frontier = drawn.finished()
    statuses = [*best.status, *shadow.status, *(frontier.status if frontier else ())]
    sure = all(status in ("optimal", "infeasible") for status in statuses)
    ended = [best.ended, shadow.ended, *([frontier.ended] if frontier else [])]
    late = any(fault.key == "talk.ended_time" for fault in ended) or patience.over
    return PlanTalk(
        unit=plan.unit,
        near_best=best,
        frontier=frontier,
        nested=orders,
        shadow=shadow,
        left_out=left_out,
        repeatable=sure and not late,
        interrupted=patience.hurried,
    )


def _frontier_asked(
    problem: "SitingProblem", plan: SitePlan, most_sites: int | None
) -> tuple["SitingProblem", By, list[int], tuple[Fault, ...]]:
    if problem.years is not None:
        # The order of building is the plan itself there, and money comes year by year.
        return problem, "sites", [], (Fault("talk.left_out_years"),)
    if any(rule.said.key == "siting.asks_moves" for rule in problem.rules):
        # What is chosen there is also what stays, and neither is a step of building.
        return problem, "sites", [], (Fault("talk.left_out_moves"),)
    base, by = asked_by_limit(problem, plan)
    return base, by, limits_of(base, plan, by, most_sites), ()


def _remembering(drawn: Drawn, own: Answer | None) -> Answer | None:
    """Return the answer of a model that is nearest to the plan, or the plan where none is."""
    answers = [
        (abs(len(point.answer.chosen) - (0 if own is None else len(own.chosen))), place)
        for place, point in enumerate(drawn.points)
        if point.answer is not None and point.answer.memory is not None
    ]
    return drawn.points[min(answers)[1]].answer if answers else own


def _orders(
    drawn: Drawn, plan: SitePlan, near: Answer | None, patience: Patience, step: "_Step"
) -> tuple[NestedOrder, ...]:
    """Return the orders of building with their prices."""
    worth = Worth(drawn.problem, drawn.by, patience.share(0.5))
    first = plan_order(worth, plan)
    if drawn.by == "sites":
        # An order that beats a point of the frontier betters it: the first is priced again then.
        other = any_order(Worth(drawn.problem, drawn.by, patience), drawn, plan, first)
        found = [first] if other.rows == first.rows else [first, other]
        _ = [priced(drawn, order) for order in found]
        drawn.hand_over()
        return tuple(priced(drawn, order) for order in found)
    cost = drawn.problem.cost
    if cost is None:
        raise AssertionError("money counts")
    spent = sorted({int(cost[list(first.rows[: k + 1])].sum()) for k in range(len(first.rows))})
    at = draw(drawn.problem, spent, "money", own=_same(drawn, plan), near=near,
              patience=patience, tell=step)  # fmt: skip
    priced(at, first)
    at.hand_over()
    return (priced(at, first),)


def _same(drawn: Drawn, plan: SitePlan) -> Point | None:
    return point_of_plan(plan) if drawn.problem.question == plan.question else None


class _Step:
    """Counts answers for whoever watches."""

    def __init__(self, on_progress: Callable[[int, int], None] | None, total: int) -> None:
        self._tell, self._done, self._total = on_progress, 0, max(total, 1)

    def __call__(self) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(min(self._done, self._total), self._total)
