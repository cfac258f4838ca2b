"""Demand: who stands where, and that nobody vanishes."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.demand import place_residents, street_pieces
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.buildings import Buildings
from quarterhour.inputs.residents import Residents
from quarterhour.streets import walk_seconds
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
