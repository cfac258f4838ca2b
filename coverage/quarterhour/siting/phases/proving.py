"""The best schedule among the openings that are left, by HiGHS, or as good a bound as time allows.

maximise    sum_t sum_i w_i z_it
subject to  z_it <= sum_{j : t_ij <= T} y_jt          for every cell i and year t
            y_jt <= y_j,t+1                           what is open stays open
            money, openings, and the rules of the last year's sites
            y_jt in {0, 1},  0 <= z_it <= 1

A site that may open in two of five years only has two columns: between years in which it may open
nothing changes. Cells that the same columns cover are one, even of different years.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.cells import group_equal
from quarterhour.siting.phases.schedule import Phases, Schedule
from quarterhour.solver import MixedIntegerProgram, solve

_NO_COLUMN, _ALWAYS = -1, -2
# The solver's tolerances leave this part of the bound in doubt; it is added to the bound.
_DOUBT_PART = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Which column says whether a site is open in a year.

    Attributes
    ----------
    of
        Column of each (year, site), ``-1`` for never open and ``-2`` for open in any case.
    site, year
        Of each column, the site and the first year for which it stands.
    """

    of: NDArray[np.int64]
    site: NDArray[np.int64]
    year: NDArray[np.int64]

    @classmethod
    def among(cls, left: NDArray[np.bool_], needed: NDArray[np.bool_]) -> "_Columns":
        """Return the columns where only some openings are left, and some sites needed."""
        n_years = len(left)
        year, site = np.nonzero(left)
        order = np.lexsort((year, site))
        year, site = year[order], site[order]
        last = np.append(site[1:] != site[:-1], True)[: len(site)]
        fixed = last & needed[site]
        number = np.where(fixed, _ALWAYS, np.cumsum(~fixed) - 1)
        of = np.full(left.shape, _NO_COLUMN, dtype=np.int64)
        of[year, site] = number
        for t in range(1, n_years):
            of[t] = np.where(left[t], of[t], of[t - 1])
        return cls(of=of, site=site[~fixed], year=year[~fixed])


def prove(
    phases: Phases,
    begin: Schedule | None,
    *,
    left: NDArray[np.bool_],
    needed: NDArray[np.bool_],
    time_limit_s: float,
    stop: Callable[[], bool] | None = None,
    on_progress: Callable[[float, float], None] | None = None,
) -> tuple[Schedule | None, float]:
    """Let HiGHS choose among the openings that are left.

    Parameters
    ----------
    phases, begin
        The question, and a schedule to begin with, or ``None``.
    left, needed
        Openings that may be, bool (n_years, n_candidates); sites that open in some year, bool
        (n_candidates,).
    time_limit_s, stop, on_progress
        As :func:`quarterhour.solver.solve` has them.

    Returns
    -------
    tuple
        A schedule, or ``None`` where none was found; and the milli-people-years that none of
        these openings can beat: ``-inf`` where it is proven that none keeps to everything.
    """
    columns = _Columns.among(left, needed)
    base, indptr, indices, milli = _cells(phases, columns)
    program = _program(phases, columns, (indptr, indices, milli))
    start = None if begin is None else _start(phases, columns, begin, (indptr, indices), program)
    answer = solve(
        program, time_limit_s=time_limit_s, start=start, stop=stop, on_progress=on_progress
    )
    if answer.status == "infeasible":
        return None, -np.inf
    found = None if answer.x is None else _schedule(phases, columns, answer.x)
    bound = base + answer.bound
    if not np.isfinite(bound):
        return found, np.inf
    return found, float(np.floor(bound + max(0.4, _DOUBT_PART * bound)))


def any_schedule(
    phases: Phases, *, time_limit_s: float, stop: Callable[[], bool] | None = None
) -> tuple[Schedule | None, bool]:
    """Return some schedule that keeps to everything, and whether it is proven that none does."""
    columns = _Columns.among(phases.can, phases.must & phases.can.any(axis=0))
    if (phases.must & ~phases.can.any(axis=0)).any():
        return None, True
    nobody = np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0)
    program = _program(phases, columns, nobody)
    if not len(program.cost):
        # Nothing is left to choose, and a solver without columns does not look at its rows.
        only = _schedule(phases, columns, program.cost)
        return (only, False) if phases.keeps(only) else (None, True)
    answer = solve(program, time_limit_s=time_limit_s, stop=stop)
    found = None if answer.x is None else _schedule(phases, columns, answer.x)
    return found, answer.status == "infeasible"


def _cells(
    phases: Phases, columns: _Columns
) -> tuple[float, NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]]:
    """Return what is covered in any case, and the cells of all years by their columns (CSR)."""
    cells, base = phases.cells, 0.0
    row = np.repeat(np.arange(len(cells)), np.diff(cells.indptr))
    sizes, contents, weights = [], [], []
    for year in range(phases.n_years):
        number = columns.of[year][cells.indices]
        always = np.zeros(len(cells), dtype=np.bool_)
        always[row[number == _ALWAYS]] = True
        base += float(cells.milli[always].sum())
        keep = (number >= 0) & ~always[row]
        # Columns ascend with sites, so the columns of a cell ascend like its candidates.
        size = np.bincount(row[keep], minlength=len(cells))
        covered = size > 0
        sizes.append(size[covered])
        contents.append(number[keep].astype(np.int32))
        weights.append(cells.milli[covered])
    ends = np.concatenate([[0], np.cumsum(np.concatenate(sizes))]).astype(np.int64)
    label, indptr, indices = group_equal(ends, np.concatenate(contents))
    milli = np.bincount(label, np.concatenate(weights), minlength=len(indptr) - 1)
    return base, indptr, indices, milli.astype(np.float64)


