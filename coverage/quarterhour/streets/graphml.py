"""Street graphs as osmnx makes them: simplified or not, in degrees or in metres.

A *graph edge* leads one way; a street on which people walk both ways stands twice in the graph and
once in the network. A *mixed* edge was merged by osmnx from ways that differ: its attributes are
lists, and where along it the stairs were is lost. Distances are taken from the shapes.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import choose_plane, is_degrees
from quarterhour.streets.extracts import MadeStreets, made_extract, middle_of, tell, word_counts
from quarterhour.streets.lines import UNKNOWN_CLASS
from quarterhour.streets.osm import walk_rules

if TYPE_CHECKING:
    import networkx as nx

_NODE_TAGS = ("highway", "barrier", "access", "foot")
# What the filter, the chains and the stairs read of a way.
_WAY_TAGS = (
    "highway", "railway", "name", "bridge", "tunnel", "layer", "access", "foot", "motorroad",
    "sidewalk", "service", "step_count", "incline", "conveying",
)  # fmt: skip
_SURELY_M = 0.1
_DIFFERS = 0.01
# Of several values of a mixed edge, those that keep people out win.
_ACCESS_FIRST = ("no", "military", "emergency", "private", "residents")


@dataclass(frozen=True, slots=True, eq=False)
class _Street:
    """One street: rows of its end nodes, points between (x, y, z), tags, way, stated length."""

    a: int
    b: int
    inner: NDArray[np.float64]
    tags: Mapping[str, str]
    way: str
    length_m: float


def load_graph(path: Path) -> "nx.MultiDiGraph[Any]":
    """Read a GraphML file that osmnx or :func:`~quarterhour.streets.to_networkx` made.

    Raises
    ------
    InputError
        If the file is missing, or is no such graph.
    """
    from xml.etree.ElementTree import ParseError

    import networkx as nx
    import osmnx

    if path.is_dir():
        raise InputError(Fault("input.is_a_folder", {"path": str(path)}))
    if not path.is_file():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    try:
        graph = osmnx.load_graphml(path)
    except ParseError as error:
        raise InputError(Fault("input.unreadable", {"why": error}, file=path.name)) from error
    except (ValueError, TypeError, KeyError, AttributeError, nx.NetworkXError,
            shapely.GEOSException) as error:  # fmt: skip
        why = f"{type(error).__name__}: {error}"
        raise InputError(Fault("streets.not_a_street_graph", {"why": why}, path.name)) from error
    return graph


def graph_streets(
    graph: "nx.Graph[Any]", *, file: str = "", doubts: list[Fault] | None = None
) -> MadeStreets:
    """Return a street graph as an extract.

    Parameters
    ----------
    graph
        A graph of networkx in osmnx's form: nodes with ``x`` and ``y``, ``graph["crs"]``, edges
        with ``highway`` and, where they are not straight, ``geometry``. An undirected graph has
        each street once.
    file
        Name for faults.
    doubts
        Receives what was taken for something else.

    Raises
    ------
    InputError
        If nodes have no place, the graph names no system, or no edge says what it is.
    """
    node_xyz, row_of = _nodes(graph, file)
    mixed: Counter[str] = Counter()
    streets, without_shape = _streets(graph, row_of, node_xyz, mixed)
    if not any("highway" in s.tags or "railway" in s.tags for s in streets):
        values = {"words": "highway = -"}
        raise InputError(Fault("streets.no_known_class", values, file))
    unknown = sum("highway" not in s.tags and "railway" not in s.tags for s in streets)
    ways = _ways(streets)
    xyz, offset, refs, rows = _lay_out(node_xyz, streets, ways)
    lonlat = _in_degrees(xyz[:, :2], graph.graph["crs"], file)
    xy = choose_plane(*middle_of(lonlat)).to_xy(lonlat[:, 0], lonlat[:, 1])
    for row in rows:
        _heights_between(xyz[:, 2], xy, row)
    differ, without_length = _compare_lengths(xy, streets, rows)
    node_tags = {
        row: tags
        for node, row in row_of.items()
        if (tags := _tags(graph.nodes[node], _NODE_TAGS, Counter()))
    }
    way_tags = [{"highway": UNKNOWN_CLASS, **streets[w[0]].tags} for w in ways]
    numbers = {way: n for n, way in enumerate(dict.fromkeys(s.way for s in streets), 1)}
    ids = np.array([numbers[streets[w[0]].way] for w in ways], np.int64)
    figures: dict[str, object] = {
        "graph_edges": graph.number_of_edges(), "graph_streets": len(streets),
        "mixed_edges": mixed["highway"], "mixed_edges_with_steps": mixed["steps"],
        "mixed_values": word_counts({k: n for k, n in mixed.items() if k != "steps"}),
        "unknown_classes": unknown, "edges_without_shape": without_shape + without_length,
        "lengths_differ": differ,
    }  # fmt: skip
    tell(doubts, _doubts(file, figures, mixed, unknown))
    extract = made_extract(
        way_tags, offset, refs, lonlat=lonlat, z_m=xyz[:, 2], node_tags=node_tags, way_ids=ids
    )
    return MadeStreets(extract, figures)


def _nodes(graph: "nx.Graph[Any]", file: str) -> tuple[NDArray[np.float64], dict[Any, int]]:
    """Return places and heights of the nodes, and the row of each."""
    why = ""
    if "crs" not in graph.graph:
        why = "no crs"
    elif graph.number_of_edges() == 0:
        why = "no edges"
    rows: list[tuple[float, float, float]] = []
    for node, data in graph.nodes(data=True):
        try:
            rows.append((float(data["x"]), float(data["y"]), float(data.get("elevation", "nan"))))
        except (KeyError, TypeError, ValueError):
            why = why or f"node {node}"
    xyz = np.array(rows, np.float64).reshape(-1, 3)
    if not why and not np.isfinite(xyz[:, :2]).all():
        why = "x, y"
    if why:
        raise InputError(Fault("streets.not_a_street_graph", {"why": why}, file))
    return xyz, {node: row for row, node in enumerate(graph.nodes)}


def _streets(
    graph: "nx.Graph[Any]",
    row_of: Mapping[Any, int],
    node_xyz: NDArray[np.float64],
    mixed: Counter[str],
) -> tuple[list[_Street], int]:
    """Return each street once, drawn as its way was; count edges that have no shape."""
    # Per shape: the edges that lead along it, and those that lead against it.
    alike: dict[object, tuple[list[Any], list[Any]]] = {}
    without_shape = 0
    for u, v, data in graph.edges(data=True):
        a, b, line = row_of[u], row_of[v], data.get("geometry")
        points = _from_a(_points(line), node_xyz[a], node_xyz[b])
        if a == b and len(points) < 3:
            without_shape += 1
            continue
        ahead, behind = (a, b, points.tobytes()), (b, a, points[::-1].tobytes())
        key = (min(ahead, behind), _osmid(data))
        alike.setdefault(key, ([], []))[int(behind < ahead)].append((a, b, points, data))
    streets = []
    for along, against in alike.values():
        # Two edges along and one against are two streets.
        longer = max(along, against, key=len)
        streets += [_street(edge, mixed) for edge in longer]
    return streets, without_shape


def _osmid(data: Mapping[str, Any]) -> str:
    """Return what says that edges are of one way; lists come in any order."""
    osmid = data.get("osmid", "")
    return " ".join(sorted(map(str, osmid))) if isinstance(osmid, list) else str(osmid)


def _points(line: object) -> NDArray[np.float64]:
    if not isinstance(line, shapely.LineString):
        return np.empty((0, 3))
    return np.asarray(shapely.get_coordinates(line, include_z=True), np.float64)


def _from_a(
    points: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return a shape drawn from ``a``: an undirected graph may name the ends the other way."""
    if len(points) < 2 or np.array_equal(a[:2], b[:2]):
        return points
    first, last = (np.hypot(*(points[k, :2] - a[:2])) for k in (0, -1))
    return points[::-1] if last < first else points


