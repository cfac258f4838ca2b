"""From an OSM extract to a walking network.

The steps: judge each way by ``_data/walkable.toml``; break ways into segments; find the nodes at
which an edge must end; chain segments into edges; give private edges copies of their end nodes.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, NetworkError
from quarterhour.inputs.datum import Plane
from quarterhour.osmfile import OsmExtract
from quarterhour.presets import constant
from quarterhour.streets.chains import Chains, chain_segments
from quarterhour.streets.grades import INCLINES_SAID, read_incline
from quarterhour.streets.network import WalkNetwork, hilbert_order
from quarterhour.streets.stairs import mapped_steps, read_step_count
from quarterhour.studytables import MOST_SNAP_M
from quarterhour.words import data_file

Private = Literal["own", "open", "closed"]
_BESIDE_M = 25.0


@cache
def walk_rules() -> Mapping[str, Any]:
    """Return the filter: which ways are walked on."""
    return tomllib.loads(data_file("walkable.toml").read_text(encoding="utf-8"))


def judge_way(tags: Mapping[str, str]) -> str:
    """Return ``"public"``, ``"private"``, or the reason why a way is not walked on."""
    rules = walk_rules()
    highway = tags.get("highway", tags.get("railway", ""))
    foot = tags.get("foot", "")
    if highway not in rules["walkable"] and not (
        highway in rules["if_foot"] and foot in rules["foot_yes"]
    ):
        return "class"
    if foot in rules["closed"]:
        return "foot_no"
    if tags.get("motorroad") == "yes":
        return "motorroad"
    access = tags.get("access", "")
    if foot in rules["foot_yes"]:
        return "public"
    if access in rules["closed"]:
        return "access_no"
    return "private" if {access, foot} & set(rules["private"]) else "public"


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """Segments of the kept ways."""

    start: NDArray[np.int64]  # index into the extract's nodes
    end: NDArray[np.int64]
    way: NDArray[np.int64]  # index into the extract's ways
    length_m: NDArray[np.float64]


def build_network(
    extract: OsmExtract,
    plane: Plane,
    *,
    private: Private = "own",
    within_m: tuple[float, float, float, float] | None = None,
) -> WalkNetwork:
    """Build the walking network of an extract.

    Parameters
    ----------
    extract
        What one pass over the OSM file found.
    plane
        Plane to measure in.
    private
        ``own``: private ways serve their own residents; ``open``: everybody; ``closed``: nobody.
    within_m
        West, south, east, north in metres; ways wholly outside are left out.

    Raises
    ------
    NetworkError
        If nothing is left to walk on.
    """
    verdicts = [judge_way(tags) for tags in extract.way_tags]
    xy = plane.to_xy(extract.node_lonlat[:, 0], extract.node_lonlat[:, 1])
    open_to = {"public", "private"} if private != "closed" else {"public"}
    keep = np.array([v in open_to for v in verdicts], bool)
    dropped = Counter(v for v in verdicts if v not in open_to)
    ref_node = np.searchsorted(extract.node_ids, extract.way_refs)
    if within_m is not None:
        outside = keep & ~_inside(extract, xy[ref_node], within_m)
        keep &= ~outside
        dropped["outside"] += int(outside.sum())
    no_sidewalk = _without_sidewalk(extract, keep, xy[ref_node])
    keep &= ~no_sidewalk
    dropped["no_sidewalk"] += int(no_sidewalk.sum())
    segments = _segments(extract, keep, ref_node, xy)
    if len(segments.start) == 0:
        why = ", ".join(f"{reason} {n}" for reason, n in sorted(dropped.items()) if n)
        raise NetworkError(Fault("streets.nothing_walkable", {"dropped": why or "-"}))
    is_private = np.array([v == "private" for v in verdicts], bool) & (private == "own")
    codes, tables = _way_codes(extract, is_private)
    segments, shut = _shut_gates(extract, segments, is_private)
    lifts = [n for n, t in extract.node_tags.items() if t.get("highway") == "elevator"]
    # A lift that stands on no way is nobody's: it has no place among the ways' nodes.
    special = np.flatnonzero(np.isin(extract.node_ids, np.array(lifts, np.int64)))
    chains = chain_segments(segments.start, segments.end, codes[segments.way], stops=special)
    report: dict[str, object] = {
        "ways_kept": int(keep.sum()),
        "ways_dropped": {k: v for k, v in sorted(dropped.items()) if v},
        "private_ways": int((is_private & keep).sum()),
        "gates_shut": shut,
        "lifts": len(special),
    }
    return _assemble(extract, plane, segments, chains, xy, tables, is_private, special, report)


def _inside(
    extract: OsmExtract, ref_xy: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.bool_]:
    west, south, east, north = box
    x, y = ref_xy[:, 0], ref_xy[:, 1]
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return np.add.reduceat(inside.astype(np.int64), extract.way_offset[:-1]) > 0


def _without_sidewalk(
    extract: OsmExtract, keep: NDArray[np.bool_], ref_xy: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return the main roads without a sidewalk that have a walkway beside them."""
    rules = walk_rules()
    out = np.zeros(len(keep), bool)
    asked = [
        w for w in np.flatnonzero(keep).tolist()
        if extract.way_tags[w].get("highway") in rules["needs_sidewalk"]
        and extract.way_tags[w].get("sidewalk") in ("no", "none")
        and extract.way_tags[w].get("foot") not in rules["foot_yes"]
    ]  # fmt: skip
    if not asked:
        return out
    walkways = [
        w
        for w in np.flatnonzero(keep).tolist()
        if extract.way_tags[w].get("highway") in rules["walkways"]
    ]
    lines = [_way_line(extract, w, ref_xy) for w in walkways]
    tree = shapely.STRtree([line for line in lines if line is not None])
    for w in asked:
        line = _way_line(extract, w, ref_xy)
        if line is None:
            continue
        probes = shapely.line_interpolate_point(line, [0.25, 0.5, 0.75], normalized=True)
        beside = tree.query(probes, predicate="dwithin", distance=_BESIDE_M)
        out[w] = len(np.unique(beside[0])) == len(probes)
    return out


