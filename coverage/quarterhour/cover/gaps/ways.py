"""Ways: the streets of a few walks to the nearest facility, read back from the labels of a search.

A search labels each node with the milliseconds to the nearest facility. From a home the way goes
on along any street whose milliseconds are exactly what the label falls by: whole numbers, so that
the parts add up to the time of the search, and no second search is needed.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

from quarterhour.reach.times import nearest_times
from quarterhour.reach.walks import OneWay
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork

_Part = tuple[int, int, int]  # edge, from decimetre, to decimetre


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One walk from a home to a facility.

    Attributes
    ----------
    ms
        Milliseconds, access legs included.
    place
        The facility, as a place of the positions that were handed in.
    parts
        Edge, and decimetres from its start where the walk enters and leaves it, from the home on.
    leg_dm
        Decimetres of both access legs together.
    """

    ms: int
    place: int
    parts: tuple[_Part, ...]
    leg_dm: int

    @property
    def metres(self) -> float:
        """Length of the walk, access legs included."""
        return (sum(abs(b - a) for _, a, b in self.parts) + self.leg_dm) / 10.0


class WayFinder:
    """Ways of one walker to some facilities."""

    def __init__(
        self, paced: PacedNetwork, places: Snapped, *, limit_ms: int, direction: OneWay = "there"
    ) -> None:
        """Search from the facilities.

        Parameters
        ----------
        paced, places
            The walker's network, and where the facilities are.
        limit_ms
            Longest walk, inclusive.
        direction
            From home to facility (``there``) or ``back``.
        """
        self._paced, self._places, self._there = paced, places, direction == "there"
        nobody = places.take(np.zeros(0, np.int64))
        self._label = nearest_times(
            paced, places, nobody, limit_ms=limit_ms, direction=direction
        ).node_ms.astype(np.int64)
        arc_ms = paced.arc_in_ms if self._there else paced.arc_out_ms
        tail = np.repeat(np.arange(len(paced.indptr) - 1), np.diff(paced.indptr))
        order = np.argsort(paced.indices, kind="stable")
        self._tail, self._arc_ms = tail[order], arc_ms[order].astype(np.int64)
        self._arc_edge = paced.arc_edge[order]
        self._first = np.searchsorted(paced.indices[order], np.arange(len(paced.indptr)))
        self._limit_ms = limit_ms
        self._ends_at = self._facility_ends()

    def of(self, homes: Snapped, row: int) -> Way | None:
        """Return the way from one home; ``None`` where no facility is within the limit."""
        edge, offset = int(homes.edge[row]), int(homes.offset_dm[row])
        if edge < 0 or not self._paced.usable[edge]:
            return None
        leg = int(homes.access_dm[row])
        best = self._along(edge, offset, leg)
        for node, ms, end in self._ends(edge, offset, leg, leaving=self._there):
            if self._label[node] == UNREACHED:
                continue
            total = ms + int(self._label[node])
            if total <= self._limit_ms and (best is None or total < best.ms):
                best = self._walk(node, total, (edge, offset, end), leg)
        return best

    def _along(self, edge: int, offset: int, leg: int) -> Way | None:
        """Return the quickest way that never leaves the home's own edge."""
        paced, places = self._paced, self._places
        best: Way | None = None
        for f in np.flatnonzero(places.edge == edge).tolist():
            to = int(places.offset_dm[f])
            a, b = (offset, to) if self._there else (to, offset)
            piece = paced.piece_there_ms if b >= a else paced.piece_back_ms
            at = np.array([a, b], np.int32)
            ms = paced.from_start_ms(np.array([edge, edge], np.int32), at, piece)
            legs = paced.leg_ms(np.array([leg, places.access_dm[f]], np.int32))
            total = abs(int(ms[1]) - int(ms[0])) + int(legs.sum())
            if total <= self._limit_ms and (best is None or total < best.ms):
                far = leg + int(places.access_dm[f])
                best = Way(total, int(places.place[f]), ((edge, offset, to),), far)
        return best

    def _walk(self, node: int, total: int, first: _Part, leg: int) -> Way:
        """Walk downhill along the labels from a node to the facility where they began."""
        network, parts = self._paced.network, [first]
        while True:
            left = int(self._label[node])
            for ms, f, part in self._ends_at.get(node, ()):
                if ms == left:
                    far = leg + int(self._places.access_dm[f])
                    return Way(total, int(self._places.place[f]), (*parts, part), far)
            arcs = slice(int(self._first[node]), int(self._first[node + 1]))
            fits = self._label[self._tail[arcs]] + self._arc_ms[arcs] == left
            arc = arcs.start + int(fits.argmax())
            if not fits.any():
                raise AssertionError("labels fall along a street")
            edge = int(self._arc_edge[arc])
            if edge >= 0:
                length = int(network.edge_length_dm[edge])
                forward = int(network.edge_from[edge]) == node
                parts.append((edge, 0, length) if forward else (edge, length, 0))
            node = int(self._tail[arc])

    def _facility_ends(self) -> dict[int, list[tuple[int, int, _Part]]]:
        """Return, by node, milliseconds to each facility on one of its edges, and the stretch."""
        out: dict[int, list[tuple[int, int, _Part]]] = {}
        places = self._places
        for f in np.flatnonzero(places.found).tolist():
            edge, offset = int(places.edge[f]), int(places.offset_dm[f])
            if self._paced.usable[edge]:
                leg = int(places.access_dm[f])
                for node, ms, end in self._ends(edge, offset, leg, leaving=not self._there):
                    out.setdefault(node, []).append((ms, f, (edge, end, offset)))
        return out

    def _ends(
        self, edge: int, offset: int, leg: int, *, leaving: bool
    ) -> list[tuple[int, int, int]]:
        """Return both end nodes of a position's edge: node, milliseconds, decimetres."""
        network = self._paced.network
        at = np.array([edge], np.int32), np.array([offset], np.int32)
        a, b = self._paced.ends_ms(*at, leaving=leaving)
        more = int(self._paced.leg_ms(np.array([leg], np.int32))[0])
        return [
            (int(network.edge_from[edge]), int(a[0]) + more, 0),
            (int(network.edge_to[edge]), int(b[0]) + more, int(network.edge_length_dm[edge])),
        ]


