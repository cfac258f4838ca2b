"""Notes in areas: where the middle of an area is, and short texts that stand below its name."""

import math

import numpy as np
from numpy.typing import NDArray

from quarterhour.maps.labels import Wish
from quarterhour.maps.layers import Ground
from quarterhour.maps.page import LabelStyle, Page

_BELOW_MM = 3.4


def area_middles(ground: Ground) -> NDArray[np.float64]:
    """Return the innermost point of each area in metres (areas, 2)."""
    view = ground.view
    mm = np.array([places[0] for places in ground.name_places], np.float64).reshape(-1, 2)
    frame = np.array([view.frame.left, view.frame.bottom])
    corner = np.array([view.west_m, view.south_m])
    return np.asarray((mm - frame) * (view.scale / 1000.0) + corner, np.float64)


def note_in_area(
    page: Page, ground: Ground, row: int, text: str, style: LabelStyle, *, line: int = 1
) -> None:
    """Ask for a place for a text inside an area, as near as can be so many lines below its middle.

    Parameters
    ----------
    page, ground
        Where to.
    row
        Which area.
    text, style
        What is written, and how.
    line
        How many lines below the middle of the area.
    """
    width, height = page.size_of(text, style)
    places = ground.name_places[row]
    below = places[0][0], places[0][1] - line * _BELOW_MM
    near = (below, *sorted(places, key=lambda place: math.dist(place, below)))
    wish = Wish(text, below, width, height, near, leader=False, over_marks=True)
    page.wish(style, wish)
