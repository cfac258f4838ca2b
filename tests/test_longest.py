"""The shortest longest walk: against every choice, on paper, and on published instances."""

import numpy as np
import pytest

from oracle import all_values, best
from quarterhour.errors import InfeasibleError
from quarterhour.siting import SitingProblem, Times
from quarterhour.siting.answers import Answer, solve_problem
from quarterhour.siting.longest import solve_longest
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import at_most_of, rule_of_rows, without
from quarterhour.solver import SolverAnswer
from siting_cases import random_case
from test_fewest import classics

NOBODY = 100


def world(ms, *, existing=None, cap_ms=NOBODY, weight=None, **more) -> SitingProblem:
    """Return a question from a matrix of milliseconds; row = candidate, ``cap_ms`` for none."""
    ms = np.array(ms)
    told = ms < cap_ms
    n, n_demand = ms.shape
    existing = [cap_ms] * n_demand if existing is None else existing
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(n)),
        covers_indptr=np.zeros(n + 1, dtype=np.int64),
        covers_indices=np.zeros(0, dtype=np.int32),
        weight=np.array([1] * n_demand if weight is None else weight, dtype=np.float64),
        already=np.zeros(n_demand, dtype=bool),
        question="shortest_longest",
        times=Times(
            indptr=np.append(0, np.cumsum(told.sum(axis=1))).astype(np.int64),
            indices=np.nonzero(told)[1].astype(np.int32), ms=ms[told].astype(np.int32),
            existing_ms=np.array(existing, dtype=np.int64), cap_ms=cap_ms,
        ),
        **more,
    )  # fmt: skip


def square() -> SitingProblem:
    """Return 60 places in a square, each with a house and a candidate, and six sites to choose."""
    at = np.random.default_rng(1).uniform(0, 1000, (60, 2))
    ms = np.rint(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))).astype(int)
    return world(ms, n_sites=6, cap_ms=2000)


def answer(problem: SitingProblem, **more) -> Answer:
    return solve_longest(problem, patience=Patience(60.0), **more)


def test_no_choice_is_better() -> None:
    wrong = {}
    for seed in range(1000, 1100):
        case = random_case(seed, "shortest_longest")
        values = all_values(case)
        wanted = best(case.problem, values)
        try:
            found = answer(case.problem)
        except InfeasibleError as error:
            if wanted is not None or error.faults[0].key != "siting.infeasible_rules":
                wrong[seed] = str(error)
            continue
        chosen = tuple(found.chosen.tolist())
        if not found.proven or found.objective / 1000 != wanted or values.get(chosen) != wanted:
            wrong[seed] = f"{found.objective}, {found.bound}, {chosen}, and not {wanted}"
    assert wrong == {}


def test_the_middle_of_a_street() -> None:
    # Houses at 0, 10, 20, 30 and 90; a candidate at each.
    at = np.array([0, 10, 20, 30, 90])
    ms = np.abs(at[:, None] - at[None, :])
    one = answer(world(ms, n_sites=1))
    assert (one.chosen.tolist(), one.objective, one.bound) == ([3], 60, 60)
    two = answer(world(ms, n_sites=2))
    assert (two.objective, two.bound) == (20, 20)
    assert 4 in two.chosen.tolist()
    # What stands already counts: it leaves 0 to 30 to the one new site.
    assert answer(world(ms, n_sites=1, existing=[95, 95, 95, 70, 5])).objective == 20
    # Money may be short where the number is not.
    money = {"cost": np.array([9, 9, 9, 1, 9]), "budget": 9}
    assert answer(world(ms, **money)).objective == 60


