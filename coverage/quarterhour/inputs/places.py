"""Places: the rows of a planner's table that have a name and, most of them, a position.

Facilities and premises are read from tables of places. Rows of totals go, with a note; rows without
a position take it from a filled template, or are set aside as *not located*.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, gathered, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.positions import as_place, positions
from quarterhour.inputs.sheet import blanks
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    meaning,
    read_sheet,
    required_texts,
    texts,
    total_rows,
)
from quarterhour.inputs.unlocated import Unlocated, fill_in, located_path
from quarterhour.studytables import DatumName

# Fields whose cells may say that nobody knows; other texts are kept as they stand.
_FIGURES = (
    "capacity", "beds", "seats", "floor_area_m2", "storey", "lift", "step_free", "build_cost",
    "yearly_cost",
)  # fmt: skip
# Names shown of many.
_SHOWN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """A table of places as read.

    Attributes
    ----------
    sheet, found
        The table without its totals, and the headers of its fields.
    names
        Name of each record.
    xy_m
        Positions (n, 2), ``nan`` where not located.
    """

    sheet: Sheet
    found: Mapping[str, str]
    names: tuple[str, ...]
    xy_m: NDArray[np.float64]

    @property
    def located(self) -> NDArray[np.bool_]:
        """Which records have a position."""
        return np.isfinite(self.xy_m[:, 0])


def read_places(
    path: Path,
    areas: Areas,
    *,
    fields: Sequence[str],
    required: Collection[str],
    datum: DatumName,
    columns: Mapping[str, str],
    doubts: list[Fault],
) -> tuple[Places, list[Fault]]:
    """Read the names and positions of a table, and its faults so far.

    Parameters
    ----------
    path
        A table, or a map file of points or polygons (the middle counts).
    areas
        Areas of the study: they carry the plane and show what is far off.
    fields, required
        Fields to look for beside name and position, and those that must be there.
    datum
        What the file's degrees mean.
    columns
        Headers by field, where the synonym table does not know them.
    doubts
        Receives what was left out.

    Raises
    ------
    InputError
        If a required column is missing.
    """
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    found = _headers(sheet, fields, required, columns, located_path(path))
    sheet = _without_totals(sheet, found["place_name"], doubts)
    sheet = known_only(sheet, [found[field] for field in _FIGURES if field in found])
    faults: list[Fault] = []
    names = required_texts(sheet, found["place_name"], faults)
    missing = _missing(sheet, found)
    xy = np.full((len(names), 2), np.nan)
    if not missing.all():
        own = sheet.take(~missing)
        xy[~missing], wrong = positions(own, found, areas, datum=datum, doubts=doubts)
        faults += wrong
    if located_path(path).is_file():
        with gathered(faults):
            given = fill_in(
                sheet, names, missing, located_path(path), areas, datum=datum, faults=faults,
                doubts=doubts,
            )  # fmt: skip
            xy[missing] = given[missing]
    return Places(sheet, found, names, xy), faults


def known_only(sheet: Sheet, headers: Sequence[str]) -> Sheet:
    """Return a sheet with blanks where a cell of some columns says 不详, 待补充, - or the like."""
    frame = sheet.frame.copy()
    for header in headers:
        cells = frame[header].astype(object)
        known = np.array([meaning(cell, "unknown") is None for cell in cells], bool)
        frame[header] = cells.where(known, None)
    return replace(sheet, frame=frame)


def set_aside(
    places: Places,
    kinds: Sequence[str],
    *,
    datum: DatumName,
    faults: list[Fault],
    doubts: list[Fault],
    unlocated: list[Unlocated],
) -> NDArray[np.bool_]:
    """List the records that are not located, and return which are.

    Parameters
    ----------
    places, kinds
        A table of places, and the kind of each record.
    datum
        What the file's degrees mean.
    faults
        Receives that no record is located at all.
    doubts, unlocated
        Receive that some are not, and which.
    """
    sheet, located = places.sheet, places.located
    blank = _missing(sheet, places.found) & ~located
    address = texts(sheet, places.found.get("address"))
    rows = np.flatnonzero(blank).tolist()
    unlocated += [
        Unlocated(
            sheet.file, sheet.sheet, int(sheet.rows[at]), places.names[at], kinds[at],
            address[at], datum,
        )
        for at in rows
        if places.names[at]
    ]  # fmt: skip
    if rows:
        some = ", ".join(places.names[at] for at in rows[:_SHOWN])
        more = " …" if len(rows) > _SHOWN else ""
        values = {"count": len(rows), "names": some + more,
                  "template": located_path(Path(sheet.file)).name}  # fmt: skip
        key = "facility.none_located" if len(rows) == len(located) else "facility.not_located"
        into = faults if len(rows) == len(located) else doubts
        into.append(Fault(key, values, sheet.file, sheet.sheet))
    return located


def _headers(
    sheet: Sheet,
    fields: Sequence[str],
    required: Collection[str],
    columns: Mapping[str, str],
    template: Path,
) -> dict[str, str]:
    """Find the headers; longitude and latitude may lack where addresses or a template stand in."""
    place = ("lon", "lat") if sheet.geometry is None else ()
    wanted, overrides = ("place_name", *fields, *place), as_place(columns)
    found, faults = find_columns(
        sheet, wanted, required={"place_name", *required}, overrides=overrides
    )
    lacks = [field for field in place if field not in found]
    stands_in = lacks == ["lon", "lat"] and ("address" in found or template.is_file())
    if lacks and not stands_in and not {"lon", "lat"} & set(overrides):
        faults += find_columns(sheet, lacks, required=lacks, overrides=overrides)[1]
    raise_if(faults)
    return found


def _missing(sheet: Sheet, found: Mapping[str, str]) -> NDArray[np.bool_]:
    """Tell which records name no position at all; half a position is a fault, not this.

    Programs write 0, 0 where they know no position, and people 待补充 or 不详.
    """
    if sheet.geometry is not None:
        middle = shapely.centroid(sheet.geometry)
        x, y = shapely.get_x(middle), shapely.get_y(middle)
        return np.asarray(~(np.isfinite(x) & np.isfinite(y)) | ((x == 0) & (y == 0)), bool)
    cells = [sheet.frame[found[field]] for field in ("lon", "lat") if field in found]
    blank, zero = np.ones((2, len(sheet.frame)), bool)
    for column in cells:
        said = [isinstance(c, str) and meaning(c, "unknown") is not None for c in column]
        blank &= blanks(column) | np.array(said, bool)
        read = pd.to_numeric(column, errors="coerce")
        zero &= read.to_numpy(np.float64, na_value=np.nan) == 0
    return blank | (zero & bool(cells))


def _without_totals(sheet: Sheet, column: str, doubts: list[Fault]) -> Sheet:
    """Drop rows that hold sums, each with a note."""
    total = total_rows(sheet, column)
    for at in np.flatnonzero(total).tolist():
        doubts.append(sheet.fault("facility.total_row", {}, at=at, column=column))
    return sheet.take(~total) if total.any() else sheet
