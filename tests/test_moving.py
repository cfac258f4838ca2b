"""Closing and moving: who stays, who goes, and every choice looked at."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InfeasibleError, InputError
from quarterhour.reach.times import ReachTable
from quarterhour.siting import SitingProblem, recommend
from quarterhour.siting.moving import moves_of, with_moves, without_kept
from quarterhour.siting.parts import Capacity, Times, Years
from quarterhour.siting.rules import Rule, rule_of_rows


def csr(rows) -> tuple[np.ndarray, np.ndarray]:
    rows = [sorted(row) for row in rows]
    indptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return indptr, np.array([i for row in rows for i in row], dtype=np.int32)


def world(covers, weight, existing, **more) -> SitingProblem:
    indptr, indices = csr(covers)
    already = np.zeros(len(weight), bool)
    for row in existing:
        already[list(row)] = True
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(covers))), covers_indptr=indptr,
        covers_indices=indices, weight=np.array(weight, float), already=already, **more,
    )  # fmt: skip


def moving(problem: SitingProblem, existing, movable=None, **more) -> SitingProblem:
    indptr, indices = csr(existing)
    free = np.ones(len(existing), bool) if movable is None else np.array(movable)
    return with_moves(
        problem, existing_ids=tuple(f"e{k}" for k in range(len(existing))), movable=free,
        existing_covers_indptr=indptr, existing_covers_indices=indices, **more,
    )  # fmt: skip


COVERS = [{0, 1}, {3, 4}, {4}]
EXISTING = [{0}, {0, 1}, {2}]


@pytest.fixture
def five_villages() -> SitingProblem:
    """Villages of 10, 20, 30, 40 and 50 people; e0 and e1 both serve the first, e2 the third."""
    return world(COVERS, [10, 20, 30, 40, 50], EXISTING, n_sites=1)


def test_moving_on_paper(five_villages: SitingProblem) -> None:
    problem = moving(five_villages, EXISTING, [True, False, True], at_most=1)
    assert problem.candidate_ids == ("c0", "c1", "c2", "e0", "e2")
    assert problem.already.tolist() == [True, True, False, False, False]
    # c1 is new and brings 90. e2 keeps its 30. e0 serves nobody else, and need not close.
    plan = recommend(problem)
    moves = moves_of(problem, plan, 3)
    assert moves.new_ids == ("c1",)
    assert moves.kept_ids == ("e0", "e2")
    assert moves.closed_ids == ()
    assert moves.may_stay_ids == ("e0",)
    assert (moves.people_today, moves.people_after) == (60, 150)
    assert (moves.people_lost, moves.people_gained) == (0, 90)
    assert moves.gain_people.tolist() == [90]
    alone = without_kept(plan, moves)
    assert (alone.site_ids, alone.people_before, alone.people_gained) == (("c1",), 60, 90)
    assert alone.people_after == 150
    assert np.isnan(alone.walk_before_s)


def test_who_closes_makes_room_for_one_more() -> None:
    """One new site and one moved: e0 (30) gives way to c1 (40), beside c0 (50)."""
    existing = [{0}, {1}]
    asked = world([{2}, {3}], [30, 60, 50, 40], existing, n_sites=1)
    problem = moving(asked, existing, at_most=1)
    plan = recommend(problem)
    moves = moves_of(problem, plan, 2)
    assert (moves.new_ids, moves.closed_ids, moves.kept_ids) == (("c0", "c1"), ("e0",), ("e1",))
    assert (moves.people_today, moves.people_after) == (90, 150)
    assert (moves.people_lost, moves.people_gained, moves.people_kept) == (30, 90, 60)
    strict = moving(asked, existing, at_most=1, replacing=False)
    assert moves_of(strict, recommend(strict), 2).closed_ids == ()
    # Who may not close does not.
    fixed = moving(asked, existing, [False, False], at_most=1)
    assert fixed.candidate_ids == ("c0", "c1")
    assert recommend(fixed).site_ids == ("c0",)


def test_closing_costs_money() -> None:
    """3 pay for c0 (1) and c1 (1) and closing one (1), but not for closing at 2."""
    existing = [{0}]
    more = {"n_sites": 1, "cost": np.array([1, 1]), "budget": 3}
    asked = world([{1}, {2}], [1, 5, 4], existing, **more)
    cheap = moving(asked, existing, at_most=1, cost_to_close=1)
    assert set(recommend(cheap).site_ids) == {"c0", "c1"}
    dear = moving(asked, existing, at_most=1, cost_to_close=2)
    assert set(recommend(dear).site_ids) == {"c0", "e0"}


def test_times_and_places_go_along() -> None:
    """Three points in a row; e0 is fixed, e1 may close; point 2 walks to somebody unlisted."""
    reach = ReachTable(
        np.array([0, 2, 4]), np.array([0, 1, 1, 2], np.int32),
        np.array([100, 500, 200, 700], np.int32), 3, 900,
    )  # fmt: skip
    times = Times(
        indptr=np.array([0, 1]), indices=np.array([2], np.int32), ms=np.array([50], np.int32),
        existing_ms=np.array([100, 200, 300]), cap_ms=900,
    )  # fmt: skip
    indptr, indices = csr([{0, 1}, {1, 2}])
    capacity = Capacity(
        of_candidate=np.array([9.0]), of_existing=np.array([5.0, 6.0]), existing_indptr=indptr,
        existing_indices=indices, existing_ids=("e0", "e1"),
    )  # fmt: skip
    asked = world([{2}], [1, 1, 1], [{0}, {1}], n_sites=1, times=times, capacity=capacity,
                  limit_ms=400)  # fmt: skip
    problem = with_moves(
        asked, existing_ids=("e0", "e1"), movable=np.array([False, True]), at_most=1,
        existing_reach=reach,
    )  # fmt: skip
    # Point 1 is 500 from e0; point 2 walks 300 to a facility that is not listed, and 700 to e1.
    assert problem.times.existing_ms.tolist() == [100, 500, 300]
    assert problem.times.ms.tolist() == [50, 200, 700]
    assert problem.times.indices.tolist() == [2, 1, 2]
    assert problem.already.tolist() == [True, False, False]
    assert problem.covers_indptr.tolist() == [0, 1, 2]
    assert problem.covers_indices.tolist() == [2, 1]
    assert problem.capacity.of_candidate.tolist() == [9, 6]
    assert problem.capacity.of_existing.tolist() == [5]
    assert problem.capacity.existing_indices.tolist() == [0, 1]
    assert problem.capacity.existing_ids == ("e0",)


def helper_rule(n: int) -> Rule:
    """Return the rule x0 + x1 = 2 h: both or neither, h a column of the rule."""
    return Rule(
        said=Fault("siting.asks_spacing", {"metres": 1.0}), indptr=np.array([0, 3]),
        indices=np.array([0, 1, n]), values=np.array([1, 1, -2]), lower=np.array([0.0]),
        upper=np.array([0.0]), helper_upper=np.array([1]),
    )  # fmt: skip


@settings(deadline=None, max_examples=60, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_no_other_choice_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, n_existing, n_demand = (int(rng.integers(2, high)) for high in (5, 4, 10))
    covers, existing = (
        [set(np.flatnonzero(rng.random(n_demand) < 0.35).tolist()) for _ in range(count)]
        for count in (n, n_existing)
    )
    weight, n_sites = rng.integers(0, 9, n_demand).astype(float), int(rng.integers(1, n + 1))
    movable, at_most = rng.random(n_existing) < 0.7, int(rng.integers(0, 3))
    replacing, both = bool(rng.random() < 0.6), rng.random() < 0.3
    cost, closing = rng.integers(0, 4, n), int(rng.integers(0, 3))
    budget = int(rng.integers(2, 9)) if rng.random() < 0.5 else None
    asked = world(covers, weight, existing, n_sites=n_sites, cost=cost, budget=budget,
                  rules=(helper_rule(n),) if both else ())  # fmt: skip
    problem = moving(asked, existing, movable, at_most=at_most, replacing=replacing,
                     cost_to_close=closing if budget is not None else None)  # fmt: skip
    free = np.flatnonzero(movable).tolist()
    best = -1.0
    for closed in (c for k in range(at_most + 1) for c in combinations(free, k)):
        stay = set().union(*(existing[e] for e in range(n_existing) if e not in closed))
        for new in (c for k in range(n + 1) for c in combinations(range(n), k)):
            room = n_sites + (len(closed) if replacing else 0)
            spent = sum(int(cost[j]) for j in new) + closing * len(closed)
            if len(new) > room or (budget is not None and spent > budget):
                continue
            if both and (0 in new) != (1 in new):
                continue
            best = max(best, weight[list(stay.union(*(covers[j] for j in new)))].sum())
    if best < 0:
        with pytest.raises(InfeasibleError):
            recommend(problem)
        return
    plan = recommend(problem)
    assert plan.status == "optimal"
    assert plan.people_after == best
    moves = moves_of(problem, plan, n)
    assert moves.people_after == best
    assert moves.people_today == weight[list(set().union(*existing))].sum()
    assert moves.people_today - moves.people_lost + moves.people_gained == moves.people_after
    assert len(moves.closed_ids) <= at_most
    assert set(moves.kept_ids) | set(moves.closed_ids) == {f"e{k}" for k in free}
    alone = without_kept(plan, moves)
    assert alone.people_after == best
    assert alone.gain_people.sum() == pytest.approx(alone.people_gained)
    stays = [existing[k] for k in range(n_existing) if f"e{k}" not in moves.closed_ids]
    assert alone.people_before == weight[list(set().union(*stays))].sum()


@pytest.mark.parametrize(
    ("change", "more", "key"),
    [
        ({"question": "fewest_sites"}, {}, "siting.moves_question"),
        ({"years": Years(years=(1,), budget=None, n_sites=np.array([1]),
                         build_cost=np.zeros(3, np.int64), yearly_cost=np.zeros(3, np.int64))},
         {}, "siting.moves_question"),
        ({"rules": (rule_of_rows(Fault("siting.asks_per_area", {"at_least": 1}), [[0]],
                                 lower=[1.0], upper=[np.inf]),)}, {}, "siting.moves_rule"),
        ({"times": Times(indptr=np.zeros(4, np.int64), indices=np.zeros(0, np.int32),
                         ms=np.zeros(0, np.int32), existing_ms=np.zeros(5, np.int64), cap_ms=9)},
         {}, "siting.moves_times"),
        ({}, {"at_most": -1}, "siting.moves_negative"),
        ({}, {"cost_to_close": 1}, "siting.lacks_cost"),
        ({}, {"movable": [True]}, "siting.wrong_length"),
        ({"already": np.zeros(5, bool)}, {}, "siting.moves_covers"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(five_villages: SitingProblem, change, more, key) -> None:
    with pytest.raises(InputError) as caught:
        moving(five_villages.having(**change), EXISTING, **{"at_most": 1, **more})
    assert key in [fault.key for fault in caught.value.faults]
    assert caught.value.render("zh")
    assert caught.value.render("en")
