"""The chapter on the recommendation: the sites, why each, why not the others, all in one table."""

import numpy as np

from quarterhour.findings import PlanFinding
from quarterhour.report.aims import matters, worse
from quarterhour.report.build import sites_table
from quarterhour.report.build.talk import aim_of, moves_only, swapped
from quarterhour.report.chapters.siting.headings import section
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.official import argument_table
from quarterhour.report.outline import Draft, Paragraph
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import (
    none_text,
    proof_text,
    recommend_text,
    sentences,
)
from quarterhour.wording import MISSING

_SITES = ("order", "site_id", "premises", "area", "gain")
_REST = ("share_after", "loss_if_vetoed", "stands_in")
_AGAINST = 3
_EXTRA = ("opens", "build_cost", "served_here", "led_by")


def add_recommendation(draft: Draft, facts: Facts) -> None:
    """Add the recommendation: the sites, why each, why not the others, all in one table."""
    draft.chapter(draft.text("report.h_recommended"))
    for number, finding in enumerate(facts.findings.plans):
        plan = finding.plan
        values = {"kind": facts.kind(plan.kind), "sites": facts.sites(plan.sites_needed)}
        if not plan.site_ids:
            draft.paragraph(none_text(facts, finding))
            draft.paragraph(proof_text(facts, finding), tone="line")
            if plan.question != "fewest_sites" and plan.status == "optimal":
                draft.say("report.conclude_none", values)
            continue
        see = draft.text("report.sites_table", {"table": draft.next_table})
        draft.paragraph(sentences(facts, [recommend_text(facts, finding), see]))
        table = sites_table(facts.findings, draft.language, plan=number)
        there = [column.key for column in table.columns]
        extra = [key for key in _EXTRA if key in there]
        # By year, money stands in the table of years; ten columns leave no room for ids.
        extra = [key for key in extra if key != "build_cost" or "opens" not in extra]
        # Where there is more to say the sum of gains gives way: the share says the same.
        more = extra or ["cumulative"]
        add_table(draft, table.only(*_SITES, *more, *_REST))
        for plate in facts.plates_of("08")[number : number + 1]:
            draft.figure(plate.caption, plate.picture)
        section(draft, facts, "report.h_why", finding)
        draft.listing([_why(facts, finding, at) for at in range(len(plan.site_ids))], numbered=True)
        _replaceable(draft, facts, finding)
        section(draft, facts, "report.h_against", finding)
        _against(draft, facts, finding)
        section(draft, facts, "report.h_argued", finding)
        _argued(draft, facts, finding, number)


def _why(facts: Facts, finding: PlanFinding, at: int) -> Paragraph:
    plan, words = finding.plan, facts.words
    gain, alone = float(plan.gain_people[at]), float(plan.unique_people[at])
    values = {
        "gain": facts.people(gain), "cumulative": facts.people(float(plan.cumulative_people[at])),
        "unique": facts.people(alone),
    }  # fmt: skip
    said = []
    if plan.phases is not None:
        year = plan.phases.years[int(plan.phases.opens[at])]
        said.append(words("siteplan.why_year", {"year": year}))
    if gain < 0.5:
        said.append(words("report.why_gain_none"))
    else:
        said.append(words("report.why_gain" if at else "report.why_gain_first", values))
        only = abs(gain - alone) < 0.5
        said.append(words("report.why_unique_all" if only else "report.why_unique", values))
    if plan.served is not None:
        here = facts.people(float(plan.served.by_site[at]))
        said.append(words("siteplan.why_served", {"people": here}))
    said += _loss(facts, finding, at)
    said += _premises_text(facts, finding, at)
    doubts = finding.screening.candidates.to_verify[int(plan.chosen[at])]
    made = finding.screening.candidates.generated[int(plan.chosen[at])]
    if doubts and not made:
        what = words("report.semicolon").join(words(d.key, d.values) for d in doubts)
        said.append(words("report.why_verify", {"what": what}))
    area = int(finding.premises.area_index[int(finding.chosen[at])])
    if facts.findings.cannot_say(plan.kind)[area]:
        said.append(words("report.why_cannot_say"))
    return Paragraph(sentences(facts, said), lead=facts.site(finding, plan.site_ids[at]))


