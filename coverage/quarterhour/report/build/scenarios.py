"""Tables of other years, of the neighbours' facilities, and of distance bands."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.bands import (
    BANDS,
    CANNOT_SAY,
    NO_FACILITY,
    NOBODY,
    OUT_OF_REACH,
    DistanceBands,
)
from quarterhour.cover.neighbours import NeighbourEffect
from quarterhour.cover.years import YearSeries
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.presets import constant
from quarterhour.report.columns import Cell, Column, Kind, Table, column_of, number
from quarterhour.report.withheld import spoken, with_note
from quarterhour.wording import MISSING, label, percent
from quarterhour.words import Language, Words

_NEAR = 3  # bands up to 1 km
_VERDICTS = {
    OUT_OF_REACH: "scenarios.v_out_of_reach", CANNOT_SAY: "completeness.cannot_say",
    NOBODY: "scenarios.v_nobody", NO_FACILITY: "scenarios.v_no_facility",
}  # fmt: skip


# --- years


def years_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return one row per kind and year, ``any`` last; the change is against the year before.

    Parameters
    ----------
    findings, language
        What to show (findings with a series by year), and in which language.
    kind
        One kind (or ``any``) alone; by default all.
    """
    series = findings.measured.years
    if series is None:
        raise AssertionError("findings without a series by year")
    words, limit = Words(language), {"minutes": series.minutes}
    columns = [
        column_of(language, "kind"), _column(language, "year", "code"),
        _column(language, "basis", "code"),
        column_of(language, "facilities", "count", unit="places"),
        _column(language, "planned", "count", unit="places"),
        _column(language, "year_unknown", "count", unit="places"),
        column_of(language, "residents", "count", unit="people"),
        _column(language, "inside", "count", unit="people", values=limit),
        _column(language, "outside", "count", unit="people", values=limit),
        column_of(language, "share", "share"),
        _column(language, "change", "minutes", unit="points"),
    ]  # fmt: skip
    rows = [r for k in ((kind,) if kind else series.kinds) for r in _years_of(series, k, language)]
    values = {
        **_values(findings, language), "never": series.never, "minutes": series.minutes,
        "unknown": int(series.year_unknown[series.kinds.index(kind or ANY)]),
        "kind": label(kind, "kind", language),
    }  # fmt: skip
    title = words("scenarios.t_years_kind" if kind else "scenarios.t_years", values)
    note = words("scenarios.n_years", values)
    return Table(f"years_{kind}" if kind else "years", title, note, tuple(columns), tuple(rows))


def _years_of(series: YearSeries, kind: str, language: Language) -> list[tuple[Cell, ...]]:
    k, words = series.kinds.index(kind), Words(language)
    total, shares = float(series.residents.sum()), series.share(kind).tolist()
    rows: list[tuple[Cell, ...]] = []
    for y, year in enumerate(series.years):
        inside = float(series.within[k, y].sum())
        change = 100.0 * (shares[y] - shares[y - 1]) if y else float("nan")
        rows.append((
            label(kind, "kind", language), str(year), words(_basis(series, year)),
            int(series.facilities[k, y]), int(series.planned[k, y]), int(series.year_unknown[k]),
            number(total), number(inside), number(total - inside), shares[y],
            round(change, 1) + 0.0,
        ))  # fmt: skip
    return rows


def _basis(series: YearSeries, year: int) -> str:
    """Return the word for what a year's set of facilities rests on."""
    if series.known_from is None or year > series.known_from:
        return "scenarios.v_plan"
    return "scenarios.v_now" if year == series.known_from else "scenarios.v_past"


# --- neighbours


def neighbours_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind, ``any`` last: people without and with the neighbours."""
    effect = _effect(findings)
    places = [
        len(effect.ids) if kind == ANY else effect.place_kinds.count(kind) for kind in effect.kinds
    ]
    columns = [
        column_of(language, "kind"),
        _column(language, "places_around", "count", unit="places"),
        *_without_and_with(language),
    ]
    rows: list[tuple[Cell, ...]] = []
    for kind, count in zip(effect.kinds, places, strict=True):
        figures, shares = _gained(effect, kind)
        cells = [*(number(v) for v in figures[-1]), *(s[-1] for s in shares)]
        rows.append((label(kind, "kind", language), count, *cells))
    table = _table(findings, language, "neighbours", columns, rows, note="neighbours")
    return with_note(table, findings, language, kinds=effect.kinds, totals=True)


def neighbours_areas_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind and area, and a sum of each kind."""
    effect, words = _effect(findings), Words(language)
    columns = [column_of(language, "kind"), column_of(language, "area"),
               *_without_and_with(language)]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for kind in effect.kinds:
        figures, shares = _gained(effect, kind)
        said = [spoken(s, findings.cannot_say(kind), language) for s in shares]
        for a, name in _shown(findings, figures[:, 0], words):
            counts = (number(v) for v in figures[a])
            rows.append((label(kind, "kind", language), name, *counts, *(s[a] for s in said)))
    table = _table(findings, language, "neighbours_areas", columns, rows, note="neighbours")
    return with_note(table, findings, language, kinds=effect.kinds, totals=False)


