"""Change: plates of how coverage differs between two runs, area by area.

Losses are orange, gains purple (ColorBrewer's PuOr, safe for the colour-blind), and every area
carries its change in percentage points, so that the page also reads in grey. No class is so dark
that a label or the cross of a closed facility would be lost on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour import wording
from quarterhour.findings import Findings
from quarterhour.maps.canvas import Canvas, Layer, Look, choose_view
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.fonts import find_fonts
from quarterhour.maps.imprint import clean, group_words, imprint_of, walk_basis
from quarterhour.maps.labels import Wish
from quarterhour.maps.layers import Ground, draw_base, draw_signs, ground_of, look_of
from quarterhour.maps.outlines import outline_of
from quarterhour.maps.page import LabelStyle, Page
from quarterhour.maps.plates import (
    SMALL,
    Plate,
    plate_files,
    write_pdf,
    write_png,
)
from quarterhour.maps.style import INK, NEW_SITE, WITHHELD
from quarterhour.maps.titles import PlateTitle
from quarterhour.maps.underlay import draw_underlay
from quarterhour.words import Language, Words

# Percentage points that part the classes, and a colour for each: losses, no change, gains.
_BREAKS = (-10.0, -2.0, -0.05, 0.05, 2.0, 10.0)
_COLOURS = ("#e08214", "#fdb863", "#fee0b6", "#ebebeb", "#d8daeb", "#b2abd2", "#8073ac")
_POINTS = LabelStyle(rank=2, size_pt=7.0, gid="points")
_BELOW_MM = 3.4


@dataclass(frozen=True, slots=True, eq=False)
class AreaChange:
    """What one plate shows.

    Attributes
    ----------
    kind
        Kind of facility, or ``any``.
    points
        Change of the lead group's share by area, percentage points; ``nan`` where it is unknown.
    opened_xy_m, closed_xy_m
        Facilities that only the later run has, and that only the earlier one has.
    share_before, share_after
        Shares of all people.
    years
        Dates of both runs, in words.
    """

    kind: str
    points: NDArray[np.float64]
    opened_xy_m: NDArray[np.float64]
    closed_xy_m: NDArray[np.float64]
    share_before: float
    share_after: float
    years: str


def change_pages(
    findings: Findings, changes: Sequence[AreaChange], folder: Path, *, language: Language
) -> tuple[Plate, ...]:
    """Draw one plate per kind.

    Parameters
    ----------
    findings
        The later run: its areas, streets and imprint.
    changes
        What to show.
    folder
        Where to; it is made if it is not there.
    language
        Language of the pages.
    """
    (folder / SMALL).mkdir(parents=True, exist_ok=True)
    words, plates = Words(language), list[Plate]()
    with own_settings():
        fonts = find_fonts()
        view = choose_view(shapely.total_bounds(findings.areas.polygons))
        ground = ground_of(findings, view, draw_underlay(findings, view, words))
        imprint = imprint_of(findings, language)
        for n, change in enumerate(changes, start=1):
            kind = clean(wording.label(change.kind, "kind", language))
            values = {"minutes": findings.coverage.minutes[-1], "kind": kind}
            title = PlateTitle(f"C-{n}", words("compare.plate_title", values), f"change-{n}")
            page = Page(Canvas(view, fonts), words)
            _draw(page, findings, ground, change)
            page.write_labels()
            page.finish(title.number, title.title, imprint)
            plate = plate_files(title, folder)
            write_png(write_pdf(page.canvas.figure, plate), plate)
            plates.append(plate)
    return tuple(plates)


def _draw(page: Page, findings: Findings, ground: Ground, change: AreaChange) -> None:
    words, language = page.words, page.words.language
    known = np.isfinite(change.points)
    at = np.searchsorted(_BREAKS, change.points, side="right")
    polygons = findings.areas.polygons
    for n, (label, colour) in enumerate(zip(_labels(words), _COLOURS, strict=True)):
        look = Look("fill", face=colour, opacity=0.85)
        layer = Layer(f"change:{n}", label, look, words("compare.heading_change"))
        page.canvas.fill(layer, outline_of(polygons[known & (at == n)]), order=1.5)
    look = Look("fill", edge=WITHHELD, hatch="\\\\\\\\")
    layer = Layer("change:unknown", words("compare.unknown"), look, words("compare.heading_change"))
    page.canvas.fill(layer, outline_of(polygons[~known]), order=1.6)
    for key, xy, shape, face in (
        ("opened", change.opened_xy_m, "", NEW_SITE), ("closed", change.closed_xy_m, "cross", ""),
    ):  # fmt: skip
        sign = look_of(change.kind, findings.facilities.all_kinds(), size_pt=6.0, face=face)
        if shape:
            sign = replace(sign, shape=shape, face=INK, edge=INK, width_pt=1.6)
        draw_signs(page, key, words(f"compare.{key}_count", {"count": len(xy)}), sign, xy)
    draw_base(page, findings, ground)
    for value, places in zip(change.points.tolist(), ground.name_places, strict=True):
        if not np.isfinite(value):
            continue
        text = points_text(value)
        width, height = page.size_of(text, _POINTS)
        below = places[0][0], places[0][1] - _BELOW_MM
        wish = Wish(text, below, width, height, (below, *places), leader=False, over_marks=True)
        page.wish(_POINTS, wish)
    page.basis = walk_basis(findings, language)
    page.years = change.years
    page.caption = words(
        "compare.caption",
        {"group": group_words(findings, language), "before": wording.percent(change.share_before),
         "after": wording.percent(change.share_after),
         "points": points_text(100.0 * (change.share_after - change.share_before))},
    )  # fmt: skip


def points_text(points: float) -> str:
    """Return percentage points with their sign and one decimal; a dash where unknown."""
    if not np.isfinite(points):
        return wording.MISSING
    rounded = round(points, 1) + 0.0
    return f"{rounded:+.1f}" if rounded else "0.0"


def _labels(words: Words) -> list[str]:
    ends = [*zip((None, *_BREAKS), (*_BREAKS, None), strict=True)]
    said = []
    for low, high in ends:
        if low is None:
            said.append(words("compare.class_below", {"high": f"{high:g}"}))
        elif high is None:
            said.append(words("compare.class_above", {"low": f"{low:+g}"}))
        elif low < 0 < high:
            said.append(words("compare.class_same"))
        else:
            said.append(words("compare.class_between", {"low": f"{low:+g}", "high": f"{high:+g}"}))
    return said
