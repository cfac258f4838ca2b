"""The check: everything that is wrong at once, worst first; as lines, as JSON, as a picture."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.checking import check_picture, check_study, write_picture
from quarterhour.checking.points import point_layers
from quarterhour.cli import run_command
from quarterhour.errors import Fault
from quarterhour.maps.check_page import MARKER
from quarterhour.maps.web_shapes import unpack
from quarterhour.remarks import SEVERITIES, ranked, shown
from quarterhour.telling import remark_lines, verdict_lines
from quarterhour.words import LANGUAGES, Words, folded, width_of

HOSTILE = '</script><img src=x onerror="window.hacked=1">\u202e'
FAULT_KEYS = ("input.missing_column", "input.swapped", "input.negative")


def copied(small_study: Path, to: Path) -> Path:
    shutil.copytree(small_study.parent, to)
    return to / "study.toml"


def write(path: Path, **cells: object) -> None:
    """Change cells of a workbook's first sheet."""
    book = openpyxl.load_workbook(path)
    for place, value in cells.items():
        book.worksheets[0][place] = value
    book.save(path)


def column(path: Path, header: str) -> str:
    """Return the letter of a column of a workbook."""
    page = openpyxl.load_workbook(path).worksheets[0]
    return next(cell.column_letter for cell in page[1] if cell.value == header)


@pytest.fixture(scope="module")
def broken(small_study, tmp_path_factory) -> Path:
    """Return a study with faults in two files, a missing file and a hostile kind."""
    path = copied(small_study, tmp_path_factory.mktemp("broken") / "study")
    table = path.parent / "facilities.xlsx"
    at = {name: column(table, name) for name in ("名称", "类别", "经度", "纬度", "容量")}
    page = openpyxl.load_workbook(table).worksheets[0]
    swapped = {at["经度"] + "8": page[at["纬度"] + "8"].value,
               at["纬度"] + "8": page[at["经度"] + "8"].value}  # fmt: skip
    write(table, **swapped, **{at["容量"] + "5": -3, at["类别"] + "6": HOSTILE,
                               at["名称"] + "6": HOSTILE, at["经度"] + "7": "106,45x"})  # fmt: skip
    write(path.parent / "residents.xlsx", A3="乌有街道")
    (path.parent / "premises.xlsx").unlink()
    return path


@pytest.fixture(scope="module")
def result(broken):
    return check_study(broken)


@pytest.fixture(scope="module")
def good(small_study):
    return check_study(small_study)


def data_of(page: str) -> dict:
    """Return what a page tells the browser."""
    return json.loads(re.search(r'id="quarterhour-data">(.*?)</script>', page, re.DOTALL)[1])


# --- what is found ------------------------------------------------------------------------------


def test_all_files_are_tried_whatever_is_wrong_with_others(result) -> None:
    found = {(f.key, f.file, f.row) for f in result.faults}
    line = next(f.row for f in result.faults if f.key == "input.missing_file")
    assert ("input.missing_file", "study.toml", line) in found
    assert {("input.negative", "facilities.xlsx", 5), ("input.not_a_number", "facilities.xlsx", 7),
            ("input.swapped", "facilities.xlsx", 8)} <= found  # fmt: skip
    assert ("area.name_unknown", "residents.xlsx", 3) in found
    assert ("input.own_kind", "facilities.xlsx", 6) in {
        (d.key, d.file, d.row) for d in result.doubts
    } or any(d.file == "facilities.xlsx" and d.row == 6 for d in result.doubts)
    assert sum(f.key == "input.missing_file" for f in result.faults) == 1
    assert result.streets is not None and result.report is None


def test_a_study_file_that_cannot_be_read(tmp_path) -> None:
    path = tmp_path / "study.toml"
    path.write_text("[study\n", encoding="utf-8")
    found = check_study(path)
    assert [f.key for f in found.faults] == ["study.not_toml"]
    assert found.study is None and found.inputs is None and found.streets is None
    assert check_picture(found, language="en") is None
    assert check_study(tmp_path / "no.toml").faults[0].key == "input.missing_file"


def test_a_good_study_has_no_faults_and_a_report(good) -> None:
    assert good.faults == () and good.report is not None
    assert verdict_lines(good, Words("en"))[0].startswith("No faults")


