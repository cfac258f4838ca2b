"""Shared worlds: the small demo, run once a session, and the real data where they are."""

import os
import shutil
from pathlib import Path

import pytest

from quarterhour.demo import write_demo
from quarterhour.pipeline import StudyRun, run_study
from sharing import made_once


@pytest.fixture(scope="session")
def session_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which all workers of this session have theirs."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def small_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the study.toml of the small demo in Chinese."""
    return write_demo(tmp_path_factory.mktemp("study") / "demo", size="small")


@pytest.fixture(scope="session")
def small_run(
    small_study: Path, session_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> StudyRun:
    """Return the finished run of the small demo, all pages written, in Chinese.

    One worker runs it, and each has a copy with nothing beside it.
    """
    made = made_once(session_folder / "small-run", lambda to: run_study(small_study, out=to))
    own = tmp_path_factory.mktemp("runs") / "demo"
    return StudyRun.open(shutil.copytree(made, own))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real data, or skip aloud."""
    folder = os.environ.get("QUARTERHOUR_REAL_DATA")
    if not folder:
        pytest.skip("QUARTERHOUR_REAL_DATA is not set: tests on real data are left out")
    return Path(folder)
