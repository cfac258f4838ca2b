"""Who walks how long to which candidate, in small whole numbers and in order.

A *point* is a group of people whom every candidate brings nearer by the same milliseconds; merging
them is exact. Its *time* to a candidate is counted from the nearest allowed candidate's, which is
0; its *cap* is the time that it walks where no chosen candidate is nearer than what stands there.
Only pairs below the cap matter, and a point without any is left out: it walks the same whatever
is built.

People are whole milli-people and times whole milliseconds, divided by what all have in common
(``unit``), so that sums are exact: in int64 wherever a plan is counted, in float64 up to 2**53.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.cells import group_equal
from quarterhour.siting.parts import Times

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

MILLI = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walks:
    """Points and the candidates that bring them nearer.

    Attributes
    ----------
    n_candidates
        Number of candidates, forbidden ones included.
    weight
        Milli-people of each point over their common divisor, int64 (n_points,).
    cap
        Time of each point without any candidate, int64 (n_points,), above 0.
    indptr, site, time
        Pairs by point, the nearest candidate first, of equal ones the earlier (CSR).
    key
        ``point x stride + time``, ascending, int64 (n_pairs,): where to cut a point's pairs.
    by_site_indptr, by_site_point, by_site_time
        The same pairs by candidate (CSR).
    base, unit
        A plan's milli-people x milliseconds are ``base + unit x (sum of weight x time)``.
    rounding
        How much the rounding to milli-people could change, in milli-people x milliseconds.
    """

    n_candidates: int
    weight: NDArray[np.int64]
    cap: NDArray[np.int64]
    indptr: NDArray[np.int64]
    site: NDArray[np.int64]
    time: NDArray[np.int64]
    key: NDArray[np.int64]
    by_site_indptr: NDArray[np.int64]
    by_site_point: NDArray[np.int64]
    by_site_time: NDArray[np.int64]
    base: int
    unit: int
    rounding: float

    @classmethod
    def of(cls, problem: "SitingProblem") -> "Walks":
        """Return the walks of a question that has times."""
        times = problem.times
        if times is None:
            raise AssertionError("times are needed")
        cap_ms = np.minimum(times.existing_ms, times.cap_ms).astype(np.int64)
        demand, site, saving = _savings(problem, times, cap_ms)
        present, first = np.unique(demand, return_index=True)
        ends = np.append(first, len(demand)).astype(np.int64)
        pairs = np.column_stack([site, saving]).astype(np.int32)
        label, indptr, flat = group_equal(2 * ends, pairs.ravel())
        indptr = indptr // 2
        each: NDArray[np.int64] = flat.reshape(-1, 2).astype(np.int64)
        people = MILLI * np.bincount(
            label, weights=problem.weight[present], minlength=len(indptr) - 1
        )
        # A point of a few grams of people still counts as somebody who walks.
        milli = np.maximum(np.rint(people), 1.0).astype(np.int64)
        best = np.maximum.reduceat(each[:, 1], indptr[:-1]) if len(milli) else milli
        base = _milli_ms(problem.weight, cap_ms) - int((milli * best).sum())
        rounding = float((np.abs(people - milli) * best).sum())
        return cls._in_order(
            problem.n_candidates, milli, best, indptr, each, base=base, rounding=rounding
        )

    @classmethod
    def _in_order(
        cls,
        n_candidates: int,
        milli: NDArray[np.int64],
        best: NDArray[np.int64],
        indptr: NDArray[np.int64],
        pairs: NDArray[np.int64],
        *,
        base: int,
        rounding: float,
    ) -> "Walks":
        point = np.repeat(np.arange(len(milli)), np.diff(indptr))
        time = best[point] - pairs[:, 1]
        of_people = max(int(np.gcd.reduce(milli)), 1) if len(milli) else 1
        of_time = max(int(np.gcd.reduce(np.append(time, best))), 1) if len(milli) else 1
        time, cap = time // of_time, best // of_time
        order = np.lexsort((pairs[:, 0], time, point))
        stride = int(cap.max(initial=0)) + 1
        by_site = np.argsort(pairs[:, 0], kind="stable")
        sizes = np.bincount(pairs[:, 0], minlength=n_candidates)
        return cls(
            n_candidates=n_candidates,
            weight=milli // of_people,
            cap=cap,
            indptr=indptr,
            site=pairs[order, 0],
            time=time[order],
            key=point * stride + time[order],
            by_site_indptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            by_site_point=point[by_site],
            by_site_time=time[by_site],
            base=base,
            unit=of_people * of_time,
            rounding=rounding,
        )

    def among(self, sites: NDArray[np.bool_]) -> "Walks":
        """Return the same points with the pairs of some candidates only."""
        point = np.repeat(np.arange(len(self)), np.diff(self.indptr))
        keep, keep_by_site = sites[self.site], np.repeat(sites, np.diff(self.by_site_indptr))
        ends = np.concatenate([[0], np.cumsum(np.bincount(point[keep], minlength=len(self)))])
        ends_by_site = np.cumsum(np.where(sites, np.diff(self.by_site_indptr), 0))
        return replace(
            self,
            indptr=ends.astype(np.int64),
            site=self.site[keep],
            time=self.time[keep],
            key=self.key[keep],
            by_site_indptr=np.concatenate([[0], ends_by_site]).astype(np.int64),
            by_site_point=self.by_site_point[keep_by_site],
            by_site_time=self.by_site_time[keep_by_site],
        )

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def stride(self) -> int:
        """Factor of the point in ``key``."""
        return int(self.cap.max(initial=0)) + 1

    def nearer_than(self, time: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many pairs of each point are below a time, at most ``cap``, int64."""
        wanted = np.arange(len(self), dtype=np.int64) * self.stride + time
        count: NDArray[np.int64] = np.searchsorted(self.key, wanted) - self.indptr[:-1]
        return count

    def first_pairs(
        self, count: NDArray[np.int64], points: NDArray[np.int64] | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return places of the first ``count`` pairs of points, and the point of each."""
        rows = np.arange(len(self)) if points is None else points
        before = np.cumsum(count) - count
        at = np.arange(int(count.sum())) + np.repeat(self.indptr[rows] - before, count)
        return at, np.repeat(rows, count)

    def times_of(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the time of each point with some sites chosen, int64 (n_points,)."""
        time = self.cap.copy()
        for site in chosen.tolist():
            start, end = self.by_site_indptr[site : site + 2]
            at = self.by_site_point[start:end]
            time[at] = np.minimum(time[at], self.by_site_time[start:end])
        return time

    def value(self, chosen: NDArray[np.int64]) -> int:
        """Return the sum of weight x time with some sites chosen, exact."""
        return int((self.weight * self.times_of(chosen)).sum())

    def in_full(self, value: float) -> float:
        """Return a sum of weight x time as milli-people x milliseconds."""
        return float(self.base + self.unit * int(value))


def _savings(
    problem: "SitingProblem", times: Times, cap_ms: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs that bring somebody nearer, by demand point and candidate, no two alike."""
    n = problem.n_candidates
    site = np.repeat(np.arange(n, dtype=np.int64), np.diff(times.indptr))
    demand = times.indices.astype(np.int64)
    saving = cap_ms[demand] - times.ms
    keep = (saving > 0) & problem.allowed[site] & (problem.weight[demand] > 0)
    site, demand, saving = site[keep], demand[keep], saving[keep]
    # Of a pair that is listed twice the shorter time counts.
    order = np.lexsort((-saving, site, demand))
    site, demand, saving = site[order], demand[order], saving[order]
    new = np.ones(len(site), dtype=np.bool_)
    new[1:] = (np.diff(site) != 0) | (np.diff(demand) != 0)
    return demand[new], site[new], saving[new]


def _milli_ms(weight: NDArray[np.float64], ms: NDArray[np.int64]) -> int:
    """Return the milli-people x milliseconds of everybody, to the nearest whole number."""
    milli = np.rint(weight * MILLI)
    rest = float(((weight * MILLI - milli) * ms).sum())
    return int((milli.astype(np.int64) * ms).sum()) + round(rest)
