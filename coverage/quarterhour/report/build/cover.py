"""Tables of what is: coverage by kind, status by area, facilities, and the long form."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.report.borders import with_borders_note
from quarterhour.report.columns import Cell, Column, Table, column_of, joined_notes, number
from quarterhour.report.withheld import spoken, with_note
from quarterhour.wording import MISSING, label, minutes
from quarterhour.words import Language, Words

_BY_AREA = ("areas", "area", "cover_long")
_COMPARED = ("by_group", "policy_walk", "policy_radius")
# The walker of straight lines needs no streets, and so says its share everywhere.
_STRAIGHT = "policy_radius"


def coverage_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind, ``any`` last: people of the lead group within each limit.

    Facilities per area stand beside the people's coverage, because the two are often mistaken for
    each other. Kinds overlap, so there is no total.
    """
    coverage, summary = findings.coverage, findings.summary()
    c = [
        column_of(language, "kind"),
        column_of(language, "facilities", "count", unit="places"),
        column_of(language, "areas_with", "count", unit="areas"),
        column_of(language, "share_areas", "share"),
        *limit_columns(language, coverage.minutes),
        column_of(language, "share", "share"),
        *(column_of(language, f"share_{w}", "share") for w in _COMPARED),
        beyond_column(language, coverage.minutes),
        column_of(language, "no_street", "count", unit="people"),
        column_of(language, "median_min", "minutes", unit="min"),
        column_of(language, "p90_min", "minutes", unit="min"),
    ]
    rows = []
    for k in summary.kinds:
        with_one = int((_facilities_by_area(findings, k.kind)[:-1] > 0).sum())
        rows.append((
            label(k.kind, "kind", language), k.facilities, with_one,
            with_one / len(findings.areas.names),
            *(number(k.within[m]) for m in coverage.minutes), k.share[coverage.minutes[-1]],
            k.share_by_group, k.share_policy_walk, k.share_policy_radius,
            number(k.outside - k.no_street), number(k.no_street),
            _min(k.median_s, language), _min(k.p90_s, language),
        ))  # fmt: skip
    table = _table(findings, language, "coverage", c, rows, None)
    return with_note(table, findings, language, kinds=coverage.kinds, totals=True)


