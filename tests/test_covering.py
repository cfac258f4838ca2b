"""The cover engine: every small question against every possible choice, and its bounds."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting import SitingProblem
from quarterhour.siting.covering import solve_cover
from quarterhour.siting.covering import solving as room
from quarterhour.siting.covering.beginning import first_plan
from quarterhour.siting.covering.cells import group_equal, merge_cells
from quarterhour.siting.covering.memory import Memory
from quarterhour.siting.covering.model import CoverModel
from quarterhour.siting.covering.prices import THOROUGH, Prices, settle, tighten
from quarterhour.siting.covering.proving import prove
from quarterhour.siting.covering.search import improve, shake
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import Rule, apart, at_least_in_area, at_most_of, without
from quarterhour.siting.sides import Sides


def world(covers, weight, n_sites, already=None, **more) -> SitingProblem:
    rows = [sorted(int(i) for i in row) for row in covers]
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(rows))),
        covers_indptr=np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64),
        covers_indices=np.array([i for row in rows for i in row], dtype=np.int32),
        weight=np.array(weight, dtype=np.float64),
        already=np.zeros(len(weight), bool) if already is None else np.array(already, bool),
        n_sites=n_sites,
        **more,
    )


def two_tiers(led_by, n: int, *, at_most: int, new_centres: int, at_least: int = 0) -> Rule:
    """Return the rule that each chosen site is led by one of two centres, and some are.

    Helpers: for each (site, centre) pair whether it leads, then whether each centre is opened.
    """
    pairs = [(site, centre) for site in range(n) for centre in led_by[site]]
    opened = [n + len(pairs), n + len(pairs) + 1]
    rows, lower, upper = [], [], []
    for site in range(n):  # led by exactly one, if chosen
        rows.append([(site, -1), *((n + k, 1) for k, (s, _) in enumerate(pairs) if s == site)])
        lower.append(0.0)
        upper.append(0.0)
    for centre in (0, 1):  # a centre leads few, once opened
        led = [(n + k, 1) for k, (_, c) in enumerate(pairs) if c == centre]
        rows.append([*led, (opened[centre], -at_most)])
        lower.append(-np.inf)
        upper.append(0.0)
    rows.append([(column, 1) for column in opened])
    lower.append(-np.inf)
    upper.append(float(new_centres))
    rows.append([(n + k, 1) for k in range(len(pairs))])
    lower.append(float(at_least))
    upper.append(np.inf)
    return Rule(
        said=Fault("siting.asks_other", {"count": 1}),
        indptr=np.cumsum([0, *map(len, rows)]).astype(np.int64),
        indices=np.array([c for row in rows for c, _ in row], dtype=np.int64),
        values=np.array([v for row in rows for _, v in row], dtype=np.int64),
        lower=np.array(lower),
        upper=np.array(upper),
        helper_upper=np.ones(len(pairs) + 2, dtype=np.int64),
    )


def random_world(seed: int) -> tuple[SitingProblem, object]:
    """Return a question with some of everything, and what tells whether a choice may be."""
    rng = np.random.default_rng(seed)
    n, n_demand = int(rng.integers(2, 8)), int(rng.integers(0, 13))
    covers = [np.flatnonzero(rng.random(n_demand) < rng.uniform(0.05, 0.6)) for _ in range(n)]
    weight = rng.integers(0, 9, n_demand) if rng.random() < 0.5 else rng.gamma(1, 5, n_demand)
    roles = rng.permutation(n)
    must = roles[: rng.integers(0, 2)].tolist()
    must_not = roles[2 : 2 + rng.integers(0, 2)].tolist()
    cost = rng.integers(0, 9, n)
    # Many with nothing but a number: that is the usual question, and has a path of its own.
    plain = rng.random() < 0.35
    by_money = not plain and rng.random() < 0.5
    n_sites = (
        None if by_money and rng.random() < 0.5 else int(rng.integers(1, n - len(must_not) + 1))
    )
    budget = int(rng.integers(0, 1 + cost.sum())) if by_money else None
    merit = rng.gamma(1, 3, n_demand) if rng.random() < 0.3 else None
    rules, tests = [], []
    if not plain and rng.random() < 0.35:
        area = rng.integers(-1, 2, n).astype(np.int32)
        allowed = np.ones(n, bool)
        allowed[must_not] = False
        rule, _ = at_least_in_area(
            area, ("a", "b"), at_least=1, existing_area_index=np.zeros(0, np.int32), allowed=allowed
        )
        rules.append(rule)
        open_areas = {int(a) for a in area[allowed] if a >= 0}
        tests.append(lambda c: open_areas <= {int(area[s]) for s in c})
    if not plain and rng.random() < 0.35:
        xy = rng.uniform(0, 3, (n, 2))
        rules.append(apart(xy, metres=1.0))
        tests.append(
            lambda c: all(np.hypot(*(xy[a] - xy[b])) >= 1.0 for a, b in combinations(c, 2))
        )
    if not plain and rng.random() < 0.25:
        group = rng.random(n) < 0.6
        rules.append(at_most_of(group, at_most=1, name="g"))
        tests.append(lambda c: sum(bool(group[s]) for s in c) <= 1)
    if not plain and rng.random() < 0.25:
        other = sorted(rng.choice(n, 2, replace=False).tolist())
        rules.append(without(other))
        tests.append(lambda c: not set(other) <= set(c))
    if not plain and rng.random() < 0.25:
        led_by = [[c for c in (0, 1) if rng.random() < 0.7] for _ in range(n)]
        at_most, new, least = (int(rng.integers(a, 3)) for a in (1, 0, 0))
        rules.append(two_tiers(led_by, n, at_most=at_most, new_centres=new, at_least=least))

        def led(c) -> bool:
            return len(c) >= least and any(
                len(set(who)) <= new and all(who.count(k) <= at_most for k in set(who))
                for who in product(*(led_by[s] for s in c))
            )

        tests.append(led)
    order = rng.permutation(len(rules))
    problem = world(
        covers, weight, n_sites, rng.random(n_demand) < rng.choice([0, 0.3]), cost=cost,
        budget=budget if n_sites is not None or budget is not None else 99, merit=merit,
        must=tuple(must[: n_sites]), must_not=tuple(must_not),
        rules=tuple(rules[k] for k in order),
    )  # fmt: skip

    def may(c) -> bool:
        fits = problem.n_sites is None or len(c) <= problem.n_sites
        fits = fits and (problem.budget is None or sum(cost[list(c)]) <= problem.budget)
        fits = fits and set(problem.must) <= set(c) and not set(problem.must_not) & set(c)
        return bool(fits and all(test(c) for test in tests))

    return problem, may


def choices(problem: SitingProblem, may):
    n = problem.n_candidates
    every = (c for size in range(n + 1) for c in combinations(range(n), size))
    return [c for c in every if may(c)]


def worth(problem: SitingProblem, sites) -> float:
    inside = np.zeros(len(problem.weight), bool)
    for site in sites:
        inside[problem.covers_indices[slice(*problem.covers_indptr[site : site + 2])]] = True
    return float(problem.worth[inside & ~problem.already].sum())


def hurried() -> Patience:
    patience = Patience(20)
    patience.hurry()
    return patience


def model_of(problem: SitingProblem) -> CoverModel:
    return CoverModel.of(merge_cells(problem), Sides.of(problem))


@pytest.mark.parametrize("seed", range(200))
def test_no_other_choice_is_better(seed: int) -> None:
    problem, may = random_world(seed)
    every = choices(problem, may)
    if not every:
        with pytest.raises(InfeasibleError) as caught:
            solve_cover(problem, patience=Patience(20))
        assert [fault.key for fault in caught.value.faults] == ["siting.infeasible_rules"]
        return
    answer = solve_cover(problem, patience=Patience(20))
    chosen = tuple(answer.chosen.tolist())
    best = max(worth(problem, choice) for choice in every)
    assert may(chosen)
    assert answer.proven
    assert worth(problem, chosen) == pytest.approx(best, abs=answer.rounding / 1000 + 1e-9)
    assert answer.objective == pytest.approx(1000 * best, abs=answer.rounding + 1e-3)
    for site in chosen:
        less = tuple(s for s in chosen if s != site)
        assert not may(less) or worth(problem, less) < worth(problem, chosen)
        for earlier in set(range(site)) - set(chosen):
            other = tuple(sorted((*less, earlier)))
            assert answer.rounding or not may(other) or worth(problem, other) < best


@pytest.mark.parametrize("seed", range(40))
def test_a_bound_holds_at_any_moment(seed: int) -> None:
    problem, may = random_world(seed)
    every = choices(problem, may)
    if not every:
        return
    answer = solve_cover(problem, patience=hurried())
    assert may(tuple(answer.chosen.tolist()))
    best = max(worth(problem, choice) for choice in every)
    assert answer.bound >= 1000 * best - answer.rounding - 1e-3
    assert answer.bound >= answer.objective


@pytest.mark.parametrize("seed", range(40))
def test_prices_bound_and_settle_no_best_choice_away(seed: int) -> None:
    problem, may = random_world(seed)
    every = choices(problem, may)
    model = model_of(problem)
    if not every or not len(model.cells):
        return
    value = {c: model.covered(np.array(c, dtype=np.int64)) for c in every}
    best = max(value.values())
    prices = Prices(model)
    bounds = []
    u, priced = tighten(
        prices, model.cells.milli, milli=lambda: 0.0, search=replace(THOROUGH, steps=60),
        over=lambda: False, on_bound=bounds.append, on_look=lambda *_: False,
    )  # fmt: skip
    assert sorted(bounds, reverse=True) == bounds
    assert bounds[-1] == priced.bound == prices.read(u).bound >= best
    rng = np.random.default_rng(seed)
    for at in (priced, *(prices.read(np.rint(u * rng.random(len(u)))) for _ in range(3))):
        assert at.bound >= best
        inside, outside = settle(model, at, best)
        for choice in every:
            if value[choice] == best:
                # A site more, where there is room, is no better: it is not ruled out with its gain.
                assert not set(np.flatnonzero(outside)) & set(choice)
                full = model.most_sites is None or len(choice) == model.most_sites
                assert not full or set(np.flatnonzero(inside)) <= set(choice)


@pytest.mark.parametrize("seed", range(80))
def test_the_solver_finds_the_best_where_nothing_is_settled(seed: int) -> None:
    problem, may = random_world(seed)
    every = choices(problem, may)
    model = model_of(problem)
    if not every or not len(model.cells):
        return
    begin = np.array(every[0], dtype=np.int64)
    found = prove(model, begin, inside=model.must, outside=~model.allowed, seconds=20)
    best = max(model.covered(np.array(c, dtype=np.int64)) for c in every)
    assert found.bound == best
    if found.chosen is not None:
        assert may(tuple(found.chosen.tolist()))
        assert model.covered(found.chosen) == best


def test_a_cheaper_site_is_not_outdone_by_a_larger_one() -> None:
    problem = world([{0, 1}, {0}, {2}], [5, 4, 3], None, cost=np.array([9, 3, 3]), budget=8)
    model = model_of(problem)
    nothing = np.zeros(3, bool)
    found = prove(model, np.array([2]), inside=nothing, outside=nothing, seconds=20)
    assert (found.chosen.tolist(), found.bound) == ([1, 2], 8000)


def test_only_what_is_worse_than_the_plan_is_settled() -> None:
    model = model_of(world([{0}, {1}], [5, 5], 1))
    # Prices 4 and 5: the bound is 6, and 5 with the first site instead of the second.
    priced = Prices(model).read(np.array([4000.0, 5000.0]))
    assert priced.bound == 6000
    inside, outside = settle(model, priced, 5000.0)
    assert not inside.any()
    assert not outside.any()
    inside, outside = settle(model, priced, 5001.0)
    assert (inside.tolist(), outside.tolist()) == ([False, True], [True, False])


@pytest.mark.parametrize("seed", range(60))
def test_a_near_question_has_the_same_answer(seed: int) -> None:
    problem, may = random_world(seed)
    if not choices(problem, may):
        return
    near = solve_cover(problem, patience=Patience(20))
    rng = np.random.default_rng(seed)
    free = [s for s in range(problem.n_candidates) if s not in problem.must]
    vetoed = (*problem.must_not, *near.chosen.tolist()[:1])
    changes = [
        {"rules": ()},
        {"budget": None if problem.n_sites else 5},
        {"rules": (*problem.rules, without(near.chosen.tolist() or [0]))},
    ]
    if set(vetoed) <= set(free) and (problem.n_sites or 0) < problem.n_candidates - len(vetoed):
        changes.append({"must_not": vetoed})
    if problem.n_sites and problem.n_sites > max(1, len(problem.must)):
        changes.append({"n_sites": problem.n_sites - 1})
    other = problem.having(**changes[int(rng.integers(len(changes)))])
    try:
        cold = solve_cover(other, patience=Patience(20))
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            solve_cover(other, patience=Patience(20), near=near)
        return
    warm = solve_cover(other, patience=Patience(20), near=near)
    # Cells of the first question may be finer, and be rounded more often.
    assert warm.objective == pytest.approx(cold.objective, abs=warm.rounding + cold.rounding)
    assert warm.proven


def middling(seed: int = 5, n_sites: int = 5) -> SitingProblem:
    """Random covers without any geography: prices alone are far from a proof."""
    rng = np.random.default_rng(seed)
    covers = [np.flatnonzero(rng.random(200) < 0.06) for _ in range(40)]
    return world(covers, rng.integers(1, 50, 200), n_sites)


def test_near_is_used_for_its_demand_only(monkeypatch) -> None:
    problem = middling()
    near = solve_cover(problem, patience=Patience(20))
    merged = []
    merge = room.Memory.of.__func__.__globals__["merge_cells"]
    monkeypatch.setattr(
        "quarterhour.siting.covering.memory.merge_cells",
        lambda of: merged.append(1) or merge(of),
    )
    first = int(near.chosen[0])
    vetoed = problem.having(must_not=(first,))
    answer = solve_cover(vetoed, patience=Patience(20), near=near)
    assert not merged
    # The vetoed question knows no cells with the site in them.
    assert solve_cover(problem, patience=Patience(20), near=answer).objective == near.objective
    others = problem.having(weight=problem.weight * 2)
    assert solve_cover(others, patience=Patience(20), near=near).objective == 2 * near.objective
    assert merged == [1]
    cold = Memory.of(vetoed)
    back = solve_cover(problem, patience=Patience(20), near=replace(near, memory=cold))
    assert back.objective == near.objective
    assert len(merged) == 3


def test_progress_only_gets_better_and_ends_at_the_answer() -> None:
    told = []
    answer = solve_cover(
        middling(), patience=Patience(20), on_progress=lambda *pair: told.append(pair)
    )
    objectives, bounds = zip(*told, strict=True)
    assert list(objectives) == sorted(objectives)
    assert list(bounds) == sorted(bounds, reverse=True)
    assert told[-1] == (answer.objective, answer.bound)
    assert answer.proven
    assert len(told) > 5


def test_searches_keep_to_the_rules_and_never_get_worse() -> None:
    problem = middling()
    rng = np.random.default_rng(1)
    area = rng.integers(0, 6, 40).astype(np.int32)
    floors, _ = at_least_in_area(
        area, tuple("abcdef"), at_least=2, existing_area_index=np.zeros(0, np.int32)
    )
    far = apart(rng.uniform(0, 10, (40, 2)), metres=0.8)
    problem = problem.having(
        rules=(floors, far), cost=rng.integers(1, 9, 40), budget=30, n_sites=None
    )
    model = model_of(problem)
    start = first_plan(model, (), hurried())
    assert model.sides.allows(start)
    plans = [start, improve(model, start)]
    plans.append(shake(model, plans[1], liking=np.ones(40), rounds=40, over=lambda: False))
    assert all(model.sides.allows(plan) for plan in plans)
    value = [model.covered(plan) for plan in plans]
    assert value[0] < value[1] <= value[2]
    assert value[0] < value[2]
    answer = solve_cover(problem, patience=Patience(30))
    assert answer.proven
    assert answer.objective >= value[2]


def test_the_proof_alone_finds_the_best_of_what_is_left() -> None:
    problem = middling(n_sites=4)
    model = model_of(problem)
    answer = solve_cover(problem, patience=Patience(20))
    nothing = np.zeros(40, bool)
    poor = np.arange(4)
    found = prove(model, poor, inside=nothing, outside=nothing, seconds=30)
    assert model.covered(found.chosen) == answer.objective == found.bound
    best = np.zeros(40, bool)
    best[answer.chosen[:2]] = True
    found = prove(model, poor, inside=best, outside=nothing, seconds=30)
    assert model.covered(found.chosen) == answer.objective == found.bound
    found = prove(model, poor, inside=nothing, outside=best, seconds=30)
    without_them = problem.having(must_not=tuple(answer.chosen[:2].tolist()))
    assert found.bound == solve_cover(without_them, patience=Patience(20)).objective


def test_exchanges_take_the_earlier_of_equals_at_the_end(monkeypatch) -> None:
    once = middling()
    ends = once.covers_indptr[1:] + once.covers_indptr[-1]
    twice = once.having(
        candidate_ids=tuple(f"c{k}" for k in range(80)),
        covers_indptr=np.append(once.covers_indptr, ends),
        covers_indices=np.tile(once.covers_indices, 2),
    )
    best = solve_cover(once, patience=Patience(20))
    monkeypatch.setattr(room, "first_plan", lambda *_: best.chosen + 40)
    answer = solve_cover(twice, patience=Patience(20))
    assert (answer.chosen < 40).all()
    assert answer.objective == best.objective


def test_bounds_are_multiples_of_the_step() -> None:
    model = model_of(world([{0}, {1}, {0, 1}], [4, 6], 1))
    best = room._Best(model, None)
    assert (model.step, best.bound) == (2000, 10000)
    for bound, whole in ((9999.0, 8000), (8000.0, 8000), (7999.9, 6000), (9000.0, 6000)):
        best.lower(bound)
        assert best.bound == whole


def test_nobody_to_gain_still_keeps_to_the_rules() -> None:
    problem = world([{0}, {0}, set(), {1}], [5, 5], 3, [1, 1], must=(2,))
    area = np.array([0, 0, 1, 1], dtype=np.int32)
    floors, _ = at_least_in_area(
        area, ("a", "b"), at_least=1, existing_area_index=np.zeros(0, np.int32)
    )
    answer = solve_cover(problem.having(rules=(floors,)), patience=Patience(5))
    assert answer.chosen.tolist() == [0, 2]
    assert (answer.objective, answer.bound) == (0, 0)


def test_groups_are_sequences_not_sets() -> None:
    rows = [[1, 2], [2, 1], [], [1, 2], [2], [2, 1], []]
    indptr = np.cumsum([0, *map(len, rows)])
    label, starts, indices = group_equal(
        indptr.astype(np.int64), np.array([i for row in rows for i in row], dtype=np.int32)
    )
    assert label.tolist() == [0, 1, 2, 0, 3, 1, 2]
    assert (starts.tolist(), indices.tolist()) == ([0, 2, 4, 4, 5], [1, 2, 2, 1, 2])


@pytest.mark.parametrize("seed", range(30))
def test_cells_are_the_sets_of_candidates(seed: int) -> None:
    problem, _ = random_world(seed)
    sets: dict[tuple[int, ...], float] = {}
    for point in range(len(problem.weight)):
        reached = tuple(
            site
            for site in range(problem.n_candidates)
            if site not in problem.must_not
            and point in problem.covers_indices[slice(*problem.covers_indptr[site : site + 2])]
        )
        if reached and problem.worth[point] > 0 and not problem.already[point]:
            sets[reached] = sets.get(reached, 0.0) + problem.worth[point]
    cells = merge_cells(problem)
    found = [
        tuple(cells.indices[a:b].tolist())
        for a, b in zip(cells.indptr[:-1], cells.indptr[1:], strict=True)
    ]
    assert found == list(sets)
    assert cells.milli.tolist() == [max(1.0, round(1000 * p)) for p in sets.values()]


def test_marks_that_meet_by_chance_are_found_out(monkeypatch) -> None:
    draws = []
    real = np.random.default_rng

    def alike(seed):
        draws.append(seed)
        if len(draws) > 1:
            return real(seed)

        class Same:
            def integers(self, low, high, size, dtype):
                return np.full(size, 7, dtype=dtype)

        return Same()

    problem = world([{0, 1}, {1, 2}, {2, 3}], [1, 2, 4, 8], 1)
    monkeypatch.setattr(np.random, "default_rng", alike)
    cells = merge_cells(problem)
    assert cells.milli.tolist() == [1000, 2000, 4000, 8000]
    assert len(draws) == 2
