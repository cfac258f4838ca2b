"""Stretches: which parts of which streets are reached, cut exactly where the time runs out.

A *stretch* is a part of an edge between two whole decimetres. A cut stands at the last whole
decimetre whose time is within the limit, by the same sums as
:func:`~quarterhour.reach.walking_times`: no place on a stretch is beyond the limit, and no place
beside it is within. A *span* is an edge, or a part of one between two facilities on it, with the
times of its two ends; the shortest walk from inside a span passes one of its ends. A *profile*
gives the milliseconds between the start of an edge and a place on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.reach.times import Direction, NearestTimes, nearest_times, node_times
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork

Labels = tuple[NDArray[np.int64], NDArray[np.int32]]  # nodes, and the milliseconds of each
_Ints = NDArray[np.int64]
_FAR = 1 << 40  # beyond any limit, and twice of it still fits
_THERE, _BACK = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class ReachedStreets:
    """Reached stretches of streets: edge, from and to in decimetres.

    Sorted by edge and place; stretches of one edge neither touch nor overlap.
    """

    edge: NDArray[np.int32]
    from_dm: NDArray[np.int32]
    to_dm: NDArray[np.int32]

    def take(self, rows: NDArray[np.bool_]) -> "ReachedStreets":
        """Return some stretches."""
        return ReachedStreets(self.edge[rows], self.from_dm[rows], self.to_dm[rows])


@dataclass(frozen=True, slots=True, eq=False)
class _Profile:
    """Milliseconds from the start of edges, in one direction or in both together."""

    network: WalkNetwork
    pieces: tuple[NDArray[np.int32], ...]
    total: _Ints

    @classmethod
    def of(cls, network: WalkNetwork, *pieces: NDArray[np.int32]) -> "_Profile":
        together = np.sum([p.astype(np.int64) for p in pieces], axis=0)
        return cls(network, pieces, np.concatenate([[0], np.cumsum(together)]))

    def at(self, edge: _Ints, offset_dm: _Ints) -> _Ints:
        """Return the milliseconds, each piece rounded as ``PacedNetwork.from_start_ms`` does."""
        first = self.network.piece_offset[edge]
        count = self.network.piece_offset[edge + 1] - first
        exact = offset_dm * count / self.network.edge_length_dm[edge]
        inside = np.minimum(exact.astype(np.int64), count - 1)
        share, piece = exact - inside, first + inside
        out = self.total[piece] - self.total[first]
        for ms in self.pieces:
            out += np.rint(share * ms[piece]).astype(np.int64)
        return np.asarray(out, np.int64)

    def last(self, edge: _Ints, low: _Ints, high: _Ints, goal: _Ints) -> _Ints:
        """Return the last decimetre from ``low`` to ``high`` at or below ``goal``; ``low`` is."""
        out = np.clip(np.floor(self._guess(edge, goal, 0.5)).astype(np.int64), low, high)
        # The guess inverts a line; rounding may move the answer by a decimetre.
        while (over := (out > low) & (self.at(edge, out) > goal)).any():
            out[over] -= 1
        while (more := (out < high) & (self.at(edge, np.minimum(out + 1, high)) <= goal)).any():
            out[more] += 1
        return out

    def first(self, edge: _Ints, low: _Ints, high: _Ints, goal: _Ints) -> _Ints:
        """Return the first decimetre from ``low`` to ``high`` at or above ``goal``; ``high`` is."""
        out = np.clip(np.ceil(self._guess(edge, goal, -0.5)).astype(np.int64), low, high)
        while (under := (out < high) & (self.at(edge, out) < goal)).any():
            out[under] += 1
        while (more := (out > low) & (self.at(edge, np.maximum(out - 1, low)) >= goal)).any():
            out[more] -= 1
        return out

    def _guess(self, edge: _Ints, goal: _Ints, half: float) -> NDArray[np.float64]:
        first, stop = self.network.piece_offset[edge], self.network.piece_offset[edge + 1]
        wanted = self.total[first] + goal
        piece = np.searchsorted(self.total, wanted, side="right") - 1
        piece = np.clip(piece, first, stop - 1)
        slow = self.total[piece + 1] - self.total[piece]
        share = np.clip((wanted + half - self.total[piece]) / slow, 0.0, 1.0)
        length_dm = self.network.edge_length_dm[edge]
        return np.asarray((piece - first + share) * length_dm / (stop - first), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Spans around one set of facilities, with the times of their ends.

    Attributes
    ----------
    edge, low_dm, high_dm
        The spans.
    low_ms, high_ms
        Times of both ends, one row per direction that was searched.
    """

    edge: _Ints
    low_dm: _Ints
    high_dm: _Ints
    low_ms: _Ints
    high_ms: _Ints