def _way_line(
    extract: OsmExtract, way: int, ref_xy: NDArray[np.float64]
) -> shapely.LineString | None:
    xy = ref_xy[extract.way_offset[way] : extract.way_offset[way + 1]]
    xy = xy[np.isfinite(xy).all(axis=1)]
    return shapely.LineString(xy) if len(xy) > 1 else None


def _segments(
    extract: OsmExtract,
    keep: NDArray[np.bool_],
    ref_node: NDArray[np.int64],
    xy: NDArray[np.float64],
) -> _Segments:
    way_of_ref = np.repeat(np.arange(len(keep)), np.diff(extract.way_offset))
    inside = np.flatnonzero(way_of_ref[:-1] == way_of_ref[1:])
    inside = inside[keep[way_of_ref[inside]]]
    start, end = ref_node[inside], ref_node[inside + 1]
    length = np.hypot(*(xy[start] - xy[end]).T)
    good = np.isfinite(length) & (start != end)
    return _Segments(start[good], end[good], way_of_ref[inside][good], length[good])


def _shut_gates(
    extract: OsmExtract, segments: _Segments, is_private: NDArray[np.bool_]
) -> tuple[_Segments, int]:
    """Take out segments at nodes that nobody may pass.

    A barrier with ``access=no`` stops everybody. One with ``access=private`` belongs to a compound
    where private ways meet it, and stops everybody on a public way.
    """
    rules = walk_rules()
    stopping = []
    for node, tags in extract.node_tags.items():
        foot = tags.get("foot", tags.get("access", ""))
        if "barrier" not in tags or foot in rules["foot_yes"]:
            continue
        if foot in rules["closed"] or foot in rules["private"]:
            at = int(np.searchsorted(extract.node_ids, node))
            if at < len(extract.node_ids) and extract.node_ids[at] == node:
                stopping.append((at, foot in rules["private"]))
    if not stopping:
        return segments, 0
    stop = np.zeros(len(extract.node_ids), bool)
    for at, only_private in stopping:
        touching = segments.way[(segments.start == at) | (segments.end == at)]
        stop[at] = not (only_private and is_private[touching].any())
    good = ~(stop[segments.start] | stop[segments.end])
    kept = _Segments(
        segments.start[good], segments.end[good], segments.way[good], segments.length_m[good]
    )
    return kept, int(stop.sum())


