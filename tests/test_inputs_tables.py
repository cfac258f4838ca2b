"""Tables as planners keep them: encodings, headers, numbers, and the rows of their own program."""

import datetime
import json
import re
from collections.abc import Sequence
from pathlib import Path

import geopandas
import hypothesis
import hypothesis.strategies as st
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from oldworkbooks import old_workbook
from quarterhour.errors import Fault, InputError
from quarterhour.inputs.encodings import decoded
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    fold,
    is_blank,
    meaning,
    numbers,
    plainly,
    read_sheet,
    required_texts,
    synonyms,
    texts,
    total_rows,
    yes_no,
)

HEADERS = ("名称", "经度", "纬度")
CHARACTERS = (
    "重庆市沙坪坝区渝碚路养老服务中心社区食堂的一是在不了有和人这中大为上个国我以要他时来用们"
)
ROWS = (("渝碚路养老服务站", "106.46", "29.55"), ("磁器口", "106.45", "29.58"))


def lines_of(*rows: Sequence[str]) -> str:
    return "".join(",".join(row) + "\r\n" for row in rows)


def workbook(path: Path, *rows: Sequence[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def csv_file(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def fault_of(path: Path) -> Fault:
    with pytest.raises(InputError) as caught:
        read_sheet(path)
    (fault,) = caught.value.faults
    return fault


# --- csv ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_csv_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", lines_of(HEADERS, *ROWS), encoding))
    assert tuple(sheet.frame.columns) == HEADERS
    assert texts(sheet, "名称") == ("渝碚路养老服务站", "磁器口")
    assert sheet.rows.tolist() == [2, 3]


def test_a_rare_character_of_gb18030(tmp_path: Path) -> None:
    rare = "\u4db5\U00020000塆"  # outside GBK
    sheet = read_sheet(csv_file(tmp_path / "t.csv", f"名称\n{rare}\n", "gb18030"))
    assert texts(sheet, "名称") == (rare,)


def test_csv_rows_count_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    text = 'name,lon\n"a\nb",1\n\n , \nc,2\n'
    sheet = read_sheet(csv_file(tmp_path / "t.csv", text))
    # The quoted line end is inside one cell; the blank rows 3 and 4 are skipped, not forgotten.
    assert sheet.rows.tolist() == [2, 5]
    assert texts(sheet, "name") == ("a b", "c")


def test_signs_that_cannot_be_seen_do_not_pass(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "name\na\x1b[31mb\u202ec\x00\n"))
    assert texts(sheet, "name") == ("a [31mb c",)


def test_csv_rows_of_unequal_length(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "name,lon,lat\na,1,2,\nb,3\n"))
    assert texts(sheet, "name") == ("a", "b")
    assert texts(sheet, "lat") == ("2", "")


def test_nothing_in_a_csv_turns_into_something_else(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "name\nNA\nnull\n007\nTRUE\n"))
    assert texts(sheet, "name") == ("NA", "null", "007", "TRUE")


@pytest.mark.parametrize("text", ["", "\n\n", "name,lon\n", "name,lon\n,\n \n"])
def test_a_csv_without_rows(tmp_path: Path, text: str) -> None:
    assert fault_of(csv_file(tmp_path / "t.csv", text)).key == "input.empty_table"


def test_a_csv_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"\x80\xff\x00\x81" * 50)
    assert fault_of(path).key == "input.unreadable"


# --- xlsx ---------------------------------------------------------------------------------------


