"""The corpus of bad and odd files: ``python tests/badfiles.py FOLDER`` writes it.

A *case* is one file (or one file with those that belong to it), the reader it is for, and what is
expected of that reader: the values it must return and the notes and doubts it must leave, or the
faults, each with key, row and column, with which it must refuse. :func:`judge` tells whether a case
came out as expected. Nothing here is committed as a file: all are made where they are wanted.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from badmakers import (
    AREAS,
    COUNTS,
    LAUGHS,
    LONLAT,
    PEOPLE,
    PLACES,
    VRT,
    Maker,
    bomb,
    book,
    changed_zip,
    compound,
    csv_text,
    cut,
    features,
    hidden_first,
    houses,
    in_zone,
    kml,
    kmz,
    layer,
    lying_bomb,
    many_corners,
    merged_body,
    ods,
    old_xls,
    placemarks,
    plain,
    polygon,
    raster,
    shapefile,
    shifted,
    sparse,
    square,
    study_naming,
    text,
    two_layers,
    with_rows,
)
from quarterhour.errors import Fault, InputError
from quarterhour.inputs import Areas


@dataclass(frozen=True, slots=True)
class Case:
    """One file and what is expected of its reader.

    Attributes
    ----------
    name
        Its file name, or that of the one to hand to the reader.
    make
        Writes it (and what belongs to it) at a path.
    reader
        Name in ``READERS``.
    options
        What the reader is handed besides.
    values
        What it must return, by name in the reader's own telling; empty where it must refuse.
    says
        Keys of all notes and doubts that it must leave.
    faults
        Key, row and column of all faults with which it must refuse.
    """

    name: str
    make: Callable[[Path], object]
    reader: str
    options: Mapping[str, Any]
    values: Mapping[str, object]
    says: frozenset[str]
    faults: frozenset[tuple[str, int | None, str]]


CASES: list[Case] = []


def reads(
    name: str, make: Maker, reader: str, says: Iterable[str] = (), *,
    options: Mapping[str, Any] | None = None, **values: object,
) -> None:  # fmt: skip
    """Add a case that must be read."""
    CASES.append(
        Case(name, make, reader, options or {}, values, frozenset(says), frozenset())
    )  # fmt: skip


def refuses(
    name: str, make: Maker, reader: str, *faults: str | tuple[str, int | None, str], **options: Any
) -> None:
    """Add a case that must be refused; a bare key stands for a fault of the whole file."""
    found = frozenset((f, None, "") if isinstance(f, str) else f for f in faults)
    CASES.append(Case(name, make, reader, options, {}, frozenset(), found))


# --- judging ------------------------------------------------------------------------------------


@cache
def study_areas() -> Areas:
    """Return the three areas of the corpus, side by side from west to east."""
    from quarterhour.inputs import choose_plane

    plane = choose_plane(106.43, 29.55)
    shapes = plane.geometry_to_xy(np.array([square(n) for n in range(3)], object))
    return Areas(AREAS, ("town", "subdistrict", "subdistrict"), shapes, plane.crs)


def _lonlat(xy: np.ndarray) -> list[list[float]]:
    return study_areas().plane.to_lonlat(xy).round(5).tolist()


def _sheet(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs import read_sheet

    sheet = read_sheet(path, doubts=doubts, **options)
    return {
        "headers": list(sheet.frame.columns), "rows": sheet.rows.tolist(),
        "count": len(sheet.frame),
        "first": tuple(map(str, sheet.frame.iloc[:, :1].to_numpy().ravel())),
    }  # fmt: skip


def _residents(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs import read_residents

    options = {"by": "area", **options}
    found = read_residents(path, study_areas(), doubts=doubts, **options)
    return {
        "people": found.people.tolist(), "totals": found.totals.tolist(),
        "areas": found.area_index.tolist(), "groups": found.groups,
        "unknown": int(found.unknown.sum()),
    }  # fmt: skip


def _facilities(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs import read_facilities

    found = read_facilities(path, study_areas(), doubts=doubts, **options)
    return {
        "names": found.names, "kinds": found.kinds, "lonlat": _lonlat(found.xy_m),
        "storey": found.storey.tolist(), "capacity": found.capacity.tolist(),
    }  # fmt: skip


def _premises(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs import read_premises

    found = read_premises(path, study_areas(), doubts=doubts, **options)
    return {"names": found.names, "lonlat": _lonlat(found.xy_m),
            "floor_area_m2": found.floor_area_m2.tolist()}  # fmt: skip


def _areas(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs import read_areas

    found = read_areas(path, doubts=doubts, **options)
    size = shapely.area(found.polygons)
    west, south, east, north = shapely.total_bounds(found.polygons)
    (lon, _), (_, lat) = found.plane.to_lonlat(np.array([(west, south), (east, north)]))
    return {"names": found.names, "km2": [round(float(s) / 1e6, 1) for s in size],
            "west": round(float(lon), 3), "north": round(float(lat), 3)}  # fmt: skip


def _neighbours(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs.facilityfiles import read_neighbours

    found = read_neighbours(path, study_areas(), doubts=doubts, **options)
    return {"names": found.names, "lonlat": _lonlat(found.xy_m)}


def _buildings(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs.buildings import read_buildings

    found = read_buildings(path, study_areas(), doubts=doubts, **options)
    return {"count": len(found.floor_m2), "floor_m2": found.floor_m2.round(0).tolist()}


def _hazards(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs.hazards import read_hazards

    found = read_hazards(path, study_areas(), doubts=doubts, **options)
    return {"names": found.names, "kinds": found.kinds, "count": len(found.shapes)}


def _indicators(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs.indicators import read_indicators

    found = read_indicators(path, study_areas(), doubts=doubts, **options)
    return {"beds": found.beds.tolist(), "land": found.elder_care_land_m2.tolist()}


def _population(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.inputs.populationgrid import read_population_grid

    found = read_population_grid(path, study_areas(), doubts=doubts, **options)
    return {"cells": len(found.cells), "people": float(found.weight.sum())}


def _study(path: Path, doubts: list[Fault], **options: Any) -> dict[str, object]:
    from quarterhour.checking import check_study
    from quarterhour.errors import raise_if

    result = check_study(path)
    raise_if(f for f in result.faults if f.file not in ("areas.geojson", ""))
    return {}


READERS: dict[str, Callable[..., dict[str, object]]] = {
    "sheet": _sheet, "residents": _residents, "facilities": _facilities, "premises": _premises,
    "areas": _areas, "neighbours": _neighbours, "buildings": _buildings, "hazards": _hazards,
    "indicators": _indicators, "population": _population, "study": _study,
}  # fmt: skip


def judge(case: Case, folder: Path) -> str:
    """Make a case's file in an empty folder and read it; return what differs, or nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / case.name
    case.make(path)
    before = {p: (p.lstat().st_size, p.lstat().st_mtime_ns) for p in folder.rglob("*")}
    doubts: list[Fault] = []
    found: dict[str, object] = {}
    faults: frozenset[tuple[str, int | None, str]] = frozenset()
    try:
        found = READERS[case.reader](path, doubts, **case.options)
    except InputError as error:
        faults = frozenset((f.key, f.row, f.column) for f in error.faults)
        for fault in error.faults:
            fault.render("zh"), fault.render("en")
    for doubt in doubts:
        doubt.render("zh"), doubt.render("en")
    after = {p: (p.lstat().st_size, p.lstat().st_mtime_ns) for p in folder.rglob("*")}
    wrong = []
    if after != before:
        wrong.append(f"files changed: {sorted(p.name for p in after.keys() ^ before.keys())}")
    if faults != case.faults:
        wrong.append(f"faults {sorted(map(str, faults))}, not {sorted(map(str, case.faults))}")
    for name, value in case.values.items():
        if not faults and not _same(found.get(name), value):
            wrong.append(f"{name} {found.get(name)!r}, not {value!r}")
    said = frozenset(doubt.key for doubt in doubts)
    if not faults and said != case.says:
        wrong.append(f"says {sorted(said)}, not {sorted(case.says)}")
    return "; ".join(wrong)


