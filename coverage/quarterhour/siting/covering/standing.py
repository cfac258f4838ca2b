"""A plan that is being changed site by site, with all that follows from each change kept up.

All figures are whole numbers, so that adding and taking away leaves no dust behind.
"""

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.model import CoverModel


class Standing:
    """A plan, its cover, and its sums in the rows of the side conditions.

    Parameters
    ----------
    model
        Demand and side conditions.
    sites
        Sites to begin with.

    Attributes
    ----------
    inside
        Whether a candidate is in the plan, bool (n_candidates,).
    gain
        Milli-people whom nobody of the plan covers and a candidate reaches, float64
        (n_candidates,).
    milli
        Milli-people whom the plan covers.
    must_ask
        Whether some rule has helpers: then only :meth:`allows_with` knows.
    """

    def __init__(self, model: CoverModel, sites: NDArray[np.int64]) -> None:
        sides, n = model.sides, model.n_candidates
        self.model = model
        self.inside = np.zeros(n, dtype=np.bool_)
        self.inside[sites] = True
        self._counts = model.counts(sites)
        self.gain = model.reach(np.flatnonzero(self._counts == 0))
        self.milli = float(model.cells.milli[self._counts > 0].sum())
        self.must_ask = sides.has_helpers
        self._free = model.allowed
        with_helper = np.zeros(len(sides.lower), dtype=np.bool_)
        if sides.has_helpers:
            with_helper = np.diff(sides.matrix[:, n:].tocsr().indptr) > 0
        # What helpers may make good is not judged by sums of candidates.
        self._lower = np.where(with_helper, -np.inf, sides.lower)
        self._upper = np.where(with_helper, np.inf, sides.upper)
        by_site = sides.matrix[:, :n].tocsc()
        self._indptr, self._rows, self._values = by_site.indptr, by_site.indices, by_site.data
        self._column = np.repeat(np.arange(n), np.diff(by_site.indptr))
        self._sum = sides.matrix[:, :n] @ self.inside.astype(np.float64)
        # One row of ones, the number of sites, is the usual case and needs no sums.
        self._only_number = model.most_sites

    def sites(self) -> NDArray[np.int64]:
        """Return the plan, ascending."""
        return np.flatnonzero(self.inside)

    def add(self, site: int) -> None:
        """Take a site in."""
        cells = self.model.row(site)
        new = cells[self._counts[cells] == 0]
        self._counts[cells] += 1
        self.gain -= self.model.reach(new)
        self.milli += float(self.model.cells.milli[new].sum())
        self.inside[site] = True
        self._move(site, 1.0)

    def drop(self, site: int) -> None:
        """Take a site out."""
        cells = self.model.row(site)
        self._counts[cells] -= 1
        lost = cells[self._counts[cells] == 0]
        self.gain += self.model.reach(lost)
        self.milli -= float(self.model.cells.milli[lost].sum())
        self.inside[site] = False
        self._move(site, -1.0)

    def _move(self, site: int, sign: float) -> None:
        own = slice(self._indptr[site], self._indptr[site + 1])
        self._sum[self._rows[own]] += sign * self._values[own]

    def alone(self, site: int) -> float:
        """Return the milli-people whom a site of the plan alone covers."""
        cells = self.model.row(site)
        return float(self.model.cells.milli[cells[self._counts[cells] == 1]].sum())

    def become(self, sites: NDArray[np.int64]) -> None:
        """Change into another plan."""
        wanted = np.zeros_like(self.inside)
        wanted[sites] = True
        for site in np.flatnonzero(self.inside & ~wanted).tolist():
            self.drop(site)
        for site in np.flatnonzero(wanted & ~self.inside).tolist():
            self.add(site)

    def losses(self, site: int | None) -> NDArray[np.float64]:
        """Return the milli-people lost with each site of the plan once ``site`` has joined it."""
        once = self._counts == 1
        if site is not None:
            once[self.model.row(site)] = False
        return self.model.reach(np.flatnonzero(once))

    def may_join(self) -> NDArray[np.bool_]:
        """Return which sites would break no upper bound, bool (n_candidates,)."""
        return self._fitting(np.full(len(self._lower), -np.inf))

    def may_stand(self) -> NDArray[np.bool_]:
        """Return which sites would leave all bounds kept, bool (n_candidates,)."""
        return self._fitting(self._lower - self._sum)

    def _fitting(self, least: NDArray[np.float64]) -> NDArray[np.bool_]:
        free = self._free & ~self.inside
        if self._only_number is not None:
            return free if self._sum[0] < self._only_number else np.zeros_like(free)
        most = self._upper - self._sum
        # A row is judged by the site's own coefficient, or by 0 where it has none.
        bad_without = (least > 0.0) | (most < 0.0)
        bad = (self._values < least[self._rows]) | (self._values > most[self._rows])
        more = bad.astype(np.int64) - bad_without[self._rows]
        n_bad = int(bad_without.sum()) + np.bincount(
            self._column, weights=more, minlength=len(free)
        )
        return free & (n_bad < 0.5)

    def helps(self) -> NDArray[np.bool_]:
        """Return which candidates raise a row that is below its lower bound."""
        below = self._sum < self._lower
        raised = below[self._rows] & (self._values > 0.0)
        return np.bincount(self._column[raised], minlength=len(self.inside)) > 0

    def rows_kept(self) -> bool:
        """Tell whether the plan keeps to all rows of candidates alone."""
        return not ((self._sum < self._lower) | (self._sum > self._upper)).any()

    def keeps(self) -> bool:
        """Tell whether the plan keeps to all side conditions, helpers included."""
        if not self.rows_kept():
            return False
        return not self.must_ask or self.model.sides.allows(self.sites())

    def allows_with(self, site: int) -> bool:
        """Tell whether the plan with one more site keeps to all side conditions."""
        return self.model.sides.allows(np.append(self.sites(), site))
