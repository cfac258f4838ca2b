"""The thin solver: small programs with answers one can work out on paper."""

import threading
import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterhour.solver import GrowingProgram, MixedIntegerProgram, solve


def program(cost, rows, upper, *, integer=True, maximise=True, lower=None, column_upper=1.0, **kw):
    """Return a program with dense rows below ``upper``."""
    dense = np.array(rows, dtype=float).reshape(len(upper), len(cost))
    n = len(cost)
    return MixedIntegerProgram(
        cost=np.array(cost, dtype=float),
        column_lower=np.zeros(n),
        column_upper=np.full(n, float(column_upper)),
        integer=np.full(n, integer),
        row_lower=np.full(len(upper), -np.inf) if lower is None else np.array(lower, dtype=float),
        row_upper=np.array(upper, dtype=float),
        indptr=np.concatenate([[0], np.cumsum((dense != 0).sum(axis=1))]).astype(np.int32),
        indices=np.nonzero(dense)[1].astype(np.int32),
        values=dense[dense != 0],
        maximise=maximise,
        **kw,
    )


def test_a_knapsack_on_paper() -> None:
    answer = solve(program([6, 10, 12], [[1, 2, 3]], [5], objective_step=1.0), time_limit_s=10)
    assert answer.status == "optimal"
    assert answer.x.tolist() == [0, 1, 1]
    assert (answer.objective, answer.bound, answer.gap) == (22, 22, 0)


def test_a_linear_program_has_a_bound_too() -> None:
    answer = solve(program([6, 10, 12], [[1, 2, 3]], [5], integer=False), time_limit_s=10)
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(24)
    assert answer.bound == pytest.approx(24)


def test_least_wins_unless_told_otherwise() -> None:
    answer = solve(program([3, 1], [[1, 1]], [np.inf], lower=[1], maximise=False), time_limit_s=10)
    assert answer.x.tolist() == [0, 1]
    assert answer.objective == 1


@pytest.mark.parametrize("integer", [True, False])
def test_infeasible_and_unbounded_are_told_apart(integer: bool) -> None:
    nothing = program([1, 1], [[1, 1]], [np.inf], lower=[3], integer=integer)
    endless = program([1, 1], [[1, -1]], [0], column_upper=np.inf, integer=integer)
    for case, status in ((nothing, "infeasible"), (endless, "unbounded")):
        answer = solve(case, time_limit_s=10)
        assert answer.status == status
        assert answer.x is None
        assert np.isnan(answer.objective)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_no_other_choice_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, rows = rng.integers(-5, 20, 6), rng.integers(0, 6, (3, 6))
    upper = rng.integers(1, 12, 3)
    answer = solve(program(cost, rows, upper, objective_step=1.0), time_limit_s=10)
    choices = [np.array(choice) for choice in product((0, 1), repeat=6)]
    best = max(cost @ choice for choice in choices if (rows @ choice <= upper).all())
    assert answer.objective == pytest.approx(best)
    assert answer.bound == pytest.approx(best)


def hard(n: int = 60):
    rng = np.random.default_rng(1)
    return program(rng.integers(50, 100, n), rng.integers(1, 60, (12, n)), [600] * 12)


def test_nothing_is_printed_and_progress_is_told(capfd) -> None:
    told = []
    solve(hard(40), time_limit_s=2, on_progress=lambda *pair: told.append(pair))
    assert capfd.readouterr() == ("", "")
    assert told
    assert all(bound >= objective - 1e-6 for objective, bound in told if np.isfinite(objective))


def test_a_time_limit_keeps_the_start_and_a_bound() -> None:
    case = hard()
    start = np.zeros(60)
    start[:3] = 1
    answer = solve(case, time_limit_s=0.3, start=start)
    assert answer.status == "time limit"
    assert answer.objective >= case.cost @ start
    assert answer.bound >= answer.objective
    assert answer.gap > 0


def test_the_same_program_gives_the_same_answer() -> None:
    first, second = (solve(hard(30), time_limit_s=20) for _ in range(2))
    assert first.x.tolist() == second.x.tolist()


def test_an_interrupt_ends_the_solver_thread(monkeypatch) -> None:
    import highspy

    waited = highspy.Highs.wait
    calls = []

    def wait(self, timeout=-1.0):
        calls.append(timeout)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return waited(self, timeout)

    monkeypatch.setattr(highspy.Highs, "wait", wait)
    before = threading.active_count()
    begin = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        solve(hard(), time_limit_s=60)
    assert time.perf_counter() - begin < 20
    assert threading.active_count() == before


def test_a_growing_program_goes_on_from_where_it_stood() -> None:
    growing = GrowingProgram(program([1, 1], [[1, 1]], [1.5], integer=False))
    x, duals = growing.solve()
    assert x.sum() == pytest.approx(1.5)
    assert abs(duals[0]) == pytest.approx(1)
    growing.add_row(np.array([2.0, 1.0]), upper=1.0)
    x, duals = growing.solve()
    assert x.tolist() == pytest.approx([0, 1])
    assert len(duals) == 2


def test_a_growing_program_may_become_impossible() -> None:
    growing = GrowingProgram(program([1, 1], [[1, 1]], [1], integer=False))
    growing.add_row(np.array([1.0, 1.0]), upper=-1.0)
    assert growing.solve() is None


def test_arrays_that_do_not_fit_are_our_own_mistake() -> None:
    good = program([1, 1], [[1, 1]], [1])
    fields = {name: getattr(good, name) for name in MixedIntegerProgram.__slots__}
    for wrong in ({"integer": np.ones(3, bool)}, {"values": np.ones(1)}):
        with pytest.raises(AssertionError):
            MixedIntegerProgram(**{**fields, **wrong})
    with pytest.raises(AssertionError):
        GrowingProgram(good)
