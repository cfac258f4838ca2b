"""Which lattice edges are streets, and of what class.

In order: main lines and block sides are kept; roads through the country are the least costly ways
over the relief, so they wind up the ridge; then a spanning tree of random costs fills the blocks.
The tree does the planning: where leaving a block costs more than anything inside it, each gated
compound gets exactly one gate; where slope costs, lanes follow the contour and steps climb it.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .blocks import CAMPUS, COMPOUND, EMPTY, HILLSIDE, NO_LINE, OPEN, PARK, WORKS, Blocks
from .country import add_country_roads, find_villages, tunnel_ends
from .lattice import EAST, FALLING, NORTH, RISING, Lattice, make_lattice
from .plan import (
    BRIDGE,
    C_FOOTWAY,
    C_LIVING,
    C_PATH,
    C_PEDESTRIAN,
    C_RESIDENTIAL,
    C_SERVICE,
    C_STEPS,
    C_TERTIARY,
    C_TRACK,
    C_UNCLASSIFIED,
    CLOSED,
    GROUND,
    PRIVATE,
    PUBLIC,
    Plan,
    components,
)
from .terrain import RIVER, Land

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# By use of block (open, compound, hillside, works, campus, park, empty): how many inner nodes
# are left out, and how many edges are added to the tree, so that blocks are not mazes.
_LEFT_OUT = np.array([0.04, 0.08, 0.10, 0.82, 0.45, 0.40, 1.0])
_ADDED = np.array([0.76, 0.46, 0.36, 0.0, 0.25, 0.12, 0.0])
_STEEP = 0.105  # from this grade a lane is built as steps


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streets:
    """The kept edges of a lattice, with what each is.

    All arrays run over the kept edges, of which ``lattice`` holds only these. ``gate`` marks edges
    that lead into a compound; ``use`` is the use of the block an edge lies in (-1 outside blocks).
    """

    lattice: Lattice
    kind: Ints
    access: Ints
    structure: Ints
    no_foot: Bools
    gate: Bools
    main_line: Bools
    use: Ints
    tunnels: tuple[tuple[int, int], ...]
    villages: Ints


def make_streets(land: Land, blocks: Blocks, rng: np.random.Generator) -> Streets:
    """Choose the streets of a district."""
    wet_ok = np.zeros(land.board.shape, dtype=bool)
    wet_ok[:, blocks.bridge_rows] |= (land.zone == RIVER)[:, blocks.bridge_rows]
    wet_ok[blocks.bridge_cols] |= (land.zone != RIVER)[blocks.bridge_cols]
    usable = blocks.inside & (~land.water | wet_ok)
    on_main = (blocks.col_class < NO_LINE)[:, None] | (
        (blocks.row_class < NO_LINE)[(land.board.u > 0.535 * land.board.width_m).astype(int)]
    )
    lattice = make_lattice(land, usable, on_main, rng)
    lattice = _without(lattice, _barred(lattice, land, blocks))
    plan = Plan(lattice, land, blocks)
    kind = plan.main_lines(rng)
    villages = find_villages(land, blocks, rng)
    tunnels = tunnel_ends(land, blocks)
    kind = add_country_roads(plan, kind, villages, tunnels, rng)
    kind = _fill_blocks(plan, kind, villages, rng)
    kept = _connected(lattice, kind, plan, rng)
    return _describe(plan, kind, kept, tunnels=tunnels, villages=villages, rng=rng)


def _without(lattice: Lattice, barred: Bools) -> Lattice:
    names = ("a", "b", "direction", "cell", "line", "position", "length_m", "grade")
    return replace(lattice, **{name: getattr(lattice, name)[~barred] for name in names})


def _barred(lattice: Lattice, land: Land, blocks: Blocks) -> Bools:
    """Return the edges no street may take: over rails, or across water beside a bridge."""
    i, j = np.divmod(lattice.cell, lattice.n_j)
    over_rail = np.isin(i, blocks.rail_cols) & (lattice.direction != NORTH)
    over_rail &= ~((lattice.direction == EAST) & blocks.rail_passes[i, j])
    water = land.water.ravel()
    wet = water[lattice.a] | water[lattice.b]
    river = (land.zone == RIVER).ravel()
    at_river = river[lattice.a] | river[lattice.b]
    along = np.where(
        at_river,
        (lattice.direction == EAST) & np.isin(j, blocks.bridge_rows),
        (lattice.direction == NORTH) & np.isin(i, blocks.bridge_cols),
    )
    return np.asarray(over_rail | (wet & ~along))


def _fill_blocks(plan: Plan, kind: Ints, villages: Ints, rng: np.random.Generator) -> Ints:
    """Fill the blocks with side streets, lanes, steps and compounds' own ways."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import minimum_spanning_tree

    lattice, use = plan.lattice, plan.use
    hamlet = _hamlets(plan, villages, rng)
    node_use = plan.blocks.use.ravel().astype(np.int64)
    left_out = rng.random(lattice.n_nodes) < _LEFT_OUT[node_use]
    left_out &= ~plan.blocks.on_line.ravel()
    inner = plan.urban & ~plan.is_main & ~plan.is_side & ~plan.leaves_trunk
    inner &= ~(left_out[lattice.a] | left_out[lattice.b])
    diagonal = (lattice.direction == RISING) | (lattice.direction == FALLING)
    inner &= ~diagonal | np.isin(use, (HILLSIDE, PARK))
    ends_on_line = plan.on_line_a.astype(np.int64) + plan.on_line_b
    guarded = np.isin(use, (COMPOUND, CAMPUS, WORKS, PARK))
    inner &= ~(guarded & (ends_on_line == 2))
    # Whole lines at once, so that a block has a few straight streets and not a maze.
    by_line = plan.chance(rng, plan.block, lattice.direction, lattice.line)
    alone = rng.random(len(use))
    lane = np.isin(use, (HILLSIDE, PARK)) | hamlet
    weight = 1.0 + np.where(lane, alone + 5 * lattice.grade, by_line + 0.2 * alone)
    weight += np.where(guarded & (ends_on_line > 0), 20.0, 0.25 * ends_on_line)
    weight[kind >= 0] = 1e-3
    choice = (kind >= 0) | inner | hamlet
    # Before scipy 1.15 it takes only graphs whose nodes are numbered in 32 bits.
    ends = lattice.a[choice].astype(np.int32), lattice.b[choice].astype(np.int32)
    graph = csr_array((weight[choice], ends), shape=(lattice.n_nodes,) * 2)
    tree = minimum_spanning_tree(graph).tocoo()
    chosen = np.zeros(len(use), dtype=bool)
    chosen[lattice.find(lattice.table(), tree.row.astype(np.int64), tree.col.astype(np.int64))] = (
        True
    )
    more = np.where(lane, alone, by_line) < np.where(hamlet, 0.25, _ADDED[use])
    steep = (use == HILLSIDE) & (lattice.grade > _STEEP)
    more |= steep & (alone < 0.34)
    more &= ~(guarded & (ends_on_line > 0)) | (alone < 0.035)
    chosen |= (inner | hamlet) & more
    chosen = _pruned(lattice, chosen | (kind >= 0), rng) & (kind < 0)
    kind = kind.copy()
    kind[chosen] = _inner_class(plan, hamlet, rng)[chosen]
    return kind


