"""Tables of what could be: recommended sites, alternatives, screened premises, and the proof."""

from collections.abc import Sequence

from quarterhour.errors import Fault
from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.cover import area_name, known, lift_word, supplied, yes_or_no
from quarterhour.report.columns import Cell, Column, Table, column_of, number
from quarterhour.report.withheld import with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

# The preset behind each rule for premises, where its source stands.
_PRESET_OF = {
    "siting.rule_floor_area": "min_floor_area_m2",
    "siting.rule_storey": "max_storey_without_lift",
}


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
    columns = [
        column_of(language, "order", "code"), column_of(language, "site_id", "code"),
        column_of(language, "premises"), column_of(language, "area"),
        column_of(language, "kind"),
        *_premises_columns(language),
        column_of(language, "gain", "count", unit="people"),
        column_of(language, "cumulative", "count", unit="people"),
        column_of(language, "share_after", "share"),
        column_of(language, "unique", "count", unit="people"),
        column_of(language, "loss_if_vetoed", "count", unit="people"),
        column_of(language, "stands_in"), column_of(language, "to_verify"),
        column_of(language, "progress"),
    ]  # fmt: skip
    rows = [_site_row(findings, found, language, n) for n in range(len(found.chosen))]
    total: list[Cell] = [MISSING] * len(columns)
    at = [column.key for column in columns].index("gain")
    total[0] = words("table.v_total")
    total[2] = words("table.v_places", {"count": len(rows)})
    total[at] = number(found.plan.people_gained)
    total[at + 2] = _share_after(found, found.plan.people_gained)
    table = _table(findings, found, language, "sites", columns, rows, tuple(total))
    return with_note(table, findings, language, kinds=(found.plan.kind,), totals=True)


def _site_row(
    findings: Findings, found: PlanFinding, language: Language, n: int
) -> tuple[Cell, ...]:
    words, plan, premises = Words(language), found.plan, found.premises
    row = int(found.chosen[n])
    candidate = int(plan.chosen[n])
    loss = plan.loss_if_vetoed[n]
    must = plan.veto_status[n] == "must"
    others = [site for site in plan.runner_up[n] if site not in plan.site_ids]
    return (
        n + 1, plan.site_ids[n], premises.names[row],
        area_name(findings, int(premises.area_index[row]), language),
        label(plan.kind, "kind", language), *_premises_cells(found, row, language),
        number(plan.gain_people[n]), number(plan.cumulative_people[n]),
        _share_after(found, float(plan.cumulative_people[n])), number(plan.unique_people[n]),
        words("table.v_must") if must else number(loss), _join(others, language),
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
        column_of(language, "less", "count", unit="people"),
        column_of(language, "share_after", "share"), column_of(language, "proof"),
    ]  # fmt: skip
    best = found.plan
    rows: list[tuple[Cell, ...]] = [
        (words("table.v_recommended"), _join(best.site_ids, language), MISSING, MISSING,
         number(best.people_gained), 0.0, _share_after(found, best.people_gained),
         words(f"table.status_{_status_key(best.status)}"))
    ]  # fmt: skip
    for n, other in enumerate(best.alternatives, start=1):
        out = [site for site in best.site_ids if site not in other.site_ids]
        new = [site for site in other.site_ids if site not in best.site_ids]
        rows.append((
            words("table.v_alternative", {"n": n}), _join(other.site_ids, language),
            _join(out, language), _join(new, language), number(other.people_gained),
            number(best.people_gained - other.people_gained),
            _share_after(found, other.people_gained),
            words(f"table.status_{_status_key(other.status)}"),
        ))  # fmt: skip
    table = _table(findings, found, language, "alternatives", columns, rows, None)
    return with_note(table, findings, language, kinds=(best.kind,), totals=True)


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
        (int(row), "to_verify" if kept.to_verify[n] else "accepted", kept.to_verify[n])
        for n, row in enumerate(kept.premises_row)
    ]
    rows = [
        (found.premises.ids[row], found.premises.names[row],
         area_name(findings, int(found.premises.area_index[row]), language),
         *_premises_cells(found, row, language), words(f"siting.verdict_{verdict}"),
         _sentences(faults, language), _sources(found, faults, language))
        for row, verdict, faults in entries
    ]  # fmt: skip
    return _table(findings, found, language, "screening", columns, rows, None)


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
        (words(f"table.p_{name}"), value, words(f"table.u_{unit}") if unit else MISSING,
         words(f"table.m_{name}"))
        for name, value, unit in _proof(found, language)
    ]  # fmt: skip
    table = _table(findings, found, language, "proof", columns, rows, None)
    return with_note(table, findings, language, kinds=(found.plan.kind,), totals=True)


def _proof(found: PlanFinding, language: Language) -> list[tuple[str, Cell, str]]:
    words, plan, screening = Words(language), found.plan, found.screening
    vetoes = sum(status in ("optimal", "must") for status in plan.veto_status)
    fewest = {None: "not_asked", True: "yes", False: "no"}[plan.fewest_proven]
    people = {
        "before": plan.people_before, "gained": plan.people_gained, "after": plan.people_after,
        "total": plan.people_total, "reachable": plan.people_reachable, "bound": plan.bound,
        "rounding": plan.rounding,
    }  # fmt: skip
    total = plan.people_total
    return [
        ("status", words(f"table.status_{_status_key(plan.status)}"), ""),
        ("gap", round(100.0 * plan.gap, 4) + 0.0, "percent"),
        *((name, round(value, 3) + 0.0, "people") for name, value in people.items()),
        ("share_before", _percent(plan.people_before, total), "percent"),
        ("share_after", _percent(plan.people_after, total), "percent"),
        ("sites_asked", plan.sites_asked, "places"),
        ("sites_needed", plan.sites_needed, "places"),
        ("fewest", words(f"table.v_{fewest}"), ""),
        ("premises", screening.n_premises, "places"),
        ("rejected", len(screening.rejected), "places"),
        ("considered", plan.candidates_considered, "places"),
        ("to_verify", screening.n_to_verify, "places"),
        ("vetoes", f"{vetoes} / {len(plan.veto_status)}", ""),
        ("recounted", words("table.v_passed"), ""),
        ("repeatable", yes_or_no(plan.repeatable, language), ""),
    ]  # fmt: skip


def _percent(part: float, whole: float) -> float:
    return round(100.0 * part / whole, 2) + 0.0 if whole > 0 else float("nan")


def _share_after(found: PlanFinding, gained: float) -> float:
    total = found.plan.people_total
    return (found.plan.people_before + gained) / total if total > 0 else float("nan")


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
    names = [_PRESET_OF[fault.key] for fault in faults if fault.key in _PRESET_OF]
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
