"""Twins: facilities that seem to be entered twice.

Two facilities of one kind are *twins* when they have the same name and stand within 30 m of each
other, or stand within 5 m whatever their names. One name at two places is two branches, and two
kinds at one place are two services under one roof: neither is a twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.inputs.tables import fold

SAME_NAME_M = 30.0
SAME_PLACE_M = 5.0
# Points of one square this wide count as one place: a file with all rows at one spot stays quick.
_SQUARE_M = 0.5


@dataclass(frozen=True, slots=True)
class Twin:
    """Rows of two facilities that seem to be one, how far apart, and whether names agree."""

    first: int
    second: int
    metres: float
    same_name: bool


def find_twins(names: Sequence[str], kinds: Sequence[str], xy_m: NDArray[np.float64]) -> list[Twin]:
    """Return each facility that repeats an earlier one, with the earliest such.

    Parameters
    ----------
    names, kinds, xy_m
        One entry per facility; positions (n, 2) in metres.
    """
    folded = [fold(name) for name in names]
    kind = _numbers(kinds)
    both = _numbers([f"{k}\n{name}" for k, name in zip(kinds, folded, strict=True)])
    named = _earlier(both, xy_m, SAME_NAME_M)
    placed = _earlier(kind, xy_m, SAME_PLACE_M)
    twins = []
    for second in sorted(named.keys() | placed.keys()):
        first = named.get(second, placed.get(second, -1))
        metres = float(np.hypot(*(xy_m[second] - xy_m[first])))
        twins.append(Twin(first, second, metres, folded[first] == folded[second]))
    return twins


def _numbers(texts: Sequence[str]) -> NDArray[np.int64]:
    """Return a number for each text, the same for equal ones."""
    number: dict[str, int] = {}
    return np.array([number.setdefault(text, len(number)) for text in texts], np.int64)


def _earlier(
    group: NDArray[np.int64], xy_m: NDArray[np.float64], within_m: float
) -> dict[int, int]:
    """Return the first earlier row of the same group within so many metres, by row."""
    squares = np.floor(xy_m / _SQUARE_M).astype(np.int64)
    _, first, place = np.unique(
        np.column_stack([group, squares]), axis=0, return_index=True, return_inverse=True
    )
    heads = np.sort(first)
    # Groups are moved apart, so that only points of one group lie near each other.
    moved = xy_m[heads] - xy_m.min(axis=0, initial=np.inf)
    moved[:, 0] += group[heads] * (np.max(moved[:, 0], initial=0.0) + 2.0 * within_m)
    points = shapely.points(moved)
    found = {row: int(first[p]) for row, p in enumerate(place.ravel().tolist()) if first[p] < row}
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=within_m)
    for a, b in zip(heads[one].tolist(), heads[other].tolist(), strict=True):
        if a < b:
            found[b] = min(a, found.get(b, a))
    return found
