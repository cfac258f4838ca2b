"""Which premises may become a site: the rules of the planning documents, one by one.

A premises becomes a candidate when no rule turns it down. A rule that cannot be tested because the
figure is unknown neither accepts nor rejects: the premises stays, marked *to be verified*, and the
mark goes with it into every list.

Rules, by name: ``min_floor_area_m2``, ``max_storey_without_lift``, ``require_step_free``,
``tenures``, ``occupancy``, ``hazard_m``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.presets import Preset, constants
from quarterhour.siting.candidates import (
    Candidates,
    join_candidates,
    of_premises,
    preferred_first,
    sentences,
)
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    from quarterhour.inputs.hazards import Hazards
    from quarterhour.inputs.premises import Premises

RULE_OF = {
    "siting.rule_floor_area": "min_floor_area_m2",
    "siting.rule_storey": "max_storey_without_lift",
    "candidates.rule_step_free": "require_step_free",
    "candidates.rule_tenure": "tenures",
    "candidates.rule_demolished": "occupancy",
    "candidates.rule_hazard": "hazard_m",
    "candidates.rule_hazard_named": "hazard_m",
}
"""Rule behind each reason of a rejection."""

_PRESET = ("min_floor_area_m2", "max_storey_without_lift")
# What is wrong or doubtful, and whether it is sure.
_Finding = tuple[Fault | None, bool]
_FINE: _Finding = (None, True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningRules:
    """Limits of the rules for premises.

    Attributes
    ----------
    min_floor_area_m2
        Least floor area, inclusive; ``None`` for that of :func:`quarterhour.presets.constants`.
    max_storey_without_lift
        Highest storey without a lift, inclusive; ``None`` likewise.
    require_step_free
        Whether a door with steps is turned down. Where it is not, such a door is to be verified.
    tenures
        Tenures that are allowed, of ``inputs.premises.TENURES``; empty for all.

    Raises
    ------
    InputError
        If a limit is negative or no number, or a tenure is none of ``TENURES``.
    """

    min_floor_area_m2: float | None = None
    max_storey_without_lift: float | None = None
    require_step_free: bool = False
    tenures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # The readers bring heavy imports of their own: they wait until rules are made.
        from quarterhour.inputs.premises import TENURES

        faults = [fault for name in _PRESET for fault in _wrong(name, getattr(self, name))]
        strange = [kind for kind in self.tenures if kind not in TENURES]
        if strange:
            values = {"found": ", ".join(strange), "known": ", ".join(TENURES)}
            faults.append(Fault("candidates.unknown_tenure", values))
        raise_if(faults)


def _wrong(name: str, limit: float | None) -> list[Fault]:
    if limit is None or 0 <= limit < np.inf:
        return []
    return [Fault("candidates.bad_limit", {"name": name, "value": limit})]


def _limit(name: str, own: float | None) -> Preset:
    """Return a limit with its source: the preset, or the study's own figure."""
    preset = constants()[name]
    if own is None or own == preset.value:
        return preset
    return _asked(name, float(own), preset.unit, "by_study")


