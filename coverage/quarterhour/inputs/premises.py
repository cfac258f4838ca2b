"""Premises: rooms and buildings that could house a new site."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_origin

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import numbered
from quarterhour.inputs.opening import read_words
from quarterhour.inputs.places import Places, read_places, set_aside
from quarterhour.inputs.positions import optional
from quarterhour.inputs.rooms import FIELDS, read_rooms
from quarterhour.inputs.tables import meaning, plainly, texts
from quarterhour.inputs.twins import find_twins
from quarterhour.inputs.unlocated import Unlocated
from quarterhour.studytables import DatumName

TENURES = ("public", "collective", "handed_over", "rented", "private")
OCCUPANCIES = ("idle", "in_use", "planned", "demolished")
MONEY = ("build_cost", "yearly_cost")
OWN_FIELDS = (*FIELDS, "occupancy", *MONEY, "capacity")
# Nobody fits out a station for less: such figures are thousands or ten thousands.
_SURELY_CNY = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Premises:
    """Premises in metres; every array and tuple has one entry per premises.

    Attributes
    ----------
    ids
        ``P001`` and so on, in the order of the file: the number on maps and in tables.
    xy_m
        Positions (n, 2).
    area_index
        Row in the study's areas, -1 outside all of them.
    floor_area_m2
        ``nan`` where unknown.
    storey
        1 at street level, -1 the first basement; ``nan`` where unknown.
    lift, step_free
        A lift, and a door without steps: 1 yes, 0 no, -1 unknown.
    tenure
        As it stands in the file.
    tenure_kind
        One of ``TENURES``, or empty where nothing known says it: the state's, a collective's,
        handed over by the developer of a compound, rented, or private.
    address
        As it stands in the file.
    occupancy
        One of ``OCCUPANCIES``, or empty where nothing known says it: idle, in use, only planned, or
        demolished or about to be. A tenure such as 公有闲置 says it too.
    build_cost, yearly_cost
        CNY, once (building, fitting out) and each year; ``nan`` where unknown.
    capacity
        Places there would be; ``nan`` where unknown.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    xy_m: NDArray[np.float64]
    area_index: NDArray[np.int32]
    floor_area_m2: NDArray[np.float64]
    storey: NDArray[np.float64]
    lift: NDArray[np.int8]
    step_free: NDArray[np.int8]
    tenure: tuple[str, ...]
    tenure_kind: tuple[str, ...]
    address: tuple[str, ...]
    occupancy: tuple[str, ...]
    build_cost: NDArray[np.float64]
    yearly_cost: NDArray[np.float64]
    capacity: NDArray[np.float64]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per premises."""
        return pd.DataFrame(
            {
                "id": self.ids, "name": self.names, "x_m": self.xy_m[:, 0],
                "y_m": self.xy_m[:, 1], "area": self.area_index,
                "floor_area_m2": self.floor_area_m2, "storey": self.storey, "lift": self.lift,
                "step_free": self.step_free, "tenure": self.tenure,
                "tenure_kind": self.tenure_kind, "address": self.address,
                "occupancy": self.occupancy, "build_cost": self.build_cost,
                "yearly_cost": self.yearly_cost, "capacity": self.capacity,
            }
        )  # fmt: skip


def read_premises(
    path: Path,
    areas: Areas,
    *,
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
    unlocated: list[Unlocated] | None = None,
) -> Premises:
    """Read premises from a table or a map file of points.

    Parameters
    ----------
    path
        File with a name and a position per row; floor area, storey, lift, a door without steps,
        tenure, address, occupancy, costs and capacity if known.
    areas, datum, columns, doubts, unlocated
        As for :func:`~quarterhour.inputs.read_facilities`.

    Raises
    ------
    InputError
        With all faults of the file.
    """
    doubts = [] if doubts is None else doubts
    places, faults = read_places(
        path,
        areas,
        fields=OWN_FIELDS,
        required=(),
        datum=datum,
        columns=columns or {},
        doubts=doubts,
    )
    rooms = read_rooms(places.sheet, places.found, faults)
    tenure_kind = read_words(
        places.sheet, places.found.get("tenure"), "tenure", "facility.own_tenure", doubts
    )
    occupancy = _occupancy(places, rooms.tenure, doubts)
    capacity = optional(places.sheet, places.found.get("capacity"), faults)
    build_cost, yearly_cost = (_money(places, name, faults, doubts) for name in MONEY)
    located = set_aside(
        places, ("",) * len(places.names), datum=datum, faults=faults, doubts=doubts,
        unlocated=[] if unlocated is None else unlocated,
    )  # fmt: skip
    raise_if(faults)
    at = np.flatnonzero(located)

    def kept(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(texts[n] for n in at.tolist())

    xy, names = places.xy_m[at], kept(places.names)
    for twin in find_twins(names, ("",) * len(names), xy):
        if twin.same_name:  # two rooms of one building are two premises
            first = int(places.sheet.rows[at[twin.first]])
            values = {"name": names[twin.second], "first": first, "metres": f"{twin.metres:.0f}"}
            second = int(at[twin.second])
            doubts.append(places.sheet.fault("facility.premises_twice", values, at=second))
    return Premises(
        ids=numbered(len(at), "P"), names=names, xy_m=xy,
        area_index=areas.area_of(xy), floor_area_m2=rooms.floor_area_m2[at],
        storey=rooms.storey[at], lift=rooms.lift[at], step_free=rooms.step_free[at],
        tenure=kept(rooms.tenure), tenure_kind=kept(tenure_kind), address=kept(rooms.address),
        occupancy=kept(occupancy), build_cost=build_cost[at], yearly_cost=yearly_cost[at],
        capacity=capacity[at],
    )  # fmt: skip


def _occupancy(places: Places, tenure: tuple[str, ...], doubts: list[Fault]) -> tuple[str, ...]:
    """Return the occupancy of each record: by its own column, else by the words of its tenure."""
    header = places.found.get("occupancy")
    said = read_words(places.sheet, header, "occupancy", "candidates.own_occupancy", doubts)
    blank = [not text for text in texts(places.sheet, header)]
    return tuple(
        (meaning(held, "occupancy") or "") if silent else own
        for own, silent, held in zip(said, blank, tenure, strict=True)
    )


def _money(
    places: Places, field: str, faults: list[Fault], doubts: list[Fault]
) -> NDArray[np.float64]:
    """Return a column of money in CNY; figures too small to be that are doubtful."""
    header = places.found.get(field)
    money = optional(places.sheet, header, faults)
    spent = money[money > 0]
    if header is not None and len(spent) and float(np.median(spent)) < _SURELY_CNY:
        values = {"header": header, "value": plainly(float(np.median(spent)))}
        sheet = places.sheet
        doubts.append(
            Fault("candidates.small_money", values, sheet.file, sheet.sheet, None, header)
        )
    return money


def no_premises() -> Premises:
    """Return the premises of a question that has no table of them."""
    kinds = {f.name: get_origin(f.type) for f in fields(Premises)}
    whole = {"area_index": np.int32, "lift": np.int8, "step_free": np.int8}
    columns: dict[str, Any] = {
        name: () if kind is tuple else np.zeros(0, whole.get(name, np.float64))
        for name, kind in kinds.items()
    }
    return Premises(**{**columns, "xy_m": np.zeros((0, 2))})
