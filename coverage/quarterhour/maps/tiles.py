"""Online map tiles under the web map: off unless asked for, and only from two known servers.

A *tile* is a picture of 256 pixels in Web Mercator (EPSG:3857). OpenStreetMap's are in WGS 84.
Tianditu's (天地图, the national platform) are in CGCS2000, within centimetres of WGS 84 and so far
below a pixel. Tiles of 高德, 腾讯 and 百度 are in GCJ-02 or BD-09, shifted by hundreds of metres by
law: under data in WGS 84 every street would lie in the wrong place, so they are refused.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from quarterhour.errors import Fault, InputError
from quarterhour.words import Language, Words

_OSM_URL = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
_TIANDITU_URL = (
    "https://t0.tianditu.gov.cn/%(name)s_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER=%(name)s&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=%(key)s"
)
# Pictures of streets, and Chinese names above them.
_TIANDITU_LAYERS = ("vec", "cva")
SOURCES = ("osm", "tianditu")
_SHIFTED = frozenset((
    "amap", "gaode", "autonavi", "高德", "高德地图", "tencent", "qq", "腾讯", "腾讯地图",
    "baidu", "bmap", "百度", "百度地图", "gcj02", "gcj-02", "bd09", "bd-09",
))  # fmt: skip
# The key goes into an address, and so into the page.
_KEY = re.compile(r"[0-9A-Za-z]{8,64}")
_HOST = re.compile(r"https://[^/]+")


@dataclass(frozen=True, slots=True)
class Tiles:
    """Whose tiles a web map asks for.

    Attributes
    ----------
    source
        ``osm`` or ``tianditu``.
    key
        Key of a browser application (浏览器端) registered with Tianditu; empty for OpenStreetMap.
        It stands in the page: whoever has the page can read it.

    Raises
    ------
    InputError
        If the server is not known, its tiles are in a shifted datum, or the key is missing, is not
        one, or was given where none is used.
    """

    source: str
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be asked for."""
        if self.source not in SOURCES:
            shifted = self.source.strip().lower() in _SHIFTED
            key = "webmap.shifted_tiles" if shifted else "webmap.unknown_tiles"
            raise InputError(Fault(key, {"source": self.source}))
        if self.source == "tianditu" and not self.key:
            raise InputError(Fault("webmap.no_key"))
        if self.source == "tianditu" and not _KEY.fullmatch(self.key):
            raise InputError(Fault("webmap.bad_key"))
        if self.source != "tianditu" and self.key:
            raise InputError(Fault("webmap.key_unused"))

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses of the tiles, the lowest layer first, with ``{z}``, ``{x}`` and ``{y}``."""
        if self.source == "osm":
            return (_OSM_URL,)
        return tuple(_TIANDITU_URL % {"name": n, "key": self.key} for n in _TIANDITU_LAYERS)

    @property
    def server(self) -> str:
        """Scheme and name of the one server that the page may ask."""
        return str(_HOST.findall(self.urls[0])[0])

    def content(self, language: Language, *, osm_notice: str) -> dict[str, Any]:
        """Return what the page has to know: addresses, the largest zoom, notices."""
        words = Words(language)
        name = words(f"webmap.tiles_{self.source}")
        said = {"name": name, "server": self.server.removeprefix("https://")}
        return {
            "urls": list(self.urls),
            "zoom": 19 if self.source == "osm" else 18,
            "attribution": osm_notice if self.source == "osm"
            else f'<a href="https://www.tianditu.gov.cn">{name}</a>',
            "note": words("webmap.tiles_note", said),
            "failed": words("webmap.tiles_failed", said),
            # OpenStreetMap's server wants to be told by which page it is asked; a file tells none.
            "as_file": words("webmap.tiles_as_file", said) if self.source == "osm" else "",
        }  # fmt: skip


def tiles_of(source: str, *, key: str = "") -> Tiles:
    """Return the tiles of a server by its name, as it stands on a command line.

    Parameters
    ----------
    source
        ``osm`` or ``tianditu``.
    key
        The user's own key for Tianditu.

    Raises
    ------
    InputError
        As :class:`Tiles`.
    """
    return Tiles(source.strip().lower(), key.strip())
