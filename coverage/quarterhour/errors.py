"""Every failure this package raises on purpose, as one family.

::

    QuarterhourError
    ├── InputError        a file, a table, a key or an argument is not what it must be
    ├── NetworkError      the streets cannot carry the question
    ├── InfeasibleError   no choice of sites satisfies what was asked
    └── SolverError       the solver stopped before it had any answer

A *fault* is one thing that is wrong: a message key, the values that go into the message, and the
place (file, sheet, row, column). The text lives in :mod:`quarterhour.words`, in Chinese and in
English, and ends with the mend: what to do about it. An error carries all the faults that were
found together, so that a planner mends a file once. Everything else in the package may import
this module; it imports only the catalogue of words.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from quarterhour.words import Language, Words, locale_language

# A column of a million wrong cells is one slip: so many of a kind are shown, the rest are counted.
SHOWN_ALIKE = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong (or doubtful), and where.

    Attributes
    ----------
    key
        Message key in the catalogue, for example ``"input.missing_file"``.
    values
        What the message needs to be filled in.
    file, sheet, column
        Place of the fault; empty where it does not apply.
    row
        Row as the planner's program numbers it (1 is the first line), or ``None``.
    read
        What was read there, as it stands in the file; empty where no one cell is meant.
    """

    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    read: str = ""

    @property
    def is_note(self) -> bool:
        """Whether this only says what was found out or left out: nothing needs mending."""
        return Words("en").is_note(self.key)

    def place(self, language: Language) -> str:
        """Return the place in words, or an empty text."""
        words = Words(language)
        parts = [self.file] if self.file else []
        if self.sheet:
            parts.append(words("place.sheet", {"sheet": self.sheet}))
        if self.row is not None:
            parts.append(words("place.row", {"row": self.row}))
        if self.column:
            parts.append(words("place.column", {"column": self.column}))
        return words("place.join").join(parts)

    def render(self, language: Language) -> str:
        """Return place, problem and mend as one line."""
        words = Words(language)
        place = self.place(language)
        start = place + words("place.colon") if place else ""
        line = start + words(self.key, self.values) + words.mend(self.key, self.values)
        # Values come from files: a line end would break the line, an escape would steer a terminal.
        return "".join(sign if sign.isprintable() else " " for sign in line)


class QuarterhourError(Exception):
    """Base of the family: one or more faults, each with its mend."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__(self.faults)

    def render(self, language: Language) -> str:
        """Return the faults, a line each, in ``language``; of many alike the first few."""
        return "\n".join(fault.render(language) for fault in condensed(self.faults))

    def __str__(self) -> str:
        return self.render(locale_language())


class InputError(QuarterhourError, ValueError):
    """A file, a table, a key or an argument handed to us is not what it must be."""


class NetworkError(QuarterhourError):
    """The streets cannot carry the question that was asked of them."""


class InfeasibleError(QuarterhourError):
    """No choice of sites satisfies what was asked."""


class SolverError(QuarterhourError):
    """The solver stopped before it had any answer; the question may be fine."""


@contextmanager
def gathered(faults: list[Fault]) -> Iterator[None]:
    """Append to ``faults`` what is raised inside, instead of raising it."""
    try:
        yield
    except QuarterhourError as error:
        faults += error.faults


def raise_if(faults: Iterable[Fault]) -> None:
    """Raise one :class:`InputError` with all ``faults``, or return when there are none."""
    found = list(faults)
    if found:
        raise InputError(found)


def condensed(faults: Iterable[Fault]) -> list[Fault]:
    """Return faults as they are shown: of many alike in one place, the first and a count."""
    found = list(faults)
    alike = Counter(_likeness(fault) for fault in found)
    seen: Counter[tuple[str, ...]] = Counter()
    shown = []
    for fault in found:
        like = _likeness(fault)
        seen[like] += 1
        if seen[like] <= SHOWN_ALIKE:
            shown.append(fault)
        elif seen[like] == SHOWN_ALIKE + 1:
            values = {"count": alike[like] - SHOWN_ALIKE}
            shown.append(
                Fault("input.more_alike", values, fault.file, fault.sheet, None, fault.column)
            )
    return shown


def _likeness(fault: Fault) -> tuple[str, ...]:
    return fault.key, fault.file, fault.sheet, fault.column
