"""Tables, the list of sites and the layers: everything is read back, and every sum ties."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pyogrio
import pytest

from quarterhour.findings import Findings
from quarterhour.pipeline import StudyRun
from quarterhour.report import build, write_layers, write_sites, write_tables
from quarterhour.report.columns import Column, Table, cell_text, column_of
from quarterhour.report.layer_styles import styles_of
from quarterhour.report.official import annual_table
from quarterhour.wording import MISSING
from quarterhour.words import LANGUAGES, Language, Words

HOSTILE = (
    '=HYPERLINK("http://evil")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "a\x00b\x0bc",
    "\ud800x", "<b>&amp;</b>", "x" * 40_000, "'quote", "_x0041_", "https://evil", "12345",
)  # fmt: skip


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    """Return the findings of the small demo."""
    return small_run.findings


def numbers(table: Table, key: str) -> np.ndarray:
    """Return a column as numbers."""
    return np.array(table.column(key), float)


def total(table: Table, key: str) -> float:
    """Return the total of a column."""
    assert table.total is not None
    return float(table.total[[c.key for c in table.columns].index(key)])


def all_tables(findings: Findings, language: Language) -> list[Table]:
    """Return every table there is."""
    kinds = findings.coverage.kinds
    return [
        build.about_table(findings, language), build.coverage_table(findings, language),
        build.area_table(findings, language), build.cover_long_table(findings, language),
        *(build.area_table(findings, language, kind=k) for k in kinds),
        build.facilities_table(findings, language), build.gaps_table(findings, language),
        *(build.gaps_table(findings, language, kind=k) for k in kinds),
        build.sites_table(findings, language), build.alternatives_table(findings, language),
        build.screening_table(findings, language), build.proof_table(findings, language),
        build.parameters_table(findings, language), build.network_table(findings, language),
        build.network_areas_table(findings, language), build.islands_table(findings, language),
        build.step_free_table(findings, language), build.bans_table(findings, language),
        *(build.step_free_table(findings, language, kind=k) for k in kinds),
        *(build.bans_table(findings, language, kind=k) for k in kinds),
        build.step_free_places_table(findings, language),
        build.sources_table(findings, language),
    ]  # fmt: skip


def hostile(findings: Findings) -> Findings:
    """Return findings in which names and a kind are hostile."""
    kind = "=cmd[1]:*?/\\"
    old, f = findings.coverage.kinds[0], findings.facilities
    names = (*HOSTILE, *f.names[len(HOSTILE) :])
    areas = ("=1+1", *findings.areas.names[1:])

    def swap(kinds: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(kind if k == old else k for k in kinds)

    coverage = replace(findings.coverage, kinds=swap(findings.coverage.kinds), areas=(*areas, ""))
    report, free = findings.streets_report, findings.step_free
    judged = replace(report.completeness, kinds=swap(free.kinds), areas=(*areas, ""))
    return replace(
        findings,
        study=replace(findings.study, study=replace(findings.study.study, name="=A&B\x01" * 40)),
        facilities=replace(f, names=names, kinds=swap(f.kinds)),
        areas=replace(findings.areas, names=areas),
        coverage=coverage,
        gaps=(replace(findings.gaps[0], kind=kind), *findings.gaps[1:]),
        shapes=replace(findings.shapes, kinds=swap(findings.shapes.kinds)),
        streets_report=replace(report, completeness=judged, areas=(*areas, "")),
        step_free=replace(free, kinds=swap(free.kinds), facility_names=names, areas=(*areas, "")),
    )


def cells(book: Any) -> list[Any]:
    """Return every filled cell of a workbook."""
    return [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]


# --- tables as data ----------------------------------------------------------------------------


def test_cells_are_written_by_kind() -> None:
    def text(cell: object, kind: Any) -> str:
        return cell_text(cell, Column("x", "x", kind))

    assert text(1234.5678, "count") == "1,235"
    assert text(0.12345, "share") == "12.3%"
    assert text(21.54, "minutes") == "21.5"
    assert text(12345.678, "money") == "12,345.68"
    assert text(0.85, "number") == "0.85"
    assert text(float("nan"), "share") == MISSING
    assert text("待补充", "count") == "待补充"


def test_a_table_refuses_a_short_row() -> None:
    columns = (column_of("en", "area"), column_of("en", "residents", "count", unit="people"))
    with pytest.raises(AssertionError):
        Table("x", "x", "", columns, (("a",),))
    table = Table("x", "x", "", columns, (("a", 1.0),), ("Total", 1.0))
    assert columns[1].header("en") == "Residents (people)"
    assert table.only("residents").texts() == (("1",), ("1",))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_has_title_note_and_distinct_keys(
    findings: Findings, language: Language
) -> None:
    for table in all_tables(findings, language):
        assert table.title
        assert table.note
        assert table.rows
        keys = [c.key for c in table.columns]
        assert len(set(keys)) == len(keys)
        headers = [c.header(language) for c in table.columns]
        assert len(set(headers)) == len(headers), table.key


def test_areas_tie_to_the_findings(findings: Findings) -> None:
    coverage = findings.coverage
    table = build.area_table(findings, "zh")
    for g, group in enumerate(coverage.groups):
        assert total(table, f"people_{group}") == pytest.approx(coverage.residents[:, g].sum())
    for kind in coverage.kinds:
        within = numbers(table, f"within_{kind}")
        assert within.sum() == pytest.approx(total(table, f"within_{kind}"), abs=1e-6)
        assert total(table, f"within_{kind}") == pytest.approx(coverage.people(kind).sum())
        assert total(table, f"share_{kind}") == pytest.approx(coverage.share(kind))
    for kind in coverage.kinds[:-1]:
        assert total(table, f"n_{kind}") == len(findings.facilities.rows_of(kind))


def test_every_area_adds_up(findings: Findings) -> None:
    lead = f"people_{findings.lead_group}"
    for kind in findings.coverage.kinds:
        table = build.area_table(findings, "zh", kind=kind)
        parts = sum(numbers(table, key) for key in ("within_15", "beyond", "no_street"))
        np.testing.assert_allclose(parts, numbers(table, lead), atol=1e-6)
        summary = findings.summary().of(kind)
        assert total(table, "facilities") == summary.facilities
        assert total(table, "within_15") == pytest.approx(summary.within[15])
        assert total(table, "share_policy_radius") == pytest.approx(summary.share_policy_radius)


def test_the_long_form_adds_up(findings: Findings) -> None:
    table, coverage = build.cover_long_table(findings, "en"), findings.coverage
    n = len(coverage.kinds) * len(coverage.walkers) * len(coverage.groups)
    assert len(table.rows) == n * len(findings.areas.names)
    parts = sum(numbers(table, key) for key in ("within_15", "beyond", "no_street"))
    np.testing.assert_allclose(parts, numbers(table, "residents"), atol=1e-6)
    assert numbers(table, "residents").sum() == pytest.approx(
        coverage.residents.sum() * n / len(coverage.groups)
    )


def test_people_and_facilities_outside_all_areas_have_a_row(findings: Findings) -> None:
    coverage = findings.coverage
    residents = coverage.residents.copy()
    residents[-1] = 5.0
    moved = replace(findings, coverage=replace(coverage, residents=residents))
    outside = Words("zh")("table.v_outside")
    for table in (build.area_table(moved, "zh"), build.area_table(moved, "zh", kind="any"),
                  build.cover_long_table(moved, "zh")):  # fmt: skip
        assert outside in table.column("area")
    assert outside not in build.area_table(findings, "zh").column("area")
    assert total(build.area_table(moved, "zh"), "people_60+") == pytest.approx(
        coverage.residents[:, 1].sum() + 5.0
    )


def test_facilities_serve_whom_their_kind_covers(findings: Findings) -> None:
    table = build.facilities_table(findings, "zh")
    served = numbers(table, "served")
    for kind in findings.coverage.kinds[:-1]:
        rows = findings.facilities.rows_of(kind)
        assert served[rows].sum() == pytest.approx(findings.coverage.people(kind).sum())


def test_what_is_unknown_is_never_zero(findings: Findings) -> None:
    f = findings.facilities
    n = len(f.ids)
    bare = replace(
        f, floor_area_m2=np.full(n, np.nan), storey=np.full(n, np.nan), opened=("",) * n,
        lift=np.full(n, -1, np.int8), capacity=np.full(n, np.nan), status=("",) * n,
    )  # fmt: skip
    study = replace(findings.study, study=replace(findings.study.study, date=""))
    table = build.facilities_table(replace(findings, facilities=bare), "zh")
    for key in ("floor_area", "storey", "opened", "lift", "capacity", "status"):
        assert set(table.column(key)) == {"待补充"}
    assert table.total is not None
    assert table.total[5] == MISSING
    about = dict(build.about_table(replace(findings, study=study), "zh").rows)
    assert about["日期"] == "待补充"


def test_gaps_and_scattered_people_are_all_who_are_outside(findings: Findings) -> None:
    lead = f"people_{findings.lead_group}"
    for kind in findings.coverage.kinds:
        table = build.gaps_table(findings, "zh", kind=kind)
        assert total(table, lead) == pytest.approx(findings.summary().of(kind).outside)
    everything = build.gaps_table(findings, "zh")
    assert everything.total is None
    assert len(everything.rows) == sum(len(g.ids) + 1 for g in findings.gaps)


def test_a_walk_beyond_the_search_reads_so(findings: Findings) -> None:
    gaps = findings.gaps[0]
    far = replace(gaps, median_s=np.full(len(gaps.ids), np.inf))
    table = build.gaps_table(replace(findings, gaps=(far, *findings.gaps[1:])), "en",
                             kind=gaps.kind)  # fmt: skip
    assert table.column("gap_median_min")[0] == "over an hour"


def test_sites_tie_to_the_plan(findings: Findings) -> None:
    found = findings.plans[0]
    table = build.sites_table(findings, "zh")
    assert table.column("site_id") == found.plan.site_ids
    assert numbers(table, "gain").sum() == pytest.approx(total(table, "gain"))
    assert total(table, "gain") == pytest.approx(found.plan.people_gained)
    after = found.within_after.sum() / found.plan.people_total
    assert total(table, "share_after") == pytest.approx(after)
    assert table.column("share_after")[-1] == pytest.approx(after)
    assert set(table.column("progress")) == {"待补充"}
    others = build.alternatives_table(findings, "zh")
    assert len(others.rows) == 1 + len(found.plan.alternatives) >= 2
    assert (np.diff(numbers(others, "gain")) <= 1e-6).all()
    screened = build.screening_table(findings, "zh")
    assert len(screened.rows) == found.screening.n_premises
    turned_down = [r for r in screened.rows if r[-3] == "排除"]
    assert len(turned_down) == len(found.screening.rejected)
    assert all(r[-2] != MISSING and r[-1] != MISSING for r in turned_down)


def test_the_proof_says_how_sure_it_is(findings: Findings) -> None:
    found = findings.plans[0]
    proof = dict(row[:2] for row in build.proof_table(findings, "en").rows)
    assert proof["Optimality"] == "proven optimal"
    assert proof["Gap to the bound"] == 0
    assert proof["Repeatable"] == "yes"
    stopped = replace(found.plan, status="time limit", gap=0.012345, repeatable=False)
    plans = (replace(found, plan=stopped),)
    proof = dict(row[:2] for row in build.proof_table(replace(findings, plans=plans), "en").rows)
    assert proof["Optimality"] == "stopped at the time limit, not proven"
    assert proof["Gap to the bound"] == 1.2345
    assert proof["Repeatable"] == "no"


def test_parameters_and_sources_are_complete(findings: Findings) -> None:
    table = build.parameters_table(findings, "en")
    assert 0.85 in table.column("value")
    assert set(table.column("status")) <= {
        "document",
        "secondary",
        "assumption",
        "set by the study",
    }
    assert all(table.column("source"))
    sources = build.sources_table(findings, "en")
    assert sources.column("sha256") == tuple(s.sha256 for s in findings.sources)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_network_report_is_in_words(findings: Findings, language: Language) -> None:
    items = build.network_table(findings, language).column("item")
    known = {*findings.network_report, *(f"homes__{k}" for k in ("places", "no_street"))}
    assert not known & set(items)
    assert not [i for i in items if "_" in str(i)]


# --- workbooks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_workbooks_are_set_up_for_reading_and_printing(
    findings: Findings, language: Language, tmp_path: Path
) -> None:
    write_tables(findings, tmp_path / "t.xlsx", language=language)
    write_sites(findings, tmp_path / "s.xlsx", language=language)
    mark = Words(language)("table.demo_mark")
    for name in ("t.xlsx", "s.xlsx"):
        with closing(openpyxl.load_workbook(tmp_path / name)) as book:
            for sheet in book:
                stacked = len([r for r in sheet["A"] if r.value == mark]) > 1
                head = sheet.freeze_panes
                assert stacked == (head is None) == (not sheet.print_title_rows), sheet.title
                assert head is None or head.endswith("5"), sheet.title
                assert sheet["A2"].value == mark
                assert mark in sheet.oddFooter.right.text
                assert stacked or sheet.print_title_rows == "$4:$4"
                assert sheet.page_setup.orientation == "landscape"
                assert sheet.page_setup.paperSize == (8 if sheet.max_column > 11 else 9)
                assert sheet.page_setup.fitToWidth in (None, 1)  # 1 where it is not said
                assert sheet.page_setup.fitToHeight == 0
                assert sheet.sheet_properties.pageSetUpPr.fitToPage
                assert stacked or sheet.auto_filter.ref.startswith("A4:")
            assert not [c for c in cells(book) if c.data_type in ("f", "e")]


def test_the_workbook_holds_the_tables(findings: Findings, tmp_path: Path) -> None:
    write_tables(findings, tmp_path / "t.xlsx", language="zh")
    with closing(openpyxl.load_workbook(tmp_path / "t.xlsx")) as book:
        assert book.sheetnames[:11] == [
            "表1 设施现状", "表2 现状评价", "表3 规划设施（一张表）", "表4 年度项目（一张清单）",
            "表5 规划指标", "表6 备选方案对比", "表7 综合论证",
            "说明", "附1 设施现状一览表", "附1-1 未计入", "附2 现状评价表（分镇街）",
        ]  # fmt: skip
        sheet, table = book["附2 现状评价表（分镇街）"], build.area_table(findings, "zh")
        assert [c.value for c in sheet[4]] == [c.header("zh") for c in table.columns]
        assert table.total is not None
        last = [c.value for c in sheet[sheet.max_row]]
        assert last[0] == "合计"
        assert last[1:] == pytest.approx(list(table.total[1:]))
        shown = {c.value: sheet.cell(5, n).number_format for n, c in enumerate(sheet[4], 1)}
        assert shown["60岁及以上（人）"] == "#,##0"
        assert shown["养老服务站：覆盖率"] == "0.0%"
        # The filter leaves the total out, else sorting would carry it into the table.
        assert sheet.auto_filter.ref.endswith(str(sheet.max_row - 1))
        long = book["附4 覆盖明细表"]
        rows = np.array([[c.value for c in r[4:10]] for r in long.iter_rows(min_row=5)], float)
        np.testing.assert_allclose(rows[:, 0], rows[:, 3:].sum(axis=1), atol=1e-6)


def test_a_real_study_carries_no_demo_mark(findings: Findings, tmp_path: Path) -> None:
    about = replace(findings.study.study, synthetic=False, name="某区")
    real = replace(findings, study=replace(findings.study, study=about))
    write_tables(real, tmp_path / "t.xlsx", language="zh")
    with closing(openpyxl.load_workbook(tmp_path / "t.xlsx")) as book:
        assert not [c for c in cells(book) if "演示数据" in str(c.value)]
        assert book["说明"].freeze_panes == "B4"


def test_hostile_names_stay_texts(findings: Findings, tmp_path: Path) -> None:
    wild = hostile(findings)
    write_tables(wild, tmp_path / "t.xlsx", language="zh")
    write_sites(wild, tmp_path / "s.xlsx", language="zh")
    with closing(openpyxl.load_workbook(tmp_path / "t.xlsx")) as book:
        assert not [c for c in cells(book) if c.data_type == "f" or c.hyperlink]
        sheet = book["附1 设施现状一览表"]
        assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in book.sheetnames)
        found = [sheet.cell(5 + n, 2) for n in range(len(HOSTILE))]
        for cell, name in zip(found, HOSTILE, strict=True):
            assert cell.data_type == "s"
            if name.startswith(("=", "+", "-", "@", "\t", "\r")):
                assert cell.quotePrefix
            if name.isprintable() and len(name) < 1000 and name != "_x0041_":
                assert cell.value == name
        assert found[6].value == "abc"
        assert found[7].value == "x"
        assert len(found[9].value) == 32_000


def test_without_a_question_the_list_is_a_foreword(findings: Findings, tmp_path: Path) -> None:
    bare = replace(findings, plans=())
    write_sites(bare, tmp_path / "s.xlsx", language="en")
    with closing(openpyxl.load_workbook(tmp_path / "s.xlsx")) as book:
        assert book.sheetnames == ["About"]
    write_layers(bare, tmp_path / "l.gpkg", language="en")
    assert len(pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="sites")) == 0


# --- layers ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def layers(findings: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the layers of the small demo in Chinese."""
    path = tmp_path_factory.mktemp("layers") / "layers.gpkg"
    write_layers(findings, path, language="zh")
    return path


