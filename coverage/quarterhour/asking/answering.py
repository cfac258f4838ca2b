"""Answering: every siting question of a study, from its candidates to the talk about its plan."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.asking.costing import cost_of_screening, out_of_reach
from quarterhour.asking.posing import Asked, per_area_with_moves, pose, posed_elsewhere
from quarterhour.asking.worlds import (
    World,
    other_worlds,
    own_world,
    tried_minutes,
    tried_speeds,
)
from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.shapes import shapes_around
from quarterhour.demand import Demand
from quarterhour.errors import Fault, InfeasibleError
from quarterhour.findings import PlanFinding, Shapes
from quarterhour.inputs.hazards import Hazards
from quarterhour.inputs.premises import Premises
from quarterhour.inputs.tables import meaning
from quarterhour.presets import constants
from quarterhour.reach import merge_shapes
from quarterhour.siting import (
    Candidates,
    Screening,
    SitePlan,
    SitingProblem,
    check_plan,
    recommend,
)
from quarterhour.siting.candidates import join_candidates
from quarterhour.siting.check import check_moves
from quarterhour.siting.screening import ScreeningRules, screen_premises
from quarterhour.siting.stability import Stability, try_stability
from quarterhour.siting.talk import explain_plan, explained
from quarterhour.study import Study
from quarterhour.studytables import SitingTable

if TYPE_CHECKING:
    from quarterhour.streets import Snapped

OnPlan = Callable[[str, float, float, str], None]
"""Called with ``(kind, objective, bound, unit)`` while a plan is sought."""

_BY_TIME = ("least_walking", "shortest_longest")
_TALK = 0.5
_STABILITY = 0.5
_COSTS = 0.25
_AT_ONCE_S = 0.1
# Areas that one message names.
_NAMED = 5
# Metres in a straight line that somebody at an elder's pace gets nearer in a second, on the way
# half around the blocks: candidates stand this far around the gaps, times half the limit.
_NEAR = 0.4


def answer_question(
    study: Study,
    table: SitingTable,
    premises: Premises,
    stage: Mapping[str, Any],
    case: Case,
    other: Callable[[], Demand | None],
    doubts: list[Fault],
    *,
    on_bound: OnPlan | None = None,
) -> PlanFinding:
    """Answer one question, recount the answer by other means, and say what else could be.

    Parameters
    ----------
    study, table, premises
        The question.
    stage
        Results of the stages before: inputs, coverage, gaps, shapes.
    case
        The circle.
    other
        Gives the same people placed otherwise, where there is another way.
    doubts
        Receives what was assumed or cannot be.
    on_bound
        Hears of better plans and bounds.

    Raises
    ------
    InputError
        If the question names what is not there.
    InfeasibleError
        If nothing keeps to the rules, naming those in conflict.
    SolverError
        If the check finds a figure that differs: our fault, and nothing is printed.
    """
    inputs, coverage = stage["inputs"], stage["cover"].coverage
    kind = meaning(table.kind, "kind") or table.kind
    if kind not in coverage.kinds:
        known = ", ".join(coverage.kinds)
        doubts.append(Fault("siting.no_such_kind", {"kind": table.kind, "kinds": known}))
    screening = _screened(table, premises, inputs)
    premises, screening = _with_generated(table, kind, premises, screening, stage, case)
    candidates = screening.candidates
    asked = Asked(study, table, kind, case, candidates, screening.rejected, doubts)
    cap_ms = case.search_ms if table.question in _BY_TIME else case.limit_ms
    world, places = own_world(case, coverage, kind, candidates.xy_m, cap_ms=cap_ms)
    scenarios = tuple(other_worlds(
        case, kind, candidates.xy_m, speeds=table.robust_speeds, other=other(),
    )) if table.robust else ()  # fmt: skip
    problem = pose(asked, world, scenarios)
    doubts += problem.shortfalls
    problem, first_existing = _with_moves(asked, problem)
    tell = None if on_bound is None else _for_kind(on_bound, kind, problem)
    try:
        plan = recommend(problem, time_limit_s=table.time_limit_s, on_bound=tell)
    except InfeasibleError as error:
        raise _why_not(asked, problem, places, world, error) from error
    check_plan(plan, problem)
    # Who does not want to wait does not want to hear all that is said about the plan either.
    patient_s = _AT_ONCE_S if plan.interrupted else table.time_limit_s
    talk = explain_plan(
        problem, plan, time_limit_s=_TALK * patient_s, n_best=table.alternatives,
        most_sites=table.frontier,
    )  # fmt: skip
    stability = None
    if table.stability and not (table.robust or table.years or table.close_at_most):
        stability = _stability(asked, problem, plan, other, _STABILITY * patient_s)
    costs = cost_of_screening(asked, screening, coverage, world, time_limit_s=_COSTS * patient_s)
    moves = None
    if first_existing is not None:
        from quarterhour.siting.moving import moves_of, without_kept

        moves = moves_of(problem, plan, first_existing)
        check_moves(moves, plan, problem, first_existing)
        plan = without_kept(plan, moves)
    return _found(
        asked, premises, screening, plan, places, stage, world, talk=talk, stability=stability,
        unreachable=out_of_reach(asked, problem, places, world), rule_costs=costs, moves=moves,
    )  # fmt: skip


def _why_not(
    asked: Asked,
    problem: SitingProblem,
    places: "Snapped",
    world: World,
    error: InfeasibleError,
) -> InfeasibleError:
    """Return why nothing keeps to what was asked, and who is out of everybody's reach."""
    why = explained(problem, error)
    out = out_of_reach(asked, problem, places, world)
    late = any(fault.key == "siting.none_found" for fault in error.faults)
    # Only who asks for a share of the people fails for those out of reach.
    if out.people < 1 or late or problem.question != "fewest_sites":
        return why
    names = (*asked.case.areas.names, "")
    areas = [
        f"{names[area] or '—'} {people:,.0f}"
        for area, people in zip(out.area.tolist(), out.area_people.tolist(), strict=True)
    ]
    values = {
        "people": f"{out.people:,.0f}",
        "areas": ", ".join(areas[:_NAMED]) + (" …" if len(areas) > _NAMED else ""),
        "minutes": f"{np.ceil(out.limit_that_would_do_s / 60.0):.0f}",
    }
    return InfeasibleError([*why.faults, Fault("siting.out_of_reach", values)])


