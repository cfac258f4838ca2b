"""Candidates: rules for premises, points along streets, and what the rules cost."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.errors import Fault, InfeasibleError, InputError
from quarterhour.inputs import read_areas, read_premises
from quarterhour.inputs.hazards import Hazards
from quarterhour.inputs.premises import Premises
from quarterhour.inputs.units import scale_of
from quarterhour.siting import rulecost
from quarterhour.siting.answers import Answer
from quarterhour.siting.candidates import join_candidates
from quarterhour.siting.generating import generate_candidates
from quarterhour.siting.patience import Patience
from quarterhour.siting.rulecost import added_people, cost_of_rules
from quarterhour.siting.rules import rule_of_rows
from quarterhour.siting.screening import RULE_OF, ScreeningRules, screen_premises
from quarterhour.streets import walk_seconds
from quarterhour.words import LANGUAGES, Words
from test_siting import gained, world
from worlds import FLAT, make_network

nan = float("nan")


def premises(n: int, **columns) -> Premises:
    """Return premises that every rule accepts, 100 m apart, but for the columns given."""
    known = {
        "ids": tuple(f"P{k}" for k in range(n)), "names": tuple(f"房{k}" for k in range(n)),
        "xy_m": np.c_[100.0 * np.arange(n), np.zeros(n)], "area_index": np.zeros(n, np.int32),
        "floor_area_m2": np.full(n, 80.0), "storey": np.ones(n), "lift": np.zeros(n, np.int8),
        "step_free": np.ones(n, np.int8), "tenure": ("租赁",) * n, "tenure_kind": ("rented",) * n,
        "address": ("",) * n, "occupancy": ("",) * n, "build_cost": np.full(n, nan),
        "yearly_cost": np.full(n, nan), "capacity": np.full(n, nan),
    }  # fmt: skip
    return Premises(**{**known, **columns})


def keys(faults) -> list[str]:
    for language in LANGUAGES:
        assert all(Words(language)(fault.key, fault.values) for fault in faults)
    return [fault.key for fault in faults]


# --- screening


@pytest.mark.parametrize(
    ("columns", "asked", "rejected", "to_verify"),
    [
        ({"step_free": [0]}, {}, [], ["candidates.verify_ramp"]),
        ({"step_free": [-1]}, {}, [], []),
        ({"step_free": [0]}, {"require_step_free": True}, ["candidates.rule_step_free"], []),
        ({"step_free": [-1]}, {"require_step_free": True}, [], ["candidates.verify_step_free"]),
        ({"step_free": [1]}, {"require_step_free": True}, [], []),
        ({}, {"tenures": ("public",)}, ["candidates.rule_tenure"], []),
        ({}, {"tenures": ("public", "rented")}, [], []),
        ({"tenure_kind": ("",)}, {"tenures": ("public",)}, [], ["candidates.verify_tenure"]),
        ({"tenure_kind": ("",)}, {}, [], []),
        ({"occupancy": ("idle",)}, {}, [], []),
        ({"occupancy": ("in_use",)}, {}, [], ["candidates.verify_in_use"]),
        ({"occupancy": ("planned",)}, {}, [], ["candidates.verify_planned"]),
        ({"occupancy": ("demolished",)}, {}, ["candidates.rule_demolished"], []),
        ({"floor_area_m2": [80]}, {"min_floor_area_m2": 80}, [], []),
        ({"floor_area_m2": [80]}, {"min_floor_area_m2": 81}, ["siting.rule_floor_area"], []),
        ({"storey": [1]}, {"max_storey_without_lift": 0}, ["siting.rule_storey"], []),
    ],
)
def test_each_rule_on_paper(columns, asked, rejected, to_verify) -> None:
    columns = {k: v if isinstance(v, tuple) else np.array(v) for k, v in columns.items()}
    found = screen_premises(premises(1, **columns), rules=ScreeningRules(**asked))
    assert [keys(one.reasons) for one in found.rejected] == ([rejected] if rejected else [])
    assert [keys(doubts) for doubts in found.candidates.to_verify] == (
        [] if rejected else [to_verify]
    )
    applied = {rule.name: rule for rule in found.rules}
    assert {RULE_OF[key] for key in rejected} <= set(applied)
    assert all(rule.source_in(language) for rule in found.rules for language in LANGUAGES)
    for name in set(asked) & {"min_floor_area_m2", "max_storey_without_lift"}:
        assert (applied[name].value, applied[name].status) == (asked[name], "study")


def test_a_hazard_turns_down_what_is_within_its_metres() -> None:
    offered = premises(4)  # at 0, 100, 200 and 300 m
    shapes = np.array([shapely.box(500, 0, 600, 1), shapely.box(-5, -5, 80, 5)])
    slope = Hazards(("", ""), ("管线", "滑坡"), ("", ""), shapes)
    flood = Hazards(("",), ("",), ("",), np.array([shapely.Point(300, 40)]))
    found = screen_premises(offered, hazards=[(slope, None), (flood, 40.0)])
    assert [(one.id, keys(one.reasons)) for one in found.rejected] == [
        ("P0", ["candidates.rule_hazard_named"]), ("P3", ["candidates.rule_hazard"]),
    ]  # fmt: skip
    assert found.rejected[0].reasons[0].values["hazard"] == "滑坡"
    assert screen_premises(offered, hazards=[(slope, 19.99)]).candidates.ids == ("P1", "P2", "P3")
    assert screen_premises(offered, hazards=[(slope, 20.0)]).candidates.ids == ("P2", "P3")
    with pytest.raises(InputError) as caught:
        screen_premises(offered, hazards=[(flood, None)])
    assert keys(caught.value.faults) == ["candidates.hazard_without_inside"]


def test_limits_that_are_none_are_all_named() -> None:
    with pytest.raises(InputError) as caught:
        ScreeningRules(min_floor_area_m2=-1, max_storey_without_lift=nan, tenures=("公有",))
    assert keys(caught.value.faults) == [
        "candidates.bad_limit", "candidates.bad_limit", "candidates.unknown_tenure",
    ]  # fmt: skip
    with pytest.raises(InputError):
        screen_premises(premises(1), hazards=[(Hazards((), (), (), np.array([], object)), -1)])


def test_idle_public_property_comes_first() -> None:
    found = screen_premises(premises(
        6, tenure_kind=("rented", "public", "public", "private", "public", ""),
        occupancy=("idle", "", "idle", "", "idle", "idle"),
        storey=np.array([1, 1, 1, 9, 1, 1.0]), step_free=np.array([1, 1, 0, 1, 1, 1], np.int8),
    ))  # fmt: skip
    assert found.candidates.ids == ("P2", "P4", "P1", "P0", "P5")
    assert found.candidates.premises_row.tolist() == [2, 4, 1, 0, 5]
    assert [len(doubts) for doubts in found.candidates.to_verify] == [1, 0, 0, 0, 0]
    assert found.candidates.tenure_kind == ("public",) * 3 + ("rented", "")
    assert found.candidates.xy_m[:, 0].tolist() == [200, 400, 100, 0, 500]
    assert found.to_frame("zh")["site_id"].tolist() == ["P0", "P1", "P2", "P3", "P4", "P5"]


def test_who_would_be_in_but_for_one_rule() -> None:
    found = screen_premises(premises(
        5, floor_area_m2=np.array([10, 80, 10, 80, 20.0]), storey=np.array([1, 9, 9, 1, 1.0]),
        step_free=np.array([1, 1, 1, -1, 0], np.int8),
    ))  # fmt: skip
    full, groups = found.with_refused()
    assert full.ids == ("P3", "P0", "P1", "P2", "P4")
    assert groups == {"min_floor_area_m2": (1, 4), "max_storey_without_lift": (2,)}
    assert keys(full.to_verify[4]) == ["candidates.verify_ramp"]


# --- reading


@pytest.fixture
def areas(tmp_path: Path):
    ring = [[106.4, 29.5], [106.5, 29.5], [106.5, 29.6], [106.4, 29.6], [106.4, 29.5]]
    feature = {"type": "Feature", "properties": {"name": "甲街道"},
               "geometry": {"type": "Polygon", "coordinates": [ring]}}  # fmt: skip
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    return read_areas(path)


def read(path: Path, areas, header: str, *rows: str) -> tuple[Premises, list[Fault]]:
    lines = [f"名称,经度,纬度,{header}"]
    lines += [f"房{n},106.45{n},29.55,{row}" for n, row in enumerate(rows)]
    (path / "premises.csv").write_text("\n".join(lines), "utf-8")
    doubts: list[Fault] = []
    return read_premises(path / "premises.csv", areas, doubts=doubts), doubts


def test_money_places_and_occupancy_are_read(tmp_path, areas) -> None:
    found, doubts = read(
        tmp_path, areas, "权属,使用状态,改造费用（万元）,年运营费用（万元/年）,容量",
        "公有闲置,,10,7.5,40", "公有闲置,在用,待补充,0,", "租赁,,12.5,,60人", "公有在用,奇怪,1,1,1",
    )  # fmt: skip
    assert found.occupancy == ("idle", "in_use", "", "")
    np.testing.assert_array_equal(found.build_cost, [100_000, nan, 125_000, 10_000])
    np.testing.assert_array_equal(found.yearly_cost, [75_000, 0, nan, 10_000])
    np.testing.assert_array_equal(found.capacity, [40, nan, 60, 1])
    assert [f.key for f in doubts if not f.is_note] == ["candidates.own_occupancy"]
    assert found.to_frame()["occupancy"].tolist() == list(found.occupancy)


def test_money_in_cells_may_name_its_unit_and_small_figures_are_doubtful(tmp_path, areas) -> None:
    found, doubts = read(tmp_path, areas, "build_cost,yearly_cost", "10万元,8", "90000元,12")
    assert found.build_cost.tolist() == [100_000, 90_000]
    assert found.yearly_cost.tolist() == [8, 12]
    assert keys(doubts) == ["candidates.small_money"] and doubts[0].column == "yearly_cost"


def test_what_is_not_told_is_unknown(tmp_path, areas) -> None:
    found, doubts = read(tmp_path, areas, "建筑面积", "80")
    assert np.isnan([found.build_cost, found.yearly_cost, found.capacity]).all()
    assert (found.occupancy, doubts) == (("",), [])


@pytest.mark.parametrize(
    "header", ["费用（万元/年）", "费用/万元每年", "费用万元/年", "费用(万元)"]
)
def test_money_by_the_year_has_the_same_scale(header) -> None:
    assert scale_of(header) == 10_000


# --- generating


def along_a_road(**more):
    """Return candidates along a kilometre of road with ten people at 500 m."""
    network = make_network([(0, 0), (1000, 0)], [(0, 1)], names=["长路"])
    homes, people = np.array([[500.0, 20.0], [0.0, 0.0]]), np.array([10.0, 0.0])
    asked = {"spacing_m": 200.0, "near_m": 300.0, **more}
    return generate_candidates(network, homes, people, paced=walk_seconds(network, FLAT), **asked)


def test_points_along_a_road_on_paper() -> None:
    # Positions stand at 0, 50 ... 1000 m; those from 250 to 750 m are within 300 m of the people.
    found = along_a_road()
    assert found.xy_m.tolist() == [[500, 0], [300, 0], [700, 0]]
    assert found.ids == ("S001", "S002", "S003")
    assert found.names == ("长路 1", "长路 2", "长路 3")
    assert found.generated.all() and (found.premises_row == -1).all()
    assert keys(found.to_verify[0]) == ["candidates.verify_place"]
    assert np.isnan(found.floor_area_m2).all() and found.lift.tolist() == [-1] * 3
    assert along_a_road(taken_xy_m=np.array([[450.0, 0.0]])).xy_m[:, 0].tolist() == [250, 650]
    assert along_a_road(method="medoids").xy_m.tolist() == [[500, 0]]
    assert along_a_road(near_m=10.0).xy_m.tolist() == []


def test_the_middle_of_most_people_comes_first() -> None:
    network = make_network([(0, 0), (1000, 0)], [(0, 1)])
    homes = np.array([[300, 10], [820, 10], [980, 10.0]])
    found = generate_candidates(
        network, homes, np.array([5, 6, 6.0]), paced=walk_seconds(network, FLAT), spacing_m=200.0
    )
    # 12 people around 900 m, 5 at 300 m; 700 m is near enough to 820 m, and 100 m to nobody.
    assert found.xy_m[:, 0].tolist() == [900, 300, 700]


def test_each_group_of_people_gets_its_medoid() -> None:
    network = make_network([(0, 0), (2000, 0)], [(0, 1)])
    homes = np.array([[200, 10], [380, 10], [1500, 10], [1540, 10], [1520, 50.0]])
    found = generate_candidates(
        network, homes, np.array([1, 9, 6, 6, 0.0]), paced=walk_seconds(network, FLAT),
        spacing_m=400.0, method="medoids", count=2,
    )  # fmt: skip
    # Middles at 362 m (10 people) and 1520 m (12); positions every 100 m.
    assert found.xy_m[:, 0].tolist() == [1500, 400]
    assert found.names == ("S001", "S002")


def test_nothing_stands_where_nobody_may_build_or_walk_on() -> None:
    # A square of streets: stairs, bridge, private way and one good street; and an island.
    xy = [(0, 0), (400, 0), (400, 400), (0, 400), (0, 480), (100, 480)]
    edges = [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5)]
    network = make_network(
        xy, edges, steps=[9, 0, 0, 0, 0], private=[False, False, True, False, False],
        names=["", "", "", "好路", ""],
    )  # fmt: skip
    network = replace(network, edge_bridge=np.array([0, 1, 0, 0, 0], bool))
    homes = np.array([[200.0, y] for y in (0, 100, 200, 300, 400, 480)])
    for method in ("grid", "medoids"):
        found = generate_candidates(
            network, homes, np.ones(6), paced=walk_seconds(network, FLAT), spacing_m=100.0,
            near_m=500.0, method=method,
        )  # fmt: skip
        assert len(found) >= 3
        assert (found.xy_m[:, 0] == 0).all() and (found.xy_m[:, 1] <= 400).all()
    far = replace(network, vertex_xy_m=network.vertex_xy_m + np.where(
        np.arange(10) >= 8, 300.0, 0.0)[:, None])  # fmt: skip
    far = replace(far, node_xy_m=np.vstack([far.node_xy_m[:4], far.node_xy_m[4:6] + 300.0,
                                            far.node_xy_m[6:]]))  # fmt: skip
    found = generate_candidates(far, np.array([[350.0, 800.0]]), np.ones(1),
                                paced=walk_seconds(far, FLAT), spacing_m=100.0)  # fmt: skip
    assert (found.xy_m[:, 1] == 780).all() and len(found)  # nobody is moved from so far an island


def some_town(seed: int):
    """Return a jumbled lattice of streets of which some are stairs, bridges or private."""
    rng = np.random.default_rng(seed)
    n = 5
    spots = np.array([(x * 150.0, y * 150.0) for x in range(n) for y in range(n)])
    spots += rng.uniform(-60, 60, spots.shape)
    edges = [(a, a + n) for a in range(n * (n - 1))]
    edges += [(a, a + 1) for a in range(n * n) if a % n < n - 1]
    edges = [edge for edge in edges if rng.random() < 0.85]
    m = len(edges)
    network = make_network(
        spots.tolist(), edges, steps=np.where(rng.random(m) < 0.15, 20.0, 0.0).tolist(),
        private=(rng.random(m) < 0.1).tolist(),
    )  # fmt: skip
    network = replace(network, edge_bridge=rng.random(m) < 0.1, edge_tunnel=rng.random(m) < 0.1)
    homes = rng.uniform(-100, 700, (30, 2))
    people = np.where(rng.random(30) < 0.5, rng.gamma(1, 5, 30), 0.0)
    return network, homes, people


@settings(deadline=None, max_examples=40, derandomize=True)
@given(seed=st.integers(0, 10**6), spacing_m=st.floats(20, 400), near_m=st.floats(30, 300))
def test_points_keep_their_distance_and_stand_on_streets(seed, spacing_m, near_m) -> None:
    network, homes, people = some_town(seed)
    paced = walk_seconds(network, FLAT)
    asked = {"paced": paced, "spacing_m": spacing_m, "near_m": near_m}
    good = ~(network.is_stair() | network.edge_bridge | network.edge_tunnel | network.edge_private)
    lines = shapely.MultiLineString(network.lines()[good].tolist())
    outside = shapely.MultiPoint(homes[people > 0])
    found = generate_candidates(network, homes, people, **asked)
    medoids = generate_candidates(network, homes, people, **asked, method="medoids")
    for made in (found, medoids):
        points = shapely.points(made.xy_m)
        assert (shapely.distance(points, lines) < 1e-6).all()
        assert (shapely.distance(points, outside) <= near_m + 1e-9).all()
        apart = [shapely.distance(a, b) for a, b in combinations(points, 2)]
        assert min(apart, default=np.inf) >= spacing_m - 0.001
    # Nowhere a gap: each junction near enough has a candidate within the spacing.
    main = good & (paced.part == paced.main_part)
    ends = np.unique(np.concatenate([network.edge_from[main], network.edge_to[main]]))
    ends = shapely.points(network.node_xy_m[ends])
    ends = ends[shapely.distance(ends, outside) <= near_m]
    if len(ends):
        taken = shapely.MultiPoint(found.xy_m)
        assert (shapely.distance(ends, taken) <= spacing_m + 0.001).all()


def test_the_same_streets_give_the_same_points() -> None:
    network, homes, people = some_town(3)
    for method in ("grid", "medoids"):
        asked = {"paced": walk_seconds(network, FLAT), "spacing_m": 90.0, "method": method}
        one = generate_candidates(network, homes, people, **asked)
        two = generate_candidates(network, homes, people, **asked)
        assert len(one) > 2 and one.names == two.names
        np.testing.assert_array_equal(one.xy_m, two.xy_m)


@pytest.mark.parametrize("wrong", [{"spacing_m": 0.0}, {"near_m": nan}])
def test_metres_are_above_zero(wrong) -> None:
    with pytest.raises(InputError) as caught:
        along_a_road(**wrong)
    assert keys(caught.value.faults)[0] == "candidates.bad_spacing"


def test_premises_and_points_are_joined() -> None:
    given_ = screen_premises(premises(2)).candidates
    both = join_candidates(given_, along_a_road())
    assert both.ids == ("P0", "P1", "S001", "S002", "S003")
    assert both.generated.tolist() == [False, False, True, True, True]
    assert both.floor_area_m2[:2].tolist() == [80, 80] and len(both.to_frame("en")) == 5
    with pytest.raises(AssertionError):
        join_candidates(given_, given_)


# --- what the rules cost


def best_gain(problem) -> float:
    free = sorted(set(range(problem.n_candidates)) - set(problem.must_not))
    return max(
        gained(problem, choice)
        for k in range(min(problem.n_sites, len(free)) + 1)
        for choice in combinations(free, k)
    )


@pytest.mark.parametrize("seed", range(25))
def test_what_a_rule_costs_is_what_a_search_of_all_plans_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, extra, n_demand = 4, int(rng.integers(1, 5)), 9
    covers = [np.flatnonzero(rng.random(n_demand) < 0.3).tolist() for _ in range(n + extra)]
    weight, already = rng.integers(0, 9, n_demand), rng.random(n_demand) < 0.2
    n_sites = int(rng.integers(1, 4))
    base = world(covers[:n], weight, n_sites, already)
    full = world(covers, weight, n_sites, already)
    of = rng.integers(0, 3, extra)  # 2: turned down by both rules
    groups = {f"rule{g}": (n + np.flatnonzero(of == g)).tolist() for g in (0, 1)}
    costs = cost_of_rules(base, full, groups, patience=Patience(60))
    refused = set(range(n, n + extra))
    assert [c.rule for c in costs] == [*(r for r, rows in groups.items() if rows), "all"]
    for cost in costs:
        rows = refused if cost.rule == "all" else set(groups[cost.rule])
        best = best_gain(replace(full, must_not=tuple(refused - rows)))
        assert (cost.rejected, cost.status) == (len(rows), "optimal")
        assert cost.objective_with == pytest.approx(best)
        assert cost.gain == pytest.approx(best - best_gain(base))
        assert cost.gain_at_most == cost.gain


def nothing(key: str):
    return InfeasibleError(Fault(key, {"rules": "x", "seconds": 1}))


def found(row: int, bound: float = 0.0) -> Answer:
    """Return an answer of one site (4 or 6 people), proven where no bound is given."""
    people = (4000.0, 6000.0)[row]
    return Answer(chosen=np.array([row]), objective=people, bound=bound or people)


@pytest.mark.parametrize(
    ("before", "after", "objective", "gain", "at_most", "status"),
    [
        (found(0), found(1), 6, 2, 2, "optimal"),
        (found(0, 5000), found(1), 6, 2, 2, "time limit"),
        (found(0), found(1, 8000), 6, 2, 4, "time limit"),
        # The plan under all rules is a plan without one of them too.
        (found(1), found(0, 7000), 6, 0, 1, "time limit"),
        (nothing("siting.infeasible_rules"), found(1), 6, np.inf, np.inf, "optimal"),
        (nothing("siting.none_found"), found(1), 6, 0, np.inf, "time limit"),
        (found(0), nothing("siting.none_found"), 4, 0, np.inf, "time limit"),
        (nothing("siting.infeasible_rules"), nothing("siting.infeasible_rules"), 0, 0, 0,
         "optimal"),
        (nothing("siting.infeasible_rules"), nothing("siting.none_found"), 0, 0, np.inf,
         "time limit"),
    ],
)  # fmt: skip
def test_what_is_known_of_a_cost_where_time_or_rules_forbid(
    monkeypatch, before, after, objective, gain, at_most, status
) -> None:
    def solve(problem, *, patience, near):
        said = before if problem.n_candidates == 2 else after
        assert near is None or near.memory is None
        if isinstance(said, Exception):
            raise said
        return replace(said, memory="of these candidates only")

    monkeypatch.setattr(rulecost, "solve_problem", solve)
    base = world([[0], [1]], [4, 6, 0], 1)
    full = world([[0], [1], [2]], [4, 6, 0], 1)
    costs = cost_of_rules(base, full, {"tenures": (2,)}, patience=Patience(20))
    assert [(c.rule, c.rejected, c.objective_with, c.gain, c.gain_at_most, c.status)
            for c in costs] == [
        (rule, 1, objective, gain, at_most, status) for rule in ("tenures", "all")
    ]  # fmt: skip
    assert cost_of_rules(base, base, {}, patience=Patience(20)) == ()


def test_a_rule_may_be_what_forbids_every_plan() -> None:
    said = Fault("siting.asks_at_most", {"group": "x", "at_most": 1})
    more = {"must_not": (0,)}
    one_of = [rule_of_rows(said, [row], lower=[1], upper=[9]) for row in ([0], [0, 2])]
    base = world([[0], [1]], [4, 5, 6], 1, rules=(one_of[0],), **more)
    full = world([[0], [1], [2]], [4, 5, 6], 1, rules=(one_of[1],), **more)
    (one, both) = cost_of_rules(base, full, {"tenures": (2,)}, patience=Patience(20))
    assert one.gain == both.gain == np.inf
    assert one.objective_with == 6


def test_people_whom_only_one_premises_would_add() -> None:
    full = world([[0, 1], [1, 2, 4], [3]], [1, 2, 4, 8, 16], 1, [0, 0, 0, 0, 1])
    assert added_people(full, np.array([0]), (1, 2)).tolist() == [4, 8]
    assert added_people(full, np.array([], np.int64), (1,)).tolist() == [6]
