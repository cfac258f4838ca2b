"""The chapter on how well the facilities serve: one section per question that a meeting asks."""

from quarterhour.report.build_placement import placement_text
from quarterhour.report.circles_chapter import add_circles
from quarterhour.report.equity_chapter import add_equity
from quarterhour.report.facts import Facts
from quarterhour.report.hierarchy_chapter import add_hierarchy
from quarterhour.report.links_chapter import add_links
from quarterhour.report.outline import Draft
from quarterhour.report.scenarios_chapter import add_scenarios
from quarterhour.report.scorecard_chapter import add_scorecard
from quarterhour.report.supply_chapter import add_supply
from quarterhour.report.sweep_chapter import add_sweep
from quarterhour.report.walk_times_chapter import add_walk_times


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
    draft.paragraph(placement_text(facts))
