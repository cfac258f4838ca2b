"""The summary on the report's first page: what to know in one minute."""

import numpy as np

from quarterhour.findings import PlanFinding
from quarterhour.inputs.facilities import ANY
from quarterhour.report.build.sweep import headline_range
from quarterhour.report.chapters.scorecard import targets_text
from quarterhour.report.chapters.siting.headings import heading, which
from quarterhour.report.chapters.situation import now_text
from quarterhour.report.chapters.streets import streets_short, summary_text
from quarterhour.report.chapters.supply import room_text
from quarterhour.report.chapters.sweep import matters_text
from quarterhour.report.facts import Facts, people_before_after, shares_before_after
from quarterhour.report.outline import Box, Paragraph
from quarterhour.report.sentences import (
    cost_text,
    fairness_text,
    incomplete_sites,
    made_sites,
    none_text,
    proof_text,
    robust_text,
    sentences,
    special_text,
    walk_text,
    was_tried,
)
from quarterhour.wording import minutes, percent, points

# So many sites are named on the first page; the chapter on the recommendation has them all.
_NAMED = 8


def summary_box(facts: Facts) -> Box:
    """Return the summary: large figures, then one short paragraph per question of a reader."""
    plans = facts.findings.plans
    if not plans:
        return Box(facts.words("report.h_summary"), _figures(facts), _coverage_only(facts))
    said = [one for finding in plans for one in _answers(facts, finding)]
    said.append(Paragraph(_risk(facts), lead=facts.words("advice.lead_risk")))
    said.append(Paragraph(_verify(facts), lead=facts.words("advice.lead_verify")))
    return Box(facts.words("report.h_summary"), _figures(facts), tuple(said))


# --- a report on coverage alone


def _coverage_only(facts: Facts) -> tuple[Paragraph, ...]:
    words, lead = facts.words, facts.of_kind(facts.lead_kind)
    said = [("now", now_text(facts, lead))] if lead is not None else []
    said += [("targets", targets_text(facts)), ("room", room_text(facts)),
             ("matters", matters_text(facts)), ("streets", summary_text(facts))]  # fmt: skip
    limits = sentences(facts, [_doubts(facts), words("report.risk_basis")])
    paragraphs = [Paragraph(text, lead=words(f"report.lead_{name}")) for name, text in said if text]
    paragraphs.append(Paragraph(words("report.no_question")))
    paragraphs.append(Paragraph(limits, lead=words("report.lead_limits")))
    return tuple(paragraphs)


# --- a report on sites


def _answers(facts: Facts, finding: PlanFinding) -> list[Paragraph]:
    """Return what one question is answered with: sites, effect, cost and proof."""
    # The line on optimality stands after any search, also after one that found nothing to build.
    said = [("report.lead_sites", _sites(facts, finding))]
    if finding.plan.site_ids:
        said.append(("report.lead_effect", _effect(facts, finding)))
        cost = cost_text(facts, finding) or facts.words("advice.cost_missing")
        said.append(("advice.lead_cost", cost))
    answers = [
        Paragraph(text, lead=heading(facts, facts.words(lead), finding)) for lead, text in said
    ]
    # The line on optimality names itself.
    proof = proof_text(facts, finding, rounding=False)
    return [*answers, Paragraph(proof, lead=which(facts, finding))]


def _sites(facts: Facts, finding: PlanFinding) -> str:
    plan = finding.plan
    said = []
    if plan.site_ids:
        names = [_site(facts, finding, at) for at in range(min(_NAMED, len(plan.site_ids)))]
        values = {"kind": facts.kind(plan.kind), "sites": facts.sites(plan.sites_needed),
                  "names": facts.join(names), "count": len(plan.site_ids) - len(names)}  # fmt: skip
        more = len(plan.site_ids) > len(names)
        said.append(facts.words("advice.sites_more" if more else "advice.sites", values))
    else:
        said.append(none_text(facts, finding))
    if finding.moves is not None and finding.moves.closed_ids:
        closed = [facts.facility(one) for one in finding.moves.closed_ids]
        said.append(facts.words("siteplan.closes", {"names": facts.join(closed)}))
    return sentences(facts, said)


def _site(facts: Facts, finding: PlanFinding, at: int) -> str:
    """Return a site by its number and area, and its year where there are years."""
    plan = finding.plan
    area = facts.area(int(finding.premises.area_index[int(finding.chosen[at])]))
    name = facts.words("report.site_numbered", {"id": plan.site_ids[at], "area": area})
    if plan.phases is None:
        return name
    year = plan.phases.years[int(plan.phases.opens[at])]
    return facts.words("siteplan.site_in", {"site": name, "year": year})


