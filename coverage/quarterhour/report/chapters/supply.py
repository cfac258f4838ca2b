"""What the report says of supply: room per 1,000 people, who finds no place, what is full."""

import math

import numpy as np

from quarterhour.inputs.facilities import ANY
from quarterhour.report.build.supply import supply_table
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import percent, whole

_PRINTED = ("kind", "room", "per_1000", "asking", "served", "no_room", "unknown_room", "full")
_NAMED = 3


def add_supply(draft: Draft, facts: Facts) -> None:
    """Add the section on supply: places, who reaches one and finds none, and full facilities."""
    draft.section(draft.text("supply.h_section"))
    if not facts.findings.measured.supply.kinds:
        draft.say("supply.say_nothing")
        return
    if unknown := _places(facts):
        kinds = draft.text("report.semicolon").join(unknown)
        draft.say("supply.say_places", {"kinds": kinds})
    said = [_need(facts), *_served(draft, facts, _spoken_kind(facts))]
    draft.paragraph(sentences(facts, said))
    table = supply_table(facts.findings, draft.language)
    add_table(draft, table.only(*_PRINTED))


def room_text(facts: Facts) -> str:
    """Return who reaches a facility and finds no place, for the first page; empty without any."""
    supply, served = facts.findings.measured.supply, facts.findings.measured.served
    if not supply.kinds:
        return ""
    kind = _spoken_kind(facts)
    need = supply.need[supply.kinds.index(kind)]
    values = {
        "kind": facts.kind(kind), "whom": facts.whom, "minutes": served.minutes,
        "asking": facts.people(float(served.asking(kind).sum())), "share": percent(need),
        "served": facts.people(float(served.of(kind, "served").sum())),
        "no_room": facts.people(float(served.of(kind, "no_room").sum())),
    }  # fmt: skip
    if not served.known[served.kinds.index(kind)]:
        return facts.words("supply.summary_unknown", values)
    said = [facts.words("supply.summary" if need < 1.0 else "supply.summary_all", values)]
    maybe = float(served.of(kind, "unknown_room").sum())
    if maybe >= 0.5:
        said.append(facts.words("supply.say_maybe", {"people": facts.people(maybe)}))
    return sentences(facts, said)


def _spoken_kind(facts: Facts) -> str:
    """Return the kind of the report's first question, else the one with most people turned away."""
    served = facts.findings.measured.served
    if facts.lead_kind != ANY and facts.lead_kind in served.kinds:
        return facts.lead_kind
    return served.kinds[int(np.argmax(served.unserved.sum(axis=1)))]


def _places(facts: Facts) -> list[str]:
    """Return a clause per kind with facilities of unknown capacity; the table has the others."""
    supply = facts.findings.measured.supply
    said = []
    for k, kind in enumerate(supply.kinds):
        per_1000, unknown = float(supply.per_1000(kind)[-1]), int(supply.unknown[k].sum())
        if not unknown:
            continue
        values = {
            "kind": facts.kind(kind), "count": f"{int(supply.facilities[k].sum()):,}",
            "places": whole(supply.total_places(kind)), "whom": facts.whom,
            "per_1000": f"{per_1000:,.1f}" if math.isfinite(per_1000) else facts.missing(),
            "unknown": f"{unknown:,}",
        }  # fmt: skip
        if not math.isfinite(supply.total_places(kind)):
            said.append(facts.words("supply.places_unknown", values))
        else:
            said.append(facts.words("supply.places_some", values))
    return said


def _need(facts: Facts) -> str:
    """Return what is assumed of those who ask."""
    supply = facts.findings.measured.supply
    if all(share == 1.0 for share in supply.need):
        return facts.words("supply.say_need_all", {"whom": facts.whom})
    asked = dict(zip(supply.kinds, supply.need, strict=True))
    needs = [
        facts.words("supply.need_of", {"kind": facts.kind(kind), "share": percent(share)})
        for kind, share in asked.items() if share < 1.0
    ]  # fmt: skip
    everybody = facts.join([facts.kind(kind) for kind, share in asked.items() if share == 1.0])
    said = [facts.join(needs)]
    said += [facts.words("supply.need_all", {"kinds": everybody})] if everybody else []
    values = {"whom": facts.whom, "needs": facts.words("report.semicolon").join(said)}
    return facts.words("supply.say_need", values)


def _served(draft: Draft, facts: Facts, kind: str) -> list[str]:
    """Return who of a kind finds a place, who does not, and where most of them are."""
    served = facts.findings.measured.served
    rows = facts.findings.facilities.rows_of(kind)
    values = {
        "kind": facts.kind(kind), "minutes": served.minutes, "table": draft.next_table,
        "asking": facts.people(float(served.asking(kind).sum())),
        "served": facts.people(float(served.of(kind, "served").sum())),
        "no_room": facts.people(float(served.of(kind, "no_room").sum())),
        "places": f"{int((served.reached[rows] > 0).sum()):,}",
        "full": f"{int(served.full[rows].sum()):,}",
    }  # fmt: skip
    if not served.known[served.kinds.index(kind)]:
        return [facts.words("supply.say_served_unknown", values)]
    said = [facts.words("supply.say_served", values)]
    maybe = float(served.of(kind, "unknown_room").sum())
    if maybe >= 0.5:
        said.append(facts.words("supply.say_maybe", {"people": facts.people(maybe)}))
    away = served.turned_away[rows]
    worst = [n for n in np.argsort(-away, kind="stable")[:_NAMED].tolist() if away[n] >= 0.5]
    if worst:
        named = [_named(facts, int(rows[n])) for n in worst]
        said.append(facts.words("supply.say_fullest", {"places": facts.join(named)}))
    return said


def _named(facts: Facts, row: int) -> str:
    served, f = facts.findings.measured.served, facts.findings.facilities
    values = {
        "id": f.ids[row], "name": clean_text(f.names[row]), "room": whole(float(served.room[row])),
        "away": facts.people(float(served.turned_away[row])),
    }  # fmt: skip
    return facts.words("supply.fullest", values)
