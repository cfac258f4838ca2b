"""The chapter on candidates: where they come from, the rules, who fell, who passed."""

import math
from collections import Counter

from quarterhour.findings import PlanFinding
from quarterhour.inputs.tables import meaning
from quarterhour.presets import Preset
from quarterhour.report.build import screening_table
from quarterhour.report.build.talk import swapped
from quarterhour.report.chapters.siting.headings import section
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft
from quarterhour.report.print_table import add_table, rows_with
from quarterhour.wording import label

# The chosen and what may stand in for them come first; a workbook has them all.
_GIVEN_ROWS = 16
_FALLEN_ROWS = 10
_MADE_ROWS = 10
_BOOK = "sites.xlsx"
_GIVEN = ("site_id", "premises", "area", "bounds", "tenure", "floor_area", "storey", "lift",
          "step_free", "role")  # fmt: skip
# Rules that are a yes or no, or a list: their value says nothing to a reader.
_NAMED = ("require_step_free", "tenures", "occupancy")
_CANTEEN = ("min_floor_area_m2", "max_storey_without_lift")


def add_candidates(draft: Draft, facts: Facts) -> None:
    """Add the candidates: where they come from, the rules, who fell, who passed."""
    draft.chapter(draft.text("report.h_candidates"))
    for number, finding in enumerate(facts.findings.plans):
        section(draft, facts, "report.h_screening", finding)
        _screening_rules(draft, facts, finding)
        section(draft, facts, "report.h_rejected", finding)
        _rejected(draft, facts, finding, number)
        section(draft, facts, "report.h_accepted", finding)
        _accepted(draft, facts, finding, number)


