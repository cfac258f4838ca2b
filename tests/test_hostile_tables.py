"""Odd, broken and hostile files: each is read within bounds or refused with a clear fault."""

import io
import os
import re
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas
import hypothesis
import hypothesis.strategies as st
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from oldworkbooks import old_workbook
from quarterhour.errors import Fault, InputError
from quarterhour.inputs import csvfiles, openfile
from quarterhour.inputs.tables import find_columns, numbers, read_sheet, texts

HEADERS = ("名称", "经度", "纬度")


def fault_of(path: Path, **options: object) -> Fault:
    with pytest.raises(InputError) as caught:
        read_sheet(path, **options)
    (fault,) = caught.value.faults
    assert fault.render("zh") and fault.render("en")
    return fault


def workbook(path: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    book.save(path)
    return path


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as source:
        return {name: source.read(name) for name in source.namelist()}


def rezip(path: Path, members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def in_sheet(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Change the XML of a workbook's first sheet."""
    workbook(path, HEADERS, ("a", 1, 2), ("b", 3, 4))
    members = members_of(path)
    name = "xl/worksheets/sheet1.xml"
    members[name] = change(members[name])
    return rezip(path, members)


def points(crs: str | None = "EPSG:4326") -> geopandas.GeoDataFrame:
    where = shapely.points([[106.46, 29.55], [106.45, 29.58]])
    names = ["渝碚路养老服务站", "磁器口社区食堂"]
    return geopandas.GeoDataFrame({"名称": names, "容量": [10, 20]}, geometry=where, crs=crs)


# --- what is no file at all ---------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    assert fault_of(tmp_path / "t.csv").key == "file.not_regular"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_behind_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").symlink_to("/dev/zero")
    assert fault_of(tmp_path / "t.csv").key == "file.not_regular"


def test_a_link_to_nowhere_and_a_name_with_a_nul(tmp_path: Path) -> None:
    (tmp_path / "t.csv").symlink_to(tmp_path / "gone.csv")
    assert fault_of(tmp_path / "t.csv").key == "input.missing_file"
    assert fault_of(tmp_path / "a\0b.csv").key == "input.missing_file"


def test_a_gigabyte_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as sparse:
        sparse.truncate(1 << 30)
    fault = fault_of(path)
    assert (fault.key, fault.values["mb"]) == ("file.too_large", "1,074")


# --- zips -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["xlsx", "kmz", "zip", "ods"])
def test_a_zip_bomb(tmp_path: Path, suffix: str) -> None:
    name = {"xlsx": "xl/worksheets/sheet1.xml", "ods": "content.xml"}.get(suffix, "doc.kml")
    path = rezip(tmp_path / f"t.{suffix}", {name: b" " * 60_000_000})
    assert fault_of(path).key == "file.zip_bomb"


def test_a_zip_whose_directory_lies(tmp_path: Path) -> None:
    """The directory says a few bytes; what is read is no more than it says, or refused."""
    path = in_sheet(tmp_path / "t.xlsx", lambda xml: xml + b" " * 3_000_000)
    raw = bytearray(path.read_bytes())
    real = struct.pack("<I", len(members_of(path)["xl/worksheets/sheet1.xml"]))
    assert raw.count(real) == 2  # in the member's own head and in the directory
    at = raw.rfind(real)
    raw[at : at + 4] = struct.pack("<I", 200)
    path.write_bytes(raw)
    assert fault_of(path).key == "file.broken_zip"


def test_so_much_and_no_more_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openfile, "MOST_TABLE_BYTES", 20_000)
    path = in_sheet(
        tmp_path / "t.xlsx",
        lambda xml: xml + b"<!-- " + os.urandom(30_000).hex().encode() + b" -->",
    )
    assert path.stat().st_size > 20_000 and fault_of(path).key == "file.too_large"
    monkeypatch.setattr(openfile, "MOST_TABLE_BYTES", 55_000)
    assert fault_of(path).key == "file.zip_bomb"


@pytest.mark.parametrize("cut", [10, 300, -200, -30])
def test_a_zip_cut_short(tmp_path: Path, cut: int) -> None:
    path = workbook(tmp_path / "t.xlsx", HEADERS, ("a", 1, 2))
    path.write_bytes(path.read_bytes()[:cut])
    assert fault_of(path).key == "file.broken_zip"


def test_a_zip_that_names_places_outside(tmp_path: Path) -> None:
    outside = tmp_path / "deep" / "t.zip"
    outside.parent.mkdir()
    rezip(outside, {"../escaped.geojson": points().to_json().encode()})
    assert fault_of(outside).key == "file.zip_path"
    assert [p.name for p in tmp_path.rglob("*")] == ["deep", "t.zip"]


def test_a_zip_of_a_shapefile_and_a_zip_of_two(tmp_path: Path) -> None:
    points().to_file(tmp_path / "设施.shp", encoding="gbk")
    parts = {p.name: p.read_bytes() for p in sorted(tmp_path.glob("设施.*"))}
    (tmp_path / "z").mkdir()
    sheet = read_sheet(rezip(tmp_path / "z" / "t.zip", parts))
    assert (sheet.file, texts(sheet, "名称")[1]) == ("t.zip", "磁器口社区食堂")
    second = {name.replace("设施", "two"): content for name, content in parts.items()}
    fault = fault_of(rezip(tmp_path / "z" / "t.zip", parts | second))
    assert (fault.key, fault.values["layers"]) == ("file.zip_content", "two.shp, 设施.shp")
    assert [p.name for p in (tmp_path / "z").iterdir()] == ["t.zip"]


# --- workbooks ----------------------------------------------------------------------------------


def far_cell(reference: bytes) -> Callable[[bytes], bytes]:
    cell = b'<row r="%s"><c r="%s"><v>1</v></c></row></sheetData>'
    row = re.sub(rb"\D", b"", reference)
    return lambda xml: xml.replace(b"</sheetData>", cell % (row, reference))


@pytest.mark.parametrize(
    ("reference", "key"),
    [(b"XFD3", "file.too_many_columns"), (b"XFD1048576", "file.too_many_columns"),
     (b"ALL1048576", "file.too_many_cells"), (b"A99999999", "file.too_many_rows")],
)  # fmt: skip
def test_a_cell_in_the_last_corner_takes_no_memory(
    tmp_path: Path, reference: bytes, key: str
) -> None:
    assert fault_of(in_sheet(tmp_path / "t.xlsx", far_cell(reference))).key == key


def test_a_styled_blank_cell_far_out_is_nothing(tmp_path: Path) -> None:
    far = b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    path = in_sheet(tmp_path / "t.xlsx", lambda xml: xml.replace(b"</sheetData>", far))
    assert len(read_sheet(path).frame) == 2


def test_an_ods_that_repeats_without_end(tmp_path: Path) -> None:
    def ods(rows: int, columns: int) -> Path:
        repeat = (f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell '
                  f'office:value-type="float" office:value="1" '
                  f'table:number-columns-repeated="{columns}"/></table:table-row>')  # fmt: skip
        return ods_of(tmp_path / "t.ods", repeat)

    assert fault_of(ods(2, 16_384)).key == "file.too_many_columns"
    assert fault_of(ods(1_000_000, 900)).key == "file.too_many_cells"
    assert fault_of(ods(9_000_000, 2)).key == "file.zip_bomb"


def ods_of(path: Path, rows: str) -> Path:
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"'
        for short in ("office", "table", "text", "manifest")
    )
    content = (f'<?xml version="1.0"?><office:document-content{names}>'
               f'<office:body><office:spreadsheet><table:table table:name="表1">{rows}'
               "</table:table></office:spreadsheet></office:body>"
               "</office:document-content>")  # fmt: skip
    manifest = f'<?xml version="1.0"?><manifest:manifest{names}></manifest:manifest>'
    parts = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content.encode(),
        "META-INF/manifest.xml": manifest.encode(),
    }
    return rezip(path, parts, zipfile.ZIP_STORED)


