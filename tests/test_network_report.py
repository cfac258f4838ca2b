"""The network report: a small town worked out on paper, and that its counts add up."""

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from quarterhour.cover import assess_cover
from quarterhour.cover.network_report import (
    NetworkReport,
    nearest_street_m,
    report_network,
    steep_shares,
    summarize_snapping,
)
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import Facilities
from quarterhour.presets import Walker
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import Snapped, snap, walk_seconds
from quarterhour.words import LANGUAGES, Words
from worlds import make_network, random_world

ONE = Walker(name="one", flat_mps=1.0, slope=False)
NO_STAIRS = Walker(name="no stairs", flat_mps=1.0, slope=False, steps=False)


def areas_of(*boxes) -> Areas:
    names = tuple(f"area {k}" for k in range(len(boxes)))
    return Areas(names, ("",) * len(boxes), np.array(boxes, object), "EPSG:4544")


def facilities_at(*xy) -> Facilities:
    n = len(xy)
    names = [f"F{k + 1:03d}" for k in range(n)]
    area = np.zeros(n, np.int32)
    return Facilities.plain(names, ("canteen",) * n, np.array(xy, float), area)


def homes_at(xy, people, area, *, groups=("60+",)) -> Demand:
    n = len(xy)
    return Demand(
        groups, np.array(people, float).reshape(n, -1), np.array(area, np.int32),
        np.array(xy, float), np.full(n, -1, np.int32), np.zeros(n, np.int32), ("place",) * n,
    )  # fmt: skip


def reported(network, demand, areas, facilities, *, walker=ONE, max_snap_m=150.0) -> NetworkReport:
    coverage = assess_cover(
        network, facilities, demand, areas, walkers=[walker], minutes=(15,), max_snap_m=max_snap_m
    )
    paced = walk_seconds(network, walker)
    return report_network(
        paced, demand, areas, homes=demand.positions(paced, max_snap_m=max_snap_m),
        facilities=facilities, coverage=coverage,
        places=snap(paced, facilities.xy_m, max_snap_m=max_snap_m, public_only=True),
    )  # fmt: skip


@pytest.fixture
def town():
    """Return a town: a street of 2 km, a stair, a private way, two islands, and homes by each.

    ====== ===================== ======
    people where                 area
    ====== ===================== ======
    10     30 m off the street   0
    20     80 m off              0
    40     160 m off             0
    80     on the private way    1
    160    on the large island   1
    320    nowhere near          outside
    ====== ===================== ======
    """
    net = make_network(
        [(0, 0), (2000, 0), (2000, 100), (1000, -300), (1000, 0), (0, 5000), (1200, 5000),
         (0, 9000), (10, 9000)],
        [(0, 4), (4, 1), (1, 2), (4, 3), (5, 6), (7, 8)],
        steps=[0, 0, 50, 0, 0, 0], private=[False, False, False, True, False, False],
        grades=[[0.07], [0.0, -0.2], [0.0], [0.0], [0.0], [0.4]],
    )  # fmt: skip
    homes = homes_at(
        [(500, 30), (500, 80), (500, 160), (1000, -200), (600, 5000), (50_000, 0)],
        [10, 20, 40, 80, 160, 320], [0, 0, 0, 1, 1, -1],
    )  # fmt: skip
    areas = areas_of(shapely.box(0, 0, 900, 1000), shapely.box(900, -1000, 3000, 6000))
    facilities = facilities_at((100, 20), (700, -60), (30_000, 0))
    return net, homes, areas, facilities


def test_parts_and_islands(town):
    report = reported(*town)
    assert report.part_km.tolist() == [2.4, 1.2, 0.01]
    assert report.part_people.tolist() == [110.0, 160.0, 0.0]
    assert report.part_xy_m[1].tolist() == [600.0, 5000.0]
    assert report.part_xy_m[2].tolist() == [5.0, 9000.0]
    islands = report.islands_frame()
    assert islands.to_dict("records") == [{"km": 1.2, "people": 160.0, "x_m": 600.0, "y_m": 5000.0}]
    assert report.people_on_islands.tolist() == [0.0, 160.0, 0.0]


def test_an_island_of_one_person_is_large(town):
    net, homes, areas, facilities = town
    someone = replace(homes, xy_m=np.vstack([homes.xy_m[:5], [[5.0, 9000.0]]]))
    assert len(reported(net, someone, areas, facilities).islands_frame()) == 2


def test_people_without_a_street_near(town):
    report = reported(*town)
    assert report.people.tolist() == [70.0, 240.0, 320.0]
    assert report.people_beyond_50_m.tolist() == [60.0, 0.0, 320.0]
    assert report.people_beyond_150_m.tolist() == [40.0, 0.0, 320.0]


