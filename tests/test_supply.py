"""Supply: floating catchments worked out on paper and against PySAL, and that places add up."""

from dataclasses import replace
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover.case import Case
from quarterhour.cover.supply.places import (
    Supply,
    by_kind,
    measure_supply,
    some_rows,
    supply_doubts,
)
from quarterhour.cover.supply.ratio import supply_ratio, zone_weights
from quarterhour.errors import InputError
from quarterhour.inputs.facilities import NEIGHBOUR, with_neighbours
from quarterhour.reach.times import ReachTable
from quarterhour.stagefile import load_stage, save_stage
from test_cover import ONE, areas_of, facilities_at, homes_at
from worlds import make_network

LIMITS = (300_000, 600_000, 900_000)


def table_of(ms, *, limit_ms=900_000) -> ReachTable:
    """Make a table from a matrix of milliseconds; -1 is out of reach."""
    ms = np.array(ms)
    row, column = np.nonzero(ms >= 0)
    count = np.bincount(row, minlength=len(ms))
    return ReachTable(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64), column.astype(np.int32),
        ms[row, column].astype(np.int32), ms.shape[1], limit_ms,
    )  # fmt: skip


@st.composite
def tables(draw):
    seed = draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    shape = (int(rng.integers(1, 6)), int(rng.integers(1, 12)))
    ms = rng.integers(0, 900_001, shape)
    ms = np.where(rng.random(shape) < 0.2, rng.choice(LIMITS, shape), ms)
    ms[rng.random(shape) < 0.4] = -1
    capacity = rng.integers(0, 60, shape[0]).astype(float)
    return table_of(ms), capacity, rng.integers(0, 40, shape[1]).astype(float), ms


# Two facilities of 30 and 10 places; homes of 100, 200 and 50 people at the minutes given.
HAND = [[5, 10, -1], [-1, 15, 15]]


def hand(method, **more):
    ms = np.where(np.array(HAND) < 0, -1, np.array(HAND) * 60_000)
    given = {"limits_ms": LIMITS} | more
    return supply_ratio(
        table_of(ms), np.array([30.0, 10.0]), np.array([100.0, 200.0, 50.0]),
        method=method, **given,
    )  # fmt: skip


def test_the_two_steps_worked_by_hand():
    found = hand("2sfca")
    # 30 places for 300 people, 10 for 250.
    assert found.ratio.tolist() == pytest.approx([100, 40])
    assert found.access.tolist() == pytest.approx([100, 140, 40])


def test_zones_worked_by_hand():
    found = hand("e2sfca")
    assert found.weights == (1.0, 0.68, 0.22)
    # Exactly 5, 10 and 15 minutes lie in the nearer zone.
    first, second = 30 / (100 + 0.68 * 200), 10 / (0.22 * 250)
    assert found.ratio.tolist() == pytest.approx([1000 * first, 1000 * second])
    expected = [first, 0.68 * first + 0.22 * second, 0.22 * second]
    assert found.access.tolist() == pytest.approx([1000 * a for a in expected])


def test_the_third_step_and_the_modified_one_worked_by_hand():
    # The second home chooses: 0.68 / 0.9 of it the first facility, 0.22 / 0.9 the second.
    w, v = 0.68 * 0.68 / 0.9, 0.22 * 0.22 / 0.9
    first, second = 30 / (100 + w * 200), 10 / (v * 200 + 0.22 * 50)
    expected = [first, w * first + v * second, 0.22 * second]
    assert hand("3sfca").access.tolist() == pytest.approx([1000 * a for a in expected])
    first, second = 30 / (100 + 0.68 * 200), 10 / (0.22 * 250)
    expected = [first, 0.68**2 * first + 0.22**2 * second, 0.22**2 * second]
    assert hand("m2sfca").access.tolist() == pytest.approx([1000 * a for a in expected])


def test_catchments_around_homes_worked_by_hand():
    # The first two homes reach each other, the third only itself.
    among = table_of([[0, 60_000, -1], [60_000, 0, -1], [-1, -1, 0]])
    found = hand("fca", among=among)
    assert found.access.tolist() == pytest.approx([1000 * 30 / 300, 1000 * 40 / 300, 200])
    assert np.isnan(found.ratio).all()


def test_weights_follow_the_third_in_which_a_zone_begins():
    assert zone_weights(LIMITS) == (1.0, 0.68, 0.22)
    assert zone_weights((900_000,)) == (1.0,)
    assert zone_weights((600_000, 900_000)) == (1.0, 0.22)
    assert zone_weights((300_000, 900_000)) == (1.0, 0.68)
    assert zone_weights((200_000, 299_999, 900_000)) == (1.0, 1.0, 1.0)


