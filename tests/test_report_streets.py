"""Streets on every page: what cannot be said, the network report, step-free walking."""

import ast
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pyogrio
import pytest
from docx import Document

from quarterhour.findings import Findings
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import ANY
from quarterhour.pipeline import StudyRun
from quarterhour.presets import constants
from quarterhour.reach.times import Direction
from quarterhour.report import build, write_layers, write_sites, write_tables
from quarterhour.report.build.streets import FIGURES, SHOWN_ISLANDS
from quarterhour.report.columns import Table
from quarterhour.report.document import build_outline, write_report
from quarterhour.report.facts import Facts, Spread
from quarterhour.report.outline import Grid, Heading, Outline, Paragraph
from quarterhour.streets.grades import INCLINES_SAID
from quarterhour.wording import percent
from quarterhour.words import LANGUAGES, Language, Words

STREETS = Path(__file__).parents[1] / "coverage" / "quarterhour" / "streets"
STATION = "care_station"
DUMB = {"zh": "路网数据不足", "en": "cannot say"}


def flagged(findings: Findings, *cells: tuple[str, int]) -> Findings:
    """Return findings in which just these kinds of areas (by row) cannot say."""
    report = findings.streets_report
    cannot = np.zeros_like(report.completeness.cannot_say)
    for kind, area in cells:
        cannot[report.completeness.kinds.index(kind), area] = True
    judged = replace(report.completeness, cannot_say=cannot)
    return replace(findings, streets_report=replace(report, completeness=judged))


@pytest.fixture(scope="module")
def clear(small_run: StudyRun) -> Findings:
    """Return findings in which every area can say."""
    return flagged(small_run.findings)


@pytest.fixture(scope="module")
def home(clear: Findings) -> int:
    """Return the area of the largest gap of care stations: it is withheld below."""
    gaps = clear.gaps_of(STATION)
    return clear.areas.names.index(next(a for a in gaps.areas if a))


@pytest.fixture(scope="module")
def held(clear: Findings, home: int) -> Findings:
    """Return findings in which one area cannot say of care stations and of any facility."""
    return flagged(clear, (STATION, home), (ANY, home))


def number_column(table: Table, key: str) -> np.ndarray:
    return np.array(table.column(key), float)


def last(table: Table, key: str) -> float:
    assert table.total is not None
    return float(table.total[[c.key for c in table.columns].index(key)])


def said_by(outline: Outline) -> str:
    return "\n".join(b.text for b in outline.blocks if isinstance(b, Paragraph))


def grid_of(outline: Outline, caption: str) -> Grid:
    return next(b for b in outline.blocks if isinstance(b, Grid) and b.caption == caption)


# --- what cannot be said: tables -----------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_area_that_cannot_say_has_no_share_and_keeps_its_people(
    clear: Findings, held: Findings, home: int, language: Language
) -> None:
    table, plain = build.area_table(held, language), build.area_table(clear, language)
    shares = table.column(f"share_{STATION}")
    assert shares[home] == DUMB[language]
    assert [s for n, s in enumerate(shares) if n != home] == [
        s for n, s in enumerate(plain.column(f"share_{STATION}")) if n != home
    ]
    assert table.column("share_canteen") == plain.column("share_canteen")
    assert table.column(f"within_{STATION}") == plain.column(f"within_{STATION}")
    within = number_column(table, f"within_{STATION}")
    assert last(table, f"within_{STATION}") == pytest.approx(within.sum(), abs=1e-6)
    assert last(table, f"share_{STATION}") == pytest.approx(held.coverage.share(STATION))
    assert held.areas.names[home] in table.note
    assert DUMB["zh"] not in plain.note and held.areas.names[home] not in plain.note


def test_shares_that_rest_on_streets_give_way_and_the_radius_stays(
    clear: Findings, held: Findings, home: int
) -> None:
    table = build.area_table(held, "zh", kind=STATION)
    for key in ("share", "share_by_group", "share_policy_walk"):
        assert table.column(key)[home] == DUMB["zh"], key
        assert isinstance(table.column(key)[home - 1], float)
    plain = build.area_table(clear, "zh", kind=STATION)
    assert table.column("share_policy_radius") == plain.column("share_policy_radius")
    assert table.column("beyond") == plain.column("beyond")
    assert "直线半径不依赖路网" in table.note and "直线半径不依赖路网" not in plain.note
    assert build.area_table(held, "zh", kind="canteen") == build.area_table(
        clear, "zh", kind="canteen"
    )


