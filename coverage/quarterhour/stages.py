"""The stages of a study as functions of its tables: what each one reads and what it hands on."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from quarterhour.asking import OnPlan, answer_question
from quarterhour.cover import ANY, Coverage, Gaps, assess_cover, find_gaps
from quarterhour.cover.case import Case
from quarterhour.cover.links.finding import MissingLinks
from quarterhour.cover.measured import Measured
from quarterhour.cover.network_report import NetworkReport, report_network
from quarterhour.cover.scorecard.results import Scorecard
from quarterhour.cover.shapes import shapes_around
from quarterhour.cover.step_free import StepFreeReport, assess_step_free
from quarterhour.cover.supply.served import Served
from quarterhour.cover.sweep.results import Sweep
from quarterhour.demand import Demand, place_residents
from quarterhour.errors import Fault
from quarterhour.findings import Findings, PlanFinding, Shapes, Uncounted
from quarterhour.intake import GatheredInputs, Inputs, Streets, facilities_of, walkers_of
from quarterhour.measuring import case_of, measure, score_study, seek_links, sweep_study
from quarterhour.presets import Walker
from quarterhour.reach import merge_shapes
from quarterhour.stagefile import Kept, load_stage
from quarterhour.study import Study

_NAMED = 12  # facilities that one message names
STAGES = (
    "inputs", "streets", "demand", "cover", "measures", "gaps", "links", "scorecard", "sweep",
    "shapes", "siting",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Assessed:
    """Coverage, and what needs the people to be placed: reports on streets and on stairs."""

    coverage: Coverage
    network_report: NetworkReport
    step_free: StepFreeReport


def place(
    study: Study, inputs: Inputs | GatheredInputs, streets: Streets, doubts: list[Fault]
) -> Demand:
    """Put the residents on the network."""
    if inputs.residents is None or inputs.areas is None:
        raise AssertionError
    return place_residents(
        inputs.residents, streets.network, inputs.areas, buildings=streets.buildings,
        grid=inputs.grid, place_on=study.residents.place_on, aliases=study.residents.aliases,
        doubts=doubts,
    )  # fmt: skip


def assess(study: Study, case: Case, doubts: list[Fault]) -> Assessed:
    """Count who is inside each circle, and report on the network and on stairs."""
    coverage = _coverage(study, case, walkers_of(study))
    report = _network_report(case, coverage, doubts)
    step_free = assess_step_free(
        case.network, case.facilities, case.demand, case.areas, walker=study.walker("step_free"),
        minutes=case.minutes, direction=case.direction, positions=case.positions,
    )  # fmt: skip
    return Assessed(coverage, report, step_free)


def report_streets(
    study: Study, inputs: Inputs, streets: Streets, doubts: list[Fault]
) -> NetworkReport:
    """Report on the network alone: place the people, and walk for the circle's walker only."""
    case = case_of(study, inputs, streets, place(study, inputs, streets, doubts))
    return _network_report(case, _coverage(study, case, [case.walker]), doubts)


def _coverage(study: Study, case: Case, walkers: list[Walker]) -> Coverage:
    known = {w.name for w in walkers}
    by_group = {g: w for g, w in study.circle.walker_by_group.items() if w in known}
    return assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=walkers,
        minutes=case.minutes, walker_by_group=by_group, direction=case.direction,
        positions=case.positions,
    )  # fmt: skip


def _network_report(case: Case, coverage: Coverage, doubts: list[Fault]) -> NetworkReport:
    """Report on the streets for the circle's walker, and doubt what they cannot carry."""
    facilities = case.facilities
    report = report_network(
        case.paced, case.demand, case.areas, homes=case.homes, facilities=facilities,
        coverage=coverage, direction=case.direction, places=case.places,
    )  # fmt: skip
    lonely, dumb = report.facilities_no_street, report.completeness.withheld()
    if lonely:
        name_of = dict(zip(facilities.ids, facilities.names, strict=True))
        names = ", ".join(f"{f} {name_of[f]}" for f in lonely[:_NAMED])
        names += " …" if len(lonely) > _NAMED else ""
        values = {"count": len(lonely), "metres": f"{case.max_snap_m:g}", "names": names}
        doubts.append(Fault("streets.facilities_without_street", values))
    if dumb:
        values = {"count": len(dumb), "names": ", ".join(dumb)}
        doubts.append(Fault("streets.cannot_say", values))
    return report


def measure_all(
    study: Study, stage: Mapping[str, Any], case: Case, other: Demand | None
) -> Measured:
    """Count all that is counted beside coverage."""
    assessed: Assessed = stage["cover"]
    return measure(
        study, stage["inputs"], case, assessed.coverage, assessed.network_report.completeness,
        other=other,
    )  # fmt: skip


def find_all_gaps(study: Study, stage: Mapping[str, Any], case: Case) -> tuple[Gaps, ...]:
    """Find the gaps of every kind."""
    coverage, served = stage["cover"].coverage, stage["measures"].served
    return find_gaps(
        case, coverage, min_people=study.gaps.min_people, radius_m=study.gaps.radius_m,
        method=study.gaps.method, barriers=stage["streets"].barriers,
        unserved=_unserved(coverage, served), k=study.privacy.k,
    )  # fmt: skip


