"""The frontier as a chart: what each number of sites, or sum of money, achieves at best.

A full dot is proven: no plan of that size does better. A ring is not, and a bar leads from it to
the bound. The dashed line builds step by step and never takes a site away; the recommended plan is
named. Up the chart stands what the question asks for: the share of people inside (or served, where
places are limited), else the mean or the longest walk, or the objective in its own unit. The share
inside may fall from one number of sites to the next where the question asks for something else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from quarterhour.findings import Findings, PlanFinding
from quarterhour.maps.chart_parts import SMALL_PT, WIDTH_MM, axes_at, mark_demo, paper, write
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.fonts import MM_PER_PT, Fonts, find_fonts
from quarterhour.maps.imprint import clean
from quarterhour.maps.style import BANDS, INK, NEW_SITE
from quarterhour.siting.talk import Frontier
from quarterhour.wording import in_unit, label, minutes, percent
from quarterhour.words import Language, Words

_HEIGHT_MM, _LEFT_MM, _BOTTOM_MM, _TOP_MM, _RIGHT_MM = 78.0, 14.0, 13.0, 18.0, 5.0
_GRID = "#d5d5d5"
_MOST_TICKS = 10
_MOST_STEPS = 6
# More points are drawn smaller, so that proven ones stay apart from the others.
_MANY = 30
_WAN = 10_000
_DASH = (0.0, (4.0, 2.0))
_SAMPLE_PT, _AIR_PT = 14.0, 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Scale:
    """What stands up the chart.

    Attributes
    ----------
    what
        Part of the word keys: share, served, mean, longest, or the unit of the objective.
    before
        Value without any new site; ``nan`` where there is none.
    at
        Gives the value of an objective (or of a bound) of the frontier.
    tell
        Gives a value in words.
    achieved
        Value of the recommended plan.
    """

    what: str
    before: float
    at: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    tell: Callable[[float], str]
    achieved: float


def frontier_chart(findings: Findings, language: Language, *, plan: int = 0) -> Figure | None:
    """Draw what a question asks for against the number of sites, or against money.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    plan
        Number of the siting question, from 0.

    Returns
    -------
    Figure or None
        ``None`` where the frontier was left out or has fewer than two points.
    """
    words, fonts, found = Words(language), find_fonts(), findings.plans[plan]
    frontier = found.talk.frontier
    if frontier is None or np.isfinite(frontier.objective).sum() < 2:
        return None
    scale = _scale(found, frontier, language)
    with own_settings():
        figure = paper(_HEIGHT_MM)
        axes = axes_at(
            figure, _LEFT_MM, _BOTTOM_MM, WIDTH_MM - _LEFT_MM - _RIGHT_MM,
            _HEIGHT_MM - _BOTTOM_MM - _TOP_MM,
        )  # fmt: skip
        _rule_y(axes, fonts, frontier, scale)
        _rule_x(axes, fonts, frontier, words)
        _line(axes, frontier, scale)
        _points(axes, frontier, scale)
        steps = _nested(axes, found, frontier, scale)
        _recommended(axes, fonts, found, frontier, scale, words)
        _legend(figure, fonts, words, frontier, steps=steps)
        name = clean(label(found.plan.kind, "kind", language))
        group = clean(label(findings.lead_group, "group", language))
        values = {"kind": name, "minutes": findings.coverage.minutes[-1], "group": group}
        title = words(f"planmap.chart_{scale.what}", values)
        write(axes, fonts, 0.0, 1.0, title, heavy=True, up="bottom", shift=(0, 25),
              on=axes.transAxes)  # fmt: skip
        if findings.synthetic:
            mark_demo(figure, fonts, words)
    return figure


def _scale(found: PlanFinding, frontier: Frontier, language: Language) -> _Scale:
    plan, unit = found.plan, frontier.unit
    total = plan.people_total
    own = frontier.unit == plan.unit
    if unit == "people" and total > 0 and plan.robust is None:
        served = plan.served
        before = plan.people_before if served is None else served.people_before
        after = plan.people_after if served is None else served.people_after
        if found.moves is not None:
            before = found.moves.people_today
        # Of a frontier with closures the objective counts from the facilities that stay.
        base = plan.people_before if served is None else served.people_before
        return _Scale("share" if served is None else "served", before / total,
                      lambda people: (base + people) / total, percent, after / total)  # fmt: skip
    if unit == "person_seconds" and total > 0:
        return _Scale("mean", plan.walk_before_s / 60.0, lambda s: s / total / 60.0,
                      lambda m: minutes(60.0 * m, language), plan.walk_after_s / 60.0)  # fmt: skip
    if unit == "seconds":
        before, after = plan.longest_before_s / 60.0, plan.longest_after_s / 60.0
        return _Scale("longest", before, lambda s: s / 60.0,
                      lambda m: minutes(60.0 * m, language), after)  # fmt: skip
    return _Scale(unit, np.nan, lambda value: value, lambda value: in_unit(value, unit, language),
                  plan.objective if own else np.nan)  # fmt: skip


def _rule_y(axes: Axes, fonts: Fonts, frontier: Frontier, scale: _Scale) -> None:
    """Rule the axis up as far as there are values and bounds, in round steps."""
    values = np.concatenate([
        scale.at(frontier.objective), scale.at(frontier.bound), [scale.before, scale.achieved],
    ])  # fmt: skip
    values = values[np.isfinite(values)]
    bottom, top = float(values.min()), float(values.max())
    share = scale.what in ("share", "served")
    step = _round_step((top - bottom) / _MOST_STEPS, least=0.01 if share else 0.1)
    low = np.floor(bottom / step + 1e-9) * step
    high = max(np.ceil(top / step - 1e-9) * step, low + step)
    if share and high >= 1.0:
        high = 1.0
        low = min(low, high - step)
    ticks = low + step * np.arange(round((high - low) / step) + 1)
    axes.set_ylim(low, high + 0.03 * (high - low))
    axes.set_yticks(ticks)
    axes.grid(axis="y", color=_GRID, linewidth=0.5)
    for tick in ticks.tolist():
        text = _plain_share(tick, step) if share else f"{round(tick, 6):,g}"
        write(axes, fonts, 0.0, tick, text, size_pt=SMALL_PT, across="right", shift=(-4, 0),
              on=axes.get_yaxis_transform())  # fmt: skip


def _plain_share(share: float, step: float) -> str:
    return f"{100.0 * share:.0f}%" if step >= 0.01 else percent(share)


def _rule_x(axes: Axes, fonts: Fonts, frontier: Frontier, words: Words) -> None:
    """Rule the axis along: sites, or money, from 0, in round steps."""
    most = float(frontier.limit.max())
    axes.set_xlim(0.0, most * 1.04)
    money = frontier.by == "money"
    unit = _WAN if money and most >= _WAN else 1
    step = _round_step(most / unit / _MOST_TICKS, least=1.0 if not money or unit == 1 else 0.1)
    marks = step * unit * np.arange(int(most / (step * unit) + 1e-9) + 1)
    axes.set_xticks(marks)
    for mark in marks.tolist():
        write(axes, fonts, mark, 0.0, f"{round(mark / unit, 6):,g}", size_pt=SMALL_PT,
              across="center", up="top", shift=(0, -4), on=axes.get_xaxis_transform())  # fmt: skip
    key = "sites" if not money else "money" if unit == _WAN else "yuan"
    write(axes, fonts, 0.5, 0.0, words(f"planmap.chart_x_{key}"), size_pt=SMALL_PT,
          across="center", up="top", shift=(0, -16), on=axes.transAxes)  # fmt: skip


def _round_step(least_step: float, *, least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20 ... times a power of ten that is no smaller."""
    wanted = max(least_step, least)
    power = 10.0 ** np.floor(np.log10(wanted) + 1e-9)
    return float(next(f * power for f in (1.0, 2.0, 5.0, 10.0) if f * power >= wanted * (1 - 1e-9)))


