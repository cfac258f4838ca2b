"""Least walking: every possible choice, a dense model in scipy, published optima, and bounds."""

import os
import sys
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting import SitingProblem
from quarterhour.siting.answers import solve_problem
from quarterhour.siting.parts import Times
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import (
    Rule,
    apart,
    at_least_in_area,
    at_most_of,
    rule_of_rows,
    without,
)
from quarterhour.siting.sides import Sides
from quarterhour.siting.walking import branching, solve_walking, solving
from quarterhour.siting.walking.branching import branch
from quarterhour.siting.walking.multipliers import Pricing, raise_bound
from quarterhour.siting.walking.radius import Left, radius_model
from quarterhour.siting.walking.search import Choice, Room
from quarterhour.siting.walking.walks import Walks
from quarterhour.solver import solve

CAP = 1000


def world(ms, weight, n_sites, *, existing=None, cap=CAP, listed=None, **more) -> SitingProblem:
    """Return a question from a full matrix of milliseconds, row = candidate."""
    ms = np.array(ms, dtype=np.int64)
    listed = ms < cap if listed is None else listed
    none = np.full(ms.shape[1], cap)
    return SitingProblem(
        candidate_ids=tuple(f"c{row}" for row in range(len(ms))),
        covers_indptr=np.zeros(len(ms) + 1, dtype=np.int64),
        covers_indices=np.zeros(0, dtype=np.int32),
        weight=np.array(weight, dtype=np.float64),
        already=np.zeros(ms.shape[1], dtype=bool),
        n_sites=n_sites,
        question="least_walking",
        times=Times(
            indptr=np.concatenate([[0], np.cumsum(listed.sum(axis=1))]).astype(np.int64),
            indices=np.nonzero(listed)[1].astype(np.int32),
            ms=ms[listed].astype(np.int32),
            existing_ms=np.array(none if existing is None else existing, dtype=np.int64),
            cap_ms=cap,
        ),
        **more,
    )


def helper_rule(n: int, rng: np.random.Generator) -> Rule:
    """Return a rule that needs columns of its own: somebody leads who is not chosen, twice."""
    led, leader = rng.permutation(n)[:3], int(rng.integers(n))
    rows = [[*led.tolist(), n], [leader, n], [n, n + 1]]
    values = [[1, 1, 1, -2], [1, 1], [1, 1]]
    return Rule(
        said=Fault("siting.asks_at_most", {"group": "x", "at_most": 2}),
        indptr=np.array([0, 4, 6, 8]),
        indices=np.array([column for row in rows for column in row]),
        values=np.array([value for row in values for value in row]),
        lower=np.array([-np.inf, -np.inf, 1.0]),
        upper=np.array([0.0, 1.0, 2.0]),
        helper_upper=np.array([2, 1]),
    )


def random_world(seed: int) -> SitingProblem:
    rng = np.random.default_rng(seed)
    n, n_demand = int(rng.integers(3, 9)), int(rng.integers(0, 14))
    xy, where = rng.integers(0, 12, (n, 2)), rng.integers(0, 12, (n_demand, 2))
    ms = 90 * np.abs(xy[:, None, :] - where[None, :, :]).sum(axis=2)
    ms = ms + rng.integers(0, 2) * rng.integers(0, 40, ms.shape)
    existing = rng.choice([CAP, CAP, 300, 700], n_demand) if rng.random() < 0.6 else None
    weight = rng.integers(0, 9, n_demand) if rng.random() < 0.6 else rng.gamma(1, 5, n_demand)
    area = rng.integers(-1, 3, n).astype(np.int32)
    pool = [
        at_least_in_area(area, "ABC", at_least=1, existing_area_index=np.zeros(0, np.int32))[0],
        apart(90.0 * xy, metres=float(rng.choice([100, 250]))),
        at_most_of(rng.random(n) < 0.5, at_most=int(rng.integers(0, 3)), name="leased"),
        without(rng.permutation(n)[: int(rng.integers(1, 3))].tolist()),
        helper_rule(n, rng),
    ]
    rules = tuple(rule for rule in pool if rng.random() < 0.3)
    cost = rng.integers(1, 9, n)
    budget = int(rng.integers(3, 20)) if rng.random() < 0.4 else None
    free = budget is not None and rng.random() < 0.5
    roles = rng.permutation(n)
    n_sites = None if free else int(rng.integers(1, n))
    return world(
        ms, weight, n_sites, existing=existing, rules=rules, cost=cost, budget=budget,
        must=tuple(roles[: int(rng.random() < 0.3)].tolist()),
        must_not=tuple(roles[-1:].tolist()) if rng.random() < 0.3 else (),
    )  # fmt: skip


