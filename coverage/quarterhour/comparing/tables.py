"""Tables of a comparison: by kind, by area, facilities, gaps, recommended sites, settings."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from quarterhour.comparing.changes import Comparison
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.inputs.tables import fold
from quarterhour.report.columns import Cell, Column, Kind, Table, clean_text, number
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_WHEN = ("before", "after")


def kinds_table(compared: Comparison, language: Language) -> Table:
    """Return one row per kind: facilities, people within and share, before, after, change."""
    columns = [
        _column(language, "kind"), *_triple(language, "facilities", "count", "places"),
        *_triple(language, "within", "count", "people"), *_triple(language, "share", "share", ""),
    ]  # fmt: skip
    rows = []
    for k, kind in enumerate(compared.kinds):
        n = [len(f.facilities.rows_of(kind)) for f in (compared.before, compared.after)]
        people = np.nansum(compared.within[:, k], axis=1).tolist()
        rows.append((
            label(kind, "kind", language), *_change(*n), *_change(*people),
            *_points(*compared.shares(kind)),
        ))  # fmt: skip
    return _table(compared, language, "kinds", columns, rows)


def areas_table(compared: Comparison, language: Language, kind: str) -> Table:
    """Return one row per area: residents, people within and share of one kind, with the total."""
    words, k = Words(language), compared.kinds.index(kind)
    columns = [
        _column(language, "area"), *_triple(language, "residents", "count", "people"),
        *_triple(language, "within", "count", "people"), *_triple(language, "share", "share", ""),
    ]  # fmt: skip
    dumb = words("completeness.cannot_say")
    rows = []
    for a, area in enumerate(compared.areas):
        residents, within = compared.residents[:, a].tolist(), compared.within[:, k, a].tolist()
        if not area and not np.nansum(residents):
            continue
        name = clean_text(area) or words("table.v_outside")
        shares: tuple[Cell, ...] = (dumb, dumb, MISSING)
        if not compared.withheld[k, a]:
            shares = _points(*(w / r if r else float("nan")
                               for w, r in zip(within, residents, strict=True)))  # fmt: skip
        rows.append((name, *_change(*residents), *_change(*within), *shares))
    sums = [np.nansum(compared.residents, axis=1), np.nansum(compared.within[:, k], axis=1)]
    total = (words("table.v_total"), *_change(*sums[0].tolist()), *_change(*sums[1].tolist()),
             *_points(*compared.shares(kind)))  # fmt: skip
    return _table(compared, language, "areas", columns, rows, total, kind=kind)


def facilities_table(compared: Comparison, language: Language) -> Table:
    """Return one row per facility that came, went or moved."""
    words, found = Words(language), compared.facilities
    columns = [
        _column(language, "change"), _column(language, "id", "code"), _column(language, "name"),
        _column(language, "kind"), _column(language, "area"),
        _column(language, "moved", "metres", "m"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    still = np.full(max(len(found.opened), len(found.closed)), np.nan)
    for change, run, at, metres in (
        ("opened", compared.after, found.opened, still),
        ("closed", compared.before, found.closed, still),
        ("moved", compared.after, found.moved, found.moved_m),
    ):
        f, names = run.facilities, run.areas.names
        for n, row in enumerate(at.tolist()):
            area = int(f.area_index[row])
            moved: Cell = number(metres[n]) if np.isfinite(metres[n]) else MISSING
            rows.append((
                words(f"compare.v_{change}"), f.ids[row], clean_text(f.names[row]),
                label(f.kinds[row], "kind", language),
                clean_text(names[area]) if area >= 0 else words("table.v_outside"), moved,
            ))  # fmt: skip
    return _table(compared, language, "facilities", columns, rows)


def gaps_table(compared: Comparison, language: Language) -> Table:
    """Return one row per gap that opened, stayed or closed, by kind."""
    words = Words(language)
    columns = [
        _column(language, "kind"), _column(language, "change"), _column(language, "area"),
        _column(language, "street"), _column(language, "gap_before", "code"),
        _column(language, "gap_after", "code"), *_triple(language, "people", "count", "people"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for changes in compared.gaps:
        old, new = compared.before.gaps_of(changes.kind), compared.after.gaps_of(changes.kind)
        pairs = [
            *(("stayed", b, a) for b, a in zip(changes.stayed_before.tolist(),
                                               changes.stayed.tolist(), strict=True)),
            *(("new", -1, a) for a in changes.new.tolist()),
            *(("closed", b, -1) for b in changes.closed.tolist()),
        ]  # fmt: skip
        for change, b, a in pairs:
            gaps, row = (new, a) if a >= 0 else (old, b)
            people = [
                float(g.people[at, g.groups.index(compared.group)]) if at >= 0 else 0.0
                for g, at in ((old, b), (new, a))
            ]
            rows.append((
                label(changes.kind, "kind", language), words(f"compare.v_gap_{change}"),
                clean_text(gaps.areas[row]) or words("table.v_outside"),
                clean_text(gaps.streets[row]) or MISSING,
                old.ids[b] if b >= 0 else MISSING, new.ids[a] if a >= 0 else MISSING,
                *_change(*people),
            ))  # fmt: skip
    return _table(compared, language, "gaps", columns, rows)


def sites_table(compared: Comparison, language: Language) -> Table:
    """Return one row per recommended site of either run, by kind."""
    words = Words(language)
    columns = [
        _column(language, "kind"), _column(language, "name"), _column(language, "area"),
        _column(language, "site_before", "code"), _column(language, "site_after", "code"),
        _column(language, "change"),
    ]  # fmt: skip
    old, new = _sites(compared.before), _sites(compared.after)
    rows: list[tuple[Cell, ...]] = []
    for key in dict.fromkeys([*new, *old]):
        here = new.get(key) or old[key]
        change = "kept" if key in new and key in old else "added" if key in new else "dropped"
        rows.append((
            label(key[0], "kind", language), here[1], here[2] or words("table.v_outside"),
            old[key][0] if key in old else MISSING, new[key][0] if key in new else MISSING,
            words(f"compare.v_site_{change}"),
        ))  # fmt: skip
    return _table(compared, language, "sites", columns, rows)


def _sites(findings: Findings) -> dict[tuple[str, str], tuple[str, str, str]]:
    """Return id, name and area of each recommended site, by kind and name."""
    found = {}
    for plan in findings.plans:
        for row in plan.chosen.tolist():
            area = int(plan.premises.area_index[row])
            name = plan.premises.names[row]
            found[plan.plan.kind, fold(name) or plan.premises.ids[row]] = (
                plan.premises.ids[row], clean_text(name),
                clean_text(findings.areas.names[area]) if area >= 0 else "",
            )  # fmt: skip
    return found


def runs_table(compared: Comparison, language: Language) -> Table:
    """Return what the two runs are: name, date, people, facilities, walker."""
    words = Words(language)
    columns = [
        _column(language, "item"),
        *(Column(when, words(f"compare.run_{when}")) for when in _WHEN),
    ]
    items: list[tuple[str, list[Any]]] = [
        ("study", [f.study.study.name for f in (compared.before, compared.after)]),
        ("date", [f.study.study.date or words("table.v_to_supply")
                  for f in (compared.before, compared.after)]),
        ("walker", [label(f.study.circle.walker, "walker", language)
                    for f in (compared.before, compared.after)]),
        ("streets", [f"{f.network.length_m / 1000:,.0f}" for f in (compared.before,
                                                                   compared.after)]),
        ("files", [", ".join(clean_text(s.file) for s in f.sources)
                   for f in (compared.before, compared.after)]),
    ]  # fmt: skip
    rows = [(words(f"compare.item_{key}"), *map(clean_text, said)) for key, said in items]
    return _table(compared, language, "runs", columns, rows)


def _column(language: Language, key: str, kind: Kind = "text", unit: str = "") -> Column:
    words = Words(language)
    return Column(key, words(f"compare.c_{key}"), kind, words(f"table.u_{unit}") if unit else "")


def _triple(language: Language, key: str, kind: Kind, unit: str) -> list[Column]:
    words = Words(language)
    heading = words(f"compare.c_{key}")
    said = [words(f"compare.h_{when}", {"heading": heading}) for when in (*_WHEN, "change")]
    shown = words(f"table.u_{unit}") if unit else ""
    share = kind == "share"
    return [
        Column(f"{key}_before", said[0], kind, shown),
        Column(f"{key}_after", said[1], kind, shown),
        Column(f"{key}_change", said[2], "minutes" if share else kind,
               words("compare.points") if share else shown),
    ]  # fmt: skip


def _change(was: float, now: float) -> tuple[Cell, Cell, Cell]:
    cells = [number(v) if np.isfinite(v) else MISSING for v in (was, now, now - was)]
    return cells[0], cells[1], cells[2]


def _points(was: float, now: float) -> tuple[Cell, Cell, Cell]:
    points = 100.0 * (now - was)
    return (was if np.isfinite(was) else MISSING, now if np.isfinite(now) else MISSING,
            number(points) if np.isfinite(points) else MISSING)  # fmt: skip


def _table(
    compared: Comparison,
    language: Language,
    key: str,
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    total: tuple[Cell, ...] | None = None,
    *,
    kind: str = ANY,
) -> Table:
    words = Words(language)
    values = {
        "kind": label(kind, "kind", language), "minutes": compared.minutes,
        "group": label(compared.group, "group", language),
    }  # fmt: skip
    return Table(
        f"compare_{key}_{kind}" if key == "areas" else f"compare_{key}",
        words(f"compare.t_{key}", values), words(f"compare.n_{key}", values), tuple(columns),
        tuple(rows), total,
    )  # fmt: skip
