"""Differences: every table by area of two runs, column by column: before, after, change.

The tables are those of the workbook, whatever they show. Rows are the same where all their texts
that name something agree (area, kind, walker, group); a figure that one run lacks is no number, and
neither is its change. Shares change in percentage points.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from quarterhour.findings import Findings
from quarterhour.inputs.names import match_areas
from quarterhour.report.columns import Cell, Column, Table, number
from quarterhour.report.tables import workbook_tables
from quarterhour.wording import MISSING
from quarterhour.words import Language, Words


def difference_tables(
    before: Findings, after: Findings, language: Language
) -> list[tuple[str, Table]]:
    """Return the differences of all tables by area, with the names of their sheets.

    Parameters
    ----------
    before, after
        Findings of the earlier and of the later run.
    language
        Language of the tables.
    """
    same = match_areas(before.areas.names, after.areas.names)
    names = {
        old: after.areas.names[row]
        for old, row in zip(before.areas.names, same.index.tolist(), strict=True)
        if row >= 0
    }
    earlier = {table.key: table for _, table in workbook_tables(before, language)}
    found = []
    for sheet, table in workbook_tables(after, language):
        other = earlier.get(table.key)
        made = None if other is None else difference(other, table, language, areas=names)
        if made is not None:
            found.append((sheet, made))
    return found


def difference(
    before: Table, after: Table, language: Language, *, areas: Mapping[str, str]
) -> Table | None:
    """Return the difference of two tables; ``None`` where they are no tables by area.

    Parameters
    ----------
    before, after, language
        The tables, and their language.
    areas
        Name in the later run of each area of the earlier one.
    """
    names = [n for n, column in enumerate(after.columns) if not column.numeric]
    keys = [column.key for column in after.columns]
    figures = [column for column in after.columns if column.numeric]
    # Numbers of facilities and gaps are handed out anew by every run.
    if "area" not in keys or {"id", "gap"} & set(keys) or not figures:
        return None
    old, new = _by_name(before, areas), _by_name(after, {})
    if old is None or new is None or set(old[1]) != set(new[1]):
        return None
    rows = [
        _row(key, old[0].get(key, {}), new[0].get(key, {}), figures)
        for key in dict.fromkeys([*new[0], *old[0]])
    ]
    words = Words(language)
    head = tuple(after.columns[n] for n in names)
    columns = (*head, *(c for figure in figures for c in _columns(figure, words)))
    title = words("compare.table_title", {"title": after.title})
    return replace(
        after, title=title, note=words("compare.table_note"), columns=columns, rows=tuple(rows),
        total=None,
    )  # fmt: skip


Figures = dict[tuple[str, ...], Mapping[str, Cell]]


def _by_name(table: Table, areas: Mapping[str, str]) -> tuple[Figures, tuple[str, ...]] | None:
    """Return figures by the texts of their row; ``None`` where two rows have the same texts."""
    names = [n for n, column in enumerate(table.columns) if not column.numeric]
    at = [column.key for column in table.columns]
    found: Figures = {}
    rows = table.rows if table.total is None else (*table.rows, table.total)
    for row in rows:
        texts = tuple(
            areas.get(str(row[n]), str(row[n])) if at[n] == "area" else str(row[n]) for n in names
        )
        if texts in found:
            return None
        found[texts] = dict(zip(at, row, strict=True))
    return found, tuple(at[n] for n in names)


def _row(
    key: tuple[str, ...], old: Mapping[str, Cell], new: Mapping[str, Cell], figures: list[Column]
) -> tuple[Cell, ...]:
    cells: list[Cell] = [*key]
    for column in figures:
        was, now = old.get(column.key, MISSING), new.get(column.key, MISSING)
        cells += [was, now, _change(was, now, column)]
    return tuple(cells)


def _change(was: Cell, now: Cell, column: Column) -> Cell:
    if isinstance(was, str) or isinstance(now, str):
        return MISSING
    if not (math.isfinite(was) and math.isfinite(now)):
        return MISSING
    return number((now - was) * (100.0 if column.kind == "share" else 1.0))


def _columns(column: Column, words: Words) -> tuple[Column, Column, Column]:
    share = column.kind == "share"
    unit = words("compare.points") if share else column.unit
    said = [words(f"compare.h_{when}", {"heading": column.heading})
            for when in ("before", "after", "change")]  # fmt: skip
    return (
        replace(column, key=f"{column.key}_before", heading=said[0]),
        replace(column, key=f"{column.key}_after", heading=said[1]),
        Column(f"{column.key}_change", said[2], "minutes" if share else column.kind, unit),
    )