def test_the_long_form_withholds_the_same(clear: Findings, held: Findings, home: int) -> None:
    table, plain = build.cover_long_table(held, "en"), build.cover_long_table(clear, "en")
    area = held.areas.names[home]
    radius = Words("en")("walker.policy_radius")
    kinds = {Words("en")(f"kind.{STATION}"), Words("en")("kind.any")}
    for row, old in zip(table.rows, plain.rows, strict=True):
        assert row[:-1] == old[:-1]
        dumb = row[0] == area and row[1] in kinds and row[2] != radius
        assert (row[-1] == DUMB["en"]) is dumb


def test_gaps_lose_their_cause_and_keep_their_people(
    clear: Findings, held: Findings, home: int
) -> None:
    table, plain = (build.gaps_table(f, "zh", kind=STATION) for f in (held, clear))
    area = held.areas.names[home]
    mine = [a == area for a in table.column("area")]
    assert any(mine) and not all(mine)
    for key in ("cause", "gap_median_min"):
        for cell, old, dumb in zip(table.column(key), plain.column(key), mine, strict=True):
            assert cell == (DUMB["zh"] if dumb else old)
    for key in ("people_60+", "straight_m", "gap"):
        assert table.column(key) == plain.column(key)
    assert table.total == plain.total and area in table.note


def test_sums_over_areas_carry_a_note(clear: Findings, held: Findings, home: int) -> None:
    area = held.areas.names[home]
    for make in (build.coverage_table, build.sites_table, build.alternatives_table,
                 build.proof_table, build.step_free_table, build.bans_table):  # fmt: skip
        assert area in make(held, "zh").note
        assert area not in make(clear, "zh").note
    assert build.coverage_table(held, "zh").rows == build.coverage_table(clear, "zh").rows


def test_a_site_in_such_an_area_is_to_be_verified(clear: Findings) -> None:
    found = clear.plans[0]
    area = int(found.premises.area_index[found.chosen[0]])
    doubt = Words("zh")("table.v_site_cannot_say")
    here = [int(found.premises.area_index[row]) == area for row in found.chosen]
    table = build.sites_table(flagged(clear, (found.plan.kind, area)), "zh")
    assert [doubt in str(cell) for cell in table.column("to_verify")] == here
    assert not any(doubt in str(c) for c in build.sites_table(clear, "zh").column("to_verify"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_forewords_name_the_areas(
    clear: Findings, held: Findings, home: int, language: Language, tmp_path: Path
) -> None:
    words, area = Words(language), held.areas.names[home]
    item = words("table.i_cannot_say")
    assert dict(build.about_table(clear, language).rows)[item] == words("table.v_all_say")
    said = dict(build.about_table(held, language).rows)[item]
    assert area in str(said) and words("report.any_kind") in str(said)
    everything = flagged(clear, *((kind, home) for kind in clear.coverage.kinds))
    assert words("completeness.all_kinds") in str(
        dict(build.about_table(everything, language).rows)[item]
    )
    write_sites(held, tmp_path / "s.xlsx", language=language)
    with closing(openpyxl.load_workbook(tmp_path / "s.xlsx")) as book:
        assert area in " ".join(str(c.value) for row in book[book.sheetnames[0]] for c in row)


# --- what cannot be said: layers -----------------------------------------------------------------


def test_layers_have_no_share_and_a_verdict(held: Findings, home: int, tmp_path: Path) -> None:
    write_layers(held, tmp_path / "l.gpkg", language="zh")
    areas = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="areas")
    dumb = np.arange(len(areas)) == home
    assert (areas[f"verdict_{STATION}"] == np.where(dumb, "cannot_say", "sufficient")).all()
    assert set(areas["verdict_canteen"]) == {"sufficient"}
    assert (areas[f"share15_{STATION}"].isna() == dumb).all()
    assert not areas["share15_canteen"].isna().any()
    assert areas[f"within15_{STATION}"].sum() == pytest.approx(held.coverage.people(STATION).sum())
    gaps = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="gaps")
    gaps = gaps[gaps["kind"] == STATION]
    mine = gaps["area"] == held.areas.names[home]
    assert mine.any() and ((gaps["verdict"] == "cannot_say") == mine).all()
    assert gaps["median_min"][mine].isna().all() and (gaps["cause"][mine] == "").all()
    assert (gaps["cause"][~mine] != "").all()
    notice = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="notice", read_geometry=False)
    assert held.areas.names[home] in "".join(notice["content"])


