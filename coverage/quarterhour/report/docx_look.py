"""How a report looks on paper: letters, distances and lines, as a report and as an official paper.

Every line has a fixed pitch, so that a report takes the same pages with every font. The text block
is 156 mm by 225 mm (GB/T 9704-2012), for an official paper with 22 lines of 28 characters: 29 pt
would be 225.07 mm, so the pitch is 28.95 pt, and letters of 16 pt stand 15.75 pt apart. A grid of
characters (``linesAndChars``) would say the same to Word, but LibreOffice gives two places to every
letter that is wider than one, so the letters are set closer instead, which all programs read alike.
"""

from dataclasses import dataclass

from quarterhour.studytables import ReportForm
from quarterhour.words import Language

PAGE_MM, MARGINS_MM = (210.0, 297.0), (37.0, 35.0, 28.0, 26.0)  # top, bottom, left, right
TEXT_MM, TEXT_HIGH_MM = 156.0, 225.0
PT_PER_MM = 72.0 / 25.4
BLUE, RED, GREY, PALE, BLACK = "1F4E79", "B2182B", "555555", "EEF3F8", "000000"
Fonts = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Head:
    """A heading's letters, and the space over and under it, in points."""

    fonts: Fonts
    size_pt: float
    pitch_pt: float
    before_pt: float
    after_pt: float
    bold: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The look of a form in a language.

    Attributes
    ----------
    fonts, size_pt, pitch_pt, after_pt
        Of the text: fonts for Latin and Chinese letters, size, distance of lines, space under a
        paragraph.
    title, heads, caption
        Of title, of the two levels of headings and of the names of tables and figures.
    first_chars, head_chars
        Indent of the first line of paragraphs and of headings, in characters.
    accent
        Colour of headings and frames.
    cells_pt, small_cells_pt, note_pt
        Size of letters in tables of few and of many columns, and of small print.
    figure_mm
        Width of plates.
    upright_columns
        The most columns of a table on an upright page.
    grid, closer_pt
        XML of the page's grid of lines, empty for none; by how much letters stand closer together.
    official
        Whether it is an official paper: no box, no running title, an end with signature, every
        annex on a page of its own.
    """

    fonts: Fonts
    size_pt: float
    pitch_pt: float
    after_pt: float
    title: Head
    heads: tuple[Head, Head]
    caption: Head
    first_chars: float
    head_chars: float = 0.0
    accent: str = BLUE
    cells_pt: float = 9.0
    small_cells_pt: float = 8.0
    note_pt: float = 9.0
    figure_mm: float = 140.0  # two plates of A3's shape, with their captions, fill a page
    upright_columns: int = 10
    grid: str = ""
    closer_pt: float = 0.0
    official: bool = False

    def cell_pt(self, columns: int) -> float:
        """Return the size of letters in a table of so many columns."""
        return self.cells_pt if columns <= 6 else self.small_cells_pt


_HEI, _KAI = ("Arial", "黑体"), ("Arial", "楷体")
_CALIBRI = ("Calibri", "黑体")
_REPORT_ZH = Look(
    fonts=("Times New Roman", "宋体"), size_pt=12.0, pitch_pt=21.0, after_pt=4.0,
    title=Head(_HEI, 20.0, 28.0, 0.0, 6.0),
    heads=(Head(_HEI, 16.0, 22.0, 18.0, 6.0), Head(_KAI, 14.0, 20.0, 10.0, 6.0)),
    caption=Head(_HEI, 10.5, 15.0, 8.0, 4.0, bold=False), first_chars=2.0,
)  # fmt: skip
_REPORT_EN = Look(
    fonts=("Calibri", "宋体"), size_pt=11.0, pitch_pt=15.5, after_pt=6.0,
    title=Head(_CALIBRI, 20.0, 26.0, 0.0, 6.0),
    heads=(Head(_CALIBRI, 16.0, 20.0, 18.0, 6.0), Head(_CALIBRI, 13.0, 16.5, 10.0, 5.0)),
    caption=Head(_CALIBRI, 10.5, 14.0, 8.0, 4.0, bold=False), first_chars=0.0,
    upright_columns=9,  # English words are longer than Chinese ones
)  # fmt: skip
_SONG, _FANG = ("宋体", "宋体"), ("仿宋_GB2312", "仿宋_GB2312")
_BLACK, _REGULAR = ("黑体", "黑体"), ("楷体_GB2312", "楷体_GB2312")
_GONGWEN = Look(
    fonts=_FANG, size_pt=16.0, pitch_pt=28.95, after_pt=0.0,
    title=Head(("方正小标宋简体", "方正小标宋简体"), 22.0, 36.0, 0.0, 28.95, bold=False),
    heads=(
        Head(_BLACK, 16.0, 28.95, 0.0, 0.0, bold=False),
        Head(_REGULAR, 16.0, 28.95, 0.0, 0.0, bold=False),
    ),
    caption=Head(_BLACK, 12.0, 18.0, 8.0, 4.0, bold=False),
    first_chars=2.0, head_chars=2.0, accent=BLACK, cells_pt=10.5, small_cells_pt=9.0, note_pt=10.5,
    figure_mm=134.0, upright_columns=8,
    grid='<w:docGrid w:type="lines" w:linePitch="579"/>', closer_pt=0.25,
    official=True,
)  # fmt: skip


def look_of(language: Language, form: ReportForm) -> Look:
    """Return the look of a form; an official paper has one in Chinese only."""
    if form == "gongwen":
        return _GONGWEN
    return _REPORT_ZH if language == "zh" else _REPORT_EN
