"""The report's Word file: order of elements, fields, bookmarks, styles, the official page."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from lxml import etree
from PIL import Image

from quarterhour import StudyRun
from quarterhour.errors import InputError
from quarterhour.report.document import build_outline, write_report
from quarterhour.report.docx_look import look_of
from quarterhour.report.docx_writer import write_docx
from quarterhour.report.outline import Figure, Grid, Plate
from quarterhour.report.pictures import picture_of

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
BODY, RELS = "word/document.xml", "word/_rels/document.xml.rels"
NUMBERING = "word/numbering.xml"
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
    "tbl": "tblPr tblGrid tr",
    "tblBorders": "top left bottom right insideH insideV",
    "tblCellMar": "top left bottom right",
    "pBdr": "top left bottom right between bar",
    "style": "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden"
    " unhideWhenUsed qFormat locked personal rsid pPr rPr tblPr trPr tcPr tblStylePr",
    "numbering": "abstractNum num",
    "abstractNum": "nsid multiLevelType tmpl name styleLink numStyleLink lvl",
    "lvl": "start numFmt lvlRestart pStyle isLgl suff lvlText lvlPicBulletId lvlJc pPr rPr",
}  # fmt: skip
# Of the many settings, those beside what is put in here.
SETTINGS = "zoom proofState defaultTabStop evenAndOddHeaders characterSpacingControl compat rsids"
# Elements by the names of parts; ``None`` for what is no XML, as pictures are.
Parts = dict[str, Any]


def read(path: Path) -> Parts:
    with zipfile.ZipFile(path) as archive:
        return {
            name: etree.fromstring(archive.read(name)) if name.endswith((".xml", ".rels")) else None
            for name in archive.namelist()
        }


# --- what can be wrong ---------------------------------------------------------------------------


def faults(parts: Parts) -> list[str]:
    """Return what is wrong with a Word file."""
    looks = (wrong_order, wrong_marks, wrong_fields, wrong_relations, wrong_styles, wrong_captions)
    return [said for look in looks for said in look(parts)]


def wrong_order(parts: Parts) -> Iterator[str]:
    """Name elements that stand where ISO/IEC 29500-1 does not have them."""
    for name in [n for n in parts if re.match(r"word/(document|header|footer|styles\.|num)", n)]:
        for tag, order in ORDER.items():
            ranks = {W + one: at for at, one in enumerate(order.split())}
            ranks[W + "footerReference"] = ranks.get(W + "headerReference", 0)
            for made in parts[name].iter(W + tag):
                found = [ranks.get(child.tag, -1) for child in made]
                if found != sorted(found) or -1 in found:
                    yield f"order {name} {tag} {[c.tag.split('}')[1] for c in made]}"
    settings = [c.tag.split("}")[1] for c in parts["word/settings.xml"]]
    if (known := [one for one in settings if one in SETTINGS.split()]) != [
        one for one in SETTINGS.split() if one in known
    ]:
        yield f"order word/settings {known}"
    for first, tag in (("pPr", "p"), ("rPr", "r"), ("tcPr", "tc")):
        for made in parts[BODY].iter(W + tag):
            if made.find(W + first) is not None and made[0].tag != W + first:
                yield f"order {BODY} {tag}: {first} is not the first"
    # A cell that does not end with a paragraph is a file that Word calls broken.
    if any(cell[-1].tag != W + "p" for cell in parts[BODY].iter(W + "tc")):
        yield "cell"


def wrong_marks(parts: Parts) -> Iterator[str]:
    """Name bookmarks that stand twice or have no end, and links that lead nowhere."""
    body = parts[BODY]
    starts = list(body.iter(W + "bookmarkStart"))
    for key in ("id", "name"):
        values = [s.get(W + key) for s in starts]
        if len(values) != len(set(values)):
            yield f"bookmark {key}"
    if {s.get(W + "id") for s in starts} != {e.get(W + "id") for e in body.iter(W + "bookmarkEnd")}:
        yield "bookmark end"
    aims = {c[1] for c in codes(body) if c[0] in {"REF", "PAGEREF"}}
    aims |= {h.get(W + "anchor") for h in body.iter(W + "hyperlink")}
    yield from (f"target {aim}" for aim in aims - {s.get(W + "name") for s in starts})


def wrong_fields(parts: Parts) -> Iterator[str]:
    """Name fields that do not close, and cross-references that show another number."""
    for name in [n for n in parts if re.match(r"word/(document|header|footer)", n)]:
        depth = 0
        kinds = [mark.get(W + "fldCharType") for mark in parts[name].iter(W + "fldChar")]
        for kind in kinds:
            depth += {"begin": 1, "separate": 0, "end": -1}[kind]
            if depth < 0:
                yield f"field {name}"
        if depth or kinds.count("begin") != kinds.count("separate"):
            yield f"field {name}"
    body, called = parts[BODY], {}
    for start in body.iter(W + "bookmarkStart"):
        texts = []
        for made in start.itersiblings():
            if made.tag == W + "bookmarkEnd":
                break
            texts += [t.text for t in made.iter(W + "t")]
        called[start.get(W + "name")] = "".join(texts)
    for name, shown in re.findall(r"\x00 *REF (\w+) [^\x01]*\x01([^\x02]*)\x02", flat(body)):
        if shown != called.get(name):
            yield f"shown {shown!r} for {name}"


def wrong_relations(parts: Parts) -> Iterator[str]:
    """Name relations that are used and not there, parts that are not there, and lists without."""
    for name, made in parts.items():
        if not name.endswith(".rels"):
            continue
        folder = PurePosixPath(name).parent.parent
        for one in made:
            path = (folder / one.get("Target")).as_posix()
            path = re.sub(r"[^/]+/\.\./", "", path)
            if one.get("TargetMode") != "External" and path.lstrip("/") not in parts:
                yield f"part {path}"
    body = parts[BODY]
    used = {v for e in body.iter() for k, v in e.attrib.items() if k.startswith(R)}
    yield from (f"relation {name}" for name in used - {r.get("Id") for r in parts[RELS]})
    lists = {n.get(W + "numId") for n in parts[NUMBERING].iter(W + "num")}
    asked = {e.get(W + "val") for e in body.iter(W + "numId")}
    yield from (f"list {name}" for name in asked - lists)
    pictures = [e.get("id") for e in body.iter() if e.tag.endswith("}docPr")]
    if len(pictures) != len(set(pictures)):
        yield "picture id"


def wrong_styles(parts: Parts) -> Iterator[str]:
    """Name styles that are not there, and headings that no table of contents would find."""
    styles = {s.get(W + "styleId"): s for s in parts["word/styles.xml"].iter(W + "style")}
    used = {str(e.get(W + "val")) for e in parts[BODY].iter(W + "pStyle")}
    yield from (f"style {name}" for name in used - styles.keys())
    for name in used & styles.keys():
        level = styles[name].find(f"{W}pPr/{W}outlineLvl")
        wanted = str(int(name[-1]) - 1) if re.fullmatch(r"Heading\d", name) else None
        if (None if level is None else level.get(W + "val")) != wanted:
            yield f"outline {name}"


def wrong_captions(parts: Parts) -> Iterator[str]:
    """Name captions that Word does not count, and counts that are not 1, 2, 3."""
    shown: dict[str, list[str]] = {}
    for made in parts[BODY].iter(W + "p"):
        style = made.find(f"{W}pPr/{W}pStyle")
        found = re.findall(r"\x00 *SEQ (\S+) \\\* ARABIC *\x01(\d+)\x02", flat(made))
        for label, number in found:
            shown.setdefault(label, []).append(number)
        captioned = style is not None and style.get(W + "val") == "Caption"
        if captioned != (len(found) == 1):
            yield f"caption {flat(made)!r}"
    for label, numbers in shown.items():
        if numbers != [str(n + 1) for n in range(len(numbers))]:
            yield f"counting {label}"


def codes(body: Any) -> list[list[str]]:
    return [code.text.split() for code in body.iter(W + "instrText")]


def flat(body: Any) -> str:
    """Return texts and fields' codes; a field begins with 0, shows from 1 on, and ends with 2."""
    signs = {"begin": "\x00", "separate": "\x01", "end": "\x02"}
    return "".join(
        signs[e.get(W + "fldCharType")] if e.tag == W + "fldChar" else e.text or ""
        for e in body.iter(W + "t", W + "instrText", W + "fldChar")
    )


