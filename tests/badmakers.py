"""Makers of bad and odd files: each returned function writes one file (and what belongs to it).

The files speak of three areas side by side, from west to east, of their people, and of two places
in them.
"""

import json
import os
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from quarterhour.inputs import Datum

Maker = Callable[[Path], object]
Rows = Sequence[Sequence[object]]

AREAS = ("青木关镇", "磁器口街道", "小龙坎街道")
WEST, SOUTH, WIDE = 106.40, 29.54, 0.02
PEOPLE = (("镇街", "常住人口", "60岁及以上"),
          ("青木关镇", 500, 150), ("磁器口街道", 2000, 500), ("小龙坎街道", 1000, 200))  # fmt: skip
COUNTS = [[500.0, 150.0], [2000.0, 500.0], [1000.0, 200.0]]
PLACES = (("名称", "类别", "经度", "纬度"),
          ("渝碚路站", "社区养老服务站", 106.45, 29.55),
          ("磁器口站", "社区养老服务站", 106.43, 29.55))  # fmt: skip
LONLAT = [[106.45, 29.55], [106.43, 29.55]]


def square(n: int, *, wide: float = WIDE, shift: float = 0.0) -> shapely.Polygon:
    """Return the n-th area, in degrees."""
    west = WEST + n * WIDE + shift
    return shapely.box(west, SOUTH, west + wide, SOUTH + WIDE)


# --- makers: tables -----------------------------------------------------------------------------


def book(*rows: Sequence[object], merge: Sequence[str] = (), **sheets: Rows) -> Maker:
    """Return a maker of a workbook: rows of its first sheet, then further sheets by name."""

    def make(path: Path) -> None:
        import openpyxl

        made = openpyxl.Workbook()
        for name, content in {"Sheet1": rows, **sheets}.items():
            page = made.active if name == "Sheet1" else made.create_sheet(name)
            page.title = name
            for row in content:
                page.append(list(row))
        for where in merge:
            made["Sheet1"].merge_cells(where)
        made.save(path)

    return make


def with_rows(rows: Rows, **changes: object) -> list[list[object]]:
    """Return rows with some cells changed, each named as Excel names it: ``B2=...``."""
    out = [list(row) for row in rows]
    for cell, value in changes.items():
        out[int(cell[1:]) - 1][ord(cell[0]) - ord("A")] = value
    return out


def csv_text(rows: Rows, *, comma: str = ",") -> str:
    """Return rows as the text of a csv."""
    return "".join(comma.join(map(str, row)) + "\r\n" for row in rows)


def text(content: str | bytes, encoding: str = "utf-8") -> Maker:
    """Return a maker of a text file."""
    raw = content.encode(encoding) if isinstance(content, str) else content
    return lambda path: path.write_bytes(raw)


def changed_zip(make: Maker, **members: Callable[[bytes], bytes] | bytes) -> Maker:
    """Return a maker of another maker's zip with members changed or added.

    A member is named by its path with ``__`` for slashes and ``_dot_`` for dots.
    """
    wanted = {k.replace("__", "/").replace("_dot_", "."): v for k, v in members.items()}

    def make_changed(path: Path) -> None:
        make(path)
        with zipfile.ZipFile(path) as source:
            held = {name: source.read(name) for name in source.namelist()}
        for name, change in wanted.items():
            held[name] = change(held[name]) if callable(change) else change
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            for name, content in held.items():
                target.writestr(name, content)

    return make_changed


def cut(make: Maker, part: float) -> Maker:
    """Return a maker of the first part of another maker's file."""

    def make_cut(path: Path) -> None:
        make(path)
        raw = path.read_bytes()
        path.write_bytes(raw[: int(len(raw) * part)])

    return make_cut


def bomb(path: Path) -> None:
    """Write a workbook whose sheet would grow to two gigabytes."""
    book(*PEOPLE)(path)
    blank = b" " * (1 << 24)
    with zipfile.ZipFile(path) as source:
        held = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name, content in held.items():
            with target.open(name, "w", force_zip64=True) as member:
                for _ in range(40 if name.endswith("sheet1.xml") else 0):
                    member.write(blank)
                member.write(content)


def lying_bomb(path: Path) -> None:
    """Write a workbook that grows beyond bounds and whose directory says that it is small."""
    bomb(path)
    raw = bytearray(path.read_bytes())
    at = 0
    while (at := raw.find(b"PK\x01\x02", at)) >= 0:
        name_size = struct.unpack_from("<H", raw, at + 28)[0]
        if raw[at + 46 : at + 46 + name_size].endswith(b"sheet1.xml"):
            struct.pack_into("<I", raw, at + 24, 2_000)
        at += 46
    path.write_bytes(raw)


def hidden_first(path: Path) -> None:
    """Write a workbook whose first sheet is hidden and holds last year's figures."""
    import openpyxl

    made = openpyxl.Workbook()
    for row in with_rows(PEOPLE, B2=1):
        made.active.append(row)
    made.active.sheet_state = "hidden"
    for row in PEOPLE:
        if made.sheetnames == ["Sheet"]:
            made.create_sheet("今年")
        made["今年"].append(list(row))
    made.active = 1
    made.save(path)


