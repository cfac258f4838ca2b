"""Count a plan's figures again, by another way than the one that made them.

The checker reads the raw covers into Python sets and counts with plain loops. It shares no code
with the models and the plan, on purpose: a mistake there cannot repeat itself here.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from quarterhour.errors import Fault, SolverError

if TYPE_CHECKING:
    from quarterhour.siting.plan import SitePlan
    from quarterhour.siting.problem import SitingProblem

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFigure:
    """One figure: its name, as the plan has it, and as it was counted again."""

    name: str
    stated: object
    recounted: object


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCheck:
    """Every figure that was counted again; all of them agreed."""

    figures: tuple[CheckedFigure, ...]

    @property
    def n_figures(self) -> int:
        """Number of figures counted again."""
        return len(self.figures)


def check_plan(plan: "SitePlan", problem: "SitingProblem") -> PlanCheck:
    """Count every figure of a plan again from the problem.

    Parameters
    ----------
    plan
        What was recommended.
    problem
        The question it answers.

    Returns
    -------
    PlanCheck
        All figures, which agree to a relative 1e-6.

    Raises
    ------
    SolverError
        Naming every figure that differs, with both values.
    """
    recount = _Recount.of(problem)
    figures = [CheckedFigure(name=n, stated=s, recounted=r) for n, s, r in _all(plan, recount)]
    wrong = [f for f in figures if not _agree(f.stated, f.recounted, recount.total)]
    if wrong:
        raise SolverError(
            Fault(
                "siting.check_failed",
                {"figure": f.name, "stated": f.stated, "recounted": f.recounted},
            )
            for f in wrong
        )
    return PlanCheck(figures=tuple(figures))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Recount:
    problem: "SitingProblem"
    rows: dict[str, int]
    covers: list[set[int]]
    people: list[float]
    total: float

    @classmethod
    def of(cls, problem: "SitingProblem") -> "_Recount":
        ends = problem.covers_indptr.tolist()
        points = problem.covers_indices.tolist()
        already = problem.already.tolist()
        weight = problem.weight.tolist()
        covers = [
            {point for point in points[start:end] if not already[point]}
            for start, end in pairwise(ends)
        ]
        rows = {site: row for row, site in enumerate(problem.candidate_ids)}
        return cls(
            problem=problem, rows=rows, covers=covers, people=weight, total=math.fsum(weight)
        )

    def count(self, points: Iterable[int]) -> float:
        return math.fsum(self.people[point] for point in points)

    def gained(self, ids: Iterable[str]) -> float:
        return self.count(set().union(*(self.covers[self.rows[site]] for site in ids)))

    def valid(self, ids: tuple[str, ...]) -> bool:
        """Tell whether these sites may be a plan at all."""
        rows = [self.rows.get(site, -1) for site in ids]
        problem = self.problem
        return (
            -1 not in rows
            and len(set(rows)) == len(rows) <= problem.n_sites
            and set(problem.must) <= set(rows)
            and not set(problem.must_not) & set(rows)
        )


_Figure = tuple[str, object, object]


def _agree(stated: object, recounted: object, scale: float) -> bool:
    """Compare; people within 1e-6 of the figure, or within the dust of sums over all people."""
    if isinstance(stated, float) and isinstance(recounted, float):
        if math.isnan(stated) or math.isnan(recounted):
            return math.isnan(stated) and math.isnan(recounted)
        return math.isclose(stated, recounted, rel_tol=TOLERANCE, abs_tol=1e-9 * max(scale, 1.0))
    return type(stated) is type(recounted) and stated == recounted


def _all(plan: "SitePlan", recount: _Recount) -> Iterator[_Figure]:
    problem = recount.problem
    yield "question", plan.question, problem.question
    yield "kind", plan.kind, problem.kind
    yield "sites_asked", plan.sites_asked, problem.n_sites
    yield "site_ids", recount.valid(plan.site_ids), True
    if not recount.valid(plan.site_ids):
        return
    yield "chosen", plan.chosen.tolist(), [recount.rows[site] for site in plan.site_ids]
    allowed = [s for s, row in recount.rows.items() if row not in set(problem.must_not)]
    yield "candidates_considered", plan.candidates_considered, len(allowed)
    before = recount.count(p for p, flag in enumerate(problem.already.tolist()) if flag)
    yield "people_total", plan.people_total, recount.total
    yield "people_before", plan.people_before, before
    yield "people_gained", plan.people_gained, recount.gained(plan.site_ids)
    yield "people_reachable", plan.people_reachable, before + recount.gained(allowed)
    yield "rounding", plan.rounding, _rounding(recount, allowed)
    yield from _bound(plan, recount, allowed)
    yield from _sites(plan, recount)
    yield from _vetoes(plan, recount)
    yield from _others(plan, recount)


def _rounding(recount: _Recount, allowed: list[str]) -> float:
    """Count what rounding to milli-people changes, demand of equal candidates taken together."""
    reached_by: dict[int, list[str]] = {}
    for site in allowed:
        for point in recount.covers[recount.rows[site]]:
            reached_by.setdefault(point, []).append(site)
    cells: dict[tuple[str, ...], list[float]] = {}
    for point, sites in reached_by.items():
        if recount.people[point] > 0:
            cells.setdefault(tuple(sites), []).append(recount.people[point])
    sums = [math.fsum(people) for people in cells.values()]
    return math.fsum(abs(s - max(round(s * 1000), 1) / 1000) for s in sums)


def _bound(plan: "SitePlan", recount: _Recount, allowed: list[str]) -> Iterator[_Figure]:
    gained = recount.gained(plan.site_ids)
    reachable = recount.gained(allowed)
    dust = 1e-6 * max(recount.total, 1.0)
    possible = gained - dust <= plan.bound <= reachable + plan.rounding + dust
    yield "bound (possible)", possible, True
    yield "gap", plan.gap, 1.0 - gained / plan.bound if plan.bound > 0 else 0.0
    proven = abs(plan.bound - gained) <= TOLERANCE * max(gained, 1.0)
    yield "status", plan.status, _status(plan.gap, proven=proven)
    whole = math.isclose(gained, reachable, rel_tol=1e-9, abs_tol=1e-9)
    yield "fewest_proven (asked)", plan.fewest_proven is not None, whole
    sure = plan.status == "optimal" and plan.fewest_proven is not False
    sure = sure and all(status in ("optimal", "must") for status in plan.veto_status)
    yield "repeatable", plan.repeatable, sure


def _status(gap: float, *, proven: bool) -> str:
    if proven:
        return "optimal"
    return "within gap" if gap <= 1e-4 else "time limit"


def _sites(plan: "SitePlan", recount: _Recount) -> Iterator[_Figure]:
    seen: set[int] = set()
    left = list(plan.site_ids)
    for place, site in enumerate(plan.site_ids):
        new = recount.covers[recount.rows[site]] - seen
        yield f"gain_people[{site}]", float(plan.gain_people[place]), recount.count(new)
        best = max(recount.count(recount.covers[recount.rows[other]] - seen) for other in left)
        in_order = recount.count(new) >= best - 2e-3
        yield f"order[{site}]", in_order, True
        others = [recount.covers[recount.rows[s]] for s in plan.site_ids if s != site]
        alone = recount.covers[recount.rows[site]] - set().union(*others)
        yield f"unique_people[{site}]", float(plan.unique_people[place]), recount.count(alone)
        seen |= new
        left.remove(site)


def _vetoes(plan: "SitePlan", recount: _Recount) -> Iterator[_Figure]:
    gained = recount.gained(plan.site_ids)
    for place, site in enumerate(plan.site_ids):
        loss = float(plan.loss_if_vetoed[place])
        must = recount.rows[site] in recount.problem.must
        yield f"veto_status[{site}]", plan.veto_status[place] == "must", must
        if must:
            yield f"runner_up[{site}]", plan.runner_up[place], ()
            yield f"loss_if_vetoed[{site}]", loss, math.nan
            continue
        other = plan.runner_up[place]
        fits = recount.valid(other) and site not in other
        yield f"runner_up[{site}]", fits, True
        if fits:
            yield f"loss_if_vetoed[{site}]", loss, gained - recount.gained(other)


def _others(plan: "SitePlan", recount: _Recount) -> Iterator[_Figure]:
    distinct = {frozenset(other) for other in plan.runner_up if other}
    yield "alternatives", {frozenset(a.site_ids) for a in plan.alternatives}, distinct
    sure = all(status in ("optimal", "must") for status in plan.veto_status)
    last = math.inf
    for place, other in enumerate(plan.alternatives, start=1):
        fits = recount.valid(other.site_ids) and set(other.site_ids) != set(plan.site_ids)
        yield f"alternative {place}", fits, True
        yield f"alternative {place}, proven", other.status == "optimal", sure
        if not fits:
            continue
        people = recount.gained(other.site_ids)
        yield f"alternative {place}, people_gained", other.people_gained, people
        yield f"alternative {place}, order", people <= last + plan.rounding + 1e-6, True
        last = people
