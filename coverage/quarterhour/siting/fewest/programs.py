"""Set covering as a program of the solver, under every side condition, and what its answers mean.

minimise    sum_j c_j y_j
subject to  sum_{j in N_i} y_j + u_i >= 1      for every cell i
            sum_i w_i u_i <= slack
            the side conditions of the question over y and helpers
            y_j in {0, 1},  0 <= u_i <= 1,  u_i = 0 where w_i > slack

``N_i`` are the candidates that bring cell ``i`` inside, ``u_i`` is 1 where it stays outside, and
``slack`` is the most that may stay outside; with slack 0 this is set covering. Written with the
part outside, not the part inside, its numbers stay small where nearly everybody must be inside.
"""

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.fewest.sets import Sets
from quarterhour.siting.sides import Sides
from quarterhour.solver import MixedIntegerProgram
from quarterhour.words import Words, locale_language

_DUST = 1e-6
_RELATIVE_DUST = 1e-9


def program(
    sides: Sides,
    sets: Sets,
    *,
    cost: NDArray[np.int64],
    left: NDArray[np.bool_],
    slack: float = 0.0,
    others: tuple[NDArray[np.int64], ...] = (),
) -> MixedIntegerProgram:
    """Return the program of the module's docstring.

    Parameters
    ----------
    sides
        Side conditions; its columns come first.
    sets
        Cells with whole weights.
    cost
        Objective per candidate, whole numbers, int64 (n_candidates,).
    left
        Whether a candidate may be chosen, bool (n_candidates,).
    slack
        Most weight that may stay outside, a whole number.
    others
        Candidates of which at least one must be chosen, one row each.
    """
    from scipy.sparse import block_array, csr_array, eye_array

    soft = np.flatnonzero(sets.weight <= slack)
    n, n_columns, n_cells = sides.n_candidates, sides.n_columns, len(sets)
    by_cell = csr_array(
        (np.ones(len(sets.indices)), sets.indices, sets.indptr), shape=(n_cells, n_columns)
    )
    outside = csr_array(eye_array(n_cells, format="csc")[:, soft])
    more = np.zeros((len(others), n_columns))
    for row, sites in enumerate(others):
        more[row, sites] = 1.0
    blocks = [[sides.matrix, None], [by_cell, outside], [csr_array(more), None]]
    lower = [sides.lower, np.ones(n_cells), np.ones(len(others))]
    upper = [sides.upper, np.full(n_cells + len(others), np.inf)]
    if len(soft):
        blocks.append([None, csr_array(sets.weight[soft][None, :])])
        lower.append(np.array([-np.inf]))
        upper.append(np.array([slack]))
    kept = [block for block in blocks if max(part.shape[0] for part in block if part is not None)]
    matrix = csr_array(block_array(kept)) if kept else csr_array((0, n_columns + len(soft)))
    column_upper = np.append(sides.column_upper, np.ones(len(soft)))
    column_upper[:n] *= left
    return MixedIntegerProgram(
        cost=np.concatenate([cost, np.zeros(n_columns - n + len(soft))]).astype(np.float64),
        column_lower=np.append(sides.column_lower, np.zeros(len(soft))),
        column_upper=column_upper,
        integer=np.arange(n_columns + len(soft)) < n_columns,
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
        indptr=matrix.indptr.astype(np.int32),
        indices=matrix.indices.astype(np.int32),
        values=matrix.data,
        objective_step=1.0,
    )


def chosen_in(sides: Sides, x: NDArray[np.float64]) -> NDArray[np.int64] | None:
    """Return the sites of a solution, or ``None`` if it breaks a side condition when recounted."""
    whole = np.rint(x[: sides.n_columns])
    whole[: sides.n_candidates] = x[: sides.n_candidates] > 0.5
    rows = sides.matrix @ whole
    fits = (rows >= sides.lower).all() and (rows <= sides.upper).all()
    fits = fits and (whole >= sides.column_lower).all() and (whole <= sides.column_upper).all()
    return np.flatnonzero(whole[: sides.n_candidates]) if fits else None


def whole_bound(bound: float) -> float:
    """Return the least whole number that a whole objective can have, by the solver's bound.

    The solver's dust is taken off first: rounded down where it could matter, never up.
    """
    if not np.isfinite(bound):
        return 0.0
    return max(0.0, float(np.ceil(bound - _DUST - _RELATIVE_DUST * abs(bound))))


def greedy(
    sets: Sets,
    *,
    begin: NDArray[np.int64],
    left: NDArray[np.bool_],
    cost: NDArray[np.int64],
    slack: float,
) -> NDArray[np.int64]:
    """Add the site with most new weight per cost until no more than the slack is outside.

    Of equals the earliest. Then sites that are not needed are dropped, the last added first, those
    of ``begin`` included. What must be covered weighs more than all that need not be. Where the
    sites that are ``left`` do not suffice, more stays outside.
    """
    by_site = sets.matrix().T.tocsr()
    hard = sets.weight > slack
    weight = np.where(hard, 1.0 + sets.weight[~hard].sum(), sets.weight)
    sites = [int(site) for site in begin]
    counts = sets.counts(begin)

    def own(site: int) -> NDArray[np.int32]:
        cells: NDArray[np.int32] = by_site.indices[by_site.indptr[site] : by_site.indptr[site + 1]]
        return cells

    def enough() -> bool:
        out = counts == 0
        return not (out & hard).any() and float(sets.weight[out].sum()) <= slack

    while not enough():
        gain = np.where(left, by_site @ np.where(counts == 0, weight, 0.0), 0.0)
        best = int(np.argmax(gain / np.maximum(cost, 1e-9)))
        if gain[best] <= 0.0:
            return np.array(sorted(sites), dtype=np.int64)
        sites.append(best)
        counts[own(best)] += 1
    for site in sites[::-1]:
        counts[own(site)] -= 1
        if enough():
            sites.remove(site)
        else:
            counts[own(site)] += 1
    return np.array(sorted(sites), dtype=np.int64)


def impossible(sides: Sides, *more: Fault) -> InfeasibleError:
    """Return the error that says what cannot be kept together."""
    words = Words(locale_language())
    said = [words(fault.key, fault.values) for fault in (*more, *sides.asked)]
    rules = words("fewest.join").join(said)
    return InfeasibleError(Fault("siting.infeasible_rules", {"rules": rules}))