def test_layers_lie_in_the_plane_and_hold_everything(findings: Findings, layers: Path) -> None:
    lengths = {
        "areas": len(findings.areas.names), "facilities": len(findings.facilities.ids),
        "streets": findings.network.n_edges, "gaps": sum(len(g.ids) for g in findings.gaps),
        "sites": sum(len(p.chosen) for p in findings.plans),
        "candidates": sum(len(p.premises.ids) for p in findings.plans),
        "isochrones": findings.shapes.shapes.size
        + sum(p.shapes.shapes.size for p in findings.plans),
    }  # fmt: skip
    for layer, length in lengths.items():
        frame = pyogrio.read_dataframe(layers, layer=layer)
        assert len(frame) == length, layer
        assert frame.crs.to_string() == findings.areas.crs
        assert all(column.isascii() for column in frame.columns)
    streets = pyogrio.read_dataframe(layers, layer="streets")
    assert streets["length_m"].sum() == pytest.approx(findings.network.length_m)


def test_layers_tie_to_the_findings(findings: Findings, layers: Path) -> None:
    areas = pyogrio.read_dataframe(layers, layer="areas")
    for kind in findings.coverage.kinds:
        assert areas[f"within15_{kind}"].sum() == pytest.approx(
            findings.coverage.people(kind).sum()
        )
    assert areas["people_60plus"].sum() == pytest.approx(findings.summary().lead_total)
    sites = pyogrio.read_dataframe(layers, layer="sites")
    assert sites["gained"].sum() == pytest.approx(findings.plans[0].plan.people_gained)


