"""The figures of a plan that only some questions have: places, years, scenarios, centres."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from quarterhour.siting.check.achieving import scenario_people
from quarterhour.siting.check.figures import Figure
from quarterhour.siting.check.leading import led_figures
from quarterhour.siting.check.places import served_figures
from quarterhour.siting.check.recount import Recount, Rows
from quarterhour.siting.check.timetable import Timetable, phased_figures

if TYPE_CHECKING:
    from quarterhour.siting.plan import SitePlan
    from quarterhour.siting.tiers import LeadRule


def part_figures(plan: "SitePlan", recount: Recount, rows: Rows) -> Iterator[Figure]:
    """Yield the figures of every part that a plan has."""
    if plan.phases is not None:
        yield from phased_figures(plan.phases, recount, rows)
    if plan.served is not None:
        yield from served_figures(plan.served, recount, rows)
    if plan.led is not None:
        # The first rule of two tiers is the one that is told.
        asked = (rule for rule in recount.problem.rules if rule.said.key == "siting.asks_lead")
        yield from led_figures(plan.led, cast("LeadRule", next(asked)), rows)
    if plan.robust is not None:
        yield from _robust(plan, recount, rows)


def people_years(plan: "SitePlan", recount: Recount, rows: Rows) -> float:
    """Return what the sites are worth, summed over the years in which they are open."""
    if plan.phases is None:
        raise AssertionError("years are counted where there are some")
    return sum(Timetable(recount, rows, plan.phases.opens.tolist()).worth())


def _robust(plan: "SitePlan", recount: Recount, rows: Rows) -> Iterator[Figure]:
    robust, stated = recount.problem.robust, plan.robust
    if robust is None or stated is None:
        return
    yield Figure("robust.aim", stated.aim, robust.aim)
    yield Figure("robust.names", stated.names, tuple(one.name for one in robust.scenarios))
    yield Figure("robust.chances", stated.chances, tuple(o.chance for o in robust.scenarios))
    for place, one in enumerate(robust.scenarios):
        total, (before, gained) = float(one.weight.sum()), scenario_people(one, rows)
        name = f"robust[{one.name}]"
        yield Figure(f"{name} in all", float(stated.people_total[place]), total, total)
        yield Figure(f"{name} today", float(stated.people_before[place]), before, total)
        yield Figure(f"{name} added", float(stated.people_gained[place]), gained, total)
