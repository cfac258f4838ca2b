"""References: where a sentence says "Table 3", it points at the table of that number.

Sentences are chosen from a catalogue and carry the number as text; the writers turn it into a
cross-reference (a REF field in Word, a link in html). Only numbers that the report has are taken,
so that "Table 9.2" of a standard or a name from a file stays what it is.
"""

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Literal

from quarterhour.words import Language

What = Literal["table", "figure"]
_WHAT: dict[str, What] = {"表": "table", "图": "figure", "Table": "table", "Figure": "figure"}
# Not "代表3", "附图2", "图表4"; not "表3.1", "表3-1", "图06".
_FORMS = {
    "zh": re.compile(r"(?<![代图报列附年])(表|图) ?([1-9]\d{0,2})(?![\d%]|[.\-—–]\d)"),
    "en": re.compile(r"\b(Table|Figure)[ \u00a0]([1-9]\d{0,2})(?![\d%]|[.\-—–]\d)"),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A piece of a sentence that names a table or a figure."""

    text: str
    what: What
    number: int


def pieces(
    text: str, numbers: Mapping[str, Set[int]], language: Language
) -> Iterator[str | Reference]:
    """Yield a text in pieces: what is plain, and what names a table or a figure.

    Parameters
    ----------
    text
        A sentence.
    numbers
        The numbers that there are, by ``table`` and ``figure``.
    language
        Language of the sentence.
    """
    done = 0
    for found in _FORMS[language].finditer(text):
        what, number = _WHAT[found[1]], int(found[2])
        if number not in numbers[what]:
            continue
        if found.start() > done:
            yield text[done : found.start()]
        yield Reference(found[0], what, number)
        done = found.end()
    if done < len(text):
        yield text[done:]