def a_picture(grey: int) -> bytes:
    made = io.BytesIO()
    Image.new("L", (8, 6), grey).save(made, "PNG")
    return made.getvalue()


@pytest.fixture(scope="module")
def files(small_run: StudyRun, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Parts]:
    folder, made = tmp_path_factory.mktemp("docx"), {}
    plates = tuple(
        Plate(number, f"plate {number}", picture_of(a_picture(grey)))
        for number, grey in (("06", 0), ("06-1", 90), ("08", 180))
    )
    for language, form in (("zh", "report"), ("en", "report"), ("zh", "gongwen")):
        outline = build_outline(small_run.findings, language=language, plates=plates)
        path = folder / f"{language}-{form}.docx"
        pages = range(3, 3 + len(outline.headings)) if form == "report" else ()
        write_docx(outline, path, form=form, pages=pages)
        made[path.stem] = read(path)
        body = made[path.stem][BODY]
        counted = [c[1] for c in codes(body) if c[0] == "SEQ"]
        grids, figures = (
            sum(isinstance(b, kind) for b in outline.blocks) for kind in (Grid, Figure)
        )
        table, figure = ("表", "图") if language == "zh" else ("Table", "Figure")
        assert counted.count(table) == len(list(body.iter(W + "tblHeader"))) == grids > 3
        assert sum(c[0] == "PAGEREF" for c in codes(body)) == len(pages)
        assert counted.count(figure) == len(list(body.iter(DRAWN))) == figures > 3
    return made


