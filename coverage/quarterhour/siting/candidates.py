"""Which premises may become a site: the rules of the planning documents, one by one.

A *premises* is a room or a building that somebody offers. It becomes a *candidate* when no rule
turns it down. A rule that cannot be tested because the figure is unknown neither accepts nor
rejects: the premises stays, marked *to be verified*, and the mark goes with it into every list.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.presets import Preset, constants
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    from quarterhour.inputs.premises import Premises

_RULES = ("min_floor_area_m2", "max_storey_without_lift")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Premises that may become sites, in the order of the planner's file.

    Attributes
    ----------
    ids, names
        As the planner gave them.
    premises_row
        Row of each in the premises, int64 (n,).
    xy_m
        Position in metres, float64 (n, 2).
    area_index
        Index of its area, -1 outside all, int32 (n,).
    floor_area_m2, storey
        ``nan`` where unknown, float64 (n,).
    lift
        1 yes, 0 no, -1 unknown, int8 (n,).
    tenure
        As the planner gave it; empty where unknown.
    to_verify
        What must still be found out about each before it is built.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    premises_row: NDArray[np.int64]
    xy_m: NDArray[np.float64]
    area_index: NDArray[np.int32]
    floor_area_m2: NDArray[np.float64]
    storey: NDArray[np.float64]
    lift: NDArray[np.int8]
    tenure: tuple[str, ...]
    to_verify: tuple[tuple[Fault, ...], ...]

    def __post_init__(self) -> None:
        for array in (self.premises_row, self.xy_m, self.area_index, self.floor_area_m2):
            array.setflags(write=False)
        self.storey.setflags(write=False)
        self.lift.setflags(write=False)

    def __len__(self) -> int:
        return len(self.ids)

    def to_frame(self, language: Language = "zh") -> pd.DataFrame:
        """Return one row per candidate; ``to_verify`` in words."""
        return pd.DataFrame(
            {
                "site_id": self.ids,
                "name": self.names,
                "x_m": self.xy_m[:, 0],
                "y_m": self.xy_m[:, 1],
                "area_index": self.area_index,
                "floor_area_m2": self.floor_area_m2,
                "storey": self.storey,
                "lift": self.lift,
                "tenure": self.tenure,
                "to_verify": [_sentences(faults, language) for faults in self.to_verify],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A premises that a rule turned down, and every rule that did."""

    premises_row: int
    id: str
    name: str
    reasons: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Screening:
    """Every premises, accepted or rejected, and the rules that were applied.

    Attributes
    ----------
    candidates
        The premises that no rule turned down.
    rejected
        The others, in file order.
    rules
        The limits applied, with unit, status and source.
    """

    candidates: Candidates
    rejected: tuple[Rejection, ...]
    rules: tuple[Preset, ...]

    @property
    def n_premises(self) -> int:
        """Number of premises screened: accepted and rejected."""
        return len(self.candidates) + len(self.rejected)

    @property
    def n_to_verify(self) -> int:
        """Number of candidates with something to be verified."""
        return sum(bool(faults) for faults in self.candidates.to_verify)

    def to_frame(self, language: Language = "zh") -> pd.DataFrame:
        """Return one row per premises, in file order: verdict and reasons in words."""
        words = Words(language)
        kept = self.candidates
        rows = [
            (row, kept.ids[k], kept.names[k], _verdict(kept.to_verify[k]), kept.to_verify[k])
            for k, row in enumerate(kept.premises_row.tolist())
        ]
        rows += [(r.premises_row, r.id, r.name, "rejected", r.reasons) for r in self.rejected]
        rows.sort(key=lambda entry: entry[0])
        return pd.DataFrame(
            [
                (i, name, words(f"siting.verdict_{verdict}"), _sentences(faults, language))
                for _, i, name, verdict, faults in rows
            ],
            columns=["site_id", "name", "verdict", "reasons"],
        )


def screen_premises(premises: "Premises") -> Screening:
    """Apply the rules for premises to each of them.

    The rules: a floor area of at least ``min_floor_area_m2``, and no storey above
    ``max_storey_without_lift`` where there is no lift. Both limits are inclusive and carry their
    source in :func:`quarterhour.presets.constants`.

    Parameters
    ----------
    premises
        What is on offer. No premises at all is not a fault here; :class:`SitingProblem` says so.

    Returns
    -------
    Screening
        Candidates and rejected premises; together they are all premises.
    """
    limits = constants()
    least_m2, highest = limits[_RULES[0]].value, limits[_RULES[1]].value
    kept: list[int] = []
    doubts: list[tuple[Fault, ...]] = []
    rejected: list[Rejection] = []
    for row, (area, storey, lift) in enumerate(
        zip(premises.floor_area_m2, premises.storey, premises.lift, strict=True)
    ):
        tests = (
            _test_floor_area(float(area), least_m2),
            _test_storey(float(storey), int(lift), highest),
        )
        reasons = tuple(fault for fault, sure in tests if fault is not None and sure)
        if reasons:
            name = premises.names[row]
            rejected.append(
                Rejection(premises_row=row, id=premises.ids[row], name=name, reasons=reasons)
            )
            continue
        kept.append(row)
        doubts.append(tuple(fault for fault, _ in tests if fault is not None))
    return Screening(
        candidates=_take(premises, kept, tuple(doubts)),
        rejected=tuple(rejected),
        rules=tuple(limits[name] for name in _RULES),
    )


def _test_floor_area(area_m2: float, least_m2: float) -> tuple[Fault | None, bool]:
    """Return what is wrong or doubtful, and whether it is sure."""
    values = {"floor_area_m2": area_m2, "least_m2": least_m2}
    if np.isnan(area_m2):
        return Fault("siting.verify_floor_area", values), False
    return (Fault("siting.rule_floor_area", values), True) if area_m2 < least_m2 else (None, True)


def _test_storey(storey: float, lift: int, highest: float) -> tuple[Fault | None, bool]:
    values = {"storey": storey, "highest": highest}
    if lift == 1:
        return None, True
    if np.isnan(storey):
        return Fault("siting.verify_storey", values), False
    if storey < 0:
        # The rule is about climbing up; a basement is below what it speaks of.
        return Fault("siting.verify_basement", values), False
    if storey <= highest:
        return None, True
    if lift == 0:
        return Fault("siting.rule_storey", values), True
    return Fault("siting.verify_lift", values), False


def _take(
    premises: "Premises", rows: list[int], to_verify: tuple[tuple[Fault, ...], ...]
) -> Candidates:
    take = np.array(rows, dtype=np.int64)
    return Candidates(
        ids=tuple(premises.ids[row] for row in rows),
        names=tuple(premises.names[row] for row in rows),
        premises_row=take,
        xy_m=premises.xy_m[take],
        area_index=premises.area_index[take],
        floor_area_m2=premises.floor_area_m2[take],
        storey=premises.storey[take],
        lift=premises.lift[take],
        tenure=tuple(premises.tenure[row] for row in rows),
        to_verify=to_verify,
    )


def _verdict(to_verify: tuple[Fault, ...]) -> str:
    return "to_verify" if to_verify else "accepted"


def _sentences(faults: tuple[Fault, ...], language: Language) -> str:
    return ("；" if language == "zh" else "; ").join(
        Words(language)(fault.key, fault.values) for fault in faults
    )
