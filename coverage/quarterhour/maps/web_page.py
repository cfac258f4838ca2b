"""The content of the web map as one table, ready for the browser: panel, layers, cards, search."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps import web_cards as cards
from quarterhour.maps import web_extras as extras
from quarterhour.maps import web_layers as layers
from quarterhour.maps import web_plans as plans
from quarterhour.maps.borders import borders_once
from quarterhour.maps.imprint import clean
from quarterhour.maps.style import (
    BORDER,
    MAIN_STREET,
    RAIL,
    STREET,
    UNCOVERED,
    WATER,
    WITHHELD,
    sign_of,
)
from quarterhour.maps.tiles import Tiles
from quarterhour.maps.web_figures import asked_kind, kinds_shown
from quarterhour.maps.web_parts import OSM_NOTICE
from quarterhour.maps.web_shapes import EARTH_M, STEP_M, Packer
from quarterhour.maps.withheld import withheld_gaps
from quarterhour.wording import day, label
from quarterhour.words import Language, Words

Table = dict[str, Any]

# What the browser's own script says; it has no words of its own.
_SCRIPT_WORDS = (
    "search", "search_hint", "nothing_found", "layers", "legend", "kind_shown", "zoom_in",
    "zoom_out", "people_here", "people_unsure", "unplaced",
)  # fmt: skip
_TOOL_WORDS = (
    "measure", "measure_help", "measure_undo", "measure_clear", "measure_end", "print",
    "about", "map_label", "close", "north", "projection",
)  # fmt: skip


def page_content(findings: Findings, language: Language, *, tiles: Tiles | None = None) -> Table:
    """Return everything that the map shows, as JSON-able values."""
    outline = findings.areas.outline()
    west, south, east, north = shapely.bounds(outline).tolist()
    corners = np.array([[west, south], [east, north]])
    plane = findings.areas.plane
    pack = Packer.around(plane, corners)
    words = Words(language)
    kinds, summary = kinds_shown(findings), findings.summary()
    return {
        "language": language,
        "step": STEP_M,
        "earth": EARTH_M,
        "origin": list(pack.origin),
        "bounds": bounds_of(plane.to_lonlat(_corners(corners))),
        "words": _script_words(words),
        "title": title(findings, language),
        "base": layers.basemap(findings.network, findings.backdrop, pack),
        "areas": layers.border_shapes(findings.areas, pack),
        "withheld": layers.withheld_hatching(findings),
        "kinds": [
            {"id": k, "name": cards.kind_name(k, language),
             "lines": cards.headline(findings, summary, k, language)}
            for k in kinds
        ],
        "kind": first_kind(findings),
        "tiles": tiles.content(language, osm_notice=OSM_NOTICE) if tiles else None,
        "groups": _groups(findings, pack, language, tiles),
    }  # fmt: skip


def _script_words(words: Words) -> dict[str, str]:
    """Return what the scripts say; ``#`` is where they put a figure."""
    return {
        **{name: words(f"map.{name}", {"count": "#"}) for name in _SCRIPT_WORDS},
        **{name: words(f"webmap.{name}") for name in _TOOL_WORDS},
        "found_count": words("webmap.found_count", {"count": "#"}),
        "measure_total": words("webmap.measure_total", {"length": "#"}),
        "metres": words("webmap.metres", {"value": "#"}),
        "kilometres": words("webmap.kilometres", {"value": "#"}),
        "shown": words("webmap.shown", {"kind": "#"}),
    }


def first_kind(findings: Findings) -> str:
    """Return the kind that the map opens with: that of the first plan, else any."""
    return asked_kind(findings)


