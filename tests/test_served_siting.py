"""Sites with limited places: against every possible choice, a flow of scipy, and on paper."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from quarterhour.errors import Fault, InfeasibleError, InputError
from quarterhour.siting.answers import Answer
from quarterhour.siting.parts import Capacity
from quarterhour.siting.patience import Patience
from quarterhour.siting.problem import SitingProblem
from quarterhour.siting.rules import Rule, at_most_of, rule_of_rows
from quarterhour.siting.served import (
    people_served,
    people_wanted,
    served_plan,
    solve_served,
    solving,
)
from quarterhour.siting.served.bounds import Master, cut_of
from quarterhour.siting.served.branching import Part, Tree
from quarterhour.siting.served.model import ServedModel
from quarterhour.siting.served.search import Searcher
from quarterhour.siting.sides import Sides

LONG = 60.0


def _csr(rows) -> tuple[np.ndarray, np.ndarray]:
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return ends, np.array([i for row in rows for i in sorted(row)], dtype=np.int32)


def world(covers, weight, places, existing=(), existing_places=(), **more) -> SitingProblem:
    indptr, indices = _csr(covers)
    there_indptr, there = _csr(existing)
    already = np.zeros(len(weight), bool)
    already[there] = True
    capacity = Capacity(
        of_candidate=np.array(places, float), of_existing=np.array(existing_places, float),
        existing_indptr=there_indptr, existing_indices=there,
        existing_ids=tuple(f"e{k}" for k in range(len(existing))),
    )  # fmt: skip
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(covers))), covers_indptr=indptr,
        covers_indices=indices, weight=np.array(weight, float), already=already,
        capacity=capacity, **more,
    )  # fmt: skip


def two_tiers(rng, n: int) -> Rule:
    """Return a rule with helpers: each site is led by one of two centres, each leads at most q."""
    pairs = [(site, centre) for site in range(n) for centre in (0, 1) if rng.random() < 0.6]
    led = [[k for k, (one, _) in enumerate(pairs) if one == site] for site in range(n)]
    leads = [[k for k, (_, one) in enumerate(pairs) if one == centre] for centre in (0, 1)]
    rows = [[site, *(n + k for k in own)] for site, own in enumerate(led)]
    rows += [[n + k for k in own] for own in leads]
    values = [v for row in rows[:n] for v in (-1, *[1] * (len(row) - 1))]
    values += [1 for row in rows[n:] for _ in row]
    return Rule(
        said=Fault("siting.asks_lead", {"at_most": 1}),
        indptr=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        indices=np.array([c for row in rows for c in row], np.int64),
        values=np.array(values, np.int64), lower=np.append(np.zeros(n), [-np.inf] * 2),
        upper=np.append(np.zeros(n), [1.0, 1.0]),
        helper_upper=np.ones(len(pairs), np.int64),
    )  # fmt: skip


def random_world(seed: int) -> SitingProblem:
    rng = np.random.default_rng(seed)
    n, n_demand, n_there = int(rng.integers(2, 7)), int(rng.integers(1, 10)), int(rng.integers(3))

    def near(count: int) -> list[np.ndarray]:
        share = rng.uniform(0.15, 0.7)
        return [np.flatnonzero(rng.random(n_demand) < share) for _ in range(count)]

    weight = rng.integers(0, 9, n_demand).astype(float)
    places = rng.integers(0, int(weight.sum()) // 2 + 2, n)
    more = {"n_sites": int(rng.integers(1, n + 1)) if rng.random() < 0.7 else None}
    more["cost"] = rng.integers(0, 6, n)
    if more["n_sites"] is None or rng.random() < 0.3:
        more["budget"] = int(rng.integers(0, 12))
    rules = []
    if rng.random() < 0.3:
        rules.append(at_most_of(rng.random(n) < 0.6, at_most=1, name="g"))
    if rng.random() < 0.3:
        said = Fault("siting.asks_per_area", {"at_least": 1})
        row = np.flatnonzero(rng.random(n) < 0.5).tolist() or [0]
        rules.append(rule_of_rows(said, [row], lower=[1.0], upper=[np.inf]))
    if rng.random() < 0.2:
        rules.append(two_tiers(rng, n))
    roles = rng.permutation(n).tolist()
    if rng.random() < 0.2 and more["n_sites"] != n:
        more["must_not"] = (roles[0],)
    if rng.random() < 0.2:
        more["must"] = (roles[-1],)
    if rng.random() < 0.3:
        more["merit"] = weight * rng.choice([1.0, 1.5, 2.0, 0.7, 0.0], n_demand)
    return world(near(n), weight, places, near(n_there), rng.integers(0, 9, n_there),
                 rules=tuple(rules), **more)  # fmt: skip


def flow_of(problem: SitingProblem, chosen) -> float:
    """Return the people served, by scipy's largest flow, in whole people."""
    capacity, n = problem.capacity, len(problem.weight)
    groups = [problem.covers_indices[slice(*problem.covers_indptr[j : j + 2])] for j in chosen]
    room = [capacity.of_candidate[j] for j in chosen] + capacity.of_existing.tolist()
    ends = capacity.existing_indptr
    groups += [capacity.existing_indices[ends[k] : ends[k + 1]] for k in range(len(ends) - 1)]
    dense = np.zeros((n + len(room) + 2,) * 2, np.int32)
    dense[0, 2 : n + 2] = problem.weight
    for k, (points, places) in enumerate(zip(groups, room, strict=True)):
        dense[points + 2, n + 2 + k] = 10_000
        dense[n + 2 + k, 1] = places
    return float(maximum_flow(csr_array(dense), 0, 1).flow_value)


