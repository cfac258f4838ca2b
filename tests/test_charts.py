"""Charts of the sweep: as wide as the text, nothing cut off, told apart in grey, repeatable."""

import io
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from quarterhour.cover.case import Case
from quarterhour.cover.sweep.results import Sweep
from quarterhour.cover.sweep.sweeping import sweep
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.chart_parts import WIDTH_MM, pdf_of, png_of
from quarterhour.maps.charts import (
    curves_chart,
    in_order,
    tornado_chart,
    value_text,
    write_charts,
)
from quarterhour.maps.fonts import find_fonts
from quarterhour.maps.style import BANDS
from quarterhour.pipeline import StudyRun
from quarterhour.presets import Walker
from quarterhour.wording import percent
from test_cover import areas_of, facilities_at, homes_at
from test_sensitivity import neighbours_at
from worlds import make_network

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    """Return the small demo's findings with a sweep that has every dimension."""
    found = small_run.findings
    case = Case(
        found.network, found.facilities, found.demand, found.areas, found.study.walker("elder"),
        minutes=found.study.circle.minutes,
    )  # fmt: skip
    edge = np.full(len(found.demand.edge), -1, np.int32)
    other = replace(found.demand, xy_m=found.demand.xy_m + 80.0, edge=edge)
    around = neighbours_at(found.facilities.xy_m[:3] + 700, ["canteen"] * 3)
    return replace(found, sweep=sweep(case, other_demand=other, neighbours=around))


def texts_of(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]


def boxes_of(figure: Figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    return {t: t.get_window_extent(renderer) for t in texts_of(figure)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("draw", [tornado_chart, curves_chart])
def test_a_chart_fits_the_text_and_cuts_nothing_off(findings, draw, language):
    figure = draw(findings, language)
    assert figure.get_figwidth() * 25.4 == pytest.approx(WIDTH_MM)
    assert figure.get_figheight() * 25.4 < 200
    width, height = figure.canvas.get_width_height()
    boxes = boxes_of(figure)
    assert len(boxes) > 10
    for text, box in boxes.items():
        assert box.x0 >= 0, text.get_text()
        assert box.y0 >= 0, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("draw", [tornado_chart, curves_chart])
def test_no_two_texts_lie_on_each_other(findings, draw, language):
    for (a, one), (b, two) in combinations(boxes_of(draw(findings, language)).items(), 2):
        wide = min(one.x1, two.x1) - max(one.x0, two.x0)
        tall = min(one.y1, two.y1) - max(one.y0, two.y0)
        # Boxes are taller than their letters.
        heavy = wide > 2 and tall > 0.3 * min(one.height, two.height)
        assert not heavy, (a.get_text(), b.get_text())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [ANY, "canteen"])
def test_the_bars_say_what_the_table_says(findings, language, kind):
    said = [t.get_text() for t in texts_of(tornado_chart(findings, language, kind=kind))]
    for swing in in_order(findings.sweep.swings(kind)):
        low = f"{value_text(swing.dimension, swing.low_value, language)} {percent(swing.low)}"
        assert (low in said) == (swing.base - swing.low >= 5e-4)
        high = f"{value_text(swing.dimension, swing.high_value, language)} {percent(swing.high)}"
        assert (high in said) == (swing.high - swing.base >= 5e-4)
    assert any(percent(float(findings.sweep.shares(kind)[0])) in text for text in said)


def test_the_bars_are_as_long_as_the_swing(findings):
    axes = tornado_chart(findings, "zh").axes[0]
    bars = [p for p in axes.patches if isinstance(p, Rectangle)]
    swings = in_order(findings.sweep.swings())
    assert len(bars) == 2 * len(swings)
    for n, swing in enumerate(swings):
        less, more = bars[2 * n], bars[2 * n + 1]
        assert less.get_x() == pytest.approx(swing.low)
        assert less.get_x() + less.get_width() == pytest.approx(swing.base)
        assert more.get_x() + more.get_width() == pytest.approx(swing.high)
        assert less.get_hatch()
        assert not more.get_hatch()


def test_both_sides_of_a_bar_differ_in_grey():
    def grey(colour: str) -> float:
        red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    assert abs(grey(BANDS[0]) - grey(BANDS[2])) > 80


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_in_its_font(findings, language):
    fonts = find_fonts()
    for draw in (tornado_chart, curves_chart):
        for text in texts_of(draw(findings, language)):
            files = {str(fonts.choose(text.get_text(), heavy=h).get_file()) for h in (True, False)}
            assert str(text.get_fontproperties().get_file()) in files


def test_made_up_data_are_marked_and_real_data_are_not(findings):
    real = replace(findings.study, study=replace(findings.study.study, synthetic=False))
    for draw in (tornado_chart, curves_chart):
        marked = [t.get_text() for t in texts_of(draw(findings, "zh"))]
        plain = [t.get_text() for t in texts_of(draw(replace(findings, study=real), "zh"))]
        assert sorted(set(marked) - set(plain)) == ["演示数据"]


def test_the_same_chart_gives_the_same_bytes(findings):
    for draw in (tornado_chart, curves_chart):
        one, two = draw(findings, "zh"), draw(findings, "zh")
        assert png_of(one) == png_of(two)
        assert pdf_of(one) == pdf_of(two)
    picture = Image.open(io.BytesIO(png_of(one)))
    assert abs(picture.width - WIDTH_MM / 25.4 * 260) < 2
    assert len(png_of(one)) < 150_000


def test_one_value_of_everything_can_be_drawn(findings):
    case = Case(
        make_network([(0, 0), (2000, 0)], [(0, 1)]), facilities_at([(0, 0)], ["$odd$ 塆"]),
        homes_at([(300, 0)], [(10, 2)]), areas_of(shapely.box(0, -9, 2000, 9)),
        Walker(name="one", flat_mps=1.0, slope=False), (15,),
    )  # fmt: skip
    bare = replace(findings, sweep=sweep(case, speeds=(), minutes=(), max_snap_m=()))
    for draw in (tornado_chart, curves_chart):
        assert png_of(draw(bare, "en"))
    few = replace(findings, sweep=sweep(case, speeds=(1.0,), minutes=(), max_snap_m=()))
    for draw in (tornado_chart, curves_chart):
        assert png_of(draw(few, "zh"))


def test_charts_are_written_for_documents_and_repeat(findings, tmp_path):
    for folder in ("one", "two"):
        write_charts(findings, tmp_path / folder, language="zh")
    names = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert names == ["curves.pdf", "curves.png", "frontier-1.pdf", "frontier-1.png", "tornado.pdf",
                     "tornado.png"]  # fmt: skip
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    write_charts(replace(findings, sweep=Sweep(), plans=()), tmp_path / "none", language="en")
    assert not (tmp_path / "none").exists()
