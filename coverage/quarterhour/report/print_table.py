"""Print the shared tables (:mod:`~quarterhour.report.columns`) as the report's grids."""

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from quarterhour.report.columns import Table
from quarterhour.report.outline import Draft

Rows = tuple[tuple[str, ...], ...]
_LONG = 12


def add_table(
    draft: Draft,
    table: Table,
    *,
    rows: int | None = None,
    caption: str = "",
    ditto: str = "",
    once: str = "",
    book: str = "tables.xlsx",
) -> None:
    """Add a shared table to a draft.

    Parameters
    ----------
    draft
        What receives it.
    table
        Table as the workbook has it, or some of its columns.
    rows
        Most rows to print; a note says how many there are. All by default.
    caption
        In place of the table's own title.
    ditto
        Key of a column in which a long text that repeats the row above reads "as above".
    once
        Key of a column that groups the rows: its text stands in the first row of each group.
    book
        Workbook that has the whole table.
    """
    texts = table.texts()
    totals = 0 if table.total is None else 1
    body = texts[: len(texts) - totals]
    sums = tuple((draft.text("table.v_total"), *row[1:]) for row in texts[len(body) :])
    shown = body if rows is None else body[:rows]
    if ditto:
        at = [column.key for column in table.columns].index(ditto)
        shown = _as_above(shown, at, draft.text("report.as_above"))
    if once:
        shown = _as_above(shown, [column.key for column in table.columns].index(once), "", longer=0)
    notes = [table.note] if table.note else []
    if len(shown) < len(body):
        values = {"shown": len(shown), "all": len(body), "book": book}
        notes.append(draft.text("report.table_cut", values))
    draft.grid(
        caption or table.title,
        [column.header(draft.language) for column in table.columns],
        [*shown, *sums],
        numeric=[column.numeric for column in table.columns],
        totals=totals,
        notes=notes,
    )


def _as_above(rows: Rows, at: int, said: str, *, longer: int = _LONG) -> Rows:
    repeats = [False, *(a[at] == b[at] and len(b[at]) > longer for a, b in pairwise(rows))]
    return tuple(
        (*row[:at], said, *row[at + 1 :]) if repeated else row
        for row, repeated in zip(rows, repeats, strict=True)
    )


def rows_with(table: Table, key: str, wanted: Collection[str]) -> Table:
    """Return the rows of a table that have one of the wanted texts in a column."""
    has = [cell in wanted for cell in table.column(key)]
    return replace(table, rows=tuple(r for r, keep in zip(table.rows, has, strict=True) if keep))
