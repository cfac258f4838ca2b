"""Gaps: worlds worked out on paper for causes, names and barriers, and an oracle for the ways."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import CAUSES, assess_cover, find_gaps
from quarterhour.cover.case import Case
from quarterhour.cover.gaps.clusters import cluster
from quarterhour.cover.gaps.examples import find_examples
from quarterhour.cover.gaps.names import name_places
from quarterhour.cover.gaps.ways import Climbs, WayFinder, steps_on, way_line
from quarterhour.presets import Walker
from quarterhour.reach import nearest_times
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import Barriers, walk_seconds
from quarterhour.streets.walker import UNREACHED
from test_cover import ONE, areas_of, facilities_at, homes_at
from worlds import make_network, random_positions, random_world

BOX = areas_of(shapely.box(-1000, -2000, 5000, 2000))
STATION = facilities_at([(0, 0)], ["care_station"])


def case_of(net, homes, facilities=STATION, areas=BOX, **more) -> Case:
    return Case(net, facilities, homes, areas, **{"walker": ONE} | more)


def gaps_of(case, kind="care_station", **more):
    coverage = assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes, direction=case.direction, max_snap_m=case.max_snap_m,
    )  # fmt: skip
    found = find_gaps(case, coverage, **{"min_people": 50, "radius_m": 150} | more)
    return found[coverage.kinds.index(kind)]


@pytest.fixture
def street():
    """A street of 3 km with a station at its start and homes at 100, 1500, 1540 and 2500 m."""
    net = make_network([(0, 0), (3000, 0)], [(0, 1)], names=["一路"])
    return case_of(net, homes_at(
        [(100, 0), (1500, 0), (1540, 0), (2500, 0)], [(9, 1), (30, 3), (30, 3), (7, 1)]
    ))  # fmt: skip


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_far_homes_form_a_named_gap_and_scattered_people_stay_counted(street, method):
    gaps = gaps_of(street, method=method)
    assert gaps.ids == ("G01",)
    assert gaps.people.tolist() == [[60, 6]]
    assert gaps.scattered.tolist() == [7, 1]
    assert (gaps.areas, gaps.streets, gaps.cause) == (("area 0",), ("一路",), ("distance",))
    assert gaps.median_s[0] == pytest.approx(1500.0)
    assert gaps.member.tolist() == [-1, 0, 0, -1]
    assert (gaps.walk_m[0], gaps.straight_m[0], gaps.detour[0]) == (1500, 1500, 1)
    assert gaps.facility == STATION.ids
    assert gaps.by_cause[0].tolist() == [60, 0, 0, 0, 0, 0, 0]
    assert gaps.scattered_by_cause.sum() == 7
    assert gaps.method == method
    assert gaps.parameters == {
        "min_people": 50, "radius_m": 150, "cell_m": 50, "widest_m": 1800, "detour": 3, "k": 10,
    }  # fmt: skip


def test_no_gap_where_everybody_is_inside():
    net = make_network([(0, 0), (3000, 0)], [(0, 1)], names=["一路"])
    for method in ("dbscan", "hdbscan"):
        gaps = gaps_of(case_of(net, homes_at([(100, 0)], [(500, 50)])), method=method)
        assert gaps.ids == ()
        assert gaps.scattered.tolist() == [0, 0]
        assert len(gaps.to_frame()) == len(gaps.examples.to_frame()) == 0


# --- causes -------------------------------------------------------------------------------------


def test_slope_and_stairs_are_told_apart():
    # 800 m of 30 %: 800 s on the flat, more than twice that uphill; without steps it is no nearer.
    elder = Walker(name="t", flat_mps=1.0, step_up_s=3.0, step_down_s=3.0)
    hill = homes_at([(790, 0)], [(60, 6)])
    steep = make_network([(0, 0), (800, 0)], [(0, 1)], grades=[[0.3] * 8])
    assert gaps_of(case_of(steep, hill, walker=elder, direction="back")).cause == ("slope",)
    # 800 m of level stairs of 100 steps: 790 s and some 260 s for the steps.
    stair = make_network([(0, 0), (800, 0)], [(0, 1)], steps=[100])
    assert gaps_of(case_of(stair, hill, walker=elder)).cause == ("stairs",)
    # Both: the slope alone is too much, stairs or not.
    both = make_network([(0, 0), (700, 0), (800, 0)], [(0, 1), (1, 2)], steps=[0, 100],
                        grades=[[0.3] * 7, [0.0]])  # fmt: skip
    assert gaps_of(case_of(both, hill, walker=elder, direction="back")).cause == ("slope",)
    free = Walker(name="free", flat_mps=1.0, slope=False, steps=False)
    ramp = make_network([(0, 0), (800, 0), (800, 60)], [(0, 1), (0, 1), (1, 2)],
                        length_m=[800, 2000, 60], steps=[100, 0, 0])  # fmt: skip
    up = homes_at([(800, 60)], [(60, 6)])
    assert gaps_of(case_of(ramp, up, walker=free)).cause == ("stairs",)


@pytest.fixture
def across():
    """Homes 200 m from the station in a straight line and 1,990 m on foot."""
    net = make_network([(0, 0), (0, 900), (200, 900), (200, 0)], [(0, 1), (1, 2), (2, 3)])
    return case_of(net, homes_at([(200, 10)], [(60, 6)]))


def barriers(*found) -> Barriers:
    shapes, kinds, names = zip(*found, strict=True)
    return Barriers(np.array(shapes, object), kinds, names)


def test_a_barrier_has_a_detour_factor_and_a_name(across):
    river = shapely.LineString([(100, -500), (100, 500)])
    gaps = gaps_of(across, barriers=barriers((river, "river", "示例江")))
    assert gaps.cause == ("barrier",)
    assert gaps.walk_m[0] == 1990
    assert gaps.detour[0] == pytest.approx(1990 / np.hypot(200, 10))
    assert (gaps.barrier_kind, gaps.barrier_name) == (("river",), ("示例江",))
    without = gaps_of(across)
    assert (without.cause, without.barrier_kind) == (("barrier",), ("",))


def test_a_walk_of_exactly_three_times_the_straight_line_is_a_barrier():
    # Home and station 400 m apart; 400 m out, 400 m along, 400 m back: 1,200 m, 1,200 s.
    for out, cause in ((400, "barrier"), (399, "distance")):
        net = make_network([(0, 0), (0, out), (400, out), (400, 0)], [(0, 1), (1, 2), (2, 3)])
        homes = homes_at([(400, 0)], [(60, 6)])
        assert gaps_of(case_of(net, homes)).cause == (cause,)


def test_there_and_back_leaves_half_the_limit_for_the_way_there():
    # 460 m in a straight line: 900 s are enough one way, and not there and back.
    net = make_network([(0, 0), (0, 1900), (460, 1900), (460, 0)], [(0, 1), (1, 2), (2, 3)])
    homes = homes_at([(460, 0)], [(60, 6)])
    for direction, cause in (("there", "barrier"), ("round_trip", "distance")):
        assert gaps_of(case_of(net, homes, direction=direction)).cause == (cause,)


def test_far_in_a_straight_line_too_is_distance():
    # 1,000 m in a straight line is beyond 900 s already, whatever the way round.
    net = make_network([(0, 0), (0, 1900), (1000, 1900), (1000, 0)], [(0, 1), (1, 2), (2, 3)])
    assert gaps_of(case_of(net, homes_at([(1000, 0)], [(60, 6)]))).cause == ("distance",)


def test_the_longest_barrier_that_is_crossed_counts():
    line = shapely.LineString
    found = barriers(
        (line([(50, -5), (50, 5)]), "wall", ""),
        (line([(100, -300), (100, 0)]), "railway", "示例线"),
        (line([(100, 0), (100, 300)]), "railway", "示例线"),
        (line([(150, -250), (150, 250)]), "motorway", "示例高速"),
        (shapely.box(-50, -2000, 20, 2000), "river", "湖"),  # the way begins in it
        (line([(300, -9000), (300, 9000)]), "river", "远江"),
    )
    start, end = np.array([[0.0, 1], [0, 1], [0, 1]]), np.array([[200.0, 1], [60, 1], [40, 1]])
    # 600 m of railway in two parts before 500 m of motorway; then the wall alone; then nothing.
    assert found.crossed(start, end) == (("railway", "示例线"), ("wall", ""), ("", ""))
    assert Barriers.none().crossed(start, end) == (("", ""),) * 3


def test_islands_and_homes_without_a_street():
    net = make_network([(0, 0), (300, 0), (500, 0), (520, 0)], [(0, 1), (2, 3)])
    homes = homes_at([(510, 0), (510, 800)], [(60, 6), (70, 7)])
    gaps = gaps_of(case_of(net, homes))
    assert gaps.cause == ("no_street", "island")
    assert np.isinf(gaps.walk_m).all() and np.isinf(gaps.detour).all()
    assert gaps.examples.facility.tolist() == [-1, -1]
    # A canteen on the island changes nothing for the station.
    both = facilities_at([(0, 0), (505, 0)], ["care_station", "canteen"])
    assert gaps_of(case_of(net, homes, both)).cause == ("no_street", "island")
    assert gaps_of(case_of(net, homes, both), kind="any").cause == ("no_street",)


def test_a_gap_keeps_the_shares_of_all_causes():
    # 40 people 1,500 m off on the street, 30 more beside it without any street: one gap.
    net = make_network([(0, 0), (1500, 0)], [(0, 1)])
    homes = homes_at([(1500, 0), (1500, 160)], [(40, 4), (30, 3)])
    gaps = gaps_of(case_of(net, homes), radius_m=200)
    assert gaps.cause == ("distance",)
    shares = dict(zip(CAUSES, gaps.by_cause[0].tolist(), strict=True))
    assert {c: n for c, n in shares.items() if n} == {"distance": 40, "no_street": 30}


# --- capacity -----------------------------------------------------------------------------------


def test_people_without_a_place_stand_apart_and_are_not_counted_twice(street):
    # Of 60 elders inside nobody finds a place; people outside are uncovered and not crowded.
    homes = homes_at([(100, 0), (1500, 0)], [(60, 6), (60, 6)])
    case = replace(street, demand=homes)
    gaps = gaps_of(case, unserved=np.array([[60.0, 60.0], [np.nan, 0.0]]))
    assert (gaps.ids, gaps.member.tolist()) == (("G01",), [-1, 0])
    crowded = gaps.crowded
    assert (crowded.ids, crowded.people.tolist(), crowded.scattered) == (("K01",), [60], 0)
    assert crowded.member.tolist() == [0, -1]
    assert gaps.by_cause[:, CAUSES.index("capacity")].tolist() == [0]
    names = {gaps.apart.side[0], crowded.apart.side[0]}
    assert names == {"east", "west"}  # both on the one street of the area
    assert crowded.to_frame()["cause"].tolist() == ["capacity"]
    assert gaps_of(case, kind="any", unserved=np.array([[60.0, 0], [np.nan, 0]])).crowded is None
    assert gaps_of(case).crowded is None
    alone = np.array([[60.0, 0.0]])  # of the kinds, without "any"
    assert gaps_of(case, unserved=alone).crowded.ids == ("K01",)
    assert gaps_of(case, kind="any", unserved=alone).crowded is None


# --- names --------------------------------------------------------------------------------------


def test_two_gaps_of_one_street_take_sides():
    net = make_network([(0, 0), (3000, 0)], [(0, 1)], names=["一路"])
    xy = np.array([[100.0, 0], [2000, 10], [500, 0]])
    streets, apart = name_places(net, xy, np.array([0, 0, 1]))
    assert streets == ("一路",) * 3
    assert apart.side == ("west", "east", "")  # the third lies in another area
    upright = name_places(net, np.array([[0.0, 300], [10, -300]]), np.array([0, 0]))[1]
    assert upright.side == ("north", "south")


def test_more_gaps_of_one_street_take_a_second_street_or_a_number():
    net = make_network([(0, 0), (3000, 0), (0, 100), (0, 300)], [(0, 1), (2, 3)],
                       names=["一路", "二路"])  # fmt: skip
    xy = np.array([[10.0, 0], [2000, 0], [2200, 0], [2400, 0], [2600, 0]])
    streets, apart = name_places(net, xy, np.zeros(5, int))
    assert streets == ("一路",) * 5
    assert apart.also == ("二路", "", "", "", "")
    assert apart.nth.tolist() == [0, 1, 2, 3, 4]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000))
def test_no_two_places_share_a_name(seed: int):
    rng = np.random.default_rng(seed)
    net = random_world(seed)
    names = ["", "一路", "二路", "三路"]
    net = replace(net, names=tuple(names), edge_name=rng.integers(0, 4, net.n_edges, np.int32))
    xy, areas = rng.uniform(0, 400, (9, 2)), rng.integers(-1, 2, 9)
    streets, apart = name_places(net, xy, areas)
    keys = set(zip(areas.tolist(), streets, apart.also, apart.side, apart.nth.tolist(),
                   strict=True))  # fmt: skip
    assert len(keys) == 9


# --- ways and examples --------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 100_000), direction=st.sampled_from(["there", "back"]))
def test_ways_take_exactly_the_time_of_the_search(seed: int, direction):
    net = random_world(seed, private=seed % 2 == 0)
    paced = walk_seconds(net, Walker(name="t", flat_mps=0.85, step_up_s=0.9, step_down_s=0.8))
    places = random_positions(net, seed + 1, 3, public=True)
    homes = random_positions(net, seed + 2, 6)
    if len(places.edge) == 0:
        return
    near = nearest_times(paced, places, homes, limit_ms=900_000, direction=direction)
    finder = WayFinder(paced, places, limit_ms=900_000, direction=direction)
    for row in range(len(homes.edge)):
        way = finder.of(homes, row)
        assert (UNREACHED if way is None else way.ms) == near.ms[row]
        if way is None:
            continue
        assert walked_ms(paced, places, homes, row, way, direction) == way.ms
        line = way_line(paced, way.parts)
        ends = [(way.parts[0][0], way.parts[0][1]), (way.parts[-1][0], way.parts[-1][2])]
        if not line.is_empty:
            at_ends = net.points_at(*(np.array(x, np.int32) for x in zip(*ends, strict=True)))
            np.testing.assert_allclose(shapely.get_coordinates(line)[[0, -1]], at_ends, atol=1e-6)


def walked_ms(paced, places, homes, row, way, direction) -> int:
    """Add up the parts of a way one by one, and both access legs."""
    legs = [homes.access_dm[row], places.access_dm[int(way.place)]]
    total = int(paced.leg_ms(np.array(legs)).sum())
    for edge, start, end in way.parts:
        a, b = (start, end) if direction == "there" else (end, start)
        ms = paced.piece_there_ms if b >= a else paced.piece_back_ms
        both = paced.from_start_ms(np.array([edge, edge]), np.array([a, b]), ms)
        total += abs(int(both[1]) - int(both[0]))
    return total


def test_steps_and_metres_up_on_a_way():
    # 100 m up at 10 %, a stair of 40 steps, then half of 100 m down at 20 %.
    net = make_network([(0, 0), (100, 0), (120, 0), (220, 0)], [(0, 1), (2, 1), (2, 3)],
                       steps=[0, 40, 0], grades=[[0.1], [0.0], [-0.2] * 2])  # fmt: skip
    paced, climbs = walk_seconds(net, ONE), Climbs(net)
    parts = ((0, 0, 1000), (1, 200, 0), (2, 0, 500))
    assert steps_on(paced, parts) == 40
    assert steps_on(paced, ((1, 50, 150),)) == 20
    assert climbs.on(parts) == pytest.approx(10.0)
    assert climbs.on(parts, reverse=True) == pytest.approx(10.0)
    assert climbs.on(((0, 0, 1000), (2, 0, 250)), reverse=True) == pytest.approx(5.0)
    assert np.isnan(Climbs(make_network([(0, 0), (9, 0)], [(0, 1)])).on(()))
    moving = replace(net, edge_escalator=np.array([False, True, False]))
    assert steps_on(walk_seconds(moving, ONE), parts) == 0


def comb(people=(20, 20, 20, 20)):
    """A main street with named side streets of 100 m at 1,000, 1,100, 1,200 and 1,300 m."""
    xy = [(0, 0), *((1000.0 + 100 * n, 0) for n in range(4))]
    tips = [(x, 100) for x, _ in xy[1:]]
    edges = [(n, n + 1) for n in range(4)] + [(n + 1, n + 5) for n in range(4)]
    names = ["大街"] * 4 + [f"{n}巷" for n in "甲乙丙丁"]
    net = make_network([*xy, *tips], edges, names=names)
    homes = [(x + 8, 63) for x, _ in xy[1:]]
    return case_of(net, homes_at(homes, [(n, n / 10) for n in people]))


def test_examples_are_street_pieces_chosen_by_rule():
    case = comb()
    gaps = gaps_of(case)
    found = gaps.examples
    # The gap itself is told by the same piece of street, and not by the home at (1108, 63).
    assert gaps.xy_m.tolist() == [[1100, 75]]
    assert gaps.straight_m.tolist() == [pytest.approx(np.hypot(1108, 63))]
    # The mean is at 1,158 m: the lane at 1,100 m is nearest (ties: the lowest row), the longest
    # walk is from 1,300 m, and farthest from that is the lane at 1,000 m.
    assert found.role == ("middle", "farthest", "other_side")
    assert found.streets == ("乙巷", "丁巷", "甲巷")
    # Home: leg 8 m, 63 m down the lane, then the main street.
    assert found.seconds.tolist() == [1171, 1371, 1071]
    assert found.metres.tolist() == [1171, 1371, 1071]
    # The second of two pieces of 50 m, by its middle: 75 m up the lane; never the door.
    assert found.xy_m.tolist() == [[1100, 75], [1300, 75], [1000, 75]]
    assert shapely.get_coordinates(found.way[0])[0].tolist() == [1100, 75]
    assert found.way[0].length == pytest.approx(75 + 1100)
    assert found.facility.tolist() == [0, 0, 0]


def test_a_street_of_few_people_is_never_named():
    # 9 people in one lane are fewer than ten; a gap without any other street shows its middle.
    found = gaps_of(comb((9, 20, 20, 20))).examples
    assert "甲巷" not in found.streets
    few = gaps_of(comb((9, 9, 9, 9)), min_people=20).examples
    assert (few.role, few.streets) == (("middle",), ("",))
    assert few.xy_m.tolist() == [[1158, 63]]
    lenient = gaps_of(comb((9, 9, 9, 9)), min_people=20, k=9).examples
    assert len(lenient.role) == 3


def test_minutes_are_those_of_coverage_to_the_millisecond():
    case = comb()
    coverage = assess_cover(case.network, case.facilities, case.demand, case.areas,
                            walkers=[ONE], minutes=(15,))  # fmt: skip
    gaps = find_gaps(case, coverage, min_people=50)[0]
    ms = (gaps.examples.seconds * 1000).round().astype(int).tolist()
    assert ms == [coverage.ms[0, 0, row] for row in (1, 3, 0)]
    near = find_examples(case, coverage.ms[0, 0], np.array([0]), [np.arange(4)],
                         limit_ms=1_100_000)  # fmt: skip
    # The search of ways ends sooner: minutes stay, the ways beyond are not known.
    assert near.seconds.tolist() == gaps.examples.seconds.tolist()
    assert near.facility.tolist() == [-1, -1, 0]


# --- everything ---------------------------------------------------------------------------------


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 100_000), method=st.sampled_from(["dbscan", "hdbscan"]),
    kind=st.sampled_from(["care_station", "any"]),
)  # fmt: skip
def test_parts_add_up_and_a_repeated_search_says_the_same(seed: int, method, kind):
    rng = np.random.default_rng(seed)
    net = random_world(seed)
    n = 25
    xy = rng.uniform(-200, 600, (n, 2))
    xy[rng.random(n) < 0.1] = np.nan
    elders = rng.integers(0, 50, n)
    homes = homes_at(xy, np.column_stack([elders, elders // 4]), rng.integers(-1, 1, n))
    facilities = facilities_at(rng.uniform(0, 400, (3, 2)), ["care_station", "canteen", "canteen"])
    case = case_of(net, homes, facilities, walker=Walker(name="t", flat_mps=0.3), minutes=(5, 10))
    unserved = np.tile(elders / 3.0, (3, 1))
    more = {"method": method, "min_people": 40, "radius_m": 100.0, "unserved": unserved}
    gaps, again = gaps_of(case, kind, **more), gaps_of(case, kind, **more)
    coverage = assess_cover(net, facilities, homes, BOX, walkers=[case.walker], minutes=(5, 10))
    beyond = coverage.ms[coverage.kinds.index(kind), 0] > case.limit_ms
    outside = homes.people[beyond].sum(axis=0)
    np.testing.assert_allclose(gaps.people.sum(axis=0) + gaps.scattered, outside, atol=1e-9)
    np.testing.assert_allclose(gaps.by_cause.sum(axis=1), gaps.people[:, 0], atol=1e-9)
    whole = gaps.by_cause.sum() + gaps.scattered_by_cause.sum()
    assert whole == pytest.approx(outside[0])
    assert (gaps.people[:, 0] >= 40 - 1e-9).all() and (np.diff(gaps.people[:, 0]) <= 1e-6).all()
    crowded = gaps.crowded
    inside = (elders[~beyond] / 3.0).sum()
    assert crowded.people.sum() + crowded.scattered == pytest.approx(inside)
    assert not ((gaps.member >= 0) & (crowded.member >= 0)).any()
    assert gaps.to_frame().equals(again.to_frame())
    assert gaps.examples.to_frame().equals(again.examples.to_frame())


def test_every_cluster_has_enough_people_and_dense_places_are_found_by_both():
    rng = np.random.default_rng(5)
    towns = [rng.normal(middle, 30, (40, 2)) for middle in ((0, 0), (900, 0))]
    xy = np.concatenate([*towns, rng.uniform(-3000, 3000, (40, 2))])
    people = np.full(len(xy), 5.0)
    for method in ("dbscan", "hdbscan"):
        member = cluster(xy, people, min_people=100, radius_m=100, method=method)
        assert len(set(member[:40].tolist()) & set(member[40:80].tolist()) - {-1}) == 0
        assert (np.bincount(member[member >= 0], people[member >= 0]) >= 100).all()
        assert (member[:80] >= 0).mean() > 0.9


def test_a_cluster_as_long_as_a_city_is_cut_into_places():
    """Homes every 50 m along 4 km, ten people each: 4,000 m, twice 2,000 m, four times 1,000 m."""
    xy = np.column_stack([np.arange(80) * 50.0, np.zeros(80)])
    people = np.full(80, 10.0)
    ask = {"min_people": 50, "radius_m": 150.0}
    assert set(cluster(xy, people, **ask).tolist()) == {0}
    member = cluster(xy, people, **ask, widest_m=1000.0)
    assert np.bincount(member).tolist() == [20, 20, 20, 20]
    assert max(np.ptp(xy[member == k, 0]) for k in range(4)) == 950
    # Nobody is left out, and what has too few people to be cut stays whole.
    assert (member >= 0).all()
    dense = ask | {"min_people": 401, "radius_m": 4000.0}
    assert set(cluster(xy, people, **dense, widest_m=1000.0).tolist()) == {0}
    # Forty people on the first half are too few: the cut moves on by one home.
    few = np.where(xy[:, 0] < 2000, 1.0, 10.0)
    member = cluster(xy, few, min_people=50, radius_m=4000.0, widest_m=2500.0)
    assert np.bincount(member, few).tolist() == [390, 50]


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 100_000), widest_m=st.floats(50, 2000),
    method=st.sampled_from(["dbscan", "hdbscan"]),
)  # fmt: skip
def test_cutting_moves_nobody_between_clusters(seed: int, widest_m: float, method):
    rng = np.random.default_rng(seed)
    xy, people = rng.uniform(0, 1500, (120, 2)), rng.integers(0, 30, 120).astype(float)
    xy[:5], people[:5] = xy[0], 200.0  # one great house
    ask = {"min_people": 60, "radius_m": 150.0, "method": method}
    whole, cut = cluster(xy, people, **ask), cluster(xy, people, **ask, widest_m=widest_m)
    assert ((whole >= 0) == (cut >= 0)).all()
    for part in range(cut.max() + 1):
        rows = cut == part
        (of,) = set(whole[rows].tolist())
        assert people[rows].sum() >= min(60, people[whole == of].sum())


def test_homes_between_two_clusters_leave_none_too_small():
    # Within 100 m of 0 m live 20 + 10 + 15 people, of 190 m 15 + 10 + 15: both are cores, and the
    # 15 at 95 m, with 35 around them, are none. They go to the first; 25 are left, and no gap.
    xy = np.array([[-90.0, 0], [0, 0], [95, 0], [190, 0], [280, 0]])
    member = cluster(xy, np.array([20.0, 10, 15, 10, 15]), min_people=40, radius_m=100.0)
    assert member.tolist() == [0, 0, 0, -1, -1]


def test_a_stage_brings_gaps_back(across, tmp_path):
    river = shapely.LineString([(100, -500), (100, 500)])
    gaps = gaps_of(across, barriers=barriers((river, "river", "示例江")),
                   unserved=np.zeros((2, 1)))  # fmt: skip
    save_stage(tmp_path / "g.npz", gaps, key="k")
    back = load_stage(tmp_path / "g.npz")
    assert back.to_frame().equals(gaps.to_frame())
    assert back.examples.to_frame().equals(gaps.examples.to_frame())
    assert back.examples.way[0].equals(gaps.examples.way[0])
    assert back.parameters == dict(gaps.parameters) and back.crowded.ids == ()
    save_stage(tmp_path / "h.npz", back, key="k")
    assert (tmp_path / "g.npz").read_bytes() == (tmp_path / "h.npz").read_bytes()
