"""Sentences on a plan that the summary and the chapters share: each is written here once."""

import math

import numpy as np

from quarterhour.findings import PlanFinding
from quarterhour.report.aims import at_best, better, limits, matters, tried_aim, worse_in
from quarterhour.report.build.talk import variant_text
from quarterhour.report.facts import (
    Facts,
    Spread,
    gap_text,
    people_before_after,
    shares_before_after,
)
from quarterhour.wording import minutes, percent, points

_ROUNDED = ("people", "merit", "people_years")


def proof_text(facts: Facts, finding: PlanFinding, *, rounding: bool = True) -> str:
    """Return the line on optimality: proven, or how far at most from the best.

    ``rounding`` adds what whole numbers of people change; the first page has no room for it.
    """
    plan, words = finding.plan, facts.words
    values = {"limits": limits(facts, finding), "better": better(facts, finding)}
    if plan.status == "optimal":
        said = [words("report.proof_optimal", values)]
        if rounding and plan.unit in _ROUNDED:
            most = math.ceil(100.0 * plan.rounding - 1e-9) / 100.0
            said.append(words("report.proof_rounding", {"rounding": f"{most:.2f}"}))
        return sentences(facts, said)
    why = words("report.proof_interrupted" if plan.interrupted else "report.proof_stopped")
    if not (math.isfinite(plan.bound) and math.isfinite(plan.gap)):
        return words("report.proof_open", {**values, "why": why})
    more = {"gap": gap_text(plan.gap), "best": at_best(facts, finding), "why": why}
    return words("report.proof_gap", values | more)


def effect_text(facts: Facts, finding: PlanFinding) -> str:
    """Return the sentences on what the plan does: to coverage, and to what was asked for."""
    plan = finding.plan
    if not plan.site_ids and (finding.moves is None or not finding.moves.closed_ids):
        return none_text(facts, finding)
    before, after = shares_before_after(finding)
    inside, then = people_before_after(finding)
    values = {
        "sites": facts.sites(plan.sites_needed), "whom": facts.whom,
        "gained": facts.people(abs(then - inside)), "before": percent(before),
        "after": percent(after), "points": points(abs(after - before), facts.language),
    }  # fmt: skip
    key = "report.effect" if then - inside >= 0.5 else "report.effect_same"
    key = "report.effect_fewer" if inside - then >= 0.5 else key
    return sentences(facts, [facts.words(key, values), special_text(facts, finding)])


def special_text(facts: Facts, finding: PlanFinding) -> str:
    """Return what a plan does to what was asked for beside coverage; empty for most people."""
    parts = (_asked, _walks, _served, _years, _scenarios, _moved)
    return sentences(facts, [part(facts, finding) for part in parts])


def none_text(facts: Facts, finding: PlanFinding) -> str:
    """Return why no site is recommended."""
    plan = finding.plan
    name = "effect_none"
    if plan.status != "optimal":
        name = "effect_none_open"
    elif plan.question == "fewest_sites":
        name = "effect_none_reached"
    elif plan.people_reachable - plan.people_before >= 0.5 or plan.question != "most_people":
        name = "effect_none_asked"
    return facts.words(f"report.{name}")


def recommend_text(facts: Facts, finding: PlanFinding) -> str:
    """Return the sentence that names the recommended sites, and what closes."""
    plan = finding.plan
    if not plan.site_ids:
        said = [none_text(facts, finding)]
    else:
        names = [facts.site(finding, site) for site in plan.site_ids]
        if plan.phases is not None:
            opens = [plan.phases.years[int(at)] for at in plan.phases.opens]
            names = [
                facts.words("siteplan.site_in", {"site": name, "year": year})
                for name, year in zip(names, opens, strict=True)
            ]
        values = {
            "kind": facts.kind(plan.kind), "sites": facts.sites(plan.sites_needed),
            "names": facts.join(names),
        }  # fmt: skip
        said = [facts.words("report.recommend", values)]
    if finding.moves is not None and finding.moves.closed_ids:
        closed = [facts.facility(one) for one in finding.moves.closed_ids]
        said.append(facts.words("siteplan.closes", {"names": facts.join(closed)}))
    return sentences(facts, said)


def fairness_text(facts: Facts, finding: PlanFinding) -> str:
    """Return the sentences on the least covered area, before and after."""
    spread = Spread.of(facts, finding)
    if len(spread.rows) == 0:
        return ""
    first, last = spread.worst_before, spread.worst_after
    same = spread.rows[first] == spread.rows[last]
    change = spread.after[last] - spread.before[first]
    unchanged = same and abs(change) < 5e-4
    values = {
        "before_area": facts.area(int(spread.rows[first])),
        "before": percent(float(spread.before[first])),
        "after_area": facts.area(int(spread.rows[last])),
        "after": percent(float(spread.after[last])),
    }
    if unchanged:
        said = facts.words("report.fair_same", values)
    else:
        raised = same and change > 0
        said = facts.words("report.fair_raised" if raised else "report.fair_moved", values)
    offered = finding.screening.candidates.area_index
    if unchanged and not (offered == spread.rows[first]).any():
        tail = facts.words("report.fair_no_candidate", {"area": values["before_area"]})
        said = sentences(facts, [said, tail])
    return said


