"""The fast path: exact distances on the grid, contours that nest, bounded disagreement."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from quarterhour.presets import Walker, walker
from quarterhour.reach import Pen, isochrones, isochrones_each
from quarterhour.reach.lines import stretch_coordinates
from quarterhour.reach.raster import DistanceGrid, raster_shapes, sample_places
from quarterhour.reach.stretches import reached_streets
from quarterhour.streets import Snapped, read_network, walk_seconds
from worlds import FLAT, at, make_network, random_positions, random_world

BUFFER_M = 25.0


def overlap(a, b):
    """Return the area that both cover over the area that either covers, pair by pair."""
    return shapely.area(shapely.intersection(a, b)) / shapely.area(shapely.union(a, b))


def test_samples_are_all_vertices_and_places_in_between() -> None:
    xy = np.array([(0.0, 0.0), (10.0, 0.0), (10.0, 3.0), (50.0, 50.0), (50.0, 50.0)])
    row = np.array([0, 0, 0, 1, 1])
    found = sample_places(xy, row, 4.0)
    expected = [(0, 0), (10 / 3, 0), (20 / 3, 0), (10, 0), (10, 3), (50, 50), (50, 50)]
    np.testing.assert_allclose(found, expected)
    assert len(sample_places(xy[:0], row[:0], 4.0)) == 0


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 700), buffer_m=st.floats(2, 80))
def test_nodes_hold_the_distance_to_the_nearest_sample(seed, n, buffer_m) -> None:
    places = np.random.default_rng(seed).uniform(-300, 300, (n, 2))
    grid = DistanceGrid.around([places], buffer_m)
    assert grid is not None
    grid.stamp(places)
    rows, columns = np.indices(grid.squared.shape)
    xy = (np.stack([columns, rows], axis=-1) + grid.corner) * grid.cell_m
    distance = cKDTree(places).query(xy.reshape(-1, 2))[0].reshape(rows.shape)
    # As far as the contour can need: one cell beyond the buffer.
    needed = np.minimum(distance, buffer_m + grid.cell_m)
    np.testing.assert_allclose(np.sqrt(grid.squared) * grid.cell_m, needed, atol=1e-9)


def test_a_straight_street_is_drawn_to_the_centimetre() -> None:
    net = make_network([(0, 0), (600, 0)], [(0, 1)])
    paced = walk_seconds(net, FLAT)
    shape = isochrones(paced, at((0, 300)), minutes=(4,), method="fast")[0]
    middle = shape.intersection(shapely.box(100, -50, 500, 50))
    # Between samples 5 m apart the outline lies at most 0.13 m nearer.
    assert 400 * 49.7 < middle.area <= 400 * 50.0
    assert shape.bounds == pytest.approx((35, -25, 565, 25), abs=0.05)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), hole_m2=st.sampled_from([0.0, 400.0, 10_000.0]))
def test_shapes_nest_to_the_bit_and_are_valid(seed, hole_m2) -> None:
    net = random_world(seed)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, seed + 1, 2)
    shapes = isochrones(
        paced, facilities, minutes=(1, 2, 4, 6), method="fast", pen=Pen(hole_m2=hole_m2)
    )
    assert all(shapely.is_valid(shapes))
    for inner, outer in pairwise(shapes):
        assert inner.difference(outer).area == 0


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), minute=st.floats(0.5, 6))
def test_both_methods_agree_before_holes_close(seed, minute) -> None:
    net = random_world(seed)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, seed + 1, 2)
    exact, fast = (
        isochrones(paced, facilities, minutes=(minute,), method=method, pen=Pen(hole_m2=0))[0]
        for method in ("exact", "fast")
    )
    # Discs of one sample are the worst: a polygon of 16 corners against one of the grid.
    assert exact.is_empty == fast.is_empty
    assert exact.is_empty or overlap(exact, fast) > 0.95
    # A gap without a node in it fills up: half a diagonal of a cell from what is reached. At a
    # corner between two streets the contour cuts across a cell.
    assert fast.difference(exact.buffer(0.71 * BUFFER_M / 4)).area < 1e-6
    assert exact.difference(fast.buffer(1.5)).area < 1e-6


def test_where_the_grid_lies_does_not_move_the_shape() -> None:
    net = random_world(12)
    paced = walk_seconds(net, walker("elder"))
    facilities = random_positions(net, 13, 1)
    alone = isochrones(paced, facilities, minutes=(2,), method="fast")[0]
    # Drawn on the larger grid of a wider limit.
    first_of_two = isochrones(paced, facilities, minutes=(2, 6), method="fast")[0]
    assert shapely.equals_exact(alone, first_of_two, 0)


def test_streets_spread_too_wide_for_a_grid_are_drawn_exactly() -> None:
    net = make_network([(0, 0), (100, 0), (60_000, 60_000), (60_100, 60_000)], [(0, 1), (2, 3)])
    paced = walk_seconds(net, FLAT)
    far = at((0, 50), (1, 50))
    fast, exact = (
        isochrones(paced, far, minutes=(5,), method=method)[0] for method in ("fast", "exact")
    )
    assert shapely.equals_exact(fast, exact, 0)
    reached = reached_streets(paced, far, limit_ms=300_000)
    assert raster_shapes(net, [reached], buffer_m=25.0, hole_m2=0.0) is None


def test_parts_of_the_stamp_put_together_are_the_stamp() -> None:
    places = np.random.default_rng(1).uniform(0, 100, (500, 2))
    grids = []
    for at_once in (7, 1000):
        grid = DistanceGrid.around([places], BUFFER_M)
        for begin in range(0, len(places), at_once):
            grid.stamp(places[begin : begin + at_once])
        grid.stamp(places[:0])
        grids.append(grid)
    np.testing.assert_array_equal(grids[0].squared, grids[1].squared)
    np.testing.assert_array_equal(grids[0].low, grids[1].low)
    np.testing.assert_array_equal(grids[0].high, grids[1].high)


@pytest.fixture(scope="module")
def porto(real_data):
    """Return Porto's streets for a walker that counts metres, and 24 facilities on them."""
    network = read_network(real_data / "networks" / "porto_portugal.osm.pbf")
    paced = walk_seconds(network, Walker(name="metres", flat_mps=1.0, slope=False))
    rng = np.random.default_rng(3)
    edge = rng.choice(np.flatnonzero(paced.part == paced.main_part), 24).astype(np.int32)
    offset = (rng.random(24) * network.edge_length_dm[edge]).astype(np.int32)
    return paced, Snapped(edge, offset, np.zeros(24, np.int32), np.zeros(24, bool))