def ods_row(*cells: str, merged: int = 1) -> str:
    spans = f' table:number-rows-spanned="{merged}"' if merged > 1 else ""
    inside = "".join(
        f'<table:table-cell office:value-type="string"{spans if n == 0 else ""}>'
        f"<text:p>{cell}</text:p></table:table-cell>" if cell else "<table:covered-table-cell/>"
        for n, cell in enumerate(cells)
    )  # fmt: skip
    return f"<table:table-row>{inside}</table:table-row>"


def test_an_ods_with_hidden_rows(tmp_path: Path) -> None:
    rows = [ods_row("镇街", "60+"), ods_row("甲", "5"), ods_row("乙", "7")]
    rows[2] = rows[2].replace("<table:table-row", '<table:table-row table:visibility="filter"')
    doubts: list[Fault] = []
    read_sheet(ods_of(tmp_path / "t.ods", "".join(rows)), doubts=doubts)
    assert [(d.key, d.row, d.values["count"]) for d in doubts] == [("file.hidden_rows", 3, 1)]


def test_an_ods_with_merged_cells(tmp_path: Path) -> None:
    rows = [ods_row("镇街", "社区"), ods_row("甲街道", "一", merged=2), ods_row("", "二")]
    sheet = read_sheet(ods_of(tmp_path / "t.ods", "".join(rows)))
    assert texts(sheet, "镇街") == ("甲街道", "甲街道")


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def test_xml_that_laughs(tmp_path: Path) -> None:
    path = in_sheet(tmp_path / "t.xlsx", lambda xml: LAUGHS + xml)
    assert fault_of(path).key == "file.xml_entities"
    path = in_sheet(tmp_path / "t.xlsx", lambda xml: b" " * 5000 + b"\n" + LAUGHS + xml)
    assert fault_of(path).key == "file.xml_entities"
    members = members_of(workbook(tmp_path / "t.xlsx", HEADERS, ("a", 1, 2)))
    members["xl/workbook.xml"] = LAUGHS + members["xl/workbook.xml"]
    assert fault_of(rezip(tmp_path / "t.xlsx", members)).key == "file.xml_entities"
    kml = b'<?xml version="1.0"?>' + LAUGHS + b'<kml xmlns="http://www.opengis.net/kml/2.2"/>'
    (tmp_path / "t.kml").write_bytes(kml)
    assert fault_of(tmp_path / "t.kml").key == "file.xml_entities"


