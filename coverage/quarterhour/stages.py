"""The stages of a study as functions of its tables: what each one reads and what it hands on."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.cover import ANY, Coverage, Gaps, assess_cover, find_gaps
from quarterhour.demand import Buildings, Demand, place_residents
from quarterhour.errors import Fault, InputError, gathered
from quarterhour.findings import Backdrop, Findings, PlanFinding, Shapes, Source
from quarterhour.inputs.areas import Areas, one_area, read_areas
from quarterhour.inputs.datum import Datum
from quarterhour.inputs.facilities import Facilities, join_facilities, read_facilities
from quarterhour.inputs.premises import Premises, read_premises
from quarterhour.inputs.residents import Residents, read_residents
from quarterhour.inputs.tables import find_columns, meaning, numbers, read_sheet
from quarterhour.osmfile import OsmExtract, read_osm
from quarterhour.presets import Walker
from quarterhour.reach import isochrones, merge_shapes, nearest_times, walking_times
from quarterhour.samebytes import digest_file
from quarterhour.siting import SitingProblem, check_plan, recommend, screen_premises
from quarterhour.stagefile import load_stage
from quarterhour.streets import (
    PacedNetwork,
    WalkNetwork,
    build_network,
    drape,
    read_terrain,
    snap,
    walk_seconds,
)
from quarterhour.study import Study
from quarterhour.studytables import SitingTable

STAGES = ("inputs", "streets", "demand", "cover", "gaps", "shapes", "siting")
_MARGIN_M = 300.0
_COMPARED = ("policy_walk", "policy_radius")


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What the planner's tables say; ``premises`` follows the siting questions."""

    areas: Areas
    facilities: Facilities
    residents: Residents
    premises: tuple[Premises, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """The walking network, and what else the street file holds."""

    network: WalkNetwork
    buildings: Buildings
    backdrop: Backdrop


@dataclass(frozen=True, slots=True, eq=False)
class Assessed:
    """Coverage, and the network report that needs the people to be placed."""

    coverage: Coverage
    network_report: Mapping[str, object]


def sources_of(study: Study) -> tuple[Source, ...]:
    """Return every file the study reads, with its digest."""
    roles = [("areas", study.areas.file), ("streets", study.streets.file)]
    roles += [("terrain", study.terrain.file)] if study.terrain else []
    roles += [("residents", study.residents.file)]
    roles += [("facilities", t.file) for t in study.facilities]
    roles += [("premises", t.candidates) for t in study.siting]
    seen: dict[str, Source] = {}
    for role, file in roles:
        if file and file not in seen:
            path = study.path(file)
            seen[file] = Source(file, role, path.stat().st_size, digest_file(path))
    return tuple(seen.values())


def read_inputs(study: Study, doubts: list[Fault], *, sources: tuple[Source, ...] = ()) -> Inputs:
    """Read areas, facilities, residents and premises; faults of all files come together."""
    faults: list[Fault] = []
    areas = _areas(study, doubts)
    parts: list[Facilities] = []
    residents: Residents | None = None
    premises: list[Premises] = []
    for table in study.facilities:
        with gathered(faults):
            parts.append(
                read_facilities(
                    study.path(table.file), areas, kind=table.kind, datum=table.datum,
                    columns=table.columns, doubts=doubts,
                )
            )  # fmt: skip
    with gathered(faults):
        residents = read_residents(
            study.path(study.residents.file), areas, by=study.residents.by,
            datum=study.residents.datum, groups=study.residents.groups,
            columns=study.residents.columns, aliases=study.areas.aliases, doubts=doubts,
        )  # fmt: skip
    for question in study.siting:
        with gathered(faults):
            premises.append(
                read_premises(
                    study.path(question.candidates), areas, datum=question.datum,
                    columns=question.columns,
                )
            )  # fmt: skip
    if faults or residents is None:
        raise InputError(faults)
    return Inputs(areas, join_facilities(parts), residents, tuple(premises), sources)


def _areas(study: Study, doubts: list[Fault]) -> Areas:
    if study.areas.file:
        return read_areas(
            study.path(study.areas.file), crs=study.study.crs, datum=study.areas.datum,
            name_column=study.areas.name_column, doubts=doubts,
        )  # fmt: skip
    if study.residents.by in ("area", "street"):
        raise InputError(Fault("input.residents_need_areas", file="study.toml"))
    sheet = read_sheet(study.path(study.residents.file))
    # A first, rough plane around the residents' own positions; they are read again on it.
    if sheet.geometry is not None:
        lonlat = shapely.get_coordinates(sheet.geometry)
    else:
        columns, faults = find_columns(sheet, ("lon", "lat"), required=("lon", "lat"))
        if faults:
            raise InputError(faults)
        lon = numbers(sheet, columns["lon"], faults=faults, required=True)
        lat = numbers(sheet, columns["lat"], faults=faults, required=True)
        if faults:
            raise InputError(faults)
        lonlat = np.column_stack(Datum(study.residents.datum).to_wgs84(lon, lat))
    return one_area(study.study.name, lonlat, crs=study.study.crs)


def walkers_of(study: Study) -> list[Walker]:
    """Return the circle's walker, those of its groups, and those for comparison, each once."""
    circle = study.circle
    names = [circle.walker, *circle.walker_by_group.values(), *_COMPARED]
    return [study.walker(name) for name in dict.fromkeys(names)]


def needed_buffer_m(study: Study) -> float:
    """Return how far beyond the areas streets must reach: the farthest walk and a margin."""
    longest = max(study.circle.minutes)
    farthest = max(w.limit_ms(longest) / 1000.0 * w.flat_mps for w in walkers_of(study))
    return farthest + _MARGIN_M


def read_streets(study: Study, inputs: Inputs, doubts: list[Fault]) -> Streets:
    """Read streets (with buildings and backdrop) and drape them over the terrain."""
    if not study.streets.file:
        values = {"place": study.streets.place}
        raise InputError(Fault("study.place_not_fetched", values, file="study.toml"))
    needed = needed_buffer_m(study)
    buffer_m = needed if study.streets.buffer_m is None else study.streets.buffer_m
    if buffer_m < needed:
        values = {"buffer": f"{buffer_m:.0f}", "needed": f"{needed:.0f}"}
        raise InputError(Fault("streets.buffer_too_small", values, file="study.toml"))
    areas = inputs.areas
    extract = read_osm(study.path(study.streets.file))
    west, south, east, north = shapely.total_bounds(areas.polygons)
    box = (west - buffer_m, south - buffer_m, east + buffer_m, north + buffer_m)
    network = build_network(extract, areas.plane, private=study.streets.private, within_m=box)
    if study.terrain is not None:
        path = study.path(study.terrain.file)
        terrain = read_terrain(path, smooth_m=study.terrain.smooth_m)
        try:
            network = drape(network, terrain, inside=areas.outline())
        except InputError as error:
            raise InputError([replace(f, file=path.name) for f in error.faults]) from None
    wanted = study.buildings.osm and study.residents.by == "area"
    buildings = Buildings.from_osm(extract, areas) if wanted else Buildings.none()
    return Streets(network, buildings, _backdrop(extract, areas, box))


def _backdrop(
    extract: OsmExtract, areas: Areas, box: tuple[float, float, float, float]
) -> Backdrop:
    def inside(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        if len(shapes) == 0:
            return shapes
        projected = areas.plane.geometry_to_xy(shapes)
        near: NDArray[np.object_] = projected[shapely.intersects(projected, shapely.box(*box))]
        return near

    return Backdrop(inside(extract.water), inside(extract.rails))


def place(study: Study, inputs: Inputs, streets: Streets, doubts: list[Fault]) -> Demand:
    """Put the residents on the network."""
    return place_residents(
        inputs.residents, streets.network, inputs.areas, buildings=streets.buildings,
        place_on=study.residents.place_on, doubts=doubts,
    )  # fmt: skip


def assess(
    study: Study, inputs: Inputs, streets: Streets, demand: Demand, doubts: list[Fault]
) -> Assessed:
    """Count who is inside each circle, and report on the network."""
    coverage = assess_cover(
        streets.network, inputs.facilities, demand, inputs.areas, walkers=walkers_of(study),
        minutes=study.circle.minutes, walker_by_group=study.circle.walker_by_group,
        direction=study.circle.direction, max_snap_m=study.streets.max_snap_m,
    )  # fmt: skip
    report, lonely = _network_report(study, inputs, streets, demand)
    if lonely:
        names = ", ".join(
            f"{inputs.facilities.ids[f]} {inputs.facilities.names[f]}" for f in lonely
        )
        values = {"count": len(lonely), "metres": f"{study.streets.max_snap_m:g}", "names": names}
        doubts.append(Fault("streets.facilities_without_street", values))
    return Assessed(coverage, report)


def _network_report(
    study: Study, inputs: Inputs, streets: Streets, demand: Demand
) -> tuple[dict[str, object], list[int]]:
    """Return the figures of the network report, and the rows of facilities without a street."""
    network = streets.network
    paced = walk_seconds(network, study.walker(study.circle.walker))
    homes = demand.positions(paced, max_snap_m=study.streets.max_snap_m)
    places = snap(
        paced, inputs.facilities.xy_m, max_snap_m=study.streets.max_snap_m, public_only=True
    )
    lead = demand.people_of(demand.lead_group)
    on_island = homes.found & (paced.part[homes.edge] != paced.main_part)
    far = ~homes.found | (homes.access_dm > 500)
    lonely = np.flatnonzero(~places.found).tolist()
    usable = paced.part[paced.usable]
    length = network.edge_length_dm[paced.usable] / 10.0
    return {
        **network.report,
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "street_km": round(network.length_m / 1000.0, 3),
        "parts": len(np.unique(usable)),
        "main_part_share": round(float(length[usable == paced.main_part].sum() / length.sum()), 6),
        "people_on_islands": round(float(lead[on_island].sum()), 1),
        "people_no_street_150_m": round(float(lead[~homes.found].sum()), 1),
        "people_no_street_50_m": round(float(lead[far].sum()), 1),
        "facilities_no_street": [inputs.facilities.ids[f] for f in lonely],
        "homes": homes.report(),
        "facilities": places.report(),
    }, lonely


def find_all_gaps(study: Study, stage: Mapping[str, Any]) -> tuple[Gaps, ...]:
    """Find the gaps of every kind."""
    inputs = stage["inputs"]
    return find_gaps(
        stage["streets"].network, inputs.facilities, stage["demand"], inputs.areas,
        stage["cover"].coverage, walker=study.walker(study.circle.walker),
        min_people=study.gaps.min_people, radius_m=study.gaps.radius_m,
        direction=study.circle.direction, max_snap_m=study.streets.max_snap_m,
    )  # fmt: skip


def draw_shapes(study: Study, inputs: Inputs, streets: Streets) -> Shapes:
    """Draw the isochrones of every kind for the circle's walker."""
    kinds = inputs.facilities.all_kinds()
    paced = walk_seconds(streets.network, study.walker(study.circle.walker))

    def draw(kind: str) -> NDArray[np.object_]:
        rows = inputs.facilities.rows_of(kind)
        return _shapes(study, paced, inputs.facilities.xy_m[rows])

    # Unions of shapes run outside Python's lock; results come back in the order of the kinds.
    with ThreadPoolExecutor(max_workers=2) as pool:
        drawn = list(pool.map(draw, kinds))
    return Shapes((*kinds, ANY), study.circle.minutes, np.stack([*drawn, merge_shapes(drawn)]))


def _shapes(study: Study, paced: PacedNetwork, xy_m: NDArray[np.float64]) -> NDArray[np.object_]:
    places = snap(paced, xy_m, max_snap_m=study.streets.max_snap_m, public_only=True)
    nobody = places.take(np.zeros(0, np.int64))
    minutes, direction = study.circle.minutes, study.circle.direction
    limit_ms = paced.walker.limit_ms(minutes[-1])
    nearest = nearest_times(paced, places, nobody, limit_ms=limit_ms, direction=direction)
    return isochrones(paced, places, nearest, minutes=minutes, direction=direction)


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
    reach = walking_times(paced, places, homes, limit_ms=limit_ms, direction=study.circle.direction)
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
    planned = _shapes(study, paced, premises.xy_m[chosen])
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


def _kind_of(question: SitingTable, facilities: Facilities) -> str:
    return meaning(question.kind, "kind") or question.kind


def findings_of(study: Study, stage: Mapping[str, Any]) -> Findings:
    """Return all results together, as pages read them."""
    inputs, streets = stage["inputs"], stage["streets"]
    return Findings(
        study=study,
        areas=inputs.areas,
        network=streets.network,
        facilities=inputs.facilities,
        demand=stage["demand"],
        coverage=stage["cover"].coverage,
        gaps=stage["gaps"],
        shapes=stage["shapes"],
        plans=stage["siting"],
        backdrop=streets.backdrop,
        sources=inputs.sources,
        network_report=stage["cover"].network_report,
    )


def load_findings(folder: Path) -> Findings:
    """Read the saved stages of a run back, all together.

    Parameters
    ----------
    folder
        The folder ``stages`` of a run.
    """
    stage = {name: load_stage(folder / f"{name}.npz").result for name in STAGES}
    return findings_of(cast(Study, load_stage(folder / "study.npz")), stage)
