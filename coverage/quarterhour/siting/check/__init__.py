"""Count a plan's figures again, by another way than the one that made them.

Every figure is counted from the raw covers, times, money and rules of the question. Nothing here
is shared with the models and with what describes their answers, on purpose: a mistake there
cannot repeat itself here. Only the types of a question and of a plan are the same.
"""

from quarterhour.siting.check.figures import CheckedFigure, PlanCheck
from quarterhour.siting.check.moving import check_moves
from quarterhour.siting.check.plans import check_plan

__all__ = ["CheckedFigure", "PlanCheck", "check_moves", "check_plan"]
