"""What no choice can undercut: each point's price of being served, and what those prices settle.

Without the demand that a point walks to just one site, the p-median falls apart by site. For any
prices ``u`` (n_points,) with ``0 <= u_i <= w_i cap_i``, and ``Y`` all choices within the rules,

    L(u) = sum_i u_i + min_{y in Y} sum_j y_j rho_j(u),   rho_j(u) = sum_i min(0, w_i t_ij - u_i)

is not above the walking of any choice (Cornuejols, Fisher and Nemhauser 1977). The minimum over
``Y`` is bounded likewise: rows of the rules get prices ``v`` of the sign that their side has, and
what is left of ``rho_j`` falls apart by column. Prices move along a subgradient (Held, Wolfe and
Crowder 1974); any prices give a bound, so how they were found is no matter.

All prices are whole *grains*, 1 over a power of two, and so is every sum: float64 holds them
exactly below 2**53, and the bound has no rounding at all. Where sums are larger, a slack far
above their rounding is taken off.

A candidate, or a distance, whose use would push ``L`` above a choice in hand is in no better one.

References
----------
G. Cornuejols, M. L. Fisher, G. L. Nemhauser, "Location of bank accounts to optimize float: an
analytic study of exact and approximate algorithms", Management Science 23, 789-810 (1977).
M. Held, P. Wolfe, H. P. Crowder, "Validation of subgradient optimization", Mathematical
Programming 6, 62-88 (1974).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.siting.walking.walks import Walks
from quarterhour.solver import GrowingProgram

_EXACT = 2.0**53
_BITS, _MOST_BITS = 50, 16
_SLACK = 2.0**-40
_EVERY = 20
# What one look at prices costs beside its pairs, in pairs.
_CALL = 5000
_MEMORY, _FRESH = 0.3, 0.05
# The solver's tolerances are absolute and meant for figures of about this size.
_LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Steps of prices: the first and the last, and how many without gain shorten them."""

    first: float = 1.0
    last: float = 2e-3
    patient: int = 12


_PACE = Pace()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Priced:
    """A bound, and the prices that say so.

    Attributes
    ----------
    bound
        No choice within the rules has a smaller sum of weight x time; in grains. It belongs to
        these very prices: ``enter`` and ``leave`` are counted from it.
    grain
        Number of grains in 1.
    price
        ``u`` in grains, float64 (n_points,).
    enter
        Where a column is not in the minimum: how much the bound rises if it must be 1; else 0
        or below. Grains, float64 (n_columns,).
    leave
        Where a candidate is in the minimum: minus how much the bound rises if it must be 0.
    picked
        Sites of the minimum, int64.
    share
        How often each candidate was picked of late, 0 to 1, float64 (n_candidates,).
    """

    bound: float
    grain: float
    price: NDArray[np.float64]
    enter: NDArray[np.float64]
    leave: NDArray[np.float64]
    picked: NDArray[np.int64]
    share: NDArray[np.float64]

    @property
    def whole(self) -> int:
        """The bound as a whole sum of weight x time; nobody walks less than nothing."""
        return max(math.ceil(self.bound / self.grain), 0)


