"""Widths of a printed table's columns: so that its rows are low and no figure is broken.

A column first gets what its longest word needs. What is left goes, a little at a time, to the
column where it saves most: a text of ``t`` letters in a column of ``w`` takes about ``t / w``
lines, and the cost of a column is the sum of their squares over its cells. Squares, because a row
is as high as its highest cell: four lines beside one are worse than two beside two. That cost is
convex in every width, so the steps end at the best widths there are (Fox 1966, Discrete
optimization via marginal analysis, Management Science 13(3), 210-216).

Widths are counted in half-width letters: a Chinese letter is 2 wide.
"""

import heapq
import re
from collections.abc import Sequence

# What of a cell's width is no letter: its margins.
MARGIN = 3.2
# Between a figure, which stands to the right, and a text beside it, which stands to the left.
GAP = 2.0
BOLD = 1.15
_STEP = 0.25
# A word longer than this may be broken (the digest of a file).
_LONGEST = 20.0
# Cells up to this width stay whole where there is room for it, else where there is less.
_WHOLE = (10.0, 8.0)
# Lines end at the ends of words, not everywhere.
_RAGGED = 1.08


def column_widths(
    columns: Sequence[Sequence[str]], numeric: Sequence[bool], room: float, *, totals: int = 0
) -> tuple[float, ...]:
    """Return the share of the width that each column gets.

    Parameters
    ----------
    columns
        Texts of each column, its header first.
    numeric
        Whether a column holds figures, which stand to the right.
    room
        Letters that fit on a line of the table.
    totals
        How many of the last rows are sums, in bold.
    """
    extra = [
        MARGIN + (GAP if follows_figures(numeric, place) else 0.0) for place in range(len(columns))
    ]
    given: list[float] = []
    for whole in _WHOLE:
        given = [_least(texts, totals, whole) for texts in columns]
        if sum(given) + sum(extra) <= room:
            break
    lengths = [_lengths(texts, totals) for texts in columns]
    steps = max(int((room - sum(given) - sum(extra)) / _STEP), 0)
    waiting = [(-_saving(lengths[c], given[c]), c) for c in range(len(columns))]
    heapq.heapify(waiting)
    for _ in range(steps):
        saved, column = waiting[0]
        if saved >= 0.0:
            break
        given[column] += _STEP
        heapq.heapreplace(waiting, (-_saving(lengths[column], given[column]), column))
    widths = [width + more for width, more in zip(given, extra, strict=True)]
    return tuple(width / sum(widths) for width in widths)


def follows_figures(numeric: Sequence[bool], place: int) -> bool:
    """Return whether a column of texts stands right of one of figures."""
    return place > 0 and numeric[place - 1] and not numeric[place]


def letters_wide(text: str) -> float:
    """Return the width of a text in half-width letters."""
    return sum(2.0 if ord(letter) > 0x2E7F else 1.0 for letter in text)


def _weights(texts: Sequence[str], totals: int) -> list[float]:
    bold = {0, *range(len(texts) - totals, len(texts))}
    return [BOLD if place in bold else 1.0 for place in range(len(texts))]


def _least(texts: Sequence[str], totals: int, whole: float) -> float:
    """Return the width that the longest word of a column needs."""
    return max(
        weight * min(_word_wide(text, whole if place else 6.0), _LONGEST)
        for place, (text, weight) in enumerate(zip(texts, _weights(texts, totals), strict=True))
    )


def _lengths(texts: Sequence[str], totals: int) -> list[float]:
    return [
        weight * letters_wide(text) * _RAGGED
        for text, weight in zip(texts, _weights(texts, totals), strict=True)
    ]


def _saving(lengths: Sequence[float], width: float) -> float:
    """Return by how much a step lowers the cost of a column."""

    def cost(at: float) -> float:
        return sum(max(length / at, 1.0) ** 2 for length in lengths)

    return round(cost(max(width, 1.0)) - cost(max(width, 1.0) + _STEP), 9)


def _word_wide(text: str, whole: float) -> float:
    """Return the width of what must not be broken: Latin words, and Chinese that is short."""
    wide = letters_wide(text)
    if any(ord(letter) > 0x2E7F for letter in text) and wide <= whole:
        return wide
    pieces = re.split(r"[\s/、，；]+", text)
    chinese = sum(ord(letter) > 0x2E7F for letter in text)
    latin = max(
        (letters_wide(re.sub(r"[^\x00-\u2E7F]", "", piece)) for piece in pieces), default=0.0
    )
    return max(latin, min(2.0 * chinese, whole, 8.0))
