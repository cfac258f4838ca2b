"""Write the report as a Word file: real headings, fields, captions, repeated table headers.

The page is A4 with the margins of GB/T 9704 (37, 35, 28 and 26 mm), so that the text block is
156 mm wide. Nothing in the file comes from the clock.
"""

import io
from pathlib import Path

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from quarterhour.report import docx_parts as parts
from quarterhour.report.docx_parts import Node
from quarterhour.report.outline import (
    FEW_COLUMNS,
    Block,
    Box,
    Figure,
    Grid,
    Heading,
    Listing,
    Outline,
    Paragraph,
)
from quarterhour.samebytes import settle_zip
from quarterhour.words import Words

TEXT_MM = 156.0
_SHORT = 12
# Height for the entries of the table of contents on its page.
_CONTENTS_PT = 560.0
# Charts smaller than a page are shown at the size they were drawn for.
_DOTS_PER_MM = 260.0 / 25.4
FIGURE_MM = 140.0  # two plates of A3's shape, with their captions, fill a page
_BLUE, _RED, _GREY, _PALE = "1F4E79", "B2182B", "666666", "EEF3F8"
_FONTS = {
    "zh": {
        "body": ("Times New Roman", "宋体"),
        "head": ("Arial", "黑体"),
        "sub": ("Arial", "楷体"),
    },
    "en": {"body": ("Calibri", "宋体"), "head": ("Calibri", "黑体"), "sub": ("Calibri", "黑体")},
}


def write_docx(outline: Outline, path: Path) -> None:
    """Write the report.

    Parameters
    ----------
    outline
        What it says.
    path
        The file to write.
    """
    writer = _Writer(outline)
    writer.first_page()
    writer.contents()
    for block in outline.blocks:
        writer.block(block)
    writer.document.save(str(path))
    settle_zip(path)


