"""What several plates show: base map, bands, classes, signs and ids, as layers on a page.

The *ground* (underlay, borders, places of area names) is worked out once and shared by all plates
of a run. Present and planned reach come from one function, so that the pair has the same bands,
classes and colours.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from quarterhour import wording
from quarterhour.findings import Findings, PlanFinding, Shapes, Summary
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.borders import borders_once
from quarterhour.maps.canvas import Layer, Look, View
from quarterhour.maps.cells import Cells, class_labels, round_breaks
from quarterhour.maps.fonts import MM_PER_PT
from quarterhour.maps.imprint import clean, group_words, people_words
from quarterhour.maps.labels import Wish, around
from quarterhour.maps.outlines import outline_of, strokes_of
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.style import (
    BORDER,
    INK,
    NEW_SITE,
    PAPER,
    WITHHELD,
    band_colours,
    sign_of,
)
from quarterhour.maps.underlay import Underlay
from quarterhour.maps.withheld import (
    withheld_areas,
    withheld_people,
)

AREA_NAME = LabelStyle(rank=1, size_pt=8.0, heavy=True, gid="area_name")
PLACE_ID = LabelStyle(rank=2, size_pt=5.2, gid="id")
GAP_ID = LabelStyle(rank=0, size_pt=7.0, heavy=True, colour="#7a1f00", gid="id")
WITHHELD_GAP_ID = LabelStyle(rank=0, size_pt=7.0, heavy=True, colour="#4d4d4d", gid="id")
WITHHELD_NOTE = LabelStyle(rank=2, size_pt=6.5, colour="#4d4d4d", gid="withheld")
SITE_ID = LabelStyle(rank=0, size_pt=8.5, heavy=True, colour=NEW_SITE, gid="id")
# Sequential classes, each lighter than the next, apart in grey print too.
PEOPLE = ("#dadaeb", "#bcbddc", "#9e9ac8", "#756bb1", "#4a1486")
UNCOVERED_CLASSES = ("#fee6ce", "#fdae6b", "#f16913", "#a63603")
_BAND_OPACITY = 0.62
# What lies under the hatching stays visible and says less.
_VEIL_OPACITY = 0.45
_NOTE_BELOW_MM = 3.4
# Borders as supplied are a chain; where they are a guess, short dashes (railways have long ones).
_CHAIN, _SHORT, _LONG = (5.0, 2.0, 1.0, 2.0), (2.0, 2.0), (4.0, 3.0)
_NAMES_IN_A_NOTE = 6
_CELL_MM = 2.5
KEPT = "#9a9a9a"
_SIMPLER_M = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What all plates of a run share: figures, the picture below, borders, places of area names."""

    view: View
    summary: Summary
    underlay: Underlay
    outline: Outline
    borders: Outline
    name_places: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What one plate is about: a kind, or a question about new sites.

    ``area`` is the row of the one area, ``site`` the rank of the one recommended site, that it
    shows alone.
    """

    kind: str = ANY
    plan: PlanFinding | None = None
    area: int | None = None
    site: int | None = None


def ground_of(findings: Findings, view: View, underlay: Underlay) -> Ground:
    """Return the ground of a run."""
    areas, whole = findings.areas, findings.areas.outline()
    borders = outline_of(areas.polygons)
    if areas.approximate:
        inner = shapely.intersection(borders_once(areas.polygons), shapely.buffer(whole, -1.0))
        borders = strokes_of(inner)
    return Ground(
        view, findings.summary(), underlay, outline_of([whole]), borders,
        tuple(_name_places(polygon, view) for polygon in areas.polygons),
    )  # fmt: skip


def _name_places(polygon: shapely.Geometry, view: View) -> tuple[tuple[float, float], ...]:
    """Return places inside an area, in millimetres, from its innermost point outwards."""
    largest = max(shapely.get_parts(polygon), key=shapely.area)
    middle = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest))[0]
    west, south, east, north = largest.bounds
    step = max(2.5 * view.scale / 1000.0, (east - west) / 24, (north - south) / 24)
    x, y = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
    lattice = np.column_stack([x.ravel(), y.ravel()])
    lattice = lattice[shapely.contains_xy(largest, lattice[:, 0], lattice[:, 1])]
    order = np.argsort(np.hypot(*(lattice - middle).T), kind="stable")
    xy = view.to_mm(np.vstack([middle[None], lattice[order]]))
    return tuple((float(a), float(b)) for a, b in xy)


def draw_base(page: Page, findings: Findings, ground: Ground) -> None:
    """Draw what every plate has: the picture below, borders and area names."""
    words, base = page.words, page.words("plate.heading_base")
    ground.underlay.lay(page.canvas)
    guessed = findings.areas.approximate
    thin = Look("line", edge=BORDER, width_pt=0.7, dash=_SHORT if guessed else _CHAIN)
    text = words("plate.area_approximate" if guessed else "plate.area")
    page.canvas.stroke(Layer("area", text, thin, base), ground.borders, order=3.0)
    guessed_outline = findings.outline_approximate
    thick = Look("line", edge=INK, width_pt=1.8, dash=_LONG if guessed_outline else ())
    text = words("plate.outline_approximate" if guessed_outline else "plate.outline")
    page.canvas.stroke(Layer("outline", text, thick, base), ground.outline, order=3.5)
    if guessed:
        page.notes.append(words("plate.note_approximate"))
    for name, places in zip(findings.areas.names, ground.name_places, strict=True):
        text = _short(clean(name))
        if text:
            width, height = page.size_of(text, AREA_NAME)
            wish = Wish(text, places[0], width, height, places, leader=False, over_marks=True)
            page.wish(AREA_NAME, wish)


def draw_bands(page: Page, shapes: Shapes, kind: str) -> None:
    """Draw the rings of a kind, each without the one inside it."""
    words, after = page.words, 0
    inner: list[shapely.Geometry] = []
    drawn = [shapely.simplify(shape, _SIMPLER_M) for shape in shapes.of(kind)]
    for minutes, shape, colour in zip(
        shapes.minutes, drawn, band_colours(len(shapes.minutes)), strict=True
    ):
        key = "plate.band" if after else "plate.band_first"
        label = words(key, {"after": after, "to": minutes})
        look = Look("fill", face=colour, opacity=_BAND_OPACITY)
        layer = Layer(f"band:{minutes}", label, look, words("plate.heading_bands"))
        page.canvas.fill(layer, outline_of([shape], less=inner))
        inner, after = [shape], minutes


def draw_classes(
    page: Page, cells: Cells, colours: tuple[str, ...], key: str, heading: str, *,
    side: float = 1.0, opacity: float = 0.8,
) -> None:  # fmt: skip
    """Fill cells by class of people per square kilometre; ``side`` below 1 leaves air between."""
    breaks = round_breaks(cells.density, most=len(colours) - 1)
    # The darkest colours, so that few classes still read as many people.
    colours = colours[len(colours) - len(breaks) - 1 :]
    at = np.searchsorted(breaks, cells.density, side="right")
    for n, label in enumerate(class_labels(breaks, page.words)):
        look = Look("fill", face=colours[n], opacity=opacity)
        layer = Layer(f"{key}:{n}", label, look, heading)
        page.canvas.fill(layer, cells.outline(at == n, side=side), order=1.5)


def draw_withheld(page: Page, findings: Findings, ground: Ground, kind: str) -> None:
    """Hatch the areas that cannot say in grey, and say so in them, in the legend and in a note."""
    words, rows = page.words, withheld_areas(findings, kind)
    outline = outline_of(findings.areas.polygons[rows])
    label = words("plate.withheld", {"count": len(rows)})
    look = Look("fill", edge=WITHHELD, hatch="\\\\\\\\")
    layer = Layer("withheld", label, look, words("plate.heading_withheld"))
    page.canvas.fill(layer, outline, order=2.6)
    veil = replace(layer, look=Look("fill", face=PAPER, opacity=_VEIL_OPACITY))
    page.canvas.fill(veil, outline, order=2.5)
    text = words("completeness.cannot_say")
    width, height = page.size_of(text, WITHHELD_NOTE)
    for row in rows:
        places = ground.name_places[row]
        below = places[0][0], places[0][1] - _NOTE_BELOW_MM
        near = (below, *sorted(places, key=lambda place: math.dist(place, below)))
        wish = Wish(text, below, width, height, near, leader=False, over_marks=True)
        page.wish(WITHHELD_NOTE, wish)
    _note_withheld(page, findings, kind)


def _note_withheld(page: Page, findings: Findings, kind: str) -> None:
    words, language = page.words, page.words.language
    names = findings.withheld_names(kind, outside=words("plate.outside_areas"))
    if not names:
        return
    shown = [_short(clean(name)) for name in names[:_NAMES_IN_A_NOTE]]
    text = words("plate.file_join").join(shown)
    if len(names) > len(shown):
        text = words("plate.more_areas", {"areas": text, "more": len(names) - len(shown)})
    lead = findings.demand.people_of(findings.lead_group)[withheld_people(findings, kind)]
    values = {
        "areas": text, "group": group_words(findings, language),
        "people": people_words(float(lead.sum()), language),
    }  # fmt: skip
    page.notes.append(words("plate.note_withheld", values))


def draw_existing(page: Page, findings: Findings, kind: str) -> None:
    """Draw what there is of a kind, in grey: it is kept."""
    facilities = findings.facilities
    xy = facilities.xy_m[facilities.rows_of(kind)]
    look = look_of(kind, facilities.all_kinds(), size_pt=5.0, face=KEPT)
    draw_signs(page, f"kept:{kind}", counted(page, "existing_count", kind, len(xy)), look, xy)


def draw_new_sites(page: Page, findings: Findings, ground: Ground, subject: Subject) -> None:
    """Draw the recommended sites with building order and id of premises."""
    plan, kind = plan_of(subject), subject.kind
    xy = plan.premises.xy_m[plan.chosen]
    look = look_of(kind, findings.facilities.all_kinds(), size_pt=10.0, face=NEW_SITE)
    draw_signs(page, f"new:{kind}", counted(page, "new_count", kind, len(xy)), look, xy, order=6.0)
    ids = [
        page.words("plate.site_label", {"order": n, "id": plan.premises.ids[row]})
        for n, row in enumerate(plan.chosen.tolist(), start=1)
    ]
    wish_ids(page, ground, xy, ids, style=SITE_ID, clear=clear_of(look))


def draw_signs(
    page: Page, key: str, label: str, look: Look, xy_m: NDArray[np.float64], *,
    heading: str = "", order: float = 5.0,
) -> None:  # fmt: skip
    """Draw a sign at each place; labels will keep away from it."""
    heading = heading or page.words("plate.heading_facilities")
    page.marks += page.canvas.signs(Layer(key, label, look, heading), xy_m, order=order)


def wish_ids(
    page: Page, ground: Ground, xy_m: NDArray[np.float64], ids: list[str], *,
    clear: float, style: LabelStyle = PLACE_ID,
) -> None:  # fmt: skip
    """Ask for a place for the id of each sign on the sheet."""
    shown = ground.view.shows(xy_m)
    for name, (x, y) in zip(
        np.array(ids, object)[shown], ground.view.to_mm(xy_m[shown]).tolist(), strict=True
    ):
        width, height = page.size_of(name, style)
        places = around((x, y), width=width, height=height, clear=clear)
        page.wish(style, Wish(name, (x, y), width, height, places, clear=clear))


def note_outside(page: Page, ground: Ground, xy_m: NDArray[np.float64]) -> None:
    """Say how many places lie outside the sheet."""
    outside = int((~ground.view.shows(xy_m)).sum())
    if outside:
        page.notes.append(page.words("plate.note_outside", {"count": outside}))


def look_of(kind: str, kinds: tuple[str, ...], *, size_pt: float = 6.0, face: str = "") -> Look:
    """Return the sign of a kind."""
    sign = sign_of(kind, kinds)
    return Look(
        "sign", face=face or sign.colour, edge=PAPER if face != KEPT else "#4d4d4d",
        width_pt=0.5, shape=sign.shape, size_pt=size_pt,
    )  # fmt: skip


def order_of(n: int) -> float:
    """Return the drawing order of the n-th kind: the first ones are fewer and lie on top."""
    return 5.4 - 0.02 * n


def clear_of(look: Look) -> float:
    """Return how far from the middle of a sign its label may begin."""
    return (look.size_pt + look.width_pt) * MM_PER_PT / 2 + 0.45


def counted(page: Page, key: str, kind: str, count: int) -> str:
    """Return a legend entry that names a kind and counts it."""
    name = clean(wording.label(kind, "kind", page.words.language))
    return page.words(f"plate.{key}", {"kind": name, "count": count})


def cell_size_m(view: View) -> float:
    """Return the size of density cells: 250 m, and larger where that would be too small to see."""
    sizes = (250.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0)
    seen = 0.8 * _CELL_MM * view.scale / 1000.0
    return next((s for s in sizes if s >= seen), sizes[-1])


def plan_of(subject: Subject) -> PlanFinding:
    """Return the plan of a plate that cannot do without one."""
    if subject.plan is None:
        raise AssertionError("this plate needs a siting plan")
    return subject.plan


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"
