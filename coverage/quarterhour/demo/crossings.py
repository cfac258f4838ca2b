"""What crosses at another level: footbridges, underpasses, lifts, tunnels, rails, motorways.

These are drawn after the streets, as *extras*: ways of their own with their own nodes. A
footbridge or underpass replaces the crossing at street level: steps lead to it from both sides,
and it shares no node with the road or the rails that it crosses.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .blocks import PRIMARY, SECONDARY, TRUNK, Blocks
from .plan import BRIDGE, PUBLIC
from .streets import Streets
from .terrain import RIDGE, Array, Land

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Tags = dict[str, str]


@dataclass(slots=True, kw_only=True, eq=False)
class Extras:
    """Ways and nodes beside the lattice; node numbers go on where the lattice's end.

    ``dropped`` marks lattice edges that an extra replaces. ``via`` is the node inserted in a
    lattice edge (a gate), or -1. ``kept_free`` are board positions under railways and motorways,
    where nothing is built.
    """

    first_node: int
    dropped: Bools
    via: Ints
    places: list[tuple[float, float]] = field(default_factory=list)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    kept_free: list[Array] = field(default_factory=list)

    def add_node(self, x: float, y: float, tags: Tags | None = None) -> int:
        """Add a node in metres and return its number."""
        self.places.append((float(x), float(y)))
        node = self.first_node + len(self.places) - 1
        if tags:
            self.node_tags[node] = tags
        return node

    def add_line(self, land: Land, u: Array, v: Array, tags: Tags) -> list[int]:
        """Add a way along board positions and return its nodes."""
        nodes = [self.add_node(x, y) for x, y in land.place(u, v)]
        self.ways.append((nodes, tags))
        return nodes


def make_extras(land: Land, blocks: Blocks, streets: Streets, rng: np.random.Generator) -> Extras:
    """Draw everything that crosses at another level, and the gates of compounds."""
    count = len(streets.kind)
    extras = Extras(
        first_node=streets.lattice.n_nodes,
        dropped=np.zeros(count, dtype=bool),
        via=np.full(count, -1),
    )
    _gates(streets, blocks, extras, rng)
    _road_crossings(land, blocks, streets, extras, rng)
    _rail_crossings(land, blocks, streets, extras, rng)
    for k, (west, east) in enumerate(streets.tunnels):
        tags = {"highway": "secondary", "tunnel": "yes", "layer": "-1", "lit": "yes"}
        # The long tunnels are closed on foot; the last is an old one with a walkway.
        extras.ways.append(([west, east], tags | ({"foot": "no"} if k < 2 else {})))
    _railways(land, blocks, extras)
    _motorways(land, streets, extras)
    return extras


def _gates(streets: Streets, blocks: Blocks, extras: Extras, rng: np.random.Generator) -> None:
    """Put a gate into every edge that leads into a compound, a few metres off the street."""
    lattice, on_line = streets.lattice, blocks.on_line.ravel()
    for edge in np.flatnonzero(streets.gate):
        a, b = lattice.a[edge], lattice.b[edge]
        street, home = (a, b) if on_line[a] else (b, a)
        share = 8.0 / lattice.length_m[edge]
        x = lattice.x[street] + share * (lattice.x[home] - lattice.x[street])
        y = lattice.y[street] + share * (lattice.y[home] - lattice.y[street])
        tags = {"barrier": "gate"} | ({"access": "private"} if rng.random() < 0.5 else {})
        extras.via[edge] = extras.add_node(x, y, tags)


def _public_nodes(streets: Streets, extras: Extras) -> Bools:
    lattice = streets.lattice
    public = (streets.access == PUBLIC) & (streets.structure != BRIDGE) & ~extras.dropped
    reached = np.zeros(lattice.n_nodes, dtype=bool)
    reached[lattice.a[public]] = True
    reached[lattice.b[public]] = True
    return reached


def _road_crossings(
    land: Land, blocks: Blocks, streets: Streets, extras: Extras, rng: np.random.Generator
) -> None:
    """Carry lanes over and under trunk and primary roads, between their junctions."""
    lattice, n_j = streets.lattice, streets.lattice.n_j
    reached, table = _public_nodes(streets, extras), lattice.table()
    on_road = np.zeros(lattice.n_nodes, dtype=bool)
    road = streets.main_line & (streets.kind <= PRIMARY)
    on_road[lattice.a[road]] = on_road[lattice.b[road]] = True
    # Over a road that is itself a bridge there is no room for a second one.
    carried = streets.structure == BRIDGE
    on_road[lattice.a[carried]] = on_road[lattice.b[carried]] = False
    corner = (
        (blocks.col_class < SECONDARY)[:, None] & _rows_below(land, blocks, SECONDARY)
    ).ravel()
    wanted = max(14, round(130 * land.board.scale))
    done: list[tuple[int, int]] = []
    for p in rng.permutation(np.flatnonzero(on_road & ~corner)):
        i, j = divmod(int(p), n_j)
        across = n_j if blocks.col_class[i] in (TRUNK, PRIMARY) else 1
        west, east = int(p) - across, int(p) + across
        if not (reached[west] and reached[east]) or on_road[west] or on_road[east]:
            continue
        if any(abs(i - k) + abs(j - m) < 6 for k, m in done):
            continue
        pairs = np.array([[west, p], [p, east]])
        edges = lattice.find(table, pairs[:, 0], pairs[:, 1])
        if (extras.via[edges[edges >= 0]] >= 0).any():
            continue
        # Where the lane is all that ties this side to the network, it stays at street level.
        if blocks.col_class[i] != TRUNK and (edges < 0).any():
            continue
        extras.dropped[edges[edges >= 0]] = True
        _level_crossing(lattice_xy(streets, west, east), (west, east), extras, rng)
        done.append((i, j))
        if len(done) == wanted:
            return


def _rows_below(land: Land, blocks: Blocks, limit: int) -> Bools:
    side = (land.board.u > 0.535 * land.board.width_m).astype(np.int64)
    return np.asarray((blocks.row_class < limit)[side])


def lattice_xy(streets: Streets, *nodes: int) -> Array:
    """Return the places of lattice nodes in metres, one row each."""
    index = list(nodes)
    return np.stack([streets.lattice.x[index], streets.lattice.y[index]], axis=1)


def _between(ends: Array, share: float) -> tuple[float, float]:
    x, y = ends[0] + share * (ends[1] - ends[0])
    return float(x), float(y)


def _level_crossing(
    ends: Array, nodes: tuple[int, int], extras: Extras, rng: np.random.Generator
) -> None:
    """Add steps, a bridge or underpass and steps again between two nodes; perhaps a lift."""
    over = rng.random() < 0.62
    level = {"bridge": "yes", "layer": "1"} if over else {"tunnel": "yes", "layer": "-1"}
    first, last = (extras.add_node(*_between(ends, t)) for t in (0.34, 0.66))
    climb = ("up", "down") if over else ("down", "up")
    count = str(int(rng.integers(28, 46)))
    sides = (([nodes[0], first], climb[0]), ([last, nodes[1]], climb[1]))
    for way, incline in sides:
        tags = {"highway": "steps", "incline": incline, "layer": level["layer"]}
        if rng.random() < 0.6:
            tags["step_count"] = count
        if rng.random() < 0.3:
            tags["conveying"] = "no"
        extras.ways.append((way, tags))
    extras.ways.append(([first, last], {"highway": "footway", **level}))
    if rng.random() < 0.3:
        aside = (ends[1] - ends[0])[::-1] * np.array([-1.0, 1.0])
        aside *= 5.0 / np.hypot(*aside)
        for street, landing, share in ((nodes[0], first, 0.31), (nodes[1], last, 0.69)):
            place = ends[0] + share * (ends[1] - ends[0]) + aside
            lift = extras.add_node(place[0], place[1], {"highway": "elevator", "wheelchair": "yes"})
            extras.ways.append(([street, lift], {"highway": "footway"}))
            extras.ways.append(([lift, landing], {"highway": "footway", **level}))


def _rail_crossings(
    land: Land, blocks: Blocks, streets: Streets, extras: Extras, rng: np.random.Generator
) -> None:
    """Carry lanes over and under the railways where no road does."""
    n_j = streets.lattice.n_j
    reached = _public_nodes(streets, extras)
    for i in blocks.rail_cols:
        free = ~blocks.rail_passes[i] & reached[i * n_j : (i + 1) * n_j]
        free &= reached[(i + 1) * n_j : (i + 2) * n_j]
        last = -99
        for j in np.flatnonzero(free):
            if j - last > rng.integers(8, 30):
                pair = (i * n_j + int(j), (i + 1) * n_j + int(j))
                _level_crossing(lattice_xy(streets, *pair), pair, extras, rng)
                last = int(j)


def _railways(land: Land, blocks: Blocks, extras: Extras) -> None:
    """Draw the rails between two lattice columns; on bridges over the tributary."""
    board = land.board
    v = np.arange(-300.0, board.height_m + 301.0, 45.0)  # short, to stay in its column
    for i in blocks.rail_cols:
        u = np.full(len(v), board.u[i] + board.step_m / 2)
        extras.kept_free.append(np.stack([u, v], axis=1))
        wet = (np.abs(v - land.tributary_v[i]) < 120) & (u > 0.6 * board.width_m)
        _add_pieces(land, extras, u, v, carried=wet, tags={"railway": "rail"})


def _add_pieces(
    land: Land, extras: Extras, u: Array, v: Array, *, carried: Bools, tags: Tags
) -> None:
    """Add one line as ground and bridge pieces that share their ends."""
    cuts = np.flatnonzero(carried[1:] != carried[:-1]) + 1
    nodes = [extras.add_node(x, y) for x, y in land.place(u, v)]
    for begin, end in zip([0, *cuts], [*cuts, len(u) - 1], strict=True):
        own = {"bridge": "yes", "layer": "2"} if carried[begin] else {}
        extras.ways.append((nodes[begin : end + 1], tags | own))


def _motorways(land: Land, streets: Streets, extras: Extras) -> None:
    """Draw two motorways on viaducts, one through the ridge, with ramps down to main roads."""
    board = land.board
    v = np.arange(-400.0, board.height_m + 401.0, 160.0)
    u = 0.432 * board.width_m + 180 * board.scale * np.sin(v / (1500 * board.scale))
    high = {"highway": "motorway", "bridge": "yes", "oneway": "no"}
    names = {"name": "示例西环高速", "name:en": "Demo West Ring Expressway"}
    first = extras.add_line(land, u, v, high | {"layer": "2"} | names)
    extras.kept_free.append(np.stack([u, v], axis=1))
    across_u = np.arange(-400.0, board.width_m + 401.0, 160.0)
    across_v = 0.612 * board.height_m + 220 * board.scale * np.cos(across_u / (2600 * board.scale))
    extras.kept_free.append(np.stack([across_u, across_v], axis=1))
    names = {"name": "示例横线高速", "name:en": "Demo Cross Expressway"}
    nodes = [extras.add_node(x, y) for x, y in land.place(across_u, across_v)]
    inside = np.flatnonzero((across_u > 0.475 * board.width_m) & (across_u < 0.595 * board.width_m))
    west, east = int(inside[0]), int(inside[-1])
    below = {"highway": "motorway", "tunnel": "yes", "layer": "-2"}
    for piece, tags in (
        (nodes[: west + 1], high | {"layer": "3"}),
        (nodes[west : east + 1], below),
        (nodes[east:], high | {"layer": "3"}),
    ):
        extras.ways.append((piece, tags | names))
    _ramps(land, streets, extras, first)


def _ramps(land: Land, streets: Streets, extras: Extras, motorway: list[int]) -> None:
    lattice = streets.lattice
    flat = (land.zone != RIDGE).ravel()
    ends = np.unique(np.r_[lattice.a[streets.main_line], lattice.b[streets.main_line]])
    ends = ends[flat[ends]]
    for share in (0.28, 0.55, 0.80):
        node = motorway[int(share * len(motorway))]
        x, y = extras.places[node - extras.first_node]
        far = np.hypot(lattice.x[ends] - x, lattice.y[ends] - y)
        down = int(ends[np.argmin(np.abs(far - 260.0))])
        middle = extras.add_node((x + lattice.x[down]) / 2 + 15, (y + lattice.y[down]) / 2 + 15)
        tags = {"highway": "motorway_link", "bridge": "yes", "layer": "2"}
        extras.ways.append(([node, middle, down], tags))
