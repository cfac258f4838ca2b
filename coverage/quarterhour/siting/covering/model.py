"""The cover model as arrays: who reaches which cell, and what a choice must keep to.

maximise    sum_i w_i z_i
subject to  z_i <= sum_{j : t_ij <= T} y_j     for every cell i of demand
            the side conditions over (y, h),   y_j in {0, 1},  0 <= z_i <= 1

``T`` is inclusive, as everywhere in this package; ``w`` are whole milli-people; ``h`` are helpers
of rules. Without rules and money the only side condition is ``sum_j y_j <= p``.

References
----------
R. Church, C. ReVelle, "The maximal covering location problem", Papers of the Regional Science
Association 32, 101-118 (1974).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.cells import Cells
from quarterhour.siting.sides import Sides


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverModel:
    """Demand and side conditions.

    Attributes
    ----------
    cells
        Demand.
    by_cell, by_candidate
        The 0-1 matrix of ``cells`` and its transpose, both ``csr_array``.
    sides
        Side conditions.
    step
        Largest whole number that divides every possible objective, at least 1.
    """

    cells: Cells
    by_cell: Any
    by_candidate: Any
    sides: Sides
    step: float

    @classmethod
    def of(cls, cells: Cells, sides: Sides) -> "CoverModel":
        """Return the model of ``cells``."""
        matrix = cells.matrix()
        step = max(int(np.gcd.reduce(cells.milli.astype(np.int64))), 1)
        return cls(
            cells=cells, by_cell=matrix, by_candidate=matrix.T.tocsr(), sides=sides,
            step=float(step),
        )  # fmt: skip

    def under(self, sides: Sides) -> "CoverModel":
        """Return the same demand under other side conditions."""
        return replace(self, sides=sides)

    @property
    def n_candidates(self) -> int:
        """Number of candidates, forbidden ones included."""
        return self.cells.n_candidates

    @property
    def must(self) -> NDArray[np.bool_]:
        """Whether a candidate is in every plan, bool (n_candidates,)."""
        must: NDArray[np.bool_] = self.sides.column_lower[: self.n_candidates] > 0.5
        return must

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Whether a candidate may be chosen, bool (n_candidates,)."""
        allowed: NDArray[np.bool_] = self.sides.column_upper[: self.n_candidates] > 0.5
        return allowed

    @property
    def most_sites(self) -> int | None:
        """The number of sites, where nothing else is asked but must and must not."""
        return int(self.sides.upper[0]) if self.sides.only_number else None

    def counts(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return by how many of the chosen sites each cell is covered."""
        return np.bincount(self.cells_of(chosen), minlength=len(self.cells)).astype(np.int64)

    def covered(self, chosen: NDArray[np.int64]) -> float:
        """Return the milli-people that the chosen sites cover."""
        return float(self.cells.milli[self.counts(chosen) > 0].sum())

    def row(self, candidate: int) -> NDArray[np.int32]:
        """Return the cells that one candidate reaches."""
        start, end = self.by_candidate.indptr[candidate : candidate + 2]
        cells: NDArray[np.int32] = self.by_candidate.indices[start:end]
        return cells

    def cells_of(self, sites: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the cells that each of some sites reaches, one site after the other."""
        rows = [self.row(int(site)) for site in sites]
        return np.concatenate(rows) if rows else np.zeros(0, dtype=np.int32)

    def reach(self, cells: NDArray[np.integer[Any]]) -> NDArray[np.float64]:
        """Return the milli-people of some cells that each candidate reaches."""
        indptr, indices = self.by_cell.indptr, self.by_cell.indices
        sizes = indptr[cells + 1] - indptr[cells]
        if 4 * len(cells) > len(self.cells):
            people = np.zeros(len(self.cells))
            people[cells] = self.cells.milli[cells]
            everybody: NDArray[np.float64] = self.by_candidate @ people
            return everybody
        before = np.cumsum(sizes) - sizes
        at = np.arange(int(sizes.sum())) + np.repeat(indptr[cells] - before, sizes)
        people = np.repeat(self.cells.milli[cells], sizes)
        reached = np.bincount(indices[at], weights=people, minlength=self.n_candidates)
        # Without any cells there are no weights either, and counts are whole numbers.
        return reached.astype(np.float64)
