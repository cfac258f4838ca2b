"""What no plan can gain more than: cuts, and the candidates that they settle.

For any set ``A`` of cells every choice ``y`` of sites covers at most

    f(y) <= sum_{i not in A} w_i + sum_j y_j s_j,   s_j = sum_{i in A : t_ij <= T} w_i

because a cell of ``A`` is covered only through one of its sites. That is a *cut* (a Benders cut of
the maximal covering model; Cordeau, Furini and Ljubic 2019). The cut is tight at ``y`` when ``A``
holds the cells that ``y`` covers less than once. A small linear program over sites alone gathers
cuts until none is violated; it then has the bound of the whole model without a column per cell.
Cuts depend on who reaches whom only, so a question with a site vetoed starts with all of them.

The bound is not taken from the solver: with its duals as shares, any weighted mean of cuts is a
cut, and its largest value over all choices is ``the constant + the p largest s_j``.

References
----------
J.-F. Cordeau, F. Furini, I. Ljubic, "Benders decomposition for very large scale partial set
covering and maximal covering location problems", European Journal of Operational Research 275,
882-896 (2019).
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.search import CoverModel, improve
from quarterhour.solver import GrowingProgram, MixedIntegerProgram

_ROUNDS = 600
_STRIDE = 20
_LEAST_PROGRESS = 0.2
# Sums of whole milli-people in float64 are exact; weighted means of them are good to this.
_DUST = 0.01
# The solver's tolerances are absolute and meant for figures of about this size.
_LARGEST = 1e7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cuts:
    """Cuts: constants, shape (n,), and shares of candidates, shape (n, n_candidates)."""

    constant: NDArray[np.float64]
    share: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bounded:
    """The best plan seen, what no plan can beat, and the one cut that says so."""

    chosen: NDArray[np.int64]
    bound_milli: float
    constant: float
    share: NDArray[np.float64]
    cuts: Cuts


def tighten(
    model: CoverModel,
    chosen: NDArray[np.int64],
    *,
    allowed: NDArray[np.bool_],
    deadline: float,
    known: Cuts | None = None,
) -> Bounded:
    """Lower the bound by cuts until it meets the plan, or as far as cuts go.

    Parameters
    ----------
    model
        Demand and number of sites.
    chosen
        A plan in hand; a better one that is met on the way takes its place.
    allowed
        Whether a candidate may be chosen.
    deadline
        Reading of ``perf_counter`` at which to stop.
    known
        Cuts of an earlier question about the same demand.
    """
    search = _Search(model, allowed, chosen)
    if known is not None:
        for constant, share in zip(known.constant, known.share, strict=True):
            search.add(constant, share)
    centre = np.zeros(model.cells.n_candidates)
    centre[chosen] = 1.0
    search.cut(centre)
    best = search.value(centre)
    last = np.inf
    for done in range(_ROUNDS):
        y, reach = search.solve()
        if reach is None or search.bound() < search.milli + 1 or perf_counter() > deadline:
            break
        if reach - search.value(y) <= 0.25:
            break
        if done % _STRIDE == 0:
            # Cuts tail off; the few candidates that are left are settled sooner by branching.
            if last - search.bound() < _LEAST_PROGRESS * (search.bound() - search.milli):
                break
            last = search.bound()
        search.look(y)
        search.cut(y)
        # Halfway to the best point so far, cuts are deeper than at a corner of the program.
        middle = (centre + y) / 2
        if (value := search.value(middle)) > best:
            centre, best = middle, value
        search.cut(0.7 * centre + 0.3 * y)
    return search.result()


def settle(
    model: CoverModel, bounded: Bounded, allowed: NDArray[np.bool_], milli: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which sites every plan of at least ``milli`` has, and which none has.

    Only plans worse than ``milli`` are ruled out, so a plan in hand stays possible.
    """
    share, bound = bounded.share, bounded.bound_milli
    picked, others = _pick(model, share, allowed)
    inside = np.zeros(len(allowed), dtype=np.bool_)
    outside = np.zeros(len(allowed), dtype=np.bool_)
    inside[list(model.must)] = True
    first_out = share[others[0]] if len(others) else 0.0
    last_in = share[picked[-1]] if len(picked) else np.inf
    inside[picked[bound - share[picked] + first_out < milli - _DUST]] = True
    outside[others[bound - last_in + share[others] < milli - _DUST]] = True
    return inside, outside


