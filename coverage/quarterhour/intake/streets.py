"""The walking network of a study, with what else its street file holds."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.findings import Backdrop
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.buildings import Buildings, read_buildings
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import Facilities
from quarterhour.intake.inputs import GatheredInputs, Inputs, PointFile
from quarterhour.osmfile import OsmExtract
from quarterhour.presets import Walker
from quarterhour.streets import (
    Barriers,
    WalkNetwork,
    grade_streets,
    osm_entrances,
    read_street_file,
    read_terrain,
)
from quarterhour.streets.datums import compare_datums, datum_doubt
from quarterhour.study import Study, fetched_name

_MARGIN_M = 300.0
# So long are the times that are told of those beyond the limit.
_TOLD_MIN = 60.0
_COMPARED = ("policy_walk", "policy_radius")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Streets:
    """The walking network, and what else the street file holds."""

    network: WalkNetwork
    entrances: Entrances
    buildings: Buildings
    backdrop: Backdrop
    barriers: Barriers


def facilities_of(inputs: Inputs, streets: Streets) -> Facilities:
    """Return the facilities with their own entrances and those that OpenStreetMap knows."""
    own = inputs.facilities.entrances
    both = Entrances.join([(0, own), (0, streets.entrances)])
    order = np.argsort(both.facility, kind="stable")
    entrances = Entrances(both.facility[order], both.xy_m[order])
    return replace(inputs.facilities, entrances=entrances)


def walkers_of(study: Study) -> list[Walker]:
    """Return the circle's walker, those of its groups, and those for comparison, each once."""
    circle = study.circle
    names = [circle.walker, *circle.walker_by_group.values(), *_COMPARED]
    return [study.walker(name) for name in dict.fromkeys(names)]


def needed_buffer_m(study: Study, *, outside_m: float = 0.0) -> float:
    """Return how far beyond the areas streets must reach: the farthest walk and a margin.

    Other circles and the sweep walk farther than the circle: its speeds for the circle's minutes,
    and the circle's walker for its minutes. Walkers without stairs are reported on as well.

    A vehicle's range is long, and half of it is enough where homes and facilities lie within the
    areas: on a way of length L between two places within a box, every place is within L / 2 of one
    of them, and so of the box. Where one end lies d outside, it is (L + d) / 2. The facilities of
    districts around may lie as far out as the range.

    The times of those beyond the limit are told up to an hour. Where the study does not say how far
    its streets reach, they reach half of that walk at least.

    Parameters
    ----------
    study
        What is asked.
    outside_m
        How far outside the areas' box the farthest home and the farthest facility lie, together.
    """
    longest, sweep, circle = max(study.circle.minutes), study.sweep, study.circle
    walker = study.walker(circle.walker)
    walks = [(w, longest) for w in (*walkers_of(study), study.walker("step_free"))]
    walks += [(walker, minutes) for minutes in sweep.minutes]
    if not walker.counts_metres:
        walks += [(replace(walker, flat_mps=speed), longest) for speed in sweep.speeds]
    walks += [(study.walker(c.walker or circle.walker), max(c.minutes)) for c in study.circles]
    foreign = study.neighbours is not None and study.neighbours.count == "yes"
    told_m = walker.limit_ms(_TOLD_MIN) / 1000.0 * walker.flat_mps / 2.0
    most = told_m if study.streets.buffer_m is None else 0.0
    for who, minutes in walks:
        range_m = who.limit_ms(minutes) / 1000.0 * who.flat_mps
        inside = who.ways == "vehicle" and not foreign
        most = max(most, min(range_m, (range_m + outside_m) / 2.0) if inside else range_m)
    return most + _MARGIN_M


def _outside_m(inputs: Inputs | GatheredInputs, box: Box) -> float:
    """Return how far outside a box the farthest home and the farthest facility lie, together."""
    homes = [] if inputs.residents is None else [inputs.residents.xy_m]
    others = inputs.others if isinstance(inputs, Inputs) else None
    places = [f.xy_m for f in (inputs.facilities, others) if f is not None]
    return _farthest_m(homes, box) + _farthest_m(places, box)


def _farthest_m(parts: list[NDArray[np.float64]], box: Box) -> float:
    xy = np.concatenate([np.zeros((0, 2)), *parts])
    beyond = np.maximum(np.maximum(np.array(box[:2]) - xy, xy - np.array(box[2:])), 0.0)
    return float(np.nan_to_num(np.hypot(*beyond.T)).max(initial=0.0))


