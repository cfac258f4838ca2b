"""Tables of what could be: recommended sites, alternatives, screened premises, and the proof."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from quarterhour.errors import Fault
from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.cover import area_name, known, lift_word, supplied, yes_or_no
from quarterhour.report.build.talk import (
    aim_note,
    gain_today,
    objective_cell,
    objective_column,
    printed_unit,
    swapped,
    unit_word,
)
from quarterhour.report.columns import Cell, Column, Kind, Table, column_of, joined_notes, number
from quarterhour.report.withheld import with_note
from quarterhour.siting import Candidates, SitePlan
from quarterhour.siting.screening import RULE_OF
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_VERDICTS = {
    "accepted": "siting.verdict_accepted", "to_verify": "siting.verdict_to_verify",
    "rejected": "siting.verdict_rejected", "generated": "siteplan.verdict_generated",
}  # fmt: skip


def sites_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return one row per recommended site, in building order, with the sum of what they gain.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    plan
        Number of the siting question, from 0.
    """
    words, found = Words(language), findings.plans[plan]
    more = _more_of_sites(found, language)
    columns = [
        column_of(language, "order", "code"), column_of(language, "site_id", "code"),
        column_of(language, "premises"), column_of(language, "area"),
        column_of(language, "kind"),
        *_premises_columns(language),
        column_of(language, "gain", "count", unit="people"),
        column_of(language, "cumulative", "count", unit="people"),
        column_of(language, "share_after", "share"),
        column_of(language, "unique", "count", unit="people"),
        objective_column(language, "loss_if_vetoed", printed_unit(found)),
        column_of(language, "stands_in"), *(column for column, _ in more),
        column_of(language, "to_verify"), column_of(language, "progress"),
    ]  # fmt: skip
    rows = [_site_row(findings, found, language, n, more) for n in range(len(found.chosen))]
    total: list[Cell] = [MISSING] * len(columns)
    at = [column.key for column in columns].index("gain")
    total[0] = words("table.v_total")
    total[2] = words("table.v_places", {"count": len(rows)})
    total[at] = number(found.plan.people_gained)
    total[at + 2] = _share_after(found, found.plan.people_gained)
    table = _table(findings, found, language, "sites", columns, rows, tuple(total))
    return with_note(table, findings, language, kinds=(found.plan.kind,), totals=True)


def _more_of_sites(
    found: PlanFinding, language: Language
) -> list[tuple[Column, Callable[[int], Cell]]]:
    """Return the columns that not every question has, each with what a site has there."""
    words, plan = Words(language), found.plan
    more: list[tuple[Column, Callable[[int], Cell]]] = []

    def add(key: str, kind: Kind, cell: Callable[[int], Cell], *, unit: str = "") -> None:
        more.append((column_of(language, key, kind, unit=unit, stem="siteplan"), cell))

    if plan.phases is not None:
        phases = plan.phases
        add("opens", "code", lambda n: str(phases.years[int(phases.opens[n])]))
    if np.isfinite(found.costs).any():
        add(
            "build_cost",
            "count",
            lambda n: (
                number(float(found.costs[n]))
                if np.isfinite(found.costs[n])
                else words("status.to be supplied")
            ),
            unit="yuan",
        )
    if plan.served is not None:
        served = plan.served
        add("served_here", "count", lambda n: number(served.by_site[n]), unit="people")
    if plan.led is not None:
        led = plan.led
        add("led_by", "code", lambda n: led.centre_ids[n] or MISSING)
    near = found.talk.near_best
    if len(near.site_ids) > 1:
        times = dict(zip(near.appears_ids, near.appears_share.tolist(), strict=True))
        add("in_near_best", "share", lambda n: times.get(plan.site_ids[n], 0.0))
    if found.stability is not None and len(found.stability.names):
        share = found.stability.share
        add("stays", "share", lambda n: number(share[n]))
    if any(found.screening.candidates.occupancy):
        use = found.screening.candidates.occupancy
        add("occupancy", "text", lambda n: _occupancy(use[int(plan.chosen[n])], words))
    return more


