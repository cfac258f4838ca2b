"""Reading the tables of a study: every file is tried, and all that is wrong comes together."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, gathered, raise_if
from quarterhour.findings import Source
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import Facilities, join_facilities
from quarterhour.inputs.facilityfiles import read_facilities, read_neighbours
from quarterhour.inputs.hazards import Hazards, read_hazards
from quarterhour.inputs.indicators import Indicators, read_indicators
from quarterhour.inputs.names import alias_faults
from quarterhour.inputs.osmplaces import read_osm_facilities
from quarterhour.inputs.populationgrid import PopulationGrid, read_population_grid
from quarterhour.inputs.premises import Premises, no_premises, read_premises
from quarterhour.inputs.residents import Residents, read_residents
from quarterhour.inputs.tables import read_sheet
from quarterhour.inputs.unlocated import Unlocated
from quarterhour.intake.inputs import (
    GatheredInputs,
    Inputs,
    PointFile,
    asked_faults,
    settle,
)
from quarterhour.intake.whereabouts import areas_of, names_areas, stand_in
from quarterhour.study import Study
from quarterhour.studytables import DatumName

# Follow from areas that are not the study's own: no faults of the tables that name them.
_OF_NAMES = (
    "area.name_unknown", "area.name_unknown_near", "area.name_ambiguous",
    "input.area_without_people",
)  # fmt: skip
_OF_PLACES = (
    "input.far_away", "input.all_far_away", "facility.elsewhere", "facility.outside",
    "facility.most_elsewhere",
)  # fmt: skip

# So many positions tell a file's datum.
_MOST_POINTS = 2000


def read_inputs(study: Study, doubts: list[Fault], *, sources: tuple[Source, ...] = ()) -> Inputs:
    """Read all tables of a study; faults of all files come together."""
    found = gather_inputs(study, doubts)
    raise_if(found.faults)
    return settle(study, found, doubts, sources=sources)


def gather_inputs(study: Study, doubts: list[Fault]) -> GatheredInputs:
    """Read every table that can be read, whatever is wrong with the others."""
    faults: list[Fault] = []
    areas: Areas | None = None
    with gathered(faults):
        areas = areas_of(study, doubts)
    if areas is None:
        return _without_areas(study, doubts, faults)
    said: list[Fault] = []
    reading = _Reading(study, areas, said)
    if names_areas(study):
        reading.faults += alias_faults(study.areas.aliases, areas.names, file="study.toml")
    found = reading.all()
    doubts += said if names_areas(study) else _but(said, _OF_NAMES)
    asked = asked_faults(
        study, areas, found.facilities, residents=found.residents, premises=found.premises
    )
    return replace(found, faults=(*found.faults, *asked))


def _without_areas(study: Study, doubts: list[Fault], faults: list[Fault]) -> GatheredInputs:
    """Read the tables of a study whose areas failed, as far as that can be done."""
    areas, more = stand_in(study), list[Fault]()
    if areas is None:
        # Whether a file opens and holds a table can be said all the same.
        for file, datum in _tables(study):
            with gathered(more):
                read_sheet(study.path(file), datum=datum, doubts=doubts)
        return GatheredInputs.nothing((*faults, *(f for f in more if f not in faults)))
    said: list[Fault] = []
    found = _Reading(study, areas, said).all()
    doubts += _but(said, (*_OF_NAMES, *_OF_PLACES))
    more = _but(found.faults, (*_OF_NAMES, *_OF_PLACES))
    if more and not names_areas(study):
        faults = []  # of the residents' own positions: reading them again said it with their rows
    asked = asked_faults(
        study, None, found.facilities, residents=found.residents, premises=found.premises
    )
    return replace(found, stands_in=True, faults=(*faults, *more, *asked))


def _but(faults: Iterable[Fault], keys: Sequence[str]) -> list[Fault]:
    return [fault for fault in faults if fault.key not in keys]


def _tables(study: Study) -> Iterator[tuple[str, DatumName]]:
    """Yield file and datum of each table of a study."""
    yield study.residents.file, study.residents.datum
    for table in study.facilities:
        if table.file:
            yield table.file, table.datum
    if study.neighbours is not None:
        yield study.neighbours.file, study.neighbours.datum
    for question in study.siting:
        if question.candidates:
            yield question.candidates, question.datum
    if study.scorecard.file:
        yield study.scorecard.file, "wgs84"


class _Reading:
    """The tables of one study being read, one after the other."""

    def __init__(self, study: Study, areas: Areas, doubts: list[Fault]) -> None:
        self.study, self.areas, self.doubts = study, areas, doubts
        self.faults: list[Fault] = []
        self.unlocated: list[Unlocated] = []
        self.points: list[PointFile] = []

    def all(self) -> GatheredInputs:
        """Read everything but the streets."""
        facilities, ask_osm = self.facilities()
        residents, premises = self.residents(), self.premises()
        neighbours, indicators, grid = self.neighbours(), self.indicators(), self.grid()
        return GatheredInputs(
            areas=self.areas, stands_in=False, facilities=facilities, ask_osm=ask_osm,
            unlocated=tuple(self.unlocated), residents=residents, premises=premises,
            neighbours=neighbours, indicators=indicators, grid=grid, hazards=self.hazards(),
            points=tuple(self.points), faults=tuple(self.faults),
        )  # fmt: skip

    @contextmanager
    def _places(self, file: str) -> Iterator[list[Unlocated]]:
        """Gather the faults of a file of places, and its rows without a position.

        Two files may have one name in two folders: rows are told apart by the path in the study.
        """
        rows: list[Unlocated] = []
        with gathered(self.faults):
            yield rows
        self.unlocated += [replace(row, file=file) for row in rows]

    def facilities(self) -> tuple[Facilities | None, NDArray[np.bool_]]:
        """Read facilities, and tell which ask OpenStreetMap for their entrances."""
        study, parts, asked = self.study, list[Facilities](), list[bool]()
        wanted = 0
        for table in study.facilities:
            before = len(parts)
            if table.file:
                wanted += 1
                with self._places(table.file) as rows:
                    found = read_facilities(
                        study.path(table.file), self.areas, kind=table.kind, datum=table.datum,
                        columns=table.columns, aliases=study.areas.aliases, unlocated=rows,
                        doubts=self.doubts,
                    )  # fmt: skip
                    self._seen(table.file, "facilities", table.datum, found.xy_m)
                    parts.append(found)
            if table.osm:
                wanted += 1
                with gathered(self.faults):
                    path = study.path(study.streets.file)
                    parts.append(
                        read_osm_facilities(path, self.areas, kind=table.kind, doubts=self.doubts)
                    )
            asked += [table.entrances == "osm"] * sum(len(p.ids) for p in parts[before:])
        if len(parts) < wanted or not parts:
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
            found.append(None if question.candidates else no_premises())
            if not question.candidates:
                continue
            with self._places(question.candidates) as rows:
                read = read_premises(
                    self.study.path(question.candidates), self.areas, datum=question.datum,
                    columns=question.columns, unlocated=rows, doubts=self.doubts,
                )  # fmt: skip
                found[-1] = read
                self._seen(question.candidates, "premises", question.datum, read.xy_m)
        return tuple(found)

    def hazards(self) -> dict[str, Hazards]:
        """Read the layers of hazards that siting rules name, by file."""
        found: dict[str, Hazards] = {}
        for question in self.study.siting:
            for rule in question.rule:
                if not rule.hazard or rule.hazard in found:
                    continue
                with gathered(self.faults):
                    found[rule.hazard] = read_hazards(
                        self.study.path(rule.hazard), self.areas, datum=rule.hazard_datum,
                        doubts=self.doubts,
                    )  # fmt: skip
        return found

    def neighbours(self) -> Facilities | None:
        """Read the facilities of the districts around."""
        table = self.study.neighbours
        if table is None:
            return None
        with self._places(table.file) as rows:
            found = read_neighbours(
                self.study.path(table.file), self.areas, kind=table.kind, datum=table.datum,
                columns=table.columns, unlocated=rows, doubts=self.doubts,
            )  # fmt: skip
            self._seen(table.file, "neighbours", table.datum, found.xy_m)
            return found
        return None

    def indicators(self) -> Indicators | None:
        """Read the district's figures by area."""
        table = self.study.scorecard
        if not table.file:
            return None
        with gathered(self.faults):
            return read_indicators(
                self.study.path(table.file), self.areas, aliases=self.study.areas.aliases,
                columns=table.columns, doubts=self.doubts,
            )  # fmt: skip
        return None

    def grid(self) -> PopulationGrid | None:
        """Read the population grid."""
        table = self.study.residents
        if not table.grid:
            return None
        with gathered(self.faults):
            return read_population_grid(
                self.study.path(table.grid), self.areas, datum=table.grid_datum,
                doubts=self.doubts,
            )  # fmt: skip
        return None

    def _seen(self, file: str, role: str, datum: DatumName, xy_m: NDArray[np.float64]) -> None:
        if not any(p.file == file for p in self.points):
            every = max(1, -(-len(xy_m) // _MOST_POINTS))
            self.points.append(PointFile(file, role, datum, xy_m[::every]))
