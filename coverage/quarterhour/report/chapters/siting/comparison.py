"""The chapter that compares plans: effect, proof, alternatives, fairness, money, robustness."""

from dataclasses import replace
from itertools import compress

from quarterhour.findings import PlanFinding
from quarterhour.report.aims import matters, worse
from quarterhour.report.build import alternatives_table
from quarterhour.report.build.plan_parts import (
    led_table,
    moves_table,
    relief_table,
    scenarios_table,
    schedule_table,
)
from quarterhour.report.build.talk import aim_of, moves_only, stability_table
from quarterhour.report.chapters.siting.choices import (
    add_frontier,
    near_text,
    nesting_text,
    out_of_reach_text,
)
from quarterhour.report.chapters.siting.headings import section
from quarterhour.report.columns import Table, clean_text, joined_notes
from quarterhour.report.facts import (
    Facts,
    Spread,
    people_before_after,
    share_text,
    shares_before_after,
)
from quarterhour.report.official import comparison_table
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table, rows_with
from quarterhour.report.sentences import (
    cost_text,
    effect_text,
    fairness_text,
    proof_text,
    robust_text,
    sentences,
    was_tried,
)
from quarterhour.wording import percent, whole

_SHOWN_AREAS = 5
_LOW = 0.5
_CLOSE = 0.02
_COMPARED = ("plan", "replaced", "replaced_by", "gain", "less", "share_after", "proof")
_RELIEF_ROWS = 12
_OTHERS = 6
# A cell with so many commas is a list of names, for which a column of plans has no room.
_LISTED = 2


def add_comparison(draft: Draft, facts: Facts) -> None:
    """Add the comparison: plans side by side, numbers, fairness, money, robustness."""
    draft.chapter(draft.text("report.h_compare"))
    for number, finding in enumerate(facts.findings.plans):
        section(draft, facts, "advice.h_measures", finding)
        _measures(draft, facts, finding, number)
        section(draft, facts, "report.h_plans", finding)
        _plans(draft, facts, finding, number)
        add_frontier(draft, facts, finding, number)
        section(draft, facts, "report.h_fairness", finding)
        _fairness(draft, facts, finding)
        _special(draft, facts, finding, number)
        section(draft, facts, "report.h_order", finding)
        _order(draft, facts, finding, number)
        section(draft, facts, "report.h_robust", finding)
        _robust(draft, facts, finding, number)
        values = {"annex": draft.text("advice.h_details")}
        said = [near_text(facts, finding), out_of_reach_text(facts, finding)]
        draft.paragraph(sentences(facts, [*said, draft.text("advice.see_details", values)]))


