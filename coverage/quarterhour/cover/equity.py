"""Equity: how evenly coverage and places are spread over elders.

Four views of one question, each by kind: the least and the best covered *area*; how the *oldest*
(80 and more) fare beside the lead group; *zones* of the study (old core, new plain); and the *Gini
index*, 0 where all have the same and near 1 where few have everything. It is taken twice: of the
areas' shares, and of the places that each elder can reach (*access*, from the floating catchment
method). The *Lorenz curve* draws the second. Areas that cannot say their coverage are not compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.assess import BY_GROUP, Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.quotients import over
from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas

OLDEST = "80+"
_CURVE_POINTS = 101


@dataclass(frozen=True, slots=True, eq=False)
class Equity:
    """How evenly people are served; people are those of the lead group. ``nan`` is unknown.

    Attributes
    ----------
    kinds, areas
        As in the coverage.
    lead, oldest
        The lead group; the group it is set beside, empty where the study has none of 80 and more.
    share
        Share within the longest limit (kinds, areas); ``nan`` where nobody lives.
    compared
        How many areas can say and have people: those that are compared (kinds).
    worst, best
        Rows of the least and the best covered area of those that can say (kinds); -1 for none.
    gini_areas
        Gini index of the areas' shares, weighted by people (kinds); needs two areas that can say.
    access_unknown
        People whose access is unknown (kinds); index and curve are of the others.
    gini_access
        Gini index of access over people (kinds); ``nan`` too where nobody has any.
    curve_people, curve_access
        Lorenz curve of access: cumulative share of people, least access first (points), and of
        access (kinds, points); at most 101 points.
    share_lead, share_oldest
        Shares of both groups within the longest limit (walkers, kinds): with the circle's walker,
        and each group at its own pace.
    zones
        Names of the study's zones; the last is ``""``: areas in no zone, and outside all areas.
    zone_people, zone_held
        People by zone (zones), and those of them who live where a kind cannot say (kinds, zones).
    zone_within
        People within the longest limit, of those who live where the kind can say (kinds, zones).
    """

    kinds: tuple[str, ...]
    areas: tuple[str, ...]
    lead: str
    oldest: str
    share: NDArray[np.float64]
    compared: NDArray[np.int64]
    worst: NDArray[np.int64]
    best: NDArray[np.int64]
    gini_areas: NDArray[np.float64]
    access_unknown: NDArray[np.float64]
    gini_access: NDArray[np.float64]
    curve_people: NDArray[np.float64]
    curve_access: NDArray[np.float64]
    share_lead: NDArray[np.float64]
    share_oldest: NDArray[np.float64]
    zones: tuple[str, ...]
    zone_people: NDArray[np.float64]
    zone_held: NDArray[np.float64]
    zone_within: NDArray[np.float64]

    def share_of(self, kind: str, area: int) -> float:
        """Return the share of an area by its row; ``nan`` for row -1, which is none."""
        return float(self.share[self.kinds.index(kind), area]) if area >= 0 else float("nan")

    def gap(self, kind: str) -> float:
        """Return the best covered area's share less the least covered one's; needs two areas."""
        k = self.kinds.index(kind)
        if self.compared[k] < 2:
            return float("nan")
        return self.share_of(kind, int(self.best[k])) - self.share_of(kind, int(self.worst[k]))

    def half_has(self, kind: str) -> float:
        """Return the share of all access that the half of the people with least of it has."""
        return float(np.interp(0.5, self.curve_people, self.curve_access[self.kinds.index(kind)]))

    @property
    def zone_share(self) -> NDArray[np.float64]:
        """Share of the people of each zone who live where the kind can say (kinds, zones)."""
        return over(self.zone_within, self.zone_people - self.zone_held)

    def zone_gap(self, kind: str) -> float:
        """Return the largest share of a zone less the smallest; the rest is no zone."""
        shares = self.zone_share[self.kinds.index(kind), :-1]
        known = shares[np.isfinite(shares)]
        return float(known.max() - known.min()) if len(known) > 1 else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind."""
        named = np.array((*self.areas[:-1], ""), object)
        frame = pd.DataFrame(
            {
                "kind": self.kinds, "worst_area": named[self.worst],
                "worst_share": [
                    self.share_of(k, a) for k, a in zip(self.kinds, self.worst, strict=True)
                ],
                "best_area": named[self.best],
                "best_share": [
                    self.share_of(k, a) for k, a in zip(self.kinds, self.best, strict=True)
                ],
                "gini_areas": self.gini_areas, "gini_access": self.gini_access,
                "access_unknown": self.access_unknown,
            }
        )  # fmt: skip
        for w, walker in enumerate(("", "_own_pace")):
            frame[f"share_lead{walker}"] = self.share_lead[w]
            frame[f"share_oldest{walker}"] = self.share_oldest[w]
        return frame.assign(zone_gap=[self.zone_gap(kind) for kind in self.kinds])

    def zones_frame(self) -> pd.DataFrame:
        """Return one row per kind and zone; held and counted people add up to the residents."""
        n = len(self.zones)
        return pd.DataFrame(
            {
                "kind": np.repeat(np.array(self.kinds, object), n),
                "zone": np.tile(np.array(self.zones, object), len(self.kinds)),
                "people": np.tile(self.zone_people, len(self.kinds)),
                "held": self.zone_held.ravel(), "within": self.zone_within.ravel(),
                "share": self.zone_share.ravel(),
            }
        )  # fmt: skip


