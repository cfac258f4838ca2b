"""Sharing out: who goes where when no facility takes more people than it has room for.

With d_i people who ask at home i, room c_j at facility j, and walks of t_ij minutes within T,

maximise    sum x_ij,  and among all that do, minimise  sum t_ij x_ij
subject to  sum_j x_ij <= d_i,  sum_i x_ij <= c_j,  x_ij >= 0

(Hitchcock's transportation problem, 1941, with a second aim). Both aims are one linear program,
minimise sum (t_ij - M) x_ij with M = T (2 n + 1) for n facilities: whoever can still be served is
served by moving people along a chain of at most n facilities, which lengthens walks by less than M.

The program holds only changes: everybody starts at the nearest facility, full or not, and those of
full ones go elsewhere or nowhere. It begins with few changes and gains those that pay at its own
prices, until none pays; so it is solved for all of them, and most are never looked at.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, SolverError
from quarterhour.solver import GrowingProgram, MixedIntegerProgram

# Changes that are this near to paying come in too: fewer rounds. The answer does not depend on it.
_AHEAD_MIN = 0.5
_DUST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """Who goes where, and two bounds that no other way of sharing out can beat.

    Attributes
    ----------
    people
        People on each walk handed in.
    served, served_bound
        People served, and how many can be at most.
    walk_min, walk_bound_min
        Minutes walked by all of them together, and how many it takes at least to serve them.
    """

    people: NDArray[np.float64]
    served: float
    served_bound: float
    walk_min: float
    walk_bound_min: float


@dataclass(frozen=True, slots=True, eq=False)
class _Walks:
    """Walks by facility and home, the nearest of each home, people, room, and the price M."""

    facility: NDArray[np.int64]
    home: NDArray[np.int64]
    minutes: NDArray[np.float64]
    nearest: NDArray[np.int64]
    asking: NDArray[np.float64]
    room: NDArray[np.float64]
    unserved_min: float

    @property
    def start(self) -> NDArray[np.int64]:
        """The nearest facility of each home, -1 for none."""
        return np.where(self.nearest >= 0, self.facility[self.nearest], -1)

    @property
    def start_min(self) -> NDArray[np.float64]:
        """Minutes to it."""
        return np.where(self.nearest >= 0, self.minutes[self.nearest], np.inf)


def share_people(
    facility: NDArray[np.int64],
    home: NDArray[np.int64],
    ms: NDArray[np.int32],
    *,
    asking: NDArray[np.float64],
    room: NDArray[np.float64],
    limit_ms: int,
) -> Flow:
    """Serve as many as there is room for, with as little walking as that takes.

    Parameters
    ----------
    facility, home, ms
        Walks: facility, home and milliseconds of each, no pair twice.
    asking
        People who ask for a place, by home; may be fractions.
    room
        How many each facility takes.
    limit_ms
        No walk is longer.

    Raises
    ------
    SolverError
        If HiGHS stopped for a reason of its own.

    References
    ----------
    .. [1] F. L. Hitchcock, "The distribution of a product from several sources to numerous
       localities", Journal of Mathematics and Physics 20, 224-230 (1941).
       doi:10.1002/sapm1941201224
    """
    use = np.flatnonzero((asking[home] > 0) & (room[facility] > 0))
    people = np.zeros(len(home))
    if len(use) == 0:
        return Flow(people, 0.0, 0.0, 0.0, 0.0)
    minutes = ms[use] / 60_000.0
    count = len(np.unique(facility[use]))
    walks = _Walks(
        facility[use], home[use], minutes, _nearest(facility[use], home[use], minutes, len(asking)),
        asking, room, limit_ms / 60_000.0 * (2 * count + 1),
    )  # fmt: skip
    people[use], price = _solve(walks)
    return _proved(walks, people, people[use], price)


def _nearest(
    facility: NDArray[np.int64],
    home: NDArray[np.int64],
    minutes: NDArray[np.float64],
    n_homes: int,
) -> NDArray[np.int64]:
    """Return the row of each home's nearest walk, -1 for none; ties to the lowest facility."""
    order = np.lexsort((facility, minutes, home))
    first = order[np.diff(home[order], prepend=-1) > 0]
    nearest = np.full(n_homes, -1)
    nearest[home[first]] = first
    return nearest


