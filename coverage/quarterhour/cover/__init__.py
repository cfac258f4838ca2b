"""Cover: who is inside which circle, how well they are served, and what would change it."""

from quarterhour.cover.assess import BY_GROUP, Coverage, assess_cover, time_quantiles
from quarterhour.cover.bands import DistanceBands, measure_bands
from quarterhour.cover.case import Case
from quarterhour.cover.circles import OtherCircle, assess_circle
from quarterhour.cover.completeness import Completeness, judge_completeness
from quarterhour.cover.equity import Equity, assess_equity, gini, lorenz
from quarterhour.cover.gaps.finding import CAUSES, Gaps, find_gaps
from quarterhour.cover.hierarchy import Hierarchy, assess_hierarchy
from quarterhour.cover.links.finding import MissingLinks, find_links
from quarterhour.cover.measured import Measured
from quarterhour.cover.neighbours import NeighbourEffect, compare_neighbours
from quarterhour.cover.network_report import NetworkReport, report_network
from quarterhour.cover.placement import PlacementEffect, compare_placements
from quarterhour.cover.scorecard.results import Indicator, Scorecard
from quarterhour.cover.scorecard.scoring import score
from quarterhour.cover.services import Services, assess_services
from quarterhour.cover.step_free import StepFreeReport, assess_step_free, step_free_floor
from quarterhour.cover.supply.places import Supply, measure_supply
from quarterhour.cover.supply.ratio import SupplyRatio, supply_ratio
from quarterhour.cover.supply.served import Served, share_out
from quarterhour.cover.sweep.results import Sweep
from quarterhour.cover.walk_times import WalkTimes, measure_walk_times
from quarterhour.cover.years import YearSeries, series_by_year
from quarterhour.inputs.facilities import ANY

__all__ = [
    "ANY",
    "BY_GROUP",
    "CAUSES",
    "Case",
    "Completeness",
    "Coverage",
    "DistanceBands",
    "Equity",
    "Gaps",
    "Hierarchy",
    "Indicator",
    "Measured",
    "MissingLinks",
    "NeighbourEffect",
    "NetworkReport",
    "OtherCircle",
    "PlacementEffect",
    "Scorecard",
    "Served",
    "Services",
    "StepFreeReport",
    "Supply",
    "SupplyRatio",
    "Sweep",
    "WalkTimes",
    "YearSeries",
    "assess_circle",
    "assess_cover",
    "assess_equity",
    "assess_hierarchy",
    "assess_services",
    "assess_step_free",
    "compare_neighbours",
    "compare_placements",
    "find_gaps",
    "find_links",
    "gini",
    "judge_completeness",
    "lorenz",
    "measure_bands",
    "measure_supply",
    "measure_walk_times",
    "report_network",
    "score",
    "series_by_year",
    "share_out",
    "step_free_floor",
    "supply_ratio",
    "time_quantiles",
]