def way_line(paced: PacedNetwork, parts: tuple[_Part, ...]) -> shapely.LineString:
    """Return the line of a way's parts; without length it is empty."""
    network, lines, runs = paced.network, paced.network.lines(), []
    for edge, start, end in parts:
        length = int(network.edge_length_dm[edge])
        if {start, end} == {0, length}:
            own = slice(int(network.vertex_offset[edge]), int(network.vertex_offset[edge + 1]))
            runs.append(network.vertex_xy_m[own][:: 1 if end else -1])
        elif start != end:
            piece = substring(lines[edge], start / length, end / length, normalized=True)
            runs.append(shapely.get_coordinates(piece))
    if not runs:
        return shapely.LineString()
    xy = np.concatenate(runs)
    kept = np.concatenate([[True], (np.diff(xy, axis=0) != 0).any(axis=1)])
    return shapely.LineString(xy[kept]) if kept.sum() > 1 else shapely.LineString()


def steps_on(paced: PacedNetwork, parts: tuple[_Part, ...]) -> float:
    """Return the steps of stairs on a way, up and down, without escalators."""
    network = paced.network
    length, steps = network.edge_length_dm, network.edge_steps
    walked = [p for p in parts if not network.edge_escalator[p[0]]]
    return float(sum(steps[e] * abs(b - a) / length[e] for e, a, b in walked))


class Climbs:
    """Metres up on the streets of a network, without its stairs."""

    def __init__(self, network: WalkNetwork) -> None:
        self._network = network
        rise = network.piece_lengths_m() * network.piece_grade
        first = network.piece_offset[:-1]
        self._known = bool(network.piece_grade.any())
        self._there = np.add.reduceat(np.maximum(rise, 0.0), first) if len(first) else rise
        self._back = np.add.reduceat(np.maximum(-rise, 0.0), first) if len(first) else rise

    def on(self, parts: tuple[_Part, ...], *, reverse: bool = False) -> float:
        """Return metres up on a way; ``nan`` where no street has a grade.

        Parameters
        ----------
        parts
            The way, from the home on.
        reverse
            The walk goes the other way.
        """
        if not self._known:
            return float("nan")
        total, length = 0.0, self._network.edge_length_dm
        for edge, start, end in parts:
            there = (end > start) != reverse
            if abs(end - start) == length[edge]:
                total += float((self._there if there else self._back)[edge])
            else:
                total += self._partly(edge, min(start, end), max(start, end), there=there)
        return total

    def _partly(self, edge: int, low: int, high: int, *, there: bool) -> float:
        network = self._network
        first, last = int(network.piece_offset[edge]), int(network.piece_offset[edge + 1])
        bounds = np.linspace(0.0, float(network.edge_length_dm[edge]), last - first + 1)
        run = np.clip(np.minimum(bounds[1:], high) - np.maximum(bounds[:-1], low), 0.0, None)
        rise = run / 10.0 * network.piece_grade[first:last] * (1.0 if there else -1.0)
        return float(rise[rise > 0].sum())
