"""An order of building in which every step only adds, and what that costs.

The best plan of four sites need not hold the best three: whoever builds one by one loses something
at every step against the frontier. The *price of nesting* at a step is what the best plan of as
many sites (or of as much money) has more. Two orders are told: of the plan's own sites, which ends
in the plan; and of any sites, which may lose less on the way and end a little below it.

An order is as good as the sum of what it has achieved before and after each step (with money: times
the money that the step takes). Of the plan's own sites that is maximised exactly, over all subsets,
where they are few (R. Bellman, "Dynamic programming treatment of the travelling salesman problem",
Journal of the ACM 9, 61-63, 1962, has the same recursion); else sites are moved within the order
until nothing is better. Steps on the way need not keep to rules that ask for more sites.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.siting.counting import gained, points_of, walks_ms
from quarterhour.siting.patience import Patience
from quarterhour.siting.plan import SitePlan
from quarterhour.siting.sides import Sides
from quarterhour.siting.talk.frontier import By, Drawn
from quarterhour.siting.talk.points import bare, value_of, with_plan

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_EXACT_SITES = 10
_DUST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NestedOrder:
    """One order of building, step by step.

    Attributes
    ----------
    sites
        "plan": the plan's own sites. "any": whichever lose least.
    status
        "proven": no order of such sites is better; else "best found".
    candidate_row
        In the order of building, int64 (n_steps,).
    site_ids
        Their ids.
    cost
        One-off cost of all that is built after each step, int64 (n_steps,).
    objective
        Achieved after each step, in the unit of the frontier, float64 (n_steps,).
    people_inside
        People inside the circle after each step, float64 (n_steps,).
    keeps
        Whether what is built after each step keeps to all rules by itself, bool (n_steps,).
    price, price_at_most
        What the best known plan, and what any plan that keeps to the rules, can have more, float64
        (n_steps,), 0 or more; ``nan`` where the frontier has no such point, or the step does not
        keep to the rules that the frontier keeps to.
    """

    sites: Literal["plan", "any"]
    status: Literal["proven", "best found"]
    candidate_row: NDArray[np.int64]
    site_ids: tuple[str, ...]
    cost: NDArray[np.int64]
    objective: NDArray[np.float64]
    people_inside: NDArray[np.float64]
    keeps: NDArray[np.bool_]
    price: NDArray[np.float64]
    price_at_most: NDArray[np.float64]

    def __post_init__(self) -> None:
        arrays = (self.candidate_row, self.cost, self.objective, self.people_inside, self.keeps,
                  self.price, self.price_at_most)  # fmt: skip
        for array in arrays:
            if len(array) != len(self.site_ids):
                raise AssertionError("one value per step")
            array.setflags(write=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per step."""
        return pd.DataFrame(
            {
                "step": np.arange(1, len(self.site_ids) + 1),
                "site_id": list(self.site_ids),
                "candidate_row": self.candidate_row,
                "cost": self.cost,
                "objective": self.objective,
                "people_inside": self.people_inside,
                "keeps": self.keeps,
                "price": self.price,
                "price_at_most": self.price_at_most,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Order:
    """Rows in the order of building, and whether none is better."""

    sites: Literal["plan", "any"]
    rows: tuple[int, ...]
    proven: bool


class Worth:
    """What sets of sites achieve, more is better; each set is counted once."""

    def __init__(self, problem: "SitingProblem", by: By, patience: Patience) -> None:
        self.problem, self.patience = problem, patience
        self.maximise = problem.question == "most_people"
        self._cost = problem.cost if by == "money" else None
        self._known: dict[frozenset[int], float] = {}

    def __call__(self, rows: Iterable[int]) -> float:
        """Return the objective of a set, with its sign turned where less is better."""
        key = frozenset(rows)
        if key not in self._known:
            chosen = np.array(sorted(key), dtype=np.int64)
            value = value_of(self.problem, bare(chosen, maximise=self.maximise))
            self._known[key] = value if self.maximise else -value
        return self._known[key]

    def step(self, row: int) -> float:
        """Return how long what stands before a step has to do: its money, else 1."""
        return 1.0 if self._cost is None else float(self._cost[row])

    def score(self, rows: Sequence[int]) -> float:
        """Return how good an order is."""
        held = (self(rows[:k]) * self.step(row) for k, row in enumerate(rows))
        return sum(held) + self(rows)


def plan_order(worth: Worth, plan: SitePlan) -> Order:
    """Return the best order of the plan's own sites."""
    rows = [int(row) for row in plan.chosen]
    begin = by_gain(worth, rows)
    if len(rows) <= _EXACT_SITES:
        exact = _best_order(worth, sorted(rows))
        if exact is not None:
            # Of orders as good, the one that takes the largest gain first is what people expect.
            good = worth.score(begin) >= worth.score(exact) - _dust(worth.score(exact))
            return Order(sites="plan", rows=tuple(begin if good else exact), proven=True)
    return Order(sites="plan", rows=tuple(_moved(worth, begin)), proven=False)


def any_order(worth: Worth, drawn: Drawn, plan: SitePlan, first: Order) -> Order:
    """Return the best order found of any sites, as many as the plan has."""
    n = len(plan.chosen)
    found = [point.answer.chosen for point in drawn.points if point.answer is not None]
    pool = sorted({int(row) for chosen in found for row in chosen} | set(plan.chosen.tolist()))
    starts = [greedily(worth, [], n)]
    for chosen in found:
        if worth.patience.over:
            break
        if 0 < len(chosen) <= n:
            head = by_gain(worth, [int(row) for row in chosen])
            starts.append(by_gain(worth, pool, head, n))
    sides = Sides.of(drawn.problem)
    fits = [
        rows
        for rows in starts
        if len(rows) == n and sides.allows(np.array(sorted(rows), dtype=np.int64))
    ]
    best = max(fits, key=worth.score, default=list(first.rows))
    best = _moved(worth, best)
    if worth.score(best) <= worth.score(first.rows) + _dust(worth.score(best)):
        best = list(first.rows)
    return Order(sites="any", rows=tuple(best), proven=False)


def priced(drawn: Drawn, order: Order) -> NestedOrder:
    """Return an order with its figures; a step that beats the frontier betters the frontier."""
    problem = drawn.problem
    maximise = problem.question == "most_people"
    sides = Sides.of(problem)
    steps = [np.array(sorted(order.rows[: k + 1]), dtype=np.int64) for k in range(len(order.rows))]
    keeps = np.array([sides.allows(chosen) for chosen in steps], dtype=np.bool_)
    cost = [0 if problem.cost is None else int(problem.cost[chosen].sum()) for chosen in steps]
    value = [value_of(problem, bare(chosen, maximise=maximise)) for chosen in steps]
    price = np.full((2, len(steps)), np.nan)
    for k, chosen in enumerate(steps):
        limit = k + 1 if drawn.by == "sites" else cost[k]
        point = drawn.at(limit)
        if point is None or point.answer is None or not keeps[k]:
            continue
        if (value[k] - point.objective) * (1 if maximise else -1) > 0:
            better = with_plan(point, bare(chosen, maximise=maximise), value[k])
            drawn.points[drawn.limits.index(limit)] = point = better
        apart = np.abs([point.objective - value[k], point.bound - value[k]])
        price[:, k] = np.where(apart <= _dust(value[k]), 0.0, apart)
    before = float(problem.weight[problem.already].sum())
    sure = bool(np.nansum(price[1]) == 0.0 and not np.isnan(price[1]).any())
    return NestedOrder(
        sites=order.sites,
        status="proven" if order.proven or sure else "best found",
        candidate_row=np.array(order.rows, dtype=np.int64),
        site_ids=tuple(problem.candidate_ids[row] for row in order.rows),
        cost=np.array(cost, dtype=np.int64),
        objective=np.array(value, dtype=np.float64),
        people_inside=np.array([before + gained(problem, chosen) for chosen in steps]),
        keeps=keeps,
        price=price[0],
        price_at_most=price[1],
    )


def by_gain(
    worth: Worth, rows: Sequence[int], head: Sequence[int] = (), n: int | None = None
) -> list[int]:
    """Return sites with the largest gain first, after a given head; ties by candidate order."""
    order = list(head)
    left = sorted(set(rows) - set(order))
    n = len(order) + len(left) if n is None else n
    while left and len(order) < n:
        if worth.patience.over:
            return (order + left)[:n]
        best = max(left, key=lambda row: (worth([*order, row]), -row))
        order.append(best)
        left.remove(best)
    return order


def greedily(worth: Worth, head: Sequence[int], n: int) -> list[int]:
    """Return ``n`` sites, each the allowed one that adds most people; ties by candidate order.

    Counted by people inside the circle, or by walking where that is asked for.
    """
    problem = worth.problem
    order = [*head, *(row for row in problem.must if row not in head)]
    free = problem.allowed.copy()
    free[order] = False
    while len(order) < n and free.any() and not worth.patience.over:
        chosen = np.array(sorted(order), dtype=np.int64)
        gain = np.where(free, _gains(problem, chosen), -np.inf)
        order.append(int(np.argmax(gain)))
        free[order[-1]] = False
    return order


def _gains(problem: "SitingProblem", chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what each candidate would add to some that stand."""
    times = problem.times
    if problem.question != "most_people" and times is not None:
        row = np.repeat(np.arange(problem.n_candidates), np.diff(times.indptr))
        saved = np.maximum(walks_ms(problem, chosen)[times.indices] - times.ms, 0)
        people = saved * problem.weight[times.indices]
    else:
        row = np.repeat(np.arange(problem.n_candidates), np.diff(problem.covers_indptr))
        still = np.where(problem.already, 0.0, problem.worth)
        for site in chosen.tolist():
            still[points_of(problem, site)] = 0.0
        people = still[problem.covers_indices]
    gain = np.bincount(row, weights=people, minlength=problem.n_candidates)
    return gain.astype(np.float64)


def _best_order(worth: Worth, rows: Sequence[int]) -> list[int] | None:
    """Return the order of the largest score, by the best order of every subset."""
    everything = (1 << len(rows)) - 1
    best: dict[int, tuple[float, int]] = {0: (0.0, 0)}
    for subset in range(1, everything + 1):
        if worth.patience.over:
            return None
        best[subset] = max(
            (best[before][0] + worth(_members(rows, before)) * worth.step(row), -k)
            for k, row in enumerate(rows)
            if (before := subset & ~(1 << k)) != subset
        )
    order, subset = [], everything
    while subset:
        last = -best[subset][1]
        order.append(rows[last])
        subset &= ~(1 << last)
    return order[::-1]


def _members(rows: Sequence[int], subset: int) -> list[int]:
    return [row for k, row in enumerate(rows) if subset >> k & 1]


def _moved(worth: Worth, rows: Sequence[int]) -> list[int]:
    """Move single sites within an order until nothing is better."""
    best, score = list(rows), worth.score(rows)
    better = True
    while better:
        better = False
        for start in range(len(best)):
            for end in range(len(best)):
                if worth.patience.over:
                    return best
                other = [row for k, row in enumerate(best) if k != start]
                other.insert(end, best[start])
                other_score = worth.score(other)
                if other_score > score + _dust(score):
                    best, score, better = other, other_score, True
    return best


def _dust(value: float) -> float:
    return _DUST * max(1.0, abs(value))
