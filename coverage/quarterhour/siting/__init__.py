"""Choose sites: candidates, models, proof.

Flow: :func:`screen_premises` turns premises into :class:`Candidates`; walking times make a
:class:`SitingProblem`; :func:`recommend` answers with a :class:`SitePlan`; :func:`check_plan`
counts it again by other means.
"""

from quarterhour.siting.candidates import Candidates, join_candidates
from quarterhour.siting.check import PlanCheck, check_plan
from quarterhour.siting.generating import generate_candidates
from quarterhour.siting.parts import Capacity, Robust, Scenario, Times, Years
from quarterhour.siting.plan import Alternative, SitePlan
from quarterhour.siting.problem import SitingProblem
from quarterhour.siting.recommending import recommend
from quarterhour.siting.rulecost import RuleCost, cost_of_rules
from quarterhour.siting.rules import Rule
from quarterhour.siting.screening import Rejection, Screening, ScreeningRules, screen_premises

__all__ = [
    "Alternative",
    "Candidates",
    "Capacity",
    "PlanCheck",
    "Rejection",
    "Robust",
    "Rule",
    "RuleCost",
    "Scenario",
    "Screening",
    "ScreeningRules",
    "SitePlan",
    "SitingProblem",
    "Times",
    "Years",
    "check_plan",
    "cost_of_rules",
    "generate_candidates",
    "join_candidates",
    "recommend",
    "screen_premises",
]
