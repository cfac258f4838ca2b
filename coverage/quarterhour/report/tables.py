"""Which tables go into which workbook: one table (``tables.xlsx``), one list (``sites.xlsx``).

The tables of plan documents come first, numbered as there (表1 to 表7); what they rest on follows
as annexes with numbers of their own (附1, 附2, …). The list begins with the projects by year; the
tables of one question stand together on few sheets.
"""

from dataclasses import replace
from pathlib import Path

from quarterhour.findings import Findings
from quarterhour.report import build
from quarterhour.report.build.sheets import gap_sheets, measured_sheets, plan_sheets
from quarterhour.report.columns import Table
from quarterhour.report.official import annual_table, official_sheets
from quarterhour.report.workbooks import write_book
from quarterhour.wording import label
from quarterhour.words import Language, Words

__all__ = ["workbook_tables", "write_book", "write_sites", "write_tables"]


def write_tables(findings: Findings, path: Path, *, language: Language) -> None:
    """Write all tables of a study to one workbook.

    Parameters
    ----------
    findings
        What to show.
    path
        The ``.xlsx`` to write; a file of this name is replaced.
    language
        Language of sheets, headings and notes.
    """
    annexes = [
        annexed(name, table, language) for name, table in workbook_tables(findings, language)
    ]
    write_book(findings, path, [*official_sheets(findings, language), *annexes], language)


def annexed(name: str, table: Table, language: Language) -> tuple[str, Table]:
    """Return a table with its sheet's name as an annex: 附1 for the sheet 1; others as they are."""
    number, _, rest = name.partition(" ")
    if not number[:1].isdigit():
        return name, table
    annex = Words(language)("official.annex", {"n": number})
    return f"{annex} {rest}", replace(table, title=f"{annex} {table.title}")


def workbook_tables(findings: Findings, language: Language) -> list[tuple[str, Table]]:
    """Return the annexes of the workbook with the names of their sheets, in order.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    """
    words = Words(language)
    uncounted = build.uncounted_table(findings, language)
    sheets = [
        (words("table.s_about"), build.about_table(findings, language)),
        (words("table.s_facilities"), build.facilities_table(findings, language)),
        *([(words("table.s_uncounted"), uncounted)] if uncounted.rows else []),
        (words("table.s_areas"), build.area_table(findings, language)),
        (words("table.s_coverage"), build.coverage_table(findings, language)),
    ]
    for n, kind in enumerate(findings.coverage.kinds, start=1):
        name = words("table.s_area", {"n": n, "kind": label(kind, "kind", language)})
        sheets.append((name, build.area_table(findings, language, kind=kind)))
    sheets += [
        (words("table.s_cover_long"), build.cover_long_table(findings, language)),
        (words("table.s_gaps"), build.gaps_table(findings, language)),
        *gap_sheets(findings, language),
        (words("table.s_parameters"), build.parameters_table(findings, language)),
        (words("table.s_network"), build.network_table(findings, language)),
        (words("table.s_network_areas"), build.network_areas_table(findings, language)),
    ]
    islands = build.islands_table(findings, language)
    sheets += [(words("table.s_islands"), islands)] if islands.rows else []
    sheets += [
        (words("table.s_step_free"), build.step_free_table(findings, language)),
        (words("table.s_step_free_places"), build.step_free_places_table(findings, language)),
        (words("table.s_bans"), build.bans_table(findings, language)),
        *measured_sheets(findings, language),
        (words("table.s_sources"), build.sources_table(findings, language)),
    ]
    doubts = build.doubts_table(findings, language)
    sheets += [(words("table.s_doubts"), doubts)] if doubts.rows else []
    return sheets


def write_sites(findings: Findings, path: Path, *, language: Language) -> None:
    """Write the list of recommended sites with alternatives, screening and proof.

    Parameters
    ----------
    findings
        What to show; each siting question has its sheets. Without a question the foreword
        stands alone.
    path
        The ``.xlsx`` to write; a file of this name is replaced.
    language
        Language of sheets, headings and notes.
    """
    words = Words(language)
    sheets: list[tuple[str, Table | list[Table]]] = []
    if findings.plans:
        sheets.append((words("official.s_annual"), annual_table(findings, language)))
    sheets.append((words("table.s_about"), build.about_table(findings, language)))
    for plan in range(len(findings.plans)):
        sheets += _sheets_of(findings, plan, language)
    write_book(findings, path, sheets, language)


def _sheets_of(
    findings: Findings, plan: int, language: Language
) -> list[tuple[str, Table | list[Table]]]:
    """Return the sheets of one question: its sites, what else could be, screening, and proof."""
    words, values = Words(language), {"n": plan + 1}
    more = {table.key: table for _, table in plan_sheets(findings, language, plan=plan)}

    def those(*keys: str) -> list[Table]:
        return [more[key] for key in keys if key in more]

    built = those("schedule", "led", "relief", "moves", "unreachable")
    sheets: list[tuple[str, Table | list[Table]]] = [
        (words("table.s_sites", values), build.sites_table(findings, language, plan=plan)),
        (words("table.s_alternatives", values),
         [build.alternatives_table(findings, language, plan=plan),
          *those("near_best", "frontier", "order", "scenarios")]),
        (words("table.s_screening", values),
         build.screening_table(findings, language, plan=plan)),
        (words("table.s_proof", values),
         [build.proof_table(findings, language, plan=plan),
          *those("stability", "rules", "turned_down")]),
    ]  # fmt: skip
    return [*sheets, *([(words("official.s_built", values), built)] if built else [])]
