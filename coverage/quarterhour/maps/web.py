"""The web map: one HTML file that opens without internet.

The page is a folium map whose Leaflet comes from an installed package (XStatic-Leaflet) and is
written into the file. Streets, layers, cards and the panel are drawn by scripts of our own
(``_data/web``) from one table. The page forbids itself every request: its content security policy
allows only the scripts that it carries, told by their digests, so that a name in a planner's file
that looks like a script stays a name. Where online tiles are asked for, it allows the pictures of
that one server and nothing else.
"""

from typing import Any

from quarterhour.findings import Findings
from quarterhour.maps.tiles import Tiles
from quarterhour.maps.web_page import page_content
from quarterhour.maps.web_parts import (
    LANG,
    LEAFLET_NOTICE,
    OSM_NOTICE,
    data_block,
    head,
    with_policy,
)
from quarterhour.samebytes import settle_ids
from quarterhour.words import Language

_SCRIPTS = (
    "shapes.js", "signs.js", "labels.js", "layers.js", "search.js", "measure.js", "paper.js",
    "map.js",
)  # fmt: skip
_STYLES = ("map.css", "tools.css", "paper.css")
# The order that a browser needs: rules and styles, then Leaflet, then ours, then the content.
_HEAD = "<!--quarterhour head-->"
_DATA = "<!--quarterhour data-->"
_START = """{% macro script(this, kwargs) %}
quarterhour.start({{ this._parent.get_name() }},
  JSON.parse(document.getElementById("quarterhour-data").textContent));
{% endmacro %}"""


def web_map(findings: Findings, *, language: Language, tiles: Tiles | None = None) -> str:
    """Return the web map as one HTML page.

    Parameters
    ----------
    findings
        What to show.
    language
        Language of the page; names stay as they are in the files.
    tiles
        Whose online tiles lie under the map; ``None``: the page asks nobody for anything.
    """
    content = page_content(findings, language, tiles=tiles)
    page = settle_ids(_shell(content["bounds"], online=tiles is not None))
    page = page.replace("<html>", f'<html lang="{LANG[language]}">', 1)
    said = content["title"]
    title = " · ".join(filter(None, (said["name"], said["what"], said["demo"])))
    page = page.replace(_HEAD, head(title, styles=_STYLES, scripts=_SCRIPTS), 1)
    page = page.replace(_DATA, _data(content, findings, language), 1)
    return with_policy(page, images=tiles.server if tiles else "")


def _shell(bounds: list[list[float]], *, online: bool) -> str:
    """Return folium's page, with marks where our parts go."""
    import folium
    from branca.element import Element, MacroElement
    from jinja2 import Template

    (south, west), (north, east) = bounds
    chart = folium.Map(
        location=[round((south + north) / 2.0, 6), round((west + east) / 2.0, 6)],
        zoom_start=13, tiles=None, zoom_control=False, max_zoom=19,
        # Tiles are sharp at whole zooms only.
        zoom_snap=1 if online else 0.25, zoom_delta=1 if online else 0.5,
        wheel_px_per_zoom_level=100, prefer_canvas=True,
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


def _data(content: dict[str, object], findings: Findings, language: Language) -> str:
    """Return the content with whose streets are drawn, where that must be said on the map."""
    notices = [OSM_NOTICE] if findings.streets_from_osm else []
    content["attribution"] = [*notices, LEAFLET_NOTICE]
    return data_block(content, language)
