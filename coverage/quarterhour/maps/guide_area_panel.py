"""The panel of plate 13-n: indicators of one area, and a table of its facilities and new sites.

Figures are those of the tables of the run. Places of several kinds (beds and seats) do not add up,
and neither do people within reach of several facilities: the total leaves both out.
"""

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY, NEIGHBOUR
from quarterhour.maps.gap_place import gap_place
from quarterhour.maps.guide_figures import people_around, site_figures
from quarterhour.maps.guide_panel import (
    TABLE_SIZES,
    PanelColumn,
    PanelTable,
    TableSize,
    draw_frame,
    draw_heading,
    draw_pairs,
    draw_table,
    heading_height,
    table_height,
)
from quarterhour.maps.imprint import clean, group_words
from quarterhour.maps.labels import Box
from quarterhour.maps.page import Page
from quarterhour.maps.plan_layers import closed_rows
from quarterhour.maps.web_cards import of_question
from quarterhour.maps.withheld import withheld_gaps

_BOX_SHARE, _BOX_SHARE_BESIDE = 0.36, 0.40
_ROOM_FOR_GAPS = 0.28
# Floor areas by id and place: the ids of points on streets begin anew with each question.
Areas = dict[tuple[str, float, float], float]


def draw_area_panel(page: Page, findings: Findings, panel: Box, row: int) -> None:
    """Draw the indicators of an area and the table of its facilities into a panel."""
    words = page.words
    pairs, heading, cut = (
        indicators(page, findings, row),
        words("guide.indicators"),
        words("guide.cut"),
    )
    if panel.height > panel.width:
        y = panel.top - _BOX_SHARE * panel.height
        box = draw_heading(page, Box(panel.left, y, panel.right, panel.top), heading)
        rest = draw_pairs(page, box, pairs, cut=cut)
        lower = Box(panel.left, panel.bottom, panel.right, rest.top)
    else:
        x = panel.left + _BOX_SHARE_BESIDE * panel.width
        box = draw_heading(page, Box(panel.left, panel.bottom, x, panel.top), heading)
        draw_pairs(page, box, pairs, cut=cut)
        lower = Box(x, panel.bottom, panel.right, panel.top)
        page.canvas.line((x, x), (panel.bottom, panel.top), width_pt=0.8)
    _draw_tables(page, findings, lower, row)
    page.notes.append(words("guide.note_table"))
    draw_frame(page, panel)


def _draw_tables(page: Page, findings: Findings, room: Box, row: int) -> None:
    """Draw the tables of facilities and of gaps, as large as both fit; each says what it cuts."""
    words, kind = page.words, asked_kinds(findings)[0]
    present, gaps = facility_table(page, findings, row), gap_table(page, findings, kind, row)
    tables, bar = [present, gaps] if gaps.rows else [present], heading_height(page)

    def heights(size: TableSize) -> list[float]:
        return [bar + table_height(page, room.width, table, size) for table in tables]

    size = next((s for s in TABLE_SIZES if sum(heights(s)) <= room.height), TABLE_SIZES[-1])
    # However many facilities there are, the worst gaps stand on the plate, too.
    own = min(_ROOM_FOR_GAPS * room.height, heights(size)[1]) if gaps.rows else 0.0
    upper = Box(room.left, room.bottom + own, room.right, room.top)
    below = draw_heading(page, upper, words("guide.facilities"))
    rest = draw_table(
        page, below, present, cut=lambda count: words("guide.cut_rows", {"count": count}),
        size=size,
    )  # fmt: skip
    if not gaps.rows:
        return
    lower = Box(room.left, room.bottom, room.right, rest.top)
    heading = words("guide.gap_table", {"kind": name_of(page, kind)})
    below = draw_heading(page, lower, heading)
    draw_table(
        page, below, gaps, cut=lambda count: words("guide.cut_gaps", {"count": count}), size=size
    )


def own_rows(findings: Findings, row: int) -> NDArray[np.int64]:
    """Return the facilities of one area; those of neighbouring districts are not its own."""
    facilities = findings.facilities
    own = np.array([origin != NEIGHBOUR for origin in facilities.origin], bool)
    return np.flatnonzero(own & (facilities.area_index == row))


def name_of(page: Page, kind: str) -> str:
    """Return the name of a kind."""
    return clean(wording.label(kind, "kind", page.words.language))


