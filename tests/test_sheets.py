"""Sheets: the choice of plates and paper, and the checklist on every plate of every size."""

from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from pypdf import PdfReader
from shapely import box

from platecheck import Drawn, check_plate
from quarterhour.errors import InputError
from quarterhour.findings import Findings
from quarterhour.maps.canvas import Canvas, Layer, Look
from quarterhour.maps.choosing import chosen_orders, idle_tokens, jobs_of
from quarterhour.maps.fonts import find_fonts
from quarterhour.maps.page import in_columns
from quarterhour.maps.plates import draw_pages, missing_plates, plan_pages, plate_titles
from quarterhour.maps.sheets import SHEETS
from quarterhour.maps.titles import Order, PlateTitle
from quarterhour.pipeline import StudyRun
from quarterhour.words import LANGUAGES, Language, Words


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


# --- which plates, on which paper ---------------------------------------------------------------

_PLAN = SimpleNamespace(plan=SimpleNamespace(kind="care_station"))
_KINDS = {"04-1": "care_centre", "04-2": "care_station", "04-3": "canteen"}
_PLANNED = ("08", "10", "S-1-1", "S-1-2", "S-2-1")
_NUMBERS = ("01", "02", "02-1", "03", "04", *_KINDS, "06", "06-1", "08", "10", "12", "13-1",
            "13-2", "13-11", *_PLANNED[2:])  # fmt: skip


def _orders(planned: bool = True) -> list[Order]:
    return [
        Order(PlateTitle(n, n, n), "any", _KINDS.get(n, "any"),
              _PLAN if planned and n in _PLANNED else None)
        for n in _NUMBERS if planned or n not in _PLANNED
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tokens", "wanted"),
    [
        ((), "01 02 03 04 04-2 06 06-1 08 10 12 S-1-1 S-1-2 S-2-1"),
        (("main",), "01 02 03 04 04-2 06 06-1 08 10 12 S-1-1 S-1-2 S-2-1"),
        (("all",), " ".join(_NUMBERS)),
        (("none",), ""),
        (("04",), "04 04-1 04-2 04-3"),
        (("13",), "13-1 13-2 13-11"),
        (("13-1",), "13-1"),
        (("S",), "S-1-1 S-1-2 S-2-1"),
        (("S-1",), "S-1-1 S-1-2"),
        (("S-1-2", "04-3", "01"), "01 04-3 S-1-2"),
        (("none", "13-2"), "13-2"),
        (("07", "S-9", "12"), "12"),
    ],
)
def test_tokens_choose_plates(tokens: tuple[str, ...], wanted: str) -> None:
    chosen = [order.title.number for order in chosen_orders(_orders(), tokens)]
    assert " ".join(chosen) == wanted


def test_without_a_question_the_main_plates_have_reach_of_any_kind_alone() -> None:
    chosen = [o.title.number for o in chosen_orders(_orders(planned=False), ("main",))]
    assert chosen == ["01", "02", "03", "04", "06", "06-1", "12"]


def test_what_is_no_token_or_no_size_is_said_all_at_once(findings: Findings) -> None:
    with pytest.raises(InputError) as caught:
        jobs_of(findings, Words("zh"), plates=("4", "maps", "01", "4"), sizes=("A3", "A0", "a4"))
    told = [next(iter(fault.values.values())) for fault in caught.value.faults]
    assert told == ["4", "maps", "A0", "a4"]
    for language in LANGUAGES:
        said = caught.value.render(language)
        assert "04-2" in said and "A4-portrait" in said


def test_numbers_that_a_run_does_not_have_are_named_and_stop_nothing(findings: Findings) -> None:
    assert idle_tokens(_orders(), ("04", "07", "S-9", "main", "none", "07")) == ("07", "S-9")
    assert missing_plates(findings, "zh", ("12", "01")) == ("12",)
    assert [t.number for t in plate_titles(findings, "en", ("12", "01"))] == ["01"]


def test_the_study_names_plates_and_sizes(findings: Findings) -> None:
    report = replace(findings.study.report, plates=("01", "99"), sizes=("A4", "A3", "A4"))
    asked = replace(findings, study=replace(findings.study, report=report))
    assert [t.number for t in plate_titles(asked, "zh")] == ["01"]
    assert missing_plates(asked, "zh") == ("99",)
    names = [job.name for job in jobs_of(asked, Words("zh"))]
    assert names == ["A4/01-planning-area", "A3/01-planning-area"]
    assert [job.further for job in jobs_of(asked, Words("zh"))] == [False, True]
    silent = replace(report, plates=(), sizes=())
    told = replace(findings, study=replace(findings.study, report=silent))
    assert {job.sheet.name for job in jobs_of(told, Words("zh"))} == {"A3"}
    assert "13-1" not in {t.number for t in plate_titles(told, "zh")}


