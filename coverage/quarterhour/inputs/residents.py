"""Residents: how many people live where, by group.

A *group* is an age band (``all``, ``60+``, ``65+``, ``80+``, or the study's own). People are given
by area (镇街), by named street (people, or people per km), by grid cell (polygons, or the middle
points of a regular grid), or by point. A blank count means "not known" and is a fault; a zero is
a zero; a withheld count (``<5``, ``*``, 保密) is kept as unknown.

Points, and grid rows that stand for single houses, are held to ``k`` people before anything else
sees them; grids of cells pass as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.addresses import street_of
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.counts import Counts, nesting_faults, read_counts
from quarterhour.inputs.gridcells import grid_cells, is_public_grid
from quarterhour.inputs.groups import GroupColumns, group_columns, is_per_km
from quarterhour.inputs.names import NameMatch, match_areas
from quarterhour.inputs.positions import positions
from quarterhour.inputs.privacy import Held, hold_to_k
from quarterhour.inputs.tables import Sheet, find_columns, fold, read_sheet, required_texts, texts
from quarterhour.inputs.totals import compare_stated, compare_totals, find_totals, tell_unknown
from quarterhour.studytables import DatumName

By = Literal["area", "street", "grid", "point"]


@dataclass(frozen=True, slots=True, eq=False)
class Residents:
    """People by group, as the planner's table gives them; one entry per row of the table.

    Rows that were merged, because they stand for one street, one cell or too few people, are one
    entry.

    Attributes
    ----------
    by
        What a row is. Grid rows that stood for houses are points.
    groups
        Names of the groups, widest first where known.
    people
        People (n rows, n groups); 0 where the count is withheld (the known part, where a group is
        summed of several columns or rows).
    area_index
        Row in the study's areas, -1 where a row names none or lies outside.
    labels
        Area or street name, or the row's number.
    xy_m
        Positions (n, 2); ``nan`` for rows by area or street.
    cells
        Polygon per row for ``by="grid"``, else an empty array.
    per_km
        Whether the numbers are people per kilometre of street.
    unknown
        Which counts are withheld, wholly or in part (n rows, n groups); none by default.
    file, sheet, rows
        Where each entry stands: the first of its rows (n rows,) as the planner's program numbers
        them; empty where nothing says it.
    """

    by: By
    groups: tuple[str, ...]
    people: NDArray[np.float64]
    area_index: NDArray[np.int32]
    labels: tuple[str, ...]
    xy_m: NDArray[np.float64]
    cells: NDArray[np.object_]
    per_km: bool = False
    unknown: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), bool))
    file: str = ""
    sheet: str = ""
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        """Let no flags mean that every count is known."""
        if self.unknown.size == 0:
            object.__setattr__(self, "unknown", np.zeros(self.people.shape, bool))
        if self.unknown.shape != self.people.shape:
            raise AssertionError("one flag per count")

    @property
    def totals(self) -> NDArray[np.float64]:
        """People in all that are known, by group."""
        totals: NDArray[np.float64] = self.people.sum(axis=0)
        return totals

    def place_of(self, entry: int) -> dict[str, Any]:
        """Return file, sheet and row of an entry, as a fault takes them."""
        row = int(self.rows[entry]) if len(self.rows) else None
        return {"file": self.file, "sheet": self.sheet, "row": row}

    def to_frame(self) -> pd.DataFrame:
        """Return one row per entry: its name, its area, and its people by group."""
        frame = pd.DataFrame({"label": self.labels, "area": self.area_index})
        return frame.assign(**{g: self.people[:, n] for n, g in enumerate(self.groups)})


def lead_of(groups: tuple[str, ...]) -> str:
    """Return the group that texts and maps speak of: ``60+`` if there, else the first."""
    return "60+" if "60+" in groups else groups[0]


def read_residents(
    path: Path,
    areas: Areas,
    *,
    by: By,
    datum: DatumName = "wgs84",
    groups: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    aliases: Mapping[str, str] | None = None,
    totals: Mapping[str, float] | None = None,
    k: int = 10,
    doubts: list[Fault] | None = None,
) -> Residents:
    """Read residents from a table or a map file.

    Parameters
    ----------
    path
        The file.
    areas
        The study's areas.
    by
        What a row of the file is.
    datum
        What the file's degrees mean.
    groups
        Groups to read; all that are understood when empty.
    columns
        Headers by group or field, where they are not understood.
    aliases
        Other names of areas.
    totals
        People of the whole district by group, from another source, to compare with.
    k
        Fewest people of a row that is a single point.
    doubts
        Receives what is doubtful (totals that do not agree, withheld counts) and what was done
        (groups summed of bands, rows merged).

    Returns
    -------
    Residents
        Sums are those of the table's known counts: totals rows are left out, merging keeps them.

    Raises
    ------
    InputError
        With all faults: missing or ambiguous columns, blank, negative or unreadable counts, a
        group larger than the one that contains it, areas named here but unknown there and the
        other way round, fewer than ``k`` people in all.
    """
    heard: list[Fault] = [] if doubts is None else doubts
    sheet = read_sheet(path, datum=datum, doubts=heard)
    columns = columns or {}
    found, faults = _place_columns(sheet, by, columns)
    read = group_columns(
        sheet, groups=groups, columns=columns, faults=faults, doubts=heard,
        per_km=by == "street" and is_per_km(sheet, columns),
    )  # fmt: skip
    raise_if(faults)
    sheet, counts = _people(sheet, found, read, _Known(by, areas, aliases, totals or {}), heard,
                            faults)  # fmt: skip
    table = _Table(sheet, found, counts, read, faults, heard)
    if by == "area":
        return _by_area(table, areas, aliases)
    if by == "street":
        return _by_street(table, areas, aliases)
    return _by_place(table, areas, by, datum=datum, k=k)


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known before the counts are read."""

    by: By
    areas: Areas
    aliases: Mapping[str, str] | None
    stated: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A table of residents without its total rows, and the lists that faults and doubts go to."""

    sheet: Sheet
    columns: Mapping[str, str]
    counts: Counts
    read: GroupColumns
    faults: list[Fault]
    doubts: list[Fault]

    def residents(
        self, by: By, counts: Counts, area: NDArray[np.int32], labels: tuple[str, ...],
        xy: NDArray[np.float64] | None = None, cells: NDArray[np.object_] | None = None, *,
        at: NDArray[np.int64] | NDArray[np.bool_] | slice = slice(None),
    ) -> Residents:  # fmt: skip
        """Return residents of this table's groups; ``at`` are the first records of the entries."""
        nowhere = np.full((len(area), 2), np.nan)
        return Residents(
            by, tuple(self.read.headers), counts.people, area, labels,
            nowhere if xy is None else xy,
            np.empty(0, object) if cells is None else cells, self.read.per_km, counts.unknown,
            self.sheet.file, self.sheet.sheet, self.sheet.rows[at],
        )  # fmt: skip

    def note(self, key: str, values: Mapping[str, object]) -> None:
        """Say what was done with the whole table."""
        self.doubts.append(Fault(key, values, self.sheet.file, self.sheet.sheet))


