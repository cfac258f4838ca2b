"""Hierarchy: a street worked out on paper, the tiers, an oracle, and that nobody vanishes."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover.case import Case
from quarterhour.cover.closest import closest
from quarterhour.cover.hierarchy import LEADERS, STATES, assess_hierarchy
from quarterhour.cover.tiers import tiers_inferred, usual_tiers
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import NEIGHBOUR, TIERS
from quarterhour.presets import Walker, walker
from quarterhour.reach.kernel import UNREACHED
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import walk_seconds
from test_cover import areas_of, facilities_at, homes_at
from worlds import make_network, oracle_ms, random_world

ONE = Walker(name="one", flat_mps=1.0, slope=False)
STEEP = Walker(name="steep", flat_mps=1.0, step_up_s=0.9, step_down_s=0.8)


def street(kinds_at, homes=((500, 10), (1000, 20), (1400, 30), (3000, 40)), **more) -> Case:
    """Return a street of 9 km; area 0 up to 1000 m, area 1 beyond; kinds at metres along it."""
    x = [at for _, at in kinds_at]
    facilities = facilities_at([(at, 0) for at in x], [kind for kind, _ in kinds_at])
    facilities = replace(facilities, area_index=np.array([int(at > 1000) for at in x], np.int32))
    areas = areas_of(shapely.box(-9, -9, 1000, 9), shapely.box(1000, -9, 9000, 9))
    return Case(
        make_network([(0, 0), (9000, 0)], [(0, 1)]), facilities,
        homes_at([(at, 0) for at, _ in homes], [(p, p / 10) for _, p in homes],
                 [int(at > 1000) for at, _ in homes]),
        replace(areas, names=("甲街道", "乙镇")), more.pop("walker", ONE), **more,
    )  # fmt: skip


TOWN = [("care_centre", 0), ("care_station", 600), ("care_station", 1500), ("service_point", 900),
        ("canteen", 10), ("mutual_aid", 5000)]  # fmt: skip


def test_tiers_of_files_and_of_kinds():
    case = street([*TOWN, ("care_centre", 2000), ("nursing_centre", 0), ("care_home", 0)])
    said = replace(case.facilities, tier=("", "village", *[""] * 7))
    tiers = usual_tiers(said, case.areas)
    assert tiers == ("subdistrict", "village", "community", "neighbourhood", "", "village",
                     "town", "district", "")  # fmt: skip
    assert tiers_inferred(said, tiers).tolist() == [1, 0, 1, 1, 0, 1, 1, 1, 0]
    outside = replace(said, area_index=np.full(9, -1, np.int32))
    assert usual_tiers(outside, case.areas)[6] == "subdistrict"
    english = replace(case.areas, names=("X Town", "Y Subdistrict"))
    assert [usual_tiers(said, english)[n] for n in (0, 6)] == ["town", "subdistrict"]
    assert set(LEADERS) | {t for above in LEADERS.values() for t in above} <= set(TIERS)


def test_leaders_worked_by_hand():
    found = assess_hierarchy(street(TOWN))
    assert found.ids == ("F002", "F003", "F004", "F006")
    assert found.tier == ("community", "community", "neighbourhood", "village")
    # The first station has 600 m to the centre, the second 1500 m; the point 300 m to the first
    # station; the village has 5000 m, more than the hour of 3600 s.
    assert found.seconds.tolist() == [600, 1500, 300, np.inf]
    assert found.straight_m.tolist() == [600, 1500, 300, 5000]
    assert found.leader.tolist() == [0, 0, 1, 0]
    assert found.state == ("led", "beyond", "led", "beyond")
    assert found.own_area.tolist() == [1, 0, 1, 0]
    assert found.own_centre.tolist() == [1, 0, 1, 0]
    assert (found.inferred, found.limit_s, found.minutes) == (5, 900.0, 15)
    assert [found.led_by(row).tolist() for row in (0, 1, 2)] == [[0], [2], []]
    assert found.count("community", "led") == found.count("community", "beyond") == 1


def test_people_worked_by_hand():
    found = assess_hierarchy(street(TOWN))
    assert found.tiers == ("community", "village", "neighbourhood")
    # Nearest stations: 600 for homes at 500 and 1000 (led), 1500 for the one at 1400 (not led);
    # the home at 3000 has 1500 m to its nearest and is outside.
    assert found.inside[0, :, 0].tolist() == [30, 30, 0]
    assert found.led[0, :, 0].tolist() == [30, 0, 0]
    assert found.share_led("community", "60+") == 0.5
    # The point at 900 m is led; homes at 500, 1000 and 1400 are inside.
    assert found.led[2, :, 1].tolist() == pytest.approx([3, 3, 0])
    # Nobody lives within 900 m of the village point.
    assert np.isnan(found.share_led("village", "60+"))
    frame = found.people_frame()
    assert (frame["inside"] + frame["outside"]).tolist() == frame["residents"].tolist()
    assert found.to_frame()["state"].tolist() == list(found.state)


def test_exactly_the_limit_is_led():
    found = assess_hierarchy(street([("care_centre", 0), ("care_station", 900),
                                     ("care_station", 900.1)]))  # fmt: skip
    assert found.state == ("led", "beyond")


def test_the_nearest_of_either_centre_leads():
    # The station at 1500 m stands 500 m from the town's centre and 1500 m from the subdistrict's.
    found = assess_hierarchy(street([*TOWN, ("care_centre", 2000)]))
    assert found.leader[1] == 6 and found.state[1] == "led" and found.own_area[1] == 1


def test_nobody_knows_without_a_tier_above():
    found = assess_hierarchy(street([("care_station", 600), ("mutual_aid", 5000)]))
    assert found.state == ("unknown", "unknown")
    assert found.leader.tolist() == found.own_centre.tolist() == [-1, -1]
    assert np.isnan(found.seconds).all() and np.isnan(found.straight_m).all()
    assert np.isnan(found.led).all() and np.isnan(found.share_led("community", "60+"))
    assert found.inside[0, :, 0].sum() == 10 + 20 + 30


def test_a_district_centre_is_told_by_distance_alone():
    found = assess_hierarchy(street([("nursing_centre", 0), ("care_centre", 1200)]))
    assert found.tier == ("town",) and found.state == ("distance_only",)
    assert found.seconds.tolist() == found.straight_m.tolist() == [1200]
    assert np.isnan(found.led).all()
    assert found.led_by(0).tolist() == [0]


def test_without_lower_facilities_there_is_nothing():
    found = assess_hierarchy(street([("canteen", 0)]))
    assert found.ids == found.tiers == () and len(found.people_frame()) == 0
    assert len(found.to_frame()) == 0


def test_the_best_of_several_doors_counts_on_both_sides():
    case = street([("care_centre", 0), ("care_station", 2000)])
    doors = Entrances(np.array([0, 0, 1, 1], np.int32),
                      np.array([[400, 0], [0, 0], [1100, 0], [2000, 0]], float))  # fmt: skip
    found = assess_hierarchy(replace(case, facilities=replace(case.facilities, entrances=doors)))
    assert found.seconds.tolist() == [700] and found.state == ("led",)


def test_outside_all_areas_no_area_is_asked():
    case = street(TOWN)
    index = case.facilities.area_index.copy()
    index[1] = -1
    found = assess_hierarchy(case.having(facilities=replace(case.facilities, area_index=index)))
    assert (found.own_area[0], found.own_centre[0]) == (-1, -1)
    assert found.state[0] == "led"


def test_neighbours_neither_lead_nor_are_led():
    case = street([("care_centre", 0), ("care_station", 600), ("care_centre", 700),
                   ("care_station", 800)])  # fmt: skip
    origin = ("file", "file", NEIGHBOUR, NEIGHBOUR)
    found = assess_hierarchy(case.having(facilities=replace(case.facilities, origin=origin)))
    assert found.ids == ("F002",) and found.leader.tolist() == [0]
    assert found.seconds.tolist() == [600] and found.inferred == 2


def test_straight_walkers_count_straight_metres():
    case = street(TOWN, walker=walker("policy_radius"))
    found = assess_hierarchy(case)
    # 1000 m are its quarter of an hour, 4000 m its hour.
    assert found.seconds.tolist() == [600, 1500, 300, np.inf]
    assert found.limit_s == 1000.0
    assert found.state == ("led", "beyond", "led", "beyond")


def test_a_hierarchy_is_kept_and_comes_back(tmp_path):
    found = assess_hierarchy(street(TOWN))
    for name in ("a", "b"):
        save_stage(tmp_path / f"{name}.npz", assess_hierarchy(street(TOWN)), key="k")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = load_stage(tmp_path / "a.npz")
    assert back.to_frame().equals(found.to_frame())
    assert back.people_frame().equals(found.people_frame())


KINDS = ["care_centre", "care_station", "mutual_aid", "service_point", "canteen", "nursing_centre"]


def random_case(seed, *, who, direction="there", private=False) -> Case:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    facilities = facilities_at(rng.uniform(0, 400, (n, 2)), rng.choice(KINDS, n).tolist())
    facilities = replace(facilities, area_index=rng.integers(-1, 2, n).astype(np.int32))
    homes = homes_at(rng.uniform(0, 400, (15, 2)), rng.integers(0, 9, (15, 2)),
                     rng.integers(-1, 2, 15))  # fmt: skip
    areas = areas_of(shapely.box(0, 0, 200, 400), shapely.box(200, 0, 400, 400))
    return Case(random_world(seed, private=private), facilities, homes, areas, who,
                minutes=(1, 4), direction=direction)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), direction=st.sampled_from(["there", "back"]))
def test_walks_between_facilities_against_networkx(seed, direction):
    case = random_case(seed, who=STEEP, direction=direction)
    found = assess_hierarchy(case)
    tiers = usual_tiers(case.facilities, case.areas)
    places = case.places
    ms = oracle_ms(case.paced, places, places, direction=direction)  # (lower, leader)
    for n, row in enumerate(found.facility):
        above = [r for r, t in enumerate(tiers) if t in LEADERS[tiers[row]]]
        if not above:
            assert found.state[n] == "unknown"
            continue
        best = min(ms[row, r] for r in above)
        expected = best / 1000.0 if best <= 3_600_000 else np.inf
        assert found.seconds[n] == expected
        if np.isfinite(expected):
            assert ms[row, found.leader[n]] == best
            assert found.leader[n] == min(r for r in above if ms[row, r] == best)
            assert (found.state[n] in ("led", "distance_only")) or best > 240_000


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 100_000), name=st.sampled_from(["elder", "step_free", "policy_radius"]),
    direction=st.sampled_from(["there", "worst"]),
)  # fmt: skip
def test_nobody_vanishes(seed, name, direction):
    case = random_case(seed, who=walker(name), direction=direction, private=True)
    found = assess_hierarchy(case)
    assert found.residents.sum(axis=0).tolist() == case.demand.people.sum(axis=0).tolist()
    assert ((found.inside >= 0) & (found.inside <= found.residents[None] + 1e-9)).all()
    judged = np.isfinite(found.led)
    assert (found.led[judged] <= found.inside[judged] + 1e-9).all()
    assert set(found.state) <= set(STATES)
    counts = [sum(found.count(t, s) for s in STATES) for t in found.tiers]
    assert sum(counts) == len(found.ids)
    led = sum(len(found.led_by(row)) for row in range(len(case.facilities.ids)))
    assert led == sum(s in ("led", "distance_only") for s in found.state)
    again = assess_hierarchy(random_case(seed, who=walker(name), direction=direction, private=True))
    assert again.to_frame().equals(found.to_frame())


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 100_000))
def test_a_step_free_search_is_never_quicker_than_its_twin(seed):
    free = walker("step_free")
    case = random_case(seed, who=free)
    rows = np.arange(len(case.facilities.ids))
    for seen_from in ("homes", "facilities"):
        ms, facility = closest(case, seen_from=seen_from)(rows, 3_600_000)
        twin, _ = closest(case, seen_from=seen_from, walker=free.on_stairs())(rows, 3_600_000)
        assert (ms >= twin).all()
        assert ((facility == -1) == (ms == UNREACHED)).all()
    assert walk_seconds(case.network, free).usable.sum() == case.paced.usable.sum()
