"""Walking times and backup: a street worked out on paper, brute force, and that all add up."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover, time_quantiles
from quarterhour.cover.case import Case
from quarterhour.cover.quantiles import time_quantiles_by
from quarterhour.cover.walk_times import BACKUP, QUANTILES, WalkTimes, measure_walk_times
from quarterhour.inputs.entrances import Entrances
from quarterhour.presets import Walker, walker
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets.walker import UNREACHED
from test_cover import areas_of, facilities_at, homes_at
from worlds import make_network, random_world

ONE = Walker(name="one", flat_mps=1.0, slope=False)
WALKERS = ("elder", "step_free", "policy_walk", "policy_radius")


def measured(case: Case) -> WalkTimes:
    coverage = assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes, direction=case.direction, max_snap_m=case.max_snap_m,
    )  # fmt: skip
    return measure_walk_times(case, coverage)


def street() -> Case:
    """Return a street of 5 km with stations at 0 and 600 m and a canteen at 1000 m.

    The homes at 100, 600 and 4900 m are in the first area, the last two (at 1200 m, and one
    2 km off any street) in none.
    """
    net = make_network([(0, 0), (5000, 0)], [(0, 1)])
    facilities = facilities_at(
        [(0, 0), (600, 0), (1000, 0)], ["care_station", "care_station", "canteen"]
    )
    homes = homes_at(
        [(100, 0), (600, 0), (4900, 0), (1200, 0), (100, 2000)],
        [(10, 1), (20, 2), (30, 3), (25, 5), (15, 0)], area=[0, 0, 0, -1, -1],
    )  # fmt: skip
    return Case(net, facilities, homes, areas_of(shapely.box(0, -9, 5000, 9)), ONE)


def test_times_worked_by_hand():
    found = measured(street())
    k = found.kinds.index("care_station")
    # To a station: 100 s, 0 s, 4300 s (over an hour), 600 s, and one without a street.
    assert found.arrived[k].tolist() == [[30, 3], [25, 5]]
    assert found.beyond[k].tolist() == [[30, 3], [0, 0]]
    assert found.no_street[k].tolist() == [[0, 0], [15, 0]]
    # Means of those who arrive: 10 x 100 / 30 and 600; of all, (1000 + 25 x 600) / 55.
    assert found.mean_s[k, :, 0].tolist() == pytest.approx([1000 / 30, 600, 16_000 / 55])
    # Of 60 people in the area 30 are half, and they arrive within 100 s; nine in ten do not. Of
    # the 40 outside all areas 25 arrive. Of all 100, half arrive within 600 s.
    assert found.quantile_s[0, k, :, 0].tolist() == [100, 600, 600]
    assert np.isinf(found.quantile_s[1, k, :, 0]).all()
    # All five people of 80 and more outside arrive at once.
    assert found.quantile_s[:, k, 1, 1].tolist() == [600, 600]


def test_backup_worked_by_hand():
    found = measured(street())
    station, anything = found.kinds.index("care_station"), found.kinds.index("any")
    # In 5 minutes: the homes at 100 and 600 m have one station each. In 10: both have both
    # (100 + 500 m, 600 m exactly), the one at 1200 m has one at 600 s exactly.
    assert found.backup[:, station, 0, 0, 0].tolist() == [30, 30, 0]
    assert found.backup[:, station, 1, 0, 0].tolist() == [30, 0, 30]
    assert found.backup[:, station, 1, 1, 0].tolist() == [15, 25, 0]
    # Of any kind the home at 1200 m has the canteen at 200 m and a station at 600 m.
    assert found.backup[:, anything, 1, 1, 0].tolist() == [15, 0, 25]
    assert found.people_with("care_station", "two", group="80+").tolist() == [3, 0]
    assert found.people_with("any", "one", minutes=5, group="60+").tolist() == [30, 25]


def test_two_doors_of_one_facility_are_no_backup():
    case = street()
    doors = Entrances(np.array([0, 0], np.int32), np.array([[0.0, 0.0], [150.0, 0.0]]))
    case = case.having(facilities=replace(case.facilities, entrances=doors))
    found = measured(case)
    # The home at 100 m has both doors of the first station within 5 minutes: it is one station.
    assert found.people_with("care_station", "two", minutes=5, group="60+").sum() == 0
    assert found.people_with("care_station", "one", minutes=5, group="60+")[0] == 30


def test_who_counts_straight_metres_has_them_in_place_of_seconds():
    case = street().having(walker=walker("policy_radius"))
    homes = replace(case.demand, xy_m=np.vstack([case.demand.xy_m[:-1], [[np.nan, np.nan]]]))
    found = measured(case.having(demand=homes))
    k = found.kinds.index("care_station")
    # A straight line always leads there; only the home without a place has none.
    assert found.arrived[k, :, 0].tolist() == [60, 25]
    assert found.beyond[k, :, 0].tolist() == [0, 15]
    assert found.no_street.sum() == 0
    assert found.mean_s[k, 0, 0] == pytest.approx((10 * 100 + 30 * 4300) / 60)


def test_nobody_has_no_mean_and_never_arrives():
    case = street()
    empty = replace(case.demand, people=np.zeros((5, 2)))
    found = measured(case.having(demand=empty))
    assert np.isnan(found.mean_s).all() and np.isinf(found.quantile_s).all()
    assert found.backup.sum() == 0


def test_it_is_kept_and_comes_back(tmp_path):
    found = measured(street())
    save_stage(tmp_path / "s.npz", found, key="k")
    back = load_stage(tmp_path / "s.npz")
    assert back.to_frame().equals(found.to_frame())
    assert back.backup.tolist() == found.backup.tolist()


def random_case(seed: int, who: str = "elder") -> Case:
    rng = np.random.default_rng(seed)
    n = 14
    elders = rng.integers(0, 60, n)
    homes = homes_at(
        rng.uniform(-100, 700, (n, 2)), np.column_stack([elders, elders // 3]),
        rng.integers(-1, 2, n),
    )  # fmt: skip
    facilities = facilities_at(
        rng.uniform(0, 400, (6, 2)), ["care_station", "canteen", "canteen", "own", "own", "own"]
    )
    areas = areas_of(shapely.box(-100, -100, 250, 700), shapely.box(250, -100, 700, 700))
    return Case(random_world(seed), facilities, homes, areas, walker(who), minutes=(2, 5, 15))


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 100_000), who=st.sampled_from(WALKERS),
    direction=st.sampled_from(["there", "round_trip"]),
)  # fmt: skip
def test_all_parts_add_up_and_agree_with_the_coverage(seed, who, direction):
    case = random_case(seed, who).having(direction=direction)
    coverage = assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes, direction=direction,
    )  # fmt: skip
    found = measure_walk_times(case, coverage)
    everybody = np.broadcast_to(found.residents, found.arrived.shape)
    np.testing.assert_allclose(found.arrived + found.beyond + found.no_street, everybody)
    np.testing.assert_array_equal(found.no_street[0], coverage.no_street[0])
    for m in range(len(found.minutes)):
        np.testing.assert_allclose(found.backup[:, :, m].sum(axis=0), everybody)
        np.testing.assert_allclose(found.backup[1:, :, m].sum(axis=0), coverage.within[:, 0, m])
    more = found.backup[BACKUP.index("two")]
    assert (np.diff(more, axis=1) >= -1e-9).all()
    anything = found.kinds.index("any")
    assert (more[anything] >= more[:anything].max(axis=0) - 1e-9).all()
    for k, kind in enumerate(found.kinds):
        assert found.quantile_s[:, k, -1, 0].tolist() == time_quantiles(coverage, case.demand, kind)


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 100_000))
def test_backup_is_that_of_counting_pair_by_pair(seed):
    case = random_case(seed)
    found, table = measured(case), case.reach
    source = table.sources()
    for k, kind in enumerate(found.kinds):
        rows = set(case.facilities.rows_of(kind).tolist())
        for m, minutes in enumerate(found.minutes):
            near = [0] * len(case.demand.people)
            for s, home, ms in zip(source, table.indices, table.ms, strict=True):
                near[home] += int(s in rows and ms <= minutes * 60_000)
            for b, some in enumerate((lambda c: c == 0, lambda c: c == 1, lambda c: c > 1)):
                counted = np.zeros((case.n_areas, 2))
                for home, count in enumerate(near):
                    counted[case.at[home]] += case.demand.people[home] * some(count)
                assert found.backup[b, k, m].tolist() == counted.tolist()


@settings(deadline=None, max_examples=60)
@given(
    ms=st.lists(st.sampled_from([0, 1000, 2000, 3000, UNREACHED]), min_size=1, max_size=12),
    seed=st.integers(0, 1000),
)
def test_quantiles_are_those_of_people_in_a_row(ms, seed):
    rng = np.random.default_rng(seed)
    people, at = rng.integers(0, 4, (len(ms), 1)), rng.integers(0, 2, len(ms))
    found = time_quantiles_by(
        np.array(ms, np.int32), people.astype(float), at, n_rows=2, quantiles=QUANTILES
    )
    for row in range(2):
        line = sorted(m for m, p, a in zip(ms, people[:, 0], at, strict=True)
                      for _ in range(p) if a == row)  # fmt: skip
        for q, share in enumerate(QUANTILES):
            # The first person at whom the share is reached: the n-th of N with n >= share x N.
            stands = [m for n, m in enumerate(line, start=1) if n >= share * len(line) - 1e-9]
            wanted = stands[0] / 1000 if stands and stands[0] != UNREACHED else np.inf
            assert found[q, row, 0] == wanted
