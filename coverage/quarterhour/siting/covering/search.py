"""Good plans, quickly: greedy adding, and exchange of single sites.

Nothing here proves anything; :mod:`quarterhour.siting.covering.models` does. A plan in hand lets the proof
rule out most candidates, and the order of exchanges settles ties.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.cells import Cells


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverModel:
    """The fixed part of a question, shared by all its re-solves.

    Attributes
    ----------
    cells
        Demand.
    by_cell, by_candidate
        The 0-1 matrix of ``cells`` and its transpose, both ``csr_array``.
    n_sites
        Sites to choose at most.
    must
        Rows that every plan has.
    """

    cells: Cells
    by_cell: Any
    by_candidate: Any
    n_sites: int
    must: tuple[int, ...]

    @classmethod
    def of(cls, cells: Cells, *, n_sites: int, must: tuple[int, ...]) -> "CoverModel":
        """Return the model of ``cells``."""
        matrix = cells.matrix()
        return cls(
            cells=cells,
            by_cell=matrix,
            by_candidate=matrix.T.tocsr(),
            n_sites=n_sites,
            must=tuple(sorted(set(must))),
        )

    def counts(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return by how many of the chosen sites each cell is covered."""
        flags = np.zeros(self.cells.n_candidates)
        flags[chosen] = 1.0
        counts: NDArray[np.float64] = self.by_cell @ flags
        return counts

    def covered(self, chosen: NDArray[np.int64]) -> float:
        """Return the milli-people that the chosen sites cover."""
        return float(self.cells.milli[self.counts(chosen) > 0].sum())

    def row(self, candidate: int) -> NDArray[np.int32]:
        """Return the cells that one candidate reaches."""
        start, end = self.by_candidate.indptr[candidate : candidate + 2]
        cells: NDArray[np.int32] = self.by_candidate.indices[start:end]
        return cells


def improve(
    model: CoverModel, chosen: NDArray[np.int64], allowed: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Exchange single sites while that covers more, or as much with an earlier candidate."""
    sites = sorted(int(site) for site in chosen)
    counts = model.counts(chosen)
    changed = True
    while changed:
        changed = False
        for site in [s for s in sites if s not in model.must]:
            counts[model.row(site)] -= 1.0
            gain = _gains(model, counts, allowed)
            gain[[s for s in sites if s != site]] = -1.0
            # argmax takes the first of equals: the earliest candidate.
            other = int(np.argmax(gain))
            if gain[other] > gain[site] or (gain[other] == gain[site] and other < site):
                sites[sites.index(site)] = other
                changed = True
            else:
                other = site
            counts[model.row(other)] += 1.0
    return np.array(sorted(sites), dtype=np.int64)


def greedy(
    model: CoverModel, begin: NDArray[np.int64], allowed: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Add the site with the largest gain, the earliest of equals, until none gains or p are in."""
    sites = [int(site) for site in begin]
    counts = model.counts(begin)
    while len(sites) < model.n_sites:
        gain = _gains(model, counts, allowed)
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        sites.append(best)
        counts[model.row(best)] += 1.0
    return np.array(sites, dtype=np.int64)


def _gains(
    model: CoverModel, counts: NDArray[np.float64], allowed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    gain: NDArray[np.float64] = model.by_candidate @ np.where(counts > 0, 0.0, model.cells.milli)
    return np.where(allowed, gain, -1.0)


def drop_useless(model: CoverModel, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Drop sites, the last first, whose people others of the plan cover as well."""
    counts = model.counts(chosen)
    kept = []
    for site in reversed([int(s) for s in chosen]):
        cells = model.row(site)
        if site in model.must or (counts[cells] == 1.0).any():
            kept.append(site)
        else:
            counts[cells] -= 1.0
    return np.array(kept[::-1], dtype=np.int64)
