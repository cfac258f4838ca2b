"""Generated candidates: points along public streets, in and around where people are uncovered.

A *position* is a point on a public walkable street: a junction or a point between, a quarter of the
spacing apart along the street. Bridges, tunnels, stairs, escalators, lifts and private ways have
none; nor has an island of streets that lies so near the main part that a place there is moved over
(:func:`~quarterhour.streets.snap.snap`). A position counts when an uncovered person lives within
``near_m`` of it in a straight line. Of the positions some become candidates, by one of two ways:

``grid``
    Squares as wide as the spacing. In each square the position nearest to the middle of its
    uncovered people comes first, squares with most people leading; then all other positions.
    Each is taken unless one that was taken is nearer than the spacing. So no two candidates are
    nearer than the spacing, and no position is farther than the spacing from a candidate.
``medoids``
    Uncovered people are parted into as many clusters as squares with such people (or as many as
    asked) by k-means [1]_, each weighing as many as they are; each cluster's candidate is the
    position nearest to its middle. This stands in for k-medoids, which scikit-learn does not have:
    the position, not a home, is the medoid. A candidate nearer than the spacing to that of a
    cluster with more people is left out.

Both answer the same for the same input.

References
----------
.. [1] S. Lloyd, "Least squares quantization in PCM", IEEE Transactions on Information Theory
   28(2), 129-137 (1982); starts by D. Arthur, S. Vassilvitskii, "k-means++: the advantages of
   careful seeding", SODA 2007.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.gaps.names import nearest_streets
from quarterhour.errors import Fault, raise_if
from quarterhour.siting.candidates import Candidates
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.snap import snap
from quarterhour.streets.walker import PacedNetwork

if TYPE_CHECKING:
    from quarterhour.inputs.areas import Areas

Generate = Literal["grid", "medoids"]
# Positions along a street, per spacing; and squares in which people are gathered before k-means.
_FINER = 4
# Decimetres of edges and float sums: nearer than this to the spacing is at the spacing.
_DUST_M = 0.001
_STARTS, _ROUNDS = 4, 50

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Positions:
    """Positions on streets: places (n, 2), edges, and areas (-1 where no areas are given)."""

    xy_m: _Floats
    edge: NDArray[np.int32]
    area: NDArray[np.int32]

    def take(self, rows: _Ints | NDArray[np.bool_]) -> "_Positions":
        return _Positions(self.xy_m[rows], self.edge[rows], self.area[rows])


def generate_candidates(
    network: WalkNetwork,
    xy_m: NDArray[np.float64],
    people: NDArray[np.float64],
    areas: "Areas | None" = None,
    *,
    spacing_m: float,
    paced: PacedNetwork,
    method: Generate = "grid",
    near_m: float | None = None,
    count: int | None = None,
    taken_xy_m: NDArray[np.float64] | None = None,
) -> Candidates:
    """Return candidates along streets, in and around where people are uncovered.

    Parameters
    ----------
    network
        Streets.
    xy_m, people
        Homes in metres (n, 2), and the uncovered people at each (n,); 0 where all are covered.
    areas
        Areas of the study: candidates stand inside them. ``None`` for anywhere.
    spacing_m
        Metres between candidates in a straight line, at least.
    paced
        The same streets as the walker of the question uses them.
    method
        ``grid`` or ``medoids``, as the module says.
    near_m
        How far from an uncovered person's home a candidate may be, in a straight line, inclusive;
        the spacing by default.
    count
        Clusters of ``medoids``; by default as many as squares of the spacing with people.
    taken_xy_m
        Places (k, 2) from which candidates keep the spacing too: premises that are accepted.

    Returns
    -------
    Candidates
        ``S001`` and so on, those where most people are uncovered first; none where nobody is
        uncovered, or no street is near.

    Raises
    ------
    InputError
        If ``spacing_m`` or ``near_m`` is not above 0.
    """
    near = spacing_m if near_m is None else near_m
    named = (("spacing_m", spacing_m), ("near_m", near))
    raise_if(
        Fault("candidates.bad_spacing", {"name": name, "value": metres})
        for name, metres in named
        if not 0 < metres < np.inf
    )
    rows = np.flatnonzero((people > 0) & np.isfinite(xy_m).all(axis=1))
    homes, weight = xy_m[rows], people[rows]
    found = _usable(paced, _near(_along(paced, spacing_m), homes, near), areas)
    taken = np.zeros((0, 2)) if taken_xy_m is None else taken_xy_m
    if len(rows) == 0 or len(found.edge) == 0:
        order = np.zeros(0, np.int64)
    elif method == "grid":
        order = _by_grid(found.xy_m, homes, weight, spacing_m)
    else:
        order = _by_medoids(found.xy_m, homes, weight, spacing_m, count)
    kept = found.take(_apart(found.xy_m, order, spacing_m, taken))
    return _candidates(kept, _names(network, kept))


def _along(paced: PacedNetwork, spacing_m: float) -> _Positions:
    """Return all positions: both ends of each street, and points between."""
    network = paced.network
    usable = paced.usable & ~network.edge_bridge & ~network.edge_tunnel & ~network.edge_private
    usable &= ~network.is_stair() & ~network.edge_escalator & (network.edge_lift_s == 0)
    own = np.flatnonzero(usable).astype(np.int32)
    length = network.edge_length_dm[own]
    node, first = np.unique(
        np.concatenate([network.edge_from[own], network.edge_to[own]]), return_index=True
    )
    count = np.maximum(np.ceil(length * _FINER / (10.0 * spacing_m)).astype(np.int64) - 1, 0)
    rank = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 1
    middle = np.repeat(own, count)
    offset = np.rint(rank / np.repeat(count + 1, count) * np.repeat(length, count))
    xy = np.concatenate([
        network.node_xy_m[node], network.points_at(middle, offset.astype(np.int32))
    ])  # fmt: skip
    edge = np.concatenate([np.concatenate([own, own])[first], middle]).astype(np.int32)
    return _Positions(xy, edge, np.full(len(edge), -1, np.int32))


def _near(positions: _Positions, homes: _Floats, near_m: float) -> _Positions:
    """Leave out positions too far from everybody who is uncovered."""
    from scipy.spatial import KDTree

    if len(homes) == 0:
        return positions.take(np.zeros(0, np.int64))
    metres, _ = KDTree(homes).query(
        positions.xy_m, distance_upper_bound=np.nextafter(near_m, np.inf)
    )
    return positions.take(np.isfinite(metres))


def _usable(paced: PacedNetwork, positions: _Positions, areas: "Areas | None") -> _Positions:
    """Leave out positions outside the areas, and those from which a place is moved away."""
    if areas is not None:
        area = areas.area_of(positions.xy_m)
        inside = area >= 0
        positions = _Positions(positions.xy_m[inside], positions.edge[inside], area[inside])
    snapped = snap(paced, positions.xy_m, public_only=True)
    return positions.take(snapped.found & ~snapped.moved)


def _by_grid(places: _Floats, homes: _Floats, weight: _Floats, spacing_m: float) -> _Ints:
    """Return all positions, the best of each square first, squares with most people leading."""
    from scipy.spatial import KDTree

    cells = np.floor(np.vstack([places, homes]) / spacing_m).astype(np.int64)
    _, cell = np.unique(cells, axis=0, return_inverse=True)
    cell = cell.ravel()
    n, own, theirs = int(cell.max()) + 1, cell[: len(places)], cell[len(places) :]
    total = np.bincount(theirs, weight, minlength=n)
    sums = [np.bincount(theirs, weight * homes[:, k], minlength=n) for k in (0, 1)]
    with np.errstate(invalid="ignore"):
        middle = np.column_stack(sums) / total[:, None]
    metres, _ = KDTree(homes).query(places)
    lived = total[own] > 0
    metres[lived] = np.hypot(*(places[lived] - middle[own[lived]]).T)
    # Sums of floats may differ in their last digits: millimetres and millionths do not.
    metres, total = np.round(metres, 3), np.round(total, 6)
    order = np.lexsort((np.arange(len(places)), metres, own, -total[own]))
    best = np.zeros(len(places), np.bool_)
    best[np.unique(own[order], return_index=True)[1]] = True
    return np.concatenate([order[best], order[~best]])


def _by_medoids(
    places: _Floats, homes: _Floats, weight: _Floats, spacing_m: float, count: int | None
) -> _Ints:
    """Return the position nearest to the middle of each cluster of people, most people first."""
    from scipy.spatial import KDTree
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    middle, total = _gathered(homes, weight, spacing_m / _FINER)
    start: _Floats | str = "k-means++"
    if count is None:
        # As many clusters as squares begin well from the squares, and need no chance.
        start, _ = _gathered(middle, total, spacing_m)
        clusters, starts = len(start), 1
    else:
        clusters, starts = min(max(count, 1), len(total)), _STARTS
    # Several threads would add in any order, and so not always find the same middles.
    with threadpool_limits(limits=1):
        found = KMeans(clusters, init=start, n_init=starts, max_iter=_ROUNDS, random_state=0).fit(
            middle, sample_weight=total
        )
    people = np.round(np.bincount(found.labels_, total, minlength=clusters), 6)
    _, nearest = KDTree(places).query(np.round(found.cluster_centers_, 3))
    order = nearest[np.lexsort((nearest, -people))]
    return np.asarray(order[np.sort(np.unique(order, return_index=True)[1])], np.int64)


def _gathered(xy_m: _Floats, weight: _Floats, size_m: float) -> tuple[_Floats, _Floats]:
    """Return the middle and the weight of what lies in each square that holds anything."""
    _, cell = np.unique(np.floor(xy_m / size_m), axis=0, return_inverse=True)
    cell = cell.ravel()
    total = np.bincount(cell, weight).astype(np.float64)
    sums = np.column_stack([np.bincount(cell, weight * xy_m[:, k]) for k in (0, 1)])
    return sums / total[:, None], total


def _apart(places: _Floats, order: _Ints, spacing_m: float, taken: _Floats) -> _Ints:
    """Return positions in an order, without those nearer than the spacing to one before them."""
    from scipy.spatial import KDTree

    least = spacing_m - min(_DUST_M, spacing_m / 2)
    blocked = np.zeros(len(places), np.bool_)
    if len(order) == 0:
        return order
    if len(taken):
        blocked = KDTree(taken).query(places)[0] <= least
    tree, kept = KDTree(places), []
    for row in order.tolist():
        if not blocked[row]:
            kept.append(row)
            blocked[tree.query_ball_point(places[row], least)] = True
    return np.array(kept, dtype=np.int64)


def _names(network: WalkNetwork, positions: _Positions) -> tuple[str, ...]:
    """Return names after streets, numbered along each: the street's own, else one nearby.

    A name is data and the same in every language; what has no street's name has its id.
    """
    own = [network.names[name] for name in network.edge_name[positions.edge].tolist()]
    beside = nearest_streets(network, positions.xy_m)
    counted: dict[str, int] = {}
    names = []
    for row, (street, near) in enumerate(zip(own, beside, strict=True), start=1):
        name = street or near
        counted[name] = counted.get(name, 0) + 1
        names.append(f"{name} {counted[name]}" if name else _id_of(row))
    return tuple(names)


def _id_of(row: int) -> str:
    return f"S{row:03d}"


def _candidates(positions: _Positions, names: tuple[str, ...]) -> Candidates:
    n = len(names)
    unknown, nothing = np.full(n, np.nan), np.full(n, -1, np.int8)
    return Candidates(
        ids=tuple(_id_of(row) for row in range(1, n + 1)), names=names,
        premises_row=np.full(n, -1, np.int64), generated=np.ones(n, np.bool_),
        xy_m=positions.xy_m, area_index=positions.area,
        floor_area_m2=unknown, storey=unknown.copy(), lift=nothing, step_free=nothing.copy(),
        tenure=("",) * n, tenure_kind=("",) * n, occupancy=("",) * n,
        build_cost=unknown.copy(), yearly_cost=unknown.copy(), capacity=unknown.copy(),
        to_verify=((Fault("candidates.verify_place"),),) * n,
    )  # fmt: skip
