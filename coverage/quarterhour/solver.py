"""A thin HiGHS: arrays in; values, bound, gap and status out.

A *program* is linear, with some columns whole numbers. The *bound* is what no solution can beat;
the *gap* is the relative distance from the objective to it. HiGHS itself would stop at a gap of
1e-4 and call that optimal; here the relative gap is 0, and the absolute one stays below half the
smallest difference that two objective values can have. One thread and a fixed seed, so that the
same program gives the same answer. Nothing is printed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, SolverError

SolverStatus = Literal["optimal", "time limit", "interrupted", "infeasible", "unbounded"]
_SEED = 0
_WAIT_S = 0.2
_ROWWISE = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixedIntegerProgram:
    """A linear program with whole-number columns; rows in compressed form.

    Attributes
    ----------
    cost
        Objective, shape (n_columns,).
    column_lower, column_upper
        Bounds of columns; ``inf`` for none.
    integer
        Whether a column is a whole number, shape (n_columns,).
    row_lower, row_upper
        Bounds of rows; ``inf`` for none.
    indptr, indices, values
        The rows' coefficients (CSR).
    maximise
        Largest objective wins; else the smallest.
    objective_step
        Smallest difference between two different objective values, 0 where unknown: 1 where the
        objective is a whole number.
    """

    cost: NDArray[np.float64]
    column_lower: NDArray[np.float64]
    column_upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    values: NDArray[np.float64]
    maximise: bool = False
    objective_step: float = 0.0

    def __post_init__(self) -> None:
        columns = {len(self.cost), len(self.column_lower), len(self.column_upper)}
        rows = {len(self.row_lower), len(self.row_upper), len(self.indptr) - 1}
        if len(columns | {len(self.integer)}) != 1 or len(rows) != 1:
            raise AssertionError("arrays of columns, and of rows, must be of one length")
        if len(self.indices) != len(self.values) or len(self.indices) != int(self.indptr[-1]):
            raise AssertionError("one value per index, as many as indptr says")
        if len(self.indices) and not 0 <= self.indices.min() <= self.indices.max() < len(self.cost):
            # HiGHS would read beyond its arrays.
            raise AssertionError("an index is no column")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SolverAnswer:
    """What the solver found, and how sure it is.

    Attributes
    ----------
    x
        Values of the columns, or ``None`` where no solution was found.
    objective
        Objective of ``x``; ``nan`` without one.
    bound
        No solution has a better objective; ``nan`` where there is none.
    gap
        Relative distance from ``objective`` to ``bound``; ``inf`` without a solution.
    """

    x: NDArray[np.float64] | None
    objective: float
    bound: float
    gap: float
    status: SolverStatus


def solve(
    program: MixedIntegerProgram,
    *,
    time_limit_s: float,
    start: NDArray[np.float64] | None = None,
    threads: int = 1,
    on_progress: Callable[[float, float], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> SolverAnswer:
    """Solve one program to a gap of 0, or until the time is up.

    Parameters
    ----------
    program
        What to solve.
    time_limit_s
        Seconds after which the best solution so far is returned.
    start
        A solution to begin with, shape (n_columns,).
    threads
        Threads of the solver. More than one may change which of equal optima is found.
    on_progress
        Called with ``(objective, bound)`` when either has changed, from the solver's thread;
        ``inf`` or ``-inf`` where there is none yet.
    stop
        Asked a few times a second; once it says yes, the best solution so far is returned with
        status "interrupted".

    Returns
    -------
    SolverAnswer
        Status "optimal" means proven.

    Raises
    ------
    SolverError
        If HiGHS stopped for a reason of its own.
    KeyboardInterrupt
        When interrupted, after the solver's thread has ended.
    """
    highs = _load(program, time_limit_s=time_limit_s, threads=threads)
    if start is not None:
        columns = np.arange(len(start), dtype=np.int32)
        highs.setSolution(len(start), columns, np.asarray(start, dtype=np.float64))
    if on_progress is not None:
        highs.cbMipInterrupt += _teller(on_progress)
    _run(highs, stop)
    if highs.modelStatusToString(highs.getModelStatus()) == "Primal infeasible or unbounded":
        # Presolve cannot always tell the two apart; the simplex method can.
        highs.setOptionValue("presolve", "off")
        _run(highs, stop)
    return _answer(highs, program)


def _load(program: MixedIntegerProgram, *, time_limit_s: float, threads: int) -> Any:  # noqa: ANN401
    import highspy

    highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in {
        "output_flag": False,
        "threads": threads,
        "random_seed": _SEED,
        "time_limit": float(max(time_limit_s, 0.0)),
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.4 * program.objective_step or 1e-9,
    }.items():
        highs.setOptionValue(name, value)
    highs.passModel(
        len(program.cost),
        len(program.row_lower),
        len(program.indices),
        _ROWWISE,
        -1 if program.maximise else 1,
        0.0,
        program.cost,
        program.column_lower,
        program.column_upper,
        program.row_lower,
        program.row_upper,
        program.indptr[:-1].astype(np.int32),
        program.indices.astype(np.int32),
        program.values,
        program.integer.astype(np.int32),
    )
    return highs


def _run(highs: Any, stop: Callable[[], bool] | None) -> None:  # noqa: ANN401
    """Run in a thread of its own, so that Ctrl-C is heard at once.

    highspy's own handler prints to standard output and may end the process.
    """
    highs.HandleUserInterrupt = True
    highs.startSolve()
    try:
        while not highs.wait(_WAIT_S)[0]:
            if stop is not None and stop():
                highs.cancelSolve()
                highs.wait()
                break
    except KeyboardInterrupt:
        highs.cancelSolve()
        highs.wait()
        raise
    finally:
        highs.HandleUserInterrupt = False


def _teller(on_progress: Callable[[float, float], None]) -> Callable[[Any], None]:
    """Return a callback for HiGHS, which fires it far more often than anything changes."""
    last: list[tuple[float, float]] = []

    def hear(event: Any) -> None:  # noqa: ANN401
        now = (event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)
        if last != [now]:
            last[:] = [now]
            on_progress(*now)

    return hear


def _answer(highs: Any, program: MixedIntegerProgram) -> SolverAnswer:  # noqa: ANN401
    words = highs.modelStatusToString(highs.getModelStatus())
    known: dict[str, SolverStatus] = {
        "Optimal": "optimal",
        "Empty": "optimal",
        "Time limit reached": "time limit",
        "Interrupted by user": "interrupted",
        "Infeasible": "infeasible",
        "Unbounded": "unbounded",
    }
    if words not in known:
        raise SolverError(Fault("siting.solver_stopped", {"status": words}))
    status = known[words]
    info = highs.getInfo()
    stopped = status in ("time limit", "interrupted")
    solved = status == "optimal" or (stopped and info.primal_solution_status == 2)  # feasible
    nothing = float("-inf") if not program.maximise else float("inf")
    bound = nothing if stopped else float("nan")
    if program.integer.any() and (stopped or status == "optimal"):
        bound = float(info.mip_dual_bound)
    elif status == "optimal":
        bound = float(info.objective_function_value)
    if not solved:
        return SolverAnswer(
            x=None, objective=float("nan"), bound=bound, gap=float("inf"), status=status
        )
    x = np.array(highs.getSolution().col_value, dtype=np.float64)
    objective = float((program.cost * x).sum())
    return SolverAnswer(
        x=x, objective=objective, bound=bound, gap=_gap(objective, bound), status=status
    )


def _gap(objective: float, bound: float) -> float:
    if not np.isfinite(bound):
        return float("inf")
    # The solver's own sums carry dust in the last digits; a gap is never below 0.
    apart = abs(bound - objective)
    return 0.0 if apart <= 1e-9 * max(1.0, abs(bound)) else apart / max(abs(objective), 1e-9)


class GrowingProgram:
    """A linear program that gains rows and is solved again from where it stood.

    Whole-number columns are not for this one.
    """

    def __init__(self, program: MixedIntegerProgram) -> None:
        if program.integer.any():
            raise AssertionError("a growing program is solved as a linear one")
        self._highs = _load(program, time_limit_s=float("inf"), threads=1)

    def add_row(self, values: NDArray[np.float64], *, upper: float) -> None:
        """Add the row ``values @ x <= upper``, values of shape (n_columns,)."""
        columns = np.flatnonzero(values).astype(np.int32)
        self._highs.addRow(-np.inf, upper, len(columns), columns, values[columns])

    def set_cost(self, cost: NDArray[np.float64]) -> None:
        """Change the objective, shape (n_columns,)."""
        columns = np.arange(len(cost), dtype=np.int32)
        self._highs.changeColsCost(len(cost), columns, np.asarray(cost, dtype=np.float64))

    def bound_columns(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        """Change the bounds of the first columns, as many as are given."""
        columns = np.arange(len(lower), dtype=np.int32)
        self._highs.changeColsBounds(len(columns), columns, lower, upper)

    @property
    def infeasible(self) -> bool:
        """Whether the last call of :meth:`solve` found that nothing fits all bounds."""
        status = self._highs.modelStatusToString(self._highs.getModelStatus())
        return bool(status == "Infeasible")

    def solve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return values of columns and duals of rows, or ``None`` where it is not optimal."""
        self._highs.run()
        if self._highs.modelStatusToString(self._highs.getModelStatus()) != "Optimal":
            return None
        solution = self._highs.getSolution()
        return np.array(solution.col_value), np.array(solution.row_dual)
