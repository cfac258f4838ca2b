"""Counting people, walks and money anew, from the raw arrays of a question."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

Rows = Sequence[int]


def union(
    indptr: NDArray[np.int64], indices: NDArray[np.int32], rows: Rows, length: int
) -> NDArray[np.bool_]:
    """Return which columns some rows of a CSR hold, bool (length,)."""
    held = np.zeros(length, dtype=np.bool_)
    for row in rows:
        held[indices[indptr[row] : indptr[row + 1]]] = True
    return held


class Recount:
    """What sets of candidates do, counted from a question's own arrays."""

    def __init__(self, problem: "SitingProblem") -> None:
        self.problem = problem
        self.row_of = {site: row for row, site in enumerate(problem.candidate_ids)}
        barred = set(problem.must_not)
        self.allowed = [row for row in range(len(self.row_of)) if row not in barred]
        self.worth = problem.weight if problem.merit is None else problem.merit
        self.people = float(problem.weight.sum())
        self.before = float(problem.weight[problem.already].sum())

    @cached_property
    def everywhere(self) -> NDArray[np.bool_]:
        """Whom the allowed candidates reach, and existing facilities do not."""
        return self.new(self.allowed)

    def covers(self, row: int) -> NDArray[np.int32]:
        """Return the demand points of one candidate."""
        start, end = self.problem.covers_indptr[row : row + 2]
        return self.problem.covers_indices[start:end]

    def new(self, rows: Rows) -> NDArray[np.bool_]:
        """Return which demand points only these sites bring inside."""
        problem = self.problem
        held = union(problem.covers_indptr, problem.covers_indices, rows, len(problem.weight))
        return held & ~problem.already

    def gained(self, rows: Rows) -> float:
        """Return the people whom only these sites bring inside."""
        return float(self.problem.weight[self.new(rows)].sum())

    def gained_worth(self, rows: Rows) -> float:
        """Return what these sites are worth, where groups weigh differently."""
        return float(self.worth[self.new(rows)].sum())

    def cost(self, rows: Rows) -> int:
        """Return the one-off cost in whole units; 0 where money does not count."""
        cost = self.problem.cost
        return 0 if cost is None else sum(int(cost[row]) for row in rows)

    def walks_ms(self, rows: Rows) -> NDArray[np.int64]:
        """Return the milliseconds everybody walks with these sites built."""
        times = self.problem.times
        if times is None:
            raise AssertionError("walks are counted where times are given")
        ms = np.full(len(self.problem.weight), times.cap_ms, dtype=np.int64)
        np.minimum(ms, times.existing_ms, out=ms)
        for row in rows:
            start, end = times.indptr[row : row + 2]
            np.minimum.at(ms, times.indices[start:end], times.ms[start:end].astype(np.int64))
        return ms

    @cached_property
    def can_arrive(self) -> NDArray[np.bool_]:
        """Whose longest walk counts: by default who can walk to anything at all."""
        if self.problem.whom is not None:
            return self.problem.whom
        times = self.problem.times
        if times is None:
            raise AssertionError("walks are counted where times are given")
        return (self.walks_ms(self.allowed) < times.cap_ms) & (self.problem.weight > 0)

    def walked_s(self, rows: Rows) -> float:
        """Return the person-seconds that everybody walks together."""
        return float(self.problem.weight @ (self.walks_ms(rows) / 1000.0))

    def longest_s(self, rows: Rows) -> float:
        """Return the longest walk of anybody who can arrive, ``nan`` for nobody."""
        walked = self.walks_ms(rows)[self.can_arrive]
        return float(walked.max()) / 1000.0 if len(walked) else float("nan")
