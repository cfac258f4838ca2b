"""Choose sites: maximal covering location (Church and ReVelle, 1974).

maximise    sum_i w_i z_i
subject to  z_i <= sum_{j : t_ij <= T} y_j     for every cell i of demand
            sum_j y_j <= p,  y_j in {0, 1},  0 <= z_i <= 1

``T`` is inclusive, as everywhere in this package; ``w`` are whole milli-people. A search finds a
good plan, cuts bound what any plan can gain (:mod:`quarterhour.siting.covering.bounds`); candidates whose
presence, or absence, would push that bound below the plan are settled, and HiGHS proves the best
choice among those that are left. Of equal plans the one is kept in which no site can be exchanged
for an earlier candidate.

References
----------
R. Church, C. ReVelle, "The maximal covering location problem", Papers of the Regional Science
Association 32, 101-118 (1974).
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.bounds import Cuts, settle, tighten
from quarterhour.siting.covering.cells import group_equal
from quarterhour.siting.covering.search import CoverModel, drop_useless, greedy, improve
from quarterhour.solver import MixedIntegerProgram, solve


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverAnswer:
    """A choice, its milli-people, what no choice can beat, and the cuts that were found."""

    chosen: NDArray[np.int64]
    milli: float
    bound_milli: float
    cuts: Cuts

    @property
    def proven(self) -> bool:
        """Whether no choice covers more."""
        return self.bound_milli <= self.milli


def solve_max_cover(
    model: CoverModel,
    *,
    allowed: NDArray[np.bool_],
    time_limit_s: float,
    near: CoverAnswer | None = None,
) -> CoverAnswer:
    """Choose the sites that cover the most, with proof or with a bound.

    Parameters
    ----------
    model
        Demand, number of sites, and sites that must be chosen.
    allowed
        Whether a candidate may be chosen, bool (n_candidates,).
    time_limit_s
        Seconds after which the best choice so far is returned.
    near
        Answer to a question that allows more candidates: a place to begin.

    Returns
    -------
    CoverAnswer
        Chosen rows ascend; none is useless, unless it must be chosen.
    """
    deadline = perf_counter() + time_limit_s
    begin = np.array(model.must, dtype=np.int64)
    if near is not None:
        begin = np.union1d(begin, near.chosen[allowed[near.chosen]])
    chosen = improve(model, greedy(model, begin, allowed), allowed)
    known = None if near is None else near.cuts
    bounded = tighten(model, chosen, allowed=allowed, deadline=deadline, known=known)
    chosen, milli = bounded.chosen, model.covered(bounded.chosen)
    bound = bounded.bound_milli
    if bound > milli:
        inside, outside = settle(model, bounded, allowed, milli)
        left = allowed & ~inside & ~outside
        better, rest = _prove(model, chosen, inside, left, deadline - perf_counter())
        chosen = better if model.covered(better) > milli else chosen
        bound = min(bound, max(model.covered(chosen), rest))
    chosen = drop_useless(model, improve(model, chosen, allowed))
    milli = model.covered(chosen)
    return CoverAnswer(chosen=chosen, milli=milli, bound_milli=max(bound, milli), cuts=bounded.cuts)


def fewest_for_all(
    model: CoverModel,
    chosen: NDArray[np.int64],
    *,
    allowed: NDArray[np.bool_],
    time_limit_s: float,
) -> tuple[NDArray[np.int64], bool]:
    """Return the fewest sites that cover every cell, and whether that is proven.

    ``chosen`` covers every cell and is the place to begin. The model is set covering:
    minimise sum_j y_j with sum_{j : t_ij <= T} y_j >= 1 for every cell.
    """
    n, n_cells = model.cells.n_candidates, len(model.cells)
    lower = np.zeros(n)
    lower[list(model.must)] = 1.0
    start = np.zeros(n)
    start[chosen] = 1.0
    answer = solve(
        MixedIntegerProgram(
            cost=np.ones(n),
            column_lower=lower,
            column_upper=allowed.astype(np.float64),
            integer=np.ones(n, dtype=np.bool_),
            row_lower=np.ones(n_cells),
            row_upper=np.full(n_cells, np.inf),
            indptr=model.by_cell.indptr,
            indices=model.by_cell.indices,
            values=model.by_cell.data,
            objective_step=1.0,
        ),
        time_limit_s=time_limit_s,
        start=start,
    )
    found = chosen if answer.x is None else np.flatnonzero(answer.x > 0.5)
    if len(found) > len(chosen) or (model.counts(found) == 0).any():
        found = chosen
    proven = np.isfinite(answer.bound) and answer.bound > len(found) - 1 + 1e-6
    return improve(model, found, allowed), bool(proven)


def _prove(
    model: CoverModel,
    chosen: NDArray[np.int64],
    settled: NDArray[np.bool_],
    left: NDArray[np.bool_],
    time_limit_s: float,
) -> tuple[NDArray[np.int64], float]:
    """Let HiGHS choose among the sites that are ``left``, beside those that are settled.

    Returns
    -------
    tuple
        A plan, and the milli-people that no plan of these sites can beat.
    """
    fixed = np.flatnonzero(settled)
    counts = model.counts(fixed)
    by_left = model.by_cell[counts == 0][:, np.flatnonzero(left)]
    by_left.sort_indices()
    label, indptr, indices = group_equal(
        by_left.indptr.astype(np.int64), by_left.indices.astype(np.int32)
    )
    weights = model.cells.milli[counts == 0]
    milli = np.bincount(label, weights, minlength=len(indptr) - 1).astype(np.float64)
    rows = np.flatnonzero(left)
    y = np.isin(rows, chosen).astype(np.float64)
    z = np.minimum(np.add.reduceat(np.append(y[indices], 0.0), indptr[:-1]), 1.0)
    # reduceat gives an empty group its neighbour's value; nobody reaches it.
    z[np.diff(indptr) == 0] = 0.0
    program = _program(indptr, indices, milli, len(rows), model.n_sites - len(fixed))
    answer = solve(program, time_limit_s=time_limit_s, start=np.append(y, z))
    base = float(model.cells.milli[counts > 0].sum())
    plan = chosen
    if answer.x is not None:
        plan = np.union1d(fixed, rows[answer.x[: len(rows)] > 0.5])
    # The objective is whole; rounding to the nearest takes the solver's dust off the bound.
    return plan, base + float(np.rint(answer.bound)) if np.isfinite(answer.bound) else np.inf


def _program(
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    milli: NDArray[np.float64],
    n_sites: int,
    room: int,
) -> MixedIntegerProgram:
    """Return the model of the module's docstring: columns are sites, then cells."""
    n_cells = len(milli)
    sizes = np.diff(indptr)
    # Each row: minus its sites, plus its own z; the last row counts the sites.
    ends = indptr[1:] + np.arange(n_cells)
    where = np.delete(np.arange(len(indices) + n_cells), ends)
    columns = np.empty(len(indices) + n_cells, dtype=np.int64)
    values = np.ones(len(columns))
    columns[where], columns[ends] = indices, n_sites + np.arange(n_cells)
    values[where] = -1.0
    starts = np.concatenate([[0], np.cumsum(sizes + 1), [len(columns) + n_sites]])
    return MixedIntegerProgram(
        cost=np.append(np.zeros(n_sites), milli),
        column_lower=np.zeros(n_sites + n_cells),
        column_upper=np.ones(n_sites + n_cells),
        integer=np.arange(n_sites + n_cells) < n_sites,
        row_lower=np.full(n_cells + 1, -np.inf),
        row_upper=np.append(np.zeros(n_cells), float(room)),
        indptr=starts.astype(np.int32),
        indices=np.append(columns, np.arange(n_sites)).astype(np.int32),
        values=np.append(values, np.ones(n_sites)),
        maximise=True,
        objective_step=1.0,
    )