def merit_of(problem: SitingProblem, chosen) -> float:
    """Return the merit served, by a linear program over all walks."""
    capacity = problem.capacity
    groups = [problem.covers_indices[slice(*problem.covers_indptr[j : j + 2])] for j in chosen]
    ends = capacity.existing_indptr
    groups += [capacity.existing_indices[ends[k] : ends[k + 1]] for k in range(len(ends) - 1)]
    room = [capacity.of_candidate[j] for j in chosen] + capacity.of_existing.tolist()
    walks = [(i, k) for k, points in enumerate(groups) for i in points if problem.weight[i] > 0]
    if not walks:
        return 0.0
    rows = np.zeros((len(problem.weight) + len(room), len(walks)))
    for w, (i, k) in enumerate(walks):
        rows[i, w] = rows[len(problem.weight) + k, w] = 1
    worth = [problem.merit[i] / problem.weight[i] for i, _ in walks]
    done = linprog(-np.array(worth), A_ub=rows, b_ub=np.append(problem.weight, room))
    return float(-done.fun)


def choices(problem: SitingProblem) -> list[tuple[int, ...]]:
    sides = Sides.of(problem)
    n = problem.n_candidates
    every = [c for k in range(n + 1) for c in combinations(range(n), k)]
    return [c for c in every if sides.allows(np.array(c, np.int64))]


