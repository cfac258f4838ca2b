"""Rows without a position: listed, sent out in a template, and taken back in.

A row of facilities or premises with a name but neither longitude nor latitude is *not located*. No
service on the internet is asked about it. Its *template* is a workbook beside the planner's file,
named after it with ``-located`` (``facilities-located.xlsx`` for ``facilities.csv``). Whenever the
file is read, a template beside it is read too, by these rules:

* a row belongs to the record of the same row number **and** the same name; where they disagree
  the file has changed since, which is a fault, and so is a row number that the file has not;
* it gives a position to a record that has none; where the record has one by now, that one counts
  and the row is reported;
* a row that is still blank leaves its record not located;
* coordinates are in the datum that the row names, else in that of the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.positions import positions
from quarterhour.inputs.sheet import blanks
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    fold,
    numbers,
    read_sheet,
    texts,
)
from quarterhour.studytables import DatumName
from quarterhour.words import Language, Words

_COLUMNS = ("row_number", "place_name", "place_kind", "address", "lon", "lat", "datum")
_WIDTHS = (8, 32, 20, 44, 14, 14, 12)
DATUMS: tuple[DatumName, ...] = ("wgs84", "cgcs2000", "gcj02", "bd09")


@dataclass(frozen=True, slots=True)
class Unlocated:
    """One row without a position.

    Attributes
    ----------
    file, sheet, row
        Where it stands, as the planner's program numbers it.
    name, kind, address
        What it says; empty where it does not.
    datum
        What the file's degrees mean.
    """

    file: str
    sheet: str
    row: int
    name: str
    kind: str
    address: str
    datum: DatumName


def located_path(path: Path) -> Path:
    """Return where the template of a file stands."""
    return path.with_name(f"{path.stem}-located.xlsx")


def write_unlocated(rows: Sequence[Unlocated], path: Path, language: Language) -> None:
    """Write the template of one file: a sheet to fill in, and one that explains it.

    Every text is written as text: a name that begins with ``=`` is no formula.

    Parameters
    ----------
    rows
        Rows without a position, all of one file; at least one.
    path
        Workbook to write, as :func:`located_path` names it.
    language
        Language of headers and explanations.

    Raises
    ------
    InputError
        If the workbook is there already: it may hold positions that somebody looked up.
    """
    import datetime

    import xlsxwriter

    if len({row.file for row in rows}) != 1:
        raise AssertionError
    if path.exists():
        raise InputError(Fault("facility.template_is_there", {"path": path.name}))
    words = Words(language)
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        # A workbook must carry a day; any fixed one makes the same rows the same bytes.
        book.set_properties({"created": datetime.datetime(2026, 1, 1)})
        _write_rows(book, rows, words)
        _write_notes(book, rows, words)


def _write_rows(book: object, rows: Sequence[Unlocated], words: Words) -> None:
    head = book.add_format({"bold": True, "bottom": 1})  # type: ignore[attr-defined]
    given = book.add_format({"bg_color": "#eeeeee"})  # type: ignore[attr-defined]
    page = book.add_worksheet(words("facility.template_sheet"))  # type: ignore[attr-defined]
    page.freeze_panes(1, 2)
    for column, (field, width) in enumerate(zip(_COLUMNS, _WIDTHS, strict=True)):
        page.set_column(column, column, width)
        page.write_string(0, column, words(f"facility.template_{field}"), head)
    for line, row in enumerate(rows, start=1):
        page.write_number(line, 0, row.row, given)
        kind = words(f"kind.{row.kind}") if words.has(f"kind.{row.kind}") else row.kind
        for column, text in enumerate((row.name, kind, row.address), start=1):
            page.write_string(line, column, text, given)
        page.write_string(line, 6, row.datum)
    last = len(rows)
    page.data_validation(1, 4, last, 5, {"validate": "decimal", "criteria": "between",
                                         "minimum": -1e8, "maximum": 1e8})  # fmt: skip
    known = [*DATUMS, *({row.datum for row in rows} - set(DATUMS))]
    page.data_validation(1, 6, last, 6, {"validate": "list", "source": known})


def _write_notes(book: object, rows: Sequence[Unlocated], words: Words) -> None:
    page = book.add_worksheet(words("facility.template_notes"))  # type: ignore[attr-defined]
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})  # type: ignore[attr-defined]
    page.set_column(0, 0, 20, wrapped)
    page.set_column(1, 1, 90, wrapped)
    first = rows[0]
    values = {"file": first.file, "sheet": first.sheet, "datum": first.datum, "count": len(rows)}
    page.write_string(0, 0, words("facility.template_what"))
    page.write_string(0, 1, words("facility.template_about", values))
    for line, field in enumerate(_COLUMNS, start=1):
        page.write_string(line, 0, words(f"facility.template_{field}"))
        page.write_string(line, 1, words(f"facility.template_{field}_about", values))


def fill_in(
    sheet: Sheet,
    names: Sequence[str],
    missing: NDArray[np.bool_],
    path: Path,
    areas: Areas,
    *,
    datum: DatumName,
    faults: list[Fault],
    doubts: list[Fault],
) -> NDArray[np.float64]:
    """Return the positions (n, 2) in metres that a filled template gives, else ``nan``.

    Parameters
    ----------
    sheet, names
        The planner's table, and the name of each record.
    missing
        Which records have no position of their own.
    path
        The filled template.
    areas, datum
        Areas of the study, and what the file's degrees mean.
    faults
        Receives rows that belong to no record, and wrong positions.
    doubts
        Receives rows that are not needed any more.
    """
    xy = np.full((len(names), 2), np.nan)
    filled = read_sheet(path, doubts=doubts)
    wanted = ("row_number", "place_name", "lon", "lat", "datum")
    found, missing_columns = find_columns(filled, wanted, required=wanted[:4])
    faults += missing_columns
    if missing_columns:
        return xy
    record = _records(sheet, names, filled, found, faults)
    blank = blanks(filled.frame[found["lon"]]) & blanks(filled.frame[found["lat"]])
    given = (record >= 0) & ~blank
    for at in np.flatnonzero(given & ~missing[record]).tolist():
        doubts.append(filled.fault("facility.located_already", {"file": sheet.file}, at=at))
    given &= missing[record]
    meant = _datums(filled, found.get("datum"), datum, faults)
    for one in dict.fromkeys(meant):
        rows = given & np.array([m == one for m in meant], bool)
        if rows.any():
            xy[record[rows]], wrong = positions(
                filled.take(rows), found, areas, datum=one, doubts=doubts
            )
            faults += wrong
    return xy


def _records(
    sheet: Sheet, names: Sequence[str], filled: Sheet, found: dict[str, str], faults: list[Fault]
) -> NDArray[np.int64]:
    """Return the record each row of a template belongs to, -1 where that is a fault."""
    column = found["row_number"]
    at_row = {int(row): at for at, row in enumerate(sheet.rows)}
    record = np.full(len(filled.frame), -1, np.int64)
    said = texts(filled, found["place_name"])
    seen: set[int] = set()
    for at, number in enumerate(numbers(filled, column, faults=faults, required=True).tolist()):
        record_at = at_row.get(int(number), -1) if np.isfinite(number) else -1
        values = {"file": sheet.file, "name": said[at]}
        if not np.isfinite(number):
            continue
        if record_at < 0 or number != int(number):
            faults.append(filled.fault("facility.no_such_row", values, at=at, column=column))
        elif record_at in seen:
            faults.append(filled.fault("input.twice", values, at=at, column=column))
        elif fold(names[record_at]) != fold(said[at]):
            values = {**values, "there": names[record_at]}
            faults.append(filled.fault("facility.other_name", values, at=at, column=column))
        else:
            record[at] = record_at
        seen.add(record_at)
    return record


def _datums(
    filled: Sheet, column: str | None, datum: DatumName, faults: list[Fault]
) -> list[DatumName]:
    """Return the datum of each row of a template."""
    known = {fold(d).replace("-", ""): d for d in (*DATUMS, datum)}
    meant = []
    for at, text in enumerate(texts(filled, column)):
        one = known.get(fold(text).replace("-", ""), "") if text else datum
        if not one:
            values = {"value": text, "known": ", ".join(dict.fromkeys(known.values()))}
            faults.append(filled.fault("facility.no_datum", values, at=at, column=column or ""))
        meant.append(one or datum)
    return meant
