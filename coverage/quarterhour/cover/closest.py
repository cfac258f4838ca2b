"""Closest: the nearest of some facilities, seen from homes or from other facilities.

A *search* takes rows of facilities and a limit and tells, for each home (or facility), the
milliseconds to the nearest of them and which one it is. It walks as coverage does: a step-free
walker gains no short cut by entering the streets elsewhere, ties go to the lowest row.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.cover.step_free import step_free_floor
from quarterhour.demand import Demand
from quarterhour.inputs.facilities import Facilities
from quarterhour.presets import Walker
from quarterhour.reach.times import Direction, nearest_of
from quarterhour.streets.walker import UNREACHED, walk_seconds

Found = tuple[NDArray[np.int32], NDArray[np.int32]]
Search = Callable[[NDArray[np.int64], int], Found]


def closest(
    case: Case, *, seen_from: Literal["homes", "facilities"] = "homes",
    walker: Walker | None = None, direction: Direction | None = None,
) -> Search:  # fmt: skip
    """Return the search for the nearest of some facilities.

    Parameters
    ----------
    case
        Streets, facilities and homes.
    seen_from
        Whose nearest is asked for: that of each home, or of each facility (of all its doors).
    walker, direction
        Who walks which way; by default as the circle says.

    Returns
    -------
    Callable
        Takes rows of facilities and a limit in milliseconds (inclusive). Returns milliseconds
        (``UNREACHED`` beyond) and the row of the nearest facility (-1 for none).
    """
    who, way = walker or case.walker, direction or case.direction
    if who.straight:
        return _by_straight_lines(case, seen_from)
    walkers = (who,) if who.steps else (who, who.on_stairs())
    by_walker = [_by_streets(case, one, way, seen_from) for one in walkers]

    def search(rows: NDArray[np.int64], limit_ms: int) -> Found:
        if len(rows) == 0:
            return _nothing(len(case.at) if seen_from == "homes" else len(case.facilities.ids))
        ms, facility = by_walker[0](rows, limit_ms)
        for twin in by_walker[1:]:
            ms = step_free_floor(ms, twin(rows, limit_ms)[0])
        return ms, np.where(ms == UNREACHED, -1, facility).astype(np.int32)

    return search


def _by_streets(case: Case, walker: Walker, direction: Direction, seen_from: str) -> Search:
    paced = case.paced if walker is case.walker else walk_seconds(case.network, walker)
    places, homes = case.positions.of(paced)
    of_homes = seen_from == "homes"
    # Each door is a home of its own; a facility has the time of its best door.
    whose = homes if of_homes else places.take(np.arange(len(places.edge)))
    nearest = nearest_of(paced, whose, direction=direction)

    def search(rows: NDArray[np.int64], limit_ms: int) -> Found:
        found = nearest(places.take_places(rows), limit_ms)
        facility = np.where(found.facility >= 0, rows[found.facility], -1).astype(np.int32)
        if of_homes:
            return found.ms, facility
        best = np.full(len(case.facilities.ids), (UNREACHED << 32) | 0xFFFFFFFF, np.int64)
        key = (found.ms.astype(np.int64) << 32) | (facility.astype(np.int64) & 0xFFFFFFFF)
        np.minimum.at(best, places.place, key)
        return (best >> 32).astype(np.int32), best.astype(np.int32)

    return search


def _by_straight_lines(case: Case, seen_from: str) -> Search:
    whose = case.demand if seen_from == "homes" else _standing_at(case.facilities)

    def search(rows: NDArray[np.int64], limit_ms: int) -> Found:
        if len(rows) == 0:
            return _nothing(len(whose.area_index))
        some = case.having(facilities=case.facilities.take(rows), demand=whose)
        ms, row = some.reach_within(limit_ms).nearest()
        return ms, np.where(row >= 0, rows[row], -1).astype(np.int32)

    return search


def _standing_at(facilities: Facilities) -> Demand:
    """Return nobody at all, standing where the facilities do."""
    n = len(facilities.ids)
    return Demand(
        ("all",), np.zeros((n, 1)), facilities.area_index, facilities.xy_m,
        np.full(n, -1, np.int32), np.zeros(n, np.int32), ("place",) * n,
    )  # fmt: skip


def _nothing(n: int) -> Found:
    return np.full(n, UNREACHED, np.int32), np.full(n, -1, np.int32)
