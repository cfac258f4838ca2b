"""The box of plate S-n: what is known of one recommended site, and what is still to be verified.

What the file of premises says is given as its word, to be verified; what no file says is to be
supplied. Nothing is assumed.
"""

import math

import numpy as np

from quarterhour import wording
from quarterhour.findings import Findings, PlanFinding
from quarterhour.maps.guide_area_panel import figure, name_of
from quarterhour.maps.guide_figures import SiteFigures
from quarterhour.maps.imprint import clean, own_words
from quarterhour.maps.page import Page

Pairs = list[tuple[str, str]]
_WAN = 10_000.0


def site_pairs(
    page: Page, findings: Findings, plan: PlanFinding, rank: int, figures: SiteFigures
) -> Pairs:
    """Return names and values of all that is known of one site."""
    return [
        *_who(page, findings, plan, rank), *_rooms(page, plan, int(plan.chosen[rank])),
        *_to_verify(page, plan, rank), *_money(page, findings, plan, rank),
        *_people(page, findings, plan, rank, figures), *_veto(page, plan, rank),
    ]  # fmt: skip


def _who(page: Page, findings: Findings, plan: PlanFinding, rank: int) -> Pairs:
    words, premises, row = page.words, plan.premises, int(plan.chosen[rank])
    missing, area = words("status.to be supplied"), int(premises.area_index[row])
    name = clean(findings.areas.names[area]) if area >= 0 else words("guide.outside")
    order = {"order": rank + 1, "count": len(plan.chosen)}
    pairs = [
        (words("guide.row_name"), clean(premises.names[row]) or missing),
        (words("guide.row_id"), premises.ids[row]),
        (words("guide.row_address"), clean(premises.address[row]) or missing),
        (words("guide.row_area"), name),
        (words("guide.row_kind"), name_of(page, plan.plan.kind)),
        (words("guide.row_action"), words("guide.action_new")),
        (words("guide.row_order"), words("guide.order_value", order)),
    ]
    phases = plan.plan.phases
    year = missing if phases is None else words("plate.year", {
        "year": phases.years[int(phases.opens[rank])],
    })  # fmt: skip
    return [*pairs, (words("guide.row_year"), year)]


def _rooms(page: Page, plan: PlanFinding, row: int) -> Pairs:
    words, premises = page.words, plan.premises
    missing = words("status.to be supplied")
    lift = {1: words("guide.lift_yes"), 0: words("guide.lift_no")}.get(
        int(premises.lift[row]), missing
    )
    storey = float(premises.storey[row])
    level = (
        words("guide.storey_value", {"storey": f"{storey:g}", "lift": lift})
        if math.isfinite(storey) else words("guide.storey_unknown", {"lift": lift})
    )  # fmt: skip
    use = premises.occupancy[row]
    said = {
        "idle": words("guide.use_idle"), "in_use": words("guide.use_in_use"),
        "planned": words("guide.use_planned"),
    }  # fmt: skip
    return [
        (words("guide.row_floor"), figure(page, float(premises.floor_area_m2[row]))),
        (words("guide.row_storey"), level),
        (words("guide.row_capacity"), figure(page, float(premises.capacity[row]))),
        (words("guide.row_tenure"), clean(premises.tenure[row]) or missing),
        (words("guide.row_use"), said.get(use, missing)),
    ]


def _to_verify(page: Page, plan: PlanFinding, rank: int) -> Pairs:
    words, row = page.words, int(plan.chosen[rank])
    kept, candidate = plan.screening.candidates, int(plan.plan.chosen[rank])
    door = {1: words("guide.door_yes"), 0: words("guide.door_no")}.get(
        int(plan.premises.step_free[row]), words("guide.to_verify")
    )
    metres = [rule.value for rule in plan.screening.rules if rule.name == "hazard_m"]
    hazard = words("guide.hazard_missing")
    if metres and not kept.generated[candidate]:
        hazard = words("guide.hazard_screened", {"metres": f"{max(metres):g}"})
    doubts = [words(fault.key, fault.values) for fault in kept.to_verify[candidate]]
    said = words("guide.doubts_join").join(doubts) or words("guide.doubts_none")
    if kept.generated[candidate]:
        said = words("guide.note_generated")
    return [
        (words("guide.row_lines"), words("guide.lines_value")),
        (words("guide.row_landuse"), words("status.to be supplied")),
        (words("guide.row_fire"), words("guide.to_verify")),
        (words("guide.row_door"), door),
        (words("guide.row_hazard"), hazard),
        (words("guide.row_doubts"), said),
    ]


def _money(page: Page, findings: Findings, plan: PlanFinding, rank: int) -> Pairs:
    words, own = page.words, own_words(findings)
    row = plan.chosen[rank : rank + 1]
    once, yearly = (float(plan.costs_at(row, yearly=each)[0]) for each in (False, True))
    return [
        (words(f"guide.row_cost{own}"), _wan(page, once)),
        (words(f"guide.row_yearly{own}"), _wan(page, yearly)),
    ]


def _wan(page: Page, yuan: float) -> str:
    if not math.isfinite(yuan):
        return page.words("status.to be supplied")
    return f"{yuan / _WAN:,.2f}"


def _people(
    page: Page, findings: Findings, plan: PlanFinding, rank: int, figures: SiteFigures
) -> Pairs:
    words, coverage = page.words, findings.coverage
    pairs = []
    for n, group in enumerate(coverage.groups):
        name = clean(wording.label(group, "group", words.language))
        gained = wording.whole(float(figures.gained[rank, n]))
        pairs.append((words("guide.row_gained", {"group": name}), gained))
    lead = coverage.groups.index(findings.lead_group)
    name = clean(wording.label(findings.lead_group, "group", words.language))
    values = {"minutes": coverage.minutes[-1], "group": name}
    within = wording.whole(float(figures.within[rank, lead]))
    return [*pairs, (words("guide.row_within", values), within)]


def _veto(page: Page, plan: PlanFinding, rank: int) -> Pairs:
    words, own = page.words, plan.plan
    status, loss = own.veto_status[rank], float(own.loss_if_vetoed[rank])
    if status == "must":
        said = words("guide.veto_must")
    elif status == "needed":
        said = words("guide.veto_needed")
    elif not np.isfinite(loss):
        said = wording.MISSING
    else:
        said = wording.in_unit(loss, own.unit, words.language)
        if status != "optimal":
            said = words("guide.veto_open", {"figure": said})
    # Where facilities may close, plans hold those that stay, too.
    offered = set(plan.screening.candidates.ids) - set(own.site_ids)
    instead = [id_ for id_ in own.runner_up[rank] if id_ in offered]
    joined = words("guide.join").join(instead) or wording.MISSING
    return [(words("guide.row_veto"), said), (words("guide.row_instead"), joined)]
