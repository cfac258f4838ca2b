"""Missing links: worlds worked out on paper, and every count against a graph split in full."""

from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.cover import assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.links.candidates import LINK_KINDS, find_candidates
from quarterhour.cover.links.counts import open_streets, recount, walk_links
from quarterhour.cover.links.finding import MissingLinks, find_links
from quarterhour.cover.links.graph import Links
from quarterhour.cover.links.levels import rises_m
from quarterhour.cover.links.prospects import Prospects
from quarterhour.cover.links.walks import layers_of
from quarterhour.presets import Walker, walker
from quarterhour.reach.times import nearest_times
from quarterhour.report.build.links import links_table
from quarterhour.report.chapters.links import add_links
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Grid, Heading, Paragraph
from quarterhour.stagefile import load_stage, save_stage
from quarterhour.streets import PacedNetwork, Snapped, WalkNetwork, walk_seconds
from quarterhour.streets.barriers import Barriers
from quarterhour.streets.walker import UNREACHED
from quarterhour.words import LANGUAGES, Words
from test_cover import areas_of, facilities_at, homes_at
from withholding import withhold
from worlds import at, make_network, random_positions, random_world

ONE = Walker(name="one", flat_mps=1.0, slope=False)
CLIMBER = replace(ONE, step_up_s=2.0, step_down_s=2.0)
EVERYWHERE = shapely.box(-1000, -1000, 3000, 3000)


def case_of(network, facilities, homes, who=ONE, **more) -> Case:
    return Case(network, facilities, homes, areas_of(EVERYWHERE), who, **{"minutes": (15,)} | more)


def cover_of(case: Case):
    return assess_cover(
        case.network, case.facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes, direction=case.direction, max_snap_m=case.max_snap_m,
    )  # fmt: skip


def links_of(case: Case, **more) -> MissingLinks:
    return find_links(case, cover_of(case), **{"kind": "any"} | more)


def with_edge(network: WalkNetwork, a: int, b: int, length_m: float) -> WalkNetwork:
    """Add a flat bridge between two nodes, the last edge."""

    def more(values, value):
        return np.append(values, np.array(value, values.dtype))

    last = {"edge_from": a, "edge_to": b, "edge_length_dm": round(length_m * 10), "edge_class": 0,
            "edge_name": 0, "edge_steps": 0, "edge_steps_from": 0, "edge_incline": np.nan,
            "edge_rise": 0, "edge_escalator": False, "edge_bridge": True, "edge_tunnel": False,
            "edge_private": False, "edge_lift_s": 0.0, "piece_grade": 0.0}  # fmt: skip
    return replace(
        network, **{name: more(getattr(network, name), value) for name, value in last.items()},
        vertex_offset=more(network.vertex_offset, network.vertex_offset[-1] + 2),
        vertex_xy_m=np.vstack([network.vertex_xy_m, network.node_xy_m[[a, b]]]),
        vertex_z_m=np.append(network.vertex_z_m, [np.nan, np.nan]),
        piece_offset=more(network.piece_offset, network.piece_offset[-1] + 1),
    )  # fmt: skip


