"""Most people with p sites (maximal covering): up to a million points, 1,000 candidates.

Points, candidates and existing facilities are drawn around 120 centres in a square of 20 km, a
tenth of them anywhere; a point weighs 1 to 9 people; the circle has 1,350 m. Of a million points
beside 100 facilities about 8,700 cells and 600 candidates remain once demand that is covered is
left out, equal cover sets are merged and candidates are dropped that another outdoes: the table
says how many. Times begin with the pairs of who reaches whom, and hold everything after.

Peers: plain HiGHS on the raw points as a sparse model (nothing merged or dropped, default settings
but a gap of 0), and spopt with its HiGHS, from a matrix of distances for both.
The frontier asks for every number of sites from 1 to 100, each begun from the one before.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from _common import peer_version, print_figures, print_machine, print_table, read_arguments
from quarterhour.siting.answers import Answer
from quarterhour.siting.covering import solve_cover
from quarterhour.siting.covering.cells import merge_cells
from quarterhour.siting.covering.model import CoverModel
from quarterhour.siting.covering.proving import remaining
from quarterhour.siting.patience import Patience
from quarterhour.siting.problem import SitingProblem
from quarterhour.siting.sides import Sides

FIGURES = (
    "mclp_1e6.seconds", "mclp_1e6.gap", "mclp_1e6.alone_seconds", "mclp_1e6.alone_gap",
    "mclp_1e5.seconds", "mclp_1e5.vs_plain_highs", "mclp_1e4.seconds", "mclp_1e4.vs_spopt",
    "mclp_1e4.spopt_building", "frontier_1e5.seconds", "frontier_1e5.proven",
    "frontier_1e5.worst_gap",
)  # fmt: skip
SIDE_M, CENTRES, REACH_M = 20_000.0, 120, 1350.0
CANDIDATES, FACILITIES, SITES = 1000, 100, 20
LIMIT_S, PLAIN_S, QUICK_PLAIN_S, POINT_S = 120.0, 120.0, 8.0, 20.0

Figures = dict[str, float | None]


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(
        __doc__ or "",
        quick="one seed of a million, HiGHS for 8 s, no spopt, 10 numbers of sites",
    )
    print_machine()
    print_figures(FIGURES, figures(quick))


def figures(quick: bool) -> Figures:
    """Return the figures: the longest time and the worst gap of all seeds."""
    found: Figures = dict.fromkeys(FIGURES)
    found.update(_million(quick=quick))
    found.update(_against_highs(quick=quick))
    if not quick:
        found.update(_against_spopt())
    found.update(_frontier(range(10, 101, 10) if quick else range(1, 101)))
    return found


def instance(seed: int, *, points: int, facilities: int = FACILITIES) -> dict[str, Any]:
    """Return a question without its number of sites, as arguments of ``SitingProblem``."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, SIDE_M, (CENTRES, 2))
    spread = rng.uniform(0.01, 0.05, CENTRES) * SIDE_M
    share = rng.dirichlet(np.full(CENTRES, 2.0))

    def drawn(count: int) -> NDArray[np.float64]:
        at = rng.choice(CENTRES, count, p=share)
        xy = centres[at] + rng.normal(size=(count, 2)) * spread[at][:, None]
        alone = rng.random(count) < 0.1
        xy[alone] = rng.uniform(0, SIDE_M, (int(alone.sum()), 2))
        return xy

    tree, candidates = KDTree(drawn(points)), drawn(CANDIDATES)
    existing = drawn(FACILITIES)[:facilities]
    rows = tree.query_ball_point(candidates, REACH_M, return_sorted=True)
    already = np.zeros(points, dtype=np.bool_)
    if facilities:
        already = KDTree(existing).query(tree.data, distance_upper_bound=REACH_M)[0] <= REACH_M
    return {
        "candidate_ids": tuple(f"c{k}" for k in range(CANDIDATES)),
        "covers_indptr": np.cumsum([0, *map(len, rows)]).astype(np.int64),
        "covers_indices": np.concatenate([np.asarray(row, dtype=np.int32) for row in rows]),
        "weight": rng.integers(1, 10, points).astype(np.float64),
        "already": already,
    }