def robust_text(facts: Facts, finding: PlanFinding) -> str:
    """Return in short how the plan holds under other assumptions; what was not tried says so."""
    plan, tried = finding.plan, finding.stability
    if plan.robust is not None:
        return _scenarios(facts, finding)
    if tried is None or not was_tried(finding):
        return facts.words("report.robust_missing")
    answered = np.isfinite(tried.best)
    stays = tried.stays[answered]
    always = int(stays.all(axis=0).sum())
    values = {"tried": int(answered.sum()), "sites": facts.sites(plan.sites_needed),
              "always": always}  # fmt: skip
    key = "siteplan.stays_all" if always == plan.sites_needed else "siteplan.stays_some"
    said = [facts.words(key, values), _regret(facts, finding)]
    unsure = sum(status in ("within gap", "time limit") for status in tried.status)
    if unsure:
        said.append(facts.words("siteplan.stays_unsure", {"count": unsure}))
    if not answered.all():
        said.append(facts.words("siteplan.stays_impossible", {"count": int((~answered).sum())}))
    return sentences(facts, said)


def _regret(facts: Facts, finding: PlanFinding) -> str:
    """Return how much the plan, kept as it is, falls short of the best under other assumptions."""
    tried, plan = finding.stability, finding.plan
    if tried is None:
        return ""
    answered = np.isfinite(tried.best)
    misses = int((answered & np.isinf(tried.kept)).sum())
    if misses:
        return facts.words("siteplan.regret_misses", {"count": misses})
    sign = 1.0 if plan.more_is_better else -1.0
    loss = np.where(answered, sign * (tried.best - tried.kept), -np.inf)
    at = int(loss.argmax())
    aim = tried_aim(finding)
    key = "siteplan.regret" if matters(aim, float(loss[at])) else "siteplan.regret_none"
    values = {"variant": variant_text(tried.names[at], facts.language),
              "worse": worse_in(facts, aim, float(loss[at]))}  # fmt: skip
    return facts.words(key, values)


def was_tried(finding: PlanFinding) -> bool:
    """Return whether it is known how a plan holds under other assumptions."""
    tried, plan = finding.stability, finding.plan
    if plan.robust is not None:
        return True
    # Somebody who changed a plan afterwards has not tried the changed one.
    fits = tried is not None and 0 < plan.sites_needed == tried.stays.shape[1]
    return fits and tried is not None and bool(np.isfinite(tried.best).any())


def sentences(facts: Facts, parts: list[str]) -> str:
    """Return sentences in a row, with blanks between them where the language has blanks."""
    return ("" if facts.language == "zh" else " ").join(part for part in parts if part)


def incomplete_sites(finding: PlanFinding) -> int:
    """Return how many recommended sites have premises with something unknown."""
    kept = finding.screening.candidates
    rows = finding.plan.chosen.tolist()
    return sum(bool(kept.to_verify[row]) and not kept.generated[row] for row in rows)


def made_sites(finding: PlanFinding) -> int:
    """Return how many recommended sites are points on a street, without premises."""
    return int(finding.screening.candidates.generated[finding.plan.chosen].sum())


def cost_text(facts: Facts, finding: PlanFinding) -> str:
    """Return what the plan costs as far as the study says it; empty where it does not."""
    plan, words = finding.plan, facts.words
    phases = plan.phases
    if not np.isfinite(finding.cost):
        return ""
    if phases is not None and (phases.build_spent.any() or phases.budget is not None):
        values = {"build": f"{int(phases.build_spent.sum()):,}",
                  "running": f"{int(phases.running_spent.sum()):,}"}  # fmt: skip
        return words("siteplan.cost_years", values)
    return words("siteplan.cost_once", {"cost": f"{finding.cost:,.0f}"})


def walk_text(facts: Facts, finding: PlanFinding, seconds: float) -> str:
    """Return a walk in minutes; one that the times do not tell apart is over their end."""
    cap_s = finding.unreachable.beyond_s
    if seconds >= cap_s:
        return facts.words("siteplan.over", {"minutes": f"{cap_s / 60.0:.0f}"})
    return minutes(seconds, facts.language)


# --- what was asked for, beside coverage


