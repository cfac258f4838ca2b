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

from quarterhour.checking import check_picture, check_study, write_picture, write_templates
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


def by_point(path: Path, *rows: str, more: str = "") -> Path:
    """Let a study take its residents from points and name no areas."""
    text = path.read_text(encoding="utf-8")
    # Without areas nothing can be told by area.
    text = re.sub(r"(?ms)^\[(areas|areas\.zones|scorecard)\].*?(?=^\[)", "", text)
    table = f'[residents]\nfile = "points.csv"\nby = "point"\n{more}\n'
    text = re.sub(r"(?ms)^\[residents\].*?(?=^\[)", table, text)
    path.write_text(text, encoding="utf-8")
    (path.parent / "points.csv").write_text("\n".join(rows), encoding="utf-8")
    return path


def test_a_study_without_areas_lies_around_its_people(small_study, good, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    lonlat = point_layers(good.gathered)[0].lonlat[:40]
    rows = [f"{int(x)}°{x % 1 * 60:.5f}′,{y:.6f},20" for x, y in lonlat]
    found = check_study(by_point(path, "东,lat,60+", *rows, "合计,,800",
                                 more='columns = { lon = "东" }'))  # fmt: skip
    assert found.faults == () and found.inputs.residents.totals.tolist() == [800]
    # The facilities' own areas are nowhere to be compared with.
    assert not any(d.key.startswith("area.name") for d in found.doubts)
    x, y = lonlat[0]
    found = check_study(by_point(path, "lon,lat,60+", *(f"{x:.6f},{y:.6f},20" for x, y in lonlat),
                                 f"{x + 1:.6f},{y:.6f},20"))  # fmt: skip
    assert [(f.key, f.row) for f in found.faults] == [("input.far_away", 42)]


def test_tables_are_opened_where_nothing_says_where_the_study_is(small_study, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    (path.parent / "areas.geojson").write_text("{}", encoding="utf-8")
    for name in ("facilities", "premises", "residents"):
        book = openpyxl.load_workbook(path.parent / f"{name}.xlsx")
        book.worksheets[0].delete_rows(2, 9999)
        book.save(path.parent / f"{name}.xlsx")
    empty = {f.file for f in check_study(path).faults if f.key == "input.empty_table"}
    assert empty == {"facilities.xlsx", "premises.xlsx", "residents.xlsx"}


@pytest.mark.parametrize("broken_too", [False, True])
def test_streets_that_are_not_found_are_listed_whatever_else_is_wrong(
    small_study, good, tmp_path, broken_too
) -> None:
    path = copied(small_study, tmp_path / "study")
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'by = "area"\n(place_on.*\n)?', 'by = "street"\n', text)
    path.write_text(text.replace("residents.xlsx", "streets.csv"), encoding="utf-8")
    known = next(name for name in good.streets.network.names if name)
    rows = ("路名,60+", f"{known},50", "乌有之路,70", f"{known},9", "乌有之路12号,5")
    (path.parent / "streets.csv").write_text("\n".join(rows), encoding="utf-8")
    if broken_too:
        table = path.parent / "facilities.xlsx"
        write(table, **{column(table, "名称") + "4": None})
    found = check_study(path)
    assert bool(found.faults) == broken_too
    (lost,) = [d for d in found.doubts if d.key in ("people.street_near",
                                                    "demand.street_not_found")]  # fmt: skip
    assert (lost.file, lost.row, lost.read) == ("streets.csv", 3, "乌有之路")
    assert lost.values["people"] == "75"


def test_what_does_not_count_is_told_without_a_date_too(small_study, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^date = .*$", "", text), encoding="utf-8")
    table = path.parent / "facilities.xlsx"
    write(table, **{column(table, "状态") + "4": "关闭"})
    (said,) = [d for d in check_study(path).doubts if d.key.startswith("facility.set_aside")]
    assert said.key == "facility.set_aside_undated" and str(said.values["ids"]).startswith("F003, ")
    assert "None" not in said.render("en") and " - " not in said.render("zh")


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


def test_two_files_of_one_name_get_a_table_each(small_study, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    text = path.read_text(encoding="utf-8")
    tables = "\n".join(f'[[facilities]]\nfile = "{n}/f.csv"' for n in "ab")
    path.write_text(
        re.sub(r"(?ms)^\[\[facilities\]\].*?(?=^\[)", tables + "\n\n", text, count=1), "utf-8"
    )
    for n in "ab":
        (path.parent / n).mkdir()
        rows = ("名称,类别,经度,纬度", f"{n}站,养老院,105.35,29.42", f"{n}点,养老院,,")
        (path.parent / n / "f.csv").write_text("\n".join(rows), encoding="utf-8")
    sent = write_templates(check_study(path), language="zh")
    assert [(one.path.parent.name, one.count) for one in sent] == [("a", 1), ("b", 1)]
    names = [openpyxl.load_workbook(one.path).worksheets[0]["B2"].value for one in sent]
    assert names == ["a点", "b点"]
    assert check_study(path).faults == ()


# --- the picture --------------------------------------------------------------------------------


def test_the_picture_shows_every_row_and_marks_the_wrong_ones(result) -> None:
    content = data_of(check_picture(result, language="zh"))
    facilities = content["files"][0]
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


def test_degrees_with_minutes_are_drawn_from_a_file_with_faults(small_study, tmp_path) -> None:
    path = copied(small_study, tmp_path / "study")
    table = path.parent / "facilities.xlsx"
    place = {column(table, "经度") + "4": "105°21′05″", column(table, "纬度") + "4": "29°25′22″"}
    write(table, **place, **{column(table, "经度") + "5": "?"})
    layer = point_layers(check_study(path).gathered)[0]
    assert layer.rows[~np.isfinite(layer.lonlat).all(axis=1)].tolist() == [5]


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
    # The demo's own planned ones stand last.
    assert layer.rows[~layer.counted].tolist() == [4, *range(180, 192)]


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