class Pricing:
    """Turns prices into bounds; holds what does not change between them."""

    def __init__(self, walks: Walks, sides: Sides) -> None:
        self.walks, self.sides, self.work = walks, sides, 0
        most = walks.weight * walks.cap
        bits = int(np.ceil(np.log2(float(most.sum()) + 2.0)))
        self.grain = 2.0 ** min(max(_BITS - bits, 0), _MOST_BITS)
        self.most = (most * self.grain).astype(np.float64)
        self._weight = (walks.weight * self.grain).astype(np.float64)
        # The number of sites is the first row where it is asked; it is priced by sorting.
        self._number = bool(sides.asked) and sides.asked[0].key == "siting.asks_number"
        first = int(self._number)
        self._rows = sides.matrix[first:]
        self._lower, self._upper = sides.lower[first:], sides.upper[first:]
        self._row_price = np.zeros(len(self._lower))
        self._rho = np.zeros(sides.n_columns)

    def of(self, price: NDArray[np.float64]) -> tuple[Priced, NDArray[np.float64]]:
        """Return the bound of whole prices, and at how many picked sites each point is served."""
        walks = self.walks
        # Of a rounded quotient the floor is never below the true one: no pair is missed.
        limit = np.floor(price / self._weight).astype(np.int64) + 1
        at, point = walks.first_pairs(walks.nearer_than(np.minimum(limit, walks.cap)))
        self.work += len(at) + len(walks) + _CALL
        site = walks.site[at]
        left = np.minimum(self._weight[point] * walks.time[at] - price[point], 0.0)
        n = walks.n_candidates
        self._rho[:n] = np.bincount(site, left, minlength=n)
        priced = self._bound(price)
        served = np.bincount(point, priced.share[site], minlength=len(walks))
        return priced, served.astype(np.float64)

    def of_sides(self, sides: Sides) -> None:
        """Take other bounds of columns; rows are the same."""
        self.sides = sides

    def _bound(self, price: NDArray[np.float64]) -> Priced:
        sides, v = self.sides, self._row_price
        n, lower, upper = sides.n_candidates, sides.column_lower, sides.column_upper
        reduced, used = self._rho.copy(), v != 0
        terms, largest = [price], 0.0
        if used.any():
            reduced -= v @ self._rows
            largest = float((np.abs(v) @ np.abs(self._rows)).max())
            terms.append(v[used] * np.where(v > 0, self._lower, self._upper)[used])
        enter, leave = reduced.copy(), reduced.copy()
        free = np.flatnonzero((upper[:n] > 0) & (lower[:n] < 1))
        ranked = free[np.argsort(reduced[free], kind="stable")]
        if self._number:
            room = max(int(sides.upper[0] - lower[:n].sum()), 0)
            worth = np.minimum(np.append(reduced[ranked], 0.0), 0.0)
            last = worth[min(max(room - 1, 0), len(ranked))]
            enter[:n] -= last
            leave[:n] -= worth[min(room, len(ranked))]
            ranked = ranked[:room]
            terms.append(np.array([last * sides.upper[0]]))
        terms.append(np.minimum(enter * lower, enter * upper))
        every = np.concatenate(terms)
        size = float(np.abs(every).sum()) + largest
        must = np.flatnonzero(lower[:n] > 0)
        picked = np.union1d(ranked[reduced[ranked] < 0], must).astype(np.int64)
        share = np.zeros(n)
        share[picked] = 1.0
        return Priced(
            bound=float(every.sum()) - (0.0 if size < _EXACT else size * _SLACK),
            grain=self.grain,
            price=price,
            enter=enter,
            leave=leave,
            picked=picked,
            share=share,
        )

    def price_rows(self) -> None:
        """Price the other rows anew, at the latest prices of points: duals, made whole."""
        if not len(self._lower):
            return
        sides = self.sides
        scale = max(float(np.abs(self._rho).max()) / _LARGEST, 1.0)
        found = GrowingProgram(sides.program(self._rho / scale, whole=False)).solve()
        if found is None:
            return
        v = np.rint(found[1][int(self._number) :] * scale)
        open_side = ((v > 0) & ~np.isfinite(self._lower)) | ((v < 0) & ~np.isfinite(self._upper))
        self._row_price = np.where(open_side, 0.0, v)


def raise_bound(
    pricing: Pricing,
    price: NDArray[np.float64],
    *,
    value: Callable[[], int],
    look: Callable[[Priced], None],
    work: int,
    patience: Patience,
    pace: Pace = _PACE,
) -> Priced:
    """Move prices so that the bound rises, and return the best.

    Parameters
    ----------
    price
        Where to begin, in grains.
    value
        Returns the sum of weight x time of the best choice in hand.
    look
        Called now and then with a bound whose picked sites may make a good choice.
    work
        Pairs to look at, at most.
    pace
        Steps.
    """
    price = np.clip(np.rint(price), 0.0, pricing.most)
    best, _ = pricing.of(price)
    pricing.price_rows()
    now, served = pricing.of(price)
    best = max(best, now, key=lambda priced: priced.bound)
    step, idle, done = pace.first, 0, 0
    direction = np.zeros(len(price))
    stop = pricing.work + work
    share = now.share
    while step > pace.last and pricing.work < stop and not patience.over:
        if best.whole >= value():
            break
        done += 1
        direction = _MEMORY * direction + 1.0 - served
        length = float((direction**2).sum())
        if length == 0.0:
            break
        ahead = 1.01 * value() * pricing.grain - now.bound
        price = price + step * ahead / length * direction
        price = np.clip(np.rint(price), 0.0, pricing.most)
        now, served = pricing.of(price)
        share = (1.0 - _FRESH) * share + _FRESH * now.share
        if done % _EVERY == 0:
            look(now)
            pricing.price_rows()
        idle = 0 if now.bound > best.bound else idle + 1
        best = max(best, now, key=lambda priced: priced.bound)
        if idle >= pace.patient:
            # Back to the best prices, in smaller steps.
            step, idle, price = step * 0.6, 0, best.price
            now, served = pricing.of(price)
            direction = np.zeros(len(price))
    look(best)
    return replace(best, share=share)
