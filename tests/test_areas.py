"""Names, borders and centroids of areas: small shapes worked by hand, and properties."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas, read_areas
from quarterhour.inputs.centroids import cells_around, outline_around
from quarterhour.inputs.datum import Plane, choose_plane
from quarterhour.inputs.names import alias_faults, match_areas, nearest, readings
from quarterhour.inputs.topology import Side, drawn_area_m2, mend
from quarterhour.words import LANGUAGES

REAL = Path(os.environ.get("QUARTERHOUR_REAL_DATA", "nowhere")) / "boundaries"
real = pytest.mark.skipif(not REAL.is_dir(), reason="QUARTERHOUR_REAL_DATA is not set")
PLANE = choose_plane(106.4, 29.5)
CORNER = PLANE.to_xy([106.4], [29.5])[0]
X, Y = CORNER
KNOWN = (
    "歌乐山镇",
    "歌乐山街道",
    "小龙坎街道",
    "陈家桥街道",
    "土主街道",
    "第一街道",
    "后坪乡",
    "Qingxi Town",
)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(west, south, east, north)


def mended(*shapes: shapely.Geometry) -> tuple[list[shapely.Geometry], tuple[Side, ...]]:
    polygons, sides = mend(np.array(shapes, object))
    return list(polygons), sides


def layer(path: Path, shapes: Sequence[shapely.Geometry], names: Sequence[str] = "甲乙丙") -> Path:
    """Write shapes given in metres from a corner as a GeoJSON in degrees."""
    moved = shapely.transform(np.array(shapes, object), lambda c: c + CORNER)
    features = [
        {
            "type": "Feature",
            "properties": {"name": n},
            "geometry": json.loads(shapely.to_geojson(g)),
        }
        for n, g in zip(names, PLANE.geometry_to_lonlat(moved), strict=False)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def faults_of(path: Path, **named: Any) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        read_areas(path, **named)
    assert all(f.render(language) for f in caught.value.faults for language in LANGUAGES)
    return list(caught.value.faults)


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "found"), [
    ("小龙坎街道", "小龙坎街道"), ("小龙坎", "小龙坎街道"), (" 小龙坎\u3000街道 ", "小龙坎街道"),
    ("小龙坎街道办事处", "小龙坎街道"), ("小龙坎街道办", "小龙坎街道"),
    ("小龙坎街办", "小龙坎街道"),
    ("沙坪坝区小龙坎街道", "小龙坎街道"), ("重庆市沙坪坝区小龙坎", "小龙坎街道"),
    ("重庆市小龙坎街道办事处", "小龙坎街道"), ("小龍坎街道", "小龙坎街道"),
    ("陳家橋", "陈家桥街道"),
    ("小龙坎街道（2014）", "小龙坎街道"), ("第1街道", "第一街道"), ("第１街道", "第一街道"),
    ("沙坪坝区歌乐山镇人民政府", "歌乐山镇"), ("歌乐山街道办", "歌乐山街道"),
    ("QINGXI  TOWN", "Qingxi Town"), ("Ｑｉｎｇｘｉ", "Qingxi Town"),
    # Never guessed: another kind, a short name of two, signs that are merely alike, nothing.
    ("土主镇", None), ("后坪镇", None), ("Qingxi Township", None), ("歌乐山", None),
    ("沙坪坝区歌乐山", None),
    ("小龙砍街道", None), ("街道", None), ("镇", None), ("", None), ("沙坪坝区", None),
])  # fmt: skip
def test_a_name_means_what_it_says(name: str, found: str | None) -> None:
    match = match_areas([name], KNOWN)
    assert [KNOWN[row] if row >= 0 else None for row in match.index] == [found]


def test_a_short_name_of_two_areas_is_ambiguous_and_both_are_named() -> None:
    match = match_areas(["歌乐山"], KNOWN)
    assert match.ambiguous == {"歌乐山"}
    assert match.candidates == {"歌乐山": ("歌乐山镇", "歌乐山街道")}
    assert match.fault_key("歌乐山") == "area.name_ambiguous"
    assert match.near("歌乐山") == "歌乐山镇 / 歌乐山街道"


def test_the_strictest_rule_decides_first() -> None:
    known = ["北山区井口街道", "井口街道", "井口", "第十二街道", "第二十一街道", "第二十街道"]
    names = ["井口街道办", "北山区井口", "南山区井口街道", "第12街道", "第21街道", "第20街道"]
    assert match_areas(names, known).index.tolist() == [1, 0, 1, 3, 4, 5]


def test_names_that_contradict_each_other_share_no_area() -> None:
    given_names = ["歌乐山镇", "歌乐山街道", "沙坪坝区新桥街道", "巴南区新桥街道", "新桥街道"]
    assert match_areas(given_names, ["歌乐山", "新桥街道"]).index.tolist() == [-1, -1, -1, -1, 1]
    # Alone each of them may be meant by the shorter name, and twice the same is no contradiction.
    assert match_areas(["歌乐山镇", "歌乐山 镇"], ["歌乐山"]).index.tolist() == [0, 0]
    assert match_areas(["巴南区新桥街道"], ["渝中区新桥街道"]).index.tolist() == [-1]


def test_aliases_are_matched_by_their_normal_forms_and_win_over_the_kind() -> None:
    aliases = {"土主镇": "土主", "上桥街道": "陈家桥街道", "歌乐山": "歌乐山镇"}
    names = ["沙坪坝区土主镇人民政府", "土主街道", "上桥", "歌乐山", "歌乐山街道"]
    assert match_areas(names, KNOWN, aliases=aliases).index.tolist() == [4, 4, 3, 0, 1]


def test_aliases_that_lead_nowhere_or_away_from_an_area_are_faults() -> None:
    aliases = {"老街": "小龙砍街道", "歌乐山镇": "歌乐山街道", "好": "土主", "土主街道": "土主"}
    faults = alias_faults(aliases, KNOWN, file="study.toml")
    assert [(f.key, f.values["old"], f.file) for f in faults] == [
        ("area.alias_leads_nowhere", "老街", "study.toml"),
        ("area.alias_is_an_area", "歌乐山镇", "study.toml"),
    ]
    assert "小龙坎街道" in faults[0].render("zh")


def test_the_nearest_of_short_names() -> None:
    assert nearest("小龙砍街道", KNOWN) == ["小龙坎街道"]
    assert nearest("土主镇", KNOWN) == ["土主街道"]
    assert nearest("Quingxi", KNOWN) == ["Qingxi Town"]
    assert nearest("磁器口街道", KNOWN) == nearest("歌舞团街道", KNOWN) == []
    assert nearest("井口", ["石井坡街道", "井口镇", "口岸", "井口街道", "大井口"], most=2) == [
        "井口镇", "井口街道",
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("甲乙丙镇乡街道区市办事处 1一（）ab", max_size=8), max_size=6), st.data())
def test_any_name_is_matched_without_fail(known: list[str], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.one_of(st.sampled_from(known or [""]), st.text(max_size=9))))
    match = match_areas(names, known)
    assert len(match.index) == len(names)
    for name, row in zip(names, match.index, strict=True):
        assert row < len(known)
        if name in known:  # what stands in the layer is found there
            assert readings(known[row])[0] == readings(name)[0] and row >= 0
        if row < 0:
            assert len(match.candidates[name]) <= 3 and set(match.candidates[name]) <= set(known)


# --- borders ------------------------------------------------------------------------------------

LEFT, RIGHT = box(0, 0, 1000, 1000), box(1000, 0, 2000, 1000)


def test_areas_that_fit_are_left_as_they_are() -> None:
    polygons, sides = mended(LEFT, RIGHT, box(0, 1000, 2000, 1500))
    assert sides == () and polygons[0] == LEFT


def test_a_small_loop_is_mended_and_a_large_one_refused() -> None:
    def looped(size: float) -> shapely.Polygon:
        """A square with a loop of size by size over its top, drawn the other way round."""
        top = [(500, 1000), (500 + size, 1000 + size), (500, 1000 + size), (500 + size, 1000)]
        return shapely.Polygon([(0, 0), (1000, 0), (1000, 1000), *top[::-1], (0, 1000)])

    (shape,), (side,) = mended(looped(20.0))
    # The upper half of the bow, 10 high and 20 wide, is counted the other way round: 2 x 100 m2.
    assert shape.is_valid and (side.what, side.mended) == ("crossing", True)
    assert side.area_m2 == pytest.approx(200.0) and side.xy_m == pytest.approx((510.0, 1010.0))
    assert side.share == pytest.approx(200.0 / 1_000_200.0, rel=1e-3)
    _, (side,) = mended(looped(400.0))
    assert side.area_m2 == pytest.approx(80_000.0) and not side.mended


def test_the_area_as_drawn_counts_shells_less_holes() -> None:
    ring = shapely.Polygon(LEFT.exterior, [box(100, 100, 200, 200).exterior])
    both = shapely.MultiPolygon([ring, RIGHT])
    assert drawn_area_m2(both) == pytest.approx(both.area) == pytest.approx(1_990_000.0)


def test_a_strip_of_ten_metres_goes_to_the_lower_row_and_a_wider_one_is_refused() -> None:
    (first, second), (side,) = mended(box(0, 0, 1009, 1000), RIGHT)
    assert first.area == 1_009_000 and second.equals(box(1009, 0, 2000, 1000))
    assert (side.what, side.row, side.other, side.mended) == ("overlap", 0, 1, True)
    assert side.area_m2 == pytest.approx(9_000.0) and side.share == pytest.approx(0.009)
    polygons, (side,) = mended(box(0, 0, 1012, 1000), RIGHT)
    assert not side.mended and polygons[1].equals(RIGHT)
    assert 1000 < side.xy_m[0] < 1012
    # Short but wide: less than 0.1 % of the smaller.
    assert mended(shapely.union(LEFT, box(1000, 0, 1030, 30)), RIGHT)[1][0].mended


def test_an_area_inside_another_needs_a_hole() -> None:
    town = box(400, 400, 600, 600)
    assert mended(shapely.difference(LEFT, town), town)[1] == ()
    _, (side,) = mended(LEFT, town)
    assert (side.what, side.mended, side.area_m2) == ("inside", False, 40_000.0)
    assert mended(LEFT, LEFT)[1][0].what == "inside"  # the same area twice


def test_thin_gaps_are_closed_and_wide_ones_reported() -> None:
    (first, second), (side,) = mended(
        LEFT, shapely.difference(RIGHT, box(1000, 400, 1008, 600))
    )  # fmt: skip
    assert (side.what, side.row, side.mended, side.count) == ("gap", 0, True, 1)
    assert side.area_m2 == pytest.approx(1600.0)
    assert first.area + second.area == pytest.approx(2_000_000.0)
    assert shapely.intersection(first, second).area == 0
    polygons, (side,) = mended(LEFT, shapely.difference(RIGHT, box(1000, 400, 1050, 600)))
    assert (side.row, side.mended, side.area_m2) == (-1, False, pytest.approx(10_000.0))
    assert polygons[0] == LEFT
    # A bay that is open to the outside is the outline's own.
    assert mended(LEFT, shapely.difference(RIGHT, box(1000, 400, 2000, 402)))[1] == ()


offsets = st.integers(-4, 4)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(offsets, offsets, offsets, offsets), min_size=9, max_size=9))
def test_mended_areas_share_nothing_and_lose_nothing(moves: list[tuple[int, ...]]) -> None:
    """Nine squares of a board whose sides are up to 4 m off, so that strips lap over or gape."""
    squares = []
    for n, (w, s, e, north) in enumerate(moves):
        x, y = n % 3 * 500.0, n // 3 * 500.0
        squares.append(box(x + w, y + s, x + 500 + e, y + 500 + north))
    polygons, sides = mended(*squares)
    assert all(side.mended for side in sides)
    before, after = shapely.union_all(squares), shapely.union_all(polygons)
    assert shapely.difference(before, after).area < 1e-6
    closed = sum(side.area_m2 for side in sides if side.what == "gap")
    assert after.area == pytest.approx(before.area + closed, abs=1e-3)
    assert sum(p.area for p in polygons) == pytest.approx(after.area, abs=1e-3)  # nobody twice
    assert not [r for part in shapely.get_parts(after) for r in part.interiors]


def test_a_file_is_mended_with_doubts_that_give_names_figures_and_places(tmp_path: Path) -> None:
    doubts: list[Fault] = []
    gappy = shapely.difference(RIGHT, box(1100, 400, 1200, 500))
    path = layer(tmp_path / "a.geojson", [box(0, 0, 1005, 1000), gappy])
    areas = read_areas(path, doubts=doubts)
    assert [(d.key, d.row) for d in doubts] == [("area.overlap_mended", 2), ("area.gap_left", None)]
    assert {d.values["m2"] for d in doubts} == {"5,000", "10,000"}
    lon, lat = (float(str(doubts[1].values[v])) for v in ("lon", "lat"))
    assert PLANE.to_xy([lon], [lat])[0] - CORNER == pytest.approx((1150, 450), abs=60)
    assert areas.area_of(np.array([[X + 1002, Y + 500]])).tolist() == [0]
    assert not areas.approximate
    assert all(d.render(language) for d in doubts for language in LANGUAGES)


def test_a_polygon_without_ground_is_refused_beside_others(tmp_path: Path) -> None:
    flat = shapely.Polygon([(0, 0), (500, 500), (0, 0), (0, 0)])
    (fault,) = faults_of(layer(tmp_path / "a.geojson", [LEFT, flat, box(900, 0, 2000, 1000)]))
    assert (fault.key, fault.row) == ("input.not_a_polygon", 2)


def test_all_overlaps_of_a_file_are_refused_together(tmp_path: Path) -> None:
    path = layer(tmp_path / "a.geojson", [LEFT, box(900, 0, 2000, 1000), box(100, 100, 300, 300)])
    assert [(f.key, f.values["name"], f.row) for f in faults_of(path)] == [
        ("area.overlap_refused", "甲", 2), ("area.inside_refused", "甲", 3),
    ]  # fmt: skip


# --- centroids ----------------------------------------------------------------------------------


def centroids(path: Path, points: Sequence[tuple[float, float]], names: str = "甲乙丙") -> Path:
    lonlat = PLANE.to_lonlat(np.array(points, float) + CORNER)
    rows = [f"{n},{lon:.9f},{lat:.9f}" for n, (lon, lat) in zip(names, lonlat, strict=False)]
    path.write_text("\n".join(["township,centroid_lon,centroid_lat", *rows]), "utf-8")
    return path


def test_cells_of_two_centroids_meet_half_way(tmp_path: Path) -> None:
    outline = layer(tmp_path / "o.geojson", [box(0, 0, 2000, 1000)])
    doubts: list[Fault] = []
    path = centroids(tmp_path / "c.csv", [(500, 500), (1100, 500)])
    areas = read_areas(path, outline=outline, doubts=doubts)
    assert shapely.area(areas.polygons) == pytest.approx([800_000, 1_200_000], abs=1)
    assert areas.approximate and areas.names == ("甲", "乙")
    assert [d.key for d in doubts if not d.is_note] == ["area.approximate"]


def test_a_layer_of_points_is_a_list_of_centroids(tmp_path: Path) -> None:
    doubts: list[Fault] = []
    path = layer(tmp_path / "p.geojson", [shapely.Point(0, 0), shapely.Point(4000, 0)])
    areas = read_areas(path, doubts=doubts)
    assert [d.key for d in doubts] == ["area.approximate_no_outline"]
    # The hull is a line of 4 km, the margin half the distance of the two.
    assert areas.outline().area == pytest.approx(4000 * 4000 + np.pi * 2000**2, rel=0.01)


def test_centroids_that_cannot_be(tmp_path: Path) -> None:
    outline = layer(tmp_path / "o.geojson", [LEFT])
    path = centroids(tmp_path / "c.csv", [(500, 500), (500.4, 500)])
    (fault,) = faults_of(path, outline=outline)
    assert (fault.key, fault.row, fault.values["first"]) == ("area.centroid_twice", 3, 2)
    path = centroids(tmp_path / "c.csv", [(500, 500), (3500, 500)])
    (fault,) = faults_of(path, outline=outline)
    assert (fault.key, fault.row, fault.values["m"]) == ("area.centroid_outside", 3, "2,500")
    path = centroids(tmp_path / "c.csv", [(5000, 500), (3500, 500)])
    assert [f.key for f in faults_of(path, outline=outline)] == ["area.all_outside"]
    path = centroids(tmp_path / "c.csv", [(500, 500), (1090, 500)])
    doubts: list[Fault] = []
    areas = read_areas(path, outline=outline, doubts=doubts)
    assert "area.centroid_just_outside" in [d.key for d in doubts]
    assert areas.outline().area == pytest.approx(1e6, rel=1e-6)
    path.write_text("镇街,经度,纬度\n甲,29.5,106.4\n乙,,29.5\n", "utf-8")
    assert [f.key for f in faults_of(path)] == ["input.blank_cell", "input.not_degrees"]
    points = layer(tmp_path / "p.geojson", [shapely.Point(0, 0)])
    path = centroids(tmp_path / "c.csv", [(500, 500)])
    assert [f.key for f in faults_of(path, outline=points)] == ["area.outline_no_polygon"]


def test_polygons_are_compared_with_the_outline(tmp_path: Path) -> None:
    outline = layer(tmp_path / "o.geojson", [shapely.box(0, 0, 2000, 1000)])
    path = layer(tmp_path / "a.geojson", [LEFT, box(1000, 0, 1500, 1000)])
    doubts: list[Fault] = []
    read_areas(path, outline=outline, doubts=doubts)
    (doubt,) = doubts
    assert (doubt.key, doubt.values["lacking"], doubt.values["beyond"]) == (
        "area.outline_differs", "25.0%", "0.0%",
    )  # fmt: skip
    read_areas(layer(tmp_path / "a.geojson", [LEFT, RIGHT]), outline=outline, doubts=(none := []))
    assert none == []


spot = st.tuples(st.integers(0, 40), st.integers(0, 40))


@settings(max_examples=50, deadline=None)
@given(st.lists(spot, min_size=1, max_size=12, unique=True))
def test_cells_fill_the_outline_and_hold_their_own_centroid(spots: list[tuple[int, int]]) -> None:
    xy = np.array(spots, float) * 100.0 + CORNER
    for outline in (outline_around(xy), box(X - 500, Y - 500, X + 4500, Y + 4500)):
        cells = cells_around(xy, outline)
        assert shapely.area(cells).sum() == pytest.approx(outline.area, rel=1e-9)
        areas = Areas(tuple(map(str, spots)), ("",) * len(xy), cells, PLANE.crs, approximate=True)
        assert areas.area_of(xy).tolist() == list(range(len(xy)))


# --- real places --------------------------------------------------------------------------------


@real
def test_the_districts_of_chongqing_are_mended_without_loss() -> None:
    doubts: list[Fault] = []
    areas = read_areas(REAL / "500000_full_chongqing_districts.json", datum="gcj02", doubts=doubts)
    assert len(areas.names) == 38 and shapely.is_valid(areas.polygons).all()
    keys = [d.key for d in doubts if not d.is_note]
    # Six rings run out and back along one line; one spot belongs to no district.
    assert keys.count("area.crossing_mended") == 6 and keys.count("area.gap_left") == 1
    assert len(keys) == 7
    total = float(shapely.area(areas.polygons).sum())
    assert areas.outline().area == pytest.approx(total, rel=1e-9)
    assert total == pytest.approx(82_400e6, rel=0.01)  # official: 82,400 km2


@real
def test_the_centroids_of_shapingba_fill_its_outline() -> None:
    outline, doubts = REAL / "500106_shapingba.json", list[Fault]()
    path = REAL / "shapingba_township_units_wgs84.csv"
    areas = read_areas(path, outline=outline, outline_datum="gcj02", doubts=doubts)
    assert len(areas.names) == 26 and areas.approximate
    assert [d.key for d in doubts if not d.is_note] == ["area.approximate"]
    assert areas.outline().area == pytest.approx(397.2e6, rel=2e-3)
    assert shapely.area(areas.polygons).sum() == pytest.approx(areas.outline().area, rel=1e-9)
    table = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(2, 3), encoding="utf-8")
    assert areas.area_of(Plane(areas.crs).to_xy(*table.T)).tolist() == list(range(26))
    match = match_areas(["歌乐山", "井口镇", "沙坪坝区井口街道", "陈家桥镇"], areas.names)
    names = [areas.names[row] if row >= 0 else None for row in match.index]
    assert names == [None, "井口镇", "井口街道", None]
