"""Facilities and premises: kinds, tiers, states, storeys, twins, areas, and rows not located."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import Datum
from quarterhour.inputs.facilities import KINDS, STATES, TIERS, Facilities, join_facilities
from quarterhour.inputs.facilityfiles import read_facilities, read_neighbours
from quarterhour.inputs.opening import year_of
from quarterhour.inputs.osmplaces import read_osm_facilities
from quarterhour.inputs.premises import TENURES, read_premises
from quarterhour.inputs.rooms import MOST_STOREYS, storey_of
from quarterhour.inputs.tables import synonyms
from quarterhour.inputs.twins import find_twins
from quarterhour.inputs.unlocated import Unlocated, fill_in, located_path, write_unlocated
from quarterhour.words import LANGUAGES, Words

LON, LAT = 106.405, 29.505


@pytest.fixture
def areas() -> Areas:
    """Two squares of 1 km, 甲 in the west and 乙 in the east; their border is at 106.41 E."""
    plane = Areas(("x",), ("",), np.array([shapely.box(0, 0, 1, 1)], object), "EPSG:4544").plane
    x, y = plane.to_xy([106.41], [29.5])[0]
    boxes = [shapely.box(x - 1000, y, x, y + 1000), shapely.box(x, y, x + 1000, y + 1000)]
    kinds = ("subdistrict", "town")
    return Areas(("甲街道", "乙镇"), kinds, np.array(boxes, object), "EPSG:4544")


def table(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def spots(*cells: str, name: str = "点") -> list[str]:
    """Return rows of name, lon, lat and more cells, 100 m apart."""
    return [f"{name}{n},{LON + 0.001 * n:.4f},{LAT},{cell}" for n, cell in enumerate(cells)]


def read(path: Path, areas: Areas, **named: Any) -> tuple[Facilities, list[Fault]]:
    doubts: list[Fault] = []
    found = read_facilities(path, areas, doubts=doubts, **named)
    return found, told(doubts)


def faults_of(reader: Any, *args: Any, **named: Any) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        reader(*args, **named)
    return told(caught.value.faults)


def told(faults: Sequence[Fault]) -> list[Fault]:
    """Return faults after saying each in both languages: no key or value may lack."""
    assert all("{" not in fault.render(language) for fault in faults for language in LANGUAGES)
    return list(faults)


def keys(faults: Sequence[Fault]) -> list[tuple[str, int | None]]:
    return [(f.key, f.row) for f in told(faults)]


# --- words --------------------------------------------------------------------------------------


def test_every_kind_tier_state_and_tenure_has_its_words_and_a_name() -> None:
    for names, table_of, stem in (
        (KINDS, "kind", "kind."), (TIERS, "tier", "facility.tier_"),
        (STATES, "status", "facility.state_"), (TENURES, "tenure", "facility.tenure_"),
    ):  # fmt: skip
        assert set(names) == set(synonyms(table_of))
        for language in LANGUAGES:
            assert all(Words(language)(stem + name) for name in names)


@pytest.mark.parametrize("section", ["kind", "tier", "status", "tenure", "use", "unknown"])
def test_a_word_means_one_thing(section: str) -> None:
    words = [word for found in synonyms(section).values() for word in found]
    assert len(words) == len(set(words))


def test_kinds_and_tiers_of_the_planning_documents(areas: Areas, tmp_path: Path) -> None:
    said = ("街道养老服务中心", "镇养老服务中心", "社区养老服务站", "村级互助养老点",
            "小区养老服务点", "区级护养中心", "敬老院", "老年学堂", "养老服务站")  # fmt: skip
    found, doubts = read(table(tmp_path / "f.csv", "名称,经度,纬度,类别", *spots(*said)), areas)
    assert found.kinds == (
        "care_centre", "care_centre", "care_station", "mutual_aid", "service_point",
        "nursing_centre", "care_home", "learning_hall", "care_station",
    )  # fmt: skip
    assert found.tier == (
        "subdistrict", "town", "community", "village", "neighbourhood", "district", "", "", "",
    )  # fmt: skip
    assert doubts == []


def test_a_column_of_tiers_counts_and_contradictions_are_doubts(
    areas: Areas, tmp_path: Path
) -> None:
    rows = spots("养老服务站,社区级", "社区养老服务站,街道级", "养老服务站,四级")
    found, doubts = read(table(tmp_path / "f.csv", "名称,经度,纬度,类别,层级", *rows), areas)
    assert found.tier == ("community", "subdistrict", "")
    assert keys(doubts) == [("facility.own_tier", 4), ("facility.two_tiers", 3)]


# --- numbers ------------------------------------------------------------------------------------


def test_capacity_is_the_given_one_else_seats_of_canteens_and_beds_of_others(
    areas: Areas, tmp_path: Path
) -> None:
    rows = spots("canteen,,20,60", "care_station,,20,60", "canteen,9,20,60", "canteen,,20,")
    path = table(tmp_path / "f.csv", "名称,经度,纬度,类别,容量,床位数（张）,餐位", *rows)
    found, _ = read(path, areas)
    np.testing.assert_array_equal(found.capacity, [60, 20, 9, np.nan])
    np.testing.assert_array_equal(found.beds, [20] * 4)
    np.testing.assert_array_equal(found.seats, [60, 60, 60, np.nan])


@pytest.mark.parametrize(
    ("text", "storey"),
    [("1", 1), ("3楼", 3), ("３层", 3), ("第二层", 2), ("十二楼", 12), ("二十", 20), ("1-2层", 1),
     ("2~3", 2), ("1、3层", 1), ("三至五层", 3), ("-1", -1), ("B1", -1), ("负一层", -1),
     ("地下二层", -2), ("B1至3F", 1), ("-1-2", 1), ("-1、2", -1), ("2F", 2), ("L3", 3),
     ("2nd floor", 2), ("首层", 1), ("整栋", 1), ("Ground floor", 1), ("4.0", 4)],
)  # fmt: skip
def test_storeys(text: str, storey: int) -> None:
    assert storey_of(text) == storey


@pytest.mark.parametrize(
    "text", ["0", "2.5", "0层", "共三层", "abc", "", "1-", "十五六", "2026-01-02", "999", "1,,2"]
)
def test_no_storeys(text: str) -> None:
    assert storey_of(text) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-9, 40).filter(bool), min_size=1, max_size=4))
def test_of_several_storeys_the_one_nearest_the_street_counts(storeys: list[int]) -> None:
    found = storey_of("、".join(map(str, storeys)))
    assert found in storeys
    assert abs(found) == min(map(abs, storeys))


@settings(max_examples=60, deadline=None)
@given(st.text("0123456789一二三十-~、层楼BF负地下 .", max_size=8))
def test_any_text_is_a_storey_or_none(text: str) -> None:
    found = storey_of(text)
    assert found is None or 1 <= abs(found) <= MOST_STOREYS


@pytest.mark.parametrize(
    "text", ["2021", "2021年", "2021.0", "2021-05", "2021/5/1", "2021.10", "2021年5月", "２０２１",
             "2021年5月1日", "202105", "20210501", "2021-05-01 00:00:00", "2021/5/1 0:00",
             "2021年底"]
)  # fmt: skip
def test_years(text: str) -> None:
    assert year_of(text) == 2021


@pytest.mark.parametrize("text", ["", "五年", "约2021", "2021-2023", "21", "44197", "2021-13"])
def test_no_years(text: str) -> None:
    assert np.isnan(year_of(text))


def test_years_states_and_what_counts_when(areas: Areas, tmp_path: Path) -> None:
    rows = spots(
        "在用,2019", "规划,2027", "规划,待定", "停用,2010", ",2028", "正常运营,前年", "挂牌,"
    )
    path = table(tmp_path / "f.csv", "名称,经度,纬度,状态,建成年份", *rows)
    found, doubts = read(path, areas, kind="canteen")
    assert found.state == ("open", "planned", "planned", "closed", "", "open", "")
    assert found.status[5:] == ("正常运营", "挂牌")
    np.testing.assert_array_equal(found.year, [2019, 2027, np.nan, 2010, 2028, np.nan, np.nan])
    assert keys(doubts) == [
        ("facility.no_year", 7), ("facility.own_status", 8), ("facility.planned_when", 4),
    ]  # fmt: skip
    counts = {year: found.counting(year).astype(int).tolist() for year in (2018, 2026, 2027, None)}
    assert counts == {
        2018: [0, 0, 0, 0, 0, 1, 1], 2026: [1, 0, 0, 0, 0, 1, 1],
        2027: [1, 1, 0, 0, 0, 1, 1], None: [1, 0, 0, 0, 1, 1, 1],
    }  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(("", *STATES)), st.sampled_from((np.nan, 2020, 2030))),
             min_size=1, max_size=8),
    st.integers(2000, 2050), st.integers(0, 20),
)  # fmt: skip
def test_what_counts_once_counts_from_then_on(
    said: list[tuple[str, float]], year: int, more: int
) -> None:
    n = len(said)
    plain = Facilities.plain(("a",) * n, ("canteen",) * n, np.zeros((n, 2)), np.zeros(n, np.int32))
    held = {name: getattr(plain, name) for name in plain.__dataclass_fields__}
    held |= {"state": tuple(s for s, _ in said), "year": np.array([y for _, y in said])}
    found = Facilities(**held)
    assert not (found.counting(year) & ~found.counting(year + more)).any()
    assert not found.counting(year)[[s == "closed" for s, _ in said]].any()


def test_all_faults_of_a_row_at_once(areas: Areas, tmp_path: Path) -> None:
    row = f"甲站,{LON},{LAT},care_station,-1,-2,-3,零层,也许,或许,1800"
    header = "名称,经度,纬度,类别,床位,座位,建筑面积,楼层,电梯,无障碍,建成年份"
    faults = faults_of(read_facilities, table(tmp_path / "f.csv", header, row), areas)
    assert {(f.key, f.column, f.read) for f in faults} == {
        ("facility.not_a_storey", "楼层", "零层"), ("facility.year_range", "建成年份", "1800"),
        ("input.negative", "座位", "-2"), ("input.negative", "床位", "-1"),
        ("input.negative", "建筑面积", "-3"), ("input.not_yes_no", "无障碍", "或许"),
        ("input.not_yes_no", "电梯", "也许"),
    }  # fmt: skip


def test_cells_that_say_nobody_knows_are_unknown(areas: Areas, tmp_path: Path) -> None:
    rows = spots("-,不详,未知,/,待定", "无,无,1,1,2020")
    path = table(tmp_path / "f.csv", "名称,经度,纬度,电梯,无障碍,床位,楼层,建成年份", *rows)
    found, doubts = read(path, areas, kind="care_home")
    assert (found.lift.tolist(), found.step_free.tolist()) == ([-1, 0], [-1, 0])
    np.testing.assert_array_equal(found.beds, [np.nan, 1])
    np.testing.assert_array_equal(found.storey, [np.nan, 1])
    np.testing.assert_array_equal(found.year, [np.nan, 2020])
    assert found.opened == ("待定", "2020")
    assert doubts == []


def test_totals_are_left_out_with_a_note(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", "名称,经度,纬度,床位", *spots("3", "4"), "合 计,,,7",
                 "合计床位,,,7", f"Total Care,{LON},{LAT + 0.001},")  # fmt: skip
    found, doubts = read(path, areas, kind="canteen")
    assert found.names == ("点0", "点1", "Total Care")
    assert keys(doubts) == [("facility.total_row", 4), ("facility.total_row", 5)]
    assert doubts[0].is_note


def test_coordinates_that_say_nobody_knows_them_are_none(areas: Areas, tmp_path: Path) -> None:
    rows = (f"甲,养老院,{LON},{LAT}", "乙,养老院,待补充,待补充", "丙,养老院,不详,")
    path = table(tmp_path / "f.csv", "机构名称,机构类型,经度,纬度", *rows)
    lost: list[Unlocated] = []
    found, doubts = read(path, areas, unlocated=lost)
    assert found.names == ("甲",) and [row.name for row in lost] == ["乙", "丙"]
    assert [d.key for d in doubts] == ["facility.not_located"]
    half = table(tmp_path / "g.csv", "名称,类别,经度,纬度", f"甲,养老院,待补充,{LAT}")
    assert keys(faults_of(read_facilities, half, areas)) == [("input.not_a_number", 2)]


# --- twins --------------------------------------------------------------------------------------


def test_premises_with_one_name_at_one_place(areas: Areas, tmp_path: Path) -> None:
    rows = (
        f"甲,{LON},{LAT}",
        f"乙,{LON},{LAT}",
        f"甲 ,{LON + 0.0001},{LAT}",
        f"甲,{LON + 0.002},{LAT}",
    )
    doubts: list[Fault] = []
    found = read_premises(table(tmp_path / "p.csv", "名称,经度,纬度", *rows), areas, doubts=doubts)
    assert len(found.ids) == 4 and keys(doubts) == [("facility.premises_twice", 4)]
    assert doubts[0].values == {"name": "甲", "first": 2, "metres": "10"}


def test_twins_by_name_and_by_place() -> None:
    names = ("甲站", "甲 站", "甲站", "乙站", "丙堂", "甲站")
    kinds = ("a", "a", "a", "a", "b", "a")
    xy = np.array([[0, 0], [29, 0], [31, 0], [0, 4], [0, 0], [500, 0]], float)
    twins = [
        (t.first, t.second, round(t.metres), t.same_name) for t in find_twins(names, kinds, xy)
    ]
    assert twins == [(0, 1, 29, True), (1, 2, 2, True), (0, 3, 4, False)]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 40),
                  st.integers(0, 8)),
        max_size=12,
    )
)  # fmt: skip
def test_twins_are_what_a_slow_search_finds(rows: list[tuple[str, str, int, int]]) -> None:
    # Points on a grid of metres: no two distinct ones share a square of half a metre.
    names, kinds = [r[0] for r in rows], [r[1] for r in rows]
    xy = np.array([r[2:] for r in rows], float).reshape(-1, 2)
    slow = {
        b
        for b in range(len(rows))
        for a in range(b)
        if kinds[a] == kinds[b]
        and np.hypot(*(xy[a] - xy[b])) <= (30 if names[a] == names[b] else 5)
    }
    assert {t.second for t in find_twins(names, kinds, xy)} == slow


def test_many_rows_in_one_place_stay_quick() -> None:
    n = 20_000
    names = [str(k) for k in range(n)]
    assert len(find_twins(names, ["a"] * n, np.zeros((n, 2)))) == n - 1


def test_twins_in_one_file_and_in_two(areas: Areas, tmp_path: Path) -> None:
    rows = [f"甲站,{LON},{LAT}", f"甲站,{LON + 0.0001},{LAT}", f"乙站,{LON},{LAT}"]
    one, doubts = read(table(tmp_path / "one.csv", "名称,经度,纬度", *rows), areas, kind="canteen")
    assert keys(doubts) == [("facility.twice", 3), ("facility.one_place", 4)]
    assert doubts[0].values["first"] == "2"
    path = table(
        tmp_path / "two.csv", "名称,经度,纬度", f"丙站,{LON},{LAT}", f"丁,{LON},{LAT + 0.01}"
    )
    other, _ = read(path, areas, kind="canteen")
    both = join_facilities([one, other], doubts=(across := []))
    assert [(f.key, f.file, f.row, f.values["other"]) for f in across] == [
        ("facility.in_two_files", "two.csv", 2, "甲站")
    ]
    assert both.file == ("one.csv",) * 3 + ("two.csv",) * 2
    assert both.row.tolist() == [2, 3, 4, 2, 3]
    assert both.ids == ("F001", "F002", "F003", "F004", "F005")


# --- areas --------------------------------------------------------------------------------------


def test_the_area_a_facility_says_it_lies_in(areas: Areas, tmp_path: Path) -> None:
    corner = areas.plane.to_xy([106.41], [29.5])
    border = areas.plane.to_lonlat(corner + np.array([49.0, 500.0]))[0]
    rows = [*spots("老甲", "乙镇"), f"戊,106.4120,{LAT},甲街道", "己,106.45,29.505,乙镇",
            f"庚,{LON},29.508,丙街道", f"辛,{LON},29.507,", f"壬,{LON},29.506,其他",
            f"癸,{border[0]},{border[1]},甲街道"]  # fmt: skip
    _, doubts = read(
        table(tmp_path / "f.csv", "名称,经度,纬度,镇街", *rows), areas, kind="canteen",
        aliases={"老甲": "甲街道"},
    )  # fmt: skip
    assert keys(doubts) == [
        ("area.name_unknown", 6), ("facility.elsewhere", 3), ("facility.elsewhere", 4),
        ("facility.outside", 5),
    ]  # fmt: skip
    wrong = doubts[2].values
    assert (wrong["area"], wrong["here"]) == ("甲街道", "乙镇")
    border = areas.plane.to_xy([106.41], [29.5])[0, 0]
    away = areas.plane.to_xy([106.412], [LAT])[0, 0] - border
    assert wrong["metres"] == f"{away:.0f}"
    _, doubts = read(
        tmp_path / "f.csv", replace(areas, approximate=True), kind="canteen",
        aliases={"老甲": "甲街道"},
    )  # fmt: skip
    assert keys(doubts) == [("area.name_unknown", 6)]


def test_most_areas_wrong_is_one_doubt_about_the_datum(areas: Areas, tmp_path: Path) -> None:
    rows = [f"{row},乙镇" for row in (*spots(*[""] * 5), f"己,106.415,{LAT},")]
    path = table(tmp_path / "f.csv", "名称,经度,纬度,备注,镇街", *rows)
    _, doubts = read(path, areas, kind="canteen")
    (doubt,) = [d for d in doubts if d.key.startswith("facility.")]
    assert (doubt.key, doubt.values["count"], doubt.values["of"]) == (
        "facility.most_elsewhere", 5, 6,
    )  # fmt: skip


def test_neighbours_may_lie_outside_and_not_inside(areas: Areas, tmp_path: Path) -> None:
    rows = [f"外,106.45,{LAT}", f"内,{LON},{LAT}"]
    doubts: list[Fault] = []
    path = table(tmp_path / "n.csv", "名称,经度,纬度", *rows)
    found = read_neighbours(path, areas, kind="canteen", doubts=doubts)
    assert found.ids == ("N001", "N002")
    assert found.area_index.tolist() == [-1, 0]
    assert keys(doubts) == [("facility.neighbour_inside", 3)]


# --- not located --------------------------------------------------------------------------------


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """Four canteens of which two have no position; one name begins like a formula."""
    rows = [f"甲堂,{LON},{LAT},一路1号,1", "=1+1,,,二路2号,2", "丙堂,0,0,三路3号,3",
            f"丁堂,{LON + 0.003},{LAT},四路4号,4"]  # fmt: skip
    return table(tmp_path / "f.csv", "名称,经度,纬度,地址,座位", *rows)


def fill(path: Path, cells: dict[str, object]) -> None:
    book = openpyxl.load_workbook(path)
    for cell, value in cells.items():
        book.worksheets[0][cell] = value
    book.save(path)


def test_rows_without_a_position_are_set_aside(areas: Areas, half: Path) -> None:
    rows: list[Unlocated] = []
    found, doubts = read(half, areas, kind="社区食堂", datum="gcj02", unlocated=rows)
    assert found.names == ("甲堂", "丁堂")
    assert found.ids == ("F001", "F002")
    np.testing.assert_array_equal(found.seats, [1, 4])
    assert [(d.key, d.values["count"]) for d in doubts] == [("facility.not_located", 2)]
    assert rows == [
        Unlocated("f.csv", "", 3, "=1+1", "canteen", "二路2号", "gcj02"),
        Unlocated("f.csv", "", 4, "丙堂", "canteen", "三路3号", "gcj02"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_filled_template_comes_back_in(areas: Areas, half: Path, language: Any) -> None:
    rows: list[Unlocated] = []
    read(half, areas, kind="canteen", unlocated=rows)
    path = located_path(half)
    assert path.name == "f-located.xlsx"
    write_unlocated(rows, path, language)
    _, doubts = read(half, areas, kind="canteen")
    assert "facility.not_located" in [d.key for d in doubts]  # nothing is filled in yet
    lon, lat = (float(v) for v in Datum("gcj02").from_wgs84(LON, LAT + 0.001))
    fill(path, {"E2": lon, "F2": lat, "G2": "GCJ-02", "E3": LON, "F3": LAT + 0.002})
    found, doubts = read(half, areas, kind="canteen", unlocated=(left := []))
    assert found.names == ("甲堂", "=1+1", "丙堂", "丁堂")
    expected = areas.plane.to_xy([LON, LON], [LAT + 0.001, LAT + 0.002])
    np.testing.assert_allclose(found.xy_m[1:3], expected, atol=0.01)
    assert left == []
    assert [d.key for d in doubts if not d.is_note] == []


def test_a_template_may_be_sorted_another_way(areas: Areas, half: Path) -> None:
    rows: list[Unlocated] = []
    read(half, areas, kind="canteen", unlocated=rows)
    write_unlocated(rows[::-1], located_path(half), "zh")
    fill(located_path(half), {"E2": LON, "F2": LAT + 0.002, "E3": LON, "F3": LAT + 0.001})
    found, _ = read(half, areas, kind="canteen")
    expected = areas.plane.to_xy([LON, LON], [LAT + 0.001, LAT + 0.002])
    np.testing.assert_allclose(found.xy_m[1:3], expected, atol=0.01)


def test_a_template_is_text_and_never_replaces_another(half: Path, areas: Areas) -> None:
    rows: list[Unlocated] = []
    read(half, areas, kind="canteen", unlocated=rows)
    path = located_path(half)
    write_unlocated(rows, path, "zh")
    page = openpyxl.load_workbook(path).worksheets[0]
    assert (page["B2"].value, page["B2"].data_type) == ("=1+1", "s")
    again = path.with_name("again.xlsx")
    write_unlocated(rows, again, "zh")
    assert path.read_bytes() == again.read_bytes()
    (fault,) = faults_of(write_unlocated, rows, path, "zh")
    assert fault.key == "facility.template_is_there"


def test_a_template_that_does_not_fit_is_refused(areas: Areas, half: Path) -> None:
    rows: list[Unlocated] = []
    read(half, areas, kind="canteen", unlocated=rows)
    path = located_path(half)
    write_unlocated([*rows, rows[0], rows[0], rows[0]], path, "en")
    fill(path, {"B2": "other", "E2": LON, "F2": LAT, "E3": LAT, "F3": LON, "A4": 99,
                "A5": 2, "B5": "甲堂", "E5": LON, "F5": LAT, "A6": 4, "B6": "丙堂",
                "G6": "mars"})  # fmt: skip
    doubts: list[Fault] = []
    faults = faults_of(read_facilities, half, areas, kind="canteen", doubts=doubts)
    assert {(f.key, f.file, f.row) for f in faults} == {
        ("facility.other_name", path.name, 2), ("facility.no_such_row", path.name, 4),
        ("input.twice", path.name, 6), ("facility.no_datum", path.name, 6),
        ("input.swapped", path.name, 3),
    }  # fmt: skip
    assert ("facility.located_already", 5) in keys(doubts)


def test_a_file_of_addresses_alone_asks_for_its_template(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", "名称,地址", "甲堂,一路1号", "乙堂,二路2号")
    rows: list[Unlocated] = []
    (fault,) = faults_of(read_facilities, path, areas, kind="canteen", unlocated=rows)
    assert (fault.key, fault.values["count"]) == ("facility.none_located", 2)
    write_unlocated(rows, located_path(path), "zh")
    fill(located_path(path), {"E2": LON, "F2": LAT})
    found, doubts = read(path, areas, kind="canteen")
    assert found.names == ("甲堂",)
    assert [d.key for d in doubts if not d.is_note] == ["facility.not_located"]


def test_a_file_without_any_place_lacks_its_columns(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", "名称,座位", "甲堂,1")
    faults = faults_of(read_facilities, path, areas, kind="canteen")
    assert [f.values["field"] for f in faults] == ["lon", "lat"]


def test_half_a_position_is_a_fault(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", "名称,经度,纬度", f"甲堂,{LON},", f"乙堂,{LON},{LAT}")
    assert keys(faults_of(read_facilities, path, areas, kind="canteen")) == [
        ("input.blank_cell", 2)
    ]


def test_faults_of_rows_without_a_position_are_told_too(areas: Areas, tmp_path: Path) -> None:
    path = table(tmp_path / "f.csv", "名称,经度,纬度,座位", f"甲堂,{LON},{LAT},1", "乙堂,,,-5")
    assert keys(faults_of(read_facilities, path, areas, kind="canteen")) == [("input.negative", 3)]


def test_filling_in_nothing_gives_no_position(areas: Areas, half: Path, tmp_path: Path) -> None:
    from quarterhour.inputs.tables import read_sheet

    rows: list[Unlocated] = []
    read(half, areas, kind="canteen", unlocated=rows)
    write_unlocated(rows, tmp_path / "t.xlsx", "zh")
    sheet = read_sheet(half)
    names = tuple(sheet.frame["名称"])
    xy = fill_in(
        sheet, names, np.array([False, True, True, False]), tmp_path / "t.xlsx", areas,
        datum="wgs84", faults=(faults := []), doubts=[],
    )  # fmt: skip
    assert np.isnan(xy).all()
    assert faults == []


# --- premises -----------------------------------------------------------------------------------


def test_premises_say_what_rooms_they_have(areas: Areas, tmp_path: Path) -> None:
    rows = spots("1楼,有,有坡道,国有闲置,一路", "负一层,无,否,私有租赁,", ",,,祖产,")
    rows += ["乙,,,1,,,,二路", "合计,,,,,,,"]
    path = table(tmp_path / "p.csv", "名称,经度,纬度,楼层,电梯,无障碍,权属,地址", *rows)
    doubts: list[Fault] = []
    left: list[Unlocated] = []
    found = read_premises(path, areas, doubts=doubts, unlocated=left)
    assert found.ids == ("P001", "P002", "P003")
    np.testing.assert_array_equal(found.storey, [1, -1, np.nan])
    assert found.step_free.tolist() == [1, 0, -1]
    assert found.tenure == ("国有闲置", "私有租赁", "祖产")
    assert found.tenure_kind == ("public", "rented", "")
    assert found.address == ("一路", "", "")
    assert [(row.name, row.row, row.address) for row in left] == [("乙", 5, "二路")]
    assert keys(doubts) == [
        ("facility.total_row", 6), ("facility.own_tenure", 4), ("facility.not_located", None),
    ]  # fmt: skip


# --- OpenStreetMap ------------------------------------------------------------------------------

OSM = """<osm version="0.6">
<node id="1" lat="29.505" lon="106.405"><tag k="amenity" v="social_facility"/>
 <tag k="social_facility" v="nursing_home"/><tag k="social_facility:for" v="senior"/>
 <tag k="name" v="甲家"/><tag k="beds" v="30"/><tag k="wheelchair" v="yes"/></node>
