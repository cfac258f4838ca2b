"""The annex on the comparison: near-best plans, what demands cost, who stays out of reach."""

from quarterhour.report.chapters.siting.choices import (
    add_demands,
    add_near_best,
    add_out_of_reach,
)
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft


def add_details(draft: Draft, facts: Facts) -> None:
    """Add what backs the comparison and would be too long in its chapter."""
    draft.annex(draft.text("advice.h_details"))
    draft.say("advice.details")
    for number, finding in enumerate(facts.findings.plans):
        add_near_best(draft, facts, finding, number)
        add_demands(draft, facts, finding, number)
        add_out_of_reach(draft, facts, finding, number)
