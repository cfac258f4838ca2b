"""Completeness: whether the map of an area holds enough streets to speak of its coverage.

A *class* is what a plan says of an area: under 50 %, 50 to 80 %, or over 80 % of the lead group
within the longest limit. An area is *thin* where many people live on islands (parts of the network
apart from the main one) or without a street near; it is *bare* where there is next to no street for
its people. The *straight share* is what the class would be without any map of streets: people by
straight distance to the nearest facility, as a share of the walk that the limit allows,

``sure`` and nearer count whole, ``never`` and farther not, between them in proportion.

A bare area *cannot say* (路网数据不足). A thin area says its class only where the straight
share, raised by a part of the share by streets, falls into the same class. All other areas say
theirs. Thresholds are presets from an experiment of our own with deleted streets
(``docs/completeness.md``).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from quarterhour.cover.assess import Coverage
from quarterhour.cover.quotients import over
from quarterhour.demand import Demand
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import ANY, Facilities
from quarterhour.presets import constant
from quarterhour.reach.times import Direction
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import PacedNetwork

Verdict = Literal["sufficient", "cannot_say"]
REASONS = (
    "completeness.bare", "completeness.islands", "completeness.far", "completeness.not_confirmed",
)  # fmt: skip
CLASS_LIMITS = (0.5, 0.8)


def share_class(share: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of shares: 0 under 50 %, 1 from 50 to 80 %, 2 over 80 %.

    Shares are sums of floats; a billionth is no difference.
    """
    half, most = CLASS_LIMITS
    return (share >= half - 1e-9).astype(np.int64) + (share > most + 1e-9).astype(np.int64)