def neighbour_places_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility of the neighbours, those that gain most people first."""
    effect = _effect(findings)
    columns = [
        column_of(language, "id", "code"), column_of(language, "name"),
        column_of(language, "kind"), column_of(language, "file"),
        column_of(language, "served", "count", unit="people"),
        _column(language, "gained", "count", unit="people"),
    ]  # fmt: skip
    order = np.lexsort((-effect.served, -effect.gained)).tolist()
    rows = [
        (effect.ids[n], effect.names[n], label(effect.place_kinds[n], "kind", language),
         effect.file[n], number(effect.served[n]), number(effect.gained[n]))
        for n in order
    ]  # fmt: skip
    return _table(findings, language, "neighbour_places", columns, rows, note="neighbour_places")


def _effect(findings: Findings) -> NeighbourEffect:
    effect = findings.measured.neighbours
    if effect is None:
        raise AssertionError("findings without neighbours")
    return effect


def _without_and_with(language: Language) -> list[Column]:
    people = [column_of(language, "residents", "count", unit="people")]
    for key in ("without", "gained", "not_gained"):
        people.append(_column(language, key, "count", unit="people"))
    shares = [_column(language, key, "share") for key in ("share_without", "share_together")]
    return [*people, *shares]


def _gained(effect: NeighbourEffect, kind: str) -> tuple[NDArray[np.float64], list[list[float]]]:
    """Return people by area, the last row all of them, and both shares."""
    own = effect.people(kind, neighbours=False)
    both = effect.people(kind, neighbours=True)
    residents = effect.residents[:, effect.groups.index(effect.group)]
    figures = np.column_stack([residents, own, both - own, residents - both])
    figures = np.vstack([figures, figures.sum(axis=0)])
    residents, without = figures[:, 0], figures[:, 1]
    return figures, [_share(without, residents), _share(without + figures[:, 2], residents)]


# --- distance bands


def bands_table(
    findings: Findings, language: Language, *, kind: str = "", areas: Sequence[int] | None = None
) -> Table:  # fmt: skip
    """Return one row per kind and area, and a sum of each kind: people by network distance.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind (or ``any``) alone; by default all.
    areas
        Rows of areas to show, without the sum; all by default.
    """
    bands, words = findings.measured.bands, Words(language)
    columns = [
        column_of(language, "kind"), column_of(language, "area"),
        column_of(language, "residents", "count", unit="people"),
        *(_column(language, key, "count", unit="people")
          for key in (*BANDS[:_NEAR], "near", *BANDS[_NEAR:])),
        _column(language, "median_m", "metres", unit="m"), _column(language, "reach"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for k in (kind,) if kind else bands.kinds:
        rows += _bands_of(findings, bands, k, areas, language)
    values = {**_values(findings, language), "kind": label(kind, "kind", language),
              "share": percent(constant("hopeless_share")),
              "metres": f"{constant('hopeless_m'):.0f}"}  # fmt: skip
    title = words("scenarios.t_bands_rural" if kind else "scenarios.t_bands", values)
    note = words("scenarios.n_bands", values)
    table = Table(f"bands_{kind}" if kind else "bands", title, note, tuple(columns), tuple(rows))
    if areas is not None:
        return table
    return with_note(table, findings, language, kinds=(kind,) if kind else bands.kinds,
                     totals=False)  # fmt: skip


def _bands_of(
    findings: Findings, bands: DistanceBands, kind: str, areas: Sequence[int] | None,
    language: Language,
) -> list[tuple[Cell, ...]]:  # fmt: skip
    words, counts = Words(language), bands.of(kind).T
    counts = np.vstack([counts, counts.sum(axis=0)])
    residents, k = counts.sum(axis=1), bands.kinds.index(kind)
    rows: list[tuple[Cell, ...]] = []
    for a, name in _shown(findings, residents, words):
        if areas is not None and a not in areas:
            continue
        cells = [*counts[a, :_NEAR], counts[a, :_NEAR].sum(), *counts[a, _NEAR:]]
        # The last row is everybody, of whom no verdict speaks.
        verdict = int(bands.verdict[k, a]) if a < len(bands.areas) else None
        reach = "" if verdict is None else words(_VERDICTS.get(verdict, "scenarios.v_walkable"))
        median = float(bands.median_m[k, a])
        middle = reach if verdict == CANNOT_SAY else _metres(median, words)
        rows.append((
            label(kind, "kind", language), name, number(residents[a]),
            *(number(c) for c in cells), middle, reach or MISSING,
        ))  # fmt: skip
    return rows


def _metres(median_m: float, words: Words) -> Cell:
    return words("scenarios.h_no_way") if np.isposinf(median_m) else number(median_m)


# --- what they share


def _shown(
    findings: Findings, residents: NDArray[np.float64], words: Words
) -> list[tuple[int, str]]:  # fmt: skip
    """Return the rows to show with their names: areas, outside where people live, all."""
    names = [*findings.areas.names, words("table.v_outside"), words("table.v_total")]
    outside = len(names) - 2
    return [(a, n) for a, n in enumerate(names) if a != outside or residents[a] > 0]


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> list[float]:
    """Return shares; ``nan`` where nobody lives."""
    found: list[float] = np.divide(
        part, whole, out=np.full(len(whole), np.nan), where=whole > 0
    ).tolist()
    return found


def _values(findings: Findings, language: Language) -> dict[str, object]:
    coverage = findings.coverage
    return {
        "walker": label(coverage.walkers[0], "walker", language),
        "group": label(coverage.lead_group, "group", language), "minutes": coverage.minutes[-1],
    }  # fmt: skip


def _table(
    findings: Findings, language: Language, key: str, columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]], *, note: str,
) -> Table:  # fmt: skip
    words, values = Words(language), _values(findings, language)
    said = words(f"scenarios.n_{note}", values)
    return Table(key, words(f"scenarios.t_{key}", values), said, tuple(columns), tuple(rows))


def _column(
    language: Language, key: str, kind: Kind = "text", *, unit: str = "",
    values: dict[str, int] | None = None,
) -> Column:  # fmt: skip
    return column_of(language, key, kind, unit=unit, values=values, stem="scenarios")