def test_the_style_hatches_what_cannot_be_said(held: Findings, tmp_path: Path) -> None:
    write_layers(held, tmp_path / "l.gpkg", language="zh")
    styles = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="layer_styles", read_geometry=False)
    areas = styles.loc[styles["f_table_name"] == "areas", "styleQML"].item()
    root = ElementTree.fromstring(areas)
    rules = {r.get("label"): r for r in root.iter("rule") if r.get("filter")}
    assert list(rules) == ["0–50%", "50–80%", "80–100%", DUMB["zh"]]
    rule = rules[DUMB["zh"]]
    assert rule.get("filter") == f"\"verdict_{STATION}\" = 'cannot_say'"
    symbol = next(s for s in root.iter("symbol") if s.get("name") == rule.get("symbol"))
    patterns = [p.get("v") for p in symbol.iter("prop") if p.get("k") == "style"]
    assert patterns == ["f_diagonal"]
    fields = set(pyogrio.read_info(tmp_path / "l.gpkg", layer="areas")["fields"])
    assert set(re.findall(r'"(\w+)"', " ".join(str(r.get("filter")) for r in rules.values()))) <= (
        fields
    )


# --- what cannot be said: the report -------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_page_says_which_areas_cannot_say(
    clear: Findings, held: Findings, home: int, language: Language
) -> None:
    annex = Words(language)("report.h_streets")

    def first(findings: Findings) -> str:
        box = build_outline(findings, language=language).summary
        return "".join(p.text for p in box.paragraphs)

    assert annex not in first(clear)
    said = first(held)
    assert held.areas.names[home] in said and annex in said
    count = "{}个镇街（" if language == "zh" else "speak of coverage: {} ("
    assert count.format(1) in said
    other = 1 if home == 0 else 0
    two = first(flagged(held, (STATION, home), ("canteen", other)))
    assert clear.areas.names[other] in two and count.format(2) in two
    plain = build_outline(replace(clear, plans=()), language=language)
    assert Words(language)("report.streets_suffice") in [p.text for p in plain.summary.paragraphs]


def test_the_worst_area_is_one_that_can_say(clear: Findings) -> None:
    coverage = clear.coverage
    lead = coverage.residents[:-1, coverage.groups.index(coverage.lead_group)]
    order = np.argsort(coverage.people(STATION)[:-1] / lead, kind="stable").tolist()
    assert clear.summary().of(STATION).worst_area == clear.areas.names[order[0]]
    assert clear.summary().of(STATION).areas_withheld == 0
    held = flagged(clear, (STATION, order[0]))
    found = held.summary().of(STATION)
    assert (found.worst_area, found.areas_withheld) == (clear.areas.names[order[1]], 1)
    said = said_by(build_outline(held, language="zh"))
    sentence = re.search(r"分镇街看.*", said)
    assert sentence is not None
    assert clear.areas.names[order[1]] in sentence.group()
    assert clear.areas.names[order[0]] not in sentence.group()
    assert "另有1个镇街路网数据不足，未列入比较。" in sentence.group()
    below = coverage.people(STATION)[:-1] < 0.5 * lead
    assert f"低于50%的镇街有{below.sum() - below[order[0]]}个" in sentence.group()
    assert "未列入比较" not in said_by(build_outline(clear, language="zh"))


def test_where_no_area_can_say_none_is_ranked(clear: Findings) -> None:
    n = len(clear.areas.names)
    dumb = flagged(clear, *((STATION, a) for a in range(n)))
    found = dumb.summary().of(STATION)
    assert (found.worst_area, found.areas_withheld) == ("", n)
    for language in LANGUAGES:
        said = said_by(build_outline(dumb, language=language))
        assert Words(language)("report.worst_none") in said
        assert "inf" not in said and "nan" not in said


