"""Searches: a graph packed for the kernel, the buffers it works in, and rows over all cores.

A *seed* is a node with the milliseconds at which a search starts there. A *row* is what one source
reaches. Rows are computed in parts by as many threads as are asked for, each part in buffers of its
own, and put together in order: the answer has the same bytes with any number of threads.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PARTS_PER_THREAD = 4
_FEW_ROWS = 64
_PER_ROW, _MOST_AT_FIRST = 512, 1 << 22
# The kernel has the same numbers: its own file is all that its cache watches.
DEAD_END = np.uint64(0x80000000)
NEVER = np.uint64(0xFFFFFFFFFFFFFFFF)
NOBODY = np.uint32(0xFFFFFFFF)
_WIDEST = 62  # buckets of the circle that waiting labels may span


@dataclass(frozen=True, slots=True, eq=False)
class PackedGraph:
    """A directed graph in the kernel's form: CSR with arcs of ``milliseconds << 32 | head``.

    ``DEAD_END`` is set in an arc whose head leads nowhere but back to its tail.
    """

    indptr: NDArray[np.uint32]
    arcs: NDArray[np.uint64]
    longest_ms: int

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def heads(self) -> NDArray[np.int64]:
        """The node that each arc leads to."""
        return (self.arcs & np.uint64(0x7FFFFFFF)).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Seeds:
    """Where the searches of all sources start; those of source ``s`` are ``ptr[s]:ptr[s + 1]``."""

    ptr: NDArray[np.int64]
    node: NDArray[np.int32]
    ms: NDArray[np.int32]

    @property
    def n_sources(self) -> int:
        """Number of sources."""
        return len(self.ptr) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Pairs of home and milliseconds by owner, as CSR of ``milliseconds << 32 | home``."""

    ptr: NDArray[np.uint32]
    pairs: NDArray[np.uint64]


def pack(ms: NDArray[Any], low: NDArray[Any]) -> NDArray[np.uint64]:
    """Return ``ms << 32 | low``."""
    upper = ms.astype(np.uint64) << np.uint64(32)
    return np.asarray(upper | low.astype(np.uint64), np.uint64)


def pack_graph(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], ms: NDArray[np.int32]
) -> PackedGraph:
    """Return a CSR graph with milliseconds in the kernel's form."""
    n = len(indptr) - 1
    out_of = indptr[1:] - indptr[:-1]
    tail = np.repeat(np.arange(n), out_of)
    came_from, leads_to = np.full(n, -1), np.full(n, -1)
    came_from[indices], leads_to[tail] = tail, indices
    dead_end = (np.bincount(indices, minlength=n) == 1) & (out_of <= 1)
    dead_end &= (leads_to == came_from) | (out_of == 0)
    arcs = pack(ms, indices) | np.where(dead_end[indices], DEAD_END, np.uint64(0))
    longest = int(ms.max()) if len(ms) else 0
    return PackedGraph(indptr.astype(np.uint32), arcs, longest)


def shift_for(limit_ms: int, longest_ms: int) -> int:
    """Return how far labels are shifted, so that all that wait at once fit on the circle.

    Waiting labels span at most the longest step (an arc or a seed), and never more than the limit.
    """
    span, shift = min(limit_ms, longest_ms), 0
    while span >> shift > _WIDEST:
        shift += 1
    return 32 + shift


def last_key(limit_ms: int) -> np.uint64:
    """Return the greatest label within the limit."""
    return np.uint64((limit_ms << 32) | 0xFFFFFFFF)


