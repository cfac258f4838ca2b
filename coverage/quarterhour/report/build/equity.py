"""Tables of equity: areas, age groups and Gini indices by kind, and zones."""

import math

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.equity import Equity
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.report.columns import Cell, Table, clean_text, column_of, joined_notes, number
from quarterhour.report.withheld import area_label, with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_STEM = "equity"
_PACES = ("same_pace", "own_pace")


def equity_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind: least and best covered area, both Gini indices, and the oldest.

    Parameters
    ----------
    findings, language
        What to show, and in which language; shares are within the longest limit.
    """
    found, words = findings.measured.equity, Words(language)
    groups = [g for g in (found.lead, found.oldest) if g] if found.oldest else []
    columns = [
        column_of(language, "kind"),
        column_of(language, "worst_area", stem=_STEM),
        column_of(language, "worst_share", "share", stem=_STEM),
        column_of(language, "best_area", stem=_STEM),
        column_of(language, "best_share", "share", stem=_STEM),
        # Points have one decimal, as minutes have.
        column_of(language, "gap", "minutes", unit="points", stem=_STEM),
        column_of(language, "gini_areas", "number", stem=_STEM),
        column_of(language, "gini_access", "number", stem=_STEM),
        column_of(language, "access_unknown", "count", unit="people", stem=_STEM),
        *(
            column_of(language, f"{pace}_{g}", "share", word=pace, stem=_STEM,
                      values={"group": label(g, "group", language)})
            for pace in _PACES for g in groups
        ),
    ]  # fmt: skip
    rows = [_row(findings, found, k, language) for k in range(len(found.kinds))]
    values = _values(findings, language)
    notes = [words("equity.n_equity", values)]
    notes += [words("equity.n_oldest", values)] if groups else []
    note = joined_notes(notes, language)
    table = Table("equity", words("equity.t_equity"), note, tuple(columns), tuple(rows))
    return with_note(table, findings, language, kinds=found.kinds, totals=True)


def _row(findings: Findings, found: Equity, k: int, language: Language) -> tuple[Cell, ...]:
    kind, cells = found.kinds[k], list[Cell]()
    for area in (int(found.worst[k]), int(found.best[k])):
        cells += [area_label(findings, area, language) if area >= 0 else MISSING,
                  found.share_of(kind, area)]  # fmt: skip
    shares = [(found.share_lead[w, k], found.share_oldest[w, k]) for w in range(len(_PACES))]
    return (
        label(kind, "kind", language), *cells, number(100.0 * found.gap(kind)),
        _rounded(float(found.gini_areas[k])), _gini_access(found, k, language),
        MISSING if kind == ANY else number(found.access_unknown[k]),
        *(float(s) for pair in shares for s in pair if found.oldest),
    )  # fmt: skip


def _gini_access(found: Equity, k: int, language: Language) -> Cell:
    """Return the index of access; ``待补充`` where nobody knows the places of the kind.

    Beds and seats of all kinds together are no measure of anything.
    """
    index = float(found.gini_access[k])
    if np.isfinite(index) or found.kinds[k] == ANY or not found.access_unknown[k] > 0:
        return _rounded(index)
    return Words(language)("table.v_to_supply")


def zones_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return people and coverage by zone, areas in no zone last; no rows without zones.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind (or ``any``), with its total; by default all kinds, one after the other, without
        a total (kinds overlap).
    """
    found, words = findings.measured.equity, Words(language)
    columns = [
        column_of(language, "kind"), column_of(language, "zone", stem=_STEM),
        column_of(language, "residents", "count", unit="people"),
        column_of(language, "held", "count", unit="people", stem=_STEM),
        column_of(language, "counted", "count", unit="people", stem=_STEM,
                  values=_values(findings, language)),
        column_of(language, "outside", "count", unit="people", stem=_STEM),
        column_of(language, "counted_share", "share", stem=_STEM),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    total: tuple[Cell, ...] | None = None
    kinds = ((kind,) if kind else found.kinds) if len(found.zones) > 1 else ()
    for each in kinds:
        k = found.kinds.index(each)
        held, within, people = found.zone_held[k], found.zone_within[k], found.zone_people
        figures = np.column_stack([people, held, within, people - held - within])
        share, sums = found.zone_share[k], figures.sum(axis=0)
        rows += [
            (label(each, "kind", language), zone_name(found, z, language),
             *(number(v) for v in figures[z]), _share_cell(figures[z], float(share[z]), language))
            for z in range(len(found.zones) - (not people[-1] > 0))
        ]  # fmt: skip
        said = float(sums[2] / (sums[0] - sums[1])) if sums[0] > sums[1] else math.nan
        total = (words("table.v_total"), MISSING, *(number(s) for s in sums), said)
    values = {**_values(findings, language), "kind": clean_text(label(kind, "kind", language))}
    title = words("equity.t_zones_kind" if kind else "equity.t_zones", values)
    note = words("equity.n_zones", values)
    return Table("zones", title, note, tuple(columns), tuple(rows), total if kind else None)


def _share_cell(figures: NDArray[np.float64], share: float, language: Language) -> Cell:
    """Return a share; in words where people live there and no area of the zone can say."""
    if figures[0] > 0 and not np.isfinite(share):
        return Words(language)("completeness.cannot_say")
    return share


def zone_name(found: Equity, zone: int, language: Language) -> str:
    """Return the name of a zone; the last is the rest."""
    return clean_text(found.zones[zone]) or Words(language)("equity.v_rest")


def _values(findings: Findings, language: Language) -> dict[str, object]:
    coverage = findings.coverage
    return {
        "minutes": coverage.minutes[-1],
        "group": label(coverage.lead_group, "group", language),
        "walker": clean_text(label(coverage.walkers[0], "walker", language)),
    }  # fmt: skip


def _rounded(index: float) -> float:
    """Return a Gini index as it is printed: more digits would claim too much."""
    return round(index, 3) + 0.0
