"""Chapters 3, 4 and 6 of the report: candidates, plans compared, the recommendation and why.

Each chapter goes through the study's questions; where there is more than one, headings name the
kind.
"""

from collections import Counter

import numpy as np

from quarterhour.findings import PlanFinding
from quarterhour.presets import Preset
from quarterhour.report.build import alternatives_table, screening_table, sites_table
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts, Spread, gap_text, share_text, shares_before_after
from quarterhour.report.outline import Draft, Paragraph
from quarterhour.report.print_table import add_table, rows_with
from quarterhour.report.sentences import (
    effect_text,
    fairness_text,
    incomplete_sites,
    proof_text,
    sentences,
)
from quarterhour.wording import label, percent, points, whole

_SHOWN_AREAS = 5
_SCREENED_ROWS = 40
_LOW = 0.5
_CLOSE = 0.02
_SCREENED = ("site_id", "premises", "area", "floor_area", "storey", "lift", "tenure")
_COMPARED = ("plan", "replaced", "replaced_by", "gain", "less", "share_after", "proof")
_SITES = ("order", "site_id", "premises", "area", "gain", "cumulative", "share_after",
          "loss_if_vetoed", "stands_in")  # fmt: skip


def _heading(facts: Facts, text: str, finding: PlanFinding) -> str:
    if len(facts.findings.plans) == 1:
        return text
    values = {"kind": facts.kind(finding.plan.kind), "text": text}
    return facts.words("report.of_kind", values)


# --- candidates


def add_candidates(draft: Draft, facts: Facts) -> None:
    """Add the candidates: where they come from, the rules, who fell, who passed."""
    draft.chapter(draft.text("report.h_candidates"))
    for number, finding in enumerate(facts.findings.plans):
        draft.section(_heading(facts, draft.text("report.h_screening"), finding))
        _screening_rules(draft, facts, finding)
        draft.section(_heading(facts, draft.text("report.h_rejected"), finding))
        _rejected(draft, facts, finding, number)
        draft.section(_heading(facts, draft.text("report.h_accepted"), finding))
        draft.say("report.accepted_table", {"table": draft.next_table})
        table = screening_table(facts.findings, draft.language, plan=number)
        kept = rows_with(table, "site_id", finding.screening.candidates.ids)
        accepted = kept.only(*_SCREENED, "verdict")
        add_table(draft, accepted, rows=_SCREENED_ROWS, caption=draft.text("report.t_accepted"))


