"""Linked streets: one walker's streets with links that can be opened, searched in full.

A *link* joins two positions on streets, both ways; a *gate* opens a compound, so that its private
ways may be passed through. All links that may be asked for stand in the graph from the beginning,
*shut*: an arc that takes longer than any limit is never walked. To open one is to write its
milliseconds into a copy of the arcs. A position in the middle of an edge becomes a node, joined to
both ends of its edge and to all that stand on the same edge by the very milliseconds of the walk
between them, so that a shut link changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.reach.search import (
    NEVER,
    NOBODY,
    PackedGraph,
    Seeds,
    label_nearest,
    last_key,
    pack,
    pack_graph,
)
from quarterhour.reach.walks import Walks
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork

Way = Literal["there", "back"]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """What may be opened; every array has one entry per link.

    Attributes
    ----------
    ends
        Both ends of link ``k`` at rows ``2 k`` and ``2 k + 1``; edge -1 where ``k`` is a gate.
    ms
        Milliseconds of each link, the same both ways; 0 for gates.
    gates
        Rows of ``network.link_from`` that a gate opens; none for a link.
    """

    ends: Snapped
    ms: _Ints
    gates: tuple[_Ints, ...]

    def take(self, rows: _Ints) -> "Links":
        """Return some links, in the order given."""
        both = np.column_stack([2 * rows, 2 * rows + 1]).ravel()
        return Links(self.ends.take(both), self.ms[rows], tuple(self.gates[r] for r in rows))


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """Arcs of a search outwards from facilities, and the link that opens each (-1: always open)."""

    tail: _Ints
    head: _Ints
    ms: _Ints
    link: _Ints

    @classmethod
    def of(cls, tail: _Ints, head: _Ints, ms: _Ints, link: _Ints | None = None) -> "_Arcs":
        return cls(tail, head, ms, np.full(len(tail), -1) if link is None else link)

    @classmethod
    def join(cls, parts: Sequence["_Arcs"]) -> "_Arcs":
        return cls(
            np.concatenate([p.tail for p in parts]).astype(np.int64),
            np.concatenate([p.head for p in parts]).astype(np.int64),
            np.concatenate([p.ms for p in parts]).astype(np.int64),
            np.concatenate([p.link for p in parts]).astype(np.int64),
        )


@dataclass(frozen=True, eq=False)
class LinkedStreets:
    """Streets of one walker with links that can be opened.

    Attributes
    ----------
    walks
        Homes on the streets as they are.
    graph
        Streets and links, the links shut.
    seeds
        Where searches from the facilities start.
    near
        Label of each home along the edge that it shares with a facility.
    beside
        Node of a link's end, home on the same edge, milliseconds between: one row each.
    opens
        Link, arc and open milliseconds of all that can be opened, by link: one row each.
    """

    walks: Walks
    graph: PackedGraph
    seeds: Seeds
    near: NDArray[np.uint64]
    beside: _Ints
    opens: _Ints

    @classmethod
    def of(
        cls, paced: PacedNetwork, places: Snapped, homes: Snapped, links: Links, *, direction: Way
    ) -> "LinkedStreets":
        """Prepare streets with links that can be opened.

        Parameters
        ----------
        paced
            The network of one walker.
        places, homes
            Positions of facilities and homes.
        links
            What may be opened.
        direction
            From home to facility (``there``) or ``back``.
        """
        arcs = _Arcs.join([
            _streets(paced, direction), _to_edge_ends(paced, links.ends, direction),
            _end_to_end(paced, links.ends, direction), _links(paced, links),
        ])  # fmt: skip
        order = np.lexsort((arcs.link, arcs.head, arcs.tail))
        n = paced.network.n_nodes + len(links.ends.edge)
        count = np.bincount(arcs.tail, minlength=n)
        link = arcs.link[order]
        ms = np.where(link < 0, arcs.ms[order], UNREACHED)
        graph = pack_graph(
            np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
            arcs.head[order].astype(np.int32), ms.astype(np.int32),
        )  # fmt: skip
        at = np.flatnonzero(link >= 0)
        at = at[np.argsort(link[at], kind="stable")]
        return cls(
            Walks.of(paced, homes, direction=direction), graph,
            _seeds(paced, places, links.ends, direction), _near(paced, places, homes, direction),
            _beside(paced, links.ends, homes, direction),
            np.column_stack([link[at], at, arcs.ms[order][at]]),
        )  # fmt: skip

    def nearest(self, opened: Sequence[int], *, limit_ms: int) -> NDArray[np.int32]:
        """Return milliseconds of each home to the nearest facility with some links open.

        Parameters
        ----------
        opened
            Links by number.
        limit_ms
            The inclusive limit; ``UNREACHED`` beyond.
        """
        _, at, ms = self.opens[np.isin(self.opens[:, 0], np.asarray(opened, np.int64))].T
        arcs = self.graph.arcs.copy()
        arcs[at] = pack(ms, arcs[at] & np.uint64(0xFFFFFFFF))
        graph = PackedGraph(self.graph.indptr, arcs, self.graph.longest_ms)
        label = label_nearest(graph, self.seeds, limit_ms=limit_ms)
        best = self.near.copy()
        end, home, along = self.beside.T
        np.minimum.at(best, home, _later(label[end], along))
        for side in (0, 1):
            walk = self.walks.home_ms[:, side]
            known = walk != NOBODY
            best[known] = np.minimum(
                best[known], _later(label[self.walks.home_node[known, side]], walk[known])
            )
        within = best <= last_key(limit_ms)
        return np.where(within, best >> np.uint64(32), UNREACHED).astype(np.int32)


def _later(label: NDArray[np.uint64], ms: NDArray[np.int64] | NDArray[np.uint32]) -> (
    NDArray[np.uint64]
):  # fmt: skip
    """Return labels some milliseconds on; ``NEVER`` stays."""
    moved = label + (ms.astype(np.uint64) << np.uint64(32))
    return np.asarray(np.where(label == NEVER, NEVER, moved), np.uint64)


def _streets(paced: PacedNetwork, direction: Way) -> _Arcs:
    tail = np.repeat(np.arange(len(paced.indptr) - 1), np.diff(paced.indptr))
    ms = paced.arc_in_ms if direction == "there" else paced.arc_out_ms
    return _Arcs.of(tail, paced.indices.astype(np.int64), ms.astype(np.int64))


def _to_edge_ends(paced: PacedNetwork, ends: Snapped, direction: Way) -> _Arcs:
    """Join each end of a link to both ends of its edge.

    A search reads a walk *there* against its direction: its arc from the link's end costs the walk
    towards that end.
    """
    row = np.flatnonzero(ends.found)
    own = paced.network.n_nodes + row
    parts = []
    for leaving in (False, True):
        outwards = leaving == (direction == "back")
        nodes, ms = _edge_ends(paced, ends.take(row), leaving=leaving)
        for side in (0, 1):
            node = nodes[:, side]
            tail, head = (own, node) if outwards else (node, own)
            parts.append(_Arcs.of(tail, head, ms[:, side]))
    return _Arcs.join(parts)


def _end_to_end(paced: PacedNetwork, ends: Snapped, direction: Way) -> _Arcs:
    """Join ends of links that stand on one edge."""
    a, b = _together(ends.edge, ends.edge)
    a, b = a[a != b], b[a != b]
    ms = _along_ms(paced, ends, a, ends, b, direction)
    return _Arcs.of(paced.network.n_nodes + a, paced.network.n_nodes + b, ms)


def _links(paced: PacedNetwork, links: Links) -> _Arcs:
    """Return what can be opened: links both ways, and gates outwards."""
    network = paced.network
    k = np.flatnonzero(links.ends.found[::2] & links.ends.found[1::2])
    u, v = network.n_nodes + 2 * k, network.n_nodes + 2 * k + 1
    gate = np.repeat(np.arange(len(links.gates)), [len(g) for g in links.gates])
    rows = np.concatenate([np.zeros(0, np.int64), *links.gates]).astype(np.int64)
    tail, head = network.link_to[rows], network.link_from[rows]
    return _Arcs.join([
        _Arcs(u, v, links.ms[k], k), _Arcs(v, u, links.ms[k], k),
        _Arcs(tail.astype(np.int64), head.astype(np.int64), np.zeros(len(rows), np.int64), gate),
    ])  # fmt: skip


def _seeds(paced: PacedNetwork, places: Snapped, ends: Snapped, direction: Way) -> Seeds:
    """Return where the search starts: at the ends of facilities' edges, and at links' ends there.

    Each seed is a source of its own: nobody asks which facility it is.
    """
    found = places.take(places.found & paced.usable[places.edge])
    nodes, ms = _edge_ends(paced, found, leaving=direction == "back")
    place, end = _together(places.edge, ends.edge)
    along = _along_ms(paced, places, place, ends, end, direction)
    node = np.concatenate([nodes.ravel(), paced.network.n_nodes + end])
    return Seeds(
        np.arange(len(node) + 1, dtype=np.int64), node.astype(np.int32),
        np.concatenate([ms.ravel(), along]).astype(np.int32),
    )  # fmt: skip


def _near(
    paced: PacedNetwork, places: Snapped, homes: Snapped, direction: Way
) -> NDArray[np.uint64]:
    place, home = _together(places.edge, homes.edge)
    label = np.full(len(homes.edge), NEVER)
    ms = _along_ms(paced, places, place, homes, home, direction)
    np.minimum.at(label, home, pack(ms, np.zeros(len(ms), np.int64)))
    return label


def _beside(paced: PacedNetwork, ends: Snapped, homes: Snapped, direction: Way) -> _Ints:
    end, home = _together(ends.edge, homes.edge)
    ms = _along_ms(paced, ends, end, homes, home, direction)
    return np.column_stack([paced.network.n_nodes + end, home, ms])


def _edge_ends(paced: PacedNetwork, at: Snapped, *, leaving: bool) -> tuple[_Ints, _Ints]:
    """Return both end nodes of positions' edges and the milliseconds to them, legs included."""
    to_from, to_to = paced.ends_ms(at.edge, at.offset_dm, leaving=leaving)
    leg = paced.leg_ms(at.access_dm).astype(np.int64)
    network = paced.network
    node = np.column_stack([network.edge_from[at.edge], network.edge_to[at.edge]])
    return node.astype(np.int64), np.column_stack([to_from + leg, to_to + leg])


