"""Tables of supply: room by kind and area, how full facilities are, and who finds a place."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.supply.places import Supply
from quarterhour.cover.supply.served import CLASSES, Served
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import NEIGHBOUR
from quarterhour.report.borders import with_borders_note
from quarterhour.report.build.cover import area_name, known
from quarterhour.report.columns import Cell, Column, Kind, Table, column_of, joined_notes, number
from quarterhour.report.withheld import area_label, with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_STEM = "supply"


def supply_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind: places, who asks, and what becomes of them."""
    supply, served = _both(findings)
    c = [
        _own(language, "kind"), _own(language, "facilities", "count", "places"),
        _own(language, "unknown", "count", "places"), _own(language, "full", "count", "places"),
        _own(language, "turns", "number", "per_day"), _own(language, "room", "count", "people"),
        _own(language, "per_1000", "minutes", "people"), _own(language, "need", "share"),
        _own(language, "residents", "count", "people"), _own(language, "asking", "count", "people"),
        *_class_columns(findings, language), _own(language, "share_served", "share"),
        _own(language, "mean_walk", "minutes", "min"), _own(language, "proof"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for k, kind in enumerate(supply.kinds):
        places = findings.facilities.rows_of(kind)
        asking, found = served.asking(kind).sum(), served.of(kind, "served").sum()
        rows.append((
            label(kind, "kind", language), int(supply.facilities[k].sum()),
            int(supply.unknown[k].sum()), int(served.full[places].sum()), supply.turns[k],
            known(supply.total_places(kind), language),
            known(float(supply.per_1000(kind)[-1]), language)
            if supply.elders.sum() else MISSING,
            supply.need[k], number(supply.elders.sum()), number(asking),
            *_classes(served, k, served.people[k].sum(axis=1), language),
            _if_known(served, k, _ratio(found, asking), language),
            _if_known(served, k, _ratio(served.walk_min[k], found), language),
            _proof(served, k, language),
        ))  # fmt: skip
    table = _table(findings, language, "supply", c, rows)
    return with_note(table, findings, language, kinds=supply.kinds, totals=True)


def supply_areas_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind and area: facilities, places, and places in reach."""
    supply, _ = _both(findings)
    c = [
        _own(language, "kind"), _own(language, "area"),
        _own(language, "residents", "count", "people"),
        _own(language, "facilities", "count", "places"),
        _own(language, "unknown", "count", "places"), _own(language, "room", "count", "people"),
        _own(language, "per_1000", "minutes", "people"),
        _own(language, "access_mean", "minutes", "per_1000"),
        _own(language, "access_median", "minutes", "per_1000"),
        _own(language, "with_places", "count", "people"),
        _own(language, "without_places", "count", "people"),
        _own(language, "access_unknown", "count", "people"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for k, kind in enumerate(supply.kinds):
        dumb, per_1000 = findings.cannot_say(kind), supply.per_1000(kind)
        for a in _shown(findings):
            lived = bool(supply.elders[a] > 0)
            rows.append((
                label(kind, "kind", language), area_label(findings, a, language),
                number(supply.elders[a]), int(supply.facilities[k, a]), int(supply.unknown[k, a]),
                known(float(supply.places[k, a]), language),
                known(float(per_1000[a]), language) if lived else MISSING,
                *(_said(float(v[k, a]), bool(dumb[a]), lived, language)
                  for v in (supply.mean, supply.median)),
                *(number(count) for count in supply.people[k, :, a]),
            ))  # fmt: skip
    table = _table(findings, language, "supply_areas", c, rows)
    table = with_note(table, findings, language, kinds=supply.kinds, totals=False)
    return with_borders_note(table, findings, language)


def supply_facilities_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility, in the order of the files: room, and people assigned."""
    _, served = _both(findings)
    f = findings.facilities
    c = [
        _own(language, "id", "code"), _own(language, "name"), _own(language, "kind"),
        _own(language, "area"), _own(language, "capacity", "count", "capacity"),
        _own(language, "room", "count", "people"), _own(language, "reached", "count", "people"),
        _own(language, "assigned", "count", "people"), _own(language, "used", "share"),
        _own(language, "turned_away", "count", "people"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for n in range(len(f.ids)):
        room, assigned = float(served.room[n]), float(served.assigned[n])
        used: Cell = _ratio(assigned, room) if np.isfinite(room) else known(room, language)
        rows.append((
            f.ids[n], f.names[n], label(f.kinds[n], "kind", language),
            area_name(findings, int(f.area_index[n]), language),
            known(float(f.capacity[n]), language), known(room, language),
            number(served.reached[n]), known(assigned, language), used,
            number(served.turned_away[n]),
        ))  # fmt: skip
    return _table(findings, language, "supply_facilities", c, rows)


def supply_served_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind and area: what becomes of everybody; the counts add up."""
    _, served = _both(findings)
    c = [
        _own(language, "kind"), _own(language, "area"),
        _own(language, "residents", "count", "people"), _own(language, "asking", "count", "people"),
        *_class_columns(findings, language), _own(language, "share_served", "share"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for k, kind in enumerate(served.kinds):
        dumb, asking = findings.cannot_say(kind), served.asking(kind)
        for a in _shown(findings):
            share = _ratio(float(served.people[k, 0, a]), float(asking[a]))
            said: Cell = Words(language)("completeness.cannot_say") if dumb[a] else share
            rows.append((
                label(kind, "kind", language), area_label(findings, a, language),
                number(served.residents[a]), number(asking[a]),
                *_classes(served, k, served.people[k, :, a], language),
                said if dumb[a] else _if_known(served, k, share, language),
            ))  # fmt: skip
    table = _table(findings, language, "supply_served", c, rows)
    table = with_note(table, findings, language, kinds=served.kinds, totals=False)
    return with_borders_note(table, findings, language)


def _both(findings: Findings) -> tuple[Supply, Served]:
    return findings.measured.supply, findings.measured.served


def _own(language: Language, key: str, kind: Kind = "text", unit: str = "") -> Column:
    """Return a column of this stem's words, or of the shared ones where it has none."""
    stem = _STEM if Words(language).has(f"{_STEM}.h_{key}") else "table"
    if unit and Words(language).has(f"{_STEM}.u_{unit}"):
        shared = column_of(language, key, kind, stem=stem)
        return replace(shared, unit=Words(language)(f"{_STEM}.u_{unit}"))
    return column_of(language, key, kind, unit=unit, stem=stem)


def _class_columns(findings: Findings, language: Language) -> list[Column]:
    values = {"minutes": findings.measured.served.minutes}
    stems = dict.fromkeys(CLASSES, _STEM) | {"no_street": "table"}
    return [
        column_of(language, held, "count", unit="people", stem=stems[held], values=values)
        for held in CLASSES
    ]


def _classes(served: Served, k: int, people: NDArray[np.float64], language: Language) -> list[Cell]:
    """Return people by class; nobody can be counted as served where no capacity is known."""
    cells: list[Cell] = [number(count) for count in people]
    return [_if_known(served, k, cells[0], language), *cells[1:]]


def _if_known(served: Served, k: int, cell: Cell, language: Language) -> Cell:
    return cell if served.known[k] else Words(language)("table.v_to_supply")


def _said(value: float, dumb: bool, lived: bool, language: Language) -> Cell:
    """Return an access: a dash where nobody lives, and words where it cannot be said."""
    if dumb:
        return Words(language)("completeness.cannot_say")
    return known(value, language) if lived else MISSING


def _proof(served: Served, k: int, language: Language) -> Cell:
    words = Words(language)
    said = words("supply.v_proven" if served.proven[k] else "supply.v_not_proven")
    return _if_known(served, k, said, language)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else float("nan")


def _shown(findings: Findings) -> list[int]:
    """Return the rows of areas, with the one outside all where people or facilities are there."""
    supply, n = findings.measured.supply, len(findings.areas.names)
    outside = bool(supply.elders[-1] > 0 or (findings.facilities.area_index < 0).any())
    return list(range(n + outside))


def _table(
    findings: Findings,
    language: Language,
    key: str,
    columns: list[Column],
    rows: list[tuple[Cell, ...]],
) -> Table:
    words, supply = Words(language), findings.measured.supply
    values = {
        "group": label(supply.group, "group", language),
        "minutes": supply.minutes[-1], "zones": "/".join(map(str, supply.minutes)),
        "weights": "/".join(f"{weight:g}" for weight in supply.weights),
    }  # fmt: skip
    title, notes = words(f"supply.t_{key}", values), [words(f"supply.n_{key}", values)]
    if NEIGHBOUR in findings.facilities.origin:
        notes.append(words("supply.n_neighbours"))
    note = joined_notes(notes, language)
    return Table(key, title, note, tuple(columns), tuple(rows))
