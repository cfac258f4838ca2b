"""Neighbours: a border worked out on paper; coverage never falls when facilities are added."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.neighbours import compare_neighbours
from quarterhour.inputs.facilities import NEIGHBOUR, Facilities, with_neighbours
from quarterhour.presets import Walker, walker
from quarterhour.stagefile import load_stage, save_stage
from test_cover import areas_of, facilities_at, homes_at
from worlds import make_network, random_world

ONE = Walker(name="one", flat_mps=1.0, slope=False)


def around_at(xy, kinds) -> Facilities:
    """Make facilities of a district around, numbered apart and outside all areas."""
    made, n = facilities_at(xy, kinds), len(kinds)
    return replace(made, ids=tuple(f"N{k:03d}" for k in range(1, n + 1)), origin=(NEIGHBOUR,) * n,
                   area_index=np.full(n, -1, np.int32), file=("next.csv",) * n)  # fmt: skip


@pytest.fixture
def border() -> tuple[Case, Facilities]:
    """Return a street across a border at 2000 m: a station at 0, the neighbour's at 2600 m."""
    case = Case(
        make_network([(0, 0), (9000, 0)], [(0, 1)]), facilities_at([(0, 0)], ["care_station"]),
        homes_at([(500, 0), (900, 0), (1500, 0), (1750, 0), (500, 900)],
                 [(10, 1), (20, 2), (40, 4), (80, 8), (5, 1)], [0, 0, 0, 1, 1]),
        areas_of(shapely.box(0, -9, 1600, 9), shapely.box(1600, -9, 2000, 9)), ONE,
    )  # fmt: skip
    return case, around_at([(2600, 0), (1600, 0), (2000, 0)],
                           ["care_station", "care_station", "canteen"])  # fmt: skip


@pytest.mark.parametrize("counted", [False, True])
def test_a_border_worked_by_hand(border, counted):
    case, around = border
    if counted:
        case = case.having(facilities=with_neighbours(case.facilities, around))
    found = compare_neighbours(case, around, counted=counted)
    assert found is not None and found.counted is counted
    assert found.kinds == ("care_station", "canteen", "any")
    # Alone: homes at 500 and 900 m. Together: the station at 1600 m takes those at 1500 and
    # 1750 m, and is nearer (700 m) than the own one to the home at 900 m.
    assert found.people("care_station", neighbours=False).tolist() == [30, 0, 0]
    assert found.people("care_station", neighbours=True).tolist() == [70, 80, 0]
    # Only the neighbours have a canteen, at 2000 m.
    assert found.people("canteen", neighbours=False).tolist() == [0, 0, 0]
    assert found.people("canteen", neighbours=True, group="80+").tolist() == [4, 8, 0]
    assert found.ids == ("N001", "N002", "N003")
    assert found.served.tolist() == [0, 140, 120]
    assert found.gained.tolist() == [0, 120, 120]
    frame = found.to_frame()
    parts = frame["without"] + frame["gained"] + frame["outside"]
    assert parts.tolist() == frame["residents"].tolist()
    assert found.places_frame()["file"].tolist() == ["next.csv"] * 3


def test_nobody_around(border):
    case, around = border
    assert compare_neighbours(case, None, counted=False) is None
    none = around.take(np.zeros(0, np.int64))
    assert compare_neighbours(case, none, counted=False) is None


def test_a_district_without_any_of_its_own(border):
    case, around = border
    bare = case.having(facilities=case.facilities.take(np.zeros(0, np.int64)))
    found = compare_neighbours(bare, around, counted=False)
    assert found is not None and found.without.sum() == 0
    assert found.gained.sum() == found.served.sum() > 0


def test_an_effect_is_kept_and_comes_back(border, tmp_path):
    found = compare_neighbours(*border, counted=False)
    save_stage(tmp_path / "n.npz", found, key="k")
    back = load_stage(tmp_path / "n.npz")
    assert back.to_frame().equals(found.to_frame())
    assert back.places_frame().equals(found.places_frame())


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 100_000), direction=st.sampled_from(["there", "back"]),
    name=st.sampled_from(["elder", "step_free", "policy_radius"]),
)  # fmt: skip
def test_neighbours_never_take_and_what_they_give_adds_up(seed, name, direction):
    rng = np.random.default_rng(seed)
    who = walker(name)
    own = facilities_at(rng.uniform(0, 400, (3, 2)), ["canteen", "x", "canteen"])
    around = around_at(rng.uniform(0, 400, (3, 2)), ["canteen", "y", "canteen"])
    homes = homes_at(rng.uniform(-50, 450, (15, 2)), rng.integers(0, 9, (15, 2)),
                     rng.integers(-1, 1, 15))  # fmt: skip
    areas = areas_of(shapely.box(0, 0, 400, 400))
    case = Case(random_world(seed), own, homes, areas, who, minutes=(2, 5), direction=direction)
    found = compare_neighbours(case, around, counted=False)
    assert found is not None
    assert (found.together >= found.without - 1e-9).all()
    assert (found.together <= found.residents[None] + 1e-9).all()
    assert (found.gained <= found.served + 1e-9).all()
    both = with_neighbours(own, around)
    for facilities, people in ((own, found.without), (both, found.together)):
        coverage = assess_cover(case.network, facilities, homes, areas, walkers=[who],
                                minutes=(2, 5), direction=direction)  # fmt: skip
        for kind in coverage.kinds:
            held = people[found.kinds.index(kind)]
            assert held.tolist() == coverage.within[coverage.kinds.index(kind), 0, -1].tolist()
    for kind in ("canteen", "y") if who.steps else ():
        mine = [k == kind for k in found.place_kinds]
        more = found.people(kind, neighbours=True) - found.people(kind, neighbours=False)
        assert found.gained[mine].sum() == pytest.approx(more.sum())
    counted = compare_neighbours(case.having(facilities=both), around, counted=True)
    assert counted is not None and counted.to_frame().equals(found.to_frame())