<node id="2" lat="29.506" lon="106.405"><tag k="amenity" v="social_facility"/>
 <tag k="name" v="乙街道养老服务中心"/><tag k="start_date" v="2019-05"/></node>
<node id="3" lat="29.507" lon="106.405"><tag k="amenity" v="social_facility"/>
 <tag k="social_facility:for" v="child"/></node>
<node id="8" lat="29.507" lon="106.405"><tag k="amenity" v="nursing_home"/>
 <tag k="social_facility:for" v="child"/></node>
<node id="4" lat="29.507" lon="106.405"><tag k="amenity" v="social_facility"/></node>
<node id="5" lat="29.507" lon="106.405"><tag k="amenity" v="community_centre"/>
 <tag k="community_centre:for" v="child;senior"/></node>
<node id="6" lat="29.507" lon="106.6"><tag k="amenity" v="nursing_home"/></node>
<node id="7" lat="29.502" lon="106.401"><tag k="amenity" v="canteen"/></node>
<node id="11" lat="29.501" lon="106.401"/><node id="12" lat="29.501" lon="106.403"/>
<node id="13" lat="29.503" lon="106.403"/><node id="14" lat="29.503" lon="106.401"/>
<way id="21"><nd ref="11"/><nd ref="12"/><nd ref="13"/><nd ref="14"/><nd ref="11"/>
 <tag k="amenity" v="nursing_home"/></way>
