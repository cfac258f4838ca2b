"""Remarks: what a check has to say about a study, worst first.

A *remark* is a fault, a doubt or a note with its rank: a *fault* must be mended before a run, a
*doubt* should be looked at, a *note* only tells what was found out or left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from quarterhour.errors import Fault, condensed
from quarterhour.words import Language, Words

Severity = Literal["fault", "doubt", "note"]
SEVERITIES: tuple[Severity, ...] = ("fault", "doubt", "note")

# What was read is shown up to here; a cell may hold a whole letter.
_MOST_READ = 30


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a check says."""

    severity: Severity
    fault: Fault

    @property
    def read(self) -> str:
        """What was read at the place, in printable signs and cut to a legible length."""
        text = printable(self.fault.read)
        return text if len(text) <= _MOST_READ else text[: _MOST_READ - 1] + "…"

    def problem(self, language: Language) -> str:
        """Return what is wrong, without the place."""
        return printable(Words(language)(self.fault.key, self.fault.values))

    def mend(self, language: Language) -> str:
        """Return what to do; empty for most notes."""
        return printable(Words(language).mend(self.fault.key, self.fault.values))

    def place(self, language: Language) -> str:
        """Return the place in words; empty where it is the study as a whole."""
        return printable(self.fault.place(language))


def ranked(
    faults: Iterable[Fault], doubts: Iterable[Fault], *, files: Sequence[str] = ()
) -> tuple[Remark, ...]:
    """Return all that was found, each thing once, worst first.

    Faults come before doubts and these before notes. Of one rank, what concerns a whole file comes
    first, then cells by file and row.

    Parameters
    ----------
    faults, doubts
        What was found; notes are among the doubts.
    files
        Names of files in the order in which they are listed; others follow.
    """
    order = {name: at for at, name in reversed(list(enumerate(files)))}
    remarks = [Remark("fault", fault) for fault in faults]
    remarks += [Remark("note" if doubt.is_note else "doubt", doubt) for doubt in doubts]

    def rank(remark: Remark) -> tuple[object, ...]:
        fault = remark.fault
        return (
            SEVERITIES.index(remark.severity), fault.row is not None,
            order.get(fault.file, len(order)), fault.file, fault.row or 0,
        )  # fmt: skip

    once: dict[tuple[object, ...], Remark] = {}
    for remark in remarks:
        fault = remark.fault
        place = fault.file, fault.sheet, fault.row, fault.column, fault.read
        once.setdefault((fault.key, repr(dict(fault.values)), *place), remark)
    return tuple(sorted(once.values(), key=rank))


def shown(remarks: Iterable[Remark]) -> list[Remark]:
    """Return remarks as they are listed: of many alike in one place, the first and a count."""
    found = list(remarks)
    return [
        Remark(severity, fault)
        for severity in SEVERITIES
        for fault in condensed(r.fault for r in found if r.severity == severity)
    ]


def printable(text: str) -> str:
    """Return a text in which nothing can break a line, turn its direction or steer a terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()