def _line(axes: Axes, frontier: Frontier, scale: _Scale) -> None:
    """Join the points; from what there is today only where a first site keeps to the rules."""
    y = scale.at(frontier.objective)
    x, known = _along(frontier), np.isfinite(y)
    x, y = x[known], y[known]
    if known[0] and np.isfinite(scale.before):
        x, y = np.concatenate([[0.0], x]), np.concatenate([[scale.before], y])
    if frontier.by == "money":
        x, y = np.append(x, float(frontier.limit.max())), np.append(y, y[-1])
    axes.plot(x, y, color=BANDS[0], linewidth=1.3, zorder=3, gid="frontier",
              drawstyle=_drawn(frontier))  # fmt: skip


def _along(frontier: Frontier) -> NDArray[np.float64]:
    """Return where each point stands: at its number of sites, or the money that it takes.

    The best plan for a sum is the best for all sums down to what it costs.
    """
    return (frontier.cost if frontier.by == "money" else frontier.limit).astype(np.float64)


def _drawn(frontier: Frontier) -> Literal["steps-post", "default"]:
    """Return how points are joined: money that does not pay for a site brings nobody inside."""
    return "steps-post" if frontier.by == "money" else "default"


def _points(axes: Axes, frontier: Frontier, scale: _Scale) -> None:
    """Draw a dot per point: full where proven, else a ring and a bar to the bound."""
    value, bound = scale.at(frontier.objective), scale.at(frontier.bound)
    size = 4.2 if len(value) <= _MANY else 2.6
    for n, x in enumerate(_along(frontier).tolist()):
        if not np.isfinite(value[n]):
            continue
        proven = frontier.status[n] == "optimal"
        axes.plot([x], [value[n]], "o", markersize=size, color=BANDS[0], zorder=5,
                  markerfacecolor=BANDS[0] if proven else "white",
                  gid="proven" if proven else "open")  # fmt: skip
        if not proven and np.isfinite(bound[n]):
            axes.plot([x, x], [value[n], bound[n]], color=BANDS[0], linewidth=1.0, zorder=4,
                      gid="bound")  # fmt: skip


