"""Run folders: made whole or not at all, with stages that later runs can take up again."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar, cast

from quarterhour.errors import Fault, InputError
from quarterhour.samebytes import digest_of
from quarterhour.stagefile import Kept, load_stage, save_stage, stage_key

# Raise by hand when the meaning of a saved stage, or the way it is computed, changes.
CODE_GENERATION = 2

T = TypeVar("T")


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
        self, name: str, parameters: object, compute: Callable[[list[Fault]], T]
    ) -> T:  # fmt: skip
        """Return a stage's result, from a finished run where its key is the same.

        Parameters
        ----------
        name, parameters
            What the stage is, and what (besides the stages before it) makes its result.
        compute
            Makes the result; appends to the list what is doubtful.
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
            kept = Kept(compute(doubts), tuple(doubts))
            save_stage(path, kept, key=self.key)
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


@contextmanager
def whole_or_nothing(target: Path) -> Iterator[Path]:
    """Give a folder that becomes ``target`` when all went well, and vanishes when not."""
    part = target.with_name(f".{target.name}.part")
    if part.exists():
        shutil.rmtree(part)
    made = [p for p in (target.parent, *target.parent.parents) if not p.exists()]
    part.mkdir(parents=True)
    try:
        yield part
        if target.exists():
            target.rmdir()
        part.replace(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        for folder in made:
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
        raise
