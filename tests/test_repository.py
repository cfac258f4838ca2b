"""The shape of the repository: imports run one way, rooms stay small, coverage.py stays reachable.

The house has floors (LAYERS, lowest first). A *stage* is a top-level name of the package, a file or
a folder. A module may import its own stage and the stages of lower floors, nothing else: neighbours
on one floor do not know each other. Imports count wherever they stand: in functions, under
TYPE_CHECKING, relative, absolute, or through importlib.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "coverage" / "quarterhour"
NAME = PACKAGE.name

LAYERS = [
    {"words"},
    {"errors"},
    {"presets", "samebytes", "keylines", "studytables", "templates", "remarks"},
    {"questions"},
    {"study", "osmfile", "solver", "stagefile"},
    {"inputs"},
    {"streets"},
    {"reach", "demand"},
    {"cover"},
    {"siting"},
    {"findings"},
    {"intake"},
    {"measuring", "asking"},
    {"wording", "stages", "runfolder"},
    {"maps"},
    {"report"},
    {"demo", "starter", "drawing", "fetch", "checking", "comparing", "manifest"},
    {"pages"},
    {"pipeline"},
    {"telling", "progress", "spoken"},
    {"cli"},
    {"__init__", "__main__"},
]
RANK = {stage: rank for rank, layer in enumerate(LAYERS) for stage in layer}
# Stages that compute: no page, plate or picture is made on these floors.
COMPUTING = {stage for stage, rank in RANK.items() if rank <= RANK["siting"]}
DRAWING = {"matplotlib", "folium", "branca", "docx"}

# A room above MAX_LINES holds a second noun. Exceptions, each with its reason:
MAX_LINES = 450
LONG_ROOMS: dict[str, str] = {}
MAX_BYTES = 1_500_000


# --- imports ------------------------------------------------------------------------------------


def _absolute(node: ast.ImportFrom, home: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dotted path that an import means, seen from the package ``home``."""
    named = tuple(node.module.split(".")) if node.module else ()
    if node.level == 0:
        return named
    if node.level > len(home):
        return ("..", *named)  # climbs out of the package
    return home[: len(home) - (node.level - 1)] + named


