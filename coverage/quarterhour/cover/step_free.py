"""Step-free: who loses their way when stairs are closed, and what a ban on steep grades would do.

A *step-free* walker is compared with a *twin*: the same walker if stairs were open. A facility is
*joined* where it stands on the main part of the streets that a walker may use, on an *island* where
it does not, and has *no street* where none lies within the cap. It *loses its way* when it is
joined for the twin alone. People lose their way within a limit when the twin is inside and the
walker is not, and altogether when the twin gets there at all and the walker does not.

**The floor.** A home on a stair enters the streets elsewhere when stairs are closed, up to the cap
away, and can so gain a short cut that nobody walks. The step-free time of a home is therefore the
larger of both: no walk without stairs is quicker than the same walk with them. The same holds for
bans on grades, each of which only closes more than the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.positions import Positions
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import ANY, Facilities
from quarterhour.presets import Walker
from quarterhour.reach.times import Direction, ReachTable, nearest_of
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork, walk_seconds

FACILITY_STATES = ("joined", "island", "no_street")
STRICT_GRADE = 0.06
# Some eleven days: whoever is not there by then has no way.
_FOREVER_MS = 1_000_000_000


def step_free_floor(free_ms: NDArray[np.int32], stairs_ms: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the step-free milliseconds of homes: never less than with stairs.

    Parameters
    ----------
    free_ms, stairs_ms
        Times of the same homes without and with stairs (any equal shapes); ``UNREACHED`` stays.
    """
    return np.maximum(free_ms, stairs_ms)


