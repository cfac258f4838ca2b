"""What no choice can serve more than: cuts from prices, and the linear program that gathers them.

Let one of cell ``c``'s ``w_c`` people be worth ``v_c``, and let a facility ``f`` have ``k_f``
places. For any prices ``0 <= u_c <= v_c`` every choice ``y`` serves at most

    sum_c w_c u_c + sum_f y_f K_f(u),   K_f(u) = max sum_c (v_c - u_c) x_c
                                        where x_c <= w_c and sum_c x_c <= k_f over f's cells

(pay everybody ``u_c`` outright; a facility then earns the rest on its best cells). That is the
Lagrangian bound of the capacitated cover model in its strong form, ``x_cf <= w_c y_f``, and as a
function of ``y`` it is a *cut* (a Benders cut; with ``u`` of 0 and ``v`` alone it is a minimal cut
of the flow: Gendron and Crainic, and for cover Cordeau, Furini and Ljubic 2019). Prices from the
largest flow of ``y`` make it tight at ``y``; ``K`` takes one pass over the edges.

The bound is never the solver's own. Its duals are clipped to their signs and serve as multipliers
only: a weighted mean of cuts, less multiples of the side conditions, is a linear function of the
columns, whose largest value within their bounds is counted here from whole numbers.

References
----------
J.-F. Cordeau, F. Furini, I. Ljubic, "Benders decomposition for very large scale partial set
covering and maximal covering location problems", European Journal of Operational Research 275,
882-896 (2019).
A. M. Geoffrion, "Lagrangean relaxation for integer programming", Mathematical Programming Study 2,
82-114 (1974).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.served.model import ServedModel
from quarterhour.siting.sides import Sides
from quarterhour.solver import GrowingProgram, MixedIntegerProgram

# Prices are multiples of this, so that people times prices are exact.
_STEP = 1.0 / 1024
# The solver's tolerances are absolute and meant for figures of about this size.
_LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """At most ``constant + share @ y`` milli-people are served; share float64 (n_candidates,).

    Both are multiples of the step of prices and worth, and so exact.
    """

    constant: float
    share: NDArray[np.float64]


def cut_of(model: ServedModel, price: NDArray[np.float64]) -> Cut:
    """Return the cut that prices make, whatever they are.

    Parameters
    ----------
    model
        Cells and places.
    price
        Of each cell, float64 (n_cells,); clipped to what is worth paying.
    """
    price = np.clip(np.floor(price / _STEP) * _STEP, 0.0, model.worth)
    earned, _ = model.earned(price)
    n = model.n_candidates
    constant = float((model.people * price).sum() + earned[n:].sum())
    return Cut(constant=constant, share=earned[:n])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relaxed:
    """What the program says within some bounds of columns.

    Attributes
    ----------
    y
        Shares of the columns.
    claim
        The solver's own objective, as a guide only.
    bound
        No choice within the bounds scores more.
    reduced
        Change of the bound for each column that goes from its better end to the other, signed as
        the better end is: above 0 for the upper one, float64 (n_columns,).
    """

    y: NDArray[np.float64]
    claim: float
    bound: float
    reduced: NDArray[np.float64]


class Master:
    """The linear program over columns (sites and helpers) that gathers cuts.

    A choice *scores* what it serves; where a number of people is ``wanted``, it scores minus what
    it costs, and every cut asks for that number.

    Parameters
    ----------
    model, sides
        Cells and places; what a choice must keep to.
    cost
        With ``wanted``: whole cost of each candidate, float64 (n_candidates,).
    wanted
        Milli-people who must be served, ``None`` to serve as many as possible.
    cuts
        To begin with.
    """

    def __init__(
        self,
        model: ServedModel,
        sides: Sides,
        *,
        cost: NDArray[np.float64] | None = None,
        wanted: float | None = None,
        cuts: list[Cut] | None = None,
    ) -> None:
        self.model, self.sides, self.wanted = model, sides, wanted
        self._by_column = sides.matrix.T.tocsr()
        self._score = np.zeros(sides.n_columns)
        if cost is not None and wanted is not None:
            self._score[: sides.n_candidates] = -cost
        self._scale = max(1.0, (float(cost.max(initial=0)) if cost is not None else model.total)
                          / _LARGEST)  # fmt: skip
        self.cuts: list[Cut] = []
        self.last_used: list[int] = []
        self._share = np.zeros((64, sides.n_candidates))
        self._rounds = 0
        self._begin(cuts or [])

    def _begin(self, cuts: list[Cut]) -> None:
        self._program = GrowingProgram(self._sides_only())
        self.cuts, self.last_used = [], []
        for cut in cuts:
            self.add(cut)

    def _sides_only(self) -> MixedIntegerProgram:
        sides, wants = self.sides, self.wanted is not None
        matrix = sides.matrix.tocsr()
        return MixedIntegerProgram(
            cost=np.append(self._score / self._scale, 0.0 if wants else 1.0),
            column_lower=np.append(sides.column_lower, 0.0),
            column_upper=np.append(
                sides.column_upper, 0.0 if wants else self.model.total / self._scale
            ),
            integer=np.zeros(sides.n_columns + 1, dtype=np.bool_),
            row_lower=sides.lower,
            row_upper=sides.upper,
            indptr=matrix.indptr.astype(np.int32),
            indices=matrix.indices.astype(np.int32),
            values=matrix.data.astype(np.float64),
            maximise=True,
        )

    def add(self, cut: Cut) -> None:
        """Add one cut; with ``wanted`` no site counts for more than is lacking."""
        row = np.zeros(self.sides.n_columns + 1)
        if self.wanted is None:
            share, upper = cut.share, cut.constant / self._scale
            row[: len(share)], row[-1] = -share / self._scale, 1.0
        else:
            lacking = self.wanted - cut.constant
            if lacking <= 0:
                return
            share, upper = np.minimum(cut.share, lacking) / lacking, -1.0
            row[: len(share)] = -share
        if len(self.cuts) == len(self._share):
            self._share = np.vstack([self._share, np.zeros_like(self._share)])
        self._share[len(self.cuts)] = share
        self.cuts.append(cut)
        self.last_used.append(self._rounds)
        self._program.add_row(row, upper=upper)

    def forget(self, *, keep: int) -> None:
        """Drop the cuts that bound nothing for longest, once there are twice as many."""
        if len(self.cuts) > 2 * keep:
            latest = np.sort(np.argsort(-np.array(self.last_used), kind="stable")[:keep])
            self._begin([self.cuts[k] for k in latest.tolist()])

    def solve(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> Relaxed | None:
        """Return the relaxation within bounds of columns, ``None`` where nothing fits them."""
        self._rounds += 1
        self._program.bound_columns(lower, upper)
        found = self._program.solve()
        if found is None:
            if self._program.infeasible:
                return None
            # The solver gave up for a reason of its own: nothing is known, nothing is lost.
            middle = np.clip(np.full(len(lower), 0.5), lower, upper)
            return Relaxed(y=middle, claim=np.inf, bound=np.inf, reduced=np.zeros(len(lower)))
        x, duals = found
        bound, reduced = self._bound(duals, lower, upper)
        y = np.clip(x[:-1], lower, upper)
        claim = float(x[-1]) * self._scale if self.wanted is None else float(self._score @ y)
        return Relaxed(y=y, claim=claim, bound=bound, reduced=reduced)

    def _bound(
        self, duals: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Count a bound by weak duality; any multipliers of the right sign make one."""
        n, n_rows, n_cuts = self.sides.n_candidates, len(self.sides.lower), len(self.cuts)
        weight = np.maximum(duals[n_rows:], 0.0)
        multiple = duals[:n_rows] * self._scale
        end = np.where(multiple > 0, self.sides.upper, self.sides.lower)
        multiple = np.where(np.isfinite(end), multiple, 0.0)
        end = np.where(np.isfinite(end), end, 0.0)
        if self.wanted is None:
            if weight.sum() <= 0:
                return self.model.total, np.zeros(self.sides.n_columns)
            multiple /= weight.sum()
            weight /= weight.sum()
            constant = float(weight @ np.array([cut.constant for cut in self.cuts]))
        else:
            weight *= self._scale
            constant = -float(weight.sum())
        for k in np.flatnonzero(weight).tolist():
            self.last_used[k] = self._rounds
        reduced = self._score.copy()
        used = np.flatnonzero(weight)
        reduced[:n] += weight[used] @ self._share[:n_cuts][used]
        reduced -= self._by_column @ multiple
        terms = np.maximum(reduced * lower, reduced * upper)
        bound = constant + float(multiple @ end) + float(terms.sum())
        size = abs(constant) + float(np.abs(multiple * end).sum()) + float(np.abs(terms).sum())
        # Whole numbers were summed with weights that are not: this much could be lost.
        return bound + 1e-12 * size, reduced
