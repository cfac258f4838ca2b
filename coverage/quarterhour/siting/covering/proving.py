"""The proof: HiGHS chooses among the candidates that prices leave open.

What is settled is taken out first; then demand that the rest reach alike is merged, and, where
nothing but a number of sites and money is asked, a candidate is left out if another reaches all
that it reaches and costs no more. None of this changes the best objective.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.siting.covering.cells import group_equal
from quarterhour.siting.covering.model import CoverModel
from quarterhour.solver import MixedIntegerProgram, solve

_PLAIN = {"siting.asks_number", "siting.asks_budget"}
_OUT, _NOBODY = -1, -2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Proof:
    """A plan (``None`` for none), and the milli-people that no plan left open can beat."""

    chosen: NDArray[np.int64] | None
    bound: float


def prove(
    model: CoverModel,
    chosen: NDArray[np.int64],
    *,
    inside: NDArray[np.bool_],
    outside: NDArray[np.bool_],
    seconds: float,
    stop: Callable[[], bool] | None = None,
    on_progress: Callable[[float, float], None] | None = None,
) -> Proof:
    """Find the best plan that has the sites ``inside`` and none ``outside``.

    Parameters
    ----------
    model
        Demand and side conditions.
    chosen
        A plan to begin with.
    inside, outside
        What is settled, bool (n_candidates,).
    seconds
        After which the best plan so far is returned.
    stop
        Asked a few times a second whether to stop.
    on_progress
        Called with ``(objective, bound)`` in milli-people.
    """
    rest = _Rest.of(model, inside, outside)
    if not len(rest.milli):
        return Proof(chosen=None, bound=rest.base)
    start = rest.start(chosen)
    step = model.step

    def tell(objective: float, bound: float) -> None:
        if on_progress is not None:
            on_progress(rest.base + step * objective, rest.base + step * bound)

    answer = solve(rest.program(), time_limit_s=seconds, start=start, stop=stop, on_progress=tell)
    found = None
    if answer.x is not None:
        found = np.union1d(rest.fixed, rest.sites[answer.x[: len(rest.sites)] > 0.5])
    bound = np.inf
    if np.isfinite(answer.bound):
        # The objective is whole; rounding to the nearest takes the solver's dust off the bound.
        bound = rest.base + step * float(np.rint(answer.bound))
    return Proof(chosen=found, bound=bound)


def remaining(model: CoverModel) -> tuple[int, int]:
    """Return how many cells and candidates are left when nothing is settled yet."""
    rest = _Rest.of(model, model.must, ~model.allowed)
    return len(rest.milli), len(rest.sites)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rest:
    """What is left of a model once some sites are settled.

    ``sites`` are the candidates left open, ``fixed`` those inside, ``base`` the milli-people that
    the latter cover; cells are those that only ``sites`` reach. ``stands_for`` names, of each
    candidate of the model, the open one that does at least as much: ``_OUT`` where it is not open,
    ``_NOBODY`` where it reaches nobody and none is needed.
    """

    model: CoverModel
    sites: NDArray[np.int64]
    fixed: NDArray[np.int64]
    base: float
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    milli: NDArray[np.float64]
    stands_for: NDArray[np.int64]

    @classmethod
    def of(
        cls, model: CoverModel, inside: NDArray[np.bool_], outside: NDArray[np.bool_]
    ) -> "_Rest":
        """Return what is left."""
        fixed, sites = np.flatnonzero(inside), np.flatnonzero(~inside & ~outside)
        counts = model.counts(fixed)
        open_cells = np.flatnonzero(counts == 0)
        by_cell = _grouped(model.by_cell[open_cells][:, sites], model.cells.milli[open_cells])
        stands_for = np.full(model.n_candidates, _OUT, dtype=np.int64)
        stands_for[sites] = sites
        if {fault.key for fault in model.sides.asked} <= _PLAIN and len(sites):
            better = _dominated(by_cell[0], _costs(model)[sites])
            reaches = np.diff(by_cell[0].tocsc().indptr) > 0
            stands_for[sites] = np.where(reaches, sites[better], _NOBODY)
            kept = np.unique(better[reaches])
            by_cell = _grouped(by_cell[0][:, kept], by_cell[1])
            sites = sites[kept]
        return cls(
            model=model,
            sites=sites,
            fixed=fixed,
            base=float(model.cells.milli[counts > 0].sum()),
            indptr=by_cell[0].indptr.astype(np.int64),
            indices=by_cell[0].indices.astype(np.int32),
            milli=by_cell[1],
            stands_for=stands_for,
        )

    def start(self, chosen: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Return values of columns for a plan, or ``None`` where it is not among those left."""
        sides = self.model.sides
        stood = self.stands_for[np.setdiff1d(chosen, self.fixed)]
        if (stood == _OUT).any():
            return None
        plan = np.union1d(self.fixed, stood[stood != _NOBODY])
        columns = sides.helpers_for(plan)
        if columns is None:
            return None
        y = np.isin(self.sites, plan).astype(np.float64)
        n_covered = np.bincount(
            np.repeat(np.arange(len(self.milli)), np.diff(self.indptr)),
            weights=y[self.indices],
            minlength=len(self.milli),
        )
        z = np.minimum(n_covered, 1.0)
        return np.concatenate([y, columns[sides.n_candidates :], z])

    def program(self) -> MixedIntegerProgram:
        """Return the model; columns are sites, helpers, then cells."""
        from scipy.sparse import block_array, csr_array, eye_array

        sides, n = self.model.sides, self.model.n_candidates
        n_sites, n_cells, n_helpers = len(self.sites), len(self.milli), sides.n_columns - n
        reaching = csr_array(
            (np.ones(len(self.indices)), self.indices, self.indptr), shape=(n_cells, n_sites)
        )
        of_fixed = sides.matrix[:, self.fixed].sum(axis=1) if len(self.fixed) else 0.0
        blocks: list[list[Any]] = [
            [-reaching, csr_array((n_cells, n_helpers)), eye_array(n_cells)],
            [sides.matrix[:, self.sites], sides.matrix[:, n:],
             csr_array((len(sides.lower), n_cells))],
        ]  # fmt: skip
        matrix = csr_array(block_array(blocks, format="csr"))
        n_columns = n_sites + n_helpers + n_cells
        return MixedIntegerProgram(
            cost=np.append(np.zeros(n_sites + n_helpers), self.milli / self.model.step),
            column_lower=np.concatenate(
                [np.zeros(n_sites), sides.column_lower[n:], np.zeros(n_cells)]
            ),
            column_upper=np.concatenate(
                [np.ones(n_sites), sides.column_upper[n:], np.ones(n_cells)]
            ),
            integer=np.arange(n_columns) < n_sites + n_helpers,
            row_lower=np.append(np.full(n_cells, -np.inf), sides.lower - of_fixed),
            row_upper=np.append(np.zeros(n_cells), sides.upper - of_fixed),
            indptr=matrix.indptr.astype(np.int32),
            indices=matrix.indices.astype(np.int32),
            values=matrix.data,
            maximise=True,
            objective_step=1.0,
        )


