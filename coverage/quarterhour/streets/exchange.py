"""A network as a graph of networkx, in osmnx's form, and back without loss.

Every edge stands twice in the graph, once each way, with its shape, length and the tags that
osmnx knows. What only this package knows stands beside it as JSON: of an edge under
``quarterhour``, of the whole network under ``graph["quarterhour"]``. A *link* leads from a private
copy of a node out to the public node, one way: residents come out and nobody passes through.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import choose_plane
from quarterhour.streets.extracts import in_wgs84, middle_of
from quarterhour.streets.graphml import graph_streets
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.osm import Private, build_network
from quarterhour.studytables import DatumName

if TYPE_CHECKING:
    import networkx as nx

SCHEMA = 1
OWN = "quarterhour"
_JOINTS = ("edge_from", "edge_to")


def names_of(start: str, *, without: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the arrays of a network whose names begin so, in their order."""
    named = (f.name for f in fields(WalkNetwork))
    return tuple(n for n in named if n.startswith(start) and n not in without)


def edge_names() -> tuple[str, ...]:
    """Return the arrays with one entry per edge."""
    return names_of("edge_", without=_JOINTS)


def head_of(network: WalkNetwork) -> dict[str, Any]:
    """Return what is said once of a network, as JSON can hold it."""
    arrays = {f.name: getattr(network, f.name) for f in fields(network)}
    return {
        "schema": SCHEMA,
        "crs": network.crs,
        "nodes": network.n_nodes,
        "edges": network.n_edges,
        "tables": {n: list(a) for n, a in arrays.items() if isinstance(a, tuple)},
        "types": {n: a.dtype.str for n, a in arrays.items() if isinstance(a, np.ndarray)},
        "report": plain(network.report),
    }


