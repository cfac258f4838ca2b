"""Tiers: which level runs a facility, where the files say it and where its kind does.

A *tier* is one of ``TIERS`` (:mod:`~quarterhour.inputs.facilities`). What a file says counts; where
it says nothing, the *usual* tier of the kind does, as the plans name them: 街道 or 镇养老服务中心,
社区养老服务站, 小区养老服务点; 区级护养中心, 村级互助养老点 (SPB-145-elder, SPB-PB-2024).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from quarterhour.inputs.areas import Areas
from quarterhour.inputs.facilities import NEIGHBOUR, Facilities

_USUAL: Final = {
    "nursing_centre": "district",
    "care_station": "community",
    "mutual_aid": "village",
    "service_point": "neighbourhood",
}
_TOWN_NAMES: Final = ("镇", "乡", " town", " township")


def usual_tiers(facilities: Facilities, areas: Areas) -> tuple[str, ...]:
    """Return the tier of each facility: what its file says, else the usual one of its kind.

    A centre (``care_centre``) is a town's where it stands in an area whose name ends in 镇, 乡 or
    Town(ship), else a subdistrict's.

    Parameters
    ----------
    facilities, areas
        Facilities, and the areas that their ``area_index`` counts.

    Returns
    -------
    tuple of str
        One of ``TIERS`` per facility; empty where neither the file nor the kind says it.
    """
    towns = [name.strip().lower().endswith(_TOWN_NAMES) for name in areas.names]
    found = []
    index = facilities.area_index.tolist()
    for said, kind, area in zip(facilities.tier, facilities.kinds, index, strict=True):
        usual = _USUAL.get(kind, "")
        if kind == "care_centre":
            usual = "town" if area >= 0 and towns[area] else "subdistrict"
        found.append(said or usual)
    return tuple(found)


def own_tiers(facilities: Facilities, areas: Areas) -> tuple[str, ...]:
    """Return :func:`usual_tiers`, empty for the neighbours' facilities.

    No district leads the stations of another, however near they are.

    Parameters
    ----------
    facilities, areas
        As for :func:`usual_tiers`.
    """
    pairs = zip(usual_tiers(facilities, areas), facilities.origin, strict=True)
    return tuple("" if origin == NEIGHBOUR else tier for tier, origin in pairs)


def tiers_inferred(facilities: Facilities, tiers: tuple[str, ...]) -> NDArray[np.bool_]:
    """Tell whose tier the kind says and not the file.

    Parameters
    ----------
    facilities, tiers
        Facilities, and their tiers as one of the functions above gives them.
    """
    pairs = zip(facilities.tier, tiers, strict=True)
    return np.array([not said and bool(tier) for said, tier in pairs], bool)
