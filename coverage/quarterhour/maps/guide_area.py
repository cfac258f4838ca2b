"""Plate 13-n: the guide of one area, with its map, its indicators and its facilities.

Present reach is filled, what the plan adds is edged and dotted; other areas are pale. Indicators
are those of the area in the tables of the run, the table names what the map shows.
"""

from dataclasses import replace

import numpy as np
import shapely

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.canvas import Layer, Look
from quarterhour.maps.cells import gather
from quarterhour.maps.focus import panel_beside
from quarterhour.maps.gap_layers import HATCHES
from quarterhour.maps.guide_area_panel import (
    change_words,
    draw_area_panel,
    name_of,
    own_gaps,
    own_rows,
)
from quarterhour.maps.guide_base import (
    draw_below,
    draw_beside,
    draw_border_of,
    draw_borders,
    shown,
    wish_beside_names,
)
from quarterhour.maps.imprint import group_words, people_words
from quarterhour.maps.labels import Wish, around
from quarterhour.maps.layers import (
    GAP_ID,
    SITE_ID,
    UNCOVERED_CLASSES,
    Ground,
    Subject,
    cell_size_m,
    clear_of,
    draw_classes,
    draw_signs,
    draw_withheld,
    look_of,
    order_of,
    wish_ids,
)
from quarterhour.maps.outlines import outline_of
from quarterhour.maps.page import Page
from quarterhour.maps.plan_layers import CLOSED_ID, closed_rows
from quarterhour.maps.style import BANDS, INK, NEW_SITE
from quarterhour.maps.web_cards import of_question
from quarterhour.maps.withheld import withheld_gaps

_SIMPLER_M = 2.0
_SLIVER_M = 4.0
_CLOSED = Look("sign", face=INK, edge=INK, width_pt=2.0, shape="cross", size_pt=7.5)
_BESIDE = Look("sign", face="#bdbdbd", edge="#6b6b6b", width_pt=0.5, size_pt=3.6)


