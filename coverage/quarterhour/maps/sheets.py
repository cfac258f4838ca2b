"""Sheets: sizes of paper, and where title, map and side column stand on each, in millimetres."""

from collections.abc import Mapping
from dataclasses import dataclass

from quarterhour.maps.labels import Box


@dataclass(frozen=True, slots=True)
class Sheet:
    """One size of paper.

    Attributes
    ----------
    name
        As a study and the ratio name it: ``A3``.
    width_mm, height_mm
        The paper.
    neat, title, side, frame
        Neat line, strip of the title, column of legend and title block, and the map frame.
    """

    name: str
    width_mm: float
    height_mm: float
    neat: Box
    title: Box
    side: Box
    frame: Box


A3 = Sheet(
    "A3", 420.0, 297.0,
    neat=Box(9.0, 9.0, 411.0, 288.0), title=Box(12.0, 268.0, 408.0, 286.0),
    side=Box(324.0, 12.0, 408.0, 266.0), frame=Box(12.0, 12.0, 322.0, 266.0),
)  # fmt: skip
SHEETS: Mapping[str, Sheet] = {sheet.name: sheet for sheet in (A3,)}
