"""Tables of the hierarchy (中心带站): lower facilities, what each centre leads, people inside."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.hierarchy import LEADERS
from quarterhour.cover.tiers import own_tiers
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import TIERS
from quarterhour.report.build.cover import area_name, yes_or_no
from quarterhour.report.columns import Cell, Column, Kind, Table, column_of, number
from quarterhour.report.withheld import spoken, with_note
from quarterhour.wording import MISSING, label, minutes
from quarterhour.words import Language, Words

_STEM = "hierarchy"


def hierarchy_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility that has a tier above it, in the order of the files."""
    found, f, words = findings.measured.hierarchy, findings.facilities, Words(language)
    columns = (
        column_of(language, "id", "code"), column_of(language, "name"),
        column_of(language, "kind"), _column(language, "tier"), column_of(language, "area"),
        _column(language, "leader"), _column(language, "walk_min", "minutes", unit="min"),
        _column(language, "straight_m", "metres", unit="m"),
        _column(language, "own_area", "code"), _column(language, "own_centre", "code"),
        _column(language, "state"),
    )  # fmt: skip
    unknown = words("table.v_to_supply")
    rows = []
    for n, row in enumerate(found.facility.tolist()):
        leader, state = int(found.leader[n]), found.state[n]
        rows.append((
            f.ids[row], f.names[row], label(f.kinds[row], "kind", language),
            tier_name(found.tier[n], language),
            area_name(findings, int(f.area_index[row]), language),
            _named(findings, leader, language) if leader >= 0 else unknown,
            _walk(float(found.seconds[n]), language),
            number(found.straight_m[n]) if leader >= 0 else unknown,
            _whether(int(found.own_area[n]), language),
            _whether(int(found.own_centre[n]), language),
            unknown if state == "unknown" else words(f"hierarchy.v_{state}"),
        ))  # fmt: skip
    values = _values(findings, language)
    return _table("hierarchy", language, values, columns, rows)


def flagged_table(findings: Findings, language: Language) -> Table:
    """Return the rows of :func:`hierarchy_table` without a centre in reach, the farthest first.

    Among those that nobody can walk to a centre within an hour, the straight line decides.
    """
    found, whole = findings.measured.hierarchy, hierarchy_table(findings, language)
    beyond = [n for n, state in enumerate(found.state) if state == "beyond"]
    beyond.sort(key=lambda n: (-found.seconds[n], -found.straight_m[n]))
    rows = tuple(whole.rows[n] for n in beyond)
    title = Words(language)("hierarchy.t_flagged")
    return Table("hierarchy_flagged", title, whole.note, whole.columns, rows)


