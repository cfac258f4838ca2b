"""Parts of a Word file around its text: styles, table of fonts, lists, page, header and footer.

East Asian letters take their own font (``w:eastAsia``), and a theme's font wins over a named one
where both stand, so the theme's attributes are removed.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import Any

from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from quarterhour.report import docx_xml as xml
from quarterhour.report.docx_look import (
    BLACK,
    BLUE,
    GREY,
    MARGINS_MM,
    PAGE_MM,
    RED,
    TEXT_HIGH_MM,
    TEXT_MM,
    Fonts,
    Head,
    Look,
)
from quarterhour.report.outline import Heading, Outline
from quarterhour.report.widths import letters_wide

Node = Any  # python-docx and its XML bring no types
# Names of fonts that Word and WPS bring along in China, with the names they have elsewhere. The
# fonts of official papers are not ours to ship: where they are missing, these stand in.
_ALSO = {
    "宋体": "SimSun", "黑体": "SimHei", "楷体": "KaiTi", "仿宋": "FangSong",
    "仿宋_GB2312": "仿宋", "楷体_GB2312": "楷体", "方正小标宋简体": "宋体",
}  # fmt: skip


def element(tag: str, /, attributes: dict[str, str] | None = None, *children: Node) -> Node:
    """Return a new XML element of the ``w:`` name space."""
    made = OxmlElement(f"w:{tag}")
    for name, value in (attributes or {}).items():
        made.set(qn(f"w:{name}"), value)
    for child in children:
        made.append(child)
    return made


def parsed(content: str) -> Node:
    """Return XML of the ``w:`` name space as an element that holds it."""
    return parse_xml(f"<w:body {nsdecls('w', 'r', 'wp', 'a', 'pic')}>{content}</w:body>")


def as_text(made: Node) -> str:
    """Return an element as XML."""
    return str(made.xml)


def set_fonts(style: Node, fonts: Fonts) -> None:
    """Give a style its font for Latin and its font for Chinese letters."""
    latin, chinese = fonts
    style.font.name = latin
    named = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(named.attrib):
        if "Theme" in name:
            del named.attrib[name]
    for name, font in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", chinese)):
        named.set(qn(f"w:{name}"), font)


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


def style_document(document: Node, look: Look) -> None:
    """Give the styles of a document the look of a report."""
    styles = document.styles
    normal = styles["Normal"]
    dark = BLACK if look.official else "222222"
    set_fonts(normal, look.fonts)
    style_text(normal, size_pt=look.size_pt, colour=dark)
    normal.paragraph_format.line_spacing = Pt(look.pitch_pt)
    normal.paragraph_format.space_after = Pt(look.after_pt)
    normal.paragraph_format.widow_control = True
    if look.closer_pt:
        closer = element("spacing", {"val": str(-round(20 * look.closer_pt))})
        normal.element.rPr.find(qn("w:color")).addnext(closer)
    for name, head in (("Heading 1", look.heads[0]), ("Heading 2", look.heads[1])):
        _style_head(styles[name], head, look.accent)
        styles[name].paragraph_format.keep_with_next = True
        if look.head_chars:
            _indent_first(styles[name], look.head_chars, head.size_pt)
    _style_head(styles["Title"], look.title, look.accent)
    _style_head(styles["Caption"], look.caption, dark)
    frame = styles["Title"].element.pPr.find(qn("w:pBdr"))
    if frame is not None:
        styles["Title"].element.pPr.remove(frame)
    for name in ("Title", "Caption"):
        styles[name].paragraph_format.alignment = 1
    for level in (1, 2):
        made = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
        made.element.set(qn("w:styleId"), f"TOC{level}")
        made.base_style = normal
        form = made.paragraph_format
        form.left_indent, form.space_after = Mm(7.0 * (level - 1)), Pt(0)
        style_text(made, size_pt=11 if level == 1 else 10.5, colour=dark)
    for name in ("Header", "Footer"):
        # The style's own stops stand in the middle of a narrower page.
        tabs = styles[name].element.pPr.find(qn("w:tabs"))
        if tabs is not None:
            styles[name].element.pPr.remove(tabs)


def _style_head(style: Node, head: Head, colour: str) -> None:
    set_fonts(style, head.fonts)
    style_text(style, size_pt=head.size_pt, bold=head.bold, colour=colour)
    form = style.paragraph_format
    form.space_before, form.space_after = Pt(head.before_pt), Pt(head.after_pt)
    form.line_spacing = Pt(head.pitch_pt)


def _indent_first(style: Node, chars: float, size_pt: float) -> None:
    style.paragraph_format.first_line_indent = Pt(chars * size_pt)
    indent = style.element.pPr.find(qn("w:ind"))
    indent.set(qn("w:firstLineChars"), str(round(100 * chars)))


def set_properties(document: Node, outline: Outline) -> None:
    """Write the file's properties and languages; drop the picture of an empty page."""
    rels = document.part.package.rels
    for name in [n for n, r in rels.items() if r.reltype.endswith("/thumbnail")]:
        del rels[name]
    core, zh = document.core_properties, outline.language == "zh"
    core.title, core.subject = outline.title, outline.short_title
    core.author = core.last_modified_by = "quarterhour"
    core.comments = outline.notice
    core.keywords = outline.mark
    core.language = "zh-CN" if zh else "en-GB"
    for lang in document.styles.element.iter(qn("w:lang")):
        lang.set(qn("w:val"), "en-US" if zh else "en-GB")
        lang.set(qn("w:eastAsia"), "zh-CN")
    theme = document.settings.element.find(qn("w:themeFontLang"))
    if theme is not None:
        theme.set(qn("w:eastAsia"), "zh-CN")