def merged_body(path: Path) -> None:
    """Write facilities whose kind stands once, in a cell merged over its rows."""
    book(*with_rows(PLACES, B3=None), merge=("B2:B3",))(path)


def compound(streams: Mapping[str, bytes]) -> bytes:
    """Return an OLE compound file, as old Office programs write."""
    sectors: list[bytes] = []
    table: list[int] = []
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)]
    for n, (name, content) in enumerate(streams.items(), 1):
        content = content.ljust(4096, b"\0")
        count = -(-len(content) // 512)
        first = len(sectors) + 2
        sectors += [content[at * 512 : (at + 1) * 512].ljust(512, b"\0") for at in range(count)]
        table += [*range(first + 1, first + count), 0xFFFFFFFE]
        right = n + 1 if n < len(streams) else 0xFFFFFFFF
        entries.append(_entry(name, 2, first, len(content), right=right))
    folder = b"".join(entries).ljust(512, b"\0")
    chains = struct.pack("<2I", 0xFFFFFFFD, 0xFFFFFFFE) + struct.pack(f"<{len(table)}I", *table)
    head = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0,
    )  # fmt: skip
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return head + chains.ljust(512, b"\xff") + folder + b"".join(sectors)


def _entry(
    name: str, kind: int, first: int, size: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF
) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", raw, len(raw), kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0,
        first, size,
    )  # fmt: skip


def old_xls(rows: Rows) -> Maker:
    """Return a maker of an xls of Excel 97, a record per cell."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def make(path: Path) -> None:
        cells = b""
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                at = struct.pack("<HHH", r, c, 0)
                if isinstance(cell, str):
                    said = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                    cells += record(0x0204, at + said)
                else:
                    cells += record(0x0203, at + struct.pack("<d", float(cell)))
        size = record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, len(rows[0]), 0))
        page = record(0x0809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + size
        page += cells + record(0x0A, b"")
        name = struct.pack("<BB", 6, 0) + b"Sheet1"
        start = record(0x0809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
        start += record(0x42, struct.pack("<H", 1200))
        length = len(start) + 4 + 6 + len(name) + 4
        start += record(0x85, struct.pack("<IBB", length, 0, 0) + name) + record(0x0A, b"")
        path.write_bytes(compound({"Workbook": start + page}))

    return make


def ods(rows: Rows) -> Maker:
    """Return a maker of an OpenDocument table."""

    def cell(value: object) -> str:
        if isinstance(value, str):
            kind = 'office:value-type="string"'
            return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    names = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"'
        for n in ("office", "table", "text")
    )
    body = "".join(f"<table:table-row>{''.join(map(cell, r))}</table:table-row>" for r in rows)
    content = (
        f'<?xml version="1.0"?><office:document-content{names} office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="Sheet1">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )

    def make(path: Path) -> None:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mimetype", kind)
            archive.writestr("content.xml", content)
            archive.writestr(
                "META-INF/manifest.xml",
                '<?xml version="1.0"?><manifest:manifest xmlns:manifest='
                '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
                f'manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
            )

    return make


def sparse(size: int) -> Maker:
    """Return a maker of a csv of a size that takes no room on the disk."""

    def make(path: Path) -> None:
        path.write_text(csv_text(PEOPLE), encoding="utf-8")
        os.truncate(path, size)

    return make


# --- makers: map files --------------------------------------------------------------------------


def layer(
    shapes: Sequence[shapely.Geometry] | None = None,
    names: Sequence[str] = AREAS,
    crs: str | None = "EPSG:4326",
    to: str | None = None,
    **more: Any,
) -> Maker:
    """Return a maker of a map file of areas, in the format that its name says."""

    def make(path: Path) -> None:
        import geopandas

        made = [square(n) for n in range(3)] if shapes is None else list(shapes)
        frame = geopandas.GeoDataFrame({"名称": list(names)}, geometry=made, crs=crs)
        frame = frame if to is None else frame.to_crs(to)
        if path.suffix == ".parquet":
            frame.to_parquet(path)
        else:
            frame.to_file(path, engine="pyogrio", **more)

    return make


def shapefile(encoding: str, cpg: str | None, *, drop: str = "", **more: Any) -> Maker:
    """Return a maker of a shapefile whose table is in one encoding and whose .cpg says another."""

    def make(path: Path) -> None:
        layer(encoding=encoding, **more)(path)
        path.with_suffix(".cpg").unlink(missing_ok=True)
        table = bytearray(path.with_suffix(".dbf").read_bytes())
        table[29] = 0  # the byte that may name the encoding too; programs leave it at 0
        path.with_suffix(".dbf").write_bytes(table)
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg)
        if drop:
            path.with_suffix(drop).unlink()

    return make


def features(*geometries: object, names: Sequence[str] = AREAS, **more: object) -> Maker:
    """Return a maker of a GeoJSON of geometries as they are, right or wrong."""

    def make(path: Path) -> None:
        found = [
            {"type": "Feature", "properties": {"名称": n, "常住人口": 100}, "geometry": g}
            for n, g in zip(names, geometries, strict=False)
        ]
        content = {"type": "FeatureCollection", **more, "features": found}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    return make


def polygon(*corners: tuple[float, ...]) -> dict[str, object]:
    """Return the GeoJSON of one ring."""
    return {"type": "Polygon", "coordinates": [[list(c) for c in corners]]}


def plain(n: int) -> dict[str, object]:
    """Return the GeoJSON of the n-th area."""
    return json.loads(shapely.to_geojson(square(n)))


def kml(body: str, *, head: str = "") -> str:
    """Return a KML around a body."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<kml xmlns="http://www.opengis.net/kml/2.2">'
        f"<Document><name>点位</name>{body}</Document></kml>"
    )


