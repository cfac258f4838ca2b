"""The chapter on how well the facilities serve: one section per question that a meeting asks."""

from quarterhour.report.chapters.circles import add_circles
from quarterhour.report.chapters.equity import add_equity
from quarterhour.report.chapters.hierarchy import add_hierarchy
from quarterhour.report.chapters.links import add_links
from quarterhour.report.chapters.scenarios import add_scenarios
from quarterhour.report.chapters.scorecard import add_scorecard
from quarterhour.report.chapters.supply import add_supply
from quarterhour.report.chapters.sweep import add_sweep
from quarterhour.report.chapters.walk_times import add_walk_times
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft


def add_assessment(draft: Draft, facts: Facts) -> None:
    """Add the chapter: targets first, then service, then what would change it."""
    draft.chapter(draft.text("report.h_assessment"))
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
