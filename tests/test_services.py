"""Services: tiers and combinations worked out on paper, and that they agree with the kinds."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.services import Services, assess_services, unknown_together
from quarterhour.presets import Walker, walker
from quarterhour.stagefile import load_stage, save_stage
from test_cover import areas_of, facilities_at, homes_at
from test_walk_times import random_case
from worlds import make_network

ONE = Walker(name="one", flat_mps=1.0, slope=False)
SLOW = Walker(name="slow", flat_mps=0.5, slope=False)


def town() -> Case:
    """Return two areas along a street of 4 km: a town and a subdistrict, 2 km each."""
    net = make_network([(0, 0), (4000, 0)], [(0, 1)])
    facilities = facilities_at(
        [(0, 0), (3000, 0), (1000, 0), (3500, 0), (2000, 0)],
        ["care_centre", "care_centre", "care_station", "care_station", "canteen"],
    )
    facilities = replace(
        facilities, area_index=np.array([0, 1, 0, 1, 1], np.int32),
        tier=("", "", "", "subdistrict", ""),
    )  # fmt: skip
    homes = homes_at(
        [(500, 0), (1500, 0), (2600, 0), (3900, 0)], [(10, 1), (20, 2), (30, 3), (40, 4)],
        area=[0, 0, 1, 1],
    )  # fmt: skip
    areas = areas_of(shapely.box(0, -9, 2000, 9), shapely.box(2000, -9, 4000, 9))
    return Case(net, facilities, homes, replace(areas, names=("青山镇", "河畔街道")), ONE)


def services_of(case: Case, together=None, *, withheld=None, walkers=(ONE,)) -> Services | None:
    coverage = assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes,
    )  # fmt: skip
    held = np.zeros((len(coverage.kinds), case.n_areas), bool) if withheld is None else withheld
    return assess_services(
        case, coverage, walkers=walkers, together=together or {}, withheld=held,
        walker_by_group={"80+": "slow"},
    )  # fmt: skip


def test_tiers_worked_by_hand():
    found = services_of(town())
    assert found is not None
    # The centre in the town is a town's; the file says of the last station: subdistrict.
    assert found.names == ("subdistrict", "town", "community")
    assert [found.facilities_of(s).tolist() for s in range(3)] == [[1, 3], [0], [2]]
    assert [found.inferred_of(s) for s in range(3)] == [1, 1, 1]
    assert found.tierless == 1  # the canteen
    # Subdistrict, at 3000 and 3500 m: 400 and 400 s. Town, at 0 m: 500 s. Community, at 1000 m:
    # 500 and 500 s. No tier stands in for another.
    within = [found.coverage.people(key).tolist() for key in found.coverage.kinds]
    assert within == [[0, 70, 0], [10, 0, 0], [30, 0, 0]]
    assert found.coverage.facility[0].tolist() == [1, 1, 1, 3]


def test_kinds_together_stand_in_for_one_another():
    together = {"就餐": ["社区食堂", "care_station"], "none": ["care_home"]}
    found = services_of(town(), together)
    assert found is not None
    meals = found.names.index("就餐")
    assert found.forms[meals:] == ("together", "together")
    assert found.asked[meals] == ("canteen", "care_station")
    assert found.facilities_of(meals).tolist() == [2, 3, 4]
    # At 1000, 2000 and 3500 m: 500, 500, 600 and 400 s; nobody has reached a care home.
    assert found.coverage.people("together:就餐", minutes=10).tolist() == [30, 70, 0]
    assert found.coverage.people("together:就餐", minutes=5).sum() == 0
    assert found.facilities_of(meals + 1).tolist() == []
    assert found.coverage.within[meals + 1].sum() == 0
    assert (found.coverage.facility[meals + 1] == -1).all()
    frame = found.to_frame()
    assert set(frame.loc[frame["service"] == "就餐", "form"]) == {"together"}


def test_a_service_cannot_say_where_one_of_its_kinds_cannot():
    case = town()
    kinds = ("care_centre", "care_station", "canteen", "any")
    withheld = np.zeros((4, 3), bool)
    withheld[kinds.index("canteen"), 1] = True
    withheld[:, 2] = True
    found = services_of(
        case, {"meals": ["canteen", "care_station"], "none": ["x"]}, withheld=withheld
    )
    assert found is not None
    at = {name: found.cannot_say[s].tolist() for s, name in enumerate(found.names)}
    assert at["meals"] == [False, True, True]
    assert at["community"] == [False, False, True]
    assert at["none"] == [False, False, True]  # without a facility: where no kind can say
    frame = found.to_frame()
    held = frame.loc[frame["service"] == "meals"].groupby("area")["cannot_say"].all()
    assert held.to_dict() == {"": True, "河畔街道": True, "青山镇": False}


def test_without_tiers_and_combinations_there_are_none():
    case = town()
    plain = case.having(facilities=case.facilities.take(np.array([4])))
    assert services_of(plain) is None


def test_groups_walk_at_their_own_pace():
    found = services_of(town(), walkers=(ONE, SLOW))
    assert found is not None
    assert found.coverage.walkers == ("one", "slow", "by_group")
    # At half the pace the 80+ of the town need 1000 s to its centre.
    assert found.coverage.people("tier:town", walker="by_group").tolist() == [9, 0, 0]


def test_kinds_that_nobody_knows_are_doubted():
    own = facilities_at([(0, 0)], ["bath"])
    together = {"wash": ["bath", "社区食堂", "bathe"], "meals": ["canteen"]}
    (fault,) = unknown_together(together, own)
    assert (fault.key, fault.values["service"], fault.values["kind"]) == (
        "services.unknown_kind", "wash", "bathe",
    )  # fmt: skip
    assert "bath" in str(fault.values["known"]) and "canteen" in str(fault.values["known"])


def test_they_are_kept_and_come_back(tmp_path):
    found = services_of(town(), {"meals": ["canteen"]})
    assert found is not None
    save_stage(tmp_path / "s.npz", found, key="k")
    back = load_stage(tmp_path / "s.npz")
    assert back.to_frame().equals(found.to_frame())
    assert (back.names, back.asked, back.rows.tolist()) == (
        found.names, found.asked, found.rows.tolist(),
    )  # fmt: skip


def test_named_sets_of_rows_are_covered_as_kinds_are():
    case = town()
    plain = assess_cover(
        case.network, case.facilities, case.demand, case.areas, minutes=(5, 15),
        walkers=[ONE, walker("step_free"), walker("policy_radius")],
    )  # fmt: skip
    rows = {kind: case.facilities.rows_of(kind) for kind in reversed(plain.kinds)}
    named = assess_cover(
        case.network, case.facilities, case.demand, case.areas, minutes=(5, 15),
        walkers=[ONE, walker("step_free"), walker("policy_radius")],
        services={**rows, "none": np.zeros(0, np.int64)},
    )  # fmt: skip
    assert named.kinds == (*reversed(plain.kinds), "none")
    assert named.ms[-2::-1].tobytes() == plain.ms.tobytes()
    assert named.facility[-2::-1].tobytes() == plain.facility.tobytes()
    assert named.within[-2::-1].tobytes() == plain.within.tobytes()
    assert named.within[-1].sum() == 0


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 100_000), who=st.sampled_from(["elder", "policy_walk"]))
def test_rows_add_up_and_a_combination_is_the_best_of_its_kinds(seed, who):
    case = random_case(seed, who)
    coverage = assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes,
    )  # fmt: skip
    found = assess_services(
        case, coverage, walkers=[case.walker], walker_by_group=None,
        together={"both": ["canteen", "own"]},
        withheld=np.zeros((len(coverage.kinds), case.n_areas), bool),
    )  # fmt: skip
    assert found is not None
    frame = found.to_frame()
    parts = frame["within_15_min"] + frame["beyond"] + frame["no_street"]
    np.testing.assert_allclose(parts, frame["residents"], atol=1e-9)
    both = found.coverage.ms[found.names.index("both"), 0]
    of = {kind: coverage.ms[coverage.kinds.index(kind), 0] for kind in ("canteen", "own")}
    assert both.tolist() == np.minimum(of["canteen"], of["own"]).tolist()
    community = found.coverage.ms[found.names.index("community"), 0]
    assert community.tolist() == coverage.ms[coverage.kinds.index("care_station"), 0].tolist()
    assert found.coverage.residents.sum() == pytest.approx(case.demand.people.sum())
