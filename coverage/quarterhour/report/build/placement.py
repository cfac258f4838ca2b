"""Placement: coverage with the same people placed twice, as a table and as a sentence."""

from quarterhour.findings import Findings
from quarterhour.report.columns import Cell, Table, clean_text, column_of, number
from quarterhour.report.facts import Facts
from quarterhour.report.withheld import spoken, with_note
from quarterhour.wording import label, percent
from quarterhour.words import Language, Words


def placement_table(findings: Findings, language: Language) -> Table:
    """Return one row per area: share of ``any`` and of each kind, as placed and otherwise.

    A run with only one way to place its people has no such table.
    """
    found, words = findings.measured.placement, Words(language)
    if found is None:
        raise AssertionError("there is a second placement")
    columns = [
        column_of(language, "area"),
        column_of(language, "residents", "count", unit="people"),
    ]
    names = [clean_text(a) or words("table.v_outside") for a in found.areas]
    cells: list[list[Cell]] = []
    for k, kind in enumerate(found.kinds):
        named = {"kind": label(kind, "kind", language)}
        for which, within in (("as_placed", found.within[k]), ("otherwise", found.other_within[k])):
            columns.append(column_of(language, f"{which}_{kind}", "share", word=which,
                                     values=named, stem="placement"))  # fmt: skip
            shares = [
                w / r if r else float("nan")
                for w, r in zip(
                    [*within, within.sum()], [*found.residents, found.residents.sum()], strict=True
                )
            ]
            cells.append(spoken(shares, findings.cannot_say(kind), language))
    rows = [
        (name, number(found.residents[a]), *(column[a] for column in cells))
        for a, name in enumerate(names)
        if found.areas[a] or found.residents[a]
    ]
    total = (words("table.v_total"), number(found.residents.sum()), *(c[-1] for c in cells))
    values = {**_values(findings, language), "minutes": found.minutes}
    table = Table("placement", words("placement.t", values), words("placement.n", values),
                  tuple(columns), tuple(rows), total)  # fmt: skip
    return with_note(table, findings, language, kinds=found.kinds, totals=False)


def placement_text(facts: Facts) -> str:
    """Return the sentence on how much the placement matters; empty without a second one."""
    found = facts.findings.measured.placement
    kind = facts.lead_kind if found is not None and facts.lead_kind in found.kinds else "any"
    if found is None:
        return ""
    here, there = found.shares(kind)
    values = {
        **_values(facts.findings, facts.language), "kind": facts.kind(kind),
        "share": percent(here), "other_share": percent(there),
        "points": f"{100 * abs(here - there):.1f}",
    }  # fmt: skip
    return facts.words("placement.say", values)


def _values(findings: Findings, language: Language) -> dict[str, object]:
    found, words = findings.measured.placement, Words(language)
    if found is None:
        raise AssertionError("there is a second placement")
    return {
        "on": words(f"placement.on_{found.on}"), "other": words(f"placement.on_{found.other_on}"),
        "group": label(found.group, "group", language),
    }  # fmt: skip