def _measures(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Say what plans are compared by, and put them side by side."""
    names = ("reach", "fair", "cost", "sure", "site")
    values = {"how": facts.how, "whom": facts.whom}
    draft.say("advice.measures", {"count": len(names)})
    draft.listing([draft.text(f"advice.measure_{name}", values) for name in names], numbered=True)
    if not finding.plan.site_ids:
        return
    draft.say("advice.compared", {"table": draft.next_table})
    add_table(draft, _narrow(draft, comparison_table(facts.findings, number, draft.language)),
              once="part")  # fmt: skip


def _narrow(draft: Draft, table: Table) -> Table:
    """Return the rows that fit a page's columns; the workbook has those with lists of names."""
    comma = draft.text("report.join")
    fits = [all(text.count(comma) < _LISTED for text in row[3:]) for row in table.texts()]
    left = dict.fromkeys(
        clean_text(str(row[1])) for row, fit in zip(table.rows, fits, strict=True) if not fit
    )
    columns = tuple(
        replace(column, kind="code" if column.numeric else column.kind) for column in table.columns
    )
    note = table.note
    if left:
        more = draft.text("advice.long_rows", {"rows": comma.join(left)})
        note = joined_notes([note, more], draft.language)
    return replace(table, rows=tuple(compress(table.rows, fits)), columns=columns, note=note)


def _plans(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    plan = finding.plan
    draft.paragraph(effect_text(facts, finding))
    draft.paragraph(proof_text(facts, finding), tone="line")
    if plan.tie_break == "best found":
        draft.say("siteplan.ties_open")
    _fewer(draft, facts, finding)
    for short in plan.shortfalls:
        draft.paragraph(draft.text("siteplan.short", {"what": draft.text(short.key, short.values)}))
    _reachable(draft, finding)
    if not plan.alternatives:
        draft.say("report.compare_none")
        return
    if any(other.status != "optimal" for other in plan.alternatives):
        draft.say("report.alternatives_not_proven")
    found = {"table": draft.next_table, "count": len(plan.alternatives)}
    draft.say("report.compare_found", found)
    table = alternatives_table(facts.findings, draft.language, plan=number).only(*_COMPARED)
    kept = [True, *(not moves_only(finding, other.site_ids) for other in plan.alternatives)]
    if not all(kept):
        draft.say("siteplan.moves_others")
        table = replace(table, rows=tuple(compress(table.rows, kept)))
    add_table(draft, table, rows=_OTHERS, book="sites.xlsx")
    other = plan.alternatives[0].objective
    less = plan.objective - other if plan.more_is_better else other - plan.objective
    values = {"worse": worse(facts, finding, less)}
    if not plan.more_is_better or plan.objective <= 0 or not matters(aim_of(finding), less):
        draft.say("report.compare_other", values)
        return
    share = less / plan.objective
    if share <= _CLOSE:
        draft.say("report.compare_close", {**values, "share": f"{100 * _CLOSE:.0f}%"})
    else:
        draft.say("report.compare_apart", {**values, "share": percent(share)})


def _fewer(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    """Say why there are fewer sites than were allowed."""
    plan = finding.plan
    if plan.sites_asked is None or plan.sites_needed >= plan.sites_asked:
        return
    values = {"asked": facts.sites(plan.sites_asked), "needed": facts.sites(plan.sites_needed)}
    if plan.fewest_proven is not None and plan.question == "most_people":
        draft.say("report.fewer_needed", values)
    elif plan.status == "optimal":
        draft.say("report.fewer_used", values)


def _reachable(draft: Draft, finding: PlanFinding) -> None:
    plan = finding.plan
    could = plan.people_reachable - plan.people_before
    if could <= 0:
        return
    share = share_text(plan.people_reachable, plan.people_total)
    values = {
        "candidates": min(plan.candidates_considered, len(finding.screening.candidates)),
        "share": share, "part": percent(plan.people_gained / could),
    }  # fmt: skip
    draft.say("report.reachable", values)


def _fairness(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    spread = Spread.of(facts, finding)
    draft.paragraph(fairness_text(facts, finding))
    if spread.left_out:
        draft.say("report.left_out", {"count": spread.left_out})
    if len(spread.rows) < 2:
        return
    values = {
        "before": int((spread.before < _LOW).sum()),
        "after": int((spread.after < _LOW).sum()),
    }
    draft.say("report.fairness_low", values)
    draft.say("report.fairness_table", {"table": draft.next_table})
    headers = [
        draft.text("report.c_area"), draft.text("report.c_people", {"whom": facts.whom}),
        *(draft.text(f"report.c_{c}") for c in ("before", "after", "change")),
        draft.text("advice.c_left"),
    ]  # fmt: skip
    rows = [
        (facts.area(int(spread.rows[n])), whole(float(spread.people[n])),
         percent(float(spread.before[n])), percent(float(spread.after[n])),
         f"{100 * (spread.after[n] - spread.before[n]) + 0.0:.1f}",
         whole(float(spread.people[n] * (1.0 - spread.after[n]))))
        for n in range(min(_SHOWN_AREAS, len(spread.rows)))
    ]  # fmt: skip
    numeric = (False, True, True, True, True, True)
    draft.grid(draft.text("report.t_fairness"), headers, [*rows, _everybody(facts, finding)],
               numeric=numeric, totals=1)  # fmt: skip
    draft.say("report.fairness_alternatives")


def _everybody(facts: Facts, finding: PlanFinding) -> tuple[str, ...]:
    """Return the row of the whole study: those outside all areas, and areas left out, too."""
    total, (before, after) = finding.plan.people_total, shares_before_after(finding)
    left = total - people_before_after(finding)[1]
    return (facts.words("advice.v_everybody"), whole(total), percent(before), percent(after),
            f"{100 * (after - before) + 0.0:.1f}", whole(left))  # fmt: skip


def _special(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Add what only some questions have: places, closed facilities, centres."""
    plan = finding.plan
    if plan.served is not None:
        section(draft, facts, "siteplan.h_served", finding)
        full = [one for one in plan.served.relief if one.away_before >= 0.5]
        eased = [one for one in full if one.away_before - one.away_after >= 0.5]
        values = {"full": len(full), "eased": len(eased),
                  "people": facts.people(float(plan.served.relieved.sum()))}  # fmt: skip
        name = "relief_none" if not full else "relief" if eased else "relief_no"
        draft.say(f"siteplan.{name}", values)
        if full:
            draft.say("siteplan.see_relief", {"table": draft.next_table})
            table = relief_table(facts.findings, draft.language, plan=number)
            crowded = rows_with(table, "facility_id", [one.facility_id for one in full])
            add_table(draft, crowded, rows=_RELIEF_ROWS, book="sites.xlsx")
    if finding.moves is not None:
        section(draft, facts, "siteplan.h_moves", finding)
        table = moves_table(facts.findings, draft.language, plan=number)
        if table.rows:
            draft.say("siteplan.see_moves", {"table": draft.next_table})
            add_table(draft, table)
        draft.say("siteplan.moves_verify" if finding.moves.closed_ids else "siteplan.moves_none")
    if plan.led is not None and plan.site_ids:
        section(draft, facts, "siteplan.h_led", finding)
        draft.say("siteplan.see_led", {"table": draft.next_table})
        add_table(draft, led_table(facts.findings, draft.language, plan=number))
        if plan.led.new_centre_ids:
            values = {"centres": facts.join(list(plan.led.new_centre_ids))}
            draft.say("siteplan.new_centres", values)


def _order(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    plan = finding.plan
    if plan.phases is not None:
        draft.say("siteplan.see_schedule", {"table": draft.next_table})
        add_table(draft, schedule_table(facts.findings, draft.language, plan=number))
    elif plan.sites_needed >= 2 and plan.people_gained > 0:
        half = (plan.sites_needed + 1) // 2
        share = float(plan.cumulative_people[half - 1]) / plan.people_gained
        draft.say("report.order", {"half": half, "share": percent(share)})
    draft.paragraph(nesting_text(facts, finding))
    cost = cost_text(facts, finding)
    draft.paragraph(cost)
    draft.say("report.cost_stated" if cost else "report.cost_missing")


def _robust(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Add how the plan holds: scenarios, or other assumptions one at a time."""
    said = [robust_text(facts, finding)]
    if finding.plan.robust is not None:
        said.append(draft.text("siteplan.see_scenarios", {"table": draft.next_table}))
        draft.paragraph(sentences(facts, said))
        add_table(draft, scenarios_table(facts.findings, draft.language, plan=number))
        return
    if not was_tried(finding):
        draft.say("report.robust_missing")
        return
    said.append(draft.text("siteplan.see_stability", {"table": draft.next_table}))
    draft.paragraph(sentences(facts, said))
    add_table(draft, stability_table(facts.findings, draft.language, plan=number))
