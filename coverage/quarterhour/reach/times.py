"""Walking times between positions on edges, within a limit.

The time between two positions is the least over both ends of both edges, and along the edge itself
where they share one. *There* is from home to facility, *back* the other way. Searches always run
outwards from the facilities, along the arcs of a :class:`~quarterhour.streets.PacedNetwork`; for
*there* they read each street against its direction. Times are whole milliseconds, limits are
inclusive, and ties go to the facility of the lowest row.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.reach.kernel import UNREACHED, nearest_labels, reach_table
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import PacedNetwork

Direction = Literal["there", "back"]


@dataclass(frozen=True, slots=True, eq=False)
class NearestTimes:
    """The nearest facility of each home.

    Attributes
    ----------
    ms
        Milliseconds per home (int32); ``UNREACHED`` beyond the limit.
    facility
        Row of the nearest facility; -1 where none is within the limit.
    node_ms
        Milliseconds per node of the network, for drawing.
    limit_ms
        The inclusive limit of the search.
    """

    ms: NDArray[np.int32]
    facility: NDArray[np.int32]
    node_ms: NDArray[np.int32]
    limit_ms: int

    @property
    def seconds(self) -> NDArray[np.float64]:
        """Seconds per home; ``inf`` beyond the limit."""
        return np.where(self.ms == UNREACHED, np.inf, self.ms / 1000.0)


@dataclass(frozen=True, slots=True, eq=False)
class ReachTable:
    """Times between sources and destinations within a limit, as CSR; row = source.

    Attributes
    ----------
    indptr, indices, ms
        Destinations of source ``s`` are ``indices[indptr[s]:indptr[s + 1]]``, ascending, with
        their milliseconds.
    n_columns
        Number of destinations.
    limit_ms
        The inclusive limit.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    ms: NDArray[np.int32]
    n_columns: int
    limit_ms: int

    @property
    def n_rows(self) -> int:
        """Number of sources."""
        return len(self.indptr) - 1

    def to_frame(self) -> pd.DataFrame:
        """Return one row per pair within the limit."""
        source = np.repeat(np.arange(self.n_rows), np.diff(self.indptr))
        return pd.DataFrame(
            {"source": source, "destination": self.indices, "seconds": self.ms / 1000.0}
        )


def nearest_times(
    paced: PacedNetwork,
    facilities: Snapped,
    homes: Snapped,
    *,
    limit_ms: int,
    direction: Direction = "there",
) -> NearestTimes:
    """Return the time to the nearest facility for each home, in one many-source search.

    Parameters
    ----------
    paced
        The network of one walker.
    facilities, homes
        Their positions.
    limit_ms
        Longest time kept, in milliseconds (inclusive).
    direction
        From home to facility (``there``), or the other way.
    """
    label = np.full(paced.network.n_nodes, UNREACHED, np.int32)
    owner = np.full(paced.network.n_nodes, -1, np.int32)
    rows = np.flatnonzero(facilities.found)
    seed_node, seed_ms = _seeds(paced, facilities.take(rows), direction)
    arc_ms = paced.arc_in_ms if direction == "there" else paced.arc_out_ms
    nearest_labels(
        paced.indptr, paced.indices, arc_ms, seed_node.ravel(), seed_ms.ravel(),
        np.repeat(rows.astype(np.int32), 2), limit_ms, label, owner,
    )  # fmt: skip
    ms, facility = _at_homes(paced, homes, label, owner, direction)
    _along_own_edge(paced, facilities, homes, direction, ms, facility)
    beyond = ms > limit_ms
    ms[beyond], facility[beyond] = UNREACHED, -1
    return NearestTimes(ms.astype(np.int32), facility, label, limit_ms)


def walking_times(
    paced: PacedNetwork,
    facilities: Snapped,
    homes: Snapped,
    *,
    limit_ms: int,
    direction: Direction = "there",
) -> ReachTable:
    """Return all times between facilities (rows) and homes (columns) within a limit.

    Parameters
    ----------
    paced, facilities, homes, limit_ms, direction
        As for :func:`nearest_times`.
    """
    network = paced.network
    rows = np.flatnonzero(facilities.found)
    seed_node, seed_ms = _seeds(paced, facilities.take(rows), direction)
    known = np.flatnonzero(homes.found)
    order = known[np.argsort(homes.edge[known], kind="stable")]
    sorted_homes = homes.take(order)
    at_from, at_to = paced.ends_ms(
        sorted_homes.edge, sorted_homes.offset_dm, leaving=direction == "there"
    )
    on_edge = np.searchsorted(sorted_homes.edge, np.arange(network.n_edges + 1)).astype(np.int64)
    arc_ms = paced.arc_in_ms if direction == "there" else paced.arc_out_ms
    indptr, indices, ms = reach_table(
        paced.indptr, paced.indices, arc_ms, paced.arc_edge, seed_node, seed_ms, on_edge,
        at_from, at_to, paced.leg_ms(sorted_homes.access_dm), network.edge_from, limit_ms,
    )  # fmt: skip
    source = np.repeat(rows, np.diff(indptr))
    direct = _direct_pairs(paced, facilities, homes, direction)
    near = direct[2] <= limit_ms
    return _as_table(
        np.concatenate([source, direct[0][near]]),
        np.concatenate([order[indices], direct[1][near]]),
        np.concatenate([ms, direct[2][near]]),
        (len(facilities.edge), len(homes.edge)),
        limit_ms,
    )


