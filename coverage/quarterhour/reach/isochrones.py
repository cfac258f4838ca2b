"""Isochrones: the shapes that can be reached, for the eye.

Streets are cut exactly where the time runs out; the reached parts are buffered, and holes below an
area are closed. Larger holes and islands stay. Shapes nest: the 5-minute shape lies in the
10-minute shape, which lies in the 15-minute shape. Nothing is counted from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.presets import constant
from quarterhour.reach.times import Direction, NearestTimes
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import UNREACHED, PacedNetwork

_TILE_M = 1500.0
_QUAD_SEGS = 2


@dataclass(frozen=True, slots=True, eq=False)
class ReachedStreets:
    """Reached stretches of streets: edge, from and to in decimetres."""

    edge: NDArray[np.int32]
    from_dm: NDArray[np.int32]
    to_dm: NDArray[np.int32]


def reached_streets(
    paced: PacedNetwork,
    facilities: Snapped,
    nearest: NearestTimes,
    *,
    limit_ms: int,
    direction: Direction = "there",
) -> ReachedStreets:
    """Return the stretches from which (or to which) the walk takes at most ``limit_ms``.

    Parameters
    ----------
    paced, facilities, direction
        As for :func:`~quarterhour.reach.nearest_times`.
    nearest
        Its answer, searched at least as far as ``limit_ms``.
    limit_ms
        The limit (inclusive).
    """
    network = paced.network
    toward = direction == "there"
    # From the start of an edge inwards: time of the walk between the start and a place inside.
    outward = paced.piece_back_ms if toward else paced.piece_there_ms
    inward = paced.piece_there_ms if toward else paced.piece_back_ms
    left = limit_ms - nearest.node_ms[network.edge_from].astype(np.int64)
    right = limit_ms - nearest.node_ms[network.edge_to].astype(np.int64)
    left = np.where(paced.usable & (nearest.node_ms[network.edge_from] != UNREACHED), left, -1)
    right = np.where(paced.usable & (nearest.node_ms[network.edge_to] != UNREACHED), right, -1)
    from_start = _walked_dm(paced, outward, left, np.arange(network.n_edges), backwards=False)
    from_end = _walked_dm(paced, inward, right, np.arange(network.n_edges), backwards=True)
    edge, start, stop = _merge_ends(network.edge_length_dm, from_start, from_end, left, right)
    own = _around_facilities(paced, facilities, outward, inward, limit_ms)
    return ReachedStreets(
        np.concatenate([edge, own.edge]).astype(np.int32),
        np.concatenate([start, own.from_dm]).astype(np.int32),
        np.concatenate([stop, own.to_dm]).astype(np.int32),
    )


def _walked_dm(
    paced: PacedNetwork,
    piece_ms: NDArray[np.int32],
    left_ms: NDArray[np.int64],
    edges: NDArray[np.int64],
    *,
    backwards: bool,
) -> NDArray[np.float64]:
    """Return how far the time left goes along each edge, from its start or from its end."""
    network = paced.network
    total = np.concatenate([[0], np.cumsum(piece_ms, dtype=np.int64)])
    first, stop = network.piece_offset[edges], network.piece_offset[edges + 1]
    piece_dm = network.edge_length_dm[edges] / (stop - first)
    if not backwards:
        goal = total[first] + np.maximum(left_ms, 0)
        piece = np.minimum(np.searchsorted(total, goal, side="right") - 1, stop - 1)
        share = np.minimum(1.0, (goal - total[piece]) / piece_ms[piece])
        out = (piece - first + share) * piece_dm
    else:
        goal = total[stop] - np.maximum(left_ms, 0)
        piece = np.clip(np.searchsorted(total, goal, side="right") - 1, first, stop - 1)
        share = np.clip((total[piece + 1] - goal) / piece_ms[piece], 0.0, 1.0)
        out = (stop - 1 - piece + share) * piece_dm
    return np.where(left_ms < 0, 0.0, out)


def _merge_ends(
    length_dm: NDArray[np.int32],
    from_start: NDArray[np.float64],
    from_end: NDArray[np.float64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    whole = from_start + from_end >= length_dm
    head = np.flatnonzero(~whole & (left >= 0) & (from_start >= 1))
    tail = np.flatnonzero(~whole & (right >= 0) & (from_end >= 1))
    full = np.flatnonzero(whole)
    edge = np.concatenate([full, head, tail])
    start = np.concatenate(
        [np.zeros(len(full) + len(head)), np.floor(length_dm[tail] - from_end[tail])]
    )
    stop = np.concatenate([length_dm[full], np.floor(from_start[head]), length_dm[tail]])
    return edge, start.astype(np.int64), stop.astype(np.int64)


def _around_facilities(
    paced: PacedNetwork,
    facilities: Snapped,
    outward: NDArray[np.int32],
    inward: NDArray[np.int32],
    limit_ms: int,
) -> ReachedStreets:
    """Return the stretch on each facility's own edge, up to the ends of the edge."""
    found = facilities.take(facilities.found)
    left = (limit_ms - paced.leg_ms(found.access_dm)).astype(np.int64)
    keep = left >= 0
    found, left = found.take(keep), left[keep]
    edges = found.edge.astype(np.int64)
    before = paced.from_start_ms(found.edge, found.offset_dm, outward).astype(np.int64)
    whole = np.add.reduceat(outward, paced.network.piece_offset[:-1])[edges]
    ahead = _walked_dm(paced, outward, before + left, edges, backwards=False)
    in_before = paced.from_start_ms(found.edge, found.offset_dm, inward).astype(np.int64)
    in_whole = np.add.reduceat(inward, paced.network.piece_offset[:-1])[edges]
    behind = _walked_dm(paced, inward, in_whole - in_before + left, edges, backwards=True)
    length = paced.network.edge_length_dm[edges]
    ahead = np.where(before + left >= whole, length, ahead)
    start = np.maximum(0, length - np.minimum(behind, length))
    return ReachedStreets(
        found.edge, np.floor(start).astype(np.int32), np.ceil(ahead).astype(np.int32)
    )