def _program(
    phases: Phases,
    columns: _Columns,
    cells: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float64]],
) -> MixedIntegerProgram:
    """Return the model of the module's docstring: columns, helpers, then cells."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    indptr, indices, milli = cells
    sides, n, n_years = phases.sides, phases.n, phases.n_years
    n_own, n_helpers, n_cells = len(columns.site), sides.n_columns - n, len(milli)
    # Rows over "open in year t" become rows over columns, and a constant for what is open anyhow.
    flat = columns.of.ravel()
    at = np.flatnonzero(flat >= 0)
    to_columns = csr_array((np.ones(len(at)), (at, flat[at])), shape=(len(flat), n_own))
    always = (flat == _ALWAYS).astype(np.float64)
    ledger = csr_array(phases.ledger.in_open_form().reshape(-1, len(flat)).astype(np.float64))
    last = sides.matrix[:, :n]
    rules = csr_array(
        (last.data, last.indices + (n_years - 1) * n, last.indptr), shape=(last.shape[0], len(flat))
    )
    # The columns of one site follow one another, the earlier year first.
    same = np.flatnonzero(columns.site[1:] == columns.site[:-1])
    stay = csr_array(eye_array(n_own).tocsr()[same] - eye_array(n_own).tocsr()[same + 1])
    covered = csr_array((-np.ones(len(indices)), indices, indptr), shape=(n_cells, n_own))
    blocks = [
        (ledger @ to_columns, None, -np.inf, phases.ledger.limit - ledger @ always),
        (rules @ to_columns, sides.matrix[:, n:], sides.lower - rules @ always,
         sides.upper - rules @ always),
        (stay, None, -np.inf, np.zeros(len(same))),
    ]  # fmt: skip
    rows = []
    for own, helpers, _, _ in blocks:
        size = own.shape[0]
        rows.append(hstack([
            own, csr_array((size, n_helpers)) if helpers is None else helpers,
            csr_array((size, n_cells)),
        ]))  # fmt: skip
    rows.append(hstack([covered, csr_array((n_cells, n_helpers)), eye_array(n_cells)]))
    matrix = vstack(rows).tocsr()
    upper = np.concatenate([*(block[3] for block in blocks), np.zeros(n_cells)])
    lower = np.concatenate(
        [*(np.broadcast_to(block[2], block[3].shape) for block in blocks),
         np.full(n_cells, -np.inf)]
    )  # fmt: skip
    return MixedIntegerProgram(
        cost=np.concatenate([np.zeros(n_own + n_helpers), milli]),
        column_lower=np.concatenate([np.zeros(n_own), sides.column_lower[n:], np.zeros(n_cells)]),
        column_upper=np.concatenate([np.ones(n_own), sides.column_upper[n:], np.ones(n_cells)]),
        integer=np.arange(n_own + n_helpers + n_cells) < n_own + n_helpers,
        row_lower=lower,
        row_upper=upper,
        indptr=matrix.indptr.astype(np.int32),
        indices=matrix.indices.astype(np.int32),
        values=matrix.data.astype(np.float64),
        maximise=True,
        objective_step=1.0,
    )


def _start(
    phases: Phases,
    columns: _Columns,
    begin: Schedule,
    cells: tuple[NDArray[np.int64], NDArray[np.int32]],
    program: MixedIntegerProgram,
) -> NDArray[np.float64] | None:
    """Return the columns of a schedule, or ``None`` where no helpers suit it."""
    x = np.zeros(len(program.cost))
    opened = np.full(phases.n, phases.n_years, dtype=np.int64)
    opened[begin.sites] = begin.opens
    n_own = len(columns.site)
    x[:n_own] = columns.year >= opened[columns.site]
    all_columns = phases.sides.helpers_for(begin.sites)
    if all_columns is None:
        return None
    helpers = all_columns[phases.n :]
    x[n_own : n_own + len(helpers)] = helpers
    indptr, indices = cells
    # Every cell here has a column, so reduceat never meets an empty one.
    if len(indices):
        x[n_own + len(helpers) :] = np.minimum(np.add.reduceat(x[indices], indptr[:-1]), 1.0)
    return x


def _schedule(phases: Phases, columns: _Columns, x: NDArray[np.float64]) -> Schedule:
    opens = np.full(phases.n, phases.n_years, dtype=np.int64)
    always = columns.of == _ALWAYS
    opens = np.where(always.any(axis=0), always.argmax(axis=0), opens)
    chosen = np.flatnonzero(x[: len(columns.site)] > 0.5)
    np.minimum.at(opens, columns.site[chosen], columns.year[chosen])
    sites = np.flatnonzero(opens < phases.n_years)
    return Schedule(sites=sites, opens=opens[sites])
