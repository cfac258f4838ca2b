"""Services: coverage by tier, and by kinds that stand in for one another.

A *service* is a named set of facilities of which any one will do. Two forms: all facilities of one
*tier* (a tier never stands in for another), and kinds that the study counts *together* (its table
``[circle] together``: meals from canteens or care stations). Services overlap and do not add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage, assess_cover
from quarterhour.cover.case import Case
from quarterhour.cover.tiers import tiers_inferred, usual_tiers
from quarterhour.errors import Fault
from quarterhour.inputs.columns import meaning
from quarterhour.inputs.facilities import KINDS, TIERS, Facilities
from quarterhour.presets import Walker

TIER, TOGETHER = "tier", "together"


@dataclass(frozen=True, slots=True, eq=False)
class Services:
    """Coverage of services: tiers first, from the district down, then the study's combinations.

    Attributes
    ----------
    forms, names
        Of each service ``tier`` or ``together``, and its name: one of ``TIERS``, or the study's.
    asked
        Kinds that a combination names; empty for a tier.
    coverage
        Coverage with ``form:name`` in place of the kinds, the order as here.
    first, rows
        Facilities of service ``s`` are ``rows[first[s]:first[s + 1]]``, ascending.
    inferred
        Whether the tier of a facility is the usual one of its kind (facilities), because its file
        says none.
    tierless
        How many facilities have no tier at all: neither their file nor their kind says one.
    cannot_say
        Whether a kind of the service cannot say there (services, areas + 1).
    """

    forms: tuple[str, ...]
    names: tuple[str, ...]
    asked: tuple[tuple[str, ...], ...]
    coverage: Coverage
    first: NDArray[np.int64]
    rows: NDArray[np.int64]
    inferred: NDArray[np.bool_]
    tierless: int
    cannot_say: NDArray[np.bool_]

    def facilities_of(self, service: int) -> NDArray[np.int64]:
        """Return the rows of the facilities of one service."""
        return self.rows[self.first[service] : self.first[service + 1]]

    def inferred_of(self, service: int) -> int:
        """Return how many facilities stand in a tier only because their kind usually does."""
        if self.forms[service] != TIER:
            return 0
        return int(self.inferred[self.facilities_of(service)].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area, service, walker and group; the counts add up to residents."""
        frame = self.coverage.to_frame().rename(columns={"kind": "service"})
        rows = len(frame) // len(self.names)
        frame.insert(1, "form", np.repeat(np.array(self.forms, object), rows))
        frame["service"] = np.repeat(np.array(self.names, object), rows)
        each = rows // self.cannot_say.shape[1]
        frame["cannot_say"] = np.concatenate([np.tile(row, each) for row in self.cannot_say])
        return frame


def assess_services(
    case: Case,
    coverage: Coverage,
    *,
    walkers: Sequence[Walker],
    walker_by_group: Mapping[str, str] | None,
    together: Mapping[str, Sequence[str]],
    withheld: NDArray[np.bool_],
) -> Services | None:
    """Count who reaches each tier that is present, and each combination of the study.

    Parameters
    ----------
    case
        The circle.
    coverage
        Coverage by kind; says which kinds the rows of ``withheld`` are.
    walkers, walker_by_group
        As for :func:`~quarterhour.cover.assess.assess_cover`; groups whose walker is not among
        the walkers have no pace of their own.
    together
        Kinds by name of the combination, in Chinese or English or as keys; kinds that nobody
        knows have no facility (see :func:`unknown_together`).
    withheld
        Which kinds cannot say where (kinds, areas + 1).

    Returns
    -------
    Services or None
        ``None`` where no facility has a tier and the study combines nothing.
    """
    facilities = case.facilities
    tiers = np.array(usual_tiers(facilities, case.areas), object)
    asked = {name: _keys(kinds) for name, kinds in together.items()}
    sets = {(TIER, tier): np.flatnonzero(tiers == tier) for tier in TIERS if (tiers == tier).any()}
    sets |= {(TOGETHER, name): _rows_of(facilities, kinds) for name, kinds in asked.items()}
    if not sets:
        return None
    known = {walker.name for walker in walkers}
    by_group = {g: name for g, name in (walker_by_group or {}).items() if name in known}
    named = {f"{form}:{name}": rows for (form, name), rows in sets.items()}
    found = assess_cover(
        case.network, facilities, case.demand, case.areas, walkers=walkers, minutes=case.minutes,
        walker_by_group=by_group, direction=case.direction, max_snap_m=case.max_snap_m,
        positions=case.positions, services=named,
    )  # fmt: skip
    first = np.concatenate([[0], np.cumsum([len(rows) for rows in sets.values()])])
    return Services(
        forms=tuple(form for form, _ in sets),
        names=tuple(name for _, name in sets),
        asked=tuple(asked[name] if form == TOGETHER else () for form, name in sets),
        coverage=found,
        first=first.astype(np.int64),
        rows=np.concatenate([*sets.values()]).astype(np.int64),
        inferred=tiers_inferred(facilities, tuple(tiers.tolist())),
        tierless=int((tiers == "").sum()),
        cannot_say=np.stack([_held(case, coverage, rows, withheld) for rows in sets.values()]),
    )


def unknown_together(
    together: Mapping[str, Sequence[str]], facilities: Facilities
) -> tuple[Fault, ...]:
    """Return a doubt per kind of ``[circle] together`` that neither package nor study knows.

    Parameters
    ----------
    together
        Kinds by name of the combination, as the study says them.
    facilities
        Facilities, whose kinds may be the study's own.
    """
    known = (*KINDS, *(kind for kind in facilities.all_kinds() if kind not in KINDS))
    return tuple(
        Fault("services.unknown_kind", {"service": name, "kind": said, "known": ", ".join(known)})
        for name, kinds in together.items()
        for said, key in zip(kinds, (_key(said) for said in kinds), strict=True)
        if key not in known
    )


def _key(said: str) -> str:
    return meaning(said, "kind") or said


def _keys(kinds: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_key(said) for said in kinds))


def _rows_of(facilities: Facilities, kinds: Sequence[str]) -> NDArray[np.int64]:
    found = [facilities.rows_of(kind) for kind in kinds if kind in facilities.kinds]
    return np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _held(
    case: Case, coverage: Coverage, rows: NDArray[np.int64], withheld: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return where a kind of the service cannot say; without a facility, where none of all can."""
    kinds = sorted({coverage.kinds.index(case.facilities.kinds[row]) for row in rows.tolist()})
    held = withheld[kinds].any(axis=0) if kinds else withheld.all(axis=0)
    return np.asarray(held, np.bool_)
