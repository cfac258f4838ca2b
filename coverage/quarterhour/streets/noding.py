"""Noding: drawn lines become streets that meet.

Vertices at one place become one node (:mod:`~quarterhour.streets.places`). Three things are put
right, and counted: a *crossing* (lines of one level, neither bridge nor tunnel, cross without a
vertex), a *touch* (a vertex lies on a line that has none there), and a *gap* (a loose end stops up
to ``GAP_M`` short of a line).
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.streets.places import (
    GAP_M,
    MEET_M,
    Drawn,
    Pairs,
    components,
    join_levels,
    same_level,
)

# Lines of more vertices are not taken apart before it is known that they are near.
_LONG = 200


@dataclass(frozen=True, slots=True, eq=False)
class Noded:
    """Lines that meet at nodes.

    Attributes
    ----------
    offset, node
        Nodes of line ``k`` are ``node[offset[k]:offset[k + 1]]``.
    vertex
        The drawn vertex each node stands for.
    moved_xy_m
        Place of each node that no drawn vertex marks exactly; ``nan`` elsewhere. Such a node's
        ``vertex`` is one near by, or -1.
    crossings, touches, gaps, apart
        How many crossings and touches got a node, how many ends were joined over a gap, and at
        how many places levels were kept apart.
    """

    offset: NDArray[np.int64]
    node: NDArray[np.int64]
    vertex: NDArray[np.int64]
    moved_xy_m: NDArray[np.float64]
    crossings: int
    touches: int
    gaps: int
    apart: int


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """Stretches between neighbouring vertices.

    Attributes
    ----------
    first, line
        First vertex, and line.
    a, b, p, q
        Nodes and places of both ends.
    along_m
        How far along the drawing each one begins and ends (n, 2).
    """

    first: NDArray[np.int64]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    line: NDArray[np.int64]
    along_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Inserts:
    """Nodes put into segments: the segment, the share of its length, the node."""

    segment: NDArray[np.int64]
    share: NDArray[np.float64]
    node: NDArray[np.int64]


def node_lines(drawn: Drawn) -> Noded:
    """Let lines meet.

    Parameters
    ----------
    drawn
        Lines in metres; every coordinate is finite.
    """
    level = drawn.level[drawn.line]
    node = same_level(drawn.xy_m, level)
    node, apart = join_levels(drawn, node, level)
    segments = _segments(drawn, node)
    tree = shapely.STRtree(shapely.linestrings(drawn.xy_m, indices=drawn.line))
    touches, others = _touches(segments, _near_pairs(drawn, segments, node, tree))
    near = _near_ends(drawn, segments, node, tree)
    n_nodes = int(node.max()) + 1
    crossed, crossing_xy = _crossings(drawn, segments, others, n_nodes)
    gaps, same, gap_xy, n_gaps = _gaps(drawn, segments, node, near, touches.node)
    moved = np.full((n_nodes + len(crossing_xy), 2), np.nan)
    moved[n_nodes:] = crossing_xy
    moved[gaps.node] = gap_xy
    offset, refs = _insert(drawn, node, segments, (touches, crossed, gaps))
    # Ends that meet ends over a gap become one node; all nodes are then numbered by first use.
    label = components(len(moved), same)
    refs = label[refs]
    used, first = np.unique(refs, return_index=True)
    number = np.empty(int(label.max()) + 1, np.int64)
    number[used[np.argsort(first)]] = np.arange(len(used))
    vertex = np.full(len(used), -1)
    vertex[number[label[node[::-1]]]] = np.arange(len(node))[::-1]
    places = np.full((len(used), 2), np.nan)
    shifted = np.flatnonzero(np.isfinite(moved[:, 0]))
    places[number[label[shifted]]] = moved[shifted]
    return Noded(
        offset, number[refs], vertex, places, len(crossing_xy), len(touches.node), n_gaps, apart
    )


def _segments(drawn: Drawn, node: NDArray[np.int64]) -> _Segments:
    line = drawn.line
    first = np.flatnonzero((line[:-1] == line[1:]) & (node[:-1] != node[1:]))
    xy = drawn.xy_m
    return _Segments(
        first, node[first], node[first + 1], xy[first], xy[first + 1], line[first],
        np.stack([_along(drawn)[first], _along(drawn)[first + 1]], axis=1),
    )  # fmt: skip


def _along(drawn: Drawn) -> NDArray[np.float64]:
    """Return how far along the drawing each vertex lies; jumps between lines count too."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(drawn.xy_m, axis=0).T))])