def placemarks(names: Sequence[str] = ("渝碚路站", "磁器口站")) -> str:
    """Return the places as a survey app writes them."""
    return "".join(
        f"<Placemark><name>{n}</name><Point><coordinates>{lon},{lat},210.5</coordinates></Point>"
        "</Placemark>"
        for n, (lon, lat) in zip(names, LONLAT, strict=True)
    )


def kmz(content: str) -> Maker:
    """Return a maker of a zipped KML."""

    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("doc.kml", content)

    return make


VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/http://127.0.0.1:9/x.csv'
    "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
)
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def in_zone(rows: Rows, code: str, *, swap: bool = False) -> list[list[object]]:
    """Return places whose degrees are metres of a system, rounded to a decimetre."""
    from pyproj import Transformer

    there = Transformer.from_crs(4326, code, always_xy=True)
    out = [list(rows[0])]
    for name, kind, lon, lat in rows[1:]:
        x, y = (round(v, 1) for v in there.transform(lon, lat))
        out.append([name, kind, *((y, x) if swap else (x, y))])
    return out


def shifted(rows: Rows, datum: str) -> list[list[object]]:
    """Return places in another datum."""
    out = [list(rows[0])]
    for name, kind, lon, lat in rows[1:]:
        there = Datum(datum).from_wgs84(float(lon), float(lat))
        out.append([name, kind, *(round(float(v), 7) for v in there)])
    return out


def many_corners(path: Path) -> None:
    """Write three areas with a million corners in all."""
    turn = np.linspace(0, 2 * np.pi, 340_000)
    rings = []
    for n in range(3):
        x = WEST + (n + 0.5) * WIDE + 0.0095 * np.cos(turn)
        y = SOUTH + 0.01 + 0.0095 * np.sin(turn)
        pairs = ",".join(
            f"[{a:.7f},{b:.7f}]" for a, b in zip(x[:-1].tolist(), y[:-1].tolist(), strict=True)
        )
        rings.append(f"[[{pairs},[{x[0]:.7f},{y[0]:.7f}]]]")
    parts = ",".join(
        f'{{"type":"Feature","properties":{{"名称":"{name}"}},'
        f'"geometry":{{"type":"Polygon","coordinates":{ring}}}}}'
        for name, ring in zip(AREAS, rings, strict=True)
    )
    path.write_text(f'{{"type":"FeatureCollection","features":[{parts}]}}', encoding="utf-8")


def study_naming(file: str) -> Maker:
    """Return a maker of a study whose facilities lie somewhere else."""

    def make(path: Path) -> None:
        book(*PEOPLE)(path.with_name("residents.xlsx"))
        layer()(path.with_name("areas.geojson"))
        path.write_text(
            f'[study]\nname = "x"\n\n[areas]\nfile = "areas.geojson"\n'
            '[streets]\nfile = "areas.geojson"\n'
            '[residents]\nfile = "residents.xlsx"\nby = "area"\n'
            f'[[facilities]]\nfile = {json.dumps(file)}\n', encoding="utf-8",
        )  # fmt: skip

    return make


def two_layers(path: Path) -> None:
    """Write a map file that does not say which of its layers is meant."""
    layer(layer="one")(path)
    layer(layer="two")(path)


def houses(lon: float = 106.45, **columns: Sequence[object]) -> Maker:
    """Return a maker of three footprints of about 400 square metres with some columns."""

    def make(path: Path) -> None:
        import geopandas

        shapes = [
            shapely.box(lon + n / 1e3, 29.55, lon + n / 1e3 + 2e-4, 29.5502) for n in range(3)
        ]
        frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs=4326)
        frame.to_file(path, engine="pyogrio")

    return make


def raster(west: float = WEST, bands: int = 1) -> Maker:
    """Return a maker of a population raster of 2 by 3 cells, one without data and two with none."""

    def make(path: Path) -> None:
        import rasterio
        from rasterio import Affine

        people = np.array([[10, -99999, 20], [0, 30, np.nan]], np.float32)
        with rasterio.open(
            path, "w", driver="GTiff", width=3, height=2, count=bands, dtype="float32",
            crs="EPSG:4326", transform=Affine(WIDE, 0, west, 0, -WIDE / 2, SOUTH + WIDE),
            nodata=-99999,
        ) as out:  # fmt: skip
            for band in range(bands):
                out.write(people, band + 1)

    return make
