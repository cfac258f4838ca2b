"""Streets: topology, the filter, stairs, terrain, a walker's seconds, snapping."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine

from quarterhour.cover.network_report import summarize_snapping
from quarterhour.errors import InputError, NetworkError
from quarterhour.inputs.datum import Plane
from quarterhour.osmfile import read_osm
from quarterhour.presets import Walker, constant, walker
from quarterhour.streets import drape, read_network, read_terrain, snap, walk_seconds
from quarterhour.streets.chains import chain_segments
from quarterhour.streets.osm import judge_way
from worlds import FLAT, make_network, random_world

PLANE = Plane("EPSG:4544")
CORNER = PLANE.to_xy([105.0], [29.5])[0]


def osm_file(
    folder: Path,
    nodes: dict[int, tuple[float, float]],
    ways: list[tuple[list[int], dict[str, str]]],
    *,
    node_tags: dict[int, dict[str, str]] | None = None,
) -> Path:
    """Write an OSM XML file; nodes are metres east and north of a corner."""

    def tags(of: dict[str, str]) -> str:
        return "".join(f'<tag k="{k}" v="{v}"/>' for k, v in of.items())

    lines = ['<?xml version="1.0"?><osm version="0.6">']
    for node, (x, y) in nodes.items():
        lon, lat = PLANE.to_lonlat(np.array([[CORNER[0] + x, CORNER[1] + y]]))[0]
        of = tags((node_tags or {}).get(node, {}))
        lines.append(f'<node id="{node}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">{of}</node>')
    for number, (refs, of) in enumerate(ways, 1):
        inner = "".join(f'<nd ref="{r}"/>' for r in refs) + tags(of)
        lines.append(f'<way id="{number}" version="1">{inner}</way>')
    path = folder / "streets.osm"
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


CROSS = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (100, 100), 5: (300, 0)}


def test_ways_meet_at_shared_nodes_and_chains_merge_across_ways(tmp_path: Path):
    street = {"highway": "residential", "name": "一路"}
    path = osm_file(
        tmp_path, CROSS, [([1, 2], street), ([2, 3], street), ([3, 5], street),
                          ([2, 4], {"highway": "footway"})],
    )  # fmt: skip
    net = read_network(path, crs="EPSG:4544")
    lengths = sorted((net.edge_length_dm / 10).tolist())
    assert lengths == pytest.approx([100, 100, 200], abs=0.2)
    assert net.n_nodes == 4
    assert len(net.vertex_xy_m) == 2 + 2 + 3


def test_chains_stop_where_name_class_bridge_or_layer_change(tmp_path: Path):
    ways = [
        ([1, 2], {"highway": "residential", "name": "a"}),
        ([2, 3], {"highway": "residential", "name": "b"}),
        ([3, 5], {"highway": "residential", "name": "b", "bridge": "yes", "layer": "1"}),
    ]
    net = read_network(osm_file(tmp_path, CROSS, ways))
    assert net.n_edges == 3
    assert net.edge_bridge.sum() == 1


def test_ways_that_cross_without_a_shared_node_do_not_join(tmp_path: Path):
    nodes = {1: (0, 0), 2: (200, 0), 3: (100, -100), 4: (100, 100)}
    ways = [([1, 2], {"highway": "primary"}), ([3, 4], {"highway": "footway", "layer": "1"})]
    net = read_network(osm_file(tmp_path, nodes, ways))
    paced = walk_seconds(net, FLAT)
    assert net.n_edges == 2
    assert len(np.unique(paced.part)) == 2


def test_a_ring_without_a_junction_survives(tmp_path: Path):
    nodes = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}
    net = read_network(osm_file(tmp_path, nodes, [([1, 2, 3, 4, 1], {"highway": "footway"})]))
    assert net.n_edges == 1
    assert net.edge_length_dm[0] == pytest.approx(4000, abs=3)
    assert net.edge_from[0] == net.edge_to[0]


@pytest.mark.parametrize(
    ("tags", "verdict"),
    [
        ({"highway": "residential"}, "public"),
        ({"highway": "trunk"}, "public"),
        ({"highway": "trunk", "motorroad": "yes"}, "motorroad"),
        ({"highway": "primary", "foot": "no"}, "foot_no"),
        ({"highway": "motorway"}, "class"),
        ({"highway": "cycleway"}, "class"),
        ({"highway": "cycleway", "foot": "designated"}, "public"),
        ({"highway": "service", "access": "private"}, "private"),
        ({"highway": "service", "access": "private", "foot": "yes"}, "public"),
        ({"highway": "service", "access": "no"}, "access_no"),
        ({"highway": "service", "access": "no", "foot": "permissive"}, "public"),
        ({"railway": "platform"}, "public"),
        ({"highway": "elevator"}, "public"),
        ({"highway": "construction"}, "class"),
        ({"route": "ferry"}, "class"),
    ],
)
def test_the_filter(tags: dict[str, str], verdict: str):
    assert judge_way(tags) == verdict


def test_a_main_road_without_sidewalk_gives_way_to_the_walkway_beside_it(tmp_path: Path):
    nodes = {1: (0, 0), 2: (300, 0), 3: (0, 15), 4: (300, 15), 5: (0, 900), 6: (300, 900)}
    bare = {"highway": "primary", "sidewalk": "no"}
    ways = [([1, 2], bare), ([3, 4], {"highway": "footway"}), ([5, 6], bare)]
    net = read_network(osm_file(tmp_path, nodes, ways))
    assert net.report["ways_dropped"] == {"no_sidewalk": 1}
    assert net.n_edges == 2


def test_gates_without_access_are_open_and_shut_ones_are_shut(tmp_path: Path):
    ways = [([1, 2, 3], {"highway": "service"})]
    for tags, edges in (({"barrier": "gate"}, 1), ({"barrier": "gate", "access": "no"}, 0)):
        path = osm_file(
            tmp_path, CROSS, [*ways, ([3, 5], {"highway": "path"})], node_tags={2: tags}
        )
        net = read_network(path)
        assert net.n_edges == edges + 1, tags


def test_own_open_and_closed_compounds_differ(tmp_path: Path):
    ways = [
        ([1, 2, 3], {"highway": "residential"}),
        ([2, 4], {"highway": "service", "access": "private"}),
    ]
    path = osm_file(tmp_path, CROSS, ways)
    own, opened, closed = (read_network(path, private=p) for p in ("own", "open", "closed"))
    assert (own.edge_private.sum(), len(own.link_from)) == (1, 1)
    assert (opened.edge_private.sum(), opened.n_edges) == (0, 3)
    assert closed.n_edges == 1
    assert closed.report["ways_dropped"] == {"private": 1}


def test_steps_are_counted_from_tags_shared_by_length_else_by_density(tmp_path: Path):
    nodes = {1: (0, 0), 2: (10, 0), 3: (40, 0), 4: (10, 50), 5: (40, 50)}
    ways = [
        ([1, 2, 3], {"highway": "steps", "step_count": "80"}),
        ([2, 4], {"highway": "footway"}),
        ([3, 5], {"highway": "steps"}),
    ]
    net = read_network(osm_file(tmp_path, nodes, ways))
    steps = dict(zip(np.rint(net.edge_length_dm / 10).tolist(), net.edge_steps, strict=True))
    assert steps[10.0] == pytest.approx(20, abs=0.1)
    assert steps[30.0] == pytest.approx(60, abs=0.1)
    assert steps[50.0] == 0 or steps[50.0] == pytest.approx(40, abs=0.1)
    assert sorted(net.edge_steps.round().tolist()) == [0, 20, 40, 60]
    assert net.report["stairs_tagged"] == 2
    assert net.report["steps_per_m_source"] == "preset"


def test_nothing_to_walk_on_is_said_so(tmp_path: Path):
    with pytest.raises(NetworkError) as caught:
        read_network(osm_file(tmp_path, CROSS, [([1, 2], {"highway": "motorway"})]))
    assert caught.value.faults[0].key == "streets.nothing_walkable"
    with pytest.raises(NetworkError) as caught:
        read_osm(osm_file(tmp_path, CROSS, [([1, 2], {"power": "line"})]))
    assert caught.value.faults[0].key == "streets.no_ways"


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 100_000))
def test_chains_keep_every_segment_once_and_follow_each_other(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    nodes = int(rng.integers(2, 20))
    start = rng.integers(0, nodes, n)
    end = (start + rng.integers(1, nodes, n)) % nodes
    code = rng.integers(0, 2, n)
    chains = chain_segments(start, end, code, stops=rng.integers(0, nodes, 2))
    assert sorted(chains.order.tolist()) == list(range(n))
    a = np.where(chains.flip, end[chains.order], start[chains.order])
    b = np.where(chains.flip, start[chains.order], end[chains.order])
    for e in range(len(chains.offset) - 1):
        at = slice(chains.offset[e], chains.offset[e + 1])
        assert (b[at][:-1] == a[at][1:]).all()
        assert len(set(code[chains.order[at]])) == 1


def test_a_flat_street_takes_its_length_over_speed():
    paced = walk_seconds(make_network([(0, 0), (85, 0)], [(0, 1)]), walker("elder"))
    assert paced.there_ms.tolist() == paced.back_ms.tolist() == [100_000]


def test_a_stair_worked_by_hand():
    # 30 m with 60 steps: 30 / 0.85 s flat, and 60 x (0.93 - 0.30 / 0.85) s more.
    net = make_network([(0, 0), (30, 0)], [(0, 1)], steps=[60])
    up = walk_seconds(replace(net, edge_rise=np.array([1], np.int8)), walker("elder"))
    assert up.there_ms[0] == round(1000 * (30 / 0.85 + 60 * (0.93 - 0.30 / 0.85)))
    assert up.back_ms[0] == round(1000 * (30 / 0.85 + 60 * (0.94 - 0.30 / 0.85)))
    unknown = walk_seconds(net, walker("elder"))
    assert unknown.there_ms[0] == unknown.back_ms[0] == up.back_ms[0]


@settings(deadline=None, max_examples=60)
@given(
    length=st.floats(0.5, 200), steps=st.floats(1, 400), flat=st.floats(0.3, 2.0),
    per_step=st.floats(0.0, 2.0),
)  # fmt: skip
def test_no_stair_is_faster_than_the_flat_or_than_its_steps(length, steps, flat, per_step):
    who = Walker(name="t", flat_mps=flat, step_up_s=per_step, step_down_s=per_step)
    net = make_network([(0, 0), (length, 0)], [(0, 1)], steps=[steps])
    ms = walk_seconds(net, who).there_ms[0]
    metres = net.edge_length_dm[0] / 10
    assert ms >= int(1000 * metres / flat)
    own_tread = min(constant("tread_m"), metres / steps)
    assert ms >= int(1000 * min(steps * per_step, steps * own_tread / flat)) - 1


def test_step_free_walkers_leave_stairs_out():
    net = make_network([(0, 0), (30, 0), (60, 0)], [(0, 1), (1, 2)], steps=[60, 0])
    assert walk_seconds(net, walker("step_free")).usable.tolist() == [False, True]


def test_a_ban_on_steep_grades_looks_at_a_hundred_metres():
    short = [0.2] + [0.0] * 9
    net = make_network(
        [(0, 0), (200, 0)], [(0, 1), (0, 1)], length_m=[200, 200], grades=[short, [0.09] * 10]
    )
    ban = replace(walker("step_free"), grade_rule="forbid")
    assert walk_seconds(net, ban).usable.tolist() == [True, False]
    assert walk_seconds(net, walker("step_free")).usable.tolist() == [True, True]


def test_policy_distances_count_metres_only():
    net = make_network([(0, 0), (30, 0)], [(0, 1)], steps=[60])
    paced = walk_seconds(net, walker("policy_walk"))
    assert paced.there_ms.tolist() == [30_000]
    assert [walker("policy_walk").limit_ms(m) for m in (5, 10, 15)] == [300_000, 500_000, 1_000_000]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), share=st.floats(0, 1))
def test_a_cut_edge_adds_up_to_the_whole(seed: int, share: float):
    net = random_world(seed)
    paced = walk_seconds(net, walker("elder"))
    edge = np.arange(net.n_edges, dtype=np.int32)
    offset = np.rint(net.edge_length_dm * share).astype(np.int32)
    to_start, to_end = paced.ends_ms(edge, offset, leaving=True)
    from_start, from_end = paced.ends_ms(edge, offset, leaving=False)
    assert (from_start + to_end == paced.there_ms).all()
    assert (from_end + to_start == paced.back_ms).all()
    assert (to_start >= 0).all()
    assert (from_end >= 0).all()


def raster(folder: Path, heights: np.ndarray, *, cell_m: float = 10.0) -> Path:
    """Write heights on a raster in the plane, its lower left corner at (-100, -100)."""
    path = folder / "terrain.tif"
    top = CORNER[1] - 100 + heights.shape[0] * cell_m
    with rasterio.open(
        path, "w", driver="GTiff", height=heights.shape[0], width=heights.shape[1], count=1,
        dtype="float32", crs="EPSG:4544", nodata=-9999.0,
        transform=Affine(cell_m, 0, CORNER[0] - 100, 0, -cell_m, top),
    ) as target:  # fmt: skip
        target.write(heights.astype("float32"), 1)
    return path


def hill(tmp_path: Path, grade: float = 0.1):
    """Return terrain that rises eastwards, and a street of 400 m up it."""
    columns = np.arange(80) * 10.0 * grade
    terrain = read_terrain(raster(tmp_path, np.tile(columns, (80, 1))))
    nodes = {1: (100, 300), 2: (500, 300), 3: (500, 400), 4: (100, 400)}
    return terrain, nodes


def test_grades_come_from_the_terrain(tmp_path: Path):
    terrain, nodes = hill(tmp_path)
    net = drape(read_network(osm_file(tmp_path, nodes, [([1, 2], {"highway": "path"})]),
                             crs="EPSG:4544"), terrain)  # fmt: skip
    np.testing.assert_allclose(net.piece_grade, 0.1, atol=0.002)
    assert net.report["terrain_cover"] == 1.0
    assert len(net.piece_grade) == 20


def test_bridges_ignore_the_valley_below(tmp_path: Path):
    valley = np.tile(np.abs(np.arange(80) * 10.0 - 400) * 0.3, (80, 1))
    terrain = read_terrain(raster(tmp_path, valley))
    nodes = {1: (0, 300), 2: (100, 300), 3: (300, 300), 4: (500, 300), 5: (600, 300)}
    path = osm_file(
        tmp_path, nodes,
        [([1, 2], {"highway": "path"}),
         ([2, 3], {"highway": "footway", "bridge": "yes", "layer": "1"}),
         ([3, 4], {"highway": "footway", "bridge": "yes", "layer": "1", "name": "x"}),
         ([4, 5], {"highway": "path"})],
    )  # fmt: skip
    net = drape(read_network(path, crs="EPSG:4544"), terrain)
    for e in np.flatnonzero(net.edge_bridge):
        # The ends lie 3 m apart in height over 400 m; the valley would be 30 %.
        assert abs(net.piece_grade[net.piece_offset[e]]) < 0.01
    assert np.abs(net.piece_grade).max() > 0.2


def test_stairs_take_their_direction_but_no_grade_from_the_terrain(tmp_path: Path):
    terrain, nodes = hill(tmp_path)
    net = read_network(osm_file(tmp_path, nodes, [([1, 2], {"highway": "steps"})]), crs="EPSG:4544")
    draped = drape(net, terrain)
    assert draped.piece_grade.tolist() == [0.0]
    climbs = draped.node_xy_m[draped.edge_to[0], 0] > draped.node_xy_m[draped.edge_from[0], 0]
    assert draped.edge_rise[0] == (1 if climbs else -1)


def test_small_terrain_is_refused_and_its_edge_is_flat(tmp_path: Path):
    heights = np.tile(np.arange(80) * 1.0, (80, 1))
    nodes = {1: (100, 300), 2: (500, 300)}
    net = read_network(osm_file(tmp_path, nodes, [([1, 2], {"highway": "path"})]), crs="EPSG:4544")
    heights[:, 40:] = -9999.0
    with pytest.raises(InputError) as caught:
        drape(net, read_terrain(raster(tmp_path, heights)))
    assert caught.value.faults[0].key == "streets.terrain_too_small"
    heights = np.tile(np.arange(80) * 1.0, (80, 1))
    heights[:, 56:] = -9999.0
    draped = drape(net, read_terrain(raster(tmp_path, heights)))
    assert 0.8 < draped.report["terrain_cover"] < 1
    assert draped.report["flat_for_want_of_terrain_m"] > 0
    assert np.isfinite(draped.piece_grade).all()


def test_negated_terrain_swaps_there_and_back(tmp_path: Path):
    rng = np.random.default_rng(3)
    heights = rng.normal(0, 8, (80, 80))
    nodes = {1: (100, 300), 2: (500, 350)}
    net = read_network(osm_file(tmp_path, nodes, [([1, 2], {"highway": "path"})]), crs="EPSG:4544")
    up = walk_seconds(drape(net, read_terrain(raster(tmp_path, heights))), walker("elder"))
    down = walk_seconds(drape(net, read_terrain(raster(tmp_path, -heights))), walker("elder"))
    assert (up.there_ms == down.back_ms).all()
    assert (up.back_ms == down.there_ms).all()
    assert up.there_ms[0] != up.back_ms[0]


def test_snapping_is_to_the_nearest_usable_edge_within_the_cap():
    net = make_network([(0, 0), (100, 0), (0, 50), (100, 50)], [(0, 1), (2, 3), (0, 2)])
    net = replace(net, edge_bridge=np.array([False, True, False]))
    paced = walk_seconds(net, FLAT)
    found = snap(paced, np.array([[30.0, 40.0], [50.0, -150.0], [50.0, -150.1]]), max_snap_m=150)
    assert found.edge.tolist() == [2, 0, -1]
    assert found.offset_dm.tolist()[:2] == [400, 500]
    assert found.access_dm.tolist() == [300, 1500, 0]
    assert summarize_snapping(found, found.n_places).no_street == 1


def test_islands_give_way_to_the_main_part_within_the_cap():
    net = make_network(
        [(0, 0), (1000, 0), (400, 60), (420, 60), (400, 400), (420, 400)],
        [(0, 1), (2, 3), (4, 5)],
    )
    paced = walk_seconds(net, FLAT)
    found = snap(paced, np.array([[410.0, 62.0], [410.0, 402.0]]), max_snap_m=150)
    assert found.edge.tolist() == [0, 2]
    assert found.moved.tolist() == [True, False]


def test_facilities_are_never_snapped_into_a_compound():
    net = make_network([(0, 0), (100, 0), (0, 10), (100, 10)], [(0, 1), (2, 3)],
                       private=[False, True])  # fmt: skip
    paced = walk_seconds(net, FLAT)
    home = np.array([[50.0, 9.0]])
    assert snap(paced, home).edge.tolist() == [0]  # the compound is an island here
    joined = make_network([(0, 0), (100, 0), (100, 10)], [(0, 1), (1, 2)], private=[False, True])
    paced = walk_seconds(joined, FLAT)
    near_private = np.array([[101.0, 8.0]])
    assert snap(paced, near_private).edge.tolist() == [1]
    assert snap(paced, near_private, public_only=True).edge.tolist() == [0]


@pytest.mark.real
def test_no_stair_of_porto_alegre_is_faster_than_the_flat(real_data: Path):
    net = read_network(real_data / "networks" / "porto_alegre_poa_osm.pbf")
    net = drape(net, read_terrain(real_data / "dem" / "porto_alegre_poa_elevation.tif"))
    stairs = net.is_stair()
    assert stairs.sum() > 400
    for name in ("adult", "elder", "elder_slow"):
        who = walker(name)
        paced = walk_seconds(net, who)
        flat_ms = np.floor(net.edge_length_dm[stairs] * 100.0 / who.flat_mps)
        assert (paced.there_ms[stairs] >= flat_ms).all()
        assert (paced.back_ms[stairs] >= flat_ms).all()


@pytest.mark.real
def test_porto_reads_whole(real_data: Path):
    net = read_network(real_data / "networks" / "porto_portugal.osm.pbf")
    assert 60_000 < net.n_nodes < 80_000
    assert net.report["stairs"] > 650
    assert len(net.names) > 4_000
    assert (np.diff(net.vertex_offset) >= 2).all()
