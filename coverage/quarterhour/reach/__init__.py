"""Reach: walking times between positions, and the shapes reached."""

from quarterhour.reach.isochrones import (
    Method,
    Pen,
    Shape,
    isochrones,
    isochrones_each,
    merge_shapes,
)
from quarterhour.reach.lines import stretch_lines
from quarterhour.reach.stretches import ReachedStreets, reached_streets
from quarterhour.reach.times import (
    Direction,
    NearestTimes,
    ReachTable,
    join_pairs,
    nearest_of,
    nearest_times,
    node_times,
    walking_times,
)

__all__ = [
    "Direction",
    "Method",
    "NearestTimes",
    "Pen",
    "ReachTable",
    "ReachedStreets",
    "Shape",
    "isochrones",
    "isochrones_each",
    "join_pairs",
    "merge_shapes",
    "nearest_of",
    "nearest_times",
    "node_times",
    "reached_streets",
    "stretch_lines",
    "walking_times",
]
