"""Shared worlds: the small demo, run once a session, and the real data where they are."""

import os
from pathlib import Path

import pytest

from quarterhour.demo import write_demo
from quarterhour.pipeline import StudyRun, run_study


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the study.toml of the small demo in Chinese."""
    return write_demo(tmp_path_factory.mktemp("study") / "demo", size="small")


@pytest.fixture(scope="session")
def small_run(small_study: Path, tmp_path_factory: pytest.TempPathFactory) -> StudyRun:
    """Return the finished run of the small demo, all pages written, in Chinese."""
    return run_study(small_study, out=tmp_path_factory.mktemp("runs") / "demo")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data, or skip aloud."""
    folder = os.environ.get("QUARTERHOUR_REAL_DATA")
    if not folder:
        pytest.skip("QUARTERHOUR_REAL_DATA is not set: tests on real data are left out")
    return Path(folder)