def draw_guide(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 13-n: what one area has, lacks and gets."""
    row, kind, words = subject.area, subject.kind, page.words
    if row is None:
        raise AssertionError("this plate needs an area")
    held = bool(findings.cannot_say(kind)[row])
    _draw_reach(page, findings, ground, subject)
    if held:
        draw_withheld(page, findings, ground, kind)
        page.notes[-1:] = [words("guide.note_cannot_say")]
    else:
        _draw_uncovered(page, findings, ground, kind, row)
    _draw_gaps(page, findings, ground, kind, row)
    draw_below(page, ground)
    draw_beside(page, ground.view, findings.areas.polygons[row])
    draw_borders(page, findings, ground.view)
    draw_border_of(page, findings, row)
    _draw_facilities(page, findings, ground, row)
    for n in range(len(findings.plans)):
        _draw_sites(page, findings, ground, n, row)
    wish_beside_names(page, findings, ground.view, row)
    page.caption = _caption(page, findings, subject, row, held=held)
    page.notes.append(words("guide.note_names"))
    if findings.areas.approximate:
        page.notes.append(words("plate.note_approximate"))
    draw_area_panel(page, findings, panel_beside(ground.view, page.sheet), row)


def _draw_reach(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    words, kind, view = page.words, subject.kind, ground.view
    values = {"minutes": findings.coverage.minutes[-1], "kind": name_of(page, kind)}
    heading = words("plate.heading_bands")
    today = shapely.simplify(shown(view, findings.shapes.of(kind)[-1]), _SIMPLER_M)
    look = Look("fill", face=BANDS[1], opacity=0.5)
    layer = Layer("reach_today", words("guide.reach_today", values), look, heading)
    # Below the people, who are what the plate is about.
    page.canvas.fill(layer, outline_of([today]), order=1.2)
    if subject.plan is None or kind not in subject.plan.shapes.kinds:
        return
    after = shapely.simplify(shown(view, subject.plan.shapes.of(kind)[-1]), _SIMPLER_M)
    added = shapely.difference(shapely.make_valid(after), shapely.make_valid(today))
    # What rounding leaves along the old edge is no new reach.
    added = shapely.buffer(shapely.buffer(added, -_SLIVER_M, quad_segs=2), _SLIVER_M, quad_segs=2)
    look = Look("fill", face=BANDS[2], edge=BANDS[0], width_pt=1.0, hatch="..", opacity=0.55)
    layer = Layer("reach_added", words("guide.reach_added", values), look, heading)
    page.canvas.fill(layer, outline_of([added]), order=1.3)
    edge = replace(layer, look=Look("line", edge=BANDS[0], width_pt=1.0))
    page.canvas.stroke(edge, outline_of([added]), order=4.2)


def _draw_uncovered(page: Page, findings: Findings, ground: Ground, kind: str, row: int) -> None:
    coverage, demand = findings.coverage, findings.demand
    limit = findings.study.walker(findings.study.circle.walker).limit_ms(coverage.minutes[-1])
    beyond = coverage.ms[coverage.kinds.index(kind), 0] > limit
    own = demand.area_index == row
    lead = np.where(beyond & own, demand.people_of(findings.lead_group), 0.0)
    cells = gather(demand.xy_m, lead, size_m=cell_size_m(ground.view) / 2)
    heading = page.words("plate.heading_uncovered")
    draw_classes(page, cells, UNCOVERED_CLASSES, "uncovered", heading)


def _draw_gaps(page: Page, findings: Findings, ground: Ground, kind: str, row: int) -> None:
    """Hatch the gaps of one area by cause, around the homes that are their members."""
    gaps, words = findings.gaps_of(kind), page.words
    here = own_gaps(findings, kind, row)
    cause = np.where(withheld_gaps(findings, kind), "", np.array(gaps.cause, object))
    around_m = max(30.0, 1.0 * ground.view.scale / 1000.0)
    for name, hatch in (*HATCHES.items(), ("", "")):
        rows = here[cause[here] == name]
        if not len(rows):
            continue
        homes = findings.demand.xy_m[np.isin(gaps.member, rows)]
        homes = np.unique(np.rint(homes / 5.0) * 5.0, axis=0)
        shape = shapely.union_all(
            shapely.buffer(shapely.points(homes), 2.5 * around_m, quad_segs=4)
        )
        # Wide and back again: one outline of homes that stand near each other, not a chain of dots.
        shape = shapely.simplify(shapely.buffer(shape, -1.5 * around_m, quad_segs=4), _SIMPLER_M)
        look = Look("fill", edge=GAP_ID.colour, width_pt=0.9, hatch=hatch)
        label = (
            words("plate.gap", {"cause": words(f"cause.{name}"), "count": len(rows)}) if name
            else words("plate.gap_withheld", {"count": len(rows)})
        )  # fmt: skip
        layer = Layer(f"gap:{name or 'withheld'}", label, look, words("plate.heading_gaps"))
        page.canvas.fill(layer, outline_of([shape]), order=4.0)
    seen = here[ground.view.shows(gaps.xy_m[here])]
    for at, (x, y) in zip(seen.tolist(), ground.view.to_mm(gaps.xy_m[seen]).tolist(), strict=True):
        width, height = page.size_of(gaps.ids[at], GAP_ID)
        places = ((x, y), *around((x, y), width=width, height=height, clear=1.5))
        page.wish(GAP_ID, Wish(gaps.ids[at], (x, y), width, height, places, over_marks=True))
    if len(here):
        page.notes.append(words("guide.note_gaps", {"kind": name_of(page, kind)}))


def _draw_facilities(page: Page, findings: Findings, ground: Ground, row: int) -> None:
    facilities, words = findings.facilities, page.words
    kinds, own = facilities.all_kinds(), own_rows(findings, row)
    gone = np.concatenate([closed_rows(findings, plan) for plan in findings.plans] or [own[:0]])
    for n, kind in enumerate(kinds):
        rows = np.setdiff1d(np.intersect1d(facilities.rows_of(kind), own), gone)
        values = {"kind": name_of(page, kind), "count": len(rows)}
        look = look_of(kind, kinds, size_pt=6.5)
        xy = facilities.xy_m[rows]
        draw_signs(page, f"kind:{kind}", words("plate.facility_count", values), look, xy,
                   order=order_of(n))  # fmt: skip
        wish_ids(page, ground, xy, [facilities.ids[r] for r in rows.tolist()], clear=clear_of(look))
    for n, plan in enumerate(findings.plans):
        rows = np.intersect1d(closed_rows(findings, plan), own)
        kind = plan.plan.kind
        label = words("guide.closed", {"kind": name_of(page, kind), "count": len(rows)})
        label = of_question(findings, n, label, words.language)
        xy = facilities.xy_m[rows]
        draw_signs(page, f"closed:{n}", label, _CLOSED, xy, order=5.8)
        wish_ids(page, ground, xy, [facilities.ids[r] for r in rows.tolist()], style=CLOSED_ID,
                 clear=clear_of(_CLOSED))  # fmt: skip
    others = np.setdiff1d(np.arange(len(facilities.ids)), own)
    others = others[ground.view.shows(facilities.xy_m[others])]
    label = words("guide.beside_places", {"count": len(others)})
    draw_signs(page, "beside_places", label, _BESIDE, facilities.xy_m[others], order=4.9)


def _draw_sites(page: Page, findings: Findings, ground: Ground, n: int, row: int) -> None:
    """Draw the new sites of the n-th question in one area."""
    plan = findings.plans[n]
    kind, premises = plan.plan.kind, plan.premises
    ranks = np.flatnonzero(premises.area_index[plan.chosen] == row)
    rows = plan.chosen[ranks]
    look = look_of(kind, findings.facilities.all_kinds(), size_pt=11.0, face=NEW_SITE)
    values = {"kind": name_of(page, kind), "count": len(rows)}
    xy = premises.xy_m[rows]
    label = of_question(findings, n, page.words("plate.new_count", values), page.words.language)
    draw_signs(page, f"new:{n}", label, look, xy, order=6.0)
    ids = [
        page.words("plate.site_label", {"order": rank + 1, "id": premises.ids[at]})
        for rank, at in zip(ranks.tolist(), rows.tolist(), strict=True)
    ]
    wish_ids(page, ground, xy, ids, style=SITE_ID, clear=clear_of(look))


def _caption(page: Page, findings: Findings, subject: Subject, row: int, *, held: bool) -> str:
    """Return one sentence with the area's people and its coverage today and planned."""
    if held:
        return ""
    coverage, language = findings.coverage, page.words.language
    total = float(coverage.residents[row, coverage.groups.index(findings.lead_group)])
    if not total:
        return ""
    before = float(coverage.people(subject.kind)[row])
    values = {
        "group": group_words(findings, language), "total": people_words(total, language),
        "kind": name_of(page, subject.kind), "minutes": coverage.minutes[-1],
        "before": wording.percent(before / total),
    }  # fmt: skip
    if subject.plan is None or subject.kind == ANY:
        return page.words("guide.caption_area", values)
    after = float(subject.plan.within_after[row])
    if wording.percent(after / total) == values["before"]:
        return page.words("guide.caption_area", values)
    change = change_words(page, before, after, total)
    more = {"after": wording.percent(after / total), "change": change}
    text = page.words("guide.caption_area_plan", {**values, **more})
    return of_question(findings, 0, text, language)