def test_xml_that_is_broken(tmp_path: Path) -> None:
    path = in_sheet(tmp_path / "t.xlsx", lambda xml: xml.replace(b"</row>", b"", 1))
    assert fault_of(path).key == "input.unreadable"


def test_links_to_other_workbooks_are_only_told_of(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", HEADERS, ("a", 1, 2))
    members = members_of(path)
    members["xl/externalLinks/externalLink1.xml"] = b"<externalLink/>"
    doubts: list[Fault] = []
    assert len(read_sheet(rezip(path, members), doubts=doubts).frame) == 1
    assert [d.key for d in doubts] == ["file.external_links"]


def test_macros_are_not_even_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsm", HEADERS, ("a", 1, 2))
    members = members_of(path) | {"xl/vbaProject.bin": b"\xff" * 100}
    assert len(read_sheet(rezip(path, members)).frame) == 1


def test_formulas_without_a_stored_value(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ("a", "b"), (1, "=A2*2"), (2, "=A3*2"))
    fault = fault_of(path)
    assert (fault.key, fault.row) == ("file.formula_unsaved", 2)
    assert fault.values == {"count": 2, "cell": "B2"}


def test_formulas_with_a_stored_value_and_cells_with_an_error(tmp_path: Path) -> None:
    stored = b'<c r="B2"><f>1+1</f><v>2</v></c>'
    wrong = b'<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>'

    def change(xml: bytes) -> bytes:
        xml = re.sub(rb'<c r="B2".*?</c>', stored, xml)
        return re.sub(rb'<c r="B3".*?</c>', wrong, xml)

    sheet = read_sheet(in_sheet(tmp_path / "t.xlsx", change))
    faults: list[Fault] = []
    assert numbers(sheet, "经度", faults=faults)[0] == 2
    assert [(f.key, f.row, f.read) for f in faults] == [("input.not_a_number", 3, "#DIV/0!")]


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le")
    (tmp_path / "t.xlsx").write_bytes(ole)
    assert fault_of(tmp_path / "t.xlsx").key == "file.password"


@pytest.mark.parametrize("content", [b"<html><table><tr><td>a</td></tr></table></html>", b"a,b\n"])
def test_a_web_page_that_calls_itself_a_workbook(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.xls").write_bytes(content)
    assert fault_of(tmp_path / "t.xls").key == "file.no_workbook"


def test_an_xls_that_is_really_an_xlsx(tmp_path: Path) -> None:
    workbook(tmp_path / "t.xlsx", HEADERS, ("a", 1, 2)).rename(tmp_path / "t.xls")
    assert texts(read_sheet(tmp_path / "t.xls"), "名称") == ("a",)


@pytest.mark.parametrize(
    ("at", "put"),
    [(512 + 4 * 8, 7), (512 + 4 * 1, 1), (48, 999), (1024 + 128 + 116, 2_000_000)],
)
def test_an_old_workbook_whose_sectors_never_end(tmp_path: Path, at: int, put: int) -> None:
    """The library that reads xls would follow them until no memory is left."""
    raw = bytearray(old_workbook([HEADERS, ("a", 1, 2)]))
    raw[at : at + 4] = struct.pack("<I", put)
    (tmp_path / "t.xls").write_bytes(raw)
    assert fault_of(tmp_path / "t.xls").values["why"] == "OLE: broken chain of sectors"


def test_cells_of_an_old_workbook_that_lie_far_apart(tmp_path: Path) -> None:
    raw = old_workbook([HEADERS, ("a", 1, 2)])
    number = struct.pack("<HHHHHd", 0x203, 14, 1, 2, 0, 2.0)
    far = struct.pack("<HHHHHd", 0x203, 14, 0xFFFF, 0xFFFF, 0, 2.0)
    assert raw.count(number) == 1
    (tmp_path / "t.xls").write_bytes(raw.replace(number, far))
    assert fault_of(tmp_path / "t.xls").key == "file.too_many_cells"


@pytest.mark.parametrize("length", [8, 40, 511, 600, 1100, 2000])
def test_an_old_workbook_cut_short(tmp_path: Path, length: int) -> None:
    (tmp_path / "t.xls").write_bytes(old_workbook([HEADERS, ("a", 1, 2)])[:length])
    assert fault_of(tmp_path / "t.xls").key == "input.unreadable"


# --- text tables --------------------------------------------------------------------------------


def test_tables_that_are_too_wide(tmp_path: Path) -> None:
    def wide(columns: int) -> Path:
        path = tmp_path / "t.csv"
        row = ",".join(f"c{n}" for n in range(columns))
        path.write_text(f"{row}\n{row}\n", encoding="utf-8")
        return path

    assert read_sheet(wide(200)).frame.shape == (1, 200)
    assert fault_of(wide(20_000)).key == "file.too_many_columns"
    book = workbook(tmp_path / "t.xlsx", tuple(range(1_001)), tuple(range(1_001)))
    assert fault_of(book).key == "file.too_many_columns"


@pytest.mark.parametrize("uneven", ["", "a,b,c\n"])
def test_tables_that_are_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uneven: str
) -> None:
    monkeypatch.setattr(openfile, "MOST_ROWS", 50)
    monkeypatch.setattr(csvfiles, "MOST_ROWS", 50)
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 60 + uneven, encoding="utf-8")
    assert fault_of(tmp_path / "t.csv").key == "file.too_many_rows"


