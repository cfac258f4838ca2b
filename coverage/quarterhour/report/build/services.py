"""Tables of services: coverage by tier, and by kinds that the study counts together."""

from dataclasses import replace

import numpy as np

from quarterhour.cover.assess import time_quantiles
from quarterhour.cover.services import TIER, Services
from quarterhour.findings import Findings
from quarterhour.report.build.cover import beyond_column, limit_columns
from quarterhour.report.columns import (
    Cell,
    Column,
    Table,
    clean_text,
    column_of,
    joined_notes,
    number,
)
from quarterhour.report.withheld import area_label, spoken, with_note
from quarterhour.wording import label, minutes
from quarterhour.words import Language, Words

_STEM = "services"
_COMPARED = ("by_group", "policy_walk", "policy_radius")


def services_table(findings: Findings, language: Language) -> Table:
    """Return one row per tier and combination: people of the lead group within each limit.

    Parameters
    ----------
    findings, language
        What to show, and in which language. Without services the table has no rows.
    """
    found, coverage = findings.measured.services, findings.coverage
    columns = [
        column_of(language, "service", stem=_STEM), column_of(language, "form", stem=_STEM),
        column_of(language, "kinds", stem=_STEM),
        column_of(language, "facilities", "count", unit="places"),
        column_of(language, "inferred", "count", unit="places", stem=_STEM),
        column_of(language, "areas_with", "count", unit="areas"),
        column_of(language, "share_areas", "share"),
        *limit_columns(language, coverage.minutes), column_of(language, "share", "share"),
        *(column_of(language, f"share_{w}", "share") for w in _COMPARED),
        beyond_column(language, coverage.minutes),
        column_of(language, "no_street", "count", unit="people"),
        column_of(language, "median_min", "minutes", unit="min"),
        column_of(language, "p90_min", "minutes", unit="min"),
    ]  # fmt: skip
    rows = [] if found is None else [
        _row(findings, found, s, language) for s in range(len(found.names))
    ]  # fmt: skip
    return _table(findings, language, "services", columns, rows, totals=True)


def _row(findings: Findings, found: Services, s: int, language: Language) -> tuple[Cell, ...]:
    coverage, key = found.coverage, found.coverage.kinds[s]
    rows, areas = found.facilities_of(s), findings.facilities.area_index
    with_one = len(np.unique(areas[rows][areas[rows] >= 0]))
    g = coverage.groups.index(coverage.lead_group)
    total = float(coverage.residents[:, g].sum())
    within = [float(coverage.people(key, minutes=m).sum()) for m in coverage.minutes]
    no_street = float(coverage.no_street[0, :, g].sum())
    median, p90 = time_quantiles(coverage, findings.demand, key)
    compared = [
        coverage.share(key, walker=w) if w in coverage.walkers else float("nan") for w in _COMPARED
    ]
    return (
        service_name(found, s, language), Words(language)(f"services.v_{found.forms[s]}"),
        _kinds_text(findings, found, s, language), len(rows), found.inferred_of(s), with_one,
        with_one / len(findings.areas.names), *(number(w) for w in within), coverage.share(key),
        *compared, number(total - within[-1] - no_street), number(no_street),
        *(number(q / 60.0) if np.isfinite(q) else minutes(q, language) for q in (median, p90)),
    )  # fmt: skip


def services_areas_table(findings: Findings, language: Language) -> Table:
    """Return one row per tier or combination and area; within, beyond and no street add up.

    Parameters
    ----------
    findings, language
        As for :func:`services_table`; people are the lead group's, with the circle's walker.
    """
    found, coverage = findings.measured.services, findings.coverage
    columns = [
        column_of(language, "service", stem=_STEM), column_of(language, "form", stem=_STEM),
        column_of(language, "area"), column_of(language, "facilities", "count", unit="places"),
        column_of(language, "residents", "count", unit="people"),
        *limit_columns(language, coverage.minutes), beyond_column(language, coverage.minutes),
        column_of(language, "no_street", "count", unit="people"),
        column_of(language, "share", "share"),
    ]  # fmt: skip
    rows = [] if found is None else [
        row for s in range(len(found.names)) for row in _area_rows(findings, found, s, language)
    ]  # fmt: skip
    return _table(findings, language, "services_areas", columns, rows, totals=False)


def _area_rows(
    findings: Findings, found: Services, s: int, language: Language
) -> list[tuple[Cell, ...]]:
    coverage, key = found.coverage, found.coverage.kinds[s]
    g, n = coverage.groups.index(coverage.lead_group), len(findings.areas.names)
    lead, no_street = coverage.residents[:, g], coverage.no_street[0, :, g]
    within = [coverage.people(key, minutes=m) for m in coverage.minutes]
    index = findings.facilities.area_index[found.facilities_of(s)]
    places = np.bincount(np.where(index < 0, n, index), minlength=n + 1)
    share = np.divide(within[-1], lead, out=np.full(n + 1, np.nan), where=lead > 0)
    said = spoken(share.tolist(), found.cannot_say[s], language)
    head = service_name(found, s, language), Words(language)(f"services.v_{found.forms[s]}")
    shown = n + bool(lead[n] > 0 or places[n] > 0)
    return [
        (*head, area_label(findings, a, language), int(places[a]), number(lead[a]),
         *(number(w[a]) for w in within), number(lead[a] - within[-1][a] - no_street[a]),
         number(no_street[a]), said[a])
        for a in range(shown)
    ]  # fmt: skip


def service_name(found: Services, service: int, language: Language) -> str:
    """Return the name of a tier, or of a combination as the study calls it."""
    name = found.names[service]
    if found.forms[service] == TIER:
        return Words(language)(f"facility.tier_{name}")
    return clean_text(name)


def _kinds_text(findings: Findings, found: Services, s: int, language: Language) -> str:
    """Return the kinds of a combination as asked for, or those that stand in a tier."""
    kinds = found.asked[s] or tuple(
        dict.fromkeys(findings.facilities.kinds[row] for row in found.facilities_of(s).tolist())
    )
    return Words(language)("report.join").join(
        clean_text(label(kind, "kind", language)) for kind in kinds
    )


def _table(
    findings: Findings,
    language: Language,
    key: str,
    columns: list[Column],
    rows: list[tuple[Cell, ...]],
    *,
    totals: bool,
) -> Table:
    words, coverage, found = Words(language), findings.coverage, findings.measured.services
    values = {
        "minutes": coverage.minutes[-1],
        "group": label(coverage.lead_group, "group", language),
        "walker": clean_text(label(coverage.walkers[0], "walker", language)),
    }  # fmt: skip
    notes = [words(f"services.n_{key}", values)]
    table = Table(key, words(f"services.t_{key}"), "", tuple(columns), tuple(rows))
    if found is None:
        return replace(table, note=notes[0])
    if totals and found.inferred.any():
        notes.append(words("services.n_inferred", {"count": int(found.inferred.sum())}))
    if totals and found.tierless:
        notes.append(words("services.n_tierless", {"count": found.tierless}))
    table = replace(table, note=joined_notes(notes, language))
    kinds = [findings.facilities.kinds[row] for row in dict.fromkeys(found.rows.tolist())]
    return with_note(table, findings, language, kinds=kinds, totals=totals)
