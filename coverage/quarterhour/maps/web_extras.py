"""Extras of the web map, off at first: example walks, missing links, facilities that do not count.

Example walks begin at pieces of street, never at doors; none begins in a gap whose area cannot say.
"""

from typing import Any

import numpy as np
import shapely

from quarterhour.cover.gaps.examples import Examples
from quarterhour.cover.links.finding import MissingLinks
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import NEIGHBOUR, Facilities
from quarterhour.maps.gap_place import barrier_words
from quarterhour.maps.style import LINK, WITHHELD, sign_of
from quarterhour.maps.web_figures import facility_words, kinds_shown, metres
from quarterhour.maps.web_shapes import Packer
from quarterhour.maps.withheld import withheld_gaps, withheld_links
from quarterhour.wording import MISSING, label, minutes, whole
from quarterhour.words import Language, Words

Cards = dict[str, Any]
Table = dict[str, Any]

WALK = "#006d5b"
_SIMPLER_M = 1.5


def walk_layers(findings: Findings, pack: Packer, language: Language) -> list[Table]:
    """Return the example walks from gaps, by kind; none from gaps that cannot say."""
    words = Words(language)
    data = {kind: _walks(findings, kind, pack, language) for kind in kinds_shown(findings)}
    if not any(found["gap"] for found in data.values()):
        return []
    return [
        {"id": "walks", "type": "walks", "name": words("map.layer_walks"), "on": False,
         "by_kind": True, "colour": WALK, "data": data,
         "legend": [{"line": WALK, "width": 3, "text": words("map.legend_walk")}]},
    ]  # fmt: skip


def _walks(findings: Findings, kind: str, pack: Packer, language: Language) -> Table:
    gaps = findings.gaps_of(kind)
    found = gaps.examples
    # An example without a known way has an empty line, which is not packed.
    drawn = ~shapely.is_empty(found.way) & (found.gap < len(gaps.ids))
    drawn[drawn] &= ~withheld_gaps(findings, kind)[found.gap[drawn]]
    rows = np.flatnonzero(drawn).tolist()
    return {
        "g": pack.lines(shapely.simplify(found.way[rows], _SIMPLER_M)),
        "gap": found.gap[rows].tolist(),
        "cards": walk_cards(findings, kind, rows, language),
    }


def link_layers(findings: Findings, pack: Packer, language: Language) -> list[Table]:
    """Return the missing links, numbered as in their table."""
    found, words = findings.links, Words(language)
    if found is None or not len(found.what):
        return []
    sign = {"shape": "pin", "colour": LINK}
    name = words("map.layer_links", {"kind": label(found.kind, "kind", language)})
    return [
        {"id": "links", "type": "signs", "name": name, "count": len(found.what), "on": False,
         "sign": sign, "numbers": True, "g": pack.points(found.xy_m.mean(axis=1)),
         "lines": pack.lines(shapely.linestrings(found.xy_m)), "colour": LINK,
         "cards": link_cards(findings, found, language), "tag": words("map.tag_link"),
         "legend": [{"sign": sign, "text": words("map.legend_link")}]},
    ]  # fmt: skip


def beside_layers(findings: Findings, pack: Packer, language: Language) -> list[Table]:
    """Return the neighbours' facilities, grey, and those not there yet, hollow."""
    words, around, planned = Words(language), findings.neighbours(), findings.planned()
    out = []
    if around is not None and len(around.ids):
        counted = NEIGHBOUR in findings.facilities.origin
        name = words("map.layer_neighbours_counted" if counted else "map.layer_neighbours")
        looks = _looks(findings, around, colour=WITHHELD)
        out.append(_beside("neighbours", name, around, looks, findings, pack, language))
    if len(planned.ids):
        looks = _looks(findings, planned, hollow=True)
        name = words("map.layer_planned")
        out.append(_beside("planned", name, planned, looks, findings, pack, language))
    return out


def _looks(
    findings: Findings, places: Facilities, *, colour: str = "", hollow: bool = False
) -> list[Table]:
    kinds = tuple(dict.fromkeys((*findings.facilities.all_kinds(), *places.kinds)))
    signs = [sign_of(kind, kinds) for kind in places.kinds]
    look: Table = {"hollow": True} if hollow else {}
    return [{"shape": s.shape, "colour": colour or s.colour, **look} for s in signs]


