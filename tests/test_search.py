"""Searches: buffers that run out, threads, the scipy path, the circle of buckets, both ways."""

import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import InputError
from quarterhour.presets import walker
from quarterhour.reach import NearestTimes, join_pairs, nearest_times, node_times, walking_times
from quarterhour.reach import kernel as kernel_room
from quarterhour.reach import search as search_room
from quarterhour.reach.search import (
    PackedGraph,
    Seeds,
    label_nearest,
    pack_graph,
    reach_all,
    shift_for,
)
from quarterhour.reach.small import small_nearest, small_rows
from quarterhour.reach.walks import Walks
from quarterhour.streets import Snapped, walk_seconds
from quarterhour.streets.walker import UNREACHED
from worlds import FLAT, at, make_network, oracle_ms, random_positions, random_world

FAR = 10**9


def random_graph(seed: int, *, longest_ms: int = 300_000) -> PackedGraph:
    """Make a directed graph with parallels, loops and arcs of no time."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    m = int(rng.integers(0, 4 * n))
    tail, head = np.sort(rng.integers(0, n, m)), rng.integers(0, n, m).astype(np.int32)
    ms = rng.integers(0, longest_ms, m).astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))])
    return pack_graph(indptr.astype(np.int64), head, ms)


def random_seeds(graph: PackedGraph, seed: int) -> Seeds:
    """Make sources with none, one or several seeds each."""
    rng = np.random.default_rng(seed)
    count = rng.integers(0, 4, int(rng.integers(1, 12)))
    total = int(count.sum())
    node = rng.integers(0, graph.n_nodes, total).astype(np.int32)
    ms = rng.integers(0, 400_000, total).astype(np.int32)
    return Seeds(np.concatenate([[0], np.cumsum(count)]).astype(np.int64), node, ms)


def as_networkx(graph: PackedGraph, seeds: Seeds) -> nx.DiGraph:
    """Return the graph with a node of its own for each source."""
    out = nx.DiGraph()
    out.add_nodes_from(range(graph.n_nodes))
    out.add_nodes_from(("s", s) for s in range(seeds.n_sources))
    tail = np.repeat(np.arange(graph.n_nodes), np.diff(graph.indptr.astype(int)))
    arcs = [
        (int(t), int(a & 0x7FFFFFFF), int(a >> 32))
        for t, a in zip(tail, graph.arcs.tolist(), strict=True)
    ]
    owner = np.repeat(np.arange(seeds.n_sources), np.diff(seeds.ptr))
    arcs += [
        (("s", int(s)), int(v), int(ms))
        for s, v, ms in zip(owner, seeds.node, seeds.ms, strict=True)
    ]
    for u, v, ms in arcs:
        if not out.has_edge(u, v) or out[u][v]["ms"] > ms:
            out.add_edge(u, v, ms=ms)
    return out


def oracle_rows(graph: PackedGraph, seeds: Seeds, limit_ms: int) -> list[dict[int, int]]:
    """Return what networkx reaches from each source."""
    world = as_networkx(graph, seeds)
    found = []
    for s in range(seeds.n_sources):
        reach = nx.single_source_dijkstra_path_length(world, ("s", s), cutoff=limit_ms, weight="ms")
        found.append({v: ms for v, ms in reach.items() if not isinstance(v, tuple)})
    return found


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 10**6),
    limit_ms=st.sampled_from([0, 1, 50_000, 300_000, 2_000_000, FAR]),
    longest=st.sampled_from([1, 70, 9_000, 300_000, 60_000_000]),
)
def test_rows_and_labels_equal_networkx(seed: int, limit_ms: int, longest: int) -> None:
    graph = random_graph(seed, longest_ms=longest)
    seeds = random_seeds(graph, seed + 1)
    wanted = oracle_rows(graph, seeds, limit_ms)
    pointers, node, ms = reach_all(graph, seeds, limit_ms=limit_ms, n_columns=graph.n_nodes)
    for s, row in enumerate(wanted):
        part = slice(pointers[s], pointers[s + 1])
        assert node[part].tolist() == sorted(row)
        assert ms[part].tolist() == [row[v] for v in sorted(row)]
    label = label_nearest(graph, seeds, limit_ms=limit_ms)
    best = {
        v: min((row[v], s) for s, row in enumerate(wanted) if v in row)
        for v in set().union(*wanted)
    }
    reached = np.flatnonzero(label != kernel_room.NEVER)
    assert reached.tolist() == sorted(best)
    assert [divmod(int(key), 2**32) for key in label[reached]] == [best[v] for v in sorted(best)]


@pytest.mark.parametrize("seed", range(40))
def test_the_scipy_path_gives_the_same_labels_and_rows(seed: int) -> None:
    graph = random_graph(seed)
    seeds = random_seeds(graph, seed + 1)
    limit_ms = [0, 200_000, FAR][seed % 3]
    by_scipy = small_nearest(graph, seeds, limit_ms=limit_ms)
    np.testing.assert_array_equal(by_scipy, label_nearest(graph, seeds, limit_ms=limit_ms))
    rows = small_rows(graph, seeds, limit_ms=limit_ms)
    pointers, node, ms = reach_all(graph, seeds, limit_ms=limit_ms, n_columns=graph.n_nodes)
    source = np.repeat(np.arange(seeds.n_sources), np.diff(pointers))
    dense = np.full(rows.shape, UNREACHED)
    dense[source, node] = ms
    np.testing.assert_array_equal(rows, dense)


def as_ms(nearest: NearestTimes) -> np.ndarray:
    """Return milliseconds with ``inf`` beyond the limit."""
    return np.where(nearest.ms == UNREACHED, np.inf, nearest.ms)


def same_rows(left: tuple, right: tuple) -> bool:
    """Return whether two answers have the same bytes."""
    return all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("room", [1, 2, 7])
def test_a_buffer_that_runs_out_is_resumed_without_loss(seed: int, room: int) -> None:
    graph = random_graph(seed)
    seeds = random_seeds(graph, seed + 1)
    ample = reach_all(graph, seeds, limit_ms=FAR, n_columns=graph.n_nodes)
    tight = reach_all(graph, seeds, limit_ms=FAR, n_columns=graph.n_nodes, room=room)
    assert same_rows(ample, tight)


def test_the_resume_path_is_taken_and_leaves_the_buffers_clean(monkeypatch) -> None:
    calls = []
    real = kernel_room.reach_rows

    def counted(*arguments):
        row, filled = real(*arguments)
        work = dict(
            zip(
                ("best", "marks", "label"),
                (arguments[16], arguments[17], arguments[11]),
                strict=True,
            )
        )
        calls.append(
            (
                int(row),
                (work["best"] == kernel_room.NOBODY).all(),
                not work["marks"].any(),
                (work["label"] == kernel_room.NEVER).all(),
            )
        )
        return row, filled

    monkeypatch.setattr(kernel_room, "reach_rows", counted)
    # Sources 0, 1, 2 on a line of ten nodes reach ten nodes each: room for one row at a time.
    graph = pack_graph(
        np.arange(11), np.minimum(np.arange(1, 11), 9).astype(np.int32), np.full(10, 5, np.int32)
    )
    seeds = Seeds(np.arange(4), np.zeros(3, np.int32), np.arange(3, dtype=np.int32))
    pointers, node, _ = reach_all(graph, seeds, limit_ms=FAR, n_columns=10, room=10)
    assert node.tolist() == list(range(10)) * 3 and pointers.tolist() == [0, 10, 20, 30]
    assert [row for row, *_ in calls] == [1, 2, 3] or [row for row, *_ in calls] == [1, 3]
    assert all(all(clean) for _, *clean in calls)


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_any_number_of_threads_gives_the_same_bytes(threads: int) -> None:
    network = random_world(5)
    paced = walk_seconds(network, walker("elder"))
    facilities = random_positions(network, 1, 200)
    homes = random_positions(network, 2, 300)
    one = walking_times(paced, facilities, homes, limit_ms=400_000, threads=1)
    more = walking_times(paced, facilities, homes, limit_ms=400_000, threads=threads)
    assert same_rows((one.indptr, one.indices, one.ms), (more.indptr, more.indices, more.ms))
    assert len(one.ms) > 200


def test_progress_is_told_to_the_end() -> None:
    network = random_world(5)
    paced = walk_seconds(network, FLAT)
    told: list[tuple[int, int]] = []
    places = random_positions(network, 1, 100)
    walking_times(
        paced, places, places, limit_ms=1000, on_progress=lambda done, of: told.append((done, of))
    )
    assert told[-1] == (100, 100) and told == sorted(told) and len(told) > 1


@given(limit_ms=st.integers(0, FAR), longest_ms=st.integers(0, 2**31 - 1))
def test_all_waiting_labels_fit_on_the_circle(limit_ms: int, longest_ms: int) -> None:
    shift = shift_for(limit_ms, longest_ms) - 32
    span = min(limit_ms, longest_ms)
    # The first label of a bucket may wait beside one that is a whole span after its last.
    assert ((span + (1 << shift) - 1) >> shift) <= 63
    assert shift == 0 or (span >> (shift - 1)) > 62


@pytest.mark.parametrize("direction", ["worst", "round_trip"])
@pytest.mark.parametrize("seed", range(30))
def test_both_ways_with_the_same_facility_equal_networkx(seed: int, direction: str) -> None:
    network = random_world(seed, private=seed % 2 == 1)
    paced = walk_seconds(network, walker(["elder", "adult", "elder_slow"][seed % 3]))
    facilities = random_positions(network, seed + 1000, 4, public=True)
    homes = random_positions(network, seed + 2000, 9)
    there = oracle_ms(paced, facilities, homes, direction="there")
    back = oracle_ms(paced, facilities, homes, direction="back")
    wanted = np.maximum(there, back) if direction == "worst" else there + back
    limit_ms = 700_000
    table = walking_times(paced, facilities, homes, limit_ms=limit_ms, direction=direction)
    dense = np.full(wanted.shape, np.inf)
    dense[table.indices, table.sources()] = table.ms
    np.testing.assert_array_equal(dense, np.where(wanted <= limit_ms, wanted, np.inf))
    nearest = nearest_times(paced, facilities, homes, limit_ms=limit_ms, direction=direction)
    best = np.where(wanted <= limit_ms, wanted, np.inf).min(axis=1, initial=np.inf)
    np.testing.assert_array_equal(as_ms(nearest), best)
    found = np.flatnonzero(nearest.facility >= 0)
    if len(found):
        assert (np.argmin(wanted[found], axis=1) == nearest.facility[found]).all()


def test_the_worst_way_is_not_the_worse_of_two_nearest_facilities() -> None:
    # Facility 0 stands uphill of the home, facility 1 downhill: each is near one way only.
    network = make_network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], grades=[[0.3], [0.3]])
    paced = walk_seconds(network, walker("elder"))
    facilities, home = at((0, 0.0), (1, 100.0)), at((0, 99.0))
    nearest = {
        d: nearest_times(paced, facilities, home, limit_ms=FAR, direction=d).ms[0]
        for d in ("there", "back", "worst", "round_trip")
    }
    assert max(nearest["there"], nearest["back"]) < nearest["worst"]
    assert nearest["there"] + nearest["back"] < nearest["round_trip"]


def test_tables_of_different_pairs_are_not_joined() -> None:
    network = random_world(5)
    paced = walk_seconds(network, FLAT)
    places = random_positions(network, 1, 3)
    one = walking_times(paced, places, places, limit_ms=1000)
    other = walking_times(paced, places, places, limit_ms=2000)
    with pytest.raises(AssertionError):
        join_pairs(one, other, how="sum")


@pytest.mark.parametrize("direction", ["there", "back"])
@pytest.mark.parametrize("seed", range(20))
def test_a_facility_is_as_near_as_its_nearest_entrance(seed: int, direction: str) -> None:
    network = random_world(seed)
    paced = walk_seconds(network, walker("elder"))
    doors = random_positions(network, seed + 10, 7)
    place = np.array([0, 0, 1, 2, 2, 2, 3], np.int32)
    facilities = Snapped(doors.edge, doors.offset_dm, doors.access_dm, doors.moved, place)
    homes = random_positions(network, seed + 20, 12)
    each = oracle_ms(paced, doors, homes, direction=direction)
    wanted = np.stack([each[:, place == f].min(axis=1) for f in range(4)], axis=1)
    table = walking_times(paced, facilities, homes, limit_ms=FAR, direction=direction)
    dense = np.full(wanted.shape, np.inf)
    dense[table.indices, table.sources()] = table.ms
    np.testing.assert_array_equal(dense, wanted)
    nearest = nearest_times(paced, facilities, homes, limit_ms=FAR, direction=direction)
    np.testing.assert_array_equal(as_ms(nearest), wanted.min(axis=1))
    found = np.flatnonzero(nearest.facility >= 0)
    assert (np.argmin(wanted[found], axis=1) == nearest.facility[found]).all()
    some = facilities.take_places(np.array([1, 2]))
    assert some.place.tolist() == [0, 1, 1, 1] and some.n_places == 2


def test_node_times_are_those_of_homes_at_nodes() -> None:
    network = random_world(12)
    paced = walk_seconds(network, walker("elder"))
    facilities = random_positions(network, 3, 5)
    nodes = node_times(paced, facilities, limit_ms=500_000)
    edges = [int(np.flatnonzero(network.edge_from == v)[0]) for v in np.unique(network.edge_from)]
    homes = at(*[(e, 0.0) for e in edges])
    by_home = walking_times(paced, facilities, homes, limit_ms=500_000)
    at_node = dict(
        zip(
            zip(nodes.sources().tolist(), nodes.indices.tolist(), strict=True),
            nodes.ms.tolist(),
            strict=True,
        )
    )
    for f, h, ms in zip(
        by_home.sources().tolist(), by_home.indices.tolist(), by_home.ms.tolist(), strict=True
    ):
        assert at_node[f, int(network.edge_from[edges[h]])] == ms


def test_small_jobs_answer_without_the_compiled_kernel() -> None:
    code = """
