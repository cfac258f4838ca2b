"""Tables to fill in for the places of a study that have no position."""

from dataclasses import dataclass
from pathlib import Path

from quarterhour.checking.check import CheckResult
from quarterhour.inputs.unlocated import located_path, write_unlocated
from quarterhour.words import Language


@dataclass(frozen=True, slots=True)
class SentOut:
    """One table to fill in: where it lies, its rows, and whether it was there before."""

    path: Path
    count: int
    was_there: bool


def write_templates(result: CheckResult, *, language: Language) -> tuple[SentOut, ...]:
    """Write a table for each file that has places without a position, beside that file.

    Parameters
    ----------
    result
        What was found.
    language
        Language of headers and explanations.

    Returns
    -------
    tuple of SentOut
        One per file; a table that is there already is left as it is.
    """
    if result.gathered is None:
        return ()
    study, rows = result.gathered.study, result.gathered.inputs.unlocated
    out = []
    for file in dict.fromkeys(row.file for row in rows):
        found = [row for row in rows if row.file == file]
        path = located_path(study.path(file))
        was_there = path.exists()
        if not was_there:
            write_unlocated(found, path, language)
        out.append(SentOut(path, len(found), was_there))
    return tuple(out)
