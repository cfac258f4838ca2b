"""Premises: rooms and buildings that could house a new site."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import numbered
from quarterhour.inputs.opening import read_words
from quarterhour.inputs.places import read_places, set_aside
from quarterhour.inputs.rooms import FIELDS, read_rooms
from quarterhour.inputs.twins import find_twins
from quarterhour.inputs.unlocated import Unlocated
from quarterhour.studytables import DatumName

TENURES = ("public", "collective", "handed_over", "rented", "private")


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

    def to_frame(self) -> pd.DataFrame:
        """Return one row per premises."""
        return pd.DataFrame(
            {
                "id": self.ids, "name": self.names, "x_m": self.xy_m[:, 0],
                "y_m": self.xy_m[:, 1], "area": self.area_index,
                "floor_area_m2": self.floor_area_m2, "storey": self.storey, "lift": self.lift,
                "step_free": self.step_free, "tenure": self.tenure,
                "tenure_kind": self.tenure_kind, "address": self.address,
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
        tenure and address if known.
    areas, datum, columns, doubts, unlocated
        As for :func:`~quarterhour.inputs.read_facilities`.

    Raises
    ------
    InputError
        With all faults of the file.
    """
    doubts = [] if doubts is None else doubts
    places, faults = read_places(
        path, areas, fields=FIELDS, required=(), datum=datum, columns=columns or {}, doubts=doubts
    )
    rooms = read_rooms(places.sheet, places.found, faults)
    tenure_kind = read_words(
        places.sheet, places.found.get("tenure"), "tenure", "facility.own_tenure", doubts
    )
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
    )  # fmt: skip