def _hamlets(plan: Plan, villages: Ints, rng: np.random.Generator) -> Bools:
    """Return the edges around villages that may become their lanes."""
    from scipy.spatial import cKDTree

    lattice, blocks = plan.lattice, plan.blocks
    centres = np.stack(np.divmod(villages, lattice.n_j), axis=1)
    nodes = np.stack(np.divmod(np.arange(lattice.n_nodes), lattice.n_j), axis=1)
    reach = rng.uniform(1.8, 4.2, len(villages))
    far, which = cKDTree(centres).query(nodes, distance_upper_bound=5.0)
    near = far <= np.r_[reach, 0.0][which]
    near &= ~blocks.urban.ravel() & (rng.random(lattice.n_nodes) > 0.22)
    return np.asarray(near[lattice.a] & near[lattice.b] & ~plan.leaves_trunk)


def _pruned(lattice: Lattice, chosen: Bools, rng: np.random.Generator) -> Bools:
    """Return the choice without many of its shortest dead ends."""
    degree = np.bincount(np.r_[lattice.a[chosen], lattice.b[chosen]], minlength=lattice.n_nodes)
    stub = (degree[lattice.a] == 1) | (degree[lattice.b] == 1)
    return np.asarray(chosen & ~(stub & (rng.random(len(chosen)) < 0.40)))


