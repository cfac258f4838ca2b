"""The report: both files say what the findings say, in both languages, on every machine alike."""

import html
import re
import tomllib
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

from quarterhour.findings import Findings
from quarterhour.maps.plates import SMALL, plate_titles
from quarterhour.pipeline import StudyRun
from quarterhour.report.build import area_table, sites_table
from quarterhour.report.document import build_outline, write_report
from quarterhour.report.facts import gap_text
from quarterhour.report.html_writer import render_html
from quarterhour.report.outline import (
    Draft,
    Grid,
    Heading,
    Listing,
    Outline,
    Paragraph,
    chinese_number,
)
from quarterhour.report.pictures import read_picture
from quarterhour.wording import people, percent, points, whole
from quarterhour.words import LANGUAGES, Language, Words, data_file

HOSTILE = '<script>alert("1")</script>&{{7*7}}\x01'
NOTICE = "本报告为技术分析成果，不替代规划选址论证、用地预审等法定程序。"
CHAPTERS = {
    "zh": ["一、基本情况", "二、选址依据与原则", "三、备选点位", "四、方案比选",
           "五、规划符合性核查", "六、推荐方案及理由", "七、实施建议",
           "附件1　数据来源与口径", "附件2　计算参数与假设", "附件3　服务评价",
           "附件4　方案比选明细", "附件5　路网数据说明", "附件6　图件",
           "附件7　检验记录（可复算清单）", "附件8　局限", "附件9　待补充、待核实事项清单"],
    "en": ["1  The situation today", "2  Basis and principles", "3  Candidates",
           "4  Comparing plans", "5  Compliance with plans and rules",
           "6  Recommendation and reasons", "7  Next steps", "Annex 1  Sources and definitions",
           "Annex 2  Parameters and assumptions", "Annex 3  How well people are served",
           "Annex 4  The comparison in detail", "Annex 5  Street network report",
           "Annex 6  Plates", "Annex 7  Checks (open to recount)", "Annex 8  Limitations",
           "Annex 9  What is left open"],
}  # fmt: skip

# Plates that the folders hold, and charts: the Lorenz curve, the bars and the curves of the sweep,
# and what each number of sites achieves.
PLATES, CHARTS = 2, 4


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


