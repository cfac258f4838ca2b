"""Aims: what a plan was asked to be best at, and its figures in the words of that aim.

A plan for most people, for the least money and for the shortest walk is better or worse in another
unit each time. Every sentence on how good a plan is, on its bound, and on what another plan lacks
is put together here, so that none speaks of people where walking was asked for.
"""

import math

from quarterhour.findings import PlanFinding
from quarterhour.report.build.talk import aim_of
from quarterhour.report.facts import Facts

# What figures of an aim are divided by, and the decimals with which they are printed.
_PRINTED = {"person_seconds": (3600.0, 0), "seconds": (60.0, 1)}
_PLAIN = ("people", "served", "expected", "worst")


def amount(facts: Facts, aim: str, value: float) -> str:
    """Return a figure of an aim with its unit, as it stands in a sentence."""
    if aim in _PLAIN:
        return facts.people(value)
    if aim == "sites":
        return facts.sites(round(value))
    return facts.words(f"siteplan.amount_{aim}", {"count": _figure(aim, value)})


def worse(facts: Facts, finding: PlanFinding, loss: float) -> str:
    """Return how much worse another plan is: covers about 12 people fewer, costs 3 yuan more."""
    return worse_in(facts, aim_of(finding), loss)


def worse_in(facts: Facts, aim: str, loss: float) -> str:
    """Return how much worse a plan is in the words of an aim."""
    if not matters(aim, loss):
        return facts.words("siteplan.worse_none")
    return facts.words(f"siteplan.worse_{aim}", {"amount": amount(facts, aim, loss)})


def matters(aim: str, loss: float) -> bool:
    """Return whether a loss is one at the decimals with which it is printed."""
    scale, decimals = _PRINTED.get(aim, (1.0, 0))
    return round(loss / scale, decimals) > 0


def tried_aim(finding: PlanFinding) -> str:
    """Return the aim of the question as it was asked again under other assumptions."""
    tried = finding.stability
    if tried is None or tried.unit is None:
        return aim_of(finding)
    if tried.places and tried.unit in ("people", "merit"):
        return "served" if tried.unit == "people" else "merit_served"
    return tried.unit


def better(facts: Facts, finding: PlanFinding) -> str:
    """Return what a better plan would do: cover more people, take fewer sites."""
    return facts.words(f"siteplan.better_{aim_of(finding)}")


def at_best(facts: Facts, finding: PlanFinding) -> str:
    """Return what no plan can beat, rounded so that it holds."""
    plan, aim = finding.plan, aim_of(finding)
    scale, decimals = _PRINTED.get(aim, (1.0, 0))
    step = 10.0**decimals
    # The dust of sums must not push a whole number over to the next.
    away = math.ceil if plan.more_is_better else math.floor
    nudge = -1e-6 if plan.more_is_better else 1e-6
    safe = away(plan.bound / scale * step + nudge) / step
    return facts.words(f"siteplan.best_{aim}", {"count": f"{safe:,.{decimals}f}"})


def limits(facts: Facts, finding: PlanFinding) -> str:
    """Return within what a plan was sought: candidates, number, money, years, rules."""
    plan, table, words = finding.plan, finding.table, facts.words
    offered = min(plan.candidates_considered, len(finding.screening.candidates))
    candidates, said = words("siteplan.within_candidates", {"count": offered}), list[str]()
    moving = finding.moves is not None
    if moving and table.sites is not None:
        values = {"sites": table.sites, "count": table.close_at_most}
        said.append(words("siteplan.within_moves", values))
    elif moving:
        said.append(words("siteplan.within_closing", {"count": table.close_at_most}))
    elif plan.sites_asked is not None:
        said.append(words("siteplan.within_sites", {"count": plan.sites_asked}))
    if table.budget is not None and table.budget.total is not None:
        said.append(words("siteplan.within_budget", {"count": f"{table.budget.total:,}"}))
    if plan.phases is not None:
        said.append(words("siteplan.within_years", {"count": len(plan.phases.years)}))
    rules = (
        bool(rule.per_area_at_least or rule.spacing_m or rule.must or rule.must_not
             or rule.tenure_at_most or rule.lead)
        for rule in table.rule
    )  # fmt: skip
    if any(rules):
        said.append(words("siteplan.within_rules"))
    if not said:
        return candidates
    return words("siteplan.within_ruled", {"candidates": candidates, "rules": facts.join(said)})


def _figure(aim: str, value: float) -> str:
    scale, decimals = _PRINTED.get(aim, (1.0, 0))
    return f"{value / scale:,.{decimals}f}"
