"""The Lorenz curve as a small figure: how unevenly the places within reach are spread.

Those with least stand to the left. Were all the same, the curve would be the diagonal; the Gini
index is the area between the two over the area under the diagonal.
"""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from quarterhour.cover.equity import Equity
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.fonts import Fonts, find_fonts
from quarterhour.maps.picture import drawn_pixels, to_palette
from quarterhour.maps.style import BANDS, INK, PAPER
from quarterhour.wording import label, percent
from quarterhour.words import Language, Words

_DPI = 200
_SIZE_IN = (5.6, 2.8)
CHART_PX = (round(_SIZE_IN[0] * _DPI), round(_SIZE_IN[1] * _DPI))
# Left, bottom, width, height of the square in shares of the figure.
_SQUARE = (0.125, 0.175, 0.35, 0.70)
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_SMALL_PT, _TITLE_PT = 7.5, 8.5


def lorenz_title(equity: Equity, kind: str, language: Language) -> str:
    """Return what a chart shows, with the Gini index."""
    index = equity.gini_access[equity.kinds.index(kind)]
    values = {"kind": label(kind, "kind", language), "gini": f"{index:.3f}"}
    return Words(language)("equity.c_title", values)


def lorenz_chart(
    equity: Equity, kind: str, language: Language, *, fonts: Fonts | None = None
) -> bytes:
    """Draw the Lorenz curve of access to one kind.

    Parameters
    ----------
    equity, kind
        What to draw; the Gini index of access of the kind is known.
    language
        Language of the texts.
    fonts
        Fonts of this machine; found where they are not given.

    Returns
    -------
    bytes
        A PNG of ``CHART_PX`` pixels; the same every time.
    """
    with own_settings():
        return _png(_drawn(equity, kind, language, fonts or find_fonts()))


def _drawn(equity: Equity, kind: str, language: Language, fonts: Fonts) -> Figure:
    words = Words(language)
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor=PAPER)
    axes = figure.add_axes(_SQUARE)
    people, access = equity.curve_people, equity.curve_access[equity.kinds.index(kind)]
    axes.fill_between(people, people, access, color=BANDS[-1], linewidth=0, zorder=1)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle="--", zorder=2, gid="equal")
    axes.plot(people, access, color=BANDS[0], linewidth=1.6, zorder=3, gid="curve")
    half = equity.half_has(kind)
    axes.plot([0.5], [half], "o", color=BANDS[0], markersize=4, zorder=4, gid="half")
    _frame(axes, fonts)
    group = label(equity.lead, "group", language)
    across = words("equity.c_people", {"group": group})
    axes.set_xlabel(across, fontproperties=fonts.choose(across), fontsize=_SMALL_PT, labelpad=2,
                    parse_math=False)  # fmt: skip
    up = words("equity.c_access")
    axes.set_ylabel(up, fontproperties=fonts.choose(up), fontsize=_SMALL_PT, labelpad=2)
    title = lorenz_title(equity, kind, language)
    figure.text(0.5, 0.95, title, fontproperties=fonts.choose(title), fontsize=_TITLE_PT,
                ha="center", va="center", color=INK, parse_math=False)  # fmt: skip
    _legend(figure, fonts, [
        ("--", INK, words("equity.c_equal")), ("-", BANDS[0], words("equity.c_curve")),
        ("o", BANDS[0], words("equity.c_half", {"half": percent(half)})),
    ])  # fmt: skip
    return figure


def _frame(axes: Axes, fonts: Fonts) -> None:
    """Set limits, ticks in per cent and thin borders."""
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    said = [f"{round(100 * tick)}%" for tick in _TICKS]
    axes.set_xticks(_TICKS, said, fontproperties=fonts.choose("%"), fontsize=_SMALL_PT)
    axes.set_yticks(_TICKS, said, fontproperties=fonts.choose("%"), fontsize=_SMALL_PT)
    axes.tick_params(length=2, width=0.5, pad=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_linewidth(0.5)


def _legend(figure: Figure, fonts: Fonts, lines: list[tuple[str, str, str]]) -> None:
    """Write what each line and sign is, to the right of the square."""
    beside = figure.add_axes((0.53, _SQUARE[1], 0.45, _SQUARE[3]))
    beside.set_axis_off()
    beside.set_xlim(0, 1)
    beside.set_ylim(0, 1)
    for n, (form, colour, text) in enumerate(lines):
        y = 0.85 - 0.13 * n
        x = [0.07] if form == "o" else [0.0, 0.14]
        beside.plot(x, [y] * len(x), form, color=colour, linewidth=1.2, markersize=4)
        beside.text(0.18, y, text, fontproperties=fonts.choose(text), fontsize=_SMALL_PT,
                    va="center_baseline", color=INK, parse_math=False)  # fmt: skip


def _png(figure: Figure) -> bytes:
    index, palette = to_palette(np.ascontiguousarray(drawn_pixels(figure)))
    height, width = index.shape
    picture = Image.frombytes("P", (width, height), index.tobytes())
    picture.putpalette(palette.tobytes())
    stream = io.BytesIO()
    picture.save(stream, format="png", dpi=(_DPI, _DPI))
    return stream.getvalue()
