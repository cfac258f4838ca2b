"""Asking OpenStreetMap's servers, through osmnx: patiently, once, and with a record.

*Nominatim* turns a place's name into its outline; *Overpass* gives the ways, boundaries and places
inside a polygon. An *answer* is what one of them sent; answers are kept by osmnx's own cache, a
folder for each question, so that asking again sends nothing. Nothing here runs unless a download is
asked for.

osmnx keeps its settings in a module, fixes the name service for the whole process, and meets a busy
server by waiting for ever; all three are put right here, with its public settings: they are set for
one question and restored, and a *listener* handed down to its HTTP library looks at every reply.
"""

import json
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

import shapely

from quarterhour.errors import Fault, InputError, NetworkError
from quarterhour.samebytes import digest_of, write_text

T = TypeVar("T")
# Values wanted of each key, as osmnx takes them.
Tags: TypeAlias = dict[str, bool | str | list[str]]

OVERPASS_URL = "https://overpass-api.de/api"
NOMINATIM_URL = "https://nominatim.openstreetmap.org/"
_BUSY = {429, 502, 503, 504}
_WAIT_GROWS = 4.0
_LONGEST_WAIT_S = 600.0
_STATUS_TIMEOUT_S = 20.0
_COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class MapServers:
    """Which servers are asked, and how patiently.

    Attributes
    ----------
    overpass_url, nominatim_url
        Addresses without ``/interpreter`` and ``/search``.
    attempts
        How often one request is sent when the server is busy or cannot be reached.
    first_wait_s
        Seconds before the second attempt; each further wait is four times as long, and never
        shorter than the server asks for.
    timeout_s
        Seconds a server may take for one request.
    """

    overpass_url: str = OVERPASS_URL
    nominatim_url: str = NOMINATIM_URL
    attempts: int = 3
    first_wait_s: float = 5.0
    timeout_s: int = 180

    @classmethod
    def at(cls, *, overpass_url: str = "", nominatim_url: str = "") -> "MapServers":
        """Return servers at other addresses; an empty one stands for the public server."""
        return cls(overpass_url or OVERPASS_URL, nominatim_url or NOMINATIM_URL)


def host_of(url: str) -> str:
    """Return the host of an address, as it is shown."""
    return urlsplit(url).netloc or url


class _BusyError(Exception):
    """The server asks to come back later."""

    def __init__(self, why: str, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.why = why
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class _Listener:
    """Looks at each reply before osmnx does: keeps the question, refuses what is no answer."""

    folder: Path
    place: str = ""  # of a question to Nominatim

    def __call__(self, reply: Any, *_: object, **__: object) -> None:  # noqa: ANN401 - as requests calls it
        if reply.is_redirect or str(reply.url).endswith("/status"):
            return
        host = host_of(str(reply.url))
        if reply.status_code in _BUSY:
            asked = reply.headers.get("Retry-After", "")
            raise _BusyError(str(reply.status_code), float(asked) if asked.isdigit() else 0.0)
        if not reply.ok:
            values = {"host": host, "why": f"{reply.status_code} {_gist(reply.text)}"}
            raise NetworkError(Fault("streets.fetch_refused", values))
        try:
            content = reply.json()
        except ValueError:
            content = None
        if not (self._is_places(content) if self.place else self._is_map(content)):
            values = {"host": host, "why": _gist(reply.text)}
            raise NetworkError(Fault("streets.fetch_broken", values))
        self._keep_question(reply.request)

    def _is_places(self, content: object) -> bool:
        if content == []:
            raise InputError(Fault("streets.fetch_no_place", {"place": self.place}))
        needed = {"importance", "boundingbox", "lat", "lon"}
        return isinstance(content, list) and all(
            isinstance(p, dict) and needed <= p.keys() for p in content
        )

    def _is_map(self, content: object) -> bool:
        if not isinstance(content, dict) or not isinstance(content.get("elements"), list):
            return False
        if "remark" in content:  # the server gave up on the way: what it sent is a part
            raise _BusyError(_gist(str(content["remark"])))
        return True

    def _keep_question(self, request: Any) -> None:  # noqa: ANN401 - requests has no types here
        body = request.body or b""
        text = body.decode("utf-8") if isinstance(body, bytes) else str(body)
        question = parse_qs(text).get("data", [f"GET {request.url}"])[0]
        self.folder.mkdir(parents=True, exist_ok=True)
        write_text(self.folder / f"{digest_of(question)[:16]}.query", question)


def _gist(text: str) -> str:
    """Return the words of a page or a message, shortened."""
    plain = re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)
    return " ".join(plain.split())[:160] or "-"