def test_layers_of_gaps_links_and_facilities_beside(findings: Findings, layers: Path) -> None:
    gaps = pyogrio.read_dataframe(layers, layer="gaps")
    detour = np.concatenate([g.detour for g in findings.gaps])
    known = (gaps["verdict"] == "sufficient").to_numpy()
    assert gaps["detour"].isna().equals(gaps["walk_m"].isna())
    told = known & np.isfinite(detour)
    np.testing.assert_allclose(gaps["detour"][told], detour[told])
    assert gaps["detour"][~told].isna().all() and not gaps["facility"][~known].any()
    walks = pyogrio.read_dataframe(layers, layer="gap_examples")
    shut = set(zip(gaps["kind"][~known], gaps["gap"][~known], strict=True))
    assert len(walks) and not shut & set(zip(walks["kind"], walks["gap"], strict=True))
    assert set(walks.geom_type) == {"LineString"}
    links = pyogrio.read_dataframe(layers, layer="missing_links")
    assert findings.links is not None
    lead = findings.links.groups.index(findings.lead_group)
    silent = (links["verdict"] != "sufficient").to_numpy()
    assert (links["gained_60plus"].isna() == silent).all()
    np.testing.assert_allclose(links["gained_60plus"][~silent],
                               findings.links.gained[~silent, lead])  # fmt: skip
    np.testing.assert_allclose(links.length.round(), links["length_m"], atol=2)
    around, planned = (pyogrio.read_dataframe(layers, layer=n) for n in ("neighbours", "planned"))
    assert len(around) == 10 and not around["counted"].any()
    assert planned["id"].tolist() == list(findings.planned().ids)