@dataclass(frozen=True, slots=True, eq=False)
class Cutter:
    """Cuts the streets of one walker; made once for many facilities and limits."""

    paced: PacedNetwork
    direction: Direction
    along: tuple[_Profile, _Profile]
    together: _Profile

    @classmethod
    def of(cls, paced: PacedNetwork, direction: Direction) -> "Cutter":
        """Prepare the cuts of a walker's streets in one direction of the four."""
        there, back = paced.piece_there_ms, paced.piece_back_ms
        network = paced.network
        along = (_Profile.of(network, there), _Profile.of(network, back))
        return cls(paced, direction, along, _Profile.of(network, there, back))

    @property
    def ways(self) -> tuple[int, ...]:
        """Directions whose labels a cut needs: 0 there, 1 back."""
        return {"there": (_THERE,), "back": (_BACK,)}.get(self.direction, (_THERE, _BACK))

    def spans(self, facilities: Snapped, labels: Sequence[Labels]) -> Spans:
        """Return the spans of all edges that touch a labelled node or hold a facility.

        Parameters
        ----------
        facilities
            The positions that were searched from together: one facility's, or all for ``there``
            and ``back``.
        labels
            Nodes and milliseconds for each of :attr:`ways`.
        """
        network, n_nodes = self.paced.network, self.paced.network.n_nodes
        node_ms = np.full((len(labels), n_nodes), _FAR)
        touched = np.zeros(network.n_edges, bool)
        for row, (nodes, ms) in zip(node_ms, labels, strict=True):
            row[nodes] = ms
            arcs = self.paced.arc_edge[
                ranges(self.paced.indptr[nodes], self.paced.indptr[nodes + 1])
            ]
            touched[arcs[arcs >= 0]] = True
        found = facilities.take(facilities.found)
        found = found.take(self.paced.usable[found.edge])
        touched[found.edge] = False
        edge = np.flatnonzero(touched)
        plain = Spans(
            edge, np.zeros(len(edge), np.int64), network.edge_length_dm[edge].astype(np.int64),
            node_ms[:, network.edge_from[edge]], node_ms[:, network.edge_to[edge]],
        )  # fmt: skip
        return _joined([plain, *self._own_spans(found, node_ms)])

    def _own_spans(self, found: Snapped, node_ms: _Ints) -> list[Spans]:
        """Return the spans of edges that hold facilities, one list entry per edge."""
        network, out = self.paced.network, []
        order = np.lexsort((found.offset_dm, found.edge))
        leg_ms = self.paced.leg_ms(found.access_dm)[order].astype(np.int64)
        edge, offset = found.edge[order].astype(np.int64), found.offset_dm[order].astype(np.int64)
        first = np.flatnonzero(np.diff(edge, prepend=-1)).tolist()
        for a, b in pairwise([*first, len(edge)]):
            length = int(network.edge_length_dm[edge[a]])
            stops = np.concatenate([[0], offset[a:b], [length]])
            same = np.full(len(stops), edge[a])
            ms = np.empty((len(node_ms), len(stops)), np.int64)
            ms[:, 0] = node_ms[:, network.edge_from[edge[a]]]
            ms[:, -1] = node_ms[:, network.edge_to[edge[a]]]
            ms[:, 1:-1] = leg_ms[a:b]
            for row, way in zip(ms, self.ways, strict=True):
                # Upwards from the start, then downwards: each stop learns of its nearest facility.
                up = self.along[1 - way].at(same, stops)
                np.minimum(row, np.minimum.accumulate(row - up) + up, out=row)
                down = self.along[way].at(same, stops)
                after = np.minimum.accumulate((row + down)[::-1])[::-1]
                np.minimum(row, after - down, out=row)
            out.append(Spans(same[1:], stops[:-1], stops[1:], ms[:, :-1], ms[:, 1:]))
        return out

    def cut(self, spans: Spans, limit_ms: int) -> ReachedStreets:
        """Return the stretches of some spans within a limit (inclusive)."""
        if self.direction == "round_trip":
            return self._cut_round_trip(spans, limit_ms)
        ends = [
            (
                self._heads(self.along[1 - way], spans, spans.low_ms[row], limit_ms),
                self._tails(self.along[way], spans, spans.high_ms[row], limit_ms),
            )
            for row, way in enumerate(self.ways)
        ]
        low, high = spans.low_dm, spans.high_dm
        (head, tail), (other_head, other_tail) = ends[0], ends[-1]
        # Parts within both ways: each is a head or a tail of the one and of the other.
        parts = [(low, np.minimum(head, other_head)), (np.maximum(tail, other_tail), high)]
        if len(ends) == 2:
            parts += [(tail, other_head), (other_tail, head)]
        return _stretches(spans.edge, parts)

    def _cut_round_trip(self, spans: Spans, limit_ms: int) -> ReachedStreets:
        low, high = spans.low_dm, spans.high_dm
        head = self._heads(self.together, spans, spans.low_ms.sum(axis=0), limit_ms)
        tail = self._tails(self.together, spans, spans.high_ms.sum(axis=0), limit_ms)
        # In by one end and out by the other, the walk has the same length from every place.
        whole = [p.at(spans.edge, high) - p.at(spans.edge, low) for p in self.along]
        around = np.minimum(
            spans.low_ms[_THERE] + spans.high_ms[_BACK] + whole[_BACK],
            spans.high_ms[_THERE] + spans.low_ms[_BACK] + whole[_THERE],
        )
        passed = np.where(around <= limit_ms, high, low - 1)
        return _stretches(spans.edge, [(low, head), (tail, high), (low, passed)])

    def _heads(self, profile: _Profile, spans: Spans, low_ms: _Ints, limit_ms: int) -> _Ints:
        """Return the last decimetre reached by the low end; one before it where none is."""
        out = spans.low_dm - 1
        rows = np.flatnonzero(low_ms <= limit_ms)
        edge, low, high = spans.edge[rows], spans.low_dm[rows], spans.high_dm[rows]
        goal = profile.at(edge, low) + limit_ms - low_ms[rows]
        whole = profile.at(edge, high) <= goal
        out[rows[whole]] = high[whole]
        cut = ~whole
        out[rows[cut]] = profile.last(edge[cut], low[cut], high[cut], goal[cut])
        return out

    def _tails(self, profile: _Profile, spans: Spans, high_ms: _Ints, limit_ms: int) -> _Ints:
        """Return the first decimetre reached by the high end; one after it where none is."""
        out = spans.high_dm + 1
        rows = np.flatnonzero(high_ms <= limit_ms)
        edge, low, high = spans.edge[rows], spans.low_dm[rows], spans.high_dm[rows]
        goal = profile.at(edge, high) - (limit_ms - high_ms[rows])
        whole = profile.at(edge, low) >= goal
        out[rows[whole]] = low[whole]
        cut = ~whole
        out[rows[cut]] = profile.first(edge[cut], low[cut], high[cut], goal[cut])
        return out