def _asked(name: str, value: float, unit: str, source: str) -> Preset:
    """Return a rule of the study as a preset, with what stands behind it in both languages."""
    key = f"candidates.{source}"
    return Preset(name, value, unit, "study", Words("en")(key), Words("zh")(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A premises that a rule turned down, and every rule that did."""

    premises_row: int
    id: str
    name: str
    reasons: tuple[Fault, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """Names of the rules that turned it down."""
        return tuple(RULE_OF[fault.key] for fault in self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Screening:
    """Every premises, accepted or rejected, and the rules that were applied.

    Attributes
    ----------
    candidates
        The premises that no rule turned down: idle public property first, then public, then the
        others, each in file order.
    rejected
        The others, in file order.
    refused
        The same as candidates they would have been, to say what the rules cost.
    rules
        The limits applied, with unit, status and source.
    """

    candidates: Candidates
    rejected: tuple[Rejection, ...]
    refused: Candidates
    rules: tuple[Preset, ...]

    @property
    def n_premises(self) -> int:
        """Number of premises screened: accepted and rejected, without points on streets."""
        return int((~self.candidates.generated).sum()) + len(self.rejected)

    @property
    def n_to_verify(self) -> int:
        """Number of candidates with something to be verified."""
        return sum(bool(faults) for faults in self.candidates.to_verify)

    def with_refused(self) -> tuple[Candidates, dict[str, tuple[int, ...]]]:
        """Return all premises as candidates, and who would be in but for one rule.

        Returns
        -------
        tuple
            The candidates followed by the rejected premises; and by name of a rule the rows there
            of those that this rule alone rejects. A premises that two rules reject is in no group.
        """
        groups: dict[str, tuple[int, ...]] = {}
        for row, one in enumerate(self.rejected, start=len(self.candidates)):
            if len(set(one.rules)) == 1:
                name = one.rules[0]
                groups[name] = (*groups.get(name, ()), row)
        return join_candidates(self.candidates, self.refused), groups

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
                (i, name, words(f"siting.verdict_{verdict}"), sentences(faults, language))
                for _, i, name, verdict, faults in rows
            ],
            columns=["site_id", "name", "verdict", "reasons"],
        )


def screen_premises(
    premises: "Premises",
    *,
    rules: ScreeningRules | None = None,
    hazards: Sequence[tuple["Hazards", float | None]] = (),
) -> Screening:
    """Apply the rules for premises to each of them.

    Parameters
    ----------
    premises
        What is on offer. No premises at all is not a fault here; :class:`SitingProblem` says so.
    rules
        Limits; by default those of :func:`quarterhour.presets.constants`, with their sources.
    hazards
        Layers of what no site should be near, each with the metres within which it turns premises
        down, inclusive; ``None`` for those of :func:`quarterhour.presets.constants`.

    Returns
    -------
    Screening
        Candidates and rejected premises; together they are all premises.

    Raises
    ------
    InputError
        If metres are negative, or 0 where hazards are points or lines: nothing lies inside a line.

    Notes
    -----
    Premises in use, or only planned, are to be verified; what is pulled down, or is to be, is
    turned down.
    """
    asked = ScreeningRules() if rules is None else rules
    tests, applied = _tests(premises, asked, hazards)
    kept: list[int] = []
    doubts: dict[int, tuple[Fault, ...]] = {}
    rejected: list[Rejection] = []
    for row in range(len(premises.ids)):
        found = [test(row) for test in tests]
        reasons = tuple(fault for fault, sure in found if fault is not None and sure)
        doubts[row] = tuple(fault for fault, sure in found if fault is not None and not sure)
        if reasons:
            name = premises.names[row]
            rejected.append(
                Rejection(premises_row=row, id=premises.ids[row], name=name, reasons=reasons)
            )
        else:
            kept.append(row)
    kept = preferred_first(premises, kept)
    refused = [one.premises_row for one in rejected]
    return Screening(
        candidates=of_premises(premises, kept, [doubts[row] for row in kept]),
        rejected=tuple(rejected),
        refused=of_premises(premises, refused, [doubts[row] for row in refused]),
        rules=applied,
    )


def _tests(
    premises: "Premises",
    asked: ScreeningRules,
    hazards: Sequence[tuple["Hazards", float | None]],
) -> tuple[list[Callable[[int], _Finding]], tuple[Preset, ...]]:
    """Return a test per rule, of a row of the premises, and the rules with their sources."""
    least, highest = (_limit(name, getattr(asked, name)) for name in _PRESET)
    tests: list[Callable[[int], _Finding]] = [
        partial(_test_floor_area, premises, least.value),
        partial(_test_storey, premises, highest.value),
        partial(_test_step_free, premises, asked.require_step_free),
        partial(_test_occupancy, premises),
    ]
    applied = [least, highest]
    if asked.require_step_free:
        applied.append(_asked("require_step_free", 1.0, "1", "source_step_free"))
    if asked.tenures:
        tests.append(partial(_test_tenure, premises, asked.tenures))
        applied.append(_asked("tenures", float(len(asked.tenures)), "1", "by_study"))
    if any(premises.occupancy):
        applied.append(_asked("occupancy", 1.0, "1", "source_occupancy"))
    for layer, metres in hazards:
        raise_if(_wrong("hazard_m", metres))
        limit = _limit("hazard_m", metres)
        flat = shapely.get_dimensions(layer.shapes) < 2
        if limit.value == 0 and flat.any():
            raise InputError(Fault("candidates.hazard_without_inside", {"count": int(flat.sum())}))
        near_m = layer.distance_m(premises.xy_m)
        tests.append(partial(_test_hazard, premises, layer, near_m, limit.value))
        applied.append(limit)
    return tests, tuple(applied)


def _test_floor_area(premises: "Premises", least_m2: float, row: int) -> _Finding:
    area_m2 = float(premises.floor_area_m2[row])
    values = {"floor_area_m2": area_m2, "least_m2": least_m2}
    if np.isnan(area_m2):
        return Fault("siting.verify_floor_area", values), False
    return (Fault("siting.rule_floor_area", values), True) if area_m2 < least_m2 else _FINE


def _test_storey(premises: "Premises", highest: float, row: int) -> _Finding:
    storey, lift = float(premises.storey[row]), int(premises.lift[row])
    values = {"storey": storey, "highest": highest}
    if lift == 1:
        return _FINE
    if np.isnan(storey):
        return Fault("siting.verify_storey", values), False
    if storey < 0:
        # The rule is about climbing up; a basement is below what it speaks of.
        return Fault("siting.verify_basement", values), False
    if storey <= highest:
        return _FINE
    if lift == 0:
        return Fault("siting.rule_storey", values), True
    return Fault("siting.verify_lift", values), False


def _test_step_free(premises: "Premises", required: bool, row: int) -> _Finding:
    step_free = int(premises.step_free[row])
    if step_free == 0:
        if required:
            return Fault("candidates.rule_step_free"), True
        return Fault("candidates.verify_ramp"), False
    if step_free < 0 and required:
        return Fault("candidates.verify_step_free"), False
    return _FINE


def _test_tenure(premises: "Premises", allowed: tuple[str, ...], row: int) -> _Finding:
    kind, said = premises.tenure_kind[row], premises.tenure[row]
    if not kind:
        return Fault("candidates.verify_tenure"), False
    return _FINE if kind in allowed else (Fault("candidates.rule_tenure", {"tenure": said}), True)


def _test_occupancy(premises: "Premises", row: int) -> _Finding:
    occupancy = premises.occupancy[row]
    if occupancy == "demolished":
        return Fault("candidates.rule_demolished"), True
    if occupancy == "in_use":
        return Fault("candidates.verify_in_use"), False
    return (Fault("candidates.verify_planned"), False) if occupancy == "planned" else _FINE


def _test_hazard(
    premises: "Premises",
    hazards: "Hazards",
    near_m: NDArray[np.float64],
    limit_m: float,
    row: int,
) -> _Finding:
    metres = float(near_m[row])
    if metres > limit_m:
        return _FINE
    at = int(shapely.distance(hazards.shapes, shapely.points(premises.xy_m[row])).argmin())
    name = hazards.names[at] or hazards.kinds[at]
    values = {"metres": metres, "least_m": limit_m, "hazard": name}
    key = "candidates.rule_hazard_named" if name else "candidates.rule_hazard"
    return Fault(key, values), True


def _verdict(to_verify: tuple[Fault, ...]) -> str:
    return "to_verify" if to_verify else "accepted"
