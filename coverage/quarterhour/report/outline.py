"""The report's content as data, in one language: what both writers show, and nothing else.

A *block* is a heading, a paragraph, a list, a table, a figure or a box. A *draft* gathers blocks in
order and numbers headings, tables and figures as they come, so that no writer counts anything and
the docx and the html cannot differ. A *picture* is an image file's bytes with its size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from quarterhour.report.widths import column_widths
from quarterhour.words import Language, Words

Tone = Literal["body", "note", "line"]
# Half-width letters that fit on a line of a table, and on one with more columns in smaller print.
_ROOM, _ROOM_SMALL = 92.0, 104.0
# The most columns in full print.
FEW_COLUMNS = 6
_HAN_DIGITS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading with its number; ``anchor`` is its name for links.

    ``label`` and ``title`` are its two parts where it begins an annex: "Annex 1" and what it holds.
    """

    text: str
    level: int
    anchor: str
    new_page: bool = False
    label: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences, led by a bold ``lead`` where it has one.

    ``tone`` is ``body``, ``note`` (small print) or ``line`` (a line that must be seen).
    """

    text: str
    lead: str = ""
    tone: Tone = "body"


@dataclass(frozen=True, slots=True)
class Listing:
    """Items, numbered or with bullets."""

    items: tuple[Paragraph, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as it is printed.

    Attributes
    ----------
    number, caption
        ``Table 3`` and what it shows.
    headers, rows
        Texts; every row has as many as there are headers.
    numeric
        Whether a column holds figures, which stand to the right.
    totals
        How many of the last rows are sums.
    notes
        Small print under the table.
    """

    number: int
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    totals: int = 0
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.headers) for row in self.rows):
            raise AssertionError("one text per column")

    def shares(self, *, wider: float = 1.0) -> tuple[float, ...]:
        """Return the share of the page's width that each column gets, by what stands in it.

        As :func:`quarterhour.report.widths.column_widths` finds them.

        Parameters
        ----------
        wider
            How many times as wide as the text of an upright page the table is.
        """
        columns = [
            [header, *(row[c] for row in self.rows)] for c, header in enumerate(self.headers)
        ]
        room = wider * (_ROOM if len(self.headers) <= FEW_COLUMNS else _ROOM_SMALL)
        return column_widths(columns, self.numeric, room, totals=self.totals)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image: its bytes, type (``image/png``) and size in pixels."""

    content: bytes
    mime: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Plate:
    """A plan page: its number (``06``, ``06-1``), caption and picture."""

    number: str
    caption: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture with its number and caption."""

    number: int
    caption: str
    picture: Picture


@dataclass(frozen=True, slots=True)
class Box:
    """The summary: a frame with large figures (label, value) and paragraphs."""

    title: str
    figures: tuple[tuple[str, str], ...]
    paragraphs: tuple[Paragraph, ...]


