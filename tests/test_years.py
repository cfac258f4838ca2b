"""Years: a street with openings worked out on paper, and coverage itself as the oracle."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.years import first_years, series_by_year
from quarterhour.inputs.facilities import Facilities
from quarterhour.presets import Walker, walker
from quarterhour.stagefile import load_stage, save_stage
from test_cover import areas_of, facilities_at, homes_at
from worlds import make_network, random_world

ONE = Walker(name="one", flat_mps=1.0, slope=False)
NAN = float("nan")
NONE = facilities_at([(0, 0)], ["canteen"]).take(np.zeros(0, np.int64))


def dated(facilities: Facilities, years, states) -> Facilities:
    return replace(facilities, year=np.array(years, float), state=tuple(states))


@pytest.fixture
def case() -> Case:
    """Return a street of 9 km with homes of 10, 20, 40, 80 people every 2 km."""
    return Case(
        make_network([(0, 0), (9000, 0)], [(0, 1)]), NONE,
        homes_at([(0, 0), (2000, 0), (4000, 0), (6000, 0)],
                 [(10, 1), (20, 2), (40, 4), (80, 8)], [0, 0, -1, 0]),
        areas_of(shapely.box(-9, -9, 9000, 9)), ONE,
    )  # fmt: skip


@pytest.fixture
def everything() -> Facilities:
    """Return stations: old, of 2022, planned for 2025, planned some day, closed; a canteen."""
    places = [(0, 0), (2000, 0), (4000, 0), (6000, 0), (6000, 0), (500, 0)]
    kinds = [*["care_station"] * 5, "canteen"]
    years, states = [NAN, 2022, 2025, NAN, 2010, NAN], ["open", "", "planned", "planned",
                                                        "closed", "open"]  # fmt: skip
    return dated(facilities_at(places, kinds), years, states)


def test_years_worked_by_hand(case, everything):
    found = series_by_year(case, everything, range(2021, 2026), known_from=2024)
    assert found is not None
    assert found.kinds == ("care_station", "canteen", "any")
    assert found.years == (2021, 2022, 2023, 2024, 2025)
    # 10 people at the old one, 20 more from 2022, 40 more (outside all areas) from 2025.
    assert found.within[0].tolist() == [[10, 0], [30, 0], [30, 0], [30, 0], [30, 40]]
    assert found.within[1].sum(axis=1).tolist() == [10] * 5
    assert found.share("care_station").tolist() == [10 / 150, 0.2, 0.2, 0.2, 70 / 150]
    assert found.facilities[0].tolist() == [1, 2, 2, 2, 3]
    assert found.facilities[2].tolist() == [2, 3, 3, 3, 4]
    assert found.planned[0].tolist() == [0, 0, 0, 0, 1]
    assert found.year_unknown.tolist() == [1, 1, 2]
    # The closed one and the one planned for some day serve nobody.
    assert found.never == 2
    frame = found.to_frame()
    assert (frame["within"] + frame["outside"]).tolist() == frame["residents"].tolist()


def test_years_that_are_shown_without_any_given(case, everything):
    found = series_by_year(case, everything, (), known_from=2024)
    assert found is not None and found.years == (2022, 2024, 2025)
    undated = series_by_year(case, everything, (), known_from=None)
    assert undated is not None and undated.years == (2022, 2025)
    many = facilities_at([(0, 0)] * 15, ["canteen"] * 15)
    many = dated(many, range(2001, 2016), [""] * 15)
    late = series_by_year(case, many, (), known_from=2005)
    assert late is not None and late.years == tuple(range(2006, 2016))
    given_twice = series_by_year(case, many, (2010, 2003, 2010), known_from=2005)
    assert given_twice is not None and given_twice.years == (2003, 2010)
    assert given_twice.facilities[0].tolist() == [3, 10]


def test_nothing_to_tell(case):
    plain = facilities_at([(0, 0)], ["canteen"])
    assert series_by_year(case, plain, (2021, 2025), known_from=2024) is None
    closed = dated(plain, [2010], ["closed"])
    assert series_by_year(case, closed, (2021,), known_from=2024) is None
    some_day = dated(plain, [NAN], ["planned"])
    assert series_by_year(case, some_day, (), known_from=None) is None
    planned = series_by_year(case, some_day, (), known_from=2024)
    assert planned is not None and planned.years == (2024,)
    assert planned.kinds == ("any",) and planned.within.sum() == 0 and planned.never == 1


def test_a_series_is_kept_and_comes_back(case, everything, tmp_path):
    found = series_by_year(case, everything, (), known_from=None)
    save_stage(tmp_path / "y.npz", found, key="k")
    back = load_stage(tmp_path / "y.npz")
    assert back.to_frame().equals(found.to_frame()) and back.known_from is None


@given(year=st.integers(2018, 2026), seed=st.integers(0, 10_000))
def test_first_years_say_what_counting_says(year, seed):
    rng = np.random.default_rng(seed)
    years = np.where(rng.random(9) < 0.3, np.nan, rng.integers(2018, 2026, 9))
    some = dated(facilities_at([(0, 0)] * 9, ["canteen"] * 9), years,
                 rng.choice(["", "open", "planned", "closed"], 9).tolist())  # fmt: skip
    assert (first_years(some) <= year).tolist() == some.counting(year).tolist()


@settings(deadline=None, max_examples=30)
@given(
    seed=st.integers(0, 100_000), direction=st.sampled_from(["there", "back", "worst"]),
    name=st.sampled_from(["elder", "step_free", "policy_radius"]),
)  # fmt: skip
def test_each_year_is_what_coverage_says_of_its_facilities(seed, name, direction):
    rng = np.random.default_rng(seed)
    who, years = walker(name), (2021, 2023, 2025)
    every = dated(
        facilities_at(rng.uniform(0, 400, (8, 2)), rng.choice(["canteen", "x"], 8).tolist()),
        np.where(rng.random(8) < 0.3, np.nan, rng.integers(2020, 2027, 8)),
        rng.choice(["", "open", "planned", "closed"], 8).tolist(),
    )
    homes = homes_at(rng.uniform(-50, 450, (15, 2)), rng.integers(0, 9, (15, 2)),
                     rng.integers(-1, 1, 15))  # fmt: skip
    areas = areas_of(shapely.box(0, 0, 400, 400))
    case = Case(random_world(seed), NONE, homes, areas, who, minutes=(2, 5),
                direction=direction)  # fmt: skip
    found = series_by_year(case, every, years, known_from=2023)
    if found is None:
        return
    assert (np.diff(found.within, axis=1) >= 0).all()
    assert (found.within <= found.residents + 1e-9).all()
    for y, year in enumerate(years):
        there = every.take(every.counting(year))
        assert found.facilities[-1, y] == len(there.ids)
        expected = {}
        if len(there.ids):
            coverage = assess_cover(case.network, there, homes, areas, walkers=[who],
                                    minutes=case.minutes, direction=direction)  # fmt: skip
            expected = {kind: coverage.people(kind) for kind in coverage.kinds}
        for k, kind in enumerate(found.kinds):
            assert found.within[k, y].tolist() == expected.get(kind, np.zeros(2)).tolist()
