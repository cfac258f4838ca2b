"""Every figure of a plan, one after the other."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.siting.check.achieving import Achieved
from quarterhour.siting.check.figures import ORDER_DUST, Figure, PlanCheck, judged
from quarterhour.siting.check.keeping import keeps
from quarterhour.siting.check.parts import part_figures, people_years
from quarterhour.siting.check.proving import proof_figures
from quarterhour.siting.check.recount import Recount, Rows
from quarterhour.siting.check.rivals import Rivals

if TYPE_CHECKING:
    from quarterhour.siting.plan import SitePlan
    from quarterhour.siting.problem import SitingProblem


def check_plan(plan: "SitePlan", problem: "SitingProblem") -> PlanCheck:
    """Count every figure of a plan again from the question.

    Parameters
    ----------
    plan
        What was recommended.
    problem
        The question it answers.

    Returns
    -------
    PlanCheck
        All figures, which agree to a relative 1e-6. What cannot be counted again is whether
        somebody interrupted, and that a proof is one: of bounds it is known only that nothing
        found contradicts them.

    Raises
    ------
    SolverError
        Naming every figure that differs, with both values.
    """
    return judged(_all(plan, problem))


def _all(plan: "SitePlan", problem: "SitingProblem") -> Iterator[Figure]:
    recount = Recount(problem)
    achieved = Achieved(recount)
    yield Figure("question", plan.question, problem.question)
    yield Figure("kind", plan.kind, problem.kind)
    yield Figure("sites_asked", plan.sites_asked, problem.n_sites)
    yield Figure("unit", plan.unit, achieved.unit)
    yield Figure("shortfalls", plan.shortfalls, problem.shortfalls)
    known = set(plan.site_ids) <= set(recount.row_of)
    rows = [recount.row_of[site] for site in plan.site_ids] if known else []
    fits = known and keeps(problem, rows)
    yield Figure("site_ids", fits, True)
    if not fits:
        return
    yield Figure("chosen", plan.chosen.tolist(), rows)
    asked = {
        "served": problem.capacity is not None,
        "phases": problem.years is not None,
        "robust": problem.robust is not None,
        "led": any(rule.said.key == "siting.asks_lead" for rule in problem.rules),
    }
    for name, wanted in asked.items():
        yield Figure(name, getattr(plan, name) is not None, wanted)
    if any((getattr(plan, name) is not None) != wanted for name, wanted in asked.items()):
        return
    yield Figure("share", achieved.enough(rows), True)
    yield from _people(plan, recount, rows)
    yield from _walks(plan, recount, rows)
    yield from _sites(plan, recount, rows)
    yield from part_figures(plan, recount, rows)
    counted = achieved.of(rows) if problem.years is None else people_years(plan, recount, rows)
    yield Figure("objective", plan.objective, counted, achieved.scale, achieved.slack)
    yield from proof_figures(plan, achieved, rows, counted)
    yield from Rivals(plan, achieved, counted).figures()


def _people(plan: "SitePlan", recount: Recount, rows: Rows) -> Iterator[Figure]:
    scale = recount.people
    reachable = recount.before + float(recount.problem.weight[recount.everywhere].sum())
    yield Figure("candidates_considered", plan.candidates_considered, len(recount.allowed))
    yield Figure("people_total", plan.people_total, recount.people, scale)
    yield Figure("people_before", plan.people_before, recount.before, scale)
    yield Figure("people_gained", plan.people_gained, recount.gained(rows), scale)
    yield Figure("people_reachable", plan.people_reachable, reachable, scale)
    yield Figure("cost", plan.cost, recount.cost(rows))
    yield Figure("site_cost", plan.site_cost.tolist(), [recount.cost([row]) for row in rows])


def _walks(plan: "SitePlan", recount: Recount, rows: Rows) -> Iterator[Figure]:
    before = after = (math.nan, math.nan)
    if recount.problem.times is not None:
        before, after = _mean_and_longest(recount, ()), _mean_and_longest(recount, rows)
    yield Figure("walk_before_s", plan.walk_before_s, before[0])
    yield Figure("walk_after_s", plan.walk_after_s, after[0])
    yield Figure("longest_before_s", plan.longest_before_s, before[1])
    yield Figure("longest_after_s", plan.longest_after_s, after[1])


def _mean_and_longest(recount: Recount, rows: Rows) -> tuple[float, float]:
    mean = recount.walked_s(rows) / recount.people if recount.people > 0 else math.nan
    return mean, recount.longest_s(rows)


def _sites(plan: "SitePlan", recount: Recount, rows: Rows) -> Iterator[Figure]:
    problem = recount.problem
    n_demand = len(problem.weight)
    years = [0] * len(rows) if plan.phases is None else plan.phases.opens.tolist()
    yield Figure("order of years", years, sorted(years))
    points = [recount.covers(row) for row in rows]
    left = np.where(problem.already, 0.0, problem.weight)
    times = np.bincount(np.concatenate([*points, np.zeros(0, np.int32)]), minlength=n_demand)
    alone = np.where(times == 1, left, 0.0)
    for place, site in enumerate(plan.site_ids):
        unique = float(alone[points[place]].sum())
        yield Figure(f"unique_people[{site}]", float(plan.unique_people[place]), unique,
                     recount.people)  # fmt: skip
        rivals = [k for k in range(place, len(rows)) if years[k] == years[place]]
        gains = [float(left[points[k]].sum()) for k in rivals]
        yield Figure(f"gain_people[{site}]", float(plan.gain_people[place]), gains[0],
                     recount.people)  # fmt: skip
        in_order = gains[0] >= max(gains) - ORDER_DUST - 1e-9 * recount.people
        yield Figure(f"order[{site}]", in_order, True)
        left[points[place]] = 0.0
