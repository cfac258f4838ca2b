"""The report on plans: every sentence is right for the question that was asked."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from quarterhour.errors import Fault
from quarterhour.findings import Findings, PlanFinding
from quarterhour.pipeline import StudyRun
from quarterhour.report.aims import aim_of, amount, at_best, better, limits, worse
from quarterhour.report.build.plan_parts import (
    led_table,
    moves_table,
    relief_table,
    scenarios_table,
    schedule_table,
)
from quarterhour.report.build.sheets import plan_sheets
from quarterhour.report.build.sites import alternatives_table, proof_table, screening_table
from quarterhour.report.build.talk import rules_table, stability_table, turned_down_table
from quarterhour.report.document import build_outline
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Figure, Grid, Heading, Listing, Outline, Paragraph
from quarterhour.report.sentences import (
    effect_text,
    proof_text,
    recommend_text,
    robust_text,
)
from quarterhour.siting.moved import Moves
from quarterhour.siting.phases import PhasedPlan
from quarterhour.siting.robust import RobustPlan
from quarterhour.siting.rulecost import RuleCost
from quarterhour.siting.served import Relief, ServedPlan
from quarterhour.siting.tiers import LedPlan
from quarterhour.studytables import BudgetTable, RuleTable
from quarterhour.words import LANGUAGES, Language

Made = Callable[[PlanFinding, Findings], PlanFinding]


pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


# --- plans of other questions, made from the demo's


def plain(found: PlanFinding, _: Findings) -> PlanFinding:
    return found


def changed(found: PlanFinding, *, table: dict[str, Any], **plan: Any) -> PlanFinding:
    return replace(found, plan=replace(found.plan, **plan), table=replace(found.table, **table))


def fewest(found: PlanFinding, _: Findings) -> PlanFinding:
    n = found.plan.sites_needed
    return changed(
        found, table={"question": "fewest_sites", "share": 0.8, "sites": None, "budget": None},
        question="fewest_sites", unit="sites", objective=float(n), bound=float(n), sites_asked=None,
        loss_if_vetoed=np.arange(n, dtype=float), rounding=0.0,
    )  # fmt: skip


def cheapest(found: PlanFinding, findings: Findings) -> PlanFinding:
    found = fewest(found, findings)
    n = found.plan.sites_needed
    return changed(
        found, table={"fewest": "cost", "share_of": "reachable", "budget": BudgetTable(site=1000)},
        unit="money", objective=1000.0 * n, bound=1000.0 * n, cost=1000 * n,
        site_cost=np.full(n, 1000),
    )  # fmt: skip


def walking(found: PlanFinding, _: Findings) -> PlanFinding:
    return changed(
        found, table={"question": "least_walking"}, question="least_walking",
        unit="person_seconds", objective=7.2e6, bound=7.2e6, walk_before_s=780.0,
        walk_after_s=600.0,
    )  # fmt: skip


def longest(found: PlanFinding, _: Findings) -> PlanFinding:
    return changed(
        found, table={"question": "shortest_longest"}, question="shortest_longest", unit="seconds",
        objective=1800.0, bound=1800.0, longest_before_s=3600.0, longest_after_s=1800.0,
    )  # fmt: skip


def weighed(found: PlanFinding, _: Findings) -> PlanFinding:
    return changed(found, table={"weights": {"80+": 2.0}}, unit="merit")


def by_years(found: PlanFinding, _: Findings) -> PlanFinding:
    n = found.plan.sites_needed
    people = found.plan.people_gained
    phases = PhasedPlan(
        years=(2027, 2028), opens=np.minimum(np.arange(n) // 3, 1), opened=np.array([3, n - 3]),
        build_spent=np.array([300, 100 * (n - 3)]), running_spent=np.array([30, 10 * n]),
        budget=np.array([400, 1000]), money_left=np.array([70, 500]), carry_over=True,
        people_by_year=np.array([people / 2, people]), worth_by_year=np.array([people / 2, people]),
        unphased_ids=found.plan.site_ids, unphased_people=people + 100.0,
        unphased_worth=people + 100.0, unphased_bound=people + 100.0, unphased_proven=True,
    )  # fmt: skip
    budget = BudgetTable(site=100, yearly=10, by_year={"2027": 400, "2028": 1000})
    found = changed(
        found, table={"years": (2027, 2028), "budget": budget, "sites": None}, phases=phases,
        unit="people_years", sites_asked=None,
    )  # fmt: skip
    left_out = replace(found.talk, frontier=None, nested=())
    return replace(found, stability=None, talk=left_out)


def crowded(found: PlanFinding, findings: Findings) -> PlanFinding:
    n, n_demand = found.plan.sites_needed, len(findings.demand.xy_m)
    ids = [findings.facilities.ids[r] for r in findings.facilities.rows_of(found.plan.kind)[:3]]
    relief = tuple(
        Relief(facility_id=one, reach=500.0, capacity=100.0, away_before=away, away_after=away / 4)
        for one, away in zip(ids, (400.0, 80.0, 0.0), strict=True)
    )
    flow = np.zeros(n_demand)
    served = ServedPlan(
        people_before=1000.0, people_after=1600.0, people_total=found.plan.people_total,
        capacity_before=1000.0, capacity_after=1600.0, by_site=np.full(n, 600.0 / n),
        reached_unserved_before=480.0, reached_unserved_after=120.0, relief=relief,
        served_before=flow, served_after=flow.copy(), relieved=flow.copy(),
    )  # fmt: skip
    return changed(found, table={"capacity": True}, served=served, objective=600.0, bound=600.0)


def scenarios(found: PlanFinding, _: Findings) -> PlanFinding:
    total = found.plan.people_total
    robust = RobustPlan(
        aim="worst", names=("base", "speed 0.7"), chances=(1, 3),
        people_total=np.full(2, total), people_before=np.array([0.6, 0.4]) * total,
        people_gained=np.array([0.1, 0.05]) * total,
    )  # fmt: skip
    found = changed(found, table={"robust": "worst"}, robust=robust)
    return replace(found, stability=None)


def moved(found: PlanFinding, findings: Findings) -> PlanFinding:
    plan = found.plan
    rows = findings.facilities.rows_of(plan.kind)[:3]
    ids = tuple(findings.facilities.ids[row] for row in rows)
    moves = Moves(
        new_ids=plan.site_ids, kept_ids=ids[1:], closed_ids=ids[:1], may_stay_ids=(),
        gain_people=plan.gain_people, unique_people=plan.unique_people,
        people_today=plan.people_before + 50.0, people_kept=plan.people_before,
        people_after=plan.people_after, people_lost=50.0, people_gained=plan.people_gained,
        walk_kept_s=900.0, longest_kept_s=900.0, walk_after_s=600.0, longest_after_s=600.0,
    )  # fmt: skip
    found = changed(found, table={"close_at_most": 2}, sites_asked=None)
    left_out = replace(found.talk, frontier=None, nested=())
    return replace(found, moves=moves, stability=None, talk=left_out)


def two_tiers(found: PlanFinding, findings: Findings) -> PlanFinding:
    n = found.plan.sites_needed
    centres = (findings.facilities.ids[0],) * 2 + (findings.facilities.ids[1],) * (n - 2)
    return changed(found, table={"rule": (RuleTable(lead="care_centre"),)},
                   led=LedPlan(centre_ids=centres, new_centre_ids=()))  # fmt: skip


def interrupted(found: PlanFinding, _: Findings) -> PlanFinding:
    return changed(found, table={}, status="time limit", gap=0.02, bound=found.plan.bound * 1.02,
                   repeatable=False, interrupted=True)  # fmt: skip


def unbounded(found: PlanFinding, _: Findings) -> PlanFinding:
    return changed(found, table={}, status="time limit", gap=float("inf"), bound=float("inf"),
                   repeatable=False)  # fmt: skip


def generated(found: PlanFinding, _: Findings) -> PlanFinding:
    kept = found.screening.candidates
    made = np.zeros(len(kept), np.bool_)
    made[found.plan.chosen[:2]] = True
    place = (Fault("candidates.verify_place"),)
    to_verify = tuple(
        place if own else said for own, said in zip(made, kept.to_verify, strict=True)
    )
    candidates = replace(kept, generated=made, to_verify=to_verify)
    found = replace(found, screening=replace(found.screening, candidates=candidates))
    return changed(found, table={"generate": "grid", "spacing_m": 250.0})


MADE: tuple[Made, ...] = (
    plain, fewest, cheapest, walking, longest, weighed, by_years, crowded, scenarios, moved,
    two_tiers, interrupted, unbounded, generated,
)  # fmt: skip


def with_plan(findings: Findings, made: Made) -> Findings:
    return replace(findings, plans=(made(findings.plans[0], findings),))


def texts_of(outline: Outline, *, cells: bool = True) -> list[str]:
    said = [p.text for p in outline.summary.paragraphs]
    said += [value for pair in outline.summary.figures for value in pair]
    for block in outline.blocks:
        if isinstance(block, Heading | Paragraph):
            said.append(block.text)
        elif isinstance(block, Listing):
            said += [item.text for item in block.items]
        elif isinstance(block, Grid) and cells:
            said += [block.caption, *block.headers, *block.notes]
            said += [cell for row in block.rows for cell in row]
        elif isinstance(block, Figure):
            said.append(block.caption)
    return said


# --- every question


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_every_question_has_a_whole_report_in_both_languages(findings, made) -> None:
    asked = with_plan(findings, made)
    found = {}
    for language in LANGUAGES:
        outline = build_outline(asked, language=language)
        said = texts_of(outline)
        assert not [t for t in said if "{" in t or "nan" in re.split(r"\W", t)]
        assert not [t for t in said if "inf" in re.split(r"\W", t)]
        whole = "\n".join(said)
        assert ("最优性：" if language == "zh" else "Optimality: ") in whole
        sentences = "\n".join(texts_of(outline, cells=False))
        found[language] = sorted(re.findall(r"\d[\d,]*(?:\.\d+)?%", sentences))
        for _, table in plan_sheets(asked, language, plan=0):
            assert table.rows and table.texts() and table.title and table.note
        proof_table(asked, language)
    assert found["zh"] == found["en"]


@pytest.mark.parametrize(
    ("made", "aim", "zh", "en"),
    [
        (plain, "people", "覆盖更多的人", "covers more people"),
        (weighed, "merit", "使加权人数更多", "covers more people as weighted"),
        (fewest, "sites", "用更少的点位达到要求", "with fewer sites"),
        (cheapest, "money", "用更少的费用达到要求", "for less money"),
        (walking, "person_seconds", "使步行合计更少", "takes less walking"),
        (longest, "seconds", "使最远的人走得更近", "longest walk shorter"),
        (by_years, "people_years", "使各年覆盖人数之和更多", "summed over the years"),
        (crowded, "served", "服务到更多的人", "serves more people"),
        (scenarios, "worst", "使最不利情景下的覆盖人数更多", "in the worst scenario"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_the_proof_speaks_of_what_was_asked(findings, made, aim, zh, en) -> None:
    asked = with_plan(findings, made)
    found = asked.plans[0]
    assert aim_of(found) == aim
    for language, wanted in (("zh", zh), ("en", en)):
        facts = Facts.of(asked, language)
        assert better(facts, found) in proof_text(facts, found)
        assert wanted in proof_text(facts, found)
        # The same aim names what another plan lacks, and what none can beat.
        assert amount(facts, aim, 7200.0) in worse(facts, found, 7200.0)
        assert at_best(facts, found)


def test_a_bound_is_rounded_so_that_it_holds(findings) -> None:
    facts = Facts.of(findings, "en")
    found = findings.plans[0]
    more = replace(found, plan=replace(found.plan, bound=100.4))
    assert "101 people" in at_best(facts, more)
    whole = replace(found, plan=replace(found.plan, bound=100.0000000001))
    assert "100 people" in at_best(facts, whole)
    far = longest(found, findings)
    far = replace(far, plan=replace(far.plan, bound=1799.0))
    assert "29.9 minutes" in at_best(facts, far)
    dear = cheapest(found, findings)
    dear = replace(dear, plan=replace(dear.plan, bound=1234.9))
    assert "1,234 yuan" in at_best(facts, dear)


def test_rounding_is_never_said_to_be_nothing(findings) -> None:
    found = findings.plans[0]
    tiny = replace(found, plan=replace(found.plan, rounding=0.0004))
    assert "不超过0.01人" in proof_text(Facts.of(findings, "zh"), tiny)


def test_the_limits_of_the_search_are_named(findings) -> None:
    found = findings.plans[0]
    facts = Facts.of(findings, "zh")
    assert limits(facts, found) == "52处备选点位（最多选8处）"
    table = replace(
        found.table, budget=BudgetTable(site=1, total=500_000), rule=(RuleTable(spacing_m=300.0),)
    )
    plan = replace(found.plan, sites_asked=None)
    money = replace(found, table=table, plan=plan)
    said = limits(facts, money)
    assert "500,000元" in said and "遵守全部要求" in said and "最多选" not in said
    # Rules that only turn premises down are no demand on the plan.
    screened = replace(found.table, rule=(RuleTable(hazard="h.geojson", hazard_m=5.0),))
    assert "遵守" not in limits(facts, replace(found, table=screened))


# --- what a plan does


def test_both_shares_are_stated(findings) -> None:
    asked = with_plan(findings, cheapest)
    found = asked.plans[0]
    said = effect_text(Facts.of(asked, "zh"), found)
    plan = found.plan
    assert f"占全部的{100 * plan.people_after / plan.people_total:.1f}%" in said
    assert f"的{100 * plan.people_after / plan.people_reachable:.1f}%" in said
    assert "要求可到达的" in said and "80.0%" in said


def test_walks_are_told_before_and_after(findings) -> None:
    asked = with_plan(findings, walking)
    said = effect_text(Facts.of(asked, "zh"), asked.plans[0])
    hours = 180.0 * asked.plans[0].plan.people_total / 3600.0
    assert "13.0分钟变为10.0分钟" in said and f"约{hours:,.0f}人时" in said
    asked = with_plan(findings, longest)
    assert "由超过60分钟变为30.0分钟" in effect_text(Facts.of(asked, "zh"), asked.plans[0])


def test_years_places_scenarios_and_moves_are_told(findings) -> None:
    def said(made: Made) -> str:
        asked = with_plan(findings, made)
        return effect_text(Facts.of(asked, "zh"), asked.plans[0])

    assert "2027年3处、2028年5处" in said(by_years)
    gained = findings.plans[0].plan.people_gained
    gap = np.ceil(1e4 * 100.0 / (gained + 100.0)) / 100
    assert f"最后一年少{gap:.2f}%" in said(by_years)
    assert "约1,000人（4.0%）变为约1,600人（6.4%）" in said(crowded)
    assert "45.0%至70.0%" in said(scenarios) and "步速0.7" in said(scenarios)
    assert "方案关闭1处" in said(moved) and "失去约50人" in said(moved)


def test_closing_counts_from_today(findings) -> None:
    asked = with_plan(findings, moved)
    found = asked.plans[0]
    plan, moves = found.plan, found.moves
    said = effect_text(Facts.of(asked, "zh"), found)
    today, after = (x / plan.people_total for x in (moves.people_today, moves.people_after))
    assert f"由{100 * today:.1f}%提高到{100 * after:.1f}%" in said
    table = alternatives_table(asked, "zh")
    assert table.column("gain")[0] == pytest.approx(moves.people_after - moves.people_today)
    assert table.column("share_after")[0] == pytest.approx(after)
    # The models count from what must stay, 50 people below today.
    other = plan.alternatives[0].people_gained - 50.0
    assert table.column("gain")[1] == pytest.approx(other)
    assert table.column("share_after")[1] == pytest.approx(
        (moves.people_today + other) / plan.people_total
    )
    proof = dict(row[:2] for row in proof_table(asked, "en").rows)
    shares = [value for name, value in proof.items() if "overage" in name or "hare" in name]
    assert round(100 * today, 2) in shares
    assert moves.closed_ids[0] in recommend_text(Facts.of(asked, "zh"), found)


def test_a_plan_that_adds_nobody_says_so(findings) -> None:
    found = walking(findings.plans[0], findings)
    same = replace(found, plan=replace(found.plan, people_gained=0.0))
    assert "不变" in effect_text(Facts.of(findings, "zh"), same)
    lost = moved(findings.plans[0], findings)
    lost = replace(lost, moves=replace(lost.moves, people_after=lost.moves.people_today - 500.0))
    said = effect_text(Facts.of(findings, "zh"), lost)
    assert "减少约500人" in said and "降为" in said and "提高" not in said


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"question": "fewest_sites"}, "现状已达到所提要求"),
        ({"status": "time limit"}, "不等于不存在"),
        ({"people_reachable": 0.0}, "没有能够新增覆盖人口的点位"),
        ({}, "没有能使结果更好的方案"),
    ],
)
def test_no_site_is_explained_and_its_proof_stands(findings, changes, wanted) -> None:
    first, none = findings.plans[0], np.zeros(0)
    plan = replace(
        first.plan, chosen=np.zeros(0, np.int64), site_ids=(), gain_people=none,
        site_cost=np.zeros(0, np.int64), unique_people=none, loss_if_vetoed=none, veto_status=(),
        runner_up=(), alternatives=(), people_gained=0.0, **changes,
    )  # fmt: skip
    empty = replace(findings, plans=(replace(first, plan=plan, chosen=np.zeros(0, np.int64)),))
    outline = build_outline(empty, language="zh")
    summary = "\n".join(p.text for p in outline.summary.paragraphs)
    assert wanted in summary and "最优性：" in summary


def test_an_interrupted_plan_says_who_stopped_it(findings) -> None:
    asked = with_plan(findings, interrupted)
    facts = Facts.of(asked, "zh")
    said = proof_text(facts, asked.plans[0])
    assert "差距不超过2.00%" in said and "人为提前停止" in said and "已证明" not in said
    whole = "\n".join(texts_of(build_outline(asked, language="zh")))
    assert "列出的是当时最好的方案" in whole
    asked = with_plan(findings, unbounded)
    assert "差距未知" in proof_text(Facts.of(asked, "zh"), asked.plans[0])


# --- sections and tables


def heads(findings: Findings, language: Language = "zh") -> list[str]:
    outline = build_outline(findings, language=language)
    return [b.text for b in outline.blocks if isinstance(b, Heading)]


def test_sections_stand_where_there_is_something_to_say(findings) -> None:
    own = "".join(heads(findings))
    assert all(name in own for name in ("数量与效果", "相近方案", "各项要求的代价", "够不到的人"))
    assert not any(name in own for name in ("容量与疏解", "关闭与搬迁", "新增点位的中心"))
    assert "容量与疏解" in "".join(heads(with_plan(findings, crowded)))
    assert "关闭与搬迁" in "".join(heads(with_plan(findings, moved)))
    assert "中心带站" in "".join(heads(with_plan(findings, two_tiers))).replace(
        "（中心带站）", "", 1
    )
    assert "数量与效果" not in "".join(heads(with_plan(findings, by_years)))


def test_robustness_is_only_said_to_be_missing_where_nothing_was_tried(findings) -> None:
    missing = "未测算步速、人口变化时方案的稳健性"
    assert missing not in "\n".join(texts_of(build_outline(findings, language="zh")))
    none = replace(findings.plans[0], stability=None)
    untried = replace(findings, plans=(none,))
    assert missing in "\n".join(texts_of(build_outline(untried, language="zh")))
    assert missing not in "\n".join(
        texts_of(build_outline(with_plan(findings, scenarios), language="zh"))
    )


def test_the_short_frontier_holds_the_recommended_plan(findings) -> None:
    outline = build_outline(findings, language="zh")
    grids = [b for b in outline.blocks if isinstance(b, Grid) and "数量与效果" in b.caption]
    shown = {row[0]: row for row in grids[0].rows}
    assert {"1", "8", "9", "16"} <= set(shown) and len(shown) <= 12
    plan = findings.plans[0].plan
    assert shown["8"][2] == f"{100 * plan.people_after / plan.people_total:.1f}%"
    more = findings.plans[0].talk.frontier.people_inside
    said = "\n".join(texts_of(outline))
    assert f"从8处增加到9处，最好的方案再多覆盖约{more[8] - more[7]:,.0f}人" in said


def test_money_ties_in_the_schedule(findings) -> None:
    asked = with_plan(findings, by_years)
    table = schedule_table(asked, "zh")
    build, running = (sum(table.column(key)) for key in ("build", "running"))
    totals = dict(zip([c.key for c in table.columns], table.total, strict=True))
    assert (totals["build"], totals["running"], totals["budget"]) == (build, running, 1400)
    assert table.column("open") == (3, 8)
    plan = asked.plans[0].plan
    assert table.column("share")[-1] == pytest.approx(plan.people_after / plan.people_total)
    said = "\n".join(texts_of(build_outline(asked, language="zh")))
    assert f"一次性费用合计{build:,}元，运行费用合计{running:,}元" in said
    assert "投资估算、资金来源和运营费用待补充" not in said


def test_overfull_facilities_come_first_and_unknown_rooms_are_no_number(findings) -> None:
    asked = with_plan(findings, crowded)
    one = asked.plans[0].plan.served.relief[1].facility_id
    rooms = findings.facilities.capacity.copy()
    rooms[findings.facilities.ids.index(one)] = np.nan
    asked = replace(asked, facilities=replace(findings.facilities, capacity=rooms))
    table = relief_table(asked, "zh")
    assert table.column("away_before") == (400.0, 80.0, 0.0)
    assert table.column("capacity")[1] == "待补充"
    said = "\n".join(texts_of(build_outline(asked, language="zh")))
    assert "有2处人数超出容量，方案使其中2处得到缓解" in said


def test_other_parts_have_their_tables(findings) -> None:
    asked = with_plan(findings, scenarios)
    assert scenarios_table(asked, "zh").column("chance") == (0.25, 0.75)
    asked = with_plan(findings, moved)
    found = asked.plans[0]
    assert moves_table(asked, "zh").column("site_id") == (
        *found.moves.closed_ids, *found.plan.site_ids,
    )  # fmt: skip
    asked = with_plan(findings, two_tiers)
    assert led_table(asked, "zh").column("leads") == (2, asked.plans[0].plan.sites_needed - 2)
    for make in (schedule_table, relief_table, scenarios_table, moves_table, led_table):
        assert make(findings, "zh").rows == ()


def test_rules_for_premises_are_in_the_unit_of_their_own_question(findings) -> None:
    cost = RuleCost(rule="min_floor_area_m2", rejected=2, objective_with=5.0, gain=1.0,
                    gain_at_most=1.0, status="optimal")  # fmt: skip
    found = replace(by_years(findings.plans[0], findings), rule_costs=(cost,))
    asked = replace(findings, plans=(found,))
    assert turned_down_table(asked, "en").columns[2].unit == "people"
    assert rules_table(asked, "en").columns[2].unit == "person-years"
    assert "left aside" in turned_down_table(asked, "en").note


def test_stability_where_there_is_no_plan_or_it_falls_short(findings) -> None:
    found = fewest(findings.plans[0], findings)
    tried = found.stability
    best, kept = tried.best.copy(), tried.kept.copy()
    best[0], kept[0], kept[1] = np.nan, np.nan, np.inf
    status = ("infeasible", *tried.status[1:])
    changed = replace(tried, best=best, kept=kept, status=status, unit="sites")
    asked = replace(findings, plans=(replace(found, stability=changed),))
    table = stability_table(asked, "zh")
    assert table.rows[0][1:6] == ("—",) * 5 or "—" in table.texts()[0][3]
    assert table.column("kept")[1] == "达不到要求"
    said = robust_text(Facts.of(asked, "zh"), asked.plans[0])
    assert "在另外4种假设下" in said and "在其中1种假设下达不到要求" in said
    assert "另有1种假设下没有得出满足要求的方案" in said


def test_a_site_that_cannot_be_spared_is_the_hardest(findings) -> None:
    found = findings.plans[0]
    loss = found.plan.loss_if_vetoed.copy()
    loss[2], loss[3] = np.inf, 0.0
    status = ("optimal", "optimal", "needed", *found.plan.veto_status[3:])
    equal = replace(found.plan.alternatives[0], objective=found.plan.objective)
    plan = replace(found.plan, loss_if_vetoed=loss, veto_status=status,
                   alternatives=(equal, *found.plan.alternatives[1:]))  # fmt: skip
    asked = replace(findings, plans=(replace(found, plan=plan),))
    said = "\n".join(texts_of(build_outline(asked, language="zh")))
    assert f"{plan.site_ids[2]}不可缺少" in said and "最难替代" not in said
    assert "没有该点，任何方案都不能满足全部要求" in said
    # What is as good is not turned down.
    assert "与推荐方案一样好，可与之互换" in said and "一样好，不予推荐" not in said


# --- candidates


def test_generated_candidates_are_named_as_such(findings) -> None:
    asked = with_plan(findings, generated)
    found = asked.plans[0]
    outline = build_outline(asked, language="zh")
    said = "\n".join(texts_of(outline))
    n_given = len(found.screening.candidates) - 2 + len(found.screening.rejected)
    assert f"共{n_given}处用房" in said and "沿街道生成备选点2处（间距250米）" in said
    # What is only a street is told once, and is no premises with something unknown.
    assert "推荐点位中2处是街道上的点" in said and "推荐点位中1处的用房资料不全" in said
    assert screening_table(asked, "zh").column("verdict").count("街道上的点，无场所资料") == 2
    grids = {b.caption: b for b in outline.blocks if isinstance(b, Grid)}
    assert [r[0] for r in grids["街道上的备选点（无场所资料）"].rows] == [
        i for i in found.screening.candidates.ids if i in found.plan.site_ids[:2]
    ]
    accepted = grids["通过筛选的备选点位"].rows
    assert not {row[0] for row in accepted} & set(found.plan.site_ids[:2])


def test_two_questions_of_one_kind_are_numbered(findings) -> None:
    first = findings.plans[0]
    two = replace(findings, plans=(first, fewest(first, findings)))
    said = "".join(heads(two))
    assert "养老服务站（问题1）：覆盖与新增人口" in said
    assert "养老服务站（问题2）：覆盖与新增人口" in said
    leads = [p.lead for p in build_outline(two, language="zh").summary.paragraphs]
    assert "养老服务站（问题2）" in leads