def _place_columns(
    sheet: Sheet, by: By, columns: Mapping[str, str]
) -> tuple[dict[str, str], list[Fault]]:
    """Find the columns that say where people live."""
    named = {"area": "area_name", "street": "street_name"}.get(by)
    fields = {"lon": "lon", "lat": "lat", "area_name": "area"} | ({named: "name"} if named else {})
    wanted = ["street_name", "area_name"] if by == "street" else ["area_name"]
    wanted += [] if named or sheet.geometry is not None else ["lon", "lat"]
    required = [named] if named else [f for f in wanted if f != "area_name"]
    overrides = {f: columns[said] for f, said in fields.items() if said in columns}
    return find_columns(sheet, wanted, required=required, overrides=overrides)


def _people(
    sheet: Sheet,
    found: Mapping[str, str],
    read: GroupColumns,
    known: _Known,
    doubts: list[Fault],
    faults: list[Fault],
) -> tuple[Sheet, Counts]:
    """Read the counts of all rows but totals, and compare their sums with every total there is."""
    label = found.get({"area": "area_name", "street": "street_name"}.get(known.by, "lon"))
    outsiders: list[int] = []
    if known.by == "area" and label is not None:
        match = match_areas(texts(sheet, label), known.areas.names, aliases=known.aliases)
        outsiders = np.flatnonzero(match.index < 0).tolist()
    first = next(iter(read.headers.values()))[0]
    total = find_totals(sheet, label, outsiders=outsiders, header=first)
    rest = total.rest()
    counts = read_counts(rest, read.headers, faults=faults)
    faults += nesting_faults(rest, counts, read.headers)
    if not read.per_km and not faults:
        whole = compare_totals(total, counts, read.headers, doubts)
        compare_stated(rest, counts, tuple(read.headers), known.stated, doubts)
        tell_unknown(rest, counts, read.headers, {**whole, **known.stated}, doubts)
    return rest, counts


def _by_area(table: _Table, areas: Areas, aliases: Mapping[str, str] | None) -> Residents:
    column = table.columns["area_name"]
    labels = texts(table.sheet, column)
    match = match_areas(labels, areas.names, aliases=aliases)
    index = match.index
    table.faults.extend(_unknown_areas(table.sheet, labels, match, index < 0, column))
    known = np.flatnonzero(index >= 0)
    again = np.setdiff1d(known, known[np.unique(index[known], return_index=True)[1]])
    for at in again.tolist():
        values = {"name": labels[at]}
        table.faults.append(table.sheet.fault("input.twice", values, at=at, column=column))
    for row in sorted(set(range(len(areas.names))) - set(index.tolist())):
        values = {"name": areas.names[row]}
        table.faults.append(
            Fault("input.area_without_people", values, table.sheet.file, table.sheet.sheet)
        )
    raise_if(table.faults)
    return table.residents("area", table.counts, index, labels)


