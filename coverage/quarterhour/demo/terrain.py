"""The land of the demo district: the drawing board, its relief, water and density.

The district is drawn on a *board*: metres ``u`` from the west and ``v`` from the south, where the
ridge and the river run straight and a street grid is a lattice of ``step_m``. The *warp* bends the
board into metres of EPSG:4544, so that what was straight follows the river and the hills. All
fields (height, water, density) are arrays over the lattice, ``[i, j]`` = ``(u, v)``. This is the
first step of the generator; streets, buildings and areas are all drawn on what it returns.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .names import OTHER, ROWS
from .projection import to_degrees, to_metres

# The board's middle near 105.40 E 29.40 N: a drawing board, not the site of anything real.
CENTRE_E_M, CENTRE_N_M = 538_800.0, 3_253_700.0

PLAIN, RIDGE, CORE, RIVER, BANK = range(5)
"""Zones from west to east: plain, ridge, old core, river, far bank."""
ZONE_EDGES = (0.47, 0.60, 0.875, 0.908)
"""Where one zone ends and the next begins, in fractions of the width."""
TRIBUTARY_WIDTH_M = 44.0
RIVER_LEVEL_M, PLAIN_LEVEL_M = 165.0, 285.0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The size of a demo district, and how much is put in it.

    ``apart_m`` is how far stations keep from one another, and ``gap_scale`` the size of the
    quarters left without any, relative to ``places.GAPS``: on the small board a walk of fifteen
    minutes reaches far, so stations crowd together there to leave people out of reach.
    """

    width_m: float
    height_m: float
    ridge_rise_m: float
    step_m: float
    residents: int
    buildings: int
    premises: int
    villages: int
    apart_m: float
    gap_scale: float
    margin_m: float = 2000.0

    @property
    def scale(self) -> float:
        """Width relative to the full board."""
        return self.width_m / 24_000.0

    @property
    def shape(self) -> tuple[int, int]:
        """Lattice columns and rows, margins included."""
        n_i = round((self.width_m + 2 * self.margin_m) / self.step_m) + 1
        n_j = round((self.height_m + 2 * self.margin_m) / self.step_m) + 1
        return n_i, n_j

    @property
    def u(self) -> Array:
        """Metres from the west, by column."""
        return np.asarray(np.arange(self.shape[0]) * self.step_m - self.margin_m, dtype=float)

    @property
    def v(self) -> Array:
        """Metres from the south, by row."""
        return np.asarray(np.arange(self.shape[1]) * self.step_m - self.margin_m, dtype=float)


