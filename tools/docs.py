"""Build the documentation site into ``site/``, from the pages of the repository.

    python tools/docs.py            # notebooks are executed, and shown with what they print
    python tools/docs.py --quick    # notebooks as they lie in git, without outputs (CI)

The pages are laid out in ``build/docs`` as they lie in the repository, so that a link that holds
on a code host holds on the site. Beside them come the notebooks as pages and one page of docstrings
for each room of the public face. Every warning of Sphinx is an error.
"""

import argparse
import base64
import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
STAGE = ROOT / "build" / "docs"
SITE = ROOT / "site"
NAV = ROOT / "docs" / "nav.toml"
# What is copied as it lies; the pictures go with their folder.
COPIED = ("*.md", "LICENSE", "docs/*.md", "maps/*", "data/**/*.md", "benchmarks/*.md")
# The files that pages link to without being pages.
LINKED = ("data/**/*.toml", "data/**/*.csv", "notebooks/*.ipynb")
_TIMEOUT_S = 300
_FORWARD = """<!doctype html><meta charset="utf-8"><title>quarterhour</title>
<meta http-equiv="refresh" content="0; url=docs/index.html">
<a href="docs/index.html">quarterhour</a>
"""


def parts() -> list[dict[str, Any]]:
    """Return the parts of the menu: each a title and its pages, without endings."""
    return list(tomllib.loads(NAV.read_text(encoding="utf-8"))["part"])


def menu() -> str:
    """Return the menu as hidden tables of contents, to stand at the end of the home page."""
    blocks = []
    for part in parts():
        pages = "\n".join(f"/{page}" for page in part["pages"])
        blocks.append(
            f"```{{toctree}}\n:hidden:\n:glob:\n:caption: {part['title']}\n\n{pages}\n```\n"
        )
    return "\n".join(blocks)


# --- notebooks ----------------------------------------------------------------------------------


def _fenced(text: str, language: str) -> str:
    return f"````{language}\n{text.rstrip()}\n````\n"


def _shown(data: dict[str, Any], picture: Path) -> str:
    """Return one output of a cell as Markdown; a picture goes into a file."""
    if "image/png" in data:
        picture.write_bytes(base64.b64decode(data["image/png"]))
        return f"![]({picture.name})\n"
    if "text/html" in data:
        html = "".join(data["text/html"])
        if "<iframe" in html:
            return "*Here the notebook shows the page itself.*\n"
        return _fenced(f'<div class="table-wrapper">{html}</div>', "{raw} html")
    return _fenced("".join(data.get("text/plain", "")), "text")


def _cells(notebook: dict[str, Any], page: Path) -> Iterator[str]:
    """Yield the cells as Markdown, and what they showed."""
    for number, cell in enumerate(notebook["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source + "\n"
            continue
        yield _fenced(source, "python")
        for place, output in enumerate(cell["outputs"]):
            if "data" in output:
                yield _shown(output["data"], page.with_name(f"{page.stem}-{number}-{place}.png"))


def write_notebook(source: Path, page: Path, *, execute: bool) -> None:
    """Write a notebook as a page of Markdown, with its pictures beside it."""
    notebook: dict[str, Any]
    if execute:
        import nbclient
        import nbformat

        loaded = nbformat.read(source, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            nbclient.NotebookClient(
                loaded, timeout=_TIMEOUT_S, kernel_name="python3",
                resources={"metadata": {"path": folder}},
            ).execute()  # fmt: skip
        notebook = json.loads(nbformat.writes(loaded))
    else:
        notebook = json.loads(source.read_text(encoding="utf-8"))
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(_cells(notebook, page)), encoding="utf-8")


# --- docstrings ---------------------------------------------------------------------------------


def rooms() -> dict[str, list[str]]:
    """Return the public names by the room that holds them."""
    import quarterhour

    found: dict[str, list[str]] = {}
    for name in quarterhour.__all__:
        home = str(getattr(quarterhour, name).__module__).split(".")[1]
        found.setdefault(home, []).append(name)
    return found


def docstring_page(room: str, names: Sequence[str]) -> str:
    """Return the page of one room, which Sphinx fills from the docstrings."""
    import quarterhour

    lines = [f"# quarterhour: {room}", "", "```{eval-rst}"]
    for name in names:
        kind = "class" if isinstance(getattr(quarterhour, name), type) else "function"
        lines += [f".. auto{kind}:: quarterhour.{name}"]
        lines += ["   :members:", ""] if kind == "class" else [""]
    return "\n".join([*lines, "```", ""])


# --- the site -----------------------------------------------------------------------------------


def lay_out(stage: Path, *, execute: bool) -> None:
    """Lay all pages out in a folder, as they lie in the repository."""
    if stage.exists():
        shutil.rmtree(stage)
    for path in sorted({p for pattern in (*COPIED, *LINKED) for p in ROOT.glob(pattern)}):
        there = stage / path.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, there)
    shutil.copyfile(ROOT / "docs" / "conf.py", stage / "conf.py")
    home = stage / "docs" / "index.md"
    home.write_text(f"{home.read_text(encoding='utf-8')}\n{menu()}", encoding="utf-8")
    for source in sorted((ROOT / "notebooks").glob("*.ipynb")):
        write_notebook(source, stage / "notebooks" / f"{source.stem}.md", execute=execute)
    (stage / "api").mkdir()
    for room, names in rooms().items():
        page = docstring_page(room, names)
        (stage / "api" / f"{room}.md").write_text(page, encoding="utf-8")


def main() -> int:
    """Build, and return Sphinx's exit status."""
    ask = argparse.ArgumentParser(description="Build the documentation site.")
    ask.add_argument("--quick", action="store_true", help="leave the notebooks unexecuted")
    ask.add_argument("--out", type=Path, default=SITE, help="where to; by default site/")
    given = ask.parse_args()
    lay_out(STAGE, execute=not given.quick)
    if given.out.exists():
        shutil.rmtree(given.out)
    # -W: a warning is an error; --keep-going: but tell all of them.
    status = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", "-j", "auto", "-q", "-W", "--keep-going",
         "-d", str(STAGE.parent / "doctrees"), str(STAGE), str(given.out)],
        check=False,
    ).returncode  # fmt: skip
    if status == 0:
        (given.out / "index.html").write_text(_FORWARD, encoding="utf-8")
        print(f"{given.out / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
