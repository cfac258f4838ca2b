"""The frontier: the best that can be had with every number of sites, or with every sum of money.

Every point is proven or carries its gap. A choice of ``p`` sites is a choice of at most ``p + 1``
too, so plans are handed up the frontier and bounds down. A question for the fewest sites is asked
the other way round: the most people that each number of sites brings inside the circle.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.siting.answers import Answer
from quarterhour.siting.counting import gained
from quarterhour.siting.objectives import unit_of
from quarterhour.siting.patience import Patience
from quarterhour.siting.plan import SitePlan, Unit
from quarterhour.siting.talk.points import (
    Point,
    PointStatus,
    Tell,
    ask,
    bare,
    ids_of,
    part,
    value_of,
    with_bound,
)

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

By = Literal["sites", "money"]
_LEAST_POINTS = 10
_DUST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frontier:
    """Best objective against number of sites, or against money.

    Attributes
    ----------
    by
        What is limited.
    unit
        Unit of ``objective`` and ``bound``.
    limit
        At most so many sites, or so much money, int64 (n_points,), ascending.
    objective, bound, gap
        Best plan found and what none can beat, float64 (n_points,); ``nan`` where there is no
        plan.
    people_inside, share
        People inside the circle with the plan, those of existing facilities included, and their
        share of all, float64 (n_points,); ``nan`` where there is no plan.
    cost
        One-off cost of the plan, int64 (n_points,); 0 where money does not count.
    status
        "infeasible": so little keeps to the rules in no way.
    site_ids
        Sites of each plan, in candidate order.
    ended
        Why the frontier ends.
    """

    by: By
    unit: Unit
    limit: NDArray[np.int64]
    objective: NDArray[np.float64]
    bound: NDArray[np.float64]
    gap: NDArray[np.float64]
    people_inside: NDArray[np.float64]
    share: NDArray[np.float64]
    cost: NDArray[np.int64]
    status: tuple[PointStatus, ...]
    site_ids: tuple[tuple[str, ...], ...]
    ended: Fault

    def __post_init__(self) -> None:
        arrays = (self.limit, self.objective, self.bound, self.gap, self.people_inside,
                  self.share, self.cost)  # fmt: skip
        for array in arrays:
            if len(array) != len(self.site_ids):
                raise AssertionError("one value per point")
            array.setflags(write=False)

    @property
    def n_proven(self) -> int:
        """Number of points that are proven: best, or impossible."""
        return sum(status in ("optimal", "infeasible") for status in self.status)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per point."""
        return pd.DataFrame(
            {
                "limit": self.limit,
                "objective": self.objective,
                "bound": self.bound,
                "gap": self.gap,
                "people_inside": self.people_inside,
                "share": self.share,
                "sites": [len(ids) for ids in self.site_ids],
                "cost": self.cost,
                "status": list(self.status),
                "site_ids": [", ".join(ids) for ids in self.site_ids],
            }
        )


@dataclass(slots=True, kw_only=True, eq=False)
class Drawn:
    """The frontier while it is drawn: points may still be bettered by what is met later."""

    problem: "SitingProblem"
    by: By
    limits: list[int]
    points: list[Point]
    ended: Fault

    def at(self, limit: int) -> Point | None:
        """Return the point of a limit, or ``None`` where it was not drawn."""
        return self.points[self.limits.index(limit)] if limit in self.limits else None

    def hand_over(self) -> None:
        """Hand bounds down to where less is allowed."""
        last = None
        for k in reversed(range(len(self.points))):
            if last is not None:
                self.points[k] = with_bound(self.points[k], last)
            if self.points[k].answer is not None:
                last = self.points[k].bound

    def finished(self) -> Frontier:
        """Return the frontier as it stands."""
        self.hand_over()
        problem, points = self.problem, self.points
        before, people = float(problem.weight[problem.already].sum()), float(problem.weight.sum())
        inside = np.array([
            np.nan if point.answer is None else before + gained(problem, point.answer.chosen)
            for point in points
        ])  # fmt: skip
        cost = [
            0 if p.answer is None or problem.cost is None else problem.cost[p.answer.chosen].sum()
            for p in points
        ]
        return Frontier(
            by=self.by,
            unit=unit_of(problem),
            limit=np.array(self.limits, dtype=np.int64),
            objective=np.array([point.objective for point in points]),
            bound=np.array([point.bound for point in points]),
            gap=np.array([point.gap for point in points]),
            people_inside=inside,
            share=inside / people if people > 0 else np.full(len(points), np.nan),
            cost=np.array(cost, dtype=np.int64),
            status=tuple(point.status for point in points),
            site_ids=tuple(ids_of(problem, point.answer) for point in points),
            ended=self.ended,
        )