def test_xlsx_rows_count_as_the_planner_sees_them(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", HEADERS, ("a", 1, 2), (), (" ", None, ""), ("b", 3, 4))
    sheet = read_sheet(path)
    assert sheet.rows.tolist() == [2, 5]
    assert sheet.sheet == "Sheet"
    faults: list[Fault] = []
    sheet.frame.loc[1, "经度"] = "x"
    numbers(sheet, "经度", faults=faults)
    assert (faults[0].file, faults[0].sheet, faults[0].row) == ("t.xlsx", "Sheet", 5)


def test_blank_rows_above_the_headers(tmp_path: Path) -> None:
    sheet = read_sheet(workbook(tmp_path / "t.xlsx", (), (None,), HEADERS, ("a", 1, 2)))
    assert tuple(sheet.frame.columns) == HEADERS
    assert sheet.rows.tolist() == [4]


def test_a_sheet_whose_stated_size_is_wrong(tmp_path: Path) -> None:
    import zipfile

    path = workbook(tmp_path / "t.xlsx", HEADERS, ("a", 1, 2), ("b", 3, 4))
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    page = members["xl/worksheets/sheet1.xml"]
    assert b'ref="A1:C3"' in page
    members["xl/worksheets/sheet1.xml"] = page.replace(b'ref="A1:C3"', b'ref="A1"')
    with zipfile.ZipFile(path, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    assert texts(read_sheet(path), "纬度") == ("2", "4")


def test_what_openpyxl_cannot_keep_is_no_warning(tmp_path: Path) -> None:
    """Warnings are errors here: a workbook without styles makes openpyxl speak up."""
    import zipfile

    path = workbook(tmp_path / "t.xlsx", HEADERS, ("a", 1, 2))
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    styles = members["xl/styles.xml"]
    members["xl/styles.xml"] = re.sub(rb"<cellStyles.*?</cellStyles>", b"", styles)
    with zipfile.ZipFile(path, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    with pytest.warns(UserWarning, match="default style"):
        openpyxl.load_workbook(path)
    assert len(read_sheet(path).frame) == 1


@pytest.mark.parametrize("rows", [(), (HEADERS,), (HEADERS, (None, " ", ""))])
def test_a_workbook_without_rows(tmp_path: Path, rows: tuple[Sequence[object], ...]) -> None:
    assert fault_of(workbook(tmp_path / "t.xlsx", *rows)).key == "input.empty_table"


def test_cells_read_as_they_look(tmp_path: Path) -> None:
    day = datetime.datetime(2020, 5, 1)
    path = workbook(tmp_path / "t.xlsx", ("a",), (2019.0,), (day,), (" 老 人\n食堂 ",), (3.5,))
    assert texts(read_sheet(path), "a") == ("2019", "2020-05-01", "老 人 食堂", "3.5")


def test_a_missing_a_wrong_and_a_folder(tmp_path: Path) -> None:
    assert fault_of(tmp_path / "no.xlsx").key == "input.missing_file"
    (tmp_path / "t.docx").touch()
    assert fault_of(tmp_path / "t.docx").key == "input.unknown_format"
    (tmp_path / "d.xlsx").mkdir()
    assert fault_of(tmp_path / "d.xlsx").key == "input.is_a_folder"


# --- headers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    ["建筑面积", "建筑面积（㎡）", "建筑面积(平方米)", "建筑面积［㎡］", " 建筑 面积 ",
     "建筑面积\n（㎡）",
     "floor_area_m2", "FLOOR_AREA", "ｆｌｏｏｒ＿ａｒｅａ", "floor_area [m2]", "面积"],
)  # fmt: skip
def test_headers_in_every_dress(tmp_path: Path, header: str) -> None:
    sheet = read_sheet(workbook(tmp_path / "t.xlsx", ("x", header), ("a", 1)))
    found, faults = find_columns(sheet, ["floor_area_m2"], required=["floor_area_m2"])
    assert faults == []
    assert found == {"floor_area_m2": header.strip()}


@pytest.mark.parametrize(
    ("header", "table", "field"),
    [("60岁及以上", "group", "60+"), ("60+", "group", "60+"), ("６０＋", "group", "60+"),
     ("60岁及以上（人）", "group", "60+"), ("常住人口", "group", "all"),
     ("Population", "group", "all"),
     ("80岁以上", "group", "80+"), ("经度", "column", "lon"), ("Longitude", "column", "lon"),
     ("ｌａｔ", "column", "lat"), ("床位数（张）", "column", "beds"),
     ("有无电梯", "column", "lift")],
)  # fmt: skip
def test_synonyms_in_both_languages(tmp_path: Path, header: str, table: str, field: str) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", f"{header},z\n1,2\n"))
    found, faults = find_columns(sheet, [field], required=[field], table=table)
    assert (found, faults) == ({field: header}, [])


def test_the_first_header_that_means_a_field_wins(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "设施名称,名称\na,b\n"))
    assert find_columns(sheet, ["place_name"], required=())[0] == {"place_name": "设施名称"}


def test_the_study_s_own_header_wins_over_synonyms(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "经度,X坐标（度）\n1,2\n"))
    found, faults = find_columns(sheet, ["lon"], required=["lon"], overrides={"lon": "X坐标"})
    assert (found, faults) == ({"lon": "X坐标（度）"}, [])


def test_an_own_header_that_is_not_there_is_a_fault_even_where_optional(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "经度,容量\n1,2\n"))
    found, faults = find_columns(sheet, ["capacity"], required=(), overrides={"capacity": "床数"})
    assert found == {}
    assert faults[0].values["field"] == "床数"


def test_a_missing_column_names_the_nearest_of_all_synonyms(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "Longitute,纬度值\n1,2\n"))
    _, faults = find_columns(sheet, ["lon", "lat"], required=["lon", "lat"])
    assert [(f.key, f.values["near"]) for f in faults] == [
        ("input.missing_column_near", "Longitute"), ("input.missing_column_near", "纬度值"),
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_header_twice_is_not_guessed_at(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    if suffix == "csv":
        csv_file(path, "60+,60+,备注,备注\n1,2,3,4\n")
    else:
        workbook(path, ("60+", "60+", "备注", "备注"), (1, 2, 3, 4))
    _, faults = find_columns(read_sheet(path), ["60+", "all"], required=["60+"], table="group")
    assert [(f.key, f.values["header"]) for f in faults] == [("input.header_twice", "60+")]


def test_every_synonym_means_one_field_of_its_table_only() -> None:
    for table in ("group", "kind", "yes", "total", "area_kind"):
        names = [name for found in synonyms(table).values() for name in found]
        assert len(names) == len(set(names)), table


def test_fold_and_meaning() -> None:
    assert fold(" Ｃａｒｅ\u3000Centre ") == "carecentre"
    assert meaning("社区养老服务站", "kind") == "care_station"
    assert meaning("Care Station", "kind") == "care_station"
    assert meaning("nothing", "kind") is None


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "number"),
    [("12", 12), (" 12.5 ", 12.5), ("1,234", 1234), ("1,234,567.5", 1234567.5), ("１２３", 123),
     ("１，２３４", 1234), ("-5", -5), ("+5", 5), ("1e3", 1000), ("．５", 0.5), (7, 7),
     (7.25, 7.25)],
)  # fmt: skip
def test_numbers_as_planners_write_them(tmp_path: Path, cell: object, number: float) -> None:
    sheet = read_sheet(workbook(tmp_path / "t.xlsx", ("n",), (cell,)))
    faults: list[Fault] = []
    assert numbers(sheet, "n", faults=faults).tolist() == [number]
    assert faults == []


