"""Who can walk to elder care in 15 minutes, who cannot, and where new sites do the most good.

This page is the whole public face. Names are loaded when they are first used, so that importing
the package is quick; ``docs/reference.md`` says what each is for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quarterhour.checking import (
        CheckResult,
        check_document,
        check_study,
        write_picture,
        write_templates,
    )
    from quarterhour.comparing import (
        Comparison,
        compare_runs,
        write_comparison,
    )
    from quarterhour.cover import (
        Case,
        Completeness,
        Coverage,
        DistanceBands,
        Equity,
        Gaps,
        Hierarchy,
        Indicator,
        Measured,
        MissingLinks,
        NeighbourEffect,
        NetworkReport,
        OtherCircle,
        PlacementEffect,
        Scorecard,
        Served,
        Services,
        StepFreeReport,
        Supply,
        SupplyRatio,
        Sweep,
        WalkTimes,
        YearSeries,
        assess_circle,
        assess_cover,
        assess_equity,
        assess_hierarchy,
        assess_services,
        assess_step_free,
        compare_neighbours,
        compare_placements,
        find_gaps,
        find_links,
        gini,
        judge_completeness,
        lorenz,
        measure_bands,
        measure_supply,
        measure_walk_times,
        report_network,
        score,
        series_by_year,
        share_out,
        supply_ratio,
        time_quantiles,
    )
    from quarterhour.cover.sweep.sweeping import (
        sweep,
    )
    from quarterhour.demand import (
        Demand,
        other_placement,
        place_residents,
    )
    from quarterhour.demo import (
        write_demo,
    )
    from quarterhour.errors import (
        Fault,
        InfeasibleError,
        InputError,
        NetworkError,
        QuarterhourError,
        SolverError,
    )
    from quarterhour.findings import (
        Findings,
    )
    from quarterhour.inputs import (
        Areas,
        Buildings,
        Datum,
        Entrances,
        Facilities,
        Hazards,
        Indicators,
        PopulationGrid,
        Premises,
        Residents,
        Unlocated,
        read_areas,
        read_buildings,
        read_facilities,
        read_hazards,
        read_indicators,
        read_neighbours,
        read_osm_areas,
        read_osm_facilities,
        read_population_grid,
        read_premises,
        read_residents,
        write_unlocated,
    )
    from quarterhour.maps import (
        Tiles,
        plan_pages,
        tiles_of,
        web_map,
    )
    from quarterhour.pages import PageOptions
    from quarterhour.pipeline import (
        StudyRun,
        compare_folders,
        rewrite_pages,
        run_demo,
        run_study,
    )
    from quarterhour.presets import (
        Preset,
        Walker,
        constants,
        walker,
        walkers,
    )
    from quarterhour.reach import (
        NearestTimes,
        Pen,
        ReachTable,
        isochrones,
        isochrones_each,
        join_pairs,
        nearest_times,
        node_times,
        walking_times,
    )
    from quarterhour.report import (
        official_tables,
        write_layers,
        write_report,
        write_sites,
        write_tables,
    )
    from quarterhour.siting import (
        Candidates,
        Capacity,
        Frontier,
        Infeasibility,
        LedPlan,
        Moves,
        NearBest,
        NestedOrder,
        PhasedPlan,
        PlanTalk,
        Robust,
        RobustPlan,
        Rule,
        RuleCost,
        Scenario,
        Screening,
        ScreeningRules,
        ServedPlan,
        Shadow,
        SitePlan,
        SitingProblem,
        Stability,
        Times,
        Unreachable,
        Years,
        apart,
        at_least_in_area,
        at_most_of,
        check_plan,
        cost_of_rules,
        explain_infeasible,
        explain_plan,
        generate_candidates,
        join_candidates,
        lead_rule,
        moves_of,
        recommend,
        screen_premises,
        try_stability,
        unreachable,
        with_moves,
    )
    from quarterhour.starter import (
        start_study,
    )
    from quarterhour.streets import (
        DatumComparison,
        MapServers,
        PacedNetwork,
        Snapped,
        StreetMatch,
        Terrain,
        WalkNetwork,
        compare_datums,
        download_network,
        drape,
        from_networkx,
        grade_streets,
        match_streets,
        read_network,
        read_terrain,
        snap,
        snap_facilities,
        to_networkx,
        walk_seconds,
        write_network,
    )
    from quarterhour.study import (
        Study,
        read_study,
    )

__version__ = "0.1.0"

# Where each name lives.
_ROOMS = {
    "quarterhour.checking": (
        "CheckResult", "check_document", "check_study", "write_picture", "write_templates",
    ),
    "quarterhour.comparing": (
        "Comparison", "compare_runs", "write_comparison",
    ),
    "quarterhour.cover": (
        "Case", "Completeness", "Coverage", "DistanceBands", "Equity", "Gaps", "Hierarchy",
        "Indicator", "Measured", "MissingLinks", "NeighbourEffect", "NetworkReport", "OtherCircle",
        "PlacementEffect", "Scorecard", "Served", "Services", "StepFreeReport", "Supply",
        "SupplyRatio", "Sweep", "WalkTimes", "YearSeries", "assess_circle", "assess_cover",
        "assess_equity", "assess_hierarchy", "assess_services", "assess_step_free",
        "compare_neighbours", "compare_placements", "find_gaps", "find_links", "gini",
        "judge_completeness", "lorenz", "measure_bands", "measure_supply", "measure_walk_times",
        "report_network", "score", "series_by_year", "share_out", "supply_ratio", "time_quantiles",
    ),
    "quarterhour.cover.sweep.sweeping": (
        "sweep",
    ),
    "quarterhour.demand": (
        "Demand", "other_placement", "place_residents",
    ),
    "quarterhour.demo": (
        "write_demo",
    ),
    "quarterhour.errors": (
        "Fault", "InfeasibleError", "InputError", "NetworkError", "QuarterhourError", "SolverError",
    ),
    "quarterhour.findings": (
        "Findings",
    ),
    "quarterhour.inputs": (
        "Areas", "Buildings", "Datum", "Entrances", "Facilities", "Hazards", "Indicators",
        "PopulationGrid", "Premises", "Residents", "Unlocated", "read_areas", "read_buildings",
        "read_facilities", "read_hazards", "read_indicators", "read_neighbours", "read_osm_areas",
        "read_osm_facilities", "read_population_grid", "read_premises", "read_residents",
        "write_unlocated",
    ),
    "quarterhour.maps": (
        "Tiles", "plan_pages", "tiles_of", "web_map",
    ),
    "quarterhour.pages": (
        "PageOptions",
    ),
    "quarterhour.pipeline": (
        "StudyRun", "compare_folders", "rewrite_pages", "run_demo", "run_study",
    ),
    "quarterhour.presets": (
        "Preset", "Walker", "constants", "walker", "walkers",
    ),
    "quarterhour.reach": (
        "NearestTimes", "Pen", "ReachTable", "isochrones", "isochrones_each", "join_pairs",
        "nearest_times", "node_times", "walking_times",
    ),
    "quarterhour.report": (
        "official_tables", "write_layers", "write_report", "write_sites", "write_tables",
    ),
    "quarterhour.siting": (
        "Candidates", "Capacity", "Frontier", "Infeasibility", "LedPlan", "Moves", "NearBest",
        "NestedOrder", "PhasedPlan", "PlanTalk", "Robust", "RobustPlan", "Rule", "RuleCost",
        "Scenario", "Screening", "ScreeningRules", "ServedPlan", "Shadow", "SitePlan",
        "SitingProblem", "Stability", "Times", "Unreachable", "Years", "apart", "at_least_in_area",
        "at_most_of", "check_plan", "cost_of_rules", "explain_infeasible", "explain_plan",
        "generate_candidates", "join_candidates", "lead_rule", "moves_of", "recommend",
        "screen_premises", "try_stability", "unreachable", "with_moves",
    ),
    "quarterhour.starter": (
        "start_study",
    ),
    "quarterhour.streets": (
        "DatumComparison", "MapServers", "PacedNetwork", "Snapped", "StreetMatch", "Terrain",
        "WalkNetwork", "compare_datums", "download_network", "drape", "from_networkx",
        "grade_streets", "match_streets", "read_network", "read_terrain", "snap", "snap_facilities",
        "to_networkx", "walk_seconds", "write_network",
    ),
    "quarterhour.study": (
        "Study", "read_study",
    ),
}  # fmt: skip
_HOMES = {name: home for home, names in _ROOMS.items() for name in names}

__all__ = [
    "Areas", "Buildings", "Candidates", "Capacity", "Case", "CheckResult", "Comparison",
    "Completeness", "Coverage", "Datum", "DatumComparison", "Demand", "DistanceBands", "Entrances",
    "Equity", "Facilities", "Fault", "Findings", "Frontier", "Gaps", "Hazards", "Hierarchy",
    "Indicator", "Indicators", "Infeasibility", "InfeasibleError", "InputError", "LedPlan",
    "MapServers", "Measured", "MissingLinks", "Moves", "NearBest", "NearestTimes",
    "NeighbourEffect", "NestedOrder", "NetworkError", "NetworkReport", "OtherCircle",
    "PacedNetwork", "PageOptions", "Pen", "PhasedPlan", "PlacementEffect", "PlanTalk",
    "PopulationGrid", "Premises", "Preset", "QuarterhourError", "ReachTable", "Residents", "Robust",
    "RobustPlan", "Rule", "RuleCost", "Scenario", "Scorecard", "Screening", "ScreeningRules",
    "Served", "ServedPlan", "Services", "Shadow", "SitePlan", "SitingProblem", "Snapped",
    "SolverError", "Stability", "StepFreeReport", "StreetMatch", "Study", "StudyRun", "Supply",
    "SupplyRatio", "Sweep", "Terrain", "Tiles", "Times", "Unlocated", "Unreachable", "WalkNetwork",
    "WalkTimes", "Walker", "YearSeries", "Years", "apart", "assess_circle", "assess_cover",
    "assess_equity", "assess_hierarchy", "assess_services", "assess_step_free", "at_least_in_area",
    "at_most_of", "check_document", "check_plan", "check_study", "compare_datums",
    "compare_folders", "compare_neighbours", "compare_placements", "compare_runs", "constants",
    "cost_of_rules", "download_network", "drape", "explain_infeasible", "explain_plan", "find_gaps",
    "find_links", "from_networkx", "generate_candidates", "gini", "grade_streets", "isochrones",
    "isochrones_each", "join_candidates", "join_pairs", "judge_completeness", "lead_rule", "lorenz",
    "match_streets", "measure_bands", "measure_supply", "measure_walk_times", "moves_of",
    "nearest_times", "node_times", "official_tables", "other_placement", "place_residents",
    "plan_pages", "read_areas", "read_buildings", "read_facilities", "read_hazards",
    "read_indicators", "read_neighbours", "read_network", "read_osm_areas", "read_osm_facilities",
    "read_population_grid", "read_premises", "read_residents", "read_study", "read_terrain",
    "recommend", "report_network", "rewrite_pages", "run_demo", "run_study", "score",
    "screen_premises", "series_by_year", "share_out", "snap", "snap_facilities", "start_study",
    "supply_ratio", "sweep", "tiles_of", "time_quantiles", "to_networkx", "try_stability",
    "unreachable", "walk_seconds", "walker", "walkers", "walking_times", "web_map", "with_moves",
    "write_comparison", "write_demo", "write_layers", "write_network", "write_picture",
    "write_report", "write_sites", "write_tables", "write_templates", "write_unlocated",
]  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
