"""Lines: where the reached stretches of streets run, as vertices and as lines.

A stretch that is a whole edge has the vertices of the edge, to the bit; a cut one ends at the place
that lies the same share along the line as the cut lies along the edge.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.reach.stretches import ReachedStreets, ranges
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.walker import PacedNetwork

_Ints = NDArray[np.int64]


def drawn(network: WalkNetwork, reached: ReachedStreets) -> ReachedStreets:
    """Leave out stretches without length at nodes where a longer one ends."""
    point = reached.from_dm == reached.to_dm
    if not point.any():
        return reached
    at_start = reached.from_dm == 0
    at_end = reached.to_dm == network.edge_length_dm[reached.edge]
    start, end = network.edge_from[reached.edge], network.edge_to[reached.edge]
    held = np.zeros(network.n_nodes, bool)
    held[start[~point & at_start]] = True
    held[end[~point & at_end]] = True
    return reached.take(~(point & ((at_start & held[start]) | (at_end & held[end]))))


def stretch_lines(paced: PacedNetwork, reached: ReachedStreets) -> NDArray[np.object_]:
    """Return the line of each reached stretch; one without length has its place twice."""
    xy_m, row = stretch_coordinates(paced.network, reached)
    if len(row) == 0:
        return np.zeros(0, object)
    return np.asarray(shapely.linestrings(xy_m, indices=row), object)


def stretch_coordinates(
    network: WalkNetwork, reached: ReachedStreets
) -> tuple[NDArray[np.float64], _Ints]:
    """Return the vertices (n, 2) of all stretches in order, and the stretch of each."""
    edge = reached.edge
    first, stop = network.vertex_offset[edge], network.vertex_offset[edge + 1]
    count = stop - first
    xy_m = network.vertex_xy_m[ranges(first, stop)]
    row = np.repeat(np.arange(len(edge)), count)
    if len(edge) == 0:
        return xy_m, row
    begin = np.cumsum(count) - count
    step = np.hypot(*np.diff(xy_m, axis=0, prepend=xy_m[:1]).T)
    step[begin] = 0.0
    along = np.cumsum(step)
    whole = along[begin + count - 1] - along[begin]
    share = np.stack([reached.from_dm, reached.to_dm]) / network.edge_length_dm[edge]
    low, high = along[begin] + share * whole
    inner = (along > low[row]) & (along < high[row])
    inner[begin], inner[begin + count - 1] = False, False
    parts = [_place(xy_m, along, at, begin, count, share=s)
             for at, s in zip((low, high), share, strict=True)]  # fmt: skip
    out_row = np.concatenate([np.arange(len(edge)), row[inner], np.arange(len(edge))])
    order = np.argsort(out_row, kind="stable")
    return np.concatenate([parts[0], xy_m[inner], parts[1]])[order], out_row[order]


def _place(
    xy_m: NDArray[np.float64],
    along: NDArray[np.float64],
    at: NDArray[np.float64],
    begin: _Ints,
    count: _Ints,
    *,
    share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the place ``at`` metres along; the ends of an edge are its vertices to the bit."""
    left = np.clip(np.searchsorted(along, at, side="right") - 1, begin, begin + count - 2)
    step = along[left + 1] - along[left]
    t = np.divide(at - along[left], step, out=np.zeros(len(at)), where=step > 0)[:, None]
    place = xy_m[left] + t * (xy_m[left + 1] - xy_m[left])
    place = np.where((share <= 0.0)[:, None], xy_m[begin], place)
    return np.where((share >= 1.0)[:, None], xy_m[begin + count - 1], place)
