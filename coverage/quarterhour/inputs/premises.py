"""Premises: rooms and buildings that could house a new site."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.positions import as_place, optional, positions
from quarterhour.inputs.tables import find_columns, read_sheet, required_texts, texts, yes_no
from quarterhour.studytables import DatumName


@dataclass(frozen=True, slots=True, eq=False)
class Premises:
    """Premises in metres; every array has one entry per premises.

    Attributes
    ----------
    ids
        ``P001`` and so on, in the order of the file: the number on maps and in tables.
    xy_m
        Positions (n, 2).
    area_index
        Row in the study's areas, -1 outside all of them.
    floor_area_m2, storey
        ``nan`` where unknown.
    lift
        1 yes, 0 no, -1 unknown.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    xy_m: NDArray[np.float64]
    area_index: NDArray[np.int32]
    floor_area_m2: NDArray[np.float64]
    storey: NDArray[np.float64]
    lift: NDArray[np.int8]
    tenure: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per premises."""
        return pd.DataFrame(
            {
                "id": self.ids, "name": self.names, "x_m": self.xy_m[:, 0],
                "y_m": self.xy_m[:, 1], "area": self.area_index,
                "floor_area_m2": self.floor_area_m2, "storey": self.storey, "lift": self.lift,
                "tenure": self.tenure,
            }
        )  # fmt: skip


def read_premises(
    path: Path,
    areas: Areas,
    *,
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
) -> Premises:
    """Read premises from a table or a map file of points.

    Parameters
    ----------
    path
        File with a name and a position per row; floor area, storey, lift and tenure if known.
    areas, datum, columns, doubts
        As for :func:`~quarterhour.inputs.read_facilities`.

    Raises
    ------
    InputError
        With all faults of the file.
    """
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    wanted = ("place_name", "floor_area_m2", "storey", "lift", "tenure",
              *(("lon", "lat") if sheet.geometry is None else ()))  # fmt: skip
    required = {"place_name"} | ({"lon", "lat"} & set(wanted))
    found, faults = find_columns(
        sheet, wanted, required=required, overrides=as_place(columns or {})
    )
    raise_if(faults)
    xy, faults = positions(sheet, found, areas, datum=datum)
    floor_area = optional(sheet, found.get("floor_area_m2"), faults)
    storey = optional(sheet, found.get("storey"), faults)
    lift = yes_no(sheet, found.get("lift"), faults=faults)
    names = required_texts(sheet, found["place_name"], faults)
    raise_if(faults)
    return Premises(
        ids=tuple(f"P{n:03d}" for n in range(1, len(names) + 1)),
        names=names, xy_m=xy, area_index=areas.area_of(xy), floor_area_m2=floor_area,
        storey=storey, lift=lift, tenure=texts(sheet, found.get("tenure")),
    )  # fmt: skip
