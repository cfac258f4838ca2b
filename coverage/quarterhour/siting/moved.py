"""What a plan that may close facilities makes of those of today, and of the people they serve.

The question is made by :func:`quarterhour.siting.moving.with_moves`. A facility that the plan
leaves out, although everything that was asked allows it to stay, is counted as staying.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.counting import (
    building_order,
    can_be_reached,
    times_covered,
    unique,
    walks_ms,
)
from quarterhour.siting.sides import Sides

if TYPE_CHECKING:
    from quarterhour.siting.plan import SitePlan
    from quarterhour.siting.problem import SitingProblem

_SECONDS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moves:
    """What becomes of the facilities of today, and of the people they serve.

    Attributes
    ----------
    new_ids
        New sites, in building order.
    kept_ids, closed_ids
        Movable facilities that stay, and that close, in their own order.
    may_stay_ids
        Of ``kept_ids``, those that the plan leaves out although everything that was asked allows
        them to stay: closing them would gain nobody anything.
    gain_people
        People whom each new site adds in this order to those of the facilities that stay, float64
        (n_new,).
    unique_people
        People whom each new site alone covers, float64 (n_new,).
    people_today
        People covered today, by all existing facilities.
    people_kept
        People covered by the facilities that stay, without the new sites.
    people_after
        People covered with the new sites and the facilities that stay.
    people_lost
        People covered today and no longer then.
    people_gained
        People not covered today and covered then: ``today - lost + gained`` is ``after``.
    walk_kept_s, longest_kept_s
        Mean and longest walk with the facilities that stay alone, as :class:`SitePlan` counts
        them; ``nan`` without times.
    walk_after_s, longest_after_s
        The same with the new sites as well. The plan's own walks know nothing of facilities that
        may stay.
    """

    new_ids: tuple[str, ...]
    kept_ids: tuple[str, ...]
    closed_ids: tuple[str, ...]
    may_stay_ids: tuple[str, ...]
    gain_people: NDArray[np.float64]
    unique_people: NDArray[np.float64]
    people_today: float
    people_kept: float
    people_after: float
    people_lost: float
    people_gained: float
    walk_kept_s: float
    longest_kept_s: float
    walk_after_s: float
    longest_after_s: float


def moves_of(problem: "SitingProblem", plan: "SitePlan", first_existing: int) -> Moves:
    """Return what a plan makes of the facilities of today.

    Parameters
    ----------
    problem, plan
        The question that :func:`with_moves` made, and its plan.
    first_existing
        Row of the first movable facility.
    """
    movable = np.arange(first_existing, problem.n_candidates)
    chosen = plan.chosen.astype(np.int64)
    stay = _may_stay(problem, chosen, np.setdiff1d(movable, chosen))
    kept = np.union1d(np.intersect1d(movable, chosen), stay)
    # In building order on top of the facilities that stay, which stand there already.
    by_kept = _inside(problem, kept)
    standing = problem.having(already=by_kept)
    order, gain = building_order(standing, np.sort(chosen[chosen < first_existing]))
    today, after = _inside(problem, movable), _inside(problem, np.append(order, kept))
    people, ids = problem.weight, problem.candidate_ids

    def named(sites: NDArray[np.int64]) -> tuple[str, ...]:
        return tuple(ids[site] for site in sites.tolist())

    return Moves(
        new_ids=named(order),
        kept_ids=named(kept),
        closed_ids=named(np.setdiff1d(movable, kept)),
        may_stay_ids=named(stay),
        gain_people=gain,
        unique_people=unique(standing, order),
        people_today=float(people[today].sum()),
        people_kept=float(people[by_kept].sum()),
        people_after=float(people[after].sum()),
        people_lost=float(people[today & ~after].sum()),
        people_gained=float(people[after & ~today].sum()),
        **_walks(problem, kept, "kept"),
        **_walks(problem, np.append(order, kept), "after"),
    )


def without_kept(plan: "SitePlan", moves: Moves) -> "SitePlan":
    """Return a plan of its new sites alone, on top of the facilities that stay.

    ``people_before`` are those whom the facilities that stay cover; gains are counted from there,
    and so are the walks before. Today's coverage is ``moves.people_today``. A plan without its
    kept facilities answers no question of its own and cannot be checked: check the whole plan
    first.
    """
    of = {site: place for place, site in enumerate(plan.site_ids)}
    at = np.array([of[site] for site in moves.new_ids], dtype=np.int64)
    return replace(
        plan,
        chosen=plan.chosen[at],
        site_ids=moves.new_ids,
        people_before=moves.people_kept,
        people_gained=moves.people_after - moves.people_kept,
        walk_before_s=moves.walk_kept_s,
        walk_after_s=moves.walk_after_s,
        longest_before_s=moves.longest_kept_s,
        longest_after_s=moves.longest_after_s,
        gain_people=moves.gain_people.copy(),
        unique_people=moves.unique_people.copy(),
        site_cost=plan.site_cost[at],
        loss_if_vetoed=plan.loss_if_vetoed[at],
        veto_status=tuple(plan.veto_status[place] for place in at.tolist()),
        runner_up=tuple(plan.runner_up[place] for place in at.tolist()),
    )


def _walks(problem: "SitingProblem", sites: NDArray[np.int64], when: str) -> dict[str, float]:
    mean = longest = np.nan
    if problem.times is not None:
        ms, reached = walks_ms(problem, sites), can_be_reached(problem)
        people = float(problem.weight.sum())
        mean = float((problem.weight * ms).sum()) / people if people > 0 else np.nan
        longest = float(ms[reached].max()) if reached.any() else np.nan
    return {f"walk_{when}_s": mean / _SECONDS, f"longest_{when}_s": longest / _SECONDS}


def _may_stay(
    problem: "SitingProblem", chosen: NDArray[np.int64], closed: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return closed facilities, the earlier first, that everything asked allows to stay."""
    sides, stay = Sides.of(problem), np.zeros(0, np.int64)
    for site in closed.tolist():
        more = np.append(stay, site)
        if sides.allows(np.append(chosen, more)):
            stay = more
    return stay


def _inside(problem: "SitingProblem", sites: NDArray[np.int64]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (times_covered(problem, sites) > 0) | problem.already
    return inside
