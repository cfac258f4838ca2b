"""Isochrones: exact cuts, nesting, holes, and agreement with the times of places."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.presets import walker
from quarterhour.reach import (
    isochrones,
    merge_shapes,
    nearest_times,
    reached_streets,
    stretch_lines,
)
from quarterhour.reach.kernel import UNREACHED
from quarterhour.streets import walk_seconds
from worlds import FLAT, at, make_network, random_positions, random_world


def reached(paced, facilities, limit_ms, direction="there"):
    nearest = nearest_times(paced, facilities, at(), limit_ms=10**8, direction=direction)
    found = reached_streets(paced, facilities, nearest, limit_ms=limit_ms, direction=direction)
    return nearest, found


def test_streets_are_cut_where_the_time_runs_out():
    net = make_network([(0, 0), (100, 0), (300, 0)], [(0, 1), (1, 2)])
    paced = walk_seconds(net, FLAT)
    _, found = reached(paced, at((0, 80)), 50_000)
    lines = shapely.union_all(stretch_lines(paced, found))
    assert lines.length == pytest.approx(100, abs=0.3)
    assert lines.bounds == pytest.approx((30, 0, 130, 0), abs=0.2)


def test_a_street_is_reached_from_both_ends():
    # A ring of 400 m: from one corner 150 m each way; the far 100 m stay out.
    net = make_network([(0, 0), (100, 0), (100, 100), (0, 100)], [(0, 1), (1, 2), (2, 3), (3, 0)])
    paced = walk_seconds(net, FLAT)
    _, found = reached(paced, at((0, 0)), 150_000)
    assert shapely.union_all(stretch_lines(paced, found)).length == pytest.approx(300, abs=0.5)


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 100_000), limit=st.integers(1_000, 400_000), there=st.booleans())
def test_a_place_is_on_a_reached_stretch_when_its_time_is_within(seed, limit, there):
    direction = "there" if there else "back"
    net = random_world(seed)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, seed + 1, 2)
    homes = random_positions(net, seed + 2, 12)
    homes = type(homes)(homes.edge, homes.offset_dm, homes.access_dm * 0, homes.moved)
    times = nearest_times(paced, facilities, homes, limit_ms=10**8, direction=direction).ms
    _, found = reached(paced, facilities, limit, direction)
    # A decimetre takes at most this long on the slowest piece: the width of the doubt at a cut.
    slack = 2 + 2 * int(max((paced.piece_there_ms / np.diff(net.piece_offset).min()).max(),
                            paced.piece_back_ms.max()) / net.edge_length_dm.min())  # fmt: skip
    for h in range(len(homes.edge)):
        on = (found.edge == homes.edge[h]) & (found.from_dm <= homes.offset_dm[h])
        inside = bool((on & (found.to_dm >= homes.offset_dm[h])).any())
        if times[h] <= limit - slack:
            assert inside
        if times[h] == UNREACHED or times[h] > limit + slack:
            assert not inside


def test_shapes_nest_and_small_holes_close():
    side = [(x, y) for y in (0, 80, 400) for x in (0, 80, 400)]
    edges = [(r * 3 + c, r * 3 + c + 1) for r in range(3) for c in range(2)]
    edges += [(c + r * 3, c + r * 3 + 3) for r in range(2) for c in range(3)]
    net = make_network(side, edges)
    paced = walk_seconds(net, FLAT)
    facilities = at((0, 0))
    nearest = nearest_times(paced, facilities, at(), limit_ms=900_000)
    shapes = isochrones(paced, facilities, nearest, minutes=(5, 10, 15))
    for inner, outer in pairwise(shapes):
        assert inner.difference(outer).area < 1e-6
    assert all(shapely.is_valid(shapes))
    # The block of 80 x 80 m is filled; the one of 320 x 320 m keeps its courtyard.
    holes = [shapely.Polygon(r).area for r in shapes[-1].interiors]
    assert holes
    assert min(holes) >= 10_000


def test_nothing_reached_is_an_empty_shape():
    net = make_network([(0, 0), (100, 0)], [(0, 1)])
    paced = walk_seconds(net, FLAT)
    none = at()
    nearest = nearest_times(paced, none, at(), limit_ms=900_000)
    shapes = isochrones(paced, none, nearest, minutes=(5,))
    assert shapes[0].is_empty


def test_merged_shapes_are_the_shape_of_all():
    net = make_network([(0, 0), (2000, 0)], [(0, 1)])
    paced = walk_seconds(net, FLAT)
    parts, both = [], at((0, 200), (0, 1500))
    for rows in ([0], [1], [0, 1]):
        facilities = both.take(np.array(rows))
        nearest = nearest_times(paced, facilities, at(), limit_ms=900_000)
        parts.append(isochrones(paced, facilities, nearest, minutes=(5, 10)))
    for merged, whole in zip(merge_shapes(parts[:2]), parts[2], strict=True):
        assert merged.symmetric_difference(whole).area < 0.02 * whole.area
