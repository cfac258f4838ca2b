"""Five years of building: 100,000 points, 500 candidates, money by year with carry-over.

Points and candidates are those of ``siting_cover.py``. *One tariff*: each site takes 100,000 to
build and 100,000 a year to run, as the gazette says a station may; each year brings 2,000,000.
*Own costs*: sites take 60,000 to 160,000 to build and 40,000 to 110,000 a year, in thousands, at
random: which sums fit into which year is then a hard question of its own, and the gap says what is
left open. With existing facilities a part of the points is covered before. Times begin with the
pairs of who reaches whom. There is no peer: no other program asks for a bound.
"""

import time
from collections.abc import Sequence

import numpy as np

from _common import print_figures, print_machine, print_table, read_arguments
from quarterhour.siting.parts import Years
from quarterhour.siting.patience import Patience
from quarterhour.siting.phases import phased_plan, solve_years
from quarterhour.siting.problem import SitingProblem
from siting_cover import instance

FIGURES = (
    "phased.seconds", "phased.gap", "phased.beside_seconds", "phased.beside_gap",
    "phased.own_costs_gap",
)  # fmt: skip
POINTS, CANDIDATES, FACILITIES, N_YEARS = 100_000, 500, 50, 5
BUDGET, TARIFF = 2_000_000, 100_000
LIMIT_S, QUICK_S = 60.0, 15.0

Figures = dict[str, float | None]


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick="one seed each, 15 s for own costs")
    print_machine()
    print_figures(FIGURES, figures(quick))


def figures(quick: bool) -> Figures:
    """Return the figures: the longest time and the worst gap of all seeds."""
    seeds = range(1) if quick else range(4)
    found: Figures = dict.fromkeys(FIGURES)
    rows: list[Sequence[object]] = []
    for name, facilities, own_costs in (
        ("phased.", 0, False),
        ("phased.beside_", FACILITIES, False),
        ("phased.own_costs_", 0, True),
    ):
        limit_s = QUICK_S if quick and own_costs else LIMIT_S
        runs = [_run(seed, facilities, own_costs=own_costs, limit_s=limit_s) for seed in seeds]
        rows += [[name.strip("._"), *run] for run in runs]
        for figure, place in (("seconds", 4), ("gap", 6)):
            if name + figure in found:
                found[name + figure] = max(float(str(run[place])) for run in runs)
    heads = ["question", "seed", "sites", "people-years", "last year", "seconds", "cpu s", "gap"]
    print_table(heads, [[*row[:-1], f"{float(str(row[-1])):.5%}"] for row in rows])
    return found


def question(seed: int, facilities: int, *, own_costs: bool) -> SitingProblem:
    """Return one instance."""
    drawn = instance(seed, points=POINTS, facilities=facilities)
    indptr = drawn["covers_indptr"][: CANDIDATES + 1]
    rng = np.random.default_rng(seed)
    build = np.full(CANDIDATES, TARIFF)
    yearly = build
    if own_costs:
        build = rng.integers(60, 161, CANDIDATES) * 1000
        yearly = rng.integers(40, 111, CANDIDATES) * 1000
    years = Years(
        years=tuple(range(2026, 2026 + N_YEARS)), budget=np.full(N_YEARS, BUDGET), n_sites=None,
        build_cost=build.astype(np.int64), yearly_cost=yearly.astype(np.int64),
    )  # fmt: skip
    drawn.update(
        candidate_ids=drawn["candidate_ids"][:CANDIDATES], covers_indptr=indptr,
        covers_indices=drawn["covers_indices"][: indptr[-1]], years=years, n_sites=None,
    )  # fmt: skip
    return SitingProblem(**drawn)


def _run(seed: int, facilities: int, *, own_costs: bool, limit_s: float) -> Sequence[object]:
    problem = question(seed, facilities, own_costs=own_costs)
    began, cpu = time.perf_counter(), time.process_time()
    answer = solve_years(problem, patience=Patience(limit_s))
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    last = phased_plan(problem, answer, answer.chosen).last_year_people
    return [seed, len(answer.chosen), answer.objective / 1000, last, seconds, cpu_s, answer.gap]


if __name__ == "__main__":
    main()
