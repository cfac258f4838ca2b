"""The best plan for the last year alone: what could stand there if nobody had to be served before.

The money of all years lies ready at once, and each site pays for being built and for one year of
running; as many sites may open as in all years together. With carry-over that is the same as to
wait and to open everything in the last year, so that the sites of every schedule could be chosen
here as well: no schedule covers more people in its last year.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.counting import MILLI, gained
from quarterhour.siting.covering import solve_cover
from quarterhour.siting.patience import Patience
from quarterhour.siting.rules import Rule, rule_of_rows

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Unphased:
    """A choice for the last year, what no choice can beat there, and the question it answers.

    ``bound`` is in people (or what they are worth), the rounding to milli-people included.
    """

    chosen: NDArray[np.int64]
    bound: float
    proven: bool
    question: tuple[object, ...]

    def not_below(self, problem: "SitingProblem", last: NDArray[np.int64]) -> "Unphased":
        """Return this, or the sites ``last`` of a schedule's last year where they are better."""
        own = gained(problem, self.chosen, problem.worth)
        worth = gained(problem, last, problem.worth)
        chosen = last if worth > own else self.chosen
        return replace(self, chosen=chosen, bound=max(self.bound, own, worth))


def question_of(problem: "SitingProblem") -> tuple[object, ...]:
    """Tell questions about the last year apart; what is held here cannot be confused later."""
    return (
        problem.years, problem.rules, tuple(sorted(problem.must)), tuple(sorted(problem.must_not)),
        problem.n_sites, problem.budget,
    )  # fmt: skip


def best_unphased(
    problem: "SitingProblem", last: NDArray[np.int64], *, patience: Patience
) -> Unphased:
    """Return the best choice for the last year alone.

    Parameters
    ----------
    problem
        The question with years.
    last
        Sites of the last year of some schedule: never worse than these.
    patience
        How long it may take.
    """
    everybody = gained(problem, np.flatnonzero(problem.allowed), problem.worth)
    chosen, bound, proven = last, everybody, False
    if not patience.over and problem.allowed.any():
        try:
            found = solve_cover(_at_once(problem), patience=patience)
        except InfeasibleError:
            found = None
        if found is not None:
            chosen, proven = found.chosen, found.proven
            bound = min(everybody, (found.bound + found.rounding) / MILLI)
    # A proven choice is the bound itself: what rounding to milli-people hides is not a gap.
    bound = gained(problem, chosen, problem.worth) if proven else bound
    found_so = Unphased(chosen=chosen, bound=bound, proven=proven, question=question_of(problem))
    return found_so.not_below(problem, last)


def _at_once(problem: "SitingProblem") -> "SitingProblem":
    """Return the question about the last year, the money of all years in one row."""
    years = problem.years
    if years is None:
        raise AssertionError("years are needed")
    n, n_sites = problem.n_candidates, problem.n_sites
    rules = problem.rules
    if years.n_sites is not None:
        total = int(years.n_sites.sum())
        n_sites = total if n_sites is None else min(n_sites, total)
        if not total:
            said = Fault("siting.asks_years_sites", {"total": 0})
            rules = (*rules, rule_of_rows(said, [range(n)], lower=[-np.inf], upper=[0.0]))
    n_sites = n if n_sites is None else max(n_sites, 1)
    if years.budget is not None:
        total = int(years.budget.sum())
        rules = (*rules, Rule(
            said=Fault("siting.asks_years_budget", {"total": total}),
            indptr=np.array([0, n]), indices=np.arange(n),
            values=(years.build_cost + years.yearly_cost).astype(np.int64),
            lower=np.array([-np.inf]), upper=np.array([float(total)]),
        ))  # fmt: skip
    n_sites = min(n_sites, int(problem.allowed.sum()))
    return problem.having(years=None, rules=rules, n_sites=max(n_sites, len(set(problem.must))))