faults_ = st.builds(
    Fault, st.sampled_from(FAULT_KEYS), st.just({"value": 1, "field": "x", "lon": 1, "lat": 2}),
    st.sampled_from(("", "a.csv", "b.csv", "c.csv")), st.just(""),
    st.one_of(st.none(), st.integers(1, 60)), st.sampled_from(("", "x")),
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(st.lists(faults_, max_size=40), st.lists(faults_, max_size=20))
def test_the_worst_comes_first_and_nothing_is_lost(faults, doubts) -> None:
    remarks = ranked(faults, doubts, files=("c.csv", "a.csv"))
    order = {"c.csv": 0, "a.csv": 1, "": 2, "b.csv": 2}
    ranks = [
        (SEVERITIES.index(r.severity), r.fault.row is not None, order[r.fault.file],
         r.fault.file, r.fault.row or 0)
        for r in remarks
    ]  # fmt: skip
    assert ranks == sorted(ranks)
    places = {(f.key, f.file, f.row, f.column) for f in (*faults, *doubts)}
    assert {(r.fault.key, r.fault.file, r.fault.row, r.fault.column) for r in remarks} == places
    assert len(remarks) == len(places)  # each thing once; what is a fault is no doubt besides
    listed = shown(remarks)
    assert [r.severity for r in listed] == sorted(
        (r.severity for r in listed), key=SEVERITIES.index
    )


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [80, 120])
def test_the_list_fits_a_terminal(result, language, width) -> None:
    lines = remark_lines(result.remarks, Words(language), width=width)
    assert max(map(width_of, lines)) <= width
    assert all(line.isprintable() for line in lines)
    told = "\n".join(lines)
    assert re.sub(r"\s+", "", result.remarks[0].problem(language)) in re.sub(r"\s+", "", told)
    assert all(remark.read in told.replace("\n", "") or len(remark.read) > 8
               for remark in result.remarks)  # fmt: skip
    table = lines[-6:]
    assert any(line.startswith("facilities.xlsx") for line in table)


def test_piped_lines_are_whole(result) -> None:
    lines = remark_lines(result.remarks, Words("en"))
    for remark in shown(result.remarks):
        assert any(line.strip() == remark.problem("en") for line in lines)


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.sampled_from("ab 镇街，。“x1,.-"), min_size=60, max_size=200), st.integers(20, 60),
)  # fmt: skip
def test_folding_loses_nothing(text: str, width: int) -> None:
    lines = folded(text, width, indent="  ")
    assert "".join("".join(lines).split()) == "".join(text.split())
    longest = max((width_of(word) for word in text.split()), default=0)
    if longest <= width - 4:
        assert max(map(width_of, lines), default=0) <= width


# --- the command --------------------------------------------------------------------------------


def test_the_command_prints_one_json_document(broken, capsys) -> None:
    assert run_command(["check", str(broken), "--json", "--language", "en"]) == 2
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert set(document) == {
        "format", "quarterhour", "study", "ok", "counts", "findings", "read", "picture",
    }  # fmt: skip
    assert document["ok"] is False and document["study"]["language"] == "en"
    assert set(document["findings"][0]) == {
        "number", "severity", "key", "file", "sheet", "row", "column", "read", "problem", "mend",
    }  # fmt: skip
    read = document["read"]
    assert len(read["areas"]) > 3 and read["people"] is None and read["facilities"] is None
    assert read["streets"]["km"] > 100 and read["streets"]["cannot_say"] is None
    assert Path(document["picture"]).name == "check.html" and "reading tables" in said.err
    severities = [f["severity"] for f in document["findings"]]
    assert severities == sorted(severities, key=SEVERITIES.index)
    assert [f["number"] for f in document["findings"]] == list(range(1, len(severities) + 1))
    assert document["counts"]["faults"] >= severities.count("fault") > 3