def test_further_sizes_have_folders_of_their_own(findings: Findings, tmp_path: Path) -> None:
    from PIL import Image

    sizes = ("A4", "A3-portrait")
    plates = plan_pages(findings, tmp_path, language="zh", plates=("01",), sizes=sizes)
    assert [plate.size for plate in plates] == list(sizes)
    assert plates[0].small.parent.name == "small" and plates[1].small == plates[1].png
    for plate, name in zip(plates, sizes, strict=True):
        sheet = SHEETS[name]
        with Image.open(plate.png) as picture:
            wanted = tuple(int(mm / 25.4 * 300) for mm in (sheet.width_mm, sheet.height_mm))
            assert picture.size == wanted
        page = PdfReader(plate.pdf).pages[0]
        size = [float(v) * 25.4 / 72 for v in page.mediabox[2:]]
        assert size == pytest.approx((sheet.width_mm, sheet.height_mm), abs=0.1)
        assert name.split("-")[0] in page.extract_text()
    made = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.png"))
    assert made == ["01-planning-area.png", "A3-portrait/01-planning-area.png",
                    "small/01-planning-area.png"]  # fmt: skip


# --- the checklist ------------------------------------------------------------------------------


def _check(findings: Findings, language: Language, size: str, part: slice) -> None:
    stems = [t.stem for t in plate_titles(findings, language, ("all",))]
    many = [s for s in stems if s.startswith(("13-", "S-"))]
    wanted = [s for s in stems if s not in many] + many[part]
    views = set()
    for title, canvas in draw_pages(findings, language=language, stems=wanted, size=size):
        check_plate(Drawn(title, canvas, language), findings)
        if title.stem not in many:
            views.add(canvas.view)
    assert len(views) == 1


@pytest.mark.parametrize(
    ("language", "size", "part"),
    [("zh", "A4", slice(0, None, 6)), ("en", "A3-portrait", slice(3, None, 6))],
)
def test_every_plate_has_every_element(
    findings: Findings, language: Language, size: str, part: slice
) -> None:
    _check(findings, language, size, part)


@pytest.mark.whole
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", SHEETS)
def test_every_plate_has_every_element_on_every_sheet(
    findings: Findings, language: Language, size: str
) -> None:
    _check(findings, language, size, slice(None))


def test_sheets_hold_their_parts_and_none_covers_another() -> None:
    for sheet in SHEETS.values():
        parts = [sheet.title, sheet.side, sheet.frame]
        parts += [sheet.block] if sheet.block != sheet.side else []
        assert all(sheet.neat.holds(part) for part in parts), sheet.name
        for n, a in enumerate(parts):
            for b in parts[n + 1 :]:
                apart = a.right <= b.left or b.right <= a.left or a.top <= b.bottom or (
                    b.top <= a.bottom
                )  # fmt: skip
                assert apart, (sheet.name, a, b)
        assert sheet.neat.left > 0 and sheet.neat.right < sheet.width_mm
        assert sheet.neat.bottom > 0 and sheet.neat.top < sheet.height_mm


LONG = "重庆市大足区龙水镇、龙岗街道、棠香街道社区居家养老服务设施布局专项规划（2025—2035年）"
LONG_EN = "A long name of a study that says at length which district, which years and which draft"


@pytest.mark.parametrize(
    ("language", "size", "name"),
    [("zh", "A3", LONG), ("en", "A4-portrait", LONG_EN)],
    ids=("zh", "en"),
)
def test_long_names_are_set_in_lines_and_never_cut(
    findings: Findings, language: Language, size: str, name: str
) -> None:
    areas = replace(findings.areas, names=(name[:40], *findings.areas.names[1:]))
    about = replace(findings.study, study=replace(findings.study.study, name=name))
    long = replace(findings, areas=areas, study=about)
    [(title, canvas)] = draw_pages(long, language=language, plates=("13-1",), size=size)
    page = Drawn(title, canvas, language)
    for gid in ("title", "study"):
        assert len(page.texts(gid)) > 1
    check_plate(page, long)


