"""Small worlds whose answers one can work out on paper, and slow oracles for the fast paths."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from quarterhour.presets import Walker
from quarterhour.streets import PacedNetwork, Snapped, WalkNetwork

FLAT = Walker(name="test", flat_mps=1.0, slope=False)


def make_network(
    xy: Sequence[tuple[float, float]],
    edges: Sequence[tuple[int, int]],
    *,
    length_m: Sequence[float] | None = None,
    steps: Sequence[float] | None = None,
    grades: Sequence[Sequence[float]] | None = None,
    private: Sequence[bool] | None = None,
    names: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
) -> WalkNetwork:
    """Make a network of straight edges; private edges get copies of their end nodes."""
    nodes = np.array(xy, float)
    a, b = np.array([e[0] for e in edges]), np.array([e[1] for e in edges])
    n = len(edges)
    if length_m is None:
        length_m = np.hypot(*(nodes[a] - nodes[b]).T).tolist()
    pieces = [list(g) for g in grades] if grades is not None else [[0.0]] * n
    is_private = np.array(private if private is not None else [False] * n, bool)
    link_from, link_to, copies = [], [], {}
    a, b = a.copy(), b.copy()
    for e in np.flatnonzero(is_private):
        for ends in (a, b):
            node = int(ends[e])
            if node not in copies:
                copies[node] = len(nodes)
                nodes = np.vstack([nodes, nodes[node]])
                link_from.append(node)
                link_to.append(copies[node])
            ends[e] = copies[node]
    street = tuple(names) if names is not None else ("",) * n
    all_names = ("", *sorted(set(street) - {""}))
    kinds = tuple(classes) if classes is not None else ("residential",) * n
    all_classes = tuple(sorted(set(kinds)))
    return WalkNetwork(
        crs="EPSG:4544",
        node_xy_m=nodes,
        edge_from=a.astype(np.int32),
        edge_to=b.astype(np.int32),
        edge_length_dm=np.maximum(1, np.rint(np.array(length_m) * 10)).astype(np.int32),
        vertex_offset=np.arange(n + 1, dtype=np.int64) * 2,
        vertex_xy_m=np.stack([nodes[a], nodes[b]], axis=1).reshape(-1, 2),
        vertex_z_m=np.full(2 * n, np.nan),
        edge_class=np.array([all_classes.index(k) for k in kinds], np.int16),
        classes=all_classes,
        edge_name=np.array([all_names.index(s) for s in street], np.int32),
        names=all_names,
        edge_steps=np.array(steps if steps is not None else [0.0] * n, float),
        edge_steps_from=np.array([s > 0 for s in steps] if steps is not None else [0] * n, np.int8),
        edge_incline=np.full(n, np.nan),
        edge_rise=np.zeros(n, np.int8),
        edge_escalator=np.zeros(n, bool),
        edge_bridge=np.zeros(n, bool),
        edge_tunnel=np.zeros(n, bool),
        edge_private=is_private,
        edge_lift_s=np.zeros(n),
        piece_offset=np.concatenate([[0], np.cumsum([len(p) for p in pieces])]).astype(np.int64),
        piece_grade=np.array([g for p in pieces for g in p], float),
        link_from=np.array(link_from, np.int32),
        link_to=np.array(link_to, np.int32),
    )


def at(*positions: tuple[int, float] | tuple[int, float, float]) -> Snapped:
    """Make positions of (edge, metres from its start[, access leg in metres])."""
    full = [(*p, 0.0)[:3] for p in positions]
    return Snapped(
        np.array([p[0] for p in full], np.int32),
        np.array([round(p[1] * 10) for p in full], np.int32),
        np.array([round(p[2] * 10) for p in full], np.int32),
        np.zeros(len(full), bool),
    )


def random_world(seed: int, *, private: bool = False) -> WalkNetwork:
    """Make a random hilly network with parallels, loops, stairs and uneven pieces."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    xy = rng.uniform(0, 400, (n, 2))
    m = int(rng.integers(1, 22))
    ends = rng.integers(0, n, (m, 2))
    straight = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    length = straight * rng.uniform(1.0, 1.5, m) + rng.uniform(1, 40, m)
    grades = [rng.normal(0, 0.12, int(rng.integers(1, 5))).tolist() for _ in range(m)]
    steps = np.where(rng.random(m) < 0.25, rng.integers(3, 90, m), 0).astype(float)
    for e in np.flatnonzero(steps):
        grades[e] = [0.0]
    inside = (rng.random(m) < 0.3).tolist() if private else None
    made = make_network(
        [tuple(p) for p in xy], [tuple(e) for e in ends.tolist()], length_m=length.tolist(),
        steps=steps.tolist(), grades=grades, private=inside,
    )  # fmt: skip
    return replace(made, edge_rise=rng.integers(-1, 2, m).astype(np.int8))