def test_doubts_alone_leave_with_0(small_study, capsys, tmp_path) -> None:
    picture = tmp_path / "look.html"
    assert run_command(["check", str(small_study), "--out", str(picture)]) == 0
    said = capsys.readouterr().out
    assert str(picture) in said and picture.stat().st_size < 1_000_000
    assert not (small_study.parent / "check.html").exists()
    assert run_command(["check", str(small_study), "--no-picture", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] and document["picture"] is None
    assert sum(document["read"]["facilities"].values()) > 100
    assert document["read"]["people"]["60+"] > 1000


def test_places_without_a_position_get_a_table_on_demand(small_study, capsys, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    table = path.parent / "facilities.xlsx"
    lon, lat = column(table, "经度"), column(table, "纬度")
    write(table, **{f"{lon}4": None, f"{lat}4": None, f"{lon}9": None, f"{lat}9": None})
    command = ["check", str(path), "--no-picture", "--json"]
    assert run_command(command) == 0
    said = capsys.readouterr()
    assert [u["row"] for u in json.loads(said.out)["read"]["not_located"]] == [4, 9]
    assert "--template" in said.err
    filled = path.parent / "facilities-located.xlsx"
    assert not filled.exists()
    assert run_command([*command, "--template"]) == 0
    before = filled.read_bytes()
    assert str(filled) in capsys.readouterr().err
    assert run_command([*command, "--template"]) == 0
    assert filled.read_bytes() == before


# --- the picture --------------------------------------------------------------------------------


def test_the_picture_shows_every_row_and_marks_the_wrong_ones(result) -> None:
    content = data_of(check_picture(result, language="zh"))
    (facilities,) = content["files"]
    total = facilities["count"] + facilities["beyond"] + facilities["unplaced"]
    page = openpyxl.load_workbook(result.path.parent / "facilities.xlsx").worksheets[0]
    assert total == page.max_row - 1
    (points,) = unpack(facilities["g"])
    assert len(points) == facilities["count"] == len(facilities["rows"])
    assert set(facilities["others"]) == {"gcj02", "bd09"}
    assert set(facilities["street_m"]) == {"wgs84", "gcj02", "bd09"}
    shifted = unpack(facilities["others"]["gcj02"])[0]
    moved_m = np.hypot(*(points - shifted).T) * content["step"]
    assert 200 < np.median(moved_m) < 1500
    marked = {r["row"] for r in content["remarks"] if r["layer"] == 0}
    assert {5, 6} <= marked & set(facilities["rows"])
    assert content["areas"] and content["base"]


def test_the_picture_is_the_same_each_time_and_holds_no_markup_of_files(result) -> None:
    page = check_picture(result, language="en")
    assert page == check_picture(result, language="en")
    assert "onerror" in page and "<img" not in page and "\u202e" not in page
    assert page.count("</script>") == page.count("<script")
    assert "default-src 'none'" in page and MARKER in page[:4096]
    body = page[: page.index('<script type="application/json"')]
    assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"<script>.*?</script>", "", body, flags=re.S)[
        page.index("</title>") : ])  # fmt: skip


def test_what_is_missing_is_said(small_study, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    (path.parent / "streets.osm.pbf").write_bytes(b"no streets at all")
    (path.parent / "areas.geojson").write_text("{}", encoding="utf-8")
    found = check_study(path)
    content = data_of(check_picture(found, language="en"))
    said = Words("en")
    assert content["missing"][:2] == [said("check.missing_areas"), said("check.missing_streets")]
    assert content["areas"] == [] and content["base"] == [] and content["files"][0]["count"] > 100
    assert {f.file for f in found.faults} >= {"areas.geojson", "streets.osm.pbf"}


def test_a_planned_facility_is_shown_as_not_counted(small_study, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    table = path.parent / "facilities.xlsx"
    write(table, **{column(table, "状态") + "4": "规划", column(table, "建成年份") + "4": 2090})
    found = check_study(path)
    assert found.faults == () and found.report is not None
    layer = point_layers(found.gathered)[0]
    assert layer.rows[~layer.counted].tolist() == [4]


def test_a_file_that_is_not_ours_is_never_written_over(good, tmp_path) -> None:
    wanted = tmp_path / "check.html"
    wanted.write_text("<html>my notes</html>", encoding="utf-8")
    written = write_picture(good, out=wanted, language="zh")
    assert written.path == tmp_path / "check-2.html" and written.taken == wanted
    assert wanted.read_text(encoding="utf-8") == "<html>my notes</html>"
    again = write_picture(good, out=written.path, language="en")
    assert again.path == written.path and again.taken is None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["check-2.html", "check.html"]


def test_a_folder_that_cannot_be_written_changes_no_status(small_study, capsys, tmp_path) -> None:
    nowhere = tmp_path / "no" / "such" / "check.html"
    assert run_command(["check", str(small_study), "--out", str(nowhere), "--language=en"]) == 0
    said = capsys.readouterr().out
    assert "could not be written" in said and str(nowhere) in said
    assert list(tmp_path.iterdir()) == []
