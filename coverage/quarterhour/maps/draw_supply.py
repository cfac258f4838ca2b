"""Plate 06-x: where people are left out, and whether the places of an area meet its demand.

The fill is places over demand, a circle the people who are not covered, with their number; where
the scorecard knows floor area per 100 households and a target, areas below it are hatched and say
what is missing. The demand is the share of the lead group that the study says asks for a place;
where it says none, the fill is places per 1,000 people. Where one capacity of an area is unknown,
its figure is 待补充: the known part alone would read as a lack. Design of this tool.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.maps.area_notes import area_middles, note_in_area
from quarterhour.maps.canvas import Layer, Look
from quarterhour.maps.cells import class_labels, round_breaks
from quarterhour.maps.imprint import group_words, people_words
from quarterhour.maps.layers import (
    Ground,
    Subject,
    clear_of,
    draw_base,
    draw_signs,
    draw_withheld,
    wish_ids,
)
from quarterhour.maps.more_orders import needs, turns_of
from quarterhour.maps.outlines import outline_of
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.style import PAPER, RATIO_CLASSES, UNCOVERED

# Places over demand, in parts of 1: round, and full where demand is met.
RATIO_BREAKS = (0.1, 0.25, 0.5, 0.8, 1.0)
FLOORS = ("care_floor_per_100", "service_floor_per_100")
_OUTSIDE = LabelStyle(rank=0, size_pt=7.0, heavy=True, colour="#8c3b00", gid="id")
_RATIO = LabelStyle(rank=2, size_pt=6.5, heavy=True, gid="ratio_note")
_SHORT = LabelStyle(rank=3, size_pt=6.5, gid="floor")
_SIZES_PT = (5.0, 8.0, 11.5, 15.5)
_SOMEBODY = 0.5
_LEAST = 0.1
_ALL = "moreplates.class_all"


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """Places and demand of one kind, by area of the district.

    Attributes
    ----------
    value
        Places over demand, or per 1,000 people where ``need`` is ``None`` (areas,); ``nan`` where
        unknown or where nobody lives.
    missing
        Areas with people where a capacity is unknown (areas,).
    outside
        People of the lead group who are not covered (areas,); ``nan`` where an area cannot say.
    need
        Share of the lead group that asks for a place; ``None`` where the study does not say.
    """

    value: NDArray[np.float64]
    missing: NDArray[np.bool_]
    outside: NDArray[np.float64]
    need: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Floor:
    """Floor area per 100 households against its target: name of the measure, value by area."""

    measure: str
    target: float
    value: NDArray[np.float64]


def matching(findings: Findings, kind: str) -> Matching:
    """Return places and demand of a kind by area."""
    supply, coverage = findings.measured.supply, findings.coverage
    k, lead = supply.kinds.index(kind), coverage.groups.index(coverage.lead_group)
    need, elders = needs(findings).get(kind), supply.elders[:-1]
    asking = elders * need if need is not None else elders / 1000.0
    missing = (supply.unknown[k, :-1] > 0) & (elders > 0)
    value = np.full(len(elders), np.nan)
    np.divide(supply.places[k, :-1], asking, out=value, where=(asking > 0) & ~missing)
    outside = coverage.residents[:-1, lead] - coverage.people(kind)[:-1]
    return Matching(value, missing, np.where(findings.cannot_say(kind)[:-1], np.nan, outside), need)


def floor_of(findings: Findings) -> Floor | None:
    """Return floor area per 100 households by area; ``None`` without figures or a target."""
    card = findings.scorecard
    for n, row in enumerate(card.indicators):
        value = card.value_by_area[n, :-1]
        if row.measure in FLOORS and np.isfinite(row.target) and np.isfinite(value).any():
            return Floor(row.measure, row.target, value)
    return None


def draw_supply(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 06-x: uncovered people, places over demand, and floor area, by area."""
    found = matching(findings, subject.kind)
    _fill_classes(page, findings, found)
    _note_ratios(page, ground, found)
    _hatch_floor(page, findings, ground)
    _draw_outside(page, findings, ground, found)
    draw_withheld(page, findings, ground, subject.kind)
    draw_base(page, findings, ground)
    _write_texts(page, findings, ground, subject.kind, found)


def _fill_classes(page: Page, findings: Findings, found: Matching) -> None:
    """Fill each area by its class; those with an unknown capacity are hatched with dots."""
    words, polygons = page.words, findings.areas.polygons
    told, known = found.need is not None, np.isfinite(found.value)
    breaks = np.array(RATIO_BREAKS) if told else round_breaks(found.value[known], most=3)
    labels = _percents(page) if told else class_labels(breaks, words, only=_ALL)
    heading = words("moreplates.heading_ratio" if told else "moreplates.heading_per_1000")
    at = np.searchsorted(breaks, np.nan_to_num(found.value), side="right")
    for n, label in enumerate(labels):
        rows = np.flatnonzero(known & (at == n))
        look = Look("fill", face=RATIO_CLASSES[n], edge="#9aa7b3", width_pt=0.3, opacity=0.8)
        text = words("moreplates.ratio_class", {"class": label, "count": len(rows)})
        layer = Layer(f"ratio:{n}", text, look, heading)
        page.canvas.fill(layer, outline_of(polygons[rows]), order=1.5)
    rows = np.flatnonzero(found.missing)
    look = Look("fill", edge="#6b6b6b", hatch="....")
    text = words("moreplates.ratio_missing", {"count": len(rows)})
    page.canvas.fill(
        Layer("ratio:missing", text, look, heading), outline_of(polygons[rows]), order=1.6
    )


