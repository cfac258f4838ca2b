"""Small searches with scipy: the kernel's answers without loading the kernel."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from quarterhour.reach.search import NEVER, PackedGraph, Seeds

_FAR = np.uint32(np.iinfo(np.int32).max)


def small_rows(graph: PackedGraph, seeds: Seeds, *, limit_ms: int) -> NDArray[np.uint32]:
    """Return milliseconds from each source to each node (sources, nodes).

    The greatest int32 beyond the limit.

    Parameters
    ----------
    graph, seeds, limit_ms
        As for :func:`~quarterhour.reach.search.reach_all`.
    """
    n, more = graph.n_nodes, seeds.n_sources
    pointers = graph.indptr.astype(np.int64)
    tail = np.repeat(np.arange(n), pointers[1:] - pointers[:-1])
    source = n + np.repeat(np.arange(more), np.diff(seeds.ptr))
    tail = np.concatenate([tail, source])
    head = np.concatenate([graph.heads, seeds.node])
    ms = np.concatenate([(graph.arcs >> np.uint64(32)).astype(np.int64), seeds.ms])
    # Of parallel streets the quickest: a sparse matrix would add them up.
    order = np.lexsort((ms, head, tail))
    tail, head, ms = tail[order], head[order], ms[order]
    first = np.ones(len(tail), bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    count = np.bincount(tail[first], minlength=n + more)
    # Built from pointers, so that links of no time stay stored and are walked.
    streets = sparse.csr_array(
        (ms[first].astype(np.float64), head[first], np.concatenate([[0], np.cumsum(count)])),
        shape=(n + more, n + more),
    )
    found = csgraph.dijkstra(streets, indices=n + np.arange(more), limit=limit_ms)[:, :n]
    return np.where(np.isfinite(found), found, _FAR).astype(np.uint32)


def small_nearest(graph: PackedGraph, seeds: Seeds, *, limit_ms: int) -> NDArray[np.uint64]:
    """Return the label of each node, as :func:`~quarterhour.reach.search.label_nearest` does."""
    found = small_rows(graph, seeds, limit_ms=limit_ms)
    if len(found) == 0:
        return np.full(graph.n_nodes, NEVER)
    source = found.argmin(axis=0)
    ms = found[source, np.arange(graph.n_nodes)]
    label = (ms.astype(np.uint64) << np.uint64(32)) | source.astype(np.uint64)
    return np.where(ms == _FAR, NEVER, label)