def _as_table(
    source: NDArray[np.int64],
    home: NDArray[np.int64],
    ms: NDArray[np.int64],
    shape: tuple[int, int],
    limit_ms: int,
) -> ReachTable:
    """Sort pairs, and keep the least time of each."""
    order = np.lexsort((ms, home, source))
    source, home, ms = source[order], home[order], ms[order]
    first = np.ones(len(source), bool)
    first[1:] = (source[1:] != source[:-1]) | (home[1:] != home[:-1])
    indptr = np.concatenate([[0], np.cumsum(np.bincount(source[first], minlength=shape[0]))])
    return ReachTable(
        indptr.astype(np.int64), home[first].astype(np.int32), ms[first].astype(np.int32),
        shape[1], limit_ms,
    )  # fmt: skip


def _seeds(
    paced: PacedNetwork, facilities: Snapped, direction: Direction
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return both end nodes of each facility's edge with the milliseconds to start from."""
    network = paced.network
    at_from, at_to = paced.ends_ms(
        facilities.edge, facilities.offset_dm, leaving=direction == "back"
    )
    leg = paced.leg_ms(facilities.access_dm)
    node = np.column_stack([network.edge_from[facilities.edge], network.edge_to[facilities.edge]])
    return node.astype(np.int32), np.column_stack([at_from + leg, at_to + leg]).astype(np.int32)


def _at_homes(
    paced: PacedNetwork,
    homes: Snapped,
    label: NDArray[np.int32],
    owner: NDArray[np.int32],
    direction: Direction,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return each home's time and facility by way of the ends of its edge."""
    ms = np.full(len(homes.edge), UNREACHED, np.int64)
    facility = np.full(len(homes.edge), -1, np.int32)
    found = np.flatnonzero(homes.found)
    edge = homes.edge[found]
    ends = paced.ends_ms(edge, homes.offset_dm[found], leaving=direction == "there")
    nodes = (paced.network.edge_from[edge], paced.network.edge_to[edge])
    leg = paced.leg_ms(homes.access_dm[found]).astype(np.int64)
    for node, at_end in zip(nodes, ends, strict=True):
        reached = label[node] != UNREACHED
        total = np.where(reached, label[node].astype(np.int64) + at_end + leg, UNREACHED)
        better = (total < ms[found]) | (
            reached & (total == ms[found]) & (owner[node] < facility[found])
        )
        ms[found[better]] = total[better]
        facility[found[better]] = owner[node][better]
    return ms, facility


def _along_own_edge(
    paced: PacedNetwork,
    facilities: Snapped,
    homes: Snapped,
    direction: Direction,
    ms: NDArray[np.int64],
    facility: NDArray[np.int32],
) -> None:
    """Let homes take the direct way to facilities on their own edge, where it is shorter.

    Labels of the edge's ends miss a facility that lies between two others.
    """
    row, home, direct = _direct_pairs(paced, facilities, homes, direction)
    # By home, then time, then row: the first of each home is its best.
    order = np.lexsort((row, direct, home))
    row, home, direct = row[order], home[order], direct[order]
    first = np.ones(len(home), bool)
    first[1:] = home[1:] != home[:-1]
    row, home, direct = row[first], home[first], direct[first]
    better = (direct < ms[home]) | ((direct == ms[home]) & (row < facility[home]))
    ms[home[better]] = direct[better]
    facility[home[better]] = row[better]


def _direct_pairs(
    paced: PacedNetwork, facilities: Snapped, homes: Snapped, direction: Direction
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return facility, home and milliseconds of all pairs that share an edge."""
    n_edges = paced.network.n_edges
    home_order = np.argsort(homes.edge, kind="stable")
    bounds = np.searchsorted(homes.edge[home_order], np.arange(n_edges + 1))
    rows = np.flatnonzero(facilities.found)
    edge = facilities.edge[rows]
    count = bounds[edge + 1] - bounds[edge]
    row = np.repeat(rows, count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    home = home_order[np.repeat(bounds[edge], count) + within]
    edge_of = facilities.edge[row]
    facility_at, home_at = facilities.offset_dm[row], homes.offset_dm[home]
    # Milliseconds from the start of the edge to both places, in the direction of the walk.
    if direction == "there":
        start, end = home_at, facility_at
    else:
        start, end = facility_at, home_at
    up = (
        paced.ends_ms(edge_of, end, leaving=False)[0]
        - paced.ends_ms(edge_of, start, leaving=False)[0]
    )
    down = (
        paced.ends_ms(edge_of, start, leaving=True)[0]
        - paced.ends_ms(edge_of, end, leaving=True)[0]
    )
    along = np.where(end >= start, up, down).astype(np.int64)
    legs = paced.leg_ms(facilities.access_dm[row]).astype(np.int64)
    return row, home, along + legs + paced.leg_ms(homes.access_dm[home])
