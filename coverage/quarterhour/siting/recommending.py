"""Recommend sites: the answer of a model, its vetoes, and every figure counted from the people."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import InfeasibleError
from quarterhour.siting.answers import Answer, OnBound, solve_problem
from quarterhour.siting.counting import (
    building_order,
    can_be_reached,
    gained,
    times_covered,
    unique,
    walks_ms,
)
from quarterhour.siting.objectives import exact_objective, in_units, unit_of
from quarterhour.siting.patience import Patience
from quarterhour.siting.plan import WITHIN_GAP, Alternative, SitePlan, Status, Unit
from quarterhour.siting.sides import Sides

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_SHARE_MAIN = 0.6
_SHARE_TIES = 0.25
_MOMENT_S = 0.5
_SECONDS = 1000.0
_DUST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Veto:
    site: int
    status: str
    answer: Answer | None


def recommend(
    problem: "SitingProblem",
    *,
    time_limit_s: float = 60.0,
    on_progress: Callable[[int, int], None] | None = None,
    on_bound: OnBound | None = None,
) -> SitePlan:
    """Recommend sites for a question, and prove that nothing does better.

    Parameters
    ----------
    problem
        The question.
    time_limit_s
        Seconds for everything: most for the plan itself, the rest for its alternatives. What is
        not proven by then says so.
    on_progress
        Called with ``(done, total)`` after the plan and after each veto; ``None`` for silence.
    on_bound
        Called with ``(objective, bound)`` in the units of the plan while the plan is sought.

    Returns
    -------
    SitePlan
        The same for the same problem, unless ``repeatable`` is false. Of equal plans the one of
        least walking where times are given, then one in which no site can be exchanged for an
        earlier candidate. Where everybody within reach is covered by fewer sites than asked, the
        fewest are returned, without padding. Ctrl-C returns the best plan so far, with its gap;
        a second one interrupts.

    Raises
    ------
    InputError
        If ``time_limit_s`` is not above 0.
    InfeasibleError
        If no choice keeps to the rules.
    """
    patience = Patience(time_limit_s)
    unit = unit_of(problem)
    tell = None if on_bound is None else _in_units(on_bound, unit)
    with patience.listening():
        answer = solve_problem(problem, patience=patience.share(_SHARE_MAIN), on_progress=tell)
        answer, fewest = _without_padding(problem, answer, patience)
        while True:
            answer, ties = _break_ties(problem, answer, patience)
            vetoes = _veto_each(problem, answer, patience, on_progress)
            best = _best(vetoes)
            # A plan that is not proven may be beaten by one of its vetoes; then that is the plan.
            if answer.proven or best is None or not _better(problem, best, answer):
                return _describe(problem, answer, vetoes, fewest, ties, patience)
            answer, fewest = _without_padding(problem, replace(best, bound=answer.bound), patience)


def _in_units(on_bound: OnBound, unit: Unit) -> OnBound:
    return lambda objective, bound: on_bound(in_units(objective, unit), in_units(bound, unit))


def _better(problem: "SitingProblem", one: Answer, other: Answer) -> bool:
    """Tell whether an answer is better by more than the rounding of people hides."""
    dust = in_units(one.rounding + other.rounding, unit_of(problem))
    more = exact_objective(problem, one) - exact_objective(problem, other)
    return (more if one.maximise else -more) > dust


def _best(vetoes: list[_Veto]) -> Answer | None:
    found = [veto.answer for veto in vetoes if veto.answer is not None]
    if not found:
        return None
    sign = 1 if found[0].maximise else -1
    return max(found, key=lambda answer: sign * answer.objective)


def _without_padding(
    problem: "SitingProblem", answer: Answer, patience: Patience
) -> tuple[Answer, bool | None]:
    """Use the fewest sites where everybody within reach is covered and nothing else is asked."""
    plain = problem.question == "most_people" and not problem.rules
    plain = plain and problem.years is None and problem.capacity is None
    plain = plain and problem.robust is None and problem.budget is None
    if not plain:
        return answer, None
    reachable = np.flatnonzero(problem.allowed)
    worth = problem.worth
    if gained(problem, answer.chosen, worth) < gained(problem, reachable, worth) - 1e-9:
        return answer, None
    if len(answer.chosen) <= max(1, len(problem.must)):
        return answer, True
    fewest = problem.having(
        question="fewest_sites", share=1.0, share_of="reachable", merit=None, weight=worth
    )
    found = solve_problem(fewest, patience=patience.share(_SHARE_TIES), near=answer)
    if len(found.chosen) >= len(answer.chosen):
        return answer, bool(found.bound >= len(answer.chosen))
    return replace(answer, chosen=found.chosen), found.proven


def _break_ties(problem: "SitingProblem", answer: Answer, patience: Patience) -> tuple[Answer, str]:
    """Take, of equal plans, the one of least walking."""
    if problem.question == "least_walking" or not len(answer.chosen):
        return answer, "none"
    answer = _useful(problem, answer)
    if problem.times is None:
        return _earlier(problem, answer), "none"
    from quarterhour.siting.ties import least_walking_of_equals

    return least_walking_of_equals(problem, answer, patience=patience.share(_SHARE_TIES))


def _useful(problem: "SitingProblem", answer: Answer) -> Answer:
    """Drop sites, the last first, that cost nothing and that nobody would miss."""
    if problem.question != "fewest_sites" or problem.capacity is not None:
        return answer
    sides, kept = Sides.of(problem), answer.chosen
    for site in answer.chosen[::-1].tolist():
        fewer = kept[kept != site]
        if site not in problem.must and _enough(problem, fewer) and sides.allows(fewer):
            kept = fewer
    return replace(answer, chosen=kept)


def _enough(problem: "SitingProblem", sites: NDArray[np.int64]) -> bool:
    """Tell whether a choice brings everybody inside whom ``fewest_sites`` asks for."""
    # Everyone means everyone; below that a share of people who are no whole numbers has its dust.
    dust = _DUST * max(float(problem.weight.sum()), 1.0) if problem.share < 1.0 else 0.0
    wanted = (problem.least_people() or 0.0) * (1.0 - 1e-12) - dust
    inside = problem.already | (times_covered(problem, sites) > 0)
    return float(problem.weight[inside].sum()) >= wanted


def _earlier(problem: "SitingProblem", answer: Answer) -> Answer:
    """Exchange sites for earlier candidates that do as well, while there are any.

    Of ``fewest_sites`` without times; the other models settle this last tie themselves.
    """
    if problem.question != "fewest_sites" or problem.capacity is not None:
        return answer
    sides, cost = Sides.of(problem), problem.cost
    chosen, changed = answer.chosen.tolist(), True
    while changed:
        changed = False
        for site in [s for s in chosen if s not in problem.must]:
            kept = [s for s in chosen if s != site]
            for other in [o for o in range(site) if o not in kept]:
                trial = np.array(sorted([*kept, other]), dtype=np.int64)
                alike = problem.fewest == "sites" or cost is None or cost[other] == cost[site]
                if alike and _enough(problem, trial) and sides.allows(trial):
                    chosen, changed = trial.tolist(), True
                    break
    return replace(answer, chosen=np.array(chosen, dtype=np.int64))


def _veto_each(
    problem: "SitingProblem",
    answer: Answer,
    patience: Patience,
    on_progress: Callable[[int, int], None] | None,
) -> list[_Veto]:
    """Solve again without each site; what time is left is shared evenly.

    When it is over the others still get what is found at once, for a moment.
    """
    total, late = len(answer.chosen) + 1, np.inf
    if on_progress is not None:
        on_progress(1, total)
    vetoes = []
    for done, site in enumerate(answer.chosen.tolist(), start=1):
        if site in problem.must:
            vetoes.append(_Veto(site=site, status="must", answer=None))
        elif perf_counter() > late:
            vetoes.append(_Veto(site=site, status="time limit", answer=None))
        else:
            vetoes.append(_veto(problem, answer, site, patience.share(1.0 / (total - done))))
            if patience.over:
                late = min(late, perf_counter() + _MOMENT_S)
        if on_progress is not None:
            on_progress(done + 1, total)
    return vetoes


def _veto(problem: "SitingProblem", answer: Answer, site: int, patience: Patience) -> _Veto:
    n_sites, free = problem.n_sites, int(problem.allowed.sum()) - 1
    more: dict[str, Any] = {}
    if n_sites is not None and free < n_sites:
        n_sites = free or None
        if free == 0 and problem.budget is None:
            # Nothing else may be chosen; building nothing at all still may be a plan.
            cost = np.zeros(problem.n_candidates, np.int64) if problem.cost is None else None
            more = {"budget": 0} if cost is None else {"budget": 0, "cost": cost}
    # What must be reached stays what it was: a veto does not make the task smaller.
    other = problem.having(
        must_not=(*problem.must_not, site), n_sites=n_sites,
        people_wanted=_wanted(problem), whom=_whom(problem), **more,
    )  # fmt: skip
    try:
        found = solve_problem(other, patience=patience, near=answer)
    except InfeasibleError as error:
        late = any(fault.key == "siting.none_found" for fault in error.faults)
        return _Veto(site=site, status="time limit" if late else "needed", answer=None)
    return _Veto(site=site, status=_status(found), answer=found)


def _wanted(problem: "SitingProblem") -> float | None:
    if problem.question == "fewest_sites" and problem.capacity is not None:
        from quarterhour.siting.served import people_wanted

        return people_wanted(problem)
    return problem.least_people()


def _whom(problem: "SitingProblem") -> NDArray[np.bool_] | None:
    return can_be_reached(problem) if problem.question == "shortest_longest" else None


def _status(answer: Answer) -> Status:
    if answer.proven:
        return "optimal"
    return "within gap" if answer.gap <= WITHIN_GAP else "time limit"


def _describe(
    problem: "SitingProblem",
    answer: Answer,
    vetoes: list[_Veto],
    fewest: bool | None,
    ties: str,
    patience: Patience,
) -> SitePlan:
    """Count every figure again, from the people themselves."""
    unit, rank = unit_of(problem), None
    if answer.opens is not None:
        rank = answer.opens
    order, gain = building_order(problem, answer.chosen, rank)
    by_site = {veto.site: veto for veto in vetoes}
    ranked = [by_site[int(site)] for site in order]
    objective = exact_objective(problem, answer)
    bound = objective if answer.proven else in_units(answer.bound, unit)
    if not answer.proven:
        bound = max(objective, bound) if answer.maximise else min(objective, bound)
    high, low = max(objective, bound), min(objective, bound)
    ids, cost = problem.candidate_ids, problem.cost
    site_cost = np.zeros(len(order), np.int64) if cost is None else cost[order].astype(np.int64)
    walk = _walks(problem, answer)
    sure = all(_sure(veto) for veto in vetoes)
    return SitePlan(
        question=problem.question,
        kind=problem.kind,
        chosen=order,
        site_ids=tuple(ids[site] for site in order),
        sites_asked=problem.n_sites,
        fewest_proven=fewest,
        unit=unit,
        objective=objective,
        bound=bound,
        gap=(high - low) / high if high > 0 else 0.0,
        rounding=in_units(answer.rounding, unit),
        status=_status(answer),
        tie_break=ties,  # type: ignore[arg-type]
        people_before=float(problem.weight[problem.already].sum()),
        people_gained=gained(problem, order),
        people_total=float(problem.weight.sum()),
        people_reachable=float(problem.weight[problem.already].sum())
        + gained(problem, np.flatnonzero(problem.allowed)),
        walk_before_s=walk[0],
        walk_after_s=walk[1],
        longest_before_s=walk[2],
        longest_after_s=walk[3],
        cost=int(site_cost.sum()),
        gain_people=gain,
        unique_people=unique(problem, order),
        site_cost=site_cost,
        loss_if_vetoed=np.array([_loss(problem, objective, v, answer) for v in ranked]),
        veto_status=tuple(v.status for v in ranked),  # type: ignore[misc]
        runner_up=tuple(
            () if v.answer is None else tuple(ids[site] for site in v.answer.chosen)
            for v in ranked
        ),
        alternatives=_alternatives(problem, answer, vetoes),
        candidates_considered=int(problem.allowed.sum()),
        repeatable=answer.proven and fewest is not False and ties != "best found" and sure,
        interrupted=patience.hurried,
        shortfalls=problem.shortfalls,
        **_parts(problem, answer, order),
    )  # fmt: skip


def _parts(problem: "SitingProblem", answer: Answer, order: NDArray[np.int64]) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if problem.capacity is not None:
        from quarterhour.siting.served import served_plan

        parts["served"] = served_plan(problem, order)
    if problem.years is not None:
        from quarterhour.siting.phases import phased_plan

        parts["phases"] = phased_plan(problem, answer, order)
    if problem.robust is not None:
        from quarterhour.siting.robust import robust_plan

        parts["robust"] = robust_plan(problem, order)
    if any(rule.said.key == "siting.asks_lead" for rule in problem.rules):
        from quarterhour.siting.tiers import led_plan

        parts["led"] = led_plan(problem, order)
    return parts


def _walks(problem: "SitingProblem", answer: Answer) -> tuple[float, float, float, float]:
    if problem.times is None:
        return (np.nan,) * 4
    none = np.zeros(0, dtype=np.int64)
    before, after = walks_ms(problem, none), walks_ms(problem, answer.chosen)
    people, reached = float(problem.weight.sum()), can_be_reached(problem)

    def mean(ms: NDArray[np.int64]) -> float:
        return float((problem.weight * ms).sum()) / people / _SECONDS if people > 0 else np.nan

    def longest(ms: NDArray[np.int64]) -> float:
        return float(ms[reached].max()) / _SECONDS if reached.any() else np.nan

    return mean(before), mean(after), longest(before), longest(after)


def _sure(veto: _Veto) -> bool:
    return veto.status in ("must", "needed", "optimal")


def _loss(problem: "SitingProblem", objective: float, veto: _Veto, answer: Answer) -> float:
    if veto.status == "must":
        return np.nan
    if veto.answer is None:
        return np.inf if veto.status == "needed" else np.nan
    other = exact_objective(problem, veto.answer)
    return objective - other if answer.maximise else other - objective


def _alternatives(
    problem: "SitingProblem", answer: Answer, vetoes: list[_Veto]
) -> tuple[Alternative, ...]:
    """Return the distinct veto plans, the best first."""
    plans: dict[tuple[int, ...], Answer] = {}
    for veto in vetoes:
        if veto.answer is not None and len(veto.answer.chosen):
            plans.setdefault(tuple(veto.answer.chosen.tolist()), veto.answer)
    sign = -1 if answer.maximise else 1
    ranked = sorted(plans.items(), key=lambda item: (sign * item[1].objective, item[0]))
    sure = all(_sure(veto) for veto in vetoes)
    return tuple(
        Alternative(
            site_ids=tuple(problem.candidate_ids[site] for site in sites),
            people_gained=gained(problem, found.chosen),
            status=_status(found) if sure or not found.proven else "time limit",
            objective=exact_objective(problem, found),
        )
        for sites, found in ranked
    )