def withheld(
    measured: NDArray[np.float64], straight: NDArray[np.float64], *, part: float
) -> NDArray[np.bool_]:
    """Return where a thin area may not say its class.

    Parameters
    ----------
    measured, straight
        Shares of people within the limit: by streets, and by straight distance.
    part
        The part of ``measured`` that is added to ``straight``: what is reached in spite of
        missing streets says that there are ways.
    """
    differs = share_class(measured) != share_class(np.minimum(1.0, straight + part * measured))
    return np.asarray(differs, np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class Completeness:
    """What each area's map of streets is good for; rows are areas, the last outside all of them.

    Attributes
    ----------
    areas, kinds
        Names of areas (the last is ``""``), and kinds as in the coverage.
    people
        People of the widest group.
    street_km
        Street length; outside all areas it is that of the surroundings read.
    km_per_1000
        Street km per 1,000 people; ``inf`` without people.
    share_islands, share_far
        Share of the lead group on islands or moved off one, and of those without a street near.
    bare, thin
        Whether an area has next to no streets, and whether its map shows signs of gaps.
    measured, straight
        Shares of the lead group within the longest limit (kinds, areas), by streets and by
        straight distance; 0 without people.
    cannot_say
        Whether the class of a kind is withheld (kinds, areas).
    """

    areas: tuple[str, ...]
    kinds: tuple[str, ...]
    people: NDArray[np.float64]
    street_km: NDArray[np.float64]
    km_per_1000: NDArray[np.float64]
    share_islands: NDArray[np.float64]
    share_far: NDArray[np.float64]
    bare: NDArray[np.bool_]
    thin: NDArray[np.bool_]
    measured: NDArray[np.float64]
    straight: NDArray[np.float64]
    cannot_say: NDArray[np.bool_]

    def verdict(self, kind: str = ANY) -> tuple[Verdict, ...]:
        """Return the verdict on each area for one kind."""
        row = self.cannot_say[self.kinds.index(kind)]
        return tuple("cannot_say" if withhold else "sufficient" for withhold in row)

    def withheld(self, kind: str = ANY) -> tuple[str, ...]:
        """Return the names of the areas that cannot say."""
        row = self.cannot_say[self.kinds.index(kind)]
        return tuple(a for a, withhold in zip(self.areas, row, strict=True) if withhold and a)

    def reasons(self, kind: str = ANY) -> tuple[tuple[str, ...], ...]:
        """Return why each area cannot say (word keys of ``REASONS``); empty where it can."""
        k = self.kinds.index(kind)
        islands = self.share_islands > constant("thin_islands")
        far = self.share_far > constant("thin_far")
        found = []
        for a in range(len(self.areas)):
            holds = (self.bare[a], islands[a], far[a], not self.bare[a])
            named = tuple(r for r, is_so in zip(REASONS, holds, strict=True) if is_so)
            found.append(named if self.cannot_say[k, a] else ())
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area and kind."""
        rows = []
        for k, kind in enumerate(self.kinds):
            rows.append(
                pd.DataFrame(
                    {
                        "area": self.areas, "kind": kind, "people": self.people,
                        "street_km": self.street_km, "km_per_1000": self.km_per_1000,
                        "share_islands": self.share_islands, "share_far": self.share_far,
                        "thin": self.thin, "bare": self.bare, "measured": self.measured[k],
                        "straight": self.straight[k], "verdict": self.verdict(kind),
                        "reasons": [" ".join(r) for r in self.reasons(kind)],
                    }
                )
            )  # fmt: skip
        return pd.concat(rows, ignore_index=True)


def judge_completeness(
    paced: PacedNetwork,
    homes: Snapped,
    demand: Demand,
    areas: Areas,
    *,
    facilities: Facilities,
    coverage: Coverage,
    direction: Direction = "there",
) -> Completeness:
    """Judge for each area and kind whether the streets suffice to speak of its coverage.

    Parameters
    ----------
    paced
        The network of the circle's walker.
    homes
        Where the people of ``demand`` enter it.
    demand, areas, facilities
        People, areas, and where elders are served.
    coverage
        Who is within the limits; its first walker is that of ``paced``.
    direction
        The way that the coverage is for: of a round trip half leads there.
    """
    n_areas = len(areas.names) + 1
    at = np.where(demand.area_index < 0, n_areas - 1, demand.area_index).astype(np.int64)
    lead = demand.people_of(demand.lead_group)
    total = _sums(at, lead, n_areas)
    off_main = homes.moved | (homes.found & (paced.part[homes.edge] != paced.main_part))
    islands = over(_sums(at, lead * off_main, n_areas), total, nothing=0.0)
    far = over(_sums(at, lead * ~homes.found, n_areas), total, nothing=0.0)
    people = _sums(at, demand.people[:, demand.people.sum(axis=0).argmax()], n_areas)
    km = street_km(paced, areas)
    per_1000 = np.divide(1000.0 * km, people, out=np.full(n_areas, np.inf), where=people > 0)
    bare = per_1000 < constant("bare_km_per_1000")
    thin = bare | (islands > constant("thin_islands")) | (far > constant("thin_far"))
    measured = np.array(
        [over(coverage.people(kind), total, nothing=0.0) for kind in coverage.kinds]
    )
    walk_m = paced.walker.limit_ms(coverage.minutes[-1]) / 1000.0 * paced.walker.flat_mps
    if direction == "round_trip":
        walk_m /= 2.0
    places = [facilities.xy_m[facilities.rows_of(kind)] for kind in coverage.kinds]
    straight = np.array([_straight_share(xy, demand, walk_m, at, n_areas) for xy in places])
    kept_back = withheld(measured, straight, part=constant("straight_raise"))
    # Where nobody lives there is nothing to withhold.
    cannot_say = (bare | (thin & kept_back)) & (total > 0)
    return Completeness(
        (*areas.names, ""), coverage.kinds, people, km, per_1000, islands, far, bare, thin,
        measured, straight, cannot_say,
    )  # fmt: skip


def _sums(at: NDArray[np.int64], values: NDArray[np.float64], n_areas: int) -> NDArray[np.float64]:
    return np.asarray(np.bincount(at, values, minlength=n_areas), np.float64)


def street_km(paced: PacedNetwork, areas: Areas) -> NDArray[np.float64]:
    """Return km of usable streets by area, the last outside all; an edge lies where its middle is.

    Parameters
    ----------
    paced
        The network of one walker.
    areas
        The study's areas.
    """
    edges = np.flatnonzero(paced.usable).astype(np.int32)
    length_dm = paced.network.edge_length_dm[edges]
    at = areas.area_of(paced.network.points_at(edges, (length_dm // 2).astype(np.int32)))
    at_area = np.where(at < 0, len(areas.names), at).astype(np.int64)
    return _sums(at_area, length_dm / 10_000.0, len(areas.names) + 1)


def _straight_share(
    xy_m: NDArray[np.float64],
    demand: Demand,
    walk_m: float,
    at: NDArray[np.int64],
    n_areas: int,
) -> NDArray[np.float64]:
    """Return the straight share by area, of the people whose place is known."""
    known = np.isfinite(demand.xy_m).all(axis=1)
    if len(xy_m) == 0 or not known.any():
        return np.zeros(n_areas)
    metres, _ = KDTree(xy_m).query(demand.xy_m[known])
    sure, never = constant("straight_sure"), constant("straight_never")
    counted = np.clip((never - metres / walk_m) / (never - sure), 0.0, 1.0)
    people = demand.people_of(demand.lead_group)[known]
    total = _sums(at[known], people, n_areas)
    return over(_sums(at[known], people * counted, n_areas), total, nothing=0.0)
