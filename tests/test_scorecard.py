"""Scorecard: a district worked out on paper, what is missing, and goals as the documents say."""

import math
import os
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import Coverage, assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.scorecard.definitions import (
    BASES,
    all_measures,
    check_targets,
    goals,
    measures,
)
from quarterhour.cover.scorecard.results import VERDICTS, Scorecard
from quarterhour.cover.scorecard.scoring import judge, score
from quarterhour.cover.scorecard.storeys import check_storeys
from quarterhour.demand import Demand
from quarterhour.errors import InputError
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import KINDS, Facilities
from quarterhour.inputs.indicators import FIELDS, Indicators
from quarterhour.presets import Walker, walker
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.words import LANGUAGES, Words
from worlds import make_network, random_world

DATA = Path(__file__).parents[1] / "data"
ONE = Walker(name="one", flat_mps=1.0, slope=False)
NAN = float("nan")
# A subdistrict and a town: what the bureau's table says of them.
TOLD = {
    "communities": [4, 6], "communities_with_facility": [3, 4], "households": [1000, 500],
    "elder_care_land_m2": [60, 40], "service_floor_m2": [250, 200], "beds": [30, 20],
    "nursing_beds": [20, 10], "villages": [0, 5], "villages_with_point": [0, 3],
    "care_floor_m2": [600, 300], "registered_elders": [150, 100],
}  # fmt: skip


def told(**more: list[float]) -> Indicators:
    columns = {f: np.array(v, float) for f, v in (TOLD | more).items()}
    return Indicators(areas=("甲街道", "乙镇"), **columns)


def case_of() -> Case:
    """Return a street of 2 km through a subdistrict and a town.

    Two stations stand side by side in one community, with the centre and the canteen, at the
    western end; a mutual-aid point in the east. A home in the far east lies outside all areas.
    """
    net = make_network([(0, 0), (2000, 0)], [(0, 1)])
    boxes = [shapely.box(0, -9, 1000, 9), shapely.box(1000, -9, 1980, 9)]
    areas = Areas(("甲街道", "乙镇"), ("subdistrict", "town"), np.array(boxes, object), "EPSG:4544")
    x = [0, 50, 1900, 100, 0]
    kinds = ["care_station", "care_station", "mutual_aid", "canteen", "care_centre"]
    xy = np.array([(v, 0) for v in x], float)
    facilities = Facilities.plain([f"f{n}" for n in range(5)], kinds, xy, areas.area_of(xy))
    homes = np.array([(300, 0), (950, 0), (1600, 0), (1990, 0)], float)
    demand = Demand(
        ("all", "60+"), np.array([(300, 60), (200, 40), (450, 90), (50, 10)], float),
        areas.area_of(homes), homes, np.full(4, -1, np.int32), np.zeros(4, np.int32),
        ("place",) * 4,
    )  # fmt: skip
    return Case(net, facilities, demand, areas, ONE)


def cover_of(case: Case) -> Coverage:
    return assess_cover(
        case.network, case.facilities, case.demand, case.areas,
        walkers=[case.walker, walker("policy_walk"), walker("policy_radius")],
        minutes=case.minutes,
    )  # fmt: skip


CASE = case_of()
COVER = cover_of(CASE)


def card_of(
    case: Case = CASE, coverage: Coverage = COVER, indicators: Indicators | None = None, **more
) -> Scorecard:
    return score(case, coverage, indicators=indicators, **({"preset": "shapingba"} | more))


# --- figures worked out by hand -----------------------------------------------------------------