def _screening_rules(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    screening, kind = finding.screening, finding.plan.kind
    offered = {"file": clean_text(finding.table.candidates), "count": screening.n_premises}
    draft.say("report.premises_source", offered)
    if screening.rules:
        draft.say("report.rules")
        draft.listing([_rule(draft, rule) for rule in screening.rules], numbered=True)
    if kind != "canteen" and any(r.source.startswith("SPB-canteen") for r in screening.rules):
        draft.say("report.rules_model", {"kind": facts.kind(kind)})
    draft.say("report.rule_unknown")
    values = {
        "accepted": len(screening.candidates), "to_verify": screening.n_to_verify,
        "rejected": len(screening.rejected),
    }  # fmt: skip
    draft.say("report.screened" if screening.n_to_verify else "report.screened_clear", values)


def _rule(draft: Draft, rule: Preset) -> str:
    values = {"name": rule.name, "value": f"{rule.value:g}", "unit": rule.unit}
    key = f"report.rule_{rule.name}"
    said = draft.text(key if draft.text.has(key) else "report.rule_other", values)
    document = "report.doc_" + rule.source.partition(":")[0].lower().replace("-", "_")
    named = draft.text(document) if draft.text.has(document) else rule.source_in(draft.language)
    status = label(rule.status, "status", draft.language)
    return draft.text("report.rule", {"rule": said, "status": status, "source": named})


def _rejected(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    rejected = finding.screening.rejected
    if not rejected:
        draft.say("report.rejected_none")
        return
    counts = Counter(fault.key.partition(".")[2] for r in rejected for fault in r.reasons)
    said = []
    for reason, count in counts.items():
        key = f"report.reason_{reason}"
        known = draft.text.has(key)
        said.append(draft.text(key if known else "report.reason_other", {"count": count}))
    draft.say("report.rejected_why", {"reasons": draft.text("report.semicolon").join(said)})
    draft.say("report.rejected_table", {"table": draft.next_table})
    table = screening_table(facts.findings, draft.language, plan=number)
    fell = rows_with(table, "site_id", [r.id for r in rejected])
    fell = fell.only("site_id", "premises", "area", "reasons")
    add_table(draft, fell, rows=_SCREENED_ROWS, caption=draft.text("report.t_rejected"))


# --- comparing


def add_comparison(draft: Draft, facts: Facts) -> None:
    """Add the comparison: plans side by side, fairness, order of building, robustness."""
    draft.chapter(draft.text("report.h_compare"))
    for number, finding in enumerate(facts.findings.plans):
        draft.section(_heading(facts, draft.text("report.h_plans"), finding))
        _plans(draft, facts, finding, number)
        draft.section(_heading(facts, draft.text("report.h_fairness"), finding))
        _fairness(draft, facts, finding)
        draft.section(_heading(facts, draft.text("report.h_order"), finding))
        _order(draft, finding)
    draft.section(draft.text("report.h_robust"))
    draft.say("report.robust_missing")


def _plans(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    plan = finding.plan
    draft.paragraph(effect_text(facts, finding))
    if plan.site_ids:
        draft.paragraph(proof_text(facts, finding), tone="line")
    if plan.sites_needed < plan.sites_asked:
        values = {"asked": facts.sites(plan.sites_asked), "needed": facts.sites(plan.sites_needed)}
        draft.say("report.fewer_needed", values)
    _reachable(draft, plan.people_reachable, finding)
    if len(plan.alternatives) < 2:
        draft.say("report.compare_few", {"count": len(plan.alternatives)})
    if not plan.alternatives:
        return
    if any(other.status != "optimal" for other in plan.alternatives):
        draft.say("report.alternatives_not_proven")
    found = {"table": draft.next_table, "count": len(plan.alternatives)}
    draft.say("report.compare_found", found)
    table = alternatives_table(facts.findings, draft.language, plan=number).only(*_COMPARED)
    add_table(draft, table)
    less = plan.people_gained - plan.alternatives[0].people_gained
    share = less / plan.people_gained if plan.people_gained > 0 else 0.0
    fewer = {"people": facts.people(less)}
    if share <= _CLOSE:
        draft.say("report.compare_close", {**fewer, "share": f"{100 * _CLOSE:.0f}%"})
    else:
        draft.say("report.compare_apart", {**fewer, "share": percent(share)})


def _reachable(draft: Draft, reachable: float, finding: PlanFinding) -> None:
    plan = finding.plan
    could = reachable - plan.people_before
    if could <= 0:
        return
    values = {
        "candidates": plan.candidates_considered, "share": share_text(reachable, plan.people_total),
        "part": percent(plan.people_gained / could),
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
    ]  # fmt: skip
    rows = [
        (facts.area(int(spread.rows[n])), whole(float(spread.people[n])),
         percent(float(spread.before[n])), percent(float(spread.after[n])),
         f"{100 * (spread.after[n] - spread.before[n]) + 0.0:.1f}")
        for n in range(min(_SHOWN_AREAS, len(spread.rows)))
    ]  # fmt: skip
    numeric = (False, True, True, True, True)
    draft.grid(draft.text("report.t_fairness"), headers, rows, numeric=numeric)
    draft.say("report.fairness_alternatives")


def _order(draft: Draft, finding: PlanFinding) -> None:
    plan = finding.plan
    if plan.sites_needed >= 2 and plan.people_gained > 0:
        half = (plan.sites_needed + 1) // 2
        share = float(plan.cumulative_people[half - 1]) / plan.people_gained
        draft.say("report.order", {"half": half, "share": percent(share)})
    draft.say("report.cost_missing")


# --- the recommendation


def add_recommendation(draft: Draft, facts: Facts) -> None:
    """Add the recommendation: the sites, why each, why not the others, all in one table."""
    draft.chapter(draft.text("report.h_recommended"))
    for number, finding in enumerate(facts.findings.plans):
        plan = finding.plan
        values = {"kind": facts.kind(plan.kind), "sites": facts.sites(plan.sites_needed)}
        if not plan.site_ids:
            draft.say("report.conclude_none", values)
            continue
        draft.say("report.conclude", values)
        draft.say("report.sites_table", {"table": draft.next_table})
        add_table(draft, sites_table(facts.findings, draft.language, plan=number).only(*_SITES))
        for plate in facts.plates_of("08")[number : number + 1]:
            draft.figure(plate.caption, plate.picture)
        draft.section(_heading(facts, draft.text("report.h_why"), finding))
        draft.listing([_why(facts, finding, at) for at in range(len(plan.site_ids))], numbered=True)
        _replaceable(draft, facts, finding)
        draft.section(_heading(facts, draft.text("report.h_against"), finding))
        _against(draft, facts, finding)
        draft.section(_heading(facts, draft.text("report.h_argued"), finding))
        _argued(draft, facts, finding)


def _why(facts: Facts, finding: PlanFinding, at: int) -> Paragraph:
    plan, words = finding.plan, facts.words
    gain, alone = float(plan.gain_people[at]), float(plan.unique_people[at])
    values = {
        "gain": facts.people(gain), "cumulative": facts.people(float(plan.cumulative_people[at])),
        "unique": facts.people(alone),
    }  # fmt: skip
    said = [words("report.why_gain" if at else "report.why_gain_first", values)]
    only = abs(gain - alone) < 0.5
    said.append(words("report.why_unique_all" if only else "report.why_unique", values))
    said += _loss(facts, finding, at)
    said.append(words("report.why_premises", _premises(facts, finding, at)))
    doubts = finding.screening.candidates.to_verify[int(plan.chosen[at])]
    if doubts:
        what = words("report.semicolon").join(words(d.key, d.values) for d in doubts)
        said.append(words("report.why_verify", {"what": what}))
    area = int(finding.premises.area_index[int(finding.chosen[at])])
    if facts.findings.cannot_say(plan.kind)[area]:
        said.append(words("report.why_cannot_say"))
    return Paragraph(sentences(facts, said), lead=facts.site(finding, plan.site_ids[at]))


def _loss(facts: Facts, finding: PlanFinding, at: int) -> list[str]:
    plan, words = finding.plan, facts.words
    if plan.veto_status[at] == "must":
        return [words("report.why_must")]
    others = [site for site in plan.runner_up[at] if site not in plan.site_ids]
    values = {"loss": facts.people(float(plan.loss_if_vetoed[at])), "other": facts.join(others)}
    said = [words("report.why_loss" if others else "report.why_loss_none", values)]
    if plan.veto_status[at] != "optimal":
        said.append(words("report.why_loss_open"))
    return said


def _premises(facts: Facts, finding: PlanFinding, at: int) -> dict[str, object]:
    row, premises = int(finding.chosen[at]), finding.premises
    missing = facts.missing()
    area, storey = float(premises.floor_area_m2[row]), float(premises.storey[row])
    lift = int(premises.lift[row])
    return {
        "floor_area": missing if np.isnan(area) else f"{area:,g}",
        "storey": missing if np.isnan(storey) else f"{storey:g}",
        "lift": missing if lift < 0 else facts.words("report.yes" if lift else "report.no"),
        "tenure": clean_text(premises.tenure[row]) or missing,
    }


def _replaceable(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    plan = finding.plan
    known = np.flatnonzero(np.isfinite(plan.loss_if_vetoed))
    if len(known) < 2:
        return
    order = known[np.argsort(plan.loss_if_vetoed[known], kind="stable")]
    easy, hard = int(order[0]), int(order[-1])
    said = [
        facts.words(key, {"site": plan.site_ids[at],
                          "loss": facts.people(float(plan.loss_if_vetoed[at]))})
        for key, at in (("report.hardest_to_replace", hard), ("report.easiest_to_replace", easy))
    ]  # fmt: skip
    draft.paragraph(sentences(facts, said))


def _against(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    plan = finding.plan
    items = []
    for number, other in enumerate(plan.alternatives[:3], start=1):
        out = [site for site in plan.site_ids if site not in other.site_ids]
        into = [site for site in other.site_ids if site not in plan.site_ids]
        swap = {"out": facts.join(out), "into": facts.join(into)}
        key = "report.r_swap" if out and into else "report.r_only_out"
        values = {
            "number": number, "swap": draft.text(key, swap), "site": facts.join(out),
            "people": facts.people(plan.people_gained - other.people_gained),
        }  # fmt: skip
        alone = len(out) == 1
        items.append(draft.text("report.against" if alone else "report.against_plain", values))
    if not items:
        draft.say("report.against_none")
    draft.listing(items)
    if finding.screening.rejected:
        draft.say("report.against_rejected", {"count": len(finding.screening.rejected)})


def _argued(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    plan, text = finding.plan, draft.text
    before, after = shares_before_after(finding)
    cover = {"before": percent(before), "after": percent(after),
             "points": points(after - before, draft.language)}  # fmt: skip
    proven = plan.status == "optimal"
    proof = text("report.a_proof_optimal" if proven else "report.a_proof_gap",
                 {"gap": gap_text(plan.gap)})  # fmt: skip
    unknown = incomplete_sites(finding)
    premises = text("report.a_premises_text" if unknown else "report.a_premises_all",
                    {"count": unknown})  # fmt: skip
    rows = [
        ("cover", text("report.a_cover_text", cover), "recount"),
        ("proof", proof, "bound"),
        ("fair", fairness_text(facts, finding), "areas"),
        ("premises", premises, "premises"),
        ("comply", text("report.to_verify"), "compliance"),
        ("cost", facts.missing(), ""),
        ("robust", text("report.a_robust_text"), ""),
    ]
    draft.grid(
        text("report.t_argued"),
        [text(f"report.c_{c}") for c in ("argument", "conclusion", "source")],
        [(text(f"report.a_{name}"), said.rstrip("。."), text(f"report.b_{basis}") if basis else "—")
         for name, said, basis in rows],
        numeric=(False,) * 3,
    )  # fmt: skip