def _occupancy(use: str, words: Words) -> str:
    return words(f"siteplan.use_{use}") if use else words("table.v_to_supply")


def _site_row(
    findings: Findings,
    found: PlanFinding,
    language: Language,
    n: int,
    more: list[tuple[Column, Callable[[int], Cell]]],
) -> tuple[Cell, ...]:
    words, plan, premises = Words(language), found.plan, found.premises
    row = int(found.chosen[n])
    candidate = int(plan.chosen[n])
    loss = plan.loss_if_vetoed[n]
    must = plan.veto_status[n] == "must"
    others = swapped(found, plan.runner_up[n])[1]
    return (
        n + 1, plan.site_ids[n], premises.names[row],
        area_name(findings, int(premises.area_index[row]), language),
        label(plan.kind, "kind", language), *_premises_cells(found, row, language),
        number(plan.gain_people[n]), number(plan.cumulative_people[n]),
        _share_after(found, float(plan.cumulative_people[n])), number(plan.unique_people[n]),
        words("table.v_must") if must else objective_cell(loss, printed_unit(found), language),
        _join(others, language), *(cell(n) for _, cell in more),
        _doubts(findings, found, candidate, int(premises.area_index[row]), language),
        words("table.v_to_supply"),
    )  # fmt: skip


def _doubts(
    findings: Findings, found: PlanFinding, candidate: int, area: int, language: Language
) -> str:
    """Return what is to be verified of a site; where its area cannot say, its walks are too."""
    words = Words(language)
    faults = found.screening.candidates.to_verify[candidate]
    said = [words(fault.key, fault.values) for fault in faults]
    if findings.cannot_say(found.plan.kind)[area]:
        said.append(words("table.v_site_cannot_say"))
    return words("table.v_join_sentences").join(said) or MISSING


def alternatives_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return the recommended plan and every other, the best first.

    Each other plan is the best without one of the recommended sites. ``plan`` as for
    :func:`sites_table`.
    """
    words, found = Words(language), findings.plans[plan]
    columns = [
        column_of(language, "plan"), column_of(language, "site_ids"),
        column_of(language, "replaced"), column_of(language, "replaced_by"),
        column_of(language, "gain", "count", unit="people"),
        objective_column(language, "less", printed_unit(found)),
        column_of(language, "share_after", "share"), column_of(language, "proof"),
    ]  # fmt: skip
    best, base = found.plan, found.plan.people_before
    own = best.people_gained
    if found.moves is not None:
        base = found.moves.people_today
        own = found.moves.people_after - base
    rows: list[tuple[Cell, ...]] = [
        (words("table.v_recommended"), _join(best.site_ids, language), MISSING, MISSING,
         number(own), 0.0, _share_of(found, base + own),
         words(f"table.status_{_status_key(best.status)}"))
    ]  # fmt: skip
    for n, other in enumerate(best.alternatives, start=1):
        out, new = swapped(found, other.site_ids)
        gained = gain_today(found, other.people_gained)
        sites = [site for site in other.site_ids if site in found.screening.candidates.ids]
        rows.append((
            words("table.v_alternative", {"n": n}), _join(sites, language),
            _join(out, language), _join(new, language), number(gained),
            objective_cell(_worse(best, other.objective), printed_unit(found), language),
            _share_of(found, base + gained),
            words(f"table.status_{_status_key(other.status)}"),
        ))  # fmt: skip
    table = _table(findings, found, language, "alternatives", columns, rows, None)
    table = replace(table, note=joined_notes([table.note, aim_note(found, language)], language))
    return with_note(table, findings, language, kinds=(best.kind,), totals=True)


def _worse(plan: SitePlan, objective: float) -> float:
    return plan.objective - objective if plan.more_is_better else objective - plan.objective


def screening_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return every premises with its verdict; those that a rule turned down come first.

    ``plan`` as for :func:`sites_table`.
    """
    words, found = Words(language), findings.plans[plan]
    kept = found.screening.candidates
    columns = [
        column_of(language, "site_id", "code"), column_of(language, "premises"),
        column_of(language, "area"), *_premises_columns(language),
        column_of(language, "verdict"), column_of(language, "reasons"),
        column_of(language, "source"),
    ]  # fmt: skip
    entries = [(r.premises_row, "rejected", r.reasons) for r in found.screening.rejected]
    entries += [
        (int(row), _verdict(kept, n), kept.to_verify[n]) for n, row in enumerate(kept.premises_row)
    ]
    rows = [
        (found.premises.ids[row], found.premises.names[row],
         area_name(findings, int(found.premises.area_index[row]), language),
         *_premises_cells(found, row, language), words(_VERDICTS[verdict]),
         _sentences(faults, language), _sources(found, faults, language))
        for row, verdict, faults in entries
    ]  # fmt: skip
    return _table(findings, found, language, "screening", columns, rows, None)


