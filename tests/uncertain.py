"""Findings that rest on poor data: the small demo with borders, registers and counts in doubt."""

from dataclasses import replace

import numpy as np

from quarterhour.errors import SHOWN_ALIKE, Fault
from quarterhour.findings import Findings, Uncounted
from quarterhour.inputs.unlocated import Unlocated

HOSTILE = '=1+1<script>alert("1")</script>\n\x01'
ALIKE = SHOWN_ALIKE + 5
OSM = 3


def uncertain(findings: Findings) -> Findings:
    """Return findings with approximate borders, doubts, and places that do not count.

    The last facility is closed and one row has no position; the first ``OSM`` facilities are
    OpenStreetMap's; of many doubts alike all but the first are only counted.
    """
    f = findings.facilities
    listed = replace(f, origin=("osm",) * OSM + f.origin[OSM:], file=("a.xlsx",) * len(f.ids))
    gone = replace(
        f.take(np.array([len(f.ids) - 1])), names=(HOSTILE,), state=("closed",), file=("a.xlsx",)
    )
    alike = [
        Fault("facility.no_year", {"value": n}, file="a.xlsx", row=n, column="年份")
        for n in range(2, 2 + ALIKE)
    ]
    last = Fault("facility.own_status", {"value": HOSTILE}, file=HOSTILE)
    return replace(
        findings,
        areas=replace(findings.areas, approximate=True),
        facilities=listed,
        doubts=(*alike, last),
        uncounted=Uncounted(
            gone, (Unlocated("b.csv", "", 7, "-2+3", "canteen", "", "wgs84"),), {"80+": 2}
        ),
    )


def certain(findings: Findings) -> Findings:
    """Return findings about whose data nothing is doubtful."""
    nothing = Uncounted(findings.facilities.take(np.zeros(0, np.int64)), (), {})
    return replace(findings, doubts=(), uncounted=nothing)