def test_layers_of_areas_hold_what_is_counted_beside(findings: Findings, layers: Path) -> None:
    areas = pyogrio.read_dataframe(layers, layer="areas")
    n, kind = len(areas), "care_station"
    low, own, high = (v[:n] for v in findings.sweep.area_ranges(kind))
    held = findings.cannot_say(kind)[:n]
    assert held.any() and areas[f"share_low_{kind}"].isna()[held].all()
    assert areas[f"access_{kind}"].isna()[held].all()
    np.testing.assert_allclose(areas[f"share_low_{kind}"][~held], low[~held])
    np.testing.assert_allclose(areas[f"share_high_{kind}"][~held], high[~held])
    assert (low <= own).all() and (own <= high).all()
    per = findings.measured.supply.per_1000(kind)[:n]
    np.testing.assert_allclose(areas[f"per1000_{kind}"], per)


def test_layers_without_links_and_neighbours_are_empty(findings: Findings, tmp_path: Path) -> None:
    bare = replace(
        findings, links=None, uncounted=replace(findings.uncounted, neighbours=None)
    )  # fmt: skip
    write_layers(bare, tmp_path / "l.gpkg", language="en")
    for name in ("missing_links", "neighbours"):
        assert len(pyogrio.read_dataframe(tmp_path / "l.gpkg", layer=name)) == 0