def test_an_unknown_capacity_is_left_out_and_never_zero():
    found = supply_ratio(
        table_of([[60_000, 60_000, -1, -1], [-1, 60_000, 60_000, -1]]),
        np.array([np.nan, 10.0]), np.array([5.0, 5.0, 5.0, 5.0]), limits_ms=LIMITS,
    )  # fmt: skip
    assert np.isnan(found.ratio[0])
    # Only the unknown one in reach: unknown. Both: what is known. None: 0.
    assert np.isnan(found.access[0])
    assert found.access[1:].tolist() == pytest.approx([1000, 1000, 0])


def test_what_cannot_be_used_is_said_all_at_once():
    with pytest.raises(InputError) as caught:
        hand("gravity", limits_ms=(600_000, 300_000), weights=(1.0, -1.0))
    assert len(caught.value.faults) == 3
    for wrong in ((0, 300_000), (300_000, 900_001)):
        with pytest.raises(InputError):
            hand("2sfca", limits_ms=wrong)
    with pytest.raises(InputError, match="among"):
        hand("fca")


@pytest.fixture
def pysal() -> ModuleType:
    """Return PySAL's floating catchments, or skip aloud."""
    try:
        from access import fca
    except ImportError:
        pytest.skip("access (PySAL) is not installed: the test against it is left out")
    return fca


# What that package is warned of is not ours to mend.
@pytest.mark.filterwarnings("ignore::Warning:access.fca")
@pytest.mark.parametrize("seed", range(6))
def test_pysal_says_the_same(seed, pysal):
    rng = np.random.default_rng(seed)
    n_places, n_homes = 7, 25
    ms = rng.integers(0, 1_100_000, (n_places, n_homes))
    ms[:, :n_places][np.diag_indices(n_places)] = 60_000  # each reaches somebody
    within = np.where(ms <= 900_000, ms, -1)
    capacity, people = rng.integers(1, 60, n_places), rng.integers(1, 90, n_homes)
    place, home = np.nonzero(within >= 0)
    cost = pd.DataFrame({"origin": home, "dest": place, "cost": ms[place, home]})
    homes = pd.DataFrame({"demand": people.astype(float)}, index=pd.Index(range(n_homes), name="i"))
    places = pd.DataFrame({"supply": capacity.astype(float)}, index=pd.Index(range(n_places)))
    names = {"demand_index": True, "demand_name": "demand", "supply_name": "supply"}

    def decay(cost_ms: float) -> float:
        return 1.0 if cost_ms <= LIMITS[0] else 0.68 if cost_ms <= LIMITS[1] else 0.22

    def ours(method, **more):
        found = supply_ratio(
            table_of(within), capacity.astype(float), people.astype(float), method=method,
            limits_ms=LIMITS, **more,
        )  # fmt: skip
        return found.access[np.unique(home)]

    plain = pysal.two_stage_fca(homes, places, cost, max_cost=900_000, **names)
    np.testing.assert_allclose(ours("2sfca"), 1000 * plain.sort_index())
    enhanced = pysal.two_stage_fca(homes, places, cost, max_cost=900_000, weight_fn=decay, **names)
    np.testing.assert_allclose(ours("e2sfca"), 1000 * enhanced.sort_index())
    three = pysal.three_stage_fca(
        homes, places, cost.copy(), max_cost=900_000, weight_fn=decay, **names
    )
    np.testing.assert_allclose(ours("3sfca"), 1000 * three.sort_index())
    between = rng.integers(0, 1_500_000, (n_homes, n_homes))
    between[np.diag_indices(n_homes)] = 0
    between = np.where(between <= 900_000, between, -1)
    a, b = np.nonzero(between >= 0)
    floating = pysal.fca_ratio(
        homes, places, pd.DataFrame({"origin": a, "dest": b, "cost": between[a, b]}), cost,
        max_cost=900_000, supply_index=True, demand_index=True,
    )  # fmt: skip
    reached = ours("fca", among=table_of(between))
    np.testing.assert_allclose(reached, 1000 * floating.sort_index()[np.unique(home)])


