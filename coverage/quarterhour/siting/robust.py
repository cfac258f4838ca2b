"""One plan for several scenarios: most people on average, or in the worst of them.

Expected (Snyder 2006): the demand of all scenarios side by side, weighed by their chance, is one
maximal covering question, solved as such. Worst case (max-min covering)::

    maximise    t
    subject to  t <= b_s + sum_c m_cs z_cs        for every scenario s
                z_cs <= sum of y_j over the candidates that reach cell c in s
                y keeps to the side conditions,  0 <= z <= 1,  y in {0, 1}

with ``b_s`` the people whom existing facilities have inside in ``s``. No plan can do better in its
worst scenario than the best plan made for any one scenario does there: that is the first bound.

References
----------
L. V. Snyder, "Facility location under uncertainty: a review", IIE Transactions 38, 547-564 (2006).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.counting import MILLI, gained
from quarterhour.siting.covering import solve_cover
from quarterhour.siting.covering.cells import Cells, merge_cells
from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.solver import MixedIntegerProgram, solve

if TYPE_CHECKING:
    from quarterhour.siting.parts import Robust
    from quarterhour.siting.problem import SitingProblem

_SHARE_BOUNDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RobustPlan:
    """What one plan does in each scenario.

    Attributes
    ----------
    aim
        ``expected`` or ``worst``.
    names, chances
        Of the scenarios; chances are whole parts.
    people_total, people_before, people_gained
        People in all, inside today, and added by the plan, float64 (n_scenarios,).
    """

    aim: str
    names: tuple[str, ...]
    chances: tuple[int, ...]
    people_total: NDArray[np.float64]
    people_before: NDArray[np.float64]
    people_gained: NDArray[np.float64]

    def __post_init__(self) -> None:
        for array in (self.people_total, self.people_before, self.people_gained):
            array.setflags(write=False)

    @property
    def worst(self) -> int:
        """Place of the scenario with the fewest people inside once the plan is built."""
        return int(np.argmin(self.people_before + self.people_gained))

    @property
    def expected_gain(self) -> float:
        """People added on average, by chance."""
        parts = np.array(self.chances, dtype=np.float64)
        return float((parts * self.people_gained).sum() / parts.sum())

    @property
    def worst_gain(self) -> float:
        """People inside in the worst scenario with the plan, less those in today's worst."""
        after = self.people_before + self.people_gained
        return float(after.min() - self.people_before.min())


