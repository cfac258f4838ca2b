"""Ground of a plate of one area or site: what lies below, borders, names of areas in the frame.

An *inset* is a second map frame on the same page. What is drawn in it stands in the same legend.
"""

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.maps.borders import borders_once
from quarterhour.maps.canvas import Canvas, Layer, Look, View, bare_axes
from quarterhour.maps.imprint import clean
from quarterhour.maps.labels import Wish
from quarterhour.maps.layers import Ground
from quarterhour.maps.outlines import outline_of, strokes_of
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.style import BORDER, INK, MAIN_STREET, STREET
from quarterhour.maps.underlay import MAIN_STREETS
from quarterhour.streets.network import WalkNetwork

_CHAIN, _SHORT, _LONG = (5.0, 2.0, 1.0, 2.0), (2.0, 2.0), (4.0, 3.0)
# Names that do not fit here are no loss: the plate is about another area.
BESIDE_NAME = LabelStyle(rank=3, size_pt=7.5, heavy=True, colour="#555555", gid="beside_name")
STREET_NAME = LabelStyle(rank=4, size_pt=6.0, colour="#4d4d4d", gid="street_name")
_LONGEST_NAME = 24
_STAIR, _OWN = "#7a3b00", "#6a3d9a"
_LATTICE = 9


class Inset(Canvas):
    """A further map frame on a page: its own view, the page's paper, legend and labels."""

    def __init__(self, page: Canvas, view: View) -> None:
        # The page has been made: only the frame is new.
        self.view, self.fonts, self.sheet = view, page.fonts, page.sheet
        self.figure, self.paper = page.figure, page.paper
        self.layers, self.labels = page.layers, page.labels
        frame, width, height = view.frame, page.sheet.width_mm, page.sheet.height_mm
        self.map = bare_axes(
            page.figure,
            (frame.left / width, frame.bottom / height, frame.width / width,
             frame.height / height),
            (view.west_m, view.east_m, view.south_m, view.north_m),
        )  # fmt: skip
        # Below the paper's axes, which were made first.
        self.map.set_zorder(-1)


def window_of(view: View) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a view, in metres."""
    return view.west_m, view.south_m, view.east_m, view.north_m


def shown(view: View, shape: shapely.Geometry) -> shapely.Geometry:
    """Return the part of a shape that a view shows."""
    return shapely.clip_by_rect(shape, *window_of(view))


def draw_below(page: Page, ground: Ground) -> None:
    """Lay streets, water and railways under everything."""
    ground.underlay.lay(page.canvas)


def draw_streets(page: Page, findings: Findings, view: View) -> None:
    """Draw streets and stairs in a frame as lines, wide enough to be told apart near a site."""
    rows, lines = _lines_at(findings, view)
    network, base = findings.network, page.words("plate.heading_base")
    stair, main = network.is_stair()[rows], _is_main(network)[rows]
    _stroke_streets(page, lines[~stair & ~main], lines[~stair & main], widths_pt=(1.1, 2.2))
    look = Look("line", edge=_STAIR, width_pt=2.0, dash=(0.7, 0.7))
    stairs = Layer("stairs", page.words("guide.stairs"), look, base)
    page.canvas.stroke(stairs, strokes_of(lines[stair]), order=3.8)


def draw_thin_streets(page: Page, findings: Findings, view: View) -> None:
    """Draw streets in a frame as hairlines."""
    rows, lines = _lines_at(findings, view)
    main = _is_main(findings.network)[rows]
    _stroke_streets(page, lines[~main], lines[main], widths_pt=(0.3, 0.9))


def _lines_at(findings: Findings, view: View) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    rows = np.unique(edges_at(findings, view)[1])
    return rows, findings.network.lines()[rows]


def _stroke_streets(
    page: Page, small: NDArray[np.object_], main: NDArray[np.object_], *,
    widths_pt: tuple[float, float],
) -> None:  # fmt: skip
    words = page.words
    for key, label, lines, colour, width in (
        ("street", words("plate.street"), small, STREET, widths_pt[0]),
        ("main_street", words("plate.main_street"), main, MAIN_STREET, widths_pt[1]),
    ):
        look = Look("line", edge=colour, width_pt=width)
        layer = Layer(key, label, look, words("plate.heading_base"))
        page.canvas.stroke(layer, strokes_of(lines), order=1.0)


def _is_main(network: WalkNetwork) -> NDArray[np.bool_]:
    """Return which edges are main streets, as on the other plates."""
    names = np.array([name.removesuffix("_link") for name in network.classes], object)
    main: NDArray[np.bool_] = np.isin(names, MAIN_STREETS)[network.edge_class]
    return main


def edges_at(findings: Findings, view: View) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the vertices of streets in a frame, and the edge of each."""
    network = findings.network
    x, y = network.vertex_xy_m.T
    west, south, east, north = window_of(view)
    seen = np.flatnonzero((x > west) & (x < east) & (y > south) & (y < north))
    return seen, np.searchsorted(network.vertex_offset, seen, side="right") - 1