BY_HAND = {
    # 2 stations and 1 point over 10; 2 stations over 10 - 5 urban; 7 of 10 communities have one.
    "admin_facilities": 3 / 10, "admin_stations": 2 / 5, "spb_admin_communities": 7 / 10,
    "spb_subdistrict_cover": 3 / 4, "spb_town_cover": 4 / 6,
    "canteen_areas": 1 / 2, "spb_canteen_least": 0, "centre_areas_2025": 1 / 2,
    "village_points": 3 / 5, "points_per_village": 1 / 5,
    # Stations at 0 and 50 m: homes at 300 and (900 s, inclusive) 950 m: 60 + 40 of 200.
    "walk_care_station": 100 / 200, "walk_mutual_aid": 100 / 200, "walk_canteen": 100 / 200,
    # The centre is 950 m from the second home: 950 s, but within 1,000 m of policy.
    "walk_care_centre": 60 / 200, "policy_walk_care_centre": 100 / 200, "walk_any": 1,
    "spb_beds_total": 50, "beds_per_1000": 50 / 200 * 1000, "beds_registered": 50 / 250,
    "nursing_share_2025": 30 / 50, "care_floor_per_100": 900 / 1500 * 100,
    "care_floor_per_1000": 900 / 1000 * 1000, "spb_service_floor": 450 / 1500 * 100,
    "land_per_person_gb": 100 / 1000,
}  # fmt: skip


@pytest.mark.parametrize("key", BY_HAND)
def test_values_worked_by_hand(key: str):
    assert card_of(indicators=told()).of(key).value == pytest.approx(BY_HAND[key], abs=1e-12)


def test_verdicts_worked_by_hand():
    card = card_of(indicators=told(), year=2026)
    said = {i.key: i.verdict for i in card.indicators if math.isfinite(i.target)}
    assert said == {
        "spb_admin_communities": "not_met", "spb_subdistrict_cover": "not_met",
        "spb_town_cover": "not_met", "community_rate_2030": "unknown",
        "spb_canteen_least": "not_met", "centre_areas_2025": "not_met",
        "spb_beds_total": "not_met",
        # 60 % meets 55 % and, inclusive, 60 %; not 73 %.
        "nursing_share_2025": "met", "nursing_share_2030": "not_met", "spb_nursing_share": "met",
        # 30 m2 is not above 30 m2; 0.1 m2 is at least 0.1 m2.
        "spb_service_floor": "not_met", "land_per_person_gb": "met",
        "spb_land_per_person": "not_met",
        "spb_home_care": "unknown", "spb_new_compounds": "unknown", "spb_full_function": "unknown",
    }  # fmt: skip
    assert card.of("spb_nursing_share").target_passed  # 2025 lies before 2026
    assert not card.of("nursing_share_2030").target_passed
    assert not card.of("land_per_person_gb").target_passed  # names no year
    assert not any(i.target_passed for i in card_of(indicators=told()).indicators)
    assert sum(card.count().values()) == len(card.indicators)


def test_the_rate_stands_beside_the_walk_and_is_not_scored():
    card = card_of(indicators=told(), preset="")
    pairs = {p.measure: p for p in card.pairs}
    # Half of the elders reach a station, two of five communities "have" one (by count).
    assert (pairs["admin_stations"].rate, pairs["admin_stations"].share) == (0.4, 0.5)
    assert pairs["admin_stations"].difference == pytest.approx(-0.1)
    # Anybody reaches a station or a point, one after the other.
    assert pairs["admin_facilities"].share == 1.0
    assert pairs["admin_facilities"].share_by_area.tolist() == [1, 1, 1]
    assert pairs["canteen_areas"].rate_by_area[:2].tolist() == [1, 0]
    for pair in card.pairs:
        one = next(i for i in card.indicators if i.measure == pair.measure)
        assert one.basis == "unit"
        assert one.verdict in ("side_by_side", "not_met")
    assert card.of("walk_any").verdict == "side_by_side"


def test_values_by_area_and_outside():
    card = card_of(indicators=told())
    rows = {i.key: card.value_by_area[n].tolist() for n, i in enumerate(card.indicators)}
    assert rows["spb_admin_communities"][:2] == [3 / 4, 4 / 6]
    assert rows["spb_subdistrict_cover"][0] == 3 / 4 and math.isnan(
        rows["spb_subdistrict_cover"][1]
    )
    assert rows["walk_mutual_aid"] == [0, 1, 1]
    assert rows["spb_canteen_least"][:2] == [1, 0]
    assert rows["beds_per_1000"][:2] == pytest.approx([300, 20 / 90 * 1000])
    assert math.isnan(rows["beds_per_1000"][2])  # the table tells nothing of what lies outside


