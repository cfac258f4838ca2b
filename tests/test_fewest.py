"""Fewest sites, or least cost: against every choice, on paper, and on published instances."""

import importlib.util
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from oracle import Case, all_values, best
from quarterhour.errors import InfeasibleError
from quarterhour.siting import SitingProblem
from quarterhour.siting.answers import Answer, solve_problem
from quarterhour.siting.fewest import solve_fewest
from quarterhour.siting.fewest.programs import whole_bound
from quarterhour.siting.fewest.sets import at_least, sets_inside
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import at_most_of, rule_of_rows, without
from siting_cases import random_case

ROOT = Path(__file__).parents[1]


def classics() -> ModuleType:
    """Return the reader of classic instances, or skip where they are not at hand."""
    if not os.environ.get("QUARTERHOUR_REAL_DATA"):
        pytest.skip("QUARTERHOUR_REAL_DATA is not set")
    path = ROOT / "benchmarks" / "siting_classics_data.py"
    spec = importlib.util.spec_from_file_location("siting_classics_data", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def world(covers, weight, **more) -> SitingProblem:
    rows = [sorted(row) for row in covers]
    more = {"already": np.zeros(len(weight), bool), "question": "fewest_sites", **more}
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(rows))),
        covers_indptr=np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64),
        covers_indices=np.array([i for row in rows for i in row], dtype=np.int32),
        weight=np.array(weight, dtype=np.float64),
        **more,
    )


def town(seed: int, *, n_demand: int = 1000, n: int = 60, **more) -> SitingProblem:
    """Return people and candidates in a square, with a circle each."""
    rng = np.random.default_rng(seed)
    people, sites = rng.uniform(0, 10, (n_demand, 2)), rng.uniform(0, 10, (n, 2))
    near = np.hypot(*(sites[:, None] - people[None]).transpose(2, 0, 1)) < 1.3
    weight = rng.gamma(1.0, 5.0, n_demand)
    return world([np.flatnonzero(row) for row in near], weight, share_of="reachable", **more)


def answer(problem: SitingProblem, **more) -> Answer:
    return solve_fewest(problem, patience=Patience(60.0), **more)


def compare(case: Case) -> str:
    """Return what an answer and the brute force do not agree on."""
    values = all_values(case)
    wanted = best(case.problem, values)
    try:
        found = answer(case.problem)
    except InfeasibleError as error:
        keys = {fault.key for fault in error.faults}
        allowed = {"siting.infeasible_rules", "fewest.unreachable_share"}
        return "" if wanted is None and keys <= allowed else f"{keys} and not {wanted}"
    if not found.proven or found.objective != wanted:
        return f"{found.objective}, bound {found.bound}, and not {wanted}"
    chosen = tuple(found.chosen.tolist())
    return "" if values.get(chosen) == wanted else f"{chosen} is not what it says"


@pytest.mark.parametrize("question", ["fewest_sites", "least_cost"])
def test_no_choice_is_better(question: str) -> None:
    cases = {seed: random_case(seed, question) for seed in range(1000, 1100)}
    wrong = {seed: said for seed, case in cases.items() if (said := compare(case))}
    assert wrong == {}


def test_small_parts_of_people_count_as_they_are() -> None:
    wrong = {}
    for seed in range(2000, 2060):
        case = random_case(seed, "least_cost")
        problem = replace(case.problem, weight=case.problem.weight / 3000.0)
        if said := compare(replace(case, problem=problem)):
            wrong[seed] = said
    assert wrong == {}


def test_rounding_does_not_let_a_choice_through() -> None:
    # Half of 2.001 people is 1.0005. In milli-people the first point is 1000 and the second 1001;
    # as far as rounding goes, either could do. Counted again, only the second one does.
    problem = world([[0], [1]], [1.0004, 1.0006], share=0.5, fewest="cost", cost=np.array([1, 2]))
    found = answer(problem)
    assert found.chosen.tolist() == [1]
    assert (found.objective, found.bound) == (2.0, 2.0)


def test_sums_of_fractions_are_dusty() -> None:
    # Half of 0.1 + 0.2 + 0.3 people is 0.30000000000000004, and the third point has 0.3.
    problem = world([[0, 1], [2]], [0.1, 0.2, 0.3], share=0.5, fewest="cost",
                    cost=np.array([5, 4]))  # fmt: skip
    assert answer(problem).chosen.tolist() == [1]


