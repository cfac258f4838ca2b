"""Where figures are from (口径与来源): formula, basis, figures, inputs and mark of every indicator.

A *mark* says how far a figure can be trusted: that of its formula, and that of its target. Inputs
stand once with their SHA-256; each indicator names the roles of the files that it is counted from.
"""

import json
import math
from pathlib import Path
from typing import Any

from quarterhour.cover.scorecard.results import Indicator
from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.scorecard_words import ScorecardWords
from quarterhour.report.columns import clean_text
from quarterhour.report.official.indicators import value_after
from quarterhour.samebytes import write_text
from quarterhour.wording import label
from quarterhour.words import Language, Words

FORMAT = 1
_WALKS = ("areas", "streets", "terrain", "buildings", "residents", "grid", "facilities")
_ROLES = {
    "population": _WALKS, "unit": ("indicators", "facilities", "areas"),
    "supply": ("indicators", "residents"), "area": ("areas",), "residential_land": (),
    "unstated": (),
}  # fmt: skip


def write_figures(findings: Findings, path: Path, *, language: Language) -> None:
    """Write every indicator and the figures of every plan with what they rest on, as JSON.

    Parameters
    ----------
    findings
        What to tell.
    path
        The ``.json`` to write; a file of this name is replaced.
    language
        Language of names and formulas; keys are ASCII and the same in both.
    """
    told = figures(findings, language)
    write_text(path, json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def figures(findings: Findings, language: Language) -> dict[str, Any]:
    """Return what ``write_figures`` writes; a figure that nobody knows is ``None``."""
    study, said, words = findings.study, ScorecardWords(findings, language), Words(language)
    return {
        "format": FORMAT, "study": clean_text(study.study.name), "date": study.study.date,
        "synthetic": findings.synthetic, "language": language,
        "lead_group": findings.lead_group, "minutes": list(findings.coverage.minutes),
        "walker": findings.coverage.walkers[0],
        "inputs": [
            {"role": s.role, "role_name": words(f"table.role_{s.role}"), "file": clean_text(s.file),
             "bytes": s.bytes, "sha256": s.sha256}
            for s in findings.sources
        ],
        "indicators": [_indicator(findings, one, said) for one in findings.scorecard.indicators],
        "plans": [_plan(findings, found, language) for found in findings.plans],
    }  # fmt: skip


def _indicator(findings: Findings, one: Indicator, said: ScorecardWords) -> dict[str, Any]:
    given = [s.role for s in findings.sources]
    return {
        "key": one.key, "name": clean_text(said.name(one)), "formula": one.formula,
        "basis": one.basis, "how": clean_text(said.how(one)), "unit": one.unit,
        "numerator_of": one.numerator_of, "numerator": _known(one.numerator),
        "denominator_of": one.denominator_of, "denominator": _known(one.denominator),
        "factor": one.factor, "value": _known(one.value),
        "planned": _known(value_after(findings, one)),
        "target": _known(one.target), "target_op": one.op, "target_year": one.target_year or None,
        "attribute": one.attribute, "verdict": one.verdict, "year": one.year or None,
        "mark": {"formula": one.formula_status, "target": one.status or None},
        "source": said.source(one),
        "inputs": [role for role in dict.fromkeys(given) if role in _ROLES[one.basis]],
        "missing": [f"{m.source}.{m.name}" for m in one.missing],
    }  # fmt: skip


def _plan(findings: Findings, found: PlanFinding, language: Language) -> dict[str, Any]:
    plan = found.plan
    after = plan.people_after if found.moves is None else found.moves.people_after
    return {
        "kind": plan.kind, "kind_name": clean_text(label(plan.kind, "kind", language)),
        "question": plan.question, "site_ids": list(plan.site_ids),
        "people_before": _known(found.people_today), "people_after": _known(after),
        "people_gained": _known(after - found.people_today),
        "people_total": _known(plan.people_total), "unit": plan.unit,
        "objective": _known(plan.objective), "bound": _known(plan.bound), "status": plan.status,
        "gap": _known(plan.gap), "cost_cny": _known(found.cost),
        "sites": [
            {"id": one, "gained": _known(float(plan.gain_people[n])),
             "only_through_it": _known(float(plan.unique_people[n])),
             "cost_cny": _known(float(found.costs[n]))}
            for n, one in enumerate(plan.site_ids)
        ],
    }  # fmt: skip


def _known(value: float) -> float | None:
    return round(float(value), 9) + 0.0 if math.isfinite(value) else None