# --- what is missing ----------------------------------------------------------------------------


def test_without_a_table_nothing_of_it_is_zero_and_it_says_what_would_help():
    card = card_of(year=2026)
    for one in card.indicators:
        if any(m.source == "indicators" for m in one.missing):
            assert math.isnan(one.value) and one.verdict == "unknown"
    nursing = card.of("spb_nursing_share")
    assert {(m.source, m.name) for m in nursing.missing} == {
        ("indicators", "nursing_beds"), ("indicators", "beds"),
    }  # fmt: skip
    assert card.of("spb_canteen_least").verdict == "not_met"  # facilities are known


def test_one_unknown_area_makes_the_sum_unknown():
    card = card_of(indicators=told(beds=[30, NAN]))
    assert [(m.name, m.areas) for m in card.of("spb_beds_total").missing] == [("beds", 1)]
    assert card.of("spb_beds_total").verdict == "unknown"
    town = told(communities=[NAN, 6], communities_with_facility=[NAN, 4])
    assert card_of(indicators=town).of("spb_town_cover").value == 4 / 6  # the town's are known
    assert card_of(indicators=town).of("spb_subdistrict_cover").verdict == "unknown"


def test_a_kind_that_no_file_lists_may_exist_nevertheless():
    bare = CASE.having(facilities=CASE.facilities.take(np.array([0, 1, 4])))
    card = card_of(bare, cover_of(bare), told())
    for key in ("admin_facilities", "spb_canteen_least", "canteen_areas", "points_per_village"):
        assert card.of(key).verdict == "unknown" and math.isnan(card.of(key).value)
    assert card.of("admin_stations").value == 0.4
    assert {m.source for m in card.of("canteen_areas").missing} == {"facilities"}


def test_openstreetmap_is_no_register_and_neighbours_are_not_ours():
    osm = replace(CASE.facilities, origin=("osm", *CASE.facilities.origin[1:]))
    card = card_of(CASE.having(facilities=osm), COVER, told())
    assert [m.source for m in card.of("admin_stations").missing] == ["register"]
    assert card.of("canteen_areas").value == 0.5
    near = replace(CASE.facilities, origin=("neighbour", *CASE.facilities.origin[1:]))
    assert card_of(CASE.having(facilities=near), COVER, told()).of("admin_stations").value == 0.2


@pytest.mark.parametrize("kinds", [("", ""), ("town", ""), ("village", "village")])
def test_areas_that_are_no_towns_and_subdistricts_are_not_counted_as_such(kinds):
    case = CASE.having()
    case = replace(case, areas=replace(case.areas, kinds=kinds))
    card = card_of(case, COVER, told())
    for key in ("canteen_areas", "spb_canteen_least", "centre_areas_2025", "spb_town_cover"):
        assert card.of(key).verdict == "unknown", key
        assert "areas" in {m.source for m in card.of(key).missing}


def test_villages_of_a_town_are_no_towns():
    names = ("甲社区", "乙村")
    case = replace(CASE.having(), areas=replace(CASE.areas, names=names))
    card = card_of(case, COVER, told())
    assert [m.name for m in card.of("canteen_areas").missing] == ["townships"]
    assert card.of("spb_town_cover").value == 4 / 6  # the kind is that of its township


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_taking_a_figure_away_never_makes_anything_met(data: st.DataObject):
    """Each verdict stays or becomes unknown."""
    field = data.draw(st.sampled_from(FIELDS))
    gone = data.draw(st.lists(st.sampled_from([0, 1]), min_size=1, unique=True))
    numbers = {
        f: [float(data.draw(st.integers(0, 9))) for _ in range(2)] for f in FIELDS
    }  # fmt: skip
    preset = data.draw(st.sampled_from(["", "shapingba", "dazu"]))
    before = card_of(indicators=told(**numbers), preset=preset)
    less = {**numbers, field: [NAN if a in gone else v for a, v in enumerate(numbers[field])]}
    after = card_of(indicators=told(**less), preset=preset)
    assert [i.key for i in before.indicators] == [i.key for i in after.indicators]
    for a, b in zip(before.indicators, after.indicators, strict=True):
        assert b.verdict in (a.verdict, "unknown"), a.key
        assert (b.verdict == "unknown") <= bool(b.missing), a.key
        if b.verdict != "unknown":
            assert b.value == a.value
        if field in (a.numerator_of, a.denominator_of) and not a.only:
            assert math.isnan(b.value)


