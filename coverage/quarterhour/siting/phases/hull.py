"""How many sites can be open in each year, where all cost the same: whole numbers only.

Money for two and a half sites opens two. A linear program opens two and a half, and its bound
speaks of schedules that nobody can build. Where every site takes the same from each row, a schedule
is affordable or not by its *counts* alone: how many sites are open in each year. All counts that
can be afforded are listed; a row ``sum_t a_t x (sites open in year t) <= b`` that all of them keep,
and the program does not, is a cut. ``a`` are whole numbers from 0 and ``b`` is the largest of
sums that were formed, so that the row is exact.
"""

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.phases.ledger import Ledger
from quarterhour.solver import MixedIntegerProgram, solve

_MOST_COUNTS = 50_000
_WHOLE = 1000.0
_SECONDS = 5.0
# By how much a cut must be broken to be worth a row.
_CLEAR = 0.01


def affordable_counts(
    ledger: Ledger, can: NDArray[np.bool_], *, at_most: int
) -> NDArray[np.int64] | None:
    """Return the largest affordable counts of open sites.

    Parameters
    ----------
    ledger, can
        What each year allows, and which openings may be, bool (n_years, n_candidates).
    at_most
        Sites in the last year at most.

    Returns
    -------
    NDArray or None
        int64 (n_counts, n_years); every affordable schedule has counts that are nowhere above one
        of these. ``None`` where sites take different amounts, or the list is too long.
    """
    sites = np.flatnonzero(can.any(axis=0))
    if not len(ledger.limit) or not len(sites):
        return None
    use = ledger.use[:, :, sites]
    if (use != use[:, :, :1]).any():
        return None
    each, n_years = use[:, :, 0], ledger.n_years
    found: list[tuple[int, ...]] = []
    stack: list[tuple[int, ...]] = [()]
    while stack:
        begun = stack.pop()
        openings = np.diff(np.array((0, *begun)))
        spent = each[:, : len(begun)] @ openings
        year, there = len(begun), begun[-1] if begun else 0
        more = there
        while more <= at_most and (spent + each[:, year] * (more - there) <= ledger.limit).all():
            more += 1
        if year == n_years - 1:
            found += [(*begun, more - 1)] if more > there else []
        else:
            stack += [(*begun, count) for count in range(there, more)]
        if len(stack) + len(found) > _MOST_COUNTS:
            return None
    return np.array(found, dtype=np.int64).reshape(len(found), n_years)


def count_cut(
    counts: NDArray[np.int64], open_sites: NDArray[np.float64]
) -> tuple[NDArray[np.int64], int] | None:
    """Return ``a, b`` with ``a @ count <= b`` for all counts, but not for ``open_sites``.

    ``None`` where there is nothing of the kind.

    Parameters
    ----------
    counts
        What can be afforded, int64 (n_counts, n_years).
    open_sites
        What a linear program opened, float64 (n_years,).
    """
    n_counts, n_years = counts.shape
    rows = np.column_stack([counts, np.full(n_counts, -1)]).astype(np.float64)
    rows = np.vstack([rows, np.append(np.ones(n_years), 0.0)])
    answer = solve(
        MixedIntegerProgram(
            cost=np.append(open_sites, -1.0),
            column_lower=np.zeros(n_years + 1),
            column_upper=np.append(np.ones(n_years), np.inf),
            integer=np.zeros(n_years + 1, dtype=np.bool_),
            row_lower=np.full(n_counts + 1, -np.inf),
            row_upper=np.append(np.zeros(n_counts), 1.0),
            indptr=(np.arange(n_counts + 2) * (n_years + 1)).astype(np.int32),
            indices=np.tile(np.arange(n_years + 1), n_counts + 1).astype(np.int32),
            values=rows.ravel(),
            maximise=True,
        ),
        time_limit_s=_SECONDS,
    )
    if answer.x is None or answer.objective < 1e-4:
        return None
    a = np.rint(answer.x[:n_years] * _WHOLE).astype(np.int64)
    b = int((counts @ a).max())
    return (a, b) if float((open_sites * a).sum()) > b + _CLEAR else None


def as_use(a: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Return the row ``a`` over open sites as a row over openings, int64 (1, n_years, n)."""
    over_openings = np.cumsum(a[::-1])[::-1]
    return np.repeat(over_openings[None, :, None], n, axis=2).astype(np.int64)
