"""Workbooks: tables as sheets of one file, set up for reading and for printing.

Each sheet is one :class:`~quarterhour.report.columns.Table`, or some that belong together under
each other: title, note, demo mark where the data are made up, header, rows, total. Totals are
values, not formulas, and cells keep the unrounded figures under a whole-number format, so that sums
tie. Texts of files are written as texts and never as formulas or links; those that a spreadsheet
would take for a formula carry its quote mark, which also keeps them texts when a cell is edited.
"""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from quarterhour.findings import Findings
from quarterhour.report.columns import Cell, Column, Kind, Table, clean_text
from quarterhour.wording import MISSING
from quarterhour.words import Language, Words, folded

Sheets = Sequence[tuple[str, Table | Sequence[Table]]]

_FORMATS = {
    "count": "#,##0", "metres": "#,##0", "share": "0.0%", "minutes": "0.0", "money": "#,##0.00",
    "number": "#,##0.0#####",
}  # fmt: skip
_FONTS = {"zh": "Microsoft YaHei", "en": "Calibri"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_TEXT = 32_000
_A4, _A3 = 9, 8
# Tables with more columns than these are legible on A3 only.
_MOST_ON_A4 = 11
_LINE_POINTS = 15.0
_NARROWEST = 6.0
# Widest columns: of numbers, of texts, and the last one where it holds texts.
_WIDEST_NUMBER, _WIDEST_TEXT, _WIDEST_LAST = 24.0, 44.0, 76.0
# Where there are many columns their texts break sooner, else nothing is legible on paper.
_MANY, _WIDEST_OF_MANY, _LAST_OF_MANY = 16, 24.0, 40.0
_CROWDED, _WIDEST_OF_CROWD, _LAST_OF_CROWD = 20, 15.0, 24.0
_SAMPLE_ROWS = 400


def write_book(findings: Findings, path: Path, sheets: Sheets, language: Language) -> None:
    """Write tables to one workbook, a sheet each or some under each other on one.

    Parameters
    ----------
    findings
        The study: its name, and whether it is made up.
    path
        The ``.xlsx`` to write; a file of this name is replaced.
    sheets
        Names of sheets with their tables.
    language
        Language of headings.
    """
    import xlsxwriter

    from quarterhour.samebytes import settle_zip

    # in_memory: the sheets' parts would else pass through the machine's folder for temporary files.
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "nan_inf_to_errors": False,
        "default_format_properties": {"font_name": _FONTS[language], "font_size": 10},
    }  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        about = {"title": clean_text(findings.study.study.name)[:200], "author": "quarterhour",
                 "created": datetime(1980, 1, 1)}  # fmt: skip
        if findings.synthetic:
            about["comments"] = Words(language)("table.demo_mark")
        book.set_properties(about)
        formats = _Formats(book)
        taken: set[str] = set()
        for name, held in sheets:
            sheet = book.add_worksheet(_sheet_name(name, taken))
            tables = (held,) if isinstance(held, Table) else tuple(held)
            _write_sheet(sheet, tables, formats, findings, language)
    settle_zip(path)