def _asked(facts: Facts, finding: PlanFinding) -> str:
    """Return the share that was asked for and those reached: of all, and of the reachable."""
    plan, table = finding.plan, finding.table
    if plan.question != "fewest_sites" or plan.people_total <= 0:
        return ""
    of = facts.words(f"siteplan.of_{table.share_of}")
    values = {"asked": percent(table.share), "of": of, "whom": facts.whom}
    if plan.served is not None:
        share = percent(plan.served.people_after / plan.people_total)
        return facts.words("siteplan.asked_served", {**values, "all": share})
    reach = plan.people_reachable
    more = {
        "all": percent(plan.people_after / plan.people_total), "people": facts.people(reach),
        "reachable": percent(plan.people_after / reach if reach > 0 else float("nan")),
    }  # fmt: skip
    return facts.words("siteplan.asked_share", values | more)


def _walks(facts: Facts, finding: PlanFinding) -> str:
    """Return the mean walk, and the longest, before and after, where walking was asked about."""
    plan = finding.plan
    if plan.unit not in ("person_seconds", "seconds"):
        return ""
    saved = (plan.walk_before_s - plan.walk_after_s) * plan.people_total / 3600.0
    values = {
        "kind": facts.kind(plan.kind), "before": minutes(plan.walk_before_s, facts.language),
        "after": minutes(plan.walk_after_s, facts.language),
        "cap": f"{finding.unreachable.beyond_s / 60.0:.0f}",
    }  # fmt: skip
    # Where facilities close, walks before are those to the ones that stay.
    moving = finding.moves is not None
    if moving:
        said = [facts.words("siteplan.walk_mean_kept", values)]
    else:
        said = [facts.words("siteplan.walk_mean", {**values, "hours": f"{saved:,.0f}"})]
    if plan.unit == "seconds":
        longest = {"before": walk_text(facts, finding, plan.longest_before_s),
                   "after": walk_text(facts, finding, plan.longest_after_s)}  # fmt: skip
        same = longest["before"] == longest["after"]
        key = "siteplan.walk_longest_same" if same else "siteplan.walk_longest"
        key = "siteplan.walk_longest_then" if moving else key
        said.insert(0, facts.words(key, longest))
    return sentences(facts, said)


def _served(facts: Facts, finding: PlanFinding) -> str:
    """Return who is served before and after, and how many overfull facilities are relieved."""
    served = finding.plan.served
    if served is None or served.people_total <= 0:
        return ""
    values = {
        "whom": facts.whom, "before": facts.people(served.people_before),
        "after": facts.people(served.people_after),
        "share_before": percent(served.people_before / served.people_total),
        "share_after": percent(served.people_after / served.people_total),
        "away": facts.people(served.reached_unserved_before),
        "away_after": facts.people(served.reached_unserved_after),
    }  # fmt: skip
    same = values["away"] == values["away_after"]
    return facts.words("siteplan.served_same" if same else "siteplan.served", values)


def _years(facts: Facts, finding: PlanFinding) -> str:
    """Return what opens when, and what planning year by year costs."""
    phases = finding.plan.phases
    if phases is None:
        return ""
    opened = [
        facts.words("siteplan.year_sites", {"year": year, "sites": facts.sites(int(count))})
        for year, count in zip(phases.years, phases.opened, strict=True)
        if count
    ]
    values = {
        "opened": facts.join(opened), "year": phases.years[-1],
        "last": facts.people(phases.last_year_people),
    }  # fmt: skip
    said = [facts.words("siteplan.years", values)] if opened else []
    most = {"people": facts.people(phases.unphased_people), "gap": gap_text(phases.gap_to_unphased)}
    if finding.table.weights:
        key = "siteplan.unphased_weighed"
    else:
        key = "siteplan.unphased" if phases.unphased_proven else "siteplan.unphased_open"
    if phases.gap_to_unphased <= 5e-5:
        key = "siteplan.unphased_same"
    return sentences(facts, [*said, facts.words(key, most)])


def _scenarios(facts: Facts, finding: PlanFinding) -> str:
    """Return what the plan does in each scenario: the range, and the worst."""
    robust = finding.plan.robust
    if robust is None:
        return ""
    total = np.maximum(robust.people_total, 1e-9)
    before = robust.people_before / total
    after = (robust.people_before + robust.people_gained) / total
    at = robust.worst
    values = {
        "count": len(robust.names), "low": percent(float(after.min())),
        "high": percent(float(after.max())), "before": percent(float(before[at])),
        "after": percent(float(after[at])),
        "name": variant_text(robust.names[at], facts.language),
    }  # fmt: skip
    return facts.words("siteplan.scenarios", values)


def _moved(facts: Facts, finding: PlanFinding) -> str:
    """Return who gains and who loses where existing facilities close."""
    moves = finding.moves
    if moves is None:
        return ""
    values = {
        "closed": len(moves.closed_ids), "most": finding.table.close_at_most,
        "gained": facts.people(moves.people_gained), "lost": facts.people(moves.people_lost),
    }  # fmt: skip
    return facts.words("siteplan.moved" if moves.closed_ids else "siteplan.moved_none", values)
