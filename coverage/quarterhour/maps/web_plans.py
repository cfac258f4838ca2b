"""Plans on the web map: sites, other candidates, closures, who is out of reach, and their cards.

What a plan does not have (years, money, places, two tiers) has no row in its cards.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from quarterhour.findings import Findings, PlanFinding
from quarterhour.inputs.premises import Premises
from quarterhour.maps import web_layers as layers
from quarterhour.maps.plan_layers import closed_rows
from quarterhour.maps.style import GENERATED, INK, NEW_SITE, OUT_OF_REACH, WITHHELD
from quarterhour.maps.web_cards import (
    Cards,
    area_words,
    figure_words,
    group_name,
    kind_name,
    lift_words,
    of_question,
    square_metres,
    unknown,
)
from quarterhour.maps.web_extras import beside_cards
from quarterhour.maps.web_figures import facility_words
from quarterhour.maps.web_shapes import Packer
from quarterhour.wording import MISSING, in_unit, percent, whole
from quarterhour.words import Language, Words

Table = dict[str, Any]
_More = list[tuple[str, Callable[[int], str]]]

_SOMEBODY = 0.05


def plan_layers(
    findings: Findings, found: PlanFinding, n: int, pack: Packer, language: Language
) -> list[Table]:
    """Return the layers of the plan of one question: sites, closures, other candidates."""
    words = Words(language)
    kind = kind_name(found.plan.kind, language)
    new = {"shape": "pin", "colour": NEW_SITE}
    xy = found.premises.xy_m

    def named(name: str) -> str:
        return of_question(findings, n, name, language)

    name = named(words("map.layer_sites", {"kind": kind}))
    out = [
        {"id": f"sites{n}", "type": "signs", "name": name, "count": len(found.chosen),
         "on": True, "sign": new, "numbers": True,
         "g": pack.points(xy[found.chosen]), "cards": site_cards(findings, found, language),
         "tag": words("map.tag_site"),
         "legend": [{"sign": new, "text": words("map.legend_site", {"kind": kind})}]},
    ]  # fmt: skip
    closed = closed_rows(findings, found)
    if len(closed):
        places, cross = findings.facilities.take(closed), {"shape": "cross", "colour": INK}
        name = named(words("planmap.layer_closed", {"kind": kind}))
        out.append(
            {"id": f"closed{n}", "type": "signs", "name": name, "count": len(closed), "on": True,
             "sign": cross, "g": pack.points(places.xy_m),
             "cards": beside_cards(places, findings.areas.names, language),
             "tag": words("planmap.tag_closed"),
             "legend": [{"sign": cross, "text": words("planmap.layer_closed", {"kind": kind})}]}
        )  # fmt: skip
    made = generated_rows(found)
    others = [row for row in other_premises(found) if row not in made]
    points = [row for row in other_premises(found) if row in made]
    for id_, rows, sign, name, tag in (
        ("premises", others, {"shape": "dot", "colour": "#8c8c8c"},
         words("map.layer_premises"), words("map.tag_premises")),
        ("generated", points, {"shape": "pentagon", "colour": GENERATED, "hollow": True},
         words("planmap.layer_generated"), words("planmap.tag_generated")),
    ):  # fmt: skip
        if id_ == "generated" and not rows:
            continue
        out.append(
            {"id": f"{id_}{n}", "type": "signs", "name": named(name), "count": len(rows),
             "on": False, "sign": sign, "g": pack.points(xy[rows]), "tag": tag,
             "cards": premises_cards(findings, found, rows, language),
             "legend": [{"sign": sign, "text": name}]}
        )  # fmt: skip
    return out


def beyond_layers(findings: Findings, pack: Packer, language: Language) -> list[Table]:
    """Return for each question who is out of everybody's reach, off at first; none for nobody."""
    words, out = Words(language), []
    for n, found in enumerate(findings.plans):
        beyond, kind = found.unreachable, found.plan.kind
        if beyond.people < _SOMEBODY:
            continue
        data = layers.gathered(findings, beyond.mask, kind, pack)
        classes = layers.people_classes(language, OUT_OF_REACH)
        least = [entry["least"] for entry in classes]
        shown = set(np.searchsorted(least, data["people"], side="right") - 1)
        legend = [entry for at, entry in enumerate(classes) if at in shown]
        # The entry of its own kind, whichever the reader chooses.
        dumb = layers.withheld_people_legend(findings, {kind: data}, language)
        name = words("planmap.layer_beyond", {"kind": kind_name(kind, language)})
        out.append(
            {"id": f"beyond{n}", "type": "people", "name": of_question(findings, n, name, language),
             "on": False, "colour": OUT_OF_REACH, "withheld_colour": WITHHELD,
             "classes": classes, "data": data, "tip": words("planmap.beyond_here", {"count": "#"}),
             "legend": [*legend, *({k: v for k, v in e.items() if k != "kinds"} for e in dumb)]}
        )  # fmt: skip
    return out