def title(findings: Findings, language: Language) -> Table:
    """Return the title box: study, circle, date, notices."""
    study, words = findings.study, Words(language)
    walker = study.walker(study.circle.walker)
    values = {
        "minutes": study.circle.minutes[-1],
        "walker": label(walker.name, "walker", language),
        "speed": f"{walker.flat_mps:.2f}",
        "direction": words(f"map.direction_{study.circle.direction}"),
    }
    circle = words("map.circle_metres", values) if walker.counts_metres else words(
        "map.circle", values
    )  # fmt: skip
    approval = study.study.map_approval
    missing = words("status.to be supplied")
    return {
        "name": study.study.name,
        "what": words("map.what" if _known(findings, words) else "map.what_other"),
        "circle": circle,
        "date": words("map.date", {"date": day(study.study.date, language)})
        if study.study.date else words("webmap.date_missing", {"missing": missing}),
        "unit": words("webmap.unit", {"unit": clean(study.report.unit) or missing}),
        "notice": words("map.approved", {"number": approval}) if approval
        else words("map.not_approved"),
        "sources": _sources(findings, words),
        "demo": words("map.demo") if findings.synthetic else "",
    }  # fmt: skip


def _known(findings: Findings, words: Words) -> bool:
    """Return whether any kind is one that the tool has a name for: those are of elder care."""
    return any(words.has(f"kind.{kind}") for kind in kinds_shown(findings) if kind != ANY)


def _sources(findings: Findings, words: Words) -> str:
    """Return whose data these are, and what of them is a guess or a starting point."""
    said = [words("map.sources")]
    if findings.facilities_from_osm:
        said.append(words("map.sources_osm", {"count": findings.facilities_from_osm}))
    said += [words("map.borders_approximate")] if findings.areas.approximate else []
    return words("map.join").join(said)


