"""Privacy: no row of residents stands for fewer than ``k`` people at one place.

A row that looks like an address or a single point is *held* to ``k`` people: it is merged with its
nearest until they are ``k`` together (microaggregation). People are counted in the widest group;
a withheld count counts as nobody. All sums stay as they are; what changes is the place, and how
far rows moved is told. Rows without anybody disclose nobody, add nothing to any sum, and go.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.counts import sums_of


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Rows that were merged until each had enough people.

    Attributes
    ----------
    member
        New row of each row that was given; -1 for rows without anybody.
    xy_m
        Middle of the people of each new row (m, 2), metres.
    people
        People (m, n groups).
    area_index
        Area with most of the row's people; ties go to the lower one.
    moved_m
        Metres from each given row to its new place (n,); 0 for rows without anybody.
    """

    member: NDArray[np.int64]
    xy_m: NDArray[np.float64]
    people: NDArray[np.float64]
    area_index: NDArray[np.int32]
    moved_m: NDArray[np.float64]

    @property
    def merged(self) -> bool:
        """Whether any row was merged with another."""
        kept = self.member >= 0
        return len(self.xy_m) < int(kept.sum())


def hold_to_k(
    xy_m: NDArray[np.float64],
    people: NDArray[np.float64],
    *,
    k: int,
    area_index: NDArray[np.int32] | None = None,
    withheld: NDArray[np.bool_] | None = None,
) -> Held:
    """Merge rows with their nearest until each has ``k`` people.

    Every row below ``k`` joins the nearest other row, all at once; what hangs together becomes one
    row at the middle of its people; so on until none is below. Rows of one area are merged with
    each other as long as that area has others left, so that its sum stays. Among equally near
    rows the one that begins farther west is taken, then farther south: the result does not depend
    on the order of the rows.

    Parameters
    ----------
    xy_m
        Places (n, 2), metres.
    people
        People (n, n groups).
    k
        Fewest people of a row, in the group with most people. At 1 or below nothing is merged.
    area_index
        Area of each row; -1 outside all. One area for all by default.
    withheld
        Rows with a count that is not known: they are merged too, although they show nobody.

    Returns
    -------
    Held
        New rows in the order of their first members. Nothing changes where every row with people
        has ``k`` already.

    Raises
    ------
    InputError
        If there are fewer than ``k`` people in all.

    References
    ----------
    .. [1] J. Domingo-Ferrer, J. M. Mateo-Sanz, "Practical data-oriented microaggregation for
       statistical disclosure control", IEEE Transactions on Knowledge and Data Engineering 14(1),
       189-201 (2002). doi:10.1109/69.979982
    """
    n = len(people)
    area = np.zeros(n, np.int32) if area_index is None else area_index
    hidden = np.zeros(n, bool) if withheld is None else withheld
    widest = people[:, int(np.argmax(people.sum(axis=0)))]
    some = (people.sum(axis=1) > 0) | hidden
    if k <= 1 or (widest[some] >= k).all():
        return _untouched(xy_m, people, area, some)
    if widest.sum() < k:
        values = {"people": f"{widest.sum():,.0f}", "k": k}
        raise InputError(Fault("people.too_few_for_k", values))
    # Sorted by place and people, the sums below do not depend on the order of the rows.
    keys = (*people.T[::-1], area, xy_m[:, 1], xy_m[:, 0])
    rows = np.lexsort(keys)
    rows = rows[some[rows]]
    group = _grouped(xy_m[rows], widest[rows], area[rows], k)
    member = np.full(n, -1, np.int64)
    member[rows] = group
    kept = np.flatnonzero(member >= 0)
    member[kept] = _in_order(member[kept])
    label = member[rows]
    middle, _ = _middles(xy_m[rows], widest[rows], label)
    summed = sums_of(label, people[rows])
    moved = np.zeros(n)
    moved[rows] = np.hypot(*(xy_m[rows] - middle[label]).T)
    return Held(member, middle, summed, _most_people(label, area[rows], widest[rows]), moved)


