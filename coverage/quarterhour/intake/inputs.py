"""What a planner's tables say, as a run takes it and as a check finds it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.circles import only_for_circles
from quarterhour.cover.equity import zone_faults
from quarterhour.cover.scorecard.definitions import check_targets
from quarterhour.cover.services import unknown_together
from quarterhour.cover.supply.places import supply_doubts
from quarterhour.errors import Fault
from quarterhour.findings import Source
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import NEIGHBOUR, Facilities, with_neighbours
from quarterhour.inputs.hazards import Hazards
from quarterhour.inputs.indicators import Indicators
from quarterhour.inputs.populationgrid import PopulationGrid
from quarterhour.inputs.premises import Premises
from quarterhour.inputs.residents import Residents
from quarterhour.inputs.unlocated import Unlocated
from quarterhour.intake.names import unknown_names
from quarterhour.study import Study
from quarterhour.studytables import DatumName


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """What the planner's tables say.

    Attributes
    ----------
    facilities
        Those that count at the study's date, the neighbours' with them where the study says so.
    ask_osm
        Which of them take their entrances from OpenStreetMap.
    set_aside
        Facilities that do not count yet, or no longer.
    unlocated
        Rows of facilities and premises that name no position.
    premises
        One per siting question.
    neighbours, indicators, grid
        ``None`` where the study names no such file; of the neighbours those that count, without
        what only other circles count.
    hazards
        Layers of hazards that siting rules name, by file.
    points
        Some positions of each file that gives any.
    others
        Facilities that only other circles count: no elder care (see
        :mod:`~quarterhour.cover.circles`); ``None`` where there are none.
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
    hazards: Mapping[str, Hazards]
    points: tuple["PointFile", ...]
    sources: tuple[Source, ...]
    others: Facilities | None = None


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
    hazards: Mapping[str, Hazards]
    points: tuple[PointFile, ...]
    faults: tuple[Fault, ...]

    @classmethod
    def nothing(cls, faults: tuple[Fault, ...]) -> "GatheredInputs":
        """Return what is left where nothing says where the study is."""
        return cls(
            areas=None, stands_in=True, facilities=None, ask_osm=np.zeros(0, bool), unlocated=(),
            residents=None, premises=(), neighbours=None, indicators=None, grid=None, hazards={},
            points=(), faults=faults,
        )  # fmt: skip


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
        values = {"count": len(set_aside.ids), "year": year, "ids": _some(set_aside.ids)}
        key = "facility.set_aside" if year is not None else "facility.set_aside_undated"
        doubts.append(Fault(key, values))
    facilities, ask_osm = found.facilities.take(counts), found.ask_osm[counts]
    beside = only_for_circles(facilities, study)
    others = facilities.take(beside) if beside.any() else None
    doubts += supply_doubts(found.facilities, need=study.supply.need, turns=study.supply.turns)
    facilities, ask_osm = facilities.take(~beside), ask_osm[~beside]
    neighbours = None
    if found.neighbours is not None:
        around = found.neighbours.take(found.neighbours.counting(year))
        around = replace(around, origin=(NEIGHBOUR,) * len(around.ids))
        beside = only_for_circles(around, study)
        neighbours = around.take(~beside)
        if study.neighbours is not None and study.neighbours.count == "yes":
            facilities = with_neighbours(facilities, neighbours)
            if beside.any():
                more = around.take(beside)
                others = more if others is None else with_neighbours(others, more)
            ask_osm = np.concatenate([ask_osm, np.zeros(len(neighbours.ids), bool)])
    return Inputs(
        areas=found.areas, facilities=facilities, ask_osm=ask_osm, set_aside=set_aside,
        unlocated=found.unlocated,
        residents=found.residents, premises=tuple(p for p in found.premises if p is not None),
        neighbours=neighbours, indicators=found.indicators, grid=found.grid,
        hazards=found.hazards, points=found.points, sources=sources, others=others,
    )  # fmt: skip


def asked_faults(
    study: Study,
    areas: Areas | None,
    facilities: Facilities | None,
    *,
    residents: Residents | None = None,
    premises: tuple[Premises | None, ...] = (),
) -> tuple[Fault, ...]:
    """Find what the study asks for in words that its files do not know.

    Parameters
    ----------
    study
        What is asked.
    areas, facilities, residents, premises
        What was read; ``None`` for what could not be: nothing is said of it then.
    """
    faults: list[Fault] = []
    if areas is not None:
        faults += zone_faults(study.areas.zones, areas)
    if facilities is not None:
        faults += unknown_together(study.circle.together, facilities)
        faults += check_targets(study.scorecard.targets, kinds=facilities.all_kinds())
    faults += unknown_names(study.siting, premises, facilities, residents)
    return tuple(replace(fault, file="study.toml") for fault in faults)


def year_of(study: Study) -> int | None:
    """Return the year at which facilities count: that of the study's date."""
    said = re.match(r"\s*(\d{4})", study.study.date)
    return int(said[1]) if said else None


def _some(names: tuple[str, ...]) -> str:
    """Return the first names of many."""
    return ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
