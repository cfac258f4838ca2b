"""Clusters: where people live close together, found without chance.

People are gathered into cells of a third of the radius. ``dbscan`` [1]_ takes a cell for a core
where ``min_people`` live within ``radius_m``, and what hangs together for one cluster. ``hdbscan``
[2]_ looks for clusters of any density; scikit-learn's knows no weights, so that each cell is given
one *stand-in* for every tenth part of ``min_people`` (rounded, one at least), on a spiral within
the cell. Clusters that hang together at ``radius_m`` are not told apart [3]_: a cell with
stand-ins in two of them joins them. The rounding may let a cluster through that is too small, and
so may cells between two clusters of ``dbscan``, which one of them gets: whatever has fewer than
``min_people`` is no cluster.

In a dense city all that is uncovered hangs together, for miles. A cluster wider than ``widest_m``
is cut across its longer side in the middle, and again, as long as both parts keep ``min_people``.

References
----------
.. [1] M. Ester, H.-P. Kriegel, J. Sander, X. Xu, "A density-based algorithm for discovering
   clusters in large spatial databases with noise", KDD-96 (1996).
.. [2] R. Campello, D. Moulavi, J. Sander, "Density-based clustering based on hierarchical density
   estimates", PAKDD 2013, doi:10.1007/978-3-642-37456-2_14.
.. [3] C. Malzer, M. Baum, "A hybrid approach to hierarchical density-based cluster selection",
   MFI 2020, doi:10.1109/MFI49285.2020.9235263.
"""

import math
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Method = Literal["dbscan", "hdbscan"]
STAND_INS = 10  # for min_people
_GOLDEN = math.pi * (3.0 - math.sqrt(5.0))


def cluster(
    xy_m: NDArray[np.float64],
    people: NDArray[np.float64],
    *,
    min_people: float,
    radius_m: float,
    method: Method = "dbscan",
    widest_m: float = math.inf,
) -> NDArray[np.int32]:
    """Return the cluster of each place, most people first, -1 for none.

    Parameters
    ----------
    xy_m
        Places in metres (n, 2).
    people
        People at each (n,); places without people belong to no cluster.
    min_people, radius_m
        Fewest people that make a cluster, and how near they live.
    method
        ``dbscan`` or ``hdbscan``.
    widest_m
        Width and height that a cluster has at most, in metres, if its people suffice to cut it.
    """
    member = np.full(len(xy_m), -1, np.int32)
    rows = np.flatnonzero((people > 0) & np.isfinite(xy_m).all(axis=1))
    if len(rows) == 0:
        return member
    cell = np.floor(xy_m[rows] / (radius_m / 3.0)).astype(np.int64)
    _, back = np.unique(cell, axis=0, return_inverse=True)
    back = back.ravel()
    weight = np.bincount(back, people[rows]).astype(np.float64)
    sums = [np.bincount(back, people[rows] * xy_m[rows, k]) for k in (0, 1)]
    middle = np.column_stack(sums) / weight[:, None]
    found = _dbscan if method == "dbscan" else _hdbscan
    member[rows] = found(middle, weight, min_people, radius_m)[back]
    member = _largest_first(member, people, min_people)
    parts = [
        part for whole in rows_by(member)
        for part in _cut(xy_m, people, whole, widest_m, min_people)
    ]  # fmt: skip
    for number, part in enumerate(parts):
        member[part] = number
    return _largest_first(member, people, 0.0)


