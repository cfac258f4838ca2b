"""Isochrones: the shapes that can be reached, for the eye.

Streets are cut exactly where the time runs out; the reached parts are buffered, and holes below an
area are closed. Larger holes and islands stay. A *disc* is all that is reached within a limit;
discs nest: the 5-minute disc lies in the 10-minute disc, which lies in the 15-minute disc. A *ring*
is a disc without the one before it. The *exact* method unites buffers of streets, the *fast* one
draws contours of a grid of distances. Nothing is counted from shapes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.presets import constant
from quarterhour.reach.holes import close_holes, one_shape
from quarterhour.reach.lines import drawn, stretch_lines
from quarterhour.reach.raster import raster_shapes
from quarterhour.reach.stretches import (
    Cutter,
    ReachedStreets,
    Spans,
    spans_apart,
    spans_together,
    together,
)
from quarterhour.reach.times import Direction, NearestTimes
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import PacedNetwork

Shape = Literal["discs", "rings"]
Method = Literal["auto", "exact", "fast"]

_QUAD_SEGS = 4
_FEW = 20  # facilities that are drawn exactly by default
_DUST_M2 = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pen:
    """How shapes are drawn; presets by default.

    Attributes
    ----------
    buffer_m
        Width beside the street.
    hole_m2
        Area below which holes close.
    """

    buffer_m: float = field(default_factory=lambda: constant("buffer_m"))
    hole_m2: float = field(default_factory=lambda: constant("hole_m2"))


def isochrones(
    paced: PacedNetwork,
    facilities: Snapped,
    nearest: NearestTimes | None = None,
    *,
    minutes: Sequence[float],
    direction: Direction = "there",
    shape: Shape = "discs",
    method: Method = "auto",
    pen: Pen | None = None,
) -> NDArray[np.object_]:
    """Return one dissolved shape per limit, around all facilities together.

    Parameters
    ----------
    paced, facilities, nearest, direction
        As for :func:`reached_streets`.
    minutes
        Limits, ascending.
    shape
        Whole ``discs``, or ``rings`` without the disc before: they do not overlap, and add up to
        the last disc.
    method
        ``exact``, or ``fast`` (exact too where the streets are spread too wide for a grid); by
        default exact.
    pen
        Width beside the street and size of the holes that close.

    Returns
    -------
    NDArray
        A polygon or multipolygon per limit (empty where nothing is reached).

    Raises
    ------
    InputError
        If the minutes do not ascend, or a choice or a number of the pen is not possible.
    """
    pen = _checked(minutes, shape, method, direction, pen)
    limits = [paced.walker.limit_ms(m) for m in minutes]
    cutter = Cutter.of(paced, direction)
    spans = spans_together(cutter, facilities, nearest, limit_ms=limits[-1])
    discs = draw_discs(cutter, spans, limits, pen, fast=method == "fast")
    return _rings(discs) if shape == "rings" else discs


def isochrones_each(
    paced: PacedNetwork,
    facilities: Snapped,
    *,
    minutes: Sequence[float],
    direction: Direction = "there",
    shape: Shape = "discs",
    method: Method = "auto",
    pen: Pen | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.object_]:
    """Return the shapes of each facility apart.

    Parameters
    ----------
    paced, facilities, minutes, direction, shape, pen
        As for :func:`isochrones`.
    method
        ``exact``, ``fast``, or ``auto``: exact for up to 20 facilities. On Porto's streets the two
        share 0.99 of the area that either covers (``benchmarks/isochrones.py``).
    on_progress
        Called with ``(done, total)`` facilities.

    Returns
    -------
    NDArray
        A polygon or multipolygon per facility and limit (places, minutes); empty for a facility
        without a street.

    Raises
    ------
    InputError
        As for :func:`isochrones`.
    """
    pen = _checked(minutes, shape, method, direction, pen)
    limits = [paced.walker.limit_ms(m) for m in minutes]
    cutter = Cutter.of(paced, direction)
    fast = method == "fast" or (method == "auto" and facilities.n_places > _FEW)
    each = spans_apart(cutter, facilities, limit_ms=limits[-1])
    out = np.empty((len(each), len(limits)), object)
    for done, spans in enumerate(each):
        discs = draw_discs(cutter, [spans], limits, pen, fast=fast)
        out[done] = _rings(discs) if shape == "rings" else discs
        if on_progress is not None:
            on_progress(done + 1, len(each))
    return out


def _checked(
    minutes: Sequence[float], shape: str, method: str, direction: str, pen: Pen | None
) -> Pen:
    """Refuse what cannot be drawn, all faults together, and return the pen."""
    pen = Pen() if pen is None else pen
    faults = []
    rising = len(minutes) and minutes[0] >= 0 and bool((np.diff(minutes) > 0).all())
    if not rising or not np.isfinite(minutes[-1]):
        told = ", ".join(f"{m:g}" for m in minutes)
        faults.append(Fault("isochrone.minutes", {"minutes": told}))
    choices = {
        "shape": (shape, get_args(Shape)), "method": (method, get_args(Method)),
        "direction": (direction, get_args(Direction)),
    }  # fmt: skip
    for name, (value, known) in choices.items():
        if value not in known:
            told = ", ".join(known)
            faults.append(Fault("isochrone.choice", {"name": name, "value": value, "known": told}))
    if not pen.buffer_m > 0 or not pen.hole_m2 >= 0:
        faults.append(Fault("isochrone.pen", {"buffer_m": pen.buffer_m, "hole_m2": pen.hole_m2}))
    if faults:
        raise InputError(faults)
    return pen


def draw_discs(
    cutter: Cutter, spans: Sequence[Spans], limits: Sequence[int], pen: Pen, *, fast: bool
) -> NDArray[np.object_]:
    """Return a disc per limit around the stretches of all spans together.

    Parameters
    ----------
    cutter, spans
        The streets of a walker, and the spans around one facility or many.
    limits
        Milliseconds, ascending.
    pen
        Width beside the street and size of the holes that close.
    fast
        By the grid, where it is not too wide; else by the union of buffers.
    """
    network = cutter.paced.network
    bands = [
        drawn(network, together([cutter.cut(one, limit_ms) for one in spans]))
        for limit_ms in limits
    ]
    bands = _fresh(network, bands)
    found = None
    if fast:
        found = raster_shapes(network, bands, buffer_m=pen.buffer_m, hole_m2=pen.hole_m2)
    if found is None:
        found = _united(cutter.paced, bands, pen)
    discs = np.empty(len(found), object)
    discs[:] = found
    return discs


def _fresh(network: WalkNetwork, bands: Sequence[ReachedStreets]) -> list[ReachedStreets]:
    """Return the stretches of each band, but for the edges that an earlier one holds whole."""
    out: list[ReachedStreets] = []
    held = np.zeros(network.n_edges, bool)
    for band in bands:
        whole = (band.from_dm == 0) & (band.to_dm == network.edge_length_dm[band.edge])
        out.append(band.take(~held[band.edge]))
        held[band.edge[whole]] = True
    return out


def _united(
    paced: PacedNetwork, bands: Sequence[ReachedStreets], pen: Pen
) -> list[shapely.Geometry]:
    """Return the union of the buffers of each band with those before it."""
    shapes: list[shapely.Geometry] = []
    for band in bands:
        parts = shapely.buffer(stretch_lines(paced, band), pen.buffer_m, quad_segs=_QUAD_SEGS)
        shape = shapely.union_all(parts)
        if shapes:
            shape = shapely.union(shapes[-1], shape)
        shapes.append(close_holes(shapely.get_parts(shape), pen.hole_m2))
    return shapes


def _rings(discs: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return each disc without the one before it, and without the dust that rounding leaves."""
    rings = discs.copy()
    for k in range(1, len(discs)):
        parts = shapely.get_parts(shapely.difference(discs[k], discs[k - 1]))
        parts = parts[shapely.area(parts) > _DUST_M2]
        rings[k] = one_shape(parts)
    return rings


def merge_shapes(
    parts: Sequence[NDArray[np.object_]], *, hole_m2: float | None = None
) -> NDArray[np.object_]:
    """Return the isochrones of several sets of facilities together, limit by limit.

    What all reach is what any of them reaches, so shapes that are drawn already are joined
    instead of drawn again.

    Parameters
    ----------
    parts
        Discs of each set, of the same limits.
    hole_m2
        The area below which holes close; a preset by default.
    """
    hole_m2 = constant("hole_m2") if hole_m2 is None else hole_m2
    joined = [
        close_holes(shapely.get_parts(shapely.union_all(list(same))), hole_m2)
        for same in zip(*parts, strict=True)
    ]
    return np.array(joined, object)