@pytest.mark.parametrize("count", [2, 3])
def test_columns_of_a_legend_keep_long_labels_with_their_second_line(count: int) -> None:
    layer = Layer("one", "label", Look("fill"))
    for lead in range(6):
        rows = [*[layer] * lead, "Heading", layer, "", layer, "", "Heading", "", layer]
        columns = in_columns(rows, count)
        assert [row for column in columns for row in column] == rows
        assert all(column[0] != "" and column[-1] != "Heading" for column in columns)


def test_water_that_nobody_would_see_is_not_in_the_legend(findings: Findings) -> None:
    x, y = findings.facilities.xy_m[0].tolist()
    for side_m, seen in ((20.0, False), (2000.0, True)):
        water = np.array([box(x, y, x + side_m, y + side_m)], object)
        pond = replace(findings, backdrop=replace(findings.backdrop, water=water))
        [(_, canvas)] = draw_pages(pond, language="zh", plates=("01",))
        assert ("water" in {layer.key for layer in canvas.layers}) == seen


# --- grey print ---------------------------------------------------------------------------------

_APART, _FROM_PAPER, _SIGNS_APART = 5.0, 2.0, 12.0


def _lightness(colour: str, opacity: float) -> float:
    """Return L* (CIE 1976) of a colour laid on white paper."""
    rgb = np.array(to_rgb(colour)) * opacity + 1.0 - opacity
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = float(linear @ (0.2126, 0.7152, 0.0722))
    return 116.0 * y ** (1 / 3) - 16.0 if y > 216 / 24389 else y * 24389 / 27


def _grey_faults(canvas: Canvas) -> list[str]:
    """Return what of a plate cannot be told apart without colour."""
    faults = []
    plain = [x for x in canvas.layers if x.look.form == "fill" and not x.look.hatch
             and x.look.face != "none"]  # fmt: skip
    for heading in {x.heading for x in plain}:
        light = sorted((_lightness(x.look.face, x.look.opacity), x.key) for x in plain
                       if x.heading == heading)  # fmt: skip
        light.append((100.0, "paper"))
        for (a, one), (b, other) in pairwise(light):
            if b - a < (_FROM_PAPER if other == "paper" else _APART):
                faults.append(f"{one} {other} {b - a:.1f}")
    hatches = [x.look.hatch for x in canvas.layers if x.look.hatch]
    if len(set(hatches)) < len(hatches):
        faults.append(f"hatches {hatches}")
    signs = [x for x in canvas.layers if x.look.form == "sign"]
    for a, b in combinations(signs, 2):
        apart = [_lightness(getattr(a.look, e), 1.0) - _lightness(getattr(b.look, e), 1.0)
                 for e in ("face", "edge")]  # fmt: skip
        larger = max(a.look.size_pt, b.look.size_pt) >= 1.2 * min(a.look.size_pt, b.look.size_pt)
        if a.look.shape == b.look.shape and max(map(abs, apart)) < _SIGNS_APART and not larger:
            faults.append(f"{a.key} {b.key} {apart}")
    return faults


def test_classes_and_signs_stay_apart_in_grey_print(findings: Findings) -> None:
    wanted = ("02", "03", "04-2", "05", "06", "07", "08", "09", "10", "11", "S", "13-1")
    for title, canvas in draw_pages(findings, language="en", plates=wanted):
        assert _grey_faults(canvas) == [], title


# --- fonts --------------------------------------------------------------------------------------


def test_titles_are_black_where_a_black_face_is_found() -> None:
    from matplotlib.font_manager import get_font

    fonts = find_fonts()
    body, heavy = (fonts.choose("图例骨直", heavy=h).get_file() for h in (False, True))
    if heavy == body:
        pytest.skip("no black Chinese face on this machine")
    face = get_font(heavy)
    assert "bold" in face.style_name.lower() or "hei" in face.family_name.lower()
    assert "JP" not in face.family_name
    assert fonts.width_mm("Legend", 12, heavy=True) != fonts.width_mm("Legend", 12)


def test_every_font_of_a_page_travels_with_it(small_run: StudyRun) -> None:
    for path in sorted((small_run.folder / "plates").glob("*.pdf"))[:3]:
        fonts = PdfReader(path).pages[0]["/Resources"]["/Font"]
        assert fonts
        for font in (font.get_object() for font in fonts.values()):
            if font["/Subtype"] == "/Type3":
                # Its characters are drawings inside the file.
                drawn = [proc.get_object().get_data() for proc in font["/CharProcs"].values()]
                assert drawn and all(drawn)
                continue
            [below] = font["/DescendantFonts"]
            described = below.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)
