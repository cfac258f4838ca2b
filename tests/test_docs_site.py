"""The documentation site: menu whole, commands and keys there, pages made."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

from quarterhour.cli import run_command
from quarterhour.words import data_file

ROOT = Path(__file__).parents[1]
GUIDES = [ROOT / "docs" / f"{name}{tongue}.md"
          for name in ("tutorial", "howto", "output") for tongue in ("", ".zh")]  # fmt: skip
each = pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_tool", ROOT / "tools" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_in_the_menu_once(tool: ModuleType) -> None:
    pages = [page for part in tool.parts() for page in part["pages"]]
    assert len(pages) == len(set(pages))
    lost = [page for page in pages if "*" not in page and not (ROOT / f"{page}.md").exists()]
    assert lost == []
    lying = {p.relative_to(ROOT).with_suffix("").as_posix() for p in ROOT.glob("docs/*.md")}
    assert lying - {"docs/index"} - set(pages) == set()


def _fences(path: Path, language: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("name", ["tutorial", "howto"])
def test_both_languages_give_the_same_commands(name: str) -> None:
    said = [
        [re.sub(r"(--language|--tianditu-key) \S+|#.*", "", block) for block in _fences(path, "sh")]
        for path in (ROOT / "docs" / f"{name}.md", ROOT / "docs" / f"{name}.zh.md")
    ]
    assert said[0]
    assert said[0] == said[1]


def test_every_command_and_option_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    lines = {
        line for path in GUIDES for block in _fences(path, "sh") for line in block.splitlines()
        if line.startswith("quarterhour ")
    }  # fmt: skip
    assert len(lines) > 10
    known: dict[str, str] = {}
    for line in sorted(lines):
        command = line.split()[1]
        if command not in known:
            assert run_command([command, "--help"]) == 0, command
            known[command] = capsys.readouterr().out
        for option in re.findall(r"(?<!\S)--[\w-]+", line):
            assert option in known[command], line


@each
def test_every_key_of_a_study_is_there(path: Path) -> None:
    starter = data_file("study.en.toml").read_text(encoding="utf-8")
    for block in _fences(path, "toml"):
        for key in re.findall(r"^(\w+) =", block, re.MULTILINE):
            assert re.search(rf"^(# )?{key} =", starter, re.MULTILINE), key


def test_a_notebook_becomes_a_page(tool: ModuleType, tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# 看 · *See*"]},
        {"cell_type": "code", "source": ["1 + 1"], "outputs": [
            {"data": {"text/plain": ["2"]}},
            {"data": {"image/png": "aGVsbG8=", "text/plain": ["figure"]}},
            {"data": {"text/html": ['<iframe src="runs/map.html">']}},
            {"data": {"text/html": ["<table></table>"]}},
        ]},
    ]  # fmt: skip
    source = tmp_path / "one.ipynb"
    source.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    tool.write_notebook(source, tmp_path / "out" / "one.md", execute=False)
    page = (tmp_path / "out" / "one.md").read_text(encoding="utf-8")
    assert "````python\n1 + 1\n````" in page
    assert "````text\n2\n````" in page
    assert "![](one-1-1.png)" in page
    assert (tmp_path / "out" / "one-1-1.png").read_bytes() == b"hello"
    assert "iframe" not in page
    assert "````{raw} html" in page


def test_every_public_name_has_its_docstring_page(tool: ModuleType) -> None:
    import quarterhour

    pages = "".join(tool.docstring_page(room, names) for room, names in tool.rooms().items())
    named = set(re.findall(r"\.\. auto\w+:: quarterhour\.(\w+)", pages))
    assert named == set(quarterhour.__all__)


def test_the_pictures_of_the_gallery_are_small_and_shown() -> None:
    page = (ROOT / "maps" / "README.md").read_text(encoding="utf-8")
    pictures = sorted((ROOT / "maps").glob("*.png"))
    assert [p.name for p in pictures if p.stat().st_size > 250_000] == []
    if "| plate |" in page:
        assert [p.name for p in pictures if p.name not in page] == []
