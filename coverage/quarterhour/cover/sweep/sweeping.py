"""Sweeping: the settings that a sweep tries, walked pace by pace, and the people counted.

One search at the longest limit answers all limits. Paces are walked at once where there are cores;
each writes rows of its own, so that the answer does not depend on their number.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.cover.sweep.results import BASE, DIMENSIONS, FIELDS, GRID, Sweep
from quarterhour.cover.sweep.settings import (
    STAIRS,
    Entries,
    Setting,
    Walked,
    by_pace,
    own_setting,
    walk_settings,
)
from quarterhour.demand import Demand
from quarterhour.inputs.facilities import ANY, NEIGHBOUR, Facilities, with_neighbours

_Asked = Mapping[str, Sequence[Any]]


def sweep(
    case: Case,
    *,
    kinds: Sequence[str] | None = None,
    speeds: Sequence[float] = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3),
    minutes: Sequence[int] = (5, 10, 15, 20, 25, 30),
    slope: bool = True,
    stairs: bool = True,
    max_snap_m: Sequence[float] = (50.0, 100.0, 150.0, 300.0),
    other_demand: Demand | None = None,
    neighbours: Facilities | None = None,
    neighbours_counted: bool = False,
    grid: bool = False,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Count coverage under other assumptions.

    Every setting's people are those of :func:`~quarterhour.cover.assess_cover` for its walker, its
    cap and its people; stairs that are closed for a walker with slower steps than ``elder_slow``
    never bring anybody nearer either.

    Parameters
    ----------
    case
        The study's own circle: the base.
    kinds
        Kinds to report; by default those of the case, then ``any``.
    speeds
        Paces on the flat to try, m/s; seconds per step stay as they are.
    minutes
        Limits to read from every setting; the study's own are always among them.
    slope
        Whether to try slopes that slow, and slopes that do not.
    stairs
        Whether to try stairs as they are, as a flat street, and closed.
    max_snap_m
        Longest access legs to try, metres.
    other_demand
        The same residents, placed otherwise.
    neighbours, neighbours_counted
        Facilities of the districts around, and whether the study counts them. Where the
        facilities of the case hold them already, they are found by their origin.
    grid
        Every combination as well, and not only one change at a time.
    threads
        Paces at once: as many as there are cores by default. The answer does not depend on it.
    on_progress
        Called with ``(done, total)`` settings.
    """
    entries, own = _entries(case, other_demand, neighbours, neighbours_counted)
    asked: _Asked = {
        "speed": list(speeds), "slope": [True, False] if slope else [],
        "stairs": list(STAIRS) if stairs else [], "snap": [float(m) for m in max_snap_m],
        "placement": [False, True] if True in entries.demand else [],
        "neighbours": [False, True] if len(entries.facilities) > 1 else [],
    }  # fmt: skip
    left_out = _left_out(case, asked, minutes)
    tried = {name: values for name, values in asked.items() if name not in dict(left_out)}
    settings = _settings(own, tried, grid=grid)
    limits = tuple(sorted({*minutes, *case.minutes}))
    counted = _count_all(
        entries, list(settings), tuple(kinds or (*case.facilities.all_kinds(), ANY)), limits,
        threads=threads, on_progress=on_progress,
    )  # fmt: skip
    return _sweep_of(case, settings, counted, limits, left_out)


def _entries(
    case: Case, other: Demand | None, neighbours: Facilities | None, counted: bool
) -> tuple[Entries, Setting]:
    """Return people and facilities in all their forms, and the study's own setting."""
    foreign = np.array(case.facilities.origin, object) == NEIGHBOUR
    own = case.facilities.take(~foreign) if foreign.any() else case.facilities
    facilities = {False: own}
    if foreign.any():
        facilities[True] = case.facilities
    elif neighbours is not None and len(neighbours.ids):
        facilities[True] = with_neighbours(own, neighbours)
    counts = bool(foreign.any()) or (counted and True in facilities)
    demand = {False: case.demand} | ({} if other is None else {True: other})
    entries = Entries(case, facilities=facilities, demand=demand)
    return entries, own_setting(case, neighbours=counts)