def _grouped(by_cell: Any, milli: NDArray[np.float64]) -> tuple[Any, NDArray[np.float64]]:  # noqa: ANN401
    """Merge cells that the same sites reach; those that none reaches are left out."""
    from scipy.sparse import csr_array

    by_cell = csr_array(by_cell)
    by_cell.sort_indices()
    label, indptr, indices = group_equal(
        by_cell.indptr.astype(np.int64), by_cell.indices.astype(np.int32)
    )
    people = np.bincount(label, weights=milli, minlength=len(indptr) - 1).astype(np.float64)
    shape = (len(people), by_cell.shape[1])
    grouped = csr_array((np.ones(len(indices)), indices, indptr), shape=shape)
    reached = np.diff(indptr) > 0
    return grouped[np.flatnonzero(reached)], people[reached]


def _dominated(by_cell: Any, cost: NDArray[np.float64]) -> NDArray[np.int64]:  # noqa: ANN401
    """Return for each site one that reaches all it reaches, costs no more and is not dominated.

    Of sites that reach the same at the same cost, the earliest.
    """
    in_common = (by_cell.T @ by_cell).tocoo()
    n_cells = np.diff(by_cell.tocsc().indptr)
    a, b = in_common.coords
    # Every cell of a is one of b.
    inside = (in_common.data >= n_cells[a]) & (cost[b] <= cost[a]) & (a != b)
    a, b = a[inside], b[inside]
    alike = (n_cells[a] == n_cells[b]) & (cost[a] == cost[b])
    strictly = ~alike | (b < a)
    a, b = a[strictly], b[strictly]
    # Dominance is an order: among those that dominate a site, the one with most cells, then least
    # cost, then the earliest, is not dominated itself.
    order = np.lexsort((b, cost[b], -n_cells[b], a))
    a, b = a[order], b[order]
    first = np.flatnonzero(np.diff(a, prepend=-1))
    best = np.arange(len(cost))
    best[a[first]] = b[first]
    return best


def _costs(model: CoverModel) -> NDArray[np.float64]:
    """Return what a candidate costs where money counts, else 0."""
    costs = np.zeros(model.n_candidates)
    for place, fault in enumerate(model.sides.asked):
        if fault.key == "siting.asks_budget":
            row = model.sides.matrix[[int(np.flatnonzero(model.sides.owner == place)[0])]]
            costs = row[:, : model.n_candidates].toarray().ravel()
    return costs
