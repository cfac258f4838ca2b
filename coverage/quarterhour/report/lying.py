"""Which parts of a report stand on lying pages: tables too wide for an upright one."""

from collections.abc import Sequence
from itertools import pairwise

from quarterhour.report.docx_look import Look
from quarterhour.report.outline import Block, Figure, Grid, Heading, Paragraph


def lying_blocks(blocks: Sequence[Block], look: Look) -> list[bool]:
    """Return for each block whether it stands on a lying page.

    A wide table takes along the headings and the one block that lead to it, and what stands between
    it and another wide table of the same section, so that no page holds a heading alone or
    with a single paragraph.

    Parameters
    ----------
    blocks
        The blocks of a report.
    look
        How many columns an upright page holds.
    """
    wide = [isinstance(b, Grid) and len(b.headers) > look.upright_columns for b in blocks]
    lying = list(wide)
    for at in [place for place, is_wide in enumerate(wide) if is_wide]:
        lead = at - 1
        if lead >= 0 and not isinstance(blocks[lead], Grid | Figure | Heading):
            lead -= 1
        begin = lead
        while begin >= 0 and isinstance(blocks[begin], Heading):
            begin -= 1
        if begin < lead:  # headings lead to it
            begin = _with_short_section(blocks, begin)
            lying[begin + 1 : at] = [True] * (at - begin - 1)
    _bridge(blocks, lying)
    return lying


def _with_short_section(blocks: Sequence[Block], begin: int) -> int:
    """Take along a section of one paragraph that stands before: it would have a page to itself."""
    if begin < 1 or not isinstance(blocks[begin], Paragraph):
        return begin
    place = begin - 1
    while place >= 0 and isinstance(blocks[place], Heading):
        place -= 1
    return place if place < begin - 1 else begin


def _bridge(blocks: Sequence[Block], lying: list[bool]) -> None:
    """Let stand on the lying page what is between two wide tables, where that is little."""
    places = [place for place, lies in enumerate(lying) if lies]
    for one, other in pairwise(places):
        between = blocks[one + 1 : other]
        if len(between) <= 2 and not any(isinstance(b, Heading | Figure) for b in between):
            lying[one + 1 : other] = [True] * len(between)
