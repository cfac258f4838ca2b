"""Candidates for missing links: where a footbridge, a lift or a gate might bring people inside.

A *crossing* joins two positions on public streets that are near in a straight line and far on foot:
at least ``DETOUR`` times as far, and ``DETOUR_M`` more, in metres walked (or without any way at
all). It is a ``footbridge``, whatever stands between. A ``lift`` joins the foot and the head of
a climb (:mod:`~quarterhour.cover.links.climbs`). A ``gate`` opens a compound, whose private ways
only its residents use today.

The *far end* of a candidate is the one with the longer way to a facility, the *near end* the other.
A candidate saves at least ``SAVED_S`` at its far end, and what is left of the limit there reaches
somebody who is outside (:mod:`~quarterhour.cover.links.prospects`). Those with the best prospects
come first; of crossings that join the same two places (squares of ``PLACE_M``) only the best one is
kept. Before their ways on foot are looked up, smaller squares (``SPOT_M``) thin them likewise.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import KDTree

from quarterhour.cover.case import Case
from quarterhour.cover.links.climbs import best_of, climbs
from quarterhour.cover.links.graph import Links
from quarterhour.cover.links.prospects import Prospects
from quarterhour.cover.links.walks import Layer
from quarterhour.presets import Walker, constant
from quarterhour.reach.times import walking_times
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork, walk_seconds

LINK_KINDS = ("footbridge", "lift", "gate")
DETOUR = 4.0
DETOUR_M = 300.0
SAVED_S = 60.0
SPACING_M = 50.0
PLACE_M = 40.0
SPOT_M = 20.0
# Pairs of positions whose way on foot is looked up, per candidate asked for.
_TRIES = 4
# Pairs of spots that join the same two places, at most, as far as candidates are asked for.
_SPOTS_PER_PLACE = 10
_CHUNK = 1000

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Links that may help, best prospects first; every array has one entry per link.

    Attributes
    ----------
    what
        Index into ``LINK_KINDS``.
    xy_m
        Far end and near end (n, 2, 2).
    length_m
        Metres between the ends, in a straight line, in whole decimetres.
    links
        The same as what may be opened.
    prospect
        Rough count of people who may be brought inside.
    """

    what: NDArray[np.int8]
    xy_m: _Floats
    length_m: _Floats
    links: Links
    prospect: _Floats

    def take(self, rows: _Ints) -> "Candidates":
        """Return some candidates, in the order given."""
        return Candidates(
            self.what[rows], self.xy_m[rows], self.length_m[rows], self.links.take(rows),
            self.prospect[rows],
        )  # fmt: skip