def floored_pairs(
    free: ReachTable, stairs: ReachTable, kind: NDArray[np.int64]
) -> ReachTable:  # fmt: skip
    """Return the step-free walks of all pairs, none quicker than the same walk with stairs.

    The nearest facility of a kind has the floor of :func:`step_free_floor`, which knows the kind
    and not the facility: whoever is inside the circle has a pair that says so.

    Parameters
    ----------
    free, stairs
        Walks between the same facilities (rows) and homes, without and with stairs, of one limit.
    kind
        Number of each facility's kind.
    """
    n = free.n_columns
    size = n * (int(kind.max()) + 1 if len(kind) else 0)
    best_free, best_stairs = (np.full(size, UNREACHED, np.int32) for _ in range(2))
    cell = kind[free.sources()] * n + free.indices
    np.minimum.at(best_free, cell, free.ms)
    np.minimum.at(best_stairs, kind[stairs.sources()] * n + stairs.indices, stairs.ms)
    # Rows and columns ascend, and so do the numbers of the pairs.
    pair, known = (t.sources() * n + t.indices for t in (free, stairs))
    at = np.searchsorted(known, pair)
    same = np.append(known, -1)[at] == pair
    floor = np.where(same, np.append(stairs.ms, UNREACHED)[at], UNREACHED)
    floor = np.where(free.ms == best_free[cell], best_stairs[cell], floor)
    ms = step_free_floor(free.ms, floor.astype(np.int32))
    within = ms <= free.limit_ms
    count = np.bincount(free.sources()[within], minlength=free.n_rows)
    return ReachTable(
        np.concatenate([[0], np.cumsum(count)]).astype(np.int64), free.indices[within],
        ms[within], n, free.limit_ms,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class StepFreeReport:
    """What stairs and steep grades take from a walker; axes stand in the order of the names.

    Attributes
    ----------
    walker, twin
        Names of the step-free walker and of the same walker on stairs.
    kinds, minutes, groups, areas
        Kinds of facilities, then ``any``; limits; groups; areas, the last ``""``: outside all.
    residents
        People (areas, groups).
    facility_ids, facility_names, facility_kinds
        Facilities.
    facility_state
        State of each facility for the walker and for the twin (2, facilities), an index into
        ``FACILITY_STATES``.
    facility_leg_dm
        Access leg of each facility in decimetres (2, facilities); 0 without a street.
    free_ms, twin_ms
        Milliseconds of each home to the nearest facility (kinds, homes) within the longest limit,
        the floor applied; ``UNREACHED`` beyond it.
    within_free, within_twin
        People within each limit (kinds, minutes, areas, groups).
    reached_free, reached_twin
        People who get there at all (kinds, areas, groups).
    no_street
        People without a usable street near, walker and twin (2, areas, groups).
    lifted
        People (groups) whose step-free time the floor lifted for some kind.
    ban_limit
        Grades above which streets would be forbidden (bans,).
    usable_share, main_share
        Share of the length of all streets that is usable, and that hangs together with the main
        part: with stairs closed only, then under each ban (1 + bans,).
    within_ban
        People within each limit under each ban (bans, kinds, minutes, areas, groups).
    """

    walker: str
    twin: str
    kinds: tuple[str, ...]
    minutes: tuple[int, ...]
    groups: tuple[str, ...]
    areas: tuple[str, ...]
    residents: NDArray[np.float64]
    facility_ids: tuple[str, ...]
    facility_names: tuple[str, ...]
    facility_kinds: tuple[str, ...]
    facility_state: NDArray[np.int8]
    facility_leg_dm: NDArray[np.int32]
    free_ms: NDArray[np.int32]
    twin_ms: NDArray[np.int32]
    within_free: NDArray[np.float64]
    within_twin: NDArray[np.float64]
    reached_free: NDArray[np.float64]
    reached_twin: NDArray[np.float64]
    no_street: NDArray[np.float64]
    lifted: NDArray[np.float64]
    ban_limit: NDArray[np.float64]
    usable_share: NDArray[np.float64]
    main_share: NDArray[np.float64]
    within_ban: NDArray[np.float64]

    @property
    def lost_facilities(self) -> NDArray[np.bool_]:
        """Which facilities lose their way when stairs are closed."""
        return np.asarray((self.facility_state[0] > 0) & (self.facility_state[1] == 0))

    def lost_people(self, kind: str = ANY, *, minutes: int | None = None) -> NDArray[np.float64]:
        """Return people who lose their way (areas, groups), within a limit or altogether."""
        k = self.kinds.index(kind)
        if minutes is None:
            return np.asarray(self.reached_twin[k] - self.reached_free[k])
        m = self.minutes.index(minutes)
        return np.asarray(self.within_twin[k, m] - self.within_free[k, m])

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, area and group."""
        frames = []
        for k, kind in enumerate(self.kinds):
            for g, group in enumerate(self.groups):
                columns: dict[str, object] = {
                    "kind": kind, "area": self.areas, "group": group,
                    "residents": self.residents[:, g],
                }  # fmt: skip
                for m, minutes in enumerate(self.minutes):
                    columns[f"with_stairs_{minutes}_min"] = self.within_twin[k, m, :, g]
                    columns[f"step_free_{minutes}_min"] = self.within_free[k, m, :, g]
                    for b, limit in enumerate(self.ban_limit):
                        name = f"ban_{100 * limit:g}_percent_{minutes}_min"
                        columns[name] = self.within_ban[b, k, m, :, g]
                columns["lost_altogether"] = self.lost_people(kind)[:, g]
                columns["no_street"] = self.no_street[0, :, g]
                frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)

    def facilities_frame(self) -> pd.DataFrame:
        """Return one row per facility: its state with stairs closed and open, and its leg."""
        states = np.array(FACILITY_STATES, object)
        return pd.DataFrame(
            {
                "id": self.facility_ids, "name": self.facility_names, "kind": self.facility_kinds,
                "step_free": states[self.facility_state[0]],
                "with_stairs": states[self.facility_state[1]],
                "loses_its_way": self.lost_facilities,
                "leg_step_free_m": self.facility_leg_dm[0] / 10.0,
                "leg_with_stairs_m": self.facility_leg_dm[1] / 10.0,
            }
        )  # fmt: skip

    def bans_frame(self) -> pd.DataFrame:
        """Return one row per ban, the first without one: streets left, and people within."""
        within = np.concatenate([self.within_free[None], self.within_ban]).sum(axis=3)
        columns: dict[str, object] = {
            "grade_limit": np.concatenate([[np.inf], self.ban_limit]),
            "usable_share": self.usable_share, "main_share": self.main_share,
        }  # fmt: skip
        for k, kind in enumerate(self.kinds):
            for m, minutes in enumerate(self.minutes):
                for g, group in enumerate(self.groups):
                    columns[f"{kind}_{minutes}_min_{group}"] = within[:, k, m, g]
        return pd.DataFrame(columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
    """One walker's positions and times."""

    paced: PacedNetwork
    places: Snapped
    homes: Snapped
    ms: NDArray[np.int32]  # (kinds, homes), within the longest limit
    reached: NDArray[np.bool_]  # (kinds, homes), however long it takes


def assess_step_free(
    network: WalkNetwork,
    facilities: Facilities,
    demand: Demand,
    areas: Areas,
    *,
    walker: Walker,
    minutes: Sequence[int],
    direction: Direction = "there",
    max_snap_m: float = 150.0,
    positions: Positions | None = None,
) -> StepFreeReport:
    """Report what stairs and steep grades take from a step-free walker.

    Parameters
    ----------
    network, facilities, demand, areas
        Streets, where elders are served, where people live, and the areas to count by.
    walker
        The step-free walker; the bans tried are its own grade limit (where it has one) and 6 %.
    minutes
        Limits, ascending and inclusive.
    direction
        Way that the limits are for; who gets there at all is asked from home to facility.
    max_snap_m
        Longest access leg.
    positions
        Where the same facilities and homes enter the streets, as far as that is known already.
    """
    positions = positions or Positions(facilities, demand, max_snap_m=max_snap_m)
    kinds = (*facilities.all_kinds(), ANY)
    walker = replace(walker, grade_rule="report")
    twin = walker.on_stairs()
    bans = sorted({g for g in (walker.grade_limit, STRICT_GRADE) if np.isfinite(g)}, reverse=True)

    rows = [facilities.rows_of(kind) for kind in kinds]

    def walk(who: Walker) -> _Walk:
        return _walk(walk_seconds(network, who), positions, who, rows, minutes, direction)

    stairs, free = walk(twin), walk(walker)
    free_ms = step_free_floor(free.ms, stairs.ms)
    shares = [_shares(free.paced)]
    count = _Count(demand, len(areas.names) + 1)
    within_ban, floor_ms = [], free_ms
    for limit in bans:
        banned = walk(replace(walker, grade_limit=limit, grade_rule="forbid"))
        shares.append(_shares(banned.paced))
        floor_ms = step_free_floor(banned.ms, floor_ms)
        within_ban.append(count.within(floor_ms, walker, minutes))
    lifted = (free.ms < stairs.ms).any(axis=0)
    empty = np.zeros((0, len(kinds), len(minutes), len(areas.names) + 1, len(demand.groups)))
    return StepFreeReport(
        walker=walker.name, twin=twin.name, kinds=kinds, minutes=tuple(minutes),
        groups=demand.groups, areas=(*areas.names, ""),
        residents=count.people(np.ones(len(demand.area_index), bool)),
        facility_ids=facilities.ids, facility_names=facilities.names,
        facility_kinds=facilities.kinds,
        facility_state=np.stack([_states(w.paced, w.places) for w in (free, stairs)]),
        facility_leg_dm=np.stack([_legs(w.places) for w in (free, stairs)]),
        free_ms=free_ms, twin_ms=stairs.ms,
        within_free=count.within(free_ms, walker, minutes),
        within_twin=count.within(stairs.ms, walker, minutes),
        reached_free=np.stack([count.people(r) for r in free.reached & stairs.reached]),
        reached_twin=np.stack([count.people(r) for r in stairs.reached]),
        no_street=np.stack([count.people(~w.homes.found) for w in (free, stairs)]),
        lifted=demand.people[lifted].sum(axis=0),
        ban_limit=np.array(bans), usable_share=np.array([s[0] for s in shares]),
        main_share=np.array([s[1] for s in shares]),
        within_ban=np.stack(within_ban) if within_ban else empty,
    )  # fmt: skip


def _walk(
    paced: PacedNetwork,
    positions: Positions,
    who: Walker,
    rows: Sequence[NDArray[np.int64]],
    minutes: Sequence[int],
    direction: Direction,
) -> _Walk:
    """Walk to the facilities of each kind, given by their rows."""
    places, homes = positions.of(paced)
    ms, reached = [], []
    nearest = nearest_of(paced, homes, direction=direction)
    there = nearest if direction == "there" else nearest_of(paced, homes)
    for of_kind in rows:
        own = places.take_places(of_kind)
        ms.append(nearest(own, who.limit_ms(max(minutes))).ms)
        reached.append(there(own, _FOREVER_MS).ms != UNREACHED)
    return _Walk(paced, places, homes, np.stack(ms), np.stack(reached))


def _shares(paced: PacedNetwork) -> tuple[float, float]:
    """Return the shares of street length that are usable, and that are in the main part."""
    length = paced.network.edge_length_dm.astype(np.float64)
    main = paced.usable & (paced.part == paced.main_part)
    return (
        float(length[paced.usable].sum() / length.sum()), float(length[main].sum() / length.sum())
    )  # fmt: skip


def _states(paced: PacedNetwork, places: Snapped) -> NDArray[np.int8]:
    """Return the state of each facility, the best of its positions."""
    joined = places.found & (paced.part[places.edge] == paced.main_part)
    state = np.select([joined, places.found], [0, 1], 2).astype(np.int8)
    out = np.full(places.n_places, 2, np.int8)
    np.minimum.at(out, places.place, state)
    return out


def _legs(places: Snapped) -> NDArray[np.int32]:
    """Return the shortest access leg of each facility; 0 without a street."""
    out = np.full(places.n_places, UNREACHED, np.int32)
    found = places.found
    np.minimum.at(out, places.place[found], places.access_dm[found])
    return np.where(out == UNREACHED, 0, out).astype(np.int32)


class _Count:
    """Sums of people by area and group."""

    def __init__(self, demand: Demand, n_areas: int) -> None:
        self._people = demand.people
        self._at = np.where(demand.area_index < 0, n_areas - 1, demand.area_index)
        self._n_areas = n_areas

    def people(self, which: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return people of some homes (areas, groups)."""
        at, people = self._at[which], self._people[which]
        return np.column_stack([np.bincount(at, c, minlength=self._n_areas) for c in people.T])

    def within(
        self, ms: NDArray[np.int32], who: Walker, minutes: Sequence[int]
    ) -> NDArray[np.float64]:
        """Return people within each limit (kinds, minutes, areas, groups)."""
        return np.stack(
            [np.stack([self.people(row <= who.limit_ms(m)) for m in minutes]) for row in ms]
        )
