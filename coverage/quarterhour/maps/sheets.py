"""Sheets: sizes of paper, and where title, map, legend and title block stand, in millimetres.

In landscape a column at the right of the map holds everything; in portrait a strip below it does,
legend at the left and title block at the right. Texts and signs are smaller on A4, and none is
smaller than five points. Sizes and places are a design of this tool.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from quarterhour.maps.labels import Box

LEAST_PT = 5.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One size of paper.

    Attributes
    ----------
    name
        As a study names it: ``A3``, ``A4-portrait``.
    width_mm, height_mm
        The paper.
    neat, title, side, block, frame
        Neat line, strip of the title, column of north arrow and legend, column of texts and title
        block (the same one in landscape), and the map frame.
    factor
        How large texts and signs are, beside those of A3.
    """

    name: str
    width_mm: float
    height_mm: float
    neat: Box
    title: Box
    side: Box
    block: Box
    frame: Box
    factor: float = 1.0

    @property
    def paper(self) -> str:
        """The size as the ratio names it: ``A4``."""
        return self.name.partition("-")[0]

    def text_pt(self, size_pt: float) -> float:
        """Return the size that a text of A3 has on this sheet."""
        return max(LEAST_PT, size_pt * self.factor)


def _landscape(name: str, width: float, height: float, *, edge: float, strip: float,
               column: float, factor: float) -> Sheet:  # fmt: skip
    """Return a sheet with a column at the right of the map."""
    left, right, top = edge + 3.0, width - edge - 3.0, height - edge - 2.0
    below, side = top - strip, right - column
    block = Box(side, left, right, below - 2.0)
    return Sheet(
        name, width, height, Box(edge, edge, width - edge, height - edge),
        Box(left, below, right, top), block, block, Box(left, left, side - 2.0, below - 2.0),
        factor,
    )  # fmt: skip


def _portrait(name: str, width: float, height: float, *, edge: float, strip: float, foot: float,
              factor: float) -> Sheet:  # fmt: skip
    """Return a sheet with a strip under the map."""
    left, right, top = edge + 3.0, width - edge - 3.0, height - edge - 2.0
    below, middle = top - strip, width / 2
    return Sheet(
        name, width, height, Box(edge, edge, width - edge, height - edge),
        Box(left, below, right, top), Box(left, left, middle, left + foot),
        Box(middle, left, right, left + foot), Box(left, left + foot + 2.0, right, below - 2.0),
        factor,
    )  # fmt: skip


A3 = _landscape("A3", 420.0, 297.0, edge=9.0, strip=18.0, column=84.0, factor=1.0)
SHEETS: Mapping[str, Sheet] = {
    sheet.name: sheet
    for sheet in (
        A3,
        _portrait("A3-portrait", 297.0, 420.0, edge=9.0, strip=18.0, foot=104.0, factor=1.0),
        _landscape("A4", 297.0, 210.0, edge=6.0, strip=13.0, column=70.0, factor=0.8),
        _portrait("A4-portrait", 210.0, 297.0, edge=6.0, strip=13.0, foot=80.0, factor=0.8),
    )
}
