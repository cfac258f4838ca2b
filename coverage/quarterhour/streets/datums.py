"""Datums tested against streets: whether a file's points fit them better in another datum.

Facilities stand beside streets, and a wrong datum moves them a few hundred metres, where they
stand anywhere. The *raw* degrees of a file are read once in each datum, and the distances to the
nearest street are compared. It is a doubt and no proof: nothing is moved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.datum import Datum, Plane, is_code
from quarterhour.streets.network import WalkNetwork
from quarterhour.studytables import DatumName

# CGCS2000 agrees with WGS 84 within centimetres: no street tells them apart.
COMPARED: tuple[DatumName, ...] = ("wgs84", "gcj02", "bd09")
BEYOND_M = 40.0
_FEWEST = 10
# Of the points of a right datum at most this share lies beyond; of a wrong one at least that.
_FEW_BEYOND, _MANY_BEYOND = 0.10, 0.15
_CHANCE = 0.01
# Added to each distance before its logarithm: a point on a street is not infinitely near.
_SOFT_M = 10.0
_MOST_POINTS = 1_000


@dataclass(frozen=True, slots=True)
class DatumComparison:
    """How near a file's points lie to streets, read in each datum.

    Attributes
    ----------
    declared
        Datum that the study declares for the file.
    n
        Points compared: those that lie within the streets' box whatever the datum.
    median_m
        Median distance to the nearest street in metres, by datum (``wgs84`` stands for
        ``cgcs2000`` and for systems in metres, too); ``inf`` where ``n`` is 0.
    beyond
        Share of the points more than 40 m from any street, by datum; 0 where ``n`` is 0.
    likely
        The datum that is clearly better than the declared one; empty where none is.
    """

    declared: DatumName
    n: int
    median_m: Mapping[DatumName, float]
    beyond: Mapping[DatumName, float]
    likely: DatumName = ""


def compare_datums(
    xy_m: NDArray[np.float64], declared: DatumName, network: WalkNetwork
) -> DatumComparison:
    """Compare the datum declared for points with the others.

    Parameters
    ----------
    xy_m
        Positions (n, 2) in the network's plane, as the declared datum gave them; ``nan`` where
        there is none. Of more than 1,000 every so-many-th is taken.
    declared
        Datum that was taken off.
    network
        Streets around the points.

    Notes
    -----
    Where streets are dense, the median says little: anywhere is near a street. The points of a
    wrong datum show in those that come to lie far from all streets. Another datum is likely when
    there are 10 points or more, at most a tenth of them lies beyond 40 m of a street in it (it
    has the least such share of the others), and one of two tests says so at 1 %:

    - of the points beyond 40 m in one of the two datums only, too many are so in the declared one
      (sign test), or
    - 15 % or more are beyond 40 m in the declared one, and the mean of
      ``log((declared + 10 m) / (other + 10 m))`` over the points lies above zero (Student's t).

    Tried on Longgang (Shenzhen), the two demo districts and the streets of Porto laid over
    Chongqing, with points 0-40 m off a street (near) and anywhere (spread), every datum declared
    for every other, 600 right and 1,200 wrong declarations for each figure and place. Of the right
    ones none was blamed (near) and at most 0.5 % (spread, 10 points). Of the wrong ones there were
    found:

    =================  ====  =======  ========  ========  =====
    points             3, 5  10       20        50        100
    =================  ====  =======  ========  ========  =====
    near               none  55-87 %  98-100 %  100 %     100 %
    demo's facilities  none  1-15 %   29-81 %   91-100 %  100 %
    =================  ====  =======  ========  ========  =====

    Points that stand anywhere say nothing, and hardly any wrong declaration of them was found.
    What can mislead is a patch of 800 m with few streets and points anywhere in it: up to 5 % of
    right declarations were blamed then.
    """
    taken = "wgs84" if declared not in COMPARED else declared
    plane, lines = Plane(network.crs), network.lines()
    xy_m = xy_m[np.isfinite(xy_m).all(axis=1)]
    if len(xy_m) > _MOST_POINTS:
        xy_m = xy_m[np.linspace(0, len(xy_m) - 1, _MOST_POINTS).astype(np.int64)]
    west, south, east, north = shapely.total_bounds(lines)
    raw = Datum(taken).from_wgs84(*plane.to_lonlat(xy_m).T)
    places = np.stack([plane.to_xy(*Datum(name).to_wgs84(*raw)) for name in COMPARED])
    # Beyond the last street every point is far, whatever its datum.
    inside = (places >= (west, south)) & (places <= (east, north))
    places = places[:, inside.all(axis=(0, 2))]
    n = places.shape[1]
    if n == 0:
        none = dict.fromkeys(COMPARED, float("inf"))
        return DatumComparison(declared, 0, none, dict.fromkeys(COMPARED, 0.0))
    tree = shapely.STRtree(lines)
    points = shapely.points(places.reshape(-1, 2))
    found, away_m = tree.query_nearest(points, return_distance=True, all_matches=False)
    nearest_m = np.empty(len(points))
    nearest_m[found[0]] = away_m
    distance_m = nearest_m.reshape(len(COMPARED), n)
    median = np.median(distance_m, axis=1).tolist()
    beyond = (distance_m > BEYOND_M).mean(axis=1).tolist()
    likely = _likely(COMPARED.index(taken), distance_m)
    return DatumComparison(
        declared, n,
        median_m=dict(zip(COMPARED, median, strict=True)),
        beyond=dict(zip(COMPARED, beyond, strict=True)),
        likely="" if likely is None else COMPARED[likely],
    )  # fmt: skip


def _likely(declared: int, distance_m: NDArray[np.float64]) -> int | None:
    """Return the row of distances that is clearly better than the declared one, if any is."""
    from scipy.stats import binom
    from scipy.stats import t as student

    n = distance_m.shape[1]
    beyond = distance_m > BEYOND_M
    others = [row for row in range(len(distance_m)) if row != declared]
    best = min(others, key=lambda row: (beyond[row].mean(), np.median(distance_m[row])))
    if n < _FEWEST or beyond[best].mean() > _FEW_BEYOND:
        return None
    worse = int((beyond[declared] & ~beyond[best]).sum())
    better = int((beyond[best] & ~beyond[declared]).sum())
    if binom.sf(worse - 1, worse + better, 0.5) < _CHANCE:
        return best
    gain = np.log(distance_m[declared] + _SOFT_M) - np.log(distance_m[best] + _SOFT_M)
    least = student.isf(_CHANCE, n - 1) * gain.std(ddof=1) / np.sqrt(n)
    clear = beyond[declared].mean() >= _MANY_BEYOND and gain.mean() > least
    return best if clear else None


def datum_doubt(comparison: DatumComparison, file: str) -> Fault | None:
    """Return a doubt where another datum than the declared one is likely, else ``None``.

    Parameters
    ----------
    comparison
        What :func:`compare_datums` found.
    file
        Name of the points' file.
    """
    if not comparison.likely:
        return None
    declared = comparison.declared
    taken = "wgs84" if declared not in COMPARED else declared
    third = next(name for name in COMPARED if name not in (taken, comparison.likely))
    values: dict[str, object] = {"declared": declared, "n": comparison.n}
    values |= {"likely": comparison.likely, "third": third, "beyond": f"{BEYOND_M:.0f}"}
    for which, name in (("declared", taken), ("likely", comparison.likely), ("third", third)):
        values[f"{which}_m"] = f"{comparison.median_m[name]:.0f}"
        values[f"{which}_share"] = f"{comparison.beyond[name]:.0%}"
    if is_code(declared):
        return Fault("datum.likely_shifted_metres", values, file)
    return Fault("datum.likely_wrong", values, file)
