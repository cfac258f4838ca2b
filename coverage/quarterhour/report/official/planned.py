"""The one table (一张表): what stays, what is planned already, and what the plan adds (table 3)."""

from collections.abc import Sequence

import numpy as np

from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.facilities import Facilities
from quarterhour.report.build.cover import area_name, served_by
from quarterhour.report.columns import Cell, Table, number
from quarterhour.report.official.parts import (
    STEM,
    beds,
    known,
    lacking,
    level,
    make_table,
    meals,
    own,
    summed,
)
from quarterhour.report.official.projects import site_remark, year_of_site
from quarterhour.report.official.reached import Reached, reached_by
from quarterhour.report.withheld import with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

# The guide's near term ends here (PLAN_DOCS 1.1).
NEAR_TERM = 2030
# The level at which a kind of facility stands by its own name.
_LEVELS = {
    "care_station": "community", "mutual_aid": "village", "nursing_centre": "district",
    "service_point": "neighbourhood",
}  # fmt: skip


def planned_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility that stays or closes, is planned already, or is recommended.

    People of a facility are those of the lead group within the longest limit to whom it is the
    nearest of its kind once the plan is built; over one kind they add up to the people covered.
    """
    words = Words(language)
    columns = [
        own(language, "no", "code"), own(language, "id", "code"), own(language, "name"),
        own(language, "kind"), own(language, "level"), own(language, "area"),
        own(language, "community"), own(language, "action", "code"), own(language, "land_use"),
        own(language, "land", "count", unit="m2"),
        own(language, "floor_area", "count", unit="m2"),
        own(language, "beds", "count", unit="beds"), own(language, "meals", "count", unit="meals"),
        own(language, "serves", "count", unit="people"),
        own(language, "gain", "count", unit="people"), own(language, "term"),
        own(language, "grounds"),
    ]  # fmt: skip
    reached = [reached_by(findings, found) for found in findings.plans]
    rows = [*_kept(findings, reached, language), *_known_plans(findings, language)]
    for found, whom in zip(findings.plans, reached, strict=True):
        rows += _sites(findings, found, whom, language)
    numbered: list[tuple[Cell, ...]] = [(n, *row) for n, row in enumerate(rows, start=1)]
    total: list[Cell] = [MISSING] * len(columns)
    total[0], total[2] = words("table.v_total"), words("table.v_places", {"count": len(rows)})
    for at in (9, 10, 11):
        total[at] = summed([row[at] for row in numbered], language)
    if len(findings.plans) == 1:
        total[14] = number(findings.plans[0].plan.people_gained)
    table = make_table(findings, language, "planned", columns, numbered, tuple(total))
    return with_note(table, findings, language, kinds=findings.coverage.kinds, totals=True)


def _kept(
    findings: Findings, reached: Sequence[Reached], language: Language
) -> list[tuple[Cell, ...]]:
    """Return the facilities of today; those that a plan closes say so."""
    words, f, served = Words(language), findings.facilities, served_by(findings)
    closed = {id_ for found in findings.plans if found.moves for id_ in found.moves.closed_ids}
    moved = {found.plan.kind for found in findings.plans if found.moves is not None}
    if not _twice(findings):
        for one in reached:
            served = served - one.taken
    return [
        (*_facility(findings, f, n, language, "closed" if f.ids[n] in closed else "kept"),
         MISSING if f.kinds[n] in moved else number(served[n]), MISSING,
         words(f"{STEM}.term_today"), MISSING)
        for n in range(len(f.ids))
    ]  # fmt: skip


def _known_plans(findings: Findings, language: Language) -> list[tuple[Cell, ...]]:
    """Return what the files name as planned; how it is built they do not say."""
    f = findings.planned()
    return [
        (*_facility(findings, f, n, language, ""), MISSING, MISSING,
         _term(int(f.year[n]) if np.isfinite(f.year[n]) else None, language),
         Words(language)(f"{STEM}.from_file", {"status": f.status[n] or lacking(language)}))
        for n in range(len(f.ids))
    ]  # fmt: skip


def _facility(
    findings: Findings, f: Facilities, n: int, language: Language, action: str
) -> tuple[Cell, ...]:
    capacity = float(f.capacity[n])
    return (
        f.ids[n], f.names[n], label(f.kinds[n], "kind", language), level(f.tier[n], language),
        area_name(findings, int(f.area_index[n]), language), lacking(language),
        Words(language)(f"{STEM}.act_{action}") if action else lacking(language),
        lacking(language), lacking(language), known(float(f.floor_area_m2[n]), language),
        beds(f.kinds[n], capacity, language), meals(findings, f.kinds[n], capacity, language),
    )  # fmt: skip


def _sites(
    findings: Findings, found: PlanFinding, reached: Reached, language: Language
) -> list[tuple[Cell, ...]]:
    words, plan, p, rows = Words(language), found.plan, found.premises, list[tuple[Cell, ...]]()
    twice = _twice(findings)
    for n, row in enumerate(found.chosen.tolist()):
        capacity = float(p.capacity[row])
        serves = float("nan") if twice else float(reached.nearest[n])
        rows.append((
            plan.site_ids[n], p.names[row], label(plan.kind, "kind", language),
            level(_LEVELS.get(plan.kind, ""), language),
            area_name(findings, int(p.area_index[row]), language), lacking(language),
            words(f"{STEM}.act_new"), lacking(language), lacking(language),
            known(float(p.floor_area_m2[row]), language), beds(plan.kind, capacity, language),
            meals(findings, plan.kind, capacity, language),
            number(serves) if np.isfinite(serves) else MISSING, number(plan.gain_people[n]),
            _term(year_of_site(found, n), language), site_remark(findings, found, n, language),
        ))  # fmt: skip
    return rows


def _twice(findings: Findings) -> bool:
    """Tell whether two questions are about one kind: then no one plan says whom its sites serve."""
    kinds = [found.plan.kind for found in findings.plans]
    return len(set(kinds)) < len(kinds)


def _term(year: int | None, language: Language) -> str:
    if year is None:
        return lacking(language)
    term = "near" if year <= NEAR_TERM else "far"
    return Words(language)(f"{STEM}.term_{term}", {"year": year})
