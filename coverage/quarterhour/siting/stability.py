"""Stability: how often a recommended site stays when what was assumed is a little different."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import InfeasibleError
from quarterhour.siting.answers import Answer, solve_problem
from quarterhour.siting.counting import gained
from quarterhour.siting.objectives import unit_of
from quarterhour.siting.patience import Patience
from quarterhour.siting.talk.points import value_of

if TYPE_CHECKING:
    from quarterhour.siting.plan import SitePlan, Unit
    from quarterhour.siting.problem import SitingProblem

_DUST = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stability:
    """The same question under other assumptions, and what becomes of the recommended sites.

    Attributes
    ----------
    names
        What is different in each variant, as the caller names it.
    status
        "optimal", "within gap", "time limit", or "infeasible" where no plan keeps to the rules.
    best, kept
        The best objective of each variant, and what the recommended plan achieves there,
        float64 (n_variants,), in ``unit``; ``nan`` where infeasible, or none was found in time.
        What the recommended plan achieves is infinite where it falls short of the share that is
        asked for.
    stays
        Whether each site of the plan, in building order, is in the variant's best plan, bool
        (n_variants, n_sites).
    new_ids
        Sites of each variant's best plan that are not recommended.
    unit
        Unit of ``best`` and ``kept``; ``None`` without variants. Variants may be asked without
        weights, and then count people.
    places
        Whether places limit in the variants too.
    """

    names: tuple[str, ...]
    status: tuple[str, ...]
    best: NDArray[np.float64]
    kept: NDArray[np.float64]
    stays: NDArray[np.bool_]
    new_ids: tuple[tuple[str, ...], ...]
    unit: "Unit | None" = None
    places: bool = False

    def __post_init__(self) -> None:
        for array in (self.best, self.kept, self.stays):
            array.setflags(write=False)

    @property
    def share(self) -> NDArray[np.float64]:
        """Share of the answered variants in which each site stays; ``nan`` without any."""
        answered = ~np.isnan(self.best)
        if not answered.any():
            return np.full(self.stays.shape[1], np.nan)
        share: NDArray[np.float64] = self.stays[answered].mean(axis=0)
        return share

    def to_frame(self) -> pd.DataFrame:
        """Return one row per variant."""
        return pd.DataFrame(
            {
                "variant": self.names, "status": self.status, "best": self.best,
                "kept": self.kept, "sites_kept": self.stays.sum(axis=1),
                "new": [", ".join(ids) for ids in self.new_ids],
            }
        )  # fmt: skip


def try_stability(
    plan: "SitePlan",
    variants: Sequence[tuple[str, "SitingProblem"]],
    *,
    time_limit_s: float = 30.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> Stability:
    """Answer the question anew under each variant, and see which sites stay.

    Parameters
    ----------
    plan
        What was recommended.
    variants
        A name and the question as it would then be asked; the candidates are the same.
    time_limit_s
        Seconds for all together, shared evenly; what is not proven says so.
    on_progress
        Called with ``(done, total)`` after each variant.

    Returns
    -------
    Stability
    """
    patience = Patience(time_limit_s)
    best, kept = np.full(len(variants), np.nan), np.full(len(variants), np.nan)
    stays = np.zeros((len(variants), plan.sites_needed), dtype=np.bool_)
    status, new = [], []
    with patience.listening():
        for n, (_, problem) in enumerate(variants):
            share = patience.share(1.0 / (len(variants) - n), least_s=0.2)
            try:
                found = solve_problem(problem, patience=share)
            except InfeasibleError as error:
                # Out of time is not impossible.
                late = any(fault.key == "siting.none_found" for fault in error.faults)
                status.append("time limit" if late else "infeasible")
                new.append(())
                continue
            near = "within gap" if found.gap <= 1e-4 else "time limit"
            status.append("optimal" if found.proven else near)
            best[n] = value_of(problem, found)
            mine = type(found)(
                chosen=np.sort(plan.chosen), objective=found.objective, bound=found.bound,
                maximise=found.maximise, opens=found.opens,
            )  # fmt: skip
            kept[n] = _kept(problem, mine)
            stays[n] = np.isin(plan.chosen, found.chosen)
            ids = [problem.candidate_ids[site] for site in found.chosen.tolist()]
            new.append(tuple(i for i in ids if i not in plan.site_ids))
            if on_progress is not None:
                on_progress(n + 1, len(variants))
    return Stability(
        names=tuple(name for name, _ in variants), status=tuple(status), best=best, kept=kept,
        stays=stays, new_ids=tuple(new),
        unit=unit_of(variants[0][1]) if variants else None,
        places=any(problem.capacity is not None for _, problem in variants),
    )  # fmt: skip


def _kept(problem: "SitingProblem", answer: Answer) -> float:
    """Return what a plan made for another world achieves in this one."""
    wanted = problem.least_people()
    if wanted is not None:
        inside = float(problem.weight[problem.already].sum()) + gained(problem, answer.chosen)
        if inside < wanted - _DUST * max(wanted, 1.0):
            return float("inf")
    return value_of(problem, answer)
