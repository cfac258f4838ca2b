"""The notebooks: kept without outputs, in two languages, only calls, and they run."""

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Within the notebook every warning is an error, as in the tests; the kernel's own shutdown warns.
STRICT = "import warnings\nwarnings.simplefilter('error')"
LENIENT = "warnings.resetwarnings()"

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def _cells(path: Path, kind: str) -> list[dict]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == kind]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@each
def test_outputs_are_stripped(path: Path) -> None:
    kept = [c["id"] for c in _cells(path, "code") if c["outputs"] or c["execution_count"]]
    assert kept == []


@each
def test_it_holds_no_logic(path: Path) -> None:
    logic = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.While, ast.Try)
    for cell in _cells(path, "code"):
        tree = ast.parse("".join(cell["source"]))
        assert [n.lineno for n in ast.walk(tree) if isinstance(n, logic)] == [], cell["id"]


@each
def test_it_speaks_chinese_first_and_english_beside(path: Path) -> None:
    for cell in _cells(path, "markdown"):
        text = "".join(cell["source"])
        english = re.search(r"\*[A-Z][a-z]", text)
        chinese = re.search(r"[\u4e00-\u9fff]", text)
        assert english, cell["id"]
        assert chinese, cell["id"]
        assert chinese.start() < english.start(), cell["id"]


@each
@pytest.mark.notebook
@pytest.mark.filterwarnings("default")  # the client's; the notebook's own are errors
def test_it_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = nbformat.read(path, as_version=4)
    cell = nbformat.v4.new_code_cell
    notebook.cells = [cell(STRICT), *notebook.cells, cell(LENIENT)]
    client = nbclient.NotebookClient(
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    said = [o.text for o in outputs if o.output_type == "stream"]
    assert said == [], "a notebook shows results, not messages"
    assert sum("image/png" in o.data for o in outputs) >= 3
    assert any("演示数据" in json.dumps(o.data, ensure_ascii=False) for o in outputs)
