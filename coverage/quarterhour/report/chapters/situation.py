"""The situation today: area and people, facilities, gaps, and what else falls short."""

import math
from collections import Counter

import numpy as np
import shapely

from quarterhour.cover.assess import BY_GROUP
from quarterhour.cover.gaps.finding import CAUSES, Gaps
from quarterhour.findings import KindSummary
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.gap_place import gap_place
from quarterhour.report.build import area_table, coverage_table, gaps_table
from quarterhour.report.build.gaps import cause_text, example_street
from quarterhour.report.build.sweep import area_ranges, headline_range, with_range
from quarterhour.report.chapters.equity import spread_text
from quarterhour.report.chapters.scorecard import targets_text
from quarterhour.report.chapters.streets import add_step_free, stairs_text
from quarterhour.report.chapters.supply import room_text
from quarterhour.report.chapters.sweep import matters_text
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Paragraph
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.wording import MISSING, label, minutes, percent, points, whole

_NAMED_GAPS = 3
# In place of a cause, where an area cannot say.
_NO_CAUSE = ""
_GAP_ROWS = 8
_COVERAGE = ("share", "share_policy_walk", "share_policy_radius")
_GAPS = ("gap_median_min", "straight_m", "cause")


def add_situation(draft: Draft, facts: Facts) -> None:
    """Add the situation: area and people, facilities, gaps, and what else falls short."""
    draft.chapter(draft.text("report.h_setting"))
    draft.section(draft.text("report.h_area_people"))
    _area_and_people(draft, facts)
    draft.section(draft.text("report.h_facilities"))
    _facilities(draft, facts)
    draft.section(draft.text("report.h_gaps"))
    _gaps(draft, facts)
    if facts.findings.plans:
        _other_problems(draft, facts)
        return
    draft.section(draft.text("report.h_step_free"))
    add_step_free(draft, facts)


def _other_problems(draft: Draft, facts: Facts) -> None:
    """Name what else falls short, one line each; an annex has the tables."""
    said = {
        "targets": targets_text(facts), "room": room_text(facts), "fair": spread_text(facts),
        "stairs": stairs_text(facts), "matters": matters_text(facts),
    }  # fmt: skip
    draft.say("advice.problems", {"annex": draft.text("report.h_assessment")})
    leads = {name: draft.text(f"report.lead_{name}") for name in said}
    draft.listing([Paragraph(text, lead=leads[name]) for name, text in said.items() if text])


def _area_and_people(draft: Draft, facts: Facts) -> None:
    areas, summary = facts.findings.areas, facts.summary
    km2 = shapely.area(areas.polygons).sum() / 1e6
    values = {"district": facts.district, "count": len(areas.names), "km2": f"{km2:,.1f}"}
    draft.say("report.area_n_approximate" if areas.approximate else "report.area_n", values)
    whole_people = max(summary.residents.values())
    groups = []
    for group, count in summary.residents.items():
        said = {"group": label(group, "group", draft.language), "people": facts.people(count)}
        if count == whole_people:
            groups.append(draft.text("report.people_whole", said))
        else:
            share = percent(count / whole_people)
            groups.append(draft.text("report.people_group", {**said, "share": share}))
    draft.say("report.people_total", {"groups": draft.text("report.semicolon").join(groups)})
    report = facts.findings.network_report
    km, steep = report.get("street_km"), report.get("share_above_8.33_percent")
    if isinstance(km, float) and isinstance(steep, float):
        values = {
            "km": f"{km:,.1f}",
            "stairs": f"{report.get('stairs', 0):,}",
            "steep": percent(steep),
        }
        draft.say("report.streets", values)
    if len(areas.names) > 1:
        draft.say("report.areas_table", {"table": draft.next_table})
        table = area_table(facts.findings, draft.language)
        kind = _area_kind(facts)
        ranges = area_ranges(facts.findings, draft.language, kind=kind)
        table = with_range(table.only(*_area_columns(facts)), ranges, f"share_{kind}",
                           draft.language, heading=facts.kind(kind))  # fmt: skip
        add_table(draft, table)


def _area_columns(facts: Facts) -> list[str]:
    """Return the columns that a page has room for: people, and the kind the report speaks of."""
    coverage = facts.findings.coverage
    groups = dict.fromkeys((coverage.groups[0], coverage.lead_group))
    kind = _area_kind(facts)
    columns = ["area", *(f"people_{group}" for group in groups)]
    columns += [f"n_{kind}"] if kind != ANY else []
    columns += [f"within_{kind}", f"share_{kind}"]
    return [*columns, *([f"share_{ANY}"] if kind != ANY and not facts.one_kind else [])]


def _area_kind(facts: Facts) -> str:
    return facts.lead_kind if facts.lead_kind in facts.findings.coverage.kinds else ANY


