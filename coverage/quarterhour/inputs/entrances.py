"""Entrances: the doors and gates at which a facility meets the street.

A facility that names no entrance has one, its own position. One that names several is as near as
the nearest of them, and its own position is for the map alone. A cell holds ``longitude, latitude``
once or several times, with semicolons, bars or new lines between.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import Datum, is_degrees
from quarterhour.inputs.tables import Sheet, texts
from quarterhour.studytables import DatumName

FAR_FROM_FACILITY_M = 1000.0
_BETWEEN = re.compile(r"[;；|｜\n]+")
_NUMBER = r"\s*([-+]?\d{1,3}(?:\.\d+)?)\s*"
_PAIR = re.compile(rf"[(（]?{_NUMBER}[,，、\s]{_NUMBER}[)）]?")


@dataclass(frozen=True, slots=True, eq=False)
class Entrances:
    """Entrances of facilities.

    Attributes
    ----------
    facility
        Row of the facility of each entrance, ascending.
    xy_m
        Positions (n, 2).
    """

    facility: NDArray[np.int32]
    xy_m: NDArray[np.float64]

    @classmethod
    def none(cls) -> "Entrances":
        """Return no entrances at all."""
        return cls(np.zeros(0, np.int32), np.zeros((0, 2)))

    @classmethod
    def join(cls, parts: "list[tuple[int, Entrances]]") -> "Entrances":
        """Return several lists as one; each comes with the row its first facility gets."""
        if not parts:
            return cls.none()
        row = np.concatenate([first + p.facility for first, p in parts]).astype(np.int32)
        return cls(row, np.concatenate([p.xy_m for _, p in parts]))

    def take(self, at: NDArray[np.int64], count: int) -> "Entrances":
        """Return the entrances of some facilities, numbered as these are then.

        Parameters
        ----------
        at
            Rows of the facilities to keep.
        count
            How many facilities there are now.
        """
        rank = np.full(count, -1, np.int32)
        rank[at] = np.arange(len(at), dtype=np.int32)
        row = rank[self.facility]
        order = np.argsort(row[row >= 0], kind="stable")
        return Entrances(row[row >= 0][order], self.xy_m[row >= 0][order])

    def doors(self, xy_m: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Return the facility and position of every door, by facility.

        Parameters
        ----------
        xy_m
            Positions of the facilities (n, 2), the doors of those without an entrance.
        """
        own = np.setdiff1d(np.arange(len(xy_m), dtype=np.int32), self.facility)
        facility = np.concatenate([self.facility, own])
        order = np.argsort(facility, kind="stable")
        return facility[order], np.concatenate([self.xy_m, xy_m[own]])[order]


def read_entrances(
    sheet: Sheet,
    column: str | None,
    xy_m: NDArray[np.float64],
    areas: Areas,
    *,
    datum: DatumName,
    faults: list[Fault],
) -> Entrances:
    """Return the entrances that a column of a facilities table names.

    Parameters
    ----------
    sheet, column
        The table, and its column; ``None`` where it has none.
    xy_m
        Positions of the facilities (n, 2).
    areas
        Areas of the study, which carry the plane.
    datum
        What the degrees mean.
    faults
        Receives cells that hold no positions, and entrances over a kilometre from the facility.
    """
    if column is None:
        return Entrances.none()
    rows: list[int] = []
    degrees: list[tuple[float, float]] = []
    for at, cell in enumerate(texts(sheet, column)):
        for part in filter(None, (p.strip() for p in _BETWEEN.split(cell))):
            found = _PAIR.fullmatch(part)
            lon, lat = (float(found[1]), float(found[2])) if found else (np.nan, np.nan)
            if not is_degrees(np.array([lon]), np.array([lat]))[0]:
                faults.append(sheet.fault("input.entrance", {"value": part}, at=at, column=column))
                continue
            rows.append(at)
            degrees.append((lon, lat))
    if not rows:
        return Entrances.none()
    facility, lonlat = np.array(rows, np.int32), np.array(degrees)
    xy = areas.plane.to_xy(*Datum(datum).to_wgs84(lonlat[:, 0], lonlat[:, 1]))
    away = np.hypot(*(xy - xy_m[facility]).T)
    for n in np.flatnonzero(away > FAR_FROM_FACILITY_M).tolist():
        values = {"metres": f"{away[n]:,.0f}", "most": f"{FAR_FROM_FACILITY_M:,.0f}"}
        at = int(facility[n])
        faults.append(sheet.fault("input.entrance_far", values, at=at, column=column))
    return Entrances(facility, xy)