def _timed(arrays: dict[str, Any], limit_s: float) -> tuple[Answer, float, float]:
    """Return an answer from the pairs on, its wall seconds and its seconds on the core."""
    wall, core = time.perf_counter(), time.process_time()
    problem = SitingProblem(**arrays, n_sites=SITES)
    answer = solve_cover(problem, patience=Patience(limit_s))
    return answer, time.perf_counter() - wall, time.process_time() - core


def _million(*, quick: bool) -> Figures:
    rows: list[Sequence[object]] = []
    seconds: dict[int, list[float]] = {FACILITIES: [], 0: []}
    gaps: dict[int, list[float]] = {FACILITIES: [], 0: []}
    runs = [(seed, FACILITIES) for seed in range(1 if quick else 4)]
    runs += [] if quick else [(seed, 0) for seed in range(2)]
    for seed, facilities in runs:
        arrays = instance(seed, points=1_000_000, facilities=facilities)
        answer, wall, core = _timed(arrays, LIMIT_S)
        seconds[facilities].append(wall)
        gaps[facilities].append(answer.gap)
        problem = SitingProblem(**arrays, n_sites=SITES)
        cells, sites = remaining(CoverModel.of(merge_cells(problem), Sides.of(problem)))
        rows.append((seed, facilities, len(arrays["covers_indices"]), cells, sites,
                     answer.objective / 1000, 100 * answer.gap, wall, core))  # fmt: skip
    heads = ("seed", "existing", "pairs", "cells", "candidates", "people", "gap %", "seconds",
             "on the core")  # fmt: skip
    print_table(heads, rows)
    return {
        "mclp_1e6.seconds": max(seconds[FACILITIES]),
        "mclp_1e6.gap": max(gaps[FACILITIES]),
        "mclp_1e6.alone_seconds": max(seconds[0], default=None),
        "mclp_1e6.alone_gap": max(gaps[0], default=None),
    }


def _against_highs(*, quick: bool) -> Figures:
    arrays = instance(0, points=100_000)
    answer, wall, core = _timed(arrays, LIMIT_S)
    limit = QUICK_PLAIN_S if quick else PLAIN_S
    objective, status, plain, plain_core = _plain_highs(arrays, limit)
    at_least = "" if status == "Optimal" else ">= "
    rows: list[Sequence[object]] = [
        ("here", answer.objective / 1000, "proven" if answer.proven else "not", wall, core, ""),
        ("plain HiGHS", objective, status, plain, plain_core, f"{at_least}{plain / wall:.1f} x"),
    ]
    print_table(("100,000 points", "people", "status", "seconds", "on the core", ""), rows)
    if status == "Optimal" and round(objective) != round(answer.objective / 1000):
        raise SystemExit("plain HiGHS has another optimum")
    return {"mclp_1e5.seconds": wall, "mclp_1e5.vs_plain_highs": plain / wall}


def _plain_highs(arrays: dict[str, Any], limit_s: float) -> tuple[float, str, float, float]:
    """Solve the model of raw points: one row and one column for each that is not covered."""
    import highspy

    wall, core = time.perf_counter(), time.process_time()
    open_points = np.flatnonzero(~arrays["already"])
    pairs = arrays["covers_indices"]
    by_site = csr_array(
        (np.ones(len(pairs)), pairs, arrays["covers_indptr"]),
        shape=(CANDIDATES, len(arrays["weight"])),
    )
    by_point = csr_array(by_site.T)[open_points]
    n = len(open_points)
    number = csr_array((np.ones(CANDIDATES), np.arange(CANDIDATES), [0, CANDIDATES]))
    matrix = _stacked(by_point, number, n)
    highs: Any = highspy.Highs()
    for name, value in {
        "output_flag": False, "time_limit": limit_s, "mip_rel_gap": 0.0, "threads": 1,
    }.items():  # fmt: skip
        highs.setOptionValue(name, value)
    highs.passModel(
        CANDIDATES + n, n + 1, matrix.nnz, 2, -1, 0.0,
        np.concatenate([np.zeros(CANDIDATES), arrays["weight"][open_points]]),
        np.zeros(CANDIDATES + n), np.ones(CANDIDATES + n),
        np.full(n + 1, -np.inf), np.append(np.zeros(n), float(SITES)),
        matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        (np.arange(CANDIDATES + n) < CANDIDATES).astype(np.int32),
    )  # fmt: skip
    highs.run()
    status = highs.modelStatusToString(highs.getModelStatus())
    objective = float(highs.getInfo().objective_function_value)
    return objective, status, time.perf_counter() - wall, time.process_time() - core


