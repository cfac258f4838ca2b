"""Several scenarios: one plan, on average and at worst, against every choice."""

from itertools import combinations

import numpy as np
import pytest

from quarterhour.errors import InputError
from quarterhour.siting import Robust, Scenario, SitingProblem, recommend
from quarterhour.siting.robust import robust_objective
from quarterhour.siting.rules import at_most_of
from quarterhour.siting.stability import try_stability


def csr(covers):
    rows = [sorted(row) for row in covers]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return indptr, np.array([i for row in rows for i in row], dtype=np.int32)


def scenario(name, chance, covers, weight, already=None) -> Scenario:
    indptr, indices = csr(covers)
    return Scenario(
        name=name, chance=chance, covers_indptr=indptr, covers_indices=indices,
        weight=np.array(weight, dtype=np.float64),
        already=np.zeros(len(weight), bool) if already is None else np.array(already, bool),
    )  # fmt: skip


def asked(aim, scenarios, n_sites, **more) -> SitingProblem:
    first = scenarios[0]
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(first.covers_indptr) - 1)),
        covers_indptr=first.covers_indptr, covers_indices=first.covers_indices,
        weight=first.weight, already=first.already, n_sites=n_sites,
        robust=Robust(aim=aim, scenarios=tuple(scenarios)), **more,
    )  # fmt: skip


def random_question(seed: int, aim: str) -> SitingProblem:
    rng = np.random.default_rng(seed)
    n, scenarios = int(rng.integers(3, 7)), []
    for k in range(int(rng.integers(1, 4))):
        n_demand = int(rng.integers(2, 10))
        covers = [np.flatnonzero(rng.random(n_demand) < 0.35) for _ in range(n)]
        weight, already = rng.integers(1, 9, n_demand), rng.random(n_demand) < 0.2
        scenarios.append(scenario(f"s{k}", int(rng.integers(1, 4)), covers, weight, already))
    more = {}
    if rng.random() < 0.4:
        group = rng.random(n) < 0.6
        more["rules"] = (at_most_of(group, at_most=1, name="x"),)
    return asked(aim, scenarios, int(rng.integers(1, 4)), **more)


@pytest.mark.parametrize("aim", ["expected", "worst"])
@pytest.mark.parametrize("seed", range(40))
def test_no_other_choice_is_better(seed: int, aim: str) -> None:
    problem = random_question(seed, aim)
    plan = recommend(problem)
    group = problem.rules[0].indices if problem.rules else np.zeros(0)
    fits = [
        np.array(choice, dtype=np.int64)
        for size in range(problem.n_sites + 1)
        for choice in combinations(range(problem.n_candidates), size)
        if np.isin(choice, group).sum() <= 1
    ]
    best = max(robust_objective(problem, choice) for choice in fits)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best, abs=1e-6)
    assert plan.bound == pytest.approx(best, abs=1e-6)


def test_the_worst_case_on_paper() -> None:
    """Fast walkers: c0 reaches 100, c1 60. Slow ones: c0 reaches 10, c1 50, of 100 each."""
    fast = scenario("fast", 1, [{0}, {1}], [100, 60])
    slow = scenario("slow", 1, [{0}, {1}], [10, 50])
    average, worst = (recommend(asked(aim, [fast, slow], 1)) for aim in ("expected", "worst"))
    assert average.site_ids == worst.site_ids == ("c1",) or average.objective == 55
    assert (worst.site_ids, worst.objective) == (("c1",), 50)
    assert worst.robust.people_gained.tolist() == [60, 50]
    assert worst.robust.worst == 1
    # Three fast days for each slow one: (3 x 100 + 10) / 4 beats (3 x 60 + 50) / 4.
    often = recommend(asked("expected", [scenario("fast", 3, [{0}, {1}], [100, 60]), slow], 1))
    assert (often.site_ids, often.objective) == (("c0",), 77.5)


def test_other_questions_are_refused_over_scenarios() -> None:
    problem = asked("worst", [scenario("a", 1, [{0}], [1])], 1)
    for more in ({"question": "fewest_sites"}, {"merit": np.ones(1)}):
        with pytest.raises(InputError, match="most_people"):
            recommend(problem.having(**more))


def test_a_site_stays_where_the_variant_still_wants_it() -> None:
    base = asked("expected", [scenario("now", 1, [{0}, {1}, {2}], [50, 40, 30])], 2)
    base = base.having(robust=None)
    plan = recommend(base)
    slow = base.having(weight=np.array([50.0, 10.0, 30.0]))
    none = base.having(rules=(at_most_of(np.ones(3, bool), at_most=-1, name="nobody"),))
    found = try_stability(plan, [("same", base), ("slow", slow), ("never", none)])
    assert plan.site_ids == ("c0", "c1")
    assert found.status == ("optimal", "optimal", "infeasible")
    assert found.stays.tolist() == [[True, True], [True, False], [False, False]]
    assert found.share.tolist() == [1.0, 0.5]
    assert found.best[:2].tolist() == [90, 80]
    assert found.kept[:2].tolist() == [90, 60]
    assert found.new_ids == ((), ("c2",), ())
    assert found.to_frame()["sites_kept"].tolist() == [2, 1, 0]
