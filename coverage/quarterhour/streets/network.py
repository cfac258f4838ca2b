"""The walking network: streets as arrays, before anyone walks on them.

A *segment* joins two neighbouring nodes of a way. An *edge* is a chain of segments between two
junctions (or between places where class, name, steps, bridge, tunnel, layer or access change). A
*piece* is a part of an edge with one grade; the pieces of an edge are of equal length. *Private*
edges lie inside compounds: their end nodes are copies, joined to the public node by a *link* that
a search from a facility may only take inwards, so that residents come out and nobody passes
through. Lengths along edges are whole decimetres.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

STEPS_FROM = ("none", "tag", "lines", "terrain", "density")


@dataclass(frozen=True, eq=False)
class WalkNetwork:
    """Streets on foot, in metres, as arrays.

    Attributes
    ----------
    crs
        Code of the plane.
    node_xy_m
        Positions of nodes (n, 2), copies of private ends included.
    edge_from, edge_to
        End nodes of each edge (m,).
    edge_length_dm
        Length of each edge in whole decimetres, at least 1.
    vertex_offset, vertex_xy_m
        Line of edge ``e``: ``vertex_xy_m[vertex_offset[e]:vertex_offset[e + 1]]``.
    vertex_z_m
        Heights of those vertices where the lines came with heights; ``nan`` elsewhere.
    edge_class, classes
        Class of each edge as an index into ``classes`` (values of ``highway``).
    edge_name, names
        Street name of each edge as an index into ``names``; ``names[0]`` is empty.
    edge_steps
        Steps of a stair on each edge; 0 where there is none.
    edge_steps_from
        Where the steps of each edge were learned (int8): 0 no stair, 1 ``step_count``, 2 lines
        with heights, 3 fine terrain, 4 length times a density (``STEPS_FROM`` names them).
    edge_incline
        Mean grade that the map itself states, from ``edge_from`` to ``edge_to``; ``nan`` where it
        states none.
    edge_rise
        +1 where the stair is known to climb from ``edge_from`` to ``edge_to``, -1 the other way,
        0 unknown.
    edge_escalator, edge_bridge, edge_tunnel, edge_private
        Flags.
    edge_lift_s
        Seconds of lifts that fall on each edge.
    piece_offset, piece_grade
        Grades (rise over run, from ``edge_from`` to ``edge_to``) of the pieces of edge ``e``:
        ``piece_grade[piece_offset[e]:piece_offset[e + 1]]``.
    link_from, link_to
        Public node and its private copy.
    rivers
        Rivers, canals and lakes, which no access leg crosses, as WKB in hexadecimal digits.
    report
        Figures of the network report: what was dropped and why, sources of step counts, and so
        on.
    """

    crs: str
    node_xy_m: NDArray[np.float64]
    edge_from: NDArray[np.int32]
    edge_to: NDArray[np.int32]
    edge_length_dm: NDArray[np.int32]
    vertex_offset: NDArray[np.int64]
    vertex_xy_m: NDArray[np.float64]
    vertex_z_m: NDArray[np.float64]
    edge_class: NDArray[np.int16]
    classes: tuple[str, ...]
    edge_name: NDArray[np.int32]
    names: tuple[str, ...]
    edge_steps: NDArray[np.float64]
    edge_steps_from: NDArray[np.int8]
    edge_incline: NDArray[np.float64]
    edge_rise: NDArray[np.int8]
    edge_escalator: NDArray[np.bool_]
    edge_bridge: NDArray[np.bool_]
    edge_tunnel: NDArray[np.bool_]
    edge_private: NDArray[np.bool_]
    edge_lift_s: NDArray[np.float64]
    piece_offset: NDArray[np.int64]
    piece_grade: NDArray[np.float64]
    link_from: NDArray[np.int32]
    link_to: NDArray[np.int32]
    rivers: tuple[str, ...] = ()
    report: Mapping[str, object] = field(default_factory=dict)

    @property
    def n_nodes(self) -> int:
        """Number of nodes, private copies included."""
        return len(self.node_xy_m)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.edge_from)

    @property
    def length_m(self) -> float:
        """Length of all streets in metres."""
        return float(self.edge_length_dm.sum(dtype=np.int64)) / 10.0

    def lines(self) -> NDArray[np.object_]:
        """Return the line of each edge (made once; read-only)."""
        return self._lines

    @cached_property
    def _lines(self) -> NDArray[np.object_]:
        owner = np.repeat(np.arange(self.n_edges), np.diff(self.vertex_offset))
        lines = np.asarray(shapely.linestrings(self.vertex_xy_m, indices=owner), object)
        lines.setflags(write=False)
        return lines

    @cached_property
    def river_shapes(self) -> NDArray[np.object_]:
        """The shapes of ``rivers``, in the plane (made once; read-only)."""
        shapes = np.asarray(shapely.from_wkb(list(self.rivers)), object)
        shapes.setflags(write=False)
        return shapes

    def is_stair(self) -> NDArray[np.bool_]:
        """Return which edges are stairs."""
        return self.edge_steps > 0

    def piece_lengths_m(self) -> NDArray[np.float64]:
        """Return the horizontal length of each piece in metres."""
        count = np.diff(self.piece_offset)
        return np.repeat(self.edge_length_dm / 10.0 / count, count)

    def points_at(
        self, edge: NDArray[np.int32], offset_dm: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """Return the places (n, 2) at ``offset_dm`` along ``edge``."""
        share = offset_dm / self.edge_length_dm[edge]
        points = shapely.line_interpolate_point(self.lines()[edge], share, normalized=True)
        return np.asarray(shapely.get_coordinates(points), np.float64)

    def keep_edges(self, keep: NDArray[np.bool_]) -> "WalkNetwork":
        """Return the network of some edges, in their order; nodes that are left alone go.

        Parameters
        ----------
        keep
            Which edges stay (m,). The figures of ``report`` stay those of the whole network.
        """
        edges = np.flatnonzero(keep)
        of_vertex = np.repeat(keep, np.diff(self.vertex_offset))
        of_piece = np.repeat(keep, np.diff(self.piece_offset))
        own: dict[str, NDArray[np.generic]] = {}
        for name in (f.name for f in fields(self)):
            if name.startswith("edge_"):
                own[name] = getattr(self, name)[edges]
            elif name.startswith("vertex_") and name != "vertex_offset":
                own[name] = getattr(self, name)[of_vertex]
            elif name.startswith("piece_") and name != "piece_offset":
                own[name] = getattr(self, name)[of_piece]
        nodes = np.unique(np.concatenate([own["edge_from"], own["edge_to"]]))
        number = np.full(self.n_nodes, -1, np.int32)
        number[nodes] = np.arange(len(nodes), dtype=np.int32)
        a, b = number[self.link_from], number[self.link_to]
        linked = (a >= 0) & (b >= 0)
        own |= {
            "node_xy_m": self.node_xy_m[nodes],
            "edge_from": number[own["edge_from"]], "edge_to": number[own["edge_to"]],
            "link_from": a[linked], "link_to": b[linked],
            "vertex_offset": _offsets(np.diff(self.vertex_offset)[edges]),
            "piece_offset": _offsets(np.diff(self.piece_offset)[edges]),
        }  # fmt: skip
        return replace(self, **own)  # type: ignore[arg-type]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per edge."""
        return pd.DataFrame(
            {
                "from": self.edge_from, "to": self.edge_to,
                "length_m": self.edge_length_dm / 10.0,
                "class": np.array(self.classes, object)[self.edge_class],
                "name": np.array(self.names, object)[self.edge_name],
                "steps": self.edge_steps, "bridge": self.edge_bridge, "tunnel": self.edge_tunnel,
                "private": self.edge_private,
            }
        )  # fmt: skip


def _offsets(count: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def hilbert_order(xy_m: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order in which a Hilbert curve passes places (n, 2); equal ones keep theirs."""
    import geopandas as gpd

    points = gpd.GeoSeries(gpd.points_from_xy(xy_m[:, 0], xy_m[:, 1]))
    return np.argsort(points.hilbert_distance().to_numpy(), kind="stable")
