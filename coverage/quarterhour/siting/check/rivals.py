"""The other plans: what is lost with a veto, and which plans stand behind the first."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from quarterhour.siting.check.achieving import Achieved
from quarterhour.siting.check.figures import Figure
from quarterhour.siting.check.keeping import keeps, possible_without
from quarterhour.siting.check.recount import Rows
from quarterhour.siting.check.timetable import affordable

if TYPE_CHECKING:
    from quarterhour.siting.plan import SitePlan

_SURE = ("optimal", "must", "needed")
_STATED = ("optimal", "within gap", "time limit")


class Rivals:
    """The veto plans and the alternatives of one plan."""

    def __init__(self, plan: "SitePlan", achieved: Achieved, objective: float) -> None:
        self.plan, self.achieved, self.objective = plan, achieved, objective
        self.problem = achieved.problem
        self.row_of = achieved.recount.row_of
        self.sign = 1.0 if achieved.more_is_better else -1.0
        self._stated = {
            frozenset(self.row_of.get(site, -1) for site in other.site_ids): other.objective
            for other in plan.alternatives
        }
        self._judged: dict[tuple[str, ...], Rows | None] = {}
        self.slack = 2 * achieved.slack
        self.dust = self.slack + 2 * plan.rounding + 1e-9 * max(achieved.scale, 1.0)

    def rows(self, ids: tuple[str, ...]) -> Rows | None:
        """Return the rows of a plan that keeps to everything, else ``None``."""
        if ids not in self._judged:
            rows = [self.row_of[site] for site in ids if site in self.row_of]
            fits = len(rows) == len(ids) and keeps(self.problem, rows)
            fits = fits and self.achieved.enough(rows)
            if fits and self.problem.years is not None:
                fits = affordable(self.problem.years, rows)
            self._judged[ids] = rows if fits else None
        return self._judged[ids]

    def figures(self) -> Iterator[Figure]:
        """Yield every figure about other plans."""
        plan = self.plan
        for place, site in enumerate(plan.site_ids):
            yield from self._veto(place, site)
        yield from self._others()

    def _veto(self, place: int, site: str) -> Iterator[Figure]:
        plan, loss = self.plan, float(self.plan.loss_if_vetoed[place])
        status, other = plan.veto_status[place], plan.runner_up[place]
        must = self.row_of[site] in self.problem.must
        yield Figure(f"veto_status[{site}]", status == "must", must)
        if must or status == "needed":
            yield Figure(f"runner_up[{site}]", other, ())
            yield Figure(f"loss_if_vetoed[{site}]", loss, math.nan if must else math.inf)
            if not must:
                yield Figure(f"veto_status[{site}], needed", self._is_needed(site), True)
            return
        yield Figure(f"veto_status[{site}], known", status in _STATED, True)
        if status == "time limit" and not other and math.isnan(loss):
            # Nothing was found in time, and nothing is claimed.
            return
        rows = self.rows(other)
        yield Figure(f"runner_up[{site}]", rows is not None and site not in other, True)
        if rows is None:
            return
        yield Figure(f"runner_up[{site}] (order)", rows, sorted(rows))
        value = self._value(rows)
        lost = self.sign * (self.objective - value)
        yield Figure(f"loss_if_vetoed[{site}]", loss, lost, self.achieved.scale, self.slack)
        if plan.status == "optimal":
            # Nothing beats what is proven to be the best.
            yield Figure(f"loss_if_vetoed[{site}], not below 0", lost >= -self.dust, True)
        if status == "optimal":
            better = [o for o in plan.runner_up if site not in o and self._beats(o, value)]
            yield Figure(f"runner_up[{site}], none better known", better, [])

    def _beats(self, ids: tuple[str, ...], value: float) -> bool:
        rows = self.rows(ids) if ids else None
        return rows is not None and self.sign * (self._value(rows) - value) > self.dust

    def _value(self, rows: Rows) -> float:
        """Return what other sites achieve; with years, what the plan says of them.

        Their timetable is not told, so only its limits are counted again.
        """
        if self.problem.years is None:
            return self.achieved.of(rows)
        return self._stated.get(frozenset(rows), 0.0)

    def _is_needed(self, site: str) -> bool:
        """Tell whether no plan without a site can be, as far as that can be found out here."""
        problem, row = self.problem, self.row_of[site]
        if problem.question == "fewest_sites":
            rest = [other for other in self.achieved.recount.allowed if other != row]
            if not self.achieved.enough(rest):
                return True
            # Share and rules together are a model of their own: only the simplest is judged.
            limited = problem.rules or problem.n_sites is not None or problem.budget is not None
            return bool(limited)
        return problem.years is not None or possible_without(problem, row) is not True

    def _others(self) -> Iterator[Figure]:
        plan = self.plan
        distinct = {frozenset(other) for other in plan.runner_up if other}
        found = [frozenset(other.site_ids) for other in plan.alternatives]
        yield Figure("alternatives", set(found), distinct)
        yield Figure("alternatives (distinct)", len(found), len(set(found)))
        sure = all(status in _SURE for status in plan.veto_status)
        last = math.inf
        for place, other in enumerate(plan.alternatives, start=1):
            name = f"alternative {place}"
            yield Figure(f"{name}, proven", other.status == "optimal", sure)
            yield Figure(f"{name}, status", other.status in _STATED, True)
            rows = self.rows(other.site_ids)
            fits = rows is not None and set(other.site_ids) != set(plan.site_ids)
            yield Figure(name, fits, True)
            if rows is None:
                continue
            yield Figure(f"{name} (candidate order)", rows, sorted(rows))
            people = self.achieved.recount.gained(rows)
            yield Figure(f"{name}, people_gained", other.people_gained, people,
                         self.achieved.recount.people)  # fmt: skip
            if self.problem.years is not None:
                most = self.achieved.recount.gained_worth(rows) * len(self.problem.years.years)
                possible = -self.dust <= other.objective <= most + self.dust
                yield Figure(f"{name}, objective (possible)", possible, True)
            else:
                value = self.achieved.of(rows)
                yield Figure(f"{name}, objective", other.objective, value, self.achieved.scale,
                             self.slack)  # fmt: skip
            now = self.sign * other.objective
            yield Figure(f"{name}, order", now <= last + self.dust, True)
            last = now
