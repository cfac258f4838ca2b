"""The demo district: totals, places that fit, streets that hold together, the same bytes."""

import json
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import osmium
import pytest
import rasterio
import shapely
from pyproj import Transformer
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from quarterhour.demo import write_demo
from quarterhour.demo.names import OTHER, ROWS

TO_METRES = Transformer.from_crs("EPSG:4326", "EPSG:4544", always_xy=True)
FILES = {
    "README.txt", "areas.geojson", "facilities.xlsx", "fitness.xlsx", "indicators.xlsx",
    "neighbours.xlsx", "premises.xlsx", "residents.xlsx", "streets.osm.pbf", "study.toml",
    "terrain.tif",
}  # fmt: skip
# Care centres, care stations and canteens by row of the published table, 其他 last.
TABLE = [
    (1, 2, 1), (1, 1, 1), (0, 1, 1), (1, 1, 1), (0, 2, 2), (1, 6, 2), (0, 5, 1), (1, 7, 4),
    (1, 6, 1), (0, 5, 1), (1, 4, 1), (0, 7, 3), (1, 5, 1), (1, 5, 1), (0, 2, 2), (1, 5, 1),
    (1, 5, 3), (1, 4, 1), (0, 2, 1), (1, 7, 1), (0, 3, 1), (1, 3, 1), (1, 2, 3),
]  # fmt: skip


@dataclass(frozen=True)
class Extract:
    """What an OSM file holds, as arrays of street edges and lists of ways."""

    xy: np.ndarray
    node_tags: dict[int, dict[str, str]]
    ways: list[tuple[list[int], dict[str, str]]]
    header: str

    @property
    def streets(self) -> list[tuple[list[int], dict[str, str]]]:
        return [way for way in self.ways if "highway" in way[1]]

    def edges(self) -> tuple[np.ndarray, np.ndarray]:
        """Return street edges as pairs of nodes, and each one's row in ``streets``."""
        pairs = [np.stack([nodes[:-1], nodes[1:]], axis=1) for nodes, _ in self.streets]
        return np.concatenate(pairs), np.repeat(np.arange(len(pairs)), [len(p) for p in pairs])

    def walkable(self) -> np.ndarray:
        return np.array([_walked(tags) for _, tags in self.streets])


def _walked(tags: dict[str, str]) -> bool:
    closed = tags["highway"].startswith("motorway")
    return not (closed or tags.get("access") == "no" or tags.get("foot") == "no")


def read_extract(path: Path) -> Extract:
    lonlat, node_tags, ways = [], {}, []
    source = osmium.FileProcessor(str(path))
    for number, item in enumerate(source):
        if item.is_node():
            assert item.id == number + 1  # sorted, without holes
            lonlat.append((item.lon, item.lat))
            if len(item.tags):
                node_tags[number] = dict(item.tags)
        else:
            assert item.is_way()
            assert item.id == number - len(lonlat) + 1
            ways.append(([ref.ref - 1 for ref in item.nodes], dict(item.tags)))
    xy = np.stack(TO_METRES.transform(*np.array(lonlat).T), axis=1)
    return Extract(xy=xy, node_tags=node_tags, ways=ways, header=source.header.get("generator"))


def read_table(path: Path) -> list[dict[str, object]]:
    book = openpyxl.load_workbook(path, read_only=True)
    head, *rows = book.worksheets[0].iter_rows(values_only=True)
    book.close()
    return [dict(zip(head, row, strict=True)) for row in rows]


def read_areas(folder: Path) -> dict[str, shapely.Polygon]:
    content = json.loads((folder / "areas.geojson").read_text(encoding="utf-8"))
    found = {}
    for feature in content["features"]:
        ring = np.array(feature["geometry"]["coordinates"][0])
        polygon = shapely.Polygon(np.stack(TO_METRES.transform(*ring.T), axis=1))
        found[next(iter(feature["properties"].values()))] = polygon
    return found


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("demo") / "small", size="small").parent


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo(tmp_path_factory.mktemp("demo") / "full").parent


@pytest.fixture(scope="session")
def small_extract(small: Path) -> Extract:
    return read_extract(small / "streets.osm.pbf")


