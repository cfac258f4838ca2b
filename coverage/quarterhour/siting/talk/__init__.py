"""The talk about a plan: why these sites, why not others, what else, and at what price.

:func:`explain_plan` says what else could be done beside a plan; :func:`explain_infeasible` why
nothing can; :func:`unreachable` whom no choice of sites helps.
"""

from quarterhour.siting.talk.conflict import Infeasibility, explain_infeasible, explained
from quarterhour.siting.talk.frontier import Frontier
from quarterhour.siting.talk.nearbest import NearBest
from quarterhour.siting.talk.nesting import NestedOrder
from quarterhour.siting.talk.outofreach import Unreachable, unreachable
from quarterhour.siting.talk.plantalk import PlanTalk, explain_plan
from quarterhour.siting.talk.shadow import Shadow

__all__ = [
    "Frontier",
    "Infeasibility",
    "NearBest",
    "NestedOrder",
    "PlanTalk",
    "Shadow",
    "Unreachable",
    "explain_infeasible",
    "explain_plan",
    "explained",
    "unreachable",
]