@settings(deadline=None, max_examples=150)
@given(world=tables(), method=st.sampled_from(["2sfca", "e2sfca", "3sfca"]))
def test_every_place_that_somebody_reaches_is_given_away_once(world, method):
    table, capacity, people, ms = world
    found = supply_ratio(table, capacity, people, method=method, limits_ms=LIMITS)
    reached = ((ms >= 0) * people).sum(axis=1) > 0
    assert (people * found.access).sum() / 1000 == pytest.approx(capacity[reached].sum())
    again = supply_ratio(table, capacity, people, method=method, limits_ms=LIMITS)
    assert found.access.tobytes() == again.access.tobytes()
    modified = supply_ratio(table, capacity, people, method="m2sfca", limits_ms=LIMITS)
    assert (people * modified.access).sum() / 1000 <= capacity[reached].sum() + 1e-9


@settings(deadline=None, max_examples=60)
@given(world=tables(), row=st.integers(0, 5))
def test_more_places_never_mean_less_access(world, row):
    table, capacity, people, _ = world
    more = capacity.copy()
    more[row % len(more)] += 5
    before, after = (supply_ratio(table, c, people, limits_ms=LIMITS) for c in (capacity, more))
    assert (after.access >= before.access - 1e-9).all()


def test_rows_of_a_table_keep_their_times():
    table = table_of([[1, -1, 3], [-1, -1, -1], [7, 8, -1]])
    some = some_rows(table, np.array([2, 0]))
    assert some.indptr.tolist() == [0, 2, 4]
    assert some.indices.tolist() == [0, 1, 0, 2]
    assert some.ms.tolist() == [7, 8, 1, 3]


@pytest.fixture
def case() -> Case:
    """Return a street of 2 km with two areas, homes along it, canteens, a station, a closed book.

    Canteens at 0 m (30 seats) and 1,500 m (capacity unknown); a station at 0 m (10 beds); a centre
    of unknown capacity. Homes at 300, 600, 1,400 and 2,000 m, one without a street, one outside.
    """
    net = make_network([(0, 0), (3000, 0)], [(0, 1)])
    places = facilities_at(
        [(0, 0), (1500, 0), (0, 0), (0, 0)], ["canteen", "canteen", "care_station", "care_centre"]
    )
    places = replace(
        places, capacity=np.array([30, np.nan, 10, np.nan]),
        area_index=np.array([0, 1, 0, -1], np.int32),
    )  # fmt: skip
    homes = homes_at(
        [(300, 0), (600, 0), (1400, 0), (2900, 0), (500, 900), (900, 0)],
        [(100, 9), (50, 9), (40, 9), (30, 9), (20, 9), (10, 9)], area=[0, 0, 1, 1, 1, -1],
    )  # fmt: skip
    areas = areas_of(shapely.box(0, -9, 1000, 999), shapely.box(1000, -9, 3000, 999))
    return Case(net, places, homes, areas, ONE, minutes=(5, 10, 15))


def test_supply_worked_by_hand(case):
    supply = measure_supply(case, need={"canteen": 0.5}, turns={"canteen": 2})
    assert supply.kinds == ("care_centre", "care_station", "canteen")
    assert (supply.need, supply.turns) == ((1.0, 1.0, 0.5), (1.0, 1.0, 2.0))
    assert supply.elders.tolist() == [150, 90, 10]
    canteen = supply.kinds.index("canteen")
    assert supply.facilities[canteen].tolist() == [1, 1, 0]
    assert supply.unknown[canteen].tolist() == [0, 1, 0]
    # 30 seats, each used twice; the second area's canteen has yet to say; the third has none.
    np.testing.assert_equal(supply.places[canteen], [60, np.nan, 0])
    expected = [60 / 150 * 1000, np.nan, 0, 60 / 250 * 1000]
    np.testing.assert_allclose(supply.per_1000("canteen"), expected)
    # 100 people within 5 minutes, 50 within 10, 10 within 15.
    ratio = 60_000 / (100 + 0.68 * 50 + 0.22 * 10)
    # 600 m from the second canteen lives the home at 900 m: it reaches both.
    np.testing.assert_allclose(
        supply.access[canteen], [ratio, 0.68 * ratio, np.nan, 0, 0, 0.22 * ratio]
    )
    mean = (100 + 0.68 * 50) / 150 * ratio
    np.testing.assert_allclose(supply.mean[canteen, :3], [mean, 0, 0.22 * ratio])
    # All areas: 210 of 250 people are known, and they share all 60 places.
    assert supply.mean[canteen, 3] == pytest.approx(60_000 / 210)
    np.testing.assert_allclose(supply.median[canteen], [ratio, 0, 0.22 * ratio, 0.68 * ratio])
    assert supply.people[canteen].tolist() == [[150, 0, 10], [0, 50, 0], [0, 40, 0]]


