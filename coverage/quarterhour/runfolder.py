"""Run folders: made whole or not at all, with stages that later runs can take up again.

A folder is filled under a hidden name (its *part*) and gets its own name when all is there. Names
are handed out late: two runs may have chosen the same one, and Excel, a virus scanner or a cloud
drive may hold what stands in the way. A result is then put under the next free name; it is never
thrown away, and never put over another.
"""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar, cast

from quarterhour.errors import Fault, InputError
from quarterhour.samebytes import digest_of, move_patiently
from quarterhour.stagefile import Kept, load_stage, save_stage, stage_key

# Raise by hand when the meaning of a saved stage, or the way it is computed, changes.
CODE_GENERATION = 6

T = TypeVar("T")
logger = logging.getLogger(__name__)


class Store:
    """Stages of this run, and of finished runs beside it to take results from.

    Attributes
    ----------
    keys
        Key of each stage so far: the digest of its name and parameters, of the key before it, and
        of the code.
    reused
        Names of the stages that were taken from a neighbour.
    doubts
        What was doubtful, in the order of the stages.
    """

    def __init__(self, folder: Path, runs: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.keys: dict[str, str] = {}
        self.reused: list[str] = []
        self.doubts: list[Fault] = []
        self.key = digest_of(CODE_GENERATION, version("quarterhour"))
        finished = [p.parent for p in sorted(runs.glob("*/manifest.json"))]
        self._known = {
            (path.stem, key): path
            for run in finished
            for path in sorted(run.glob("stages/*.npz"))
            if (key := stage_key(path))
        }

    def stage(
        self,
        name: str,
        parameters: object,
        compute: Callable[[list[Fault]], T],
        *,
        lasts: Callable[[T], bool] = lambda _: True,
    ) -> T:
        """Return a stage's result, from a finished run where its key is the same.

        Parameters
        ----------
        name, parameters
            What the stage is, and what (besides the stages before it) makes its result.
        compute
            Makes the result; appends to the list what is doubtful.
        lasts
            Whether later runs may take a result up.
        """
        self.key = self.keys[name] = digest_of(name, parameters, self.key)
        path = self.folder / f"{name}.npz"
        known = self._known.get((name, self.key))
        kept = _read(known) if known is not None else None
        if known is not None and kept is not None:
            shutil.copyfile(known, path)
            self.reused.append(name)
        else:
            doubts: list[Fault] = []
            result = compute(doubts)
            kept = Kept(result, tuple(doubts))
            save_stage(path, kept, key=self.key if lasts(result) else "")
        self.doubts += kept.doubts
        return cast(T, kept.result)


def _read(path: Path) -> Kept | None:
    """Return a neighbour's stage, or nothing where its file is damaged."""
    try:
        kept = load_stage(path)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kept if isinstance(kept, Kept) else None


def new_folder(out: Path | str) -> Path:
    """Return a folder that is free to be made.

    Raises
    ------
    InputError
        If it exists and holds anything.
    """
    target = Path(out)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(Fault("run.folder_taken", {"folder": str(target)}))
    return target


def free_folder(parent: Path, name: str) -> Path:
    """Return ``parent/name-<n>`` with the next free number."""
    number = 1
    while (target := parent / f"{name}-{number}").exists():
        number += 1
    return target


@dataclass(slots=True)
class NewFolder:
    """A folder in the making.

    Attributes
    ----------
    part
        Where to write.
    target
        Its name when all is there; another than was asked for where that one was taken.
    """

    part: Path
    target: Path


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[NewFolder]:
    """Give a folder that gets its name when all went well, and vanishes when not.

    Raises
    ------
    InputError
        If all went well but no name could be given; the result is kept, and the error says where.
    """
    made = [p for p in (target.parent, *target.parent.parents) if not p.exists()]
    new = NewFolder(_make_part(target), target)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new.part, ignore_errors=True)
        for folder in made:
            # What another program looks into stays; the failure before it is what counts.
            with suppress(OSError):
                folder.rmdir()
        raise
    new.target = _give_name(new.part, target)


def _make_part(target: Path) -> Path:
    """Make a hidden folder beside a target that no other run, living or dead, fills too."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # a file has the name of a folder above
        values = {"path": error.filename, "why": error.strerror}
        raise InputError(Fault("run.file_system", values)) from None
    number = 1
    while True:
        part = target.with_name(f".{target.name}-{number}.part")
        try:
            part.mkdir()
        except FileExistsError:
            number += 1
        else:
            return part


def _give_name(part: Path, target: Path) -> Path:
    """Give a finished folder its name, or the next free one, and return it."""
    for name in (target, free_folder(target.parent, target.name)):
        try:
            if name.exists():
                name.rmdir()
            move_patiently(part, name)
        except OSError as error:
            why = error
            logger.warning("%s cannot be made: %s", name, error)
        else:
            return name
    values = {"target": str(target), "folder": str(part), "why": why.strerror or str(why)}
    raise InputError(Fault("run.result_kept", values)) from why
