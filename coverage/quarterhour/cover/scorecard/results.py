"""Scorecard: indicators against targets, each with its basis, figures, source and status.

An *indicator* is a measure (:mod:`~quarterhour.cover.scorecard.definitions`) with its figures and
at most one target. Its *verdict* is ``met`` or ``not_met`` where value and target are known,
``unknown`` where either is not, and ``side_by_side`` for rates that have no target by nature. A
*pair* is an administrative rate beside the share of people who can walk to the same kinds: the two
are never scored against each other, their difference is the finding. A value is never taken for a
rate of another basis, and nothing missing counts as 0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.scorecard.definitions import Basis, Op
from quarterhour.cover.scorecard.figures import Missing
from quarterhour.cover.scorecard.storeys import StoreyCheck
from quarterhour.errors import Fault, InputError

Verdict = Literal["met", "not_met", "unknown", "side_by_side"]
VERDICTS: tuple[Verdict, ...] = ("met", "not_met", "unknown", "side_by_side")


@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """One row of the scorecard.

    Attributes
    ----------
    key
        Name of the row: that of the goal, else of the measure.
    measure, formula, formula_status
        What is measured (the name of a study's own target), the letters of its formula, and how
        far the formula can be trusted.
    basis, unit
        What it counts, and the unit of value and target.
    numerator_of, denominator_of, factor
        Names of the two figures; the value is factor x numerator / denominator.
    kinds, walker, only
        Kinds of facilities, walker and kind of areas that it is confined to, where there are any.
    numerator, denominator, value
        The figures; ``nan`` where unknown.
    target, op, target_year, target_passed
        What is to be reached (``nan`` for none), by when (0 where nobody says it), and whether
        the study's year lies beyond.
    attribute
        ``binding`` (约束性), ``expected`` (预期性), or empty.
    verdict
        One of ``VERDICTS``.
    source, status
        Short names of the target's documents, and ``document``, ``secondary``, ``assumption``,
        ``to be supplied``, ``study`` (the study's own), or empty where there is no target.
    year
        Year that the figures stand for (the study's), 0 where it names none.
    missing
        What would make the verdict known.
    """

    key: str
    measure: str
    formula: str
    formula_status: str
    basis: Basis
    unit: str
    numerator_of: str
    denominator_of: str
    factor: float
    kinds: tuple[str, ...]
    walker: str
    only: str
    numerator: float
    denominator: float
    value: float
    target: float
    op: Op
    target_year: int
    target_passed: bool
    attribute: str
    verdict: Verdict
    source: tuple[str, ...]
    status: str
    year: int
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SideBySide:
    """An administrative rate beside the share of people who can walk there.

    Attributes
    ----------
    measure, kinds
        The rate, and the kinds (of those that it speaks of) that a study has.
    rate, share
        Facilities or communities over communities; people of the lead group within the longest
        limit over all of them; ``nan`` where unknown.
    rate_by_area, share_by_area
        The same by area (n areas + 1).
    withheld
        Areas whose share may not be told (n areas + 1).
    """

    measure: str
    kinds: tuple[str, ...]
    rate: float
    share: float
    rate_by_area: NDArray[np.float64]
    share_by_area: NDArray[np.float64]
    withheld: NDArray[np.bool_]

    @property
    def difference(self) -> float:
        """Rate less share, as a part of 1; ``nan`` where either is unknown."""
        return self.rate - self.share


@dataclass(frozen=True, slots=True, eq=False)
class Scorecard:
    """Indicators against targets; the axes by area end with what lies outside all areas.

    Attributes
    ----------
    areas
        Names of areas, the last ``""``.
    indicators
        Rows, grouped by basis.
    numerator_by_area, denominator_by_area, value_by_area
        Figures (indicators, n areas + 1); ``nan`` where unknown or not told by area.
    withheld
        Where a share of people may not be told (indicators, n areas + 1); its people stay in the
        totals.
    pairs
        Administrative rates beside the share of people.
    storeys
        Storey and lift of each facility against two rules.
    group, minutes
        The lead group and the longest limit of all shares of people.
    preset, year
        District whose documents are asked (may be empty), and year of the study (0 for none).
    """

    areas: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    numerator_by_area: NDArray[np.float64]
    denominator_by_area: NDArray[np.float64]
    value_by_area: NDArray[np.float64]
    withheld: NDArray[np.bool_]
    pairs: tuple[SideBySide, ...]
    storeys: StoreyCheck
    group: str
    minutes: int
    preset: str
    year: int

    def row(self, key: str) -> int:
        """Return the row of an indicator by its key."""
        return [i.key for i in self.indicators].index(key)

    def of(self, key: str) -> Indicator:
        """Return an indicator by its key."""
        return self.indicators[self.row(key)]

    def count(self) -> Mapping[Verdict, int]:
        """Return how many indicators have each verdict."""
        said = [i.verdict for i in self.indicators]
        return {verdict: said.count(verdict) for verdict in VERDICTS}

    def basis_of(self, keys: Sequence[str]) -> Basis:
        """Return the one basis of some indicators, for a chart that shows them together.

        Raises
        ------
        InputError
            If their bases differ: such rates may not be compared.
        """
        found = tuple(dict.fromkeys(self.of(key).basis for key in keys))
        if len(found) != 1:
            raise InputError(Fault("scorecard.mixed_bases", {"keys": ", ".join(keys)}))
        return found[0]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per indicator, columns named as its attributes."""
        names = [n for n in Indicator.__slots__ if n not in ("missing", "source", "kinds")]
        frame = pd.DataFrame([{n: getattr(i, n) for n in names} for i in self.indicators])
        return frame.assign(
            kinds=[" ".join(i.kinds) for i in self.indicators],
            source=[" ".join(i.source) for i in self.indicators],
            missing=[" ".join(f"{m.source}.{m.name}" for m in i.missing) for i in self.indicators],
        )

    def areas_frame(self) -> pd.DataFrame:
        """Return one row per indicator and area."""
        n = len(self.areas)
        return pd.DataFrame(
            {
                "indicator": np.repeat([i.key for i in self.indicators], n),
                "basis": np.repeat([i.basis for i in self.indicators], n),
                "area": list(self.areas) * len(self.indicators),
                "numerator": self.numerator_by_area.ravel(),
                "denominator": self.denominator_by_area.ravel(),
                "value": self.value_by_area.ravel(), "withheld": self.withheld.ravel(),
            }
        )  # fmt: skip

    def pairs_frame(self) -> pd.DataFrame:
        """Return one row per administrative rate, with the share of people and the difference."""
        return pd.DataFrame(
            [{"measure": p.measure, "kinds": " ".join(p.kinds), "rate": p.rate, "share": p.share,
              "difference": p.difference} for p in self.pairs],
            columns=["measure", "kinds", "rate", "share", "difference"],
        )  # fmt: skip