def asked_by_limit(problem: "SitingProblem", plan: SitePlan) -> tuple["SitingProblem", By]:
    """Return the question whose best answers make the frontier, and what it limits.

    ``fewest_sites`` becomes ``most_people``; money limits where it is what is least or limited.
    """
    if problem.question != "fewest_sites":
        return problem, "sites" if problem.budget is None else "money"
    changes: dict[str, Any] = {"question": "most_people", "merit": None, "people_wanted": None}
    if problem.fewest == "cost":
        return problem.having(**changes, budget=plan.cost), "money"
    return problem.having(**changes, n_sites=max(plan.sites_needed, 1)), "sites"


def limits_of(
    problem: "SitingProblem", plan: SitePlan, by: By, most_sites: int | None
) -> list[int]:
    """Return the numbers of sites, or sums of money, that the frontier asks about."""
    if by == "sites":
        asked = plan.sites_asked or plan.sites_needed
        most = max(2 * asked, _LEAST_POINTS) if most_sites is None else most_sites
        return list(range(1, min(most, int(problem.allowed.sum())) + 1))
    if most_sites == 0:
        return []
    # In tenths of what is asked for, to twice that.
    budget = problem.budget or 0
    return sorted({budget * step // 10 for step in range(1, 21)} | {budget})


def draw(
    problem: "SitingProblem",
    limits: list[int],
    by: By,
    *,
    own: Point | None,
    near: Answer | None,
    patience: Patience,
    tell: Tell,
) -> Drawn:
    """Answer the question for each limit, from the least upwards.

    Parameters
    ----------
    problem, limits, by
        The question, and how much is allowed.
    own
        The answer to the question as it stands, where that is known.
    near
        A place to begin.
    patience
        For all points.
    tell
        Called after each point.
    """
    drawn = Drawn(problem=problem, by=by, limits=[], points=[], ended=Fault("talk.ended_asked"))
    everything, known = np.flatnonzero(problem.allowed), None
    maximise = problem.question == "most_people"
    all_built = value_of(problem, bare(everything, maximise=maximise))
    name = "n_sites" if by == "sites" else "budget"
    for done, limit in enumerate(limits):
        if patience.over:
            drawn.ended = Fault("talk.ended_time", {"done": done, "asked": len(limits)})
            break
        if own is not None and own.status == "optimal" and limit == getattr(problem, name):
            point = own
        else:
            mine = part(patience, len(limits) - done)
            point = ask(problem, {name: limit}, patience=mine, near=near or known, known=known)
        drawn.limits.append(limit)
        drawn.points.append(point)
        tell()
        if point.answer is None:
            continue
        known = point.answer
        near = near if point is own else point.answer
        short = all_built - point.objective if maximise else point.objective - all_built
        if point.status == "optimal" and short <= _DUST * max(1.0, abs(all_built)):
            drawn.ended = Fault("talk.ended_everyone")
            break
    else:
        if by == "sites" and limits and limits[-1] == len(everything):
            drawn.ended = Fault("talk.ended_candidates")
    return drawn