def _same(found: object, wanted: object) -> bool:
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    if isinstance(wanted, float) and isinstance(found, float):
        return bool(np.isclose(found, wanted, rtol=1e-9, atol=2e-5, equal_nan=True))
    return (tuple(found) if isinstance(found, list) else found) == (
        tuple(wanted) if isinstance(wanted, list) else wanted
    )  # fmt: skip


# --- the cases ----------------------------------------------------------------------------------

# fmt: off
# Workbooks.
reads("plain.xlsx", book(*PEOPLE), "residents", people=COUNTS, areas=[0, 1, 2])
reads("merged title.xlsx",
      book(("沙坪坝区2024年人口统计表", None, None), ("填报单位：统计局", None, None), *PEOPLE,
           merge=("A1:C1", "A2:C2")), "residents", ("file.title_rows",), people=COUNTS)
reads("two rows of headers.xlsx",
      book(("镇街", "人口", None), (None, "常住人口", "60岁及以上"), *PEOPLE[1:],
           merge=("A1:A2", "B1:C1")), "residents", people=COUNTS)
reads("blank rows above.xlsx", book((), (None,), (), *PEOPLE), "residents", people=COUNTS)
reads("total.xlsx", book(*PEOPLE, ("合计", 3500, 850)), "residents", people=COUNTS)
reads("total that differs.xlsx", book(*PEOPLE, ("合  计", 3600, 850)), "residents",
      ("input.total_differs",), people=COUNTS)
reads("total first.xlsx", book(PEOPLE[0], ("全区", 3500, 850), *PEOPLE[1:]), "residents",
      people=COUNTS)