def _street(
    edge: tuple[int, int, NDArray[np.float64], Mapping[str, Any]], mixed: Counter[str]
) -> _Street:
    a, b, points, data = edge
    inner = points[1:-1]
    if data.get("reversed", False) is True:
        a, b, inner = b, a, inner[::-1]
    tags = _tags(data, _WAY_TAGS, mixed)
    osmid = data.get("osmid")
    way = str(osmid) if isinstance(osmid, int | str) else f"{a} {b} {_osmid(data)}"
    try:
        length = float(data.get("length", "nan"))
    except (TypeError, ValueError):
        length = float("nan")
    return _Street(a, b, inner, tags, way, length)


def _tags(data: Mapping[str, Any], keys: Iterable[str], mixed: Counter[str]) -> dict[str, str]:
    """Return attributes as tags; of several values one is chosen and the edge is counted."""
    tags = {}
    for key in keys:
        value = data.get(key)
        if isinstance(value, list | tuple | set):
            values = sorted({_text(v) for v in value} - {""})
            if len(values) > 1:
                mixed[key] += 1
                mixed["steps"] += key == "highway" and "steps" in values
                if key in ("step_count", "incline"):
                    continue  # a sum or a mean cannot be told from a list of different values
            text = _choose(key, values) if values else ""
        else:
            text = _text(value)
        if text:
            tags[key] = text
    return tags


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _choose(key: str, values: list[str]) -> str:
    """Return one of several values: stairs first, who is kept out first, else the smallest road."""
    if key == "highway":
        if "steps" in values:
            return "steps"
        order = list(walk_rules()["walkable"])[::-1]
        return min(values, key=lambda v: order.index(v) if v in order else len(order))
    if key in ("access", "foot"):
        return next((v for v in _ACCESS_FIRST if v in values), values[0])
    return values[0]


