"""The offline bundle: needs are judged for the target, and it installs without an index."""

import hashlib
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", ROOT / "tools" / "bundle.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _wheel(folder: Path, name: str, *needs: str, version: str = "1.0") -> Path:
    path = folder / f"{name}-{version}-py3-none-any.whl"
    head = [f"Name: {name}", f"Version: {version}", "License: MIT\n        and much more"]
    with zipfile.ZipFile(path, "w") as archive:
        lines = [*head, *(f"Requires-Dist: {need}" for need in needs)]
        archive.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(lines) + "\n")
    return path


def _needs(tool: ModuleType, paths: list[Path], target: str) -> tuple[set[str], list[str]]:
    wheels = {w.name: w for w in map(tool.Wheel, paths)}
    environment = tool.environment_of(tool.TARGETS[target], "3.12")
    reached, lacking = tool.walk_needs(wheels, "own", environment)
    return reached, sorted(str(need) for need in lacking)


def test_markers_are_judged_for_the_target_and_not_for_this_computer(
    tool: ModuleType, tmp_path: Path
) -> None:
    paths = [
        _wheel(
            tmp_path, "own", "a", "fonts; sys_platform == 'linux'",
            "old; python_version < '3.12'", "extra-only; extra == 'test'",
        ),
        _wheel(tmp_path, "a", "colour; platform_system == 'Windows'"),
        _wheel(tmp_path, "fonts"),
        _wheel(tmp_path, "colour"),
    ]  # fmt: skip
    assert _needs(tool, paths, "win_amd64") == ({"own", "a", "colour"}, [])
    assert _needs(tool, paths, "linux_x86_64") == ({"own", "a", "fonts"}, [])


def test_what_is_lacking_or_too_old_is_named(tool: ModuleType, tmp_path: Path) -> None:
    paths = [_wheel(tmp_path, "own", "a>=2", "b[fast]"), _wheel(tmp_path, "a"),
             _wheel(tmp_path, "b", "c; extra == 'fast'", "d; extra == 'slow'")]  # fmt: skip
    assert _needs(tool, paths, "win_amd64") == (
        {"own", "b"}, ["a>=2", 'c; extra == "fast"'],
    )  # fmt: skip


def _made(tool: ModuleType, folder: Path, target: str) -> Path:
    folder.mkdir()
    wheels = [tool.Wheel(_wheel(folder, "own", "a")), tool.Wheel(_wheel(folder, "a"))]
    path = folder / "quarterhour-1.0-offline-x.zip"
    texts = tool.texts_of(tool.TARGETS[target], "3.12", wheels, "1.0")
    tool.write_bundle(path, tool.TARGETS[target], texts, wheels)
    return path


@pytest.mark.parametrize("target", ["win_amd64", "linux_x86_64"])
def test_a_bundle_holds_its_wheels_texts_and_sums(
    tool: ModuleType, tmp_path: Path, target: str
) -> None:
    path = _made(tool, tmp_path / "a", target)
    with zipfile.ZipFile(path) as archive:
        held = {n.split("/", 1)[1]: archive.read(n) for n in archive.namelist()}
        assert {n.split("/")[0] for n in archive.namelist()} == {path.stem}
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    sums = dict(reversed(line.split("  ")) for line in held.pop("SHA256SUMS").decode().splitlines())
    assert sums == {name: hashlib.sha256(content).hexdigest() for name, content in held.items()}
    installer = held[tool.TARGETS[target].installer]
    assert installer.isascii()
    texts = {n: c.decode("utf-8-sig") for n, c in held.items() if not n.endswith(".whl")}
    assert [
        n for n, text in texts.items() if "@" in text.replace('"$@"', "").replace("@echo", "")
    ] == []
    for text in texts.values():
        assert text.count("\r\n") == (text.count("\n") if target == "win_amd64" else 0)
    assert "a 1.0: MIT" in texts["LICENSES.txt"]
    assert f"--hash=sha256:{sums['wheels/own-1.0-py3-none-any.whl']}" in texts["requirements.txt"]
    assert "离线" in texts["README.zh.txt"]


def test_the_same_inputs_make_the_same_bytes(tool: ModuleType, tmp_path: Path) -> None:
    one, two = (_made(tool, tmp_path / n, "win_amd64").read_bytes() for n in "ab")
    assert one == two