def _verdict(kept: Candidates, n: int) -> str:
    if kept.generated[n]:
        return "generated"
    return "to_verify" if kept.to_verify[n] else "accepted"


def proof_table(findings: Findings, language: Language, *, plan: int = 0) -> Table:
    """Return how sure the plan is: status, bound, gap, people, candidates, recount.

    ``plan`` as for :func:`sites_table`.
    """
    words, found = Words(language), findings.plans[plan]
    columns = [
        column_of(language, "item"), column_of(language, "value", "number"),
        column_of(language, "unit", "code"), column_of(language, "meaning"),
    ]  # fmt: skip
    rows = [
        (_either(words, f"p_{name}"), value, _either(words, f"u_{unit}") if unit else MISSING,
         _either(words, f"m_{name}"))
        for name, value, unit in _proof(found, language)
    ]  # fmt: skip
    table = _table(findings, found, language, "proof", columns, rows, None)
    return with_note(table, findings, language, kinds=(found.plan.kind,), totals=True)


def _proof(found: PlanFinding, language: Language) -> list[tuple[str, Cell, str]]:
    words, plan, screening = Words(language), found.plan, found.screening
    made = int(screening.candidates.generated.sum())
    given = len(screening.candidates) - made + len(screening.rejected)
    vetoes = sum(status in ("optimal", "must", "needed") for status in plan.veto_status)
    fewest = {None: "not_asked", True: "yes", False: "no"}[plan.fewest_proven]
    total = plan.people_total
    before, gained = plan.people_before, plan.people_gained
    if found.moves is not None:
        before = found.moves.people_today
        gained = found.moves.people_after - before
    people = {
        "before": before, "gained": gained, "after": before + gained, "total": total,
        "reachable": plan.people_reachable,
    }  # fmt: skip
    unit = printed_unit(found)
    figures = {"objective": plan.objective, "bound": plan.bound, "rounding": plan.rounding}
    walk: list[tuple[str, float]] = []
    if plan.unit in ("person_seconds", "seconds"):
        walk = [
            ("walk_before", plan.walk_before_s),
            ("walk_after", plan.walk_after_s),
            ("longest_before", plan.longest_before_s),
            ("longest_after", plan.longest_after_s),
        ]
    return [
        ("question", words(f"siteplan.question_{plan.question}"), ""),
        ("status", words(f"table.status_{_status_key(plan.status)}"), ""),
        ("gap", round(100.0 * plan.gap, 4) + 0.0, "percent"),
        *((name, _rounded(value, unit), unit_word(unit)) for name, value in figures.items()),
        *((name, round(value, 3) + 0.0, "people") for name, value in people.items()),
        *((name, round(value / 60.0, 2) + 0.0, "min") for name, value in walk),
        *([("cost", round(found.cost), "yuan")] if np.isfinite(found.cost) else []),
        ("tie_break", words(f"siteplan.ties_{_status_key(plan.tie_break)}"), ""),
        ("share_before", _percent(before, total), "percent"),
        ("share_after", _percent(before + gained, total), "percent"),
        ("sites_asked", MISSING if plan.sites_asked is None else plan.sites_asked, "places"),
        ("sites_needed", plan.sites_needed, "places"),
        *([("fewest", words(f"table.v_{fewest}"), "")] if plan.question == "most_people" else []),
        ("premises", given, "places"),
        ("rejected", len(screening.rejected), "places"),
        *([("generated", made, "places")] if made else []),
        ("considered", plan.candidates_considered, "places"),
        ("to_verify", screening.n_to_verify, "places"),
        ("vetoes", f"{vetoes} / {len(plan.veto_status)}", ""),
        ("recounted", words("table.v_passed"), ""),
        ("repeatable", yes_or_no(plan.repeatable, language), ""),
    ]  # fmt: skip


