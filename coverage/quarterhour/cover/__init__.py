"""Cover: who is inside which circle, where the gaps are, and what the streets can carry."""

from quarterhour.cover.assess import BY_GROUP, Coverage, assess_cover, time_quantiles
from quarterhour.cover.completeness import Completeness, judge_completeness
from quarterhour.cover.gaps.finding import CAUSES, Gaps, find_gaps
from quarterhour.cover.network_report import NetworkReport, report_network
from quarterhour.cover.step_free import StepFreeReport, assess_step_free, step_free_floor
from quarterhour.inputs.facilities import ANY

__all__ = [
    "ANY",
    "BY_GROUP",
    "CAUSES",
    "Completeness",
    "Coverage",
    "Gaps",
    "NetworkReport",
    "StepFreeReport",
    "assess_cover",
    "assess_step_free",
    "find_gaps",
    "judge_completeness",
    "report_network",
    "step_free_floor",
    "time_quantiles",
]
