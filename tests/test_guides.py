"""Plates of one area (13-n) and of one recommended site (S-n)."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely
from matplotlib.text import Text

from quarterhour import wording
from quarterhour.cover.case import Case
from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.facilities import ANY, KINDS, Facilities
from quarterhour.maps import guide_area_panel
from quarterhour.maps.canvas import Canvas, choose_view
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.focus import guide_rooms, own_view, panel_beside, site_rooms
from quarterhour.maps.fonts import Fonts, find_fonts
from quarterhour.maps.guide_area_panel import facility_table, gap_table, indicators, own_rows
from quarterhour.maps.guide_figures import circle_of, people_around, site_figures
from quarterhour.maps.guide_orders import guide_orders
from quarterhour.maps.guide_panel import (
    PanelColumn,
    PanelTable,
    draw_map_title,
    draw_pairs,
    draw_table,
)
from quarterhour.maps.guide_site_box import site_pairs
from quarterhour.maps.labels import Box, Wish
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.plates import draw_pages
from quarterhour.maps.sheets import A3, SHEETS
from quarterhour.maps.titles import Order
from quarterhour.pipeline import StudyRun
from quarterhour.words import LANGUAGES, Language, Words
from withholding import withhold

LEAD = "60+"


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


@pytest.fixture(scope="module")
def plan(findings: Findings) -> PlanFinding:
    return findings.plans[0]


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    return find_fonts()


@pytest.fixture
def page(fonts: Fonts) -> Page:
    return blank(fonts, "zh")


def blank(fonts: Fonts, language: Language) -> Page:
    return Page(Canvas(choose_view((0.0, 0.0, 1000.0, 1000.0)), fonts), Words(language))


def orders(findings: Findings, language: Language = "zh") -> list[Order]:
    return guide_orders(findings, Words(language))


def busiest(findings: Findings) -> int:
    """Return the area with most new sites."""
    plan = findings.plans[0]
    at = plan.premises.area_index[plan.chosen]
    return int(np.bincount(at[at >= 0]).argmax())


def drawn(findings: Findings, language: Language, *stems: str) -> Iterator[Canvas]:
    with own_settings():
        for _, canvas in draw_pages(findings, language=language, stems=stems):
            yield canvas


def texts(canvas: Canvas, gid: str) -> list[Text]:
    return [t for t in canvas.paper.texts if (t.get_gid() or "") == gid]


def said(canvas: Canvas, gid: str) -> list[str]:
    return [t.get_text() for t in texts(canvas, gid)]


# --- which there are ----------------------------------------------------------------------------


def test_every_area_and_every_site_has_a_plate(findings: Findings, plan: PlanFinding) -> None:
    numbers = [order.title.number for order in orders(findings)]
    areas = [f"13-{n}" for n in range(1, len(findings.areas.names) + 1)]
    assert numbers == [*areas, *(f"S-{n}" for n in range(1, len(plan.chosen) + 1))]
    assert [o.area for o in orders(findings)[: len(areas)]] == list(range(len(areas)))
    assert len({o.title.stem for o in orders(findings)}) == len(numbers)


def test_sites_of_several_questions_have_two_numbers(findings: Findings, plan: PlanFinding) -> None:
    twice = replace(findings, plans=(plan, plan))
    sites = [o for o in orders(twice) if o.site is not None]
    n = len(plan.chosen)
    assert [o.title.number for o in sites[:2]] == ["S-1-1", "S-1-2"]
    assert [o.title.number for o in sites[n : n + 2]] == ["S-2-1", "S-2-2"]


def test_without_a_question_there_are_areas_only(findings: Findings) -> None:
    bare = orders(replace(findings, plans=()))
    assert {o.kind for o in bare} == {ANY} and all(o.site is None for o in bare)


def test_titles_name_the_area_and_the_site(findings: Findings, plan: PlanFinding) -> None:
    zh = {o.title.number: o.title.title for o in orders(findings)}
    assert zh["13-1"] == f"{findings.areas.names[0]}养老服务设施规划指引图"
    assert plan.premises.ids[plan.chosen[0]] in zh["S-1"] and "图则" in zh["S-1"]


# --- where things stand -------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHEETS)
def test_rooms_lie_in_the_frame_and_apart(name: str) -> None:
    frame = SHEETS[name].frame
    rooms = site_rooms(frame)
    for group in (guide_rooms(frame)[0], guide_rooms(frame)[1],
                  (rooms.site, rooms.place, rooms.reach, rooms.box)):  # fmt: skip
        shapes = [shapely.box(b.left, b.bottom, b.right, b.top) for b in group]
        assert all(frame.holds(box) and min(box.width, box.height) > 30 for box in group)
        assert all(a.disjoint(b) for n, a in enumerate(shapes) for b in shapes[:n])


@pytest.mark.parametrize("name", SHEETS)
def test_an_area_has_the_larger_of_two_scales(findings: Findings, name: str) -> None:
    sheet = SHEETS[name]
    for order in orders(findings)[: len(findings.areas.names)]:
        view = own_view(findings, order, sheet)
        assert view is not None and order.area is not None
        bounds = findings.areas.polygons[order.area].bounds
        corners = view.to_mm(np.array(bounds).reshape(2, 2))
        assert view.frame.left <= corners[0, 0] and corners[1, 0] <= view.frame.right
        assert view.frame.bottom <= corners[0, 1] and corners[1, 1] <= view.frame.top
        scales = [choose_view(bounds, frame=frame).scale for frame, _ in guide_rooms(sheet.frame)]
        assert view.scale == min(scales)
        assert panel_beside(view, sheet) in [panel for _, panel in guide_rooms(sheet.frame)]


@pytest.mark.parametrize("name", SHEETS)
def test_a_site_stands_in_the_middle_at_the_scale_of_plots(
    findings: Findings, plan: PlanFinding, name: str
) -> None:
    sheet = SHEETS[name]
    for order in orders(findings)[len(findings.areas.names) :]:
        view = own_view(findings, order, sheet)
        assert view is not None and order.site is not None
        assert 2_000 <= view.scale <= 5_000
        xy = view.to_mm(plan.premises.xy_m[plan.chosen[order.site]])[0]
        frame = site_rooms(sheet.frame).site
        middle = (frame.left + frame.right) / 2, (frame.bottom + frame.top) / 2
        assert xy == pytest.approx(middle)


def test_plates_of_the_district_keep_its_view(findings: Findings) -> None:
    whole = Order(orders(findings)[0].title, "reach")
    assert own_view(findings, whole, A3) is None


# --- figures ------------------------------------------------------------------------------------


def test_people_gained_are_those_of_the_plan(findings: Findings, plan: PlanFinding) -> None:
    figures = site_figures(findings, plan)
    lead = findings.coverage.groups.index(LEAD)
    assert figures.gained[:, lead] == pytest.approx(plan.plan.gain_people)
    assert figures.gained[:, lead].sum() == pytest.approx(plan.plan.people_gained)
    assert np.isfinite(figures.gained).all()
    assert (figures.gained <= figures.within + 1e-9).all()
    people = [findings.demand.people[rows].sum(axis=0) for rows in figures.points]
    assert np.array(people) == pytest.approx(figures.gained)
    # Nobody is gained twice.
    rows = np.concatenate(figures.points)
    assert len(rows) == len(np.unique(rows))


def test_groups_are_left_blank_where_the_plan_counts_otherwise(
    findings: Findings, plan: PlanFinding
) -> None:
    gain = plan.plan.gain_people + np.where(np.arange(len(plan.chosen)) == 0, 7.0, 0.0)
    other = replace(plan, plan=replace(plan.plan, gain_people=gain))
    figures = site_figures(findings, other)
    lead = findings.coverage.groups.index(LEAD)
    assert figures.gained[0, lead] == gain[0]
    assert np.isnan(np.delete(figures.gained[0], lead)).all()
    assert np.isfinite(figures.gained[1:]).all() and not len(figures.points[0])


def test_people_around_facilities_are_those_of_the_coverage(findings: Findings) -> None:
    facilities, coverage = findings.facilities, findings.coverage
    for row in (0, 5):
        kind = facilities.kinds[row]
        alone = facilities.take(np.array([row]))
        case = circle_of(findings).having(facilities=alone)
        from quarterhour.cover.assess import assess_cover

        seen = assess_cover(
            case.network, alone, case.demand, case.areas, walkers=[case.walker],
            minutes=case.minutes, walker_by_group={}, direction=case.direction,
        )  # fmt: skip
        inside = seen.people(kind, minutes=coverage.minutes[-1]).sum()
        assert people_around(findings)[row] == pytest.approx(inside)


def test_reach_of_a_site_nests(findings: Findings, plan: PlanFinding) -> None:
    shapes = site_figures(findings, plan).shapes
    assert shapes.shape == (len(plan.chosen), len(findings.coverage.minutes))
    for small, large in zip(shapes[0][:-1], shapes[0][1:], strict=True):
        assert small.area < large.area
        assert shapely.difference(small, large).area < 1.0


@pytest.mark.parametrize("language", LANGUAGES)
def test_indicators_are_those_of_the_run(
    findings: Findings, fonts: Fonts, language: Language
) -> None:
    row, page = busiest(findings), blank(fonts, language)
    plan, coverage = findings.plans[0], findings.coverage
    pairs = dict(indicators(page, findings, row))
    values = " ".join(pairs.values())
    lead = coverage.groups.index(LEAD)
    total = float(coverage.residents[row, lead])
    before, after = float(coverage.people(plan.plan.kind)[row]), float(plan.within_after[row])
    assert after > before
    for share in (before / total, after / total):
        assert wording.percent(share) in values
    assert wording.points((after - before) / total, language) in values
    for people in (*coverage.residents[row].tolist(), total - before, total - after):
        assert wording.whole(people) in values


def test_an_area_that_cannot_say_shows_no_share(findings: Findings, page: Page) -> None:
    row = busiest(findings)
    pairs = indicators(page, withhold(findings, [row]), row)
    values = " ".join(value for _, value in pairs)
    assert "%" not in values and page.words("completeness.cannot_say") in values
    table = gap_table(page, withhold(findings, [row]), findings.plans[0].plan.kind, row)
    assert {cells[2] for cells in table.rows} <= {page.words("completeness.cannot_say")}


def test_the_table_names_what_stands_in_the_area(findings: Findings, page: Page) -> None:
    row, plan = busiest(findings), findings.plans[0]
    table = facility_table(page, findings, row)
    facilities = findings.facilities
    own = [facilities.ids[n] for n in own_rows(findings, row).tolist()]
    new = [plan.premises.ids[n] for n in plan.chosen.tolist()
           if plan.premises.area_index[n] == row]  # fmt: skip
    assert [cells[0] for cells in table.rows] == own + new and new
    areas = np.concatenate([
        facilities.floor_area_m2[own_rows(findings, row)],
        [plan.premises.floor_area_m2[plan.premises.ids.index(i)] for i in new],
    ])  # fmt: skip
    assert wording.whole(float(np.nansum(areas))) in table.total[4]
    assert sum(column.share for column in table.columns) == pytest.approx(1.0)


def test_two_questions_count_the_same_premises_once(findings: Findings, page: Page) -> None:
    row, (plan,) = busiest(findings), findings.plans
    once = facility_table(page, findings, row)
    twice = facility_table(page, replace(findings, plans=(plan, plan)), row)
    assert len(twice.rows) > len(once.rows) and twice.total == once.total
    named = [cells[2] for cells in twice.rows if cells[0] in plan.plan.site_ids]
    assert {text[:3] for text in named} == {"问题1", "问题2"}
    keys = [name for name, _ in indicators(page, replace(findings, plans=(plan, plan)), row)]
    assert len(keys) == len(set(keys))


def test_only_premises_stand_in_for_a_site(
    findings: Findings, plan: PlanFinding, page: Page
) -> None:
    others = tuple((*own, "F001") for own in plan.plan.runner_up)
    closing = replace(plan, plan=replace(plan.plan, runner_up=others))
    pairs = dict(site_pairs(page, findings, closing, 0, site_figures(findings, plan)))
    assert "F001" not in pairs[page.words("guide.row_instead")]


def test_what_nobody_supplied_is_to_be_supplied(findings: Findings, page: Page) -> None:
    row = busiest(findings)
    bare = Facilities.plain(
        ("甲", "乙"), KINDS[:2], findings.facilities.xy_m[:2], np.full(2, row, np.int32)
    )
    empty = replace(findings, facilities=bare, plans=())
    table = facility_table(page, empty, row)
    missing = page.words("status.to be supplied")
    assert [cells[3:5] for cells in table.rows] == [(missing, missing)] * 2
    # No figure is made of nothing: the sum is told where a part of it is known.
    assert table.total[4] == missing
    half = replace(bare, floor_area_m2=np.array([300.0, np.nan]))
    table = facility_table(page, replace(empty, facilities=half), row)
    assert table.total[4] == "300（1处待补充）"


def test_the_box_of_a_site_assumes_nothing(
    findings: Findings, plan: PlanFinding, page: Page
) -> None:
    row = int(plan.chosen[0])
    floor = plan.premises.floor_area_m2.copy()
    floor[row] = np.nan
    lift = plan.premises.lift.copy()
    lift[row] = -1
    bare = replace(plan, premises=replace(plan.premises, floor_area_m2=floor, lift=lift))
    pairs = dict(site_pairs(page, findings, bare, 0, site_figures(findings, plan)))
    missing = page.words("status.to be supplied")
    assert pairs[page.words("guide.row_floor")] == missing
    assert missing in pairs[page.words("guide.row_storey")]
    for key in ("row_lines", "row_fire", "row_hazard"):
        assert pairs[page.words(f"guide.{key}")].startswith("待核实")
    assert pairs[page.words("guide.row_landuse")] == missing
    assert pairs[page.words("guide.row_cost")] == missing


def test_the_box_of_a_site_has_the_figures_of_the_plan(
    findings: Findings, plan: PlanFinding, page: Page
) -> None:
    for rank in range(len(plan.chosen)):
        pairs = dict(site_pairs(page, findings, plan, rank, site_figures(findings, plan)))
        values = [*pairs.values()]
        assert wording.whole(float(plan.plan.gain_people[rank])) in values
        loss = wording.in_unit(float(plan.plan.loss_if_vetoed[rank]), plan.plan.unit, "zh")
        assert plan.plan.veto_status[rank] != "optimal" or loss in values


# --- panels -------------------------------------------------------------------------------------


def test_a_long_table_is_cut_and_says_so(page: Page) -> None:
    columns = (PanelColumn("编号", 0.3), PanelColumn("名称", 0.7))
    rows = tuple((f"F{n:03d}", f"设施{n}") for n in range(120))
    box = Box(20, 60, 120, 200)
    draw_table(page, box, PanelTable(columns, rows, ("合计", "120处")),
               cut=lambda count: f"另有{count}处")  # fmt: skip
    written = said(page.canvas, "guide")
    stand = [text for text in written if text.startswith("F")]
    assert stand and f"另有{120 - len(stand)}处" in written and "合计" in written
    _apart(page.canvas, box)


def test_new_sites_are_not_what_a_table_cuts(page: Page) -> None:
    rows = tuple((f"{'F' if n < 80 else 'P'}{n}", "—") for n in range(82))
    columns = (PanelColumn("编号", 0.3), PanelColumn("名称", 0.7))
    draw_table(page, Box(20, 60, 120, 160), PanelTable(columns, rows, ("合计", "—"), keep=2),
               cut=lambda count: f"另有{count}处")  # fmt: skip
    written = said(page.canvas, "guide")
    stand = [text for text in written if text[0] in "FP"]
    assert stand[-2:] == ["P80", "P81"] and stand[0] == "F0"
    assert f"另有{82 - len(stand)}处" in written


def test_figures_of_a_narrow_table_are_whole(fonts: Fonts) -> None:
    page = blank(fonts, "en")
    columns = (PanelColumn("Name", 0.8), PanelColumn("Places", 0.2, right=True))
    rows = tuple(("community canteen of a long name, no. 1", "to be supplied") for _ in range(9))
    draw_table(page, Box(20, 60, 65, 200), PanelTable(columns, rows, ("Total", "—")), cut=str)
    written = said(page.canvas, "guide")
    assert "".join(written).count("…") == 0
    assert written.count("to be") == written.count("supplied") == 9
    _apart(page.canvas, Box(20, 60, 65, 200))


def test_many_facilities_leave_room_for_the_gaps(
    findings: Findings, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = busiest(findings)
    present = facility_table(page, findings, row)
    long = replace(present, rows=present.rows * 30)
    monkeypatch.setattr(guide_area_panel, "facility_table", lambda *_: long)
    panel = Box(220, 20, 330, 270)
    guide_area_panel.draw_area_panel(page, findings, panel, row)
    gaps = gap_table(page, findings, findings.plans[0].plan.kind, row)
    written = said(page.canvas, "guide")
    assert gaps.rows and gaps.rows[0][0] in written and gaps.total[-1] in written
    listed = sum(text in {r[0] for r in long.rows} for text in written)
    cut = {"count": len(long.rows) - listed}
    assert cut["count"] > 0 and Words("zh")("guide.cut_rows", cut) in written
    _apart(page.canvas, panel)


@pytest.mark.parametrize(("count", "whole"), [(12, True), (60, True), (250, False)])
def test_pairs_shrink_before_they_are_cut(fonts: Fonts, count: int, *, whole: bool) -> None:
    box = Box(20, 30, 220, 190)
    view = choose_view((0.0, 0.0, 1000.0, 1000.0))
    page = Page(Canvas(view, fonts, SHEETS["A4"]), Words("zh"))
    pairs = [(f"名称{n}", "内容" * (1 + n % 9)) for n in range(count)]
    draw_pairs(page, box, pairs, cut="其余见表", columns=2)
    written = said(page.canvas, "guide")
    assert ("其余见表" not in written) == whole
    assert min(t.get_fontsize() for t in texts(page.canvas, "guide")) >= 5.0
    _apart(page.canvas, box)


def _apart(canvas: Canvas, box: Box) -> None:
    """Check that no two lines of a panel overlap and none leaves its box."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(canvas.figure).get_renderer()
    to_mm = canvas.paper.transData.inverted()
    extents = np.array([
        to_mm.transform_bbox(t.get_window_extent(renderer)).extents for t in texts(canvas, "guide")
    ])  # fmt: skip
    assert (extents[:, :2] >= (box.left - 0.3, box.bottom - 0.3)).all()
    assert (extents[:, 2:] <= (box.right + 0.3, box.top + 0.3)).all()
    # Ascenders and descenders of neighbouring lines may touch, their letters may not.
    slack = np.array([0.1, 0.5])
    low, high = extents[:, :2] + slack, extents[:, 2:] - slack
    meets = (low[:, None] < high[None]).all(axis=2) & (high[:, None] > low[None]).all(axis=2)
    assert np.array_equal(meets, np.eye(len(extents), dtype=bool))