@pytest.mark.parametrize(
    "cell",
    ["12人", "29,55", "1,23", "1,2345", "inf", "-Infinity", "nan", "1e999", "--", "0x10", "1_000",
     "29.5°", "#DIV/0!", True, datetime.datetime(2020, 1, 1)],
)  # fmt: skip
def test_what_is_no_number_is_a_fault_and_never_a_guess(tmp_path: Path, cell: object) -> None:
    sheet = read_sheet(workbook(tmp_path / "t.xlsx", ("n", "m"), (1, 1), (cell, 2)))
    faults: list[Fault] = []
    values = numbers(sheet, "n", faults=faults)
    assert [(f.key, f.row, f.column) for f in faults] == [("input.not_a_number", 3, "n")]
    assert not np.isfinite(values[1])


def test_blanks_are_unknown_and_a_fault_only_where_needed(tmp_path: Path) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "n,m\n1,a\n,b\n\u3000,c\n"))
    faults: list[Fault] = []
    values = numbers(sheet, "n", faults=faults)
    assert np.isnan(values[1:]).all() and faults == []
    numbers(sheet, "n", faults=faults, required=True)
    assert [(f.key, f.row) for f in faults] == [("input.blank_cell", 3), ("input.blank_cell", 4)]
    required_texts(sheet, "n", faults)
    assert [f.row for f in faults] == [3, 4, 3, 4]


def test_yes_and_no(tmp_path: Path) -> None:
    cells = ("是", "无", "Yes", "n", True, False, 1, 0, None, "也许")
    sheet = read_sheet(workbook(tmp_path / "t.xlsx", ("a", "b"), *((c, 1) for c in cells)))
    faults: list[Fault] = []
    said = yes_no(sheet, "a", faults=faults)
    assert said.tolist() == [1, 0, 1, 0, 1, 0, 1, 0, -1, -1]
    assert [(f.key, f.row) for f in faults] == [("input.not_yes_no", 11)]
    assert yes_no(sheet, None, faults=faults).tolist() == [-1] * 10


def test_small_helpers() -> None:
    assert [is_blank(x) for x in (None, float("nan"), pd.NaT, "", " \u3000", 0, "0")] == [
        True, True, True, True, True, False, False,
    ]  # fmt: skip
    assert [plainly(x) for x in (5.0, -5.0, 2.5, 1_480_000.0)] == ["5", "-5", "2.5", "1480000"]


# --- map files ----------------------------------------------------------------------------------


def frame(crs: str | None = "EPSG:4326") -> geopandas.GeoDataFrame:
    points = shapely.points([[106.46, 29.55], [106.45, 29.58]])
    return geopandas.GeoDataFrame(
        {"名称": ["甲", "乙"], "容量": [10, 20]}, geometry=points, crs=crs
    )


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "parquet"])
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:4544"])
def test_map_files_come_in_degrees(tmp_path: Path, suffix: str, crs: str) -> None:
    path = tmp_path / f"t.{suffix}"
    layer = frame().to_crs(crs)
    if suffix == "parquet":
        layer.to_parquet(path)
    else:
        layer.to_file(path)
    sheet = read_sheet(path)
    assert sheet.geometry is not None
    np.testing.assert_allclose(
        shapely.get_coordinates(sheet.geometry), [[106.46, 29.55], [106.45, 29.58]], atol=1e-6
    )
    assert texts(sheet, "名称") == ("甲", "乙")
    assert numbers(sheet, "容量", faults=[]).tolist() == [10, 20]
    assert sheet.rows.tolist() == [1, 2]


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
@pytest.mark.parametrize("with_cpg", [True, False])
def test_shapefiles_of_chinese_bureaus(tmp_path: Path, encoding: str, with_cpg: bool) -> None:
    path = tmp_path / "镇街 图层.shp"
    frame().to_file(path, encoding=encoding)
    cpg = path.with_suffix(".cpg")
    cpg.unlink(missing_ok=True)
    if with_cpg:
        cpg.write_text("UTF-8" if encoding == "utf-8" else "GBK")
    else:
        # The byte that may name the encoding too; programs leave it at 0.
        dbf = bytearray(path.with_suffix(".dbf").read_bytes())
        dbf[29] = 0
        path.with_suffix(".dbf").write_bytes(dbf)
    sheet = read_sheet(path)
    assert list(sheet.frame.columns) == ["名称", "容量"]
    assert texts(sheet, "名称") == ("甲", "乙")


def test_a_map_file_without_crs(tmp_path: Path) -> None:
    frame(None).to_parquet(tmp_path / "t.parquet")
    assert fault_of(tmp_path / "t.parquet").key == "datum.no_system_degrees"


