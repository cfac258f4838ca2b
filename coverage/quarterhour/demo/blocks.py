"""The plan of the streets: main lines, blocks and what each block is.

*Lines* are lattice columns and rows that carry main streets. They cut the land into superblocks,
and each superblock is split once north-south and twice west-east into four *blocks*, so that most
side streets end in a T, as they do in towns. A block has a *use*: open streets, a gated compound
(小区), hillside lanes, works, a campus, a park, or land not yet built on. Blocks are drawn on the
land of ``terrain`` and filled by ``streets``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .names import OTHER, ROWS
from .terrain import BANK, CORE, PLAIN, RIDGE, ZONE_EDGES, Array, Land

OPEN, COMPOUND, HILLSIDE, WORKS, CAMPUS, PARK, EMPTY = range(7)
TRUNK, PRIMARY, SECONDARY, TERTIARY, NO_LINE = range(5)
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

URBAN_FROM = 0.18
"""Density from which land is cut into blocks with streets."""
LINES_FROM = 0.10
"""Density from which main lines are drawn; they reach a little beyond the blocks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Lines and blocks over the lattice.

    ``col_class`` and ``row_class`` hold the street class of each line (``NO_LINE`` for none);
    rows have one set west of the ridge and one east of it. ``split_col`` and ``split_row`` say
    that the lattice edge that starts at a node towards north or east lies on a block's side.
    ``block`` and ``use`` belong to the cell north-east of a node.
    """

    col_class: Ints
    row_class: Ints
    split_col: Bools
    split_row: Bools
    block: Ints
    use: NDArray[np.int8]
    on_line: Bools
    inside: Bools
    urban: Bools
    rail_cols: tuple[int, ...]
    rail_passes: Bools
    bridge_cols: Ints
    bridge_rows: Ints


def make_blocks(land: Land, inside: Bools, rng: np.random.Generator) -> Blocks:
    """Lay out lines and blocks. ``inside`` says which nodes lie in the district."""
    n_i, n_j = land.board.shape
    col_class, row_class = _lines(land, rng)
    side = _side(land)
    si: Ints = np.cumsum(col_class < NO_LINE, dtype=np.int64)
    sj: Ints = np.cumsum(row_class < NO_LINE, axis=1, dtype=np.int64)
    i_in = np.arange(n_i) - _start(si)
    split_u, split_v = _splits(si, sj, rng)
    sj_at = sj[side]  # (n_i, n_j)
    j_in = np.arange(n_j)[None, :] - np.stack([_start(row) for row in sj])[side]
    cut_u = split_u[si[:, None], sj_at, side[:, None]]
    half = (i_in[:, None] >= cut_u).astype(np.int64)
    cut_v = split_v[si[:, None], sj_at, side[:, None], half]
    upper = (j_in >= cut_v).astype(np.int64)
    block = ((si[:, None] * (int(sj.max()) + 1) + sj_at) * 2 + half) * 2 + upper
    urban = inside & ~land.water & (land.density >= URBAN_FROM)
    on_col = np.broadcast_to((col_class < NO_LINE)[:, None], land.board.shape)
    on_row = (row_class < NO_LINE)[side]
    split_col, split_row = i_in[:, None] == cut_u, j_in == cut_v
    rails = _rails(land, col_class)
    return Blocks(
        col_class=col_class,
        row_class=row_class,
        split_col=split_col,
        split_row=split_row,
        block=block,
        use=_uses(land, block, urban, rng),
        on_line=on_col | on_row | split_col | split_row,
        inside=inside,
        urban=urban,
        rail_cols=rails,
        rail_passes=on_row | (np.arange(n_j) % 22 == 0)[None, :],
        bridge_cols=_bridge_cols(land, col_class),
        bridge_rows=_bridge_rows(land, row_class),
    )


def _side(land: Land) -> Ints:
    """Return 0 for columns west of the ridge's crest and 1 for columns east of it."""
    crest_u = 0.5 * (ZONE_EDGES[0] + ZONE_EDGES[1]) * land.board.width_m
    return (land.board.u > crest_u).astype(np.int64)


def _start(index: Ints) -> Ints:
    """Return the first position of the run each position belongs to (``index`` is sorted)."""
    return np.searchsorted(index, index, side="left")


