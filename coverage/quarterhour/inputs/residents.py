"""Residents: how many people live where, by group.

A *group* is an age band (``all``, ``60+``, ``65+``, ``80+``, or the study's own). People are given
by area (镇街), by named street (people, or people per km), by grid cell (polygons, or the middle
points of a regular grid), or by point. A blank count means "not known" and is a fault; a zero is
a zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.areas import Areas, match_names
from quarterhour.inputs.positions import positions
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    meaning,
    numbers,
    plainly,
    read_sheet,
    synonyms,
    texts,
)
from quarterhour.studytables import DatumName

By = Literal["area", "street", "grid", "point"]


@dataclass(frozen=True, slots=True, eq=False)
class Residents:
    """People by group, as the planner's table gives them; one entry per row of the table.

    Attributes
    ----------
    by
        What a row is.
    groups
        Names of the groups, widest first where known.
    people
        People (n rows, n groups).
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
    """

    by: By
    groups: tuple[str, ...]
    people: NDArray[np.float64]
    area_index: NDArray[np.int32]
    labels: tuple[str, ...]
    xy_m: NDArray[np.float64]
    cells: NDArray[np.object_]
    per_km: bool = False

    @property
    def totals(self) -> NDArray[np.float64]:
        """People in all, by group."""
        totals: NDArray[np.float64] = self.people.sum(axis=0)
        return totals

    def to_frame(self) -> pd.DataFrame:
        """Return one row per row of the planner's table."""
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
        Groups to read; all that the synonym table finds when empty.
    columns
        Headers by group or field, where the synonym table does not know them.
    aliases
        Other names of areas.
    doubts
        Receives what is doubtful: totals rows that do not agree with the sum.

    Raises
    ------
    InputError
        With all faults: missing columns, blank, negative or unreadable counts, a group larger
        than the one that contains it, areas named here but unknown there and the other way round.
    """
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    columns = columns or {}
    field = {"area": "area_name", "street": "street_name"}.get(by)
    wanted = ["street_name", "area_name"] if by == "street" else ["area_name"]
    wanted += [] if field or sheet.geometry is not None else ["lon", "lat"]
    required = [field] if field else [f for f in wanted if f != "area_name"]
    overrides = {f: columns[s] for f, s in _field_names(by).items() if s in columns}
    found, faults = find_columns(
        sheet, wanted, required=[r for r in required if r], overrides=overrides
    )
    per_km = by == "street" and _says_per_km(sheet, columns)
    if per_km:
        group_columns = _per_km_column(sheet, columns, faults)
    else:
        group_columns = _group_columns(sheet, groups, columns, faults)
    raise_if(faults)
    sheet = _without_totals(sheet, found.get(field or ""), group_columns, doubts)
    people = np.column_stack(
        [numbers(sheet, c, faults=faults, required=True) for c in group_columns.values()]
    )
    names = tuple(group_columns)
    _check_people(sheet, people, names, group_columns, faults)
    xy, cells = np.full((len(people), 2), np.nan), np.empty(0, object)
    labels = texts(sheet, found[field]) if field else tuple(str(r) for r in sheet.rows)
    area_index = np.full(len(people), -1, np.int32)
    if by == "area":
        area_index = _match_areas(sheet, labels, areas, aliases, found["area_name"], faults)
    elif by == "street" and "area_name" in found and found["area_name"] != found["street_name"]:
        said = texts(sheet, found["area_name"])
        area_index, near = match_names(said, areas.names, aliases=aliases)
        unknown = np.flatnonzero((area_index < 0) & (np.array(said) != ""))
        faults += _unknown_areas(sheet, said, unknown, near, found["area_name"])
    elif by in ("grid", "point"):
        xy, more = positions(sheet, found, areas, datum=datum)
        faults += more
    raise_if(faults)
    if by in ("grid", "point"):
        area_index = areas.area_of(xy)
        cells = _cells(sheet, xy, areas) if by == "grid" else cells
    return Residents(by, names, people, area_index, labels, xy, cells, per_km)


def _field_names(by: By) -> dict[str, str]:
    named = {"area": "area_name", "street": "street_name"}.get(by)
    return {"lon": "lon", "lat": "lat", "area_name": "area"} | ({named: "name"} if named else {})


def _says_per_km(sheet: Sheet, columns: Mapping[str, str]) -> bool:
    """Tell whether a table of streets gives people per kilometre."""
    if "people_per_km" in columns:
        return True
    groups, _ = find_columns(sheet, synonyms("group"), required=(), table="group")
    return not groups and bool(find_columns(sheet, ["people_per_km"], required=())[0])


def _per_km_column(sheet: Sheet, columns: Mapping[str, str], faults: list[Fault]) -> dict[str, str]:
    field = "people_per_km"
    overrides = {field: columns[field]} if field in columns else {}
    found, missing = find_columns(sheet, [field], required=[field], overrides=overrides)
    faults += missing
    return {"all": found[field]} if found else {}


def _group_columns(
    sheet: Sheet, groups: Sequence[str], columns: Mapping[str, str], faults: list[Fault]
) -> dict[str, str]:
    """Return the header of each group, in the order of the synonym table, then the study's."""
    plain = {"name", "lon", "lat", "area", "people_per_km"}
    own = [g for g in columns if g not in plain]
    known = list(synonyms("group"))
    wanted = list(groups) or [*known, *(g for g in own if g not in known)]
    required = list(groups) or own
    found, missing = find_columns(
        sheet, wanted, required=required, table="group",
        overrides={g: columns[g] for g in own},
    )  # fmt: skip
    faults += missing
    if not found and not missing:
        values = {"found": ", ".join(str(c) for c in sheet.frame.columns)}
        faults.append(Fault("input.no_groups", values, sheet.file, sheet.sheet))
    return found


