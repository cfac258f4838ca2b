"""Posing: a question of a study, and the worlds it is asked in, made into a problem."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.asking.worlds import World
from quarterhour.cover.case import Case, straight_times
from quarterhour.cover.supply.places import by_kind
from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.tables import fold, meaning
from quarterhour.reach import ReachTable, walking_times
from quarterhour.siting import Candidates, Capacity, Robust, Scenario, SitingProblem, Years
from quarterhour.siting.rules import Rule, apart, at_least_in_area, at_most_of
from quarterhour.streets import snap
from quarterhour.study import Study
from quarterhour.studytables import RuleTable, SitingTable

if TYPE_CHECKING:
    from quarterhour.siting.screening import Rejection

_NAMED = 8


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a question is about, before it becomes a problem.

    Attributes
    ----------
    study, table, kind
        The question.
    case
        The circle.
    candidates
        Where a site may stand, generated ones included.
    rejected
        Premises that a rule turned down.
    doubts
        Receives what was assumed.
    """

    study: Study
    table: SitingTable
    kind: str
    case: Case
    candidates: Candidates
    rejected: tuple["Rejection", ...]
    doubts: list[Fault]

    @property
    def existing(self) -> NDArray[np.int64]:
        """Rows of the facilities of the kind."""
        return self.case.facilities.rows_of(self.kind)


def pose(asked: Asked, world: World, worlds: tuple[World, ...] = ()) -> SitingProblem:
    """Return the problem that a question is.

    Parameters
    ----------
    asked
        The question.
    world
        The study's own world, times told apart as far as the question needs.
    worlds
        The other scenarios, where the question asks for several.

    Raises
    ------
    InputError
        If the question names what is not there, with all such names at once.
    InfeasibleError
        If more sites are asked for than there are candidates.
    """
    table, faults = asked.table, list[Fault]()
    must, must_not = _named_sites(asked, faults)
    merit = _merit(asked.table, world, faults)
    cost = _cost(asked, faults)
    raise_if(faults)
    n = len(asked.candidates)
    allowed = np.ones(n, dtype=np.bool_)
    allowed[list(must_not)] = False
    rules, short = _rules(asked, allowed)
    years = _years(asked) if table.years else None
    budget = table.budget.total if table.budget is not None else None
    # More sites than there are candidates are no question; at most so many are no limit.
    sites = table.sites
    if table.question == "fewest_sites" and sites is not None and sites > allowed.sum():
        sites = None
    return SitingProblem.from_reach(
        world.reach, candidate_ids=asked.candidates.ids, weight=world.people,
        already=world.already, n_sites=sites, limit_ms=world.limit_ms, kind=asked.kind,
        existing_ms=world.existing_ms, question=table.question, must=must, must_not=must_not,
        merit=merit, share=table.share, share_of=table.share_of, fewest=table.fewest, cost=cost,
        budget=budget, rules=rules, shortfalls=short,
        capacity=_capacity(asked, world) if table.capacity else None, years=years,
        robust=_robust(table, world, worlds) if table.robust else None,
    )  # fmt: skip


