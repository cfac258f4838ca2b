"""Charts of the sweep: bars around the study's own result, and curves by pace and by time limit.

Bars to the side of less coverage are pale and hatched, those to the side of more are dark, so that
they differ in grey. The study's own values are marked in every chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quarterhour.cover.sweep.results import Sweep, Swing
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.chart_parts import (
    SIZE_PT,
    SMALL_PT,
    WIDTH_MM,
    axes_at,
    mark_demo,
    paper,
    pdf_of,
    png_of,
    share_scale,
    write,
)
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.fonts import Fonts, find_fonts
from quarterhour.maps.frontier_chart import frontier_chart
from quarterhour.maps.imprint import clean
from quarterhour.maps.style import BANDS, INK, UNCOVERED
from quarterhour.wording import label, percent
from quarterhour.words import Language, Words

_LESS, _MORE = BANDS[2], BANDS[0]
_BAR_MM, _HEAD_MM, _NAMES_MM = 9.0, 6.0, 42.0
_PANEL_MM = 27.0
# More panels would not fit a page.
_MOST_KINDS = 6


def value_text(dimension: str, value: float | str, language: Language) -> str:
    """Return a value of a dimension in words: ``0.85 m/s``, ``stairs closed``."""
    words = Words(language)
    if isinstance(value, str):
        return words(f"sweep.v_{dimension}_{value}")
    return words(f"sweep.v_{dimension}", {"value": value})


def in_order(swings: Sequence[Swing]) -> list[Swing]:
    """Return assumptions, the widest swing first, then choices."""
    return [s for s in swings if s.assumed] + [s for s in swings if not s.assumed]


def write_charts(findings: Findings, folder: Path, *, language: Language) -> None:
    """Write frontiers, bars and curves as PNG and as PDF, for documents.

    Parameters
    ----------
    findings
        What to show: a frontier for each siting question that has one; of the sweep the kind that
        is asked about first, and all kinds that were swept.
    folder
        Where to; it is made if it is not there. Files of the same names are replaced.
    language
        Language of the charts.
    """
    drawn = {f"frontier-{n + 1}": frontier_chart(findings, language, plan=n)
             for n in range(len(findings.plans))}  # fmt: skip
    swept = findings.sweep
    if swept.dimension and swept.tried():
        drawn["tornado"] = tornado_chart(findings, language, kind=swept.kinds[0])
        drawn["curves"] = curves_chart(findings, language)
    for name, chart in drawn.items():
        if chart is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(png_of(chart))
            (folder / f"{name}.pdf").write_bytes(pdf_of(chart))


# --- bars


def tornado_chart(findings: Findings, language: Language, *, kind: str = ANY) -> Figure:
    """Draw what each dimension alone does to the share of people of one kind.

    Parameters
    ----------
    findings, language
        The sweep to show, and in which language.
    kind
        Kind of facility, or ``any``.
    """
    words, fonts = Words(language), find_fonts()
    swings = in_order(findings.sweep.swings(kind))
    groups = [[s for s in swings if s.assumed], [s for s in swings if not s.assumed]]
    shown = [group for group in groups if group]
    height = max(len(swings) * _BAR_MM + len(shown) * _HEAD_MM, _BAR_MM)
    with own_settings():
        figure = paper(height + 20.0)
        axes = axes_at(figure, _NAMES_MM, 10.0, WIDTH_MM - _NAMES_MM - 5.0, height)
        share_scale(axes, fonts, along="x")
        axes.set_ylim(0.0, height)
        axes.set_yticks([])
        base = float(findings.sweep.shares(kind)[0])
        axes.axvline(base, color=INK, linewidth=0.9, zorder=4)
        named = clean(label(kind, "kind", language))
        text = f"{named} · {words('sweep.base')} {percent(base)}"
        write(axes, fonts, base, height, text, heavy=True, across="center", up="bottom",
              shift=(0, 3))  # fmt: skip
        y = height
        for group in shown:
            head = words("sweep.group_assumed" if group[0].assumed else "sweep.group_chosen")
            edge = axes.get_yaxis_transform()
            left = -_NAMES_MM / (WIDTH_MM - _NAMES_MM - 5.0) + 0.01
            write(axes, fonts, left, y - _HEAD_MM / 2, head, size_pt=SMALL_PT, heavy=True, on=edge)
            y -= _HEAD_MM
            for swing in group:
                y -= _BAR_MM
                _bar(axes, fonts, y + _BAR_MM / 2, swing, language)
        write(axes, fonts, 0.5, 0.0, words("sweep.axis_share"), across="center", up="top",
              shift=(0, -13), on=axes.transAxes)  # fmt: skip
        if findings.synthetic:
            mark_demo(figure, fonts, words)
    return figure


def _bar(axes: Axes, fonts: Fonts, y: float, swing: Swing, language: Language) -> None:
    name = Words(language)(f"sweep.d_{swing.dimension}")
    name = name[:1].upper() + name[1:]
    size = min(SIZE_PT, SIZE_PT * (_NAMES_MM - 3.0) / fonts.width_mm(name, SIZE_PT))
    write(axes, fonts, 0.0, y, name, size_pt=size, across="right", shift=(-5, 0),
          on=axes.get_yaxis_transform())  # fmt: skip
    tall = 0.34 * _BAR_MM
    axes.barh(y + 0.13 * _BAR_MM, swing.base - swing.low, tall, left=swing.low, color=_LESS,
              edgecolor=_MORE, linewidth=0.6, hatch="////", zorder=3)  # fmt: skip
    axes.barh(y + 0.13 * _BAR_MM, swing.high - swing.base, tall, left=swing.base, color=_MORE,
              edgecolor=_MORE, linewidth=0.6, zorder=3)  # fmt: skip
    if swing.span < 5e-4:
        text = Words(language)("sweep.one_value")
        write(axes, fonts, swing.base, y, text, size_pt=SMALL_PT, shift=(4, 0))
        return
    ends = []
    if swing.base - swing.low >= 5e-4:
        ends.append((swing.low, swing.low_value, False))
    if swing.high - swing.base >= 5e-4:
        ends.append((swing.high, swing.high_value, True))
    for share, value, more in ends:
        text = f"{value_text(swing.dimension, value, language)} {percent(share)}"
        _beside(axes, fonts, y, swing, (share, text), more=more)


def _beside(
    axes: Axes, fonts: Fonts, y: float, swing: Swing, end: tuple[float, str], *, more: bool
) -> None:
    """Write what stands at one end of a bar under it, within the chart."""
    share, text = end
    room = WIDTH_MM - _NAMES_MM - 5.0
    wide = fonts.width_mm(text, SMALL_PT) / room + 0.005
    # At its own end, the text leads away from the line of the study as far as there is room.
    left = max(share, swing.base + 0.008) if more else min(share, swing.base - 0.008 - wide)
    left = min(max(left, 0.004), 1.0 - wide)
    if more and left < swing.base:
        left = 1.0 - wide
    write(axes, fonts, left, y - 0.3 * _BAR_MM, text, size_pt=SMALL_PT)


# --- curves


@dataclass(frozen=True, slots=True)
class _Curve:
    """One panel: which kind, along what, and where the study stands."""

    kind: str
    dimension: str
    own: float


def curves_chart(
    findings: Findings, language: Language, *, kinds: Sequence[str] | None = None
) -> Figure:
    """Draw coverage by pace and by time limit, a row of panels for each kind.

    Parameters
    ----------
    findings, language
        The sweep to show, and in which language.
    kinds
        Kinds to show; by default ``any`` and the first others.
    """
    words, fonts, swept = Words(language), find_fonts(), findings.sweep
    chosen = tuple(kinds or (ANY, *(k for k in swept.kinds if k != ANY)))[:_MOST_KINDS]
    across = [d for d in ("speed", "minutes") if d in swept.tried()]
    own = {"speed": float(swept.flat_mps[0]), "minutes": float(swept.base_minutes)}
    height = len(chosen) * _PANEL_MM + 14.0
    wide = (WIDTH_MM - 12.0 - 8.0 * len(across)) / max(1, len(across))
    with own_settings():
        figure = paper(height)
        for row, kind in enumerate(chosen):
            bottom = height - (row + 1) * _PANEL_MM + 1.0
            for at, dimension in enumerate(across):
                place = (12.0 + at * (wide + 8.0), bottom, wide, _PANEL_MM - 7.0)
                axes = axes_at(figure, *place)
                share_scale(axes, fonts, along="y", label=at == 0)
                curve = _Curve(kind, dimension, own[dimension])
                _panel(axes, fonts, swept, curve, language, first=row == 0,
                       last=row == len(chosen) - 1)  # fmt: skip
        if findings.synthetic:
            mark_demo(figure, fonts, words)
    return figure


def _panel(
    axes: Axes,
    fonts: Fonts,
    swept: Sweep,
    curve: _Curve,
    language: Language,
    *,
    first: bool,
    last: bool,
) -> None:
    words = Words(language)
    values, shares = swept.curve(curve.dimension, curve.kind)
    x = [float(v) for v in values]
    axes.set_xlim(min(x) - 0.03 * (x[-1] - x[0] or 1.0), max(x) + 0.03 * (x[-1] - x[0] or 1.0))
    axes.plot(x, shares, color=_MORE, linewidth=1.4, marker="o", markersize=2.6, zorder=3)
    base = float(swept.shares(curve.kind)[0])
    axes.axvline(curve.own, color=INK, linewidth=0.6, linestyle=(0, (3, 2)), zorder=2)
    axes.plot([curve.own], [base], marker="D", markersize=4.5, color=UNCOVERED,
              markeredgecolor=INK, markeredgewidth=0.5, zorder=5)  # fmt: skip
    # Curves rise as a rule: up and to the left of a point is free, unless the axis stands there.
    narrow = curve.own - min(x) < 0.2 * (max(x) - min(x))
    down = (narrow and base > 0.3) or base > 0.85
    write(axes, fonts, curve.own, base, percent(base), size_pt=SMALL_PT, heavy=True,
          shift=(5, -8) if down else (4 if narrow else -4, 7),
          across="left" if narrow or down else "right")  # fmt: skip
    if curve.dimension == "speed" or "speed" not in swept.tried():
        title = clean(label(curve.kind, "kind", language))
        title = title[:1].upper() + title[1:]
        if first:
            title = f"{title} · {words('sweep.axis_share')}"
        write(axes, fonts, 0.0, 1.0, title, heavy=True, up="bottom", shift=(0, 3),
              on=axes.transAxes)  # fmt: skip
    tried = [v for v in x if v != curve.own or curve.dimension == "minutes"]
    axes.set_xticks(tried)
    if last:
        for value in tried:
            text = f"{value:g}"
            write(axes, fonts, value, 0.0, text, size_pt=SMALL_PT, across="center", up="top",
                  shift=(0, -4), on=axes.get_xaxis_transform())  # fmt: skip
        own = words("sweep.own_value", {"value": value_text(curve.dimension, curve.own, language)})
        text = f"{words(f'sweep.axis_{curve.dimension}')} · {own}"
        write(axes, fonts, 0.5, 0.0, text, across="center", up="top", shift=(0, -14),
              on=axes.transAxes)  # fmt: skip
