"""What a plan serves, whom, and which existing facilities it relieves.

With places limited, to be inside a circle is not to be served: an overfull facility turns people
away. Those who are served are *not* laid down by the plan; figures by place share the places out
as evenly as can be (:mod:`quarterhour.siting.served.sharing`), whatever the people are worth.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, SolverError
from quarterhour.siting.counting import MILLI
from quarterhour.siting.served.model import ServedModel
from quarterhour.siting.served.sharing import even_shares

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Relief:
    """An existing facility before and after: people in its reach, and those of them not served.

    Somebody in reach of two overfull facilities is turned away at both, so the columns do not add
    up to people.
    """

    facility_id: str
    reach: float
    capacity: float
    away_before: float
    away_after: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServedPlan:
    """People served before and after.

    Attributes
    ----------
    people_before, people_after
        People served by existing facilities alone, and with the plan.
    people_total
        People in all: served and unserved.
    capacity_before, capacity_after
        Places of existing facilities, and with the plan.
    by_site
        What each site adds when built in this order, existing facilities kept as full as they are:
        float64 (n_sites,); sums to ``people_after - people_before``.
    reached_unserved_before, reached_unserved_after
        People who reach some facility and are not served.
    relief
        Existing facilities, in their own order.
    served_before, served_after
        People of each demand point who are served, float64 (n_demand,), shared out evenly.
    relieved
        Of those who reach an existing facility and are turned away, the people who are served with
        the plan, float64 (n_demand,).
    """

    people_before: float
    people_after: float
    people_total: float
    capacity_before: float
    capacity_after: float
    by_site: NDArray[np.float64]
    reached_unserved_before: float
    reached_unserved_after: float
    relief: tuple[Relief, ...]
    served_before: NDArray[np.float64]
    served_after: NDArray[np.float64]
    relieved: NDArray[np.float64]

    def __post_init__(self) -> None:
        for array in (self.by_site, self.served_before, self.served_after, self.relieved):
            array.setflags(write=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per existing facility."""
        return pd.DataFrame(
            {
                "facility_id": [one.facility_id for one in self.relief],
                "people_in_reach": [one.reach for one in self.relief],
                "capacity": [one.capacity for one in self.relief],
                "turned_away_before": [one.away_before for one in self.relief],
                "turned_away_after": [one.away_after for one in self.relief],
            }
        )


def people_served(problem: "SitingProblem", chosen: NDArray[np.int64]) -> float:
    """Return the people (or merit) whom a choice serves beyond what exists.

    Where merit is given, a point's people are worth ``merit / weight`` each, and those who are
    worth more go first.
    """
    return ServedModel.of(problem).gain(chosen) / MILLI


def served_plan(problem: "SitingProblem", order: NDArray[np.int64]) -> ServedPlan:
    """Return what a plan serves.

    Parameters
    ----------
    problem
        The question.
    order
        Rows of the plan's candidates, in building order.

    Raises
    ------
    SolverError
        If people shared out are not those of the largest flow.
    """
    capacity = problem.capacity
    if capacity is None:
        raise AssertionError("capacity is needed")
    model = ServedModel.of(problem.having(merit=None))
    steps = [model.flow(order[:k]).value / MILLI for k in range(len(order) + 1)]
    before = _shared(problem, model, order[:0], steps[0])
    after = _shared(problem, model, order, steps[-1])
    by_existing = [
        np.unique(capacity.existing_indices[start:end])
        for start, end in pairwise(capacity.existing_indptr.tolist())
    ]
    inside = np.zeros(len(problem.weight), np.bool_)
    inside[capacity.existing_indices] = True
    with_plan = inside.copy()
    for site in order.tolist():
        start, end = problem.covers_indptr[site : site + 2]
        with_plan[problem.covers_indices[start:end]] = True
    away = np.where(inside, problem.weight - before, 0.0)
    still = np.where(inside, problem.weight - after, 0.0)
    ids = capacity.existing_ids or tuple(str(k) for k in range(len(capacity.of_existing)))
    relief = tuple(
        Relief(
            facility_id=ids[k],
            reach=float(problem.weight[points].sum()),
            capacity=float(capacity.of_existing[k]),
            away_before=float(away[points].sum()),
            away_after=float(still[points].sum()),
        )
        for k, points in enumerate(by_existing)
    )
    return ServedPlan(
        people_before=float(before.sum()),
        people_after=float(after.sum()),
        people_total=float(problem.weight.sum()),
        capacity_before=float(capacity.of_existing.sum()),
        capacity_after=float(capacity.of_existing.sum() + capacity.of_candidate[order].sum()),
        by_site=np.diff(np.array(steps)),
        reached_unserved_before=float(away.sum()),
        reached_unserved_after=float(np.where(with_plan, problem.weight - after, 0.0).sum()),
        relief=relief,
        served_before=before,
        served_after=after,
        relieved=np.where(inside, np.maximum(after - before, 0.0), 0.0),
    )


def _shared(
    problem: "SitingProblem", model: ServedModel, chosen: NDArray[np.int64], people: float
) -> NDArray[np.float64]:
    """Return the people of each demand point who are served; the sum is that of the flow."""
    share = np.append(even_shares(model, chosen), 0.0)
    served: NDArray[np.float64] = problem.weight * share[model.cell]
    slack = (model.rounding + 1.0) / MILLI + 1e-9 * people
    if abs(float(served.sum()) - people) > slack:
        values = {"figure": "served", "stated": float(served.sum()), "recounted": people}
        raise SolverError(Fault("siting.check_failed", values))
    return served
