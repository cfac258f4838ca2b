"""environment.yml (conda) and pyproject.toml (pip) name the same packages and versions."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# The name at conda-forge, where it is not the name that pip knows.
CONDA_NAME = {"osmium": "pyosmium", "matplotlib": "matplotlib-base", "build": "python-build"}
# What conda-forge does not carry.
BY_PIP = {"xstatic-leaflet", "mplfonts"}
# What conda needs and pip brings along.
CONDA_ONLY = {"python", "pip"}


def _split(requirement: str) -> tuple[str, str]:
    """Return the normal name of a requirement and the rest, marker included."""
    name, rest = re.fullmatch(r"([A-Za-z0-9._-]+)\s*(.*)", requirement).groups()
    return re.sub(r"[-_.]+", "-", name).lower(), rest.replace('"', "'").replace(" ", "")


def _environment() -> tuple[dict[str, str], dict[str, str]]:
    """Read the two lists of environment.yml: conda's and pip's."""
    conda: dict[str, str] = {}
    pip: dict[str, str] = {}
    inside = False
    for line in (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines():
        inside = inside or line == "dependencies:"
        item = re.fullmatch(r"( +)- (.+)", line)
        if not inside or item is None or item[2] == "pip:":
            continue
        name, rest = _split(item[2])
        target = conda if len(item[1]) == 2 else pip
        assert name not in target, f"{name} stands twice"
        target[name] = rest
    return conda, pip


def _project() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    # "bench" holds peers to compare with; nobody needs them to work.
    wanted = [r for name in ("test", "notebooks", "docs", "dev") for r in extras[name]]
    return dict(_split(r) for r in [*project["dependencies"], *wanted])


def test_the_reader_finds_both_lists() -> None:
    conda, pip = _environment()
    assert len(conda) > 30
    assert set(pip) == BY_PIP


@pytest.mark.parametrize("name", sorted(_project()))
def test_conda_asks_for_the_same_version(name: str) -> None:
    conda, pip = _environment()
    rest = (pip if name in BY_PIP else conda).get(CONDA_NAME.get(name, name))
    assert rest is not None, f"environment.yml lacks {name}"
    assert rest == _project()[name]


def test_conda_asks_for_nothing_else() -> None:
    conda, pip = _environment()
    known = {CONDA_NAME.get(name, name) for name in _project()}
    assert set(conda) | set(pip) == known | CONDA_ONLY


def test_conda_takes_the_same_pythons() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert _environment()[0]["python"] == project["requires-python"]


def test_the_only_channel_is_conda_forge() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    channels = text.split("channels:\n")[1].split("dependencies:")[0]
    assert re.findall(r"- (\S+)", channels) == ["conda-forge", "nodefaults"]
