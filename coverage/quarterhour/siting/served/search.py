"""Looking for good choices: take the best, exchange, shake, and exchange again.

What one more site can add is bounded by the cut of the choice without it, so that only few of all
exchanges have their flow computed, and none that matters is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.served.bounds import cut_of
from quarterhour.siting.served.model import ServedModel
from quarterhour.siting.sides import Sides

_SEED = 0
_SHAKEN = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keeper:
    """Tells quickly which sites may go in and out.

    Attributes
    ----------
    sides
        What a choice must keep to.
    rows, lower, upper
        Rows that no helper is in, dense: float64 (n_rows, n_candidates) and (n_rows,).
    """

    sides: Sides
    rows: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    @classmethod
    def of(cls, sides: Sides) -> "Keeper":
        """Return the keeper of side conditions."""
        n = sides.n_candidates
        of_helpers = sides.matrix[:, n:].tocsr()
        alone = np.flatnonzero(np.diff(of_helpers.indptr) == 0)
        rows = sides.matrix[:, :n].tocsr()[alone].toarray()
        return cls(sides=sides, rows=rows, lower=sides.lower[alone], upper=sides.upper[alone])

    def costing_at_most(self, cost: NDArray[np.float64], most: float) -> "Keeper":
        """Return a keeper that lets no choice cost more."""
        return replace(
            self,
            rows=np.vstack([self.rows, cost]),
            lower=np.append(self.lower, -np.inf),
            upper=np.append(self.upper, most),
        )

    def may_join(self, chosen: NDArray[np.int64], *, growing: bool = False) -> NDArray[np.bool_]:
        """Return which candidates may join a choice, as far as plain rows tell.

        Parameters
        ----------
        chosen
            Rows of candidates.
        growing
            Whether more will join: lower bounds need not be met yet.
        """
        load = self.rows[:, chosen].sum(axis=1)[:, None] + self.rows
        fits = (load <= self.upper[:, None]).all(axis=0)
        if not growing:
            fits &= (load >= self.lower[:, None]).all(axis=0)
        fits &= self.sides.column_upper[: len(fits)] > 0
        fits[chosen] = False
        return np.asarray(fits)

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Tell whether a choice keeps to everything, helpers included."""
        load = self.rows[:, chosen].sum(axis=1)
        if (load > self.upper).any() or (load < self.lower).any():
            return False
        return self.sides.allows(chosen)


@dataclass(slots=True, kw_only=True, eq=False)
class Searcher:
    """Search among choices that keep to the sides; polls ``stop`` between flows."""

    model: ServedModel
    keeper: Keeper
    must: tuple[int, ...]
    stop: Callable[[], bool]
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(_SEED))

    def value(self, chosen: NDArray[np.int64]) -> float:
        """Return what a choice and existing facilities serve."""
        return self.model.flow(chosen).value

    def grown(
        self,
        chosen: NDArray[np.int64],
        *,
        wanted: float = np.inf,
        cost: NDArray[np.float64] | None = None,
    ) -> NDArray[np.int64]:
        """Add the site that serves most (for its cost), again and again, while any serves more."""
        while (flow := self.model.flow(chosen)).value < wanted and not self.stop():
            may = self.keeper.may_join(chosen, growing=True)
            site = self._best(chosen, flow.value, flow.price, may, cost)
            if site < 0:
                return chosen
            chosen = np.append(chosen, site)
        return chosen

    def _best(
        self,
        chosen: NDArray[np.int64],
        value: float,
        price: NDArray[np.float64],
        may: NDArray[np.bool_],
        cost: NDArray[np.float64] | None,
    ) -> int:
        per = np.ones(len(may)) if cost is None else np.maximum(cost, 1e-3)
        most = np.where(may, cut_of(self.model, price).share / per, 0.0)
        best, site = 0.0, -1
        for other in np.argsort(-most, kind="stable").tolist():
            if most[other] <= best:
                break
            gain = (self.value(np.append(chosen, other)) - value) / per[other]
            if gain > best:
                best, site = gain, other
        return site

    def improved(self, chosen: NDArray[np.int64], *, enough: float = np.inf) -> NDArray[np.int64]:
        """Exchange one site, or add one, as long as that serves more; until ``enough``."""
        value = self.value(chosen)
        out = [-1, *(site for site in chosen.tolist() if site not in self.must)]
        idle = 0
        # A round through all sites without a gain ends it.
        while value < enough and idle < len(out) and not self.stop():
            site = out.pop(0)
            other, found = self._exchanged(chosen, site, value)
            idle = 0 if other >= 0 else idle + 1
            if other >= 0:
                chosen, value = np.append(chosen[chosen != site], other), found
                out += [other] if site >= 0 else [other, -1]
            else:
                out.append(site)
        return chosen

    def _exchanged(self, chosen: NDArray[np.int64], site: int, value: float) -> tuple[int, float]:
        """Return the site that best takes one's place (-1: is added), -1 where none is better."""
        rest, best = chosen[chosen != site], -1
        may = self.keeper.may_join(rest)
        if site >= 0:
            may[site] = False
        if not may.any():
            return best, value
        flow = self.model.flow(rest)
        most = np.where(may, cut_of(self.model, flow.price).share, -1.0)
        for other in np.argsort(-most, kind="stable").tolist():
            if most[other] < 0 or flow.value + most[other] <= value:
                break
            choice = np.append(rest, other)
            found = self.value(choice)
            if found > value and self._fits(choice):
                best, value = other, found
        return best, value

    def _fits(self, choice: NDArray[np.int64]) -> bool:
        return not self.keeper.sides.has_helpers or self.keeper.sides.allows(choice)

    def shaken(self, chosen: NDArray[np.int64], *, rounds: int) -> NDArray[np.int64]:
        """Replace a few sites at random and improve again, from the best choice each time."""
        best, value = chosen, self.value(chosen)
        for _ in range(rounds):
            if self.stop():
                break
            choice = self.improved(self._shaken_once(best))
            if (found := self.value(choice)) > value and self.keeper.allows(choice):
                best, value = choice, found
        return best

    def _shaken_once(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        choice = chosen
        free = [site for site in chosen.tolist() if site not in self.must]
        for site in self.random.permutation(free)[:_SHAKEN].tolist():
            rest = choice[choice != site]
            may = self.keeper.may_join(rest)
            near = np.flatnonzero(may & (cut_of(self.model, self.model.flow(rest).price).share > 0))
            if len(near):
                other = np.append(rest, self.random.choice(near))
                choice = other if self._fits(other) else choice
        return choice

    def without_useless(
        self, chosen: NDArray[np.int64], *, wanted: float | None = None
    ) -> NDArray[np.int64]:
        """Leave out sites, the last first, as long as that costs nothing and is allowed."""
        least = self.value(chosen) if wanted is None else wanted
        for site in np.sort(chosen)[::-1].tolist():
            rest = chosen[chosen != site]
            if site in self.must or self.value(rest) < least or not self.keeper.allows(rest):
                continue
            chosen = rest
        return chosen
