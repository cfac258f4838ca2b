"""How Sphinx sets the pages. ``tools/docs.py`` copies this beside them, and builds.

Nothing is fetched from anywhere, neither while building nor when a page is read: the theme has no
web fonts, and formulas are written as text.
"""

import re
from typing import Any

project = "quarterhour"
project_copyright = "The quarterhour team, MIT licence"
root_doc = "docs/index"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = "quarterhour · 一刻钟养老服务圈"
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {
        "font-stack": "system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif",
    },
}

# Shapes and units are told in words; types as strings would be read as markup.
napoleon_attr_annotations = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
python_maximum_signature_line_length = 80


def _plain_references(
    app: object, what: str, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Let ``[1]_`` and its note be plain text: many docstrings on a page count from one."""
    for row, line in enumerate(lines):
        line = re.sub(r"\[(\d+)\]_", r"[\1]", line)
        lines[row] = re.sub(r"^(\s*)\.\. \[(\d+)\]", r"\1*  [\2]", line)


def setup(app: Any) -> None:  # noqa: ANN401 - Sphinx need not be there to check this file
    """Take the docstrings before napoleon does."""
    app.connect("autodoc-process-docstring", _plain_references, priority=400)
