"""Isochrones: exact cuts in all directions, nesting, holes, and agreement with times of places."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import InputError
from quarterhour.presets import walker
from quarterhour.reach import (
    Pen,
    isochrones,
    isochrones_each,
    merge_shapes,
    nearest_times,
    reached_streets,
    stretch_lines,
    walking_times,
)
from quarterhour.reach.holes import close_holes
from quarterhour.reach.lines import drawn
from quarterhour.reach.stretches import ReachedStreets
from quarterhour.streets import walk_seconds
from worlds import FLAT, at, make_network, random_positions, random_world

DIRECTIONS = ("there", "back", "worst", "round_trip")


def stretches(paced, facilities, limit_ms, direction="there"):
    """Return (edge, from, to) in decimetres, one row per stretch."""
    found = reached_streets(paced, facilities, limit_ms=limit_ms, direction=direction)
    return list(zip(found.edge.tolist(), found.from_dm.tolist(), found.to_dm.tolist(), strict=True))


def row_of_streets(*x):
    return make_network([(v, 0) for v in x], [(k, k + 1) for k in range(len(x) - 1)])


# --- cuts ---------------------------------------------------------------------------------------


def test_streets_are_cut_where_the_time_runs_out():
    paced = walk_seconds(row_of_streets(0, 100, 300), FLAT)
    assert stretches(paced, at((0, 80)), 50_000) == [(0, 300, 1000), (1, 0, 300)]


def test_an_access_leg_is_walked_first():
    paced = walk_seconds(row_of_streets(0, 100, 300), FLAT)
    assert stretches(paced, at((0, 80, 40)), 50_000) == [(0, 700, 900)]
    assert stretches(paced, at((0, 80, 50)), 50_000) == [(0, 800, 800)]
    assert stretches(paced, at((0, 80, 51)), 50_000) == []


def test_a_cut_stands_at_the_last_whole_decimetre_within_the_limit():
    paced = walk_seconds(row_of_streets(0, 100), FLAT)
    assert stretches(paced, at((0, 50)), 10_099) == [(0, 400, 600)]
    assert stretches(paced, at((0, 50)), 10_100) == [(0, 399, 601)]


def test_a_facility_in_the_middle_reaches_both_ways():
    paced = walk_seconds(row_of_streets(0, 100), FLAT)
    assert stretches(paced, at((0, 50)), 20_000) == [(0, 300, 700)]


def test_a_limit_that_ends_on_a_node_goes_no_further():
    paced = walk_seconds(row_of_streets(0, 100, 200), FLAT)
    facilities = at((0, 50))
    # The node itself is within; the next street begins there.
    assert stretches(paced, facilities, 50_000) == [(0, 0, 1000), (1, 0, 0)]
    shape = isochrones(paced, facilities, minutes=(50 / 60,))[0]
    assert shape.bounds == pytest.approx((-25, -25, 125, 25), abs=1e-6)


def test_a_limit_of_nothing_is_the_place_itself():
    paced = walk_seconds(row_of_streets(0, 100), FLAT)
    assert stretches(paced, at((0, 40)), 0) == [(0, 400, 400)]
    for method in ("exact", "fast"):
        disc = isochrones(paced, at((0, 40)), minutes=(0,), method=method)[0]
        assert disc.centroid.coords[0] == pytest.approx((40, 0), abs=0.01)
        assert disc.area == pytest.approx(np.pi * 25**2, rel=0.04)
    # On a node, each street that begins there holds the place; it is drawn all the same.
    for end in (0, 100):
        disc = isochrones(paced, at((0, end)), minutes=(0,))[0]
        assert disc.centroid.coords[0] == pytest.approx((end, 0), abs=1e-6)


def test_a_street_is_reached_from_both_ends():
    # A ring of 400 m: from one corner 150 m each way; the far 100 m stay out.
    net = make_network([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    paced = walk_seconds(net, FLAT)
    assert stretches(paced, at((0, 0)), 150_000) == [
        (0, 0, 1000), (1, 0, 500), (2, 500, 1000), (3, 0, 1000),
    ]  # fmt: skip


def test_stretches_that_meet_are_one():
    # From both ends of a street of 100 m the cuts meet in the middle.
    net = make_network([(0, 0), (100, 0), (50, 80)], [(0, 1), (0, 2), (2, 1)])
    paced = walk_seconds(net, FLAT)
    low = at((1, 0))  # on node 0; the way round by node 2 is 188.7 m
    found = {e: (a, b) for e, a, b in stretches(paced, low, 100_000)}
    assert found[0] == (0, 1000)
    both = at((0, 0), (0, 100))
    assert stretches(paced, both, 49_900)[:2] == [(0, 0, 499), (0, 501, 1000)]
    assert stretches(paced, both, 49_999)[:2] == [(0, 0, 499), (0, 501, 1000)]
    assert stretches(paced, both, 50_000)[0] == (0, 0, 1000)


def test_a_facility_on_a_loop():
    # A street of 300 m that ends where it begins, and one of 100 m beside it.
    net = make_network([(0, 0), (100, 0)], [(0, 0), (0, 1)], length_m=(300, 100))
    paced = walk_seconds(net, FLAT)
    assert stretches(paced, at((0, 50)), 40_000) == [(0, 100, 900)]
    # 50 m to the node, and back into the loop by its other end.
    assert stretches(paced, at((0, 50)), 80_000) == [(0, 0, 1300), (0, 2700, 3000), (1, 0, 300)]
    assert stretches(paced, at((0, 50)), 150_000)[0] == (0, 0, 3000)


def test_several_facilities_on_one_street():
    paced = walk_seconds(row_of_streets(0, 1000), FLAT)
    three = at((0, 100), (0, 500), (0, 900))
    assert stretches(paced, three, 50_000) == [(0, 500, 1500), (0, 4500, 5500), (0, 8500, 9500)]
    # A nearer entrance with a long leg does not hide the other.
    entrances = replace(at((0, 100, 30), (0, 120)), place=np.zeros(2, np.int32))
    assert stretches(paced, entrances, 25_000) == [(0, 950, 1450)]


def test_an_uneven_street_is_cut_by_its_profile():
    # 100 m flat, then 100 m up at 20 %: slower upwards, so "there" and "back" differ.
    net = make_network([(0, 0), (200, 0)], [(0, 1)], grades=[[0.0, 0.2]])
    paced = walk_seconds(net, walker("elder"))
    there, back = paced.piece_there_ms.tolist(), paced.piece_back_ms.tolist()
    assert there[0] == back[0]
    assert there[1] > back[1]
    limit = there[0] + there[1] // 2
    place = at((0, 0))
    assert stretches(paced, place, limit, "back") == [(0, 0, 1499 + (there[1] % 2 == 0))]
    assert stretches(paced, place, limit, "there")[0][2] > 1500
    assert stretches(paced, place, limit, "worst") == stretches(paced, place, limit, "back")


def test_a_round_trip_may_go_in_by_one_end_and_out_by_the_other():
    # Two parallel streets of 100 m between two nodes. Up the hill on one, down on the other.
    net = make_network(
        [(0, 0), (100, 0)], [(0, 1), (0, 1)], grades=[[0.1], [0.0]], length_m=(100, 110)
    )
    paced = walk_seconds(net, walker("elder"))
    place = at((1, 0))
    up, down = int(paced.there_ms[0]), int(paced.back_ms[0])
    flat = int(paced.there_ms[1])
    assert up > flat > down
    # From any place on the hill: down one end home, and to it by the flat street and down.
    around = flat + down
    assert stretches(paced, place, around, "round_trip")[0] == (0, 0, 1000)
    less = stretches(paced, place, around - 1, "round_trip")
    assert less[0][2] < 1000


def test_nobody_passes_through_a_compound_but_the_shape_enters_it():
    # Street 0 - 1, a private way 1 - 2, and a street 2 - 3 that only the private way joins.
    net = make_network(
        [(0, 0), (100, 0), (200, 0), (300, 0)], [(0, 1), (1, 2), (2, 3)],
        private=[False, True, False],
    )  # fmt: skip
    paced = walk_seconds(net, FLAT)
    facilities = at((0, 50))
    for direction in ("there", "back", "worst"):
        assert stretches(paced, facilities, 110_000, direction) == [(0, 0, 1000), (1, 0, 600)]
        assert {e for e, _, _ in stretches(paced, facilities, 400_000, direction)} == {0, 1}
    shape = isochrones(paced, facilities, minutes=(110 / 60,))[0]
    assert shape.bounds[2] == pytest.approx(160 + 25, abs=0.01)


def test_what_the_walker_may_not_use_is_not_reached():
    net = make_network([(0, 0), (100, 0), (130, 0)], [(0, 1), (1, 2)], steps=[0, 60])
    paced = walk_seconds(net, walker("step_free"))
    assert {e for e, _, _ in stretches(paced, at((0, 50)), 10**7)} == {0}
    # A facility that stands on what this walker may not use is out of reach.
    assert stretches(paced, at((1, 10)), 10**7) == []


def test_a_facility_without_street_has_no_stretch():
    paced = walk_seconds(row_of_streets(0, 100), FLAT)
    nowhere = at((-1, 0), (0, 50))
    for direction in DIRECTIONS:
        assert stretches(paced, nowhere, 10_000, direction)
        assert stretches(paced, nowhere.take(np.array([0])), 10_000, direction) == []
    shapes = isochrones_each(paced, nowhere, minutes=(1, 2))
    assert [s.is_empty for s in shapes.ravel()] == [True, True, False, False]


def _times(paced, facilities, homes, direction, limit_ms):
    """Return the least time over facilities of each home, from tables of both directions."""
    shape = (facilities.n_places, len(homes.edge))

    def dense(way):
        table = walking_times(paced, facilities, homes, limit_ms=limit_ms, direction=way)
        out = np.full(shape, np.inf)
        out[np.repeat(np.arange(shape[0]), np.diff(table.indptr)), table.indices] = table.ms
        return out

    if direction in ("there", "back"):
        return dense(direction).min(axis=0, initial=np.inf)
    there, back = dense("there"), dense("back")
    return (np.maximum(there, back) if direction == "worst" else there + back).min(
        axis=0, initial=np.inf
    )


@settings(deadline=None, max_examples=120)
@given(
    seed=st.integers(0, 100_000), limit_ms=st.integers(0, 400_000),
    direction=st.sampled_from(DIRECTIONS), private=st.booleans(), entrances=st.booleans(),
)  # fmt: skip
def test_a_place_is_on_a_stretch_exactly_when_its_time_is_within(
    seed, limit_ms, direction, private, entrances
):
    net = random_world(seed, private=private)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, seed + 1, 3, public=private)
    if entrances and len(facilities.edge):
        facilities = replace(facilities, place=np.array([0, 1, 1], np.int32))
    found = reached_streets(paced, facilities, limit_ms=limit_ms, direction=direction)
    # Every cut, one decimetre to either side of it, and many places in between.
    rng = np.random.default_rng(seed + 2)
    edge = np.concatenate([np.repeat(found.edge, 6), rng.integers(0, net.n_edges, 200)])
    cuts = np.stack([found.from_dm + k for k in (-1, 0, 1)] + [found.to_dm + k for k in (-1, 0, 1)])
    some = (rng.random(200) * (net.edge_length_dm[edge[-200:]] + 1)).astype(np.int64)
    offset = np.clip(np.concatenate([cuts.T.ravel(), some]), 0, net.edge_length_dm[edge])
    homes = at(*[(int(e), o / 10) for e, o in zip(edge, offset, strict=True)])
    inside = np.zeros(len(edge), bool)
    for e, a, b in zip(found.edge, found.from_dm, found.to_dm, strict=True):
        inside |= (edge == e) & (a <= offset) & (offset <= b)
    within = _times(paced, facilities, homes, direction, limit_ms) <= limit_ms
    np.testing.assert_array_equal(inside, within)


def test_labels_at_hand_give_the_same_stretches():
    net = random_world(7)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, 8, 4)
    for direction in DIRECTIONS:
        nearest = nearest_times(paced, facilities, at(), limit_ms=300_000, direction=direction)
        given_ = reached_streets(paced, facilities, nearest, limit_ms=200_000, direction=direction)
        searched = reached_streets(paced, facilities, limit_ms=200_000, direction=direction)
        for name in ("edge", "from_dm", "to_dm"):
            np.testing.assert_array_equal(getattr(given_, name), getattr(searched, name))


def test_the_line_of_a_stretch_follows_its_street():
    net = row_of_streets(0, 100)
    bent = replace(
        net, vertex_offset=np.array([0, 4]),
        vertex_xy_m=np.array([(0.0, 0.0), (50.0, 0.0), (50.0, 30.0), (100.0, 30.0)]),
    )  # fmt: skip
    paced = walk_seconds(bent, FLAT)
    # The line is 130 m long, the edge 100 m: shares of both agree.
    part = ReachedStreets(*(np.array([v], np.int32) for v in (0, 200, 700)))
    line = stretch_lines(paced, part)[0]
    expected = [(26, 0), (50, 0), (50, 30), (61, 30)]
    np.testing.assert_allclose(shapely.get_coordinates(line), expected, atol=1e-9)
    whole = ReachedStreets(*(np.array([v], np.int32) for v in (0, 0, 1000)))
    assert shapely.get_coordinates(stretch_lines(paced, whole)).tolist() == (
        bent.vertex_xy_m.tolist()
    )
    point = ReachedStreets(*(np.array([v], np.int32) for v in (0, 500, 500)))
    twice = shapely.get_coordinates(stretch_lines(paced, point))
    np.testing.assert_allclose(twice, [(50, 15), (50, 15)], atol=1e-9)


def test_what_a_longer_stretch_holds_is_not_drawn_again():
    net = row_of_streets(0, 100, 200)

    def kept(*rows):
        columns = zip(*rows, strict=True)
        found = drawn(net, ReachedStreets(*(np.array(c, np.int32) for c in columns)))
        return list(zip(found.edge.tolist(), found.from_dm.tolist(), strict=True))

    # The node between both streets, reached to the second; then from the other side.
    assert kept((0, 200, 1000), (1, 0, 0)) == [(0, 200)]
    assert kept((0, 1000, 1000), (1, 0, 300)) == [(1, 0)]
    # A place that nothing else holds stays: alone, inside a street, at another node.
    assert kept((0, 1000, 1000), (1, 0, 0)) == [(0, 1000), (1, 0)]
    assert kept((0, 500, 500), (0, 600, 1000)) == [(0, 500), (0, 600)]
    assert kept((0, 0, 0), (0, 600, 1000)) == [(0, 0), (0, 600)]


# --- shapes -------------------------------------------------------------------------------------

BLOCKS = (0, 80, 400)


def blocks():
    """Return four blocks: one of 80 x 80 m, one of 320 x 320 m, two between."""
    xy = [(x, y) for y in BLOCKS for x in BLOCKS]
    edges = [(r * 3 + c, r * 3 + c + 1) for r in range(3) for c in range(2)]
    edges += [(c + r * 3, c + r * 3 + 3) for r in range(2) for c in range(3)]
    return make_network(xy, edges)


@pytest.mark.parametrize("method", ["exact", "fast"])
def test_shapes_nest_and_small_holes_close(method):
    paced = walk_seconds(blocks(), FLAT)
    shapes = isochrones(paced, at((0, 0)), minutes=(1, 5, 10, 15), method=method)
    for inner, outer in pairwise(shapes):
        assert inner.difference(outer).area < 1e-6
    assert all(shapely.is_valid(shapes))
    # The block of 80 x 80 m is filled; the one of 320 x 320 m keeps its courtyard.
    holes = [shapely.Polygon(r).area for r in shapes[-1].interiors]
    assert sorted(holes) == pytest.approx([270 * 270], rel=0.002)
    pen = Pen(hole_m2=0)
    all_holes = isochrones(paced, at((0, 0)), minutes=(15,), method=method, pen=pen)[0].interiors
    areas = sorted(shapely.Polygon(r).area for r in all_holes)
    assert areas == pytest.approx([30 * 30, 30 * 270, 30 * 270, 270 * 270], rel=0.06)


@pytest.mark.parametrize("method", ["exact", "fast"])
def test_islands_survive(method):
    paced = walk_seconds(row_of_streets(0, 2000), FLAT)
    shape = isochrones(paced, at((0, 200), (0, 1500)), minutes=(5,), method=method)[0]
    assert shapely.get_num_geometries(shape) == 2
    assert [p.bounds for p in sorted(shape.geoms, key=lambda p: p.bounds)] == [
        pytest.approx((-25, -25, 525, 25), abs=0.1),
        pytest.approx((1175, -25, 1825, 25), abs=0.1),
    ]


def test_an_island_in_a_closed_hole_is_swallowed_and_in_an_open_one_stays():
    ring = shapely.box(0, 0, 100, 100).difference(shapely.box(10, 10, 90, 90))
    island, far = shapely.box(40, 40, 60, 60), shapely.box(200, 0, 210, 10)
    parts = np.array([ring, island, far], object)
    closed = close_holes(parts, 6400.1)
    assert closed.equals(shapely.MultiPolygon([shapely.box(0, 0, 100, 100), far]))
    opened = close_holes(parts, 6400)  # a hole of exactly the area stays
    assert opened.equals(shapely.MultiPolygon([ring, island, far]))
    assert close_holes(parts[:0], 1).is_empty


@pytest.mark.parametrize("method", ["exact", "fast"])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("seed", [3, 11, 29])
def test_rings_do_not_overlap_and_add_up(seed, direction, method):
    net = random_world(seed)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, seed, 2)
    options = {"minutes": (1, 3, 6), "direction": direction, "method": method}
    discs = isochrones(paced, facilities, **options)
    rings = isochrones(paced, facilities, shape="rings", **options)
    assert all(shapely.is_valid(discs))
    assert all(shapely.is_valid(rings))
    assert shapely.area(rings).cumsum() == pytest.approx(shapely.area(discs), abs=0.01)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert rings[a].intersection(rings[b]).area < 1e-3
        assert discs[a].difference(discs[b]).area < 1e-3


def test_each_facility_has_its_own_shape():
    net = random_world(5)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, 6, 4)
    facilities = replace(facilities, place=np.array([0, 1, 1, 2], np.int32))
    for direction in DIRECTIONS:
        options = {"minutes": (1, 4), "direction": direction}
        told = []
        each = isochrones_each(
            paced, facilities, on_progress=lambda *now, told=told: told.append(now), **options
        )
        assert each.shape == (3, 2)
        assert told == [(1, 3), (2, 3), (3, 3)]
        for place in range(3):
            alone = facilities.take_places(np.array([place]))
            assert shapely.equals(each[place], isochrones(paced, alone, **options)).all()
        # All together reach what any of them reaches.
        united = merge_shapes(list(each))
        joined = isochrones(paced, facilities, **options)
        assert shapely.area(shapely.symmetric_difference(united, joined)) == pytest.approx(0, abs=1)


def test_few_are_drawn_exactly_and_many_fast():
    paced = walk_seconds(row_of_streets(0, 3000), FLAT)
    many = at(*[(0, 100.0 * k) for k in range(21)])
    few = many.take(np.arange(20))

    def drawn(facilities, method):
        return isochrones_each(paced, facilities, minutes=(1,), method=method)

    def same(a, b):
        return bool(shapely.equals_exact(a, b, 0).all())

    assert same(drawn(few, "auto"), drawn(few, "exact"))
    assert same(drawn(many, "auto"), drawn(many, "fast"))
    assert not same(drawn(many, "auto"), drawn(many, "exact"))
    one_layer = isochrones(paced, many, minutes=(1,))
    assert same(one_layer, isochrones(paced, many, minutes=(1,), method="exact"))


def test_nothing_reached_is_an_empty_shape():
    paced = walk_seconds(row_of_streets(0, 100), FLAT)
    none = at()
    nearest = nearest_times(paced, none, at(), limit_ms=900_000)
    for method in ("exact", "fast"):
        for direction in DIRECTIONS:
            options = {"minutes": (5, 10), "method": method, "direction": direction}
            assert [s.is_empty for s in isochrones(paced, none, nearest, **options)] == [True, True]
            rings = isochrones(paced, none, nearest, shape="rings", **options)
            assert [s.is_empty for s in rings] == [True, True]
    assert isochrones_each(paced, none, minutes=(5,)).shape == (0, 1)


def test_merged_shapes_are_the_shape_of_all():
    paced = walk_seconds(row_of_streets(0, 2000), FLAT)
    parts, both = [], at((0, 200), (0, 1500))
    for rows in ([0], [1], [0, 1]):
        facilities = both.take(np.array(rows))
        nearest = nearest_times(paced, facilities, at(), limit_ms=900_000)
        parts.append(isochrones(paced, facilities, nearest, minutes=(5, 10)))
    for merged, whole in zip(merge_shapes(parts[:2]), parts[2], strict=True):
        assert merged.symmetric_difference(whole).area < 0.02 * whole.area


def test_what_cannot_be_drawn_is_refused_all_together():
    paced = walk_seconds(row_of_streets(0, 100), FLAT)
    place = at((0, 50))
    with pytest.raises(InputError) as error:
        isochrones(
            paced, place, minutes=(10, 5), shape="squares", method="guess", pen=Pen(buffer_m=0)
        )
    keys = [fault.key for fault in error.value.faults]
    assert keys == ["isochrone.minutes", *["isochrone.choice"] * 2, "isochrone.pen"]
    for minutes in ((), (-1,), (5, 5), (float("nan"),)):
        with pytest.raises(InputError):
            isochrones_each(paced, place, minutes=minutes)
