"""Names of gaps: area and street, told apart where two gaps would share them.

A place is named after its area and the nearest named street. Where several places of one area share
a street, each takes a second street; what is still the same takes a side by its position among
them (two places only), and last of all a number in their order. No two places share area, street,
second street, side and number.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.streets.network import WalkNetwork

SIDES = ("east", "west", "north", "south")
_NAMED_WITHIN_M = 400.0


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """What tells places of one area and street apart; one entry per place.

    Attributes
    ----------
    also
        A second street; empty where none is needed or near.
    side
        One of ``SIDES``, relative to the other place of the same streets; else empty.
    nth
        Number among places of the same streets, 0 where none is needed.
    """

    also: tuple[str, ...]
    side: tuple[str, ...]
    nth: NDArray[np.int32]

    def take(self, rows: slice) -> "Apart":
        """Return some places."""
        return Apart(self.also[rows], self.side[rows], self.nth[rows])


def name_places(
    network: WalkNetwork, xy_m: NDArray[np.float64], areas: NDArray[np.int64]
) -> tuple[tuple[str, ...], Apart]:
    """Return the street of each place, and what tells places of one street apart.

    Parameters
    ----------
    network
        Streets with names.
    xy_m
        Middle of each place (n, 2).
    areas
        Row of each place's area, -1 outside all.
    """
    streets = _streets_near(network, xy_m)
    street = [near[0] if near else "" for near in streets]
    n = len(street)
    also, side, nth = [""] * n, [""] * n, np.zeros(n, np.int32)
    more = np.zeros(n, bool)
    for rows in _same(list(zip(areas.tolist(), street, strict=True))):
        if len(rows) == 2:
            _tell_sides(xy_m, rows, side)
            continue
        more[rows] = True
        for row in rows:
            also[row] = streets[row][1] if len(streets[row]) > 1 else ""
    # A and B read like B and A: both count as the same streets.
    pair = [tuple(sorted((s, a))) for s, a in zip(street, also, strict=True)]
    keys = [(int(a), m, p) for a, m, p in zip(areas, more, pair, strict=True)]
    for rows in _same(keys):
        if more[rows[0]]:
            _tell_apart(xy_m, rows, side, nth)
    return tuple(street), Apart(tuple(also), tuple(side), nth)


def nearest_streets(network: WalkNetwork, xy_m: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the nearest named street of each place (n, 2); empty where none is near."""
    named = np.flatnonzero(network.edge_name > 0)
    if len(named) == 0 or len(xy_m) == 0:
        return ("",) * len(xy_m)
    tree = shapely.STRtree(network.lines()[named])
    place, line = tree.query_nearest(shapely.points(xy_m), max_distance=_NAMED_WITHIN_M)
    order = np.lexsort((named[line], place))
    place, line = place[order], named[line[order]]
    at, first = np.unique(place, return_index=True)
    out = [""] * len(xy_m)
    for row, edge in zip(at.tolist(), line[first].tolist(), strict=True):
        out[row] = network.names[network.edge_name[edge]]
    return tuple(out)


def _streets_near(network: WalkNetwork, xy: NDArray[np.float64]) -> list[list[str]]:
    """Return up to two different names of streets near each place, the nearest first."""
    out: list[list[str]] = [[] for _ in range(len(xy))]
    named = np.flatnonzero(network.edge_name > 0)
    if len(named) == 0 or len(xy) == 0:
        return out
    points, lines = shapely.points(xy), network.lines()[named]
    place, line = shapely.STRtree(lines).query(
        points, predicate="dwithin", distance=_NAMED_WITHIN_M
    )
    far = np.round(shapely.distance(points[place], lines[line]), 3)
    name = network.edge_name[named[line]]
    order = np.lexsort((named[line], far, place))
    for p, e in zip(place[order].tolist(), name[order].tolist(), strict=True):
        if len(out[p]) < 2 and network.names[e] not in out[p]:
            out[p].append(network.names[e])
    return out


def _same(keys: Sequence[Hashable]) -> list[list[int]]:
    """Return the rows of each key that several share, in the order of the first."""
    rows: dict[Hashable, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return [r for r in rows.values() if len(r) > 1]


def _tell_apart(
    xy: NDArray[np.float64], rows: list[int], side: list[str], nth: NDArray[np.int32]
) -> None:
    if len(rows) == 2:
        _tell_sides(xy, rows, side)
        return
    for number, row in enumerate(rows, start=1):
        nth[row] = number


def _tell_sides(xy: NDArray[np.float64], rows: list[int], side: list[str]) -> None:
    east, north = xy[rows[0]] - xy[rows[1]]
    along = ("east", "west") if abs(east) >= abs(north) else ("north", "south")
    first = east >= 0 if along[0] == "east" else north >= 0
    side[rows[0]], side[rows[1]] = along if first else along[::-1]
