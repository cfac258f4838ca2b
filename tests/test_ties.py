"""Ties: of all equal plans the one of least walking, against every possible choice."""

from itertools import combinations

import numpy as np
import pytest

from quarterhour.siting import SitingProblem
from quarterhour.siting import ties as ties_room
from quarterhour.siting.answers import Answer, solve_problem
from quarterhour.siting.counting import can_be_reached, gained, walks_ms
from quarterhour.siting.parts import Times
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import at_most_of, without
from quarterhour.siting.sides import Sides
from quarterhour.siting.ties import least_walking_of_equals

LIMIT, CAP = 400, 1000


def world(ms, weight, question="most_people", *, existing=None, **more) -> SitingProblem:
    """Return a question from a full matrix of milliseconds; the limit is 400."""
    ms = np.array(ms, dtype=np.int64)
    inside = ms <= LIMIT
    existing = np.full(ms.shape[1], CAP) if existing is None else np.array(existing)
    return SitingProblem(
        candidate_ids=tuple(f"c{row}" for row in range(len(ms))),
        covers_indptr=np.concatenate([[0], np.cumsum(inside.sum(axis=1))]).astype(np.int64),
        covers_indices=np.nonzero(inside)[1].astype(np.int32),
        weight=np.array(weight, dtype=np.float64),
        already=existing <= LIMIT,
        question=question,
        limit_ms=LIMIT,
        times=Times(
            indptr=np.concatenate([[0], np.cumsum((ms < CAP).sum(axis=1))]).astype(np.int64),
            indices=np.nonzero(ms < CAP)[1].astype(np.int32),
            ms=ms[ms < CAP].astype(np.int32),
            existing_ms=existing.astype(np.int64),
            cap_ms=CAP,
        ),
        **more,
    )


def random_world(seed: int, question: str) -> SitingProblem:
    rng = np.random.default_rng(seed)
    n, n_demand = int(rng.integers(3, 9)), int(rng.integers(1, 10))
    ms = rng.choice([0, 100, 200, 300, 400, 500, 700, 900, 1200], (n, n_demand))
    more = {"n_sites": int(rng.integers(1, n))}
    if question == "fewest_sites":
        more = {"share": float(rng.choice([1.0, 1.0, 0.8])), "share_of": "reachable"}
        if rng.random() < 0.4:
            more |= {"fewest": "cost", "cost": rng.integers(1, 4, n)}
    rules = []
    if rng.random() < 0.3:
        rules.append(at_most_of(rng.random(n) < 0.5, at_most=2, name="leased"))
    if rng.random() < 0.3:
        rules.append(without(rng.permutation(n)[:2].tolist()))
    existing = rng.choice([CAP, CAP, 200, 600], n_demand) if rng.random() < 0.5 else None
    problem = world(
        ms, rng.integers(1, 4, n_demand), question, existing=existing, rules=tuple(rules), **more
    )
    return (
        problem if question != "most_people" else problem.having(must=(0,) if seed % 4 == 0 else ())
    )


def walked(problem: SitingProblem, sites) -> float:
    return float((problem.weight * walks_ms(problem, np.array(sites, dtype=np.int64))).sum())


def equal_plans(problem: SitingProblem, answer: Answer) -> list[tuple[int, ...]]:
    """Return every choice within the rules that is as good, none larger where a number is asked."""
    n, sides = problem.n_candidates, Sides.of(problem)
    every = [c for k in range(n + 1) for c in combinations(range(n), k)]
    every = [c for c in every if sides.allows(np.array(c, dtype=np.int64))]
    if problem.n_sites is not None:
        every = [c for c in every if len(c) <= len(answer.chosen)]
    rows = [np.array(c, dtype=np.int64) for c in every]
    if problem.question == "shortest_longest":
        reached = can_be_reached(problem)
        good = [walks_ms(problem, r)[reached].max(initial=0) <= answer.objective for r in rows]
    elif problem.question == "most_people":
        good = [round(1000 * gained(problem, r)) >= answer.objective for r in rows]
    else:
        before = problem.weight[problem.already].sum()
        total = before + gained(problem, np.arange(n))
        cost = np.ones(n) if problem.fewest == "sites" else problem.cost
        good = [
            cost[r].sum() <= answer.objective
            and before + gained(problem, r) >= problem.share * total - 1e-6
            for r in rows
        ]
    equal = [c for c, is_good in zip(every, good, strict=True) if is_good]
    if problem.question == "shortest_longest":
        return equal
    # Of two plans of which one holds the other, the larger is padded.
    return [c for c in equal if not any(set(o) < set(c) for o in equal)]


