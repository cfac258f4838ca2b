"""Distance bands: how far the nearest facility is where nobody can walk there.

*Network metres* are metres along the streets that the circle's walker may use, the way between the
house and the street included; slopes and stairs do not lengthen them. A *band* is a range of them,
its upper end included; people without any way along streets are a band of their own, and never get
a straight line in its place.

An area is *out of walking reach* (步行不可及) for a kind where hardly anybody is inside the circle
(a share under ``hopeless_share``) and the people in the middle have more than ``hopeless_m``
network metres to the nearest facility: no better path and no quicker pace would bring most of them
there. Both thresholds are assumptions (:mod:`quarterhour.presets`). Such areas are shown by bands
instead of minutes.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import KDTree

from quarterhour.cover.assess import Coverage
from quarterhour.cover.case import Case
from quarterhour.cover.closest import closest
from quarterhour.cover.quantiles import median_of, medians, seconds_of
from quarterhour.presets import Walker, constant
from quarterhour.streets.walker import UNREACHED

# Upper ends in metres; then come "farther" and "no way along streets".
EDGES_M: Final = (300, 500, 1000, 2000, 5000)
BANDS: Final = ("to_300", "to_500", "to_1000", "to_2000", "to_5000", "farther", "no_way")
OUT_OF_REACH, WALKABLE, CANNOT_SAY, NOBODY, NO_FACILITY = 1, 0, -1, -2, -3
VERDICTS: Final = ("no_facility", "nobody", "cannot_say", "walkable", "out_of_reach")
# Wider than any district: what is farther has no way for any purpose.
_LIMIT_M = 200_000


def _floats() -> NDArray[np.float64]:
    return np.zeros(0)


def _ints() -> NDArray[np.int32]:
    return np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class DistanceBands:
    """People by network distance to the nearest facility; axes stand in the order of the names.

    Attributes
    ----------
    kinds, areas, groups, group
        Kinds, then ``any``; names of areas, the last ``""``: outside all; groups, and the lead one.
    people
        People by band (kinds, bands, areas, groups); over all bands they are all residents.
    median_m
        Network metres of the lead group's middle person (kinds, areas + 1): the areas, the last
        outside all, and then everybody. ``inf`` where that person has no way, ``nan`` where nobody
        lives.
    no_way_straight_m
        Straight metres to the nearest facility of the lead group's middle person among those
        without a way (kinds); ``nan`` where there are none.
    verdict
        ``OUT_OF_REACH``, ``WALKABLE``, ``CANNOT_SAY``, ``NOBODY`` or ``NO_FACILITY`` (kinds,
        areas).
    """

    kinds: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    group: str = ""
    people: NDArray[np.float64] = field(default_factory=_floats)
    median_m: NDArray[np.float64] = field(default_factory=_floats)
    no_way_straight_m: NDArray[np.float64] = field(default_factory=_floats)
    verdict: NDArray[np.int32] = field(default_factory=_ints)

    def of(self, kind: str, *, group: str = "") -> NDArray[np.float64]:
        """Return people of one kind by band and area (bands, areas); the lead group by default."""
        found: NDArray[np.float64] = self.people[
            self.kinds.index(kind), :, :, self.groups.index(group or self.group)
        ]
        return found

    def out_of_reach(self, kind: str) -> NDArray[np.int64]:
        """Return the rows of areas out of walking reach of a kind."""
        return np.flatnonzero(self.verdict[self.kinds.index(kind)] == OUT_OF_REACH)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, area and group; the bands add up to the residents."""
        rows = []
        for k, kind in enumerate(self.kinds):
            verdict = [VERDICTS[v + 3] for v in self.verdict[k]]
            for g, group in enumerate(self.groups):
                frame = pd.DataFrame({"area": self.areas, "kind": kind, "group": group})
                for b, band in enumerate(BANDS):
                    frame[band] = self.people[k, b, :, g]
                frame["median_m"] = self.median_m[k, :-1] if group == self.group else np.nan
                rows.append(frame.assign(verdict=verdict))
        return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def measure_bands(
    case: Case, coverage: Coverage, *, withheld: NDArray[np.bool_]
) -> DistanceBands:  # fmt: skip
    """Count people by network distance, and say where walking is out of the question.

    Parameters
    ----------
    case, coverage
        The circle, and who is inside it.
    withheld
        Which areas cannot say (kinds, areas + 1), kinds as in the coverage.
    """
    kinds, people = coverage.kinds, case.demand.people
    lead = case.demand.people_of(coverage.lead_group)
    search = closest(case, walker=_metres(case.walker), direction="there")
    counts = np.zeros((len(kinds), len(BANDS), case.n_areas, people.shape[1]))
    median = np.full((len(kinds), case.n_areas + 1), np.nan)
    straight = np.full(len(kinds), np.nan)
    for k, kind in enumerate(kinds):
        rows = case.facilities.rows_of(kind)
        ms, _ = search(rows, _LIMIT_M * 1000)
        counts[k] = _by_band(case, ms)
        metres = seconds_of(ms)  # a metre is a second
        median[k, :-1] = medians(metres, lead, case.at, case.n_areas)
        median[k, -1] = median_of(metres, lead)
        straight[k] = _straight_median(case, rows, (ms == UNREACHED) & (lead > 0), lead)
    return DistanceBands(
        kinds, coverage.areas, case.demand.groups, coverage.lead_group, counts, median, straight,
        _verdicts(case, coverage, median[:, :-1], withheld),
    )  # fmt: skip