def _lines(land: Land, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Choose main columns and rows, dense in the core and wide in the plain."""
    n_i, n_j = land.board.shape
    west = _side(land) == 0

    def draw(count: int, spacing: tuple[int, int]) -> Ints:
        picks = np.cumsum(rng.integers(spacing[0], spacing[1] + 1, count))
        picks = picks[picks < count]
        # Every third line is a primary road; never two side by side.
        kind = rng.choice([SECONDARY, TERTIARY], len(picks))
        kind[int(rng.integers(3)) :: 3] = PRIMARY
        line = np.full(count, NO_LINE)
        line[picks] = kind
        return line

    cols = np.where(west, draw(n_i, (13, 20)), draw(n_i, (9, 15)))
    rows = np.stack([draw(n_j, (13, 20)), draw(n_j, (9, 15))])
    # One fast road through the core and one through the plain: few may cross them.
    for at, lines in ((0.73, cols), (0.30, cols)):
        drawn = np.flatnonzero(lines < NO_LINE)
        lines[drawn[np.argmin(np.abs(land.board.u[drawn] - at * land.board.width_m))]] = TRUNK
    drawn = np.flatnonzero(rows[1] < NO_LINE)
    middle = np.argmin(np.abs(land.board.v[drawn] - 0.55 * land.board.height_m))
    rows[1, drawn[middle]] = PRIMARY
    return cols, rows


def _splits(si: Ints, sj: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Return, per superblock and side, where it is cut: columns, then rows of both halves."""
    n_si, n_sj = int(si.max()) + 1, int(sj.max()) + 1
    width = np.bincount(si, minlength=n_si)
    height = np.stack([np.bincount(row, minlength=n_sj) for row in sj], axis=-1)  # (n_sj, 2)
    share = rng.uniform(0.36, 0.64, (n_si, n_sj, 2))
    split_u = np.round(share * width[:, None, None]).astype(np.int64)
    share = rng.uniform(0.34, 0.66, (n_si, n_sj, 2, 2))
    split_v = np.round(share * height[None, :, :, None]).astype(np.int64)
    return np.maximum(split_u, 2), np.maximum(split_v, 2)


def _uses(land: Land, block: Ints, urban: Bools, rng: np.random.Generator) -> NDArray[np.int8]:
    """Give every block a use, by zone, slope and density."""
    count = int(block.max()) + 1
    step = land.board.step_m
    slope = np.hypot(*np.gradient(land.z, step))
    size = np.maximum(np.bincount(block.ravel(), minlength=count), 1)

    def mean(field: Array) -> Array:
        total = np.bincount(block.ravel(), field.ravel(), minlength=count)
        return np.asarray(total / size)

    steep, dense = mean(slope), mean(land.density)
    zone = np.round(mean(land.zone.astype(np.float64))).astype(np.int64)
    #            open  compound hillside works campus park empty
    odds = np.array([[0.20, 0.56, 0.00, 0.09, 0.03, 0.05, 0.07]]).repeat(count, axis=0)
    east = (zone == CORE) | (zone == BANK)
    odds[east] = [0.33, 0.45, 0.12, 0.04, 0.03, 0.03, 0.00]
    odds[east & (steep > 0.08)] = [0.12, 0.26, 0.59, 0.00, 0.01, 0.02, 0.00]
    odds[zone == RIDGE] = [0.10, 0.10, 0.72, 0.00, 0.00, 0.08, 0.00]
    odds[(zone == PLAIN) & (dense < 0.42)] = [0.16, 0.40, 0.00, 0.20, 0.02, 0.04, 0.18]
    odds[mean(_near_seats(land, 1.0, towns=True)) > 0.4] = [0.72, 0.18, 0.05, 0.05, 0, 0, 0]
    odds[mean(_near_seats(land, 0.9, towns=False)) > 0.4] = [0.10, 0.22, 0.0, 0.0, 0.6, 0.06, 0.02]
    draw = rng.random(count)[:, None]
    use = (draw > np.cumsum(odds, axis=1)).sum(axis=1).clip(0, EMPTY).astype(np.int8)
    return np.asarray(use[block])


def _near_seats(land: Land, reaches: float, *, towns: bool) -> Array:
    """Return 1 near the towns' seats (or near the university's), else 0."""
    board = land.board
    near = np.zeros(board.shape)
    for row in (row for row in ROWS if row.town) if towns else (OTHER,):
        reach_m = max(row.reach_m * board.scale, 240.0) * reaches
        east = board.u[:, None] - row.seat[0] * board.width_m
        north = board.v[None, :] - row.seat[1] * board.height_m
        near = np.maximum(near, np.hypot(east, north) < reach_m)
    return near


def _rails(land: Land, col_class: Ints) -> tuple[int, ...]:
    """Return the columns east of which a railway runs, one in the core and one in the plain."""
    free = (col_class == NO_LINE) & (np.roll(col_class, -1) == NO_LINE)
    columns = np.flatnonzero(free)
    wanted = np.array([0.852, 0.268]) * land.board.width_m
    return tuple(int(columns[np.argmin(np.abs(land.board.u[columns] - at))]) for at in wanted)


def _bridge_cols(land: Land, col_class: Ints) -> Ints:
    """Return the main columns that cross the tributary: about one in two."""
    board = land.board
    east = (board.u > 0.62 * board.width_m) & (board.u < 0.87 * board.width_m)
    crossing = np.flatnonzero((col_class < NO_LINE) & east)
    return np.union1d(crossing[::2], crossing[col_class[crossing] == TRUNK])


def _bridge_rows(land: Land, row_class: Ints) -> Ints:
    """Return the main rows that cross the river, two or three, each with a town at its far end."""
    landing = int(np.argmin(np.abs(land.board.u - 0.925 * land.board.width_m)))
    built = land.density[landing] >= LINES_FROM
    drawn = np.flatnonzero((row_class[1] < NO_LINE) & built)
    wanted = np.array([0.26, 0.62, 0.72]) * land.board.height_m
    near = [int(drawn[np.argmin(np.abs(land.board.v[drawn] - at))]) for at in wanted]
    return np.unique(near)