def _either(words: Words, key: str) -> str:
    """Return a text of plans, else the one of all tables."""
    return words(f"siteplan.{key}" if words.has(f"siteplan.{key}") else f"table.{key}")


def _rounded(value: float, unit: str) -> Cell:
    cell = objective_cell(value, unit, "en")
    return cell if isinstance(cell, str) else round(cell, 3) + 0.0


def _percent(part: float, whole: float) -> float:
    return round(100.0 * part / whole, 2) + 0.0 if whole > 0 else float("nan")


def _share_after(found: PlanFinding, gained: float) -> float:
    return _share_of(found, found.plan.people_before + gained)


def _share_of(found: PlanFinding, people: float) -> float:
    total = found.plan.people_total
    return people / total if total > 0 else float("nan")


def _premises_columns(language: Language) -> list[Column]:
    return [
        column_of(language, "floor_area", "count", unit="m2"),
        column_of(language, "storey", "count"),
        column_of(language, "lift", "code"), column_of(language, "tenure"),
    ]  # fmt: skip


def _premises_cells(found: PlanFinding, row: int, language: Language) -> tuple[Cell, ...]:
    p = found.premises
    return (
        known(float(p.floor_area_m2[row]), language), known(float(p.storey[row]), language),
        lift_word(int(p.lift[row]), language), supplied(p.tenure[row], language),
    )  # fmt: skip


def _sentences(faults: tuple[Fault, ...], language: Language) -> str:
    words = Words(language)
    said = [words(fault.key, fault.values) for fault in faults]
    return words("table.v_join_sentences").join(said) or MISSING


def _sources(found: PlanFinding, faults: tuple[Fault, ...], language: Language) -> str:
    by_name = {rule.name: rule.source_in(language) for rule in found.screening.rules}
    names = [RULE_OF[fault.key] for fault in faults if fault.key in RULE_OF]
    return "; ".join(by_name[name] for name in names) or MISSING


def _join(ids: tuple[str, ...] | list[str], language: Language) -> str:
    return Words(language)("table.v_join_ids").join(ids) or MISSING


def _status_key(status: str) -> str:
    return status.replace(" ", "_")


def _table(
    findings: Findings,
    found: PlanFinding,
    language: Language,
    key: str,
    columns: list[Column],
    rows: Sequence[tuple[Cell, ...]],
    total: tuple[Cell, ...] | None,
) -> Table:
    words, coverage = Words(language), findings.coverage
    values = {
        "kind": label(found.plan.kind, "kind", language), "minutes": coverage.minutes[-1],
        "sites": found.plan.sites_needed, "group": label(coverage.lead_group, "group", language),
        "walker": label(coverage.walkers[0], "walker", language),
    }  # fmt: skip
    title, note = words(f"table.t_{key}", values), words(f"table.n_{key}", values)
    return Table(key, title, note, tuple(columns), tuple(rows), total)