def _beside(
    id_: str, name: str, places: Facilities, looks: list[Table], findings: Findings,
    pack: Packer, language: Language,
) -> Table:  # fmt: skip
    shown = dict.fromkeys(places.kinds)
    legend = [
        {"sign": looks[places.kinds.index(kind)], "text": label(kind, "kind", language)}
        for kind in shown
    ]
    return {
        "id": id_, "type": "signs", "name": name, "count": len(places.ids), "on": False,
        "sign": looks[0], "looks": looks, "g": pack.points(places.xy_m),
        "cards": beside_cards(places, findings.areas.names, language), "tag": name,
        "legend": legend,
    }  # fmt: skip


def walk_cards(findings: Findings, kind: str, rows: list[int], language: Language) -> Cards:
    """Return a card per example walk of one kind."""
    gaps, words = findings.gaps_of(kind), Words(language)
    found, places = gaps.examples, findings.facilities
    return {
        "labels": [
            words("map.walk_from"), words("map.walk_role"), words("map.walk_time"),
            words("map.walk_length"), words("map.walk_steps"), words("map.walk_up"),
            words("map.walk_to"),
        ],
        "title": [words("map.walk_title", {"id": gaps.ids[found.gap[n]]}) for n in rows],
        "values": [
            [
                walk_street(found, n, language), words(f"gaps.role_{found.role[n]}"),
                minutes(float(found.seconds[n]), language), metres(found.metres[n], language),
                whole(float(found.steps[n])), metres(found.up_m[n], language),
                facility_words(places, int(found.facility[n])),
            ]
            for n in rows
        ],
        "note": words("map.walk_note"),
    }  # fmt: skip


def walk_street(found: Examples, row: int, language: Language) -> str:
    """Return the street that an example walk begins in, in words where it has no name."""
    words, near = Words(language), found.near[row]
    if found.streets[row]:
        return found.streets[row]
    return words("gaps.unnamed_near", {"street": near}) if near else words("gaps.unnamed")


def link_cards(findings: Findings, found: MissingLinks, language: Language) -> Cards:
    """Return a card per missing link; those in areas that cannot say show no people."""
    words, held = Words(language), withheld_links(findings, found).tolist()
    group = label(findings.lead_group, "group", language)
    lead = found.groups.index(findings.lead_group)
    dumb = words("completeness.cannot_say")
    return {
        "labels": [
            words("map.link_what"), words("map.area"), words("map.link_between"),
            words("map.link_crosses"), words("map.link_length"),
            words("map.gain", {"group": group}), words("map.link_before"),
            words("map.link_after"), words("map.link_gaps"),
        ],
        "title": [words("map.link_title", {"rank": n + 1}) for n in range(len(found.what))],
        "values": [
            [
                words(f"links.{found.kinds[n]}"), found.areas[n] or words("map.outside"),
                _between(found, n, words),
                barrier_words(found.barrier_kinds[n], found.barrier_names[n], language) or MISSING,
                metres(found.length_m[n], language),
                dumb if held[n] else words(
                    "map.people", {"count": whole(float(found.gained[n, lead]))}),
                dumb if held[n] else minutes(float(found.before_s[n]), language),
                dumb if held[n] else minutes(float(found.after_s[n]), language),
                words("map.name_join").join(found.gaps[n]) or MISSING,
            ]
            for n in range(len(found.what))
        ],
        "note": words("plate.note_screening"),
    }  # fmt: skip


def _between(found: MissingLinks, row: int, words: Words) -> str:
    far, near = (street or words("links.v_unnamed") for street in found.streets[row])
    if far == near:
        return words("links.v_same_street", {"street": far})
    return words("links.v_between", {"far": far, "near": near})


def beside_cards(places: Facilities, areas: tuple[str, ...], language: Language) -> Cards:
    """Return a card per facility that is not among those that count: neighbours', planned."""
    words, missing = Words(language), Words(language)("status.to be supplied")
    capacity = [f"{c:g}" if np.isfinite(c) else missing for c in places.capacity.tolist()]
    return {
        "labels": [
            words("map.number"), words("map.kind"), words("map.area"), words("map.capacity"),
            words("map.opened"), words("map.status"),
        ],
        "title": [name or id_ for name, id_ in zip(places.names, places.ids, strict=True)],
        "values": [
            [
                places.ids[n], label(places.kinds[n], "kind", language),
                areas[area] if area >= 0 else words("map.outside"), capacity[n],
                places.opened[n] or missing, places.status[n] or missing,
            ]
            for n, area in enumerate(places.area_index.tolist())
        ],
    }  # fmt: skip