@pytest.mark.real
def test_on_real_streets_the_methods_agree(porto) -> None:
    paced, facilities = porto
    open_holes = Pen(hole_m2=0)
    drawn = {
        (method, pen is open_holes): isochrones_each(
            paced, facilities, minutes=(5, 10, 15), method=method, pen=pen
        )
        for method in ("exact", "fast")
        for pen in (open_holes, None)
    }
    for shapes in drawn.values():
        assert shapely.is_valid(shapes).all()
        for k in (0, 1):
            inner, outer = shapes[:, k], shapes[:, k + 1]
            assert shapely.area(shapely.difference(inner, outer)).max() < 1e-3
    # Before holes close, every shape; a hole that one of them closes and the other does not
    # (a gap of a metre, an area just beside the limit) weighs more, but is rare.
    assert overlap(drawn["exact", True], drawn["fast", True]).min() >= 0.985
    closed = overlap(drawn["exact", False], drawn["fast", False])
    assert closed.mean() >= 0.99
    assert np.quantile(closed, 0.1) >= 0.985
    # A tenth of the shapes may differ by a block, never by more than a block of them.
    difference = shapely.symmetric_difference(drawn["exact", False], drawn["fast", False])
    assert (shapely.area(difference) < 0.1 * shapely.area(drawn["exact", False])).all()


@pytest.mark.real
def test_samples_of_real_streets_lie_close(porto) -> None:
    paced, facilities = porto
    reached = reached_streets(paced, facilities, limit_ms=900_000)
    xy_m, row = stretch_coordinates(paced.network, reached)
    places = sample_places(xy_m, row, 5.0)
    # Samples follow the lines: a step is at most 5 m unless it goes from one line to the next.
    step = np.hypot(*np.diff(places, axis=0).T)
    assert (step > 5.0 + 1e-9).sum() <= row[-1]
    lines = shapely.multilinestrings(list(shapely.linestrings(xy_m, indices=row)))
    assert shapely.distance(shapely.points(places[::50]), lines).max() < 1e-6