def _solve(walks: _Walks) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return people by walk, and what one more place at each facility is worth, in minutes."""
    start, start_min = walks.start, walks.start_min
    begun = start >= 0
    load = np.zeros(len(walks.room))
    np.add.at(load, start[begun], walks.asking[begun])
    other = start[walks.home] != walks.facility
    moves = np.zeros(len(walks.home), bool)
    leaves = begun & (load > walks.room)[start]
    while True:
        people, price = _restricted(walks, np.flatnonzero(moves), np.flatnonzero(leaves), load)
        cost = walks.minutes + price[walks.facility]
        # The cheapest of what each home may do so far, and of all it could do.
        now = np.where(begun, start_min + price[start], np.inf)
        now = np.where(leaves, np.minimum(now, walks.unserved_min), now)
        np.minimum.at(now, walks.home[moves], cost[moves])
        best = np.minimum(now, walks.unserved_min)
        np.minimum.at(best, walks.home, cost)
        pays = other & ~moves & (cost < now[walks.home] - _DUST)
        gives_up = begun & ~leaves & (now > walks.unserved_min + _DUST)
        if not pays.any() and not gives_up.any():
            return people, price
        moves |= other & (cost <= best[walks.home] + _AHEAD_MIN)
        leaves |= gives_up


def _restricted(
    walks: _Walks,
    moves: NDArray[np.int64],
    leaves: NDArray[np.int64],
    load: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve with some changes: people of ``moves`` on other walks, of homes in ``leaves`` on none.

    Rows: the room of each facility, then the people of each home that has two changes or more
    (one alone is bounded as a column).
    """
    home = np.concatenate([walks.home[moves], leaves])
    n, n_facilities = len(home), len(walks.room)
    several = np.flatnonzero(np.bincount(home, minlength=len(walks.asking)) > 1)
    row_of = np.full(len(walks.asking), -1)
    row_of[several] = n_facilities + np.arange(len(several))
    bound = np.flatnonzero(row_of[home] >= 0)
    column = np.arange(n)
    row = np.concatenate([walks.start[home], walks.facility[moves], row_of[home[bound]]])
    at = np.concatenate([column, column[: len(moves)], bound])
    value = np.concatenate([np.full(n, -1.0), np.ones(len(moves) + len(bound))])
    order = np.lexsort((at, row))
    n_rows = n_facilities + len(several)
    start_min = walks.start_min[home]
    there = np.concatenate([walks.minutes[moves], np.full(len(leaves), walks.unserved_min)])
    program = MixedIntegerProgram(
        cost=there - start_min, column_lower=np.zeros(n), column_upper=walks.asking[home],
        integer=np.zeros(n, bool), row_lower=np.full(n_rows, -np.inf),
        row_upper=np.concatenate([walks.room - load, walks.asking[several]]),
        indptr=np.append(0, np.cumsum(np.bincount(row, minlength=n_rows))).astype(np.int32),
        indices=at[order].astype(np.int32), values=value[order],
    )  # fmt: skip
    # Where nobody has to change there is nothing to solve, and HiGHS calls that empty.
    found = GrowingProgram(program).solve() if n else (np.zeros(0), np.zeros(n_rows))
    if found is None:
        raise SolverError(Fault("siting.solver_stopped", {"status": "not optimal"}))
    changed = np.clip(found[0], 0.0, walks.asking[home])
    people = np.zeros(len(walks.home))
    begun = np.flatnonzero(walks.nearest >= 0)
    people[walks.nearest[begun]] = walks.asking[begun]
    np.subtract.at(people, walks.nearest[home], changed)
    people[moves] = changed[: len(moves)]
    return np.maximum(people, 0.0), np.maximum(-found[1][:n_facilities], 0.0)


def _proved(
    walks: _Walks,
    people: NDArray[np.float64],
    used: NDArray[np.float64],
    price: NDArray[np.float64],
) -> Flow:
    """Return the flow with its bounds, counted from all walks without the solver.

    No more are served than the room of any set of facilities, and everybody who reaches one
    outside it: here the set whose places are dear (max-flow min-cut). And any prices bound the
    cost from below (weak duality).
    """
    served = float(used.sum())
    outside = price[walks.facility] <= walks.unserved_min / 2
    free = np.zeros(len(walks.asking), bool)
    free[walks.home[outside]] = True
    dear = np.zeros(len(price), bool)
    dear[walks.facility[~outside]] = True
    bound = float(walks.room[dear].sum() + walks.asking[free].sum())
    worth = np.zeros(len(walks.asking))
    gain = walks.unserved_min - walks.minutes - price[walks.facility]
    np.maximum.at(worth, walks.home, gain)
    least = walks.unserved_min * served - worth @ walks.asking - price @ walks.room
    return Flow(people, served, bound, float(used @ walks.minutes), float(least))
