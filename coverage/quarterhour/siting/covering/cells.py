"""Demand points that the same candidates reach, taken together as one *cell*.

To a maximal covering model two demand points with the same candidates are one: either both are
covered or neither. Merging them is exact and makes the model many times smaller. Demand that is
covered already, or that no allowed candidate reaches, cannot change the choice and is left out.

Points are told apart by a *mark*: the sum of a random 64-bit number per candidate. Two sets could
share a mark by chance, so every grouping is verified against the sets themselves, and done again
with other numbers should that ever happen: what is returned is exact.

People (or what they are worth, where groups count differently) enter the model as whole
*milli-people* per cell, so that objective, bound and ties are exact: whole numbers add up alike in
any order. Figures in a plan are counted again from the people themselves; how much the rounding
could hide is ``rounding_people``.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

MILLI = 1000.0
_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Cells and who reaches them.

    Attributes
    ----------
    n_candidates
        Number of candidates, forbidden ones included.
    indptr, indices
        Candidates of each cell (CSR: row = cell), ascending.
    milli
        Milli-people of each cell: whole numbers, held as float64, which is exact up to 2**53.
    rounding_people
        Sum over cells of what rounding to milli-people changed.
    """

    n_candidates: int
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    milli: NDArray[np.float64]
    rounding_people: float

    def __len__(self) -> int:
        return len(self.milli)

    def matrix(self) -> Any:  # noqa: ANN401
        """Return the 0-1 matrix with row = cell, column = candidate, as ``csr_array``."""
        from scipy.sparse import csr_array

        ones = np.ones(len(self.indices))
        shape = (len(self), self.n_candidates)
        return csr_array((ones, self.indices, self.indptr), shape=shape)


def merge_cells(problem: "SitingProblem") -> Cells:
    """Return the cells of a problem, in the order of their first demand point."""
    worth = problem.worth
    counts = ~problem.already & (worth > 0)
    rows = [
        problem.covers_indices[problem.covers_indptr[site] : problem.covers_indptr[site + 1]]
        for site in np.flatnonzero(problem.allowed).tolist()
    ]
    for seed in range(_TRIES):
        label, first = _label(rows, counts, seed)
        found = _candidates_of(rows, label, first)
        if found is not None:
            break
    else:
        raise AssertionError("hashes of 64 bits met by chance again and again")
    place, cell = found
    indptr = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=len(first)))])
    # Candidates come in ascending order, so a stable sort leaves those of a cell ascending.
    sites = np.flatnonzero(problem.allowed)[place[np.argsort(cell, kind="stable")]]
    inside = label >= 0
    people = np.bincount(label[inside], weights=worth[inside], minlength=len(first))
    # A cell of a few grams of people still counts as somebody who can be reached.
    milli = np.maximum(np.rint(people * MILLI), 1.0)
    return Cells(
        n_candidates=problem.n_candidates,
        indptr=indptr.astype(np.int64),
        indices=sites.astype(np.int32),
        milli=milli,
        rounding_people=float(np.abs(people - milli / MILLI).sum()),
    )


def _label(
    rows: list[NDArray[np.int32]], counts: NDArray[np.bool_], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the cell of each demand point, -1 for none, and the first point of each cell."""
    keys = np.random.default_rng(seed).integers(1, 2**64, len(rows), dtype=np.uint64)
    mark = np.zeros(len(counts), dtype=np.uint64)
    reached = np.zeros(len(counts), dtype=np.bool_)
    for row, key in zip(rows, keys, strict=True):
        # No demand point is twice in a row, so that nothing is lost in adding by index.
        mark[row] += key
        reached[row] = True
    points = np.flatnonzero(counts & reached)
    first, number = _by_first(mark[points])
    label = np.full(len(counts), -1, dtype=np.int64)
    label[points] = number
    return label, points[first]


def _candidates_of(
    rows: list[NDArray[np.int32]], label: NDArray[np.int64], first: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return pairs of row and cell, or ``None`` where points of one cell are not alike.

    A cell has the rows of its first point. Points are alike if each row has all points of a cell
    or none.
    """
    size = np.bincount(label[label >= 0], minlength=len(first))
    is_first = np.zeros(len(label), dtype=np.bool_)
    is_first[first] = True
    last = np.full(len(first), -1, dtype=np.int64)
    place, cells = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for number, row in enumerate(rows):
        own = label[row]
        mine = own[is_first[row]]
        own = own[own >= 0]
        last[mine] = number
        # Points of cells whose first is here, and as many as these cells have: all of each.
        if len(own) != size[mine].sum() or (last[own] != number).any():
            return None
        place.append(np.full(len(mine), number, dtype=np.int64))
        cells.append(mine)
    return np.concatenate(place), np.concatenate(cells)


def group_equal(
    indptr: NDArray[np.int64], indices: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Group the rows of a CSR that hold the same indices in the same order.

    Returns
    -------
    tuple
        Group of each row, and the groups' own ``indptr`` and ``indices``; groups are numbered in
        the order of their first row.
    """
    sizes = np.diff(indptr)
    row = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(indices)) - indptr[:-1][row]
    for seed in range(_TRIES):
        # Odd factors per place in the row: the same indices in another order have another mark.
        factors = np.random.default_rng(seed).integers(
            0, 2**63, int(sizes.max(initial=0)), dtype=np.uint64
        )
        marks = _mixed(indices.astype(np.uint64), seed) * (2 * factors + np.uint64(1))[place]
        ends = np.concatenate([np.zeros(1, np.uint64), np.cumsum(marks, dtype=np.uint64)])
        first, label = _by_first(ends[indptr[1:]] - ends[indptr[:-1]])
        alike = first[label]
        same_size = (sizes[alike] == sizes).all()
        if same_size and (indices[indptr[alike][row] + place] == indices).all():
            break
    else:
        raise AssertionError("hashes of 64 bits met by chance again and again")
    is_first = np.zeros(len(sizes), dtype=np.bool_)
    is_first[first] = True
    bounds = np.concatenate([[0], np.cumsum(sizes[is_first])]).astype(np.int64)
    return label, bounds, indices[is_first[row]].astype(np.int32)


def _by_first(marks: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first place of each distinct mark, ascending, and the number of each mark."""
    _, first, same = np.unique(marks, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return first[order].astype(np.int64), rank[same]


def _mixed(numbers: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Return 64 well-mixed bits for each number (the finaliser of SplitMix64).

    G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", Proceedings
    of OOPSLA, 453-472 (2014).
    """
    x = numbers + np.uint64((0x9E3779B97F4A7C15 * (seed + 1)) % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
