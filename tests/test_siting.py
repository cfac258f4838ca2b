"""Siting: screening, the model against every possible choice, the plan, and its checker."""

import csv
import os
from dataclasses import fields, replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import InfeasibleError, InputError
from quarterhour.siting import (
    SitePlan,
    SitingProblem,
    check_plan,
    recommend,
    screen_premises,
)
from quarterhour.siting.covering.cells import merge_cells


def world(covers, weight, n_sites, already=None, **more) -> SitingProblem:
    """Return a problem from one set of demand points per candidate."""
    rows = [sorted(row) for row in covers]
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(rows))),
        covers_indptr=np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64),
        covers_indices=np.array([i for row in rows for i in row], dtype=np.int32),
        weight=np.array(weight, dtype=np.float64),
        already=np.zeros(len(weight), bool) if already is None else np.array(already, bool),
        n_sites=n_sites,
        **more,
    )


def random_world(seed: int) -> SitingProblem:
    rng = np.random.default_rng(seed)
    n, n_demand = int(rng.integers(2, 9)), int(rng.integers(0, 15))
    covers = [np.flatnonzero(rng.random(n_demand) < rng.uniform(0.05, 0.6)) for _ in range(n)]
    roles = rng.permutation(n)
    n_not = int(rng.integers(0, max(1, n // 3)))
    n_sites = int(rng.integers(1, n - n_not + 1))
    n_must = int(rng.integers(0, min(n_sites, 2) + 1)) if rng.random() < 0.5 else 0
    weight = rng.integers(0, 9, n_demand) if rng.random() < 0.6 else rng.gamma(1, 5, n_demand)
    return world(
        covers,
        weight,
        n_sites,
        rng.random(n_demand) < rng.choice([0, 0.3]),
        must=tuple(roles[:n_must].tolist()),
        must_not=tuple(roles[n_must : n_must + n_not].tolist()),
    )


def gained(problem: SitingProblem, sites) -> float:
    points = set()
    for site in sites:
        start, end = problem.covers_indptr[site], problem.covers_indptr[site + 1]
        points |= set(problem.covers_indices[start:end].tolist())
    return sum(problem.weight[i] for i in points if not problem.already[i])


def choices(problem: SitingProblem, without: int | None = None):
    """Yield every plan that may be chosen, of as many sites as asked or fewer."""
    free = set(range(problem.n_candidates)) - set(problem.must_not) - set(problem.must) - {without}
    for more in range(problem.n_sites - len(problem.must) + 1):
        for extra in combinations(sorted(free), more):
            yield (*problem.must, *extra)


@settings(deadline=None, max_examples=250, derandomize=True)
@given(seed=st.integers(0, 10**9))
def test_no_other_choice_is_better(seed: int) -> None:
    problem = random_world(seed)
    plan = recommend(problem)
    best = max(gained(problem, choice) for choice in choices(problem))
    dust = plan.rounding + 1e-9
    assert plan.status == "optimal"
    assert plan.repeatable
    assert plan.gap == 0
    assert plan.people_gained == pytest.approx(best, abs=dust)
    for place, site in enumerate(plan.chosen.tolist()):
        if plan.veto_status[place] == "must":
            assert site in problem.must
            continue
        second = max(gained(problem, choice) for choice in choices(problem, without=site))
        assert plan.loss_if_vetoed[place] == pytest.approx(best - second, abs=2 * dust)
    check_plan(plan, problem)


@pytest.mark.parametrize("seed", range(60))
def test_the_first_alternative_is_the_second_best_plan(seed: int) -> None:
    problem = random_world(seed)
    plan = recommend(problem)
    others = [
        gained(problem, choice)
        for choice in choices(problem)
        if not set(plan.chosen.tolist()) <= set(choice)
    ]
    found = max((a.people_gained for a in plan.alternatives), default=0.0)
    assert found == pytest.approx(max(others, default=0.0), abs=plan.rounding + 1e-9)


@pytest.mark.parametrize("seed", range(80))
def test_the_fewest_sites_are_used_where_everybody_is_covered(seed: int) -> None:
    problem = random_world(seed)
    plan = recommend(problem)
    if plan.fewest_proven is None:
        assert plan.sites_needed == problem.n_sites
        return
    everybody = gained(problem, np.flatnonzero(problem.allowed))
    full = [c for c in choices(problem) if gained(problem, c) >= everybody - 1e-9]
    assert plan.fewest_proven
    assert plan.sites_needed == min(len(choice) for choice in full)


@pytest.fixture
def five_villages() -> SitingProblem:
    """Five candidates along a road of six villages; village 5 has a station already.

    Greedy takes c1 (10 + 40 + 10 = 60) first, and then 20; the best pair is c0 and c2 with 90.
    """
    covers = [{0, 1}, {1, 2, 3}, {2, 3, 4}, {4, 5}, {5}]
    return world(covers, [30, 10, 40, 10, 0.5, 100], 2, [0, 0, 0, 0, 0, 1], kind="care_station")


def test_five_villages_on_paper(five_villages: SitingProblem) -> None:
    plan = recommend(five_villages)
    assert plan.site_ids == ("c2", "c0")
    assert (plan.people_before, plan.people_gained, plan.people_total) == (100, 90.5, 190.5)
    assert plan.people_after == 190.5 == plan.people_reachable
    assert (plan.bound, plan.gap, plan.status) == (90.5, 0, "optimal")
    assert plan.gain_people.tolist() == [50.5, 40]
    assert plan.cumulative_people.tolist() == [50.5, 90.5]
    assert plan.unique_people.tolist() == [50.5, 40]
    # Without c2: c0 and c1 gain 90. Without c0: c1 and c2 gain 60.5.
    assert plan.loss_if_vetoed.tolist() == [0.5, 30]
    assert plan.runner_up == (("c0", "c1"), ("c1", "c2"))
    assert [a.site_ids for a in plan.alternatives] == [("c0", "c1"), ("c1", "c2")]
    assert [a.people_gained for a in plan.alternatives] == [90, 60.5]
    assert plan.candidates_considered == 5
    assert plan.kind == "care_station"
    frame = plan.to_frame()
    assert frame["site_id"].tolist() == ["c2", "c0"]
    assert frame["order"].tolist() == [1, 2]
    assert frame["stands_in"].tolist() == ["c1", "c1"]


def test_must_and_must_not_are_kept(five_villages: SitingProblem) -> None:
    plan = recommend(replace(five_villages, must=(4,), must_not=(2,)))
    assert set(plan.site_ids) == {"c1", "c4"}
    assert plan.veto_status[plan.site_ids.index("c4")] == "must"
    assert plan.runner_up[plan.site_ids.index("c4")] == ()
    assert plan.people_gained == 60


def test_a_plan_of_musts_alone_has_no_alternative(five_villages: SitingProblem) -> None:
    problem = replace(five_villages, must=(0, 4))
    plan = recommend(problem)
    assert set(plan.site_ids) == {"c0", "c4"}
    assert plan.alternatives == ()
    check_plan(plan, problem)


def test_of_equal_plans_the_earlier_candidates_are_taken() -> None:
    plan = recommend(world([{0}, {0}, {1}, {1}, {2}], [5, 5, 5], 2))
    assert plan.site_ids == ("c0", "c2")
    assert plan.loss_if_vetoed.tolist() == [0, 0]


def test_the_same_question_gives_the_same_answer() -> None:
    rng = np.random.default_rng(3)
    covers = [np.flatnonzero(rng.random(200) < 0.1) for _ in range(30)]
    problem = world(covers, np.ones(200), 3)
    first, second = recommend(problem), recommend(problem)
    for field in fields(SitePlan):
        # Without times walks are nan, and nan is not equal to itself.
        np.testing.assert_equal(getattr(first, field.name), getattr(second, field.name))


def test_useless_sites_are_not_added() -> None:
    plan = recommend(world([{0}, {0, 1, 2}, {2}, {1}], [1, 1, 1], 3))
    assert plan.site_ids == ("c1",)
    assert (plan.sites_asked, plan.sites_needed, plan.fewest_proven) == (3, 1, True)


@pytest.mark.parametrize(
    ("covers", "weight", "already"),
    [([set(), set()], [4, 5], None), ([{0}, {0}], [4, 5], [1, 1]), ([{0}, {1}], [0, 0], None)],
)
def test_where_nobody_can_be_gained_nothing_is_built(covers, weight, already) -> None:
    problem = world(covers, weight, 2, already)
    plan = recommend(problem)
    assert plan.site_ids == ()
    assert (plan.people_gained, plan.bound, plan.gap, plan.status) == (0, 0, 0, "optimal")
    assert plan.to_frame().empty
    check_plan(plan, problem)


def test_no_demand_at_all_is_answered() -> None:
    plan = recommend(world([set(), set()], [], 1, must=(1,)))
    assert plan.site_ids == ("c1",)
    assert plan.people_total == 0


def test_progress_is_told(five_villages: SitingProblem) -> None:
    told = []
    recommend(five_villages, on_progress=lambda *pair: told.append(pair))
    assert told == [(1, 3), (2, 3), (3, 3)]


def hard_world() -> SitingProblem:
    """Random covers without any geography: the bound of cuts alone is far from tight."""
    rng = np.random.default_rng(5)
    covers = [np.flatnonzero(rng.random(900) < 0.04) for _ in range(150)]
    return world(covers, rng.integers(1, 50, 900), 20)


def test_what_stopped_at_its_limit_says_so() -> None:
    problem = hard_world()
    plan = recommend(problem, time_limit_s=0.05)
    assert plan.status in ("within gap", "time limit")
    assert not plan.repeatable
    assert plan.bound > plan.people_gained
    assert 0 < plan.gap < 0.5
    assert plan.sites_needed == 20
    check_plan(plan, problem)


def key_of(excinfo) -> list[str]:
    for language in ("zh", "en"):
        assert excinfo.value.render(language)
    return [fault.key for fault in excinfo.value.faults]


def test_more_sites_than_candidates(five_villages: SitingProblem) -> None:
    with pytest.raises(InfeasibleError, match="6") as caught:
        replace(five_villages, n_sites=6)
    assert key_of(caught) == ["siting.infeasible_sites"]
    with pytest.raises(InfeasibleError, match="4"):
        replace(five_villages, n_sites=5, must_not=(1,))
    with pytest.raises(InfeasibleError) as caught:
        replace(five_villages, n_sites=1, must=(1, 2))
    assert key_of(caught) == ["siting.infeasible_must"]


def test_no_candidates() -> None:
    with pytest.raises(InputError) as caught:
        world([], [1.0], 1)
    assert key_of(caught) == ["siting.no_candidates"]


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"n_sites": 0}, ["siting.too_few_sites"]),
        ({"must": (9,)}, ["siting.unknown_row"]),
        ({"must": (1,), "must_not": (1, -1)}, ["siting.unknown_row", "siting.must_and_must_not"]),
        ({"weight": np.array([1, 2, np.nan, -1, 0, 0.0])}, ["siting.bad_weight"]),
        ({"already": np.zeros(2, bool)}, ["siting.wrong_length"]),
        ({"candidate_ids": ("a", "a", "b", "c", "d")}, ["siting.repeated_ids"]),
        ({"covers_indptr": np.array([0, 2, 1, 8, 10, 11])}, ["siting.bad_covers"]),
        ({"covers_indices": np.full(11, 6, np.int32)}, ["siting.bad_covers"]),
        ({"covers_indices": np.zeros(11, np.int32)}, ["siting.bad_covers"]),
        (
            {"already": np.zeros(2, bool), "weight": np.full(6, np.inf)},
            ["siting.wrong_length", "siting.bad_weight"],
        ),
    ],
)
def test_faults_are_gathered(five_villages: SitingProblem, change, keys) -> None:
    with pytest.raises(InputError) as caught:
        replace(five_villages, **change)
    assert key_of(caught) == keys