def area_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return one row per area, with its total: residents, facilities and coverage.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind (or ``any``) with every limit, the shares by policy distances for comparison, and
        who is left; by default an overview of all kinds at the longest limit.
    """
    return _area_detail(findings, language, kind) if kind else _area_overview(findings, language)


def _area_overview(findings: Findings, language: Language) -> Table:
    coverage = findings.coverage
    longest = coverage.minutes[-1]
    lead = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    columns = [column_of(language, "area"), *_groups(findings, language)]
    figures = [coverage.residents]
    for kind in coverage.kinds[:-1]:
        columns.append(_of_kind(language, "n", kind, "count", "places"))
        figures.append(_facilities_by_area(findings, kind)[:, None])
    for kind in coverage.kinds:
        columns.append(_of_kind(language, "within", kind, "count", "people", minutes_=longest))
        figures.append(coverage.people(kind)[:, None])
    rows = _area_rows(findings, language, np.hstack(figures))
    shares = [
        spoken(_shares(coverage.people(kind), lead), findings.cannot_say(kind), language)
        for kind in coverage.kinds
    ]
    columns += [_of_kind(language, "share", kind, "share", "") for kind in coverage.kinds]
    kept = [(*row, *(s[at] for s in shares)) for at, row in rows]
    table = _table(findings, language, "areas", columns, kept[:-1], kept[-1])
    return with_note(table, findings, language, kinds=coverage.kinds, totals=False)


def _area_detail(findings: Findings, language: Language, kind: str) -> Table:
    coverage = findings.coverage
    lead = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    no_street = coverage.no_street[0, :, coverage.groups.index(coverage.lead_group)]
    within = [coverage.people(kind, minutes=m) for m in coverage.minutes]
    walkers = [w for w in _COMPARED if w in coverage.walkers]
    columns = [
        column_of(language, "area"), *_groups(findings, language),
        column_of(language, "facilities", "count", unit="places"),
        *limit_columns(language, coverage.minutes),
        beyond_column(language, coverage.minutes),
        column_of(language, "no_street", "count", unit="people"),
        column_of(language, "share", "share"),
        *(column_of(language, f"share_{w}", "share") for w in walkers),
    ]  # fmt: skip
    figures = [coverage.residents, _facilities_by_area(findings, kind)[:, None]]
    figures += [w[:, None] for w in (*within, lead - within[-1] - no_street, no_street)]
    rows = _area_rows(findings, language, np.hstack(figures))
    dumb = findings.cannot_say(kind)
    shares = [spoken(_shares(within[-1], lead), dumb, language)]
    for walker in walkers:
        held = dumb & (walker != _STRAIGHT)
        shares.append(spoken(_shares(coverage.people(kind, walker=walker), lead), held, language))
    kept = [(*row, *(s[at] for s in shares)) for at, row in rows]
    table = _table(findings, language, "area", columns, kept[:-1], kept[-1], kind=kind)
    table = replace(table, key=f"area_{kind}")
    radius = _STRAIGHT in walkers
    return with_note(table, findings, language, kinds=(kind,), totals=False, radius=radius)


def cover_long_table(findings: Findings, language: Language) -> Table:
    """Return one row per area, kind, walker and group; within, beyond and no street add up."""
    coverage = findings.coverage
    longest = coverage.minutes[-1]
    columns = [
        *(column_of(language, key) for key in ("area", "kind", "walker", "group")),
        column_of(language, "residents", "count", unit="people"),
        *limit_columns(language, coverage.minutes),
        beyond_column(language, coverage.minutes),
        column_of(language, "no_street", "count", unit="people"),
        column_of(language, "share", "share"),
    ]
    frame = coverage.to_frame()
    if not _has_outside(findings):
        frame = frame[frame["area"] != ""]
    held = _held_rows(findings, frame["area"], frame["kind"]) & (frame["walker"] != _STRAIGHT)
    frame["area"] = frame["area"].where(frame["area"] != "", _outside(language))
    for key in ("kind", "walker", "group"):
        known = {value: label(value, key, language) for value in frame[key].unique()}
        frame[key] = frame[key].map(known)
    limits = [f"within_{m}_min" for m in coverage.minutes]
    counts = ["residents", *limits, "beyond", "no_street"]
    frame[counts] = frame[counts].round(9) + 0.0
    share = (frame[f"within_{longest}_min"] / frame["residents"]).where(frame["residents"] > 0)
    share = share.astype(object).where(~held, Words(language)("completeness.cannot_say"))
    cells = frame[["area", "kind", "walker", "group", *counts]].assign(share=share)
    rows = list(cells.itertuples(index=False, name=None))
    table = _table(findings, language, "cover_long", columns, rows, None)
    radius = _STRAIGHT in coverage.walkers
    return with_note(table, findings, language, kinds=coverage.kinds, totals=False, radius=radius)


def _held_rows(findings: Findings, areas: Iterable[str], kinds: Iterable[str]) -> NDArray[np.bool_]:
    """Tell for rows of an area and a kind whether their share is withheld."""
    names = {kind: findings.withheld_names(kind) for kind in findings.coverage.kinds}
    return np.array([a in names[k] for a, k in zip(areas, kinds, strict=True)], bool)


def facilities_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility, in the order of the files.

    ``served`` counts people of the lead group who live within the longest limit and to whom this
    is the nearest of its kind: by kind these add up to the people within.
    """
    words, f = Words(language), findings.facilities
    columns = [
        column_of(language, "id", "code"), column_of(language, "name"),
        column_of(language, "kind"), column_of(language, "area"),
        column_of(language, "opened", "code"),
        column_of(language, "floor_area", "count", unit="m2"),
        column_of(language, "storey", "count"),
        column_of(language, "lift", "code"),
        column_of(language, "capacity", "count", unit="capacity"),
        column_of(language, "served", "count", unit="people"),
        column_of(language, "status"),
    ]  # fmt: skip
    served = served_by(findings)
    rows = [
        (f.ids[n], f.names[n], label(f.kinds[n], "kind", language),
         area_name(findings, int(f.area_index[n]), language), supplied(f.opened[n], language),
         known(f.floor_area_m2[n], language), known(f.storey[n], language),
         lift_word(int(f.lift[n]), language), known(f.capacity[n], language),
         number(served[n]), supplied(f.status[n], language))
        for n in range(len(f.ids))
    ]  # fmt: skip
    total: list[Cell] = [words("table.v_total"), words("table.v_places", {"count": len(f.ids)})]
    total += [MISSING] * (len(columns) - 2)
    if np.isfinite(f.floor_area_m2).all():
        total[5] = number(f.floor_area_m2.sum())
    table = _table(findings, language, "facilities", columns, rows, tuple(total))
    return _with_origin(table, findings, language) if findings.facilities_from_osm else table


def _with_origin(table: Table, findings: Findings, language: Language) -> Table:
    """Return the table of facilities with a column that marks those of OpenStreetMap."""
    words, f = Words(language), findings.facilities
    said = [words("table.v_osm") if o == "osm" else file or MISSING
            for o, file in zip(f.origin, f.file, strict=True)]  # fmt: skip
    note = joined_notes([table.note, words("table.n_osm")], language)
    rows = tuple((*row, cell) for row, cell in zip(table.rows, said, strict=True))
    total = None if table.total is None else (*table.total, MISSING)
    columns = (*table.columns, column_of(language, "origin"))
    return replace(table, note=note, columns=columns, rows=rows, total=total)