def split_oracle(
    paced: PacedNetwork, places: Snapped, homes: Snapped, ends: Snapped, ms: list[int],
    gates: list[int], *, back: bool,
) -> np.ndarray:  # fmt: skip
    """Return milliseconds of homes to the nearest place, on edges split at all that stands there.

    Link ``k`` joins ends ``2 k`` and ``2 k + 1``; ``gates`` are rows of links into compounds that
    may be taken both ways.
    """
    network, graph = paced.network, nx.DiGraph()

    def arc(u, v, cost):
        if not graph.has_edge(u, v) or graph[u][v]["ms"] > cost:
            graph.add_edge(u, v, ms=int(cost))

    both = zip(network.link_from.tolist(), network.link_to.tolist(), strict=True)
    for row, (public, copy) in enumerate(both):
        arc(*((public, copy) if back else (copy, public)), 0)
        if row in gates:
            arc(*((copy, public) if back else (public, copy)), 0)
    things = [(name, k, p) for name, p in (("f", places), ("h", homes), ("l", ends))
              for k in range(len(p.edge))]  # fmt: skip
    for e in np.flatnonzero(paced.usable).tolist():
        on = [(int(p.offset_dm[k]), (name, k)) for name, k, p in things if p.edge[k] == e]
        stops = [(0, int(network.edge_from[e])), *sorted(on),
                 (int(network.edge_length_dm[e]), int(network.edge_to[e]))]  # fmt: skip
        inner = [(o, ("on", e, n)) for n, (o, _) in enumerate(stops)]
        offsets = np.array([o for o, _ in inner], np.int32)
        edge = np.full(len(offsets), e, np.int32)
        there = np.diff(paced.from_start_ms(edge, offsets, paced.piece_there_ms))
        against = np.diff(paced.from_start_ms(edge, offsets, paced.piece_back_ms))
        for n, ((_, n1), (_, n2)) in enumerate(pairwise(inner)):
            arc(n1, n2, there[n])
            arc(n2, n1, against[n])
        for (_, real), (_, here) in zip(stops, inner, strict=True):
            leg = 0
            if isinstance(real, tuple) and real[0] != "l":
                source = places if real[0] == "f" else homes
                leg = int(paced.leg_ms(source.access_dm[real[1] : real[1] + 1])[0])
            # Homes and places are where walks begin and end, never on the way.
            if not (isinstance(real, tuple) and real[0] == ("f" if back else "h")):
                arc(here, real, leg)
            if not (isinstance(real, tuple) and real[0] == ("h" if back else "f")):
                arc(real, here, leg)
    for k, cost in enumerate(ms):
        arc(("l", 2 * k), ("l", 2 * k + 1), cost)
        arc(("l", 2 * k + 1), ("l", 2 * k), cost)
    sources = [("f", k) for k in range(len(places.edge)) if ("f", k) in graph]
    walked = graph if back else graph.reverse(copy=False)
    reached = nx.multi_source_dijkstra_path_length(walked, sources, weight="ms") if sources else {}
    return np.array([reached.get(("h", k), UNREACHED) for k in range(len(homes.edge))], np.int64)


# --- a river between two banks


@pytest.fixture
def river() -> Case:
    """Return two banks of 1,000 m, 100 m apart, joined at their eastern ends alone.

    A station on the south bank at 200 m; homes on the north bank at 0 m (1,900 s from it) and at
    900 m (1,000 s), on the south bank at 900 m (700 s), and a mile from any street.
    """
    net = make_network(
        [(0, 0), (1000, 0), (1000, 100), (0, 100)], [(0, 1), (1, 2), (2, 3)],
        names=["南滨路", "", "北滨路"],
    )  # fmt: skip
    homes = homes_at(
        [(0, 100), (900, 100), (900, 0), (200, 1600)], [(10, 2), (20, 4), (40, 8), (80, 16)]
    )
    return case_of(net, facilities_at([(200, 0)], ["care_station"]), homes)


def test_a_footbridge_over_a_river(river):
    water = Barriers(np.array([shapely.box(-500, 30, 900, 70)], object), ("river",), ("清水河",))
    found = links_of(river, barriers=water)
    # With a bridge at x the western home walks x + 100 + |x - 200|, the eastern one
    # (900 - x) + 100 + |x - 200|: both within 900 s from x = 150 to x = 500.
    assert found.kinds[0] == "footbridge"
    assert 150 <= found.xy_m[0, 0, 0] == found.xy_m[0, 1, 0] <= 500
    assert found.xy_m[0, :, 1].tolist() == [100, 0]
    assert found.gained[0].tolist() == [30, 6]
    assert (found.length_m[0], found.link_s[0]) == (100, 100)
    assert found.streets[0] == ("北滨路", "南滨路")
    assert (found.barrier_kinds[0], found.barrier_names[0]) == ("river", "清水河")
    # The median of ten people at 1,900 s and twenty at 1,000 s.
    assert found.before_s[0] == 1000
    assert found.areas[0] == "area 0"
    assert found.residents.tolist() == [150, 30]
    assert found.inside.tolist() == [40, 8]
    assert (found.gained[1:, 0] <= 30).all()
    # No other within 200 m brings in more than half of the same people.
    middle = found.xy_m.mean(axis=1)
    assert (np.hypot(*(middle[1:] - middle[0]).T) > 200).all()
    assert found.variants[0] > 0
    assert found.together_gained[-1, 0] == 30


