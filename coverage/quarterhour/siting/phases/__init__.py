"""Years: what opens when, under yearly money, and what that costs against planning without years.

Flow: :mod:`ledger` has the rows of money and openings, :mod:`schedule` the question,
:mod:`searching` finds schedules, :mod:`bounding` and :mod:`hull` say what none can beat,
:mod:`proving` closes the distance, :mod:`solving` is the door, :mod:`plan` the figures.
"""

from quarterhour.siting.phases.plan import PhasedPlan, people_years, phased_plan
from quarterhour.siting.phases.solving import solve_years

__all__ = ["PhasedPlan", "people_years", "phased_plan", "solve_years"]
