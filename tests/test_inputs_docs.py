"""The pages for whoever supplies the data say what the readers understand."""

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from quarterhour.words import data_file

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "input_columns", ROOT / "tools" / "input_columns.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_agree_with_the_synonym_table(tool: ModuleType, language: str) -> None:
    text = tool.PAGES[language].read_text(encoding="utf-8")
    assert tool.filled(text, language) == text, "run python tools/input_columns.py"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_field_that_a_supplier_may_fill_in_is_on_the_page(
    tool: ModuleType, language: str
) -> None:
    text = tool.PAGES[language].read_text(encoding="utf-8")
    tables = tomllib.loads(data_file("synonyms.toml").read_text(encoding="utf-8"))
    # Of the readers' own: what any name may be, and the columns of the template of positions.
    own = {"name", "place_kind", "row_number", "datum"}
    fields = {*tables["column"], *tables["group"]} - own
    assert [field for field in sorted(fields) if f"`{field}`" not in text] == []


def test_a_header_that_is_taken_out_makes_the_page_stale(tool: ModuleType) -> None:
    text = tool.PAGES["en"].read_text(encoding="utf-8")
    assert tool.filled(text.replace(" · `纬度`", "", 1), "en") == text
    assert text.replace(" · `纬度`", "", 1) != text
