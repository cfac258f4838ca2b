"""Walking times in Porto, within 900 m: against pandana, OSMnx, scipy and networkx.

Two jobs. *Candidates*: which nodes lie within 900 m of each of 5,000 nodes, with their distances.
*Nearest*: the nearest of 150 facilities from every node. All programs search the same graph, node
to node, on one thread; what each prepares beforehand is timed apart. Beside them stand our times
between positions on edges (as many homes as there are nodes, with access legs), which no peer
does. Every peer's answers are compared with ours before its time counts.

OSMnx has no call for these jobs: its documented recipe cuts an `ego_graph` out of the streets for
each source. Porto tiled 4 x 4 shows how times grow to a million nodes.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# One thread for everybody; pandana's library reads this when it is loaded.
os.environ["OMP_NUM_THREADS"] = "1"

from _common import (
    median_seconds,
    peer_version,
    print_figures,
    print_machine,
    print_table,
    read_arguments,
    real_file,
    run_child,
    seconds_of,
)

JOBS = ("candidates_5000", "nearest_150")
FIGURES = (
    "candidates_5000.seconds", "candidates_5000.vs_pandana", "candidates_5000.vs_osmnx",
    "candidates_5000.vs_scipy", "candidates_5000.vs_networkx",
    "candidates_5000.with_positions_seconds", "nearest_150.seconds", "nearest_150.vs_pandana",
    "nearest_150.vs_osmnx", "nearest_150.vs_scipy", "nearest_150.vs_networkx",
    "nearest_150.with_positions_seconds", "ns_per_settled.porto", "ns_per_settled.porto16",
    "cold_start_s",
)  # fmt: skip
RUNS = 7
LIMIT_MS = 900_000  # at 1 m/s a millisecond is a millimetre: 900 m
N_CANDIDATES, N_FACILITIES = 5000, 150
OSMNX_SAMPLE = 250

COLD = """
import json, time
began = time.perf_counter()
import numpy as np
from quarterhour.reach.search import Seeds, label_nearest, pack_graph, reach_all
imported = time.perf_counter()
graph = pack_graph(np.arange(3), np.array([1, 0], np.int32), np.array([5, 5], np.int32))
seeds = Seeds(np.array([0, 1]), np.array([0], np.int32), np.array([0], np.int32))
reach_all(graph, seeds, limit_ms=9, n_columns=2)
label_nearest(graph, seeds, limit_ms=9)
print(json.dumps({"import": imported - began, "first": time.perf_counter() - imported}))
"""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """One graph in everybody's form: tails, heads and milliseconds of arcs, positions of nodes."""

    paced: Any
    graph: Any
    tail: Any
    head: Any
    ms: Any
    xy: Any
    candidates: Any
    facilities: Any

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.xy)


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="without OSMnx and the million nodes")
    print_machine()
    figures: dict[str, float | None] = dict.fromkeys(FIGURES)
    figures["cold_start_s"] = _cold_start()
    path = real_file("networks", "porto_portugal.osm.pbf")
    if path is not None:
        world = _world(path)
        _measure(world, figures, quick=quick)
        if quick:
            print("--quick: OSMnx and Porto 16 times are left out: their figures are null")
        else:
            figures["ns_per_settled.porto16"] = _tiled(world)
    print_figures(FIGURES, figures)


