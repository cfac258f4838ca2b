"""Other circles: fitness, day care, meals, counted with the same code as the elders' circle.

A *circle* here is a set of kinds, a walker (who may go by vehicle), limits and a direction of its
own: points for exercise within a quarter of an hour of home, or kitchens from which a meal reaches
the door. One facility of any of its kinds serves. Kinds that only such circles name are *their*
kinds: what is no facility of elder care stays out of the elders' coverage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.assess import assess_cover
from quarterhour.cover.case import Case
from quarterhour.inputs.facilities import KINDS, Facilities, join_facilities
from quarterhour.inputs.residents import lead_of
from quarterhour.inputs.tables import fold, meaning
from quarterhour.presets import Walker
from quarterhour.reach.times import Direction
from quarterhour.streets.walker import walk_seconds
from quarterhour.study import Study


@dataclass(frozen=True, slots=True, eq=False)
class OtherCircle:
    """People within another circle; rows of areas end with those outside all of them.

    Attributes
    ----------
    name
        As the study calls it.
    kinds, missing
        Kinds that serve, as the facilities name them, and those of them that no facility has.
    walker, direction
        Who goes, and which way.
    minutes, groups, areas
        Limits, groups, and names of areas; the last area is ``""``.
    facilities, facilities_no_street
        How many serve, and how many of these have no street near that the walker may use.
    residents
        People (areas, groups).
    within
        People within each limit (minutes, areas, groups).
    no_street
        People without a street near that the walker may use (areas, groups).
    ms
        Milliseconds of each demand point to or from the nearest of them (points,);
        ``UNREACHED`` beyond an hour.
    """

    name: str
    kinds: tuple[str, ...]
    missing: tuple[str, ...]
    walker: str
    direction: str
    minutes: tuple[int, ...]
    groups: tuple[str, ...]
    areas: tuple[str, ...]
    facilities: int
    facilities_no_street: int
    residents: NDArray[np.float64]
    within: NDArray[np.float64]
    no_street: NDArray[np.float64]
    ms: NDArray[np.int32]

    @property
    def lead_group(self) -> str:
        """The group that texts speak of: ``60+`` if there, else the first."""
        return lead_of(self.groups)

    def beyond(self) -> NDArray[np.float64]:
        """Return people with a street but beyond each limit (minutes, areas, groups).

        With those within and those without a street they add up to the residents.
        """
        return self.residents[None] - self.within - self.no_street[None]

    def people(self, *, minutes: int | None = None, group: str | None = None) -> float:
        """Return people within a limit, the longest by default, of the lead group by default."""
        m = self.minutes.index(minutes or self.minutes[-1])
        return float(self.within[m, :, self.groups.index(group or self.lead_group)].sum())

    def share(self, *, minutes: int | None = None, group: str | None = None) -> float:
        """Return the share of all people within a limit; ``nan`` where there are none."""
        total = float(self.residents[:, self.groups.index(group or self.lead_group)].sum())
        return self.people(minutes=minutes, group=group) / total if total else float("nan")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per limit, group and area; the three counts add up to residents."""
        beyond, rows = self.beyond(), []
        for m, minutes in enumerate(self.minutes):
            for g, group in enumerate(self.groups):
                rows.append(
                    pd.DataFrame(
                        {"circle": self.name, "minutes": minutes, "group": group,
                         "area": self.areas, "residents": self.residents[:, g],
                         "within": self.within[m, :, g], "beyond": beyond[m, :, g],
                         "no_street": self.no_street[:, g]}
                    )
                )  # fmt: skip
        return pd.concat(rows, ignore_index=True)


def assess_circle(
    case: Case,
    *,
    name: str,
    kinds: Sequence[str],
    minutes: Sequence[int],
    walker: Walker,
    direction: Direction,
    others: Facilities | None = None,
) -> OtherCircle:
    """Count the people within another circle.

    Parameters
    ----------
    case
        The elders' circle: its streets, facilities, people, areas and longest access leg.
    name
        What the circle is called.
    kinds
        Kinds that serve, the package's or the study's own words; any one of them will do. A kind
        that no facility has serves nobody and is no error.
    minutes
        Limits, ascending and inclusive.
    walker
        Who goes, on foot or by vehicle.
    direction
        Which way: ``back`` for what is brought home.
    others
        Facilities that only circles like this one count, beside those of the case.
    """
    held = case.facilities
    if others is not None and len(others.ids):
        held = replace(join_facilities([held, others]), ids=(*held.ids, *others.ids))
    served, missing, rows = _serving(held, kinds)
    serving = held.take(rows)
    positions = case.positions.serving(serving)
    counted = assess_cover(
        case.network, serving, case.demand, case.areas, walkers=[walker], minutes=minutes,
        direction=direction, positions=positions, services={name: np.arange(len(rows))},
    )  # fmt: skip
    lost = 0
    if not walker.straight and len(rows):
        # The positions are known by now; only the walker's network is drawn up again.
        places = positions.of(walk_seconds(case.network, walker))[0]
        lost = int((~places.found_places).sum())
    return OtherCircle(
        name, served, missing, walker.name, direction, tuple(minutes), counted.groups,
        counted.areas, len(rows), lost, counted.residents, counted.within[0, 0],
        counted.no_street[0], counted.ms[0, 0],
    )  # fmt: skip


def _serving(
    facilities: Facilities, kinds: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64]]:
    """Return the kinds as facilities name them, those that none has, and who serves (rows)."""
    named = {fold(kind): kind for kind in facilities.all_kinds()}
    asked = tuple(dict.fromkeys(named.get(fold(k), k) for k in map(kind_of, kinds)))
    missing = tuple(kind for kind in asked if kind not in facilities.kinds)
    rows = np.flatnonzero(np.isin(np.array(facilities.kinds, str), np.array(asked, str)))
    return asked, missing, rows.astype(np.int64)


def kind_of(said: str) -> str:
    """Return the package's kind that a word means, or the word itself."""
    return meaning(said, "kind") or said


def circle_only_kinds(study: Study) -> tuple[str, ...]:
    """Return the kinds of a study that only its other circles name, in their order.

    They are no facilities of elder care: no kind of the package's, none that a question about
    sites, a combination of kinds or a rule of supply names.
    """
    elders = {fold(kind) for kind in KINDS}
    named = [question.kind for question in study.siting]
    named += [kind for together in study.circle.together.values() for kind in together]
    named += [*study.supply.need, *study.supply.turns]
    elders |= {fold(kind_of(kind)) for kind in named}
    said = dict.fromkeys(kind_of(kind) for circle in study.circles for kind in circle.kinds)
    return tuple(kind for kind in said if fold(kind) not in elders)


def only_for_circles(facilities: Facilities, study: Study) -> NDArray[np.bool_]:
    """Return which facilities are of a kind that only other circles name."""
    kinds = {fold(kind) for kind in circle_only_kinds(study)}
    return np.array([fold(kind) in kinds for kind in facilities.kinds], bool)
