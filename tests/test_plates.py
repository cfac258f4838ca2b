"""Plan pages: the element checklist on every plate, true scale, labels, fonts, the same bytes."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from platecheck import CHINESE, Drawn, check_legend, check_plate, check_texts, extents, overlaps
from quarterhour.cover.gaps.causes import CAUSES
from quarterhour.cover.gaps.finding import CrowdedPlaces
from quarterhour.errors import InputError
from quarterhour.findings import Findings
from quarterhour.maps import underlay
from quarterhour.maps.borders import borders_once
from quarterhour.maps.canvas import DPI, SCALES, Canvas, choose_view
from quarterhour.maps.cells import class_labels, gather, round_breaks
from quarterhour.maps.fonts import Fonts, find_fonts
from quarterhour.maps.imprint import clean, crs_words, year_of
from quarterhour.maps.labels import Box, Placed, Wish, around, place_labels
from quarterhour.maps.outlines import outline_of
from quarterhour.maps.page import round_step_m
from quarterhour.maps.picture import drawn_pixels, to_palette
from quarterhour.maps.plates import draw_pages, plan_pages, plate_titles
from quarterhour.maps.setting import fit, wrap
from quarterhour.maps.sheets import A3
from quarterhour.maps.style import WITHHELD
from quarterhour.maps.titles import PlateTitle
from quarterhour.maps.withheld import withheld_gaps, withheld_people
from quarterhour.pipeline import StudyRun
from quarterhour.words import LANGUAGES, Language, Words
from uncertain import uncertain
from withholding import withhold

ALL = ("all",)
# The plates that these tests speak of; every plate there is stands the checklist in test_sheets.
CORE = ("01", "02", "03", "04", "04-1", "04-2", "04-3", "04-4", "06", "06-1", "07", "08", "09")
FILES = ("01", "03", "04-2", "06", "08", "09", "S-1")


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


def core(findings: Findings, language: Language) -> Iterator[tuple[PlateTitle, Canvas]]:
    """Draw the plates that these tests speak of."""
    titles = plate_titles(findings, language, ALL)
    stems = [title.stem for title in titles if title.number in CORE]
    return draw_pages(findings, language=language, stems=stems)


@pytest.fixture(scope="module")
def both(findings: Findings) -> dict[Language, list[Drawn]]:
    return {
        language: [Drawn(t, c, language) for t, c in core(findings, language)]
        for language in LANGUAGES
    }


@pytest.fixture(params=LANGUAGES)
def pages(request, both: dict[Language, list[Drawn]]) -> list[Drawn]:
    return both[request.param]


def plate(pages: list[Drawn], number: str) -> Drawn:
    return next(page for page in pages if page.title.number == number)


@pytest.fixture(scope="module")
def files(findings: Findings, tmp_path_factory: pytest.TempPathFactory):
    """Draw all plates, on a machine whose own matplotlib settings are odd."""
    import matplotlib

    calls: list[tuple[int, int]] = []
    odd = {"lines.linewidth": 9.0, "font.size": 30.0, "pdf.fonttype": 42, "savefig.dpi": 50}
    with matplotlib.rc_context(odd):
        plates = plan_pages(
            findings, tmp_path_factory.mktemp("plates") / "zh", language="zh", plates=FILES,
            on_progress=lambda done, total: calls.append((done, total)),
        )  # fmt: skip
        assert matplotlib.rcParams["font.size"] == 30.0
    return plates, calls


# --- which plates there are ---------------------------------------------------------------------


def test_numbers_follow_the_plate_list(findings: Findings) -> None:
    numbers = [t.number for t in plate_titles(findings, "zh", ALL)]
    kinds = len(findings.facilities.all_kinds())
    fours = ["04", *(f"04-{n}" for n in range(1, kinds + 1))]
    assert [n for n in numbers if n[:2] in ("01", "03", "04", "07", "08", "09")] == (
        ["01", "03", *fours, "07", "08", "09"]
    )
    assert [n for n in numbers if n[:2] in ("02", "06")][:4] == ["02", "02-1", "06", "06-1"]
    guides = [f"13-{n}" for n in range(1, len(findings.areas.names) + 1)]
    sites = [f"S-{n}" for n in range(1, len(findings.plans[0].chosen) + 1)]
    assert numbers[-len(guides + sites) :] == guides + sites


def test_titles_stand_in_both_languages(findings: Findings) -> None:
    zh = {t.number: t.title for t in plate_titles(findings, "zh", ALL)}
    en = {t.number: t.title for t in plate_titles(findings, "en", ALL)}
    assert zh["01"] == "区位与规划范围图"
    assert zh["02"] == "老年人口密度分布图（60岁及以上，2026年）"
    assert zh["04-2"] == "现状15分钟步行可达范围图（养老服务站）"
    assert zh["09"] == "规划15分钟步行可达范围图（养老服务站）"
    assert en["09"] == "Planned 15-minute walking reach (care station)"
    assert not CHINESE.search("".join(t for n, t in en.items() if n[:2] not in ("13", "S-")))
    stems = [t.stem for t in plate_titles(findings, "zh", ALL)]
    assert stems == [t.stem for t in plate_titles(findings, "en", ALL)]
    assert len(set(stems)) == len(stems) and all(re.fullmatch(r"[a-zS0-9-]+", s) for s in stems)


def test_without_a_siting_question_there_are_no_planned_plates(findings: Findings) -> None:
    titles = plate_titles(replace(findings, plans=(), links=None), "zh", ALL)
    numbers = [t.number for t in titles]
    assert not {n for n in numbers if n[:2] in ("07", "08", "09", "12", "S-")}
    assert titles[numbers.index("06")].title == "服务缺口图（任一类设施）"


def test_two_questions_have_plates_of_their_own(findings: Findings) -> None:
    twice = replace(findings, plans=findings.plans * 2)
    numbers = [t.number for t in plate_titles(twice, "zh", ALL) if "07" <= t.number < "10"]
    assert numbers == ["07-1", "07-2", "08-1", "08-2", "09-1", "09-2"]


def test_links_have_a_plate_after_all_gaps_and_only_where_there_are_any(findings: Findings) -> None:
    links = findings.links
    assert links is not None
    [plan] = findings.plans
    other = replace(plan, plan=replace(plan.plan, kind="canteen"))
    two = replace(findings, plans=(plan, other))
    titles = {t.number: t.title for t in plate_titles(two, "en", ("06",))}
    assert list(titles)[:3] == ["06-1", "06-2", "06-3"]
    assert titles["06-3"] == "Missing links (care station)"
    for none in (None, replace(links, what=links.what[:0])):
        assert not [t for t in plate_titles(replace(findings, links=none), "zh")
                    if "links" in t.stem]  # fmt: skip


# --- gaps by cause, crowded places, missing links ------------------------------------------------


def drawn_one(findings: Findings, number: str, language: Language) -> Drawn:
    """Draw one plate."""
    [stem] = [t.stem for t in plate_titles(findings, language, ALL) if t.number == number]
    [(title, canvas)] = draw_pages(findings, language=language, stems=[stem])
    return Drawn(title, canvas, language)


@pytest.fixture(scope="module")
def caused(findings: Findings) -> Drawn:
    """Return the plate of gaps in care centres, of every cause, some behind barriers."""
    gaps = findings.gaps_of("care_centre")
    causes = CAUSES[:-1]
    cause = tuple(causes[n % len(causes)] for n in range(len(gaps.ids)))
    behind = [n for n, c in enumerate(cause) if c == "barrier"]
    kinds, names = [""] * len(cause), [""] * len(cause)
    kinds[behind[0]], names[behind[0]] = "river", "Long\u202e River"
    kinds[behind[1]] = kinds[behind[2]] = "railway"
    crowded = CrowdedPlaces(
        ("K01", "K02", "K03"), ("",) * 3, ("",) * 3, gaps.apart.take(slice(0, 3)),
        gaps.xy_m[:3] + 300.0, np.array([500.0, 300.0, 200.0]), np.full_like(gaps.member, -1), 40.0,
    )  # fmt: skip
    made = replace(gaps, cause=cause, barrier_kind=tuple(kinds), barrier_name=tuple(names),
                   crowded=crowded)  # fmt: skip
    [plan] = findings.plans
    asked = replace(
        findings, links=None, plans=(replace(plan, plan=replace(plan.plan, kind="care_centre")),),
        gaps=tuple(made if g.kind == "care_centre" else g for g in findings.gaps),
    )  # fmt: skip
    return drawn_one(withhold(asked, ()), "06", "en")


def test_every_cause_has_its_own_hatching_and_entry(caused: Drawn) -> None:
    hatches = {
        a.get_gid().removeprefix("layer:gap:"): a.get_hatch()
        for a in caused.canvas.map.patches if (a.get_gid() or "").startswith("layer:gap:")
    }  # fmt: skip
    assert set(hatches) == set(CAUSES) - {"capacity"}
    assert len(set(hatches.values())) == len(hatches)
    entries = {layer.key: layer.label for layer in caused.canvas.layers}
    for cause in hatches:
        assert entries[f"gap:{cause}"].startswith(Words("en")(f"cause.{cause}"))


def test_barriers_are_named_with_the_gaps_behind_them(caused: Drawn) -> None:
    said = " ".join(t.get_text() for t in caused.texts("caption"))
    ids = [f"G{n + 1:02d}" for n in (3, 9, 15)]
    assert f"Long River ({ids[0]})" in said
    assert f"railway ({ids[1]}, {ids[2]})" in said
    check_texts(caused)


def test_crowded_places_are_apart_from_gaps(caused: Drawn) -> None:
    [signs] = [c for c in caused.canvas.map.collections if c.get_gid() == "layer:crowded"]
    assert len(signs.get_offsets()) == 3
    assert {"K01", "K02", "K03"} <= {t.get_text() for t in caused.texts("id")}
    said = " ".join(t.get_text() for t in caused.texts("caption"))
    assert "1,040 more live within reach" in said
    assert "1,000 of them live in 3 places" in said


def test_unknown_capacity_is_said_and_is_no_empty_place(findings: Findings) -> None:
    gaps = tuple(replace(g, crowded=None) for g in findings.gaps)
    page = drawn_one(replace(findings, gaps=gaps), "06", "zh")
    assert Words("zh")("plate.note_no_capacity")[:12] in page.says("caption")
    assert "crowded" not in {layer.key for layer in page.canvas.layers}


def test_links_carry_their_number_and_the_people_gained(findings: Findings, both) -> None:
    links = findings.links
    assert links is not None
    lead = links.groups.index(findings.lead_group)
    shown = {t.get_text() for t in plate(both["en"], "06-1").texts("id")}
    wanted = {f"{n + 1} ({p:,.0f})" for n, p in enumerate(links.gained[:, lead])}
    assert shown <= wanted and f"1 ({links.gained[0, lead]:,.0f})" in shown
    assert "screening" in plate(both["en"], "06-1").says("caption")
    held = withhold(findings, [int(links.area_index[0])])
    page = drawn_one(held, "06-1", "en")
    shown = {t.get_text() for t in page.texts("id")}
    assert "1" in shown and not any(text.startswith("1 (") for text in shown)


def test_each_kind_of_link_has_a_sign_and_lines(findings: Findings) -> None:
    links = findings.links
    assert links is not None
    what = (np.arange(len(links.what)) % 3).astype(np.int8)
    page = drawn_one(replace(findings, links=replace(links, what=what)), "06-1", "zh")
    shapes = []
    for kind in ("footbridge", "lift", "gate"):
        gid = f"layer:link:{kind}"
        [signs] = [c for c in page.canvas.map.collections if c.get_gid() == gid]
        [lines] = [p for p in page.canvas.map.patches if p.get_gid() == gid]
        assert len(signs.get_offsets()) == len(lines.get_path().vertices) / 2
        shapes.append(signs.get_paths()[0].vertices.tolist())
    assert len({str(s) for s in shapes}) == 3
    check_texts(page)
    check_legend(page)


# --- the element checklist, on every plate ------------------------------------------------------


def test_every_plate_stands_the_checklist(pages: list[Drawn], findings: Findings) -> None:
    for page in pages:
        check_plate(page, findings)


def test_what_counts_names_walker_speed_minutes_and_group(pages: list[Drawn]) -> None:
    for page in pages:
        if "reach" in page.title.stem or "gaps" in page.title.stem:
            block = page.says("title_block").replace(" ", "")
            assert "0.85" in block and "15" in block and "60" in block
            assert ("不由图面范围量算" in block) or ("nofigureismeasuredfromtheshapes" in block)


def test_planned_plates_say_that_the_period_is_missing(pages: list[Drawn]) -> None:
    missing = {"zh": "待补充", "en": "to be supplied"}
    for page in pages:
        block = page.says("title_block")
        planned = page.title.number in ("08", "09")
        assert (missing[page.language] in block) == planned


def test_the_legend_counts_what_the_map_shows(findings: Findings, both) -> None:
    page = plate(both["zh"], "03")
    signs = {c.get_gid(): len(c.get_offsets()) for c in page.canvas.map.collections if c.get_gid()}
    for kind in findings.facilities.all_kinds():
        assert signs[f"layer:kind:{kind}"] == len(findings.facilities.rows_of(kind))


def test_real_pages_do_not(findings: Findings) -> None:
    real = replace(findings.study, study=replace(findings.study.study, synthetic=False))
    page = next(draw_pages(replace(findings, study=real), language="zh"))[1]
    gids = {t.get_gid() for t in page.paper.texts}
    assert not gids & {"demo", "watermark"}


def test_an_approval_number_is_shown_and_never_made_up(findings: Findings) -> None:
    about = replace(findings.study.study, map_approval="渝S（2026）001号", date="", crs="auto")
    study = replace(findings.study, study=about, report=replace(findings.study.report, unit=""))
    title, canvas = next(draw_pages(replace(findings, study=study), language="zh"))
    page = Drawn(title, canvas, "zh")
    assert page.says("status") == "审图号：渝S（2026）001号"
    block = [t.get_text() for t in page.texts("title_block")]
    assert block.count("待补充") == 2
    assert "现状年：待补充" in block


def test_english_pages_hold_no_chinese_but_names(findings: Findings, both) -> None:
    names = [*findings.areas.names, findings.study.study.name, findings.study.report.unit]
    names += [s.file for s in findings.sources]
    for page in both["en"]:
        for text in page.canvas.paper.texts:
            rest = text.get_text()
            for name in names:
                rest = rest.replace(clean(name), "")
            assert not CHINESE.search(rest), (page.title, text.get_text())


# --- scale --------------------------------------------------------------------------------------


def test_all_plates_have_one_view_so_that_pairs_compare(pages: list[Drawn]) -> None:
    assert len({page.canvas.view for page in pages}) == 1


def test_present_and_planned_reach_have_the_same_bands(pages: list[Drawn]) -> None:
    bands = {
        page.title.number: [x for x in page.canvas.layers if x.key.startswith("band:")]
        for page in pages
        if "reach" in page.title.stem
    }
    assert len(bands["09"]) == 3
    assert all(layers == bands["09"] for layers in bands.values())


@given(
    width=st.floats(50.0, 3e5), height=st.floats(50.0, 3e5), west=st.floats(-1e6, 1e6),
)  # fmt: skip
def test_the_largest_plan_scale_that_holds_the_extent(width, height, west) -> None:
    view = choose_view((west, 0.0, west + width, height))
    assert view.scale in SCALES
    assert view.west_m <= west and view.east_m >= west + width
    assert view.south_m <= 0.0 and view.north_m >= height
    if view.scale > SCALES[0]:
        larger = SCALES[SCALES.index(view.scale) - 1]
        room = (A3.frame.width - 5) * larger / 1000, (A3.frame.height - 5) * larger / 1000
        assert width > room[0] or height > room[1]
    corners = view.to_mm(np.array([[view.west_m, view.south_m], [view.east_m, view.north_m]]))
    np.testing.assert_allclose(
        corners, [[A3.frame.left, A3.frame.bottom], [A3.frame.right, A3.frame.top]]
    )


def test_scale_bars_are_round() -> None:
    assert [round_step_m(m) for m in (11, 99, 100, 550, 1100)] == [10, 50, 100, 500, 1000]


# --- labels -------------------------------------------------------------------------------------


def test_facility_numbers_are_those_of_the_table(findings: Findings, pages: list[Drawn]) -> None:
    page = plate(pages, "03")
    shown = [t.get_text() for t in page.texts("id")]
    assert len(set(shown)) == len(shown) > 100
    assert set(shown) <= set(findings.facilities.ids)
    if len(shown) < len(findings.facilities.ids):
        assert str(len(shown)) in page.says("caption")


def test_new_sites_carry_building_order_and_premises(findings: Findings, both) -> None:
    plan = findings.plans[0]
    page = plate(both["en"], "08")
    ids = [plan.premises.ids[row] for row in plan.chosen.tolist()]
    wanted = {f"{n} ({name})" for n, name in enumerate(ids, start=1)}
    assert {t.get_text() for t in page.texts("id")} == wanted


_WISHES = st.lists(
    st.tuples(st.floats(0, 60), st.floats(0, 60), st.floats(1, 12), st.floats(1, 4)), max_size=40
)


@settings(deadline=None)
@given(wanted=_WISHES)
def test_placed_labels_never_overlap(wanted) -> None:
    frame = Box(0, 0, 60, 60)
    wishes = [
        Wish("x", (x, y), w, h, around((x, y), width=w, height=h, clear=1.0))
        for x, y, w, h in wanted
    ]
    marks = [Box(x - 0.5, y - 0.5, x + 0.5, y + 0.5) for x, y, _, _ in wanted]
    placed = place_labels(wishes, frame=frame, marks=marks)
    assert len(placed) == len(wishes)
    stand = [p for p in placed if isinstance(p, Placed)]
    boxes = np.array([(p.box.left, p.box.bottom, p.box.right, p.box.top) for p in stand])
    assert overlaps(boxes.reshape(-1, 4)) == []
    assert all(frame.holds(p.box) for p in stand)
    assert all(p.wish in wishes for p in stand)


def test_a_label_that_must_cover_signs_covers_the_least_of_them() -> None:
    marks = [Box(0, 0, 20, 20), Box(22, 0, 60, 60), Box(0, 22, 60, 60)]
    places = ((10.0, 10.0), (21.0, 10.0), (40.0, 40.0))
    wish = Wish("name", (10, 10), 6, 3, places, leader=False, over_marks=True)
    [placed] = place_labels([wish], frame=Box(0, 0, 60, 60), marks=marks)
    assert placed is not None and placed.centre == (21.0, 10.0)
    shy = replace(wish, over_marks=False)
    assert place_labels([shy], frame=Box(0, 0, 60, 60), marks=marks) == (None,)


def test_a_label_that_moves_away_gets_a_leader() -> None:
    wishes = [
        Wish("first", (20, 20), 8, 2, around((20, 20), width=8, height=2, clear=1.2)),
        Wish("far", (20, 20), 8, 2, ((20.0, 20.0), (20.0, 30.0))),
    ]
    first, far = place_labels(wishes, frame=Box(0, 0, 60, 60), marks=[Box(19, 19, 21, 21)])
    assert first is not None and first.leader is None
    assert far is not None and far.leader == (20.0, 29.0)


def test_a_leader_begins_at_the_rim_of_a_large_sign_and_crosses_no_other() -> None:
    places = ((20.0, 32.0), (32.0, 20.0))
    wishes = [
        Wish("by", (20, 20), 8, 2, around((20, 20), width=8, height=2, clear=3.0), clear=3.0),
        Wish("far", (20, 20), 8, 2, places, clear=3.0),
    ]
    own, other = Box(17.5, 17.5, 22.5, 22.5), Box(19, 26, 21, 28)
    by, far = place_labels(wishes[:1], frame=Box(0, 0, 60, 60), marks=[own]) + place_labels(
        wishes[1:], frame=Box(0, 0, 60, 60), marks=[own, other]
    )
    assert by is not None and by.leader is None
    assert far is not None and far.centre == (32.0, 20.0)
    assert far.start == (23.0, 20.0) and far.leader == (28.0, 20.0)
    above = place_labels(wishes[1:], frame=Box(0, 0, 60, 60), marks=[own])[0]
    assert above is not None and above.centre == (20.0, 32.0) and above.start == (20.0, 23.0)


# --- areas that cannot say ----------------------------------------------------------------------

# A town with gaps and a crowded quarter of the small demo.
DUMB = (2, 17)
SPEAKS_OF_COVERAGE = ("04", "04-1", "04-2", "04-3", "04-4", "06", "06-1", "08", "09")


@pytest.fixture(scope="module", params=LANGUAGES)
def doubting(request, findings: Findings) -> list[Drawn]:
    """Return the plates of a district in which two areas cannot say."""
    drawn = core(withhold(findings, DUMB), request.param)
    return [Drawn(t, c, request.param) for t, c in drawn]


def hatched(page: Drawn) -> list:
    """Return what is hatched in grey on the map."""
    own = [a for a in page.canvas.map.patches if a.get_gid() == "layer:withheld"]
    return [a for a in own if a.get_hatch()]


def test_areas_that_cannot_say_are_hatched_and_named(
    doubting: list[Drawn], findings: Findings
) -> None:
    inside = shapely.get_coordinates(shapely.point_on_surface(findings.areas.polygons))
    wanted = [n in DUMB for n in range(len(inside))]
    for page in doubting:
        words = Words(page.language)
        if page.title.number not in SPEAKS_OF_COVERAGE:
            assert hatched(page) == [] and page.texts("withheld") == []
            continue
        [hatch] = hatched(page)
        assert hatch.get_path().contains_points(inside).tolist() == wanted
        assert hatch.get_facecolor()[3] == 0
        said = [t.get_text() for t in page.texts("withheld")]
        assert said == [words("completeness.cannot_say")] * 2
        entry = words("plate.withheld", {"count": 2})
        assert entry in [t.get_text() for t in page.texts("legend_label")]
        samples = [a for a in page.canvas.paper.patches if a.get_gid() == "legend:withheld"]
        assert [a.get_hatch() for a in samples] == [hatch.get_hatch()]
        caption = page.says("caption").replace(" ", "")
        assert all(findings.areas.names[n] in caption for n in DUMB)


def test_the_words_stand_in_the_area_that_they_speak_of(
    doubting: list[Drawn], findings: Findings
) -> None:
    page = plate(doubting, "04")
    polygons = findings.areas.polygons[list(DUMB)]
    placed = [p for p in page.canvas.labels if p.wish.text == page.texts("withheld")[0].get_text()]
    corner = np.array([A3.frame.left, A3.frame.bottom])
    view = page.canvas.view
    at = [(np.array(p.centre) - corner) * view.scale / 1000 for p in placed]
    at = [shapely.Point(view.west_m + x, view.south_m + y) for x, y in at]
    assert sorted(int(np.argmax(shapely.contains(polygons, p))) for p in at) == [0, 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_all_can_say_no_plate_says_otherwise(findings: Findings, language: Language) -> None:
    said = Words(language)("completeness.cannot_say")
    for _, canvas in core(withhold(findings, ()), language):
        assert not {layer.key for layer in canvas.layers} & {"withheld", "gap:withheld"}
        assert not any(said in t.get_text() for t in canvas.paper.texts)


def test_only_the_plates_of_a_kind_that_cannot_be_spoken_of_say_so(findings: Findings) -> None:
    some = withhold(findings, DUMB, kinds=["care_station"])
    numbers = [
        title.number
        for title, canvas in core(some, "en")
        if "withheld" in {layer.key for layer in canvas.layers}
    ]
    assert numbers == ["04-2", "06", "06-1", "08", "09"]


def test_plates_with_areas_that_cannot_say_are_tidy(doubting: list[Drawn]) -> None:
    for page in doubting:
        check_texts(page)
        check_legend(page)
        lowest = min(extents(page, page.texts("legend_label"))[:, 1])
        lines = [a.get_ydata()[0] for a in page.canvas.paper.lines if a.get_xdata()[0] == 324.0]
        highest = max(y for y in lines if y < 230.0)
        assert lowest > highest + 0.3, page.title


def test_gaps_that_cannot_be_sure_are_apart_and_none_is_lost(
    doubting: list[Drawn], findings: Findings
) -> None:
    dumb = withhold(findings, DUMB)
    gaps = findings.gaps_of("care_station")
    held = withheld_gaps(dumb, "care_station")
    assert 0 < held.sum() < len(gaps.ids)
    assert [gaps.areas[n] in [findings.areas.names[a] for a in DUMB] for n in range(len(held))] == (
        held.tolist()
    )
    page = plate(doubting, "06")
    counts = {
        layer.key: int(re.sub(r"\D", "", layer.label))
        for layer in page.canvas.layers
        if layer.key.startswith("gap:")
    }
    assert counts["gap:withheld"] == held.sum()
    assert sum(counts.values()) == len(gaps.ids)
    [shape] = [a for a in page.canvas.map.patches if a.get_gid() == "layer:gap:withheld"]
    assert not shape.get_hatch()
    ids = {t.get_text(): t.get_color() for t in page.texts("id")}
    grey = {name for name, colour in ids.items() if colour == "#4d4d4d"}
    assert grey == {name for name, is_held in zip(gaps.ids, held, strict=True) if is_held} & {*ids}
    assert grey


def test_uncovered_people_of_areas_that_cannot_say_have_no_class(findings: Findings) -> None:
    everywhere = range(len(findings.areas.names) + 1)
    dumb = withhold(findings, everywhere)
    assert withheld_people(dumb, "care_station").all()
    page = drawn_one(dumb, "06", "en")
    keys = {layer.key for layer in page.canvas.layers}
    assert not any(key.startswith("uncovered:") for key in keys)
    words = Words("en")
    caption = page.says("caption").replace(" ", "")
    assert words("plate.note_withheld_gaps").replace(" ", "") in caption
    assert "and17more" in caption.replace("\n", "")


def test_what_lies_outside_all_areas_may_be_unable_to_say_too(findings: Findings) -> None:
    last = len(findings.areas.names)
    outside = replace(findings.demand, area_index=np.full_like(findings.demand.area_index, -1))
    dumb = withhold(replace(findings, demand=outside), [last])
    assert withheld_people(dumb, "any").all()
    first = withhold(replace(findings, demand=outside), [0])
    assert not withheld_people(first, "any").any()
    gaps = tuple(replace(g, areas=("",) * len(g.ids)) for g in findings.gaps)
    assert withheld_gaps(replace(dumb, gaps=gaps), "any").all()
    assert not withheld_gaps(replace(first, gaps=gaps), "any").any()


def test_hatched_plates_repeat(findings: Findings, tmp_path: Path) -> None:
    dumb = withhold(findings, DUMB)
    one, two = (
        plan_pages(dumb, tmp_path / name, language="zh", stems=["06-gaps"])[0] for name in "ab"
    )
    assert one.png.read_bytes() == two.png.read_bytes()
    assert one.pdf.read_bytes() == two.pdf.read_bytes()
    from matplotlib.colors import to_hex

    page = drawn_one(dumb, "06", "zh")
    assert to_hex(hatched(page)[0].get_edgecolor()) == WITHHELD


# --- hostile names and fonts --------------------------------------------------------------------


def test_names_from_files_are_only_ever_text(findings: Findings) -> None:
    names = (
        "$x^2$",
        "<b>粗</b>",
        "a\nb\tc",
        "\\frac{1}{2} $",
        "100% {0}",
        *findings.areas.names[5:],
    )
    about = replace(findings.study.study, name="$\\sum$ {name} 塆")
    hostile = replace(
        findings, areas=replace(findings.areas, names=names),
        study=replace(findings.study, study=about),
    )  # fmt: skip
    title, canvas = next(draw_pages(hostile, language="zh"))
    page = Drawn(title, canvas, "zh")
    shown = {t.get_text() for t in page.texts("area_name")}
    assert {"$x^2$", "<b>粗</b>", "a b c", "\\frac{1}{2} $", "100% {0}"} <= shown
    assert page.says("study") == "$\\sum$ {name} 塆"
    assert not any(t.get_parse_math() for t in canvas.paper.texts)
    extents(page, canvas.paper.texts)


def test_a_character_that_no_font_holds_stops_the_page(findings: Findings) -> None:
    names = ("镇\U00013000", *findings.areas.names[1:])
    with pytest.raises(InputError) as caught:
        next(draw_pages(replace(findings, areas=replace(findings.areas, names=names)),
                        language="zh"))  # fmt: skip
    assert caught.value.faults[0].key == "plate.no_glyph"
    assert "U+13000" in caught.value.render("zh") and "\U00013000" in caught.value.render("en")


def test_rare_characters_of_chongqing_are_held() -> None:
    fonts = find_fonts()
    for text in ("塆", "磏", "硚", "垭口", "犀浦", "㵲"):
        fonts.choose(text)
        fonts.choose(text, heavy=True)


def test_another_font_steps_in(tmp_path: Path) -> None:
    import matplotlib

    latin = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    body = find_fonts().body
    fonts = Fonts((latin, *body), (latin, *body))
    assert fonts.choose("abc").get_file() == latin
    assert fonts.choose("塆").get_file() == body[0]


def test_no_chinese_font_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    import quarterhour.maps.fonts as module

    monkeypatch.setattr(module, "_font_files", dict)
    monkeypatch.setattr(module, "_packaged", list)
    with pytest.raises(InputError) as caught:
        find_fonts()
    assert caught.value.faults[0].key == "plate.no_font"
    assert "mplfonts" in caught.value.render("en")


@given(text=st.text(st.sampled_from("养老服务站，。（）abc de-f 15%—"), max_size=80))
@settings(deadline=None, max_examples=60)
def test_wrapped_lines_fit_and_lose_nothing(text: str) -> None:
    fonts = find_fonts()
    lines = wrap(fonts, clean(text), 22.0, size_pt=7.0)
    assert all(fonts.width_mm(line, 7.0) <= 22.0 for line in lines)
    assert "".join(lines).replace(" ", "") == clean(text).replace(" ", "")


def test_a_long_title_shrinks_and_then_is_cut() -> None:
    fonts = find_fonts()
    assert fit(fonts, "短", 50.0, size_pt=20, least_pt=10) == ("短", 20)
    text, size = fit(fonts, "中" * 10, 50.0, size_pt=20, least_pt=10)
    assert len(text) == 10 and 10 < size < 20
    text, size = fit(fonts, "长" * 300, 50.0, size_pt=20, least_pt=10)
    assert text.endswith("…") and size == 10 and fonts.width_mm(text, size) <= 50.0


# --- files --------------------------------------------------------------------------------------


def test_each_plate_is_a_png_and_a_pdf_at_a3(files) -> None:
    from PIL import Image

    plates, calls = files
    assert calls == [(n, len(plates)) for n in range(1, len(plates) + 1)]
    for plate in plates:
        with Image.open(plate.png) as picture:
            wanted = tuple(int(mm / 25.4 * 300) for mm in (A3.width_mm, A3.height_mm))
            assert picture.size == wanted
            assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert plate.png.stat().st_size < 1_500_000
        reader = PdfReader(plate.pdf)
        assert len(reader.pages) == 1
        size = [float(v) * 25.4 / 72 for v in reader.pages[0].mediabox[2:]]
        assert size == pytest.approx((A3.width_mm, A3.height_mm), abs=0.1)


def test_pdf_text_is_text(files) -> None:
    for one in files[0][:2]:
        text = PdfReader(one.pdf).pages[0].extract_text().replace("\n", "")
        assert one.title in text and "OpenStreetMap" in text


def test_fonts_are_embedded(files) -> None:
    for one in files[0]:
        fonts = PdfReader(one.pdf).pages[0]["/Resources"]["/Font"]
        assert fonts
        for font in (font.get_object() for font in fonts.values()):
            assert font["/Subtype"] == "/Type3" and len(font["/CharProcs"]) > 0


def pictures_in(pdf: Path) -> int:
    """Return how many pictures the page of a PDF holds."""
    inside = PdfReader(pdf).pages[0]["/Resources"].get("/XObject", {})
    return [thing.get_object()["/Subtype"] for thing in inside.values()].count("/Image")


def test_few_streets_are_drawn_as_they_are(files) -> None:
    assert [pictures_in(one.pdf) for one in files[0]] == [0] * len(files[0])


def test_many_streets_are_one_picture_that_shows_the_same(
    small_run: StudyRun, files, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(underlay, "_FEW", 0)
    (one,) = plan_pages(small_run.findings, tmp_path, language="zh", plates=("01",))
    assert pictures_in(one.pdf) == 1
    other = next(plate for plate in files[0] if plate.stem == one.stem)
    grey, same = (np.asarray(Image.open(p.png).convert("L"), float) for p in (one, other))
    assert np.abs(grey - same).mean() < 0.5


def test_the_same_findings_give_the_same_bytes(small_run: StudyRun, files) -> None:
    """The run wrote its plates in another folder and with other settings of matplotlib."""
    for one in files[0]:
        first = small_run.folder / "plates" / one.png.name
        assert first.read_bytes() == one.png.read_bytes(), one.stem
        first = small_run.folder / "plates" / one.pdf.name
        assert first.read_bytes() == one.pdf.read_bytes(), one.stem


# --- small parts --------------------------------------------------------------------------------


def test_what_is_cut_out_of_an_outline_is_empty() -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import PathPatch

    square, hole = shapely.box(0, 0, 10, 10), shapely.box(2, 2, 8, 8)
    figure = Figure(figsize=(1, 1), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 10), ylim=(0, 10))
    axes.set_axis_off()
    outline = outline_of([square], less=[hole])
    axes.add_artist(PathPatch(outline, facecolor="black", edgecolor="none"))
    grey = drawn_pixels(figure)[:, :, 0]
    assert (grey[21:79, 21:79] == 255).all()
    assert (grey[:19] == 0).all() and (grey[:, :19] == 0).all()


def test_cells_hold_everybody_with_a_place() -> None:
    xy = np.array([[10.0, 10.0], [20.0, 240.0], [260.0, 10.0], [np.nan, np.nan], [-1.0, 5.0]])
    cells = gather(xy, np.array([5.0, 5.0, 3.0, 9.0, 0.0]), size_m=250.0)
    assert cells.corner_m.tolist() == [[0.0, 0.0], [250.0, 0.0]]
    assert cells.density.tolist() == [160.0, 48.0]
    assert len(cells.outline(np.array([True, False])).vertices) == 5


@given(density=st.lists(st.floats(0.2, 5e4), min_size=1, max_size=60), most=st.integers(1, 5))
def test_breaks_are_round_and_leave_no_class_empty_by_design(density, most) -> None:
    breaks = round_breaks(np.array(density), most=most)
    assert len(breaks) <= most and np.all(np.diff(breaks) > 0)
    assert all(f"{b:.0e}"[0] in "125" for b in breaks)
    assert len(class_labels(breaks, Words("zh"))) == len(breaks) + 1


def test_no_people_make_no_classes() -> None:
    assert len(round_breaks(np.empty(0), most=4)) == 0


def test_a_palette_keeps_frequent_colours_exactly() -> None:
    picture = np.full((80, 40, 4), 255, np.uint8)
    picture[10:40, :20, :3] = (178, 24, 43)
    index, palette = to_palette(picture)
    np.testing.assert_array_equal(palette[index], picture[:, :, :3])


def test_years_and_planes_in_words() -> None:
    assert [year_of(t) for t in ("2026-11-01", "2026年11月")] == ["2026", "2026"]
    assert [year_of(t) for t in ("", "批次120263")] == ["", ""]
    assert crs_words("EPSG:4544", "zh").startswith("2000国家大地坐标系")
    assert "105" in crs_words("EPSG:4544", "en")
    assert crs_words("EPSG:32722", "zh") == "WGS 84 / UTM zone 22S（EPSG:32722）"


def _paper_at(pixels: np.ndarray, places_mm: np.ndarray) -> np.ndarray:
    """Return which places of a page (millimetres from its lower left) are bare paper."""
    column, row = np.rint(places_mm * DPI / 25.4).astype(int).T
    return (pixels[len(pixels) - 1 - row, column, :3] == 255).all(axis=1)


def test_streets_lie_where_they_are_and_not_upside_down(
    both: dict[Language, list[Drawn]], findings: Findings
) -> None:
    network, outline = findings.network, findings.areas.outline()
    lines = network.lines()
    main = np.isin(np.array(network.classes)[network.edge_class], ["primary", "secondary"])
    middles = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[main], 0.5, normalized=True)
    )
    middles = middles[shapely.contains_xy(outline, middles)]
    rng = np.random.default_rng(1)
    west, south, east, north = outline.bounds
    anywhere = rng.uniform((west, south), (east, north), (4000, 2))
    anywhere = anywhere[shapely.contains_xy(outline, anywhere)]
    drawn = np.concatenate([lines, findings.backdrop.water, findings.backdrop.rails])
    apart = shapely.STRtree(drawn).query(
        shapely.points(anywhere), predicate="dwithin", distance=120.0
    )[0]
    empty = np.delete(anywhere, np.unique(apart), axis=0)
    view = choose_view(shapely.total_bounds(findings.areas.polygons))
    pixels = drawn_pixels(plate(both["zh"], "01").canvas.figure)
    assert len(middles) > 50
    assert len(empty) > 50
    assert _paper_at(pixels, view.to_mm(middles)).mean() < 0.05
    assert _paper_at(pixels, view.to_mm(empty)).mean() > 0.8


# --- borders that are a guess -------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_approximate_borders_are_dashed_and_said_to_be_so(
    findings: Findings, language: Language
) -> None:
    words = Words(language)
    guessed = uncertain(findings)
    [(_, canvas)] = draw_pages(guessed, language=language, plates=("01",))
    page = Drawn(plate_titles(guessed, language)[0], canvas, language)
    looks = {layer.key: layer.look for layer in canvas.layers}
    [(_, before)] = draw_pages(findings, language=language, plates=("01",))
    sure = {layer.key: layer.look for layer in before.layers}
    for key in ("area", "outline"):
        assert looks[key].dash and looks[key].dash != sure[key].dash
        label = words(f"plate.{key}_approximate")
        assert label in [t.get_text() for t in page.texts("legend_label")]
    said = page.says("caption").replace(" ", "")
    assert words("plate.note_approximate").replace(" ", "") in said
    basis = page.says("title_block").replace(" ", "")
    assert words("plate.basis_area_approximate").replace(" ", "") in basis
    check_texts(page)
    check_legend(page)


def test_a_known_outline_of_approximate_areas_stays_whole(findings: Findings) -> None:
    areas = replace(findings.study.areas, outline="district.geojson")
    known = replace(uncertain(findings), study=replace(findings.study, areas=areas))
    [(_, canvas)] = draw_pages(known, language="en", plates=("01",))
    looks = {layer.key: layer.look for layer in canvas.layers}
    assert looks["area"].dash and not looks["outline"].dash


def test_a_border_of_two_areas_is_drawn_once() -> None:
    # Two squares and one over both, whose corner is not quite on the border of the two.
    squares = np.array(
        [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(0, 10.001, 20, 20)]
    )
    lines = borders_once(squares)
    assert shapely.length(lines).sum() == pytest.approx(60 + 20 + 10 + 20, abs=0.1)
    assert all(shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING)
