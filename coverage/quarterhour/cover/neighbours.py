"""Neighbours: coverage with and without the facilities of the districts around.

*Without* are the district's own facilities alone, *with* those of the neighbours added. Whoever is
inside only with them is *gained*: a district's own facilities leave these people out, and nobody
has walked farther than across the border. Coverage never falls when facilities are added.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.assess import Coverage, assess_cover
from quarterhour.cover.case import Case
from quarterhour.inputs.facilities import ANY, NEIGHBOUR, Facilities, with_neighbours


@dataclass(frozen=True, slots=True, eq=False)
class NeighbourEffect:
    """What the neighbours' facilities do; axes stand in the order of the names.

    Attributes
    ----------
    counted
        Whether the study counts them in its coverage.
    kinds, areas, groups, group
        Kinds of both, then ``any``; names of areas, the last ``""``: outside all; groups, and the
        lead one.
    minutes
        The longest limit.
    residents
        People (areas, groups).
    without, together
        People within the longest limit, of the own facilities alone and with the neighbours'
        (kinds, areas, groups). A kind that only one side has is 0 without that side.
    ids, names, place_kinds, file
        The neighbours' facilities.
    served, gained
        Lead group to whom each of them is the nearest of its kind within the longest limit, and of
        these the people gained (neighbours' facilities). By kind, ``gained`` adds up to the kind's.
    """

    counted: bool
    kinds: tuple[str, ...]
    areas: tuple[str, ...]
    groups: tuple[str, ...]
    group: str
    minutes: int
    residents: NDArray[np.float64]
    without: NDArray[np.float64]
    together: NDArray[np.float64]
    ids: tuple[str, ...]
    names: tuple[str, ...]
    place_kinds: tuple[str, ...]
    file: tuple[str, ...]
    served: NDArray[np.float64]
    gained: NDArray[np.float64]

    def people(self, kind: str, *, neighbours: bool, group: str = "") -> NDArray[np.float64]:
        """Return people inside by area, with or without the neighbours' facilities."""
        both = self.together if neighbours else self.without
        found: NDArray[np.float64] = both[
            self.kinds.index(kind), :, self.groups.index(group or self.group)
        ]
        return found

    def to_frame(self) -> pd.DataFrame:
        """Return one row per kind, area and group."""
        rows = [
            pd.DataFrame(
                {
                    "kind": kind, "area": self.areas, "group": group,
                    "residents": self.residents[:, g], "without": self.without[k, :, g],
                    "together": self.together[k, :, g],
                    "gained": self.together[k, :, g] - self.without[k, :, g],
                    "outside": self.residents[:, g] - self.together[k, :, g],
                }
            )
            for k, kind in enumerate(self.kinds)
            for g, group in enumerate(self.groups)
        ]  # fmt: skip
        return pd.concat(rows, ignore_index=True)

    def places_frame(self) -> pd.DataFrame:
        """Return one row per facility of the neighbours."""
        return pd.DataFrame(
            {"id": self.ids, "name": self.names, "kind": self.place_kinds, "file": self.file,
             "served": self.served, "gained": self.gained}
        )  # fmt: skip


def compare_neighbours(
    case: Case, neighbours: Facilities | None, *, counted: bool
) -> NeighbourEffect | None:
    """Count the people inside the circle with and without the neighbours' facilities.

    Parameters
    ----------
    case
        The circle.
    neighbours
        Those that count at the study's date; ``None`` where the study names none.
    counted
        Whether the case's facilities hold them already (their origin says which they are).

    Returns
    -------
    NeighbourEffect or None
        ``None`` where there are no facilities of neighbours.
    """
    if neighbours is None or len(neighbours.ids) == 0:
        return None
    around = np.array(case.facilities.origin, object) == NEIGHBOUR
    own = case.facilities.take(~around) if counted else case.facilities
    every = case.facilities if counted else with_neighbours(own, neighbours)
    is_around = around if counted else np.arange(len(every.ids)) >= len(own.ids)
    together = _covered(case, every)
    without = _covered(case, own) if len(own.ids) else None
    kinds, shape = together.kinds, together.within[:, 0, -1].shape
    alone = np.zeros(shape)
    if without is not None:
        for k, kind in enumerate(without.kinds):
            alone[kinds.index(kind)] = without.within[k, 0, -1]
    served, gained = _served(case, len(every.ids), together, without)
    rows = np.flatnonzero(is_around)
    return NeighbourEffect(
        counted, kinds, together.areas, together.groups, together.lead_group, together.minutes[-1],
        together.residents, alone, together.within[:, 0, -1], _some(every.ids, rows),
        _some(every.names, rows), _some(every.kinds, rows), _some(every.file, rows), served[rows],
        gained[rows],
    )  # fmt: skip


def _covered(case: Case, facilities: Facilities) -> Coverage:
    return assess_cover(
        case.network, facilities, case.demand, case.areas, walkers=[case.walker],
        minutes=case.minutes[-1:], direction=case.direction,
        positions=case.positions.serving(facilities),
    )  # fmt: skip


def _served(
    case: Case, n: int, together: Coverage, without: Coverage | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lead group by nearest facility of its kind: all inside, and those gained."""
    people = case.demand.people_of(together.lead_group)
    served, gained = np.zeros(n), np.zeros(n)
    for k, kind in enumerate(together.kinds):
        if kind == ANY:
            continue
        rows = together.facility[k]
        inside = (together.ms[k, 0] <= case.limit_ms) & (rows >= 0)
        new = inside
        if without is not None and kind in without.kinds:
            new = inside & (without.ms[without.kinds.index(kind), 0] > case.limit_ms)
        served += np.bincount(rows[inside], people[inside], minlength=n)
        gained += np.bincount(rows[new], people[new], minlength=n)
    return served, gained


def _some(texts: tuple[str, ...], rows: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(texts[r] for r in rows.tolist())
