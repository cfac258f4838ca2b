"""Whether bound, gap, status and what follows from them can stand side by side."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.siting.check.achieving import Achieved
from quarterhour.siting.check.figures import TOLERANCE, Figure
from quarterhour.siting.check.recount import Recount, Rows

if TYPE_CHECKING:
    from quarterhour.siting.plan import SitePlan
    from quarterhour.siting.problem import SitingProblem

_WITHIN_GAP = 1e-4
# A model rounds no cell of demand by more than this.
_PEOPLE = 1e-3


def proof_figures(
    plan: "SitePlan", achieved: Achieved, rows: Rows, objective: float
) -> Iterator[Figure]:
    """Yield the figures about how sure a plan is."""
    dust = TOLERANCE * max(abs(objective), 1.0) + 1e-9 * achieved.scale + achieved.slack
    if achieved.more_is_better:
        possible = objective - dust <= plan.bound <= achieved.ceiling + plan.rounding + dust
    else:
        possible = -dust <= plan.bound <= objective + dust
    yield Figure("bound (possible)", possible, True)
    high, low = max(plan.objective, plan.bound), min(plan.objective, plan.bound)
    gap = (high - low) / high if high > 0 else 0.0
    yield Figure("gap", plan.gap, gap)
    yield Figure("gap (not below 0)", plan.gap >= 0.0, True)
    yield Figure("rounding", 0.0 <= plan.rounding <= _most_rounding(achieved), True)
    yield Figure("status", plan.status in _statuses(plan, gap), True)
    asked = _fewest_is_asked(achieved.recount, rows)
    if asked is not None:
        yield Figure("fewest_proven (asked)", plan.fewest_proven is not None, asked)
    if plan.fewest_proven:
        spare = _spare(achieved.recount, rows)
        yield Figure("fewest_proven (no site to spare)", spare, [])
    yield from _ties(plan, achieved, rows, objective)
    sure = plan.status == "optimal" and plan.fewest_proven is not False
    sure = sure and plan.tie_break != "best found"
    sure = sure and all(status in ("optimal", "must", "needed") for status in plan.veto_status)
    yield Figure("repeatable", plan.repeatable, sure)


def _most_rounding(achieved: Achieved) -> float:
    """Return the most that rounding to thousandths could change in the objective."""
    problem = achieved.problem
    # Sums of what is inside today are rounded too, once in each scenario.
    people = _PEOPLE * (len(problem.weight) + 2)
    if problem.robust is not None:
        people = _PEOPLE * sum((len(o.weight) + 2) * o.chance for o in problem.robust.scenarios)
    people += 2 * achieved.slack
    if achieved.unit == "people_years" and problem.years is not None:
        return people * len(problem.years.years)
    if achieved.unit == "person_seconds" and problem.times is not None:
        return people * problem.times.cap_ms / 1000.0
    return people if achieved.more_is_better else 0.0


def _statuses(plan: "SitePlan", gap: float) -> tuple[str, ...]:
    """Return what may be said of a gap; saying less than is known is allowed."""
    if gap <= TOLERANCE and plan.bound == plan.objective:
        return ("optimal", "within gap")
    # The gap of whole milli-people decides; next to the threshold it may fall either way.
    slack = 1e-6 + plan.rounding / max(abs(plan.bound), abs(plan.objective), 1e-9)
    if gap > _WITHIN_GAP + slack:
        return ("time limit",)
    return ("within gap",) if gap < _WITHIN_GAP - slack else ("within gap", "time limit")


def _is_plain(problem: "SitingProblem") -> bool:
    """Tell whether nothing is asked but people with a number of sites."""
    more = (problem.years, problem.capacity, problem.robust, problem.budget)
    return (
        problem.question == "most_people"
        and not problem.rules
        and all(part is None for part in more)
    )


def _fewest_is_asked(recount: Recount, rows: Rows) -> bool | None:
    """Tell whether everybody within reach is inside; ``None`` where dust decides."""
    if not _is_plain(recount.problem):
        return False
    missing = recount.everywhere & ~recount.new(rows)
    worth = float(recount.worth[missing].sum())
    if 0.0 < worth <= 1e-8 * max(float(recount.worth.sum()), 1.0):
        return None
    return worth == 0.0


def _spare(recount: Recount, rows: Rows) -> list[str]:
    """Return sites that nobody would miss, though the fewest are said to be used."""
    problem = recount.problem
    points = [recount.covers(row) for row in rows]
    n_demand = len(problem.weight)
    times = np.bincount(np.concatenate([*points, np.zeros(0, np.int32)]), minlength=n_demand)
    alone = (times == 1) & ~problem.already & (recount.worth > 0)
    return [
        problem.candidate_ids[row]
        for row, at in zip(rows, points, strict=True)
        if row not in problem.must and not alone[at].any()
    ]


def _ties(plan: "SitePlan", achieved: Achieved, rows: Rows, objective: float) -> Iterator[Figure]:
    problem = achieved.problem
    parts = (problem.years, problem.capacity, problem.robust)
    told = problem.times is not None and all(part is None for part in parts)
    told = told and problem.question != "least_walking" and len(rows) > 0
    allowed = ("proven", "best found") if told else ("none",)
    yield Figure("tie_break", plan.tie_break in allowed, True)
    if plan.tie_break != "proven" or plan.rounding > 0:
        return
    recount = achieved.recount
    walked = recount.walked_s(rows)
    for other in {ids for ids in plan.runner_up if ids and set(ids) <= set(recount.row_of)}:
        rival = [recount.row_of[site] for site in other]
        # Sites that only shorten walks are padding: a rival with more sites is no equal.
        if len(rival) > len(rows) or not achieved.enough(rival):
            continue
        if achieved.of(rival) == objective:
            less = recount.walked_s(rival) < walked * (1.0 - TOLERANCE)
            yield Figure(f"tie_break against {', '.join(other)}", less, False)
