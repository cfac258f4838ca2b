"""Branching on single sites, with the bound of prices at each node (Beasley 1993).

A *node* is the question with some candidates chosen and some forbidden. Its prices begin where its
parent's ended, so a few steps tell whether it can hold a better choice; if so it is split by the
candidate on which its prices agree least. Bounds are exact, and no tolerance enters. Only rules
that forbid are taken, not those that demand: a node then always has a choice that keeps to them.

References
----------
J. E. Beasley, "Lagrangean heuristics for location problems", European Journal of Operational
Research 65, 383-399 (1993).
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.siting.walking.multipliers import Pace, Priced, Pricing, raise_bound
from quarterhour.siting.walking.radius import Left
from quarterhour.siting.walking.walks import Walks

_PACE = Pace(first=0.3, last=0.03, patient=8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Node:
    sides: Sides
    priced: Priced


def can_branch(sides: Sides) -> bool:
    """Tell whether all rules only forbid: fewer sites than a choice has never break them."""
    forbids = not sides.has_helpers and not np.isfinite(sides.lower).any()
    return forbids and bool((sides.matrix.data >= 0).all())


def branch(
    walks: Walks,
    sides: Sides,
    root: Priced,
    *,
    value: Callable[[], int],
    look: Callable[[NDArray[np.int64]], None],
    work: int,
    patience: Patience,
) -> int:
    """Return what no choice can undercut: the value in hand once the tree is done.

    Parameters
    ----------
    root
        Bound and prices of the whole question.
    value
        Returns the sum of weight x time of the best choice in hand.
    look
        Called with sites that may make a good choice.
    work
        Pairs to look at, at most.
    """
    first = _settled(_Node(sides=sides, priced=root), walks, value())
    walks = walks.among(first.sides.column_upper[: walks.n_candidates] > 0)
    heap: list[tuple[float, int, _Node]] = [(root.bound, 0, first)]
    pricing, count = Pricing(walks, sides), 0
    stop = pricing.work + work
    while heap:
        _, _, node = heap[0]
        if node.priced.whole >= value():
            break
        if pricing.work >= stop or patience.over:
            return node.priced.whole
        heapq.heappop(heap)
        node = _settled(node, walks, value())
        site = _open_site(node)
        if site is None:
            # Nothing is left to decide: the rules decide whether this one choice counts.
            look(np.flatnonzero(node.sides.column_lower[: walks.n_candidates] > 0))
            continue
        for into in (True, False):
            child = _child(node, site, into=into)
            if not _has_room(child.sides):
                continue
            pricing.of_sides(child.sides)
            priced = raise_bound(
                pricing, node.priced.price, value=value, look=lambda p: look(p.picked),
                work=stop - pricing.work, patience=patience, pace=_PACE,
            )  # fmt: skip
            if priced.whole < value():
                count += 1
                heapq.heappush(heap, (priced.bound, count, replace(child, priced=priced)))
    return value()


def _settled(node: _Node, walks: Walks, value: int) -> _Node:
    """Return the node with candidates fixed that every, or no, better choice has."""
    left = Left.after(node.priced, walks, node.sides, value=value - 1)
    return replace(node, sides=_fixed(node.sides, left.inside, left.outside))


def _child(node: _Node, site: int, *, into: bool) -> _Node:
    one = np.zeros(node.sides.n_candidates, dtype=np.bool_)
    one[site] = True
    none = np.zeros_like(one)
    return replace(node, sides=_fixed(node.sides, *((one, none) if into else (none, one))))


def _fixed(sides: Sides, inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> Sides:
    lower, upper = sides.column_lower.copy(), sides.column_upper.copy()
    lower[: len(inside)][inside] = 1.0
    upper[: len(outside)][outside] = 0.0
    return replace(sides, column_lower=lower, column_upper=upper)


def _has_room(sides: Sides) -> bool:
    """Tell whether the sites that are chosen keep to the rules, and none is forbidden."""
    lower, upper = sides.column_lower, sides.column_upper
    return bool((lower <= upper).all() and (sides.matrix @ lower <= sides.upper).all())


def _open_site(node: _Node) -> int | None:
    """Return the undecided candidate on which the prices agree least, the earliest of equals."""
    n = node.sides.n_candidates
    open_ = node.sides.column_lower[:n] < node.sides.column_upper[:n]
    if not open_.any():
        return None
    share = node.priced.share
    return int(np.argmax(np.where(open_, np.minimum(share, 1.0 - share), -1.0)))
