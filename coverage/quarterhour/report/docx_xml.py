"""Text of a Word file as XML: runs, paragraphs, fields, bookmarks and tables.

Word wants the properties of a paragraph, a run, a cell and a table in the order of its schema
(ISO/IEC 29500-1, CT_PPr, CT_RPr, CT_TcPr, CT_TblPr). Written as texts in that order they are also
ten times as fast as objects, which a report of three thousand cells notices.

A *field* (page number, SEQ, REF, TOC) carries what it showed last, so that it reads well in a
program that updates none. Lengths: points (pt), twentieths of a point (twips).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from quarterhour.report.columns import clean_text

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
TWIPS_PER_MM = 1440.0 / 25.4


@dataclass(frozen=True, slots=True)
class Letters:
    """How letters look where they differ from their style.

    ``fonts`` are the one for Latin and the one for Chinese letters; ``size_pt`` 0 is the style's.
    """

    size_pt: float = 0.0
    bold: bool = False
    colour: str = ""
    fonts: tuple[str, str] | None = None
    snap: bool = True


PLAIN = Letters()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a paragraph stands where it differs from its style; ``None`` is the style's.

    Attributes
    ----------
    style, listed
        Id of its style, and number of its list.
    keep_next, keep_lines, new_page
        Stay with the next paragraph; stay whole; begin a page.
    bar, tab_mm
        Colour of a line at its left; place of a stop at the right.
    before_pt, after_pt, pitch_pt
        Space over and under it; fixed distance of its lines, negative for "at least".
    indent_mm, indent_right_chars, first_chars
        Indents: of all lines, at the right in characters, of the first line in characters.
    align
        ``left``, ``center``, ``right`` or ``both``.
    snap
        Whether lines and letters keep to the page's grid.
    section
        XML of the section that ends with this paragraph.
    """

    style: str = ""
    listed: str = ""
    keep_next: bool = False
    keep_lines: bool = False
    new_page: bool = False
    bar: str = ""
    tab_mm: float = 0.0
    before_pt: float | None = None
    after_pt: float | None = None
    pitch_pt: float | None = None
    indent_mm: float | None = None
    indent_right_chars: float | None = None
    first_chars: float | None = None
    letter_pt: float = 12.0
    align: str = ""
    snap: bool = True
    section: str = ""


def escaped(text: str) -> str:
    """Return a text as it stands in XML, without what XML forbids."""
    kept = clean_text(text)
    return (
        kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    )


def run(text: str, letters: Letters = PLAIN) -> str:
    """Return a run; a tab and a line end become what they are in Word."""
    inside = []
    for place, line in enumerate(text.split("\n")):
        if place:
            inside.append("<w:br/>")
        for at, part in enumerate(line.split("\t")):
            if at:
                inside.append("<w:tab/>")
            if part:
                inside.append(f'<w:t xml:space="preserve">{escaped(part)}</w:t>')
    return f"<w:r>{_run_properties(letters)}{''.join(inside)}</w:r>" if inside else ""


def field(instruction: str, shown: str, letters: Letters = PLAIN) -> str:
    """Return a field and what it shows until a program updates it."""
    return begin_field(instruction, letters) + run(shown, letters) + end_field(letters)


def begin_field(instruction: str, letters: Letters = PLAIN) -> str:
    """Return the begin of a field; what follows is what it shows."""
    look = _run_properties(letters)
    code = f'<w:instrText xml:space="preserve"> {escaped(instruction)} </w:instrText>'
    return (
        f'<w:r>{look}<w:fldChar w:fldCharType="begin"/></w:r><w:r>{look}{code}</w:r>'
        f'<w:r>{look}<w:fldChar w:fldCharType="separate"/></w:r>'
    )


def end_field(letters: Letters = PLAIN) -> str:
    """Return the end of a field."""
    return f'<w:r>{_run_properties(letters)}<w:fldChar w:fldCharType="end"/></w:r>'


def bookmarked(content: str, name: str, number: int) -> str:
    """Return content inside a bookmark."""
    start = f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>'
    return f'{start}{content}<w:bookmarkEnd w:id="{number}"/>'


def link(content: str, anchor: str) -> str:
    """Return content that leads to a bookmark."""
    return f'<w:hyperlink w:anchor="{anchor}" w:history="1">{content}</w:hyperlink>'


def paragraph(content: str, shape: Shape) -> str:
    """Return a paragraph."""
    properties = _paragraph_properties(shape)
    return f"<w:p>{properties}{content}</w:p>"