@pytest.mark.parametrize("text", ['a,b\n1,"2\n3,4\n', 'a,b\n"1,2\n3,4\n', 'a,b\n1,2,3\n4,"5\n'])
def test_a_quote_left_open_swallows_no_rows(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    fault = fault_of(tmp_path / "t.csv")
    assert (fault.key, fault.row) == ("file.open_quote", 3 if ",3" in text else 2)


def test_a_cell_longer_than_any(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2,\n" + "x" * 200_000 + ",2\n", encoding="utf-8")
    assert fault_of(tmp_path / "t.csv").key == "file.open_quote"


def test_nuls_among_letters_and_nothing_but_nuls(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"name,lon\na\x00b,1\x00\n")
    sheet = read_sheet(tmp_path / "t.csv")
    assert (texts(sheet, "name"), numbers(sheet, "lon", faults=[]).tolist()) == (("a b",), [1])
    (tmp_path / "t.csv").write_bytes(bytes(1000))
    assert fault_of(tmp_path / "t.csv").key == "input.unreadable"


def test_formulas_and_html_stay_texts(tmp_path: Path) -> None:
    cells = ("=cmd|' /C calc'!A0", "<script>alert(1)</script>", "@SUM(1)", "../../etc/passwd")
    (tmp_path / "t.csv").write_text("name\n" + "\n".join(cells) + "\n", encoding="utf-8")
    assert texts(read_sheet(tmp_path / "t.csv"), "name") == cells


# --- map files ----------------------------------------------------------------------------------

VRT = (b'<OGRVRTDataSource><OGRVRTLayer name="t"><SrcDataSource>/vsicurl/http://192.0.2.1/x.geojson'
       b"</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>")  # fmt: skip
STREAM = (b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read '
          b'/vsicurl/http://192.0.2.1/x ! write x", "a": {"type": "Feature"}}')  # fmt: skip


@pytest.mark.parametrize("suffix", ["geojson", "json", "gpkg", "shp", "fgb", "kml", "parquet",
                                    "dxf", "kmz", "zip"])  # fmt: skip
@pytest.mark.parametrize("content", [VRT, STREAM, b"\x00" * 200, b"hello"])
def test_something_else_under_the_name_of_a_map_file(
    tmp_path: Path, suffix: str, content: bytes
) -> None:
    (tmp_path / f"t.{suffix}").write_bytes(content)
    assert fault_of(tmp_path / f"t.{suffix}").key == "file.other_kind"


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "parquet"])
def test_a_map_file_without_a_byte(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"t.{suffix}").touch()
    assert fault_of(tmp_path / f"t.{suffix}").key == "input.empty_table"


