"""Snapping: from a place beside the street to a position on it.

A *position* is an edge, decimetres from its start, and an *access leg*: the straight walk between
the place and the street. Nobody is snapped to a bridge, a tunnel, or an edge that the walker may
not use. A place whose nearest street is an island goes to the main part if that lies within the
cap, and is flagged; a place without any street within the cap has edge -1, "no street near".
"""

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

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

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Snapped":
        """Return the positions of some rows."""
        return Snapped(
            self.edge[rows], self.offset_dm[rows], self.access_dm[rows], self.moved[rows]
        )

    def report(self) -> dict[str, float]:
        """Return how many were snapped, how far, and how many were moved or have no street."""
        legs = self.access_dm[self.found] / 10.0
        return {
            "places": len(self.edge),
            "no_street": int((~self.found).sum()),
            "moved_off_islands": int(self.moved.sum()),
            "median_leg_m": round(float(np.median(legs)), 1) if len(legs) else 0.0,
            "longest_leg_m": round(float(legs.max()), 1) if len(legs) else 0.0,
        }


def snap(
    paced: PacedNetwork,
    xy_m: NDArray[np.float64],
    *,
    max_snap_m: float = 150.0,
    public_only: bool = False,
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
    """
    network = paced.network
    allowed = paced.usable & ~network.edge_bridge & ~network.edge_tunnel
    if public_only:
        allowed &= ~network.edge_private
    lines = network.lines()
    nearest = _nearest(lines, np.flatnonzero(allowed), xy_m, max_snap_m)
    on_island = (nearest >= 0) & (paced.part[nearest] != paced.main_part)
    moved = np.zeros(len(xy_m), bool)
    if on_island.any():
        main = np.flatnonzero(allowed & (paced.part == paced.main_part))
        rows = np.flatnonzero(on_island)
        other = _nearest(lines, main, xy_m[rows], max_snap_m)
        moved[rows] = other >= 0
        nearest[rows] = np.where(other >= 0, other, nearest[rows])
    return _project(paced, lines, nearest, xy_m, moved)


def _nearest(
    lines: NDArray[np.object_],
    edges: NDArray[np.int64],
    xy_m: NDArray[np.float64],
    max_snap_m: float,
) -> NDArray[np.int32]:
    """Return the nearest of ``edges`` per place, the lowest among equals, -1 beyond the cap."""
    out = np.full(len(xy_m), -1, np.int32)
    if len(edges) == 0 or len(xy_m) == 0:
        return out
    tree = shapely.STRtree(lines[edges])
    # The tree's limit is exclusive; ours is not.
    reach = np.nextafter(max_snap_m, np.inf)
    place, line = tree.query_nearest(shapely.points(xy_m), max_distance=reach)
    order = np.lexsort((line, place))[::-1]
    out[place[order]] = edges[line[order]]
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
    share = shapely.line_locate_point(line, points, normalized=True)
    length = paced.network.edge_length_dm[edge[found]]
    offset[found] = np.clip(np.rint(share * length), 0, length).astype(np.int32)
    access[found] = np.rint(shapely.distance(line, points) * 10).astype(np.int32)
    return Snapped(edge, offset, access, moved)
