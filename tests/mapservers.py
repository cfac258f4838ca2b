"""A stand-in for OpenStreetMap's servers on this machine, answering from one OSM file."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import osmium

from quarterhour.streets.download import MapServers

STAMP = "2026-01-02T03:04:05Z"
STATUS = ["Connected as: 1", "Current time: now", "Announced endpoint: none", "Rate limit: 2",
          "2 slots available now.", ""]  # fmt: skip
# Which ways a filter of Overpass means, by the start of the filter.
FILTERS = {
    '["highway"]': lambda t: "highway" in t,
    '["railway"~': lambda t: t.get("railway") in ("platform", "rail", "light_rail", "subway"),
    '["natural"=': lambda t: t.get("natural") == "water",
    '["waterway"]': lambda t: "waterway" in t,
    '["building"]': lambda t: "building" in t,
    '["barrier"]': lambda t: "barrier" in t,
    '["amenity"]': lambda t: "amenity" in t,
}


def square(west: float, south: float, side: float) -> dict[str, Any]:
    """Return a square as GeoJSON."""
    ring = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    return {"type": "Polygon", "coordinates": [[[west + x, south + y] for x, y in ring]]}


def place(geojson: dict[str, Any], name: str = "Testville", importance: float = 0.5) -> dict:
    """Return one result as Nominatim gives it."""
    return {"display_name": name, "osm_type": "relation", "osm_id": 7, "importance": importance,
            "lat": "0", "lon": "0", "boundingbox": ["0", "1", "0", "1"],
            "geojson": geojson}  # fmt: skip


@dataclass
class Reply:
    """One reply in place of the usual one: a status, or a body of its own."""

    status: int = 200
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


@dataclass
class Stand:
    """What is served, what was asked, and what goes wrong next."""

    servers: MapServers
    nodes: dict[int, dict]
    ways: list[dict]
    relations: list[dict] = field(default_factory=list)
    places: Any = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    troubles: list[Reply | None] = field(default_factory=list)
    status: str = "\n".join(STATUS)

    def answer(self, query: str) -> dict[str, Any]:
        if asked := re.findall(r"\((node|way|relation)\['(\w+)'(?:='([^']*)')?\]", query):
            return self.tagged(asked)
        wanted = query.split("(way", 1)[1]
        keep = next(f for start, f in FILTERS.items() if wanted.startswith(start))
        ways = [w for w in self.ways if keep(w["tags"])]
        refs = sorted({r for w in ways for r in w["nodes"]})
        nodes = [self.nodes[r] for r in refs if r in self.nodes]
        return {"osm3s": {"timestamp_osm_base": STAMP}, "elements": ways + nodes}

    def tagged(self, asked: list[tuple[str, str, str]]) -> dict[str, Any]:
        """Return what has a tag that was asked for, with its ways and nodes, wherever it lies."""

        def wanted(thing: dict[str, Any]) -> bool:
            tags = thing.get("tags", {})
            return any(
                kind == thing["type"] and (tags.get(key) == value if value else key in tags)
                for kind, key, value in asked
            )

        relations = [r for r in self.relations if wanted(r)]
        members = {m["ref"] for r in relations for m in r["members"] if m["type"] == "way"}
        ways = [w for w in self.ways if w["id"] in members or wanted(w)]
        below = {n for w in ways for n in w["nodes"]}
        nodes = [n for number, n in sorted(self.nodes.items()) if number in below or wanted(n)]
        return {"osm3s": {"timestamp_osm_base": STAMP}, "elements": relations + ways + nodes}

    def count(self, what: str) -> int:
        return sum(what in line for line in self.asked)


def _handler(stand: Stand) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            stand.asked.append(self.path)
            if url.path == "/api/status":
                self._send(Reply(200, stand.status))
            elif url.path == "/search":
                stand.agents.add(self.headers["User-Agent"])
                self._send(self._trouble() or Reply(200, json.dumps(stand.places)))
            else:
                self._send(Reply(404, "<html><style>x</style>no such page</html>"))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            query = parse_qs(body)["data"][0]
            stand.asked.append(f"POST {query}")
            stand.agents.add(self.headers["User-Agent"])
            self._send(self._trouble() or Reply(200, json.dumps(stand.answer(query))))

        def _trouble(self) -> Reply | None:
            return stand.troubles.pop(0) if stand.troubles else None

        def _send(self, reply: Reply) -> None:
            if reply.hang_up:
                self.close_connection = True
                return
            body = (reply.body or "<html>busy</html>").encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def map_servers(osm: Path) -> Iterator[Stand]:
    """Serve an OSM file as Nominatim and Overpass would, until the block ends."""
    nodes, ways, relations = {}, [], []
    for thing in osmium.FileProcessor(str(osm)):
        tags = dict(thing.tags)
        if thing.is_node():
            where = {"lat": thing.location.lat, "lon": thing.location.lon}
            nodes[thing.id] = {"type": "node", "id": thing.id, **where}
            nodes[thing.id] |= {"tags": tags} if tags else {}
        elif thing.is_way():
            refs = [n.ref for n in thing.nodes]
            ways.append({"type": "way", "id": thing.id, "nodes": refs, "tags": tags})
        elif thing.is_relation():
            members = [{"type": {"n": "node", "w": "way", "r": "relation"}[m.type], "ref": m.ref,
                        "role": m.role} for m in thing.members]  # fmt: skip
            relations.append({"type": "relation", "id": thing.id, "members": members, "tags": tags})
    stand = Stand(MapServers(), nodes, ways, relations)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stand))
    url = f"http://127.0.0.1:{server.server_port}"
    stand.servers = MapServers(overpass_url=f"{url}/api", nominatim_url=f"{url}/", timeout_s=30)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