def _for_kind(
    on_bound: OnPlan, kind: str, problem: SitingProblem
) -> Callable[[float, float], None]:
    from quarterhour.siting.objectives import unit_of

    unit = unit_of(problem)
    return lambda objective, bound: on_bound(kind, objective, bound, unit)


def _screened(table: SitingTable, premises: Premises, inputs: Any) -> Screening:  # noqa: ANN401
    """Apply the rules for premises; of several layers of hazards each with its own distance."""
    tenures = tuple(meaning(t, "tenure") or t for t in table.tenures)
    asked = ScreeningRules(require_step_free=table.require_step_free, tenures=tenures)
    return screen_premises(premises, rules=asked, hazards=_hazards(table, inputs))


def _hazards(table: SitingTable, inputs: Any) -> list[tuple[Hazards, float | None]]:  # noqa: ANN401
    """Return the layers of hazards of a question, each with its own metres."""
    return [
        (inputs.hazards[rule.hazard], rule.hazard_m or None) for rule in table.rule if rule.hazard
    ]


def _with_generated(
    table: SitingTable,
    kind: str,
    premises: Premises,
    screening: Screening,
    stage: Mapping[str, Any],
    case: Case,
) -> tuple[Premises, Screening]:
    """Add candidates along the streets in and around the gaps of the kind, where asked."""
    if not table.generate:
        return premises, screening
    from quarterhour.siting.generating import generate_candidates

    coverage: Coverage = stage["cover"].coverage
    people = case.demand.people_of(case.demand.lead_group)
    outside = people.copy()
    if kind in coverage.kinds:
        outside[coverage.ms[coverage.kinds.index(kind), 0] <= case.limit_ms] = 0.0
    made = generate_candidates(
        case.network, case.demand.xy_m, outside, case.areas, spacing_m=table.spacing_m,
        method=table.generate, paced=case.paced, taken_xy_m=screening.candidates.xy_m,
        near_m=max(table.spacing_m, _NEAR * case.limit_ms / 1000.0),
    )  # fmt: skip
    safe = np.ones(len(made), dtype=np.bool_)
    for hazard, metres in _hazards(table, stage["inputs"]):
        within_m = constants()["hazard_m"].value if metres is None else metres
        safe &= hazard.distance_m(made.xy_m) > within_m
    made = made.take(np.flatnonzero(safe))
    first = len(premises.ids)
    made = replace(made, premises_row=first + np.arange(len(made)))
    joined = join_candidates(screening.candidates, made)
    return _joined_premises(premises, made), replace(screening, candidates=joined)