@pytest.mark.parametrize("limit", [0, -1, float("nan")])
def test_a_time_limit_is_above_zero(five_villages: SitingProblem, limit: float) -> None:
    with pytest.raises(InputError) as caught:
        recommend(five_villages, time_limit_s=limit)
    assert key_of(caught) == ["siting.bad_time_limit"]


def reach_table() -> SimpleNamespace:
    return SimpleNamespace(
        indptr=np.array([0, 2, 3], dtype=np.int64),
        indices=np.array([0, 1, 2], dtype=np.int32),
        ms=np.array([100, 900, 901], dtype=np.int32),
        n_columns=3,
        limit_ms=1000,
    )


def test_a_problem_from_walking_times_is_inclusive() -> None:
    common = {
        "candidate_ids": ["a", "b"],
        "weight": np.ones(3),
        "already": np.zeros(3, bool),
        "n_sites": 1,
    }
    whole = SitingProblem.from_reach(reach_table(), **common)
    assert whole.covers_indptr.tolist() == [0, 2, 3]
    assert (whole.times, whole.limit_ms) == (None, 1000)
    walked = np.array([300, 5000, 1000])
    near = SitingProblem.from_reach(
        reach_table(), **common, limit_ms=900, existing_ms=walked, question="least_walking"
    )
    assert near.covers_indptr.tolist() == [0, 2, 2]
    assert near.covers_indices.tolist() == [0, 1]
    assert (near.question, near.limit_ms) == ("least_walking", 900)
    # Walks are told apart up to the table's own limit, not only the circle's.
    assert (near.times.indptr.tolist(), near.times.cap_ms) == ([0, 2, 3], 1000)
    assert near.times.ms.tolist() == [100, 900, 901]
    assert near.times.existing_ms.tolist() == [300, 1000, 1000]
    with pytest.raises(InputError) as caught:
        SitingProblem.from_reach(reach_table(), **{**common, "weight": np.ones(2)}, limit_ms=1001)
    assert key_of(caught) == ["siting.limit_beyond_table", "siting.wrong_length"]