def _facilities(draft: Draft, facts: Facts) -> None:
    kinds = [k for k in facts.summary.kinds if k.kind != ANY]
    said = [
        draft.text("report.facilities_kind", {"kind": facts.kind(k.kind), "count": k.facilities})
        for k in kinds
    ]
    count = len(facts.findings.facilities.ids)
    draft.say("report.facilities_total", {"count": count, "kinds": facts.join(said)})
    off = facts.findings.network_report.get("facilities_no_street")
    if isinstance(off, list | tuple) and off:
        draft.say("report.facilities_off_street", {"count": len(off)})
    _uncounted(draft, facts)
    draft.say("report.coverage_table", {"table": draft.next_table})
    limits = [f"within_{m}" for m in facts.findings.coverage.minutes]
    table = coverage_table(facts.findings, draft.language)
    add_table(draft, facts.by_kind(table).only("kind", "facilities", *limits, *_COVERAGE))
    lead = facts.of_kind(facts.lead_kind)
    if lead is not None:
        draft.paragraph(sentences(facts, [now_text(facts, lead), _range_text(facts, lead)]))
        _walks(draft, facts, lead)
        _comparisons(draft, facts, lead)
    draft.paragraph(draft.text("report.not_administrative"), tone="line")


def _uncounted(draft: Draft, facts: Facts) -> None:
    """Say what the files hold beside the facilities that count."""
    left, said = facts.findings.uncounted, list[str]()
    if left.set_aside.ids:
        counts = {kind: len(left.set_aside.rows_of(kind)) for kind in left.set_aside.all_kinds()}
        kinds = [
            draft.text("report.facilities_kind", {"kind": facts.kind(kind), "count": count})
            for kind, count in counts.items()
        ]
        values = {"count": len(left.set_aside.ids), "kinds": facts.join(kinds)}
        said.append(draft.text("report.set_aside", values))
    if left.unlocated:
        files = [
            draft.text("report.unlocated_file", {"file": clean_text(file), "count": count})
            for file, count in Counter(u.file for u in left.unlocated).items()
        ]
        values = {"count": len(left.unlocated), "files": facts.join(files)}
        said.append(draft.text("report.unlocated", values))
    if said:
        sheet = draft.text("table.s_uncounted")
        said.append(draft.text("report.uncounted_where", {"sheet": sheet}))
        draft.paragraph(sentences(facts, said))


def now_text(facts: Facts, lead: KindSummary) -> str:
    """Return the sentence on coverage today."""
    minutes_ = facts.summary.minutes
    return facts.words(
        "report.now",
        {
            "how": facts.how, "scope": facts.scope, "whom": facts.whom,
            "kind": facts.kind(lead.kind), "total": facts.people(facts.summary.lead_total),
            "within": facts.people(lead.within[minutes_]),
            "share": percent(lead.share[minutes_]), "outside": facts.people(lead.outside),
        },
    )  # fmt: skip


def _range_text(facts: Facts, lead: KindSummary) -> str:
    """Return between which shares coverage lies under what is assumed; empty if not swept."""
    within = headline_range(facts.findings, facts.language, kind=lead.kind)
    return facts.words("sweep.range_said", {"range": within}) if within else ""


def _walks(draft: Draft, facts: Facts, lead: KindSummary) -> None:
    if facts.walker.counts_metres:
        return
    values = {
        "kind": facts.kind(lead.kind), "median": minutes(lead.median_s, draft.language),
        "p90": minutes(lead.p90_s, draft.language),
    }  # fmt: skip
    if not math.isfinite(lead.median_s):
        draft.say("report.median_over", values)
    elif not math.isfinite(lead.p90_s):
        draft.say("report.median_far", values)
    else:
        draft.say("report.median", values)


def _comparisons(draft: Draft, facts: Facts, lead: KindSummary) -> None:
    share = lead.share[facts.summary.minutes]
    if math.isfinite(lead.share_by_group) and BY_GROUP in facts.findings.coverage.walkers:
        own = {"share": percent(lead.share_by_group)}
        by_group = facts.findings.study.circle.walker_by_group
        if set(by_group) == {"80+"} and lead.share_by_group <= share:
            lower = points(share - lead.share_by_group, draft.language)
            draft.say("report.by_age", {**own, "points": lower})
        else:
            draft.say("report.own_pace", own)
    if math.isfinite(lead.share_policy_walk) and math.isfinite(lead.share_policy_radius):
        metres = {
            name: f"{facts.findings.study.walker(name).limit_ms(facts.summary.minutes) / 1000:.0f}"
            for name in ("policy_walk", "policy_radius")
        }
        values = {
            "walk_m": metres["policy_walk"], "walk": percent(lead.share_policy_walk),
            "radius_m": metres["policy_radius"], "radius": percent(lead.share_policy_radius),
        }  # fmt: skip
        draft.say("report.policy", values)


