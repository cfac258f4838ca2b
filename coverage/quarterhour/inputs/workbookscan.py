"""A look into the XML of a workbook before its library opens it.

The library that reads workbooks is fast, but it keeps every cell between the first and the last
one, drops cells that hold an error, and cannot tell a formula without a stored value from a blank
cell. This pass counts the cells first (one cell in the last corner of a sheet would take all
memory), and keeps what the library leaves out. XML that defines words of its own is refused.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from quarterhour.errors import Fault, InputError

_REFERENCE = re.compile(r"\$?([A-Z]{1,4})\$?(\d{1,8})")
# LibreOffice ends each sheet with blank rows up to its last; more than that is a trap.
_MOST_REPEATED_ROWS = 1_100_000
_CHUNK = 1 << 20


@dataclass(slots=True)
class Scan:
    """What stands in one sheet; rows and columns are counted from 0.

    Attributes
    ----------
    rows, columns
        One past the last row and column with anything in it.
    errors
        Text of each cell that holds an error, such as ``#REF!``.
    unsaved
        Cells whose formula has no stored value.
    merged
        Ranges of merged cells.
    hidden
        Rows with anything in them that the program does not show: hidden, or filtered out.
    """

    rows: int = 0
    columns: int = 0
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    unsaved: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)


class _Parser:
    """Walk one XML text; element names come without their namespace."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.expat = expat.ParserCreate()
        self.expat.buffer_text = True
        self.expat.StartDoctypeDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise InputError(Fault("file.xml_entities", file=self.file))

    def read(self, raw: bytes) -> None:
        """Read the whole text, a piece at a time."""
        try:
            for at in range(0, len(raw), _CHUNK):
                self.expat.Parse(raw[at : at + _CHUNK], False)
            self.expat.Parse(b"", True)
        except expat.ExpatError as error:
            why = f"XML: {error}"
            raise InputError(Fault("input.unreadable", {"why": why}, self.file)) from error


def position(reference: str) -> tuple[int, int] | None:
    """Return row and column, counted from 0, of a reference such as ``B3``."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1


def column_letters(column: int) -> str:
    """Return the letters of a column counted from 0: ``AA`` for 26."""
    letters = ""
    while column >= 0:
        letters = chr(65 + column % 26) + letters
        column = column // 26 - 1
    return letters


def scan_xlsx(raw: bytes, file: str) -> Scan:
    """Return what stands in one sheet of an xlsx, from the sheet's XML.

    Raises
    ------
    InputError
        If the XML is broken or defines words of its own.
    """
    return _XlsxScan(file).of(raw)


class _XlsxScan(_Parser):
    def of(self, raw: bytes) -> Scan:
        self.scan = Scan()
        self.row, self.column = -1, -1
        self.value: list[str] = []
        self.kind, self.formula, self.filled, self.hidden = "", False, False, False
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.read(raw)
        return self.scan

    def _start(self, name: str, found: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            at = position(found.get("r", ""))
            self.row, self.column = at if at else (max(self.row, 0), self.column + 1)
            self.kind, self.formula, self.filled = found.get("t", ""), False, False
            self.value.clear()
        elif name in ("v", "is"):
            self.filled = True
            if self.formula or self.kind == "e":
                self.expat.CharacterDataHandler = self.value.append
        elif name == "f":
            self.formula = True
        elif name == "row":
            said = found.get("r", "")
            self.row = int(said) - 1 if said.isdecimal() and len(said) < 9 else self.row + 1
            self.column = -1
            self.hidden = found.get("hidden") in ("1", "true")
        elif name == "mergeCell":
            ends = [position(part) for part in found.get("ref", "").split(":")]
            if len(ends) == 2 and ends[0] and ends[1]:
                self.scan.merged.append((*ends[0], *ends[1]))

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("v", "is"):
            self.expat.CharacterDataHandler = None
        elif name == "c" and (self.filled or self.formula):
            text = "".join(self.value)
            if self.kind == "e":
                self.scan.errors[self.row, self.column] = text
            elif self.formula and not text and self.kind != "str":
                self.scan.unsaved.append((self.row, self.column))
            self.scan.rows = max(self.scan.rows, self.row + 1)
            self.scan.columns = max(self.scan.columns, self.column + 1)
            if self.hidden:
                self.hidden = False  # one cell is enough
                self.scan.hidden.append(self.row)


def scan_ods(raw: bytes, file: str) -> dict[str, Scan]:
    """Return what stands in each sheet of an ods, from its ``content.xml``.

    Raises
    ------
    InputError
        If the XML is broken, defines words of its own, or repeats rows without end.
    """
    return _OdsScan(file).of(raw)


class _OdsScan(_Parser):
    def of(self, raw: bytes) -> dict[str, Scan]:
        self.scans: dict[str, Scan] = {}
        self.scan = Scan()
        self.row, self.column, self.row_height, self.width = 0, 0, 1, 1
        self.filled = self.hidden = False
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.read(raw)
        return self.scans

    def _start(self, name: str, found: dict[str, str]) -> None:
        if name == "table:table":
            self.scan = self.scans.setdefault(found.get("table:name", ""), Scan())
            self.row = 0
        elif name == "table:table-row":
            self.row_height = _count(found, "table:number-rows-repeated")
            self.column = 0
            self.hidden = found.get("table:visibility", "visible") != "visible"
        elif name in ("table:table-cell", "table:covered-table-cell"):
            self.width = _count(found, "table:number-columns-repeated")
            self.filled = "office:value-type" in found
            tall, wide = (_count(found, f"table:number-{way}-spanned") for way in _WAYS)
            if tall > 1 or wide > 1:
                self.scan.merged.append(
                    (self.row, self.column, self.row + tall - 1, self.column + wide - 1)
                )
        elif name == "text:p":
            self.filled = True

    def _end(self, name: str) -> None:
        if name in ("table:table-cell", "table:covered-table-cell"):
            self.column += self.width
            if self.filled:
                self.scan.columns = max(self.scan.columns, self.column)
                self.scan.rows = max(self.scan.rows, self.row + self.row_height)
                if self.hidden:
                    self.hidden = False  # one cell is enough
                    self.scan.hidden.append(self.row)
        elif name == "table:table-row":
            self.row += self.row_height
            if self.row > _MOST_REPEATED_ROWS:
                raise InputError(Fault("file.zip_bomb", file=self.file))


_WAYS = ("rows", "columns")


def _count(found: dict[str, str], name: str) -> int:
    said = found.get(name, "1")
    return max(int(said), 1) if said.isdecimal() and len(said) < 9 else 1
