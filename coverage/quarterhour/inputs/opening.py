"""Opening: the year from which a facility counts, and whether it works at all.

A *year* is read from 2021, 2021年, 2021-05, 2021/5/1, 2021年底 and dates of a workbook. A *state*
is ``open``, ``planned`` or ``closed``; the words for each stand in ``_data/synonyms.toml``.
"""

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.tables import Sheet, meaning, texts

FIRST_YEAR, LAST_YEAR = 1900, 2100
_TIME = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_YEAR = re.compile(
    r"(\d{4})(?:\.0+|年?(?:初|上半年|下半年|底|末)?"
    r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?"
    r"|[-./年]\s?(?:0?[1-9]|1[0-2])(?:月份?|[-./月]\s?(?:0?[1-9]|[12]\d|3[01])日?)?(?:初|底|末)?"
    + _TIME
    + ")"
)


def year_of(text: str) -> float:
    """Return the year that a text names, ``nan`` where it names none.

    Examples
    --------
    >>> year_of("2021年5月"), year_of("2021/5/1")
    (2021.0, 2021.0)
    """
    found = _YEAR.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return float(found[1]) if found else float("nan")


def read_years(
    sheet: Sheet, column: str | None, *, faults: list[Fault], doubts: list[Fault]
) -> NDArray[np.float64]:
    """Return the year of each record, ``nan`` where unknown.

    Parameters
    ----------
    sheet, column
        The table and its column; ``None`` where it has none.
    faults
        Receives years before 1900 or after 2100.
    doubts
        Receives texts that name no year; their year is unknown.
    """
    out = np.full(len(sheet.frame), np.nan)
    if column is None:
        return out
    for at, text in enumerate(texts(sheet, column)):
        if not text or meaning(text, "unknown"):
            continue
        year = year_of(text)
        if np.isnan(year):
            doubts.append(sheet.fault("facility.no_year", {"value": text}, at=at, column=column))
        elif not FIRST_YEAR <= year <= LAST_YEAR:
            values = {"year": int(year), "first": FIRST_YEAR, "last": LAST_YEAR}
            faults.append(sheet.fault("facility.year_range", values, at=at, column=column))
        else:
            out[at] = year
    return out


def read_states(sheet: Sheet, column: str | None, *, doubts: list[Fault]) -> tuple[str, ...]:
    """Return the state of each record, empty where the table says nothing that is known.

    Parameters
    ----------
    sheet, column
        The table and its column; ``None`` where it has none.
    doubts
        Receives each word that is not known, once.
    """
    return read_words(sheet, column, "status", "facility.own_status", doubts)


def read_words(
    sheet: Sheet, column: str | None, table: str, key: str, doubts: list[Fault]
) -> tuple[str, ...]:
    """Return what each cell means in a table of synonyms, empty where it is blank or unknown.

    Parameters
    ----------
    sheet, column
        The table and its column; ``None`` where it has none.
    table
        Section of ``_data/synonyms.toml``.
    key
        Message for a word that is not known; ``doubts`` receives it once for each word.
    """
    known: dict[str, str | None] = {"": ""}
    out = []
    for at, text in enumerate(texts(sheet, column)):
        if text not in known:
            known[text] = meaning(text, table)
            if known[text] is None:
                doubts.append(sheet.fault(key, {"value": text}, at=at, column=column or ""))
        out.append(known[text] or "")
    return tuple(out)