def set_page(document: Node, look: Look) -> None:
    """Give the document its page: A4, margins, and the grid of characters."""
    section = document.sections[0]
    top, bottom, left, right = MARGINS_MM
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.top_margin, section.bottom_margin = Mm(top), Mm(bottom)
    section.left_margin, section.right_margin = Mm(left), Mm(right)
    # The dash of the page's number stands 7 mm under the text of an official paper.
    section.header_distance, section.footer_distance = Mm(20), Mm(25.5 if look.official else 20)
    if look.grid:
        made = parsed(look.grid)[0]
        old = section._sectPr.find(qn("w:docGrid"))
        if old is not None:
            section._sectPr.remove(old)
        section._sectPr.append(made)


def section_xml(document: Node, *, lying: bool, header: str = "") -> str:
    """Return the XML of a section that ends inside the text: an upright page, or a lying one.

    ``header`` is the id of the lying pages' own header; empty where all pages share one.
    """
    made = deepcopy(document.sections[0]._sectPr)
    if lying:
        size, margins = made.find(qn("w:pgSz")), made.find(qn("w:pgMar"))
        wide, high = size.get(qn("w:w")), size.get(qn("w:h"))
        size.set(qn("w:w"), high)
        size.set(qn("w:h"), wide)
        size.set(qn("w:orient"), "landscape")
        top, bottom, left, right = MARGINS_MM
        for side, value in (("top", left), ("bottom", right), ("left", bottom), ("right", top)):
            margins.set(qn(f"w:{side}"), str(xml.twips(value)))
        for side in ("header", "footer"):
            margins.set(qn(f"w:{side}"), str(xml.twips(15.0)))
        if header:
            made.find(qn("w:headerReference")).set(qn("r:id"), header)
    return as_text(made)


def set_header(document: Node, look: Look, *, title: str, mark: str) -> str:
    """Write what stands over every page: the short title, and what must be said of the data.

    Returns the id of the header of lying pages, whose right end is farther off; empty where the
    header of upright pages serves both.
    """
    small = xml.Letters(size_pt=9.0, colour=GREY)
    red = xml.Letters(size_pt=10.0, colour=RED, bold=True)
    section = document.sections[0]
    said = "" if look.official else xml.run(title, small)
    if mark:
        said += xml.run(mark if look.official else f"\t{mark}", red)
    line = '<w:bottom w:val="single" w:sz="4" w:space="1" w:color="BBBBBB"/>'
    spacing = '<w:spacing w:after="0" w:line="300" w:lineRule="exact"/>'
    align = '<w:jc w:val="right"/>' if look.official else ""

    def head(wide_mm: float) -> str:
        stop = f'<w:tabs><w:tab w:val="right" w:pos="{xml.twips(wide_mm)}"/></w:tabs>'
        form = "" if look.official else f"<w:pBdr>{line}</w:pBdr>{stop}"
        return f'<w:p><w:pPr><w:pStyle w:val="Header"/>{form}{spacing}{align}</w:pPr>{said}</w:p>'

    _replace(section.header, head(TEXT_MM))
    if look.official:
        _replace(section.even_page_header, head(TEXT_MM))
        return ""
    part, name = document.part.add_header_part()
    _replace(part.element, head(TEXT_HIGH_MM))
    return str(name)


