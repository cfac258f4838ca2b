"""Measuring: what a study counts beside coverage, each from the same case."""

from quarterhour.cover.bands import DistanceBands
from quarterhour.cover.case import Case
from quarterhour.cover.equity import Equity
from quarterhour.cover.hierarchy import Hierarchy
from quarterhour.cover.measured import Measured
from quarterhour.cover.served import Served
from quarterhour.cover.supply import Supply
from quarterhour.cover.walk_times import WalkTimes
from quarterhour.demand import Demand
from quarterhour.intake import Inputs, Streets, facilities_of
from quarterhour.study import Study


def case_of(study: Study, inputs: Inputs, streets: Streets, demand: Demand) -> Case:
    """Return the circle of a study as every measure takes it."""
    return Case(
        streets.network, facilities_of(inputs, streets), demand, inputs.areas,
        study.walker(study.circle.walker), minutes=study.circle.minutes,
        direction=study.circle.direction, max_snap_m=study.streets.max_snap_m,
    )  # fmt: skip


def measure(case: Case) -> Measured:
    """Count all that is counted beside coverage."""
    return Measured(
        services=None, walk_times=WalkTimes(), equity=Equity(), supply=Supply(), served=Served(),
        hierarchy=Hierarchy(), bands=DistanceBands(), years=None, neighbours=None,
        placement=None, circles=(),
    )  # fmt: skip
