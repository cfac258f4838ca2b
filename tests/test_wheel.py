"""A wheel user is whole too: what the wheel holds, and its demo run outside the checkout."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "coverage" / "quarterhour"

pytestmark = pytest.mark.wheel

RUN_FILES = (
    "map.html", "tables.xlsx", "layers.gpkg", "sites.xlsx",
    "report.docx", "report.html", "manifest.json",
)  # fmt: skip


def _run(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command outside the checkout, with nothing that leads back into it."""
    leads_back = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    env = {k: v for k, v in os.environ.items() if k not in leads_back}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**env, "PYTHONUTF8": "1", **more},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    built = _run(
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", out, ROOT,
        cwd=out,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    (found,) = out.glob("quarterhour-*.whl")
    return found


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the programs of a bare environment that has the wheel."""
    home = tmp_path_factory.mktemp("bare")
    made = _run(sys.executable, "-m", "venv", home / "venv", cwd=home)
    assert made.returncode == 0, made.stderr
    programs = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
    installed = _run(programs / "python", "-m", "pip", "install", "--quiet", wheel, cwd=home)
    assert installed.returncode == 0, installed.stderr
    return programs


def _installed_package(bare: Path, cwd: Path) -> Path:
    code = "import quarterhour; print(quarterhour.__path__[0])"
    run = _run(bare / "python", "-c", code, cwd=cwd)
    assert run.returncode == 0, run.stderr
    return Path(run.stdout.strip())


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.endswith("/")}
    wanted = {
        f"quarterhour/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    assert {name for name in held if not name.split("/")[0].endswith(".dist-info")} == wanted
    assert {"quarterhour/py.typed", "quarterhour/_data/presets.toml"} <= held
    assert any(name.startswith("quarterhour/_data/words/") for name in held)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in held)


def test_the_installed_package_is_not_the_checkout(bare: Path, tmp_path: Path) -> None:
    assert not _installed_package(bare, tmp_path).is_relative_to(ROOT)


def test_the_version_is_the_project_s(bare: Path, tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    run = _run(bare / "quarterhour", "--version", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert project["version"] in run.stdout


def _check_run_folder(folder: Path) -> None:
    missing = [name for name in RUN_FILES if not (folder / name).stat().st_size]
    assert missing == []
    plates = sorted((folder / "plates").glob("*.png"))
    assert plates
    assert all(plate.read_bytes().startswith(b"\x89PNG") for plate in plates)


def test_the_small_demo_runs_outside_the_checkout(bare: Path, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    run = _run(bare / "quarterhour", "demo", "--size", "small", "--out", out, cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    (manifest,) = out.rglob("manifest.json")
    _check_run_folder(manifest.parent)


def test_a_package_folder_that_cannot_be_written_sends_machine_code_to_the_user(
    bare: Path, tmp_path: Path
) -> None:
    """A file in the place of ``__pycache__`` stops everybody, root included."""
    package = _installed_package(bare, tmp_path)
    for folder in {path.parent for path in package.rglob("*.py")}:
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
        (folder / "__pycache__").touch()
    cache = tmp_path / "cache"
    where = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(cache), "LOCALAPPDATA": str(cache)}
    try:
        run = _run(
            bare / "quarterhour", "demo", "--size", "small", "--out", tmp_path / "demo",
            cwd=tmp_path, **where,
        )  # fmt: skip
    finally:
        for blocked in package.rglob("__pycache__"):
            blocked.unlink()
    assert run.returncode == 0, run.stdout + run.stderr
    assert not list(package.rglob("*.nb[ic]"))
    assert list(tmp_path.rglob("*.nbi"))
