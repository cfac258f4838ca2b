"""Who can be served where places are limited, as a linear programme of scipy's.

People of one demand point may be split, so points that the same facilities reach are one. The
largest number served is a flow from points to facilities, each with so much room.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.check.figures import Figure
from quarterhour.siting.check.recount import Recount, Rows, union

if TYPE_CHECKING:
    from quarterhour.siting.served import ServedPlan

_MILLI = 1e-3
_LEVELS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Network:
    """Facilities, existing ones first: whom each reaches, and its room.

    Attributes
    ----------
    reach
        bool (n_facilities, n_demand).
    room
        People each can serve, float64 (n_facilities,).
    """

    reach: NDArray[np.bool_]
    room: NDArray[np.float64]


def network(recount: Recount, rows: Rows) -> Network:
    """Return the existing facilities and some candidates together."""
    problem, capacity = recount.problem, recount.problem.capacity
    if capacity is None:
        raise AssertionError("places are counted where they are limited")
    n_demand = len(problem.weight)
    reach = [
        union(capacity.existing_indptr, capacity.existing_indices, [k], n_demand)
        for k in range(len(capacity.of_existing))
    ]
    reach += [union(problem.covers_indptr, problem.covers_indices, [row], n_demand) for row in rows]
    room = [*capacity.of_existing.tolist(), *capacity.of_candidate[list(rows)].tolist()]
    return Network(
        reach=np.array(reach, dtype=np.bool_).reshape(len(reach), n_demand), room=np.array(room)
    )


def most_served(
    net: Network, people: NDArray[np.float64], rate: NDArray[np.float64] | None = None
) -> float:
    """Return the most people that the facilities can serve together.

    Parameters
    ----------
    net
        Facilities.
    people
        People per demand point, float64 (n_demand,).
    rate
        What one person of each point is worth, float64 (n_demand,); 1 by default.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, vstack

    asks = net.reach.any(axis=0) & (people > 0)
    if not asks.any():
        return 0.0
    each = np.ones(len(people)) if rate is None else rate
    # Points alike in all as one, told apart by bytes: rows of figures take a hundred times longer.
    reach, worth = net.reach[:, asks], np.ascontiguousarray(each[asks], np.float64)
    key = np.hstack([np.packbits(reach, axis=0).T, worth.view(np.uint8).reshape(-1, 8)])
    whole = np.ascontiguousarray(key).view(np.dtype((np.void, key.shape[1]))).ravel()
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    amount = np.bincount(kind.ravel(), weights=people[asks], minlength=len(first))
    facility, cell = np.nonzero(reach[:, first])
    ones, flows = np.ones(len(cell)), np.arange(len(cell))
    n_facilities, n_cells = len(net.room), len(amount)
    answer = linprog(
        -worth[first][cell],
        A_ub=vstack([
            csr_array((ones, (cell, flows)), shape=(n_cells, len(cell))),
            csr_array((ones, (facility, flows)), shape=(n_facilities, len(cell))),
        ]),
        b_ub=np.concatenate([amount, net.room]),
        bounds=(0, None),
        method="highs",
    )  # fmt: skip
    if answer.x is None:
        raise AssertionError("nobody served is always possible")
    return float(-answer.fun)


def slack_of(recount: Recount) -> float:
    """Return what flows may be off because people and places are rounded to thousandths."""
    problem, capacity = recount.problem, recount.problem.capacity
    if capacity is None:
        return 0.0
    there = problem.weight > 0
    rate = float((recount.worth[there] / problem.weight[there]).max(initial=1.0))
    n_places = len(capacity.of_existing) + problem.n_candidates
    return _MILLI / 2 * (len(problem.weight) + n_places) * max(rate, 1.0)


def served_worth(recount: Recount, rows: Rows) -> float:
    """Return what existing facilities and some candidates can serve together is worth."""
    problem = recount.problem
    rate = None
    if problem.merit is not None:
        there = problem.weight > 0
        rate = np.zeros(len(problem.weight))
        rate[there] = problem.merit[there] / problem.weight[there]
    return most_served(network(recount, rows), problem.weight, rate)


def served_people(recount: Recount, rows: Rows) -> float:
    """Return how many people existing facilities and some candidates can serve together."""
    return most_served(network(recount, rows), recount.problem.weight)