@dataclass(frozen=True, slots=True, eq=False)
class _WayTables:
    """Attributes of ways as arrays and lists of names."""

    way_class: NDArray[np.int16]
    classes: tuple[str, ...]
    name: NDArray[np.int32]
    names: tuple[str, ...]
    stairs: NDArray[np.bool_]
    step_count: NDArray[np.float64]
    incline: NDArray[np.float64]
    incline_said: NDArray[np.object_]  # how the tag was taken, see grades.read_incline
    rise: NDArray[np.int8]
    escalator: NDArray[np.bool_]
    bridge: NDArray[np.bool_]
    tunnel: NDArray[np.bool_]


def _way_codes(
    extract: OsmExtract, is_private: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], _WayTables]:
    """Return a code per way (edges never mix codes) and the ways' attributes."""
    classes: dict[str, int] = {}
    names: dict[str, int] = {"": 0}
    codes: dict[tuple[object, ...], int] = {}
    n = len(extract.way_tags)
    way_class, name = np.zeros(n, np.int16), np.zeros(n, np.int32)
    step_count, incline = np.full(n, np.nan), np.full(n, np.nan)
    rise, said = np.zeros(n, np.int8), np.full(n, "", object)
    stairs, escalator, bridge, tunnel = (np.zeros(n, bool) for _ in range(4))
    code = np.zeros(n, np.int64)
    for w, tags in enumerate(extract.way_tags):
        highway = tags.get("highway") or tags.get("railway", "")
        way_class[w] = classes.setdefault(highway, len(classes))
        name[w] = names.setdefault(tags.get("name", ""), len(names))
        stairs[w] = highway == "steps"
        escalator[w] = stairs[w] and tags.get("conveying", "no") != "no"
        bridge[w] = tags.get("bridge", "no") != "no"
        tunnel[w] = tags.get("tunnel", "no") not in ("no", "building_passage")
        grade, sign, said[w] = read_incline(tags.get("incline", ""), stair=bool(stairs[w]))
        if stairs[w]:
            step_count[w], rise[w] = read_step_count(tags.get("step_count", "")), sign
        else:
            incline[w] = grade
        # A stair keeps its own steps, a way its own incline: neither merges with another way.
        own = int(extract.way_ids[w]) if stairs[w] or said[w] == "stated" else 0
        key = (way_class[w], name[w], bridge[w], tunnel[w], tags.get("layer", "0"),
               is_private[w], own)  # fmt: skip
        code[w] = codes.setdefault(key, len(codes))
    return code, _WayTables(
        way_class, tuple(classes), name, tuple(names), stairs, step_count, incline, said, rise,
        escalator, bridge, tunnel,
    )  # fmt: skip


