"""Plates as drawn, and the checklist of PLAN_DOCS, section 2, for any plate on any sheet."""

import re
from dataclasses import dataclass

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from quarterhour.findings import Findings
from quarterhour.maps.canvas import Canvas
from quarterhour.maps.fonts import _characters
from quarterhour.maps.imprint import clean
from quarterhour.maps.labels import Box
from quarterhour.maps.sheets import LEAST_PT
from quarterhour.maps.titles import PlateTitle
from quarterhour.words import Language, Words

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
STRINGS = ("title", "number", "study", "north", "ratio", "scale_bar", "legend_title", "status",
           "title_block", "title_block_name")  # fmt: skip
BELOW = {"water", "rail", "street", "main_street"}


@dataclass(frozen=True)
class Drawn:
    """One plate as drawn, and its texts by group id."""

    title: PlateTitle
    canvas: Canvas
    language: Language

    def texts(self, gid: str) -> list[Text]:
        return [t for t in self.canvas.paper.texts if (t.get_gid() or "").split(":")[0] == gid]

    def says(self, gid: str) -> str:
        return "".join(t.get_text() for t in self.texts(gid))


def check_plate(page: Drawn, findings: Findings) -> None:
    """Check everything that a plan sheet must have, and that nothing is in the way."""
    check_elements(page, findings)
    check_legend(page)
    check_scale(page)
    check_texts(page)
    check_glyphs(page)


def check_elements(page: Drawn, findings: Findings) -> None:
    """Title, number, north, ratio, reference system, years, unit, date, sources, basis, status."""
    words, sheet = Words(page.language), page.canvas.sheet
    assert [gid for gid in STRINGS if not page.says(gid).strip()] == [], page.title
    # In one line or in several, and never cut.
    for gid, whole in (("title", page.title.title), ("study", clean(findings.study.study.name))):
        assert page.says(gid).replace(" ", "") == whole.replace(" ", ""), (page.title, gid)
    assert page.says("number") == words("plate.number", {"number": page.title.number})
    values = {"scale": page.canvas.view.scale, "sheet": sheet.name.split("-")[0]}
    assert page.says("ratio") == words("plate.ratio", values)
    status = words("plate.status_internal").replace(" ", "")
    assert page.says("status").replace(" ", "") == status
    block = page.says("title_block").replace(" ", "")
    for said in ("EPSG:4544", "105", "OpenStreetMap", "ODbL", "2026"):
        assert said in block, (page.title, said)
    assert clean(findings.study.report.unit).replace(" ", "") in block
    names = page.says("title_block_name")
    for row in ("unit", "date", "years", "crs", "sources", "basis"):
        assert words(f"plate.row_{row}") in names
    arrows = [p for p in page.canvas.paper.patches if p.get_gid() == "north_arrow"]
    assert len(arrows) == 2
    assert page.says("demo") == words("plate.demo_box")
    assert page.says("watermark") == words("plate.demo")


def check_legend(page: Drawn) -> None:
    """The legend holds what is drawn, on the map and on maps beside it, and nothing else."""
    artists = [
        a for axes in page.canvas.figure.axes if axes is not page.canvas.paper
        for a in axes.get_children()
    ]  # fmt: skip
    on_map = {
        gid.removeprefix("layer:")
        for a in artists
        if (gid := a.get_gid() or "").startswith("layer:")
    }
    below = {layer.key for layer in page.canvas.layers} - on_map
    assert below <= BELOW, (page.title, below)
    listed = [
        gid.removeprefix("legend:") for a in page.canvas.paper.get_children()
        if (gid := a.get_gid() or "").startswith("legend:")
    ]  # fmt: skip
    assert sorted(listed) == sorted(on_map | below), page.title
    labels: dict[str, str] = {}
    for text in page.texts("legend_label"):
        key = text.get_gid().removeprefix("legend_label:")
        labels[key] = labels.get(key, "") + text.get_text().replace(" ", "")
    wanted = {layer.key: layer.label.replace(" ", "") for layer in page.canvas.layers}
    assert labels == wanted, page.title


