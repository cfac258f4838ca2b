"""One table as it was read: cells, the row numbers of the planner's own program, and shapes.

A *record* is a row below the headers. A *cell* is what stands there: a text, a number, a date, or
nothing. Readers of tables (:mod:`~quarterhour.inputs.workbooks`,
:mod:`~quarterhour.inputs.csvfiles`, :mod:`~quarterhour.inputs.layers`) make sheets; readers of
facilities, residents and so on take their columns apart with :mod:`~quarterhour.inputs.cells`.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault

# The cells of one column.
Column: TypeAlias = "pd.Series[Any]"


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One table as read.

    Attributes
    ----------
    frame
        Cells as read; columns carry the headers of the file.
    rows
        Row number of each record in the planner's file (1 is its first line; a feature's number
        in a map file).
    geometry
        Shapely geometry per record in WGS 84 degrees (the file's datum is taken off), or ``None``
        for a plain table.
    """

    file: str
    sheet: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None

    def fault(self, key: str, values: Mapping[str, object], *, at: int, column: str = "") -> Fault:
        """Return a fault that names the row of record ``at`` in the planner's file."""
        read = ""
        if column in self.frame.columns and list(self.frame.columns).count(column) == 1:
            read = shown(self.frame[column].iloc[at])
        return Fault(key, values, self.file, self.sheet, int(self.rows[at]), column, read)

    def cell_faults(self, key: str, rows: NDArray[np.int64], column: str) -> list[Fault]:
        """Return a fault per record of ``rows``, with its cell as ``value``; quick for many."""
        return [
            Fault(key, {"value": read, "column": column}, self.file, self.sheet, row, column, read)
            for row, read in zip(
                self.rows[rows].tolist(), map(shown, self.frame[column].iloc[rows]), strict=True
            )
        ]

    def take(self, keep: NDArray[np.bool_]) -> "Sheet":
        """Return the records where ``keep`` is true."""
        if keep.all():
            return self
        geometry = None if self.geometry is None else self.geometry[keep]
        frame = self.frame.loc[keep].reset_index(drop=True)
        return Sheet(self.file, self.sheet, frame, self.rows[keep], geometry)


def is_blank(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return True
    if isinstance(cell, float) and np.isnan(cell):
        return True
    return isinstance(cell, str) and not cell.strip()


def is_text_column(cells: Column) -> bool:
    """Tell whether a column holds nothing but texts, in one compact array."""
    return isinstance(cells.dtype, pd.StringDtype)


def blanks(cells: Column) -> NDArray[np.bool_]:
    """Tell which cells of a column hold nothing."""
    if is_text_column(cells):
        bare = cells.str.strip()
        return (bare.isna() | (bare == "").fillna(False)).to_numpy(bool)
    return cells.map(is_blank).to_numpy(bool)


def blank_rows(frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell which rows of a frame hold nothing; the columns may share names."""
    blank = np.ones(len(frame), bool)
    for n in range(frame.shape[1]):
        if not blank.any():
            break
        blank[blank] = blanks(frame.iloc[:, n][blank])
    return blank


def plainly(number: float) -> str:
    """Return a number of a table as people write it: 5, not 5.0."""
    return str(int(number)) if float(number).is_integer() else str(float(number))


def shown(cell: object) -> str:
    """Return a cell as its planner sees it, on one line; empty where it holds nothing."""
    if is_blank(cell):
        return ""
    if isinstance(cell, float | np.floating):
        return plainly(float(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    # Line ends and other signs that cannot be seen would break labels and steer terminals.
    return " ".join("".join(c if c.isprintable() else " " for c in str(cell)).split())