def test_one_large_circle_or_two_cheap_ones() -> None:
    covers, weight = [[0, 1, 2, 3], [0, 1], [2, 3], [3]], [1, 2, 3, 4]
    cost = np.array([50_000, 20_000, 25_000, 1_000])
    assert answer(world(covers, weight)).chosen.tolist() == [0]
    cheap = answer(world(covers, weight, cost=cost, fewest="cost"))
    assert cheap.chosen.tolist() == [1, 2]
    assert (cheap.objective, cheap.bound) == (45_000, 45_000)
    # The budget leaves no room for the large one, though the number alone is asked.
    assert answer(world(covers, weight, cost=cost, budget=45_000)).chosen.tolist() == [1, 2]
    with pytest.raises(InfeasibleError) as told:
        answer(world(covers, weight, cost=cost, budget=44_999))
    assert [fault.key for fault in told.value.faults] == ["siting.infeasible_rules"]
    assert "44,999" in str(told.value)


def test_a_share_counts_who_is_inside_already() -> None:
    # 10 of 20 are inside already; the pair of points reaches 17 of 20, the single one 13.
    covers, weight = [[1, 2], [3], [0]], [10, 4, 3, 3]
    already = np.array([True, False, False, False])
    some = {"already": already, "share_of": "all"}
    assert answer(world(covers, weight, share=0.5, **some)).chosen.tolist() == []
    assert answer(world(covers, weight, share=0.65, **some)).objective == 1
    assert answer(world(covers, weight, share=0.85, **some)).chosen.tolist() == [0]
    assert answer(world(covers, weight, share=0.86, **some)).chosen.tolist() == [0, 1]


def test_a_share_that_nobody_can_reach_says_what_would_do() -> None:
    problem = world([[0], [1]], [3, 3, 1], share=0.9)
    with pytest.raises(InfeasibleError) as told:
        answer(problem)
    fault = told.value.faults[0]
    assert fault.key == "fewest.unreachable_share"
    assert fault.values == {
        "share": pytest.approx(0.9), "people": 7.0, "most": 6.0, "would_do": 0.857, "points": 1,
    }  # fmt: skip
    assert fault.render("en")
    assert fault.render("zh")
    assert answer(problem.having(share=fault.values["would_do"])).objective == 2
    assert answer(problem.having(share_of="reachable")).objective == 2
    # Everyone means everyone, however small the part of a person that is left out.
    few = world([[0]], [3e6, 1e-3], share=1.0)
    with pytest.raises(InfeasibleError):
        answer(few)
    assert answer(world([[0], [1]], [3e6, 1e-3], share=1.0)).objective == 2


def test_a_veto_does_not_make_the_target_smaller() -> None:
    # The second circle alone holds the third and fourth point. Without it the target stays.
    problem = world([[0, 1], [1, 2, 3], [0]], [4, 3, 2, 1], share_of="reachable")
    for share, sites, without_it in ((1.0, 2, None), (0.8, 2, None), (0.7, 1, [0])):
        asked = problem.having(share=share)
        assert answer(asked).objective == sites
        vetoed = asked.having(must_not=(1,), people_wanted=asked.least_people())
        if without_it is not None:
            assert answer(vetoed).chosen.tolist() == without_it
            continue
        with pytest.raises(InfeasibleError) as told:
            answer(vetoed)
        assert told.value.faults[0].key == "fewest.unreachable_share"


def test_a_candidate_gives_way_only_where_nothing_else_is_asked() -> None:
    covers = [[0, 1], [0, 1, 2], [3]]
    assert answer(world(covers, [1] * 4)).chosen.tolist() == [1, 2]
    # The larger one may not be chosen with the third: the smaller one is not replaced then.
    rule = without([1, 2])
    with pytest.raises(InfeasibleError):
        answer(world(covers, [1] * 4, rules=(rule,)))
    some = world(covers, [5, 5, 1, 5], share=0.9, rules=(rule,))
    assert answer(some).chosen.tolist() == [0, 2]


@pytest.mark.parametrize("share", [1.0, 0.7, 0.4])
def test_a_town_agrees_with_a_model_without_any_reduction(share: float) -> None:
    problem = town(3, share=share)
    wanted = _plain_model(problem)
    found = answer(problem)
    assert found.proven
    assert found.objective == wanted
    # A rule that everybody keeps to takes another way to the same answer.
    always = rule_of_rows(without([0]).said, [list(range(60))], lower=[0], upper=[60])
    assert answer(problem.having(rules=(always,))).objective == wanted