# --- judging ------------------------------------------------------------------------------------


def test_limits_are_inclusive_and_dust_is_no_difference():
    assert judge(0.6, 0.6, ">=") == judge(0.1 * 3 / 0.5, 0.6, ">=") == "met"
    assert judge(30.000000000000004, 30, ">") == "not_met"
    assert judge(0.3, 0.1 + 0.2, "=") == "met" and judge(0.31, 0.3, "=") == "not_met"
    assert judge(NAN, 1, ">=") == judge(1, NAN, ">") == judge(float("inf"), 1, ">=") == "unknown"


@given(st.floats(0, 2), st.floats(0, 1), st.floats(0.01, 2), st.sampled_from([">=", ">"]))
def test_more_is_never_worse(value: float, more: float, target: float, op):
    assert judge(value, target, op) != "met" or judge(value + more, target, op) == "met"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans(), min_size=3, max_size=3), st.floats(0.01, 1.0))
def test_a_walk_is_judged_only_where_withheld_people_would_not_change_it(held, target):
    mask = np.zeros((len(COVER.kinds), 3), bool)
    mask[COVER.kinds.index("mutual_aid")] = held
    card = card_of(targets={"walk_mutual_aid": target}, withheld=mask)
    one = card.of("study_walk_mutual_aid")
    total, within = np.array([100.0, 90.0, 10.0]), np.array([0.0, 90.0, 10.0])
    # Everything that the withheld people could be, all or none of each area.
    can = [
        judge((np.where(held, 0, within).sum() + (total * some)[held].sum()) / 200, target, ">=")
        for some in (np.zeros(3), np.ones(3))
    ]
    assert one.verdict == (can[0] if can[0] == can[1] else "unknown")
    assert one.value == 0.5 and one.numerator == 100  # they stay in the totals
    assert card.withheld[card.row("study_walk_mutual_aid")].tolist() == held
    assert not card.withheld[card.row("policy_radius_mutual_aid")].any()
    assert not card.withheld[card.row("walk_canteen")].any()


@pytest.mark.parametrize("targets", [{"walk_any": 0.0}, {"walk_any": NAN}, {"walk_any": 95}])
def test_targets_that_cannot_be(targets):
    with pytest.raises(InputError) as caught:
        card_of(targets=targets)
    assert len(caught.value.faults) == 1


def test_an_unknown_target_names_the_nearest():
    faults = check_targets({"walk_canteens": 0.9, "nursing_shares": 0.5, "walk_tea": 0.5})
    assert [f.values["near"] for f in faults[:2]] == ["walk_canteen", "nursing_share"]
    assert check_targets({"walk_tea": 0.5}, kinds=["tea"]) == []
    assert [f.key for f in faults] == ["scorecard.unknown_target"] * 3
    for language in LANGUAGES:
        assert "nursing_share" in faults[1].render(language)


def test_a_target_of_the_study_stands_beside_those_of_documents():
    card = card_of(indicators=told(), targets={"nursing_share": 0.9, "walk_learning_hall": 0.5})
    assert card.of("study_nursing_share").verdict == "not_met"
    assert card.of("spb_nursing_share").verdict == "met"
    hall = card.of("study_walk_learning_hall")
    assert hall.verdict == "unknown" and [m.name for m in hall.missing] == ["learning_hall"]


