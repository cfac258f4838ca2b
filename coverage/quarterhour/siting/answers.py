"""The one door to all models: a question goes in, an answer with its bound comes out.

Every model is a function of one shape::

    solve_x(problem, *, patience, near=None, on_progress=None) -> Answer

It returns the best choice when ``patience`` is over, however soon, as long as any choice keeps to
the rules; it raises :class:`InfeasibleError` only where it is proven that none does, or where none
was found in time (another key). ``near`` is an answer to a question that differs little (a site
vetoed, a rule dropped, another number of sites): a place to begin, never an assumption.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quarterhour.siting.patience import Patience
    from quarterhour.siting.problem import SitingProblem

OnBound = Callable[[float, float], None]
"""Called with ``(objective, bound)``, in the units of the answer, while a model runs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """A choice of sites, and what no choice can beat.

    Attributes
    ----------
    chosen
        Rows of candidates, ascending, int64; none is useless unless it must be chosen.
    objective, bound
        Whole numbers in the model's own small units: milli-people for ``most_people`` (with
        years: milli-people summed over years; with capacity: served), sites or currency units
        for ``fewest_sites``, milli-people x milliseconds for ``least_walking``, milliseconds for
        ``shortest_longest``. No choice has a better objective than the bound.
    maximise
        Whether more is better.
    rounding
        How much the rounding of people to milli-people could hide in the bound, same units.
    opens
        With years: for each of ``chosen`` the place of its year, int64; else ``None``.
    memory
        What a nearby question may begin with; its meaning is the model's own.
    """

    chosen: NDArray[np.int64]
    objective: float
    bound: float
    maximise: bool = True
    rounding: float = 0.0
    opens: NDArray[np.int64] | None = None
    memory: object = None

    @property
    def proven(self) -> bool:
        """Whether no choice is better."""
        return self.bound <= self.objective if self.maximise else self.bound >= self.objective

    @property
    def gap(self) -> float:
        """Distance from objective to bound, relative to the larger of the two; 0 if proven."""
        if self.proven:
            return 0.0
        high, low = max(self.objective, self.bound), min(self.objective, self.bound)
        return (high - low) / high if high > 0 else 0.0


def solve_problem(
    problem: "SitingProblem",
    *,
    patience: "Patience",
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer any question with the model that it is for.

    Raises
    ------
    InfeasibleError
        If no choice keeps to the rules, or none was found in time.
    """
    model = _model_of(problem)
    return model(problem, patience=patience, near=near, on_progress=on_progress)


def _model_of(problem: "SitingProblem") -> Callable[..., Answer]:
    # Each model brings heavy imports of its own: they wait until it is asked.
    if problem.years is not None:
        from quarterhour.siting.phases import solve_years

        return solve_years
    if problem.capacity is not None:
        from quarterhour.siting.served import solve_served

        return solve_served
    if problem.robust is not None:
        from quarterhour.siting.robust import solve_robust

        return solve_robust
    if problem.question == "fewest_sites":
        from quarterhour.siting.fewest import solve_fewest

        return solve_fewest
    if problem.question == "least_walking":
        from quarterhour.siting.walking import solve_walking

        return solve_walking
    if problem.question == "shortest_longest":
        from quarterhour.siting.longest import solve_longest

        return solve_longest
    from quarterhour.siting.covering import solve_cover

    return solve_cover