def served_by(findings: Findings) -> NDArray[np.float64]:
    """Return the lead group's people within the longest limit, by nearest facility of a kind."""
    coverage, lead = findings.coverage, findings.demand.people_of(findings.lead_group)
    limit = findings.study.walker(coverage.walkers[0]).limit_ms(coverage.minutes[-1])
    out = np.zeros(len(findings.facilities.ids))
    for k, kind in enumerate(coverage.kinds):
        inside = (coverage.ms[k, 0] <= limit) & (coverage.facility[k] >= 0)
        if kind != ANY:
            out += np.bincount(coverage.facility[k, inside], lead[inside], minlength=len(out))
    return out


def area_name(findings: Findings, index: int, language: Language) -> str:
    """Return the name of an area; in words where it is outside all of them."""
    return findings.areas.names[index] if index >= 0 else _outside(language)


def known(value: float, language: Language) -> Cell:
    """Return a figure, or ``待补充`` where it was not supplied."""
    return number(value) if np.isfinite(value) else Words(language)("table.v_to_supply")


def supplied(text: str, language: Language) -> str:
    """Return a text, or ``待补充`` where it was not supplied."""
    return text or Words(language)("table.v_to_supply")


def lift_word(lift: int, language: Language) -> str:
    """Return whether there is a lift, in words."""
    words = Words(language)
    if lift < 0:
        return words("table.v_to_supply")
    return words("table.v_yes" if lift else "table.v_no")


def yes_or_no(value: bool, language: Language) -> str:
    """Return a truth in words."""
    return Words(language)("table.v_yes_it_is" if value else "table.v_no_it_is_not")


def _table(
    findings: Findings,
    language: Language,
    key: str,
    columns: list[Column],
    rows: Sequence[tuple[Cell, ...]],
    total: tuple[Cell, ...] | None,
    *,
    kind: str = "",
) -> Table:
    words, coverage = Words(language), findings.coverage
    values = {
        "kind": label(kind, "kind", language), "minutes": coverage.minutes[-1],
        "group": label(coverage.lead_group, "group", language),
        "walker": label(coverage.walkers[0], "walker", language),
    }  # fmt: skip
    title, note = words(f"table.t_{key}", values), words(f"table.n_{key}", values)
    table = Table(key, title, note, tuple(columns), tuple(rows), total)
    return with_borders_note(table, findings, language) if key in _BY_AREA else table


def limit_columns(language: Language, limits: tuple[int, ...]) -> list[Column]:
    """Return a column of people within each limit."""
    return [
        column_of(
            language, f"within_{m}", "count", unit="people", word="within", values={"minutes": m}
        )
        for m in limits
    ]  # fmt: skip


def beyond_column(language: Language, limits: tuple[int, ...]) -> Column:
    """Return the column of people who have a street and live farther than the longest limit."""
    return column_of(language, "beyond", "count", unit="people", values={"minutes": limits[-1]})


def _groups(findings: Findings, language: Language) -> list[Column]:
    return [
        column_of(language, f"people_{g}", "count", unit="people", word="label",
                  values={"label": label(g, "group", language)})
        for g in findings.coverage.groups
    ]  # fmt: skip


def _of_kind(
    language: Language, what: str, kind: str, form: str, unit: str, *, minutes_: int = 0
) -> Column:
    values = {"kind": label(kind, "kind", language), "minutes": minutes_}
    return column_of(
        language, f"{what}_{kind}", "share" if form == "share" else "count", unit=unit,
        word=f"{what}_kind", values=values,
    )  # fmt: skip


def _facilities_by_area(findings: Findings, kind: str) -> NDArray[np.float64]:
    """Return facilities of a kind by area, the last: outside all areas."""
    f, n = findings.facilities, len(findings.areas.names)
    rows = f.rows_of(kind)
    at = np.where(f.area_index[rows] < 0, n, f.area_index[rows])
    return np.bincount(at, minlength=n + 1).astype(float)


def _has_outside(findings: Findings) -> bool:
    """Tell whether people or facilities stand outside all areas and need a row of their own."""
    return bool(findings.coverage.residents[-1].any() or (findings.facilities.area_index < 0).any())


def _outside(language: Language) -> str:
    return Words(language)("table.v_outside")


def _area_rows(
    findings: Findings, language: Language, figures: NDArray[np.float64]
) -> list[tuple[int, tuple[Cell, ...]]]:
    """Return each area's figures, the total last, with their place in ``_shares``."""
    names = [*findings.areas.names, _outside(language), Words(language)("table.v_total")]
    rows = np.vstack([figures, figures.sum(axis=0)])
    shown = [n for n in range(len(names)) if n != len(names) - 2 or _has_outside(findings)]
    return [(n, (names[n], *(number(v) for v in rows[n]))) for n in shown]


def _shares(part: NDArray[np.float64], whole: NDArray[np.float64]) -> list[float]:
    """Return the share of each area and, last, of all; ``nan`` where nobody lives."""
    parts, wholes = [*part.tolist(), float(part.sum())], [*whole.tolist(), float(whole.sum())]
    return [p / w if w > 0 else float("nan") for p, w in zip(parts, wholes, strict=True)]


def _min(seconds: float, language: Language) -> Cell:
    return number(seconds / 60.0) if np.isfinite(seconds) else minutes(seconds, language)
