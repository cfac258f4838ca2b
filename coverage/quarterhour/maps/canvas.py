"""One page of paper: a map frame in metres, and everything around it in millimetres.

A *look* is how something is drawn; a *layer* is a look with a name. What is drawn on the map is
drawn through a layer, and the legend is made of the layers that were drawn: neither can hold what
the other lacks. The *view* ties metres to millimetres at a scale from the list of plan scales.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from matplotlib.transforms import Affine2D, IdentityTransform
from numpy.typing import NDArray

from quarterhour.maps.fonts import MM_PER_PT, Fonts
from quarterhour.maps.labels import Box, Placed
from quarterhour.maps.sheets import A3, Sheet
from quarterhour.maps.style import HALO, INK

DPI = 300
# PLAN_DOCS' list (1, 2, 5, 10, 25 thousand and so on) leaves half a sheet empty between two steps;
# these are the numbers of a planner's triangular scale and half of some. Design of this tool.
SCALES = tuple(
    round(step * 10.0**power)
    for power in range(3, 7) for step in (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
)  # fmt: skip
_MARGIN_MM = 2.5
_MARKERS = {"triangle": "^", "square": "s", "circle": "o", "diamond": "D", "star": "*",
            "cross": "x", "pentagon": "p"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the plane the frame shows, and how large.

    Attributes
    ----------
    scale
        Denominator of the scale on paper.
    west_m, south_m
        Lower left corner of the frame.
    frame
        The frame on paper.
    """

    scale: int
    west_m: float
    south_m: float
    frame: Box = A3.frame

    @property
    def east_m(self) -> float:
        """Right edge of the frame in metres."""
        return self.west_m + self.frame.width * self.scale / 1000.0

    @property
    def north_m(self) -> float:
        """Upper edge of the frame in metres."""
        return self.south_m + self.frame.height * self.scale / 1000.0

    def to_mm(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return places on paper (n, 2)."""
        corner = np.array([self.west_m, self.south_m])
        origin = np.array([self.frame.left, self.frame.bottom])
        xy = np.asarray(xy_m, np.float64).reshape(-1, 2)
        return np.asarray((xy - corner) * (1000.0 / self.scale) + origin, np.float64)

    def shows(self, xy_m: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which places (n, 2) lie inside the frame."""
        x, y = xy_m[:, 0], xy_m[:, 1]
        inside: NDArray[np.bool_] = (x >= self.west_m) & (x <= self.east_m)
        return inside & (y >= self.south_m) & (y <= self.north_m)


def choose_view(bounds_m: Sequence[float], *, frame: Box = A3.frame) -> View:
    """Return the view at the largest plan scale that holds an extent, centred.

    Parameters
    ----------
    bounds_m
        West, south, east, north.
    frame
        The frame on paper.
    """
    west, south, east, north = (float(b) for b in bounds_m)
    room = frame.width - 2 * _MARGIN_MM, frame.height - 2 * _MARGIN_MM
    needed = 1000.0 * max((east - west) / room[0], (north - south) / room[1])
    scale = next((s for s in SCALES if s >= needed), SCALES[-1])
    return View(
        scale,
        (west + east) / 2 - frame.width * scale / 2000.0,
        (south + north) / 2 - frame.height * scale / 2000.0,
        frame,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """How something is drawn; widths and sizes in points."""

    form: Literal["fill", "line", "sign"]
    face: str = "none"
    edge: str = "none"
    width_pt: float = 0.0
    dash: tuple[float, ...] = ()
    shape: str = "circle"
    size_pt: float = 6.0
    hatch: str = ""
    opacity: float = 1.0

    @property
    def line_style(self) -> Literal["solid"] | tuple[float, tuple[float, ...]]:
        """Line style as matplotlib takes it."""
        return (0.0, self.dash) if self.dash else "solid"


@dataclass(frozen=True, slots=True)
class Layer:
    """Something that is drawn, under the name and the heading it has in the legend."""

    key: str
    label: str
    look: Look
    heading: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels (rows, columns, 4) in the map frame.

    Attributes
    ----------
    pixels
        Opaque colours.
    corner
        Lower left corner in pixels from that of the frame.
    dpi
        Pixels per inch on paper.
    """

    pixels: NDArray[np.uint8]
    corner: tuple[int, int]
    dpi: int


class Raster(Artist):
    """A picture in the map frame: fine where the page is pixels itself, coarser in a PDF.

    Nothing is resampled: the fine one goes pixel for pixel onto a page of its own resolution, the
    coarse one as it is into the file.
    """

    def __init__(self, fine: Picture, coarse: Picture, axes: Axes) -> None:
        super().__init__()
        self.fine, self.coarse = fine, coarse
        self._frame = axes
        self.set_figure(axes.figure)

    def draw(self, renderer: RendererBase) -> None:
        """Put the picture where it belongs in the frame."""
        scales = renderer.option_scale_image()
        picture = self.coarse if scales else self.fine
        frame, unit = self._frame.bbox, self._frame.figure.dpi / picture.dpi
        x, y = frame.x0 + picture.corner[0] * unit, frame.y0 + picture.corner[1] * unit
        rows, columns = picture.pixels.shape[:2]
        graphics = renderer.new_gc()
        if scales:
            size = Affine2D().scale(columns * unit, rows * unit)
            renderer.draw_image(graphics, x, y, picture.pixels, size)
        else:
            renderer.draw_image(graphics, x, y, picture.pixels)
        graphics.restore()


class Canvas:
    """The page itself; it remembers its layers in the order in which they were drawn.

    Attributes
    ----------
    sheet
        Size of the paper.
    figure, paper, map
        The figure, its axes in millimetres, and the axes of the map frame in metres.
    layers
        What was drawn.
    labels
        Labels that stand on the map.
    """

    def __init__(self, view: View, fonts: Fonts, sheet: Sheet = A3) -> None:
        width, height = sheet.width_mm, sheet.height_mm
        self.view, self.fonts, self.sheet = view, fonts, sheet
        self.figure = Figure(figsize=(width / 25.4, height / 25.4), dpi=DPI)
        self.figure.patch.set_facecolor("white")
        frame = view.frame
        self.map = bare_axes(
            self.figure,
            (frame.left / width, frame.bottom / height, frame.width / width,
             frame.height / height),
            (view.west_m, view.east_m, view.south_m, view.north_m),
        )  # fmt: skip
        self.paper = bare_axes(self.figure, (0.0, 0.0, 1.0, 1.0), (0.0, width, 0.0, height))
        self.paper.patch.set_visible(False)
        self.layers: list[Layer] = []
        self.labels: list[Placed] = []

    def raster(self, fine: Picture, coarse: Picture, layers: Sequence[Layer]) -> None:
        """Lay a picture of some layers under everything."""
        below = Raster(fine, coarse, self.map)
        below.set_zorder(0.5)
        self.map.add_artist(below)
        self.layers += layers

    def fill(self, layer: Layer, outline: Outline, *, order: float = 2.0) -> None:
        """Fill an outline (or stroke it, where the look has no face)."""
        if np.size(outline.vertices) == 0:
            return
        look = layer.look
        patch = PathPatch(
            outline, facecolor=look.face, edgecolor=look.edge, linewidth=look.width_pt,
            linestyle=look.line_style, hatch=look.hatch or None, alpha=look.opacity,
            fill=look.face != "none", joinstyle="round",
        )  # fmt: skip
        self._add(layer, self.map, patch, order)

    def stroke(self, layer: Layer, outline: Outline, *, order: float = 3.0) -> None:
        """Draw lines."""
        self.fill(replace(layer, look=replace(layer.look, face="none")), outline, order=order)

    def signs(self, layer: Layer, xy_m: NDArray[np.float64], *, order: float = 5.0) -> list[Box]:
        """Draw a sign at each place; return their boxes in millimetres, for labels to avoid."""
        xy_m = np.asarray(xy_m, np.float64).reshape(-1, 2)
        xy_m = xy_m[self.view.shows(xy_m)]
        if len(xy_m) == 0:
            return []
        look = self._on_paper(layer.look)
        self._add(layer, self.map, _signs(look, xy_m, self.map), order)
        half = (look.size_pt + look.width_pt) * MM_PER_PT / 2
        return [
            Box(x - half, y - half, x + half, y + half) for x, y in self.view.to_mm(xy_m).tolist()
        ]

    def _on_paper(self, look: Look) -> Look:
        """Return a look with the size that signs have on this sheet."""
        return replace(look, size_pt=look.size_pt * self.sheet.factor)

    def sample(self, layer: Layer, box: Box) -> None:
        """Draw the legend's sample of a layer."""
        look = layer.look
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        artist: Artist
        if look.form == "sign":
            artist = _signs(self._on_paper(look), np.array([[x, y]]), self.paper)
        elif look.form == "line":
            artist = Line2D(
                [box.left, box.right], [y, y], color=look.edge, linewidth=look.width_pt,
                linestyle=look.line_style,
            )  # fmt: skip
        else:
            artist = Rectangle(
                (box.left, box.bottom), box.width, box.height, facecolor=look.face,
                edgecolor=look.edge, linewidth=look.width_pt, linestyle=look.line_style,
                hatch=look.hatch or None, alpha=look.opacity, fill=look.face != "none",
            )  # fmt: skip
        artist.set_gid(f"legend:{layer.key}")
        self.paper.add_artist(artist)

    def line(self, x_mm: Sequence[float], y_mm: Sequence[float], *, width_pt: float = 0.5,
             colour: str = INK, order: float = 6.0) -> None:  # fmt: skip
        """Draw a line on paper."""
        self.paper.add_artist(
            Line2D(x_mm, y_mm, color=colour, linewidth=width_pt, zorder=order,
                   solid_capstyle="butt")
        )  # fmt: skip

    def box(
        self, box: Box, *, width_pt: float = 0.5, face: str = "none", edge: str = INK, gid: str = ""
    ) -> None:
        """Draw a box on paper."""
        drawn = Rectangle(
            (box.left, box.bottom), box.width, box.height, facecolor=face, edgecolor=edge,
            linewidth=width_pt, fill=face != "none",
        )  # fmt: skip
        if gid:
            drawn.set_gid(gid)
        self.paper.add_artist(drawn)

    def text(
        self, x_mm: float, y_mm: float, text: str, *, size_pt: float, heavy: bool = False,
        across: Literal["left", "center", "right"] = "left", colour: str = INK, gid: str = "",
    ) -> Text:  # fmt: skip
        """Write one line on paper; its middle stands at ``y_mm``. Dollar signs are no formulas."""
        written = self.paper.text(
            x_mm, y_mm, text, fontproperties=self.fonts.choose(text, heavy=heavy),
            fontsize=size_pt, color=colour, ha=across, va="center_baseline", parse_math=False,
            zorder=8.0,
        )  # fmt: skip
        if gid:
            written.set_gid(gid)
        return written

    def write_labels(self, labels: Sequence[Placed], *, size_pt: float, heavy: bool = False,
                     colour: str = INK, gid: str = "label") -> None:  # fmt: skip
        """Write placed labels with a halo, and their leaders."""
        halos = []
        for label in labels:
            x, y = label.centre
            if label.leader is not None:
                (ax, ay), (bx, by) = label.start, label.leader
                self.line((ax, bx), (ay, by), width_pt=0.35, colour=colour, order=6.5)
            left = x - self.fonts.width_mm(label.wish.text, size_pt, heavy=heavy) / 2
            down = y - 0.36 * size_pt * MM_PER_PT
            prop = self.fonts.choose(label.wish.text, heavy=heavy)
            halos.append(_glyphs(label.wish.text, prop, size_pt, left, down))
            self.paper.text(
                left, down, label.wish.text, fontproperties=prop, fontsize=size_pt, color=colour,
                ha="left", va="baseline", parse_math=False, zorder=8.0, gid=gid,
            )  # fmt: skip
        if halos:
            self.paper.add_collection(
                PathCollection(halos, facecolors="none", edgecolors=HALO, linewidths=1.5,
                               zorder=7.0, capstyle="round", joinstyle="round"),
                autolim=False,
            )  # fmt: skip
        self.labels += labels

    def _add(self, layer: Layer, axes: Axes, artist: Artist, order: float) -> None:
        artist.set_gid(f"layer:{layer.key}")
        artist.set_zorder(order)
        axes.add_artist(artist)
        if layer.key not in {known.key for known in self.layers}:
            self.layers.append(layer)


def bare_axes(
    figure: Figure, place: tuple[float, float, float, float],
    limits: tuple[float, float, float, float],
) -> Axes:  # fmt: skip
    """Add axes without ticks at a place (left, bottom, width, height, as shares of the figure)."""
    axes = figure.add_axes(place)
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    axes.set_xlim(limits[0], limits[1])
    axes.set_ylim(limits[2], limits[3])
    return axes


def _signs(look: Look, xy: NDArray[np.float64], axes: Axes) -> PathCollection:
    from matplotlib.markers import MarkerStyle

    marker = MarkerStyle(_MARKERS[look.shape])
    outline = marker.get_path().transformed(marker.get_transform())
    signs = PathCollection(
        [outline], sizes=[look.size_pt**2], offsets=xy, offset_transform=axes.transData,
        facecolors=look.face, edgecolors=look.edge, linewidths=look.width_pt, alpha=look.opacity,
    )  # fmt: skip
    # The outline is in points, whatever axes it stands in; only its place is in theirs.
    signs.set_transform(IdentityTransform())
    return signs


def _glyphs(text: str, prop: FontProperties, size_pt: float, left: float, down: float) -> Outline:
    """Return the outlines of a line of text, in millimetres on paper."""
    to_paper = Affine2D().scale(MM_PER_PT * size_pt / TextToPath.FONT_SCALE).translate(left, down)
    outline: Outline = to_paper.transform_path(_shapes_of(text, prop.get_file()))
    return outline


@lru_cache(maxsize=2000)
def _shapes_of(text: str, font: str) -> Outline:
    vertices, codes = TextToPath().get_text_path(FontProperties(fname=font), text, ismath=False)
    return Outline(np.asarray(vertices, np.float64).reshape(-1, 2), codes or None)