def _unserved(coverage: Coverage, served: Served) -> NDArray[np.float64]:
    """Return who is reached and finds no place, by kind of the coverage; ``nan`` where unknown."""
    people = np.full((len(coverage.kinds), served.unserved.shape[1]), np.nan)
    for row, kind in enumerate(served.kinds):
        if served.known[row]:
            people[coverage.kinds.index(kind)] = served.unserved[row]
    return people


def find_all_links(study: Study, stage: Mapping[str, Any], case: Case) -> MissingLinks | None:
    """Find the missing links worth most."""
    return seek_links(study, stage["streets"], case, stage["cover"].coverage, stage["gaps"])


def score_all(study: Study, stage: Mapping[str, Any], case: Case) -> Scorecard:
    """Hold the district's figures and its coverage against its targets."""
    assessed: Assessed = stage["cover"]
    judged = assessed.network_report.completeness
    return score_study(study, stage["inputs"], case, assessed.coverage, judged)


def sweep_all(study: Study, stage: Mapping[str, Any], case: Case, other: Demand | None) -> Sweep:
    """Count coverage as assumptions vary."""
    coverage = stage["cover"].coverage
    return sweep_study(study, stage["inputs"], case, coverage, other=other)


def draw_shapes(study: Study, case: Case) -> Shapes:
    """Draw the isochrones of every kind for the circle's walker."""
    facilities, places = case.facilities, case.places
    kinds = facilities.all_kinds()

    def draw(kind: str) -> NDArray[np.object_]:
        rows = facilities.rows_of(kind)
        return shapes_around(case, places.take_places(rows), facilities.xy_m[rows])

    # Unions of shapes run outside Python's lock; results come back in the order of the kinds.
    with ThreadPoolExecutor(max_workers=2) as pool:
        drawn = list(pool.map(draw, kinds))
    return Shapes((*kinds, ANY), study.circle.minutes, np.stack([*drawn, merge_shapes(drawn)]))


def answer_siting(
    study: Study,
    stage: Mapping[str, Any],
    case: Case,
    other: Callable[[], Demand | None],
    doubts: list[Fault],
    *,
    on_bound: OnPlan | None = None,
) -> tuple[PlanFinding, ...]:
    """Answer every siting question, and recount each answer by other means."""
    return tuple(
        answer_question(study, table, premises, stage, case, other, doubts, on_bound=on_bound)
        for table, premises in zip(study.siting, stage["inputs"].premises, strict=True)
    )


def lasts(result: object) -> bool:
    """Tell whether later runs may take up a stage's result: not if somebody cut it short."""
    found = result if isinstance(result, tuple) else ()
    plans = [each for each in found if isinstance(each, PlanFinding)]
    return not any(each.plan.interrupted or each.talk.interrupted for each in plans)


def findings_of(study: Study, stage: Mapping[str, Any], doubts: Iterable[Fault]) -> Findings:
    """Return all results together, as pages read them; of the doubts those that are no notes."""
    inputs, streets = stage["inputs"], stage["streets"]
    return Findings(
        study=study,
        areas=inputs.areas,
        network=streets.network,
        facilities=facilities_of(inputs, streets),
        demand=stage["demand"],
        coverage=stage["cover"].coverage,
        gaps=stage["gaps"],
        shapes=stage["shapes"],
        plans=stage["siting"],
        backdrop=streets.backdrop,
        sources=inputs.sources,
        streets_report=stage["cover"].network_report,
        step_free=stage["cover"].step_free,
        measured=stage["measures"],
        links=stage["links"],
        scorecard=stage["scorecard"],
        sweep=stage["sweep"],
        doubts=tuple(d for d in doubts if not d.is_note),
        uncounted=_uncounted(study, inputs),
    )


def _uncounted(study: Study, inputs: Inputs) -> Uncounted:
    held = inputs.residents.unknown.sum(axis=0).tolist()
    withheld = {g: int(n) for g, n in zip(inputs.residents.groups, held, strict=True) if n}
    shown = study.neighbours is not None and study.neighbours.count == "show"
    return Uncounted(
        inputs.set_aside, inputs.unlocated, withheld, inputs.neighbours if shown else None
    )


def load_findings(folder: Path) -> Findings:
    """Read the saved stages of a run back, all together.

    Parameters
    ----------
    folder
        The folder ``stages`` of a run.

    Raises
    ------
    ValueError
        If a file is broken, or holds something else.
    """
    kept = {name: _kept(folder / f"{name}.npz") for name in ("study", *STAGES)}
    stage = {name: kept[name].result for name in STAGES}
    doubts = [doubt for each in kept.values() for doubt in each.doubts]
    return findings_of(cast(Study, kept["study"].result), stage, doubts)


def _kept(path: Path) -> Kept:
    kept = load_stage(path)
    if not isinstance(kept, Kept):
        raise ValueError(f"{path.name}: holds no stage")
    return kept
