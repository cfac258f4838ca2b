"""The case: one circle's streets, facilities, homes and limits, with what all measures share.

A *case* is what every measure of coverage starts from. What takes time (the walker's network,
positions, times between all facilities and homes) is computed once, when it is first asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from quarterhour.cover.positions import Positions
from quarterhour.cover.step_free import floored_pairs
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import Facilities
from quarterhour.presets import Walker
from quarterhour.reach.times import Direction, ReachTable, walking_times
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import PacedNetwork, walk_seconds

# Longer walks are not told apart: "over an hour".
SEARCH_MIN = 60.0


def search_ms(walker: Walker, minutes: float) -> int:
    """Return how far the nearest facility is looked for: an hour, or a longer limit."""
    return max(walker.limit_ms(minutes), walker.limit_ms(SEARCH_MIN))


@dataclass(frozen=True, eq=False)
class Case:
    """One circle: who walks where, to what, and how long.

    Attributes
    ----------
    network, facilities, demand, areas
        Streets, facilities that count, people at places, areas.
    walker
        The circle's walker.
    minutes
        Limits, ascending.
    direction, max_snap_m
        Which way people walk; longest access leg.
    """

    network: WalkNetwork
    facilities: Facilities
    demand: Demand
    areas: Areas
    walker: Walker
    minutes: tuple[int, ...] = (5, 10, 15)
    direction: Direction = "there"
    max_snap_m: float = 150.0

    @property
    def limit_ms(self) -> int:
        """The longest limit, inclusive, in milliseconds."""
        return self.walker.limit_ms(self.minutes[-1])

    @property
    def search_ms(self) -> int:
        """How far the nearest facility is looked for, in milliseconds."""
        return search_ms(self.walker, self.minutes[-1])

    @property
    def n_areas(self) -> int:
        """Rows of every table by area: the areas, and one for outside all of them (the last)."""
        return len(self.areas.names) + 1

    @cached_property
    def at(self) -> NDArray[np.int64]:
        """Row of each demand point in tables by area."""
        index = self.demand.area_index.astype(np.int64)
        return np.where(index < 0, self.n_areas - 1, index)

    @cached_property
    def paced(self) -> PacedNetwork:
        """The network of the walker."""
        return walk_seconds(self.network, self.walker)

    @cached_property
    def positions(self) -> Positions:
        """Where facilities and homes enter the streets, for any walker."""
        return Positions(self.facilities, self.demand, max_snap_m=self.max_snap_m)

    @property
    def places(self) -> Snapped:
        """Where facilities enter the streets of the walker."""
        return self.positions.of(self.paced)[0]

    @property
    def homes(self) -> Snapped:
        """Where homes enter the streets of the walker."""
        return self.positions.of(self.paced)[1]

    @cached_property
    def reach(self) -> ReachTable:
        """Milliseconds between facilities (rows) and demand points (columns), longest limit."""
        return self.reach_within(self.limit_ms)

    def reach_within(self, limit_ms: int) -> ReachTable:
        """Return milliseconds between facilities (rows) and demand points within any limit.

        Straight walkers count straight metres (a metre is a second); walkers without stairs gain
        no short cut by entering the streets elsewhere (see ``step_free``).
        """
        if self.walker.straight:
            return straight_times(self.facilities.xy_m, self.demand.xy_m, limit_ms)
        table = self._walked(self.walker, limit_ms)
        if self.walker.steps:
            return table
        kinds = self.facilities.all_kinds()
        of_kind = np.array([kinds.index(kind) for kind in self.facilities.kinds], np.int64)
        return floored_pairs(table, self._walked(self.walker.on_stairs(), limit_ms), of_kind)

    def by_area(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return sums of values per demand point by area: shape (areas + 1, ...)."""
        if values.ndim == 1:
            return np.bincount(self.at, values, minlength=self.n_areas).astype(np.float64)
        columns = [np.bincount(self.at, column, minlength=self.n_areas) for column in values.T]
        return np.column_stack(columns)

    def having(
        self, *, facilities: Facilities | None = None, demand: Demand | None = None,
        walker: Walker | None = None, minutes: Sequence[int] | None = None,
        direction: Direction | None = None, max_snap_m: float | None = None,
    ) -> "Case":  # fmt: skip
        """Return the case with some of it changed; nothing computed is carried over."""
        return replace(
            self,
            facilities=self.facilities if facilities is None else facilities,
            demand=self.demand if demand is None else demand,
            walker=self.walker if walker is None else walker,
            minutes=self.minutes if minutes is None else tuple(minutes),
            direction=self.direction if direction is None else direction,
            max_snap_m=self.max_snap_m if max_snap_m is None else max_snap_m,
        )

    def _walked(self, walker: Walker, limit_ms: int) -> ReachTable:
        paced = self.paced if walker is self.walker else walk_seconds(self.network, walker)
        places, homes = self.positions.of(paced)
        return walking_times(paced, places, homes, limit_ms=limit_ms, direction=self.direction)


def straight_times(
    facility_xy_m: NDArray[np.float64], home_xy_m: NDArray[np.float64], limit_ms: int
) -> ReachTable:
    """Return straight metres (a metre is a second) between places (n, 2) and homes (m, 2)."""
    known = np.flatnonzero(np.isfinite(home_xy_m).all(axis=1))
    tree = KDTree(home_xy_m[known])
    # A hair more than the limit: what is inside is told in whole milliseconds, as for the nearest.
    found = tree.query_ball_point(facility_xy_m, limit_ms / 1000.0 + 0.001, return_sorted=True)
    source = np.repeat(np.arange(len(facility_xy_m)), [len(row) for row in found])
    home = known[np.concatenate([np.asarray(row, np.int64) for row in found])] if len(found) else (
        np.zeros(0, np.int64))  # fmt: skip
    ms = np.rint(np.hypot(*(facility_xy_m[source] - home_xy_m[home]).T) * 1000.0).astype(np.int64)
    within = ms <= limit_ms
    source, home, ms = source[within], home[within], ms[within]
    count = np.bincount(source, minlength=len(facility_xy_m))
    indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return ReachTable(indptr, home.astype(np.int32), ms.astype(np.int32), len(home_xy_m), limit_ms)
