"""The sweep: worlds worked out on paper, every setting counted afresh, and what must not fall."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.positions import Positions
from quarterhour.cover.sweep.results import DIMENSIONS, Sweep
from quarterhour.cover.sweep.settings import Setting, kept_under, walker_of
from quarterhour.cover.sweep.sweeping import sweep
from quarterhour.inputs.facilities import Facilities, with_neighbours
from quarterhour.pipeline import StudyRun
from quarterhour.presets import Walker, walker
from quarterhour.report.build.sweep import (
    sweep_areas_table,
    sweep_settings_table,
    sweep_table,
)
from quarterhour.report.chapters.sweep import add_sweep
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Figure, Grid, Heading, Paragraph
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import snap, walk_seconds
from test_cover import areas_of, facilities_at, homes_at
from worlds import make_network, random_world

ONE = Walker(name="one", flat_mps=1.0, step_up_s=1.0, step_down_s=1.0, slope=False)
PAGE = areas_of(shapely.box(-60, -60, 200, 460), shapely.box(200, -60, 460, 460))


def neighbours_at(xy, kinds) -> Facilities:
    return replace(facilities_at(xy, kinds), origin=("neighbour",) * len(kinds))


def plain_case(**more) -> Case:
    """Return a street of 2 km with a station at its start, and homes at 300, 600, 900 m and far."""
    homes = homes_at(
        [(300, 0), (600, 0), (900, 0), (1000, 900)], [(10, 2), (20, 4), (30, 6), (40, 8)]
    )
    given_ = {
        "network": make_network([(0, 0), (2000, 0)], [(0, 1)]),
        "facilities": facilities_at([(0, 0)], ["care_station"]), "demand": homes,
        "areas": areas_of(shapely.box(0, -100, 2000, 1000)), "walker": ONE,
    }  # fmt: skip
    return Case(**given_ | more)


def hand_made(**more) -> Sweep:
    return sweep(plain_case(), speeds=(0.5, 2.0), minutes=(5, 20), **more)


def test_paces_and_limits_worked_by_hand():
    found = hand_made()
    # In 15 minutes 900 m at 1 m/s, 450 m at half of it, 1800 m at twice; nobody reaches 900 m off.
    assert found.curve("speed", "care_station")[0] == (0.5, 1.0, 2.0)
    assert found.curve("speed")[1].tolist() == [0.1, 0.6, 0.6]
    # The study's own limits are among those tried.
    assert found.curve("minutes")[0] == (5.0, 10.0, 15.0, 20.0)
    assert found.curve("minutes")[1].tolist() == [0.1, 0.3, 0.6, 0.6]
    pace, limit = (s for s in found.swings() if s.dimension in ("speed", "minutes"))
    assert (pace.low_value, pace.base_value, pace.high_value) == (0.5, 1.0, 2.0)
    assert (limit.low_value, limit.base_value, limit.high_value) == (5.0, 15, 20.0)
    assert (pace.low, pace.base, pace.high) == (0.1, 0.6, 0.6)
    assert [s.dimension for s in found.swings()] == ["speed", "minutes", "snap"]
    # A limit is no assumption, and a cap that changes nothing does not matter.
    assert [s.dimension for s in found.matters()] == ["speed"]


def test_what_cannot_be_tried_is_named_with_its_reason():
    assert dict(hand_made(max_snap_m=()).left_out) == {
        "slope": "no_terrain", "stairs": "no_stairs", "snap": "not_asked",
        "placement": "no_other_placement", "neighbours": "no_neighbours",
    }  # fmt: skip
    metres = sweep(plain_case(walker=walker("policy_walk")))
    assert dict(metres.left_out)["speed"] == "counts_metres"
    assert metres.tried() == ("snap", "minutes")
    straight = sweep(plain_case(walker=walker("policy_radius")))
    assert straight.tried() == ("minutes",)
    assert dict(straight.left_out)["snap"] == "straight"
    # 1,000 m as the crow flies: the home that stands 1,345 m off stays outside.
    assert straight.shares("care_station").tolist() == [0.6]


def test_an_areas_range_and_class_follow_from_assumptions_alone():
    found = hand_made()
    low, own, high = (v[0] for v in found.area_ranges())
    assert (low, own, high) == (0.1, 0.6, 0.6)  # five minutes would be 0.1 too: the pace is
    assert found.depends()[0]
    assert not found.depends(withheld=np.array([True, False]))[0]
    only_limits = sweep(plain_case(), speeds=(), max_snap_m=(), minutes=(1, 30))
    assert [v[0] for v in only_limits.area_ranges()] == [0.6, 0.6, 0.6]
    assert not only_limits.depends().any()
    # Nobody lives outside all areas: no share, no class.
    assert np.isnan(found.area_ranges()[0][-1])
    assert not found.depends()[-1]


def stairs_case(**more) -> Case:
    """Return 300 m of street, then a stair of 100 m and 100 steps with a home at its end."""
    net = make_network([(0, 0), (300, 0), (400, 0)], [(0, 1), (1, 2)], steps=[0, 100])
    homes = homes_at([(400, 0)], [(10, 2)])
    areas = areas_of(shapely.box(0, -100, 500, 100))
    return plain_case(network=net, demand=homes, areas=areas, **more)


def test_stairs_worked_by_hand_nobody_gains_where_they_are_closed():
    found = sweep(stairs_case(), speeds=(), minutes=(6, 7, 8, 9))
    # Flat 400 s. As they are, 100 x (1 - 0.3 / 1) s more: 470 s. Closed, the home enters the street
    # 100 m away and would be there in 400 s; the floor is the stair at 1.23 s a step, 493 s.
    frame = found.to_frame().query("kind == 'care_station' and dimension in ('base', 'stairs')")
    within = frame.pivot_table(index="stairs", columns="minutes", values="within")
    assert within.loc["flat", [6, 7, 8, 9]].tolist() == [0, 10, 10, 10]
    assert within.loc["as_is", [6, 7, 8, 9]].tolist() == [0, 0, 10, 10]
    assert within.loc["closed", [6, 7, 8, 9]].tolist() == [0, 0, 0, 10]


def test_closed_stairs_help_nobody_however_slow_on_steps():
    slow = replace(ONE, step_up_s=4.0, step_down_s=4.0)  # 300 + 100 + 370 s as they are
    found = sweep(stairs_case(walker=slow), speeds=(), minutes=(9, 12, 13))
    frame = found.to_frame().query("kind == 'care_station' and stairs == 'closed'")
    by_minutes = frame.set_index("minutes")["within"]
    assert by_minutes[[9, 12, 13]].tolist() == [0, 0, 10]


def test_a_larger_cap_can_lose_people_by_the_rule_of_islands():
    # An island street with a canteen and a home; the main street, 200 m off, has none near.
    net = make_network([(0, 0), (100, 0), (0, 200), (5000, 200)], [(0, 1), (2, 3)])
    case = plain_case(
        network=net, facilities=facilities_at([(0, 0), (4900, 200)], ["canteen"] * 2),
        demand=homes_at([(50, 0)], [(10, 2)]), areas=areas_of(shapely.box(-9, -9, 5000, 300)),
    )  # fmt: skip
    found = sweep(case, speeds=(), max_snap_m=(100, 300))
    # Under 300 m both move to the main street, 50 m apart on it: two legs of 200 m and 50 m are
    # 450 s where it was 50 s. Nothing is lost at 15 minutes, and all at five.
    fives = found.to_frame().query("kind == 'any' and minutes == 5").set_index("max_snap_m")
    assert fives["within"].to_dict() == {150.0: 10, 100.0: 10, 300.0: 0}
    assert found.shares().tolist() == [1, 1, 1]


def test_neighbours_are_counted_or_not_and_found_by_their_origin():
    around = neighbours_at([(1500, 0)], ["canteen"])
    case = plain_case()
    apart = sweep(case, speeds=(), neighbours=around, kinds=("canteen", "any"))
    # The canteen at 1,500 m is 600 m from the home at 900 m, and 900 m from the one at 600 m.
    assert apart.curve("neighbours", "canteen")[0] == ("without", "with")
    assert apart.curve("neighbours", "canteen")[1].tolist() == [0, 0.5]
    assert not apart.neighbours[0]
    # Whose facilities count is a choice: it widens no area's range.
    assert [v[0] for v in apart.area_ranges("canteen")] == [0, 0, 0]
    both = case.having(facilities=with_neighbours(case.facilities, around))
    held = sweep(both, speeds=(), kinds=("canteen", "any"))
    named = sweep(case, speeds=(), neighbours=around, neighbours_counted=True,
                  kinds=("canteen", "any"))  # fmt: skip
    assert held.neighbours[0]
    assert held.curve("neighbours", "canteen")[1].tolist() == [0, 0.5]
    assert held.to_frame().equals(named.to_frame())


def fresh(case: Case, setting: Setting, demand, around, minutes):
    """Count one setting with nothing shared."""
    own = case.facilities
    facilities = with_neighbours(own, around) if setting.neighbours else own
    return assess_cover(
        case.network, facilities, demand if setting.placed_otherwise else case.demand, case.areas,
        walkers=[walker_of(case.walker, setting)], minutes=minutes, direction=case.direction,
        max_snap_m=setting.max_snap_m,
    )  # fmt: skip


def assert_counted_afresh(case, found, demand, around, rows):
    for row in rows:
        setting = found.setting(row)
        coverage = fresh(case, setting, demand, around, found.minutes)
        assert (found.no_street[row] == coverage.no_street[0, :, 0]).all(), setting
        assert (found.residents[row] == coverage.residents[:, 0]).all()
        for k, kind in enumerate(found.kinds):
            if kind not in coverage.kinds:
                assert not found.within[row, k].any()
                continue
            expected = coverage.within[coverage.kinds.index(kind), 0, :, :, 0]
            assert (found.within[row, k] == expected).all(), (setting, kind)


def random_case(seed: int, who: Walker, direction="there", **more):
    net, rng = random_world(seed, private=bool(seed % 2)), np.random.default_rng(seed)
    people = rng.integers(0, 9, (14, 2)) + 0.3
    at = rng.integers(-1, 2, 14)
    homes = homes_at(rng.uniform(-50, 450, (14, 2)), people, at)
    other = homes_at(rng.uniform(-50, 450, (14, 2)), people, at)
    facilities = facilities_at(rng.uniform(-50, 450, (3, 2)), ["canteen", "canteen", "x"])
    around = neighbours_at(rng.uniform(-50, 450, (2, 2)), ["canteen", "beside"])
    case = Case(net, facilities, homes, PAGE, who, (3, 6), direction, **more)
    return case, other, around


WALKERS = st.sampled_from([walker("elder"), walker("step_free"), replace(ONE, slope=True)])


@settings(deadline=None, max_examples=12)
@given(
    seed=st.integers(0, 100_000), who=WALKERS,
    direction=st.sampled_from(["there", "back", "worst", "round_trip"]),
)  # fmt: skip
def test_every_setting_of_the_grid_equals_a_fresh_count(seed, who, direction):
    case, other, around = random_case(seed, who, direction, max_snap_m=80.0)
    found = sweep(
        case, speeds=(0.7,), minutes=(2, 9), max_snap_m=(30, 200), other_demand=other,
        neighbours=around, kinds=("canteen", "x", "beside", "any"), grid=True,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    rows = [0, *rng.choice(np.arange(1, len(found.dimension)), 6, replace=False).tolist()]
    assert_counted_afresh(case, found, other, around, rows)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), caps=st.permutations([5.0, 40.0, 80.0, 150.0, 300.0]))
def test_positions_that_stay_are_those_looked_for_anew(seed, caps):
    paced = walk_seconds(random_world(seed), walker("elder"))
    xy = np.random.default_rng(seed).uniform(-200, 600, (40, 2))
    held, wanted = (snap(paced, xy, max_snap_m=cap) for cap in caps[:2])
    keep, anew = kept_under(paced, held, from_m=caps[0], to_m=caps[1])
    assert not (keep & anew).any()
    for name in ("edge", "offset_dm", "access_dm", "moved"):
        assert (getattr(held, name)[keep] == getattr(wanted, name)[keep]).all()
    assert (wanted.edge[~keep & ~anew] == -1).all()


def test_a_leg_a_hair_longer_than_a_smaller_cap_is_told_apart():
    # 50.04 m are held as 500 decimetres, and yet beyond a cap of 50 m.
    case = plain_case(demand=homes_at([(300, 50.04), (300, 50)], [(10, 2), (20, 4)]))
    found = sweep(case, speeds=(), max_snap_m=(50,))
    assert found.no_street[found.dimension.index("snap")].tolist() == [10, 0]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 100_000), who=WALKERS, wide=st.booleans())
def test_nobody_vanishes_and_nothing_falls_that_must_not(seed, who, wide):
    case, other, around = random_case(seed, who)
    found = sweep(case, max_snap_m=(20, 60, 400), speeds=(0.6, 0.9, 1.3), other_demand=other,
                  neighbours=around, grid=wide)  # fmt: skip
    assert found.residents.sum(axis=1) == pytest.approx(case.demand.people[:, 0].sum())
    beyond = found.residents[:, None] - found.within[:, :, -1] - found.no_street[:, None]
    assert (beyond >= -1e-9).all()
    assert (np.diff(found.within, axis=2) >= 0).all()
    connected = len(np.unique(case.paced.part[case.paced.usable])) == 1
    rising = ["speed", "slope", "stairs", "neighbours", *(["snap"] if connected else [])]
    for kind in found.kinds:
        for dimension in set(rising) & set(found.tried()):
            assert (np.diff(found.curve(dimension, kind)[1]) >= -1e-12).all(), dimension
        low, own, high = found.area_ranges(kind)
        lived = found.residents[0] > 0
        assert (low <= own)[lived].all()
        assert (own <= high)[lived].all()


def test_the_answer_does_not_depend_on_threads_and_repeats():
    case, other, around = random_case(7, walker("elder"))
    one, three = (
        sweep(case.having(), other_demand=other, neighbours=around, grid=True, threads=n)
        for n in (1, 3)
    )
    assert one.to_frame().equals(three.to_frame())
    assert one.within.tobytes() == three.within.tobytes()


def test_progress_ends_with_all_settings():
    told = []
    found = sweep(plain_case(), on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(found.dimension),) * 2


def test_a_sweep_is_kept_and_comes_back(tmp_path):
    found = hand_made()
    save_stage(tmp_path / "s.npz", found, key="k")
    back = load_stage(tmp_path / "s.npz")
    assert back.to_frame().equals(found.to_frame())
    assert back.areas_frame().equals(found.areas_frame())
    assert back.swings() == found.swings()


# --- the small demo


@pytest.fixture(scope="module")
def swept(small_run: StudyRun):
    findings = small_run.findings
    case = Case(
        findings.network, findings.facilities, findings.demand, findings.areas,
        findings.study.walker("elder"), minutes=findings.study.circle.minutes,
    )  # fmt: skip
    found = sweep(case, neighbours=neighbours_at(case.facilities.xy_m[:3] + 700, ["canteen"] * 3))
    return case, replace(findings, sweep=found)


def test_the_demo_is_counted_as_ever(swept):
    case, findings = swept
    around = neighbours_at(case.facilities.xy_m[:3] + 700, ["canteen"] * 3)
    found = findings.sweep
    groups = findings.coverage.groups.index(findings.lead_group)
    own = findings.coverage.within[:, 0, :, :, groups]
    limits = [found.minutes.index(m) for m in findings.coverage.minutes]
    assert (found.within[0][:, limits] == own).all()
    assert set(found.tried()) == set(DIMENSIONS) - {"placement"}
    for dimension in ("slope", "stairs", "snap", "neighbours"):
        row = found.dimension.index(dimension)
        setting = found.setting(row)
        coverage = fresh(case, setting, None, around, found.minutes)
        lead = coverage.groups.index(findings.lead_group)
        assert (found.within[row] == coverage.within[:, 0, :, :, lead]).all(), dimension
    assert isinstance(case.positions, Positions)


def test_tables_say_what_was_found(swept):
    _, findings = swept
    for language in ("zh", "en"):
        table = sweep_table(findings, language, kind="any")
        widest = findings.sweep.matters("any")[0]
        assert table.column("swing")[0] == round(100 * widest.span, 1)
        assert table.column("rank")[0] == 1
        areas = sweep_areas_table(findings, language)
        assert len(areas.rows) == len(findings.sweep.kinds) * len(findings.areas.names)
        full = sweep_settings_table(findings, language)
        people = full.column("residents")
        parts = [full.column(k) for k in ("within", "beyond", "no_street")]
        for total, *each in zip(people, *parts, strict=True):
            assert sum(each) == pytest.approx(total)
            assert total == pytest.approx(findings.summary().lead_total)


def test_areas_that_cannot_say_show_no_range_and_keep_their_people(swept):
    _, findings = swept
    judged = findings.streets_report.completeness
    mute = np.zeros_like(judged.cannot_say)
    mute[:, 0] = True
    report = replace(findings.streets_report, completeness=replace(judged, cannot_say=mute))
    held = replace(findings, streets_report=report)
    table = sweep_areas_table(held, "en")
    row = dict(zip([c.key for c in table.columns], table.rows[0], strict=True))
    assert row["share_base"] == row["share_low"] == row["depends"] == row["share_high"]
    assert isinstance(row["share_base"], str)
    assert row["residents"] > 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_section_names_what_matters_most(swept, language):
    _, findings = swept
    draft = Draft(language)
    draft.chapter("x")
    add_sweep(draft, Facts.of(findings, language))
    kinds = [type(b) for b in draft.blocks[1:]]
    assert kinds == [Heading, Paragraph, Paragraph, Grid, Figure]
    text = "".join(b.text for b in draft.blocks if isinstance(b, Paragraph))
    assert {"zh": "步行速度", "en": "walking pace"}[language] in text
    assert len(next(b for b in draft.blocks if isinstance(b, Grid)).headers) == 8


def test_nothing_swept_is_nothing_said(swept):
    _, findings = swept
    draft, bare = Draft("zh"), replace(findings, sweep=Sweep())
    alone = replace(bare, measured=replace(bare.measured, placement=None))
    add_sweep(draft, Facts.of(alone, "zh"))
    assert draft.blocks == []
    # A second placement is told of, swept or not.
    add_sweep(draft, Facts.of(bare, "zh"))
    assert len(draft.blocks) == 2
