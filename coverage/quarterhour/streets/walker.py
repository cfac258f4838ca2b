"""A walker's seconds: what each street costs in each direction, in whole milliseconds.

*There* is from ``edge_from`` to ``edge_to``, *back* the other way. A piece takes

``length / flat speed / factor``, ``factor = min(1, exp(-3.5 |g + 0.05|) / exp(-3.5 * 0.05))``

with the grade ``g`` along the walk [1]_, so that nobody is faster downhill than on the flat. A
stair takes its flat time and, for each step, ``max(0, seconds_per_step - tread / speed)`` more,
where the tread is the usual one or, on a steeper flight, the flight's own: no stair is faster than
the flat or than its steps. Each piece is rounded to whole milliseconds once; all else is sums.

A *mode* is a walker whose ``ways`` are those of a *vehicle*: of the streets that are walked it
takes the classes of ``presets.vehicle_ways`` only, never a stair. One-way rules are not known here.
Its access legs are walked all the same, at the pace of the constant ``vehicle_leg_mps``.

References
----------
.. [1] W. Tobler, "Three presentations on geographical analysis and modeling", NCGIA Technical
   Report 93-1 (1993). Its use for elders is an assumption.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from quarterhour.presets import Walker, constant, vehicle_ways
from quarterhour.streets.network import WalkNetwork

UNREACHED = int(np.iinfo(np.int32).max)
_GRADE_WINDOW_M = 100.0


@dataclass(frozen=True, eq=False)
class PacedNetwork:
    """A network with one walker's milliseconds.

    Attributes
    ----------
    there_ms, back_ms
        Milliseconds of each edge in both directions (int32).
    piece_there_ms, piece_back_ms
        The same of each piece.
    usable
        Edges that this walker may use.
    part, main_part
        Connected part of each edge (-1 where not usable), and the part with most street length.
    indptr, indices
        Arcs for a search outwards from facilities: private compounds are entered, never crossed.
    arc_out_ms, arc_in_ms
        Milliseconds along an arc, and against it.
    arc_edge
        Edge of each arc, -1 for links.
    """

    network: WalkNetwork
    walker: Walker
    there_ms: NDArray[np.int32]
    back_ms: NDArray[np.int32]
    piece_there_ms: NDArray[np.int32]
    piece_back_ms: NDArray[np.int32]
    usable: NDArray[np.bool_]
    part: NDArray[np.int32]
    main_part: int
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    arc_out_ms: NDArray[np.int32]
    arc_in_ms: NDArray[np.int32]
    arc_edge: NDArray[np.int32]

    def ends_ms(
        self, edge: NDArray[np.int32], offset_dm: NDArray[np.int32], *, leaving: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return milliseconds between positions and both ends of their edges.

        Parameters
        ----------
        edge, offset_dm
            The positions.
        leaving
            From the position to ``edge_from`` and ``edge_to``; else from those to the position.
        """
        there = self.from_start_ms(edge, offset_dm, self.piece_there_ms)
        back = self.from_start_ms(edge, offset_dm, self.piece_back_ms)
        if leaving:
            return back, self.there_ms[edge] - there
        return there, self.back_ms[edge] - back

    def from_start_ms(
        self, edge: NDArray[np.int32], offset_dm: NDArray[np.int32], piece_ms: NDArray[np.int32]
    ) -> NDArray[np.int32]:
        """Return milliseconds of the stretch between the start of an edge and a position."""
        first = self.network.piece_offset[edge]
        count = self.network.piece_offset[edge + 1] - first
        exact = offset_dm * count / self.network.edge_length_dm[edge]
        piece = np.minimum(exact.astype(np.int64), count - 1)
        before = self.before_ms(piece_ms)
        whole = before[first + piece] - before[first]
        part = np.rint((exact - piece) * piece_ms[first + piece]).astype(np.int64)
        return np.asarray(whole + part, np.int32)

    def before_ms(self, piece_ms: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the milliseconds of all pieces before each piece, of this network's two arrays."""
        return self._before_there if piece_ms is self.piece_there_ms else self._before_back

    @cached_property
    def _before_there(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.piece_there_ms, dtype=np.int64)])

    @cached_property
    def _before_back(self) -> NDArray[np.int64]:
        return np.concatenate([[0], np.cumsum(self.piece_back_ms, dtype=np.int64)])

    def leg_ms(self, access_dm: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return milliseconds of access legs, walked at flat speed, by vehicles on foot."""
        driven = self.walker.ways == "vehicle"
        mps = constant("vehicle_leg_mps") if driven else self.walker.flat_mps
        return np.asarray(np.rint(access_dm * (100.0 / mps)), np.int32)


def walk_seconds(network: WalkNetwork, walker: Walker) -> PacedNetwork:
    """Return the network with a walker's milliseconds.

    Parameters
    ----------
    network
        Streets, draped over terrain or flat.
    walker
        Who walks.
    """
    run = network.piece_lengths_m()
    edge = np.repeat(np.arange(network.n_edges), np.diff(network.piece_offset))
    flat_s = run / walker.flat_mps
    there_s, back_s = flat_s.copy(), flat_s.copy()
    if walker.slope:
        there_s /= slope_factor(network.piece_grade)
        back_s /= slope_factor(-network.piece_grade)
    share = 1.0 / np.diff(network.piece_offset)[edge]
    if not walker.counts_metres:
        stair_there, stair_back = _stair_extra_s(network, walker)
        there_s += stair_there[edge] * share + network.edge_lift_s[edge] * share
        back_s += stair_back[edge] * share + network.edge_lift_s[edge] * share
    piece_there = np.maximum(1, np.rint(there_s * 1000)).astype(np.int32)
    piece_back = np.maximum(1, np.rint(back_s * 1000)).astype(np.int32)
    first = network.piece_offset[:-1]
    there = np.add.reduceat(piece_there, first).astype(np.int32)
    back = np.add.reduceat(piece_back, first).astype(np.int32)
    usable = _usable(network, walker)
    part, main = _parts(network, usable)
    arcs = _arcs(network, usable, there, back)
    return PacedNetwork(
        network, walker, there, back, piece_there, piece_back, usable, part, main, *arcs
    )


def slope_factor(grade: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return speed relative to the flat for a grade along the walk (Tobler, capped at 1)."""
    factor = np.exp(-3.5 * np.abs(grade + 0.05)) / np.exp(-3.5 * 0.05)
    return np.asarray(np.minimum(1.0, factor))


def _stair_extra_s(
    network: WalkNetwork, walker: Walker
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the seconds that stairs take beyond their flat time, there and back."""
    steps = network.edge_steps
    length_m = network.edge_length_dm / 10.0
    own_tread = np.divide(length_m, steps, out=np.full(len(steps), np.inf), where=steps > 0)
    on_tread_s = np.minimum(constant("tread_m"), own_tread) / walker.flat_mps
    up = steps * np.maximum(0.0, walker.step_up_s - on_tread_s)
    down = steps * np.maximum(0.0, walker.step_down_s - on_tread_s)
    rest = steps / 50.0 * walker.rest_s_per_50_steps
    # Where nobody says which way a stair climbs, both ways take the slower time.
    worse = np.maximum(up, down)
    there = np.select([network.edge_rise > 0, network.edge_rise < 0], [up, down], worse) + rest
    back = np.select([network.edge_rise > 0, network.edge_rise < 0], [down, up], worse) + rest
    ride = np.maximum(0.0, length_m / constant("escalator_mps") - length_m / walker.flat_mps)
    return np.where(network.edge_escalator, ride, there), np.where(
        network.edge_escalator, ride, back
    )


def _usable(network: WalkNetwork, walker: Walker) -> NDArray[np.bool_]:
    usable = np.ones(network.n_edges, bool)
    if walker.ways == "vehicle":
        taken = [n for n, name in enumerate(network.classes) if name in vehicle_ways()]
        usable &= np.isin(network.edge_class, taken) & ~network.edge_escalator
    if not walker.steps or walker.ways == "vehicle":
        usable &= ~network.is_stair()
    if walker.grade_rule == "forbid" and np.isfinite(walker.grade_limit):
        usable &= steepest_grade(network) <= walker.grade_limit
    return usable


def steepest_grade(network: WalkNetwork) -> NDArray[np.float64]:
    """Return the steepest mean grade of each edge over windows of at least 100 m.

    Shorter edges are one window. Rounded to a hundredth of a per cent, so that a ramp of 1:12 is
    8.33 % and a street of exactly the limit passes whichever way its pieces add up.
    """
    run = network.piece_lengths_m()
    first, end = network.piece_offset[:-1], network.piece_offset[1:]
    window = np.clip(np.ceil(_GRADE_WINDOW_M / run[first]).astype(np.int64), 1, end - first)
    height = np.concatenate([[0.0], np.cumsum(network.piece_grade * run)])
    count = end - first - window + 1
    start = np.concatenate([[0], np.cumsum(count)])
    low = np.repeat(first - start[:-1], count) + np.arange(start[-1])
    wide = np.repeat(window, count)
    mean = np.abs(height[low + wide] - height[low]) / (wide * run[low])
    steepest = np.maximum.reduceat(mean, start[:-1])
    return np.asarray(np.round(steepest, 4), np.float64)


def _parts(network: WalkNetwork, usable: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Return the part of each edge, and the part with most street length.

    A private compound belongs to the longest public part it opens to, and joins no two of them:
    nobody passes through.
    """
    a, b = network.edge_from[usable], network.edge_to[usable]
    n = network.n_nodes
    graph = sparse.coo_array((np.ones(len(a), np.int8), (a, b)), shape=(n, n))
    n_parts, node_part = csgraph.connected_components(graph, directed=False)
    length = np.bincount(node_part[a], network.edge_length_dm[usable], minlength=n_parts)
    public, inside = node_part[network.link_from], node_part[network.link_to]
    # The longest last, so that it is the one that stays written; single nodes are no part.
    order = np.argsort(length[public], kind="stable")
    order = order[length[public[order]] > 0]
    belongs = np.arange(n_parts)
    belongs[inside[order]] = public[order]
    part = np.where(usable, belongs[node_part[network.edge_from]], -1).astype(np.int32)
    length = np.bincount(part[usable], network.edge_length_dm[usable], minlength=1)
    return part, int(length.argmax())


def _arcs(
    network: WalkNetwork,
    usable: NDArray[np.bool_],
    there: NDArray[np.int32],
    back: NDArray[np.int32],
) -> tuple[
    NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]
]:
    """Return arcs in both directions of usable edges, and links inwards, as CSR."""
    edges = np.flatnonzero(usable).astype(np.int32)
    zero = np.zeros(len(network.link_from), np.int32)
    tail = np.concatenate([network.edge_from[edges], network.edge_to[edges], network.link_from])
    head = np.concatenate([network.edge_to[edges], network.edge_from[edges], network.link_to])
    out_ms = np.concatenate([there[edges], back[edges], zero])
    in_ms = np.concatenate([back[edges], there[edges], zero])
    edge = np.concatenate([edges, edges, zero - 1])
    order = np.lexsort((edge, head, tail))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=network.n_nodes))])
    return (
        indptr.astype(np.int64), head[order].astype(np.int32), out_ms[order].astype(np.int32),
        in_ms[order].astype(np.int32), edge[order].astype(np.int32),
    )  # fmt: skip