def site_cards(findings: Findings, found: PlanFinding, language: Language) -> Cards:
    """Return a card per recommended site, in building order."""
    plan, words = found.plan, Words(language)
    total = plan.cumulative_people
    people = {"group": group_name(findings.lead_group, language)}
    at = found.premises.area_index[found.chosen]
    held = findings.cannot_say(plan.kind)[at].tolist()
    more = _more(findings, found, language)
    loss = "map.veto_loss" if plan.unit == "people" else "planmap.veto_loss"
    return {
        "labels": [
            words("map.number"), words("map.area"), *_premises_labels(words),
            words("map.gain", people), words("map.cumulative", people), words(loss, people),
            words("map.capacity"), *(name for name, _ in more), words("map.to_verify"),
        ],
        "title": [
            words("map.site_title", {"order": n + 1, "name": _name(found, r)})
            for n, r in enumerate(found.chosen.tolist())
        ],
        "under": kind_name(plan.kind, language),
        "values": [
            [
                found.premises.ids[r],
                area_words(findings, int(found.premises.area_index[r]), language),
                *_premises_values(found.premises, r, language),
                _people(float(plan.gain_people[n]), words), _people(float(total[n]), words),
                _loss(found, n, language),
                figure_words(found.premises.capacity[r], language), *(cell(n) for _, cell in more),
                _doubts(found, int(plan.chosen[n]), language),
            ]
            for n, r in enumerate(found.chosen.tolist())
        ],
        "notes": {n: words("map.note_site_withheld") for n, dumb in enumerate(held) if dumb},
    }  # fmt: skip


def _more(findings: Findings, found: PlanFinding, language: Language) -> _More:
    """Return the rows that only some plans have: what they say of the n-th site."""
    words, plan = Words(language), found.plan
    more: _More = []

    def add(key: str, cell: Callable[[int], str]) -> None:
        more.append((words(f"planmap.{key}"), cell))

    if (phases := plan.phases) is not None:
        add("card_opens", lambda n: words("plate.year", {
            "year": phases.years[int(phases.opens[n])],
        }))  # fmt: skip
    if np.isfinite(found.costs).any():
        add(
            "card_cost",
            lambda n: (
                in_unit(float(found.costs[n]), "money", language)
                if np.isfinite(found.costs[n])
                else words("status.to be supplied")
            ),
        )
    if (served := plan.served) is not None:
        add("card_served", lambda n: _people(float(served.by_site[n]), words))
    if (led := plan.led) is not None:
        add("card_led_by", lambda n: _centre(findings, led.centre_ids[n]))
    near = found.talk.near_best
    if len(near.site_ids) > 1:
        times = dict(zip(near.appears_ids, near.appears.tolist(), strict=True))
        add("card_near_best", lambda n: _times(
            times.get(plan.site_ids[n], 0), len(near.site_ids), words
        ))  # fmt: skip
    tried = found.stability
    if tried is not None and (answered := int(np.isfinite(tried.best).sum())):
        share = tried.share
        add("card_stays", lambda n: _times(round(float(share[n]) * answered), answered, words))
    return more


def _times(count: int, of: int, words: Words) -> str:
    return words("planmap.times", {"count": count, "of": of, "share": percent(count / of)})


def _centre(findings: Findings, id_: str) -> str:
    """Return the centre that leads a site: a facility of today, or one to be opened."""
    ids = findings.facilities.ids
    return facility_words(findings.facilities, ids.index(id_)) if id_ in ids else id_ or MISSING


def _people(count: float, words: Words) -> str:
    return words("map.people", {"count": whole(count)})


def premises_cards(
    findings: Findings, found: PlanFinding, rows: list[int], language: Language
) -> Cards:
    """Return a card per premises that is not recommended: accepted or turned down, and why."""
    words, frame = Words(language), found.screening.to_frame(language)
    return {
        "labels": [
            words("map.number"), words("map.area"), *_premises_labels(words),
            words("map.verdict"), words("map.reasons"),
        ],
        "title": [_name(found, r) for r in rows],
        "values": [
            [
                found.premises.ids[r],
                area_words(findings, int(found.premises.area_index[r]), language),
                *_premises_values(found.premises, r, language),
                str(frame["verdict"].iloc[r]), str(frame["reasons"].iloc[r]) or MISSING,
            ]
            for r in rows
        ],
    }  # fmt: skip


def other_premises(found: PlanFinding) -> list[int]:
    """Return the rows of the candidates and rejected premises that are not recommended."""
    chosen = set(found.chosen.tolist())
    return [r for r in range(len(found.premises.ids)) if r not in chosen]


def generated_rows(found: PlanFinding) -> set[int]:
    """Return the rows of the premises that are points on streets."""
    kept = found.screening.candidates
    return set(kept.premises_row[np.asarray(kept.generated, bool)].tolist())


def _name(found: PlanFinding, row: int) -> str:
    return found.premises.names[row] or found.premises.ids[row]


def _premises_labels(words: Words) -> list[str]:
    return [words("map.floor_area"), words("map.storey"), words("map.lift"), words("map.tenure")]


def _premises_values(premises: Premises, row: int, language: Language) -> list[str]:
    return [
        square_metres(premises.floor_area_m2[row], language),
        figure_words(premises.storey[row], language),
        lift_words(int(premises.lift[row]), language),
        premises.tenure[row] or unknown(language),
    ]


def _loss(found: PlanFinding, site: int, language: Language) -> str:
    """Return how much worse the best plan without a site is, and how sure that is."""
    words, plan = Words(language), found.plan
    status, loss = plan.veto_status[site], float(plan.loss_if_vetoed[site])
    if status in ("must", "needed"):
        return words(f"planmap.veto_{status}")
    if not np.isfinite(loss):
        return MISSING
    said = _people(loss, words) if plan.unit == "people" else in_unit(loss, plan.unit, language)
    return said if status == "optimal" else words("map.not_proven", {"figure": said})


def _doubts(found: PlanFinding, candidate: int, language: Language) -> str:
    words, kept = Words(language), found.screening.candidates
    faults = kept.to_verify[candidate]
    if kept.generated[candidate]:
        # There is nothing to look at yet; what is asked of premises follows once they are found.
        return words("planmap.no_premises")
    texts = [words(fault.key, fault.values) for fault in faults] or [words("map.none_from_rules")]
    return words("map.join").join([*texts, words("map.always_verify")])
