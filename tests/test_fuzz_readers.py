"""Whatever a file holds, a reader returns or raises InputError, and writes nothing beside it.

``QUARTERHOUR_FUZZ=5000`` sets how many examples each test takes; a few by default.
"""

import io
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import badfiles
import badmakers
from quarterhour.errors import InputError

EXAMPLES = int(os.environ.get("QUARTERHOUR_FUZZ", "0"))
BYTES = st.binary(min_size=1, max_size=12)

Reader = tuple[str, dict[str, object]]
TABLES: list[Reader] = [
    ("residents", {}), ("residents", {"by": "point"}), ("residents", {"by": "street"}),
    ("facilities", {}), ("premises", {}), ("sheet", {}), ("areas", {}), ("neighbours", {}),
    ("hazards", {}), ("indicators", {}), ("population", {}),
]  # fmt: skip
MAPS: list[Reader] = [
    ("areas", {}), ("facilities", {"kind": "care_station"}), ("residents", {"by": "grid"}),
    ("residents", {"by": "point"}), ("buildings", {}), ("hazards", {}), ("population", {}),
    ("sheet", {}),
]  # fmt: skip


def some(count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Limit a property to a few examples, or to as many as the environment asks for."""
    return settings(
        max_examples=EXAMPLES or count, deadline=None, derandomize=not EXAMPLES, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def survives(path: Path, reader: Reader) -> None:
    """Read a file; anything but a result or an InputError passes through and fails the test."""
    name, options = reader
    before = {p.name for p in path.parent.iterdir()}
    doubts: list[object] = []
    try:
        badfiles.READERS[name](path, doubts, **options)
    except InputError as error:
        assert error.faults
        assert error.render("zh")
        assert error.render("en")
    for doubt in doubts:
        assert doubt.render("zh")
        assert doubt.render("en")
    assert {p.name for p in path.parent.iterdir()} == before


# --- tables of every kind of cell ---------------------------------------------------------------

HEADERS = st.sampled_from([
    "名称", "镇街", "类别", "经度", "纬度", "常住人口", "60岁及以上（万人）", "80+", "路名",
    "每公里人数", "建筑面积（㎡）", "楼层", "电梯", "床位数", "状态", "建成年份", "出入口", "备注",
    "", "合计", "x", "姓名", "身份证号", "联系电话", "社区数", "护理型床位数",
    "养老服务设施用地（亩）", "地址",
])  # fmt: skip
ODDITIES = st.sampled_from([
    "1.2万", "<5", "*", "—", "３，０００", "合计", "注：", "约5", "30%", "青木关镇", "106°27′30″",
    "29.55N", "=1+1", "'5", "1e999", "B1", "3-4楼", "负一层", "是", "2021年5月", "13800138000",
    "11010519491231002X", "106.4,29.5;", "106.41,29.55", "小龙坎街道办事处", "\u202e", "𠮷", "½",
    "Ⅳ", "١٢", "²", "₅", "㊿", "-", "1_0", "+",
])  # fmt: skip
CELLS = st.one_of(
    st.none(), st.text(max_size=8), st.integers(-(10**18), 10**18), st.floats(),
    st.floats(100, 110), ODDITIES, st.booleans(), st.datetimes(),
)  # fmt: skip
ROWS = st.lists(HEADERS, min_size=1, max_size=6).flatmap(
    lambda heads: st.tuples(
        st.just(heads),
        st.lists(st.lists(CELLS, min_size=0, max_size=len(heads) + 1), min_size=0, max_size=5),
    )
)


@some(60)
@given(table=ROWS, reader=st.sampled_from(TABLES), comma=st.sampled_from([",", ";", "\t"]),
       encoding=st.sampled_from(["utf-8", "gb18030", "utf-16"]))  # fmt: skip
def test_any_csv(
    table: tuple[list[str], list[list[object]]], reader: Reader, comma: str, encoding: str
) -> None:
    heads, rows = table
    lines = [heads, *[["" if c is None else str(c) for c in row] for row in rows]]
    raw = "\n".join(comma.join(line) for line in lines).encode(encoding, "ignore")
    with folder() as home:
        (home / "t.csv").write_bytes(raw)
        survives(home / "t.csv", reader)


@some(60)
@given(table=ROWS, reader=st.sampled_from(TABLES))
def test_any_workbook(table: tuple[list[str], list[list[object]]], reader: Reader) -> None:
    from openpyxl.utils.exceptions import IllegalCharacterError

    heads, rows = table
    with folder() as home:
        try:
            badmakers.book(heads, *rows)(home / "t.xlsx")
        except (IllegalCharacterError, ValueError):
            return  # no workbook can hold such a cell
        survives(home / "t.xlsx", reader)


# Tables that are right, for readers that get past the headers; one odd cell or several go in.
POINTS = (("名称", "经度", "纬度", "常住人口", "60+"), ("a", 106.45, 29.55, 120, 30),
          ("b", 106.43, 29.55, 80, 20), ("c", 106.41, 29.55, 8, 2))  # fmt: skip
STREETS = (
    ("路名", "镇街", "常住人口"),
    ("渝碚路", "小龙坎街道", 120),
    ("磁正街", "磁器口街道", 80),
)
ROOMS = (
    ("名称", "类别", "经度", "纬度", "床位数", "建筑面积（㎡）", "楼层", "电梯", "建成年份", "状态",
     "地址"),
    ("甲", "养老站", 106.45, 29.55, 20, 300, 1, "有", 2021, "运营", "渝碚路1号"),
    ("乙", "养老站", 106.43, 29.55, 10, 200, "2", "无", "2030年", "规划", ""),
)  # fmt: skip
BEDS = (("镇街", "床位数", "护理型床位数", "养老服务设施用地（亩）"), ("青木关镇", 50, 20, 1.5),
        ("磁器口街道", 10, 0, 0), ("合计", 60, 20, 1.5))  # fmt: skip
RIGHT: list[tuple[Reader, badmakers.Rows]] = [
    (("residents", {}), badmakers.PEOPLE),
    (("residents", {"by": "point"}), POINTS),
    (("residents", {"by": "grid"}), POINTS),
    (("residents", {"by": "street"}), STREETS),
    (("facilities", {}), ROOMS),
    (("facilities", {"datum": "EPSG:4544"}), ROOMS),
    (("premises", {"datum": "gcj02"}), ROOMS),
    (("neighbours", {}), ROOMS),
    (("hazards", {}), ROOMS),
    (("population", {}), POINTS),
    (("indicators", {}), BEDS),
    (("areas", {}), POINTS),
]


@some(120)
@given(among=st.sampled_from(RIGHT), more=HEADERS,
       odd=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 11), CELLS), min_size=1,
                    max_size=4),
       book=st.booleans())  # fmt: skip
def test_a_right_table_with_odd_cells(
    among: tuple[Reader, badmakers.Rows],
    more: str,
    odd: list[tuple[int, int, object]],
    book: bool,
) -> None:
    from openpyxl.utils.exceptions import IllegalCharacterError

    reader, rows = among
    cells = [[*row, cell] for row, cell in zip(rows, [more, *[None] * len(rows)], strict=False)]
    for row, column, cell in odd:
        cells[row % len(cells) or 1][column % len(cells[0])] = cell
    with folder() as home:
        if not book:
            lines = [",".join("" if c is None else str(c) for c in row) for row in cells]
            (home / "t.csv").write_bytes("\n".join(lines).encode("utf-8", "ignore"))
            survives(home / "t.csv", reader)
            return
        try:
            badmakers.book(*cells)(home / "t.xlsx")
        except (IllegalCharacterError, ValueError):
            return  # no workbook can hold such a cell
        survives(home / "t.xlsx", reader)


# --- damaged files ------------------------------------------------------------------------------


def _seed(name: str, maker: badmakers.Maker) -> bytes:
    with folder() as home:
        maker(home / name)
        return (home / name).read_bytes()


SEEDS: dict[str, badmakers.Maker] = {
    "t.xlsx": badmakers.book(*badmakers.PEOPLE),
    "t.xls": badmakers.old_xls(badmakers.PEOPLE),
    "t.ods": badmakers.ods(badmakers.PEOPLE),
    "t.csv": badmakers.text(badmakers.csv_text(badmakers.PEOPLE)),
    "p.csv": badmakers.text(badmakers.csv_text(badmakers.PLACES)),
    "t.geojson": badmakers.layer(),
    "t.gpkg": badmakers.layer(),
    "t.fgb": badmakers.layer(),
    "t.parquet": badmakers.layer(),
    "t.kml": badmakers.text(badmakers.kml(badmakers.placemarks())),
    "t.kmz": badmakers.kmz(badmakers.kml(badmakers.placemarks())),
    "t.shp": badmakers.layer(encoding="utf-8"),
}  # fmt: skip


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Draw a few places to flip, cut out or put in some bytes."""
    kinds = st.tuples(
        st.sampled_from(["flip", "cut", "put", "head", "copy"]),
        st.floats(0, 1, exclude_max=True), BYTES,
    )  # fmt: skip
    steps = draw(st.lists(kinds, min_size=1, max_size=4))

    def damage(raw: bytes) -> bytes:
        for kind, where, some_bytes in steps:
            at = int(where * len(raw))
            if kind == "flip":
                raw = raw[:at] + some_bytes + raw[at + len(some_bytes) :]
            elif kind == "cut":
                raw = raw[:at] + raw[at + len(some_bytes) ** 2 :]
            elif kind == "put":
                raw = raw[:at] + some_bytes + raw[at:]
            elif kind == "copy":
                raw = raw[:at] + raw[at // 2 :]
            else:
                raw = raw[: max(at, 1)]
        return raw

    return damage


@pytest.mark.parametrize("name", SEEDS)
@some(12)
@given(damage=damages(), reader=st.integers(0, 100))
def test_a_damaged_file(name: str, damage: Callable[[bytes], bytes], reader: int) -> None:
    among = TABLES if name.endswith(("xlsx", "xls", "ods", "csv")) else MAPS
    with folder() as home:
        SEEDS[name](home / name)
        (home / name).write_bytes(damage((home / name).read_bytes()))
        survives(home / name, among[reader % len(among)])


@some(12)
@given(damage=damages(), part=st.sampled_from([".shp", ".shx", ".dbf", ".prj", ".cpg"]))
def test_a_shapefile_with_a_damaged_part(damage: Callable[[bytes], bytes], part: str) -> None:
    with folder() as home:
        badmakers.shapefile("gbk", "GBK")(home / "t.shp")
        path = home / f"t{part}"
        path.write_bytes(damage(path.read_bytes()))
        survives(home / "t.shp", ("areas", {}))


@pytest.mark.parametrize("name", ["t.xlsx", "t.ods", "t.kmz"])
@some(15)
@given(damage=damages(), member=st.integers(0, 100), reader=st.sampled_from(TABLES))
def test_a_zip_whole_outside_and_damaged_inside(
    name: str, damage: Callable[[bytes], bytes], member: int, reader: Reader
) -> None:
    with zipfile.ZipFile(io.BytesIO(_seed(name, SEEDS[name]))) as source:
        held = {n: source.read(n) for n in source.namelist()}
    chosen = sorted(held)[member % len(held)]
    held[chosen] = damage(held[chosen])
    with folder() as home:
        with zipfile.ZipFile(home / name, "w") as target:
            for n, content in held.items():
                target.writestr(n, content)
        survives(home / name, ("sheet", {}) if name == "t.kmz" else reader)


@some(25)
@given(raw=st.binary(max_size=200), name=st.sampled_from(sorted(SEEDS)))
def test_any_bytes_under_any_name(raw: bytes, name: str) -> None:
    with folder() as home:
        (home / name).write_bytes(raw)
        survives(home / name, ("areas", {}) if name in ("t.gpkg", "t.shp") else ("sheet", {}))


# --- shapes -------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.floats(106.39, 106.47), st.floats(29.53, 29.57), st.floats(-200, 200), st.integers(-5, 200),
    st.just(1e308),
)  # fmt: skip
CORNERS = st.lists(st.tuples(st.floats(106.39, 106.47), st.floats(29.53, 29.57)), min_size=0,
                   max_size=8).map(lambda c: [*c, *c[:1]])  # fmt: skip
ODD = st.recursive(
    NUMBERS | st.none() | st.text(max_size=3), lambda s: st.lists(s, max_size=4), max_leaves=12
)
GEOMETRIES = st.one_of(
    st.builds(lambda ring: {"type": "Polygon", "coordinates": [ring]}, CORNERS),
    st.builds(lambda r: {"type": "MultiPolygon", "coordinates": [[x] for x in r]},
              st.lists(CORNERS, max_size=3)),
    st.builds(lambda c: {"type": "Point", "coordinates": c}, st.lists(NUMBERS, max_size=4)),
    st.builds(lambda kind, c: {"type": kind, "coordinates": c},
              st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "Nothing"]), ODD),
    st.builds(lambda parts: {"type": "GeometryCollection", "geometries": parts},
              st.lists(st.none(), max_size=2)),
    st.none(),
)  # fmt: skip


@some(50)
@given(shapes=st.lists(GEOMETRIES, min_size=1, max_size=4), reader=st.sampled_from(MAPS),
       names=st.lists(st.sampled_from([*badmakers.AREAS, "x", "", None, 5]), min_size=4,
                      max_size=4))  # fmt: skip
def test_any_geojson(shapes: list[object], reader: Reader, names: list[str]) -> None:
    with folder() as home:
        badmakers.features(*shapes, names=names)(home / "t.geojson")
        survives(home / "t.geojson", reader)
