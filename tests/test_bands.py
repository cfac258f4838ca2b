"""Distance bands: a road worked out on paper, medians by hand, and that the bands add up."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover
from quarterhour.cover.bands import (
    BANDS,
    CANNOT_SAY,
    NO_FACILITY,
    NOBODY,
    OUT_OF_REACH,
    WALKABLE,
    DistanceBands,
    measure_bands,
)
from quarterhour.cover.case import Case
from quarterhour.cover.quantiles import medians
from quarterhour.presets import Walker, constant, walker
from quarterhour.stagefile import load_stage, save_stage
from test_cover import areas_of, facilities_at, homes_at
from worlds import make_network, oracle_ms, random_world

ONE = Walker(name="one", flat_mps=1.0, slope=False)


def bands_of(case: Case, withheld=()) -> DistanceBands:
    """Return the bands of a case in which (kind, area) pairs of rows are withheld."""
    coverage = assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes, direction=case.direction,
    )  # fmt: skip
    mask = np.zeros((len(coverage.kinds), case.n_areas), bool)
    for pair in withheld:
        mask[pair] = True
    return measure_bands(case, coverage, withheld=mask)


def road(homes, *, kinds=(("care_station", 0), ("canteen", 19_000)), who=ONE, areas=None, **net):
    """Return a road of 20 km with homes (metres, people, area) along it."""
    boxes = [shapely.box(0, -9, 20_000, 9)] * (areas or 1)
    return Case(
        make_network([(0, 0), (20_000, 0)], [(0, 1)], **net),
        facilities_at([(at, 0) for _, at in kinds], [kind for kind, _ in kinds]),
        homes_at([(x, y) for x, y, _, _ in homes], [(p, p / 10) for _, _, p, _ in homes],
                 [a for _, _, _, a in homes]),
        areas_of(*boxes), who,
    )  # fmt: skip


def along(*at_people):
    return [(at, 0, people, 0) for at, people in at_people]


def test_bands_worked_by_hand():
    homes = [*along((300, 1), (300.1, 2), (500, 4), (1000, 8), (2000, 16), (5000, 32)),
             (5000.1, 0, 64, 0), (100, 900, 128, 0)]  # fmt: skip
    found = bands_of(road(homes))
    # The upper end belongs to the band; the last home is 900 m from any street.
    assert found.of("care_station")[:, 0].tolist() == [1, 2 + 4, 8, 16, 32, 64, 128]
    assert found.of("care_station", group="80+")[5, 0] == pytest.approx(6.4)
    # The canteen at 19 km: 14 km from those at 5 km, more from the others.
    assert found.of("canteen")[:, 0].tolist() == [0, 0, 0, 0, 0, 127, 128]
    assert found.of("any").tolist() == found.of("care_station").tolist()
    # Of 255 people the middle one is beyond all streets: nobody knows a way for them.
    assert found.median_m[0].tolist()[0] == np.inf and np.isinf(found.median_m[0, -1])
    assert np.isnan(found.median_m[0, 1])
    # Those without a way stand 900 m off the road, 100 m along it.
    assert found.no_way_straight_m[0] == pytest.approx(np.hypot(100, 900))
    frame = found.to_frame()
    assert frame[list(BANDS)].sum(axis=1).tolist()[0] == 255


def test_the_way_to_the_street_counts_and_slopes_and_stairs_do_not():
    steep = road([(450, 100, 9, 0)], grades=[[0.3] * 8])
    stairs = road([(450, 100, 9, 0)], steps=[500])
    for case in (steep, stairs):
        slow = replace(case, walker=walker("elder"))
        assert bands_of(slow).median_m[0, 0] == 550.0


def test_a_walker_without_stairs_has_no_way_over_them():
    case = road(along((450, 9)), steps=[500], who=walker("step_free"))
    assert bands_of(case).of("any")[-1, 0] == 9


def test_who_is_out_of_walking_reach():
    # Area 0: 19 of 100 at 100 m, the others at 3 km. Area 1: 20 of 100 are inside, which is not
    # fewer than a fifth. Area 2: the middle person has 2000 m, not more. Area 3: nobody.
    homes = [(100, 0, 19, 0), (3000, 0, 81, 0), (100, 0, 20, 1), (3000, 0, 80, 1),
             (2000, 0, 100, 2)]  # fmt: skip
    found = bands_of(road(homes, kinds=[("care_station", 0)], areas=4))
    assert found.verdict[0].tolist() == [OUT_OF_REACH, WALKABLE, WALKABLE, NOBODY, NOBODY]
    assert found.out_of_reach("any").tolist() == [0]
    assert (constant("hopeless_share"), constant("hopeless_m")) == (0.2, 2000.0)
    held = bands_of(road(homes, kinds=[("care_station", 0)], areas=4), withheld=[(0, 0)])
    assert held.verdict[0, 0] == CANNOT_SAY and held.verdict[1, 0] == OUT_OF_REACH
    assert held.people.tolist() == found.people.tolist()
    named = held.to_frame().query("kind == 'care_station' and group == '60+'")["verdict"]
    assert named.tolist() == ["cannot_say", "walkable", "walkable", "nobody", "nobody"]


def test_a_study_without_facilities_has_no_verdict():
    case = road(along((450, 9)))
    found = bands_of(case.having(facilities=case.facilities.take(np.zeros(0, np.int64))))
    assert found.kinds == ("any",)
    assert found.verdict[0].tolist() == [NO_FACILITY, NO_FACILITY]
    assert found.of("any")[-1].tolist() == [9, 0]


def test_bands_are_kept_and_come_back(tmp_path):
    found = bands_of(road(along((450, 9), (3000, 5))))
    save_stage(tmp_path / "b.npz", found, key="k")
    assert load_stage(tmp_path / "b.npz").to_frame().equals(found.to_frame())


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(0, 2)), max_size=20)
)
def test_medians_against_everybody_in_a_row(rows):
    value, weight, part = (np.array([r[k] for r in rows], float) for k in range(3))
    found = medians(value, weight, part.astype(np.int64), 3)
    for p in range(3):
        queue = np.sort(np.repeat(value[part == p], weight[part == p].astype(int)))
        if len(queue) == 0:
            assert np.isnan(found[p])
        else:
            assert found[p] == queue[(len(queue) + 1) // 2 - 1]


def random_case(seed, *, name="elder", n=3) -> Case:
    rng = np.random.default_rng(seed)
    return Case(
        random_world(seed, private=bool(seed % 2)),
        facilities_at(rng.uniform(0, 400, (6, 2))[:n], ["canteen", "care_station", "canteen",
                                                        "x", "canteen", "care_station"][:n]),
        homes_at(rng.uniform(-200, 600, (15, 2)), rng.uniform(0, 9, (15, 2)),
                 rng.integers(-1, 2, 15)),
        areas_of(shapely.box(0, 0, 200, 400), shapely.box(200, 0, 400, 400)), walker(name),
        minutes=(1, 4),
    )  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), name=st.sampled_from(["elder", "step_free", "policy_radius"]))
def test_bands_add_up_and_more_facilities_bring_nobody_farther(seed, name):
    few, many = bands_of(random_case(seed, name=name)), bands_of(random_case(seed, name=name, n=6))
    case = random_case(seed)
    residents = case.by_area(case.demand.people)
    assert np.allclose(few.people.sum(axis=1), residents[None], atol=1e-9)
    assert np.allclose(many.people.sum(axis=1), residents[None], atol=1e-9)
    for kind in few.kinds:
        near, nearer = few.of(kind).cumsum(axis=0), many.of(kind).cumsum(axis=0)
        assert (nearer >= near - 1e-9).all()
    assert bands_of(random_case(seed, name=name)).to_frame().equals(few.to_frame())


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 100_000))
def test_metres_against_networkx(seed):
    case = random_case(seed)
    found = bands_of(case)
    metres = replace(case, walker=walker("policy_walk"))
    ms = oracle_ms(metres.paced, metres.places, metres.homes, direction="there").min(axis=1)
    band = np.searchsorted(np.array([300, 500, 1000, 2000, 5000]) * 1000, ms)
    band[~np.isfinite(ms)] = 6
    expected = np.bincount(band, case.demand.people[:, 0], minlength=7)
    assert np.allclose(found.of("any").sum(axis=1), expected, atol=1e-9)
