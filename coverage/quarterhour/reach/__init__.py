"""Reach: walking times between positions, and the shapes reached."""

from quarterhour.reach.isochrones import (
    isochrones,
    merge_shapes,
    reached_streets,
    stretch_lines,
)
from quarterhour.reach.times import (
    Direction,
    NearestTimes,
    ReachTable,
    nearest_times,
    walking_times,
)

__all__ = [
    "Direction",
    "NearestTimes",
    "ReachTable",
    "isochrones",
    "merge_shapes",
    "nearest_times",
    "reached_streets",
    "stretch_lines",
    "walking_times",
]