def test_rates_of_different_bases_are_not_shown_together():
    card = card_of(indicators=told())
    assert card.basis_of(["walk_any", "policy_walk_any"]) == "population"
    with pytest.raises(InputError):
        card.basis_of(["walk_canteen", "canteen_areas"])
    order = [BASES.index(i.basis) for i in card.indicators]
    assert order == sorted(order)


# --- people -------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_people_add_up_and_two_kinds_are_as_one(seed: int):
    rng = np.random.default_rng(seed)
    boxes = np.array([shapely.box(0, 0, 200, 400), shapely.box(200, 0, 400, 300)], object)
    areas = Areas(("a", "b"), ("subdistrict", "town"), boxes, "EPSG:4544")
    xy, homes = rng.uniform(0, 400, (4, 2)), rng.uniform(0, 420, (12, 2))
    kinds = rng.choice(["care_station", "mutual_aid", "canteen"], 4).tolist()
    people = rng.integers(0, 50, (12, 2)).astype(float)
    demand = Demand(
        ("all", "60+"), people, areas.area_of(homes), homes, np.full(12, -1, np.int32),
        np.zeros(12, np.int32), ("place",) * 12,
    )  # fmt: skip
    facilities = Facilities.plain(["f"] * 4, kinds, xy, areas.area_of(xy))
    case = Case(random_world(seed), facilities, demand, areas, ONE, minutes=(1, 3))
    coverage = cover_of(case)
    card = card_of(case, coverage)
    for row, one in enumerate(card.indicators):
        if one.basis == "population":
            part, whole = card.numerator_by_area[row], card.denominator_by_area[row]
            assert whole.sum() == pytest.approx(people[:, 1].sum(), abs=1e-9)
            assert (part <= whole + 1e-9).all()
            assert part.sum() == pytest.approx(one.numerator, abs=1e-9)
    pair = next((p for p in card.pairs if p.measure == "admin_facilities"), None)
    if pair is not None and people[:, 1].sum() > 0:
        merged = ["both" if k in ("care_station", "mutual_aid") else k for k in kinds]
        as_one = cover_of(case.having(facilities=replace(facilities, kinds=tuple(merged))))
        assert pair.share == pytest.approx(as_one.share("both"), abs=1e-12)


# --- storeys ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("storey", "lift", "gazette", "jgj"),
    [
        (1, 0, 1, 1), (2, 0, 1, 0), (3, 0, 0, 0), (3, 1, 1, 1), (NAN, 1, 1, 1), (NAN, 0, -1, -1),
        (2, -1, 1, -1), (3, -1, -1, -1), (1, -1, 1, 1), (-1, 0, -1, -1), (-1, 1, 1, 1),
        (NAN, -1, -1, -1),
    ],
)  # fmt: skip
def test_storey_and_lift(storey: float, lift: int, gazette: int, jgj: int):
    facility = replace(
        CASE.facilities.take(np.array([0])), storey=np.array([storey]),
        lift=np.array([lift], np.int8),
    )  # fmt: skip
    check = check_storeys(facility)
    assert check.verdict[:, 0].tolist() == [gazette, jgj]
    assert [r.key for r in check.rules] == ["gazette", "jgj_450"]
    assert [sum(check.count(n)) for n in (0, 1)] == [1, 1]


# --- kept, repeated ------------------------------------------------------------------------------


def test_a_scorecard_is_kept_and_comes_back(tmp_path):
    card = card_of(indicators=told(), targets={"walk_any": 0.9}, year=2026)
    save_stage(tmp_path / "a.npz", card, key="k")
    save_stage(tmp_path / "b.npz", card_of(indicators=told(), targets={"walk_any": 0.9},
                                           year=2026), key="k")  # fmt: skip
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = load_stage(tmp_path / "a.npz")
    assert back.to_frame().equals(card.to_frame())
    assert back.areas_frame().equals(card.areas_frame())
    assert back.pairs_frame().equals(card.pairs_frame())
    assert back.storeys.to_frame().equals(card.storeys.to_frame())
    assert back.indicators[0].missing == card.indicators[0].missing


