"""Totals: rows that sum others, and what the sums are compared with.

A *total row* sums the table (合计, 全区, the district's own name) or the block of rows beside it
(小计). It is left out and compared with the rows it stands for; a total stated in the study is
compared with the sum of the whole table. Withheld counts are allowed for: with them a total may
exceed the known sum by as many people as they can hold.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.counts import Counts
from quarterhour.inputs.tables import Sheet, numbers, total_rows

# A stated total may be off by this share: dates and rounding differ between sources.
TOLERANCE = 0.005
_SUBTOTAL = re.compile(r"小计|sub-?total")
_DISTRICT = re.compile(r"(?:[区县市州旗盟]|\b(?:district|county|city|municipality))$")


@dataclass(frozen=True, slots=True, eq=False)
class TotalRows:
    """The total rows of a table.

    Attributes
    ----------
    sheet
        The whole table.
    at
        Which rows are totals (n rows,).
    """

    sheet: Sheet
    at: NDArray[np.bool_]

    def rest(self) -> Sheet:
        """Return the sheet without its total rows."""
        return self.sheet.take(~self.at)


def find_totals(
    sheet: Sheet,
    label: str | None,
    *,
    outsiders: Sequence[int] = (),
    header: str | None = None,
) -> TotalRows:
    """Find the total rows of a table.

    Parameters
    ----------
    sheet
        The table.
    label
        Column that names each row, or holds its longitude; without one there are no totals. A row
        without a name is a total where another of its cells says so.
    outsiders
        Rows whose name is no area's. One that ends in 区, 县 or 市 and stands first or last is the
        district itself where its people are about as many as those of all others.
    header
        Column of people for that comparison.
    """
    if label is None:
        return TotalRows(sheet, np.zeros(len(sheet.frame), bool))
    at = total_rows(sheet, label)
    if at.all():
        at[:] = False  # one row for the whole district is no total of others
    district = _district_row(sheet, label, at, outsiders, header)
    at[district] = True
    return TotalRows(sheet, at)


def _district_row(
    sheet: Sheet,
    label: str,
    totals: NDArray[np.bool_],
    outsiders: Sequence[int],
    header: str | None,
) -> list[int]:
    """Return the row that names the district itself, if there is one."""
    rows = np.flatnonzero(~totals)
    named = [r for r in outsiders if not totals[r]
             and _DISTRICT.search(str(sheet.frame[label].iloc[r]).strip().lower())]  # fmt: skip
    if header is None or len(named) != 1 or len(rows) < 3 or named[0] not in (rows[0], rows[-1]):
        return []
    people = numbers(sheet, header, faults=[])
    others = float(np.nansum(people[rows[rows != named[0]]]))
    return named if 0.5 * others <= people[named[0]] <= 2.0 * others else []


def compare_totals(
    found: TotalRows,
    counts: Counts,
    headers: Mapping[str, Sequence[str]],
    doubts: list[Fault],
) -> dict[str, float]:
    """Compare total rows with the rows they sum, and return the total of each group.

    Parameters
    ----------
    found
        The total rows.
    counts
        Counts of all other rows.
    headers
        Headers per group.
    doubts
        Receives a doubt per total that agrees neither with all rows nor with a block beside it.
    """
    whole: dict[str, float] = {}
    if not found.at.any():
        return whole
    rows = np.flatnonzero(found.at)
    sheet = found.sheet.take(found.at)
    # Number of other rows before each total row, with both ends.
    before = np.concatenate([[0], rows - np.arange(len(rows)), [len(counts.people)]])
    label = [" ".join(str(c) for c in sheet.frame.iloc[k] if isinstance(c, str))
             for k in range(len(rows))]  # fmt: skip
    for n, (group, parts) in enumerate(headers.items()):
        unread: list[Fault] = []
        said = np.sum([numbers(sheet, part, faults=unread) for part in parts], axis=0)
        for k in np.flatnonzero(np.isfinite(said)).tolist():
            above = slice(before[k], before[k + 1])
            below = slice(before[k + 1], before[k + 2])
            blocks = [b for b in (slice(None), above, below) if len(counts.people[b])]
            small = bool(_SUBTOTAL.search(label[k].lower()))
            if not small:
                whole.setdefault(group, float(said[k]))
            if any(_agrees(said[k], counts, b, n) for b in blocks):
                continue
            meant = blocks[1] if small and len(blocks) > 1 else blocks[0]
            values = {"group": group, "said": _people(said[k]),
                      "summed": _people(float(counts.people[meant, n].sum()))}  # fmt: skip
            doubts.append(sheet.fault("input.total_differs", values, at=k, column=parts[0]))
    return whole


def _agrees(said: float, counts: Counts, block: slice, group: int) -> bool:
    known = float(counts.people[block, group].sum())
    hidden = float(counts.at_most[block, group].sum())
    slack = 1e-6 * max(1.0, abs(said))
    return known - slack <= said <= known + hidden + slack


def compare_stated(
    sheet: Sheet,
    counts: Counts,
    groups: Sequence[str],
    stated: Mapping[str, float],
    doubts: list[Fault],
) -> None:
    """Compare the sums of a table with the totals that the study states."""
    for group, said in stated.items():
        if group not in groups:
            values = {"group": group, "known": ", ".join(groups)}
            doubts.append(Fault("people.stated_no_group", values, sheet.file, sheet.sheet))
            continue
        n = list(groups).index(group)
        summed = float(counts.people[:, n].sum())
        most = summed + float(counts.at_most[:, n].sum())
        off = max(summed - said, said - most, 0.0)
        if off > TOLERANCE * said:
            values = {
                "group": group, "said": _people(said), "summed": _people(summed),
                "off": _people(off), "share": f"{100 * off / said:.1f}" if said > 0 else "100.0",
            }  # fmt: skip
            doubts.append(Fault("people.stated_differs", values, sheet.file, sheet.sheet))


def tell_unknown(
    sheet: Sheet,
    counts: Counts,
    headers: Mapping[str, Sequence[str]],
    known: Mapping[str, float],
    doubts: list[Fault],
) -> None:
    """Say how many counts are withheld in each group, and how many people stand behind them.

    Parameters
    ----------
    sheet
        The table.
    counts
        What was read of it.
    headers
        Headers per group.
    known
        Total of each group, where one is known.
    doubts
        Receives a doubt per group with withheld counts.
    """
    for n, (group, parts) in enumerate(headers.items()):
        count = int(counts.unknown[:, n].sum())
        if count == 0:
            continue
        most = float(counts.at_most[:, n].sum())
        values: dict[str, object] = {"group": group, "count": f"{count:,}"}
        key = "people.unknown"
        missing = known.get(group, np.nan) - float(counts.people[:, n].sum())
        if 0 <= missing <= most:
            key, values = "people.unknown_missing", {**values, "people": _people(missing)}
        elif np.isfinite(most):
            key, values = "people.unknown_at_most", {**values, "people": _people(most)}
        doubts.append(Fault(key, values, sheet.file, sheet.sheet, column=parts[0]))


def _people(number: float) -> str:
    return f"{number:,.0f}"
