"""Why nothing keeps to everything that was asked: the smallest set of demands in conflict.

A *demand* is one thing that was asked: the number of sites, money, a share of the people, a site
that must or must not be, a rule. Whether some of them can be kept together is a small program
without an objective. Demands are struck out one by one while the rest stays impossible (the
*deletion filter*), which leaves a set of which every part is possible; where demands are few, all
smaller sets are tried too.

References
----------
J. W. Chinneck, E. W. Dravnieks, "Locating minimal infeasible constraint sets in linear programs",
ORSA Journal on Computing 3, 157-168 (1991).
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import pandas as pd

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.patience import Patience
from quarterhour.siting.talk.demands import Demands
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

_FEW = 12
Fits = Callable[[frozenset[int]], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Infeasibility:
    """Whether a question has any answer, and if not, why.

    Attributes
    ----------
    status
        "infeasible": proven that nothing keeps to all demands. "feasible": something does.
        "unknown": neither was found out in the time.
    conflict
        Demands that cannot be kept together, as sentences; empty unless infeasible.
    irreducible
        Whether, without any one of them, the others can be kept together.
    smallest
        Whether it is proven that no fewer demands are in conflict.
    enough
        For each of the conflict, whether giving up that one alone makes the whole question
        possible; ``None`` where that was not found out.
    demands
        Everything that was asked, as sentences.
    """

    status: Literal["infeasible", "feasible", "unknown"]
    conflict: tuple[Fault, ...]
    irreducible: bool
    smallest: bool
    enough: tuple[bool | None, ...]
    demands: tuple[Fault, ...]

    def error(self) -> InfeasibleError:
        """Return the error that names the conflict."""
        if not self.conflict:
            return InfeasibleError(Fault("talk.no_conflict_known"))
        first = Fault("talk.conflict_alone")
        if len(self.conflict) > 1:
            first = Fault("talk.conflict", {"count": len(self.conflict)})
        helps = [
            Fault("talk.enough_alone", {"place": place})
            for place, enough in enumerate(self.enough, start=1)
            if enough and len(self.conflict) > 1
        ]
        return InfeasibleError([first, *self.conflict, *helps])

    def to_frame(self, language: Language = "zh") -> pd.DataFrame:
        """Return one row per demand in conflict."""
        words = Words(language)
        return pd.DataFrame(
            {
                "demand": [words(fault.key, fault.values) for fault in self.conflict],
                "enough_alone": list(self.enough),
            }
        )


def explain_infeasible(problem: "SitingProblem", *, time_limit_s: float = 10.0) -> Infeasibility:
    """Find the smallest set of demands that cannot be kept together.

    Parameters
    ----------
    problem
        A question, usually one that :func:`quarterhour.siting.recommend` called infeasible.
    time_limit_s
        Seconds for all programs; what was not found out by then says so.

    Raises
    ------
    InputError
        If ``time_limit_s`` is not above 0.
    """
    patience = Patience(time_limit_s)
    demands = Demands.of(problem)
    said = demands.said
    everything = frozenset(range(len(said)))
    tests = _Tests(lambda some: demands.fit(some, patience))
    with patience.listening():
        possible = tests(everything)
        if possible is not False:
            status: Literal["feasible", "unknown"] = "feasible" if possible else "unknown"
            return Infeasibility(status=status, conflict=(), irreducible=False, smallest=False,
                                 enough=(), demands=said)  # fmt: skip
        conflict, irreducible = _struck(tests, everything)
        smallest = False
        if len(said) <= _FEW:
            conflict, smallest = _smallest(tests, everything, conflict)
        enough = tuple(tests(everything - {demand}) for demand in sorted(conflict))
    return Infeasibility(
        status="infeasible",
        conflict=tuple(said[demand] for demand in sorted(conflict)),
        irreducible=irreducible or smallest,
        smallest=smallest,
        enough=enough,
        demands=said,
    )


def explained(
    problem: "SitingProblem",
    error: InfeasibleError | None = None,
    *,
    time_limit_s: float = 10.0,
) -> InfeasibleError:
    """Return the error for a question without an answer, naming the demands in conflict.

    Parameters
    ----------
    problem, error
        The question, and what was raised instead of a plan. Where that says more than that
        nothing keeps to the rules, it stays in front; where no conflict was found in the time, or
        none was looked for because the time was up before, it stays alone.
    time_limit_s
        Seconds to look for the conflict.
    """
    keys = set() if error is None else {fault.key for fault in error.faults}
    if error is not None and "siting.none_found" in keys:
        return error
    found = explain_infeasible(problem, time_limit_s=time_limit_s)
    if error is None or (found.conflict and "siting.infeasible_rules" in keys):
        return found.error()
    if len(found.conflict) < 2:
        return error
    return InfeasibleError([*error.faults, *found.error().faults])


class _Tests:
    """Whether demands can be kept together, each set tested once.

    Parts of possible sets are possible.
    """

    def __init__(self, fits: Fits) -> None:
        self._fits = fits
        self._possible: list[frozenset[int]] = []
        self._known: dict[frozenset[int], bool | None] = {}

    def __call__(self, some: frozenset[int]) -> bool | None:
        if any(some <= other for other in self._possible):
            return True
        if some not in self._known:
            self._known[some] = self._fits(some)
            if self._known[some]:
                self._possible.append(some)
        return self._known[some]


def _struck(tests: _Tests, everything: frozenset[int]) -> tuple[frozenset[int], bool]:
    """Strike out demands while the rest is impossible; tell whether all were tested."""
    conflict, sure = everything, True
    for demand in sorted(everything):
        possible = tests(conflict - {demand})
        if possible is False:
            conflict = conflict - {demand}
        sure = sure and possible is not None
    return conflict, sure


def _smallest(
    tests: _Tests, everything: frozenset[int], conflict: frozenset[int]
) -> tuple[frozenset[int], bool]:
    """Try all sets smaller than a conflict; tell whether the smallest is known."""
    sure = True
    for size in range(1, len(conflict)):
        for some in combinations(sorted(everything), size):
            possible = tests(frozenset(some))
            if possible is False:
                return frozenset(some), sure
            sure = sure and possible is not None
    return conflict, sure
