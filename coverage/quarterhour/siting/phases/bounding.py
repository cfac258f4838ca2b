"""What no schedule can beat: cuts for every year, and the openings that they settle.

For any set ``A`` of cells every choice ``y`` of open sites covers at most

    f(y) <= sum_{i not in A} w_i + sum_j y_j s_j,   s_j = sum_{i in A : t_ij <= T} w_i

because a cell of ``A`` is covered only through one of its sites (a Benders cut; Cordeau, Furini
and Ljubic 2019). The same people walk in every year, so that a cut found for the sites open in one
year holds for those of all years. A small linear program over "site j is open in year t" gathers
cuts until none is violated; it has the bound of the whole model without a column per cell.

The bound is not taken from the solver. Its duals, whatever they are worth, weigh cuts and rows
into one sum that holds for every schedule::

    value <= constant + sum_j (profit of the year in which j opens, 0 if it does not)

and the largest value of that sum takes, for each site by itself, its best year or none.

References
----------
J.-F. Cordeau, F. Furini, I. Ljubic, "Benders decomposition for very large scale partial set
covering and maximal covering location problems", European Journal of Operational Research 275,
882-896 (2019).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.phases.hull import affordable_counts, as_use, count_cut
from quarterhour.siting.phases.schedule import Phases
from quarterhour.solver import GrowingProgram, MixedIntegerProgram

_ROUNDS = 400
_STRIDE = 10
_COUNT_ROUNDS = 20
_LEAST_PROGRESS = 0.02
# Sums of whole milli-people in float64 are exact up to 2**53; weighted means of them are good to
# this part of the total, and never better than a hundredth.
_DUST, _DUST_PART = 0.01, 1e-12
# The solver's tolerances are absolute and meant for figures of about this size.
_LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cuts:
    """Cuts: constants, shape (n,), and shares of candidates, shape (n, n_candidates)."""

    constant: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ceiling:
    """The one sum that bounds every schedule.

    Attributes
    ----------
    constant
        What does not depend on openings.
    profit
        What each opening adds, float64 (n_years, n_candidates); ``-inf`` where it may not be.
    must
        Sites that open in some year.
    dust
        How far sums of floats may be off.
    """

    constant: float
    profit: NDArray[np.float64]
    must: NDArray[np.bool_]
    dust: float

    @property
    def best(self) -> NDArray[np.float64]:
        """What each site adds at most, float64 (n_candidates,)."""
        best: NDArray[np.float64] = self.profit.max(axis=0)
        return np.where(self.must, best, np.maximum(best, 0.0))

    @property
    def milli(self) -> float:
        """Whole milli-people-years that no schedule can beat; ``-inf`` where none can be."""
        return float(np.floor(self.constant + self.best.sum() + self.dust))

    def settle(self, milli: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return what a schedule of at least ``milli`` must have.

        Returns
        -------
        tuple
            The openings that it may have, bool (n_years, n_candidates), and the sites that it
            has in some year, bool (n_candidates,).
        """
        best = self.best
        least = milli - self.dust - (self.constant + best.sum() + self.dust)
        # Another year than the best, or none, takes the difference off the sum.
        left = self.profit - best >= least
        needed = self.must | (-best < least)
        return left, needed