@pytest.mark.parametrize("name", ["zh-report", "en-report", "zh-gongwen"])
def test_the_file_is_as_its_schema_wants_it(files: dict[str, Parts], name: str) -> None:
    assert faults(files[name]) == []


def test_the_file_of_a_run_is_sound_with_all_its_pictures(small_run: StudyRun) -> None:
    parts = read(small_run.folder / "report.docx")
    assert faults(parts) == []
    pictures = [name for name in parts if name.startswith("word/media/")]
    assert len(pictures) == len(list(parts[BODY].iter(DRAWN))) > 10


# --- each fault is seen --------------------------------------------------------------------------

Plant = Callable[[Parts], object]


def last(parts: Parts, tag: str, within: str = BODY) -> Any:
    return list(parts[within].iter(tag if tag.startswith("{") else W + tag))[-1]


def set_last(tag: str, key: str, value: str) -> Plant:
    """Plant a value in the last element of a name."""
    return lambda parts: last(parts, tag).set(key if key.startswith("{") else W + key, value)


def drop_last(tag: str) -> Plant:
    def plant(parts: Parts) -> None:
        made = last(parts, tag)
        made.getparent().remove(made)

    return plant


def turned(tag: str, within: str) -> Plant:
    """Put the first of an element's children at its end."""

    def plant(parts: Parts) -> None:
        made = next(e for e in parts[within].iter(W + tag) if len({c.tag for c in e}) > 1
                    and (tag != "r" or e[0].tag == W + "rPr"))  # fmt: skip
        made.append(made[0])

    return plant


def seq_code(old: str, new: str) -> Plant:
    def plant(parts: Parts) -> None:
        made = [c for c in parts[BODY].iter(W + "instrText") if "SEQ" in c.text][-1]
        assert old in made.text
        made.text = made.text.replace(old, new)

    return plant


def after_the_last(code: str, text: str) -> Plant:
    """Let the last field of a kind show another text."""

    def plant(parts: Parts) -> None:
        made = [c for c in parts[BODY].iter(W + "instrText") if c.text.split()[0] == code][-1]
        run = made.getparent()
        shown = next(t for r in run.itersiblings() for t in r.iter(W + "t"))
        shown.text = text

    return plant


def heading_level(value: str | None) -> Plant:
    def plant(parts: Parts) -> None:
        styles = parts["word/styles.xml"].iter(W + "style")
        style = next(s for s in styles if s.get(W + "styleId") == "Heading2")
        level = style.find(f"{W}pPr/{W}outlineLvl")
        level.getparent().remove(level) if value is None else level.set(W + "val", value)

    return plant