BOARDS = {
    "full": Board(
        width_m=24_000,
        height_m=15_000,
        ridge_rise_m=300,
        residents=1_480_000,
        buildings=20_000,
        premises=160,
        villages=190,
        step_m=40.0,
        apart_m=900,
        gap_scale=0.70,
    ),
    "small": Board(
        width_m=11_200,
        height_m=7_000,
        ridge_rise_m=160,
        residents=148_000,
        buildings=2_500,
        premises=80,
        villages=22,
        step_m=56.0,
        apart_m=120,
        gap_scale=1.0,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Land:
    """Fields over the lattice: metres east and north, height, zone, water, density."""

    board: Board
    x: Array
    y: Array
    z: Array
    zone: NDArray[np.int8]
    water: NDArray[np.bool_]
    density: Array
    tributary_v: Array

    def place(self, u: Array, v: Array) -> Array:
        """Return metres east and north of board positions, one row each."""
        from scipy.ndimage import map_coordinates

        board = self.board
        at = np.array([(u + board.margin_m) / board.step_m, (v + board.margin_m) / board.step_m])
        return np.stack(
            [map_coordinates(field, at, order=1, mode="nearest") for field in (self.x, self.y)],
            axis=-1,
        )


def smooth_noise(
    rng: np.random.Generator, shape: tuple[int, int], *, step_m: float, wave_m: float
) -> Array:
    """Return rolling noise over a lattice, its largest magnitude 1 (cubic B-splines)."""
    west_east = _spline_basis(shape[0], 2 * step_m / wave_m)
    south_north = _spline_basis(shape[1], 2 * step_m / wave_m)
    knots = rng.uniform(-1.0, 1.0, (west_east.shape[1], south_north.shape[1]))
    noise: Array = west_east @ knots @ south_north.T
    return np.asarray(noise / np.abs(noise).max())


def _spline_basis(count: int, knots_per_step: float) -> Array:
    t = np.arange(count) * knots_per_step
    knot = t.astype(np.int64)
    f = t - knot
    weights = np.stack(
        [(1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3], axis=1
    )
    basis = np.zeros((count, int(knot.max()) + 4))
    basis[np.arange(count)[:, None], knot[:, None] + np.arange(4)] = weights / 6.0
    return basis


def make_land(board: Board, rng: np.random.Generator) -> Land:
    """Draw the land of one board."""
    fu = (board.u / board.width_m)[:, None] + np.zeros(board.shape)
    zone = np.searchsorted(ZONE_EDGES, fu).astype(np.int8)
    tributary_v = _tributary(board, rng)
    water = _water(board, zone, tributary_v, fu)
    hilly = np.interp(fu, [0.40, 0.52, 0.60, 1.0], [0.15, 1.0, 1.0, 1.0])
    x, y = _warp(board, rng, fu=fu, hilly=hilly)
    z = _relief(board, rng, fu=fu, hilly=hilly, tributary_v=tributary_v)
    return Land(
        board=board,
        x=x,
        y=y,
        z=z,
        zone=zone,
        water=water,
        density=_density(board, rng),
        tributary_v=tributary_v,
    )


def _tributary(board: Board, rng: np.random.Generator) -> Array:
    """Return the tributary's middle line: v by lattice column, from the ridge to the river."""
    wander = smooth_noise(rng, board.shape, step_m=board.step_m, wave_m=4200 * board.scale)
    return np.asarray(0.405 * board.height_m + 700 * board.scale * wander[:, 0])


def _water(
    board: Board, zone: NDArray[np.int8], tributary_v: Array, fu: Array
) -> NDArray[np.bool_]:
    # Every column of the lattice has at least one wet node, and neighbouring columns share a wet
    # row: no lattice edge, not even a diagonal, can slip across the stream.
    near = np.abs(board.v[None, :] - tributary_v[:, None]) <= 0.8 * board.step_m
    here = (fu > ZONE_EDGES[1] - 0.01) & (fu < ZONE_EDGES[2])
    return np.asarray((zone == RIVER) | (near & here))


def _warp(
    board: Board, rng: np.random.Generator, *, fu: Array, hilly: Array
) -> tuple[Array, Array]:
    """Bend the board: meanders east and west, long swells, and short ones on the hills."""

    def noise(wave_m: float) -> Array:
        return smooth_noise(rng, board.shape, step_m=board.step_m, wave_m=wave_m)

    meander = noise(9000 * board.scale)[:1, :] * 1000 * board.scale
    pull = np.interp(fu, [0.0, 0.4, 0.53, 0.89, 1.1], [0.15, 0.3, 0.6, 1.0, 0.8])
    swell = 210 * max(board.scale, 0.6)
    bend = 165 * max(board.scale, 0.6)
    dx = meander * pull + swell * noise(2800) + hilly * (bend * noise(1300) + 44 * noise(560))
    dy = swell * noise(2800) + hilly * (bend * noise(1300) + 44 * noise(560))
    x = CENTRE_E_M - board.width_m / 2 + board.u[:, None] + dx
    y = CENTRE_N_M - board.height_m / 2 + board.v[None, :] + dy
    return x, y


def _relief(
    board: Board, rng: np.random.Generator, *, fu: Array, hilly: Array, tributary_v: Array
) -> Array:
    """Return heights: a gentle plain, the ridge, hills that step down to the river."""

    def noise(wave_m: float) -> Array:
        return smooth_noise(rng, board.shape, step_m=board.step_m, wave_m=wave_m)

    plain, foot, bank = PLAIN_LEVEL_M, PLAIN_LEVEL_M - 20, RIVER_LEVEL_M + 12
    base = np.interp(
        fu,
        [0.0, 0.455, 0.61, 0.70, 0.872, 0.88, 0.903, 0.911, 1.05],
        [plain, plain, foot, 245, bank, RIVER_LEVEL_M, RIVER_LEVEL_M, bank, bank + 70],
    )
    across = np.clip(np.abs(fu - 0.53) / 0.075, 0.0, 1.0)
    crest = 1.0 + 0.18 * noise(2600 * max(board.scale, 0.5))
    ridge = board.ridge_rise_m * crest * 0.5 * (1 + np.cos(np.pi * across))
    away = np.clip(np.abs(fu - 0.8915) / 0.018 - 1.0, 0.0, 1.0)  # hills calm down at the water
    hills = (56 * noise(1100) + 21 * noise(430)) * hilly * away
    gentle = 7 * noise(1700)
    valley = np.exp(-(((board.v[None, :] - tributary_v[:, None]) / 260.0) ** 2))
    cut = np.clip(base + hills - RIVER_LEVEL_M - 4, 0.0, 45.0) * valley * (fu > 0.6)
    return np.asarray(np.maximum(base + ridge + hills + gentle - cut, RIVER_LEVEL_M))


def _density(board: Board, rng: np.random.Generator) -> Array:
    """Return how densely the land is built, 0 to 1: a bell around every seat, roughened."""
    empty = np.ones(board.shape)
    for row in (*ROWS, OTHER):
        # On the small board the towns and hill quarters would shrink to a few houses.
        reach_m = max(row.reach_m * board.scale, 240.0)
        east = (board.u[:, None] - row.seat[0] * board.width_m) / reach_m
        north = (board.v[None, :] - row.seat[1] * board.height_m) / reach_m
        empty *= 1.0 - np.exp(-(east**2 + north**2))
    rough = smooth_noise(rng, board.shape, step_m=board.step_m, wave_m=1300 * max(board.scale, 0.5))
    return np.clip((1.0 - empty) * (1.0 + 0.45 * rough), 0.0, 1.0)


def write_terrain(land: Land, path: Path) -> None:
    """Write heights as a GeoTIFF in degrees, cells of one arc-second, 1 km beyond the land."""
    import rasterio
    from scipy.ndimage import map_coordinates

    board, cell = land.board, 1.0 / 3600.0
    inner = slice(round((board.margin_m - 150) / board.step_m), None)
    inner_x = land.x[inner, inner][: -inner.start, : -inner.start]
    inner_y = land.y[inner, inner][: -inner.start, : -inner.start]
    # Meridians lean by a tenth of a degree here: 100 m more keep the whole kilometre covered.
    corners = to_degrees(
        np.array(
            [
                [x, y]
                for x in (inner_x.min() - 1100, inner_x.max() + 1100)
                for y in (inner_y.min() - 1100, inner_y.max() + 1100)
            ]
        )
    )
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    left, top = np.floor(west / cell) * cell, np.ceil(north / cell) * cell
    width, height = int(np.ceil((east - left) / cell)), int(np.ceil((top - south) / cell))
    x, y = _metres_of_cells(left, top, shape=(height, width), cell=cell)
    at = _unwarp(land, x, y)
    heights = map_coordinates(land.z, at, order=1, mode="nearest")
    profile = {
        "driver": "GTiff",
        "width": width,
        "height": height,
        "count": 1,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": rasterio.Affine(cell, 0.0, left, 0.0, -cell, top),
        "compress": "deflate",
        "nodata": -9999.0,
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.round(heights, 1).astype(np.float32), 1)
        raster.update_tags(TITLE="quarterhour demo district, invented heights, not a real place")


def _metres_of_cells(
    left: float, top: float, *, shape: tuple[int, int], cell: float
) -> tuple[Array, Array]:
    # Every 32nd cell is projected and the rest lies between: within 3 cm, and far quicker.
    from scipy.ndimage import map_coordinates

    coarse = tuple(n // 32 + 2 for n in shape)
    lon = left + (np.arange(coarse[1]) * 32 + 0.5) * cell
    lat = top - (np.arange(coarse[0]) * 32 + 0.5) * cell
    metres = to_metres(np.stack(np.meshgrid(lon, lat), axis=-1).reshape(-1, 2))
    at = np.indices(shape, dtype=np.float64) / 32.0
    east, north = (map_coordinates(metres[:, k].reshape(coarse), at, order=1) for k in (0, 1))
    return east, north


def _unwarp(land: Land, x: Array, y: Array) -> Array:
    """Return fractional lattice positions of places in metres (fixed-point iteration)."""
    from scipy.ndimage import map_coordinates

    board = land.board
    west = CENTRE_E_M - board.width_m / 2 - board.margin_m
    south = CENTRE_N_M - board.height_m / 2 - board.margin_m
    n_i, n_j = board.shape
    shift_i = (land.x - west) / board.step_m - np.arange(n_i)[:, None]
    shift_j = (land.y - south) / board.step_m - np.arange(n_j)[None, :]
    flat_i, flat_j = (x - west) / board.step_m, (y - south) / board.step_m
    at = np.array([flat_i, flat_j])
    for _ in range(6):
        at = np.array(
            [
                flat_i - map_coordinates(shift_i, at, order=1, mode="nearest"),
                flat_j - map_coordinates(shift_j, at, order=1, mode="nearest"),
            ]
        )
    return at
