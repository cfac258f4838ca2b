"""What a planner's tables say: every file is tried, and all that is wrong comes together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, gathered, raise_if
from quarterhour.findings import Source
from quarterhour.inputs.areas import Areas, one_area, read_areas
from quarterhour.inputs.datum import Datum
from quarterhour.inputs.facilities import Facilities, join_facilities
from quarterhour.inputs.facilityfiles import read_facilities, read_neighbours
from quarterhour.inputs.indicators import Indicators, read_indicators
from quarterhour.inputs.names import alias_faults
from quarterhour.inputs.osmareas import areas_of_place
from quarterhour.inputs.osmplaces import read_osm_facilities
from quarterhour.inputs.populationgrid import PopulationGrid, read_population_grid
from quarterhour.inputs.premises import Premises, read_premises
from quarterhour.inputs.residents import Residents, read_residents
from quarterhour.inputs.tables import find_columns, numbers, read_sheet
from quarterhour.inputs.unlocated import Unlocated
from quarterhour.study import Study, fetched_areas_name
from quarterhour.studytables import DatumName

# Follow from areas that could not be read: no faults of the tables that name them.
_OF_AREAS = (
    "area.name_unknown", "area.name_unknown_near", "area.name_ambiguous",
    "input.area_without_people",
    "input.far_away", "input.all_far_away", "facility.elsewhere", "facility.outside",
    "facility.most_elsewhere",
)  # fmt: skip

# So many positions tell a file's datum.
_MOST_POINTS = 2000


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What the planner's tables say.

    Attributes
    ----------
    facilities
        Those that count at the study's date.
    ask_osm
        Which of them take their entrances from OpenStreetMap.
    set_aside
        Facilities that do not count yet, or no longer.
    unlocated
        Rows of facilities and premises that name no position.
    premises
        One per siting question.
    neighbours, indicators, grid
        ``None`` where the study names no such file.
    points
        Some positions of each file that gives any.
    """

    areas: Areas
    facilities: Facilities
    ask_osm: NDArray[np.bool_]
    set_aside: Facilities
    unlocated: tuple[Unlocated, ...]
    residents: Residents
    premises: tuple[Premises, ...]
    neighbours: Facilities | None
    indicators: Indicators | None
    grid: PopulationGrid | None
    points: tuple["PointFile", ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class PointFile:
    """Some positions that one file gives, evenly taken, and the datum they were read in."""

    file: str
    role: str
    datum: DatumName
    xy_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GatheredInputs:
    """What could be read of a study's tables, and all that is wrong.

    Attributes
    ----------
    areas
        The study's areas; a stand-in around its positions where they could not be read
        (``stands_in``); ``None`` where nothing says where the study is.
    facilities
        All of them, whether they count or not; ``None`` where a file of theirs failed.
    points
        Positions by file, for the test of datums and for the picture of a check.
    """

    areas: Areas | None
    stands_in: bool
    facilities: Facilities | None
    ask_osm: NDArray[np.bool_]
    unlocated: tuple[Unlocated, ...]
    residents: Residents | None
    premises: tuple[Premises | None, ...]
    neighbours: Facilities | None
    indicators: Indicators | None
    grid: PopulationGrid | None
    points: tuple[PointFile, ...]
    faults: tuple[Fault, ...]


def read_inputs(study: Study, doubts: list[Fault], *, sources: tuple[Source, ...] = ()) -> Inputs:
    """Read all tables of a study; faults of all files come together."""
    found = gather_inputs(study, doubts)
    raise_if(found.faults)
    return settle(study, found, doubts, sources=sources)


def settle(
    study: Study, found: GatheredInputs, doubts: list[Fault], *, sources: tuple[Source, ...] = ()
) -> Inputs:
    """Return tables without faults as a run takes them: what does not count set aside."""
    if found.areas is None or found.facilities is None or found.residents is None:
        raise AssertionError
    year = year_of(study)
    counts = found.facilities.counting(year)
    set_aside = found.facilities.take(~counts)
    if len(set_aside.ids):
        values = {"count": len(set_aside.ids), "year": year or "-", "ids": _some(set_aside.ids)}
        doubts.append(Fault("facility.set_aside", values))
    return Inputs(
        areas=found.areas, facilities=found.facilities.take(counts),
        ask_osm=found.ask_osm[counts], set_aside=set_aside, unlocated=found.unlocated,
        residents=found.residents, premises=tuple(p for p in found.premises if p is not None),
        neighbours=found.neighbours, indicators=found.indicators, grid=found.grid,
        points=found.points, sources=sources,
    )  # fmt: skip


def year_of(study: Study) -> int | None:
    """Return the year at which facilities count: that of the study's date."""
    said = re.match(r"\s*(\d{4})", study.study.date)
    return int(said[1]) if said else None


def gather_inputs(study: Study, doubts: list[Fault]) -> GatheredInputs:
    """Read every table that can be read, whatever is wrong with the others."""
    faults: list[Fault] = []
    areas: Areas | None = None
    with gathered(faults):
        areas = _areas(study, doubts)
    stands_in = areas is None
    if areas is None:
        areas = _stand_in(study)
    if areas is None:
        return GatheredInputs(
            None, True, None, np.zeros(0, bool), (), None, (), None, None, None, (), tuple(faults)
        )
    said: list[Fault] = []
    wrong = [] if stands_in else alias_faults(study.areas.aliases, areas.names, file="study.toml")
    reading = _Reading(study, areas, said, wrong)
    found = reading.all()
    if not stands_in:
        doubts += said
        return replace(found, faults=tuple(reading.faults))
    doubts += [d for d in said if d.key not in _OF_AREAS]
    more = [f for f in reading.faults if f.key not in _OF_AREAS]
    if not study.areas.file and more:
        faults = []  # of the residents' own positions: reading them again said it with their rows
    return replace(found, stands_in=True, faults=(*faults, *more))


class _Reading:
    """The tables of one study being read, one after the other."""

    def __init__(
        self, study: Study, areas: Areas, doubts: list[Fault], faults: list[Fault]
    ) -> None:
        self.study, self.areas, self.doubts, self.faults = study, areas, doubts, faults
        self.unlocated: list[Unlocated] = []
        self.points: list[PointFile] = []

    def all(self) -> GatheredInputs:
        """Read everything but the streets."""
        facilities, ask_osm = self.facilities()
        residents = self.residents()
        premises = self.premises()
        neighbours = self.neighbours()
        study, areas = self.study, self.areas
        indicators: Indicators | None = None
        grid: PopulationGrid | None = None
        if study.scorecard.file:
            with gathered(self.faults):
                indicators = read_indicators(
                    study.path(study.scorecard.file), areas, aliases=study.areas.aliases,
                    columns=study.scorecard.columns, doubts=self.doubts,
                )  # fmt: skip
        if study.residents.grid:
            with gathered(self.faults):
                grid = read_population_grid(
                    study.path(study.residents.grid), areas, datum=study.residents.grid_datum,
                    doubts=self.doubts,
                )  # fmt: skip
        return GatheredInputs(
            areas, False, facilities, ask_osm, tuple(self.unlocated), residents, premises,
            neighbours, indicators, grid, tuple(self.points), (),
        )  # fmt: skip

    def facilities(self) -> tuple[Facilities | None, NDArray[np.bool_]]:
        """Read facilities, and tell which ask OpenStreetMap for their entrances."""
        study, parts = self.study, list[Facilities]()
        asked: list[bool] = []
        whole = True
        for table in study.facilities:
            before = len(parts)
            with gathered(self.faults):
                if table.file:
                    parts.append(
                        read_facilities(
                            study.path(table.file), self.areas, kind=table.kind,
                            datum=table.datum, columns=table.columns,
                            aliases=study.areas.aliases, unlocated=self.unlocated,
                            doubts=self.doubts,
                        )
                    )  # fmt: skip
                    self._seen(table.file, "facilities", table.datum, parts[-1].xy_m)
                if table.osm:
                    parts.append(
                        read_osm_facilities(
                            study.path(study.streets.file), self.areas, kind=table.kind,
                            doubts=self.doubts,
                        )
                    )  # fmt: skip
            asked += [table.entrances == "osm"] * sum(len(p.ids) for p in parts[before:])
            whole &= len(parts) - before == bool(table.file) + table.osm
        if not whole or not parts:
            return None, np.zeros(0, bool)
        return join_facilities(parts, doubts=self.doubts), np.array(asked, bool)

    def residents(self) -> Residents | None:
        """Read the people."""
        study, table = self.study, self.study.residents
        with gathered(self.faults):
            found = read_residents(
                study.path(table.file), self.areas, by=table.by, datum=table.datum,
                groups=table.groups, columns=table.columns, aliases=study.areas.aliases,
                totals=table.totals, k=study.privacy.k, doubts=self.doubts,
            )  # fmt: skip
            if table.by in ("point", "grid"):
                self._seen(table.file, "residents", table.datum, found.xy_m)
            return found
        return None

    def premises(self) -> tuple[Premises | None, ...]:
        """Read the premises of each siting question."""
        found: list[Premises | None] = []
        for question in self.study.siting:
            found.append(None)
            with gathered(self.faults):
                read = read_premises(
                    self.study.path(question.candidates), self.areas, datum=question.datum,
                    columns=question.columns, unlocated=self.unlocated, doubts=self.doubts,
                )  # fmt: skip
                found[-1] = read
                self._seen(question.candidates, "premises", question.datum, read.xy_m)
        return tuple(found)

    def neighbours(self) -> Facilities | None:
        """Read the facilities of the districts around."""
        table = self.study.neighbours
        if table is None:
            return None
        with gathered(self.faults):
            found = read_neighbours(
                self.study.path(table.file), self.areas, kind=table.kind, datum=table.datum,
                columns=table.columns, unlocated=self.unlocated, doubts=self.doubts,
            )  # fmt: skip
            self._seen(table.file, "neighbours", table.datum, found.xy_m)
            return found
        return None

    def _seen(self, file: str, role: str, datum: DatumName, xy_m: NDArray[np.float64]) -> None:
        if not any(p.file == file for p in self.points):
            every = max(1, -(-len(xy_m) // _MOST_POINTS))
            self.points.append(PointFile(file, role, datum, xy_m[::every]))


def _areas(study: Study, doubts: list[Fault]) -> Areas:
    table = study.areas
    if table.file:
        return read_areas(
            study.path(table.file), crs=study.study.crs, datum=table.datum,
            name_column=table.name_column, doubts=doubts,
            outline=study.path(table.outline) if table.outline else None,
            outline_datum=table.outline_datum,
        )  # fmt: skip
    if table.place:
        streets = study.streets.file
        return areas_of_place(
            table.place, study.path(streets) if streets else None,
            fetched=fetched_areas_name(table.place), admin_level=table.admin_level,
            crs=study.study.crs, doubts=doubts,
        )  # fmt: skip
    if study.residents.by in ("area", "street"):
        raise InputError(Fault("input.residents_need_areas", file="study.toml"))
    lonlat = _degrees(study.path(study.residents.file), study.residents.datum)
    return one_area(study.study.name, lonlat, crs=study.study.crs)


def _stand_in(study: Study) -> Areas | None:
    """Return one area around the first file that gives positions, so that the rest can be read."""
    tables: Iterable[tuple[str, DatumName]] = (
        *((t.file, t.datum) for t in study.facilities if t.file),
        *((t.candidates, t.datum) for t in study.siting),
        (study.residents.file, study.residents.datum),
    )
    for file, datum in tables:
        try:
            lonlat = _degrees(study.path(file), datum)
            # A wrong row must not stretch the area over half the country.
            near = np.abs(lonlat - np.median(lonlat, axis=0)).max(axis=1) < 0.5
            return one_area(study.study.name, lonlat[near], crs=study.study.crs)
        except InputError:
            continue
    return None


def _degrees(path: Path, datum: DatumName) -> NDArray[np.float64]:
    """Return the WGS 84 degrees (n, 2) of a file's positions, for a first, rough plane."""
    sheet = read_sheet(path, datum=datum)
    if sheet.geometry is not None:
        return np.asarray(shapely.get_coordinates(sheet.geometry), np.float64)
    columns, faults = find_columns(sheet, ("lon", "lat"), required=("lon", "lat"))
    raise_if(faults)
    lon = numbers(sheet, columns["lon"], faults=faults, required=True)
    lat = numbers(sheet, columns["lat"], faults=faults, required=True)
    raise_if(faults)
    return np.column_stack(Datum(datum).to_wgs84(lon, lat))


def _some(names: tuple[str, ...]) -> str:
    """Return the first names of many."""
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