def _screening_rules(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    screening, kind = finding.screening, finding.plan.kind
    made = int(screening.candidates.generated.sum())
    if finding.table.candidates:
        offered = {
            "file": clean_text(finding.table.candidates),
            "count": len(screening.candidates) - made + len(screening.rejected),
        }  # fmt: skip
        draft.say("report.premises_source", offered)
    if made:
        spaced = {"count": made, "metres": f"{finding.table.spacing_m:g}"}
        draft.say("report.made_source", spaced)
    if not finding.table.candidates:
        return
    if screening.rules:
        draft.say("report.rules")
        rules = [_rule(draft, rule, finding) for rule in screening.rules]
        draft.listing(rules, numbered=True)
    if kind != "canteen" and any(
        rule.name in _CANTEEN and rule.source.startswith("SPB-canteen") for rule in screening.rules
    ):
        draft.say("report.rules_model", {"kind": facts.kind(kind)})
    draft.say("report.rule_unknown")
    doubts = screening.candidates.to_verify
    to_verify = sum(
        bool(faults) and not own
        for faults, own in zip(doubts, screening.candidates.generated, strict=True)
    )
    values = {
        "accepted": len(screening.candidates) - made, "to_verify": to_verify,
        "rejected": len(screening.rejected),
    }  # fmt: skip
    draft.say("report.screened" if to_verify else "report.screened_clear", values)


def _rule(draft: Draft, rule: Preset, finding: PlanFinding) -> str:
    tenures = draft.text("report.join").join(
        _tenure(draft, tenure) for tenure in finding.table.tenures
    )  # fmt: skip
    values = {"name": rule.name, "value": f"{rule.value:g}", "unit": rule.unit, "tenures": tenures}
    key = f"report.rule_{rule.name}"
    said = draft.text(key if draft.text.has(key) else "report.rule_other", values)
    document = "report.doc_" + rule.source.partition(":")[0].lower().replace("-", "_")
    known = draft.text.has(document) and rule.name not in _NAMED
    named = draft.text(document) if known else rule.source_in(draft.language)
    # A document that is named by its short name in the midst of a sentence.
    named = named.replace("SPB-canteen", draft.text("report.doc_spb_canteen"))
    if rule.status == "study":
        return draft.text("report.rule_asked", {"rule": said, "source": named})
    status = label(rule.status, "status", draft.language)
    return draft.text("report.rule", {"rule": said, "status": status, "source": named})


def _tenure(draft: Draft, tenure: str) -> str:
    key = f"facility.tenure_{meaning(tenure, 'tenure') or tenure}"
    return draft.text(key) if draft.text.has(key) else clean_text(tenure)


def _rejected(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    rejected = finding.screening.rejected
    if not rejected:
        draft.say("report.rejected_none")
        return
    # Hazards of several layers are one reason.
    counts = Counter(
        fault.key.partition(".")[2].removesuffix("_named") for r in rejected for fault in r.reasons
    )
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
    caption = draft.text("report.t_rejected")
    add_table(draft, fell, rows=_FALLEN_ROWS, caption=caption, book=_BOOK)


def _accepted(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    """Add the premises that passed, then the points on streets, which are none."""
    kept = finding.screening.candidates
    table = screening_table(facts.findings, draft.language, plan=number)
    given = [one for one, made in zip(kept.ids, kept.generated, strict=True) if not made]
    if given:
        draft.say("report.accepted_table", {"table": draft.next_table})
        _premises(draft, facts, finding)
    elif finding.table.candidates:
        draft.say("report.accepted_none")
    made = [one for one, own in zip(kept.ids, kept.generated, strict=True) if own]
    if made:
        draft.say("report.made_table", {"table": draft.next_table, "count": len(made)})
        points = rows_with(table, "site_id", made).only("site_id", "premises", "area", "verdict")
        # The recommended ones first: the list may be long.
        chosen = [row for row in points.rows if row[0] in finding.plan.site_ids]
        others = [row for row in points.rows if row[0] not in finding.plan.site_ids]
        caption = draft.text("report.t_made")
        shown = type(points)(points.key, points.title, points.note, points.columns,
                             (*chosen, *others))  # fmt: skip
        add_table(draft, shown, rows=_MADE_ROWS, caption=caption, book=_BOOK)


def _premises(draft: Draft, facts: Facts, finding: PlanFinding) -> None:
    """Print premises as a site visit asks for them; what nobody supplied is to be supplied."""
    kept = finding.screening.candidates
    order = _first_the_chosen(finding)
    rows = [_premises_row(draft, facts, finding, n) for n in order[:_GIVEN_ROWS]]
    headers = [draft.text(f"advice.c_{name}") for name in _GIVEN]
    notes = [draft.text("advice.premises_note")]
    if len(rows) < len(order):
        values = {"shown": len(rows), "all": len(order), "book": _BOOK}
        notes.append(draft.text("report.table_cut", values))
    numeric = [name in ("floor_area", "storey") for name in _GIVEN]
    if not len(kept):
        return
    draft.grid(draft.text("report.t_accepted"), headers, rows, numeric=numeric, notes=notes)


def _first_the_chosen(finding: PlanFinding) -> list[int]:
    """Return candidates with premises: those chosen, those that stand in, then the others."""
    kept, plan = finding.screening.candidates, finding.plan
    stand_in = {one for other in plan.runner_up for one in swapped(finding, other)[1]}
    given = [n for n in range(len(kept)) if not kept.generated[n]]
    chosen = [n for n in plan.chosen.tolist() if not kept.generated[n]]
    seconds = [n for n in given if kept.ids[n] in stand_in and n not in chosen]
    return [*chosen, *seconds, *(n for n in given if n not in {*chosen, *seconds})]


def _premises_row(draft: Draft, facts: Facts, finding: PlanFinding, n: int) -> list[str]:
    kept, premises = finding.screening.candidates, finding.premises
    row, missing = int(kept.premises_row[n]), facts.missing()

    def yes_no(value: int) -> str:
        return missing if value < 0 else draft.text("report.yes" if value else "report.no")

    role = "chosen" if n in finding.plan.chosen.tolist() else "other"
    return [
        kept.ids[n], clean_text(premises.names[row]), facts.area(int(premises.area_index[row])),
        missing, clean_text(premises.tenure[row]) or missing,
        _figure(float(premises.floor_area_m2[row]), missing),
        _figure(float(premises.storey[row]), missing), yes_no(int(premises.lift[row])),
        yes_no(int(premises.step_free[row])),
        draft.text(f"advice.role_{role}" if not kept.to_verify[n] else f"advice.role_{role}_open"),
    ]  # fmt: skip


def _figure(value: float, missing: str) -> str:
    return missing if math.isnan(value) else f"{value:,g}"
