"""Workbooks (xlsx, xlsm, xls, ods) as grids of cells.

Read by python-calamine: one library for the old and the new kinds, ten times as fast as others,
with merged ranges and hidden sheets. Nothing in a workbook is run or followed: macros are not
handed to it, formulas are taken at their stored value, links to other files are only told of.
"""

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

import pandas as pd

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.grids import Grid, Merged, holds_table
from quarterhour.inputs.olecheck import check_ole
from quarterhour.inputs.openfile import (
    MOST_CELLS,
    check_size,
    check_xml,
    head_of,
    is_ole,
    is_zip,
    zip_members,
)
from quarterhour.inputs.workbookscan import Scan, column_letters, scan_ods, scan_xlsx
from quarterhour.words import LANGUAGES, Words

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

# Where a workbook keeps its cells; pictures and macros stay in the zip.
_PARTS = re.compile(r"(?!.*vbaProject)(?!xl/(media|drawings|embeddings)/).*\.(xml|rels)|mimetype")
# Other sheets than the first are only looked at, to name those that were not read.
_LOOKED_AT = 20
_NOTES = ("starter.notes", "facility.template_notes")
_LARGE = 5_000_000


@dataclass(frozen=True, slots=True)
class _Opened:
    """A workbook that is safe to read, and the XML of its sheets."""

    file: str
    book: "CalamineWorkbook"
    parts: dict[str, bytes] = field(default_factory=dict)
    # An ods is looked at as a whole, as it is read; the sheets of an xlsx one by one.
    scans: dict[str, Scan] = field(default_factory=dict)

    def grid(self, name: str) -> Grid:
        """Return all cells of one sheet."""
        scan = self._scan(name)
        if scan:
            _check_scan(scan, self.file, name)
            if scan.unsaved:
                raise InputError(_unsaved(scan, self.file, name))
        page = self.book.get_sheet_by_name(name)
        height, width = page.total_height, page.total_width
        check_size(self.file, name, rows=height, columns=width)
        rows: list[list[object]] = [list(r) for r in page.to_python(skip_empty_area=False)]
        for (row, column), text in (scan.errors if scan else {}).items():
            _put(rows, row, column, text)
        merged = scan.merged if scan else [(*a, *b) for a, b in page.merged_cell_ranges or []]
        cells = [[None if cell == "" else cell for cell in row] for row in rows]
        return Grid(self.file, name, pd.DataFrame(cells, dtype=object), _valid(merged))

    def size(self, name: str) -> int:
        """Return the bytes of a sheet's XML; 0 in an xls."""
        return len(self.parts.get(_sheet_parts(self.parts).get(name, ""), b""))

    def _scan(self, name: str) -> Scan | None:
        """Return what stands in a sheet; ``None`` in an xls, whose sheets are small."""
        if not self.parts:
            return None
        if name in self.scans:
            return self.scans[name]
        part = self.parts.get(_sheet_parts(self.parts).get(name, ""))
        if part is None:
            values = {"why": f"sheet {name!r} has no XML of its own"}
            raise InputError(Fault("input.unreadable", values, self.file))
        return self.scans.setdefault(name, scan_xlsx(part, self.file))

    def told(self, grid: Grid, doubts: list[Fault]) -> Grid:
        """Return the grid that is read, and say what its planner does not see."""
        scan = self._scan(grid.sheet)
        if scan and scan.hidden:
            row = scan.hidden[0] + 1
            values = {"count": len(scan.hidden)}
            doubts.append(Fault("file.hidden_rows", values, self.file, grid.sheet, row))
        return grid


def read_workbook(path: Path, sheet: str | int, doubts: list[Fault]) -> Grid:
    """Return the cells of one sheet of a workbook.

    Parameters
    ----------
    path
        xlsx, xlsm, xls or ods.
    sheet
        Name or position. Position 0 is the first visible sheet that holds a table.
    doubts
        Receives which sheet was read and which were not, and links to other files.

    Raises
    ------
    InputError
        If the workbook has a password, is broken, too large, has no such sheet, or holds formulas
        without a stored value.
    """
    opened = _open(path)
    if any("externalLinks/" in name for name in opened.parts):
        doubts.append(Fault("file.external_links", file=path.name))
    names = opened.book.sheet_names
    if not names:
        raise InputError(Fault("input.empty_table", file=path.name))
    if sheet == 0:
        return opened.told(_first_table(opened, doubts), doubts)
    if isinstance(sheet, int):
        sheet = names[sheet] if -len(names) <= sheet < len(names) else str(sheet)
    if sheet not in names:
        values = {"sheet": sheet, "sheets": ", ".join(names)}
        raise InputError(Fault("file.no_sheet", values, file=path.name))
    return opened.told(opened.grid(sheet), doubts)


