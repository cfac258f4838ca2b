"""Good plans, quickly: greedy adding, exchange of single sites, and shaking.

Nothing here proves anything. A plan in hand lets the proof rule out most candidates, and the order
of exchanges settles ties. All moves keep to the side conditions: rows over candidates alone are
followed as sums; rules with helpers are asked once a move looks worth it.

References
----------
H. R. Lourenco, O. C. Martin, T. Stuetzle, "Iterated local search", Handbook of Metaheuristics,
320-353 (2003).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.model import CoverModel
from quarterhour.siting.covering.standing import Standing

# Asking a rule with helpers takes a small program each time.
_ASKS = 60
_SEED = 0
_LEAVING = 5


def greedy(
    model: CoverModel,
    begin: NDArray[np.int64],
    *,
    price: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Add sites, the largest gain first, the earliest of equals, until none gains or fits.

    Parameters
    ----------
    model
        Demand and side conditions.
    begin
        Sites to begin with; those that do not fit are left out.
    price
        Gains are compared per unit of this, above 0; each site counts as 1 by default.

    Returns
    -------
    NDArray
        Sites that reach no upper bound; lower bounds are kept only where that was possible.
    """
    standing = Standing(model, np.flatnonzero(model.must))
    per = np.ones(model.n_candidates) if price is None else price
    for site in begin.tolist():
        if standing.may_join()[site]:
            standing.add(site)
    while (site := _needed(standing, per)) is not None:
        standing.add(site)
    _fill(standing, per)
    return standing.sites()


def _needed(standing: Standing, per: NDArray[np.float64]) -> int | None:
    """Return the best site that helps a row below its lower bound."""
    helps = standing.helps() & standing.may_join()
    if not helps.any():
        return None
    return int(np.argmax(np.where(helps, standing.gain / per, -1.0)))


def _fill(standing: Standing, per: NDArray[np.float64]) -> bool:
    """Add sites while any gains; tell whether one did."""
    added, asks = False, _ASKS
    while True:
        free = standing.may_stand() if standing.rows_kept() else standing.may_join()
        gain = np.where(free, standing.gain / per, 0.0)
        site = int(np.argmax(gain))
        while gain[site] > 0.0 and standing.must_ask and not standing.allows_with(site):
            gain[site], asks = 0.0, asks - 1
            site = int(np.argmax(gain))
        if gain[site] <= 0.0 or asks < 0:
            return added
        standing.add(site)
        added = True


def improve(
    model: CoverModel, chosen: NDArray[np.int64], *, over: Callable[[], bool] | None = None
) -> NDArray[np.int64]:
    """Exchange single sites while that covers more, or as much with an earlier candidate.

    Parameters
    ----------
    model
        Demand and side conditions.
    chosen
        A plan that keeps to them.
    over
        Asked after each exchange whether to stop.
    """
    standing = Standing(model, chosen)
    asks = _ASKS
    changed = True
    while changed:
        changed = False
        for site in [s for s in standing.sites().tolist() if not model.must[s]]:
            if asks < 0 or (over is not None and over()):
                return standing.sites()
            standing.drop(site)
            other, asked = _instead(standing, site)
            standing.add(other)
            changed, asks = changed or other != site, asks - asked
        changed = _fill(standing, np.ones(model.n_candidates)) or changed
    return standing.sites()


def _instead(standing: Standing, site: int) -> tuple[int, int]:
    """Return the best site in place of one that was dropped, and how often rules were asked."""
    gain = np.where(standing.may_stand(), standing.gain, -1.0)
    own, asked = standing.gain[site], 0
    while True:
        # argmax takes the first of equals: the earliest candidate.
        other = int(np.argmax(gain))
        if not (gain[other] > own or (gain[other] == own and other < site)):
            return site, asked
        if not standing.must_ask:
            return other, asked
        asked += 1
        if standing.allows_with(other):
            return other, asked
        gain[other] = -1.0