def test_no_rule_hides_the_best_footbridge(river):
    best = links_of(river, barriers=Barriers.none()).gained[0, 0]
    layer = layers_of(river, "any")[0]
    every = []
    for a in range(0, 1001, 50):
        ends = at((2, 1000.0 - a), (0, float(a)))
        ms = split_oracle(layer.paced, layer.places, layer.homes, ends, [100_000], [], back=False)
        new = (ms <= 900_000) & (layer.home_ms > 900_000)
        every.append(river.demand.people[new, 0].sum())
    assert best == max(every)


@pytest.mark.parametrize(("wide", "least"), [(60, 150), (140, 210)])
def test_a_bridge_where_the_walk_is_short_is_none(wide, least):
    # The way round is twice the length of a bank and the width: for 60 m across it must be
    # 60 + 300 m, for 140 m across 4 times 140 m.
    homes, facilities = homes_at([(0, wide)], [(10, 2)]), facilities_at([(0, 0)], ["canteen"])
    tried = {}
    for bank in (least - 1, least):
        corners = [(0, 0), (bank, 0), (bank, wide), (0, wide)]
        net = make_network(corners, [(0, 1), (1, 2), (2, 3)])
        tried[bank] = links_of(case_of(net, facilities, homes, minutes=(5,))).gained[:, 0].tolist()
    assert tried == {least - 1: [], least: [10]}


def test_the_longest_link_is_inclusive(river):
    assert links_of(river, longest_m=99.9).what.tolist() == []
    assert links_of(river, longest_m=100).gained[0, 0] == 30


def test_an_island_is_joined():
    net = make_network([(0, 0), (300, 0), (0, 80), (300, 80)], [(0, 1), (2, 3)])
    case = case_of(
        net, facilities_at([(0, 0)], ["canteen"]), homes_at([(300, 80)], [(10, 2)]), max_snap_m=20,
    )  # fmt: skip
    found = links_of(case)
    assert found.gained[0].tolist() == [10, 2]
    assert found.before_s[0] == np.inf
    assert found.after_s[0] == 380


def test_exactly_the_limit_is_inside():
    # 80 m across and 820 m along are 900 s; a decimetre more is outside.
    net = make_network([(0, 0), (0, -300), (0, 80), (900, 80)], [(0, 1), (2, 3)])
    homes = homes_at([(820, 80), (820.1, 80)], [(10, 2), (20, 4)])
    case = case_of(net, facilities_at([(0, 0)], ["canteen"]), homes, max_snap_m=20)
    found = links_of(case, longest_m=80)
    assert found.gained.tolist() == [[10, 2]]
    assert found.after_s.tolist() == [900]


def test_two_links_on_one_street_are_joined_along_it():
    """From an island over one link, 100 m along a street without junctions, over the next."""
    net = make_network(
        [(0, 0), (1000, 0), (300, 100), (700, 100), (300, -100), (700, -100)],
        [(0, 1), (2, 3), (4, 5)],
    )  # fmt: skip
    homes = homes_at([(400, 100)], [(10, 2)])
    case = case_of(net, facilities_at([(500, -100)], ["canteen"]), homes, max_snap_m=20)
    ends = at((1, 100.0), (0, 400.0), (0, 500.0), (2, 200.0))
    none = np.zeros(0, np.int64)
    streets = open_streets(
        layers_of(case, "any"), Links(ends, np.array([100_000, 100_000]), (none, none))
    )
    assert recount(streets, [0, 1], limit_ms=900_000).tolist() == [300_000]
    assert recount(streets, [0], limit_ms=900_000).tolist() == [UNREACHED]


def test_gains_do_not_add_up(river):
    found = links_of(river)
    assert len(found.together) == min(3, len(found.what))
    alone = found.gained[found.together, 0].cumsum()
    assert found.together_gained[0, 0] == alone[0]
    assert (found.together_gained[:, 0] <= alone).all()
    assert (np.diff(found.together_gained[:, 0]) >= 0).all()


