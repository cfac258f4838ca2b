"""Hierarchy (中心带站): stations without a centre in reach, and what each centre leads.

A *leader* is a facility of the tier above: a centre (of a subdistrict or a town) leads community
stations and village points, a community station leads neighbourhood points, a district nursing
centre leads town centres (SPB-145-elder). A *lower* facility is one that has a tier above it. It is
*led* where the nearest leader, by walking between the two, lies within the longest limit of the
circle, and else *beyond*. A district centre is nothing that staff walk to from a town: of town
centres the distance alone is told (*distance_only*). Where the study has no facility of the tier
above, nobody knows (*unknown*). The neighbours' facilities neither lead nor are led: no district
leads the stations of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.cover.closest import Search, closest
from quarterhour.cover.tiers import own_tiers, tiers_inferred
from quarterhour.inputs.facilities import TIERS
from quarterhour.streets.walker import UNREACHED

# A town has communities and a subdistrict has villages: either centre leads both.
LEADERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "town": ("district",),
        "community": ("subdistrict", "town"),
        "village": ("subdistrict", "town"),
        "neighbourhood": ("community",),
    }
)
STATES = ("led", "beyond", "distance_only", "unknown")
_JUDGED = ("community", "village", "neighbourhood")


def _ints() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


def _floats() -> NDArray[np.float64]:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Who leads whom; empty where no facility has a tier above it.

    Attributes
    ----------
    facility, ids
        Lower facilities: their rows in the study's facilities, ascending, and their ids.
    tier, state
        Tier of each, and one of ``STATES``.
    leader
        Row of the nearest leader: by walking, else, where none is within an hour, in a straight
        line; -1 where the study has none.
    seconds
        Walk between the two (the circle's walker and direction); ``inf`` beyond an hour, ``nan``
        without a leader.
    straight_m
        Straight metres between the two; ``nan`` without a leader.
    own_area
        Whether the leader lies in the same area: 1 yes, 0 no, -1 where there is no leader or the
        lower one lies outside all areas.
    own_centre
        Whether the area has any leader of the right tier, likewise; -1 outside all areas.
    inferred
        How many tiers of facilities are those of their kind, because the file says none.
    minutes, limit_s
        The circle's longest limit, in minutes and in the walker's seconds.
    tiers, areas, groups
        Tiers of lower facilities; names of areas, the last ``""``: outside all; groups.
    residents
        People (areas, groups).
    inside, led
        People within the longest limit of a facility of a tier, and of them those whose nearest
        one is led (tiers, areas, groups); ``led`` is ``nan`` for tiers that are not judged.
    """

    facility: NDArray[np.int32] = field(default_factory=_ints)
    ids: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    leader: NDArray[np.int32] = field(default_factory=_ints)
    seconds: NDArray[np.float64] = field(default_factory=_floats)
    straight_m: NDArray[np.float64] = field(default_factory=_floats)
    own_area: NDArray[np.int32] = field(default_factory=_ints)
    own_centre: NDArray[np.int32] = field(default_factory=_ints)
    inferred: int = 0
    minutes: int = 15
    limit_s: float = 0.0
    tiers: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    residents: NDArray[np.float64] = field(default_factory=_floats)
    inside: NDArray[np.float64] = field(default_factory=_floats)
    led: NDArray[np.float64] = field(default_factory=_floats)

    def count(self, tier: str, state: str) -> int:
        """Return how many facilities of a tier are in a state."""
        return sum(t == tier and s == state for t, s in zip(self.tier, self.state, strict=True))

    def led_by(self, row: int) -> NDArray[np.int64]:
        """Return what one facility leads, as positions in ``facility``.

        Lower facilities in reach of it, and those of which the distance alone is told.
        """
        tells = np.array([s in ("led", "distance_only") for s in self.state], bool)
        return np.flatnonzero(tells & (self.leader == row))

    def share_led(self, tier: str, group: str) -> float:
        """Return the share of people inside a tier's circle whose facility is led.

        ``nan`` where the tier is not judged or nobody is inside.
        """
        t, g = self.tiers.index(tier), self.groups.index(group)
        inside = float(self.inside[t, :, g].sum())
        return float(self.led[t, :, g].sum()) / inside if inside > 0 else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per lower facility."""
        return pd.DataFrame(
            {
                "id": self.ids, "facility": self.facility, "tier": self.tier, "state": self.state,
                "leader": self.leader, "seconds": self.seconds, "straight_m": self.straight_m,
                "own_area": self.own_area, "own_centre": self.own_centre,
            }
        )  # fmt: skip

    def people_frame(self) -> pd.DataFrame:
        """Return one row per tier, area and group; inside and outside add up to residents."""
        rows = [
            pd.DataFrame(
                {
                    "tier": tier, "area": self.areas, "group": group,
                    "residents": self.residents[:, g], "inside": self.inside[t, :, g],
                    "led": self.led[t, :, g],
                    "outside": self.residents[:, g] - self.inside[t, :, g],
                }
            )
            for t, tier in enumerate(self.tiers)
            for g, group in enumerate(self.groups)
        ]  # fmt: skip
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def assess_hierarchy(case: Case) -> Hierarchy:
    """Find the leader of each lower facility, and the people of led ones.

    Parameters
    ----------
    case
        The circle. Its longest limit and direction hold between facilities too: from the lower
        facility to its leader, as from a home to a facility.

    References
    ----------
    .. [1] SPB-145-elder: three tiers, the upper leading the lower (中心带站).
    """
    every = own_tiers(case.facilities, case.areas)
    tier = np.array(every, object)
    tiers = tuple(t for t in TIERS if t in LEADERS and t in every)
    rows = np.flatnonzero([t in LEADERS for t in every])
    links = _Links.none(len(every))
    if tiers:
        walk = closest(case, seen_from="facilities")
        for name in tiers:
            links.fill(case, walk, tier, name)
    inside, led = _people(case, tier, tiers, links)
    return Hierarchy(
        facility=rows.astype(np.int32), ids=tuple(case.facilities.ids[r] for r in rows),
        tier=tuple(every[r] for r in rows), state=tuple(links.state[rows].tolist()),
        leader=links.leader[rows], seconds=links.seconds[rows], straight_m=links.straight_m[rows],
        own_area=links.own_area[rows], own_centre=links.own_centre[rows],
        inferred=int(tiers_inferred(case.facilities, every).sum()), minutes=case.minutes[-1],
        limit_s=case.limit_ms / 1000.0, tiers=tiers, areas=(*case.areas.names, ""),
        groups=case.demand.groups, residents=case.by_area(case.demand.people), inside=inside,
        led=led,
    )  # fmt: skip


def _people(
    case: Case, tier: NDArray[np.object_], tiers: tuple[str, ...], links: "_Links"
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return people inside each tier's circle, and of them those whose facility is led."""
    inside = np.zeros((len(tiers), case.n_areas, len(case.demand.groups)))
    led = np.full_like(inside, np.nan)
    if not tiers:
        return inside, led
    search, is_led = closest(case), links.state == "led"
    for t, name in enumerate(tiers):
        rows = np.flatnonzero(tier == name)
        nearest = search(rows, case.limit_ms)[1]
        at_one = nearest >= 0
        inside[t] = case.by_area(case.demand.people * at_one[:, None])
        if name in _JUDGED and (links.leader[rows] >= 0).all():
            of_led = at_one & is_led[nearest]
            led[t] = case.by_area(case.demand.people * of_led[:, None])
    return inside, led


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """What is known of each facility of the study; arrays are filled tier by tier."""

    state: NDArray[np.object_]
    leader: NDArray[np.int32]
    seconds: NDArray[np.float64]
    straight_m: NDArray[np.float64]
    own_area: NDArray[np.int32]
    own_centre: NDArray[np.int32]

    @classmethod
    def none(cls, n: int) -> "_Links":
        unsaid = np.full(n, -1, np.int32)
        return cls(
            np.full(n, "unknown", object), unsaid.copy(), np.full(n, np.nan), np.full(n, np.nan),
            unsaid.copy(), unsaid.copy(),
        )  # fmt: skip

    def fill(self, case: Case, walk: Search, tier: NDArray[np.object_], name: str) -> None:
        """Find the leaders of one tier."""
        lower = np.flatnonzero(tier == name)
        above = np.flatnonzero([t in LEADERS[name] for t in tier])
        if len(above) == 0:
            return
        limit_ms = case.search_ms
        ms, nearest = (found[lower] for found in walk(above, limit_ms))
        xy, area = case.facilities.xy_m, case.facilities.area_index
        leader = np.where(nearest >= 0, nearest, _straight_nearest(xy, lower, above))
        self.leader[lower] = leader
        self.seconds[lower] = np.where(ms == UNREACHED, np.inf, ms / 1000.0)
        self.straight_m[lower] = np.hypot(*(xy[lower] - xy[leader]).T)
        in_one = area[lower] >= 0
        self.own_area[lower] = np.where(in_one, area[leader] == area[lower], -1)
        self.own_centre[lower] = np.where(in_one, np.isin(area[lower], area[above]), -1)
        self.state[lower] = np.where(ms <= case.limit_ms, "led", "beyond")
        if name not in _JUDGED:
            self.state[lower] = "distance_only"


def _straight_nearest(
    xy_m: NDArray[np.float64], lower: NDArray[np.int64], above: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the leader nearest in a straight line, the lowest row among equals."""
    far = [np.hypot(*(xy_m[above] - place).T) for place in xy_m[lower]]
    found: NDArray[np.int64] = above[np.argmin(np.array(far), axis=1)]
    return found