# --- plates as drawn ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_plates_show_what_they_are_about(findings: Findings, language: Language) -> None:
    row = busiest(findings)
    guide, site = drawn(findings, language, f"13-{row + 1}-guide", "S-1-site")
    keys = {layer.key for layer in guide.layers}
    assert {"reach_today", "reach_added", "beside", "own_area", "new:0"} <= keys
    keys = {layer.key for layer in site.layers}
    assert {"site", "other_sites", "its_area", "street"} <= keys
    assert {f"band:{m}" for m in findings.coverage.minutes} <= keys
    for canvas in (guide, site):
        labels = {t.get_gid(): t.get_text() for t in canvas.paper.texts}
        for layer in canvas.layers:
            assert f"legend_label:{layer.key}" in labels
        frames = [canvas.view.frame]
        if canvas is site:
            rooms = site_rooms(canvas.sheet.frame)
            frames += [rooms.place, rooms.reach]
        for label in canvas.labels:
            assert any(frame.holds(label.box) for frame in frames)
        _apart(canvas, canvas.sheet.frame)


def test_people_gained_leave_the_bands_of_walking_time_in_sight(findings: Findings) -> None:
    (canvas,) = drawn(findings, "zh", "S-1-site")
    cells = [a.get_path().vertices[:5] for axes in canvas.figure.axes for a in axes.patches
             if (a.get_gid() or "").startswith("layer:gained")]  # fmt: skip
    assert cells
    assert all(np.allclose(np.ptp(cell, axis=0), 0.55 * 50.0) for cell in cells)


