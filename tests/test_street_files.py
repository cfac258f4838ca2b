"""Street files: line layers, graphs of osmnx, stored networks; all become one walking network."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InputError, NetworkError
from quarterhour.inputs.datum import Datum, Plane
from quarterhour.inputs.tables import meaning, synonyms
from quarterhour.intake import read_inputs, read_streets, sources_of
from quarterhour.osmfile import OsmExtract, read_osm
from quarterhour.presets import walker
from quarterhour.reach import walking_times
from quarterhour.streets import (
    WalkNetwork,
    build_network,
    from_networkx,
    read_network,
    read_street_file,
    snap,
    to_networkx,
    walk_seconds,
    write_network,
)
from quarterhour.streets.extracts import made_extract
from quarterhour.streets.files import SUFFIXES
from quarterhour.streets.lines import read_lines
from quarterhour.streets.noding import node_lines
from quarterhour.streets.osm import judge_way
from quarterhour.streets.places import GAP_M, MEET_M, Drawn
from quarterhour.study import Study, read_study
from worlds import FLAT, make_network, random_world

PLANE = Plane("EPSG:4544")
CORNER = np.array([500_000.0, 3_265_000.0])
Line = Sequence[tuple[float, ...]]


def layer(
    folder: Path,
    lines: Sequence[Line | shapely.Geometry | None],
    *,
    name: str = "roads.gpkg",
    crs: str = "EPSG:4544",
    **columns: Sequence[object],
) -> Path:
    """Write a layer; lines are metres east and north (and up) of a corner, class 支路."""

    def shape(line: Line | shapely.Geometry | None) -> shapely.Geometry | None:
        if line is None or isinstance(line, shapely.Geometry):
            return line
        return shapely.LineString([(CORNER[0] + p[0], CORNER[1] + p[1], *p[2:]) for p in line])

    columns.setdefault("道路等级", ["支路"] * len(lines))
    data = {k: list(v) for k, v in columns.items() if v}
    frame = gpd.GeoDataFrame(data, geometry=[shape(line) for line in lines], crs="EPSG:4544")
    path = folder / name
    frame = frame.to_crs(crs)
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".shp":
        frame.to_file(path, encoding="gb18030")
        path.with_suffix(".cpg").unlink()
    else:
        frame.to_file(path)
    return path


def keys(faults: Sequence[Fault]) -> list[str]:
    return [fault.key for fault in faults]


def parts(network: WalkNetwork) -> int:
    return len(np.unique(walk_seconds(network, FLAT).part))


def equal_networks(one: WalkNetwork, other: WalkNetwork) -> list[str]:
    """Return the fields that are not equal, to the last bit and type."""
    wrong = []
    for name in (f.name for f in fields(WalkNetwork)):
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, np.ndarray):
            same = a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        else:
            same = a == b
        if not same:
            wrong.append(name)
    return wrong


# --- layers of lines ----------------------------------------------------------------------------

CROSS: list[Line] = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 80)]]


@pytest.mark.parametrize("crs", ["EPSG:4544", "EPSG:4490", "EPSG:4326", "EPSG:4543"])
@pytest.mark.parametrize("name", ["r.gpkg", "r.shp", "r.geojson", "r.fgb", "r.parquet"])
def test_a_layer_of_any_kind_in_any_system_gives_the_same_streets(
    name: str, crs: str, tmp_path: Path
) -> None:
    if name == "r.geojson":
        crs = "EPSG:4326"
    path = layer(tmp_path, CROSS, name=name, crs=crs, 路名=["一路", "一路", "二巷"])
    net = read_network(path, crs="EPSG:4544")
    assert sorted(net.edge_length_dm.tolist()) == [800, 1000, 1000]
    assert (net.n_nodes, parts(net)) == (4, 1)
    names = [net.names[n] for n in net.edge_name]
    # FlatGeobuf puts its rows in an order of its own.
    assert (sorted(names) if name == "r.fgb" else names) == ["一路", "一路", "二巷"]
    assert net.classes == ("tertiary",)


@pytest.mark.parametrize(
    ("word", "tags"),
    [
        ("主干路", {"highway": "primary"}),
        (" 次干路 ", {"highway": "secondary"}),
        ("人行天桥", {"highway": "footway", "bridge": "yes"}),
        ("地下通道", {"highway": "footway", "tunnel": "yes"}),
        ("台阶", {"highway": "steps"}),
        ("自动扶梯", {"highway": "steps", "conveying": "yes"}),
        ("Living_Street", {"highway": "living_street"}),
        ("platform", {"highway": "platform"}),
        ("什么路", {"highway": "road"}),
    ],
)
def test_class_words_mean_tags(word: str, tags: dict[str, str], tmp_path: Path) -> None:
    made = read_lines(layer(tmp_path, CROSS[:2], 道路等级=[word, "支路"]))
    assert made.extract.way_tags[0] == tags


def test_every_class_of_the_filter_is_a_class_word_and_no_word_means_two_things() -> None:
    from quarterhour.streets.osm import walk_rules

    for highway in (*walk_rules()["walkable"], *walk_rules()["if_foot"]):
        assert meaning(highway, "highway") == highway
    for table in ("street_column", "highway", "street_flag", "street_access"):
        words = list(itertools.chain(*synonyms(table).values()))
        assert sorted(words) == sorted(set(words)), table


def test_unknown_classes_are_walked_on_counted_and_doubted(tmp_path: Path) -> None:
    doubts: list[Fault] = []
    path = layer(tmp_path, CROSS, 道路等级=["甲", "支路", "甲"])
    net = read_network(path, doubts=doubts)
    assert (net.report["unknown_classes"], net.report["unknown_class_words"]) == (2, ["甲 (2)"])
    assert sorted(net.classes) == ["road", "tertiary"]
    assert keys(doubts) == ["streets.unknown_classes"]
    assert "甲 (2)" in doubts[0].render("zh")


def test_where_no_class_is_known_the_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_network(layer(tmp_path, CROSS, 道路等级=["甲", "乙", "甲"]))
    assert keys(caught.value.faults) == ["streets.no_known_class"]
    assert "甲 (2), 乙 (1)" in caught.value.render("zh")


def test_faults_of_a_layer_come_together_with_their_rows(tmp_path: Path) -> None:
    lines = [CROSS[0], shapely.Point(*CORNER), None, [(0, 0), (5, 5)]]
    path = layer(
        tmp_path, lines, 道路等级=[], 层级=["0", "0", "0", "1.5"], 桥=["否", "否", "否", "也许"]
    )
    with pytest.raises(InputError) as caught:
        read_network(path)
    assert [(f.key.split(".")[1].removesuffix("_near"), f.row) for f in caught.value.faults] == [
        ("missing_column", None), ("not_a_line", 2), ("empty_line", 3), ("not_yes_no", 4),
        ("not_whole", 4),
    ]  # fmt: skip
    for language in ("zh", "en"):
        assert len(caught.value.render(language).splitlines()) == 5


def test_columns_of_the_study_win_over_synonyms(tmp_path: Path) -> None:
    path = layer(tmp_path, CROSS, 道路等级=["甲"] * 3, dldj=["主干路"] * 3)
    assert read_network(path, columns={"class": "dldj"}).classes == ("primary",)
    with pytest.raises(InputError) as caught:
        read_network(path, columns={"class": "dldj", "width": "kd"})
    assert keys(caught.value.faults) == ["streets.unknown_field"]


def test_coordinates_that_are_none_are_a_fault_with_its_row(tmp_path: Path) -> None:
    with np.errstate(invalid="ignore"):  # shapely warns whoever makes such a line
        bad = shapely.LineString([(np.nan, CORNER[1]), (CORNER[0] + 9, CORNER[1])])
    far = shapely.LineString([(CORNER[0], CORNER[1]), (9e9, 9e9)])
    path = layer(tmp_path, [CROSS[0], bad, far], name="r.parquet")
    with pytest.raises(InputError) as caught:
        read_network(path)
    assert [(f.key, f.row) for f in caught.value.faults] == [
        ("streets.line_not_degrees", 2), ("streets.line_not_degrees", 3),
    ]  # fmt: skip


def test_a_layer_without_a_system_names_the_mend(tmp_path: Path) -> None:
    path = layer(tmp_path, CROSS, name="r.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"coordinate (reference )?system|坐标系"):
        read_network(path)


def test_a_layer_that_holds_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "r.parquet"
    pd.DataFrame({"class": ["支路"]}).to_parquet(path)
    with pytest.raises(InputError) as caught:
        read_network(path)
    assert keys(caught.value.faults) == ["streets.no_lines"]
    with pytest.raises(InputError) as caught:
        read_network(layer(tmp_path, [shapely.Point(*CORNER).buffer(9)] * 30))
    assert keys(caught.value.faults) == ["streets.no_lines"]
    dot = [(0, 0), (0, 0)]
    with pytest.raises(InputError) as caught:
        read_network(layer(tmp_path, [dot]))
    assert keys(caught.value.faults) == ["streets.no_lines"]
    with pytest.raises(NetworkError):
        read_network(layer(tmp_path, CROSS, 道路等级=["高速公路"] * 3))


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_shifted_layer_comes_back_to_its_place(datum: Any, tmp_path: Path) -> None:
    def shifted(xy: np.ndarray) -> np.ndarray:
        lonlat = PLANE.to_lonlat(xy)
        return np.column_stack(Datum(datum).from_wgs84(lonlat[:, 0], lonlat[:, 1]))

    shapes = shapely.transform(
        np.array([shapely.LineString(np.array(line) + CORNER) for line in CROSS], object), shifted
    )
    path = tmp_path / "r.geojson"
    gpd.GeoDataFrame({"class": ["支路"] * 3}, geometry=shapes, crs=4326).to_file(path)
    net = read_network(path, crs="EPSG:4544", datum=datum)
    assert np.abs(net.node_xy_m - CORNER).max() < 200.1
    assert sorted(net.edge_length_dm.tolist()) == [800, 1000, 1000]
    assert np.abs(read_network(path, crs="EPSG:4544").node_xy_m - CORNER).max() > 300


def test_heights_of_lines_are_kept_and_zeros_are_none(tmp_path: Path) -> None:
    lines = [[(0, 0, 10), (100, 0, 14)], [(100, 0, 0), (200, 0, 0)], [(0, 0, 10), (0, 50, 9)]]
    net = read_network(layer(tmp_path, lines), crs="EPSG:4544")
    assert net.report["rows_at_height_zero"] == 1
    height = {tuple(np.rint(xy - CORNER)): z for xy, z in zip(net.vertex_xy_m, net.vertex_z_m,
                                                              strict=True)}  # fmt: skip
    assert height[0, 0] == 10
    assert height[100, 0] == 14
    assert height[0, 50] == 9
    assert np.isnan(height[200, 0])


def test_steps_inclines_access_and_flags_become_tags(tmp_path: Path) -> None:
    doubts: list[Fault] = []
    path = layer(
        tmp_path, [*CROSS, [(0, 0), (0, 30)], [(0, 30), (0, 60)]],
        道路等级=["台阶", "支路", "支路", "支路", "支路"],
        台阶数=[40.0, 12.0, None, None, 0.0],
        坡度=["上", "8", "-3.5％", None, "1:12"],
        通行=["公共", None, "内部", "特殊", "禁止"],
        桥=[None, "T", "F", "是", "viaduct"],
        隧道=[None, None, None, None, "骑楼"],
        层级=[None, 1, 0, -1, None],
    )  # fmt: skip
    made = read_lines(path, doubts=doubts)
    assert made.extract.way_tags == (
        {"highway": "steps", "step_count": "40", "incline": "up", "access": "yes"},
        {"highway": "tertiary", "bridge": "yes", "layer": "1", "incline": "8%"},
        {"highway": "tertiary", "access": "private", "incline": "-3.5%"},
        {"highway": "tertiary", "bridge": "yes", "layer": "-1"},
        {"highway": "tertiary", "access": "no", "incline": "1:12", "bridge": "viaduct",
         "tunnel": "building_passage"},
    )  # fmt: skip
    assert made.figures["unknown_access_words"] == ["特殊 (1)"]
    assert made.figures["steps_ignored"] == 1
    assert keys(doubts) == ["streets.unknown_access", "streets.steps_ignored"]


def test_a_bare_incline_takes_the_unit_of_its_header(tmp_path: Path) -> None:
    column: Mapping[str, Sequence[object]] = {"坡度（°）": [5.0]}
    made = read_lines(layer(tmp_path, CROSS[:1], **column))
    assert made.extract.way_tags[0]["incline"] == "5°"


def test_a_bridge_without_a_layer_is_above_and_a_tunnel_below(tmp_path: Path) -> None:
    streets = [[(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)]]
    for column, joined in (({}, 1), ({"桥": ["是", ""]}, 2), ({"隧道": ["", "是"]}, 2)):
        assert parts(read_network(layer(tmp_path, streets, **column))) == joined


def test_private_rows_are_compounds(tmp_path: Path) -> None:
    path = layer(tmp_path, CROSS, 是否内部=["否", "", "是"])
    own, closed = read_network(path), read_network(path, private="closed")
    assert own.edge_private.sum() == 1
    assert len(own.link_from) == 1
    assert closed.n_edges == 1  # what is left of the street is one chain
    assert closed.report["ways_dropped"] == {"private": 1}


def test_steps_of_a_row_in_several_parts_are_shared_by_length(tmp_path: Path) -> None:
    apart = shapely.MultiLineString(
        [np.array([(0.0, 0.0), (30.0, 0.0)]) + CORNER, np.array([(50.0, 0), (60.0, 0)]) + CORNER]
    )
    net = read_network(layer(tmp_path, [apart], 道路等级=["台阶"], 台阶数=[80]))
    assert sorted(net.edge_steps.tolist()) == [20, 60]


# --- noding -------------------------------------------------------------------------------------


def noded(
    *lines: Line, level: Sequence[int] = (), lifted: Sequence[bool] = ()
) -> tuple[Any, nx.MultiGraph]:
    """Node lines; return what came out, and its graph with lengths of segments."""
    xy = [np.array(line, float) for line in lines]
    offset = np.concatenate([[0], np.cumsum([len(x) for x in xy])])
    drawn = Drawn(
        offset, np.concatenate(xy), np.array(level or [0] * len(xy)),
        np.array(lifted or [False] * len(xy), bool),
    )  # fmt: skip
    found = node_lines(drawn)
    place = np.where(np.isfinite(found.moved_xy_m), found.moved_xy_m, drawn.xy_m[found.vertex])
    graph = nx.MultiGraph()
    for k in range(len(xy)):
        for a, b in itertools.pairwise(found.node[found.offset[k] : found.offset[k + 1]].tolist()):
            if a != b:
                graph.add_edge(a, b, m=float(np.hypot(*(place[a] - place[b]))))
    return found, graph


def split(graph: nx.MultiGraph) -> int:
    return nx.number_connected_components(graph)


FLOOR: Line = [(0, 0), (100, 0)]


def test_lines_meet_where_vertices_coincide() -> None:
    for gap, joined in ((0.0, 1), (0.9 * MEET_M, 1)):
        found, graph = noded(FLOOR, [(100 + gap, 0), (200, 0)])
        assert (split(graph), found.gaps) == (joined, 0)
    # Inner vertices too.
    _, graph = noded([(0, 0), (50, 0), (100, 0)], [(50, 50), (50.05, 0.05), (90, 60)])
    assert split(graph) == 1


def test_a_crossing_becomes_a_junction_on_one_level_only() -> None:
    over: Line = [(50, -50), (50, 50)]
    found, graph = noded(FLOOR, over)
    assert (found.crossings, split(graph), graph.number_of_nodes()) == (1, 1, 5)
    assert dict(nx.shortest_path_length(graph, found.node[0], weight="m"))[found.node[3]] == 100
    for level, lifted in (
        ((0, 1), (False, False)),
        ((0, 0), (False, True)),
        ((0, 0), (True, False)),
        ((0, 0), (True, True)),
    ):
        found, graph = noded(FLOOR, over, level=level, lifted=lifted)
        assert (found.crossings, split(graph)) == (0, 2), (level, lifted)


def test_a_hairpin_does_not_touch_itself() -> None:
    hairpin: Line = [(0, 0), (0.5, 0), (0.5, 0.12), (0.2, 0.09)]
    knot: Line = [(-9, 9), (-9, -9), (-20, -9), (-20, 0), (-3, 0)]
    found, _ = noded([*hairpin, *knot])
    assert (found.touches, found.crossings, found.gaps) == (0, 1, 0)


def test_three_lines_through_one_point_make_one_node() -> None:
    found, graph = noded(FLOOR, [(50, -50), (50, 50)], [(0, -50), (100, 50)])
    assert found.crossings == 1
    assert max(dict(graph.degree()).values()) == 6


def test_a_line_that_crosses_itself_and_one_that_curls_back() -> None:
    found, graph = noded([(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)])
    assert (found.crossings, sorted(dict(graph.degree()).values())[-1]) == (1, 4)
    for gap in (0.0, 0.9):
        found, graph = noded([(0, 0), (100, 0), (100, 50), (50, 50), (50, gap)])
        assert (found.touches, found.gaps) == ((1, 0) if gap == 0 else (0, 1))
        assert (split(graph), sorted(dict(graph.degree()).values())[-1]) == (1, 3)


def test_an_end_on_a_line_and_an_end_short_of_it() -> None:
    for gap, joined in ((0.0, 1), (0.05, 1), (0.9 * GAP_M, 1), (1.1 * GAP_M, 2)):
        found, graph = noded(FLOOR, [(50, gap), (50, 50)])
        assert split(graph) == joined, gap
        assert (found.touches, found.gaps) == (int(gap <= MEET_M), int(MEET_M < gap <= GAP_M))
    found, graph = noded(FLOOR, [(50, 0.5), (50, 50)])
    # The loose end goes to the line; the line keeps its shape.
    assert sum(m for *_, m in graph.edges(data="m")) == pytest.approx(150)


def test_two_ends_with_a_gap_between_them_count_once() -> None:
    found, graph = noded(FLOOR, [(100.5, 0), (200, 0)])
    assert (found.gaps, split(graph)) == (1, 1)
    found, graph = noded(FLOOR, [(101.5, 0), (200, 0)])
    assert (found.gaps, split(graph)) == (0, 2)


def test_a_short_stub_stays_a_stub() -> None:
    found, graph = noded([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 0.8)])
    assert found.gaps == 0
    assert graph.number_of_edges() == 3


def test_only_the_end_that_is_loose_is_joined_over_a_gap() -> None:
    # A street ends at a junction half a metre from another street: it has met already.
    found, _ = noded(FLOOR, [(50, 0.5), (50, 50)], [(50, 0.5), (20, 50)])
    assert found.gaps == 0


def test_a_bridge_meets_its_ramps_and_not_the_crossing_below() -> None:
    ramp, deck, ramp2 = [(0, 0), (50, 0)], [(50, 0), (100, 0), (150, 0)], [(150, 0), (200, 0)]
    below: Line = [(100, -50), (100, 0), (100, 50)]
    found, graph = noded(ramp, deck, ramp2, below, level=(0, 1, 0, 0), lifted=(0, 1, 0, 0))
    assert (split(graph), found.apart) == (2, 1)
    # Also where streets below end at that point: they are a junction of their own.
    south, north = [(100, -50), (100, 0)], [(100, 0), (100, 50)]
    found, graph = noded(
        ramp, deck, ramp2, south, north, level=(0, 1, 0, 0, 0), lifted=(0, 1, 0, 0, 0)
    )
    assert (split(graph), found.apart) == (2, 1)
    # A stair that ends on the deck, alone on its level, meets it.
    found, graph = noded(ramp, deck, ramp2, [(100, 40), (100, 0)], level=(0, 1, 0, 0))
    assert (split(graph), found.apart) == (1, 0)


def test_a_lone_end_meets_the_nearest_level() -> None:
    at = (50.0, 0.0)
    lines = [[at, (50, 50)], [(0, 0), at, (100, 0)], [(0, -9), at, (100, 9)]]
    found, graph = noded(*lines, level=(0, 3, 1))
    assert (split(graph), found.apart) == (2, 1)
    nodes = [set(found.node[found.offset[k] : found.offset[k + 1]].tolist()) for k in range(3)]
    assert nodes[0] & nodes[2]
    assert not nodes[0] & nodes[1]


def test_a_deck_end_reaches_over_a_gap_to_the_ground_but_no_street_to_the_deck_above() -> None:
    deck, street = [(50, 0.5), (50, 50)], FLOOR
    assert split(noded(street, deck, level=(0, 1), lifted=(False, True))[1]) == 1
    assert split(noded(street, deck, level=(1, 0), lifted=(True, False))[1]) == 2


def test_a_densely_drawn_curve_keeps_its_shape() -> None:
    turn = np.linspace(0, np.pi, 3000)
    arc = np.column_stack([50 * np.cos(turn), 50 * np.sin(turn)])  # a vertex each 5 cm
    _, graph = noded(arc.tolist())
    assert sum(m for *_, m in graph.edges(data="m")) == pytest.approx(50 * np.pi, rel=0.02)


def test_lines_drawn_twice_stay_parallel_and_meet() -> None:
    found, graph = noded([(0, 0), (50, 0), (100, 0)], [(0, 0), (50, 0), (100, 0)])
    assert (found.crossings, found.touches, graph.number_of_edges()) == (0, 0, 4)
    assert graph.number_of_nodes() == 3


def test_a_layer_counts_what_was_put_right(tmp_path: Path) -> None:
    lines = [FLOOR, [(50, -50), (50, 50)], [(20, 0.5), (20, 50)], [(80, 0), (80, 50)],
             [(0, 30), (100, 30)], [(5, 5), (5, 5)]]  # fmt: skip
    doubts: list[Fault] = []
    path = layer(tmp_path, lines, 桥=["", "", "", "", "是", ""])
    net = read_network(path, crs="EPSG:4544", doubts=doubts)
    said = {k: net.report[k] for k in ("crossings_noded", "touches_noded", "gaps_joined",
                                       "layers_apart", "lines_without_length")}  # fmt: skip
    assert said == {"crossings_noded": 1, "touches_noded": 1, "gaps_joined": 1,
                    "layers_apart": 0, "lines_without_length": 1}  # fmt: skip
    assert keys(doubts) == [
        "streets.crossings_noded", "streets.gaps_joined", "streets.lines_without_length",
    ]  # fmt: skip
    assert parts(net) == 2
    assert net.edge_bridge.sum() == 1


# On a grid of 50 m no two things that are apart are nearer than the tolerances.
corners = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda p: (50.0 * p[0], 50.0 * p[1]))
drawn_lines = st.lists(
    st.lists(corners, min_size=2, max_size=4).filter(
        lambda line: all(a != b for a, b in itertools.pairwise(line))
    ),
    min_size=1, max_size=7,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(drawn_lines)
def test_noding_agrees_with_the_union_of_all_lines(lines: list[Line]) -> None:
    _, ours = noded(*lines)
    theirs = nx.Graph()
    for piece in shapely.get_parts(shapely.union_all([shapely.LineString(x) for x in lines])):
        for a, b in itertools.pairwise(shapely.get_coordinates(piece).round(3).tolist()):
            theirs.add_edge(tuple(a), tuple(b), m=float(np.hypot(a[0] - b[0], a[1] - b[1])))
    found, _ = noded(*lines)
    starts: dict[tuple[float, float], int] = {}
    for k, line in enumerate(lines):
        nodes = found.node[found.offset[k] : found.offset[k + 1]]
        starts |= {tuple(map(float, line[0])): int(nodes[0]),
                   tuple(map(float, line[-1])): int(nodes[-1])}  # fmt: skip
    for place, node in starts.items():
        mine = nx.single_source_dijkstra_path_length(ours, node, weight="m")
        other = nx.single_source_dijkstra_path_length(theirs, place, weight="m")
        for goal, end in starts.items():
            assert mine.get(end, np.inf) == pytest.approx(other.get(goal, np.inf), abs=0.01)


# --- graphs of osmnx ----------------------------------------------------------------------------

STREET = {"highway": "residential"}


def osmnx_graph(
    xy: Mapping[int, tuple[float, float]],
    ways: Sequence[tuple[int, Sequence[int], Mapping[str, object]]],
    *,
    node_tags: Mapping[int, Mapping[str, object]] | None = None,
    one_way: bool = False,
) -> nx.MultiDiGraph:
    """Return what osmnx makes of ways before it simplifies: an edge each way per segment."""
    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=False)
    for n, (x, y) in xy.items():
        lon, lat = PLANE.to_lonlat(np.array([[CORNER[0] + x, CORNER[1] + y]]))[0].tolist()
        graph.add_node(n, x=lon, y=lat, street_count=2, **(node_tags or {}).get(n, {}))
    for osmid, refs, tags in ways:
        for a, b in itertools.pairwise(refs):
            graph.add_edge(a, b, osmid=osmid, oneway=one_way, reversed=False, **tags)
            if not one_way:
                graph.add_edge(b, a, osmid=osmid, oneway=False, reversed=True, **tags)
    return ox.distance.add_edge_lengths(graph)


LADDER = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 40), 5: (100, 80), 6: (150, 10)}


def saved(graph: nx.MultiDiGraph, folder: Path) -> Path:
    path = folder / "g.graphml"
    ox.save_graphml(graph, path)
    return path


@pytest.mark.parametrize("simplify", [False, True])
@pytest.mark.parametrize("project", [False, True])
def test_a_graph_of_osmnx_gives_each_street_once(
    simplify: bool, project: bool, tmp_path: Path
) -> None:
    graph = osmnx_graph(
        LADDER, [(1, [1, 2, 6, 3], {**STREET, "name": "一路"}), (2, [2, 4, 5], STREET)],
        one_way=False,
    )  # fmt: skip
    if simplify:
        graph = ox.simplify_graph(graph)
    if project:
        graph = ox.project_graph(graph, to_crs="EPSG:4543")
    net = read_network(saved(graph, tmp_path), crs="EPSG:4544")
    bent = round(10 * 2 * np.hypot(50, 10))
    assert sorted(net.edge_length_dm.tolist()) == sorted([1000, 800, bent])
    assert net.n_nodes == 4
    assert sorted(net.names) == ["", "一路"]
    assert net.report["graph_streets"] == (3 if simplify else 5)
    assert net.report["lengths_differ"] == 0


def test_one_way_streets_are_walked_both_ways() -> None:
    net = from_networkx(osmnx_graph(LADDER, [(1, [1, 2, 3], STREET)], one_way=True))
    assert net.n_edges == 1
    assert parts(net) == 1


def test_two_equal_edges_each_way_are_two_streets() -> None:
    net = from_networkx(osmnx_graph(LADDER, [(1, [1, 2, 1], {"highway": "footway"})]))
    assert net.edge_length_dm.sum() == 2000


def test_a_stair_drawn_against_its_only_edge_climbs_as_it_was_drawn() -> None:
    stairs = {"highway": "steps", "incline": "up"}
    graph = osmnx_graph(LADDER, [(1, [1, 2], stairs)], one_way=True)
    for *_, data in graph.edges(data=True):
        data["reversed"] = True
    net = from_networkx(graph)
    top = net.edge_to if net.edge_rise[0] > 0 else net.edge_from
    assert net.node_xy_m[top[0], 0] - CORNER[0] == pytest.approx(0, abs=0.01)


def test_parallels_and_loops_survive_simplified_or_not() -> None:
    ring = {1: (0, 0), 2: (100, 0), 3: (50, 40), 4: (50, -40), 5: (150, 30), 6: (150, -30)}
    ways = [(1, [1, 3, 2], STREET), (2, [1, 4, 2], STREET), (3, [2, 5, 6, 2], STREET),
            (4, [1, 2], STREET)]  # fmt: skip
    graph = osmnx_graph(ring, ways)
    simple = ox.simplify_graph(graph)
    for net in (from_networkx(graph), from_networkx(simple), from_networkx(simple.to_undirected())):
        assert net.n_edges == 4
        assert (net.edge_from == net.edge_to).sum() == 1
        assert net.n_nodes == 2


def test_steps_of_a_way_are_shared_whichever_way_its_segments_come() -> None:
    stairs = {"highway": "steps", "step_count": "60", "incline": "up"}
    # 2-4-5 is one stair of 80 m, cut by a path at 4.
    ways = [(1, [1, 2, 3], STREET), (7, [2, 4, 5], stairs), (9, [4, 6], {"highway": "path"})]
    graph = osmnx_graph(LADDER, ways)
    flipped = nx.MultiDiGraph(**graph.graph)
    flipped.add_nodes_from(graph.nodes(data=True))
    flipped.add_edges_from(reversed(list(graph.edges(keys=True, data=True))))
    for each in (graph, flipped, ox.simplify_graph(graph)):
        net = from_networkx(each)
        stair = np.flatnonzero(net.edge_steps > 0)
        assert net.edge_steps[stair] == pytest.approx([30, 30])
        assert net.edge_steps_from[stair].tolist() == [1, 1]
        climbs = np.where(net.edge_rise[stair] > 0, net.edge_to[stair], net.edge_from[stair])
        north = net.node_xy_m[climbs, 1] - CORNER[1]
        assert sorted(np.rint(north).tolist()) == [40, 80]


def test_a_merged_edge_that_holds_stairs_counts_as_stairs(tmp_path: Path) -> None:
    ways = [(1, [1, 2], STREET), (2, [2, 6, 3], {"highway": "steps", "step_count": "9"})]
    graph = ox.simplify_graph(osmnx_graph(LADDER, ways))
    doubts: list[Fault] = []
    net = read_network(saved(graph, tmp_path), doubts=doubts)
    assert (net.report["mixed_edges"], net.report["mixed_edges_with_steps"]) == (1, 1)
    assert net.classes == ("steps",)
    assert keys(doubts) == ["streets.mixed_edges"]
    assert doubts[0].values == {"count": 1, "stairs": 1}


def test_of_mixed_values_the_cautious_one_counts() -> None:
    graph = osmnx_graph(LADDER, [(1, [1, 2, 3], STREET)])
    for *_, data in graph.edges(data=True):
        data["highway"] = ["motorway", "service", "footway"]
        data["access"] = ["yes", "private"]
        data["name"] = ["乙路", "甲路"]
    net = from_networkx(graph)
    assert net.edge_private.all()
    assert net.classes == ("footway",)
    assert net.report["mixed_values"] == ["access (2)", "highway (2)", "name (2)"]
    assert net.report["mixed_edges_with_steps"] == 0


def test_gates_and_lifts_of_a_graph_are_kept() -> None:
    ways = [(1, [1, 2, 6, 3], STREET), (2, [2, 4, 5], STREET)]
    gate = {4: {"barrier": "gate", "access": "no"}, 2: {"highway": "elevator"}}
    net = from_networkx(osmnx_graph(LADDER, ways, node_tags=gate))
    assert (net.report["gates_shut"], net.report["lifts"]) == (1, 1)
    assert net.n_edges == 2
    # Crossings are tagged as highway too, and are nothing of ours.
    net = from_networkx(osmnx_graph(LADDER, ways, node_tags={6: {"highway": "crossing"}}))
    assert net.n_edges == 3


def test_heights_of_nodes_are_spread_evenly_between_them() -> None:
    heights = {n: {"elevation": 10.0 * n} for n in LADDER}
    graph = osmnx_graph(LADDER, [(1, [1, 2, 4, 5], STREET)], node_tags=heights)
    net = from_networkx(graph)
    assert net.vertex_z_m.tolist() in ([10, 20, 40, 50], [50, 40, 20, 10])
    net = from_networkx(ox.simplify_graph(graph))
    z = net.vertex_z_m if net.vertex_z_m[0] == 10 else net.vertex_z_m[::-1]
    assert z == pytest.approx([10, 10 + 40 * 100 / 180, 10 + 40 * 140 / 180, 50], abs=0.01)


def test_lengths_that_differ_from_the_shape_are_counted() -> None:
    graph = osmnx_graph(LADDER, [(1, [1, 2, 3], STREET)])
    for a, b, data in graph.edges(data=True):
        data["length"] *= 1.02 if {a, b} == {1, 2} else 1.005
    doubts: list[Fault] = []
    net = from_networkx(graph, doubts=doubts)
    assert (net.report["lengths_differ"], net.length_m) == (1, 200)
    assert keys(doubts) == ["streets.lengths_differ"]


def test_edges_without_class_or_shape_are_counted() -> None:
    graph = osmnx_graph(LADDER, [(1, [1, 2], STREET), (2, [2, 3], {})])
    graph.add_edge(1, 1, osmid=5, highway="path")
    doubts: list[Fault] = []
    net = from_networkx(graph, doubts=doubts)
    assert sorted(net.classes) == ["residential", "road"]
    assert (net.report["unknown_classes"], net.report["edges_without_shape"]) == (1, 1)
    assert keys(doubts) == ["streets.unknown_classes", "streets.edges_without_shape"]


def _bare() -> nx.MultiDiGraph:
    return osmnx_graph(LADDER, [(2, [2, 3], {})])


def _placeless() -> nx.MultiDiGraph:
    graph = osmnx_graph(LADDER, [(2, [2, 3], STREET)])
    del graph.nodes[2]["x"]
    return graph


def _without_crs() -> nx.MultiDiGraph:
    graph = osmnx_graph(LADDER, [(2, [2, 3], STREET)])
    del graph.graph["crs"]
    return graph


def _off_the_globe() -> nx.MultiDiGraph:
    graph = osmnx_graph(LADDER, [(2, [2, 3], STREET)])
    graph.nodes[2]["x"] = 500.0
    return graph


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (_bare, "streets.no_known_class"),
        (_placeless, "streets.not_a_street_graph"),
        (_without_crs, "streets.not_a_street_graph"),
        (_off_the_globe, "streets.not_a_street_graph"),
        (lambda: nx.MultiDiGraph(crs="epsg:4326"), "streets.not_a_street_graph"),
    ],
)
def test_graphs_that_are_no_streets_are_refused(
    make: Callable[[], nx.MultiDiGraph], key: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError) as caught:
        from_networkx(make())
    assert keys(caught.value.faults) == [key]
    with pytest.raises(InputError) as caught:
        read_network(saved(make(), tmp_path))
    assert caught.value.faults[0].file == "g.graphml"


@pytest.mark.parametrize("text", ["", "<graphml>", "<a/>", "no xml"])
def test_broken_graph_files_are_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "g.graphml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_network(path)
    assert caught.value.faults[0].file == "g.graphml"


# --- there and back -----------------------------------------------------------------------------


def rich_world(seed: int) -> WalkNetwork:
    """Return a random world in which every array says something."""
    rng = np.random.default_rng(seed)
    net = random_world(seed, private=True)
    n, vertices = net.n_edges, len(net.vertex_xy_m)
    names = ("", "a[1]", "{b: 'c'}", '三路 "x"')
    return replace(
        net,
        vertex_z_m=np.where(rng.random(vertices) < 0.5, np.nan, rng.normal(200, 30, vertices)),
        edge_name=rng.integers(0, 4, n).astype(np.int32), names=names,
        edge_incline=np.where(rng.random(n) < 0.5, np.nan, rng.normal(0, 0.1, n)),
        edge_escalator=rng.random(n) < 0.2, edge_bridge=rng.random(n) < 0.2,
        edge_tunnel=rng.random(n) < 0.2, edge_lift_s=rng.random(n),
        report={"stairs": 3, "share": 0.1, "nested": {"甲": 1}, "listed": ["a", 2], "text": "x"},
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_a_network_comes_back_from_networkx_with_every_array_equal(seed: int) -> None:
    net = rich_world(seed)
    assert equal_networks(net, from_networkx(to_networkx(net))) == []


@pytest.mark.parametrize("seed", range(6))
def test_a_network_comes_back_from_files_with_every_array_equal(seed: int, tmp_path: Path) -> None:
    net = rich_world(seed)
    path = saved(to_networkx(net), tmp_path)
    assert equal_networks(net, from_networkx(ox.load_graphml(path))) == []
    assert equal_networks(net, read_network(path)) == []
    stored = tmp_path / "net.parquet"
    write_network(net, stored)
    assert equal_networks(net, read_network(stored)) == []


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_stored_networks_come_back_and_repeat_to_the_byte(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    net, folder = rich_world(seed), tmp_path_factory.mktemp("stored")
    for name in ("one.parquet", "two.parquet"):
        write_network(net, folder / name)
    back = read_network(folder / "one.parquet")
    assert equal_networks(net, back) == []
    write_network(back, folder / "three.parquet")
    one, two, three = ((folder / f"{n}.parquet").read_bytes() for n in ("one", "two", "three"))
    assert one == two == three


def test_osmnx_and_geopandas_work_with_what_we_hand_out(tmp_path: Path) -> None:
    net = rich_world(3)
    graph = to_networkx(net)
    nodes, edges = ox.graph_to_gdfs(graph)
    assert len(nodes) == net.n_nodes
    assert len(edges) == 2 * net.n_edges + len(net.link_from)
    assert edges.crs == "EPSG:4544"
    again = ox.graph_from_gdfs(nodes, edges, graph_attrs=graph.graph)
    assert equal_networks(net, from_networkx(again)) == []
    shown = ox.project_graph(graph, to_crs="EPSG:4326")
    back = from_networkx(shown)
    assert back.crs == "EPSG:4544"
    assert np.abs(back.node_xy_m - net.node_xy_m).max() < 1e-3
    assert [n for n in equal_networks(net, back) if "xy_m" not in n] == []
    write_network(net, tmp_path / "net.parquet")
    frame = gpd.read_parquet(tmp_path / "net.parquet")
    assert frame.crs == "EPSG:4544"
    assert (frame.geometry.geom_equals(gpd.GeoSeries(net.lines(), crs=4544))).all()
    assert (frame["length_m"] * 10).round().astype(int).tolist() == net.edge_length_dm.tolist()


def test_a_walk_in_the_graph_leaves_a_compound_and_never_enters_it() -> None:
    net = make_network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], private=[True, False])
    graph = to_networkx(net)
    inside, out = int(net.edge_from[0]), 2
    assert nx.shortest_path_length(graph, inside, out, weight="length") == 200
    assert not nx.has_path(graph, out, inside)


def test_edges_may_be_taken_out_of_our_graph_but_new_ones_make_it_a_stranger() -> None:
    net = make_network([(0, 0), (100, 0), (200, 0)], [(0, 1), (1, 2)], names=["甲", "乙"])
    net = replace(net, node_xy_m=net.node_xy_m + CORNER, vertex_xy_m=net.vertex_xy_m + CORNER)
    graph = to_networkx(net)
    graph.remove_node(0)
    left = from_networkx(graph)
    assert (left.n_edges, left.n_nodes, left.report["edges_taken_out"]) == (1, 2, 1)
    assert left.names[left.edge_name[0]] == "乙"
    graph = to_networkx(net)
    graph.add_edge(0, 2, highway="path")
    grown = from_networkx(graph, crs="EPSG:4544")
    assert sorted(grown.edge_length_dm.tolist()) == [1000, 1000, 2000]


def test_what_another_version_stored_is_refused(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    path, net = tmp_path / "net.parquet", rich_world(1)
    write_network(net, path)
    table = pq.read_table(path)
    meta = dict(table.schema.metadata)
    for change in ({"schema": 99}, {"tables": {"names": ["", "b"]}}):
        head = json.loads(meta[b"quarterhour"]) | change
        pq.write_table(
            table.replace_schema_metadata({**meta, b"quarterhour": json.dumps(head)}), path
        )
        with pytest.raises(InputError) as caught:
            read_network(path)
        assert keys(caught.value.faults) == ["streets.stored_by_other_version"]
    pq.write_table(table.drop_columns(["edge_steps"]), path)
    with pytest.raises(InputError) as caught:
        read_network(path)
    assert keys(caught.value.faults) == ["input.unreadable"]


# --- one way in ---------------------------------------------------------------------------------


def test_an_unknown_suffix_lists_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "roads.dwg"
    path.write_bytes(b"x")
    with pytest.raises(InputError) as caught:
        read_street_file(path)
    assert keys(caught.value.faults) == ["streets.unknown_format"]
    said = caught.value.render("zh")
    assert all(suffix in said for suffix in SUFFIXES)
    for gone, key in ((tmp_path / "no.graphml", "input.missing_file"),
                      (tmp_path, "input.is_a_folder")):  # fmt: skip
        with pytest.raises(InputError) as caught:
            read_street_file(gone)
        assert keys(caught.value.faults) == [key]


def test_options_that_do_not_go_with_a_file_are_refused(tmp_path: Path) -> None:
    stored, net = tmp_path / "net.parquet", rich_world(2)
    write_network(replace(net, report={"private": "open"}), stored)
    graph = saved(to_networkx(net), tmp_path)
    for path, options, key in (
        (stored, {"datum": "gcj02"}, "streets.stored_datum"),
        (stored, {"columns": {"class": "x"}}, "streets.columns_not_used"),
        (graph, {"columns": {"class": "x"}}, "streets.columns_not_used"),
        (graph, {"datum": "bd09"}, "streets.stored_datum"),
        (stored, {}, "streets.stored_private"),
    ):
        with pytest.raises(InputError) as caught:
            read_network(path, **options)
        assert keys(caught.value.faults) == [key]
    assert read_network(stored, private="open").n_edges == net.n_edges


def test_a_stored_network_moves_to_another_plane_and_keeps_its_lengths(tmp_path: Path) -> None:
    net = read_network(layer(tmp_path, CROSS), crs="EPSG:4544")
    path = tmp_path / "net.parquet"
    write_network(net, path)
    assert read_network(path).crs == "EPSG:4544"
    moved = read_network(path, crs="EPSG:32648")
    assert moved.crs == "EPSG:32648"
    again = Plane("EPSG:32648").to_lonlat(moved.node_xy_m)
    assert np.abs(PLANE.to_xy(again[:, 0], again[:, 1]) - net.node_xy_m).max() < 1e-3
    assert np.abs(moved.node_xy_m - net.node_xy_m).max() > 1000
    rest = [n for n in equal_networks(net, moved) if n not in ("crs", "node_xy_m", "vertex_xy_m")]
    assert rest == []
    assert (walk_seconds(moved, FLAT).there_ms == walk_seconds(net, FLAT).there_ms).all()


def test_streets_of_a_stored_network_outside_the_box_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "net.parquet"
    write_network(read_network(layer(tmp_path, CROSS), crs="EPSG:4544"), path)
    found = read_street_file(path)
    x, y = CORNER
    near = found.network(PLANE, within_m=(x + 150, y - 9, x + 250, y + 9))
    assert near.report["stored_edges_outside"] == 2
    assert near.edge_length_dm.tolist() == [1000]
    with pytest.raises(NetworkError):
        found.network(PLANE, within_m=(x + 900, y, x + 999, y + 9))


def test_ways_of_openstreetmap_meet_at_a_shared_node_whatever_their_layers() -> None:
    # There a shared node is itself the statement that one can walk across: of 47 such inner nodes
    # in five real cities nearly all lie on the ground. Without the node nothing joins.
    xy = CORNER + np.array([(0, 0), (50, 0), (100, 0), (50, -50), (50, 50), (50, 0)], float)
    tags = [{"highway": "footway", "layer": "1"}, {"highway": "service"}]
    for crossing, found in ((1, 1), (5, 2)):
        nodes = np.array([0, 1, 2, 3, crossing, 4])
        extract = made_extract(
            tags, np.array([0, 3, 6]), nodes, lonlat=PLANE.to_lonlat(xy), z_m=np.full(6, np.nan)
        )
        assert parts(build_network(extract, PLANE)) == found


def in_study(study: Study, file: Path, **table: object) -> tuple[WalkNetwork, list[Fault]]:
    """Return the streets that a study reads from another file of streets."""
    doubts: list[Fault] = []
    changed = replace(study, streets=replace(study.streets, file=str(file), **table))
    return read_streets(changed, read_inputs(changed, []), doubts).network, doubts


def test_a_study_reads_any_street_file(small_study: Path, tmp_path: Path) -> None:
    study = read_study(small_study)
    osm, _ = in_study(study, study.path(study.streets.file))
    extract = read_osm(study.path(study.streets.file))
    graph, lines = osmnx_graph_of(extract), lines_of(extract, tmp_path / "lines.gpkg")
    from_graph, _ = in_study(study, saved(graph, tmp_path))
    assert sorted(from_graph.edge_length_dm.tolist()) == sorted(osm.edge_length_dm.tolist())
    from_lines, _ = in_study(study, lines, columns={"name": "name"})
    assert from_lines.length_m == pytest.approx(osm.length_m, rel=1e-4)
    # A stored network, of another plane, keeps what it knows: also its grades.
    stored = tmp_path / "net.parquet"
    write_network(osm, stored)
    same, _ = in_study(replace(study, terrain=None), stored)
    assert same.report["stored_edges_outside"] == 0
    assert same.piece_grade.tobytes() == osm.piece_grade.tobytes()
    assert [n for n in equal_networks(osm, same) if n != "report"] == []
    flat, _ = in_study(replace(study, terrain=None), study.path(study.streets.file))
    assert not flat.piece_grade.any()
    with pytest.raises(InputError) as caught:
        in_study(study, stored, private="open")
    assert keys(caught.value.faults) == ["streets.stored_private"]


# --- real places --------------------------------------------------------------------------------

TAGS = ("highway", "railway", "name", "bridge", "tunnel", "layer", "access", "foot", "step_count",
        "incline", "sidewalk", "conveying", "motorroad")  # fmt: skip


def walked_ways(extract: OsmExtract) -> Iterator[tuple[int, list[int], Mapping[str, str]]]:
    """Return number, rows of nodes and tags of the ways that are walked on."""
    at = np.searchsorted(extract.node_ids, extract.way_refs)
    for w, tags in enumerate(extract.way_tags):
        rows = at[extract.way_offset[w] : extract.way_offset[w + 1]]
        rows = rows[np.isfinite(extract.node_lonlat[rows, 0])]
        if judge_way(tags) in ("public", "private") and len(np.unique(rows)) > 1:
            yield w, rows.tolist(), tags


def osmnx_graph_of(extract: OsmExtract) -> nx.MultiDiGraph:
    """Return what osmnx makes of an extract before it simplifies."""
    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=False)
    for w, rows, tags in walked_ways(extract):
        for row in rows:
            lon, lat = extract.node_lonlat[row].tolist()
            known = extract.node_tags.get(int(extract.node_ids[row]), {})
            kept = {k: v for k, v in known.items() if k in ("highway", "barrier", "access", "foot")}
            graph.add_node(row, x=lon, y=lat, **kept)
        own = {k: tags[k] for k in TAGS if k in tags}
        for a, b in itertools.pairwise(rows):
            osmid = int(extract.way_ids[w])
            graph.add_edge(a, b, osmid=osmid, oneway=False, reversed=False, **own)
            graph.add_edge(b, a, osmid=osmid, oneway=False, reversed=True, **own)
    return ox.distance.add_edge_lengths(graph)


def lines_of(extract: OsmExtract, path: Path) -> Path:
    """Write an extract as a bureau would keep it: a layer with a class column."""
    columns = ("name", "bridge", "tunnel", "layer", "access", "foot")
    rows: list[dict[str, object]] = []
    shapes = []
    for _, nodes, tags in walked_ways(extract):
        kept: dict[str, object] = {k: tags.get(k) for k in columns}
        rows.append({"class": tags.get("highway") or tags["railway"], **kept})
        shapes.append(shapely.LineString(extract.node_lonlat[nodes]))
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4326).to_file(path)
    return path


def sampled_ms(network: WalkNetwork, xy_m: np.ndarray) -> np.ndarray:
    """Return an elder's milliseconds between places."""
    paced = walk_seconds(network, walker("elder"))
    places = snap(paced, xy_m, max_snap_m=60.0)
    table = walking_times(paced, places, places, limit_ms=3_600_000)
    out = np.full((len(xy_m), len(xy_m)), -1)
    row = np.repeat(np.arange(len(xy_m)), np.diff(table.indptr))
    out[row, table.indices] = table.ms
    return out