def _note_ratios(page: Page, ground: Ground, found: Matching) -> None:
    """Write the figure of each area into it: classes alone say little of a few areas."""
    key = "moreplates.label_ratio" if found.need is not None else "moreplates.label_per_1000"
    for row, value in enumerate(found.value.tolist()):
        if math.isfinite(value):
            shown = wording.percent(value) if found.need is not None else f"{value:.1f}"
            note_in_area(page, ground, row, page.words(key, {"ratio": shown}), _RATIO)


def _percents(page: Page) -> list[str]:
    """Return the classes of places over demand in per cent, the lowest first."""
    words, shown = page.words, [f"{b:.0%}" for b in RATIO_BREAKS]
    middle = [
        words("plate.class_middle", {"after": low, "to": high}) for low, high in pairwise(shown)
    ]
    return [
        words("plate.class_first", {"to": shown[0]}), *middle,
        words("plate.class_last", {"after": shown[-1]}),
    ]  # fmt: skip


def _hatch_floor(page: Page, findings: Findings, ground: Ground) -> None:
    words, polygons, floor = page.words, findings.areas.polygons, floor_of(findings)
    if floor is None:
        return
    heading = words("moreplates.heading_floor", {"measure": words(f"scorecard.m_{floor.measure}")})
    low = np.flatnonzero(floor.value < floor.target)
    values = {"target": f"{floor.target:g}", "count": len(low)}
    short = Look("fill", edge="#5a5a5a", hatch="//")
    layer = Layer("floor:short", words("moreplates.floor_short", values), short, heading)
    page.canvas.fill(layer, outline_of(polygons[low]), order=2.0)
    unsaid = np.flatnonzero(~np.isfinite(floor.value))
    look = Look("fill", edge="#333333", hatch="oo")
    text = words("moreplates.floor_missing", {"count": len(unsaid)})
    page.canvas.fill(
        Layer("floor:missing", text, look, heading), outline_of(polygons[unsaid]), order=2.0
    )
    for row in low.tolist():
        short_by = float(floor.target - floor.value[row])
        gap = {"gap": f"{short_by:.1f}" if short_by >= _LEAST else f"<{_LEAST:g}"}
        note_in_area(page, ground, row, words("moreplates.floor_gap", gap), _SHORT, line=2)


def _draw_outside(page: Page, findings: Findings, ground: Ground, found: Matching) -> None:
    """Draw a circle for the people of each area who are not covered, with their number."""
    rows = np.flatnonzero(np.nan_to_num(found.outside) >= _SOMEBODY)
    people, middle = found.outside[rows], area_middles(ground)[rows]
    breaks = round_breaks(people, most=len(_SIZES_PT) - 1)
    at = np.searchsorted(breaks, people, side="right")
    heading = page.words("moreplates.heading_outside")
    for n, label in enumerate(class_labels(breaks, page.words, only=_ALL)):
        size = _SIZES_PT[n + len(_SIZES_PT) - len(breaks) - 1]
        look = Look("sign", face=UNCOVERED, edge=PAPER, width_pt=0.7, size_pt=size)
        draw_signs(page, f"outside:{n}", label, look, middle[at == n], heading=heading, order=5.0)
        told = [wording.whole(count) for count in people[at == n].tolist()]
        wish_ids(page, ground, middle[at == n], told, style=_OUTSIDE, clear=clear_of(look))


def _write_texts(
    page: Page, findings: Findings, ground: Ground, kind: str, found: Matching
) -> None:
    words, language, supply = page.words, page.words.language, findings.measured.supply
    places, elders = supply.total_places(kind), float(supply.elders.sum())
    group = group_words(findings, language)
    values = {
        "group": group, "outside": people_words(ground.summary.of(kind).outside, language),
        "places": wording.whole(places),
    }  # fmt: skip
    if found.need is None:
        page.caption = words("moreplates.caption_per_1000", {
            **values, "ratio": f"{1000.0 * places / elders:.1f}" if elders else wording.MISSING,
        })  # fmt: skip
    else:
        demand = elders * found.need
        page.caption = words("moreplates.caption_ratio", {
            **values, "demand": wording.whole(demand), "need": wording.percent(found.need),
            "ratio": wording.percent(places / demand if demand else float("nan")),
        })  # fmt: skip
    turns = turns_of(findings, kind)
    page.notes += [words("moreplates.note_turns", {"turns": f"{turns:g}"})] if turns else []
    page.notes.append(words("moreplates.note_areas_alone"))
    minutes = findings.coverage.minutes[-1]
    page.basis = words("moreplates.basis_supply", {"group": group, "minutes": minutes})
