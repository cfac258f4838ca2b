"""Panels: boxes of names and values, and small tables, in the rooms beside a map.

A panel is written from the top down. Text is set as large as the panel allows, down to a least
size; what still does not fit is cut, with a line that says so. Nothing overlaps.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from quarterhour.maps.fonts import Fonts
from quarterhour.maps.labels import Box
from quarterhour.maps.page import Page
from quarterhour.maps.setting import fill, fit, longest_mm, set_lines, stacked, wrap
from quarterhour.maps.sheets import LEAST_PT
from quarterhour.words import Language

_LARGEST_PT, _STEP_PT, _HEADING_PT = 8.0, 0.25, 9.0
_PAD_MM = 1.4
_ROW_AIR_MM, _MOST_AIR_MM = 0.9, 1.5
_SHADE = "#f0f0f0"
_NAME_SHARE = {"zh": 0.38, "en": 0.42}
GID = "guide"


@dataclass(frozen=True, slots=True)
class PanelColumn:
    """A column of a small table: its head, its share of the width, and where its cells stand."""

    head: str
    share: float
    right: bool = False


@dataclass(frozen=True, slots=True)
class PanelTable:
    """A small table; ``total`` stands under all rows, and the last ``keep`` rows are never cut."""

    columns: tuple[PanelColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    keep: int = 0


@dataclass(frozen=True, slots=True)
class TableSize:
    """How large a small table is set: size of its text on A3, and air in each row."""

    text_pt: float
    air_mm: float


# The largest first.
TABLE_SIZES = (TableSize(8.0, 1.8), TableSize(7.4, 1.3), TableSize(6.8, 0.9))


@dataclass(frozen=True, slots=True)
class _Row:
    """Name and value of a row as lines, and how high it is."""

    name: list[str]
    value: list[str]
    height: float


def draw_frame(page: Page, box: Box) -> None:
    """Draw the line around a room."""
    page.canvas.box(box, width_pt=0.8, gid="panel")


def draw_heading(page: Page, box: Box, text: str) -> Box:
    """Write the heading of a room; return what is left of it."""
    size = page.sheet.text_pt(_HEADING_PT)
    bar = Box(box.left, box.top - heading_height(page), box.right, box.top)
    page.canvas.box(bar, width_pt=0.5, face=_SHADE, gid="panel_heading")
    shown, fitted = fit(page.canvas.fonts, text, box.width - 2 * _PAD_MM, size_pt=size,
                        least_pt=LEAST_PT, heavy=True)  # fmt: skip
    page.canvas.text(box.left + _PAD_MM, (bar.bottom + bar.top) / 2, shown, size_pt=fitted,
                     heavy=True, gid=GID)  # fmt: skip
    return Box(box.left, box.bottom, box.right, bar.bottom)


def draw_map_title(page: Page, name: str) -> None:
    """Write the name and the scale of a map into its upper left corner; labels keep away."""
    view = page.canvas.view
    values = {"scale": f"{view.scale:d}", "sheet": page.sheet.paper}
    ratio = page.words("plate.ratio", values)
    text = page.words("guide.map_title", {"name": name, "ratio": ratio})
    frame, size = view.frame, page.sheet.text_pt(7.0)
    shown, size = fit(page.canvas.fonts, text, frame.width - 2 * _PAD_MM - 1.0, size_pt=size,
                      least_pt=LEAST_PT, heavy=True)  # fmt: skip
    width = page.canvas.fonts.width_mm(shown, size, heavy=True) + 2 * _PAD_MM
    bar = Box(frame.left, frame.top - set_lines(size) - 1.0, frame.left + width, frame.top)
    page.canvas.box(bar, width_pt=0.5, face="white", gid="map_title")
    page.marks.append(bar)
    page.canvas.text(bar.left + _PAD_MM, (bar.bottom + bar.top) / 2, shown, size_pt=size,
                     heavy=True, gid=GID)  # fmt: skip


def draw_pairs(
    page: Page, box: Box, pairs: Sequence[tuple[str, str]], *, cut: str, columns: int = 1,
    airy: bool = False,
) -> Box:  # fmt: skip
    """Write names with their values, in one or more columns; return what is left below.

    Parameters
    ----------
    page, box
        Where to.
    pairs
        Name and value of each row.
    cut
        What stands at the end where not all rows fit at the least size.
    columns
        Rows run down the first column, then down the next.
    airy
        Whether rows stand farther apart where there is room to spare.
    """
    fonts, language = page.canvas.fonts, page.words.language
    size = page.sheet.text_pt(_LARGEST_PT)
    while True:
        rows = [_set(fonts, pair, box.width / columns, size, language) for pair in pairs]
        parts = _parted(rows, columns)
        if max(sum(r.height for r in part) for part in parts) <= box.height:
            break
        if size <= LEAST_PT:
            parts = [_cut(part, box.height, cut, set_lines(size)) for part in parts]
            break
        size = max(LEAST_PT, size - _STEP_PT)
    if airy:
        parts = _aired(parts, box.height)
    bottom = box.top
    for n, part in enumerate(parts):
        left = box.left + n * box.width / columns
        y = box.top
        for row in part:
            _write_row(page, row, left, box.width / columns, y, size)
            y -= row.height
        bottom = min(bottom, y)
    for n in range(1, columns):
        page.canvas.line((box.left + n * box.width / columns,) * 2, (bottom, box.top))
    return Box(box.left, box.bottom, box.right, bottom)


def _set(
    fonts: Fonts, pair: tuple[str, str], width: float, size: float, language: Language
) -> _Row:
    share = _NAME_SHARE[language]
    name = wrap(fonts, pair[0], share * width - 2.2 * _PAD_MM, size_pt=size, heavy=True)
    value = wrap(fonts, pair[1], (1 - share) * width - 1.5 * _PAD_MM, size_pt=size)
    lines = max(len(name), len(value), 1)
    return _Row(name, value, lines * set_lines(size) + _ROW_AIR_MM)


def _parted(rows: list[_Row], columns: int) -> list[list[_Row]]:
    """Share rows out over columns of about the same height, in their order."""
    total = sum(row.height for row in rows)
    parts: list[list[_Row]] = [[] for _ in range(columns)]
    done = 0.0
    for row in rows:
        at = min(int(columns * (done + row.height / 2) / total), columns - 1)
        parts[at].append(row)
        done += row.height
    return parts


def _aired(parts: list[list[_Row]], height: float) -> list[list[_Row]]:
    """Return rows that share the height to spare, up to an air of their own."""
    spare = height - max(sum(row.height for row in part) for part in parts)
    more = max(0.0, min(_MOST_AIR_MM, spare / max(map(len, parts))))
    return [[replace(row, height=row.height + more) for row in part] for part in parts]


def _cut(rows: list[_Row], height: float, cut: str, pitch: float) -> list[_Row]:
    """Return the rows that fit, and where that is not all of them a line that says so."""
    if sum(row.height for row in rows) <= height:
        return rows
    kept, used, last = list[_Row](), 0.0, pitch + _ROW_AIR_MM
    for row in rows:
        if used + row.height + last > height:
            break
        kept.append(row)
        used += row.height
    return [*kept, _Row([], [cut], last)]


def _write_row(page: Page, row: _Row, left: float, width: float, top: float, size: float) -> None:
    split = left + _NAME_SHARE[page.words.language] * width
    pitch = set_lines(size)
    air = row.height - max(len(row.name), len(row.value), 1) * pitch
    for lines, x, heavy in ((row.name, left + _PAD_MM, True), (row.value, split, False)):
        for n, line in enumerate(lines):
            y = top - air / 2 - (n + 0.5) * pitch
            page.canvas.text(x, y, line, size_pt=size, heavy=heavy, gid=GID)
    bottom = top - row.height
    page.canvas.line((left, left + width), (bottom, bottom), width_pt=0.25)


def table_height(page: Page, width: float, table: PanelTable, size: TableSize) -> float:
    """Return how high a table is in millimetres, with all of its rows and its total."""
    pt = page.sheet.text_pt(size.text_pt)
    heads = _heads(page, width, table, pt)
    rows = (len(table.rows) + 1) * _pitch(page, width, table, size)
    return _head_mm(heads) + rows


def heading_height(page: Page) -> float:
    """Return how high the heading of a room is in millimetres."""
    return set_lines(page.sheet.text_pt(_HEADING_PT)) + 1.2


def _heads(
    page: Page, width: float, table: PanelTable, size_pt: float
) -> list[tuple[list[str], float]]:
    """Return the lines of each head and their size, at which no word of it is broken."""
    fonts, heads = page.canvas.fonts, []
    for column in table.columns:
        room, size = column.share * width - _PAD_MM, size_pt
        while size > LEAST_PT and longest_mm(fonts, column.head, size, heavy=True) > room:
            size = max(LEAST_PT, size - _STEP_PT)
        heads.append((wrap(fonts, column.head, room, size_pt=size, heavy=True), size))
    return heads


def _head_mm(heads: Sequence[tuple[list[str], float]]) -> float:
    return max(len(lines) * set_lines(size) for lines, size in heads) + 1.0


def draw_table(
    page: Page, box: Box, table: PanelTable, *, cut: Callable[[int], str],
    size: TableSize = TABLE_SIZES[-1],
) -> Box:  # fmt: skip
    """Write a small table; return what is left below.

    Parameters
    ----------
    page, box
        Where to.
    table
        What.
    cut
        What is said where not all rows fit, of how many are left out.
    size
        How large it is set.
    """
    fonts, pt = page.canvas.fonts, page.sheet.text_pt(size.text_pt)
    pitch, heads = _pitch(page, box.width, table, size), _heads(page, box.width, table, pt)
    top = box.top - _head_mm(heads)
    page.canvas.box(Box(box.left, top, box.right, box.top), width_pt=0.4, face=_SHADE, gid="panel")
    for column, x, (head, size_pt) in zip(table.columns, _lefts(table, box), heads, strict=True):
        middle = x + column.share * box.width / 2
        for y, line in stacked(head, (top + box.top) / 2, size_pt):
            page.canvas.text(middle, y, line, size_pt=size_pt, heavy=True, across="center",
                             gid=GID)  # fmt: skip
    # A little more than is needed, so that a table that fits to a hair is not cut by rounding.
    room = int((top - box.bottom + 1e-6) / pitch) - 1
    rows = table.rows
    if len(rows) > room:
        last = min(table.keep, max(room - 1, 0))
        rows = (*rows[: max(room - 1 - last, 0)], *rows[len(rows) - last :])
    y = top
    for cells in (*rows, table.total):
        row = Box(box.left, y - pitch, box.right, y)
        _write_cells(page, row, table, cells, pt, heavy=cells is table.total)
        y -= pitch
        page.canvas.line((box.left, box.right), (y, y), width_pt=0.25)
    for x in _lefts(table, box)[1:]:
        page.canvas.line((x, x), (y, box.top), width_pt=0.25)
    if len(rows) < len(table.rows):
        text = cut(len(table.rows) - len(rows))
        shown, fitted = fit(fonts, text, box.width - 2 * _PAD_MM, size_pt=pt, least_pt=LEAST_PT)
        page.canvas.text(box.left + _PAD_MM, y - pitch / 2, shown, size_pt=fitted, gid=GID)
        y -= pitch
    return Box(box.left, box.bottom, box.right, y)


def _lefts(table: PanelTable, box: Box) -> list[float]:
    lefts, x = list[float](), box.left
    for column in table.columns:
        lefts.append(x)
        x += column.share * box.width
    return lefts


def _write_cells(
    page: Page, row: Box, table: PanelTable, cells: tuple[str, ...], size: float, *, heavy: bool
) -> None:
    """Write the cells of a row: smaller where that is needed, then in two lines, then cut."""
    fonts = page.canvas.fonts
    for column, x, cell in zip(table.columns, _lefts(table, row), cells, strict=True):
        width = column.share * row.width
        line, pt = fit(fonts, cell, width - _PAD_MM, size_pt=size, least_pt=LEAST_PT, heavy=heavy)
        lines = [line]
        if line != cell and row.height >= _two_lines_mm():
            lines, pt = fill(fonts, cell, width - _PAD_MM, row.height, size_pt=LEAST_PT,
                             least_pt=LEAST_PT, heavy=heavy)  # fmt: skip
        at = x + width - _PAD_MM / 2 if column.right else x + _PAD_MM / 2
        for y, text in stacked(lines, (row.bottom + row.top) / 2, pt):
            page.canvas.text(at, y, text, size_pt=pt, heavy=heavy,
                             across="right" if column.right else "left", gid=GID)  # fmt: skip


def _two_lines_mm() -> float:
    return 2 * set_lines(LEAST_PT)


def _pitch(page: Page, width: float, table: PanelTable, size: TableSize) -> float:
    """Return the height of a row; a figure that has no room on one line gets two, and is whole."""
    fonts, pitch = page.canvas.fonts, set_lines(page.sheet.text_pt(size.text_pt)) + size.air_mm
    for n, column in enumerate(table.columns):
        room = column.share * width - _PAD_MM
        if column.right and any(fonts.width_mm(row[n], LEAST_PT) > room for row in table.rows):
            return max(pitch, _two_lines_mm())
    return pitch
