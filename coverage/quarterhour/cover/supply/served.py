"""Served: who finds a place when every facility takes no more than it has room for.

Inside the circle is not served: a canteen of 30 seats does not feed 3,000. Of the lead group a
share *asks* (``need``); a facility's *room* is its capacity times the people per place a day
(``turns``). As many as possible are served, with as little walking as that takes
(:mod:`~quarterhour.cover.supply.flow`). Everybody else has a named reason (``CLASSES``); all
classes add up to the residents. It is the best that anybody could arrange, not what happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.cover.supply.flow import share_people

# no_room: reached, and all that are reached are full. unknown_room: not served so far, but a
# facility of unknown capacity is in reach. not_asking: the rest of the lead group.
CLASSES = ("served", "no_room", "unknown_room", "beyond", "no_street", "not_asking")
_FULL = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """Who finds a place; rows by area end with the one outside all areas.

    Attributes
    ----------
    kinds
        Kinds of facilities, without ``any``: each kind is shared out on its own.
    areas
        Names of areas; the last is ``""``.
    group, minutes
        The lead group, and the longest limit.
    need, turns
        Share of the group that asks, and people per place a day, by kind.
    residents
        People of the group (areas).
    known
        Whether the capacity of any facility is known (kinds): where it is not, nobody can be
        counted as served.
    people
        People by class (kinds, ``CLASSES``, areas); over the classes they add up to ``residents``.
    unserved
        People of the class ``no_room`` (kinds, points).
    room
        People whom each facility takes; ``nan`` where its capacity is unknown.
    reached, assigned, turned_away
        People who ask within the limit of each facility; those who get a place there (``nan``
        where the room is unknown); and those of class ``no_room`` who reach it. Who reaches
        several facilities counts for each in ``reached`` and ``turned_away``.
    served_bound
        No way of sharing out serves more people (kinds).
    walk_min, walk_bound_min
        Minutes walked one way by all who are served, and the least that it takes (kinds).
    """

    kinds: tuple[str, ...]
    areas: tuple[str, ...]
    group: str
    minutes: int
    need: tuple[float, ...]
    turns: tuple[float, ...]
    residents: NDArray[np.float64]
    known: NDArray[np.bool_]
    people: NDArray[np.float64]
    unserved: NDArray[np.float64]
    room: NDArray[np.float64]
    reached: NDArray[np.float64]
    assigned: NDArray[np.float64]
    turned_away: NDArray[np.float64]
    served_bound: NDArray[np.float64]
    walk_min: NDArray[np.float64]
    walk_bound_min: NDArray[np.float64]

    def of(self, kind: str, held: str) -> NDArray[np.float64]:
        """Return people of one class by area, for a kind."""
        found: NDArray[np.float64] = self.people[self.kinds.index(kind), CLASSES.index(held)]
        return found

    def asking(self, kind: str) -> NDArray[np.float64]:
        """Return people who ask for a place by area."""
        return self.residents - self.of(kind, "not_asking")

    @property
    def full(self) -> NDArray[np.bool_]:
        """Facilities that somebody reaches and that have no room left."""
        return (self.reached > 0) & (self.room - self.assigned <= _FULL * (1.0 + self.room))

    @property
    def proven(self) -> NDArray[np.bool_]:
        """Kinds for which both bounds are met: most people, and least walking for so many."""
        served = self.people[:, CLASSES.index("served")].sum(axis=1)
        most = np.abs(self.served_bound - served) <= _FULL * (1.0 + served)
        least = np.abs(self.walk_min - self.walk_bound_min) <= _FULL * (1.0 + self.walk_min)
        return np.asarray(most & least, np.bool_)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind and area; the classes add up to the residents."""
        rows = []
        for k, kind in enumerate(self.kinds):
            frame = pd.DataFrame({"kind": kind, "area": self.areas, "residents": self.residents})
            rows.append(frame.assign(**dict(zip(CLASSES, self.people[k], strict=True))))
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()

    def facilities_frame(self) -> pd.DataFrame:
        """Return one row per facility."""
        return pd.DataFrame(
            {"room": self.room, "reached": self.reached, "assigned": self.assigned,
             "turned_away": self.turned_away, "full": self.full}
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """One kind: classes by point, figures by facility of the kind, and both aims with bounds."""

    classes: NDArray[np.float64]
    facilities: NDArray[np.float64]
    aims: tuple[float, float, float]


def share_out(case: Case, *, need: Mapping[str, float], turns: Mapping[str, float]) -> Served:
    """Share out the places of each kind among those who ask and reach them.

    Parameters
    ----------
    case
        The circle; nobody walks farther than its longest limit.
    need
        Share of the lead group that asks for a place, by kind; 1 where nothing is said: as if
        everybody asked.
    turns
        People whom one place serves a day, by kind; 1 where nothing is said.

    Raises
    ------
    SolverError
        If the solver stopped for a reason of its own.
    """
    kinds, n_facilities = case.facilities.all_kinds(), len(case.facilities.ids)
    elders = case.demand.people_of(case.demand.lead_group)
    figures = np.full((4, n_facilities), np.nan)
    people = np.zeros((len(kinds), len(CLASSES), case.n_areas))
    unserved = np.zeros((len(kinds), len(elders)))
    aims = np.zeros((3, len(kinds)))
    known = np.zeros(len(kinds), bool)
    for k, kind in enumerate(kinds):
        rows = case.facilities.rows_of(kind)
        room = case.facilities.capacity[rows] * turns.get(kind, 1.0)
        shared = _share_kind(case, rows, room, elders, need.get(kind, 1.0))
        people[k] = case.by_area(shared.classes.T).T
        unserved[k] = shared.classes[CLASSES.index("no_room")]
        figures[:, rows] = np.vstack([room, shared.facilities])
        aims[:, k], known[k] = shared.aims, np.isfinite(room).any()
    return Served(
        kinds, (*case.areas.names, ""), case.demand.lead_group, case.minutes[-1],
        tuple(float(need.get(kind, 1.0)) for kind in kinds),
        tuple(float(turns.get(kind, 1.0)) for kind in kinds), case.by_area(elders), known, people,
        unserved, *figures, *aims,
    )  # fmt: skip


def _share_kind(
    case: Case,
    rows: NDArray[np.int64],
    room: NDArray[np.float64],
    elders: NDArray[np.float64],
    need: float,
) -> _Shared:
    n_homes, unknown = len(elders), ~np.isfinite(room)
    place_of = np.full(case.reach.n_rows, -1)
    place_of[rows] = np.arange(len(rows))
    place = place_of[case.reach.sources()]
    walks = np.flatnonzero(place >= 0)
    place, home = place[walks], case.reach.indices[walks].astype(np.int64)
    asking = need * elders
    flow = share_people(
        place, home, case.reach.ms[walks], asking=asking, room=np.where(unknown, 0.0, room),
        limit_ms=case.limit_ms,
    )  # fmt: skip
    served = np.minimum(np.bincount(home, flow.people, minlength=n_homes), asking)
    reaches = np.bincount(home, minlength=n_homes) > 0
    maybe = np.bincount(home, unknown[place], minlength=n_homes) > 0
    streetless = np.zeros(n_homes, bool) if case.walker.straight else ~case.homes.found
    left = asking - served
    # The first reason that holds: a home has one, and all who are left there share it.
    reasons = np.select(
        [streetless & ~reaches, ~reaches, maybe],
        [CLASSES.index("no_street"), CLASSES.index("beyond"), CLASSES.index("unknown_room")],
        CLASSES.index("no_room"),
    )
    classes = np.zeros((len(CLASSES), n_homes))
    classes[reasons, np.arange(n_homes)] = left
    classes[0], classes[-1] = served, elders - asking
    turned_away = classes[CLASSES.index("no_room")]
    figures = [np.bincount(place, each, minlength=len(rows))
               for each in (asking[home], flow.people, turned_away[home])]  # fmt: skip
    figures[1] = np.where(unknown, np.nan, figures[1])
    aims = (flow.served_bound, flow.walk_min, flow.walk_bound_min)
    return _Shared(classes, np.array(figures), aims)