def find_candidates(
    case: Case, layers: Sequence[Layer], *, longest_m: float, most: int
) -> Candidates:
    """Return the candidates with the best prospects.

    Parameters
    ----------
    case, layers
        The circle, and its walker's times to the nearest facility.
    longest_m
        Longest link, inclusive.
    most
        Most candidates that are returned.
    """
    search = _Search.of(case, layers, longest_m)
    parts = [search.lifts(), search.gates()]
    parts.append(search.crossings(most))
    both = _join(parts)
    order = np.lexsort((np.arange(len(both.what)), both.length_m, -np.round(both.prospect, 6)))
    return both.take(order[:most])


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Positions on public streets, with their places, times, and nodes (-1 within an edge)."""

    at: Snapped
    xy_m: _Floats
    ms: _Ints
    node: _Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs of points: far end, near end, milliseconds of the link, decimetres, prospect."""

    far: _Ints
    near: _Ints
    ms: _Ints
    length_dm: _Ints
    prospect: _Floats

    def take(self, rows: _Ints | NDArray[np.bool_]) -> "_Pairs":
        return _Pairs(self.far[rows], self.near[rows], self.ms[rows], self.length_dm[rows],
                      self.prospect[rows])  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What all kinds of candidates are judged by."""

    case: Case
    layers: tuple[Layer, ...]
    longest_m: float
    prospects: Prospects

    @classmethod
    def of(cls, case: Case, layers: Sequence[Layer], longest_m: float) -> "_Search":
        ms = longest([layer.home_ms.astype(np.int64) for layer in layers])
        lead = case.demand.people_of(case.demand.lead_group)
        outside = (ms > case.limit_ms) & layers[0].homes.found & (lead > 0)
        prospects = Prospects.of(
            case.demand.xy_m[outside], lead[outside], ms[outside] - case.limit_ms
        )
        return cls(case, tuple(layers), longest_m, prospects)

    @property
    def paced(self) -> PacedNetwork:
        """The walker's own streets."""
        return self.layers[0].paced

    def crossings(self, most: int) -> Candidates:
        """Return crossings, best first."""
        edges = self._public() & ~self.case.network.edge_bridge & ~self.case.network.edge_tunnel
        points = self._useful(self._points(edges, SPACING_M))
        pairs = KDTree(points.xy_m).query_pairs(self.longest_m, output_type="ndarray") if len(
            points.ms) else np.zeros((0, 2), np.int64)  # fmt: skip
        judged = self._judged(points, pairs.astype(np.int64), extra_s=0.0)
        spots = _thinned(points, judged, SPOT_M)
        far = _with_detour(self.case, points, spots, _SPOTS_PER_PLACE * most)
        return _made(points, _thinned(points, far, PLACE_M), what=0)

    def lifts(self) -> Candidates:
        """Return lifts beside climbs."""
        points = self._points(self._public(), np.inf)
        if self.case.walker.counts_metres:
            return _made(points, _no_pairs(), what=1)
        row = np.full(self.case.network.n_nodes, -1, np.int64)
        row[points.node] = np.arange(len(points.node))
        pairs = climbs(self.case.network, self.paced.usable, row, points.ms)
        apart = np.hypot(*(points.xy_m[pairs[:, 0]] - points.xy_m[pairs[:, 1]]).T)
        pairs = pairs[apart <= self.longest_m]
        judged = self._judged(points, pairs, extra_s=constant("lift_s"))
        # Several climbs may join the same two nodes.
        key = judged.far * len(points.ms) + judged.near
        return _made(points, judged.take(np.unique(key, return_index=True)[1]), what=1)

    def gates(self) -> Candidates:
        """Return compounds that shorten the way of others once open, one candidate each.

        A resident at a gate is as far from a facility as through the best of all gates: that is
        what somebody outside that gate would gain.
        """
        network, paced = self.case.network, self.paced
        inside = np.flatnonzero(network.edge_private & paced.usable)
        n = network.n_nodes
        ends = network.edge_from[inside], network.edge_to[inside]
        ways = sparse.coo_array((np.ones(len(inside), np.int8), ends), shape=(n, n))
        compound = csgraph.connected_components(ways, directed=False)[1][network.link_to]
        public = longest([_node_ms(layer, network.link_from) for layer in self.layers])
        within = longest([_node_ms(layer, network.link_to) for layer in self.layers])
        xy = network.node_xy_m[network.link_from]
        worth = self._worth(xy, public - within, within)
        worth[public - within < SAVED_S * 1000] = 0.0
        far = best_of(compound, -worth, np.flatnonzero(worth > 0))
        best_exit = np.full(n, -1, np.int64)
        order = np.lexsort((np.arange(len(public)), public))[::-1]
        best_exit[compound[order]] = order
        near = best_exit[compound[far]]
        far, near = far[far != near], near[far != near]
        ends_xy = np.stack([xy[far], xy[near]], axis=1)
        length = np.maximum(1, np.rint(np.hypot(*(xy[far] - xy[near]).T) * 10)) / 10.0
        nowhere = np.zeros(2 * len(far), np.int32)
        links = Links(
            Snapped(nowhere - 1, nowhere, nowhere, nowhere.astype(bool)),
            np.zeros(len(far), np.int64),
            tuple(np.flatnonzero(compound == compound[f]) for f in far.tolist()),
        )
        return Candidates(np.full(len(far), 2, np.int8), ends_xy, length, links, worth[far])

    def _public(self) -> NDArray[np.bool_]:
        return self.paced.usable & ~self.case.network.edge_private

    def _worth(self, xy_m: _Floats, saved_ms: _Ints, start_ms: _Ints) -> _Floats:
        """Return the prospect of ends that save so much and from which so much is walked."""
        left_s = (self.case.limit_ms - start_ms) / 1000.0
        return self.prospects.near(xy_m, left_s * self.case.walker.flat_mps, saved_ms)

    def _points(self, edges: NDArray[np.bool_], spacing_m: float) -> _Points:
        """Return all nodes of some edges, and points along them not farther apart."""
        network, own = self.case.network, np.flatnonzero(edges).astype(np.int32)
        length = network.edge_length_dm[own]
        node, first = np.unique(
            np.concatenate([network.edge_from[own], network.edge_to[own]]), return_index=True
        )
        edge = np.concatenate([own, own])[first]
        offset = np.concatenate([np.zeros_like(length), length])[first]
        count = np.maximum(np.ceil(length / (10.0 * spacing_m)).astype(np.int64) - 1, 0)
        rank = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 1
        middle = np.repeat(own, count)
        along = np.rint(rank / np.repeat(count + 1, count) * np.repeat(length, count))
        edge = np.concatenate([edge, middle]).astype(np.int32)
        offset = np.concatenate([offset, along]).astype(np.int32)
        nothing = np.zeros(len(edge), np.int32)
        at = Snapped(edge, offset, nothing, nothing.astype(bool))
        xy = np.concatenate([
            network.node_xy_m[node], network.points_at(middle, along.astype(np.int32))
        ])  # fmt: skip
        ms = longest([layer.at(at) for layer in self.layers])
        return _Points(at, xy, ms, np.concatenate([node, np.full(len(middle), -1)]))

    def _useful(self, points: _Points) -> _Points:
        """Leave out what can be neither a near end nor a far end."""
        near = points.ms <= self.case.limit_ms
        far = self._worth(points.xy_m, points.ms, np.zeros(len(points.ms), np.int64)) > 0
        rows = np.flatnonzero(near | far)
        return _Points(points.at.take(rows), points.xy_m[rows], points.ms[rows], points.node[rows])

    def _judged(self, points: _Points, pairs: _Ints, *, extra_s: float) -> _Pairs:
        """Turn pairs so that the far end comes first, and keep those with a prospect."""
        a, b = pairs[:, 0], pairs[:, 1]
        swap = points.ms[a] < points.ms[b]
        far, near = np.where(swap, b, a), np.where(swap, a, b)
        worse = points.ms[far] - points.ms[near] >= SAVED_S * 1000
        far, near = far[worse], near[worse]
        xy = points.xy_m
        length = np.maximum(1, np.rint(np.hypot(*(xy[far] - xy[near]).T) * 10)).astype(np.int64)
        ms = link_ms(self.case.walker, length, extra_s=extra_s)
        start = points.ms[near] + ms
        saved = np.where(points.ms[far] == UNREACHED, UNREACHED, points.ms[far] - start)
        prospect = self._worth(xy[far], saved, start)
        good = (saved >= SAVED_S * 1000) & (prospect > 0)
        return _Pairs(far, near, ms, length, prospect).take(good)


