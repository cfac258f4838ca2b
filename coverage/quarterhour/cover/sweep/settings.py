"""Settings: what people's walks would be under another setting of what was assumed.

A *setting* is one answer to all that coverage assumes: the pace, slopes or none, what stairs are
(``as_is``, ``flat`` as a street, or ``closed``), the longest access leg, where people were placed,
and whether the neighbours' facilities count. Settings of the same pace share their streets, and all
settings share positions: those for one cap on the access leg follow from those for another.

Where stairs are closed, nobody gains: the time is never less than on stairs at the pace of
``Walker.on_stairs`` (as in ``step_free``), nor than with the walker's own stairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from threading import Lock
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.assess import assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.step_free import step_free_floor
from quarterhour.demand import Demand
from quarterhour.inputs.facilities import Facilities
from quarterhour.presets import Walker
from quarterhour.reach.times import nearest_of
from quarterhour.streets.doors import snap_facilities
from quarterhour.streets.snap import Snapped, snap
from quarterhour.streets.walker import UNREACHED, PacedNetwork, walk_seconds

Stairs = Literal["closed", "as_is", "flat"]
# The least favourable first.
STAIRS: tuple[Stairs, ...] = ("closed", "as_is", "flat")
_Way = Literal["closed", "as_is", "flat", "on_stairs"]


@dataclass(frozen=True, slots=True, order=True)
class Setting:
    """One answer to all that coverage assumes.

    Attributes
    ----------
    flat_mps, slope
        Pace on the flat, and whether slopes slow it.
    stairs
        ``closed``, ``as_is``, or ``flat``: as long a street without steps.
    max_snap_m
        Longest access leg.
    placed_otherwise, neighbours
        Whether people stand where the other placement puts them, and whether the neighbours'
        facilities count.
    """

    flat_mps: float
    slope: bool
    stairs: Stairs
    max_snap_m: float
    placed_otherwise: bool = False
    neighbours: bool = False

    @property
    def pace(self) -> tuple[float, bool]:
        """What settings must share to share their streets."""
        return self.flat_mps, self.slope


def own_setting(case: Case, *, neighbours: bool) -> Setting:
    """Return the setting of a case as the study has it."""
    stairs: Stairs = "as_is" if case.walker.steps else "closed"
    return Setting(
        case.walker.flat_mps, case.walker.slope, stairs, case.max_snap_m, neighbours=neighbours
    )


def walker_of(base: Walker, setting: Setting) -> Walker:
    """Return who walks under a setting."""
    return _walker(base, setting.stairs, setting.pace)


def _walker(base: Walker, way: _Way, pace: tuple[float, bool]) -> Walker:
    on_stairs = base if base.steps else base.on_stairs()
    who = {
        "as_is": on_stairs,
        "flat": replace(on_stairs, step_up_s=0.0, step_down_s=0.0, rest_s_per_50_steps=0.0),
        "closed": replace(base, steps=False),
        "on_stairs": base.on_stairs(),
    }[way]
    return replace(who, flat_mps=pace[0], slope=pace[1])


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """Walks under one setting.

    Attributes
    ----------
    ms
        Milliseconds of each demand point to the nearest facility (kinds, points); ``UNREACHED``
        beyond the limit.
    streetless
        Demand points without a street near.
    """

    ms: NDArray[np.int32]
    streetless: NDArray[np.bool_]


class Entries:
    """Where facilities and people enter the streets, under any cap and for any walker.

    Positions are looked for once for each set of usable streets, at the cap of the case. Those
    for another cap follow, because a nearest street stays the nearest. Only three kinds of places
    are snapped anew: moved from an island where the cap shrinks below the way to the main part; on
    an island, or without a street, where it grows; within a decimetre of the cap.
    """

    def __init__(
        self, case: Case, *, facilities: Mapping[bool, Facilities], demand: Mapping[bool, Demand]
    ) -> None:
        """Take a case, facilities by whether neighbours count, people by how they are placed."""
        self.case, self.facilities, self.demand = case, facilities, demand
        self._known: dict[tuple[object, ...], Snapped] = {}
        self._lock = Lock()

    def homes(self, paced: PacedNetwork, setting: Setting) -> Snapped:
        """Return where people enter."""
        other, cap = setting.placed_otherwise, setting.max_snap_m
        with self._lock:
            return self._at("homes", paced, other, cap)

    def places(self, paced: PacedNetwork, setting: Setting) -> Snapped:
        """Return where facilities enter."""
        with self._lock:
            return self._at("places", paced, setting.neighbours, setting.max_snap_m)

    def _at(self, what: str, paced: PacedNetwork, which: bool, cap_m: float) -> Snapped:
        key = (what, which, cap_m, paced.usable.tobytes())
        if key not in self._known:
            base_m = self.case.max_snap_m
            if cap_m == base_m:
                self._known[key] = self._looked_for(what, paced, which)
            else:
                base = self._at(what, paced, which, base_m)
                keep, anew = kept_under(paced, base, from_m=base_m, to_m=cap_m)
                rows = np.flatnonzero(anew)
                found = (
                    self._homes_anew(paced, which, rows, cap_m) if what == "homes"
                    else self._doors_anew(paced, which, rows, cap_m)
                )  # fmt: skip
                self._known[key] = _merged(base, keep, rows, found)
        return self._known[key]

    def _looked_for(self, what: str, paced: PacedNetwork, which: bool) -> Snapped:
        """Return positions at the cap of the case, taken from it where it has them."""
        case, homes = self.case, what == "homes"
        if homes and self.demand[which] is case.demand:
            return case.positions.of(paced)[1]
        if homes:
            return self.demand[which].positions(paced, max_snap_m=case.max_snap_m)
        if self.facilities[which] is case.facilities:
            return case.positions.of(paced)[0]
        return snap_facilities(paced, self.facilities[which], max_snap_m=case.max_snap_m)

    def _homes_anew(
        self, paced: PacedNetwork, which: bool, rows: NDArray[np.int64], cap_m: float
    ) -> Snapped:
        every = self.demand[which]
        some = replace(
            every, people=every.people[rows], area_index=every.area_index[rows],
            xy_m=every.xy_m[rows], edge=every.edge[rows], offset_dm=every.offset_dm[rows],
            on=("",) * len(rows),
        )  # fmt: skip
        return some.positions(paced, max_snap_m=cap_m)

    def _doors_anew(
        self, paced: PacedNetwork, which: bool, rows: NDArray[np.int64], cap_m: float
    ) -> Snapped:
        every = self.facilities[which]
        _, xy_m = every.entrances.doors(every.xy_m)
        return snap(paced, xy_m[rows], max_snap_m=cap_m, public_only=True)


def kept_under(
    paced: PacedNetwork, snapped: Snapped, *, from_m: float, to_m: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which positions stay under another cap, and which must be looked for anew.

    Parameters
    ----------
    paced
        The network that the positions are on.
    snapped
        Positions under the cap ``from_m``.
    from_m, to_m
        Caps in metres.

    Returns
    -------
    tuple
        Two masks; whoever is in neither has no street under ``to_m``.
    """
    leg, cap = snapped.access_dm, 10.0 * to_m
    island = snapped.found & ~snapped.moved & (paced.part[snapped.edge] != paced.main_part)
    if to_m >= from_m:
        anew = ~snapped.found | island
        return ~anew, anew
    # Legs are held in decimetres: whoever is that near the cap may lie on either side of it.
    near = snapped.found & (np.abs(leg - cap) <= 1.0)
    far = snapped.found & (leg > cap)
    anew = near | (far & snapped.moved)
    return snapped.found & ~far & ~anew, anew