def test_degrees_whose_datum_the_study_tells_need_no_system(tmp_path: Path) -> None:
    frame(None).to_parquet(tmp_path / "t.parquet")
    plain = read_sheet(tmp_path / "t.parquet", datum="cgcs2000")
    assert shapely.equals_exact(plain.geometry, frame().geometry.to_numpy(), 1e-9).all()
    shifted = read_sheet(tmp_path / "t.parquet", datum="gcj02")
    assert (shapely.distance(shifted.geometry, plain.geometry) > 0.003).all()
    metres = frame().to_crs(4544).set_crs(None, allow_override=True)
    metres.to_parquet(tmp_path / "m.parquet")
    with pytest.raises(InputError) as caught:
        read_sheet(tmp_path / "m.parquet", datum="gcj02")
    assert caught.value.faults[0].key == "datum.no_system_metres"


@pytest.mark.parametrize(
    ("crs", "datum", "key"),
    [(4544, "EPSG:4547", "datum.other_system"), (4326, "EPSG:4544", "datum.other_system"),
     (4544, "gcj02", "datum.shifted_system"), (32648, "bd09", "datum.shifted_system"),
     (4544, "epsg:4544", None), (4544, "cgcs2000", None), (4490, "gcj02", None),
     (3857, "gcj02", None)],
)  # fmt: skip
def test_a_datum_that_the_file_s_own_system_contradicts(
    tmp_path: Path, crs: int, datum: str, key: str | None
) -> None:
    frame().to_crs(crs).to_parquet(tmp_path / "t.parquet")
    sheet, notes = notes_of(tmp_path / "t.parquet", datum=datum)
    assert [n for n in notes if n.startswith("datum.")] == ([key] if key else [])
    assert all(notes[n].render(language) for n in notes for language in ("zh", "en"))
    if datum.lower().startswith("epsg"):  # the file's own is taken
        assert shapely.equals_exact(sheet.geometry, frame().geometry.to_numpy(), 1e-8).all()


def test_geojson_in_the_letters_of_a_chinese_windows(tmp_path: Path) -> None:
    (tmp_path / "t.geojson").write_bytes(frame().to_json(ensure_ascii=False).encode("gb18030"))
    sheet, notes = notes_of(tmp_path / "t.geojson")
    assert texts(sheet, "名称") == ("甲", "乙")
    assert list(notes) == ["file.encoding"]


