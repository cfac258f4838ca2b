"""Indicators of the plan: what an office reports beside what people can walk to (table 5)."""

from collections.abc import Sequence

import numpy as np

from quarterhour.cover.scorecard.results import Indicator
from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.scorecard_words import ScorecardWords, in_unit
from quarterhour.report.columns import Cell, Table, number
from quarterhour.report.official.parts import STEM, lacking, make_table, own
from quarterhour.report.withheld import with_note
from quarterhour.wording import MISSING
from quarterhour.words import Language, Words

_YEARS = (2030, 2035)
# Figures that count facilities, with the kinds that they count: a new site adds one.
_COUNTED = {
    "stations": ("care_station",), "points": ("mutual_aid",), "canteens": ("canteen",),
    "stations_and_points": ("care_station", "mutual_aid"),
}  # fmt: skip


def indicators_table(findings: Findings, language: Language) -> Table:
    """Return one row per indicator: its figures today, planned and wanted (table 5).

    Each administrative rate (A) has the share of people who can walk there (C1) beneath it. Values
    are in the unit of their row; years hold targets that a document or the study sets for them.
    """
    said = ScorecardWords(findings, language)
    columns = [
        own(language, "no", "code"), own(language, "formula", "code"), own(language, "indicator"),
        own(language, "unit", "code"), own(language, "how"),
        own(language, "numerator", "number"), own(language, "denominator", "number"),
        own(language, "value", "number"),
        own(language, "after", "number", values={"year": _when(findings, language)}),
        *(own(language, f"in_{y}", "number", word="in_year", values={"year": y}) for y in _YEARS),
        own(language, "attribute", "code"), own(language, "basis"),
    ]  # fmt: skip
    rows = [
        (n, one.formula, said.name(one), said.unit(one), said.how(one),
         _figure(one.numerator, one.numerator_of, language),
         _figure(one.denominator, one.denominator_of, language), said.value(one),
         _after(findings, one, language), *(_target(one, y, language) for y in _YEARS),
         _attribute(one, language), _basis(said, one, language))
        for n, one in enumerate(paired(findings.scorecard.indicators), start=1)
    ]  # fmt: skip
    table = make_table(findings, language, "indicators", columns, rows)
    return with_note(table, findings, language, kinds=findings.coverage.kinds, totals=True)


def paired(indicators: Sequence[Indicator]) -> list[Indicator]:
    """Return indicators so that the people's share of a kind follows the first rate of it."""
    walks = {one.kinds: one for one in indicators if one.basis == "population" and not one.walker}
    out = list[Indicator]()
    for one in indicators:
        if one in out:
            continue
        out.append(one)
        beside = [walks.get((kind,)) for kind in one.kinds] if one.basis == "unit" else []
        out += [walk for walk in beside if walk is not None and walk not in out]
    return out


def value_after(findings: Findings, one: Indicator) -> float:
    """Return an indicator with the plans built; ``nan`` where no plan changes it or nobody knows.

    Parameters
    ----------
    findings
        The study and its plans.
    one
        A share of people of a plan's kind, or a rate that counts facilities of it.
    """
    if one.basis == "population" and not one.walker and len(one.kinds) == 1:
        found = _plan_of(findings, one.kinds[0])
        if found is None or found.plan.people_total <= 0:
            return float("nan")
        plan = found.plan
        people = plan.people_after if found.moves is None else found.moves.people_after
        return people / plan.people_total
    kinds = _COUNTED.get(one.numerator_of, ())
    plans = [p for p in (_plan_of(findings, k) for k in kinds) if p is not None]
    if not plans or one.only or one.measure == "canteen_least" or not one.denominator > 0:
        return float("nan")
    added = sum(p.plan.sites_needed for p in plans)
    closed = sum(len(p.moves.closed_ids) for p in plans if p.moves is not None)
    return one.factor * (one.numerator + added - closed) / one.denominator


def _plan_of(findings: Findings, kind: str) -> PlanFinding | None:
    """Return the one plan for a kind; two questions about one kind are alternatives."""
    found = [p for p in findings.plans if p.plan.kind == kind]
    return found[0] if len(found) == 1 else None


def _after(findings: Findings, one: Indicator, language: Language) -> Cell:
    value = value_after(findings, one)
    return in_unit(value, one.unit) if np.isfinite(value) else MISSING


def _when(findings: Findings, language: Language) -> str:
    """Return the year in which everything planned is open, or that it has none."""
    years = [p.plan.phases.years[-1] for p in findings.plans if p.plan.phases is not None]
    return str(max(years)) if years else Words(language)(f"{STEM}.once_built")


def _figure(value: float, name: str, language: Language) -> Cell:
    if not name:
        return lacking(language)
    return number(round(value, 1)) if np.isfinite(value) else lacking(language)


def _target(one: Indicator, year: int, language: Language) -> Cell:
    if np.isfinite(one.target) and one.target_year == year:
        op = {">=": "≥", ">": ">", "=": ""}[one.op]
        return op + in_unit(one.target, one.unit)
    return lacking(language)


def _attribute(one: Indicator, language: Language) -> str:
    words = Words(language)
    return words(f"scorecard.a_{one.attribute}") if one.attribute else lacking(language)


def _basis(said: ScorecardWords, one: Indicator, language: Language) -> str:
    """Return what a row rests on: documents, and a target of another year than those shown."""
    words, parts = Words(language), list[str]()
    if np.isfinite(one.target) and one.target_year not in _YEARS:
        parts.append(words(f"{STEM}.other_target", {"target": said.target(one)}))
    source = said.source(one)
    if source != MISSING:
        parts.append(words(f"{STEM}.source", {"source": source, "status": said.status(one)}))
    if one.measure == "community_rate_15":
        parts.append(words(f"{STEM}.as_bureau_says"))
    if not parts and one.basis == "population":
        return words(f"{STEM}.own_measure")
    if not parts:
        status = words(f"status.{one.formula_status}")
        parts.append(words(f"{STEM}.formula_status", {"status": status}))
    return words("table.v_join_sentences").join(parts)
