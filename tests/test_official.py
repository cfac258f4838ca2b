"""The tables of plan documents: their columns, and that every sum ties to what was found."""

import csv
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from quarterhour.cover import assess_cover
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import Facilities
from quarterhour.pipeline import StudyRun
from quarterhour.report import build, write_sites, write_tables
from quarterhour.report.columns import Table
from quarterhour.report.official import (
    annual_table,
    argument_table,
    comparison_table,
    facilities_table,
    indicators_table,
    official_sheets,
    planned_table,
    project_table,
    status_table,
    write_csv,
    write_figures,
)
from quarterhour.report.official.indicators import paired
from quarterhour.report.official.reached import reached_by
from quarterhour.siting.phases.plan import PhasedPlan
from quarterhour.studytables import BudgetTable
from quarterhour.wording import MISSING, percent
from quarterhour.words import LANGUAGES, Language

# The columns of the plan documents, in their order (what stands beside them is asked for apart).
COLUMNS = {
    "facilities": [
        "序号", "设施名称", "类别", "级别", "所在镇街", "所在社区（村）", "地址", "建成年份",
        "设置方式", "用地面积（㎡）", "建筑面积（㎡）", "楼层/电梯", "床位（张）",
        "助餐能力（客/日）", "15分钟内老年人口（就近）（人）", "运营状况", "备注",
    ],
    "status": [
        "所在镇街", "常住人口（人）", "60岁及以上（人）", "80岁及以上（人）", "社区（村）数（个）",
        "已有设施社区（村）数（个）", "覆盖率（社区口径）", "15分钟覆盖老年人口（人）",
        "覆盖率（人口口径）", "每百户建筑面积（㎡）", "达标与否", "缺口：未设设施社区（处）",
        "缺口：建筑面积（㎡）", "缺口：床位（张）",
    ],
    "planned": [
        "序号", "编号（与图一致）", "设施名称", "类别", "级别", "所在镇街", "所在社区（村）",
        "建设方式", "用地性质及代码", "用地面积（㎡）", "建筑面积（㎡）", "床位（张）",
        "助餐能力（客/日）", "服务人口（人）", "新增覆盖老年人口（人）", "建设时序", "依据与备注",
    ],
    "projects": [
        "序号", "项目名称", "建设地点", "建设性质", "建设规模及主要内容", "投资估算（万元）",
        "资金来源", "责任单位", "建设年限", "进展状态", "备注",
    ],
    "argument": ["论证内容", "分项", "主要结论", "依据/资料来源"],
}  # fmt: skip
LACKING = "待补充"


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    """Return the findings of the small demo."""
    return small_run.findings


