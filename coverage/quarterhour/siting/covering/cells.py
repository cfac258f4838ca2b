"""Demand points that the same candidates reach, taken together as one *cell*.

To a maximal covering model two demand points with the same candidates are one: either both are
covered or neither. Merging them is exact and makes the model many times smaller. Demand that is
covered already, or that no allowed candidate reaches, cannot change the choice and is left out.

People enter the model as whole *milli-people* per cell, so that objective, bound and ties are
exact: whole numbers add up alike in any order. Figures in a plan are counted again from the
people themselves; how much the rounding could hide is ``rounding_people``.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

MILLI = 1000.0


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
    candidate = np.repeat(
        np.arange(problem.n_candidates, dtype=np.int32), np.diff(problem.covers_indptr)
    )
    demand = problem.covers_indices
    counts = ~problem.already & (problem.weight > 0)
    keep = counts[demand] & problem.allowed[candidate]
    # Stable: candidates of one demand point stay ascending, so equal sets have equal bytes.
    order = np.argsort(demand[keep], kind="stable")
    reached, first = np.unique(demand[keep][order], return_index=True)
    ends = np.append(first, len(order)).astype(np.int64)
    label, indptr, indices = group_equal(ends, candidate[keep][order])
    people = np.bincount(label, weights=problem.weight[reached], minlength=len(indptr) - 1)
    # A cell of a few grams of people still counts as somebody who can be reached.
    milli = np.maximum(np.rint(people * MILLI), 1.0)
    return Cells(
        n_candidates=problem.n_candidates,
        indptr=indptr,
        indices=indices,
        milli=milli,
        rounding_people=float(np.abs(people - milli / MILLI).sum()),
    )


def group_equal(
    indptr: NDArray[np.int64], indices: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Group the rows of a CSR that hold the same ascending indices.

    Returns
    -------
    tuple
        Group of each row, and the groups' own ``indptr`` and ``indices``; groups are numbered in
        the order of their first row.
    """
    width = indices.itemsize
    content = np.ascontiguousarray(indices).tobytes()
    ends = (indptr * width).tolist()
    seen: dict[bytes, int] = {}
    label = np.fromiter(
        (seen.setdefault(content[start:end], len(seen)) for start, end in pairwise(ends)),
        dtype=np.int64,
        count=len(ends) - 1,
    )
    sizes = np.fromiter((len(key) // width for key in seen), dtype=np.int64, count=len(seen))
    grouped = np.frombuffer(b"".join(seen), dtype=indices.dtype).astype(np.int32)
    return label, np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), grouped