def _ways(streets: list[_Street]) -> list[list[int]]:
    """Return ways as rows of streets that follow each other: a stair shares its steps there."""
    members: dict[tuple[object, ...], list[int]] = {}
    for n, street in enumerate(streets):
        members.setdefault((street.way, *sorted(street.tags.items())), []).append(n)
    return [row for each in members.values() for row in _in_rows(streets, each)]


def _in_rows(streets: list[_Street], members: list[int]) -> list[list[int]]:
    """Join streets that follow each other, drawn one way, into rows."""
    starts: dict[int, list[int]] = {}
    arriving = Counter(streets[n].b for n in members)
    for n in members:
        starts.setdefault(streets[n].a, []).append(n)
    heads = [n for n in members if arriving[streets[n].a] != 1 or len(starts[streets[n].a]) != 1]
    rows, done = [], set[int]()
    for head in [*heads, *members]:  # what no head leads to is a ring
        row: list[int] = []
        ahead = [head]
        while len(ahead) == 1 and ahead[0] not in done:
            row.append(ahead[0])
            done.add(ahead[0])
            to = streets[ahead[0]].b
            ahead = starts.get(to, []) if arriving[to] == 1 else []
        if row:
            rows.append(row)
    return rows


def _lay_out(
    node_xyz: NDArray[np.float64], streets: list[_Street], ways: list[list[int]]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], list[NDArray[np.int64]]]:
    """Return all nodes (inner points behind those of the graph), the ways, and each street's."""
    inner = [s.inner for s in streets]
    first = len(node_xyz) + np.concatenate([[0], np.cumsum([len(i) for i in inner])])
    xyz = np.concatenate([node_xyz, *inner])
    rows = [
        np.concatenate([[s.a], np.arange(first[n], first[n + 1]), [s.b]]).astype(np.int64)
        for n, s in enumerate(streets)
    ]
    refs = []
    for way in ways:
        parts = [rows[n] for n in way]
        refs.append(np.concatenate([parts[0], *[p[1:] for p in parts[1:]]]))
    offset = np.concatenate([[0], np.cumsum([len(r) for r in refs])]).astype(np.int64)
    return xyz, offset, np.concatenate(refs), rows


def _heights_between(
    z_m: NDArray[np.float64], xy_m: NDArray[np.float64], row: NDArray[np.int64]
) -> None:
    """Fill heights of a street's inner points evenly: osmnx's grade is that of the whole edge."""
    z = z_m[row]
    if len(row) > 2 and np.isfinite(z[[0, -1]]).all() and np.isnan(z[1:-1]).all():
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy_m[row], axis=0).T))])
        z_m[row[1:-1]] = np.interp(along[1:-1], along[[0, -1]], z[[0, -1]])


def _in_degrees(xy: NDArray[np.float64], crs: object, file: str) -> NDArray[np.float64]:
    from pyproj import CRS, Transformer
    from pyproj.exceptions import CRSError

    try:
        system = CRS.from_user_input(crs)
    except CRSError as error:
        why = {"why": f"crs {str(crs)[:60]}"}
        raise InputError(Fault("streets.not_a_street_graph", why, file)) from error
    change = Transformer.from_crs(system, 4326, always_xy=True)
    lonlat = xy if system.equals(CRS(4326), ignore_axis_order=True) else np.column_stack(
        change.transform(xy[:, 0], xy[:, 1]))  # fmt: skip
    if not is_degrees(lonlat[:, 0], lonlat[:, 1]).all():
        raise InputError(Fault("streets.not_a_street_graph", {"why": "x, y"}, file))
    return np.asarray(lonlat, np.float64)


def _compare_lengths(
    xy_m: NDArray[np.float64], streets: list[_Street], rows: list[NDArray[np.int64]]
) -> tuple[int, int]:
    """Return how many streets say another length than they have, and how many have none."""
    offset = np.concatenate([[0], np.cumsum([len(r) for r in rows])])
    flat = np.concatenate(rows)
    step = np.concatenate([np.hypot(*np.diff(xy_m[flat], axis=0).T), [0.0]])
    step[offset[1:] - 1] = 0.0
    drawn = np.add.reduceat(step, offset[:-1])
    said = np.array([s.length_m for s in streets])
    off = np.abs(said - drawn)
    differ = (off > _DIFFERS * drawn) & (off > _SURELY_M)
    return int(differ.sum()), int((drawn == 0).sum())


def _doubts(
    file: str, figures: Mapping[str, object], mixed: Counter[str], unknown: int
) -> list[Fault]:
    found = []
    if unknown:
        values: dict[str, object] = {"count": unknown, "words": "-"}
        found.append(Fault("streets.unknown_classes", values, file))
    if mixed["highway"]:
        values = {"count": mixed["highway"], "stairs": mixed["steps"]}
        found.append(Fault("streets.mixed_edges", values, file))
    if count := figures["edges_without_shape"]:
        found.append(Fault("streets.edges_without_shape", {"count": count}, file))
    if count := figures["lengths_differ"]:
        found.append(Fault("streets.lengths_differ", {"count": count}, file))
    return found