def _run_properties(letters: Letters) -> str:
    made = []
    if letters.fonts:
        latin, chinese = (escaped(font) for font in letters.fonts)
        made.append(
            f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}" w:cs="{latin}"/>'
        )
    if letters.bold:
        made.append("<w:b/><w:bCs/>")
    if not letters.snap:
        made.append('<w:snapToGrid w:val="0"/>')
    if letters.colour:
        made.append(f'<w:color w:val="{letters.colour}"/>')
    if letters.size_pt:
        half = round(2 * letters.size_pt)
        made.append(f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/>')
    return f"<w:rPr>{''.join(made)}</w:rPr>" if made else ""


def _paragraph_properties(shape: Shape) -> str:
    made = []
    if shape.style:
        made.append(f'<w:pStyle w:val="{shape.style}"/>')
    made += [
        f"<w:{name}/>"
        for name, given in (
            ("keepNext", shape.keep_next), ("keepLines", shape.keep_lines),
            ("pageBreakBefore", shape.new_page),
        )
        if given
    ]  # fmt: skip
    if shape.listed:
        made.append(f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{shape.listed}"/></w:numPr>')
    if shape.bar:
        line = f'<w:left w:val="single" w:sz="24" w:space="6" w:color="{shape.bar}"/>'
        made.append(f"<w:pBdr>{line}</w:pBdr>")
    if shape.tab_mm:
        stop = f'w:val="right" w:leader="dot" w:pos="{twips(shape.tab_mm)}"'
        made.append(f"<w:tabs><w:tab {stop}/></w:tabs>")
    if not shape.snap:
        made.append('<w:snapToGrid w:val="0"/>')
    made += [_spacing(shape), _indent(shape)]
    if shape.align:
        made.append(f'<w:jc w:val="{shape.align}"/>')
    made.append(shape.section)
    inside = "".join(made)
    return f"<w:pPr>{inside}</w:pPr>" if inside else ""


def _spacing(shape: Shape) -> str:
    made = [
        f'w:{name}="{round(20 * value)}"'
        for name, value in (("before", shape.before_pt), ("after", shape.after_pt))
        if value is not None
    ]
    if shape.pitch_pt is not None:
        rule = "exact" if shape.pitch_pt > 0 else "atLeast"
        made.append(f'w:line="{round(20 * abs(shape.pitch_pt))}" w:lineRule="{rule}"')
    return f"<w:spacing {' '.join(made)}/>" if made else ""


def _indent(shape: Shape) -> str:
    made = []
    if shape.indent_mm is not None:
        made.append(f'w:left="{twips(shape.indent_mm)}"')
    if shape.indent_right_chars is not None:
        chars = shape.indent_right_chars
        right = round(20 * chars * shape.letter_pt)
        made.append(f'w:rightChars="{round(100 * chars)}" w:right="{right}"')
    if shape.first_chars is not None:
        first = round(20 * shape.first_chars * shape.letter_pt)
        made.append(f'w:firstLineChars="{round(100 * shape.first_chars)}" w:firstLine="{first}"')
    return f"<w:ind {' '.join(made)}/>" if made else ""


def twips(length_mm: float) -> int:
    """Return millimetres in twentieths of a point."""
    return round(length_mm * TWIPS_PER_MM)


# --- tables


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its paragraphs as XML, its ground, and over how many columns it reaches."""

    content: str
    fill: str = ""
    span: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row; ``header`` rows are repeated on every page, others may or may not be split."""

    cells: tuple[Cell, ...]
    header: bool = False
    may_split: bool = False


def table(rows: Iterable[Row], widths: Sequence[int], lines: dict[str, tuple[int, str]]) -> str:
    """Return a table.

    Parameters
    ----------
    rows
        Its rows.
    widths
        Widths of its columns, in twips.
    lines
        By side (``top``, ``left``, ``bottom``, ``right``, ``insideH``, ``insideV``): thickness in
        eighths of a point, and colour.
    """
    order = ("top", "left", "bottom", "right", "insideH", "insideV")
    drawn = "".join(
        f'<w:{side} w:val="single" w:sz="{lines[side][0]}" w:space="0" w:color="{lines[side][1]}"/>'
        for side in order
        if side in lines
    )
    margins = "".join(f'<w:{side} w:w="70" w:type="dxa"/>' for side in ("left", "right"))
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    properties = (
        f'<w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{drawn}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar>"
    )
    body = "".join(_row(row, widths) for row in rows)
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"


def _row(row: Row, widths: Sequence[int]) -> str:
    made, at = [], 0
    for cell in row.cells:
        width = sum(widths[at : at + cell.span])
        at += cell.span
        span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
        shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{cell.fill}"/>' if cell.fill else ""
        head = f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{shade}</w:tcPr>'
        made.append(f"<w:tc>{head}{cell.content}</w:tc>")
    flags = "" if row.may_split else "<w:cantSplit/>"
    flags += "<w:tblHeader/>" if row.header else ""
    properties = f"<w:trPr>{flags}</w:trPr>" if flags else ""
    return f"<w:tr>{properties}{''.join(made)}</w:tr>"


def unsnapped(letters: Letters) -> Letters:
    """Return letters that do not keep to the page's grid, as those of tables."""
    return replace(letters, snap=False)
