"""Who is served where there are too few places: everybody the same share, as far as that goes.

How many can be served is one figure (a largest flow); *who* it is, is not. Here the smallest share
of any cell is made as large as can be, then the next smallest, and so on. This *evenest* way is the
only one of its kind, so it depends on no order of people or facilities (N. Megiddo, "Optimal flows
in networks with multiple sources and sinks", Mathematical Programming 7, 97-107, 1974; S.
Fujishige, "Lexicographically optimal base of a polymatroid with respect to a weight vector",
Mathematics of Operations Research 5, 186-196, 1980).

The cells worst off are those whose facilities together have fewest places per head. They are found
by Newton steps on the share: serve everybody that share; the cells that cannot have it and those
who are in their way have a smaller one; until all can. They are served and set aside together with
their facilities, and the rest are looked at in the same way.
"""

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.served.model import ServedModel

# Shares are fractions, so people and places are counted in pieces of a milli-person.
_LARGEST = 2.0**50


def even_shares(model: ServedModel, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of each cell that is served, float64 (n_cells,), from 0 to 1.

    Parameters
    ----------
    model
        Cells and places.
    chosen
        Sites that are built beside what exists.
    """
    cell_of, _, _ = model.other_way
    there = model.built(chosen)
    pieces = 2.0 ** np.floor(np.log2(_LARGEST / max(float(model.people.sum()), 1.0)))
    share = np.zeros(len(model.people))
    room = (model.room * pieces).astype(np.int64)
    left = np.bincount(cell_of[there[model.facility] > 0], minlength=len(share)) > 0
    while left.any():
        part, worst = 1.0, left
        while True:
            # Down to whole pieces: what can just be served is not to fail by dust.
            people = np.where(left, np.floor(model.people * pieces * part), 0.0).astype(np.int64)
            served, closed_by = model.served_cells(people, room, there)
            short = closed_by >= 0
            if served.sum() >= people.sum() or not short.any():
                break
            owns = np.zeros(len(room), np.bool_)
            owns[model.facility[short[cell_of]]] = True
            owns &= there > 0
            lower = float(room[owns].sum()) / float(model.people[short].sum() * pieces)
            if lower >= part:
                break
            part, worst = lower, short
        if worst is left:
            share[left] = 1.0
            return share
        share[worst] = part
        there[model.facility[worst[cell_of]]] = 0.0
        left = left & ~worst
    return share
