"""Who may cover whom, as sets of candidates: one *cell* per set, and what of it can be left out.

A cell is all demand points that the same candidates can bring inside. Two reductions leave the
best choice as good as it was (C. Toregas, C. ReVelle, "Binary logic solutions to a class of
location problem", Geographical Analysis 5(2), 145-155, 1973): a cell that must be covered and
whose set holds another such cell's set is covered along with it; and a candidate that covers no
more than another one, and is no cheaper, is never needed. The first holds under any rule; the
second only where nothing but number and money limits the choice.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_WORD = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sets:
    """Cells, and the candidates of each.

    Attributes
    ----------
    n_candidates
        Number of candidates, whether or not they are in any set.
    indptr, indices
        Candidates of each cell (CSR: row = cell), ascending; int64 and int32.
    weight
        People of each cell, or whole units of them, float64 (n_cells,).
    """

    n_candidates: int
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weight: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def cell(self) -> NDArray[np.int64]:
        """Return the cell of each entry of ``indices``, int64."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.indptr))

    def matrix(self) -> Any:  # noqa: ANN401
        """Return the 0-1 matrix with row = cell, column = candidate, as ``csr_array``."""
        from scipy.sparse import csr_array

        ones = np.ones(len(self.indices))
        shape = (len(self), self.n_candidates)
        return csr_array((ones, self.indices, self.indptr), shape=shape)

    def counts(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return by how many of some candidates each cell is covered, int64 (n_cells,)."""
        flags = np.zeros(self.n_candidates, dtype=np.int64)
        flags[chosen] = 1
        before = np.concatenate([[0], np.cumsum(flags[self.indices])])
        counts: NDArray[np.int64] = np.diff(before[self.indptr])
        return counts

    def only(self, cells: NDArray[np.bool_]) -> "Sets":
        """Return some of the cells."""
        kept = np.repeat(cells, np.diff(self.indptr))
        sizes = np.diff(self.indptr)[cells]
        return Sets(
            n_candidates=self.n_candidates,
            indptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            indices=self.indices[kept],
            weight=self.weight[cells],
        )

    def among(self, candidates: NDArray[np.bool_]) -> "Sets":
        """Return the cells without some of the candidates, merged anew."""
        kept = candidates[self.indices]
        before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return merged(self.n_candidates, before[self.indptr], self.indices[kept], self.weight)


def merged(
    n_candidates: int,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weight: NDArray[np.float64],
) -> Sets:
    """Merge demand with equal sets of candidates, in the order of the first of each.

    Parameters
    ----------
    n_candidates
        Number of candidates.
    indptr, indices
        Candidates of each demand point (CSR), ascending.
    weight
        Weight of each demand point.
    """
    width = indices.itemsize
    content = np.ascontiguousarray(indices).tobytes()
    seen: dict[bytes, int] = {}
    label = np.fromiter(
        (
            seen.setdefault(content[start:end], len(seen))
            for start, end in pairwise((indptr * width).tolist())
        ),
        dtype=np.int64,
        count=len(indptr) - 1,
    )
    sizes = np.fromiter((len(key) // width for key in seen), dtype=np.int64, count=len(seen))
    return Sets(
        n_candidates=n_candidates,
        indptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        indices=np.frombuffer(b"".join(seen), dtype=indices.dtype).astype(np.int32),
        weight=np.bincount(label, weights=weight, minlength=len(seen)).astype(np.float64),
    )


def sets_inside(problem: "SitingProblem") -> Sets:
    """Return the cells of the people whom allowed candidates could bring inside the circle."""
    counts = ~problem.already & (problem.weight > 0)
    by_point = by_demand(
        problem.covers_indptr, problem.covers_indices, n_demand=len(problem.weight)
    )
    kept = np.repeat(counts, np.diff(by_point.indptr)) & problem.allowed[by_point.indices]
    before = np.concatenate([[0], np.cumsum(kept)])[by_point.indptr]
    reached = np.flatnonzero(np.diff(before) > 0)
    return merged(
        problem.n_candidates,
        np.append(before[reached], before[-1]).astype(np.int64),
        by_point.indices[kept].astype(np.int32),
        problem.weight[reached],
    )


def by_demand(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    *,
    n_demand: int,
    values: NDArray[np.int32] | None = None,
) -> Any:  # noqa: ANN401
    """Turn rows of candidates into rows of demand points; candidates ascend in each row.

    Returns
    -------
    csr_array
        Shape (n_demand, n_candidates); its data are ``values``, or ones. Zeros are kept.
    """
    from scipy.sparse import csr_array

    data = np.ones(len(indices), dtype=np.int8) if values is None else values
    shape = (len(indptr) - 1, n_demand)
    turned = csr_array((data, indices, indptr), shape=shape).tocsc()
    return csr_array((turned.data, turned.indices, turned.indptr), shape=shape[::-1])


def prices(problem: "SitingProblem") -> NDArray[np.int64] | None:
    """Return the prices by which a candidate may give way to another, or ``None`` if none may."""
    if problem.rules:
        return None
    if problem.cost is not None and (problem.fewest == "cost" or problem.budget is not None):
        return problem.cost.astype(np.int64)
    return np.zeros(problem.n_candidates, dtype=np.int64)


def reduced(
    sets: Sets,
    *,
    slack: float,
    may_go: NDArray[np.bool_],
    cost: NDArray[np.int64] | None,
) -> tuple[Sets, NDArray[np.bool_]]:
    """Leave out cells and candidates that cannot matter, until nothing more can be left out.

    Parameters
    ----------
    sets
        Cells, whole weights.
    slack
        Most weight that may stay uncovered: a heavier cell must be covered.
    may_go
        Candidates that may be left out, bool (n_candidates,).
    cost
        A candidate only gives way to one that costs no more, int64 (n_candidates,); ``None``
        where no candidate may be left out.

    Returns
    -------
    tuple
        Cells that are left, and whether a candidate is.
    """
    left = np.ones(sets.n_candidates, dtype=np.bool_)
    while True:
        sets = sets.only(not_implied(sets, sets.weight > slack))
        if cost is None:
            return sets, left
        dropped = dominated(sets, may_go=may_go & left, cost=cost)
        if not dropped.any():
            return sets, left
        left &= ~dropped
        sets = sets.among(left)


def not_implied(sets: Sets, hard: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which cells are not covered along with another cell that must be covered."""
    kept = np.ones(len(sets), dtype=np.bool_)
    sizes = np.diff(sets.indptr)
    bits = _bits(sets.indptr, sets.indices, sets.n_candidates)
    lists = _lists(sets.indices, sets.cell, sets.n_candidates)
    for cell in np.flatnonzero(hard)[np.argsort(sizes[hard], kind="stable")].tolist():
        if not kept[cell]:
            continue
        own = sets.indices[sets.indptr[cell] : sets.indptr[cell + 1]].tolist()
        rarest = min(own, key=lambda candidate: len(lists[candidate]))
        others = lists[rarest][kept[lists[rarest]]]
        lists[rarest] = others
        kept[others[((bits[others] & bits[cell]) == bits[cell]).all(axis=1)]] = False
        kept[cell] = True
    return kept


def dominated(
    sets: Sets, *, may_go: NDArray[np.bool_], cost: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Tell which of some candidates another one replaces: no cell less, and no dearer.

    Of candidates alike in both the earliest stays.
    """
    n = sets.n_candidates
    order = np.argsort(sets.indices, kind="stable")
    cells = sets.cell[order]
    sizes = np.bincount(sets.indices, minlength=n)
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    bits = _bits(indptr, cells.astype(np.int32), len(sets))
    there = sizes > 0
    dropped = may_go & ~there
    lists = [
        sets.indices[start:end].astype(np.int64) for start, end in pairwise(sets.indptr.tolist())
    ]
    ranked = np.flatnonzero(may_go & there)
    # Of equals the last goes first: small sets first, then from the end.
    for candidate in ranked[np.lexsort((-ranked, sizes[ranked]))].tolist():
        own = cells[indptr[candidate] : indptr[candidate + 1]].tolist()
        others = lists[min(own, key=lambda cell: len(lists[cell]))]
        others = others[~dropped[others] & (cost[others] <= cost[candidate])]
        # What was dropped is not among them: of equals the earliest is left.
        holds = ((bits[others] & bits[candidate]) == bits[candidate]).all(axis=1)
        dropped[candidate] = (holds & (others != candidate)).any()
    return dropped


def at_least(sets: Sets, slack: float) -> int:
    """Return a number of sites that no choice goes below which leaves no more weight outside.

    The larger of two: the cells that must be covered and have no candidate in common; and the
    sites it would take if the largest never had anybody in common.
    """
    by_site = np.bincount(sets.indices, weights=sets.weight[sets.cell], minlength=sets.n_candidates)
    inside = np.cumsum(np.sort(by_site)[::-1])
    needed = float(sets.weight.sum()) - slack
    enough = int(np.searchsorted(inside, needed)) + 1 if needed > 0 else 0
    return max(enough, disjoint(sets.only(sets.weight > slack)))


def disjoint(sets: Sets) -> int:
    """Return a number of cells of which no two have a candidate in common.

    So many sites at least are needed to cover all. Small sets are taken first.
    """
    used = np.zeros(sets.n_candidates, dtype=np.bool_)
    found = 0
    for cell in np.argsort(np.diff(sets.indptr), kind="stable").tolist():
        own = sets.indices[sets.indptr[cell] : sets.indptr[cell + 1]]
        if not used[own].any():
            used[own] = True
            found += 1
    return found


def _bits(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], n_columns: int
) -> NDArray[np.uint64]:
    """Return rows of a CSR, ascending and none twice, as rows of bits."""
    n_words = max(1, -(-n_columns // _WORD))
    row = np.repeat(np.arange(len(indptr) - 1, dtype=np.int64), np.diff(indptr))
    place = row * n_words + indices // _WORD
    bits = np.zeros((len(indptr) - 1) * n_words, dtype=np.uint64)
    if len(indices):
        one = np.left_shift(np.uint64(1), (indices % _WORD).astype(np.uint64))
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        bits[place[starts]] = np.bitwise_or.reduceat(one, starts)
    return bits.reshape(-1, n_words)


def _lists(
    keys: NDArray[np.int32], values: NDArray[np.int64], n_keys: int
) -> list[NDArray[np.int64]]:
    """Return the values of each key, in order."""
    order = np.argsort(keys, kind="stable")
    ends = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=n_keys))])
    return [values[order[start:end]] for start, end in pairwise(ends.tolist())]