def test_a_map_file_with_several_layers_is_not_guessed_at(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    frame().to_file(path, layer="stations")
    frame().to_file(path, layer="canteens")
    fault = fault_of(path)
    assert fault.key == "input.several_layers"
    assert set(str(fault.values["layers"]).split(", ")) == {"stations", "canteens"}


def test_tables_without_shapes_in_map_files(tmp_path: Path) -> None:
    table = pd.DataFrame({"镇街": ["甲", "乙"], "60+": [1, 2]})
    pyogrio.write_dataframe(table, tmp_path / "t.gpkg")
    table.to_parquet(tmp_path / "t.parquet")
    for name in ("t.gpkg", "t.parquet"):
        sheet = read_sheet(tmp_path / name)
        assert sheet.geometry is None
        assert texts(sheet, "镇街") == ("甲", "乙")


def test_a_styled_geopackage_of_qgis_has_one_layer_of_shapes(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    frame().to_file(path, layer="stations")
    pyogrio.write_dataframe(pd.DataFrame({"styleName": ["x"]}), path, layer="layer_styles")
    assert len(read_sheet(path).frame) == 2


def test_a_ring_left_open(tmp_path: Path) -> None:
    ring = [[106.0, 29.0], [106.1, 29.0], [106.1, 29.1]]
    feature = {"type": "Feature", "properties": {"name": "a"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    path = tmp_path / "t.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert fault_of(path).key == "input.unreadable"


def test_names_of_files_with_blanks_and_brackets(tmp_path: Path) -> None:
    path = tmp_path / "设施 [2024] (1).shp"
    frame().to_file(path, encoding="gbk")
    path.with_suffix(".cpg").unlink()
    assert texts(read_sheet(path), "名称") == ("甲", "乙")


# --- what stands around a table -----------------------------------------------------------------


def notes_of(path: Path, **options: object) -> tuple[Sheet, dict[str, Fault]]:
    doubts: list[Fault] = []
    sheet = read_sheet(path, doubts=doubts, **options)
    assert all(d.render("zh") and d.render("en") for d in doubts)
    return sheet, {d.key: d for d in doubts}


def merged(path: Path, rows: Sequence[Sequence[object]], *ranges: str) -> Path:
    book = openpyxl.load_workbook(workbook(path, *rows))
    for cells in ranges:
        book.active.merge_cells(cells)
    book.save(path)
    return path


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_titles_above_and_notes_below(tmp_path: Path, suffix: str) -> None:
    rows = [
        ("沙坪坝区养老服务设施一览表", "", ""), ("填报单位：民政局", "", "2024年12月"),
        HEADERS, *ROWS, ("注：数据截至2024年底", "", ""), ("2. 不含在建", "", ""),
        ("填表人：某某", "审核人：某某", ""),
    ]  # fmt: skip
    path = tmp_path / f"t.{suffix}"
    if suffix == "csv":
        csv_file(path, lines_of(*rows))
    else:
        merged(path, rows, "A1:C1")
    sheet, notes = notes_of(path)
    assert texts(sheet, "名称") == ("渝碚路养老服务站", "磁器口")
    assert sheet.rows.tolist() == [4, 5]
    assert notes["file.title_rows"].values == {"row": 3}
    assert (notes["file.footnotes"].row, notes["file.footnotes"].values) == (6, {"count": 3})


def test_titles_over_headers_that_nobody_knows(tmp_path: Path) -> None:
    rows = [("某某表", None, None), ("甲项", "乙项", "丙项"), (1, 2, 3)]
    assert list(read_sheet(merged(tmp_path / "t.xlsx", rows, "A1:C1")).frame) == list(rows[1])


def test_rows_of_data_are_no_titles_and_no_notes(tmp_path: Path) -> None:
    text = "点位,分类,甲,乙\na,养老站,1,2\n名称,经度,纬度,类别\n说明：临时,x,3,4\n"
    sheet, notes = notes_of(csv_file(tmp_path / "t.csv", text))
    assert (list(sheet.frame), len(sheet.frame), notes) == (["点位", "分类", "甲", "乙"], 3, {})


@pytest.mark.parametrize(
    ("rows", "ranges", "headers"),
    [
        ([("镇街", "常住人口", "其中", ""), ("", "", "60岁及以上", "80岁及以上"), ("甲", 9, 5, 1)],
         ["A1:A2", "B1:B2", "C1:D1"], ["镇街", "常住人口", "60岁及以上", "80岁及以上"]),
        ([("镇街", "60岁以上", ""), ("", "男", "女"), ("甲", 5, 4)],
         ["A1:A2", "B1:C1"], ["镇街", "60岁以上 男", "60岁以上 女"]),
        # The unit over several columns is that of each, but for those with one of their own.
        ([("镇街", "人口（万人）", "", ""), ("", "常住人口", "60岁及以上", "80岁及以上（人）"),
          ("甲", 9, 5, 1)], ["A1:A2", "B1:D1"],
         ["镇街", "常住人口（万人）", "60岁及以上（万人）", "80岁及以上（人）"]),
        ([("表", "", ""), ("名称", "位置", ""), ("名称", "经度", "纬度"), ("甲", 106, 29)],
         ["A1:C1", "B2:C2"], ["名称", "经度", "纬度"]),
    ],
)  # fmt: skip
def test_headers_in_two_rows(
    tmp_path: Path, rows: list[tuple[object, ...]], ranges: list[str], headers: list[str]
) -> None:
    sheet = read_sheet(merged(tmp_path / "t.xlsx", rows, *ranges))
    assert list(sheet.frame) == headers
    assert sheet.rows.tolist() == [len(rows)]


def test_merged_cells_are_filled_down_and_others_are_not(tmp_path: Path) -> None:
    rows = [("镇街", "社区", "60+"), ("甲", "一", 30), ("", "二", ""), ("", "三", 5), ("", "四", 6)]
    sheet, notes = notes_of(merged(tmp_path / "t.xlsx", rows, "A2:A4", "C2:C3"))
    assert texts(sheet, "镇街") == ("甲", "甲", "甲", "")
    # One number for two rows is nobody's to share out.
    assert numbers(sheet, "60+", faults=[])[[0, 2, 3]].tolist() == [30, 5, 6]
    assert np.isnan(numbers(sheet, "60+", faults=[])[1])
    assert notes["file.filled_down"].values == {"count": 2}
    assert notes["file.merged_number"].values == {"first": 2, "last": 3, "value": "30"}


def test_rows_that_the_program_does_not_show_are_read_and_told(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("镇街", "60+"), ("甲", 5), ("乙", 7), ("丙", 6))
    assert "file.hidden_rows" not in notes_of(path)[1]
    book = openpyxl.load_workbook(path)
    for row in (3, 4, 9):  # the last one is blank
        book.active.row_dimensions[row].hidden = True
    book.save(path)
    sheet, notes = notes_of(path)
    assert numbers(sheet, "60+", faults=[]).tolist() == [5, 7, 6]
    assert (notes["file.hidden_rows"].values, notes["file.hidden_rows"].row) == ({"count": 2}, 3)


def test_the_row_that_numbers_the_columns(tmp_path: Path) -> None:
    header = ("镇街", "所在区", "常住人口", "60+", "80+")
    rows = [header, ("甲", "乙", 1, 2, 3), ("渝碚路", "沙坪坝区", 900, 200, 9)]
    sheet, notes = notes_of(workbook(tmp_path / "t.xlsx", *rows))
    assert texts(sheet, "镇街") == ("渝碚路",) and notes["file.numbering_row"].row == 2


def test_rows_that_are_totals(tmp_path: Path) -> None:
    names = ["甲街道", "合  计", "全区合计：", "总计（人）", "Grand total", "小计"]
    names += ["汇总街道", "共计", "ＴＯＴＡＬ", "", ""]
    rows = [(n if i < 10 else "合计", name, i) for i, (n, name) in enumerate(enumerate(names))]
    sheet = read_sheet(workbook(tmp_path / "t.xlsx", ("序号", "镇街", "60+"), *rows))
    expected = [0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1]
    assert total_rows(sheet, "镇街").astype(int).tolist() == expected
    as_text = "\n".join(",".join(map(str, row)) for row in [("序号", "镇街", "60+"), *rows])
    sheet = read_sheet(csv_file(tmp_path / "t.csv", as_text))
    assert total_rows(sheet, "镇街").astype(int).tolist() == expected


# --- units --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "number"),
    [("60岁及以上（万人）", 1.23, 12300), ("60岁及以上（万人）", "0.57", 5700),
     ("60岁及以上（万人）", "0.57万人", 5700), ("60岁及以上(千人)", "２．５", 2500),
     ("60岁及以上", "1.2万", 12000), ("60岁及以上", "1.2万人", 12000),
     ("60岁及以上", "3,450人", 3450),
     ("60岁及以上（人）", "３，４５０ 人", 3450), ("建筑面积（公顷）", "0.5", 5000),
     ("建筑面积", "300平方米", 300), ("建筑面积（m²）", "300㎡", 300), ("床位数（张）", "30张", 30),
     ("床位数", "30床", 30), ("备注（km）", "3", 3),
     ("60岁及以上（单位：万人）", 1.23, 12300), ("60岁及以上（万人，2023年）", "1.5", 15000),
     ("60岁及以上/万人", "0.57万人", 5700), ("60岁及以上，万人", 1, 10000), ("60+/万人", 1, 10000),
     ("all/万人", 2, 20000), ("人/公顷", 3, 3), ("80+ 万人", 0.1, 1000),
     ("常住人口/万", 3, 30000), ("建筑面积万㎡", 2, 20000), ("用地面积/公顷", 1, 10000),
     # What something is counted per is no unit of it.
     ("床位/千人", 45, 45), ("每千人床位", 45, 45), ("每万人", 45, 45),
     ("人口密度 人/平方公里", 9, 9), ("Alpha", 5, 5)],
)  # fmt: skip
def test_units_that_are_written_out(
    tmp_path: Path, header: str, cell: object, number: float
) -> None:
    for sheet in (
        read_sheet(workbook(tmp_path / "t.xlsx", ("x", header), ("a", cell))),
        read_sheet(csv_file(tmp_path / "t.csv", f'x,{header}\na,"{cell}"\n')),
    ):
        faults: list[Fault] = []
        assert numbers(sheet, header, faults=faults).tolist() == [number]
        assert faults == []


@pytest.mark.parametrize(
    ("header", "cell"),
    [("60岁及以上", "约120"), ("60岁及以上", "120户"), ("60岁及以上", "12%"), ("建筑面积", "2亩"),
     ("60岁及以上（万人）", "1.2万"), ("60岁及以上（万人）", "12000人"), ("床位数", "1-2"),
     ("60岁及以上", "120±5"), ("60岁及以上", "1e99999999999999999999"), ("60岁及以上", "一百")],
)  # fmt: skip
def test_units_are_never_guessed(tmp_path: Path, header: str, cell: str) -> None:
    faults: list[Fault] = []
    numbers(
        read_sheet(csv_file(tmp_path / "t.csv", f"x,{header}\na,{cell}\n")), header, faults=faults
    )
    assert [(f.key, f.read) for f in faults] == [("input.not_a_number", cell)]


def test_a_scale_is_said_and_one_outside_the_headers_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "t.csv", "镇街,常住人口（万人）\n甲,1\n")
    assert notes_of(path)[1]["file.scaled"].values["scale"] == "10,000"
    for text in (
        "人口表,\n单位：万人,\n镇街,常住人口\n甲,1\n",
        "镇街,常住人口\n甲,1\n单位:万 人,\n",
        "各镇街人口（万人）,\n镇街,常住人口\n甲,1\n",
    ):
        assert fault_of(csv_file(tmp_path / "t.csv", text)).key == "file.scale_outside"
    fine = "人口表,\n制表单位：万州区,单位：人\n镇街,常住人口\n甲,1\n"
    assert numbers(read_sheet(csv_file(tmp_path / "t.csv", fine)), "常住人口", faults=[]) == [1]


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(
    st.lists(
        st.one_of(
            st.text("0123456789.,+-eE 　１２万人x%", max_size=8),
            st.floats(allow_nan=False).map(str),
            st.integers().map(str),
        ),
        max_size=20,
    )
)
def test_the_quick_way_and_the_slow_one_read_the_same(cells: list[str]) -> None:
    rows = np.arange(len(cells)) + 2
    quick = Sheet("t", "", pd.DataFrame({"60+": pd.array(cells, dtype="string[pyarrow]")}), rows)
    slow = Sheet("t", "", pd.DataFrame({"60+": pd.Series(cells, dtype=object)}), rows)
    faults: tuple[list[Fault], list[Fault]] = ([], [])
    found = [numbers(s, "60+", faults=f) for s, f in zip((quick, slow), faults, strict=True)]
    np.testing.assert_array_equal(*found)
    assert faults[0] == faults[1]
    assert texts(quick, "60+") == texts(slow, "60+")
    assert total_rows(quick, "60+").tolist() == total_rows(slow, "60+").tolist()


# --- sheets of a workbook -----------------------------------------------------------------------


def book_of(path: Path, sheets: dict[str, list[tuple[object, ...]]], hidden: str = "") -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
        page.sheet_state = "hidden" if name == hidden else "visible"
    book.active = next(n for n, name in enumerate(sheets) if name != hidden)
    book.save(path)
    return path


TABLE = [HEADERS, ("甲", 1, 2)]


@pytest.mark.parametrize(
    ("sheets", "hidden", "read", "said"),
    [
        ({"Sheet1": [], "设施": TABLE}, "", "设施", {"file.sheet_taken"}),
        ({"封面": [("一览表",), ("2024年",)], "设施": TABLE}, "", "设施", {"file.sheet_taken"}),
        ({"旧": TABLE, "新": TABLE}, "旧", "新", {"file.sheet_taken"}),
        ({"设施": TABLE, "说明": [("列", "含义"), ("名称", "设施的名称")]}, "", "设施", set()),
        ({"设施": TABLE, "备用": TABLE, "空": []}, "", "设施", {"file.sheets_unread"}),
    ],
)
def test_the_sheet_that_is_read(
    tmp_path: Path, sheets: dict[str, list[tuple[object, ...]]], hidden: str, read: str,
    said: set[str],
) -> None:  # fmt: skip
    sheet, notes = notes_of(book_of(tmp_path / "t.xlsx", sheets, hidden))
    assert (sheet.sheet, set(notes)) == (read, said)


def test_a_template_that_is_not_filled_in_is_empty(tmp_path: Path) -> None:
    sheets: dict[str, list[tuple[object, ...]]] = {
        "设施": [HEADERS],
        "说明": [("a", "b"), ("c", "d")],
    }
    fault = fault_of(book_of(tmp_path / "t.xlsx", sheets))
    assert (fault.key, fault.sheet) == ("input.empty_table", "设施")


def test_a_sheet_by_name_and_by_position(tmp_path: Path) -> None:
    path = book_of(tmp_path / "t.xlsx", {"a": TABLE, "b": [*TABLE, ("乙", 3, 4)]})
    assert len(read_sheet(path, sheet="b").frame) == len(read_sheet(path, sheet=1).frame) == 2
    for wanted in ("c", 7):
        with pytest.raises(InputError) as caught:
            read_sheet(path, sheet=wanted)
        assert caught.value.faults[0].values == {"sheet": str(wanted), "sheets": "a, b"}


def test_an_old_workbook(tmp_path: Path) -> None:
    path = tmp_path / "t.xls"
    path.write_bytes(old_workbook([("", ""), HEADERS, ("渝碚路", 106.46, 29.55)]))
    sheet = read_sheet(path)
    assert (sheet.sheet, sheet.rows.tolist()) == ("表", [3])
    assert texts(sheet, "名称") == ("渝碚路",)
    assert numbers(sheet, "纬度", faults=[]).tolist() == [29.55]


# --- encodings and separators -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", None), ("utf-8-sig", None), ("gb18030", "GB 18030 (GBK)"), ("utf-16", "UTF-16"),
     ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("big5", "Big5")],
)  # fmt: skip
def test_an_encoding_is_found_out_and_said(tmp_path: Path, encoding: str, said: str | None) -> None:
    rows = [("名稱", "經度"), ("臺北市養老服務中心", "121.5"), ("萬華區長者食堂", "121.4")]
    if encoding != "big5":
        rows = [("名称", "经度"), ("渝碚路养老服务站", "106.5"), ("磁器口社区食堂", "106.4")]
    sheet, notes = notes_of(csv_file(tmp_path / "t.csv", lines_of(*rows), encoding))
    assert texts(sheet, rows[0][0]) == (rows[1][0], rows[2][0])
    found = notes["file.encoding"].values["encoding"] if notes else None
    assert found == said