def test_a_problem_is_read_only_and_leaves_the_callers_arrays_alone() -> None:
    weight = np.ones(2)
    problem = replace(world([{0}, {1}], [1, 1], 1), weight=weight)
    with pytest.raises(ValueError, match="read-only"):
        problem.weight[0] = 2
    weight[0] = 1.0


# --- cells


def test_demand_of_the_same_candidates_is_one_cell() -> None:
    problem = world([{0, 1, 2, 4}, {2, 4, 5}], [1.2344, 2, 3, 7, 4, 9], 1, [0, 0, 0, 0, 0, 1])
    cells = merge_cells(problem)
    assert cells.milli.tolist() == [3234, 7000]
    assert cells.indptr.tolist() == [0, 1, 3]
    assert cells.indices.tolist() == [0, 0, 1]
    assert cells.rounding_people == pytest.approx(0.0004)


# --- screening


def premises(**columns) -> SimpleNamespace:
    n = len(columns["storey"])
    return SimpleNamespace(
        ids=tuple(f"p{k}" for k in range(n)),
        names=tuple(f"房屋{k}" for k in range(n)),
        xy_m=np.arange(2.0 * n).reshape(n, 2),
        area_index=np.arange(n, dtype=np.int32) - 1,
        floor_area_m2=np.array(columns["floor_area_m2"], dtype=float),
        storey=np.array(columns["storey"], dtype=float),
        lift=np.array(columns["lift"], dtype=np.int8),
        tenure=("国有",) * n,
        step_free=np.full(n, -1, dtype=np.int8),
        tenure_kind=("public",) * n,
        occupancy=("",) * n,
        build_cost=np.full(n, np.nan),
        yearly_cost=np.full(n, np.nan),
        capacity=np.full(n, np.nan),
    )


