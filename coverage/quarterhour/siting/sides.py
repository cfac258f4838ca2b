"""Side conditions: everything a choice must keep to that is no matter of who reaches whom.

The number of sites, money, ``must`` and ``must_not``, and every rule, as one linear system over
*columns*: first the candidates, then the helpers of the rules.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.solver import MixedIntegerProgram, solve

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_HELPERS_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sides:
    """Rows over candidates and helpers.

    Attributes
    ----------
    n_candidates, n_columns
        Number of candidates, and of all columns.
    matrix
        Coefficients, ``csr_array`` (n_rows, n_columns), whole numbers as float64.
    lower, upper
        Bounds of rows, float64 (n_rows,); infinite for none.
    column_lower, column_upper
        Bounds of columns, float64 (n_columns,): ``must`` has lower 1, ``must_not`` upper 0.
    owner
        For each row, the place in ``asked`` of what asks it, int64 (n_rows,).
    asked
        What is asked, as sentences: number, money, and each rule.
    """

    n_candidates: int
    n_columns: int
    matrix: Any
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    column_lower: NDArray[np.float64]
    column_upper: NDArray[np.float64]
    owner: NDArray[np.int64]
    asked: tuple[Fault, ...]

    @classmethod
    def of(cls, problem: "SitingProblem") -> "Sides":
        """Return the side conditions of a question."""
        from scipy.sparse import csr_array

        n = problem.n_candidates
        blocks = _number_and_money(problem)
        helpers = [rule.helper_upper for rule in problem.rules]
        first = n
        rows = []
        for rule, own in zip(problem.rules, helpers, strict=True):
            moved = np.where(rule.indices < n, rule.indices, rule.indices - n + first)
            rows.append((rule.said, np.diff(rule.indptr), moved, rule.values, rule.lower,
                         rule.upper))  # fmt: skip
            first += len(own)
        blocks += rows
        none = np.zeros(0, dtype=np.int64)
        sizes = np.concatenate([block[1] for block in blocks] or [none])
        indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        indices = np.concatenate([block[2] for block in blocks] or [none])
        values = np.concatenate([block[3] for block in blocks] or [none])
        matrix = csr_array(
            (values.astype(np.float64), indices.astype(np.int32), indptr),
            shape=(len(indptr) - 1, first),
        )
        lower = np.zeros(first)
        lower[list(problem.must)] = 1.0
        return cls(
            n_candidates=n,
            n_columns=first,
            matrix=matrix,
            lower=np.concatenate([block[4] for block in blocks] or [np.zeros(0)]),
            upper=np.concatenate([block[5] for block in blocks] or [np.zeros(0)]),
            column_lower=lower,
            column_upper=np.concatenate([problem.allowed.astype(np.float64), *helpers]),
            owner=np.repeat(np.arange(len(blocks)), [len(block[1]) for block in blocks]),
            asked=tuple(block[0] for block in blocks),
        )

    def program(
        self,
        cost: NDArray[np.float64],
        *,
        whole: bool = True,
        maximise: bool = False,
        objective_step: float = 0.0,
    ) -> MixedIntegerProgram:
        """Return the program over these columns and rows alone.

        Parameters
        ----------
        cost
            Of each column, float64 (n_columns,).
        whole
            Whether columns are whole numbers.
        maximise, objective_step
            As of :class:`~quarterhour.solver.MixedIntegerProgram`.
        """
        return MixedIntegerProgram(
            cost=cost,
            column_lower=self.column_lower,
            column_upper=self.column_upper,
            integer=np.full(self.n_columns, whole, dtype=np.bool_),
            row_lower=self.lower,
            row_upper=self.upper,
            indptr=self.matrix.indptr.astype(np.int32),
            indices=self.matrix.indices.astype(np.int32),
            values=self.matrix.data,
            maximise=maximise,
            objective_step=objective_step,
        )

    @property
    def only_number(self) -> bool:
        """Whether nothing is asked but a number of sites, ``must`` and ``must_not``."""
        return [fault.key for fault in self.asked] == ["siting.asks_number"]

    @property
    def has_helpers(self) -> bool:
        """Whether some rule has columns of its own."""
        return self.n_columns > self.n_candidates

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Tell whether a choice keeps to everything; helpers take whatever values suit it."""
        return self.helpers_for(chosen) is not None

    def helpers_for(self, chosen: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Return values of all columns for a choice, or ``None`` where nothing suits it."""
        n = self.n_candidates
        x = np.zeros(self.n_columns)
        x[chosen] = 1.0
        if (x[:n] < self.column_lower[:n]).any() or (x[:n] > self.column_upper[:n]).any():
            return None
        of_sites = self.matrix[:, :n] @ x[:n]
        if not self.has_helpers:
            fits = (of_sites >= self.lower) & (of_sites <= self.upper)
            return x if fits.all() else None
        of_helpers = self.matrix[:, n:].tocsr()
        alone = np.diff(of_helpers.indptr) == 0
        fits = (of_sites >= self.lower) & (of_sites <= self.upper)
        if not fits[alone].all():
            return None
        answer = solve(
            MixedIntegerProgram(
                cost=np.zeros(self.n_columns - n),
                column_lower=self.column_lower[n:],
                column_upper=self.column_upper[n:],
                integer=np.ones(self.n_columns - n, dtype=np.bool_),
                row_lower=self.lower - of_sites,
                row_upper=self.upper - of_sites,
                indptr=of_helpers.indptr.astype(np.int32),
                indices=of_helpers.indices.astype(np.int32),
                values=of_helpers.data,
            ),
            time_limit_s=_HELPERS_S,
        )
        if answer.x is None:
            return None
        x[n:] = np.rint(answer.x)
        return x


_Block = tuple[
    Fault, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64],
    NDArray[np.float64],
]  # fmt: skip


def _number_and_money(problem: "SitingProblem") -> list[_Block]:
    blocks: list[_Block] = []
    sites = np.arange(problem.n_candidates)
    size, no_lower = np.array([len(sites)]), np.array([-np.inf])
    if problem.n_sites is not None:
        said = Fault("siting.asks_number", {"sites": problem.n_sites})
        upper = np.array([float(problem.n_sites)])
        blocks.append((said, size, sites, np.ones_like(sites), no_lower, upper))
    if problem.budget is not None and problem.cost is not None:
        said = Fault("siting.asks_budget", {"budget": problem.budget})
        upper = np.array([float(problem.budget)])
        blocks.append((said, size, sites, problem.cost, no_lower, upper))
    return blocks