def _open(path: Path) -> _Opened:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    start = head_of(path)
    parts: dict[str, bytes] = {}
    if is_zip(start):
        parts = dict(zip_members(path, lambda name: _PARTS.fullmatch(name) is not None))
        raw = _repacked(parts)
    elif is_ole(start):
        raw = path.read_bytes()
        if "EncryptedPackage".encode("utf-16-le") in raw:
            raise InputError(Fault("file.password", file=path.name))
        check_ole(raw, path.name)
    else:
        raise InputError(Fault("file.no_workbook", {"suffix": path.suffix}, file=path.name))
    if b"manifest:encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise InputError(Fault("file.password", file=path.name))
    for name, content in parts.items():
        if name != "mimetype":
            check_xml(content[:4096], path.name)
    scans = scan_ods(parts["content.xml"], path.name) if "content.xml" in parts else {}
    for name, scan in scans.items():
        _check_scan(scan, path.name, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    except PasswordError as error:
        raise InputError(Fault("file.password", file=path.name)) from error
    except CalamineError as error:
        raise InputError(Fault("input.unreadable", {"why": str(error)}, path.name)) from error
    return _Opened(path.name, book, parts, scans)


def _repacked(parts: dict[str, bytes]) -> bytes:
    """Return a plain zip of what was unpacked within bounds: that, and no more, is read."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _first_table(opened: _Opened, doubts: list[Fault]) -> Grid:
    """Return the first visible sheet that holds a table; hidden ones only where no other does."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    pages = [m for m in opened.book.sheets_metadata if m.typ == SheetTypeEnum.WorkSheet]
    open_to_see = [m.name for m in pages if m.visible == SheetVisibleEnum.Visible]
    order = open_to_see + [m.name for m in pages if m.name not in open_to_see]
    chosen, second_best = None, None
    for name in order:
        grid = opened.grid(name)
        full = grid.frame.notna()
        several_rows = full.any(axis=1).sum() > 1
        if holds_table(grid) or (several_rows and full.any(axis=0).sum() > 1):
            chosen = grid
            break
        second_best = second_best or (grid if several_rows else None)
    chosen = chosen or second_best
    if chosen is None:
        first = order[0] if order else ""
        raise InputError(Fault("input.empty_table", file=opened.file, sheet=first))
    if chosen.sheet != opened.book.sheet_names[0]:
        values = {"sheet": chosen.sheet, "first": opened.book.sheet_names[0]}
        doubts.append(Fault("file.sheet_taken", values, opened.file))
    # The templates' own sheets of explanations look like tables.
    ours = {Words(spoken)(key) for spoken in LANGUAGES for key in _NOTES}
    others = [n for n in open_to_see if n != chosen.sheet and n not in ours][:_LOOKED_AT]
    unread = [n for n in others if _is_table(opened, n)]
    if unread:
        values = {"sheet": chosen.sheet, "unread": ", ".join(unread)}
        doubts.append(Fault("file.sheets_unread", values, opened.file))
    return chosen


def _is_table(opened: _Opened, name: str) -> bool:
    """Tell whether a sheet that is not read holds a table; what is wrong with it matters not."""
    if opened.size(name) > _LARGE:
        return True
    try:
        return holds_table(opened.grid(name))
    except InputError:
        return True


def _sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """Return the member of an xlsx that holds each sheet, by the sheet's name."""
    targets = {
        found.get("Id", ""): found.get("Target", "")
        for name, found in _elements(parts.get("xl/_rels/workbook.xml.rels", b""))
        if name == "Relationship"
    }
    sheets = {}
    for name, found in _elements(parts.get("xl/workbook.xml", b"")):
        if name == "sheet":
            link = next((v for k, v in found.items() if k.rpartition(":")[2] == "id"), "")
            target = targets.get(link, "")
            sheets[found.get("name", "")] = (
                target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
            )
    return sheets


def _elements(raw: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return name and attributes of every element; none where the XML is broken."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, said: found.append((name.rpartition(":")[2], said))
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        return []
    return found


def _check_scan(scan: Scan, file: str, sheet: str) -> None:
    check_size(file, sheet, rows=scan.rows, columns=scan.columns)
    if scan.rows * scan.columns > MOST_CELLS:
        last = f"{column_letters(scan.columns - 1)}{scan.rows}"
        values = {"cells": f"{scan.rows * scan.columns:,}", "most": f"{MOST_CELLS:,}", "last": last}
        raise InputError(Fault("file.too_many_cells", values, file, sheet))


def _unsaved(scan: Scan, file: str, sheet: str) -> Fault:
    row, column = scan.unsaved[0]
    values = {"count": len(scan.unsaved), "cell": f"{column_letters(column)}{row + 1}"}
    return Fault("file.formula_unsaved", values, file, sheet, row + 1)


def _put(rows: list[list[object]], row: int, column: int, text: str) -> None:
    """Put a cell that the library left out; the rows may end before it."""
    while len(rows) <= row:
        rows.append([])
    rows[row] += [""] * (column + 1 - len(rows[row]))
    rows[row][column] = text


def _valid(merged: list[Merged]) -> tuple[Merged, ...]:
    return tuple(m for m in merged if m[0] <= m[2] and m[1] <= m[3])