class _Formats:
    """The cell formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
        self._book = book
        self._cells: dict[tuple[Kind, str, bool, bool], object] = {}

    def of(self, properties: Mapping[str, object]) -> object:
        """Return a format with these properties."""
        return self._book.add_format(dict(properties))

    def cell(self, kind: Kind, form: str, *, total: bool = False, quoted: bool = False) -> object:
        """Return the format of a cell; ``form`` is its number format, ``@`` for texts."""
        key = (kind, form, total, quoted)
        if key in self._cells:
            return self._cells[key]
        made: dict[str, object] = {
            "border": 1, "border_color": "#BFBFBF", "valign": "vcenter", "num_format": form,
        }  # fmt: skip
        if kind == "code":
            made["align"] = "center"
        elif kind == "text":
            made["indent"] = 1  # apart from a figure beside it, which stands to the right
        else:
            made["align"] = "right"
        if form == "@":
            made |= {"text_wrap": kind != "code", "quote_prefix": quoted}
        if total:
            made |= {"bold": True, "top": 2, "bg_color": "#F2F2F2"}
        return self._cells.setdefault(key, self.of(made))


def _write_sheet(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    tables: Sequence[Table],
    formats: _Formats,
    findings: Findings,
    language: Language,
) -> None:
    """Write one table, or some under each other; one alone is frozen, filtered, and repeated."""
    widths = _shared_widths(tables, language)
    for c, width in enumerate(widths):
        sheet.set_column(c, c, width)
    row, heads = 0, list[int]()
    for table in tables:
        head = _write_top(sheet, row, table, widths, formats, findings, language)
        _write_header(sheet, head, table, widths, formats, language)
        _write_rows(sheet, head + 1, table, widths, formats)
        heads.append(head)
        row = head + 1 + len(table.rows) + (table.total is not None) + 1
    _set_up_print(sheet, tables, findings, language)
    if len(tables) == 1:
        table, head = tables[0], heads[0]
        if table.rows:
            sheet.autofilter(head, 0, head + len(table.rows), len(table.columns) - 1)
        sheet.freeze_panes(head + 1, _frozen_columns(table))
        sheet.repeat_rows(head)


def _write_top(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    start: int,
    table: Table,
    widths: list[float],
    formats: _Formats,
    findings: Findings,
    language: Language,
) -> int:
    """Write title, demo mark and note; return the row of the header."""
    top: list[tuple[str, dict[str, object]]] = [(table.title, {"bold": True, "font_size": 14})]
    if findings.synthetic:
        mark = Words(language)("table.demo_mark")
        top.append((mark, {"bold": True, "font_color": "#B2182B"}))
    top.append((table.note, {"text_wrap": True, "valign": "top", "font_color": "#595959"}))
    across = len(table.columns)
    for row, (text, properties) in enumerate(top, start=start):
        lines = _lines(text, sum(widths[:across])) if "text_wrap" in properties else 1
        sheet.set_row(row, _LINE_POINTS * (lines + (0.4 if row == start else 0.0)))
        _write_across(sheet, row, across, text, formats.of(properties))
    return start + len(top)


def _write_rows(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    start: int,
    table: Table,
    widths: list[float],
    formats: _Formats,
) -> None:
    rows = table.rows if table.total is None else (*table.rows, table.total)
    kinds = [column.kind for column in table.columns]
    summing = {*table.subtotals, len(table.rows)}
    for r, cells in enumerate(rows):
        for c, (cell, kind) in enumerate(zip(cells, kinds, strict=True)):
            _write_cell(sheet, start + r, c, cell, kind, formats, total=r in summing)
        _set_height(sheet, start + r, cells, table.columns, widths)


def _write_cell(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    row: int,
    at: int,
    cell: Cell,
    kind: Kind,
    formats: _Formats,
    *,
    total: bool,
) -> None:
    if not isinstance(cell, str) and not math.isfinite(cell):
        cell = MISSING
    if isinstance(cell, str):
        risky = cell.startswith(_FORMULA_STARTS)
        style = formats.cell(kind, "@", total=total, quoted=risky)
        sheet.write_string(row, at, clean_text(cell)[:_LONGEST_TEXT], style)
        return
    # Excel shows a bare decimal point after a whole number in a format with optional decimals.
    whole = kind == "number" and cell == int(cell)
    style = formats.cell(kind, "#,##0" if whole else _FORMATS.get(kind, "0"), total=total)
    sheet.write_number(row, at, cell, style)


def _write_across(sheet: Any, row: int, n: int, text: str, style: object) -> None:  # noqa: ANN401
    if n > 1:
        sheet.merge_range(row, 0, row, n - 1, "", style)
    sheet.write_string(row, 0, clean_text(text)[:_LONGEST_TEXT], style)


def _write_header(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    row: int,
    table: Table,
    widths: list[float],
    formats: _Formats,
    language: Language,
) -> None:
    style = formats.of({
        "bold": True, "text_wrap": True, "align": "center", "valign": "vcenter",
        "bg_color": "#DCE6F1", "border": 1, "border_color": "#BFBFBF",
    })  # fmt: skip
    headers = [clean_text(column.header(language)) for column in table.columns]
    for c, header in enumerate(headers):
        sheet.write_string(row, c, header, style)
    # The button of the filter covers the end of the last line: leave it some room.
    lines = max(_lines(h, w - 3.0) for h, w in zip(headers, widths, strict=False))
    sheet.set_row(row, _LINE_POINTS * lines + 6.0)


def _set_height(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    at: int,
    row: tuple[Cell, ...],
    columns: tuple[Column, ...],
    widths: list[float],
) -> None:
    """Give a row the height of its longest text; spreadsheets do not do so by themselves."""
    lines = max(
        (_lines(cell, width) for cell, column, width in zip(row, columns, widths, strict=False)
         if isinstance(cell, str) and column.kind != "code"),
        default=1,
    )  # fmt: skip
    if lines > 1:
        sheet.set_row(at, _LINE_POINTS * min(lines, 20))


def _set_up_print(
    sheet: Any,  # noqa: ANN401 - xlsxwriter has no types
    tables: Sequence[Table],
    findings: Findings,
    language: Language,
) -> None:
    words = Words(language)
    sheet.set_landscape()
    wide = max(len(table.columns) for table in tables) > _MOST_ON_A4
    sheet.set_paper(_A3 if wide else _A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    # An ampersand starts a code in header and footer: a name's own is doubled.
    name = clean_text(findings.study.study.name)[:60].replace("&", "&&")
    mark = words("table.demo_mark").replace("&", "&&") if findings.synthetic else ""
    sheet.set_footer(f"&L{name}&C{words('table.page')}&R{mark}")


def _frozen_columns(table: Table) -> int:
    """Return how many columns stay in sight: up to the first that holds a name."""
    texts = [n for n, column in enumerate(table.columns[:4]) if column.kind == "text"]
    return texts[0] + 1 if texts else 1


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name a sheet may have: 31 characters, none of the forbidden, no other's."""
    kept = "".join(" " if ch in "[]:*?/\\" else ch for ch in clean_text(name)).strip("' ")[:31]
    while kept.lower() in taken:
        kept = f"{kept[:27]} {len(taken)}"
    taken.add(kept.lower())
    return kept


