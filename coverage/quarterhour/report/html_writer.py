"""Write the report as one html file that opens without a network: pictures and styles inside."""

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from quarterhour.report.outline import Outline
from quarterhour.report.references import Reference, pieces
from quarterhour.samebytes import write_text
from quarterhour.words import Words, data_file

if TYPE_CHECKING:
    from markupsafe import Markup


def write_html(outline: Outline, path: Path) -> None:
    """Write the report.

    Parameters
    ----------
    outline
        What it says.
    path
        The file to write.
    """
    write_text(path, render_html(outline))


def render_html(outline: Outline) -> str:
    """Return the report as html; every text is escaped by the template engine."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    folder = data_file("report")
    names = ("report.html", "report.css")
    sources = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in names}
    page = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    page.filters["base64"] = lambda content: b64encode(content).decode("ascii")
    page.filters["linked"] = lambda text: _linked(text, outline)
    page.tests["block"] = lambda block, name: type(block).__name__ == name
    text: str = page.get_template("report.html").render(
        outline=outline, words=Words(outline.language),
        lang="zh-CN" if outline.language == "zh" else "en",
        gap="　" if outline.language == "zh" else "  ",
    )  # fmt: skip
    return text


def _linked(text: str, outline: Outline) -> "Markup":
    """Return a text as html, escaped; what names a table or a figure links to it."""
    from markupsafe import Markup, escape

    made = Markup()
    for piece in pieces(text, outline.numbers, outline.language):
        if isinstance(piece, Reference):
            link = Markup('<a class="ref" href="#{}{}">{}</a>')
            made += link.format(piece.what, piece.number, piece.text)
        else:
            made += escape(piece)
    return made