def _gaps(draft: Draft, facts: Facts) -> None:
    lead = facts.of_kind(facts.lead_kind)
    if lead is None:
        everybody = facts.people(facts.summary.lead_total)
        none = {"whom": facts.whom, "least": _least(facts), "outside": everybody}
        draft.say("report.gaps_none", none)
        return
    if len(facts.findings.areas.names) > 1:
        key = "report.worst_area" if lead.worst_area else "report.worst_none"
        said = [draft.text(key, _worst_values(facts, lead))]
        if lead.areas_withheld:
            said.append(draft.text("report.left_out", {"count": lead.areas_withheld}))
        draft.paragraph(sentences(facts, said))
    if lead.outside < 0.5:
        draft.say("report.gaps_nobody")
        return
    outside = {"whom": facts.whom, "outside": facts.people(lead.outside)}
    if lead.gaps == 0:
        draft.say("report.gaps_none", {**outside, "least": _least(facts)})
        return
    values = {
        **outside, "clustered": facts.people(lead.people_in_gaps), "count": lead.gaps,
        "scattered": facts.people(max(lead.outside - lead.people_in_gaps, 0.0)),
        "table": draft.next_table,
    }  # fmt: skip
    draft.say("report.gaps_found", values)
    _causes_and_largest(draft, facts, facts.findings.gaps_of(lead.kind))
    if lead.no_street >= 0.5:
        draft.say("report.no_street", {"people": facts.people(lead.no_street)})
    groups = [g for g in facts.findings.coverage.groups if g in (facts.summary.group, "80+")]
    table = gaps_table(facts.findings, draft.language, kind=lead.kind)
    keys = ("gap", "area", "street", *(f"people_{g}" for g in groups), *_GAPS)
    add_table(draft, table.only(*keys), rows=_GAP_ROWS)
    for plate in facts.plates_of("06"):
        draft.figure(plate.caption, plate.picture)


def _least(facts: Facts) -> str:
    return whole(facts.findings.study.gaps.min_people)


def _worst_values(facts: Facts, lead: KindSummary) -> dict[str, object]:
    coverage = facts.findings.coverage
    residents = coverage.residents[:-1, coverage.groups.index(coverage.lead_group)]
    below = coverage.people(lead.kind)[:-1] < 0.5 * residents
    low = int((below & ~facts.findings.cannot_say(lead.kind)[:-1]).sum())
    return {
        "kind": facts.kind(lead.kind), "area": clean_text(lead.worst_area),
        "share": percent(lead.worst_area_share), "low": low,
    }  # fmt: skip


def _causes_and_largest(draft: Draft, facts: Facts, gaps: Gaps) -> None:
    people = gaps.people[:, gaps.groups.index(facts.summary.group)]
    names = facts.findings.withheld_names(gaps.kind)
    held = np.array([area in names for area in gaps.areas], bool)
    cause = np.where(held, _NO_CAUSE, np.array(gaps.cause, object))
    said = []
    for name in (*CAUSES, _NO_CAUSE):
        if (cause == name).any():
            told = label(name, "cause", draft.language)
            values = {
                "cause": told if name != _NO_CAUSE else draft.text("report.gap_withheld"),
                "count": int((cause == name).sum()),
                "people": facts.people(float(people[cause == name].sum())),
            }  # fmt: skip
            said.append(draft.text("report.gap_cause", values))
    draft.say("report.gap_causes", {"causes": draft.text("report.semicolon").join(said)})
    named = []
    largest = np.flatnonzero(~held)[:_NAMED_GAPS].tolist()
    for row in largest:
        place = clean_text(gap_place(gaps.streets, gaps.apart, row, draft.language))
        values = {
            "id": gaps.ids[row], "area": clean_text(gaps.areas[row]) or facts.area(-1),
            "street": place, "people": facts.people(float(people[row])),
            "cause": cause_text(gaps, row, draft.language),
        }  # fmt: skip
        key = "report.gap_named_area" if place == MISSING else "report.gap_named"
        named.append(draft.text(key, values))
    if named:
        draft.say("report.gap_largest", {"gaps": draft.text("report.semicolon").join(named)})
    walks = [walk for row in largest if (walk := _walk(draft, facts, gaps, row))]
    if walks:
        draft.say("gaps.walks", {"walks": draft.text("report.semicolon").join(walks)})
    if held.any():
        draft.say("report.gaps_withheld", {"count": int(held.sum())})


def _walk(draft: Draft, facts: Facts, gaps: Gaps, gap: int) -> str:
    """Return the walk from the middle of a gap; empty where no way is known."""
    found = gaps.examples
    known = [n for n in found.of_gap(gap).tolist() if found.facility[n] >= 0]
    if not known:
        return ""
    row = known[0]
    steps = round(float(found.steps[row]))
    values = {
        "area": clean_text(found.areas[row]) or facts.area(-1), "id": gaps.ids[gap],
        "street": example_street(found, row, draft.language),
        "minutes": minutes(float(found.seconds[row]), draft.language),
    }  # fmt: skip
    if steps:
        return draft.text("gaps.walk_steps", {**values, "steps": f"{steps:,}"})
    return draft.text("gaps.walk", values)
