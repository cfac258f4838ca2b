"""The one list (一张清单): what is built in which year, for how much, and why there (table 4)."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.cover import area_name
from quarterhour.report.build.talk import objective_cell, printed_unit, swapped, unit_word
from quarterhour.report.columns import Cell, Column, Table, cell_text, number
from quarterhour.report.official.parts import STEM, lacking, make_table, money, own, summed
from quarterhour.report.official.reached import Reached, reached_by
from quarterhour.report.official.reasons import confidence, why_here
from quarterhour.report.withheld import with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_LIST = (
    "no", "project", "place", "nature", "scale", "invest", "funds", "responsible", "year",
    "progress", "remark",
)  # fmt: skip


def project_table(findings: Findings, language: Language) -> Table:
    """Return the list of projects with the columns of planning documents (table 4)."""
    table = annual_table(findings, language).only(*_LIST)
    words = Words(language)
    note = words(f"{STEM}.n_projects")
    return replace(table, key="official_projects", title=words(f"{STEM}.t_projects"), note=note)


def annual_table(findings: Findings, language: Language) -> Table:
    """Return the list of projects by year, with people gained, money, reasons and confidence.

    Sites of all questions stand in it, by year and then in building order; each year that has more
    than one row or is one of several has a subtotal.
    """
    words, groups = Words(language), findings.coverage.groups
    columns = _columns(findings, language)
    entries = [
        (year_of_site(found, n), plan, n)
        for plan, found in enumerate(findings.plans) for n in range(len(found.chosen))
    ]  # fmt: skip
    entries.sort(key=lambda entry: (entry[0] is None, entry[0] or 0))
    reached = [reached_by(findings, found) for found in findings.plans]
    rows, subtotals, sites = list[tuple[Cell, ...]](), list[int](), list[tuple[Cell, ...]]()
    years = {entry[0] for entry in entries}
    for year, of_year in groupby(entries, key=lambda entry: entry[0]):
        made = [
            _row(findings, plan, n, reached[plan], len(sites) + at, language)
            for at, (_, plan, n) in enumerate(of_year, start=1)
        ]
        rows += made
        sites += made
        if len(years) > 1:
            name = words(f"{STEM}.of_year", {"year": year or lacking(language)})
            subtotals.append(len(rows))
            rows.append(_sums(columns, made, name, findings, language))
    total = _sums(columns, sites, words("table.v_total"), findings, language)
    table = make_table(findings, language, "annual", columns, rows, total,
                       subtotals=tuple(subtotals), values={"groups": len(groups)})  # fmt: skip
    kinds = tuple(dict.fromkeys(found.plan.kind for found in findings.plans))
    return with_note(table, findings, language, kinds=kinds, totals=True)


def _columns(findings: Findings, language: Language) -> list[Column]:
    gains = [
        own(language, f"gain_{group}", "count", unit="people", word="gain_of",
            values={"group": label(group, "group", language)})
        for group in findings.coverage.groups
    ]  # fmt: skip
    return [
        own(language, "no", "code"), own(language, "year", "code"), own(language, "id", "code"),
        own(language, "project"), own(language, "area"), own(language, "kind"),
        own(language, "premises"), own(language, "place"), own(language, "nature", "code"),
        own(language, "scale"), *gains, own(language, "invest", "money", unit="wan"),
        own(language, "yearly", "money", unit="wan"),
        own(language, "per_person", "count", unit="yuan"), own(language, "why"),
        own(language, "runner_up"), own(language, "loss"), own(language, "confidence"),
        own(language, "progress"), own(language, "funds"), own(language, "responsible"),
        own(language, "remark"),
    ]  # fmt: skip


def _row(
    findings: Findings, plan: int, n: int, reached: Reached, no: int, language: Language
) -> tuple[Cell, ...]:
    words, found = Words(language), findings.plans[plan]
    p, row = found.premises, int(found.chosen[n])
    area, kind = area_name(findings, int(p.area_index[row]), language), found.plan.kind
    once = float(found.costs[n])
    yearly = float(found.costs_at(found.chosen, yearly=True)[n])
    gain, name = float(found.plan.gain_people[n]), label(kind, "kind", language)
    year = year_of_site(found, n)
    return (
        no, lacking(language) if year is None else str(year), found.plan.site_ids[n],
        words(f"{STEM}.project", {"premises": p.names[row], "kind": name}), area, name,
        p.names[row], _place(area, p.address[row], p.names[row], language),
        words(f"{STEM}.act_new"), _scale(findings, found, n, language),
        *(number(v) if np.isfinite(v) else MISSING for v in reached.gained[n].tolist()),
        money(once, language), money(yearly, language),
        _per_person(once, gain, language),
        why_here(findings, found, n, language), _runner_up(found, n, language),
        _loss(found, n, language), confidence(found, n, language),
        words(f"{STEM}.progress_idea"), lacking(language), lacking(language),
        site_remark(findings, found, n, language),
    )  # fmt: skip


def _sums(
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    name: str,
    findings: Findings,
    language: Language,
) -> tuple[Cell, ...]:
    """Return the sums of some sites: people only where one question asks, else they overlap."""
    keys = [column.key for column in columns]
    cells: list[Cell] = [MISSING] * len(keys)
    cells[0] = name
    cells[keys.index("project")] = Words(language)("table.v_places", {"count": len(rows)})
    one = len(findings.plans) == 1
    summing = [k for k in keys if k.startswith("gain_") and one] + ["invest", "yearly"]
    for key in summing:
        at = keys.index(key)
        cells[at] = summed([row[at] for row in rows], language) if rows else MISSING
    spent, gained = (cells[keys.index(k)] for k in ("invest", f"gain_{findings.lead_group}"))
    if not isinstance(spent, str) and not isinstance(gained, str) and gained >= 0.5:
        cells[keys.index("per_person")] = number(1e4 * spent / gained)
    elif isinstance(spent, str) and spent != MISSING:
        cells[keys.index("per_person")] = spent
    return tuple(cells)


def year_of_site(found: PlanFinding, n: int) -> int | None:
    """Return the year in which a site opens; ``None`` where the question has no years."""
    phases = found.plan.phases
    return None if phases is None else phases.years[int(phases.opens[n])]


def _per_person(once: float, gain: float, language: Language) -> Cell:
    """Return what a person gained costs once; a dash where nobody is gained."""
    if not np.isfinite(once):
        return lacking(language)
    return number(once / gain) if gain >= 0.5 else MISSING


def _place(area: str, address: str, name: str, language: Language) -> str:
    return Words(language)(f"{STEM}.place", {"area": area, "where": address or name})


def _scale(findings: Findings, found: PlanFinding, n: int, language: Language) -> str:
    """Return size and content of a project, as far as the premises say them."""
    words, p, row = Words(language), found.premises, int(found.chosen[n])
    area, capacity = float(p.floor_area_m2[row]), float(p.capacity[row])
    said = [words(f"{STEM}.scale_floor", {
        "floor": f"{area:,.0f}" if np.isfinite(area) else lacking(language)})]  # fmt: skip
    if np.isfinite(capacity):
        said.append(words(f"{STEM}.scale_places", {"count": f"{capacity:,.0f}"}))
    values = {"group": label(findings.lead_group, "group", language),
              "gain": f"{found.plan.gain_people[n]:,.0f}"}  # fmt: skip
    said.append(words(f"{STEM}.scale_gain", values))
    return words("table.v_join_sentences").join(said)


def _runner_up(found: PlanFinding, n: int, language: Language) -> str:
    others = swapped(found, found.plan.runner_up[n])[1]
    names = dict(zip(found.screening.candidates.ids, found.screening.candidates.names, strict=True))
    words = Words(language)
    said = [
        words(f"{STEM}.named", {"id": one, "name": names[one]}) if names.get(one) else one
        for one in others
    ]
    return words("table.v_join_ids").join(said) or MISSING


def _loss(found: PlanFinding, n: int, language: Language) -> str:
    """Return what the best plan without a site lacks, with its unit."""
    words, unit = Words(language), printed_unit(found)
    if found.plan.veto_status[n] == "must":
        return words("table.v_must")
    cell = objective_cell(float(found.plan.loss_if_vetoed[n]), unit, language)
    if isinstance(cell, str):
        return cell
    name, form = unit_word(unit), "minutes" if unit == "seconds" else "count"
    key = f"siteplan.u_{name}" if words.has(f"siteplan.u_{name}") else f"table.u_{name}"
    value = cell_text(cell, Column("loss", "", form))  # type: ignore[arg-type]
    return words(f"{STEM}.amount", {"value": value, "unit": words(key)})


def site_remark(findings: Findings, found: PlanFinding, n: int, language: Language) -> str:
    """Return what one must know of a site: whose rooms, how they are used, what is to be verified.

    Parameters
    ----------
    findings, found
        The study, and the plan of the site.
    n
        Place of the site in building order, from 0.
    language
        Language of the text.
    """
    words, candidates = Words(language), found.screening.candidates
    at, row = int(found.plan.chosen[n]), int(found.chosen[n])
    said = list[str]()
    if candidates.generated[at]:
        said.append(words(f"{STEM}.on_street"))
    else:
        use = candidates.occupancy[at]
        values = {"tenure": found.premises.tenure[row] or lacking(language),
                  "use": words(f"siteplan.use_{use}") if use else lacking(language)}  # fmt: skip
        said.append(words(f"{STEM}.rooms", values))
    if found.plan.led is not None and found.plan.led.centre_ids[n]:
        said.append(words(f"{STEM}.led", {"centre": found.plan.led.centre_ids[n]}))
    said += [words(fault.key, fault.values).rstrip("。.") for fault in candidates.to_verify[at]]
    if findings.cannot_say(found.plan.kind)[int(found.premises.area_index[row])]:
        said.append(words("table.v_site_cannot_say").rstrip("。."))
    return words("table.v_join_sentences").join(said)
