"""Snapping: from a place beside the street to a position on it.

A *position* is an edge, decimetres from its start, and an *access leg*: the straight walk between
the place and the street. Nobody is snapped to a bridge, a tunnel, or an edge that the walker may
not use, nor across a river, a canal or a lake. A place whose nearest street is an island goes to
the main part if that lies within the cap, and is flagged; a place without any street within the cap
has edge -1, "no street near".
"""

from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.walker import PacedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Positions on the network; every array has one entry per place.

    Attributes
    ----------
    edge
        Edge, -1 where no street is near.
    offset_dm
        Decimetres from the start of the edge.
    access_dm
        Access leg in decimetres.
    moved
        Whether the place was moved from an island to the main part.
    place
        Row of the place that each position belongs to, ascending: a place with several entrances
        has several positions. By default each place has one.
    """

    edge: NDArray[np.int32]
    offset_dm: NDArray[np.int32]
    access_dm: NDArray[np.int32]
    moved: NDArray[np.bool_]
    place: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def __post_init__(self) -> None:
        """Give each position a place of its own where nothing else is said."""
        if len(self.place) != len(self.edge):
            object.__setattr__(self, "place", np.arange(len(self.edge), dtype=np.int32))

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which places have a street."""
        return self.edge >= 0

    @property
    def n_places(self) -> int:
        """Number of places; a place has one position or several."""
        return int(self.place[-1]) + 1 if len(self.place) else 0

    @property
    def found_places(self) -> NDArray[np.bool_]:
        """Which places have a street at one of their entrances at least."""
        out = np.zeros(self.n_places, bool)
        out[self.place[self.found]] = True
        return out

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Snapped":
        """Return some positions, each as a place of its own."""
        return Snapped(
            self.edge[rows], self.offset_dm[rows], self.access_dm[rows], self.moved[rows]
        )

    def take_places(self, places: NDArray[np.int64]) -> "Snapped":
        """Return all positions of some places (ascending), which are numbered anew from 0."""
        rank = np.full(self.n_places, -1, np.int32)
        rank[places] = np.arange(len(places), dtype=np.int32)
        rows = np.flatnonzero(rank[self.place] >= 0)
        return replace(self.take(rows), place=rank[self.place[rows]])


def snap(
    paced: PacedNetwork,
    xy_m: NDArray[np.float64],
    *,
    max_snap_m: float = 150.0,
    public_only: bool = False,
    place: NDArray[np.int32] | None = None,
) -> Snapped:
    """Project places onto the nearest usable edges.

    Parameters
    ----------
    paced
        The network of one walker.
    xy_m
        Places (n, 2) in the network's plane.
    max_snap_m
        Longest access leg in metres (inclusive).
    public_only
        Leave out private edges, for facilities: the public must get there.
    place
        Row of the place that each position belongs to, ascending; its own by default.
    """
    network = paced.network
    allowed = paced.usable & ~network.edge_bridge & ~network.edge_tunnel
    if public_only:
        allowed &= ~network.edge_private
    lines = network.lines()
    nearest = _nearest(network, np.flatnonzero(allowed), xy_m, max_snap_m)
    on_island = (nearest >= 0) & (paced.part[nearest] != paced.main_part)
    moved = np.zeros(len(xy_m), bool)
    if on_island.any():
        main = np.flatnonzero(allowed & (paced.part == paced.main_part))
        rows = np.flatnonzero(on_island)
        other = _nearest(network, main, xy_m[rows], max_snap_m)
        moved[rows] = other >= 0
        nearest[rows] = np.where(other >= 0, other, nearest[rows])
    found = _project(paced, lines, nearest, xy_m, moved)
    return found if place is None else replace(found, place=place)


def _nearest(
    network: WalkNetwork,
    edges: NDArray[np.int64],
    xy_m: NDArray[np.float64],
    max_snap_m: float,
) -> NDArray[np.int32]:
    """Return the nearest of ``edges`` per place, the lowest among equals, -1 beyond the cap.

    Streets behind a river are passed over.
    """
    out = np.full(len(xy_m), -1, np.int32)
    if len(edges) == 0 or len(xy_m) == 0:
        return out
    lines = network.lines()[edges]
    tree, points = shapely.STRtree(lines), np.asarray(shapely.points(xy_m), object)
    # The tree's limit is exclusive; ours is not.
    reach = np.nextafter(max_snap_m, np.inf)
    place, line = tree.query_nearest(points, max_distance=reach)
    order = np.lexsort((line, place))[::-1]
    out[place[order]] = line[order]
    found = np.flatnonzero(out >= 0)
    wet = found[_crosses(network, points[found], lines[out[found]])]
    out[wet] = -1
    if len(wet):
        at, line = tree.query(points[wet], predicate="dwithin", distance=reach)
        dry = ~_crosses(network, points[wet[at]], lines[line])
        at, line = at[dry], line[dry]
        far = shapely.distance(points[wet[at]], lines[line])
        order = np.lexsort((line, far, at))[::-1]
        out[wet[at[order]]] = line[order]
    return np.where(out >= 0, edges[out], -1).astype(np.int32)


def _crosses(
    network: WalkNetwork, points: NDArray[np.object_], lines: NDArray[np.object_]
) -> NDArray[np.bool_]:
    """Return which straight ways from places to lines cross a river, canal or lake.

    Water that a place itself stands in does not count: the place is drawn wrong, or floats.
    """
    out = np.zeros(len(points), bool)
    if len(network.rivers) == 0 or len(points) == 0:
        return out
    rivers = network.river_shapes
    legs = shapely.shortest_line(points, lines)
    leg, river = shapely.STRtree(rivers).query(legs, predicate="intersects")
    crossed = ~shapely.intersects(rivers[river], points[leg])
    out[leg[crossed]] = True
    return out


def _project(
    paced: PacedNetwork,
    lines: NDArray[np.object_],
    edge: NDArray[np.int32],
    xy_m: NDArray[np.float64],
    moved: NDArray[np.bool_],
) -> Snapped:
    found = np.flatnonzero(edge >= 0)
    offset, access = np.zeros(len(edge), np.int32), np.zeros(len(edge), np.int32)
    points = shapely.points(xy_m[found])
    line = lines[edge[found]]
    # On a line without length (a lift, say) GEOS before 3.14 knows no share of it.
    with np.errstate(invalid="ignore"):
        share = np.nan_to_num(shapely.line_locate_point(line, points, normalized=True))
    length = paced.network.edge_length_dm[edge[found]]
    offset[found] = np.clip(np.rint(share * length), 0, length).astype(np.int32)
    access[found] = np.rint(shapely.distance(line, points) * 10).astype(np.int32)
    return Snapped(edge, offset, access, moved)