def _left_out(case: Case, asked: _Asked, minutes: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Return which dimensions cannot be tried, and why."""
    lacks = {"placement": "no_other_placement", "neighbours": "no_neighbours"}
    out = {name: lacks.get(name, "not_asked") for name, values in asked.items() if not values}
    if not minutes:
        out["minutes"] = "not_asked"
    if not case.network.piece_grade.any():
        out["slope"] = "no_terrain"
    if not case.network.is_stair().any():
        out["stairs"] = "no_stairs"
    if case.walker.counts_metres:
        out |= dict.fromkeys(("speed", "slope", "stairs"), "counts_metres")
    if case.walker.straight:
        out |= dict.fromkeys(("speed", "slope", "stairs", "snap"), "straight")
    return tuple((name, out[name]) for name in DIMENSIONS if name in out)


def _settings(own: Setting, tried: _Asked, *, grid: bool) -> dict[Setting, str]:
    """Return settings with what each changes: the own one, one change at a time, then all."""
    found = {own: BASE}
    combined = [own]
    for name, values in tried.items():
        changes = [{FIELDS[name]: value} for value in values]
        for change in changes:
            found.setdefault(replace(own, **change), name)
        combined = [replace(one, **change) for one in combined for change in changes]
    return found | {one: GRID for one in combined if one not in found} if grid else found


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """People by setting, as in :class:`Sweep`."""

    kinds: tuple[str, ...]
    residents: NDArray[np.float64]
    no_street: NDArray[np.float64]
    within: NDArray[np.float64]


def _count_all(
    entries: Entries,
    settings: list[Setting],
    kinds: tuple[str, ...],
    limits: tuple[int, ...],
    *,
    threads: int | None,
    on_progress: Callable[[int, int], None] | None,
) -> _Counted:
    """Walk and count, pace by pace, several paces at once."""
    case, n, areas = entries.case, len(settings), entries.case.n_areas
    out = _Counted(kinds, np.zeros((n, areas)), np.zeros((n, areas)),
                   np.zeros((n, len(kinds), len(limits), areas)))  # fmt: skip
    limits_ms = [case.walker.limit_ms(m) for m in limits]
    lead = {which: _Lead(case, demand) for which, demand in entries.demand.items()}

    def of_pace(rows: list[int]) -> int:
        asked = [settings[row] for row in rows]
        walked = walk_settings(entries, asked, kinds, limit_ms=max(limits_ms))
        for row, setting, walk in zip(rows, asked, walked, strict=True):
            _count(out, row, lead[setting.placed_otherwise], walk, limits_ms)
        return len(rows)

    groups, done = by_pace(settings), 0
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for count in pool.map(of_pace, groups):
            done += count
            if on_progress is not None:
                on_progress(done, n)
    return out


class _Lead:
    """The lead group of some people, by area."""

    def __init__(self, case: Case, demand: Demand) -> None:
        index = demand.area_index.astype(np.int64)
        self._at = np.where(index < 0, case.n_areas - 1, index)
        self._people, self._n_areas = demand.people_of(case.demand.lead_group), case.n_areas

    def by_area(self, which: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return people of some demand points by area."""
        found = np.bincount(self._at[which], self._people[which], minlength=self._n_areas)
        return np.asarray(found, np.float64)


def _count(out: _Counted, row: int, lead: _Lead, walk: Walked, limits_ms: Sequence[int]) -> None:
    everybody = np.ones(walk.streetless.shape, bool)
    out.residents[row] = lead.by_area(everybody)
    out.no_street[row] = lead.by_area(walk.streetless)
    for k, ms in enumerate(walk.ms):
        for m, limit in enumerate(limits_ms):
            out.within[row, k, m] = lead.by_area(ms <= limit)


def _sweep_of(
    case: Case,
    settings: dict[Setting, str],
    counted: _Counted,
    limits: tuple[int, ...],
    left_out: tuple[tuple[str, str], ...],
) -> Sweep:
    return Sweep(
        dimension=tuple(settings.values()),
        flat_mps=np.array([s.flat_mps for s in settings], float),
        slope=np.array([s.slope for s in settings], bool),
        stairs=tuple(s.stairs for s in settings),
        max_snap_m=np.array([s.max_snap_m for s in settings], float),
        placed_otherwise=np.array([s.placed_otherwise for s in settings], bool),
        neighbours=np.array([s.neighbours for s in settings], bool),
        kinds=counted.kinds, minutes=limits, base_minutes=case.minutes[-1],
        group=case.demand.lead_group, areas=(*case.areas.names, ""),
        residents=counted.residents, no_street=counted.no_street, within=counted.within,
        left_out=left_out,
    )  # fmt: skip