def test_no_home_stands_in_the_layers(findings: Findings, layers: Path) -> None:
    from quarterhour.report.layers import CELL_M, FEWEST_SHOWN, few_people

    grid = pyogrio.read_dataframe(layers, layer="people_grid")
    np.testing.assert_allclose(grid.area, CELL_M**2)
    assert (grid["people"].isna() == grid["few"]).all()
    assert (grid["people"].dropna() >= FEWEST_SHOWN).all()
    few, placeless = few_people(findings)
    everybody = grid["people"].sum() + few + placeless
    assert everybody == pytest.approx(findings.summary().lead_total)
    names = {str(name) for name, _ in pyogrio.list_layers(layers)}
    assert names == {"areas", "isochrones", "people_grid", "gaps", "gap_examples", "missing_links",
                     "streets", "facilities", "neighbours", "planned", "candidates", "unreachable",
                     "closed", "sites", "notice", "layer_styles"}  # fmt: skip


def test_styles_are_xml_that_fits_the_layers(layers: Path) -> None:
    styles = pyogrio.read_dataframe(layers, layer="layer_styles", read_geometry=False)
    assert set(styles["useAsDefault"]) == {1}
    for layer, qml in zip(styles["f_table_name"], styles["styleQML"], strict=True):
        root = ElementTree.fromstring(qml)
        columns = set(pyogrio.read_info(layers, layer=layer)["fields"])
        assert {a.get("field") for a in root.iter("alias")} <= columns, layer
        renderer = root.find("renderer-v2")
        assert renderer is not None
        assert renderer.get("type") in ("singleSymbol", "RuleRenderer") or (
            renderer.get("attr") in columns
        )
        known = {s.get("name") for s in root.iter("symbol")}
        used = {n.get("symbol") for n in root.iter() if n.get("symbol") is not None}
        assert used <= known


