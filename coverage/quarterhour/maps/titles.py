"""Titles: what a plate is called, and what it is about, before it is drawn.

A *number* is that of the plate list in the design of this tool (01 to 13, and S-n for sites); a
plate that a run has several of has a further one behind a dash (``04-2``). An *order* is a title
with the name of its drawing and what it is about.
"""

from dataclasses import dataclass

from quarterhour.findings import PlanFinding
from quarterhour.inputs.facilities import ANY


@dataclass(frozen=True, slots=True)
class PlateTitle:
    """A plate before it is drawn: number (``04-1``), title, and stem of its files."""

    number: str
    title: str
    stem: str


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """What is to be drawn.

    Attributes
    ----------
    title
        Number, title and stem of the files.
    drawing
        Name of the drawing.
    kind, plan
        What it is about: a kind, or a question about new sites.
    area, site
        Row of the one area, or rank of the one recommended site, that a plate is about; ``None``
        for plates of the whole district.
    """

    title: PlateTitle
    drawing: str
    kind: str = ANY
    plan: PlanFinding | None = None
    area: int | None = None
    site: int | None = None
