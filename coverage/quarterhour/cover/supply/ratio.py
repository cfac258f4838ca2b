"""Supply ratio: places shared out among the people who reach them, by floating catchments.

Each facility shares its places among all who reach it (its *ratio*), and each home adds up the
ratios of the facilities that it reaches (its *access*), whatever the borders between them. The
members of the family differ in how much a longer walk counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.quotients import over
from quarterhour.errors import Fault, raise_if
from quarterhour.reach.times import ReachTable

SupplyMethod = Literal["fca", "2sfca", "e2sfca", "3sfca", "m2sfca"]
# Slow decay over the thirds of the longest limit: the weights of Luo and Qi (2009) for car rides
# of 10, 20 and 30 minutes, as the package access (PySAL) gives them (secondary). That they hold
# for an elder's walk is an assumption.
SLOW_DECAY = (1.0, 0.68, 0.22)


@dataclass(frozen=True, slots=True, eq=False)
class SupplyRatio:
    """Places per 1,000 people, by floating catchments.

    Attributes
    ----------
    method
        One of ``SupplyMethod``.
    limits_ms, weights
        Inclusive ends of the zones, and the weight of each.
    ratio
        Places per 1,000 people who share them, per facility; ``nan`` where the capacity is
        unknown or nobody is in reach, and for ``fca``, which has none.
    access
        Places per 1,000 people, per demand point: 0 where no facility is in reach, ``nan`` where
        only facilities of unknown capacity are.
    """

    method: str
    limits_ms: tuple[int, ...]
    weights: tuple[float, ...]
    ratio: NDArray[np.float64]
    access: NDArray[np.float64]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per demand point."""
        return pd.DataFrame({"access": self.access})