def test_a_western_encoding(tmp_path: Path) -> None:
    text = "nome,lon\nSão João da Constituição,1\nPraça da Alfândega,2\n"
    sheet = read_sheet(csv_file(tmp_path / "t.csv", text, "cp1252"))
    assert texts(sheet, "nome") == ("São João da Constituição", "Praça da Alfândega")


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(st.text(st.sampled_from(list(CHARACTERS)), min_size=2, max_size=40))
def test_everyday_chinese_is_read_in_every_usual_encoding(name: str) -> None:
    text = f"名称,经度\n{name},1\n"
    for encoding in ("utf-8", "gb18030", "utf-16"):
        assert decoded(text.encode(encoding))[0] == text


@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "|"])
def test_a_separator_is_found_out_and_said(tmp_path: Path, separator: str) -> None:
    text = f"名称{separator}经度{separator}纬度\n甲{separator}106,46{separator}29.55\n"
    text = text.replace("106,46", "106") if separator == "," else text
    sheet, notes = notes_of(csv_file(tmp_path / "t.csv", text))
    assert tuple(sheet.frame) == HEADERS
    assert set(notes) == (set() if separator == "," else {"file.separator"})
    faults: list[Fault] = []
    numbers(sheet, "经度", faults=faults)
    assert len(faults) == (separator != ",")  # "106,46" may be 106.46 or 10646: nobody guesses


