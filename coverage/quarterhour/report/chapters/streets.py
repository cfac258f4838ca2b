"""What the report says of its streets: whether they suffice, step-free walking, and the annex."""

from dataclasses import replace

from quarterhour.inputs.facilities import ANY
from quarterhour.report.build import (
    bans_table,
    islands_table,
    network_areas_table,
    network_table,
    step_free_places_table,
    step_free_table,
)
from quarterhour.report.build.step_free import limit_text
from quarterhour.report.build.streets import SHOWN_ISLANDS
from quarterhour.report.columns import Table, clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table, rows_with
from quarterhour.report.sentences import sentences
from quarterhour.report.withheld import area_label, named_areas, withheld_kinds
from quarterhour.wording import MISSING, label, percent

_PLACE_ROWS = 20
_AREAS_NAMED = 3
_BY_AREA = ("area", "street_km", "km_per_km2", "km_per_1000", "beyond_50", "beyond_150",
            "streets_verdict")  # fmt: skip


def streets_text(facts: Facts) -> str:
    """Return which areas cannot say their coverage, or that the street data sufficed for all."""
    count = len(withheld_kinds(facts.findings))
    if count == 0:
        return facts.words("report.streets_suffice")
    values = {"count": count, "areas": named_areas(facts.findings, facts.language)}
    one = count == 1
    return facts.words("report.streets_withheld_1" if one else "report.streets_withheld", values)


def summary_text(facts: Facts) -> str:
    """Return the same for the first page, where the annex is named that says why."""
    said = [streets_text(facts)]
    if withheld_kinds(facts.findings):
        annex = facts.words("report.h_streets")
        said.append(facts.words("report.streets_why", {"annex": annex}))
    return sentences(facts, said)


def streets_short(facts: Facts) -> str:
    """Return which areas cannot say their coverage, in short; empty where all can."""
    rows = [*withheld_kinds(facts.findings)]
    if not rows:
        return ""
    names = [area_label(facts.findings, row, facts.language) for row in rows[:_AREAS_NAMED]]
    values = {"count": len(rows), "areas": facts.join(names),
              "annex": facts.words("report.h_streets")}  # fmt: skip
    return facts.words(
        "advice.streets" if len(rows) == len(names) else "advice.streets_more", values
    )


# --- step-free walking


def add_step_free(draft: Draft, facts: Facts) -> None:
    """Add the section on walking without stairs: who and what loses its way, and steep grades."""
    found = facts.findings.step_free
    kind = facts.lead_kind if facts.lead_kind in found.kinds else ANY
    walker = facts.findings.study.walker(found.walker)
    values = {
        "walker": clean_text(label(walker.name, "walker", draft.language)),
        "pace": f"{walker.flat_mps:.2f}",
        "status": label(walker.status, "status", draft.language),
    }  # fmt: skip
    said = [draft.text("report.free_who", values)]
    if walker.status == "assumption":
        said.append(draft.text("report.free_assumed"))
    said.append(draft.text("report.free_floor"))
    draft.paragraph(sentences(facts, said))
    _lost_people(draft, facts, kind)
    _lost_places(draft, facts)
    if len(found.ban_limit):
        limits = draft.text("report.free_or").join(limit_text(b) for b in found.ban_limit)
        draft.say("report.free_bans", {"limits": limits, "table": draft.next_table})
        table = bans_table(facts.findings, draft.language, kind=kind)
        keys = [c.key for c in table.columns if c.key != "kind"]
        add_table(draft, table.only(*keys))


def stairs_text(facts: Facts) -> str:
    """Return in short who and what loses its way without stairs."""
    found = facts.findings.step_free
    kind = facts.lead_kind if facts.lead_kind in found.kinds else ANY
    g, longest = found.groups.index(facts.findings.lead_group), found.minutes[-1]
    lost = float(found.lost_people(kind, minutes=longest)[:, g].sum())
    values = {
        "kind": facts.kind(kind), "whom": facts.whom, "minutes": longest,
        "people": facts.people(lost), "all": len(found.lost_facilities),
        "count": int(found.lost_facilities.sum()),
    }  # fmt: skip
    return facts.words("advice.stairs" if lost >= 0.5 else "advice.stairs_none", values)


