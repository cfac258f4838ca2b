"""Cards of the web map: what a click on an area, a facility, a gap or a site says.

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
from quarterhour.inputs.premises import Premises
from quarterhour.maps.gap_place import barrier_words, gap_place
from quarterhour.maps.web_figures import facility_words, measure_labels, measure_values, metres
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
                _area(findings, int(places.area_index[r]), language),
                _figure(places.capacity[r], language),
                _square_metres(places.floor_area_m2[r], language),
                _figure(places.storey[r], language), _lift(int(places.lift[r]), language),
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
            *(group_name(g, language) for g in gaps.groups),
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
    coverage, words = findings.coverage, Words(language)
    lead = coverage.groups.index(coverage.lead_group)
    after = [(p, label(p.plan.kind, "kind", language)) for p in findings.plans]
    now_held = {k: findings.cannot_say(k).tolist() for k in coverage.kinds}
    measured = measure_values(findings, language)
    after_held = [findings.cannot_say(p.plan.kind).tolist() for p, _ in after]
    return {
        "labels": [
            *(group_name(g, language) for g in coverage.groups),
            *(words("map.within_kind", {"kind": kind_name(k, language)}) for k in coverage.kinds),
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
                    for k in coverage.kinds
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


def site_cards(findings: Findings, found: PlanFinding, language: Language) -> Cards:
    """Return a card per recommended site, in building order."""
    plan, words = found.plan, Words(language)
    total = plan.cumulative_people
    people = group_name(findings.lead_group, language)
    held = findings.cannot_say(plan.kind)[found.premises.area_index[found.chosen]].tolist()
    return {
        "labels": [
            words("map.number"), words("map.area"), *_premises_labels(words),
            words("map.gain", {"group": people}), words("map.cumulative", {"group": people}),
            words("map.veto_loss", {"group": people}), words("map.to_verify"),
        ],
        "title": [
            words("map.site_title", {"order": n + 1, "name": found.premises.names[r]})
            for n, r in enumerate(found.chosen.tolist())
        ],
        "under": kind_name(plan.kind, language),
        "values": [
            [
                found.premises.ids[r],
                _area(findings, int(found.premises.area_index[r]), language),
                *_premises_values(found.premises, r, language),
                words("map.people", {"count": whole(float(plan.gain_people[n]))}),
                words("map.people", {"count": whole(float(total[n]))}),
                _loss(found, n, language),
                _doubts(found, int(plan.chosen[n]), language),
            ]
            for n, r in enumerate(found.chosen.tolist())
        ],
        "notes": {n: words("map.note_site_withheld") for n, dumb in enumerate(held) if dumb},
    }  # fmt: skip


def premises_cards(findings: Findings, found: PlanFinding, language: Language) -> Cards:
    """Return a card per premises that is not recommended: accepted or turned down, and why."""
    words, frame = Words(language), found.screening.to_frame(language)
    rows = other_premises(found)
    return {
        "labels": [
            words("map.number"), words("map.area"), *_premises_labels(words),
            words("map.verdict"), words("map.reasons"),
        ],
        "title": [found.premises.names[r] or found.premises.ids[r] for r in rows],
        "values": [
            [
                found.premises.ids[r],
                _area(findings, int(found.premises.area_index[r]), language),
                *_premises_values(found.premises, r, language),
                str(frame["verdict"].iloc[r]), str(frame["reasons"].iloc[r]) or MISSING,
            ]
            for r in rows
        ],
    }  # fmt: skip


def other_premises(found: PlanFinding) -> list[int]:
    """Return the rows of the premises that are not recommended."""
    chosen = set(found.chosen.tolist())
    return [r for r in range(len(found.premises.ids)) if r not in chosen]


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
        words("map.headline_after", {
            "sites": p.plan.sites_needed, "gained": whole(p.plan.people_gained),
            "share": percent(p.plan.people_after / summary.lead_total),
        })
        for p in findings.plans
        if p.plan.kind == kind and kind != ANY and summary.lead_total > 0
    ]  # fmt: skip
    return [now, *after, *_headline_withheld(findings, kind, words)]


def _headline_withheld(findings: Findings, kind: str, words: Words) -> list[str]:
    names = findings.withheld_names(kind, outside=words("map.outside"))
    text = words("map.name_join").join(names[:_NAMES_IN_A_LINE])
    if len(names) > _NAMES_IN_A_LINE:
        text = words("map.more_names", {"names": text, "more": len(names) - _NAMES_IN_A_LINE})
    return [words("map.headline_withheld", {"count": len(names), "names": text})] if names else []


def _premises_labels(words: Words) -> list[str]:
    return [words("map.floor_area"), words("map.storey"), words("map.lift"), words("map.tenure")]


def _premises_values(premises: Premises, row: int, language: Language) -> list[str]:
    return [
        _square_metres(premises.floor_area_m2[row], language),
        _figure(premises.storey[row], language),
        _lift(int(premises.lift[row]), language),
        premises.tenure[row] or unknown(language),
    ]


def _loss(found: PlanFinding, site: int, language: Language) -> str:
    loss = float(found.plan.loss_if_vetoed[site])
    words = Words(language)
    if not np.isfinite(loss):
        return MISSING
    count = words("map.people", {"count": whole(loss)})
    if found.plan.veto_status[site] == "optimal":
        return count
    return words("map.not_proven", {"figure": count})


def _doubts(found: PlanFinding, candidate: int, language: Language) -> str:
    words = Words(language)
    faults = found.screening.candidates.to_verify[candidate]
    texts = [words(fault.key, fault.values) for fault in faults] or [words("map.none_from_rules")]
    return words("map.join").join([*texts, words("map.always_verify")])


def _of(part: float, total: float, language: Language, *, held: bool = False) -> str:
    if held:
        return cannot_say(language)
    if not total > 0:
        return MISSING
    share = percent(float(part / total))
    return Words(language)("map.people_share", {"count": whole(float(part)), "share": share})


def _area(findings: Findings, row: int, language: Language) -> str:
    return findings.areas.names[row] if row >= 0 else Words(language)("map.outside")


def _figure(value: float, language: Language) -> str:
    return f"{value:g}" if np.isfinite(value) else unknown(language)


def _square_metres(value: float, language: Language) -> str:
    if not np.isfinite(value):
        return unknown(language)
    return Words(language)("map.square_metres", {"area": whole(float(value))})


def _lift(lift: int, language: Language) -> str:
    words = Words(language)
    if lift < 0:
        return unknown(language)
    return words("map.yes" if lift else "map.no")
