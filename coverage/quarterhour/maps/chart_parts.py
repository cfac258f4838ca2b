"""Parts of charts: paper as wide as a page's text, letters that every machine has, and the files.

A chart is drawn on a figure of its own in points and millimetres, never through ``pyplot``. What is
told apart by colour is told apart by lightness too, and by a word.
"""

import io
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from quarterhour.maps.defaults import own_settings
from quarterhour.maps.fonts import Fonts
from quarterhour.maps.picture import drawn_pixels, to_palette
from quarterhour.maps.style import INK, NEW_SITE
from quarterhour.samebytes import PDF_METADATA
from quarterhour.words import Words

# The text block of the report.
WIDTH_MM = 156.0
DPI = 260
SIZE_PT = 8.0
SMALL_PT = 7.0
_GRID = "#d5d5d5"


def paper(height_mm: float) -> Figure:
    """Return white paper of the text's width."""
    figure = Figure(figsize=(WIDTH_MM / 25.4, height_mm / 25.4), dpi=DPI)
    figure.patch.set_facecolor("white")
    return figure


def axes_at(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add axes at a place in millimetres from the lower left corner, without frame and ticks."""
    inch = figure.get_figheight() * 25.4
    axes = figure.add_axes(
        (left / WIDTH_MM, bottom / inch, width / WIDTH_MM, height / inch), facecolor="none"
    )
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set(color=INK, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelbottom=False, labelleft=False, width=0.6, length=2.0)
    return axes


def write(
    axes: Axes, fonts: Fonts, x: float, y: float, text: str, *, size_pt: float = SIZE_PT,
    heavy: bool = False, across: Literal["left", "center", "right"] = "left",
    up: Literal["bottom", "center", "top"] = "center", shift: tuple[float, float] = (0.0, 0.0),
    colour: str = INK, on: Any = None,  # noqa: ANN401 - what matplotlib takes as coordinates
) -> Text:  # fmt: skip
    """Write at a place of the axes' data, shifted by points; a dollar sign is no formula."""
    return axes.annotate(
        text, (x, y), xytext=shift, xycoords=on or "data", textcoords="offset points",
        fontproperties=fonts.choose(text, heavy=heavy), fontsize=size_pt, color=colour, ha=across,
        va=up, parse_math=False, annotation_clip=False,
    )  # fmt: skip


def share_scale(axes: Axes, fonts: Fonts, *, along: Literal["x", "y"], label: bool = True) -> None:
    """Rule an axis of shares from 0 to 100 per cent."""
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    if along == "x":
        axes.set_xlim(0.0, 1.0)
        axes.set_xticks(ticks)
        axes.grid(axis="x", color=_GRID, linewidth=0.5)
    else:
        axes.set_ylim(0.0, 1.0)
        axes.set_yticks(ticks)
        axes.grid(axis="y", color=_GRID, linewidth=0.5)
    for tick in ticks if label else ():
        text = f"{100 * tick:.0f}"
        if along == "x":
            write(axes, fonts, tick, 0.0, text, size_pt=SMALL_PT, across="center", up="top",
                  shift=(0, -4), on=axes.get_xaxis_transform())  # fmt: skip
        else:
            write(axes, fonts, 0.0, tick, text, size_pt=SMALL_PT, across="right", shift=(-4, 0),
                  on=axes.get_yaxis_transform())  # fmt: skip


def mark_demo(figure: Figure, fonts: Fonts, words: Words) -> None:
    """Say in the upper right corner that the data are made up."""
    text = words("plate.demo")
    figure.text(
        0.995, 0.995, text, fontproperties=fonts.choose(text, heavy=True), fontsize=SMALL_PT,
        color=NEW_SITE, ha="right", va="top", parse_math=False,
    )  # fmt: skip


def png_of(figure: Figure) -> bytes:
    """Return a chart as PNG with a palette; the same chart gives the same bytes."""
    with own_settings():
        index, palette = to_palette(drawn_pixels(figure))
    height, width = index.shape
    picture = Image.frombytes("P", (width, height), index.tobytes())
    picture.putpalette(palette.tobytes())
    stream = io.BytesIO()
    picture.save(stream, format="png", compress_level=6, dpi=(DPI, DPI))
    return stream.getvalue()


def pdf_of(figure: Figure) -> bytes:
    """Return a chart as a PDF page of its own size; the same chart gives the same bytes."""
    stream = io.BytesIO()
    with own_settings():
        figure.savefig(stream, format="pdf", metadata=dict(PDF_METADATA))
    return stream.getvalue()