@pytest.mark.parametrize("question", ["most_people", "fewest_sites", "shortest_longest"])
@pytest.mark.parametrize("seed", range(25))
def test_no_equal_plan_walks_less(question: str, seed: int) -> None:
    problem = random_world(seed, question)
    answer = solve_problem(problem, patience=Patience(30.0))
    best, sure = least_walking_of_equals(problem, answer, patience=Patience(30.0))
    equal = equal_plans(problem, answer)
    assert (best.objective, best.bound) == (answer.objective, answer.bound)
    assert sure == "proven"
    assert Sides.of(problem).allows(best.chosen)
    least = min(walked(problem, plan) for plan in equal)
    assert walked(problem, best.chosen) == pytest.approx(least)


def test_two_equal_sites_on_paper() -> None:
    # Both bring everybody inside; the second is nearer to the crowd.
    problem = world([[100, 300], [300, 100]], [1, 5], n_sites=1)
    answer = Answer(chosen=np.array([0]), objective=6000, bound=6000)
    best, sure = least_walking_of_equals(problem, answer, patience=Patience(9.0))
    assert (best.chosen.tolist(), sure) == ([1], "proven")
    # A plan that is not proven is only exchanged.
    rough = Answer(chosen=np.array([0]), objective=6000, bound=7000)
    best, sure = least_walking_of_equals(problem, rough, patience=Patience(9.0))
    assert (best.chosen.tolist(), sure) == ([1], "best found")


def test_too_many_equals_are_exchanged_and_time_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ms = [[10 * (12 - row), 900] for row in range(12)] + [[900, 10]]
    problem = world(ms, [3, 1], n_sites=1)
    answer = solve_problem(problem, patience=Patience(9.0))
    monkeypatch.setattr(ties_room, "_MOST_EQUALS", 2)
    best, sure = least_walking_of_equals(problem, answer, patience=Patience(9.0))
    assert (best.chosen.tolist(), sure) == ([11], "best found")
    hurry = Patience(9.0)
    hurry.hurry()
    best, sure = least_walking_of_equals(problem, answer, patience=hurry)
    assert (best.chosen.tolist(), sure) == (answer.chosen.tolist(), "best found")


def test_without_ties_one_question_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = world([[100, 900], [900, 100]], [1, 5], n_sites=1)
    answer = solve_problem(problem, patience=Patience(9.0))
    asked = []

    def counted(question, **more):
        asked.append(question)
        return solve_problem(question, **more)

    monkeypatch.setattr(ties_room, "solve_problem", counted)
    assert least_walking_of_equals(problem, answer, patience=Patience(9.0))[1] == "proven"
    assert len(asked) == 1


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("question", ["fewest_sites", "shortest_longest"])
def test_sets_that_hold_a_site_each_are_one_question(
    question: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_world(seed, question)
    problem = problem if question == "shortest_longest" else problem.having(share=1.0)
    answer = solve_problem(problem, patience=Patience(30.0))
    monkeypatch.setattr(ties_room, "_MOST_EQUALS", 0)
    best, sure = least_walking_of_equals(problem, answer, patience=Patience(30.0))
    least = min(walked(problem, plan) for plan in equal_plans(problem, answer))
    assert (walked(problem, best.chosen), sure) == (pytest.approx(least), "proven")


def test_least_walking_itself_has_no_ties_to_break() -> None:
    problem = world([[100, 900], [900, 100]], [1, 5], "least_walking", n_sites=1)
    answer = solve_problem(problem, patience=Patience(9.0))
    assert least_walking_of_equals(problem, answer, patience=Patience(9.0)) == (answer, "none")
