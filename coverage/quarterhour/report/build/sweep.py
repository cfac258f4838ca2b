"""Tables of the sweep: what matters most, the range of every area, and every setting."""

from collections.abc import Sequence

from quarterhour.cover.sweep.results import BASE, GRID, Swing
from quarterhour.findings import Findings
from quarterhour.inputs.facilities import ANY
from quarterhour.maps.charts import in_order, value_text
from quarterhour.report.borders import with_borders_note
from quarterhour.report.build.cover import yes_or_no
from quarterhour.report.columns import (
    Cell,
    Column,
    Kind,
    Table,
    clean_text,
    column_of,
    joined_notes,
    number,
)
from quarterhour.report.withheld import area_label, spoken, with_note
from quarterhour.wording import MISSING, label, percent
from quarterhour.words import Language, Words


def sweep_table(findings: Findings, language: Language, *, kind: str = "") -> Table:
    """Return one row per dimension: where coverage is least and largest, widest swing first.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        One kind (or ``any``); by default all kinds, one after the other.
    """
    words, swept = Words(language), findings.sweep
    columns = [
        _column(language, "kind"), _column(language, "rank", "count"),
        _column(language, "dimension"), _column(language, "nature"),
        _column(language, "low_value"), _column(language, "share_low", "share"),
        _column(language, "base_value"), _column(language, "share_base", "share"),
        _column(language, "high_value"), _column(language, "share_high", "share"),
        _column(language, "swing", "minutes", unit="points"),
    ]  # fmt: skip
    kinds = (kind,) if kind else swept.kinds
    rows: list[tuple[Cell, ...]] = []
    for each in kinds:
        name = clean_text(label(each, "kind", language))
        for rank, swing in enumerate(in_order(swept.swings(each)), start=1):
            rows.append((name, *_swing_cells(swing, rank, language)))
    values = _values(findings, language, kind or ANY)
    notes = [words("sweep.n_sweep", values)]
    if swept.left_out:
        notes.append(words("sweep.n_left_out", {"names": _left_out(findings, language)}))
    title = words("sweep.t_sweep" if kind else "sweep.t_sweep_all", values)
    note = joined_notes(notes, language)
    table = Table("sweep", title, note, tuple(columns), tuple(rows))
    return with_note(table, findings, language, kinds=kinds, totals=True)


def _swing_cells(swing: Swing, rank: int, language: Language) -> tuple[Cell, ...]:
    words = Words(language)
    nature = words("sweep.assumed" if swing.assumed else "sweep.chosen")
    low, base, high = (
        value_text(swing.dimension, value, language)
        for value in (swing.low_value, swing.base_value, swing.high_value)
    )
    return (
        rank if swing.assumed else MISSING, words(f"sweep.d_{swing.dimension}"), nature,
        low, number(swing.low), base, number(swing.base), high, number(swing.high),
        number(round(100.0 * swing.span, 1)),
    )  # fmt: skip


def _left_out(findings: Findings, language: Language) -> str:
    words = Words(language)
    names = [
        words("sweep.left_out", {"dimension": words(f"sweep.d_{dimension}"),
                                 "reason": words(f"sweep.because_{reason}")})
        for dimension, reason in findings.sweep.left_out
    ]  # fmt: skip
    return words("report.join").join(names)


