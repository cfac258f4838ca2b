"""What no plan can gain more than: prices of demand, and the candidates that they settle.

For any *prices* ``0 <= u_i <= w_i`` of cells and any multipliers ``v`` of the side conditions
``b <= M x <= c`` over candidates and helpers (``v_r >= 0`` prices the upper bound, ``v_r < 0`` the
lower one) every choice covers at most

    L(u, v) = sum_i (w_i - u_i) + sum_r (v_r c_r or v_r b_r)
              + sum_j max over lower_j <= x_j <= upper_j of (s_j - (v M)_j) x_j,
    s_j = sum_{i : t_ij <= T} u_i

(Lagrangean relaxation; for maximal covering Galvao and ReVelle 1996). A subgradient search with a
memory of its directions finds good prices: it needs two products of a sparse matrix a step, where
the linear program of the model may take minutes. With nothing asked but ``p`` sites the best
``v`` is known: the ``p`` largest ``s_j`` are added. Otherwise a small linear program over the side
conditions alone finds it. Prices depend on who reaches whom only, so a question with a site vetoed
or another number of sites begins with those of its neighbour.

The bound trusts no solver. Prices and multipliers are cut to multiples of a power of two so coarse
that every sum above is *exact* in float64; ``L`` of whatever multipliers is then a true bound.

References
----------
R. D. Galvao, C. ReVelle, "A Lagrangean heuristic for the maximal covering location problem",
European Journal of Operational Research 88, 114-123 (1996).
P. M. Camerini, L. Fratta, F. Maffioli, "On improving relaxation methods by modified gradient
techniques", Mathematical Programming Study 3, 26-34 (1975).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.model import CoverModel
from quarterhour.solver import GrowingProgram

# Whole numbers up to this are exact in float64, with one bit to spare.
_EXACT = 2.0**52
_FINEST = 10
_LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """One reading of ``L``.

    Attributes
    ----------
    bound
        ``L``, exact: no plan covers more milli-people.
    inner
        A best choice under the prices, shares of candidates, float64 (n_candidates,).
    reduced
        What each candidate adds to ``L`` beyond its multipliers, float64 (n_candidates,): below 0
        where it is left out.
    other
        The same under the other multiplier of the number of sites that is as good; ``reduced``
        where there is none.
    """

    bound: float
    inner: NDArray[np.float64]
    reduced: NDArray[np.float64]
    other: NDArray[np.float64]


class Prices:
    """Reads ``L`` for one model.

    Raises
    ------
    AssertionError
        If sums of this size are not exact in float64: more than a trillion people.
    """

    def __init__(self, model: CoverModel) -> None:
        self.model = model
        self._must, self._allowed = model.must, model.allowed
        self._free = np.flatnonzero(self._allowed & ~self._must)
        deg = float(np.diff(model.by_cell.indptr).max(initial=0))
        total = float(model.cells.milli.sum()) * (deg + 2.0)
        if total > _EXACT:
            raise AssertionError("sums would not be exact")
        bits = _FINEST if total == 0.0 else min(_FINEST, int(np.log2(_EXACT / total)))
        self.grain = 2.0**-bits
        self._program: _SidesOnly | None = None
        if model.most_sites is None:
            self._program = _SidesOnly(model, self.grain)

    def read(self, u: NDArray[np.float64]) -> Priced:
        """Read ``L`` at prices that are multiples of ``grain``."""
        share = self.model.by_candidate @ u
        constant = float((self.model.cells.milli - u).sum())
        if self._program is not None:
            return self._program.read(constant, share)
        return self._by_number(constant, share)

    def _by_number(self, constant: float, share: NDArray[np.float64]) -> Priced:
        most = self.model.most_sites
        assert most is not None
        room = most - int(self._must.sum())
        inner = self._must.astype(np.float64)
        of_free = share[self._free]
        # Of equals the earlier candidate: argpartition alone would pick any.
        ranked = self._free[np.argsort(-of_free, kind="stable")]
        inner[ranked[:room]] = 1.0
        last_in = float(share[ranked[room - 1]]) if 0 < room <= len(ranked) else np.inf
        first_out = float(share[ranked[room]]) if room < len(ranked) else 0.0
        bound = constant + float(share[self._must].sum() + share[ranked[:room]].sum())
        if room == 0:
            last_in = first_out
        if not np.isfinite(last_in):
            last_in = 0.0
        return Priced(bound=bound, inner=inner, reduced=share - last_in, other=share - first_out)


def settle(
    model: CoverModel, priced: Priced, milli: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which sites every plan of at least ``milli`` has, and which none has.

    Only plans worse than ``milli`` are ruled out, so a plan in hand stays possible.
    """
    free = model.allowed & ~model.must
    inside, outside = model.must.copy(), ~model.allowed
    for reduced in (priced.reduced, priced.other):
        outside |= free & (reduced < 0.0) & (priced.bound + reduced < milli)
        inside |= free & (reduced > 0.0) & (priced.bound - reduced < milli)
    return inside, outside


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Search:
    """What a search for prices is to do.

    Attributes
    ----------
    steps
        Most steps.
    first
        Length of the first step, relative to Polyak's.
    look
        A plan is made out of the prices every so many steps.
    """

    steps: int
    first: float
    look: int


THOROUGH = Search(steps=1200, first=1.0, look=25)
NEARBY = Search(steps=500, first=0.3, look=25)

