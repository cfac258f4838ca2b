"""One pass over an OpenStreetMap file: ways on foot, gates, buildings, and a backdrop to draw.

Everything that any stage wants from an OSM file is taken in one pass, because reading is the slow
part. Nothing is decided here: tags are handed on as they stand.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, NetworkError

SUFFIXES = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")
_KEYS = (
    "highway", "railway", "building", "barrier", "natural", "waterway", "landuse", "leisure",
    "entrance", "amenity",
)  # fmt: skip
_GATES = ("gate", "swing_gate", "sliding_gate", "lift_gate", "entrance")
_WALLS = ("wall", "fence", "city_wall", "retaining_wall")
_UNDEFINED = 2_147_483_647  # osmium's raw coordinate of a node that the file does not hold


@dataclass(frozen=True, slots=True, eq=False)
class OsmExtract:
    """What one pass found; coordinates are WGS 84 degrees.

    Attributes
    ----------
    way_ids, way_tags
        One entry per way with ``highway`` or a railway platform.
    way_offset, way_refs
        Node ids of way ``w`` are ``way_refs[way_offset[w]:way_offset[w + 1]]``.
    node_ids, node_lonlat
        Nodes of those ways, by ascending id.
    node_z_m
        Heights of those nodes in metres; ``nan`` where the file has none.
    node_tags
        Tags of nodes that are gates, lifts or other obstacles, by node id.
    entrance_lonlat, gate_lonlat
        Nodes tagged ``entrance``, and gates (n, 2).
    grounds
        Closed walls, fences and hedges, and areas with ``amenity``: what gates stand around.
    buildings
        Footprints; ``levels`` is ``nan`` where untagged, ``uses`` the value of ``building``.
    water, rails
        Polygons and lines of water, and railway lines, for drawing and for naming barriers.
    rivers
        Of the water what one cannot step over: areas, and lines of rivers and canals above ground.
    barriers, barrier_kinds, barrier_names
        What nobody steps over beside motorways, which are ways: rivers, railways on the ground
        (``railway``), and walls and fences (``wall``), each with its name or an empty text.
    """

    way_ids: NDArray[np.int64]
    way_tags: tuple[Mapping[str, str], ...]
    way_offset: NDArray[np.int64]
    way_refs: NDArray[np.int64]
    node_ids: NDArray[np.int64]
    node_lonlat: NDArray[np.float64]
    node_z_m: NDArray[np.float64]
    node_tags: Mapping[int, Mapping[str, str]]
    entrance_lonlat: NDArray[np.float64]
    gate_lonlat: NDArray[np.float64]
    grounds: NDArray[np.object_]
    buildings: NDArray[np.object_]
    levels: NDArray[np.float64]
    uses: tuple[str, ...]
    water: NDArray[np.object_]
    rivers: NDArray[np.object_]
    rails: NDArray[np.object_]
    barriers: NDArray[np.object_] = field(default_factory=lambda: np.empty(0, object))
    barrier_kinds: tuple[str, ...] = ()
    barrier_names: tuple[str, ...] = ()


class _Collector:
    """Lists that grow while the file is read."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.tags: list[dict[str, str]] = []
        self.counts: list[int] = []
        self.refs: list[int] = []
        self.x: list[int] = []
        self.y: list[int] = []
        self.node_tags: dict[int, dict[str, str]] = {}
        self.entrances: list[tuple[int, int]] = []
        self.gates: list[tuple[int, int]] = []
        self.grounds: list[NDArray[np.float64]] = []
        self.rings: list[NDArray[np.float64]] = []
        self.levels: list[float] = []
        self.uses: list[str] = []
        self.water: list[shapely.Geometry] = []
        self.rivers: list[shapely.Geometry] = []
        self.rails: list[shapely.Geometry] = []
        self.river_names: list[str] = []
        self.grounded: list[tuple[int, str]] = []  # rails on the ground, with their names
        self.walls: list[NDArray[np.float64]] = []
        self.wall_names: list[str] = []

    def node(self, node: Any) -> None:  # noqa: ANN401 - osmium has no types
        tags = dict(node.tags)
        if "barrier" in tags or tags.get("highway") == "elevator":
            self.node_tags[node.id] = tags
        if tags.get("entrance", "no") != "no":
            self.entrances.append((node.location.x, node.location.y))
        if tags.get("barrier") in _GATES:
            self.gates.append((node.location.x, node.location.y))

    def way(self, way: Any) -> None:  # noqa: ANN401 - osmium has no types
        tags = dict(way.tags)
        if "highway" in tags or tags.get("railway") == "platform":
            nodes = [(n.ref, n.x, n.y) for n in way.nodes]
            if len(nodes) > 1:
                refs, x, y = zip(*nodes, strict=True)
                self.ids.append(way.id)
                self.tags.append(tags)
                self.counts.append(len(refs))
                self.refs += refs
                self.x += x
                self.y += y
        elif "building" in tags:
            ring = _lonlat(way)
            if len(ring) >= 4 and way.is_closed():
                self.rings.append(ring)
                self.levels.append(_number(tags.get("building:levels")))
                self.uses.append(tags["building"])
        elif tags.get("natural") == "water" or "waterway" in tags:
            self._water(_lonlat(way), tags, closed=way.is_closed())
        elif tags.get("railway") in ("rail", "light_rail", "subway"):
            line = _lonlat(way)
            if len(line) > 1 and tags.get("tunnel", "no") == "no":
                if tags.get("bridge", "no") == "no":
                    self.grounded.append((len(self.rails), tags.get("name", "")))
                self.rails.append(shapely.LineString(line))
        elif "barrier" in tags or "amenity" in tags:
            self._ground(way, tags, closed=way.is_closed(), wall=tags.get("barrier") in _WALLS)

    def _ground(
        self, way: Any, tags: Mapping[str, str], *, closed: bool, wall: bool,  # noqa: ANN401
    ) -> None:  # fmt: skip
        if not closed and not wall:
            return
        line = _lonlat(way)
        if closed and len(line) >= 4:
            self.grounds.append(line)
        if wall and len(line) > 1:
            self.walls.append(line)
            self.wall_names.append(tags.get("name", ""))

    def _water(self, line: NDArray[np.float64], tags: Mapping[str, str], *, closed: bool) -> None:
        if closed and len(line) >= 4:
            self.water.append(shapely.Polygon(line))
            self.rivers.append(self.water[-1])
            self.river_names.append(tags.get("name", ""))
        elif len(line) > 1:
            self.water.append(shapely.LineString(line))
            under = tags.get("tunnel", "no") != "no"
            if tags.get("waterway") in ("river", "canal") and not under:
                self.rivers.append(self.water[-1])
                self.river_names.append(tags.get("name", ""))


