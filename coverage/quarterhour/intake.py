"""Intake: a study's files, read into objects.

*Inputs* are what the planner's tables say; *streets* are the walking network with what else the
street file holds. Nothing is computed from them here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, gathered
from quarterhour.findings import Backdrop, Source
from quarterhour.inputs.areas import Areas, one_area, read_areas
from quarterhour.inputs.buildings import Buildings
from quarterhour.inputs.datum import Datum
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import Facilities, join_facilities, read_facilities
from quarterhour.inputs.premises import Premises, read_premises
from quarterhour.inputs.residents import Residents, read_residents
from quarterhour.inputs.tables import find_columns, numbers, read_sheet
from quarterhour.osmfile import OsmExtract
from quarterhour.presets import Walker
from quarterhour.samebytes import digest_file
from quarterhour.streets import (
    WalkNetwork,
    grade_streets,
    osm_entrances,
    read_street_file,
    read_terrain,
)
from quarterhour.study import Study, fetched_name

_MARGIN_M = 300.0
# Parts of a shapefile, and of a raster: attributes, system, place.
_BESIDE = (".dbf", ".shx", ".prj", ".cpg", ".tfw", ".aux.xml")
_COMPARED = ("policy_walk", "policy_radius")


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What the planner's tables say.

    ``premises`` follows the siting questions; ``ask_osm`` tells which facilities take their
    entrances from OpenStreetMap.
    """

    areas: Areas
    facilities: Facilities
    residents: Residents
    premises: tuple[Premises, ...]
    sources: tuple[Source, ...]
    ask_osm: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """The walking network, and what else the street file holds."""

    network: WalkNetwork
    entrances: Entrances
    buildings: Buildings
    backdrop: Backdrop


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
            seen[file] = _source(study.path(file), file, role)
    return tuple(seen.values())


def _source(path: Path, file: str, role: str) -> Source:
    """Return a file with its digest; what lies beside it under its name is part of it."""
    parts = [path, *(p for p in map(path.with_suffix, _BESIDE) if p.is_file() and p != path)]
    digests = [digest_file(part) for part in parts]
    whole = digests[0] if len(parts) == 1 else sha256("".join(digests).encode()).hexdigest()
    return Source(file, role, sum(part.stat().st_size for part in parts), whole)


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
                    columns=question.columns, doubts=doubts,
                )
            )  # fmt: skip
    if faults or residents is None:
        raise InputError(faults)
    asked = [t.entrances == "osm" for t in study.facilities]
    ask_osm = np.repeat(np.array(asked, bool), [len(p.ids) for p in parts])
    return Inputs(areas, join_facilities(parts), residents, tuple(premises), sources, ask_osm)


def facilities_of(inputs: Inputs, streets: Streets) -> Facilities:
    """Return the facilities with their own entrances and those that OpenStreetMap knows."""
    own = inputs.facilities.entrances
    both = Entrances.join([(0, own), (0, streets.entrances)])
    order = np.argsort(both.facility, kind="stable")
    entrances = Entrances(both.facility[order], both.xy_m[order])
    return replace(inputs.facilities, entrances=entrances)


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
        place = study.streets.place
        values = {"place": place, "file": fetched_name(place)}
        raise InputError(Fault("study.place_not_fetched", values, file="study.toml"))
    needed = needed_buffer_m(study)
    buffer_m = needed if study.streets.buffer_m is None else study.streets.buffer_m
    if buffer_m < needed:
        values = {"buffer": f"{buffer_m:.0f}", "needed": f"{needed:.0f}"}
        raise InputError(Fault("streets.buffer_too_small", values, file="study.toml"))
    areas = inputs.areas
    found = read_street_file(
        study.path(study.streets.file), datum=study.streets.datum, columns=study.streets.columns,
        doubts=doubts,
    )  # fmt: skip
    west, south, east, north = shapely.total_bounds(areas.polygons)
    box = (west - buffer_m, south - buffer_m, east + buffer_m, north + buffer_m)
    network = found.network(areas.plane, private=study.streets.private, within_m=box)
    # A stored network keeps its grades, unless the study brings a terrain of its own.
    if found.stored is None or study.terrain is not None:
        network = _graded(study, network, areas, doubts)
    wanted = study.buildings.osm and study.residents.by == "area"
    buildings = Buildings.from_osm(found.extract, areas) if wanted else Buildings.none()
    if wanted and len(buildings.floor_m2) == 0:
        doubts.append(Fault("streets.no_buildings", file=Path(study.streets.file).name))
    shut = network.report.get("ways_dropped")
    ways = shut.get("private", 0) if isinstance(shut, Mapping) else 0
    if study.streets.private == "closed" and ways:
        metres = f"{study.streets.max_snap_m:g}"
        values = {"ways": f"{ways:,}", "metres": metres}
        doubts.append(Fault("streets.private_closed", values, file="study.toml"))
    asked = inputs.facilities.take(inputs.ask_osm)
    entrances = osm_entrances(found.extract, asked, areas.plane)
    row = np.flatnonzero(inputs.ask_osm).astype(np.int32)[entrances.facility]
    entrances = replace(entrances, facility=row)
    if len(asked.ids) and len(row) == 0:
        values = {"count": f"{len(asked.ids):,}"}
        doubts.append(Fault("streets.no_osm_entrances", values, Path(study.streets.file).name))
    return Streets(network, entrances, buildings, _backdrop(found.extract, areas, box))


def _graded(study: Study, network: WalkNetwork, areas: Areas, doubts: list[Fault]) -> WalkNetwork:
    """Give streets their grades, and say which file a doubt or fault about heights belongs to."""
    table, found = study.terrain, list[Fault]()
    terrain = None
    if table is not None:
        terrain = read_terrain(study.path(table.file), smooth_m=table.smooth_m, kind=table.kind)
    name = Path(table.file if table else study.streets.file).name
    try:
        network = grade_streets(network, terrain, inside=areas.outline(), doubts=found)
    except InputError as error:
        raise InputError([replace(f, file=name) for f in error.faults]) from None
    of_streets = ("streets.heights_all_equal", "streets.inclines_left_out")
    street_file = Path(study.streets.file).name
    doubts += [replace(f, file=street_file if f.key in of_streets else name) for f in found]
    return network


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
