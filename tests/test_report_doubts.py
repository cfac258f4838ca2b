"""What pages say where the data are poor: doubts, approximate borders, places that do not count."""

import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from quarterhour.errors import SHOWN_ALIKE, Fault
from quarterhour.findings import Findings
from quarterhour.intake import read_inputs
from quarterhour.pipeline import StudyRun
from quarterhour.report import build
from quarterhour.report.document import build_outline
from quarterhour.report.html_writer import render_html
from quarterhour.report.outline import Box, Grid, Heading, Listing, Outline, Paragraph
from quarterhour.report.tables import write_tables
from quarterhour.stagefile import Kept, load_stage, save_stage
from quarterhour.stages import STAGES, findings_of, load_findings
from quarterhour.study import read_study
from quarterhour.words import LANGUAGES, Language, Words
from uncertain import ALIKE, HOSTILE, OSM, certain, uncertain


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


@pytest.fixture(scope="module")
def doubtful(findings: Findings) -> Findings:
    return uncertain(findings)


def said(outline: Outline) -> str:
    """Return all running text of a report, its first page included."""
    parts: list[str] = []
    for block in (outline.summary, *outline.blocks):
        if isinstance(block, Listing):
            parts += [item.text for item in block.items]
        elif isinstance(block, Box):
            parts += [paragraph.text for paragraph in block.paragraphs]
        elif isinstance(block, Paragraph | Heading):
            parts.append(block.text)
        elif isinstance(block, Grid):
            parts += [block.caption, *block.notes]
    return "\n".join(parts)


# --- from the stages to the findings


def test_a_run_and_its_saved_stages_have_the_same_doubts(small_run: StudyRun) -> None:
    told = [doubt.render("zh") for doubt in small_run.findings.doubts]
    assert told == small_run.manifest["doubts"] != []


def test_doubts_about_the_study_file_are_saved_with_it(small_run: StudyRun, tmp_path: Path) -> None:
    stages = tmp_path / "stages"
    shutil.copytree(small_run.folder / "stages", stages)
    study = load_stage(stages / "study.npz").result
    doubt = Fault("input.surface_model", file="x.tif")
    note = Fault("facility.total_row")
    save_stage(stages / "study.npz", Kept(study, (doubt, note)), key="")
    assert load_findings(stages).doubts == (doubt, *small_run.findings.doubts)
    save_stage(stages / "study.npz", study, key="")
    with pytest.raises(ValueError, match=r"study\.npz"):
        load_findings(stages)