def link_ms(walker: Walker, length_dm: _Ints, *, extra_s: float) -> _Ints:
    """Return milliseconds of links on the flat, rounded as those of streets are.

    Parameters
    ----------
    walker
        Who walks.
    length_dm
        Decimetres.
    extra_s
        Seconds beside walking: waiting for a lift, and riding it.
    """
    flat_s = length_dm / 10.0 / walker.flat_mps
    return np.asarray(np.maximum(1, np.rint((flat_s + extra_s) * 1000)), np.int64)


def longest(times: Sequence[_Ints]) -> _Ints:
    """Return the longest of several layers' milliseconds."""
    return np.asarray(np.maximum.reduce(list(times)), np.int64)


def _node_ms(layer: Layer, nodes: NDArray[np.int32]) -> _Ints:
    return layer.node_ms[nodes].astype(np.int64)


def _thinned(points: _Points, pairs: _Pairs, size_m: float) -> _Pairs:
    """Keep the best of all pairs that join the same two squares, best first."""
    order = np.lexsort((pairs.near, pairs.far, pairs.length_dm, -np.round(pairs.prospect, 6)))
    pairs = pairs.take(order)
    cell = np.floor(points.xy_m / size_m).astype(np.int64)
    _, place = np.unique(cell, axis=0, return_inverse=True)
    place = place.ravel().astype(np.int64)
    key = place[pairs.far] * (len(points.ms) + 1) + place[pairs.near]
    return pairs.take(np.sort(np.unique(key, return_index=True)[1]))


