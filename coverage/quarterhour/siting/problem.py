"""A question about new sites, checked once and frozen.

*Candidates* are rows, *demand points* are columns: ``covers`` lists, for each candidate, the
demand points that would walk to it within the limit (inclusive). Demand that existing facilities
*already* cover stays in the total and adds nothing to a plan.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError, InputError, raise_if

if TYPE_CHECKING:
    from quarterhour.reach.times import ReachTable

Question = Literal["most_people"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SitingProblem:
    """Which ``n_sites`` candidates cover the most people who are not covered yet.

    Attributes
    ----------
    candidate_ids
        One per candidate, no two alike.
    covers_indptr, covers_indices
        Demand points within the limit of each candidate (CSR: row = candidate).
    weight
        People per demand point, float64 (n_demand,).
    already
        Whether existing facilities cover a demand point, bool (n_demand,).
    n_sites
        How many sites to choose, at most.
    kind
        Kind of facility the question is about.
    must, must_not
        Rows of candidates that are chosen, or not chosen, in every plan.

    Raises
    ------
    InputError
        With every fault of the arrays and numbers together.
    InfeasibleError
        If more sites are asked for than candidates are left, or than ``must`` leaves room for.
    """

    candidate_ids: tuple[str, ...]
    covers_indptr: NDArray[np.int64]
    covers_indices: NDArray[np.int32]
    weight: NDArray[np.float64]
    already: NDArray[np.bool_]
    n_sites: int
    question: Question = "most_people"
    kind: str = ""
    must: tuple[int, ...] = ()
    must_not: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.candidate_ids:
            raise InputError(Fault("siting.no_candidates"))
        raise_if(_check_arrays(self))
        raise_if(_check_choices(self))
        _check_numbers(self)
        for name in ("covers_indptr", "covers_indices", "weight", "already"):
            # A view: the caller's own array stays as writable as it was.
            array = getattr(self, name).view()
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def n_candidates(self) -> int:
        """Number of candidates, those of ``must_not`` included."""
        return len(self.candidate_ids)

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Whether a candidate may be chosen, bool (n_candidates,)."""
        allowed = np.ones(self.n_candidates, dtype=np.bool_)
        allowed[list(self.must_not)] = False
        return allowed

    @classmethod
    def from_reach(
        cls,
        table: "ReachTable",
        *,
        candidate_ids: Sequence[str],
        weight: NDArray[np.float64],
        already: NDArray[np.bool_],
        n_sites: int,
        limit_ms: int | None = None,
        kind: str = "",
    ) -> "SitingProblem":
        """Make the question from walking times.

        Parameters
        ----------
        table
            Walking times; row = candidate, column = demand point.
        limit_ms
            Longest walk that counts, inclusive; the table's own limit by default.

        Raises
        ------
        InputError
            If the limit is beyond what the table holds, or as the class says.
        """
        limit = table.limit_ms if limit_ms is None else limit_ms
        faults = []
        if limit > table.limit_ms:
            seconds = {"limit_s": limit / 1000, "table_s": table.limit_ms / 1000}
            faults.append(Fault("siting.limit_beyond_table", seconds))
        if table.n_columns != len(weight):
            lengths = {"name": "weight", "found": len(weight), "wanted": table.n_columns}
            faults.append(Fault("siting.wrong_length", lengths))
        raise_if(faults)
        within = table.ms <= limit
        before = np.concatenate([[0], np.cumsum(within, dtype=np.int64)])
        return cls(
            candidate_ids=tuple(candidate_ids),
            covers_indptr=before[table.indptr],
            covers_indices=table.indices[within].astype(np.int32),
            weight=np.array(weight, dtype=np.float64),
            already=np.array(already, dtype=np.bool_),
            n_sites=n_sites,
            kind=kind,
        )


def _check_arrays(problem: SitingProblem) -> list[Fault]:
    faults = []
    n_demand, n = len(problem.weight), problem.n_candidates
    for name, found, wanted in (
        ("already", len(problem.already), n_demand),
        ("covers_indptr", len(problem.covers_indptr), n + 1),
    ):
        if found != wanted:
            values = {"name": name, "found": found, "wanted": wanted}
            faults.append(Fault("siting.wrong_length", values))
    bad = ~np.isfinite(problem.weight) | (problem.weight < 0)
    if bad.any():
        first = int(np.argmax(bad))
        values = {"count": int(bad.sum()), "row": first, "value": float(problem.weight[first])}
        faults.append(Fault("siting.bad_weight", values))
    twice = sorted(i for i, n_times in Counter(problem.candidate_ids).items() if n_times > 1)
    if twice:
        faults.append(Fault("siting.repeated_ids", {"ids": ", ".join(twice[:5])}))
    return faults or _check_covers(problem)


def _check_covers(problem: SitingProblem) -> list[Fault]:
    indptr, indices = problem.covers_indptr, problem.covers_indices
    steps = np.diff(indptr)
    if indptr[0] != 0 or (steps < 0).any() or indptr[-1] != len(indices):
        return [Fault("siting.bad_covers", {"why": "indptr"})]
    if len(indices) and (indices.min() < 0 or indices.max() >= len(problem.weight)):
        return [Fault("siting.bad_covers", {"why": "indices"})]
    # A sparse matrix would add a pair that is listed twice, and count its people twice.
    row = np.repeat(np.arange(problem.n_candidates, dtype=np.int64), steps)
    pairs = row * max(len(problem.weight), 1) + indices
    if len(np.unique(pairs)) != len(pairs):
        return [Fault("siting.bad_covers", {"why": "duplicates"})]
    return []


def _check_choices(problem: SitingProblem) -> list[Fault]:
    faults = []
    n = problem.n_candidates
    outside = [row for row in (*problem.must, *problem.must_not) if not 0 <= row < n]
    if outside:
        faults.append(Fault("siting.unknown_row", {"row": outside[0], "candidates": n}))
    both = sorted(set(problem.must) & set(problem.must_not) - set(outside))
    if both:
        named = ", ".join(problem.candidate_ids[row] for row in both)
        faults.append(Fault("siting.must_and_must_not", {"ids": named}))
    if problem.n_sites < 1:
        faults.append(Fault("siting.too_few_sites", {"sites": problem.n_sites}))
    return faults


def _check_numbers(problem: SitingProblem) -> None:
    allowed, must = int(problem.allowed.sum()), len(set(problem.must))
    if problem.n_sites > allowed:
        values = {"sites": problem.n_sites, "candidates": allowed}
        raise InfeasibleError(Fault("siting.infeasible_sites", values))
    if must > problem.n_sites:
        values = {"sites": problem.n_sites, "must": must}
        raise InfeasibleError(Fault("siting.infeasible_must", values))