def _named_sites(asked: Asked, faults: list[Fault]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the rows that must, and must not, be chosen, named by id or by name."""
    ids, names = asked.candidates.ids, asked.candidates.names
    by_id = {fold(site): [row] for row, site in enumerate(ids)}
    by_name: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        by_name.setdefault(fold(name), []).append(row)
    gone = {fold(name): r for r in asked.rejected for name in (r.id, r.name)}
    must, must_not = list[int](), list[int]()
    for rule in asked.table.rule:
        named = [*((name, must) for name in rule.must), *((n, must_not) for n in rule.must_not)]
        for name, into in named:
            rows = by_id.get(fold(name)) or by_name.get(fold(name), [])
            if len(rows) > 1:
                values = {"name": name, "ids": ", ".join(ids[row] for row in rows[:_NAMED])}
                faults.append(Fault("siting.several_of_that_name", values))
            elif rows:
                into.append(rows[0])
            elif fold(name) in gone and into is must:
                faults.append(Fault("siting.must_is_rejected", {"name": name}))
            elif fold(name) not in gone:
                some = ", ".join(ids[:_NAMED])
                faults.append(Fault("siting.no_such_candidate", {"name": name, "known": some}))
    return tuple(dict.fromkeys(must)), tuple(dict.fromkeys(must_not))


def _merit(table: SitingTable, world: World, faults: list[Fault]) -> NDArray[np.float64] | None:
    """Return what each demand point is worth, where groups are weighed."""
    demand, weights = world.who, table.weights
    if not weights:
        return None
    unknown = [group for group in weights if group not in demand.groups]
    if unknown:
        values = {"groups": ", ".join(unknown), "known": ", ".join(demand.groups)}
        faults.append(Fault("siting.unknown_group", values))
        return None
    parts = [weight * demand.people_of(group) for group, weight in weights.items()]
    merit: NDArray[np.float64] = np.sum(parts, axis=0)
    return merit


def _cost(asked: Asked, faults: list[Fault]) -> NDArray[np.int64] | None:
    """Return one-off costs: what the premises say, else what the study says of each site."""
    budget = asked.table.budget
    if budget is None:
        return None
    known = asked.candidates.build_cost
    lack = np.isnan(known)
    if lack.any() and budget.site is None:
        ids = [asked.candidates.ids[row] for row in np.flatnonzero(lack)[:_NAMED]]
        values = {"count": int(lack.sum()), "ids": ", ".join(ids)}
        faults.append(Fault("siting.cost_unknown", values))
        return None
    return np.rint(np.where(lack, budget.site or 0, known)).astype(np.int64)


def _yearly(asked: Asked) -> NDArray[np.int64]:
    known, budget = asked.candidates.yearly_cost, asked.table.budget
    return np.rint(np.where(np.isnan(known), 0 if budget is None else budget.yearly, known)).astype(
        np.int64
    )


def _years(asked: Asked) -> Years:
    table, budget = asked.table, asked.table.budget
    cost = _cost(asked, [])
    by_year = None
    if budget is not None and budget.by_year:
        by_year = np.array([budget.by_year.get(str(y), 0) for y in table.years], dtype=np.int64)
    number = None
    if table.sites_a_year is not None:
        number = np.full(len(table.years), table.sites_a_year, dtype=np.int64)
    return Years(
        years=table.years, budget=by_year, n_sites=number,
        build_cost=np.zeros(len(asked.candidates), np.int64) if cost is None else cost,
        yearly_cost=_yearly(asked), carry_over=budget is None or budget.carry_over,
    )  # fmt: skip


def _rules(asked: Asked, allowed: NDArray[np.bool_]) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Return the rules of a question as rows, and what of them cannot be kept."""
    rules, short = list[Rule](), list[Fault]()
    for table in asked.table.rule:
        some, more = _rows(asked, table, allowed)
        rules += some
        short += more
    return tuple(rule for rule in rules if rule.n_rows), tuple(short)


def _rows(
    asked: Asked, table: RuleTable, allowed: NDArray[np.bool_]
) -> tuple[list[Rule], tuple[Fault, ...]]:
    facilities, candidates = asked.case.facilities, asked.candidates
    rules, short = list[Rule](), tuple[Fault, ...]()
    own = np.array([origin != "neighbour" for origin in facilities.origin], dtype=np.bool_)
    # Where facilities may close, they are counted once they are among the candidates.
    if table.per_area_at_least is not None and not asked.table.close_at_most:
        there = asked.existing[own[asked.existing]]
        rule, short = at_least_in_area(
            candidates.area_index, asked.case.areas.names, at_least=table.per_area_at_least,
            existing_area_index=facilities.area_index[there], allowed=allowed, kind=asked.kind,
        )  # fmt: skip
        rules.append(rule)
    if table.spacing_m is not None:
        existing = facilities.xy_m[asked.existing]
        rules.append(apart(candidates.xy_m, metres=table.spacing_m, existing_xy_m=existing))
    for tenure, at_most in table.tenure_at_most.items():
        kind = meaning(tenure, "tenure") or tenure
        group = np.array(
            [kind in (own_kind, own) for own_kind, own in
             zip(candidates.tenure_kind, candidates.tenure, strict=True)], dtype=np.bool_,
        )  # fmt: skip
        rules.append(at_most_of(group, at_most=at_most, name=tenure))
    if table.lead:
        rules.append(_lead(asked, table))
    return rules, short


def per_area_with_moves(
    asked: Asked, problem: SitingProblem, movable: NDArray[np.int64]
) -> SitingProblem:
    """Return a question in which facilities may close with its rules of so many per area.

    Parameters
    ----------
    asked, problem
        The question; its last candidates are the facilities that may close.
    movable
        Rows of these facilities.
    """
    rules, short = list(problem.rules), list(problem.shortfalls)
    there = asked.case.facilities.area_index[movable]
    for table in asked.table.rule:
        if table.per_area_at_least is not None:
            rule, more = at_least_in_area(
                np.concatenate([asked.candidates.area_index, there]), asked.case.areas.names,
                at_least=table.per_area_at_least, existing_area_index=there[:0],
                allowed=problem.allowed, kind=asked.kind,
            )  # fmt: skip
            rules += [rule] if rule.n_rows else []
            short += [_as_it_stands(fault, asked, there) for fault in more]
    return problem.having(rules=tuple(rules), shortfalls=tuple(short))


def _as_it_stands(fault: Fault, asked: Asked, there: NDArray[np.int32]) -> Fault:
    """Return a shortfall that tells facilities that may close from new candidates."""
    area = asked.case.areas.names.index(str(fault.values["area"]))
    n = int(np.count_nonzero(there == area))
    values = {**fault.values, "there": n, "candidates": int(str(fault.values["candidates"])) - n}
    return replace(fault, values=values)


def _lead(asked: Asked, table: RuleTable) -> Rule:
    """Return the rule that a centre within reach leads each site."""
    from quarterhour.siting.tiers import lead_rule

    case, facilities = asked.case, asked.case.facilities
    kind = meaning(table.lead, "kind") or table.lead
    rows = facilities.rows_of(kind)
    if not len(rows):
        raise InputError(Fault("siting.no_centres", {"kind": table.lead}))
    minutes = table.lead_minutes or case.minutes[-1]
    xy = asked.candidates.xy_m
    # Which centre is within reach of a site: the same walk as a resident's to the site.
    found = _to_centres(case, rows, xy, minutes)
    order = np.lexsort((found.sources(), found.indices))
    indptr = np.concatenate([[0], np.cumsum(np.bincount(found.indices, minlength=len(xy)))])
    led = _led_today(asked, rows, minutes)
    return lead_rule(
        indptr.astype(np.int64), found.sources()[order].astype(np.int64),
        room=np.maximum(table.lead_at_most - led, 0),
        centre_ids=tuple(facilities.ids[row] for row in rows),
        new_centre=np.zeros(len(rows), dtype=np.bool_), at_most_new=0,
        at_most=table.lead_at_most,
    )  # fmt: skip


def _led_today(asked: Asked, centres: NDArray[np.int64], minutes: float) -> NDArray[np.int64]:
    """Return how many facilities of the kind each centre leads today: the nearest one does."""
    stations = asked.existing
    table = _to_centres(asked.case, centres, stations, minutes)
    nearest = table.nearest()[1]
    return np.bincount(nearest[nearest >= 0], minlength=len(centres)).astype(np.int64)


def _to_centres(
    case: Case, centres: NDArray[np.int64], to: NDArray[np.generic], minutes: float
) -> ReachTable:
    """Return milliseconds between centres and places: rows of facilities, or positions (n, 2)."""
    limit_ms = case.walker.limit_ms(minutes)
    if case.walker.straight:
        xy = case.facilities.xy_m
        there = xy[to.astype(np.int64)] if to.ndim == 1 else to.astype(np.float64)
        return straight_times(xy[centres], there, limit_ms)
    if to.ndim == 1:
        places = case.places.take_places(to.astype(np.int64))
    else:
        xy = to.astype(np.float64)
        places = snap(case.paced, xy, max_snap_m=case.max_snap_m, public_only=True)
    return walking_times(
        case.paced, case.places.take_places(centres), places, limit_ms=limit_ms,
        direction=case.direction,
    )  # fmt: skip


def _capacity(asked: Asked, world: World) -> Capacity:
    """Return rooms in people of the lead group; unknown ones take whoever comes, and say so."""
    supply, kind, case = asked.study.supply, asked.kind, asked.case
    per_place = by_kind(supply.turns).get(kind, 1.0) / by_kind(supply.need).get(kind, 1.0)
    everybody = float(world.people.sum())
    places = asked.candidates.capacity
    if asked.table.places is not None:
        places = np.where(np.isnan(places), asked.table.places, places)
    rows = asked.existing
    there = case.facilities.capacity[rows]
    for key, known in (("siting.capacity_of_candidates", places), ("siting.capacity_today", there)):
        unknown = int(np.isnan(known).sum())
        if unknown:
            asked.doubts.append(Fault(key, {"count": unknown, "of": len(known)}))
    reach = case.reach
    within = reach.ms <= case.limit_ms
    before = np.concatenate([[0], np.cumsum(within, dtype=np.int64)])
    ends = before[reach.indptr]
    parts = [np.arange(ends[row], ends[row + 1]) for row in rows.tolist()]
    some = reach.indices[within].astype(np.int32)
    return Capacity(
        of_candidate=np.where(np.isnan(places), everybody, places * per_place),
        of_existing=np.where(np.isnan(there), everybody, there * per_place),
        existing_indptr=np.concatenate([[0], np.cumsum([len(p) for p in parts])]).astype(np.int64),
        existing_indices=some[np.concatenate(parts)] if parts else some[:0],
        existing_ids=tuple(case.facilities.ids[row] for row in rows),
    )  # fmt: skip


def _robust(table: SitingTable, world: World, worlds: tuple[World, ...]) -> Robust:
    scenarios = []
    for one in (replace(world, name="base"), *worlds):
        indptr, indices = one.covers()
        scenarios.append(Scenario(
            name=one.name, chance=1, covers_indptr=indptr, covers_indices=indices,
            weight=one.people, already=one.already,
        ))  # fmt: skip
    worst = table.robust == "worst"
    return Robust(aim="worst" if worst else "expected", scenarios=tuple(scenarios))


def posed_elsewhere(asked: Asked, problem: SitingProblem, world: World) -> SitingProblem:
    """Return the same question asked in another world."""
    indptr, indices = world.covers()
    times = problem.times
    other: Mapping[str, object] = {}
    if times is not None and problem.question in ("least_walking", "shortest_longest"):
        other = {"times": replace(
            times, indptr=world.reach.indptr.astype(np.int64), indices=world.reach.indices,
            ms=world.reach.ms, cap_ms=world.reach.limit_ms,
            existing_ms=np.minimum(world.existing_ms, world.reach.limit_ms),
        )}  # fmt: skip
    else:
        other = {"times": None}
    return problem.having(
        covers_indptr=indptr, covers_indices=indices, weight=world.people,
        already=world.already, merit=_merit(asked.table, world, []), limit_ms=world.limit_ms,
        capacity=None, years=None, robust=None, **other,
    )  # fmt: skip