def stretch_lines(paced: PacedNetwork, reached: ReachedStreets) -> NDArray[np.object_]:
    """Return the line of each reached stretch."""
    network = paced.network
    lines = network.lines()[reached.edge]
    length = network.edge_length_dm[reached.edge]
    cut = np.flatnonzero((reached.from_dm > 0) | (reached.to_dm < length))
    for at in cut:
        whole, n = lines[at], length[at]
        lines[at] = _substring(whole, reached.from_dm[at] / n, reached.to_dm[at] / n)
    return lines


def _substring(line: shapely.LineString, start: float, stop: float) -> shapely.LineString:
    """Return the part of a line between two shares of its length."""
    xy = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    a, b = start * along[-1], stop * along[-1]
    ends = np.column_stack([np.interp([a, b], along, xy[:, k]) for k in (0, 1)])
    inner = xy[(along > a) & (along < b)]
    return shapely.LineString(np.vstack([ends[:1], inner, ends[1:]]))


def isochrones(
    paced: PacedNetwork,
    facilities: Snapped,
    nearest: NearestTimes,
    *,
    minutes: Sequence[int],
    direction: Direction = "there",
    buffer_m: float | None = None,
    hole_m2: float | None = None,
) -> NDArray[np.object_]:
    """Return one dissolved shape per limit, around all facilities together.

    Parameters
    ----------
    paced, facilities, nearest, direction
        As for :func:`reached_streets`.
    minutes
        Limits, ascending.
    buffer_m, hole_m2
        Width beside the street, and the area below which holes close; presets by default.

    Returns
    -------
    NDArray
        A polygon or multipolygon per limit (empty where nothing is reached), each within the next.
    """
    buffer_m = constant("buffer_m") if buffer_m is None else buffer_m
    hole_m2 = constant("hole_m2") if hole_m2 is None else hole_m2
    shapes: list[shapely.Geometry] = []
    done = np.zeros(paced.network.n_edges, bool)
    before: shapely.Geometry = shapely.MultiPolygon()
    for limit in minutes:
        reached = reached_streets(
            paced, facilities, nearest, limit_ms=paced.walker.limit_ms(limit), direction=direction
        )
        # What an earlier shape holds whole need not be buffered again.
        new = ~done[reached.edge]
        fresh = ReachedStreets(reached.edge[new], reached.from_dm[new], reached.to_dm[new])
        whole = (fresh.from_dm == 0) & (fresh.to_dm == paced.network.edge_length_dm[fresh.edge])
        done[fresh.edge[whole]] = True
        parts = shapely.buffer(stretch_lines(paced, fresh), buffer_m, quad_segs=_QUAD_SEGS)
        before = _close_holes(_union_by_tile([before, *parts]), hole_m2)
        shapes.append(before)
    return np.array(shapes, object)


def merge_shapes(
    parts: Sequence[NDArray[np.object_]], *, hole_m2: float | None = None
) -> NDArray[np.object_]:
    """Return the isochrones of several sets of facilities together, limit by limit.

    What all reach is what any of them reaches, so shapes that are drawn already are joined
    instead of drawn again.

    Parameters
    ----------
    parts
        Shapes of each set, of the same limits.
    hole_m2
        The area below which holes close; a preset by default.
    """
    hole_m2 = constant("hole_m2") if hole_m2 is None else hole_m2
    joined = [
        _close_holes(shapely.union_all(list(same)), hole_m2) for same in zip(*parts, strict=True)
    ]
    return np.array(joined, object)


def _union_by_tile(parts: list[shapely.Geometry]) -> shapely.Geometry:
    """Return the union of many small shapes, tile by tile: far faster than all at once."""
    shapes = np.array(parts, object)
    shapes = shapes[~shapely.is_empty(shapes)]
    if len(shapes) == 0:
        return shapely.MultiPolygon()
    middle = shapely.get_coordinates(shapely.centroid(shapes)) // _TILE_M
    _, tile = np.unique(middle, axis=0, return_inverse=True)
    tile = tile.ravel()
    tiles = [shapely.union_all(shapes[tile == t]) for t in range(tile.max() + 1)]
    return shapely.union_all(tiles)


def _close_holes(shape: shapely.Geometry, hole_m2: float) -> shapely.Geometry:
    parts = []
    for part in shapely.get_parts(shape):
        rings = [shapely.Polygon(r) for r in part.interiors]
        kept = [r.exterior for r in rings if r.area >= hole_m2]
        parts.append(shapely.Polygon(part.exterior, kept))
    # Closing a hole may swallow a part that stood inside it.
    return shapely.union_all(parts) if parts else shapely.MultiPolygon()
