"""Pieces of a Word file that python-docx has no words for: fields, fonts, lists, borders.

East Asian letters take their own font (``w:eastAsia``), and a theme's font wins over a named one
where both stand, so the theme's attributes are removed. A *field* (page number, SEQ, TOC) carries
what it showed last, so that it reads well in a program that updates none.
"""

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

Node = Any  # python-docx and its XML bring no types
# Names of fonts that Word and WPS bring along in China, with the names they have elsewhere.
_ALSO = {"宋体": "SimSun", "黑体": "SimHei", "楷体": "KaiTi", "仿宋": "FangSong"}


def element(tag: str, /, attributes: dict[str, str] | None = None, *children: Node) -> Node:
    """Return a new XML element of the ``w:`` name space."""
    made = OxmlElement(f"w:{tag}")
    for name, value in (attributes or {}).items():
        made.set(qn(f"w:{name}"), value)
    for child in children:
        made.append(child)
    return made


def set_fonts(style: Node, latin: str, east_asian: str) -> None:
    """Give a style or run a font for Latin and one for Chinese letters."""
    style.font.name = latin
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if "Theme" in name:
            del fonts.attrib[name]
    for name, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", east_asian)):
        fonts.set(qn(f"w:{name}"), font)


def name_fallbacks(document: Node) -> None:
    """Tell the file's table of fonts what its Chinese fonts are called elsewhere."""
    for part in document.part.package.iter_parts():
        if str(part.partname) != "/word/fontTable.xml":
            continue
        entries = "".join(
            f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/>'
            '<w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>'
            for name, other in _ALSO.items()
        )
        part._blob = part.blob.replace(b"</w:fonts>", f"{entries}</w:fonts>".encode())


def style_text(style: Node, *, size_pt: float, bold: bool = False, colour: str = "222222") -> None:
    """Give a style its size, weight and colour."""
    style.font.size = Pt(size_pt)
    style.font.bold = bold
    style.font.italic = False
    style.font.color.rgb = RGBColor.from_string(colour)


def add_field(paragraph: Node, instruction: str, shown: str) -> None:
    """Add a field and what it shows until a program updates it."""
    begin_field(paragraph, instruction)
    paragraph.add_run(shown)
    end_field(paragraph)


def begin_field(paragraph: Node, instruction: str) -> None:
    """Begin a field; what is added next is what it shows."""
    paragraph.add_run()._r.append(element("fldChar", {"fldCharType": "begin"}))
    code = element("instrText")
    code.text = f" {instruction} "
    code.set(qn("xml:space"), "preserve")
    paragraph.add_run()._r.append(code)
    paragraph.add_run()._r.append(element("fldChar", {"fldCharType": "separate"}))


def end_field(paragraph: Node) -> None:
    """End a field."""
    paragraph.add_run()._r.append(element("fldChar", {"fldCharType": "end"}))


def bookmark(paragraph: Node, name: str, number: int) -> None:
    """Put a bookmark around a paragraph's text."""
    start = element("bookmarkStart", {"id": str(number), "name": name})
    properties = paragraph._p.pPr
    at = 0 if properties is None else list(paragraph._p).index(properties) + 1
    paragraph._p.insert(at, start)
    paragraph._p.append(element("bookmarkEnd", {"id": str(number)}))


def border(paragraph: Node, side: str, *, colour: str, size: int = 4, space: int = 1) -> None:
    """Draw a line at one side of a paragraph; ``size`` in eighths of a point."""
    line = {"val": "single", "sz": str(size), "space": str(space), "color": colour}
    paragraph._p.get_or_add_pPr().insert_element_before(
        element("pBdr", {}, element(side, line)),
        "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr",
    )  # fmt: skip


