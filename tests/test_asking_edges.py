"""Questions at their edges: what hurries, what has no time left, what stays though it may close."""

from dataclasses import replace

import numpy as np
import pytest

from quarterhour.errors import Fault, InfeasibleError, SolverError
from quarterhour.reach.times import ReachTable
from quarterhour.siting import (
    SitingProblem,
    check_moves,
    check_plan,
    recommend,
    recommending,
    stability,
)
from quarterhour.siting.answers import solve_problem
from quarterhour.siting.moving import moves_of, with_moves, without_kept
from quarterhour.siting.parts import Times
from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.siting.stability import try_stability
from test_moving import csr
from test_siting import world


def walked(
    walks: list[dict[int, int]], weight: list[float], limit_ms: int, **more
) -> SitingProblem:
    """Return a question from walks {demand: ms} of candidates; what exists is 50 ms from all."""
    indptr, indices = csr(walks)
    ms = [row[at] for row in walks for at in sorted(row)]
    inside = csr([{at for at, time in row.items() if time <= limit_ms} for row in walks])
    times = Times(
        indptr=indptr, indices=indices, ms=np.array(ms, np.int32), cap_ms=50,
        existing_ms=np.full(len(weight), 50),
    )  # fmt: skip
    return SitingProblem(
        candidate_ids=tuple(f"c{k}" for k in range(len(walks))), covers_indptr=inside[0],
        covers_indices=inside[1], weight=np.array(weight), already=np.zeros(len(weight), bool),
        times=times, limit_ms=limit_ms, **more,
    )  # fmt: skip


def reach_of(walks: list[dict[int, int]], n_demand: int) -> ReachTable:
    """Return the walks of existing facilities as a table."""
    indptr, indices = csr(walks)
    ms = np.array([row[at] for row in walks for at in sorted(row)], np.int32)
    return ReachTable(indptr, indices, ms, n_demand, 50)


def moving(walks, existing, question: str) -> tuple[SitingProblem, int]:
    """Return the question with all of some existing facilities movable, one of which may close."""
    asked = walked(walks, [10.0, 20.0, 30.0], 20, question=question, n_sites=1)
    nearest = np.full(3, 50)
    for row in existing:
        for at, ms in row.items():
            nearest[at] = min(nearest[at], ms)
    times = Times(
        indptr=asked.times.indptr, indices=asked.times.indices, ms=asked.times.ms, cap_ms=50,
        existing_ms=nearest,
    )  # fmt: skip
    asked = asked.having(times=times, already=nearest <= 20)
    problem = with_moves(
        asked, existing_ids=tuple(f"e{k}" for k in range(len(existing))), at_most=1,
        movable=np.ones(len(existing), bool), existing_reach=reach_of(existing, 3),
    )  # fmt: skip
    return problem, asked.n_candidates


def test_walks_of_who_may_stay() -> None:
    """e1 covers nobody alone, so the plan leaves it out; it stays, and 20 people walk less."""
    problem, first = moving([{2: 5}], [{0: 5, 1: 15}, {1: 10}], "most_people")
    # As the plan comes out where no time was left for ties: e0 covers all that e1 does.
    plan = recommend(problem.having(must_not=(first + 1,)))
    moves = moves_of(problem, plan, first)
    check_moves(moves, plan, problem, first)
    assert (moves.may_stay_ids, moves.closed_ids) == (("e1",), ())
    alone = without_kept(plan, moves)
    # 10 people walk 5 ms, 20 walk 10 to e1, 30 walk 5 to the new site.
    assert alone.walk_after_s == pytest.approx((10 * 5 + 20 * 10 + 30 * 5) / 60 / 1000)
    assert alone.longest_after_s == pytest.approx(0.010)
    for name in ("walk_after_s", "longest_after_s"):
        with pytest.raises(SolverError):
            check_moves(replace(moves, **{name: 1.0}), plan, problem, first)


def test_a_first_plan_is_worth_a_moment() -> None:
    """Nobody wants to wait, and to choose nothing is against the rule of who may close."""
    problem, _ = moving([{2: 5}, {0: 1}], [{0: 5, 1: 15}, {1: 10}], "least_walking")
    patience = Patience(60.0)
    patience.hurry()
    answer = solve_problem(problem, patience=patience)
    assert Sides.of(problem).allows(answer.chosen)


def test_vetoes_end_when_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many sites only the first are vetoed where nobody waits; the rest say so."""
    problem = world([{k} for k in range(6)], [6, 5, 4, 3, 2, 1], 4)
    monkeypatch.setattr(recommending, "_MOMENT_S", -1.0)
    monkeypatch.setattr(Patience, "left_s", property(lambda _: 0.0))
    plan = recommend(problem)
    assert plan.site_ids == ("c0", "c1", "c2", "c3")
    assert plan.veto_status[1:] == ("time limit",) * 3
    assert np.isfinite(plan.loss_if_vetoed).tolist() == [True, False, False, False]
    assert not plan.repeatable
    check_plan(plan, problem)


def test_out_of_time_is_not_impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variant of which nothing was found in time counts neither for nor against a site."""
    problem = world([{0}, {1}], [2, 1], 1)
    plan, solve = recommend(problem), stability.solve_problem
    faults = iter([Fault("siting.none_found", {"seconds": 0.1}), None,
                   Fault("siting.infeasible_rules", {"rules": ""})])  # fmt: skip

    def some(*args, **more):
        fault = next(faults)
        if fault is not None:
            raise InfeasibleError(fault)
        return solve(*args, **more)

    monkeypatch.setattr(stability, "solve_problem", some)
    tried = try_stability(plan, [(name, problem) for name in "abc"])
    assert tried.status == ("time limit", "optimal", "infeasible")
    assert np.isnan(tried.best).tolist() == [True, False, True]
    assert tried.share.tolist() == [1.0]
