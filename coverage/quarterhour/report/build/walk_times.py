"""Tables of walking times and of backup: by kind over all areas, and by kind and area."""

import math

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.case import SEARCH_MIN
from quarterhour.cover.walk_times import BACKUP
from quarterhour.findings import Findings
from quarterhour.presets import Walker
from quarterhour.report.columns import (
    Cell,
    Column,
    Table,
    clean_text,
    column_of,
    joined_notes,
    number,
)
from quarterhour.report.withheld import area_label, spoken, with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_STEM = "walktimes"
# What a walker counts: minutes, metres along streets, or metres in a straight line.
_WORDS = {"min": "n_walk_times", "m": "n_walk_metres", "straight": "n_walk_straight"}


def walk_times_kinds_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind: times, who gets nowhere, and backup within the longest limit.

    Parameters
    ----------
    findings, language
        What to show, and in which language; people are the lead group of all areas.
    """
    found = findings.measured.walk_times
    columns = [
        column_of(language, "kind"), *_people_columns(findings, language),
        *_time_columns(findings, language),
        *_backup_columns(language, found.minutes[-1:]),
        column_of(language, "share_two", "share", stem=_STEM),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for kind in found.kinds:
        people, times = _people(findings, kind).sum(axis=0), _times(findings, kind)[-1]
        backup = _backup(findings, kind)[:, -len(BACKUP) :].sum(axis=0)
        rows.append((
            label(kind, "kind", language), *(number(p) for p in people),
            *(_time(t, findings, language) for t in times), *(number(b) for b in backup),
            float(backup[-1] / people[0]) if people[0] > 0 else math.nan,
        ))  # fmt: skip
    words, values = Words(language), walker_values(findings, language)
    title = words("walktimes.t_walk_times_kinds")
    note = words(f"walktimes.{_WORDS[counted(findings)]}", values)
    table = Table("walk_times_kinds", title, note, tuple(columns), tuple(rows))
    return with_note(table, findings, language, kinds=found.kinds, totals=True)


def walk_times_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return walking times of the lead group by area, and who gets nowhere.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind (or ``any``), with its total; by default all kinds, one after the other, without
        a total (kinds overlap).
    """
    columns = [
        column_of(language, "kind"), column_of(language, "area"),
        *_people_columns(findings, language), *_time_columns(findings, language),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    total: tuple[Cell, ...] | None = None
    for each in _kinds(findings, kind):
        name, people, times = label(each, "kind", language), _people(findings, each), (
            _times(findings, each))  # fmt: skip
        held = findings.cannot_say(each)
        for a in _shown(people):
            cells = [_time(t, findings, language) if people[a, 0] > 0 else MISSING
                     for t in times[a]]  # fmt: skip
            if held[a]:
                cells = [Words(language)("completeness.cannot_say")] * len(cells)
            where = area_label(findings, a, language)
            rows.append((name, where, *(number(p) for p in people[a]), *cells))
        total = (Words(language)("table.v_total"), MISSING,
                 *(number(p) for p in people.sum(axis=0)),
                 *(_time(t, findings, language) for t in times[-1]))  # fmt: skip
    words, values = Words(language), walker_values(findings, language, kind)
    title = words("walktimes.t_walk_times_kind" if kind else "walktimes.t_walk_times", values)
    note = words(f"walktimes.{_WORDS[counted(findings)]}", values)
    table = Table("walk_times", title, _and_held(note, findings, language, kind), tuple(columns),
                  tuple(rows), total if kind else None)  # fmt: skip
    return with_note(table, findings, language, kinds=_kinds(findings, kind), totals=False)


def backup_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return people of the lead group by area with no, one, and two or more facilities in reach.

    ``kind`` as for :func:`walk_times_table`.
    """
    columns = [
        column_of(language, "kind"), column_of(language, "area"),
        column_of(language, "residents", "count", unit="people"),
        *_backup_columns(language, findings.measured.walk_times.minutes),
        column_of(language, "share_two", "share", stem=_STEM),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    total: tuple[Cell, ...] | None = None
    for each in _kinds(findings, kind):
        name, residents = label(each, "kind", language), _people(findings, each)[:, 0]
        backup = _backup(findings, each)
        share = np.full(len(residents), np.nan)
        np.divide(backup[:, -1], residents, out=share, where=residents > 0)
        said = spoken(share.tolist(), findings.cannot_say(each), language)
        rows += [
            (name, area_label(findings, a, language), number(residents[a]),
             *(number(b) for b in backup[a]), said[a])
            for a in _shown(residents[:, None])
        ]  # fmt: skip
        sums, everybody = backup.sum(axis=0), float(residents.sum())
        total = (Words(language)("table.v_total"), MISSING, number(everybody),
                 *(number(s) for s in sums),
                 float(sums[-1]) / everybody if everybody > 0 else math.nan)  # fmt: skip
    words, values = Words(language), walker_values(findings, language, kind)
    title = words("walktimes.t_backup_kind" if kind else "walktimes.t_backup", values)
    note = _and_held(words("walktimes.n_backup", values), findings, language, kind)
    table = Table("backup", title, note, tuple(columns), tuple(rows), total if kind else None)
    return with_note(table, findings, language, kinds=_kinds(findings, kind), totals=False)


def circle_walker(findings: Findings) -> Walker:
    """Return the walker of the circle."""
    return findings.study.walker(findings.coverage.walkers[0])


def counted(findings: Findings) -> str:
    """Return what the circle's walker counts: ``min``, ``m`` or ``straight`` metres."""
    walker = circle_walker(findings)
    if not walker.counts_metres:
        return "min"
    return "straight" if walker.straight else "m"


def walker_values(findings: Findings, language: Language, kind: str = "") -> dict[str, object]:
    """Return who walks, and how far the search looks, as texts say it."""
    walker, longest = circle_walker(findings), findings.coverage.minutes[-1]
    return {
        "kind": clean_text(label(kind, "kind", language)),
        "minutes": max(round(SEARCH_MIN), longest),
        "metres": f"{walker.limit_ms(max(SEARCH_MIN, longest)) / 1000:.0f}",
        "group": label(findings.lead_group, "group", language),
        "walker": clean_text(label(walker.name, "walker", language)),
    }  # fmt: skip


def _kinds(findings: Findings, kind: str) -> tuple[str, ...]:
    return (kind,) if kind else findings.measured.walk_times.kinds


def _people(findings: Findings, kind: str) -> NDArray[np.float64]:
    """Return residents, those who arrive, beyond and without a street (areas, 4)."""
    found = findings.measured.walk_times
    k, g = found.kinds.index(kind), found.groups.index(findings.lead_group)
    return np.column_stack([
        found.residents[:, g], found.arrived[k, :, g], found.beyond[k, :, g],
        found.no_street[k, :, g],
    ])  # fmt: skip


def _times(findings: Findings, kind: str) -> NDArray[np.float64]:
    """Return mean, median and 90th percentile in seconds (areas and all people, 3)."""
    found = findings.measured.walk_times
    k, g = found.kinds.index(kind), found.groups.index(findings.lead_group)
    return np.column_stack([found.mean_s[k, :, g], *found.quantile_s[:, k, :, g]])


def _backup(findings: Findings, kind: str) -> NDArray[np.float64]:
    """Return people with none, one, and two or more for each limit (areas, limits x 3)."""
    found = findings.measured.walk_times
    k, g = found.kinds.index(kind), found.groups.index(findings.lead_group)
    return np.column_stack(
        [found.backup[b, k, m, :, g] for m in range(len(found.minutes)) for b in range(len(BACKUP))]
    )


def _time(seconds: float, findings: Findings, language: Language) -> Cell:
    """Return a time in minutes or metres; in words where too few arrive; unknown for nobody."""
    what, values = counted(findings), walker_values(findings, language)
    if np.isnan(seconds):
        return MISSING
    if np.isinf(seconds):
        return Words(language)(f"walktimes.v_over_{what}", values)
    return number(seconds / 60.0 if what == "min" else seconds)


def _shown(people: NDArray[np.float64]) -> range:
    """Return the rows of areas to show: outside all areas only where people live there."""
    return range(len(people) - (not people[-1].any()))


def _and_held(note: str, findings: Findings, language: Language, kind: str) -> str:
    """Return a note, with what areas that cannot say do not show, where there are any."""
    if not any(findings.cannot_say(each).any() for each in _kinds(findings, kind)):
        return note
    return joined_notes([note, Words(language)("walktimes.n_held")], language)


def _people_columns(findings: Findings, language: Language) -> list[Column]:
    what, values = counted(findings), walker_values(findings, language)
    return [
        column_of(language, "residents", "count", unit="people"),
        column_of(language, "arrived", "count", unit="people", stem=_STEM),
        column_of(language, "beyond", "count", unit="people", word=f"beyond_{what}",
                  values=values, stem=_STEM),
        column_of(language, "no_street", "count", unit="people"),
    ]  # fmt: skip


def _time_columns(findings: Findings, language: Language) -> list[Column]:
    if counted(findings) == "min":
        return [
            column_of(language, "mean", "minutes", unit="min", word="mean_min", stem=_STEM),
            column_of(language, "median", "minutes", unit="min", word="median_min"),
            column_of(language, "p90", "minutes", unit="min", word="p90_min"),
        ]
    return [
        column_of(language, key, "metres", unit="m", word=f"{key}_m", stem=_STEM)
        for key in ("mean", "median", "p90")
    ]


def _backup_columns(language: Language, limits: tuple[int, ...]) -> list[Column]:
    return [
        column_of(language, f"{how_many}_{m}", "count", unit="people", word=how_many,
                  values={"minutes": m}, stem=_STEM)
        for m in limits for how_many in BACKUP
    ]  # fmt: skip
