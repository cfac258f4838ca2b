"""Areas that lie side by side: self-crossings, overlaps and gaps, measured, then mended or refused.

The rules, in this order. A strip is *thin* when it is nowhere wider than 10 m: what a border drawn
twice leaves behind.

1. A polygon that crosses itself is mended. What that changes is the difference between its area as
   drawn (each ring counted once, loops that turn the other way negative) and its area when mended.
   More than 1 % is refused: nobody knows which side of the line the people live on.
2. Where two polygons overlap, thin parts, and an overlap of less than 0.1 % of the smaller of the
   two, go to the lower row. Anything more is refused; so is a polygon inside another that has no
   hole for it.
3. A gap is a hole in all areas together. A thin one goes to the neighbour along its longest
   edge. A wider one stays and is reported: it may be a lake, or an area that is not in the file.

After that every position lies in at most one area, and the areas fill the outline but for the gaps
that were reported. Strips that open to the outside are part of the outline. Everything is measured
in metres; :class:`Side` says what was found, and the reader makes messages of it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

THIN_M = 10.0
MOST_CHANGE = 0.01
MOST_OVERLAP = 0.001
# Less than this is the rounding of coordinates, not a strip.
_NOISE_M2 = 1e-3
# A border of a gap belongs to the polygon that it comes from up to this rounding.
_TOUCH_M = 0.01
# Opposite sides of a strip are one length but for rounding: then the lower row has it.
_AS_LONG = 0.99

What = Literal["crossing", "overlap", "inside", "gap"]


@dataclass(frozen=True, slots=True)
class Side:
    """One place where areas do not lie cleanly side by side.

    Attributes
    ----------
    what
        ``"crossing"``, ``"overlap"``, ``"inside"`` (one in the other) or ``"gap"``.
    row, other
        Rows of the areas; ``other`` is -1 for a crossing, both are -1 for a gap that stays.
    area_m2
        Square metres that change hands.
    share
        Of the area of ``row`` (a crossing) or of the smaller area (an overlap); 0 for gaps.
    xy_m
        A position in it (the first crossing, the largest part).
    mended
        Whether a rule above mends it.
    count
        How many parts it has.
    """

    what: What
    row: int
    other: int
    area_m2: float
    share: float
    xy_m: tuple[float, float]
    mended: bool
    count: int = 1


def mend(
    polygons: NDArray[np.object_],
) -> tuple[NDArray[np.object_], tuple[Side, ...]]:
    """Return polygons that lie side by side, and what was found on the way.

    Parameters
    ----------
    polygons
        Polygons or multipolygons in metres (n,), not empty; not changed.

    Returns
    -------
    tuple
        The mended polygons, and every place where something was found, refused ones included. If
        any is refused, the polygons are as far as the rules went; after a refused crossing, or a
        polygon of no area (which comes out empty), nothing else is looked at.
    """
    out, found = uncrossed(polygons)
    if shapely.is_empty(out).any() or not all(side.mended for side in found):
        return out, tuple(found)
    if not shapely.coverage_is_valid(out):
        out, overlaps = _parted(out)
        found += overlaps
    out, gaps = _closed(out)
    return out, (*found, *gaps)


def polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a valid shape of the polygons of one that may cross itself; lines and points go."""
    if shapely.is_valid(shape) and shapely.get_type_id(shape) in (3, 6):
        return shape
    parts = shapely.get_parts(shapely.make_valid(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def drawn_area_m2(shape: shapely.Geometry) -> float:
    """Return the area of the rings as drawn: a loop that turns the other way counts against.

    Shells add up and holes are taken off, each by the surveyor's (shoelace) formula.
    """
    total = 0.0
    for part in shapely.get_parts(shape):
        if shapely.is_empty(part):
            continue
        shell, *holes = (abs(_shoelace(ring)) for ring in shapely.get_rings(part))
        total += shell - sum(holes)
    return total


def _shoelace(ring: shapely.Geometry) -> float:
    corners = shapely.get_coordinates(ring)
    x, y = (corners - corners[0]).T
    return 0.5 * float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))


def uncrossed(polygons: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[Side]]:
    """Return polygons that do not cross themselves (the first rule), and the crossings."""
    out, found = polygons.copy(), []
    for row in np.flatnonzero(~shapely.is_valid(polygons)).tolist():
        out[row] = polygonal(polygons[row])
        changed = abs(out[row].area - drawn_area_m2(polygons[row]))
        share = changed / max(out[row].area, _NOISE_M2)
        place = _crossing(polygons[row])
        found.append(Side("crossing", row, -1, changed, share, place, share <= MOST_CHANGE))
    return out, found