def test_fairness_leaves_out_who_cannot_say(clear: Findings) -> None:
    plan = clear.plans[0]
    worst = int(Spread.of(Facts.of(clear, "zh"), plan).rows[0])
    held = flagged(clear, (plan.plan.kind, worst))
    spread = Spread.of(Facts.of(held, "zh"), plan)
    assert worst not in spread.rows and spread.left_out == 1
    outline = build_outline(held, language="zh")
    table = grid_of(outline, Words("zh")("report.t_fairness"))
    assert clear.areas.names[worst] not in [row[0] for row in table.rows]
    # In the gaps, in the section on equity, and in the comparison of plans.
    assert said_by(outline).count("另有1个镇街路网数据不足，未列入比较。") == 3


def test_largest_gaps_are_those_that_can_be_told(held: Findings, home: int) -> None:
    said = said_by(build_outline(held, language="zh"))
    ranked = re.search(r"缺口最大的为.*", said)
    assert ranked is not None and held.areas.names[home] not in ranked.group()
    count = held.gaps_of(STATION).areas.count(held.areas.names[home])
    assert f"路网数据不足的镇街有{count}处集中的未覆盖人口" in said
    assert f"路网数据不足、不判断成因的{count}处" in said


def test_a_kind_without_facilities_is_withheld_where_streets_are_bare(clear: Findings) -> None:
    report = clear.streets_report
    bare = np.zeros_like(report.completeness.bare)
    bare[[1, -1]] = True
    judged = replace(report.completeness, bare=bare)
    found = replace(clear, streets_report=replace(report, completeness=judged))
    assert np.flatnonzero(found.cannot_say("not_there")).tolist() == [1]


# --- the network report ---------------------------------------------------------------------------


def _is_report(node: ast.AST | None) -> bool:
    """Tell whether an expression is a report of a network or what goes into one."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value == "report"
    return (isinstance(node, ast.Attribute) and node.attr == "report") or (
        isinstance(node, ast.Name) and node.id in ("report", "figures")
    )


def _written(tree: ast.AST) -> list[ast.expr]:
    """Return the keys that code writes into reports."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        dicts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef) and node.name in ("count_sources", "mapped_steps"):
            dicts += [n for n in ast.walk(node) if isinstance(n, ast.Dict)]
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            dicts += [node.value for t in targets if _is_report(t)]
            found += [t.slice for t in targets
                      if isinstance(t, ast.Subscript) and _is_report(t.value)]  # fmt: skip
        if isinstance(node, ast.Dict) and any(
            key is None and _is_report(value)
            for key, value in zip(node.keys, node.values, strict=True)
        ):
            dicts.append(node)
        for each in dicts:
            if isinstance(each, ast.Dict):
                found += [key for key in each.keys if key is not None]
            if isinstance(each, ast.DictComp):
                found.append(each.key)
    return found


def _pattern(key: ast.expr) -> str:
    if isinstance(key, ast.JoinedStr):
        return "".join(
            re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in key.values
        )
    assert isinstance(key, ast.Constant), ast.dump(key)
    return re.escape(str(key.value))


