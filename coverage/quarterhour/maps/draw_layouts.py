"""Plates 10 and 11: where canteens and mutual-aid points stand and where new ones are planned.

What a canteen can serve is its capacity times the turns a day that the study says; without turns
the capacity stands as supplied and is not called meals a day. A delivery circle is drawn as cells
of homes by the time that most of their people have: no shape is measured. Design of this tool.
"""

import numpy as np
from numpy.typing import NDArray

from quarterhour import wording
from quarterhour.cover.circles import OtherCircle
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import NEIGHBOUR
from quarterhour.maps.area_notes import note_in_area
from quarterhour.maps.canvas import Layer, Look
from quarterhour.maps.cells import class_labels, gather, round_breaks
from quarterhour.maps.imprint import clean, group_words, people_words
from quarterhour.maps.layers import (
    SITE_ID,
    Ground,
    Subject,
    cell_size_m,
    clear_of,
    counted,
    draw_bands,
    draw_base,
    draw_signs,
    draw_withheld,
    look_of,
    note_outside,
    wish_ids,
)
from quarterhour.maps.more_orders import turns_of
from quarterhour.maps.outlines import outline_of
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.plan_layers import CLOSED_ID, CLOSED_LOOK, closed_rows
from quarterhour.maps.style import BEYOND, DELIVERY, NEW_SITE, PAPER, sign_of

_SIZES_PT = (4.5, 6.0, 7.5, 9.0)
_MEALS = LabelStyle(rank=1, size_pt=6.0, gid="id")
_VILLAGES = LabelStyle(rank=1, size_pt=7.0, heavy=True, colour="#333333", gid="villages")
_NO_VALUE = -1