def _joined_premises(premises: Premises, made: Candidates) -> Premises:
    """Return premises with a row for each generated candidate, of which nothing is known."""
    columns: dict[str, Any] = {}
    for field in fields(Premises):
        old, new = getattr(premises, field.name), getattr(made, field.name, None)
        if isinstance(old, tuple):
            columns[field.name] = (*old, *(new if new is not None else ("",) * len(made)))
            continue
        if new is None:
            unknown = -1 if old.dtype.kind == "i" else np.nan
            new = np.full(len(made), unknown)
        columns[field.name] = np.concatenate([old, new]).astype(old.dtype)
    return Premises(**columns)


def _with_moves(asked: Asked, problem: SitingProblem) -> tuple[SitingProblem, int | None]:
    """Let existing facilities be closed, only when asked; return the row of the first of them."""
    table, case = asked.table, asked.case
    if table.close_at_most == 0 or not len(asked.existing):
        return problem, None
    from quarterhour.siting.moving import with_moves

    reach = case.reach_within(problem.times.cap_ms if problem.times else case.limit_ms)
    rows = asked.existing
    own = np.array([case.facilities.origin[row] != "neighbour" for row in rows], np.bool_)
    moved = with_moves(
        problem, existing_ids=tuple(case.facilities.ids[row] for row in rows),
        existing_reach=_rows_of(reach, rows), movable=own, at_most=table.close_at_most,
    )  # fmt: skip
    return per_area_with_moves(asked, moved, rows[own]), problem.n_candidates


def _rows_of(reach: Any, rows: NDArray[np.int64]) -> Any:  # noqa: ANN401
    parts = [np.arange(reach.indptr[row], reach.indptr[row + 1]) for row in rows.tolist()]
    at = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    indptr = np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64)
    return replace(reach, indptr=indptr, indices=reach.indices[at], ms=reach.ms[at])


def _stability(
    asked: Asked,
    problem: SitingProblem,
    plan: SitePlan,
    other: Callable[[], Demand | None],
    time_limit_s: float,
) -> Stability:
    """Ask again with another pace, limit and placement of the people."""
    case = asked.case
    worlds = other_worlds(
        case, asked.kind, asked.candidates.xy_m, speeds=tried_speeds(case),
        minutes=() if asked.table.question in _BY_TIME else tried_minutes(case), other=other(),
        by_time=asked.table.question in _BY_TIME,
    )  # fmt: skip
    variants = [(world.name, posed_elsewhere(asked, problem, world)) for world in worlds]
    return try_stability(plan, variants, time_limit_s=time_limit_s)


def _found(
    asked: Asked,
    premises: Premises,
    screening: Screening,
    plan: SitePlan,
    places: "Snapped",
    stage: Mapping[str, Any],
    world: World,
    **talk: Any,  # noqa: ANN401
) -> PlanFinding:
    """Return the answer with its shapes, and people inside by area once it is built."""
    case, kind = asked.case, asked.kind
    coverage: Coverage = stage["cover"].coverage
    rows = np.sort(plan.chosen)
    planned = shapes_around(case, places.take_places(rows), asked.candidates.xy_m[rows])
    moves = talk["moves"]
    kept = asked.existing
    if moves is not None:
        ids = np.array(case.facilities.ids, object)[kept]
        kept = kept[~np.isin(ids, list(moves.closed_ids))]
    if moves is None and kind in coverage.kinds:
        planned = merge_shapes([stage["shapes"].of(kind), planned])
    elif len(kept):
        own = shapes_around(case, case.places.take_places(kept), case.facilities.xy_m[kept])
        planned = merge_shapes([own, planned])
    covered = world.already.copy()
    if moves is not None:
        reach = _rows_of(case.reach, kept)
        covered[:] = False
        covered[reach.indices[reach.ms <= case.limit_ms]] = True
    indptr, indices = world.covers()
    for row in rows.tolist():
        covered[indices[indptr[row] : indptr[row + 1]]] = True
    after: NDArray[np.float64] = np.bincount(
        case.at[covered], world.people[covered], minlength=case.n_areas
    ).astype(np.float64)
    return PlanFinding(
        table=asked.table, premises=premises, screening=screening, plan=plan,
        chosen=screening.candidates.premises_row[plan.chosen],
        shapes=Shapes((kind,), case.minutes, planned[None]), within_after=after, **talk,
    )  # fmt: skip
