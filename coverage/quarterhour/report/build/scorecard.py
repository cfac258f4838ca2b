"""Tables of the scorecard: indicators, rates beside walks, by area, storeys, what is missing."""

from collections.abc import Sequence

import numpy as np

from quarterhour.cover.scorecard.figures import Missing
from quarterhour.cover.scorecard.results import Indicator
from quarterhour.findings import Findings
from quarterhour.report.build.cover import area_name, known, lift_word
from quarterhour.report.build.scorecard_words import ScorecardWords
from quarterhour.report.columns import Cell, Column, Kind, Table, column_of, number
from quarterhour.report.withheld import with_note
from quarterhour.wording import MISSING, label
from quarterhour.words import Language, Words

_STEM = "scorecard"
_SAID = {1: "scorecard.v_met", 0: "scorecard.v_not_met", -1: "scorecard.v_unknown"}
# Units whose values are told with decimals in the table by area.
_DECIMALS = {"m2_each": 3, "ratio": 2}


def scorecard_sheets(findings: Findings, language: Language) -> list[tuple[str, Table]]:
    """Return all tables of the scorecard with the names of their sheets, in order."""
    words = Words(language)
    return [
        (words("scorecard.s_scorecard"), scorecard_table(findings, language)),
        (words("scorecard.s_pairs"), pairs_table(findings, language)),
        (words("scorecard.s_areas"), scorecard_areas_table(findings, language)),
        (words("scorecard.s_storeys"), storeys_table(findings, language)),
        (words("scorecard.s_missing"), missing_table(findings, language)),
    ]


def scorecard_table(findings: Findings, language: Language) -> Table:
    """Return one row per indicator, grouped by basis.

    Values are texts in their own units; numerator and denominator are numbers.
    """
    said, words = ScorecardWords(findings, language), Words(language)
    texts = ("basis", "indicator", "key", "formula", "unit", "how")
    columns = [
        _column(language, "no", "code"), *(_column(language, key) for key in texts),
        _column(language, "numerator", "number"), _column(language, "denominator", "number"),
        _column(language, "value", "number"), _column(language, "target", "number"),
        *(_column(language, key) for key in ("attribute", "verdict", "source", "status")),
        _column(language, "year", "code"), _column(language, "missing"),
    ]  # fmt: skip
    rows = [
        (
            str(n), words(f"scorecard.b_{one.basis}"), said.name(one), one.measure, one.formula,
            said.unit(one), said.how(one), _figure(one.numerator, one.numerator_of, language),
            _figure(one.denominator, one.denominator_of, language), said.value(one),
            said.target(one), words(f"scorecard.a_{one.attribute}") if one.attribute else MISSING,
            said.verdict(one), said.source(one), said.status(one),
            str(one.year) if one.year else MISSING, said.missing(one),
        )
        for n, one in enumerate(findings.scorecard.indicators, start=1)
    ]  # fmt: skip
    table = _table(findings, language, "scorecard", columns, rows)
    return with_note(table, findings, language, kinds=findings.coverage.kinds, totals=True)


def targets_table(findings: Findings, language: Language) -> Table:
    """Return the rows of the scorecard that have a target, their sources in short for a page."""
    table, said = scorecard_table(findings, language), ScorecardWords(findings, language)
    at = [column.key for column in table.columns].index("source")
    rows = tuple(
        (*row[:at], said.source(one, short=True), *row[at + 1 :])
        for row, one in zip(table.rows, findings.scorecard.indicators, strict=True)
        if np.isfinite(one.target)
    )
    return Table(table.key, table.title, table.note, table.columns, rows)


def pairs_table(findings: Findings, language: Language) -> Table:
    """Return one row per administrative rate, beside the share of people in reach."""
    said, words = ScorecardWords(findings, language), Words(language)
    columns = [
        _column(language, "indicator"), _column(language, "kinds"),
        _column(language, "rate", "share"), _column(language, "share", "share"),
        _column(language, "difference", "minutes", unit="points"),
    ]  # fmt: skip
    supply = words("table.v_to_supply")
    rows = [
        (said.measure(pair.measure), said.kinds(pair.kinds),
         *(number(v) if np.isfinite(v) else supply
           for v in (pair.rate, pair.share, 100.0 * pair.difference)))
        for pair in findings.scorecard.pairs
    ]  # fmt: skip
    table = _table(findings, language, "scorecard_pairs", columns, rows)
    return with_note(table, findings, language, kinds=findings.coverage.kinds, totals=True)


def scorecard_areas_table(findings: Findings, language: Language) -> Table:
    """Return one row per area and a total: each measure that any area can tell, by basis."""
    card, said = findings.scorecard, ScorecardWords(findings, language)
    seen = [i.measure for i in card.indicators]
    shown = [
        row for row, one in enumerate(card.indicators)
        if seen.index(one.measure) == row and np.isfinite(card.value_by_area[row]).any()
    ]  # fmt: skip
    columns = [_column(language, "area"), *(_measured(said, card.indicators[r]) for r in shown)]
    rows = [
        (area_name(findings, a if a < len(findings.areas.names) else -1, language),
         *(_by_area(findings, r, a, language) for r in shown))
        for a in range(len(card.areas)) if a < len(card.areas) - 1 or _outside(findings, shown)
    ]  # fmt: skip
    total = (
        Words(language)("table.v_total"),
        *(_known(card.indicators[r].value, card.indicators[r].unit, language) for r in shown),
    )
    table = _table(findings, language, "scorecard_areas", columns, rows, total)
    return with_note(table, findings, language, kinds=findings.coverage.kinds, totals=False,
                     radius=True)  # fmt: skip