def _loss(facts: Facts, finding: PlanFinding, at: int) -> list[str]:
    plan, words = finding.plan, facts.words
    status = plan.veto_status[at]
    if status == "must":
        return [words("report.why_must")]
    if status == "needed" or np.isinf(plan.loss_if_vetoed[at]):
        return [words("report.why_needed")]
    others = swapped(finding, plan.runner_up[at])[1]
    loss = float(plan.loss_if_vetoed[at])
    said = []
    if np.isfinite(loss):
        values = {"worse": worse(facts, finding, loss), "other": facts.join(others)}
        said.append(words("report.why_loss" if others else "report.why_loss_none", values))
    if status != "optimal":
        said.append(words("report.why_loss_open"))
    return said


def _premises_text(facts: Facts, finding: PlanFinding, at: int) -> list[str]:
    if finding.screening.candidates.generated[int(finding.plan.chosen[at])]:
        return [facts.words("report.why_made")]
    row, premises = int(finding.chosen[at]), finding.premises
    missing = facts.missing()
    area, storey = float(premises.floor_area_m2[row]), float(premises.storey[row])
    lift = int(premises.lift[row])
    values = {
        "floor_area": missing if np.isnan(area) else f"{area:,g}",
        "storey": missing if np.isnan(storey) else f"{storey:g}",
        "lift": missing if lift < 0 else facts.words("report.yes" if lift else "report.no"),
        "tenure": clean_text(premises.tenure[row]) or missing,
    }
    return [facts.words("report.why_premises", values)]


def _replaceable(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    """Say which site is the hardest to replace, and which the easiest."""
    plan, said = finding.plan, list[str]()
    loss = plan.loss_if_vetoed
    needed = [site for site, lost in zip(plan.site_ids, loss, strict=True) if np.isposinf(lost)]
    if needed:
        said.append(facts.words("report.needed_sites", {"sites": facts.join(needed)}))
    known = np.flatnonzero(np.isfinite(loss))
    order = known[np.argsort(loss[known], kind="stable")]
    if len(known) >= 2 and loss[order[-1]] > loss[order[0]]:
        named = [("report.easiest_to_replace", int(order[0]))]
        if not needed:
            named.insert(0, ("report.hardest_to_replace", int(order[-1])))
        for key, at in named:
            values = {"site": plan.site_ids[at], "worse": worse(facts, finding, float(loss[at]))}
            said.append(facts.words(key, values))
    draft.paragraph(sentences(facts, said))


def _against(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    plan = finding.plan
    numbered = list(enumerate(plan.alternatives, start=1))
    # Where facilities may close, those plans come first in which a site is another one.
    others = [(n, other) for n, other in numbered if not moves_only(finding, other.site_ids)]
    items = []
    for number, other in (others or numbered)[:_AGAINST]:
        out, into = swapped(finding, other.site_ids)
        less = plan.objective - other.objective
        less = less if plan.more_is_better else -less
        values = {
            "number": number, "swap": _swap(facts, finding, out, into), "site": facts.join(out),
            "worse": worse(facts, finding, less),
        }  # fmt: skip
        alone = len(out) == 1 and out[0] in plan.site_ids
        name = "against" if alone else "against_plain"
        name = name if matters(aim_of(finding), less) else "against_equal"
        items.append(draft.text(f"report.{name}", values))
    if not items:
        draft.say("report.against_none")
    draft.listing(items)
    if finding.screening.rejected:
        draft.say("report.against_rejected", {"count": len(finding.screening.rejected)})


def _swap(facts: Facts, finding: PlanFinding, out: list[str], into: list[str]) -> str:
    """Return what another plan has instead of what: sites, and facilities that close and stay."""
    offered = finding.screening.candidates.ids
    closes = facts.join([one for one in out if one not in offered])
    keeps = facts.join([one for one in into if one not in offered])
    values = {"out": facts.join([one for one in out if one in offered]),
              "into": facts.join([one for one in into if one in offered])}  # fmt: skip
    said = []
    if values["out"] or values["into"]:
        key = "report.r_swap" if values["out"] and values["into"] else "report.r_only_out"
        said.append(facts.words(key if values["out"] else "report.r_only_in", values))
    if closes or keeps:
        dash = {"closes": closes or MISSING, "keeps": keeps or MISSING}
        said.append(facts.words("siteplan.swap_moves", dash))
    return facts.join(said)


def _argued(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Conclude, and give the whole argument in one table."""
    plan = finding.plan
    values = {"kind": facts.kind(plan.kind), "sites": facts.sites(plan.sites_needed),
              "table": draft.next_table}  # fmt: skip
    draft.say("report.conclude", values)
    add_table(draft, argument_table(facts.findings, number, draft.language), once="argued")