def test_two_rivers_take_two_bridges():
    """Homes behind one river each gain by their own bridge; together both."""
    net = make_network(
        [(0, 0), (1500, 0), (0, 100), (0, -100), (900, 100), (900, -100)],
        [(0, 1), (2, 4), (3, 5)],
    )  # fmt: skip
    homes = homes_at([(300, 100), (300, -100)], [(20, 2), (10, 1)])
    case = case_of(net, facilities_at([(0, 0)], ["canteen"]), homes, max_snap_m=20)
    found = links_of(case)
    assert found.together_gained[:, 0].tolist()[:2] == [20, 30]


# --- lifts and gates


def test_a_lift_beside_a_long_stair():
    # Up 200 steps of 2 s each: 60 m on the flat, 400 - 60 s more. A lift takes 60 + 45 s.
    net = make_network(
        [(0, 0), (500, 0), (560, 0), (700, 0)], [(0, 1), (1, 2), (2, 3)], steps=[0, 200, 0]
    )
    homes = homes_at([(700, 0)], [(10, 2)])
    case = case_of(net, facilities_at([(0, 0)], ["canteen"]), homes, CLIMBER)
    found = links_of(case)
    assert found.kinds == ("lift",)
    assert found.before_s.tolist() == [640 + 400]  # 500 + 140 m of street, 400 s of stair
    assert found.after_s.tolist() == [640 + 60 + 45]
    assert found.link_s.tolist() == [105]
    assert found.gained.tolist() == [[10, 2]]
    # Beside forty steps less than a minute is saved, and nobody builds that.
    small = replace(net, edge_steps=np.array([0.0, 40.0, 0.0]))
    assert links_of(replace(case, network=small)).tried.tolist() == [0, 0, 0]


def test_a_compound_is_opened():
    # A long way round a compound. Its own street of 100 m, and one of 40 m that leads nowhere
    # useful, are for residents alone.
    net = make_network(
        [(0, 0), (100, 0), (300, 0), (0, 400), (100, 400)],
        [(0, 1), (1, 2), (0, 3), (3, 4), (4, 1), (2, 4), (4, 3)],
        length_m=[100, 200, 400, 100, 900, 100, 40], private=[False] * 5 + [True] * 2,
    )  # fmt: skip
    homes = homes_at([(100, 400), (300, 0)], [(10, 2), (5, 1)])
    homes = replace(homes, edge=np.array([3, 1], np.int32), offset_dm=np.array([1000, 2000]))
    case = case_of(net, facilities_at([(100, 0)], ["canteen"]), homes, minutes=(5,))
    found = links_of(case, longest_m=30)
    assert found.kinds == ("gate",)
    # From (100, 400) 600 m round by the corner; through the compound 100 + 200 m.
    assert found.before_s.tolist() == [600]
    assert found.after_s.tolist() == [300]
    assert found.link_s.tolist() == [100]
    assert found.xy_m[0].tolist() == [[100, 400], [300, 0]]
    assert found.gained.tolist() == [[10, 2]]
    opened = replace(
        net, edge_private=np.zeros(7, bool), edge_from=np.array([0, 1, 0, 3, 4, 2, 4], np.int32),
        edge_to=np.array([1, 2, 3, 4, 1, 4, 3], np.int32),
    )  # fmt: skip
    assert cover_of(replace(case, network=opened)).people("any").sum() == 15


def test_without_stairs_both_ways_of_walking_count():
    # A bridge of 60 m would spare a way of 760 m; nobody without stairs is quicker than with them.
    net = make_network(
        [(0, 0), (400, 0), (400, 60), (0, 60)], [(0, 1), (1, 2), (2, 3)], steps=[0, 0, 0]
    )
    homes = homes_at([(0, 60), (100, 60)], [(10, 2), (20, 4)])
    who = replace(walker("step_free"), slope=False)
    case = case_of(net, facilities_at([(0, 0)], ["canteen"]), homes, who, minutes=(10,))
    found = links_of(case)
    assert found.gained[0].tolist() == [30, 6]
    bridged = with_edge(net, 0, 3, 60.0)
    assert cover_of(replace(case, network=bridged)).people("any").sum() == 30


