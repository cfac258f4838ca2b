"""Two tiers: every chosen site is led by a centre within reach, and a centre leads only so many.

A *centre* stands already, or may be opened with the plan (a *new* one). The rule has columns of
its own: ``v_jc`` is 1 where centre ``c`` leads site ``j``, ``o_c`` where a new centre opens::

    sum_{c in reach of j} v_jc = y_j                     every candidate j
    sum_j v_jc <= room_c                                 every existing centre c
    sum_j v_jc <= at_most o_c,  v_jc <= o_c              every new centre c
    sum_c o_c <= at_most_new

After G. C. Moore, C. ReVelle, "The hierarchical service location problem", Operations Research
30(4), 775-780 (1982). Which centre leads which site is told afterwards, for a plan at hand: as few
new centres as it takes, early ones rather than late ones, and each site by the earliest centre that
leaves the sites after it one of theirs.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.siting.rules import Rule
from quarterhour.solver import MixedIntegerProgram, solve

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeadRule(Rule):
    """The rule of two tiers, and what it was made from.

    Attributes
    ----------
    pairs_indptr, pairs_indices
        Centres within reach of each candidate (CSR: row = candidate), ascending.
    centre_ids
        One per centre.
    room
        How many sites each centre may lead if it is open, int64 (n_centres,).
    new_centre
        Whether a centre is yet to be opened, bool (n_centres,).
    at_most_new
        How many of those may be opened.
    """

    pairs_indptr: NDArray[np.int64]
    pairs_indices: NDArray[np.int64]
    centre_ids: tuple[str, ...]
    room: NDArray[np.int64]
    new_centre: NDArray[np.bool_]
    at_most_new: int

    def within_reach(self, site: int) -> list[int]:
        """Return the centres within reach of one candidate."""
        found: list[int] = self.pairs_indices[
            self.pairs_indptr[site] : self.pairs_indptr[site + 1]
        ].tolist()
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class LedPlan:
    """Who leads whom.

    Attributes
    ----------
    centre_ids
        The centre of each site, in building order.
    new_centre_ids
        Centres that must be opened for this, in the order in which they were given.
    """

    centre_ids: tuple[str, ...]
    new_centre_ids: tuple[str, ...]


def lead_rule(
    pairs_indptr: NDArray[np.int64],
    pairs_indices: NDArray[np.int64],
    *,
    room: NDArray[np.int64],
    centre_ids: tuple[str, ...],
    new_centre: NDArray[np.bool_],
    at_most_new: int,
    at_most: int,
) -> LeadRule:
    """Return the rule that each chosen site is led by exactly one centre within reach.

    Parameters
    ----------
    pairs_indptr, pairs_indices
        Centres within reach of each candidate (CSR: row = candidate), none twice. A candidate
        without a centre within reach cannot be chosen.
    room
        How many more sites each existing centre may lead, int64 (n_centres,): none where it is 0
        or less. Not read for new centres.
    centre_ids
        One per centre.
    new_centre
        Whether a centre is yet to be opened, bool (n_centres,).
    at_most_new
        How many new centres may be opened.
    at_most
        How many sites a new centre leads at most.
    """
    rooms = np.where(new_centre, at_most, np.maximum(room, 0)).astype(np.int64)
    n, n_pairs = len(pairs_indptr) - 1, len(pairs_indices)
    site = np.repeat(np.arange(n), np.diff(pairs_indptr))
    # Ascending in each row: "the earliest centre" then means the first.
    centre = pairs_indices[np.lexsort((pairs_indices, site))].astype(np.int64)
    lead = n + np.arange(n_pairs)
    news = np.flatnonzero(new_centre).tolist()
    opens = {c: n + n_pairs + place for place, c in enumerate(news)}
    rows: list[tuple[list[int], list[int]]] = []
    lower, upper = [0.0] * n, [0.0] * n
    for row in range(n):
        own = lead[pairs_indptr[row] : pairs_indptr[row + 1]].tolist()
        rows.append(([*own, row], [1] * len(own) + [-1]))
    for one in range(len(centre_ids)):
        led = lead[centre == one].tolist()
        if one not in opens:
            rows.append((led, [1] * len(led)))
            upper.append(float(rooms[one]))
            continue
        rows.append(([*led, opens[one]], [1] * len(led) + [-min(at_most, max(len(led), 1))]))
        # Implied by whole numbers, and much tighter than the row above without them.
        rows += [([pair, opens[one]], [1, -1]) for pair in led]
        upper += [0.0] * (1 + len(led))
    if opens:
        rows.append((list(opens.values()), [1] * len(opens)))
        upper.append(float(at_most_new))
    lower += [-np.inf] * (len(rows) - n)
    sizes = [len(columns) for columns, _ in rows]
    return LeadRule(
        said=Fault("siting.asks_lead", {"at_most": at_most}),
        indptr=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        indices=np.array([c for columns, _ in rows for c in columns], dtype=np.int64),
        values=np.array([v for _, values in rows for v in values], dtype=np.int64),
        lower=np.array(lower),
        upper=np.array(upper),
        helper_upper=np.ones(n_pairs + len(opens), dtype=np.int64),
        pairs_indptr=pairs_indptr.astype(np.int64),
        pairs_indices=centre,
        centre_ids=centre_ids,
        room=rooms,
        new_centre=new_centre,
        at_most_new=at_most_new,
    )


def led_plan(problem: "SitingProblem", order: NDArray[np.int64]) -> LedPlan:
    """Tell which centre leads each site of a plan.

    Parameters
    ----------
    problem
        The question; the first rule of two tiers in it is the one that is told.
    order
        Rows of the chosen candidates in building order. They keep to the rule.

    Returns
    -------
    LedPlan
        As few new centres as it takes, early ones rather than late ones; and for each site the
        earliest centre that leaves the sites after it one of theirs.
    """
    rule = next(rule for rule in problem.rules if isinstance(rule, LeadRule))
    sites = order.tolist()
    opened = _opened(rule, sites)
    room = np.where(rule.new_centre, 0, rule.room)
    room[opened] = rule.room[opened]
    reach = [rule.within_reach(site) for site in sites]
    leads = _first_fit(reach, room.tolist())
    return LedPlan(
        centre_ids=tuple(rule.centre_ids[c] for c in leads),
        new_centre_ids=tuple(rule.centre_ids[c] for c in opened if c in leads),
    )


def _opened(rule: LeadRule, sites: list[int]) -> list[int]:
    """Return the new centres to open: as few as it takes, with the least sum of places."""
    news = np.flatnonzero(rule.new_centre)
    # Fewer weighs more than earlier: no sum of places is as large as one centre more.
    cost = np.zeros(len(rule.helper_upper))
    cost[len(rule.helper_upper) - len(news) :] = np.arange(len(news)) + float(len(news)) ** 2 + 1.0
    n = len(rule.pairs_indptr) - 1
    chosen = np.zeros(n)
    chosen[sites] = 1.0
    answer = solve(
        MixedIntegerProgram(
            cost=np.concatenate([np.zeros(n), cost]),
            column_lower=np.concatenate([chosen, np.zeros(len(cost))]),
            column_upper=np.concatenate([chosen, rule.helper_upper]).astype(np.float64),
            integer=np.ones(n + len(cost), dtype=np.bool_),
            row_lower=rule.lower,
            row_upper=rule.upper,
            indptr=rule.indptr.astype(np.int32),
            indices=rule.indices.astype(np.int32),
            values=rule.values.astype(np.float64),
            objective_step=1.0,
        ),
        time_limit_s=_SECONDS,
    )
    if answer.x is None:
        raise AssertionError("the plan does not keep to the rule of two tiers")
    opens = answer.x[len(answer.x) - len(news) :] > 0.5
    return [int(c) for c in news[opens]]


def _first_fit(reach: list[list[int]], room: list[int]) -> list[int]:
    """Give each site the earliest centre that leaves the later sites one of theirs.

    A full assignment is grown by augmenting paths (bipartite matching with room); then each site
    in turn moves to the earliest centre for which the later sites can make way.
    """
    led: list[list[int]] = [[] for _ in room]
    at = [-1] * len(reach)

    def place(site: int, seen: set[int], fixed: int) -> bool:
        """Find a place for one site; others from ``fixed`` on may move."""
        for centre in reach[site]:
            if centre in seen:
                continue
            seen.add(centre)
            if len(led[centre]) < room[centre]:
                _move(site, centre)
                return True
            for other in led[centre]:
                if other >= fixed and place(other, seen, fixed):
                    _move(site, centre)
                    return True
        return False

    def _move(site: int, centre: int) -> None:
        if at[site] >= 0:
            led[at[site]].remove(site)
        at[site] = centre
        led[centre].append(site)

    for site in range(len(reach)):
        if not place(site, set(), 0):
            raise AssertionError("the plan does not keep to the rule of two tiers")
    for site in range(len(reach)):
        now = at[site]
        # Its own place is free for whoever makes way.
        led[now].remove(site)
        at[site] = -1
        for centre in reach[site]:
            # Somebody later makes way, without coming back here.
            fits = centre == now or len(led[centre]) < room[centre]
            if fits or any(o > site and place(o, {centre}, site + 1) for o in led[centre]):
                _move(site, centre)
                break
    return at