def assess_equity(
    case: Case,
    coverage: Coverage,
    *,
    access: NDArray[np.float64] | None,
    zones: Mapping[str, Sequence[str]],
    withheld: NDArray[np.bool_],
) -> Equity:
    """Compare areas, age groups and zones, and tell how unevenly places are spread.

    Parameters
    ----------
    case, coverage
        The circle, and coverage by kind.
    access
        Places per elder within reach, in any unit (kinds of the coverage without ``any``, demand
        points); ``nan`` where unknown, ``None`` where nobody measured it.
    zones
        Names of areas by zone; an area counts in the first zone that names it, names that no area
        has count nowhere (see :func:`zone_faults`).
    withheld
        Which kinds cannot say where (kinds, areas + 1).
    """
    people = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    within = np.stack([coverage.people(kind) for kind in coverage.kinds])
    share = over(within, np.broadcast_to(people, within.shape))
    # People outside all areas are in no area that could be compared.
    named = (~withheld & (people > 0))[:, :-1]
    low, high = np.where(named, share[:, :-1], np.inf), np.where(named, share[:, :-1], -np.inf)
    compared = named.sum(axis=1)
    zone_at, names = _zone_of(case.areas, zones)
    grid = np.linspace(0.0, 1.0, _CURVE_POINTS)
    unknown, gini_access, curves = _spread(case, coverage, access, grid)
    return Equity(
        kinds=coverage.kinds, areas=coverage.areas, lead=coverage.lead_group,
        oldest=OLDEST if OLDEST in coverage.groups and coverage.lead_group != OLDEST else "",
        share=share, compared=compared,
        worst=np.where(compared > 0, low.argmin(axis=1), -1),
        best=np.where(compared > 0, high.argmax(axis=1), -1),
        gini_areas=np.array([
            gini(row[said], people[:-1][said]) if said.sum() > 1 else np.nan
            for row, said in zip(share[:, :-1], named, strict=True)
        ]),
        access_unknown=unknown, gini_access=gini_access, curve_people=grid, curve_access=curves,
        share_lead=_shares(coverage, coverage.lead_group), share_oldest=_shares(coverage, OLDEST),
        zones=names, zone_people=_by_zone(zone_at, people[None], len(names))[0],
        zone_held=_by_zone(zone_at, people * withheld, len(names)),
        zone_within=_by_zone(zone_at, within * ~withheld, len(names)),
    )  # fmt: skip