def keeps(problem: SitingProblem, sites: tuple[int, ...]) -> bool:
    """Tell whether a choice keeps to everything, row by row, trying all values of helpers."""
    n = problem.n_candidates
    if set(problem.must) - set(sites) or set(problem.must_not) & set(sites):
        return False
    if problem.n_sites is not None and len(sites) > problem.n_sites:
        return False
    if problem.budget is not None and sum(problem.cost[list(sites)]) > problem.budget:
        return False
    return all(
        any(_row_by_row(rule, sites, n, values) for values in _helpers(rule))
        for rule in problem.rules
    )


def _helpers(rule: Rule):
    return product(*(range(int(most) + 1) for most in rule.helper_upper))


def _row_by_row(rule: Rule, sites: tuple[int, ...], n: int, helpers: tuple[int, ...]) -> bool:
    for row in range(rule.n_rows):
        total = 0
        for at in range(int(rule.indptr[row]), int(rule.indptr[row + 1])):
            column = int(rule.indices[at])
            value = helpers[column - n] if column >= n else int(column in sites)
            total += int(rule.values[at]) * value
        if not rule.lower[row] <= total <= rule.upper[row]:
            return False
    return True


def walked(problem: SitingProblem, sites) -> float:
    """Return milli-people x milliseconds, from the full matrix of times."""
    walk = np.minimum(problem.times.existing_ms, problem.times.cap_ms)
    for site in sites:
        walk = np.minimum(walk, full_ms(problem)[site])
    return float((problem.weight * 1000 * walk).sum())


def full_ms(problem: SitingProblem) -> np.ndarray:
    times = problem.times
    full = np.full((problem.n_candidates, len(problem.weight)), times.cap_ms)
    row = np.repeat(np.arange(problem.n_candidates), np.diff(times.indptr))
    full[row, times.indices] = times.ms
    return full


def all_choices(problem: SitingProblem):
    n = problem.n_candidates
    every = (c for k in range(n + 1) for c in combinations(range(n), k))
    return [choice for choice in every if keeps(problem, choice)]


def solved(problem: SitingProblem, **more):
    return solve_problem(problem, patience=Patience(60.0), **more)


