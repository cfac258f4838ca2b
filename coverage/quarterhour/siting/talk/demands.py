"""Everything that was asked of a plan, as rows of one program that can be switched on and off.

Columns are candidates and helpers of rules; with years, whether a candidate opens in a year; for a
share of the people, whether each cell of demand is inside. A demand is some of the rows, or the
lower or upper bound of some candidates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting import answers
from quarterhour.siting.patience import Patience
from quarterhour.siting.sides import Sides
from quarterhour.siting.talk.shadow import Eased, said_share, things_asked, wanted_people
from quarterhour.solver import MixedIntegerProgram, solve

if TYPE_CHECKING:
    from quarterhour.siting.parts import Years
    from quarterhour.siting.problem import SitingProblem

_MILLI = 1000.0
# The solver's tolerances are absolute and meant for figures of about this size.
_LARGEST = 1e6
_DUST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demand:
    """One demand: its sentence, and what of the program it switches on."""

    said: Fault
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    must: tuple[int, ...] = ()
    must_not: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Block:
    """Rows over candidates and columns of their own; ``said`` is who asks for each, -1 nobody."""

    of_sites: Any
    of_own: Any
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    own_upper: NDArray[np.float64]
    own_integer: bool
    owner: NDArray[np.int64]
    said: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Demands:
    """All demands of a question.

    Attributes
    ----------
    problem
        The question.
    demands
        One for each thing asked.
    always
        Rows that are no demand but hold columns together, int64.
    matrix, lower, upper
        Rows, ``csr_array`` (n_rows, n_columns) and their bounds.
    column_upper, integer
        Upper bounds of columns, and which are whole numbers; lower bounds are 0.
    """

    problem: "SitingProblem"
    demands: tuple[Demand, ...]
    always: NDArray[np.int64]
    matrix: Any
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    column_upper: NDArray[np.float64]
    integer: NDArray[np.bool_]

    @property
    def said(self) -> tuple[Fault, ...]:
        """What was asked, as sentences."""
        return tuple(demand.said for demand in self.demands)

    @classmethod
    def of(cls, problem: "SitingProblem") -> "Demands":
        """Return the demands of a question."""
        sides = Sides.of(problem)
        blocks = []
        if problem.years is not None:
            blocks.append(_years(problem.years, sides.n_candidates))
        demands = [
            Demand(said=said, rows=np.flatnonzero(sides.owner == place))
            for place, said in enumerate(sides.asked)
        ]
        if problem.question == "fewest_sites" and problem.capacity is None:
            blocks.append(_share(problem))
        elif problem.question == "fewest_sites":
            # Who is served is no matter of rows here: the model itself is asked.
            demands.append(Demand(said=said_share(problem)))
        always, above = [np.zeros(0, dtype=np.int64)], len(sides.lower)
        for block in blocks:
            always.append(above + np.flatnonzero(block.owner < 0))
            demands += [
                Demand(said=said, rows=above + np.flatnonzero(block.owner == place))
                for place, said in enumerate(block.said)
            ]
            above += len(block.lower)
        bounds = {"must", "must_not"}
        demands += [
            _of_bounds(problem, thing)
            for thing in things_asked(problem)
            if bounds & set(thing.changes)
        ]
        helpers = sides.column_upper[sides.n_candidates :]
        whole = np.ones(sides.n_columns, dtype=np.bool_)
        own = [np.full(len(block.own_upper), block.own_integer) for block in blocks]
        return cls(
            problem=problem,
            demands=tuple(demands),
            always=np.concatenate(always),
            matrix=_stacked(sides, blocks),
            lower=np.concatenate([sides.lower, *(block.lower for block in blocks)]),
            upper=np.concatenate([sides.upper, *(block.upper for block in blocks)]),
            column_upper=np.concatenate(
                [np.ones(sides.n_candidates), helpers, *(block.own_upper for block in blocks)]
            ),
            integer=np.concatenate([whole, *own]),
        )

    def fit(self, some: frozenset[int], patience: Patience) -> bool | None:
        """Tell whether some demands can be kept together; ``None`` where that is not known."""
        if patience.over:
            return None
        asked = [self.demands[place] for place in sorted(some)]
        if self.problem.capacity is not None and self.problem.question == "fewest_sites":
            return self._fit_by_model(asked, patience)
        rows = np.sort(np.concatenate([self.always, *(demand.rows for demand in asked)]))
        lower, upper = np.zeros(len(self.column_upper)), self.column_upper.copy()
        for demand in asked:
            lower[list(demand.must)] = 1.0
            upper[list(demand.must_not)] = 0.0
        if (lower > upper).any():
            return False
        matrix = self.matrix[rows]
        answer = solve(
            MixedIntegerProgram(
                cost=np.zeros(len(upper)),
                column_lower=lower,
                column_upper=upper,
                integer=self.integer,
                row_lower=self.lower[rows],
                row_upper=self.upper[rows],
                indptr=matrix.indptr.astype(np.int32),
                indices=matrix.indices.astype(np.int32),
                values=matrix.data.astype(np.float64),
            ),
            time_limit_s=patience.left_s,
            stop=lambda: patience.over,
        )
        if answer.status == "infeasible":
            return False
        if answer.x is None:
            return None
        # The solver's tolerances are not ours: what it found is looked at again.
        x = np.where(self.integer, np.rint(answer.x), answer.x)
        value, scale = matrix @ x, _DUST * np.maximum(1.0, abs(matrix) @ np.abs(x))
        fits = (value >= self.lower[rows] - scale) & (value <= self.upper[rows] + scale)
        return True if fits.all() else None

    def _fit_by_model(self, asked: Sequence[Demand], patience: Patience) -> bool | None:
        problem, keys = self.problem, {id(demand.said) for demand in asked}
        names = {demand.said.key for demand in asked}
        by_share = said_share(problem).key in names
        try:
            changed = problem.having(
                n_sites=problem.n_sites if "siting.asks_number" in names else None,
                budget=problem.budget if "siting.asks_budget" in names else None,
                rules=tuple(rule for rule in problem.rules if id(rule.said) in keys),
                must=tuple(row for demand in asked for row in demand.must),
                must_not=tuple(row for demand in asked for row in demand.must_not),
                people_wanted=wanted_people(problem) if by_share else 0.0,
            )
            answers.solve_problem(changed, patience=patience)
        except InfeasibleError as error:
            late = any(fault.key == "siting.none_found" for fault in error.faults)
            return None if late else False
        return True


def _stacked(sides: Sides, blocks: Sequence[_Block]) -> Any:  # noqa: ANN401
    from scipy.sparse import csr_array, hstack, vstack

    matrix, n = sides.matrix, sides.n_candidates
    for block in blocks:
        above, left = matrix.shape
        between = csr_array((len(block.lower), left - n))
        right = csr_array((above, len(block.own_upper)))
        below = hstack([block.of_sites, between, block.of_own], format="csr")
        matrix = vstack([hstack([matrix, right], format="csr"), below], format="csr")
    return csr_array(matrix)


def _of_bounds(problem: "SitingProblem", thing: Eased) -> Demand:
    def gone(name: str) -> tuple[int, ...]:
        rows = set(getattr(problem, name))
        return tuple(sorted(rows - set(thing.changes.get(name, rows))))

    return Demand(said=thing.said, must=gone("must"), must_not=gone("must_not"))


def _share(problem: "SitingProblem") -> _Block:
    """Return ``z_cell <= sum of x over its candidates`` and ``sum of milli z >= target``."""
    from scipy.sparse import csr_array, eye_array, vstack

    from quarterhour.siting.covering.cells import merge_cells

    # Cells of all candidates: which are ruled out is a demand of its own.
    cells = merge_cells(problem.having(must_not=(), merit=None))
    n = len(cells)
    total = float(problem.weight.sum())
    before = float(problem.weight[problem.already].sum())
    short = wanted_people(problem) - before - _DUST * max(total, 1.0)
    # Rounded so that what is called impossible is so whatever the rounding.
    target = np.floor((short - cells.rounding_people) * _MILLI)
    scale = max(1.0, float(cells.milli.max(initial=1.0)) / _LARGEST)
    inside = csr_array((cells.milli / scale)[None, :])
    return _Block(
        of_sites=vstack([cells.matrix(), csr_array((1, problem.n_candidates))], format="csr"),
        of_own=vstack([-eye_array(n), inside], format="csr"),
        lower=np.append(np.zeros(n), target / scale),
        upper=np.full(n + 1, np.inf),
        own_upper=np.ones(n),
        own_integer=False,
        owner=np.append(np.full(n, -1), 0),
        said=(said_share(problem),),
    )


def _years(years: "Years", n: int) -> _Block:
    """Return ``x = sum over years of opens``, and money and openings year by year."""
    from scipy.sparse import csr_array, eye_array, hstack, vstack

    n_years = len(years.years)
    ones = np.tril(np.ones((n_years, n_years))) if years.carry_over else np.eye(n_years)
    rows = [hstack([-eye_array(n)] * n_years)]
    lower, upper = [np.zeros(n)], [np.zeros(n)]
    owner, said = [np.full(n, -1)], list[Fault]()
    if years.budget is not None:
        # What a site that opens in year o costs in year y: once then, and running from then on.
        runs = np.tril(np.ones((n_years, n_years)))
        spent = [
            np.outer(np.eye(n_years)[:, o], years.build_cost)
            + np.outer(runs[:, o], years.yearly_cost)
            for o in range(n_years)
        ]
        rows.append(csr_array(np.hstack([ones @ in_year for in_year in spent])))
        lower.append(np.full(n_years, -np.inf))
        upper.append(ones @ years.budget.astype(np.float64))
        owner.append(np.full(n_years, len(said)))
        said.append(Fault("talk.asks_years_money"))
    if years.n_sites is not None:
        opens = [np.outer(ones[:, o], np.ones(n)) for o in range(n_years)]
        rows.append(csr_array(np.hstack(opens)))
        lower.append(np.full(n_years, -np.inf))
        upper.append(ones @ years.n_sites.astype(np.float64))
        owner.append(np.full(n_years, len(said)))
        said.append(Fault("talk.asks_years_sites"))
    of_own = vstack(rows, format="csr")
    more = of_own.shape[0] - n
    return _Block(
        of_sites=vstack([eye_array(n), csr_array((more, n))], format="csr"),
        of_own=of_own,
        lower=np.concatenate(lower),
        upper=np.concatenate(upper),
        own_upper=np.ones(n * n_years),
        own_integer=True,
        owner=np.concatenate(owner),
        said=tuple(said),
    )
