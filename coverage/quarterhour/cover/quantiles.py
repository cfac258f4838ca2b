"""Quantiles: below which time, distance or value given shares of the people are.

The one rule behind every median and 90th percentile: people are lined up by their value, and the
quantile is the value of the one at whom the share is reached. Who never arrives stands at the end
of the line, so that the quantile is ``inf`` where it falls on them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quarterhour.streets.walker import UNREACHED


def quantiles_by(
    values: NDArray[np.float64],
    people: NDArray[np.float64],
    at: NDArray[np.int64],
    *,
    n_rows: int,
    quantiles: Sequence[float],
) -> NDArray[np.float64]:
    """Return the values that shares of the people of each row and group do not exceed.

    Parameters
    ----------
    values
        Value of each point; ``inf`` for those who never arrive.
    people
        People (points, groups).
    at
        Row that each point counts for.
    n_rows
        How many rows there are.
    quantiles
        Shares of the people, above 0 and up to 1.

    Returns
    -------
    ndarray
        Values (quantiles, rows, groups); ``nan`` where nobody lives.
    """
    out = np.full((len(quantiles), n_rows, people.shape[1]), np.nan)
    order = np.lexsort((values, at))
    ends = np.searchsorted(at[order], np.arange(n_rows + 1))
    shares = np.asarray(quantiles, np.float64)[:, None]
    for row in range(n_rows):
        rows = order[ends[row] : ends[row + 1]]
        if len(rows) == 0:
            continue
        total = np.cumsum(people[rows], axis=0)
        # A hair under the share, so that rounding of the sum skips no point that reaches it.
        for g, target in enumerate((shares * total[-1] * (1 - 1e-12)).T):
            if total[-1, g] > 0:
                out[:, row, g] = values[rows[np.searchsorted(total[:, g], target)]]
    return out


def medians(
    values: NDArray[np.float64], people: NDArray[np.float64], at: NDArray[np.int64], n_rows: int
) -> NDArray[np.float64]:
    """Return the value that half of the people of each row do not exceed; ``nan`` without people.

    Parameters
    ----------
    values, people, at, n_rows
        As for :func:`quantiles_by`, of one group.
    """
    found = quantiles_by(values, people[:, None], at, n_rows=n_rows, quantiles=(0.5,))
    return found[0, :, 0]


def median_of(values: NDArray[np.float64], people: NDArray[np.float64]) -> float:
    """Return the value that half of all people do not exceed; ``nan`` without people."""
    return float(medians(values, people, np.zeros(len(values), np.int64), 1)[0])


def median_s(ms: NDArray[np.int32] | NDArray[np.int64], people: NDArray[np.float64]) -> float:
    """Return the seconds within which half of the people arrive; ``inf`` where fewer do."""
    return median_of(seconds_of(ms), people)


def seconds_of(ms: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.float64]:
    """Return milliseconds as seconds; ``inf`` for who never arrives."""
    return np.where(ms == UNREACHED, np.inf, ms / 1000.0)


def time_quantiles_by(
    ms: NDArray[np.int32],
    people: NDArray[np.float64],
    at: NDArray[np.int64],
    *,
    n_rows: int,
    quantiles: Sequence[float],
) -> NDArray[np.float64]:
    """Return the seconds within which shares of the people of each row and group arrive.

    Parameters
    ----------
    ms
        Milliseconds of each point; ``UNREACHED`` for those who never arrive.
    people, at, n_rows, quantiles
        As for :func:`quantiles_by`.

    Returns
    -------
    ndarray
        Seconds (quantiles, rows, groups); ``inf`` where fewer arrive, and where nobody lives.
    """
    found = quantiles_by(seconds_of(ms), people, at, n_rows=n_rows, quantiles=quantiles)
    return np.where(np.isnan(found), np.inf, found)
