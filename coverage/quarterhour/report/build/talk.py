"""Tables of what else could be done: the frontier, near-best plans, an order, what rules cost."""

from collections.abc import Sequence

import numpy as np

from quarterhour.errors import Fault
from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.cover import yes_or_no
from quarterhour.report.columns import (
    Cell,
    Column,
    Table,
    clean_text,
    column_of,
    joined_notes,
    number,
)
from quarterhour.report.withheld import area_label
from quarterhour.siting.rulecost import ALL
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_STEM = "siteplan"
# Tables whose figures are in the plan's own aim.
_OF_AIM = ("frontier", "near_best", "order", "rules")
# What an objective is printed in: its unit of words, its kind, and by what it is divided.
_UNITS = {
    "people": ("people", "count", 1.0), "merit": ("merit", "count", 1.0),
    "people_years": ("people_years", "count", 1.0),
    "merit_years": ("merit_years", "count", 1.0), "sites": ("places", "count", 1.0),
    "money": ("yuan", "count", 1.0), "person_seconds": ("person_hours", "count", 3600.0),
    "seconds": ("min", "minutes", 60.0),
}  # fmt: skip


def aim_of(finding: PlanFinding) -> str:
    """Return what a plan is best at: its unit, or a word for people served, or in scenarios."""
    plan, weighed = finding.plan, bool(finding.table.weights)
    if plan.unit == "people_years":
        return "merit_years" if weighed else plan.unit
    if plan.robust is not None:
        return plan.robust.aim
    if plan.served is not None and plan.unit in ("people", "merit"):
        return "merit_served" if weighed else "served"
    return plan.unit


def printed_unit(found: PlanFinding) -> str:
    """Return the unit in which a plan's objective is printed; person-years may be weighed."""
    unit = found.plan.unit
    return "merit_years" if unit == "people_years" and found.table.weights else unit


def whole_plan(found: PlanFinding) -> tuple[str, ...]:
    """Return the sites of a plan, with the existing facilities that stay where some may close."""
    return found.plan.site_ids + (() if found.moves is None else found.moves.kept_ids)


