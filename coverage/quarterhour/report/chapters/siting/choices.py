"""What else could be done: each number of sites, near-best plans, an order, what demands cost."""

import numpy as np

from quarterhour.findings import PlanFinding
from quarterhour.maps.chart_parts import png_of
from quarterhour.maps.frontier_chart import frontier_chart
from quarterhour.report.aims import amount, matters, worse, worse_in
from quarterhour.report.build.talk import (
    aim_of,
    as_sentence,
    frontier_table,
    near_best_table,
    plain_unit,
    rule_name,
    rules_table,
    turned_down_table,
    unreachable_table,
)
from quarterhour.report.chapters.siting.headings import section
from quarterhour.report.columns import Table
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.pictures import picture_of
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import sentences
from quarterhour.siting.rulecost import ALL
from quarterhour.siting.talk import Frontier
from quarterhour.wording import percent, points, whole

_BOOK = "sites.xlsx"
_FRONTIER_ROWS = 9
_NEAR_ROWS = 6
_AREA_ROWS = 6
_FRONTIER = ("inside", "share", "status")


# --- each number of sites


def add_frontier(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Add what each number of sites, or sum of money, achieves: a chart and a short table."""
    frontier = finding.talk.frontier
    if frontier is None or np.isfinite(frontier.share).sum() < 2:
        return
    section(draft, facts, f"siteplan.h_frontier_{frontier.by}", finding)
    said = [_next_step(facts, finding, frontier), _open_points(facts, frontier)]
    said.append(draft.text("siteplan.see_frontier", {"table": draft.next_table}))
    draft.paragraph(sentences(facts, said))
    named = {"kind": facts.kind(finding.plan.kind)}
    chart = frontier_chart(facts.findings, draft.language, plan=number)
    if chart is not None:
        caption = draft.text(f"siteplan.f_frontier_{frontier.by}", named)
        draft.figure(caption, picture_of(png_of(chart)))
    table = frontier_table(facts.findings, draft.language, plan=number)
    keys = [table.columns[0].key]
    keys += [] if _frontier_aim(finding, frontier) == "people" else ["objective"]
    shown = _some(table, _rows(finding, frontier)).only(*keys, *_FRONTIER)
    add_table(draft, shown, caption=draft.text(f"siteplan.f_frontier_{frontier.by}", named))


def _rows(finding: PlanFinding, frontier: Frontier) -> list[int]:
    """Return which rows to print: evenly over all, the recommended and the next among them."""
    n = len(frontier.limit)
    if n <= _FRONTIER_ROWS + 3:
        return list(range(n))
    own = _own_row(finding, frontier)
    rows = {round(k) for k in np.linspace(0, n - 1, _FRONTIER_ROWS)}
    return sorted(rows | {k for k in (own, own + 1) if 0 <= k < n})


def _own_row(finding: PlanFinding, frontier: Frontier) -> int:
    """Return the point of what the question allows; -1 where it is not drawn."""
    plan = finding.plan
    asked = plan.sites_asked if plan.question != "fewest_sites" else plan.sites_needed
    if frontier.by == "money":
        budget = finding.table.budget
        asked = plan.cost if budget is None or budget.total is None else budget.total
        asked = plan.cost if plan.question == "fewest_sites" else asked
    found = np.flatnonzero(frontier.limit == (plan.sites_needed if asked is None else asked))
    return int(found[0]) if len(found) else -1


def _next_step(facts: Facts, finding: PlanFinding, frontier: Frontier) -> str:
    """Return what one step more than allowed would bring."""
    own = _own_row(finding, frontier)
    if own < 0 or own + 1 >= len(frontier.limit):
        return ""
    here, there = frontier.people_inside[own], frontier.people_inside[own + 1]
    if not (np.isfinite(here) and np.isfinite(there)):
        return ""
    more = float(there - here)
    steps = {"from": f"{int(frontier.limit[own]):,}", "to": f"{int(frontier.limit[own + 1]):,}"}
    name, aim = f"siteplan.step_{frontier.by}", _frontier_aim(finding, frontier)
    if aim != "people":
        change = float(frontier.objective[own + 1] - frontier.objective[own])
        lacks = worse_in(facts, aim, change if finding.plan.more_is_better else -change)
        return facts.words(f"{name}_other", {**steps, "worse": lacks})
    values = {
        **steps, "people": facts.people(more),
        "points": points(float(frontier.share[own + 1] - frontier.share[own]), facts.language),
    }  # fmt: skip
    return facts.words(name if more >= 0.5 else f"{name}_none", values)


def _open_points(facts: Facts, frontier: Frontier) -> str:
    """Return how many of the points are proven."""
    n, proven = len(frontier.limit), frontier.n_proven
    if proven == n:
        return facts.words("siteplan.points_proven", {"count": n})
    gaps = frontier.gap[np.isfinite(frontier.gap)]
    most = float(gaps.max()) if len(gaps) else 0.0
    values = {"count": n, "proven": proven, "gap": percent(np.ceil(most * 1e3) / 1e3)}
    return facts.words("siteplan.points_open", values)


# --- near-best plans


def add_near_best(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Add the near-best plans, and which sites are in all of them."""
    said = near_text(facts, finding)
    if not said:
        return
    section(draft, facts, "siteplan.h_near_best", finding)
    see = facts.words("siteplan.see_near_best", {"table": draft.next_table})
    draft.paragraph(sentences(facts, [said, see]))
    table = near_best_table(facts.findings, draft.language, plan=number)
    add_table(draft, table.only("rank", "without", "instead", "gained", "loss", "status"),
              rows=_NEAR_ROWS, book=_BOOK)  # fmt: skip


def near_text(facts: Facts, finding: PlanFinding) -> str:
    """Return which sites are in all of the near-best plans; empty where there are none."""
    near, plan = finding.talk.near_best, finding.plan
    if len(near.site_ids) < 2 or not plan.site_ids:
        return ""
    times = dict(zip(near.appears_ids, near.appears.tolist(), strict=True))
    count = len(near.site_ids)
    always = [site for site in plan.site_ids if times.get(site, 0) == count]
    values = {"count": count, "worse": worse(facts, finding, float(near.loss.max()))}
    said = [facts.words("siteplan.near_count", values)]
    if len(always) == plan.sites_needed:
        said.append(facts.words("siteplan.near_all"))
    elif always:
        said.append(facts.words("siteplan.near_always", {"sites": facts.join(always)}))
    rare = [site for site in plan.site_ids if 2 * times.get(site, 0) <= count]
    if rare:
        said.append(facts.words("siteplan.near_rare", {"sites": facts.join(rare)}))
    if float(near.loss.min()) < 0:
        said.append(facts.words("siteplan.near_better"))
    return sentences(facts, said)


# --- the order of building


def nesting_text(facts: Facts, finding: PlanFinding) -> str:
    """Return what it costs to build step by step and to take nothing away; empty without steps."""
    orders, frontier = finding.talk.nested, finding.talk.frontier
    if finding.talk.left_out:
        why = (facts.words(one.key, one.values) for one in finding.talk.left_out)
        return sentences(facts, [as_sentence(one, facts.language) for one in why])
    if not orders or frontier is None or len(orders[0].site_ids) < 2:
        return ""
    own = orders[0]
    known = np.isfinite(own.price)
    if not known.any():
        return ""
    price = np.where(known, own.price, 0.0)
    at = int(price.argmax())
    aim = _frontier_aim(finding, frontier)
    values = {"order": facts.join(list(own.site_ids)), "step": at + 1,
              "price": amount(facts, aim, float(price[at]))}  # fmt: skip
    none = not matters(aim, float(price[at]))
    said = [facts.words("siteplan.nested_free" if none else "siteplan.nested_price", values)]
    if not known.all():
        said.append(facts.words("siteplan.nested_unknown", {"count": int((~known).sum())}))
    if matters(aim, float((own.price_at_most - own.price)[known].max())):
        said.append(facts.words("siteplan.nested_open"))
    if len(orders) > 1 and not none:
        other = facts.join(list(orders[1].site_ids))
        said.append(facts.words("siteplan.nested_other", {"order": other}))
    return sentences(facts, said)


def _frontier_aim(finding: PlanFinding, frontier: Frontier) -> str:
    return aim_of(finding) if frontier.unit == finding.plan.unit else frontier.unit


# --- what demands cost


def add_demands(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Add what each demand costs, and each rule for premises."""
    shadow, costs = finding.talk.shadow, finding.rule_costs
    if not shadow.said and not costs:
        return
    section(draft, facts, "siteplan.h_demands", finding)
    if shadow.said:
        draft.say("siteplan.see_rules", {"table": draft.next_table})
        add_table(draft, rules_table(facts.findings, draft.language, plan=number))
    if not costs:
        return
    draft.paragraph(_dearest(draft, facts, finding))
    draft.say("siteplan.see_turned_down", {"table": draft.next_table})
    add_table(draft, turned_down_table(facts.findings, draft.language, plan=number))


def _dearest(draft: Draft, facts: Facts, finding: PlanFinding) -> str:
    """Return which rule for premises costs most, or that none costs anything."""
    single = [cost for cost in finding.rule_costs if cost.rule != ALL and np.isfinite(cost.gain)]
    if not single:
        return ""
    most = max(single, key=lambda cost: cost.gain)
    sure = all(cost.status == "optimal" for cost in single)
    if most.gain <= 1e-6:
        return draft.text("siteplan.rules_free" if sure else "siteplan.rules_free_open")
    values = {
        "rule": rule_name(most.rule, draft.language), "count": most.rejected,
        "worse": worse_in(facts, plain_unit(finding), most.gain),
    }  # fmt: skip
    return draft.text("siteplan.rules_dearest", values)


# --- who is out of reach


def add_out_of_reach(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Add whom no choice of sites brings inside, by area."""
    section(draft, facts, "siteplan.h_unreachable", finding)
    if finding.unreachable.people < 0.5:
        draft.say("siteplan.unreachable_none")
        return
    see = facts.words("siteplan.see_unreachable", {"table": draft.next_table})
    draft.paragraph(sentences(facts, [out_of_reach_text(facts, finding), see]))
    table = unreachable_table(facts.findings, draft.language, plan=number)
    add_table(draft, table, rows=_AREA_ROWS, book=_BOOK)


def out_of_reach_text(facts: Facts, finding: PlanFinding) -> str:
    """Return whom no choice of sites brings inside, and the limit that would do."""
    out = finding.unreachable
    if out.people < 0.5:
        return facts.words("siteplan.unreachable_none")
    values = {
        "people": facts.people(out.people), "whom": facts.whom,
        "share": percent(out.people / out.people_total if out.people_total > 0 else float("nan")),
    }  # fmt: skip
    said = [facts.words("siteplan.unreachable", values)]
    if len(out.step_s) and np.isfinite(out.limit_that_would_do_s):
        step = {"minutes": whole(float(out.step_s[0]) / 60.0),
                "people": facts.people(float(out.step_people[0])),
                "all": int(np.ceil(out.limit_that_would_do_s / 60.0))}  # fmt: skip
        said.append(facts.words("siteplan.limit_step", step))
    if out.people_beyond >= 0.5 and out.beyond_s > out.limit_s:
        beyond = {"people": facts.people(out.people_beyond),
                  "minutes": whole(out.beyond_s / 60.0)}  # fmt: skip
        said.append(facts.words("siteplan.beyond", beyond))
    return sentences(facts, said)


def _some(table: Table, rows: list[int]) -> Table:
    return Table(table.key, table.title, table.note, table.columns,
                 tuple(table.rows[row] for row in rows), table.total)  # fmt: skip
