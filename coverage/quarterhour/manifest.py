"""The manifest of a run: what made it, so that another run can be held beside it."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from quarterhour.findings import Findings
from quarterhour.runfolder import CODE_GENERATION, Store


def manifest_of(findings: Findings, store: Store) -> dict[str, Any]:
    """Return what made a run, the same for the same inputs."""
    from importlib.metadata import version

    study, language = asdict(findings.study), findings.study.study.language
    study.pop("folder")
    return {
        "quarterhour": version("quarterhour"),
        "code_generation": CODE_GENERATION,
        "study": study,
        "synthetic": findings.synthetic,
        "inputs": [asdict(s) for s in findings.sources],
        "crs": findings.areas.crs,
        "stages": store.keys,
        "network": dict(findings.network_report),
        "doubts": [d.render(language) for d in store.doubts if not d.is_note],
        "notes": [d.render(language) for d in store.doubts if d.is_note],
        "repeatable": all(p.repeatable for p in findings.plans),
    }


def ran_block(seconds: Mapping[str, float], began: float, reused: list[str]) -> dict[str, Any]:
    """Return when, where and how long a run was: the one block that differs every time.

    Parameters
    ----------
    seconds
        By stage.
    began
        Reading of ``perf_counter`` at the start.
    reused
        Stages that were taken up from an earlier run.
    """
    import platform
    from datetime import UTC, datetime
    from importlib.metadata import version

    packages = ("numpy", "scipy", "shapely", "geopandas", "pyproj", "rasterio", "numba", "highspy",
                "osmium", "scikit-learn", "matplotlib", "folium")  # fmt: skip
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - began, 2),
        "stage_seconds": dict(seconds),
        "stages_reused": reused,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version(name) for name in packages},
    }