def test_what_does_not_count_comes_from_the_files(
    small_run: StudyRun, small_study: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    shutil.copytree(small_study.parent, folder)
    for name, cells in {
        "facilities": {"J2": "停用", "J3": "规划", "I3": 2030, "C4": None, "D4": None},
        "residents": {"E3": "*"},
        "premises": {"B3": None, "C3": None},
    }.items():
        with closing(openpyxl.load_workbook(folder / f"{name}.xlsx")) as book:
            for place, value in cells.items():
                book.active[place] = value
            book.save(folder / f"{name}.xlsx")
    stage = {n: load_stage(small_run.folder / "stages" / f"{n}.npz").result for n in STAGES}
    study = read_study(folder / "study.toml")
    doubts: list[Fault] = []
    stage["inputs"] = read_inputs(study, doubts)
    found = findings_of(study, stage, doubts)
    # The demo's own twelve planned facilities come after the two of this test.
    assert found.uncounted.set_aside.state == ("closed", "planned", *["planned"] * 12)
    assert [(u.file, u.row) for u in found.uncounted.unlocated] == [
        ("facilities.xlsx", 4), ("premises.xlsx", 3),
    ]  # fmt: skip
    assert found.uncounted.withheld == {"80+": 1}
    assert found.doubts == tuple(d for d in doubts if not d.is_note)


# --- the report


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_what_is_doubtful(doubtful: Findings, language: Language) -> None:
    words = Words(language)
    outline = build_outline(doubtful, language=language)
    first, text = "\n".join(p.text for p in outline.summary.paragraphs), said(outline)
    annex = words("report.h_sources")
    assert words("report.risk_doubts", {"count": ALIKE + 1, "annex": annex}) in first
    grids = [b for b in outline.blocks if isinstance(b, Grid)]
    [grid] = [g for g in grids if g.caption == words("table.t_doubts")]
    assert grid.rows == build.doubts_table(doubtful, language).texts()
    assert words("report.doubts", {"table": grid.number, "count": ALIKE + 1}) in text
    assert words("report.d_osm", {"count": OSM}) in text
    for key in ("d_borders", "l_borders_approximate"):
        assert words(f"report.{key}") in text
    assert words("report.l_borders") not in text
    kind = words(f"kind.{doubtful.uncounted.set_aside.kinds[0]}")
    kinds = words("report.facilities_kind", {"kind": kind, "count": 1})
    assert words("report.set_aside", {"count": 1, "kinds": kinds}) in text
    file = words("report.unlocated_file", {"file": "b.csv", "count": 1})
    assert words("report.unlocated", {"count": 1, "files": file}) in text
    group = words("report.d_withheld_group", {"group": words("group.80+"), "count": 2})
    assert words("report.d_withheld", {"count": 2, "groups": group}) in text
    noted = [g for g in grids if any(words("table.n_borders") in note for note in g.notes)]
    assert len(noted) >= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_on_sound_data_says_nothing_of_it(findings: Findings, language: Language) -> None:
    words, text = Words(language), said(build_outline(certain(findings), language=language))
    for key in ("d_borders", "l_borders_approximate", "d_osm", "d_withheld", "set_aside",
                "unlocated", "doubts", "risk_doubts", "area_n_approximate"):  # fmt: skip
        # What stands before the first value and after the last is the sentence's own.
        assert words.has(f"report.{key}")
        own = max(_own_parts(key, language), key=len)
        assert own not in text, key
    assert words("table.t_doubts") not in text
    assert words("table.n_borders") not in text
    assert words("report.l_borders") in text


def _own_parts(key: str, language: Language) -> list[str]:
    """Return the parts of a sentence that are the same whatever is filled in."""
    filled = dict.fromkeys(
        ("count", "kinds", "files", "groups", "table", "annex", "district", "km2"), "\0"
    )
    return Words(language)(f"report.{key}", filled).split("\0")


def test_doubts_are_escaped_in_the_report(doubtful: Findings) -> None:
    page = render_html(build_outline(doubtful, language="zh"))
    assert "<script" not in page
    assert "&lt;script&gt;alert" in page


# --- the workbook


@pytest.mark.parametrize("language", LANGUAGES)
def test_alike_doubts_are_counted_and_all_have_a_number(
    doubtful: Findings, language: Language
) -> None:
    table = build.doubts_table(doubtful, language)
    numbers = table.column("doubt_number")
    one_by_one = tuple(str(n + 1) for n in range(SHOWN_ALIKE))
    assert numbers == (*one_by_one, f"{SHOWN_ALIKE + 1}–{ALIKE}", str(ALIKE + 1))
    assert all(str(cell).isprintable() for row in table.rows for cell in row)
    assert doubtful.doubts[0].place(language) == table.column("place")[0]


def test_what_does_not_count_is_listed_with_its_reason(doubtful: Findings) -> None:
    table = build.uncounted_table(doubtful, "zh")
    gone = doubtful.uncounted.set_aside
    assert table.column("id") == (gone.ids[0], "—")
    assert table.column("why_uncounted") == ("停用", "没有经纬度")
    assert table.column("file") == ("a.xlsx", "b.csv")
    assert table.column("kind")[1] == "社区食堂"
    assert table.column("row")[1] == "7"


def test_a_facility_that_opens_later_is_said_to_do_so(doubtful: Findings) -> None:
    gone = replace(doubtful.uncounted.set_aside, state=("open",))
    later = replace(doubtful, uncounted=replace(doubtful.uncounted, set_aside=gone))
    assert build.uncounted_table(later, "en").column("why_uncounted")[0] == "not open yet"


def test_facilities_of_openstreetmap_are_marked(findings: Findings, doubtful: Findings) -> None:
    table = build.facilities_table(doubtful, "en")
    told = table.column("origin")
    assert told[: OSM + 1] == ("OpenStreetMap",) * OSM + ("a.xlsx",)
    assert Words("en")("table.n_osm") in table.note
    assert "origin" not in [c.key for c in build.facilities_table(findings, "en").columns]


def test_every_table_by_area_says_that_borders_are_approximate(doubtful: Findings) -> None:
    note = Words("zh")("table.n_borders")
    by_area = [
        build.area_table(doubtful, "zh"), build.area_table(doubtful, "zh", kind="any"),
        build.cover_long_table(doubtful, "zh"), build.network_areas_table(doubtful, "zh"),
        build.step_free_table(doubtful, "zh"),
    ]  # fmt: skip
    assert all(note in table.note for table in by_area)
    assert note not in build.coverage_table(doubtful, "zh").note
    assert note in build.about_table(doubtful, "zh").column("content")


def test_the_workbook_has_both_lists_as_texts(
    findings: Findings, doubtful: Findings, tmp_path: Path
) -> None:
    write_tables(doubtful, tmp_path / "t.xlsx", language="zh")
    with closing(openpyxl.load_workbook(tmp_path / "t.xlsx")) as book:
        left, doubts = book[Words("zh")("table.s_uncounted")], book["附17 待核实的数据问题"]
        assert left["B5"].value.startswith("=1+1") and left["B5"].quotePrefix
        assert left["B6"].value == "-2+3" and left["B6"].quotePrefix
        place = doubts.cell(5 + SHOWN_ALIKE + 1, 2)
        assert place.value == HOSTILE.replace("\n\x01", "") and place.quotePrefix
        assert not [c for s in (left, doubts) for r in s for c in r if c.data_type == "f"]
    write_tables(certain(findings), tmp_path / "s.xlsx", language="zh")
    with closing(openpyxl.load_workbook(tmp_path / "s.xlsx")) as book:
        names = (Words("zh")("table.s_uncounted"), "附17 待核实的数据问题")
        assert not set(names) & set(book.sheetnames)
