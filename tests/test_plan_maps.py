"""Plans on maps: points on streets, years, closures, who is out of reach; and the frontier chart.

One small run gives the plan; what a plan may have besides is put on it by hand, so that every
figure on the pages is known beforehand.
"""

import re
import warnings
from dataclasses import replace
from functools import cache

import numpy as np
import pyogrio
import pytest

from quarterhour.errors import Fault
from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.premises import Premises
from quarterhour.maps.frontier_chart import frontier_chart
from quarterhour.maps.plan_layers import year_colours
from quarterhour.maps.plates import draw_pages, plate_titles
from quarterhour.maps.web_page import page_content
from quarterhour.maps.web_shapes import unpack
from quarterhour.report import write_layers
from quarterhour.siting.moving import Moves
from quarterhour.siting.phases import PhasedPlan
from quarterhour.siting.served import ServedPlan
from quarterhour.siting.stability import Stability
from quarterhour.siting.tiers import LedPlan
from quarterhour.words import LANGUAGES, Language

YEARS = (2027, 2028, 2029)
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")


@pytest.fixture(scope="module")
def findings(small_run) -> Findings:
    return small_run.findings


@pytest.fixture(scope="module")
def full(findings: Findings) -> Findings:
    """Return the run with a plan that has all that a plan may have."""
    [found] = findings.plans
    return replace(findings, plans=(_with_points(_with_all(findings, found)),))


