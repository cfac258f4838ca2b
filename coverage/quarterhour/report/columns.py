"""Tables as data: what a table says, apart from the page that prints it.

A *table* has a title, a note (who walks, how far, which group), *columns* with unit and kind of
number, rows, and often a total. The workbook, the report and the pages print the very same tables,
so no two of them can disagree. A *cell* is a number or a text; a text in a column of numbers
stands where there is no number (待补充, —, over an hour) and is printed as it is.
"""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from quarterhour.wording import MISSING
from quarterhour.words import Language, Words

Kind = Literal["text", "code", "count", "share", "minutes", "metres", "money", "number"]
Cell = str | float | int

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes
    ----------
    key
        ASCII name, the same in both languages.
    heading
        What the reader sees, without the unit.
    kind
        How cells are written: ``count`` whole; ``share`` as a percentage; ``minutes`` (and
        percentage points) with one decimal; ``metres`` whole; ``money`` with two decimals;
        ``number`` as precise as it is; ``code`` and ``text`` as they are (codes are narrow and
        centred).
    unit
        Unit in words; empty where there is none.
    """

    key: str
    heading: str
    kind: Kind = "text"
    unit: str = ""

    def header(self, language: Language) -> str:
        """Return the heading with its unit."""
        if not self.unit:
            return self.heading
        values = {"heading": self.heading, "unit": self.unit}
        return Words(language)("table.with_unit", values)

    @property
    def numeric(self) -> bool:
        """Whether cells stand to the right, as numbers do."""
        return self.kind not in ("text", "code")


@dataclass(frozen=True, slots=True)
class Table:
    """One table; every row, and the total where there is one, has a cell per column.

    Attributes
    ----------
    key
        ASCII name, the same in both languages.
    title, note
        Above the table, and what one must know to read it (may be empty).
    columns, rows, total
        Content; ``total`` is ``None`` where a sum would mean nothing.
    subtotals
        Places of the rows that sum up other rows (a year's sites), ascending.
    """

    key: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    subtotals: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        rows = self.rows if self.total is None else (*self.rows, self.total)
        if any(len(row) != len(self.columns) for row in rows):
            raise AssertionError("one cell per column")

    def column(self, key: str) -> tuple[Cell, ...]:
        """Return the cells of one column, without subtotals and the total."""
        at = [column.key for column in self.columns].index(key)
        return tuple(row[at] for n, row in enumerate(self.rows) if n not in self.subtotals)

    def only(self, *keys: str) -> "Table":
        """Return the table with some of its columns, in the order given."""
        at = [[column.key for column in self.columns].index(key) for key in keys]
        return Table(
            self.key, self.title, self.note, tuple(self.columns[a] for a in at),
            tuple(tuple(row[a] for a in at) for row in self.rows),
            None if self.total is None else tuple(self.total[a] for a in at), self.subtotals,
        )  # fmt: skip

    def texts(self) -> tuple[tuple[str, ...], ...]:
        """Return all rows, the total last, as a page prints them."""
        rows = self.rows if self.total is None else (*self.rows, self.total)
        return tuple(
            tuple(cell_text(c, column) for c, column in zip(row, self.columns, strict=True))
            for row in rows
        )


def cell_text(cell: Cell, column: Column) -> str:
    """Return a cell as it is printed; a dash where a number is unknown."""
    if isinstance(cell, str):
        return clean_text(cell)
    if not math.isfinite(cell):
        return MISSING
    if column.kind == "share":
        return f"{100.0 * cell:.1f}%"
    if column.kind in ("minutes", "money"):
        return f"{cell:,.1f}" if column.kind == "minutes" else f"{cell:,.2f}"
    if column.kind == "number":
        return f"{cell:,.10g}"
    return f"{cell:,.0f}"


def clean_text(text: str) -> str:
    """Return a text without the characters that XML forbids."""
    return _FORBIDDEN.sub("", text)


def number(value: float) -> float:
    """Return a value without the dust of sums, so that no -0 and no 0.30000000000000004 is seen."""
    return round(float(value), 9) + 0.0


def joined_notes(notes: Iterable[str], language: Language) -> str:
    """Return notes as one text; the empty ones leave no trace."""
    return ("" if language == "zh" else " ").join(note for note in notes if note)


def column_of(
    language: Language,
    key: str,
    kind: Kind = "text",
    *,
    unit: str = "",
    word: str = "",
    values: Mapping[str, object] | None = None,
    stem: str = "table",
) -> Column:
    """Return a column whose heading and unit stand in the catalogue of words.

    Parameters
    ----------
    language, key, kind
        As of the column.
    unit
        Word of the unit (``u_<unit>``); none by default.
    word
        Word of the heading (``h_<word>``); the key by default.
    values
        What the heading is filled in with.
    stem
        File of the words; units that it lacks are those of ``table``.
    """
    words = Words(language)
    heading = words(f"{stem}.h_{word or key}", values)
    unit_key = f"{stem}.u_{unit}" if words.has(f"{stem}.u_{unit}") else f"table.u_{unit}"
    return Column(key, heading[:1].upper() + heading[1:], kind, words(unit_key) if unit else "")
