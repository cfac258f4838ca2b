"""Brute force for questions about sites: every choice that may be made, looked at one by one.

Plain Python over sets and dictionaries; it shares nothing with the package but the question
itself. A *case* is a question with what its rules mean, said a second time as plain predicates:
so the makers of rules are tried too, not only the models that keep to them.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations, pairwise, product

from quarterhour.siting import SitingProblem

Choice = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question, and its rules as predicates over the set of chosen rows."""

    problem: SitingProblem
    keeps: tuple[Callable[[set[int]], bool], ...] = ()
    said: tuple[str, ...] = field(default=())


def rows_of(indptr, indices) -> list[set[int]]:
    return [set(indices[a:b].tolist()) for a, b in pairwise(indptr)]


def choices(case: Case, without: int | None = None) -> Iterator[Choice]:
    """Yield every choice that keeps to everything, the empty one included."""
    problem = case.problem
    barred = {*problem.must_not, *([] if without is None else [without])}
    free = [row for row in range(problem.n_candidates) if row not in barred]
    for chosen in chain.from_iterable(combinations(free, k) for k in range(len(free) + 1)):
        if fits(case, chosen):
            yield chosen


def fits(case: Case, chosen: Choice) -> bool:
    problem, sites = case.problem, set(chosen)
    if problem.n_sites is not None and len(sites) > problem.n_sites:
        return False
    if problem.budget is not None and sum(int(problem.cost[s]) for s in sites) > problem.budget:
        return False
    if not set(problem.must) <= sites or sites & set(problem.must_not):
        return False
    return all(keeps(sites) for keeps in case.keeps)


# --- what a choice achieves


def inside(problem: SitingProblem, chosen, what) -> float:
    """Count what the chosen sites add inside the circle."""
    covers = rows_of(problem.covers_indptr, problem.covers_indices)
    points = set().union(*(covers[s] for s in chosen)) if len(chosen) else set()
    return math.fsum(float(what[p]) for p in sorted(points) if not problem.already[p])


def walks(problem: SitingProblem, chosen) -> list[int]:
    """Return the milliseconds that everybody walks."""
    times = problem.times
    ms = [min(int(t), times.cap_ms) for t in times.existing_ms]
    for site in chosen:
        for k in range(times.indptr[site], times.indptr[site + 1]):
            point = int(times.indices[k])
            ms[point] = min(ms[point], int(times.ms[k]))
    return ms


def reachable(problem: SitingProblem) -> list[int]:
    allowed = [s for s in range(problem.n_candidates) if s not in problem.must_not]
    ms = walks(problem, allowed)
    return [p for p, t in enumerate(ms) if t < problem.times.cap_ms and problem.weight[p] > 0]


def walked_s(problem: SitingProblem, chosen) -> float:
    pairs = zip(walks(problem, chosen), problem.weight.tolist(), strict=True)
    return math.fsum(ms * people for ms, people in pairs) / 1000


def served(problem: SitingProblem, chosen, what=None) -> float:
    """Count whom the existing facilities and the chosen sites can serve together.

    By the theorem of Ford and Fulkerson: the largest flow is the smallest cut, and all cuts are
    tried. Where people count differently, the worthiest are served first; that is best because
    the sets of people who can be served together are a polymatroid.
    """
    capacity, weight = problem.capacity, problem.weight
    places = rows_of(capacity.existing_indptr, capacity.existing_indices)
    room = capacity.of_existing.tolist()
    covers = rows_of(problem.covers_indptr, problem.covers_indices)
    places += [covers[s] for s in chosen]
    room += [float(capacity.of_candidate[s]) for s in chosen]
    worth = weight if what is None else what
    rate = [float(worth[p] / weight[p]) if weight[p] > 0 else 0.0 for p in range(len(weight))]
    levels = sorted({r for r in rate if r > 0}, reverse=True)
    total = 0.0
    # The list of what comes next is one longer where nobody is worth anything.
    for level, lower in zip(levels, [*levels[1:], 0.0], strict=False):
        total += (level - lower) * _flow(places, room, weight, [r >= level for r in rate])
    return total


def _flow(places, room, weight, asks) -> float:
    best = math.inf
    for cut in product([False, True], repeat=len(places)):
        full = sum(r for r, is_cut in zip(room, cut, strict=True) if is_cut)
        open_to = set().union(*(p for p, is_cut in zip(places, cut, strict=True) if not is_cut))
        best = min(best, full + sum(float(weight[p]) for p in open_to if asks[p]))
    return best


