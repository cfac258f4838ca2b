"""Other circles and modes: worked out on paper, against slow oracles, and that nobody vanishes."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover.case import Case
from quarterhour.cover.circles import (
    OtherCircle,
    assess_circle,
    circle_only_kinds,
    only_for_circles,
)
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import Facilities, join_facilities
from quarterhour.presets import Walker, vehicle_ways, walker, walkers
from quarterhour.reach.times import walking_times
from quarterhour.report.build.circles import circles_areas_table, circles_table
from quarterhour.report.chapters.circles import add_circles
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Grid, Heading, Paragraph
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import walk_seconds
from quarterhour.streets.osm import walk_rules
from quarterhour.study import read_study
from quarterhour.words import LANGUAGES
from worlds import FLAT, at, make_network, oracle_ms, random_positions, random_world

CAR = Walker(name="car", flat_mps=4.0, slope=False, steps=False, ways="vehicle")


# --- modes --------------------------------------------------------------------------------------


def test_a_vehicle_takes_streets_and_no_steps_nor_footways():
    classes = ["residential", "footway", "steps", "pedestrian", "path", "track", "trunk",
               "platform", "corridor", "elevator", "busway", "service", "cycleway"]  # fmt: skip
    xy = [(100.0 * k, 0.0) for k in range(len(classes) + 1)]
    edges = [(k, k + 1) for k in range(len(classes))]
    net = make_network(xy, edges, classes=classes)
    taken = walk_seconds(net, CAR).usable
    assert [c for c, u in zip(classes, taken.tolist(), strict=True) if u] == [
        "residential", "track", "trunk", "service", "cycleway",
    ]  # fmt: skip
    assert walk_seconds(net, replace(CAR, ways="foot")).usable.all()


def test_a_vehicle_climbs_no_stair_whatever_its_class_and_takes_no_escalator():
    net = make_network([(0, 0), (100, 0), (200, 0), (300, 0)], [(0, 1), (1, 2), (2, 3)],
                       steps=[0, 12, 0])  # fmt: skip
    net = replace(net, edge_escalator=np.array([False, False, True]))
    for steps in (True, False):
        assert walk_seconds(net, replace(CAR, steps=steps)).usable.tolist() == [True, False, False]


def test_vehicles_take_only_classes_that_are_walked_at_all():
    rules = walk_rules()
    assert set(vehicle_ways()) <= {*rules["walkable"], *rules["if_foot"]}


def test_the_last_metres_of_a_delivery_are_walked():
    net = make_network([(0, 0), (400, 0)], [(0, 1)])
    legs = np.array([0, 170], np.int32)
    # 17 m at 0.85 m/s are 20 s; the street itself, 400 m at 4 m/s, 100 s.
    paced = walk_seconds(net, CAR)
    assert paced.leg_ms(legs).tolist() == [0, 20_000]
    assert paced.there_ms.tolist() == [100_000]
    assert walk_seconds(net, replace(CAR, ways="foot")).leg_ms(legs).tolist() == [0, 4_250]


def test_a_vehicle_enters_a_compound_and_does_not_drive_through():
    # From the kitchen at the west end, 1,000 m around or 100 m through the compound, to the east.
    net = make_network(
        [(0, 0), (100, 0), (50, 500)], [(0, 2), (2, 1), (0, 1)], length_m=[500, 500, 100],
        private=[False, False, True],
    )  # fmt: skip
    paced = walk_seconds(net, CAR)
    found = walking_times(paced, at((0, 0)), at((1, 500), (2, 60)), limit_ms=10**6,
                          direction="back")  # fmt: skip
    # 1,000 m at 4 m/s; 60 m into the compound.
    assert dict(zip(found.indices.tolist(), found.ms.tolist(), strict=True)) == {
        0: 250_000, 1: 15_000,
    }  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), direction=st.sampled_from(["there", "back"]))
def test_a_vehicle_s_times_are_those_of_networkx(seed, direction):
    net = random_world(seed, private=True)
    rng = np.random.default_rng(seed)
    classes = ("footway", "residential", "service", "track")
    net = replace(net, classes=classes,
                  edge_class=rng.integers(0, 4, net.n_edges).astype(np.int16))  # fmt: skip
    paced = walk_seconds(net, CAR)

    def on_streets(count: int, seed: int, *, public: bool = False):
        found = random_positions(net, seed, count, public=public)
        return replace(found, edge=np.where(paced.usable[found.edge], found.edge, -1))

    places, homes = on_streets(3, seed + 1, public=True), on_streets(6, seed + 2)
    if not places.found.any() or not homes.found.any():
        return
    places, homes = places.take(places.found), homes.take(homes.found)
    table = walking_times(paced, places, homes, limit_ms=10**8, direction=direction)
    ours = np.full((len(homes.edge), len(places.edge)), np.inf)
    ours[table.indices, table.sources()] = table.ms
    np.testing.assert_array_equal(ours, oracle_ms(paced, places, homes, direction=direction))


def test_the_walkers_print_their_mode_and_the_ways_of_vehicles():
    for language in LANGUAGES:
        printed = str(walkers(language=language))
        assert "meal_delivery" in printed and "living_street, service" in printed.replace(
            "，", ", "
        )
        assert "living_street" in walkers(language=language)._repr_html_()
    assert walker("meal_delivery").ways == "vehicle"
    assert walker("meal_delivery").flat_mps == pytest.approx(15 / 3.6, abs=0.01)


# --- circles ------------------------------------------------------------------------------------


def case_of(homes, facilities, *, net=None) -> Case:
    """Return a street of 1 km with homes (x, people 60+, area) and facilities (x, kind)."""
    net = net or make_network([(0, 0), (1000, 0)], [(0, 1)])
    n = len(homes)
    xy = np.array([(x, 500.0 if x < 0 else 0.0) for x, _, _ in homes])
    demand = Demand(
        ("all", "60+"), np.array([(4.0 * p, p) for _, p, _ in homes]),
        np.array([a for _, _, a in homes], np.int32), xy, np.full(n, -1, np.int32),
        np.zeros(n, np.int32), ("place",) * n,
    )  # fmt: skip
    squares = [shapely.box(0, -50, 500, 50), shapely.box(500, -50, 1000, 50)]
    areas = Areas(("west", "east"), ("", ""), np.array(squares, object), "EPSG:4544")
    return Case(net, points_of(facilities), demand, areas, FLAT)


def points_of(facilities) -> Facilities:
    n = len(facilities)
    xy = np.array([(x, 0.0) for x, _ in facilities]).reshape(n, 2)
    names = [f"place {k}" for k in range(n)]
    return Facilities.plain(names, [k for _, k in facilities], xy, np.zeros(n, np.int32))


# The last home has no street near; that at 900 m lies outside all areas.
HOMES = [(100, 10, 0), (400, 20, 0), (800, 30, 1), (900, 5, -1), (-1, 7, 1)]


def circle(case: Case, kinds, *, minutes=(5, 10), who=FLAT, **more) -> OtherCircle:
    given = {"name": "circle", "direction": "there"} | more
    return assess_circle(case, kinds=kinds, minutes=minutes, walker=who, **given)


def test_a_circle_worked_by_hand():
    found = circle(case_of(HOMES, [(0, "健身点"), (1000, "canteen")]), ["健身点"])
    # 300 m and 600 m at 1 m/s: the home at 100 m, then that at 400 m.
    assert found.within[:, :, 1].tolist() == [[10, 0, 0], [30, 0, 0]]
    assert found.no_street[:, 1].tolist() == [0, 7, 0]
    assert found.beyond()[:, :, 1].tolist() == [[20, 30, 5], [0, 30, 5]]
    assert found.share(minutes=5) == pytest.approx(10 / 72)
    assert found.share(minutes=5, group="all") == pytest.approx(10 / 72)
    assert (found.facilities, found.missing, found.facilities_no_street) == (1, (), 0)
    assert found.ms.tolist()[:4] == [100_000, 400_000, 800_000, 900_000]


def test_any_of_its_kinds_serves_and_words_mean_kinds():
    case = case_of(HOMES, [(0, "健身点"), (1000, "canteen")])
    both = circle(case, ["健身点 ", "社区食堂"])
    assert both.kinds == ("健身点", "canteen") and both.facilities == 2
    assert both.people(minutes=5) == 10 + 30 + 5
    assert both.people() == 10 + 20 + 30 + 5


def test_a_kind_that_nobody_has_reaches_nobody_and_is_no_error():
    case = case_of(HOMES, [(0, "canteen")])
    found = circle(case, ["健身点"])
    assert found.missing == ("健身点",) and found.facilities == 0
    assert found.within.sum() == 0 and found.no_street[:, 1].sum() == 7
    assert found.people() == 0 and found.share() == 0
    straight = circle(case, ["健身点"], who=walker("policy_radius"))
    assert straight.within.sum() == 0
    assert circle(case, ["健身点", "canteen"]).missing == ("健身点",)


def test_facilities_of_other_circles_join_those_of_the_case():
    case = case_of(HOMES, [(0, "canteen")])
    others = points_of([(1000, "健身点")])
    # 600 m is 10 minutes at 1 m/s, inclusive.
    assert circle(case, ["健身点"], others=others).people() == 20 + 30 + 5
    assert circle(case, ["健身点", "canteen"], others=others).people() == 10 + 20 + 30 + 5
    assert circle(case, ["canteen"], others=others).people() == 10 + 20


def test_a_delivery_goes_where_a_vehicle_goes():
    # A footpath of 100 m leads to the second street; around it is 1,100 m.
    net = make_network(
        [(0, 0), (100, 0), (1000, 0), (0, 400)], [(0, 1), (1, 2), (0, 3), (3, 2)],
        length_m=[100, 900, 400, 1000], classes=["footway", "residential", "residential", "track"],
    )  # fmt: skip
    case = case_of([(500, 10, 0), (900, 20, 1)], [(1000, "canteen")], net=net)
    kitchen = circle(case, ["canteen"], minutes=(1, 3), who=CAR, direction="back")
    # 100 m and 500 m at 4 m/s: 25 s and 125 s.
    assert kitchen.ms.tolist() == [125_000, 25_000]
    assert kitchen.within[:, :, 1].sum(axis=1).tolist() == [20, 30]
    off = case_of([(500, 10, 0)], [(50, "canteen")], net=net).having(max_snap_m=20)
    assert circle(off, ["canteen"], who=CAR).facilities_no_street == 1
    assert circle(off, ["canteen"]).facilities_no_street == 0


def test_a_circle_has_a_direction_of_its_own():
    # Uphill to the facility in the east at one in five: slower there than back.
    net = make_network([(0, 0), (1000, 0)], [(0, 1)], grades=[[0.2]])
    case = case_of([(400, 10, 0)], [(1000, "canteen")], net=net)
    climber = replace(FLAT, slope=True)
    ms = {d: int(circle(case, ["canteen"], who=climber, direction=d).ms[0])
          for d in ("there", "back", "worst", "round_trip")}  # fmt: skip
    assert ms["there"] > ms["back"] > 600_000
    assert ms["worst"] == ms["there"] and ms["round_trip"] == ms["there"] + ms["back"]


@settings(deadline=None, max_examples=40)
@given(
    homes=st.lists(
        st.tuples(st.integers(-1, 1000), st.integers(0, 50), st.integers(-1, 1)),
        min_size=1, max_size=12,
    ),
    facilities=st.lists(
        st.tuples(st.integers(0, 1000), st.sampled_from(["a", "b", "canteen"])), max_size=5
    ),
    kinds=st.lists(st.sampled_from(["a", "b", "canteen", "c"]), min_size=1, max_size=3),
    way=st.sampled_from(["there", "back", "worst", "round_trip"]),
    who=st.sampled_from([FLAT, CAR, walker("step_free"), walker("policy_radius")]),
)  # fmt: skip
def test_nobody_vanishes_and_more_never_reaches_fewer(homes, facilities, kinds, way, who):
    case = case_of(homes, facilities)
    found = circle(case, kinds, minutes=(5, 10, 15), who=who, direction=way)
    parts = found.within + found.beyond() + found.no_street[None]
    np.testing.assert_allclose(parts, np.broadcast_to(found.residents, parts.shape))
    np.testing.assert_allclose(found.residents.sum(axis=0), case.demand.people.sum(axis=0))
    assert (found.beyond() >= -1e-9).all()
    assert (np.diff(found.within, axis=0) >= 0).all()
    more = circle(case, [*kinds, "a"], minutes=(5, 10, 15), who=who, direction=way)
    assert (more.within >= found.within - 1e-9).all()
    frame = found.to_frame()
    np.testing.assert_allclose(frame[["within", "beyond", "no_street"]].sum(axis=1),
                               frame["residents"])  # fmt: skip


def test_a_circle_comes_back_from_its_file(tmp_path):
    found = circle(case_of(HOMES, [(0, "健身点")]), ["健身点", "x"])
    save_stage(tmp_path / "one.npz", found, key="k")
    again = load_stage(tmp_path / "one.npz")
    assert again.to_frame().equals(found.to_frame())
    assert (again.name, again.kinds, again.missing) == (found.name, found.kinds, found.missing)
    save_stage(tmp_path / "two.npz", again, key="k")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


# --- kinds that only circles name ---------------------------------------------------------------

STUDY = """
[study]
name = "x"
[streets]
file = "s"
[residents]
file = "r"
by = "area"
[[facilities]]
file = "f"
[circle]
together = { "t" = ["日间照料"] }
[supply]
need = { "洗浴点" = 0.1 }
[[circles]]
name = "a"
kinds = ["健身点", "社区食堂", "日间照料", "洗浴点", "Gym"]
[[siting]]
kind = "阅览室"
sites = 1
candidates = "c"
[[circles]]
name = "b"
kinds = ["阅览室", "健身点"]
"""


def test_kinds_that_only_circles_name_are_theirs(tmp_path):
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    study = read_study(tmp_path / "study.toml", files_may_lack=True)
    assert circle_only_kinds(study) == ("健身点", "Gym")
    held = points_of([(0, "canteen"), (0, "健身点"), (0, "日间照料"), (0, "GYM"), (0, "棋牌室")])
    assert only_for_circles(held, study).tolist() == [False, True, False, True, False]


def test_the_demo_s_points_for_exercise_are_no_elder_care(small_study):
    from quarterhour.intake import read_inputs, sources_of

    study = read_study(small_study)
    inputs = read_inputs(study, [], sources=sources_of(study))
    assert "健身点" not in inputs.facilities.kinds
    assert inputs.others is not None and set(inputs.others.kinds) == {"健身点"}
    assert len(inputs.ask_osm) == len(inputs.facilities.ids) == 178


@pytest.mark.parametrize("count", ["yes", "show"])
def test_points_for_exercise_next_door_or_to_come_are_no_elder_care_either(small_study, count):
    from quarterhour.intake import GatheredInputs, read_inputs, settle, sources_of
    from quarterhour.measuring import countable

    study = read_study(small_study)
    study = replace(study, neighbours=replace(study.neighbours, count=count))
    inputs = read_inputs(study, [], sources=sources_of(study))
    coming = replace(inputs.set_aside, kinds=("健身点", *inputs.set_aside.kinds[1:]))
    around = replace(inputs.neighbours, kinds=("健身点", *inputs.neighbours.kinds[1:]))
    own = inputs.facilities.take(np.array(inputs.facilities.origin, object) != "neighbour")
    found = replace(
        GatheredInputs.nothing(()), areas=inputs.areas, residents=inputs.residents,
        facilities=join_facilities([own, coming]), neighbours=around,
        ask_osm=np.zeros(len(own.ids) + len(coming.ids), bool),
    )  # fmt: skip
    settled = settle(study, found, [])
    assert "健身点" not in {*settled.neighbours.kinds, *settled.facilities.kinds}
    served = () if settled.others is None else settled.others.kinds
    assert served == (("健身点",) if count == "yes" else ())
    assert "健身点" in settled.set_aside.kinds
    ever = countable(study, settled.facilities, settled.set_aside)
    assert "健身点" not in ever.kinds
    assert len(ever.ids) == len(settled.facilities.ids) + len(coming.ids) - 1


# --- pages --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def findings(small_run):
    """Return the small demo's findings with two circles on its own areas, one without a place."""
    found = small_run.findings
    case = Case(found.network, found.facilities, found.demand, found.areas,
                found.study.walker("elder"))  # fmt: skip
    circles = (
        circle(case, ["canteen"], name="meals & <b>", minutes=(15, 30),
               who=walker("meal_delivery"), direction="back"),
        circle(case, ["健身点"], name="健身圈", minutes=(10, 15), who=walker("elder")),
    )  # fmt: skip
    return replace(found, measured=SimpleNamespace(circles=circles))


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_say_every_circle_and_add_up(findings, language):
    table = circles_table(findings, language)
    assert table.column("limit") == (15, 30, 10, 15)
    parts = np.array([table.column(k) for k in ("within", "beyond", "no_street")], float)
    np.testing.assert_allclose(parts.sum(axis=0), table.column("residents"))
    assert "健身点" in table.note and "15" in table.note
    assert table.column("within")[2:] == (0, 0)
    full = circles_areas_table(findings, language)
    parts = np.array([full.column(k) for k in ("within", "beyond", "no_street")], float)
    np.testing.assert_allclose(parts.sum(axis=0), full.column("residents"), atol=1e-6)
    groups, limits = len(findings.demand.groups), 4
    assert len(full.rows) == limits * groups * len(findings.areas.names)