@pytest.fixture(scope="module")
def monaco(real_data: Path) -> tuple[OsmExtract, WalkNetwork]:
    path = real_data / "networks" / "monaco.osm.gz"
    return read_osm(path), read_network(path)


@pytest.mark.real
def test_monaco_is_the_same_from_openstreetmap_and_from_a_graph_of_osmnx(
    monaco: tuple[OsmExtract, WalkNetwork], tmp_path: Path
) -> None:
    extract, osm = monaco
    graph = osmnx_graph_of(extract)
    net = read_network(saved(graph, tmp_path))
    assert sorted(net.edge_length_dm.tolist()) == sorted(osm.edge_length_dm.tolist())
    assert (net.n_nodes, parts(net)) == (osm.n_nodes, parts(osm))
    assert net.edge_steps.sum() == pytest.approx(osm.edge_steps.sum())
    places = osm.node_xy_m[np.random.default_rng(4).choice(osm.n_nodes, 60, replace=False)]
    assert (sampled_ms(net, places) == sampled_ms(osm, places)).all()
    # Simplified, streets of several classes are one edge, and stairs are mixed with their ramps.
    simple = from_networkx(ox.simplify_graph(graph))
    assert simple.length_m == pytest.approx(osm.length_m, abs=5)
    assert simple.report["mixed_edges_with_steps"] == 38
    assert simple.edge_steps.sum() > 1.05 * osm.edge_steps.sum()


