"""The summary on the report's first page: what to know in one minute."""

from quarterhour.findings import PlanFinding
from quarterhour.inputs.facilities import ANY
from quarterhour.report.chapters.scorecard import targets_text
from quarterhour.report.chapters.situation import now_text
from quarterhour.report.chapters.streets import summary_text
from quarterhour.report.chapters.supply import room_text
from quarterhour.report.chapters.sweep import matters_text
from quarterhour.report.facts import Facts, shares_before_after
from quarterhour.report.outline import Box, Paragraph
from quarterhour.report.sentences import (
    effect_text,
    fairness_text,
    incomplete_sites,
    proof_text,
    recommend_text,
    sentences,
)
from quarterhour.wording import percent


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
    said = [("sites", recommend_text(facts, finding))]
    if finding.plan.site_ids:
        said += [
            ("effect", effect_text(facts, finding)),
            ("proof", proof_text(facts, finding)),
            ("fair", fairness_text(facts, finding)),
        ]
    heads = {name: facts.words(f"report.lead_{name}") for name, _ in said}
    if len(facts.findings.plans) > 1:
        kind = facts.kind(finding.plan.kind)
        heads = {
            name: facts.words("report.of_kind", {"kind": kind, "text": head})
            for name, head in heads.items()
        }
    # The line on optimality names itself.
    return [
        Paragraph(text, lead="" if name == "proof" else heads[name], tone="body")
        for name, text in said
        if text
    ]


def _limits(facts: Facts) -> str:
    words, plans = facts.words, facts.findings.plans
    said = [words("report.risk_checks"), words("report.risk_robust")] if plans else []
    incomplete = sum(incomplete_sites(finding) for finding in plans)
    if incomplete:
        said.insert(1, words("report.risk_verify_n", {"count": incomplete}))
    if any(not finding.plan.repeatable for finding in plans):
        said.append(words("report.risk_not_repeatable"))
    doubts = facts.findings.doubts
    if doubts:
        values = {"count": len(doubts), "annex": words("report.h_sources")}
        said.append(words("report.risk_doubts", values))
    said.append(words("report.risk_basis"))
    return sentences(facts, said)


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
        (words("report.tile_gained"), facts.people(finding.plan.people_gained)),
    )
