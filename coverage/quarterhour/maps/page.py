"""The page around a map: everything that PLAN_DOCS' checklist asks of a plan sheet.

Above the map the title and its number; at its right (under it on a sheet in portrait) north arrow
with ratio and scale bar, legend, caption and notes, and the title block. Positions are millimetres
on paper; lengths that are written as numbers are those of A3, and smaller on smaller sheets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.patches import Polygon

from quarterhour.maps.canvas import Canvas, Layer
from quarterhour.maps.fonts import MM_PER_PT
from quarterhour.maps.imprint import Imprint
from quarterhour.maps.labels import Box, Placed, Wish, place_labels
from quarterhour.maps.setting import fill, fit, set_lines, stacked, wrap
from quarterhour.maps.sheets import A3, LEAST_PT
from quarterhour.maps.style import INK
from quarterhour.words import Words

_ORIENTATION_MM = 31.0
_ALERT = "#b2182b"
_NOTE_PT, _CAPTION_PT = 6.5, 7.0
# The legend has a second column before its rows stand closer than this.
_CLOSE_MM, _NARROW_MM = 4.4, 44.0
_TIGHT_MM, _SIGN_ROWS = 1.95, 1.15
# A label has two lines at most, and air around them.
_LINES_OF_LABEL = 1.6


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
        size = self.sheet.text_pt(style.size_pt)
        width = self.canvas.fonts.width_mm(text, size, heavy=style.heavy)
        return width + 0.5, 1.1 * size * MM_PER_PT

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
                stand, size_pt=self.sheet.text_pt(style.size_pt), heavy=style.heavy,
                colour=style.colour, gid=style.gid,
            )  # fmt: skip
            before = count.get(style.gid, (0, 0))
            count[style.gid] = before[0] + len(stand), before[1] + len(own)
        return count

    def finish(self, number: str, title: str, imprint: Imprint) -> None:
        """Draw everything around the map; the legend holds the layers drawn so far."""
        self._frame()
        self._title(number, title, imprint)
        top = self._orientation()
        end = self._texts(self._title_block(imprint))
        self._legend(top, end if self.sheet.side == self.sheet.block else self.sheet.side.bottom)
        if imprint.watermark:
            self._watermark(imprint.watermark)

    def _label_frame(self) -> Box:
        frame = self.canvas.view.frame
        return Box(frame.left + 1.5, frame.bottom + 1.5, frame.right - 1.5, frame.top - 1.5)

    def _frame(self) -> None:
        self.canvas.box(self.sheet.neat, width_pt=1.4)
        self.canvas.box(self.canvas.view.frame, width_pt=0.8)
        self.canvas.box(self.sheet.side, width_pt=0.8)
        if self.sheet.block != self.sheet.side:
            self.canvas.box(self.sheet.block, width_pt=0.8)

    def _title(self, number: str, title: str, imprint: Imprint) -> None:
        canvas, strip, size = self.canvas, self.sheet.title, self.sheet.text_pt
        middle, beside = (strip.bottom + strip.top) / 2, 0.2 * strip.width
        shown = self.words("plate.number", {"number": number})
        canvas.text(strip.right - 2, middle, shown, size_pt=size(15.0), heavy=True, across="right",
                    gid="number")  # fmt: skip
        height = strip.height - 2.0
        lines, fitted = fill(canvas.fonts, imprint.study, beside - 2, height, size_pt=size(11.0),
                             least_pt=LEAST_PT)  # fmt: skip
        for y, line in stacked(lines, middle, fitted):
            canvas.text(strip.left + 2, y, line, size_pt=fitted, gid="study")
        lines, fitted = fill(canvas.fonts, title, strip.width - 2 * beside - 4, height,
                             size_pt=size(21.0), least_pt=size(7.0), heavy=True)  # fmt: skip
        for y, line in stacked(lines, middle, fitted):
            canvas.text(self.sheet.width_mm / 2, y, line, size_pt=fitted, heavy=True,
                        across="center", gid="title")  # fmt: skip

    def _orientation(self) -> float:
        """Draw north arrow, ratio and scale bar; return where they end."""
        canvas, view, side, f = self.canvas, self.canvas.view, self.sheet.side, self.sheet.factor
        x, top = side.left + 13.0 * f, side.top - 3.0 * f
        canvas.text(x, top - 2.0 * f, self.words("plate.north"), size_pt=10 * f, heavy=True,
                    across="center", gid="north")  # fmt: skip
        tip, foot = top - 4.6 * f, top - 19.0 * f
        for turn, face in ((-1, "white"), (1, INK)):
            shape = np.array([[x, tip], [x + turn * 4.2 * f, foot], [x, foot + 3.4 * f]])
            arrow = Polygon(shape, closed=True, facecolor=face, edgecolor=INK, linewidth=0.7)
            arrow.set_gid("north_arrow")
            canvas.paper.add_artist(arrow)
        values = {"scale": f"{view.scale:d}", "sheet": self.sheet.paper}
        canvas.text(side.left + 4.0 * f, foot - 4.5 * f, self.words("plate.ratio", values),
                    size_pt=8 * f, gid="ratio")  # fmt: skip
        self._scale_bar(side.left + 32.0 * f, top - 13.0 * f)
        end = side.top - _ORIENTATION_MM * f
        canvas.line((side.left, side.right), (end, end))
        return end

    def _scale_bar(self, left: float, y: float) -> None:
        canvas, scale, f = self.canvas, self.canvas.view.scale, self.sheet.factor
        step_m = round_step_m(11.0 * f * scale / 1000.0)
        step_mm = step_m * 1000.0 / scale
        size = self.sheet.text_pt(7.0)
        for k in range(4):
            box = Box(left + k * step_mm, y, left + (k + 1) * step_mm, y + 1.8 * f)
            canvas.box(box, width_pt=0.6, face=INK if k % 2 == 0 else "white", gid="bar")
        unit, per = ("kilometres", 1000.0) if step_m >= 500 else ("metres", 1.0)
        wide = canvas.fonts.width_mm(f"{2 * step_m / per:g}", size)
        for k in (0, 1, 2, 3) if wide + 0.8 < step_mm else (0, 2):
            canvas.text(left + k * step_mm, y + 4.2 * f, f"{k * step_m / per:g}", size_pt=size,
                        across="center", gid="scale_bar")  # fmt: skip
        end = f"{4 * step_m / per:g}"
        at = left + 4 * step_mm - canvas.fonts.width_mm(end, size) / 2
        text = self.words(f"plate.{unit}", {"length": end})
        canvas.text(at, y + 4.2 * f, text, size_pt=size, gid="scale_bar")

    def _legend(self, top: float, bottom: float) -> None:
        """List the layers that were drawn, the base map last."""
        side, f = self.sheet.side, self.sheet.factor
        rows = legend_rows(self.canvas.layers, self.words("plate.heading_base"))
        y = top - 6.0 * f
        self.canvas.text(side.left + 4 * f, y, self.words("plate.legend"), size_pt=12 * f,
                         heavy=True, gid="legend_title")  # fmt: skip
        y -= 1.5 * f
        room = y - bottom - 3.0 * f
        longest = max((self._least_mm(row) for row in rows), default=0.0)
        width = side.width
        columns = [self._run_on(rows, width)]
        while room / max(map(len, columns), default=1) < _CLOSE_MM:
            count = len(columns) + 1
            if side.width / count < max(_NARROW_MM, longest / _LINES_OF_LABEL):
                break
            width = side.width / count
            columns = in_columns(self._run_on(rows, width), count)
        pitch = max(_TIGHT_MM, min(6.0 * f, room / max(1, *map(len, columns))))
        for n, column in enumerate(columns):
            for k, row in enumerate(column, start=1):
                self._legend_row(row, side.left + n * width, y - k * pitch, width, pitch)

    def _run_on(self, rows: Sequence[Layer | str], width: float) -> list[Layer | str]:
        """Return rows with an empty one after each that is too long for the width of a column."""
        return [
            part for row in rows
            for part in ((row, "") if self._least_mm(row) > width else (row,))
        ]  # fmt: skip

    def _least_mm(self, row: Layer | str) -> float:
        """Return how wide a column must be, so that a row of the legend is not cut."""
        text, heavy = (row, True) if isinstance(row, str) else (row.label, False)
        around = (5.0 if heavy else 20.0) * self.sheet.factor
        return self.canvas.fonts.width_mm(text, LEAST_PT, heavy=heavy) + around

    def _legend_row(
        self, row: Layer | str, left: float, y: float, width: float, pitch: float
    ) -> None:
        canvas, f = self.canvas, self.sheet.factor
        size, below = max(LEAST_PT, min(8.0 * f, pitch * 1.6)), min(pitch, set_lines(LEAST_PT))
        if isinstance(row, str):
            if not row:
                return
            text, fitted = fit(canvas.fonts, row, width - 5 * f, size_pt=size, least_pt=LEAST_PT,
                               heavy=True)  # fmt: skip
            lines = [text]
            if text != row:
                lines = wrap(canvas.fonts, row, width - 5 * f, size_pt=LEAST_PT, heavy=True)[:2]
            for n, line in enumerate(lines):
                canvas.text(left + 4 * f, y - n * below, line, size_pt=fitted, heavy=True,
                            gid="legend_heading")  # fmt: skip
            return
        half = min(1.7 * f, pitch * 0.36)
        # Larger than its row, a sign would cover what stands above.
        most_pt = _SIGN_ROWS * pitch / MM_PER_PT / f
        shown = replace(row, look=replace(row.look, size_pt=min(row.look.size_pt, most_pt)))
        canvas.sample(shown, Box(left + 5 * f, y - half, left + 15 * f, y + half))
        text, fitted = fit(canvas.fonts, row.label, width - 20 * f, size_pt=size,
                           least_pt=LEAST_PT)  # fmt: skip
        lines = [text]
        if text != row.label:
            lines = wrap(canvas.fonts, row.label, width - 20 * f, size_pt=LEAST_PT)[:2]
        for n, line in enumerate(lines):
            canvas.text(
                left + 18 * f, y - n * below, line, size_pt=fitted, gid=f"legend_label:{row.key}"
            )

    def _texts(self, bottom: float) -> float:
        """Write caption and notes above the title block; return where they end."""
        block, f = self.sheet.block, self.sheet.factor
        size = self.sheet.text_pt(_CAPTION_PT)
        pitch = set_lines(size)
        lines = [
            line for text in (self.caption, *self.notes) if text
            for line in wrap(self.canvas.fonts, text, block.width - 8 * f, size_pt=size)
        ]  # fmt: skip
        if not lines:
            return bottom
        top = bottom + 3.0 * f + len(lines) * pitch
        for n, line in enumerate(lines):
            y = top - 1.5 * f - (n + 0.5) * pitch
            self.canvas.text(block.left + 4 * f, y, line, size_pt=size, gid="caption")
        self.canvas.line((block.left, block.right), (top, top))
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
        canvas, words, block, f = self.canvas, self.words, self.sheet.block, self.sheet.factor
        y = self._row(words("plate.row_status"), imprint.status, block.bottom, heavy=True,
                      gid="status")  # fmt: skip
        if imprint.demo:
            box = Box(block.left + 1.2, y + 1.2 * f, block.right - 1.2, y + 9.2 * f)
            canvas.box(box, width_pt=1.6, edge=_ALERT)
            text, size = fit(canvas.fonts, imprint.demo, box.width - 4, size_pt=10.0 * f,
                             least_pt=LEAST_PT, heavy=True)  # fmt: skip
            canvas.text((box.left + box.right) / 2, (box.bottom + box.top) / 2, text,
                        size_pt=size, heavy=True, across="center", colour=_ALERT,
                        gid="demo")  # fmt: skip
            y += 10.4 * f
            canvas.line((block.left, block.right), (y, y))
        return y

    def _row(self, name: str, text: str, bottom: float, *, heavy: bool = False,
             gid: str = "title_block") -> float:  # fmt: skip
        canvas, block, f = self.canvas, self.sheet.block, self.sheet.factor
        column = (17.0 if self.words.language == "zh" else 23.0) * f
        size = self.sheet.text_pt(_NOTE_PT)
        lines = wrap(canvas.fonts, text, block.width - column - 4 * f, size_pt=size, heavy=heavy)
        pitch = set_lines(size)
        top = bottom + 2.4 * f + len(lines) * pitch
        canvas.text(block.left + 2.0 * f, (bottom + top) / 2, name, size_pt=size, heavy=True,
                    gid=f"{gid}_name")  # fmt: skip
        for n, line in enumerate(lines):
            canvas.text(block.left + column + 1.5 * f, top - 1.2 * f - (n + 0.5) * pitch, line,
                        size_pt=size, heavy=heavy, gid=gid)  # fmt: skip
        canvas.line((block.left, block.right), (top, top), width_pt=0.4)
        canvas.line((block.left + column,) * 2, (bottom, top), width_pt=0.4)
        return top

    def _watermark(self, text: str) -> None:
        frame = self.sheet.frame
        size = 110.0 * min(frame.width / A3.frame.width, frame.height / A3.frame.height)
        written = self.canvas.text(
            (frame.left + frame.right) / 2, (frame.bottom + frame.top) / 2, text, size_pt=size,
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


def in_columns(rows: Sequence[Layer | str], count: int) -> list[list[Layer | str]]:
    """Return rows of a legend in columns: none ends with a heading or begins with an empty row."""
    columns: list[list[Layer | str]] = [[]]
    most = -(-len(rows) // count)
    for n, row in enumerate(rows):
        heads_last = isinstance(row, str) and len(columns[-1]) == most - 1
        full = len(columns[-1]) >= most or (heads_last and n)
        if row and full and len(columns) < count:
            columns.append([])
        columns[-1].append(row)
    return columns


def round_step_m(most_m: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20 ... metres that is not above ``most_m``."""
    steps = [base * 10.0**power for power in range(8) for base in (1.0, 2.0, 5.0)]
    return max((s for s in steps if s <= most_m), default=1.0)
