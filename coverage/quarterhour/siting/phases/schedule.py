"""The fixed part of a question with years, shared by search, bound and proof.

An *opening* is a pair (year, site). The value of a schedule is the milli-people that are covered,
summed over years: a cell whose first site opens in year ``t`` of ``n`` counts ``n - t`` times.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.cells import Cells, merge_cells
from quarterhour.siting.phases.ledger import Ledger
from quarterhour.siting.sides import Sides

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schedule:
    """Sites, ascending, and the place of the year in which each opens; int64 both."""

    sites: NDArray[np.int64]
    opens: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phases:
    """Demand, money and rules of a question with years.

    Attributes
    ----------
    cells, by_cell, by_candidate
        Demand, the 0-1 matrix of its cells, and the transpose (``csr_array``).
    ledger
        What each year allows.
    sides
        What the last year's sites must keep to.
    can
        Which openings may be, bool (n_years, n_candidates).
    must
        Whether a site must open, bool (n_candidates,).
    """

    cells: Cells
    by_cell: Any
    by_candidate: Any
    ledger: Ledger
    sides: Sides
    can: NDArray[np.bool_]
    must: NDArray[np.bool_]

    @classmethod
    def of(cls, problem: "SitingProblem", *, known: "Phases | None" = None) -> "Phases":
        """Return the fixed part; ``known`` is that of the same demand with more candidates."""
        if problem.years is None:
            raise AssertionError("years are needed")
        cells = merge_cells(problem) if known is None else known.cells
        by_cell = cells.matrix() if known is None else known.by_cell
        ledger, sides = Ledger.of(problem.years), Sides.of(problem)
        # What no year has room for, even alone, need not be looked at.
        alone = ledger.fits(np.zeros(len(ledger.limit), np.int64))
        return cls(
            cells=cells,
            by_cell=by_cell,
            by_candidate=by_cell.T.tocsr() if known is None else known.by_candidate,
            ledger=ledger,
            sides=sides,
            can=alone & problem.allowed,
            must=sides.column_lower[: problem.n_candidates] > 0,
        )

    @property
    def n_years(self) -> int:
        """Number of years."""
        return self.ledger.n_years

    @property
    def n(self) -> int:
        """Number of candidates."""
        return self.cells.n_candidates

    def row(self, site: int) -> NDArray[np.int32]:
        """Return the cells that one site reaches."""
        start, end = self.by_candidate.indptr[site : site + 2]
        cells: NDArray[np.int32] = self.by_candidate.indices[start:end]
        return cells

    def first_open(self, schedule: Schedule) -> NDArray[np.int64]:
        """Return the place of the year in which each cell is first covered; ``n_years``: never."""
        first = np.full(len(self.cells), self.n_years, dtype=np.int64)
        for site, year in zip(schedule.sites.tolist(), schedule.opens.tolist(), strict=True):
            at = self.row(site)
            first[at] = np.minimum(first[at], year)
        return first

    def milli(self, schedule: Schedule) -> float:
        """Return the milli-people covered, summed over years."""
        return float((self.cells.milli * (self.n_years - self.first_open(schedule))).sum())

    def keeps(self, schedule: Schedule) -> bool:
        """Tell whether a schedule keeps to everything."""
        sites, opens = schedule.sites, schedule.opens
        return (
            bool(self.can[opens, sites].all())
            and self.ledger.keeps(sites, opens)
            and self.sides.allows(sites)
        )
