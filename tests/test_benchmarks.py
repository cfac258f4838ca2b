"""The benchmarks: each can be asked for help, and the last line holds exactly its figures."""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
# Readers of instances, shared by benchmarks and tests, are no scripts.
FILES = sorted((ROOT / "benchmarks").glob("[!_]*.py"))
SCRIPTS = [path for path in FILES if not path.stem.endswith("_data")]

each = pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)


def _figures(path: Path) -> tuple[str, ...]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FIGURES":
            return ast.literal_eval(node.value)
    raise AssertionError(f"{path.name} names no FIGURES")


def _run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    without = {k: v for k, v in os.environ.items() if k != "QUARTERHOUR_REAL_DATA"}
    return subprocess.run(
        [sys.executable, str(path), *arguments], cwd=ROOT, capture_output=True, text=True,
        encoding="utf-8", check=False, env={**without, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip


@pytest.fixture
def common() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench", ROOT / "benchmarks" / "_common.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    del sys.modules[spec.name]
    return module


def test_there_are_benchmarks() -> None:
    assert {path.stem for path in SCRIPTS} >= {
        "demo", "inputs", "streets", "reach", "isochrones", "cover",
    }  # fmt: skip


@each
def test_it_gives_help(path: Path) -> None:
    run = _run(path, "--help")
    assert run.returncode == 0, run.stderr
    assert "--quick" in run.stdout


@each
def test_the_readme_explains_every_figure(path: Path) -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {path.stem}\n")[1].split("\n## ")[0]
    assert [name for name in _figures(path) if f"`{name}`" not in section] == []


def test_without_real_data_the_figures_are_null_and_it_says_so() -> None:
    path = ROOT / "benchmarks" / "streets.py"
    run = _run(path, "--quick")
    assert run.returncode == 0, run.stderr
    assert "QUARTERHOUR_REAL_DATA is not set" in run.stdout
    assert json.loads(run.stdout.splitlines()[-1]) == dict.fromkeys(_figures(path))


def test_the_last_line_holds_exactly_the_named_figures(
    common: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    common.print_figures(("b.seconds", "a"), {"a": None, "b.seconds": 1.2345678})
    assert capsys.readouterr().out == '{"b.seconds": 1.234568, "a": null}\n'
    for wrong in ({"a": 1.0}, {"a": 1.0, "b.seconds": 1.0, "c": 1.0}):
        with pytest.raises(AssertionError):
            common.print_figures(("b.seconds", "a"), wrong)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="this system does not tell a child's peak")
def test_a_childs_own_peak_is_measured(tmp_path: Path) -> None:
    # From a small process: a child's peak begins with the size of its parent, here pytest.
    ask = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from _common import run_child\n"
        "small, large = 'pass', 'b = bytearray(1) * 300_000_000'\n"
        "print(*(run_child(('-c', code), folder=Path()).mb for code in (large, small)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", ask, str(ROOT / "benchmarks")], cwd=tmp_path, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    large_mb, small_mb = map(float, run.stdout.split())
    assert 300 < large_mb < 400
    assert small_mb < 100, "the small child's peak is its own, not that of the large one before it"


def test_a_failing_child_stops_the_benchmark(
    common: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="exit status 3"):
        common.run_child(("-c", "print('too bad'); raise SystemExit(3)"), folder=tmp_path)
    assert "too bad" in capsys.readouterr().out


def test_a_childs_lines_keep_their_seconds(common: ModuleType, tmp_path: Path) -> None:
    code = "import sys, time; print('一', flush=True); time.sleep(0.3); print('2', file=sys.stderr)"
    child = common.run_child(("-c", code), folder=tmp_path)
    (first, one), (second, two) = child.lines
    assert (one, two) == ("一", "2")
    assert second - first >= 0.29
    assert child.seconds >= second


def test_the_median_leaves_the_first_call_out(common: ModuleType) -> None:
    calls = []
    _, spread = common.median_seconds(lambda: calls.append(1), runs=3)
    assert len(calls) == 4
    assert " to " in spread
