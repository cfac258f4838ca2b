"""Choose sites: candidates, models, proof.

Flow: :func:`screen_premises` turns premises into :class:`Candidates`; walking times make a
:class:`SitingProblem`; :func:`recommend` answers with a :class:`SitePlan`; :func:`check_plan`
counts it again by other means.
"""

from quarterhour.siting.candidates import Candidates, Rejection, Screening, screen_premises
from quarterhour.siting.check import PlanCheck, check_plan
from quarterhour.siting.parts import Capacity, Robust, Scenario, Times, Years
from quarterhour.siting.plan import Alternative, SitePlan
from quarterhour.siting.problem import SitingProblem
from quarterhour.siting.recommending import recommend
from quarterhour.siting.rules import Rule

__all__ = [
    "Alternative",
    "Candidates",
    "Capacity",
    "PlanCheck",
    "Rejection",
    "Robust",
    "Rule",
    "Scenario",
    "Screening",
    "SitePlan",
    "SitingProblem",
    "Times",
    "Years",
    "check_plan",
    "recommend",
    "screen_premises",
]