def _unknown_areas(
    sheet: Sheet,
    names: tuple[str, ...],
    match: NameMatch,
    rows: NDArray[np.bool_],
    column: str,
) -> list[Fault]:
    """Return a fault per row whose area is not in the layer, with the nearest names."""
    faults = []
    for at in np.flatnonzero(rows).tolist():
        key, values = match.fault_key(names[at]), {"name": names[at], "near": match.near(names[at])}
        faults.append(sheet.fault(key, values, at=at, column=column))
    return faults


def _by_street(table: _Table, areas: Areas, aliases: Mapping[str, str] | None) -> Residents:
    sheet, columns, faults = table.sheet, table.columns, table.faults
    given = required_texts(sheet, columns["street_name"], faults)
    labels = tuple(map(street_of, given))
    houses = sum(a != b for a, b in zip(given, labels, strict=True))
    area = np.full(len(labels), -1, np.int32)
    if "area_name" in columns and columns["area_name"] != columns["street_name"]:
        said = texts(sheet, columns["area_name"])
        match = match_areas(said, areas.names, aliases=aliases)
        area = match.index
        unknown = (area < 0) & np.fromiter(map(bool, said), bool, len(said))
        faults += _unknown_areas(sheet, said, match, unknown, columns["area_name"])
    first: dict[tuple[str, int], int] = {}
    member = np.empty(len(labels), np.int64)
    for at, key in enumerate(zip(map(fold, labels), area.tolist(), strict=True)):
        again = key in first
        member[at] = first.setdefault(key, len(first))
        if table.read.per_km and again:
            values = {"name": labels[at]}
            faults.append(sheet.fault("input.twice", values, at=at, column=columns["street_name"]))
    raise_if(faults)
    rows = np.unique(member, return_index=True)[1]
    if houses:
        table.note("people.addresses_cut", {"count": f"{houses:,}"})
    if len(rows) < len(member):
        table.note("people.streets_joined", {"before": len(member), "after": len(rows)})
    names = tuple(labels[at] for at in rows.tolist())
    return table.residents("street", table.counts.joined(member), area[rows], names, at=rows)


def _by_place(table: _Table, areas: Areas, by: By, *, datum: DatumName, k: int) -> Residents:
    xy, more = positions(table.sheet, table.columns, areas, datum=datum, doubts=table.doubts)
    table.faults.extend(more)
    raise_if(table.faults)
    area = areas.area_of(xy)
    if by == "grid" and is_public_grid(table.sheet, xy, areas):
        return _on_cells(table, xy, area, areas)
    held = _held(table, xy, area, k)
    if held.merged:
        labels = tuple(str(row + 1) for row in range(len(held.xy_m)))
        counts = table.counts.joined(held.member)
        nobodys = np.zeros(0, np.int64)  # what was merged stands for no row
        return table.residents("point", counts, held.area_index, labels, held.xy_m, at=nobodys)
    kept = held.member >= 0
    labels = tuple(map(str, table.sheet.rows[kept].tolist()))
    cells = grid_cells(table.sheet, xy, areas)[kept] if by == "grid" else None
    counts = table.counts.take(kept)
    return table.residents(by, counts, area[kept], labels, xy[kept], cells, at=kept)


def _on_cells(
    table: _Table, xy: NDArray[np.float64], area: NDArray[np.int32], areas: Areas
) -> Residents:
    """Return residents of the cells of a grid, rows of one cell summed."""
    _, first, back = np.unique(xy, axis=0, return_index=True, return_inverse=True)
    rows = np.sort(first)
    if len(rows) < len(xy):
        table.note("people.cells_joined", {"before": f"{len(xy):,}", "after": f"{len(rows):,}"})
    member = np.searchsorted(rows, first)[back.ravel()]
    labels = tuple(map(str, table.sheet.rows[rows].tolist()))
    cells = grid_cells(table.sheet, xy, areas)[rows]
    counts = table.counts.joined(member)
    return table.residents("grid", counts, area[rows], labels, xy[rows], cells, at=rows)


def _held(table: _Table, xy: NDArray[np.float64], area: NDArray[np.int32], k: int) -> Held:
    """Hold rows that are single points to ``k`` people, and say what that did."""
    sheet, counts = table.sheet, table.counts
    try:
        withheld = np.asarray(counts.unknown.any(axis=1), bool)
        held = hold_to_k(xy, counts.people, k=k, area_index=area, withheld=withheld)
    except InputError as error:
        raise InputError(
            replace(fault, file=sheet.file, sheet=sheet.sheet) for fault in error.faults
        ) from None
    if held.merged:
        moved = held.moved_m[held.member >= 0]
        table.note(
            "people.held",
            {"before": f"{len(xy):,}", "after": f"{len(held.xy_m):,}", "k": k,
             "median": f"{np.median(moved):,.0f}", "farthest": f"{np.ceil(moved.max()):,.0f}"},
        )  # fmt: skip
    return held