def swapped(found: PlanFinding, ids: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what another plan leaves out of the recommended one, and what it has instead.

    Where facilities may close, one that closes in the other plan alone is left out, and one that
    stays in it alone stands instead.
    """
    own = whole_plan(found)
    free = () if found.moves is None else found.moves.may_stay_ids
    out = [site for site in own if site not in ids and site not in free]
    return out, [site for site in ids if site not in own]


def moves_only(found: PlanFinding, ids: Sequence[str]) -> bool:
    """Return whether another plan has the same new sites, and merely closes others."""
    offered = found.screening.candidates.ids
    return {site for site in ids if site in offered} == set(found.plan.site_ids)


def gain_today(found: PlanFinding, people_gained: float) -> float:
    """Return what another plan gains over today; a plan's own figures say so by themselves.

    Where facilities may close, the models count from those that must stay.
    """
    moves = found.moves
    if moves is None:
        return people_gained
    whole = found.talk.near_best.people_gained
    base = moves.people_after - (
        found.plan.objective if found.plan.unit == "people" or not len(whole) else float(whole[0])
    )
    return base + people_gained - moves.people_today


def objective_column(language: Language, key: str, unit: str) -> Column:
    """Return a column of objectives, bounds or losses of a unit of plans."""
    name, kind, _ = _UNITS[unit]
    return column_of(language, key, kind, unit=name, stem=_STEM)  # type: ignore[arg-type]


def unit_word(unit: str) -> str:
    """Return the word key of the unit in which objectives are printed."""
    return _UNITS[unit][0]


def objective_cell(value: float, unit: str, language: Language) -> Cell:
    """Return an objective, a bound or a loss as its column has it."""
    if np.isposinf(value):
        return Words(language)(f"{_STEM}.v_impossible")
    return number(value / _UNITS[unit][2])


def status_word(status: str, language: Language) -> str:
    """Return how sure something is, in words."""
    return Words(language)(f"talk.status_{status.replace(' ', '_')}")


def frontier_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return the best for each number of sites, or sum of money; no rows where left out.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    plan
        Number of the siting question, from 0.
    """
    found = findings.plans[plan]
    frontier = found.talk.frontier
    if frontier is None:
        return _nothing(found, language, "frontier")
    unit, by = frontier.unit, frontier.by
    limit = column_of(language, f"limit_{by}", "count", unit="places" if by == "sites" else "yuan",
                      stem=_STEM)  # fmt: skip
    columns = [
        limit, objective_column(language, "objective", unit),
        objective_column(language, "bound", unit),
        _own(language, "inside", "count", unit="people"), _own(language, "share", "share"),
        _own(language, "more", "count", unit="people"), _own(language, "status"),
        _own(language, "site_ids"),
    ]  # fmt: skip
    inside = frontier.people_inside
    more = np.diff(inside, prepend=found.plan.people_before)
    rows = [
        (int(frontier.limit[n]), objective_cell(frontier.objective[n], unit, language),
         objective_cell(frontier.bound[n], unit, language), number(inside[n]),
         number(frontier.share[n]), number(more[n]), status_word(frontier.status[n], language),
         _join(frontier.site_ids[n], language))
        for n in range(len(frontier.limit))
    ]  # fmt: skip
    ended = ended_text(frontier.ended, language)
    return _table(findings, found, language, "frontier", columns, rows, ended=ended)


def near_best_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return the best distinct plans, in order; ``plan`` as for :func:`frontier_table`."""
    found = findings.plans[plan]
    near, unit = found.talk.near_best, printed_unit(found)
    columns = [
        _own(language, "rank", "code"), objective_column(language, "objective", unit),
        objective_column(language, "loss", unit),
        _own(language, "gained", "count", unit="people"), _own(language, "without"),
        _own(language, "instead"), _own(language, "status"),
    ]  # fmt: skip
    rows = []
    for n, ids in enumerate(near.site_ids):
        out, new = swapped(found, ids)
        rows.append((
            n + 1, objective_cell(near.objective[n], unit, language),
            objective_cell(near.loss[n], unit, language),
            number(gain_today(found, float(near.people_gained[n]))),
            _join(out, language), _join(new, language), status_word(near.status[n], language),
        ))  # fmt: skip
    ended = ended_text(near.ended, language)
    return _table(findings, found, language, "near_best", columns, rows, ended=ended)


def order_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return the orders of building, step by step; ``plan`` as for :func:`frontier_table`."""
    words, found = Words(language), findings.plans[plan]
    frontier = found.talk.frontier
    unit = printed_unit(found) if frontier is None else frontier.unit
    columns = [
        _own(language, "order"), _own(language, "step", "code"), _own(language, "site_id", "code"),
        _own(language, "premises"), _own(language, "inside", "count", unit="people"),
        objective_column(language, "objective", unit), objective_column(language, "price", unit),
        _own(language, "keeps", "code"),
    ]  # fmt: skip
    names = dict(zip(found.screening.candidates.ids, found.screening.candidates.names, strict=True))
    rows = [
        (words(f"talk.order_{order.sites}"), n + 1, site, clean_text(names.get(site, site)),
         number(order.people_inside[n]), objective_cell(order.objective[n], unit, language),
         objective_cell(order.price[n], unit, language),
         yes_or_no(bool(order.keeps[n]), language))
        for order in found.talk.nested
        for n, site in enumerate(order.site_ids)
    ]  # fmt: skip
    return _table(findings, found, language, "order", columns, rows)


def rules_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return what each demand costs; ``plan`` as for :func:`frontier_table`."""
    words, found = Words(language), findings.plans[plan]
    shadow, unit = found.talk.shadow, printed_unit(found)
    columns = [
        _own(language, "rule"), _own(language, "instead_of_it"),
        objective_column(language, "objective", unit), objective_column(language, "cost", unit),
        _own(language, "status"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (words(shadow.said[n].key, shadow.said[n].values),
         words(shadow.change[n].key, shadow.change[n].values),
         objective_cell(shadow.objective[n], unit, language),
         objective_cell(shadow.loss[n], unit, language), status_word(shadow.status[n], language))
        for n in range(len(shadow.said))
    ]  # fmt: skip
    ended = ended_text(shadow.ended, language)
    return _table(findings, found, language, "rules", columns, rows, ended=ended)


def turned_down_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return what each rule for premises costs; ``plan`` as for :func:`frontier_table`.

    Years, places and scenarios are left aside there, so that the unit is that of a plain question.
    """
    words, found = Words(language), findings.plans[plan]
    unit = plain_unit(found)
    columns = [
        _own(language, "rule"), _own(language, "turned_down", "count", unit="places"),
        objective_column(language, "objective", unit), objective_column(language, "cost", unit),
        _own(language, "status"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (rule_name(cost.rule, language), cost.rejected,
         objective_cell(cost.objective_with, unit, language),
         objective_cell(cost.gain, unit, language), status_word(cost.status, language))
        for cost in found.rule_costs
    ]  # fmt: skip
    plan_of = found.plan
    aside = any(part is not None for part in (plan_of.phases, plan_of.served, plan_of.robust))
    ended = words(f"{_STEM}.plain_only") if aside or found.moves is not None else ""
    return _table(findings, found, language, "turned_down", columns, rows, ended=ended)


def plain_unit(found: PlanFinding) -> str:
    """Return the unit of the question without years, places and scenarios."""
    if found.plan.unit == "people_years":
        return "merit" if found.table.weights else "people"
    return found.plan.unit


def rule_name(rule: str, language: Language) -> str:
    """Return a rule for premises in words; ``all`` is all of them together."""
    return Words(language)(f"{_STEM}.{'v_all_rules' if rule == ALL else f'rule_{rule}'}")


def stability_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return what becomes of the plan under other assumptions; no rows where not asked.

    ``plan`` as for :func:`frontier_table`.
    """
    words, found = Words(language), findings.plans[plan]
    tried = found.stability
    if tried is None:
        return _nothing(found, language, "stability")
    unit = tried.unit or printed_unit(found)
    columns = [
        _own(language, "variant"), objective_column(language, "best", unit),
        objective_column(language, "kept", unit),
        _own(language, "sites_kept", "count", unit="places"), _own(language, "leaves"),
        _own(language, "enters"), _own(language, "status"),
    ]  # fmt: skip
    ids = np.array(found.plan.site_ids, object)
    rows = list[tuple[Cell, ...]]()
    for n, name in enumerate(tried.names):
        said = (variant_text(name, language), objective_cell(tried.best[n], unit, language))
        status = status_word(tried.status[n], language)
        if not np.isfinite(tried.best[n]):
            # Where there is no plan no site has left it.
            rows.append((*said, MISSING, MISSING, MISSING, MISSING, status))
            continue
        misses = np.isposinf(tried.kept[n])
        kept = words(f"{_STEM}.v_misses") if misses else objective_cell(
            tried.kept[n], unit, language
        )  # fmt: skip
        rows.append((
            *said, kept, int(tried.stays[n].sum()), _join(ids[~tried.stays[n]].tolist(), language),
            _join(tried.new_ids[n], language), status,
        ))  # fmt: skip
    plain = unit != found.plan.unit or (found.plan.served is not None and not tried.places)
    ended = words(f"{_STEM}.stability_plain") if plain else ""
    return _table(findings, found, language, "stability", columns, rows, ended=ended)


def unreachable_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return by area whom no candidate can bring inside; ``plan`` as for :func:`frontier_table`."""
    words, found = Words(language), findings.plans[plan]
    out = found.unreachable
    columns = [
        _own(language, "area"), _own(language, "out_of_reach", "count", unit="people"),
        _own(language, "nearest", "code"), _own(language, "nearest_minutes", "minutes", unit="min"),
    ]  # fmt: skip
    index, people = findings.demand.area_index, findings.demand.people_of(findings.lead_group)
    ids, rows = found.screening.candidates.ids, list[tuple[Cell, ...]]()
    for area, count in zip(out.area.tolist(), out.area_people.tolist(), strict=True):
        here = np.flatnonzero(out.mask & (index == area))
        # The candidate that is nearest to most of them, and how far its nearest home is.
        at = out.nearest_row[here]
        known = at >= 0
        site, walk = MISSING, float("inf")
        if known.any():
            votes = np.bincount(at[known], people[here][known])
            best = int(votes.argmax())
            site, walk = ids[best] if best < len(ids) else MISSING, float(
                np.median(out.nearest_s[here][at == best])
            )  # fmt: skip
        rows.append((
            area_label(findings, area if area >= 0 else len(findings.areas.names), language),
            number(count), site,
            number(walk / 60.0) if np.isfinite(walk) else words("number.over_an_hour"),
        ))  # fmt: skip
    total: tuple[Cell, ...] | None = None
    if rows:
        total = (words("table.v_total"), number(out.people), MISSING, MISSING)
    would = _limit_note(found, words)
    return _table(findings, found, language, "unreachable", columns, rows, total=total, ended=would)


def variant_text(name: str, language: Language) -> str:
    """Return what is different in a variant or scenario, in words."""
    words = Words(language)
    what, _, value = name.partition(" ")
    return words(f"{_STEM}.variant_{what or 'base'}", {"value": value})


def _limit_note(found: PlanFinding, words: Words) -> str:
    out = found.unreachable
    if not np.isfinite(out.limit_that_would_do_s):
        return ""
    minutes = int(np.ceil(out.limit_that_would_do_s / 60.0))
    return words(f"{_STEM}.limit_would_do", {"minutes": minutes})


def _own(language: Language, key: str, kind: str = "text", *, unit: str = "") -> Column:
    return column_of(language, key, kind, unit=unit, stem=_STEM)  # type: ignore[arg-type]


def _join(ids: Sequence[str], language: Language) -> str:
    return Words(language)("table.v_join_ids").join(ids) or MISSING


def _nothing(found: PlanFinding, language: Language, key: str) -> Table:
    words = Words(language)
    why = [words(fault.key, fault.values) for fault in found.talk.left_out]
    note = joined_notes(why, language) or words(f"{_STEM}.not_asked")
    return Table(key, words(f"{_STEM}.t_{key}", _kind(found, language)), note,
                 (_own(language, "status"),), ())  # fmt: skip


def _kind(found: PlanFinding, language: Language) -> dict[str, object]:
    return {"kind": clean_text(label(found.plan.kind, "kind", language))}


def ended_text(ended: Fault, language: Language) -> str:
    """Return why a list ends; that all is there which was asked for need not be said."""
    return "" if ended.key == "talk.ended_asked" else Words(language)(ended.key, ended.values)


def aim_note(found: PlanFinding, language: Language) -> str:
    """Return what an objective counts where its unit does not say so."""
    key = f"{_STEM}.aim_{aim_of(found)}"
    return Words(language)(key) if Words(language).has(key) else ""


def as_sentence(said: str, language: Language) -> str:
    """Return a remark as a sentence."""
    if not said or said[-1] in "。.":
        return said
    return f"{said}。" if language == "zh" else f"{said[:1].upper()}{said[1:]}."


def _table(
    findings: Findings,
    found: PlanFinding,
    language: Language,
    key: str,
    columns: list[Column],
    rows: Sequence[tuple[Cell, ...]],
    *,
    total: tuple[Cell, ...] | None = None,
    ended: str = "",
) -> Table:
    words, coverage = Words(language), findings.coverage
    values = _kind(found, language) | {
        "minutes": coverage.minutes[-1], "group": label(coverage.lead_group, "group", language),
    }  # fmt: skip
    aim = aim_note(found, language) if key in _OF_AIM else ""
    said = [words(f"{_STEM}.n_{key}", values), aim, as_sentence(ended, language)]
    note = joined_notes(said, language)
    title = words(f"{_STEM}.t_{key}", values)
    return Table(key, title, note, tuple(columns), tuple(rows), total)
