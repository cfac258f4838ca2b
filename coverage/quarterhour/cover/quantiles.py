"""Quantiles of walking time: within which time given shares of the people arrive.

The one rule behind every median and 90th percentile: people are lined up by their time, and the
quantile is the time of the one at whom the share is reached. Who never arrives stands at the end of
the line, so that the quantile is ``inf`` where it falls on them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quarterhour.streets.walker import UNREACHED


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
        Seconds (quantiles, rows, groups); ``inf`` where fewer arrive, and where nobody lives.
    """
    out = np.full((len(quantiles), n_rows, people.shape[1]), np.inf)
    order = np.lexsort((ms, at))
    ends = np.searchsorted(at[order], np.arange(n_rows + 1))
    shares = np.asarray(quantiles, np.float64)[:, None]
    for row in range(n_rows):
        rows = order[ends[row] : ends[row + 1]]
        if len(rows) == 0:
            continue
        total = np.cumsum(people[rows], axis=0)
        # A hair under the share, so that rounding of the sum skips no point that reaches it.
        for g, target in enumerate((shares * total[-1] * (1 - 1e-12)).T):
            found = ms[rows[np.searchsorted(total[:, g], target)]]
            lived = (total[-1, g] > 0) & (found != UNREACHED)
            out[:, row, g] = np.where(lived, found / 1000.0, np.inf)
    return out
