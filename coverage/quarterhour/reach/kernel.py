"""The kernel: bounded label-setting searches over a CSR graph, compiled by numba.

All jitted functions live in this one file, because numba's cache watches only the caller's file.
Labels are whole milliseconds, so sums are exact in any order; a limit is inclusive. The heap holds
``milliseconds << 32 | node`` in one integer, so that equal times leave it by ascending node.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

UNREACHED = int(np.iinfo(np.int32).max)


@njit(cache=True, error_model="numpy", nogil=True)
def _push(heap: NDArray[np.int64], size: int, key: np.int64) -> int:
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap[above] <= key:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = key
    return size + 1


@njit(cache=True, error_model="numpy", nogil=True)
def _pop(heap: NDArray[np.int64], size: int) -> int:
    """Remove the least key; the caller has read it from ``heap[0]``."""
    size -= 1
    key = heap[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= key:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = key
    return size


@njit(cache=True, error_model="numpy", nogil=True)
def nearest_labels(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    arc_ms: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_ms: NDArray[np.int32],
    seed_owner: NDArray[np.int32],
    limit_ms: int,
    label: NDArray[np.int32],
    owner: NDArray[np.int32],
) -> None:
    """Label every node with the time and the row of its nearest source, up to a limit.

    ``label`` arrives filled with ``UNREACHED`` and ``owner`` with -1. Among equal times the lowest
    owner wins: a tie found late is pushed again, which ends because owners only fall.
    """
    heap = np.empty(max(64, 2 * (len(indices) + len(seed_node)) + 1), np.int64)
    size = 0
    for s in range(len(seed_node)):
        node, ms = seed_node[s], seed_ms[s]
        if ms <= limit_ms and (
            ms < label[node] or (ms == label[node] and seed_owner[s] < owner[node])
        ):
            label[node] = ms
            owner[node] = seed_owner[s]
            if size == len(heap):
                heap = _grown(heap)
            size = _push(heap, size, (np.int64(ms) << 32) | np.int64(node))
    while size > 0:
        key = heap[0]
        size = _pop(heap, size)
        node = np.int32(key & 0xFFFFFFFF)
        ms = np.int32(key >> 32)
        if ms > label[node]:
            continue
        for arc in range(indptr[node], indptr[node + 1]):
            head = indices[arc]
            there = np.int64(ms) + np.int64(arc_ms[arc])
            if there > limit_ms:
                continue
            if there < label[head] or (there == label[head] and owner[node] < owner[head]):
                label[head] = np.int32(there)
                owner[head] = owner[node]
                if size == len(heap):
                    heap = _grown(heap)
                size = _push(heap, size, (there << 32) | np.int64(head))


@njit(cache=True, error_model="numpy", nogil=True)
def _grown(heap: NDArray[np.int64]) -> NDArray[np.int64]:
    larger = np.empty(2 * len(heap), np.int64)
    larger[: len(heap)] = heap
    return larger


@njit(cache=True, error_model="numpy", nogil=True)
def reach_table(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    arc_ms: NDArray[np.int32],
    arc_edge: NDArray[np.int32],
    seed_node: NDArray[np.int32],
    seed_ms: NDArray[np.int32],
    on_edge: NDArray[np.int64],
    at_from_ms: NDArray[np.int32],
    at_to_ms: NDArray[np.int32],
    leg_ms: NDArray[np.int32],
    edge_from: NDArray[np.int32],
    limit_ms: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return, for each source, the destinations within a limit and their milliseconds, as CSR.

    ``seed_node`` and ``seed_ms`` hold two seeds per source (rows of two). Destinations are sorted
    by edge: those of edge ``e`` are ``on_edge[e]:on_edge[e + 1]``, with their milliseconds at the
    two ends of the edge. Ways along the source's own edge are the caller's.
    """
    n_nodes, n_sources = len(indptr) - 1, len(seed_node)
    label = np.full(n_nodes, UNREACHED, np.int32)
    touched = np.empty(n_nodes, np.int32)
    best = np.full(len(leg_ms), UNREACHED, np.int32)
    hits = np.empty(len(leg_ms), np.int32)
    heap = np.empty(max(64, len(indices) + 4), np.int64)
    out_ptr = np.zeros(n_sources + 1, np.int64)
    out_index, out_ms = np.empty(1024, np.int32), np.empty(1024, np.int32)
    filled = 0
    for source in range(n_sources):
        size, n_touched, n_hits = 0, 0, 0
        for s in range(2):
            node, ms = seed_node[source, s], seed_ms[source, s]
            if ms <= limit_ms and ms < label[node]:
                if label[node] == UNREACHED:
                    touched[n_touched] = node
                    n_touched += 1
                label[node] = ms
                size = _push(heap, size, (np.int64(ms) << 32) | np.int64(node))
        while size > 0:
            key = heap[0]
            size = _pop(heap, size)
            node = np.int32(key & 0xFFFFFFFF)
            ms = np.int32(key >> 32)
            if ms > label[node]:
                continue
            for arc in range(indptr[node], indptr[node + 1]):
                head = indices[arc]
                edge = arc_edge[arc]
                if edge >= 0:
                    at_start = edge_from[edge] == node
                    for d in range(on_edge[edge], on_edge[edge + 1]):
                        total = np.int64(ms) + leg_ms[d]
                        total += at_from_ms[d] if at_start else at_to_ms[d]
                        if total <= limit_ms and total < best[d]:
                            if best[d] == UNREACHED:
                                hits[n_hits] = d
                                n_hits += 1
                            best[d] = np.int32(total)
                    if edge_from[edge] == head and at_start:
                        # A loop touches its node with both ends.
                        for d in range(on_edge[edge], on_edge[edge + 1]):
                            total = np.int64(ms) + leg_ms[d] + at_to_ms[d]
                            if total <= limit_ms and total < best[d]:
                                if best[d] == UNREACHED:
                                    hits[n_hits] = d
                                    n_hits += 1
                                best[d] = np.int32(total)
                there = np.int64(ms) + np.int64(arc_ms[arc])
                if there <= limit_ms and there < label[head]:
                    if label[head] == UNREACHED:
                        touched[n_touched] = head
                        n_touched += 1
                    label[head] = np.int32(there)
                    size = _push(heap, size, (there << 32) | np.int64(head))
        while filled + n_hits > len(out_index):
            more_index = np.empty(2 * len(out_index), np.int32)
            more_ms = np.empty(2 * len(out_ms), np.int32)
            more_index[:filled] = out_index[:filled]
            more_ms[:filled] = out_ms[:filled]
            out_index, out_ms = more_index, more_ms
        order = np.sort(hits[:n_hits])
        for h in range(n_hits):
            out_index[filled + h] = order[h]
            out_ms[filled + h] = best[order[h]]
            best[order[h]] = UNREACHED
        filled += n_hits
        out_ptr[source + 1] = filled
        for t in range(n_touched):
            label[touched[t]] = UNREACHED
    return out_ptr, out_index[:filled].copy(), out_ms[:filled].copy()