def _crossing(polygon: shapely.Geometry) -> tuple[float, float]:
    """Return where a polygon crosses itself, as GEOS's reason has it in square brackets."""
    reason = str(shapely.is_valid_reason(polygon))
    try:
        x, y = reason.partition("[")[2].rstrip("]").split()[:2]
        return float(x), float(y)
    except ValueError:
        return _place_in(polygonal(polygon))


def _parted(polygons: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[Side]]:
    """Give thin overlaps to the lower row, and measure all of them."""
    out, found = polygons.copy(), []
    # Only polygons with an edge that is not exactly their neighbour's can overlap it, or lie in it.
    low, high = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    pairs = sorted((int(a), int(b)) for a, b in zip(low, high, strict=True) if a < b)
    edges = shapely.coverage_invalid_edges(polygons)
    clean = shapely.is_empty(edges)
    for a, b in pairs:
        if clean[a] and clean[b]:
            continue
        common = _faces(shapely.intersection(out[a], out[b]))
        area = float(shapely.area(common).sum())
        if area <= _NOISE_M2:
            continue
        smaller = min(out[a].area, out[b].area)
        share = area / smaller
        slight = share < MOST_OVERLAP or all(_thin(part) for part in common)
        what: What = "inside" if share > 1.0 - MOST_OVERLAP else "overlap"
        place = _place_in(common[int(np.argmax(shapely.area(common)))])
        found.append(Side(what, a, b, area, share, place, slight, len(common)))
        rest = polygonal(shapely.difference(out[b], out[a]))
        if slight and not rest.is_empty:
            out[b] = rest
    return out, found


def _closed(polygons: NDArray[np.object_]) -> tuple[NDArray[np.object_], list[Side]]:
    """Give thin gaps to a neighbour, and measure all of them."""
    clean = shapely.coverage_is_valid(polygons)
    whole = shapely.coverage_union_all(polygons) if clean else shapely.union_all(polygons)
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    holes = shapely.polygons(np.array(rings, object)) if rings else np.empty(0, object)
    holes = holes[shapely.area(holes) > _NOISE_M2]
    thin = np.array([_thin(hole) for hole in holes], bool)
    found = [
        Side("gap", -1, -1, hole.area, 0.0, _place_in(hole), mended=False) for hole in holes[~thin]
    ]
    out, holes = polygons.copy(), holes[thin]
    owner = _neighbours(holes, polygons)
    for row in np.unique(owner).tolist():
        parts = holes[owner == row]
        out[row] = shapely.union_all([out[row], *parts])
        sizes = shapely.area(parts)
        place = _place_in(parts[int(np.argmax(sizes))])
        area, count = float(sizes.sum()), len(parts)
        found.append(Side("gap", row, -1, area, 0.0, place, mended=True, count=count))
    return out, found


def _neighbours(holes: NDArray[np.object_], polygons: NDArray[np.object_]) -> NDArray[np.int64]:
    """Return the polygon along the longest edge of each hole; of several the lowest row."""
    middles, holder = list[NDArray[np.float64]](), list[int]()
    for number, hole in enumerate(holes):
        corners = shapely.get_coordinates(hole.exterior)
        length = np.hypot(*np.diff(corners, axis=0).T)
        for edge in np.flatnonzero(length > _AS_LONG * length.max()).tolist():
            middles.append(corners[edge : edge + 2].mean(axis=0))
            holder.append(number)
    points = shapely.points(np.array(middles).reshape(-1, 2))
    point, row = shapely.STRtree(polygons).query(points, predicate="dwithin", distance=_TOUCH_M)
    owner = np.full(len(holes), len(polygons))
    np.minimum.at(owner, np.array(holder, np.int64)[point], row)
    return owner


def _faces(shape: shapely.Geometry) -> NDArray[np.object_]:
    """Return the polygons of any shape, without its lines and points."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    faces: NDArray[np.object_] = parts[shapely.get_dimensions(parts) == 2]
    return faces


def _thin(part: shapely.Geometry) -> bool:
    """Tell whether a polygon is nowhere wider than :data:`THIN_M`."""
    # What is as wide on the whole is not thin anywhere it counts; spares the costly test.
    if 2.0 * part.area > THIN_M * part.length:
        return False
    return bool(shapely.is_empty(shapely.buffer(part, -THIN_M / 2, quad_segs=4)))


def _place_in(shape: shapely.Geometry) -> tuple[float, float]:
    point = shapely.point_on_surface(shape)
    return float(shapely.get_x(point)), float(shapely.get_y(point))
