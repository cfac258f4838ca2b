"""Buildings: four-cornered houses inside the cells of the street lattice.

A building stands in the middle of a cell, moved towards a street at the cell's edge, so it never
stands on one. Uses differ: slabs and towers in compounds, small old houses on the hills, farm
houses around villages, halls in works.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .blocks import CAMPUS, COMPOUND, EMPTY, HILLSIDE, OPEN, PARK, WORKS, Blocks
from .crossings import Extras
from .lattice import EAST, FALLING, NORTH, RISING
from .plan import BRIDGE, PUBLIC
from .streets import Streets
from .terrain import Array, Land

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TYPES = ("apartments", "residential", "house", "commercial", "industrial", "university")
APARTMENTS, RESIDENTIAL, HOUSE, COMMERCIAL, INDUSTRIAL, UNIVERSITY = range(6)
HOME_TYPES = (APARTMENTS, RESIDENTIAL, HOUSE)
SETBACK_M = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Cells beside a street, where something can stand.

    ``street_side`` is the direction (0 south, 1 north, 2 west, 3 east) of a bordering street,
    ``public_side`` of a public one that is walked (-1: none). ``centre`` is in metres,
    ``uv`` on the board, ``along`` and ``width_m``, ``depth_m`` describe the cell's frame.
    """

    index: Ints
    uv: Array
    centre: Array
    along: Array
    width_m: Array
    depth_m: Array
    street_side: Ints
    public_side: Ints
    use: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Buildings:
    """Corners in metres ``(n, 4, 2)``, board position, type and levels of each building."""

    corners: Array
    uv: Array
    kind: Ints
    levels: Ints
    floor_m2: Array


def make_cells(land: Land, blocks: Blocks, streets: Streets, extras: Extras) -> Cells:
    """Find the cells that border a street and are crossed by nothing."""
    lattice, n_j = streets.lattice, streets.lattice.n_j
    kept = ~extras.dropped
    touches = _sides(streets, kept & (streets.structure != BRIDGE))
    open_ = kept & (streets.access == PUBLIC) & ~streets.no_foot & (streets.structure != BRIDGE)
    public = _sides(streets, open_)
    free = _free(land, blocks, streets, extras)
    cell = np.flatnonzero(free & touches.any(axis=0))
    i, j = np.divmod(cell, n_j)
    xy = np.stack([lattice.x, lattice.y], axis=1)
    sw, se, nw, ne = (xy[cell + step] for step in (0, n_j, 1, n_j + 1))
    along = (se + ne - sw - nw) / 2
    along = along / np.hypot(*along.T)[:, None]
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)

    def lie(vector: Array, axis: Array) -> Array:
        return np.asarray(np.sum(vector * axis, axis=1))

    # Cells are bent: the narrowest width counts, less half of what the sides lean.
    lean_x = np.maximum(np.abs(lie(nw - sw, along)), np.abs(lie(ne - se, along)))
    lean_y = np.maximum(np.abs(lie(se - sw, up)), np.abs(lie(ne - nw, up)))
    width = np.minimum(lie(se - sw, along), lie(ne - nw, along)) - 0.5 * lean_x
    depth = np.minimum(lie(nw - sw, up), lie(ne - se, up)) - 0.5 * lean_y
    step = land.board.step_m
    uv = np.stack([land.board.u[i], land.board.v[j]], axis=1) + step / 2
    use = np.where(blocks.urban.ravel()[cell], blocks.use.ravel()[cell].astype(np.int64), -1)
    seen = public[:, cell]
    return Cells(
        index=cell,
        uv=uv,
        centre=(sw + se + nw + ne) / 4,
        along=along,
        width_m=width,
        depth_m=depth,
        street_side=touches[:, cell].argmax(axis=0),
        public_side=np.where(seen.any(axis=0), seen.argmax(axis=0), -1),
        use=use,
    )


def _sides(streets: Streets, chosen: Bools) -> Bools:
    """Return, for each cell, on which of its four sides a chosen street runs."""
    lattice, n_j = streets.lattice, streets.lattice.n_j
    sides = np.zeros((4, lattice.n_nodes), dtype=bool)
    east = lattice.cell[chosen & (lattice.direction == EAST)]
    north = lattice.cell[chosen & (lattice.direction == NORTH)]
    sides[0, east] = True
    sides[1, east - 1] = True
    sides[2, north] = True
    sides[3, north - n_j] = True
    return sides