def _merged(
    base: Snapped, keep: NDArray[np.bool_], rows: NDArray[np.int64], found: Snapped
) -> Snapped:
    edge = np.where(keep, base.edge, -1).astype(np.int32)
    offset = np.where(keep, base.offset_dm, 0).astype(np.int32)
    access = np.where(keep, base.access_dm, 0).astype(np.int32)
    moved = base.moved & keep
    edge[rows], offset[rows] = found.edge, found.offset_dm
    access[rows], moved[rows] = found.access_dm, found.moved
    return Snapped(edge, offset, access, moved, base.place)


def walk_settings(
    entries: Entries, settings: Sequence[Setting], kinds: Sequence[str], *, limit_ms: int
) -> Iterator[Walked]:
    """Walk under some settings that share their pace, one after the other.

    Parameters
    ----------
    entries
        Where facilities and people enter the streets.
    settings
        Settings of one pace.
    kinds
        Kinds of facilities; one that nobody offers is out of everybody's reach.
    limit_ms
        The longest limit, inclusive.
    """
    if entries.case.walker.straight:
        yield from (_straight(entries, setting, kinds) for setting in settings)
        return
    walks = _Walks(entries, settings[0].pace, tuple(kinds), limit_ms)
    yield from map(walks.under, settings)


def by_pace(settings: Sequence[Setting]) -> list[list[int]]:
    """Return the rows of settings that share their pace, together."""
    order = sorted(range(len(settings)), key=lambda n: (settings[n].pace, n))
    return [list(rows) for _, rows in groupby(order, key=lambda n: settings[n].pace)]


