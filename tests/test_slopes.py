"""Slopes and stairs: sources of grades and steps, surface models, and the walkers' tables."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cli import run_command
from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import Plane
from quarterhour.intake import read_inputs, read_streets
from quarterhour.presets import Walker, constant, constants, walker, walkers
from quarterhour.streets import (
    drape,
    grade_streets,
    read_network,
    read_terrain,
    slope_factor,
    walk_seconds,
)
from quarterhour.streets.grades import read_incline
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.walker import steepest_grade
from quarterhour.study import read_study
from quarterhour.words import Words
from test_streets import CORNER, osm_file, raster
from worlds import make_network, random_world

# --- inclines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("8%", 0.08), ("-12 %", -0.12), ("+8,5%", 0.085), ("~3%", 0.03), ("８％", 0.08),
        ("\u22124%", -0.04), ("1:12", 1 / 12), ("-1:8", -0.125), ("1：20", 0.05), ("0", 0.0),
        ("5°", math.tan(math.radians(5))), ("-5 deg", -math.tan(math.radians(5))), ("40%", 0.4),
    ],
)  # fmt: skip
def test_inclines_that_state_a_grade(text: str, grade: float):
    said = read_incline(text)
    assert said[0] == pytest.approx(grade, abs=1e-15)
    assert said[1:] == (np.sign(grade), "stated")
    on_stairs = read_incline(text, stair=True)
    assert math.isnan(on_stairs[0])
    assert on_stairs[1:] == (np.sign(grade), "sign")


@pytest.mark.parametrize(
    ("text", "sign", "how"),
    [
        ("up", 1, "sign"), ("Down ", -1, "sign"), ("", 0, ""), ("steep", 0, "unreadable"),
        ("10", 0, "unreadable"), ("10%-12%", 0, "unreadable"), ("1:0", 0, "unreadable"),
        ("95°", 0, "unreadable"), ("41%", 0, "absurd"), ("-90%", 0, "absurd"),
        ("12:1", 0, "absurd"),
    ],
)  # fmt: skip
def test_inclines_that_state_no_grade(text: str, sign: int, how: str):
    said = read_incline(text)
    assert math.isnan(said[0])
    assert said[1:] == (sign, how)


LINE = {1: (0, 0), 2: (100, 0), 3: (200, 0), 4: (300, 0), 5: (400, 0)}
PATH = {"highway": "path", "name": "一路"}


def eastwards(network: WalkNetwork, values: np.ndarray) -> list[float]:
    """Return values of edges from west to east, signs as seen walking east."""
    x = network.node_xy_m[:, 0]
    a, b = x[network.edge_from], x[network.edge_to]
    signed = values * np.sign(b - a)
    return signed[np.argsort(np.minimum(a, b))].tolist()


def test_an_incline_belongs_to_its_way_and_turns_with_its_direction(tmp_path: Path):
    ways = [
        ([1, 2], {**PATH, "incline": "8%"}), ([3, 2], {**PATH, "incline": "-5%"}),
        ([3, 4], PATH), ([4, 5], PATH),
    ]  # fmt: skip
    net = read_network(osm_file(tmp_path, LINE, ways), crs="EPSG:4544")
    assert net.n_edges == 3  # two inclines, and the two ways without one merged
    assert eastwards(net, net.edge_incline)[:2] == [0.08, 0.05]
    assert math.isnan(eastwards(net, net.edge_incline)[2])
    graded = grade_streets(net)
    assert eastwards(graded, graded.piece_grade) == [0.08, 0.05, 0.0]
    assert graded.report["inclines_stated"] == 2
    assert graded.report["grade_from_incline_m"] == pytest.approx(200, abs=0.5)
    assert graded.report["grade_flat_m"] == pytest.approx(200, abs=0.5)


def test_inclines_left_out_are_counted_and_doubted(tmp_path: Path):
    ways = [
        ([1, 2], {**PATH, "incline": "80%"}), ([2, 3], {**PATH, "incline": "steep"}),
        ([3, 4], {"highway": "steps", "incline": "down"}),
        ([4, 5], {"highway": "steps", "incline": "30%"}),
    ]  # fmt: skip
    net = read_network(osm_file(tmp_path, LINE, ways), crs="EPSG:4544")
    assert np.isnan(net.edge_incline).all()
    assert eastwards(net, net.edge_rise) == [0, -1, 1]
    doubts: list[Fault] = []
    graded = grade_streets(net, doubts=doubts)
    assert {k: v for k, v in graded.report.items() if k.startswith("inclines")} == {
        "inclines_absurd": 1, "inclines_unreadable": 1, "inclines_sign": 2,
    }  # fmt: skip
    assert [d.key for d in doubts] == ["streets.inclines_left_out"]
    assert doubts[0].values == {"absurd": 1, "unreadable": 1, "cap": "40%"}


# --- lines with heights -------------------------------------------------------------------------


def with_heights(network: WalkNetwork, heights: list[float]) -> WalkNetwork:
    return replace(network, vertex_z_m=np.array(heights, float))


def bent_line(heights: list[float], xs: list[float]) -> WalkNetwork:
    """Make one edge eastwards with a vertex at each x."""
    net = make_network([(xs[0], 0), (xs[-1], 0)], [(0, 1)])
    xy = np.column_stack([xs, np.zeros(len(xs))])
    return replace(net, vertex_xy_m=xy, vertex_z_m=np.array(heights, float),
                   vertex_offset=np.array([0, len(xs)], np.int64))  # fmt: skip


def test_grades_of_lines_with_heights_worked_by_hand():
    # 50 m in two pieces of 25: up 1 m over the first 10 m, level for 15, down 2 m over the last 25.
    net = grade_streets(bent_line([0, 1, 1, -1], [0, 10, 25, 50]))
    assert net.piece_grade.tolist() == pytest.approx([0.04, -0.08], abs=1e-12)
    assert net.report["grade_from_lines_m"] == 50.0
    assert net.report["share_above_6_percent"] == 0.5


def test_pieces_of_lines_are_20_m_or_the_whole_edge():
    assert len(grade_streets(bent_line([0, 5, 0], [0, 10, 19])).piece_grade) == 1
    assert len(grade_streets(bent_line([0, 5, 0], [0, 10, 39.9])).piece_grade) == 1
    assert len(grade_streets(bent_line([0, 5, 0], [0, 10, 60])).piece_grade) == 3


def test_absurd_grades_of_lines_are_capped_and_counted():
    net = grade_streets(bent_line([0, 30, 30], [0, 20, 100]))
    assert net.piece_grade[0] == constant("grade_cap")
    assert net.report["pieces_capped"] == 1
    assert net.report["capped_m"] == 20.0


def test_sources_in_their_order_and_metres_by_source(tmp_path: Path):
    # The ground rises at 10 %; lines say 5 %, the map says 2 %, a bridge's line is level.
    terrain = read_terrain(raster(tmp_path, np.tile(np.arange(80) * 1.0, (80, 1))))
    east = [(CORNER[0] + x, CORNER[1] + 300) for x in (100, 200, 300, 400, 500)]
    net = make_network(east, [(0, 1), (1, 2), (2, 3), (3, 4)])
    net = replace(
        with_heights(net, [0, 5, np.nan, np.nan, np.nan, 9, 7, 7]),
        edge_incline=np.array([0.02, 0.02, np.nan, np.nan]),
        edge_bridge=np.array([False, False, False, True]),
    )
    graded = grade_streets(net, terrain)
    means = [
        graded.piece_grade[graded.piece_offset[e] : graded.piece_offset[e + 1]].mean()
        for e in range(4)
    ]
    assert means == pytest.approx([0.05, 0.02, 0.1, 0.0], abs=0.003)
    report = graded.report
    metres = [report[f"grade_{s}_m"] for s in ("from_lines", "from_incline", "from_terrain")]
    assert metres == [200.0, 100.0, 100.0]
    assert report["grade_flat_m"] == 0.0
    assert report["grade_of_stairs_and_lifts_m"] == 0.0
    assert np.diff(graded.piece_offset).tolist() == [5, 1, 5, 5]


def test_own_grades_make_up_for_a_small_terrain(tmp_path: Path):
    heights = np.tile(np.arange(80) * 1.0, (80, 1))
    heights[:, 40:] = -9999.0
    terrain = read_terrain(raster(tmp_path, heights))
    east = [(CORNER[0] + x, CORNER[1] + 300) for x in (100, 300, 700)]
    net = make_network(east, [(0, 1), (1, 2)])
    with pytest.raises(InputError):
        grade_streets(net, terrain)
    graded = grade_streets(replace(net, edge_incline=np.array([np.nan, 0.03])), terrain)
    assert graded.report["terrain_cover"] < 0.8
    assert graded.report["grade_from_incline_m"] == 400.0


def test_heights_that_are_all_one_value_are_none(tmp_path: Path):
    terrain = read_terrain(raster(tmp_path, np.tile(np.arange(80) * 1.0, (80, 1))))
    net = make_network([(CORNER[0] + x, CORNER[1] + 300) for x in (100, 500)], [(0, 1)])
    doubts: list[Fault] = []
    graded = grade_streets(with_heights(net, [0, 0]), terrain, doubts=doubts)
    assert graded.piece_grade.mean() == pytest.approx(0.1, abs=0.002)
    assert graded.report["heights_all_equal"] is True
    assert [d.key for d in doubts] == ["streets.heights_all_equal"]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 100_000))
def test_negated_heights_and_inclines_swap_there_and_back(seed: int):
    net, rng = random_world(seed), np.random.default_rng(seed)
    z = np.where(rng.random(net.n_edges) < 0.5, np.nan, 1.0)
    height = np.repeat(z, 2) * rng.normal(0, 20, 2 * net.n_edges)
    incline = np.where(rng.random(net.n_edges) < 0.5, np.nan, rng.normal(0, 0.1, net.n_edges))
    net = replace(net, vertex_z_m=height, edge_incline=incline)
    turned = replace(net, vertex_z_m=-height, edge_incline=-incline, edge_rise=-net.edge_rise)
    up, down = (walk_seconds(grade_streets(n), walker("elder")) for n in (net, turned))
    assert (up.there_ms == down.back_ms).all()
    assert (up.back_ms == down.there_ms).all()


# --- stairs -------------------------------------------------------------------------------------


def stair(length_m: float = 30.0, *, tagged: bool = False) -> WalkNetwork:
    """Make a stair eastwards from (300, 300), its steps tagged or by density."""
    x, y = CORNER[0] + 300, CORNER[1] + 300
    net = make_network([(x, y), (x + length_m, y)], [(0, 1)], steps=[24.0])
    return replace(net, edge_steps_from=np.array([1 if tagged else 4], np.int8))


def test_steps_from_lines_with_heights_are_their_rise_over_a_riser():
    net = grade_streets(with_heights(stair(), [10, 4]))
    assert net.edge_steps.tolist() == pytest.approx([40])
    assert (net.edge_steps_from[0], net.edge_rise[0]) == (2, -1)
    assert (net.report["stairs_by_lines"], net.report["stairs_by_density"]) == (1, 0)
    assert net.piece_grade.tolist() == [0.0]


def test_a_tagged_count_and_a_tagged_direction_come_first():
    net = replace(stair(tagged=True), edge_rise=np.array([1], np.int8))
    graded = grade_streets(with_heights(net, [10, 4]))
    assert graded.edge_steps.tolist() == [24]
    assert (graded.edge_steps_from[0], graded.edge_rise[0]) == (1, 1)


@pytest.mark.parametrize(("rise", "too_steep"), [(0.1, 0), (31.0, 1)])
def test_a_rise_that_no_stair_has_says_nothing(rise: float, too_steep: int):
    net = grade_streets(with_heights(stair(), [0, rise]))
    assert net.edge_steps.tolist() == [24]
    assert net.edge_steps_from[0] == 4
    assert net.report["stairs_too_steep"] == too_steep


@pytest.mark.parametrize(
    ("cell_m", "kind", "source"),
    [(5.0, "terrain", 3), (6.0, "terrain", 4), (5.0, "surface", 4), (30.0, "terrain", 4)],
)
def test_steps_come_from_fine_terrain_alone(tmp_path: Path, cell_m: float, kind, source: int):
    # A bank of 6 m over the 30 m of the stair, level before and after; cells round
    # off a quarter of a metre at its foot and its head.
    x = np.arange(int(800 / cell_m)) * cell_m - 100
    bank = np.clip((x + cell_m / 2 - 300) / 5, 0, 6)
    terrain = read_terrain(raster(tmp_path, np.tile(bank, (len(x), 1)), cell_m=cell_m), kind=kind)
    net = grade_streets(stair(), terrain)
    assert net.edge_steps_from[0] == source
    assert net.report["stairs_by_terrain"] == (source == 3)
    assert net.edge_steps[0] == (pytest.approx(5.5 / 0.15) if source == 3 else 24)
    assert net.edge_rise[0] == 1


def test_a_stair_to_a_bridge_learns_nothing_from_the_ground_below(tmp_path: Path):
    heights = np.tile(np.arange(160) * 0.5, (160, 1))
    terrain = read_terrain(raster(tmp_path, heights, cell_m=5.0))
    assert grade_streets(stair(), terrain).edge_steps_from[0] == 3
    x, y = CORNER[0] + 300, CORNER[1] + 300
    net = make_network([(x, y), (x + 30, y), (x + 90, y)], [(0, 1), (1, 2)], steps=[24, 0])
    net = replace(net, edge_steps_from=np.array([4, 0], np.int8),
                  edge_bridge=np.array([False, True]))  # fmt: skip
    assert grade_streets(net, terrain).edge_steps_from.tolist() == [4, 0]


@pytest.fixture(scope="module")
def porto_alegre(real_data: Path) -> WalkNetwork:
    return read_network(real_data / "networks" / "porto_alegre_poa_osm.pbf")


@pytest.mark.real
def test_no_stair_is_faster_than_the_flat_for_any_walker(porto_alegre, real_data: Path):
    terrain = read_terrain(real_data / "dem" / "porto_alegre_poa_elevation.tif")
    net = grade_streets(porto_alegre, terrain)
    stairs = net.is_stair()
    assert stairs.sum() == net.report["stairs"] > 400
    assert set(net.edge_steps_from[stairs].tolist()) == {1, 4}  # 30 m cells give no steps
    tried = [*walkers().values(), walker("step_free").on_stairs()]
    for who in (w for w in tried if w.steps):
        paced = walk_seconds(net, who)
        flat_ms = np.floor(net.edge_length_dm[stairs] * 100.0 / who.flat_mps)
        assert (paced.there_ms[stairs] >= flat_ms).all()
        assert (paced.back_ms[stairs] >= flat_ms).all()


@pytest.mark.real
def test_why_coarse_terrain_gives_no_steps(porto_alegre, real_data: Path):
    """The rise between two cells of 30 m, walked as steps alone, beats the flat almost always."""
    terrain = read_terrain(real_data / "dem" / "porto_alegre_poa_elevation.tif")
    net, elder = porto_alegre, walker("elder")
    height = terrain.heights(net.node_xy_m, Plane(net.crs))
    rise = np.abs(height[net.edge_to] - height[net.edge_from])
    known = net.is_stair() & np.isfinite(rise)
    by_rise_s = rise / constant("riser_m") * max(elder.step_up_s, elder.step_down_s)
    faster = known & (by_rise_s < net.edge_length_dm / 10.0 / elder.flat_mps)
    assert known.sum() > 400
    assert faster.sum() > 0.9 * known.sum()


# --- surface models -----------------------------------------------------------------------------


def town(tmp_path: Path, *, roofs: bool, cell_m: float = 4.0) -> Path:
    """Write a slope of 5 % eastwards, with or without houses of 20 m, 15 m high, every 40 m."""
    n = int(800 / cell_m)
    at = np.arange(n) * cell_m
    ground = np.tile(0.05 * at, (n, 1))
    house = (at % 40 >= 20).astype(float)
    return raster(tmp_path, ground + roofs * 15.0 * np.outer(house, house), cell_m=cell_m)


def street_through_town() -> WalkNetwork:
    """Make two streets of 400 m, one of them winding between the houses."""
    x, y = CORNER
    bends = [(x + 100 + 40 * k, y + 210 + 7 * (k % 2)) for k in range(11)]
    ends = [*bends, (x + 110, y + 100), (x + 110, y + 500)]
    return make_network(ends, [*[(k, k + 1) for k in range(10)], (11, 12)])


def test_roofs_are_told_from_ground(tmp_path: Path):
    net = street_through_town()
    told: dict[bool, list[str]] = {}
    for roofs in (False, True):
        doubts: list[Fault] = []
        grade_streets(net, read_terrain(town(tmp_path, roofs=roofs)), doubts=doubts)
        told[roofs] = [d.key for d in doubts]
    assert told == {False: [], True: ["streets.terrain_with_roofs"]}


def test_coarse_roofs_are_told_by_the_grades_they_make(tmp_path: Path):
    n = 40
    heights = np.random.default_rng(1).choice([0.0, 60.0], (n, n))
    doubts: list[Fault] = []
    path = raster(tmp_path, heights, cell_m=20.0)
    net = grade_streets(street_through_town(), read_terrain(path, smooth_m=20.0), doubts=doubts)
    assert [d.key for d in doubts] == ["streets.terrain_too_steep"]
    assert net.report["capped_m"] > 0.01 * net.report["grade_from_terrain_m"]


def test_a_surface_model_loses_its_roofs_and_keeps_its_slope(tmp_path: Path):
    net = street_through_town()
    wrong = drape(net, read_terrain(town(tmp_path, roofs=True)))
    bared = read_terrain(town(tmp_path, roofs=True), kind="surface")
    ground = read_terrain(town(tmp_path, roofs=False))
    right, truth = drape(net, bared), drape(net, ground)
    # Neither roofs nor the ground are lower than they were, away from the raster's border.
    assert np.abs(bared.height_m - ground.height_m)[30:-30, 30:-30].max() < 0.1
    off = [np.abs(n.piece_grade - truth.piece_grade).max() for n in (wrong, right)]
    assert off[0] > 0.03
    assert off[1] < 0.005


def test_a_marked_surface_model_is_not_asked_about_its_roofs_again(tmp_path: Path):
    doubts: list[Fault] = []
    terrain = read_terrain(town(tmp_path, roofs=True), kind="surface")
    grade_streets(street_through_town(), terrain, doubts=doubts)
    assert doubts == []


def test_unknown_cells_stay_unknown_in_a_surface_model(tmp_path: Path):
    heights = np.tile(np.arange(200) * 0.2, (200, 1))
    heights[50:60, 50:60] = -9999.0
    terrain = read_terrain(raster(tmp_path, heights, cell_m=4.0), kind="surface")
    assert np.isnan(terrain.height_m[50:60, 50:60]).all()
    assert np.isfinite(terrain.height_m).sum() == 200 * 200 - 100


# --- grades of a ban ----------------------------------------------------------------------------


def slow_steepest(network: WalkNetwork) -> np.ndarray:
    """Walk each edge's windows one by one."""
    run = network.piece_lengths_m()
    out = np.zeros(network.n_edges)
    for e in range(network.n_edges):
        at = slice(network.piece_offset[e], network.piece_offset[e + 1])
        length = run[at]
        rise = np.cumsum(np.r_[0.0, network.piece_grade[at] * length])
        window = min(len(length), max(1, int(np.ceil(100.0 / length[0]))))
        out[e] = np.abs(rise[window:] - rise[:-window]).max() / (window * length[0])
    return out


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 100_000), pieces=st.integers(1, 40))
def test_steepest_grades_agree_with_the_loop(seed: int, pieces: int):
    net, rng = random_world(seed), np.random.default_rng(seed)
    count = rng.integers(1, pieces + 1, net.n_edges)
    net = replace(
        net, piece_offset=np.concatenate([[0], np.cumsum(count)]).astype(np.int64),
        piece_grade=rng.normal(0, 0.1, int(count.sum())),
    )  # fmt: skip
    np.testing.assert_allclose(steepest_grade(net), slow_steepest(net), rtol=0, atol=0.5001e-4)


