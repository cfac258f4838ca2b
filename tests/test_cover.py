"""Coverage and gaps: a world worked out on paper, and that the rows always add up."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover, time_quantiles
from quarterhour.cover.positions import Positions
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import Facilities
from quarterhour.presets import Walker, walker
from quarterhour.streets import walk_seconds
from worlds import make_network, random_world

SLOW = Walker(name="slow", flat_mps=0.5, slope=False)
ONE = Walker(name="one", flat_mps=1.0, slope=False)


def areas_of(*boxes) -> Areas:
    names = tuple(f"area {k}" for k in range(len(boxes)))
    return Areas(names, ("",) * len(boxes), np.array(boxes, object), "EPSG:4544")


def facilities_at(xy, kinds) -> Facilities:
    n = len(xy)
    names = [f"name {k}" for k in range(n)]
    return Facilities.plain(names, kinds, np.array(xy, float), np.zeros(n, np.int32))


def homes_at(xy, people, area=None, groups=("60+", "80+")) -> Demand:
    n = len(xy)
    return Demand(
        groups, np.array(people, float),
        np.zeros(n, np.int32) if area is None else np.array(area, np.int32), np.array(xy, float),
        np.full(n, -1, np.int32), np.zeros(n, np.int32), ("place",) * n,
    )  # fmt: skip


@pytest.fixture
def world():
    """Return a street of 2 km eastwards with a station at its start and four homes along it."""
    net = make_network([(0, 0), (2000, 0)], [(0, 1)], names=["一路"])
    facilities = facilities_at([(0, 0), (1500, 0)], ["care_station", "canteen"])
    homes = homes_at(
        [(300, 0), (900, 0), (901, 0), (1000, 900)], [(10, 2), (20, 4), (30, 6), (40, 8)]
    )
    return net, facilities, homes, areas_of(shapely.box(0, -100, 2000, 1000))


def cover(world, **more):
    net, facilities, homes, areas = world
    given = {"walkers": [ONE, SLOW], "minutes": (5, 10, 15)} | more
    return assess_cover(net, facilities, homes, areas, **given)


def test_counts_worked_by_hand(world):
    coverage = cover(world)
    assert coverage.kinds == ("care_station", "canteen", "any")
    # Exactly 900 s is inside fifteen minutes; 901 s is not; the last home has no street.
    assert [coverage.people("care_station", minutes=m)[0] for m in (5, 10, 15)] == [10, 10, 30]
    assert coverage.people("canteen")[0] == 50
    assert coverage.people("any")[0] == 60
    assert coverage.people("any", walker="slow")[0] == 10
    assert coverage.share("care_station") == pytest.approx(0.3)
    assert coverage.no_street[0, 0].tolist() == [40, 8]


def test_walkers_with_the_same_streets_share_their_positions(world):
    net, facilities, homes, _ = world
    net = replace(net, edge_steps=np.array([40.0]))
    positions = Positions(facilities, homes)
    one, slow, none = (walk_seconds(net, who) for who in (ONE, SLOW, replace(ONE, steps=False)))
    assert all(a is b for a, b in zip(positions.of(one), positions.of(slow), strict=True))
    assert positions.of(one)[1].found.tolist() == [True, True, True, False]
    assert not positions.of(none)[1].found.any()


def test_positions_that_are_known_change_nothing(world):
    net, facilities, homes, _ = world
    known = Positions(facilities, homes)
    known.of(walk_seconds(net, ONE))
    assert cover(world, positions=known).within.tolist() == cover(world).within.tolist()


def test_groups_walk_at_their_own_pace(world):
    coverage = cover(world, walker_by_group={"80+": "slow"})
    assert coverage.walkers == ("one", "slow", "by_group")
    # Of the 80+ only the 2 at 300 m arrive at half the pace; the other 60+ go as before.
    assert coverage.people("care_station", walker="by_group")[0] == 30 - 6 + 2
    assert coverage.people("care_station", walker="by_group", group="80+")[0] == 2
    frame = coverage.to_frame()
    assert (frame["beyond"] >= -1e-9).all()


@pytest.mark.parametrize(
    ("paces", "counted"),
    [
        # To the station: 60-64 from all three homes, 65-79 from two, 80 and more from one.
        ({"80+": "slow", "65+": "half"},
         {"80+": 10, "65+": 10 + 2 * 30, "60+": 10 + 2 * 30 + 3 * 60}),
        # All of 60-79 from two homes, those of 65-79 among them, who have no pace of their own.
        ({"60+": "half", "80+": "slow"},
         {"80+": 10, "65+": 10 + 2 * 30, "60+": 10 + 2 * 30 + 2 * 60}),
    ],
    ids=["each its own", "as the next wider one"],
)  # fmt: skip
def test_groups_within_groups_are_counted_once_at_their_pace(world, paces, counted):
    net, facilities, _, areas = world
    people = [(100, 40, 10), (100, 40, 10), (100, 40, 10)]
    homes = homes_at([(300, 0), (600, 0), (890, 0)], people, groups=("60+", "65+", "80+"))
    half = Walker(name="half", flat_mps=0.75, slope=False)
    coverage = assess_cover(
        net, facilities, homes, areas, walkers=[ONE, half, SLOW], minutes=(15,),
        walker_by_group=paces,
    )  # fmt: skip
    own = {g: coverage.people("care_station", walker="by_group", group=g)[0] for g in homes.groups}
    assert own == counted


def test_straight_lines_lead_to_a_facility_too(world):
    net, _, homes, areas = world
    # The first home stands between two, the second next to four at one spot.
    places = facilities_at([(600, 0), (0, 0), *[(890, 0)] * 4], ["canteen"] * 6)
    coverage = assess_cover(
        net, places, homes, areas, walkers=[walker("policy_radius")], minutes=(15,)
    )
    assert coverage.facility[0].tolist() == [0, 2, 2, 2]
    lost = replace(homes, xy_m=np.where(np.arange(4)[:, None] == 1, np.nan, homes.xy_m))
    again = assess_cover(net, places, lost, areas, walkers=[walker("policy_radius")], minutes=(15,))
    assert again.facility[0].tolist() == [0, -1, 2, 2]


def test_policy_radius_is_a_straight_line(world):
    coverage = cover(world, walkers=[ONE, walker("policy_radius")])
    assert coverage.people("care_station", walker="policy_radius", minutes=5)[0] == 10
    assert coverage.people("care_station", walker="policy_radius", minutes=15)[0] == 60
    assert coverage.people("canteen", walker="policy_radius")[0] == 50


def test_quantiles_of_time(world):
    homes = world[2]
    coverage = cover(world)
    assert time_quantiles(coverage, homes, "care_station", quantiles=(0.1, 0.3, 0.6, 0.9)) == [
        300.0, 900.0, 901.0, np.inf,
    ]  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 100_000))
def test_rows_add_up_to_the_residents(seed: int):
    rng = np.random.default_rng(seed)
    net = random_world(seed)
    n = 15
    xy = rng.uniform(-100, 600, (n, 2))
    elders = rng.integers(0, 50, n)
    homes = homes_at(xy, np.column_stack([elders, elders // 4]), rng.integers(-1, 2, n))
    facilities = facilities_at(
        rng.uniform(0, 400, (4, 2)), ["care_station", "canteen", "canteen", "own"]
    )
    areas = areas_of(shapely.box(-100, -100, 250, 600), shapely.box(250, -100, 600, 600))
    coverage = assess_cover(
        net, facilities, homes, areas,
        walkers=[walker("elder"), walker("elder_slow"), walker("step_free"),
                 walker("policy_walk"), walker("policy_radius")],
        minutes=(5, 10, 15), walker_by_group={"80+": "elder_slow"},
    )  # fmt: skip
    frame = coverage.to_frame()
    parts = frame["within_15_min"] + frame["beyond"] + frame["no_street"]
    np.testing.assert_allclose(parts, frame["residents"], atol=1e-9)
    straight = frame["walker"] == "policy_radius"
    assert (frame.loc[~straight, "beyond"] >= -1e-9).all()
    assert (np.diff(coverage.within, axis=2) >= -1e-9).all()
    assert coverage.residents.sum(axis=0).tolist() == homes.people.sum(axis=0).tolist()
    kinds = coverage.within[:-1].max(axis=0)
    assert (coverage.within[-1] >= kinds - 1e-9).all()


def test_step_free_people_are_never_inside_without_their_twin_on_stairs():
    network, facilities, demand, areas = world_with_a_stair()
    free = walker("step_free")
    both = assess_cover(
        network, facilities, demand, areas, walkers=[free, free.on_stairs()], minutes=(5, 10, 15)
    )
    assert (both.ms[:, 0] >= both.ms[:, 1]).all()
    # The home on the stair would gain 80 m of short cut: it is as slow as its twin instead.
    assert both.ms[0, 0, 0] == both.ms[0, 1, 0]


def world_with_a_stair():
    """Make a home on a long stair 20 m from the street that the facility stands on."""
    network = make_network(
        [(0, 0), (300, 0), (0, 100)], [(0, 1), (0, 2)], length_m=[300, 100], steps=[0, 200]
    )
    facilities = facilities_at([(200, 0)], ["care_station"])
    return (
        network,
        facilities,
        homes_at([(20, 90)], [[10, 1]]),
        areas_of(shapely.box(-500, -500, 500, 500)),
    )