def _cold_start() -> float:
    """Return the seconds of a first search in a fresh process whose machine code is on disk."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="quarterhour-bench-") as folder:
        before = os.environ.get("NUMBA_CACHE_DIR")
        os.environ["NUMBA_CACHE_DIR"] = folder
        compiled = json.loads(run_child(("-c", COLD), folder=Path()).lines[-1][1])
        cached = [json.loads(run_child(("-c", COLD), folder=Path()).lines[-1][1]) for _ in range(5)]
        os.environ.pop("NUMBA_CACHE_DIR")
        if before is not None:
            os.environ["NUMBA_CACHE_DIR"] = before
    totals = sorted(c["import"] + c["first"] for c in cached)
    print_table(
        ("fresh process", "seconds"),
        [
            ("compiled for the first time, with imports", compiled["import"] + compiled["first"]),
            ("machine code on disk, with imports, median of 5", totals[2]),
        ],
    )
    return float(totals[2])


def _world(path: Path) -> World:
    import numpy as np

    from quarterhour.presets import Walker
    from quarterhour.reach.search import pack_graph
    from quarterhour.streets import read_network, walk_seconds

    network = read_network(path)
    flat = Walker(name="metres", flat_mps=1.0, slope=False)
    paced = walk_seconds(network, flat)
    # Of parallel streets the quickest: scipy would add them up. Ours gets the same arcs.
    tail = np.repeat(np.arange(network.n_nodes), np.diff(paced.indptr))
    order = np.lexsort((paced.arc_out_ms, paced.indices, tail))
    tail, head, ms = tail[order], paced.indices[order], paced.arc_out_ms[order]
    first = np.r_[True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])] & (tail != head)
    tail, head, ms = tail[first], head[first], ms[first]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=network.n_nodes))])
    rng = np.random.default_rng(2026)
    picked = rng.choice(network.n_nodes, N_CANDIDATES, replace=False).astype(np.int32)
    return World(
        paced, pack_graph(indptr, head, ms), tail, head, ms, network.node_xy_m, np.sort(picked),
        np.sort(picked[:N_FACILITIES]),
    )  # fmt: skip


def _seeds(nodes: Any) -> Any:  # noqa: ANN401 - arrays, imported late
    import numpy as np

    from quarterhour.reach.search import Seeds

    return Seeds(np.arange(len(nodes) + 1), nodes, np.zeros(len(nodes), np.int32))


def _measure(world: World, figures: dict[str, float | None], *, quick: bool) -> None:
    from quarterhour.reach.search import Workspace, label_nearest, reach_all

    sets = partial(
        reach_all, world.graph, _seeds(world.candidates), limit_ms=LIMIT_MS,
        n_columns=world.n_nodes, threads=1,
    )  # fmt: skip
    nearest = partial(
        label_nearest, world.graph, _seeds(world.facilities), limit_ms=LIMIT_MS,
        work=Workspace(world.n_nodes),
    )  # fmt: skip
    rows: list[tuple[str, str, float, float | None, str]] = []
    for job, work in zip(JOBS, (sets, nearest), strict=True):
        seconds, spread = median_seconds(work, runs=RUNS)
        figures[f"{job}.seconds"] = seconds
        rows.append(("quarterhour", job, seconds, 1.0, spread))
    both = median_seconds(partial(sets, threads=2), runs=RUNS)
    rows.append(("quarterhour, two threads", JOBS[0], both[0], None, both[1]))
    for job, (seconds, spread) in zip(JOBS, _positions(world), strict=True):
        figures[f"{job}.with_positions_seconds"] = seconds
        rows.append(
            ("quarterhour, positions", job, seconds, seconds / (figures[f"{job}.seconds"] or 1),
             spread)
        )  # fmt: skip
    pointers, _, _ = sets()
    figures["ns_per_settled.porto"] = 1e9 * (figures[f"{JOBS[0]}.seconds"] or 0) / pointers[-1]
    print(f"\nPorto: {world.n_nodes:,} nodes, {pointers[-1]:,} pairs within 900 m")
    graph_mb = (world.graph.indptr.nbytes + world.graph.arcs.nbytes) / 1e6
    print(
        f"memory: the graph {graph_mb:.1f} MB, one call with buffers and answer "
        f"{_peak_mb(sets):.1f} MB (candidates), {_peak_mb(nearest):.1f} MB (nearest)"
    )
    wanted = (sets(), nearest())
    for name, peer in _peers(world, quick=quick).items():
        for job, timing in zip(JOBS, peer(wanted), strict=True):
            ours = figures[f"{job}.seconds"] or 1.0
            figures[f"{job}.vs_{name}"] = timing[0] / ours
            rows.append((name, job, timing[0], timing[0] / ours, timing[1]))
    table = [(who, job, 1000 * seconds, *rest) for who, job, seconds, *rest in rows]
    print_table(("who", "job", "ms", "times ours", "fastest to slowest, s, or note"), table)


def _peak_mb(work: Callable[[], object]) -> float:
    """Return the most memory that one call holds beside what was there, in megabytes."""
    import tracemalloc

    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def _positions(world: World) -> list[tuple[float, str]]:
    """Time both jobs between positions on edges: as many homes as nodes, all with access legs."""
    import numpy as np

    from quarterhour.reach.walks import Walks
    from quarterhour.streets import Snapped

    network = world.paced.network
    rng = np.random.default_rng(7)

    def places(n: int) -> Snapped:
        # In the order of streets, as people are placed.
        edge = np.sort(rng.integers(0, network.n_edges, n)).astype(np.int32)
        offset = (rng.random(n) * network.edge_length_dm[edge]).astype(np.int32)
        leg = rng.integers(0, 500, n).astype(np.int32)
        return Snapped(edge, offset, leg, np.zeros(n, bool))

    walks = Walks.of(world.paced, places(world.n_nodes), direction="there")
    candidates, facilities = places(N_CANDIDATES), places(N_FACILITIES)
    return [
        median_seconds(lambda: walks.table(candidates, limit_ms=LIMIT_MS, threads=1), runs=RUNS),
        median_seconds(lambda: walks.nearest(facilities, limit_ms=LIMIT_MS), runs=RUNS),
    ]


Timings = list[tuple[float, str]]


def _peers(world: World, *, quick: bool) -> dict[str, Callable[[Any], Timings]]:
    found: dict[str, Callable[[Any], Timings]] = {
        "scipy": partial(_scipy, world), "networkx": partial(_networkx, world),
    }  # fmt: skip
    if peer_version("pandana") is not None:
        found["pandana"] = partial(_pandana, world)
    if not quick and peer_version("osmnx") is not None:
        found["osmnx"] = partial(_osmnx, world)
    return found


def _check(name: str, pairs: int, seconds: float, wanted: Any) -> None:  # noqa: ANN401
    """Stop where a peer's sets differ from ours: its pairs and the sum of their times."""
    pointers, _, ms = wanted
    ours = float(ms.sum(dtype="int64")) / 1000
    if abs(pairs - int(pointers[-1])) > 5 or abs(seconds - ours) > 1e-5 * ours + 5000:
        raise SystemExit(
            f"{name} finds {pairs} pairs, {seconds:.0f} s; ours {pointers[-1]}, {ours:.0f}"
        )