def test_without_stairs_nobody_gains_by_a_short_cut_past_a_stair():
    # A home on a stair of 200 steps, 20 m from its foot, and 130 m more by a bridge of 100 m. Who
    # may not walk the stair enters the street 20 m away: 150 s. On the stair: 40 steps at 1.23 s,
    # which is 40 * (1.23 - 0.3) s more than the flat 150 s, and beyond three minutes.
    net = make_network(
        [(0, 0), (100, 0), (0, 30), (100, 30), (0, 130), (100, 130)],
        [(0, 1), (0, 2), (2, 3), (1, 3), (4, 5)], steps=[200, 0, 0, 0, 0],
    )  # fmt: skip
    free = Walker(name="free", flat_mps=1.0, slope=False, steps=False)
    case = case_of(net, facilities_at([(0, 130)], ["canteen"]), homes_at([(20, 0)], [(5, 1)]), free,
                   minutes=(3,), max_snap_m=60)  # fmt: skip
    bridged = with_edge(net, 2, 4, 100.0)
    assert cover_of(replace(case, network=bridged)).people("any").sum() == 0
    assert links_of(case).gained.tolist() == []
    assert links_of(replace(case, minutes=(4,))).gained.tolist() == [[5, 1]]


# --- levels


def test_levels_add_up_along_streets_without_stairs():
    # Up 10 % over 100 m, flat, down 5 % over two halves of 100 m; a stair leads to a place unknown.
    net = make_network(
        [(0, 0), (100, 0), (200, 0), (400, 0), (500, 0), (600, 0)],
        [(0, 1), (1, 2), (3, 2), (3, 4), (4, 5)], length_m=[100, 100, 200, 100, 50],
        steps=[0, 0, 0, 60, 0], grades=[[0.1], [0.0], [0.05, 0.05], [0.0], [0.02]],
    )  # fmt: skip
    far = at((0, 50.0), (2, 150.0), (4, 0.0), (-1, 0.0))
    near = at((1, 30.0), (0, 0.0), (0, 0.0), (0, 0.0))
    rises = rises_m(net, far, near).tolist()
    # 5 m against 10 m; 10 m less 50 m of 5 %; behind the stair; a gate.
    assert rises[:2] == pytest.approx([-5.0, 7.5])
    assert np.isnan(rises[2:]).all()
    flat = replace(net, piece_grade=np.zeros(6))
    assert np.isnan(rises_m(flat, far, near)).all()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000))
def test_levels_are_those_that_the_nodes_were_given(seed):
    net, rng = random_world(seed, private=True), np.random.default_rng(seed)
    z = rng.uniform(0, 30, net.n_nodes)
    loop = net.edge_from == net.edge_to
    grade = np.where(loop, 0.0, (z[net.edge_to] - z[net.edge_from]) / (net.edge_length_dm / 10.0))
    net = replace(net, piece_grade=np.repeat(grade, np.diff(net.piece_offset)))
    far, near = (random_positions(net, seed + k, 8) for k in (1, 2))
    z_far, z_near = (
        z[net.edge_from[p.edge]] + grade[p.edge] * p.offset_dm / 10.0 for p in (far, near)
    )
    rises = rises_m(net, far, near)
    graph = nx.Graph(zip(*(e[~net.is_stair()].tolist() for e in (net.edge_from, net.edge_to)),
                         strict=True))  # fmt: skip
    for k, rise in enumerate(rises.tolist()):
        a, b = int(net.edge_from[far.edge[k]]), int(net.edge_from[near.edge[k]])
        if a == b or (a in graph and b in graph and nx.has_path(graph, a, b)):
            assert rise == pytest.approx(z_far[k] - z_near[k], abs=1e-6) or not grade.any()
        else:
            assert np.isnan(rise)


# --- who gets no answer


def test_reasons_for_no_answer(river):
    cover = cover_of(river)
    straight = replace(river, walker=walker("policy_radius"))
    assert find_links(straight, cover, kind="any").because == "straight"
    for both_ways in ("worst", "round_trip"):
        case = replace(river, direction=both_ways)
        assert find_links(case, cover, kind="any").because == "direction"
    assert find_links(river, cover, kind="canteen").because == "no_facility"
    near = river.having(demand=homes_at([(200, 0)], [(5, 1)]))
    assert links_of(near).because == "nobody_outside"
    nobody = find_links(river, cover, kind="canteen")
    assert len(nobody.to_frame()) == 0
    assert nobody.residents.tolist() == [150, 30]