def _metres(walker: Walker) -> Walker:
    """Return a walker that counts metres on the streets open to this one."""
    return replace(
        walker, name=f"{walker.name}_metres", flat_mps=1.0, slope=False, step_up_s=0.0,
        step_down_s=0.0, rest_s_per_50_steps=0.0, straight=False, limits_m={15: 1000.0},
    )  # fmt: skip


def _by_band(case: Case, ms: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return people by band and area (bands, areas, groups)."""
    band = np.searchsorted(np.array(EDGES_M) * 1000, ms)
    band[ms == UNREACHED] = len(BANDS) - 1
    cell, size = band * case.n_areas + case.at, len(BANDS) * case.n_areas
    counts = np.zeros((size, case.demand.people.shape[1]))
    for g, people in enumerate(case.demand.people.T):
        counts[:, g] = np.bincount(cell, people, minlength=size)
    return counts.reshape(len(BANDS), case.n_areas, -1)


def _straight_median(
    case: Case, rows: NDArray[np.int64], who: NDArray[np.bool_], weights: NDArray[np.float64]
) -> float:
    """Return the straight metres of the middle person of some; ``nan`` for nobody."""
    some = np.flatnonzero(who & np.isfinite(case.demand.xy_m).all(axis=1))
    if len(some) == 0 or len(rows) == 0:
        return float("nan")
    metres, _ = KDTree(case.facilities.xy_m[rows]).query(case.demand.xy_m[some])
    return median_of(metres, weights[some])


def _verdicts(
    case: Case, coverage: Coverage, median_m: NDArray[np.float64], withheld: NDArray[np.bool_]
) -> NDArray[np.int32]:
    lead = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    inside = np.stack([coverage.people(kind) for kind in coverage.kinds])
    share = np.divide(inside, lead, out=np.zeros_like(inside), where=lead > 0)
    far = (share < constant("hopeless_share")) & (median_m > constant("hopeless_m"))
    verdict = np.where(far, OUT_OF_REACH, WALKABLE)
    verdict[withheld] = CANNOT_SAY
    verdict[:, lead <= 0] = NOBODY
    if len(case.facilities.ids) == 0:
        verdict[:] = NO_FACILITY
    return verdict.astype(np.int32)
