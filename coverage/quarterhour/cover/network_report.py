"""The network report: what a run's streets are good for, before anyone believes its coverage.

A *part* is a connected piece of the network for the circle's walker; the *main part* has most
street length, all others are *islands*, *large* ones from 1 km or 1 person. *Steep* shares are of
all street length, by the grade of each piece. People are those of the lead group. By area the last
row is outside all areas.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage
from quarterhour.cover.completeness import Completeness, judge_completeness
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import ANY, Facilities
from quarterhour.reach.times import Direction
from quarterhour.streets.network import STEPS_FROM, WalkNetwork
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import PacedNetwork

STEEP = (0.06, 0.0833, 0.15, 0.30)
NEAR_M, FAR_M = 50.0, 150.0
_LARGE_ISLAND_KM = 1.0
_STAIR_FIGURES = ("stairs_tagged", "stairs_by_lines", "stairs_by_terrain", "stairs_by_density")


@dataclass(frozen=True, slots=True)
class Snapping:
    """How places were projected onto streets; a place with several entrances counts once.

    Attributes
    ----------
    places, no_street, moved_off_islands
        Places in all, those without a street within the cap, those moved to the main part.
    median_leg_m, p90_leg_m, longest_leg_m
        Access legs of those with a street, in metres; 0 where there are none.
    """

    places: int
    no_street: int
    moved_off_islands: int
    median_leg_m: float
    p90_leg_m: float
    longest_leg_m: float

    def figures(self) -> dict[str, object]:
        """Return the figures by name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, eq=False)
