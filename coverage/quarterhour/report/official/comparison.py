"""Alternatives side by side, and what speaks for the recommended plan (tables 6 and 7)."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from quarterhour.findings import Findings, PlanFinding
from quarterhour.report.build.cover import area_name
from quarterhour.report.build.talk import (
    gain_today,
    objective_cell,
    printed_unit,
    swapped,
    unit_word,
)
from quarterhour.report.columns import Cell, Column, Table, cell_text, number
from quarterhour.report.official.parts import STEM, lacking, make_table, own
from quarterhour.wording import MISSING, label, percent
from quarterhour.words import Language, Words

# More plans than these leave no room on a page.
_MOST = 3


def comparison_table(findings: Findings, plan: int, language: Language) -> Table:
    """Return the recommended plan beside the best others, a row per figure (table 6).

    Parameters
    ----------
    findings
        The study.
    plan
        Number of the siting question, from 0.
    language
        Of headings and words.
    """
    words, found = Words(language), findings.plans[plan]
    others = [other.site_ids for other in found.plan.alternatives[:_MOST]]
    sets = [found.plan.site_ids, *others]
    columns = [own(language, "part"), own(language, "figure"), own(language, "unit", "code")]
    columns += [
        own(language, f"plan_{n}", "count", word="plan_first" if n == 1 else "plan_n",
            values={"n": words(f"{STEM}.number_{n}")})
        for n in range(1, len(sets) + 1)
    ]  # fmt: skip
    rows = [
        (words(f"{STEM}.part_{part}"), words(f"{STEM}.f_{key}"), _unit(unit, found, language),
         *cells)
        for part, key, unit, cells in _figures(findings, found, sets, language)
    ]  # fmt: skip
    values = {"kind": label(found.plan.kind, "kind", language)}
    return make_table(findings, language, "comparison", columns, rows, values=values)


_Figure = tuple[str, str, str, list[Cell]]


def _figures(
    findings: Findings, found: PlanFinding, sets: Sequence[tuple[str, ...]], language: Language
) -> list[_Figure]:
    words, lack = Words(language), lacking(language)
    rows = [_rows_of(found, ids) for ids in sets]
    blank: list[Cell] = [lack] * len(sets)

    def each(of: Callable[[NDArray[np.int64]], Cell]) -> list[Cell]:
        return [of(at) for at in rows]

    gains, shares, losses, proofs = _outcomes(found, sets, language)
    offered, p = found.screening.candidates, found.premises
    own_row = {id_: n for n, id_ in enumerate(offered.ids)}

    def doubts(ids: Sequence[str]) -> int:
        return sum(bool(offered.to_verify[own_row[one]]) for one in ids if one in own_row)

    def money(at: NDArray[np.int64], *, yearly: bool = False) -> Cell:
        total = float(found.costs_at(at, yearly=yearly).sum())
        return cell_text(total / 1e4, Column("", "", "money")) if np.isfinite(total) else lack

    def floor(at: NDArray[np.int64]) -> Cell:
        total = float(p.floor_area_m2[at].sum())
        return number(total) if np.isfinite(total) else lack

    def used(at: NDArray[np.int64]) -> Cell:
        return _tally([p.occupancy[n] and words(f"siteplan.use_{p.occupancy[n]}")
                       for n in at.tolist()], language)  # fmt: skip

    dumb = findings.cannot_say(found.plan.kind)
    sites = [[one for one in ids if one in own_row] for ids in sets]
    return [
        ("basics", "sites", "", [_join(ids, language) for ids in sites]),
        ("basics", "number", "places", [len(ids) for ids in sites]),
        ("basics", "instead", "", [MISSING, *(
            _join(swapped(found, ids)[1], language) for ids in sets[1:])]),
        ("basics", "gain", "people", gains), ("basics", "share_after", "", shares),
        ("basics", "worse", "aim", losses), ("basics", "proof", "", proofs),
        ("place", "areas", "areas", each(lambda at: len(set(p.area_index[at].tolist())))),
        ("place", "named_areas", "", each(lambda at: _join(list(dict.fromkeys(
            area_name(findings, int(a), language) for a in p.area_index[at])), language))),
        ("place", "floor", "m2", each(floor)),
        ("place", "climbs", "places", each(lambda at: _climbs(p.storey[at], p.lift[at], lack))),
        ("place", "tenure", "", each(lambda at: _tally(
            [p.tenure[n] for n in at.tolist()], language))),
        ("place", "doubts", "places", [doubts(ids) for ids in sites]),
        ("around", "utilities", "", blank), ("around", "transport", "", blank),
        ("delicate", "streets", "places", each(lambda at: int(dumb[p.area_index[at]].sum()))),
        ("delicate", "lines", "", blank), ("delicate", "hazards", "", blank),
        ("works", "invest", "wan", each(money)),
        ("works", "yearly", "wan", each(lambda at: money(at, yearly=True))),
        ("works", "use", "", each(used)), ("works", "months", "", blank),
    ]  # fmt: skip


def _rows_of(found: PlanFinding, ids: Sequence[str]) -> NDArray[np.int64]:
    """Return the rows of the premises of a plan; existing facilities are none."""
    row = {one: n for n, one in enumerate(found.premises.ids)}
    offered = set(found.screening.candidates.ids)
    return np.array([row[one] for one in ids if one in row and one in offered], np.int64)


def _outcomes(
    found: PlanFinding, sets: Sequence[tuple[str, ...]], language: Language
) -> tuple[list[Cell], list[Cell], list[Cell], list[Cell]]:
    """Return what each plan gains, its share, how much worse it is, and how sure that is."""
    words, plan, unit = Words(language), found.plan, printed_unit(found)
    base = found.people_today
    others = plan.alternatives[: len(sets) - 1]
    own_gain = plan.people_gained if found.moves is None else found.moves.people_after - base
    gained = [own_gain, *(gain_today(found, other.people_gained) for other in others)]
    sign = 1.0 if plan.more_is_better else -1.0
    worse = [0.0, *(sign * (plan.objective - other.objective) for other in others)]
    total = plan.people_total
    return (
        [number(g) for g in gained],
        [percent((base + g) / total) if total > 0 else MISSING for g in gained],
        [objective_cell(w, unit, language) for w in worse],
        [words(f"table.status_{s.replace(' ', '_')}")
         for s in (plan.status, *(o.status for o in others))],
    )  # fmt: skip


def _unit(unit: str, found: PlanFinding, language: Language) -> str:
    words = Words(language)
    if not unit:
        return MISSING
    if unit == "aim":
        unit = unit_word(printed_unit(found))
    stems = ("official", "siteplan", "table")
    return words(next(f"{s}.u_{unit}" for s in stems if words.has(f"{s}.u_{unit}")))


def _climbs(storey: NDArray[np.float64], lift: NDArray[np.int8], lack: str) -> Cell:
    """Return how many sites are above the ground floor without a lift; unknown ones count not."""
    if not np.isfinite(storey).all() or (lift < 0).any():
        return lack
    return int(((storey > 1) & (lift == 0)).sum())


def _tally(texts: Sequence[str], language: Language) -> str:
    """Return how often each text stands there; empty ones are to be supplied."""
    words, known = Words(language), [text or lacking(language) for text in texts]
    said = [words(f"{STEM}.tally", {"what": one, "count": known.count(one)})
            for one in dict.fromkeys(known)]  # fmt: skip
    return words("table.v_join_ids").join(said) or MISSING


def _join(ids: Sequence[str], language: Language) -> str:
    return Words(language)("table.v_join_ids").join(ids) or MISSING