<way id="22"><nd ref="11"/><nd ref="12"/><nd ref="13"/></way>
<way id="23"><nd ref="13"/><nd ref="14"/><nd ref="11"/></way>
<relation id="31"><member type="way" ref="22" role="outer"/>
 <member type="way" ref="23" role="outer"/><tag k="type" v="multipolygon"/>
 <tag k="amenity" v="social_facility"/><tag k="social_facility" v="day_care"/>
 <tag k="social_facility:for" v="elderly"/><tag k="name" v="丙"/></relation>
<relation id="32"><member type="way" ref="99" role="outer"/><tag k="type" v="multipolygon"/>
 <tag k="amenity" v="nursing_home"/></relation>
</osm>"""


def test_places_for_elders_of_openstreetmap(areas: Areas, tmp_path: Path) -> None:
    path = tmp_path / "x.osm"
    path.write_text(OSM, encoding="utf-8")
    doubts: list[Fault] = []
    found = read_osm_facilities(path, areas, doubts=doubts)
    assert dict(zip(found.names, found.kinds, strict=True)) == {
        "甲家": "care_home", "乙街道养老服务中心": "care_centre", "OSM n5": "care_station",
        "OSM w21": "care_home", "丙": "care_station",
    }  # fmt: skip
    assert set(found.origin) == {"osm"}
    assert set(found.file) == {"x.osm"}
    first = found.names.index("甲家")
    assert (found.capacity[first], found.step_free[first]) == (30, 1)
    assert found.year[found.names.index("乙街道养老服务中心")] == 2019
    middle = areas.plane.to_xy([106.402], [29.502])[0]
    np.testing.assert_allclose(found.xy_m[found.names.index("丙")], middle, atol=0.1)
    assert [(d.key, d.values.get("count")) for d in doubts] == [("facility.osm_start", 5)]
    assert set(read_osm_facilities(path, areas, kind="养老服务站").kinds) == {"care_station"}


def test_a_street_file_without_places_says_so(areas: Areas, tmp_path: Path) -> None:
    path = tmp_path / "x.osm"
    path.write_text('<osm version="0.6"><node id="1" lat="29.5" lon="106.4"/></osm>', "utf-8")
    doubts: list[Fault] = []
    found = read_osm_facilities(path, areas, doubts=doubts)
    assert (found.ids, [d.key for d in doubts]) == ((), ["facility.osm_none"])
    assert join_facilities([found, found]).ids == ()
    path.write_text("no osm", encoding="utf-8")
    assert [f.key for f in faults_of(read_osm_facilities, path, areas)] == ["input.unreadable"]


# --- tables -------------------------------------------------------------------------------------


def test_taking_and_joining_keep_every_field(areas: Areas, tmp_path: Path) -> None:
    door = f'"{LON},{LAT + 0.0005}"'
    rows = [row + f",{2 + n},{door if n != 1 else ''}" for n, row in enumerate(spots("", "", ""))]
    path = table(tmp_path / "f.csv", "名称,经度,纬度,备注,床位,出入口", *rows)
    found, _ = read(path, areas, kind="care_home")
    again = join_facilities([found.take(np.array([True, False, False])), found.take([1, 2])])
    assert again.to_frame().equals(found.to_frame())
    np.testing.assert_array_equal(again.entrances.facility, found.entrances.facility)
    np.testing.assert_array_equal(again.entrances.xy_m, found.entrances.xy_m)
    assert found.entrances.facility.tolist() == [0, 2]


HEADERS = ("名称", "类别", "层级", "经度", "纬度", "床位", "建筑面积", "楼层", "电梯", "权属",
           "地址", "建成年份", "状态", "镇街")  # fmt: skip
RIGHT = ("甲堂", "食堂", "社区级", "106.405", "29.505", "1", "50", "1", "是", "国有", "一路",
         "2020", "在用", "甲街道")  # fmt: skip
CELLS = st.sampled_from(
    ["", "1", "-1", "0", "29.505", "合计", "规划", "2027", "1-2层", "<b>", "=1+1", "1e999", "nan",
     "１２", "1,2", "1.2万", "\x01", "养老服务站", "99999999999"]
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(
    changes=st.lists(st.dictionaries(st.sampled_from(HEADERS), CELLS, max_size=3), max_size=4),
    reader=st.sampled_from((read_facilities, read_neighbours, read_premises)),
)
def test_any_table_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, str]], reader: Any
) -> None:
    boxes = [shapely.box(636_000, 3_265_000, 637_000, 3_267_000)]
    areas = Areas(("甲街道",), ("",), np.array(boxes, object), "EPSG:4544")
    path = tmp_path_factory.mktemp("any") / "f.csv"
    right = dict(zip(HEADERS, RIGHT, strict=True))
    rows = [right, *(right | change for change in changes)]
    table(path, ",".join(HEADERS), *(",".join(f'"{c}"' for c in row.values()) for row in rows))
    doubts: list[Fault] = []
    left: list[Unlocated] = []
    try:
        found = reader(path, areas, doubts=doubts, unlocated=left)
    except InputError as error:
        told(error.faults)
    else:
        told(doubts)
        assert np.isfinite(found.xy_m).all()
        assert 1 <= len(found.ids) <= len(rows) - len(left)
    assert [p.name for p in path.parent.iterdir()] == ["f.csv"]
