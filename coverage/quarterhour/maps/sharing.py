"""Sharing: what lies below the plates, made once for all that have one view."""

import shapely

from quarterhour.findings import Findings
from quarterhour.maps.canvas import View, choose_view
from quarterhour.maps.focus import own_view
from quarterhour.maps.layers import Ground, ground_of
from quarterhour.maps.sheets import Sheet
from quarterhour.maps.titles import Order
from quarterhour.maps.underlay import draw_underlay
from quarterhour.words import Words


class Grounds:
    """The grounds of a run; that of the whole district is kept for the size drawn last.

    All plates of the whole district share one view on one size of paper, and so their scale and
    what lies below. Its pictures are large, so that no more than one is kept.
    """

    def __init__(self, findings: Findings, words: Words) -> None:
        self._findings, self._words = findings, words
        self._bounds = shapely.total_bounds(findings.areas.polygons)
        self._kept: tuple[View, Ground] | None = None

    def of(self, order: Order, sheet: Sheet) -> Ground:
        """Return what lies below a plate."""
        if order.area is not None or order.site is not None:
            own = own_view(self._findings, order, sheet)
            if own is not None:
                return self._made(own)
        whole = choose_view(self._bounds, frame=sheet.frame)
        if self._kept is None or self._kept[0] != whole:
            self._kept = whole, self._made(whole)
        return self._kept[1]

    def _made(self, view: View) -> Ground:
        underlay = draw_underlay(self._findings, view, self._words)
        return ground_of(self._findings, view, underlay)
