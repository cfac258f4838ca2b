"""Chains: segments joined end to end into the edges of a network.

A node ends an edge where three or more segments meet, where only one does, where the code of the
two segments differs, or where the caller says *stop*. All else is the inside of an edge.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Edges as runs of segments.

    Attributes
    ----------
    order, flip
        Segments in walking order, and whether each is walked from its end to its start.
    offset
        Edge ``e`` holds ``order[offset[e]:offset[e + 1]]``.
    """

    order: NDArray[np.int64]
    flip: NDArray[np.bool_]
    offset: NDArray[np.int64]


def chain_segments(
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    code: NDArray[np.int64],
    *,
    stops: NDArray[np.int64],
) -> Chains:
    """Join segments into edges.

    Parameters
    ----------
    start, end
        Nodes of each segment; segments of one way stand in order.
    code
        Segments of different codes never share an edge.
    stops
        Nodes at which every edge ends.
    """
    n_nodes = int(max(start.max(), end.max())) + 1
    is_end = _ends(start, end, code, n_nodes)
    is_end[stops[stops < n_nodes]] = True
    # Runs: stretches of consecutive segments that already follow each other inside one edge.
    joined = (end[:-1] == start[1:]) & (code[:-1] == code[1:]) & ~is_end[end[:-1]]
    first = np.flatnonzero(np.concatenate([[True], ~joined]))
    last = np.concatenate([first[1:], [len(start)]]) - 1
    runs = _join_runs(start[first], end[last], is_end)
    return _spread(runs, first, last)


def _ends(
    start: NDArray[np.int64], end: NDArray[np.int64], code: NDArray[np.int64], n_nodes: int
) -> NDArray[np.bool_]:
    degree = np.bincount(start, minlength=n_nodes) + np.bincount(end, minlength=n_nodes)
    low = np.full(n_nodes, np.iinfo(np.int64).max)
    high = np.full(n_nodes, -1)
    for nodes in (start, end):
        np.minimum.at(low, nodes, code)
        np.maximum.at(high, nodes, code)
    ends: NDArray[np.bool_] = (degree != 2) | (low != high)
    return ends


def _join_runs(
    start: NDArray[np.int64], end: NDArray[np.int64], is_end: NDArray[np.bool_]
) -> list[list[tuple[int, bool]]]:
    """Return edges as lists of (run, walked backwards)."""
    open_start, open_end = ~is_end[start], ~is_end[end]
    edges: list[list[tuple[int, bool]]] = []
    loose = np.flatnonzero(open_start | open_end)
    at_node: dict[int, list[int]] = {}
    for run in loose.tolist():
        if open_start[run]:
            at_node.setdefault(int(start[run]), []).append(run)
        if open_end[run]:
            at_node.setdefault(int(end[run]), []).append(run)
    done = np.zeros(len(start), bool)
    for run in range(len(start)):
        if done[run]:
            continue
        if not (open_start[run] or open_end[run]):
            edges.append([(run, False)])
            continue
        edges.append(_walk(run, start, end, is_end, at_node, done))
    return edges


def _walk(
    run: int,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    is_end: NDArray[np.bool_],
    at_node: dict[int, list[int]],
    done: NDArray[np.bool_],
) -> list[tuple[int, bool]]:
    """Follow an edge both ways from ``run``; a ring without an end stops where it began."""
    done[run] = True
    ahead = _follow(int(end[run]), start, end, is_end, at_node, done)
    behind = _follow(int(start[run]), start, end, is_end, at_node, done)
    return [(r, not flip) for r, flip in reversed(behind)] + [(run, False)] + ahead


def _follow(
    node: int,
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    is_end: NDArray[np.bool_],
    at_node: dict[int, list[int]],
    done: NDArray[np.bool_],
) -> list[tuple[int, bool]]:
    found: list[tuple[int, bool]] = []
    while not is_end[node]:
        following = next((r for r in at_node[node] if not done[r]), None)
        if following is None:
            break
        done[following] = True
        flip = int(start[following]) != node
        found.append((following, flip))
        node = int(start[following] if flip else end[following])
    return found


def _spread(
    edges: list[list[tuple[int, bool]]], first: NDArray[np.int64], last: NDArray[np.int64]
) -> Chains:
    """Turn edges of runs into edges of segments."""
    run = np.array([r for edge in edges for r, _ in edge], np.int64)
    back = np.array([f for edge in edges for _, f in edge], bool)
    count = last[run] - first[run] + 1
    offset = np.concatenate([[0], np.cumsum(count)])
    within = np.arange(offset[-1]) - np.repeat(offset[:-1], count)
    order = np.where(
        np.repeat(back, count),
        np.repeat(last[run], count) - within,
        np.repeat(first[run], count) + within,
    )
    runs_per_edge = np.array([len(edge) for edge in edges], np.int64)
    edge_end = np.cumsum(runs_per_edge)
    return Chains(order, np.repeat(back, count), np.concatenate([[0], offset[edge_end]]))
