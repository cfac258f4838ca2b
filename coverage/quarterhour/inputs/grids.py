"""From the cells of a sheet to its table: titles above, headers in two rows, notes at the end.

A *grid* is all cells of a sheet as they stand; row 0 of the grid is row 1 of the planner's
program. The *headers* are the row whose cells are best understood by the synonym tables, else the
first that is not blank. A *block* is the one or two rows that make the headers where cells are
merged. What is left out is said in the doubts.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.columns import (
    fold,
    is_understood,
    meaning,
    synonyms,
    units_of,
    without_unit,
)
from quarterhour.inputs.openfile import check_size
from quarterhour.inputs.sheet import Sheet, blank_rows, is_blank, shown
from quarterhour.inputs.units import scale_in, scaled_unit

# Headers stand among the first rows, notes among the last.
_HEAD, _TAIL = 40, 40
_NUMBER = re.compile(r"[+-]?[\d.,]+%?")
# Residents and registered people are two counts, whatever the ages below.
_WHOSE = re.compile("常住|户籍|户口|在册")

# First row, first column, last row, last column of merged cells, counted from 0.
Merged = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """All cells of one sheet.

    Attributes
    ----------
    frame
        Cells; columns are numbered from 0, and row 0 is the sheet's first.
    merged
        Ranges of merged cells; the value stands in the first cell of each.
    """

    file: str
    sheet: str
    frame: pd.DataFrame
    merged: tuple[Merged, ...] = ()

    def head(self) -> list[list[object]]:
        """Return the first rows, to look for headers in."""
        return [list(row) for row in self.frame.head(_HEAD).itertuples(index=False)]


def holds_table(grid: Grid) -> bool:
    """Tell whether a sheet looks like a table: two understood headers beside each other."""
    return any(sum(map(is_understood, _texts(row))) >= 2 for row in grid.head())


def table_of(grid: Grid, doubts: list[Fault]) -> Sheet:
    """Return the table that a grid holds, and say what was left out or filled in.

    Raises
    ------
    InputError
        If the sheet holds nothing, is too large, or names a scale outside its headers.
    """
    height, width = grid.frame.shape
    check_size(grid.file, grid.sheet, rows=height, columns=width)
    head = grid.head()
    row = _header_row(head, grid.merged)
    if row is None:
        # All blank so far: a table that begins below is found by its first row with anything.
        full = np.flatnonzero(~blank_rows(grid.frame))
        if not len(full):
            raise InputError(Fault("input.empty_table", file=grid.file, sheet=grid.sheet))
        row = int(full[0])
        head = [list(r) for r in grid.frame.iloc[: row + 2].itertuples(index=False)]
    first, last = _block(row, head, grid.merged)
    _refuse_scales(grid, head[:first])
    if any(not is_blank(cell) for above in head[:first] for cell in above):
        doubts.append(Fault("file.title_rows", {"row": first + 1}, grid.file, grid.sheet))
    body = grid.frame.iloc[last + 1 :].reset_index(drop=True)
    body = _filled(grid, body, last + 1, doubts)
    body.columns = pd.Index(_headers(head[first : last + 1], first, grid.merged), dtype=object)
    body = body.loc[:, _worth_keeping(body)]
    sheet = Sheet(grid.file, grid.sheet, body, np.arange(len(body)) + last + 2)
    sheet = sheet.take(~blank_rows(body))
    return _without_notes(_without_numbering(sheet, doubts), doubts)


def _texts(row: Iterable[object]) -> list[str]:
    return [str(cell) for cell in row if not is_blank(cell)]


def _header_row(head: Sequence[Sequence[object]], merged: Sequence[Merged]) -> int | None:
    """Return the row of the headers among the first rows, ``None`` where these are all blank."""
    filled = {at: _texts(row) for at, row in enumerate(head) if _texts(row)}
    if not filled:
        return None
    widest = max(map(len, filled.values()))
    # A word alone above a table of several columns is its title, however well it is understood.
    known = {
        at: 0 if len(cells) == 1 and widest > 2 else len(set(filter(is_understood, cells)))
        for at, cells in filled.items()
    }
    best = max(known, key=lambda at: (known[at], -at))
    first = next(iter(filled))
    if known[best] == 0:
        titles = {r0 for r0, c0, _, c1 in merged if c1 > c0 and len(filled.get(r0, "")) == 1}
        return next((at for at in filled if at not in titles), first)
    above = [cells for at, cells in filled.items() if at < best]
    looks_like_data = any(len(c) > 2 and any(map(_is_number, c)) for c in above)
    lone = known[best] > 1 or all(len(cells) < len(filled[best]) for cells in above)
    return first if looks_like_data or not lone else best


def _is_number(cell: object) -> bool:
    if isinstance(cell, str):
        return _NUMBER.fullmatch(unicodedata.normalize("NFKC", cell).strip()) is not None
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def _block(row: int, head: Sequence[Sequence[object]], merged: Sequence[Merged]) -> tuple[int, int]:
    """Return the first and last row of the headers: two where merged cells join them."""
    first = last = row
    for r0, c0, r1, c1 in merged:
        if r0 <= row <= r1 and r1 - r0 in (1, 2) and c0 == c1:
            first, last = min(first, r0), max(last, r1)
    width = len(head[row])
    for r0, c0, r1, c1 in merged:
        spans = r0 == r1 and 0 < c1 - c0 < width - 1
        if spans and r0 == first - 1 == row - 1:
            first = r0
        elif spans and r0 == last == row and row + 1 < len(head):
            below = [cell for cell in head[row + 1][c0 : c1 + 1] if not is_blank(cell)]
            if len(below) > 1 and not any(map(_is_number, below)):
                last = row + 1
    return first, last


def _headers(rows: Sequence[Sequence[object]], first: int, merged: Sequence[Merged]) -> list[str]:
    """Return one header per column: the lowest word where it says enough, else all of them."""
    words = [["" if is_blank(cell) else _header(cell) for cell in row] for row in rows]
    for r0, c0, _, c1 in merged:
        if first <= r0 < first + len(rows):
            # A word merged over columns heads them all; one merged over rows is one word.
            for column in range(c0, min(c1 + 1, len(words[0]))) if len(rows) > 1 else ():
                words[r0 - first][column] = words[r0 - first][c0]
    columns = [list(dict.fromkeys(filter(None, column))) for column in zip(*words, strict=True)]
    lowest = [said[-1] if said else "" for said in columns]
    headers = []
    for low, said in zip(lowest, columns, strict=True):
        # The upper words are needed where they tell columns apart, or whose people are counted.
        whose = meaning(without_unit(low), "group") and _WHOSE.search("".join(said[:-1]))
        needed = whose or lowest.count(low) > 1
        header = low if is_understood(low) and not needed else " ".join(said)
        # 人口（万人） over 60岁及以上: what is left of the upper word is its unit.
        unit = next(filter(None, map(scaled_unit, said[-2::-1])), "")
        headers.append(f"{header}（{unit}）" if unit and not units_of(header) else header)
    return headers


def _header(cell: object) -> str:
    return cell.strip() if isinstance(cell, str) else shown(cell)


def _refuse_scales(grid: Grid, rows: Iterable[Iterable[object]]) -> None:
    """Refuse a scale that stands outside the headers: nobody can tell which columns it means."""
    for row in rows:
        for cell in _texts(row):
            if unit := scale_in(cell) or scaled_unit(cell):
                raise InputError(Fault("file.scale_outside", {"unit": unit}, grid.file, grid.sheet,
                                       read=shown(cell)))  # fmt: skip


def _filled(grid: Grid, body: pd.DataFrame, start: int, doubts: list[Fault]) -> pd.DataFrame:
    """Fill texts down inside merged cells; a number merged over rows belongs to nobody alone."""
    count = 0
    columns: dict[int, NDArray[np.object_]] = {}
    for r0, c0, r1, _ in grid.merged:
        if r0 < start or r1 == r0 or c0 >= body.shape[1] or r0 - start + 1 >= len(body):
            continue
        cells = columns.setdefault(c0, body[c0].to_numpy(object, copy=True))
        top, below = cells[r0 - start], cells[r0 - start + 1 : r1 - start + 1]
        if is_blank(top) or not is_blank(below[0]):
            continue
        if not isinstance(top, str) or _is_number(top):
            values = {"first": r0 + 1, "last": r1 + 1, "value": shown(top)}
            doubts.append(
                Fault("file.merged_number", values, grid.file, grid.sheet, r0 + 1, read=shown(top))
            )
            continue
        below[:] = top
        count += len(below)
        if count > body.size:
            values = {"why": "merged cells overlap"}
            raise InputError(Fault("input.unreadable", values, grid.file, grid.sheet))
    if count:
        doubts.append(Fault("file.filled_down", {"count": count}, grid.file, grid.sheet))
    body = body.copy(deep=False)
    for column, cells in columns.items():
        body[column] = pd.Series(cells, dtype=object)
    return body


def _worth_keeping(body: pd.DataFrame) -> list[bool]:
    """Tell which columns have a header or anything below it."""
    return [
        bool(name) or not blank_rows(body.iloc[:, [at]]).all()
        for at, name in enumerate(body.columns)
    ]


def _without_numbering(sheet: Sheet, doubts: list[Fault]) -> Sheet:
    """Drop the row of statistical forms that numbers the columns: 甲, 乙, 1, 2, 3."""
    if len(sheet.frame) < 2:
        return sheet
    cells = [fold(shown(cell)) for cell in sheet.frame.iloc[0] if not is_blank(cell)]
    figures = [c for c in cells if c not in "甲乙丙丁戊己"]
    counted = [str(n + 1) for n in range(len(figures))]
    if len(figures) < 3 or cells[0] != "甲" or figures != counted:
        return sheet
    doubts.append(Fault("file.numbering_row", {}, sheet.file, sheet.sheet, int(sheet.rows[0])))
    return sheet.take(np.arange(len(sheet.frame)) > 0)


def _without_notes(sheet: Sheet, doubts: list[Fault]) -> Sheet:
    """Drop the notes below a table (注：…, 资料来源：…), and say so."""
    start = max(len(sheet.frame) - _TAIL, 0)
    tail = [_texts(row) for row in sheet.frame.iloc[start:].itertuples(index=False)]
    first = next((at for at, cells in enumerate(tail) if _is_note(cells)), len(tail))
    # Whatever follows must be a note too, or a line of one: else the rows are data.
    alone = 1 if sheet.frame.shape[1] > 1 else 0
    if first == len(tail) or not all(len(c) == alone or _is_note(c) for c in tail[first:]):
        return sheet
    row = int(sheet.rows[start + first])
    for cell in (cell for cells in tail[first:] for cell in cells):
        if unit := scale_in(cell):
            raise InputError(Fault("file.scale_outside", {"unit": unit}, sheet.file, sheet.sheet,
                                   read=shown(cell)))  # fmt: skip
    values = {"count": len(tail) - first}
    doubts.append(Fault("file.footnotes", values, sheet.file, sheet.sheet, row))
    return sheet.take(np.arange(len(sheet.frame)) < start + first)


def _is_note(cells: Sequence[str]) -> bool:
    """Tell whether a row begins with a word of notes and a colon, and holds no figures."""
    if sum(map(_is_number, cells)) > 1:
        return False
    word, colon, _ = fold(cells[0]).partition(":")
    return bool(colon) and any(word in names for names in synonyms("footnote").values())