def _together(a: NDArray[np.int32], b: NDArray[np.int32]) -> tuple[_Ints, _Ints]:
    """Return all pairs (row of ``a``, row of ``b``) on the same edge."""
    order = np.argsort(b, kind="stable")
    rows = np.flatnonzero(a >= 0)
    low = np.searchsorted(b[order], a[rows], side="left")
    count = np.searchsorted(b[order], a[rows], side="right") - low
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(rows, count), order[np.repeat(low, count) + within]


def _along_ms(
    paced: PacedNetwork, source: Snapped, s: _Ints, other: Snapped, o: _Ints, direction: Way
) -> _Ints:
    """Return milliseconds along the edge that both stand on, for a search from the source."""
    edge, start, end = source.edge[s], source.offset_dm[s], other.offset_dm[o]
    if direction == "there":
        start, end = end, start
    there, back = paced.piece_there_ms, paced.piece_back_ms
    up = paced.from_start_ms(edge, end, there) - paced.from_start_ms(edge, start, there)
    down = paced.from_start_ms(edge, start, back) - paced.from_start_ms(edge, end, back)
    legs = paced.leg_ms(source.access_dm[s]) + paced.leg_ms(other.access_dm[o])
    return np.asarray(np.where(end >= start, up, down) + legs, np.int64)
