"""What plates of candidates and of plans show: candidates by verdict, closures, sites by year.

A point on a street is no premises: nobody has looked whether there are rooms, and it has a sign of
its own. A facility that the plan closes is crossed out and not among those kept.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quarterhour import wording
from quarterhour.findings import Findings, PlanFinding
from quarterhour.maps.canvas import Look
from quarterhour.maps.imprint import people_words
from quarterhour.maps.layers import (
    KEPT,
    SITE_ID,
    Ground,
    Subject,
    clear_of,
    counted,
    draw_signs,
    look_of,
    order_of,
    plan_of,
    wish_ids,
)
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.style import GENERATED, INK, NEW_SITE, PAPER, YEARS

CLOSED_ID = LabelStyle(rank=1, size_pt=6.5, heavy=True, gid="id")
_ACCEPTED = "#0b4f8a"
CLOSED_LOOK = Look("sign", face=INK, edge=INK, width_pt=2.0, shape="cross", size_pt=7.5)


def draw_candidate_signs(page: Page, ground: Ground, plan: PlanFinding) -> None:
    """Draw each candidate by its verdict; points on streets are apart from premises."""
    words, premises, kept = page.words, plan.premises, plan.screening.candidates
    doubted = np.array([bool(faults) for faults in kept.to_verify], bool)
    made = np.asarray(kept.generated, bool)
    refused = np.array([r.premises_row for r in plan.screening.rejected], np.int64)
    for key, rows, look in (
        ("accepted", kept.premises_row[~made & ~doubted],
         Look("sign", face=_ACCEPTED, edge=PAPER, width_pt=0.6, size_pt=7.0)),
        ("to_verify", kept.premises_row[~made & doubted],
         Look("sign", face=PAPER, edge=_ACCEPTED, width_pt=1.5, size_pt=6.5)),
        ("rejected", refused,
         Look("sign", face=NEW_SITE, edge=NEW_SITE, width_pt=1.4, shape="cross", size_pt=5.5)),
        ("generated", kept.premises_row[made],
         Look("sign", face=PAPER, edge=GENERATED, width_pt=1.1, shape="pentagon", size_pt=5.0)),
    ):  # fmt: skip
        on_street = key == "generated"
        label = words(
            "planmap.generated" if on_street else f"plate.candidate_{key}", {"count": len(rows)}
        )
        heading = words("planmap.heading_generated" if on_street else "plate.heading_premises")
        xy = premises.xy_m[rows]
        # Premises are fewer and somebody has seen them: they lie on top.
        order = 5.3 if on_street else 5.5
        draw_signs(page, key, label, look, xy, heading=heading, order=order)
        wish_ids(page, ground, xy, [premises.ids[r] for r in rows.tolist()], clear=clear_of(look))


def draw_kept(
    page: Page, findings: Findings, ground: Ground, plan: PlanFinding,
    kinds: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Draw what the plan keeps in grey, and cross out what it closes.

    Parameters
    ----------
    page, findings, ground, plan
        Where to, and what.
    kinds
        Which kinds; that of the plan by default, and as large as it is then.
    """
    facilities, every = findings.facilities, findings.facilities.all_kinds()
    closed = closed_rows(findings, plan)
    for n, kind in enumerate(every if kinds is None else kinds):
        if kinds is None and kind != plan.plan.kind:
            continue
        rows = np.setdiff1d(facilities.rows_of(kind), closed)
        label = counted(page, "existing_count", kind, len(rows))
        large = 5.0 if kinds is None else 6.0
        look = look_of(kind, every, size_pt=large if kind == plan.plan.kind else 4.2, face=KEPT)
        draw_signs(page, f"kept:{kind}", label, look, facilities.xy_m[rows], order=order_of(n))
    if not len(closed):
        return
    name = wording.label(plan.plan.kind, "kind", page.words.language)
    label = page.words("planmap.closed", {"kind": name, "count": len(closed)})
    draw_signs(page, "closed", label, CLOSED_LOOK, facilities.xy_m[closed], order=5.8)
    ids = [facilities.ids[row] for row in closed.tolist()]
    wish_ids(
        page, ground, facilities.xy_m[closed], ids, style=CLOSED_ID, clear=clear_of(CLOSED_LOOK)
    )


def closed_rows(findings: Findings, plan: PlanFinding) -> NDArray[np.int64]:
    """Return the rows of the facilities that a plan closes; none where nobody asked."""
    if plan.moves is None:
        return np.zeros(0, np.int64)
    row_of = {id_: row for row, id_ in enumerate(findings.facilities.ids)}
    return np.array([row_of[id_] for id_ in plan.moves.closed_ids], np.int64)


def draw_years(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Draw the sites by the year in which they open, darker the earlier, with the year beside."""
    plan, kind, words = plan_of(subject), subject.kind, page.words
    phases = plan.plan.phases
    if phases is None:
        raise AssertionError("this plate needs years")
    xy = plan.premises.xy_m[plan.chosen]
    base = look_of(kind, findings.facilities.all_kinds(), size_pt=10.0, face=NEW_SITE)
    for at, (year, colour) in enumerate(zip(phases.years, year_colours(len(phases.years)),
                                            strict=True)):  # fmt: skip
        rows = np.flatnonzero(phases.opens == at)
        # A dark edge, so that the lightest colour stands on white paper too.
        look = replace(base, face=colour, edge=INK, width_pt=0.8)
        label = words("planmap.opens", {"year": year, "count": len(rows)})
        heading = words("planmap.heading_years")
        draw_signs(page, f"year:{year}", label, look, xy[rows], heading=heading, order=6.0)
        ids = [words("planmap.site_year", {"order": n + 1, "year": year}) for n in rows.tolist()]
        style = replace(SITE_ID, colour=INK)
        wish_ids(page, ground, xy[rows], ids, style=style, clear=clear_of(look))


def year_colours(n: int) -> tuple[str, ...]:
    """Return a colour for each of ``n`` years, the first the darkest."""
    at = np.linspace(0.0, len(YEARS) - 1, max(n, 2))[:n]
    low = np.minimum(np.floor(at).astype(np.int64), len(YEARS) - 2)
    rgb = np.array([[int(c[k : k + 2], 16) for k in (1, 3, 5)] for c in YEARS], float)
    mixed = rgb[low] + (at - low)[:, None] * (rgb[low + 1] - rgb[low])
    return tuple("#" + "".join(f"{round(v):02x}" for v in row) for row in mixed.tolist())


def years_caption(page: Page, plan: PlanFinding) -> str:
    """Return how many sites open in each year, and how many people they bring inside by then."""
    words, phases = page.words, plan.plan.phases
    if phases is None:
        raise AssertionError("this plate needs years")
    said = [
        words("planmap.year_part", {
            "year": year, "count": int(count),
            "people": people_words(float(people), words.language),
        })
        for year, count, people in zip(
            phases.years, phases.opened, phases.people_by_year, strict=True
        )
        if count
    ]  # fmt: skip
    return words("planmap.caption_years", {"years": words("planmap.year_join").join(said)})


def term_words(plan: PlanFinding | None, page: Page) -> str:
    """Return the years that a plan with years plans for; empty for all other plans."""
    if plan is None or plan.plan.phases is None:
        return ""
    years = plan.plan.phases.years
    if len(years) == 1:
        return page.words("plate.year", {"year": years[0]})
    return page.words("planmap.term", {"first": years[0], "last": years[-1]})
