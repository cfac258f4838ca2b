"""Measuring: what a study counts beside coverage, each from the same case."""

from collections.abc import Callable

from quarterhour.cover.assess import Coverage
from quarterhour.cover.bands import measure_bands
from quarterhour.cover.case import Case
from quarterhour.cover.circles import OtherCircle, assess_circle, only_for_circles
from quarterhour.cover.completeness import Completeness
from quarterhour.cover.equity import assess_equity
from quarterhour.cover.gaps.finding import Gaps
from quarterhour.cover.hierarchy import assess_hierarchy
from quarterhour.cover.links.finding import MissingLinks, find_links
from quarterhour.cover.measured import Measured
from quarterhour.cover.neighbours import compare_neighbours
from quarterhour.cover.placement import compare_placements
from quarterhour.cover.scorecard.results import Scorecard
from quarterhour.cover.scorecard.scoring import score
from quarterhour.cover.services import assess_services
from quarterhour.cover.supply.places import by_kind, measure_supply
from quarterhour.cover.supply.served import share_out
from quarterhour.cover.sweep.results import Sweep
from quarterhour.cover.sweep.sweeping import sweep
from quarterhour.cover.walk_times import measure_walk_times
from quarterhour.cover.years import series_by_year
from quarterhour.demand import Demand, other_placement
from quarterhour.inputs.facilities import ANY, Facilities, join_facilities
from quarterhour.inputs.tables import meaning
from quarterhour.intake import Inputs, Streets, facilities_of, walkers_of, year_of
from quarterhour.study import Study
from quarterhour.studytables import CirclesTable


def case_of(study: Study, inputs: Inputs, streets: Streets, demand: Demand) -> Case:
    """Return the circle of a study as every measure takes it."""
    return Case(
        streets.network, facilities_of(inputs, streets), demand, inputs.areas,
        study.walker(study.circle.walker), minutes=study.circle.minutes,
        direction=study.circle.direction, max_snap_m=study.streets.max_snap_m,
    )  # fmt: skip


def lead_kind(study: Study, coverage: Coverage) -> str:
    """Return the kind that is asked about first: that of the first siting question, else any."""
    asked = [meaning(q.kind, "kind") or q.kind for q in study.siting]
    return next((kind for kind in asked if kind in coverage.kinds), ANY)


def placed_otherwise(study: Study, inputs: Inputs, streets: Streets) -> Demand | None:
    """Return the study's residents on what else they could stand on; ``None`` for nothing else."""
    return other_placement(
        inputs.residents, streets.network, inputs.areas, buildings=streets.buildings,
        grid=inputs.grid, place_on=study.residents.place_on,
    )  # fmt: skip


def measure(
    study: Study, inputs: Inputs, case: Case, coverage: Coverage, judged: Completeness, *,
    other: Demand | None,
) -> Measured:  # fmt: skip
    """Count all that is counted beside coverage.

    Parameters
    ----------
    study, inputs
        What is asked, and from what.
    case, coverage, judged
        The circle, its coverage, and which areas can say theirs.
    other
        The same people placed otherwise; ``None`` where there is only one way.
    """
    withheld = judged.cannot_say
    need, turns = by_kind(study.supply.need), by_kind(study.supply.turns)
    counted = measure_supply(case, need=need, turns=turns)
    around = study.neighbours if study.neighbours and study.neighbours.count != "no" else None
    return Measured(
        services=assess_services(
            case, coverage, walkers=walkers_of(study), together=study.circle.together,
            walker_by_group=study.circle.walker_by_group, withheld=withheld,
        ),
        walk_times=measure_walk_times(case, coverage),
        equity=assess_equity(
            case, coverage, access=counted.access, zones=study.areas.zones, withheld=withheld
        ),
        supply=counted,
        served=share_out(case, need=need, turns=turns),
        hierarchy=assess_hierarchy(case),
        bands=measure_bands(case, coverage, withheld=withheld),
        years=series_by_year(
            case, countable(study, case.facilities, inputs.set_aside), study.circle.years,
            known_from=year_of(study),
        ),
        neighbours=compare_neighbours(
            case, inputs.neighbours if around else None,
            counted=around is not None and around.count == "yes",
        ),
        placement=compare_placements(case, coverage, other),
        circles=tuple(_circle(study, case, inputs, table) for table in study.circles),
    )  # fmt: skip


def countable(study: Study, facilities: Facilities, set_aside: Facilities) -> Facilities:
    """Return what may count in some year; what only other circles count stays out.

    Parameters
    ----------
    study
        Its other circles say what is theirs.
    facilities, set_aside
        The facilities of the coverage, and those that do not count today.
    """
    later = set_aside.take(~only_for_circles(set_aside, study))
    return join_facilities([facilities, later])


def _circle(study: Study, case: Case, inputs: Inputs, table: CirclesTable) -> OtherCircle:
    return assess_circle(
        case, name=table.name, kinds=table.kinds, minutes=table.minutes,
        walker=study.walker(table.walker or study.circle.walker),
        direction=table.direction or study.circle.direction, others=inputs.others,
    )  # fmt: skip


def seek_links(
    study: Study,
    streets: Streets,
    case: Case,
    coverage: Coverage,
    gaps: tuple[Gaps, ...],
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> MissingLinks | None:
    """Find the missing links worth most for the kind that is asked about first."""
    if study.gaps.links == 0:
        return None
    kind = lead_kind(study, coverage)
    return find_links(
        case, coverage, kind=kind, n=study.gaps.links, longest_m=study.gaps.link_m,
        barriers=streets.barriers, gaps=gaps[coverage.kinds.index(kind)], on_progress=on_progress,
    )  # fmt: skip


def score_study(
    study: Study, inputs: Inputs, case: Case, coverage: Coverage, judged: Completeness
) -> Scorecard:
    """Hold the district's figures and its coverage against its targets."""
    beside = (inputs.set_aside, *(() if inputs.others is None else (inputs.others,)))
    return score(
        case, coverage, indicators=inputs.indicators, preset=study.scorecard.preset,
        targets=study.scorecard.targets, withheld=judged.cannot_say, year=year_of(study),
        other_kinds=tuple(kind for one in beside for kind in one.all_kinds()),
    )  # fmt: skip


def sweep_study(
    study: Study,
    inputs: Inputs,
    case: Case,
    coverage: Coverage,
    *,
    other: Demand | None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Count coverage of the kind that is asked about first, and of any, as assumptions vary."""
    asked, table = study.sweep, study.neighbours
    counts = table is not None and table.count != "no"
    return sweep(
        case, kinds=tuple(dict.fromkeys((lead_kind(study, coverage), ANY))), speeds=asked.speeds,
        minutes=asked.minutes, slope=asked.slope, stairs=asked.stairs,
        max_snap_m=asked.max_snap_m, other_demand=other,
        neighbours=inputs.neighbours if counts else None,
        neighbours_counted=table is not None and table.count == "yes", on_progress=on_progress,
    )  # fmt: skip