def _width(text: str) -> int:
    """Return how many half-width characters a text is wide."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WFA" else 1 for ch in text)


def _lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column; words and ids are not broken."""
    room = max(1, int(width - 2))
    return max(1, sum(_folds(line, room) for line in text.splitlines()))


def _folds(line: str, room: int) -> int:
    wide = _width(line)
    if wide <= room:
        return 1
    # The longest texts are not measured word by word: rows are cut at twenty lines anyway.
    plain = -(-wide // room)
    return plain if plain > 20 else max(plain, len(folded(line, room)))


def _shared_widths(tables: Sequence[Table], language: Language) -> list[float]:
    """Return the widths of all columns of a sheet: each as wide as its widest table wants it."""
    each = [_widths(table, language) for table in tables]
    return [
        max(widths[c] for widths in each if c < len(widths))
        for c in range(max(len(widths) for widths in each))
    ]


def _widths(table: Table, language: Language) -> list[float]:
    """Return column widths that fit the texts; headings may take two or three lines."""
    shown = table.texts()
    shown = (*shown[:_SAMPLE_ROWS], *shown[-1:])
    count = len(table.columns)
    text = (_WIDEST_OF_MANY, _LAST_OF_MANY) if count > _MANY else (_WIDEST_TEXT, _WIDEST_LAST)
    if count > _CROWDED:
        text = _WIDEST_OF_CROWD, _LAST_OF_CROWD
    widths = []
    for c, column in enumerate(table.columns):
        longest = max((_width(row[c]) for row in shown), default=0) + 3.5
        header = column.header(language)
        # Chinese breaks anywhere, English between words only.
        word = max(_width(w) for w in header.split()) if language == "en" else 8
        least = max(_width(header) / 3.0, min(_width(header), word)) + 3.5
        last = c == len(table.columns) - 1
        widest = _WIDEST_NUMBER if column.numeric else text[last]
        widths.append(min(max(longest, least, _NARROWEST), widest))
    return widths
