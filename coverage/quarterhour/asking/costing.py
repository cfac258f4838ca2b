"""What the rules for premises cost, and who is out of everybody's reach."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from quarterhour.asking.posing import Asked, pose
from quarterhour.asking.worlds import World, own_world
from quarterhour.cover.assess import Coverage
from quarterhour.errors import InfeasibleError, InputError
from quarterhour.reach import walking_times
from quarterhour.siting import Screening, SitingProblem, Times
from quarterhour.siting.patience import Patience
from quarterhour.siting.rulecost import RuleCost, cost_of_rules
from quarterhour.siting.talk import Unreachable, unreachable

if TYPE_CHECKING:
    from quarterhour.streets import Snapped

# Beyond so many pairs the nearest candidate of who is out of reach is not looked for.
_MOST_PAIRS = 50_000_000


def cost_of_screening(
    asked: Asked, screening: Screening, coverage: Coverage, world: World, *, time_limit_s: float
) -> tuple[RuleCost, ...]:
    """Return what each rule for premises costs: the question asked again without it.

    Parameters
    ----------
    asked, world
        The question as it was asked, of the accepted candidates.
    screening
        Who was turned down, and by which rule.
    coverage
        The coverage of today.
    time_limit_s
        Seconds for all of it.

    Returns
    -------
    tuple
        Empty where nothing was turned down.
    """
    if not screening.rejected:
        return ()
    everybody, groups = screening.with_refused()
    cap_ms = world.reach.limit_ms
    whole, _ = own_world(asked.case, coverage, asked.kind, everybody.xy_m, cap_ms=cap_ms)
    # Plain questions: what several years or places would change of this says little more.
    table = replace(asked.table, robust="", years=(), sites_a_year=None, capacity=False)
    by_money = table.budget is not None and table.budget.total is not None
    # Money by year alone limits nothing once the years are left aside.
    if table.sites is None and not by_money and table.question != "fewest_sites":
        return ()
    plain = replace(asked, table=table, doubts=[])
    try:
        base = pose(plain, world)
        full = pose(replace(plain, candidates=everybody, rejected=()), whole)
        with Patience(time_limit_s).listening() as patience:
            return cost_of_rules(base, full, groups, patience=patience)
    except (InfeasibleError, InputError):
        return ()


def out_of_reach(asked: Asked, problem: SitingProblem, places: "Snapped", world: World) -> (
    Unreachable
):  # fmt: skip
    """Return whom no candidate and no existing facility can bring inside, and what would.

    Parameters
    ----------
    asked, problem
        The question.
    places
        Where the candidates enter the streets.
    world
        The study's own world.
    """
    case, n = asked.case, len(asked.candidates)
    found = unreachable(problem, area_index=case.demand.area_index)
    rows = np.flatnonzero(found.mask)
    if not len(rows) or len(rows) * n > _MOST_PAIRS or case.walker.straight:
        return found
    table = walking_times(
        case.paced, places, case.homes.take_places(rows), limit_ms=case.search_ms,
        direction=case.direction,
    )  # fmt: skip
    extra = problem.n_candidates - n
    longer = Times(
        indptr=np.concatenate([table.indptr, np.repeat(table.indptr[-1:], extra)]),
        indices=rows[table.indices].astype(np.int32), ms=table.ms, cap_ms=case.search_ms,
        existing_ms=np.minimum(world.existing_ms, case.search_ms),
    )  # fmt: skip
    return unreachable(problem, longer=longer, area_index=case.demand.area_index)
