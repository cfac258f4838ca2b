"""What opens when, and whether it can be paid: the rows that the years add to a question.

A *schedule* gives each chosen site a year, told by its place (0 is the first). A *row* bounds a sum
of whole numbers over openings: the money spent by the end of a year, or the sites opened by then,
with carry-over; else the money, or the openings, of that year alone. ``use[r, t, j]`` is what
opening site ``j`` in year ``t`` takes from row ``r``: the year it opens a site pays for being built
and for running, each later year for running.
"""

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quarterhour.siting.parts import Years


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """Rows over openings.

    Attributes
    ----------
    use
        Whole numbers, int64 (n_rows, n_years, n_candidates), none below 0.
    limit
        Most that each row allows, int64 (n_rows,).
    n_years
        Number of years.
    """

    use: NDArray[np.int64]
    limit: NDArray[np.int64]
    n_years: int

    @classmethod
    def of(cls, years: "Years") -> "Ledger":
        """Return the rows of money and of openings, each divided by what it has in common."""
        n_years, n = len(years.years), len(years.build_cost)
        # Row s, opening in year t: how many years it has been running by, or in, year s.
        age = np.arange(n_years)[:, None] - np.arange(n_years)[None, :] + 1
        build, yearly = years.build_cost.astype(np.int64), years.yearly_cost.astype(np.int64)
        if years.carry_over:
            opened, running = age >= 1, np.maximum(age, 0)
        else:
            opened, running = age == 1, (age >= 1).astype(np.int64)
        use, limit = [np.zeros((0, n_years, n), np.int64)], [np.zeros(0, np.int64)]
        if years.budget is not None:
            use.append(opened[:, :, None] * build + running[:, :, None] * yearly)
            limit.append(_by_year(years.budget, carry_over=years.carry_over))
        if years.n_sites is not None:
            use.append(np.broadcast_to(opened[:, :, None], (n_years, n_years, n)).astype(np.int64))
            limit.append(_by_year(years.n_sites, carry_over=years.carry_over))
        return cls(use=np.concatenate(use), limit=np.concatenate(limit), n_years=n_years).reduced()

    def reduced(self) -> "Ledger":
        """Divide each row by its common divisor and round the limit down, which loses nothing."""
        common = np.array([max(gcd(*np.unique(row).tolist()), 1) for row in self.use], np.int64)
        return Ledger(
            use=self.use // common[:, None, None],
            limit=self.limit // common,
            n_years=self.n_years,
        )

    def joined(self, use: NDArray[np.int64], limit: NDArray[np.int64]) -> "Ledger":
        """Return the ledger with further rows."""
        return Ledger(
            use=np.concatenate([self.use, use]),
            limit=np.concatenate([self.limit, limit]),
            n_years=self.n_years,
        )

    def spent(self, sites: NDArray[np.int64], opens: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what a schedule takes from each row, int64 (n_rows,)."""
        taken: NDArray[np.int64] = self.use[:, opens, sites].sum(axis=1)
        return taken

    def fits(self, spent: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which opening there is still room for, bool (n_years, n_candidates)."""
        room = (self.limit - spent)[:, None, None]
        fitting: NDArray[np.bool_] = np.all(self.use <= room, axis=0)
        return fitting

    def keeps(self, sites: NDArray[np.int64], opens: NDArray[np.int64]) -> bool:
        """Tell whether a schedule can be paid."""
        return bool((self.spent(sites, opens) <= self.limit).all())

    def in_open_form(self) -> NDArray[np.int64]:
        """Return the rows over "is open in year t" instead of "opens in year t"."""
        after = np.concatenate(
            [self.use[:, 1:], np.zeros((len(self.use), 1, self.use.shape[2]), np.int64)], axis=1
        )
        over_open: NDArray[np.int64] = self.use - after
        return over_open


def _by_year(limits: NDArray[np.int64], *, carry_over: bool) -> NDArray[np.int64]:
    each = np.asarray(limits, dtype=np.int64)
    return np.cumsum(each) if carry_over else each
