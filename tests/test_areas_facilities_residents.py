"""The readers of areas, facilities, premises and residents, on little files made by hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from quarterhour.errors import Fault, InputError
from quarterhour.inputs import (
    Areas,
    Datum,
    read_areas,
    read_facilities,
    read_premises,
    read_residents,
)
from quarterhour.inputs.areas import match_names, one_area
from quarterhour.inputs.facilities import join_facilities

WEST, EAST, SOUTH, NORTH = 106.40, 106.42, 29.50, 29.51
NAMES = ("甲街道", "乙镇")


def square(west: float, east: float) -> dict[str, Any]:
    ring = [[west, SOUTH], [east, SOUTH], [east, NORTH], [west, NORTH], [west, SOUTH]]
    return {"type": "Polygon", "coordinates": [ring]}


def layer(path: Path, rows: Sequence[tuple[dict[str, Any], dict[str, Any] | None]]) -> Path:
    features = [{"type": "Feature", "properties": p, "geometry": g} for p, g in rows]
    content = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def table(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def areas_file(tmp_path: Path) -> Path:
    """Two squares of about 970 m by 1,108 m, side by side."""
    shapes = (square(WEST, 106.41), square(106.41, EAST))
    return layer(tmp_path / "areas.geojson",
                 [({"镇街": n}, g) for n, g in zip(NAMES, shapes, strict=True)])  # fmt: skip


@pytest.fixture
def areas(areas_file: Path) -> Areas:
    return read_areas(areas_file)


def faults_of(reader: Any, *args: Any, **named: Any) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        reader(*args, **named)
    return list(caught.value.faults)


# --- areas --------------------------------------------------------------------------------------


def test_areas_in_metres(areas: Areas) -> None:
    assert areas.names == NAMES
    assert areas.kinds == ("subdistrict", "town")
    assert areas.crs == "EPSG:4544"
    sizes = areas.to_frame()["area_m2"].to_numpy()
    np.testing.assert_allclose(sizes, 969.4 * 1108.5, rtol=2e-3)
    assert areas.outline().area == pytest.approx(sizes.sum(), rel=1e-9)


def test_area_of_positions_and_of_the_border(areas: Areas) -> None:
    xy = areas.plane.to_xy([106.405, 106.415, 106.5], [29.505] * 3)
    border = shapely.get_coordinates(
        shapely.intersection(areas.polygons[0], areas.polygons[1])
    ).mean(axis=0)
    # On the common side the lower row has it; outside nobody.
    assert areas.area_of(np.vstack([xy, border])).tolist() == [0, 1, -1, 0]
    assert areas.area_of(np.empty((0, 2))).tolist() == []


def test_areas_in_another_datum_land_where_they_belong(areas: Areas, tmp_path: Path) -> None:
    def moved(west: float, east: float) -> dict[str, Any]:
        shape = square(west, east)
        ring = np.array(shape["coordinates"][0])
        lon, lat = Datum("bd09").from_wgs84(ring[:, 0], ring[:, 1])
        return {"type": "Polygon", "coordinates": [np.column_stack([lon, lat]).tolist()]}

    path = layer(tmp_path / "b.geojson", [({"name": "甲街道"}, moved(WEST, 106.41))])
    found = read_areas(path, datum="bd09", crs=areas.crs)
    assert shapely.hausdorff_distance(found.polygons[0], areas.polygons[0]) < 0.1
    shifted = read_areas(path, crs=areas.crs)
    assert shapely.hausdorff_distance(shifted.polygons[0], areas.polygons[0]) > 500


def test_a_name_column_of_the_study_s_own(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.geojson", [({"XZQMC": "甲街道"}, square(WEST, EAST))])
    assert [f.key for f in faults_of(read_areas, path)] == ["input.missing_column"]
    assert read_areas(path, name_column="XZQMC").names == ("甲街道",)


def test_kinds_of_areas_from_their_column_else_their_name(tmp_path: Path) -> None:
    said = [("a", "镇"), ("b", "subdistrict"), ("丙乡", ""), ("丁街道", None), ("戊", "x")]
    path = layer(
        tmp_path / "a.geojson",
        [({"名称": n, "类型": k}, square(WEST + i, EAST + i)) for i, (n, k) in enumerate(said)],
    )
    assert read_areas(path).kinds == ("town", "subdistrict", "town", "subdistrict", "")


def test_several_parts_and_heights_are_fine(tmp_path: Path) -> None:
    ring = [[x, y, 250.0] for x, y in square(WEST, 106.41)["coordinates"][0]]
    other = square(106.412, EAST)["coordinates"]
    shape = {"type": "MultiPolygon", "coordinates": [[ring], other]}
    found = read_areas(layer(tmp_path / "a.geojson", [({"name": "甲"}, shape)]))
    assert shapely.get_num_geometries(found.polygons[0]) == 2
    assert not shapely.has_z(found.polygons[0])


def test_all_faults_of_areas_together(tmp_path: Path) -> None:
    rows = [
        ({"镇街": "甲"}, square(WEST, 106.41)),
        ({"镇街": " 甲 "}, square(106.41, EAST)),
        ({"镇街": ""}, square(WEST, EAST)),
        ({"镇街": "丙"}, {"type": "Point", "coordinates": [WEST, SOUTH]}),
        ({"镇街": "丁"}, None),
        ({"镇街": "戊"}, square(460_000.0, 470_000.0)),
    ]
    faults = faults_of(read_areas, layer(tmp_path / "a.geojson", rows))
    assert [(f.key, f.row) for f in faults] == [
        ("input.twice", 2), ("input.blank_cell", 3), ("input.not_a_polygon", 4),
        ("input.not_a_polygon", 5), ("input.shape_not_degrees", 6),
    ]  # fmt: skip


def test_areas_from_a_table_have_no_shapes(tmp_path: Path) -> None:
    faults = faults_of(read_areas, table(tmp_path / "a.csv", "镇街\n甲\n"))
    assert [f.key for f in faults] == ["area.no_shapes"]


def test_a_bow_tie_is_refused_with_its_figures(tmp_path: Path) -> None:
    ring = [[WEST, SOUTH], [EAST, NORTH], [EAST, SOUTH], [WEST, NORTH], [WEST, SOUTH]]
    path = layer(
        tmp_path / "a.geojson", [({"name": "甲"}, {"type": "Polygon", "coordinates": [ring]})]
    )
    (fault,) = faults_of(read_areas, path)
    assert (fault.key, fault.row) == ("area.crossing_refused", 1)
    assert fault.values["share"] == "100.00%"
    assert (fault.values["lon"], fault.values["lat"]) == ("106.41000", "29.50500")
    halves = float(str(fault.values["m2"]).replace(",", ""))
    assert halves == pytest.approx(2 * 969.4 * 1108.5 / 2, rel=2e-3)


def test_names_are_matched_folded_and_through_aliases() -> None:
    found, near = match_names(
        ["甲街道 ", "乙 镇", "老名", "甲街", "zzz"], NAMES, aliases={"老名": "乙镇", "x": "没有"}
    )
    assert found.tolist() == [0, 1, 1, -1, -1]
    assert near == {"甲街": "甲街道", "zzz": ""}


def test_one_area_around_positions() -> None:
    found = one_area("全区", np.array([[106.4, 29.5], [106.41, 29.5]]))
    assert found.names == ("全区",)
    assert found.area_of(found.plane.to_xy([106.405], [29.504])).tolist() == [0]
    assert found.area_of(found.plane.to_xy([106.405], [29.505])).tolist() == [-1]  # 554 m off
    with pytest.raises(InputError):
        one_area("全区", np.array([[441_000.0, 3_253_000.0]]))


# --- facilities ---------------------------------------------------------------------------------


def test_facilities_from_a_table(areas: Areas, tmp_path: Path) -> None:
    doubts: list[Fault] = []
    path = table(
        tmp_path / "f.csv",
        "设施名称,类别,经度,纬度,床位,楼层,电梯,启用年份,状态\n"
        "一站,养老服务站,106.405,29.505,30,1,是,2019,在用\n"
        "二堂,社区食堂,106.415,29.505,,,,,\n"
        "诊所,卫生室,106.45,29.505,0,2,无,,停用\n",
    )
    found = read_facilities(path, areas, doubts=doubts)
    assert found.ids == ("F001", "F002", "F003")
    assert found.kinds == ("care_station", "canteen", "卫生室")
    assert found.all_kinds() == ("care_station", "canteen", "卫生室")
    assert found.area_index.tolist() == [0, 1, -1]
    np.testing.assert_array_equal(found.capacity, [30, np.nan, 0])
    assert np.isnan(found.floor_area_m2).all()
    assert found.lift.tolist() == [1, -1, 0]
    assert found.opened == ("2019", "", "")
    assert found.rows_of("canteen").tolist() == [1]
    assert [(d.key, d.row) for d in doubts] == [("input.own_kind", 4)]
    assert found.to_frame()["name"].tolist() == ["一站", "二堂", "诊所"]


def test_a_kind_of_the_study_s_own_for_a_whole_file(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", "name,lon,lat\na,106.405,29.505\n")
    assert [f.values["field"] for f in faults_of(read_facilities, path, areas)] == ["kind"]
    assert read_facilities(path, areas, kind="养老服务中心").kinds == ("care_centre",)
    assert read_facilities(path, areas, kind="clinic").kinds == ("clinic",)


def test_facilities_from_points_and_polygons_of_a_map_file(areas: Areas, tmp_path: Path) -> None:
    rows = [
        ({"名称": "a", "类别": "养老服务站"}, {"type": "Point", "coordinates": [106.405, 29.505]}),
        ({"名称": "b", "类别": "养老服务站"}, square(106.412, 106.414)),
    ]
    found = read_facilities(layer(tmp_path / "f.geojson", rows), areas)
    middle = areas.plane.to_xy([106.405, 106.413], [29.505, 29.505])
    np.testing.assert_allclose(found.xy_m, middle, atol=0.01)


def test_facilities_in_another_datum(areas: Areas, tmp_path: Path) -> None:
    lon, lat = Datum("gcj02").from_wgs84(106.405, 29.505)
    path = table(tmp_path / "f.csv", f"name,kind,lon,lat\na,canteen,{lon},{lat}\n")
    truth = areas.plane.to_xy([106.405], [29.505])
    assert np.abs(read_facilities(path, areas, datum="gcj02").xy_m - truth).max() < 0.1
    assert np.abs(read_facilities(path, areas).xy_m - truth).max() > 100


def test_headers_of_the_study_s_own(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", "单位,种类,东,北\na,canteen,106.405,29.505\n")
    columns = {"name": "单位", "kind": "种类", "lon": "东", "lat": "北"}
    assert read_facilities(path, areas, columns=columns).names == ("a",)
    wrong = faults_of(read_facilities, path, areas, columns={**columns, "capacity": "床"})
    assert [f.values["field"] for f in wrong] == ["床"]


@pytest.mark.parametrize(("km", "refused"), [(49.0, False), (51.0, True)])
def test_the_limit_of_fifty_kilometres(
    areas: Areas, tmp_path: Path, km: float, refused: bool
) -> None:
    north = areas.plane.to_xy([106.405], [NORTH])[0] + [0.0, km * 1000]
    (lon, lat), near = areas.plane.to_lonlat(north[None])[0], "b,canteen,106.405,29.505"
    path = table(tmp_path / "f.csv", f"name,kind,lon,lat\na,canteen,{lon},{lat}\n{near}\n")
    if refused:
        (fault,) = faults_of(read_facilities, path, areas)
        assert (fault.key, fault.row, fault.values["km"]) == ("input.far_away", 2, "51")
    else:
        assert read_facilities(path, areas).area_index.tolist() == [-1, 0]


def test_all_faults_of_facilities_together(areas: Areas, tmp_path: Path) -> None:
    path = table(
        tmp_path / "f.csv",
        "name,kind,lon,lat,capacity,lift\n"
        "a,canteen,106.405,29.505,,\n"
        "b,canteen,29.505,106.405,,\n"
        "c,canteen,116.4,39.9,,\n"
        "d,canteen,441000,3253000,,\n"
        "e,canteen,,29.505,,\n"
        "f,,106.405,29.505,,\n"
        ",canteen,106.405,29.505,,\n"
        "h,canteen,106.405,29.505,-1,\n"
        "i,canteen,106.405,29.505,many,perhaps\n",
    )
    faults = faults_of(read_facilities, path, areas)
    assert {(f.key, f.row) for f in faults} == {
        ("input.swapped", 3), ("input.far_away", 4), ("input.not_degrees", 5),
        ("input.blank_cell", 6), ("input.blank_cell", 7), ("input.blank_cell", 8),
        ("input.negative", 9), ("input.not_a_number", 10), ("input.not_yes_no", 10),
    }  # fmt: skip
    assert len(faults) == 9


def test_files_joined_are_numbered_through(areas: Areas, tmp_path: Path) -> None:
    text = "name,lon,lat\na,106.405,29.505\nb,106.415,29.505\n"
    path = table(tmp_path / "f.csv", text)
    parts = [read_facilities(path, areas, kind=kind) for kind in ("canteen", "care_station")]
    both = join_facilities(parts)
    assert both.ids == ("F001", "F002", "F003", "F004")
    assert both.all_kinds() == ("care_station", "canteen")
    assert both.area_index.tolist() == [0, 1, 0, 1]


# --- premises -----------------------------------------------------------------------------------


def test_premises(areas: Areas, tmp_path: Path) -> None:
    path = table(
        tmp_path / "p.csv",
        "名称,经度,纬度,建筑面积（㎡）,楼层,电梯,权属\n"
        "旧厂房,106.405,29.505,\"1,200\",1,有,公有闲置\n门面,106.415,29.505,,,,\n",
    )  # fmt: skip
    found = read_premises(path, areas)
    assert found.ids == ("P001", "P002")
    np.testing.assert_array_equal(found.floor_area_m2, [1200, np.nan])
    assert found.lift.tolist() == [1, -1]
    assert found.tenure == ("公有闲置", "")
    assert found.to_frame()["area"].tolist() == [0, 1]


def test_all_faults_of_premises_together(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "p.csv", "name,lon,lat,storey\n,106.405,x,0\nb,106.4,29.5,\n")
    faults = faults_of(read_premises, path, areas)
    assert sorted(f.key for f in faults) == [
        "facility.not_a_storey", "input.blank_cell", "input.not_a_number",
    ]  # fmt: skip
    assert {f.row for f in faults} == {2}


# --- residents ----------------------------------------------------------------------------------


def test_residents_by_area(areas: Areas, tmp_path: Path) -> None:
    path = table(
        tmp_path / "r.csv",
        "镇街,常住人口（人）,60岁及以上\n乙镇,\"1,000\",200\n甲街道,500,１００\n",
    )  # fmt: skip
    found = read_residents(path, areas, by="area")
    assert found.groups == ("all", "60+")
    assert found.people.tolist() == [[1000, 200], [500, 100]]
    assert found.area_index.tolist() == [1, 0]
    assert found.totals.tolist() == [1500, 300]
    assert found.to_frame()["60+"].tolist() == [200, 100]


def test_a_row_of_totals_is_left_out_and_compared(areas: Areas, tmp_path: Path) -> None:
    doubts: list[Fault] = []
    text = "镇街,60+,65+\n甲街道,100,50\n乙镇,200,70\n合计,300,121\n"
    path = table(tmp_path / "r.csv", text)
    found = read_residents(path, areas, by="area", doubts=doubts)
    assert found.totals.tolist() == [300, 120]
    assert [(d.key, d.row, d.values["group"]) for d in doubts] == [
        ("input.total_differs", 4, "65+")
    ]


def test_groups_that_are_asked_for_must_be_there(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "镇街,60+,失能\n甲街道,100,5\n乙镇,200,7\n")
    assert read_residents(path, areas, by="area", groups=["60+"]).groups == ("60+",)
    own = read_residents(path, areas, by="area", columns={"disabled": "失能"})
    assert own.groups == ("60+", "disabled")
    faults = faults_of(read_residents, path, areas, by="area", groups=["60+", "80+"])
    assert [(f.key, f.values["field"]) for f in faults] == [("input.missing_column", "80+")]


def test_a_table_without_people(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "镇街,备注\n甲街道,x\n乙镇,y\n")
    assert [f.key for f in faults_of(read_residents, path, areas, by="area")] == ["input.no_groups"]


def test_all_faults_of_residents_together(areas: Areas, tmp_path: Path) -> None:
    path = table(
        tmp_path / "r.csv",
        "镇街,all,60+\n甲街道,100,101\n甲街道,,5\n丙镇,-3,-4\n,10,1\n",
    )
    faults = faults_of(read_residents, path, areas, by="area")
    assert {(f.key, f.row) for f in faults} == {
        ("input.group_too_large", 2), ("input.blank_cell", 3), ("input.negative", 4),
        ("input.twice", 3), ("area.name_unknown", 4), ("area.name_unknown", 5),
        ("input.area_without_people", None),
    }  # fmt: skip


def test_residents_by_street(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "路名,镇街,60+\n一路,乙镇,10\n二路,,5\n")
    found = read_residents(path, areas, by="street")
    assert found.labels == ("一路", "二路")
    assert found.area_index.tolist() == [1, -1]
    assert not found.per_km


def test_residents_per_kilometre_of_street(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "road,density\n一路,10\n")
    found = read_residents(path, areas, by="street", columns={"people_per_km": "density"})
    assert found.per_km and found.people.tolist() == [[10]]
    assert found.groups == ("all",)


def test_people_per_kilometre_are_known_by_their_header(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "路名,每公里人数\n一路,10\n")
    assert read_residents(path, areas, by="street").per_km
    both = table(tmp_path / "b.csv", "路名,60+,每公里人数\n一路,3,10\n")
    assert not read_residents(both, areas, by="street").per_km
    asked = read_residents(both, areas, by="street", columns={"people_per_km": "每公里人数"})
    assert asked.per_km and asked.people.tolist() == [[10]]
    wrong = faults_of(read_residents, both, areas, by="street", columns={"people_per_km": "x"})
    assert [f.key for f in wrong] == ["input.missing_column"]


def test_an_area_of_a_street_that_is_in_no_layer(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "路名,镇街,60+\n一路,乙街镇,10\n二路,,5\n")
    (fault,) = faults_of(read_residents, path, areas, by="street")
    assert (fault.key, fault.row, fault.column) == ("area.name_unknown_near", 2, "镇街")


def test_residents_by_point(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "r.csv", "lon,lat,60+\n106.405,29.505,30\n106.43,29.505,40\n")
    found = read_residents(path, areas, by="point")
    assert found.area_index.tolist() == [0, -1]
    assert found.labels == ("2", "3")
    assert len(found.cells) == 0


def test_residents_on_cells_of_a_map_file(areas: Areas, tmp_path: Path) -> None:
    rows = [({"60+": 5}, square(106.402, 106.404)), ({"60+": 7}, square(106.414, 106.416))]
    found = read_residents(layer(tmp_path / "r.geojson", rows), areas, by="grid")
    assert found.area_index.tolist() == [0, 1]
    np.testing.assert_allclose(shapely.area(found.cells), 193.9 * 1108.5, rtol=3e-3)


def test_cells_in_another_datum_lie_around_their_middles(areas: Areas, tmp_path: Path) -> None:
    corners = np.array(square(106.402, 106.404)["coordinates"][0])
    shifted = np.column_stack(Datum("gcj02").from_wgs84(corners[:, 0], corners[:, 1])).tolist()
    rows = [({"60+": 5}, {"type": "Polygon", "coordinates": [shifted]})]
    found = read_residents(layer(tmp_path / "r.geojson", rows), areas, by="grid", datum="gcj02")
    truth = shapely.Polygon(areas.plane.to_xy(corners[:, 0], corners[:, 1]))
    assert shapely.hausdorff_distance(found.cells[0], truth) < 0.1
    assert shapely.contains_xy(found.cells[0], *found.xy_m[0])


def test_cells_from_the_middles_of_a_grid(areas: Areas, tmp_path: Path) -> None:
    x0, y0 = areas.plane.to_xy([106.405], [29.505])[0]
    middles = np.array([[x0 + 100 * i, y0 + 100 * j] for i in range(4) for j in range(4)])
    lonlat = areas.plane.to_lonlat(middles)
    lines = "".join(f"{lon!r},{lat!r},1\n" for lon, lat in lonlat.tolist())
    found = read_residents(table(tmp_path / "r.csv", f"lon,lat,all\n{lines}"), areas, by="grid")
    inner = [
        n for n, (x, y) in enumerate(middles) if abs(x - x0 - 150) < 60 and abs(y - y0 - 150) < 60
    ]
    assert len(inner) == 4
    np.testing.assert_allclose(shapely.area(found.cells[inner]), 10_000, rtol=2e-2)
    assert shapely.contains_xy(found.cells, *found.xy_m.T).all()
    overlap = shapely.area(found.cells).sum() - shapely.union_all(found.cells).area
    assert abs(overlap) < 1.0
