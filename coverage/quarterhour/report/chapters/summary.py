"""The summary on the report's first page: what to know in one minute."""

from quarterhour.findings import PlanFinding
from quarterhour.inputs.facilities import ANY
from quarterhour.report.chapters.scorecard import targets_text
from quarterhour.report.chapters.siting.headings import heading, which
from quarterhour.report.chapters.situation import now_text
from quarterhour.report.chapters.streets import summary_text
from quarterhour.report.chapters.supply import room_text
from quarterhour.report.chapters.sweep import matters_text
from quarterhour.report.facts import Facts, people_before_after, shares_before_after
from quarterhour.report.outline import Box, Paragraph
from quarterhour.report.sentences import (
    cost_text,
    effect_text,
    fairness_text,
    incomplete_sites,
    made_sites,
    proof_text,
    recommend_text,
    robust_text,
    sentences,
    walk_text,
    was_tried,
)
from quarterhour.wording import minutes, percent


def summary_box(facts: Facts) -> Box:
    """Return the summary: large figures, then one paragraph per question that readers ask."""
    words, plans = facts.words, facts.findings.plans
    lead = facts.of_kind(facts.lead_kind)
    paragraphs = []
    if lead is not None:
        paragraphs.append(Paragraph(now_text(facts, lead), lead=words("report.lead_now")))
    for name, text in (
        ("targets", targets_text(facts)), ("room", room_text(facts)),
        ("matters", matters_text(facts)),
    ):  # fmt: skip
        if text:
            paragraphs.append(Paragraph(text, lead=words(f"report.lead_{name}")))
    streets = Paragraph(summary_text(facts), lead=words("report.lead_streets"))
    paragraphs.append(streets)
    for finding in plans:
        paragraphs += _answers(facts, finding)
    if not plans:
        paragraphs.append(Paragraph(words("report.no_question")))
    limits = _limits(facts)
    paragraphs.append(Paragraph(limits, lead=words("report.lead_limits")))
    return Box(words("report.h_summary"), _figures(facts), tuple(paragraphs))


def _answers(facts: Facts, finding: PlanFinding) -> list[Paragraph]:
    # The line on optimality stands after any search, also after one that found nothing to build.
    said = [("sites", recommend_text(facts, finding)), ("proof", proof_text(facts, finding))]
    if finding.plan.site_ids:
        said.insert(1, ("effect", effect_text(facts, finding)))
        said.append(("fair", fairness_text(facts, finding)))
    heads = {name: facts.words(f"report.lead_{name}") for name, _ in said}
    heads = {name: heading(facts, head, finding) for name, head in heads.items()}
    # The line on optimality names itself.
    heads["proof"] = which(facts, finding)
    return [Paragraph(text, lead=heads[name], tone="body") for name, text in said if text]


def _limits(facts: Facts) -> str:
    words, plans = facts.words, facts.findings.plans
    said = list[str]()
    if plans:
        priced = any(cost_text(facts, finding) for finding in plans)
        said.append(words("report.risk_checks_cost" if priced else "report.risk_checks"))
        made = sum(made_sites(finding) for finding in plans)
        if made:
            said.append(words("report.risk_made", {"count": made}))
        incomplete = sum(incomplete_sites(finding) for finding in plans)
        if incomplete:
            said.append(words("report.risk_verify_n", {"count": incomplete}))
        said += _sure(facts)
    doubts = facts.findings.doubts
    if doubts:
        values = {"count": len(doubts), "annex": words("report.h_sources")}
        said.append(words("report.risk_doubts", values))
    said.append(words("report.risk_basis"))
    return sentences(facts, said)


def _sure(facts: Facts) -> list[str]:
    """Return how far plans hold under other assumptions, and whether another run says the same."""
    words, plans = facts.words, facts.findings.plans
    said = [
        heading(facts, robust_text(facts, finding), finding)
        for finding in plans if was_tried(finding)
    ]  # fmt: skip
    if not said:
        said.append(words("report.risk_robust"))
    if any(finding.plan.interrupted or finding.talk.interrupted for finding in plans):
        said.append(words("report.risk_interrupted"))
    elif any(not finding.plan.repeatable for finding in plans):
        said.append(words("report.risk_not_repeatable"))
    elif any(not finding.repeatable for finding in plans):
        said.append(words("report.risk_talk_not_repeatable"))
    return said


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
    )


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
