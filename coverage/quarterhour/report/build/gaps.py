"""Tables of gaps: where uncovered people live and why, example walks, and where places run out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.gaps.causes import CAUSES
from quarterhour.cover.gaps.clusters import STAND_INS
from quarterhour.cover.gaps.examples import Examples
from quarterhour.cover.gaps.finding import Gaps
from quarterhour.findings import Findings
from quarterhour.maps.gap_place import barrier_words, gap_place
from quarterhour.report.columns import (
    Cell,
    Column,
    Table,
    clean_text,
    column_of,
    joined_notes,
    number,
)
from quarterhour.report.withheld import with_note
from quarterhour.wording import MISSING, label, minutes, percent
from quarterhour.words import Language, Words

_STEM = "gaps"


def gaps_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return one row per gap and one for scattered people: together, all who are outside.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind, with its total; by default all kinds, one after the other, without a total
        (people out of reach of two kinds stand in both).
    """
    coverage = findings.coverage
    people = [
        column_of(language, f"people_{g}", "count", unit="people", word="label",
                  values={"label": label(g, "group", language)})
        for g in coverage.groups
    ]  # fmt: skip
    columns = [
        column_of(language, "kind"), column_of(language, "gap", "code"),
        column_of(language, "area"), column_of(language, "street"), *people,
        column_of(language, "gap_median_min", "minutes", unit="min"),
        column_of(language, "straight_m", "metres", unit="m"),
        column_of(language, "walk_m", "metres", unit="m", stem=_STEM),
        column_of(language, "detour", "minutes", stem=_STEM),
        column_of(language, "nearest", "code", stem=_STEM), column_of(language, "cause"),
        column_of(language, "causes", stem=_STEM), column_of(language, "barrier", stem=_STEM),
    ]  # fmt: skip
    kinds = (kind,) if kind else coverage.kinds
    rows = [r for k in kinds for r in _gap_rows(findings, findings.gaps_of(k), language)]
    total = None if not kind else _total(columns, rows, language)
    table = _table(findings, language, "table.t_gaps", "table.n_gaps", columns, rows, total)
    table = replace(
        table, key="gaps", note=_joined([table.note, _how(findings, language)], language)
    )
    return with_note(table, findings, language, kinds=kinds, totals=False)


def _gap_rows(findings: Findings, gaps: Gaps, language: Language) -> list[tuple[Cell, ...]]:
    words, kind = Words(language), _kind(gaps.kind, language)
    dumb, held = words("completeness.cannot_say"), findings.withheld_names(gaps.kind)
    rows: list[tuple[Cell, ...]] = []
    for g, id_ in enumerate(gaps.ids):
        shut = gaps.areas[g] in held
        told: tuple[Cell, ...] = (
            number(gaps.walk_m[g]), number(gaps.detour[g]), gaps.facility[g] or MISSING,
            label(gaps.cause[g], "cause", language), causes_text(gaps, g, language),
            barrier_text(gaps, g, language) or MISSING,
        )  # fmt: skip
        median = _min(float(gaps.median_s[g]), language)
        rows.append((
            kind, id_, gaps.areas[g] or words("table.v_outside"),
            gap_place(gaps.streets, gaps.apart, g, language),
            *(number(p) for p in gaps.people[g]), dumb if shut else median,
            number(gaps.straight_m[g]), *((dumb,) * len(told) if shut else told),
        ))  # fmt: skip
    left = _shares_text(gaps.scattered_by_cause, language)
    scattered = tuple(number(s) for s in gaps.scattered)
    rows.append((
        kind, MISSING, words("table.v_scattered"), MISSING, *scattered, *[MISSING] * 6, left,
        MISSING,
    ))  # fmt: skip
    return rows


def causes_text(gaps: Gaps, row: int, language: Language) -> str:
    """Return the shares of a gap's people by cause, the greatest first."""
    return _shares_text(gaps.by_cause[row], language)


def barrier_text(gaps: Gaps, row: int, language: Language) -> str:
    """Return the barrier of a gap: its name, else what it is; empty where none is known."""
    name = clean_text(gaps.barrier_name[row])
    return barrier_words(gaps.barrier_kind[row], name, language)


def cause_text(gaps: Gaps, row: int, language: Language) -> str:
    """Return the cause of a gap, with its barrier where one is known."""
    cause, barrier = label(gaps.cause[row], "cause", language), barrier_text(gaps, row, language)
    if not barrier:
        return cause
    return Words(language)("gaps.cause_barrier", {"cause": cause, "barrier": barrier})


def _shares_text(people: NDArray[np.float64], language: Language) -> str:
    total, words = float(people.sum()), Words(language)
    order = np.argsort(-np.round(people, 6), kind="stable").tolist()
    said = [
        words("gaps.share_of_cause", {"cause": label(CAUSES[c], "cause", language),
                                      "share": percent(float(people[c]) / total)})
        for c in order if people[c] > 0
    ]  # fmt: skip
    return words("report.join").join(said) if said else MISSING