def plain(value: object) -> Any:  # noqa: ANN401 - JSON is whatever it is
    """Return a value of a report as JSON gives it back."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    return value.item() if isinstance(value, np.generic) else value


def check_schema(head: Mapping[str, Any], file: str) -> None:
    """Refuse what another version stored.

    Raises
    ------
    InputError
        If the schema, or the arrays that it holds, are not those of this version.
    """
    wanted = {f.name for f in fields(WalkNetwork)}
    held = {"crs", "report", *head.get("types", ()), *head.get("tables", ())}
    if head.get("schema") != SCHEMA or held != wanted:
        values = {"found": head.get("schema", "-"), "known": SCHEMA}
        raise InputError(Fault("streets.stored_by_other_version", values, file))


def network_from(head: Mapping[str, Any], arrays: Mapping[str, Any]) -> WalkNetwork:
    """Return the network of a head and its arrays, each of the type it had."""
    held: dict[str, Any] = {"crs": head["crs"], "report": head["report"]}
    held |= {n: np.asarray(arrays[n], dtype=t) for n, t in head["types"].items()}
    held |= {n: tuple(t) for n, t in head["tables"].items()}
    return WalkNetwork(**held)


def to_networkx(network: WalkNetwork) -> "nx.MultiDiGraph[Any]":
    """Return a network as a graph that osmnx works with.

    Parameters
    ----------
    network
        Any network.

    Returns
    -------
    networkx.MultiDiGraph
        ``graph["crs"]`` is the network's plane. Nodes are numbered as in the network, with ``x``
        and ``y`` in metres. Edge ``e`` has the key ``2 e`` as drawn and ``2 e + 1`` against it
        (``reversed``), with ``osmid``, ``length`` (m), ``highway``, ``geometry``, and ``name``,
        ``bridge``, ``tunnel``, ``access``, ``step_count`` where there are any. Private copies
        have one-way links of length 0 out to their public nodes (``highway = "link"``).
    """
    import networkx as nx

    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph(crs=network.crs, simplified=True)
    graph.graph[OWN] = json.dumps(head_of(network), ensure_ascii=False, sort_keys=True)
    for n, (x, y) in enumerate(network.node_xy_m.tolist()):
        graph.add_node(n, x=x, y=y)
    lines = network.lines()
    ends = np.column_stack([network.edge_from, network.edge_to]).tolist()
    for e, ((a, b), own) in enumerate(zip(ends, _own_of_edges(network), strict=True)):
        said = {**_osm_tags(network, e), OWN: json.dumps({"edge": e, **own}, sort_keys=True)}
        graph.add_edge(a, b, 2 * e, reversed=False, geometry=lines[e], **said)
        graph.add_edge(b, a, 2 * e + 1, reversed=True, geometry=lines[e].reverse(), **said)
    links = zip(network.link_from.tolist(), network.link_to.tolist(), strict=True)
    for k, (public, copy) in enumerate(links):
        graph.add_edge(
            copy, public, 2 * network.n_edges + k, osmid=network.n_edges + k, length=0.0,
            highway="link", oneway=True, reversed=False, **{OWN: json.dumps({"link": k})},
        )  # fmt: skip
    return graph


def _own_of_edges(network: WalkNetwork) -> list[dict[str, Any]]:
    """Return per edge what osmnx has no word for."""
    columns = {n: getattr(network, n).tolist() for n in edge_names()}
    lists = {n: getattr(network, n).tolist() for n in names_of("piece_", without=("piece_offset",))}
    heights = names_of("vertex_", without=("vertex_offset", "vertex_xy_m"))
    lists |= {n: getattr(network, n).tolist() for n in heights}
    out = []
    for e in range(network.n_edges):
        own = {n: column[e] for n, column in columns.items()}
        for n, values in lists.items():
            offset = network.piece_offset if n.startswith("piece_") else network.vertex_offset
            own[n] = values[offset[e] : offset[e + 1]]
        out.append(own)
    return out


def _osm_tags(network: WalkNetwork, e: int) -> dict[str, Any]:
    tags: dict[str, Any] = {
        "osmid": e, "length": float(network.edge_length_dm[e]) / 10.0, "oneway": False,
        "highway": network.classes[network.edge_class[e]],
    }  # fmt: skip
    if name := network.names[network.edge_name[e]]:
        tags["name"] = name
    for key in ("bridge", "tunnel"):
        if getattr(network, f"edge_{key}")[e]:
            tags[key] = "yes"
    if network.edge_private[e]:
        tags["access"] = "private"
    if network.edge_steps[e] > 0:
        tags["step_count"] = str(max(1, round(float(network.edge_steps[e]))))
    return tags


def from_networkx(
    graph: "nx.Graph[Any]",
    *,
    crs: str = "auto",
    private: Private = "own",
    datum: DatumName = "wgs84",
    doubts: list[Fault] | None = None,
    file: str = "",
) -> WalkNetwork:
    """Return a graph of networkx as a network.

    Parameters
    ----------
    graph
        What :func:`to_networkx` made, also after ``osmnx.save_graphml`` and ``load_graphml``: every
        array comes back equal. Edges and nodes may have been taken out of it. Else a graph in
        osmnx's form.
    crs, private, datum
        Plane to measure in, who may use private ways, and what degrees mean: for graphs of osmnx.
        A graph of our own knows them.
    doubts
        Receives what was taken for something else.
    file
        Name for faults.

    Raises
    ------
    InputError
        If the graph is not in osmnx's form, or was made by another version.
    NetworkError
        If nothing in it is walkable.
    """
    if is_own(graph):
        return _own_network(graph, file)
    made = graph_streets(graph, file=file, doubts=doubts)
    extract = in_wgs84(made.extract, datum)
    plane = choose_plane(*middle_of(extract.node_lonlat), wanted=crs)
    network = build_network(extract, plane, private=private)
    return replace(network, report={**network.report, "private": private, **made.figures})


def is_own(graph: "nx.Graph[Any]") -> bool:
    """Tell whether a graph was made by :func:`to_networkx`, and no edge was added to it since."""
    if OWN not in graph.graph or not graph.is_multigraph() or not graph.is_directed():
        return False
    return graph.number_of_edges() > 0 and all(OWN in data for _, _, data in graph.edges(data=True))


def _said(value: object) -> dict[str, Any]:
    """Return JSON of ours; osmnx reads back as a dict what looks like one."""
    return dict(value) if isinstance(value, Mapping) else json.loads(str(value))


def _own_network(graph: "nx.Graph[Any]", file: str) -> WalkNetwork:
    head = _said(graph.graph[OWN])
    check_schema(head, file)
    labels = sorted(graph.nodes, key=int)
    number = {label: n for n, label in enumerate(labels)}
    edges: list[tuple[int, int, int, NDArray[np.float64], dict[str, Any]]] = []
    links: list[tuple[int, int, int]] = []
    for u, v, data in graph.edges(data=True):
        own = _said(data[OWN])
        if "link" in own:
            links.append((own["link"], number[v], number[u]))
        elif not data["reversed"]:
            xy = shapely.get_coordinates(data["geometry"])
            edges.append((own["edge"], number[u], number[v], xy, own))
    edges.sort(key=lambda edge: edge[0])
    links.sort()
    arrays: dict[str, Any] = {n: [own[n] for *_, own in edges] for n in edge_names()}
    for start, offset in (("piece_", "piece_offset"), ("vertex_", "vertex_offset")):
        for n in names_of(start, without=(offset, "vertex_xy_m")):
            arrays[n] = [value for *_, own in edges for value in own[n]]
    arrays |= {
        "node_xy_m": np.array(
            [(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in labels], np.float64
        ).reshape(-1, 2),
        "edge_from": [a for _, a, *_ in edges],
        "edge_to": [b for _, _, b, *_ in edges],
        "vertex_xy_m": np.concatenate([np.empty((0, 2)), *[xy for *_, xy, _ in edges]]),
        "vertex_offset": _offsets([len(xy) for *_, xy, _ in edges]),
        "piece_offset": _offsets([len(own["piece_grade"]) for *_, own in edges]),
        "link_from": [public for _, public, _ in links],
        "link_to": [copy for *_, copy in links],
    }  # fmt: skip
    if (taken := int(head["edges"]) - len(edges)) > 0:
        head["report"]["edges_taken_out"] = taken
    for n in ("node_xy_m", "vertex_xy_m"):
        arrays[n] = _back(arrays[n], graph.graph["crs"], head["crs"])
    return network_from(head, arrays)


def _back(xy: NDArray[np.float64], drawn_in: object, crs: str) -> NDArray[np.float64]:
    """Return places in the network's own plane, where the graph was projected since."""
    from pyproj import CRS, Transformer

    now, own = CRS.from_user_input(drawn_in), CRS.from_user_input(crs)
    if now == own:
        return xy
    change = Transformer.from_crs(now, own, always_xy=True)
    return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))


def _offsets(counts: list[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)
