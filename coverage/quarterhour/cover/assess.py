"""Coverage: who is inside which circle, counted from the walking time of each demand point.

For each *kind* of facility, and for ``any`` (the nearest of all kinds: a row of its own, in which
no tier stands in for another), each *walker*, each limit, each area and each group: people within.
The rest is *beyond* (a street, but farther) or has *no street*; the three always add up to the
residents. The last area row holds people outside all areas. The walker ``by_group`` lets groups
walk at their own pace, as the study says (people of 80 and more slower than the others).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from quarterhour.cover.case import search_ms
from quarterhour.cover.positions import Positions
from quarterhour.cover.quantiles import time_quantiles_by
from quarterhour.cover.step_free import step_free_floor
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import ANY, Facilities
from quarterhour.inputs.residents import lead_of
from quarterhour.presets import Walker
from quarterhour.reach.times import Direction, nearest_of
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork, walk_seconds

BY_GROUP = "by_group"
_NESTED = ("all", "60+", "65+", "80+")
_EQUALS = 4  # facilities looked at for one as near as the nearest


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """People within the circle; the axes stand in the order of the names below.

    Attributes
    ----------
    kinds
        Kinds of facilities, then ``any``.
    walkers
        The circle's walker first, then those for comparison.
    minutes, groups, areas
        Limits, groups, and names of areas; the last area is ``""``: outside all areas.
    residents
        People (areas, groups).
    within
        People within each limit (kinds, walkers, minutes, areas, groups).
    no_street
        People without a street near (walkers, areas, groups).
    ms
        Milliseconds of each demand point to the nearest facility (kinds, walkers, points);
        ``UNREACHED`` beyond an hour. Walkers that count metres: a metre is a second. Not for
        ``by_group``.
    facility
        Row of the nearest facility for the circle's walker (kinds, points), -1 for none.
    """

    kinds: tuple[str, ...]
    walkers: tuple[str, ...]
    minutes: tuple[int, ...]
    groups: tuple[str, ...]
    areas: tuple[str, ...]
    residents: NDArray[np.float64]
    within: NDArray[np.float64]
    no_street: NDArray[np.float64]
    ms: NDArray[np.int32]
    facility: NDArray[np.int32]

    def people(
        self, kind: str, *, minutes: int | None = None, walker: str | None = None,
        group: str | None = None,
    ) -> NDArray[np.float64]:  # fmt: skip
        """Return people within a limit by area (the last: outside all areas).

        Without ``minutes`` the longest limit, without ``walker`` the circle's, without ``group``
        the lead group.
        """
        return self.within[
            self.kinds.index(kind),
            self.walkers.index(walker or self.walkers[0]),
            self.minutes.index(minutes or self.minutes[-1]),
            :,
            self.groups.index(group or self.lead_group),
        ]

    @property
    def lead_group(self) -> str:
        """The group that texts and maps speak of: ``60+`` if there, else the first."""
        return lead_of(self.groups)

    def share(
        self, kind: str, *, minutes: int | None = None, walker: str | None = None,
        group: str | None = None,
    ) -> float:  # fmt: skip
        """Return the share of all people within a limit; 0 where there are none."""
        total = self.residents[:, self.groups.index(group or self.lead_group)].sum()
        reached = self.people(kind, minutes=minutes, walker=walker, group=group).sum()
        return float(reached / total) if total else 0.0

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area, kind, walker and group; the three counts add up to residents."""
        rows = []
        for k, kind in enumerate(self.kinds):
            for w, walker in enumerate(self.walkers):
                for g, group in enumerate(self.groups):
                    frame = pd.DataFrame(
                        {"area": self.areas, "kind": kind, "walker": walker, "group": group,
                         "residents": self.residents[:, g]}
                    )  # fmt: skip
                    for m, minutes in enumerate(self.minutes):
                        frame[f"within_{minutes}_min"] = self.within[k, w, m, :, g]
                    frame["no_street"] = self.no_street[w, :, g]
                    last = frame[f"within_{self.minutes[-1]}_min"]
                    frame["beyond"] = frame["residents"] - last - frame["no_street"]
                    rows.append(frame)
        return pd.concat(rows, ignore_index=True)