import sys
import numpy as np
sys.path.insert(0, "tests")
from worlds import random_positions, random_world
from quarterhour.presets import walker
from quarterhour.reach import nearest_times, walking_times
from quarterhour.streets import walk_seconds

def answers():
    out = []
    for seed in range(12):
        network = random_world(seed, private=True)
        paced = walk_seconds(network, walker("elder"))
        facilities = random_positions(network, seed, 4, public=True)
        homes = random_positions(network, seed + 1, 9)
        for direction in ("there", "back"):
            table = walking_times(paced, facilities, homes, limit_ms=500_000, direction=direction)
            near = nearest_times(paced, facilities, homes, limit_ms=500_000, direction=direction)
            out += [table.indptr, table.indices, table.ms, near.ms, near.facility, near.node_ms]
    return out

without = answers()
assert "numba" not in sys.modules
import quarterhour.reach.kernel
with_it = answers()
pairs = list(zip(without, with_it, strict=True))
assert all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_homes_without_a_street_and_unusable_edges_are_never_reached() -> None:
    network = make_network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], steps=[0, 40])
    paced = walk_seconds(network, walker("step_free"))
    homes = at((0, 50), (1, 50), (0, 0))
    edge = np.where([False, False, True], -1, homes.edge).astype(np.int32)
    lost = Snapped(edge, homes.offset_dm, homes.access_dm, homes.moved)
    nearest = nearest_times(paced, at((0, 0)), lost, limit_ms=FAR)
    assert nearest.facility.tolist() == [0, -1, -1]
    assert walking_times(paced, at((0, 0)), lost, limit_ms=FAR).indices.tolist() == [0]
    walks = Walks.of(paced, lost, direction="there")
    assert (walks.home_ms[1:] == kernel_room.NOBODY).all()
    assert search_room.Workspace(3).label.tolist() == [int(kernel_room.NEVER)] * 3


@pytest.mark.parametrize(
    "asked",
    [{"limit_ms": -1}, {"limit_ms": 2**31 - 1}, {"direction": "up"}, {"threads": 0}],
)
def test_what_cannot_be_searched_is_refused(asked: dict) -> None:
    network = random_world(5)
    paced = walk_seconds(network, FLAT)
    places = random_positions(network, 1, 3)
    for search in (nearest_times, walking_times):
        if search is nearest_times and "threads" in asked:
            continue
        with pytest.raises(InputError) as caught:
            search(paced, places, places, **{"limit_ms": 1000, **asked})
        assert [f.key for f in caught.value.faults] == ["reach.out_of_range"]


def test_kernel_and_searches_mean_the_same_by_their_numbers() -> None:
    for name in ("NEVER", "NOBODY"):
        assert getattr(kernel_room, name) == getattr(search_room, name)
        assert type(getattr(kernel_room, name)) is type(getattr(search_room, name))
