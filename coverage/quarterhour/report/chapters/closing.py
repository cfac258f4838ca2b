"""Compliance and next steps: what is to be checked, who does what, and what is to be supplied."""

import numpy as np

from quarterhour.report.chapters.scorecard import lead_pair
from quarterhour.report.facts import Facts, people_before_after
from quarterhour.report.official import project_table
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table

# So many projects are printed; the workbook of sites has them all.
_PROJECT_ROWS = 20
# What a page has room for; funding and who is responsible are to be supplied, as the text says.
_PROJECTS = ("project", "place", "scale", "invest", "year", "progress")
# What must be verified before a site is built, and who knows.
_CHECKS = (
    ("lines", "resources"), ("plan", "resources"), ("land", "resources"), ("tenure", "owner"),
    ("fire", "fire"), ("access", "survey"), ("structure", "housing"), ("hazard", "hazard"),
    ("room", "survey"), ("consult", "local"),
)  # fmt: skip


def add_compliance(draft: Draft) -> None:
    """Add compliance: what is to be verified, everything of it open."""
    draft.chapter(draft.text("report.h_compliance"))
    draft.say("report.compliance", {"table": draft.next_table})
    rows = [
        (draft.text(f"report.check_{name}"), draft.text(f"report.check_{name}_what"),
         draft.text(f"report.from_{source}"), draft.text("report.to_verify"))
        for name, source in _CHECKS
    ]  # fmt: skip
    headers = [draft.text(f"report.c_{c}") for c in ("item", "question", "from", "result")]
    draft.grid(draft.text("report.t_compliance"), headers, rows, numeric=(False,) * 4)


def add_next_steps(draft: Draft, facts: Facts) -> None:
    """Add next steps: who does what next, and what is to be supplied."""
    plans = facts.findings.plans
    draft.chapter(draft.text("report.h_next"))
    draft.section(draft.text("report.h_steps"))
    steps = ["civil", "resources", "housing", "local", "replace"] if plans else ["civil_cover"]
    items = [draft.text(f"report.step_{step}") for step in steps]
    if any(k.gaps for k in facts.summary.kinds):
        items.append(draft.text("report.step_gaps"))
    if plans:
        left = plans[0].plan.people_total - people_before_after(plans[0])[1]
        if left >= 0.5:
            items.append(draft.text("report.step_uncovered", {"people": facts.people(left)}))
    else:
        items.append(draft.text("report.step_siting"))
    draft.listing(items, numbered=True)
    if plans:
        _projects(draft, facts)
    draft.section(draft.text("report.h_wanted"))
    draft.listing(_wanted(draft, facts))


def _projects(draft: Draft, facts: Facts) -> None:
    """Add the projects by year (一张清单), as the workbook of sites has them."""
    draft.section(draft.text("advice.h_projects"))
    draft.say("advice.projects", {"table": draft.next_table})
    table = project_table(facts.findings, draft.language).only(*_PROJECTS)
    add_table(draft, table, rows=_PROJECT_ROWS, book="sites.xlsx")


def _wanted(draft: Draft, facts: Facts) -> list[str]:
    findings = facts.findings
    unknown = int(np.isnan(findings.facilities.capacity).sum())
    priced = any(np.isfinite(finding.cost) for finding in findings.plans)
    cost = "funding" if priced else "cost"
    names = ["lines", "title", cost, "rules"] if findings.plans else []
    names += [] if lead_pair(facts) else ["communities"]
    names += ["people"] if findings.study.residents.by == "area" else []
    names += ["survey"] if findings.measured.neighbours else ["neighbours", "survey"]
    names += [] if findings.study.report.unit else ["unit"]
    names += [] if facts.summary.date else ["date"]
    said = [draft.text(f"report.wanted_{name}") for name in names]
    if unknown:
        said.append(draft.text("report.wanted_capacity", {"count": unknown}))
    if any(one.missing for one in findings.scorecard.indicators):
        sheet = {"sheet": draft.text("scorecard.s_missing")}
        said.append(draft.text("report.wanted_indicators", sheet))
    return said