nan = float("nan")


@pytest.mark.parametrize(
    ("floor_area_m2", "storey", "lift", "verdict", "keys"),
    [
        (50, 2, 0, "accepted", []),
        (49.9, 1, 1, "rejected", ["siting.rule_floor_area"]),
        (80, 3, 0, "rejected", ["siting.rule_storey"]),
        (20, 3, 0, "rejected", ["siting.rule_floor_area", "siting.rule_storey"]),
        (80, 3, 1, "accepted", []),
        (80, 3, -1, "to_verify", ["siting.verify_lift"]),
        (80, nan, 1, "accepted", []),
        (80, nan, 0, "to_verify", ["siting.verify_storey"]),
        (nan, 1, 0, "to_verify", ["siting.verify_floor_area"]),
        (nan, nan, -1, "to_verify", ["siting.verify_floor_area", "siting.verify_storey"]),
        (80, -1, 0, "to_verify", ["siting.verify_basement"]),
        (nan, 5, 0, "rejected", ["siting.rule_storey"]),
    ],
)
def test_each_rule_on_paper(floor_area_m2, storey, lift, verdict, keys) -> None:
    screening = screen_premises(
        premises(floor_area_m2=[floor_area_m2], storey=[storey], lift=[lift])
    )
    if verdict == "rejected":
        assert len(screening.candidates) == 0
        found = screening.rejected[0].reasons
    else:
        found = screening.candidates.to_verify[0]
    assert [fault.key for fault in found] == keys
    assert (screening.n_to_verify == 1) == (verdict == "to_verify")
    words = {"accepted": "accepted", "to_verify": "accepted, to be verified"}
    assert screening.to_frame("en")["verdict"].tolist() == [words.get(verdict, "rejected")]


