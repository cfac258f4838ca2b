"""The recommended sites, with proof or bound, and what else could be done.

A *gain* is people who are covered only through the plan. *Building order* takes the largest gain
first, so that a plan that is built halfway still does the most it can. A *veto* is somebody
refusing one site: the question is solved again without it. Every plan of as many sites that is
not the recommended one leaves out at least one of its sites, so the best of the veto plans is the
second-best plan of all, and no further search is needed for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.siting.cells import MILLI, Cells, merge_cells
from quarterhour.siting.models import CoverAnswer, fewest_for_all, solve_max_cover
from quarterhour.siting.search import CoverModel

if TYPE_CHECKING:
    from quarterhour.siting.problem import Question, SitingProblem

Status = Literal["optimal", "within gap", "time limit"]
VetoStatus = Literal["optimal", "within gap", "time limit", "must"]

WITHIN_GAP = 1e-4
_SHARE_MAIN = 0.6
_SHARE_FEWEST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """Another plan: its sites in candidate order, and its gain.

    ``status`` is "optimal" only where every veto is proven: that this plan holds its place among
    the alternatives rests on all of them.
    """

    site_ids: tuple[str, ...]
    people_gained: float
    status: Status


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
        How many were asked for; see :attr:`sites_needed`.
    fewest_proven
        Whether no smaller number of sites covers as many people. ``None`` where not everybody
        within reach is covered: then every site counts.
    status
        "optimal": proven, to a thousandth of a person per cell of demand. "within gap": stopped,
        with a gap of at most 1e-4. "time limit": stopped before.
    people_before, people_gained, people_total
        People covered by existing facilities, people the plan adds, people in all.
    people_reachable
        People covered if every candidate were built.
    bound
        No plan gains more people than this.
    gap
        ``1 - people_gained / bound``.
    rounding_people
        Most that rounding to milli-people could change in ``bound``.
    gain_people
        Gain of each site when built in this order, float64 (n_sites,).
    unique_people
        People who would lose cover if just this site were closed, float64 (n_sites,).
    loss_if_vetoed
        How much less the best plan without this site gains; ``nan`` for a site that must be.
    veto_status
        How sure that loss is: "must" for a site that must be.
    runner_up
        Sites of the best plan without this one, in candidate order; empty for a must.
    alternatives
        Other plans, the best first: the first is the second-best plan of all. Empty where nothing
        else may be chosen, or gains anybody.
    candidates_considered
        Candidates that could be chosen.
    repeatable
        False where a time limit stopped any part: another run may answer otherwise.
    """

    question: "Question"
    kind: str
    chosen: NDArray[np.int64]
    site_ids: tuple[str, ...]
    sites_asked: int
    fewest_proven: bool | None
    status: Status
    people_before: float
    people_gained: float
    people_total: float
    people_reachable: float
    bound: float
    gap: float
    rounding_people: float
    gain_people: NDArray[np.float64]
    unique_people: NDArray[np.float64]
    loss_if_vetoed: NDArray[np.float64]
    veto_status: tuple[VetoStatus, ...]
    runner_up: tuple[tuple[str, ...], ...]
    alternatives: tuple[Alternative, ...]
    candidates_considered: int
    repeatable: bool

    def __post_init__(self) -> None:
        for array in (self.chosen, self.gain_people, self.unique_people, self.loss_if_vetoed):
            if len(array) != len(self.site_ids):
                raise AssertionError("one value per site")
            array.setflags(write=False)

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
                "loss_if_vetoed": self.loss_if_vetoed,
                "veto_status": list(self.veto_status),
                "stands_in": stands_in,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Veto:
    site: int
    answer: CoverAnswer | None


