"""The recommended sites as a frozen result: what is chosen, how good it is, how sure that is.

A *gain* is people who are inside the circle only through the plan. *Building order* takes the
largest gain first, so that a plan that is built halfway still does the most it can; with years it
follows the years first. A *veto* is somebody refusing one site: the question is solved again
without it. Every plan of as many sites that is not the recommended one leaves out at least one of
its sites, so the best of the veto plans is the second-best plan of all.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault

if TYPE_CHECKING:
    from quarterhour.siting.phases import PhasedPlan
    from quarterhour.siting.problem import Question
    from quarterhour.siting.robust import RobustPlan
    from quarterhour.siting.served import ServedPlan
    from quarterhour.siting.tiers import LedPlan

Status = Literal["optimal", "within gap", "time limit"]
VetoStatus = Literal["optimal", "within gap", "time limit", "must", "needed"]
Unit = Literal[
    "people", "merit", "people_years", "sites", "money", "person_seconds", "seconds"
]  # fmt: skip

WITHIN_GAP = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another plan: its sites in candidate order, its gain, and its objective.

    ``status`` is "optimal" only where every veto is proven: that this plan holds its place among
    the alternatives rests on all of them.
    """

    site_ids: tuple[str, ...]
    people_gained: float
    status: Status
    objective: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SitePlan:
    """Recommended sites, in building order, and how sure we are that nothing better exists.

    Attributes
    ----------
    question, kind
        As asked.
    chosen
        Rows of the candidates, int64 (n_sites,).
    site_ids
        Their ids.
    sites_asked
        How many were asked for at most, ``None`` for no limit; see :attr:`sites_needed`.
    fewest_proven
        Whether no smaller number of sites covers as many people. ``None`` where not everybody
        within reach is covered: then every site counts.
    unit
        Unit of ``objective``, ``bound``, ``rounding`` and ``loss_if_vetoed``: people gained
        inside the circle (``merit`` where groups weigh differently; ``people_years`` summed over
        years), sites, currency units, person-seconds of walking of everybody, or the seconds of
        the longest walk.
    objective
        What the plan achieves; more is better in people and merit, less in all others.
    bound
        No plan achieves better.
    gap
        Distance from objective to bound, relative to the larger of the two.
    rounding
        Most that rounding to milli-people could change in ``bound``.
    status
        "optimal": proven, to a thousandth of a person per cell of demand. "within gap": stopped,
        with a gap of at most 1e-4. "time limit": stopped before.
    tie_break
        Whether, of equal plans, the one of least walking is ``proven`` to be this one, is the
        ``best found``, or walking was not looked at (``none``).
    people_before, people_gained, people_total
        People covered by existing facilities, people the plan adds, people in all.
    people_reachable
        People covered if every candidate were built.
    walk_before_s, walk_after_s
        Mean walk of everybody to the nearest facility, in seconds; who walks longer than the
        times tell apart counts as that long; ``nan`` without times.
    longest_before_s, longest_after_s
        Longest walk of anybody who can be reached at all, likewise.
    cost
        One-off cost in all, whole currency units; 0 where money does not count.
    gain_people
        Gain of each site when built in this order, float64 (n_sites,).
    unique_people
        People who would lose cover if just this site were closed, float64 (n_sites,).
    site_cost
        One-off cost of each, int64 (n_sites,).
    loss_if_vetoed
        How much worse the best plan without this site is; ``nan`` for a site that must be, and
        ``inf`` where no plan keeps to the rules without it.
    veto_status
        How sure that loss is: "must" for a site that must be, "needed" where it is ``inf``.
    runner_up
        Sites of the best plan without this one, in candidate order; empty for must and needed.
    alternatives
        Other plans, the best first: the first is the second-best plan of all. Empty where nothing
        else may be chosen, or gains anybody.
    candidates_considered
        Candidates that could be chosen.
    repeatable
        False where a time limit stopped any part: another run may answer otherwise.
    interrupted
        Whether somebody did not want to wait (Ctrl-C).
    shortfalls
        What was asked and cannot be, named.
    served, phases, robust, led
        With capacity, years, scenarios, two tiers; else ``None``.
    """

    question: "Question"
    kind: str
    chosen: NDArray[np.int64]
    site_ids: tuple[str, ...]
    sites_asked: int | None
    fewest_proven: bool | None
    unit: Unit
    objective: float
    bound: float
    gap: float
    rounding: float
    status: Status
    tie_break: Literal["proven", "best found", "none"]
    people_before: float
    people_gained: float
    people_total: float
    people_reachable: float
    walk_before_s: float
    walk_after_s: float
    longest_before_s: float
    longest_after_s: float
    cost: int
    gain_people: NDArray[np.float64]
    unique_people: NDArray[np.float64]
    site_cost: NDArray[np.int64]
    loss_if_vetoed: NDArray[np.float64]
    veto_status: tuple[VetoStatus, ...]
    runner_up: tuple[tuple[str, ...], ...]
    alternatives: tuple[Alternative, ...]
    candidates_considered: int
    repeatable: bool
    interrupted: bool
    shortfalls: tuple[Fault, ...]
    served: "ServedPlan | None" = None
    phases: "PhasedPlan | None" = None
    robust: "RobustPlan | None" = None
    led: "LedPlan | None" = None

    def __post_init__(self) -> None:
        arrays = (self.chosen, self.gain_people, self.unique_people, self.site_cost,
                  self.loss_if_vetoed)  # fmt: skip
        for array in arrays:
            if len(array) != len(self.site_ids):
                raise AssertionError("one value per site")
            array.setflags(write=False)

    @property
    def more_is_better(self) -> bool:
        """Whether a larger objective is the better one."""
        return self.unit in ("people", "merit", "people_years")

    @property
    def sites_needed(self) -> int:
        """Number of sites in the plan; below ``sites_asked`` where more would add nobody."""
        return len(self.site_ids)

    @property
    def people_after(self) -> float:
        """People covered when the plan is built."""
        return self.people_before + self.people_gained

    @property
    def cumulative_people(self) -> NDArray[np.float64]:
        """People gained after each site, built in this order."""
        return np.cumsum(self.gain_people)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per site, in building order.

        ``stands_in`` names the sites that the best plan without this one has instead.
        """
        stands_in = [
            ", ".join(site for site in other if site not in self.site_ids)
            for other in self.runner_up
        ]
        return pd.DataFrame(
            {
                "order": np.arange(1, self.sites_needed + 1),
                "site_id": list(self.site_ids),
                "candidate_row": self.chosen,
                "gain_people": self.gain_people,
                "cumulative_people": self.cumulative_people,
                "unique_people": self.unique_people,
                "cost": self.site_cost,
                "loss_if_vetoed": self.loss_if_vetoed,
                "veto_status": list(self.veto_status),
                "stands_in": stands_in,
            }
        )