def test_guessed_borders_are_dashed_and_sites_stand_by_year(
    findings: Findings, layers: Path
) -> None:
    def borders(told: Findings) -> set[str]:
        qml = next(s.qml for s in styles_of(told, "zh") if s.layer == "areas")
        options = ElementTree.fromstring(qml).iter("Option")
        return {str(o.get("value")) for o in options if o.get("name") == "outline_style"}

    guessed = replace(findings, areas=replace(findings.areas, approximate=True))
    assert borders(findings) == {"solid"} and borders(guessed) == {"dash"}
    layered = {str(name) for name, form in pyogrio.list_layers(layers) if form}
    assert {s.layer for s in styles_of(findings, "zh")} == layered
    found = findings.plans[0]
    n = len(found.chosen)
    years = SimpleNamespace(years=(2027, 2029), opens=np.arange(n) % 2)
    plan: Any = replace(found.plan, phases=years)  # type: ignore[arg-type]
    phased = replace(findings, plans=(replace(found, plan=plan),))
    qml = next(s.qml for s in styles_of(phased, "zh") if s.layer == "sites")
    classes = {c.get("value") for c in ElementTree.fromstring(qml).iter("category")}
    assert classes == {"2027", "2029", ""}


def test_sites_in_the_layers_tie_to_the_list(findings: Findings, layers: Path) -> None:
    sites, listed = pyogrio.read_dataframe(layers, layer="sites"), annual_table(findings, "zh")
    for group, name in (("all", "all"), ("60+", "60plus"), ("80+", "80plus")):
        np.testing.assert_allclose(sites[f"gained_{name}"], listed.column(f"gain_{group}"))
    assert sites["cost"].isna().all() and sites["yearly"].isna().all()
    told = pyogrio.read_info(layers, layer="areas")["dataset_metadata"]
    assert "ODbL" in told["LICENSE"] and "OpenStreetMap" in told["NOTICE"]