def draw_borders(page: Page, findings: Findings, view: View) -> None:
    """Draw the borders of areas and of the district, as on all plates, where the frame has any."""
    words, base = page.words, page.words("plate.heading_base")
    polygons, window = findings.areas.polygons, shapely.box(*window_of(view))
    whole = shapely.boundary(findings.areas.outline())
    lines = shapely.boundary(polygons)
    lines = lines[shapely.intersects(lines, window)]
    guessed = findings.areas.approximate
    if guessed:
        lines = shapely.difference(borders_once(polygons), shapely.buffer(whole, 1.0))
    thin = Look("line", edge=BORDER, width_pt=0.7, dash=_SHORT if guessed else _CHAIN)
    text = words("plate.area_approximate" if guessed else "plate.area")
    if shapely.intersects(lines, window).any():
        page.canvas.stroke(Layer("area", text, thin, base), strokes_of(lines), order=4.6)
    guessed = findings.outline_approximate
    thick = Look("line", edge=INK, width_pt=1.8, dash=_LONG if guessed else ())
    text = words("plate.outline_approximate" if guessed else "plate.outline")
    if shapely.intersects(whole, window):
        page.canvas.stroke(Layer("outline", text, thick, base), strokes_of([whole]), order=4.7)


def draw_border_of(page: Page, findings: Findings, row: int) -> None:
    """Draw the border of the one area that a plate is about."""
    dash = _LONG if findings.areas.approximate else ()
    look = Look("line", edge=_OWN, width_pt=2.2, dash=dash)
    label, base = page.words("guide.own_border"), page.words("plate.heading_base")
    shape = strokes_of([shapely.boundary(findings.areas.polygons[row])])
    page.canvas.stroke(Layer("own_area", label, look, base), shape, order=4.65)


def draw_beside(page: Page, view: View, polygon: shapely.Geometry) -> None:
    """Pale what does not belong to the one area."""
    window = shapely.box(*window_of(view)).buffer(1.0)
    look = Look("fill", face="#ececec", opacity=0.66)
    label, base = page.words("guide.beside"), page.words("plate.heading_base")
    page.canvas.fill(Layer("beside", label, look, base), outline_of([window], less=[polygon]),
                     order=4.5)  # fmt: skip


def wish_beside_names(page: Page, findings: Findings, view: View, own: int) -> None:
    """Ask for a place for the name of each other area in the frame."""
    for row, name in enumerate(findings.areas.names):
        text = clean(name)[:_LONGEST_NAME]
        part = shown(view, findings.areas.polygons[row])
        if row == own or not text or shapely.is_empty(part):
            continue
        width, height = page.size_of(text, BESIDE_NAME)
        places = _places(part, view)
        wish = Wish(text, places[0], width, height, places, leader=False)
        page.wish(BESIDE_NAME, wish)


def _places(part: shapely.Geometry, view: View) -> tuple[tuple[float, float], ...]:
    """Return places inside the part of an area that is shown, in millimetres."""
    largest = max(shapely.get_parts(part), key=shapely.area)
    middle = shapely.get_coordinates(shapely.point_on_surface(largest))
    west, south, east, north = largest.bounds
    x, y = np.meshgrid(np.linspace(west, east, _LATTICE), np.linspace(south, north, _LATTICE))
    lattice = np.column_stack([x.ravel(), y.ravel()])
    lattice = lattice[shapely.contains_xy(largest, lattice[:, 0], lattice[:, 1])]
    order = np.argsort(np.hypot(*(lattice - middle[0]).T), kind="stable")
    xy: NDArray[np.float64] = view.to_mm(np.vstack([middle, lattice[order]]))
    return tuple((float(a), float(b)) for a, b in xy)


def on_inset(ground: Ground, view: View) -> Ground:
    """Return the ground as an inset sees it."""
    return replace(ground, view=view)


def wish_streets(page: Page, findings: Findings, view: View) -> None:
    """Ask for a place for the name of each street in the frame, along its line."""
    network = findings.network
    west, south, east, north = window_of(view)
    seen, edge = edges_at(findings, view)
    name = network.edge_name[edge]
    middle = np.array([(west + east) / 2, (south + north) / 2])
    for at in sorted(set(name.tolist()) - {0}):
        xy = network.vertex_xy_m[seen[name == at]]
        xy = xy[np.argsort(np.hypot(*(xy - middle).T), kind="stable")]
        text = clean(network.names[at])
        width, height = page.size_of(text, STREET_NAME)
        places = tuple((float(a), float(b)) for a, b in view.to_mm(xy))
        page.wish(STREET_NAME, Wish(text, places[0], width, height, places, leader=False))