class _Writer:
    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.words = Words(outline.language)
        self.document = Document()
        self.fonts = _FONTS[outline.language]
        self._bookmarks = 0
        self._drop_thumbnail()
        self._page()
        self._styles()
        self._properties()
        self._header_and_footer()
        self.lists = parts.Lists(self.document)
        parts.name_fallbacks(self.document)

    # --- the file

    def _drop_thumbnail(self) -> None:
        """Drop the picture of python-docx's own empty page."""
        rels = self.document.part.package.rels
        for name in [n for n, r in rels.items() if r.reltype.endswith("/thumbnail")]:
            del rels[name]

    def _page(self) -> None:
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        section.header_distance, section.footer_distance = Mm(20), Mm(20)

    def _properties(self) -> None:
        core = self.document.core_properties
        core.title, core.subject = self.outline.title, self.outline.short_title
        core.author = core.last_modified_by = "quarterhour"
        core.comments = self.outline.notice
        core.keywords = self.outline.mark
        core.language = "zh-CN" if self.outline.language == "zh" else "en-GB"
        latin = "en-GB" if self.outline.language == "en" else "en-US"
        for lang in self.document.styles.element.iter(qn("w:lang")):
            lang.set(qn("w:val"), latin)
            lang.set(qn("w:eastAsia"), "zh-CN")
        theme = self.document.settings.element.find(qn("w:themeFontLang"))
        if theme is not None:
            theme.set(qn("w:eastAsia"), "zh-CN")

    def _styles(self) -> None:
        styles, zh = self.document.styles, self.outline.language == "zh"
        normal = styles["Normal"]
        parts.set_fonts(normal, *self.fonts["body"])
        parts.style_text(normal, size_pt=12 if zh else 11)
        # Chinese fonts differ in the height they ask for: a fixed pitch reads the same with all.
        normal.paragraph_format.line_spacing = Pt(21) if zh else 1.15
        normal.paragraph_format.space_after = Pt(4 if zh else 6)
        for name, font, size, before in (
            ("Heading 1", "head", 16, 18), ("Heading 2", "sub", 14 if zh else 13, 10),
        ):  # fmt: skip
            parts.set_fonts(styles[name], *self.fonts[font])
            parts.style_text(styles[name], size_pt=size, bold=True, colour=_BLUE)
            form = styles[name].paragraph_format
            form.space_before, form.space_after, form.keep_with_next = Pt(before), Pt(6), True
        title = styles["Title"]
        parts.set_fonts(title, *self.fonts["head"])
        parts.style_text(title, size_pt=20, bold=True, colour=_BLUE)
        title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        title.paragraph_format.space_after = Pt(6)
        title.paragraph_format.line_spacing = 1.1
        frame = title.element.pPr.find(qn("w:pBdr"))
        if frame is not None:
            title.element.pPr.remove(frame)
        caption = styles["Caption"]
        parts.set_fonts(caption, *self.fonts["head"])
        parts.style_text(caption, size_pt=10.5, bold=False, colour="222222")
        caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
        caption.paragraph_format.space_before = Pt(8)
        caption.paragraph_format.line_spacing = 1.1
        for level in (1, 2):
            toc = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
            toc.base_style = normal
            toc.paragraph_format.left_indent = Mm(7.0 * (level - 1))
            toc.paragraph_format.space_after = Pt(0)
            toc.paragraph_format.line_spacing = Pt(18)
            parts.style_text(toc, size_pt=11 if level == 1 else 10.5)
            toc.paragraph_format.tab_stops.add_tab_stop(
                Mm(TEXT_MM), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS
            )

    def _header_and_footer(self) -> None:
        section = self.document.sections[0]
        head = section.header.paragraphs[0]
        self._plain(head, self.outline.short_title, size=9, colour=_GREY)
        head.paragraph_format.tab_stops.add_tab_stop(Mm(TEXT_MM), WD_TAB_ALIGNMENT.RIGHT)
        if self.outline.mark:
            self._plain(head, f"\t{self.outline.mark}", size=10, colour=_RED, bold=True)
        parts.border(head, "bottom", colour="BBBBBB")
        foot = section.footer.paragraphs[0]
        foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
        parts.add_field(foot, "PAGE", "1")
        foot.add_run(" / ")
        parts.add_field(foot, "NUMPAGES", "1")
        for run in foot.runs:
            run.font.size = Pt(9)
        for style in ("Header", "Footer"):
            # The style's own stops stand in the middle of a narrower page.
            tabs = self.document.styles[style].element.pPr.find(qn("w:tabs"))
            if tabs is not None:
                self.document.styles[style].element.pPr.remove(tabs)

    # --- first pages

    def first_page(self) -> None:
        """Write title, unit and date, the notice, and the summary."""
        title = self.document.add_paragraph(style="Title")
        for place, line in enumerate(self.outline.title_lines):
            if place:
                title.add_run().add_break()
            title.add_run(line)
        about = self.document.add_paragraph()
        about.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._plain(about, "    ".join(self.outline.about), size=10.5, colour=_GREY)
        if self.outline.remark:
            remark = self.document.add_paragraph()
            remark.paragraph_format.line_spacing = 1.1
            self._plain(remark, self.outline.remark, size=10, colour=_RED, bold=True)
        # Before the summary, which may run over to a second page.
        notice = self.document.add_paragraph()
        notice.paragraph_format.line_spacing = 1.1
        self._plain(notice, self.outline.notice, size=10, bold=True)
        self._box(self.outline.summary)

    def contents(self) -> None:
        """Write the table of contents: a field that already shows its entries."""
        head = self.document.add_paragraph()
        head.paragraph_format.page_break_before = True
        head.paragraph_format.space_after = Pt(8)
        self._plain(head, self.words("report.contents"), size=16, bold=True, colour=_BLUE)
        for run in head.runs:
            parts.set_fonts_of_run(run, *self.fonts["head"])
        entries = self.outline.headings
        for level in (1, 2):
            pitch = self.document.styles[f"toc {level}"].paragraph_format
            pitch.line_spacing = Pt(min(18.0, _CONTENTS_PT / len(entries)))
        for place, entry in enumerate(entries):
            line = self.document.add_paragraph(style=f"toc {entry.level}")
            if place == 0:
                parts.begin_field(line, 'TOC \\o "1-2" \\h \\z \\u')
            parts.add_link(line, entry.text, anchor=_anchor(entry))
            if place == len(entries) - 1:
                parts.end_field(line)

    # --- blocks

    def block(self, block: Block) -> None:
        """Write one block."""
        if isinstance(block, Heading):
            self._heading(block)
        elif isinstance(block, Paragraph):
            self._paragraph(block)
        elif isinstance(block, Listing):
            self._listing(block)
        elif isinstance(block, Grid):
            self._grid(block)
        elif isinstance(block, Figure):
            self._figure(block)
        else:
            self._box(block)

    def _heading(self, heading: Heading) -> None:
        made = self.document.add_heading(heading.text, level=heading.level)
        first = heading is self.outline.headings[0]
        made.paragraph_format.page_break_before = heading.new_page or first
        self._bookmarks += 1
        parts.bookmark(made, _anchor(heading), self._bookmarks)

    def _paragraph(self, paragraph: Paragraph) -> None:
        made = self.document.add_paragraph()
        if paragraph.tone == "line":
            parts.border(made, "left", colour=_BLUE, size=24, space=6)
            made.paragraph_format.left_indent = Mm(3)
            made.paragraph_format.keep_together = True
            self._plain(made, paragraph.text, bold=True)
        elif paragraph.tone == "note":
            self._plain(made, paragraph.text, size=9, colour=_GREY)
        else:
            if self.outline.language == "zh":
                parts.indent_two(made)
            self._led(made, paragraph)
        # A line that announces what follows does not stand alone at the foot of a page.
        made.paragraph_format.keep_with_next = paragraph.text.endswith(("：", ":")) or None

    def _listing(self, listing: Listing) -> None:
        number = self.lists.new(numbered=listing.numbered)
        for item in listing.items:
            made = self.document.add_paragraph()
            self._led(made, item)
            self.lists.apply(made, number)

    def _led(self, made: Node, paragraph: Paragraph, *, size: float | None = None) -> None:
        if paragraph.lead:
            gap = "　" if self.outline.language == "zh" else "  "
            self._plain(made, paragraph.lead + gap, size=size, bold=True)
        self._plain(made, paragraph.text, size=size)

    def _grid(self, grid: Grid) -> None:
        self._caption("table", grid.number, grid.caption).paragraph_format.keep_with_next = True
        table = self.document.add_table(rows=0, cols=len(grid.headers))
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        rule, thin = (10, "444444"), (4, "C8C8C8")
        parts.set_table_borders(table, {"top": rule, "bottom": rule, "insideH": thin})
        widths = [Mm(TEXT_MM * share) for share in grid.shares()]
        parts.set_grid(table, widths)
        size = 9.0 if len(grid.headers) <= FEW_COLUMNS else 8.0
        self._row(table, grid.headers, widths, grid.numeric, size, header=True)
        for number, row in enumerate(grid.rows):
            left = len(grid.rows) - number
            bold = left <= grid.totals
            # A short table stays whole, a long one keeps its sum and its notes with its last rows.
            keep = len(grid.rows) <= _SHORT or left <= grid.totals + 1
            keep = keep and (left > 1 or bool(grid.notes))
            self._row(table, row, widths, grid.numeric, size, bold=bold, keep=keep)
        for note in grid.notes or ("",):
            made = self.document.add_paragraph()
            made.paragraph_format.space_after = Pt(2 if note else 0)
            made.paragraph_format.line_spacing = Pt(13)
            self._plain(made, note, size=9, colour=_GREY)

    def _row(
        self, table: Node, texts: tuple[str, ...], widths: list[Node], numeric: tuple[bool, ...],
        size: float, *, header: bool = False, bold: bool = False, keep: bool = False,
    ) -> None:  # fmt: skip
        row = table.add_row()
        parts.set_row(row, header=header)
        fill = _PALE if header else ""
        for cell, text, width, figure in zip(row.cells, texts, widths, numeric, strict=True):
            parts.set_cell(cell, width=width, fill=fill)
            made = cell.paragraphs[0]
            made.paragraph_format.space_after = Pt(1)
            made.paragraph_format.space_before = Pt(1)
            made.paragraph_format.line_spacing = 1.0
            made.paragraph_format.keep_with_next = header or keep or None
            if figure:
                made.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            self._plain(made, text, size=size, bold=header or bold)

    def _figure(self, figure: Figure) -> None:
        picture = figure.picture
        made = self.document.add_paragraph()
        made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        made.paragraph_format.keep_with_next = True
        made.paragraph_format.line_spacing = 1.0
        width = Mm(min(FIGURE_MM, picture.width_px / _DOTS_PER_MM))
        shape = made.add_run().add_picture(io.BytesIO(picture.content), width=width)
        shape._inline.docPr.set("descr", figure.caption)
        self._caption("figure", figure.number, figure.caption)

    def _caption(self, what: str, number: int, text: str) -> Node:
        made = self.document.add_paragraph(style="Caption")
        label = self.words(f"report.{what}")
        made.add_run(label if self.outline.language == "zh" else f"{label} ")
        parts.add_field(made, f"SEQ {label} \\* ARABIC", str(number))
        made.add_run(f"　{text}" if self.outline.language == "zh" else f"  {text}")
        return made

    def _box(self, box: Box) -> None:
        columns = max(len(box.figures), 1)
        table = self.document.add_table(rows=0, cols=columns)
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        line = (8, _BLUE)
        parts.set_table_borders(table, {"top": line, "left": line, "bottom": line, "right": line})
        widths = [Mm(TEXT_MM / columns)] * columns
        parts.set_grid(table, widths)
        head = self._merged(table, widths)
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
        self._plain(head, box.title, size=14, bold=True, colour=_BLUE)
        if box.figures:
            row = table.add_row()
            for cell, (label, value), width in zip(row.cells, box.figures, widths, strict=True):
                parts.set_cell(cell, width=width, fill=_PALE)
                large = 18 if len(value) <= 9 else 15
                for text, size, bold in ((value, large, True), (label, 9, False)):
                    made = cell.paragraphs[0] if bold else cell.add_paragraph()
                    made.alignment = WD_ALIGN_PARAGRAPH.CENTER
                    made.paragraph_format.space_after = Pt(1)
                    made.paragraph_format.line_spacing = Pt(24 if bold else 13)
                    self._plain(made, text, size=size, bold=bold, colour=_BLUE if bold else _GREY)
        first = self._merged(table, widths)
        for place, paragraph in enumerate(box.paragraphs):
            made = first if place == 0 else first._parent.add_paragraph()
            made.paragraph_format.space_after = Pt(2)
            made.paragraph_format.line_spacing = 1.05
            self._led(made, paragraph, size=10 if self.outline.language == "zh" else 9.5)

    def _merged(self, table: Node, widths: list[Node]) -> Node:
        """Add a row of one cell and return its paragraph."""
        row = table.add_row()
        parts.set_row(row, may_split=True)
        cell = row.cells[0].merge(row.cells[-1]) if len(widths) > 1 else row.cells[0]
        parts.set_cell(cell, width=Mm(TEXT_MM), fill=_PALE)
        return cell.paragraphs[0]

    def _plain(
        self,
        made: Node,
        text: str,
        *,
        size: float | None = None,
        colour: str = "",
        bold: bool = False,
    ) -> None:
        run = made.add_run(text)
        run.bold = bold or None
        if size is not None:
            run.font.size = Pt(size)
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)


def _anchor(heading: Heading) -> str:
    return f"_Toc{heading.anchor}"
