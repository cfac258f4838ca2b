"""The OpenStreetMap extract: streets, gates, lifts, rails, water, parks and buildings.

All objects are gathered as numbered nodes in metres and ways of node numbers, then renumbered from
1 in order, put in degrees and written through OPL, osmium's line format: one text, read by osmium
itself, is several times quicker than building every object in Python.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .blocks import PARK, Blocks
from .buildings import TYPES, Buildings
from .crossings import Extras, Tags
from .projection import to_degrees
from .streets import Streets
from .terrain import RIVER, TRIBUTARY_WIDTH_M, ZONE_EDGES, Array, Land
from .ways import Way

GENERATOR = "quarterhour demo (invented data)"


@dataclass(slots=True, kw_only=True, eq=False)
class Drawing:
    """Nodes in metres (streets first, then the rest), ways, and tags of nodes by row."""

    places: list[Array] = field(default_factory=list)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    count: int = 0

    def add_nodes(self, places: Array) -> int:
        """Add nodes, one row each, and return the number of the first."""
        first = self.count
        self.places.append(places)
        self.count += len(places)
        return first

    def add_ring(self, places: Array, tags: Tags) -> None:
        """Add a closed way."""
        first = self.add_nodes(places)
        self.ways.append(([*range(first, first + len(places)), first], tags))


def make_drawing(
    land: Land,
    blocks: Blocks,
    streets: Streets,
    extras: Extras,
    *,
    ways: list[Way],
    buildings: Buildings,
) -> Drawing:
    """Gather everything the extract holds."""
    drawing = Drawing()
    lattice = streets.lattice
    xy = np.concatenate([np.stack([lattice.x, lattice.y], axis=1), np.array(extras.places)])
    used = np.unique(np.concatenate([way.nodes for way in ways]))
    number = np.full(len(xy), -1)
    number[used] = np.arange(len(used))
    drawing.add_nodes(xy[used])
    drawing.ways += [(number[way.nodes].tolist(), way.tags) for way in ways]
    drawing.node_tags |= {int(number[node]): tags for node, tags in extras.node_tags.items()}
    _add_villages(drawing, streets)
    _add_water(drawing, land)
    _add_parks(drawing, land, blocks)
    first = drawing.add_nodes(buildings.corners.reshape(-1, 2))
    for k, (kind, levels) in enumerate(
        zip(buildings.kind.tolist(), buildings.levels.tolist(), strict=True)
    ):
        at = first + 4 * k
        tags = {"building": TYPES[kind], "building:levels": str(levels)}
        drawing.ways.append(([at, at + 1, at + 2, at + 3, at], tags))
    return drawing


def _add_villages(drawing: Drawing, streets: Streets) -> None:
    lattice = streets.lattice
    places = np.stack([lattice.x[streets.villages], lattice.y[streets.villages]], axis=1) + 9.0
    first = drawing.add_nodes(places)
    for k in range(len(places)):
        tags = {"place": "hamlet", "name": f"示例{k + 1}村", "name:en": f"Demo Village {k + 1}"}
        drawing.node_tags[first + k] = tags


def _add_water(drawing: Drawing, land: Land) -> None:
    """Draw the river and the tributary as areas with a middle line each."""
    board = land.board
    v = np.arange(-800.0, board.height_m + 801.0, 120.0)
    wet = np.flatnonzero(land.zone[:, 0] == RIVER)
    west = np.full(len(v), board.u[wet[0]] - 0.45 * board.step_m)
    east = np.full(len(v), board.u[wet[-1]] + 0.45 * board.step_m)
    ring = np.concatenate([land.place(west, v), land.place(east, v)[::-1]])
    names = {"name": "示例江", "name:en": "Demo River"}
    drawing.add_ring(ring, {"natural": "water", "water": "river"} | names)
    middle = drawing.add_nodes(land.place((west + east) / 2, v))
    drawing.ways.append(([*range(middle, middle + len(v))], {"waterway": "river"} | names))
    u = np.arange(ZONE_EDGES[1] * board.width_m, float(west[0]) + 30, 60.0)
    line = np.interp(u, board.u, land.tributary_v)
    half = 0.5 * TRIBUTARY_WIDTH_M * np.interp(u, [u[0], u[-1]], [0.3, 1.0])
    ring = np.concatenate([land.place(u, line - half), land.place(u, line + half)[::-1]])
    names = {"name": "示例溪", "name:en": "Demo Brook"}
    drawing.add_ring(ring, {"natural": "water", "water": "stream"} | names)
    middle = drawing.add_nodes(land.place(u, line))
    drawing.ways.append(([*range(middle, middle + len(u))], {"waterway": "stream"} | names))


def _add_parks(drawing: Drawing, land: Land, blocks: Blocks) -> None:
    board = land.board
    i, j = np.nonzero((blocks.use == PARK) & blocks.urban)
    block = blocks.block[i, j]
    for k, name in enumerate(np.unique(block).tolist()):
        own = block == name
        if own.sum() < 12:
            continue
        west, east = board.u[i[own].min()] + 9, board.u[i[own].max()] + board.step_m - 9
        south, north = board.v[j[own].min()] + 9, board.v[j[own].max()] + board.step_m - 9
        t = np.linspace(0, 1, 4)[:-1]
        u = np.r_[west + t * (east - west), east + 0 * t, east - t * (east - west), west + 0 * t]
        v = np.r_[south + 0 * t, south + t * (north - south), north + 0 * t]
        v = np.r_[v, north - t * (north - south)]
        tags = {"leisure": "park", "name": f"示例{k + 1}号公园", "name:en": f"Demo Park {k + 1}"}
        drawing.add_ring(land.place(u, v), tags)


def write_osm(drawing: Drawing, path: Path) -> None:
    """Write the drawing, sorted by type and number, without any date."""
    import osmium

    lon, lat = to_degrees(np.concatenate(drawing.places)).T
    text = "\n".join(_opl(drawing, lon, lat)) + "\n"
    header = osmium.io.Header()
    header.set("generator", GENERATOR)
    buffer = osmium.io.FileBuffer(text.encode(), "opl")
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        osmium.apply(buffer, writer)


def _opl(drawing: Drawing, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> list[str]:
    tags = {row: _opl_tags(own) for row, own in drawing.node_tags.items()}
    lines = [
        f"n{row + 1} v1{tags.get(row, '')} x{x:.7f} y{y:.7f}"
        for row, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True))
    ]
    for number, (nodes, own) in enumerate(drawing.ways, 1):
        refs = ",".join([f"n{row + 1}" for row in nodes])
        lines.append(f"w{number} v1{_opl_tags(own)} N{refs}")
    return lines


_ESCAPED = str.maketrans({c: f"%{ord(c):x}%" for c in " ,=@%"})


def _opl_tags(tags: Tags) -> str:
    pairs = (f"{key}={value.translate(_ESCAPED)}" for key, value in tags.items())
    return " T" + ",".join(pairs)