def _by_name(call: ast.Call, home: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what ``import_module`` or ``__import__`` is asked for, or ``None`` for other calls."""
    called = (
        call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    )
    if called not in ("import_module", "__import__"):
        return None
    wanted = call.args[0] if call.args else None
    if not (isinstance(wanted, ast.Constant) and isinstance(wanted.value, str)):
        return (NAME, "?")  # nobody can read where it leads
    dots = len(wanted.value) - len(wanted.value.lstrip("."))
    named = wanted.value.lstrip(".") or None
    return _absolute(ast.ImportFrom(module=named, names=[], level=dots), home)


def _targets(path: Path, package: Path) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return line and dotted path of every import of a file, one for each imported name."""
    inside = path.relative_to(package).with_suffix("").parts
    return _targets_of(path.read_text(encoding="utf-8"), (NAME, *inside[:-1]))


# A package with something planted in it is all but one file the package that was read before.
@cache
def _targets_of(text: str, home: tuple[str, ...]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the imports of a text that stands in the package ``home``."""
    return tuple(_found_in(ast.parse(text), home))


def _found_in(tree: ast.Module, home: tuple[str, ...]) -> Iterator[tuple[int, tuple[str, ...]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            start = _absolute(node, home)
            yield from ((node.lineno, (*start, alias.name)) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, tuple(alias.name.split("."))) for alias in node.names)
        elif isinstance(node, ast.Call) and (found := _by_name(node, home)):
            yield node.lineno, found


def _stage_of(target: tuple[str, ...]) -> str | None:
    """Return the stage that a dotted path enters, or ``None`` outside the package."""
    if target[0] == "..":
        return "outside"
    if target[0] != NAME:
        return None
    if len(target) == 1:
        return "__init__"
    # ``from quarterhour import x``: a stage if there is one, else a name of the public face.
    return target[1] if target[1] in RANK or len(target) > 2 or target[1] == "?" else "__init__"


def wrong_imports(package: Path) -> list[str]:
    """Return every import of the package that does not run downwards, each with its line."""
    wrong = []
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package)
        own = place.with_suffix("").parts[0]
        if own not in RANK:
            wrong.append(f"{place}: {own} stands on no floor")
            continue
        for line, target in _targets(path, package):
            stage = _stage_of(target)
            if stage is None or stage == own or RANK.get(stage, len(LAYERS)) < RANK[own]:
                continue
            if stage == "?" and own == "__init__":
                continue  # the public face may fetch its names late, from a table
            wrong.append(f"{place}:{line}: {own} may not import {'.'.join(target)}")
    return wrong


def test_imports_run_one_way() -> None:
    assert wrong_imports(PACKAGE) == []


PLANTED = {
    "absolute": ("solver.py", "from quarterhour.cover.assess import assess_cover\n"),
    "absolute import statement": ("presets.py", "import quarterhour.study\n"),
    "absolute import with another name": ("presets.py", "import quarterhour.cli as face\n"),
    "from the package itself": ("words.py", "from quarterhour import errors\n"),
    "a name of the public face": ("study.py", "from quarterhour import run_study\n"),
    "the bare package": ("study.py", "import quarterhour\n"),
    "relative, one level": ("words.py", "from .errors import Fault\n"),
    "relative, one level, no module": ("words.py", "from . import errors\n"),
    "relative, two levels": ("reach/planted.py", "from ..cover import assess\n"),
    "relative, two levels, no module": ("streets/planted.py", "from .. import reach\n"),
    "relative, from a folder's init": ("inputs/__init__.py", "from ..streets.snap import snap\n"),
    "relative, three levels": ("siting/deep/planted.py", "from ...maps import web\n"),
    "out of the package": ("errors.py", "from ..quarterhour import words\n"),
    "in a function": ("errors.py", "def f():\n    from quarterhour.study import Study\n"),
    "in a method": (
        "cover/planted.py",
        "class A:\n    def f(self):\n        import quarterhour.cli\n",
    ),
    "under TYPE_CHECKING": (
        "reach/planted.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..demand import Demand\n",
    ),
    "a neighbour on the same floor": ("demand.py", "from quarterhour.reach import times\n"),
    "the other neighbour": ("reach/planted.py", "from quarterhour import demand\n"),
    "a neighbour in a file": ("samebytes.py", "from quarterhour.presets import walkers\n"),
    "one of several": ("cover/planted.py", "from .. import words, errors, maps\n"),
    "a star": ("findings.py", "from quarterhour.maps import *\n"),
    "importlib": ("words.py", "import importlib\nimportlib.import_module('quarterhour.errors')\n"),
    "importlib, relative": (
        "words.py",
        "from importlib import import_module\nimport_module('.errors', 'quarterhour')\n",
    ),
    "importlib, unreadable": ("words.py", "import importlib\nimportlib.import_module(name)\n"),
    "a module on no floor": ("helpers.py", "\n"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the package in which a test may plant a file, and takes it away again."""
    package = tmp_path_factory.mktemp("house") / "coverage" / NAME
    for path in PACKAGE.rglob("*.py"):
        copied = package / path.relative_to(PACKAGE)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    return package


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_wrong_import_is_found(kind: str, house: Path) -> None:
    before = wrong_imports(house)
    name, code = PLANTED[kind]
    planted = house / name
    planted.parent.mkdir(parents=True, exist_ok=True)
    old = planted.read_text(encoding="utf-8") if planted.exists() else None
    planted.write_text(f"{old or ''}\n{code}", encoding="utf-8")
    try:
        found = [wrong for wrong in wrong_imports(house) if wrong not in before]
    finally:
        planted.unlink() if old is None else planted.write_text(old, encoding="utf-8")
    assert len(found) == 1, found
    assert found[0].startswith(str(Path(name)))


ALLOWED = {
    "a lower floor": (
        "cover/planted.py",
        "from ..reach import times\nfrom ..demand import Demand\n",
    ),
    "its own room": ("maps/planted.py", "from . import web\nfrom .web import web_map\n"),
    "its own room, in full": ("maps/planted.py", "import quarterhour.maps.web\n"),
    "others' packages": ("maps/planted.py", "import matplotlib.pyplot\nfrom errors import x\n"),
    "the face": ("cli.py", "from quarterhour.pipeline import run_study\n"),
}


@pytest.mark.parametrize("kind", ALLOWED)
def test_an_import_downwards_is_left_alone(kind: str, tmp_path: Path) -> None:
    package = tmp_path / NAME
    name, code = ALLOWED[kind]
    planted = package / name
    planted.parent.mkdir(parents=True)
    planted.write_text(code, encoding="utf-8")
    assert wrong_imports(package) == []


def test_computing_stages_do_not_draw() -> None:
    drawn = [
        f"{path.relative_to(PACKAGE)}:{line}: {'.'.join(target)}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).with_suffix("").parts[0] in COMPUTING
        for line, target in _targets(path, PACKAGE)
        if target[0] in DRAWING
    ]
    assert drawn == []


# --- the folder coverage/ -----------------------------------------------------------------------


def test_the_source_folder_is_not_a_package() -> None:
    assert not (ROOT / "coverage" / "__init__.py").exists()


def test_no_module_bears_the_name_of_coverage_py() -> None:
    folders = [PACKAGE, ROOT / "tests", ROOT / "tools", ROOT / "benchmarks"]
    assert [p for folder in folders for p in folder.rglob("coverage.py")] == []


def test_coverage_py_is_what_import_coverage_finds() -> None:
    code = "import coverage; print(coverage.Coverage.__module__)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "coverage.control", run.stderr


def test_gitignore_keeps_the_source_folder() -> None:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert lines[-1] == "!/coverage/"


# --- the public face ----------------------------------------------------------------------------


def _order(name: str) -> tuple[int, str]:
    """Sort constants, then classes, then the rest (as ruff's RUF022 does)."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)


@pytest.fixture
def face():
    import quarterhour

    if not hasattr(quarterhour, "__all__") and not (ROOT / "docs" / "reference.md").exists():
        pytest.skip("the package has no public face yet")
    return quarterhour


def test_the_public_names_are_sorted_and_there(face) -> None:
    assert list(face.__all__) == sorted(face.__all__, key=_order)
    assert [name for name in face.__all__ if not hasattr(face, name)] == []


def test_every_public_name_is_in_the_reference(face) -> None:
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[A-Za-z_]\w*", page))
    assert [name for name in face.__all__ if name not in named] == []


# --- what is committed --------------------------------------------------------------------------


def _files() -> list[Path]:
    """Return what git holds or would take, without what it ignores."""
    run = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if run.returncode != 0:
        pytest.skip("not a git checkout")
    names = [os.fsdecode(name) for name in run.stdout.split(b"\0") if name]
    return [ROOT / name for name in sorted(set(names)) if (ROOT / name).is_file()]


# A folder of somebody's machine, a package index, an option that names one. (The patterns are
# spelt so that they do not match themselves.)
PRIVATE = re.compile(
    r"(?<![\w.~/-])/(?:root|work|home|Users)/\w"
    r"|\b[A-Za-z]:\\{1,2}(?:Users|work)\\"
    r"|\b(?:pypi|pythonhosted|anaconda)\.(?:org|com|cn)\b"
    r"|--(?:extra-)?index-(?:url)\b|https?://\S+/simple\b"
)


@pytest.mark.parametrize(
    "text",
    ["see /" + "work/x", "C:\\" + "Users\\li", "https://pypi" + ".org", "--index-" + "url x"],
)
def test_private_places_are_recognised(text: str) -> None:
    assert PRIVATE.search(text)


def test_no_file_names_a_machine_or_a_package_index() -> None:
    found = []
    here = str(ROOT)
    for path in _files():
        data = path.read_bytes()
        if b"\0" in data[:8192]:
            continue
        for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
            if here in line or PRIVATE.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_no_file_is_large() -> None:
    large = {str(p.relative_to(ROOT)): p.stat().st_size for p in _files()}
    assert {name: size for name, size in large.items() if size > MAX_BYTES} == {}


def test_rooms_are_small() -> None:
    lines = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    long = {name for name, count in lines.items() if count > MAX_LINES}
    assert long == set(LONG_ROOMS), "too long, or an exception that is no longer needed"


def test_the_licence_is_mit() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "MIT"


def test_hooks_fetch_nothing() -> None:
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"repo: *(\S+)", text)) == {"local"}
    assert set(re.findall(r"language: *(\S+)", text)) == {"system"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_the_check_script_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