def storeys_table(findings: Findings, language: Language) -> Table:
    """Return one row per facility: storey, lift, and what each rule says."""
    words, f, check = Words(language), findings.facilities, findings.scorecard.storeys
    rules = [
        column_of(language, rule.key, word="rule", stem=_STEM,
                  values={"rule": words(f"scorecard.rule_{rule.key}")})
        for rule in check.rules
    ]  # fmt: skip
    columns = [
        _column(language, "id", "code"), _column(language, "name"), _column(language, "kind"),
        _column(language, "area"), _column(language, "storey", "count"),
        _column(language, "lift", "code"), *rules,
    ]  # fmt: skip
    rows = [
        (f.ids[n], f.names[n], label(f.kinds[n], "kind", language),
         area_name(findings, int(f.area_index[n]), language), known(f.storey[n], language),
         lift_word(int(f.lift[n]), language),
         *(words(_SAID[int(v)]) for v in check.verdict[:, n]))
        for n in range(len(f.ids))
    ]  # fmt: skip
    return _table(findings, language, "storeys", columns, rows)


def storey_counts(findings: Findings, language: Language) -> str:
    """Return how many facilities meet each rule on storeys, in words."""
    words, check, parts = Words(language), findings.scorecard.storeys, []
    for n, rule in enumerate(check.rules):
        met, not_met, unknown = check.count(n)
        values = {"rule": words(f"scorecard.rule_{rule.key}"), "met": met, "not_met": not_met,
                  "unknown": unknown}  # fmt: skip
        parts.append(words("scorecard.storey_count", values))
    return words("scorecard.semicolon").join(parts)


def missing_table(findings: Findings, language: Language) -> Table:
    """Return one row per thing that is missing: what, from whom, and for which indicators."""
    said, words = ScorecardWords(findings, language), Words(language)
    wanted: dict[Missing, list[Indicator]] = {}
    for one in findings.scorecard.indicators:
        for missing in one.missing:
            wanted.setdefault(missing, []).append(one)
    rows = [
        (said.lack(missing), said.holder(missing),
         words("scorecard.semicolon").join(dict.fromkeys(said.name(i) for i in indicators)))
        for missing, indicators in wanted.items()
    ]  # fmt: skip
    columns = [_column(language, key) for key in ("what", "whom", "indicators")]
    return _table(findings, language, "scorecard_missing", columns, rows)


def _column(language: Language, key: str, kind: Kind = "text", *, unit: str = "") -> Column:
    return column_of(language, key, kind, unit=unit, stem=_STEM)


def _measured(said: ScorecardWords, one: Indicator) -> Column:
    share = one.unit == "share"
    values = {"measure": said.measure(one.measure)}
    made = column_of(
        said.language, one.measure, "share" if share else "number", word="measure", values=values,
        stem=_STEM,
    )  # fmt: skip
    return made if share else Column(made.key, made.heading, made.kind, said.unit(one))


def _figure(value: float, name: str, language: Language) -> Cell:
    """Return a numerator or denominator; a dash where the measure has none."""
    if not name:
        return MISSING
    # People are sums of parts of people: a tenth is more than anybody can tell.
    return number(round(value, 1)) if np.isfinite(value) else Words(language)("table.v_to_supply")


def _known(value: float, unit: str, language: Language) -> Cell:
    if not np.isfinite(value):
        return Words(language)("table.v_to_supply")
    return number(value if unit == "share" else round(value, _DECIMALS.get(unit, 1)))


def _by_area(findings: Findings, row: int, area: int, language: Language) -> Cell:
    """Return one value of an area: withheld, a dash where it does not apply, or to be supplied."""
    card = findings.scorecard
    one, value = card.indicators[row], float(card.value_by_area[row, area])
    if card.withheld[row, area]:
        return Words(language)("completeness.cannot_say")
    outside = area == len(card.areas) - 1
    other = bool(one.only) and not outside and findings.areas.kinds[area] != one.only
    empty = bool(card.denominator_by_area[row, area] == 0)
    if np.isnan(value) and (outside or other or empty):
        return MISSING
    return _known(value, one.unit, language)


def _outside(findings: Findings, shown: list[int]) -> bool:
    """Tell whether people or facilities stand outside all areas and need a row of their own."""
    card = findings.scorecard
    last = [*card.numerator_by_area[shown, -1], *card.denominator_by_area[shown, -1]]
    return bool(np.nansum(last) > 0)


def _table(
    findings: Findings,
    language: Language,
    key: str,
    columns: list[Column],
    rows: Sequence[tuple[Cell, ...]],
    total: tuple[Cell, ...] | None = None,
) -> Table:
    words, card = Words(language), findings.scorecard
    values = {
        "group": label(card.group, "group", language), "minutes": card.minutes,
        "counts": storey_counts(findings, language),
    }  # fmt: skip
    title, note = words(f"scorecard.t_{key}"), words(f"scorecard.n_{key}", values)
    return Table(key, title, note, tuple(columns), tuple(rows), total)