def reached_streets(
    paced: PacedNetwork,
    facilities: Snapped,
    nearest: NearestTimes | None = None,
    *,
    limit_ms: int,
    direction: Direction = "there",
) -> ReachedStreets:
    """Return the stretches whose places are within ``limit_ms`` of a facility.

    Parameters
    ----------
    paced, facilities, direction
        As for :func:`~quarterhour.reach.nearest_times`.
    nearest
        Its answer, searched at least as far as ``limit_ms``; searched for here by default. Only
        ``there`` and ``back`` can use it: the two others need both times of each facility apart.
    limit_ms
        The limit (inclusive).
    """
    cutter = Cutter.of(paced, direction)
    spans = spans_together(cutter, facilities, nearest, limit_ms=limit_ms)
    return together([cutter.cut(one, limit_ms) for one in spans])


def spans_together(
    cutter: Cutter, facilities: Snapped, nearest: NearestTimes | None, *, limit_ms: int
) -> list[Spans]:
    """Return spans whose stretches, put together, are those of all facilities.

    Parameters
    ----------
    cutter, facilities, nearest, limit_ms
        As for :func:`reached_streets`.
    """
    if len(cutter.ways) == 2:
        return spans_apart(cutter, facilities, limit_ms=limit_ms)
    if nearest is None:
        nobody = facilities.take(np.zeros(0, np.int64))
        nearest = nearest_times(
            cutter.paced, facilities, nobody, limit_ms=limit_ms, direction=cutter.direction
        )
    nodes = np.flatnonzero(nearest.node_ms != UNREACHED)
    return [cutter.spans(facilities, [(nodes, nearest.node_ms[nodes])])]


