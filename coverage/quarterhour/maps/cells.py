"""Grid cells and their classes: people per square kilometre with round breaks."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from quarterhour.words import Words

_CORNERS = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.float64)
_CODES = np.array(
    [Outline.MOVETO, Outline.LINETO, Outline.LINETO, Outline.LINETO, Outline.CLOSEPOLY], np.uint8
)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells with people: lower left corners in metres (n, 2), and people per km2 (n,)."""

    corner_m: NDArray[np.float64]
    density: NDArray[np.float64]
    size_m: float

    def outline(self, wanted: NDArray[np.bool_], *, side: float = 1.0) -> Outline:
        """Return the chosen cells as one outline.

        Parameters
        ----------
        wanted
            Which cells (n,).
        side
            Side of what is drawn in each, as a share of the cell's: what lies below shows between.
        """
        corner = self.corner_m[wanted] + (1.0 - side) / 2 * self.size_m
        vertices = (corner[:, None, :] + side * self.size_m * _CORNERS).reshape(-1, 2)
        return Outline(vertices, np.tile(_CODES, len(corner)))


def gather(xy_m: NDArray[np.float64], people: NDArray[np.float64], *, size_m: float) -> Cells:
    """Sum people by square cells on round coordinates; places that are unknown are left out."""
    known = np.isfinite(xy_m).all(axis=1) & (people > 0)
    at = np.floor(xy_m[known] / size_m).astype(np.int64)
    cells, index = np.unique(at, axis=0, return_inverse=True)
    total = np.bincount(index.ravel(), people[known], minlength=len(cells))
    corner = cells.reshape(-1, 2).astype(np.float64) * size_m
    return Cells(corner, (total / (size_m / 1000.0) ** 2).astype(np.float64), size_m)


def round_breaks(density: NDArray[np.float64], *, most: int) -> NDArray[np.float64]:
    """Return at most ``most`` ascending breaks of the form 1, 2 or 5 times a power of ten."""
    if len(density) == 0:
        return np.empty(0)
    # Upper classes hold fewer cells than lower ones: that is where planners look.
    shares = 1.0 - (1.0 - np.linspace(0.0, 1.0, most + 2)[1:-1]) ** 1.5
    wanted = np.quantile(density, shares)
    rounds = np.array([b * 10.0**p for p in range(-1, 8) for b in (1.0, 2.0, 5.0)])
    near = np.abs(np.log(np.maximum(wanted, 0.05))[:, None] - np.log(rounds)).argmin(axis=1)
    breaks = np.unique(rounds[near])
    inside: NDArray[np.float64] = breaks[(breaks > density.min()) & (breaks <= density.max())]
    return inside


def class_labels(
    breaks: NDArray[np.float64], words: Words, *, only: str = "plate.class_only"
) -> list[str]:
    """Return the name of each class, from the least on; ``only`` is the word for a single one."""
    shown = [f"{b:,.0f}" if b >= 1 else f"{b:g}" for b in breaks]
    if not shown:
        return [words(only)]
    middle = [words("plate.class_middle", {"after": a, "to": b}) for a, b in pairwise(shown)]
    return [
        words("plate.class_first", {"to": shown[0]}), *middle,
        words("plate.class_last", {"after": shown[-1]}),
    ]  # fmt: skip
