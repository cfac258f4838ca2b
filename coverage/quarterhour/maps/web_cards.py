"""Cards of the web map: what a click on an area, a facility or a gap says.

A *card* is a title, a line under it, rows of label and value, and notes: one for the whole layer,
and one of its own (``notes``, by the card's place). Labels stand once for a whole layer. An area
that cannot say shows no share, and its gaps no cause. Everything here is plain text; the browser
sets it as text and never as markup.
"""

from typing import Any

import numpy as np

from quarterhour.cover import ANY
from quarterhour.cover.gaps.finding import Gaps
from quarterhour.findings import Findings, PlanFinding, Summary
from quarterhour.maps.gap_place import barrier_words, gap_place
from quarterhour.maps.web_figures import (
    facility_words,
    kinds_shown,
    measure_labels,
    measure_values,
    metres,
)
from quarterhour.maps.withheld import withheld_gaps
from quarterhour.wording import MISSING, label, minutes, percent, whole
from quarterhour.words import Language, Words

Cards = dict[str, Any]

_NAMES_IN_A_LINE = 6


def unknown(language: Language) -> str:
    """Return how a missing figure reads."""
    return Words(language)("status.to be supplied")


def cannot_say(language: Language) -> str:
    """Return what stands in place of a share that an area cannot say."""
    return Words(language)("completeness.cannot_say")


def kind_name(kind: str, language: Language) -> str:
    """Return the name of a kind."""
    return label(kind, "kind", language)


def group_name(group: str, language: Language) -> str:
    """Return the name of a group."""
    return label(group, "group", language)


def row_of_group(group: str, language: Language) -> str:
    """Return the name of a group as it heads a row of a card."""
    name = group_name(group, language)
    return name[:1].upper() + name[1:]


def facility_cards(findings: Findings, kind: str, language: Language) -> Cards:
    """Return a card per facility of one kind."""
    places, words = findings.facilities, Words(language)
    rows = places.rows_of(kind).tolist()
    return {
        "labels": [
            words("map.number"), words("map.kind"), words("map.area"), words("map.capacity"),
            words("map.floor_area"), words("map.storey"), words("map.lift"),
            words("map.opened"), words("map.status"),
        ],
        "title": [places.names[r] or places.ids[r] for r in rows],
        "values": [
            [
                places.ids[r], kind_name(kind, language),
                area_words(findings, int(places.area_index[r]), language),
                figure_words(places.capacity[r], language),
                square_metres(places.floor_area_m2[r], language),
                figure_words(places.storey[r], language), lift_words(int(places.lift[r]), language),
                places.opened[r] or unknown(language), places.status[r] or unknown(language),
            ]
            for r in rows
        ],
    }  # fmt: skip


def gap_cards(findings: Findings, kind: str, language: Language) -> Cards:
    """Return a card per gap of one kind."""
    gaps, words = findings.gaps_of(kind), Words(language)
    dumb = withheld_gaps(findings, kind).tolist()
    row_of = {id_: row for row, id_ in enumerate(findings.facilities.ids)}
    return {
        "labels": [
            words("map.kind_missing"), words("map.area"), words("map.street"),
            *(row_of_group(g, language) for g in gaps.groups),
            words("map.median_walk"), words("map.straight"), words("map.walk_middle"),
            words("map.detour"), words("map.nearest"), words("map.cause"),
        ],
        "title": [words("map.gap_title", {"id": i}) for i in gaps.ids],
        "values": [
            [
                kind_name(kind, language), gaps.areas[n] or words("map.outside"),
                gap_place(gaps.streets, gaps.apart, n, language),
                *(words("map.people", {"count": whole(p)}) for p in gaps.people[n].tolist()),
                minutes(float(gaps.median_s[n]), language), metres(gaps.straight_m[n], language),
                *(
                    [cannot_say(language)] * 4 if dumb[n] else [
                        metres(gaps.walk_m[n], language),
                        f"{gaps.detour[n]:.1f}" if np.isfinite(gaps.detour[n]) else MISSING,
                        facility_words(findings.facilities, row_of.get(gaps.facility[n], -1)),
                        _cause(gaps, n, language),
                    ]
                ),
            ]
            for n in range(len(gaps.ids))
        ],
        "notes": {n: words("map.note_gap_withheld") for n, held in enumerate(dumb) if held},
    }  # fmt: skip


def _cause(gaps: Gaps, row: int, language: Language) -> str:
    """Return the cause of a gap, with its barrier where one is known."""
    cause = label(gaps.cause[row], "cause", language)
    barrier = barrier_words(gaps.barrier_kind[row], gaps.barrier_name[row], language)
    if not barrier:
        return cause
    return Words(language)("gaps.cause_barrier", {"cause": cause, "barrier": barrier})


