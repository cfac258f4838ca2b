"""Step-free: a world worked out on paper, the floor, and that nobody is lost twice."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover.step_free import (
    StepFreeReport,
    assess_step_free,
    floored_pairs,
    step_free_floor,
)
from quarterhour.presets import Walker, walker
from quarterhour.reach import nearest_times
from quarterhour.reach.kernel import UNREACHED
from quarterhour.reach.times import ReachTable
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import WalkNetwork, snap, walk_seconds
from test_cover import areas_of, facilities_at, homes_at
from worlds import make_network, random_world

FREE = Walker(name="free", flat_mps=1.0, slope=False, steps=False, grade_limit=0.0833)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_pairs_have_the_floor_of_their_kind(seed: int):
    rng = np.random.default_rng(seed)
    limit, shape = 9, (int(rng.integers(0, 6)), int(rng.integers(1, 8)))
    kind = rng.integers(0, 3, shape[0])
    free, stairs = (rng.integers(0, 13, shape) for _ in range(2))

    def table(ms) -> ReachTable:
        row, column = np.nonzero(ms <= limit)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))])
        held = ms[row, column].astype(np.int32)
        return ReachTable(indptr.astype(np.int64), column.astype(np.int32), held, shape[1], limit)

    found = floored_pairs(table(free), table(stairs), kind)
    told = np.full(shape, 99)
    told[found.sources(), found.indices] = found.ms
    for k in range(3):
        rows, lifted = np.flatnonzero(kind == k), np.maximum(free, stairs)
        if len(rows) == 0:
            continue
        # The nearest of a kind is as far as the walker's nearest and the twin's nearest are.
        floor = np.maximum(free[rows].min(axis=0), stairs[rows].min(axis=0))
        assert (told[rows].min(axis=0) == np.where(floor <= limit, floor, 99)).all()
        # Every other pair is as far as its own two walks.
        other = free[rows] > free[rows].min(axis=0)
        mine = np.where(lifted[rows] <= limit, lifted[rows], 99)
        assert (told[rows][other] == mine[other]).all()


@pytest.fixture
def hill() -> StepFreeReport:
    """Return the report on a town with an upper street that only a stair and a ramp of 7 % reach.

    Main street 0-600 m; a stair of 30 m at 200 m leads up to a street of 100 m with a canteen and a
    home; another canteen stands far off beside a stair alone, a third beside no street at all.
    """
    net = make_network(
        [(0, 0), (200, 0), (400, 0), (600, 0), (200, 200), (300, 200), (700, 200), (600, 400),
         (600, 600)],
        [(0, 1), (1, 2), (2, 3), (1, 4), (4, 5), (3, 6), (3, 7), (7, 8)],
        length_m=[200, 200, 200, 200, 100, 300, 400, 200],
        steps=[0, 0, 0, 60, 0, 0, 0, 90],
        grades=[[0.0]] * 5 + [[0.07]] + [[0.0]] * 2,
    )  # fmt: skip
    facilities = facilities_at(
        [(0, 0), (300, 200), (600, 600), (0, 500)], ["care_station", *["canteen"] * 3]
    )
    homes = homes_at([(400, 0), (250, 200), (700, 200)], [(10, 2), (20, 4), (40, 8)])
    return assess_step_free(
        net, facilities, homes, areas_of(shapely.box(0, 0, 800, 800)), walker=FREE,
        minutes=(10, 15), max_snap_m=50,
    )  # fmt: skip


def test_facilities_that_lose_their_way(hill: StepFreeReport):
    frame = hill.facilities_frame()
    assert frame["step_free"].tolist() == ["joined", "island", "no_street", "no_street"]
    assert frame["with_stairs"].tolist() == [*["joined"] * 3, "no_street"]
    assert hill.lost_facilities.tolist() == [False, True, True, False]
    assert frame["leg_step_free_m"].tolist() == [0, 0, 0, 0]


def test_people_that_lose_their_way(hill: StepFreeReport):
    # The canteen: the home on the island still reaches it; those below lose it for good.
    assert hill.lost_people("canteen")[0].tolist() == [10 + 40, 2 + 8]
    assert hill.lost_people("care_station")[0].tolist() == [20, 4]
    assert hill.lost_people("any")[0].tolist() == [0, 0]
    # With stairs: 200 m and 200 m flat, and 60 steps at 1.23 - 0.3 s more (nobody knows which
    # way it climbs): 556 s, within ten minutes of the canteen for the home at 400 m.
    assert hill.lost_people("canteen", minutes=10)[0].tolist() == [10, 2]
    assert hill.twin_ms[1, 0] == 500_000 + round(60_000 * (1.23 - 0.3))
    assert hill.free_ms[1, 0] == UNREACHED
    assert hill.no_street.sum() == 0
    assert hill.lifted.tolist() == [0, 0]


def test_a_ban_on_steep_grades(hill: StepFreeReport):
    assert hill.ban_limit.tolist() == [0.0833, 0.06]
    length = 200 * 3 + 200 + 100 + 300 + 400 + 200
    usable, main = 1 - 400 / length, 1300 / length
    shares = [usable, usable, usable - 300 / length], [main, main, main - 300 / length]
    assert hill.usable_share.tolist() == pytest.approx(shares[0])
    assert hill.main_share.tolist() == pytest.approx(shares[1])
    station = hill.kinds.index("care_station")
    # The home up the ramp is 900 m from the station: within 15 minutes unless the ramp is shut.
    assert hill.within_free[station, 1, 0].tolist() == [50, 10]
    assert hill.within_ban[0, station, 1, 0].tolist() == [50, 10]
    assert hill.within_ban[1, station, 1, 0].tolist() == [10, 2]
    assert hill.bans_frame()["care_station_15_min_60+"].tolist() == [50, 50, 10]


def test_the_table_says_the_same(hill: StepFreeReport):
    frame = hill.to_frame()
    assert len(frame) == 3 * 2 * 2
    row = frame.query("kind == 'canteen' and area == 'area 0' and group == '60+'").iloc[0]
    assert (row["with_stairs_15_min"], row["step_free_15_min"]) == (30, 20)
    assert row["lost_altogether"] == 50
    assert row["ban_6_percent_15_min"] == 20


def test_a_report_is_kept_and_comes_back(hill: StepFreeReport, tmp_path):
    save_stage(tmp_path / "s.npz", hill, key="k")
    back = load_stage(tmp_path / "s.npz")
    assert back.to_frame().equals(hill.to_frame())
    assert back.facilities_frame().equals(hill.facilities_frame())


def short_cut() -> tuple[WalkNetwork, np.ndarray]:
    """Make a stair of 200 steps beside a plain street, and a home on the stair."""
    net = make_network(
        [(0, 0), (100, 0), (0, 30), (100, 30)], [(0, 1), (0, 2), (2, 3), (1, 3)],
        steps=[200, 0, 0, 0],
    )  # fmt: skip
    return net, np.array([[20.0, 0.0]])


def test_the_floor_takes_the_short_cut_away():
    net, home = short_cut()
    facilities, homes = facilities_at([(80, 30)], ["canteen"]), homes_at(home, [(5, 1)])
    raw = {}
    for who in (FREE, FREE.on_stairs()):
        paced = walk_seconds(net, who)
        place = snap(paced, facilities.xy_m, public_only=True)
        raw[who.name] = nearest_times(
            paced, place, homes.positions(paced, max_snap_m=150), limit_ms=900_000
        ).ms[0]
    # From the stair to the plain street are 20 or 30 m as the crow flies, and no step is walked.
    assert raw["free"] < raw["free_on_stairs"]
    report = assess_step_free(
        net, facilities, homes, areas_of(shapely.box(-9, -9, 200, 200)), walker=FREE, minutes=(15,)
    )
    assert report.free_ms[0, 0] == report.twin_ms[0, 0] == raw["free_on_stairs"]
    assert report.lifted.tolist() == [5, 1]


def test_the_floor_keeps_what_is_out_of_reach():
    free = np.array([UNREACHED, 5, 7], np.int32)
    stairs = np.array([3, UNREACHED, 9], np.int32)
    assert step_free_floor(free, stairs).tolist() == [UNREACHED, UNREACHED, 9]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 100_000), private=st.booleans(), back=st.booleans())
def test_no_step_free_walk_is_quicker_than_the_same_walk_with_stairs(seed, private, back):
    net, rng = random_world(seed, private=private), np.random.default_rng(seed)
    facilities = facilities_at(rng.uniform(-50, 450, (3, 2)), ["canteen", "canteen", "x"])
    homes = homes_at(rng.uniform(-50, 450, (12, 2)), rng.integers(0, 9, (12, 2)))
    report = assess_step_free(
        net, facilities, homes, areas_of(shapely.box(0, 0, 400, 400)),
        walker=replace(walker("step_free"), grade_limit=0.1), minutes=(2, 5, 15),
        direction="back" if back else "there",
    )  # fmt: skip
    assert (report.free_ms >= report.twin_ms).all()
    assert (report.within_free <= report.within_twin).all()
    assert (report.within_ban <= report.within_free).all()
    assert (report.within_ban[1] <= report.within_ban[0]).all()
    assert (report.reached_free <= report.reached_twin).all()
    assert (report.reached_twin <= report.residents).all()
    assert (report.within_free <= report.reached_free[:, None]).all() or back
    for m in (2, 5, 15, None):
        assert (report.lost_people("any", minutes=m) >= 0).all()
    assert (np.diff(report.usable_share) <= 1e-12).all()
    assert (report.main_share <= report.usable_share + 1e-12).all()
