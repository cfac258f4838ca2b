"""Gaps: where uncovered people live close together, and why nobody serves them.

Uncovered demand points are gathered into cells of a third of the radius and clustered with DBSCAN
[1]_ (scikit-learn): a cell is a core where ``min_people`` uncovered people live within
``radius_m``. Each gap has a readable name (area and nearest named street), people by group, the
time to the nearest facility, and a *cause*:

- ``no_street``: no street is near, or none that connects with a facility (an island);
- ``slope``: on the flat, without stairs, most of them would be inside;
- ``barrier``: the straight line is short and the walk at least three times as long;
- ``distance``: it is simply too far.

References
----------
.. [1] M. Ester, H.-P. Kriegel, J. Sander, X. Xu, "A density-based algorithm for discovering
   clusters in large spatial databases with noise", KDD-96 (1996).
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from quarterhour.cover.assess import Coverage
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import Facilities
from quarterhour.presets import Walker
from quarterhour.reach.times import Direction, nearest_times
from quarterhour.streets.doors import snap_facilities
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.walker import UNREACHED, walk_seconds

CAUSES = ("distance", "slope", "barrier", "no_street")
_DETOUR = 3.0
_NAMED_WITHIN_M = 400.0


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
        Middle of the gap's people (n, 2).
    people
        Uncovered people (n, groups).
    median_s
        Median walking time to the nearest facility, seconds; ``inf`` beyond an hour.
    straight_m
        Straight distance from the middle to the nearest facility.
    cause
        One of ``CAUSES``.
    member
        Gap of each demand point, -1 for none.
    scattered
        Uncovered people outside all gaps, by group: too few in one place.
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

    def to_frame(self) -> pd.DataFrame:
        """Return one row per gap."""
        frame = pd.DataFrame(
            {"id": self.ids, "kind": self.kind, "area": self.areas, "street": self.streets,
             "x_m": self.xy_m[:, 0], "y_m": self.xy_m[:, 1], "median_s": self.median_s,
             "straight_m": self.straight_m, "cause": self.cause}
        )  # fmt: skip
        return frame.assign(**{g: self.people[:, n] for n, g in enumerate(self.groups)})


def find_gaps(
    network: WalkNetwork,
    facilities: Facilities,
    demand: Demand,
    areas: Areas,
    coverage: Coverage,
    *,
    walker: Walker,
    min_people: float = 100.0,
    radius_m: float = 150.0,
    direction: Direction = "there",
    max_snap_m: float = 150.0,
) -> tuple[Gaps, ...]:
    """Cluster the uncovered people of the lead group into named gaps, for each kind.

    Parameters
    ----------
    network, facilities, demand, areas, coverage
        What coverage was assessed from, and its result.
    walker
        The circle's walker.
    min_people, radius_m
        Fewest people that make a gap, and how near they live.
    direction, max_snap_m
        As for coverage.

    Returns
    -------
    tuple
        Gaps of each of ``coverage.kinds``, in their order.
    """
    limit_ms = walker.limit_ms(coverage.minutes[-1])
    # A world without slopes and stairs tells their share in a gap from that of distance.
    paced = walk_seconds(network, walker.flat())
    places = snap_facilities(paced, facilities, max_snap_m=max_snap_m)
    homes = demand.positions(paced, max_snap_m=max_snap_m)
    cut_off = ~homes.found | ~np.isin(paced.part[homes.edge], paced.part[places.edge])
    found = []
    for kind in coverage.kinds:
        rows = facilities.rows_of(kind)
        flat = nearest_times(
            paced, places.take_places(rows), homes, limit_ms=limit_ms, direction=direction
        )
        open_ = coverage.ms[coverage.kinds.index(kind), 0] > limit_ms
        open_ &= np.isfinite(demand.xy_m).all(axis=1)
        lead = demand.people_of(demand.lead_group)
        member = _cluster(demand.xy_m, np.where(open_, lead, 0.0), min_people, radius_m)
        found.append(
            _describe(
                network, facilities.xy_m[rows], demand, areas, coverage, kind, walker, member,
                flat.ms, cut_off,
            )
        )  # fmt: skip
    return tuple(found)


def _describe(
    network: WalkNetwork,
    facility_xy_m: NDArray[np.float64],
    demand: Demand,
    areas: Areas,
    coverage: Coverage,
    kind: str,
    walker: Walker,
    member: NDArray[np.int32],
    flat: NDArray[np.int32],
    cut_off: NDArray[np.bool_],
) -> Gaps:
    """Return the clusters, numbered by people, and all there is to say of each."""
    limit = walker.limit_ms(coverage.minutes[-1])
    ms = coverage.ms[coverage.kinds.index(kind), 0]
    lead = demand.people_of(demand.lead_group)
    uncovered = demand.people[ms > limit].sum(axis=0)
    order = _largest_first(member, lead)
    member = _renumber(member, order)
    n = len(order)
    people = np.zeros((n, len(demand.groups)))
    np.add.at(people, member[member >= 0], demand.people[member >= 0])
    middle = _middles(demand.xy_m, lead, member, n)
    straight = KDTree(facility_xy_m).query(middle)[0] if n else np.empty(0)
    median = np.array([_median_s(ms[member == g], lead[member == g]) for g in range(n)])
    cause = tuple(
        _cause(
            flat[of] <= limit, cut_off[of], lead[of], walked_m=median[g] * walker.flat_mps,
            straight_m=straight[g],
        )
        for g, of in enumerate(member == g for g in range(n))
    )  # fmt: skip
    return Gaps(
        kind, tuple(f"G{g + 1:02d}" for g in range(n)),
        tuple(areas.names[a] if a >= 0 else "" for a in _main_area(demand, lead, member, n)),
        _street_names(network, middle), middle, people, demand.groups, median, straight, cause,
        member, uncovered - people.sum(axis=0),
    )  # fmt: skip


def _cluster(
    xy: NDArray[np.float64], people: NDArray[np.float64], min_people: float, radius_m: float
) -> NDArray[np.int32]:
    """Return the cluster of each point, -1 for none; points without people belong to none."""
    from sklearn.cluster import DBSCAN

    member = np.full(len(xy), -1, np.int32)
    rows = np.flatnonzero(people > 0)
    if len(rows) == 0:
        return member
    cell = np.floor(xy[rows] / (radius_m / 3.0)).astype(np.int64)
    _, back = np.unique(cell, axis=0, return_inverse=True)
    back = back.ravel()
    weight = np.bincount(back, people[rows])
    middle = np.column_stack([np.bincount(back, people[rows] * xy[rows, k]) for k in (0, 1)])
    label = DBSCAN(eps=radius_m, min_samples=max(1, math.ceil(min_people))).fit(
        middle / weight[:, None], sample_weight=weight
    )
    member[rows] = label.labels_[back]
    return member


def _largest_first(member: NDArray[np.int32], people: NDArray[np.float64]) -> NDArray[np.int64]:
    if not (member >= 0).any():
        return np.empty(0, np.int64)
    total = np.bincount(member[member >= 0], people[member >= 0])
    return np.lexsort((np.arange(len(total)), -np.round(total, 6)))


def _renumber(member: NDArray[np.int32], order: NDArray[np.int64]) -> NDArray[np.int32]:
    new = np.full(len(order) + 1, -1, np.int32)
    new[order] = np.arange(len(order))
    return new[member]


def _middles(
    xy: NDArray[np.float64], people: NDArray[np.float64], member: NDArray[np.int32], n: int
) -> NDArray[np.float64]:
    """Return the demand point of each gap nearest to the middle of its people."""
    out = np.zeros((n, 2))
    for gap in range(n):
        rows = np.flatnonzero(member == gap)
        middle = np.average(xy[rows], axis=0, weights=people[rows])
        out[gap] = xy[rows[np.hypot(*(xy[rows] - middle).T).argmin()]]
    return out


def _median_s(ms: NDArray[np.int32], people: NDArray[np.float64]) -> float:
    order = np.argsort(ms, kind="stable")
    total = np.cumsum(people[order])
    found = ms[order[np.searchsorted(total, total[-1] / 2.0)]]
    return float("inf") if found == UNREACHED else float(found) / 1000.0


def _cause(
    inside_on_flat: NDArray[np.bool_],
    cut_off: NDArray[np.bool_],
    people: NDArray[np.float64],
    *,
    walked_m: float,
    straight_m: float,
) -> str:
    half = people.sum() / 2.0
    if people[cut_off].sum() > half:
        return "no_street"
    if people[inside_on_flat].sum() > half:
        return "slope"
    # A walk beyond the hour of the search has no length to compare.
    return "barrier" if np.isfinite(walked_m) and walked_m > _DETOUR * straight_m else "distance"


def _main_area(
    demand: Demand, people: NDArray[np.float64], member: NDArray[np.int32], n: int
) -> list[int]:
    out = []
    for gap in range(n):
        rows = member == gap
        by_area = np.bincount(demand.area_index[rows] + 1, people[rows])
        out.append(int(by_area.argmax()) - 1)
    return out


def _street_names(network: WalkNetwork, xy: NDArray[np.float64]) -> tuple[str, ...]:
    """Return the nearest named street of each place, empty where none is near."""
    import shapely

    named = np.flatnonzero(network.edge_name > 0)
    if len(named) == 0 or len(xy) == 0:
        return ("",) * len(xy)
    tree = shapely.STRtree(network.lines()[named])
    place, line = tree.query_nearest(shapely.points(xy), max_distance=_NAMED_WITHIN_M)
    out = [""] * len(xy)
    for p, e in sorted(zip(place.tolist(), named[line].tolist(), strict=True), reverse=True):
        out[p] = network.names[network.edge_name[e]]
    return tuple(out)
