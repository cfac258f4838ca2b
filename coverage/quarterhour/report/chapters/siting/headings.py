"""Headings of sections on one of several questions."""

from quarterhour.findings import PlanFinding
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft


def section(draft: Draft, facts: Facts, key: str, finding: PlanFinding) -> None:
    """Begin a section; where there are several questions its heading names the kind."""
    draft.section(heading(facts, draft.text(key), finding))


def heading(facts: Facts, text: str, finding: PlanFinding) -> str:
    """Return a heading, or a sentence, that names the question where there are several."""
    kind = which(facts, finding)
    return facts.words("report.of_kind", {"kind": kind, "text": text}) if kind else text


def which(facts: Facts, finding: PlanFinding) -> str:
    """Return the kind of a question; empty where it is the only one."""
    plans = facts.findings.plans
    if len(plans) == 1:
        return ""
    kind = facts.kind(finding.plan.kind)
    if sum(other.plan.kind == finding.plan.kind for other in plans) == 1:
        return kind
    # Two questions about one kind are told apart by their number.
    number = next(n for n, other in enumerate(plans, start=1) if other is finding)
    return facts.words("report.kind_n", {"kind": kind, "number": number})
