"""Two tiers: whether each site has a centre within reach that has room for it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.siting.check.figures import Figure
from quarterhour.siting.check.recount import Rows

if TYPE_CHECKING:
    from quarterhour.siting.tiers import LeadRule, LedPlan

_SECONDS = 20.0


def led_figures(plan: "LedPlan", rule: "LeadRule", rows: Rows) -> Iterator[Figure]:
    """Yield the figures of who leads whom."""
    known = {centre: place for place, centre in enumerate(rule.centre_ids)}
    told = len(plan.centre_ids) == len(rows) and set(plan.centre_ids) <= set(known)
    yield Figure("led.centre_ids", told, True)
    if not told:
        return
    leads = [known[centre] for centre in plan.centre_ids]
    ends, pairs = rule.pairs_indptr.tolist(), rule.pairs_indices.tolist()
    reach = [sorted(pairs[ends[row] : ends[row + 1]]) for row in rows]
    near = [centre in own for centre, own in zip(leads, reach, strict=True)]
    yield Figure("led.centre_ids (within reach)", near, [True] * len(rows))
    room = rule.room.tolist()
    over = [rule.centre_ids[c] for c, times in Counter(leads).items() if times > room[c]]
    yield Figure("led.centre_ids (room)", over, [])
    news = [c for c in sorted(set(leads)) if rule.new_centre[c]]
    ids = tuple(rule.centre_ids[c] for c in news)
    yield Figure("led.new_centre_ids", plan.new_centre_ids, ids)
    yield Figure("led.new_centre_ids (at most)", len(news) <= rule.at_most_new, True)
    fewest = _fewest_new(reach, room, rule.new_centre.tolist())
    yield Figure("led.new_centre_ids (fewest)", len(news), fewest)
    is_open = [c in news or not is_new for c, is_new in enumerate(rule.new_centre.tolist())]
    slots = [r if o else 0 for r, o in zip(room, is_open, strict=True)]
    yield Figure("led.centre_ids (the earliest)", leads, _earliest(reach, slots))


def _fewest_new(reach: Sequence[Sequence[int]], room: list[int], is_new: list[bool]) -> int:
    """Return how few new centres can lead the sites together with the existing ones."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import lil_array

    pairs = [(site, centre) for site, own in enumerate(reach) for centre in own]
    n, n_centres = len(pairs), len(room)
    each, held = lil_array((len(reach), n + n_centres)), lil_array((n_centres, n + n_centres))
    for column, (site, centre) in enumerate(pairs):
        each[site, column] = 1.0
        held[centre, column] = 1.0
    for centre, places in enumerate(room):
        held[centre, n + centre] = -float(places)
    cost = np.append(np.zeros(n), np.array(is_new, dtype=np.float64))
    answer = milp(
        cost, integrality=np.ones(len(cost)), bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(each.tocsr(), 1, 1), LinearConstraint(held.tocsr(), -np.inf, 0)
        ],
        options={"time_limit": _SECONDS},
    )  # fmt: skip
    return -1 if answer.x is None else round(float(answer.fun))


def _earliest(reach: Sequence[Sequence[int]], slots: list[int]) -> list[int]:
    """Return for each site the earliest centre that leaves each later site one of its own."""
    left, leads = list(slots), []
    for site, own in enumerate(reach):
        for centre in own:
            if left[centre] <= 0:
                continue
            left[centre] -= 1
            if _all_led(reach[site + 1 :], left):
                leads.append(centre)
                break
            left[centre] += 1
        else:
            return leads
    return leads


def _all_led(reach: Sequence[Sequence[int]], slots: list[int]) -> bool:
    """Tell whether every site can have a place of its own."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    first = np.cumsum([0, *(min(s, len(reach)) for s in slots)])
    places = [
        [p for centre in own for p in range(int(first[centre]), int(first[centre + 1]))]
        for own in reach
    ]
    if not reach:
        return True
    if not all(places):
        return False
    indptr = np.cumsum([0, *map(len, places)])
    indices = np.concatenate([np.array(p, dtype=np.int32) for p in places])
    ones = np.ones(len(indices), dtype=np.int8)
    graph = csr_array((ones, indices, indptr), shape=(len(reach), int(first[-1])))
    matched = maximum_bipartite_matching(graph, perm_type="column")
    return bool((matched >= 0).all())
