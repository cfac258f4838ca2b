"""Placement: how much coverage depends on where in its area people are put.

An area's people are placed on its homes, its streets or the cells of a grid; nobody knows which of
them is right. Where two are possible, both are counted: their difference is the *placement
uncertainty* of each share.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage, assess_cover
from quarterhour.cover.case import Case
from quarterhour.demand import Demand


@dataclass(frozen=True, slots=True, eq=False)
class PlacementEffect:
    """People of the lead group within the longest limit, with the same people placed twice.

    Attributes
    ----------
    kinds, areas
        As in the coverage; the last area is ``""``: outside all areas.
    group, minutes
        Whose coverage, and the limit.
    on, other_on
        What people stand on, by what most of them do: ``building``, ``street`` or ``place``.
    residents
        People by area (areas,).
    within, other_within
        People within the limit (kinds, areas): as the study places them, and otherwise.
    """

    kinds: tuple[str, ...]
    areas: tuple[str, ...]
    group: str
    minutes: int
    on: str
    other_on: str
    residents: NDArray[np.float64]
    within: NDArray[np.float64]
    other_within: NDArray[np.float64]

    def shares(self, kind: str) -> tuple[float, float]:
        """Return the share of all people within the limit, both ways; ``nan`` without people."""
        k, total = self.kinds.index(kind), self.residents.sum()
        if total == 0:
            return float("nan"), float("nan")
        return float(self.within[k].sum() / total), float(self.other_within[k].sum() / total)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind and area."""
        n_kinds, n_areas = self.within.shape
        return pd.DataFrame(
            {"kind": np.repeat(np.array(self.kinds, object), n_areas),
             "area": np.tile(np.array(self.areas, object), n_kinds),
             "residents": np.tile(self.residents, n_kinds),
             "within": self.within.ravel(), "within_otherwise": self.other_within.ravel()}
        )  # fmt: skip


def compare_placements(case: Case, coverage: Coverage, other: Demand | None) -> (
    PlacementEffect | None
):  # fmt: skip
    """Count coverage with the same people placed otherwise.

    Parameters
    ----------
    case, coverage
        The circle, and its coverage with the study's placement.
    other
        The same residents placed otherwise; ``None`` where there is only one way.

    Returns
    -------
    PlacementEffect or None
        ``None`` without another placement.
    """
    if other is None:
        return None
    again = assess_cover(
        case.network, case.facilities, other, case.areas, walkers=[case.walker],
        minutes=case.minutes[-1:], direction=case.direction, max_snap_m=case.max_snap_m,
    )  # fmt: skip
    within = np.stack([coverage.people(kind) for kind in coverage.kinds])
    otherwise = np.stack([again.people(kind) for kind in coverage.kinds])
    residents = coverage.residents[:, coverage.groups.index(coverage.lead_group)]
    return PlacementEffect(
        coverage.kinds, coverage.areas, coverage.lead_group, case.minutes[-1],
        _mostly(case.demand), _mostly(other), residents, within, otherwise,
    )  # fmt: skip


def _mostly(demand: Demand) -> str:
    """Return what most people stand on."""
    on, lead = np.array(demand.on, object), demand.people_of(demand.lead_group)
    sums = {what: float(lead[on == what].sum()) for what in ("building", "street", "place")}
    return max(sums, key=lambda what: sums[what])
