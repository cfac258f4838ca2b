"""Files of facilities: a planner's tables and layers of points, read into facilities.

A row with a name but no position is *not located*: it is set aside and listed, never guessed at
(see :mod:`~quarterhour.inputs.unlocated`). *Neighbours* are the facilities of the districts around.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.entrances import read_entrances
from quarterhour.inputs.facilities import SEATED, Facilities, numbered
from quarterhour.inputs.names import match_areas
from quarterhour.inputs.opening import read_states, read_words, read_years
from quarterhour.inputs.places import Places, read_places, set_aside
from quarterhour.inputs.positions import optional
from quarterhour.inputs.rooms import FIELDS, read_rooms
from quarterhour.inputs.tables import Sheet, meaning, synonyms, texts
from quarterhour.inputs.twins import find_twins
from quarterhour.inputs.unlocated import Unlocated
from quarterhour.studytables import DatumName

_FIELDS = (
    "kind", "tier", "capacity", "beds", "seats", *FIELDS, "opened", "status", "lies_in",
    "entrances",
)  # fmt: skip
# Borders run along streets, and positions are not that exact: so near one contradicts nothing.
_BORDER_M = 50.0
# From so many rows and such a share of them on, wrong areas have one cause.
_MANY, _MOST = 5, 0.5


def read_facilities(
    path: Path,
    areas: Areas,
    *,
    kind: str = "",
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    aliases: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
    unlocated: list[Unlocated] | None = None,
) -> Facilities:
    """Read facilities from a table or a map file of points.

    Parameters
    ----------
    path
        File with a name, a position and (unless ``kind`` is given) a kind per row.
    areas
        Areas of the study: they carry the plane and show what is far off.
    kind
        Kind of all rows.
    datum
        What the file's degrees mean.
    columns
        Headers by field, where the synonym table does not know them.
    aliases
        Other names of areas, for the column that says in which area a facility lies.
    doubts
        Receives what is doubtful: kinds and words that the package does not know, facilities
        entered twice, areas that contradict the position, planned ones that name no year, rows
        that are not located.
    unlocated
        Receives the rows without a position, also where an error is raised.

    Raises
    ------
    InputError
        With all faults: missing columns, half a position or a wrong one, swapped longitude and
        latitude, positions more than 50 km away, no position in the whole file.
    """
    doubts = [] if doubts is None else doubts
    found, sheet, headers = _read(
        path, areas, kind=kind, datum=datum, columns=columns or {}, doubts=doubts,
        unlocated=[] if unlocated is None else unlocated,
    )  # fmt: skip
    _report_twins(sheet, found, doubts)
    _report_areas(sheet, headers.get("lies_in"), found, areas, aliases or {}, doubts)
    return found


def read_neighbours(
    path: Path,
    areas: Areas,
    *,
    kind: str = "",
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
    unlocated: list[Unlocated] | None = None,
) -> Facilities:
    """Read the facilities of the districts around, numbered ``N001`` and so on.

    Parameters
    ----------
    path, areas, kind, datum, columns, unlocated
        As for :func:`read_facilities`; the same limit of 50 km holds.
    doubts
        Receives what is doubtful, and those that lie inside the study's own areas: they may
        stand in its own file too.

    Raises
    ------
    InputError
        With all faults of the file.
    """
    doubts = [] if doubts is None else doubts
    found, sheet, _ = _read(
        path, areas, kind=kind, datum=datum, columns=columns or {}, doubts=doubts,
        unlocated=[] if unlocated is None else unlocated,
    )  # fmt: skip
    _report_twins(sheet, found, doubts)
    for at in np.flatnonzero(found.area_index >= 0).tolist():
        values = {"name": found.names[at], "area": areas.names[found.area_index[at]]}
        doubts.append(sheet.fault("facility.neighbour_inside", values, at=at))
    return replace(found, ids=numbered(len(found.ids), "N"))


def _read(
    path: Path,
    areas: Areas,
    *,
    kind: str,
    datum: DatumName,
    columns: Mapping[str, str],
    doubts: list[Fault],
    unlocated: list[Unlocated],
) -> tuple[Facilities, Sheet, Mapping[str, str]]:
    """Return the located facilities, the records they come from, and the headers."""
    places, faults = read_places(
        path, areas, fields=_FIELDS, required=() if kind else ("kind",), datum=datum,
        columns=columns, doubts=doubts,
    )  # fmt: skip
    sheet, headers = places.sheet, places.found
    kinds = _kinds(sheet, headers.get("kind"), kind, faults, doubts)
    whole = replace(
        _described(places, kinds, faults, doubts),
        tier=_tiers(sheet, headers, kind, doubts),
        entrances=read_entrances(
            sheet, headers.get("entrances"), places.xy_m, areas, datum=datum, faults=faults
        ),
    )
    located = set_aside(
        places, kinds, datum=datum, faults=faults, doubts=doubts, unlocated=unlocated
    )
    raise_if(faults)
    found = whole.take(located)
    found = replace(found, ids=numbered(len(found.names)), area_index=areas.area_of(found.xy_m))
    return found, sheet.take(located), headers


def _described(
    places: Places, kinds: tuple[str, ...], faults: list[Fault], doubts: list[Fault]
) -> Facilities:
    """Return all records with what their columns say."""
    sheet, headers = places.sheet, places.found
    n = len(places.names)
    rooms = read_rooms(sheet, headers, faults)
    capacity, beds, seats = (
        optional(sheet, headers.get(name), faults) for name in ("capacity", "beds", "seats")
    )
    seated = np.array([k in SEATED for k in kinds], bool)
    capacity = np.where(np.isfinite(capacity), capacity, np.where(seated, seats, beds))
    year = read_years(sheet, headers.get("opened"), faults=faults, doubts=doubts)
    state = read_states(sheet, headers.get("status"), doubts=doubts)
    for at in range(n):
        if state[at] == "planned" and np.isnan(year[at]):
            values = {"name": places.names[at]}
            doubts.append(sheet.fault("facility.planned_when", values, at=at))
    plain = Facilities.plain(places.names, kinds, places.xy_m, np.full(n, -1, np.int32))
    return replace(
        plain, capacity=capacity, beds=beds, seats=seats, floor_area_m2=rooms.floor_area_m2,
        storey=rooms.storey, lift=rooms.lift, step_free=rooms.step_free, tenure=rooms.tenure,
        address=rooms.address, year=year, state=state, opened=texts(sheet, headers.get("opened")),
        status=texts(sheet, headers.get("status")), file=(sheet.file,) * n,
        row=sheet.rows.astype(np.int32),
    )  # fmt: skip


def _kinds(
    sheet: Sheet, column: str | None, kind: str, faults: list[Fault], doubts: list[Fault]
) -> tuple[str, ...]:
    if kind:
        return (meaning(kind, "kind") or kind,) * len(sheet.frame)
    out: list[str] = []
    known = ", ".join(synonyms("kind"))
    for at, said in enumerate(texts(sheet, column)):
        if not said:
            faults.append(sheet.fault("input.blank_cell", {}, at=at, column=column or ""))
        found = meaning(said, "kind")
        if said and found is None and said not in out:
            values = {"kind": said, "known": known}
            doubts.append(sheet.fault("input.own_kind", values, at=at, column=column or ""))
        out.append(found or said)
    return tuple(out)


def _tiers(
    sheet: Sheet, headers: Mapping[str, str], kind: str, doubts: list[Fault]
) -> tuple[str, ...]:
    """Return the tier of each record: what its column says, else what the words of its kind do."""
    column = headers.get("tier")
    said = read_words(sheet, column, "tier", "facility.own_tier", doubts)
    words = texts(sheet, headers.get("kind")) if not kind else (kind,) * len(said)
    meant = tuple(meaning(word, "tier") or "" for word in words)
    for at, (one, other) in enumerate(zip(said, meant, strict=True)):
        if one and other and one != other:
            values = {"kind": words[at]}
            doubts.append(sheet.fault("facility.two_tiers", values, at=at, column=column or ""))
    return tuple(one or other for one, other in zip(said, meant, strict=True))


def _report_twins(sheet: Sheet, found: Facilities, doubts: list[Fault]) -> None:
    for twin in find_twins(found.names, found.kinds, found.xy_m):
        values = {"name": found.names[twin.second], "other": found.names[twin.first],
                  "first": str(found.row[twin.first]), "metres": f"{twin.metres:.0f}"}  # fmt: skip
        key = "facility.twice" if twin.same_name else "facility.one_place"
        doubts.append(sheet.fault(key, values, at=twin.second))


def _report_areas(
    sheet: Sheet,
    column: str | None,
    found: Facilities,
    areas: Areas,
    aliases: Mapping[str, str],
    doubts: list[Fault],
) -> None:
    """Compare the areas that facilities say they lie in with those that they do lie in."""
    if column is None:
        return
    said = ["" if meaning(name, "unknown") else name for name in texts(sheet, column)]
    match = match_areas(said, areas.names, aliases=aliases)
    index = match.index
    for name in dict.fromkeys(n for n, i in zip(said, index, strict=True) if n and i < 0):
        key, values = match.fault_key(name), {"name": name, "near": match.near(name)}
        doubts.append(sheet.fault(key, values, at=said.index(name), column=column))
    if areas.approximate:
        return  # such borders contradict nobody
    claimed = areas.polygons[np.maximum(index, 0)]
    away = shapely.distance(shapely.points(found.xy_m), claimed)
    wrong = np.flatnonzero((index >= 0) & (away > _BORDER_M))
    away = away[wrong]
    if len(wrong) == 0:
        return
    compared = int((index >= 0).sum())
    if len(wrong) >= _MANY and len(wrong) > _MOST * compared:
        most = {"count": len(wrong), "of": compared, "metres": f"{np.median(away):,.0f}"}
        doubts.append(Fault("facility.most_elsewhere", most, sheet.file, sheet.sheet))
        return
    for at, metres in zip(wrong.tolist(), _rounded(away), strict=True):
        here = int(found.area_index[at])
        values = {"name": found.names[at], "metres": metres,
                  "area": areas.names[index[at]], "here": areas.names[here]}  # fmt: skip
        key = "facility.elsewhere" if here >= 0 else "facility.outside"
        doubts.append(sheet.fault(key, values, at=at, column=column))


def _rounded(metres: NDArray[np.float64]) -> list[str]:
    return [f"{m:,.0f}" for m in metres.tolist()]