@pytest.mark.real
def test_monaco_is_nearly_the_same_from_a_layer_of_lines(
    monaco: tuple[OsmExtract, WalkNetwork], tmp_path: Path
) -> None:
    extract, osm = monaco
    net = read_network(lines_of(extract, tmp_path / "roads.gpkg"))
    assert net.length_m == pytest.approx(osm.length_m, abs=1.0)
    assert net.report["stairs"] == osm.report["stairs"]
    assert net.report["unknown_classes"] == 0
    assert (net.report["layers_apart"], net.report["crossings_noded"]) == (5, 2)
    places = osm.node_xy_m[np.random.default_rng(4).choice(osm.n_nodes, 60, replace=False)]
    # A layer has no lifts. What else differs are detours around the five places, and two short
    # cuts; where streets meet alike, the times are the same to the millisecond.
    without_lifts = build_network(replace(extract, node_tags={}), Plane(osm.crs))
    ours, theirs = sampled_ms(net, places), sampled_ms(without_lifts, places)
    assert (ours == theirs).mean() > 0.85
    assert np.abs(ours - theirs)[ours != theirs].min() > 500


@pytest.mark.real
def test_monaco_comes_back_with_every_array_equal(
    monaco: tuple[OsmExtract, WalkNetwork], tmp_path: Path
) -> None:
    _, osm = monaco
    path = tmp_path / "net.parquet"
    write_network(osm, path)
    assert equal_networks(osm, read_network(path)) == []
    assert equal_networks(osm, read_network(saved(to_networkx(osm), tmp_path))) == []


