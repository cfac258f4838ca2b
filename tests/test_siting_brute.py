"""Every question about sites with every rule, against every choice that may be made."""

import math
import os
from itertools import combinations

import numpy as np
import pytest

from oracle import achieved, all_values, best, fits, more_is_better, walks
from quarterhour.errors import InfeasibleError
from quarterhour.siting import check_plan, recommend
from siting_cases import QUESTIONS, random_case

EACH = int(os.environ.get("QUARTERHOUR_BRUTE", "40"))
STEP = 20


def compare(seed: int, question: str) -> list[str]:
    """Return what the recommendation and the brute force do not agree on."""
    case = random_case(seed, question)
    problem = case.problem
    values = all_values(case)
    wanted = best(problem, values)
    try:
        plan = recommend(problem, time_limit_s=60.0)
    except InfeasibleError as error:
        keys = [fault.key for fault in error.faults]
        if wanted is None and "siting.none_found" not in keys:
            return []
        return [f"infeasible {keys}, brute force has {wanted}"]
    if wanted is None:
        return ["answered, but no choice keeps to the rules"]
    wrong = []
    dust = plan.rounding + 1e-9 * max(abs(wanted), 1.0)
    chosen = tuple(sorted(plan.chosen.tolist()))
    if plan.status != "optimal" or not math.isclose(plan.objective, wanted, abs_tol=dust):
        wrong.append(f"{plan.status} {plan.objective} and not {wanted}")
    if chosen not in values:
        wrong.append(f"{chosen} does not keep to the rules {case.said}")
    for place, site in enumerate(plan.chosen.tolist()):
        if plan.veto_status[place] == "must" or site in problem.must:
            continue
        second = best(problem, all_values(case, without=site))
        loss = math.inf if second is None else wanted - second
        loss = loss if more_is_better(problem) or second is None else -loss
        found = float(plan.loss_if_vetoed[place])
        if found != loss and not abs(found - loss) <= 2 * dust:
            wrong.append(f"loss of {site}: {found} and not {loss}")
        if (plan.veto_status[place] == "needed") != math.isinf(loss):
            wrong.append(f"veto of {site}: {plan.veto_status[place]}, loss {loss}")
    wrong += useless(case, plan, wanted)
    # Where people are not whole milli-people, dust decides between equals.
    if plan.rounding == 0 and (problem.weight * 1000 % 1 == 0).all():
        wrong += exchanges(problem, plan, values)
        wrong += ties(problem, plan, values)
    try:
        check_plan(plan, problem)
    except Exception as error:
        wrong.append(f"checker: {error}")
    return wrong


def useless(case, plan, wanted) -> list[str]:
    """Return sites that a plan of people or of numbers could do without."""
    problem = case.problem
    if problem.question == "shortest_longest" or problem.years is not None:
        return []
    chosen = tuple(sorted(plan.chosen.tolist()))
    found = []
    for site in set(chosen) - set(problem.must):
        rest = tuple(s for s in chosen if s != site)
        value = achieved(problem, rest) if fits(case, rest) else None
        if value is not None and abs(value - wanted) < 1e-12:
            found.append(f"useless site {site} in {chosen}")
    return found


def equals(problem, plan, values) -> list:
    """Return the choices that are as good: of no more sites, and none of them padding."""
    top = values[tuple(sorted(plan.chosen.tolist()))]
    alike = {c for c, value in values.items() if value == top and len(c) <= len(plan.chosen)}
    return [
        c
        for c in sorted(alike)
        if not any(rest in alike and rest != c for rest in combinations(c, max(len(c) - 1, 0)))
    ]


def exchanges(problem, plan, values) -> list[str]:
    """Return earlier candidates that do as well, and walk as little, as one that is chosen."""
    if problem.question == "fewest_sites" and problem.capacity is not None:
        return []  # the model of places does not look for them
    chosen = set(plan.chosen.tolist())
    walked = walker(problem, plan)
    found = []
    for other in equals(problem, plan, values):
        out, into = chosen - set(other), set(other) - chosen
        if len(out) == len(into) == 1 and min(into) < min(out) and walked(other) == walked(chosen):
            found.append(f"{into} could stand for {out} in {sorted(chosen)}")
    return found


def ties(problem, plan, values) -> list[str]:
    """Return plans that walk less than the one of which that is said to be proven."""
    if plan.tie_break != "proven":
        return []
    walked = walker(problem, plan)
    least = min(equals(problem, plan, values), key=walked)
    mine = walked(plan.chosen.tolist())
    return [f"{least} walks less: {walked(least)} and {mine}"] if walked(least) < mine else []


def walker(problem, plan):
    """Return what orders equal plans: their walking, where it was looked at."""
    if plan.tie_break == "none":
        return lambda sites: 0
    weight = np.rint(problem.weight * 1000).astype(np.int64)
    return lambda sites: int(weight @ np.array(walks(problem, sorted(sites)), dtype=np.int64))


BATCHES = [(q, start) for q in QUESTIONS for start in range(0, EACH, STEP)]


@pytest.mark.parametrize(("question", "start"), BATCHES)
def test_no_choice_is_better(question: str, start: int) -> None:
    wrong = {
        seed: found
        for seed in range(start, min(start + STEP, EACH))
        if (found := compare(seed, question))
    }
    assert not wrong, f"{question}: {wrong}"
