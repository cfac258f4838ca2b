"""Tables of what there is: the register of facilities, and how the areas do."""

import numpy as np
from numpy.typing import NDArray

from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY, NEIGHBOUR, SEATED
from quarterhour.report.borders import with_borders_note
from quarterhour.report.build.cover import area_name, served_by, supplied
from quarterhour.report.columns import Cell, Column, Table, number
from quarterhour.report.official.parts import (
    STEM,
    beds,
    figure_by_area,
    known,
    lacking,
    level,
    make_table,
    meals,
    own,
    people_by_area,
    storey_lift,
    summed,
    target_of,
)
from quarterhour.report.withheld import spoken, with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

Floats = NDArray[np.float64]


def facilities_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility that counts, in the order of the files (table 1).

    The people of a facility are those of the lead group within the longest limit to whom it is the
    nearest of its kind: over one kind they add up to the people covered, over kinds they overlap.
    """
    words, f, served = Words(language), findings.facilities, served_by(findings)
    columns = [
        own(language, "no", "code"), own(language, "id", "code"), own(language, "name"),
        own(language, "kind"), own(language, "level"), own(language, "area"),
        own(language, "community"), own(language, "address"), own(language, "opened", "code"),
        own(language, "setting"), own(language, "land", "count", unit="m2"),
        own(language, "floor_area", "count", unit="m2"), own(language, "storey_lift"),
        own(language, "beds", "count", unit="beds"), own(language, "meals", "count", unit="meals"),
        own(language, "near", "count", unit="people",
            values={"minutes": findings.coverage.minutes[-1]}),
        own(language, "status"), own(language, "remark"),
    ]  # fmt: skip
    rows = [
        (n + 1, f.ids[n], f.names[n], label(f.kinds[n], "kind", language),
         level(f.tier[n], language), area_name(findings, int(f.area_index[n]), language),
         lacking(language), supplied(f.address[n], language), supplied(f.opened[n], language),
         setting(f.tenure[n], language), lacking(language),
         known(float(f.floor_area_m2[n]), language),
         storey_lift(float(f.storey[n]), int(f.lift[n]), language),
         beds(f.kinds[n], float(f.capacity[n]), language),
         meals(findings, f.kinds[n], float(f.capacity[n]), language), number(served[n]),
         supplied(f.status[n], language), _remark(findings, n, language))
        for n in range(len(f.ids))
    ]  # fmt: skip
    total: list[Cell] = [MISSING] * len(columns)
    total[0], total[2] = words("table.v_total"), words("table.v_places", {"count": len(rows)})
    for at in (10, 11, 13):
        total[at] = summed([row[at] for row in rows], language)
    table = make_table(findings, language, "facilities", columns, rows, tuple(total))
    return with_note(table, findings, language, kinds=findings.coverage.kinds, totals=True)


def setting(tenure: str, language: Language) -> str:
    """Return how a facility is housed; a file says so only of rented rooms."""
    rented = "租" in tenure or "rent" in tenure.lower()
    return Words(language)(f"{STEM}.rented") if rented else lacking(language)


def _remark(findings: Findings, n: int, language: Language) -> str:
    """Return what a file says beside: where it is listed, whose rooms they are, its seats."""
    words, f, said = Words(language), findings.facilities, list[str]()
    if f.origin[n] == "osm":
        said.append(words(f"{STEM}.from_osm"))
    if f.origin[n] == NEIGHBOUR:
        said.append(words(f"{STEM}.neighbour"))
    if f.tenure[n]:
        said.append(words(f"{STEM}.tenure", {"tenure": f.tenure[n]}))
    if f.kinds[n] in SEATED and np.isfinite(f.capacity[n]):
        said.append(words(f"{STEM}.seats", {"count": f"{f.capacity[n]:,.0f}"}))
    return words("table.v_join_sentences").join(said) or MISSING


def status_table(findings: Findings, language: Language) -> Table:
    """Return one row per area: people, communities, coverage in both meanings, gaps (table 2)."""
    words, coverage = Words(language), findings.coverage
    inside = coverage.people(ANY).astype(np.float64)
    lead = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    communities = figure_by_area(findings, "communities")
    having = figure_by_area(findings, "communities_with_facility")
    floor, homes = (figure_by_area(findings, n) for n in ("care_floor_m2", "households"))
    care = target_of(findings, "care_floor_per_100")
    per_1000 = target_of(findings, "beds_per_1000")
    elders = people_by_area(findings, "60+")
    counted: dict[str, Floats] = {
        "people_all": people_by_area(findings, "all"), "people_60": elders,
        "people_80": people_by_area(findings, "80+"), "communities": communities,
        "communities_with": having,
    }  # fmt: skip
    short: dict[str, Floats] = {
        "short_places": communities - having,
        "short_floor": np.maximum(care * homes / 100.0 - floor, 0.0),
        "short_beds": np.maximum(per_1000 * elders / 1000.0 - figure_by_area(findings, "beds"), 0),
    }
    shown = [n for n in range(len(coverage.areas)) if n < len(coverage.areas) - 1 or lead[n] > 0]
    met = _met(floor, homes, care, language)
    parts = [
        *(_counts(values, shown, language) for values in counted.values()),
        _shares(having, communities, shown, language),
        [*(number(inside[n]) for n in shown), number(inside.sum())],
        _covered(findings, inside, lead, shown, language),
        _ratios(floor, homes, shown, language), [*(met[n] for n in shown), met[-1]],
        *(_counts(values, shown, language) for values in short.values()),
    ]  # fmt: skip
    names = [area_name(findings, n if n < len(findings.areas.names) else -1, language)
             for n in shown]  # fmt: skip
    rows = list(zip([*names, words("table.v_total")], *parts, strict=True))
    table = make_table(findings, language, "status", _status_columns(findings, language),
                       rows[:-1], rows[-1])  # fmt: skip
    table = with_note(table, findings, language, kinds=(ANY,), totals=False)
    return with_borders_note(table, findings, language)


def _status_columns(findings: Findings, language: Language) -> list[Column]:
    minutes = {"minutes": findings.coverage.minutes[-1]}
    return [
        own(language, "area"), own(language, "people_all", "count", unit="people"),
        own(language, "people_60", "count", unit="people"),
        own(language, "people_80", "count", unit="people"),
        own(language, "communities", "count", unit="units"),
        own(language, "communities_with", "count", unit="units"),
        own(language, "share_units", "share"),
        own(language, "inside", "count", unit="people", values=minutes),
        own(language, "share_people", "share"),
        own(language, "floor_per_100", "money", unit="m2"), own(language, "met", "code"),
        own(language, "short_places", "count", unit="places"),
        own(language, "short_floor", "count", unit="m2"),
        own(language, "short_beds", "count", unit="beds"),
    ]  # fmt: skip


def _counts(values: Floats, shown: list[int], language: Language) -> list[Cell]:
    """Return figures of areas and their sum; outside all areas there may be none by nature."""
    n = len(values) - 1
    cells: list[Cell] = [
        MISSING if at == n and not np.isfinite(values[at]) else known(float(values[at]), language)
        for at in shown
    ]
    last = values[n] if np.isfinite(values[n]) else 0.0
    return [*cells, known(float(values[:n].sum() + last), language)]


def _shares(part: Floats, whole: Floats, shown: list[int], language: Language) -> list[Cell]:
    """Return shares of areas and that of the sums; a dash where the whole is nothing."""
    n = len(part) - 1
    pairs = [(float(part[at]), float(whole[at])) for at in shown]
    pairs.append((float(part[:n].sum()), float(whole[:n].sum())))
    return [MISSING if w == 0 else known(p / w, language) for p, w in pairs]


def _ratios(floor: Floats, homes: Floats, shown: list[int], language: Language) -> list[Cell]:
    return _shares(100.0 * floor, homes, shown, language)


def _covered(
    findings: Findings, inside: Floats, lead: Floats, shown: list[int], language: Language
) -> list[Cell]:
    share = np.divide(inside, lead, out=np.full(len(lead), np.nan), where=lead > 0)
    told = spoken(share.tolist(), findings.cannot_say(ANY), language)
    total = float(lead.sum())
    return [*(told[n] for n in shown), float(inside.sum()) / total if total > 0 else MISSING]


def _met(floor: Floats, homes: Floats, target: float, language: Language) -> list[str]:
    """Return whether each area, and all of them together, have the floor area that is asked for."""
    words = Words(language)
    whole = [*zip(floor[:-1], homes[:-1], strict=True), (np.nan, np.nan),
             (floor[:-1].sum(), homes[:-1].sum())]  # fmt: skip
    said = []
    for area, households in whole:
        if not np.isfinite(area * households * target) or households == 0:
            said.append(lacking(language))
        else:
            said.append(words(f"{STEM}.{'met' if 100 * area / households >= target else 'unmet'}"))
    return [*said[:-2], MISSING, said[-1]]
