"""People out of reach: how many, where, what is nearest to them, and the limit that would do.

They are those whom no allowed candidate and no existing facility has within the limit. No
choice of sites helps them. What does is other candidates, or a longer walk.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.siting.parts import Times

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_MINUTE_MS = 60_000
_MOST_STEPS = 10
_SECONDS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unreachable:
    """People out of reach of everything.

    Attributes
    ----------
    mask
        Whether a demand point has people and is out of reach, bool (n_demand,).
    people, people_total
        How many they are, and how many there are in all.
    limit_s
        The limit, in seconds.
    nearest_row, nearest_s
        For every demand point the nearest allowed candidate, int64 (n_demand,), -1 where none is
        known; and the walk to it in seconds, float64 (n_demand,), ``inf`` likewise. Where walking
        times are not given nothing is known.
    existing_s
        Walk to the nearest existing facility, likewise.
    beyond_s
        Walks are told apart up to here; ``limit_s`` where there are no times.
    people_beyond
        People out of reach who would walk longer than that, or never arrive.
    limit_that_would_do_s
        Least limit at which all others would be within reach; ``inf`` where there are none.
    step_s, step_people
        Longer limits, in whole minutes, float64 (n_steps,), and people still out of reach then.
    area, area_people
        Areas of those out of reach, -1 for none, int64 (n_areas,), those with most people first;
        and people out of reach there, float64 (n_areas,). Empty where areas are not given.
    """

    mask: NDArray[np.bool_]
    people: float
    people_total: float
    limit_s: float
    nearest_row: NDArray[np.int64]
    nearest_s: NDArray[np.float64]
    existing_s: NDArray[np.float64]
    beyond_s: float
    people_beyond: float
    limit_that_would_do_s: float
    step_s: NDArray[np.float64]
    step_people: NDArray[np.float64]
    area: NDArray[np.int64]
    area_people: NDArray[np.float64]

    def __post_init__(self) -> None:
        arrays = (self.mask, self.nearest_row, self.nearest_s, self.existing_s, self.step_s,
                  self.step_people, self.area, self.area_people)  # fmt: skip
        for array in arrays:
            array.setflags(write=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per longer limit."""
        people = self.step_people
        share = people / self.people_total if self.people_total > 0 else np.full_like(people, 0.0)
        return pd.DataFrame({"limit_s": self.step_s, "people_out": people, "share_out": share})

    def area_frame(self) -> pd.DataFrame:
        """Return one row per area with people out of reach."""
        return pd.DataFrame({"area_index": self.area, "people_out": self.area_people})


def unreachable(
    problem: "SitingProblem",
    *,
    longer: Times | None = None,
    area_index: NDArray[np.int32] | None = None,
) -> Unreachable:
    """Return the people whom nothing reaches within the limit.

    Parameters
    ----------
    problem
        The question.
    longer
        Walking times with a longer cap than the limit; those of the problem by default.
    area_index
        Area of each demand point, -1 for none, int32 (n_demand,).
    """
    times = problem.times if longer is None else longer
    mask = _out_of_reach(problem)
    n, limit_ms = len(mask), problem.limit_ms
    cap = limit_ms if times is None else times.cap_ms
    row, ms = np.full(n, -1, dtype=np.int64), np.full(n, cap, dtype=np.int64)
    existing = ms.copy()
    if times is not None:
        row, ms = _nearest(problem, times)
        existing = np.minimum(times.existing_ms, cap)
    need = np.minimum(ms, existing)[mask]
    weight = problem.weight[mask]
    within = need < cap
    most = int(need[within].max()) if within.any() else 0
    steps = _steps_ms(limit_ms, most)
    area, by_area = _areas(mask, problem.weight, area_index)
    return Unreachable(
        mask=mask,
        people=float(weight.sum()),
        people_total=float(problem.weight.sum()),
        limit_s=limit_ms / _SECONDS,
        nearest_row=row,
        nearest_s=np.where(ms < cap, ms / _SECONDS, np.inf),
        existing_s=np.where(existing < cap, existing / _SECONDS, np.inf),
        beyond_s=cap / _SECONDS,
        people_beyond=float(weight[~within].sum()),
        limit_that_would_do_s=most / _SECONDS if within.any() else float("inf"),
        step_s=steps / _SECONDS,
        # Who is not told apart from those who never arrive stays out at any limit.
        step_people=np.array(
            [weight[~within | (need > step)].sum() for step in steps], dtype=np.float64
        ),
        area=area,
        area_people=by_area,
    )


def _out_of_reach(problem: "SitingProblem") -> NDArray[np.bool_]:
    site = np.repeat(np.arange(problem.n_candidates), np.diff(problem.covers_indptr))
    mask = (problem.weight > 0) & ~problem.already
    mask[problem.covers_indices[problem.allowed[site]]] = False
    return mask


def _nearest(problem: "SitingProblem", times: Times) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the nearest allowed candidate of each demand point; of equals the earlier one."""
    row = np.full(len(problem.weight), -1, dtype=np.int64)
    ms = np.full(len(problem.weight), times.cap_ms, dtype=np.int64)
    for site in np.flatnonzero(problem.allowed).tolist():
        start, end = times.indptr[site : site + 2]
        at, walk = times.indices[start:end], times.ms[start:end]
        nearer = walk < ms[at]
        ms[at[nearer]] = walk[nearer]
        row[at[nearer]] = site
    return row, ms


def _steps_ms(limit_ms: int, most_ms: int) -> NDArray[np.int64]:
    """Return some whole minutes above the limit, the last of which is enough."""
    first, last = limit_ms // _MINUTE_MS + 1, -(-most_ms // _MINUTE_MS)
    if last < first:
        return np.zeros(0, dtype=np.int64)
    stride = -(-(last - first + 1) // _MOST_STEPS)
    minutes = np.arange(last, first - 1, -stride, dtype=np.int64)[::-1]
    return minutes * _MINUTE_MS


def _areas(
    mask: NDArray[np.bool_],
    weight: NDArray[np.float64],
    area_index: NDArray[np.int32] | None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if area_index is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float64)
    area, place = np.unique(area_index[mask].astype(np.int64), return_inverse=True)
    people = np.bincount(place, weights=weight[mask], minlength=len(area)).astype(np.float64)
    order = np.argsort(-people, kind="stable")
    return area[order], people[order]