reads("footnotes.xlsx",
      book(*PEOPLE, (), ("注：数据为2024年末常住人口", None, None), ("填表人：王某", None, None)),
      "residents", ("file.footnotes",), people=COUNTS)
reads("ten thousands.xlsx",
      book(("镇街", "常住人口（万人）", "60岁及以上（人）"), ("青木关镇", 0.05, 150),
           ("磁器口街道", 0.2, 500), ("小龙坎街道", 0.1, 200)), "residents",
      ("file.scaled",), people=COUNTS)
reads("full width.xlsx",
      book(*with_rows(PEOPLE, A1="镇　街", B1="常住人口（人）", B2="５００", B3="２，０００",
                      A4="　小龙坎街道　")), "residents", people=COUNTS)
reads("numbers as text.xlsx",
      book(*with_rows(PEOPLE, B2="500", B3="2,000", B4=" 1000 ", C4="'200".strip("'"))),
      "residents", people=COUNTS)
reads("ten thousands in a cell.xlsx", book(*with_rows(PEOPLE, B3="1.2万")), "residents",
      people=[[500.0, 150.0], [12000.0, 500.0], [1000.0, 200.0]])
reads("units in cells.xlsx", book(*with_rows(PEOPLE, B3="2,000人")), "residents", people=COUNTS)
refuses("about.xlsx", book(*with_rows(PEOPLE, B3="约2000")), "residents",
        ("input.not_a_number", 3, "常住人口"))
refuses("per cent.xlsx", book(*with_rows(PEOPLE, C2="30%")), "residents",
        ("input.not_a_number", 2, "60岁及以上"))
refuses("decimal comma.xlsx", book(*with_rows(PEOPLE, C2="15,0")), "residents",
        ("input.not_a_number", 2, "60岁及以上"))
refuses("true.xlsx", book(*with_rows(PEOPLE, B2=True)), "residents",
        ("input.not_a_number", 2, "常住人口"))
refuses("error of Excel.xlsx", book(*with_rows(PEOPLE, B3="#REF!")), "residents",
        ("input.not_a_number", 3, "常住人口"))
refuses("formula never computed.xlsx", book(*with_rows(PEOPLE, B3="=1500+500")), "residents",
        ("file.formula_unsaved", 3, ""))
refuses("blank count.xlsx", book(*with_rows(PEOPLE, C3=None)), "residents",
        ("input.blank_cell", 3, "60岁及以上"))
refuses("negative.xlsx", book(*with_rows(PEOPLE, B2=-5, C2=-5)), "residents",
        ("input.negative", 2, "常住人口"), ("input.negative", 2, "60岁及以上"))
refuses("elders outnumber all.xlsx", book(*with_rows(PEOPLE, C2=501)), "residents",
        ("input.group_too_large", 2, "60岁及以上"))
refuses("header twice.xlsx", book(*with_rows(PEOPLE, C1="常住人口")), "residents",
        "people.group_twice")
refuses("area twice.xlsx", book(*with_rows(PEOPLE, A3="小龙坎街道")), "residents",
        ("input.twice", 4, "镇街"), "input.area_without_people")
refuses("renamed area.xlsx", book(*with_rows(PEOPLE, A3="瓷器口街道")), "residents",
        ("area.name_unknown_near", 3, "镇街"), "input.area_without_people")
reads("renamed area with an alias.xlsx", book(*with_rows(PEOPLE, A3="龙隐街道")), "residents",
      options={"aliases": {"龙隐街道": "磁器口街道"}}, people=COUNTS)
reads("short and long names.xlsx",
      book(*with_rows(PEOPLE, A2="青木关", A3="重庆市沙坪坝区磁器口街道",
                      A4="小龙坎街道办事处")), "residents", people=COUNTS)
reads("suppressed.xlsx", book(*with_rows(PEOPLE, C2="<5")), "residents",
      ("people.unknown_at_most",), people=[[500.0, 0.0], *COUNTS[1:]], unknown=1)
refuses("no column of people.xlsx", book(("镇街", "备注"), ("青木关镇", "x")), "residents",
        "input.no_groups")
refuses("no column of areas.xlsx", book(("名字", "常住人口"), ("青木关镇", 5)), "residents",
        "input.missing_column")
reads("first sheet empty.xlsx", book(数据=PEOPLE), "residents", ("file.sheet_taken",),
      people=COUNTS)
reads("several sheets.xlsx", book(*PEOPLE, 旧=with_rows(PEOPLE, B2=1)), "residents",
      ("file.sheets_unread",), people=COUNTS)
reads("hidden first sheet.xlsx", hidden_first, "residents", ("file.sheet_taken",), people=COUNTS)
refuses("headers only.xlsx", book(PEOPLE[0]), "residents", "input.empty_table")
refuses("nothing at all.xlsx", book(), "residents", "input.empty_table")
reads("merged body.xlsx", merged_body, "facilities", ("file.filled_down",),
      kinds=("care_station", "care_station"))
