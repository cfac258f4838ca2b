"""Snapping: rivers are not crossed, compounds join nothing, islands differ by walker."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.presets import walker
from quarterhour.streets import WalkNetwork, read_network, snap, walk_seconds, write_network
from worlds import FLAT, make_network, random_world


def by_a_river(*rivers: shapely.Geometry) -> WalkNetwork:
    """Make two parallel streets, at y = 0 and y = 200, joined far away; a river between them."""
    net = make_network([(0, 0), (1000, 0), (0, 200), (1000, 200)], [(0, 1), (2, 3), (1, 3)])
    return replace(net, rivers=tuple(shapely.to_wkb(list(rivers), hex=True).tolist()))


def osm_file(
    folder: Path,
    places: dict[int, tuple[float, float]],
    ways: dict[int, tuple[tuple[int, ...], dict[str, str]]],
) -> Path:
    """Write nodes (longitude, latitude) and ways (nodes, tags) as OSM XML."""
    text = ['<osm version="0.6">']
    text += [
        f'<node id="{n}" version="1" lon="{lon:.7f}" lat="{lat:.7f}"/>'
        for n, (lon, lat) in places.items()
    ]
    for way, (refs, tags) in ways.items():
        nodes = "".join(f'<nd ref="{r}"/>' for r in refs)
        said = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        text.append(f'<way id="{way}" version="1">{nodes}{said}</way>')
    path = folder / "r.osm"
    path.write_text("".join([*text, "</osm>"]), encoding="utf-8")
    return path


RIVER = shapely.LineString([(-100, 60), (900, 60)])


def test_a_leg_does_not_cross_a_river() -> None:
    paced = walk_seconds(by_a_river(RIVER), FLAT)
    # 70 m from the street over the river, 130 m from the one on its own bank; and the other bank.
    found = snap(paced, np.array([[500.0, 70.0], [500.0, 50.0]]))
    assert found.edge.tolist() == [1, 0]
    assert found.access_dm.tolist() == [1300, 500]
    dry = snap(walk_seconds(by_a_river(), FLAT), np.array([[500.0, 70.0]]))
    assert dry.edge.tolist() == [0]


def test_who_has_a_street_only_over_the_river_has_none() -> None:
    paced = walk_seconds(by_a_river(RIVER), FLAT)
    assert snap(paced, np.array([[500.0, 70.0]]), max_snap_m=120).edge.tolist() == [-1]


def test_water_that_a_place_itself_stands_in_does_not_count() -> None:
    lake = shapely.box(400, 40, 600, 150)
    paced = walk_seconds(by_a_river(lake), FLAT)
    found = snap(paced, np.array([[500.0, 70.0], [500.0, 160.0], [500.0, 20.0]]))
    assert found.edge.tolist() == [0, 1, 0]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000))
def test_no_leg_crosses_a_river_and_no_nearer_street_on_this_bank_is_missed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    river = shapely.LineString(rng.uniform(0, 400, (3, 2)))
    net = random_world(seed)
    net = replace(net, rivers=(shapely.to_wkb(river, hex=True),))
    paced = walk_seconds(net, walker("adult"))
    spots = rng.uniform(-50, 450, (12, 2))
    found = snap(paced, spots)
    lines = net.lines()
    for spot, edge in zip(shapely.points(spots), found.edge.tolist(), strict=True):
        legs = shapely.shortest_line(spot, lines)
        open_ = ~shapely.intersects(legs, river) & (shapely.length(legs) <= 150.0)
        if edge < 0:
            assert not open_.any()
        else:
            assert open_[edge]
            in_main = paced.part[edge] == paced.main_part
            rivals = open_ & ((paced.part == paced.main_part) | ~in_main)
            assert shapely.length(legs[edge]) <= shapely.length(legs[rivals]).min() + 1e-9


def test_rivers_canals_and_lakes_of_osm_are_kept_and_brooks_are_not(tmp_path: Path) -> None:
    spots = {
        1: (0, 0), 2: (10, 0), 3: (0, 2), 4: (10, 2), 5: (0, 4), 6: (10, 4), 7: (0, 6),
        8: (10, 6), 9: (0, 8), 10: (4, 8), 11: (4, 9),
    }  # fmt: skip
    ways = {
        1: ((1, 2), {"highway": "residential"}), 2: ((3, 4), {"waterway": "river"}),
        3: ((5, 6), {"waterway": "stream"}),
        4: ((7, 8), {"waterway": "canal", "tunnel": "yes"}),
        5: ((9, 10, 11, 9), {"natural": "water"}),
    }  # fmt: skip
    places = {n: (106 + x / 10000, 29 + y / 10000) for n, (x, y) in spots.items()}
    net = read_network(osm_file(tmp_path, places, ways))
    kinds = [shape.geom_type for shape in net.river_shapes]
    assert kinds == ["LineString", "Polygon"]


def two_streets_and_a_compound() -> WalkNetwork:
    """Make two public streets whose only link is a private way between them."""
    return make_network(
        [(0, 0), (500, 0), (0, 80), (300, 80)], [(0, 1), (2, 3), (0, 2)],
        private=[False, False, True],
    )  # fmt: skip


def test_a_compound_joins_no_two_public_parts() -> None:
    paced = walk_seconds(two_streets_and_a_compound(), FLAT)
    assert paced.part[0] != paced.part[1]
    # It belongs to the longer of the two, and so does whoever lives in it.
    assert paced.part[2] == paced.part[0] == paced.main_part


def test_places_near_an_island_behind_a_compound_go_to_the_main_part() -> None:
    paced = walk_seconds(two_streets_and_a_compound(), FLAT)
    found = snap(paced, np.array([[100.0, 70.0]]))
    assert found.edge.tolist() == [0] and found.moved.tolist() == [True]


def test_islands_differ_by_walker() -> None:
    # A terrace that only a stair joins to the street: an island for whoever takes no steps.
    net = make_network(
        [(0, 0), (400, 0), (0, 60), (200, 60)], [(0, 1), (2, 3), (0, 2)], steps=[0, 0, 90]
    )
    spot = np.array([[150.0, 55.0]])
    climbing, rolling = (walk_seconds(net, walker(n)) for n in ("elder", "step_free"))
    assert snap(climbing, spot).edge.tolist() == [1]
    moved = snap(rolling, spot)
    assert moved.edge.tolist() == [0] and moved.moved.tolist() == [True]
    stays = snap(rolling, spot, max_snap_m=40)
    assert stays.edge.tolist() == [1] and stays.moved.tolist() == [False]


@pytest.mark.parametrize("n", [0, 1, 3])
def test_duplicates_are_each_snapped_alike(n: int) -> None:
    paced = walk_seconds(by_a_river(), FLAT)
    found = snap(paced, np.tile([[300.0, 20.0]], (n, 1)))
    assert found.edge.tolist() == [0] * n and found.offset_dm.tolist() == [3000] * n
    assert found.n_places == n and found.found_places.tolist() == [True] * n


def test_a_river_beyond_the_last_street_still_parts_its_banks(tmp_path: Path) -> None:
    # A street along y = 0; a river 55 m north of it; a home 100 m north.
    per_m = 1 / 110_800
    spots = {1: (0, 0), 2: (300, 0), 3: (-100, 55), 4: (400, 55)}
    ways = {1: ((1, 2), {"highway": "residential"}), 2: ((3, 4), {"waterway": "river"})}
    places = {n: (106.0 + x * per_m, y * per_m) for n, (x, y) in spots.items()}
    net = read_network(osm_file(tmp_path, places, ways))
    paced = walk_seconds(net, FLAT)
    middle = net.node_xy_m.mean(axis=0)
    assert snap(paced, middle + np.array([[0, 100.0], [0, -100.0]])).edge.tolist() == [-1, 0]


def test_rivers_move_with_their_streets_into_another_plane(tmp_path: Path) -> None:
    net = replace(by_a_river(RIVER), crs="EPSG:4544")
    corner = np.array([360_000.0, 3_270_000.0])
    net = replace(net, node_xy_m=net.node_xy_m + corner, vertex_xy_m=net.vertex_xy_m + corner)
    river = shapely.transform(RIVER, lambda xy: xy + corner)
    net = replace(net, rivers=(shapely.to_wkb(river, hex=True),))
    path = tmp_path / "net.PARQUET"
    write_network(net, path)
    same = read_network(path, crs="EPSG:4544")
    # An upper-case suffix is still a stored network, not a layer of lines.
    assert same.rivers == net.rivers and same.edge_length_dm.tolist() == net.edge_length_dm.tolist()
    other = read_network(path, crs="EPSG:32648")
    gap = [shapely.distance(n.river_shapes[0], n.lines()[0]) for n in (net, other)]
    assert gap[0] == pytest.approx(60) and gap[1] == pytest.approx(60, abs=0.1)
