"""Sheets: the tables of all that is counted beside coverage, with their numbers."""

from collections.abc import Sequence

from quarterhour.findings import Findings
from quarterhour.report.build.circles import circles_areas_table, circles_table
from quarterhour.report.build.equity import equity_table, zones_table
from quarterhour.report.build.gaps import crowded_table, gap_examples_table
from quarterhour.report.build.hierarchy import (
    hierarchy_people_table,
    hierarchy_table,
    leaders_table,
)
from quarterhour.report.build.links import links_table
from quarterhour.report.build.placement import placement_table
from quarterhour.report.build.plan_parts import (
    led_table,
    moves_table,
    relief_table,
    scenarios_table,
    schedule_table,
)
from quarterhour.report.build.scenarios import (
    bands_table,
    neighbour_places_table,
    neighbours_areas_table,
    neighbours_table,
    years_table,
)
from quarterhour.report.build.scorecard import scorecard_sheets
from quarterhour.report.build.services import services_areas_table, services_table
from quarterhour.report.build.supply import (
    supply_areas_table,
    supply_facilities_table,
    supply_served_table,
    supply_table,
)
from quarterhour.report.build.sweep import sweep_areas_table, sweep_settings_table, sweep_table
from quarterhour.report.build.talk import (
    frontier_table,
    near_best_table,
    order_table,
    rules_table,
    stability_table,
    turned_down_table,
    unreachable_table,
)
from quarterhour.report.build.walk_times import (
    backup_table,
    walk_times_kinds_table,
    walk_times_table,
)
from quarterhour.report.columns import Table
from quarterhour.words import Language, Words

Sheets = list[tuple[str, Table]]


def gap_sheets(findings: Findings, language: Language) -> Sheets:
    """Return the sheets beside that of the gaps: example homes, crowded places, missing links."""
    words = Words(language)
    found = [
        (words("gaps.s_examples"), gap_examples_table(findings, language)),
        (words("gaps.s_crowded"), crowded_table(findings, language)),
    ]
    if findings.links is not None:
        found.append((words("links.s_links"), links_table(findings, language)))
    return [(f"5-{n} {name}", table) for n, (name, table) in enumerate(found, start=1)
            if table.rows]  # fmt: skip


def plan_sheets(findings: Findings, language: Language, *, plan: int) -> Sheets:
    """Return the sheets of what else could be done instead of one plan; none without a row."""
    words, values = Words(language), {"n": plan + 1}
    tables = {
        "schedule": schedule_table, "relief": relief_table, "scenarios": scenarios_table,
        "moves": moves_table, "led": led_table, "frontier": frontier_table,
        "near_best": near_best_table, "order": order_table, "rules": rules_table,
        "turned_down": turned_down_table, "stability": stability_table,
        "unreachable": unreachable_table,
    }  # fmt: skip
    made = {key: make(findings, language, plan=plan) for key, make in tables.items()}
    return [
        (words(f"siteplan.s_{key}", values), table) for key, table in made.items() if table.rows
    ]


def measured_sheets(findings: Findings, language: Language) -> Sheets:
    """Return the sheets of the scorecard, supply, tiers, times, equity, scenarios, sensitivity."""
    words, measured = Words(language), findings.measured
    tiers = [
        ("hierarchy.s_hierarchy", hierarchy_table(findings, language)),
        ("hierarchy.s_leaders", leaders_table(findings, language)),
        ("hierarchy.s_people", hierarchy_people_table(findings, language)),
    ]
    if measured.services is not None:
        tiers = [("services.s_services", services_table(findings, language)),
                 ("services.s_services_areas", services_areas_table(findings, language)),
                 *tiers]  # fmt: skip
    groups: list[Sheets] = [
        scorecard_sheets(findings, language),
        _named(words, [
            ("supply.s_supply", supply_table(findings, language)),
            ("supply.s_supply_areas", supply_areas_table(findings, language)),
            ("supply.s_supply_facilities", supply_facilities_table(findings, language)),
            ("supply.s_supply_served", supply_served_table(findings, language)),
        ]),
        _named(words, tiers),
        _named(words, [
            ("walktimes.s_walk_times_kinds", walk_times_kinds_table(findings, language)),
            ("walktimes.s_walk_times", walk_times_table(findings, language)),
            ("walktimes.s_backup", backup_table(findings, language)),
        ]),
        _named(words, [
            ("equity.s_equity", equity_table(findings, language)),
            ("equity.s_zones", zones_table(findings, language)),
        ]),
        _named(words, _scenarios(findings, language)),
    ]  # fmt: skip
    if findings.sweep.dimension:
        groups.append(_named(words, [
            ("sweep.s_sweep", sweep_table(findings, language)),
            ("sweep.s_sweep_areas", sweep_areas_table(findings, language)),
            ("sweep.s_sweep_settings", sweep_settings_table(findings, language)),
        ]))  # fmt: skip
    numbered = []
    for number, group in enumerate(groups, start=9):
        kept = [(name, table) for name, table in group if table.rows]
        for n, (name, table) in enumerate(kept):
            numbered.append((f"{number}-{n} {name}" if n else f"{number} {name}", table))
    return numbered


def _scenarios(findings: Findings, language: Language) -> Sequence[tuple[str, Table]]:
    measured, found = findings.measured, list[tuple[str, Table]]()
    found.append(("scenarios.s_bands", bands_table(findings, language)))
    if measured.years is not None:
        found.append(("scenarios.s_years", years_table(findings, language)))
    if measured.neighbours is not None:
        found += [
            ("scenarios.s_neighbours", neighbours_table(findings, language)),
            ("scenarios.s_neighbours_areas", neighbours_areas_table(findings, language)),
            ("scenarios.s_neighbour_places", neighbour_places_table(findings, language)),
        ]
    if measured.placement is not None:
        found.append(("placement.s_placement", placement_table(findings, language)))
    if measured.circles:
        found += [
            ("circles.s_circles", circles_table(findings, language)),
            ("circles.s_circles_areas", circles_areas_table(findings, language)),
        ]
    return found


def _named(words: Words, sheets: Sequence[tuple[str, Table]]) -> Sheets:
    return [(words(key), table) for key, table in sheets]
