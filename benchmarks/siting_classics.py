"""Classic instances with published optima: OR-Library, San Francisco and Swain, each with proof.

OR-Library: 20 networks of 100 to 900 nodes, every node demand and candidate; the least sum of
distances (p-median) and the shortest longest distance (p-centre), each within 60 s. San
Francisco: 16 stores and 205 tracts, four questions, in one table with spopt and HiGHS in the same
run (spopt from its matrix of distances, model building included; ours from the pairs). Swain: 55
points, p-median of 1 to 10 sites, against optima computed elsewhere.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np

import siting_classics_data as classics
from _common import (
    peer_version,
    print_figures,
    print_machine,
    print_table,
    read_arguments,
    real_file,
)
from quarterhour.siting.answers import Answer, solve_problem
from quarterhour.siting.counting import gained
from quarterhour.siting.patience import Patience
from quarterhour.siting.problem import Question, SitingProblem

FIGURES = (
    "sf.lscp", "sf.mclp", "sf.p_median", "sf.p_centre",
    "pmed.of", "pmed.reached", "pmed.proven", "pmed.centre_equal",
)  # fmt: skip
LIMIT_S = 60.0
QUICK_NODES = 400
SF_LIMIT_M, SF_SITES = 5000.0, 4

Figures = dict[str, float | None]


def main() -> None:
    """Run, print, and end with the figures."""
    quick = read_arguments(__doc__ or "", quick=f"networks of up to {QUICK_NODES} nodes")
    print_machine()
    print_figures(FIGURES, figures(quick))


def figures(quick: bool) -> Figures:
    """Return the figures; ``None`` for those whose data are missing."""
    found: Figures = dict.fromkeys(FIGURES)
    if real_file("location", "sf", "SF_published_optima.csv") is not None:
        found.update(_san_francisco())
    if real_file("location", "swain_optima_computed.csv") is not None:
        _swain()
    if real_file("location", "pmed", "optima.csv") is not None:
        found.update(_or_library(quick))
    return found


def _timed(problem: SitingProblem) -> tuple[Answer, float, float]:
    """Return the answer, its wall seconds, and its seconds on the core."""
    began, on_core = time.perf_counter(), time.process_time()
    answer = solve_problem(problem, patience=Patience(LIMIT_S))
    return answer, time.perf_counter() - began, time.process_time() - on_core


def _or_library(quick: bool) -> Figures:
    rows: list[Sequence[object]] = []
    reached = proven = centre = 0
    for name, (median, longest) in classics.pmed_optima().items():
        problem = classics.pmed(name)
        if quick and problem.n_candidates > QUICK_NODES:
            continue
        answer, seconds, core = _timed(problem)
        found = answer.objective / 1000 / classics.PMED_MS
        reached += found == median
        proven += answer.proven
        other, centre_s, _ = _timed(classics.pmed(name, question="shortest_longest"))
        centre += other.proven and other.objective / classics.PMED_MS == longest
        rows.append((
            name, problem.n_candidates, problem.n_sites, median, found,
            answer.bound / 1000 / classics.PMED_MS, "yes" if answer.proven else f"{answer.gap:.2e}",
            seconds, core, longest, other.objective / classics.PMED_MS, centre_s,
        ))  # fmt: skip
    heads = ("instance", "nodes", "sites", "published", "p-median", "bound", "proven", "seconds",
             "on the core", "published", "p-centre", "seconds")  # fmt: skip
    print_table(heads, rows)
    return {
        "pmed.of": float(len(rows)), "pmed.reached": float(reached),
        "pmed.proven": float(proven), "pmed.centre_equal": float(centre),
    }  # fmt: skip


def _san_francisco() -> Figures:
    """Return our four optima, counted again from the metres themselves."""
    _, metres, people = classics.sf_metres()
    questions: dict[str, Question] = {
        "LSCP": "fewest_sites", "MCLP": "most_people", "p-median": "least_walking",
        "p-centre": "shortest_longest",
    }  # fmt: skip
    peers = _spopt(metres, people)
    rows: list[Sequence[object]] = []
    ours: dict[str, float] = {}
    for name, question in questions.items():
        answer, seconds, _ = _timed(classics.sf(question, n_sites=SF_SITES, limit_m=SF_LIMIT_M))
        counted = {
            "LSCP": lambda a: float(len(a.chosen)),
            "MCLP": lambda a: gained(classics.sf("most_people"), a.chosen),
            "p-median": lambda a: float((people * metres[a.chosen].min(axis=0)).sum()),
            "p-centre": lambda a: float(metres[a.chosen].min(axis=0).max()),
        }[name](answer)
        ours[name] = round(counted, 2)
        theirs, their_s = peers[name]() if name in peers else (None, None)
        rows.append((name, classics.SF_PUBLISHED[name], ours[name],
                     "yes" if answer.proven else "no", seconds, theirs, their_s))  # fmt: skip
    heads = ("San Francisco", "published", "ours", "proven", "seconds", "spopt", "seconds")
    print_table(heads, rows)
    return {
        "sf.lscp": ours["LSCP"], "sf.mclp": ours["MCLP"], "sf.p_median": ours["p-median"],
        "sf.p_centre": ours["p-centre"],
    }  # fmt: skip


def _spopt(metres: np.ndarray, people: np.ndarray) -> dict[str, Callable[[], tuple[float, float]]]:
    """Return spopt's models, each to be built and solved with HiGHS; empty without spopt."""
    if peer_version("spopt") is None or peer_version("pulp") is None:
        return {}
    import pulp
    from spopt.locate import LSCP, MCLP, PCenter, PMedian

    cost = metres.T

    def timed(build: Callable[[], object]) -> Callable[[], tuple[float, float]]:
        def run() -> tuple[float, float]:
            began = time.perf_counter()
            solved = build().solve(pulp.HiGHS(msg=False))  # type: ignore[attr-defined]
            return float(solved.problem.objective.value()), time.perf_counter() - began

        return run

    return {
        "LSCP": timed(lambda: LSCP.from_cost_matrix(cost, SF_LIMIT_M)),
        "MCLP": timed(lambda: MCLP.from_cost_matrix(cost, people, SF_LIMIT_M, SF_SITES)),
        "p-median": timed(lambda: PMedian.from_cost_matrix(cost, people, SF_SITES)),
        "p-centre": timed(lambda: PCenter.from_cost_matrix(cost, SF_SITES)),
    }


def _swain() -> None:
    rows: list[Sequence[object]] = []
    for kind, n_sites, _, optimum in classics.swain_optima():
        if kind == "p-median" and n_sites is not None:
            answer, seconds, _ = _timed(classics.swain("least_walking", n_sites=n_sites))
            found = answer.objective / 1000 / classics.SWAIN_MS
            rows.append((n_sites, optimum, found, "yes" if answer.proven else "no", seconds))
    print_table(("Swain, sites", "computed elsewhere", "ours", "proven", "seconds"), rows)


if __name__ == "__main__":
    main()
