"""The room that makes files repeat: the clock and the order of keys leave no mark."""

import datetime
import re
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest

from quarterhour.samebytes import (
    PDF_METADATA,
    PNG_METADATA,
    digest_file,
    digest_of,
    settle_ids,
    settle_zip,
    settled_geopackage,
    write_json,
    write_text,
)


def workbook(path: Path, created: datetime.datetime) -> Path:
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": created, "title": "表"})
        book.add_worksheet("页").write(0, 0, "甲")
    return path


def document(path: Path, created: datetime.datetime) -> Path:
    import docx

    file = docx.Document()
    file.add_paragraph("甲")
    file.core_properties.created = file.core_properties.modified = created
    file.save(path)
    return path


@pytest.mark.parametrize("make", [workbook, document])
def test_zip_files_forget_the_clock(make, tmp_path: Path) -> None:
    early = make(tmp_path / "a.zip", datetime.datetime(1993, 2, 3, 4, 5, 6))
    late = make(tmp_path / "b.zip", datetime.datetime(2031, 1, 1))
    assert early.read_bytes() != late.read_bytes()
    with zipfile.ZipFile(early) as archive:
        before = {n: archive.read(n) for n in archive.namelist()}
    settle_zip(early)
    settle_zip(late)
    assert early.read_bytes() == late.read_bytes()
    with zipfile.ZipFile(early) as archive:
        assert archive.testzip() is None
        after = {n: archive.read(n) for n in archive.namelist()}
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert list(after) == list(before)
    assert {n for n in after if after[n] != before[n]} == {"docProps/core.xml"}
    assert b"1993" not in after["docProps/core.xml"]
    assert after["docProps/core.xml"].count(b"1980-01-01T00:00:00Z") == 2


def test_settled_files_still_open_and_settling_twice_changes_nothing(tmp_path: Path) -> None:
    import docx
    import openpyxl

    day = datetime.datetime(2020, 1, 1)
    sheet, text = workbook(tmp_path / "a.xlsx", day), document(tmp_path / "a.docx", day)
    for path in (sheet, text):
        settle_zip(path)
        once = path.read_bytes()
        settle_zip(path)
        assert path.read_bytes() == once
    assert openpyxl.load_workbook(sheet)["页"]["A1"].value == "甲"
    assert docx.Document(str(text)).paragraphs[0].text == "甲"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.docx", "a.xlsx"]


def test_random_ids_are_numbered_in_their_order() -> None:
    a, b = "0123456789abcdef" * 2, "f" * 32
    html = f"map_{b} = 1; layer_{a}_add(map_{b}); #map_{b}{{}} {a}"
    other = html.replace(a, "9" * 31 + "a").replace(b, "8" * 31 + "c")
    assert settle_ids(html) == settle_ids(other)
    assert settle_ids(html) == (
        f"map_{1:032d} = 1; layer_{2:032d}_add(map_{1:032d}); #map_{1:032d}{{}} {2:032d}"
    )


def test_longer_runs_of_digits_are_no_ids() -> None:
    digest = "ab" * 32
    assert settle_ids(f"sha256:{digest} x{'c' * 31}") == f"sha256:{digest} x{'c' * 31}"


def test_settling_settled_ids_changes_nothing() -> None:
    once = settle_ids(f"a_{'e' * 32} b_{'d' * 32}")
    assert settle_ids(once) == once


def test_geopackages_carry_a_fixed_day(tmp_path: Path) -> None:
    import geopandas
    import pyogrio
    import shapely

    layer = geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=4544)
    with settled_geopackage():
        layer.to_file(tmp_path / "a.gpkg")
        layer.to_file(tmp_path / "b.gpkg", layer="a")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        (day,) = base.execute("SELECT last_change FROM gpkg_contents").fetchone()
    base.close()
    assert day.startswith("1980-01-01")


def test_the_setting_is_given_back_even_after_a_failure() -> None:
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        with pytest.raises(ZeroDivisionError), settled_geopackage():
            raise ZeroDivisionError
        kept = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
        assert kept == "2000-01-01T00:00:00.000Z"
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def test_json_and_texts_are_the_same_on_every_platform(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "甲\n"})
    write_json(tmp_path / "b.json", {"a": "甲\n", "b": 1})
    raw = (tmp_path / "a.json").read_bytes()
    assert raw == (tmp_path / "b.json").read_bytes()
    assert "甲".encode() in raw and b"\r" not in raw and raw.endswith(b"}\n")
    write_text(tmp_path / "t.txt", "一\n二")
    assert (tmp_path / "t.txt").read_bytes() == "一\n二".encode()


def test_digests(tmp_path: Path) -> None:
    write_text(tmp_path / "t", "abc")
    assert digest_file(tmp_path / "t") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert digest_of({"a": 1, "b": (2, Path("x"))}) == digest_of({"b": (2, Path("x")), "a": 1})
    assert digest_of(1, 2) != digest_of(12) != digest_of("1", 2)
    assert re.fullmatch(r"[0-9a-f]{64}", digest_of(float("inf"), None))


def test_pictures_carry_no_clock_and_no_version(tmp_path: Path) -> None:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib.figure import Figure

    for name in ("a", "b"):
        figure = Figure(figsize=(1, 1))
        figure.add_subplot().plot(np.arange(3))
        figure.savefig(tmp_path / f"{name}.pdf", metadata=dict(PDF_METADATA))
        figure.savefig(tmp_path / f"{name}.png", metadata=dict(PNG_METADATA))
    for suffix in ("pdf", "png"):
        raw = (tmp_path / f"a.{suffix}").read_bytes()
        assert raw == (tmp_path / f"b.{suffix}").read_bytes()
        assert b"CreationDate" not in raw and b"matplotlib" not in raw.lower()