def indicators(page: Page, findings: Findings, row: int) -> list[tuple[str, str]]:
    """Return names and values of the indicators of one area."""
    words, coverage, language = page.words, findings.coverage, page.words.language
    pairs = []
    for n, group in enumerate(coverage.groups):
        name = clean(wording.label(group, "group", language))
        label = words("guide.everybody") if group == "all" else words("guide.residents",
                                                                      {"group": name})  # fmt: skip
        pairs.append((label, wording.whole(float(coverage.residents[row, n]))))
    facilities = findings.facilities
    own = own_rows(findings, row)
    kinds = {kind: int(np.isin(facilities.rows_of(kind), own).sum())
             for kind in facilities.all_kinds()}  # fmt: skip
    pairs.append((words("guide.present"), _counted(page, kinds.items())))
    for n, plan in enumerate(findings.plans):
        count = int((plan.premises.area_index[plan.chosen] == row).sum())
        name = of_question(findings, n, words("guide.planned"), language)
        pairs.append((name, _counted(page, [(plan.plan.kind, count)])))
    for n, kind in enumerate(asked_kinds(findings)):
        pairs += _covered(page, findings, row, kind, n)
    return pairs


def asked_kinds(findings: Findings) -> list[str]:
    """Return the kind of each question; any kind where there is none, or none of that kind yet."""
    known = findings.coverage.kinds
    asked = [plan.plan.kind for plan in findings.plans]
    return [kind if kind in known else ANY for kind in asked] or [ANY]


def _counted(page: Page, counts: Iterable[tuple[str, int]]) -> str:
    said = [
        page.words("guide.count_of", {"kind": name_of(page, kind), "count": count})
        for kind, count in counts
        if count
    ]
    return page.words("guide.join").join(said) or page.words("guide.none")


def _covered(page: Page, findings: Findings, row: int, kind: str, n: int) -> list[tuple[str, str]]:
    """Return share, uncovered people and gaps of one kind, today and planned."""
    words, coverage = page.words, findings.coverage
    language = words.language
    group = group_words(findings, language)
    plan = findings.plans[n] if kind != ANY else None
    values = {"kind": name_of(page, kind), "group": group, "minutes": coverage.minutes[-1]}
    share, rest = (
        of_question(findings, n, text, language)
        for text in (words("guide.share_of", values), words("guide.uncovered", values))
    )
    if findings.cannot_say(kind)[row]:
        dumb = words("completeness.cannot_say")
        return [(share, dumb), (rest, dumb)]
    lead = coverage.groups.index(findings.lead_group)
    total = float(coverage.residents[row, lead])
    if not total:
        return [(share, wording.MISSING), (rest, wording.MISSING)]
    before = float(coverage.people(kind)[row])
    said = {"before": wording.percent(before / total)}
    left = {"before": wording.whole(total - before)}
    if plan is None:
        pairs = [(share, words("guide.share_today", said)),
                 (rest, words("guide.uncovered_today", left))]  # fmt: skip
    else:
        after = float(plan.within_after[row])
        change = change_words(page, before, after, total)
        later = wording.percent(after / total)
        pairs = [
            (share, words("guide.share_change", {**said, "after": later, "change": change})),
            (rest, words("guide.uncovered_change", {
                **left, "after": wording.whole(total - after),
            })),
        ]  # fmt: skip
    if kind in asked_kinds(findings)[:n]:
        return pairs
    gaps = findings.gaps_of(kind)
    here = own_gaps(findings, kind, row)
    people = wording.whole(float(gaps.people[here, gaps.groups.index(findings.lead_group)].sum()))
    value = {"count": len(here), "group": group, "people": people}
    said_gaps = words("guide.gaps_value", value) if len(here) else words("guide.none")
    pairs.append((words("guide.gaps", values), said_gaps))
    return pairs


def own_gaps(findings: Findings, kind: str, row: int) -> NDArray[np.int64]:
    """Return the rows of the gaps of one area: those where most of a gap's people live."""
    name = findings.areas.names[row]
    return np.flatnonzero([area == name for area in findings.gaps_of(kind).areas])


def change_words(page: Page, before: float, after: float, total: float) -> str:
    """Return how a share changes, in percentage points."""
    change = (after - before) / total
    if round(100.0 * abs(change), 1) == 0:
        return page.words("guide.level")
    points = wording.points(abs(change), page.words.language)
    return page.words("guide.up" if change > 0 else "guide.down", {"change": points})