def served_figures(plan: "ServedPlan", recount: Recount, rows: Rows) -> Iterator[Figure]:
    """Yield the figures of who is served, before and after."""
    problem, capacity, scale = recount.problem, recount.problem.capacity, recount.people
    if capacity is None:
        raise AssertionError("places are counted where they are limited")
    today, built = network(recount, ()), network(recount, rows)
    steps = [most_served(network(recount, rows[:k]), problem.weight) for k in range(len(rows) + 1)]
    existing, slack = float(capacity.of_existing.sum()), slack_of(recount)
    yield Figure("served.people_before", plan.people_before, steps[0], scale, slack)
    yield Figure("served.people_after", plan.people_after, steps[-1], scale, slack)
    yield Figure("served.people_total", plan.people_total, scale, scale)
    yield Figure("served.capacity_before", plan.capacity_before, existing)
    with_plan = existing + float(capacity.of_candidate[list(rows)].sum())
    yield Figure("served.capacity_after", plan.capacity_after, with_plan)
    for place, (before, after) in enumerate(pairwise(steps)):
        name, stated = f"served.by_site[{place}]", float(plan.by_site[place])
        yield Figure(name, stated, after - before, scale, 2 * slack)
    yield from _shares("served_before", plan.served_before, today, recount)
    yield from _shares("served_after", plan.served_after, built, recount)
    yield from _relief(plan, today, built, recount)


def _shares(
    name: str, stated: NDArray[np.float64], net: Network, recount: Recount
) -> Iterator[Figure]:
    """Yield whether people shared out can be so, and as evenly as can be.

    The evenest way leaves nobody better off than a share who takes from one who is worse off: for
    every share, those below it, and the share of all others, are together as many as can be
    served when nobody is given more than that share.
    """
    people = recount.problem.weight
    slack = slack_of(recount) + 1e-6 * recount.people
    possible = bool((stated >= -1e-9).all() and (stated <= people * (1 + 1e-9) + 1e-9).all())
    yield Figure(f"{name} (at most all)", possible, True)
    if not possible:
        return
    nobody = float(np.where(net.reach.any(axis=0), 0.0, stated).sum())
    yield Figure(f"{name} (out of reach)", nobody, 0.0)
    fits = abs(most_served(net, stated) - float(stated.sum())) <= slack
    yield Figure(f"{name} (places for them)", fits, True)
    share = np.divide(stated, people, out=np.ones(len(people)), where=people > 0)
    found = np.unique(np.round(share[net.reach.any(axis=0)], 9))
    some = found[np.linspace(0, len(found) - 1, min(len(found), _LEVELS)).astype(int)]
    # Both sides are straight, or bent downwards, between the shares: a middle shows any gap.
    middles = (np.append(0.0, some[:-1]) + some) / 2
    for level in np.sort(np.concatenate([some, middles])):
        given = float(np.minimum(stated, level * people).sum())
        even = abs(most_served(net, level * people) - given) <= slack
        yield Figure(f"{name} (evenly, at a share of {level:.3f})", even, True)


def _relief(
    plan: "ServedPlan", today: Network, built: Network, recount: Recount
) -> Iterator[Figure]:
    problem, scale = recount.problem, recount.people
    capacity = problem.capacity
    if capacity is None:
        raise AssertionError("places are counted where they are limited")
    inside, with_plan = today.reach.any(axis=0), built.reach.any(axis=0)
    lacks_before = problem.weight - plan.served_before
    lacks_after = problem.weight - plan.served_after
    yield Figure("served.reached_unserved_before", plan.reached_unserved_before,
                 float(lacks_before[inside].sum()), scale)  # fmt: skip
    yield Figure("served.reached_unserved_after", plan.reached_unserved_after,
                 float(lacks_after[with_plan].sum()), scale)  # fmt: skip
    relieved = np.where(inside, np.maximum(lacks_before - lacks_after, 0.0), 0.0)
    same = bool(np.allclose(plan.relieved, relieved, rtol=1e-6, atol=1e-9 * max(scale, 1.0)))
    yield Figure("served.relieved", same, True)
    ids = capacity.existing_ids or tuple(str(k) for k in range(len(capacity.of_existing)))
    yield Figure("served.relief", tuple(one.facility_id for one in plan.relief), ids)
    for one, reach, room in zip(plan.relief, today.reach, capacity.of_existing, strict=True):
        name = f"served.relief[{one.facility_id}]"
        yield Figure(f"{name}.reach", one.reach, float(problem.weight[reach].sum()), scale)
        yield Figure(f"{name}.capacity", one.capacity, float(room))
        yield Figure(f"{name}.away_before", one.away_before,
                     float(lacks_before[reach].sum()), scale)  # fmt: skip
        yield Figure(f"{name}.away_after", one.away_after,
                     float(lacks_after[reach].sum()), scale)  # fmt: skip