def gap_examples_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return one row per example walk.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind; all by default.
    """
    columns = [
        column_of(language, "kind"), column_of(language, "gap", "code"),
        column_of(language, "role", stem=_STEM), column_of(language, "area"),
        column_of(language, "street"),
        column_of(language, "walk_min", "minutes", unit="min", stem=_STEM),
        column_of(language, "way_m", "metres", unit="m", stem=_STEM),
        column_of(language, "steps", "count", unit="steps", stem=_STEM),
        column_of(language, "up_m", "metres", unit="m", stem=_STEM),
        column_of(language, "nearest", "code", stem=_STEM),
        column_of(language, "facility", stem=_STEM),
    ]  # fmt: skip
    kinds = (kind,) if kind else findings.coverage.kinds
    rows = [r for k in kinds for r in _example_rows(findings, findings.gaps_of(k), language)]
    table = _table(findings, language, "gaps.t_examples", "gaps.n_examples", columns, rows, None)
    table = replace(table, key="gap_examples")
    return with_note(table, findings, language, kinds=kinds, totals=False)


def _example_rows(findings: Findings, gaps: Gaps, language: Language) -> list[tuple[Cell, ...]]:
    words, found, f = Words(language), gaps.examples, findings.facilities
    dumb, held = words("completeness.cannot_say"), findings.withheld_names(gaps.kind)
    rows: list[tuple[Cell, ...]] = []
    for n, gap in enumerate(found.gap.tolist()):
        at = int(found.facility[n])
        told: tuple[Cell, ...] = (
            _min(float(found.seconds[n]), language), number(found.metres[n]),
            number(round(float(found.steps[n]))) if at >= 0 else MISSING, number(found.up_m[n]),
            f.ids[at] if at >= 0 else MISSING, f.names[at] if at >= 0 else MISSING,
        )  # fmt: skip
        shut = gaps.areas[gap] in held
        rows.append((
            _kind(gaps.kind, language), gaps.ids[gap], words(f"gaps.role_{found.role[n]}"),
            found.areas[n] or words("table.v_outside"), example_street(found, n, language),
            *((dumb,) * len(told) if shut else told),
        ))  # fmt: skip
    return rows


def example_street(found: Examples, row: int, language: Language) -> str:
    """Return the street that an example walk begins in, in words where it has no name."""
    words, near = Words(language), clean_text(found.near[row])
    if found.streets[row]:
        return clean_text(found.streets[row])
    return words("gaps.unnamed_near", {"street": near}) if near else words("gaps.unnamed")


def crowded_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return where people are inside the circle and find no place; those elsewhere last.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind; by default all of which it is known who finds a place.
    """
    words = Words(language)
    columns = [
        column_of(language, "kind"), column_of(language, "crowded", "code", stem=_STEM),
        column_of(language, "area"), column_of(language, "street"),
        column_of(language, "without", "count", unit="people", stem=_STEM),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for gaps in findings.gaps:
        found = gaps.crowded
        if found is None or gaps.kind != (kind or gaps.kind):
            continue
        name = _kind(gaps.kind, language)
        rows += [
            (name, id_, found.areas[g] or words("table.v_outside"),
             gap_place(found.streets, found.apart, g, language), number(found.people[g]))
            for g, id_ in enumerate(found.ids)
        ]  # fmt: skip
        rows.append((name, MISSING, words("table.v_scattered"), MISSING, number(found.scattered)))
    table = _table(findings, language, "gaps.t_crowded", "gaps.n_crowded", columns, rows, None)
    return replace(table, key="crowded")


def _table(
    findings: Findings,
    language: Language,
    title: str,
    note: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    total: tuple[Cell, ...] | None,
) -> Table:
    words, coverage = Words(language), findings.coverage
    values = {
        "minutes": coverage.minutes[-1], "k": findings.study.privacy.k,
        "group": label(coverage.lead_group, "group", language),
    }  # fmt: skip
    return Table("", words(title, values), words(note, values), tuple(columns), tuple(rows), total)


def _how(findings: Findings, language: Language) -> str:
    """Return how people were clustered and causes told apart."""
    gaps = findings.gaps[0]
    least = float(gaps.parameters["min_people"])
    values = {
        "radius": f"{gaps.parameters['radius_m']:g}", "people": f"{least:g}",
        "part": f"{max(least, 1.0) / STAND_INS:g}",
        "widest": f"{gaps.parameters['widest_m']:.0f}",
    }  # fmt: skip
    detour = {"detour": f"{gaps.parameters['detour']:g}"}
    words = Words(language)
    how = words("gaps.by_hdbscan" if gaps.method == "hdbscan" else "gaps.by_dbscan", values)
    return _joined([how, words("gaps.n_causes", detour)], language)


def _total(
    columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]], language: Language
) -> tuple[Cell, ...]:
    total: list[Cell] = [Words(language)("table.v_total")]
    for at, column in enumerate(columns[1:], start=1):
        counted = column.key.startswith("people_")
        total.append(number(sum(float(r[at]) for r in rows)) if counted else MISSING)
    return tuple(total)


def _joined(texts: list[str], language: Language) -> str:
    return joined_notes(texts, language)


def _kind(kind: str, language: Language) -> str:
    return label(kind, "kind", language)


def _min(seconds: float, language: Language) -> Cell:
    return number(seconds / 60.0) if np.isfinite(seconds) else minutes(seconds, language)
