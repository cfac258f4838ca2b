"""Bad input: each slip of a planner gives its own message with file, row and mend, and no files."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from quarterhour.checking import check_study
from quarterhour.cli import run_command
from quarterhour.errors import Fault, QuarterhourError
from quarterhour.intake import Inputs, read_inputs
from quarterhour.pipeline import run_study
from quarterhour.study import read_study
from quarterhour.words import Words


@dataclass
class Study:
    """A copy of the small demo that a test may damage."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "study.toml"

    def text(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def table(self, name: str, change: Callable[[Any], None]) -> None:
        book = openpyxl.load_workbook(self.folder / name)
        change(book.active)
        book.save(self.folder / name)

    def areas(self, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.folder / "areas.geojson"
        layer = json.loads(path.read_text(encoding="utf-8"))
        change(layer)
        path.write_text(json.dumps(layer, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def study(small_study: Path, tmp_path: Path) -> Study:
    folder = tmp_path / "study"
    shutil.copytree(small_study.parent, folder)
    return Study(folder)


def cell(column: str, row: int, value: object) -> Callable[[Any], None]:
    """Return a change that writes one cell, its column named by its header."""

    def change(page: Any) -> None:
        headers = [c.value for c in page[1]]
        page.cell(row, headers.index(column) + 1).value = value

    return change


def faults_of(study: Study) -> tuple[Fault, ...]:
    """Run the study, and return its faults; it must have left nothing behind."""
    before = sorted(study.folder.parent.rglob("*"))
    with pytest.raises(QuarterhourError) as caught:
        run_study(study.file, out=study.folder.parent / "runs" / "one")
    assert sorted(study.folder.parent.rglob("*")) == before
    return caught.value.faults


def read(study: Study) -> tuple[Inputs, list[Fault]]:
    """Return the study's tables and the doubts about them."""
    doubts: list[Fault] = []
    return read_inputs(read_study(study.file), doubts), doubts


def only(faults: tuple[Fault, ...], key: str, file: str) -> Fault:
    """Return the one fault, and see that both languages tell its place and its mend."""
    assert [f.key for f in faults] == [key]
    assert faults[0].file == file
    for language in ("zh", "en"):
        line = faults[0].render(language)
        assert line.startswith(file) and "\n" not in line
        assert Words(language).mend(key, faults[0].values).strip() in line
        assert Words(language).mend(key, faults[0].values).strip()
    return faults[0]


# --- the list ---------------------------------------------------------------------------------


def test_the_undamaged_copy_has_no_faults(study: Study) -> None:
    result = check_study(study.file)
    assert result.faults == ()
    assert result.study is not None


def test_a_missing_file(study: Study) -> None:
    (study.folder / "residents.xlsx").unlink()
    fault = only(faults_of(study), "input.missing_file", "study.toml")
    assert fault.values["path"] == "residents.xlsx"
    line = study.file.read_text(encoding="utf-8").splitlines()[fault.row - 1]
    assert line.startswith('file = "residents.xlsx"')


def test_a_missing_column(study: Study) -> None:
    study.table("facilities.xlsx", cell("经度", 1, "甲"))
    fault = only(faults_of(study), "input.missing_column", "facilities.xlsx")
    assert fault.values["field"] == "lon"
    assert "经度" in str(fault.values["known"])


def test_a_misspelt_column_is_answered_with_the_nearest(study: Study) -> None:
    study.table("residents.xlsx", cell("镇街", 1, "镇街名"))
    fault = only(faults_of(study), "input.missing_column_near", "residents.xlsx")
    assert fault.values["near"] == "镇街名"


def test_a_layer_without_crs(study: Study) -> None:
    import geopandas

    layer = geopandas.read_file(study.folder / "areas.geojson").set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        layer.to_file(study.folder / "areas.shp", encoding="utf-8")
    study.text("areas.geojson", "areas.shp")
    only(faults_of(study), "datum.no_system_degrees", "areas.shp")


def test_metres_that_say_they_are_degrees(study: Study) -> None:
    def shift(layer: dict[str, Any]) -> None:
        ring = layer["features"][3]["geometry"]["coordinates"][0]
        ring[:] = [[x * 5000, y * 100_000] for x, y in ring]

    study.areas(shift)
    fault = only(faults_of(study), "input.shape_not_degrees", "areas.geojson")
    assert fault.row == 4


def test_areas_with_lon_and_lat_swapped(study: Study) -> None:
    def swap(layer: dict[str, Any]) -> None:
        for feature in layer["features"]:
            for ring in feature["geometry"]["coordinates"]:
                ring[:] = [[y, x] for x, y in ring]

    study.areas(swap)
    faults = faults_of(study)
    assert {f.key for f in faults} == {"input.shape_not_degrees"}
    assert [f.row for f in faults] == list(range(1, 23))


def test_areas_in_another_place_blame_each_file_once(study: Study) -> None:
    def move(layer: dict[str, Any]) -> None:
        for feature in layer["features"]:
            for ring in feature["geometry"]["coordinates"]:
                ring[:] = [[x - 2.0, y] for x, y in ring]

    study.areas(move)
    faults = faults_of(study)
    assert [(f.key, f.file) for f in faults] == [
        ("input.all_far_away", "facilities.xlsx"),
        ("input.all_far_away", "fitness.xlsx"),
        ("input.all_far_away", "premises.xlsx"),
        ("input.all_far_away", "neighbours.xlsx"),
    ]
    assert 100 < float(str(faults[0].values["km"])) < 300


@pytest.mark.parametrize(
    ("crs", "key"),
    [
        ("EPSG:99999999", "input.bad_crs"),
        ("gauss", "input.bad_crs"),
        ("EPSG:4490", "input.crs_not_metres"),
        ("EPSG:3857", "input.crs_stretched"),
        ("EPSG:4534", "input.crs_stretched"),
        ("EPSG:32722", "input.crs_stretched"),
    ],
)
def test_a_crs_that_cannot_measure_here(study: Study, crs: str, key: str) -> None:
    study.text('crs = "auto"', f'crs = "{crs}"')
    fault = only(faults_of(study), key, "study.toml")
    assert fault.values["crs"] == crs


def test_an_unknown_key_names_the_nearest_and_its_line(study: Study) -> None:
    study.text("min_people = 100", "min_peple = 100")
    fault = only(faults_of(study), "study.unknown_key_near", "study.toml")
    assert fault.values["near"] == "min_people"
    line = study.file.read_text(encoding="utf-8").splitlines()[fault.row - 1]
    assert line.startswith("min_peple")


def test_an_area_that_only_the_residents_name(study: Study) -> None:
    study.table("residents.xlsx", lambda page: page.append(["无此镇", 100, 30, 20, 5]))
    fault = only(faults_of(study), "area.name_unknown", "residents.xlsx")
    assert (fault.row, fault.read) == (24, "无此镇")


def test_a_misspelt_area_is_answered_with_the_nearest(study: Study) -> None:
    page = openpyxl.load_workbook(study.folder / "residents.xlsx").active
    name = str(page.cell(4, 1).value)
    study.table("residents.xlsx", cell("镇街", 4, f"㐀{name[1:]}"))
    fault = only(
        [f for f in faults_of(study) if f.key != "input.area_without_people"],
        "area.name_unknown_near", "residents.xlsx",
    )  # fmt: skip
    assert name in str(fault.values["near"])


def test_an_area_that_only_the_layer_names(study: Study) -> None:
    study.table("residents.xlsx", lambda page: page.delete_rows(5))
    only(faults_of(study), "input.area_without_people", "residents.xlsx")


def test_a_renamed_area_shows_from_both_sides(study: Study) -> None:
    study.table("residents.xlsx", cell("镇街", 4, "改了名的街道"))
    faults = faults_of(study)
    assert sorted(f.key for f in faults) == ["area.name_unknown", "input.area_without_people"]


def test_an_alias_mends_a_renamed_area(study: Study) -> None:
    page = openpyxl.load_workbook(study.folder / "residents.xlsx").active
    old = page.cell(4, 1).value
    study.table("residents.xlsx", cell("镇街", 4, "改了名的街道"))
    study.text('datum = "wgs84"', f'datum = "wgs84"\naliases = {{ "改了名的街道" = "{old}" }}')
    assert len(read(study)[0].areas.names) == 22


def test_negative_people(study: Study) -> None:
    study.table("residents.xlsx", cell("常住人口", 7, -5))
    faults = faults_of(study)
    assert faults[0].key == "input.negative"
    assert (faults[0].file, faults[0].row, faults[0].column) == ("residents.xlsx", 7, "常住人口")
    assert "-5 " in faults[0].render("en") and "-5.0" not in faults[0].render("en")
    # The part is then larger than the whole, which is said too.
    assert {f.key for f in faults[1:]} == {"input.group_too_large"}


def test_a_facility_far_away(study: Study) -> None:
    study.table("facilities.xlsx", cell("纬度", 10, 30.9))
    fault = only(faults_of(study), "input.far_away", "facilities.xlsx")
    assert fault.row == 10
    assert 100 < float(str(fault.values["km"])) < 200


def test_a_facility_under_fifty_kilometres_away_is_taken(study: Study) -> None:
    page = openpyxl.load_workbook(study.folder / "facilities.xlsx").active
    headers = [c.value for c in page[1]]
    lat = page.cell(10, headers.index("纬度") + 1).value
    study.table("facilities.xlsx", cell("纬度", 10, lat - 0.3))
    assert len(read(study)[0].facilities.ids) > 50


def test_one_row_with_lon_and_lat_swapped(study: Study) -> None:
    def swap(page: Any) -> None:
        headers = [c.value for c in page[1]]
        lon, lat = (page.cell(6, headers.index(h) + 1) for h in ("经度", "纬度"))
        lon.value, lat.value = lat.value, lon.value

    study.table("premises.xlsx", swap)
    fault = only(faults_of(study), "input.swapped", "premises.xlsx")
    assert fault.row == 6


def test_two_columns_swapped_give_one_message(study: Study) -> None:
    def swap(page: Any) -> None:
        headers = [c.value for c in page[1]]
        page.cell(1, headers.index("经度") + 1).value = "纬度"
        page.cell(1, headers.index("纬度") + 1).value = "经度"

    study.table("facilities.xlsx", swap)
    fault = only(faults_of(study), "input.all_swapped", "facilities.xlsx")
    assert fault.row == 2
    assert fault.values["count"] > 50


def test_projected_coordinates_in_a_table_give_one_message(study: Study) -> None:
    def metres(page: Any) -> None:
        headers = [c.value for c in page[1]]
        for row in range(2, page.max_row + 1):
            page.cell(row, headers.index("经度") + 1).value = 441_000 + row
            page.cell(row, headers.index("纬度") + 1).value = 3_253_000 + row

    study.table("facilities.xlsx", metres)
    only(faults_of(study), "datum.metres_unknown", "facilities.xlsx")


def test_an_empty_osm_extract(study: Study) -> None:
    (study.folder / "streets.osm").write_text('<osm version="0.6"></osm>', encoding="utf-8")
    study.text("streets.osm.pbf", "streets.osm")
    only(faults_of(study), "streets.no_ways", "streets.osm")


def test_terrain_that_covers_too_little(study: Study) -> None:
    import rasterio
    from rasterio.windows import Window

    path = study.folder / "terrain.tif"
    with rasterio.open(path) as raster:
        window = Window(0, 0, raster.width // 2, raster.height)
        heights = raster.read(window=window)
        profile = raster.profile | {
            "width": window.width
        }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(heights)
    faults = faults_of(study)
    assert [f.key for f in faults] == ["streets.terrain_too_small"]
    assert 0.2 < float(str(faults[0].values["share"]).rstrip("%")) / 100 < 0.8


# --- several at once --------------------------------------------------------------------------


def test_faults_of_several_files_come_together(study: Study) -> None:
    study.table("facilities.xlsx", cell("经度", 3, "东经"))
    study.table("facilities.xlsx", cell("类别", 4, None))
    study.table("residents.xlsx", cell("60岁及以上", 5, None))
    study.table("premises.xlsx", cell("建筑面积", 8, -1))
    study.table("premises.xlsx", cell("电梯", 9, "也许"))
    found = {(f.key, f.file, f.row) for f in faults_of(study)}
    assert found == {
        ("input.not_a_number", "facilities.xlsx", 3),
        ("input.blank_cell", "facilities.xlsx", 4),
        ("input.blank_cell", "residents.xlsx", 5),
        ("input.negative", "premises.xlsx", 8),
        ("input.not_yes_no", "premises.xlsx", 9),
    }


def test_faults_of_the_study_file_come_together(study: Study) -> None:
    study.text("sites = 8", "sites = 0")
    study.text('walker = "elder"', 'walker = "runner"')
    study.text('"facilities.xlsx"', '"stations.xlsx"')
    study.text("radius_m = 150", "radius_m = nan")
    found = {f.key for f in faults_of(study)}
    assert found == {"study.bad_value", "study.unknown_walker", "input.missing_file"}
    assert len(faults_of(study)) == 4


def test_a_whole_column_of_slips_stays_readable(study: Study, capsys, tmp_path: Path) -> None:
    def spoil(page: Any) -> None:
        headers = [c.value for c in page[1]]
        for row in range(2, page.max_row + 1):
            page.cell(row, headers.index("楼层") + 1).value = "楼上"

    study.table("facilities.xlsx", spoil)
    assert run_command(["run", str(study.file), "--out", str(tmp_path / "out")]) == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if "facilities.xlsx" in line]
    assert len(lines) == 21
    assert "同样的问题还有" in lines[-1]


# --- through the command line -----------------------------------------------------------------


def test_the_command_leaves_with_2_and_writes_nothing(study: Study, capsys, monkeypatch) -> None:
    monkeypatch.chdir(study.folder.parent)
    study.table("residents.xlsx", cell("常住人口", 7, "很多"))
    before = sorted(Path().rglob("*"))
    assert run_command(["run", "study/study.toml"]) == 2
    said = capsys.readouterr()
    assert "错误  residents.xlsx" in said.err
    assert "第 7 行" in said.err and "列“常住人口”" in said.err and "请改为数字" in said.err
    assert "Traceback" not in said.err
    assert sorted(Path().rglob("*")) == before


def test_check_says_the_same_and_leaves_with_2(study: Study, capsys) -> None:
    study.table("residents.xlsx", cell("常住人口", 7, "很多"))
    assert run_command(["check", str(study.file), "--language", "en"]) == 2
    said = capsys.readouterr().out
    assert "Faults to mend first: 1" in said
    assert "residents.xlsx, sheet “Sheet1”, row 7, column “常住人口”, read “很多”" in said
    assert "“很多” is not a number" in said


# --- hostile files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "key"),
    [(None, "input.blank_cell")]
    + [(said, "input.not_a_number") for said in ("nan", "inf", "1e400", "#N/A", "29,40", True)],
)
def test_coordinates_that_are_none(study: Study, said: object, key: str) -> None:
    study.table("facilities.xlsx", cell("纬度", 3, said))
    fault = only(faults_of(study), key, "facilities.xlsx")
    assert (fault.row, fault.column) == (3, "纬度")


def test_a_map_file_with_coordinates_that_are_none(study: Study) -> None:
    points = [[105.4, 29.4], None, [105.41, 29.41]]
    features = [
        {
            "type": "Feature",
            "properties": {"名称": f"点{n}", "类别": "养老服务站"},
            "geometry": None if at is None else {"type": "Point", "coordinates": at},
        }
        for n, at in enumerate(points)
    ]
    layer = {"type": "FeatureCollection", "features": features}
    (study.folder / "f.geojson").write_text(json.dumps(layer), encoding="utf-8")
    study.text("facilities.xlsx", "f.geojson")
    inputs, doubts = read(study)
    assert [(u.row, u.name) for u in inputs.unlocated] == [(2, "点1")]
    assert "facility.not_located" in {doubt.key for doubt in doubts}


def test_a_polygon_with_infinite_corners(study: Study) -> None:
    study.areas(
        lambda layer: layer["features"][2]["geometry"]["coordinates"][0].insert(1, [1e999, 3])
    )
    faults = faults_of(study)
    assert all(f.file == "areas.geojson" for f in faults)
    assert {f.key for f in faults} <= {"input.shape_not_degrees", "input.unreadable"}


def test_a_polygon_that_crosses_itself_is_mended_with_a_doubt(study: Study) -> None:
    def cross(layer: dict[str, Any]) -> None:
        ring = layer["features"][0]["geometry"]["coordinates"][0]
        ring[1], ring[2] = ring[2], ring[1]

    study.areas(cross)
    inputs, doubts = read(study)
    mended = [d for d in doubts if d.key == "area.crossing_mended"]
    assert [(d.file, d.row) for d in mended] == [("areas.geojson", 1)]
    assert inputs.areas.polygons[0].is_valid and inputs.areas.polygons[0].area > 0


def test_a_polygon_without_any_area_is_refused(study: Study) -> None:
    line = [[105.4, 29.4], [105.41, 29.41], [105.4, 29.4], [105.4, 29.4]]
    study.areas(lambda layer: layer["features"][1]["geometry"].update(coordinates=[line]))
    assert only(faults_of(study), "input.not_a_polygon", "areas.geojson").row == 2


def test_the_same_facility_twice_is_a_doubt_and_the_same_name_elsewhere_none(study: Study) -> None:
    def twins(page: Any) -> None:
        headers = [c.value for c in page[1]]
        second, third = ([c.value for c in page[row]] for row in (2, 3))
        page.append(second)
        third[headers.index("经度")] += 0.003
        page.append(third)

    study.table("facilities.xlsx", twins)
    twice = [d for d in read(study)[1] if d.key == "facility.twice"]
    assert [d.values["first"] for d in twice] == ["2"]


def test_hostile_names_are_kept_as_texts(study: Study) -> None:
    hostile = "<script>alert('x')</script>{name}\n=1+1\u202e"
    study.table("facilities.xlsx", cell("名称", 2, hostile))
    study.table("facilities.xlsx", cell("类别", 3, "<b>诊所</b>{0}"))
    inputs, doubts = read(study)
    assert inputs.facilities.names[0] == "<script>alert('x')</script>{name} =1+1"
    assert inputs.facilities.kinds[1] == "<b>诊所</b>{0}"
    doubt = next(d for d in doubts if d.key == "input.own_kind")
    assert "<b>诊所</b>{0}" in doubt.render("zh")


def test_a_table_of_headers_only(study: Study) -> None:
    study.table("premises.xlsx", lambda page: page.delete_rows(2, page.max_row))
    only(faults_of(study), "input.empty_table", "premises.xlsx")


def test_a_workbook_under_the_name_of_a_csv(study: Study) -> None:
    (study.folder / "facilities.xlsx").rename(study.folder / "facilities.csv")
    study.text("facilities.xlsx", "facilities.csv")
    faults = faults_of(study)
    assert {f.file for f in faults} == {"facilities.csv"}


def test_a_table_of_another_kind(study: Study) -> None:
    (study.folder / "facilities.xlsx").rename(study.folder / "facilities.doc")
    study.text("facilities.xlsx", "facilities.doc")
    fault = only(faults_of(study), "input.unknown_format", "facilities.doc")
    assert fault.values["suffix"] == ".doc"


def test_streets_of_another_kind(study: Study) -> None:
    study.text("streets.osm.pbf", "areas.geojson")
    only(faults_of(study), "streets.no_lines", "areas.geojson")


def test_a_folder_instead_of_a_file(study: Study) -> None:
    (study.folder / "residents.xlsx").unlink()
    (study.folder / "residents.xlsx").mkdir()
    only(faults_of(study), "input.is_a_folder", "study.toml")


def test_a_folder_instead_of_the_study_file(study: Study, capsys) -> None:
    assert run_command(["run", str(study.folder), "--language", "en"]) == 2
    assert "is a folder, not a file" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_pbf(study: Study, share: float) -> None:
    path = study.folder / "streets.osm.pbf"
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    faults = faults_of(study)
    assert faults[0].file == "streets.osm.pbf"
    assert faults[0].key in ("input.unreadable", "streets.no_ways")


@pytest.mark.parametrize("name", ["residents.xlsx", "facilities.xlsx", "premises.xlsx"])
def test_a_broken_workbook(study: Study, name: str) -> None:
    raw = (study.folder / name).read_bytes()
    (study.folder / name).write_bytes(raw[: len(raw) // 2])
    only(faults_of(study), "file.broken_zip", name)


def test_a_broken_layer(study: Study) -> None:
    (study.folder / "areas.geojson").write_text('{"type": "FeatureColl', encoding="utf-8")
    only(faults_of(study), "input.unreadable", "areas.geojson")


def test_a_broken_terrain(study: Study) -> None:
    (study.folder / "terrain.tif").write_bytes(b"II*\0 no raster at all")
    only(faults_of(study), "input.unreadable", "terrain.tif")


def test_a_study_file_with_a_byte_order_mark(study: Study) -> None:
    study.file.write_bytes(b"\xef\xbb\xbf" + study.file.read_bytes())
    assert read_study(study.file).study.name == "示例区（演示数据）"


def test_a_study_file_in_gbk(study: Study, capsys) -> None:
    study.file.write_bytes(study.file.read_text(encoding="utf-8").encode("gbk"))
    only(faults_of(study), "study.not_utf8", "study.toml")
    assert run_command(["run", str(study.file)]) == 2
    assert "文件不是 UTF-8 编码" in capsys.readouterr().err  # its language can be read all the same


def test_a_study_file_that_is_no_toml(study: Study) -> None:
    study.text("sites = 8", "sites = = 8")
    fault = only(faults_of(study), "study.not_toml", "study.toml")
    line = study.file.read_text(encoding="utf-8").splitlines()[fault.row - 1]
    assert line.startswith("sites = = 8")


def test_names_with_blanks_and_chinese_signs(study: Study) -> None:
    folder = study.folder.parent / "示例 区（二）"
    study.folder.rename(folder)
    (folder / "streets.osm.pbf").rename(folder / "道路 数据.osm.pbf")
    (folder / "areas.geojson").rename(folder / "镇街 图层.geojson")
    (folder / "terrain.tif").rename(folder / "地形 30米.tif")
    moved = Study(folder)
    moved.text("streets.osm.pbf", "道路 数据.osm.pbf")
    moved.text("areas.geojson", "镇街 图层.geojson")
    moved.text("terrain.tif", "地形 30米.tif")
    assert check_study(moved.file).faults == ()


def test_files_by_whole_path_and_from_the_folder_above(study: Study) -> None:
    whole = study.folder.parent / "elsewhere" / "facilities.xlsx"
    whole.parent.mkdir()
    (study.folder / "facilities.xlsx").rename(whole)
    (study.folder / "residents.xlsx").rename(study.folder.parent / "residents.xlsx")
    study.text('"facilities.xlsx"', f"'{whole}'")
    study.text('"residents.xlsx"', '"../residents.xlsx"')
    assert len(read(study)[0].facilities.ids) > 50


def test_residents_that_are_nobody(study: Study) -> None:
    def nobody(page: Any) -> None:
        for row in range(2, page.max_row + 1):
            for column in range(2, 6):
                page.cell(row, column).value = 0

    study.table("residents.xlsx", nobody)
    faults = faults_of(study)
    assert {f.key for f in faults} == {"input.nobody"}


def test_a_run_folder_that_is_taken(study: Study, capsys) -> None:
    taken = study.folder.parent / "runs"
    taken.mkdir()
    (taken / "old.txt").touch()
    assert run_command(["run", str(study.file), "--out", str(taken)]) == 2
    assert "旧结果不会被覆盖" in capsys.readouterr().err
    assert [p.name for p in taken.iterdir()] == ["old.txt"]


def test_a_place_that_cannot_be_written(study: Study, capsys) -> None:
    (study.folder.parent / "file").touch()
    out = study.folder.parent / "file" / "runs"
    before = sorted(study.folder.parent.rglob("*"))
    assert run_command(["run", str(study.file), "--out", str(out)]) == 2
    assert "不能读写" in capsys.readouterr().err
    assert sorted(study.folder.parent.rglob("*")) == before


def test_an_interrupted_run_leaves_nothing(study: Study, capsys, monkeypatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["quarterhour.pipeline"], "read_streets", interrupted)
    before = sorted(study.folder.parent.rglob("*"))
    assert (
        run_command(["run", str(study.file), "--out", str(study.folder.parent / "a" / "b")]) == 130
    )
    assert "没有留下半成品" in capsys.readouterr().err
    assert sorted(study.folder.parent.rglob("*")) == before


def test_a_fault_of_ours_leaves_with_1_and_a_trace(study: Study, capsys, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("our own")

    monkeypatch.setattr(sys.modules["quarterhour.pipeline"], "read_inputs", broken)
    assert run_command(["run", str(study.file), "--out", str(study.folder.parent / "a")]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError: our own" in said and "请把上面的内容发给维护者" in said
    assert not (study.folder.parent / "a").exists()


def test_people_on_grid_cells_far_from_degrees(study: Study) -> None:
    """Without areas the residents' own cells span the study; they must be degrees too."""
    text = study.file.read_text(encoding="utf-8")
    start, end = text.index("[areas]"), text.index("[streets]")
    study.file.write_text(text[:start] + text[end:], encoding="utf-8")
    study.text('file = "residents.xlsx"', 'file = "cells.csv"')
    study.text('by = "area"', 'by = "grid"')
    rows = np.column_stack([np.arange(5) * 100 + 441_000, np.full(5, 3_253_000), np.full(5, 10)])
    lines = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    (study.folder / "cells.csv").write_text(f"lon,lat,all\n{lines}\n", encoding="utf-8")
    study.text('place_on = "buildings"', "")
    assert {f.key for f in faults_of(study)} == {"datum.metres_unknown"}


def test_what_the_streets_cannot_give_is_doubted_aloud(study: Study) -> None:
    """Shut compounds, doors that OpenStreetMap does not know, and a file without buildings."""
    from quarterhour.streets import read_network, write_network

    study.text('file = "streets.osm.pbf"', 'file = "streets.osm.pbf"\nprivate = "closed"')
    study.text("[[facilities]]", '[[facilities]]\nentrances = "osm"')
    doubts = {fault.key: fault for fault in check_study(study.file).doubts}
    assert {"streets.private_closed", "streets.no_osm_entrances"} <= set(doubts)
    assert int(str(doubts["streets.private_closed"].values["ways"]).replace(",", "")) > 100
    network = read_network(study.folder / "streets.osm.pbf", private="closed")
    write_network(network, study.folder / "streets.parquet")
    study.text("streets.osm.pbf", "streets.parquet")
    later = {fault.key for fault in check_study(study.file).doubts}
    assert "streets.no_buildings" in later
