"""Spoken: the language of a command line, before it is parsed, for its help needs it too."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from quarterhour.words import LANGUAGES, Language


def asked_language(arguments: Sequence[str]) -> Language | None:
    """Return the language named on the command line, before it is parsed: help needs it too."""
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--language":
            value = value or next(iter(arguments[at + 1 :]), "")
            return value if value in LANGUAGES else None
    return None


def told_language(arguments: Sequence[str]) -> Language | None:
    """Return the language of the study or the run that a command is about."""
    from quarterhour.study import peek_language

    if not arguments or arguments[0] not in (
        "check",
        "fetch",
        "run",
        "site",
        "cover",
        "map",
        "report",
        "compare",
    ):
        return None
    for argument in arguments[1:]:
        path = Path(argument)
        if path.is_file():
            return peek_language(path)
        if (path / "manifest.json").is_file():
            return _language_of_run(path / "manifest.json")
    return None


def _language_of_run(manifest: Path) -> Language | None:
    import json

    try:
        said = json.loads(manifest.read_text(encoding="utf-8"))["study"]["study"]["language"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return cast(Language, said) if said in LANGUAGES else None