@settings(deadline=None, max_examples=80, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_no_choice_walks_less(seed: int) -> None:
    problem = random_world(seed)
    choices = all_choices(problem)
    if not choices:
        with pytest.raises(InfeasibleError) as caught:
            solved(problem)
        assert caught.value.faults[0].key == "siting.infeasible_rules"
        return
    best = min(walked(problem, choice) for choice in choices)
    answer = solved(problem)
    dust = 2 * answer.rounding + 1
    assert answer.proven
    assert not answer.maximise
    assert keeps(problem, tuple(answer.chosen.tolist()))
    assert walked(problem, answer.chosen.tolist()) == pytest.approx(best, abs=dust)
    assert answer.objective == pytest.approx(best, abs=dust)


@pytest.mark.parametrize("seed", range(40))
def test_every_stage_proves_alone(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the radius model nor branching may lean on prices that already say all."""
    problem = random_world(seed).having(rules=random_world(seed).rules[:1])
    choices = all_choices(problem)
    if not choices:
        return  # Nothing to compare with: refusing such a question is tested above.
    walks, sides = Walks.of(problem), Sides.of(problem)
    values = [walks.value(np.array(choice, dtype=np.int64)) for choice in choices]
    best, worst = min(values), max(values)
    priced, _ = Pricing(walks, sides).of(np.zeros(len(walks)))
    assert priced.bound / priced.grain <= best
    left = Left.after(priced, walks, sides, value=worst)
    model = radius_model(walks, sides, left)
    assert model is not None
    found = solve(model.program, time_limit_s=20.0)
    assert model.base + model.scale * found.objective == pytest.approx(best)
    if branching.can_branch(sides):
        # A choice that is better by the least there can be is not overlooked.
        seen = [best + 1]

        def look(sites: np.ndarray) -> None:
            if sides.allows(sites):
                seen.append(walks.value(sites))

        bound = branch(
            walks, sides, priced, value=lambda: min(seen), look=look, work=10**9,
            patience=Patience(20.0),
        )  # fmt: skip
        assert bound == min(seen) == best


@pytest.mark.parametrize("seed", range(40))
def test_any_prices_bound_any_choice(seed: int) -> None:
    problem = random_world(seed)
    walks, sides = Walks.of(problem), Sides.of(problem)
    rng = np.random.default_rng(seed)
    values = [(c, walks.value(np.array(c, dtype=np.int64))) for c in all_choices(problem)]
    pricing = Pricing(walks, sides)
    for _ in range(4):
        price = np.rint(rng.random(len(walks)) * pricing.most)
        priced, _ = pricing.of(price)
        pricing.price_rows()
        for choice, value in values:
            assert priced.bound <= value * priced.grain
            # A choice that is no worse than ``value`` is never ruled out.
            left = Left.after(priced, walks, sides, value=value)
            time = walks.times_of(np.array(choice, dtype=np.int64))
            assert not left.outside[list(choice)].any()
            assert set(np.flatnonzero(left.inside)) <= set(choice)
            assert (time <= left.far).all()


@pytest.mark.parametrize("seed", range(25))
def test_profits_are_what_exchanges_save(seed: int) -> None:
    problem = random_world(seed).having(rules=(), budget=None, n_sites=2)
    walks = Walks.of(problem)
    rng = np.random.default_rng(seed)
    choice = Choice(walks, Room(Sides.of(problem)), rng.permutation(problem.n_candidates)[:2])
    for _ in range(6):
        swap, gain, leaving = choice.profits()
        now = choice.value
        assert now == walks.value(choice.chosen)
        for into in np.flatnonzero(np.isfinite(gain)).tolist():
            assert now - gain[into] == walks.value(np.append(choice.chosen, into))
            for place, out in enumerate(leaving.tolist()):
                other = np.append(choice.chosen[choice.chosen != out], into)
                assert now - swap[into, place] == walks.value(other)
        choice.kick(rng, 1)


def test_three_villages_on_paper() -> None:
    # One site: c1 walks 2 x 300 + 1 x 0 + 4 x 200 = 1400; c0 0 + 300 + 4 x 500; c2 1000 + 200.
    ms = [[0, 300, 500], [300, 0, 200], [500, 200, 0]]
    one = solved(world(ms, [2, 1, 4], 1))
    assert (one.chosen.tolist(), one.objective, one.proven) == ([2], 1_200_000, True)
    # With a station 100 ms from the third village: c0 leaves 1 x 300 + 4 x 100 = 700,
    # c1 600 + 400 = 1000, c2 1000 + 200 = 1200.
    stands = solved(world(ms, [2, 1, 4], 1, existing=[900, 900, 100]))
    assert (stands.chosen.tolist(), stands.objective) == ([0], 700_000)
    # Who is not listed walks as long as the times tell apart.
    far = solved(world(ms, [2, 1, 4], 1, listed=np.eye(3, dtype=bool)))
    assert (far.chosen.tolist(), far.objective) == ([2], 3_000_000)


def test_a_useless_site_is_not_chosen_and_equal_ones_are_taken_in_order() -> None:
    ms = [[100, 900], [0, 900], [900, 0], [0, 900], [0, 900]]
    answer = solved(world(ms, [1, 1], 4))
    assert answer.chosen.tolist() == [1, 2]
    assert answer.proven
    must = solved(world(ms, [1, 1], 4, must=(4,)))
    assert must.chosen.tolist() == [2, 4]


@settings(deadline=None, max_examples=12, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_more_sites_never_walk_more_and_weights_scale(seed: int) -> None:
    problem = random_world(seed).having(rules=(), must=(), must_not=(), budget=None, n_sites=1)
    answers = [
        solved(problem.having(n_sites=n_sites)) for n_sites in range(1, problem.n_candidates)
    ]
    walks = [answer.objective for answer in answers]
    assert walks == sorted(walks, reverse=True)
    if (problem.weight == np.rint(problem.weight)).all():
        double = solved(problem.having(weight=problem.weight * 2))
        assert double.objective == 2 * answers[0].objective
    # From a nearby answer the same is proven.
    for n_sites, near in enumerate(answers[:-1], start=2):
        again = solved(problem.having(n_sites=n_sites), near=near)
        assert (again.objective, again.proven) == (walks[n_sites - 1], True)


def city(seed: int, n_demand: int, n: int, n_sites: int) -> SitingProblem:
    rng = np.random.default_rng(seed)
    points, sites = rng.random((n_demand, 2)), rng.random((n, 2))
    ms = np.rint(1e6 * np.hypot(*(sites[:, None] - points[None]).T).T).astype(np.int64)
    return world(ms, np.round(rng.gamma(1.0, 10.0, n_demand), 1), n_sites, cap=600_000)


@pytest.mark.parametrize("seed", range(2))
def test_equal_to_the_dense_model_in_scipy(seed: int) -> None:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, hstack, kron

    problem = city(seed, 80, 25, 4)
    cost = (full_ms(problem) * problem.weight).T.ravel()  # x of point i and site j at 25 i + j
    serve = hstack([kron(eye_array(80), np.ones((1, 25))), csr_array((80, 25))])
    only = hstack([eye_array(2000), -kron(np.ones((80, 1)), eye_array(25))])
    number = csr_array(np.append(np.zeros(2000), np.ones(25))[None])
    dense = milp(
        np.append(cost / 1e6, np.zeros(25)),
        constraints=[
            LinearConstraint(serve, 1, 1),
            LinearConstraint(only, -np.inf, 0),
            LinearConstraint(number, 0, 4),
        ],
        integrality=np.append(np.zeros(2000), np.ones(25)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    answer = solved(problem)
    assert answer.proven
    assert answer.objective / 1e9 == pytest.approx(dense.fun, rel=1e-7)


def test_it_stops_when_patience_is_over_with_a_true_bound(monkeypatch) -> None:
    problem = city(3, 300, 60, 8)
    best = solved(problem)
    hurry = Patience(60.0)
    hurry.hurry()
    rushed = solve_walking(problem, patience=hurry)
    assert len(rushed.chosen) <= 8
    assert rushed.bound <= best.objective <= rushed.objective
    assert not rushed.proven
    monkeypatch.setattr(solving, "_BRANCH_WORK", 0)
    monkeypatch.setattr(solving, "_PRICE_WORK", 100_000)
    heard: list[tuple[float, float]] = []
    again = solve_walking(
        problem, patience=Patience(60.0), on_progress=lambda *pair: heard.append(pair)
    )
    assert (again.objective, again.proven) == (best.objective, True)
    assert all(bound <= best.objective <= objective for objective, bound in heard)
    monkeypatch.setattr(solving, "_SEARCH_WORK", 0)
    assert solved(problem).chosen.tolist() == best.chosen.tolist()


def test_a_veto_begins_with_the_prices_of_the_plan() -> None:
    problem = city(4, 300, 40, 6)
    best = solved(problem)
    veto = problem.having(must_not=(int(best.chosen[0]),))
    warm, cold = solved(veto, near=best), solved(veto)
    assert (warm.objective, warm.proven) == (cold.objective, True)
    assert warm.objective >= best.objective


def test_sums_beyond_float64_stay_exact() -> None:
    # 6e9 people x 3e6 ms x 1000 is 1.8e19 in all; a difference of one millisecond still counts.
    ms = [[0, 2_999_999], [2_999_999, 0], [1, 2_999_998]]
    problem = world(ms, [3e5, 3e5 + 1e-3], 1, cap=3_000_000)
    walks = Walks.of(problem)
    assert walks.value(np.array([1])) - walks.value(np.array([0])) == -2_999_999
    assert solved(problem).chosen.tolist() == [1]


def test_the_slack_of_large_sums_is_taken_off() -> None:
    problem = city(5, 60, 12, 3)
    walks, sides = Walks.of(problem), Sides.of(problem)
    large = replace(walks, weight=walks.weight * 10**7)
    priced, _ = Pricing(large, sides).of(np.rint(large.weight * large.cap * 0.4))
    exact = _bound_in_whole_numbers(large, np.rint(large.weight * large.cap * 0.4), 3)
    assert priced.grain == 1.0
    assert priced.bound <= exact
    assert priced.bound == pytest.approx(exact, rel=1e-9)


def _bound_in_whole_numbers(walks: Walks, price: np.ndarray, n_sites: int) -> int:
    """Return L(u) in Python's own whole numbers."""
    whole = [int(u) for u in price]
    rho = [0] * walks.n_candidates
    for point in range(len(walks)):
        for at in range(int(walks.indptr[point]), int(walks.indptr[point + 1])):
            walk = int(walks.weight[point]) * int(walks.time[at])
            rho[int(walks.site[at])] += min(0, walk - whole[point])
    return sum(whole) + sum(sorted(rho)[:n_sites])


def test_prices_reach_the_linear_relaxation() -> None:
    """On a world without a gap of its own the bound of prices alone closes."""
    problem = city(6, 200, 30, 5)
    walks, sides = Walks.of(problem), Sides.of(problem)
    answer = solved(problem)
    value = walks.value(answer.chosen)
    priced = raise_bound(
        Pricing(walks, sides), np.zeros(len(walks)), value=lambda: value, look=lambda _: None,
        work=10**9, patience=Patience(20.0),
    )  # fmt: skip
    assert priced.whole <= value
    assert priced.whole >= 0.99 * value


def test_rules_that_no_choice_keeps_are_named() -> None:
    ms = [[0, 300], [300, 0]]
    rules = (
        rule_of_rows(Fault("siting.asks_at_most", {"group": "x", "at_most": 0}), [[0, 1]],
                     lower=[-np.inf], upper=[0.0]),
    )  # fmt: skip
    with pytest.raises(InfeasibleError) as caught:
        solved(world(ms, [1, 1], 1, must=(0,), rules=rules))
    assert caught.value.faults[0].key == "siting.infeasible_rules"


# --- published optima


@pytest.fixture
def classics():
    if not os.environ.get("QUARTERHOUR_REAL_DATA"):
        pytest.skip("QUARTERHOUR_REAL_DATA is not set")
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        import siting_classics_data
    finally:
        sys.path.remove(folder)
    return siting_classics_data


@pytest.mark.real
@pytest.mark.parametrize("name", ["pmed2", "pmed6", "pmed10", "pmed24"])
def test_published_optima_of_the_or_library(classics, name: str) -> None:
    answer = solved(classics.pmed(name))
    assert answer.proven
    assert answer.objective / 1000 == classics.pmed_optima()[name][0]


@pytest.mark.real
def test_published_optimum_of_san_francisco(classics) -> None:
    answer = solved(classics.sf("least_walking"))
    _, metres, people = classics.sf_metres()
    assert answer.proven
    total = (people * metres[answer.chosen].min(axis=0)).sum()
    assert round(total, 2) == classics.SF_PUBLISHED["p-median"]
    assert answer.objective / 1e6 == pytest.approx(total, rel=1e-8)


@pytest.mark.real
def test_optima_of_swain(classics) -> None:
    for kind, n_sites, _, optimum in classics.swain_optima():
        if kind == "p-median":
            answer = solved(classics.swain("least_walking", n_sites=n_sites))
            assert answer.proven
            assert answer.objective / 1e9 == pytest.approx(optimum, abs=1e-3)
