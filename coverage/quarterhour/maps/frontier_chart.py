"""The frontier as a chart: what each number of sites, or sum of money, achieves at best.

A full dot is proven: no plan of that size does better. A ring is not, and a bar leads from it to
the bound. The dashed line builds step by step and never takes a site away; the recommended plan is
named.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from quarterhour.findings import Findings, PlanFinding
from quarterhour.maps.chart_parts import SMALL_PT, WIDTH_MM, axes_at, mark_demo, paper, write
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.fonts import Fonts, find_fonts
from quarterhour.maps.imprint import clean
from quarterhour.maps.style import BANDS, INK, NEW_SITE
from quarterhour.siting.talk import Frontier
from quarterhour.wording import label, percent
from quarterhour.words import Language, Words

_HEIGHT_MM, _LEFT_MM, _BOTTOM_MM = 78.0, 14.0, 13.0
_GRID = "#d5d5d5"
_MOST_TICKS = 12


def frontier_chart(findings: Findings, language: Language, *, plan: int = 0) -> Figure | None:
    """Draw the share of people inside against the number of sites, or against money.

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
    if frontier is None or np.isfinite(frontier.share).sum() < 2:
        return None
    with own_settings():
        figure = paper(_HEIGHT_MM)
        axes = axes_at(
            figure, _LEFT_MM, _BOTTOM_MM, WIDTH_MM - _LEFT_MM - 5.0, _HEIGHT_MM - _BOTTOM_MM - 14.0
        )
        x, before = frontier.limit.astype(np.float64), _share_before(found)
        _scales(axes, fonts, frontier, before, words)
        known = np.isfinite(frontier.share)
        axes.plot(
            np.concatenate([[0.0], x[known]]), np.concatenate([[before], frontier.share[known]]),
            color=BANDS[0], linewidth=1.3, zorder=3, gid="frontier",
        )  # fmt: skip
        _points(axes, found, frontier)
        _nested(axes, found, frontier)
        _recommended(axes, fonts, found, frontier, words)
        _legend(axes, fonts, words, frontier, steps=bool(found.talk.nested))
        name = clean(label(found.plan.kind, "kind", language))
        group = clean(label(findings.lead_group, "group", language))
        values = {"kind": name, "minutes": findings.coverage.minutes[-1], "group": group}
        title = words("siteplan.c_title", values)
        write(axes, fonts, 0.0, 1.0, title, heavy=True, up="bottom", shift=(0, 20),
              on=axes.transAxes)  # fmt: skip
        if findings.synthetic:
            mark_demo(figure, fonts, words)
    return figure


def _share_before(found: PlanFinding) -> float:
    total = found.plan.people_total
    return found.plan.people_before / total if total > 0 else 0.0


def _scales(axes: Axes, fonts: Fonts, frontier: Frontier, before: float, words: Words) -> None:
    """Rule both axes: shares as far as there are any, and sites or money from 0."""
    top = float(np.nanmax(frontier.share))
    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2) if (top - before) / s <= 6 or s == 0.2)
    low, high = np.floor(before / step) * step, np.ceil(top / step + 1e-9) * step
    axes.set_ylim(low, min(high, 1.0) + 0.02 * (high - low))
    most = float(frontier.limit.max())
    axes.set_xlim(0.0, most * 1.03)
    ticks = np.arange(low, min(high, 1.0) + step / 2, step)
    axes.set_yticks(ticks)
    axes.grid(axis="y", color=_GRID, linewidth=0.5)
    for tick in ticks:
        write(axes, fonts, 0.0, float(tick), percent(float(tick)), size_pt=SMALL_PT,
              across="right", shift=(-4, 0), on=axes.get_yaxis_transform())  # fmt: skip
    stride = max(1, int(np.ceil(len(frontier.limit) / _MOST_TICKS)))
    marks = frontier.limit[::-1][::stride][::-1]
    axes.set_xticks(marks.astype(np.float64))
    money = frontier.by == "money"
    for mark in marks.tolist():
        text = f"{mark / 10_000:,.0f}" if money else f"{mark:,}"
        write(axes, fonts, float(mark), 0.0, text, size_pt=SMALL_PT, across="center", up="top",
              shift=(0, -4), on=axes.get_xaxis_transform())  # fmt: skip
    along = words("siteplan.c_money" if money else "siteplan.c_sites")
    write(axes, fonts, 0.5, 0.0, along, size_pt=SMALL_PT, across="center", up="top",
          shift=(0, -16), on=axes.transAxes)  # fmt: skip


def _points(axes: Axes, found: PlanFinding, frontier: Frontier) -> None:
    """Draw a dot per point: full where proven, else a ring and a bar up to the bound."""
    total = found.plan.people_total
    for n, share in enumerate(frontier.share.tolist()):
        if not np.isfinite(share):
            continue
        proven = frontier.status[n] == "optimal"
        x = float(frontier.limit[n])
        axes.plot([x], [share], "o", markersize=4.2, color=BANDS[0], zorder=5,
                  markerfacecolor=BANDS[0] if proven else "white")  # fmt: skip
        if not proven and frontier.unit == "people" and total > 0:
            top = (found.plan.people_before + frontier.bound[n]) / total
            axes.plot([x, x], [share, top], color=BANDS[0], linewidth=1.0, zorder=4)


def _nested(axes: Axes, found: PlanFinding, frontier: Frontier) -> None:
    """Draw the order that loses least: what is built step by step."""
    total = found.plan.people_total
    if not found.talk.nested or total <= 0:
        return
    order = found.talk.nested[-1]
    along = order.cost if frontier.by == "money" else np.arange(1, len(order.site_ids) + 1)
    within = along <= frontier.limit.max()
    axes.plot(
        np.concatenate([[0.0], along[within].astype(np.float64)]),
        np.concatenate([[_share_before(found)], order.people_inside[within] / total]),
        color=INK, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2, gid="nested",
    )  # fmt: skip


def _recommended(
    axes: Axes, fonts: Fonts, found: PlanFinding, frontier: Frontier, words: Words
) -> None:
    """Mark the recommended plan, and say what it does."""
    plan = found.plan
    if plan.people_total <= 0:
        return
    x = float(plan.cost if frontier.by == "money" else plan.sites_needed)
    share = plan.people_after / plan.people_total
    axes.plot([x], [share], "D", markersize=7.5, color=NEW_SITE, markerfacecolor="none",
              markeredgewidth=1.4, zorder=6, gid="recommended")  # fmt: skip
    text = words("siteplan.c_recommended", {"sites": plan.sites_needed, "share": percent(share)})
    left = x < 0.6 * frontier.limit.max()
    write(axes, fonts, x, share, text, size_pt=SMALL_PT, heavy=True, colour=NEW_SITE,
          across="left" if left else "right", up="top", shift=(4 if left else -2, -9))  # fmt: skip


def _legend(axes: Axes, fonts: Fonts, words: Words, frontier: Frontier, *, steps: bool) -> None:
    """Say above the chart what its signs mean."""
    parts = ["proven"]
    parts += ["open"] if frontier.n_proven < len(frontier.limit) else []
    parts += ["nested"] if steps else []
    text = words("siteplan.c_join").join(words(f"siteplan.c_{part}") for part in parts)
    write(axes, fonts, 0.0, 1.0, text, size_pt=SMALL_PT, up="bottom", shift=(0, 6),
          on=axes.transAxes)  # fmt: skip