def solve_robust(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``most_people`` over scenarios; see :mod:`quarterhour.siting.answers`.

    The objective is :attr:`RobustPlan.expected_gain`, or :attr:`RobustPlan.worst_gain`, in
    milli-people.

    Raises
    ------
    InputError
        If another question, or weighed groups, are asked over scenarios.
    InfeasibleError
        As every model.
    """
    robust = _robust_of(problem)
    if robust.aim == "expected":
        return _expected(problem, robust, patience, near, on_progress)
    return _worst(problem, robust, patience, near, on_progress)


def robust_plan(problem: "SitingProblem", order: NDArray[np.int64]) -> RobustPlan:
    """Count what a choice does in each scenario."""
    robust = _robust_of(problem)
    alone = [_alone(problem, n) for n in range(len(robust.scenarios))]
    return RobustPlan(
        aim=robust.aim,
        names=tuple(one.name for one in robust.scenarios),
        chances=tuple(one.chance for one in robust.scenarios),
        people_total=np.array([float(p.weight.sum()) for p in alone]),
        people_before=np.array([float(p.weight[p.already].sum()) for p in alone]),
        people_gained=np.array([gained(p, order) for p in alone]),
    )


def robust_objective(problem: "SitingProblem", chosen: NDArray[np.int64]) -> float:
    """Return what the question asks to be most, in people."""
    found = robust_plan(problem, chosen)
    return found.expected_gain if found.aim == "expected" else found.worst_gain


def _robust_of(problem: "SitingProblem") -> "Robust":
    robust = problem.robust
    if robust is None:
        raise AssertionError("scenarios are needed")
    plain = problem.question == "most_people" and problem.merit is None
    if not plain or not robust.scenarios:
        raise InputError(Fault("siting.robust_question", {"question": problem.question}))
    return robust


def _alone(problem: "SitingProblem", n: int) -> "SitingProblem":
    """Return the question of one scenario alone."""
    robust = _robust_of(problem)
    one = robust.scenarios[n]
    return problem.having(
        covers_indptr=one.covers_indptr, covers_indices=one.covers_indices, weight=one.weight,
        already=one.already, robust=None, times=None,
    )  # fmt: skip


def _stacked(problem: "SitingProblem", robust: "Robust") -> "SitingProblem":
    """Return one question with the demand of all scenarios side by side, times their chance."""
    scenarios = robust.scenarios
    shift = np.concatenate([[0], np.cumsum([len(one.weight) for one in scenarios])])
    sizes = np.stack([np.diff(one.covers_indptr) for one in scenarios])
    indptr = np.concatenate([[0], np.cumsum(sizes.sum(axis=0))]).astype(np.int64)
    rows = [
        one.covers_indices[one.covers_indptr[site] : one.covers_indptr[site + 1]] + shift[n]
        for site in range(problem.n_candidates)
        for n, one in enumerate(scenarios)
    ]
    indices = np.concatenate(rows) if rows else np.zeros(0)
    return problem.having(
        covers_indptr=indptr, covers_indices=indices.astype(np.int32),
        weight=np.concatenate([one.weight * one.chance for one in scenarios]),
        already=np.concatenate([one.already for one in scenarios]), robust=None, times=None,
    )  # fmt: skip


def _expected(
    problem: "SitingProblem",
    robust: "Robust",
    patience: Patience,
    near: Answer | None,
    on_progress: OnBound | None,
) -> Answer:
    parts = float(sum(one.chance for one in robust.scenarios))

    def tell(objective: float, bound: float) -> None:
        if on_progress is not None:
            on_progress(objective / parts, bound / parts)

    before = near.memory if near is not None and isinstance(near.memory, Answer) else None
    # The same arrays as before let the cover model begin with what it knows of them.
    stacked = _stacked(problem, robust)
    found = solve_cover(stacked, patience=patience, near=before, on_progress=tell)
    objective, bound = found.objective / parts, found.bound / parts
    return Answer(
        chosen=found.chosen, objective=objective, bound=objective if found.proven else bound,
        rounding=found.rounding / parts, memory=found,
    )  # fmt: skip


def _worst(
    problem: "SitingProblem",
    robust: "Robust",
    patience: Patience,
    near: Answer | None,
    on_progress: OnBound | None,
) -> Answer:
    alone = [_alone(problem, n) for n in range(len(robust.scenarios))]
    cells = [merge_cells(one) for one in alone]
    covers = [one.matrix() for one in cells]
    before = np.array([np.rint(float(p.weight[p.already].sum()) * MILLI) for p in alone])

    def value(chosen: NDArray[np.int64]) -> float:
        flags = np.zeros(problem.n_candidates)
        flags[chosen] = 1.0
        inside = [
            b + float(c.milli[(m @ flags) > 0].sum())
            for b, c, m in zip(before, cells, covers, strict=True)
        ]
        return float(min(inside))

    plans = [] if near is None or not Sides.of(problem).allows(near.chosen) else [near.chosen]
    bound = float("inf")
    for n, one in enumerate(alone):
        share = patience.share(_SHARE_BOUNDS / (len(alone) - n))
        found = solve_cover(one, patience=share)
        plans.append(found.chosen)
        bound = min(bound, before[n] + found.bound)
    best = max(plans, key=value)
    if on_progress is not None:
        on_progress(value(best) - before.min(), bound - before.min())
    if bound > value(best) and not patience.over:
        better, proven = _program(problem, cells, before, best, patience)
        best = max((best, better), key=value)
        bound = min(bound, max(proven, value(best)))
    best = _useful(problem, best, value)
    objective = value(best) - before.min()
    return Answer(
        chosen=np.sort(best).astype(np.int64),
        objective=float(objective),
        bound=float(max(bound - before.min(), objective)),
        # The figures of today are rounded too, once for each scenario.
        rounding=float(max(c.rounding_people for c in cells) * MILLI + 1.0),
    )


def _useful(
    problem: "SitingProblem",
    chosen: NDArray[np.int64],
    value: Callable[[NDArray[np.int64]], float],
) -> NDArray[np.int64]:
    """Drop sites, the last first, without which the worst scenario is no worse."""
    sides, kept, worth = Sides.of(problem), np.sort(chosen), value(chosen)
    for site in kept[::-1].tolist():
        fewer = kept[kept != site]
        if site not in problem.must and value(fewer) >= worth and sides.allows(fewer):
            kept = fewer
    return kept


def _program(
    problem: "SitingProblem",
    cells: list[Cells],
    before: NDArray[np.float64],
    start: NDArray[np.int64],
    patience: Patience,
) -> tuple[NDArray[np.int64], float]:
    """Solve the model of the module's docstring; return a choice, and the bound in milli-people."""
    from scipy.sparse import block_array, coo_array, csr_array, diags_array

    sides = Sides.of(problem)
    n_y, n_z = sides.n_columns, sum(len(c) for c in cells)
    n = sides.n_candidates
    reach = [csr_array(c.matrix()) for c in cells]
    cover = block_array([[-m] for m in reach])
    padded = coo_array(cover)
    cover = csr_array((padded.data, (padded.row, padded.col)), shape=(n_z, n_y))
    # People, not milli-people: the solver's tolerances are absolute.
    milli = np.concatenate([c.milli for c in cells]) / MILLI
    of_scenario = np.repeat(np.arange(len(cells)), [len(c) for c in cells])
    counted = csr_array((-milli, (of_scenario, np.arange(n_z))), shape=(len(cells), n_z))
    top = csr_array(np.ones((len(cells), 1)))
    rows = csr_array(
        block_array(
            [
                [None, counted, top],
                [cover, diags_array(np.ones(n_z)), None],
                [sides.matrix if sides.matrix.shape[0] else csr_array((0, n_y)), None, None],
            ]
        )
    )
    x = np.zeros(n_y + n_z + 1)
    helpers = sides.helpers_for(np.sort(start))
    if helpers is not None:
        x[:n_y] = helpers
        x[n_y:-1] = np.minimum(-(cover @ helpers), 1.0)
        x[-1] = float((before / MILLI - counted @ x[n_y:-1]).min())
    most = float((before + [c.milli.sum() for c in cells]).max()) / MILLI
    answer = solve(
        MixedIntegerProgram(
            cost=np.append(np.zeros(n_y + n_z), 1.0),
            column_lower=np.concatenate([sides.column_lower, np.zeros(n_z + 1)]),
            column_upper=np.concatenate([sides.column_upper, np.ones(n_z), [most]]),
            integer=np.arange(n_y + n_z + 1) < n_y,
            row_lower=np.concatenate([np.full(len(cells) + n_z, -np.inf), sides.lower]),
            row_upper=np.concatenate([before / MILLI, np.zeros(n_z), sides.upper]),
            indptr=rows.indptr.astype(np.int32),
            indices=rows.indices.astype(np.int32),
            values=rows.data.astype(np.float64),
            maximise=True,
            objective_step=1.0 / MILLI,
        ),
        time_limit_s=patience.left_s,
        start=None if helpers is None else x,
        stop=lambda: patience.over,
    )
    found = start if answer.x is None else np.flatnonzero(answer.x[:n] > 0.5)
    bound = np.floor(answer.bound * MILLI + 0.5) if np.isfinite(answer.bound) else np.inf
    return found.astype(np.int64), float(bound)