def set_footer(document: Node, look: Look) -> None:
    """Write the page's number: in the middle, or as official papers have it."""
    section = document.sections[0]
    if not look.official:
        small = xml.Letters(size_pt=9.0)
        said = xml.field("PAGE", "1", small) + xml.run(" / ", small)
        said += xml.field("NUMPAGES", "1", small)
        shape = xml.Shape(style="Footer", after_pt=0.0, pitch_pt=14.0, align="center")
        _replace(section.footer, xml.paragraph(said, shape))
        return
    document.settings.odd_and_even_pages_header_footer = True
    figures = xml.Letters(size_pt=14.0, fonts=("宋体", "宋体"), snap=False)
    said = xml.run("— ", figures) + xml.field("PAGE", "1", figures) + xml.run(" —", figures)
    for footer, align in ((section.footer, "right"), (section.even_page_footer, "left")):
        one = '<w:ind w:leftChars="100" w:left="280"/>'
        if align == "right":
            one = '<w:ind w:rightChars="100" w:right="280"/>'
        spacing = '<w:spacing w:after="0" w:line="280" w:lineRule="exact"/>'
        form = f'<w:pStyle w:val="Footer"/><w:snapToGrid w:val="0"/>{spacing}{one}'
        _replace(footer, f'<w:p><w:pPr>{form}<w:jc w:val="{align}"/></w:pPr>{said}</w:p>')


def _replace(part: Node, content: str) -> None:
    root = part._element if hasattr(part, "_element") else part
    for old in list(root):
        root.remove(old)
    for made in list(parsed(content)):
        root.append(made)


def tile_pt(values: Iterable[str]) -> float:
    """Return the size of letters in which each of some figures stands on one line of its tile."""
    longest = max(map(letters_wide, values), default=0.0)
    return 18.0 if longest <= 10 else (15.0 if longest <= 11 else 12.0)


def tile(figure: tuple[str, str], large: float) -> str:
    """Return the paragraphs of a large figure and what it is: the label, and the value."""
    label, value = figure
    made = ""
    for text, letters, pitch in (
        (value, xml.Letters(large, bold=True, colour=BLUE), 24.0),
        (label, xml.Letters(9.0, colour=GREY), 13.0),
    ):
        shape = xml.Shape(align="center", after_pt=1.0, pitch_pt=pitch)
        made += xml.paragraph(xml.run(text, letters), shape)
    return made


def anchor(heading: Heading) -> str:
    """Return the name of a heading's bookmark."""
    return f"_Toc{heading.anchor}"


def target(what: str, number: int) -> str:
    """Return the name of the bookmark of a table or a figure."""
    return f"_Ref{what.title()}{number}"


class Lists:
    """Numbered lists that each begin with 1, and lists with bullets."""

    def __init__(self, document: Node, look: Look) -> None:
        self._root = document.part.numbering_part.element
        self._look = look
        self._decimal = self._abstract("decimal", "%1.")
        self._bullet = self._number(self._abstract("bullet", "•"), restart=False)

    def new(self, *, numbered: bool) -> str:
        """Return the number of a list that begins here."""
        return self._number(self._decimal, restart=True) if numbered else self._bullet

    def _abstract(self, form: str, text: str) -> str:
        taken = [int(n.get(qn("w:abstractNumId"))) for n in self._root.findall(qn("w:abstractNum"))]
        name = str(max(taken, default=0) + 1)
        indent = {"left": "480", "hanging": "480"}
        following = []
        if self._look.official:
            # An official paper indents the first line only, and a number is part of the text.
            indent = {"left": "0", "firstLineChars": "200", "firstLine": "640"}
            following = [element("suff", {"val": "space"})]
        level = element(
            "lvl", {"ilvl": "0"}, element("start", {"val": "1"}),
            element("numFmt", {"val": form}), *following, element("lvlText", {"val": text}),
            element("lvlJc", {"val": "left"}), element("pPr", {}, element("ind", indent)),
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