def test_people_without_a_street_stay_outside(river):
    frame = links_of(river).to_frame()
    assert frame["outside_60+"].tolist()[0] == 80
    parts = frame["inside_60+"] + frame["gained_60+"] + frame["outside_60+"]
    assert parts.tolist() == [150] * len(frame)


def test_a_result_is_kept_and_comes_back(river, tmp_path):
    found = links_of(river)
    save_stage(tmp_path / "a.npz", found, key="k")
    back = load_stage(tmp_path / "a.npz")
    assert back.to_frame().equals(found.to_frame())
    assert back.together_gained.tolist() == found.together_gained.tolist()
    save_stage(tmp_path / "b.npz", links_of(river), key="k")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_progress_reaches_its_total(river):
    said = []
    find_links(river, cover_of(river), kind="any", on_progress=lambda d, t: said.append((d, t)))
    assert said[-1][0] == said[-1][1] > 0


# --- prospects


def test_prospects_count_who_lacks_little_enough_and_lives_near():
    xy = np.array([[0.0, 0.0], [500.0, 0.0], [500.0, 0.0]])
    rough = Prospects.of(xy, np.array([10.0, 20.0, 40.0]), np.array([30_000, 30_000, UNREACHED]))
    where = np.array([[500.0, 0.0]] * 4)
    walk, saved = (
        np.array([0.0, 100.0, 100.0, 1000.0]),
        np.array([60_000, 60_000, UNREACHED, 60_000]),
    )
    assert rough.near(where, walk, saved).tolist() == [20, 20, 60, 30]
    assert rough.near(where[:1], np.array([-1.0]), saved[:1]).tolist() == [0]


def test_nobody_outside_is_no_prospect():
    empty = Prospects.of(np.zeros((0, 2)), np.zeros(0), np.zeros(0, np.int64))
    assert empty.near(np.zeros((1, 2)), np.array([900.0]), np.array([60_000])).tolist() == [0]


def test_streets_that_no_link_can_touch():
    """All streets are inside compounds: there is nothing to join, and nobody fails."""
    net = make_network([(0, 0), (100, 0)], [(0, 1)], private=[True])
    case = case_of(net, facilities_at([(0, 0)], ["canteen"]), homes_at([(90, 0)], [(5, 1)]))
    assert links_of(case).tried.tolist() == [0, 0, 0]


# --- random worlds


def random_case(seed: int, *, back: bool) -> Case:
    net, rng = random_world(seed, private=True), np.random.default_rng(seed)
    elders = rng.integers(0, 40, 14)
    homes = homes_at(rng.uniform(-50, 450, (14, 2)), np.column_stack([elders, elders // 4]))
    facilities = facilities_at(rng.uniform(0, 400, (2, 2)), ["canteen", "care_station"])
    return case_of(net, facilities, homes, walker("elder"), minutes=(3,),
                   direction="back" if back else "there")  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), back=st.booleans(), costs=st.integers(1, 200))
def test_one_link_at_a_time_and_all_together_are_as_on_a_split_graph(seed, back, costs):
    net = random_world(seed, private=True)
    public = ~net.edge_private
    if not public.any():
        return
    paced = walk_seconds(net, walker("elder"))
    case = random_case(seed, back=back)
    places, homes = (random_positions(net, seed + 1, 2, public=True),
                     random_positions(net, seed + 2, 14))  # fmt: skip
    layers = [replace(layers_of(case, "any")[0], places=places, homes=homes)]
    times = nearest_times(paced, places, homes, limit_ms=3_600_000, direction=case.direction)
    layers = [replace(layers[0], home_ms=times.ms, node_ms=times.node_ms)]
    ends = random_positions(net, seed + 3, 6, public=True)
    ends = replace(ends, access_dm=np.zeros(6, np.int32))
    nowhere = at((-1, 0), (-1, 0))
    every = Snapped(*(np.concatenate([getattr(ends, f), getattr(nowhere, f)])
                      for f in ("edge", "offset_dm", "access_dm", "moved")))  # fmt: skip
    gate = np.arange(len(net.link_from))
    ms = np.array([1, costs * 1000, 3 * costs * 1000, 0], np.int64)
    none = np.zeros(0, np.int64)
    links = Links(every, ms, (none, none, none, gate))
    limit = 180_000
    outside = np.flatnonzero(times.ms > limit)
    gainers = walk_links(layers, links, outside, limit_ms=limit)
    streets = open_streets(layers, links)

    def true(opened):
        rows = np.array([r for k in opened if k < 3 for r in (2 * k, 2 * k + 1)], np.int64)
        return split_oracle(
            paced, layers[0].places, layers[0].homes, ends.take(rows),
            [int(ms[k]) for k in opened if k < 3], gate.tolist() if 3 in opened else [], back=back,
        )  # fmt: skip

    def cut(values):
        return np.where(values <= limit, values, UNREACHED).tolist()

    assert recount(streets, [], limit_ms=limit).tolist() == cut(times.ms.astype(np.int64))
    for k in range(4):
        exact = true([k])
        assert recount(streets, [k], limit_ms=limit).tolist() == cut(exact)
        homes, after = gainers.of(k)
        assert homes.tolist() == [h for h in outside.tolist() if exact[h] <= limit]
        assert after.tolist() == exact[homes].tolist()
    assert recount(streets, [0, 1, 2, 3], limit_ms=limit).tolist() == cut(true([0, 1, 2, 3]))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), back=st.booleans())