def _pick(
    model: CoverModel, share: NDArray[np.float64], allowed: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the sites with the largest shares beside ``must``, and the others, best first."""
    free = allowed.copy()
    free[list(model.must)] = False
    rows = np.flatnonzero(free)
    ranked = rows[np.argsort(-share[rows], kind="stable")]
    room = model.n_sites - len(model.must)
    return ranked[:room], ranked[room:]


class _Search:
    """The growing program: columns are the sites and the people gained; rows are cuts."""

    def __init__(
        self, model: CoverModel, allowed: NDArray[np.bool_], chosen: NDArray[np.int64]
    ) -> None:
        self.model, self.allowed = model, allowed
        self.chosen, self.milli = chosen, model.covered(chosen)
        self._total = float(model.cells.milli.sum())
        self._scale = max(1.0, self._total / _LARGEST)
        self._constant: list[float] = []
        self._share: list[NDArray[np.float64]] = []
        self._binding: list[NDArray[np.intp]] = []
        self._mean: tuple[float, NDArray[np.float64]] = (
            self._total,
            np.zeros(model.cells.n_candidates),
        )
        self._program = GrowingProgram(self._sites_only())

    def _sites_only(self) -> MixedIntegerProgram:
        n = self.model.cells.n_candidates
        lower = np.zeros(n + 1)
        lower[list(self.model.must)] = 1.0
        return MixedIntegerProgram(
            cost=np.append(np.zeros(n), 1.0),
            column_lower=lower,
            column_upper=np.append(self.allowed.astype(np.float64), self._total / self._scale),
            integer=np.zeros(n + 1, dtype=np.bool_),
            row_lower=np.array([-np.inf]),
            row_upper=np.array([float(self.model.n_sites)]),
            indptr=np.array([0, n], dtype=np.int32),
            indices=np.arange(n, dtype=np.int32),
            values=np.ones(n),
            maximise=True,
        )

    def value(self, y: NDArray[np.float64]) -> float:
        """Return the milli-people that shares ``y`` of sites cover."""
        # Not a BLAS product: its threads change the order of sums, and wait for busy cores.
        return float((self.model.cells.milli * np.minimum(self.model.by_cell @ y, 1.0)).sum())

    def cut(self, y: NDArray[np.float64]) -> None:
        """Add the cut that is tight at ``y``."""
        short = self.model.by_cell @ y < 1.0 - 1e-9
        people = np.where(short, self.model.cells.milli, 0.0)
        self.add(self._total - float(people.sum()), self.model.by_candidate @ people)

    def add(self, constant: float, share: NDArray[np.float64]) -> None:
        """Add one cut."""
        self._constant.append(float(constant))
        self._share.append(share)
        row = np.append(-share / self._scale, 1.0)
        self._program.add_row(row, upper=float(constant) / self._scale)

    def solve(self) -> tuple[NDArray[np.float64], float | None]:
        """Return shares of sites and the milli-people that the cuts leave possible."""
        found = self._program.solve()
        if found is None:
            return np.zeros(0), None
        x, duals = found
        weight = np.abs(duals[1:])
        if weight.sum() > 0:
            weight /= weight.sum()
            used = np.flatnonzero(weight)
            self._binding.append(used)
            share = sum((weight[k] * self._share[k] for k in used), start=np.zeros(len(x) - 1))
            constant = sum(float(weight[k]) * self._constant[k] for k in used)
            if self._largest(constant, share) < self._largest(*self._mean):
                self._mean = constant, share
        return np.clip(x[:-1], 0.0, 1.0), float(x[-1]) * self._scale

    def look(self, y: NDArray[np.float64]) -> None:
        """Take the sites with the largest shares as a plan, if it is better."""
        picked = _pick(self.model, y, self.allowed)[0]
        plan = np.append(picked, self.model.must).astype(np.int64)
        if self.model.covered(plan) > self.milli:
            self.chosen = improve(self.model, plan, self.allowed)
            self.milli = self.model.covered(self.chosen)

    def bound(self) -> float:
        """Return the whole milli-people that no plan can beat."""
        return float(np.floor(self._largest(*self._mean) + _DUST))

    def _largest(self, constant: float, share: NDArray[np.float64]) -> float:
        picked = _pick(self.model, share, self.allowed)[0]
        return constant + float(share[picked].sum() + share[list(self.model.must)].sum())

    def result(self) -> Bounded:
        """Return plan, bound and cuts."""
        constant, share = self._mean
        # Cuts that bound nothing of late would only slow down the questions that follow.
        keep = sorted({int(k) for used in self._binding[-_STRIDE:] for k in used})
        return Bounded(
            chosen=self.chosen,
            bound_milli=self.bound(),
            constant=constant,
            share=share,
            cuts=Cuts(
                constant=np.array([self._constant[k] for k in keep]),
                share=np.array([self._share[k] for k in keep]),
            ),
        )
