"""Placing of labels: none covers another, and what does not fit is left out and counted.

All in millimetres on paper. A *mark* is a box that labels keep away from (a sign); a *wish* is a
label with the places it may take, the best first. Labels are placed greedily in the order of the
wishes; a label that stands away from its anchor gets a *leader*.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LEADER_FROM_MM = 2.6
_NEAREST = 150


@dataclass(frozen=True, slots=True)
class Box:
    """A box in millimetres."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """Width in millimetres."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Height in millimetres."""
        return self.top - self.bottom

    def holds(self, other: "Box") -> bool:
        """Tell whether another box lies inside."""
        return (self.left <= other.left and self.right >= other.right
                and self.bottom <= other.bottom and self.top >= other.top)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """A label to be placed.

    Attributes
    ----------
    text
        What it says.
    anchor
        What it speaks of, millimetres.
    width, height
        Of the text, millimetres.
    centres
        Where its middle may stand, the best first.
    leader
        Whether a line joins it with its anchor when it stands away from it.
    over_marks
        Whether it may cover signs where there is no free place.
    clear
        Half the sign that stands at the anchor, millimetres: a leader begins at its rim.
    """

    text: str
    anchor: tuple[float, float]
    width: float
    height: float
    centres: tuple[tuple[float, float], ...]
    leader: bool = True
    over_marks: bool = False
    clear: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A label at its place; ``leader`` is the end of its line at the label, or ``None``."""

    wish: Wish
    box: Box
    leader: tuple[float, float] | None

    @property
    def start(self) -> tuple[float, float]:
        """Where the leader begins: at the rim of the sign."""
        return _start(self.wish, self.leader or self.centre)

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the label."""
        return (self.box.left + self.box.right) / 2, (self.box.bottom + self.box.top) / 2


def around(
    anchor: tuple[float, float], *, width: float, height: float, clear: float
) -> tuple[tuple[float, float], ...]:
    """Return places around a sign, near ones first: right, left, above, below, corners, farther.

    Parameters
    ----------
    anchor
        Middle of the sign.
    width, height
        Of the label.
    clear
        Half the sign and a little air.
    """
    x, y = anchor
    across, up = width / 2, height / 2
    places = []
    for away in (clear, clear + 2.2, clear + 4.4, clear + 7.0):
        places += [
            (x + away + across, y), (x - away - across, y), (x, y + away + up),
            (x, y - away - up), (x + away + across, y + away), (x - away - across, y + away),
            (x + away + across, y - away), (x - away - across, y - away),
        ]  # fmt: skip
    return tuple(places)


def place_labels(
    wishes: Sequence[Wish],
    *,
    frame: Box,
    marks: Sequence[Box] = (),
    taken: Sequence[Box] = (),
    air: float = 0.35,
) -> tuple[Placed | None, ...]:
    """Place labels one after the other.

    Parameters
    ----------
    wishes
        The most important first.
    frame
        Labels stay inside.
    marks
        Signs that labels keep away from.
    taken
        Labels that stand already.
    air
        Least distance between two labels, millimetres.

    Returns
    -------
    tuple
        One entry per wish: the label at its place, or ``None`` where there is no room.
    """
    ground = _Ground(frame, marks, taken, air)
    placed: list[Placed | None] = []
    for wish in wishes:
        found = ground.find(wish)
        if found is None and wish.over_marks:
            found = ground.find_over(wish)
        placed.append(None if found is None else ground.put(wish, found))
    return tuple(placed)