def leaders_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility of the tiers above those of the study, with what it leads."""
    found, f, words = findings.measured.hierarchy, findings.facilities, Words(language)
    columns = (
        column_of(language, "id", "code"), column_of(language, "name"),
        _column(language, "tier"), column_of(language, "area"),
        _column(language, "leads", "count", unit="places"),
        _column(language, "leads_own", "count", unit="places"), _column(language, "leads_ids"),
    )  # fmt: skip
    leading = {above for tier in found.tiers for above in LEADERS[tier]}
    tiers = own_tiers(f, findings.areas)
    rows = []
    for row in range(len(f.ids)):
        if tiers[row] not in leading:
            continue
        led = found.led_by(row)
        ids = words("table.v_join_ids").join(found.ids[n] for n in led)
        rows.append((
            f.ids[row], f.names[row], tier_name(tiers[row], language),
            area_name(findings, int(f.area_index[row]), language), len(led),
            int((found.own_area[led] == 1).sum()), ids or MISSING,
        ))  # fmt: skip
    return _table("leaders", language, _values(findings, language), columns, rows)


def hierarchy_people_table(findings: Findings, language: Language) -> Table:
    """Return one row per tier and area, and a sum of each tier: people by who leads theirs."""
    found, words = findings.measured.hierarchy, Words(language)
    columns = (
        _column(language, "tier"), column_of(language, "area"),
        column_of(language, "residents", "count", unit="people"),
        *(_column(language, key, "count", unit="people")
          for key in ("inside_led", "inside_alone", "inside_unknown", "outside")),
        _column(language, "share_led", "share"),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for tier in found.tiers:
        figures, shares = people_of_tier(findings, tier)
        names = [*findings.areas.names, words("table.v_outside"), words("table.v_total")]
        said = spoken(shares, _withheld(findings, tier), language)
        for a, (name, share) in enumerate(zip(names, said, strict=True)):
            if a == len(names) - 2 and figures[a, 0] <= 0:
                continue
            counts = (number(v) for v in figures[a])
            rows.append((tier_name(tier, language), name, *counts, share))
    table = _table("hierarchy_people", language, _values(findings, language), columns, rows)
    kinds = sorted({kind for tier in found.tiers for kind in _kinds(findings, tier)})
    return with_note(table, findings, language, kinds=kinds, totals=False)


def people_of_tier(findings: Findings, tier: str) -> tuple[NDArray[np.float64], list[float]]:
    """Return people of a tier by area, the last row all of them, and the shares of led ones.

    Columns: residents, inside a led facility's circle, inside another's, inside one that is not
    judged, outside; the last four add up to the first.
    """
    found = findings.measured.hierarchy
    t, g = found.tiers.index(tier), found.groups.index(findings.lead_group)
    inside, led = found.inside[t, :, g], found.led[t, :, g]
    judged = bool(np.isfinite(led).all())
    known, nobody = np.where(judged, led, 0.0), np.zeros_like(inside)
    residents = found.residents[:, g]
    columns = [residents, known, inside - known if judged else nobody,
               nobody if judged else inside, residents - inside]  # fmt: skip
    figures = np.column_stack(columns)
    figures = np.vstack([figures, figures.sum(axis=0)])
    around = figures[:, 1] + figures[:, 2]
    shares = np.divide(figures[:, 1], around, out=np.full(len(around), np.nan), where=around > 0)
    return figures, shares.tolist()


def tier_name(tier: str, language: Language) -> str:
    """Return the name of a tier."""
    return Words(language)(f"facility.tier_{tier}")


def _kinds(findings: Findings, tier: str) -> list[str]:
    """Return the kinds that stand on a tier."""
    tiers = own_tiers(findings.facilities, findings.areas)
    pairs = zip(findings.facilities.kinds, tiers, strict=True)
    return sorted({kind for kind, own in pairs if own == tier}) if tier in TIERS else []


def _withheld(findings: Findings, tier: str) -> NDArray[np.bool_]:
    """Return the areas that cannot say for one of a tier's kinds."""
    dumb = [findings.cannot_say(kind) for kind in _kinds(findings, tier)]
    none = np.zeros(len(findings.areas.names) + 1, bool)
    return np.asarray(np.any([none, *dumb], axis=0), np.bool_)


def _named(findings: Findings, row: int, language: Language) -> str:
    values = {"id": findings.facilities.ids[row], "name": findings.facilities.names[row]}
    return Words(language)("hierarchy.v_leader", values)


def _walk(seconds: float, language: Language) -> Cell:
    if math.isnan(seconds):
        return Words(language)("table.v_to_supply")
    return number(seconds / 60.0) if math.isfinite(seconds) else minutes(seconds, language)


def _whether(value: int, language: Language) -> str:
    return MISSING if value < 0 else yes_or_no(bool(value), language)


def _column(
    language: Language, key: str, kind: Kind = "text", *, unit: str = ""
) -> Column:  # fmt: skip
    return column_of(language, key, kind, unit=unit, stem=_STEM)


def _values(findings: Findings, language: Language) -> dict[str, object]:
    return {
        "walker": label(findings.coverage.walkers[0], "walker", language),
        "group": label(findings.lead_group, "group", language),
        "minutes": findings.measured.hierarchy.minutes,
        "inferred": findings.measured.hierarchy.inferred,
    }


def _table(
    key: str, language: Language, values: dict[str, object], columns: tuple[Column, ...],
    rows: Sequence[tuple[Cell, ...]],
) -> Table:  # fmt: skip
    words = Words(language)
    title, note = words(f"hierarchy.t_{key}", values), words(f"hierarchy.n_{key}", values)
    return Table(key, title, note, columns, tuple(rows))
