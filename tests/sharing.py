"""What several workers need and one makes: the first makes it, the others wait for it."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def made_once(folder: Path, make: Callable[[Path], object], *, patience_s: float = 300.0) -> Path:
    """Return a folder that one of several processes makes.

    Parameters
    ----------
    folder
        Where it stands for all of them; it must appear whole, under its own name, or not at all.
    make
        Makes it. Who fails says why; the others then try it for themselves, in a place of theirs.
    patience_s
        Seconds that the others wait.
    """
    mine, failed = (folder.with_name(f"{folder.name}.{end}") for end in ("maker", "failed"))
    try:
        mine.touch(exist_ok=False)
    except FileExistsError:
        until = time.monotonic() + patience_s
        while not folder.exists() and not failed.exists() and time.monotonic() < until:
            time.sleep(0.1)
        if folder.exists():
            return folder
        folder = folder.with_name(f"{folder.name}-{os.getpid()}")
        make(folder)
        return folder
    try:
        make(folder)
    except BaseException:
        failed.touch()
        raise
    return folder
