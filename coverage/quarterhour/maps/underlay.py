"""The underlay: water, railways and streets as one picture, drawn once and laid under each plate.

Sixty thousand pieces of street cost seconds a page as vectors and nothing as a picture; the few of
one site or one area are drawn as they are. What lies
outside the study area is paler. The picture has at most 16 colours, so that a PDF keeps it as a
palette of half a byte a pixel, and no empty margin.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.maps.canvas import (
    DPI,
    Canvas,
    Layer,
    Look,
    Picture,
    View,
    bare_axes,
)
from quarterhour.maps.outlines import outline_of, strokes_of
from quarterhour.maps.picture import drawn_pixels
from quarterhour.maps.style import MAIN_STREET, PAPER, RAIL, STREET, WATER
from quarterhour.streets.network import WalkNetwork
from quarterhour.words import Words

MAIN_STREETS = ("motorway", "trunk", "primary", "secondary")
_CHUNK = 2000
_VEIL = 0.62
# Least extent on paper of all water or railways together, so that a reader finds them.
_SEEN_MM2, _SEEN_MM = 3.0, 5.0
# A PDF packs the picture anew for each plate; a third less resolution is half the work and size.
_PDF_DPI = 200
# So many points are drawn sooner than a picture of them is packed, and are sharp in a PDF.
_FEW = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Underlay:
    """What lies below: a picture for pages of pixels and one for PDF, or the outlines themselves.

    Attributes
    ----------
    layers
        What is shown.
    pictures
        The fine and the coarse one; ``None`` where there are few outlines.
    outlines, veil
        What is drawn, the lowest first, and what is paler.
    """

    layers: tuple[Layer, ...]
    pictures: tuple[Picture, Picture] | None
    outlines: list[tuple[Layer, list[Outline]]]
    veil: Outline

    def lay(self, canvas: Canvas) -> None:
        """Lay it under everything on a page."""
        if self.pictures is not None:
            canvas.raster(*self.pictures, self.layers)
            return
        for artist in _artists(self.outlines, self.veil):
            artist.set_zorder(0.5)
            canvas.map.add_artist(artist)
        canvas.layers += self.layers


def draw_underlay(findings: Findings, view: View, words: Words) -> Underlay:
    """Draw the underlay of a view."""
    window = shapely.box(view.west_m, view.south_m, view.east_m, view.north_m)
    contents = _contents(findings, window, words, scale=view.scale)
    veil = outline_of([window.buffer(1.0)], less=[findings.areas.outline()])
    layers = {layer.key: layer for layer, _ in reversed(contents)}
    shown = tuple(reversed(layers.values()))
    points = sum(np.shape(o.vertices)[0] for _, each in contents for o in each)
    if points <= _FEW:
        return Underlay(shown, None, contents, veil)
    pictures = _picture(contents, veil, view, DPI), _picture(contents, veil, view, _PDF_DPI)
    return Underlay(shown, pictures, [], veil)


def _artists(contents: list[tuple[Layer, list[Outline]]], veil: Outline) -> list[Artist]:
    drawn: list[Artist] = [
        PathCollection(
            outlines, facecolors=layer.look.face, edgecolors=layer.look.edge,
            linewidths=layer.look.width_pt, linestyles=[layer.look.line_style], capstyle="round",
            joinstyle="round",
        )
        for layer, outlines in contents
    ]  # fmt: skip
    return [*drawn, PathPatch(veil, facecolor=PAPER, edgecolor="none", alpha=_VEIL)]


def _picture(
    contents: list[tuple[Layer, list[Outline]]], veil: Outline, view: View, dpi: int
) -> Picture:
    frame = view.frame
    figure = Figure(figsize=(frame.width / 25.4, frame.height / 25.4), dpi=dpi)
    axes = bare_axes(
        figure, (0.0, 0.0, 1.0, 1.0), (view.west_m, view.east_m, view.south_m, view.north_m)
    )
    for artist in _artists(contents, veil):
        axes.add_artist(artist)
    pixels, corner = _trimmed(drawn_pixels(figure))
    # A renderer takes a picture's rows from the bottom up; pixels come from the top down.
    return Picture(np.ascontiguousarray(_few_colours(pixels)[::-1]), corner, dpi)


def _contents(
    findings: Findings, window: shapely.Geometry, words: Words, *, scale: int
) -> list[tuple[Layer, list[Outline]]]:
    """Return what is drawn; what would not be seen on paper is not, nor is it in the legend."""
    water, rails = findings.backdrop.water, findings.backdrop.rails
    water, rails = _inside(water, window), _inside(rails, window)
    flat = shapely.get_dimensions(water) == 2
    ponds, brooks = (_seen(part, window, scale) for part in (water[flat], water[~flat]))
    rails = _seen(rails, window, scale)
    network = findings.network
    main = np.isin(
        np.array([c.removesuffix("_link") for c in network.classes], object)[network.edge_class],
        MAIN_STREETS,
    )
    shown = _in_window(network, window)
    base = words("plate.heading_base")
    fill = Layer("water", words("plate.water"), Look("fill", face=WATER), base)
    brook = Layer("water", words("plate.water"), Look("line", edge=WATER, width_pt=1.2), base)
    rails_look = Look("line", edge=RAIL, width_pt=1.1, dash=(4.0, 2.0))
    rail = Layer("rail", words("plate.rail"), rails_look, base)
    thin, wide = (
        Look("line", edge=STREET, width_pt=0.35),
        Look("line", edge=MAIN_STREET, width_pt=1.1),
    )
    street = Layer("street", words("plate.street"), thin, base)
    main_street = Layer("main_street", words("plate.main_street"), wide, base)
    found = [
        (fill, [outline_of(ponds)] if len(ponds) else []),
        (brook, [strokes_of(brooks)] if len(brooks) else []),
        (street, _street_outlines(network, shown & ~main)),
        (main_street, _street_outlines(network, shown & main)),
        (rail, [strokes_of(rails)] if len(rails) else []),
    ]
    return [(layer, outlines) for layer, outlines in found if outlines]


def _inside(shapes: NDArray[np.object_], window: shapely.Geometry) -> NDArray[np.object_]:
    if len(shapes) == 0:
        return shapes
    near: NDArray[np.object_] = shapes[shapely.intersects(shapes, window)]
    return near


def _seen(shapes: NDArray[np.object_], window: shapely.Geometry, scale: int) -> NDArray[np.object_]:
    """Return shapes, or none of them where all together are but a dot on paper."""
    cut = shapely.clip_by_rect(shapes, *window.bounds)
    mm = 1000.0 / scale
    large = shapely.area(cut).sum() * mm**2 >= _SEEN_MM2 or (
        shapely.length(cut[shapely.get_dimensions(cut) == 1]).sum() * mm >= _SEEN_MM
    )
    return shapes if large else shapes[:0]


def _in_window(network: WalkNetwork, window: shapely.Geometry) -> NDArray[np.bool_]:
    """Return which edges have a vertex in the window."""
    west, south, east, north = window.bounds
    x, y = network.vertex_xy_m.T
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    many = np.add.reduceat(inside, network.vertex_offset[:-1]) if len(inside) else np.zeros(0)
    return np.asarray(many > 0)


def _street_outlines(network: WalkNetwork, wanted: NDArray[np.bool_]) -> list[Outline]:
    """Return the chosen edges as outlines of a few thousand edges each: Agg's cells are finite."""
    rows = np.flatnonzero(wanted)
    return [_edges(network, rows[at : at + _CHUNK]) for at in range(0, len(rows), _CHUNK)]