def hapless_search(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("grown", "improved", "shaken", "without_useless"):
        monkeypatch.setattr(Searcher, name, lambda _, chosen, **__: chosen)
    monkeypatch.setattr(solving._Work, "_rounded", lambda _, __: np.zeros(0, np.int64))
    monkeypatch.setattr(solving._Work, "_spared", lambda _: None)


@pytest.fixture
def hapless(request, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every other seed let the search find nothing, so that branching has to."""
    if request.getfixturevalue("seed") % 2:
        hapless_search(monkeypatch)


@pytest.mark.usefixtures("hapless")
@pytest.mark.parametrize("seed", range(90))
def test_no_other_choice_serves_more(seed: int) -> None:
    problem = random_world(seed)
    allowed = choices(problem)
    if not allowed:
        with pytest.raises(InfeasibleError) as caught:
            solve_served(problem, patience=Patience(LONG))
        assert [f.key for f in caught.value.faults] == ["siting.infeasible_rules"]
        return
    count = flow_of if problem.merit is None else merit_of
    value = {c: count(problem, c) - count(problem, ()) for c in allowed}
    best = max(value.values())
    answer = solve_served(problem, patience=Patience(LONG))
    assert answer.proven
    assert answer.objective == float(int(answer.objective))
    dust = 1e-6 if problem.merit is None else (answer.rounding + 1) / 1000
    assert answer.objective / 1000 == pytest.approx(best, abs=dust)
    assert tuple(answer.chosen.tolist()) in value
    assert people_served(problem, answer.chosen) == pytest.approx(
        value[tuple(answer.chosen.tolist())], abs=dust
    )
    # No site is useless.
    for site in answer.chosen.tolist() if seed % 2 == 0 else ():
        less = tuple(other for other in answer.chosen.tolist() if other != site)
        assert less not in value or value[less] < best


@pytest.mark.usefixtures("hapless")
@pytest.mark.parametrize("seed", range(200, 250))
def test_no_fewer_sites_serve_enough(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = random_world(seed).having(
        question="fewest_sites", share=float(rng.choice([0.3, 0.6, 0.9, 1.0])),
        share_of=str(rng.choice(["all", "reachable"])), fewest=str(rng.choice(["sites", "cost"])),
    )  # fmt: skip
    everybody = float(problem.weight.sum())
    if problem.share_of == "reachable":
        everybody = flow_of(problem, np.flatnonzero(problem.allowed))
    wanted = problem.share * everybody - 1e-9
    assert people_wanted(problem) == pytest.approx(wanted, abs=1.1e-3)
    cost = np.ones(problem.n_candidates) if problem.fewest == "sites" else problem.cost
    enough = [c for c in choices(problem) if flow_of(problem, c) >= wanted]
    if not enough:
        with pytest.raises(InfeasibleError) as caught:
            solve_served(problem, patience=Patience(LONG))
        assert [f.key for f in caught.value.faults] == ["siting.infeasible_rules"]
        return
    answer = solve_served(problem, patience=Patience(LONG))
    assert answer.proven
    assert answer.objective == min(cost[list(c)].sum() for c in enough)
    assert tuple(answer.chosen.tolist()) in enough
    assert cost[answer.chosen].sum() == answer.objective


@pytest.mark.parametrize("seed", range(300, 320))
def test_every_bound_is_one(seed: int) -> None:
    """Whatever the prices and however little time: nothing beats a cut, a program, an answer."""
    problem = random_world(seed).having(merit=None)
    model, rng = ServedModel.of(problem), np.random.default_rng(seed)
    value = {c: model.flow(np.array(c, np.int64)).value for c in choices(problem)}
    for c in value:
        assert value[c] == 1000 * flow_of(problem, c)
    master = Master(model, Sides.of(problem))
    for _ in range(4):
        cut = cut_of(model, rng.random(len(model.people)) ** 2)
        master.add(cut)
        assert all(cut.constant + cut.share[list(c)].sum() >= value[c] for c in value)
        relaxed = master.solve(master.sides.column_lower, master.sides.column_upper)
        assert relaxed is None or not value or relaxed.bound >= max(value.values())
    # The cut of a choice's own prices is tight there, whatever people are worth.
    worth = problem.weight * rng.choice([1.0, 2.0, 0.5, 3.0], len(problem.weight))
    for tight in (model, ServedModel.of(problem.having(merit=worth))):
        for c in value:
            flow = tight.flow(np.array(c, np.int64))
            cut = cut_of(tight, flow.price)
            assert cut.constant + cut.share[list(c)].sum() == pytest.approx(flow.value, abs=1e-6)
    wanted = 600 * flow_of(problem, np.flatnonzero(problem.allowed))
    enough = [c for c in value if value[c] >= wanted]
    cost = problem.cost.astype(float)
    asking = Master(model, master.sides, cost=cost, wanted=wanted, cuts=master.cuts)
    relaxed = asking.solve(master.sides.column_lower, master.sides.column_upper)
    least = min((cost[list(c)].sum() for c in enough), default=np.inf)
    assert relaxed is None or -relaxed.bound <= least + 1e-9
    assert relaxed is not None or not enough
    if value:
        hasty = solve_served(problem, patience=Patience(1e-9))
        assert hasty.bound >= max(value.values()) - model.base >= hasty.objective


@pytest.mark.parametrize("seed", range(600, 640))
def test_the_last_milli_person_and_the_last_site_count(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beginning with the second best, without any search: only the proof can find the best."""
    problem = random_world(seed).having(merit=None)
    room = problem.capacity
    problem = problem.having(
        weight=problem.weight / 1000,
        capacity=replace(
            room, of_candidate=room.of_candidate / 1000, of_existing=room.of_existing / 1000
        ),
    )
    model, every = ServedModel.of(problem), choices(problem)
    value = {c: model.flow(np.array(c, np.int64)).value for c in every}
    hapless_search(monkeypatch)
    if len(set(value.values())) > 1:
        second = sorted(set(value.values()))[-2]
        near = Answer(
            chosen=np.array(next(c for c in every if value[c] == second), np.int64),
            objective=0.0, bound=0.0,
        )  # fmt: skip
        answer = solve_served(problem, patience=Patience(LONG), near=near)
        assert answer.proven
        assert answer.objective == max(value.values()) - model.base
    wanted = 0.5 * max(value.values(), default=0.0)
    dear = {c: len(c) for c in every if value[c] >= wanted}
    if len(set(dear.values())) > 1:
        second = sorted(set(dear.values()))[1]
        near = Answer(
            chosen=np.array(next(c for c in dear if dear[c] == second), np.int64),
            objective=0.0, bound=0.0,
        )  # fmt: skip
        fewest = problem.having(question="fewest_sites", people_wanted=wanted / 1000)
        answer = solve_served(fewest, patience=Patience(LONG), near=near)
        assert answer.objective == min(dear.values())


@pytest.mark.parametrize("seed", range(700, 760))
def test_sites_are_settled_only_where_nothing_better_is_lost(seed: int) -> None:
    problem, rng = random_world(seed).having(merit=None), np.random.default_rng(seed)
    model = ServedModel.of(problem)
    value = {c: model.flow(np.array(c, np.int64)).value for c in choices(problem)}
    master = Master(model, Sides.of(problem))
    for _ in range(3):
        master.add(cut_of(model, rng.random(len(model.people)) ** 2))
    ends = master.sides.column_lower, master.sides.column_upper
    relaxed = master.solve(*ends)
    for least in sorted(set(value.values()))[-3:]:
        assert relaxed is not None
        tree = Tree(
            master, threshold=lambda least=least: least, look=lambda _: None,
            settle=lambda _: None, stop=lambda: False, near_best=lambda: None,
        )  # fmt: skip
        part = Part(lower=ends[0], upper=ends[1], bound=relaxed.bound, relaxed=relaxed)
        lower, upper = tree._fixed(part)
        for c in value:
            if value[c] >= least:
                built = np.isin(np.arange(problem.n_candidates), c)
                assert (lower[: len(built)] <= built).all()
                assert (upper[: len(built)] >= built).all()


@pytest.mark.parametrize("seed", range(500, 530))
def test_a_flow_with_long_chains_is_the_largest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_demand = 9, 14
    covers = [np.flatnonzero(rng.random(n_demand) < 0.3) for _ in range(n)]
    weight, places = rng.integers(1, 90, n_demand), rng.integers(1, 90, n)
    problem = world(covers, weight, places, [covers[0]], [30], n_sites=n)
    model = ServedModel.of(problem)
    for size in (3, 6, 9):
        chosen = rng.permutation(n)[:size]
        assert model.flow(chosen).value == 1000 * flow_of(problem, chosen)
        assert model.fractional_flow(np.isin(np.arange(n), chosen) * 1.0).value == (
            1000 * flow_of(problem, chosen)
        )


def test_a_nearby_answer_speeds_up_and_changes_nothing() -> None:
    problem = random_world(11).having(merit=None, budget=None, n_sites=2, rules=(), must_not=())
    first = solve_served(problem, patience=Patience(LONG))
    for site in first.chosen.tolist():
        other = problem.having(must_not=(site,), must=())
        near = solve_served(other, patience=Patience(LONG), near=first)
        assert near.memory.model is first.memory.model
        assert near.objective == solve_served(other, patience=Patience(LONG)).objective
    fuller = replace(problem.capacity, of_candidate=problem.capacity.of_candidate + 1)
    answer = solve_served(problem.having(capacity=fuller), patience=Patience(LONG), near=first)
    assert answer.memory.model is not first.memory.model


@pytest.fixture
def three_villages() -> SitingProblem:
    """Villages of 100, 40 and 30; station e0 in the first two has 70 places.

    c0 (first village, 50 places), c1 (second and third, 60), c2 (third, 100).
    """
    return world(
        [{0}, {1, 2}, {2}], [100, 40, 30], [50, 60, 100], [{0, 1}], [70], n_sites=1, kind="station"
    )


def test_three_villages_on_paper(three_villages: SitingProblem) -> None:
    # c1: its 60 places take all but 10 of the 70 in its villages; e0 stays full. c0 adds 50.
    answer = solve_served(three_villages, patience=Patience(LONG))
    assert (answer.chosen.tolist(), answer.objective, answer.bound) == ([1], 60_000, 60_000)
    plan = served_plan(three_villages, answer.chosen)
    assert (plan.people_before, plan.people_after, plan.people_total) == (70, 130, 170)
    assert (plan.capacity_before, plan.capacity_after) == (70, 130)
    assert plan.by_site.tolist() == [60]
    # Before: half of each of both villages. After: villages 0 and 2 and 1 share 130 places; the
    # first can have no more than the 70 of e0, the others all of theirs but what 60 places hold.
    np.testing.assert_allclose(plan.served_before, [50, 20, 0])
    np.testing.assert_allclose(plan.served_after, [70, 240 / 7, 180 / 7])
    np.testing.assert_allclose(plan.relieved, [20, 100 / 7, 0])
    assert (plan.reached_unserved_before, plan.reached_unserved_after) == (70, pytest.approx(40))
    (relief,) = plan.relief
    assert (relief.facility_id, relief.reach, relief.capacity) == ("e0", 140, 70)
    assert (relief.away_before, relief.away_after) == (70, pytest.approx(30 + 40 / 7))
    assert plan.to_frame().shape == (1, 5)


def test_an_overfull_station_is_relieved_though_all_are_inside() -> None:
    problem = world([{0}], [100], [30], [{0}], [60], n_sites=1)
    answer = solve_served(problem, patience=Patience(LONG))
    assert answer.objective == 30_000
    plan = served_plan(problem, answer.chosen)
    assert plan.relieved.tolist() == [30]
    assert plan.relief[0].away_after == pytest.approx(10)


@pytest.mark.parametrize("seed", range(400, 425))
def test_people_shared_out_are_those_of_the_flow_and_evenly(seed: int) -> None:
    problem = random_world(seed)
    order = np.random.default_rng(seed).permutation(problem.n_candidates)[:3]
    plan = served_plan(problem, order)
    assert plan.served_after.sum() == pytest.approx(flow_of(problem, order), abs=1e-6)
    assert plan.by_site.sum() == pytest.approx(plan.people_after - plan.people_before, abs=1e-6)
    assert (plan.served_after <= problem.weight + 1e-9).all()
    # One more facility takes nobody's place.
    assert (plan.served_after >= plan.served_before - 1e-6).all()
    # Evenly: the least share of any set of points is the least that some other way could give.
    some = problem.weight > 0
    if not some.any():
        return
    share = (plan.served_after[some] / problem.weight[some]).min()
    more = problem.having(weight=np.floor(problem.weight * min(share + 0.02, 1.0) * 1000))
    room = problem.capacity
    more = more.having(
        merit=None,
        capacity=replace(
            room, of_candidate=room.of_candidate * 1000, of_existing=room.of_existing * 1000
        ),
    )
    if share < 0.979:
        assert flow_of_milli(more, order) < more.weight.sum()


def flow_of_milli(problem: SitingProblem, order) -> float:
    model = ServedModel.of(problem)
    return model.flow(order).value / 1000


def test_what_cannot_be_asked_is_said(three_villages: SitingProblem) -> None:
    from quarterhour.siting.parts import Times

    times = Times(
        indptr=np.zeros(4, np.int64), indices=np.zeros(0, np.int32), ms=np.zeros(0, np.int32),
        existing_ms=np.zeros(3, np.int64), cap_ms=1,
    )  # fmt: skip
    for question in ("least_walking", "shortest_longest"):
        problem = three_villages.having(question=question, times=times)
        with pytest.raises(InputError) as caught:
            solve_served(problem, patience=Patience(LONG))
        assert caught.value.faults[0].key == "siting.capacity_question"
    capacity = replace(three_villages.capacity, of_existing=np.array([-1.0]))
    with pytest.raises(InputError) as caught:
        solve_served(three_villages.having(capacity=capacity), patience=Patience(LONG))
    assert caught.value.faults[0].key == "siting.bad_capacity"
    endless = replace(three_villages.capacity, of_candidate=np.full(3, np.inf))
    answer = solve_served(three_villages.having(capacity=endless), patience=Patience(LONG))
    assert answer.objective == 70_000


def test_the_same_question_gives_the_same_answer() -> None:
    rng = np.random.default_rng(4)
    covers = [np.flatnonzero(rng.random(150) < 0.08) for _ in range(40)]
    problem = world(covers, rng.integers(1, 9, 150), rng.integers(10, 60, 40), n_sites=6)
    one, two = (solve_served(problem, patience=Patience(LONG)) for _ in range(2))
    assert one.proven
    assert one.chosen.tolist() == two.chosen.tolist()
    assert (one.objective, one.bound) == (two.objective, two.bound)
