"""Demand: who stands where, and that nobody vanishes."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.demand import other_placement, place_residents, placements, street_pieces
from quarterhour.demand.pieces import class_weight
from quarterhour.errors import InputError
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.buildings import Buildings
from quarterhour.inputs.populationgrid import PopulationGrid
from quarterhour.inputs.residents import Residents
from quarterhour.presets import constant
from quarterhour.streets import walk_seconds
from quarterhour.streets.names import match_streets, street_key
from quarterhour.streets.osm import walk_rules
from worlds import FLAT, make_network


def two_areas() -> Areas:
    """Return a west and an east square of 500 m."""
    squares = [shapely.box(0, 0, 500, 500), shapely.box(500, 0, 1000, 500)]
    return Areas(("west", "east"), ("", ""), np.array(squares, object), "EPSG:4544")


def people(by: str, rows: list[tuple[float, float]], **more) -> Residents:
    """Return residents of the groups all and 60+."""
    n = len(rows)
    given = {
        "area_index": np.arange(n, dtype=np.int32), "labels": tuple(str(k) for k in range(n)),
        "xy_m": np.full((n, 2), np.nan), "cells": np.empty(0, object), "per_km": False,
    }  # fmt: skip
    given.update(more)
    return Residents(by=by, groups=("all", "60+"), people=np.array(rows, float), **given)


@pytest.fixture
def streets():
    """Return a street of 400 m in the west, 100 m in the east, and a bridge between."""
    net = make_network(
        [(50, 100), (450, 100), (550, 100), (650, 100)], [(0, 1), (1, 2), (2, 3)],
        names=["一路", "", "二路"],
    )  # fmt: skip
    object.__setattr__(net, "edge_bridge", np.array([False, True, False]))
    return net


def test_pieces_are_equal_at_most_25_m_and_stand_at_their_middles(streets):
    pieces = street_pieces(streets)
    assert len(pieces.edge) == 16 + 4
    assert pieces.offset_dm[:3].tolist() == [125, 375, 625]
    assert set(pieces.length_dm) == {250.0}
    assert set(pieces.edge.tolist()) == {0, 2}


def test_an_areas_people_go_on_its_streets_by_length(streets):
    demand = place_residents(people("area", [(160, 16), (40, 8)]), streets, two_areas())
    west = demand.area_index == 0
    np.testing.assert_allclose(demand.people[west], [[10, 1]] * 16)
    np.testing.assert_allclose(demand.people[~west], [[10, 2]] * 4)
    assert set(demand.on) == {"street"}


def test_buildings_come_first_and_a_bare_area_falls_back(streets):
    buildings = Buildings(np.array([[60.0, 120.0], [100.0, 120.0]]), np.array([100.0, 300.0]))
    doubts = []
    demand = place_residents(
        people("area", [(160, 16), (40, 8)]), streets, two_areas(), buildings=buildings,
        doubts=doubts,
    )  # fmt: skip
    assert demand.people[:2, 0].tolist() == [40, 120]
    assert demand.on[:3] == ("building", "building", "street")
    assert [d.key for d in doubts] == ["demand.no_building"]
    on_streets = place_residents(
        people("area", [(160, 16), (40, 8)]), streets, two_areas(), buildings=buildings,
        place_on="streets",
    )  # fmt: skip
    assert set(on_streets.on) == {"street"}


def test_an_area_without_a_street_keeps_its_people_at_its_middle():
    net = make_network([(50, 100), (450, 100)], [(0, 1)])
    doubts = []
    demand = place_residents(people("area", [(10, 1), (7, 2)]), net, two_areas(), doubts=doubts)
    assert demand.people.sum(axis=0).tolist() == pytest.approx([17, 3])
    assert doubts[-1].key == "demand.no_street_in_area"
    paced = walk_seconds(net, FLAT)
    lonely = demand.positions(paced, max_snap_m=150).take(demand.area_index == 1)
    assert lonely.edge.tolist() == [-1]


def test_cells_put_people_on_the_streets_inside_them(streets):
    cells = np.array([shapely.box(0, 0, 250, 250), shapely.box(700, 300, 900, 500)], object)
    residents = people(
        "grid", [(80, 8), (5, 1)], cells=cells, xy_m=np.array([[125.0, 125.0], [800.0, 400.0]]),
        area_index=np.array([0, 1], np.int32),
    )  # fmt: skip
    demand = place_residents(residents, streets, two_areas())
    assert demand.on == ("street",) * 8 + ("place",)
    np.testing.assert_allclose(demand.people[:8, 0], 10)
    assert demand.people[8].tolist() == [5, 1]


def test_streets_by_name_by_people_and_by_density(streets):
    by_name = {"labels": ("一路", "三路"), "area_index": np.array([-1, -1], np.int32)}
    doubts = []
    demand = place_residents(
        people("street", [(32, 16), (9, 3)], **by_name), streets, two_areas(), doubts=doubts
    )
    assert demand.people.sum(axis=0).tolist() == pytest.approx([41, 19])
    assert (demand.area_index[:-1] == 0).all()
    assert np.isnan(demand.xy_m[-1]).all()
    assert [d.key for d in doubts] == ["demand.street_not_found"]
    dense = place_residents(
        people("street", [(1000, 500), (0, 0)], per_km=True, **by_name), streets, two_areas()
    )
    assert dense.people[:, 0].sum() == pytest.approx(400)


def test_points_stand_where_they_were_given(streets):
    xy = np.array([[60.0, 130.0], [900.0, 400.0]])
    demand = place_residents(people("point", [(3, 1), (4, 2)], xy_m=xy), streets, two_areas())
    np.testing.assert_array_equal(demand.xy_m, xy)
    found = demand.positions(walk_seconds(streets, FLAT), max_snap_m=150)
    assert found.edge.tolist() == [0, -1]
    assert found.access_dm[0] == 300


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=2, max_size=2
    ),
    on=st.sampled_from(["area", "grid"]),
)  # fmt: skip
def test_sums_are_kept(rows, on):
    net = make_network([(50, 100), (450, 100), (750, 130)], [(0, 1), (1, 2)])
    cells = np.array([shapely.box(0, 0, 500, 500), shapely.box(500, 300, 1000, 500)], object)
    xy = np.array([[250.0, 250.0], [750.0, 400.0]])
    demand = place_residents(people(on, rows, cells=cells, xy_m=xy), net, two_areas())
    np.testing.assert_allclose(
        demand.people.sum(axis=0), np.sum(rows, axis=0), rtol=1e-12, atol=1e-290
    )


# --- on a population grid -----------------------------------------------------------------------


def grid_of(*cells: tuple[tuple[float, float, float, float], float]) -> PopulationGrid:
    """Return a grid of boxes with their weights."""
    shapes = [shapely.box(*box) for box, _ in cells]
    return PopulationGrid(np.array(shapes, object), np.array([w for _, w in cells], float))


def test_a_grid_shares_an_area_s_people_out_by_weight(streets):
    # In the west 3 of 4 live in the cell with 100 m of street, 1 in one without a street.
    grid = grid_of(
        ((0, 50, 150, 150), 3), ((0, 300, 100, 400), 1), ((600, 50, 700, 150), 9),
    )  # fmt: skip
    doubts = []
    demand = place_residents(
        people("area", [(160, 16), (40, 8)]), streets, two_areas(), grid=grid, doubts=doubts
    )
    west, bare = demand.area_index == 0, np.array(demand.on) == "place"
    np.testing.assert_allclose(demand.people[west & ~bare], [[30, 3]] * 4)
    assert demand.people[bare].tolist() == [[40, 4]]
    assert demand.xy_m[bare].tolist() == [[50, 350]] and (demand.edge[bare] == -1).all()
    np.testing.assert_allclose(demand.people[~west], [[20, 4]] * 2)
    assert doubts == []


def test_an_area_without_anybody_on_the_grid_falls_back_to_its_streets(streets):
    grid = grid_of(((0, 50, 150, 150), 3))
    doubts = []
    demand = place_residents(
        people("area", [(160, 16), (40, 8)]), streets, two_areas(), grid=grid, place_on="grid",
        doubts=doubts,
    )  # fmt: skip
    np.testing.assert_allclose(demand.people[demand.area_index == 1], [[10, 2]] * 4)
    assert [(d.key, d.values["name"]) for d in doubts] == [("people.no_cell", "east")]
    assert all(d.render(language) for d in doubts for language in ("zh", "en"))


def test_what_people_are_placed_on_where_there_is_a_choice(streets):
    both = {
        "grid": grid_of(((600, 50, 700, 150), 9), ((0, 50, 150, 150), 3)),
        "buildings": Buildings(np.array([[60.0, 120.0], [600.0, 120.0]]), np.array([1.0, 1.0])),
    }

    def placed(**asked):
        residents = people("area", [(160, 16), (40, 8)])
        return place_residents(residents, streets, two_areas(), **(both | asked)).on

    assert set(placed()) == {"building"}
    assert len(placed(place_on="grid")) == 4 + 2
    assert len(placed(place_on="streets")) == 16 + 4
    assert len(placed(buildings=None)) == 4 + 2
    with pytest.raises(InputError) as caught:
        placed(grid=None, place_on="grid")
    assert caught.value.faults[0].key == "people.grid_needed"


@settings(deadline=None, max_examples=50)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=2, max_size=2),
    cells=st.lists(
        st.tuples(st.integers(-1, 9), st.integers(-1, 4), st.integers(1, 3),
                  st.floats(0.01, 1e4)),
        min_size=1, max_size=8,
    ),
)  # fmt: skip
def test_a_grid_keeps_the_sums_of_areas(rows, cells):
    net = make_network([(50, 100), (450, 100), (750, 130)], [(0, 1), (1, 2)])
    grid = grid_of(*[((100 * x, 100 * y, 100 * (x + w), 100 * (y + w)), p) for x, y, w, p in cells])
    demand = place_residents(people("area", rows), net, two_areas(), grid=grid)
    for area in (0, 1):
        here = demand.people[demand.area_index == area].sum(axis=0)
        np.testing.assert_allclose(here, rows[area], rtol=1e-9, atol=1e-290)


# --- by class of street, and the other placement --------------------------------------------------


def test_streets_of_homes_draw_more_people_than_main_roads():
    # In the west 100 m each of lane, secondary and primary: 10 : 5 : 1. In the east a trunk alone.
    net = make_network(
        [(50, 100), (150, 100), (250, 100), (350, 100), (600, 100), (700, 100)],
        [(0, 1), (1, 2), (2, 3), (4, 5)],
        classes=["living_street", "secondary", "primary", "trunk"],
    )
    demand = place_residents(people("area", [(160, 16), (40, 8)]), net, two_areas())
    by_street = np.bincount(demand.edge, demand.people[:, 0])
    np.testing.assert_allclose(by_street, [100, 50, 10, 40])
    assert set(demand.on) == {"street"}


def test_every_class_that_is_walked_has_a_weight_and_no_road_has_none():
    rules = walk_rules()
    weights = {name: class_weight(name) for name in (*rules["walkable"], *rules["if_foot"])}
    assert {n for n, w in weights.items() if w == 0} == set(rules["lived_never"])
    assert weights["residential"] == constant("lived_homes") > weights["tertiary"]
    assert weights["tertiary"] == constant("lived_mixed") > weights["trunk"]
    assert weights["trunk"] == constant("lived_through") > 0


def test_a_named_street_carries_its_people_by_length_inside_their_area():
    # 一路 is a lane for 200 m and a trunk for 400 m, of which the last 100 m lie in the east.
    net = make_network(
        [(0, 100), (200, 100), (500, 100), (600, 100)], [(0, 1), (1, 2), (2, 3)],
        names=["一路"] * 3, classes=["living_street", "trunk", "trunk"],
    )  # fmt: skip
    rows = {"labels": ("一路", "一路"), "area_index": np.array([0, 1], np.int32)}
    demand = place_residents(people("street", [(50, 5), (30, 3)], **rows), net, two_areas())
    np.testing.assert_allclose(np.bincount(demand.edge, demand.people[:, 0]), [20, 30, 30])
    west = demand.xy_m[:, 0] < 500
    assert demand.people[west].sum(axis=0).tolist() == pytest.approx([50, 5])
    # Without an area a street takes its people along all of it.
    rows = {"labels": ("一路",), "area_index": np.array([-1], np.int32)}
    anywhere = place_residents(people("street", [(60, 6)], **rows), net, two_areas())
    np.testing.assert_allclose(np.bincount(anywhere.edge, anywhere.people[:, 0]), [20, 30, 10])


def test_the_other_placement_is_the_next_that_is_possible(streets):
    buildings = Buildings(np.array([[60.0, 120.0], [600.0, 120.0]]), np.array([1.0, 1.0]))
    grid = grid_of(((600, 50, 700, 150), 9), ((0, 50, 150, 150), 3))
    none = Buildings(np.empty((0, 2)), np.empty(0))
    expected = [
        ((buildings, grid, None), ("buildings", "grid")),
        ((buildings, None, None), ("buildings", "streets")),
        ((none, None, None), ("streets", None)),
        ((None, grid, None), ("grid", "streets")),
        ((buildings, grid, "grid"), ("grid", "buildings")),
        ((buildings, grid, "streets"), ("streets", "buildings")),
        ((None, grid, "streets"), ("streets", "grid")),
        ((None, None, "buildings"), ("streets", None)),
    ]
    residents = people("area", [(160, 16), (40, 8)])
    shown = {"buildings": "building", "streets": "street", "grid": "street"}
    for (houses, cells, asked), names in expected:
        given = {"buildings": houses, "grid": cells, "place_on": asked}
        assert placements(residents, **given) == names
        first = place_residents(residents, streets, two_areas(), **given)
        assert set(first.on) == {shown[names[0]]}
        other = other_placement(residents, streets, two_areas(), **given)
        if names[1] is None:
            assert other is None
            continue
        assert other is not None and set(other.on) == {shown[names[1]]}
        assert other.groups == first.groups
        for area in (0, 1):
            np.testing.assert_allclose(
                other.people[other.area_index == area].sum(axis=0),
                first.people[first.area_index == area].sum(axis=0), rtol=1e-9,
            )  # fmt: skip


def test_people_whose_places_are_given_have_no_other_placement(streets):
    xy = np.array([[60.0, 130.0], [900.0, 400.0]])
    residents = people("point", [(3, 1), (4, 2)], xy_m=xy)
    grid = grid_of(((0, 50, 150, 150), 3))
    assert placements(residents, grid=grid) == (None, None)
    assert other_placement(residents, streets, two_areas(), grid=grid) is None


@settings(deadline=None, max_examples=50)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=2, max_size=2),
    classes=st.lists(
        st.sampled_from(["residential", "trunk", "corridor", "tertiary", "steps"]),
        min_size=3, max_size=3,
    ),
)  # fmt: skip
def test_classes_of_streets_keep_the_sums_of_areas(rows, classes):
    net = make_network(
        [(50, 100), (450, 100), (480, 130), (750, 130)], [(0, 1), (1, 2), (2, 3)], classes=classes
    )
    demand = place_residents(people("area", rows), net, two_areas())
    for area in (0, 1):
        here = demand.people[demand.area_index == area].sum(axis=0)
        np.testing.assert_allclose(here, rows[area], rtol=1e-9, atol=1e-290)


# --- names of streets ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("凤天路", " 凤 天 路"), ("龙岗大道", "龍崗大道"), ("凤天路（北段）", "凤天路"),
        ("十二支路", "12支路"), ("二十一大道", "２１大道"), ("K1路", "Ｋ１路"), ("一路", "1路"),
        ("High St.", "High Street"), ("ELM GROVE RD", "Elm Grove Road"),
        ("Queen's Road", "Queens Road"), ("High St W", "High Street West"),
    ],
)  # fmt: skip
def test_names_of_one_street(one, other):
    assert street_key(one) == street_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("凤天路", "凤天街"), ("凤天路", "凤天支路"), ("凤天一路", "凤天二路"),
     ("一环路一段", "一环路"), ("High Street", "High Road"),
     ("St Mary Road", "Street Mary Road"), ("十路", "1路")],
)  # fmt: skip
def test_names_of_two_streets(one, other):
    assert street_key(one) != street_key(other)


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="凤鳳天一二十〇0路街支 （）()[].·Ａa bStrdwW,;", max_size=20))
def test_a_normal_form_is_its_own(name):
    assert street_key(street_key(name)) == street_key(name)


def test_streets_are_matched_without_placing_anyone():
    net = make_network(
        [(0, 0), (100, 0), (200, 0), (300, 0)], [(0, 1), (1, 2), (2, 3)],
        names=["凤天路", "天星桥正街;天星正街", "渝碚路"],
    )  # fmt: skip
    labels = ("鳳天路12号", "天星正街", "老街", "凤大路", "不存在")
    match = match_streets(labels, net, aliases={"老街": "渝碚路", "凤天路": "渝碚路", "x": "y"})
    names = [[net.names[n] for n in numbers] for numbers in match.numbers]
    # The network's own name wins over an alias.
    assert names == [["凤天路"], ["天星桥正街;天星正街"], ["渝碚路"], [], []]
    assert match.unmatched() == [3, 4]
    assert match.near == {"凤大路": ("凤天路",), "不存在": ()}


def test_lost_streets_are_listed_with_their_people_and_what_is_like_them(streets):
    labels = {"labels": ("一路", "甲街", "二路", "一街"), "area_index": np.array([-1, -1, 0, -1])}
    doubts = []
    residents = people("street", [(32, 16), (9, 3), (5, 1), (4, 1)], **labels)
    demand = place_residents(
        residents, streets, two_areas(), aliases={"甲街": "二路"}, doubts=doubts
    )
    assert demand.people.sum(axis=0).tolist() == pytest.approx([50, 21])
    assert [(d.key, d.values["name"], d.values["people"]) for d in doubts[:2]] == [
        ("people.street_elsewhere", "二路", "5"), ("people.street_near", "一街", "4"),
    ]  # fmt: skip
    assert doubts[1].values["near"] == "一路"
    assert (doubts[2].key, doubts[2].values["people"]) == ("people.streets_lost", "9")
    assert all(d.render(language) for d in doubts for language in ("zh", "en"))


def test_a_density_without_its_street_is_no_people(streets):
    labels = {"labels": ("一路", "三桥"), "area_index": np.array([-1, -1])}
    doubts = []
    residents = people("street", [(1000, 500), (700, 70)], per_km=True, **labels)
    demand = place_residents(residents, streets, two_areas(), doubts=doubts)
    assert demand.people[:, 0].sum() == pytest.approx(400)
    assert [d.key for d in doubts] == ["people.street_without_length"]
    assert all(d.render(language) for d in doubts for language in ("zh", "en"))
