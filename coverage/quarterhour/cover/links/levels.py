"""Levels: how much higher one end of a link lies than the other, as far as the streets tell.

The grades of streets add up along any way between two places, and all ways agree where the grades
come from one terrain. Stairs have steps and no grade, so only ways without stairs count; two places
that no such way joins, and streets that are all flat for want of a terrain, tell nothing: ``nan``.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import Snapped

_Ints = NDArray[np.int64]


def rises_m(network: WalkNetwork, far: Snapped, near: Snapped) -> NDArray[np.float64]:
    """Return metres by which far ends lie above near ends; ``nan`` where streets do not tell.

    Parameters
    ----------
    network
        Streets.
    far, near
        Positions, one pair per link; edge -1 is not known.
    """
    known = far.found & near.found
    out = np.full(len(known), np.nan)
    if not known.any() or not network.piece_grade.any():
        return out
    level, part = _levels(network)
    rows = np.flatnonzero(known)
    a, b = far.take(rows), near.take(rows)
    apart = part[network.edge_from[a.edge]] != part[network.edge_from[b.edge]]
    rise = _level_at(network, level, a) - _level_at(network, level, b)
    out[rows] = np.where(apart, np.nan, rise)
    return out


def _rises(network: WalkNetwork) -> NDArray[np.float64]:
    """Return the rise of all pieces before each piece, in metres."""
    return np.concatenate([[0.0], np.cumsum(network.piece_grade * network.piece_lengths_m())])


def _levels(network: WalkNetwork) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the level of each node above the root of its part, and its part."""
    n = network.n_nodes
    graded = np.flatnonzero(~network.is_stair() & (network.edge_from != network.edge_to))
    before = _rises(network)
    offset = network.piece_offset
    rise = (before[offset[1:]] - before[offset[:-1]])[graded]
    a, b = network.edge_from[graded].astype(np.int64), network.edge_to[graded].astype(np.int64)
    key = np.concatenate([a * n + b, b * n + a])
    both = np.concatenate([rise, -rise])
    key, first = np.unique(key, return_index=True)
    both = both[first]
    ways = sparse.csr_array((np.ones(len(key)), (key // n, key % n)), shape=(n, n))
    part = csgraph.connected_components(ways, directed=False)[1]
    # A root above all parts, so that one search reaches every node.
    heads = np.unique(part, return_index=True)[1]
    tail, head = (
        np.concatenate([key // n, np.full(len(heads), n)]),
        np.concatenate([key % n, heads]),
    )
    rooted = sparse.csr_array((np.ones(len(tail)), (tail, head)), shape=(n + 1, n + 1))
    before_it = csgraph.breadth_first_order(rooted, n)[1].astype(np.int64)
    parent = np.where(before_it < 0, n, before_it)
    level = np.zeros(n + 1)
    inner = np.flatnonzero(parent[:n] < n)
    level[inner] = both[np.searchsorted(key, parent[inner] * n + inner)]
    # Each node adds what its parent has gathered, and looks twice as far up the next time.
    while (parent != n).any():
        level, parent = level + level[parent], parent[parent]
    return level[:n], part


def _level_at(network: WalkNetwork, level: NDArray[np.float64], at: Snapped) -> NDArray[np.float64]:
    """Return the level of positions."""
    first, end = network.piece_offset[at.edge], network.piece_offset[at.edge + 1]
    exact = at.offset_dm * (end - first) / network.edge_length_dm[at.edge]
    whole = np.minimum(exact.astype(np.int64), end - first - 1)
    before, piece = _rises(network), first + whole
    step = before[piece + 1] - before[piece]
    climbed = before[piece] - before[first] + (exact - whole) * step
    return np.asarray(level[network.edge_from[at.edge]] + climbed, np.float64)
