"""A schedule as a reader wants it: what opens when, what it costs, and whom it reaches by year."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.siting.counting import gained
from quarterhour.siting.patience import Patience
from quarterhour.siting.phases.solving import YearsMemory
from quarterhour.siting.phases.unphased import Unphased, best_unphased, question_of

if TYPE_CHECKING:
    from quarterhour.siting.answers import Answer
    from quarterhour.siting.problem import SitingProblem

_UNPHASED_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhasedPlan:
    """What opens when.

    Attributes
    ----------
    years
        As asked.
    opens
        For each site, in building order, the place of the year in which it opens, int64
        (n_sites,).
    opened
        Sites that open in each year, int64 (n_years,).
    build_spent, running_spent
        Currency units paid in each year for building, and for running what is open, int64
        (n_years,).
    budget
        What each year brings, int64 (n_years,); ``None`` where money does not limit.
    money_left
        What is left at the end of each year, int64 (n_years,): with carry-over it goes into the
        next year, else it is lost. ``None`` like ``budget``.
    carry_over
        Whether money not used in a year may be used later.
    people_by_year
        People gained by the sites that are open in each year, float64 (n_years,); never less than
        in the year before.
    worth_by_year
        The same as the question counts them (``merit``); their sum is the plan's objective.
    unphased_ids
        Sites of the best plan for the last year alone, in candidate order: the money of all years
        at once, each site paying for being built and one year of running.
    unphased_people, unphased_worth
        What those sites gain.
    unphased_bound
        No choice for the last year is worth more.
    unphased_proven
        Whether none is worth more than those sites.
    """

    years: tuple[int, ...]
    opens: NDArray[np.int64]
    opened: NDArray[np.int64]
    build_spent: NDArray[np.int64]
    running_spent: NDArray[np.int64]
    budget: NDArray[np.int64] | None
    money_left: NDArray[np.int64] | None
    carry_over: bool
    people_by_year: NDArray[np.float64]
    worth_by_year: NDArray[np.float64]
    unphased_ids: tuple[str, ...]
    unphased_people: float
    unphased_worth: float
    unphased_bound: float
    unphased_proven: bool

    def __post_init__(self) -> None:
        for array in (self.opens, self.opened, self.build_spent, self.running_spent,
                      self.people_by_year, self.worth_by_year):  # fmt: skip
            array.setflags(write=False)

    @property
    def last_year_people(self) -> float:
        """People gained in the last year, when everything is open."""
        return float(self.people_by_year[-1])

    @property
    def price_of_phasing(self) -> float:
        """How much less the last year is worth than if it alone had been planned for."""
        return self.unphased_worth - float(self.worth_by_year[-1])

    @property
    def gap_to_unphased(self) -> float:
        """Distance from the last year to the bound of the unphased best, relative to the bound."""
        bound = self.unphased_bound
        return (bound - float(self.worth_by_year[-1])) / bound if bound > 0 else 0.0

    def to_frame(self) -> pd.DataFrame:
        """Return one row per year."""
        frame = pd.DataFrame(
            {
                "year": list(self.years),
                "opened": self.opened,
                "open": np.cumsum(self.opened),
                "build_spent": self.build_spent,
                "running_spent": self.running_spent,
                "people": self.people_by_year,
            }
        )
        if self.budget is not None:
            frame.insert(3, "budget", self.budget)
            frame.insert(6, "money_left", self.money_left)
        return frame


def people_years(problem: "SitingProblem", answer: "Answer") -> float:
    """Return people (or what they are worth) gained, summed over years, counted from the people."""
    if problem.years is None or answer.opens is None:
        raise AssertionError("years are needed")
    n_years = len(problem.years.years)
    return float(sum(_by_year(problem, answer.chosen, answer.opens, n_years, problem.worth)))


def phased_plan(problem: "SitingProblem", answer: "Answer", order: NDArray[np.int64]) -> PhasedPlan:
    """Return the schedule of an answer, counted from the people and the costs themselves.

    Parameters
    ----------
    problem, answer
        The question, and its answer.
    order
        Rows of the chosen sites in building order.
    """
    years = problem.years
    if years is None or answer.opens is None:
        raise AssertionError("years are needed")
    opens = _in_order(answer, order)
    n_years = len(years.years)
    at = np.arange(n_years)[:, None]
    build = np.where(opens == at, years.build_cost[order], 0).sum(axis=1).astype(np.int64)
    running = np.where(opens <= at, years.yearly_cost[order], 0).sum(axis=1).astype(np.int64)
    budget, left = None, None
    if years.budget is not None:
        budget = years.budget.astype(np.int64)
        left = budget - build - running
        left = np.cumsum(left) if years.carry_over else left
    alone = _unphased(problem, answer)
    return PhasedPlan(
        years=years.years,
        opens=opens,
        opened=np.bincount(opens, minlength=n_years).astype(np.int64),
        build_spent=build,
        running_spent=running,
        budget=budget,
        money_left=left,
        carry_over=years.carry_over,
        people_by_year=np.array(_by_year(problem, order, opens, n_years, problem.weight)),
        worth_by_year=np.array(_by_year(problem, order, opens, n_years, problem.worth)),
        unphased_ids=tuple(problem.candidate_ids[site] for site in alone.chosen.tolist()),
        unphased_people=gained(problem, alone.chosen),
        unphased_worth=gained(problem, alone.chosen, problem.worth),
        unphased_bound=alone.bound,
        unphased_proven=alone.proven,
    )


def _in_order(answer: "Answer", order: NDArray[np.int64]) -> NDArray[np.int64]:
    opens = answer.opens
    if opens is None:
        raise AssertionError("years are needed")
    of = dict(zip(answer.chosen.tolist(), opens.tolist(), strict=True))
    return np.array([of[site] for site in order.tolist()], dtype=np.int64)


def _by_year(
    problem: "SitingProblem",
    sites: NDArray[np.int64],
    opens: NDArray[np.int64],
    n_years: int,
    what: NDArray[np.float64],
) -> list[float]:
    return [gained(problem, sites[opens <= year], what) for year in range(n_years)]


def _unphased(problem: "SitingProblem", answer: "Answer") -> Unphased:
    memory = answer.memory
    if isinstance(memory, YearsMemory):
        alone = memory.unphased
        if alone.question == question_of(problem):
            return alone.not_below(problem, answer.chosen)
    return best_unphased(problem, answer.chosen, patience=Patience(_UNPHASED_S))