def test_a_kind_without_any_known_capacity_is_unknown(case):
    supply = measure_supply(case, need={}, turns={})
    assert np.isnan(supply.access[0]).all()
    assert np.isnan(supply.mean[0]).all()
    assert np.isnan(supply.total_places("care_centre"))
    assert np.isnan(supply.per_1000("care_centre")[-1])
    np.testing.assert_equal(supply.places[0], [0, 0, np.nan])
    assert supply.people[0].sum(axis=1).tolist() == [0, 0, 250]


def test_supply_is_kept_and_comes_back(case, tmp_path):
    supply = measure_supply(case, need={}, turns={})
    save_stage(tmp_path / "s.npz", supply, key="k")
    back = load_stage(tmp_path / "s.npz")
    assert isinstance(back, Supply)
    pd.testing.assert_frame_equal(back.to_frame(), supply.to_frame())
    np.testing.assert_equal(back.access, supply.access)
    save_stage(tmp_path / "t.npz", measure_supply(case, need={}, turns={}), key="k")
    assert (tmp_path / "s.npz").read_bytes() == (tmp_path / "t.npz").read_bytes()


def test_nothing_to_supply_is_no_error(case):
    none = case.facilities.take(np.zeros(0, np.int64))
    supply = measure_supply(case.having(facilities=none), need={}, turns={})
    assert supply.kinds == ()
    assert supply.elders.sum() == 250
    assert supply.to_frame().empty


def test_a_kind_that_nobody_runs_is_doubted(case):
    doubts = supply_doubts(
        case.facilities, need={"canteen": 1.0, "canten": 0.5}, turns={"care_home": 2.0}
    )
    assert [(d.values["key"], d.values["kind"]) for d in doubts] == [
        ("need", "canten"), ("turns", "care_home"),
    ]  # fmt: skip


def test_kinds_are_known_by_their_names_in_either_language(case):
    assert by_kind({"社区养老服务站": 0.1, "canteen": 0.2, "own word": 0.3}) == {
        "care_station": 0.1, "canteen": 0.2, "own word": 0.3,
    }  # fmt: skip
    assert supply_doubts(case.facilities, need={"老年食堂": 1.0}, turns={}) == []


def test_places_of_the_neighbours_are_in_reach_and_not_the_district_s(case):
    own = measure_supply(case, need={}, turns={})
    theirs = replace(case.facilities.take(np.array([0])), origin=(NEIGHBOUR,))
    both = case.having(facilities=with_neighbours(case.facilities, theirs))
    supply = measure_supply(both, need={}, turns={})
    for name in ("facilities", "unknown", "places"):
        np.testing.assert_array_equal(getattr(supply, name), getattr(own, name))
    np.testing.assert_array_equal(supply.per_1000("canteen"), own.per_1000("canteen"))
    k = supply.kinds.index("canteen")
    assert supply.mean[k, -1] > own.mean[k, -1]
    # A kind that only the neighbours have: no places here, which is known.
    alone = measure_supply(case.having(facilities=theirs), need={}, turns={})
    assert alone.total_places(theirs.kinds[0]) == 0


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_classes_add_up_to_the_elders(seed):
    rng = np.random.default_rng(seed)
    n = 12
    net = make_network([(0, 0), (3000, 0)], [(0, 1)])
    places = facilities_at(rng.uniform(0, 3000, (4, 2)) * [1, 0], ["canteen", "canteen", "x", "y"])
    capacity = np.where(rng.random(4) < 0.4, np.nan, rng.integers(0, 40, 4))
    homes = homes_at(
        np.c_[rng.uniform(0, 3000, n), rng.choice([0, 900], n, p=[0.8, 0.2])],
        rng.integers(0, 30, (n, 2)), area=rng.integers(-1, 2, n),
    )  # fmt: skip
    areas = areas_of(shapely.box(0, -9, 1500, 999), shapely.box(1500, -9, 3000, 999))
    world = Case(net, replace(places, capacity=capacity), homes, areas, ONE)
    supply = measure_supply(world, need={}, turns={})
    np.testing.assert_allclose(supply.people.sum(axis=1), np.tile(supply.elders, (3, 1)))
    frame = supply.to_frame()
    parts = frame["with_places"] + frame["without_places"] + frame["access_unknown"]
    np.testing.assert_allclose(parts, frame["elders"])
    assert supply.elders.sum() == homes.people[:, 0].sum()
