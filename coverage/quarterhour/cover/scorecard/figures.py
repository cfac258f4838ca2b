"""Indicator figures: the numerators and denominators of the scorecard, each by area.

A *figure* is a number per area (the last row: outside all areas), its total, and what would make
it known where it is not. A figure comes from one place only: the district's table, the residents,
or the register of facilities. Nothing stands in for it, and nothing missing counts as 0: a kind
that no file lists may exist nevertheless, and OpenStreetMap is no register.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.scorecard.definitions import Measure
from quarterhour.inputs.facilities import ANY, NEIGHBOUR
from quarterhour.inputs.indicators import FIELDS, Indicators

Floats = NDArray[np.float64]
# Figures that count facilities, and the kinds that they count.
_COUNTED: Mapping[str, tuple[str, ...]] = {
    "stations": ("care_station",), "points": ("mutual_aid",), "canteens": ("canteen",),
    "stations_and_points": ("care_station", "mutual_aid"),
}  # fmt: skip
# Figures that count the areas which have a facility.
_HAVING: Mapping[str, tuple[str, ...]] = {
    "areas_with_canteen": ("canteen",), "areas_with_centre": ("care_centre",),
}  # fmt: skip
_UNITS = ("town", "subdistrict")
# How names of villages and communities end: their kind is that of the township they belong to.
_SMALLER = ("村", "社区", "村委会", "居委会", " village", " community")


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that would make an indicator known.

    Attributes
    ----------
    source
        ``indicators``, ``residents``, ``facilities``, ``register``, ``areas``, ``layer``,
        ``document``, ``target`` or ``streets``.
    name
        Column, group, kind, layer, or measure.
    areas
        In how many areas it is missing; 0 where it is missing altogether.
    """

    source: str
    name: str
    areas: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One figure by area (n areas + 1), its total (``nan`` if unknown), and what is missing."""

    by_area: Floats
    total: float
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, eq=False)
class FigureBook:
    """All figures that a study can give.

    Attributes
    ----------
    case, coverage
        The circle, and who is within it.
    indicators
        The district's table, or ``None``.
    """

    case: Case
    coverage: Coverage
    indicators: Indicators | None

    def figure(self, name: str, *, only: str = "") -> Figure:
        """Return a figure by its name, confined to one kind of areas where ``only`` names one."""
        if name in FIELDS:
            found = self._told(name)
        elif name == "urban_communities":
            found = self._less("communities", "villages")
        elif name in _COUNTED:
            found = self._counted(_COUNTED[name])
        elif name in _HAVING:
            found = self._having(_HAVING[name])
        elif name == "areas":
            found = self._areas()
        else:
            found = self._people({"elders": "60+", "residents": "all"}[name])
        return self._confined(found, only) if only else found

    def within(self, measure: Measure) -> Figure:
        """Return the people of the lead group who reach any of a measure's kinds in time."""
        kinds = [k for k in measure.kinds if k in self.coverage.kinds]
        walker = measure.walker or self.coverage.walkers[0]
        if not kinds:
            return self._unknown(*(Missing("facilities", k) for k in measure.kinds))
        if walker not in self.coverage.walkers:
            return self._unknown(Missing("document", walker))
        if len(kinds) == 1:
            people = self.coverage.people(kinds[0], walker=walker).astype(np.float64)
        else:
            rows = [self.coverage.kinds.index(k) for k in kinds]
            ms = self.coverage.ms[rows, self.coverage.walkers.index(walker)].min(axis=0)
            people = self.case.by_area(np.where(ms <= self.case.limit_ms, self._lead, 0.0))
        return Figure(people, float(people.sum()))

    @cached_property
    def people(self) -> Figure:
        """People of the lead group."""
        return self._people(self.coverage.lead_group)

    @property
    def _lead(self) -> Floats:
        return self.case.demand.people_of(self.coverage.lead_group).astype(np.float64)

    def _unknown(self, *missing: Missing) -> Figure:
        return Figure(np.full(self.case.n_areas, np.nan), float("nan"), missing)

    def _told(self, field: str) -> Figure:
        if self.indicators is None:
            return self._unknown(Missing("indicators", field))
        column: Floats = getattr(self.indicators, field)
        gone = int(np.isnan(column).sum())
        by_area = np.append(column, np.nan)
        if gone == 0:
            return Figure(by_area, float(column.sum()))
        return Figure(
            by_area, float("nan"),
            (Missing("indicators", field, 0 if gone == len(column) else gone),),
        )  # fmt: skip

    def _less(self, whole: str, part: str) -> Figure:
        a, b = self._told(whole), self._told(part)
        return Figure(a.by_area - b.by_area, a.total - b.total, (*a.missing, *b.missing))

    def _people(self, group: str) -> Figure:
        if group not in self.coverage.groups:
            return self._unknown(Missing("residents", group))
        people = self.coverage.residents[:, self.coverage.groups.index(group)].astype(np.float64)
        return Figure(people, float(people.sum()))

    def _counted(self, kinds: tuple[str, ...]) -> Figure:
        facilities, kind_of = self.case.facilities, np.array(self.case.facilities.kinds, object)
        origin = np.array(facilities.origin, object)
        of_kind = np.isin(kind_of.astype(str), kinds) & (origin != NEIGHBOUR)
        lacking = [k for k in kinds if not (of_kind & (kind_of == k)).any()]
        if lacking:
            return self._unknown(*(Missing("facilities", k) for k in lacking))
        if (of_kind & (origin == "osm")).any():
            return self._unknown(*(Missing("register", k) for k in kinds))
        at = np.where(facilities.area_index < 0, self.case.n_areas - 1, facilities.area_index)
        count = np.bincount(at[of_kind], minlength=self.case.n_areas).astype(np.float64)
        return Figure(count, float(count.sum()))

    def _having(self, kinds: tuple[str, ...]) -> Figure:
        counted = self._counted(kinds)
        if counted.missing:
            return counted
        has = (counted.by_area > 0).astype(np.float64)
        has[-1] = 0.0  # what lies outside all areas is none of them
        return Figure(has, float(has.sum()))

    def _areas(self) -> Figure:
        kinds = self.case.areas.kinds
        unknown = sum(kind not in _UNITS for kind in kinds)
        if unknown:
            return self._unknown(Missing("areas", "area_kind", unknown % len(kinds)))
        if any(name.lower().endswith(_SMALLER) for name in self.case.areas.names):
            return self._unknown(Missing("layer", "townships"))
        return Figure(np.append(np.ones(len(kinds)), 0.0), float(len(kinds)))

    def _confined(self, figure: Figure, only: str) -> Figure:
        kinds = np.array((*self.case.areas.kinds, ""), object)
        unknown = int((~np.isin(kinds[:-1].astype(str), _UNITS)).sum())
        of_kind = kinds == only
        by_area = np.where(of_kind, figure.by_area, np.nan)
        if unknown or not of_kind.any():
            lacks = Missing("areas", "area_kind", unknown % len(self.case.areas.kinds))
            return Figure(by_area, float("nan"), (*figure.missing, lacks))
        gone = int(np.isnan(by_area[of_kind]).sum())
        fewer = tuple(
            Missing(m.source, m.name, gone if m.areas else 0) for m in figure.missing if gone
        )
        return Figure(by_area, float(by_area[of_kind].sum()), fewer)


def ratio_of(part: Floats, whole: Floats, factor: float = 1.0) -> Floats:
    """Return ``factor`` x part / whole; ``nan`` where either is unknown or the whole is nothing."""
    known = np.isfinite(part) & np.isfinite(whole) & (whole > 0)
    out = np.full(len(part), np.nan)
    out[known] = factor * part[known] / whole[known]
    return out


def withheld_rows(
    measure: Measure, coverage: Coverage, withheld: NDArray[np.bool_] | None, n_areas: int
) -> NDArray[np.bool_]:
    """Return the areas whose share of people may not be told; straight lines need no streets."""
    rows = [coverage.kinds.index(k) for k in measure.kinds if k in coverage.kinds]
    if withheld is None or not rows or measure.walker == "policy_radius":
        return np.zeros(n_areas, np.bool_)
    return np.asarray(withheld[rows].any(axis=0), np.bool_)


def kinds_of(coverage: Coverage) -> tuple[str, ...]:
    """Return the kinds whose shares of people are indicators, ``any`` first."""
    return (ANY, *(k for k in coverage.kinds if k != ANY))
