"""What each rule costs: the question asked again without it, all else as it is.

For the number of sites it is one site more, for money a tenth more, for a share five points less:
these cannot be dropped, only eased. Losses of several rules do not add up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.siting.answers import Answer
from quarterhour.siting.counting import can_be_reached
from quarterhour.siting.patience import Patience
from quarterhour.siting.talk.points import Point, PointStatus, Tell, ask, ids_of, part
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_ONE_BY_ONE = 8
_PERCENT_MORE = 10
_POINTS_LESS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shadow:
    """What each thing that was asked costs.

    Attributes
    ----------
    said
        What was asked, as a sentence.
    change
        What was asked instead.
    objective, bound
        Best objective then, and what none can beat, in the unit of the plan, float64 (n_rules,);
        ``nan`` where nothing was found.
    loss
        How much better that is than the plan, float64 (n_rules,). 0 where the rule costs nothing.
        Below 0 only where less was found in the time than is there.
    status
        How sure the objective is.
    site_ids
        The plan without the rule, in candidate order.
    ended
        Why the list ends.
    """

    said: tuple[Fault, ...]
    change: tuple[Fault, ...]
    objective: NDArray[np.float64]
    bound: NDArray[np.float64]
    loss: NDArray[np.float64]
    status: tuple[PointStatus, ...]
    site_ids: tuple[tuple[str, ...], ...]
    ended: Fault

    def __post_init__(self) -> None:
        for array in (self.objective, self.bound, self.loss):
            if len(array) != len(self.said):
                raise AssertionError("one value per rule")
            array.setflags(write=False)

    def to_frame(self, language: Language = "zh") -> pd.DataFrame:
        """Return one row per rule, sentences in words."""
        words = Words(language)
        return pd.DataFrame(
            {
                "rule": [words(fault.key, fault.values) for fault in self.said],
                "change": [words(fault.key, fault.values) for fault in self.change],
                "objective": self.objective,
                "bound": self.bound,
                "loss": self.loss,
                "status": list(self.status),
                "site_ids": [", ".join(ids) for ids in self.site_ids],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Eased:
    """One thing that was asked, and the question without it."""

    said: Fault
    change: Fault
    changes: Mapping[str, Any]


def shadow_costs(
    problem: "SitingProblem",
    plan: Point,
    *,
    near: Answer | None,
    patience: Patience,
    tell: Tell,
) -> Shadow:
    """Return what each rule costs.

    Parameters
    ----------
    problem, plan
        The question and its answer, which keeps to the eased questions too.
    near
        A place to begin.
    patience
        For all of them.
    tell
        Called after each.
    """
    eased = things_asked(problem)
    points, ended = list[Point](), Fault("talk.ended_asked")
    for done, thing in enumerate(eased):
        if patience.over:
            ended = Fault("talk.ended_time", {"done": done, "asked": len(eased)})
            break
        mine = part(patience, len(eased) - done)
        points.append(ask(problem, thing.changes, patience=mine, near=near, known=plan.answer))
        tell()
    eased = eased[: len(points)]
    sign = 1 if plan.answer is None or plan.answer.maximise else -1
    objective = np.array([point.objective for point in points], dtype=np.float64)
    return Shadow(
        said=tuple(thing.said for thing in eased),
        change=tuple(thing.change for thing in eased),
        objective=objective,
        bound=np.array([point.bound for point in points], dtype=np.float64),
        loss=sign * (objective - plan.objective),
        status=tuple(point.status for point in points),
        site_ids=tuple(ids_of(problem, point.answer) for point in points),
        ended=ended,
    )


def things_asked(problem: "SitingProblem") -> list[Eased]:
    """Return everything that limits a question, each with the question without it."""
    eased = _numbers(problem)
    for name, key in (("must", "talk.asks_must"), ("must_not", "talk.asks_must_not")):
        rows = sorted(set(getattr(problem, name)))
        groups = [[row] for row in rows] if len(rows) <= _ONE_BY_ONE else [rows]
        for group in groups:
            ids = ", ".join(problem.candidate_ids[row] for row in group[:_ONE_BY_ONE])
            kept = tuple(row for row in getattr(problem, name) if row not in group)
            said = Fault(key, {"count": len(group), "ids": ids})
            changes = {name: kept, **_same_task(problem)}
            eased.append(Eased(said=said, change=Fault("talk.change_dropped"),
                               changes=changes))  # fmt: skip
    for place, rule in enumerate(problem.rules):
        kept_rules = problem.rules[:place] + problem.rules[place + 1 :]
        eased.append(Eased(said=rule.said, change=Fault("talk.change_dropped"),
                           changes={"rules": kept_rules}))  # fmt: skip
    return eased


def _same_task(problem: "SitingProblem") -> dict[str, Any]:
    """Return what must be reached as it is now: more candidates do not make the task larger."""
    if problem.question == "shortest_longest":
        return {"whom": can_be_reached(problem)}
    if problem.question == "fewest_sites":
        return {"people_wanted": wanted_people(problem)}
    return {}


def wanted_people(problem: "SitingProblem") -> float:
    """Return the people who must be inside, or with capacity served, for ``fewest_sites``."""
    wanted = problem.least_people()
    if wanted is None:
        from quarterhour.siting.served import people_wanted

        return people_wanted(problem)
    return wanted


def _numbers(problem: "SitingProblem") -> list[Eased]:
    eased = []
    if problem.n_sites is not None and problem.n_sites < int(problem.allowed.sum()):
        eased.append(
            Eased(
                said=Fault("siting.asks_number", {"sites": problem.n_sites}),
                change=Fault("talk.change_one_more", {"sites": problem.n_sites + 1}),
                changes={"n_sites": problem.n_sites + 1},
            )
        )
    if problem.budget is not None:
        more = problem.budget + max(problem.budget * _PERCENT_MORE // 100, 1)
        eased.append(
            Eased(
                said=Fault("siting.asks_budget", {"budget": problem.budget}),
                change=Fault("talk.change_budget", {"percent": _PERCENT_MORE, "budget": more}),
                changes={"budget": more},
            )
        )
    years = problem.years
    if years is not None and years.budget is not None:
        more_each = years.budget + years.budget * _PERCENT_MORE // 100
        eased.append(
            Eased(
                said=Fault("talk.asks_years_money"),
                change=Fault("talk.change_years", {"percent": _PERCENT_MORE}),
                changes={"years": replace(years, budget=more_each)},
            )
        )
    by_share = problem.question == "fewest_sites" and problem.people_wanted is None
    if by_share and problem.share > _POINTS_LESS / 100:
        less = problem.share - _POINTS_LESS / 100
        values = {"percent": 100 * less}
        change = Fault("talk.change_share", values)
        said = said_share(problem)
        eased.append(Eased(said=said, change=change, changes={"share": less}))
    return eased


def said_share(problem: "SitingProblem") -> Fault:
    """Return the share of people that is asked for, as a sentence."""
    values = {"percent": 100 * problem.share}
    if problem.share_of == "all":
        return Fault("talk.asks_share", values)
    return Fault("talk.asks_share_reachable", values)
