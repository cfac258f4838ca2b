"""How well the facilities serve: one section per question that a meeting asks.

In a report on coverage this is a chapter. In a report on sites the body keeps to the choice: it
names the findings in one list, and the sections stand in an annex.
"""

from quarterhour.report.chapters.circles import add_circles
from quarterhour.report.chapters.equity import add_equity
from quarterhour.report.chapters.hierarchy import add_hierarchy
from quarterhour.report.chapters.links import add_links
from quarterhour.report.chapters.scenarios import add_scenarios
from quarterhour.report.chapters.scorecard import add_scorecard
from quarterhour.report.chapters.streets import add_step_free
from quarterhour.report.chapters.supply import add_supply
from quarterhour.report.chapters.sweep import add_sweep
from quarterhour.report.chapters.walk_times import add_walk_times
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft


def add_assessment(draft: Draft, facts: Facts) -> None:
    """Add the chapter to a report on coverage; one on sites has it as an annex."""
    if facts.findings.plans:
        return
    draft.chapter(draft.text("report.h_assessment"))
    _sections(draft, facts)


def add_assessment_annex(draft: Draft, facts: Facts) -> None:
    """Add the sections as an annex: targets first, then service, then what would change it."""
    draft.annex(draft.text("report.h_assessment"))
    draft.say("advice.assessment")
    _sections(draft, facts)
    draft.section(draft.text("report.h_step_free"))
    add_step_free(draft, facts)


def _sections(draft: Draft, facts: Facts) -> None:
    add_scorecard(draft, facts)
    add_walk_times(draft, facts)
    add_supply(draft, facts)
    add_hierarchy(draft, facts)
    add_equity(draft, facts)
    add_scenarios(draft, facts)
    if facts.findings.measured.circles:
        add_circles(draft, facts)
    if facts.findings.links is not None:
        add_links(draft, facts)
    add_sweep(draft, facts)