@pytest.mark.parametrize(("grade", "limit"), [(0.06, 0.06), (1 / 12, 0.0833), (-0.0833, 0.0833)])
def test_a_street_of_exactly_the_limit_is_open(grade: float, limit: float):
    net = make_network([(0, 0), (330, 0)], [(0, 1)], grades=[[grade] * 7])
    ban = replace(walker("step_free"), grade_rule="forbid", grade_limit=limit)
    assert walk_seconds(net, ban).usable.all()
    assert not walk_seconds(net, replace(ban, grade_limit=limit - 0.0001)).usable.any()


def test_the_worked_example_of_the_docs():
    """docs/streets.md works these by hand; change both together."""
    assert round(float(slope_factor(np.array([0.08]))[0]), 4) == 0.7558
    net = make_network([(0, 0), (51, 0), (60, 0)], [(0, 1), (1, 2)], steps=[0, 24],
                       grades=[[0.08], [0.0]])  # fmt: skip
    net = replace(net, edge_rise=np.array([0, 1], np.int8))
    paced = walk_seconds(net, walker("elder"))
    assert paced.there_ms.tolist() == [79_388, 24_438]
    assert paced.back_ms.tolist() == [60_000, 24_678]


# --- studies and tables -------------------------------------------------------------------------


def test_a_study_without_terrain_is_graded_too(small_study: Path, tmp_path: Path):
    for file in small_study.parent.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    text = small_study.read_text(encoding="utf-8")
    start = text.index("[terrain]")
    end = text.index("\n[", start)
    (tmp_path / "study.toml").write_text(text[:start] + text[end + 1 :], encoding="utf-8")
    study = read_study(tmp_path / "study.toml")
    assert study.terrain is None
    doubts: list[Fault] = []
    report = read_streets(study, read_inputs(study, doubts), doubts).network.report
    assert report["grade_flat_m"] > 0
    assert report["grade_from_terrain_m"] == 0
    assert "terrain_cover" not in report


