"""Withheld: what the maps show in place of coverage where an area cannot say it.

An area *cannot say* (路网数据不足) for a kind where its map of streets is too thin
(:mod:`~quarterhour.cover.completeness`). Plates and web map hatch it in grey in place of a class,
draw its gaps in grey and without a cause, and leave the colour off its uncovered people. Its people
stay in all totals. A gap belongs to the area where most of its people live.
"""

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.links.finding import MissingLinks
from quarterhour.findings import Findings


def withheld_people(findings: Findings, kind: str) -> NDArray[np.bool_]:
    """Return which demand points lie in an area that cannot say."""
    # Points outside all areas have the index -1, which is the last row.
    held: NDArray[np.bool_] = findings.cannot_say(kind)[findings.demand.area_index]
    return held


def withheld_gaps(findings: Findings, kind: str) -> NDArray[np.bool_]:
    """Return which gaps of a kind belong to an area that cannot say."""
    names = set(findings.withheld_names(kind))
    return np.array([area in names for area in findings.gaps_of(kind).areas], bool)


def withheld_areas(findings: Findings, kind: str) -> list[int]:
    """Return the rows of the areas that cannot say, without what is outside all areas."""
    rows: list[int] = np.flatnonzero(findings.cannot_say(kind)[:-1]).tolist()
    return rows


def withheld_links(findings: Findings, found: MissingLinks) -> NDArray[np.bool_]:
    """Return which missing links lie in an area that cannot say."""
    # Outside all areas the index is -1, which is the last row.
    held: NDArray[np.bool_] = findings.cannot_say(found.kind)[found.area_index]
    return held
