"""The readers of buildings, hazards and indicators, on little files made by hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.buildings import read_buildings
from quarterhour.inputs.datum import Datum
from quarterhour.inputs.hazards import Hazards, read_hazards
from quarterhour.inputs.indicators import FIELDS, read_indicators
from quarterhour.inputs.tables import synonyms
from quarterhour.words import LANGUAGES

WEST, SOUTH = 640_000.0, 3_265_000.0


@pytest.fixture(scope="module")
def areas() -> Areas:
    """Two squares of 1 km side by side."""
    boxes = [shapely.box(WEST + k, SOUTH, WEST + k + 1000, SOUTH + 1000) for k in (0, 1000)]
    kinds = ("subdistrict", "town")
    return Areas(("甲街道", "乙镇"), kinds, np.array(boxes, object), "EPSG:4544")


def box(x: float, y: float, width: float = 10.0, height: float = 10.0) -> shapely.Geometry:
    """Return a rectangle by its lower left corner, from the corner of the areas."""
    return shapely.box(WEST + x, SOUTH + y, WEST + x + width, SOUTH + y + height)


def layer(
    path: Path,
    areas: Areas,
    rows: Sequence[tuple[dict[str, Any], shapely.Geometry | None]],
    *,
    datum: Any = "wgs84",
) -> Path:
    """Write shapes in metres as degrees of a datum."""

    def degrees(xy: np.ndarray) -> np.ndarray:
        lonlat = areas.plane.to_lonlat(xy)
        return np.column_stack(Datum(datum).from_wgs84(lonlat[:, 0], lonlat[:, 1]))

    features = [
        {"type": "Feature", "properties": p,
         "geometry": None if g is None else shapely.geometry.mapping(shapely.transform(g, degrees))}
        for p, g in rows
    ]  # fmt: skip
    content = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def table(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def faults_of(reader: Any, *args: Any, **named: Any) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        reader(*args, **named)
    return told(caught.value.faults)


def told(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults after saying each in both languages: no key or value may lack."""
    assert all("{" not in fault.render(language) for fault in faults for language in LANGUAGES)
    return list(faults)


def keys(faults: Sequence[Fault]) -> set[tuple[str, object]]:
    return {(f.key, f.values.get("count", f.row)) for f in told(faults)}


# --- buildings ----------------------------------------------------------------------------------


def test_floor_area_is_footprint_times_levels_times_what_is_lived_in(
    areas: Areas, tmp_path: Path
) -> None:
    rows = [
        ({"层数": "6层", "用途": "住宅"}, box(0, 0)),
        ({"层数": "6/1", "用途": "商住"}, box(20, 0)),
        ({"层数": "4", "用途": "学校"}, box(40, 0)),
        ({"层数": "", "用途": "", "高度": "30米"}, box(60, 0)),
        ({"层数": "0", "用途": "公寓"}, box(80, 0)),
        ({"层数": "900", "用途": "住宅", "建筑面积": 777}, box(100, 0)),
        ({"层数": "900", "用途": "住宅"}, box(110, 0)),
        ({"层数": "2", "用途": "道观"}, box(120, 0)),
        ({"层数": "2", "用途": "住宅"}, box(5_000, 0)),
    ]
    doubts: list[Fault] = []
    found = read_buildings(layer(tmp_path / "b.geojson", areas, rows), areas, doubts=doubts)
    np.testing.assert_allclose(found.floor_m2, [600, 300, 1000, 300, 777, 300], rtol=1e-4)
    np.testing.assert_allclose(found.xy_m[1], [WEST + 25, SOUTH + 5], atol=0.01)
    assert keys(doubts) == {
        ("facility.buildings_no_use", "1"), ("facility.buildings_used", "8"),
        ("facility.buildings_levels", "2"),
    }  # fmt: skip
    used = next(d.values for d in doubts if d.key == "facility.buildings_used")
    assert (used["homes"], used["mixed"], used["other"]) == ("5", "1", "2")


def test_columns_of_the_study_s_own_and_another_datum(areas: Areas, tmp_path: Path) -> None:
    rows = [({"ceng": 3, "yt": "住宅"}, box(0, 0)), ({"ceng": 5, "yt": "厂房"}, box(20, 0))]
    path = layer(tmp_path / "b.geojson", areas, rows, datum="gcj02")
    named = {"levels_column": "ceng", "use_column": "yt", "datum": "gcj02"}
    found = read_buildings(path, areas, **named)
    np.testing.assert_allclose(found.floor_m2, [300], rtol=1e-3)
    np.testing.assert_allclose(found.xy_m, [[WEST + 5, SOUTH + 5]], atol=0.1)
    wrong = faults_of(read_buildings, path, areas, levels_column="层")
    assert [f.values["field"] for f in wrong] == ["层"]