def _scipy(world: World, wanted: Any) -> Timings:  # noqa: ANN401 - arrays, imported late
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n = world.n_nodes
    graph = csr_array((world.ms.astype(float), (world.tail, world.head)), shape=(n, n))

    def sets() -> list[tuple[Any, Any, Any]]:
        answer = []
        for at in range(0, N_CANDIDATES, 250):
            found = dijkstra(graph, indices=world.candidates[at : at + 250], limit=LIMIT_MS)
            row, node = np.nonzero(np.isfinite(found))
            answer.append((row, node, found[row, node]))
        return answer

    def search_only() -> None:
        for at in range(0, N_CANDIDATES, 250):
            dijkstra(graph, indices=world.candidates[at : at + 250], limit=LIMIT_MS)

    ms = np.concatenate([part[2] for part in sets()])
    _check("scipy", len(ms), ms.sum() / 1000, wanted[0])
    print(
        f"scipy, dense distances alone, sets not taken out: {median_seconds(search_only, runs=5)}"
    )
    nearest = partial(dijkstra, graph, indices=world.facilities, limit=LIMIT_MS, min_only=True)
    found = nearest()
    label = wanted[1]
    ours = np.where(label == np.uint64(2**64 - 1), np.inf, (label >> np.uint64(32)).astype(float))
    if not np.array_equal(found, ours):
        raise SystemExit("scipy's nearest differ from ours")
    return [median_seconds(sets, runs=5), median_seconds(nearest, runs=5)]


def _networkx(world: World, wanted: Any) -> Timings:  # noqa: ANN401 - arrays, imported late
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(range(world.n_nodes))
    arcs = zip(world.tail.tolist(), world.head.tolist(), world.ms.tolist(), strict=True)
    graph.add_weighted_edges_from(arcs)
    found: list[dict[int, int]] = []

    def sets() -> None:
        found[:] = [
            nx.single_source_dijkstra_path_length(graph, source, cutoff=LIMIT_MS)
            for source in world.candidates.tolist()
        ]

    sets_s = median_seconds(sets, runs=5)
    _check("networkx", sum(map(len, found)), sum(sum(f.values()) for f in found) / 1000, wanted[0])
    facilities = set(world.facilities.tolist())
    nearest = partial(nx.multi_source_dijkstra_path_length, graph, facilities, cutoff=LIMIT_MS)
    return [sets_s, median_seconds(nearest, runs=5)]


