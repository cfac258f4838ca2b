"""Write the report as a Word file: real headings, fields, captions, repeated table headers.

Nothing in the file comes from the clock. Its two forms, a report and an official paper, differ in
their look and in how they begin and end.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm

from quarterhour.report import docx_parts as parts
from quarterhour.report import docx_xml as xml
from quarterhour.report.docx_look import (
    BLACK,
    BLUE,
    GREY,
    PALE,
    RED,
    TEXT_HIGH_MM,
    TEXT_MM,
    look_of,
)
from quarterhour.report.docx_xml import PLAIN, Cell, Letters, Row, Shape
from quarterhour.report.gongwen import attachments, parted, trapezoid
from quarterhour.report.lying import lying_blocks
from quarterhour.report.outline import (
    Block,
    Box,
    Figure,
    Grid,
    Heading,
    Listing,
    Outline,
    Paragraph,
)
from quarterhour.report.references import Reference, pieces
from quarterhour.report.widths import follows_figures
from quarterhour.samebytes import settle_zip
from quarterhour.studytables import ReportForm
from quarterhour.words import Words

# Letters between which no line ends; to LibreOffice also 、 and the number of a site after it.
_CHAIN = re.compile(r"[!-~]{14}|(?:[!-~]{2,}[、，]){2}[!-~]")
# In a narrow column a line must be able to end there: a space without width says so.
_LISTED = re.compile(r"(?<=、)(?=[!-~])")
# A table of so few rows is kept on one page.
SHORT = 8
# Charts smaller than a page are shown at the size they were drawn for.
_DOTS_PER_MM = 260.0 / 25.4
# Between a figure at the right of its column and a text at the left of the next.
_APART_MM = 2.5
# Height for the entries of the table of contents on its page.
CONTENTS_PT = 590.0
# Word wants a paragraph after a table, and one at the end of a section: a line of one point.
_THIN = Shape(before_pt=0.0, after_pt=0.0, pitch_pt=1.0, snap=False)


def write_docx(
    outline: Outline, path: Path, *, form: ReportForm = "report", pages: Sequence[int] = ()
) -> None:
    """Write the report.

    Parameters
    ----------
    outline
        What it says.
    path
        The file to write.
    form
        ``report``, or ``gongwen`` for the page of GB/T 9704-2012.
    pages
        The page of each heading, where the pages were laid out; the table of contents shows them.
    """
    writer = _Writer(outline, form)
    writer.first_page()
    writer.contents(pages)
    writer.body()
    writer.save(path)


class _Writer:
    def __init__(self, outline: Outline, form: ReportForm) -> None:
        self.outline = outline
        self.zh = outline.language == "zh"
        self.words = Words(outline.language)
        self.look = look_of(outline.language, form)
        self.document = Document()
        self._made: list[str] = []
        self._marks = self._pictures = 0
        self._numbers = outline.numbers
        parts.set_page(self.document, self.look)
        parts.style_document(self.document, self.look)
        parts.set_properties(self.document, outline)
        title, mark = outline.short_title, outline.mark
        self._lying_header = parts.set_header(self.document, self.look, title=title, mark=mark)
        parts.set_footer(self.document, self.look)
        self.lists = parts.Lists(self.document, self.look)
        parts.name_fallbacks(self.document)

    # --- the file

    def save(self, path: Path) -> None:
        """Put what was written into the file."""
        body = self.document.element.body
        end = body.find(qn("w:sectPr"))
        for old in [child for child in body if child is not end]:
            body.remove(old)
        for made in list(parts.parsed("".join(self._made))):
            end.addprevious(made)
        self.document.save(str(path))
        settle_zip(path)

    def _add(self, content: str, shape: Shape) -> None:
        self._made.append(xml.paragraph(content, shape))

    def _text(self, text: str, letters: Letters = PLAIN) -> str:
        """Return runs; what names a table or a figure becomes a cross-reference."""
        made = []
        for piece in pieces(text, self._numbers, self.outline.language):
            if isinstance(piece, Reference):
                target = parts.target(piece.what, piece.number)
                made.append(xml.field(f"REF {target} \\h", piece.text, letters))
            else:
                made.append(xml.run(piece, letters))
        return "".join(made)

    # --- first pages

    def first_page(self) -> None:
        """Write title, unit and date, the notice, and the summary."""
        outline, look = self.outline, self.look
        lines = outline.title_lines
        lines = (*trapezoid(lines[0]), *lines[1:]) if self.zh else parted(lines)
        self._add(xml.run("\n".join(lines)), Shape(style="Title"))
        if look.official:
            self._official_summary()
            return
        small = Letters(size_pt=10.5, colour=GREY)
        self._add(xml.run("    ".join(outline.about), small), Shape(align="center"))
        tight = Shape(pitch_pt=15.0, after_pt=6.0)
        if outline.remark:
            self._add(xml.run(outline.remark, Letters(10.0, bold=True, colour=RED)), tight)
        # Before the summary, which may run over to a second page.
        self._add(xml.run(outline.notice, Letters(10.0, bold=True)), tight)
        self._box(outline.summary)

    def _official_summary(self) -> None:
        """Write the summary as text: an official paper has no frames."""
        outline, look = self.outline, self.look
        first = Shape(first_chars=look.first_chars, letter_pt=look.size_pt, align="both")
        if outline.remark:
            self._add(xml.run(outline.remark, Letters(colour=RED)), first)
        self._add(xml.run(outline.notice), first)
        head = Letters(fonts=look.heads[0].fonts)
        self._add(xml.run(outline.summary.title, head), replace(first, keep_next=True))
        told = self.words("report.semicolon").join(
            f"{label}{value}" if self.zh else f"{label} {value}"
            for label, value in outline.summary.figures
        )
        if told:
            self._add(xml.run(f"{told}。"), first)
        for paragraph in outline.summary.paragraphs:
            self._add(self._led(paragraph), replace(first, align=self._align(paragraph)))

    def contents(self, pages: Sequence[int]) -> None:
        """Write the table of contents: a field that already shows its entries.

        Without ``pages`` they have no page numbers until a program updates the field: only a
        program that lays the pages out knows them, and a guessed number would be wrong.
        """
        entries, look = self.outline.headings, self.look
        head = Letters(16.0, not look.official, look.accent, look.heads[0].fonts)
        align = "center" if look.official else ""
        self._add(
            xml.run(self.words("report.contents"), head),
            Shape(new_page=True, after_pt=8.0, pitch_pt=24.0, align=align),
        )
        pitch = max(min(18.0, CONTENTS_PT / max(len(entries), 1)), 11.5)
        for place, entry in enumerate(entries):
            anchor = parts.anchor(entry)
            shown = xml.run(f"{entry.text}\t" if pages else entry.text)
            if pages:
                shown += xml.field(f"PAGEREF {anchor} \\h", str(pages[place]))
            line = xml.link(shown, anchor)
            if place == 0:
                line = xml.begin_field('TOC \\o "1-2" \\h \\z \\u') + line
            if place == len(entries) - 1:
                line += xml.end_field()
            self._add(line, Shape(style=f"TOC{entry.level}", tab_mm=TEXT_MM, pitch_pt=pitch,
                                  snap=False))  # fmt: skip

    # --- blocks

    def body(self) -> None:
        """Write everything after the table of contents, wide tables on lying pages."""
        blocks = self.outline.blocks
        lying = lying_blocks(blocks, self.look)
        for place, block in enumerate(blocks):
            before = lying[place - 1] if place else False
            if lying[place] != before and place:
                self._end_section(lying=before)
            self._block(block, lying=lying[place])
        if blocks and lying[-1]:
            self._end_section(lying=True)
        annexed = any(isinstance(b, Heading) and b.label for b in blocks)
        if self.look.official and not annexed:
            self._sign()

    def _end_section(self, *, lying: bool) -> None:
        section = parts.section_xml(self.document, lying=lying, header=self._lying_header)
        self._made.append(xml.paragraph("", Shape(after_pt=0.0, pitch_pt=1.0, section=section)))

    def _block(self, block: Block, *, lying: bool) -> None:
        if isinstance(block, Heading):
            self._heading(block)
        elif isinstance(block, Paragraph):
            self._paragraph(block)
        elif isinstance(block, Listing):
            self._listing(block)
        elif isinstance(block, Grid):
            self._grid(block, lying=lying)
        elif isinstance(block, Figure):
            self._figure(block)
        else:
            self._box(block)

    def _heading(self, heading: Heading) -> None:
        new_page = heading is self.outline.headings[0]
        text = heading.text
        shape = Shape(style=f"Heading{heading.level}", new_page=new_page)
        if self.look.official and heading.label:
            if heading.new_page:
                self._sign()
            top = Letters(fonts=self.look.heads[0].fonts)
            self._add(xml.run(heading.label, top), Shape(new_page=True, keep_next=True))
            shape = Shape(style="Heading1", align="center", first_chars=0.0,
                          before_pt=self.look.pitch_pt, after_pt=self.look.pitch_pt)  # fmt: skip
            text = heading.title
        letters = Letters(22.0, fonts=self.look.title.fonts) if text != heading.text else PLAIN
        self._add(self._marked(xml.run(text, letters), parts.anchor(heading)), shape)

    def _marked(self, content: str, name: str) -> str:
        self._marks += 1
        return xml.bookmarked(content, name, self._marks)

    def _sign(self) -> None:
        """Write how an official paper ends: its annexes, who signs, and the date."""
        look = self.look
        annexes = attachments(self.outline, self.words)
        for place, line in enumerate(annexes):
            # Who signs does not stand alone on a page.
            self._add(
                xml.run(line),
                Shape(first_chars=2.0 if place == 0 else 5.0, letter_pt=look.size_pt,
                      before_pt=look.pitch_pt if place == 0 else None, keep_lines=True,
                      keep_next=place >= len(annexes) - 2),
            )  # fmt: skip
        for place, line in enumerate(self.outline.signed):
            last = place == len(self.outline.signed) - 1
            self._add(
                xml.run(line),
                Shape(align="right", indent_right_chars=4.0, letter_pt=look.size_pt,
                      before_pt=None if place else 2 * look.pitch_pt, keep_next=not last),
            )  # fmt: skip

    def _paragraph(self, paragraph: Paragraph) -> None:
        look = self.look
        # A line that announces what follows does not stand alone at the foot of a page.
        keep = paragraph.text.endswith(("：", ":"))
        if paragraph.tone == "line" and not look.official:
            shape = Shape(bar=BLUE, indent_mm=3.0, keep_lines=True, keep_next=keep)
            self._add(self._text(paragraph.text, Letters(bold=True)), shape)
        elif paragraph.tone == "note":
            colour = BLACK if look.official else GREY
            self._add(
                self._text(paragraph.text, Letters(look.note_pt, colour=colour)),
                Shape(pitch_pt=1.5 * look.note_pt, after_pt=2.0, keep_next=keep),
            )
        else:
            first = look.first_chars or None
            shape = Shape(first_chars=first, letter_pt=look.size_pt, keep_next=keep,
                          align=self._align(paragraph))  # fmt: skip
            self._add(self._led(paragraph), shape)

    def _listing(self, listing: Listing) -> None:
        number = self.lists.new(numbered=listing.numbered)
        for item in listing.items:
            self._add(self._led(item), Shape(listed=number, align=self._align(item)))

    def _align(self, paragraph: Paragraph) -> str:
        """Justify Chinese, but not before a long chain: the line over it would be spread."""
        return "both" if self.zh and not _CHAIN.search(paragraph.text) else ""

    def _led(self, paragraph: Paragraph, size_pt: float = 0.0) -> str:
        lead = ""
        if paragraph.lead:
            gap = "　" if self.zh else "  "
            lead = xml.run(paragraph.lead + gap, Letters(size_pt, bold=True))
        return lead + self._text(paragraph.text, Letters(size_pt))

    def _grid(self, grid: Grid, *, lying: bool) -> None:
        look = self.look
        self._caption("table", grid.number, grid.caption, keep_next=True)
        wide = TEXT_HIGH_MM if lying else TEXT_MM
        widths = [xml.twips(wide * s) for s in grid.shares(wider=wide / TEXT_MM)]
        size = look.cell_pt(len(grid.headers))
        rows = [self._row(grid.headers, grid, size, header=True)]
        for number, texts in enumerate(grid.rows):
            left = len(grid.rows) - number
            # A short table stays whole; of a long one no row stands alone, nor its sum or notes.
            keep = len(grid.rows) <= SHORT or number == 0 or left <= grid.totals + 2
            keep = keep and (left > 1 or bool(grid.notes))
            rows.append(self._row(texts, grid, size, bold=left <= grid.totals, keep=keep))
        rule, thin = (10, "444444"), (4, "C8C8C8")
        self._made.append(xml.table(rows, widths, {"top": rule, "bottom": rule, "insideH": thin}))
        for note in grid.notes:
            self._add(
                self._text(note, Letters(look.note_pt, colour=BLACK if look.official else GREY)),
                Shape(pitch_pt=1.45 * look.note_pt, after_pt=2.0, snap=False),
            )
        self._add("", Shape(after_pt=0.0, pitch_pt=8.0, snap=False))

    def _row(
        self, texts: tuple[str, ...], grid: Grid, size: float, *, header: bool = False,
        bold: bool = False, keep: bool = False,
    ) -> Row:  # fmt: skip
        letters = Letters(size, bold=header or bold, snap=not self.look.official)
        left = Shape(
            keep_next=header or keep, before_pt=1.0, after_pt=1.0, pitch_pt=round(1.35 * size, 1),
            snap=not self.look.official,
        )  # fmt: skip
        right, apart = replace(left, align="right"), replace(left, indent_mm=_APART_MM)
        cells = []
        for place, text in enumerate(texts):
            shape = apart if follows_figures(grid.numeric, place) else left
            shape = right if grid.numeric[place] else shape
            said = xml.paragraph(self._text(_LISTED.sub("\u200b", text), letters), shape)
            cells.append(Cell(said, PALE if header else ""))
        return Row(tuple(cells), header=header)

    def _figure(self, figure: Figure) -> None:
        picture = figure.picture
        width = Mm(min(self.look.figure_mm, picture.width_px / _DOTS_PER_MM))
        made = self.document.part.new_pic_inline(io.BytesIO(picture.content), width=width)
        self._pictures += 1
        made.docPr.set("id", str(self._pictures))
        made.docPr.set("descr", figure.caption)
        self._add(
            f"<w:r><w:drawing>{parts.as_text(made)}</w:drawing></w:r>",
            Shape(keep_next=True, before_pt=4.0, after_pt=0.0, pitch_pt=-12.0, align="center",
                  snap=False),
        )  # fmt: skip
        self._caption("figure", figure.number, figure.caption)

    def _caption(self, what: str, number: int, text: str, *, keep_next: bool = False) -> None:
        label, gap = self.words(f"report.{what}"), "　" if self.zh else "  "
        named = xml.run(label if self.zh else f"{label} ")
        named += xml.field(f"SEQ {label} \\* ARABIC", str(number))
        content = self._marked(named, parts.target(what, number)) + xml.run(gap + text)
        before = 4.0 if what == "figure" else None
        self._add(
            content, Shape(style="Caption", keep_next=keep_next, before_pt=before, snap=False)
        )

    def _box(self, box: Box) -> None:
        columns = max(len(box.figures), 1)
        widths = [xml.twips(TEXT_MM / columns)] * columns
        size = 10.0 if self.zh else 9.5
        centred = Shape(align="center", before_pt=2.0, after_pt=2.0, pitch_pt=20.0)
        title = xml.paragraph(xml.run(box.title, Letters(14.0, bold=True, colour=BLUE)), centred)
        rows = [Row((Cell(title, PALE, columns),), may_split=True)]
        if box.figures:
            large = parts.tile_pt(value for _, value in box.figures)
            tiles = (Cell(parts.tile(one, large), PALE) for one in box.figures)
            rows.append(Row(tuple(tiles)))
        text = Shape(after_pt=2.0, pitch_pt=14.5 if self.zh else 12.5)
        said = "".join(xml.paragraph(self._led(p, size), text) for p in box.paragraphs)
        rows.append(Row((Cell(said or xml.paragraph("", text), PALE, columns),), may_split=True))
        line = (8, BLUE)
        sides = {"top": line, "left": line, "bottom": line, "right": line}
        self._made.append(xml.table(rows, widths, sides))
        self._made.append(xml.paragraph("", _THIN))
