"""What each plate shows: layers drawn onto a page, one function per plate.

A *drawing* puts layers onto a page, asks for places for its labels, and writes caption, basis and
notes. What several plates show comes from :mod:`quarterhour.maps.layers`.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
import shapely

from quarterhour import wording
from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.density import draw_density_of
from quarterhour.maps.draw_more import MORE
from quarterhour.maps.gap_layers import (
    draw_crowded,
    draw_gap_shapes,
    draw_missing_links,
    draw_uncovered,
)
from quarterhour.maps.guides import GUIDES
from quarterhour.maps.imprint import group_words, people_words
from quarterhour.maps.layers import (
    Ground,
    Subject,
    clear_of,
    counted,
    draw_bands,
    draw_base,
    draw_new_sites,
    draw_signs,
    draw_withheld,
    look_of,
    note_outside,
    order_of,
    plan_of,
    wish_ids,
)
from quarterhour.maps.page import Page
from quarterhour.maps.plan_layers import (
    draw_candidate_signs,
    draw_kept,
    draw_years,
    years_caption,
)
from quarterhour.maps.withheld import withheld_people

Drawing = Callable[[Page, Findings, Ground, Subject], None]


def draw_area(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 01: what is planned for."""
    language = page.words.language
    draw_base(page, findings, ground)
    areas = findings.areas
    group = {"people": people_words(ground.summary.lead_total, language)}
    values = {
        "areas": len(areas.names),
        "km2": f"{shapely.area(areas.polygons).sum() / 1e6:,.1f}",
        "residents": page.words(
            "plate.caption_group", {**group, "group": group_words(findings, language)}
        ),
    }
    page.caption = page.words("plate.caption_area", values)
    page.notes.append(page.words("plate.location_missing"))
    guessed = areas.approximate
    page.basis = page.words("plate.basis_area_approximate" if guessed else "plate.basis_area")