def _cut(
    xy_m: NDArray[np.float64],
    people: NDArray[np.float64],
    rows: NDArray[np.int64],
    widest_m: float,
    min_people: float,
) -> list[NDArray[np.int64]]:
    """Return the parts of a cluster that is too wide; itself where it is not."""
    size = np.ptp(xy_m[rows], axis=0)
    if size.max() <= widest_m:
        return [rows]
    along = xy_m[rows, int(size.argmax())]
    order = np.argsort(along, kind="stable")
    total = np.cumsum(people[rows[order]])
    # The middle, or the nearest place to it that leaves enough people on both sides.
    first = int(np.searchsorted(total, min_people))
    last = int(np.searchsorted(total, total[-1] - min_people, side="right")) - 1
    if last < first:
        return [rows]
    middle = along.min() + size.max() / 2.0
    near = along <= min(max(middle, along[order[first]]), along[order[last]])
    halves = rows[near], rows[~near]
    if min(people[half].sum() for half in halves) < min_people:
        return [rows]
    return [part for half in halves for part in _cut(xy_m, people, half, widest_m, min_people)]


def _dbscan(
    middle: NDArray[np.float64], weight: NDArray[np.float64], min_people: float, radius_m: float
) -> NDArray[np.int32]:
    from sklearn.cluster import DBSCAN

    found = DBSCAN(eps=radius_m, min_samples=max(1, math.ceil(min_people)))
    return np.asarray(found.fit(middle, sample_weight=weight).labels_, np.int32)


def _hdbscan(
    middle: NDArray[np.float64], weight: NDArray[np.float64], min_people: float, radius_m: float
) -> NDArray[np.int32]:
    from sklearn.cluster import HDBSCAN

    unit = max(min_people, 1.0) / STAND_INS
    count = np.maximum(1, np.rint(weight / unit)).astype(np.int64)
    if count.sum() < STAND_INS:
        return np.full(len(middle), -1, np.int32)
    first = np.cumsum(count) - count
    cell = np.repeat(np.arange(len(middle)), count)
    turn = np.arange(count.sum()) - first[cell]
    # A spiral of equal shares of the cell: no two stand-ins in one place, none by chance.
    far = radius_m / 6.0 * np.sqrt((turn + 0.5) / count[cell])
    spread = np.column_stack([np.cos(turn * _GOLDEN), np.sin(turn * _GOLDEN)]) * far[:, None]
    found = HDBSCAN(min_cluster_size=STAND_INS, min_samples=STAND_INS, copy=True)
    found.fit(middle[cell] + spread)
    dense = found.dbscan_clustering(radius_m, min_cluster_size=STAND_INS)
    return _joined([np.asarray(found.labels_), np.asarray(dense)], cell, len(middle))


def _joined(labels: list[NDArray[np.int64]], cell: NDArray[np.int64], n: int) -> NDArray[np.int32]:
    """Return one cluster for all cells that share a cluster of any kind; -1 for cells in none."""
    joins, first = [], n
    for label in labels:
        found = np.flatnonzero(label >= 0)
        joins.append(np.stack([cell[found], first + label[found]]))
        first += int(label.max(initial=-1)) + 1
    ends = np.concatenate(joins, axis=1)
    ones = np.ones(ends.shape[1], np.int8)
    graph = sparse.coo_array((ones, (ends[0], ends[1])), shape=(first, first))
    _, part = csgraph.connected_components(graph, directed=False)
    out = np.full(n, -1, np.int32)
    inside = np.unique(ends[0])
    out[inside] = np.unique(part[inside], return_inverse=True)[1].ravel()
    return out


def _largest_first(
    member: NDArray[np.int32], people: NDArray[np.float64], least: float
) -> NDArray[np.int32]:
    """Return the clusters numbered by people; those with fewer than ``least`` are none."""
    within = member >= 0
    if not within.any():
        return member
    total = np.round(np.bincount(member[within], people[within]), 6)
    order = np.lexsort((np.arange(len(total)), -total))
    order = order[total[order] >= least]
    new = np.full(len(total) + 1, -1, np.int32)
    new[order] = np.arange(len(order))
    return new[member]


def rows_by(member: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Return the rows of each cluster, ascending."""
    order = np.argsort(member, kind="stable")
    n = int(member.max(initial=-1)) + 1
    bounds = np.searchsorted(member[order], np.arange(n + 1))
    return [order[a:b] for a, b in pairwise(bounds.tolist())]
