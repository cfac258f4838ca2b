"""What a question asks for, as a figure in its own unit, counted from the people themselves."""

from typing import TYPE_CHECKING

from quarterhour.siting.answers import Answer
from quarterhour.siting.counting import MILLI, gained, walks_ms
from quarterhour.siting.plan import Unit

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_SECONDS = 1000.0


def unit_of(problem: "SitingProblem") -> Unit:
    """Return the unit in which a question is answered."""
    if problem.years is not None:
        return "people_years"
    if problem.question == "fewest_sites":
        return "money" if problem.fewest == "cost" else "sites"
    if problem.question == "least_walking":
        return "person_seconds"
    if problem.question == "shortest_longest":
        return "seconds"
    return "people" if problem.merit is None else "merit"


def in_units(value: float, unit: Unit) -> float:
    """Return a figure of an :class:`Answer` in the unit of the plan."""
    if unit in ("people", "merit", "people_years"):
        return value / MILLI
    if unit == "person_seconds":
        return value / MILLI / _SECONDS
    return value / _SECONDS if unit == "seconds" else value


def exact_objective(problem: "SitingProblem", answer: Answer) -> float:
    """Return the objective of an answer counted from the people themselves, in its unit."""
    unit = unit_of(problem)
    if problem.robust is not None:
        from quarterhour.siting.robust import robust_objective

        return robust_objective(problem, answer.chosen)
    if unit == "people_years":
        from quarterhour.siting.phases import people_years

        return people_years(problem, answer)
    if problem.capacity is not None and unit in ("people", "merit"):
        from quarterhour.siting.served import people_served

        return people_served(problem, answer.chosen)
    if unit in ("people", "merit"):
        return gained(problem, answer.chosen, problem.worth)
    if unit == "person_seconds":
        return float((problem.weight * walks_ms(problem, answer.chosen)).sum()) / _SECONDS
    return in_units(answer.objective, unit)
