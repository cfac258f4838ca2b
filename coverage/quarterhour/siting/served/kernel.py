"""The kernel: filling places with people, and what a place is worth, compiled by numba.

All jitted functions live in this one file, because numba's cache watches only the caller's file.
An *edge* is a cell and a facility that it reaches; edges are grouped by cell (CSR). People and
places are whole numbers, so that a flow is exact.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

ALIVE = -1


@njit(cache=True, error_model="numpy", nogil=True)
def fill_places(
    people: NDArray[np.int64],
    indptr: NDArray[np.int64],
    facility: NDArray[np.int32],
    cell_of: NDArray[np.int32],
    start: NDArray[np.int64],
    by_facility: NDArray[np.int64],
    room: NDArray[np.int64],
    share: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Serve the cells one after the other, each as far as can be without unserving others.

    A cell that finds no free place looks for a chain of moves to one (breadth first). Whatever a
    failing search has seen can never again lead to a free place, so nobody looks there again: it
    is *closed*, and the first cell that closed it is what its places are worth to.

    Parameters
    ----------
    people
        Of each cell, in the order in which they are served, int64 (n_cells,).
    indptr, facility
        Facilities of each cell (CSR).
    cell_of, start, by_facility
        The other way round, from :func:`other_way`.
    room
        Places of each facility, int64 (n_facilities,).
    share
        Share of each facility that is there, float64 (n_facilities,) from 0 to 1: of a cell's
        people at most that share, rounded down, go to it.

    Returns
    -------
    tuple
        People served of each cell; for each cell the one whose search closed it, ``ALIVE`` where
        it never was.
    """
    n_cells, n = len(people), len(room)
    flow = np.zeros(len(facility), np.int64)
    served = np.zeros(n_cells, np.int64)
    left = room.copy()
    closed_by = np.full(n_cells, ALIVE, np.int32)
    closed = share <= 0.0
    seen_facility = np.full(n, ALIVE, np.int64)
    seen_cell = np.full(n_cells, ALIVE, np.int64)
    came_by = np.zeros(n, np.int64)  # edge by which a facility was entered
    left_by = np.zeros(n_cells, np.int64)  # edge of which a cell's people would move away
    queue = np.zeros(n, np.int32)
    search = 0
    for cell in range(n_cells):
        wanting = people[cell]
        while wanting > 0:
            search += 1
            seen_cell[cell] = search
            left_by[cell] = -1
            found = -1
            # The emptiest of its own facilities comes first: fewer have to move later.
            for e in range(indptr[cell], indptr[cell + 1]):
                f = facility[e]
                if closed[f] or left[f] <= 0 or (found >= 0 and left[f] <= left[found]):
                    continue
                if flow[e] < np.int64(people[cell] * share[f]):
                    found = f
                    came_by[f] = e
            tail = 0
            if found < 0:
                for e in range(indptr[cell], indptr[cell + 1]):
                    f = facility[e]
                    if closed[f] or seen_facility[f] == search:
                        continue
                    if flow[e] < np.int64(people[cell] * share[f]):
                        seen_facility[f] = search
                        came_by[f] = e
                        queue[tail] = f
                        tail += 1
            head = 0
            while head < tail and found < 0:
                f = queue[head]
                head += 1
                for k in range(start[f], start[f + 1]):
                    back = by_facility[k]
                    other = cell_of[back]
                    if flow[back] <= 0 or seen_cell[other] == search:
                        continue
                    if closed_by[other] != ALIVE:
                        continue
                    seen_cell[other] = search
                    left_by[other] = back
                    for e in range(indptr[other], indptr[other + 1]):
                        g = facility[e]
                        if closed[g] or seen_facility[g] == search:
                            continue
                        if flow[e] >= np.int64(people[other] * share[g]):
                            continue
                        seen_facility[g] = search
                        came_by[g] = e
                        if left[g] > 0:
                            found = g
                            break
                        queue[tail] = g
                        tail += 1
                    if found >= 0:
                        break
            if found < 0:
                for k in range(tail):
                    closed[queue[k]] = True
                for k in range(tail):
                    f = queue[k]
                    for j in range(start[f], start[f + 1]):
                        other = cell_of[by_facility[j]]
                        if seen_cell[other] == search and closed_by[other] == ALIVE:
                            closed_by[other] = cell
                if closed_by[cell] == ALIVE:
                    closed_by[cell] = cell
                break
            amount = min(wanting, left[found])
            f = found
            while True:
                e = came_by[f]
                amount = min(amount, np.int64(people[cell_of[e]] * share[f]) - flow[e])
                back = left_by[cell_of[e]]
                if back < 0:
                    break
                amount = min(amount, flow[back])
                f = facility[back]
            f = found
            while True:
                e = came_by[f]
                flow[e] += amount
                back = left_by[cell_of[e]]
                if back < 0:
                    break
                flow[back] -= amount
                f = facility[back]
            left[found] -= amount
            wanting -= amount
        served[cell] = people[cell] - wanting
    return served, closed_by


@njit(cache=True, error_model="numpy", nogil=True)
def other_way(
    indptr: NDArray[np.int64], facility: NDArray[np.int32], n: int
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
    """Return the cell of each edge, where each facility's edges begin, and edges by facility."""
    cell_of = np.empty(len(facility), np.int32)
    start = np.zeros(n + 2, np.int64)
    for cell in range(len(indptr) - 1):
        for e in range(indptr[cell], indptr[cell + 1]):
            cell_of[e] = cell
            start[facility[e] + 2] += 1
    for f in range(n):
        start[f + 2] += start[f + 1]
    by_facility = np.empty(len(facility), np.int64)
    for e in range(len(facility)):
        f = facility[e]
        by_facility[start[f + 1]] = e
        start[f + 1] += 1
    return cell_of, start[: n + 1], by_facility


@njit(cache=True, error_model="numpy", nogil=True)
def best_fill(
    order: NDArray[np.int64],
    worth: NDArray[np.float64],
    people: NDArray[np.int64],
    indptr: NDArray[np.int64],
    facility: NDArray[np.int32],
    room: NDArray[np.int64],
    taken: NDArray[np.float64],
    use: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the most that each facility alone can earn: its best cells until it is full.

    Parameters
    ----------
    order
        Cells in descending order of ``worth``.
    worth
        What one of a cell's people is worth, float64 (n_cells,); at 0 or less nobody is taken.
    people, indptr, facility, room
        As :func:`fill_places` has them.
    taken
        Written: people of each cell whom all facilities take, each counted ``use`` times.
    use
        Share of each facility in ``taken``, float64 (n_facilities,).
    """
    left = room.copy()
    earned = np.zeros(len(room))
    taken[:] = 0.0
    for cell in order:
        price = worth[cell]
        if price <= 0.0:
            break
        for e in range(indptr[cell], indptr[cell + 1]):
            f = facility[e]
            if left[f] > 0:
                amount = min(left[f], people[cell])
                left[f] -= amount
                earned[f] += price * amount
                taken[cell] += use[f] * amount
    return earned