def recommend(
    problem: "SitingProblem",
    *,
    time_limit_s: float = 60.0,
    on_progress: Callable[[int, int], None] | None = None,
) -> SitePlan:
    """Recommend sites for a question, and prove that nothing covers more.

    Parameters
    ----------
    problem
        The question.
    time_limit_s
        Seconds for everything: most for the plan itself, the rest for its alternatives. What is
        not proven by then says so.
    on_progress
        Called with ``(done, total)`` after the plan and after each veto; ``None`` for silence.

    Returns
    -------
    SitePlan
        The same for the same problem, unless ``repeatable`` is false. Of equal plans, one in
        which no site can be exchanged for an earlier candidate. Where everybody within reach is
        covered by fewer sites than asked, the fewest are returned, without padding.

    Raises
    ------
    InputError
        If ``time_limit_s`` is not above 0.
    """
    if not time_limit_s > 0:
        raise InputError(Fault("siting.bad_time_limit", {"time_limit_s": time_limit_s}))
    begin = perf_counter()
    cells = merge_cells(problem)
    model = CoverModel.of(cells, n_sites=problem.n_sites, must=problem.must)
    answer = solve_max_cover(
        model, allowed=problem.allowed, time_limit_s=time_limit_s * _SHARE_MAIN
    )
    answer, fewest = _without_padding(
        model, answer, allowed=problem.allowed, time_limit_s=time_limit_s * _SHARE_FEWEST
    )
    while True:
        vetoes = _veto_each(model, answer, problem, begin + time_limit_s, on_progress)
        # A plan that is not proven may be beaten by one of its own vetoes; then that is the plan.
        best = max((v.answer for v in vetoes if v.answer), key=lambda a: a.milli, default=None)
        if best is None or best.milli <= answer.milli:
            return _describe(problem, cells, answer, vetoes, fewest)
        bound = max(best.milli, answer.bound_milli)
        answer = CoverAnswer(
            chosen=best.chosen, milli=best.milli, bound_milli=bound, cuts=best.cuts
        )
        fewest = False if answer.milli == cells.milli.sum() else None


def _without_padding(
    model: CoverModel, answer: CoverAnswer, *, allowed: NDArray[np.bool_], time_limit_s: float
) -> tuple[CoverAnswer, bool | None]:
    """Use the fewest sites where everybody within reach is covered."""
    if answer.milli < model.cells.milli.sum():
        return answer, None
    if len(answer.chosen) <= max(1, len(model.must)):
        return answer, True
    chosen, proven = fewest_for_all(
        model, answer.chosen, allowed=allowed, time_limit_s=time_limit_s
    )
    return (
        CoverAnswer(
            chosen=chosen,
            milli=answer.milli,
            bound_milli=answer.bound_milli,
            cuts=answer.cuts,
        ),
        proven,
    )


def _veto_each(
    model: CoverModel,
    answer: CoverAnswer,
    problem: "SitingProblem",
    deadline: float,
    on_progress: Callable[[int, int], None] | None,
) -> list[_Veto]:
    """Solve again without each site; what time is left is shared evenly."""
    total = len(answer.chosen) + 1
    if on_progress is not None:
        on_progress(1, total)
    vetoes = []
    for done, site in enumerate(answer.chosen.tolist(), start=1):
        found = None
        if site not in model.must:
            allowed = problem.allowed
            allowed[site] = False
            share = max(deadline - perf_counter(), 0.0) / (total - done)
            found = solve_max_cover(model, allowed=allowed, time_limit_s=share, near=answer)
        vetoes.append(_Veto(site=site, answer=found))
        if on_progress is not None:
            on_progress(done + 1, total)
    return vetoes