Block = Heading | Paragraph | Listing | Grid | Figure | Box


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole report in one language.

    Attributes
    ----------
    title, short_title
        On the first page, and in the header of every page.
    about
        Lines under the title: district, unit, date.
    mark, remark
        What every page must say of its data, and the same in full; empty for real data.
    notice
        The line that bounds what this report is.
    summary
        The box on the first page.
    blocks
        Everything after the table of contents.
    signed
        Who signs, and the date in full: what ends an official paper; empty where it has none.
    """

    language: Language
    title: str
    short_title: str
    about: tuple[str, ...]
    mark: str
    remark: str
    notice: str
    summary: Box
    blocks: tuple[Block, ...]
    signed: tuple[str, ...] = ()

    @property
    def title_lines(self) -> tuple[str, ...]:
        """The title, with the remark in brackets that ends it on a line of its own."""
        head, bracket, tail = self.title.rpartition("（" if self.language == "zh" else "(")
        return (head.strip(), bracket + tail) if head.strip() else (self.title,)

    @property
    def headings(self) -> tuple[Heading, ...]:
        """The headings, in order, for the table of contents."""
        return tuple(b for b in self.blocks if isinstance(b, Heading))

    @property
    def numbers(self) -> dict[str, frozenset[int]]:
        """The numbers of the tables and of the figures that there are, as ``table``, ``figure``."""
        return {
            "table": frozenset(b.number for b in self.blocks if isinstance(b, Grid)),
            "figure": frozenset(b.number for b in self.blocks if isinstance(b, Figure)),
        }


class Draft:
    """Blocks in the making: numbers headings, tables and figures as they come."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.text = Words(language)
        self.blocks: list[Block] = []
        self._chapter = 0
        self._section = 0
        self._annex = 0
        self._tables = 0
        self._figures = 0

    @property
    def next_table(self) -> int:
        """The number that the next table will have, for sentences that point at it."""
        return self._tables + 1

    @property
    def next_figure(self) -> int:
        """The number that the next figure will have."""
        return self._figures + 1

    def chapter(self, text: str) -> None:
        """Begin a chapter: 一、 or 1."""
        self._chapter += 1
        self._section = 0
        number = f"{chinese_number(self._chapter)}、" if self._zh else f"{self._chapter}  "
        self._head(f"{number}{text}", 1)

    def section(self, text: str) -> None:
        """Begin a section: （一） or 1.1; in an annex （一） or A1.1."""
        self._section += 1
        over = f"A{self._annex}" if self._annex else str(self._chapter)
        number = f"{over}.{self._section}  "
        if self._zh:
            number = f"（{chinese_number(self._section)}）"
        self._head(f"{number}{text}", 2)

    def annex(self, text: str) -> None:
        """Begin an annex; the first one on a page of its own."""
        self._annex += 1
        self._section = 0
        values = {"number": self._annex, "title": text}
        label = self.text("reportform.annex", values)
        self._head(self.text("report.annex", values), 1, new_page=self._annex == 1, label=label,
                   title=text)  # fmt: skip

    def say(self, key: str, values: Mapping[str, object] | None = None) -> None:
        """Add a paragraph of the catalogue."""
        self.paragraph(self.text(key, values))

    def paragraph(self, text: str, *, lead: str = "", tone: Tone = "body") -> None:
        """Add a paragraph."""
        if text:
            self.blocks.append(Paragraph(text, lead, tone))

    def listing(self, items: Sequence[str | Paragraph], *, numbered: bool = False) -> None:
        """Add a list; nothing where it has no items."""
        if items:
            made = tuple(Paragraph(i) if isinstance(i, str) else i for i in items)
            self.blocks.append(Listing(made, numbered))

    def grid(
        self,
        caption: str,
        headers: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        numeric: Sequence[bool],
        totals: int = 0,
        notes: Sequence[str] = (),
    ) -> None:
        """Add a table and number it."""
        self._tables += 1
        self.blocks.append(
            Grid(self._tables, caption, tuple(headers), tuple(tuple(r) for r in rows),
                 tuple(numeric), totals, tuple(notes))
        )  # fmt: skip

    def figure(self, caption: str, picture: Picture) -> None:
        """Add a figure and number it."""
        self._figures += 1
        self.blocks.append(Figure(self._figures, caption, picture))

    @property
    def _zh(self) -> bool:
        return self.language == "zh"

    def _head(
        self, text: str, level: int, *, new_page: bool = False, label: str = "", title: str = ""
    ) -> None:
        anchor = f"h{sum(isinstance(b, Heading) for b in self.blocks) + 1}"
        self.blocks.append(Heading(text, level, anchor, new_page, label, title))


def chinese_number(number: int) -> str:
    """Return 一, 二, ... 九十九."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("" if tens == 1 else _HAN_DIGITS[tens - 1]) + "十"
    return head + (_HAN_DIGITS[ones - 1] if ones else "")
