"""Measured: all that is counted beside coverage itself, in one frozen object."""

from dataclasses import dataclass

from quarterhour.cover.bands import DistanceBands
from quarterhour.cover.circles import OtherCircle
from quarterhour.cover.equity import Equity
from quarterhour.cover.hierarchy import Hierarchy
from quarterhour.cover.neighbours import NeighbourEffect
from quarterhour.cover.placement import PlacementEffect
from quarterhour.cover.services import Services
from quarterhour.cover.supply.places import Supply
from quarterhour.cover.supply.served import Served
from quarterhour.cover.walk_times import WalkTimes
from quarterhour.cover.years import YearSeries


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What is counted beside coverage; ``None`` where the study has nothing to count it from.

    Attributes
    ----------
    services
        Coverage by tier and by kinds that stand in for one another.
    walk_times
        Walking times and backup by area.
    equity, supply, served
        How evenly; places per elder; who finds a place.
    hierarchy, bands
        Who leads whom; how far where nobody can walk.
    years, neighbours, placement
        As facilities open; with the neighbours' facilities; with people placed otherwise.
    circles
        Other circles, in the order of the study.
    """

    services: Services | None
    walk_times: WalkTimes
    equity: Equity
    supply: Supply
    served: Served
    hierarchy: Hierarchy
    bands: DistanceBands
    years: YearSeries | None
    neighbours: NeighbourEffect | None
    placement: PlacementEffect | None
    circles: tuple[OtherCircle, ...]
