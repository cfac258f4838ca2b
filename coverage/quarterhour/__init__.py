"""Who can walk to elder care in 15 minutes, who cannot, and where new sites do the most good.

This page is the whole public face. Names are loaded when they are first used, so that importing
the package is quick; ``docs/reference.md`` says what each is for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quarterhour.cover import (
        Coverage,
        Gaps,
        assess_cover,
        find_gaps,
        time_quantiles,
    )
    from quarterhour.demand import (
        Buildings,
        Demand,
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
        Datum,
        Facilities,
        Premises,
        Residents,
        read_areas,
        read_facilities,
        read_premises,
        read_residents,
    )
    from quarterhour.maps import (
        plan_pages,
        web_map,
    )
    from quarterhour.pipeline import (
        StudyRun,
        check_study,
        rewrite_pages,
        run_demo,
        run_study,
    )
    from quarterhour.presets import (
        Preset,
        Walker,
        walker,
        walkers,
    )
    from quarterhour.reach import (
        NearestTimes,
        ReachTable,
        isochrones,
        nearest_times,
        walking_times,
    )
    from quarterhour.report import (
        write_layers,
        write_report,
        write_sites,
        write_tables,
    )
    from quarterhour.siting import (
        Candidates,
        SitePlan,
        SitingProblem,
        check_plan,
        recommend,
        screen_premises,
    )
    from quarterhour.starter import (
        start_study,
    )
    from quarterhour.streets import (
        PacedNetwork,
        Snapped,
        Terrain,
        WalkNetwork,
        drape,
        read_network,
        read_terrain,
        snap,
        walk_seconds,
    )
    from quarterhour.study import (
        Study,
        read_study,
    )

__version__ = "0.1.0"

_HOMES = {
    "Coverage": "quarterhour.cover",
    "Gaps": "quarterhour.cover",
    "assess_cover": "quarterhour.cover",
    "find_gaps": "quarterhour.cover",
    "time_quantiles": "quarterhour.cover",
    "Buildings": "quarterhour.demand",
    "Demand": "quarterhour.demand",
    "place_residents": "quarterhour.demand",
    "write_demo": "quarterhour.demo",
    "Fault": "quarterhour.errors",
    "InfeasibleError": "quarterhour.errors",
    "InputError": "quarterhour.errors",
    "NetworkError": "quarterhour.errors",
    "QuarterhourError": "quarterhour.errors",
    "SolverError": "quarterhour.errors",
    "Findings": "quarterhour.findings",
    "Areas": "quarterhour.inputs",
    "Datum": "quarterhour.inputs",
    "Facilities": "quarterhour.inputs",
    "Premises": "quarterhour.inputs",
    "Residents": "quarterhour.inputs",
    "read_areas": "quarterhour.inputs",
    "read_facilities": "quarterhour.inputs",
    "read_premises": "quarterhour.inputs",
    "read_residents": "quarterhour.inputs",
    "plan_pages": "quarterhour.maps",
    "web_map": "quarterhour.maps",
    "StudyRun": "quarterhour.pipeline",
    "check_study": "quarterhour.pipeline",
    "rewrite_pages": "quarterhour.pipeline",
    "run_demo": "quarterhour.pipeline",
    "run_study": "quarterhour.pipeline",
    "Preset": "quarterhour.presets",
    "Walker": "quarterhour.presets",
    "walker": "quarterhour.presets",
    "walkers": "quarterhour.presets",
    "NearestTimes": "quarterhour.reach",
    "ReachTable": "quarterhour.reach",
    "isochrones": "quarterhour.reach",
    "nearest_times": "quarterhour.reach",
    "walking_times": "quarterhour.reach",
    "write_layers": "quarterhour.report",
    "write_report": "quarterhour.report",
    "write_sites": "quarterhour.report",
    "write_tables": "quarterhour.report",
    "Candidates": "quarterhour.siting",
    "SitePlan": "quarterhour.siting",
    "SitingProblem": "quarterhour.siting",
    "check_plan": "quarterhour.siting",
    "recommend": "quarterhour.siting",
    "screen_premises": "quarterhour.siting",
    "start_study": "quarterhour.starter",
    "PacedNetwork": "quarterhour.streets",
    "Snapped": "quarterhour.streets",
    "Terrain": "quarterhour.streets",
    "WalkNetwork": "quarterhour.streets",
    "drape": "quarterhour.streets",
    "read_network": "quarterhour.streets",
    "read_terrain": "quarterhour.streets",
    "snap": "quarterhour.streets",
    "walk_seconds": "quarterhour.streets",
    "Study": "quarterhour.study",
    "read_study": "quarterhour.study",
}

__all__ = [
    "Areas",
    "Buildings",
    "Candidates",
    "Coverage",
    "Datum",
    "Demand",
    "Facilities",
    "Fault",
    "Findings",
    "Gaps",
    "InfeasibleError",
    "InputError",
    "NearestTimes",
    "NetworkError",
    "PacedNetwork",
    "Premises",
    "Preset",
    "QuarterhourError",
    "ReachTable",
    "Residents",
    "SitePlan",
    "SitingProblem",
    "Snapped",
    "SolverError",
    "Study",
    "StudyRun",
    "Terrain",
    "WalkNetwork",
    "Walker",
    "assess_cover",
    "check_plan",
    "check_study",
    "drape",
    "find_gaps",
    "isochrones",
    "nearest_times",
    "place_residents",
    "plan_pages",
    "read_areas",
    "read_facilities",
    "read_network",
    "read_premises",
    "read_residents",
    "read_study",
    "read_terrain",
    "recommend",
    "rewrite_pages",
    "run_demo",
    "run_study",
    "screen_premises",
    "snap",
    "start_study",
    "time_quantiles",
    "walk_seconds",
    "walker",
    "walkers",
    "walking_times",
    "web_map",
    "write_demo",
    "write_layers",
    "write_report",
    "write_sites",
    "write_tables",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any of the names above
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
