"""Years: coverage as facilities opened and planned ones open, year by year.

A facility *counts* from a year on (:meth:`~quarterhour.inputs.facilities.Facilities.counting`): a
planned one from its year, any other from its year of opening, or in every year where nobody says
one. Files know no year of closing, so that a closed facility counts in no year, not even in those
in which it stood. Sets of facilities only grow with the years: a home is inside from the first year
of the facilities that it reaches, and one table of walks is enough for all years. People, streets
and the pace stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.inputs.facilities import ANY, Facilities
from quarterhour.reach.times import ReachTable, walking_times
from quarterhour.streets.doors import snap_facilities
from quarterhour.streets.walker import walk_seconds

_MOST_YEARS = 10


@dataclass(frozen=True, slots=True, eq=False)
class YearSeries:
    """People inside the circle by year; axes stand in the order of the names.

    Attributes
    ----------
    kinds, years, areas
        Kinds of facilities that ever count, then ``any``; years, ascending; names of areas, the
        last ``""``: outside all.
    group, minutes
        The lead group, and the longest limit.
    known_from
        Year of the study, at which its files say what works; ``None`` where it has no date.
        Earlier years are as far as years of opening are known, later ones as planned.
    residents
        People of the lead group (areas).
    within
        Of them, within the longest limit (kinds, years, areas).
    facilities, planned
        Facilities that count, and planned ones among them (kinds, years).
    year_unknown
        Facilities that count in every year because nobody says theirs (kinds).
    never
        Facilities that count in no year: closed ones, and planned ones without a year.
    """

    kinds: tuple[str, ...]
    years: tuple[int, ...]
    areas: tuple[str, ...]
    group: str
    minutes: int
    known_from: int | None
    residents: NDArray[np.float64]
    within: NDArray[np.float64]
    facilities: NDArray[np.int32]
    planned: NDArray[np.int32]
    year_unknown: NDArray[np.int32]
    never: int

    def share(self, kind: str = ANY) -> NDArray[np.float64]:
        """Return the share of all people inside by year; ``nan`` where nobody lives."""
        total = float(self.residents.sum())
        inside = self.within[self.kinds.index(kind)].sum(axis=1)
        return inside / total if total > 0 else np.full(len(self.years), np.nan)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, year and area; inside and outside add up to the residents."""
        rows = [
            pd.DataFrame(
                {
                    "kind": kind, "year": year, "area": self.areas, "residents": self.residents,
                    "within": self.within[k, y], "outside": self.residents - self.within[k, y],
                }
            )
            for k, kind in enumerate(self.kinds)
            for y, year in enumerate(self.years)
        ]  # fmt: skip
        return pd.concat(rows, ignore_index=True)


def series_by_year(
    case: Case, everything: Facilities, years: Sequence[int], *, known_from: int | None
) -> YearSeries | None:
    """Count the people inside the circle in each year.

    Parameters
    ----------
    case
        The circle; its own facilities are not read.
    everything
        Facilities that count at the study's date, and those set aside (planned, closed).
    years
        Years of the study; where there are none, those in which the set changes and the study's
        own, the last ten of them.
    known_from
        Year of the study, or ``None``.

    Returns
    -------
    YearSeries or None
        ``None`` where no facility has a year and none is planned, or there is no year to show.
    """
    state = np.array(everything.state, object)
    planned, first = state == "planned", first_years(everything)
    shown = _shown_years(first, years, known_from)
    if not (planned.any() or np.isfinite(first).any()) or not shown:
        return None
    ever = np.flatnonzero(first < np.inf)
    some, since = everything.take(ever), first[ever]
    kinds = (*some.all_kinds(), ANY)
    opens = _first_reached(case, some, since)
    counting, of_plan = (np.zeros((len(kinds), len(shown)), np.int32) for _ in range(2))
    unknown = np.zeros(len(kinds), np.int32)
    for k, kind in enumerate(kinds):
        rows = some.rows_of(kind)
        there = since[rows][:, None] <= np.array(shown)
        counting[k], unknown[k] = there.sum(axis=0), np.isneginf(since[rows]).sum()
        of_plan[k] = (there & planned[ever[rows]][:, None]).sum(axis=0)
    lead = case.demand.people_of(case.demand.lead_group)
    return YearSeries(
        kinds, shown, (*case.areas.names, ""), case.demand.lead_group, case.minutes[-1],
        known_from, case.by_area(lead), np.stack([_by_year(case, row, lead, shown)
                                                  for row in opens]),
        counting, of_plan, unknown, len(first) - len(ever),
    )  # fmt: skip


def first_years(facilities: Facilities) -> NDArray[np.float64]:
    """Return the first year in which each facility counts: ``-inf`` always, ``inf`` never."""
    state, known = np.array(facilities.state, object), np.isfinite(facilities.year)
    without = np.where(state == "planned", np.inf, -np.inf)
    return np.where(state == "closed", np.inf, np.where(known, facilities.year, without))


def _shown_years(
    first: NDArray[np.float64], years: Sequence[int], known_from: int | None
) -> tuple[int, ...]:
    if years:
        return tuple(int(y) for y in np.unique(np.array(years, np.int64)))
    changes = np.ceil(first[np.isfinite(first)])
    own = [] if known_from is None else [float(known_from)]
    every = np.unique(np.concatenate([changes, own]))
    return tuple(int(y) for y in every[-_MOST_YEARS:])


def _tables(case: Case, facilities: Facilities) -> tuple[ReachTable, ...]:
    """Return walks within the longest limit: one table, or two that must both hold.

    A step-free home is inside where it is inside on stairs too, as in coverage.
    """
    if case.walker.straight:
        return (case.having(facilities=facilities).reach,)
    walkers = (case.walker,) if case.walker.steps else (case.walker, case.walker.on_stairs())
    found = []
    for walker in walkers:
        paced = case.paced if walker is case.walker else walk_seconds(case.network, walker)
        places = snap_facilities(paced, facilities, max_snap_m=case.max_snap_m)
        homes = case.positions.of(paced)[1]
        found.append(
            walking_times(paced, places, homes, limit_ms=case.limit_ms, direction=case.direction)
        )
    return tuple(found)


def _first_reached(
    case: Case, facilities: Facilities, since: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the first year in which each home is inside (kinds and ``any``, homes)."""
    kinds, n = facilities.all_kinds(), len(case.at)
    row = np.array([kinds.index(kind) for kind in facilities.kinds], np.int64)
    out = np.full((len(kinds) + 1, n), -np.inf)
    for table in _tables(case, facilities):
        found = np.full(len(kinds) * n, np.inf)
        source = table.sources()
        np.minimum.at(found, row[source] * n + table.indices, since[source])
        by_kind = found.reshape(len(kinds), n)
        nearest = by_kind.min(axis=0, initial=np.inf)
        out = np.maximum(out, np.vstack([by_kind, nearest[None]]))
    return out


def _by_year(
    case: Case, opens: NDArray[np.float64], people: NDArray[np.float64], years: tuple[int, ...]
) -> NDArray[np.float64]:
    """Return people inside by year and area (years, areas)."""
    n = len(years)
    step = np.searchsorted(np.array(years, np.float64), opens)
    cells = np.bincount(step * case.n_areas + case.at, people, minlength=(n + 1) * case.n_areas)
    by_step = cells.reshape(n + 1, case.n_areas)[:n]
    return np.cumsum(by_step, axis=0)
