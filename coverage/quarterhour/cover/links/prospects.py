"""Prospects: how many people a link might bring inside, counted roughly before it is walked.

A link that saves ``s`` at its far end brings in nobody who lacks more than ``s``, and nobody who
lives farther from that end than what is left of the limit allows. People outside are counted into
squares of a grid, apart for how much they lack; sums over rectangles [1]_ then answer a million
questions at once. The square around an end holds all who can walk there: nobody is missed, and
too many are counted.

References
----------
.. [1] F. C. Crow, "Summed-area tables for texture mapping", SIGGRAPH 84, 207-212 (1984).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CELL_M = 25.0
_MOST_CELLS = 4_000_000
_LACKS_MS = np.array([60_000, 120_000, 300_000, 600_000, 1_200_000], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Prospects:
    """People outside on a grid, as sums from its corner.

    Attributes
    ----------
    corner_m, cell_m
        Corner of the grid and size of its squares.
    sums
        People who lack at most so much (levels, rows + 1, columns + 1).
    """

    corner_m: NDArray[np.float64]
    cell_m: float
    sums: NDArray[np.float64]

    @classmethod
    def of(
        cls, xy_m: NDArray[np.float64], people: NDArray[np.float64], lacks_ms: NDArray[np.int64]
    ) -> "Prospects":
        """Count people outside.

        Parameters
        ----------
        xy_m, people
            Places (n, 2) and people at each.
        lacks_ms
            Milliseconds that each is beyond the limit.
        """
        if len(xy_m) == 0:
            return cls(np.zeros(2), _CELL_M, np.zeros((len(_LACKS_MS) + 1, 2, 2)))
        low, high = xy_m.min(axis=0), xy_m.max(axis=0)
        size = np.maximum(high - low, 1.0)
        cell = max(_CELL_M, float(np.sqrt(size.prod() / _MOST_CELLS)))
        columns, rows = (size // cell).astype(np.int64) + 1
        at = ((xy_m - low) // cell).astype(np.int64)
        level = np.searchsorted(_LACKS_MS, lacks_ms)
        n = len(_LACKS_MS) + 1
        flat = (level * rows + at[:, 1]) * columns + at[:, 0]
        grid = np.bincount(flat, people, minlength=n * rows * columns).reshape(n, rows, columns)
        sums = np.zeros((n, rows + 1, columns + 1))
        sums[:, 1:, 1:] = grid.cumsum(axis=0).cumsum(axis=1).cumsum(axis=2)
        return cls(low, cell, sums)

    def near(
        self, xy_m: NDArray[np.float64], walk_m: NDArray[np.float64], saved_ms: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return people around places who may be brought inside.

        Parameters
        ----------
        xy_m
            Places (n, 2).
        walk_m
            Metres that are left of the limit there; nobody for less than 0.
        saved_ms
            Milliseconds saved there.
        """
        _, rows, columns = self.sums.shape
        half = np.maximum(walk_m, 0.0)[:, None]
        edge = np.array([columns - 1, rows - 1])
        low = np.clip(np.floor((xy_m - half - self.corner_m) / self.cell_m), 0, edge)
        # Its own square counts even where nothing is left to walk.
        high = np.clip(np.floor((xy_m + half - self.corner_m) / self.cell_m) + 1, 0, edge)
        (left, bottom), (right, top) = low.astype(np.int64).T, high.astype(np.int64).T
        level = np.searchsorted(_LACKS_MS, saved_ms)
        s = self.sums
        found = (
            s[level, top, right] - s[level, bottom, right] - s[level, top, left]
            + s[level, bottom, left]
        )  # fmt: skip
        return np.where(walk_m >= 0, np.maximum(found, 0.0), 0.0)