@contextmanager
def _osmnx_for(servers: MapServers, listener: _Listener, *, slots: bool) -> Iterator[Any]:
    """Give osmnx with its settings changed for one question."""
    import osmnx

    ours: Mapping[str, object] = {
        "overpass_url": servers.overpass_url,
        "nominatim_url": servers.nominatim_url,
        "overpass_rate_limit": slots,
        "overpass_settings": "[out:json][timeout:{timeout}]{maxsize}",
        "requests_timeout": servers.timeout_s,
        "requests_kwargs": {
            **osmnx.settings.requests_kwargs,
            "hooks": {"response": [listener]},
        },
        "use_cache": True,
        "cache_folder": str(listener.folder),
        # The answers themselves are wanted, not a graph, which drops tags, nodes and ends of ways.
        "cache_only_mode": True,
        # Else osmnx would ask a public name service when the machine's own knows no such host.
        "doh_url_template": None,
        "http_user_agent": f"quarterhour {version('quarterhour')} (OSMnx {version('osmnx')})",
    }
    before = {name: getattr(osmnx.settings, name) for name in ours}
    resolver = socket.getaddrinfo
    try:
        for name, value in ours.items():
            setattr(osmnx.settings, name, value)
        yield osmnx
    finally:
        for name, value in before.items():
            setattr(osmnx.settings, name, value)
        socket.getaddrinfo = resolver


