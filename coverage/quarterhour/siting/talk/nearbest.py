"""The best plans beside the best one, and how often each site is among them.

Plans come in order, the best first. Each is the best of all that hold none of the earlier ones
whole: a plan that holds an earlier one and more sites is that plan padded, and no other plan. A
site that is in nearly all of them is needed whatever else happens; one that comes and goes can be
exchanged.

The earlier plans are forbidden one by one with rows ``sum of x over the plan <= sites - 1``
(no-good cuts; E. Balas, R. Jeroslow, "Canonical cuts on the unit hypercube", SIAM Journal on
Applied Mathematics 23, 61-69, 1972).
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.siting.answers import Answer
from quarterhour.siting.counting import gained
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import without
from quarterhour.siting.sides import Sides
from quarterhour.siting.talk.points import (
    Point,
    PointStatus,
    Tell,
    ask,
    bare,
    ids_of,
    part,
    value_of,
)

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NearBest:
    """The best plans, in order.

    Attributes
    ----------
    site_ids
        Sites of each plan, in candidate order. The recommended plan is the first, unless it was
        not proven and a better one has been met.
    objective, loss
        Objective of each, and how much worse it is than the recommended plan, in the unit of the
        plan, float64 (n_plans,); below 0 where it is better.
    people_gained
        People whom each brings inside the circle, float64 (n_plans,).
    status
        "optimal": proven that no plan but those before it is better.
    asked
        How many plans were looked for.
    ended
        Why the list ends.
    candidate_row, appears
        Candidates that are in any of the plans, int64 (n,), those in most plans first; and in how
        many plans each is, int64 (n,).
    appears_ids
        Their ids.
    """

    site_ids: tuple[tuple[str, ...], ...]
    objective: NDArray[np.float64]
    loss: NDArray[np.float64]
    people_gained: NDArray[np.float64]
    status: tuple[PointStatus, ...]
    asked: int
    ended: Fault
    candidate_row: NDArray[np.int64]
    appears: NDArray[np.int64]
    appears_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        for array in (self.objective, self.loss, self.people_gained):
            if len(array) != len(self.site_ids):
                raise AssertionError("one value per plan")
            array.setflags(write=False)
        self.candidate_row.setflags(write=False)
        self.appears.setflags(write=False)

    @property
    def appears_share(self) -> NDArray[np.float64]:
        """Share of the plans that each of ``appears_ids`` is in."""
        return self.appears / len(self.site_ids)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per plan, the best first."""
        return pd.DataFrame(
            {
                "rank": np.arange(1, len(self.site_ids) + 1),
                "site_ids": [", ".join(ids) for ids in self.site_ids],
                "objective": self.objective,
                "loss": self.loss,
                "people_gained": self.people_gained,
                "status": list(self.status),
            }
        )

    def appears_frame(self) -> pd.DataFrame:
        """Return one row per candidate that is in any of the plans."""
        return pd.DataFrame(
            {
                "site_id": list(self.appears_ids),
                "candidate_row": self.candidate_row,
                "plans": self.appears,
                "share": self.appears_share,
            }
        )


def best_plans(
    problem: "SitingProblem",
    first: Point,
    *,
    n_best: int,
    near: Answer | None,
    patience: Patience,
    tell: Tell,
) -> NearBest:
    """Return the best plans beginning with the one in hand.

    Parameters
    ----------
    problem, first
        The question and its plan.
    n_best
        How many plans, the first included.
    near
        A place to begin.
    patience
        For all of them.
    tell
        Called after each.
    """
    if first.answer is None:
        raise AssertionError("a plan is needed to begin with")
    points, rules, last = [first], problem.rules, first.answer
    # What is proven of a later plan rests on the earlier ones: a plan that is not the best of
    # its kind would take larger ones, better than itself, away with it.
    sure, ended = first.status == "optimal", None
    while len(points) < n_best and ended is None:
        if not len(last.chosen):
            ended = Fault("talk.ended_all")
            break
        if patience.over:
            ended = Fault("talk.ended_time", {"done": len(points), "asked": n_best})
            break
        rules = (*rules, without(core_of(problem, last)))
        mine = part(patience, n_best - len(points))
        point = ask(problem, {"rules": rules}, patience=mine, near=near)
        tell()
        found = point.answer
        if found is None or not len(found.chosen):
            late = point.status == "none found"
            values = {"done": len(points), "asked": n_best}
            ended = Fault("talk.ended_time", values) if late else Fault("talk.ended_all")
            break
        sure = sure and point.status == "optimal"
        if not sure and point.status == "optimal":
            point = replace(point, status="time limit")
        points.append(point)
        near = last = found
    return _gathered(problem, points, n_best, ended or Fault("talk.ended_asked"))


def core_of(problem: "SitingProblem", answer: Answer) -> list[int]:
    """Return the sites of a plan that its objective rests on.

    Most models leave out what is useless. The longest walk, and the worst of several scenarios,
    may rest on few of the sites: the others there serve ties, and other plans of the same core
    are the same plan to the objective.
    """
    core: list[int] = answer.chosen.tolist()
    if problem.question != "shortest_longest" and problem.robust is None:
        return core
    if problem.years is not None:
        return core
    sides = Sides.of(problem)
    value = value_of(problem, answer)
    for site in answer.chosen.tolist()[::-1]:
        rest = np.array([row for row in core if row != site], dtype=np.int64)
        if value_of(problem, bare(rest, maximise=answer.maximise)) == value and sides.allows(rest):
            core = rest.tolist()
    return core


def _gathered(problem: "SitingProblem", points: list[Point], n_best: int, ended: Fault) -> NearBest:
    found = [(point, point.answer) for point in points if point.answer is not None]
    sign = 1 if found[0][1].maximise else -1
    best = found[0][0].objective
    # Stable: plans that are as good stay in the order in which they were found.
    found.sort(key=lambda pair: -sign * pair[0].objective)
    times = np.zeros(problem.n_candidates, dtype=np.int64)
    for _, answer in found:
        times[answer.chosen] += 1
    rows = np.flatnonzero(times)
    rows = rows[np.argsort(-times[rows], kind="stable")]
    objective = np.array([point.objective for point, _ in found])
    return NearBest(
        site_ids=tuple(ids_of(problem, answer) for _, answer in found),
        objective=objective,
        loss=sign * (best - objective),
        people_gained=np.array([gained(problem, answer.chosen) for _, answer in found]),
        status=tuple(point.status for point, _ in found),
        asked=n_best,
        ended=ended,
        candidate_row=rows,
        appears=times[rows],
        appears_ids=tuple(problem.candidate_ids[row] for row in rows.tolist()),
    )