def _without_totals(
    sheet: Sheet, column: str | None, groups: Mapping[str, str], doubts: list[Fault] | None
) -> Sheet:
    """Drop totals rows, and say so where they do not agree with the sum of the others."""
    if column is None:
        return sheet
    total = np.array([meaning(c, "total") is not None for c in sheet.frame[column]], bool)
    if not total.any() or total.all():
        return sheet
    rest = sheet.take(~total)
    unread: list[Fault] = []
    for group, header in groups.items():
        said = np.nansum(numbers(sheet.take(total), header, faults=unread)[:1])
        summed = np.nansum(numbers(rest, header, faults=unread))
        if said != summed and doubts is not None:
            values = {"group": group, "said": f"{said:,.0f}", "summed": f"{summed:,.0f}"}
            at = int(np.flatnonzero(total)[0])
            doubts.append(sheet.fault("input.total_differs", values, at=at, column=header))
    return rest


def _check_people(
    sheet: Sheet,
    people: NDArray[np.float64],
    groups: tuple[str, ...],
    columns: Mapping[str, str],
    faults: list[Fault],
) -> None:
    for n, group in enumerate(groups):
        for at in np.flatnonzero(people[:, n] < 0):
            values = {"value": plainly(people[at, n])}
            faults.append(sheet.fault("input.negative", values, at=int(at), column=columns[group]))
    for group, total in zip(groups, people.sum(axis=0), strict=True):
        if total == 0:
            values = {"group": group}
            faults.append(
                Fault("input.nobody", values, sheet.file, sheet.sheet, column=columns[group])
            )
    nested = [g for g in ("all", "60+", "65+", "80+") if g in groups]
    for wide, narrow in pairwise(nested):
        a, b = groups.index(wide), groups.index(narrow)
        for at in np.flatnonzero(people[:, b] > people[:, a]):
            few, many = plainly(people[at, a]), plainly(people[at, b])
            values = {"narrow": narrow, "wide": wide, "few": few, "many": many}
            faults.append(
                sheet.fault("input.group_too_large", values, at=int(at), column=columns[narrow])
            )


def _match_areas(
    sheet: Sheet,
    labels: tuple[str, ...],
    areas: Areas,
    aliases: Mapping[str, str] | None,
    column: str,
    faults: list[Fault],
) -> NDArray[np.int32]:
    index, near = match_names(labels, areas.names, aliases=aliases)
    faults += _unknown_areas(sheet, labels, np.flatnonzero(index < 0), near, column)
    for at, (name, row) in enumerate(zip(labels, index, strict=True)):
        if row >= 0 and row in index[:at]:
            faults.append(sheet.fault("input.twice", {"name": name}, at=at, column=column))
    for row in sorted(set(range(len(areas.names))) - set(index.tolist())):
        values = {"name": areas.names[row]}
        faults.append(Fault("input.area_without_people", values, sheet.file, sheet.sheet))
    return index


def _unknown_areas(
    sheet: Sheet,
    names: tuple[str, ...],
    rows: NDArray[np.int64],
    near: Mapping[str, str],
    column: str,
) -> list[Fault]:
    """Return a fault per row whose area is not in the layer, with the nearest name."""
    faults = []
    for at in rows.tolist():
        key = "input.unknown_area_near" if near.get(names[at]) else "input.unknown_area"
        values = {"name": names[at], "near": near.get(names[at], "")}
        faults.append(sheet.fault(key, values, at=at, column=column))
    return faults


def _cells(sheet: Sheet, xy: NDArray[np.float64], areas: Areas) -> NDArray[np.object_]:
    """Return grid cells in metres: the file's polygons, else Voronoi cells of its points.

    Points of a regular grid (H3 included) have their grid cells as Voronoi cells; at the rim a
    cell is cut to a disc as wide as the grid's usual spacing.
    """
    if sheet.geometry is not None and set(shapely.get_dimensions(sheet.geometry)) == {2}:
        return np.asarray(shapely.make_valid(areas.plane.geometry_to_xy(sheet.geometry)), object)
    from scipy.spatial import KDTree

    unique, back = np.unique(xy, axis=0, return_inverse=True)
    if len(unique) < 4:
        return np.asarray(shapely.buffer(shapely.points(xy), 250.0), object)
    spacing = float(np.median(KDTree(unique).query(unique, k=2)[0][:, 1]))
    reach = shapely.buffer(shapely.points(unique), 0.65 * spacing)
    points = shapely.multipoints(unique)
    voronoi = shapely.voronoi_polygons(points, extend_to=shapely.buffer(points, spacing))
    parts = shapely.get_parts(voronoi)
    point, part = shapely.STRtree(parts).query(shapely.points(unique), predicate="intersects")
    owner = np.empty(len(unique), np.int64)
    owner[point] = part
    cells = shapely.intersection(parts[owner], reach)
    return np.asarray(cells[back.ravel()], object)