_WAIT, _SHORTER, _SHORTEST = 20, 0.7, 1e-3
_KEEP, _NOTABLE = 0.9, 1e-5


def tighten(
    prices: Prices,
    start: NDArray[np.float64],
    *,
    milli: Callable[[], float],
    search: Search,
    over: Callable[[], bool],
    on_bound: Callable[[float], None],
    on_look: Callable[[NDArray[np.float64], Priced], bool],
) -> tuple[NDArray[np.float64], Priced]:
    """Lower ``L`` by steps against its subgradient.

    Parameters
    ----------
    prices
        The model's reader of ``L``.
    start
        Prices to begin with, float64 (n_cells,).
    milli
        Tells the milli-people of the best plan so far: where ``L`` cannot get lower.
    search
        How long to look.
    over
        Asked before each step whether to stop.
    on_bound
        Called with each lower bound.
    on_look
        Called now and then with shares of candidates, averaged over steps (most of what the best
        plans have is large there), and the lowest ``L`` so far; says whether that is enough.

    Returns
    -------
    tuple
        Best prices, and what ``L`` is there.
    """
    weight = prices.model.cells.milli
    u = best_u = _cut(start, prices)
    now = best = prices.read(u)
    on_bound(best.bound)
    direction: NDArray[np.float64] | None = None
    liked = now.inner.copy()
    length, idle = search.first, 0
    for step in range(1, search.steps + 1):
        if over() or best.bound < milli() + prices.model.step or length < _SHORTEST:
            break
        covered = prices.model.by_cell @ now.inner
        away = covered - 1.0
        away[(u >= weight) & (covered < 1.0)] = 0.0
        direction = away if direction is None else _KEEP * direction + (1.0 - _KEEP) * away
        size = float((direction * direction * weight).sum())
        if size <= 0.0:
            break
        # Prices of large cells move more: each by a share of what it can be.
        u = _cut(u - length * (now.bound - milli()) / size * weight * direction, prices)
        now = prices.read(u)
        liked += 0.05 * (now.inner - liked)
        idle += 1
        if now.bound < best.bound:
            if now.bound < best.bound * (1.0 - _NOTABLE):
                idle = 0
            best, best_u = now, u
            on_bound(best.bound)
        if idle >= _WAIT:
            length, idle, u, now = length * _SHORTER, 0, best_u, best
        if step % search.look == 0 and on_look(liked, best):
            break
    return best_u, best


def _cut(u: NDArray[np.float64], prices: Prices) -> NDArray[np.float64]:
    whole: NDArray[np.float64] = np.rint(u / prices.grain) * prices.grain
    return np.clip(whole, 0.0, prices.model.cells.milli)


class _SidesOnly:
    """The side conditions as a linear program, solved again for each new set of shares."""

    def __init__(self, model: CoverModel, grain: float) -> None:
        sides = model.sides
        self._sides, self._grain, self._n = sides, grain, model.n_candidates
        self._scale = max(1.0, float(model.cells.milli.sum()) / _LARGEST)
        matrix = sides.matrix.tocsr()
        self._transposed = sides.matrix.T.tocsr()
        self._program = GrowingProgram(
            sides.program(np.zeros(sides.n_columns), whole=False, maximise=True)
        )
        self._last = np.zeros(len(sides.lower))
        # How large any sum of a row, or its bound, can be.
        ends = [np.where(np.isfinite(end), np.abs(end), 0.0) for end in (sides.lower, sides.upper)]
        self._most = abs(matrix) @ np.maximum(sides.column_upper, 1.0) + np.maximum(*ends)

    def read(self, constant: float, share: NDArray[np.float64]) -> Priced:
        """Read ``L`` at the multipliers that the program finds."""
        cost = np.zeros(self._sides.n_columns)
        cost[: self._n] = share
        self._program.set_cost(cost / self._scale)
        found = self._program.solve()
        inner = None
        if found is not None:
            inner, self._last = found[0][: self._n], found[1] * self._scale
        bound, reduced = self._bound(constant, cost, self._last)
        reduced = reduced[: self._n]
        if inner is None:
            inner = np.where(reduced > 0.0, 1.0, 0.0)
        return Priced(bound=bound, inner=np.clip(inner, 0.0, 1.0), reduced=reduced, other=reduced)

    def _bound(
        self, constant: float, cost: NDArray[np.float64], multipliers: NDArray[np.float64]
    ) -> tuple[float, NDArray[np.float64]]:
        """Return ``L`` and reduced shares, exact whatever the multipliers are."""
        sides = self._sides
        lower, upper = sides.column_lower, sides.column_upper
        # A multiplier of a bound that is not there says nothing.
        v = np.where(np.isfinite(np.where(multipliers > 0.0, sides.upper, sides.lower)),
                     multipliers, 0.0)  # fmt: skip
        while True:
            rows = float((np.abs(v) * self._most).sum())
            size = constant + 2.0 * float((cost * upper).sum()) + 4.0 * rows
            grain = 2.0 ** np.ceil(np.log2(max(size, 1.0) / _EXACT))
            if grain <= self._grain:
                break
            v = v / 2.0
        v = np.rint(v / grain) * grain
        at = np.where(v > 0.0, sides.upper, np.where(v < 0.0, sides.lower, 0.0))
        reduced = cost - self._transposed @ v
        parts = np.where(reduced > 0.0, reduced * upper, reduced * lower)
        return constant + float((v * at).sum()) + float(parts.sum()), reduced