@pytest.fixture(scope="module")
def outlines(findings: Findings) -> dict[Language, Outline]:
    return {language: build_outline(findings, language=language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def folders(findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> dict[Language, Path]:
    """Return a folder per language with the report of the small demo and two of its plates."""
    made = {}
    for language in LANGUAGES:
        folder = tmp_path_factory.mktemp(f"report-{language}")
        (folder / "plates" / SMALL).mkdir(parents=True)
        for title in plate_titles(findings, language)[:1]:
            _plate(folder / "plates" / SMALL / f"{title.stem}.png")
        _plate(folder / "plates" / SMALL / "06-gaps.png")
        write_report(findings, folder, language=language)
        made[language] = folder
    return made


def _plate(path: Path) -> None:
    Image.new("RGB", (3300, 2333), "white").save(path)


class _Text(HTMLParser):
    """Gather what a reader sees, and the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._skip = False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._skip = tag in ("style", "script")

    def handle_endtag(self, tag):
        self._skip = False

    def handle_data(self, data):
        if not self._skip:
            self.said.append(data)


def read_html(text: str) -> _Text:
    parser = _Text()
    parser.feed(text)
    return parser


def text_of(outline: Outline) -> list[str]:
    """Return every paragraph and list item of an outline."""
    said = [p.lead + p.text for p in outline.summary.paragraphs]
    for block in outline.blocks:
        if isinstance(block, Paragraph | Heading):
            said.append(block.text)
        elif isinstance(block, Listing):
            said += [item.lead + item.text for item in block.items]
    return said


def docx_text(path: Path) -> str:
    """Return every paragraph of a Word file, those in tables included."""
    body = Document(str(path)).element.body
    return "\n".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p")))


def _letters(paragraph) -> str:
    """Return what a paragraph shows, its tabs included."""
    shown = [t for run in paragraph.iter(qn("w:r")) for t in run]
    return "".join("\t" if t.tag == qn("w:tab") else t.text or ""
                   for t in shown if t.tag in (qn("w:t"), qn("w:tab")))  # fmt: skip


def _style(paragraph) -> str:
    """Return the id of a paragraph's style; those in the frame of the contents have one, too."""
    found = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return "" if found is None else found.get(qn("w:val"))


# --- numbers


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_quotes_the_findings(findings, outlines, language) -> None:
    summary, plan = findings.summary(), findings.plans[0].plan
    kind = summary.of(plan.kind)
    said = "\n".join(p.text for p in outlines[language].summary.paragraphs)
    before, after = plan.people_before / plan.people_total, plan.people_after / plan.people_total
    for text in (
        people(summary.lead_total, language), people(kind.within[15], language),
        percent(kind.share[15]), people(plan.people_after, language),
        people(plan.people_total - plan.people_after, language),
        people(plan.people_gained, language), percent(before), percent(after),
        points(after - before, language), *plan.site_ids,
    ):  # fmt: skip
        assert text in said
    assert percent(before) == percent(kind.share[15])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_is_read_in_a_minute(outlines, language) -> None:
    box = outlines[language].summary
    said = "".join(p.lead + p.text for p in box.paragraphs)
    if language == "zh":
        assert 200 <= len(re.findall(r"[\u4e00-\u9fff]", said)) <= 400
    else:
        assert 150 <= len(said.split()) <= 270
    leads = [p.lead for p in box.paragraphs]
    words = Words(language)
    for key in ("report.lead_sites", "report.lead_effect", "advice.lead_cost", "advice.lead_risk",
                "advice.lead_verify"):  # fmt: skip
        assert words(key) in leads
    assert [label for label, _ in box.figures][-1] == words("advice.tile_cost")


def test_both_languages_say_the_same_numbers(outlines) -> None:
    found = {}
    for language, outline in outlines.items():
        said = "\n".join(text_of(outline))
        found[language] = (
            sorted(re.findall(r"\d[\d,]*(?:\.\d+)?%", said)),
            sorted(re.findall(r"(\d+\.\d+) ?(?:个百分点|percentage)", said)),
            sorted(re.findall(r"\b[PGF]\d{2,3}\b", re.sub(r"([\u4e00-\u9fff])", r" \1 ", said))),
        )
    assert found["zh"] == found["en"]


def test_the_tables_of_both_languages_hold_the_same_figures(outlines) -> None:
    grids = {
        language: [b for b in outline.blocks if isinstance(b, Grid)]
        for language, outline in outlines.items()
    }
    assert len(grids["zh"]) == len(grids["en"])
    for zh, en in zip(grids["zh"], grids["en"], strict=True):
        assert (zh.number, zh.numeric, len(zh.rows)) == (en.number, en.numeric, len(en.rows))
        for one, other in zip(zh.rows, en.rows, strict=True):
            figures = [
                [cell for cell, numeric in zip(row, zh.numeric, strict=True)
                 if numeric and re.fullmatch(r"[\d,.%]+", cell)]
                for row in (one, other)
            ]  # fmt: skip
            assert figures[0] == figures[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tables_are_the_shared_ones(findings, outlines, language) -> None:
    captions = {b.caption: b for b in outlines[language].blocks if isinstance(b, Grid)}
    shared = sites_table(findings, language)
    printed = captions[shared.title]
    assert [row[4] for row in printed.rows[:-1]] == [whole(g) for g in shared.column("gain")]
    assert printed.rows[-1][4] == whole(findings.plans[0].plan.people_gained)
    areas = area_table(findings, language)
    assert [row[0] for row in captions[areas.title].rows[:-1]] == list(areas.column("area"))
    assert captions[areas.title].rows[-1][2] == whole(findings.summary().lead_total)


# --- what must stand there


@pytest.mark.parametrize("language", LANGUAGES)
def test_chapters_stand_in_order(folders, language) -> None:
    document = Document(str(folders[language] / "report.docx"))
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert heads == CHAPTERS[language]
    page = read_html((folders[language] / "report.html").read_text(encoding="utf-8"))
    seen = "".join(page.said)
    places = [seen.rindex(head) for head in CHAPTERS[language]]
    assert places == sorted(places)


def test_the_mandatory_lines_stand_in_both_files(folders) -> None:
    docx = docx_text(folders["zh"] / "report.docx")
    page = "".join(read_html((folders["zh"] / "report.html").read_text(encoding="utf-8")).said)
    for text in (docx, page):
        assert NOTICE in text
        assert "最优性：已证明" in text
        assert "关于示例区养老服务站选址的建议报告" in text
        assert "不是民政部门按设施数与街道、社区数之比统计的行政覆盖率" in text
        assert "待核实" in text and "待补充" in text
    assert "Optimality: proven" in docx_text(folders["en"] / "report.docx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_demo_data_are_marked_on_every_page(folders, language) -> None:
    mark = Words(language)("report.mark")
    document = Document(str(folders[language] / "report.docx"))
    for section in document.sections:
        assert mark in section.header.paragraphs[0].text
        assert not section.different_first_page_header_footer
    page = (folders[language] / "report.html").read_text(encoding="utf-8")
    assert f'<div class="mark">{mark}</div>' in page


def test_real_data_are_not_marked(findings) -> None:
    about = replace(findings.study.study, synthetic=False, name="示例区")
    real = replace(findings, study=replace(findings.study, study=about))
    outline = build_outline(real, language="zh")
    assert (outline.mark, outline.remark) == ("", "")
    assert "演示" not in render_html(outline).replace("示例单位（演示）", "")


def test_a_plan_that_is_not_proven_says_so(findings) -> None:
    first = findings.plans[0]
    plan = replace(first.plan, status="time limit", gap=0.01234, bound=first.plan.bound * 1.0125,
                   repeatable=False)  # fmt: skip
    open_ = replace(findings, plans=(replace(first, plan=plan),))
    said = "\n".join(text_of(build_outline(open_, language="zh")))
    assert "最优性：差距不超过1.24%" in said
    assert "再次计算结果可能不同" in said
    assert "最优性：已证明" not in said
    assert "gap is at most 1.24%" in "\n".join(text_of(build_outline(open_, language="en")))


def test_a_gap_is_rounded_up() -> None:
    assert [gap_text(g) for g in (0.0, 0.0001, 0.00011, 0.05)] == [
        "0.00%", "0.01%", "0.02%", "5.00%",
    ]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_question_it_is_a_coverage_report(findings, tmp_path, language) -> None:
    plain = replace(findings, plans=())
    write_report(plain, tmp_path, language=language)
    outline = build_outline(plain, language=language)
    heads = [b.text for b in outline.blocks if isinstance(b, Heading) and b.level == 1]
    assert len(heads) == 11
    assert Words(language)("report.no_question") in docx_text(tmp_path / "report.docx")
    assert not any("P0" in text for text in text_of(outline))


def test_a_question_without_an_answer_recommends_nothing(findings, tmp_path) -> None:
    first, none = findings.plans[0], np.zeros(0)
    plan = replace(
        first.plan, chosen=np.zeros(0, np.int64), site_ids=(), gain_people=none,
        site_cost=np.zeros(0, np.int64),
        unique_people=none, loss_if_vetoed=none, veto_status=(), runner_up=(), alternatives=(),
        people_gained=0.0, bound=0.0,
    )  # fmt: skip
    empty = replace(first, plan=plan, chosen=np.zeros(0, np.int64))
    write_report(replace(findings, plans=(empty,)), tmp_path, language="en")
    assert "no site is recommended" in docx_text(tmp_path / "report.docx")


def test_two_questions_are_told_apart(findings) -> None:
    first = findings.plans[0]
    other = replace(first, plan=replace(first.plan, kind="canteen"))
    outline = build_outline(replace(findings, plans=(first, other)), language="zh")
    heads = [b.text for b in outline.blocks if isinstance(b, Heading)]
    assert "（一）养老服务站：来源与筛选条件" in heads
    assert "（四）社区食堂：来源与筛选条件" in heads
    assert outline.title == "关于示例区养老服务站、社区食堂选址的建议报告（技术分析）"


# --- form


def test_no_placeholder_is_left_and_no_word_is_forbidden(outlines) -> None:
    for outline in outlines.values():
        assert not [t for t in text_of(outline) if "{" in t or "}" in t or not t.strip()]
    entries = tomllib.loads(data_file("words", "report.toml").read_text(encoding="utf-8"))
    wrong = [
        name for name, entry in entries.items()
        if any(word in entry["zh"] for word in ("很", "非常", "基本上", "显著"))
    ]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_file_has_real_fields_captions_and_repeated_headers(folders, language) -> None:
    path = folders[language] / "report.docx"
    document = Document(str(path))
    codes = [c.text.strip() for c in document.element.body.iter(qn("w:instrText"))]
    grids = [t for t in document.tables if t.rows[0]._tr.find(qn("w:trPr")) is not None
             and t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None]  # fmt: skip
    assert any(code.startswith("TOC") for code in codes)
    table, figure = Words(language)("report.table"), Words(language)("report.figure")
    assert codes.count(f"SEQ {table} \\* ARABIC") == len(grids) == len(document.tables) - 1
    shapes = len(document.inline_shapes)
    assert codes.count(f"SEQ {figure} \\* ARABIC") == shapes == PLATES + CHARTS
    for grid in grids:
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in grid.rows)
    # A line of the contents: the heading, a tab, and the page.
    lines = [p for p in document.element.body.iter(qn("w:p")) if _style(p).startswith("TOC")]
    contents = [_letters(p).partition("\t")[0] for p in lines]
    heads = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert contents == heads
    anchors = {link.get(qn("w:anchor")) for link in document.element.body.iter(qn("w:hyperlink"))}
    marks = {b.get(qn("w:name")) for b in document.element.body.iter(qn("w:bookmarkStart"))}
    assert anchors <= marks


def test_the_word_file_names_chinese_fonts_and_the_page(folders) -> None:
    document = Document(str(folders["zh"] / "report.docx"))
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "宋体"
    assert not [name for name in fonts.attrib if "Theme" in name]
    section = document.sections[0]
    assert [round(v.mm) for v in (section.top_margin, section.bottom_margin, section.left_margin,
                                  section.right_margin)] == [37, 35, 28, 26]  # fmt: skip
    with zipfile.ZipFile(folders["zh"] / "report.docx") as archive:
        table = archive.read("word/fontTable.xml").decode("utf-8")
        assert "SimSun" in table
        assert not [n for n in archive.namelist() if "thumbnail" in n]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_html_needs_no_network(folders, language) -> None:
    page = read_html((folders[language] / "report.html").read_text(encoding="utf-8"))
    targets = [
        value or "" for _, attrs in page.tags for name, value in attrs.items()
        if name in ("src", "href")
    ]  # fmt: skip
    assert all(t.startswith(("data:image/", "#")) for t in targets)
    anchors = {attrs["id"] for _, attrs in page.tags if attrs.get("id")}
    assert {t[1:] for t in targets if t.startswith("#")} <= anchors
    assert sum(tag == "img" for tag, _ in page.tags) == PLATES + CHARTS
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_and_figures_named_in_the_html_link_to_them(outlines, folders, language) -> None:
    text = (folders[language] / "report.html").read_text(encoding="utf-8")
    links = re.findall(r'<a class="ref" href="#(table|figure)(\d+)">(\D+)(\d+)</a>', text)
    names = {"表": "table", "图": "figure", "Table": "table", "Figure": "figure"}
    assert len(links) > 5
    for what, number, name, said in links:
        assert (names[name.strip()], said) == (what, number)
        assert text.count(f'id="{what}{number}"') == 1
    linked = {int(n) for what, n, *_ in links if what == "table"}
    assert linked <= outlines[language].numbers["table"]
    # What is left of the sentences names no table any more, in capitals or not.
    plain = re.sub(r'<a class="ref".*?</a>', "", text)
    said = " ".join(re.findall(r"<(?:p|li)\b[^>]*>(.*?)</(?:p|li)>", plain, re.DOTALL))
    assert not re.findall(r"见表\d+|\b[Tt]able \d+", said)


def test_a_name_like_html_beside_a_link_stays_text(outlines) -> None:
    known = max(outlines["en"].numbers["table"])
    name = f'<img src=x onerror="f()"> & Table {known}, not Table 999 <a href="#table1">'
    box = replace(outlines["en"].summary, paragraphs=(Paragraph(name),))
    text = render_html(replace(outlines["en"], summary=box))
    assert (
        f'&amp; <a class="ref" href="#table{known}">Table {known}</a>, not Table 999 &lt;a' in text
    )
    assert "<img src=x" not in text
    assert '<a href="#table1">' not in text


def test_the_outline_is_signed(findings, outlines) -> None:
    assert re.fullmatch(r"\d{4}年[1-9]\d?月[1-9]\d?日", outlines["zh"].signed[1])
    assert outlines["zh"].signed[0] in outlines["zh"].about[0]
    study = findings.study
    bare = replace(findings, study=replace(study, report=replace(study.report, unit="")))
    assert build_outline(bare, language="zh").signed[0] == "待补充"


def test_names_from_files_are_escaped(findings, tmp_path) -> None:
    first = findings.plans[0]
    areas = replace(findings.areas, names=(HOSTILE, *findings.areas.names[1:]))
    premises = replace(first.premises, names=(HOSTILE,) * len(first.premises.names))
    about = replace(findings.study.study, name=HOSTILE)
    hostile = replace(
        findings, areas=areas, study=replace(findings.study, study=about),
        plans=(replace(first, premises=premises),),
    )  # fmt: skip
    write_report(hostile, tmp_path, language="zh")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert html.escape(HOSTILE.rstrip("\x01"), quote=False).split("&quot;")[0][:20] in text
    assert "{{7*7}}" in "".join(read_html(text).said)
    assert '<script>alert("1")</script>' in docx_text(tmp_path / "report.docx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_findings_give_the_same_bytes(findings, folders, tmp_path, language) -> None:
    plates = tmp_path / "plates" / SMALL
    plates.mkdir(parents=True)
    for source in (folders[language] / "plates" / SMALL).glob("*.png"):
        (plates / source.name).write_bytes(source.read_bytes())
    write_report(findings, tmp_path, language=language)
    for name in ("report.docx", "report.html"):
        assert (tmp_path / name).read_bytes() == (folders[language] / name).read_bytes()


def test_it_needs_no_plates(findings, tmp_path) -> None:
    write_report(findings, tmp_path, language="zh")
    assert "本次未输出图件" in docx_text(tmp_path / "report.docx")


# --- parts


def test_chinese_numbers() -> None:
    assert [chinese_number(n) for n in (1, 9, 10, 11, 20, 21)] == [
        "一", "九", "十", "十一", "二十", "二十一",
    ]  # fmt: skip


def test_a_draft_numbers_what_comes() -> None:
    zh, en = Draft("zh"), Draft("en")
    for draft in (zh, en):
        draft.chapter("a")
        draft.section("b")
        draft.chapter("c")
        draft.section("d")
        draft.grid("t", ["x"], [["1"]], numeric=[True])
    assert [b.text for b in zh.blocks[:4]] == ["一、a", "（一）b", "二、c", "（一）d"]
    assert [b.text for b in en.blocks[:4]] == ["1  a", "1.1  b", "2  c", "2.1  d"]
    assert zh.blocks[4].number == 1
    assert zh.next_table == 2


def test_columns_share_the_page_by_what_they_hold() -> None:
    grid = Grid(1, "", ("no.", "name"), (("P001", "a long name of a place " * 4),), (False, False))
    narrow, wide = grid.shares()
    assert narrow + wide == pytest.approx(1.0)
    assert 0.04 < narrow < 0.2 < wide


def test_ids_have_room_beside_long_texts() -> None:
    long = "a long name of a place"
    grid = Grid(1, "", ("No.", *"abcd"), (("F001", *(long,) * 4),), (False,) * 5)
    # Four letters, and what a wide font and the margins of a cell take.
    assert grid.shares()[0] * 92.0 > 6.5


def test_pictures_come_as_they_stand_with_their_size(tmp_path) -> None:
    path = tmp_path / "plate.png"
    Image.new("RGB", (1653, 1169), "red").save(path)
    picture = read_picture(path)
    assert (picture.width_px, picture.height_px) == (1653, 1169)
    assert picture.content == path.read_bytes()
