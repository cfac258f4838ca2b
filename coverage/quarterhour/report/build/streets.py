"""Tables of the network report: its figures in groups, the streets by area, the larger islands."""

from collections.abc import Mapping

import numpy as np
import shapely

from quarterhour.cover.completeness import REASONS
from quarterhour.findings import Findings
from quarterhour.report.borders import with_borders_note
from quarterhour.report.build.cover import yes_or_no
from quarterhour.report.columns import Cell, Column, Table, column_of, number
from quarterhour.report.withheld import area_label, named_kinds, withheld_kinds
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

SHOWN_ISLANDS = 10
OTHER = "other"
_DROPPED = "ways_dropped__"
# Every figure by group, with its unit ("" is a plain number), in the order in which they are read.
FIGURES: Mapping[str, Mapping[str, str]] = {
    "read": {
        "rows": "", "graph_edges": "", "graph_streets": "", "ways_kept": "", "ways_dropped": "",
        "crossings_noded": "", "touches_noded": "", "gaps_joined": "", "layers_apart": "",
        "unknown_classes": "", "unknown_class_words": "", "unknown_access": "",
        "unknown_access_words": "", "steps_ignored": "", "lines_without_length": "",
        "rows_at_height_zero": "", "mixed_edges": "", "mixed_edges_with_steps": "",
        "mixed_values": "", "edges_without_shape": "", "lengths_differ": "",
        "stored_edges_outside": "", "edges_taken_out": "", "gates_shut": "", "lifts": "",
        "nodes": "", "edges": "", "street_km": "km",
    },
    "parts": {
        "parts": "", "main_part_share": "percent", "large_islands": "",
        "people_on_islands": "people", "people_moved": "people",
    },
    "stairs": {
        "stairs": "", "stairs_tagged": "", "stairs_by_lines": "", "stairs_by_terrain": "",
        "stairs_by_density": "", "stairs_too_steep": "", "steps_per_m": "per_m",
        "steps_per_m_source": "",
    },
    "slopes": {
        "inclines_stated": "", "inclines_sign": "", "inclines_absurd": "",
        "inclines_unreadable": "", "heights_all_equal": "", "grade_from_lines_m": "m",
        "grade_from_incline_m": "m", "grade_from_terrain_m": "m", "grade_flat_m": "m",
        "grade_of_stairs_and_lifts_m": "m", "pieces_capped": "", "capped_m": "m",
        "share_above_6_percent": "percent", "share_above_8.33_percent": "percent",
        "share_above_15_percent": "percent", "share_above_30_percent": "percent",
    },
    "terrain": {
        "terrain_cover": "percent", "terrain_cell_m": "m", "flat_for_want_of_terrain_m": "m",
    },
    "private": {"private": "", "private_ways": "", "private_km": "km", "people_private": "people"},
    "snapping": {
        f"{who}__{figure}": unit
        for who in ("homes", "facilities")
        for figure, unit in {
            "places": "places", "no_street": "places", "moved_off_islands": "places",
            "median_leg_m": "m", "p90_leg_m": "m", "longest_leg_m": "m",
        }.items()
    } | {"facilities_no_street": ""},
    "far": {"people_no_street_50_m": "people", "people_no_street_150_m": "people"},
    "verdict": {"areas_bare": "", "areas_thin": "", "areas_cannot_say": ""},
}  # fmt: skip


def network_table(findings: Findings, language: Language) -> Table:
    """Return the figures of the network report in groups, each with its unit."""
    words = Words(language)
    columns = [
        column_of(language, "group_of"), column_of(language, "item"),
        column_of(language, "value", "number"), column_of(language, "unit", "code"),
    ]  # fmt: skip
    left = dict(_flat(findings.network_report))
    rows: list[tuple[Cell, ...]] = []
    for group, figures in FIGURES.items():
        for key, unit in figures.items():
            names = [name for name in left if name == key or name.startswith(f"{key}__")]
            rows += [_row(words, group, name, left.pop(name), unit) for name in names]
    # What a later reader of streets may report is shown by its name rather than lost.
    rows += [_row(words, OTHER, name, value, "") for name, value in left.items()]
    title, note = words("table.t_network"), words("table.n_network")
    return Table("network", title, note, tuple(columns), tuple(rows))


def _row(words: Words, group: str, name: str, value: object, unit: str) -> tuple[Cell, ...]:
    said = words(f"table.r_{name}") if words.has(f"table.r_{name}") else name
    if name.startswith(_DROPPED):
        reason = name.removeprefix(_DROPPED)
        values = {"reason": label(reason, "dropped", words.language)}
        said = words("table.r_ways_dropped", values)
    return (
        words(f"table.g_{group}"), said, _figure(value, words, percent=unit == "percent"),
        words(f"table.u_{unit}") if unit else MISSING,
    )  # fmt: skip


