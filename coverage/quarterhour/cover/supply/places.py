"""Supply: capacity per 1,000 elders, and places in reach of each home.

A *place* is what one person takes up: a bed or a seat, times the *turns* it is used a day. The
*administrative* figure divides the places that stand in an area by the elders who live there; the
*access* of a home looks past borders (:mod:`~quarterhour.cover.supply.ratio`). A facility of
unknown capacity is left out and counted; who reaches no other has an unknown access, not one of 0.
The places of the neighbours' facilities are in reach where the study counts them, but no
administrative figure holds them: they are made for other elders too.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.cover.quantiles import median_of, medians
from quarterhour.cover.quotients import over
from quarterhour.cover.supply.ratio import sum_at, supply_ratio, zone_weights
from quarterhour.errors import Fault
from quarterhour.inputs.columns import meaning
from quarterhour.inputs.facilities import NEIGHBOUR, Facilities
from quarterhour.reach.times import ReachTable


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Places by kind and area; rows by area end with the one outside all areas.

    Attributes
    ----------
    kinds
        Kinds of facilities, without ``any``: beds and seats do not add up.
    areas
        Names of areas; the last is ``""``.
    group
        The lead group; ``elders`` are its people.
    minutes, weights
        Zones of the floating catchments, and their weights.
    need, turns
        Share of the lead group that asks for a place, and people per place a day, by kind.
    elders
        People of the lead group (areas).
    facilities, unknown
        The district's own facilities, and those of unknown capacity (kinds, areas).
    places
        Known places (kinds, areas): 0 where no facility stands, ``nan`` where none of those that
        stand says its capacity.
    access
        Places in reach per 1,000 elders (kinds, points): as in ``SupplyRatio``; ``nan``
        everywhere for a kind without any known capacity.
    mean, median
        Of ``access`` over the elders for whom it is known (kinds, areas + 1): the last is that of
        all areas together; ``nan`` where there is nobody.
    people
        Elders with places in reach, with none, and with an unknown access (kinds, 3, areas): they
        add up to ``elders``.
    """

    kinds: tuple[str, ...]
    areas: tuple[str, ...]
    group: str
    minutes: tuple[int, ...]
    weights: tuple[float, ...]
    need: tuple[float, ...]
    turns: tuple[float, ...]
    elders: NDArray[np.float64]
    facilities: NDArray[np.int64]
    unknown: NDArray[np.int64]
    places: NDArray[np.float64]
    access: NDArray[np.float64]
    mean: NDArray[np.float64]
    median: NDArray[np.float64]
    people: NDArray[np.float64]

    def total_places(self, kind: str) -> float:
        """Return the known places of a kind; ``nan`` where there is none that is known."""
        k = self.kinds.index(kind)
        some, unsaid = self.facilities[k].sum(), self.unknown[k].sum()
        return float("nan") if some and some == unsaid else float(np.nansum(self.places[k]))

    def per_1000(self, kind: str) -> NDArray[np.float64]:
        """Return known places per 1,000 elders by area, the last: of all areas together.

        ``nan`` where nobody lives, or where no capacity is known.
        """
        places = np.append(self.places[self.kinds.index(kind)], self.total_places(kind))
        elders = np.append(self.elders, self.elders.sum())
        return over(1000.0 * places, elders, np.nan)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind and area; the last three counts add up to the elders."""
        rows = []
        for k, kind in enumerate(self.kinds):
            frame = pd.DataFrame({"kind": kind, "area": self.areas, "elders": self.elders})
            rows.append(frame.assign(
                facilities=self.facilities[k], unknown=self.unknown[k], places=self.places[k],
                per_1000=self.per_1000(kind)[:-1], access_mean=self.mean[k, :-1],
                access_median=self.median[k, :-1], with_places=self.people[k, 0],
                without_places=self.people[k, 1], access_unknown=self.people[k, 2],
            ))  # fmt: skip
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def measure_supply(case: Case, *, need: Mapping[str, float], turns: Mapping[str, float]) -> Supply:
    """Count places by area, and places in reach by ``supply_ratio`` (``e2sfca``).

    Parameters
    ----------
    case
        The circle; its limits are the zones.
    need
        Share of the lead group that asks for a place, by kind; 1 where nothing is said. Kept for
        the pages: both figures are per 1,000 elders, whether they ask or not.
    turns
        People whom one place serves a day, by kind; 1 where nothing is said.
    """
    facilities, kinds = case.facilities, case.facilities.all_kinds()
    elders = case.demand.people_of(case.demand.lead_group)
    limits = [case.walker.limit_ms(minutes) for minutes in case.minutes]
    rows = [facilities.rows_of(kind) for kind in kinds]
    at = np.where(facilities.area_index < 0, case.n_areas - 1, facilities.area_index)
    own = np.array([origin != NEIGHBOUR for origin in facilities.origin], bool)
    counts, unknown, places, shape = [], [], [], (len(kinds), case.n_areas)
    access = np.full((len(kinds), len(elders)), np.nan)
    for k, kind in enumerate(kinds):
        room = facilities.capacity[rows[k]] * turns.get(kind, 1.0)
        known = np.isfinite(room)
        mine = own[rows[k]]
        counts.append(np.bincount(at[rows[k]][mine], minlength=case.n_areas))
        unknown.append(np.bincount(at[rows[k]][mine & ~known], minlength=case.n_areas))
        stand = sum_at(at[rows[k]], np.where(known & mine, room, 0.0), case.n_areas)
        places.append(np.where((counts[k] > 0) & (counts[k] == unknown[k]), np.nan, stand))
        if known.any():
            table = some_rows(case.reach, rows[k])
            access[k] = supply_ratio(table, room, elders, limits_ms=limits).access
    return Supply(
        kinds, (*case.areas.names, ""), case.demand.lead_group, case.minutes,
        zone_weights(limits), tuple(float(need.get(kind, 1.0)) for kind in kinds),
        tuple(float(turns.get(kind, 1.0)) for kind in kinds), case.by_area(elders),
        np.array(counts, np.int64).reshape(shape), np.array(unknown, np.int64).reshape(shape),
        np.array(places, np.float64).reshape(shape), access, *_over_people(case, access, elders),
    )  # fmt: skip


def _over_people(
    case: Case, access: NDArray[np.float64], elders: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and median (kinds, areas + 1), and elders by class (kinds, 3, areas)."""
    mean = np.full((len(access), case.n_areas + 1), np.nan)
    median, people = mean.copy(), np.zeros((len(access), 3, case.n_areas))
    for k, values in enumerate(access):
        known = np.isfinite(values)
        told = np.where(known, elders, 0.0)
        sums = case.by_area(told * np.nan_to_num(values))
        counted = case.by_area(told)
        mean[k] = over(np.append(sums, sums.sum()), np.append(counted, counted.sum()), np.nan)
        median[k, :-1] = medians(values, told, case.at, case.n_areas)
        median[k, -1] = median_of(values, told)
        classes = (known & (values > 0), known & (values == 0), ~known)
        people[k] = [case.by_area(elders * held) for held in classes]
    return mean, median, people