def test_every_figure_that_a_reader_can_report_has_words(clear: Findings) -> None:
    known = {key for figures in FIGURES.values() for key in figures}
    patterns = {
        _pattern(key)
        for path in sorted(STREETS.glob("*.py"))
        for key in _written(ast.parse(path.read_text(encoding="utf-8")))
    }
    # The scan sees every reader: one figure of each stands for it.
    assert {"ways_kept", "rows", "graph_edges", "terrain_cover", "stored_edges_outside", "private",
            "edges_taken_out", "stairs_tagged", "stairs_too_steep", "steps_per_m",
            "heights_all_equal", "capped_m", "flat_for_want_of_terrain_m",
            "share_above_.+_percent", "grade_.+_m"} <= patterns  # fmt: skip
    assert [p for p in sorted(patterns) if not any(re.fullmatch(p, k) for k in known)] == []
    flat = set()
    for name, value in clear.network_report.items():
        nested = value if isinstance(value, dict) and name != "ways_dropped" else None
        flat |= {f"{name}__{inner}" for inner in nested} if nested else {name}
    assert flat | {f"inclines_{how}" for how in INCLINES_SAID} <= known
    words = Words("zh")
    assert [k for k in known - {"ways_dropped"} if not words.has(f"table.r_{k}")] == []
    units = {u for figures in FIGURES.values() for u in figures.values() if u}
    assert [u for u in units if not words.has(f"table.u_{u}")] == []
    assert [g for g in FIGURES if not words.has(f"table.g_{g}")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_stand_in_groups_with_units(clear: Findings, language: Language) -> None:
    table, words = build.network_table(clear, language), Words(language)
    items = [str(item) for item in table.column("item")]
    assert len(set(items)) == len(items)
    groups = list(dict.fromkeys(table.column("group_of")))
    assert groups == [words(f"table.g_{g}") for g in FIGURES]
    row = {str(r[1]): r for r in table.rows}
    for key in ("grade_from_lines_m", "grade_from_incline_m", "grade_from_terrain_m",
                "grade_flat_m", "grade_of_stairs_and_lifts_m", "capped_m"):  # fmt: skip
        shown, unit = row[words(f"table.r_{key}")][2:]
        assert unit == words("table.u_m")
        assert shown == pytest.approx(clear.network_report[key], abs=0.5, rel=1e-9)
    assert row[words("table.r_main_part_share")][3] == "%"
    n = sum(len(v) if isinstance(v, dict) else 1 for v in clear.network_report.values())
    assert len(table.rows) == n


def test_a_figure_that_nobody_knows_is_shown_by_its_name(clear: Findings) -> None:
    report = clear.streets_report
    more = {**report.read, "new_figure": 7, "ways_dropped": {"class": 1, "new_reason": 2}}
    table = build.network_table(
        replace(clear, streets_report=replace(report, read=more)), "zh"
    )  # fmt: skip
    assert table.rows[-1] == (Words("zh")("table.g_other"), "new_figure", 7, "—")
    assert "舍弃的道路：new_reason" in table.column("item")


def test_streets_by_area_add_up_and_say_why(held: Findings, home: int) -> None:
    table, report = build.network_areas_table(held, "zh"), held.streets_report
    assert last(table, "street_km") == pytest.approx(report.street_km_by_area.sum())
    assert number_column(table, "street_km").sum() == pytest.approx(last(table, "street_km"))
    assert last(table, "people") == pytest.approx(held.summary().lead_total)
    assert last(table, "people_moved") == pytest.approx(report.people_moved.sum())
    inside = report.street_km_by_area[:-1].sum()
    assert last(table, "km_per_1000") == pytest.approx(
        1000 * inside / report.completeness.people[:-1].sum()
    )
    verdicts, reasons = table.column("streets_verdict"), table.column("streets_reasons")
    assert verdicts[home] == "路网数据不足（养老服务站、任一类设施）"
    assert "直线估算不支持该结论" in str(reasons[home])
    others = [v for n, v in enumerate(verdicts) if n != home]
    assert set(others) <= {"路网可用", "路网存疑，结论可用"}
    assert {r for n, r in enumerate(reasons) if n != home} == {"—"}
    bare = report.completeness.bare.copy()
    bare[home] = True
    judged = replace(report.completeness, bare=bare)
    empty = replace(held, streets_report=replace(report, completeness=judged))
    assert build.network_areas_table(empty, "zh").column("streets_reasons")[home] == (
        "几乎没有街道"
    )


def test_streets_outside_all_areas_have_a_row(clear: Findings) -> None:
    report = clear.streets_report
    km = report.street_km_by_area.copy()
    km[-1] = 3.0
    more = replace(clear, streets_report=replace(report, street_km_by_area=km))
    table = build.network_areas_table(more, "en")
    assert table.column("area")[-1] == Words("en")("table.v_outside")
    assert last(table, "street_km") == pytest.approx(km.sum())
    without = build.network_areas_table(clear, "en")
    assert len(without.rows) == len(clear.areas.names)
    assert last(table, "km_per_km2") == pytest.approx(last(without, "km_per_km2"))


def islands(findings: Findings, count: int) -> Findings:
    """Return findings with so many islands of 2 km and 3 people."""
    report = findings.streets_report
    return replace(findings, streets_report=replace(
        report, part_km=np.array([100.0, *[2.0] * count]),
        part_people=np.array([1000.0, *[3.0] * count]), part_xy_m=np.zeros((count + 1, 2)),
    ))  # fmt: skip


def test_at_most_ten_islands_stand_alone(clear: Findings, tmp_path: Path) -> None:
    table = build.islands_table(islands(clear, SHOWN_ISLANDS + 3), "zh")
    assert len(table.rows) == SHOWN_ISLANDS + 1
    assert table.rows[-1][:3] == ("其余3处", 6.0, 9.0)
    assert (last(table, "km"), last(table, "people")) == (26.0, 39.0)
    assert len(build.islands_table(islands(clear, SHOWN_ISLANDS), "zh").rows) == SHOWN_ISLANDS
    said = said_by(build_outline(islands(clear, SHOWN_ISLANDS + 3), language="zh"))
    assert "列出最长的10处，其余3处合计为一行。" in said
    none = islands(clear, 0)
    assert build.islands_table(none, "zh").rows == ()
    assert Words("zh")("report.net_islands_none") in said_by(build_outline(none, language="zh"))
    write_tables(none, tmp_path / "t.xlsx", language="zh")
    with closing(openpyxl.load_workbook(tmp_path / "t.xlsx")) as book:
        assert "附7-2 孤岛" not in book.sheetnames


# --- step-free walking ---------------------------------------------------------------------------


def test_who_loses_their_way_ties_to_the_step_free_report(clear: Findings) -> None:
    found = clear.step_free
    g = found.groups.index(clear.lead_group)
    for kind in found.kinds:
        table = build.step_free_table(clear, "zh", kind=kind)
        assert len(table.rows) == len(clear.areas.names)
        for minutes in found.minutes:
            lost = found.lost_people(kind, minutes=minutes)[:, g].sum()
            assert last(table, f"lost_{minutes}") == pytest.approx(lost)
        assert last(table, "lost_altogether") == pytest.approx(found.lost_people(kind)[:, g].sum())
        parts = number_column(table, "with_stairs_15") - number_column(table, "step_free_15")
        np.testing.assert_allclose(parts, number_column(table, "lost_15"), atol=1e-6)
        assert last(table, "residents") == pytest.approx(clear.summary().lead_total)
    everything = build.step_free_table(clear, "zh")
    assert everything.total is None
    assert len(everything.rows) == len(found.kinds) * len(clear.areas.names)


def test_facilities_that_lose_their_way_come_first(clear: Findings) -> None:
    table, found = build.step_free_places_table(clear, "en"), clear.step_free
    assert len(table.rows) == len(found.facility_ids)
    n = int(found.lost_facilities.sum())
    assert 0 < n < len(table.rows)
    assert table.column("loses") == ("yes",) * n + ("no",) * (len(table.rows) - n)
    assert set(table.column("state_with_stairs")[:n]) == {"joined"}
    assert "joined" not in table.column("state_step_free")[:n]
    assert set(table.column("name")[:n]) == {
        name for name, lost in zip(found.facility_names, found.lost_facilities, strict=True) if lost
    }


def test_bans_leave_less_and_less(clear: Findings) -> None:
    table, found = build.bans_table(clear, "en", kind=STATION), clear.step_free
    assert [str(c) for c in table.column("case")] == [
        "stairs open (for comparison)", "step-free", "step-free, and none above 8.33%",
        "step-free, and none above 6%",
    ]  # fmt: skip
    for minutes in found.minutes:
        assert (np.diff(number_column(table, f"within_{minutes}")) <= 0).all()
    np.testing.assert_array_equal(number_column(table, "main_share")[1:], found.main_share)
    np.testing.assert_array_equal(number_column(table, "usable_share")[1:], found.usable_share)
    k, g = found.kinds.index(STATION), found.groups.index(clear.lead_group)
    counted = np.stack([found.within_twin, found.within_free, *found.within_ban])[:, k, -1, :, g]
    np.testing.assert_allclose(number_column(table, "within_15"), counted.sum(axis=1))
    everybody = clear.summary().lead_total
    np.testing.assert_allclose(
        number_column(table, "share"), number_column(table, "within_15") / everybody
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_has_a_section_on_walking_without_stairs(
    clear: Findings, language: Language
) -> None:
    outline, words = build_outline(clear, language=language), Words(language)
    said, found = said_by(outline), clear.step_free
    assert words("report.free_assumed") in said and words("report.free_floor") in said
    assert any(isinstance(b, Heading) and words("report.h_step_free") in b.text
               for b in outline.blocks)  # fmt: skip
    by_area = build.step_free_table(clear, language, kind=STATION)
    assert len(grid_of(outline, by_area.title).rows) == len(by_area.rows) + 1
    places = grid_of(outline, words("report.t_free_places"))
    assert len(places.rows) == min(20, int(found.lost_facilities.sum()))
    bans = grid_of(outline, build.bans_table(clear, language, kind=STATION).title)
    assert percent(float(found.main_share[-1])) in bans.rows[-1]


def test_nobody_who_loses_their_way_is_said_so(clear: Findings) -> None:
    found = clear.step_free
    none = replace(
        found, within_free=found.within_twin, reached_free=found.reached_twin,
        facility_state=np.zeros_like(found.facility_state), ban_limit=np.zeros(0),
    )  # fmt: skip
    said = said_by(build_outline(replace(clear, step_free=none), language="zh"))
    assert "没有60岁及以上老年人因不能走台阶" in said
    assert "不走台阶均可与主体路网相通" in said
    assert "如再禁止坡度" not in said


# --- pages and files -----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_files_show_the_annex(held: Findings, language: Language, tmp_path: Path) -> None:
    write_report(held, tmp_path, language=language)
    words, page = Words(language), (tmp_path / "report.html").read_text(encoding="utf-8")
    document = Document(str(tmp_path / "report.docx"))
    cells = {c.text for t in document.tables for row in t.rows for c in row.cells}
    for text in (words("table.r_large_islands"), words("table.g_snapping"), DUMB[language]):
        assert text in page and text in cells
    for key in ("network", "network_areas", "islands"):
        assert words(f"table.t_{key}") in page
        assert any(words(f"table.t_{key}") in p.text for p in document.paragraphs)
    groups = grid_of(build_outline(held, language=language), words("table.t_network")).rows
    named = [row[0] for row in groups if row[0]]
    assert named == [words(f"table.g_{g}") for g in FIGURES]


def test_the_workbook_has_the_sheets(held: Findings, tmp_path: Path) -> None:
    write_tables(held, tmp_path / "t.xlsx", language="zh")
    with closing(openpyxl.load_workbook(tmp_path / "t.xlsx")) as book:
        first = book.sheetnames.index("附7 路网报告")
        assert book.sheetnames[first : first + 6] == [
            "附7 路网报告", "附7-1 路网（分镇街）", "附7-2 孤岛", "附8 无障碍步行",
            "附8-1 设施的无障碍通路", "附8-2 坡度禁行的影响",
        ]  # fmt: skip
        numbers = [name.partition(" ")[0][1:] for name in book.sheetnames if name[0] == "附"]
        chapters = [int(n) for n in numbers if "-" not in n]
        assert chapters == list(range(1, len(chapters) + 1))
        assert [n.partition(" ")[2] for n in book.sheetnames[-2:]] == [
            "数据来源", "待核实的数据问题",
        ]  # fmt: skip
        status = book["附2 现状评价表（分镇街）"]
        assert DUMB["zh"] in [c.value for row in status.iter_rows(min_row=5) for c in row]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sources_are_cited_in_the_language_of_the_page(clear: Findings, language: Language) -> None:
    cited = build.parameters_table(clear, language).column("source")
    for preset in constants().values():
        assert preset.source_in(language) in cited
    translated = [p for p in constants().values() if p.source_zh]
    assert translated
    assert not {p.source_in("en" if language == "zh" else "zh") for p in translated} & set(cited)


@pytest.mark.parametrize("language", LANGUAGES)
def test_named_entrances_are_counted(clear: Findings, language: Language) -> None:
    doors = Entrances(np.array([0, 0, 3], np.int32), np.zeros((3, 2)))
    some = replace(clear, facilities=replace(clear.facilities, entrances=doors))
    name = Words(language)("table.c_entrances")
    rows = {r[1]: r for r in build.parameters_table(some, language).rows}
    assert rows[name][2] == 2
    assert name not in build.parameters_table(clear, language).column("parameter")
    sentence = Words(language)("report.d_entrances", {"count": 2, "doors": 3})
    for findings, there in ((some, True), (clear, False)):
        outline = build_outline(findings, language=language)
        items = [i.text for b in outline.blocks for i in getattr(b, "items", ())]
        assert (sentence in items) is there


@pytest.mark.parametrize("direction", get_args(Direction))
def test_every_direction_has_words(clear: Findings, direction: Direction) -> None:
    study = replace(clear.study, circle=replace(clear.study.circle, direction=direction))
    found = replace(clear, study=study)
    assert build_outline(found, language="zh").blocks
    assert build.parameters_table(found, "en").rows