def test_walkers_are_a_mapping_that_prints_itself():
    table = walkers(language="en")
    assert {**table} == {name: walker(name) for name in table}
    lines = str(table).split("\n\n")[0].splitlines()
    assert len(lines) == 2 + len(table)
    elder = next(line for line in lines if "(elder)" in line)
    assert [w in elder for w in ("0.85", "0.93", "0.94", "secondary", "Asher")] == [True] * 5
    free = next(line for line in lines if "(step_free)" in line)
    assert "8.33% (reported)" in free
    policy = next(line for line in lines if "(policy_walk)" in line)
    assert "15 min = 1000 m" in policy
    assert "1.00" not in policy  # it counts metres; a speed would be no fact


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("tables", [walkers, constants])
def test_columns_stand_under_each_other(language, tables):
    lines = str(tables(language=language)).split("\n\n")[0].splitlines()
    starts = [k for k in range(1, len(lines[1])) if lines[1][k - 1 : k + 1] == " -"]
    assert len(starts) >= 4
    for line in lines:
        wide = "".join(s if ord(s) < 0x2E80 else s + "\0" for s in line).ljust(starts[-1] + 1)
        assert all(wide[k - 2 : k] == "  " and wide[k] != " " for k in starts)


def test_html_is_escaped_and_frames_keep_numbers():
    odd = Walker(name="<b>", flat_mps=1.0, source="a & b")
    html = type(walkers())({"<b>": odd}, language="zh")._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert "a &amp; b" in html
    frame = walkers().to_frame()
    assert frame.set_index("name").loc["elder", "flat_mps"] == 0.85
    assert constants().to_frame().set_index("name").loc["riser_m", "value"] == 0.15


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_prints_both_tables(language, capsys):
    assert run_command(["walkers", "--language", language]) == 0
    said = capsys.readouterr().out
    assert said == f"{walkers(language=language)}\n\n{constants(language=language)}\n"


def test_sources_are_in_both_languages():
    for one in [*walkers().values(), *constants().values()]:
        quoted = one.source.startswith("SPB-canteen")
        assert one.source_in("zh") != one.source_in("en") or quoted
    assert walker("elder").source_in("en") == walker("elder").source
    assert replace(walker("elder"), source_zh="").source_in("zh") == walker("elder").source


def test_every_constant_has_its_words():
    for language in ("zh", "en"):
        assert all(Words(language).has(f"table.c_{name}") for name in constants())