def _free(land: Land, blocks: Blocks, streets: Streets, extras: Extras) -> Bools:
    """Say which cells are in the district, dry, not cut by a diagonal, a railway or a motorway."""
    lattice, board = streets.lattice, land.board
    inside, dry = blocks.inside, ~land.water
    whole = np.zeros(board.shape, dtype=bool)
    for field in (inside, dry):
        both = field[:-1, :-1] & field[1:, :-1] & field[:-1, 1:] & field[1:, 1:]
        whole[:-1, :-1] = both if field is inside else whole[:-1, :-1] & both
    free = whole.ravel()
    diagonal = (lattice.direction == RISING) | (lattice.direction == FALLING)
    free[lattice.cell[diagonal & ~extras.dropped]] = False
    for line in extras.kept_free:
        steps = np.linspace(0, 1, 9)[:, None, None]
        points = (line[:-1] * (1 - steps) + line[1:] * steps).reshape(-1, 2)
        i, j = ((points + board.margin_m) // board.step_m).astype(np.int64).T
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                free[(i + di) * lattice.n_j + j + dj] = False
    rails = np.isin(np.arange(lattice.n_nodes) // lattice.n_j, blocks.rail_cols)
    return np.asarray(free & ~rails)


def make_buildings(land: Land, cells: Cells, rng: np.random.Generator) -> Buildings:
    """Build in the likeliest cells until the board's number of buildings is reached."""
    density = _density_at(land, cells)
    odds = np.select(
        [cells.use == use for use in (OPEN, COMPOUND, HILLSIDE, WORKS, CAMPUS, PARK, EMPTY)],
        [0.55, 1.0, 0.75, 0.35, 0.45, 0.01, 0.01],
        default=0.55,
    ) * (0.05 + 0.95 * density**2)
    # A weighted draw without repeats: smallest of exponential waiting times.
    waiting = rng.exponential(size=len(odds)) / odds
    roomy = np.minimum(cells.width_m, cells.depth_m) > 2 * SETBACK_M + 8
    waiting[~roomy] = np.inf
    count = min(land.board.buildings, int(roomy.sum()))
    pick = np.sort(np.argpartition(waiting, count - 1)[:count])
    return _build(cells, pick, density[pick], rng)


def _density_at(land: Land, cells: Cells) -> Array:
    return np.asarray(land.density.ravel()[cells.index])


def _build(cells: Cells, pick: Ints, density: Array, rng: np.random.Generator) -> Buildings:
    use, count = cells.use[pick], len(pick)
    kind, levels, length, depth = _designs(use, density, rng)
    room_x = cells.width_m[pick] - 2 * SETBACK_M
    room_y = cells.depth_m[pick] - 2 * SETBACK_M
    along_y = rng.random(count) < 0.25
    size_x, size_y = np.where(along_y, depth, length), np.where(along_y, length, depth)
    size_x, size_y = np.minimum(size_x, room_x), np.minimum(size_y, room_y)
    side = cells.street_side[pick]
    push_x = np.where(side == 2, -1, np.where(side == 3, 1, 0)) * (room_x - size_x) / 2
    push_y = np.where(side == 0, -1, np.where(side == 1, 1, 0)) * (room_y - size_y) / 2
    along = cells.along[pick]
    up = np.stack([-along[:, 1], along[:, 0]], axis=1)
    part = rng.uniform(0.3, 1.0, count)
    centre = cells.centre[pick] + along * (part * push_x)[:, None] + up * (part * push_y)[:, None]
    corners = np.stack(
        [
            centre + along * (sx * size_x / 2)[:, None] + up * (sy * size_y / 2)[:, None]
            for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))
        ],
        axis=1,
    )
    return Buildings(
        corners=corners,
        uv=cells.uv[pick],
        kind=kind,
        levels=levels,
        floor_m2=size_x * size_y * levels,
    )


def _designs(
    use: Ints, density: Array, rng: np.random.Generator
) -> tuple[Ints, Ints, Array, Array]:
    """Return type, levels, length and depth of a building, by the use of its block."""
    count = len(use)
    draw = rng.random(count)
    tower = (use == COMPOUND) & (draw < 0.62 * density**2 + 0.04)
    shop = (use == OPEN) & (draw < 0.25)
    kind = np.select(
        [use == WORKS, use == CAMPUS, shop, use == -1, (use == HILLSIDE) & (draw < 0.5)],
        [INDUSTRIAL, UNIVERSITY, COMMERCIAL, HOUSE, RESIDENTIAL],
        default=APARTMENTS,
    )
    low, high = (
        np.select(
            [tower, use == COMPOUND, shop, use == OPEN, use == HILLSIDE, use == CAMPUS, use == -1],
            [bounds[k] for bounds in ((17, 33), (6, 11), (2, 6), (5, 9), (2, 7), (4, 7), (1, 3))],
            default=(1, 3)[k],
        )
        for k in (0, 1)
    )
    levels = np.floor(rng.uniform(low, high + 1)).astype(np.int64)
    length = np.select([tower, use == HILLSIDE, use == -1], [24.0, 19.0, 12.0], default=34.0)
    depth = np.select([tower, use == HILLSIDE, use == -1], [21.0, 11.0, 9.5], default=13.0)
    depth = np.where(kind == INDUSTRIAL, 22.0, depth) * rng.uniform(0.9, 1.1, count)
    return (
        kind,
        levels,
        length * rng.uniform(0.85, 1.15, count),
        depth,
    )