reads("a thousand blank rows.xlsx", book(*PEOPLE, *[(None,)] * 1000), "residents", people=COUNTS)
reads("two hundred columns.xlsx",
      book(*([*row, *[f"{n}" for n in range(197)]] for row in PEOPLE)), "residents",
      people=COUNTS)
reads("old.xls", old_xls(PEOPLE), "residents", people=COUNTS)
reads("open document.ods", ods(PEOPLE), "residents", people=COUNTS)
reads("xlsx under the name of xls.xls", book(*PEOPLE), "residents", people=COUNTS)
refuses("csv under the name of xlsx.xlsx", text(csv_text(PEOPLE)), "residents", "file.no_workbook")
refuses("web page under the name of xls.xls",
        text("<html><table><tr><td>镇街</td></tr></table></html>"), "residents",
        "file.no_workbook")
refuses("password.xlsx",
        text(compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"\4\0\4\0"})),
        "residents", "file.password")
refuses("cut in half.xlsx", cut(book(*PEOPLE), 0.5), "residents", "file.broken_zip")
refuses("no zip.xlsx", text(b"PK\x03\x04" + b"\0" * 3000), "residents", "file.broken_zip")
refuses("sheet that is no xml.xlsx",
        changed_zip(book(*PEOPLE), xl__worksheets__sheet1_dot_xml=b"<worksheet><oops"),
        "residents", "input.unreadable")
refuses("bomb.xlsx", bomb, "residents", "file.zip_bomb")
refuses("lying bomb.xlsx", lying_bomb, "residents", "file.broken_zip")
refuses("laughs.xlsx",
        changed_zip(book(*PEOPLE), xl__worksheets__sheet1_dot_xml=lambda raw: (
            b'<?xml version="1.0"?>' + LAUGHS.encode() + raw[raw.find(b"<worksheet"):])),
        "residents", "file.xml_entities")
