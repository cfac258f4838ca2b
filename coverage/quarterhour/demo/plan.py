"""What each lattice edge is in the plan: main line, side of a block, or inside one.

Here too are the classes of streets, numbered from the most to the least important, and what a
street may be besides: public or not, on the ground or carried.
"""

import numpy as np
from numpy.typing import NDArray

from .blocks import EMPTY, LINES_FROM, NO_LINE, TRUNK, Blocks
from .lattice import EAST, NORTH, Lattice
from .terrain import RIDGE, Array, Land

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CLASSES = (
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "living_street",
    "pedestrian",
    "service",
    "footway",
    "path",
    "steps",
    "track",
)
(
    C_TRUNK,
    C_PRIMARY,
    C_SECONDARY,
    C_TERTIARY,
    C_UNCLASSIFIED,
    C_RESIDENTIAL,
    C_LIVING,
    C_PEDESTRIAN,
    C_SERVICE,
    C_FOOTWAY,
    C_PATH,
    C_STEPS,
    C_TRACK,
) = range(len(CLASSES))
PUBLIC, PRIVATE, CLOSED = range(3)
GROUND, BRIDGE, TUNNEL = range(3)


class Plan:
    """What each edge of the lattice is in the plan of lines and blocks (fixed while choosing)."""

    def __init__(self, lattice: Lattice, land: Land, blocks: Blocks) -> None:
        self.lattice, self.land, self.blocks = lattice, land, blocks
        i, j = np.divmod(lattice.cell, lattice.n_j)
        self.i, self.j = i, j
        side = (land.board.u > 0.535 * land.board.width_m).astype(np.int64)
        east, north = lattice.direction == EAST, lattice.direction == NORTH
        line_class = np.where(
            north, blocks.col_class[i], np.where(east, blocks.row_class[side[i], j], NO_LINE)
        )
        self.line_class = line_class
        self.is_main = line_class < NO_LINE
        self.is_side = ~self.is_main & (
            (north & blocks.split_col[i, j]) | (east & blocks.split_row[i, j])
        )
        self.block = blocks.block[i, j]
        self.use = blocks.use[i, j].astype(np.int64)
        self.on_line_a = blocks.on_line.ravel()[lattice.a]
        self.on_line_b = blocks.on_line.ravel()[lattice.b]
        urban = blocks.urban.ravel()
        self.urban = urban[lattice.a] & urban[lattice.b]
        trunk = np.zeros(land.board.shape, dtype=bool)
        trunk[blocks.col_class == TRUNK] = True
        trunk &= land.zone != RIDGE
        self.leaves_trunk = trunk.ravel()[lattice.a] ^ trunk.ravel()[lattice.b]

    def chance(self, rng: np.random.Generator, *keys: Ints) -> Array:
        """Return one random number per distinct combination of keys."""
        mixed = np.zeros(len(self.block), dtype=np.uint64)
        for factor, key in zip((7919, 104_729, 1_299_709), keys, strict=False):
            mixed = (mixed + key.astype(np.uint64)) * np.uint64(factor)
        return rng.random(1 << 16)[(mixed ^ (mixed >> np.uint64(17))) % np.uint64(1 << 16)]

    def main_lines(self, rng: np.random.Generator) -> Ints:
        """Return each edge's class if it is on a main line or a block's side, else -1."""
        land, lattice = self.land, self.lattice
        density = land.density.ravel()
        thin = np.minimum(density[lattice.a], density[lattice.b])
        flat = (land.zone != RIDGE).ravel()
        flat_enough = (flat[lattice.a] & flat[lattice.b]) | (thin > 0.3)
        wet = land.water.ravel()[lattice.a] | land.water.ravel()[lattice.b]
        needed = np.where(self.line_class == TRUNK, 0.02, LINES_FROM)
        main = self.is_main & flat_enough & ((thin >= needed) | wet)
        gap = self.chance(rng, self.block, lattice.direction, lattice.line) < 0.07
        main &= ~(gap & (self.line_class >= 2) & ~wet)
        side = self.is_side & self.urban & ~self.leaves_trunk
        side &= self.chance(rng, self.block >> 1, lattice.direction) > 0.08
        side &= ~np.isin(self.use, (EMPTY,))
        lesser = self.chance(rng, self.block >> 1, lattice.line)
        kind = np.full(len(lattice.a), -1)
        kind[side] = np.where(lesser < 0.3, C_TERTIARY, C_RESIDENTIAL)[side]
        kind[main] = self.line_class[main]  # the line classes are numbered as the street classes
        return kind


def components(lattice: Lattice, chosen: Bools) -> Ints:
    """Return each node's component of the chosen edges."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    a, b = lattice.a[chosen], lattice.b[chosen]
    graph = csr_array((np.ones(len(a)), (a, b)), shape=(lattice.n_nodes,) * 2)
    _, label = connected_components(graph, directed=False)
    return np.asarray(label, dtype=np.int64)
