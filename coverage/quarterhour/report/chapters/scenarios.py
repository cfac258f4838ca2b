"""The report's section on other years, the neighbours, and areas out of walking reach."""

import math

import numpy as np

from quarterhour.cover.bands import CANNOT_SAY
from quarterhour.inputs.facilities import ANY
from quarterhour.presets import constant
from quarterhour.report.build.scenarios import bands_table, years_table
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.report.withheld import area_label
from quarterhour.wording import percent, points

_YEARS = ("year", "basis", "facilities", "planned", "inside", "outside", "share", "change")
_BANDS = ("area", "residents", "near", "to_2000", "to_5000", "farther", "no_way", "median_m")
_AREAS_NAMED, _ROWS = 5, 8


def add_scenarios(draft: Draft, facts: Facts) -> None:
    """Add the section: coverage by year, with the neighbours, and where nobody can walk."""
    measured = facts.findings.measured
    if measured.years is None and measured.neighbours is None and ANY not in measured.bands.kinds:
        return
    draft.section(draft.text("scenarios.h_section"))
    _years(draft, facts)
    _neighbours(draft, facts)
    _bands(draft, facts)


def _years(draft: Draft, facts: Facts) -> None:
    series = facts.findings.measured.years
    if series is None:
        return
    kind = facts.lead_kind if facts.lead_kind in series.kinds else ANY
    shares, years = series.share(kind), series.years
    values = {
        "how": facts.how, "kind": facts.kind(kind), "first_year": years[0],
        "first": percent(shares[0]), "last_year": years[-1], "last": percent(shares[-1]),
        "points": points(shares[-1] - shares[0], draft.language), "table": draft.next_table,
    }  # fmt: skip
    one = len(years) == 1
    said = [draft.text("scenarios.years_one" if one else "scenarios.years_said", values)]
    if series.known_from is not None and years[-1] > series.known_from:
        said.append(draft.text("scenarios.years_planned", {"now_year": series.known_from}))
    unknown = int(series.year_unknown[series.kinds.index(kind)])
    if unknown:
        said.append(draft.text("scenarios.years_unknown", {"count": unknown}))
    draft.paragraph(sentences(facts, said))
    add_table(draft, years_table(facts.findings, draft.language, kind=kind).only(*_YEARS))


def _neighbours(draft: Draft, facts: Facts) -> None:
    effect = facts.findings.measured.neighbours
    if effect is None:
        return
    kind = facts.lead_kind if facts.lead_kind in effect.kinds else ANY
    total = float(effect.residents[:, effect.groups.index(effect.group)].sum())
    own = float(effect.people(kind, neighbours=False).sum())
    both = float(effect.people(kind, neighbours=True).sum())
    values = {
        "count": len(effect.ids), "kind": facts.kind(kind),
        "sheet": draft.text("scenarios.s_neighbours"),
        "without": percent(own / total if total else math.nan),
        "together": percent(both / total if total else math.nan),
        "gained": facts.people(both - own),
    }  # fmt: skip
    more = both - own >= 0.5
    text = draft.text("scenarios.neighbours_said" if more else "scenarios.neighbours_none", values)
    counted = effect.counted
    tail = draft.text("scenarios.neighbours_counted" if counted else "scenarios.neighbours_shown")
    draft.paragraph(sentences(facts, [text, tail]))


def _bands(draft: Draft, facts: Facts) -> None:
    """Say which areas are out of walking reach of every kind, and print their bands."""
    bands = facts.findings.measured.bands
    if ANY not in bands.kinds:
        return
    k, found = bands.kinds.index(ANY), bands.out_of_reach(ANY).tolist()
    by_area = bands.of(ANY).sum(axis=0)
    named = [area_label(facts.findings, a, facts.language) for a in found[:_AREAS_NAMED]]
    areas = facts.join(named)
    if len(found) > len(named):
        areas = draft.text("scenarios.areas_more", {"areas": areas})
    values = {
        "kind": facts.kind(ANY), "count": len(found), "whom": facts.whom,
        "areas": areas, "table": draft.next_table, "share": percent(constant("hopeless_share")),
        "people": facts.people(float(by_area[found].sum())),
    }  # fmt: skip
    said = [draft.text("scenarios.bands_said" if found else "scenarios.bands_none", values)]
    held = int((bands.verdict[k] == CANNOT_SAY).sum())
    if held:
        said.append(draft.text("scenarios.bands_withheld", {"count": held}))
    nowhere = float(bands.of(ANY)[-1].sum())
    if nowhere >= 0.5 and np.isfinite(bands.no_way_straight_m[k]):
        metres = f"{bands.no_way_straight_m[k]:,.0f}"
        people = facts.people(nowhere)
        said.append(draft.text("scenarios.bands_no_way", {"people": people, "metres": metres}))
    draft.paragraph(sentences(facts, said))
    if found:
        table = bands_table(facts.findings, draft.language, kind=ANY, areas=found)
        add_table(draft, table.only(*_BANDS), rows=_ROWS)
