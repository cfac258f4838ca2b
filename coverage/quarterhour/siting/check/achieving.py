"""What a set of sites achieves in the unit of the question, and whether that is enough."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.siting.check.places import served_people, served_worth, slack_of
from quarterhour.siting.check.recount import Recount, Rows, union

if TYPE_CHECKING:
    from quarterhour.siting.parts import Scenario
    from quarterhour.siting.problem import SitingProblem

_ENOUGH = 1e-6


class Achieved:
    """Objective values, counted anew."""

    def __init__(self, recount: Recount) -> None:
        self.recount = recount
        self.problem: SitingProblem = recount.problem
        self._known: dict[tuple[int, ...], float] = {}

    @property
    def more_is_better(self) -> bool:
        """Whether a larger objective is the better one."""
        return self.problem.question == "most_people"

    @property
    def unit(self) -> str:
        """Unit of the objective."""
        problem = self.problem
        if problem.years is not None:
            return "people_years"
        return {
            "most_people": "people" if problem.merit is None else "merit",
            "fewest_sites": "sites" if problem.fewest == "sites" else "money",
            "least_walking": "person_seconds",
            "shortest_longest": "seconds",
        }[problem.question]

    @cached_property
    def scale(self) -> float:
        """Size of the sums behind an objective, for the dust that they carry."""
        problem = self.problem
        people = float(self.recount.worth.sum())
        if problem.robust is not None:
            people = max(float(one.weight.sum()) for one in problem.robust.scenarios)
        if problem.years is not None:
            return people * len(problem.years.years)
        if self.unit == "person_seconds" and problem.times is not None:
            return people * problem.times.cap_ms / 1000.0
        return people

    @cached_property
    def slack(self) -> float:
        """What an objective may be off because a model counts whole milli-people."""
        return slack_of(self.recount) if self.unit in ("people", "merit") else 0.0

    @cached_property
    def ceiling(self) -> float:
        """Largest figure that anything could reach, where more is better."""
        if self.unit in ("people", "merit") and not (self.problem.capacity or self.problem.robust):
            return float(self.recount.worth[self.recount.everywhere].sum())
        return self.scale

    def of(self, rows: Rows) -> float:
        """Return what some sites achieve, years apart: those need a timetable."""
        key = tuple(sorted(rows))
        if key not in self._known:
            self._known[key] = self._of(key)
        return self._known[key]

    def _of(self, rows: Rows) -> float:
        problem, recount = self.problem, self.recount
        if problem.question == "fewest_sites":
            return float(len(rows) if problem.fewest == "sites" else recount.cost(rows))
        if problem.question == "least_walking":
            return recount.walked_s(rows)
        if problem.question == "shortest_longest":
            longest = recount.longest_s(rows)
            return 0.0 if np.isnan(longest) else longest
        if problem.capacity is not None:
            return served_worth(recount, rows) - self._served_today
        if problem.robust is not None:
            return self._over_scenarios(rows)
        return recount.gained_worth(rows)

    @cached_property
    def _served_today(self) -> float:
        return served_worth(self.recount, ())

    def _over_scenarios(self, rows: Rows) -> float:
        robust = self.problem.robust
        if robust is None:
            raise AssertionError("scenarios are counted where there are some")
        pairs = [scenario_people(one, rows) for one in robust.scenarios]
        if robust.aim == "worst":
            return min(a + b for a, b in pairs) - min(a for a, _ in pairs)
        chance = sum(one.chance for one in robust.scenarios)
        parts = zip(robust.scenarios, pairs, strict=True)
        return sum(one.chance * more for one, (_, more) in parts) / chance

    def enough(self, rows: Rows) -> bool:
        """Tell whether ``fewest_sites`` has its share with these sites; else always true."""
        problem = self.problem
        if problem.question != "fewest_sites":
            return True
        wanted = self._wanted - _ENOUGH * max(self.recount.people, 1.0)
        if problem.capacity is not None:
            return served_people(self.recount, rows) >= wanted
        return self.recount.before + self.recount.gained(rows) >= wanted

    @cached_property
    def _wanted(self) -> float:
        problem, recount = self.problem, self.recount
        if problem.people_wanted is not None:
            return problem.people_wanted
        if problem.share_of == "all":
            return problem.share * recount.people
        if problem.capacity is not None:
            return problem.share * served_people(recount, recount.allowed)
        there = float(problem.weight[recount.everywhere].sum())
        return problem.share * (recount.before + there)


def scenario_people(one: "Scenario", rows: Rows) -> tuple[float, float]:
    """Return the people inside today in one scenario, and those that some sites add."""
    held = union(one.covers_indptr, one.covers_indices, rows, len(one.weight))
    new = held & ~one.already
    return float(one.weight[one.already].sum()), float(one.weight[new].sum())