def test_crossed_repeated_overlapping_and_empty_footprints(areas: Areas, tmp_path: Path) -> None:
    crossed = shapely.Polygon([(WEST, SOUTH), (WEST + 20, SOUTH + 20), (WEST + 20, SOUTH),
                               (WEST, SOUTH + 20)])  # fmt: skip
    rows = [({"levels": 1}, shape) for shape in
            (crossed, box(50, 50), box(50, 50), box(52, 52, 4, 4), None)]  # fmt: skip
    doubts: list[Fault] = []
    found = read_buildings(layer(tmp_path / "b.geojson", areas, rows), areas, doubts=doubts)
    np.testing.assert_allclose(found.floor_m2, [200, 100, 16], rtol=1e-3)
    assert keys(doubts) == {
        ("facility.shapes_empty", 1), ("facility.shapes_mended", 1),
        ("facility.buildings_twice", 1), ("facility.buildings_overlap", 2),
    }  # fmt: skip


def test_points_need_a_floor_area(areas: Areas, tmp_path: Path) -> None:
    point = shapely.Point(WEST + 5, SOUTH + 5)
    path = layer(tmp_path / "b.geojson", areas, [({"建筑面积": 50}, point), ({}, point)])
    assert keys(faults_of(read_buildings, path, areas)) == {("facility.not_a_footprint", 2)}
    ((lon, lat),) = areas.plane.to_lonlat(np.array([[WEST + 5, SOUTH + 5]]))
    path = table(tmp_path / "b.csv", "经度,纬度,建筑面积,用途", f"{lon},{lat},50,住宅")
    assert read_buildings(path, areas).floor_m2.tolist() == [50]


def test_buildings_elsewhere_and_none_to_live_in(areas: Areas, tmp_path: Path) -> None:
    path = layer(tmp_path / "b.geojson", areas, [({}, box(0, 0)), ({}, box(30, 0))], datum="gcj02")
    assert keys(faults_of(read_buildings, path, areas)) == {("facility.none_inside", 2)}
    path = layer(tmp_path / "b.geojson", areas, [({"用途": "工业"}, box(0, 0))])
    assert keys(faults_of(read_buildings, path, areas)) == {("facility.no_homes", "1")}


# --- hazards ------------------------------------------------------------------------------------


def test_hazards_of_every_shape(areas: Areas, tmp_path: Path) -> None:
    line = shapely.LineString([(WEST + 500, SOUTH), (WEST + 500, SOUTH + 1000)])
    rows = [
        ({"名称": "一号", "灾害类型": "滑坡", "风险等级": "高"}, box(0, 0, 100, 100)),
        ({"名称": "二号", "灾害类型": "管线"}, line),
        ({"名称": "三号", "风险等级": "低"}, shapely.Point(WEST + 900, SOUTH + 900)),
        ({"名称": "远"}, box(20_000, 0)),
    ]
    doubts: list[Fault] = []
    found = read_hazards(layer(tmp_path / "h.geojson", areas, rows), areas, doubts=doubts)
    assert found.names == ("一号", "二号", "三号")
    assert found.kinds == ("滑坡", "管线", "")
    assert found.levels == ("高", "", "低")
    assert keys(doubts) == {("facility.hazards_far", 1)}
    assert doubts[0].is_note
    at = np.array([[50, 50], [480, 10], [900, 890]]) + np.array([WEST, SOUTH])
    np.testing.assert_allclose(found.distance_m(at), [0, 20, 10], atol=0.1)
    assert Hazards((), (), (), found.shapes[:0]).distance_m(at).tolist() == [np.inf] * 3


def test_hazards_from_a_table_with_headers_of_its_own(areas: Areas, tmp_path: Path) -> None:
    ((lon, lat),) = areas.plane.to_lonlat(np.array([[WEST + 5, SOUTH + 5]]))
    path = table(tmp_path / "h.csv", "经度,纬度,险", f"{lon},{lat},崩塌", "合计,,")
    found = read_hazards(path, areas, columns={"kind": "险"})
    assert found.kinds == ("崩塌",)
    np.testing.assert_allclose(found.distance_m(np.array([[WEST + 5, SOUTH + 5]])), 0, atol=0.01)
    far = layer(tmp_path / "h.geojson", areas, [({}, box(20_000, 0))])
    assert keys(faults_of(read_hazards, far, areas)) == {("facility.none_inside", 1)}


# --- indicators ---------------------------------------------------------------------------------

ALL = "镇街,社区数,有设施社区数,户数,养老服务设施用地,社区综合服务设施面积,床位数,护理型床位数"


