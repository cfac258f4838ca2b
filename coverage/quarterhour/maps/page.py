"""The page around a map: everything that PLAN_DOCS' checklist asks of a plan sheet.

Above the map the title and its number; at its right, from top to bottom, north arrow with ratio
and scale bar, legend, caption and notes, and the title block. Positions are millimetres on paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Polygon

from quarterhour.maps.canvas import Canvas, Layer
from quarterhour.maps.fonts import MM_PER_PT
from quarterhour.maps.imprint import Imprint
from quarterhour.maps.labels import Box, Placed, Wish, place_labels
from quarterhour.maps.setting import fit, set_lines, wrap
from quarterhour.maps.style import INK
from quarterhour.words import Words

_ORIENTATION_MM = 31.0
_ALERT = "#b2182b"
_NOTE_PT = 6.5


@dataclass(frozen=True, slots=True)
class LabelStyle:
    """How labels of one sort are written; ``rank`` 0 is placed first."""

    rank: int
    size_pt: float
    heavy: bool = False
    colour: str = INK
    gid: str = "label"


class Page:
    """One plate in the making: a canvas, labels that wish for a place, and texts.

    Attributes
    ----------
    canvas
        The sheet.
    marks
        Boxes of signs, which labels avoid.
    caption, basis, years
        The sentence under the legend, what counts, and base year or period.
    notes
        What the reader must know about what is not drawn.
    """

    def __init__(self, canvas: Canvas, words: Words) -> None:
        self.canvas, self.words, self.sheet = canvas, words, canvas.sheet
        self.marks: list[Box] = []
        self.caption, self.basis, self.years = "", "", ""
        self.notes: list[str] = []
        self._wishes: list[tuple[LabelStyle, Wish]] = []

    def wish(self, style: LabelStyle, wish: Wish) -> None:
        """Ask for a place for a label."""
        self._wishes.append((style, wish))

    def size_of(self, text: str, style: LabelStyle) -> tuple[float, float]:
        """Return width and height of a label in millimetres, air included."""
        width = self.canvas.fonts.width_mm(text, style.size_pt, heavy=style.heavy)
        return width + 0.5, 1.1 * style.size_pt * MM_PER_PT

    def write_labels(self) -> dict[str, tuple[int, int]]:
        """Place and write all labels; return how many of each sort stand, and of how many."""
        wishes = sorted(self._wishes, key=lambda pair: pair[0].rank)
        placed = place_labels(
            [wish for _, wish in wishes], frame=self._label_frame(), marks=self.marks
        )
        count: dict[str, tuple[int, int]] = {}
        for style in dict.fromkeys(style for style, _ in wishes):
            own = [p for (s, _), p in zip(wishes, placed, strict=True) if s == style]
            stand = [p for p in own if isinstance(p, Placed)]
            self.canvas.write_labels(
                stand, size_pt=style.size_pt, heavy=style.heavy, colour=style.colour,
                gid=style.gid,
            )  # fmt: skip
            before = count.get(style.gid, (0, 0))
            count[style.gid] = before[0] + len(stand), before[1] + len(own)
        return count

    def finish(self, number: str, title: str, imprint: Imprint) -> None:
        """Draw everything around the map; the legend holds the layers drawn so far."""
        self._frame()
        self._title(number, title, imprint)
        top = self._orientation()
        bottom = self._title_block(imprint)
        bottom = self._texts(bottom)
        self._legend(top, bottom)
        if imprint.watermark:
            self._watermark(imprint.watermark)

    def _label_frame(self) -> Box:
        frame = self.canvas.view.frame
        return Box(frame.left + 1.5, frame.bottom + 1.5, frame.right - 1.5, frame.top - 1.5)

    def _frame(self) -> None:
        self.canvas.box(self.sheet.neat, width_pt=1.4)
        self.canvas.box(self.canvas.view.frame, width_pt=0.8)
        self.canvas.box(self.sheet.side, width_pt=0.8)

    def _title(self, number: str, title: str, imprint: Imprint) -> None:
        canvas, strip = self.canvas, self.sheet.title
        middle = (strip.bottom + strip.top) / 2
        shown = self.words("plate.number", {"number": number})
        canvas.text(strip.right - 2, middle, shown, size_pt=15, heavy=True, across="right",
                    gid="number")  # fmt: skip
        study, size = fit(canvas.fonts, imprint.study, 78.0, size_pt=11.0, least_pt=7.0)
        canvas.text(strip.left + 2, middle, study, size_pt=size, gid="study")
        text, size = fit(canvas.fonts, title, 230.0, size_pt=21.0, least_pt=10.0, heavy=True)
        canvas.text(self.sheet.width_mm / 2, middle, text, size_pt=size, heavy=True,
                    across="center", gid="title")  # fmt: skip

    def _orientation(self) -> float:
        """Draw north arrow, ratio and scale bar; return where they end."""
        canvas, view = self.canvas, self.canvas.view
        x, top = self.sheet.side.left + 13.0, self.sheet.side.top - 3.0
        canvas.text(x, top - 2.0, self.words("plate.north"), size_pt=10, heavy=True,
                    across="center", gid="north")  # fmt: skip
        tip, foot = top - 4.6, top - 19.0
        for side, face in ((-1, "white"), (1, INK)):
            shape = np.array([[x, tip], [x + side * 4.2, foot], [x, foot + 3.4]])
            arrow = Polygon(shape, closed=True, facecolor=face, edgecolor=INK, linewidth=0.7)
            arrow.set_gid("north_arrow")
            canvas.paper.add_artist(arrow)
        ratio = self.words("plate.ratio", {"scale": f"{view.scale:d}"})
        canvas.text(x, foot - 4.5, ratio, size_pt=8, across="center", gid="ratio")
        self._scale_bar(self.sheet.side.left + 30.0, top - 13.0)
        end = self.sheet.side.top - _ORIENTATION_MM
        canvas.line((self.sheet.side.left, self.sheet.side.right), (end, end))
        return end

    def _scale_bar(self, left: float, y: float) -> None:
        canvas, scale = self.canvas, self.canvas.view.scale
        step_m = round_step_m(11.0 * scale / 1000.0)
        step_mm = step_m * 1000.0 / scale
        for k in range(4):
            box = Box(left + k * step_mm, y, left + (k + 1) * step_mm, y + 1.8)
            canvas.box(box, width_pt=0.6, face=INK if k % 2 == 0 else "white", gid="bar")
        unit, per = ("kilometres", 1000.0) if step_m >= 500 else ("metres", 1.0)
        for k in (0, 1, 2, 3):
            canvas.text(left + k * step_mm, y + 4.2, f"{k * step_m / per:g}", size_pt=7,
                        across="center", gid="scale_bar")  # fmt: skip
        length = {"length": f"{4 * step_m / per:g}"}
        canvas.text(left + 4 * step_mm - 1.2, y + 4.2, self.words(f"plate.{unit}", length),
                    size_pt=7, gid="scale_bar")  # fmt: skip

    def _legend(self, top: float, bottom: float) -> None:
        """List the layers that were drawn, the base map last."""
        canvas = self.canvas
        rows = legend_rows(canvas.layers, self.words("plate.heading_base"))
        y = top - 6.0
        canvas.text(self.sheet.side.left + 4, y, self.words("plate.legend"), size_pt=12, heavy=True,
                    gid="legend_title")  # fmt: skip
        pitch = min(6.0, (y - 3.9 - bottom) / max(len(rows), 1))
        size = min(8.0, pitch * 1.6)
        y -= 1.5
        for row in rows:
            y -= pitch
            if isinstance(row, str):
                canvas.text(
                    self.sheet.side.left + 4, y, row, size_pt=size, heavy=True, gid="legend_heading"
                )
                continue
            half = min(1.7, pitch * 0.36)
            canvas.sample(
                row, Box(self.sheet.side.left + 5, y - half, self.sheet.side.left + 15, y + half)
            )
            label, fitted = fit(canvas.fonts, row.label, 62.0, size_pt=size, least_pt=5.0)
            canvas.text(
                self.sheet.side.left + 18, y, label, size_pt=fitted, gid=f"legend_label:{row.key}"
            )

    def _texts(self, bottom: float) -> float:
        """Write caption and notes above the title block; return where they begin."""
        lines: list[str] = []
        for text in (self.caption, *self.notes):
            lines += (
                wrap(self.canvas.fonts, text, self.sheet.side.width - 8, size_pt=7.0)
                if text
                else []
            )
        if not lines:
            return bottom
        top = bottom + 3.0 + len(lines) * set_lines(7.0)
        for n, line in enumerate(lines):
            y = top - 1.5 - (n + 0.5) * set_lines(7.0)
            self.canvas.text(self.sheet.side.left + 4, y, line, size_pt=7.0, gid="caption")
        self.canvas.line((self.sheet.side.left, self.sheet.side.right), (top, top))
        return top

    def _title_block(self, imprint: Imprint) -> float:
        """Draw the rows of the title block from the bottom up; return where it begins."""
        words = self.words
        rows = [*imprint.rows]
        rows.insert(2, (words("plate.row_years"), self.years))
        rows.append((words("plate.row_basis"), self.basis))
        y = self._status_rows(imprint)
        for name, text in reversed(rows):
            y = self._row(name, text, y)
        return y

    def _status_rows(self, imprint: Imprint) -> float:
        canvas, words = self.canvas, self.words
        y = self._row(words("plate.row_status"), imprint.status, self.sheet.side.bottom, heavy=True,
                      gid="status")  # fmt: skip
        if imprint.demo:
            box = Box(self.sheet.side.left + 1.2, y + 1.2, self.sheet.side.right - 1.2, y + 9.2)
            canvas.box(box, width_pt=1.6, edge=_ALERT)
            text, size = fit(canvas.fonts, imprint.demo, box.width - 4, size_pt=10.0,
                             least_pt=6.0, heavy=True)  # fmt: skip
            canvas.text((box.left + box.right) / 2, (box.bottom + box.top) / 2, text,
                        size_pt=size, heavy=True, across="center", colour=_ALERT,
                        gid="demo")  # fmt: skip
            y += 10.4
            canvas.line((self.sheet.side.left, self.sheet.side.right), (y, y))
        return y

    def _row(self, name: str, text: str, bottom: float, *, heavy: bool = False,
             gid: str = "title_block") -> float:  # fmt: skip
        canvas, column = self.canvas, 17.0 if self.words.language == "zh" else 23.0
        lines = wrap(
            canvas.fonts, text, self.sheet.side.width - column - 4, size_pt=_NOTE_PT, heavy=heavy
        )
        pitch = set_lines(_NOTE_PT)
        top = bottom + 2.4 + len(lines) * pitch
        canvas.text(self.sheet.side.left + 2.0, (bottom + top) / 2, name, size_pt=_NOTE_PT, heavy=True,
                    gid=f"{gid}_name")  # fmt: skip
        for n, line in enumerate(lines):
            canvas.text(self.sheet.side.left + column + 1.5, top - 1.2 - (n + 0.5) * pitch, line,
                        size_pt=_NOTE_PT, heavy=heavy, gid=gid)  # fmt: skip
        canvas.line((self.sheet.side.left, self.sheet.side.right), (top, top), width_pt=0.4)
        canvas.line((self.sheet.side.left + column,) * 2, (bottom, top), width_pt=0.4)
        return top

    def _watermark(self, text: str) -> None:
        frame = self.canvas.view.frame
        written = self.canvas.text(
            (frame.left + frame.right) / 2, (frame.bottom + frame.top) / 2, text, size_pt=110.0,
            heavy=True, across="center", colour=_ALERT, gid="watermark",
        )  # fmt: skip
        written.set(rotation=32.0, alpha=0.07, zorder=6.0, rotation_mode="anchor")


def legend_rows(layers: Sequence[Layer], base: str) -> list[Layer | str]:
    """Return layers under their headings, the base map last."""
    headings = list(dict.fromkeys(layer.heading for layer in layers))
    headings.sort(key=lambda heading: heading == base)
    rows: list[Layer | str] = []
    for heading in headings:
        rows += [heading] if heading else []
        rows += [layer for layer in layers if layer.heading == heading]
    return rows


def round_step_m(most_m: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 ... metres that is not above ``most_m``."""
    steps = [base * 10.0**power for power in range(8) for base in (1.0, 2.0, 5.0)]
    return max((s for s in steps if s <= most_m), default=1.0)
