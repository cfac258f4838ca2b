"""The sheets of the official tables, in the order and with the numbers of plan documents."""

from quarterhour.findings import Findings
from quarterhour.report.columns import Table
from quarterhour.report.official.argument import argument_table
from quarterhour.report.official.comparison import comparison_table
from quarterhour.report.official.indicators import indicators_table
from quarterhour.report.official.parts import STEM
from quarterhour.report.official.planned import planned_table
from quarterhour.report.official.present import facilities_table, status_table
from quarterhour.report.official.projects import project_table
from quarterhour.words import Language, Words


def official_tables(findings: Findings, language: Language) -> tuple[Table, ...]:
    """Return the one table (一张表): tables 1, 2, 3 and 5."""
    return (
        facilities_table(findings, language), status_table(findings, language),
        planned_table(findings, language), indicators_table(findings, language),
    )  # fmt: skip


def official_sheets(findings: Findings, language: Language) -> list[tuple[str, Table]]:
    """Return all seven tables with the names of their sheets, numbered as plan documents do.

    The list of projects, alternatives and argument need a plan; of several plans each has its own.
    """
    words = Words(language)
    one, two, three, five = official_tables(findings, language)
    sheets = [
        (words(f"{STEM}.s_facilities"), one), (words(f"{STEM}.s_status"), two),
        (words(f"{STEM}.s_planned"), three),
    ]  # fmt: skip
    if findings.plans:
        sheets.append((words(f"{STEM}.s_projects"), project_table(findings, language)))
    sheets.append((words(f"{STEM}.s_indicators"), five))
    for key, make in (("comparison", comparison_table), ("argument", argument_table)):
        for plan in range(len(findings.plans)):
            number = "" if len(findings.plans) == 1 else f"-{plan + 1}"
            name = words(f"{STEM}.s_{key}", {"n": number})
            sheets.append((name, make(findings, plan, language)))
    return sheets
