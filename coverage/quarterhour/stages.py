"""The stages of a study as functions of its tables: what each one reads and what it hands on."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover import ANY, Coverage, Gaps, assess_cover, find_gaps
from quarterhour.cover.network_report import NetworkReport, report_network
from quarterhour.cover.positions import Positions
from quarterhour.cover.step_free import StepFreeReport, assess_step_free
from quarterhour.demand import Demand, place_residents
from quarterhour.errors import Fault
from quarterhour.findings import Findings, PlanFinding, Shapes, Uncounted
from quarterhour.inputs.facilities import Facilities
from quarterhour.inputs.premises import Premises
from quarterhour.inputs.tables import meaning
from quarterhour.intake import GatheredInputs, Inputs, Streets, facilities_of, walkers_of
from quarterhour.presets import Walker
from quarterhour.reach import (
    ReachTable,
    isochrones,
    join_pairs,
    merge_shapes,
    walking_times,
)
from quarterhour.siting import SitingProblem, check_plan, recommend, screen_premises
from quarterhour.stagefile import Kept, load_stage
from quarterhour.streets import (
    PacedNetwork,
    Snapped,
    WalkNetwork,
    snap,
    snap_facilities,
    walk_seconds,
)
from quarterhour.study import Study
from quarterhour.studytables import SitingTable

_NAMED = 12  # facilities that one message names
STAGES = (
    "inputs", "streets", "demand", "cover", "gaps", "measures", "links", "scorecard", "sweep",
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


def assess(
    study: Study, inputs: Inputs, streets: Streets, demand: Demand, doubts: list[Fault]
) -> Assessed:
    """Count who is inside each circle, and report on the network and on stairs."""
    facilities = facilities_of(inputs, streets)
    positions = Positions(facilities, demand, max_snap_m=study.streets.max_snap_m)
    coverage = _coverage(study, inputs, streets, demand, walkers_of(study), positions)
    report = _network_report(study, inputs, streets, demand, coverage, positions, doubts)
    step_free = assess_step_free(
        streets.network, facilities, demand, inputs.areas, walker=study.walker("step_free"),
        minutes=study.circle.minutes, direction=study.circle.direction, positions=positions,
    )  # fmt: skip
    return Assessed(coverage, report, step_free)


def report_streets(
    study: Study, inputs: Inputs, streets: Streets, doubts: list[Fault]
) -> NetworkReport:
    """Report on the network alone: place the people, and walk for the circle's walker only."""
    demand = place(study, inputs, streets, doubts)
    walker = study.walker(study.circle.walker)
    facilities = facilities_of(inputs, streets)
    positions = Positions(facilities, demand, max_snap_m=study.streets.max_snap_m)
    coverage = _coverage(study, inputs, streets, demand, [walker], positions)
    return _network_report(study, inputs, streets, demand, coverage, positions, doubts)


def _coverage(
    study: Study,
    inputs: Inputs,
    streets: Streets,
    demand: Demand,
    walkers: list[Walker],
    positions: Positions,
) -> Coverage:
    known = {w.name for w in walkers}
    by_group = {g: w for g, w in study.circle.walker_by_group.items() if w in known}
    return assess_cover(
        streets.network, facilities_of(inputs, streets), demand, inputs.areas, walkers=walkers,
        minutes=study.circle.minutes, walker_by_group=by_group,
        direction=study.circle.direction, positions=positions,
    )  # fmt: skip


def _network_report(
    study: Study,
    inputs: Inputs,
    streets: Streets,
    demand: Demand,
    coverage: Coverage,
    positions: Positions,
    doubts: list[Fault],
) -> NetworkReport:
    """Report on the streets for the circle's walker, and doubt what they cannot carry."""
    paced = walk_seconds(streets.network, study.walker(study.circle.walker))
    facilities, max_snap_m = facilities_of(inputs, streets), study.streets.max_snap_m
    places, homes = positions.of(paced)
    report = report_network(
        paced, demand, inputs.areas, homes=homes, facilities=facilities, coverage=coverage,
        direction=study.circle.direction, places=places,
    )  # fmt: skip
    lonely, dumb = report.facilities_no_street, report.completeness.withheld()
    if lonely:
        name_of = dict(zip(facilities.ids, facilities.names, strict=True))
        names = ", ".join(f"{f} {name_of[f]}" for f in lonely[:_NAMED])
        names += " …" if len(lonely) > _NAMED else ""
        values = {"count": len(lonely), "metres": f"{max_snap_m:g}", "names": names}
        doubts.append(Fault("streets.facilities_without_street", values))
    if dumb:
        values = {"count": len(dumb), "names": ", ".join(dumb)}
        doubts.append(Fault("streets.cannot_say", values))
    return report


def find_all_gaps(study: Study, stage: Mapping[str, Any]) -> tuple[Gaps, ...]:
    """Find the gaps of every kind."""
    inputs = stage["inputs"]
    return find_gaps(
        stage["streets"].network, facilities_of(inputs, stage["streets"]), stage["demand"],
        inputs.areas, stage["cover"].coverage, walker=study.walker(study.circle.walker),
        min_people=study.gaps.min_people, radius_m=study.gaps.radius_m,
        direction=study.circle.direction, max_snap_m=study.streets.max_snap_m,
    )  # fmt: skip