def _pandana(world: World, wanted: Any) -> Timings:  # noqa: ANN401 - arrays, imported late
    import warnings

    import numpy as np
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandana
    began: list[Any] = []

    def prepare() -> None:
        began[:] = [
            pandana.Network(
                pd.Series(world.xy[:, 0]), pd.Series(world.xy[:, 1]), pd.Series(world.tail),
                pd.Series(world.head), pd.DataFrame({"m": world.ms / 1000.0}), twoway=False,
            )
        ]  # fmt: skip

    prepared_s = seconds_of(prepare)
    network = began[0]
    answers: list[Any] = []

    def sets() -> None:
        answers[:] = [network.nodes_in_range(world.candidates, LIMIT_MS / 1000)]

    sets_s = median_seconds(sets, runs=5)
    frame = answers[0]
    _check("pandana", len(frame), float(frame["m"].sum()), wanted[0])
    places = world.xy[world.facilities]
    network.set_pois("f", LIMIT_MS / 1000, 1, pd.Series(places[:, 0]), pd.Series(places[:, 1]))
    nearest_s = median_seconds(
        lambda: network.nearest_pois(LIMIT_MS / 1000, "f", num_pois=1), runs=5
    )
    note = f"prepared in {prepared_s:.1f} s"
    print(f"pandana {peer_version('pandana')}: {note}, {np.unique(frame['source']).size} sources")
    return [(sets_s[0], f"{sets_s[1]}; {note}"), nearest_s]


def _osmnx(world: World, wanted: Any) -> Timings:  # noqa: ANN401 - arrays, imported late
    """Time the documented recipe: an `ego_graph` of the streets around each source."""
    import networkx as nx

    graph = nx.MultiDiGraph(crs=world.paced.network.crs)
    graph.add_nodes_from((v, {"x": x, "y": y}) for v, (x, y) in enumerate(world.xy.tolist()))
    arcs = zip(world.tail.tolist(), world.head.tolist(), world.ms.tolist(), strict=True)
    graph.add_edges_from((u, v, 0, {"ms": ms}) for u, v, ms in arcs)
    sources = world.candidates[:: N_CANDIDATES // OSMNX_SAMPLE].tolist()
    pointers, _, _ = wanted[0]
    sizes: list[int] = []

    def sets() -> None:
        sizes[:] = [
            len(nx.ego_graph(graph, source, radius=LIMIT_MS, distance="ms")) for source in sources
        ]

    def nearest() -> None:
        for source in world.facilities.tolist():
            nx.ego_graph(graph, source, radius=LIMIT_MS, distance="ms")

    sets_s = median_seconds(sets, runs=5)
    step = N_CANDIDATES // OSMNX_SAMPLE
    if sizes != (pointers[1:] - pointers[:-1])[::step].tolist():
        raise SystemExit("OSMnx's ego graphs differ from our sets")
    note = f"{OSMNX_SAMPLE} sources, scaled to {N_CANDIDATES:,}"
    return [(sets_s[0] * step, note), median_seconds(nearest, runs=5)]


def _tiled(world: World) -> float:
    """Return nanoseconds per settled node on Porto tiled 4 x 4, nodes in the order of the tiles."""
    import numpy as np

    from quarterhour.reach.search import pack_graph, reach_all

    n = world.n_nodes
    shift = np.arange(16) * n
    tail = (world.tail[None] + shift[:, None]).ravel()
    head = (world.head[None] + shift[:, None]).ravel().astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=16 * n))])
    graph = pack_graph(indptr, head, np.tile(world.ms, 16))
    rng = np.random.default_rng(1)
    sources = np.sort(world.candidates + n * rng.integers(0, 16, N_CANDIDATES)).astype(np.int32)
    work = partial(
        reach_all, graph, _seeds(sources), limit_ms=LIMIT_MS, n_columns=16 * n, threads=1
    )
    seconds, spread = median_seconds(work, runs=RUNS)
    pairs = int(work()[0][-1])
    print_table(
        ("Porto 16 times", "measured"),
        [
            ("nodes", f"{16 * n:,}"),
            ("5,000 candidates, s", seconds),
            ("fastest to slowest, s", spread),
            ("ns per settled node", 1e9 * seconds / pairs),
            ("memory of one call, MB", _peak_mb(work)),
        ],
    )
    return 1e9 * seconds / pairs


if __name__ == "__main__":
    main()
