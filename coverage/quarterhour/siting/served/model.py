"""Cells, places, and how many people any choice of sites serves.

A *cell* is all demand points that reach the same facilities and candidates, and whose people are
worth the same. Merging them is exact here: people may be split, so those of a cell are
interchangeable. Facilities are columns: the candidates first, then those that exist.

The people served by a choice are a largest flow from cells through facilities, each of which lets
no more through than it has places (Ford and Fulkerson 1956). Where people are worth more in some
cells than in others, serving the cells in descending order of worth, none of them at the expense
of an earlier one, is a largest flow and the most worth too: the sets that can be served are a
polymatroid (Edmonds 1970).

Whole milli-people flow. What one is worth is a multiple of 1/1024 or finer, so that every sum in
float64 is exact.

References
----------
L. R. Ford, D. R. Fulkerson, "Maximal flow through a network", Canadian Journal of Mathematics 8,
399-404 (1956).
J. Edmonds, "Submodular functions, matroids, and certain polyhedra", in: Combinatorial Structures
and Their Applications, 69-87 (1970).
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.siting.counting import MILLI

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

# Sums of worth times milli-people must stay exact in float64, which has 53 bits.
_BITS = 52
# Prices of the flows that are remembered, 8 bytes each.
_REMEMBERED = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow:
    """Who is served by some facilities, and what a place is worth to the cells.

    Attributes
    ----------
    value
        Milli-people served, or milli-merit; a multiple of the model's step.
    price
        What a place that only a cell's people could have would earn, float64 (n_cells,): their
        own worth, less what a place costs them. Any such prices bound every choice.
    """

    value: float
    price: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedModel:
    """Who may go where, and how many places there are.

    Attributes
    ----------
    n_candidates
        Candidates, those that may not be chosen included.
    cell
        Cell of each demand point, -1 for those who reach nothing, int64 (n_demand,).
    people
        Milli-people of each cell, int64 (n_cells,), cells in descending order of worth.
    worth
        What one of a cell's people is worth, float64 (n_cells,); 1 where no merit is given.
    indptr, facility
        Facilities of each cell (CSR), ascending.
    other_way
        The same edges by facility, as the kernel wants them.
    room
        Milli-people whom each candidate, then each existing facility, can serve, int64.
    rounding
        Milli-people (or milli-merit) that rounding could hide.
    source
        The arrays of the question that all of this depends on.
    known
        Flows of choices seen so far, by their bytes.
    """

    n_candidates: int
    cell: NDArray[np.int64]
    people: NDArray[np.int64]
    worth: NDArray[np.float64]
    indptr: NDArray[np.int64]
    facility: NDArray[np.int32]
    other_way: tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]
    room: NDArray[np.int64]
    rounding: float
    source: tuple[NDArray[np.generic], ...]
    known: dict[bytes, Flow] = field(default_factory=dict)

    @classmethod
    def of(cls, problem: "SitingProblem") -> "ServedModel":
        """Return the model of a question.

        Raises
        ------
        InputError
            If a capacity is negative or not a number.
        """
        from quarterhour.siting.served.kernel import other_way

        room = _places(problem)
        demand, facility = _edges(problem, room)
        people, worth, rounding = _whole(problem)
        counts = (people > 0)[demand]
        demand, facility = demand[counts], facility[counts]
        cell, first = _merge(demand, facility, worth)
        order = np.argsort(-worth[first], kind="stable")
        place = np.empty(len(order) + 1, np.int64)
        place[order], place[-1] = np.arange(len(order)), -1
        cell, first = place[cell], first[order]
        begin = np.searchsorted(demand, first)
        sizes = np.searchsorted(demand, first, side="right") - begin
        indptr = np.append(0, np.cumsum(sizes)).astype(np.int64)
        columns = facility[np.repeat(begin - indptr[:-1], sizes) + np.arange(indptr[-1])]
        summed = np.bincount(cell[cell >= 0], people[cell >= 0], minlength=len(order))
        # No more than all who reach it: an endless capacity is as good.
        reach = np.bincount(columns, np.repeat(summed, sizes), minlength=len(room))
        rounding += 0.5 * len(room) * max(1.0, float(worth.max(initial=0.0)))
        return cls(
            n_candidates=problem.n_candidates,
            cell=cell,
            people=summed.astype(np.int64),
            worth=worth[first],
            indptr=indptr,
            facility=columns.astype(np.int32),
            other_way=other_way(indptr, columns.astype(np.int32), len(room)),
            room=np.rint(np.minimum(room * MILLI, reach)).astype(np.int64),
            rounding=rounding,
            source=_source(problem),
        )

    @property
    def base(self) -> float:
        """What existing facilities serve on their own."""
        return self.flow(np.zeros(0, np.int64)).value

    @property
    def n_facilities(self) -> int:
        """Candidates and existing facilities."""
        return len(self.room)

    @property
    def total(self) -> float:
        """Milli-people, or milli-merit, of all cells."""
        return float((self.people * self.worth).sum())

    def is_of(self, problem: "SitingProblem") -> bool:
        """Tell whether a question is about the same people, places and walks."""
        pairs = zip(self.source, _source(problem), strict=True)
        return all(a is b or np.array_equal(a, b) for a, b in pairs)

    def served_cells(
        self, people: NDArray[np.int64], room: NDArray[np.int64], share: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return a largest flow of other people and places: see the kernel's ``fill_places``."""
        from quarterhour.siting.served.kernel import fill_places

        return fill_places(people, self.indptr, self.facility, *self.other_way, room, share)

    def built(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return 1 for a choice and for what exists, else 0, float64 (n_facilities,)."""
        share = np.zeros(self.n_facilities)
        share[self.n_candidates :] = 1.0
        share[chosen] = 1.0
        return share

    def flow(self, chosen: NDArray[np.int64]) -> Flow:
        """Return what a choice and the existing facilities serve together."""
        key = np.sort(chosen).astype(np.int32).tobytes()
        if (known := self.known.get(key)) is not None:
            return known
        found = self._priced(*self.served_cells(self.people, self.room, self.built(chosen)))
        if len(self.known) * len(self.people) > _REMEMBERED:
            self.known.clear()
        self.known[key] = found
        return found

    def fractional_flow(self, use: NDArray[np.float64]) -> Flow:
        """Return what shares ``use`` of the candidates serve, edges shared alike, rounded down.

        Parameters
        ----------
        use
            Share of each candidate that is built, float64 (n_candidates,), from 0 to 1.
        """
        use = np.where(use > 1e-9, use, 0.0)
        share = np.append(use, np.ones(self.n_facilities - self.n_candidates))
        room = (self.room * share).astype(np.int64)
        return self._priced(*self.served_cells(self.people, room, share))

    def _priced(self, served: NDArray[np.int64], closed_by: NDArray[np.int32]) -> Flow:
        closer = np.append(self.worth, 0.0)[closed_by]
        return Flow(value=float((served * self.worth).sum()), price=self.worth - closer)

    def earned(
        self, price: NDArray[np.float64], use: NDArray[np.float64] | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what each facility earns at most where people cost ``price``, and whom it takes.

        Parameters
        ----------
        price
            Of each cell, float64 (n_cells,).
        use
            How often the people of each facility count, float64 (n_facilities,); by default not.

        Returns
        -------
        tuple
            Float64 (n_facilities,), and people taken from each cell, float64 (n_cells,).
        """
        from quarterhour.siting.served.kernel import best_fill

        left = self.worth - price
        taken = np.zeros(len(left))
        earned = best_fill(
            np.argsort(-left, kind="stable"), left, self.people, self.indptr, self.facility,
            self.room, taken, np.zeros(self.n_facilities) if use is None else use,
        )  # fmt: skip
        return earned, taken

    def gain(self, chosen: NDArray[np.int64]) -> float:
        """Return what a choice serves beyond what exists."""
        return self.flow(chosen).value - self.base


def _source(problem: "SitingProblem") -> tuple[NDArray[np.generic], ...]:
    capacity = problem.capacity
    if capacity is None:
        raise AssertionError("capacity is needed")
    return (
        problem.weight, problem.worth, problem.covers_indptr, problem.covers_indices,
        capacity.of_candidate, capacity.of_existing, capacity.existing_indptr,
        capacity.existing_indices,
    )  # fmt: skip


def _places(problem: "SitingProblem") -> NDArray[np.float64]:
    capacity = problem.capacity
    if capacity is None:
        raise AssertionError("capacity is needed")
    room = np.concatenate([capacity.of_candidate, capacity.of_existing]).astype(np.float64)
    bad = ~(room >= 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(Fault("siting.bad_capacity", {"row": row, "value": float(room[row])}))
    return room


def _edges(
    problem: "SitingProblem", room: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return demand point and facility of all edges, by demand point, then facility."""
    capacity = problem.capacity
    if capacity is None:
        raise AssertionError("capacity is needed")
    n = problem.n_candidates
    facility = np.concatenate(
        [
            np.repeat(np.arange(n), np.diff(problem.covers_indptr)),
            n + np.repeat(np.arange(len(capacity.of_existing)), np.diff(capacity.existing_indptr)),
        ]
    )
    demand = np.concatenate([problem.covers_indices, capacity.existing_indices]).astype(np.int64)
    # A pair that is listed twice is still one way to a place; whoever has no place is no facility.
    keys = np.unique(demand * len(room) + facility)
    demand, facility = np.divmod(keys, max(len(room), 1))
    open_ = room[facility] > 0
    return demand[open_], facility[open_]


def _whole(
    problem: "SitingProblem",
) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
    """Return milli-people of demand points, what one is worth, and what rounding could hide."""
    people = np.rint(problem.weight * MILLI)
    hidden = float(np.abs(people - problem.weight * MILLI).sum())
    if problem.merit is None:
        return people.astype(np.int64), np.ones(len(people)), hidden
    merit = problem.merit * MILLI
    worth = np.divide(merit, people, out=np.zeros(len(people)), where=people > 0)
    room = max(float(merit.sum()), float(people.sum()), 1.0)
    step = 2.0 ** -max(0, int(_BITS - np.ceil(np.log2(room))))
    exact = np.rint(worth / step) * step
    hidden = hidden * max(float(worth.max(initial=0.0)), 1.0)
    hidden += float(np.abs(exact * people - merit).sum()) + 1.0
    return people.astype(np.int64), exact, hidden


def _merge(
    demand: NDArray[np.int64], facility: NDArray[np.int64], worth: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cell of each point that reaches anything, and a first point of each cell."""
    reached, first = np.unique(demand, return_index=True)
    ends = np.append(first, len(demand)) * facility.itemsize
    content, value = np.ascontiguousarray(facility).tobytes(), worth[reached].tolist()
    seen: dict[tuple[bytes, float], int] = {}
    cell = np.full(len(worth), -1)
    cell[reached] = [
        seen.setdefault((content[start:end], one), len(seen))
        for (start, end), one in zip(pairwise(ends.tolist()), value, strict=True)
    ]
    return cell, reached[np.unique(cell[reached], return_index=True)[1]]