def _untouched(
    xy_m: NDArray[np.float64],
    people: NDArray[np.float64],
    area: NDArray[np.int32],
    some: NDArray[np.bool_],
) -> Held:
    member = np.where(some, np.cumsum(some) - 1, -1)
    return Held(member, xy_m[some], people[some], area[some], np.zeros(len(people)))


def _grouped(
    xy: NDArray[np.float64], weight: NDArray[np.float64], area: NDArray[np.int32], k: int
) -> NDArray[np.int64]:
    """Return the group of each row; groups are numbered from west to east, then south to north."""
    new = np.ones(len(xy), bool)
    new[1:] = (xy[1:] != xy[:-1]).any(axis=1) | (area[1:] != area[:-1])
    group = np.cumsum(new) - 1
    for apart in (True, False):
        while True:
            middle, count = _middles(xy, weight, group)
            joined = _round(middle, count, area[_firsts(group)], k=k, apart=apart)
            if joined is None:
                break
            group = joined[group]
    return np.asarray(group, np.int64)


def _round(
    middle: NDArray[np.float64],
    count: NDArray[np.float64],
    area: NDArray[np.int32],
    *,
    k: int,
    apart: bool,
) -> NDArray[np.int64] | None:
    """Return the next group of each group, or ``None`` where nothing more can be joined."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    m = len(count)
    alone = np.bincount(area - area.min())[area - area.min()] == 1 if apart else np.zeros(m, bool)
    small = np.flatnonzero((count < k) & ~alone)
    if len(small) == 0 or m == 1:
        return None
    # Areas lie on floors so far apart that the nearest stands on the same floor.
    floor = area.astype(np.float64) * 1e8 if apart else np.zeros(m)
    near = _nearest(np.column_stack([middle, floor]), small)
    links = coo_array((np.ones(len(small), np.int8), (small, near)), shape=(m, m))
    _, label = connected_components(links, directed=False)
    return _in_order(label)


def _firsts(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first row of each group; groups are numbered without gaps."""
    first = np.empty(int(group.max()) + 1, np.int64)
    first[group[::-1]] = np.arange(len(group))[::-1]
    return first


def _in_order(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return groups numbered by their first rows."""
    first = _firsts(group)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return np.asarray(number[group], np.int64)


def _nearest(place: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the nearest other place of some rows; of equally near ones the lowest."""
    from scipy.spatial import KDTree

    tree = KDTree(place)
    out = np.empty(len(rows), np.int64)
    todo, most = np.arange(len(rows)), 3
    while len(todo):
        most = min(most, len(place))
        away, other = tree.query(place[rows[todo]], k=most)
        away[other == rows[todo][:, None]] = np.inf
        best = away.min(axis=1)
        equal = away == best[:, None]
        out[todo] = np.where(equal, other, len(place)).min(axis=1)
        # As long as the farthest of those looked at ties, an equally near one may be missing.
        farthest = np.where(np.isinf(away), -1.0, away).max(axis=1)
        todo = todo[(farthest == best) & (most < len(place))]
        most *= 4
    return out


def _middles(
    xy: NDArray[np.float64], weight: NDArray[np.float64], group: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the middle of the people of each group (of its rows, without people), and people."""
    count = np.bincount(group, weight).astype(np.float64)
    share = np.where(count[group] > 0, weight, 1.0)
    total = np.bincount(group, share)
    # Taken from a corner near by, the middle of rows at one place is that place.
    corner = xy[_firsts(group)]
    parts = [np.bincount(group, share * (xy[:, n] - corner[group, n])) / total for n in (0, 1)]
    return corner + np.column_stack(parts), count


def _most_people(
    group: NDArray[np.int64], area: NDArray[np.int32], weight: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the area with most people of each group; ties go to the lower area."""
    low, wide = int(area.min()), int(area.max() - area.min()) + 1
    pairs, back = np.unique(group * wide + (area - low), return_inverse=True)
    held = np.bincount(back, weight)
    owner = pairs // wide
    best = np.lexsort((pairs, -held, owner))
    return np.asarray(pairs[best[_firsts(owner[best])]] % wide + low, np.int32)
