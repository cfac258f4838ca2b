"""Tables of what not every plan has: years, places, scenarios, closed facilities, centres."""

from collections.abc import Sequence

import numpy as np

from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.cover import area_name, known
from quarterhour.report.build.talk import variant_text
from quarterhour.report.columns import (
    Cell,
    Column,
    Table,
    clean_text,
    column_of,
    joined_notes,
    number,
)
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_STEM = "siteplan"


def schedule_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return one row per year: what opens, what it costs, whom it reaches; none without years.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    plan
        Number of the siting question, from 0.
    """
    words, found = Words(language), findings.plans[plan]
    phases = found.plan.phases
    if phases is None:
        return _nothing(found, language, "schedule")
    money = phases.budget is not None and phases.money_left is not None
    columns = [
        _own(language, "year", "code"), _own(language, "site_ids"),
        _own(language, "open", "count", unit="places"),
        *([_own(language, "budget", "count", unit="yuan")] if money else []),
        _own(language, "build", "count", unit="yuan"),
        _own(language, "running", "count", unit="yuan"),
        *([_own(language, "left", "count", unit="yuan")] if money else []),
        _own(language, "gained", "count", unit="people"), _own(language, "share", "share"),
    ]  # fmt: skip
    ids = np.array(found.plan.site_ids, object)
    rows = list[tuple[Cell, ...]]()
    for n, year in enumerate(phases.years):
        gained = float(phases.people_by_year[n])
        budget: list[Cell] = []
        left: list[Cell] = []
        if phases.budget is not None and phases.money_left is not None:
            budget, left = [int(phases.budget[n])], [int(phases.money_left[n])]
        rows.append((
            str(year), _join(ids[phases.opens == n].tolist(), language),
            int((phases.opens <= n).sum()), *budget, int(phases.build_spent[n]),
            int(phases.running_spent[n]), *left, number(gained), _share(found, gained),
        ))  # fmt: skip
    spent: list[Cell] = [int(phases.build_spent.sum()), int(phases.running_spent.sum())]
    brought: list[Cell] = [] if phases.budget is None else [int(phases.budget.sum())]
    total: tuple[Cell, ...] = (
        words("table.v_total"), MISSING, MISSING, *brought, *spent,
        *([MISSING] if brought else []), MISSING, MISSING,
    )  # fmt: skip
    carried = words(f"{_STEM}.carry_{'over' if phases.carry_over else 'lost'}") if money else ""
    values = {"people": f"{phases.unphased_people:,.0f}"}
    unphased = words(f"{_STEM}.n_unphased", values)
    return _table(findings, found, language, "schedule", columns, rows, total=total,
                  more=[carried, unphased])  # fmt: skip


def relief_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return one row per existing facility: its places, and who is turned away before and after.

    Empty without places; ``plan`` as for :func:`schedule_table`.
    """
    found = findings.plans[plan]
    served = found.plan.served
    if served is None:
        return _nothing(found, language, "relief")
    columns = [
        _own(language, "facility_id", "code"), _own(language, "facility"), _own(language, "area"),
        _own(language, "reach", "count", unit="people"),
        _own(language, "capacity", "count", unit="people"),
        _own(language, "away_before", "count", unit="people"),
        _own(language, "away_after", "count", unit="people"),
        _own(language, "relieved", "count", unit="people"),
    ]  # fmt: skip
    facilities = findings.facilities
    row_of = {one: row for row, one in enumerate(facilities.ids)}
    rows = list[tuple[Cell, ...]]()
    for one in sorted(served.relief, key=lambda r: (-r.away_before, row_of[r.facility_id])):
        row = row_of[one.facility_id]
        unknown = np.isnan(facilities.capacity[row])
        rows.append((
            one.facility_id, clean_text(facilities.names[row]),
            area_name(findings, int(facilities.area_index[row]), language), number(one.reach),
            known(float("nan") if unknown else one.capacity, language), number(one.away_before),
            number(one.away_after), number(one.away_before - one.away_after),
        ))  # fmt: skip
    return _table(findings, found, language, "relief", columns, rows)