def area_cards(findings: Findings, language: Language) -> Cards:
    """Return a card per area: residents, and people within the longest limit of each kind."""
    coverage, words, kinds = findings.coverage, Words(language), kinds_shown(findings)
    lead = coverage.groups.index(coverage.lead_group)
    after = [(p, label(p.plan.kind, "kind", language)) for p in findings.plans]
    now_held = {k: findings.cannot_say(k).tolist() for k in kinds}
    measured = measure_values(findings, language)
    after_held = [findings.cannot_say(p.plan.kind).tolist() for p, _ in after]
    return {
        "labels": [
            *(row_of_group(g, language) for g in coverage.groups),
            *(words("map.within_kind", {"kind": kind_name(k, language)}) for k in kinds),
            *(words("map.within_after", {"kind": name}) for _, name in after),
            *measure_labels(findings, language),
        ],
        "title": list(findings.areas.names),
        "note": words(
            "map.area_note",
            {"group": group_name(coverage.lead_group, language), "minutes": coverage.minutes[-1]},
        ),
        "values": [
            [
                *(words("map.people", {"count": whole(p)}) for p in coverage.residents[a].tolist()),
                *(
                    _of(coverage.people(k)[a], coverage.residents[a, lead], language,
                        held=now_held[k][a])
                    for k in kinds
                ),
                *(
                    _of(p.within_after[a], coverage.residents[a, lead], language, held=held[a])
                    for (p, _), held in zip(after, after_held, strict=True)
                ),
                *measured[a],
            ]
            for a in range(len(findings.areas.names))
        ],
        "notes": {
            a: words("map.note_area_withheld")
            for a in range(len(findings.areas.names))
            if any(held[a] for held in (*now_held.values(), *after_held))
        },
    }  # fmt: skip


def area_tips(findings: Findings, kind: str, language: Language) -> list[list[str]]:
    """Return what hovering over each area says for one kind: a line per limit, if it can say."""
    coverage, words = findings.coverage, Words(language)
    residents = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    group = group_name(coverage.lead_group, language)
    return [
        [
            words("map.tip_residents", {"group": group, "count": whole(residents[a])}),
            *(
                [words("map.legend_withheld")] if held else [
                    words("map.tip_within", {
                        "minutes": m,
                        "people": _of(coverage.people(kind, minutes=m)[a], residents[a], language),
                    })
                    for m in coverage.minutes
                ]
            ),
        ]
        for a, held in enumerate(findings.cannot_say(kind)[:-1].tolist())
    ]  # fmt: skip


def headline(findings: Findings, summary: Summary, kind: str, language: Language) -> list[str]:
    """Return the lines under the choice of kind: people within now, once built, who cannot say."""
    words = Words(language)
    figures = summary.of(kind)
    within = figures.within[summary.minutes]
    now = words("map.headline", {
        "group": group_name(summary.group, language), "minutes": summary.minutes,
        "share": percent(figures.share[summary.minutes]), "within": whole(within),
        "total": whole(summary.lead_total),
    })  # fmt: skip
    after = [
        of_question(findings, n, _headline_after(p, summary, words), language)
        for n, p in enumerate(findings.plans)
        if p.plan.kind == kind and kind != ANY and summary.lead_total > 0
    ]
    return [now, *after, *_headline_withheld(findings, kind, words)]


def of_question(findings: Findings, n: int, text: str, language: Language) -> str:
    """Return a text about the n-th question, which is numbered where there are several."""
    if len(findings.plans) < 2:
        return text
    return Words(language)("planmap.of_question", {"name": text, "n": n + 1})


def _headline_after(found: PlanFinding, summary: Summary, words: Words) -> str:
    plan, moves = found.plan, found.moves
    values = {
        "sites": plan.sites_needed, "gained": whole(plan.people_gained),
        "share": percent(plan.people_after / summary.lead_total),
    }  # fmt: skip
    if moves is None:
        return words("map.headline_after", values)
    # Facilities that close cover people today, too.
    gained = whole(plan.people_after - moves.people_today)
    return words("planmap.headline_moves", {
        **values, "gained": gained, "closed": len(moves.closed_ids),
    })  # fmt: skip


def _headline_withheld(findings: Findings, kind: str, words: Words) -> list[str]:
    names = findings.withheld_names(kind, outside=words("map.outside"))
    text = words("map.name_join").join(names[:_NAMES_IN_A_LINE])
    if len(names) > _NAMES_IN_A_LINE:
        text = words("map.more_names", {"names": text, "more": len(names) - _NAMES_IN_A_LINE})
    return [words("map.headline_withheld", {"count": len(names), "names": text})] if names else []


def _of(part: float, total: float, language: Language, *, held: bool = False) -> str:
    if held:
        return cannot_say(language)
    if not total > 0:
        return MISSING
    share = percent(float(part / total))
    return Words(language)("map.people_share", {"count": whole(float(part)), "share": share})


def area_words(findings: Findings, row: int, language: Language) -> str:
    """Return the name of an area; -1 is outside all."""
    return findings.areas.names[row] if row >= 0 else Words(language)("map.outside")


def figure_words(value: float, language: Language) -> str:
    """Return a figure as it stands; an unknown one is to be supplied."""
    return f"{value:g}" if np.isfinite(value) else unknown(language)


def square_metres(value: float, language: Language) -> str:
    """Return a floor area; an unknown one is to be supplied."""
    if not np.isfinite(value):
        return unknown(language)
    return Words(language)("map.square_metres", {"area": whole(float(value))})


def lift_words(lift: int, language: Language) -> str:
    """Return whether there is a lift; an unknown one is to be supplied."""
    words = Words(language)
    if lift < 0:
        return unknown(language)
    return words("map.yes" if lift else "map.no")
