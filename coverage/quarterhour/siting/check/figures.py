"""A *figure* of a plan: as the plan states it, and as it was counted again."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from quarterhour.errors import Fault, SolverError

TOLERANCE = 1e-6
# Gains are put in order as whole milli-people, each rounded by half a one at most.
ORDER_DUST = 2e-3
_DUST = 1e-9


class Figure(NamedTuple):
    """One figure.

    Sums over everybody may carry dust in proportion to ``scale``; ``slack`` is what a figure may
    be off because a model counts whole milli-people.
    """

    name: str
    stated: object
    recounted: object
    scale: float = 1.0
    slack: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether both are alike; numbers to a relative 1e-6."""
        one, other = self.stated, self.recounted
        if isinstance(one, float) and isinstance(other, float):
            if math.isnan(one) or math.isnan(other):
                return math.isnan(one) and math.isnan(other)
            dust = _DUST * max(self.scale, 1.0) + self.slack
            return math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=dust)
        return type(one) is type(other) and one == other


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFigure:
    """One figure: its name, as the plan has it, and as it was counted again."""

    name: str
    stated: object
    recounted: object


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCheck:
    """Every figure that was counted again; all of them agreed."""

    figures: tuple[CheckedFigure, ...]

    @property
    def n_figures(self) -> int:
        """Number of figures counted again."""
        return len(self.figures)


def judged(figures: Iterable[Figure]) -> PlanCheck:
    """Return figures that all agree.

    Raises
    ------
    SolverError
        Naming every figure that differs, with both values.
    """
    every = list(figures)
    wrong = [figure for figure in every if not figure.agrees]
    if wrong:
        raise SolverError(
            Fault(
                "siting.check_failed",
                {"figure": f.name, "stated": f.stated, "recounted": f.recounted},
            )
            for f in wrong
        )
    return PlanCheck(
        figures=tuple(
            CheckedFigure(name=f.name, stated=f.stated, recounted=f.recounted) for f in every
        )
    )