def _plain_model(problem: SitingProblem) -> float:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    n, n_demand = problem.n_candidates, len(problem.weight)
    ones = np.ones(len(problem.covers_indices))
    shape = (n, n_demand)
    matrix = csr_array((ones, problem.covers_indices, problem.covers_indptr), shape=shape).T
    reached = matrix.sum(axis=1) > 0
    need = problem.share * problem.weight[reached].sum() - 1e-6 * problem.weight[reached].sum()
    rows = vstack([
        hstack([matrix, -eye_array(n_demand)]),
        csr_array(np.append(np.zeros(n), problem.weight)[None, :]),
    ])  # fmt: skip
    lower = np.append(np.zeros(n_demand), need)
    found = milp(
        np.append(np.ones(n), np.zeros(n_demand)),
        constraints=LinearConstraint(rows, lower, np.inf),
        integrality=np.append(np.ones(n), np.zeros(n_demand)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    return float(round(found.fun))


def test_whoever_does_not_wait_gets_a_choice_and_an_honest_bound() -> None:
    problem = town(9, share=0.9)
    told: list[tuple[float, float]] = []
    best_of_all = answer(problem, on_progress=lambda *now: told.append(now)).objective
    assert told
    assert all(bound - 1e-6 <= best_of_all <= found + 1e-6 for found, bound in told)
    patience = Patience(60.0)
    patience.hurry()
    found = solve_fewest(problem, patience=patience)
    assert 5 <= found.bound <= best_of_all <= found.objective
    inside = np.zeros(len(problem.weight), dtype=bool)
    for site in found.chosen.tolist():
        start, end = problem.covers_indptr[site : site + 2]
        inside[problem.covers_indices[start:end]] = True
    reached = np.unique(problem.covers_indices)
    assert problem.weight[inside].sum() >= 0.9 * problem.weight[reached].sum() - 1e-2


def test_whoever_does_not_wait_may_be_told_that_nothing_was_found() -> None:
    problem = town(9, share=0.9)
    fewest = int(answer(problem).objective)
    patience = Patience(60.0)
    patience.hurry()
    # The quick choice takes more sites than that.
    with pytest.raises(InfeasibleError) as told:
        solve_fewest(problem.having(n_sites=fewest), patience=patience)
    assert [fault.key for fault in told.value.faults] == ["siting.none_found"]


def test_money_is_not_asked_by_number(monkeypatch) -> None:
    def never(*_, **__) -> None:
        raise AssertionError("the number of sites says nothing about their cost")

    monkeypatch.setattr("quarterhour.siting.covering.solve_cover", never)
    cost = np.random.default_rng(1).integers(1, 9, 60)
    problem = town(4, share=0.4, cost=cost, fewest="cost")
    found = answer(problem)
    assert found.proven
    assert found.objective == cost[found.chosen].sum()
    assert answer(town(4, share=0.4, cost=cost, budget=10**6)).objective == 6


def test_bounds_err_on_the_safe_side() -> None:
    # A solver's bound is dusty: 2 and a little dust is 2, all that is more is 3.
    assert [whole_bound(b) for b in (2.0, 2.0 + 1e-9, 2.0 - 1e-9, 2.01)] == [2, 2, 2, 3]
    assert whole_bound(-np.inf) == 0
    # Three circles apart, 4 people each: two circles if 4 people may stay outside.
    apart = sets_inside(world([[0, 1], [2, 3], [4, 5]], [2] * 6))
    assert [at_least(apart, slack) for slack in (12, 11, 8, 7, 4, 3, 0)] == [0, 1, 1, 2, 2, 3, 3]
    # Around a triangle any two circles meet, and one is not enough.
    assert at_least(sets_inside(world([[0, 1], [1, 2], [2, 0]], [1] * 3)), 0) == 2
    # Two large circles that meet hold more than everyone; each end, and the last one, need their
    # own.
    large = world([range(10), range(1, 11), [11]], [1] * 12)
    assert at_least(sets_inside(large), 0) == 3


def test_an_answer_nearby_is_a_place_to_begin_and_no_more() -> None:
    problem = town(7, share=0.9)
    first = answer(problem)
    vetoed = problem.having(must_not=(int(first.chosen[0]),))
    assert answer(vetoed, near=first).objective == answer(vetoed).objective
    again = answer(problem)
    assert again.chosen.tolist() == first.chosen.tolist()
    group = at_most_of(np.ones(60, bool), at_most=len(first.chosen) - 1, name="all")
    with pytest.raises(InfeasibleError):
        answer(problem.having(rules=(group,)), near=first)


@pytest.mark.real
def test_published_instances() -> None:
    data = classics()
    assert solve_problem(data.sf("fewest_sites"), patience=Patience(60.0)).objective == 8
    for problem, _, radius, optimum in data.swain_optima():
        if problem == "LSCP":
            found = answer(data.swain("fewest_sites", radius=radius))
            assert (found.objective, found.bound) == (optimum, optimum)
