"""Plate S-n: one recommended site: where it is, its premises, its own reach, and what is known.

The map of the premises has the scale of the page; location and reach stand beside it as insets
with scales of their own. Whatever no file tells (outline of the plot, control lines, land use,
fire safety) is named as missing and never drawn.
"""

import numpy as np
import shapely

from quarterhour.findings import Findings, PlanFinding
from quarterhour.maps.canvas import Layer, Look, View, choose_view
from quarterhour.maps.cells import gather
from quarterhour.maps.focus import SiteRooms, site_rooms
from quarterhour.maps.guide_area_panel import name_of
from quarterhour.maps.guide_base import (
    BESIDE_NAME,
    Inset,
    draw_below,
    draw_borders,
    draw_streets,
    draw_thin_streets,
    on_inset,
    wish_streets,
)
from quarterhour.maps.guide_figures import SiteFigures, site_figures
from quarterhour.maps.guide_panel import draw_frame, draw_heading, draw_map_title, draw_pairs
from quarterhour.maps.guide_site_box import site_pairs
from quarterhour.maps.imprint import clean
from quarterhour.maps.labels import Wish, around
from quarterhour.maps.layers import (
    SITE_ID,
    UNCOVERED_CLASSES,
    Ground,
    Subject,
    clear_of,
    draw_classes,
    draw_signs,
    look_of,
    order_of,
    plan_of,
    wish_ids,
)
from quarterhour.maps.outlines import outline_of
from quarterhour.maps.page import Page
from quarterhour.maps.plan_layers import closed_rows
from quarterhour.maps.style import NEW_SITE, PAPER, band_colours

_SIMPLER_M = 1.0
_CELL_M = 50.0
# Smaller than the cell: the bands of walking time show around it.
_CELL_SIDE = 0.55
_NOWHERE_M = 500.0
_BAND_OPACITY = 0.62
_OTHER = Look("sign", face="#f4a582", edge=NEW_SITE, width_pt=0.8, size_pt=5.0)
_OFFERED = Look("sign", face=PAPER, edge="#0b4f8a", width_pt=1.2, size_pt=6.0)