def test_indicators_by_area_with_what_is_unknown(areas: Areas, tmp_path: Path) -> None:
    rows = ("乙镇,10,8,待补充,900,—,100,60", '甲街道,5,5,"2,000",,700,,/', "全区合计,15,14,,,,,")
    doubts: list[Fault] = []
    found = read_indicators(table(tmp_path / "i.csv", ALL, *rows), areas, doubts=doubts)
    assert found.areas == areas.names
    expected = {
        "communities": [5, 10], "communities_with_facility": [5, 8], "households": [2000, np.nan],
        "elder_care_land_m2": [np.nan, 900], "service_floor_m2": [700, np.nan],
        "beds": [np.nan, 100], "nursing_beds": [np.nan, 60],
        **{field: [np.nan, np.nan] for field in FIELDS[7:]},
    }  # fmt: skip
    assert tuple(expected) == FIELDS
    for field, values in expected.items():
        np.testing.assert_array_equal(getattr(found, field), values, err_msg=field)
    assert found.total("communities") == 15
    assert np.isnan(found.total("beds"))
    assert [
        (d.key, d.values["said"], d.values["summed"]) for d in told(doubts) if not d.is_note
    ] == [("input.total_differs", "14", "13")]
    assert found.to_frame()["area"].tolist() == list(areas.names)


def test_english_headers_units_and_areas_without_a_row(areas: Areas, tmp_path: Path) -> None:
    header = "area,elder_care_land_m2（公顷）,养老床"
    doubts: list[Fault] = []
    path = table(tmp_path / "i.csv", header, "甲街道,1.5,20")
    found = read_indicators(path, areas, columns={"beds": "养老床"}, doubts=doubts)
    np.testing.assert_allclose(found.elder_care_land_m2, [15_000, np.nan])
    np.testing.assert_array_equal(found.beds, [20, np.nan])
    assert [
        d.values["names"] for d in told(doubts) if d.key == "facility.area_without_indicators"
    ] == ["乙镇"]
    path = table(tmp_path / "i.csv", "area,养老服务设施用地（亩）", "甲街道,3")
    np.testing.assert_allclose(read_indicators(path, areas).elder_care_land_m2[0], 2000)


def test_all_faults_of_indicators_together(areas: Areas, tmp_path: Path) -> None:
    rows = ("甲街道,5,6,-1,,,10,11", "甲街道,1,1,,,,,", "丙镇,1,1,,,,,", ",1,1,,,,,")
    faults = faults_of(read_indicators, table(tmp_path / "i.csv", ALL, *rows), areas)
    assert {(f.key, f.row, f.column) for f in faults} == {
        ("facility.part_above_whole", 2, "有设施社区数"), ("input.negative", 2, "户数"),
        ("facility.part_above_whole", 2, "护理型床位数"), ("input.twice", 3, "镇街"),
        ("area.name_unknown", 4, "镇街"), ("input.blank_cell", 5, "镇街"),
    }  # fmt: skip
    path = table(tmp_path / "i.csv", "镇街,养老服务设施用地（元）", "甲街道,1")
    assert [f.values["unit"] for f in faults_of(read_indicators, path, areas)] == ["元"]
    path = table(tmp_path / "i.csv", "镇街,备注", "甲街道,1")
    assert [f.key for f in faults_of(read_indicators, path, areas)] == ["facility.no_indicators"]


def test_other_names_of_areas(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "i.csv", "镇街,户数", "老甲,7", "乙,8")
    found = read_indicators(path, areas, aliases={"老甲": "甲街道"})
    assert found.households.tolist() == [7, 8]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_order_of_rows_and_columns_reads_the_same(
    tmp_path_factory: pytest.TempPathFactory, areas: Areas, data: st.DataObject
) -> None:
    fields = data.draw(st.permutations(FIELDS))[: data.draw(st.integers(1, len(FIELDS)))]
    headers = [data.draw(st.sampled_from(sorted(synonyms("column")[f]))) for f in fields]
    # A part has a longer name than its whole, but for villages, which are communities.
    rising = sorted(FIELDS, key=lambda f: (f == "communities", -len(f)))
    value = {f: [float(10 + n), float(20 + n)] for n, f in enumerate(rising)}
    order = data.draw(st.permutations([0, 1]))
    rows = [",".join([areas.names[a], *(str(value[f][a]) for f in fields)]) for a in order]
    path = tmp_path_factory.mktemp("i") / "i.csv"
    found = read_indicators(table(path, ",".join(["镇街", *headers]), *rows), areas)
    for field in FIELDS:
        expected = value[field] if field in fields else [np.nan, np.nan]
        np.testing.assert_array_equal(getattr(found, field), expected, err_msg=field)