def _lost_people(draft: Draft, facts: Facts, kind: str) -> None:
    found = facts.findings.step_free
    g = found.groups.index(facts.findings.lead_group)
    lost = {m: float(found.lost_people(kind, minutes=m)[:, g].sum()) for m in found.minutes}
    altogether = float(found.lost_people(kind)[:, g].sum())
    values = {"kind": facts.kind(kind), "whom": facts.whom}
    if max(*lost.values(), altogether) < 0.5:
        draft.say("report.free_nobody", values)
        return
    within = [
        draft.text("report.free_within", {"minutes": m, "people": facts.people(count)})
        for m, count in lost.items()
    ]
    said = {
        **values, "within": draft.text("report.semicolon").join(within),
        "altogether": facts.people(altogether), "table": draft.next_table,
    }  # fmt: skip
    draft.say("report.free_lost", said)
    table = step_free_table(facts.findings, draft.language, kind=kind)
    keys = [c.key for c in table.columns if c.key not in ("kind", "no_street")]
    add_table(draft, table.only(*keys))


def _lost_places(draft: Draft, facts: Facts) -> None:
    lost, words = facts.findings.step_free.lost_facilities, draft.text
    values = {"all": len(lost), "count": int(lost.sum()), "table": draft.next_table}
    if not lost.any():
        draft.say("report.free_places_none", {"all": len(lost)})
        return
    draft.say("report.free_places", values)
    table = step_free_places_table(facts.findings, draft.language)
    losing = rows_with(table, "loses", [words("table.v_yes_it_is")])
    shown = losing.only("id", "name", "kind", "area", "state_step_free")
    add_table(draft, shown, rows=_PLACE_ROWS, caption=words("report.t_free_places"))


# --- the annex


def add_streets(draft: Draft, facts: Facts) -> None:
    """Add the street network report: verdict, figures, streets by area, islands."""
    report, findings = facts.findings.streets_report, facts.findings
    draft.paragraph(streets_text(facts), tone="line")
    total_km = float(report.part_km.sum())
    values = {
        "km": f"{report.street_km:,.1f}",
        "main": percent(float(report.part_km[0]) / total_km if total_km else float("nan")),
        "islands": facts.people(float(report.people_on_islands.sum())),
        "moved": facts.people(float(report.people_moved.sum())),
        "stairs": f"{sum(report.stairs_from.values()):,}",
        "tagged": f"{report.stairs_from['tag']:,}", "table": draft.next_table,
    }  # fmt: skip
    draft.say("report.net_figures", values)
    add_table(draft, network_table(findings, draft.language), once="group_of")
    draft.say("report.net_areas", {"table": draft.next_table})
    add_table(draft, _with_reasons(network_areas_table(findings, draft.language), draft))
    islands = islands_table(findings, draft.language)
    if not islands.rows:
        draft.say("report.net_islands_none")
        return
    said = [draft.text("report.net_islands", {"table": draft.next_table})]
    more = len(report.large_islands()) - SHOWN_ISLANDS
    if more > 0:
        values = {"shown": SHOWN_ISLANDS, "count": more}
        said.append(draft.text("report.net_islands_more", values))
    draft.paragraph(sentences(facts, said))
    add_table(draft, islands)


def _with_reasons(table: Table, draft: Draft) -> Table:
    """Return the columns that a page has room for, the reasons beside the verdict."""
    kept = table.only(*_BY_AREA)
    reasons = table.column("streets_reasons")
    rows = tuple(
        (*row[:-1], draft.text("completeness.because", {"verdict": row[-1], "reasons": why}))
        if why != MISSING else row
        for row, why in zip(kept.rows, reasons, strict=True)
    )  # fmt: skip
    return replace(kept, rows=rows)