def draw_shapes(study: Study, inputs: Inputs, streets: Streets) -> Shapes:
    """Draw the isochrones of every kind for the circle's walker."""
    facilities = facilities_of(inputs, streets)
    kinds = facilities.all_kinds()
    paced = walk_seconds(streets.network, study.walker(study.circle.walker))
    places = snap_facilities(paced, facilities, max_snap_m=study.streets.max_snap_m)

    def draw(kind: str) -> NDArray[np.object_]:
        return _shapes(study, paced, places.take_places(facilities.rows_of(kind)))

    # Unions of shapes run outside Python's lock; results come back in the order of the kinds.
    with ThreadPoolExecutor(max_workers=2) as pool:
        drawn = list(pool.map(draw, kinds))
    return Shapes((*kinds, ANY), study.circle.minutes, np.stack([*drawn, merge_shapes(drawn)]))


def _shapes(study: Study, paced: PacedNetwork, places: Snapped) -> NDArray[np.object_]:
    circle = study.circle
    return isochrones(paced, places, minutes=circle.minutes, direction=circle.direction)


def answer_siting(study: Study, stage: Mapping[str, Any]) -> tuple[PlanFinding, ...]:
    """Answer every siting question, and recount each answer by other means."""
    return tuple(
        _answer(study, question, premises, stage)
        for question, premises in zip(study.siting, stage["inputs"].premises, strict=True)
    )


def _answer(
    study: Study, question: SitingTable, premises: Premises, stage: Mapping[str, Any]
) -> PlanFinding:
    inputs, network, demand = stage["inputs"], stage["streets"].network, stage["demand"]
    coverage: Coverage = stage["cover"].coverage
    walker = study.walker(study.circle.walker)
    limit_ms = walker.limit_ms(study.circle.minutes[-1])
    paced = walk_seconds(network, walker)
    max_snap_m = study.streets.max_snap_m
    screening = screen_premises(premises)
    candidates = screening.candidates
    places = snap(paced, candidates.xy_m, max_snap_m=max_snap_m, public_only=True)
    homes = demand.positions(paced, max_snap_m=max_snap_m)
    direction = study.circle.direction
    reach = walking_times(paced, places, homes, limit_ms=limit_ms, direction=direction)
    if not walker.steps:
        reach = _floored(study, network, demand, candidates.xy_m, reach)
    kind = _kind_of(question, inputs.facilities)
    weight = demand.people_of(demand.lead_group)
    already = (
        coverage.ms[coverage.kinds.index(kind), 0] <= limit_ms
        if kind in coverage.kinds
        else np.zeros(len(weight), bool)
    )
    problem = SitingProblem.from_reach(
        reach, candidate_ids=candidates.ids, weight=weight, already=already,
        n_sites=question.sites, kind=kind,
    )  # fmt: skip
    plan = recommend(problem, time_limit_s=question.time_limit_s)
    check_plan(plan, problem)
    chosen = candidates.premises_row[plan.chosen]
    planned = _shapes(study, paced, places.take_places(np.sort(plan.chosen)))
    if kind in coverage.kinds:
        planned = merge_shapes([stage["shapes"].of(kind), planned])
    covered = already.copy()
    for row in plan.chosen:
        covered[reach.indices[reach.indptr[row] : reach.indptr[row + 1]]] = True
    at = np.where(demand.area_index < 0, len(inputs.areas.names), demand.area_index)
    after: NDArray[np.float64] = np.bincount(
        at[covered], weight[covered], minlength=len(inputs.areas.names) + 1
    ).astype(np.float64)
    return PlanFinding(
        question, premises, screening, plan, chosen,
        Shapes((kind,), study.circle.minutes, planned[None]), after,
    )  # fmt: skip


def _floored(
    study: Study,
    network: WalkNetwork,
    demand: Demand,
    xy_m: NDArray[np.float64],
    reach: ReachTable,
) -> ReachTable:
    """Leave out the short cuts of homes beside closed stairs, as coverage does."""
    twin = walk_seconds(network, study.walker(study.circle.walker).on_stairs())
    max_snap_m = study.streets.max_snap_m
    places = snap(twin, xy_m, max_snap_m=max_snap_m, public_only=True)
    homes = demand.positions(twin, max_snap_m=max_snap_m)
    on_stairs = walking_times(
        twin, places, homes, limit_ms=reach.limit_ms, direction=study.circle.direction
    )
    return join_pairs(reach, on_stairs, how="longer")


def _kind_of(question: SitingTable, facilities: Facilities) -> str:
    return meaning(question.kind, "kind") or question.kind


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
        uncounted=_uncounted(inputs),
    )


def _uncounted(inputs: Inputs) -> Uncounted:
    held = inputs.residents.unknown.sum(axis=0).tolist()
    withheld = {g: int(n) for g, n in zip(inputs.residents.groups, held, strict=True) if n}
    return Uncounted(inputs.set_aside, inputs.unlocated, withheld)


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