class Bounding:
    """The growing program: columns are sites open in each year, helpers, people of each year.

    Parameters
    ----------
    phases
        The question.
    known
        Cuts of an earlier question about the same demand.
    """

    def __init__(self, phases: Phases, known: Cuts | None = None) -> None:
        self.phases = phases
        self._total = float(phases.cells.milli.sum())
        self._scale = max(1.0, self._total / _LARGEST)
        self._constant: list[float]
        self._share: list[NDArray[np.float64]]
        self._known = known
        self.ceiling = self._no_cuts()
        self._y = np.zeros((phases.n_years, phases.n))
        self._solved = False
        self._build()

    def tighten(
        self,
        *,
        milli: Callable[[], float],
        stop: Callable[[], bool],
        look: Callable[[NDArray[np.float64]], None],
    ) -> None:
        """Lower the bound by cuts until it meets a schedule in hand, or as far as cuts go.

        Parameters
        ----------
        milli
            Milli-people-years of the best schedule in hand.
        stop
            Asked between programs.
        look
            Called with how far each site is open in each year, once cuts have come to an end.
        """
        self._by_cuts(milli, stop)
        if self._solved:
            look(self._y)
        counts = self._counts()
        if counts is None:
            return
        for _ in range(_COUNT_ROUNDS):
            if stop() or self.ceiling.milli <= milli() or not self._solved:
                return
            cut = count_cut(counts, self._y.sum(axis=1))
            if cut is None:
                return
            use, limit = as_use(cut[0], self.phases.n), np.array([cut[1]], dtype=np.int64)
            ledger = self.phases.ledger.joined(use, limit).reduced()
            self._known, self.phases = self.cuts(), replace(self.phases, ledger=ledger)
            self._build()
            self._by_cuts(milli, stop)
            if self._solved:
                look(self._y)

    def _by_cuts(self, milli: Callable[[], float], stop: Callable[[], bool]) -> None:
        centre: NDArray[np.float64] | None = None
        last = np.inf
        for done in range(_ROUNDS):
            y = self._solve()
            if y is None or self.ceiling.milli <= milli() or stop():
                return
            if done % _STRIDE == _STRIDE - 1:
                # Cuts tail off; the few openings that are left are settled sooner by branching.
                if last - self.ceiling.milli < _LEAST_PROGRESS * (self.ceiling.milli - milli()):
                    return
                last = self.ceiling.milli
            if not self._cut(y):
                return
            centre = y if centre is None else (centre + y) / 2
            # Halfway to where the program was, cuts are deeper than at a corner of it.
            self._cut(centre)

    def _counts(self) -> NDArray[np.int64] | None:
        """Return the largest numbers of sites that can be open, where these can be listed."""
        sides, can = self.phases.sides, self.phases.can
        number = [ask.values["sites"] for ask in sides.asked if ask.key == "siting.asks_number"]
        at_most = min([int(can.any(axis=0).sum()), *(int(str(one)) for one in number)])
        counts = affordable_counts(self.phases.ledger, can, at_most=at_most)
        return counts if counts is not None and len(counts) else None

    def cuts(self) -> Cuts:
        """Return the cuts that bound something."""
        keep = sorted(self._useful)
        n = self.phases.n
        return Cuts(
            constant=np.array([self._constant[k] for k in keep]),
            share=np.array([self._share[k] for k in keep]).reshape(len(keep), n),
        )

    def _no_cuts(self) -> Ceiling:
        phases = self.phases
        profit = np.where(phases.can, 0.0, -np.inf)
        return self._ceiling(phases.n_years * self._total, profit)

    def _ceiling(self, constant: float, profit: NDArray[np.float64]) -> Ceiling:
        dust = max(_DUST, _DUST_PART * self.phases.n_years * self._total)
        return Ceiling(constant=constant, profit=profit, must=self.phases.must, dust=dust)

    def _build(self) -> None:
        """Start the program with what does not change: money, rules, and open stays open."""
        from scipy.sparse import block_array, csr_array, eye_array, vstack

        phases = self.phases
        n, n_years, sides = phases.n, phases.n_years, phases.sides
        n_helpers = sides.n_columns - n
        width = n_years * n
        ledger = csr_array(phases.ledger.in_open_form().reshape(-1, width).astype(np.float64))
        last = sides.matrix[:, :n]
        rules = csr_array((last.data, last.indices + (width - n), last.indptr),
                          shape=(last.shape[0], width))  # fmt: skip
        stay = eye_array(width - n, width) - eye_array(width - n, width, k=n)
        own = vstack([ledger, rules, stay]).tocsr()
        helpers = vstack([
            csr_array((ledger.shape[0], n_helpers)),
            sides.matrix[:, n:],
            csr_array((width - n, n_helpers)),
        ])  # fmt: skip
        people = csr_array((own.shape[0], n_years))
        matrix = block_array([[own, helpers, people]]).tocsr()
        self._lower = np.concatenate(
            [np.full(ledger.shape[0], -np.inf), sides.lower, np.full(width - n, -np.inf)]
        )
        self._upper = np.concatenate(
            [phases.ledger.limit.astype(np.float64), sides.upper, np.zeros(width - n)]
        )
        lower, upper = self._columns()
        self._program = GrowingProgram(
            MixedIntegerProgram(
                cost=np.append(np.zeros(width + n_helpers), np.ones(n_years)),
                column_lower=np.concatenate([lower, sides.column_lower[n:], np.zeros(n_years)]),
                column_upper=np.concatenate(
                    [upper, sides.column_upper[n:], np.full(n_years, self._total / self._scale)]
                ),
                integer=np.zeros(matrix.shape[1], dtype=np.bool_),
                row_lower=self._lower,
                row_upper=self._upper,
                indptr=matrix.indptr.astype(np.int32),
                indices=matrix.indices.astype(np.int32),
                values=matrix.data.astype(np.float64),
                maximise=True,
            )
        )
        self._rows: list[tuple[int, int]] = []
        self._useful: set[int] = set()
        self._constant, self._share = [], []
        self._pool()

    def _columns(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return bounds of "open in year t", flattened."""
        phases = self.phases
        upper = np.maximum.accumulate(phases.can, axis=0).astype(np.float64)
        lower = np.zeros_like(upper)
        lower[-1, phases.must] = 1.0
        return lower.ravel(), upper.ravel()

    def _pool(self) -> None:
        if self._known is None:
            return
        for constant, share in zip(self._known.constant, self._known.share, strict=True):
            self._constant.append(float(constant))
            self._share.append(share)
            for year in range(self.phases.n_years):
                self._add(len(self._share) - 1, year)

    def _cut(self, y: NDArray[np.float64]) -> bool:
        """Add for each year the cut that is tight at ``y``, where it says anything new there."""
        phases = self.phases
        found = False
        for year in range(phases.n_years):
            inside = phases.by_cell @ y[year]
            value = float((phases.cells.milli * np.minimum(inside, 1.0)).sum())
            if self._reach[year] - value <= 0.25:
                continue
            people = np.where(inside < 1.0 - 1e-9, phases.cells.milli, 0.0)
            self._constant.append(self._total - float(people.sum()))
            self._share.append(phases.by_candidate @ people)
            for other in range(phases.n_years):
                if other == year or self._violated(len(self._share) - 1, other):
                    self._add(len(self._share) - 1, other)
            found = True
        return found

    def _violated(self, cut: int, year: int) -> bool:
        says = self._constant[cut] + float((self._share[cut] * self._y[year]).sum())
        return bool(says < self._reach[year] - 0.25)

    def _add(self, cut: int, year: int) -> None:
        phases = self.phases
        width, helpers = phases.n_years * phases.n, phases.sides.n_columns - phases.n
        row = np.zeros(width + helpers + phases.n_years)
        row[year * phases.n : (year + 1) * phases.n] = -self._share[cut] / self._scale
        row[width + helpers + year] = 1.0
        self._program.add_row(row, upper=self._constant[cut] / self._scale)
        self._rows.append((cut, year))

    def _solve(self) -> NDArray[np.float64] | None:
        """Solve the program; return how far sites are open in each year, and lower the bound."""
        found = self._program.solve()
        if found is None:
            self._solved = False
            return None
        x, duals = found
        self._solved = True
        phases = self.phases
        n, n_years = phases.n, phases.n_years
        self._y = np.clip(x[: n_years * n].reshape(n_years, n), 0.0, 1.0)
        self._reach = x[-n_years:] * self._scale
        ceiling = self._weigh(duals)
        if ceiling.milli < self.ceiling.milli:
            self.ceiling = ceiling
        return self._y

    def _weigh(self, duals: NDArray[np.float64]) -> Ceiling:
        """Return the sum that the duals make of cuts and rows; any duals make one that holds."""
        phases, first = self.phases, len(self._lower)
        n_rows = len(phases.ledger.limit)
        gain, constant = np.zeros((phases.n_years, phases.n)), 0.0
        weight, years = np.abs(duals[first:]), np.array([year for _, year in self._rows], int)
        self._useful = set()
        for year in range(phases.n_years):
            of_year = np.flatnonzero((years == year) & (weight > 0))
            total = weight[of_year].sum()
            if not total > 0:
                constant += self._total
                continue
            for place in of_year.tolist():
                part, cut = weight[place] / total, self._rows[place][0]
                constant += part * self._constant[cut]
                gain[year] += part * self._share[cut]
                self._useful.add(cut)
        # An opening gains in its year and in all later ones, and pays the rows at their duals.
        profit = np.cumsum(gain[::-1], axis=0)[::-1]
        paid = np.maximum(duals[:n_rows], 0.0) * self._scale
        profit = profit - np.tensordot(paid, phases.ledger.use.astype(np.float64), axes=1)
        constant += float((paid * phases.ledger.limit).sum())
        more, off = self._weigh_rules(duals[n_rows : n_rows + len(phases.sides.lower)])
        profit = np.where(phases.can, profit - off, -np.inf)
        return self._ceiling(constant + more, profit)

    def _weigh_rules(self, duals: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return what the rules add to the sum, and what they take from each site."""
        sides, n = self.phases.sides, self.phases.n
        # A dual above 0 weighs the upper bound of a row, one below 0 the lower; none is infinite.
        up = np.where(np.isfinite(sides.upper), np.maximum(duals, 0.0), 0.0) * self._scale
        down = np.where(np.isfinite(sides.lower), np.maximum(-duals, 0.0), 0.0) * self._scale
        constant = float((up[up > 0] * sides.upper[up > 0]).sum())
        constant -= float((down[down > 0] * sides.lower[down > 0]).sum())
        taken = sides.matrix.T @ (up - down)
        helpers = np.where(taken[n:] > 0, sides.column_lower[n:], sides.column_upper[n:])
        return constant - float((taken[n:] * helpers).sum()), taken[:n]