def test_areas_that_cannot_say_keep_their_people_and_no_share(findings):
    dumb = np.flatnonzero(findings.cannot_say("canteen"))
    table = circles_areas_table(findings, "en")
    texts = {
        row[1] for row in table.rows if row[0].startswith("meals") and isinstance(row[-1], str)
    }
    assert texts == {findings.areas.names[a] for a in dumb}
    streets = findings.streets_report
    judged = streets.completeness
    held = replace(judged, cannot_say=np.ones_like(judged.cannot_say))
    mute = replace(findings, streets_report=replace(streets, completeness=held))
    assert all(isinstance(cell, str) for cell in circles_areas_table(mute, "en").column("share"))
    np.testing.assert_array_equal(
        circles_areas_table(mute, "en").column("within"), table.column("within")
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_is_short_and_says_who_is_reached(findings, language):
    draft = Draft(language)
    draft.chapter("x")
    add_circles(draft, Facts.of(findings, language))
    heads = [b.text for b in draft.blocks if isinstance(b, Heading)]
    (said,) = [b.text for b in draft.blocks if isinstance(b, Paragraph)]
    (grid,) = [b for b in draft.blocks if isinstance(b, Grid)]
    assert len(heads) == 2 and len(grid.headers) == 8 and len(grid.rows) == 4
    assert "健身圈" in said and "meals" in said
    nothing = replace(findings, measured=SimpleNamespace(circles=()))
    empty = Draft(language)
    add_circles(empty, Facts.of(nothing, language))
    assert empty.blocks == []
