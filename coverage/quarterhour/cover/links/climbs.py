"""Climbs: stairs, and streets of ``STEEP`` and more, beside which a lift might stand.

Stairs and steep streets that meet are one climb. A lift may join both ends of one flight, or the
lowest end of a climb (the one nearest to a facility) and any other, if the flight or the climb
rises ``RISE_M`` in all: forty steps.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from quarterhour.presets import constant
from quarterhour.streets.network import WalkNetwork

STEEP = 0.15
RISE_M = 6.0

_Ints = NDArray[np.int64]


def climbs(network: WalkNetwork, usable: NDArray[np.bool_], row: _Ints, ms: _Ints) -> _Ints:
    """Return pairs of rows (n, 2) that a lift may join.

    Parameters
    ----------
    network
        Streets.
    usable
        Edges that the walker may use. A lift may stand beside stairs that the walker cannot use.
    row
        Row of each node, -1 where no lift can end.
    ms
        Milliseconds to the nearest facility by row.
    """
    rise = _rise_m(network)
    steep = usable & (rise >= STEEP * network.edge_length_dm / 10.0)
    edges = np.flatnonzero(~network.edge_private & (network.is_stair() | steep))
    n = network.n_nodes
    a, b = network.edge_from[edges].astype(np.int64), network.edge_to[edges].astype(np.int64)
    joined = sparse.coo_array((np.ones(len(edges), np.int8), (a, b)), shape=(n, n))
    n_parts, part = csgraph.connected_components(joined, directed=False)
    total = np.bincount(part[a], rise[edges], minlength=n_parts)
    single = (rise[edges] >= RISE_M) & (row[a] >= 0) & (row[b] >= 0)
    flights = np.column_stack([row[a[single]], row[b[single]]])
    node = np.unique(np.concatenate([a, b]))
    node = node[(row[node] >= 0) & (total[part[node]] >= RISE_M)]
    times = np.full(n, np.inf)
    times[node] = ms[row[node]]
    lowest = best_of(part, times, node)
    foot = np.full(n_parts, -1, np.int64)
    foot[part[lowest]] = lowest
    others = node[foot[part[node]] != node]
    found = np.concatenate([flights, np.column_stack([row[others], row[foot[part[others]]]])])
    return np.asarray(found[found[:, 0] != found[:, 1]], np.int64)


def best_of(group: NDArray[np.int32], rank: NDArray[np.float64], rows: _Ints) -> _Ints:
    """Return the row of lowest rank in each group, ties to the lowest row, ascending.

    Parameters
    ----------
    group, rank
        Group and rank of everything.
    rows
        Rows that are asked about.
    """
    order = rows[np.lexsort((rows, rank[rows], group[rows]))]
    return np.sort(order[np.unique(group[order], return_index=True)[1]])


def _rise_m(network: WalkNetwork) -> NDArray[np.float64]:
    """Return the metres that each edge climbs from end to end, by its steps or its grades."""
    risen = network.piece_grade * network.piece_lengths_m()
    before = np.concatenate([[0.0], np.cumsum(risen)])
    graded = np.abs(before[network.piece_offset[1:]] - before[network.piece_offset[:-1]])
    return np.asarray(np.maximum(graded, network.edge_steps * constant("riser_m")), np.float64)