class Lists:
    """Numbered lists that each begin with 1, and lists with bullets."""

    def __init__(self, document: Node) -> None:
        self._root = document.part.numbering_part.element
        self._decimal = self._abstract("decimal", "%1.")
        self._bullet = self._number(self._abstract("bullet", "•"), restart=False)

    def apply(self, paragraph: Node, number: str) -> None:
        """Make a paragraph an item of a list."""
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = 0
        properties.get_or_add_numId().val = int(number)

    def new(self, *, numbered: bool) -> str:
        """Return the number of a list that begins here."""
        return self._number(self._decimal, restart=True) if numbered else self._bullet

    def _abstract(self, form: str, text: str) -> str:
        taken = [int(n.get(qn("w:abstractNumId"))) for n in self._root.findall(qn("w:abstractNum"))]
        name = str(max(taken, default=0) + 1)
        level = element(
            "lvl", {"ilvl": "0"}, element("start", {"val": "1"}),
            element("numFmt", {"val": form}), element("lvlText", {"val": text}),
            element("lvlJc", {"val": "left"}),
            element("pPr", {}, element("ind", {"left": "480", "hanging": "480"})),
        )  # fmt: skip
        made = element(
            "abstractNum", {"abstractNumId": name},
            element("multiLevelType", {"val": "singleLevel"}), level,
        )  # fmt: skip
        # The schema wants all abstract lists before the first list.
        first = self._root.find(qn("w:num"))
        self._root.insert(list(self._root).index(first) if first is not None else 0, made)
        return name

    def _number(self, abstract: str, *, restart: bool) -> str:
        taken = [int(n.get(qn("w:numId"))) for n in self._root.findall(qn("w:num"))]
        name = str(max(taken, default=0) + 1)
        made = element("num", {"numId": name}, element("abstractNumId", {"val": abstract}))
        if restart:
            start = element("startOverride", {"val": "1"})
            made.append(element("lvlOverride", {"ilvl": "0"}, start))
        self._root.append(made)
        return name


def set_cell(cell: Node, *, width: int, fill: str = "") -> None:
    """Give a table cell its width and ground."""
    properties = cell._tc.get_or_add_tcPr()
    cell.width = width
    if fill:
        properties.append(element("shd", {"val": "clear", "color": "auto", "fill": fill}))


def set_row(row: Node, *, header: bool = False, may_split: bool = False) -> None:
    """Keep a row on one page, and repeat a header row on every page."""
    properties = row._tr.get_or_add_trPr()
    if not may_split:
        properties.append(element("cantSplit"))
    if header:
        properties.append(element("tblHeader"))


def set_table_borders(table: Node, sides: dict[str, tuple[int, str]]) -> None:
    """Draw a table's lines: size in eighths of a point, and colour, by side."""
    lines = [
        element(side, {"val": "single", "sz": str(size), "space": "0", "color": colour})
        for side, (size, colour) in sides.items()
    ]
    margins = element(
        "tblCellMar", {},
        *(element(side, {"w": "70", "type": "dxa"}) for side in ("left", "right")),
    )  # fmt: skip
    properties = table._tbl.tblPr
    for made in (
        element("tblBorders", {}, *lines),
        element("tblLayout", {"type": "fixed"}),
        margins,
    ):
        old = properties.find(made.tag)
        if old is not None:
            properties.remove(old)
        following = [qn(f"w:{n}") for n in _AFTER[made.tag.partition("}")[2]]]
        later = [child for child in properties if child.tag in following]
        properties.insert(list(properties).index(later[0]) if later else len(properties), made)


# The schema fixes the order of a table's properties.
_AFTER = {
    "tblBorders": ("shd", "tblLayout", "tblCellMar", "tblLook"),
    "tblLayout": ("tblCellMar", "tblLook"),
    "tblCellMar": ("tblLook",),
}


def set_fonts_of_run(run: Node, latin: str, east_asian: str) -> None:
    """Give one run its fonts."""
    run.font.name = latin
    run._r.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), east_asian)


def set_grid(table: Node, widths: list[Node]) -> None:
    """Give a table's columns their widths."""
    for column, width in zip(table._tbl.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(width.twips))
    whole = table._tbl.tblPr.find(qn("w:tblW"))
    if whole is None:
        whole = element("tblW")
        table._tbl.tblPr.append(whole)
    whole.set(qn("w:w"), str(sum(width.twips for width in widths)))
    whole.set(qn("w:type"), "dxa")


def indent_two(paragraph: Node) -> None:
    """Indent the first line by two characters, as Chinese texts do."""
    paragraph.paragraph_format.first_line_indent = Pt(24)
    paragraph._p.pPr.find(qn("w:ind")).set(qn("w:firstLineChars"), "200")


def add_link(paragraph: Node, text: str, *, anchor: str) -> None:
    """Add an entry of the table of contents: a link to its heading.

    It has no page number until a program lays the pages out and updates the field, because a
    guessed number would be wrong.
    """
    link = element("hyperlink", {"anchor": anchor, "history": "1"})
    paragraph._p.append(link)
    before = len(paragraph._p)
    paragraph.add_run(text)
    for run in list(paragraph._p)[before:]:
        link.append(run)
