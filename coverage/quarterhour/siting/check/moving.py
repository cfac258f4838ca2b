"""What becomes of existing facilities that may close, counted anew."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.check.figures import ORDER_DUST, Figure, PlanCheck, judged
from quarterhour.siting.check.keeping import keeps
from quarterhour.siting.check.recount import Recount, Rows

if TYPE_CHECKING:
    from quarterhour.siting.moving import Moves
    from quarterhour.siting.plan import SitePlan
    from quarterhour.siting.problem import SitingProblem


def check_moves(
    moves: "Moves", plan: "SitePlan", problem: "SitingProblem", first_existing: int
) -> PlanCheck:
    """Count again what a plan makes of the facilities of today.

    Parameters
    ----------
    moves
        What is said of them.
    plan, problem
        The plan, checked already, and the question in which facilities may close.
    first_existing
        Row of the first movable facility.

    Raises
    ------
    SolverError
        Naming every figure that differs, with both values.
    """
    return judged(_figures(moves, plan, problem, first_existing))


def _figures(
    moves: "Moves", plan: "SitePlan", problem: "SitingProblem", first_existing: int
) -> Iterator[Figure]:
    recount, ids = Recount(problem), problem.candidate_ids
    chosen = [recount.row_of[site] for site in plan.site_ids]
    movable = range(first_existing, problem.n_candidates)
    stays: list[int] = []
    for row in movable:
        # Whom nobody would miss may stay all the same, where all that was asked allows it.
        if row not in chosen and keeps(problem, [*chosen, *stays, row]):
            stays.append(row)
    kept = [row for row in movable if row in chosen or row in stays]
    closed = [row for row in movable if row not in kept]
    new = [recount.row_of.get(site, -1) for site in moves.new_ids]
    wanted = sorted(row for row in chosen if row < first_existing)
    yield Figure("moves.new_ids", sorted(new), wanted)
    if sorted(new) != wanted:
        return
    yield Figure("moves.kept_ids", moves.kept_ids, tuple(ids[row] for row in kept))
    yield Figure("moves.closed_ids", moves.closed_ids, tuple(ids[row] for row in closed))
    yield Figure("moves.may_stay_ids", moves.may_stay_ids, tuple(ids[row] for row in stays))
    today = problem.already | recount.new(list(movable))
    standing = problem.already | recount.new(kept)
    after = problem.already | recount.new([*new, *kept])
    for name, stated, inside in (
        ("today", moves.people_today, today), ("kept", moves.people_kept, standing),
        ("after", moves.people_after, after), ("lost", moves.people_lost, today & ~after),
        ("gained", moves.people_gained, after & ~today),
    ):  # fmt: skip
        people = float(problem.weight[inside].sum())
        yield Figure(f"moves.people_{name}", stated, people, recount.people)
    yield from _sites(moves, recount, new, standing)
    for when, sites in (("kept", kept), ("after", [*new, *kept])):
        mean = longest = math.nan
        if problem.times is not None:
            mean = recount.walked_s(sites) / recount.people if recount.people > 0 else math.nan
            longest = recount.longest_s(sites)
        yield Figure(f"moves.walk_{when}_s", getattr(moves, f"walk_{when}_s"), mean)
        yield Figure(f"moves.longest_{when}_s", getattr(moves, f"longest_{when}_s"), longest)


def _sites(
    moves: "Moves", recount: Recount, new: Rows, standing: NDArray[np.bool_]
) -> Iterator[Figure]:
    """Yield what each new site adds to the facilities that stay, the most first."""
    weight, scale = recount.problem.weight, recount.people
    points = [recount.covers(row) for row in new]
    lengths = (len(moves.gain_people), len(moves.unique_people))
    yield Figure("moves.gain_people", lengths, (len(new), len(new)))
    if lengths != (len(new), len(new)):
        return
    alone = np.bincount(np.concatenate([*points, np.zeros(0, np.int32)]), minlength=len(weight))
    left = np.where(standing, 0.0, weight)
    only = np.where(alone == 1, left, 0.0)
    for place, at in enumerate(points):
        site, gains = moves.new_ids[place], [float(left[p].sum()) for p in points[place:]]
        yield Figure(f"moves.gain_people[{site}]", float(moves.gain_people[place]), gains[0], scale)
        in_order = gains[0] >= max(gains) - ORDER_DUST - 1e-9 * scale
        yield Figure(f"moves.order[{site}]", in_order, True)
        unique = float(only[at].sum())
        yield Figure(f"moves.unique_people[{site}]", float(moves.unique_people[place]), unique,
                     scale)  # fmt: skip
        left[at] = 0.0