def _nested(axes: Axes, found: PlanFinding, frontier: Frontier, scale: _Scale) -> bool:
    """Draw the order that loses least: what is built step by step."""
    if not found.talk.nested:
        return False
    order = found.talk.nested[-1]
    steps = np.arange(1, len(order.site_ids) + 1)
    along = order.cost if frontier.by == "money" else steps
    y = scale.at(order.objective)
    shown = (along <= frontier.limit.max()) & np.isfinite(y)
    x, y = along[shown].astype(np.float64), y[shown]
    if np.isfinite(scale.before):
        x, y = np.concatenate([[0.0], x]), np.concatenate([[scale.before], y])
    if len(x) < 2:
        return False
    axes.plot(x, y, color=INK, linewidth=0.9, linestyle=_DASH, zorder=3.5, gid="nested",
              drawstyle=_drawn(frontier))  # fmt: skip
    return True


def _recommended(
    axes: Axes,
    fonts: Fonts,
    found: PlanFinding,
    frontier: Frontier,
    scale: _Scale,
    words: Words,
) -> None:
    """Mark the recommended plan, and say what it does."""
    plan = found.plan
    x = float(plan.cost if frontier.by == "money" else plan.sites_needed)
    if not np.isfinite(scale.achieved) or x > frontier.limit.max() * 1.02:
        return
    axes.plot([x], [scale.achieved], "D", markersize=7.5, color=NEW_SITE, markerfacecolor="none",
              markeredgewidth=1.4, zorder=6, gid="recommended")  # fmt: skip
    values = {"sites": plan.sites_needed, "value": scale.tell(scale.achieved)}
    text = words("planmap.chart_recommended", values)
    left = x < 0.6 * frontier.limit.max()
    # Where there is room: below a curve that rises, above one that falls.
    up: Literal["top", "bottom"] = "top" if plan.more_is_better else "bottom"
    y = -9.0 if plan.more_is_better else 9.0
    low, high = axes.get_ylim()
    if (scale.achieved - low) / (high - low) < 0.2:
        up, y = "bottom", 9.0
    write(axes, fonts, x, scale.achieved, text, size_pt=SMALL_PT, heavy=True, colour=NEW_SITE,
          across="left" if left else "right", up=up, shift=(4 if left else -2, y))  # fmt: skip


def _legend(figure: Figure, fonts: Fonts, words: Words, frontier: Frontier, *, steps: bool) -> None:
    """Say above the chart what its signs mean: each sign as it is drawn, with its words."""
    known = np.isfinite(frontier.objective)
    proven = [s == "optimal" for s, k in zip(frontier.status, known.tolist(), strict=True) if k]
    entries = ["proven"] if any(proven) else []
    entries += ["open"] if not all(proven) else []
    entries += ["nested"] if steps else []
    at = _LEFT_MM / MM_PER_PT
    # In points from the lower left corner of the paper.
    y = (_HEIGHT_MM - _TOP_MM) / MM_PER_PT + 12.0
    for entry in entries:
        x = (at, at + _SAMPLE_PT) if entry == "nested" else (at + 4.0, at + 4.0)
        sample = Line2D(
            np.array(x) / 72.0, np.array([y, y]) / 72.0, transform=figure.dpi_scale_trans,
            color=INK if entry == "nested" else BANDS[0], linewidth=0.9,
            linestyle=_DASH if entry == "nested" else "none",
            marker="" if entry == "nested" else "o", markersize=4.2,
            markerfacecolor=BANDS[0] if entry == "proven" else "white", gid=f"legend:{entry}",
        )  # fmt: skip
        figure.add_artist(sample)
        if entry == "open":
            bar = Line2D(
                np.array(x) / 72.0, np.array([y, y + 5.0]) / 72.0, color=BANDS[0], linewidth=1.0,
                transform=figure.dpi_scale_trans, zorder=0.5,
            )  # fmt: skip
            figure.add_artist(bar)
        at += (_SAMPLE_PT if entry == "nested" else 8.0) + _AIR_PT
        text = words(f"planmap.chart_l_{entry}")
        figure.text(
            at / 72.0 / figure.get_figwidth(), y / 72.0 / figure.get_figheight(), text,
            fontproperties=fonts.choose(text), fontsize=SMALL_PT, color=INK, ha="left",
            va="center", parse_math=False,
        )  # fmt: skip
        at += fonts.width_mm(text, SMALL_PT) / MM_PER_PT + 3 * _AIR_PT
