"""Facilities: where elders are served.

A *kind* is one of the package's (``care_centre``, ``care_station``, ``mutual_aid``, ``canteen``)
or a word of the study's own; kinds of the package are recognised by their Chinese and English
names. Positions are checked against the study's area: swapped and far-off ones are faults.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.entrances import Entrances, read_entrances
from quarterhour.inputs.positions import as_place, optional, positions
from quarterhour.inputs.tables import (
    Sheet,
    find_columns,
    fold,
    meaning,
    read_sheet,
    required_texts,
    synonyms,
    texts,
    yes_no,
)
from quarterhour.studytables import DatumName

KINDS = ("care_centre", "care_station", "mutual_aid", "canteen")
# All kinds together: a row of its own in every table, not a kind of any facility.
ANY = "any"


@dataclass(frozen=True, slots=True, eq=False)
class Facilities:
    """Facilities in metres; every array has one entry per facility.

    Attributes
    ----------
    ids
        ``F001`` and so on, in the order of the files: the number on maps and in tables.
    xy_m
        Positions (n, 2).
    area_index
        Row in the study's areas, -1 outside all of them.
    capacity, floor_area_m2, storey
        Beds or seats, square metres, storey; ``nan`` where unknown.
    lift
        1 yes, 0 no, -1 unknown.
    entrances
        Doors and gates of those that name any.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    xy_m: NDArray[np.float64]
    area_index: NDArray[np.int32]
    capacity: NDArray[np.float64]
    floor_area_m2: NDArray[np.float64]
    storey: NDArray[np.float64]
    lift: NDArray[np.int8]
    opened: tuple[str, ...]
    status: tuple[str, ...]
    entrances: Entrances = field(default_factory=Entrances.none)

    def all_kinds(self) -> tuple[str, ...]:
        """Return the kinds present: the package's in their order, then the study's by name."""
        present = set(self.kinds)
        known = tuple(k for k in KINDS if k in present)
        return known + tuple(sorted(present - set(KINDS)))

    def rows_of(self, kind: str) -> NDArray[np.int64]:
        """Return the rows of one kind, or of all for ``ANY``."""
        if kind == ANY:
            return np.arange(len(self.ids))
        return np.flatnonzero(np.array(self.kinds, object) == kind)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Facilities":
        """Return some facilities, in their order, as they are numbered here."""
        at = np.arange(len(self.ids))[rows]
        rank = np.full(len(self.ids), -1, np.int32)
        rank[at] = np.arange(len(at), dtype=np.int32)
        doors = rank[self.entrances.facility]
        texts = {
            name: tuple(getattr(self, name)[row] for row in at.tolist())
            for name in ("ids", "names", "kinds", "opened", "status")
        }
        return Facilities(
            **texts, xy_m=self.xy_m[at], area_index=self.area_index[at],
            capacity=self.capacity[at], floor_area_m2=self.floor_area_m2[at],
            storey=self.storey[at], lift=self.lift[at],
            entrances=Entrances(doors[doors >= 0], self.entrances.xy_m[doors >= 0]),
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """Return one row per facility."""
        return pd.DataFrame(
            {
                "id": self.ids, "name": self.names, "kind": self.kinds,
                "x_m": self.xy_m[:, 0], "y_m": self.xy_m[:, 1], "area": self.area_index,
                "capacity": self.capacity, "floor_area_m2": self.floor_area_m2,
                "storey": self.storey, "lift": self.lift, "opened": self.opened,
                "status": self.status,
            }
        )  # fmt: skip


def read_facilities(
    path: Path,
    areas: Areas,
    *,
    kind: str = "",
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
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
    doubts
        Receives what is doubtful: kinds that the package does not know, repeated places.

    Raises
    ------
    InputError
        With all faults: missing columns, blank or wrong coordinates, swapped longitude and
        latitude, positions more than 50 km away.
    """
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    wanted = (
        "place_name", "kind", "capacity", "floor_area_m2", "storey", "lift", "opened", "status",
        "entrances", *(("lon", "lat") if sheet.geometry is None else ()),
    )  # fmt: skip
    required = {"place_name"} | (set() if kind else {"kind"})
    required |= {"lon", "lat"} & set(wanted)
    found, faults = find_columns(
        sheet, wanted, required=required, overrides=as_place(columns or {})
    )
    raise_if(faults)
    xy, faults = positions(sheet, found, areas, datum=datum)
    kinds = _kinds(sheet, found.get("kind"), kind, faults, doubts)
    numeric = {
        name: optional(sheet, found.get(name), faults)
        for name in ("capacity", "floor_area_m2", "storey")
    }
    lift = yes_no(sheet, found.get("lift"), faults=faults)
    names = required_texts(sheet, found["place_name"], faults)
    entrances = read_entrances(sheet, found.get("entrances"), xy, areas, datum=datum, faults=faults)
    raise_if(faults)
    _report_twins(sheet, names, kinds, xy, doubts)
    return Facilities(
        ids=tuple(f"F{n:03d}" for n in range(1, len(names) + 1)),
        names=names, kinds=kinds, xy_m=xy, area_index=areas.area_of(xy), lift=lift,
        opened=texts(sheet, found.get("opened")), status=texts(sheet, found.get("status")),
        entrances=entrances, **numeric,
    )  # fmt: skip


def join_facilities(parts: list[Facilities]) -> Facilities:
    """Return several files' facilities as one, numbered through."""
    ids = tuple(f"F{n:03d}" for n in range(1, sum(len(p.ids) for p in parts) + 1))
    first = np.cumsum([0, *(len(p.ids) for p in parts)]).tolist()
    return Facilities(
        ids=ids,
        names=tuple(n for p in parts for n in p.names),
        kinds=tuple(k for p in parts for k in p.kinds),
        xy_m=np.concatenate([p.xy_m for p in parts]),
        area_index=np.concatenate([p.area_index for p in parts]),
        capacity=np.concatenate([p.capacity for p in parts]),
        floor_area_m2=np.concatenate([p.floor_area_m2 for p in parts]),
        storey=np.concatenate([p.storey for p in parts]),
        lift=np.concatenate([p.lift for p in parts]),
        opened=tuple(o for p in parts for o in p.opened),
        status=tuple(s for p in parts for s in p.status),
        entrances=Entrances.join([(f, p.entrances) for f, p in zip(first, parts, strict=False)]),
    )


def _kinds(
    sheet: Sheet, column: str | None, kind: str, faults: list[Fault], doubts: list[Fault] | None
) -> tuple[str, ...]:
    if kind:
        return (meaning(kind, "kind") or kind,) * len(sheet.frame)
    out = []
    known = ", ".join(synonyms("kind"))
    for at, said in enumerate(texts(sheet, column)):
        if not said:
            faults.append(sheet.fault("input.blank_cell", {}, at=at, column=column or ""))
        found = meaning(said, "kind")
        if said and found is None and said not in out and doubts is not None:
            values = {"kind": said, "known": known}
            doubts.append(sheet.fault("input.own_kind", values, at=at, column=column or ""))
        out.append(found or said)
    return tuple(out)


def _report_twins(
    sheet: Sheet,
    names: tuple[str, ...],
    kinds: tuple[str, ...],
    xy: NDArray[np.float64],
    doubts: list[Fault] | None,
) -> None:
    seen: dict[tuple[str, str, float, float], int] = {}
    for at, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        key = (fold(name), kind, round(float(xy[at, 0])), round(float(xy[at, 1])))
        if key in seen and doubts is not None:
            values = {"name": name, "first": int(sheet.rows[seen[key]])}
            doubts.append(sheet.fault("input.facility_twice", values, at=at))
        seen.setdefault(key, at)