def gini(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the weighted Gini index of values: half the mean difference over the mean.

    With ``x`` ascending, weights ``w``, ``W`` their sum and ``C_i`` their sum up to ``i``:
    ``sum w_i x_i (2 C_i - w_i - W) / (W sum w_i x_i)``, which equals
    ``sum_ij w_i w_j |x_i - x_j| / (2 W sum w_i x_i)``.

    Parameters
    ----------
    values
        What people have, 0 or more.
    weights
        How many people have it, 0 or more.

    Returns
    -------
    float
        0 where all have the same, near 1 where few have all; ``nan`` where nobody has anything,
        nobody is there, or a value of somebody is unknown.

    References
    ----------
    .. [1] C. Gini, "Variabilita e mutabilita" (1912).
    .. [2] R. I. Lerman and S. Yitzhaki, "Improving the accuracy of estimates of Gini
       coefficients", Journal of Econometrics 42(1), 43-47 (1989),
       doi:10.1016/0304-4076(89)90074-2 (weights).
    """
    x, w = _ascending(values, weights)
    total = w @ x
    if not total > 0:
        return float("nan")
    up_to = np.cumsum(w)
    index = float((w * x) @ (2.0 * up_to - w - up_to[-1]) / (up_to[-1] * total))
    return max(index, 0.0)  # the dust of equal values may fall below 0


def lorenz(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Lorenz curve: cumulative shares of people, and of what they have.

    Parameters
    ----------
    values, weights
        As for :func:`gini`.

    Returns
    -------
    tuple of ndarray
        Both from 0 to 1, those with least first; the second is ``nan`` where the index is.

    References
    ----------
    .. [1] M. O. Lorenz, "Methods of measuring the concentration of wealth", Publications of the
       American Statistical Association 9(70), 209-219 (1905), doi:10.2307/2276207.
    """
    x, w = _ascending(values, weights)
    if not w @ x > 0:
        return np.array([0.0, 1.0]), np.full(2, np.nan)
    people, held = (np.concatenate([[0.0], np.cumsum(part)]) for part in (w, w * x))
    return people / people[-1], held / held[-1]


def zone_faults(zones: Mapping[str, Sequence[str]], areas: Areas) -> tuple[Fault, ...]:
    """Return a fault per name in a zone that no area has, and per area that two zones name.

    Parameters
    ----------
    zones
        Names of areas by zone, as the study says them.
    areas
        The study's areas.
    """
    faults, first = [], dict[str, str]()
    for zone, named in zones.items():
        for area in dict.fromkeys(named):
            if area not in areas.names:
                values = {"zone": zone, "area": area, "known": ", ".join(areas.names)}
                faults.append(Fault("equity.unknown_area", values))
            elif first.setdefault(area, zone) != zone:
                values = {"zone": zone, "area": area, "other": first[area]}
                faults.append(Fault("equity.area_in_two_zones", values))
    return tuple(faults)


def _ascending(
    values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the values of somebody, ascending, with their weights."""
    there = weights > 0
    order = np.argsort(values[there], kind="stable")
    return values[there][order], weights[there][order]


def _shares(coverage: Coverage, group: str) -> NDArray[np.float64]:
    """Return a group's shares with the circle's walker and at its own pace (walkers, kinds)."""
    out = np.full((2, len(coverage.kinds)), np.nan)
    if (
        group not in coverage.groups
        or not coverage.residents[:, coverage.groups.index(group)].any()
    ):
        return out
    for w, walker in enumerate((coverage.walkers[0], BY_GROUP)):
        if walker in coverage.walkers:
            out[w] = [coverage.share(k, walker=walker, group=group) for k in coverage.kinds]
    return out


def _spread(
    case: Case,
    coverage: Coverage,
    access: NDArray[np.float64] | None,
    grid: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return by kind the people of unknown access, the others' Gini index, and their curve."""
    n_kinds, people = len(coverage.kinds), case.demand.people_of(coverage.lead_group)
    if access is None:
        access = np.full((n_kinds - 1, len(people)), np.nan)
    if access.shape != (n_kinds - 1, len(people)):
        raise AssertionError("one score per kind of facility and demand point")
    # Beds and seats of all kinds together are no measure of anything.
    access = np.vstack([access, np.full(len(people), np.nan)])
    known = np.isfinite(access)
    pairs = [(row[there], people[there]) for row, there in zip(access, known, strict=True)]
    curves = [np.interp(grid, *lorenz(*pair)) for pair in pairs]
    unknown = (~known * people).sum(axis=1).astype(np.float64)
    return unknown, np.array([gini(*pair) for pair in pairs]), np.stack(curves)


def _zone_of(
    areas: Areas, zones: Mapping[str, Sequence[str]]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the row of each area (the last: outside all) among the zones, and their names."""
    at = np.full(len(areas.names) + 1, len(zones), np.int64)
    for z, named in enumerate(zones.values()):
        mine = np.isin(np.array(areas.names, object), np.array([*named], object))
        at[:-1][mine & (at[:-1] == len(zones))] = z
    return at, (*zones, "")


def _by_zone(
    at: NDArray[np.int64], values: NDArray[np.float64], n_zones: int
) -> NDArray[np.float64]:
    """Return sums of values by area (kinds, areas) over zones (kinds, zones)."""
    out = [np.bincount(at, row, minlength=n_zones).astype(np.float64) for row in values]
    return np.stack(out)
