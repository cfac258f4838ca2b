"""Figures of an area's card beyond coverage, and how single figures of cards are written."""

from typing import Any

import numpy as np

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY, Facilities
from quarterhour.wording import MISSING, label, minutes, percent, whole
from quarterhour.words import Language, Words

Cell = str | dict[str, Any]


def measure_labels(findings: Findings, language: Language) -> list[str]:
    """Return the labels of what an area's card says beyond coverage."""
    words, supply = Words(language), findings.measured.supply
    lead = asked_kind(findings)
    named = {"kind": label(lead, "kind", language)}
    group = label(findings.lead_group, "group", language)
    return [
        *(words("map.share_range", {"kind": label(k, "kind", language)})
          for k in swept_kinds(findings)),
        words("map.median_by_area", named),
        *(words("map.places", {"kind": label(k, "kind", language), "group": group})
          for k in supply.kinds),
        *(words(f"scorecard.m_{findings.scorecard.pairs[p].measure}")
          for p in _administrative(findings)),
    ]  # fmt: skip


def measure_values(findings: Findings, language: Language) -> list[list[Cell]]:
    """Return what the card of each area says beyond coverage, in the order of the labels."""
    words, measured = Words(language), findings.measured
    missing, dumb = words("status.to be supplied"), words("completeness.cannot_say")
    lead, n_areas = asked_kind(findings), len(findings.areas.names)
    ranges = {k: np.stack(findings.sweep.area_ranges(k)) for k in swept_kinds(findings)}
    times = measured.walk_times
    of_group = times.groups.index(findings.lead_group)
    median = times.quantile_s[0, times.kinds.index(lead), :, of_group].tolist()
    places = {k: measured.supply.per_1000(k).tolist() for k in measured.supply.kinds}
    people = measured.supply.elders.tolist()
    pairs = [findings.scorecard.pairs[p] for p in _administrative(findings)]
    held = {k: findings.cannot_say(k).tolist() for k in (*ranges, lead)}

    def share_of(kind: str, area: int) -> Cell:
        if held[kind][area]:
            return dumb
        low, own, high = ranges[kind][:, area].tolist()
        return ranged(low, own, high, language) if np.isfinite(own) else MISSING

    def walk_of(area: int) -> str:
        if held[lead][area]:
            return dumb
        return minutes(median[area], language) if people[area] > 0 else MISSING

    def places_of(kind: str, area: int) -> str:
        if not people[area] > 0:
            return MISSING
        count = places[kind][area]
        return f"{count:,.1f}" if np.isfinite(count) else missing

    return [
        [
            *(share_of(k, a) for k in ranges),
            walk_of(a),
            *(places_of(k, a) for k in places),
            *(percent(float(p.rate_by_area[a])) for p in pairs),
        ]
        for a in range(n_areas)
    ]


def ranged(low: float, own: float, high: float, language: Language) -> dict[str, Any]:
    """Return a share with its range, for the browser to draw as a bar."""
    values = {"share": percent(own), "low": percent(low), "high": percent(high)}
    return {
        "text": Words(language)("map.range", values),
        "bar": [round(low, 4), round(own, 4), round(high, 4)],
    }


def swept_kinds(findings: Findings) -> tuple[str, ...]:
    """Return the kinds whose share has a range."""
    swept = findings.sweep.kinds if len(findings.sweep.dimension) else ()
    shown = kinds_shown(findings)
    return tuple(kind for kind in swept if kind in shown)


def asked_kind(findings: Findings) -> str:
    """Return the kind that is asked about first, else any."""
    shown = kinds_shown(findings)
    asked = [p.plan.kind for p in findings.plans if p.plan.kind in shown]
    return asked[0] if asked else ANY if ANY in shown else shown[0]


def kinds_shown(findings: Findings) -> tuple[str, ...]:
    """Return the kinds of the map: any kind is one of them unless the only kind says the same."""
    kinds, people = findings.coverage.kinds, findings.coverage.people
    own = tuple(kind for kind in kinds if kind != ANY)
    if len(own) == 1 and ANY in kinds and np.array_equal(people(own[0]), people(ANY)):
        return own
    return kinds


def _administrative(findings: Findings) -> list[int]:
    """Return the pairs whose administrative rate is known by area: it stands beside the share."""
    pairs = findings.scorecard.pairs
    return [
        n for n, pair in enumerate(pairs)
        if pair.measure == "admin_communities" and np.isfinite(pair.rate_by_area[:-1]).any()
    ]  # fmt: skip


def facility_words(places: Facilities, row: int) -> str:
    """Return number and name of a facility; a dash for none."""
    if row < 0:
        return MISSING
    return f"{places.ids[row]} {places.names[row]}".strip()


def metres(length: float, language: Language) -> str:
    """Return a length in whole metres; a dash where it is unknown."""
    if not np.isfinite(length):
        return MISSING
    return Words(language)("map.metres", {"metres": whole(float(length))})