def test_what_the_windows_installer_may_not_hold() -> None:
    """A line that a goto lands on must exist, and no block in brackets may hold a path."""
    text = (ROOT / "tools" / "offline" / "install.bat").read_text(encoding="ascii")
    lines = text.splitlines()
    goals = {line.split("goto ")[1].strip() for line in lines if "goto " in line}
    assert goals == {line[1:] for line in lines if line.startswith(":")}
    assert not any(line.rstrip().endswith("(") for line in lines)
    assert '"%~dp0"' in text  # quoted: a folder's name may hold blanks


# --- the real thing -----------------------------------------------------------------------------


def _run(*command: object, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing that leads to an index or back into the checkout."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith(("PIP_", "PYTHON", "VIRTUAL_ENV", "COVERAGE_"))}  # fmt: skip
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**env, **more}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def bundles(tool: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return both bundles, unzipped into folders whose path a careless script would trip over."""
    out = tmp_path_factory.mktemp("dist")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    unzipped = {}
    for target, path in zip(
        tool.TARGETS, tool.make_bundles(tool.TARGETS.values(), python, out), strict=True
    ):
        assert path.name.endswith(f"-offline-{target}.zip")
        folder = tmp_path_factory.mktemp("沙坪坝 & (1)")
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
        path.unlink()
        unzipped[target] = folder / path.stem
    return unzipped


@pytest.mark.wheel
@pytest.mark.skipif(sys.platform != "linux", reason="the bundle for Linux installs on Linux")
def test_the_linux_bundle_installs_without_an_index_and_works(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    folder = bundles["linux_x86_64"]
    installed = _run("sh", folder / "install.sh", cwd=tmp_path, PYTHON=sys.executable)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    asked = _run(folder / "quarterhour", "--version", cwd=tmp_path)
    assert asked.stdout.startswith("quarterhour "), asked.stderr
    begun = _run(folder / "quarterhour", "init", "区", "--language", "zh", cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    demo = _run(folder / "quarterhour", "demo", "--size", "small", "--out", "d", cwd=tmp_path)
    assert demo.returncode == 0, demo.stderr
    assert (tmp_path / "d" / "map.html").stat().st_size


@pytest.mark.wheel
def test_the_windows_bundle_resolves_without_an_index(
    bundles: dict[str, Path], tmp_path: Path
) -> None:
    folder = bundles["win_amd64"]
    names = {path.name.split("-")[0] for path in (folder / "wheels").glob("*.whl")}
    assert {"colorama", "numpy", "quarterhour"} <= names
    assert "mplfonts" not in names
    # pip judges our own markers by this computer, so all but our own wheel is put to it.
    lines = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    others = [line for line in lines if not line.startswith("quarterhour==")]
    assert len(others) == len(lines) - 1
    (tmp_path / "others.txt").write_text("\n".join(others), encoding="utf-8")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    resolved = _run(
        sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--only-binary=:all:",
        "--platform", "win_amd64", "--python-version", version, "--implementation", "cp",
        "--target", tmp_path / "x", "--find-links", folder / "wheels", "--require-hashes",
        "-r", tmp_path / "others.txt", cwd=tmp_path, PIP_CONFIG_FILE=os.devnull,
    )  # fmt: skip
    assert resolved.returncode == 0, resolved.stdout + resolved.stderr


@pytest.mark.wheel
def test_a_wheel_that_was_changed_is_refused(bundles: dict[str, Path], tmp_path: Path) -> None:
    folder = bundles["win_amd64"]
    wheel = next((folder / "wheels").glob("idna-*.whl"))
    wheel.write_bytes(wheel.read_bytes() + b"x")
    line = next(t for t in (folder / "requirements.txt").read_text().splitlines() if "idna" in t)
    (tmp_path / "one.txt").write_text(line, encoding="utf-8")
    refused = _run(
        sys.executable, "-m", "pip", "download", "--no-index", "--no-deps", "--find-links",
        folder / "wheels", "--require-hashes", "-r", tmp_path / "one.txt", cwd=tmp_path,
        PIP_CONFIG_FILE=os.devnull,
    )  # fmt: skip
    assert refused.returncode != 0