def _with_all(findings: Findings, found: PlanFinding) -> PlanFinding:
    plan, n = found.plan, found.plan.sites_needed
    opens = np.minimum(np.arange(n) // 2 * 2, 2)
    people = np.array([plan.gain_people[opens <= y].sum() for y in range(3)])
    none = np.zeros(3, np.int64)
    phases = PhasedPlan(
        years=YEARS, opens=opens, opened=np.bincount(opens, minlength=3), build_spent=none,
        running_spent=none.copy(), budget=None, money_left=None, carry_over=True,
        people_by_year=people, worth_by_year=people.copy(), unphased_ids=(), unphased_people=0.0,
        unphased_worth=0.0, unphased_bound=0.0, unphased_proven=True,
    )  # fmt: skip
    empty = np.zeros(0)
    served = ServedPlan(
        people_before=100.0, people_after=900.0, people_total=plan.people_total,
        capacity_before=0.0, capacity_after=0.0, by_site=100.0 + np.arange(n),
        reached_unserved_before=0.0, reached_unserved_after=0.0, relief=(), served_before=empty,
        served_after=empty.copy(), relieved=empty.copy(),
    )  # fmt: skip
    stays = np.zeros((4, n), bool)
    stays[:3, 0] = True
    stability = Stability(
        names=("speed 0.7", "speed 1", "minutes 10", "minutes 20"),
        status=("optimal", "optimal", "optimal", "infeasible"), best=np.array([0.0, 0, 0, np.nan]),
        kept=np.zeros(4), stays=stays, new_ids=((),) * 4,
    )  # fmt: skip
    closed = tuple(findings.facilities.ids[r] for r in findings.facilities.rows_of(plan.kind)[:2])
    moves = Moves(**{
        **dict.fromkeys(Moves.__dataclass_fields__, 0.0), "new_ids": plan.site_ids,
        "kept_ids": (), "closed_ids": closed, "may_stay_ids": (),
        "people_today": plan.people_after - 321.0, "people_after": plan.people_after,
    })  # fmt: skip
    centre = findings.facilities.ids[0]
    changed = replace(
        plan, phases=phases, served=served, led=LedPlan(
            centre_ids=(centre, "P999") * (n // 2), new_centre_ids=("P999",),
        ), cost=50_000 * n, site_cost=np.full(n, 50_000),
        veto_status=("must", "needed", *plan.veto_status[2:]),
    )  # fmt: skip
    return replace(found, plan=changed, stability=stability, moves=moves)


def _with_points(found: PlanFinding) -> PlanFinding:
    """Say that the first recommended site, and an accepted one that is not, stand on streets."""
    kept, plan = found.screening.candidates, found.plan
    made = np.zeros(len(kept), bool)
    spare = np.setdiff1d(np.arange(len(kept)), plan.chosen)[0]
    made[[plan.chosen[0], spare]] = True
    doubt = Fault("candidates.verify_place")
    verify = tuple((doubt,) if m else v for m, v in zip(made.tolist(), kept.to_verify, strict=True))
    kept = replace(kept, generated=made, to_verify=verify)
    count = len(found.premises.ids)
    p: Premises = replace(
        found.premises, occupancy=("idle",) * count, build_cost=np.full(count, 50_000.0)
    )
    return replace(found, premises=p, screening=replace(found.screening, candidates=kept))


@cache
def plates(findings: Findings, language: Language, numbers: tuple[str, ...]) -> dict:
    """Return some plates' canvases by number; the ground of all is drawn once."""
    stems = [t.stem for t in plate_titles(findings, language) if t.number in numbers]
    return {t.number: canvas for t, canvas in draw_pages(findings, language=language, stems=stems)}


def drawn(findings: Findings, number: str, language: Language):
    """Return one plate's canvas of those that these tests look at."""
    full = findings.plans[0].plan.phases is not None
    numbers = ("07", "08", "09", "12") if full and language == "zh" else ("07", "08", "12")
    return plates(findings, language, numbers if full else ("07", "08", "09"))[number]


def signs(canvas, key: str) -> int:
    """Return how many signs of a layer stand on a plate."""
    return sum(
        len(c.get_offsets()) for c in canvas.map.collections if c.get_gid() == f"layer:{key}"
    )


def said(canvas) -> str:
    return "".join(t.get_text() for t in canvas.paper.texts)


# --- plates ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_points_on_streets_have_a_sign_and_a_legend_of_their_own(findings, full, language) -> None:
    canvas = drawn(full, "07", language)
    [found] = full.plans
    kept = found.screening.candidates
    assert signs(canvas, "generated") == 2
    sure = sum(not v for v in kept.to_verify)
    assert signs(canvas, "accepted") == sure
    assert signs(canvas, "accepted") + signs(canvas, "to_verify") == len(kept) - 2
    label = {layer.key: layer.label for layer in canvas.layers}["generated"]
    assert {"zh": "街道上的点，无场所资料", "en": "no premises known"}[language] in label
    shapes = {layer.key: layer.look.shape for layer in canvas.layers}
    assert shapes["generated"] not in (shapes["accepted"], shapes["rejected"])
    assert "generated" not in {layer.key for layer in drawn(findings, "07", "zh").layers}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sites_by_year_are_on_a_plate_of_their_own(findings, full, language) -> None:
    assert "12" not in {t.number for t in plate_titles(findings, language)}
    [title] = [t.title for t in plate_titles(full, language) if t.number == "12"]
    assert "2029" in title
    canvas = drawn(full, "12", language)
    [found] = full.plans
    n = found.plan.sites_needed
    # Nothing opens in the second year: it is not in the legend either.
    assert [layer.key for layer in canvas.layers if "year" in layer.key] == [
        "year:2027",
        "year:2029",
    ]
    assert (signs(canvas, "year:2027"), signs(canvas, "year:2029")) == (2, n - 2)
    labels = {placed.wish.text for placed in canvas.labels}
    assert {"zh": "1（2027年）", "en": "1 (2027)"}[language] in labels
    text = said(canvas)
    assert f"{found.plan.gain_people[:2].sum():,.0f}" in text
    assert {"zh": "最优性", "en": "roven"}[language] in text
    assert {"zh": "2027—2029年", "en": "2027 to 2029"}[language] in text


def test_years_are_told_apart_by_lightness() -> None:
    for n in (1, 2, 5, 9):
        colours = year_colours(n)
        weight = np.array([0.2126, 0.7152, 0.0722])
        light = [weight @ [int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in colours]
        assert len(set(colours)) == n
        assert np.all(np.diff(light) > 12)


@pytest.mark.parametrize("number", ["08", "09"])
def test_closed_facilities_are_crossed_out_and_not_kept(findings, full, number) -> None:
    kind = full.plans[0].plan.kind
    before, after = drawn(findings, number, "zh"), drawn(full, number, "zh")
    assert signs(before, "closed") == 0 and signs(after, "closed") == 2
    assert signs(before, f"kept:{kind}") - signs(after, f"kept:{kind}") == 2
    assert "（2处）" in {layer.key: layer.label for layer in after.layers}["closed"]
    assert not {layer.key for layer in before.layers} & {"closed"}


def test_the_layout_counts_from_today_where_facilities_close(full) -> None:
    text = said(drawn(full, "08", "en"))
    assert "2 closed or moved: 321 more" in text


def test_a_question_about_walking_is_told_in_minutes(findings) -> None:
    [found] = findings.plans
    plan = replace(found.plan, unit="person_seconds", walk_before_s=600.0, walk_after_s=540.0)
    asked = replace(findings, plans=(replace(found, plan=plan),))
    text = said(plates(asked, "zh", ("08",))["08"])
    assert "平均步行由10.0分钟变为9.0分钟" in text


# --- the web map ----------------------------------------------------------------------------------


@cache
def web(findings: Findings, language: Language) -> dict:
    content = page_content(findings, language)
    return {layer["id"]: layer for group in content["groups"] for layer in group["layers"]}


def test_cards_say_what_the_plan_says(full) -> None:
    cards = web(full, "en")["sites0"]["cards"]
    at = {label: n for n, label in enumerate(cards["labels"])}
    first, second = cards["values"][:2]
    assert first[at["Opens in"]] == "2027"
    assert cards["values"][-1][at["Opens in"]] == "2029"
    assert first[at["One-off cost"]] == "50,000 yuan"
    assert second[at["Served here"]] == "101"
    centre = full.facilities
    assert first[at["Led by"]] == f"{centre.ids[0]} {centre.names[0]}"
    assert second[at["Led by"]] == "P999"
    # Three assumptions were answered; the fourth keeps to no rule and does not count.
    assert first[at["Stays under other assumptions"]] == "3 of 3 (100.0%)"
    assert second[at["Stays under other assumptions"]] == "0 of 3 (0.0%)"
    near = full.plans[0].talk.near_best
    times = sum(full.plans[0].plan.site_ids[0] in ids for ids in near.site_ids)
    assert first[at["In near-best plans"]].startswith(f"{times} of {len(near.site_ids)} ")
    [lost] = [n for label, n in at.items() if label.startswith("Lost if")]
    assert first[lost] == "must be built"
    assert second[lost].startswith("no plan")
    assert first[at["To be verified"]].startswith("a point on a street")


def test_a_loss_is_in_the_unit_of_the_plan(findings) -> None:
    [found] = findings.plans
    plan = replace(found.plan, unit="person_seconds", loss_if_vetoed=np.full(8, 7200.0))
    cards = web(replace(findings, plans=(replace(found, plan=plan),)), "zh")["sites0"]["cards"]
    at = cards["labels"].index("若该点不可用，最优方案变差")
    assert {row[at] for row in cards["values"]} == {"2 人时"}


def test_a_plain_plan_has_no_row_of_what_it_lacks(findings) -> None:
    labels = web(findings, "en")["sites0"]["cards"]["labels"]
    assert not {"Opens in", "One-off cost", "Served here", "Led by"} & set(labels)
    assert "closed0" not in web(findings, "en") and "generated0" not in web(findings, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_points_closures_and_people_out_of_reach_are_layers(full, language) -> None:
    layers = web(full, language)
    [found] = full.plans
    assert layers["closed0"]["count"] == 2 and layers["closed0"]["on"]
    assert layers["generated0"]["count"] == 1 and not layers["generated0"]["on"]
    shown = [row[0] for name in ("sites0", "premises0", "generated0")
             for row in layers[name]["cards"]["values"]]  # fmt: skip
    assert sorted(shown) == sorted(found.premises.ids)
    beyond = layers["beyond0"]
    assert not beyond["on"] and not beyond.get("by_kind")
    assert len(unpack(beyond["data"]["g"])[0]) == len(beyond["data"]["people"])
    told = sum(beyond["data"]["people"]) + beyond["data"]["unplaced"]
    assert told == pytest.approx(found.unreachable.people, abs=0.05 * len(beyond["data"]["people"]))
    if language == "en":
        names = [layer["name"] for layer in layers.values()]
        assert not CHINESE.search("".join([*names, *layers["sites0"]["cards"]["labels"]]))


def test_the_legend_of_people_out_of_reach_has_the_sizes_that_are_drawn(full) -> None:
    beyond = web(full, "zh")["beyond0"]
    least = [entry["least"] for entry in beyond["legend"] if "least" in entry]
    drawn = {max(c["least"] for c in beyond["classes"] if c["least"] <= p)
             for p in beyond["data"]["people"]}  # fmt: skip
    assert set(least) == drawn


def test_several_questions_are_numbered(findings) -> None:
    layers = web(replace(findings, plans=findings.plans * 2), "en")
    assert layers["sites1"]["name"].startswith("Question 2: ")
    assert layers["beyond0"]["name"].startswith("Question 1: ")
    assert not web(findings, "en")["sites0"]["name"].startswith("Question")


# --- layers.gpkg ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def layers(full, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "l.gpkg"
    write_layers(full, path, language="en")
    return path


def test_layers_hold_what_the_plan_says(full, layers) -> None:
    [found] = full.plans
    sites = pyogrio.read_dataframe(layers, layer="sites")
    assert sites["year"].tolist() == [2027] * 2 + [2029] * (len(sites) - 2)
    assert set(sites["cost"]) == {50_000.0} and sites["served"].tolist()[1] == 101.0
    assert sites["stays"].tolist()[:2] == [1.0, 0.0]
    assert sites["generated"].tolist() == [True] + [False] * (len(sites) - 1)
    assert sites["led_by"].tolist()[1] == "P999"
    near = found.talk.near_best
    for id_, share in zip(sites["id"], sites["near_best"], strict=True):
        assert share == pytest.approx(np.mean([id_ in ids for ids in near.site_ids]))
    offered = pyogrio.read_dataframe(layers, layer="candidates")
    assert offered["generated"].sum() == 2 and set(offered["occupancy"]) == {"idle"}
    closed = pyogrio.read_dataframe(layers, layer="closed")
    assert found.moves is not None and tuple(closed["id"]) == found.moves.closed_ids


def test_who_is_out_of_reach_is_summed_over_squares_and_no_home(full, layers) -> None:
    [found] = full.plans
    squares = pyogrio.read_dataframe(layers, layer="unreachable")
    np.testing.assert_allclose(squares.area, 250.0**2)
    assert (squares["people"].isna() == squares["few"]).all()
    assert (squares["people"].dropna() >= 10).all() and squares["few"].any()
    assert squares["people"].sum() <= found.unreachable.people
    notice = pyogrio.read_dataframe(layers, layer="notice", read_geometry=False)
    assert any(f"{found.unreachable.people:,.1f} people whom" in text for text in notice["content"])


# --- the chart of the frontier --------------------------------------------------------------------


def chart(findings: Findings, language: Language = "en", **changes: object):
    """Return the axes and texts of the chart of a frontier that is changed by hand."""
    [found] = findings.plans
    frontier = replace(found.talk.frontier, **changes)
    shown = replace(findings, plans=(replace(found, talk=replace(found.talk, frontier=frontier)),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = frontier_chart(shown, language)
    assert figure is not None
    [axes] = figure.axes
    texts = [t.get_text() for t in (*axes.texts, *figure.texts)]
    lines = {}
    for line in axes.lines:
        lines.setdefault(line.get_gid(), []).append(line)
    return axes, texts, lines


def made(n: int, objective: np.ndarray, **changes: object) -> dict:
    """Return the fields of a frontier of ``n`` points."""
    return {
        "limit": np.arange(1, n + 1), "objective": objective, "bound": objective,
        "gap": np.zeros(n), "people_inside": objective, "share": np.zeros(n),
        "cost": np.zeros(n, np.int64), "status": ("optimal",) * n, "site_ids": ((),) * n, **changes,
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frontier_is_drawn_as_it_is(findings, language) -> None:
    [found] = findings.plans
    _, texts, lines = chart(findings, language)
    frontier, plan = found.talk.frontier, found.plan
    total = plan.people_total
    drawn = lines["frontier"][0].get_xydata()
    np.testing.assert_allclose(drawn[0], [0.0, plan.people_before / total])
    np.testing.assert_allclose(drawn[1:, 1], frontier.share)
    [site] = lines["recommended"]
    np.testing.assert_allclose(site.get_xydata(), [[8, plan.people_after / total]])
    if language == "en":
        assert not CHINESE.search("".join(texts))


def test_unproven_points_are_rings_with_a_bar_to_the_bound(findings) -> None:
    n = 100
    people = 2000.0 * (1 - np.exp(-np.arange(1, n + 1) / 20))
    bound = people + np.where(np.arange(n) == 7, 100.0, 0.0)
    status = tuple("within gap" if k == 7 else "optimal" for k in range(n))
    axes, texts, lines = chart(findings, **made(n, people, bound=bound, status=status))
    [bar], [ring] = lines["bound"], lines["open"]
    plan = findings.plans[0].plan
    low, high = bar.get_ydata()
    assert low == pytest.approx((plan.people_before + people[7]) / plan.people_total)
    assert (high - low) * plan.people_total == pytest.approx(100.0)
    assert ring.get_markerfacecolor() == "white" and len(lines["proven"]) == n - 1
    assert high < axes.get_ylim()[1] and any("bound" in text for text in texts)
    assert len(axes.get_xticks()) <= 12


def test_two_equal_points_and_points_that_cannot_be(findings) -> None:
    axes, _, _ = chart(findings, **made(2, np.zeros(2)))
    low, high = axes.get_ylim()
    assert high - low >= 0.01
    # With fewer than two sites no plan keeps to the rules: the line begins where plans do.
    people = np.array([np.nan, 100.0, 200.0])
    _, _, lines = chart(findings, **made(3, people, status=("infeasible", "optimal", "optimal")))
    assert lines["frontier"][0].get_xdata()[0] == 2
    [found] = findings.plans
    alone = replace(found.talk.frontier, **made(2, np.array([np.nan, 1.0])))
    bare = replace(found, talk=replace(found.talk, frontier=alone))
    assert frontier_chart(replace(findings, plans=(bare,)), "zh") is None


def test_money_stands_where_it_is_spent(findings) -> None:
    people = np.array([0.0, 800.0, 800.0])
    cost = np.array([0, 100_000, 100_000])
    limit = np.array([60_000, 120_000, 180_000])
    _, texts, lines = chart(findings, "zh", **made(3, people, by="money", limit=limit, cost=cost))
    assert lines["frontier"][0].get_xdata().tolist() == [0, 0, 100_000, 100_000, 180_000]
    assert lines["frontier"][0].get_drawstyle() == "steps-post"
    assert "费用（万元）" in texts
    small = made(3, people, by="money", limit=limit // 1000, cost=cost // 1000)
    assert "费用（元）" in chart(findings, "zh", **small)[1]


def test_other_questions_show_what_they_ask_for(findings, full) -> None:
    [found] = findings.plans
    total = found.plan.people_total
    walking = np.array([12.0, 11.0, 10.5]) * 60 * total
    plan = replace(found.plan, unit="person_seconds", walk_before_s=840.0, walk_after_s=630.0)
    asked = replace(findings, plans=(replace(found, plan=plan),))
    _, texts, lines = chart(asked, unit="person_seconds", **made(3, walking))
    np.testing.assert_allclose(lines["frontier"][0].get_ydata(), [14.0, 12.0, 11.0, 10.5])
    assert any(text.startswith("Mean walk in minutes") for text in texts)
    # With places limited, who is served and not who is inside.
    _, texts, lines = chart(full, **made(3, np.array([100.0, 300.0, 800.0])))
    assert lines["frontier"][0].get_ydata()[-1] == pytest.approx(900.0 / total)
    assert any(text.startswith("Share served") for text in texts)