def _assemble(
    extract: OsmExtract,
    plane: Plane,
    segments: _Segments,
    chains: Chains,
    xy: NDArray[np.float64],
    tables: _WayTables,
    is_private: NDArray[np.bool_],
    lifts: NDArray[np.int64],
    report: dict[str, object],
) -> WalkNetwork:
    start = np.where(chains.flip, segments.end[chains.order], segments.start[chains.order])
    end = np.where(chains.flip, segments.start[chains.order], segments.end[chains.order])
    first = chains.offset[:-1]
    last = chains.offset[1:] - 1
    way = segments.way[chains.order[first]]
    length = np.add.reduceat(segments.length_m[chains.order], first)
    steps, steps_from, steps_report = mapped_steps(
        segments.way, segments.length_m, stairs=tables.stairs, step_count=tables.step_count,
        way=way, length_m=length,
    )  # fmt: skip
    turn = np.where(chains.flip[first], -1, 1)
    rise, incline = (turn * tables.rise[way]).astype(np.int8), turn * tables.incline[way]
    said = Counter(tables.incline_said[np.unique(segments.way)].tolist())
    inclines = {f"inclines_{how}": said[how] for how in INCLINES_SAID if said[how]}
    edge_private = is_private[way]
    node_a, node_b, node_xy, links = _number_nodes(start[first], end[last], edge_private, xy)
    xyz, vertex_offset = _vertices(start, end, chains, np.column_stack([xy, extract.node_z_m]))
    vertices, vertices_z = xyz[:, :2].copy(), xyz[:, 2].copy()
    n_edges = len(way)
    touching = np.isin(start[first], lifts).astype(float) + np.isin(end[last], lifts)
    lift_s = touching * constant("lift_s") / 2.0
    is_lift_way = np.array(tables.classes, object)[tables.way_class[way]] == "elevator"
    lift_s[is_lift_way] = constant("lift_s")
    return WalkNetwork(
        crs=plane.crs,
        node_xy_m=node_xy,
        edge_from=node_a,
        edge_to=node_b,
        edge_length_dm=np.maximum(1, np.rint(length * 10)).astype(np.int32),
        vertex_offset=vertex_offset,
        vertex_xy_m=vertices,
        vertex_z_m=vertices_z,
        edge_class=tables.way_class[way],
        classes=tables.classes,
        edge_name=tables.name[way],
        names=tables.names,
        edge_steps=steps,
        edge_steps_from=steps_from,
        edge_incline=incline,
        edge_rise=rise,
        edge_escalator=tables.escalator[way],
        edge_bridge=tables.bridge[way],
        edge_tunnel=tables.tunnel[way],
        edge_private=edge_private,
        edge_lift_s=lift_s,
        piece_offset=np.arange(n_edges + 1, dtype=np.int64),
        piece_grade=np.zeros(n_edges),
        link_from=links[0],
        link_to=links[1],
        rivers=_rivers(extract, plane, vertices),
        report={**report, **steps_report, **inclines},
    )


def _rivers(extract: OsmExtract, plane: Plane, vertices: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the rivers within reach of the streets."""
    if len(extract.rivers) == 0:
        return ()
    shapes = plane.geometry_to_xy(extract.rivers)
    reach = MOST_SNAP_M
    near = shapely.box(*vertices.min(axis=0) - reach, *vertices.max(axis=0) + reach)
    shapes = shapes[shapely.intersects(shapes, near)]
    return tuple(shapely.to_wkb(shapes, hex=True).tolist())


def _number_nodes(
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    edge_private: NDArray[np.bool_],
    xy: NDArray[np.float64],
) -> tuple[
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.float64],
    tuple[NDArray[np.int32], NDArray[np.int32]],
]:
    """Return numbers for the ends of edges, along a curve that keeps neighbours together.

    Searches visit neighbours in turn, and find them in the same lines of memory.
    """
    ends = np.stack([a, b])
    public = np.unique(ends[:, ~edge_private])
    private = np.unique(ends[:, edge_private])
    places = xy[np.concatenate([public, private])]
    order = hilbert_order(places)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    as_public = np.searchsorted(public, ends)
    as_private = len(public) + np.searchsorted(private, ends)
    number = rank[np.where(edge_private, as_private, as_public)]
    both = np.isin(private, public)
    links = (
        rank[np.searchsorted(public, private[both])],
        rank[len(public) + np.flatnonzero(both)],
    )
    return number[0], number[1], places[order], links


def _vertices(
    start: NDArray[np.int64], end: NDArray[np.int64], chains: Chains, xyz: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    n_edges = len(chains.offset) - 1
    offset = chains.offset + np.arange(n_edges + 1)
    out = np.empty((offset[-1], xyz.shape[1]))
    edge = np.repeat(np.arange(n_edges), np.diff(chains.offset))
    out[np.arange(len(start)) + edge] = xyz[start]
    out[offset[1:] - 1] = xyz[end[chains.offset[1:] - 1]]
    return out, offset.astype(np.int64)