def _describe(
    problem: "SitingProblem",
    cells: Cells,
    answer: CoverAnswer,
    vetoes: list[_Veto],
    fewest: bool | None,
) -> SitePlan:
    """Count every figure again, from the people themselves."""
    order, gain = _building_order(problem, answer.chosen)
    gained = _gained(problem, order)
    by_site = {veto.site: veto.answer for veto in vetoes}
    others = [by_site[int(site)] for site in order]
    bound = gained if answer.proven else max(gained, answer.bound_milli / MILLI)
    reachable = _gained(problem, np.flatnonzero(problem.allowed))
    before = float(problem.weight[problem.already].sum())
    ids = problem.candidate_ids
    return SitePlan(
        question=problem.question,
        kind=problem.kind,
        chosen=order,
        site_ids=tuple(ids[site] for site in order),
        sites_asked=problem.n_sites,
        fewest_proven=fewest,
        status=_status(answer),
        people_before=before,
        people_gained=gained,
        people_total=float(problem.weight.sum()),
        people_reachable=before + reachable,
        bound=bound,
        gap=1.0 - gained / bound if bound > 0 else 0.0,
        rounding_people=cells.rounding_people,
        gain_people=gain,
        unique_people=_unique(problem, order),
        loss_if_vetoed=np.array(
            [np.nan if a is None else gained - _gained(problem, a.chosen) for a in others]
        ),
        veto_status=tuple("must" if a is None else _status(a) for a in others),
        runner_up=tuple(
            () if a is None else tuple(ids[site] for site in a.chosen) for a in others
        ),
        alternatives=_alternatives(problem, vetoes),
        candidates_considered=int(problem.allowed.sum()),
        repeatable=answer.proven and fewest is not False
        and all(a is None or a.proven for a in others),
    )  # fmt: skip


def _status(answer: CoverAnswer) -> Status:
    if answer.proven:
        return "optimal"
    close = answer.bound_milli - answer.milli <= WITHIN_GAP * answer.bound_milli
    return "within gap" if close else "time limit"


def _alternatives(problem: "SitingProblem", vetoes: list[_Veto]) -> tuple[Alternative, ...]:
    """Return the distinct veto plans, the largest gain first."""
    plans: dict[tuple[int, ...], CoverAnswer] = {}
    for veto in vetoes:
        if veto.answer is not None and len(veto.answer.chosen):
            plans.setdefault(tuple(veto.answer.chosen.tolist()), veto.answer)
    ranked = sorted(plans.items(), key=lambda item: (-item[1].milli, item[0]))
    sure = all(veto.answer is None or veto.answer.proven for veto in vetoes)
    return tuple(
        Alternative(
            site_ids=tuple(problem.candidate_ids[site] for site in sites),
            people_gained=_gained(problem, answer.chosen),
            status=_status(answer) if sure or not answer.proven else "time limit",
        )
        for sites, answer in ranked
    )


def _building_order(
    problem: "SitingProblem", chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Order sites by gain, the largest first; of gains alike to a milli-person the earlier."""
    left = sorted(chosen.tolist())
    open_people = np.where(problem.already, 0.0, problem.weight)
    order, gains = [], []
    while left:
        gain = [float(open_people[_row(problem, site)].sum()) for site in left]
        best = int(np.argmax(np.rint(np.array(gain) * MILLI)))
        order.append(left.pop(best))
        gains.append(gain[best])
        open_people[_row(problem, order[-1])] = 0.0
    return np.array(order, dtype=np.int64), np.array(gains, dtype=np.float64)


def _row(problem: "SitingProblem", site: int) -> NDArray[np.int32]:
    start, end = problem.covers_indptr[site : site + 2]
    return problem.covers_indices[start:end]


def _times_covered(problem: "SitingProblem", sites: NDArray[np.int64]) -> NDArray[np.int64]:
    times = np.zeros(len(problem.weight), dtype=np.int64)
    for site in sites.tolist():
        times[_row(problem, site)] += 1
    return times


def _gained(problem: "SitingProblem", sites: NDArray[np.int64]) -> float:
    new = (_times_covered(problem, sites) > 0) & ~problem.already
    return float(problem.weight[new].sum())


def _unique(problem: "SitingProblem", sites: NDArray[np.int64]) -> NDArray[np.float64]:
    once = (_times_covered(problem, sites) == 1) & ~problem.already
    people = np.where(once, problem.weight, 0.0)
    return np.array([people[_row(problem, site)].sum() for site in sites.tolist()])
