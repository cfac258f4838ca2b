"""Tables as planners keep them: encodings, headers, numbers, and the rows of their own program."""

import datetime
import json
import re
from collections.abc import Sequence
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.tables import (
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
    yes_no,
)

HEADERS = ("名称", "经度", "纬度")
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
     ("ｌａｔ", "column", "lat"), ("床位数（张）", "column", "capacity"),
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
    assert fault_of(tmp_path / "t.parquet").key == "input.no_crs"


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