def _flat(report: Mapping[str, object], *, prefix: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for name, value in report.items():
        if isinstance(value, Mapping):
            found += _flat(value, prefix=f"{prefix}{name}__")
        else:
            found.append((f"{prefix}{name}", value))
    return found


def _figure(value: object, words: Words, *, percent: bool) -> Cell:
    if isinstance(value, bool):
        return yes_or_no(value, words.language)
    if isinstance(value, int | float):
        shown = 100.0 * value if percent else value
        return round(shown) if abs(shown) >= 1000 else round(shown, 2)
    if isinstance(value, list | tuple):
        return words("table.v_join_ids").join(map(str, value)) or words("table.v_none")
    key = f"table.v_source_{value}"
    return words(key) if words.has(key) else str(value)


def network_areas_table(findings: Findings, language: Language) -> Table:
    """Return one row per area, with its total: streets, people far from them, verdict, reasons."""
    words, report = Words(language), findings.streets_report
    lead = label(findings.lead_group, "group", language)
    people = {
        "beyond_50": report.people_beyond_50_m, "beyond_150": report.people_beyond_150_m,
        "people_private": report.people_private, "people_moved": report.people_moved,
        "people_on_islands": report.people_on_islands,
    }  # fmt: skip
    columns = [
        column_of(language, "area"),
        column_of(language, "people", "count", unit="people", word="people_of",
                  values={"group": lead}),
        column_of(language, "street_km", "minutes", unit="km"),
        column_of(language, "km_per_km2", "minutes", unit="km_per_km2"),
        column_of(language, "km_per_1000", "minutes", unit="km_per_1000"),
        *(column_of(language, key, "count", unit="people") for key in people),
        column_of(language, "streets_verdict"), column_of(language, "streets_reasons"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (area_label(findings, a, language), number(report.people[a]),
         number(report.street_km_by_area[a]), _finite(report.km_per_km2[a]),
         _finite(report.km_per_1000[a]), *(number(column[a]) for column in people.values()),
         *_verdict(findings, a, language))
        for a in _shown_areas(findings)
    ]  # fmt: skip
    inside = float(report.street_km_by_area[:-1].sum())
    km2 = float(shapely.area(findings.areas.polygons).sum()) / 1e6
    everybody = float(report.completeness.people[:-1].sum())
    total: tuple[Cell, ...] = (
        words("table.v_total"), number(report.people.sum()),
        number(report.street_km_by_area.sum()), _over(inside, km2),
        _over(1000.0 * inside, everybody), *(number(c.sum()) for c in people.values()),
        MISSING, MISSING,
    )  # fmt: skip
    widest = findings.demand.groups[int(findings.demand.people.sum(axis=0).argmax())]
    values = {"group": lead, "widest": label(widest, "group", language)}
    table = _table(words, "network_areas", columns, rows, total, values)
    return with_borders_note(table, findings, language)


def _shown_areas(findings: Findings) -> list[int]:
    """Return the rows of areas, and of what lies outside all where there is anything."""
    report, n = findings.streets_report, len(findings.areas.names)
    outside = report.people[-1] > 0 or report.street_km_by_area[-1] > 0
    return list(range(n + bool(outside)))


def _verdict(findings: Findings, area: int, language: Language) -> tuple[str, str]:
    """Return the verdict on an area's streets, and the reasons, each in words."""
    words, judged = Words(language), findings.streets_report.completeness
    kinds = withheld_kinds(findings).get(area, ())
    if not kinds:
        thin = judged.thin[area] and judged.people[area] > 0
        return words("completeness.thin" if thin else "completeness.sufficient"), MISSING
    found = {reason for kind in kinds for reason in judged.reasons(kind)[area]}
    why = words("report.semicolon").join(words(r) for r in REASONS if r in found)
    if kinds == findings.coverage.kinds:
        return words("completeness.cannot_say"), why
    named = {"kinds": named_kinds(findings, kinds, language)}
    return words("completeness.cannot_say_kinds", named), why


def islands_table(findings: Findings, language: Language) -> Table:
    """Return the longest islands and, in one row, the rest; no rows where there is none."""
    words, frame = Words(language), findings.streets_report.islands_frame()
    lead = label(findings.lead_group, "group", language)
    columns = [
        column_of(language, "island", "code"), column_of(language, "km", "minutes", unit="km"),
        column_of(language, "people", "count", unit="people", word="people_of",
                  values={"group": lead}),
        column_of(language, "x_m", "metres", unit="m"),
        column_of(language, "y_m", "metres", unit="m"),
    ]  # fmt: skip
    cells = frame[["km", "people", "x_m", "y_m"]].to_numpy(float)
    rows: list[tuple[Cell, ...]] = [
        (str(n), *(number(v) for v in row)) for n, row in enumerate(cells[:SHOWN_ISLANDS], start=1)
    ]
    rest = cells[SHOWN_ISLANDS:]
    if len(rest):
        name = words("table.v_rest", {"count": len(rest)})
        rows.append((name, number(rest[:, 0].sum()), number(rest[:, 1].sum()), MISSING, MISSING))
    total = (
        words("table.v_total"), number(cells[:, 0].sum()), number(cells[:, 1].sum()),
        MISSING, MISSING,
    )  # fmt: skip
    values = {"group": lead, "crs": findings.areas.crs}
    return _table(words, "islands", columns, rows, total if rows else None, values)


def _finite(value: float) -> float:
    return number(value) if np.isfinite(value) else float("nan")


def _over(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _table(
    words: Words,
    key: str,
    columns: list[Column],
    rows: list[tuple[Cell, ...]],
    total: tuple[Cell, ...] | None,
    values: Mapping[str, object],
) -> Table:
    title, note = words(f"table.t_{key}"), words(f"table.n_{key}", values)
    return Table(key, title, note, tuple(columns), tuple(rows), total)
