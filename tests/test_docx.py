"""The report's Word file: order of elements, fields, bookmarks, styles, the official page."""

import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from quarterhour import StudyRun
from quarterhour.errors import InputError
from quarterhour.report.document import build_outline, write_report
from quarterhour.report.docx_look import look_of
from quarterhour.report.docx_writer import write_docx
from quarterhour.report.outline import Grid

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
# The sequences of ISO/IEC 29500-1.
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr"
    " suppressLineNumbers pBdr shd tabs suppressAutoHyphens kinsoku wordWrap"
    " overflowPunct topLinePunct autoSpaceDE"
    " autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents"
    " suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl divId cnfStyle"
    " rPr sectPr pPrChange",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint"
    " noProof snapToGrid vanish webHidden color spacing w kern position sz szCs highlight u effect"
    " bdr shd fitText vertAlign rtl cs em lang eastAsianLayout specVanish oMath",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc"
    " tblCellSpacing tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection"
    " tcFitText vAlign hideMark",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc"
    " pgBorders lnNumType pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi"
    " rtlGutter docGrid printerSettings sectPrChange",
}  # fmt: skip
Parts = dict[str, Any]


def read(path: Path) -> Parts:
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith((".xml", ".rels"))]
        return {n: etree.fromstring(archive.read(n)) for n in names}


def faults(parts: Parts) -> list[str]:
    """Return what is wrong with a Word file."""
    body, said = parts["word/document.xml"], []
    for name in [n for n in parts if re.match(r"word/(document|header|footer|styles|num)", n)]:
        for tag, order in ORDER.items():
            ranks = {W + one: at for at, one in enumerate(order.split())}
            ranks[W + "footerReference"] = ranks.get(W + "headerReference", 0)
            for made in parts[name].iter(W + tag):
                found = [ranks.get(child.tag, -1) for child in made]
                if found != sorted(found) or -1 in found:
                    said.append(f"order {name} {tag} {[c.tag.split('}')[1] for c in made]}")
    starts = list(body.iter(W + "bookmarkStart"))
    for key in ("id", "name"):
        values = [s.get(W + key) for s in starts]
        said += [f"bookmark {key}"] if len(values) != len(set(values)) else []
    names = {s.get(W + "name") for s in starts}
    codes = [code.text.split() for code in body.iter(W + "instrText")]
    aims = {c[1] for c in codes if c[0] in {"REF", "PAGEREF"}}
    aims |= {h.get(W + "anchor") for h in body.iter(W + "hyperlink")}
    said += [f"target {aim}" for aim in aims - names]
    depth = 0
    for mark in body.iter(W + "fldChar"):
        depth += {"begin": 1, "separate": 0, "end": -1}[mark.get(W + "fldCharType")]
        said += ["field"] if depth < 0 else []
    kinds = [m.get(W + "fldCharType") for m in body.iter(W + "fldChar")]
    said += ["field"] if depth or kinds.count("begin") != kinds.count("separate") else []
    rels = {r.get("Id") for r in parts["word/_rels/document.xml.rels"]}
    used = {v for e in body.iter() for k, v in e.attrib.items() if k.startswith(R)}
    said += [f"relation {name}" for name in used - rels]
    styles = {s.get(W + "styleId"): s for s in parts["word/styles.xml"].iter(W + "style")}
    used = {e.get(W + "val") for e in body.iter(W + "pStyle")}
    said += [f"style {name}" for name in used - styles.keys()]
    said += [f"outline {n}" for n in used if str(n).startswith("Heading")
             and styles[n].find(f"{W}pPr/{W}outlineLvl") is None]  # fmt: skip
    for label in {c[1] for c in codes if c[0] == "SEQ"}:
        shown = re.findall(rf"SEQ {label} \\\* ARABIC (\d+)", flat(body))
        said += ["counting"] if shown != [str(n + 1) for n in range(len(shown))] else []
    return said


def flat(body: Any) -> str:
    texts = (e.text or "" for e in body.iter(W + "t", W + "instrText"))
    return "".join(texts)