def test_screening_loses_nobody_and_keeps_the_order() -> None:
    offered = premises(floor_area_m2=[60, 10, nan, 200], storey=[1, 1, 1, 9], lift=[0, 0, 0, 0])
    screening = screen_premises(offered)
    assert screening.candidates.ids == ("p0", "p2")
    assert screening.candidates.premises_row.tolist() == [0, 2]
    assert screening.candidates.xy_m.tolist() == [[0, 1], [4, 5]]
    assert screening.candidates.area_index.tolist() == [-1, 1]
    assert [r.id for r in screening.rejected] == ["p1", "p3"]
    assert screening.n_premises == 4
    assert screening.to_frame("zh")["site_id"].tolist() == ["p0", "p1", "p2", "p3"]
    assert "10 平方米" in screening.to_frame("zh")["reasons"][1]
    assert screening.candidates.to_frame("zh")["to_verify"].tolist()[0] == ""
    assert {rule.name for rule in screening.rules} == {
        "min_floor_area_m2",
        "max_storey_without_lift",
    }
    assert all(rule.source for rule in screening.rules)


def test_no_premises_is_an_empty_screening() -> None:
    screening = screen_premises(premises(floor_area_m2=[], storey=[], lift=[]))
    assert screening.n_premises == 0
    assert screening.to_frame().empty
    assert screening.candidates.to_frame().empty


# --- San Francisco: 16 stores, 205 tracts, a published optimum


@pytest.fixture
def san_francisco() -> tuple[SitingProblem, float]:
    folder = os.environ.get("QUARTERHOUR_REAL_DATA")
    if not folder:
        pytest.skip("QUARTERHOUR_REAL_DATA is not set")
    place = Path(folder) / "location" / "sf"

    def table(pattern: str) -> list[dict[str, str]]:
        with next(place.glob(pattern)).open(encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    known = next(r for r in table("SF_published*") if r["problem"].startswith("MCLP"))
    people = {row["NAME"]: float(row["POP2000"]) for row in table("SF_demand*")}
    tracts = {name: column for column, name in enumerate(people)}
    stores = {row["NAME"]: set() for row in table("SF_store*")}
    for row in table("SF_network*"):
        if float(row["distance"]) <= float(known["radius_m"]):
            stores[row["name"]].add(tracts[row["DestinationName"]])
    problem = world(stores.values(), list(people.values()), int(known["p"]))
    return problem, float(known["value"])


@pytest.mark.real
def test_san_francisco_has_its_published_optimum(san_francisco) -> None:
    problem, published = san_francisco
    plan = recommend(problem)
    assert plan.people_gained == published
    assert plan.bound == published
    assert plan.status == "optimal"
    best = max(gained(problem, sites) for sites in combinations(range(16), 4))
    assert best == published
    check_plan(plan, problem)