@pytest.fixture(scope="module")
def paid(findings: Findings) -> Findings:
    """Return the findings with two years and money: 30 x 10,000 yuan a site, 2 a year to run."""
    found = findings.plans[0]
    n = len(found.chosen)
    opens = np.repeat([0, 1], [n - n // 2, n // 2]).astype(np.int64)
    opened = np.bincount(opens, minlength=2)
    spent, running = opened * 300_000, np.cumsum(opened) * 20_000
    phases = PhasedPlan(
        years=(2027, 2031), opens=opens, opened=opened, build_spent=spent, running_spent=running,
        budget=spent + running, money_left=np.zeros(2, np.int64), carry_over=False,
        people_by_year=np.cumsum(np.bincount(opens, found.plan.gain_people)),
        worth_by_year=np.zeros(2), unphased_ids=(), unphased_people=0.0, unphased_worth=0.0,
        unphased_bound=0.0, unphased_proven=True,
    )  # fmt: skip
    table = replace(found.table, budget=BudgetTable(site=300_000, yearly=20_000))
    return replace(findings, plans=(
        replace(found, table=table, plan=replace(found.plan, phases=phases)),))  # fmt: skip


def of(table: Table, key: str) -> np.ndarray:
    """Return a column as numbers, subtotals left out."""
    return np.array(table.column(key), float)


def total(table: Table, key: str) -> Any:
    """Return the total of a column."""
    assert table.total is not None
    return table.total[[c.key for c in table.columns].index(key)]


def tables(findings: Findings, language: Language) -> Iterator[Table]:
    """Return the seven tables and the list of projects."""
    yield from (table for _, table in official_sheets(findings, language))
    yield annual_table(findings, language)


# --- columns ------------------------------------------------------------------------------------


def test_tables_have_the_columns_of_plan_documents(findings: Findings) -> None:
    made = {t.key.removeprefix("official_"): t for t in tables(findings, "zh")}
    assert list(made) == ["facilities", "status", "planned", "projects", "indicators",
                          "comparison", "argument", "annual"]  # fmt: skip
    for key, wanted in COLUMNS.items():
        headers = [c.header("zh") for c in made[key].columns]
        assert [h for h in headers if h in wanted] == wanted, key
    assert [c.header("zh") for c in made["facilities"].columns][1] == "编号（与图一致）"


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_are_whole_in_both_languages(findings: Findings, language: Language) -> None:
    for table in tables(findings, language):
        headers = [c.header(language) for c in table.columns]
        assert table.title and table.note and table.rows
        assert len(set(headers)) == len(headers), table.key
        assert not [c for row in table.texts() for c in row if c in ("nan", "inf", "")], table.key
        said = "".join(["".join(r) for r in table.texts()] + [table.note])
        assert not [w for w in ("很", "非常", "基本上", "显著") if w in said]


def test_languages_have_the_same_figures(findings: Findings) -> None:
    for zh, en in zip(tables(findings, "zh"), tables(findings, "en"), strict=True):
        for mine, other in zip(zh.rows, en.rows, strict=True):
            assert [c for c in mine if not isinstance(c, str)] == [
                c for c in other if not isinstance(c, str)
            ]


# --- sums ---------------------------------------------------------------------------------------


def test_the_register_ties_to_the_coverage(findings: Findings) -> None:
    table = facilities_table(findings, "zh")
    assert table.column("id") == findings.facilities.ids
    for kind in findings.coverage.kinds[:-1]:
        rows = findings.facilities.rows_of(kind)
        assert of(table, "near")[rows].sum() == pytest.approx(findings.coverage.people(kind).sum())
    assert total(table, "floor_area") == pytest.approx(findings.facilities.floor_area_m2.sum())
    seats = [n for n, k in enumerate(findings.facilities.kinds) if k == "canteen"]
    turns = findings.study.supply.turns["canteen"]
    meals = np.array(table.column("meals"), object)[seats].astype(float)
    np.testing.assert_allclose(meals, findings.facilities.capacity[seats] * turns)
    assert {table.column("beds")[n] for n in seats} == {MISSING}


def test_the_status_ties_to_findings_and_scorecard(findings: Findings) -> None:
    table, card = status_table(findings, "zh"), findings.scorecard
    for key, group in (("people_all", "all"), ("people_60", "60+"), ("people_80", "80+")):
        assert of(table, key).sum() == pytest.approx(findings.summary().residents[group])
        assert total(table, key) == pytest.approx(findings.summary().residents[group])
    summary = findings.summary().of("any")
    assert total(table, "inside") == pytest.approx(summary.within[15])
    assert total(table, "share_people") == pytest.approx(summary.share[15])
    rate = card.of("admin_communities")
    assert total(table, "communities") == rate.denominator
    assert total(table, "communities_with") == rate.numerator
    assert total(table, "share_units") == pytest.approx(rate.value)
    assert total(table, "short_places") == rate.denominator - rate.numerator
    assert total(table, "floor_per_100") == pytest.approx(card.of("care_floor_per_100").value)


def test_what_is_not_supplied_is_said_to_lack(findings: Findings) -> None:
    table = status_table(findings, "zh")
    # The demo sets a target for beds, and none for the floor area of care.
    assert set(table.column("met")) == set(table.column("short_floor")) == {LACKING}
    assert all(not isinstance(c, str) for c in table.column("short_beds"))
    register = facilities_table(findings, "zh")
    assert set(register.column("land")) == set(register.column("community")) == {LACKING}
    assert total(register, "land") == LACKING
    groups = replace(findings.coverage, groups=("all", "60+", "65+", "90+"))
    other = status_table(replace(findings, coverage=groups), "zh")
    assert set(other.column("people_80")) == {LACKING} and total(other, "people_80") == LACKING


def test_a_target_for_floor_area_is_judged_area_by_area(findings: Findings) -> None:
    card = findings.scorecard
    at = card.row("care_floor_per_100")
    floor, homes = card.numerator_by_area[at, :-1], card.denominator_by_area[at, :-1]
    # What one area has to the last digit: that one meets it.
    target = float(np.sort(100 * floor / homes)[len(floor) // 2])
    rows = [
        replace(one, target=target) if one.measure == "care_floor_per_100" else one
        for one in card.indicators
    ]
    asked = replace(findings, scorecard=replace(card, indicators=tuple(rows)))
    table = status_table(asked, "zh")
    met = np.array([said == "达标" for said in table.column("met")])
    np.testing.assert_array_equal(met, 100 * floor / homes >= target)
    assert 0 < met.sum() < len(met)
    short = np.maximum(target * homes / 100 - floor, 0)
    np.testing.assert_allclose(of(table, "short_floor"), short, atol=1e-6)
    assert (short > 1).sum() == (~met).sum()
    assert total(table, "short_floor") == pytest.approx(short.sum())


def test_the_one_table_ties_to_the_plan(findings: Findings) -> None:
    table, plan = planned_table(findings, "zh"), findings.plans[0].plan
    kept, known = len(findings.facilities.ids), len(findings.planned().ids)
    assert table.column("id") == (
        *findings.facilities.ids, *findings.planned().ids, *plan.site_ids
    )  # fmt: skip
    assert table.column("action")[:kept] == ("保留",) * kept
    assert set(table.column("action")[kept : kept + known]) == {LACKING}
    assert table.column("action")[kept + known :] == ("新建",) * len(plan.site_ids)
    gains = table.column("gain")
    assert set(gains[: kept + known]) == {MISSING}
    np.testing.assert_allclose(np.array(gains[kept + known :], float), plan.gain_people)
    assert total(table, "gain") == pytest.approx(plan.people_gained)


def test_people_served_add_up_to_those_covered_once_it_is_built(findings: Findings) -> None:
    table, plan = planned_table(findings, "zh"), findings.plans[0].plan
    serves, ids = table.column("serves"), table.column("id")
    stations = [findings.facilities.ids[n] for n in findings.facilities.rows_of(plan.kind)]
    theirs = [float(s) for s, i in zip(serves, ids, strict=True)
              if i in stations or i in plan.site_ids]  # fmt: skip
    assert sum(theirs) == pytest.approx(plan.people_after)
    assert min(theirs) >= 0


def test_each_serves_those_who_have_it_nearest_once_it_is_built(findings: Findings) -> None:
    """The old and the new walked to anew, as if all of them stood there today."""
    found, f = findings.plans[0], findings.facilities
    stations, sites, p = f.rows_of(found.plan.kind), found.chosen, found.premises
    xy = np.concatenate([f.xy_m[stations], p.xy_m[sites]])
    area = np.concatenate([f.area_index[stations], p.area_index[sites]])
    names = [*(f.ids[n] for n in stations), *found.plan.site_ids]
    together = Facilities.plain(names, [found.plan.kind] * len(names), xy, area)
    elder = findings.study.walker("elder")
    cover = assess_cover(findings.network, together, findings.demand, findings.areas,
                         walkers=[elder], minutes=(15,))  # fmt: skip
    kind = cover.kinds.index(found.plan.kind)
    inside = cover.ms[kind, 0] <= elder.limit_ms(15)
    wanted = np.bincount(
        cover.facility[kind, inside], findings.demand.people_of("60+")[inside], len(names)
    )
    table = planned_table(findings, "zh")
    serves = dict(zip(table.column("id"), table.column("serves"), strict=True))
    np.testing.assert_allclose([float(serves[name]) for name in names], wanted, atol=1e-3)
    assert (wanted[len(stations) :] > found.plan.gain_people + 1).any()


def test_every_group_is_counted_as_the_plan_counts_its_own(findings: Findings) -> None:
    found = findings.plans[0]
    reached = reached_by(findings, found)
    lead = reached.groups.index(findings.lead_group)
    np.testing.assert_array_equal(reached.gained[:, lead], found.plan.gain_people)
    assert (reached.gained[:, reached.groups.index("all")] > found.plan.gain_people).all()
    # Who reaches no facility at all today is told from who reaches one late.
    kind = findings.coverage.kinds.index(found.plan.kind)
    ms, facility = findings.coverage.ms.copy(), findings.coverage.facility.copy()
    late = ms[kind, 0] > findings.study.walker("elder").limit_ms(15)
    ms[kind, 0, late], facility[kind, late] = np.iinfo(ms.dtype).max, -1
    cut_off = replace(findings, coverage=replace(findings.coverage, ms=ms, facility=facility))
    assert late.any()
    np.testing.assert_array_equal(reached_by(cut_off, found).gained, reached.gained)
    # A plan that counts otherwise keeps its own figures; the other groups stay unknown.
    other = replace(found, plan=replace(found.plan, gain_people=found.plan.gain_people + 1.0))
    unknown = reached_by(findings, other)
    assert np.isnan(np.delete(unknown.gained, lead, axis=1)).all()
    assert np.isnan(unknown.nearest).all() and not unknown.taken.any()
    table = annual_table(replace(findings, plans=(other,)), "zh")
    assert set(table.column("gain_80+")) == {MISSING}


def test_the_list_ties_to_the_sheet_of_sites(findings: Findings) -> None:
    table, sites = annual_table(findings, "zh"), build.sites_table(findings, "zh")
    assert table.column("id") == sites.column("site_id")
    np.testing.assert_allclose(of(table, "gain_60+"), of(sites, "gain"))
    assert total(table, "gain_60+") == pytest.approx(total(sites, "gain"))
    assert not table.subtotals and set(table.column("invest")) == {LACKING}
    assert total(table, "invest") == LACKING
    assert set(table.column("progress")) == {"已初步规划但未确定选址"}


def test_money_and_years_add_up(paid: Findings) -> None:
    table, phases = annual_table(paid, "zh"), paid.plans[0].plan.phases
    assert phases is not None and phases.budget is not None
    n, keys = len(phases.opens), [c.key for c in table.columns]
    spent = [table.rows[at][keys.index("invest")] for at in table.subtotals]
    np.testing.assert_allclose(1e4 * np.array(spent, float), phases.build_spent)
    running = np.cumsum([float(table.rows[at][keys.index("yearly")]) for at in table.subtotals])
    assert (1e4 * (np.array(spent, float) + running) <= phases.budget + 1e-6).all()
    assert total(table, "invest") == pytest.approx(sum(spent)) == pytest.approx(n * 30.0)
    gains = [table.rows[at][keys.index("gain_60+")] for at in table.subtotals]
    assert sum(gains) == pytest.approx(total(table, "gain_60+"))
    assert [table.rows[at][0] for at in table.subtotals] == ["2027年小计", "2031年小计"]
    assert set(of(table, "yearly")) == {2.0}
    assert total(table, "per_person") == pytest.approx(3e5 * n / total(table, "gain_60+"))
    for at in table.subtotals:
        row = dict(zip(keys, table.rows[at], strict=True))
        assert row["per_person"] == pytest.approx(1e4 * row["invest"] / row["gain_60+"])
    each = of(table, "per_person") * of(table, "gain_60+")
    np.testing.assert_allclose(each, 300_000.0)
    terms = planned_table(paid, "zh").column("term")[-n:]
    assert set(terms) == {"近期（2027年）", "远期（2031年）"}
    listed = project_table(paid, "zh")
    assert listed.subtotals == table.subtotals and total(listed, "invest") == total(table, "invest")


# --- indicators, alternatives, argument -----------------------------------------------------------


def test_each_rate_has_the_share_of_people_beneath_it(findings: Findings) -> None:
    order = [one.key for one in paired(findings.scorecard.indicators)]
    assert sorted(order) == sorted(one.key for one in findings.scorecard.indicators)
    assert order[order.index("admin_facilities") + 1] == "walk_care_station"
    assert order[order.index("canteen_areas") + 1] == "walk_canteen"
    table, plan = indicators_table(findings, "zh"), findings.plans[0].plan
    row = order.index("walk_care_station")
    assert table.column("value")[row] == percent(plan.people_before / plan.people_total)
    assert table.column("after")[row] == percent(plan.people_after / plan.people_total)
    stations = findings.scorecard.of("admin_stations")
    at = order.index("admin_stations")
    assert table.column("after")[at] == percent(
        (stations.numerator + len(plan.site_ids)) / stations.denominator
    )


def test_targets_stand_in_their_year_alone(findings: Findings) -> None:
    table = indicators_table(findings, "zh")
    ordered = paired(findings.scorecard.indicators)
    for one, cell, late in zip(
        ordered, table.column("in_2030"), table.column("in_2035"), strict=True
    ):
        assert (cell == LACKING) == (one.target_year != 2030), one.key
        assert (late == LACKING) == (one.target_year != 2035), one.key
    assert any(one.target_year == 2030 for one in ordered)


def test_alternatives_and_argument_say_what_the_plan_says(findings: Findings) -> None:
    table, plan = comparison_table(findings, 0, "zh"), findings.plans[0].plan
    rows = {row[1]: row[3:] for row in table.rows}
    gains = [plan.people_gained, *(a.people_gained for a in plan.alternatives[:3])]
    np.testing.assert_allclose(np.array(rows["新增覆盖老年人口"], float), gains)
    assert list(rows["点位数"]) == [len(plan.site_ids)] * 4
    assert set(rows["三条控制线、用地性质"]) == {LACKING}
    argued = {row[1]: row[2] for row in argument_table(findings, 0, "zh").rows}
    before, after = (p / plan.people_total for p in (plan.people_before, plan.people_after))
    assert percent(before) in argued["覆盖效果"] and percent(after) in argued["覆盖效果"]
    assert "个百分点" in argued["覆盖效果"]
    assert list(argued) == [
        "建设必要性", "方案比选", "覆盖效果", "场地条件", "稳健性", "投资", "法规政策",
        "三条控制线和耕地", "国土空间总体规划“一张图”", "专项规划及其他规划", "环境影响",
        "压覆矿产", "地质灾害", "社会稳定", "节能", "用地规模与功能分区",
    ]  # fmt: skip
    settled = ("建设必要性", "方案比选", "覆盖效果", "场地条件", "稳健性")
    assert {argued[one] for one in argued if one not in settled} == {"待核实"}


# --- files --------------------------------------------------------------------------------------


def test_workbooks_and_texts_hold_the_same(paid: Findings, tmp_path: Path) -> None:
    write_tables(paid, tmp_path / "t.xlsx", language="zh")
    write_sites(paid, tmp_path / "s.xlsx", language="zh")
    write_csv(paid, tmp_path / "csv", language="zh")
    assert sorted(p.name for p in (tmp_path / "csv").iterdir()) == [
        "1-facilities.csv", "2-status.csv", "3-planned.csv", "4-projects.csv",
        "5-indicators.csv", "6-comparison.csv", "7-argument.csv",
    ]  # fmt: skip
    for path, (_, table) in zip(
        sorted((tmp_path / "csv").iterdir()), official_sheets(paid, "zh"), strict=True
    ):
        kept = list(csv.reader(path.read_text("utf-8-sig").splitlines()))[1:]
        for mine, theirs in zip([*table.rows, table.total or ()], kept, strict=False):
            for cell, text in zip(mine, theirs, strict=True):
                if not isinstance(cell, str) and np.isfinite(cell):
                    assert float(text) == pytest.approx(cell, abs=1e-6)
    project = project_table(paid, "zh")
    raw = (tmp_path / "csv" / "4-projects.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(raw.decode("utf-8-sig").splitlines()))
    assert read[0] == [c.header("zh") for c in project.columns]
    assert len(read) == 1 + len(project.rows) + 1
    money = read[0].index("投资估算（万元）")
    assert float(read[-1][money]) == pytest.approx(total(project, "invest"))
    with closing(openpyxl.load_workbook(tmp_path / "t.xlsx")) as book:
        sheet = book["表4 年度项目（一张清单）"]
        assert sheet.cell(sheet.max_row, money + 1).value == pytest.approx(float(read[-1][money]))
        assert sheet.cell(sheet.max_row, money + 1).number_format == "#,##0.00"
        sub = sheet.cell(5 + project.subtotals[0], 1)
        assert sub.value == "2027年小计" and sub.font.b and not sheet.cell(5, 1).font.b
    with closing(openpyxl.load_workbook(tmp_path / "s.xlsx")) as book:
        assert book.sheetnames[:3] == ["年度实施项目清单", "说明", "1 推荐点位"]
        assert len(book.sheetnames) <= 7
        annual = book["年度实施项目清单"]
        head = [c.value for c in annual[4]]
        at = head.index("投资估算（万元）")
        assert annual.cell(annual.max_row, at + 1).value == pytest.approx(float(read[-1][money]))


def test_no_text_becomes_a_formula(findings: Findings, tmp_path: Path) -> None:
    f, found = findings.facilities, findings.plans[0]
    evil = '=HYPERLINK("http://evil")'
    premises = replace(found.premises, names=("+1+1", *found.premises.names[1:]),
                       tenure=("@SUM(1)",) * len(found.premises.ids))  # fmt: skip
    wild = replace(
        findings, plans=(replace(found, premises=premises),),
        facilities=replace(f, names=(evil, "\t-2", " =1", *f.names[3:]),
                           status=("-x",) * len(f.ids)),
    )  # fmt: skip
    write_csv(wild, tmp_path, language="en")
    for path in tmp_path.iterdir():
        cells = [c for row in csv.reader(path.read_text("utf-8-sig").splitlines()) for c in row]
        starts = {c.lstrip(" ")[:1] for c in cells if not _number(c)}
        assert not starts & set("=+-@\t\r"), path.name
    rows = list(csv.reader((tmp_path / "1-facilities.csv").read_text("utf-8-sig").splitlines()))
    assert rows[1][2] == f"'{evil}" and rows[3][2] == "' =1"


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_say_what_they_rest_on(
    findings: Findings, language: Language, tmp_path: Path
) -> None:
    write_figures(findings, tmp_path / "f.json", language=language)
    told = json.loads((tmp_path / "f.json").read_text("utf-8"))
    assert [i["sha256"] for i in told["inputs"]] == [s.sha256 for s in findings.sources]
    roles = {i["role"] for i in told["inputs"]}
    card = findings.scorecard
    for row, one in zip(told["indicators"], card.indicators, strict=True):
        known = [row[k] is not None for k in ("numerator", "denominator", "value")]
        assert known == [bool(np.isfinite(v)) for v in (one.numerator, one.denominator, one.value)]
        if all(known) and one.measure != "canteen_least":
            assert row["value"] == pytest.approx(row["factor"] * row["numerator"]
                                                 / row["denominator"])  # fmt: skip
        assert set(row["inputs"]) <= roles and row["mark"]["formula"]
    plan = told["plans"][0]
    assert sum(s["gained"] for s in plan["sites"]) == pytest.approx(plan["people_gained"])
    assert plan["people_after"] == pytest.approx(plan["people_before"] + plan["people_gained"])


def test_the_same_bytes_twice(findings: Findings, tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b"):
        write_csv(findings, folder, language="zh")
        write_figures(findings, folder / "figures.json", language="zh")
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_without_a_question_there_is_no_list(findings: Findings, tmp_path: Path) -> None:
    bare = replace(findings, plans=())
    keys = [table.key for _, table in official_sheets(bare, "zh")]
    assert keys == [f"official_{k}" for k in ("facilities", "status", "planned", "indicators")]
    write_csv(bare, tmp_path, language="zh")
    assert len(list(tmp_path.iterdir())) == 4