FAULTS: dict[str, tuple[Plant, str]] = {
    "two bookmarks of one name": (set_last("bookmarkStart", "name", "_Toch1"), "bookmark name"),
    "two bookmarks of one id": (set_last("bookmarkStart", "id", "1"), "bookmark id"),
    "a bookmark without an end": (drop_last("bookmarkEnd"), "bookmark end"),
    "a link to nowhere": (set_last("hyperlink", "anchor", "nowhere"), "target nowhere"),
    "a field that does not close": (set_last("fldChar", "fldCharType", "begin"), "field"),
    "a field without its text": (drop_last("fldChar"), "field"),
    "a reference to another number": (after_the_last("REF", "表99"), "shown '表99'"),
    "a picture of no relation": (set_last(DRAWN, R + "embed", "rId999"), "relation rId999"),
    "a header of no relation": (
        set_last("headerReference", R + "id", "rId998"), "relation rId998",
    ),
    "a picture that is not in the file": (
        lambda parts: parts.pop("word/media/image2.png"), "part word/media/image2.png",
    ),
    "two pictures of one id": (
        lambda parts: [e.set("id", "1") for e in parts[BODY].iter() if e.tag.endswith("}docPr")],
        "picture id",
    ),
    "a list that is not there": (set_last("numId", "val", "999"), "list 999"),
    "a style that is not there": (set_last("pStyle", "val", "None"), "style None"),
    "a heading without a level": (heading_level(None), "outline Heading2"),
    "a heading of another level": (heading_level("0"), "outline Heading2"),
    "a caption that is not counted": (seq_code("SEQ", "SAY"), "caption"),
    "a caption of another count": (seq_code("SEQ ", "SEQ x"), "counting"),
    "a number twice": (after_the_last("SEQ", "1"), "counting"),
    "a number that is none": (after_the_last("SEQ", ""), "caption"),
    **{
        f"another order: {tag} of {part}": (turned(tag, f"word/{part}.xml"), f"order word/{part}")
        for tag, part in (
            ("pPr", "document"), ("rPr", "document"), ("tblPr", "document"), ("tcPr", "document"),
            ("sectPr", "document"), ("pPr", "styles"), ("rPr", "styles"), ("pPr", "footer1"),
            ("pPr", "numbering"), ("tbl", "document"), ("tblBorders", "document"),
            ("tblCellMar", "document"), ("style", "styles"), ("lvl", "numbering"),
            ("abstractNum", "numbering"), ("p", "document"), ("r", "document"),
            ("settings", "settings"),
        )
    },
    "a list before what it is of": (
        lambda parts: parts[NUMBERING].insert(0, last(parts, "num", NUMBERING)),
        f"order {NUMBERING}",
    ),
    "a cell without a paragraph": (
        lambda parts: [p.getparent().remove(p) for p in list(last(parts, "tc").iter(W + "p"))],
        "cell",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
def test_faults_are_seen(files: dict[str, Parts], kind: str) -> None:
    plant, said = FAULTS[kind]
    parts = {name: deepcopy(made) for name, made in files["zh-report"].items()}
    plant(parts)
    found = faults(parts)
    assert [fault for fault in found if fault.startswith(said)], found[:5]


# --- the official paper --------------------------------------------------------------------------


def unlike_its_standard(parts: Parts) -> list[str]:
    """Return in what a Word file is not the page of GB/T 9704-2012."""
    look, said = look_of("zh", "gongwen"), []
    section = parts[BODY].find(f"{W}body/{W}sectPr")

    def check(what: str, found: object, wanted: object) -> None:
        said.extend([] if found == wanted else [f"{what}: {found}"])

    def value(element: Any, path: str, key: str = "val") -> str | None:
        found = element.find("/".join(W + one for one in path.split("/")))
        return None if found is None else found.get(W + key)

    def mm(path: str, *keys: str) -> list[float]:
        return [round(int(str(value(section, path, key))) / 1440 * 25.4) for key in keys]

    check("paper", mm("pgSz", "w", "h"), [210, 297])
    check("margins", mm("pgMar", "top", "bottom", "left", "right"), [37, 35, 28, 26])
    styles = {s.get(W + "styleId"): s for s in parts["word/styles.xml"].iter(W + "style")}
    normal = styles["Normal"]
    pitch = int(value(normal, "pPr/spacing", "line") or 0) / 20
    check("pitch", value(normal, "pPr/spacing", "lineRule"), "exact")
    check("lines", (22 * pitch <= 225 / 25.4 * 72 < 23 * pitch, pitch), (True, look.pitch_pt))
    closer = int(value(normal, "rPr/spacing") or 0) / 20
    letters = [28 * (16 + closer) <= 156 / 25.4 * 72, 29 * (16 + closer) > 156 / 25.4 * 72]
    check("letters", letters, [True, True])
    fonts = {"Normal": ("仿宋_GB2312", "32"), "Heading1": ("黑体", "32"),
             "Heading2": ("楷体_GB2312", "32"), "Title": ("方正小标宋简体", "44")}  # fmt: skip
    for name, wanted in fonts.items():
        found = value(styles[name], "rPr/rFonts", "eastAsia"), value(styles[name], "rPr/sz")
        check(f"font {name}", found, wanted)
    check("sides", parts["word/settings.xml"].find(W + "evenAndOddHeaders") is None, False)
    feet = [e for n, e in parts.items() if re.match(r"word/footer\d", n)]
    check("feet", {e.find(f".//{W}jc").get(W + "val") for e in feet}, {"left", "right"})
    for foot in feet:
        check("foot", re.sub(r"\s|[\x00-\x02].*[\x00-\x02]", "", flat(foot)), "——")
        check("foot size", {s.get(W + "val") for s in foot.iter(W + "sz")}, {"28"})
    return said


def test_an_official_paper_has_the_page_of_its_standard(files: dict[str, Parts]) -> None:
    assert unlike_its_standard(files["zh-gongwen"]) == []
    assert len(unlike_its_standard(files["zh-report"])) > 6


def in_style(name: str, path: str, key: str, value: str) -> Plant:
    def plant(parts: Parts) -> None:
        styles = parts["word/styles.xml"].iter(W + "style")
        style = next(s for s in styles if s.get(W + "styleId") == name)
        style.find("/".join(W + one for one in path.split("/"))).set(W + key, value)

    return plant


def in_feet(tag: str, value: str) -> Plant:
    return lambda parts: [
        e.set(W + "val", value) for n in parts if n.startswith("word/footer")
        for e in parts[n].iter(W + tag)
    ]  # fmt: skip


OFFICIAL: dict[str, tuple[Plant, str]] = {
    "paper": (set_last("pgSz", "w", "12240"), "paper"),
    "top": (set_last("pgMar", "top", "2000"), "margins"),
    "right": (set_last("pgMar", "right", "1588"), "margins"),
    "pitch": (in_style("Normal", "pPr/spacing", "line", "560"), "lines"),
    "at least": (in_style("Normal", "pPr/spacing", "lineRule", "atLeast"), "pitch"),
    "wider letters": (in_style("Normal", "rPr/spacing", "val", "0"), "letters"),
    "closer letters": (in_style("Normal", "rPr/spacing", "val", "-20"), "letters"),
    "font": (in_style("Normal", "rPr/rFonts", "eastAsia", "宋体"), "font Normal"),
    "size": (in_style("Heading1", "rPr/sz", "val", "30"), "font Heading1"),
    "title": (in_style("Title", "rPr/sz", "val", "40"), "font Title"),
    "one side": (
        lambda parts: parts["word/settings.xml"].remove(
            parts["word/settings.xml"].find(W + "evenAndOddHeaders")
        ), "sides",
    ),
    "feet in the middle": (in_feet("jc", "center"), "feet"),
    "small feet": (in_feet("sz", "18"), "foot size"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OFFICIAL)
def test_an_official_paper_of_another_page_is_seen(files: dict[str, Parts], kind: str) -> None:
    plant, said = OFFICIAL[kind]
    parts = {name: deepcopy(made) for name, made in files["zh-gongwen"].items()}
    plant(parts)
    assert [fault for fault in unlike_its_standard(parts) if fault.startswith(f"{said}:")]


def test_an_official_paper_in_english_is_refused(small_run: StudyRun, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_report(small_run.findings, tmp_path, language="en", form="gongwen")


def test_a_bold_sum_is_not_broken() -> None:
    grid = Grid(1, "", ("a", "b"), (("x" * 60, "1"), ("y", "1,480,000")), (False, True), 1)
    plain = Grid(1, "", ("a", "b"), grid.rows, (False, True))
    assert grid.shares()[1] > plain.shares()[1]
