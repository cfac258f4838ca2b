"""Candidates: where a new site may stand, in the order in which equal plans prefer them.

A *premises* is a room or a building that somebody offers; one that no rule turned down
(:mod:`~quarterhour.siting.screening`) is a candidate. A *generated* candidate is a point on a
street (:mod:`~quarterhour.siting.generating`): nothing is known of rooms there. Of plans that are
equally good the one with earlier candidates is taken, so idle public property stands first, as the
planning documents ask, then other public property, then all else; within each the order is the
planner's own. Generated candidates come last.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    from quarterhour.inputs.premises import Premises


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Where a site may stand; every array and tuple has one entry per candidate.

    Attributes
    ----------
    ids, names
        As the planner gave them; ``S001`` and so on where generated.
    premises_row
        Row of each in the premises, -1 for none, int64 (n,).
    generated
        Whether each is a point on a street, bool (n,).
    xy_m
        Position in metres, float64 (n, 2).
    area_index
        Index of its area, -1 outside all, int32 (n,).
    floor_area_m2, storey
        ``nan`` where unknown, float64 (n,).
    lift, step_free
        A lift, and a door without steps: 1 yes, 0 no, -1 unknown, int8 (n,).
    tenure
        As the planner gave it; empty where unknown.
    tenure_kind, occupancy
        One of ``inputs.premises.TENURES`` and ``OCCUPANCIES``; empty where unknown.
    build_cost, yearly_cost
        CNY, once and each year; ``nan`` where unknown, float64 (n,).
    capacity
        Places there would be; ``nan`` where unknown, float64 (n,).
    to_verify
        What must still be found out about each before it is built.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    premises_row: NDArray[np.int64]
    generated: NDArray[np.bool_]
    xy_m: NDArray[np.float64]
    area_index: NDArray[np.int32]
    floor_area_m2: NDArray[np.float64]
    storey: NDArray[np.float64]
    lift: NDArray[np.int8]
    step_free: NDArray[np.int8]
    tenure: tuple[str, ...]
    tenure_kind: tuple[str, ...]
    occupancy: tuple[str, ...]
    build_cost: NDArray[np.float64]
    yearly_cost: NDArray[np.float64]
    capacity: NDArray[np.float64]
    to_verify: tuple[tuple[Fault, ...], ...]

    def __post_init__(self) -> None:
        for field in fields(self):
            held = getattr(self, field.name)
            if len(held) != len(self.ids):
                raise AssertionError("one value per candidate")
            if isinstance(held, np.ndarray):
                held.setflags(write=False)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: NDArray[np.int64]) -> "Candidates":
        """Return some of the candidates, by row (m,)."""
        columns: dict[str, Any] = {}
        for field in fields(self):
            held = getattr(self, field.name)
            array = isinstance(held, np.ndarray)
            columns[field.name] = held[rows] if array else tuple(held[r] for r in rows.tolist())
        return Candidates(**columns)

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
                "step_free": self.step_free,
                "tenure": self.tenure,
                "tenure_kind": self.tenure_kind,
                "occupancy": self.occupancy,
                "build_cost": self.build_cost,
                "yearly_cost": self.yearly_cost,
                "capacity": self.capacity,
                "generated": self.generated,
                "to_verify": [sentences(faults, language) for faults in self.to_verify],
            }
        )


def of_premises(
    premises: "Premises", rows: Sequence[int], to_verify: Sequence[tuple[Fault, ...]]
) -> Candidates:
    """Return some premises as candidates, in the order given.

    Parameters
    ----------
    premises
        What is on offer.
    rows
        Rows of those to take.
    to_verify
        What is to be found out about each of ``rows``.
    """
    take = np.array(rows, dtype=np.int64)

    def kept(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(texts[row] for row in rows)

    return Candidates(
        ids=kept(premises.ids), names=kept(premises.names), premises_row=take,
        generated=np.zeros(len(take), np.bool_),
        xy_m=premises.xy_m[take], area_index=premises.area_index[take],
        floor_area_m2=premises.floor_area_m2[take], storey=premises.storey[take],
        lift=premises.lift[take], step_free=premises.step_free[take],
        tenure=kept(premises.tenure), tenure_kind=kept(premises.tenure_kind),
        occupancy=kept(premises.occupancy), build_cost=premises.build_cost[take],
        yearly_cost=premises.yearly_cost[take], capacity=premises.capacity[take],
        to_verify=tuple(to_verify),
    )  # fmt: skip


def preferred_first(premises: "Premises", rows: Sequence[int]) -> list[int]:
    """Return rows of premises with idle public property first, then public, then the others."""

    def rank(row: int) -> int:
        if premises.tenure_kind[row] != "public":
            return 2
        return 0 if premises.occupancy[row] == "idle" else 1

    return sorted(rows, key=rank)  # Python's sort keeps the file's order within a rank


def join_candidates(first: Candidates, *others: Candidates) -> Candidates:
    """Return several candidates as one, in the order given: premises before generated ones.

    Raises
    ------
    AssertionError
        If two candidates share an id: premises and streets are numbered apart.
    """
    parts = (first, *others)
    ids = [one for part in parts for one in part.ids]
    if len(set(ids)) != len(ids):
        raise AssertionError("an id stands twice")

    def joined(name: str) -> object:
        held = [getattr(part, name) for part in parts]
        if isinstance(held[0], np.ndarray):
            return np.concatenate(held)
        return tuple(one for part in held for one in part)

    return Candidates(**{field.name: joined(field.name) for field in fields(first)})  # type: ignore[arg-type]


def sentences(faults: Sequence[Fault], language: Language) -> str:
    """Return several findings in words, in one line."""
    return ("；" if language == "zh" else "; ").join(
        Words(language)(fault.key, fault.values) for fault in faults
    )