# --- private columns ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "kind"),
    [("姓名", "张三", "header_person"), ("负责人姓名", "张三", "header_person"),
     ("联系人", "张三", "header_person"), ("Contact Person", "Zhang San", "header_person"),
     ("身份证号（18位）", "不详", "header_id_number"), ("联系电话1", "不详", "header_telephone"),
     ("备注", "11010519491231002X", "values_id_number"),
     ("备注", "户主 11010519491231002x。", "values_id_number"),
     ("备注", "13812345678", "values_telephone"), ("备注", "023-65123456", "values_telephone"),
     ("备注", "+86 138-1234-5678", "values_telephone"),
     ("备注", "（023）65123456", "values_telephone")],
)  # fmt: skip
def test_private_columns_are_dropped_and_said(
    tmp_path: Path, header: str, cell: str, kind: str
) -> None:
    for sheet, notes in (
        notes_of(workbook(tmp_path / "t.xlsx", ("名称", header), ("甲", cell))),
        notes_of(csv_file(tmp_path / "t.csv", f"名称,{header}\n甲,{cell}\n")),
    ):
        assert list(sheet.frame) == ["名称"]
        assert notes[f"file.private_{kind}"].column == header
        assert cell not in "".join(n.render("zh") for n in notes.values())
        found, faults = find_columns(sheet, ["lon"], required=(), overrides={"lon": header})
        assert found == {} and len(faults) == 1


