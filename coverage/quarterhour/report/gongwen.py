"""The form of an official paper (GB/T 9704-2012): what differs from a report in its text.

The standard binds papers such as 请示 and 报告; a technical report may follow it. Its page is in
:mod:`quarterhour.report.docx_look`; here are the lines of a title and the list of annexes.
"""

import math
import re

from quarterhour.report.outline import Heading, Outline
from quarterhour.report.widths import letters_wide
from quarterhour.words import Words

# Signs of 22 pt on a line of 156 mm.
TITLE_SIGNS = 20
_BREAK_AFTER = "的、和与及，"


def trapezoid(title: str, *, most: int = TITLE_SIGNS) -> tuple[str, ...]:
    """Return the lines of a title: as few as hold it, each shorter than the one before.

    GB/T 9704 wants lines broken at the ends of words and arranged as a trapezoid or a diamond.
    Where words end is known only after a few signs (的、和与及), so a line ends after one of these
    where that leaves a good shape.

    Parameters
    ----------
    title
        The title, in Chinese.
    most
        The most signs on a line.
    """
    wide = letters_wide(title) / 2
    count = math.ceil(wide / most)
    if count <= 1:
        return (title.strip(),)
    # Even lines, the upper ones a little longer.
    wanted = min(math.ceil(wide / count) + 1, most)
    # A Latin word is never broken, unless it is longer than a line.
    ends = [m.start() for m in re.finditer(r"(?<=.)(?:(?<![!-~])|(?![!-~]))", title)]
    size = {at: letters_wide(title[:at]) / 2 for at in ends if at < len(title)}
    fits = [at for at in size if size[at] <= most]
    near = [at for at in fits if title[at - 1] in _BREAK_AFTER and abs(size[at] - wanted) <= 4]
    end = min(near or fits, key=lambda at: (abs(size[at] - wanted), at), default=wanted)
    return (title[:end].strip(), *trapezoid(title[end:].strip(), most=most))


def parted(lines: tuple[str, ...], *, most: int = 34) -> tuple[str, ...]:
    """Return the lines of an English title: parted after its colon, not before its last word."""
    head, colon, tail = lines[0].partition(": ")
    if not colon or len(lines[0]) <= most:
        return lines
    return (f"{head}:", " ".join((tail, *lines[1:])))


def attachments(outline: Outline, words: Words) -> tuple[str, ...]:
    """Return the lines that name the annexes at the end of the text; none where there are none.

    Parameters
    ----------
    outline
        The report.
    words
        The catalogue in its language.
    """
    titles = [b.title for b in outline.blocks if isinstance(b, Heading) and b.label]
    head = words("reportform.attached")
    if len(titles) == 1:
        return (f"{head}{titles[0]}",)
    return tuple(
        f"{head if number == 1 else ''}{number}．{title}"
        for number, title in enumerate(titles, start=1)
    )
