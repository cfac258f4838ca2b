"""Cover: who is inside which circle, and where the gaps are."""

from quarterhour.cover.assess import BY_GROUP, Coverage, assess_cover, time_quantiles
from quarterhour.cover.gaps import CAUSES, Gaps, find_gaps
from quarterhour.inputs.facilities import ANY

__all__ = [
    "ANY",
    "BY_GROUP",
    "CAUSES",
    "Coverage",
    "Gaps",
    "assess_cover",
    "find_gaps",
    "time_quantiles",
]
