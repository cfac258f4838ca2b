"""The annexes: the assessment in full, sources, parameters, streets, plates, checks, limits."""

from collections import Counter

from quarterhour.findings import PlanFinding
from quarterhour.inputs.facilities import ANY
from quarterhour.report.build import (
    doubts_table,
    named_entrances,
    parameters_table,
    proof_table,
    sources_table,
)
from quarterhour.report.chapters.assessment import add_assessment_annex
from quarterhour.report.chapters.scorecard import lead_pair
from quarterhour.report.chapters.siting.details import add_details
from quarterhour.report.chapters.streets import add_streets
from quarterhour.report.chapters.sweep import add_curves
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.outline import Draft, Grid
from quarterhour.report.print_table import add_table
from quarterhour.report.sentences import was_tried
from quarterhour.samebytes import digest_of
from quarterhour.wording import label, percent, whole

# So many doubts are printed; a workbook has room for all.
_DOUBT_ROWS = 40
# Plates that stand in the chapters that speak of them: gaps and the recommended sites.
IN_CHAPTERS = ("06", "08")
# Plates of one area each: there may be dozens, and the atlas is their place.
IN_ATLAS = ("13",)


def add_annexes(draft: Draft, facts: Facts) -> None:
    """Add the annexes: sources, parameters, streets, plates, checks and limitations."""
    siting = bool(facts.findings.plans)
    draft.annex(draft.text("report.h_sources"))
    _sources(draft, facts)
    _doubts(draft, facts)
    draft.annex(draft.text("report.h_parameters"))
    _parameters(draft, facts)
    if siting:
        add_assessment_annex(draft, facts)
        add_details(draft, facts)
    draft.annex(draft.text("report.h_streets"))
    add_streets(draft, facts)
    draft.annex(draft.text("report.h_plates"))
    draft.say("report.plates" if facts.plates else "report.plates_none")
    for plate in facts.plates:
        if plate.number.partition("-")[0] not in (*IN_CHAPTERS, *IN_ATLAS):
            draft.figure(plate.caption, plate.picture)
    draft.annex(draft.text("report.h_checks"))
    _checks(draft, facts)
    draft.annex(draft.text("report.h_limits"))
    draft.say("report.limits")
    draft.listing(_limits(draft, facts), numbered=True)
    draft.annex(draft.text("advice.h_open"))
    _open_items(draft)
    draft.paragraph(draft.text("report.notice"), tone="line")


def _parameters(draft: Draft, facts: Facts) -> None:
    table = parameters_table(facts.findings, draft.language)
    counts = Counter(str(status) for status in table.column("status"))
    said = [draft.text("advice.status", {"status": one, "count": count})
            for one, count in counts.items()]  # fmt: skip
    values = {"table": draft.next_table, "count": len(table.rows), "counts": facts.join(said)}
    draft.say("advice.parameters", values)
    add_table(draft, table, ditto="source")
    add_curves(draft, facts)


def _open_items(draft: Draft) -> None:
    """List what the report's tables leave open, by table and column: to be supplied or verified."""
    marks = [draft.text("status.to be supplied"), draft.text("report.to_verify")]
    rows = [
        (draft.text("advice.table_n", {"number": grid.number, "caption": grid.caption}),
         header, mark, str(count))
        for grid in draft.blocks if isinstance(grid, Grid)
        for at, header in enumerate(grid.headers)
        for mark in marks
        if (count := sum(row[at] == mark for row in grid.rows))
    ]  # fmt: skip
    if not rows:
        draft.say("advice.open_none")
        return
    draft.say("advice.open", {"table": draft.next_table})
    headers = [draft.text(f"advice.c_{name}") for name in ("table", "column", "mark", "cells")]
    draft.grid(draft.text("advice.t_open"), headers, rows, numeric=(False, False, False, True))


def _sources(draft: Draft, facts: Facts) -> None:
    findings = facts.findings
    draft.say("report.sources", {"table": draft.next_table})
    add_table(draft, sources_table(findings, draft.language))
    lead = facts.of_kind(facts.lead_kind) or facts.summary.of(ANY)
    definition = {
        "how": facts.how, "whom": facts.whom, "scope": facts.scope, "kind": facts.kind(lead.kind),
        "within": facts.people(lead.within[facts.summary.minutes]),
        "total": facts.people(facts.summary.lead_total),
    }  # fmt: skip
    study = findings.study
    items = [
        draft.text("report.d_coverage", definition),
        draft.text("report.d_inclusive"),
        draft.text(f"report.d_direction_{study.circle.direction}"),
        draft.text(f"report.d_placed_{study.residents.by}"),
    ]
    count, doors = named_entrances(findings)
    if count:
        items.append(draft.text("report.d_entrances", {"count": count, "doors": doors}))
    admin = "report.d_admin_beside" if lead_pair(facts) else "report.d_admin"
    items += [draft.text(admin), draft.text("report.d_rounding")]
    draft.listing([*items, *_reservations(draft, facts)], numbered=True)