def test_fifty_and_a_hundred_and_fifty_metres_are_within(town):
    net, homes, areas, facilities = town
    xy = homes.xy_m.copy()
    xy[:3, 1] = 50.0, 150.0, 150.001
    report = reported(net, replace(homes, xy_m=xy), areas, facilities)
    assert report.people_beyond_50_m[0] == 60.0
    assert report.people_beyond_150_m[0] == 40.0


def test_the_distance_does_not_follow_the_cap_of_snapping(town):
    for cap in (20.0, 100.0, 500.0):
        report = reported(*town, max_snap_m=cap)
        assert report.people_beyond_50_m.tolist() == [60.0, 0.0, 320.0]
        assert report.people_beyond_150_m.tolist() == [40.0, 0.0, 320.0]


def test_an_island_is_a_street_for_the_distance_even_when_homes_are_moved_off_it():
    net = make_network([(0, 0), (2000, 0), (300, 100), (500, 100)], [(0, 1), (2, 3)])
    homes = homes_at([(400, 100)], [7], [0])
    report = reported(net, homes, areas_of(shapely.box(0, -10, 2000, 200)), facilities_at((0, 0)))
    assert report.people_moved.tolist() == [7.0, 0.0]
    assert report.people_on_islands.sum() == 0
    assert report.people_beyond_50_m.sum() == 0


def test_streets_by_area(town):
    report = reported(*town)
    # Middles: the street's halves at x = 500 and 1500, the island's at x = 600, y = 5000: outside.
    assert report.street_km_by_area == pytest.approx([1.0, 1.0 + 0.1 + 0.3, 1.2 + 0.01])
    assert report.km_per_km2[:2] == pytest.approx([1.0 / 0.9, 1.4 / (2.1 * 7.0)])
    assert np.isinf(report.km_per_km2[2])
    assert report.km_per_1000 == pytest.approx([1.0 / 0.07, 1.4 / 0.24, 1.21 / 0.32])
    assert report.street_km == pytest.approx(3.61)


def test_per_thousand_people_means_all_people(town):
    net, homes, areas, facilities = town
    people = np.column_stack([homes.people[:, 0] * 10, homes.people[:, 0]])
    both = replace(homes, groups=("all", "60+"), people=people)
    report = reported(net, both, areas, facilities)
    assert report.km_per_1000[0] == pytest.approx(1.0 / 0.7)
    assert report.people[0] == 70.0


def test_private_ways_and_whom_they_serve(town):
    report = reported(*town)
    assert report.private_km == pytest.approx(0.3)
    assert report.people_private.tolist() == [0.0, 80.0, 0.0]


def test_stairs_by_source(town):
    net, homes, areas, facilities = town
    assert reported(*town).stairs_from == {"tag": 1, "lines": 0, "terrain": 0, "density": 0}
    guessed = replace(net, edge_steps_from=np.array([0, 0, 4, 0, 0, 3], np.int8))
    found = reported(guessed, homes, areas, facilities)
    assert found.stairs_from == {"tag": 0, "lines": 0, "terrain": 1, "density": 1}
    figures = found.figures()
    assert [figures[f"stairs{k}"] for k in ("", "_tagged", "_by_terrain", "_by_density")] == [
        2, 0, 1, 1,
    ]  # fmt: skip


def test_steep_shares_count_uphill_and_downhill_by_piece(town):
    net = town[0]
    # 1000 m at 7 %, 500 m at -20 %, 10 m at 40 %, of 3610 m in all.
    assert steep_shares(net) == pytest.approx(
        {0.06: 1510 / 3610, 0.0833: 510 / 3610, 0.15: 510 / 3610, 0.30: 10 / 3610}
    )
    assert steep_shares(replace(net, piece_grade=np.zeros(len(net.piece_grade)))) == {}
    flat = reported(replace(net, piece_grade=np.zeros(len(net.piece_grade))), *town[1:])
    assert not [key for key in flat.figures() if key.startswith("share_above")]


def test_snapping_of_facilities(town):
    report = reported(*town)
    assert report.facilities_no_street == ("F003",)
    found = report.facilities
    assert (found.places, found.no_street, found.moved_off_islands) == (3, 1, 0)
    assert (found.median_leg_m, found.p90_leg_m, found.longest_leg_m) == (40.0, 56.0, 60.0)
    assert (report.homes.places, report.homes.no_street) == (6, 2)


