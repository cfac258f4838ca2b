"""Good schedules, quickly: greedy openings, exchanges, and taking out a few to put in better.

Nothing here proves anything. A search keeps for each cell the year in which it is first covered,
and for each opening (year, site) the milli-people-years that it would add; both follow a change
through the cells that it touches only. Chance has a fixed seed, and of equal openings the earliest
candidate's is taken, so that the answer repeats.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.phases.schedule import Phases, Schedule

_SEED = 6
_TRIES = 8
_IDLE_ROUNDS = 60
_MOST_ROWS = 4e7
_LEAST_PART = 1e-6


class Search:
    """A schedule in hand that changes by single openings.

    Parameters
    ----------
    phases
        The question.
    schedule
        Where to begin; it need not keep to lower bounds of rules yet.
    """

    def __init__(self, phases: Phases, schedule: Schedule) -> None:
        self.phases = phases
        pairs = zip(schedule.sites.tolist(), schedule.opens.tolist(), strict=True)
        self.opens: dict[int, int] = dict(pairs)
        self.first = phases.first_open(schedule)
        self._times = np.zeros((len(phases.cells), phases.n_years), dtype=np.int32)
        for site, year in self.opens.items():
            self._times[phases.row(site), year] += 1
        self.spent = phases.ledger.spent(schedule.sites, schedule.opens)
        self._years = np.arange(phases.n_years)
        late = self.first[:, None] > self._years
        self._late = np.where(late, phases.cells.milli[:, None], 0.0)
        self._by_year = phases.by_candidate @ self._late
        sides = phases.sides
        self._alone = np.diff(sides.matrix[:, phases.n :].tocsr().indptr) == 0
        own = sides.matrix[:, : phases.n]
        self._rows = own.toarray() if own.shape[0] * phases.n <= _MOST_ROWS else None
        self._sparse = own.tocsc()
        flags = np.zeros(phases.n)
        flags[schedule.sites] = 1.0
        self._activity = own @ flags

    @property
    def schedule(self) -> Schedule:
        """The schedule in hand."""
        sites = np.array(sorted(self.opens), dtype=np.int64)
        opens = np.array([self.opens[site] for site in sites.tolist()], dtype=np.int64)
        return Schedule(sites=sites, opens=opens)

    @property
    def milli(self) -> float:
        """Milli-people-years of the schedule in hand."""
        cells = self.phases.cells
        return float((cells.milli * (self.phases.n_years - self.first)).sum())

    def put(self, year: int, site: int) -> None:
        """Open a site."""
        self.opens[site] = year
        at = self.phases.row(site)
        self._times[at, year] += 1
        self._set(at, np.minimum(self.first[at], year))
        self._count(year, site, 1)

    def take(self, site: int) -> int:
        """Close a site again, and return the year in which it had been opened."""
        year = self.opens.pop(site)
        at = self.phases.row(site)
        self._times[at, year] -= 1
        at = at[(self.first[at] == year) & (self._times[at, year] == 0)]
        covered = self._times[at] > 0
        # argmax takes the first year in which anything covers the cell.
        first = np.where(covered.any(axis=1), covered.argmax(axis=1), self.phases.n_years)
        self._set(at, first)
        self._count(year, site, -1)
        return year

    def gains(self) -> NDArray[np.float64]:
        """Return what each opening would add, float64 (n_years, n_candidates)."""
        return np.cumsum(self._by_year[:, ::-1], axis=1)[:, ::-1].T

    def may(self, *, lower: bool) -> NDArray[np.bool_]:
        """Return the openings for which there is room, bool (n_years, n_candidates).

        ``lower``: those after which the rows also reach what they ask at least.
        """
        phases = self.phases
        may = phases.ledger.fits(self.spent) & phases.can
        may &= self._within(lower=lower)
        may[:, list(self.opens)] = False
        return may

    def _within(self, *, lower: bool) -> NDArray[np.bool_]:
        """Return the sites that the plain rows have room for, bool (n_candidates,)."""
        sides, n = self.phases.sides, self.phases.n
        if not len(sides.lower) or self._rows is None:
            return np.ones(n, dtype=np.bool_)
        rows = self._alone
        after = self._activity[rows, None] + self._rows[rows]
        within: NDArray[np.bool_] = (after <= sides.upper[rows, None]).all(axis=0)
        if lower:
            within &= (after >= sides.lower[rows, None]).all(axis=0)
        return within

    def _set(self, at: NDArray[np.int32], first: NDArray[np.int64]) -> None:
        changed = first != self.first[at]
        at, first = at[changed], first[changed]
        if not len(at):
            return
        self.first[at] = first
        late = np.where(first[:, None] > self._years, self.phases.cells.milli[at, None], 0.0)
        change = late - self._late[at]
        self._late[at] = late
        self._by_year += self.phases.by_cell[at].T @ change

    def _count(self, year: int, site: int, sign: int) -> None:
        self.spent = self.spent + sign * self.phases.ledger.use[:, year, site]
        start, end = self._sparse.indptr[site : site + 2]
        self._activity[self._sparse.indices[start:end]] += sign * self._sparse.data[start:end]


def fill(search: Search, *, least: float = 0.0) -> None:
    """Open what adds most, the earliest of equals, until nothing adds more than ``least``."""
    tried = 0
    barred = np.zeros_like(search.phases.can)
    while True:
        gain = np.where(search.may(lower=False) & ~barred, search.gains(), -1.0)
        year, site = _best(gain)
        if gain[year, site] <= least:
            return
        search.put(year, site)
        if search.phases.sides.has_helpers and not search.phases.keeps(search.schedule):
            search.take(site)
            barred[:, site] = True
            tried += 1
            if tried > _TRIES:
                return


def exchange(search: Search, *, stop: Callable[[], bool]) -> None:
    """Exchange single openings while that covers more, or as much with an earlier candidate."""
    phases = search.phases
    changed = True
    while changed and not stop():
        changed = False
        for site in sorted(search.opens):
            before = search.milli
            year = search.take(site)
            gain = np.where(search.may(lower=True), search.gains(), -1.0)
            if phases.must[site]:
                gain[:, np.arange(phases.n) != site] = -1.0
            put = year, site
            own = before - search.milli
            for _ in range(_TRIES):
                other = _best(gain)
                better = gain[other] > own or (gain[other] == own and other[1] < site)
                if gain[other] < 0 or not better:
                    break
                search.put(*other)
                if not phases.sides.has_helpers or phases.sides.allows(search.schedule.sites):
                    put = other
                    search.take(other[1])
                    changed = True
                    break
                search.take(other[1])
                gain[other] = -1.0
            search.put(*put)
        if phases.keeps(search.schedule):
            fill(search)


def improve(
    phases: Phases,
    schedule: Schedule,
    *,
    stop: Callable[[], bool],
    rounds: int = _IDLE_ROUNDS,
) -> Schedule:
    """Take a few openings out and put better ones in, until that has not helped for long.

    Parameters
    ----------
    phases, schedule
        The question, and a schedule that keeps to everything.
    stop
        Asked often; the best schedule so far is returned once it says yes.
    rounds
        Rounds without a better schedule after which to stop.
    """
    chance = np.random.default_rng(_SEED)
    search = Search(phases, schedule)
    exchange(search, stop=stop)
    best, most, idle = search.schedule, search.milli, 0
    free = [site for site in best.sites.tolist() if not phases.must[site]]
    while idle < rounds and len(free) > 1 and not stop():
        count = int(chance.integers(2, min(len(free), 4) + 1))
        for site in chance.choice(free, size=count, replace=False).tolist():
            search.take(site)
        _put_back(search, chance)
        if phases.keeps(search.schedule):
            exchange(search, stop=stop)
        now = search.milli
        if now > most and phases.keeps(search.schedule):
            best, most, idle = search.schedule, now, 0
        else:
            idle += 1
        search = Search(phases, best)
        free = [site for site in best.sites.tolist() if not phases.must[site]]
    return best


def _put_back(search: Search, chance: np.random.Generator) -> None:
    """Fill up again, the first opening by chance among good ones."""
    gain = np.where(search.may(lower=False), search.gains(), -1.0)
    ranked = np.argsort(-gain, axis=None, kind="stable")[:12]
    pick = int(ranked[int(chance.integers(len(ranked)))])
    year, site = divmod(pick, search.phases.n)
    if gain[year, site] > 0:
        search.put(year, site)
    fill(search)


def filled(phases: Phases, begun: Schedule) -> Schedule:
    """Open what must be, then what adds most, and exchange; lower bounds may stay unmet."""
    search = Search(phases, begun)
    for site in np.flatnonzero(phases.must).tolist():
        years = np.flatnonzero(search.may(lower=False)[:, site])
        if site not in search.opens and len(years):
            search.put(int(years[0]), site)
    fill(search)
    exchange(search, stop=lambda: False)
    return search.schedule


def rounded(phases: Phases, y: NDArray[np.float64]) -> Schedule:
    """Open what a linear program opened, the surest first, as far as there is room; then fill.

    ``y`` says how far each site is open in each year, float64 (n_years, n_candidates).
    """
    opened = np.diff(y, axis=0, prepend=0.0)
    search = Search(phases, Schedule(sites=np.zeros(0, np.int64), opens=np.zeros(0, np.int64)))
    for place in np.argsort(-opened, axis=None, kind="stable").tolist():
        year, site = divmod(place, phases.n)
        if opened[year, site] < _LEAST_PART:
            break
        if search.may(lower=False)[year, site]:
            search.put(year, site)
    return filled(phases, search.schedule)


def without_useless(phases: Phases, schedule: Schedule) -> Schedule:
    """Drop sites, the last first, that add nothing, where the rules do not ask for them."""
    search = Search(phases, schedule)
    for site in reversed(schedule.sites.tolist()):
        if phases.must[site]:
            continue
        before = search.milli
        year = search.take(site)
        if search.milli < before or not phases.sides.allows(search.schedule.sites):
            search.put(year, site)
    return search.schedule


def _best(gain: NDArray[np.float64]) -> tuple[int, int]:
    """Return (year, site) of the largest gain: of equals the earliest candidate, then year."""
    # Transposed, so that argmax, which takes the first of equals, sees candidates in order.
    site, year = divmod(int(np.argmax(gain.T)), gain.shape[0])
    return year, site