class _Walks:
    """Walks at one pace: its streets are made once, and so are walks that several settings read."""

    def __init__(
        self, entries: Entries, pace: tuple[float, bool], kinds: tuple[str, ...], limit_ms: int
    ) -> None:
        self._entries, self._pace, self._kinds, self._limit_ms = entries, pace, kinds, limit_ms
        self._paced: dict[_Way, PacedNetwork] = {}
        self._as_is: dict[tuple[float, bool, bool], NDArray[np.int32]] = {}

    def under(self, setting: Setting) -> Walked:
        """Return the walks under a setting."""
        ms = self._times(setting.stairs, setting)
        if setting.stairs == "closed":
            own: tuple[_Way, ...] = ("as_is",) if self._entries.case.walker.steps else ()
            for way in ("on_stairs", *own):
                ms = step_free_floor(ms, self._times(way, setting))
        homes = self._entries.homes(self._streets(setting.stairs), setting)
        return Walked(ms, ~homes.found)

    def _streets(self, way: _Way) -> PacedNetwork:
        if way not in self._paced:
            case = self._entries.case
            who = _walker(case.walker, way, self._pace)
            # The study's own walker has made them already.
            own = own_setting(case, neighbours=False)
            known = way == own.stairs and self._pace == own.pace
            self._paced[way] = case.paced if known else walk_seconds(case.network, who)
        return self._paced[way]

    def _times(self, way: _Way, setting: Setting) -> NDArray[np.int32]:
        # Only walks on stairs as they are serve two settings; keeping more would fill the memory.
        if way != "as_is":
            return self._walked(way, setting)
        key = (setting.max_snap_m, setting.placed_otherwise, setting.neighbours)
        if key not in self._as_is:
            self._as_is[key] = self._walked(way, setting)
        return self._as_is[key]

    def _walked(self, way: _Way, setting: Setting) -> NDArray[np.int32]:
        entries, paced = self._entries, self._streets(way)
        homes, places = entries.homes(paced, setting), entries.places(paced, setting)
        facilities = entries.facilities[setting.neighbours]
        nearest = nearest_of(paced, homes, direction=entries.case.direction)
        ms = np.full((len(self._kinds), len(homes.edge)), UNREACHED, np.int32)
        for k, kind in enumerate(self._kinds):
            rows = facilities.rows_of(kind)
            if len(rows):
                ms[k] = nearest(places.take_places(rows), self._limit_ms).ms
        return ms


def _straight(entries: Entries, setting: Setting, kinds: Sequence[str]) -> Walked:
    """Return straight metres: no street and no stair matters, only who stands where."""
    case, demand = entries.case, entries.demand[setting.placed_otherwise]
    facilities = entries.facilities[setting.neighbours]
    coverage = assess_cover(
        case.network, facilities, demand, case.areas, walkers=[case.walker], minutes=case.minutes
    )
    ms = np.full((len(kinds), len(demand.area_index)), UNREACHED, np.int32)
    for k, kind in enumerate(kinds):
        if kind in coverage.kinds:
            ms[k] = coverage.ms[coverage.kinds.index(kind), 0]
    return Walked(ms, np.zeros(len(demand.area_index), bool))