def _effect(facts: Facts, finding: PlanFinding) -> str:
    """Return what the plan does to coverage, to what was asked for, and to the worst area."""
    total = finding.plan.people_total
    before, after = people_before_after(finding)
    first, last = shares_before_after(finding)
    values = {
        "how": facts.how, "kind": facts.kind(finding.plan.kind), "whom": facts.whom,
        "total": facts.people(total), "inside": facts.people(before), "then": facts.people(after),
        "gained": facts.people(abs(after - before)), "left": facts.people(total - after),
        "before": percent(first), "after": percent(last),
        "points": points(abs(last - first), facts.language),
    }  # fmt: skip
    key = "advice.effect" if after - before >= 0.5 else "advice.effect_same"
    key = "advice.effect_fewer" if before - after >= 0.5 else key
    said = [facts.words(key, values), special_text(facts, finding)]
    return sentences(facts, [*said, fairness_text(facts, finding)])


def _risk(facts: Facts) -> str:
    """Return the main risk: what the figures, and then the plans, depend on."""
    words, plans = facts.words, facts.findings.plans
    said = []
    within = headline_range(facts.findings, facts.language, kind=facts.lead_kind)
    if within:
        said.append(words("advice.range", {"range": within}))
    tried = [
        heading(facts, robust_text(facts, finding), finding)
        for finding in plans if was_tried(finding)
    ]  # fmt: skip
    said += tried or [words("report.risk_robust")]
    if any(finding.plan.interrupted or finding.talk.interrupted for finding in plans):
        said.append(words("report.risk_interrupted"))
    elif any(not finding.plan.repeatable for finding in plans):
        said.append(words("report.risk_not_repeatable"))
    elif any(not finding.repeatable for finding in plans):
        said.append(words("report.risk_talk_not_repeatable"))
    return sentences(facts, said)


def _verify(facts: Facts) -> str:
    words, plans = facts.words, facts.findings.plans
    priced = any(cost_text(facts, finding) for finding in plans)
    said = [words("advice.verify_cost" if priced else "advice.verify")]
    made = sum(made_sites(finding) for finding in plans)
    if made:
        said.append(words("report.risk_made", {"count": made}))
    incomplete = sum(incomplete_sites(finding) for finding in plans)
    if incomplete:
        said.append(words("report.risk_verify_n", {"count": incomplete}))
    return sentences(facts, [*said, streets_short(facts), _doubts(facts)])


def _doubts(facts: Facts) -> str:
    doubts = facts.findings.doubts
    if not doubts:
        return ""
    values = {"count": len(doubts), "annex": facts.words("report.h_sources")}
    return facts.words("report.risk_doubts", values)


# --- what stands large


def _figures(facts: Facts) -> tuple[tuple[str, str], ...]:
    """Return what stands large: coverage today, and with the first plan."""
    words = facts.words
    lead = facts.of_kind(facts.lead_kind) or facts.summary.of(ANY)
    if not facts.findings.plans:
        return (
            (words("report.tile_before"), percent(lead.share[facts.summary.minutes])),
            (words("report.tile_outside"), facts.people(lead.outside)),
        )
    finding = facts.findings.plans[0]
    before, after = shares_before_after(finding)
    return (
        (words("report.tile_before"), percent(before)),
        (words("report.tile_after"), percent(after)),
        _third(facts, finding),
        (words("advice.tile_cost"), _money(facts, finding.cost)),
    )


def _money(facts: Facts, cost: float) -> str:
    """Return a cost, in 万元 in Chinese; what is not known is to be supplied."""
    if not np.isfinite(cost):
        return facts.missing()
    said = f"{cost / 1e4:,.2f}" if facts.language == "zh" else f"{cost:,.0f}"
    return facts.words("advice.money", {"cost": said})


def _third(facts: Facts, finding: PlanFinding) -> tuple[str, str]:
    """Return the figure of what was asked for, beside the shares."""
    words, plan = facts.words, finding.plan
    if plan.question == "fewest_sites":
        return words("report.tile_sites"), facts.sites(plan.sites_needed)
    if plan.question == "least_walking":
        return words("report.tile_walk"), minutes(plan.walk_after_s, facts.language)
    if plan.question == "shortest_longest":
        return words("report.tile_longest"), walk_text(facts, finding, plan.longest_after_s)
    if plan.served is not None:
        more = plan.served.people_after - plan.served.people_before
        return words("report.tile_served"), facts.people(more)
    before, after = people_before_after(finding)
    return words("report.tile_gained"), facts.people(after - before)
