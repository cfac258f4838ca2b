"""Sentences on a plan that the summary and the chapters share: each is written here once."""

from quarterhour.findings import PlanFinding
from quarterhour.report.facts import Facts, Spread, gap_text, shares_before_after
from quarterhour.wording import percent, points, whole


def proof_text(facts: Facts, finding: PlanFinding) -> str:
    """Return the line on optimality: proven, or how far at most from the best."""
    plan = finding.plan
    values = {
        "candidates": plan.candidates_considered, "sites": facts.sites(plan.sites_needed),
        "rounding": f"{plan.rounding:.2f}", "gap": gap_text(plan.gap),
        "bound": whole(plan.bound),
    }  # fmt: skip
    proven = plan.status == "optimal"
    return facts.words("report.proof_optimal" if proven else "report.proof_gap", values)


def effect_text(facts: Facts, finding: PlanFinding) -> str:
    """Return the sentence on what the plan does to coverage."""
    plan = finding.plan
    if not plan.site_ids:
        return facts.words("report.effect_none")
    before, after = shares_before_after(finding)
    values = {
        "sites": facts.sites(plan.sites_needed), "whom": facts.whom,
        "gained": facts.people(plan.people_gained), "before": percent(before),
        "after": percent(after), "points": points(after - before, facts.language),
    }  # fmt: skip
    return facts.words("report.effect", values)


def recommend_text(facts: Facts, finding: PlanFinding) -> str:
    """Return the sentence that names the recommended sites."""
    plan = finding.plan
    if not plan.site_ids:
        return facts.words("report.effect_none")
    values = {
        "kind": facts.kind(plan.kind), "sites": facts.sites(plan.sites_needed),
        "names": facts.join([facts.site(finding, site) for site in plan.site_ids]),
    }  # fmt: skip
    return facts.words("report.recommend", values)


def fairness_text(facts: Facts, finding: PlanFinding) -> str:
    """Return the sentences on the least covered area, before and after."""
    spread = Spread.of(facts, finding)
    if len(spread.rows) == 0:
        return ""
    first, last = spread.worst_before, spread.worst_after
    same = spread.rows[first] == spread.rows[last]
    unchanged = same and abs(spread.after[last] - spread.before[first]) < 5e-4
    values = {
        "before_area": facts.area(int(spread.rows[first])),
        "before": percent(float(spread.before[first])),
        "after_area": facts.area(int(spread.rows[last])),
        "after": percent(float(spread.after[last])),
    }
    if unchanged:
        said = facts.words("report.fair_same", values)
    else:
        said = facts.words("report.fair_raised" if same else "report.fair_moved", values)
    offered = finding.screening.candidates.area_index
    if unchanged and not (offered == spread.rows[first]).any():
        tail = facts.words("report.fair_no_candidate", {"area": values["before_area"]})
        said = sentences(facts, [said, tail])
    return said


def sentences(facts: Facts, parts: list[str]) -> str:
    """Return sentences in a row, with blanks between them where the language has blanks."""
    return ("" if facts.language == "zh" else " ").join(part for part in parts if part)


def incomplete_sites(finding: PlanFinding) -> int:
    """Return how many recommended sites have premises with something unknown."""
    doubts = finding.screening.candidates.to_verify
    return sum(bool(doubts[int(row)]) for row in finding.plan.chosen)
