"""Branch and cut: bounds of sites are halved until no open part can hold a better choice.

A *part* is all choices within bounds of the columns. Its bound comes from the cuts, of which more
are added where the largest flow of its shares says less than the program does. The part with the
best bound is divided first, at the site that lowers the bounds of both halves most (A. H. Land,
A. G. Doig, "An automatic method of solving discrete programming problems", Econometrica 28,
497-520, 1960; M. Padberg, G. Rinaldi, "A branch-and-cut algorithm for the resolution of
large-scale symmetric traveling salesman problems", SIAM Review 33, 60-100, 1991).
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.served.bounds import Master, Relaxed, cut_of

_ROOT_ROUNDS = 200
_ROUNDS = 5
_TRIED = 6
_RELIABLE = 2
_KEPT = 150
# So many rounds of cuts that lower the bound by less than this share tail off.
_STRIDE = 10
_LEAST_PROGRESS = 2e-5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Choices within bounds of columns, and what none of them scores more than."""

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    bound: float
    relaxed: Relaxed


class Tree:
    """All parts that are open; the best bound of them bounds every choice.

    Parameters
    ----------
    master
        Cuts and side conditions.
    threshold
        The least score that a choice must have to be better than the best in hand.
    look
        Called with shares of sites: somebody may find a choice near them.
    settle
        Called with a choice of which every site is settled.
    stop
        Whether to leave it there.
    near_best
        Shares of the best choice in hand: cuts halfway to it are deep.
    """

    def __init__(
        self,
        master: Master,
        *,
        threshold: Callable[[], float],
        look: Callable[[NDArray[np.float64]], None],
        settle: Callable[[NDArray[np.int64]], None],
        stop: Callable[[], bool],
        near_best: Callable[[], NDArray[np.float64] | None],
    ) -> None:
        self.master = master
        self._threshold, self._look, self._settle = threshold, look, settle
        self._stop, self._near_best = stop, near_best
        self._open: list[tuple[float, int, Part]] = []
        self._count = 0
        n = master.sides.n_candidates
        # By how much the bound fell per share of a site that was left out, or built, in all tries.
        self._fall, self._tried = np.zeros((2, n)), np.zeros(n)
        # The bound of what is taken apart just now; until there is a root, everything is.
        self._doing = np.inf

    def bound(self) -> float:
        """Return what no choice scores more than, save those in hand."""
        return max(-self._open[0][0], self._doing) if self._open else self._doing

    @property
    def finished(self) -> bool:
        """Whether nothing is open any more."""
        return not self._open and self._doing == -np.inf

    def grow(self) -> Iterator[float]:
        """Divide parts until none is left or it is time to stop; yields the bound each time."""
        sides = self.master.sides
        root = self._tightened(sides.column_lower, sides.column_upper, np.inf, _ROOT_ROUNDS)
        self._doing = -np.inf
        self._push(root)
        yield self.bound()
        while self._open and not self._stop():
            _, _, part = heapq.heappop(self._open)
            if part.bound < self._threshold():
                continue
            self._doing = part.bound
            halves = self._divided(part)
            self._doing = -np.inf
            for half in halves:
                self._push(half)
            yield self.bound()
            self.master.forget(keep=_KEPT)

    def _push(self, part: Part | None) -> None:
        if part is not None and part.bound >= self._threshold():
            self._count += 1
            heapq.heappush(self._open, (-part.bound, self._count, part))

    def _tightened(
        self,
        lower: NDArray[np.float64],
        upper: NDArray[np.float64],
        bound: float,
        rounds: int,
    ) -> Part | None:
        """Cut a part until its bound is too low to matter or cuts tail off."""
        n = self.master.sides.n_candidates
        relaxed, last = None, bound
        centre = self._near_best()
        for done in range(rounds):
            found = self.master.solve(lower, upper)
            if found is None:
                return None
            relaxed, bound = found, min(bound, found.bound)
            if bound < self._threshold() or (self._stop() and done):
                break
            y = found.y[:n]
            if not self._cut(found, y):
                break
            if centre is not None:
                # Halfway to where cuts were before they are deeper than at a corner.
                centre = (centre + y) / 2
                self.master.add(cut_of(self.master.model, self._price(centre)))
            if done % _STRIDE == _STRIDE - 1:
                if last - bound < _LEAST_PROGRESS * abs(bound):
                    break
                last = bound
                self._look(y)
        if relaxed is None:
            return None
        self._look(relaxed.y[:n])
        return Part(lower=lower, upper=upper, bound=bound, relaxed=relaxed)

    def _price(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.master.model.fractional_flow(y).price

    def _cut(self, found: Relaxed, y: NDArray[np.float64]) -> bool:
        """Add the cut that is tight at these shares; tell whether it cuts them off."""
        model, wanted = self.master.model, self.master.wanted
        flow = model.fractional_flow(y)
        claimed = found.claim if wanted is None else wanted
        if claimed - flow.value <= max(1.0, 1e-6 * abs(claimed)):
            return False
        self.master.add(cut_of(model, flow.price))
        return True

    def _divided(self, part: Part) -> list[Part]:
        lower, upper = self._fixed(part)
        n = self.master.sides.n_candidates
        free = np.flatnonzero(lower[:n] < upper[:n])
        if not len(free):
            # Nothing is left open but helpers: the choice itself is looked at.
            self._settle(np.flatnonzero(lower[:n] > 0.5))
            return []
        site = self._branching_site(part, lower, upper, free)
        bounds = self._falls(part, lower, upper, site)
        halves = []
        for value, bound in zip((0.0, 1.0), bounds, strict=True):
            if bound >= self._threshold():
                ends = _with(lower, upper, site, value)
                half = self._tightened(*ends, min(bound, part.bound), _ROUNDS)
                if half is not None:
                    halves.append(half)
        return halves

    def _branching_site(
        self,
        part: Part,
        lower: NDArray[np.float64],
        upper: NDArray[np.float64],
        free: NDArray[np.int64],
    ) -> int:
        """Return the site whose two halves are lowest, tried or judged by how it was before."""
        y = part.relaxed.y[free]
        n_split = int(((y > 1e-6) & (y < 1 - 1e-6)).sum())
        ranked = free[np.argsort(np.abs(y - 0.5), kind="stable")][: max(1, n_split)]
        fresh = [site for site in ranked.tolist() if self._tried[site] < _RELIABLE][:_TRIED]
        for site in fresh:
            if self._stop():
                break
            self._falls(part, lower, upper, site)
        share = part.relaxed.y[ranked]
        fall = self._fall[:, ranked] / np.maximum(self._tried[ranked], 1)
        least = 1e-9 * max(abs(part.bound), 1.0)
        score = np.maximum(fall[0] * share, least) * np.maximum(fall[1] * (1 - share), least)
        score[self._tried[ranked] == 0] = 0.0
        return int(ranked[np.argmax(score)])

    def _falls(
        self, part: Part, lower: NDArray[np.float64], upper: NDArray[np.float64], site: int
    ) -> tuple[float, float]:
        """Return the bounds of both halves, and remember by how much they fell."""
        bounds = []
        share = float(part.relaxed.y[site])
        for value, way in ((0.0, share), (1.0, 1.0 - share)):
            found = self.master.solve(*_with(lower, upper, site, value))
            bound = -np.inf if found is None else min(found.bound, part.bound)
            bounds.append(bound)
            fall = min(part.bound - bound, max(part.bound - self._threshold(), 0.0))
            self._fall[int(value), site] += fall / max(way, 0.05) if np.isfinite(fall) else 0.0
        self._tried[site] += 1
        return bounds[0], bounds[1]

    def _fixed(self, part: Part) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the bounds of columns without ends at which no better choice can be."""
        lower, upper = part.lower.copy(), part.upper.copy()
        n = self.master.sides.n_candidates
        reduced, least = part.relaxed.reduced[:n], self._threshold()
        # The bound of this very program, not of the part: the two may differ.
        bound = part.relaxed.bound
        open_ = lower[:n] < upper[:n]
        upper[:n][open_ & (reduced < 0) & (bound + reduced < least)] = 0.0
        lower[:n][open_ & (reduced > 0) & (bound - reduced < least)] = 1.0
        return lower, upper


def _with(
    lower: NDArray[np.float64], upper: NDArray[np.float64], site: int, value: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lower, upper = lower.copy(), upper.copy()
    lower[site] = upper[site] = value
    return lower, upper