def _lonlat(way: Any) -> NDArray[np.float64]:  # noqa: ANN401 - osmium has no types
    raw = np.array([(n.x, n.y) for n in way.nodes], np.float64).reshape(-1, 2)
    kept: NDArray[np.float64] = raw[raw[:, 0] != _UNDEFINED] / 1e7
    return kept


def _number(text: str | None) -> float:
    """Return a tag's number; ``nan`` where it is none (a tag may well say "inf")."""
    try:
        value = float(text) if text else float("nan")
    except ValueError:
        return float("nan")
    return value if math.isfinite(value) else float("nan")


def check_osm_file(path: Path) -> None:
    """Refuse a path that is no OSM file by its name.

    Raises
    ------
    InputError
        If the file is missing, or of another kind.
    """
    if path.is_dir():
        raise InputError(Fault("input.is_a_folder", {"path": str(path)}))
    if not path.is_file():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    if not path.name.lower().endswith(SUFFIXES):
        raise InputError(Fault("input.unknown_format", {"suffix": path.suffix}, file=path.name))


def read_osm(path: Path) -> OsmExtract:
    """Read an OSM file once.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.

    Raises
    ------
    InputError
        If the file is missing, of another kind, or not readable.
    NetworkError
        If it holds no way with ``highway``.
    """
    import osmium

    check_osm_file(path)
    found = _Collector()
    try:
        objects = osmium.FileProcessor(str(path)).with_locations()
        thing: Any
        for thing in objects.with_filter(osmium.filter.KeyFilter(*_KEYS)):
            if thing.is_way():
                found.way(thing)
            elif thing.is_node():
                found.node(thing)
    except (RuntimeError, ValueError, OSError) as error:
        raise InputError(Fault("input.unreadable", {"why": error}, file=path.name)) from error
    if not found.ids:
        raise NetworkError(Fault("streets.no_ways", file=path.name))
    return _extract(found)


def _extract(found: _Collector) -> OsmExtract:
    refs = np.array(found.refs, np.int64)
    raw = np.column_stack([np.array(found.x, np.int64), np.array(found.y, np.int64)])
    node_ids, first = np.unique(refs, return_index=True)
    lonlat = raw[first] / 1e7
    lonlat[raw[first, 0] == _UNDEFINED] = np.nan
    walls = _lines(found.walls)
    shapes = [*found.rivers, *(found.rails[row] for row, _ in found.grounded), *walls]
    kinds = [("river", len(found.rivers)), ("railway", len(found.grounded)), ("wall", len(walls))]
    return OsmExtract(
        way_ids=np.array(found.ids, np.int64),
        way_tags=tuple(found.tags),
        way_offset=np.concatenate([[0], np.cumsum(found.counts)]).astype(np.int64),
        way_refs=refs,
        node_ids=node_ids,
        node_lonlat=lonlat,
        node_z_m=np.full(len(node_ids), np.nan),
        node_tags=found.node_tags,
        entrance_lonlat=np.array(found.entrances, np.float64).reshape(-1, 2) / 1e7,
        gate_lonlat=np.array(found.gates, np.float64).reshape(-1, 2) / 1e7,
        grounds=_polygons(found.grounds),
        buildings=_polygons(found.rings),
        levels=np.array(found.levels, np.float64),
        uses=tuple(found.uses),
        water=np.array(found.water, object),
        rivers=np.array(found.rivers, object),
        rails=np.array(found.rails, object),
        barriers=np.array(shapes, object),
        barrier_kinds=tuple(kind for kind, count in kinds for _ in range(count)),
        barrier_names=(*found.river_names, *(n for _, n in found.grounded), *found.wall_names),
    )


def _lines(found: list[NDArray[np.float64]]) -> list[shapely.Geometry]:
    if not found:
        return []
    owner = np.repeat(np.arange(len(found)), [len(line) for line in found])
    made: list[shapely.Geometry] = shapely.linestrings(
        np.concatenate(found), indices=owner
    ).tolist()
    return made


def _polygons(rings: list[NDArray[np.float64]]) -> NDArray[np.object_]:
    if not rings:
        return np.empty(0, object)
    owner = np.repeat(np.arange(len(rings)), [len(r) for r in rings])
    lines = shapely.linearrings(np.concatenate(rings), indices=owner)
    return np.asarray(shapely.polygons(lines), object)