def random_positions(network: WalkNetwork, seed: int, n: int, *, public: bool = False) -> Snapped:
    """Make random positions, some on the ends of edges, some with access legs."""
    rng = np.random.default_rng(seed)
    allowed = np.flatnonzero(~network.edge_private) if public else np.arange(network.n_edges)
    if len(allowed) == 0:
        return at()
    edge = rng.choice(allowed, n)
    share = rng.choice([0.0, 1.0, -1.0], n, p=[0.1, 0.1, 0.8])
    share = np.where(share < 0, rng.random(n), share)
    leg = np.where(rng.random(n) < 0.5, 0.0, rng.uniform(0, 140, n))
    return at(*[(int(e), float(s * network.edge_length_dm[e] / 10), float(leg_m))
                for e, s, leg_m in zip(edge, share, leg, strict=True)])  # fmt: skip


def _from_start(paced: PacedNetwork, edge: int, offset_dm: int, *, back: bool) -> int:
    """Walk the pieces one by one."""
    network = paced.network
    ms = paced.piece_back_ms if back else paced.piece_there_ms
    pieces = range(network.piece_offset[edge], network.piece_offset[edge + 1])
    length = network.edge_length_dm[edge] / len(pieces)
    left, total = float(offset_dm), 0
    for p in pieces:
        if left >= length * (1 - 1e-12):
            total += int(ms[p])
            left -= length
        else:
            return total + int(np.rint(max(left, 0.0) / length * ms[p]))
    return total


def oracle_ms(
    paced: PacedNetwork, facilities: Snapped, homes: Snapped, *, direction: str
) -> NDArray[np.float64]:
    """Return milliseconds (homes, facilities) from networkx on a graph with edges split in full."""
    network = paced.network
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.n_nodes))

    def arc(u: object, v: object, ms: int) -> None:
        if not graph.has_edge(u, v) or graph[u][v]["ms"] > ms:
            graph.add_edge(u, v, ms=ms)

    for public, copy in zip(network.link_from.tolist(), network.link_to.tolist(), strict=True):
        # Residents come out; on the way back they go in. Nobody else does either.
        arc(copy, public, 0) if direction == "there" else arc(public, copy, 0)
    places = [("f", k, facilities) for k in range(len(facilities.edge))]
    places += [("h", k, homes) for k in range(len(homes.edge))]
    for e in np.flatnonzero(paced.usable).tolist():
        on = [(int(p.offset_dm[k]), (kind, k)) for kind, k, p in places if p.edge[k] == e]
        stops: list[tuple[int, object]] = [(0, int(network.edge_from[e]))]
        stops += sorted(on, key=lambda stop: stop[0])
        stops.append((int(network.edge_length_dm[e]), int(network.edge_to[e])))
        inner = [(o, ("on", e, n)) for n, (o, _) in enumerate(stops)]
        for (o1, n1), (o2, n2) in pairwise(inner):
            up = _from_start(paced, e, o2, back=False) - _from_start(paced, e, o1, back=False)
            down = _from_start(paced, e, o2, back=True) - _from_start(paced, e, o1, back=True)
            arc(n1, n2, up)
            arc(n2, n1, down)
        for (_, real), (_, here) in zip(stops, inner, strict=True):
            leg = 0
            if isinstance(real, tuple):
                source = facilities if real[0] == "f" else homes
                leg = int(paced.leg_ms(source.access_dm[real[1] : real[1] + 1])[0])
            arc(real, here, leg)
            arc(here, real, leg)
    out = np.full((len(homes.edge), len(facilities.edge)), np.inf)
    walk = graph if direction == "back" else graph.reverse(copy=False)
    for f in range(len(facilities.edge)):
        if ("f", f) not in walk:
            continue
        # Other homes and facilities are ends of walks, never waypoints.
        keep = [n for n in walk if not (isinstance(n, tuple) and n[0] in "fh") or n == ("f", f)]
        reach = nx.single_source_dijkstra_path_length(walk.subgraph(keep), ("f", f), weight="ms")
        for h in range(len(homes.edge)):
            if ("h", h) in walk:
                best = [
                    reach[n] + walk[n][("h", h)]["ms"]
                    for n in walk.predecessors(("h", h))
                    if n in reach
                ]
                out[h, f] = min(best, default=np.inf)
    return out