def test_a_geojson_of_a_million_vertices(tmp_path: Path) -> None:
    ring = ",".join(["[106.01,29],[106.02,29.01]"] * 500_000)
    text = ('{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, '
            f'"geometry": {{"type": "LineString", "coordinates": [{ring}]}}}}]}}')  # fmt: skip
    (tmp_path / "t.geojson").write_text(text, encoding="utf-8")
    assert shapely.get_num_coordinates(read_sheet(tmp_path / "t.geojson").geometry) == [1_000_000]


@pytest.mark.parametrize("said", ["UTF-8", "GBK", "936", "", None])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_cpg_is_not_believed(tmp_path: Path, said: str | None, encoding: str) -> None:
    path = tmp_path / "t.shp"
    points().to_file(path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if said is not None:
        path.with_suffix(".cpg").write_text(said)
    doubts: list[Fault] = []
    assert texts(read_sheet(path, doubts=doubts), "名称") == ("渝碚路养老服务站", "磁器口社区食堂")
    wrong = said and (said != "UTF-8") == (encoding == "utf-8")
    silent = not said and encoding == "gb18030"
    expected = ["file.wrong_cpg"] if wrong else ["file.encoding"] if silent else []
    assert [d.key for d in doubts] == expected


def test_names_cut_inside_a_letter(tmp_path: Path) -> None:
    """A field name has ten bytes: three Chinese letters of UTF-8 and a third of the next."""
    path = tmp_path / "t.shp"
    points().to_file(path, encoding="utf-8")
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[32:43] = "养老设施".encode()[:10] + b"\x00"
    start = int.from_bytes(dbf[8:10], "little") + 1
    dbf[start : start + 80] = ("a" + "渝碚路养老服务站" * 10).encode()[:80]
    path.with_suffix(".dbf").write_bytes(dbf)
    sheet = read_sheet(path)
    assert str(sheet.frame.columns[0]).startswith("养老设")
    assert str(sheet.frame.iloc[0, 0]).startswith("a渝碚路养老服务站")


@pytest.mark.parametrize("part", [".dbf", ".shx"])
def test_a_shapefile_without_a_part(tmp_path: Path, part: str) -> None:
    points().to_file(tmp_path / "t.shp")
    (tmp_path / f"t{part}").unlink()
    fault = fault_of(tmp_path / "t.shp")
    assert (fault.key, fault.values["part"]) == ("file.part_missing", part)
    assert not (tmp_path / f"t{part}").exists()


def test_a_shapefile_without_a_system(tmp_path: Path) -> None:
    points().to_file(tmp_path / "t.shp")
    (tmp_path / "t.prj").unlink()
    assert fault_of(tmp_path / "t.shp").key == "datum.no_system_degrees"
    points().to_crs(4544).to_file(tmp_path / "m.shp")
    (tmp_path / "m.prj").write_text('LOCAL_CS["重庆独立坐标系",UNIT["metre",1]]', encoding="utf-8")
    assert fault_of(tmp_path / "m.shp").key == "datum.local_system"


KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>
{}</Document></kml>"""
FOLDER = """<Folder><name>{0}</name><Placemark><name>{0}站</name><ExtendedData><Data name="kind">
<value>canteen</value></Data></ExtendedData><Point><coordinates>106.46,29.55,260</coordinates></Point>
</Placemark></Folder>"""


def test_kml_of_survey_apps(tmp_path: Path) -> None:
    (tmp_path / "t.kml").write_text(KML.format(FOLDER.format("甲")), encoding="utf-8")
    packed = rezip(tmp_path / "t.kmz", {"doc.kml": (tmp_path / "t.kml").read_bytes()})
    for path in (tmp_path / "t.kml", packed):
        sheet = read_sheet(path)
        found, faults = find_columns(sheet, ["place_name", "kind"], required=["place_name"])
        assert faults == []
        assert texts(sheet, found["place_name"]) == ("甲站",)
        assert shapely.get_coordinates(sheet.geometry).round(2).tolist() == [[106.46, 29.55]]
    two = KML.format(FOLDER.format("甲") + FOLDER.format("乙"))
    (tmp_path / "t.kml").write_text(two, encoding="utf-8")
    assert fault_of(tmp_path / "t.kml").key == "input.several_layers"
    assert texts(read_sheet(tmp_path / "t.kml", sheet="乙"), found["place_name"]) == ("乙站",)
    assert fault_of(tmp_path / "t.kml", sheet="丙").key == "file.no_sheet"


@pytest.mark.parametrize(
    ("said", "encoding"),
    [("UTF-8", "utf-8"), ("GBK", "gbk"), ("UTF-8", "gbk"), ("gb2312", "utf-8")],
)
def test_kml_with_fields_in_chinese(tmp_path: Path, said: str, encoding: str) -> None:
    data = '<Data name="{}"><value>{}</value></Data>'
    fields = data.format("床位", 20) + data.format("餐位", 30) + data.format("A&amp;B", 1)
    text = KML.format(FOLDER.format("甲").replace("</ExtendedData>", f"{fields}</ExtendedData>"))
    text = text.replace('encoding="UTF-8"', f'encoding="{said}"')
    (tmp_path / "t.kml").write_bytes(text.encode(encoding))
    packed = rezip(tmp_path / "t.kmz", {"doc.kml": text.encode(encoding)})
    for path in (tmp_path / "t.kml", packed):
        doubts: list[Fault] = []
        sheet = read_sheet(path, doubts=doubts)
        assert [texts(sheet, name) for name in ("床位", "餐位", "A&B", "kind")] == [
            ("20",), ("30",), ("1",), ("canteen",)]  # fmt: skip
        assert texts(sheet, find_columns(sheet, ["place_name"], required=())[0]["place_name"]) == (
            "甲站",
        )
        assert [d.key for d in doubts] == (["file.encoding"] if encoding == "gbk" else [])


@pytest.mark.parametrize("name", ["t.gdb", "t.fgb", "t.dxf", "t.gpkg"])
def test_other_map_files(tmp_path: Path, name: str) -> None:
    layer = points().to_crs(4544).astype({"容量": np.int32})
    layer = layer[["geometry"]] if name.endswith("dxf") else layer
    layer.to_file(tmp_path / name, driver="OpenFileGDB" if name.endswith("gdb") else None)
    sheet = read_sheet(tmp_path / name, datum="EPSG:4544" if name.endswith("dxf") else "wgs84")
    where = shapely.get_coordinates(sheet.geometry).round(4).tolist()
    assert sorted(where) == [[106.45, 29.58], [106.46, 29.55]]
    if name.endswith("gdb"):
        parts = {f"t.gdb/{p.name}": p.read_bytes() for p in (tmp_path / name).iterdir()}
        assert len(read_sheet(rezip(tmp_path / "t.zip", parts)).frame) == 2


def test_a_folder_that_only_calls_itself_a_geodatabase(tmp_path: Path) -> None:
    (tmp_path / "t.gdb").mkdir()
    assert fault_of(tmp_path / "t.gdb").key == "file.other_kind"


def test_layers_without_features_do_not_count(tmp_path: Path) -> None:
    points().to_file(tmp_path / "t.gpkg", layer="stations")
    points().iloc[:0].to_file(tmp_path / "t.gpkg", layer="drafts")
    assert len(read_sheet(tmp_path / "t.gpkg").frame) == 2


def test_curves_heights_measures_and_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    rows = {"名称": list("abc")}
    shapes = [shapely.Point(106.4, 29.5, 200), None, shapely.Point()]
    geopandas.GeoDataFrame(rows, geometry=shapes, crs=4326).to_file(path, layer="t")
    arc = struct.pack("<BII6d", 1, 8, 3, 106.4, 29.5, 106.5, 29.6, 106.6, 29.5)
    with sqlite3.connect(path) as base:
        base.execute("DROP TRIGGER IF EXISTS rtree_t_geom_update6")
        base.execute("DROP TRIGGER IF EXISTS rtree_t_geom_update7")
        names = [n for (n,) in base.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]
        for name in names:
            base.execute(f'DROP TRIGGER "{name}"')
        head = b"GP\x00\x01" + struct.pack("<i", 4326)
        base.execute("UPDATE t SET geom = ? WHERE fid = 2", (head + arc,))
    base.close()
    geometry = read_sheet(path).geometry
    assert geometry is not None
    assert (shapely.get_num_coordinates(geometry) > [0, 10, -1]).all()
    assert shapely.is_missing(geometry[2]) or shapely.is_empty(geometry[2])


# --- any bytes at all ---------------------------------------------------------------------------


def small_files() -> dict[str, bytes]:
    """Return one small sound file of each kind, made once."""
    out = {}
    book = io.BytesIO()
    pd.DataFrame({"名称": ["甲", "乙"], "经度": [106.4, 106.5]}).to_excel(book, index=False)
    out["xlsx"] = book.getvalue()
    with zipfile.ZipFile(io.BytesIO(book.getvalue())) as source:
        members = {n: source.read(n) for n in source.namelist()}
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    out["xlsm"] = stored.getvalue()
    out["xls"] = old_workbook([HEADERS, ("甲", 106.4, 29.5)])
    out["csv"] = '名称,经度\n甲,106.4\n"乙",106.5\n'.encode("gb18030")
    out["geojson"] = points().to_json().encode()
    out["kml"] = KML.format(FOLDER.format("甲")).encode()
    parquet = io.BytesIO()
    points().to_parquet(parquet)
    out["parquet"] = parquet.getvalue()
    return out


SMALL = small_files()
EDITS = st.lists(
    st.tuples(st.integers(0, 1 << 20), st.integers(0, 5), st.binary(max_size=6)),
    min_size=1, max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("suffix", SMALL)
@hypothesis.settings(
    max_examples=30, deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)  # fmt: skip
@hypothesis.given(edits=EDITS)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
def test_damaged_bytes_are_read_or_refused(
    tmp_path: Path, suffix: str, edits: list[tuple[int, int, bytes]]
) -> None:
    raw = bytearray(SMALL[suffix])
    for at, length, put in edits:
        at %= len(raw) + 1
        raw[at : at + length] = put
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(raw)
    try:
        sheet = read_sheet(path)
    except InputError as error:
        assert error.render("zh")
    else:
        for column in sheet.frame.columns[:1]:
            texts(sheet, column)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "geojson", "kml", "zip", "parquet"])
@hypothesis.settings(
    max_examples=30, deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)  # fmt: skip
@hypothesis.given(raw=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, suffix: str, raw: bytes) -> None:
    path = tmp_path / f"t.{suffix}"
    path.write_bytes(raw)
    try:
        read_sheet(path)
    except InputError as error:
        assert error.render("en")