@pytest.fixture(scope="session", params=["small", "full"])
def folder(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


def test_the_same_arguments_give_the_same_bytes(small: Path, tmp_path: Path) -> None:
    again = write_demo(tmp_path / "under" / "another name", size="small").parent
    assert {path.name for path in small.iterdir()} == FILES
    for path in small.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_bytes_do_not_depend_on_the_process(small: Path, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from quarterhour.demo import write_demo;"
        "write_demo(pathlib.Path(sys.argv[1]), size='small')"
    )
    env = {"PYTHONPATH": str(Path(__file__).parents[1] / "coverage"), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=env, check=True)
    for path in small.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_another_seed_gives_another_district(small: Path, tmp_path: Path) -> None:
    other = write_demo(tmp_path, size="small", seed=7).parent
    for name in ("streets.osm.pbf", "terrain.tif", "areas.geojson", "residents.xlsx"):
        assert (other / name).read_bytes() != (small / name).read_bytes()


def test_english_has_the_same_places_and_numbers(small: Path, tmp_path: Path) -> None:
    english = write_demo(tmp_path, size="small", language="en").parent
    for name in ("streets.osm.pbf", "terrain.tif"):
        assert (english / name).read_bytes() == (small / name).read_bytes()
    names = ("residents", "facilities", "premises", "neighbours", "fitness", "indicators")
    for name in names:
        ours, theirs = (
            [
                [value for value in row.values() if isinstance(value, (int, float))]
                for row in read_table(place / f"{name}.xlsx")
            ]
            for place in (small, english)
        )
        assert ours == theirs
    assert list(read_areas(english))[:2] == ["Qingxi Town", "Bailu Town"]
    assert list(read_table(english / "residents.xlsx")[0]) == [
        "subdistrict", "all", "60+", "65+", "80+",
    ]  # fmt: skip
    kinds = {row["kind"] for row in read_table(english / "facilities.xlsx")}
    assert kinds == {"care_centre", "care_station", "mutual_aid", "canteen", "nursing_centre"}
    study = tomllib.loads((english / "study.toml").read_text(encoding="utf-8"))
    assert study["study"]["name"] == "Demo district (demo data)"


def test_progress_counts_to_its_total(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    write_demo(tmp_path, size="small", on_progress=lambda *call: calls.append(call))
    assert [done for _, done, _ in calls] == list(range(1, calls[-1][2] + 1))


@pytest.mark.parametrize("wrong", [{"size": "tiny"}, {"language": "fr"}, {"seed": -1}])
def test_unknown_arguments_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        write_demo(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())


def test_the_study_names_its_files_and_says_it_is_a_demo(folder: Path) -> None:
    text = (folder / "study.toml").read_text(encoding="utf-8")
    study = tomllib.loads(text)
    assert study["study"] == {
        "name": "示例区（演示数据）", "date": "2026-11-01", "language": "zh", "crs": "auto",
        "synthetic": True,
    }  # fmt: skip
    tables = [study["areas"], study["streets"], study["terrain"], study["residents"]]
    tables += [*study["facilities"], study["neighbours"], study["scorecard"]]
    named = [table["file"] for table in tables]
    assert {*named, study["siting"][0]["candidates"]} < FILES
    assert "虚构" in text
    assert "虚构" in (folder / "README.txt").read_text(encoding="utf-8")
    names = [row["名称"] for row in read_table(folder / "facilities.xlsx")]
    assert all(str(name).startswith("示例") for name in names)
    assert len(set(names)) == len(names)


def test_residents_add_up(folder: Path) -> None:
    rows = read_table(folder / "residents.xlsx")
    assert [row["镇街"] for row in rows] == [row.label("zh") for row in ROWS]
    people = np.array([list(row.values())[1:] for row in rows])
    assert people.dtype.kind == "i"
    total, aged_60, aged_65, aged_80 = people.sum(axis=0)
    assert total == (148_000 if folder.name == "small" else 1_480_000)
    assert abs(aged_60 / total - 0.168) < 0.0005
    assert abs(aged_65 / aged_60 - 0.73) < 0.005
    assert abs(aged_80 / aged_60 - 0.14) < 0.005
    assert (np.diff(people, axis=1) < 0).all()
    assert (people > 0).all()


def test_areas_tile_the_district(folder: Path) -> None:
    areas = read_areas(folder)
    assert list(areas) == [row.label("zh") for row in ROWS]
    assert sum(name.endswith("镇") for name in areas) == 4
    polygons = np.array(list(areas.values()))
    assert shapely.is_valid(polygons).all()
    union = shapely.union_all(polygons)
    assert abs(union.area - shapely.area(polygons).sum()) < 1.0
    assert union.geom_type == "Polygon"
    assert shapely.area(shapely.Polygon(union.exterior)) - union.area < 1.0
    for k, polygon in enumerate(polygons):
        assert shapely.area(shapely.intersection(polygon, polygons[k + 1 :])).sum() < 1.0


def standing(folder: Path) -> list[dict[str, object]]:
    """Return the facilities of today."""
    return [row for row in read_table(folder / "facilities.xlsx") if row["状态"] == "在用"]


def test_facilities_follow_the_table(folder: Path) -> None:
    rows = standing(folder)
    count = Counter((row["类别"], row["镇街"]) for row in rows)
    labels = [row.label("zh") for row in ROWS] + [OTHER.zh]
    for label, numbers in zip(labels, TABLE, strict=True):
        found = (
            count["养老服务中心", label], count["养老服务站", label], count["社区食堂", label],
        )  # fmt: skip
        assert found == numbers, label
    by_kind = Counter(row["类别"] for row in rows)
    assert by_kind == {"养老服务中心": 15, "养老服务站": 90, "社区食堂": 35, "互助养老点": 38}
    aid = {row["镇街"] for row in rows if row["类别"] == "互助养老点"}
    assert aid == {row.label("zh") for row in ROWS if row.town}


def test_places_lie_in_the_district_beside_a_public_street(folder: Path) -> None:
    extract = read_extract(folder / "streets.osm.pbf")
    edges, way = extract.edges()
    public = extract.walkable() & [
        tags.get("access") != "private" and not {"bridge", "tunnel"} & set(tags)
        for _, tags in extract.streets
    ]
    tree = shapely.STRtree(shapely.linestrings(extract.xy[edges[public[way]]]))
    areas = read_areas(folder)
    for name in ("facilities", "premises"):
        rows = read_table(folder / f"{name}.xlsx")
        lonlat = np.array([(row["经度"], row["纬度"]) for row in rows], dtype=float)
        points = shapely.points(np.stack(TO_METRES.transform(*lonlat.T), axis=1))
        for row, point in zip(rows, points, strict=True):
            if row["镇街"] != OTHER.zh:
                assert areas[row["镇街"]].buffer(1.0).contains(point), row["名称"]
        assert shapely.contains(shapely.union_all(list(areas.values())), points).all()
        _, far = tree.query_nearest(points, return_distance=True, all_matches=False)
        assert far.max() < 60
        assert far.min() > 5


def test_some_facilities_are_planned_and_numbered_after_those_of_today(folder: Path) -> None:
    rows = read_table(folder / "facilities.xlsx")
    today, later = rows[:178], rows[178:]
    assert {row["状态"] for row in today} == {"在用"}
    assert max(int(row["建成年份"]) for row in today) <= 2026
    assert len(later) == 12 and {row["状态"] for row in later} == {"规划"}
    assert {int(row["建成年份"]) for row in later} <= {2027, 2028, 2029, 2030}
    kinds = Counter(row["类别"] for row in later)
    assert kinds["区级护养中心"] == 1 and kinds["养老服务站"] == 7
    tiers = {(row["类别"], row["层级"]) for row in rows}
    assert ("养老服务中心", "镇级") in tiers and ("养老服务中心", "街道级") in tiers
    assert {tier for kind, tier in tiers if kind == "社区食堂"} == {None}


def test_neighbours_stand_outside_and_some_within_a_walk_of_homes(folder: Path) -> None:
    district = shapely.union_all(list(read_areas(folder).values()))
    rows = read_table(folder / "neighbours.xlsx")
    lonlat = np.array([(row["经度"], row["纬度"]) for row in rows], dtype=float)
    points = shapely.points(np.stack(TO_METRES.transform(*lonlat.T), axis=1))
    assert len(rows) == 10 and len({row["名称"] for row in rows}) == 10
    assert all(str(row["名称"]).startswith("示例邻区") for row in rows)
    outside = shapely.distance(district, points)
    assert (outside > 0).all()
    assert np.count_nonzero(outside < 100) == 8


def test_points_for_exercise_keep_off_what_stands(folder: Path) -> None:
    district = shapely.union_all(list(read_areas(folder).values()))

    def places(name: str) -> np.ndarray:
        rows = read_table(folder / name)
        lonlat = np.array([(row["经度"], row["纬度"]) for row in rows], dtype=float)
        return shapely.points(np.stack(TO_METRES.transform(*lonlat.T), axis=1))

    points = places("fitness.xlsx")
    assert len(points) == (19 if folder.name == "small" else 40)
    assert shapely.contains(district, points).all()
    taken = shapely.STRtree(np.concatenate([places("facilities.xlsx"), places("premises.xlsx")]))
    _, far = taken.query_nearest(points, return_distance=True, all_matches=False)
    assert far.min() > 20


def test_figures_are_whole_and_two_are_to_be_supplied(folder: Path) -> None:
    rows = read_table(folder / "indicators.xlsx")
    assert [row["镇街"] for row in rows] == [row.label("zh") for row in ROWS]
    cells = [value for row in rows for value in list(row.values())[1:]]
    assert [c for c in cells if not isinstance(c, int)] == ["待补充", "待补充"]
    for row in rows:
        assert row["有设施社区数"] <= row["社区数"]
        assert row["护理型床位"] == "待补充" or row["护理型床位"] < row["床位"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_study_is_one_that_is_understood(tmp_path: Path, language: str) -> None:
    from quarterhour.cover.circles import circle_only_kinds
    from quarterhour.cover.scorecard.definitions import check_targets
    from quarterhour.study import read_study

    study = read_study(write_demo(tmp_path, size="small", language=language))
    names = {row.label(language) for row in ROWS}
    assert all(set(areas) < names for areas in study.areas.zones.values())
    assert [len(areas) for areas in study.areas.zones.values()] == [9, 5]
    (fitness,) = circle_only_kinds(study)
    assert study.facilities[1].kind == fitness
    assert [c.walker for c in study.circles] == ["", "meal_delivery"]
    assert study.neighbours is not None and study.neighbours.count == "show"
    assert check_targets(study.scorecard.targets) == []
    assert study.scorecard.preset == ""  # an invented district has no documents of a real one
    text = (tmp_path / "study.toml").read_text(encoding="utf-8")
    assert max(len(line) for line in text.splitlines()) <= 100


def test_what_stands_beside_leaves_the_rest_where_it_was(small: Path) -> None:
    """Places and people of today draw from streams of their own."""
    held = np.array([[*row.values()][2:5] for row in standing(small)], dtype=float)
    # Mean longitude, latitude and capacity since before there was anything beside them.
    np.testing.assert_allclose(
        held.mean(axis=0), [105.398622, 29.402444, 28.393258], rtol=0, atol=1e-6
    )


def test_some_premises_fail_the_screens_and_some_pass(folder: Path) -> None:
    rows = read_table(folder / "premises.xlsx")
    assert len(rows) == (80 if folder.name == "small" else 160)
    passes = [row["建筑面积"] >= 50 and (row["楼层"] <= 2 or row["电梯"] == "是") for row in rows]
    assert 0.4 < np.mean(passes) < 0.9
    assert {row["电梯"] for row in rows} == {"是", "否"}
    assert min(row["建筑面积"] for row in rows) >= 30
    assert max(row["建筑面积"] for row in rows) <= 800
    assert len({row["镇街"] for row in rows}) > 12


def test_streets_are_one_network_of_the_promised_size(folder: Path) -> None:
    extract = read_extract(folder / "streets.osm.pbf")
    edges, way = extract.edges()
    degree = np.bincount(edges.ravel(), minlength=len(extract.xy))
    junctions = np.count_nonzero((degree > 0) & (degree != 2))
    low, high = (3_400, 4_600) if folder.name == "small" else (36_000, 42_000)
    assert low < junctions < high
    assert np.count_nonzero(degree) < 100_000
    buildings = sum("building" in tags for _, tags in extract.ways)
    assert buildings == (2_500 if folder.name == "small" else 20_000)
    walked = edges[extract.walkable()[way]]
    length = np.hypot(*(extract.xy[walked[:, 0]] - extract.xy[walked[:, 1]]).T)
    graph = csr_array((length, tuple(walked.T)), shape=(len(extract.xy),) * 2)
    _, label = connected_components(graph, directed=False)
    by_part = np.bincount(label[walked[:, 0]], length)
    assert by_part.max() / by_part.sum() >= 0.95
    assert np.count_nonzero(by_part) >= 3  # islands, as in every real extract


def test_streets_cross_only_at_shared_nodes_or_levels(small_extract: Extract) -> None:
    edges, way = small_extract.edges()
    layer = np.array([int(tags.get("layer", 0)) for _, tags in small_extract.streets])[way]
    lines = shapely.linestrings(small_extract.xy[edges])
    a, b = shapely.STRtree(lines).query(lines, predicate="crosses")
    shared = (edges[a][:, :, None] == edges[b][:, None, :]).any(axis=(1, 2))
    assert not ((layer[a] == layer[b]) & ~shared).any()
    assert len(np.unique(np.sort(edges, axis=1), axis=0)) == len(edges)


def test_buildings_stand_beside_streets(small_extract: Extract) -> None:
    rings = [nodes for nodes, tags in small_extract.ways if "building" in tags]
    assert {len(ring) for ring in rings} == {5}
    houses = shapely.polygons(small_extract.xy[np.array(rings)])
    assert shapely.is_valid(houses).all()
    edges, way = small_extract.edges()
    ground = np.array([not {"bridge", "tunnel"} & set(t) for _, t in small_extract.streets])
    lines = shapely.linestrings(small_extract.xy[edges[ground[way]]])
    _, far = shapely.STRtree(lines).query_nearest(houses, return_distance=True, all_matches=False)
    assert far.min() > 1
    assert 7 < np.median(far) < 16
    assert not shapely.STRtree(houses).query(houses, predicate="overlaps").size


def test_the_extract_has_what_a_mountain_city_has(small_extract: Extract) -> None:
    streets = [tags for _, tags in small_extract.streets]
    steps = [tags for tags in streets if tags["highway"] == "steps"]
    assert len(steps) > 200
    for key in ("step_count", "incline", "conveying"):
        assert 0 < sum(key in tags for tags in steps) < len(steps)
    assert {tags["incline"] for tags in steps if "incline" in tags} == {"up", "down"}
    footways = [tags for tags in streets if tags["highway"] == "footway"]
    assert any(tags.get("bridge") == "yes" and tags["layer"] == "1" for tags in footways)
    assert any(tags.get("tunnel") == "yes" and tags["layer"] == "-1" for tags in footways)
    assert any(tags.get("foot") == "no" for tags in footways)
    assert any(tags.get("access") == "private" for tags in streets)
    assert any(tags["highway"] == "service" and tags.get("access") == "no" for tags in streets)
    assert {"motorway", "trunk", "primary", "secondary", "tertiary", "residential"} <= {
        tags["highway"] for tags in streets
    }
    assert all("name:en" in tags for tags in streets if "name" in tags)
    ways = [tags for _, tags in small_extract.ways]
    for key, value in (("natural", "water"), ("railway", "rail"), ("leisure", "park")):
        assert any(tags.get(key) == value for tags in ways)
    assert any(t.get("highway") == "elevator" for t in small_extract.node_tags.values())
    assert small_extract.header == "quarterhour demo (invented data)"


def test_gates_stand_where_compounds_meet_the_street(small_extract: Extract) -> None:
    gates = {n for n, tags in small_extract.node_tags.items() if tags.get("barrier") == "gate"}
    assert len(gates) > 30
    private = {
        node
        for nodes, tags in small_extract.streets
        if tags.get("access") == "private"
        for node in nodes
    }
    assert gates <= private


def test_nobody_walks_across_the_railway_at_street_level(small_extract: Extract) -> None:
    rails = [nodes for nodes, tags in small_extract.ways if "railway" in tags]
    edges, way = small_extract.edges()
    layer = np.array([int(tags.get("layer", 0)) for _, tags in small_extract.streets])[way]
    lines = shapely.STRtree(shapely.linestrings(small_extract.xy[edges]))
    for nodes in rails:
        crossing = lines.query(shapely.LineString(small_extract.xy[nodes]), predicate="intersects")
        assert (layer[crossing] != 0).all()


def test_terrain_covers_the_district_and_a_kilometre_more(folder: Path) -> None:
    with rasterio.open(folder / "terrain.tif") as raster:
        assert raster.crs.to_epsg() == 4326
        assert raster.res == pytest.approx((1 / 3600, 1 / 3600))
        heights, box = raster.read(1), raster.bounds
    district = shapely.union_all(list(read_areas(folder).values())).buffer(1000)
    ring = shapely.get_coordinates(district.exterior)
    lon, lat = TO_METRES.transform(*ring.T, direction="INVERSE")
    assert box.left < lon.min() < lon.max() < box.right
    assert box.bottom < lat.min() < lat.max() < box.top
    assert np.isfinite(heights).all()
    assert heights.min() > 100
    rise = np.percentile(heights, 99.9) - np.median(heights)
    assert rise > (100 if folder.name == "small" else 250)


def test_importing_the_demo_is_light() -> None:
    code = (
        "import sys, quarterhour.demo;"
        "heavy = {'numpy', 'shapely', 'rasterio', 'osmium', 'xlsxwriter'} & set(sys.modules);"
        "sys.exit(1 if heavy else 0)"
    )
    env = {"PYTHONPATH": str(Path(__file__).parents[1] / "coverage")}
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
