"""One catalogue of every text a person reads, in Chinese and in English.

A *key* is ``file.name``: table ``[name]`` of ``_data/words/<file>.toml``. Each entry has ``zh`` and
``en``; messages about faults have ``mend_zh`` and ``mend_en`` too, one sentence that says what to
do; those that only say what was found out have ``note = true``. Nothing else in the package spells
out a sentence for the user. This is the lowest room of the house: errors are rendered through it,
so it raises nothing but ``KeyError`` (a mistake of ours).
"""

import locale
import os
import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, cast

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


def data_file(*parts: str) -> Traversable:
    """Return a file of the package's own data, wherever the package is installed."""
    return files("quarterhour").joinpath("_data", *parts)


@cache
def _catalogue(stem: str) -> Mapping[str, Mapping[str, str]]:
    text = data_file("words", f"{stem}.toml").read_text(encoding="utf-8")
    return cast(Mapping[str, Mapping[str, str]], tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue in one language.

    Examples
    --------
    >>> Words("en")("kind.canteen")
    'community canteen'
    """

    language: Language

    def __call__(self, key: str, values: Mapping[str, object] | None = None) -> str:
        """Return the text of ``key`` with ``values`` filled in.

        Raises
        ------
        KeyError
            If the catalogue has no such key, or a value is missing: our own mistake.
        """
        return self._entry(key)[self.language].format_map(values or {})

    def mend(self, key: str, values: Mapping[str, object] | None = None) -> str:
        """Return the mend of a message, led by a space in English; empty where it has none."""
        text = self._entry(key).get(f"mend_{self.language}", "").format_map(values or {})
        return f" {text}" if text and self.language == "en" else text

    def is_note(self, key: str) -> bool:
        """Tell whether a message only says what was done (``note = true`` in the catalogue)."""
        return bool(self._entry(key).get("note", False))

    def has(self, key: str) -> bool:
        """Tell whether the catalogue knows ``key``."""
        stem, _, name = key.partition(".")
        return data_file("words", f"{stem}.toml").is_file() and name in _catalogue(stem)

    def _entry(self, key: str) -> Mapping[str, str]:
        stem, _, name = key.partition(".")
        return _catalogue(stem)[name]


def locale_language() -> Language:
    """Return ``zh`` where the machine speaks Chinese, else ``en``."""
    named = next(
        (os.environ[v] for v in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(v)), ""
    )
    name = named or locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def aligned(cells: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> list[str]:
    """Return rows of a table as lines for a terminal, the first over a rule.

    Parameters
    ----------
    cells
        Rows of texts, the header first.
    right
        Columns that are flush right.
    """
    width = [max(width_of(row[c]) for row in cells) for c in range(len(cells[0]))]

    def line(row: Sequence[str]) -> str:
        parts = []
        for c, text in enumerate(row):
            blank = " " * (width[c] - width_of(text))
            parts.append(blank + text if c in right else text + blank)
        return "  ".join(parts).rstrip()

    return [line(cells[0]), "  ".join("-" * w for w in width), *map(line, cells[1:])]


def folded(text: str, width: int | None, *, indent: str = "") -> list[str]:
    """Return a text as lines of at most ``width`` columns; those after the first are indented.

    Latin words are kept whole where they fit; between Chinese signs a line may end anywhere but
    before a closing mark. ``None`` leaves the text on one line.
    """
    if width is None or width_of(text) <= width:
        return [text]
    lines, line = list[str](), ""
    for piece in re.findall(r"[\u2e80-\uffef][、。，；：！？）”》]*|[^\s\u2e80-\uffef]+|\s+", text):
        if line.strip() and width_of(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line, piece = indent, piece.lstrip()
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def width_of(text: str) -> int:
    """Return the columns a text takes on a terminal: Chinese signs take two."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