def _apart_along(
    at_m: NDArray[np.float64],
    segments: _Segments,
    on: NDArray[np.int64],
    share: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell which places lie far along a line from places on a segment of the same line."""
    start, end = segments.along_m[on].T
    apart: NDArray[np.bool_] = np.abs(start + share * (end - start) - at_m) > 2 * GAP_M
    return apart


def _box_of(
    points: NDArray[np.float64], offset: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.minimum.reduceat(points, offset[:-1]), np.maximum.reduceat(points, offset[:-1])


def _near_pairs(
    drawn: Drawn, segments: _Segments, node: NDArray[np.int64], tree: shapely.STRtree
) -> Pairs:
    """Return pairs of segments that are near: of one level, neither bridge nor tunnel."""
    lines = tree.geometries
    ground = np.flatnonzero(~drawn.lifted)
    low, high = _box_of(drawn.xy_m, drawn.offset)
    wide = shapely.box(*(low[ground] - MEET_M).T, *(high[ground] + MEET_M).T)
    at, other = tree.query(wide)
    one = ground[at]
    good = (one < other) & ~drawn.lifted[other] & (drawn.level[one] == drawn.level[other])
    one, other = one[good], other[good]
    # Boxes say little of long lines, and of lines that do not meet: are these near at all?
    count, first, last = np.diff(drawn.offset), drawn.offset[:-1], drawn.offset[1:] - 1
    a, b = node[first], node[last]
    meet = (a[one] == a[other]) | (a[one] == b[other]) | (b[one] == a[other]) | (b[one] == b[other])
    asked = np.flatnonzero(~meet | (count[one] + count[other] > _LONG))
    shapely.prepare(lines[np.unique(one[asked])])
    near = np.ones(len(one), bool)
    near[asked] = shapely.dwithin(lines[one[asked]], lines[other[asked]], MEET_M)
    # A line that crosses itself is paired with itself.
    knots = ground[~shapely.is_simple(lines[ground])]
    one, other = np.concatenate([one[near], knots]), np.concatenate([other[near], knots])
    order = np.lexsort((other, one))
    i, j = _segment_pairs(drawn, segments, one[order], other[order])
    once = (segments.line[i] != segments.line[j]) | (i < j)
    return i[once], j[once]


def _spread(first: NDArray[np.int64], count: NDArray[np.int64]) -> Pairs:
    """Return (row, number) for runs of ``count`` numbers from ``first``."""
    row = np.repeat(np.arange(len(count)), count)
    start = np.concatenate([[0], np.cumsum(count)])
    return row, first[row] + np.arange(start[-1]) - start[row]


def _segment_pairs(
    drawn: Drawn, segments: _Segments, one: NDArray[np.int64], other: NDArray[np.int64]
) -> Pairs:
    """Return all pairs of segments of paired lines that lie where both lines do."""
    bounds = np.searchsorted(segments.line, np.arange(len(drawn.level) + 1))
    low, high = _box_of(drawn.xy_m, drawn.offset)
    kept: list[Pairs] = []
    for mine, theirs in ((one, other), (other, one)):
        pair, segment = _spread(bounds[mine], bounds[mine + 1] - bounds[mine])
        p, q = segments.p[segment], segments.q[segment]
        near = (np.maximum(p, q) >= low[theirs[pair]] - MEET_M) & (
            np.minimum(p, q) <= high[theirs[pair]] + MEET_M
        )
        inside = near.all(axis=1)
        kept.append((pair[inside], segment[inside]))
    (pair_i, seg_i), (pair_j, seg_j) = kept
    start = np.searchsorted(pair_j, np.arange(len(one) + 1))
    row, at = _spread(start[pair_i], start[pair_i + 1] - start[pair_i])
    return seg_i[row], seg_j[at]


def _project(
    point: NDArray[np.float64], p: NDArray[np.float64], q: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share along each segment that is nearest to a point, and the distance."""
    d = q - p
    share = np.clip(((point - p) * d).sum(axis=1) / (d * d).sum(axis=1), 0.0, 1.0)
    return share, np.hypot(*(p + share[:, None] * d - point).T)


def _touches(segments: _Segments, pairs: Pairs) -> tuple[_Inserts, Pairs]:
    """Return the vertices that lie on other lines, and the pairs that do not touch so."""
    i, j = pairs
    other = segments.line[i] != segments.line[j]
    touching = np.zeros(len(i), bool)
    found: list[_Inserts] = []
    for mine, theirs in ((i, j), (j, i)):
        for point, label, end in ((segments.p, segments.a, 0), (segments.q, segments.b, 1)):
            share, far = _project(point[mine], segments.p[theirs], segments.q[theirs])
            node = label[mine]
            hit = (far <= MEET_M) & (share > 0.0) & (share < 1.0)
            hit &= (node != segments.a[theirs]) & (node != segments.b[theirs])
            hit &= other | _apart_along(segments.along_m[mine, end], segments, theirs, share)
            touching |= hit
            found.append(_Inserts(theirs[hit], share[hit], node[hit]))
    segment = np.concatenate([f.segment for f in found])
    node = np.concatenate([f.node for f in found])
    share = np.concatenate([f.share for f in found])
    _, first = np.unique(np.column_stack([segment, node]), axis=0, return_index=True)
    once = _Inserts(segment[first], share[first], node[first])
    # Straight lines that meet at a node cross nowhere else.
    a, b = segments.a, segments.b
    meet = (a[i] == a[j]) | (a[i] == b[j]) | (b[i] == a[j]) | (b[i] == b[j])
    return once, (i[~(touching | meet)], j[~(touching | meet)])


def _crossings(
    drawn: Drawn, segments: _Segments, pairs: Pairs, n_nodes: int
) -> tuple[_Inserts, NDArray[np.float64]]:
    """Return new nodes where segments cross, numbered from ``n_nodes``, and their places."""
    i, j = pairs
    r, s = segments.q[i] - segments.p[i], segments.q[j] - segments.p[j]
    gap = segments.p[j] - segments.p[i]
    turn = r[:, 0] * s[:, 1] - r[:, 1] * s[:, 0]
    slanted = turn != 0.0
    safe = np.where(slanted, turn, 1.0)
    along_i = (gap[:, 0] * s[:, 1] - gap[:, 1] * s[:, 0]) / safe
    along_j = (gap[:, 0] * r[:, 1] - gap[:, 1] * r[:, 0]) / safe
    hit = slanted & (along_i > 0) & (along_i < 1) & (along_j > 0) & (along_j < 1)
    i, j, along_i, along_j = i[hit], j[hit], along_i[hit], along_j[hit]
    if len(i) == 0:
        return _Inserts(i, along_i, i), np.empty((0, 2))
    xy = segments.p[i] + along_i[:, None] * r[hit]
    # Three lines through one point make three crossings there, and one node.
    label = same_level(xy, drawn.level[segments.line[i]])
    _, first, label = np.unique(label, return_index=True, return_inverse=True)
    node = n_nodes + np.concatenate([label, label]).astype(np.int64)
    inserts = _Inserts(np.concatenate([i, j]), np.concatenate([along_i, along_j]), node)
    return inserts, xy[first]


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Ends near other lines, nearest line first: vertex, segment, share along it, distance."""

    vertex: NDArray[np.int64]
    segment: NDArray[np.int64]
    share: NDArray[np.float64]
    far_m: NDArray[np.float64]

    def take(self, keep: NDArray[np.bool_] | NDArray[np.int64]) -> "_Ends":
        return _Ends(self.vertex[keep], self.segment[keep], self.share[keep], self.far_m[keep])


def _near_ends(
    drawn: Drawn, segments: _Segments, node: NDArray[np.int64], tree: shapely.STRtree
) -> _Ends:
    """Return where each line's ends come within ``GAP_M`` of lines that they do not meet."""
    line = drawn.line
    ends = np.flatnonzero(drawn.is_end())
    at, k = tree.query(shapely.points(drawn.xy_m[ends]), predicate="dwithin", distance=GAP_M)
    e = ends[at]
    many = int(node.max()) + 1
    held = np.unique(line * many + node)
    # Its own line holds every end, and is looked at all the same: a lane may curl back on itself.
    key = k * many + node[e]
    meets = held[np.minimum(np.searchsorted(held, key), len(held) - 1)] == key
    lone = np.bincount(node, minlength=many)[node] == 1
    good = ~meets | ((line[e] == k) & lone[e])
    e, k = e[good], k[good]
    bounds = np.searchsorted(segments.line, np.arange(len(drawn.level) + 1))
    row, j = _spread(bounds[k], bounds[k + 1] - bounds[k])
    e = e[row]
    share, far = _project(drawn.xy_m[e], segments.p[j], segments.q[j])
    other = (line[e] != segments.line[j]) | _apart_along(_along(drawn)[e], segments, j, share)
    good = other & (far <= GAP_M) & (segments.a[j] != node[e]) & (segments.b[j] != node[e])
    found = _Ends(e[good], j[good], share[good], far[good])
    return found.take(np.lexsort((found.segment, found.far_m, found.vertex)))


def _gaps(
    drawn: Drawn,
    segments: _Segments,
    node: NDArray[np.int64],
    near: _Ends,
    touched: NDArray[np.int64],
) -> tuple[_Inserts, Pairs, NDArray[np.float64], int]:
    """Join loose ends to the nearest line within ``GAP_M``.

    Returns
    -------
    tuple
        Ends put into segments, pairs of nodes that become one, the places of the former, and how
        many gaps were closed.
    """
    line = drawn.line
    loose = (np.bincount(node)[node] == 1) & ~np.isin(node, touched)
    step = np.hypot(*np.diff(drawn.xy_m, axis=0, append=drawn.xy_m[-1:]).T)
    step[drawn.offset[1:] - 1] = 0.0
    length = np.add.reduceat(step, drawn.offset[:-1])
    k, m = line[near.vertex], segments.line[near.segment]
    level = (drawn.level[k] == drawn.level[m]) | (drawn.lifted[k] & ~drawn.lifted[m])
    # A stub shorter than two gaps would be joined to the street that it hangs on.
    near = near.take(level & loose[near.vertex] & (length[k] > 2 * GAP_M))
    near = near.take(np.concatenate([[True], np.diff(near.vertex) != 0])[: len(near.vertex)])
    e, j, share = near.vertex, near.segment, near.share
    d = segments.q[j] - segments.p[j]
    size = np.hypot(*d.T)
    to_a, to_b = share * size <= MEET_M, (1.0 - share) * size <= MEET_M
    inside = ~(to_a | to_b)
    target = np.where(to_a, segments.a[j], segments.b[j])[~inside]
    same = (node[e[~inside]], target)
    inserts = _Inserts(j[inside], share[inside], node[e[inside]])
    xy = segments.p[j[inside]] + share[inside, None] * d[inside]
    facing = np.unique(np.sort(np.column_stack(same), axis=1), axis=0)
    return inserts, same, xy, int(inside.sum()) + len(facing)


def _insert(
    drawn: Drawn, node: NDArray[np.int64], segments: _Segments, inserts: tuple[_Inserts, ...]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return offsets and nodes of the lines, with all inserts in their order along them."""
    segment = np.concatenate([i.segment for i in inserts])
    before = segments.first[segment]
    vertex = np.concatenate([np.arange(len(node)), before])
    share = np.concatenate([np.zeros(len(node)), *[i.share for i in inserts]])
    label = np.concatenate([node, *[i.node for i in inserts]])
    order = np.lexsort((label, share, vertex))
    count = np.bincount(drawn.line[vertex], minlength=len(drawn.level))
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64), label[order]
