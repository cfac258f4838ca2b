"""What every offline page of ours is put together from: scripts, styles, data, its own policy.

A page carries all it needs and forbids itself every request: its content security policy allows
only the scripts that it carries, told by their digests, so that a name in a planner's file that
looks like a script stays a name.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

from quarterhour.words import Language, Words, data_file

LANG = {"zh": "zh-CN", "en": "en"}
OSM_NOTICE = (
    '© <a href="https://www.openstreetmap.org/copyright">OpenStreetMap contributors</a>, ODbL'
)
LEAFLET_NOTICE = '<a href="https://leafletjs.com">Leaflet</a>'
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def head(title: str, *, styles: Iterable[str], scripts: Iterable[str]) -> str:
    """Return title, styles and scripts (names of files in ``_data/web``), Leaflet first."""
    css = "\n".join([_leaflet("leaflet.css"), *map(_own, styles)])
    code = [_leaflet("leaflet.js"), *map(_own, scripts)]
    return "\n".join(
        [
            f"<title>{html.escape(title)}</title>",
            f"<style>{css}</style>",
            *(f"<script>{script}</script>" for script in code),
        ]
    )  # fmt: skip


def data_block(content: object, language: Language) -> str:
    """Return a page's content in a block that the browser does not run."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Inside <script> only "<" can end the block; JSON lets us write it as an escape.
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    note = html.escape(Words(language)("map.no_script"))
    return (
        f"<noscript><p>{note}</p></noscript>\n"
        f'<script type="application/json" id="quarterhour-data">{text}</script>'
    )


def with_policy(page: str, *, images: str = "") -> str:
    """Return a page that runs only the scripts it carries, and loads nothing.

    Parameters
    ----------
    page
        The page, without a policy.
    images
        The one server whose pictures it may load; empty for none.
    """
    digests = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in _INLINE.findall(page)
    ]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    rules = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        f"img-src {' '.join(filter(None, ('data:', images)))}; base-uri 'none'; form-action 'none'"
    )
    policy = f'<meta http-equiv="Content-Security-Policy" content="{rules}">'
    return page.replace("<head>", f"<head>\n{policy}", 1)


def _own(name: str) -> str:
    return data_file("web", name).read_text(encoding="utf-8")


def _leaflet(name: str) -> str:
    """Return a file of the installed Leaflet, without what points outside the page."""
    from xstatic.pkg import leaflet

    text = (Path(leaflet.BASE_DIR) / name).read_text(encoding="utf-8")
    text = re.sub(r"url\((?:images/|#default)[^)]*\)", "none", text)
    return re.sub(r"//# sourceMappingURL=\S+", "", text)