def _stacked(by_point: csr_array, number: csr_array, n: int) -> csr_array:
    from scipy.sparse import block_array, eye_array

    return csr_array(block_array([[-by_point, eye_array(n)], [number, None]], format="csr"))


def _against_spopt() -> Figures:
    """Ask spopt for the same from a matrix of distances, or say that it is missing."""
    version = peer_version("spopt")
    arrays = instance(0, points=10_000, facilities=0)
    metres = np.full((10_000, CANDIDATES), 2 * REACH_M)
    site = np.repeat(np.arange(CANDIDATES), np.diff(arrays["covers_indptr"]))
    metres[arrays["covers_indices"], site] = REACH_M / 2
    wall, core = time.perf_counter(), time.process_time()
    site, point = np.nonzero((metres <= REACH_M).T)
    arrays["covers_indptr"] = np.searchsorted(site, np.arange(CANDIDATES + 1)).astype(np.int64)
    arrays["covers_indices"] = point.astype(np.int32)
    answer, _, _ = _timed(arrays, LIMIT_S)
    wall, core = time.perf_counter() - wall, time.process_time() - core
    found: Figures = {"mclp_1e4.seconds": wall}
    rows: list[Sequence[object]] = [("here", answer.objective / 1000, "", wall, core, "")]
    if version is not None:
        people, building, peer, peer_core = _spopt(metres, arrays["weight"])
        if round(people) > round(answer.objective / 1000):
            raise SystemExit("spopt has a better plan")
        found["mclp_1e4.vs_spopt"] = peer / wall
        found["mclp_1e4.spopt_building"] = building / peer
        rows.append((f"spopt {version}", people, f"{100 * building / peer:.0f} % building",
                     peer, peer_core, f"{peer / wall:.0f} x"))  # fmt: skip
    print_table(("10,000 points", "people", "", "seconds", "on the core", ""), rows)
    return found


def _spopt(
    metres: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    """Return people covered, seconds of building, of everything, and those on the core."""
    import pulp
    from spopt.locate import MCLP

    wall, core = time.perf_counter(), time.process_time()
    model = MCLP.from_cost_matrix(metres, weight, REACH_M, p_facilities=SITES)
    building = time.perf_counter() - wall
    model.solve(pulp.HiGHS(msg=False, threads=1), results=False)
    seconds, core = time.perf_counter() - wall, time.process_time() - core
    return float(pulp.value(model.problem.objective)), building, seconds, core


def _frontier(numbers: Sequence[int]) -> Figures:
    """Ask for several numbers of sites, each from the one before."""
    arrays = instance(0, points=100_000)
    began, core = time.perf_counter(), time.process_time()
    near: Answer | None = None
    answers = []
    for n_sites in numbers:
        problem = SitingProblem(**arrays, n_sites=n_sites)
        near = solve_cover(problem, patience=Patience(POINT_S), near=near)
        answers.append(near)
    seconds = time.perf_counter() - began
    rows = [(n, a.objective / 1000, 100 * a.gap, "proven" if a.proven else "not")
            for n, a in zip(numbers, answers, strict=True)]  # fmt: skip
    print_table(("sites", "people", "gap %", ""), rows if len(rows) < 20 else rows[9::10])
    proven = sum(answer.proven for answer in answers) / len(answers)
    worst = max(answer.gap for answer in answers)
    print(
        f"{len(answers)} numbers of sites: {100 * proven:.0f} % proven, worst gap "
        f"{100 * worst:.3f} %, {seconds:.1f} s ({time.process_time() - core:.1f} on the core)"
    )
    return {
        "frontier_1e5.seconds": seconds,
        "frontier_1e5.proven": proven,
        "frontier_1e5.worst_gap": worst,
    }


if __name__ == "__main__":
    main()
