"""Write a comparison into a folder: page, workbook and maps."""

from collections.abc import Callable
from pathlib import Path

from quarterhour.comparing import tables
from quarterhour.comparing.changes import Comparison
from quarterhour.comparing.differences import difference_tables
from quarterhour.comparing.page import both_dates, comparison_outline
from quarterhour.inputs.facilities import ANY
from quarterhour.report.columns import Table
from quarterhour.report.html_writer import write_html
from quarterhour.report.outline import Plate
from quarterhour.report.pictures import read_picture
from quarterhour.report.tables import write_book
from quarterhour.wording import label
from quarterhour.words import Language, Words


def write_comparison(
    compared: Comparison,
    folder: Path,
    *,
    language: Language,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Write ``compare.html``, ``compare.docx``, ``compare.xlsx`` and ``plates/``.

    Parameters
    ----------
    compared
        What to show.
    folder
        An existing folder; files of the same names are replaced.
    language
        Language of all pages.
    on_progress
        Called with ``(step, done, total)`` before each step.
    """
    # matplotlib and python-docx are slow to import, and only these pages need them.
    from quarterhour.maps.change import AreaChange, change_pages
    from quarterhour.report.docx_writer import write_docx

    def tell(step: str, done: int) -> None:
        if on_progress is not None:
            on_progress(step, done, 3)

    words, after = Words(language), compared.after
    tell("plates", 0)
    n = len(after.areas.names)
    opened, closed = compared.facilities.opened, compared.facilities.closed
    changes = []
    for kind in (ANY, *(k for k in compared.kinds if k != ANY)):
        was, now = compared.shares(kind)
        new, old = after.facilities.take(opened), compared.before.facilities.take(closed)
        changes.append(AreaChange(
            kind, compared.points(kind)[:n], new.xy_m[new.rows_of(kind)],
            old.xy_m[old.rows_of(kind)], was, now, both_dates(compared, language),
        ))  # fmt: skip
    drawn = change_pages(after, changes, folder / "plates", language=language)
    pictures = tuple(
        Plate(p.number, words("report.plate", {"number": p.number, "title": p.title}),
              read_picture(p.small)) for p in drawn
    )  # fmt: skip
    tell("tables", 1)
    write_book(after, folder / "compare.xlsx", _sheets(compared, language), language)
    tell("report", 2)
    outline = comparison_outline(compared, language=language, plates=pictures[:1])
    write_html(outline, folder / "compare.html")
    write_docx(outline, folder / "compare.docx")


def _sheets(compared: Comparison, language: Language) -> list[tuple[str, Table]]:
    words = Words(language)
    sheets = [(words("compare.s_runs"), tables.runs_table(compared, language)),
              (words("compare.s_kinds"), tables.kinds_table(compared, language))]  # fmt: skip
    for n, kind in enumerate(compared.kinds, start=1):
        values = {"n": n, "kind": label(kind, "kind", language)}
        sheets.append((words("compare.s_areas", values),
                       tables.areas_table(compared, language, kind)))  # fmt: skip
    for key, table in (
        ("facilities", tables.facilities_table(compared, language)),
        ("gaps", tables.gaps_table(compared, language)),
        ("sites", tables.sites_table(compared, language)),
    ):
        sheets += [(words(f"compare.s_{key}"), table)] if table.rows else []
    return [*sheets, *difference_tables(compared.before, compared.after, language)]