class NetworkReport:
    """Figures of the network; arrays by area have the last row for outside all areas.

    Attributes
    ----------
    areas
        Names of areas, the last ``""``.
    read
        What reading the streets and the terrain reported: ways kept and dropped by reason, gates
        shut, lifts, private ways, terrain cover.
    n_nodes, n_edges, street_km
        Size of the network.
    part_km, part_people, part_xy_m
        Length, people and the middle of each part (n,), (n,), (n, 2), longest first: the main part,
        then the islands.
    stairs_from
        Stairs by the source of their count of steps (``STEPS_FROM`` without ``none``).
    steep
        Share of street length steeper than each of ``STEEP``; empty where no grade is known.
    street_km_by_area, km_per_km2, km_per_1000
        Street length by area; per square kilometre (``inf`` outside all areas) and per 1,000
        people of the widest group (``inf`` without people).
    people, people_beyond_50_m, people_beyond_150_m
        People by area, and those with no usable street within 50 m and within 150 m.
    people_private, private_km
        People by area who enter the streets on a private way, and the length of private ways.
    people_moved, people_on_islands
        People by area moved off an island, and left on one.
    homes, facilities
        How demand points and facilities met the streets.
    facilities_no_street
        Ids of facilities without a street within the cap.
    completeness
        Verdicts by area.
    """

    areas: tuple[str, ...]
    read: Mapping[str, object]
    n_nodes: int
    n_edges: int
    street_km: float
    part_km: NDArray[np.float64]
    part_people: NDArray[np.float64]
    part_xy_m: NDArray[np.float64]
    stairs_from: Mapping[str, int]
    steep: Mapping[float, float]
    street_km_by_area: NDArray[np.float64]
    km_per_km2: NDArray[np.float64]
    km_per_1000: NDArray[np.float64]
    people: NDArray[np.float64]
    people_beyond_50_m: NDArray[np.float64]
    people_beyond_150_m: NDArray[np.float64]
    people_private: NDArray[np.float64]
    private_km: float
    people_moved: NDArray[np.float64]
    people_on_islands: NDArray[np.float64]
    homes: Snapping
    facilities: Snapping
    facilities_no_street: tuple[str, ...]
    completeness: Completeness

    def large_islands(self) -> NDArray[np.int64]:
        """Return the rows of islands of at least 1 km or one person, longest first."""
        large = (self.part_km >= _LARGE_ISLAND_KM) | (self.part_people >= 1.0)
        large[:1] = False
        return np.flatnonzero(large)

    def figures(self) -> dict[str, object]:
        """Return the figures that are no table, by name, in the order in which they are printed."""
        total_km = self.part_km.sum()
        main = float(self.part_km[0] / total_km) if total_km else 0.0
        judged = self.completeness
        withheld = np.flatnonzero(judged.cannot_say[judged.kinds.index(ANY)])
        stairs = zip(_STAIR_FIGURES, self.stairs_from.values(), strict=True)
        return {
            **self.read,
            "stairs": sum(self.stairs_from.values()),
            **dict(stairs),
            **{f"share_above_{100 * g:g}_percent": round(s, 6) for g, s in self.steep.items()},
            "nodes": self.n_nodes,
            "edges": self.n_edges,
            "street_km": round(self.street_km, 3),
            "parts": len(self.part_km),
            "main_part_share": round(main, 6),
            "large_islands": len(self.large_islands()),
            "people_on_islands": round(float(self.people_on_islands.sum()), 1),
            "people_moved": round(float(self.people_moved.sum()), 1),
            "people_no_street_150_m": round(float(self.people_beyond_150_m.sum()), 1),
            "people_no_street_50_m": round(float(self.people_beyond_50_m.sum()), 1),
            "private_km": round(self.private_km, 3),
            "people_private": round(float(self.people_private.sum()), 1),
            "facilities_no_street": list(self.facilities_no_street),
            "areas_bare": [self.areas[a] for a in np.flatnonzero(judged.bare[:-1])],
            "areas_thin": [self.areas[a] for a in np.flatnonzero(judged.thin[:-1])],
            "areas_cannot_say": [self.areas[a] for a in withheld if self.areas[a]],
            "homes": self.homes.figures(),
            "facilities": self.facilities.figures(),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area, the last outside all areas; the verdict is for all kinds."""
        judged = self.completeness
        return pd.DataFrame(
            {
                "area": self.areas, "people": self.people, "street_km": self.street_km_by_area,
                "km_per_km2": self.km_per_km2, "km_per_1000": self.km_per_1000,
                "people_beyond_50_m": self.people_beyond_50_m,
                "people_beyond_150_m": self.people_beyond_150_m,
                "people_private": self.people_private, "people_moved": self.people_moved,
                "people_on_islands": self.people_on_islands, "thin": judged.thin,
                "bare": judged.bare, "verdict": judged.verdict(),
            }
        )  # fmt: skip

    def islands_frame(self) -> pd.DataFrame:
        """Return one row per large island: length, people, and the middle of its streets."""
        rows = self.large_islands()
        return pd.DataFrame(
            {
                "km": self.part_km[rows], "people": self.part_people[rows],
                "x_m": self.part_xy_m[rows, 0], "y_m": self.part_xy_m[rows, 1],
            }
        )  # fmt: skip


def report_network(
    paced: PacedNetwork,
    demand: Demand,
    areas: Areas,
    *,
    homes: Snapped,
    facilities: Facilities,
    places: Snapped,
    coverage: Coverage,
    direction: Direction = "there",
) -> NetworkReport:
    """Report on the streets of a study.

    Parameters
    ----------
    paced
        The network of the circle's walker.
    demand, areas
        People and the areas to count by.
    homes
        Where the people of ``demand`` enter the streets.
    facilities, places
        Where elders are served, and their positions (by row of ``facilities``).
    coverage
        Who is within the limits, for the completeness verdicts.
    direction
        The way that the coverage is for.
    """
    network, n_areas = paced.network, len(areas.names) + 1
    judged = judge_completeness(
        paced, homes, demand, areas, facilities=facilities, coverage=coverage, direction=direction
    )
    at = np.where(demand.area_index < 0, n_areas - 1, demand.area_index)
    lead = demand.people_of(demand.lead_group)

    def people(who: NDArray[np.bool_]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(at, lead * who, minlength=n_areas), np.float64)

    part_km, part_people, part_xy_m = _parts(paced, homes, lead)
    # Who enters a street within 50 m has one that near; the others may have one they passed over.
    near = homes.found & (homes.access_dm < 10 * NEAR_M)
    street_m = np.where(near, 0.0, nearest_street_m(paced, demand, rows=~near))
    on_island = homes.found & (paced.part[homes.edge] != paced.main_part)
    size_km2 = np.append(shapely.area(areas.polygons) / 1e6, 0.0)
    km = judged.street_km
    lonely = np.flatnonzero(~places.found_places)
    return NetworkReport(
        areas=judged.areas,
        read=dict(network.report),
        n_nodes=network.n_nodes,
        n_edges=network.n_edges,
        street_km=network.length_m / 1000.0,
        part_km=part_km,
        part_people=part_people,
        part_xy_m=part_xy_m,
        stairs_from=_stairs_from(network),
        steep=steep_shares(network),
        street_km_by_area=km,
        km_per_km2=np.divide(km, size_km2, out=np.full(n_areas, np.inf), where=size_km2 > 0),
        km_per_1000=judged.km_per_1000,
        people=people(np.ones(len(lead), bool)),
        people_beyond_50_m=people(street_m > NEAR_M),
        people_beyond_150_m=people(street_m > FAR_M),
        people_private=people(homes.found & network.edge_private[homes.edge]),
        private_km=float(network.edge_length_dm[network.edge_private].sum() / 10_000.0),
        people_moved=people(homes.moved),
        people_on_islands=people(on_island),
        homes=summarize_snapping(homes, len(lead)),
        facilities=summarize_snapping(places, len(facilities.ids)),
        facilities_no_street=tuple(facilities.ids[f] for f in lonely.tolist()),
        completeness=judged,
    )


def steep_shares(network: WalkNetwork) -> dict[float, float]:
    """Return the share of street length steeper than each of ``STEEP``; nothing if all is flat."""
    if not network.piece_grade.any():
        return {}
    run, grade = network.piece_lengths_m(), np.abs(network.piece_grade)
    return {least: float(run[grade > least].sum() / run.sum()) for least in STEEP}


def nearest_street_m(
    paced: PacedNetwork, demand: Demand, *, rows: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return metres from each demand point to the nearest street that its walker may enter.

    Islands count, because they are streets. Points that stand on a usable street have 0; ``inf``
    beyond 150 m, where the place is unknown, and for points that are not asked for in ``rows``.
    """
    network = paced.network
    metres = np.full(len(demand.edge), np.inf)
    standing = demand.edge >= 0
    standing[standing] = paced.usable[demand.edge[standing]]
    metres[standing] = 0.0
    wanted = ~standing & np.isfinite(demand.xy_m).all(axis=1)
    asked = np.flatnonzero(wanted if rows is None else wanted & rows)
    streets = paced.usable & ~network.edge_bridge & ~network.edge_tunnel
    if len(asked) and streets.any():
        tree = shapely.STRtree(network.lines()[streets])
        # The tree's limit is exclusive; ours is not.
        (point, _), near = tree.query_nearest(
            shapely.points(demand.xy_m[asked]), max_distance=np.nextafter(FAR_M, np.inf),
            return_distance=True,
        )  # fmt: skip
        metres[asked[point]] = near
    return metres


def summarize_snapping(positions: Snapped, n_places: int) -> Snapping:
    """Return how places met the streets; of several entrances the one with the least leg counts.

    Parameters
    ----------
    positions
        Positions of the places; ``place`` says whose they are.
    n_places
        Number of places.
    """
    leg_m = np.full(n_places, np.inf)
    found = positions.found
    np.minimum.at(leg_m, positions.place[found], positions.access_dm[found] / 10.0)
    moved = np.zeros(n_places, bool)
    moved[positions.place[positions.moved]] = True
    legs = leg_m[np.isfinite(leg_m)]
    median, p90, longest = np.quantile(legs, [0.5, 0.9, 1.0]) if len(legs) else np.zeros(3)
    return Snapping(
        n_places, n_places - len(legs), int(moved.sum()), round(float(median), 1),
        round(float(p90), 1), round(float(longest), 1),
    )  # fmt: skip


def _stairs_from(network: WalkNetwork) -> dict[str, int]:
    count = np.bincount(network.edge_steps_from, minlength=len(STEPS_FROM)).tolist()
    return dict(zip(STEPS_FROM[1:], count[1:], strict=True))


def _parts(
    paced: PacedNetwork, homes: Snapped, lead: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return km, people and middle of each part: the main one, then the islands by length."""
    network = paced.network
    edges = np.flatnonzero(paced.usable).astype(np.int32)
    length_dm = network.edge_length_dm[edges]
    names, part = np.unique(paced.part[edges], return_inverse=True)
    n = len(names)
    length = np.bincount(part, length_dm, minlength=n)
    middle = network.points_at(edges, (length_dm // 2).astype(np.int32))
    xy = np.column_stack([np.bincount(part, length_dm * c, minlength=n) for c in middle.T])
    at = homes.found
    people = np.bincount(np.searchsorted(names, paced.part[homes.edge[at]]), lead[at], minlength=n)
    order = np.lexsort((names, -length, names != paced.main_part))
    return length[order] / 10_000.0, people[order].astype(np.float64), (xy / length[:, None])[order]