def facility_table(page: Page, findings: Findings, row: int) -> PanelTable:
    """Return the facilities of one area, then its new sites, with a total."""
    words, language = page.words, page.words.language
    group = group_words(findings, language)
    around = {"minutes": findings.coverage.minutes[-1], "group": group}
    columns = (
        PanelColumn(words("guide.col_id"), 0.085), PanelColumn(words("guide.col_name"), 0.30),
        PanelColumn(words("guide.col_kind"), 0.205),
        PanelColumn(words("guide.col_places"), 0.135, right=True),
        PanelColumn(words("guide.col_floor"), 0.135, right=True),
        PanelColumn(words("guide.col_people", around), 0.14, right=True),
    )  # fmt: skip
    facilities, own, people = findings.facilities, own_rows(findings, row), people_around(findings)
    gone = {int(r) for plan in findings.plans for r in closed_rows(findings, plan)}
    rows, areas = list[tuple[str, ...]](), Areas()
    for at in own.tolist():
        kind = name_of(page, facilities.kinds[at])
        area = float(facilities.floor_area_m2[at])
        areas[facilities.ids[at], *facilities.xy_m[at].tolist()] = area
        rows.append((
            facilities.ids[at], clean(facilities.names[at]),
            words("guide.closed_kind", {"kind": kind}) if at in gone else kind,
            figure(page, float(facilities.capacity[at])), figure(page, area),
            wording.whole(float(people[at])),
        ))  # fmt: skip
    present = len(rows)
    for n in range(len(findings.plans)):
        rows += _site_rows(page, findings, n, row, areas)
    known = sum(area for area in areas.values() if math.isfinite(area))
    unknown = sum(not math.isfinite(area) for area in areas.values())
    shown = wording.whole(known)
    if unknown and unknown == len(areas):
        shown = words("status.to be supplied")
    elif unknown:
        shown = words("guide.at_least", {"figure": shown, "count": unknown})
    total = (words("guide.total"), words("guide.total_count", {"count": len(areas)}),
             wording.MISSING, wording.MISSING, shown, wording.MISSING)  # fmt: skip
    return PanelTable(columns, tuple(rows), total, keep=len(rows) - present)


def _site_rows(
    page: Page, findings: Findings, n: int, row: int, areas: Areas
) -> list[tuple[str, ...]]:
    plan = findings.plans[n]
    premises = plan.premises
    ranks = np.flatnonzero(premises.area_index[plan.chosen] == row)
    if not len(ranks):
        return []
    lead = findings.coverage.groups.index(findings.lead_group)
    within = site_figures(findings, plan).within[:, lead]
    kind = page.words("guide.new_kind", {"kind": name_of(page, plan.plan.kind)})
    kind = of_question(findings, n, kind, page.words.language)
    rows = list[tuple[str, ...]]()
    for rank in ranks.tolist():
        at = int(plan.chosen[rank])
        area = float(premises.floor_area_m2[at])
        # Two questions may recommend the same premises: the total counts them once.
        areas[premises.ids[at], *premises.xy_m[at].tolist()] = area
        rows.append((
            premises.ids[at], clean(premises.names[at]), kind,
            figure(page, float(premises.capacity[at])), figure(page, area),
            wording.whole(float(within[rank])),
        ))  # fmt: skip
    return rows


def figure(page: Page, value: float) -> str:
    """Return a whole figure; where nobody supplied it, that it is to be supplied."""
    return wording.whole(value) if math.isfinite(value) else page.words("status.to be supplied")


def gap_table(page: Page, findings: Findings, kind: str, row: int) -> PanelTable:
    """Return the gaps of one area; those of an area that cannot say have no cause."""
    words, language = page.words, page.words.language
    gaps, here = findings.gaps_of(kind), own_gaps(findings, kind, row)
    people = gaps.people[:, gaps.groups.index(findings.lead_group)]
    group = {"group": group_words(findings, language)}
    columns = (
        PanelColumn(words("guide.col_id"), 0.09), PanelColumn(words("guide.col_place"), 0.385),
        PanelColumn(words("guide.col_cause"), 0.335),
        PanelColumn(words("guide.col_gap_people", group), 0.19, right=True),
    )  # fmt: skip
    held = withheld_gaps(findings, kind)
    rows = tuple(
        (gaps.ids[n], gap_place(gaps.streets, gaps.apart, n, language),
         words("completeness.cannot_say") if held[n] else wording.label(
             gaps.cause[n], "cause", language), wording.whole(float(people[n])))
        for n in here.tolist()
    )  # fmt: skip
    count = words("guide.total_count", {"count": len(rows)})
    total = (words("guide.total"), count, wording.MISSING, wording.whole(float(people[here].sum())))
    return PanelTable(columns, rows, total)
