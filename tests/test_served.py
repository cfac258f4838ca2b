"""Served: a street worked out on paper, the optimum against other solvers, and nobody vanishes."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from quarterhour.cover.case import Case
from quarterhour.cover.supply import flow as served_flow
from quarterhour.cover.supply.flow import Flow, share_people
from quarterhour.cover.supply.served import CLASSES, Served, share_out
from quarterhour.errors import SolverError
from quarterhour.presets import walker
from quarterhour.stagefile import load_stage, save_stage
from test_cover import ONE, areas_of, facilities_at, homes_at
from worlds import make_network

LIMIT_MS = 900_000


def share(facility, home, ms, asking, room) -> Flow:
    return share_people(
        np.array(facility, np.int64), np.array(home, np.int64), np.array(ms, np.int32),
        asking=np.array(asking, float), room=np.array(room, float), limit_ms=LIMIT_MS,
    )  # fmt: skip


@st.composite
def walks(draw, whole=False):
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n_places, n_homes = int(rng.integers(1, 6)), int(rng.integers(1, 15))
    facility, home = np.nonzero(rng.random((n_places, n_homes)) < rng.choice([0.2, 0.5, 0.9]))
    # Few different times, so that ties are common.
    ms = rng.integers(0, 10, len(home)) * 100_000
    asking = rng.integers(0, 9, n_homes) * (1.0 if whole else 0.37)
    room = rng.integers(0, int(rng.choice([3, 12, 60])), n_places).astype(float)
    return facility, home, ms, asking, room


# --- the optimum


def test_the_one_who_can_go_elsewhere_makes_room():
    # Both live nearest to facility 0, which takes one; only home 0 can go to facility 1.
    flow = share([0, 0, 1], [0, 1, 0], [60_000, 120_000, 600_000], [1, 1], [1, 1])
    assert flow.people.tolist() == pytest.approx([0, 1, 1])
    assert flow.served == pytest.approx(2)
    assert flow.walk_min == pytest.approx(12)


def test_with_one_place_the_nearer_home_is_served():
    flow = share([0, 0], [0, 1], [300_000, 240_000], [3, 2], [4])
    assert flow.people.tolist() == pytest.approx([2, 2])
    assert (flow.served, flow.served_bound) == pytest.approx((4, 4))
    assert flow.walk_min == flow.walk_bound_min == pytest.approx(2 * 5 + 2 * 4)


def test_a_chain_of_moves_is_worth_one_more_served():
    # Each facility takes one; home k walks no time to facility k and 15 minutes to k + 1; a last
    # home stands at facility 0. All five are served only if everybody moves up by one.
    n = 4
    facility = [*range(n), *range(1, n + 1), 0]
    home = [*range(n), *range(n), n]
    ms = [0] * n + [LIMIT_MS] * n + [LIMIT_MS]
    flow = share(facility, home, ms, [1] * (n + 1), [1] * (n + 1))
    assert flow.served == pytest.approx(n + 1)
    assert flow.walk_min == pytest.approx(15 * (n + 1))


@settings(deadline=None, max_examples=120)
@given(world=walks())
def test_two_linear_programs_one_after_the_other_say_the_same(world):
    facility, home, ms, asking, room = world
    flow = share(*world)
    assert flow.served_bound == pytest.approx(flow.served, abs=1e-6)
    assert flow.walk_bound_min == pytest.approx(flow.walk_min, abs=1e-6)
    assert (flow.people >= 0).all()
    load = np.bincount(facility, flow.people, minlength=len(room))
    assert (load <= room + 1e-6).all()
    assert (np.bincount(home, flow.people, minlength=len(asking)) <= asking + 1e-6).all()
    if len(home) == 0:
        assert flow.served == 0
        return
    upper = np.vstack([home == np.arange(len(asking))[:, None],
                       facility == np.arange(len(room))[:, None]]).astype(float)  # fmt: skip
    most = linprog(-np.ones(len(home)), A_ub=upper, b_ub=[*asking, *room], method="highs-ds")
    assert flow.served == pytest.approx(-most.fun, abs=1e-6)
    least = linprog(
        ms / 60_000, A_ub=np.vstack([upper, -np.ones(len(home))]),
        b_ub=[*asking, *room, most.fun + 1e-9], method="highs-ds",
    )  # fmt: skip
    assert flow.walk_min == pytest.approx(least.fun, abs=1e-5)


@settings(deadline=None, max_examples=40)
@given(world=walks(whole=True))
def test_a_flow_of_networkx_says_the_same(world):
    facility, home, ms, asking, room = world
    graph = nx.DiGraph()
    graph.add_nodes_from(["s", "t"])
    for h, people in enumerate(asking):
        graph.add_edge("s", ("h", h), capacity=int(people), weight=0)
    for f, places in enumerate(room):
        graph.add_edge(("f", f), "t", capacity=int(places), weight=0)
    for f, h, t in zip(facility.tolist(), home.tolist(), ms.tolist(), strict=True):
        graph.add_edge(("h", h), ("f", f), weight=t // 1000)
    found = nx.max_flow_min_cost(graph, "s", "t")
    flow = share(*world)
    assert flow.served == pytest.approx(sum(found["s"].values()), abs=1e-6)
    assert flow.walk_min == pytest.approx(nx.cost_of_flow(graph, found) / 60, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(world=walks(), row=st.integers(0, 5))
def test_more_room_never_serves_fewer_and_the_same_gives_the_same(world, row):
    facility, home, ms, asking, room = world
    more = room.copy()
    more[row % len(more)] += 4
    flow = share(*world)
    assert share(facility, home, ms, asking, more).served >= flow.served - 1e-6
    assert share(*world).people.tobytes() == flow.people.tobytes()


def test_a_solver_that_stops_is_an_error_not_an_answer(monkeypatch):
    monkeypatch.setattr(served_flow.GrowingProgram, "solve", lambda _: None)
    with pytest.raises(SolverError):
        share([0, 0], [0, 1], [1, 2], [3, 2], [4])


# --- a circle


@pytest.fixture
def case() -> Case:
    """Return a street of 3 km with two canteens, a third of unknown seats, and homes.

    Canteens at 0 m (30 seats), 800 m (20) and 2,600 m (unknown); a station at 0 m with 0 beds; a
    centre of unknown capacity. Homes: 40 at 100 m, 30 at 500 m, 10 at 850 m, 5 at 2,000 m, 7
    without a street, 20 at 1,650 m, and 9 at 1,699 m outside all areas.
    """
    net = make_network([(0, 0), (6000, 0)], [(0, 1)])
    places = facilities_at(
        [(0, 0), (800, 0), (2600, 0), (0, 0), (0, 0)],
        ["canteen", "canteen", "canteen", "care_station", "care_centre"],
    )  # fmt: skip
    places = replace(places, capacity=np.array([30, 20, np.nan, 0, np.nan]))
    homes = homes_at(
        [(100, 0), (500, 0), (850, 0), (2000, 0), (500, 900), (3900, 0), (1699, 0)],
        [(40, 4), (30, 3), (10, 1), (5, 0), (7, 0), (20, 2), (9, 9)], area=[0, 0, 0, 1, 1, 1, -1],
    )  # fmt: skip
    areas = areas_of(shapely.box(0, -9, 1000, 999), shapely.box(1000, -9, 6000, 999))
    return Case(net, places, homes, areas, ONE, minutes=(5, 10, 15))


def test_who_is_served_worked_by_hand(case):
    served = share_out(case, need={}, turns={})
    assert served.kinds == ("care_centre", "care_station", "canteen")
    assert served.residents.tolist() == [80, 32, 9]
    # 50 seats for 80 people of the first area and 9 outside, at 899 m from the second canteen.
    # Least walking: 30 of the 40 at 100 m; of the second canteen's 20 seats 10 go to those at 50 m
    # and 10 to those at 300 m. Those at 899 m also reach the canteen 901 m off? No: 901 s is over.
    canteen = {held: served.of("canteen", held).tolist() for held in CLASSES}
    assert canteen["served"] == pytest.approx([50, 0, 0])
    assert canteen["no_room"] == pytest.approx([30, 0, 9])
    # 600 m from the canteen of unknown capacity live 5; nobody knows whether they find a seat.
    assert canteen["unknown_room"] == pytest.approx([0, 5, 0])
    assert canteen["beyond"] == pytest.approx([0, 20, 0])
    assert canteen["no_street"] == pytest.approx([0, 7, 0])
    assert canteen["not_asking"] == [0, 0, 0]
    assert served.unserved[2].tolist() == pytest.approx([10, 20, 0, 0, 0, 0, 9])
    assert served.walk_min[2] == pytest.approx((30 * 100 + 10 * 50 + 10 * 300) / 60)
    assert served.proven.all()


def test_facilities_worked_by_hand(case):
    served = share_out(case, need={}, turns={})
    np.testing.assert_equal(served.room, [30, 20, np.nan, 0, np.nan])
    # 850 m is within 15 minutes of both canteens; the home at 100 m as well.
    np.testing.assert_allclose(served.reached, [80, 89, 5, 80, 80])
    np.testing.assert_allclose(served.assigned, [30, 20, np.nan, 0, np.nan])
    np.testing.assert_allclose(served.turned_away, [30, 39, 0, 80, 0])
    assert served.full.tolist() == [True, True, False, True, False]
    frame = served.facilities_frame()
    assert frame["assigned"].sum() == pytest.approx(served.people[:, 0].sum())


def test_need_and_turns(case):
    served = share_out(case, need={"canteen": 0.5}, turns={"canteen": 1.5})
    # 44.5 of 89 ask, for 45 and 30 places: all are served.
    assert served.of("canteen", "not_asking").tolist() == pytest.approx([40, 16, 4.5])
    assert served.of("canteen", "served").tolist() == pytest.approx([40, 0, 4.5])
    assert served.of("canteen", "unknown_room").tolist() == pytest.approx([0, 2.5, 0])
    assert served.asking("canteen").tolist() == pytest.approx([40, 16, 4.5])
    np.testing.assert_equal(served.room[:3], [45, 30, np.nan])
    assert not served.full[:3].any()
    assert served.of("care_station", "no_room")[0] == 80


def test_without_a_known_capacity_nobody_is_said_to_be_served(case):
    served = share_out(case, need={}, turns={})
    assert served.known.tolist() == [False, True, True]
    assert served.of("care_centre", "served").sum() == 0
    assert served.of("care_centre", "unknown_room").tolist() == [80, 0, 0]


def test_a_place_that_nobody_reaches_is_not_full(case):
    # Over 900 m from every home stands a canteen without a seat.
    xy_m = np.vstack([[[5900.0, 0.0]], case.facilities.xy_m[1:]])
    far = replace(case.facilities, xy_m=xy_m, capacity=np.array([0, 20, np.nan, 0, np.nan]))
    served = share_out(case.having(facilities=far), need={}, turns={})
    assert served.reached[0] == 0
    assert served.full.tolist() == [False, True, False, True, False]


def test_straight_walkers_are_shared_out_too(case):
    straight = case.having(walker=walker("policy_radius"))
    served = share_out(straight, need={}, turns={})
    # 1,000 m straight: the home without a street is 583 m from the second canteen.
    assert served.people[:, CLASSES.index("no_street")].sum() == 0
    np.testing.assert_allclose(served.people.sum(axis=1), np.tile(served.residents, (3, 1)))
    assert served.of("canteen", "served").sum() == pytest.approx(50)


def test_served_is_kept_and_comes_back(case, tmp_path):
    served = share_out(case, need={}, turns={})
    save_stage(tmp_path / "s.npz", served, key="k")
    back = load_stage(tmp_path / "s.npz")
    assert isinstance(back, Served)
    pd.testing.assert_frame_equal(back.to_frame(), served.to_frame())
    pd.testing.assert_frame_equal(back.facilities_frame(), served.facilities_frame())
    save_stage(tmp_path / "t.npz", share_out(case, need={}, turns={}), key="k")
    assert (tmp_path / "s.npz").read_bytes() == (tmp_path / "t.npz").read_bytes()


def test_nothing_to_share_is_no_error(case):
    none = case.facilities.take(np.zeros(0, np.int64))
    served = share_out(case.having(facilities=none), need={}, turns={})
    assert served.kinds == ()
    assert served.to_frame().empty
    assert served.proven.tolist() == []


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), need=st.sampled_from([0.05, 0.5, 1.0]))
def test_everybody_has_one_reason(seed, need):
    rng = np.random.default_rng(seed)
    n = 12
    net = make_network([(0, 0), (3000, 0)], [(0, 1)])
    places = facilities_at(rng.uniform(0, 3000, (5, 2)) * [1, 0], ["canteen"] * 3 + ["x", "y"])
    capacity = np.where(rng.random(5) < 0.3, np.nan, rng.integers(0, 40, 5))
    homes = homes_at(
        np.c_[rng.uniform(0, 3000, n), rng.choice([0, 900], n, p=[0.8, 0.2])],
        rng.integers(0, 30, (n, 2)), area=rng.integers(-1, 2, n),
    )  # fmt: skip
    areas = areas_of(shapely.box(0, -9, 1500, 999), shapely.box(1500, -9, 3000, 999))
    world = Case(net, replace(places, capacity=capacity), homes, areas, ONE)
    served = share_out(world, need={"canteen": need}, turns={})
    assert (served.people >= -1e-9).all()
    np.testing.assert_allclose(served.people.sum(axis=1), np.tile(served.residents, (3, 1)))
    assert served.residents.sum() == homes.people[:, 0].sum()
    frame = served.to_frame()
    np.testing.assert_allclose(frame[list(CLASSES)].sum(axis=1), frame["residents"])
    full = served.people[:, 0].sum(axis=1)
    assigned = [np.nansum(served.assigned[places.rows_of(kind)]) for kind in served.kinds]
    np.testing.assert_allclose(full, assigned, atol=1e-6)
    room = np.nan_to_num(served.room, nan=np.inf)
    assert (np.nan_to_num(served.assigned) <= room + 1e-6).all()
    assert (np.nan_to_num(served.assigned) <= served.reached + 1e-6).all()
    assert (served.turned_away <= served.reached + 1e-6).all()
    assert served.proven.all()
    np.testing.assert_allclose(
        served.unserved.sum(axis=1), served.people[:, CLASSES.index("no_room")].sum(axis=1)
    )