def draw_density(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 02: where elders live."""
    draw_density_of(page, findings, ground, findings.lead_group)


def draw_group_density(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plates 02-x: where people of a further group live."""
    draw_density_of(page, findings, ground, subject.kind)


def draw_facilities(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 03: what is there."""
    words, facilities = page.words, findings.facilities
    kinds = facilities.all_kinds()
    for n, kind in enumerate(kinds):
        rows = facilities.rows_of(kind)
        label = counted(page, "facility_count", kind, len(rows))
        xy, look = facilities.xy_m[rows], look_of(kind, kinds)
        draw_signs(page, f"kind:{kind}", label, look, xy, order=order_of(n))
        wish_ids(page, ground, xy, [facilities.ids[r] for r in rows.tolist()], clear=clear_of(look))
    draw_base(page, findings, ground)
    note_outside(page, ground, facilities.xy_m)
    page.basis = words("plate.basis_facilities")


def draw_reach(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plates 04 and 04-x: who walks how long today."""
    facilities, kind = findings.facilities, subject.kind
    draw_bands(page, findings.shapes, kind)
    draw_withheld(page, findings, ground, kind)
    kinds = facilities.all_kinds()
    for n, shown in enumerate(kinds if kind == ANY else (kind,)):
        rows = facilities.rows_of(shown)
        label = counted(page, "facility_count", shown, len(rows))
        look = look_of(shown, kinds, size_pt=4.5)
        draw_signs(page, f"kind:{shown}", label, look, facilities.xy_m[rows], order=order_of(n))
    draw_base(page, findings, ground)
    note_outside(page, ground, facilities.xy_m[facilities.rows_of(kind)])
    figures = ground.summary.of(kind)
    minutes = findings.coverage.minutes[-1]
    total = ground.summary.lead_total
    page.caption = _reach_caption(page, findings, figures.within[minutes], total)


def draw_gaps(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 06: who is left out, where, and why."""
    words, language, kind = page.words, page.words.language, subject.kind
    draw_uncovered(page, findings, ground, kind)
    draw_gap_shapes(page, findings, ground, subject)
    if withheld_people(findings, kind).any():
        page.notes.append(words("plate.note_withheld_gaps"))
    _draw_present(page, findings, kind)
    draw_crowded(page, findings, ground, kind)
    draw_base(page, findings, ground)
    figures = ground.summary.of(kind)
    values = {
        "group": group_words(findings, language),
        "outside": people_words(figures.outside, language),
        "in_gaps": people_words(figures.people_in_gaps, language),
        "count": figures.gaps,
    }
    page.caption = words("plate.caption_gaps", values)


def draw_links(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 06-x: where a footbridge, a lift or a gate would bring most people inside."""
    words, language, found = page.words, page.words.language, findings.links
    draw_uncovered(page, findings, ground, subject.kind)
    _draw_present(page, findings, subject.kind)
    draw_missing_links(page, findings, ground)
    draw_base(page, findings, ground)
    if found is not None:
        values = {
            "tried": wording.whole(float(found.tried.sum())), "count": len(found.what),
            "group": group_words(findings, language),
        }  # fmt: skip
        page.caption = words("plate.caption_links", values)


def _draw_present(page: Page, findings: Findings, kind: str) -> None:
    """Draw what there is of a kind (of every kind for ``any``), small."""
    facilities = findings.facilities
    kinds = facilities.all_kinds()
    for n, shown in enumerate(kinds if kind == ANY else (kind,)):
        rows = facilities.rows_of(shown)
        label = counted(page, "facility_count", shown, len(rows))
        look = look_of(shown, kinds, size_pt=4.0)
        draw_signs(page, f"kind:{shown}", label, look, facilities.xy_m[rows], order=order_of(n))


def draw_candidates(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 07: what was offered or may be looked for, and what passed."""
    words, plan = page.words, plan_of(subject)
    screening = plan.screening
    made = int(np.count_nonzero(screening.candidates.generated))
    draw_kept(page, findings, ground, plan)
    draw_candidate_signs(page, ground, plan)
    draw_base(page, findings, ground)
    note_outside(page, ground, plan.premises.xy_m)
    values = {"total": screening.n_premises, "accepted": len(screening.candidates) - made,
              "rejected": len(screening.rejected)}  # fmt: skip
    page.caption = words("plate.caption_candidates", values) if screening.n_premises else ""
    page.notes += [words("planmap.caption_generated", {"count": made})] if made else []
    page.basis = words("plate.basis_candidates") if screening.n_premises else words(
        "planmap.basis_generated"
    )  # fmt: skip


def draw_plan(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 08: what is kept, what is closed and what is new."""
    facilities, plan, kind = findings.facilities, plan_of(subject), subject.kind
    draw_withheld(page, findings, ground, kind)
    draw_new_sites(page, findings, ground, subject)
    draw_kept(page, findings, ground, plan, facilities.all_kinds())
    draw_base(page, findings, ground)
    note_outside(page, ground, np.vstack([facilities.xy_m, plan.premises.xy_m[plan.chosen]]))
    page.caption = _plan_caption(page, findings, plan)
    page.notes.append(page.words("plate.caption_plan_labels"))
    _note_generated(page, plan)


def draw_planned_reach(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 09: who walks how long once the plan is built."""
    plan, kind = plan_of(subject), subject.kind
    draw_bands(page, plan.shapes, kind)
    draw_withheld(page, findings, ground, kind)
    draw_kept(page, findings, ground, plan)
    draw_new_sites(page, findings, ground, subject)
    draw_base(page, findings, ground)
    page.caption = _reach_caption(page, findings, plan.plan.people_after, plan.plan.people_total)


def draw_phases(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate 12: what opens in which year."""
    plan, kind = plan_of(subject), subject.kind
    draw_withheld(page, findings, ground, kind)
    draw_years(page, findings, ground, subject)
    draw_kept(page, findings, ground, plan)
    draw_base(page, findings, ground)
    xy = findings.facilities.xy_m[findings.facilities.rows_of(kind)]
    note_outside(page, ground, np.vstack([xy, plan.premises.xy_m[plan.chosen]]))
    page.caption = years_caption(page, plan)
    page.notes += [_proof(page, plan), page.words("planmap.note_years")]
    _note_generated(page, plan)


DRAWINGS: Mapping[str, Drawing] = {
    "area": draw_area, "density": draw_density, "facilities": draw_facilities,
    "reach": draw_reach, "gaps": draw_gaps, "links": draw_links,
    "candidates": draw_candidates, "plan": draw_plan,
    "planned_reach": draw_planned_reach, "phases": draw_phases,
    "group_density": draw_group_density, **MORE, **GUIDES,
}  # fmt: skip


def _reach_caption(page: Page, findings: Findings, within: float, total: float) -> str:
    language = page.words.language
    values = {
        "group": group_words(findings, language),
        "total": people_words(total, language),
        "within": people_words(within, language),
        "minutes": findings.coverage.minutes[-1],
        "share": wording.percent(within / total if total else float("nan")),
        "outside": people_words(total - within, language),
    }
    return page.words("plate.caption_reach", values)


def _plan_caption(page: Page, findings: Findings, finding: PlanFinding) -> str:
    language, plan, words = page.words.language, finding.plan, page.words
    total = plan.people_total or float("nan")
    moves = finding.moves
    # Facilities that close cover people today, too.
    before = finding.people_today
    values = {
        "count": plan.sites_needed,
        "group": group_words(findings, language),
        "gained": people_words(plan.people_after - before, language),
        "before": wording.percent(before / total),
        "after": wording.percent(plan.people_after / total),
        "change": wording.points((plan.people_after - before) / total, language),
        "proof": _proof(page, finding),
    }  # fmt: skip
    if moves is not None:
        return words("planmap.caption_moves", {**values, "closed": len(moves.closed_ids)})
    if plan.unit not in ("person_seconds", "seconds"):
        return words("plate.caption_plan", values)
    mean = plan.unit == "person_seconds"
    return words("planmap.caption_mean" if mean else "planmap.caption_longest", {
        **values,
        "walk_before": wording.minutes(
            plan.walk_before_s if mean else plan.longest_before_s, language
        ),
        "walk_after": wording.minutes(
            plan.walk_after_s if mean else plan.longest_after_s, language
        ),
    })  # fmt: skip


def _proof(page: Page, finding: PlanFinding) -> str:
    plan = finding.plan
    # Rounded up: a bound must hold as printed.
    gap = {"gap": f"{math.ceil(plan.gap * 10_000) / 100:.2f}%"}
    return page.words("plate.proof_optimal" if plan.status == "optimal" else "plate.proof_gap", gap)


def _note_generated(page: Page, plan: PlanFinding) -> None:
    """Say which recommended sites are points on streets."""
    made = plan.screening.candidates.generated[plan.plan.chosen]
    if made.any():
        ids = [
            page.words("plate.site_label", {"order": n + 1, "id": plan.plan.site_ids[n]})
            for n in np.flatnonzero(made).tolist()
        ]
        named = page.words("plate.file_join").join(ids)
        page.notes.append(page.words("planmap.note_generated", {"ids": named}))