@pytest.mark.parametrize(
    ("header", "cell"),
    [("name", "甲"), ("名称", "甲"), ("路名", "甲"), ("备注", "110105194912310021"),
     ("备注", "500106001001"), ("osm_id", "13812345678"), ("备注", "106.4612345"),
     ("人口", 12345678), ("备注", "1381234567"), ("备注", "2024-12-31")],
)  # fmt: skip
def test_what_only_looks_private_stays(tmp_path: Path, header: str, cell: object) -> None:
    sheet, notes = notes_of(workbook(tmp_path / "t.xlsx", ("x", header), ("甲", cell)))
    assert (list(sheet.frame), notes) == (["x", header], {})


def test_private_columns_of_map_files(tmp_path: Path) -> None:
    frame().assign(联系电话="13812345678").to_file(tmp_path / "t.geojson")
    assert list(read_sheet(tmp_path / "t.geojson").frame) == ["名称", "容量"]


# --- longitude and latitude in one cell ---------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cells", "key", "columns"),
    [
        ("经纬度", ("106.45,29.55", "（106.46，29.56）"), "file.lonlat_parted", "经度（经纬度）"),
        ("坐标", ("１０６.45 29.55", "106.46;29.56"), "file.lonlat_parted", "经度（坐标）"),
        ("coordinates", ("29.55,106.45", "29.56, 106.46"), "file.latlon_parted",
         "lon (coordinates)"),
        ("location", ("106.45,29.55", "106.46,29.56"), "file.lonlat_parted", "lon (location)"),
    ],
)  # fmt: skip
def test_a_column_of_pairs_is_read_as_two(
    tmp_path: Path, header: str, cells: tuple[str, str], key: str, columns: str
) -> None:
    lines = "".join(f'n,"{cell}"\n' for cell in cells)
    doubts: list[Fault] = []
    sheet = read_sheet(csv_file(tmp_path / "t.csv", f"name,{header}\n{lines}"), doubts=doubts)
    found, faults = find_columns(sheet, ("lon", "lat"), required=("lon", "lat"))
    assert (faults, found["lon"]) == ([], columns)
    assert numbers(sheet, found["lon"], faults=faults).tolist() == [106.45, 106.46]
    assert numbers(sheet, found["lat"], faults=faults).tolist() == [29.55, 29.56]
    assert [(d.key, d.column) for d in doubts] == [(key, header)]


def test_a_cell_that_is_no_pair_keeps_what_it_says(tmp_path: Path) -> None:
    text = 'name,经纬度\na,"106.45,29.55"\nb,桥头\nc,\n'
    sheet = read_sheet(csv_file(tmp_path / "t.csv", text))
    faults: list[Fault] = []
    lon = numbers(sheet, "经度（经纬度）", faults=faults)
    assert lon.tolist()[:1] == [106.45]
    assert [(f.key, f.row, f.read) for f in faults] == [("input.not_a_number", 3, "桥头")]


@pytest.mark.parametrize(
    "text",
    [
        'name,经度,纬度,坐标\na,1,2,"106.45,29.55"\n',  # they have their columns already
        "name,location\na,No 5 High Street\nb,No 7 High Street\n",  # an address
        'name,坐标,坐标\na,"106.45,29.55","106.45,29.55"\n',  # which of them?
    ],
)
def test_tables_without_pairs_are_left_alone(tmp_path: Path, text: str) -> None:
    sheet = read_sheet(csv_file(tmp_path / "t.csv", text))
    assert sheet.frame.columns.tolist() == text.splitlines()[0].split(",")


def test_numbers_beside_blanks_and_words_keep_their_places(tmp_path: Path) -> None:
    """Kernels of older Arrow mix up texts where some of a column are left out."""
    sheet = read_sheet(csv_file(tmp_path / "t.csv", "name,60+\na,12\nb,\nc, +13 \nd,x\ne,1.4e1\n"))
    faults: list[Fault] = []
    read = numbers(sheet, "60+", faults=faults)
    assert np.nan_to_num(read, nan=-1.0).tolist() == [12.0, -1.0, 13.0, -1.0, 14.0]
    assert [(f.row, f.read) for f in faults] == [(5, "x")]