def test_links_between_nodes_are_as_on_a_network_with_that_edge(seed, back):
    case = random_case(seed, back=back)
    net, rng = case.network, np.random.default_rng(seed)
    edges = np.flatnonzero(~net.edge_private)
    if len(edges) == 0:
        return
    chosen = rng.choice(edges, 2)
    length = rng.uniform(5, 200)
    ends = at(*[(int(e), 0.0) for e in chosen])
    layers = layers_of(case, "any")
    ms = np.array([max(1, round(round(length * 10) / 10.0 / case.walker.flat_mps * 1000))])
    outside = np.flatnonzero(layers[0].home_ms > case.limit_ms)
    gainers = walk_links(layers, Links(ends, ms, (np.zeros(0, np.int64),)), outside,
                         limit_ms=case.limit_ms)  # fmt: skip
    bridged = with_edge(net, int(net.edge_from[chosen[0]]), int(net.edge_from[chosen[1]]), length)
    paced = walk_seconds(bridged, case.walker)
    assert paced.there_ms[-1] == ms[0]
    after = nearest_times(paced, layers[0].places, layers[0].homes, limit_ms=case.limit_ms,
                          direction=case.direction).ms  # fmt: skip
    assert gainers.home.tolist() == outside[after[outside] <= case.limit_ms].tolist()
    assert gainers.ms.tolist() == after[gainers.home].tolist()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), back=st.booleans(), n=st.integers(1, 6))
def test_what_holds_for_every_answer(seed, back, n):
    case = random_case(seed, back=back)
    cover = cover_of(case)
    found = find_links(case, cover, kind="any", n=n)
    assert len(found.what) <= n
    frame = found.to_frame()
    for g, group in enumerate(found.groups):
        parts = frame[f"inside_{group}"] + frame[f"gained_{group}"] + frame[f"outside_{group}"]
        np.testing.assert_allclose(parts, np.full(len(frame), case.demand.people[:, g].sum()))
        assert (found.gained[:, g] >= 0).all()
        assert (frame[f"outside_{group}"] >= -1e-9).all()
    assert (found.gained[:, 0] > 0).all()
    assert (np.diff(found.gained[:, 0]) <= 1e-9).all()
    assert (found.length_m <= 150.05).all() or 2 in found.what
    layers = layers_of(case, "any")
    every = find_candidates(case, layers, longest_m=150, most=500)
    outside = np.flatnonzero(layers[0].home_ms > case.limit_ms)
    gained = walk_links(layers, every.links, outside, limit_ms=case.limit_ms)
    people = gained.people(case.demand.people, len(every.what))[:, 0]
    assert (people <= every.prospect + 1e-6).all() or 2 in every.what
    assert (found.after_s * 1000 <= case.limit_ms).all()
    assert (found.before_s * 1000 > case.limit_ms).all()
    assert (np.diff(found.together_gained[:, 0]) >= -1e-9).all()
    again = find_links(case, cover, kind="any", n=n)
    assert again.to_frame().equals(frame)
    assert again.xy_m.tobytes() == found.xy_m.tobytes()


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 100_000), few=st.integers(1, 5))
def test_fewer_candidates_are_the_best_of_all(seed, few):
    case = random_case(seed, back=False)
    layers = layers_of(case, "any")
    every = find_candidates(case, layers, longest_m=150, most=500)
    first = find_candidates(case, layers, longest_m=150, most=few)
    assert len(first.what) == min(few, len(every.what))
    assert first.prospect.tolist() == every.prospect[: len(first.what)].tolist()
    assert {LINK_KINDS[w] for w in every.what.tolist()} <= set(LINK_KINDS)


