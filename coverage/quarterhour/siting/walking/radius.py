"""The exact model of what prices left open: who has nobody within which radius.

Garcia, Labbe and Marin (2011), after Cornuejols, Nemhauser and Wolsey (1980). For each point the
times ``D_1 < D_2 < ...`` at which a candidate is met, and ``z_k`` is 1 where no chosen site is
within ``D_k``:

minimise    sum_i w_i (D_i1 + sum_k (D_i,k+1 - D_ik) z_ik)
subject to  z_ik + sum_{j : t_ij = D_ik} y_j >= z_i,k-1,   z_i0 = 1,   0 <= z <= 1,   rules

Points that meet the same set of candidates within a radius share its column. Candidates that no
better choice has are left out, and so are times that no better choice lets a point walk
(:mod:`quarterhour.siting.walking.multipliers`): the last radius that is left must hold a site.

References
----------
S. Garcia, M. Labbe, A. Marin, "Solving large p-median problems with a radius formulation",
INFORMS Journal on Computing 23, 546-556 (2011).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.sides import Sides
from quarterhour.siting.walking.multipliers import Priced
from quarterhour.siting.walking.walks import Walks
from quarterhour.solver import MixedIntegerProgram

_SEED = 0
# The solver's tolerances are absolute and meant for figures of about this size.
_LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Left:
    """What a choice that is no worse than the one in hand may do.

    Attributes
    ----------
    inside, outside
        Candidates that it has, and that it has not, bool (n_candidates,).
    far
        Longest time that it lets each point walk, int64 (n_points,), at most the cap.
    """

    inside: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    far: NDArray[np.int64]

    @classmethod
    def after(cls, priced: Priced, walks: Walks, sides: Sides, *, value: int) -> "Left":
        """Return what prices leave to choices whose sum is at most ``value``."""
        n = walks.n_candidates
        room = value * priced.grain - priced.bound
        weight = walks.weight * priced.grain
        must, barred = sides.column_lower[:n] > 0, sides.column_upper[:n] < 1
        # Division may round: a time too many is harmless.
        far = np.floor((room + priced.price) / weight).astype(np.int64) + 1
        return cls(
            # What is fixed already costs nothing more: the bound has it.
            inside=must | ((-priced.leave[:n] > room) & ~barred),
            outside=barred | ((priced.enter[:n] > room) & ~must),
            far=np.minimum(far, walks.cap),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RadiusModel:
    """The program, and how its figures are read.

    Attributes
    ----------
    program
        Columns: candidates and helpers as in :class:`Sides`, then one per radius set.
    base, scale
        A sum of weight x time is ``base + scale x objective``.
    first_point, radius
        For each set a point that meets it and the radius at which it does, for a start.
    """

    program: MixedIntegerProgram
    base: int
    scale: float
    first_point: NDArray[np.int64]
    radius: NDArray[np.int64]

    def start(self, columns: NDArray[np.float64], time: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return values of all columns for a choice and the time of each point with it."""
        alone = time[self.first_point] > self.radius
        return np.append(columns, alone.astype(np.float64))


def radius_model(walks: Walks, sides: Sides, left: Left) -> RadiusModel | None:
    """Return the model of what is left; ``None`` where some point can only walk too far."""
    at, point, head, fixed = _pairs(walks, left)
    n_levels = np.bincount(point[head], minlength=len(walks))
    far_is_cap = left.far >= walks.cap
    if ((n_levels == 0) & ~far_is_cap).any():
        return None
    level_at = np.flatnonzero(head)
    level_point, level_time = point[level_at], walks.time[at[level_at]]
    ends = np.append(level_at[1:], len(at))[: len(level_at)]
    last = np.append(level_point[1:] != level_point[:-1], True)[: len(level_at)]
    after = np.where(last, walks.cap[level_point], np.append(level_time[1:], 0)[: len(last)])
    # Nobody walks beyond a site that is chosen in any case, nor beyond the longest time left.
    closed = last & (fixed[level_point] | ~far_is_cap[level_point])
    step = np.where(closed, 0, walks.weight[level_point] * (after - level_time))
    first = np.append(True, last[:-1])[: len(last)]
    base = int((walks.weight[level_point] * level_time)[first].sum())
    base += int((walks.weight * walks.cap)[n_levels == 0].sum())
    name = _names(walks.site[at], point, ends, walks.n_candidates)
    _, one, which = np.unique(name, axis=0, return_index=True, return_inverse=True)
    which = which.ravel()
    # Sets in the order in which they are first met: a set comes after the one inside it.
    rank = np.empty(len(one), dtype=np.int64)
    rank[np.argsort(one)] = np.arange(len(one))
    which, one = rank[which], np.sort(one)
    cost = np.bincount(which, step, minlength=len(one)).astype(np.float64)
    must_hold = np.bincount(which, closed, minlength=len(one)) > 0
    inner = np.where(first[one], -1, which[one - 1])
    starts = level_at[one]
    return _assemble(
        walks, sides, left, base=base, cost=cost, must_hold=must_hold, inner=inner,
        members=(walks.site[at], starts, ends[one]), first_point=level_point[one],
        radius=level_time[one],
    )  # fmt: skip


