"""How many people must be inside, and whether a choice brings them there.

People are fractions, the solver counts whole *units*: people where all are whole, milli-people
else. Rounding is made to err on the generous side, so that every choice that reaches the target
is a solution of the program and its bound holds; a solution is then counted again from the people
themselves, and one that only the rounding let through is ruled out.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault, InfeasibleError
from quarterhour.siting.counting import MILLI, times_covered
from quarterhour.siting.fewest.sets import Sets

if TYPE_CHECKING:
    from quarterhour.siting.problem import SitingProblem

DUST = 1e-6
"""A target counts as reached if this part of all people (or of one, if more) is missing."""
_SUMS = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Target:
    """What must be reached.

    Attributes
    ----------
    problem
        The question.
    sets
        Cells of the people whom allowed candidates could bring inside, weights in people.
    everyone
        Whether nobody of these may stay outside, however small a part of a person.
    least
        People that must be inside in all, existing facilities included, less the dust.
    before
        People whom existing facilities have inside.
    """

    problem: "SitingProblem"
    sets: Sets
    everyone: bool
    least: float
    before: float

    @classmethod
    def of(cls, problem: "SitingProblem", sets: Sets) -> "Target":
        """Return the target of a question.

        Raises
        ------
        InfeasibleError
            If all candidates together do not bring enough people inside.
        """
        before = float(problem.weight[problem.already].sum())
        reach, people = before + float(sets.weight.sum()), float(problem.weight.sum())
        wanted = problem.least_people()
        if wanted is None:
            raise AssertionError("people served are another question")
        # Everyone is everyone of now only where no other people are asked for.
        others = problem.people_wanted
        everyone = problem.share >= 1.0 and (
            others is None or others >= reach - _SUMS * max(reach, 1.0)
        )
        # A veto keeps the target that was there before: its share is one of those people.
        least = wanted - DUST * max(wanted / problem.share, 1.0)
        outside = ~problem.already & (problem.weight > 0)
        outside &= times_covered(problem, np.flatnonzero(problem.allowed)) == 0
        if not everyone:
            missed = reach < least
        elif problem.people_wanted is None:
            missed = problem.share_of == "all" and bool(outside.any())
        else:
            missed = reach < wanted - _SUMS * max(wanted, 1.0)
        if missed:
            # Rounded down, so that the share that is named can be reached.
            share = float(np.floor(1000.0 * reach / people) / 1000.0)
            values = {"share": wanted / people, "people": people, "most": reach, "would_do": share,
                      "points": int(outside.sum())}  # fmt: skip
            raise InfeasibleError(Fault("fewest.unreachable_share", values))
        return cls(problem=problem, sets=sets, everyone=everyone, least=least, before=before)

    def reached(self, chosen: NDArray[np.int64]) -> bool:
        """Count again, from the people themselves, whether a choice brings enough inside."""
        inside = self.sets.counts(chosen) > 0
        if self.everyone:
            return bool(inside.all())
        return self.before + float(self.sets.weight[inside].sum()) >= self.least

    def in_units(self) -> tuple[Sets, float, float]:
        """Return the cells in whole units, and how many units may stay outside.

        Returns
        -------
        tuple
            Cells; the units outside that no choice exceeds that reaches the target; and those
            that surely leave enough inside.
        """
        if self.everyone:
            return self._with(np.ones(len(self.sets))), 0.0, 0.0
        people = self.sets.weight
        scale = 1.0 if (people == np.rint(people)).all() else MILLI
        units = np.rint(people * scale)
        changed = float(np.abs(people * scale - units).sum())
        reach = self.before + float(people.sum())
        outside, sums = scale * (reach - self.least), scale * _SUMS * max(reach, 1.0)
        step = float(np.gcd.reduce(units.astype(np.int64))) if units.any() else 1.0
        most = np.floor((outside + sums + changed) / step)
        safe = np.floor(max(outside - sums - changed, 0.0) / step)
        return self._with(units / step), float(most), float(safe)

    def _with(self, weight: NDArray[np.float64]) -> Sets:
        one = self.sets
        return Sets(
            n_candidates=one.n_candidates, indptr=one.indptr, indices=one.indices, weight=weight
        )