def street_path(study: Study) -> Path:
    """Return the study's street file.

    Raises
    ------
    InputError
        If it names a place whose streets are still to be fetched.
    """
    place = study.streets.place
    if not study.streets.file:
        values = {"place": place, "file": fetched_name(place)}
        raise InputError(Fault("study.place_not_fetched", values, file="study.toml"))
    return study.path(study.streets.file)


def read_streets(study: Study, inputs: Inputs | GatheredInputs, doubts: list[Fault]) -> Streets:
    """Read streets (with buildings and backdrop) and drape them over the terrain."""
    areas = inputs.areas
    if areas is None:
        raise AssertionError
    path = street_path(study)
    west, south, east, north = shapely.total_bounds(areas.polygons)
    needed = needed_buffer_m(study, outside_m=_outside_m(inputs, (west, south, east, north)))
    buffer_m = needed if study.streets.buffer_m is None else study.streets.buffer_m
    if buffer_m < needed:
        values = {"buffer": f"{buffer_m:.0f}", "needed": f"{needed:.0f}"}
        raise InputError(Fault("streets.buffer_too_small", values, file="study.toml"))
    found = read_street_file(
        path, datum=study.streets.datum, columns=study.streets.columns,
        doubts=doubts,
    )  # fmt: skip
    box = (west - buffer_m, south - buffer_m, east + buffer_m, north + buffer_m)
    network = found.network(areas.plane, private=study.streets.private, within_m=box)
    # A stored network keeps its grades, unless the study brings a terrain of its own.
    if found.stored is None or study.terrain is not None:
        network = _graded(study, network, areas, doubts)
    buildings = _buildings(study, found.extract, areas, doubts)
    shut = network.report.get("ways_dropped")
    ways = shut.get("private", 0) if isinstance(shut, Mapping) else 0
    if study.streets.private == "closed" and ways:
        metres = f"{study.streets.max_snap_m:g}"
        values = {"ways": f"{ways:,}", "metres": metres}
        doubts.append(Fault("streets.private_closed", values, file="study.toml"))
    entrances = _entrances(study, inputs, found.extract, areas, doubts)
    doubts += filter(None, (_datum_doubt(points, areas, network) for points in inputs.points))
    barriers = Barriers.from_osm(found.extract, areas.plane, box)
    if found.stored is not None:
        barriers = Barriers.of_network(network)
    return Streets(network, entrances, buildings, _backdrop(found.extract, areas, box), barriers)


def _buildings(study: Study, extract: OsmExtract, areas: Areas, doubts: list[Fault]) -> Buildings:
    """Read the buildings that people by area stand on: the study's file, else those of OSM."""
    table = study.buildings
    if study.residents.by != "area":
        return Buildings.none()
    if table.file:
        return read_buildings(
            study.path(table.file), areas, datum=table.datum, levels_column=table.levels_column,
            use_column=table.use_column, doubts=doubts,
        )  # fmt: skip
    buildings = Buildings.from_osm(extract, areas) if table.osm else Buildings.none()
    if table.osm and len(buildings.floor_m2) == 0:
        doubts.append(Fault("streets.no_buildings", file=Path(study.streets.file).name))
    return buildings


def _entrances(
    study: Study,
    inputs: Inputs | GatheredInputs,
    extract: OsmExtract,
    areas: Areas,
    doubts: list[Fault],
) -> Entrances:
    """Find the doors and gates of OpenStreetMap for the facilities that ask for them."""
    if inputs.facilities is None or not inputs.ask_osm.any():
        return Entrances.none()
    asked = inputs.facilities.take(inputs.ask_osm)
    entrances = osm_entrances(extract, asked, areas.plane)
    row = np.flatnonzero(inputs.ask_osm).astype(np.int32)[entrances.facility]
    if len(row) == 0:
        values = {"count": f"{len(asked.ids):,}"}
        doubts.append(Fault("streets.no_osm_entrances", values, Path(study.streets.file).name))
    return replace(entrances, facility=row)


def _datum_doubt(points: PointFile, areas: Areas, network: WalkNetwork) -> Fault | None:
    """Doubt the datum that a file is said to be in, where the streets speak for another."""
    xy_m = points.xy_m[np.isfinite(points.xy_m).all(axis=1)]
    return datum_doubt(compare_datums(xy_m, points.datum, network), Path(points.file).name)


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