def _inner_class(plan: Plan, hamlet: Bools, rng: np.random.Generator) -> Ints:
    """Return the class each edge has if it becomes an inner street of its block."""
    lattice, use = plan.lattice, plan.use
    draw = plan.chance(rng, plan.block, lattice.direction, lattice.line)

    def pick(shares: dict[int, float]) -> Ints:
        edges = np.cumsum(list(shares.values()))
        return np.asarray(
            np.array(list(shares))[np.searchsorted(edges, draw).clip(0, len(shares) - 1)]
        )

    by_use = {
        OPEN: pick({C_RESIDENTIAL: 0.62, C_LIVING: 0.12, C_PEDESTRIAN: 0.10, C_SERVICE: 0.16}),
        COMPOUND: pick({C_SERVICE: 0.42, C_FOOTWAY: 0.38, C_RESIDENTIAL: 0.20}),
        HILLSIDE: pick({C_FOOTWAY: 0.45, C_PATH: 0.15, C_RESIDENTIAL: 0.30, C_LIVING: 0.10}),
        WORKS: pick({C_SERVICE: 1.0}),
        CAMPUS: pick({C_FOOTWAY: 0.45, C_SERVICE: 0.35, C_PEDESTRIAN: 0.20}),
        PARK: pick({C_FOOTWAY: 0.6, C_PATH: 0.4}),
        EMPTY: pick({C_SERVICE: 1.0}),
    }
    kind = np.choose(use, [by_use[key] for key in range(7)])
    country = pick({C_RESIDENTIAL: 0.35, C_PATH: 0.35, C_TRACK: 0.1, C_UNCLASSIFIED: 0.2})
    kind = np.where(hamlet & ~plan.urban, country, kind)
    steep = lattice.grade > np.where(use == HILLSIDE, _STEEP, 0.15)
    return np.where(steep, C_STEPS, kind)


def _connected(lattice: Lattice, kind: Ints, plan: Plan, rng: np.random.Generator) -> Bools:
    """Keep the main body of streets, and cut three hillside or village corners off as islands."""
    kept = kind >= 0
    ends_on_line = plan.on_line_a | plan.on_line_b
    lane = kept & plan.urban & ~plan.is_main & ~plan.is_side & (plan.use == HILLSIDE)
    blocks, size = np.unique(plan.block[lane], return_counts=True)
    islands = rng.permutation(blocks[(size >= 6) & (size <= 30)])[:3]
    cut = lane & ends_on_line & np.isin(plan.block, islands)
    kept &= ~cut
    label = components(lattice, kept)
    sizes = np.bincount(label)
    wanted = sizes == sizes.max()
    for block in islands:
        inner = lane & kept & (plan.block == block)
        if inner.any():
            wanted[np.bincount(label[lattice.a[inner]]).argmax()] = True
    return np.asarray(kept & wanted[label[lattice.a]])


def _describe(
    plan: Plan,
    kind: Ints,
    kept: Bools,
    *,
    tunnels: tuple[tuple[int, int], ...],
    villages: Ints,
    rng: np.random.Generator,
) -> Streets:
    """Say of each kept edge who may walk there, and what carries it."""
    lattice, land = plan.lattice, plan.land
    ends_on_line = plan.on_line_a.astype(np.int64) + plan.on_line_b
    block_own = plan.urban & ~plan.is_main & ~plan.is_side & (kind >= C_RESIDENTIAL)
    access = np.where(block_own & (plan.use == COMPOUND), PRIVATE, PUBLIC)
    access = np.where(block_own & (plan.use == WORKS), CLOSED, access)
    water = land.water.ravel()
    over = water[lattice.a] | water[lattice.b]
    over |= np.isin(plan.i, plan.blocks.rail_cols) & (lattice.direction == EAST)
    no_foot = np.isin(kind, (C_FOOTWAY, C_PEDESTRIAN)) & (access == PUBLIC)
    no_foot &= rng.random(len(kind)) < 0.004
    return Streets(
        lattice=_without(lattice, ~kept),
        kind=kind[kept],
        access=access[kept],
        structure=np.where(over, BRIDGE, GROUND)[kept],
        no_foot=no_foot[kept],
        gate=(block_own & (plan.use == COMPOUND) & (ends_on_line == 1))[kept],
        main_line=(plan.is_main & (kind <= C_TERTIARY))[kept],
        use=np.where(plan.urban, plan.use, -1)[kept],
        tunnels=tunnels,
        villages=villages,
    )
