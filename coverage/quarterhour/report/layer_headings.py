"""Headings of the layers' columns: ASCII names in the file, words of the reader as aliases."""

from collections.abc import Mapping

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY, KINDS
from quarterhour.wording import label
from quarterhour.words import Language, Words


def kind_names(findings: Findings) -> dict[str, str]:
    """Return an ASCII name of each kind, ``any`` too: the study's own kinds are numbered."""
    known = (*KINDS, ANY)
    kinds = findings.coverage.kinds
    return {k: k if k in known else f"kind{n}" for n, k in enumerate(kinds, start=1)}


def group_names(findings: Findings) -> dict[str, str]:
    """Return an ASCII name of each group, in the order of the coverage."""
    plain = {"all": "all", "60+": "60plus", "65+": "65plus", "80+": "80plus"}
    return {g: plain.get(g, f"group{n}") for n, g in enumerate(findings.coverage.groups, start=1)}


def aliases_of(findings: Findings, language: Language) -> dict[str, dict[str, str]]:
    """Return the heading of each column, by layer and column."""
    words, minutes = Words(language), findings.coverage.minutes
    people = {
        f"people_{name}": label(group, "group", language)
        for group, name in group_names(findings).items()
    }
    areas = {"name": words("table.h_area"), **people}
    grid = {"people": label(findings.lead_group, "group", language)}
    for kind, name in kind_names(findings).items():
        said = label(kind, "kind", language)
        areas[f"n_{name}"] = words("table.h_n_kind", {"kind": said})
        for m in minutes:
            values = {"kind": said, "minutes": m}
            areas[f"within{m}_{name}"] = words("table.h_within_kind", values)
        areas[f"share{minutes[-1]}_{name}"] = words("table.h_share_kind", {"kind": said})
        areas[f"verdict_{name}"] = words("table.h_streets_verdict_kind", {"kind": said})
        for column, key in _MEASURES.items():
            if _has_measure(findings, column, kind):
                areas[f"{column}_{name}"] = words("map.figure_of", {
                    "kind": said, "figure": words(key),
                })  # fmt: skip
        grid[f"outside_{name}"] = words(
            "table.h_outside_kind", {"kind": said, "minutes": minutes[-1]}
        )
    areas["no_street"] = words("table.h_no_street")
    named = {
        layer: {
            column: words(word if "." in word else f"table.h_{word}")
            for column, word in columns.items()
        }
        for layer, columns in _ALIASES.items()
    }
    for group, name in group_names(findings).items():
        values = {"group": label(group, "group", language)}
        named["missing_links"][f"gained_{name}"] = words("links.h_gained", values)
        named["sites"][f"gained_{name}"] = words("official.h_gain_of", values)
    return {**named, "areas": areas, "people_grid": grid, "gaps": {**named["gaps"], **people}}


def _has_measure(findings: Findings, column: str, kind: str) -> bool:
    """Return whether the layer of areas has such a figure of a kind."""
    if column.startswith("share_"):
        return kind in findings.sweep.kinds and len(findings.sweep.dimension) > 0
    return column == "median_min" or kind in findings.measured.supply.kinds


# Figures of areas by kind, and the words of each.
_MEASURES = {
    "share_low": "map.share_low", "share_high": "map.share_high",
    "median_min": "table.h_median_min", "per1000": "supply.h_per_1000",
    "access": "supply.h_access_mean",
}  # fmt: skip
_PLACE = {"name": "premises", "area": "area"}
_ROOM = {"floor_m2": "floor_area", "storey": "storey", "lift": "lift"}
# Heading of each column that is no figure by kind or group.
_ALIASES: Mapping[str, Mapping[str, str]] = {
    "isochrones": {"state": "state", "kind": "kind", "minutes": "minutes"},
    "gaps": {"kind": "kind", "gap": "gap", "area": "area", "street": "street", "cause": "cause",
             "verdict": "streets_verdict", "place": "gaps.h_place",
             "median_min": "gap_median_min", "straight_m": "straight_m",
             "walk_m": "gaps.h_walk_m", "detour": "gaps.h_detour", "facility": "gaps.h_nearest",
             "barrier": "gaps.h_barrier", "barrier_name": "gaps.h_barrier_name"},
    "gap_examples": {"kind": "kind", "gap": "gap", "role": "gaps.h_role", "area": "area",
                     "street": "street", "walk_min": "gaps.h_walk_min", "way_m": "gaps.h_way_m",
                     "steps": "gaps.h_steps", "up_m": "gaps.h_up_m",
                     "facility": "gaps.h_nearest"},
    "missing_links": {"link": "links.h_rank", "what": "links.h_what", "area": "area",
                      "far_street": "links.h_far_street", "near_street": "links.h_near_street",
                      "barrier": "links.h_barrier", "barrier_name": "gaps.h_barrier_name",
                      "length_m": "links.h_length", "rise_m": "links.h_rise",
                      "link_min": "links.h_link_min", "before_min": "links.h_before",
                      "after_min": "links.h_after", "variants": "links.h_variants",
                      "gaps": "links.h_gaps", "verdict": "streets_verdict"},
    "streets": {"class": "class", "name": "street_name", "steps": "steps", "bridge": "bridge",
                "tunnel": "tunnel", "private": "private", "length_m": "length_m"},
    "facilities": {"id": "id", "name": "name", "kind": "kind", "area": "area",
                   "capacity": "capacity", **_ROOM, "opened": "opened", "status": "status",
                   "served": "served"},
    "neighbours": {"id": "id", "name": "name", "kind": "kind", "capacity": "capacity",
                   "counted": "map.h_counted", "served": "served", "gained": "gain"},
    "planned": {"id": "id", "name": "name", "kind": "kind", "area": "area",
                "capacity": "capacity", "floor_m2": "floor_area", "opened": "opened",
                "status": "status"},
    "candidates": {"plan": "question", "id": "site_id", **_PLACE, **_ROOM, "tenure": "tenure",
                   "occupancy": "planmap.h_occupancy", "cost": "planmap.h_cost",
                   "generated": "planmap.h_generated", "verdict": "verdict", "chosen": "chosen"},
    "unreachable": {"plan": "question", "kind": "kind", "few": "planmap.h_few",
                    "people": "planmap.h_beyond"},
    "closed": {"plan": "question", "id": "id", "name": "name", "kind": "kind", "area": "area",
               "capacity": "capacity"},
    "sites": {"plan": "question", "rank": "order", "id": "site_id", **_PLACE, "kind": "kind",
              "generated": "planmap.h_generated", "year": "planmap.h_year",
              "cost": "planmap.h_cost", "gained": "gain", "cumulative": "cumulative",
              "only_here": "unique", "loss_veto": "planmap.h_loss", "unit": "planmap.h_unit",
              "status": "proof", "near_best": "planmap.h_near_best", "stays": "planmap.h_stays",
              "served": "planmap.h_served", "led_by": "planmap.h_led_by",
              "yearly": "official.h_yearly", **_ROOM, "tenure": "tenure",
              "occupancy": "planmap.h_occupancy"},
}  # fmt: skip