def test_a_stored_network_that_was_cut_is_refused(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    whole = tmp_path / "whole.parquet"
    write_network(random_world(3), whole)
    table = pq.read_table(whole)
    pq.write_table(table.slice(0, len(table) - 1), tmp_path / "cut.parquet")
    with pytest.raises(InputError) as caught:
        read_network(tmp_path / "cut.parquet")
    assert keys(caught.value.faults) == ["input.unreadable"]


def test_undirected_graphs_draw_their_streets_the_right_way_round() -> None:
    bent = {1: (0, 0), 2: (300, 0), 3: (50, 40), 4: (120, -30), 5: (220, 60)}
    simple = ox.simplify_graph(osmnx_graph(bent, [(1, [1, 3, 4, 5, 2], STREET)]))
    wanted = from_networkx(simple).length_m
    for graph in (simple.to_undirected(), ox.convert.to_undirected(simple)):
        assert from_networkx(graph).length_m == pytest.approx(wanted, abs=0.2)
    flipped = nx.MultiGraph(simple.to_undirected())
    u, v, k, data = next(iter(flipped.edges(keys=True, data=True)))
    flipped.remove_edge(u, v, k)
    flipped.add_edge(v, u, **{**data, "geometry": shapely.reverse(data["geometry"])})
    assert from_networkx(flipped).length_m == pytest.approx(wanted, abs=0.2)


def test_what_lies_beside_a_shapefile_is_part_of_it(small_study: Path, tmp_path: Path) -> None:
    study = read_study(small_study)
    lines_of(read_osm(study.path(study.streets.file)), tmp_path / "lines.shp")
    asked = replace(study, folder=tmp_path, streets=replace(study.streets, file="lines.shp"))
    asked = replace(
        asked, areas=replace(asked.areas, file=""), terrain=None, facilities=(), siting=(),
        residents=replace(asked.residents, file="lines.shp"), neighbours=None,
        scorecard=replace(asked.scorecard, file=""),
    )  # fmt: skip
    before = sources_of(asked)
    table = tmp_path / "lines.dbf"
    table.write_bytes(table.read_bytes().replace(b"footway", b"primary"))
    after = sources_of(asked)
    assert before[0].sha256 != after[0].sha256
    assert before[0].bytes > (tmp_path / "lines.shp").stat().st_size
