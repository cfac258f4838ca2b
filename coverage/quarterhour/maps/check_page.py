"""The picture of a check: one page without internet that shows a shift at once.

Streets, borders and the points of each file lie on one map, with every remark beside it. A file of
points is also drawn as it would lie in the other datums: the right one is where the points come to
lie on streets.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Backdrop
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import Plane
from quarterhour.maps import web_layers
from quarterhour.maps.check_points import (
    BEYOND_M,
    PREMISES_COLOUR,
    RESIDENTS_COLOUR,
    PointLayer,
    Scene,
    kinds_of,
)
from quarterhour.maps.style import BORDER, MAIN_STREET, STREET, sign_of
from quarterhour.maps.web_page import bounds_of
from quarterhour.maps.web_parts import (
    LANG,
    LEAFLET_NOTICE,
    OSM_NOTICE,
    data_block,
    head,
    with_policy,
)
from quarterhour.maps.web_shapes import EARTH_M, STEP_M, Packer
from quarterhour.remarks import SEVERITIES, Remark, printable, shown
from quarterhour.streets.network import WalkNetwork
from quarterhour.wording import label
from quarterhour.words import Language, Words, data_file

Table = dict[str, Any]

# In the head of every picture: only a file that has it is ever written over.
MARKER = '<meta name="generator" content="quarterhour check">'
_SCRIPTS = ("shapes.js", "signs.js", "labels.js", "check.js")
_WORDS = (
    "fault", "doubt", "note", "faults", "doubts", "notes", "files", "everything", "no_remarks",
    "nothing_chosen", "streets", "areas", "zoom_in", "zoom_out", "row", "kind", "file",
    "as_declared", "read_as", "street_m", "likely", "beyond", "unplaced", "not_counted", "legend",
    "remarks", "filter_file", "read", "whole_study", "on_map", "unnamed", "datum_help",
)  # fmt: skip
_MARGIN_M = 500.0


@dataclass(frozen=True, slots=True, eq=False)
class CheckContent:
    """What a picture shows; ``None`` for what could not be read.

    ``missing`` holds keys under ``check`` of sentences that say so.
    """

    title: str
    crs: str
    areas: Areas | None
    network: WalkNetwork | None
    backdrop: Backdrop | None
    layers: tuple[PointLayer, ...]
    remarks: tuple[Remark, ...]
    missing: tuple[str, ...]
    demo: bool = False


def check_page(content: CheckContent, *, language: Language) -> str:
    """Return the picture of a check as one HTML page.

    Parameters
    ----------
    content
        What to show.
    language
        Language of the page; names stay as they are in the files.
    """
    words = Words(language)
    table = _table(content, language)
    notices = [LEAFLET_NOTICE]
    if content.network is not None and "crossings_noded" not in content.network.report:
        notices.insert(0, OSM_NOTICE)
    table["attribution"] = " | ".join(notices)
    title = f"{content.title} · {words('check.title')}"
    page = data_file("web", "check.html").read_text(encoding="utf-8")
    page = page.replace("<html>", f'<html lang="{LANG[language]}">', 1)
    parts = head(title, styles=("map.css", "check.css"), scripts=_SCRIPTS)
    page = page.replace("<!--quarterhour head-->", f"{MARKER}\n{parts}", 1)
    page = page.replace("<!--quarterhour data-->", data_block(table, language), 1)
    return with_policy(page)


def _table(content: CheckContent, language: Language) -> Table:
    """Return everything that the page shows, as JSON-able values."""
    words, plane, streets = Words(language), Plane(content.crs), content.network
    corners = _corners(content, plane)
    scene = Scene(plane, Packer.around(plane, corners), corners, kinds_of(content.layers))
    counts = {s: sum(r.severity == s for r in content.remarks) for s in SEVERITIES}
    blank = {"metres": "#", "count": "#", "read": "#"}
    return {
        "language": language, "step": STEP_M, "earth": EARTH_M,
        "origin": list(scene.pack.origin), "bounds": bounds_of(plane.to_lonlat(corners)),
        "words": {name: words(f"check.{name}", blank) for name in _WORDS},
        "title": content.title, "subtitle": words("check.title"),
        "demo": words("map.demo") if content.demo else "",
        "counts": counts,
        "verdict": words("check.verdict_faults" if counts["fault"] else "check.verdict_clean"),
        "missing": [words(f"check.{key}") for key in content.missing],
        "base": web_layers.basemap(streets, content.backdrop, scene.pack)
        if streets is not None and content.backdrop is not None else [],
        "areas": web_layers.border_shapes(content.areas, scene.pack) if content.areas else [],
        "files": [scene.file(layer, language) for layer in content.layers],
        "remarks": _remarks(content, language),
        "legend": _legend(content, language),
    }  # fmt: skip


def _corners(content: CheckContent, plane: Plane) -> NDArray[np.float64]:
    """Return the four corners (4, 2) of what is shown: areas, else streets, else points."""
    if content.areas is not None:
        west, south, east, north = shapely.total_bounds(content.areas.polygons).tolist()
    else:
        if content.network is not None:
            xy = content.network.node_xy_m
        else:
            lonlat = np.concatenate([layer.lonlat for layer in content.layers])
            lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
            xy = plane.to_xy(lonlat[:, 0], lonlat[:, 1])
            # A wrong row must not shrink all others to a dot.
            xy = xy[np.abs(xy - np.median(xy, axis=0)).max(axis=1) <= BEYOND_M]
        (west, south), (east, north) = xy.min(axis=0) - _MARGIN_M, xy.max(axis=0) + _MARGIN_M
    return np.array([[west, south], [east, south], [east, north], [west, north]], np.float64)


def _remarks(content: CheckContent, language: Language) -> list[Table]:
    """Return the remarks as they are listed, each with the point that it is about."""
    place = {
        (layer.file, int(row)): n
        for n, layer in reversed(list(enumerate(content.layers)))
        for row in layer.rows.tolist()
    }
    out = []
    for number, remark in enumerate(shown(content.remarks), start=1):
        fault = remark.fault
        at = place.get((fault.file, fault.row)) if fault.row is not None else None
        out.append(
            {
                "n": number, "severity": remark.severity, "file": fault.file,
                "place": remark.place(language), "problem": remark.problem(language),
                "mend": remark.mend(language), "read": remark.read,
                "row": fault.row, "layer": at,
            }
        )  # fmt: skip
    return out


def _legend(content: CheckContent, language: Language) -> list[Table]:
    words = Words(language)
    kinds, drawn = kinds_of(content.layers), content.layers
    out: list[Table] = []
    for kind in kinds:
        sign = sign_of(kind, kinds)
        out.append({"sign": {"shape": sign.shape, "colour": sign.colour},
                    "text": printable(label(kind, "kind", language))})  # fmt: skip
    extra = (
        ("neighbours", {"shape": "square", "colour": BORDER, "hollow": True}),
        ("premises", {"shape": "dot", "colour": PREMISES_COLOUR}),
        ("residents", {"shape": "dot", "colour": RESIDENTS_COLOUR}),
    )
    for role, look in extra:
        if any(layer.role == role for layer in drawn):
            out.append({"sign": look, "text": words(f"check.role_{role}")})
    if any(not layer.counted.all() for layer in drawn):
        look = {"shape": "square", "colour": BORDER, "out": True}
        out.append({"sign": look, "text": words("check.not_counted")})
    if content.areas is not None:
        out.append({"line": BORDER, "text": words("check.areas")})
    if content.network is not None:
        out.append({"line": MAIN_STREET, "width": 3, "text": words("check.main_streets")})
        out.append({"line": STREET, "width": 1.5, "text": words("check.streets")})
    return out