def test_notices_and_dates(layers: Path) -> None:
    notice = pyogrio.read_dataframe(layers, layer="notice", read_geometry=False)
    said = "".join(notice["content"])
    assert "OpenStreetMap" in said
    assert "ODbL" in said
    assert "演示数据" in said
    with closing(sqlite3.connect(layers)) as book:
        changed = {r[0] for r in book.execute("SELECT last_change FROM gpkg_contents")}
        changed |= {r[0] for r in book.execute("SELECT update_time FROM layer_styles")}
        assert changed == {"1980-01-01T00:00:00.000Z"}
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_hostile_names_in_layers(findings: Findings, tmp_path: Path) -> None:
    write_layers(hostile(findings), tmp_path / "l.gpkg", language="en")
    names = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="facilities")["name"]
    assert names[0] == HOSTILE[0]
    assert names[6] == "abc"
    areas = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="areas")
    assert "n_kind1" in areas.columns
    styles = pyogrio.read_dataframe(tmp_path / "l.gpkg", layer="layer_styles", read_geometry=False)
    for qml in styles["styleQML"]:
        ElementTree.fromstring(qml)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_bytes_twice(findings: Findings, language: Language, tmp_path: Path) -> None:
    for folder in ("a", "another one"):
        (tmp_path / folder).mkdir()
        write_tables(findings, tmp_path / folder / "t.xlsx", language=language)
        write_sites(findings, tmp_path / folder / "s.xlsx", language=language)
        write_layers(findings, tmp_path / folder / "l.gpkg", language=language)
    for name in ("t.xlsx", "s.xlsx", "l.gpkg"):
        first, second = ((tmp_path / f / name).read_bytes() for f in ("a", "another one"))
        assert first == second, name
        assert {p.name for p in (tmp_path / "a").iterdir()} == {"t.xlsx", "s.xlsx", "l.gpkg"}


def test_a_file_in_the_way_is_replaced(findings: Findings, layers: Path, tmp_path: Path) -> None:
    path = tmp_path / "l.gpkg"
    path.write_bytes(b"something else")
    write_layers(findings, path, language="zh")
    assert path.read_bytes() == layers.read_bytes()
