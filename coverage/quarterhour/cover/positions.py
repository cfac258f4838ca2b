"""Positions: where facilities and homes enter the streets, looked for once per set of streets.

What a position is depends on which streets a walker may use, not on how fast. Walkers with the
same streets share their positions, and so do the reports that come one after the other.
"""

from quarterhour.demand import Demand
from quarterhour.inputs.facilities import Facilities
from quarterhour.streets.doors import snap_facilities
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import PacedNetwork


class Positions:
    """Positions of some facilities and homes on one network."""

    def __init__(
        self, facilities: Facilities, demand: Demand, *, max_snap_m: float = 150.0
    ) -> None:
        self._facilities, self._demand, self._max_snap_m = facilities, demand, max_snap_m
        self._places: dict[bytes, Snapped] = {}
        self._homes: dict[bytes, Snapped] = {}

    def serving(self, facilities: Facilities) -> "Positions":
        """Return the positions of other facilities and the same homes, which are known by then."""
        other = Positions(facilities, self._demand, max_snap_m=self._max_snap_m)
        other._homes = self._homes
        return other

    def of(self, paced: PacedNetwork) -> tuple[Snapped, Snapped]:
        """Return the positions of facilities and of homes for one walker."""
        key, cap_m = paced.usable.tobytes(), self._max_snap_m
        if key not in self._places:
            self._places[key] = snap_facilities(paced, self._facilities, max_snap_m=cap_m)
        if key not in self._homes:
            self._homes[key] = self._demand.positions(paced, max_snap_m=cap_m)
        return self._places[key], self._homes[key]