def test_labels_keep_away_from_the_name_of_a_map(fonts: Fonts) -> None:
    page = blank(fonts, "zh")
    draw_map_title(page, "用房位置")
    (bar,) = page.marks
    inside = (bar.left + bar.right) / 2, (bar.bottom + bar.top) / 2
    style = LabelStyle(rank=0, size_pt=6.0, gid="id")
    page.wish(style, Wish("F001", inside, 5.0, 2.5, (inside,)))
    assert page.write_labels() == {"id": (0, 1)}


def test_gaps_of_other_areas_are_not_on_the_guide(findings: Findings) -> None:
    kind = findings.plans[0].plan.kind
    gaps = findings.gaps_of(kind)
    row = findings.areas.names.index(next(area for area in gaps.areas if area))
    own = {i for i, area in zip(gaps.ids, gaps.areas, strict=True)
           if area == findings.areas.names[row]}  # fmt: skip
    (canvas,) = drawn(findings, "zh", f"13-{row + 1}-guide")
    named = {text for text in said(canvas, "id") if text in gaps.ids}
    assert named == own


def test_uncovered_people_are_those_of_the_area(findings: Findings) -> None:
    row = busiest(findings)
    (canvas,) = drawn(findings, "zh", f"13-{row + 1}-guide")
    own = findings.demand.xy_m[findings.demand.area_index == row]
    found = [a for a in canvas.map.patches if (a.get_gid() or "").startswith("layer:uncovered")]
    corners = np.vstack([a.get_path().vertices for a in found])
    size = float(np.ptp(found[0].get_path().vertices[:5, 0]))
    cells = {tuple(c) for c in np.floor(own / size).astype(int).tolist()}
    assert {tuple(c) for c in np.rint(corners[::5] / size).astype(int).tolist()} <= cells


def test_an_area_that_cannot_say_has_no_uncovered_people(findings: Findings) -> None:
    row = busiest(findings)
    (canvas,) = drawn(withhold(findings, [row]), "zh", f"13-{row + 1}-guide")
    keys = {layer.key for layer in canvas.layers}
    assert "withheld" in keys and not any(key.startswith("uncovered") for key in keys)
    assert "不判断覆盖" in "".join(said(canvas, "caption"))


def test_the_circle_is_that_of_the_study(findings: Findings) -> None:
    case, circle = circle_of(findings), findings.study.circle
    assert isinstance(case, Case)
    assert (case.minutes, case.direction) == (circle.minutes, circle.direction)
    assert case.walker.name == circle.walker
