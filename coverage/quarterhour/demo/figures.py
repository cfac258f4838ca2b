"""The district's own figures by subdistrict, as its bureaus would count them; some are missing.

They follow the demo's people and facilities loosely, as figures of two offices do. Two cells are
left to be supplied on purpose, so that the demo shows what an unknown figure does to a verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .names import ROWS
from .people import Ints, Residents
from .places import Facility
from .terrain import Array

LACKS = {"elder_care_land_m2": (7,), "nursing_beds": (12,)}
"""Rows whose figure is to be supplied."""
_PEOPLE_PER_COMMUNITY, _PEOPLE_PER_HOUSEHOLD = 7000.0, 2.6
_FEWEST = 3
# Communities per facility at the least: some have none.
_SPARE = 1.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figures:
    """One figure per row and column, in the order of the columns of the table."""

    communities: Ints
    communities_with_facility: Ints
    households: Ints
    elder_care_land_m2: Ints
    service_floor_m2: Ints
    beds: Ints
    nursing_beds: Ints
    villages: Ints
    villages_with_point: Ints
    care_floor_m2: Ints


def make_figures(
    residents: Residents, facilities: Sequence[Facility], rng: np.random.Generator
) -> Figures:
    """Draw the figures of every subdistrict."""
    n = len(ROWS)

    def whole(values: Array, step: int = 1) -> Ints:
        return np.asarray(np.rint(values / step) * step, np.int64)

    stations, points, held, floor = (np.zeros(n, np.int64) for _ in range(4))
    for one in facilities:
        if one.row < n and not one.planned and one.kind != "canteen":
            stations[one.row] += one.kind == "care_station"
            points[one.row] += one.kind == "mutual_aid"
            held[one.row] += one.capacity
            floor[one.row] += one.floor_area_m2
    served = stations + points
    # On the small board people are few and facilities are not: a community has one as a rule.
    usual = np.ceil(_SPARE * served)
    communities = np.maximum(
        _FEWEST, whole(np.maximum(residents.all / _PEOPLE_PER_COMMUNITY, usual))
    )
    # Villages are communities too, of the towns alone.
    most = np.rint(1.2 * points).astype(np.int64)
    villages = np.where([row.town for row in ROWS], np.minimum(communities, most), 0)
    # Homes for the old have beds besides those of the facilities.
    beds = held + whole(residents.aged_60 * rng.uniform(0.012, 0.024, n))
    households = whole(residents.all / (_PEOPLE_PER_HOUSEHOLD * rng.uniform(0.93, 1.07, n)))
    return Figures(
        communities=communities,
        communities_with_facility=np.minimum(communities, served),
        households=households,
        elder_care_land_m2=whole(residents.aged_60 * rng.uniform(0.07, 0.24, n), 10),
        service_floor_m2=whole(households / 100 * rng.uniform(24.0, 36.0, n), 10),
        beds=beds,
        nursing_beds=whole(beds * rng.uniform(0.38, 0.62, n)),
        villages=villages,
        villages_with_point=np.minimum(villages, points),
        care_floor_m2=floor,
    )