def scenarios_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return one row per scenario: people inside before and after; none where not asked.

    ``plan`` as for :func:`schedule_table`.
    """
    found = findings.plans[plan]
    robust = found.plan.robust
    if robust is None:
        return _nothing(found, language, "scenarios")
    columns = [
        _own(language, "variant"), _own(language, "chance", "share"),
        _own(language, "inside_before", "count", unit="people"),
        _own(language, "gained", "count", unit="people"),
        _own(language, "inside", "count", unit="people"), _own(language, "share_before", "share"),
        _own(language, "share", "share"),
    ]  # fmt: skip
    parts = float(sum(robust.chances))
    rows = list[tuple[Cell, ...]]()
    for n, name in enumerate(robust.names):
        people, before = float(robust.people_total[n]), float(robust.people_before[n])
        gained = float(robust.people_gained[n])
        rows.append((
            variant_text(name, language), robust.chances[n] / parts, number(before),
            number(gained), number(before + gained), _of(before, people),
            _of(before + gained, people),
        ))  # fmt: skip
    return _table(findings, found, language, "scenarios", columns, rows)


def moves_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return what closes, what is new and what may close and stays; none where not asked.

    ``plan`` as for :func:`schedule_table`.
    """
    words, found = Words(language), findings.plans[plan]
    moves = found.moves
    if moves is None:
        return _nothing(found, language, "moves")
    columns = [
        _own(language, "what"), _own(language, "site_id", "code"), _own(language, "premises"),
        _own(language, "area"),
    ]  # fmt: skip
    facilities, premises = findings.facilities, found.premises
    rows = list[tuple[Cell, ...]]()
    # What stays is a long list and no news.
    for what, ids, of in (
        ("closed", moves.closed_ids, facilities),
        ("new", moves.new_ids, premises),
    ):
        for one in ids:
            row = of.ids.index(one)
            area = area_name(findings, int(of.area_index[row]), language)
            rows.append((words(f"{_STEM}.what_{what}"), one, clean_text(of.names[row]), area))
    values = {
        "kept": len(moves.kept_ids), "today": f"{moves.people_today:,.0f}",
        "after": f"{moves.people_after:,.0f}", "lost": f"{moves.people_lost:,.0f}",
        "gained": f"{moves.people_gained:,.0f}",
    }  # fmt: skip
    more = [words(f"{_STEM}.n_moved", values)]
    if moves.may_stay_ids:
        stay = {"ids": _join(moves.may_stay_ids, language)}
        more.append(words(f"{_STEM}.n_may_stay", stay))
    return _table(findings, found, language, "moves", columns, rows, more=more)


def led_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return which centre leads which site, a row per centre; none without two tiers.

    ``plan`` as for :func:`schedule_table`.
    """
    words, found = Words(language), findings.plans[plan]
    led = found.plan.led
    if led is None:
        return _nothing(found, language, "led")
    columns = [
        _own(language, "centre", "code"), _own(language, "facility"), _own(language, "area"),
        _own(language, "leads", "count", unit="places"), _own(language, "site_ids"),
    ]  # fmt: skip
    facilities, rows = findings.facilities, list[tuple[Cell, ...]]()
    for centre in dict.fromkeys(led.centre_ids):
        pairs = zip(found.plan.site_ids, led.centre_ids, strict=True)
        sites = [site for site, by in pairs if by == centre]
        row = facilities.ids.index(centre) if centre in facilities.ids else -1
        name = clean_text(facilities.names[row]) if row >= 0 else words(f"{_STEM}.new_centre")
        area = int(facilities.area_index[row]) if row >= 0 else -1
        where = area_name(findings, area, language) if row >= 0 else MISSING
        rows.append((centre, name, where, len(sites), _join(sites, language)))
    return _table(findings, found, language, "led", columns, rows)


def _share(found: PlanFinding, gained: float) -> float:
    return _of(found.plan.people_before + gained, found.plan.people_total)


def _of(part: float, people: float) -> float:
    return number(part / people) if people > 0 else float("nan")


def _own(language: Language, key: str, kind: str = "text", *, unit: str = "") -> Column:
    return column_of(language, key, kind, unit=unit, stem=_STEM)  # type: ignore[arg-type]


def _join(ids: Sequence[str], language: Language) -> str:
    return Words(language)("table.v_join_ids").join(ids) or MISSING


def _nothing(found: PlanFinding, language: Language, key: str) -> Table:
    words = Words(language)
    kind = {"kind": clean_text(label(found.plan.kind, "kind", language))}
    title = words(f"{_STEM}.t_{key}", kind)
    return Table(key, title, words(f"{_STEM}.not_asked"), (_own(language, "status"),), ())


def _table(
    findings: Findings,
    found: PlanFinding,
    language: Language,
    key: str,
    columns: list[Column],
    rows: Sequence[tuple[Cell, ...]],
    *,
    total: tuple[Cell, ...] | None = None,
    more: Sequence[str] = (),
) -> Table:
    words, coverage = Words(language), findings.coverage
    values = {
        "kind": clean_text(label(found.plan.kind, "kind", language)),
        "minutes": coverage.minutes[-1], "group": label(coverage.lead_group, "group", language),
    }  # fmt: skip
    note = joined_notes([words(f"{_STEM}.n_{key}", values), *more], language)
    title = words(f"{_STEM}.t_{key}", values)
    return Table(key, title, note, tuple(columns), tuple(rows), total)