def zone_weights(limits_ms: Sequence[int]) -> tuple[float, ...]:
    """Return the slow decay for zones: the weight of the third in which a zone begins.

    Three equal zones get 1, 0.68 and 0.22; a single zone gets 1.

    Parameters
    ----------
    limits_ms
        Inclusive ends of the zones, ascending.

    References
    ----------
    .. [1] W. Luo and Y. Qi, "An enhanced two-step floating catchment area (E2SFCA) method for
       measuring spatial accessibility to primary care physicians", Health & Place 15, 1100-1107
       (2009). doi:10.1016/j.healthplace.2009.06.002
    """
    begins = (0, *limits_ms[:-1])
    return tuple(SLOW_DECAY[min(3 * begin // limits_ms[-1], 2)] for begin in begins)


def supply_ratio(
    reach: ReachTable,
    capacity: NDArray[np.float64],
    people: NDArray[np.float64],
    *,
    method: SupplyMethod = "e2sfca",
    limits_ms: Sequence[int] | None = None,
    weights: Sequence[float] | None = None,
    among: ReachTable | None = None,
) -> SupplyRatio:
    """Share the places of facilities among the people who reach them.

    With the weight w_ij of the zone that a walk falls into (0 beyond the last),

    ==========  ==================================  ============================
    method      ratio of facility j                 access of home i
    ==========  ==================================  ============================
    ``2sfca``   R_j = S_j / sum_k P_k w_kj, w = 1   A_i = sum_j w_ij R_j
    ``e2sfca``  R_j = S_j / sum_k P_k w_kj          A_i = sum_j w_ij R_j
    ``3sfca``   R_j = S_j / sum_k P_k w_kj g_kj     A_i = sum_j w_ij g_ij R_j
    ``m2sfca``  R_j = S_j / sum_k P_k w_kj          A_i = sum_j w_ij^2 R_j
    ``fca``     none                                A_i = sum_j w_ij S_j / sum_k P_k w_ik
    ==========  ==================================  ============================

    where g_ij = w_ij / sum_j w_ij. The first three give away every place that anybody reaches;
    ``m2sfca`` leaves places unused that are far from everybody.

    Parameters
    ----------
    reach
        Times between facilities (rows) and demand points (columns).
    capacity
        Places per facility (n_rows,); ``nan`` where unknown.
    people
        People per demand point (n_columns,).
    method
        Member of the family.
    limits_ms
        Inclusive ends of the zones, ascending, none beyond the table's limit: by default that one.
    weights
        Weight of each zone, not below 0; by default 1 for ``2sfca`` and ``fca``, else
        :func:`zone_weights`.
    among
        Times between demand points (rows and columns, each reaching itself), for ``fca`` alone,
        whose catchment is drawn around the home for places and people alike.

    Raises
    ------
    InputError
        If zones, weights or method cannot be used, all faults together.

    References
    ----------
    .. [1] W. Luo and F. Wang, "Measures of spatial accessibility to health care in a GIS
       environment", Environment and Planning B 30, 865-884 (2003). doi:10.1068/b29120
    .. [2] Luo and Qi (2009), see :func:`zone_weights`.
    .. [3] N. Wan, B. Zou and T. Sternberg, "A three-step floating catchment area method for
       analyzing spatial access to health services", International Journal of Geographical
       Information Science 26, 1073-1089 (2012). doi:10.1080/13658816.2011.624987
    .. [4] P. L. Delamater, "Spatial accessibility in suboptimally configured health care
       systems: a modified two-step floating catchment area (M2SFCA) metric", Health & Place 24,
       30-43 (2013). doi:10.1016/j.healthplace.2013.07.012
    .. [5] ``fca``: as ``fca_ratio`` of the package access (PySAL).
    """
    limits = tuple(int(limit) for limit in limits_ms) if limits_ms else (reach.limit_ms,)
    flat = (1.0,) * len(limits) if method in ("2sfca", "fca") else zone_weights(limits)
    given = flat if weights is None else tuple(float(weight) for weight in weights)
    _check(reach, method, limits, given, among)
    facility, home = reach.sources(), reach.indices
    known = np.isfinite(capacity)
    places = np.where(known, capacity, 0.0)
    reached = _weight(reach, limits, given)
    weight = np.where(known[facility], reached, 0.0)
    ratio = np.full(reach.n_rows, np.nan)
    if among is not None and method == "fca":
        asking = sum_at(among.sources(), _weight(among, limits, given) * people[among.indices],
                      reach.n_columns)  # fmt: skip
        access = over(sum_at(home, weight * places[facility], reach.n_columns), asking, 0.0)
    else:
        taken, given_out = _steps(method, weight, home, reach.n_columns)
        asking = sum_at(facility, taken * people[home], reach.n_rows)
        ratio = over(places, np.where(known, asking, 0.0), np.nan)
        access = sum_at(home, given_out * np.nan_to_num(ratio)[facility], reach.n_columns)
    unsaid = (sum_at(home, reached, reach.n_columns) > 0) & (sum_at(home, weight, len(access)) == 0)
    access[unsaid] = np.nan
    return SupplyRatio(method, limits, given, 1000.0 * ratio, 1000.0 * access)


def _check(
    reach: ReachTable,
    method: str,
    limits: tuple[int, ...],
    weights: tuple[float, ...],
    among: ReachTable | None,
) -> None:
    faults = []
    if method not in get_args(SupplyMethod):
        allowed = ", ".join(get_args(SupplyMethod))
        values = {"name": "method", "value": method, "allowed": allowed}
        faults.append(Fault("reach.out_of_range", values))
    if method == "fca" and among is None:
        faults.append(Fault("supply.no_among"))
    if limits[0] <= 0 or limits[-1] > reach.limit_ms or (np.diff(limits) <= 0).any():
        values = {"name": "limits_ms", "value": ", ".join(map(str, limits)),
                  "allowed": f"0 < … < … ≤ {reach.limit_ms}"}  # fmt: skip
        faults.append(Fault("reach.out_of_range", values))
    if len(weights) != len(limits) or not all(0 <= weight < np.inf for weight in weights):
        values = {"name": "weights", "value": ", ".join(map(str, weights)),
                  "allowed": f"{len(limits)} × ≥ 0"}  # fmt: skip
        faults.append(Fault("reach.out_of_range", values))
    raise_if(faults)


def _weight(
    table: ReachTable, limits: tuple[int, ...], weights: tuple[float, ...]
) -> NDArray[np.float64]:
    zone = np.searchsorted(limits, table.ms, side="left")
    found: NDArray[np.float64] = np.array([*weights, 0.0])[zone]
    return found


def _steps(
    method: str, weight: NDArray[np.float64], home: NDArray[np.int32], n_homes: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights of the step that gathers people, and of the one that gives out."""
    if method == "3sfca":
        # The third step: people choose among what they reach, by the weight of the walk.
        chosen = weight * over(weight, sum_at(home, weight, n_homes)[home], 0.0)
        return chosen, chosen
    return weight, weight * weight if method == "m2sfca" else weight


def sum_at(
    at: NDArray[np.int64] | NDArray[np.int32], values: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """Return the sums of values by row: shape (count,)."""
    return np.asarray(np.bincount(at, values, minlength=count), np.float64)
