"""Causes: why uncovered people are outside the circle, told for each home.

The first that fits:

- ``no_street``: no street within the cap;
- ``island``: a street, on a part of the network that no facility of the kind shares;
- ``stairs``: inside if stairs were walked as flat streets (of a walker without stairs: if stairs
  were open);
- ``slope``: inside if, besides, all streets were level;
- ``barrier``: near enough in a straight line, and the walk is at least three times as long;
- ``distance``: simply too far.

``capacity`` is the cause of gaps among those who are inside and find no place; nobody outside has
it. The *detour factor* is walking metres over straight metres, to the nearest facility by either
measure; metres are counted along the streets that the walker may use.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from quarterhour.cover.case import Case
from quarterhour.presets import Walker
from quarterhour.reach.times import Direction, NearestTimes, nearest_of
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork, walk_seconds

CAUSES = ("distance", "slope", "stairs", "barrier", "island", "no_street", "capacity")
DETOUR = 3.0
_FARTHEST_MS = UNREACHED - 1
Search = Callable[[Snapped, int], NearestTimes]


@dataclass(frozen=True, slots=True, eq=False)
class HomeCauses:
    """One kind: the cause at each demand point, were it outside, and metres.

    Attributes
    ----------
    cause
        Row of ``CAUSES`` (points).
    walk_m, straight_m
        Metres to the nearest facility along streets (access legs included) and in a straight line
        (points); ``inf`` where there is no way, no facility, or no position.
    straight_facility
        Row of the facility that is nearest in a straight line (points), -1 for none.
    """

    cause: NDArray[np.int8]
    walk_m: NDArray[np.float64]
    straight_m: NDArray[np.float64]
    straight_facility: NDArray[np.int32]


class CauseFinder:
    """What the causes of all kinds of a case share: worlds without slopes and stairs."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def of(self, rows: NDArray[np.int64]) -> HomeCauses:
        """Return the causes for the facilities of one kind.

        Parameters
        ----------
        rows
            Rows of the facilities, ascending.
        """
        case, limit_ms = self._case, self._case.limit_ms
        straight_m, nearest = _straight(case, rows)
        walk_m = self._nearest(self._in_metres, rows, _FARTHEST_MS)
        level = self._nearest(self._level, rows, limit_ms) <= limit_ms / 1000.0
        flat_stairs = self._nearest(self._flat_stairs, rows, limit_ms) <= limit_ms / 1000.0
        # Of a walk there and back only half is for the way there.
        there_ms = limit_ms / 2.0 if case.direction == "round_trip" else limit_ms
        near = straight_m <= there_ms / 1000.0 * case.walker.flat_mps
        # The straight line has no streets, no slopes and no way round.
        foot = not case.walker.straight
        paced, places, homes = self._level[1:]
        parts = np.unique(paced.part[places.take_places(rows).edge[places.take_places(rows).found]])
        shares = homes.found & np.isin(paced.part[homes.edge], parts)
        cause = np.select(
            [foot & ~homes.found, foot & ~shares, foot & flat_stairs, foot & level,
             foot & near & np.isfinite(walk_m) & (walk_m >= DETOUR * straight_m)],
            [CAUSES.index(c) for c in ("no_street", "island", "stairs", "slope", "barrier")],
            CAUSES.index("distance"),
        )  # fmt: skip
        return HomeCauses(cause.astype(np.int8), walk_m, straight_m, nearest)

    @cached_property
    def _level(self) -> tuple[Search, PacedNetwork, Snapped, Snapped]:
        return self._world(self._case.walker.flat(), self._case.direction)

    @cached_property
    def _flat_stairs(self) -> tuple[Search, PacedNetwork, Snapped, Snapped]:
        walker = replace(
            self._case.walker, steps=True, step_up_s=0.0, step_down_s=0.0, rest_s_per_50_steps=0.0
        )
        return self._world(walker, self._case.direction)

    @cached_property
    def _in_metres(self) -> tuple[Search, PacedNetwork, Snapped, Snapped]:
        # A walker with limits in metres walks at 1 m/s and takes no time on stairs and lifts.
        walker = replace(self._case.walker, flat_mps=1.0, slope=False, limits_m={15: 1000.0})
        return self._world(walker, "there")

    def _world(
        self, walker: Walker, direction: Direction
    ) -> tuple[Search, PacedNetwork, Snapped, Snapped]:
        paced = walk_seconds(self._case.network, walker)
        places, homes = self._case.positions.of(paced)
        return nearest_of(paced, homes, direction=direction), paced, places, homes

    @staticmethod
    def _nearest(
        world: tuple[Search, PacedNetwork, Snapped, Snapped],
        rows: NDArray[np.int64],
        limit_ms: int,
    ) -> NDArray[np.float64]:
        search, _, places, _ = world
        return search(places.take_places(rows), limit_ms).seconds


def _straight(case: Case, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return straight metres to the nearest facility of some, and its row."""
    xy = case.demand.xy_m
    metres, nearest = np.full(len(xy), np.inf), np.full(len(xy), -1, np.int32)
    known = np.isfinite(xy).all(axis=1)
    if len(rows) and known.any():
        far, at = KDTree(case.facilities.xy_m[rows]).query(xy[known])
        metres[known], nearest[known] = far, rows[at]
    return metres, nearest