def test_a_place_with_several_entrances_counts_once():
    positions = Snapped(
        np.array([0, -1, 2, -1], np.int32), np.zeros(4, np.int32),
        np.array([300, 0, 100, 0], np.int32), np.array([True, False, False, False]),
        np.array([0, 0, 0, 1], np.int32),
    )  # fmt: skip
    found = summarize_snapping(positions, 2)
    assert (found.places, found.no_street, found.moved_off_islands) == (2, 1, 1)
    assert (found.median_leg_m, found.longest_leg_m) == (10.0, 10.0)
    nothing = summarize_snapping(positions.take(np.zeros(0, np.int64)), 0)
    assert (nothing.places, nothing.no_street, nothing.longest_leg_m) == (0, 0, 0.0)


def test_what_a_walker_may_not_use_is_no_street(town):
    net, homes, areas, facilities = town
    up = replace(homes, xy_m=np.vstack([[[2000.0, 90.0]], homes.xy_m[1:]]))
    assert nearest_street_m(walk_seconds(net, ONE), up)[0] == 0.0
    assert nearest_street_m(walk_seconds(net, NO_STAIRS), up)[0] == pytest.approx(90.0)
    standing = replace(up, edge=np.array([2, -1, -1, -1, -1, -1], np.int32))
    assert nearest_street_m(walk_seconds(net, ONE), standing)[0] == 0.0
    assert nearest_street_m(walk_seconds(net, NO_STAIRS), standing)[0] == pytest.approx(90.0)
    report = reported(net, up, areas, facilities, walker=NO_STAIRS)
    assert report.part_km.sum() == pytest.approx(3.51)


def test_figures_are_ordered_plain_and_keep_what_reading_found(town):
    net, *rest = town
    read = {"ways_kept": 6, "ways_dropped": {"class": 2}, "gates_shut": 1, "lifts": 0,
            "terrain_cover": 0.97, "private_ways": 1}  # fmt: skip
    figures = reported(replace(net, report=read), *rest).figures()
    assert list(figures)[:6] == list(read)
    assert {key: figures[key] for key in read} == read
    assert figures["main_part_share"] == pytest.approx(2.4 / 3.61, abs=1e-6)
    assert (figures["parts"], figures["large_islands"]) == (3, 1)
    assert figures["people_no_street_50_m"] == 380.0
    assert figures["people_no_street_150_m"] == 360.0
    assert figures["areas_thin"] == ["area 0", "area 1"]
    assert json.loads(json.dumps(figures)) == figures


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_is_in_words(town, language):
    words = Words(language)
    figures = reported(*town).figures()
    flat = [
        f"{name}__{inner}" if isinstance(value, dict) else name
        for name, value in figures.items()
        for inner in (value if isinstance(value, dict) else [""])
    ]
    assert [key for key in flat if not words.has(f"table.r_{key}")] == []


def test_it_survives_a_saved_stage(town, tmp_path):
    report = reported(*town)
    save_stage(tmp_path / "r.npz", report, key="k")
    back = load_stage(tmp_path / "r.npz")
    assert back.figures() == report.figures()
    assert back.to_frame().equals(report.to_frame())
    assert back.islands_frame().equals(report.islands_frame())
    assert report.to_frame()["area"].tolist() == ["area 0", "area 1", ""]


@given(seed=st.integers(0, 300))
def test_counts_add_up(seed):
    net = random_world(seed, private=True)
    rng = np.random.default_rng(seed)
    xy = rng.uniform(-300, 700, (12, 2))
    homes = homes_at(xy, rng.integers(0, 50, 12), rng.integers(-1, 2, 12))
    areas = areas_of(shapely.box(0, 0, 200, 400), shapely.box(200, 0, 400, 400))
    public = net.edge_private.sum() < net.n_edges
    facilities = facilities_at(*rng.uniform(0, 400, (3, 2)))
    if not public:
        return
    report = reported(net, homes, areas, facilities)
    people = homes.people.sum()
    assert report.people.sum() == people
    met = homes.positions(walk_seconds(net, ONE), max_snap_m=150.0).found
    assert report.part_people.sum() == homes.people[met].sum()
    assert report.part_km.sum() == pytest.approx(report.street_km)
    assert report.street_km_by_area.sum() == pytest.approx(report.street_km)
    assert (report.people_beyond_150_m <= report.people_beyond_50_m).all()
    # By brute force: the distance to every street, one by one.
    near = shapely.distance(shapely.points(xy)[:, None], net.lines()[None, :]).min(axis=1)
    assert report.people_beyond_50_m.sum() == homes.people[near > 50].sum()
    assert report.people_beyond_150_m.sum() == homes.people[near > 150].sum()