def _pairs(
    walks: Walks, left: Left
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return pairs that are left, their points, where a new time begins, and whose last is sure."""
    stop = np.minimum(left.far + 1, walks.cap)
    at, point = walks.first_pairs(walks.nearer_than(stop))
    sure = left.inside[walks.site[at]]
    until = walks.cap.copy()
    np.minimum.at(until, point[sure], walks.time[at[sure]])
    keep = ~left.outside[walks.site[at]] & (walks.time[at] <= until[point])
    at, point = at[keep], point[keep]
    head = np.ones(len(at), dtype=np.bool_)
    head[1:] = (np.diff(point) != 0) | (np.diff(walks.time[at]) != 0)
    return at, point, head, until < walks.cap


def _names(
    site: NDArray[np.int64], point: NDArray[np.int64], ends: NDArray[np.int64], n: int
) -> NDArray[np.uint64]:
    """Return a name of 128 bits for the set of candidates within each radius.

    A name is the sum of random numbers of the set's members. Two different sets share one with a
    chance of 2**-128 each, far below that of a fault of the machine.
    """
    rng = np.random.default_rng(_SEED)
    token = rng.integers(0, 2**64, (n, 2), dtype=np.uint64)
    sums = np.zeros((len(site) + 1, 2), dtype=np.uint64)
    np.cumsum(token[site], axis=0, out=sums[1:])
    last = ends - 1
    return sums[ends] - sums[np.searchsorted(point, point[last])]


def _assemble(
    walks: Walks,
    sides: Sides,
    left: Left,
    *,
    base: int,
    cost: NDArray[np.float64],
    must_hold: NDArray[np.bool_],
    inner: NDArray[np.int64],
    members: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    first_point: NDArray[np.int64],
    radius: NDArray[np.int64],
) -> RadiusModel:
    from scipy.sparse import csr_array, vstack

    n, n_sets = walks.n_candidates, len(cost)
    width = sides.n_columns + n_sets
    site, starts, ends = members
    sizes = ends - starts
    place = np.arange(int(sizes.sum())) + np.repeat(starts - (np.cumsum(sizes) - sizes), sizes)
    sets = np.arange(n_sets)
    nested = inner >= 0
    row = np.concatenate([np.repeat(sets, sizes), sets, sets[nested]])
    column = np.concatenate([site[place], sides.n_columns + np.append(sets, inner[nested])])
    data = np.ones(len(row))
    data[len(row) - int(nested.sum()) :] = -1.0
    chain = csr_array((data, (row, column)), shape=(n_sets, width))
    rules = sides.matrix.copy()
    rules.resize(sides.matrix.shape[0], width)
    matrix = vstack([rules, chain], format="csr")
    scale = max(float(cost.sum()) / _LARGEST, 1.0)
    lower, upper = sides.column_lower.copy(), sides.column_upper.copy()
    lower[:n] = np.where(left.inside, 1.0, lower[:n])
    upper[:n] = np.where(left.outside, 0.0, upper[:n])
    step = 1.0 / scale
    program = MixedIntegerProgram(
        cost=np.append(np.zeros(sides.n_columns), cost / scale),
        column_lower=np.append(lower, np.zeros(n_sets)),
        column_upper=np.append(upper, np.where(must_hold, 0.0, 1.0)),
        integer=np.append(np.ones(sides.n_columns), np.zeros(n_sets)).astype(np.bool_),
        row_lower=np.append(sides.lower, np.where(nested, 0.0, 1.0)),
        row_upper=np.append(sides.upper, np.full(n_sets, np.inf)),
        indptr=matrix.indptr.astype(np.int32),
        indices=matrix.indices.astype(np.int32),
        values=matrix.data,
        objective_step=step if step >= 1e-6 else 0.0,
    )
    return RadiusModel(
        program=program, base=base, scale=scale, first_point=first_point, radius=radius
    )