@pytest.fixture(scope="module")
def files(small_run: StudyRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Parts]:
    folder, made = tmp_path_factory.mktemp("docx"), {}
    for language, form in (("zh", "report"), ("en", "report"), ("zh", "gongwen")):
        outline = build_outline(small_run.findings, language=language)
        path = folder / f"{language}-{form}.docx"
        write_docx(outline, path, form=form)
        made[path.stem] = read(path)
        grids = [b for b in outline.blocks if isinstance(b, Grid)]
        heads = list(made[path.stem]["word/document.xml"].iter(W + "tblHeader"))
        assert len(heads) == len(grids) > 3
    return made


@pytest.mark.parametrize("name", ["zh-report", "en-report", "zh-gongwen"])
def test_the_file_is_as_its_schema_wants_it(files: dict[str, Parts], name: str) -> None:
    assert faults(files[name]) == []


@pytest.mark.parametrize(
    ("path", "key", "value", "said"),
    [("bookmarkStart", "name", "_Toch1", "bookmark name"), ("bookmarkStart", "id", "1", "id"),
     ("pStyle", "val", "None", "style"), ("fldChar", "fldCharType", "begin", "field"),
     ("hyperlink", "anchor", "nowhere", "target")],
)  # fmt: skip
def test_faults_are_seen(
    files: dict[str, Parts], path: str, key: str, value: str, said: str
) -> None:
    body = files["zh-report"]["word/document.xml"]
    made = list(body.iter(W + path))[-1]
    old = made.get(W + key)
    made.set(W + key, value)
    try:
        assert any(said in fault for fault in faults(files["zh-report"]))
    finally:
        made.set(W + key, old)


def test_an_order_that_is_wrong_is_seen(files: dict[str, Parts]) -> None:
    body = files["en-report"]["word/document.xml"]
    made = next(p for p in body.iter(W + "pPr") if len(p) > 1)
    first = made[0]
    made.append(first)
    try:
        assert any(fault.startswith("order") for fault in faults(files["en-report"]))
    finally:
        made.insert(0, first)


def test_an_official_paper_has_the_page_of_its_standard(files: dict[str, Parts]) -> None:
    parts, look = files["zh-gongwen"], look_of("zh", "gongwen")
    page = parts["word/document.xml"].find(f"{W}body/{W}sectPr/{W}pgMar")
    margins = [int(page.get(W + side)) / 1440 * 25.4 for side in ("top", "bottom", "left", "right")]
    assert margins == pytest.approx([37, 35, 28, 26], abs=0.05)
    styles = {s.get(W + "styleId"): s for s in parts["word/styles.xml"].iter(W + "style")}
    normal = styles["Normal"]
    assert normal.find(f"{W}rPr/{W}sz").get(W + "val") == "32"
    spacing = normal.find(f"{W}pPr/{W}spacing")
    assert (spacing.get(W + "line"), spacing.get(W + "lineRule")) == ("579", "exact")
    closer = int(normal.find(f"{W}rPr/{W}spacing").get(W + "val")) / 20
    assert 28 * (16 + closer) <= 156 / 25.4 * 72 < 29 * (16 + closer)
    assert 22 * look.pitch_pt <= 225 / 25.4 * 72 < 23 * look.pitch_pt
    fonts = {"Normal": "仿宋_GB2312", "Heading1": "黑体", "Heading2": "楷体_GB2312",
             "Title": "方正小标宋简体"}  # fmt: skip
    for name, font in fonts.items():
        assert styles[name].find(f"{W}rPr/{W}rFonts").get(W + "eastAsia") == font
    assert parts["word/settings.xml"].find(W + "evenAndOddHeaders") is not None
    feet = [e for n, e in parts.items() if n.startswith("word/footer")]
    assert {e.find(f".//{W}jc").get(W + "val") for e in feet} == {"left", "right"}


def test_an_official_paper_in_english_is_refused(small_run: StudyRun, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_report(small_run.findings, tmp_path, language="en", form="gongwen")


def test_a_bold_sum_is_not_broken() -> None:
    grid = Grid(1, "", ("a", "b"), (("x" * 60, "1"), ("y", "1,480,000")), (False, True), 1)
    plain = Grid(1, "", ("a", "b"), grid.rows, (False, True))
    assert grid.shares()[1] > plain.shares()[1]