# --- pages


@pytest.fixture(scope="module")
def shown(small_run):
    """Return the small demo's findings with its missing links."""
    findings = small_run.findings
    case = Case(
        findings.network, findings.facilities, findings.demand, findings.areas,
        findings.study.walker("elder"), minutes=findings.coverage.minutes,
    )  # fmt: skip
    found = find_links(case, findings.coverage, kind="any", n=7, gaps=findings.gaps_of("any"))
    return replace(findings, links=found)


def drafted(findings, language):
    draft = Draft(language)
    draft.chapter("x")
    add_links(draft, Facts.of(findings, language))
    return draft.blocks[1:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_says_what_the_answer_says(shown, language):
    table, found = links_table(shown, language), shown.links
    lead = found.groups.index("60+")
    assert len(table.rows) == len(found.what) == 7
    np.testing.assert_allclose(table.column("gained"), found.gained[:, lead])
    np.testing.assert_allclose(table.column("link_min"), found.link_s / 60)
    parts = found.inside[lead] + np.array(table.column("gained")) + table.column("outside")
    np.testing.assert_allclose(parts, np.full(7, found.residents[lead]))
    assert table.column("gaps") == tuple(
        Words(language)("table.v_join_ids").join(ids) or "—" for ids in found.gaps
    )
    assert any(found.gaps)
    assert table.total is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_section_names_the_best_and_prints_five(shown, language):
    heading, *_, grid = blocks = drafted(shown, language)
    assert isinstance(heading, Heading)
    assert isinstance(grid, Grid)
    assert len(grid.rows) == 5
    assert len(grid.headers) <= 8
    said = " ".join(b.text for b in blocks if isinstance(b, Paragraph))
    assert f"{shown.links.tried.sum():,}" in said
    assert Words(language)("links.screening") in said
    assert "{" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_area_that_cannot_say_shows_no_people(shown, language):
    every = range(len(shown.areas.names) + 1)
    hidden = withhold(shown, every, kinds=["any"])
    said = Words(language)("completeness.cannot_say")
    table = links_table(hidden, language)
    assert set(table.column("gained")) == set(table.column("outside")) == {said}
    assert Words(language)("links.n_withheld") in table.note
    texts = " ".join(b.text for b in drafted(hidden, language) if isinstance(b, Paragraph))
    area = shown.links.areas[0]
    assert Words(language)("links.best_withheld", {"area": area}) in texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_answer_is_said_in_a_sentence(shown, language):
    nothing = replace(shown, links=None)
    assert drafted(nothing, language) == []
    assert links_table(nothing, language).rows == ()
    empty = np.zeros((0, 2, 2)), np.zeros((0, len(shown.links.groups)))
    none = replace(shown.links, what=np.zeros(0, np.int8), xy_m=empty[0], gained=empty[1])
    _, sentence = drafted(replace(shown, links=none), language)
    assert isinstance(sentence, Paragraph)
    for reason in ("straight", "direction", "no_facility", "nobody_outside"):
        refused = replace(none, because=reason)
        _, sentence = drafted(replace(shown, links=refused), language)
        assert sentence.text


def test_names_from_files_are_cleaned(shown):
    n = len(shown.links.what)
    hostile = replace(shown.links, streets=(("<b>\x01", "x"),) * n, barrier_kinds=("river",) * n,
                      barrier_names=("\x02<i>",) * n)  # fmt: skip
    table = links_table(replace(shown, links=hostile), "en")
    assert table.column("between")[0] == "<b> to x"
    assert table.column("barrier")[0] == "<i> (river or lake)"
