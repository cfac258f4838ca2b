"""Counts: how many people a table knows of, and where it withholds them.

Bureaus withhold small counts and put a *mark* in their place: ``<5``, ``*``, ``…``, ``保密``. A
marked cell is *unknown*, which is neither zero nor blank: it stands in the results as nobody, is
flagged, and is counted. A mark such as ``<5`` bounds what is withheld: at most 4. A blank cell
stays a fault.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.tables import Sheet, is_blank, numbers, plainly

_LONGEST = 40  # a longer text is a remark
_MARK = re.compile(r"\*+|\.{2,}|…+|x+|[-‐‑–—―−]+|保密|不详|不明|略|未公布|n/a|n\.a\.?|suppressed")
_FEWER = re.compile(r"(?:<|少于|小于|不足|不到|低于|fewerthan|lessthan|under)(\d{1,4})(?:人|名)?")
_AT_MOST = re.compile(
    r"(?:≤|<=|=<|不超过|不多于|至多|最多|atmost|upto)(\d{1,4})(?:人|名)?|(\d{1,4})(?:人|名)?及?以下"
)


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """People by row and group, with what is withheld.

    Attributes
    ----------
    people
        People (n rows, n groups); 0 where a cell is unknown (the known part, where a group is
        summed of several columns).
    unknown
        Which counts are withheld, wholly or in part (n rows, n groups).
    at_most
        Most people that can stand behind each unknown count (n rows, n groups): 0 where it is
        known, ``inf`` where its mark gives no bound.
    """

    people: NDArray[np.float64]
    unknown: NDArray[np.bool_]
    at_most: NDArray[np.float64]

    def take(self, keep: NDArray[np.bool_]) -> "Counts":
        """Return the rows where ``keep`` is true."""
        return Counts(self.people[keep], self.unknown[keep], self.at_most[keep])

    def joined(self, member: NDArray[np.int64]) -> "Counts":
        """Return the sums of rows with the same new row in ``member``; -1 goes."""
        kept = member >= 0
        new = member[kept]
        people = sums_of(new, self.people[kept])
        unknown = sums_of(new, self.unknown[kept].astype(np.float64)) > 0
        return Counts(people, unknown, sums_of(new, self.at_most[kept]))


def sums_of(member: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sums (m, columns) of rows of ``values`` by their new row."""
    columns = [np.bincount(member, column) for column in values.T]
    return np.column_stack(columns).astype(np.float64)


@lru_cache(maxsize=4096)
def most_behind(cell: object) -> float:
    """Return the most people behind a mark, ``inf`` without a bound; ``nan`` for what is no mark.

    Examples
    --------
    >>> most_behind("＜5"), most_behind("≤10人"), most_behind("保密"), most_behind("约5")
    (4.0, 10.0, inf, nan)
    """
    if not isinstance(cell, str) or len(cell) > _LONGEST:
        return np.nan
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", cell)).lower()
    if found := _FEWER.fullmatch(text):
        return max(float(found[1]) - 1.0, 0.0)
    if found := _AT_MOST.fullmatch(text):
        return float(found[1] or found[2])
    return np.inf if _MARK.fullmatch(text) else np.nan


def read_counts(
    sheet: Sheet,
    headers: Mapping[str, Sequence[str]],
    *,
    faults: list[Fault],
    required: bool = True,
) -> Counts:
    """Read the counts of each group, summed over its headers.

    Parameters
    ----------
    sheet
        The table.
    headers
        Headers per group.
    faults
        Receives unreadable and negative counts, and blank ones.
    required
        Whether a blank cell is a fault; else it is unknown like a withheld one.
    """
    shape = (len(sheet.frame), len(headers))
    people, at_most = np.zeros(shape), np.zeros(shape)
    unknown = np.zeros(shape, bool)
    read: dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    for n, parts in enumerate(headers.values()):
        for header in parts:
            if header not in read:
                read[header] = _column(sheet, header, faults, required=required)
            known, most = read[header]
            hidden = np.isnan(known)
            people[~hidden, n] += known[~hidden]
            unknown[:, n] |= hidden
            at_most[hidden, n] += most[hidden]
    return Counts(people, unknown, at_most)


def _column(
    sheet: Sheet, header: str, faults: list[Fault], *, required: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the known people of a column (``nan`` where unknown), and the most behind each."""
    cells = sheet.frame[header]
    # Few cells differ, and what converts at once is neither blank nor a mark.
    distinct = pd.Series(cells.unique(), dtype=object)
    odd = distinct[pd.to_numeric(distinct, errors="coerce").isna().to_numpy(bool)]
    marks = {cell: bound for cell in odd if not np.isnan(bound := most_behind(cell))}
    hidden, most = np.zeros(len(cells), bool), np.full(len(cells), np.inf)
    plain = sheet
    if marks:
        hidden = cells.isin(list(marks)).to_numpy(bool)
        most[hidden] = [marks[cell] for cell in cells[hidden]]
        plain = replace(sheet, frame=sheet.frame.assign(**{header: cells.mask(hidden, None)}))
    if required and any(map(is_blank, odd)):
        for at in np.flatnonzero(cells.map(is_blank).to_numpy(bool)).tolist():
            faults.append(sheet.fault("input.blank_cell", {}, at=at, column=header))
    known = numbers(plain, header, faults=faults)
    for at in np.flatnonzero(known < 0).tolist():
        value = {"value": plainly(known[at])}
        faults.append(sheet.fault("input.negative", value, at=at, column=header))
    return np.where(np.isfinite(known), known, np.nan), most


def nesting_faults(
    sheet: Sheet, counts: Counts, headers: Mapping[str, Sequence[str]]
) -> list[Fault]:
    """Return faults of groups of nobody, and of groups larger than the one that contains them."""
    faults = []
    groups = tuple(headers)
    for n, group in enumerate(groups):
        if len(counts.people) and counts.people[:, n].sum() == 0:
            key = "people.all_unknown" if counts.unknown[:, n].any() else "input.nobody"
            values = {"group": group}
            column = headers[group][0]
            faults.append(Fault(key, values, sheet.file, sheet.sheet, column=column))
    nested = [g for g in ("all", "60+", "65+", "80+") if g in groups]
    for wide, narrow in pairwise(nested):
        a, b = groups.index(wide), groups.index(narrow)
        known = ~(counts.unknown[:, a] | counts.unknown[:, b])
        for at in np.flatnonzero(known & (counts.people[:, b] > counts.people[:, a])).tolist():
            few, many = plainly(counts.people[at, a]), plainly(counts.people[at, b])
            values = {"narrow": narrow, "wide": wide, "few": few, "many": many}
            column = headers[narrow][0]
            faults.append(sheet.fault("input.group_too_large", values, at=at, column=column))
    return faults
