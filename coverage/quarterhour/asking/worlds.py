"""Worlds: who walks how far to candidates and to existing facilities, as is or a little different.

The study's own circle is the first world. Others differ in one thing: the pace of the walker, the
limit, or what the people were placed on. Scenarios and the test of stability are made of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case, straight_times
from quarterhour.cover.positions import Positions
from quarterhour.cover.step_free import floored_pairs
from quarterhour.demand import Demand
from quarterhour.presets import Walker
from quarterhour.reach import ReachTable, join_pairs, walking_times
from quarterhour.streets import PacedNetwork, Snapped, snap, walk_seconds

_FASTER = (0.9, 1.1)
_LONGER_MIN = (-2, 2)
_FAR = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Times and people under one set of assumptions.

    Attributes
    ----------
    name
        A word key of what is different, and its value: ``speed 0.77``; empty for the study's own.
    reach
        Milliseconds between candidates (rows) and demand points (columns).
    existing_ms
        Milliseconds to the nearest existing facility of the kind, int64 (n_demand,); a large
        number for none.
    who
        The people, at their places.
    limit_ms
        The limit of the circle, inclusive.
    """

    name: str
    reach: ReachTable
    existing_ms: NDArray[np.int64]
    who: Demand
    limit_ms: int

    @property
    def people(self) -> NDArray[np.float64]:
        """People of the lead group at each demand point, float64 (n_demand,)."""
        return self.who.people_of(self.who.lead_group)

    @property
    def already(self) -> NDArray[np.bool_]:
        """Whether an existing facility is within the limit of each demand point."""
        return self.existing_ms <= self.limit_ms

    def covers(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the demand points within the limit of each candidate, as CSR."""
        within = self.reach.ms <= self.limit_ms
        before = np.concatenate([[0], np.cumsum(within, dtype=np.int64)])
        return before[self.reach.indptr], self.reach.indices[within].astype(np.int32)


def own_world(
    case: Case, coverage: Coverage, kind: str, xy_m: NDArray[np.float64], *, cap_ms: int
) -> tuple[World, Snapped]:
    """Return the study's own world, and where the candidates enter the streets.

    Parameters
    ----------
    case, coverage
        The circle and its coverage.
    kind
        Kind that is asked about.
    xy_m
        Positions of the candidates, float64 (n, 2).
    cap_ms
        Longest walk told apart.
    """
    existing = np.full(len(case.demand.xy_m), _FAR, dtype=np.int64)
    if kind in coverage.kinds:
        existing = coverage.ms[coverage.kinds.index(kind), 0].astype(np.int64)
    places = snap(case.paced, xy_m, max_snap_m=case.max_snap_m, public_only=True)
    reach = _candidates(case, case.walker, case.paced, xy_m, case.homes, cap_ms, places=places)
    return World("", reach, existing, case.demand, case.limit_ms), places


def other_worlds(
    case: Case,
    kind: str,
    xy_m: NDArray[np.float64],
    *,
    speeds: tuple[float, ...],
    minutes: tuple[int, ...] = (),
    other: Demand | None = None,
    by_time: bool = False,
) -> Iterator[World]:
    """Yield the worlds that differ from the study's in one thing each.

    Parameters
    ----------
    case, kind, xy_m
        As for :func:`own_world`.
    speeds
        Other paces on the flat, metres per second.
    minutes
        Other limits.
    other
        The same people placed otherwise, or ``None``.
    by_time
        Whether walks beyond the limit are told apart, as far as the study's own world does.
    """
    cap_ms = case.search_ms if by_time else 0
    for speed in speeds:
        walker = replace(case.walker, flat_mps=speed)
        limit_ms = walker.limit_ms(case.minutes[-1])
        yield _world(case, kind, xy_m, f"speed {speed:g}", walker, limit_ms, cap_ms)
    for limit in minutes:
        limit_ms = case.walker.limit_ms(limit)
        yield _world(case, kind, xy_m, f"minutes {limit:g}", case.walker, limit_ms, cap_ms)
    if other is not None:
        yield _world(
            case, kind, xy_m, "placement", case.walker, case.limit_ms, cap_ms, demand=other
        )  # fmt: skip


def tried_speeds(case: Case) -> tuple[float, ...]:
    """Return the paces that the test of stability tries: a tenth slower, and faster."""
    if case.walker.straight:
        return ()
    return tuple(round(case.walker.flat_mps * factor, 3) for factor in _FASTER)


def tried_minutes(case: Case) -> tuple[int, ...]:
    """Return the limits that the test of stability tries: two minutes less, and more."""
    tried = (case.minutes[-1] + more for more in _LONGER_MIN)
    return tuple(minutes for minutes in tried if minutes > 0)


def _world(
    case: Case,
    kind: str,
    xy_m: NDArray[np.float64],
    name: str,
    walker: Walker,
    limit_ms: int,
    cap_ms: int,
    *,
    demand: Demand | None = None,
) -> World:
    """Return a world; walks are told apart up to ``cap_ms``, or to the limit where it is longer."""
    cap_ms = max(cap_ms, limit_ms)
    paced = case.paced if walker is case.walker else walk_seconds(case.network, walker)
    who = case.demand if demand is None else demand
    positions = case.positions
    if demand is not None:
        positions = Positions(case.facilities, demand, max_snap_m=case.max_snap_m)
    places, homes = positions.of(paced)
    rows = case.facilities.rows_of(kind)
    existing = np.full(len(who.xy_m), _FAR, dtype=np.int64)
    if len(rows):
        there = case.facilities.xy_m[rows]
        if walker.straight:
            table = straight_times(there, who.xy_m, cap_ms)
        else:
            own = places.take_places(rows)
            table = walking_times(paced, own, homes, limit_ms=cap_ms, direction=case.direction)
            if not walker.steps:
                twin = walk_seconds(case.network, walker.on_stairs())
                own, other_homes = (each for each in positions.of(twin))
                again = walking_times(
                    twin, own.take_places(rows), other_homes, limit_ms=cap_ms,
                    direction=case.direction,
                )  # fmt: skip
                table = floored_pairs(table, again, np.zeros(len(rows), np.int64))
        existing = table.nearest()[0].astype(np.int64)
    reach = _candidates(case, walker, paced, xy_m, homes, cap_ms, who=who, positions=positions)
    return World(name, reach, existing, who, limit_ms)


def _candidates(
    case: Case,
    walker: Walker,
    paced: PacedNetwork,
    xy_m: NDArray[np.float64],
    homes: Snapped,
    limit_ms: int,
    *,
    places: Snapped | None = None,
    who: Demand | None = None,
    positions: Positions | None = None,
) -> ReachTable:
    """Return times between candidates and homes, as coverage counts them."""
    if walker.straight:
        return straight_times(xy_m, (who or case.demand).xy_m, limit_ms)
    if places is None:
        places = snap(paced, xy_m, max_snap_m=case.max_snap_m, public_only=True)
    table = walking_times(paced, places, homes, limit_ms=limit_ms, direction=case.direction)
    if walker.steps:
        return table
    # Without the short cuts of homes beside closed stairs, as coverage does.
    twin = walk_seconds(case.network, walker.on_stairs())
    places = snap(twin, xy_m, max_snap_m=case.max_snap_m, public_only=True)
    on_stairs = walking_times(
        twin, places, (positions or case.positions).of(twin)[1], limit_ms=limit_ms,
        direction=case.direction,
    )  # fmt: skip
    return join_pairs(table, on_stairs, how="longer")
