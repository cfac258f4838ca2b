"""Choose sites: candidates, models, proof.

Flow: :func:`screen_premises` and :func:`generate_candidates` make :class:`Candidates`; walking
times make a :class:`SitingProblem`; :func:`recommend` answers with a :class:`SitePlan`;
:func:`check_plan` counts it again by other means; :func:`explain_plan` says what else could be,
:func:`explain_infeasible` why nothing can, :func:`try_stability` what other assumptions change.
"""

# Parts of a plan are imported here although the models load late: whoever opens a saved run needs
# their classes, and a file loads none.
from quarterhour.siting.candidates import Candidates, join_candidates
from quarterhour.siting.check import PlanCheck, check_moves, check_plan
from quarterhour.siting.generating import generate_candidates
from quarterhour.siting.moving import Moves, moves_of, with_moves
from quarterhour.siting.parts import Capacity, Robust, Scenario, Times, Years
from quarterhour.siting.phases import PhasedPlan
from quarterhour.siting.plan import Alternative, SitePlan
from quarterhour.siting.problem import SitingProblem
from quarterhour.siting.recommending import recommend
from quarterhour.siting.robust import RobustPlan
from quarterhour.siting.rulecost import RuleCost, cost_of_rules
from quarterhour.siting.rules import Rule, apart, at_least_in_area, at_most_of
from quarterhour.siting.screening import Rejection, Screening, ScreeningRules, screen_premises
from quarterhour.siting.served import ServedPlan
from quarterhour.siting.stability import Stability, try_stability
from quarterhour.siting.talk import (
    Frontier,
    Infeasibility,
    NearBest,
    NestedOrder,
    PlanTalk,
    Shadow,
    Unreachable,
    explain_infeasible,
    explain_plan,
    unreachable,
)
from quarterhour.siting.tiers import LedPlan, lead_rule

__all__ = [
    "Alternative",
    "Candidates",
    "Capacity",
    "Frontier",
    "Infeasibility",
    "LedPlan",
    "Moves",
    "NearBest",
    "NestedOrder",
    "PhasedPlan",
    "PlanCheck",
    "PlanTalk",
    "Rejection",
    "Robust",
    "RobustPlan",
    "Rule",
    "RuleCost",
    "Scenario",
    "Screening",
    "ScreeningRules",
    "ServedPlan",
    "Shadow",
    "SitePlan",
    "SitingProblem",
    "Stability",
    "Times",
    "Unreachable",
    "Years",
    "apart",
    "at_least_in_area",
    "at_most_of",
    "check_moves",
    "check_plan",
    "cost_of_rules",
    "explain_infeasible",
    "explain_plan",
    "generate_candidates",
    "join_candidates",
    "lead_rule",
    "moves_of",
    "recommend",
    "screen_premises",
    "try_stability",
    "unreachable",
    "with_moves",
]
