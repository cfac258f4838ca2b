"""The argument for the recommended plan, point by point, with what each rests on (table 7).

What the results say is said; what only a survey, a register or another office can say is 待核实,
never taken for granted.
"""

import numpy as np

from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.columns import Cell, Table
from quarterhour.report.official.parts import STEM, make_table, own
from quarterhour.wording import label, people, percent, points
from quarterhour.words import Language, Words

# Points of the argument that no input of this tool can settle, by part, as templates list them.
_UNSETTLED = {
    "lawful": ("laws", "lines", "one_map", "special_plans"),
    "sound": ("environment", "minerals", "geology", "society", "energy"),
    "thrift": ("land",),
}  # fmt: skip


def argument_table(findings: Findings, plan: int, language: Language) -> Table:
    """Return the points of the argument for a plan (table 7).

    Parameters
    ----------
    findings
        The study.
    plan
        Number of the siting question, from 0.
    language
        Of headings and words.
    """
    words, found = Words(language), findings.plans[plan]
    columns = [own(language, key) for key in ("argued", "item", "conclusion", "rests_on")]
    settled = {
        "need": _need, "choice": _choice, "cover": _cover, "premises": _premises,
        "robust": _robust, "cost": _cost,
    }  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for key, tell in settled.items():
        said = tell(findings, found, language)
        rest = f"b_{key}" if said else "b_open"
        rows.append((words(f"{STEM}.arg_feasible"), words(f"{STEM}.i_{key}"),
                     said or words(f"{STEM}.to_verify"), words(f"{STEM}.{rest}")))  # fmt: skip
    for part, items in _UNSETTLED.items():
        rows += [
            (words(f"{STEM}.arg_{part}"), words(f"{STEM}.i_{item}"), words(f"{STEM}.to_verify"),
             words(f"{STEM}.b_open"))
            for item in items
        ]  # fmt: skip
    values = {"kind": label(found.plan.kind, "kind", language)}
    return make_table(findings, language, "argument", columns, rows, values=values)


def _need(findings: Findings, found: PlanFinding, language: Language) -> str:
    plan, today = found.plan, found.people_today
    if plan.people_total <= 0:
        return ""
    values = {
        "group": label(findings.lead_group, "group", language),
        "kind": label(plan.kind, "kind", language), "share": percent(today / plan.people_total),
        "outside": people(plan.people_total - today, language),
        "minutes": findings.coverage.minutes[-1],
    }  # fmt: skip
    return Words(language)(f"{STEM}.c_need", values)


def _choice(findings: Findings, found: PlanFinding, language: Language) -> str:
    plan, words = found.plan, Words(language)
    values = {
        "given": len(found.screening.candidates) + len(found.screening.rejected),
        "kept": len(found.screening.candidates), "sites": plan.sites_needed,
        "others": len(plan.alternatives),
    }  # fmt: skip
    said = words(f"{STEM}.c_choice", values)
    if plan.status == "optimal":
        return said + words(f"{STEM}.c_proven")
    gap = {"gap": percent(plan.gap)}
    return said + words(f"{STEM}.{'c_gap' if np.isfinite(plan.gap) else 'c_open'}", gap)


def _cover(findings: Findings, found: PlanFinding, language: Language) -> str:
    plan, words, before = found.plan, Words(language), found.people_today
    if plan.people_total <= 0:
        return ""
    after = plan.people_after if found.moves is None else found.moves.people_after
    change = (after - before) / plan.people_total
    key = "c_same" if abs(change) < 5e-4 else "c_rises" if change > 0 else "c_falls"
    values = {
        "before": percent(before / plan.people_total), "after": percent(after / plan.people_total),
        "points": points(abs(change), language),
    }  # fmt: skip
    return words(f"{STEM}.{key}", values)


def _premises(findings: Findings, found: PlanFinding, language: Language) -> str:
    doubts = found.screening.candidates.to_verify
    open_ones = sum(bool(doubts[int(at)]) for at in found.plan.chosen)
    key = "c_premises_open" if open_ones else "c_premises"
    values = {"count": open_ones, "sites": found.plan.sites_needed}
    return Words(language)(f"{STEM}.{key}", values) if found.plan.sites_needed else ""


def _robust(findings: Findings, found: PlanFinding, language: Language) -> str:
    tried = found.stability
    if tried is None or not np.isfinite(tried.best).any() or not found.plan.sites_needed:
        return ""
    answered = np.isfinite(tried.best)
    values = {
        "tried": int(answered.sum()), "sites": found.plan.sites_needed,
        "always": int(tried.stays[answered].all(axis=0).sum()),
        "least": int(tried.stays[answered].sum(axis=1).min()),
    }  # fmt: skip
    return Words(language)(f"{STEM}.c_robust", values)


def _cost(findings: Findings, found: PlanFinding, language: Language) -> str:
    total = found.cost
    if not np.isfinite(total):
        return ""
    values = {"wan": f"{total / 1e4:,.2f}"}
    gained = found.plan.people_gained
    if gained < 0.5:
        return Words(language)(f"{STEM}.c_cost_total", values)
    return Words(language)(f"{STEM}.c_cost", values | {"each": f"{total / gained:,.0f}"})
