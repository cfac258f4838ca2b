"""Shapes around places, for the eye, drawn as coverage counts: along streets, or straight."""

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.reach import isochrones
from quarterhour.streets import Snapped

_QUAD_SEGS = 16


def shapes_around(case: Case, places: Snapped, xy_m: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the shape of each limit around some places together, the smallest first.

    Parameters
    ----------
    case
        The circle.
    places, xy_m
        Where the places enter the streets, and where they stand, float64 (n, 2).

    Returns
    -------
    NDArray
        Isochrones; for a walker who counts straight metres, discs of these metres.
    """
    if not case.walker.straight:
        return isochrones(case.paced, places, minutes=case.minutes, direction=case.direction)
    around = shapely.multipoints(xy_m)
    metres = [case.walker.limit_ms(limit) / 1000.0 for limit in case.minutes]
    drawn: NDArray[np.object_] = np.empty(len(metres), object)
    drawn[:] = [shapely.buffer(around, radius, quad_segs=_QUAD_SEGS) for radius in metres]
    return drawn
