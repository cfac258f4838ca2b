"""Villages, tunnels, and the roads through the country.

A road takes the least costly way over the relief, where slope costs more than length: so roads
follow valleys, wind up the ridge and share their way where they can.
"""

import numpy as np
from numpy.typing import NDArray

from .blocks import Blocks
from .lattice import Lattice
from .plan import C_PATH, C_SECONDARY, C_TERTIARY, C_UNCLASSIFIED, Plan, components
from .terrain import RIVER, ZONE_EDGES, Array, Land

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def find_villages(land: Land, blocks: Blocks, rng: np.random.Generator) -> Ints:
    """Return the nodes of villages: on dry country land, well apart, fewer on the ridge."""
    from scipy.spatial import cKDTree

    board = land.board
    free = blocks.inside & ~land.water & (land.density < 0.14) & (land.zone != RIVER)
    slope = np.hypot(*np.gradient(land.z, board.step_m))
    weight = np.where(free, np.exp(-slope / 0.12), 0.0).ravel()
    picks = rng.choice(len(weight), 8 * board.villages, replace=False, p=weight / weight.sum())
    places = np.stack(np.divmod(picks, board.shape[1]), axis=1)
    apart = 9 if board.scale > 0.6 else 7
    first = np.ones(len(picks), dtype=bool)
    for early, late in sorted(cKDTree(places).query_pairs(apart)):
        first[late] &= not first[early]
    return picks[first][: board.villages]


def tunnel_ends(land: Land, blocks: Blocks) -> tuple[tuple[int, int], ...]:
    """Return west and east portals of the tunnels through the ridge."""
    board = land.board
    n_j = board.shape[1]
    free = ~land.water & ~(blocks.urban & ~blocks.on_line)
    ends = []
    for share in (0.22, 0.50, 0.77):
        j = int(np.argmin(np.abs(board.v - share * board.height_m)))
        pair = []
        for at in (ZONE_EDGES[0] - 0.004, ZONE_EDGES[1] + 0.004):
            i = int(np.argmin(np.abs(board.u - at * board.width_m)))
            rows = np.flatnonzero(free[i])
            pair.append(i * n_j + int(rows[np.argmin(np.abs(rows - j))]))
        ends.append((pair[0], pair[1]))
    return tuple(ends)


def add_country_roads(
    plan: Plan,
    kind: Ints,
    villages: Ints,
    tunnels: tuple[tuple[int, int], ...],
    rng: np.random.Generator,
) -> Ints:
    """Join the towns, the tunnels and the villages to the main streets."""
    lattice, kind = plan.lattice, kind.copy()
    cost = _country_cost(plan, kind, rng)
    comp = components(lattice, kind >= 0)
    sizes = np.bincount(comp)
    main = np.flatnonzero(comp == np.argmax(sizes))
    far, before = _cheapest(lattice, cost, main)
    towns = []
    for label in np.flatnonzero(sizes >= 6):
        members = np.flatnonzero(comp == label)
        towns.append(members[np.argmin(far[members])])
    towns = [town for town in towns if np.isfinite(far[town]) and far[town] > 0]
    portals = np.array(tunnels).ravel()
    _pave(lattice, kind, np.array(towns, dtype=np.int64), before, C_TERTIARY)
    _pave(lattice, kind, portals, before, C_SECONDARY)
    lane = np.where(rng.random(len(villages)) < 0.7, C_UNCLASSIFIED, C_PATH)
    for road in (C_UNCLASSIFIED, C_PATH):
        _pave(lattice, kind, villages[lane == road], before, road)
    # A second tree from the far west closes loops, over the ridge among others.
    cost = _country_cost(plan, kind, rng)
    west = main[np.argmin(main)]
    _, before = _cheapest(lattice, cost, np.array([west]))
    ends = rng.permutation(villages)[: max(6, len(villages) // 7)]
    _pave(lattice, kind, np.r_[ends, portals], before, C_TERTIARY)
    return kind


def _country_cost(plan: Plan, kind: Ints, rng: np.random.Generator) -> Array:
    lattice = plan.lattice
    inner = (plan.blocks.urban & ~plan.blocks.on_line).ravel()
    closed = inner[lattice.a] | inner[lattice.b] | plan.leaves_trunk & (kind < 0)
    rough = rng.uniform(0.6, 1.5, len(lattice.a))
    cost = lattice.length_m * (1.0 + (lattice.grade / 0.07) ** 2) * rough
    cost = np.where(kind >= 0, 0.3 * lattice.length_m, cost)
    return np.where(closed & (kind < 0), np.inf, cost)


def _cheapest(lattice: Lattice, cost: Array, sources: Ints) -> tuple[Array, Ints]:
    """Return the cost from the nearest source, and each node's neighbour towards it."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    open_ = np.isfinite(cost)
    # Before scipy 1.15 it searches only graphs whose nodes are numbered in 32 bits.
    a, b = lattice.a[open_].astype(np.int32), lattice.b[open_].astype(np.int32)
    c = cost[open_]
    graph = csr_array((c, (a, b)), shape=(lattice.n_nodes,) * 2)
    far, before, _ = dijkstra(
        graph, directed=False, indices=sources, min_only=True, return_predecessors=True
    )
    return far, before.astype(np.int64)


def _pave(lattice: Lattice, kind: Ints, ends: Ints, before: Ints, road: int) -> None:
    """Mark the ways from ``ends`` back to where they came from, where there is no street yet."""
    table = lattice.table()
    at = np.unique(ends)
    while len(at):
        at = at[before[at] >= 0]
        edge = lattice.find(table, before[at], at)
        edge = edge[edge >= 0]
        new = edge[kind[edge] < 0]
        kind[new] = road
        at = np.unique(before[at])
