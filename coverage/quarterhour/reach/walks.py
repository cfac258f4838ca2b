"""Walks one way: what all searches of a walker, a direction and a set of homes share.

Homes hang on the two end nodes of their edges with the milliseconds between; a search from
facilities labels nodes, and a home takes the better of its two ends. The way along an edge that a
home shares with a facility is added apart, because the labels of the ends miss a facility that
lies between two others.

Few sources on a small network are searched with scipy as long as the compiled kernel is not loaded,
because loading takes longer than such a search. The answers are the same.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.reach.search import (
    NEVER,
    NOBODY,
    Packed,
    PackedGraph,
    Seeds,
    Workspace,
    label_nearest,
    last_key,
    pack,
    pack_graph,
    reach_all,
)
from quarterhour.reach.small import small_nearest, small_rows
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork

OneWay = Literal["there", "back"]
Rows = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]
_KERNEL = "quarterhour.reach.kernel"
_SMALL = 500_000  # sources times nodes, up to which scipy is done before the kernel is loaded


@dataclass(frozen=True, eq=False)
class Walks:
    """A walker's streets in one direction, with homes hung on their nodes; for one thread.

    Attributes
    ----------
    paced, homes, direction
        Whose walks these are.
    graph
        Streets in the kernel's form; searches run outwards from facilities.
    home_node, home_ms
        Both end nodes of each home's edge (homes, 2) and the milliseconds to them; ``NOBODY`` for
        homes without a street.
    by_edge, edge_bounds
        Homes by edge: those of edge ``e`` are ``by_edge[edge_bounds[e]:edge_bounds[e + 1]]``.
    """

    paced: PacedNetwork
    homes: Snapped
    direction: OneWay
    graph: PackedGraph
    home_node: NDArray[np.uint32]
    home_ms: NDArray[np.uint32]
    by_edge: NDArray[np.int64]
    edge_bounds: NDArray[np.int64]

    @classmethod
    def of(cls, paced: PacedNetwork, homes: Snapped, *, direction: OneWay) -> "Walks":
        """Prepare the walks between facilities and homes.

        Parameters
        ----------
        paced
            The network of one walker.
        homes
            Where people live; one position each.
        direction
            From home to facility (``there``) or ``back``.
        """
        arc_ms = paced.arc_in_ms if direction == "there" else paced.arc_out_ms
        graph = pack_graph(paced.indptr, paced.indices, arc_ms)
        n = len(homes.edge)
        node, walk_ms = np.zeros((n, 2), np.uint32), np.full((n, 2), NOBODY)
        known = np.flatnonzero(homes.found)
        known = known[paced.usable[homes.edge[known]]]
        ends, ms = _ends(paced, homes.take(known), leaving=direction == "there")
        node[known], walk_ms[known] = ends, ms
        by_edge = known[np.argsort(homes.edge[known], kind="stable")]
        bounds = np.searchsorted(homes.edge[by_edge], np.arange(paced.network.n_edges + 1))
        return cls(paced, homes, direction, graph, node, walk_ms, by_edge, bounds)

    def nearest(
        self, facilities: Snapped, *, limit_ms: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return milliseconds and facility of each home, and milliseconds of each node.

        Parameters
        ----------
        facilities
            Their positions.
        limit_ms
            The inclusive limit; ``UNREACHED`` and -1 beyond.
        """
        seeds = self._seeds(facilities)
        source, home, ms = self._along_own_edge(facilities)
        near = np.full(len(self.homes.edge), NEVER)
        np.minimum.at(near, home, pack(ms, source))
        if self._is_small(seeds):
            label = small_nearest(self.graph, seeds, limit_ms=limit_ms)
        else:
            label = label_nearest(self.graph, seeds, limit_ms=limit_ms, work=self._workspace)
        return self._at_homes(label, near, limit_ms)

    def table(
        self,
        facilities: Snapped,
        *,
        limit_ms: int,
        threads: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Rows:
        """Return homes within the limit of each facility as CSR: pointers, homes, milliseconds.

        Parameters
        ----------
        facilities, limit_ms
            As for :meth:`nearest`.
        threads, on_progress
            As for :func:`~quarterhour.reach.walking_times`.
        """
        seeds, n_homes = self._seeds(facilities), len(self.homes.edge)
        source, home, ms = self._along_own_edge(facilities)
        near = Packed(_pointers(source, seeds.n_sources), pack(ms, home))
        if self._is_small(seeds):
            label = small_rows(self.graph, seeds, limit_ms=limit_ms)
            return self._rows_of(label, source, near, limit_ms)
        return reach_all(
            self.graph, seeds, limit_ms=limit_ms, near=near, homes=self._homes_of_nodes,
            n_columns=n_homes, threads=threads, on_progress=on_progress,
        )  # fmt: skip

    def nodes(self, facilities: Snapped, *, limit_ms: int, threads: int | None = None) -> Rows:
        """Return nodes within the limit of each facility, as :meth:`table` returns homes."""
        seeds = self._seeds(facilities)
        return reach_all(
            self.graph, seeds, limit_ms=limit_ms, n_columns=self.graph.n_nodes, threads=threads
        )

    @cached_property
    def _workspace(self) -> Workspace:
        return Workspace(self.graph.n_nodes)

    def _is_small(self, seeds: Seeds) -> bool:
        return _KERNEL not in sys.modules and seeds.n_sources * self.graph.n_nodes <= _SMALL

    def _seeds(self, facilities: Snapped) -> Seeds:
        """Return both end nodes of each facility's edges with the milliseconds to start from."""
        found = np.flatnonzero(facilities.found)
        found = found[self.paced.usable[facilities.edge[found]]]
        ends, ms = _ends(self.paced, facilities.take(found), leaving=self.direction == "back")
        owner = np.repeat(facilities.place[found], 2)
        pointers = np.searchsorted(owner, np.arange(facilities.n_places + 1))
        return Seeds(pointers.astype(np.int64), ends.ravel(), ms.ravel())

    def _along_own_edge(
        self, facilities: Snapped
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return facility, home and milliseconds of all pairs that share an edge."""
        paced, homes = self.paced, self.homes
        rows = np.flatnonzero(facilities.found)
        edge = facilities.edge[rows]
        count = self.edge_bounds[edge + 1] - self.edge_bounds[edge]
        row = np.repeat(rows, count)
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        home = self.by_edge[np.repeat(self.edge_bounds[edge], count) + within]
        edge_of = facilities.edge[row]
        # Milliseconds along the edge between both places, in the direction of the walk.
        start, end = homes.offset_dm[home], facilities.offset_dm[row]
        if self.direction == "back":
            start, end = end, start
        there, back = paced.piece_there_ms, paced.piece_back_ms
        up = paced.from_start_ms(edge_of, end, there) - paced.from_start_ms(edge_of, start, there)
        down = paced.from_start_ms(edge_of, start, back) - paced.from_start_ms(edge_of, end, back)
        along = np.where(end >= start, up, down)
        legs = paced.leg_ms(facilities.access_dm[row]) + paced.leg_ms(homes.access_dm[home])
        return facilities.place[row], home.astype(np.int32), (along + legs).astype(np.int32)

    def _at_homes(
        self, label: NDArray[np.uint64], near: NDArray[np.uint64], limit_ms: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
        """Return milliseconds and facility of each home, and milliseconds of each node."""
        ms, row = np.empty(len(near), np.int32), np.empty(len(near), np.int32)
        node_ms = np.empty(len(label), np.int32)
        if _KERNEL in sys.modules:
            from quarterhour.reach.kernel import milliseconds_of, nearest_at_homes

            nearest_at_homes(label, self.home_node, self.home_ms, near, last_key(limit_ms), ms, row)
            milliseconds_of(label, node_ms)
            return ms, row, node_ms
        best = near.copy()
        for end in (0, 1):
            at_end = label[self.home_node[:, end]]
            known = (at_end != NEVER) & (self.home_ms[:, end] != NOBODY)
            walk = np.where(known, self.home_ms[:, end], 0).astype(np.uint64) << np.uint64(32)
            np.minimum(best, np.where(known, at_end + walk, NEVER), out=best)
        within = best <= last_key(limit_ms)
        ms[:] = np.where(within, best >> np.uint64(32), UNREACHED)
        row[:] = np.where(within, best & np.uint64(0x7FFFFFFF), 0)
        row[~within] = -1
        node_ms[:] = np.where(label == NEVER, UNREACHED, label >> np.uint64(32))
        return ms, row, node_ms

    @cached_property
    def _homes_of_nodes(self) -> Packed:
        """Return the homes that hang on each node."""
        home, end = np.nonzero(self.home_ms != NOBODY)
        node = self.home_node[home, end]
        order = np.argsort(node, kind="stable")
        pairs = pack(self.home_ms[home, end][order], home[order])
        return Packed(_pointers(node[order], self.graph.n_nodes), pairs)

    def _rows_of(
        self, label: NDArray[np.uint32], source: NDArray[np.int32], near: Packed, limit_ms: int
    ) -> Rows:
        """Return the homes within the limit of each source from the labels of all nodes."""
        best = np.full((len(label), len(self.homes.edge)), UNREACHED, np.int64)
        for end in (0, 1):
            known = self.home_ms[:, end] != NOBODY
            leg = self.home_ms[known, end].astype(np.int64)
            total = label[:, self.home_node[known, end]].astype(np.int64) + leg
            best[:, known] = np.minimum(best[:, known], total)
        home = (near.pairs & np.uint64(0xFFFFFFFF)).astype(np.int64)
        np.minimum.at(best, (source, home), (near.pairs >> np.uint64(32)).astype(np.int64))
        row, column = np.nonzero(best <= limit_ms)
        pointers = _pointers(row, len(label)).astype(np.int64)
        return pointers, column.astype(np.int32), best[row, column].astype(np.int32)


def _ends(
    paced: PacedNetwork, places: Snapped, *, leaving: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return both end nodes of the places' edges and the milliseconds to them, legs included."""
    network = paced.network
    at_from, at_to = paced.ends_ms(places.edge, places.offset_dm, leaving=leaving)
    leg = paced.leg_ms(places.access_dm)
    node = np.column_stack([network.edge_from[places.edge], network.edge_to[places.edge]])
    return node.astype(np.int32), np.column_stack([at_from + leg, at_to + leg]).astype(np.int32)


def _pointers(owner: NDArray[Any], n: int) -> NDArray[np.uint32]:
    """Return CSR pointers of entries sorted by owner."""
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))]).astype(np.uint32)
