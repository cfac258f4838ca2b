"""Tables of step-free walking: who and what loses its way to stairs, and what bans would do."""

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.step_free import FACILITY_STATES
from quarterhour.findings import Findings
from quarterhour.report.borders import with_borders_note
from quarterhour.report.build.cover import area_name, yes_or_no
from quarterhour.report.columns import Cell, Column, Table, clean_text, column_of, number
from quarterhour.report.withheld import area_label, with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words


def step_free_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return people of the lead group by area who lose their way when stairs are closed.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind (or ``any``), with its total; by default all kinds, one after the other, without
        a total (kinds overlap).
    """
    words, found = Words(language), findings.step_free
    longest = found.minutes[-1]
    columns = [
        column_of(language, "kind"), column_of(language, "area"),
        _people(language, "residents"),
        _people(language, "with_stairs", minutes=longest),
        _people(language, "step_free", minutes=longest),
        *(_people(language, "lost", minutes=m) for m in found.minutes),
        _people(language, "lost_altogether"), _people(language, "no_street"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    total: tuple[Cell, ...] | None = None
    for each in _kinds(findings, kind):
        name, figures = label(each, "kind", language), _figures(findings, each)
        shown = len(found.areas) - (not figures[-1].any())
        rows += [
            (name, area_label(findings, a, language), *(number(v) for v in figures[a]))
            for a in range(shown)
        ]
        total = (words("table.v_total"), MISSING, *(number(v) for v in figures.sum(axis=0)))
    values = {**_walker(findings, language), "kind": label(kind, "kind", language)}
    title = words("table.t_step_free", values) if kind else words("table.t_step_free_all")
    note = words("table.n_step_free", values)
    table = Table("step_free", title, note, tuple(columns), tuple(rows), total if kind else None)
    table = with_borders_note(table, findings, language)
    return with_note(table, findings, language, kinds=_kinds(findings, kind), totals=True)


def _kinds(findings: Findings, kind: str) -> tuple[str, ...]:
    return (kind,) if kind else findings.step_free.kinds


def _figures(findings: Findings, kind: str) -> NDArray[np.float64]:
    """Return the lead group's figures of one kind (areas, columns)."""
    found = findings.step_free
    k, g = found.kinds.index(kind), found.groups.index(findings.lead_group)
    lost = [found.lost_people(kind, minutes=m)[:, g] for m in found.minutes]
    return np.column_stack([
        found.residents[:, g], found.within_twin[k, -1, :, g], found.within_free[k, -1, :, g],
        *lost, found.lost_people(kind)[:, g], found.no_street[0, :, g],
    ])  # fmt: skip


def step_free_places_table(findings: Findings, language: Language) -> Table:
    """Return every facility with its way without and with stairs; those that lose it first."""
    words, found = Words(language), findings.step_free
    columns = [
        column_of(language, "id", "code"), column_of(language, "name"),
        column_of(language, "kind"), column_of(language, "area"),
        column_of(language, "loses", "code"),
        column_of(language, "state_step_free"), column_of(language, "state_with_stairs"),
        column_of(language, "leg_step_free", "metres", unit="m"),
        column_of(language, "leg_with_stairs", "metres", unit="m"),
    ]  # fmt: skip
    states = [words(f"table.v_state_{state}") for state in FACILITY_STATES]
    lost = found.lost_facilities
    at, state = findings.facilities.area_index, found.facility_state
    leg_m = np.where(state == FACILITY_STATES.index("no_street"), np.nan,
                     found.facility_leg_dm / 10.0)  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (found.facility_ids[f], found.facility_names[f],
         label(found.facility_kinds[f], "kind", language),
         area_name(findings, int(at[f]), language), yes_or_no(bool(lost[f]), language),
         states[state[0, f]], states[state[1, f]], float(leg_m[0, f]), float(leg_m[1, f]))
        for f in np.argsort(~lost, kind="stable").tolist()
    ]  # fmt: skip
    title, note = words("table.t_step_free_places"), words("table.n_step_free_places")
    return Table("step_free_places", title, note, tuple(columns), tuple(rows))


def bans_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return what is left of streets and of people within: with stairs, without, under each ban.

    ``kind`` as for :func:`step_free_table`.
    """
    words, found = Words(language), findings.step_free
    g = found.groups.index(findings.lead_group)
    columns = [
        column_of(language, "kind"), column_of(language, "case"),
        column_of(language, "usable_share", "share"), column_of(language, "main_share", "share"),
        *(_people(language, "within", minutes=m) for m in found.minutes),
        column_of(language, "share", "share"),
    ]  # fmt: skip
    cases = [words("table.v_case_stairs"), words("table.v_case_free")]
    cases += [words("table.v_case_ban", {"limit": limit_text(b)}) for b in found.ban_limit]
    shares = [(np.nan, np.nan), *zip(found.usable_share, found.main_share, strict=True)]
    within = [found.within_twin, found.within_free, *found.within_ban]
    everybody = float(found.residents[:, g].sum())
    rows: list[tuple[Cell, ...]] = []
    for each in _kinds(findings, kind):
        name, k = label(each, "kind", language), found.kinds.index(each)
        for case, (usable, main), counted in zip(cases, shares, within, strict=True):
            people = counted[k, :, :, g].sum(axis=1)
            share = float(people[-1]) / everybody if everybody > 0 else float("nan")
            rows.append((name, case, float(usable), float(main),
                         *(number(v) for v in people), share))  # fmt: skip
    values = {**_walker(findings, language), "kind": label(kind, "kind", language)}
    title = words("table.t_bans", values) if kind else words("table.t_bans_all")
    table = Table("bans", title, words("table.n_bans", values), tuple(columns), tuple(rows))
    return with_note(table, findings, language, kinds=_kinds(findings, kind), totals=True)


def limit_text(grade: float) -> str:
    """Return a limit of grades as a percentage: 6%, 8.33%."""
    return f"{100.0 * grade:g}%"


def _people(language: Language, key: str, *, minutes: int = 0) -> Column:
    name = f"{key}_{minutes}" if minutes else key
    return column_of(
        language, name, "count", unit="people", word=key, values={"minutes": minutes}
    )  # fmt: skip


def _walker(findings: Findings, language: Language) -> dict[str, object]:
    """Return who walks, as notes say it."""
    walker = findings.study.walker(findings.step_free.walker)
    return {
        "group": label(findings.lead_group, "group", language),
        "walker": clean_text(label(walker.name, "walker", language)),
        "mps": f"{walker.flat_mps:.2f}", "status": label(walker.status, "status", language),
    }  # fmt: skip
