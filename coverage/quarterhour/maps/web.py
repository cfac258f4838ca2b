"""The web map: one HTML file that opens without internet.

The page is a folium map whose Leaflet comes from an installed package (XStatic-Leaflet) and is
written into the file. Streets, layers, cards and the panel are drawn by scripts of our own
(``_data/web``) from one table. The page forbids itself every request: its content security policy
allows only the scripts that it carries, told by their digests, so that a name in a planner's file
that looks like a script stays a name.
"""

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

from quarterhour.findings import Findings
from quarterhour.maps.web_page import page_content
from quarterhour.samebytes import settle_ids
from quarterhour.words import Language, Words, data_file

_SCRIPTS = ("shapes.js", "signs.js", "labels.js", "layers.js", "map.js")
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_LANG = {"zh": "zh-CN", "en": "en"}
# The order that a browser needs: rules and styles, then Leaflet, then ours, then the content.
_HEAD = "<!--quarterhour head-->"
_DATA = "<!--quarterhour data-->"
_START = """{% macro script(this, kwargs) %}
quarterhour.start({{ this._parent.get_name() }},
  JSON.parse(document.getElementById("quarterhour-data").textContent));
{% endmacro %}"""


def web_map(findings: Findings, *, language: Language) -> str:
    """Return the web map as one HTML page.

    Parameters
    ----------
    findings
        What to show.
    language
        Language of the page; names stay as they are in the files.
    """
    content = page_content(findings, language)
    page = settle_ids(_shell(content["bounds"]))
    page = page.replace("<html>", f'<html lang="{_LANG[language]}">', 1)
    page = page.replace(_HEAD, _head(content["title"], language), 1)
    page = page.replace(_DATA, _data(content, findings, language), 1)
    return page.replace("<head>", f"<head>\n{_policy(page)}", 1)


def _shell(bounds: list[list[float]]) -> str:
    """Return folium's page, with marks where our parts go."""
    import folium
    from branca.element import Element, MacroElement
    from jinja2 import Template

    (south, west), (north, east) = bounds
    chart = folium.Map(
        location=[round((south + north) / 2.0, 6), round((west + east) / 2.0, 6)],
        zoom_start=13, tiles=None, zoom_control=False, max_zoom=19, zoom_snap=0.25,
        zoom_delta=0.5, wheel_px_per_zoom_level=100, prefer_canvas=True,
    )  # fmt: skip
    # folium would link to Leaflet, jQuery, Bootstrap and fonts; the page carries what it needs.
    chart.default_js, chart.default_css = [], []
    figure: Any = chart.get_root()
    figure.header.add_child(Element(_HEAD))
    figure.html.add_child(Element(_DATA))
    start: Any = MacroElement()  # type: ignore[no-untyped-call]
    start._template = Template(_START)
    chart.add_child(start)
    return str(figure.render())


def _head(title: dict[str, str], language: Language) -> str:
    name = " · ".join(filter(None, (title["name"], title["what"], title["demo"])))
    styles = _leaflet("leaflet.css") + "\n" + _own("map.css")
    scripts = [_leaflet("leaflet.js"), *(_own(name) for name in _SCRIPTS)]
    return "\n".join(
        [
            f"<title>{html.escape(name)}</title>",
            f"<style>{styles}</style>",
            *(f"<script>{script}</script>" for script in scripts),
        ]
    )


def _data(content: dict[str, object], findings: Findings, language: Language) -> str:
    """Return the content in a block that the browser does not run."""
    content["attribution"] = " | ".join(
        [*_of_streets(findings), '<a href="https://leafletjs.com">Leaflet</a>']
    )
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Inside <script> only "<" can end the block; JSON lets us write it as an escape.
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    note = html.escape(Words(language)("map.no_script"))
    return (
        f"<noscript><p>{note}</p></noscript>\n"
        f'<script type="application/json" id="quarterhour-data">{text}</script>'
    )


def _of_streets(findings: Findings) -> list[str]:
    """Return whose streets are drawn, where that must be said on the map."""
    if not findings.streets_from_osm:
        return []
    page = "https://www.openstreetmap.org/copyright"
    return [f'© <a href="{page}">OpenStreetMap contributors</a>, ODbL']


def _policy(page: str) -> str:
    """Return the content security policy: nothing is loaded, only the page's own scripts run."""
    digests = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in _INLINE.findall(page)
    ]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    rules = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


def _own(name: str) -> str:
    return data_file("web", name).read_text(encoding="utf-8")


def _leaflet(name: str) -> str:
    """Return a file of the installed Leaflet, without what points outside the page."""
    from xstatic.pkg import leaflet

    text = (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")
    text = re.sub(r"url\((?:images/|#default)[^)]*\)", "none", text)
    return re.sub(r"//# sourceMappingURL=\S+", "", text)