def shake(
    model: CoverModel,
    chosen: NDArray[np.int64],
    *,
    liking: NDArray[np.float64],
    rounds: int,
    over: Callable[[], bool],
) -> NDArray[np.int64]:
    """Push sites into a plan, make room for them, exchange, and keep what is not worse.

    Parameters
    ----------
    model
        Demand and side conditions, none of them with helpers.
    chosen
        A plan that keeps to them.
    liking
        How likely a candidate is pushed in, 0 or more, float64 (n_candidates,).
    rounds
        How often.
    over
        Asked after each round whether to stop.

    Returns
    -------
    NDArray
        The best plan met. The same for the same arguments, unless ``over`` said so.
    """
    rng = np.random.default_rng(_SEED)
    standing, near = Standing(model, chosen), _Near(model)
    best, milli = chosen, standing.milli
    now, now_milli = best, milli
    for _ in range(rounds):
        if over():
            break
        pushed = _push(standing, liking, rng, n_pushed=int(rng.integers(1, 4)))
        if pushed:
            _exchange(standing, near, pushed)
        if standing.milli >= now_milli and standing.keeps():
            now, now_milli = standing.sites(), standing.milli
        else:
            standing.become(now)
        if now_milli > milli:
            best, milli = now, now_milli
    return best


def _push(
    standing: Standing, liking: NDArray[np.float64], rng: np.random.Generator, *, n_pushed: int
) -> set[int]:
    """Exchange some sites for others, wherever that is allowed, and return all that moved."""
    new, old = set[int](), set[int]()
    must = standing.model.must
    for _ in range(n_pushed):
        free = np.where(standing.inside | ~standing.model.allowed, 0.0, liking)
        free[list(old)] = 0.0
        if free.sum() <= 0.0:
            break
        site = int(rng.choice(len(free), p=free / free.sum()))
        loss = standing.losses(site)
        leave = [s for s in standing.sites().tolist() if not must[s] and s not in new]
        for other in sorted(leave, key=lambda s: (loss[s], s))[:_LEAVING]:
            standing.drop(other)
            if standing.may_stand()[site]:
                standing.add(site)
                new.add(site)
                old.add(other)
                break
            standing.add(other)
    return new | old


def _exchange(standing: Standing, near: "_Near", moved: set[int]) -> None:
    """Exchange single sites around those that moved while that covers more."""
    must = standing.model.must
    look = moved
    while look:
        around = np.any([near.to(site) for site in sorted(look)], axis=0)
        loss = np.where(standing.inside, standing.losses(None), np.inf)
        # Wherever they stand, sites that few would miss may be of more use here.
        around[np.argsort(loss, kind="stable")[:_LEAVING]] = True
        look = set()
        for site in np.flatnonzero(around & standing.inside & ~must).tolist():
            standing.drop(site)
            gain = np.where(standing.may_stand(), standing.gain, -1.0)
            other = int(np.argmax(gain))
            other = other if gain[other] > standing.gain[site] else site
            standing.add(other)
            if other != site:
                look |= {site, other}


class _Near:
    """Which candidates reach a cell that a candidate reaches, looked up once each."""

    def __init__(self, model: CoverModel) -> None:
        self._model = model
        self._known: dict[int, NDArray[np.bool_]] = {}

    def to(self, site: int) -> NDArray[np.bool_]:
        """Return the neighbours of a candidate, itself among them, bool (n_candidates,)."""
        if site not in self._known:
            near = self._model.reach(self._model.row(site)) > 0.0
            near[site] = True
            self._known[site] = near
        return self._known[site]


def drop_useless(model: CoverModel, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Drop sites, the last first, that cover nobody alone, where the rules are kept without."""
    standing = Standing(model, chosen)
    for site in reversed(standing.sites().tolist()):
        if model.must[site] or standing.alone(site) > 0.0:
            continue
        standing.drop(site)
        if not standing.keeps():
            standing.add(site)
    return standing.sites()