def _with_detour(case: Case, points: _Points, pairs: _Pairs, most: int) -> _Pairs:
    """Keep pairs that are far from each other on foot, in metres, until there are enough."""
    walker = replace(
        case.walker, slope=False, step_up_s=0.0, step_down_s=0.0, rest_s_per_50_steps=0.0
    )
    paced = walk_seconds(case.network, walker)
    kept: list[_Ints] = []
    total = min(len(pairs.far), _TRIES * most)
    for low in range(0, total, _CHUNK):
        rows = np.arange(low, min(low + _CHUNK, total))
        kept.append(rows[_is_far(paced, points, pairs.take(rows))])
        if sum(map(len, kept)) >= most:
            break
    return pairs.take(np.concatenate([np.zeros(0, np.int64), *kept])[:most])


def _is_far(paced: PacedNetwork, points: _Points, pairs: _Pairs) -> NDArray[np.bool_]:
    least_m = np.maximum(DETOUR * pairs.length_dm / 10.0, pairs.length_dm / 10.0 + DETOUR_M)
    least_ms = np.ceil(least_m / paced.walker.flat_mps * 1000).astype(np.int64)
    far, f = np.unique(pairs.far, return_inverse=True)
    near, n = np.unique(pairs.near, return_inverse=True)
    table = walking_times(
        paced, points.at.take(near), points.at.take(far), limit_ms=int(least_ms.max(initial=1)) - 1
    )
    key, ms = table.sources() * len(far) + table.indices, table.ms
    wanted = n.ravel() * len(far) + f.ravel()
    at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    known = key[at] == wanted if len(key) else np.zeros(len(wanted), bool)
    walked = np.where(known, ms[at] if len(key) else UNREACHED, UNREACHED)
    return np.asarray(walked >= least_ms, bool)


def _no_pairs() -> _Pairs:
    nothing = np.zeros(0, np.int64)
    return _Pairs(nothing, nothing, nothing, nothing, np.zeros(0))


def _made(points: _Points, pairs: _Pairs, *, what: int) -> Candidates:
    both = np.column_stack([pairs.far, pairs.near])
    links = Links(points.at.take(both.ravel()), pairs.ms, (np.zeros(0, np.int64),) * len(both))
    return Candidates(
        np.full(len(both), what, np.int8), points.xy_m[both], pairs.length_dm / 10.0, links,
        pairs.prospect,
    )  # fmt: skip


def _join(parts: Sequence[Candidates]) -> Candidates:
    ends = [p.links.ends for p in parts]
    links = Links(
        Snapped(
            np.concatenate([e.edge for e in ends]), np.concatenate([e.offset_dm for e in ends]),
            np.concatenate([e.access_dm for e in ends]), np.concatenate([e.moved for e in ends]),
        ),
        np.concatenate([p.links.ms for p in parts]),
        tuple(g for p in parts for g in p.links.gates),
    )  # fmt: skip
    return Candidates(
        np.concatenate([p.what for p in parts]), np.concatenate([p.xy_m for p in parts]),
        np.concatenate([p.length_m for p in parts]), links,
        np.concatenate([p.prospect for p in parts]),
    )  # fmt: skip