def test_who_cannot_be_reached_is_not_in_the_question() -> None:
    ms = [[5, NOBODY, NOBODY, NOBODY], [NOBODY, 7, NOBODY, 30]]
    # Nobody reaches the third house, and nobody lives in the fourth.
    weight = [1, 1, 1, 0]
    assert answer(world(ms, n_sites=2, weight=weight)).objective == 7
    # With one site somebody who could be reached is left where the table ends.
    one = answer(world(ms, n_sites=1, weight=weight))
    assert (one.objective, one.bound) == (NOBODY, NOBODY)
    assert one.chosen.tolist() == []
    nobody = answer(world([[NOBODY], [NOBODY]], n_sites=1))
    assert (nobody.objective, nobody.bound, nobody.chosen.tolist()) == (0, 0, [])
    # A veto does not make them fewer: somebody is left whom nobody reaches, as with one site.
    whom = np.array([True, True, False, False])
    kept = answer(world(ms, n_sites=1, must_not=(0,), whom=whom, weight=weight))
    assert (kept.objective, kept.bound) == (NOBODY, NOBODY)
    assert answer(world(ms, n_sites=1, must_not=(0,), weight=weight)).objective == 7


def test_rules_are_kept_and_a_conflict_is_told() -> None:
    at = np.array([0, 10, 20, 30, 90])
    ms = np.abs(at[:, None] - at[None, :])
    left = at_most_of(at < 40, at_most=0, name="left")
    assert answer(world(ms, n_sites=2, rules=(left,))).objective == 90
    some = rule_of_rows(left.said, [[0, 1]], lower=[1.0], upper=[2.0])
    with pytest.raises(InfeasibleError) as told:
        answer(world(ms, n_sites=2, rules=(left, some)))
    assert [fault.key for fault in told.value.faults] == ["siting.infeasible_rules"]


def test_whoever_does_not_wait_gets_a_choice_and_an_honest_bound() -> None:
    problem = square()
    told: list[tuple[float, float]] = []
    shortest = answer(problem, on_progress=lambda *now: told.append(now))
    assert shortest.proven
    assert told[-1] == (shortest.objective, shortest.bound)
    assert all(bound <= shortest.objective <= longest for longest, bound in told)
    patience = Patience(60.0)
    patience.hurry()
    found = solve_longest(problem, patience=patience, near=shortest)
    assert found.bound <= shortest.objective
    assert found.objective == shortest.objective
    found = solve_longest(problem, patience=patience)
    assert found.bound <= shortest.objective < found.objective


def test_the_solver_alone_finds_the_same(monkeypatch) -> None:
    problem = square().having(must=(0, 1), n_sites=8)
    kept = rule_of_rows(without([0]).said, [[0], [1]], lower=[1.0] * 2, upper=[1.0] * 2)
    quick, ruled = answer(problem), answer(square().having(rules=(kept,), n_sites=8))
    monkeypatch.setattr("quarterhour.siting.longest.greedy", lambda *_, **__: np.zeros(0, int))
    monkeypatch.setattr("quarterhour.siting.longest.disjoint", lambda _: 0)
    slow = answer(problem)
    assert slow.proven
    assert slow.objective == quick.objective == ruled.objective
    assert {0, 1} <= set(slow.chosen.tolist())


def test_a_solver_out_of_time_proves_nothing(monkeypatch) -> None:
    problem = square()
    shortest = answer(problem).objective
    patience, asked = Patience(60.0), []

    def late(program, **_more) -> SolverAnswer:
        asked.append(program)
        patience.hurry()
        return SolverAnswer(
            x=None, objective=np.nan, bound=-np.inf, gap=np.inf, status="time limit"
        )

    monkeypatch.setattr("quarterhour.siting.longest.solve", late)
    found = solve_longest(problem, patience=patience)
    assert asked
    assert found.bound <= shortest <= found.objective
    assert not found.proven


@pytest.mark.real
def test_published_instances() -> None:
    data = classics()
    for name in ("pmed2", "pmed4", "pmed8", "pmed10"):
        found = answer(data.pmed(name, question="shortest_longest"))
        assert (found.objective, found.bound) == (data.pmed_optima()[name][1],) * 2, name
    problem = data.sf("shortest_longest")
    found = solve_problem(problem, patience=Patience(60.0))
    assert found.proven
    metres = data.sf_metres()[1]
    longest = metres[found.chosen].min(axis=0).max()
    assert round(longest, 2) == data.SF_PUBLISHED["p-centre"]
    assert found.objective == round(longest * data.SF_MS)
