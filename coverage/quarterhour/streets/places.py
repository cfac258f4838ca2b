"""Places: which vertices of drawn lines are one and the same point.

A *level* says how high a line lies: its layer, else 1 on a bridge, -1 in a tunnel, 0 on the
ground. A *place* is where vertices lie within ``MEET_M`` of each other. Lines of one level meet at
a place. Lines of different levels meet only where one of them alone ends: a bridge meets its ramp,
and does not meet the crossing below it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

# Files round degrees at six digits (0.1 m) and metres at centimetres, and positions on our edges
# are whole decimetres: what lies closer was drawn as one.
MEET_M = 0.1
# Narrower than any street: an end that stops so near to another line was meant to reach it.
GAP_M = 1.0

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Lines as drawn, in metres.

    Attributes
    ----------
    offset, xy_m
        Vertices of line ``k`` are ``xy_m[offset[k]:offset[k + 1]]``, two or more.
    level, lifted
        Level of each line, and whether it is a bridge or a tunnel.
    """

    offset: NDArray[np.int64]
    xy_m: NDArray[np.float64]
    level: NDArray[np.int64]
    lifted: NDArray[np.bool_]

    @property
    def line(self) -> NDArray[np.int64]:
        """Line of each vertex."""
        return np.repeat(np.arange(len(self.level)), np.diff(self.offset))

    def is_end(self) -> NDArray[np.bool_]:
        """Return which vertices end their line."""
        ends = np.zeros(len(self.xy_m), bool)
        ends[self.offset[:-1]] = ends[self.offset[1:] - 1] = True
        return ends


def components(n: int, pairs: Pairs) -> NDArray[np.int64]:
    """Return the group of each of ``n`` things, of which pairs belong together."""
    graph = sparse.coo_array((np.ones(len(pairs[0]), np.int8), pairs), shape=(n, n))
    return np.asarray(csgraph.connected_components(graph, directed=False)[1], np.int64)


def same_level(xy_m: NDArray[np.float64], level: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a label per vertex: equal for vertices of one level at one place."""
    mm = np.rint(xy_m * 1000).astype(np.int64)
    order = np.lexsort((mm[:, 1], mm[:, 0], level))
    key = np.column_stack([level, mm])[order]
    fresh = np.concatenate([[True], (key[1:] != key[:-1]).any(axis=1)])
    spot = np.empty(len(order), np.int64)
    spot[order] = np.cumsum(fresh) - 1
    at = key[fresh]
    # Levels lie a kilometre apart in the third direction, so that they never come near.
    space = np.column_stack([at[:, 1:] / 1000.0, at[:, 0] * 1000.0])
    near = cKDTree(space).query_pairs(MEET_M, output_type="ndarray")
    if len(near) == 0:
        return spot
    group = components(len(at), (near[:, 0], near[:, 1]))
    # A densely drawn curve is near to itself all along: such a chain is cut by a grid.
    low, high = np.full((group.max() + 1, 2), np.inf), np.full((group.max() + 1, 2), -np.inf)
    np.minimum.at(low, group, space[:, :2])
    np.maximum.at(high, group, space[:, :2])
    long = np.any((high - low) > 2 * MEET_M, axis=1)[group]
    cell = np.where(long[:, None], np.floor(at[:, 1:] / (1000 * MEET_M)), 0).astype(np.int64)
    _, label = np.unique(np.column_stack([group, cell]), axis=0, return_inverse=True)
    return np.asarray(label.reshape(-1)[spot], np.int64)


def join_levels(
    drawn: Drawn, node: NDArray[np.int64], level: NDArray[np.int64]
) -> tuple[NDArray[np.int64], int]:
    """Join nodes of different levels where one line alone ends; count the places left apart."""
    if len(np.unique(drawn.level)) < 2:
        return node, 0
    n = int(node.max()) + 1
    first = np.full(n, len(node))
    np.minimum.at(first, node, np.arange(len(node)))
    lone = (np.bincount(node, minlength=n) == 1) & drawn.is_end()[first]
    near = cKDTree(drawn.xy_m[first]).query_pairs(MEET_M, output_type="ndarray").astype(np.int64)
    height = level[first]
    near = near[height[near[:, 0]] != height[near[:, 1]]]
    either = np.concatenate([near, near[:, ::-1]])
    ends = either[lone[either[:, 0]]]
    # A lone end joins the nearest level only; of two equally near ones the lower.
    far = np.abs(height[ends[:, 0]] - height[ends[:, 1]])
    order = np.lexsort((ends[:, 1], height[ends[:, 1]], far, ends[:, 0]))
    ends = ends[order]
    nearest = np.concatenate([[True], ends[1:, 0] != ends[:-1, 0]])[: len(ends)]
    label = components(n, (ends[nearest, 0], ends[nearest, 1]))
    place = components(n, (near[:, 0], near[:, 1]))
    apart = np.unique(place[near[label[near[:, 0]] != label[near[:, 1]], 0]])
    return label[node], len(apart)