def draw_site(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Plate S-n: one recommended site."""
    plan, rank, words = plan_of(subject), subject.site, page.words
    if rank is None:
        raise AssertionError("this plate needs a site")
    rooms, figures = site_rooms(page.sheet.frame), site_figures(findings, plan)
    _draw_premises(page, findings, ground, plan, rank)
    _draw_place(page, findings, ground, plan, rank, rooms)
    _draw_reach(page, findings, ground, plan, rank, rooms, figures)
    below = draw_heading(page, rooms.box, words("guide.box_site"))
    pairs = site_pairs(page, findings, plan, rank, figures)
    draw_pairs(page, below, pairs, cut=words("guide.cut"), columns=2, airy=True)
    draw_frame(page, rooms.box)
    draw_map_title(page, words("guide.map_site"))
    page.notes += [words("guide.note_ground"), words("guide.note_gained")]
    row = int(plan.chosen[rank])
    if findings.cannot_say(plan.plan.kind)[plan.premises.area_index[row]]:
        page.notes.append(words("guide.note_site_cannot_say"))
    if plan.screening.candidates.generated[plan.plan.chosen[rank]]:
        page.notes.append(words("guide.note_generated"))


def _draw_premises(
    page: Page, findings: Findings, ground: Ground, plan: PlanFinding, rank: int
) -> None:
    """Draw the map of the premises: streets, stairs, what stands and what is offered nearby."""
    view, words = ground.view, page.words
    draw_below(page, ground)
    draw_streets(page, findings, view)
    draw_borders(page, findings, view)
    _draw_sites(page, findings, ground, plan, rank, size_pt=15.0)
    _draw_present(page, findings, ground, plan, every=True)
    chosen = set(plan.chosen.tolist())
    kept = plan.screening.candidates
    rows = kept.premises_row[~np.asarray(kept.generated, bool)]
    rows = np.array([r for r in rows.tolist() if r not in chosen], np.int64)
    xy = plan.premises.xy_m[rows]
    seen = rows[view.shows(xy)]
    label = words("guide.offered", {"count": len(seen)})
    heading = words("plate.heading_premises")
    draw_signs(page, "offered", label, _OFFERED, plan.premises.xy_m[seen], heading=heading,
               order=5.5)  # fmt: skip
    wish_ids(page, ground, plan.premises.xy_m[seen], [plan.premises.ids[r] for r in seen.tolist()],
             clear=clear_of(_OFFERED))  # fmt: skip
    wish_streets(page, findings, view)


def _draw_place(
    page: Page, findings: Findings, ground: Ground, plan: PlanFinding, rank: int, rooms: SiteRooms
) -> None:
    """Draw the inset of where in the district the site lies."""
    bounds = shapely.total_bounds(findings.areas.polygons)
    inset = _inset(page, choose_view(bounds, frame=rooms.place))
    area = int(plan.premises.area_index[plan.chosen[rank]])
    if area >= 0:
        polygon = findings.areas.polygons[area]
        look = Look("fill", face="#fde0c5", opacity=0.9)
        layer = Layer("its_area", page.words("guide.own_area"), look,
                      page.words("plate.heading_base"))  # fmt: skip
        inset.canvas.fill(layer, outline_of([polygon]), order=1.0)
        text = clean(findings.areas.names[area])
        width, height = inset.size_of(text, BESIDE_NAME)
        x, y = inset.canvas.view.to_mm(
            shapely.get_coordinates(shapely.point_on_surface(polygon))
        )[0].tolist()  # fmt: skip
        places = ((x, y), *around((x, y), width=width, height=height, clear=1.0))
        inset.wish(BESIDE_NAME, Wish(text, (x, y), width, height, places, leader=False))
    draw_borders(inset, findings, inset.canvas.view)
    _draw_sites(inset, findings, on_inset(ground, inset.canvas.view), plan, rank, size_pt=8.0)
    _finish(page, inset, page.words("guide.map_place"))


def _draw_reach(
    page: Page, findings: Findings, ground: Ground, plan: PlanFinding, rank: int,
    rooms: SiteRooms, figures: SiteFigures,
) -> None:  # fmt: skip
    """Draw the inset of the site's own reach, and where the people live whom it brings inside."""
    words, minutes = page.words, findings.coverage.minutes
    shapes = figures.shapes[rank]
    x, y = plan.premises.xy_m[plan.chosen[rank]].tolist()
    bounds = shapes[-1].bounds
    if shapely.is_empty(shapes[-1]):
        bounds = (x - _NOWHERE_M, y - _NOWHERE_M, x + _NOWHERE_M, y + _NOWHERE_M)
    inset = _inset(page, choose_view(bounds, frame=rooms.reach))
    draw_thin_streets(inset, findings, inset.canvas.view)
    after, inner = 0, list[shapely.Geometry]()
    for limit, shape, colour in zip(minutes, shapes, band_colours(len(minutes)), strict=True):
        key = "plate.band" if after else "plate.band_first"
        look = Look("fill", face=colour, opacity=_BAND_OPACITY)
        layer = Layer(f"band:{limit}", words(key, {"after": after, "to": limit}), look,
                      words("plate.heading_bands"))  # fmt: skip
        simple = shapely.simplify(shape, _SIMPLER_M)
        inset.canvas.fill(layer, outline_of([simple], less=inner), order=1.2)
        inner, after = [simple], limit
    home, lead = figures.points[rank], findings.demand.people_of(findings.lead_group)
    cells = gather(findings.demand.xy_m[home], lead[home], size_m=_CELL_M)
    if len(cells.density):
        draw_classes(inset, cells, UNCOVERED_CLASSES, "gained", words("guide.heading_gained"),
                     side=_CELL_SIDE, opacity=1.0)  # fmt: skip
    draw_borders(inset, findings, inset.canvas.view)
    here = on_inset(ground, inset.canvas.view)
    _draw_present(inset, findings, here, plan, every=False)
    _draw_sites(inset, findings, here, plan, rank, size_pt=9.0)
    _finish(page, inset, words("guide.map_reach", {"minutes": minutes[-1]}))


def _inset(page: Page, view: View) -> Page:
    return Page(Inset(page.canvas, view), page.words)


def _finish(page: Page, inset: Page, name: str) -> None:
    """Write the labels of an inset, its frame and its heading with the ratio."""
    draw_map_title(inset, name)
    inset.write_labels()
    draw_frame(page, inset.canvas.view.frame)


def _draw_present(
    page: Page, findings: Findings, ground: Ground, plan: PlanFinding, *, every: bool
) -> None:
    """Draw what there is in the frame: of every kind, or of the plan's alone."""
    facilities = findings.facilities
    kinds, gone = facilities.all_kinds(), closed_rows(findings, plan)
    for n, kind in enumerate(kinds):
        if not every and kind != plan.plan.kind:
            continue
        rows = np.setdiff1d(facilities.rows_of(kind), gone)
        rows = rows[ground.view.shows(facilities.xy_m[rows])]
        look = look_of(kind, kinds, size_pt=8.0 if every else 4.5)
        key = f"near:{kind}" if every else f"around:{kind}"
        values = {"kind": name_of(page, kind), "count": len(rows)}
        label = page.words("guide.near" if every else "guide.around", values)
        xy = facilities.xy_m[rows]
        draw_signs(page, key, label, look, xy, order=order_of(n))
        wish_ids(page, ground, xy, [facilities.ids[r] for r in rows.tolist()], clear=clear_of(look))


def _draw_sites(
    page: Page, findings: Findings, ground: Ground, plan: PlanFinding, rank: int, *, size_pt: float
) -> None:
    """Draw this site and, smaller, the others of its question."""
    words, kind, xy = page.words, plan.plan.kind, plan.premises.xy_m[plan.chosen]
    look = look_of(kind, findings.facilities.all_kinds(), size_pt=size_pt, face=NEW_SITE)
    label = words("guide.this_site", {"kind": name_of(page, kind)})
    draw_signs(page, "site", label, look, xy[[rank]], order=6.2)
    ids = [
        words("plate.site_label", {"order": n + 1, "id": plan.premises.ids[row]})
        for n, row in enumerate(plan.chosen.tolist())
    ]
    wish_ids(page, ground, xy[[rank]], [ids[rank]], style=SITE_ID, clear=clear_of(look))
    others = np.delete(np.arange(len(xy)), rank)
    others = others[ground.view.shows(xy[others])]
    label = words("guide.other_sites", {"count": len(xy) - 1})
    draw_signs(page, "other_sites", label, _OTHER, xy[others], order=6.0)
    wish_ids(page, ground, xy[others], [str(n + 1) for n in others.tolist()],
             clear=clear_of(_OTHER))  # fmt: skip