def _reservations(draft: Draft, facts: Facts) -> list[str]:
    """Return what the data lack by their origin: borders, registers, withheld counts."""
    findings, said = facts.findings, list[str]()
    if findings.areas.approximate:
        said.append(draft.text("report.d_borders"))
    if findings.facilities_from_osm:
        said.append(draft.text("report.d_osm", {"count": findings.facilities_from_osm}))
    withheld = findings.uncounted.withheld
    if withheld:
        groups = [
            draft.text("report.d_withheld_group", {"group": label(g, "group", draft.language),
                                                   "count": n})
            for g, n in withheld.items()
        ]  # fmt: skip
        values = {"count": sum(withheld.values()), "groups": facts.join(groups)}
        said.append(draft.text("report.d_withheld", values))
    return said


def _doubts(draft: Draft, facts: Facts) -> None:
    doubts = facts.findings.doubts
    if doubts:
        draft.say("report.doubts", {"table": draft.next_table, "count": len(doubts)})
        add_table(draft, doubts_table(facts.findings, draft.language), rows=_DOUBT_ROWS)


def _checks(draft: Draft, facts: Facts) -> None:
    findings = facts.findings
    coverage = findings.coverage
    lead = facts.of_kind(facts.lead_kind) or facts.summary.of(ANY)
    values = {
        "group": label(coverage.lead_group, "group", draft.language), "kind": facts.kind(lead.kind),
        "within": whole(lead.within[facts.summary.minutes]), "outside": whole(lead.outside),
        "no_street": whole(lead.no_street), "total": whole(facts.summary.lead_total),
    }  # fmt: skip
    digest = digest_of(sorted((s.file, s.sha256) for s in findings.sources))
    items = [
        draft.text("report.k_people_text", values),
        draft.text("report.k_inputs", {"digest": digest}),
    ]
    if findings.plans:
        items.insert(0, draft.text("report.k_recount"))
    draft.listing(items, numbered=True)
    for number in range(len(findings.plans)):
        _proof(draft, facts, findings.plans[number], number)
    draft.say("report.k_network")


def _proof(draft: Draft, facts: Facts, finding: PlanFinding, number: int) -> None:
    values = {"table": draft.next_table, "kind": facts.kind(finding.plan.kind)}
    draft.say("report.checks", values)
    add_table(draft, proof_table(facts.findings, draft.language, plan=number))


def _assumed(draft: Draft, facts: Facts) -> list[str]:
    """Return what capacity, neighbours, targets and links rest on."""
    findings, measured = facts.findings, facts.findings.measured
    said = [draft.text("report.l_capacity")]
    if measured.supply.kinds:
        said.append(draft.text("report.l_need"))
        said.append(draft.text("report.l_access"))
    if measured.neighbours is None:
        said.append(draft.text("report.l_border"))
    else:
        counted = measured.neighbours.counted
        said.append(draft.text("report.l_border_counted" if counted else "report.l_border_shown"))
    if any(one.status == "secondary" for one in findings.scorecard.indicators):
        said.append(draft.text("report.l_targets"))
    if measured.years is not None:
        said.append(draft.text("report.l_years"))
    if findings.links is not None and not findings.links.because:
        said.append(draft.text("report.l_links"))
    return said


def _limits(draft: Draft, facts: Facts) -> list[str]:
    findings = facts.findings
    report, study = findings.network_report, findings.study
    said = [draft.text("report.l_storey"), draft.text("report.l_weather")]
    main, far = report.get("main_part_share"), report.get("people_no_street_50_m")
    if isinstance(main, float) and isinstance(far, float):
        values = {
            "file": clean_text(study.streets.file), "parts": report.get("parts", 1),
            "main": percent(main), "far": facts.people(far),
        }  # fmt: skip
        said.append(draft.text("report.l_thin" if far >= 0.5 else "report.l_thin_near", values))
    if report.get("stairs"):
        tagged = report.get("stairs_tagged", 0)
        stairs = {"stairs": f"{report['stairs']:,}", "tagged": f"{tagged:,}"}
        said.append(draft.text("report.l_stairs", stairs))
    if facts.walker.slope:
        said.append(draft.text("report.l_tobler" if study.terrain else "report.l_flat"))
    if study.residents.by != "point":
        two = findings.measured.placement is not None
        said.append(draft.text("report.l_placement_two" if two else "report.l_placement"))
    said += _assumed(draft, facts)
    if findings.plans:
        said.append(draft.text("report.l_candidates"))
        if any(p.screening.candidates.generated.any() for p in findings.plans):
            said.append(draft.text("report.l_candidates_made"))
        tried = any(was_tried(finding) for finding in findings.plans)
        said.append(draft.text("report.l_robust_tried" if tried else "report.l_robust"))
    guessed = findings.areas.approximate
    said.append(draft.text("report.l_borders_approximate" if guessed else "report.l_borders"))
    return said
