"""Years: whether a timetable can be paid, and whom it reaches by when."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.siting.check.figures import Figure
from quarterhour.siting.check.keeping import keeps
from quarterhour.siting.check.recount import Recount, Rows

if TYPE_CHECKING:
    from quarterhour.siting.parts import Years
    from quarterhour.siting.phases import PhasedPlan

_SECONDS = 20.0


class Timetable:
    """What opens when, counted anew."""

    def __init__(self, recount: Recount, rows: Rows, opens: list[int]) -> None:
        years = recount.problem.years
        if years is None:
            raise AssertionError("a timetable is counted where there are years")
        self.recount, self.years = recount, years
        places = range(len(years.years))
        pairs = list(zip(rows, opens, strict=True))
        self.new = [[row for row, at in pairs if at == place] for place in places]
        self.open = [[row for row, at in pairs if at <= place] for place in places]
        self.build = [sum(int(years.build_cost[row]) for row in new) for new in self.new]
        self.running = [sum(int(years.yearly_cost[row]) for row in now) for now in self.open]

    @property
    def spent(self) -> list[int]:
        """Money paid in each year."""
        return [a + b for a, b in zip(self.build, self.running, strict=True)]

    def left(self, brings: list[int], takes: list[int]) -> list[int]:
        """Return what is left at the end of each year of what it brings, below 0 for too much."""
        rest, left = 0, []
        for come, gone in zip(brings, takes, strict=True):
            rest = (rest if self.years.carry_over else 0) + come - gone
            left.append(rest)
        return left

    def people(self) -> list[float]:
        """Return the people gained by what is open in each year."""
        return [self.recount.gained(now) for now in self.open]

    def worth(self) -> list[float]:
        """Return what they are worth, where groups weigh differently."""
        return [self.recount.gained_worth(now) for now in self.open]


def phased_figures(plan: "PhasedPlan", recount: Recount, rows: Rows) -> Iterator[Figure]:
    """Yield the figures by year."""
    years, scale = recount.problem.years, float(recount.worth.sum())
    if years is None:
        raise AssertionError("a timetable is counted where there are years")
    table = Timetable(recount, rows, plan.opens.tolist())
    yield Figure("phases.years", plan.years, years.years)
    yield Figure("phases.carry_over", plan.carry_over, years.carry_over)
    yield Figure("phases.opened", plan.opened.tolist(), [len(new) for new in table.new])
    yield Figure("phases.build_spent", plan.build_spent.tolist(), table.build)
    yield Figure("phases.running_spent", plan.running_spent.tolist(), table.running)
    budget = None if years.budget is None else years.budget.tolist()
    yield Figure("phases.budget", None if plan.budget is None else plan.budget.tolist(), budget)
    left = None if budget is None else table.left(budget, table.spent)
    stated = None if plan.money_left is None else plan.money_left.tolist()
    yield Figure("phases.money_left", stated, left)
    yield Figure("phases.money_left (not below 0)", min(left or [0]) >= 0, True)
    if years.n_sites is not None:
        free = table.left(years.n_sites.tolist(), plan.opened.tolist())
        yield Figure("phases.opened (at most)", min(free) >= 0, True)
    for name, by_year, counted in (
        ("people", plan.people_by_year.tolist(), table.people()),
        ("worth", plan.worth_by_year.tolist(), table.worth()),
    ):
        grows = all(now >= last - 1e-9 * max(scale, 1.0) for last, now in pairwise(by_year))
        yield Figure(f"phases.{name}_by_year (never falls)", grows, True)
        yield Figure(f"phases.{name}_by_year (years)", len(by_year), len(counted))
        for year, one, other in zip(years.years, by_year, counted, strict=False):
            yield Figure(f"phases.{name}_by_year[{year}]", one, other, scale)
    yield from _unphased(plan, recount, table)


def _unphased(plan: "PhasedPlan", recount: Recount, table: Timetable) -> Iterator[Figure]:
    """Yield the figures of the best plan for the last year alone."""
    scale, ids = float(recount.worth.sum()), plan.unphased_ids
    rows = [recount.row_of[site] for site in ids if site in recount.row_of]
    fits = len(rows) == len(ids) and rows == sorted(rows) and keeps(recount.problem, rows)
    yield Figure("phases.unphased_ids", fits and _at_once(table.years, rows), True)
    worth = recount.gained_worth(rows)
    yield Figure("phases.unphased_people", plan.unphased_people, recount.gained(rows), scale)
    yield Figure("phases.unphased_worth", plan.unphased_worth, worth, scale)
    dust = 1e-9 * max(scale, 1.0)
    # The schedule's own last year is a choice for that year too.
    most = max(worth, table.worth()[-1])
    yield Figure("phases.unphased_worth (no less than the plan)", worth >= most - dust, True)
    possible = most - dust <= plan.unphased_bound <= _everybody(recount) + dust
    yield Figure("phases.unphased_bound (possible)", possible, True)
    if plan.unphased_proven:
        yield Figure("phases.unphased_bound", plan.unphased_bound, worth, scale)
    equal = abs(plan.unphased_bound - worth) <= dust
    yield Figure("phases.unphased_proven", plan.unphased_proven or not equal, True)


def _everybody(recount: Recount) -> float:
    """Return what everybody whom the allowed candidates reach is worth."""
    return float(recount.worth[recount.everywhere].sum())


def _at_once(years: "Years", rows: Rows) -> bool:
    """Tell whether the money of all years pays for some sites and one year of running them."""
    if years.n_sites is not None and len(rows) > int(years.n_sites.sum()):
        return False
    spent = sum(int(years.build_cost[row]) + int(years.yearly_cost[row]) for row in rows)
    return years.budget is None or spent <= int(years.budget.sum())


def affordable(years: "Years", rows: Rows) -> bool:
    """Tell whether some timetable opens all these sites."""
    if not rows:
        return True
    if years.carry_over:
        # To wait for the last year costs least and leaves all money and places for it.
        return _at_once(years, rows)
    from scipy.optimize import Bounds, LinearConstraint, milp

    n, n_years = len(rows), len(years.years)
    chosen = list(rows)
    build = years.build_cost[chosen].astype(np.float64)
    yearly = years.yearly_cost[chosen].astype(np.float64)
    # Columns: site by site, its opening in each year.
    asked = [LinearConstraint(np.kron(np.eye(n), np.ones(n_years)), 1, 1)]
    for year in range(n_years):
        now = (np.arange(n_years) == year).astype(np.float64)
        if years.budget is not None:
            by_now = (np.arange(n_years) <= year).astype(np.float64)
            paid = np.kron(build, now) + np.kron(yearly, by_now)
            asked.append(LinearConstraint(paid, -np.inf, float(years.budget[year])))
        if years.n_sites is not None:
            most = float(years.n_sites[year])
            asked.append(LinearConstraint(np.kron(np.ones(n), now), -np.inf, most))
    answer = milp(
        np.zeros(n * n_years), integrality=np.ones(n * n_years), bounds=Bounds(0, 1),
        constraints=asked, options={"time_limit": _SECONDS},
    )  # fmt: skip
    return answer.x is not None