def sweep_areas_table(findings: Findings, language: Language) -> Table:
    """Return one row per kind and area: share, its range under what is assumed, and its class."""
    swept = findings.sweep
    values = _values(findings, language, ANY)
    columns = [
        _column(language, "kind"), _column(language, "area"),
        column_of(language, "residents", "count", unit="people", values=values, stem="sweep"),
        _column(language, "share_base", "share"), _column(language, "share_low", "share"),
        _column(language, "share_high", "share"), _column(language, "depends"),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for kind in swept.kinds:
        name, dumb = clean_text(label(kind, "kind", language)), findings.cannot_say(kind)
        low, own, high = (spoken(v.tolist(), dumb, language) for v in swept.area_ranges(kind))
        depends = swept.depends(kind, withheld=dumb)
        for a in _shown(findings):
            said: Cell = yes_or_no(bool(depends[a]), language)
            if dumb[a]:
                said = low[a]
            elif swept.residents[0, a] <= 0:
                said = MISSING
            rows.append((
                name, area_label(findings, a, language), number(swept.residents[0, a]),
                own[a], low[a], high[a], said,
            ))  # fmt: skip
    words = Words(language)
    table = Table("sweep_areas", words("sweep.t_sweep_areas"),
                  words("sweep.n_sweep_areas", values), tuple(columns), tuple(rows))  # fmt: skip
    table = with_borders_note(table, findings, language)
    return with_note(table, findings, language, kinds=swept.kinds, totals=False)


def headline_range(findings: Findings, language: Language, *, kind: str = ANY) -> str:
    """Return the range of the share of all people, as ``54.0%–71.3%``; empty if not swept.

    Its ends are the least and the largest share that one assumption alone gives; what was chosen
    (the limit, the neighbours) does not widen it.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        Kind of facility, or ``any``.
    """
    swept = findings.sweep
    if not swept.dimension or kind not in swept.kinds:
        return ""
    assumed = [swing for swing in swept.swings(kind) if swing.assumed]
    if not assumed:
        return ""
    low, high = min(s.low for s in assumed), max(s.high for s in assumed)
    return Words(language)("sweep.range", {"low": percent(low), "high": percent(high)})


def area_ranges(findings: Findings, language: Language, *, kind: str = ANY) -> list[str]:
    """Return the range of each area's share, that outside all areas, and that of all people.

    A dash stands where nobody lives or an area cannot say; no entries where nothing was swept.

    Parameters
    ----------
    findings, language
        What to show, and in which language.
    kind
        Kind of facility, or ``any``.
    """
    words, whole = Words(language), headline_range(findings, language, kind=kind)
    if not whole:
        return []
    low, _, high = findings.sweep.area_ranges(kind)
    told = (low == low) & ~findings.cannot_say(kind)
    said = [
        words("sweep.range", {"low": percent(w), "high": percent(h)}) if t else MISSING
        for t, w, h in zip(told.tolist(), low.tolist(), high.tolist(), strict=True)
    ]
    return [*said, whole]


def with_range(
    table: Table, ranges: Sequence[str], after: str, language: Language, *, heading: str
) -> Table:
    """Return a table with the ranges of a share beside it, and a note that says what they are.

    Parameters
    ----------
    table
        The table; nothing is added without ranges.
    ranges
        One text per row, the total's last where it has one.
    after
        Key of the share's column.
    language
        Language of heading and note.
    heading
        Whose share it is, at the head of the column.
    """
    if not ranges:
        return table
    words = Words(language)
    at = [column.key for column in table.columns].index(after) + 1
    named = words("sweep.range_of", {"kind": heading, "heading": words("sweep.h_range")})
    column = Column("range", named[:1].upper() + named[1:], "share")
    body = zip(table.rows, ranges[: len(table.rows)], strict=True)
    total = table.total
    return Table(
        table.key, table.title,
        joined_notes([table.note, words("sweep.n_range")], language),
        (*table.columns[:at], column, *table.columns[at:]),
        tuple((*row[:at], said, *row[at:]) for row, said in body),
        None if total is None else (*total[:at], ranges[-1], *total[at:]),
    )  # fmt: skip


def sweep_settings_table(findings: Findings, language: Language) -> Table:
    """Return one row per setting, kind and limit: within, beyond and no street are all people."""
    words, swept = Words(language), findings.sweep
    values = _values(findings, language, ANY)
    columns = [
        _column(language, "dimension"), _column(language, "flat_mps", "number", unit="mps"),
        _column(language, "slope"), _column(language, "stairs"),
        _column(language, "max_snap_m", "metres", unit="m"),
        _column(language, "placed_otherwise"), _column(language, "neighbours"),
        _column(language, "kind"), _column(language, "minutes", "count", unit="min"),
        column_of(language, "residents", "count", unit="people", values=values, stem="sweep"),
        *(_column(language, key, "count", unit="people")
          for key in ("within", "beyond", "no_street")),
        _column(language, "share", "share"),
    ]  # fmt: skip
    frame = swept.to_frame()
    changed = {BASE: words("sweep.base"), GRID: words("sweep.both")}
    frame["dimension"] = [
        changed[d] if d in changed else words(f"sweep.d_{d}") for d in frame["dimension"]
    ]
    named = {
        "slope": ("off", "on"), "placed_otherwise": ("own", "other"),
        "neighbours": ("without", "with"),
    }  # fmt: skip
    for key, ends in named.items():
        what = "placement" if key == "placed_otherwise" else key
        frame[key] = [value_text(what, ends[int(value)], language) for value in frame[key]]
    frame["stairs"] = [value_text("stairs", value, language) for value in frame["stairs"]]
    frame["kind"] = [clean_text(label(kind, "kind", language)) for kind in frame["kind"]]
    counts = ["residents", "within", "beyond", "no_street", "share"]
    frame[counts] = frame[counts].round(9) + 0.0
    cells = frame[[column.key for column in columns]]
    rows = tuple(cells.itertuples(index=False, name=None))
    title, note = words("sweep.t_sweep_settings"), words("sweep.n_sweep_settings", values)
    return Table("sweep_settings", title, note, tuple(columns), rows)


def _column(language: Language, key: str, kind: Kind = "text", *, unit: str = "") -> Column:
    return column_of(language, key, kind, unit=unit, stem="sweep")


def _values(findings: Findings, language: Language, kind: str) -> dict[str, object]:
    return {
        "kind": clean_text(label(kind, "kind", language)),
        "group": label(findings.lead_group, "group", language),
        "minutes": findings.sweep.base_minutes,
    }  # fmt: skip


def _shown(findings: Findings) -> list[int]:
    """Return the rows of areas; people outside all of them have a row where there are any."""
    outside = bool((findings.sweep.residents[:, -1] > 0).any())
    return list(range(len(findings.areas.names) + outside))
