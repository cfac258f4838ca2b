"""Terrain: heights from a raster, smoothed before grades are taken from them.

The raster is smoothed over two cells or ``smooth_m``, the larger, because a 30 m cell says nothing
of a single step. A *surface model* also holds roofs and trees: what stands out of it and is
narrower than ``roof_window_m`` is taken off before smoothing (a morphological opening: the lowest
height of each window, and of those the highest around). Slopes stay as they are; houses go, and so
do crests as narrow as a house.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import Plane
from quarterhour.presets import constant

Kind = Literal["terrain", "surface"]
_M_PER_DEGREE = 111_320.0
# Rasters with larger cells show neither a stair nor the wall of a house.
_KEPT_CELL_M = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """Smoothed heights on a raster.

    Attributes
    ----------
    height_m
        Heights (rows, columns); ``nan`` where the raster has none.
    to_cell
        Affine coefficients (a, b, c, d, e, f) from map coordinates to (column, row) of cell
        middles.
    crs
        Code of the raster's coordinate system.
    cell_m
        Size of a cell in metres.
    kind
        ``terrain`` (the ground) or ``surface`` (with roofs and trees; they have been taken off).
    raw_m
        Heights as they stand in the file, where cells are 10 m or finer; else ``None``.
    """

    height_m: NDArray[np.float64]
    to_cell: tuple[float, float, float, float, float, float]
    crs: str
    cell_m: float
    kind: Kind = "terrain"
    raw_m: NDArray[np.float64] | None = None

    def heights(self, xy_m: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
        """Return bilinear heights at positions (n, 2) of ``plane``; ``nan`` off the raster."""
        return np.asarray(
            ndimage.map_coordinates(
                self.height_m, self._cells(xy_m, plane), order=1, mode="constant", cval=np.nan
            )
        )

    def jumps(self, xy_m: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
        """Return the steepest grade between a place's cell and its four neighbours, unsmoothed.

        ``nan`` off the raster, beside unknown cells, and everywhere where cells exceed 10 m.
        """
        out = np.full(len(xy_m), np.nan)
        if self.raw_m is None:
            return out
        row, column = np.rint(self._cells(xy_m, plane)).astype(np.int64)
        rows, columns = self.raw_m.shape
        inner = (row > 0) & (row < rows - 1) & (column > 0) & (column < columns - 1)
        row, column = row[inner], column[inner]
        here = self.raw_m[row, column]
        beside = [
            self.raw_m[row + dr, column + dc] for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0))
        ]
        out[inner] = np.abs(np.stack(beside) - here).max(axis=0) / self.cell_m
        return out

    def _cells(self, xy_m: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
        """Return rows and columns (2, n) of places, in cells."""
        from pyproj import Transformer

        change = Transformer.from_crs(plane.crs, self.crs, always_xy=True)
        x, y = change.transform(xy_m[:, 0], xy_m[:, 1])
        a, b, c, d, e, f = self.to_cell
        return np.stack([d * x + e * y + f, a * x + b * y + c])


def read_terrain(
    path: Path, *, smooth_m: float = 60.0, kind: Kind = "terrain", least_cells: int = 2
) -> Terrain:
    """Read a terrain raster and smooth it.

    Parameters
    ----------
    path
        GeoTIFF (or whatever else rasterio reads) with heights in metres in its first band.
    smooth_m
        Width of the smoothing window in metres.
    kind
        ``surface`` for a model with roofs and trees: they are taken off first.
    least_cells
        Least width of the smoothing window in cells; 1 for the raster as it stands.

    Raises
    ------
    InputError
        If the file cannot be read or has no coordinate reference system.
    """
    import rasterio

    try:
        with rasterio.open(path) as raster:
            heights = raster.read(1, masked=True).astype(np.float64).filled(np.nan)
            crs, transform = raster.crs, raster.transform
    except rasterio.errors.RasterioError as error:
        raise InputError(Fault("input.unreadable", {"why": error}, file=path.name)) from error
    if crs is None:
        raise InputError(Fault("input.no_crs", file=path.name))
    inverse = ~transform
    middle_y = transform.f + transform.e * heights.shape[0] / 2
    per_x = _M_PER_DEGREE * np.cos(np.radians(middle_y)) if crs.is_geographic else 1.0
    per_y = _M_PER_DEGREE if crs.is_geographic else 1.0
    cell_x, cell_y = abs(transform.a) * per_x, abs(transform.e) * per_y
    window = [max(least_cells, round(smooth_m / cell)) for cell in (cell_y, cell_x)]
    to_cell = (inverse.a, inverse.b, inverse.c - 0.5, inverse.d, inverse.e, inverse.f - 0.5)
    cell_m = float(max(cell_x, cell_y))
    raw = heights if cell_m <= _KEPT_CELL_M else None
    ground = _without_roofs(heights, cell_y, cell_x) if kind == "surface" else heights
    return Terrain(_smooth(ground, window), to_cell, crs.to_string(), cell_m, kind, raw)


def _without_roofs(
    heights: NDArray[np.float64], cell_y: float, cell_x: float
) -> NDArray[np.float64]:
    """Return the opening of a raster: what is narrower than the window is taken off."""
    half = constant("roof_window_m") / 2
    window = [2 * max(1, math.ceil(half / cell)) + 1 for cell in (cell_y, cell_x)]
    known = np.isfinite(heights)
    low = ndimage.minimum_filter(np.where(known, heights, np.inf), window, mode="nearest")
    low[np.isinf(low)] = -np.inf
    high = ndimage.maximum_filter(low, window, mode="nearest")
    return np.asarray(np.minimum(high, heights))  # unknown cells stay unknown


def _smooth(heights: NDArray[np.float64], window: list[int]) -> NDArray[np.float64]:
    """Return the moving mean, leaving unknown cells out of it and unknown."""
    # An even window would shift the terrain by half a cell; two of them, shifted both ways, do not.
    known = np.isfinite(heights)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        for axis, size in enumerate(window):
            if size % 2:
                values = ndimage.uniform_filter1d(values, size, axis=axis, mode="nearest")
            else:
                values = 0.5 * (
                    ndimage.uniform_filter1d(values, size, axis=axis, mode="nearest")
                    + ndimage.uniform_filter1d(values, size, axis=axis, mode="nearest", origin=-1)
                )
        return values

    total = mean(np.where(known, heights, 0.0))
    weight = mean(known.astype(np.float64))
    out = np.full_like(heights, np.nan)
    out[known] = total[known] / weight[known]
    return out
