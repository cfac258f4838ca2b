"""The door to the model with years: a question in, an :class:`Answer` out.

A first schedule comes from greedy openings, a bound from cuts, a better schedule from what the cuts
opened in part, and the proof from HiGHS among the openings that are left: first among the few that
a very good schedule could have, then among all that could beat the one in hand.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError, InputError, raise_if
from quarterhour.siting.answers import Answer, OnBound
from quarterhour.siting.counting import MILLI
from quarterhour.siting.patience import Patience
from quarterhour.siting.phases.bounding import Bounding, Cuts
from quarterhour.siting.phases.proving import any_schedule, prove
from quarterhour.siting.phases.schedule import Phases, Schedule
from quarterhour.siting.phases.searching import (
    Search,
    exchange,
    filled,
    improve,
    rounded,
    without_useless,
)
from quarterhour.siting.phases.unphased import Unphased, best_unphased

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_SHARE_CUTS = 0.5
_SHARE_SEARCH = 0.3
_SHARE_UNPHASED = 0.3
_IDLE_ROUNDS = 30
# With a gap above this, more rounds pay: the proof would only wade through it.
_FAR = 0.003
# How far below the bound, as a part of the gap, a schedule may lie that is looked for first.
_WINDOWS = (0.1, 0.3)
_FEW_OPENINGS = 120
_SHARE_WINDOW = 0.35
# Long enough for a first schedule, however little time is given.
_GRACE_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class YearsMemory:
    """What a nearby question may begin with.

    Attributes
    ----------
    demand
        Where the arrays of demand and reach lie; they are the same in both questions or not.
    allowed
        Candidates that the cells know, bool (n_candidates,).
    phases, cuts
        Cells and cuts of that demand.
    unphased
        The best plan for the last year alone, of the question that was asked first.
    """

    demand: tuple[object, ...]
    allowed: NDArray[np.bool_]
    phases: Phases
    cuts: Cuts
    unphased: Unphased


class _State:
    """The best schedule and bound so far, told when either gets better."""

    def __init__(self, phases: Phases, schedule: Schedule, on_progress: OnBound | None) -> None:
        self._phases, self._on_progress = phases, on_progress
        self.schedule, self.milli = schedule, phases.milli(schedule)
        self.bound = float(phases.n_years * phases.cells.milli.sum())
        self._tell()

    @property
    def proven(self) -> bool:
        """Whether no schedule is better."""
        return self.bound <= self.milli

    def found(self, schedule: Schedule) -> None:
        """Take a schedule, if it keeps to everything and is better."""
        milli = self._phases.milli(schedule)
        if milli > self.milli and self._phases.keeps(schedule):
            self.schedule, self.milli = schedule, milli
            self._tell()

    def bounded(self, bound: float) -> None:
        """Take a bound, if it is lower."""
        if bound < self.bound:
            self.bound = max(bound, self.milli)
            self._tell()

    def heard(self, objective: float, bound: float) -> None:
        """Pass on what the solver says, where it is better."""
        better = objective > self.milli or bound < self.bound
        if self._on_progress is not None and better and np.isfinite(objective):
            self._on_progress(max(objective, self.milli), min(bound, self.bound))

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self.milli, self.bound)


def solve_years(
    problem: "SitingProblem",
    *,
    patience: Patience,
    near: Answer | None = None,
    on_progress: OnBound | None = None,
) -> Answer:
    """Answer ``most_people`` with years; see :mod:`quarterhour.siting.answers` for the shape.

    The objective is milli-people-years: people covered by the sites that are open, summed over
    the years. A site pays for being built in the year it opens, and for running in that and each
    later year of the question.

    Raises
    ------
    InputError
        If another question, capacity or scenarios are asked with years, or an array of the years
        has a wrong length.
    InfeasibleError
        If no schedule keeps to everything, or none was found in time.
    """
    _check(problem)
    memory = _usable(problem, near)
    phases = Phases.of(problem, known=None if memory is None else memory.phases)
    state = _begin(problem, phases, patience, near, on_progress)
    bounding = Bounding(phases, None if memory is None else memory.cuts)
    unphased = _tighten(problem, phases, bounding, state, patience, memory)
    _narrow(bounding, state, patience)
    schedule = _settled(phases, state)
    return Answer(
        chosen=schedule.sites,
        objective=phases.milli(schedule),
        bound=max(state.bound, phases.milli(schedule)),
        rounding=phases.cells.rounding_people * MILLI * phases.n_years,
        opens=schedule.opens,
        memory=YearsMemory(
            demand=_demand(problem),
            allowed=problem.allowed if memory is None else memory.allowed,
            phases=phases,
            cuts=bounding.cuts(),
            unphased=unphased,
        ),
    )


def _check(problem: "SitingProblem") -> None:
    years = problem.years
    if years is None:
        raise AssertionError("years are needed")
    others: list[str] = [problem.question] if problem.question != "most_people" else []
    others += ["capacity"] if problem.capacity is not None else []
    others += ["robust"] if problem.robust is not None else []
    if others:
        raise InputError(Fault("siting.years_question", {"other": ", ".join(others)}))
    faults = []
    for name, limits in (("years.budget", years.budget), ("years.n_sites", years.n_sites)):
        if limits is not None and len(limits) != len(years.years):
            values = {"name": name, "found": len(limits), "wanted": len(years.years)}
            faults.append(Fault("siting.wrong_length", values))
    for costs in (years.build_cost, years.yearly_cost):
        if (costs < 0).any():
            faults.append(Fault("siting.bad_cost", {"row": int(np.argmax(costs < 0))}))
    raise_if(faults)


def _asked(problem: "SitingProblem") -> tuple[Fault, ...]:
    """Return what the years ask, as sentences."""
    years, found = problem.years, []
    if years is not None and years.budget is not None:
        found.append(Fault("siting.asks_years_budget", {"total": int(years.budget.sum())}))
    if years is not None and years.n_sites is not None:
        found.append(Fault("siting.asks_years_sites", {"total": int(years.n_sites.sum())}))
    return tuple(found)


def _demand(problem: "SitingProblem") -> tuple[object, ...]:
    """Tell arrays apart by where they lie: the memory that holds this keeps them there."""
    arrays = (problem.covers_indptr, problem.covers_indices, problem.worth, problem.already)
    return tuple((array.__array_interface__["data"][0], array.shape) for array in arrays)


def _usable(problem: "SitingProblem", near: Answer | None) -> YearsMemory | None:
    """Return what a nearby answer remembers, where it is of the same demand."""
    memory = None if near is None else near.memory
    if not isinstance(memory, YearsMemory) or memory.demand != _demand(problem):
        return None
    # Cells of fewer candidates would lack those that only the others reach.
    return memory if (memory.allowed | ~problem.allowed).all() else None


def _begin(
    problem: "SitingProblem",
    phases: Phases,
    patience: Patience,
    near: Answer | None,
    on_progress: OnBound | None,
) -> _State:
    """Return the first schedule that keeps to everything."""
    tries = [Schedule(sites=np.zeros(0, np.int64), opens=np.zeros(0, np.int64))]
    if near is not None and near.opens is not None:
        fits = phases.can[near.opens, near.chosen]
        tries.append(Schedule(sites=near.chosen[fits], opens=near.opens[fits]))
    kept = [schedule for begun in tries if phases.keeps(schedule := filled(phases, begun))]
    if not kept:
        kept = [_any(problem, phases, patience)]
    # max takes the first of equals: the same schedule each time.
    best = max(kept, key=phases.milli)
    return _State(phases, best, on_progress)


def _any(problem: "SitingProblem", phases: Phases, patience: Patience) -> Schedule:
    """Let the solver find a schedule, or prove that there is none."""
    from quarterhour.siting.fewest.programs import impossible

    seconds = max(patience.left_s, _GRACE_S)
    found, never = any_schedule(phases, time_limit_s=seconds)
    if never:
        raise impossible(phases.sides, *_asked(problem))
    if found is None or not phases.keeps(found):
        raise InfeasibleError(Fault("siting.none_found", {"seconds": round(seconds, 1)}))
    more = filled(phases, found)
    return more if phases.keeps(more) else found


def _tighten(
    problem: "SitingProblem",
    phases: Phases,
    bounding: Bounding,
    state: _State,
    patience: Patience,
    memory: YearsMemory | None,
) -> Unphased:
    """Lower the bound by cuts, look around what they opened, and answer for the last year alone."""
    if len(phases.cells):
        cuts = patience.share(_SHARE_CUTS)

        def look(y: NDArray[np.float64]) -> None:
            state.bounded(bounding.ceiling.milli)
            state.found(rounded(phases, y))

        bounding.tighten(milli=lambda: state.milli, stop=lambda: cuts.over, look=look)
        state.bounded(bounding.ceiling.milli)
    if not state.proven and not _few_left(bounding, state):
        search = patience.share(_SHARE_SEARCH)
        rounds = _IDLE_ROUNDS if memory is None else _IDLE_ROUNDS // 3
        rounds *= 10 if state.bound > state.milli * (1.0 + _FAR) else 1
        state.found(improve(
            bounding.phases, state.schedule, stop=lambda: search.over, rounds=rounds
        ))  # fmt: skip
    if memory is not None:
        return memory.unphased
    return best_unphased(problem, state.schedule.sites, patience=patience.share(_SHARE_UNPHASED))


def _few_left(bounding: Bounding, state: _State) -> bool:
    """Tell whether the solver makes short work of the openings that could still be better."""
    return int(bounding.ceiling.settle(state.milli)[0].sum()) <= _FEW_OPENINGS


def _narrow(bounding: Bounding, state: _State, patience: Patience) -> None:
    """Look for the best schedule in ever wider windows below the bound; the last proves it.

    A window holds every schedule of at least some value. Its best schedule bounds all others that
    are worth as much, and those outside are worth less: a proof of a window is a bound on all.
    """
    for part in (*_WINDOWS, 1.0):
        last = part == 1.0
        if state.proven or patience.over:
            return
        if not last and _few_left(bounding, state):
            continue
        least = float(np.floor(state.bound - part * (state.bound - state.milli)))
        left, needed = bounding.ceiling.settle(least)
        base = patience if last else patience.share(_SHARE_WINDOW)
        found, bound = prove(
            bounding.phases, state.schedule if last else None, left=left, needed=needed,
            time_limit_s=base.left_s, stop=lambda: patience.over,
            on_progress=state.heard if last else None,
        )  # fmt: skip
        if found is not None:
            state.found(found)
        state.bounded(max(bound, least))


def _settled(phases: Phases, state: _State) -> Schedule:
    """Drop what adds nothing, and take the earlier of equal candidates."""
    schedule = without_useless(phases, state.schedule)
    search = Search(phases, schedule)
    exchange(search, stop=lambda: False)
    last = without_useless(phases, search.schedule)
    return last if phases.keeps(last) and phases.milli(last) >= state.milli else schedule