def schedules(problem: SitingProblem, chosen: Choice) -> Iterator[Choice]:
    """Yield for each affordable timetable the place of the year in which each site opens."""
    years = problem.years
    for opens in product(range(len(years.years)), repeat=len(chosen)):
        if _affordable(years, dict(zip(chosen, opens, strict=True))):
            yield opens


def _affordable(years, opens: dict[int, int]) -> bool:
    money = places = 0
    for year in range(len(years.years)):
        new = [s for s, opened in opens.items() if opened == year]
        spent = sum(int(years.build_cost[s]) for s in new)
        spent += sum(int(years.yearly_cost[s]) for s, opened in opens.items() if opened <= year)
        if years.budget is not None:
            money = (money if years.carry_over else 0) + int(years.budget[year]) - spent
        if years.n_sites is not None:
            places = (places if years.carry_over else 0) + int(years.n_sites[year]) - len(new)
        if money < 0 or places < 0:
            return False
    return True


def people_years(problem: SitingProblem, chosen: Choice, opens: Choice) -> float:
    pairs = list(zip(chosen, opens, strict=True))
    return math.fsum(
        inside(problem, [s for s, opened in pairs if opened <= year], problem.worth)
        for year in range(len(problem.years.years))
    )


def in_scenario(problem: SitingProblem, one, chosen) -> tuple[float, float]:
    """Return what is inside before, and what the chosen sites add."""
    covers = rows_of(one.covers_indptr, one.covers_indices)
    points = set().union(*(covers[s] for s in chosen)) if len(chosen) else set()
    weight = one.weight.tolist()
    before = math.fsum(w for w, there in zip(weight, one.already, strict=True) if there)
    return before, math.fsum(weight[p] for p in sorted(points) if not one.already[p])


def achieved(problem: SitingProblem, chosen: Choice) -> float | None:
    """Return what a choice that fits achieves, in the unit of plans; ``None``: not enough."""
    if problem.years is not None:
        each = [people_years(problem, chosen, opens) for opens in schedules(problem, chosen)]
        return max(each, default=None)
    if problem.question == "fewest_sites":
        return _number_or_cost(problem, chosen)
    if problem.capacity is not None:
        what = problem.merit
        return served(problem, chosen, what) - served(problem, (), what)
    if problem.robust is not None:
        pairs = [in_scenario(problem, one, chosen) for one in problem.robust.scenarios]
        if problem.robust.aim == "worst":
            return min(a + b for a, b in pairs) - min(a for a, _ in pairs)
        chance = [one.chance for one in problem.robust.scenarios]
        return sum(c * more for c, (_, more) in zip(chance, pairs, strict=True)) / sum(chance)
    if problem.question == "least_walking":
        return walked_s(problem, chosen)
    if problem.question == "shortest_longest":
        ms = walks(problem, chosen)
        return max((ms[p] for p in reachable(problem)), default=0) / 1000
    return inside(problem, chosen, problem.worth)


def _number_or_cost(problem: SitingProblem, chosen: Choice) -> float | None:
    allowed = [s for s in range(problem.n_candidates) if s not in problem.must_not]
    if problem.capacity is not None:
        total = problem.weight.sum()
        total = total if problem.share_of == "all" else served(problem, tuple(allowed))
        there = served(problem, chosen)
    else:
        before = math.fsum(problem.weight[problem.already].tolist())
        total = problem.weight.sum()
        if problem.share_of == "reachable":
            total = before + inside(problem, allowed, problem.weight)
        there = before + inside(problem, chosen, problem.weight)
    if there < problem.share * total - 1e-6 * max(total, 1.0):
        return None
    return float(len(chosen) if problem.fewest == "sites" else problem.cost[list(chosen)].sum())


def all_values(case: Case, without: int | None = None) -> dict[Choice, float]:
    """Return what each choice that fits and is enough achieves."""
    found = {chosen: achieved(case.problem, chosen) for chosen in choices(case, without)}
    return {chosen: value for chosen, value in found.items() if value is not None}


def more_is_better(problem: SitingProblem) -> bool:
    return problem.question == "most_people"


def best(problem: SitingProblem, values: dict[Choice, float]) -> float | None:
    if not values:
        return None
    return (max if more_is_better(problem) else min)(values.values())
