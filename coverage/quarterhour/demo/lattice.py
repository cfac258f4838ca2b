"""The lattice under the streets: every edge a street could take.

Nodes are numbered ``i * n_j + j``. An *edge* runs east (``EAST``), north (``NORTH``) or across a
cell (``RISING`` from its south-west corner, ``FALLING`` from its north-west one). A cell has one
diagonal only, so whatever edges are chosen, no two cross: streets drawn from the lattice meet at
shared nodes or not at all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .terrain import Array, Land

EAST, NORTH, RISING, FALLING = range(4)
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lattice:
    """Edges as arrays, and the nodes' places after jitter.

    ``cell`` is the node at the south-west corner of an edge's cell; ``line`` and ``position`` say
    on which straight run of lattice edges an edge lies, and where.
    """

    n_i: int
    n_j: int
    x: Array
    y: Array
    z: Array
    a: Ints
    b: Ints
    direction: Ints
    cell: Ints
    line: Ints
    position: Ints
    length_m: Array
    grade: Array

    @property
    def n_nodes(self) -> int:
        """Number of lattice nodes."""
        return self.n_i * self.n_j

    def table(self) -> Ints:
        """Return the edge by direction and cell (-1: none), for :meth:`find`."""
        table = np.full((4, self.n_nodes), -1, dtype=np.int64)
        table[self.direction, self.cell] = np.arange(len(self.a))
        return table

    def find(self, table: Ints, p: Ints, q: Ints) -> Ints:
        """Return the edge between each pair of neighbouring nodes (-1: none)."""
        i_p, j_p = np.divmod(p, self.n_j)
        i_q, j_q = np.divmod(q, self.n_j)
        di, dj = np.abs(i_q - i_p), np.abs(j_q - j_p)
        rising = (i_q - i_p) * (j_q - j_p) > 0
        way = np.where(dj == 0, EAST, np.where(di == 0, NORTH, np.where(rising, RISING, FALLING)))
        cell = np.minimum(i_p, i_q) * self.n_j + np.minimum(j_p, j_q)
        near = (di <= 1) & (dj <= 1) & (di + dj > 0)
        return np.where(near, table[way, cell], -1)


def _convex(x: Array, y: Array, corner: Ints, n_j: int) -> Bools:
    """Say which cells have four clear corners."""
    ring = [corner, corner + n_j, corner + n_j + 1, corner + 1]
    clear = np.ones(len(corner), dtype=bool)
    for k in range(4):
        p, q, r = ring[k - 1], ring[k], ring[(k + 1) % 4]
        turn = (x[q] - x[p]) * (y[r] - y[q]) - (y[q] - y[p]) * (x[r] - x[q])
        clear &= turn > 0.1 * (np.hypot(x[q] - x[p], y[q] - y[p]) ** 2)
    return clear


def make_lattice(land: Land, usable: Bools, on_main: Bools, rng: np.random.Generator) -> Lattice:
    """Return all edges between usable nodes; nodes on main lines are jittered less."""
    n_i, n_j = land.board.shape
    shake = np.where(on_main, 1.5, 8.0)[None, :, :] * rng.uniform(-1, 1, (2, n_i, n_j))
    x, y, z = (land.x + shake[0]).ravel(), (land.y + shake[1]).ravel(), land.z.ravel()
    node = np.arange(n_i * n_j).reshape(n_i, n_j)
    corner = node[:-1, :-1].ravel()
    rising = rng.random(len(corner)) < 0.5
    # Where the warp bends hard a cell may be dented; a diagonal there could leave the cell.
    flat = np.flatnonzero(_convex(x, y, corner, n_j))
    corner, rising = corner[flat], rising[flat]
    parts = [
        (node[:-1].ravel(), node[1:].ravel(), node[:-1].ravel(), EAST),
        (node[:, :-1].ravel(), node[:, 1:].ravel(), node[:, :-1].ravel(), NORTH),
        (corner[rising], corner[rising] + n_j + 1, corner[rising], RISING),
        (corner[~rising] + 1, corner[~rising] + n_j, corner[~rising], FALLING),
    ]
    a, b, cell = (np.concatenate([part[k] for part in parts]) for k in range(3))
    direction = np.repeat([part[3] for part in parts], [len(part[0]) for part in parts])
    use = usable.ravel()[a] & usable.ravel()[b]
    a, b, cell, direction = a[use], b[use], cell[use], direction[use]
    i: Ints = a // n_j
    j: Ints = a % n_j
    line = np.choose(direction, [j, i, i - j + n_j, i + j])
    length_m = np.hypot(x[b] - x[a], y[b] - y[a])
    return Lattice(
        n_i=n_i,
        n_j=n_j,
        x=x,
        y=y,
        z=z,
        a=a,
        b=b,
        direction=direction.astype(np.int64),
        cell=cell,
        line=line,
        position=np.asarray(np.where(direction == NORTH, j, i)),
        length_m=length_m,
        grade=np.abs(z[b] - z[a]) / length_m,
    )
