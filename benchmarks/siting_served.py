"""Sites with limited places: 20 of 500 candidates for 5,000 demand points, beside 20 facilities.

Points, candidates and facilities are drawn around 40 centres in a square of 10 km, a third of them
anywhere. 20 average candidates have places for half of all who reach any candidate (the middle
range, which is hardest: with few places every site is full, with many it is plain cover), each
candidate between half and one and a half of the average. Facilities have places for 60 % of those
who reach them. *Gap*: how much more than this plan any plan could serve at most, of what it adds.
There is no peer: open tools ignore capacity in cover, or return no bound.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from _common import print_figures, print_machine, print_table, read_arguments, seconds_of
from quarterhour.siting.parts import Capacity
from quarterhour.siting.patience import Patience
from quarterhour.siting.problem import SitingProblem
from quarterhour.siting.served import solve_served

FIGURES = ("capacitated.gap", "capacitated.seconds", "capacitated.dense_gap")
SIDE_M, SPREAD_M, CENTRES = 10_000.0, 700.0, 40
POINTS, CANDIDATES, FACILITIES, SITES = 5000, 500, 20, 20
REACH_M, DENSE_M = 700.0, 1000.0
LIMIT_S, QUICK_S = 60.0, 30.0

Figures = dict[str, float | None]


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="one instance, 30 s instead of 60; no dense one")
    print_machine()
    print_figures(FIGURES, figures(quick))


def figures(quick: bool) -> Figures:
    """Return the figures: the worst gap and the longest time of all seeds."""
    found: Figures = dict.fromkeys(FIGURES)
    rows: list[Sequence[object]] = []
    gaps, seconds = _solved((0,) if quick else (0, 1, 2), REACH_M, rows, quick=quick)
    found["capacitated.gap"], found["capacitated.seconds"] = max(gaps), max(seconds)
    if not quick:
        found["capacitated.dense_gap"] = max(_solved((0, 1), DENSE_M, rows, quick=quick)[0])
    print_table(("instance", "reach m", "served more", "bound", "gap %", "seconds"), rows)
    return found


def _solved(
    seeds: Sequence[int], reach_m: float, rows: list[Sequence[object]], *, quick: bool
) -> tuple[list[float], list[float]]:
    gaps, seconds = [], []
    # The machine code is made, or read, before the clock starts.
    solve_served(instance(0, reach_m=reach_m, points=50), patience=Patience(1.0))
    for seed in seeds:
        problem = instance(seed, reach_m=reach_m)
        answers = []

        def work(problem: SitingProblem = problem, answers: list = answers) -> None:  # type: ignore[type-arg]
            answers.append(solve_served(problem, patience=Patience(QUICK_S if quick else LIMIT_S)))

        seconds.append(seconds_of(work))
        answer = answers[0]
        gaps.append(answer.gap)
        rows.append((seed, reach_m, answer.objective / 1000, answer.bound / 1000,
                     100 * answer.gap, seconds[-1]))  # fmt: skip
    return gaps, seconds


def instance(
    seed: int, *, reach_m: float, points: int = POINTS, sites: int = SITES
) -> SitingProblem:
    """Return the question of one seed."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, SIDE_M, (CENTRES, 2))

    def drawn(count: int) -> NDArray[np.float64]:
        xy = centres[rng.integers(0, CENTRES, count)] + rng.normal(0, SPREAD_M, (count, 2))
        anywhere = rng.random(count) < 0.3
        xy[anywhere] = rng.uniform(0, SIDE_M, (int(anywhere.sum()), 2))
        return xy

    demand, candidates, facilities = drawn(points), drawn(CANDIDATES), drawn(FACILITIES)
    people = np.round(rng.gamma(1.5, 8, points), 1)
    near = KDTree(demand)

    def reached(xy: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        rows = near.query_ball_point(xy, reach_m, return_sorted=True)
        ends = np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int64)
        return ends, np.concatenate([np.array(row, dtype=np.int32) for row in rows])

    indptr, indices = reached(candidates)
    there_indptr, there = reached(facilities)
    in_reach = float(people[np.unique(indices)].sum())
    asking = [people[there[a:b]].sum() for a, b in pairwise(there_indptr.tolist())]
    already = np.zeros(points, dtype=np.bool_)
    already[there] = True
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(CANDIDATES)),
        covers_indptr=indptr,
        covers_indices=indices,
        weight=people,
        already=already,
        n_sites=sites,
        capacity=Capacity(
            of_candidate=np.round(in_reach * 0.5 / sites * rng.uniform(0.5, 1.5, CANDIDATES)),
            of_existing=np.round(0.6 * np.array(asking)),
            existing_indptr=there_indptr,
            existing_indices=there,
        ),
    )


if __name__ == "__main__":
    main()