def geocode(place: str, *, servers: MapServers, cache_dir: Path) -> tuple[Any, Mapping[str, str]]:
    """Return the outline of a place (WGS 84 degrees) and what Nominatim says of it.

    Parameters
    ----------
    place
        Name, as OpenStreetMap's search knows it.
    servers
        Whom to ask.
    cache_dir
        Folder that keeps answers.

    Raises
    ------
    InputError
        If no such place is known, or it has no outline.
    NetworkError
        If the server cannot be reached, stays busy, refuses, or sends something else.
    """
    folder = cache_dir / f"place-{digest_of(servers.nominatim_url, place)[:16]}"
    _drop_damaged(folder)

    def ask() -> Any:  # noqa: ANN401 - a table of geopandas
        with _osmnx_for(servers, _Listener(folder, place), slots=False) as osmnx:
            return osmnx.geocode_to_gdf(place)

    try:
        found = _patiently(ask, folder, host=host_of(servers.nominatim_url), servers=servers)
    except TypeError as error:  # so osmnx says that none of the places found is an area
        if "(Multi)Polygon" not in str(error):
            raise
        shutil.rmtree(folder, ignore_errors=True)
        raise InputError(Fault("streets.fetch_no_outline", {"place": place})) from None
    row = found.iloc[0]
    said = {n: str(row[n]) for n in ("display_name", "osm_type", "osm_id") if n in found.columns}
    return row.geometry, said


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked of one server, and the files with its answers."""

    queries: tuple[str, ...]
    files: tuple[Path, ...]

    def contents(self) -> Iterator[dict[str, Any]]:
        """Yield each answer as Overpass sent it."""
        for path in self.files:
            yield json.loads(path.read_text(encoding="utf-8"))

    def forget(self) -> None:
        """Let the same question be asked anew."""
        for path in self.files:
            shutil.rmtree(path.parent, ignore_errors=True)


def questions_of(folder: Path) -> tuple[str, ...]:
    """Return the texts that were sent for the answers in a folder."""
    return tuple(p.read_text(encoding="utf-8") for p in sorted(folder.glob("*.query")))


def place_questions(place: str, *, servers: MapServers, cache_dir: Path) -> tuple[str, ...]:
    """Return what was sent to Nominatim for a place."""
    return questions_of(cache_dir / f"place-{digest_of(servers.nominatim_url, place)[:16]}")


def ask_ways(
    polygon: shapely.Polygon,
    ways: str,
    *,
    servers: MapServers,
    cache_dir: Path,
) -> Answers:
    """Ask Overpass for all ways of one kind that touch a polygon, whole, with all tags and nodes.

    Parameters
    ----------
    polygon
        WGS 84 degrees; osmnx adds 500 m around it.
    ways
        Filter in Overpass QL, such as ``["highway"]``.
    servers, cache_dir
        As for :func:`geocode`.

    Raises
    ------
    NetworkError
        If the server cannot be reached, stays busy, refuses, or sends something else.
    """
    return _ask_overpass(
        lambda asking: asking.graph_from_polygon(polygon, custom_filter=ways),
        f"ways-{_key(servers, ways, polygon)}", servers=servers, cache_dir=cache_dir,
    )  # fmt: skip


def ask_tagged(
    polygon: shapely.Polygon, tags: Tags, *, servers: MapServers, cache_dir: Path
) -> Answers:
    """Ask Overpass for nodes, ways and relations with any of some tags that touch a polygon.

    Ways come with their nodes, relations with their ways and nodes.

    Parameters
    ----------
    polygon
        WGS 84 degrees.
    tags
        Values wanted of each key; ``True`` for any.
    servers, cache_dir
        As for :func:`geocode`.

    Raises
    ------
    NetworkError
        As for :func:`ask_ways`.
    """
    return _ask_overpass(
        lambda asking: asking.features_from_polygon(polygon, tags),
        f"tagged-{_key(servers, str(tags), polygon)}", servers=servers, cache_dir=cache_dir,
    )  # fmt: skip


def _key(servers: MapServers, what: str, polygon: shapely.Polygon) -> str:
    """Return the name of a question; other settings or versions ask another one."""
    wkt = shapely.to_wkt(polygon, rounding_precision=6)
    return digest_of(servers.overpass_url, servers.timeout_s, what, wkt, version("osmnx"))[:16]


def _ask_overpass(
    question: Callable[[Any], object], name: str, *, servers: MapServers, cache_dir: Path
) -> Answers:
    """Return the answers to a question, from the folder of that name where they are whole."""
    folder = cache_dir / name
    if not (folder / _COMPLETE).is_file():
        _drop_damaged(folder)
        slots = _tells_slots(servers.overpass_url)

        def ask() -> None:
            with _osmnx_for(servers, _Listener(folder), slots=slots) as asking:
                try:
                    question(asking)
                except InterruptedError:  # osmnx's way to say that all answers are in the cache
                    return

        _patiently(ask, folder, host=host_of(servers.overpass_url), servers=servers)
        write_text(folder / _COMPLETE, "")
    return Answers(questions_of(folder), tuple(sorted(folder.glob("*.json"))))


def _patiently(ask: Callable[[], T], folder: Path, *, host: str, servers: MapServers) -> T:
    """Ask until there is an answer or patience ends; each answer renews it."""
    failed, wait_s = 0, servers.first_wait_s
    while True:
        had = len(list(folder.glob("*.json")))
        try:
            return ask()
        except _BusyError as busy:
            key, why, at_least_s = "streets.fetch_busy", busy.why, busy.wait_s
        except OSError as error:
            if error.errno is not None:  # of the disk; those of the net carry no number here
                raise
            key, why, at_least_s = "streets.fetch_unreachable", _cause(error), 0.0
        if len(list(folder.glob("*.json"))) > had:
            failed, wait_s = 0, servers.first_wait_s
        failed += 1
        if failed >= servers.attempts:
            values = {"host": host, "why": why, "attempts": failed}
            raise NetworkError(Fault(key, values))
        time.sleep(min(max(wait_s, at_least_s), _LONGEST_WAIT_S))
        wait_s *= _WAIT_GROWS


def _cause(error: BaseException) -> str:
    """Return the innermost reason of a failed connection in a few words."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return _gist(str(reason or error).rpartition(": ")[2] or type(error).__name__)


def _tells_slots(url: str) -> bool:
    """Tell whether a server's status page says when it has room.

    osmnx waits for that room, but for ever at a server that has no limit, and for a minute at one
    that has no such page: those are asked at once.
    """
    from http.client import HTTPException
    from urllib.request import urlopen

    try:
        with urlopen(url.rstrip("/") + "/status", timeout=_STATUS_TIMEOUT_S) as page:
            line = page.read(10_000).decode("utf-8", "replace").split("\n")[4]
    except (OSError, ValueError, IndexError, HTTPException):
        return False
    return bool(re.match(r"\d+ |Slot ", line))


def _drop_damaged(folder: Path) -> None:
    """Remove answers that an interrupted run left half-written."""
    for path in sorted(folder.glob("*.json")):
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            path.unlink()