def draw_canteens(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plates 10: canteens by what they can serve, new ones, and the delivery circle."""
    circle = _delivery(findings)
    if circle is not None:
        _draw_delivery(page, findings, ground, circle)
    turns = turns_of(findings, subject.kind)
    _draw_capacities(page, findings, ground, subject, turns)
    _draw_new(page, findings, ground, subject, turns)
    draw_base(page, findings, ground)
    _note_places(page, findings, ground, subject)
    group = group_words(findings, page.words.language)
    if circle is None:
        page.basis = page.words("moreplates.basis_canteens", {"group": group})
        return
    page.basis = page.words("moreplates.basis_delivery", {
        "group": group, "walker": _walker_name(page, circle.walker),
    })  # fmt: skip
    page.caption += _delivery_caption(page, findings, circle)


def meals_of(
    findings: Findings, rows: NDArray[np.int64], turns: float | None
) -> NDArray[np.float64]:
    """Return what canteens can serve: meals a day, or their capacity where no turns are said."""
    found: NDArray[np.float64] = findings.facilities.capacity[rows] * (turns or 1.0)
    return found


def _delivery(findings: Findings) -> OtherCircle | None:
    """Return the circle in which meals are brought: of canteens, and not on foot."""
    for circle in findings.measured.circles:
        if "canteen" in circle.kinds and findings.study.walker(circle.walker).ways == "vehicle":
            return circle
    return None


def _draw_delivery(page: Page, findings: Findings, ground: Ground, circle: OtherCircle) -> None:
    """Fill cells of homes by the band in which more than half of their people are served."""
    words, demand = page.words, findings.demand
    walker, lead = findings.study.walker(circle.walker), demand.people_of(findings.lead_group)
    size_m = cell_size_m(ground.view)
    everybody = gather(demand.xy_m, lead, size_m=size_m)
    band = np.full(len(everybody.density), len(circle.minutes))
    for n in reversed(range(len(circle.minutes))):
        inside = np.where(circle.ms <= walker.limit_ms(circle.minutes[n]), lead, 0.0)
        served = gather(demand.xy_m, inside, size_m=size_m)
        row_of = {tuple(corner): row for row, corner in enumerate(everybody.corner_m.tolist())}
        at = [row_of[tuple(corner)] for corner in served.corner_m.tolist()]
        share = np.zeros(len(band))
        share[at] = served.density / everybody.density[at]
        band[share > 0.5] = n
    heading, last = words("moreplates.heading_delivery"), circle.minutes[-1]
    faces = [DELIVERY[min(n, len(DELIVERY) - 1)] for n in range(len(circle.minutes))]
    for n, (to, face) in enumerate(zip(circle.minutes, faces, strict=True)):
        values = {"to": to, "after": circle.minutes[n - 1]}
        text = words("moreplates.delivery_band" if n else "moreplates.delivery_first", values)
        layer = Layer(f"delivery:{n}", text, Look("fill", face=face, opacity=0.7), heading)
        page.canvas.fill(layer, everybody.outline(band == n), order=1.5)
    text = words("moreplates.delivery_beyond", {"after": last})
    layer = Layer("delivery:beyond", text, Look("fill", face=BEYOND, opacity=0.8), heading)
    page.canvas.fill(layer, everybody.outline(band == len(circle.minutes)), order=1.5)


def _delivery_caption(page: Page, findings: Findings, circle: OtherCircle) -> str:
    words, language = page.words, page.words.language
    lead, last = findings.lead_group, circle.minutes[-1]
    text = words("moreplates.caption_delivery", {
        "name": clean(circle.name), "walker": _walker_name(page, circle.walker), "minutes": last,
        "people": people_words(circle.people(group=lead), language),
        "share": wording.percent(circle.share(group=lead)),
        "group": group_words(findings, language),
    })  # fmt: skip
    return text if language == "zh" else f" {text}"


def _draw_capacities(
    page: Page, findings: Findings, ground: Ground, subject: Subject, turns: float | None
) -> None:
    """Draw the canteens that stay, larger the more they can serve, hollow where nobody knows."""
    words, facilities, kind = page.words, findings.facilities, subject.kind
    rows = np.setdiff1d(_own_rows(findings, kind), _closed(findings, subject))
    meals, sign = meals_of(findings, rows, turns), sign_of(kind, facilities.all_kinds())
    known = np.isfinite(meals)
    breaks = round_breaks(meals[known], most=len(_SIZES_PT) - 1)
    at = np.where(known, np.searchsorted(breaks, np.nan_to_num(meals), side="right"), _NO_VALUE)
    heading = words("moreplates.heading_meals" if turns else "moreplates.heading_capacity")
    labels = class_labels(breaks, words, only="moreplates.class_all")
    for n, label in enumerate([*labels, ""]):
        here = at == (n if label else _NO_VALUE)
        values = {"class": label, "count": int(here.sum())}
        text = words("moreplates.meals_class" if label else "moreplates.meals_missing", values)
        size = _SIZES_PT[n + len(_SIZES_PT) - len(labels)] if label else _SIZES_PT[1]
        face, edge = (sign.colour, PAPER) if label else (PAPER, sign.colour)
        look = Look("sign", face=face, edge=edge, width_pt=0.6 if label else 1.3, shape=sign.shape,
                    size_pt=size)  # fmt: skip
        key = f"meals:{n if label else 'missing'}"
        xy = facilities.xy_m[rows[here]]
        draw_signs(page, key, text, look, xy, heading=heading, order=5.4 - 0.1 * n)
        ids = [
            _with_meals(page, facilities.ids[row], value)
            for row, value in zip(rows[here].tolist(), meals[here].tolist(), strict=True)
        ]
        wish_ids(page, ground, xy, ids, style=_MEALS, clear=clear_of(look))
    values = {"count": len(rows), "meals": wording.whole(float(meals[known].sum()))}
    key = "moreplates.caption_canteens" if turns else "moreplates.caption_canteens_seats"
    page.caption = words(key, values)
    if not known.all():
        values = {"missing": int((~known).sum())}
        page.notes.append(words("moreplates.note_capacity_missing", values))
    page.notes.append(
        words("moreplates.note_meals", {"turns": f"{turns:g}"}) if turns
        else words("moreplates.note_capacity")
    )  # fmt: skip


def _with_meals(page: Page, name: str, meals: float) -> str:
    told = wording.whole(meals) if np.isfinite(meals) else page.words("status.to be supplied")
    return page.words("moreplates.canteen_label", {"id": name, "meals": told})


def _draw_new(
    page: Page, findings: Findings, ground: Ground, subject: Subject, turns: float | None
) -> None:
    """Draw new canteens with building order, id and what they would serve; closures crossed out."""
    plan, words, facilities = subject.plan, page.words, findings.facilities
    if plan is None:
        name = clean(wording.label(subject.kind, "kind", words.language))
        page.notes.append(words("moreplates.note_no_question", {"kind": name}))
        return
    xy = plan.premises.xy_m[plan.chosen]
    look = look_of(subject.kind, facilities.all_kinds(), size_pt=10.0, face=NEW_SITE)
    label = counted(page, "new_count", subject.kind, len(xy))
    draw_signs(page, f"new:{subject.kind}", label, look, xy, order=6.0)
    meals = (plan.premises.capacity[plan.chosen] * (turns or 1.0)).tolist()
    ids = [
        words("plate.site_label", {"order": n, "id": plan.premises.ids[row]})
        for n, row in enumerate(plan.chosen.tolist(), start=1)
    ]
    if subject.kind == "canteen":
        ids = [_with_meals(page, name, value) for name, value in zip(ids, meals, strict=True)]
    wish_ids(page, ground, xy, ids, style=SITE_ID, clear=clear_of(look))
    closed = closed_rows(findings, plan)
    values = {"kind": clean(wording.label(subject.kind, "kind", words.language)),
              "count": len(closed)}  # fmt: skip
    draw_signs(page, "closed", words("planmap.closed", values), CLOSED_LOOK,
               facilities.xy_m[closed], order=5.8)  # fmt: skip
    names = [facilities.ids[row] for row in closed.tolist()]
    wish_ids(page, ground, facilities.xy_m[closed], names, style=CLOSED_ID,
             clear=clear_of(CLOSED_LOOK))  # fmt: skip


def draw_mutual_aid(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plates 11: mutual-aid points, the walk to them, and areas with and without."""
    words, facilities, kind = page.words, findings.facilities, subject.kind
    known = kind in findings.coverage.kinds
    if known:
        draw_bands(page, findings.shapes, kind)
        draw_withheld(page, findings, ground, kind)
    _fill_villages(page, findings, ground, kind)
    rows = np.setdiff1d(_own_rows(findings, kind), _closed(findings, subject))
    look = look_of(kind, facilities.all_kinds(), size_pt=7.0)
    label = counted(page, "facility_count", kind, len(rows))
    draw_signs(page, f"kind:{kind}", label, look, facilities.xy_m[rows], order=5.4)
    ids = [facilities.ids[row] for row in rows.tolist()]
    wish_ids(page, ground, facilities.xy_m[rows], ids, clear=clear_of(look))
    _draw_new(page, findings, ground, subject, None)
    draw_base(page, findings, ground)
    _note_places(page, findings, ground, subject)
    walker = _walker_name(page, findings.study.circle.walker)
    page.notes.insert(0, words("moreplates.note_on_foot", {"walker": walker}))
    page.caption = _mutual_caption(page, findings, ground, kind, len(rows))


def _own_rows(findings: Findings, kind: str) -> NDArray[np.int64]:
    """Return the district's own facilities of a kind."""
    facilities = findings.facilities
    own = np.array([origin != NEIGHBOUR for origin in facilities.origin], bool)
    rows = facilities.rows_of(kind)
    kept: NDArray[np.int64] = rows[own[rows]]
    return kept


def _closed(findings: Findings, subject: Subject) -> NDArray[np.int64]:
    return np.zeros(0, np.int64) if subject.plan is None else closed_rows(findings, subject.plan)


def _note_places(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    xy = findings.facilities.xy_m[_own_rows(findings, subject.kind)]
    if subject.plan is not None:
        xy = np.vstack([xy, subject.plan.premises.xy_m[subject.plan.chosen]])
    note_outside(page, ground, xy)


def _walker_name(page: Page, walker: str) -> str:
    return clean(wording.label(walker, "walker", page.words.language))


def villages_of(findings: Findings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return villages with a point, and villages, by area; ``nan`` where nobody says."""
    card, n = findings.scorecard, len(findings.areas.names)
    for row, indicator in enumerate(card.indicators):
        if indicator.measure == "village_points":
            return card.numerator_by_area[row, :-1], card.denominator_by_area[row, :-1]
    return np.full(n, np.nan), np.full(n, np.nan)


def _fill_villages(page: Page, findings: Findings, ground: Ground, kind: str) -> None:
    """Mark areas with points, with villages and none, and of which nobody says; towns are plain."""
    words, polygons = page.words, findings.areas.polygons
    with_point, villages = villages_of(findings)
    at = findings.facilities.area_index[_own_rows(findings, kind)]
    points = np.bincount(at[at >= 0], minlength=len(polygons)) > 0
    heading = words("moreplates.heading_villages")
    for key, here, look in (
        ("with", points, Look("fill", face="#dfe8c8", opacity=0.75)),
        ("without", ~points & (villages > 0), Look("fill", edge="#8a6d00", hatch="///")),
        ("unknown", ~points & ~np.isfinite(villages), Look("fill", edge="#6b6b6b", hatch="....")),
    ):
        rows = np.flatnonzero(here)
        text = words(f"moreplates.areas_{key}", {"count": len(rows)})
        layer = Layer(f"villages:{key}", text, look, heading)
        page.canvas.fill(layer, outline_of(polygons[rows]), order=1.4)
    for row in np.flatnonzero((villages > 0) & np.isfinite(with_point)).tolist():
        values = {"with_point": f"{with_point[row]:.0f}", "villages": f"{villages[row]:.0f}"}
        note_in_area(page, ground, row, words("moreplates.villages_label", values), _VILLAGES)


def _mutual_caption(page: Page, findings: Findings, ground: Ground, kind: str, count: int) -> str:
    words, language, coverage = page.words, page.words.language, findings.coverage
    at = findings.facilities.area_index[_own_rows(findings, kind)]
    minutes = coverage.minutes[-1]
    known = kind in coverage.kinds
    within = ground.summary.of(kind).within[minutes] if known else 0.0
    total = ground.summary.lead_total
    caption = words("moreplates.caption_mutual_aid", {
        "count": count, "areas": len(np.unique(at[at >= 0])), "minutes": minutes,
        "group": group_words(findings, language), "people": people_words(within, language),
        "share": wording.percent(within / total if total else float("nan")),
    })  # fmt: skip
    with_point, villages = (v[np.isfinite(v)].sum() for v in villages_of(findings))
    if not villages:
        page.notes.append(words("moreplates.note_villages"))
        return caption
    text = words("moreplates.caption_villages", {
        "with_point": wording.whole(float(with_point)), "villages": wording.whole(float(villages)),
        "share": wording.percent(float(with_point / villages)),
    })  # fmt: skip
    return f"{caption}{text}" if language == "zh" else f"{caption} {text}"
