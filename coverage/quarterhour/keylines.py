"""The lines of a TOML file: on which one each key stands, so that a fault can say so.

A *way* leads to a key through the names of its tables; entries of ``[[lists]]`` count from 0. The
reader of TOML forgets lines; this finds them again by the headers and the equals signs, which is
enough for files that people write.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from quarterhour.errors import Fault

Way = tuple[object, ...]

_NAME = r"\"[^\"]*\"|'[^']*'|[\w-]+"
_HEADER = re.compile(rf"\s*(\[\[?)\s*((?:{_NAME})(?:\s*\.\s*(?:{_NAME}))*)\s*\]")
_PAIR = re.compile(rf"\s*((?:{_NAME})(?:\s*\.\s*(?:{_NAME}))*)\s*=")


@dataclass(frozen=True, slots=True)
class KeyLines:
    """One TOML file's name, and the line of each of its keys and tables by its way."""

    file: str
    lines: Mapping[Way, int]

    @classmethod
    def of(cls, text: str, *, file: str) -> "KeyLines":
        """Find the lines of a file's keys."""
        return cls(file, _lines(text))

    def fault(self, key: str, values: Mapping[str, object], way: Way) -> Fault:
        """Return a fault on the line of a key; if it has none, on that of its table."""
        rows = (self.lines.get(way[:n]) for n in range(len(way), 0, -1))
        return Fault(key, values, self.file, row=next((r for r in rows if r), None))


def dotted(way: Way) -> str:
    """Return a way as people write it: names joined by dots, without numbers."""
    return ".".join(str(part) for part in way if not isinstance(part, int))


def _lines(text: str) -> dict[Way, int]:
    """Return the line of every table and key."""
    found: dict[Way, int] = {}
    counts: dict[Way, int] = {}
    table: Way = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := _HEADER.match(line):
            names = _names(header[2])
            table = ()
            for n, name in enumerate(names):
                table = (*table, name)
                found.setdefault(table, number)
                if header[1] == "[[" and n == len(names) - 1:
                    counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table]) if table in counts else table
            found.setdefault(table, number)
        elif pair := _PAIR.match(line):
            found.setdefault((*table, *_names(pair[1])), number)
    return found


def _names(text: str) -> Way:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, text))
