"""Scorecard in tables and the report: nothing unknown is printed as a figure."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from quarterhour.cover.case import Case
from quarterhour.cover.scorecard.scoring import score
from quarterhour.findings import Findings
from quarterhour.inputs.indicators import FIELDS, Indicators
from quarterhour.pipeline import StudyRun
from quarterhour.report.build.scorecard import (
    missing_table,
    pairs_table,
    scorecard_areas_table,
    scorecard_sheets,
    scorecard_table,
    storeys_table,
    targets_table,
)
from quarterhour.report.chapters.scorecard import add_scorecard
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Grid, Paragraph
from quarterhour.words import LANGUAGES, Words
from test_words import CHINESE

LACKING = {"nursing_beds", "villages"}


def scored(found: Findings, **more) -> Findings:
    case = Case(
        found.network, found.facilities, found.demand, found.areas, found.study.walker("elder"),
        minutes=found.coverage.minutes,
    )  # fmt: skip
    n = len(found.areas.names)
    told = {f: np.full(n, 10.0 + k) for k, f in enumerate(FIELDS)}
    told |= {"communities": np.full(n, 100.0)} | {f: np.full(n, np.nan) for f in LACKING}
    indicators = Indicators(areas=found.areas.names, **told)
    mask = np.stack([found.cannot_say(kind) for kind in found.coverage.kinds])
    given = {"indicators": indicators, "preset": "shapingba", "year": 2026} | more
    return replace(found, scorecard=score(case, found.coverage, withheld=mask, **given))


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    """Return the small demo with a scorecard; some columns are unknown."""
    return scored(small_run.findings)


def test_every_indicator_has_a_row_and_unknown_ones_no_figure(findings: Findings):
    table = scorecard_table(findings, "zh")
    assert len(table.rows) == len(findings.scorecard.indicators)
    for one, value, verdict, missing in zip(
        findings.scorecard.indicators, table.column("value"), table.column("verdict"),
        table.column("missing"), strict=True,
    ):  # fmt: skip
        if np.isnan(one.value):
            assert (value, verdict) == ("待补充", "无法判定")
            assert str(missing).startswith("待补充：")
    nursing = findings.scorecard.row("spb_nursing_share")
    assert table.column("missing")[nursing] == "待补充：indicators.xlsx“护理型床位”"
    # 22 towns and subdistricts with 11 communities each that have a facility, of 100.
    communities = findings.scorecard.row("spb_admin_communities")
    assert table.rows[communities][7:10] == (242, 2200, "11.0%")
    assert table.column("target")[communities] == ">95.0%（2025年，目标年已过）"


def test_areas_that_cannot_say_give_no_share(findings: Findings):
    table = scorecard_areas_table(findings, "zh")
    names, held = findings.areas.names, findings.cannot_say("any")
    assert held.any()
    for name, withheld, cell, radius in zip(
        names, held, table.column("walk_any"), table.column("policy_radius_any"), strict=False
    ):
        assert (cell == "路网数据不足") == withheld, name
        assert isinstance(radius, float)
    towns = [k == "town" for k in findings.areas.kinds]
    cells = table.column("town_cover")[: len(names)]
    assert [c != "—" for c in cells] == towns
    assert names[int(np.flatnonzero(held)[0])] in table.note
    assert len({c.key for c in table.columns}) == len(table.columns)


def test_what_is_missing_is_listed_once_with_who_holds_it(findings: Findings):
    table = missing_table(findings, "zh")
    assert len(set(table.column("what"))) == len(table.rows)
    rows = {row[0]: row for row in table.rows}
    nursing = rows["indicators.xlsx“护理型床位”"]
    assert nursing[1] == "区民政局" and "养老机构护理型养老床位占比" in nursing[2]
    assert rows["居住用地图层"][1] == "区规划和自然资源局"


def test_pairs_and_storeys(findings: Findings):
    pairs = pairs_table(findings, "zh")
    for rate, share, difference in zip(
        pairs.column("rate"), pairs.column("share"), pairs.column("difference"), strict=True
    ):
        if isinstance(rate, float):
            assert difference == pytest.approx(100 * (rate - share))
        else:
            assert difference == "待补充"
    storeys = storeys_table(findings, "zh")
    assert storeys.column("id") == findings.facilities.ids
    assert set(storeys.column("jgj_450")) <= {"达标", "未达标", "无法判定"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("more", [{}, {"indicators": None, "preset": "", "year": None}])
def test_sheets_and_section_in_both_languages(small_run: StudyRun, language, more):
    found = scored(small_run.findings, **more)
    sheets = scorecard_sheets(found, language)
    assert len({name for name, _ in sheets}) == 5 and all(len(name) <= 31 for name, _ in sheets)
    draft = Draft(language)
    add_scorecard(draft, Facts.of(found, language))
    paragraphs = [b.text for b in draft.blocks if isinstance(b, Paragraph)]
    (grid,) = [b for b in draft.blocks if isinstance(b, Grid)]
    assert len(grid.headers) <= 8 and 1 <= len(paragraphs) <= 2
    assert len(grid.rows) == min(12, len(targets_table(found, language).rows))
    if language == "en":
        shown = [*paragraphs, *grid.headers, *(c.heading for _, t in sheets for c in t.columns)]
        assert not any(CHINESE.search(text) for text in shown)
        cells = [c for _, t in sheets for r in t.rows for c in r if isinstance(c, str)]
        own = {*found.areas.names, *found.facilities.names}
        assert not any(CHINESE.search(cell) for cell in cells if cell not in own)


def test_the_section_says_what_is_met_and_the_finding(findings: Findings):
    draft = Draft("zh")
    add_scorecard(draft, Facts.of(findings, "zh"))
    counts, finding = [b.text for b in draft.blocks if isinstance(b, Paragraph)]
    aimed = [i for i in findings.scorecard.indicators if np.isfinite(i.target)]
    met = sum(i.verdict == "met" for i in aimed)
    assert f"有目标的指标{len(aimed)}项：达标{met}项" in counts
    assert Words("zh")("scorecard.s_missing") in counts
    # The plan of the demo is for care stations: their administrative rate stands beside the walk.
    share = findings.coverage.share("care_station")
    pair = next(p for p in findings.scorecard.pairs if "care_station" in p.kinds)
    assert np.isfinite(pair.difference) and share <= pair.share
    assert f"{100 * pair.rate:.1f}%" in finding and f"{100 * pair.share:.1f}%" in finding
    assert "个百分点" in finding and "不互相评分" in finding


def sheet(folder: Path, name: str) -> dict[str, list[object]]:
    """Return the columns of a workbook by their headings."""
    page = openpyxl.load_workbook(folder / name).worksheets[0]
    head, *rows = page.iter_rows(values_only=True)
    return {str(h): [row[n] for row in rows] for n, h in enumerate(head) if h}


def test_figures_are_those_of_the_planner_s_own_workbooks(small_run: StudyRun, small_study: Path):
    """Reckon the demo's indicators from its files as a planner would with a calculator."""
    told = sheet(small_study.parent, "indicators.xlsx")
    people = sheet(small_study.parent, "residents.xlsx")
    listed = sheet(small_study.parent, "facilities.xlsx")

    def total(column: str) -> float:
        numbers = [v for v in told[column] if isinstance(v, int | float)]
        return sum(numbers) if len(numbers) == len(told[column]) else float("nan")

    elders, everybody = sum(people["60岁及以上"]), sum(people["常住人口"])  # type: ignore[arg-type]
    there = [
        kind for kind, state, year in zip(listed["类别"], listed["状态"], listed["建成年份"],
                                          strict=True)
        if state != "规划" or (isinstance(year, int) and year <= 2026)
    ]  # fmt: skip
    own = there.count("养老服务站") + there.count("互助养老点")
    wanted = {
        "admin_facilities": own / total("社区数"),
        "admin_communities": total("有设施社区数") / total("社区数"),
        "study_beds_per_1000": 1000 * total("床位") / elders,
        "nursing_share_2025": total("护理型床位") / total("床位"),
        "study_service_floor_per_100": 100
        * total("社区综合服务设施面积（平方米）")
        / total("户数"),
        "land_per_person_gb": total("养老服务设施用地（平方米）") / everybody,
    }
    assert own > 0
    card = small_run.findings.scorecard
    found = {key: card.of(key).value for key in wanted}
    assert found == pytest.approx(wanted, nan_ok=True)
    assert sum(np.isfinite(v) for v in found.values()) >= 3
    assert card.of("walk_any").denominator == pytest.approx(elders)