class Workspace:
    """The kernel's buffers for one graph; every search leaves them as it found them."""

    def __init__(self, n_nodes: int, n_columns: int = 0) -> None:
        from quarterhour.reach.kernel import N_BUCKETS

        self.label = np.full(n_nodes, NEVER)
        self.following = np.arange(n_nodes, dtype=np.uint32)
        self.before = np.zeros(n_nodes, np.uint32)
        self.first = np.full(N_BUCKETS, NOBODY)
        self.touched = np.zeros(n_nodes, np.uint32)
        self.best = np.full(n_columns, NOBODY)
        self.marks = np.zeros(n_columns // 64 + 1, np.uint64)


def label_nearest(
    graph: PackedGraph, seeds: Seeds, *, limit_ms: int, work: Workspace | None = None
) -> NDArray[np.uint64]:
    """Return the label of each node, ``milliseconds << 32 | source``.

    The kernel's ``NEVER`` beyond the limit; equal times go to the lowest source.

    Parameters
    ----------
    graph, seeds
        The streets, and where the search starts.
    limit_ms
        The inclusive limit.
    work
        Buffers of an earlier search of this graph, to be used again.
    """
    from quarterhour.reach.kernel import nearest_labels

    work = Workspace(graph.n_nodes) if work is None else work
    label = np.full(graph.n_nodes, NEVER)
    source = np.repeat(np.arange(seeds.n_sources, dtype=np.int32), np.diff(seeds.ptr))
    longest = max(graph.longest_ms, int(seeds.ms.max(initial=0)))
    nearest_labels(
        graph.indptr, graph.arcs, seeds.node.astype(np.uint32), pack(seeds.ms, source),
        last_key(limit_ms), np.uint64(shift_for(limit_ms, longest)), label, work.following,
        work.before, work.first, work.touched,
    )  # fmt: skip
    return label


def reach_all(
    graph: PackedGraph,
    seeds: Seeds,
    *,
    limit_ms: int,
    near: Packed | None = None,
    homes: Packed | None = None,
    n_columns: int,
    threads: int | None = None,
    room: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return what each source reaches within a limit, as CSR: pointers, columns, milliseconds.

    Parameters
    ----------
    graph, seeds
        The streets, and where searches start.
    limit_ms
        The inclusive limit.
    near
        Homes along each source's own edge.
    homes
        Homes on the edges of each node; without them the columns are the nodes themselves.
    n_columns
        Number of columns.
    threads
        How many at once; as many as there are cores by default, one for few sources.
    room
        Entries that a part may write before its buffer grows; some hundreds per source by default.
    on_progress
        Called with ``(done, total)`` sources.
    """
    total = seeds.n_sources
    if threads is None:
        threads = 1 if total < _FEW_ROWS else os.cpu_count() or 1
    n_parts = threads * _PARTS_PER_THREAD if threads > 1 or on_progress is not None else 1
    step = max(1, -(-total // n_parts))
    parts = [(at, min(at + step, total)) for at in range(0, total, step)]
    spare: SimpleQueue[Workspace] = SimpleQueue()
    for _ in range(threads):
        spare.put(Workspace(graph.n_nodes, n_columns))
    job = _Job(graph, seeds, near, homes, limit_ms, room)

    def work(part: tuple[int, int]) -> _Rows:
        space = spare.get()
        try:
            return job.run(part, space)
        finally:
            spare.put(space)

    found: list[_Rows] = []
    if threads == 1 or len(parts) < 2:
        for part in parts:
            found.append(work(part))
            if on_progress is not None:
                on_progress(part[1], total)
    else:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            for part, rows in zip(parts, pool.map(work, parts), strict=True):
                found.append(rows)
                if on_progress is not None:
                    on_progress(part[1], total)
    return _put_together(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows of one part."""

    count: NDArray[np.int64]
    index: NDArray[np.uint32]
    ms: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What the parts of one call share."""

    graph: PackedGraph
    seeds: Seeds
    near: Packed | None
    homes: Packed | None
    limit_ms: int
    room: int | None

    def run(self, part: tuple[int, int], work: Workspace) -> _Rows:
        """Compute the rows of one part, with more room wherever it runs out."""
        from quarterhour.reach.kernel import reach_rows

        low, high = part
        seed_ptr = self.seeds.ptr[low : high + 1].astype(np.uint32)
        none, nothing = np.zeros(0, np.uint32), np.zeros(0, np.uint64)
        near_ptr = none if self.near is None else self.near.ptr[low : high + 1]
        near = nothing if self.near is None else self.near.pairs
        home_ptr = none if self.homes is None else self.homes.ptr
        homes = nothing if self.homes is None else self.homes.pairs
        longest = max(self.graph.longest_ms, int(self.seeds.ms.max(initial=0)))
        shift = np.uint64(shift_for(self.limit_ms, longest))
        node, ms = self.seeds.node.astype(np.uint32), self.seeds.ms.astype(np.uint32)
        out_ptr = np.zeros(high - low + 1, np.uint64)
        room = min(_MOST_AT_FIRST, _PER_ROW * (high - low)) if self.room is None else self.room
        index, out_ms = np.empty(room, np.uint32), np.empty(room, np.uint32)
        row, filled = np.uint64(0), np.uint64(0)
        while True:
            row, filled = reach_rows(
                self.graph.indptr, self.graph.arcs, seed_ptr, node, ms, near_ptr, near, home_ptr,
                homes, last_key(self.limit_ms), shift, work.label, work.following, work.before,
                work.first, work.touched, work.best, work.marks, out_ptr, index, out_ms,
                np.uint64(row), np.uint64(filled),
            )  # fmt: skip
            if row == high - low:
                break
            expected = int(filled) * (high - low) // max(1, int(row))
            room = max(2 * len(index), expected + expected // 8)
            index, out_ms = _grown(index, room), _grown(out_ms, room)
        ends = out_ptr.astype(np.int64)
        count = ends[1:] - ends[:-1]
        index, out_ms = index[: int(filled)], out_ms[: int(filled)]
        if 2 * int(filled) < room:  # a small answer must not keep a large buffer alive
            index, out_ms = index.copy(), out_ms.copy()
        return _Rows(count, index, out_ms)


def _grown(array: NDArray[np.uint32], room: int) -> NDArray[np.uint32]:
    larger = np.empty(room, np.uint32)
    larger[: len(array)] = array
    return larger


def _put_together(
    parts: list[_Rows],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    if not parts:
        return np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32)
    count = np.concatenate([p.count for p in parts])
    index, ms = parts[0].index, parts[0].ms
    if len(parts) > 1:
        index, ms = np.concatenate([p.index for p in parts]), np.concatenate([p.ms for p in parts])
    return (
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        index.view(np.int32),
        ms.view(np.int32),
    )