def _corners(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return all four corners: north of a plane is not quite north of the globe."""
    (west, south), (east, north) = corners
    return np.array([[west, south], [east, south], [east, north], [west, north]])


def bounds_of(lonlat: NDArray[np.float64]) -> list[list[float]]:
    """Return the south-west and the north-east corner of positions (n, 2), latitude first."""
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    return [[round(float(p[1]), 6), round(float(p[0]), 6)] for p in (low, high)]


def _groups(
    findings: Findings, pack: Packer, language: Language, tiles: Tiles | None
) -> list[Table]:
    words = Words(language)
    named: dict[str, list[Table]] = {
        "cover": _cover_layers(findings, pack, language),
        "want": [
            *_want_layers(findings, pack, language), *extras.walk_layers(findings, pack, language),
            *extras.link_layers(findings, pack, language),
            *plans.beyond_layers(findings, pack, language),
        ],
        "now": [
            *_facility_layers(findings, pack, language),
            *extras.beside_layers(findings, pack, language),
        ],
        "plan": [
            layer
            for n, found in enumerate(findings.plans)
            for layer in plans.plan_layers(findings, found, n, pack, language)
        ],
        "base": _base_layers(findings, pack, language, tiles),
    }  # fmt: skip
    return [
        {"id": name, "name": words(f"map.group_{name}"), "layers": found}
        for name, found in named.items()
        if found
    ]


def _cover_layers(findings: Findings, pack: Packer, language: Language) -> list[Table]:
    words, kinds = Words(language), kinds_shown(findings)
    minutes = findings.coverage.minutes
    values = {"minutes": minutes[-1], "group": cards.group_name(findings.lead_group, language)}
    legend = layers.band_legend(findings.shapes.minutes, language)
    dumb = layers.withheld_legend(findings, kinds, language)
    out = [
        {"id": "share", "type": "share", "name": words("map.layer_share", values), "on": True,
         "only": "fill", "by_kind": True, **layers.share_layer(findings, language)},
        {"id": "bands", "type": "bands", "name": words("map.layer_bands"), "on": False,
         "only": "fill", "by_kind": True,
         "data": {k: layers.bands(findings.shapes, k, pack) for k in kinds},
         "legend": legend + dumb},
    ]  # fmt: skip
    for n, found in enumerate(findings.plans):
        kind = found.plan.kind
        name = words("map.layer_after", {"kind": cards.kind_name(kind, language)})
        name = cards.of_question(findings, n, name, language)
        # This layer keeps its kind, whichever the reader chooses.
        dumb = [
            {k: v for k, v in entry.items() if k != "kinds"}
            for entry in layers.withheld_legend(findings, [kind], language)
        ]
        out.append(
            {"id": f"after{n}", "type": "bands", "name": name, "on": False, "only": "fill",
             "kind": kind, "data": layers.bands(found.shapes, kind, pack),
             "legend": layers.band_legend(found.shapes.minutes, language) + dumb}
        )  # fmt: skip
    return out


def _want_layers(findings: Findings, pack: Packer, language: Language) -> list[Table]:
    words, kinds = Words(language), kinds_shown(findings)
    group = cards.group_name(findings.lead_group, language)
    gaps = {
        k: {"shapes": layers.gap_outlines(findings, k, pack),
            "g": pack.points(findings.gaps_of(k).xy_m), "ids": list(findings.gaps_of(k).ids),
            "cards": cards.gap_cards(findings, k, language),
            "withheld": np.flatnonzero(withheld_gaps(findings, k)).tolist()}
        for k in kinds
    }  # fmt: skip
    people = {k: layers.uncovered(findings, k, pack) for k in kinds}
    classes = layers.people_classes(language)
    return [
        {"id": "gaps", "type": "gaps", "name": words("map.layer_gaps"), "on": True,
         "by_kind": True, "colour": UNCOVERED, "data": gaps,
         "withheld_colour": WITHHELD,
         "legend": [{"outline": UNCOVERED, "text": words("map.legend_gap")},
                    *layers.withheld_gap_legend(findings, language)]},
        {"id": "people", "type": "people", "name": words("map.layer_people", {"group": group}),
         "on": False, "by_kind": True, "colour": UNCOVERED, "classes": classes, "data": people,
         "withheld_colour": WITHHELD,
         "legend": classes + layers.withheld_people_legend(findings, people, language)},
    ]  # fmt: skip


def _facility_layers(findings: Findings, pack: Packer, language: Language) -> list[Table]:
    kinds = findings.facilities.all_kinds()
    out = []
    for kind in kinds:
        sign = sign_of(kind, kinds)
        rows = findings.facilities.rows_of(kind)
        look = {"shape": sign.shape, "colour": sign.colour}
        name = cards.kind_name(kind, language)
        out.append(
            {"id": f"now-{kind}", "type": "signs", "name": name, "of": kind, "count": len(rows),
             "on": kind == first_kind(findings), "sign": look,
             "g": pack.points(findings.facilities.xy_m[rows]),
             "cards": cards.facility_cards(findings, kind, language), "tag": name,
             "legend": [{"sign": look, "text": name}]}
        )  # fmt: skip
    return out


def _base_layers(
    findings: Findings, pack: Packer, language: Language, tiles: Tiles | None
) -> list[Table]:
    words, areas = Words(language), findings.areas
    tips = {k: cards.area_tips(findings, k, language) for k in kinds_shown(findings)}
    border: Table = {"line": BORDER, "text": words("map.legend_border")}
    guessed: Table = {}
    if areas.approximate:
        border |= {"dash": True, "text": words("map.legend_border_approximate")}
        guessed = {"borders": pack.lines(borders_once(areas.polygons))}
    online: list[Table] = []
    if tiles:
        name = words("webmap.layer_tiles", {"name": words(f"webmap.tiles_{tiles.source}")})
        online = [{"id": "tiles", "type": "tiles", "name": name, "on": True, "legend": []}]
    return [
        {"id": "areas", "type": "areas", "name": words("map.layer_areas"), "on": True,
         "colour": BORDER, **guessed, "by_kind": True, "data": tips,
         "cards": cards.area_cards(findings, language), "tag": words("map.tag_area"),
         "legend": [border]},
        # Pictures of streets, or streets drawn from the study: not both at once.
        {"id": "streets", "type": "streets", "name": words("map.layer_streets"),
         "on": tiles is None, "legend": _street_legend(findings, language)},
        *online,
    ]  # fmt: skip


def _street_legend(findings: Findings, language: Language) -> list[Table]:
    words = Words(language)
    out: list[Table] = [
        {"line": MAIN_STREET, "width": 3, "text": words("map.legend_main_street")},
        {"line": STREET, "width": 1.5, "text": words("map.legend_street")},
    ]
    if len(findings.backdrop.rails):
        out.append({"line": RAIL, "dash": True, "text": words("map.legend_rail")})
    if len(findings.backdrop.water):
        out.append(
            {
                "fill": WATER,
                "opacity": 1,
                "edge": layers.WATER_EDGE,
                "text": words("map.legend_water"),
            }
        )
    return out