def check_scale(page: Drawn) -> None:
    """The map is as large as the ratio says, and the bar as long as its numbers."""
    canvas, axes = page.canvas, page.canvas.map
    mm = 25.4 / canvas.figure.dpi
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    for metres, pixels in ((east - west, axes.bbox.width), (north - south, axes.bbox.height)):
        assert abs(metres * 1000 / (pixels * mm) / canvas.view.scale - 1) < 1e-6, page.title
    bars = [p for p in canvas.paper.patches if p.get_gid() == "bar"]
    *numbers, last = page.texts("scale_bar")
    end, unit = re.fullmatch(r"([\d.]+) (\S+)", last.get_text()).groups()
    metres = float(end) / 4 * (1000.0 if unit in ("km", "千米") else 1.0)
    assert len(bars) == 4
    for bar in bars:
        drawn = bar.get_window_extent().width * mm * canvas.view.scale / 1000
        assert abs(drawn / metres - 1) < 1e-6, page.title
    assert float(numbers[-1].get_text()) < float(end)


def check_texts(page: Drawn) -> None:
    """No text covers another, leaves its place or is too small to read."""
    sheet, texts = page.canvas.sheet, page.canvas.paper.texts
    boxes = extents(page, texts)
    for text, (x0, y0, x1, y1) in zip(texts, boxes, strict=True):
        inside = _place_of((text.get_gid() or "").split(":")[0], page)
        assert inside.holds(Box(x0, y0, x1, y1)), (page.title, sheet.name, text.get_text())
        assert text.get_fontsize() >= LEAST_PT - 1e-9, (page.title, text.get_text())
    rows = [n for n, t in enumerate(texts) if t.get_gid() != "watermark"]
    hits = [
        (texts[rows[a]].get_text(), texts[rows[b]].get_text()) for a, b in overlaps(boxes[rows])
    ]
    assert hits == [], (page.title, sheet.name)
    mm = 25.4 / page.canvas.figure.dpi
    for patch in page.canvas.paper.patches:
        b = patch.get_window_extent()
        at = Box(b.x0 * mm, b.y0 * mm, b.x1 * mm, b.y1 * mm)
        assert _grown(sheet.neat).holds(at), (page.title, patch.get_gid())


def check_glyphs(page: Drawn) -> None:
    """Every character is held by the font that it is set in."""
    for text in page.canvas.paper.texts:
        held = _characters(text.get_fontproperties().get_file())
        lacking = {c for c in text.get_text() if ord(c) not in held}
        assert not lacking, (page.title, text.get_text(), lacking)


def _place_of(gid: str, page: Drawn) -> Box:
    sheet = page.canvas.sheet
    if gid in ("title", "number", "study"):
        return sheet.title
    if gid in ("title_block", "title_block_name", "status", "status_name", "caption", "demo"):
        return sheet.block
    if gid in ("north", "ratio", "scale_bar") or gid.startswith("legend"):
        return sheet.side
    return sheet.frame if gid in ("id", "area_name", "watermark") else sheet.neat


def _grown(box: Box) -> Box:
    return Box(box.left - 0.01, box.bottom - 0.01, box.right + 0.01, box.top + 0.01)


def extents(page: Drawn, texts: list[Text]) -> np.ndarray:
    """Return the boxes of texts (n, 4) in millimetres."""
    renderer = FigureCanvasAgg(page.canvas.figure).get_renderer()
    boxes = [t.get_window_extent(renderer) for t in texts]
    mm = 25.4 / page.canvas.figure.dpi
    return np.array([(b.x0, b.y0, b.x1, b.y1) for b in boxes]).reshape(-1, 4) * mm


def overlaps(boxes: np.ndarray) -> list[tuple[int, int]]:
    """Return the pairs of boxes that cover each other."""
    x0, y0, x1, y1 = boxes.T
    air = 0.05
    hit = (x0[:, None] + air < x1) & (x1[:, None] > x0 + air)
    hit &= (y0[:, None] + air < y1) & (y1[:, None] > y0 + air)
    np.fill_diagonal(hit, False)
    return [(int(a), int(b)) for a, b in np.argwhere(hit) if a < b]
