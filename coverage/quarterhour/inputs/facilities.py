"""Facilities: where elders are served.

A *kind* is one of the package's (``KINDS``) or a word of the study's own; kinds of the package are
recognised by their Chinese and English names. A *tier* is the level that runs a facility, from the
district down to the neighbourhood; the planning documents speak of three in town
(街道养老服务中心, 社区养老服务站, 小区养老服务点) and three in the countryside (区级护养中心,
镇养老服务中心, 村级互助养老点). A *state* says whether a facility works: open, planned or closed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.twins import find_twins

KINDS = (
    "care_centre", "care_station", "mutual_aid", "canteen", "nursing_centre", "service_point",
    "care_home", "learning_hall",
)  # fmt: skip
TIERS = ("district", "subdistrict", "town", "community", "village", "neighbourhood")
STATES = ("open", "planned", "closed")
# Origin of facilities of the districts around.
NEIGHBOUR = "neighbour"
# All kinds together: a row of its own in every table, not a kind of any facility.
ANY = "any"
# Kinds whose capacity is in seats; that of all others is in beds.
SEATED = frozenset(("canteen", "learning_hall"))


@dataclass(frozen=True, slots=True, eq=False)
class Facilities:
    """Facilities in metres; every array and tuple has one entry per facility.

    Attributes
    ----------
    ids
        ``F001`` and so on, in the order of the files: the number on maps and in tables.
    tier
        One of ``TIERS``, or empty where nothing says it.
    xy_m
        Positions (n, 2).
    area_index
        Row in the study's areas, -1 outside all of them.
    capacity
        The capacity that the file gives; else the seats of canteens and learning halls and the
        beds of all others. ``nan`` where unknown.
    beds, seats, floor_area_m2
        Numbers and square metres; ``nan`` where unknown.
    storey
        1 at street level, -1 the first basement; ``nan`` where unknown.
    lift, step_free
        A lift, and a door without steps: 1 yes, 0 no, -1 unknown.
    year
        Year of opening, planned or past; ``nan`` where unknown.
    opened, status
        What the file says about both, as it stands there.
    state
        One of ``STATES``, or empty where nothing says it.
    tenure, address
        As they stand in the file.
    origin
        ``"file"`` for a planner's own file, ``"osm"`` for OpenStreetMap, ``"neighbour"`` for a
        district around.
    file, row
        Name of the file, and the row in it as the planner's program numbers it (0 for none).
    entrances
        Doors and gates of those that name any.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    tier: tuple[str, ...]
    xy_m: NDArray[np.float64]
    area_index: NDArray[np.int32]
    capacity: NDArray[np.float64]
    beds: NDArray[np.float64]
    seats: NDArray[np.float64]
    floor_area_m2: NDArray[np.float64]
    storey: NDArray[np.float64]
    lift: NDArray[np.int8]
    step_free: NDArray[np.int8]
    year: NDArray[np.float64]
    opened: tuple[str, ...]
    status: tuple[str, ...]
    state: tuple[str, ...]
    tenure: tuple[str, ...]
    address: tuple[str, ...]
    origin: tuple[str, ...]
    file: tuple[str, ...]
    row: NDArray[np.int32]
    entrances: Entrances = field(default_factory=Entrances.none)

    @classmethod
    def plain(
        cls,
        names: Sequence[str],
        kinds: Sequence[str],
        xy_m: NDArray[np.float64],
        area_index: NDArray[np.int32],
    ) -> "Facilities":
        """Return facilities of which no more is known than name, kind and place.

        Parameters
        ----------
        names, kinds
            One per facility.
        xy_m, area_index
            Positions (n, 2), and their rows in the study's areas.
        """
        n = len(names)
        unknown, unsaid, nothing = np.full(n, np.nan), np.full(n, -1, np.int8), ("",) * n
        return cls(
            ids=numbered(n), names=tuple(names), kinds=tuple(kinds), tier=nothing, xy_m=xy_m,
            area_index=area_index, capacity=unknown, beds=unknown, seats=unknown,
            floor_area_m2=unknown, storey=unknown, lift=unsaid, step_free=unsaid, year=unknown,
            opened=nothing, status=nothing, state=nothing, tenure=nothing, address=nothing,
            origin=("file",) * n, file=nothing, row=np.zeros(n, np.int32),
        )  # fmt: skip

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

    def counting(self, year: int | None) -> NDArray[np.bool_]:
        """Tell which facilities serve anybody in a year.

        A closed one never does. A planned one does from its year on, and never where it names
        none. Any other does, unless its year of opening lies after ``year``.

        Parameters
        ----------
        year
            The year in question; ``None`` where nobody says it: then no planned one counts, and
            a year of opening excludes nothing.
        """
        state = np.array(self.state, object)
        by_then = np.zeros(len(self.ids), bool) if year is None else self.year <= year
        later = np.zeros(len(self.ids), bool) if year is None else self.year > year
        there: NDArray[np.bool_] = np.where(
            state == "planned", by_then, (state != "closed") & ~later
        ).astype(bool)
        return there

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Facilities":
        """Return some facilities, in their order, as they are numbered here."""
        at = np.arange(len(self.ids))[rows]
        held = {name: _picked(getattr(self, name), at) for name in _held()}
        return Facilities(**held, entrances=self.entrances.take(at, len(self.ids)))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per facility."""
        return pd.DataFrame(
            {
                "id": self.ids, "name": self.names, "kind": self.kinds, "tier": self.tier,
                "x_m": self.xy_m[:, 0], "y_m": self.xy_m[:, 1], "area": self.area_index,
                "capacity": self.capacity, "beds": self.beds, "seats": self.seats,
                "floor_area_m2": self.floor_area_m2, "storey": self.storey, "lift": self.lift,
                "step_free": self.step_free, "year": self.year, "opened": self.opened,
                "status": self.status, "state": self.state, "tenure": self.tenure,
                "address": self.address, "origin": self.origin, "file": self.file,
                "row": self.row,
            }
        )  # fmt: skip


def numbered(count: int, letter: str = "F") -> tuple[str, ...]:
    """Return ``F001``, ``F002`` and so on."""
    return tuple(f"{letter}{n:03d}" for n in range(1, count + 1))


def join_facilities(
    parts: Sequence[Facilities], *, doubts: list[Fault] | None = None
) -> Facilities:
    """Return several files' facilities as one, numbered through.

    Parameters
    ----------
    parts
        Facilities by file, at least one.
    doubts
        Receives facilities that stand in two of the files (see :mod:`~quarterhour.inputs.twins`).
    """
    first = np.cumsum([0, *(len(p.ids) for p in parts)]).tolist()
    held = {name: _joined([getattr(p, name) for p in parts]) for name in _held()}
    held["ids"] = numbered(first[-1])
    doors = Entrances.join([(f, p.entrances) for f, p in zip(first, parts, strict=False)])
    both = Facilities(**held, entrances=doors)
    if doubts is not None and len(parts) > 1:
        part = np.repeat(np.arange(len(parts)), np.diff(first))
        doubts += _in_two_files(both, part)
    return both


def with_neighbours(own: Facilities, around: Facilities) -> Facilities:
    """Return a district's facilities and those around it as one; each keeps its number."""
    return replace(join_facilities([own, around]), ids=(*own.ids, *around.ids))


def _in_two_files(both: Facilities, part: NDArray[np.int64]) -> list[Fault]:
    doubts = []
    for twin in find_twins(both.names, both.kinds, both.xy_m):
        one, other = twin.first, twin.second
        if part[one] == part[other]:
            continue  # the reader of that file has said so
        values = {"name": both.names[other], "other": both.names[one], "file": both.file[one],
                  "metres": f"{twin.metres:.0f}"}  # fmt: skip
        row = int(both.row[other]) or None
        doubts.append(Fault("facility.in_two_files", values, file=both.file[other], row=row))
    return doubts


def _held() -> list[str]:
    """Return the fields that hold one entry per facility."""
    return [f.name for f in fields(Facilities) if f.name != "entrances"]


def _picked(values: Any, at: NDArray[np.int64]) -> Any:  # noqa: ANN401 - a tuple or an array
    return values[at] if isinstance(values, np.ndarray) else tuple(values[n] for n in at.tolist())


def _joined(values: list[Any]) -> Any:  # noqa: ANN401 - tuples or arrays
    if isinstance(values[0], np.ndarray):
        return np.concatenate(values)
    return tuple(one for held in values for one in held)
