"""Gaps: where uncovered people live close together, and why nobody serves them.

Uncovered demand points are clustered (:mod:`~quarterhour.cover.gaps.clusters`). Each gap has a
readable name (area and nearest named street, told apart where two would share them), people by
group, time and metres to the nearest facility, its people by cause
(:mod:`~quarterhour.cover.gaps.causes`), the barrier that the straight line crosses, and example
homes (:mod:`~quarterhour.cover.gaps.examples`).
Those who are inside the circle and find no place form *crowded* places of their own: listed apart,
and never counted among the uncovered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.gaps.causes import CAUSES, DETOUR, CauseFinder, HomeCauses
from quarterhour.cover.gaps.clusters import Method, cluster, rows_by
from quarterhour.cover.gaps.examples import Examples, find_examples, street_pieces
from quarterhour.cover.gaps.names import Apart, name_places
from quarterhour.cover.quantiles import median_s
from quarterhour.streets.barriers import Barriers

__all__ = ["CAUSES", "CrowdedPlaces", "Gaps", "find_gaps"]


@dataclass(frozen=True, slots=True, eq=False)
class CrowdedPlaces:
    """Where people are inside the circle and find no place, most people first (``capacity``).

    Attributes
    ----------
    ids
        ``K01`` and so on.
    areas, streets, apart
        Names, as for gaps and told apart from those.
    xy_m
        Middle of the people, told as for gaps (n, 2).
    people
        People of the lead group without a place (n,).
    member
        Crowded place of each demand point, -1 for none.
    scattered
        People without a place elsewhere: too few in one place.
    """

    ids: tuple[str, ...]
    areas: tuple[str, ...]
    streets: tuple[str, ...]
    apart: Apart
    xy_m: NDArray[np.float64]
    people: NDArray[np.float64]
    member: NDArray[np.int32]
    scattered: float

    def to_frame(self) -> pd.DataFrame:
        """Return one row per crowded place."""
        return pd.DataFrame(
            {"id": self.ids, "area": self.areas, "street": self.streets,
             "x_m": self.xy_m[:, 0], "y_m": self.xy_m[:, 1], "cause": "capacity",
             "without_place": self.people}
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Gap areas, most people first; every array has one entry per gap.

    Attributes
    ----------
    kind
        Kind of facility that is out of reach.
    ids
        ``G01`` and so on: the number on maps and in tables.
    areas, streets
        Area and nearest named street (empty where none is near).
    xy_m
        Piece of street of the home nearest to the middle of the gap's people, by its middle (n, 2):
        no door is told. The middle of the people where that home has no street.
    people
        Uncovered people (n, groups).
    median_s
        Median walking time to the nearest facility, seconds; ``inf`` beyond an hour.
    straight_m
        Straight distance from that home to the nearest facility.
    cause
        The cause that most of its people have: one of ``CAUSES``, the first among equals.
    member
        Gap of each demand point, -1 for none.
    scattered
        Uncovered people outside all gaps, by group: too few in one place.
    apart
        What tells gaps of one street apart.
    by_cause
        Uncovered people of the lead group by cause (n, causes); rows add up to the gap's people.
    scattered_by_cause
        The same of scattered people (causes,).
    walk_m, detour
        Walking metres from that home to the nearest facility (``inf`` without a way), and those
        over ``straight_m``.
    facility
        Id of the facility nearest to that home on foot, else in a straight line; empty for none.
    barrier_kind, barrier_name
        The barrier that the straight line from that home to the nearest facility crosses, where
        ``barrier`` is the cause; empty where none is known, or it has no name.
    examples
        Example homes.
    crowded
        Those inside without a place; ``None`` where it is not known who finds one.
    method, parameters
        How people were clustered and causes told apart: ``min_people``, ``radius_m``, ``cell_m``,
        ``widest_m`` (two walks of the limit), ``detour``, ``k``.
    """

    kind: str
    ids: tuple[str, ...]
    areas: tuple[str, ...]
    streets: tuple[str, ...]
    xy_m: NDArray[np.float64]
    people: NDArray[np.float64]
    groups: tuple[str, ...]
    median_s: NDArray[np.float64]
    straight_m: NDArray[np.float64]
    cause: tuple[str, ...]
    member: NDArray[np.int32]
    scattered: NDArray[np.float64]
    apart: Apart
    by_cause: NDArray[np.float64]
    scattered_by_cause: NDArray[np.float64]
    walk_m: NDArray[np.float64]
    detour: NDArray[np.float64]
    facility: tuple[str, ...]
    barrier_kind: tuple[str, ...]
    barrier_name: tuple[str, ...]
    examples: Examples
    crowded: CrowdedPlaces | None
    method: str
    parameters: Mapping[str, float]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per gap."""
        frame = pd.DataFrame(
            {"id": self.ids, "kind": self.kind, "area": self.areas, "street": self.streets,
             "also": self.apart.also, "side": self.apart.side, "nth": self.apart.nth,
             "x_m": self.xy_m[:, 0], "y_m": self.xy_m[:, 1], "median_s": self.median_s,
             "straight_m": self.straight_m, "walk_m": self.walk_m, "detour": self.detour,
             "facility": self.facility, "cause": self.cause, "barrier_kind": self.barrier_kind,
             "barrier_name": self.barrier_name}
        )  # fmt: skip
        frame = frame.assign(**{g: self.people[:, n] for n, g in enumerate(self.groups)})
        return frame.assign(**{f"cause_{c}": self.by_cause[:, n] for n, c in enumerate(CAUSES)})


def find_gaps(
    case: Case,
    coverage: Coverage,
    *,
    min_people: float = 100.0,
    radius_m: float = 150.0,
    method: Method = "dbscan",
    barriers: Barriers | None = None,
    unserved: NDArray[np.float64] | None = None,
    k: int = 10,
) -> tuple[Gaps, ...]:
    """Cluster the uncovered people of the lead group into named gaps, for each kind.

    Parameters
    ----------
    case
        Streets, facilities, homes, and the circle's walker.
    coverage
        Coverage of the case; its first walker is the circle's.
    min_people, radius_m
        Fewest people that make a gap, and how near they live.
    method
        ``dbscan`` or ``hdbscan``.
    barriers
        What nobody steps over; by default none is known.
    unserved
        People of the lead group who are inside the circle and find no place (kinds, points), in
        the order of ``coverage.kinds``, of which the last may be missing; ``nan`` where it is not
        known. People outside do not count.
    k
        Fewest people on a street that an example home may name.

    Returns
    -------
    tuple
        Gaps of each of ``coverage.kinds``, in their order.
    """
    job = _Job(
        case, coverage, Barriers.none() if barriers is None else barriers, min_people, radius_m,
        method, k,
    )  # fmt: skip
    causes = CauseFinder(case)
    return tuple(
        job.describe(kind, causes.of(case.facilities.rows_of(kind)),
                     None if unserved is None or row >= len(unserved) else unserved[row])
        for row, kind in enumerate(coverage.kinds)
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What the gaps of all kinds share."""

    case: Case
    coverage: Coverage
    barriers: Barriers
    min_people: float
    radius_m: float
    method: Method
    k: int

    def describe(self, kind: str, causes: HomeCauses, unserved: NDArray[np.float64] | None) -> Gaps:
        """Return the gaps of one kind, and all there is to say of each."""
        case, demand, at = self.case, self.case.demand, self.coverage.kinds.index(kind)
        ms, rows = self.coverage.ms[at, 0], case.facilities.rows_of(kind)
        beyond = ms > case.limit_ms
        lead = np.where(beyond, demand.people_of(demand.lead_group), 0.0)
        member = self._cluster(lead)
        points = rows_by(member)
        middle = _middles(demand.xy_m, lead, points)
        xy, areas = self._told(middle, lead, points), _main_areas(demand.area_index, lead, points)
        crowded = self._crowded(unserved, ~beyond)
        streets, apart, crowded = self._names(xy, areas, crowded)
        people = np.array([demand.people[p].sum(axis=0) for p in points]).reshape(
            -1, len(demand.groups))  # fmt: skip
        by_cause, left = _by_cause(causes.cause, lead, member, len(points))
        cause = tuple(CAUSES[c] for c in by_cause.argmax(axis=1).tolist())
        kinds, names = self._barriers(cause, demand.xy_m[middle], causes, middle)
        near = self.coverage.facility[at][middle]
        near = np.where(near >= 0, near, causes.straight_facility[middle]).tolist()
        straight, walk = causes.straight_m[middle], causes.walk_m[middle]
        return Gaps(
            kind, tuple(f"G{g + 1:02d}" for g in range(len(points))),
            tuple(case.areas.names[a] if a >= 0 else "" for a in areas.tolist()), streets, xy,
            people, demand.groups, np.array([median_s(ms[p], lead[p]) for p in points]),
            straight, cause, member, demand.people[beyond].sum(axis=0) - people.sum(axis=0),
            apart, by_cause, left, walk, walk / np.maximum(straight, 1.0),
            tuple(case.facilities.ids[f] if f >= 0 else "" for f in near), kinds, names,
            find_examples(case, ms, rows, points, limit_ms=self._search_ms(), k=self.k), crowded,
            self.method, self._parameters(),
        )  # fmt: skip

    def _cluster(self, people: NDArray[np.float64]) -> NDArray[np.int32]:
        return cluster(
            self.case.demand.xy_m, people, min_people=self.min_people, radius_m=self.radius_m,
            method=self.method, widest_m=self._widest_m(),
        )  # fmt: skip

    def _widest_m(self) -> float:
        """Return the width of a gap that one facility in its middle could serve."""
        return 2.0 * self.case.limit_ms / 1000.0 * self.case.walker.flat_mps

    def _told(
        self, middle: NDArray[np.int64], people: NDArray[np.float64],
        points: list[NDArray[np.int64]],
    ) -> NDArray[np.float64]:  # fmt: skip
        """Return what is told of the middles of gaps: pieces of street, and no doors."""
        _, xy = street_pieces(self.case, middle)
        mean = [np.average(self.case.demand.xy_m[p], axis=0, weights=people[p]) for p in points]
        return np.where(np.isnan(xy), np.array(mean).reshape(-1, 2), xy)

    def _parameters(self) -> dict[str, float]:
        return {
            "min_people": float(self.min_people), "radius_m": float(self.radius_m),
            "cell_m": self.radius_m / 3.0, "widest_m": self._widest_m(), "detour": DETOUR,
            "k": float(self.k),
        }  # fmt: skip

    def _search_ms(self) -> int:
        """Return how far coverage searches."""
        return self.case.search_ms

    def _barriers(
        self,
        cause: tuple[str, ...],
        xy: NDArray[np.float64],
        causes: HomeCauses,
        middle: NDArray[np.int64],
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return kind and name of the barrier of each gap whose cause is one."""
        rows = np.flatnonzero([c == "barrier" for c in cause])
        to = self.case.facilities.xy_m[causes.straight_facility[middle[rows]]]
        kinds, names = [""] * len(cause), [""] * len(cause)
        found = self.barriers.crossed(xy[rows], to)
        for row, (kind, name) in zip(rows.tolist(), found, strict=True):
            kinds[row], names[row] = kind, name
        return tuple(kinds), tuple(names)

    def _crowded(
        self, unserved: NDArray[np.float64] | None, inside: NDArray[np.bool_]
    ) -> CrowdedPlaces | None:
        """Return where people inside find no place; streets are named later."""
        if unserved is None or not np.isfinite(unserved).all():
            return None
        case, people = self.case, np.where(inside, unserved, 0.0)
        member = self._cluster(people)
        points = rows_by(member)
        n = len(points)
        areas = _main_areas(case.demand.area_index, people, points).tolist()
        total = np.array([people[p].sum() for p in points])
        middle = _middles(case.demand.xy_m, people, points)
        return CrowdedPlaces(
            tuple(f"K{g + 1:02d}" for g in range(n)),
            tuple(case.areas.names[a] if a >= 0 else "" for a in areas), ("",) * n,
            _unnamed(n), self._told(middle, people, points), total,
            member, float(people.sum() - total.sum()),
        )  # fmt: skip

    def _names(
        self, xy: NDArray[np.float64], areas: NDArray[np.int64], crowded: CrowdedPlaces | None
    ) -> tuple[tuple[str, ...], Apart, CrowdedPlaces | None]:
        """Name gaps and crowded places together, so that no two share a name."""
        n, names = len(xy), self.case.areas.names
        if crowded is None:
            return *name_places(self.case.network, xy, areas), None
        theirs = [names.index(a) if a else -1 for a in crowded.areas]
        both = np.concatenate([areas, np.array(theirs, np.int64)])
        streets, apart = name_places(self.case.network, np.concatenate([xy, crowded.xy_m]), both)
        mine, rest = slice(0, n), slice(n, None)
        named = replace(crowded, streets=streets[rest], apart=apart.take(rest))
        return streets[mine], apart.take(mine), named


def _unnamed(n: int) -> Apart:
    return Apart(("",) * n, ("",) * n, np.zeros(n, np.int32))


def _by_cause(
    cause: NDArray[np.int8], people: NDArray[np.float64], member: NDArray[np.int32], n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return people of each gap by cause, and those of no gap (the last row)."""
    width = len(CAUSES)
    at = np.where(member >= 0, member, n).astype(np.int64) * width + cause
    counted = np.bincount(at, people, minlength=(n + 1) * width).astype(np.float64)
    table = counted.reshape(n + 1, width)
    return table[:n], table[n]


def _middles(
    xy: NDArray[np.float64], people: NDArray[np.float64], points: list[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Return the demand point of each gap nearest to the middle of its people."""
    out = np.zeros(len(points), np.int64)
    for gap, rows in enumerate(points):
        middle = np.average(xy[rows], axis=0, weights=people[rows])
        out[gap] = rows[np.hypot(*(xy[rows] - middle).T).argmin()]
    return out


def _main_areas(
    area: NDArray[np.int32], people: NDArray[np.float64], points: list[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Return the area of each gap where most of its people live, -1 outside all."""
    found = [int(np.bincount(area[p] + 1, people[p]).argmax()) - 1 for p in points]
    return np.array(found, np.int64)