reads("link to another workbook.xlsx",
      changed_zip(book(*PEOPLE), xl__externalLinks__externalLink1_dot_xml=(
          b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>')),
      "residents", ("file.external_links",), people=COUNTS)
refuses("member that climbs out.xlsx",
        changed_zip(book(*PEOPLE), **{".._dot_": b""}, **{"..__..__evil_dot_txt": b"x"}),
        "residents", "file.zip_path")

# Texts with commas.
for _name, _encoding, _says in (
    ("utf-8.csv", "utf-8", ()), ("utf-8-sig.csv", "utf-8-sig", ()),
    ("gb18030.csv", "gb18030", ("file.encoding",)), ("utf-16.csv", "utf-16", ("file.encoding",)),
):
    reads(_name, text(csv_text(PEOPLE), _encoding), "residents", _says, people=COUNTS)
reads("big5.csv",
      text(csv_text((("名稱", "類別", "備註"),
                     ("渝碚路老人食堂", "社區食堂", "設於一樓，設有無障礙"),
                     ("磁器口養老站", "養老服務站", "開放時間為上午九時"))), "big5"),
      "sheet", ("file.encoding",), headers=["名稱", "類別", "備註"])
refuses("no text.csv", text(b"\x80\xff\x00\x81" * 50), "residents", "input.unreadable")
refuses("nul in the middle.csv", text(csv_text(PEOPLE).replace("2000", "20\x0000")), "residents",
        ("input.not_a_number", 3, "常住人口"))
reads("semicolons.csv", text(csv_text(PEOPLE, comma=";")), "residents", ("file.separator",),
      people=COUNTS)
reads("tabs.tsv", text(csv_text(PEOPLE, comma="\t")), "residents", people=COUNTS)
reads("full-width commas.txt", text(csv_text(PEOPLE, comma="，")), "residents", people=COUNTS)
refuses("line ends in cells.csv",
        text('镇街,常住人口,60岁及以上\r\n"青木关镇",500,150\r\n"磁器口\n街道",多,5\r\n'
             "小龙坎街道,少,5\r\n"), "residents",
        ("input.not_a_number", 3, "常住人口"), ("input.not_a_number", 4, "常住人口"))
refuses("quote left open.csv", text(csv_text(PEOPLE).replace("磁器口", '"磁器口')), "residents",
        ("file.open_quote", 3, ""))
refuses("infinite.csv", text(csv_text(with_rows(PEOPLE, B2="inf", C2="nan"))), "residents",
        ("input.not_a_number", 2, "常住人口"), ("input.not_a_number", 2, "60岁及以上"))
reads("longer rows.csv", text(csv_text([*PEOPLE[:3], (*PEOPLE[3], "", "")])), "residents",
      people=COUNTS)
refuses("a gigabyte.csv", sparse(1 << 30), "residents", "file.too_large")
refuses("twenty thousand columns.csv",
        text(csv_text([[*row, *range(20_000)] for row in PEOPLE])), "residents",
        "file.too_many_columns")
refuses("empty.csv", text(""), "residents", "input.empty_table")
refuses("headers only.csv", text(csv_text(PEOPLE[:1])), "residents", "input.empty_table")
refuses("blank lines.csv", text("\r\n \r\n,,\r\n"), "residents", "input.empty_table")
refuses("folder.csv", lambda path: path.mkdir(), "residents", "input.is_a_folder")
refuses("not there.csv", lambda path: None, "residents", "input.missing_file")
if hasattr(os, "mkfifo"):
    refuses("pipe.csv", os.mkfifo, "residents", "file.not_regular")
    refuses("device.csv", lambda path: path.symlink_to("/dev/zero"), "residents",
            "file.not_regular")
refuses("report.docx", text("x"), "residents", "input.unknown_format")
reads("persons.csv",
      text(csv_text((("名称", "类别", "经度", "纬度", "负责人", "联系电话", "身份证号"),
                     ("渝碚路站", "养老站", 106.45, 29.55, "王某", "13800138000",
                      "11010519491231002X")))), "sheet",
      ("file.private_header_id_number", "file.private_header_person",
       "file.private_header_telephone"),
      headers=["名称", "类别", "经度", "纬度"])

# Places.
reads("places.csv", text(csv_text(PLACES)), "facilities", lonlat=LONLAT)
reads("gcj02.csv", text(csv_text(shifted(PLACES, "gcj02"))), "facilities",
      options={"datum": "gcj02"}, lonlat=LONLAT)
reads("bd09.csv", text(csv_text(shifted(PLACES, "bd09"))), "facilities",
      options={"datum": "bd09"}, lonlat=LONLAT)
reads("zone metres declared.csv", text(csv_text(in_zone(PLACES, "EPSG:4544"))), "facilities",
      options={"datum": "EPSG:4544"}, lonlat=LONLAT)
refuses("zone metres.csv", text(csv_text(in_zone(PLACES, "EPSG:4544"))), "facilities",
        ("datum.metres", 2, ""))
refuses("zone metres with the zone's number.csv", text(csv_text(in_zone(PLACES, "EPSG:4523"))),
        "facilities", ("datum.metres", 2, ""))
refuses("north before east.csv", text(csv_text(in_zone(PLACES, "EPSG:4544", swap=True))),
        "facilities", ("datum.metres_swapped", 2, ""))
refuses("the city's own system.csv",
        text(csv_text(with_rows(PLACES, C2=65_123.4, D2=72_345.6, C3=63_100.1, D3=72_300.9))),
        "facilities", ("datum.metres_unknown", 2, ""))
refuses("swapped.csv", text(csv_text(with_rows(PLACES, C1="纬度", D1="经度"))), "facilities",
        ("input.all_swapped", 2, ""))
refuses("one swapped.csv", text(csv_text(with_rows(PLACES, C2=29.55, D2=106.45))), "facilities",
        ("input.swapped", 2, ""))
refuses("far away.csv", text(csv_text(with_rows(PLACES, C2=116.4, D2=39.9))), "facilities",
        ("input.far_away", 2, ""))
refuses("not a number in a position.csv", text(csv_text(with_rows(PLACES, C3="不详"))),
        "facilities", ("input.not_a_number", 3, "经度"))
refuses("no kind.csv", text(csv_text(with_rows(PLACES, B2=""))), "facilities",
        ("input.blank_cell", 2, "类别"))
reads("without a position.csv", text(csv_text(with_rows(PLACES, C3="", D3=""))), "facilities",
      ("facility.not_located",), names=("渝碚路站",))
reads("at zero.csv", text(csv_text(with_rows(PLACES, C3=0, D3=0))), "facilities",
      ("facility.not_located",), names=("渝碚路站",))
refuses("no position at all.csv",
        text(csv_text(with_rows(PLACES, C2="", D2="", C3="", D3=""))), "facilities",
        "facility.none_located")
reads("degrees and minutes.csv",
      text(csv_text(with_rows(PLACES, C2="106°27′00″", D2="29°33′00″"))), "facilities",
      lonlat=LONLAT)
reads("page in a name.csv",
      text(csv_text(with_rows(PLACES, A2="<script>alert(1)</script>", A3="<img src=x onerror=1>"))),
      "facilities", names=("<script>alert(1)</script>", "<img src=x onerror=1>"))
reads("formulas in names.csv",
      text(csv_text(with_rows(PLACES, A2="=cmd|'/c calc'!A1", A3="+SUM(1)"))), "facilities",
      names=("=cmd|'/c calc'!A1", "+SUM(1)"))
reads("signs that cannot be seen.csv",
      text(csv_text(with_rows(PLACES, A2="渝\u200b碚\u202e路\x1b[31m站"))), "facilities",
      names=("渝 碚 路 [31m站", "磁器口站"))
reads("entered twice.csv", text(csv_text([*PLACES, PLACES[1]])), "facilities",
      ("facility.twice",))
reads("own kind.csv", text(csv_text(with_rows(PLACES, B2="茶馆"))), "facilities",
      ("input.own_kind",), kinds=("茶馆", "care_station"))
reads("storeys.csv",
      text(csv_text([(*row, s) for row, s in zip(PLACES, ("楼层", "负一层", "3楼"), strict=True)])),
      "facilities", storey=[-1.0, 3.0])
reads("total among places.csv",
      text(csv_text([*PLACES, ("合计", "2个", "", "")])), "facilities", ("facility.total_row",),
      names=("渝碚路站", "磁器口站"))
refuses("lift perhaps.csv",
        text(csv_text([(*row, s) for row, s in zip(PLACES, ("电梯", "也许", "有"), strict=True)])),
        "facilities", ("input.not_yes_no", 2, "电梯"))

# Map files of points.
reads("survey.kml", text(kml(placemarks())), "facilities", options={"kind": "care_station"},
      names=("渝碚路站", "磁器口站"), lonlat=LONLAT)
reads("survey.kmz", kmz(kml(placemarks())), "facilities", options={"kind": "care_station"},
      lonlat=LONLAT)
refuses("laughs.kml", text(kml(placemarks(), head=LAUGHS)), "facilities", "file.xml_entities",
        kind="care_station")
refuses("laughs.kmz", kmz(kml(placemarks(), head=LAUGHS)), "facilities", "file.xml_entities",
        kind="care_station")
reads("link to the web.kml",
      text(kml(placemarks() + "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link>"
                              "</NetworkLink>")), "facilities",
      options={"kind": "care_station"}, lonlat=LONLAT)
refuses("cut.kml", cut(text(kml(placemarks())), 0.7), "facilities", "input.unreadable",
        kind="care_station")
reads("points.geojson",
      features({"type": "Point", "coordinates": LONLAT[0]},
               {"type": "Point", "coordinates": LONLAT[1]}, names=("渝碚路站", "磁器口站")),
      "facilities", options={"kind": "care_station"},
      lonlat=LONLAT)
reads("a point without a place.geojson",
      features({"type": "Point", "coordinates": LONLAT[0]}, None, names=("a", "b")), "facilities",
      ("facility.not_located",), options={"kind": "care_station"}, names=("a",))


# Areas.
KM2 = [4.3, 4.3, 4.3]
# FlatGeobuf keeps its features in the order of its index.
for _name, _order in (("areas.geojson", (0, 1, 2)), ("areas.gpkg", (0, 1, 2)),
                      ("areas.shp", (0, 1, 2)), ("areas.parquet", (0, 1, 2)),
                      ("areas.fgb", (2, 0, 1))):
    reads(_name, layer(**({"encoding": "utf-8"} if _name.endswith("shp") else {})), "areas",
          names=tuple(AREAS[n] for n in _order), km2=KM2)
reads("zone metres.gpkg", layer(to="EPSG:4544"), "areas", names=AREAS, west=106.4, north=29.56)
reads("cgcs2000.geojson", layer(to="EPSG:4490"), "areas", names=AREAS, km2=KM2)
reads("gbk without cpg.shp", shapefile("gbk", None), "areas", ("file.encoding",), names=AREAS)
reads("gbk with a wrong cpg.shp", shapefile("gbk", "UTF-8"), "areas", ("file.wrong_cpg",),
      names=AREAS)
reads("utf-8 with a wrong cpg.shp", shapefile("utf-8", "GBK"), "areas", ("file.wrong_cpg",),
      names=AREAS)
refuses("without an index.shp", shapefile("gbk", "GBK", drop=".shx"), "areas",
        "file.part_missing")
refuses("without a table.shp", shapefile("gbk", "GBK", drop=".dbf"), "areas", "file.part_missing")
refuses("without a system, in metres.shp", shapefile("gbk", "GBK", drop=".prj", to="EPSG:4544"),
        "areas", "datum.no_system_metres")
refuses("in the city's own system.gpkg",
        layer([shapely.affinity.translate(square(n), 0, 0) for n in range(3)],
              crs='LOCAL_CS["重庆独立坐标系",UNIT["metre",1]]'), "areas",
        "datum.local_system")
refuses("cut.shp", cut(shapefile("gbk", "GBK"), 0.6), "areas",
        ("input.not_a_polygon", 2, ""), ("input.not_a_polygon", 3, ""))
for _name in ("list of files.geojson", "list of files.gpkg", "list of files.kml",
              "list of files.shp", "list of files.json"):
    refuses(_name, text(VRT), "areas", "file.other_kind")
refuses("list of files.vrt", text(VRT), "areas", "input.unknown_format")
reads("a million corners.geojson", many_corners, "sheet", first=AREAS, count=3)
refuses("ring left open.geojson",
        features(polygon((106.4, 29.54), (106.42, 29.54), (106.42, 29.56))), "areas",
        "input.unreadable")
refuses("not a number.geojson",
        features(polygon((106.4, 29.54), (float("nan"), 29.54), (106.42, 29.56), (106.4, 29.54))),
        "areas", ("input.shape_not_degrees", 1, ""))
refuses("cut.geojson", cut(features(*map(plain, range(3))), 0.8), "areas", "input.unreadable")
refuses("no geojson.json", text('{"a": [1, 2]}'), "areas", "file.other_kind")
refuses("deep.geojson", text('{"type":"Feature","properties":' + "[" * 100_000), "areas",
        "input.unreadable")
refuses("no features.geojson", features(), "areas", "input.empty_table")
refuses("a shape missing.geojson", features(plain(0), None, plain(2)), "areas",
        ("input.not_a_polygon", 2, ""))
refuses("lines.geojson",
        features(*({"type": "LineString", "coordinates": [[106.4, 29.5], [106.5, 29.6]]},) * 2),
        "areas", ("input.not_a_polygon", 1, ""), ("input.not_a_polygon", 2, ""))
reads("three dimensions.geojson",
      features(plain(0), plain(1), polygon((106.44, 29.54, 200), (106.46, 29.54, 210),
                                           (106.46, 29.56, 220), (106.44, 29.56, 230),
                                           (106.44, 29.54, 200))), "areas", names=AREAS, km2=KM2)
refuses("latitude first.geojson",
        features(polygon((29.54, 106.4), (29.54, 106.42), (29.56, 106.42), (29.54, 106.4))),
        "areas", ("input.shape_not_degrees", 1, ""))
refuses("metres under the name of degrees.geojson",
        features(polygon((349_000, 3_269_000), (351_000, 3_269_000), (351_000, 3_271_000),
                         (349_000, 3_269_000))), "areas",
        ("input.shape_not_degrees", 1, ""))
refuses("a bow tie.geojson",
        features(polygon((106.4, 29.54), (106.42, 29.56), (106.42, 29.54), (106.4, 29.56),
                         (106.4, 29.54)), plain(1), plain(2)), "areas",
        ("area.crossing_refused", 1, ""))
reads("a spike.geojson",
      features(polygon((106.4, 29.54), (106.42, 29.54), (106.42, 29.55), (106.421, 29.55),
                       (106.42, 29.55), (106.42, 29.56), (106.4, 29.56), (106.4, 29.54)),
               plain(1), plain(2)), "areas",
      ("area.crossing_mended", "area.overlap_mended"), names=AREAS, km2=KM2)
refuses("overlap.geojson", layer([square(0), square(1, wide=0.03), square(2)]), "areas",
        ("area.overlap_refused", 3, ""))
reads("slivers.geojson", layer([square(0, wide=0.02005), square(1), square(2)]), "areas",
      ("area.overlap_mended",), names=AREAS, km2=KM2)
refuses("area twice.geojson", layer(names=(AREAS[0], AREAS[1], AREAS[1])), "areas",
        ("input.twice", 3, ""))
refuses("area without a name.geojson", layer(names=(AREAS[0], "", AREAS[2])), "areas",
        ("input.blank_cell", 2, "名称"))
refuses("cut.gpkg", cut(layer(), 0.3), "areas", "input.unreadable")
refuses("cut.parquet", cut(layer(), 0.9), "areas", "input.unreadable")
refuses("cut.fgb", cut(layer(), 0.9), "areas", "input.unreadable")
refuses("table without shapes.parquet",
        lambda path: pd.DataFrame({"名称": AREAS}).to_parquet(path), "areas",
        "area.no_shapes")
refuses("two layers.gpkg", two_layers, "areas", "input.several_layers")
reads("centroids.csv",
      text(csv_text((("名称", "经度", "纬度"), (AREAS[0], 106.41, 29.55), (AREAS[1], 106.43, 29.55),
                     (AREAS[2], 106.45, 29.551)))), "areas", ("area.approximate_no_outline",),
      names=AREAS)

# Residents at points and in cells.
CELLS = (("经度", "纬度", "常住人口"), (106.45, 29.55, 120), (106.43, 29.55, 80))
reads("points.csv", text(csv_text(CELLS)), "residents", options={"by": "point"},
      people=[[120.0], [80.0]], areas=[2, 1])
reads("homes of few.csv",
      text(csv_text((CELLS[0], (106.45, 29.55, 4), (106.4501, 29.55, 8), (106.43, 29.55, 80)))),
      "residents", ("people.held",), options={"by": "point"}, people=[[12.0], [80.0]])

# What else a study may bring.
reads("premises.csv",
      text(csv_text((("名称", "经度", "纬度", "建筑面积（㎡）", "电梯"),
                     ("老厂房", 106.45, 29.55, "１，２００", "无")))), "premises",
      names=("老厂房",), floor_area_m2=[1200.0])
refuses("premises without a name.csv",
        text(csv_text((("名称", "经度", "纬度"), ("", 106.45, 29.55)))), "premises",
        ("input.blank_cell", 2, "名称"))
reads("neighbours.csv", text(csv_text(with_rows(PLACES, C2=106.47, C3=106.48))), "neighbours",
      names=("渝碚路站", "磁器口站"), lonlat=[[106.47, 29.55], [106.48, 29.55]])
reads("neighbours within the study.csv", text(csv_text(with_rows(PLACES, C2=106.47))),
      "neighbours", ("facility.neighbour_inside",), names=("渝碚路站", "磁器口站"))
reads("houses.geojson", houses(层数=("6", "6/1", "3层"), 用途=("住宅", "商住", "学校")),
      "buildings", ("facility.buildings_used",), count=2)
refuses("houses elsewhere.geojson", houses(lon=116.4, 层数=(1, 1, 1)), "buildings",
        "facility.none_inside")
refuses("nobody lives here.geojson", houses(用途=("学校", "工业", "办公")), "buildings",
        "facility.no_homes")
reads("hazard that crosses itself.geojson",
      features(polygon((106.41, 29.55), (106.43, 29.57), (106.43, 29.55), (106.41, 29.57),
                       (106.41, 29.55)), names=("滑坡",)), "hazards",
      ("facility.shapes_mended",), names=("滑坡",), count=1)
refuses("hazard far away.geojson", features(polygon((100, 20), (100, 21), (101, 21), (100, 20))),
        "hazards", "facility.none_inside")
BEDS = (("镇街", "床位数", "护理型床位数", "养老服务设施用地面积（公顷）"),
        ("青木关镇", 50, 20, 1.5), ("磁器口街道", "", "", ""), ("小龙坎街道", 80, 80, 0.2))
reads("indicators.csv", text(csv_text(BEDS)), "indicators", ("file.scaled",),
      beds=[50.0, float("nan"), 80.0], land=[15000.0, float("nan"), 2000.0])
refuses("part above its whole.csv", text(csv_text(with_rows(BEDS, C2=51))), "indicators",
        ("facility.part_above_whole", 2, "护理型床位数"))
refuses("land in people.csv",
        text(csv_text(with_rows(BEDS, D1="养老服务设施用地面积（人）"))), "indicators",
        ("facility.unit", None, "养老服务设施用地面积（人）"))
reads("population.tif", raster(), "population", cells=3, people=60.0)
refuses("list of files.tif", text(VRT), "population", "people.no_raster")
refuses("cut.tif", cut(raster(), 0.3), "population", "input.unreadable")
refuses("picture.tif", raster(bands=3), "population", "people.grid_bands")
refuses("population elsewhere.tif", raster(west=116.0), "population", "people.grid_elsewhere")

# Found by fuzzing.
refuses("a ring of nothing.geojson", features({"type": "Polygon", "coordinates": [[]]}),
        "facilities", "facility.none_located", kind="care_station")
refuses("beyond all bounds.csv", text(csv_text(with_rows(PLACES, C2=1e308, C3=1e308))),
        "facilities", ("datum.metres_unknown", 2, ""))
refuses("beyond all bounds.geojson",
        features(*({"type": "Point", "coordinates": [1e308, 1e308]},) * 2), "facilities",
        ("datum.metres_unknown", 1, ""), kind="care_station")
refuses("a part of nothing.geojson",
        features({"type": "MultiPolygon", "coordinates": [[[]], [[[106.4375, 29.5625]] * 4]]}),
        "areas", ("input.not_a_polygon", 1, ""))
refuses("no wider than a line.geojson",
        features(polygon(*[(106.4375, 29.5625)] * 4),
                 polygon((106.4375, 29.5625), (106.40625, 29.5625), (106.46875, 29.5625),
                         (106.4375, 29.5625))), "areas", ("input.not_a_polygon", 1, ""))
for _reader in ("areas", "facilities", "hazards"):
    refuses(f"longitude twice, {_reader}.csv",
            text(csv_text([(*row, x) for row, x in zip(PLACES, ("经度", 1, 2), strict=True)])),
            _reader, "input.header_twice")

# Studies.
PASSWD = "../" * 20 + "etc/passwd"
refuses("climbs.toml", study_naming(PASSWD), "study", "input.unknown_format")
refuses("absolute.toml", study_naming("/etc/passwd"), "study", "input.unknown_format")
refuses("on the web.toml", study_naming("https://127.0.0.1:9/x.csv"), "study",
        ("input.missing_file", 12, ""))
refuses("on the web for GDAL.toml", study_naming("/vsicurl/http://127.0.0.1:9/x.geojson"),
        "study", ("input.missing_file", 12, ""))
# fmt: on


def write(folder: Path) -> None:
    """Write every case's files, each in a folder of its own that its name begins."""
    for number, case in enumerate(CASES, 1):
        home = folder / f"{number:03d} {case.reader}"
        home.mkdir(parents=True, exist_ok=True)
        case.make(home / case.name)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    sys.stdout.write(f"{len(CASES)}\n")
