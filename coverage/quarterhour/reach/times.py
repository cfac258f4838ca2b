"""Walking times between positions on edges, within a limit.

The time between two positions is the least over both ends of both edges, and along the edge itself
where they share one. *There* is from home to facility, *back* the other way; *worst* is the longer
of the two and *round trip* their sum, both with the same facility. Searches always run outwards
from the facilities, along the arcs of a :class:`~quarterhour.streets.PacedNetwork`; for *there*
they read each street against its direction. Times are whole milliseconds, limits are inclusive,
and ties go to the facility of the lowest row. A facility with several entrances is as near as its
nearest one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.reach.walks import OneWay, Walks
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork

Direction = Literal["there", "back", "worst", "round_trip"]
_ONE_WAY: tuple[OneWay, OneWay] = ("there", "back")


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

    def sources(self) -> NDArray[np.int64]:
        """Return the source of each entry."""
        return np.repeat(np.arange(self.n_rows), np.diff(self.indptr))

    def nearest(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return milliseconds and source of the nearest source of each destination.

        ``UNREACHED`` and -1 where there is none; equal times go to the lowest source.
        """
        key = np.full(self.n_columns, np.iinfo(np.int64).max)
        np.minimum.at(key, self.indices, (self.ms.astype(np.int64) << 32) | self.sources())
        reached = key != np.iinfo(np.int64).max
        ms = np.where(reached, key >> 32, UNREACHED).astype(np.int32)
        return ms, np.where(reached, key & 0xFFFFFFFF, -1).astype(np.int32)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per pair within the limit."""
        return pd.DataFrame(
            {"source": self.sources(), "destination": self.indices, "seconds": self.ms / 1000.0}
        )


def nearest_times(
    paced: PacedNetwork,
    facilities: Snapped,
    homes: Snapped,
    *,
    limit_ms: int,
    direction: Direction = "there",
) -> NearestTimes:
    """Return the time to the nearest facility for each home.

    One search with all facilities as sources does it for ``there`` and ``back``; the two others
    need all pairs in both directions, because the nearest facility uphill need not be the nearest
    downhill.

    Parameters
    ----------
    paced
        The network of one walker.
    facilities, homes
        Their positions.
    limit_ms
        Longest time kept, in milliseconds (inclusive).
    direction
        From home to facility (``there``), the other way (``back``), the longer of both
        (``worst``), or both together (``round_trip``).
    """
    return nearest_of(paced, homes, direction=direction)(facilities, limit_ms)


def nearest_of(
    paced: PacedNetwork, homes: Snapped, *, direction: Direction = "there"
) -> Callable[[Snapped, int], NearestTimes]:
    """Return :func:`nearest_times` for many sets of facilities and the same homes.

    What all of them share is prepared once.

    Parameters
    ----------
    paced, homes, direction
        As for :func:`nearest_times`.

    Returns
    -------
    Callable
        Takes facilities and the limit in milliseconds; for one thread at a time.
    """
    _check(direction=direction)
    if direction == "there" or direction == "back":
        walks = Walks.of(paced, homes, direction=direction)

        def one_way(facilities: Snapped, limit_ms: int) -> NearestTimes:
            _check(limit_ms=limit_ms)
            return NearestTimes(*walks.nearest(facilities, limit_ms=limit_ms), limit_ms)

        return one_way

    def both_ways(facilities: Snapped, limit_ms: int) -> NearestTimes:
        table = walking_times(paced, facilities, homes, limit_ms=limit_ms, direction=direction)
        ms, facility = table.nearest()
        nodes = node_times(paced, facilities, limit_ms=limit_ms, direction=direction)
        return NearestTimes(ms, facility, nodes.nearest()[0], limit_ms)

    return both_ways


def walking_times(
    paced: PacedNetwork,
    facilities: Snapped,
    homes: Snapped,
    *,
    limit_ms: int,
    direction: Direction = "there",
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ReachTable:
    """Return all times between facilities (rows) and homes (columns) within a limit.

    Parameters
    ----------
    paced, facilities, homes, limit_ms, direction
        As for :func:`nearest_times`.
    threads
        Searches at once: as many as there are cores by default. The answer does not depend on it.
    on_progress
        Called with ``(done, total)`` facilities.

    Raises
    ------
    InputError
        If the limit is negative or beyond int32, the direction unknown, or there is no thread.
    """
    _check(limit_ms=limit_ms, direction=direction, threads=threads)

    def one_way(way: OneWay) -> ReachTable:
        walks = Walks.of(paced, homes, direction=way)
        found = walks.table(facilities, limit_ms=limit_ms, threads=threads, on_progress=on_progress)
        return ReachTable(*found, len(homes.edge), limit_ms)

    return _in_direction(one_way, direction)


def node_times(
    paced: PacedNetwork,
    facilities: Snapped,
    *,
    limit_ms: int,
    direction: Direction = "there",
    threads: int | None = None,
) -> ReachTable:
    """Return all times between facilities (rows) and nodes (columns) within a limit.

    Parameters
    ----------
    paced, facilities, limit_ms, direction, threads
        As for :func:`walking_times`.
    """
    _check(limit_ms=limit_ms, direction=direction, threads=threads)

    def one_way(way: OneWay) -> ReachTable:
        walks = Walks.of(paced, facilities.take(np.zeros(0, np.int64)), direction=way)
        found = walks.nodes(facilities, limit_ms=limit_ms, threads=threads)
        return ReachTable(*found, paced.network.n_nodes, limit_ms)

    return _in_direction(one_way, direction)


def _check(*, limit_ms: int = 0, direction: str = "there", threads: int | None = None) -> None:
    """Refuse what cannot be searched, all faults together."""
    faults = []
    if not 0 <= limit_ms < UNREACHED:
        values = {"name": "limit_ms", "value": limit_ms, "allowed": f"0 … {UNREACHED - 1:,}"}
        faults.append(Fault("reach.out_of_range", values))
    if direction not in get_args(Direction):
        values = {
            "name": "direction",
            "value": direction,
            "allowed": ", ".join(get_args(Direction)),
        }
        faults.append(Fault("reach.out_of_range", values))
    if threads is not None and threads < 1:
        values = {"name": "threads", "value": threads, "allowed": "≥ 1"}
        faults.append(Fault("reach.out_of_range", values))
    raise_if(faults)


def _in_direction(one_way: Callable[[OneWay], ReachTable], direction: Direction) -> ReachTable:
    if direction == "there" or direction == "back":
        return one_way(direction)
    there, back = (one_way(way) for way in _ONE_WAY)
    return join_pairs(there, back, how="longer" if direction == "worst" else "sum")


def join_pairs(a: ReachTable, b: ReachTable, *, how: Literal["longer", "sum"]) -> ReachTable:
    """Return the pairs that stand in both tables, with the longer of their times or the sum.

    Parameters
    ----------
    a, b
        Tables of the same rows, columns and limit.
    how
        ``longer`` or ``sum``; sums beyond the limit are left out.
    """
    if (a.n_rows, a.n_columns, a.limit_ms) != (b.n_rows, b.n_columns, b.limit_ms):
        raise AssertionError("tables of the same pairs")
    left = a.sources() * a.n_columns + a.indices
    right = b.sources() * b.n_columns + b.indices
    pair, in_a, in_b = np.intersect1d(left, right, assume_unique=True, return_indices=True)
    first, second = a.ms[in_a].astype(np.int64), b.ms[in_b].astype(np.int64)
    ms = np.maximum(first, second) if how == "longer" else first + second
    within = ms <= a.limit_ms
    pair, ms = pair[within], ms[within]
    columns = max(1, a.n_columns)
    count = np.bincount(pair // columns, minlength=a.n_rows)
    return ReachTable(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        (pair % columns).astype(np.int32), ms.astype(np.int32), a.n_columns, a.limit_ms,
    )  # fmt: skip