# --- goals are the documents' --------------------------------------------------------------------

_KIND = {"binding": "约束性", "expected": "预期性", "": None}


def _raw() -> list[dict]:
    file = Path(__file__).parents[1] / "coverage/quarterhour/_data/scorecard.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))["goal"]


def _agree(preset: str, indicators: list[dict]) -> None:
    mine = {g["name"]: g for g in _raw() if g.get("preset") == preset and "name" in g}
    assert set(mine) == {i["name"] for i in indicators}
    for told_there in indicators:
        goal = mine[told_there["name"]]
        assert goal["target"] == told_there["target_2025"] and goal["year"] == 2025
        assert goal.get("op") == told_there.get("op"), goal["key"]
        assert _KIND[goal.get("kind", "")] == told_there.get("kind"), goal["key"]
        source = told_there["source"]
        there = source.split("; ") if isinstance(source, str) else source
        assert goal["source"] == there, goal["key"]
        assert goal["status"] == "document"
        basis = measures()[goal["measure"]].basis
        assert (basis == "unit") == (told_there.get("basis") == "unit"), goal["key"]
        assert Words("zh")(f"scorecard.g_{goal['key']}") == goal["name"]


@pytest.mark.parametrize("preset", ["shapingba", "dazu"])
def test_goals_agree_with_the_facts_of_the_district(preset: str):
    facts = tomllib.loads((DATA / preset / "facts.toml").read_text(encoding="utf-8"))
    _agree(preset, facts["indicator"])
    if preset == "shapingba":
        rule = {r["key"]: r for r in facts["rule"]}
        least = next(g for g in goals() if g.key == "spb_canteen_least")
        assert least.target == rule["canteen.min_per_subdistrict"]["value"]
        assert list(least.source) == rule["canteen.min_per_subdistrict"]["source"]
        highest = check_storeys(CASE.facilities).rules[0].highest_without_lift
        assert highest == rule["canteen.max_floor_without_lift"]["value"]


@pytest.mark.real
@pytest.mark.parametrize("preset", ["shapingba", "dazu"])
def test_goals_agree_with_the_plan_facts(preset: str, real_data: Path):
    path = real_data.parent / "facts" / "plan_facts.toml"
    if not path.is_file():
        pytest.skip(f"{os.fspath(path)} is not there")
    _agree(preset, tomllib.loads(path.read_text(encoding="utf-8"))[preset]["indicator"])


def test_goals_have_a_measure_a_source_and_a_title():
    known = all_measures(KINDS)
    keys = [g.key for g in goals()]
    assert len(keys) == len(set(keys))
    assert all(Words("zh").has(f"scorecard.m_{key}") for key in measures())
    figures = {n for m in measures().values() for n in (m.numerator, m.denominator) if n}
    assert all(Words("zh").has(f"scorecard.q_{name}") for name in figures)
    for goal in goals():
        assert goal.measure in known and goal.source, goal.key
        assert goal.status in ("document", "secondary", "to be supplied")
        assert (goal.status == "document") == bool(goal.preset)
        assert math.isnan(goal.target) == (goal.status == "to be supplied")
        for short in goal.source:
            name = short.lower().replace("-", "_")
            assert any(Words("zh").has(f"{stem}.doc_{name}") for stem in ("report", "scorecard"))
            assert Words("zh").has(f"scorecard.short_{name}")


def test_other_districts_are_not_asked_for_ours():
    none, dazu = card_of(preset=""), card_of(preset="dazu")
    assert {i.status for i in none.indicators} == {"", "secondary", "to be supplied"}
    assert {s for i in dazu.indicators if i.status == "document" for s in i.source} == {
        "DZ-145-elder"
    }
    assert {i.verdict for i in dazu.indicators} <= set(VERDICTS)
    assert {f.name for f in fields(Indicators)} == {"areas", *TOLD} and set(TOLD) == set(FIELDS)
