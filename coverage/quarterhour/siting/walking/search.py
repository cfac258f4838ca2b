"""Good choices, quickly: exchange of single sites, and kicks out of where that ends.

For each point the nearest and the second-nearest chosen site are known, so that all exchanges of
a chosen site ``r`` for another ``j`` are weighed at once (Whitaker 1983; Resende and Werneck 2007):

    gain_j - loss_r + extra_jr,   gain_j  = sum_i w_i max(0, d1_i - t_ij)
                                  loss_r  = sum_{i nearest to r} w_i (d2_i - d1_i)
                                  extra_jr = sum_{i nearest to r, t_ij < d2_i}
                                             w_i (d2_i - max(d1_i, t_ij))

Only pairs with ``t_ij < d2_i`` are looked at, a small share of all where many sites are chosen.
Nothing here proves anything. Kicks are drawn with a fixed seed, and work is counted in pairs and
not in seconds, so that the same question takes the same way.

References
----------
R. Whitaker, "A fast algorithm for the greedy interchange for large-scale clustering and median
location problems", INFOR 21, 95-108 (1983).
M. G. C. Resende, R. F. Werneck, "A fast swap-based local search procedure for location problems",
Annals of Operations Research 150, 205-230 (2007).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.siting.walking.walks import Walks

_SEED = 0
_CHUNK = 256
# Moves that are looked at before a choice counts as one that cannot be improved within the
# rules; where rules have helpers each look is a small program of its own.
_LOOKS = 4096
_LOOKS_WITH_HELPERS = 32


class Room:
    """What the rules leave room for, asked for many single exchanges at once."""

    def __init__(self, sides: Sides) -> None:
        self.sides = sides
        n = sides.n_candidates
        self._by_site: Any = sides.matrix[:, :n].T.tocsr()
        alone = np.diff(sides.matrix[:, n:].tocsr().indptr) == 0
        self._lower = np.where(alone, sides.lower, -np.inf)
        self._upper = np.where(alone, sides.upper, np.inf)
        self._known: dict[bytes, bool] = {}
        self.free = (sides.column_upper[:n] > 0) & (sides.column_lower[:n] < 1)

    def first(
        self,
        chosen: NDArray[np.int64],
        into: NDArray[np.int64],
        out: NDArray[np.int64],
    ) -> int | None:
        """Return the place of the first exchange that keeps to the rules, ``None`` for none.

        ``into`` and ``out`` are candidates, int64 (n_moves,); -1 where none enters, or leaves.
        """
        sides = self.sides
        used = np.zeros(sides.n_candidates)
        used[chosen] = 1.0
        now = used @ self._by_site
        looks = _LOOKS_WITH_HELPERS if sides.has_helpers else _LOOKS
        for start in range(0, min(len(into), looks), _CHUNK):
            a, b = into[start : start + _CHUNK], out[start : start + _CHUNK]
            sums = now + self._rows(a) - self._rows(b)
            fits = ((sums >= self._lower) & (sums <= self._upper)).all(axis=1)
            for place in np.flatnonzero(fits).tolist():
                if self._allows(chosen, int(a[place]), int(b[place])):
                    return start + int(place)
        return None

    def _allows(self, chosen: NDArray[np.int64], into: int, out: int) -> bool:
        """Tell whether helpers can be found that suit a move whose other rows are kept."""
        if not self.sides.has_helpers:
            return True
        moved = _moved(chosen, into, out)
        name = moved.tobytes()
        if name not in self._known:
            self._known[name] = self.sides.allows(moved)
        return self._known[name]

    def _rows(self, site: NDArray[np.int64]) -> NDArray[np.float64]:
        rows: NDArray[np.float64] = self._by_site[np.maximum(site, 0)].toarray()
        rows[site < 0] = 0.0
        return rows


def _moved(chosen: NDArray[np.int64], into: int, out: int) -> NDArray[np.int64]:
    kept = chosen[chosen != out]
    return np.sort(kept if into < 0 else np.append(kept, into)).astype(np.int64)


class Choice:
    """A choice of sites that is changed in place, with each point's nearest two."""

    def __init__(self, walks: Walks, room: Room, chosen: NDArray[np.int64]) -> None:
        self.walks, self.room = walks, room
        self.chosen = np.zeros(0, dtype=np.int64)
        self.work = 0
        self._near: NDArray[np.int64] = np.stack([walks.cap, walks.cap])
        self._at = np.full((2, len(walks)), -1, dtype=np.int64)
        self.put(np.sort(chosen))

    @property
    def value(self) -> int:
        """Sum of weight x time, exact."""
        return int((self.walks.weight * self._near[0]).sum())

    def _look(self, points: NDArray[np.int64]) -> None:
        """Find the nearest two chosen sites of some points anew."""
        walks = self.walks
        mask = np.zeros(walks.n_candidates, dtype=np.bool_)
        mask[self.chosen] = True
        at, point = walks.first_pairs(np.diff(walks.indptr)[points], points)
        self.work += len(at)
        hit = np.flatnonzero(mask[walks.site[at]])
        at, point = at[hit], point[hit]
        head = np.ones(len(at), dtype=np.bool_)
        head[1:] = np.diff(point) != 0
        second = np.zeros(len(at), dtype=np.bool_)
        second[1:] = head[:-1] & ~head[1:]
        for rank, which in enumerate((head, second)):
            self._near[rank, points] = walks.cap[points]
            self._at[rank, points] = -1
            self._near[rank, point[which]] = walks.time[at[which]]
            self._at[rank, point[which]] = walks.site[at[which]]

    def exchange(self, into: int, out: int) -> None:
        """Let one site enter and one leave; -1 for none."""
        self.chosen = _moved(self.chosen, into, out)
        if out >= 0:
            self._look(np.flatnonzero((self._at == out).any(axis=0)))
        if into < 0:
            return
        start, end = self.walks.by_site_indptr[into : into + 2]
        point, time = self.walks.by_site_point[start:end], self.walks.by_site_time[start:end]
        there = (self._at[:, point] == into).any(axis=0)
        point, time = point[~there], time[~there]
        first = time < self._near[0, point]
        second = ~first & (time < self._near[1, point])
        moved = point[first]
        self._near[1, moved], self._at[1, moved] = self._near[0, moved], self._at[0, moved]
        self._near[0, moved], self._at[0, moved] = time[first], into
        self._near[1, point[second]], self._at[1, point[second]] = time[second], into

    def profits(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Return what exchanges save, what entering alone saves, and who may leave.

        Returns
        -------
        tuple
            float64 (n_candidates, n_leaving), float64 (n_candidates,), and the sites that may
            leave, int64 (n_leaving,); ``-inf`` where a candidate cannot enter.
        """
        walks, free = self.walks, self.room.free
        n, leaving = walks.n_candidates, self.chosen[free[self.chosen]]
        place = np.full(n + 1, len(leaving), dtype=np.int64)
        place[leaving] = np.arange(len(leaving))
        near, second = self._near
        at, point = walks.first_pairs(walks.nearer_than(second))
        self.work += len(at)
        site, time, weight = walks.site[at], walks.time[at], walks.weight[point]
        nearest = place[self._at[0]]
        gain = np.bincount(site, weight * np.maximum(near[point] - time, 0), minlength=n)
        saved = weight * (second[point] - np.maximum(near[point], time))
        # Kept sites, and those that stand there already, share the last column, which is cut.
        wide = len(leaving) + 1
        extra = np.bincount(site * wide + nearest[point], saved, minlength=n * wide)
        loss = np.bincount(nearest, walks.weight * (second - near), minlength=wide)
        entering = gain.astype(np.float64)
        entering[~free] = -np.inf
        entering[self.chosen] = -np.inf
        swap = entering[:, None] + extra.reshape(n, wide)[:, :-1] - loss[None, :-1]
        return swap.astype(np.float64), entering, leaving

    def improve(self, patience: Patience) -> None:
        """Exchange or add sites, the most profitable first, until nothing saves walking."""
        while not patience.over:
            swap, gain, leaving = self.profits()
            into, out = self._best(swap, gain, leaving)
            found = self.room.first(self.chosen, into, out)
            if found is None:
                return
            before, value = self.chosen, self.value
            self.exchange(int(into[found]), int(out[found]))
            if self.value >= value:
                # Profits are sums of floats: beyond 2**53 they may promise what is not there.
                self.put(before)
                return

    def _best(
        self,
        swap: NDArray[np.float64],
        gain: NDArray[np.float64],
        leaving: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return moves that save walking, the most profitable first, ties by candidate order."""
        both = np.column_stack([gain, swap]).ravel()
        better = np.flatnonzero(both > 0)
        if len(better) > _LOOKS:
            better = better[np.argpartition(-both[better], _LOOKS)[:_LOOKS]]
            better.sort()
        order = better[np.argsort(-both[better], kind="stable")]
        out = np.append(-1, leaving)
        return order // len(out), out[order % len(out)]

    def kick(self, rng: np.random.Generator, size: int) -> None:
        """Exchange some sites at random, within the rules."""
        free = np.flatnonzero(self.room.free)
        for _ in range(size):
            leaving = self.chosen[self.room.free[self.chosen]]
            outside = np.setdiff1d(free, self.chosen)
            if not len(leaving) or not len(outside):
                return
            into = rng.choice(outside, _CHUNK)
            out = rng.choice(leaving, _CHUNK)
            found = self.room.first(self.chosen, into, out)
            if found is not None:
                self.exchange(int(into[found]), int(out[found]))

    def put(self, chosen: NDArray[np.int64]) -> None:
        """Become another choice."""
        for site in np.setdiff1d(chosen, self.chosen).tolist():
            self.exchange(site, -1)
        for site in np.setdiff1d(self.chosen, chosen).tolist():
            self.exchange(-1, site)

    def settle(self) -> None:
        """Take, of equal walking, the earlier candidates, and drop sites that save nothing."""
        while True:
            swap, _, leaving = self.profits()
            earlier = np.arange(len(swap))[:, None] < leaving[None, :]
            into, place = np.nonzero((swap == 0) & earlier)
            found = self.room.first(self.chosen, into, leaving[place])
            if found is None:
                break
            self.exchange(int(into[found]), int(leaving[place[found]]))
        for site in self.chosen[::-1].tolist():
            idle = not (self._at[0] == site)[self._near[0] < self._near[1]].any()
            alone = self.room.free[site] and idle
            if alone and self.room.first(self.chosen, np.array([-1]), np.array([site])) == 0:
                self.exchange(-1, site)


def wander(choice: Choice, *, work: int, kicks: int, patience: Patience) -> None:
    """Kick and improve until ``kicks`` in a row found nothing better, or the work is done.

    Parameters
    ----------
    choice
        Changed in place to the best that is met.
    work
        Pairs to look at, at most.
    """
    rng = np.random.default_rng(_SEED)
    choice.improve(patience)
    best, value, idle = choice.chosen, choice.value, 0
    stop = choice.work + work
    while idle < kicks and choice.work < stop and not patience.over:
        choice.kick(rng, 1 + int(rng.integers(0, 2 + len(best) // 10)))
        choice.improve(patience)
        now = choice.value
        idle = 0 if now < value else idle + 1
        if now <= value:
            best, value = choice.chosen, now
        else:
            choice.put(best)
    choice.put(best)