def some_rows(table: ReachTable, rows: NDArray[np.int64]) -> ReachTable:
    """Return some sources of a table, in the order given.

    Parameters
    ----------
    table, rows
        The table, and which of its rows.
    """
    count = np.diff(table.indptr)[rows]
    indptr = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    at = np.repeat(table.indptr[rows] - indptr[:-1], count) + np.arange(indptr[-1])
    return ReachTable(indptr, table.indices[at], table.ms[at], table.n_columns, table.limit_ms)


def by_kind(said: Mapping[str, float]) -> dict[str, float]:
    """Return figures by kind, as facilities name the kinds.

    Parameters
    ----------
    said
        Figures by the names that the study uses, in Chinese or English or as keys.
    """
    return {_kind_of(kind): figure for kind, figure in said.items()}


def supply_doubts(
    facilities: Facilities, *, need: Mapping[str, float], turns: Mapping[str, float]
) -> list[Fault]:
    """Return a doubt for each kind that ``[supply]`` names and no facility is of.

    Parameters
    ----------
    facilities
        Those that count.
    need, turns
        As the study says them.
    """
    kinds = facilities.all_kinds()
    return [
        Fault("supply.no_such_kind", {"key": key, "kind": kind, "kinds": ", ".join(kinds)})
        for key, said in (("need", need), ("turns", turns))
        for kind in said
        if _kind_of(kind) not in kinds
    ]


def _kind_of(said: str) -> str:
    return meaning(said, "kind") or said
