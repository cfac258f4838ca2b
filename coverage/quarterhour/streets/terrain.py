"""Terrain: heights from a raster, and the grades of street pieces.

The raster is smoothed before grades are taken (over two cells or ``smooth_m``, the larger), because
a 30 m cell says nothing of a single step. Bridges and tunnels do not follow the ground: heights of
their inner nodes are interpolated between their ends. Grades steeper than the preset cap are
errors of the raster; they are capped and counted. Stairs take no grade from the terrain.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import spsolve

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import Plane
from quarterhour.presets import constant
from quarterhour.streets.network import WalkNetwork

LEAST_COVER = 0.80
_M_PER_DEGREE = 111_320.0
_GRADE_CLASSES = (0.06, 0.0833, 0.15, 0.30)


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
    """

    height_m: NDArray[np.float64]
    to_cell: tuple[float, float, float, float, float, float]
    crs: str
    cell_m: float

    def heights(self, xy_m: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
        """Return bilinear heights at positions (n, 2) of ``plane``; ``nan`` off the raster."""
        from pyproj import Transformer

        change = Transformer.from_crs(plane.crs, self.crs, always_xy=True)
        x, y = change.transform(xy_m[:, 0], xy_m[:, 1])
        a, b, c, d, e, f = self.to_cell
        column, row = a * x + b * y + c, d * x + e * y + f
        return np.asarray(
            ndimage.map_coordinates(
                self.height_m, [row, column], order=1, mode="constant", cval=np.nan
            )
        )


def read_terrain(path: Path, *, smooth_m: float = 60.0) -> Terrain:
    """Read a terrain raster and smooth it.

    Parameters
    ----------
    path
        GeoTIFF (or whatever else rasterio reads) with heights in metres in its first band.
    smooth_m
        Width of the smoothing window in metres; at least two cells are used.

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
    window = [max(2, round(smooth_m / cell_y)), max(2, round(smooth_m / cell_x))]
    to_cell = (inverse.a, inverse.b, inverse.c - 0.5, inverse.d, inverse.e, inverse.f - 0.5)
    return Terrain(_smooth(heights, window), to_cell, crs.to_string(), float(max(cell_x, cell_y)))


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


def drape(
    network: WalkNetwork, terrain: Terrain, *, inside: shapely.Geometry | None = None
) -> WalkNetwork:
    """Return the network with grades from the terrain.

    Parameters
    ----------
    network
        Streets.
    terrain
        Heights.
    inside
        Study area in the network's plane, on which the terrain must lie.

    Raises
    ------
    InputError
        If the terrain covers under 80 % of the street length inside the study area.
    """
    spacing = max(terrain.cell_m, 20.0)
    length_m = network.edge_length_dm / 10.0
    plain = network.is_stair() | network.edge_bridge | network.edge_tunnel
    plain |= network.edge_lift_s > 0
    count = np.where(plain, 1, np.maximum(1, np.ceil(length_m / spacing))).astype(np.int64)
    offset = np.concatenate([[0], np.cumsum(count)])
    points, edge, share = _piece_ends(network, count)
    height = terrain.heights(points, Plane(network.crs))
    known = np.isfinite(height)
    cover = _covered_share(network, known, edge, points, inside)
    if cover < LEAST_COVER:
        values = {"share": f"{cover:.1%}", "least": f"{LEAST_COVER:.0%}"}
        raise InputError(Fault("streets.terrain_too_small", values))
    node_height = _node_heights(network, terrain)
    height = _replace_ends(network, height, node_height, edge, share)
    piece_edge = np.repeat(np.arange(network.n_edges), count)
    low = np.arange(offset[-1]) + piece_edge
    rise = height[low + 1] - height[low]
    run = np.repeat(length_m / count, count)
    grade = np.where(np.isfinite(rise), rise / run, 0.0)
    flat = network.is_stair() | (network.edge_lift_s > 0)
    grade[flat[piece_edge]] = 0.0
    cap = constant("grade_cap")
    capped = np.abs(grade) > cap
    grade = np.clip(grade, -cap, cap)
    report = {**network.report, "terrain_cover": round(float(cover), 6),
              "terrain_cell_m": round(terrain.cell_m, 2), "pieces_capped": int(capped.sum()),
              "flat_for_want_of_terrain_m": round(float(run[~np.isfinite(rise)].sum()), 1),
              **_steep_shares(grade, run)}  # fmt: skip
    rise_sign = _stair_rise(network, node_height)
    return replace(
        network, piece_offset=offset, piece_grade=grade, edge_rise=rise_sign, report=report
    )


def _piece_ends(
    network: WalkNetwork, count: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the ends of all pieces, edge by edge: positions, edge, share of the edge's length."""
    edge = np.repeat(np.arange(network.n_edges), count + 1)
    first = np.concatenate([[0], np.cumsum(count + 1)])[:-1]
    share = (np.arange(len(edge)) - first[edge]) / count[edge]
    points = shapely.line_interpolate_point(network.lines()[edge], share, normalized=True)
    return shapely.get_coordinates(points), edge, share


def _covered_share(
    network: WalkNetwork,
    known: NDArray[np.bool_],
    edge: NDArray[np.int64],
    points: NDArray[np.float64],
    inside: shapely.Geometry | None,
) -> float:
    weight = (network.edge_length_dm / np.bincount(edge))[edge]
    if inside is not None:
        shapely.prepare(inside)
        weight = weight * shapely.contains_xy(inside, points)
    total = weight.sum()
    return float(weight[known].sum() / total) if total else 1.0


def _node_heights(network: WalkNetwork, terrain: Terrain) -> NDArray[np.float64]:
    """Return node heights; inside bridges and tunnels they are interpolated along the way."""
    height = terrain.heights(network.node_xy_m, Plane(network.crs))
    lifted = network.edge_bridge | network.edge_tunnel
    ground = np.zeros(network.n_nodes, bool)
    ground[network.edge_from[~lifted]] = ground[network.edge_to[~lifted]] = True
    touched = np.zeros(network.n_nodes, bool)
    touched[network.edge_from[lifted]] = touched[network.edge_to[lifted]] = True
    inner = np.flatnonzero(touched & ~ground)
    if len(inner) == 0:
        return height
    a, b = network.edge_from[lifted], network.edge_to[lifted]
    pull = 1.0 / network.edge_length_dm[lifted]
    n = network.n_nodes
    graph = sparse.csr_array((np.r_[pull, pull], (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    # A deck that touches the ground nowhere (or only off the raster) keeps the ground's height.
    _, part = csgraph.connected_components(graph, directed=False)
    anchored = np.zeros(part.max() + 1, bool)
    anchored[part[touched & ground & np.isfinite(height)]] = True
    inner = inner[anchored[part[inner]]]
    known = touched & ground & np.isfinite(height)
    if len(inner) == 0:
        return height
    rows = graph[inner]
    weight = rows @ (known | np.isin(np.arange(n), inner)).astype(float)
    system = sparse.diags_array(weight) - rows[:, inner]
    right = rows @ np.where(known, np.nan_to_num(height), 0.0)
    height[inner] = spsolve(sparse.csc_array(system), right)
    return height


def _replace_ends(
    network: WalkNetwork,
    height: NDArray[np.float64],
    node_height: NDArray[np.float64],
    edge: NDArray[np.int64],
    share: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Let pieces begin and end at the heights of nodes, so that decks meet their ramps."""
    height = np.where(share == 0.0, node_height[network.edge_from[edge]], height)
    return np.where(share == 1.0, node_height[network.edge_to[edge]], height)


def _steep_shares(grade: NDArray[np.float64], run: NDArray[np.float64]) -> dict[str, object]:
    total = run.sum() or 1.0
    return {
        f"share_above_{100 * g:g}_percent": round(float(run[np.abs(grade) > g].sum() / total), 6)
        for g in _GRADE_CLASSES
    }


def _stair_rise(network: WalkNetwork, node_height: NDArray[np.float64]) -> NDArray[np.int8]:
    """Return which way stairs climb: their tag first, else the terrain if it says so clearly."""
    rise = node_height[network.edge_to] - node_height[network.edge_from]
    clear = network.is_stair() & (np.abs(np.nan_to_num(rise)) >= 1.0)
    from_terrain = np.where(clear, np.sign(np.nan_to_num(rise)), 0).astype(np.int8)
    return np.where(network.edge_rise != 0, network.edge_rise, from_terrain).astype(np.int8)
