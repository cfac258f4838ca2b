"""Focus: the view of a plate that is about one area or one site, and where the rest stands on it.

Such a plate has a map frame shorter than the sheet's; a *room* is a part of what is left. A plate
of an area (13-n) has a panel at the right of the map or below it, whichever leaves the map the
larger scale. A plate of a site (S-n) has the map of the premises, two insets and a box. Rooms are
shares of the sheet's frame, so that every size of paper has them. Design of this tool.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from quarterhour.findings import Findings
from quarterhour.maps.canvas import View, choose_view
from quarterhour.maps.labels import Box
from quarterhour.maps.sheets import A3, Sheet
from quarterhour.maps.titles import Order

_AIR_MM = 2.0
_PANEL_ACROSS, _PANEL_UP = 0.37, 0.36
_INSETS_ACROSS, _PLACE_UP, _BOX_UP = 0.35, 0.34, 0.42
# The map of the premises shows this much around them, less on small paper.
_AROUND_SITE_M = (240.0, 180.0, 120.0)
_SMALLEST_SCALE = 5_000


@dataclass(frozen=True, slots=True)
class SiteRooms:
    """Rooms of a plate of one site: map of the premises, location, reach, and the box."""

    site: Box
    place: Box
    reach: Box
    box: Box


def guide_rooms(frame: Box) -> tuple[tuple[Box, Box], ...]:
    """Return map and panel of a plate of one area: panel at the right, and panel below."""
    x = frame.right - _PANEL_ACROSS * frame.width
    y = frame.bottom + _PANEL_UP * frame.height
    return (
        (Box(frame.left, frame.bottom, x, frame.top),
         Box(x + _AIR_MM, frame.bottom, frame.right, frame.top)),
        (Box(frame.left, y, frame.right, frame.top),
         Box(frame.left, frame.bottom, frame.right, y - _AIR_MM)),
    )  # fmt: skip


def site_rooms(frame: Box) -> SiteRooms:
    """Return the rooms of a plate of one site."""
    x = frame.left + _INSETS_ACROSS * frame.width
    y = frame.bottom + _BOX_UP * frame.height
    inset = frame.top - _PLACE_UP * frame.height
    return SiteRooms(
        site=Box(x + _AIR_MM, y + _AIR_MM, frame.right, frame.top),
        place=Box(frame.left, inset, x, frame.top),
        reach=Box(frame.left, frame.bottom, x, inset - _AIR_MM),
        box=Box(x + _AIR_MM, frame.bottom, frame.right, y),
    )


def own_view(findings: Findings, order: Order, sheet: Sheet = A3) -> View | None:
    """Return the view of a plate about one area or site; ``None`` where it is the district's.

    Parameters
    ----------
    findings, order
        The run, and the plate.
    sheet
        Size of paper.
    """
    if order.site is not None and order.plan is not None:
        xy = order.plan.premises.xy_m[order.plan.chosen[order.site]]
        return _around(xy.tolist(), site_rooms(sheet.frame).site)
    if order.area is not None:
        bounds = findings.areas.polygons[order.area].bounds
        views = [choose_view(bounds, frame=frame) for frame, _ in guide_rooms(sheet.frame)]
        return min(views, key=lambda view: view.scale)
    return None


def _around(xy_m: Sequence[float], frame: Box) -> View:
    """Return the view around one place."""
    x, y = xy_m
    views = [
        choose_view((x - metres, y - metres, x + metres, y + metres), frame=frame)
        for metres in _AROUND_SITE_M
    ]
    return next((view for view in views if view.scale <= _SMALLEST_SCALE), views[-1])


def panel_beside(view: View, sheet: Sheet) -> Box:
    """Return the panel that goes with the view of a plate of one area."""
    return next(panel for frame, panel in guide_rooms(sheet.frame) if frame == view.frame)