def assess_cover(
    network: WalkNetwork,
    facilities: Facilities,
    demand: Demand,
    areas: Areas,
    *,
    walkers: Sequence[Walker],
    minutes: Sequence[int],
    walker_by_group: Mapping[str, str] | None = None,
    direction: Direction = "there",
    max_snap_m: float = 150.0,
    positions: Positions | None = None,
    services: Mapping[str, NDArray[np.int64]] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Coverage:
    """Count the people inside each circle.

    Parameters
    ----------
    network, facilities, demand, areas
        Streets, where elders are served, where people live, and the areas to count by.
    walkers
        The circle's walker first.
    minutes
        Limits, ascending; a walk of exactly the limit is inside.
    walker_by_group
        Which walker a group is, by names; its walkers must be among ``walkers``.
    direction
        From home to facility (``there``), ``back``, the ``worst`` of both, or ``round_trip``.
    max_snap_m
        Longest access leg.
    positions
        Where the same facilities and homes enter the streets, as far as that is known already.
    services
        Rows of facilities by name, to be counted in place of the kinds; the names stand as
        ``kinds`` in the result. An empty one reaches nobody.
    on_progress
        Called with ``(done, total)`` after each walker.
    """
    if services is None:
        services = {kind: facilities.rows_of(kind) for kind in (*facilities.all_kinds(), ANY)}
    kinds, rows_of = tuple(services), tuple(services.values())
    n_areas = len(areas.names) + 1
    at = np.where(demand.area_index < 0, n_areas - 1, demand.area_index)
    residents = _by_area(demand.people, at, n_areas)
    ms = np.full((len(kinds), len(walkers), len(at)), UNREACHED, np.int32)
    facility = np.full((len(kinds), len(at)), -1, np.int32)
    streetless = np.zeros((len(walkers), len(at)), bool)
    positions = positions or Positions(facilities, demand, max_snap_m=max_snap_m)

    def times(who: Walker, limit_ms: int) -> _Times:
        paced = walk_seconds(network, who)
        places, homes = positions.of(paced)
        return _nearest(paced, places, homes, rows_of, limit_ms, direction)

    for w, walker in enumerate(walkers):
        if walker.straight:
            ms[:, w] = _straight_ms(facilities, demand, rows_of)
            if w == 0:
                facility = _straight_nearest(facilities, demand, rows_of, ms[:, 0])
        else:
            limit_ms = search_ms(walker, max(minutes))
            found = times(walker, limit_ms)
            ms[:, w], streetless[w] = found.ms, found.streetless
            if not walker.steps:
                # A home beside closed stairs enters elsewhere, and must not gain a short cut.
                ms[:, w] = step_free_floor(found.ms, times(walker.on_stairs(), limit_ms).ms)
            if w == 0:
                facility = np.where(ms[:, 0] == UNREACHED, -1, found.facility)
        if on_progress is not None:
            on_progress(w + 1, len(walkers))
    within = _within(ms, walkers, minutes, demand.people, at, n_areas)
    no_street = np.stack([_by_area(demand.people * s[:, None], at, n_areas) for s in streetless])
    names = tuple(w.name for w in walkers)
    if walker_by_group and set(walker_by_group) & set(demand.groups):
        within, no_street = _add_by_group(within, no_street, names, demand.groups, walker_by_group)
        names = (*names, BY_GROUP)
    return Coverage(
        kinds, names, tuple(minutes), demand.groups, (*areas.names, ""), residents, within,
        no_street, ms, facility,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Times:
    """One walker's times and facilities (kinds, homes), and who has no street near (homes)."""

    ms: NDArray[np.int32]
    facility: NDArray[np.int32]
    streetless: NDArray[np.bool_]


def _nearest(
    paced: PacedNetwork,
    places: Snapped,
    homes: Snapped,
    rows_of: tuple[NDArray[np.int64], ...],
    limit_ms: int,
    direction: Direction,
) -> _Times:
    """Return the walks to the nearest of some facilities, for each of the sets of rows."""
    ms = np.full((len(rows_of), len(homes.edge)), UNREACHED, np.int32)
    facility = np.full(ms.shape, -1, np.int32)
    search = nearest_of(paced, homes, direction=direction)
    for k, rows in enumerate(rows_of):
        if len(rows) == 0:
            continue
        nearest = search(places.take_places(rows), limit_ms)
        ms[k] = nearest.ms
        facility[k] = np.where(nearest.facility >= 0, rows[nearest.facility], -1)
    return _Times(ms, facility, ~homes.found)


def _straight_ms(
    facilities: Facilities, demand: Demand, rows_of: tuple[NDArray[np.int64], ...]
) -> NDArray[np.int32]:
    """Return straight metres to the nearest of some facilities, as milliseconds at 1 m/s."""
    out = np.full((len(rows_of), len(demand.area_index)), UNREACHED, np.int32)
    known = np.isfinite(demand.xy_m).all(axis=1)
    for k, rows in enumerate(rows_of):
        if len(rows) == 0:
            continue
        metres, _ = KDTree(facilities.xy_m[rows]).query(demand.xy_m[known])
        out[k, known] = np.minimum(np.rint(metres * 1000), UNREACHED).astype(np.int32)
    return out


def _straight_nearest(
    facilities: Facilities,
    demand: Demand,
    rows_of: tuple[NDArray[np.int64], ...],
    ms: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return the row of the facility nearest in a straight line, the lowest among equals."""
    out = np.full(ms.shape, -1, np.int32)
    for k, rows in enumerate(rows_of):
        known = np.flatnonzero(ms[k] != UNREACHED)
        if len(rows) == 0 or len(known) == 0:
            continue
        some = min(_EQUALS, len(rows))
        found = KDTree(facilities.xy_m[rows]).query(demand.xy_m[known], k=some)
        metres, near = (np.reshape(part, (len(known), some)) for part in found)
        # Equal are equal milliseconds, as everywhere.
        equal = np.rint(metres * 1000) <= ms[k, known][:, None]
        out[k, known] = rows[np.where(equal, near, len(rows)).min(axis=1)]
    return out


def _by_area(
    people: NDArray[np.float64], at: NDArray[np.int64], n_areas: int
) -> NDArray[np.float64]:
    return np.column_stack([np.bincount(at, column, minlength=n_areas) for column in people.T])


def _within(
    ms: NDArray[np.int32],
    walkers: Sequence[Walker],
    minutes: Sequence[int],
    people: NDArray[np.float64],
    at: NDArray[np.int64],
    n_areas: int,
) -> NDArray[np.float64]:
    n_kinds = len(ms)
    out = np.zeros((n_kinds, len(walkers), len(minutes), n_areas, people.shape[1]))
    for w, walker in enumerate(walkers):
        for m, limit in enumerate(minutes):
            for k in range(n_kinds):
                inside = ms[k, w] <= walker.limit_ms(limit)
                out[k, w, m] = _by_area(people[inside], at[inside], n_areas)
    return out


def _add_by_group(
    within: NDArray[np.float64],
    no_street: NDArray[np.float64],
    names: tuple[str, ...],
    groups: tuple[str, ...],
    walker_by_group: Mapping[str, str],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add the walker ``by_group``: wider groups take their narrower parts at those parts' pace."""
    own_within, own_streetless = within[:, 0].copy(), no_street[0].copy()
    pace = dict[str, int]()
    for narrow in (*_NESTED, *(g for g in groups if g not in _NESTED)):
        if narrow not in groups:
            continue
        around = _NESTED[: _NESTED.index(narrow)] if narrow in _NESTED else ()
        wider = [g for g in around if g in groups]
        # Whom the study says nothing of walks as the next wider group does, which they are part of.
        b = pace[wider[-1]] if wider else 0
        own = walker_by_group.get(narrow)
        w = pace[narrow] = b if own is None else names.index(own)
        n = groups.index(narrow)
        own_within[..., n], own_streetless[:, n] = within[:, w, :, :, n], no_street[w, :, n]
        for g in map(groups.index, wider):
            own_within[..., g] += within[:, w, :, :, n] - within[:, b, :, :, n]
            own_streetless[:, g] += no_street[w, :, n] - no_street[b, :, n]
    return (
        np.concatenate([within, own_within[:, None]], axis=1),
        np.concatenate([no_street, own_streetless[None]], axis=0),
    )


def time_quantiles(
    coverage: Coverage, demand: Demand, kind: str, *, quantiles: Sequence[float] = (0.5, 0.9)
) -> list[float]:
    """Return the seconds within which given shares of the lead group reach a kind.

    People beyond the search limit count as beyond every quantile: ``inf`` where they are needed.
    """
    ms = coverage.ms[coverage.kinds.index(kind), 0]
    people = demand.people_of(demand.lead_group)[:, None]
    at = np.zeros(len(ms), np.int64)
    found: list[float] = time_quantiles_by(
        ms, people, at, n_rows=1, quantiles=quantiles
    )[:, 0, 0].tolist()  # fmt: skip
    return found