def _edges(network: WalkNetwork, rows: NDArray[np.int64]) -> Outline:
    first, stop = network.vertex_offset[rows], network.vertex_offset[rows + 1]
    count = stop - first
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    at = np.arange(count.sum()) + np.repeat(first - start, count)
    codes = np.full(len(at), Outline.LINETO, np.uint8)
    codes[start] = Outline.MOVETO
    return Outline(network.vertex_xy_m[at], codes)


def _trimmed(rgba: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Cut the empty margin off; return the rest and its lower left corner."""
    drawn = np.ascontiguousarray(rgba).view(np.uint32)[:, :, 0] != 0xFFFFFFFF
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    if len(rows) == 0:
        return rgba[-1:, :1], (0, 0)
    inside = rgba[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return inside, (int(columns[0]), len(rgba) - 1 - int(rows[-1]))


def _few_colours(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the picture in the colours of streets and water and some blends, opaque."""
    from PIL import Image

    palette = Image.new("P", (1, 1))
    palette.putpalette([value for colour in _palette() for value in colour])
    picture = Image.fromarray(np.ascontiguousarray(rgba[:, :, :3]))
    few = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    return np.array(few.convert("RGBA"))


def _palette() -> list[tuple[int, int, int]]:
    """Return sixteen colours: what is drawn, its edges on paper, and both under the veil."""

    def mix(colour: str, share: float, other: str = PAPER) -> tuple[int, int, int]:
        one, two = (np.array(to_rgb(c)) * 255 for c in (colour, other))
        red, green, blue = np.rint(one * share + two * (1 - share)).astype(int).tolist()
        return red, green, blue

    seen = 1 - _VEIL
    greys = [mix(c, s) for c in (STREET, MAIN_STREET) for s in (1.0, 0.7, seen, seen / 2)]
    return [
        mix(PAPER, 1.0), *greys, mix(RAIL, 1.0), mix(RAIL, 0.5), mix(WATER, 1.0),
        mix(WATER, 0.7), mix(WATER, seen), mix(STREET, 0.5, WATER), mix(MAIN_STREET, 0.5, WATER),
    ]  # fmt: skip