class _Ground:
    """Boxes that stand, as arrays that grow: labels, signs, and leaders as rows of small boxes."""

    def __init__(self, frame: Box, marks: Sequence[Box], taken: Sequence[Box], air: float) -> None:
        self.frame, self.air = frame, air
        self.marks = _as_array(marks)
        self.labels = _as_array(taken)

    def find(self, wish: Wish) -> Box | None:
        """Return the first free place; rather one whose leader crosses no sign."""
        second = None
        for x, y in wish.centres:
            box = Box(x - wish.width / 2, y - wish.height / 2,
                      x + wish.width / 2, y + wish.height / 2)  # fmt: skip
            if not self.frame.holds(box) or _hits(self.labels, box, self.air):
                continue
            if _hits(self.marks, box, 0.1):
                continue
            if not self._leads(wish, box):
                continue
            leader = _leader(wish, box)
            start = np.array(wish.anchor if leader is None else _start(wish, leader))
            if leader is None or not _hits_line(self.marks, start, leader):
                return box
            second = second or box
        return second

    def find_over(self, wish: Wish) -> Box | None:
        """Return, of the nearest places free of labels, the one that covers least of the signs."""
        boxes = [Box(x - wish.width / 2, y - wish.height / 2,
                     x + wish.width / 2, y + wish.height / 2)
                 for x, y in wish.centres[:_NEAREST]]  # fmt: skip
        free = [
            b for b in boxes
            if self.frame.holds(b) and not _hits(self.labels, b, self.air) and self._leads(wish, b)
        ]  # fmt: skip
        if not free:
            return None
        rows, marks = _as_array(free)[:, None], self.marks[None]
        across = np.minimum(rows[..., 2], marks[..., 2]) - np.maximum(rows[..., 0], marks[..., 0])
        up = np.minimum(rows[..., 3], marks[..., 3]) - np.maximum(rows[..., 1], marks[..., 1])
        covered = (across.clip(min=0.0) * up.clip(min=0.0)).sum(axis=1)
        # In whole hundredths, so that a difference of rounding chooses nothing.
        return free[int(np.argmin(np.rint(100.0 * covered)))]

    def _leads(self, wish: Wish, box: Box) -> bool:
        """Tell whether the leader of a label, where it needs one, crosses no other label."""
        leader = _leader(wish, box)
        return leader is None or not _hits_line(self.labels, np.array(wish.anchor), leader)

    def put(self, wish: Wish, box: Box) -> Placed:
        leader = _leader(wish, box)
        rows = [(box.left, box.bottom, box.right, box.top)]
        if leader is not None:
            steps = np.linspace(0.0, 1.0, 9)[1:-1, None]
            line = (1 - steps) * np.array(_start(wish, leader)) + steps * np.array(leader)
            rows += [(x - 0.1, y - 0.1, x + 0.1, y + 0.1) for x, y in line.tolist()]
        self.labels = np.vstack([self.labels, np.array(rows)])
        return Placed(wish, box, leader)


def _as_array(boxes: Sequence[Box]) -> NDArray[np.float64]:
    rows = [(b.left, b.bottom, b.right, b.top) for b in boxes]
    return np.array(rows, np.float64).reshape(-1, 4)


def _hits(boxes: NDArray[np.float64], box: Box, air: float) -> bool:
    return bool(
        (
            (boxes[:, 0] < box.right + air) & (boxes[:, 2] > box.left - air)
            & (boxes[:, 1] < box.top + air) & (boxes[:, 3] > box.bottom - air)
        ).any()
    )  # fmt: skip


def _hits_line(
    boxes: NDArray[np.float64], start: NDArray[np.float64], end: tuple[float, float]
) -> bool:
    for share in np.linspace(0.0, 1.0, 12)[1:-1]:
        x, y = (1 - share) * start + share * np.array(end)
        if _hits(boxes, Box(x, y, x, y), 0.0):
            return True
    return False


def _leader(wish: Wish, box: Box) -> tuple[float, float] | None:
    """Return where a leader meets the label, or ``None`` where the label stands near enough."""
    if not wish.leader:
        return None
    x = min(max(wish.anchor[0], box.left), box.right)
    y = min(max(wish.anchor[1], box.bottom), box.top)
    # A label that stands against the rim of a large sign needs none.
    far = max(_LEADER_FROM_MM, math.sqrt(2.0) * wish.clear + 0.2)
    return (x, y) if math.hypot(x - wish.anchor[0], y - wish.anchor[1]) > far else None


def _start(wish: Wish, end: tuple[float, float]) -> tuple[float, float]:
    """Return where a leader leaves the box of the sign at its anchor."""
    across, up = end[0] - wish.anchor[0], end[1] - wish.anchor[1]
    away = max(abs(across), abs(up))
    share = min(1.0, wish.clear / away) if away else 0.0
    return wish.anchor[0] + share * across, wish.anchor[1] + share * up