def spans_apart(cutter: Cutter, facilities: Snapped, *, limit_ms: int) -> list[Spans]:
    """Return the spans of each facility, all of its entrances together.

    Parameters
    ----------
    cutter, facilities, limit_ms
        As for :func:`reached_streets`.
    """
    names: tuple[Direction, Direction] = ("there", "back")
    tables = [
        node_times(cutter.paced, facilities, limit_ms=limit_ms, direction=names[way])
        for way in cutter.ways
    ]
    out = []
    for place in range(facilities.n_places):
        labels = []
        for table in tables:
            row = slice(table.indptr[place], table.indptr[place + 1])
            labels.append((table.indices[row].astype(np.int64), table.ms[row]))
        out.append(cutter.spans(facilities.take(facilities.place == place), labels))
    return out


def together(parts: Sequence[ReachedStreets]) -> ReachedStreets:
    """Return the stretches that stand in any of several sets."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        nothing = np.zeros(0, np.int64)
        return _stretches(nothing, [(nothing, nothing)])
    edge, low, high = (
        np.concatenate([getattr(p, name) for p in parts]) for name in ("edge", "from_dm", "to_dm")
    )
    return _stretches(edge, [(low, high)])


def _stretches(
    edge: NDArray[Any], parts: Sequence[tuple[NDArray[Any], NDArray[Any]]]
) -> ReachedStreets:
    """Put parts of edges together; those with their end before their start are left out."""
    low, high = (np.concatenate([part[k] for part in parts]).astype(np.int64) for k in (0, 1))
    edge = np.tile(edge.astype(np.int64), len(parts))
    kept = np.flatnonzero(high >= low)
    kept = kept[np.lexsort((low[kept], edge[kept]))]
    edge, low, high = edge[kept], low[kept], high[kept]
    # The furthest end so far on the same edge, since the edge stands in the upper half.
    furthest = np.maximum.accumulate((edge << 32) | high)
    begins = np.ones(len(edge), bool)
    # Neighbouring decimetres are one stretch: no position lies between them.
    begins[1:] = ((edge[1:] << 32) | low[1:]) > furthest[:-1] + 1
    ends = np.concatenate([np.flatnonzero(begins)[1:], [len(edge)]]) - 1
    return ReachedStreets(
        edge[begins].astype(np.int32), low[begins].astype(np.int32),
        (furthest[ends[ends >= 0]] & 0xFFFFFFFF).astype(np.int32),
    )  # fmt: skip


def ranges(start: NDArray[Any], stop: NDArray[Any]) -> _Ints:
    """Return the numbers from each start to before its stop, one range after the other."""
    count = (stop - start).astype(np.int64)
    before = np.cumsum(count) - count
    return np.asarray(np.arange(count.sum()) + np.repeat(start - before, count), np.int64)


def _joined(parts: Sequence[Spans]) -> Spans:
    return Spans(
        *(
            np.concatenate([getattr(p, name) for p in parts])
            for name in ("edge", "low_dm", "high_dm")
        ),
        *(np.concatenate([getattr(p, n) for p in parts], axis=1) for n in ("low_ms", "high_ms")),
    )
