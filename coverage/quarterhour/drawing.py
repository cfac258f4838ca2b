"""A second process for the plates: they are most of a run's work, and one after the other.

The helper starts with the run, loads what drawing needs while the stages are computed, and then
draws plates from the end of the list while this process draws from its front. What each draws is
the same whoever draws it. A helper that cannot start or breaks down costs time and nothing else:
its plates are drawn here. It is a plain ``python -m quarterhour.drawing`` that speaks in lines, so
it never runs the caller's own script again as multiprocessing would.
"""

import gc
import json
import logging
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO

from quarterhour.findings import Findings
from quarterhour.words import Language

_PATIENCE_S = 300.0
logger = logging.getLogger(__name__)


class PlateHelper:
    """A process that waits to draw plates; leave the ``with`` block and it is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._feeder: Thread | None = None
        self._left: deque[str] = deque()
        self._given: list[str] = []

    def __enter__(self) -> "PlateHelper":
        if (os.cpu_count() or 1) > 1 and sys.executable:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "quarterhour.drawing"], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1,
                )  # fmt: skip
            except OSError as error:
                logger.info("no second process for the plates: %s", error)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._feeder is not None:
                self._feeder.join()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()

    def begin(self, findings: Findings, stages: Path, folder: Path, *, language: Language) -> None:
        """Let the helper draw plates from the end of the list, while this process does else.

        Parameters
        ----------
        findings
            What to show.
        stages
            The saved stages of the same run, for the helper to read.
        folder
            Where the plates go.
        language
            Language of the plates.
        """
        from quarterhour.maps.plates import plate_titles

        self._left.extend(title.stem for title in plate_titles(findings, language))
        if self._process is not None:
            job = {"stages": str(stages.resolve()), "folder": str(folder.resolve()),
                   "language": language}  # fmt: skip
            talk = (self._process, job, self._left, self._given)
            self._feeder = Thread(target=_feed, args=talk, daemon=True)
            self._feeder.start()

    def finish(self, findings: Findings, folder: Path, *, language: Language) -> None:
        """Draw plates from the front of the list until none is left, and await the others."""
        from quarterhour.maps import plan_pages

        plan_pages(findings, folder, language=language, stems=_from_front(self._left))
        if self._process is None or self._feeder is None:
            return
        self._feeder.join(_PATIENCE_S)
        if self._feeder.is_alive() or self._process.poll() != 0:
            logger.warning("the second process for the plates failed; its plates are drawn again")
            self._process.kill()
            plan_pages(findings, folder, language=language, stems=self._given)


def _from_front(left: "deque[str]") -> Iterator[str]:
    while left:
        try:
            yield left.popleft()
        except IndexError:
            return


def _feed(
    process: "subprocess.Popen[str]", job: dict[str, str], left: "deque[str]", given: list[str]
) -> None:
    """Give the helper a plate whenever it asks, and nothing when none is left."""
    talk, listen = process.stdin, process.stdout
    if talk is None or listen is None:
        raise AssertionError("the helper was opened with pipes")
    try:
        talk.write(json.dumps(job) + "\n")
        for _ in listen:
            try:
                stem = left.pop()
            except IndexError:
                talk.close()
                break
            given.append(stem)
            talk.write(stem + "\n")
        process.wait(_PATIENCE_S)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return


def _serve(listen: IO[str], talk: IO[str]) -> None:
    """Be the helper: load, wait for a job, and ask for plates until there are no more."""
    import matplotlib.figure  # noqa: F401 - loaded while the stages are computed

    # As the command does: plates are many small objects and little garbage.
    gc.set_threshold(100_000, 50, 100)

    from quarterhour.maps import plan_pages
    from quarterhour.stages import load_findings

    line = listen.readline()
    if not line:
        return
    job = json.loads(line)

    def asked() -> Iterator[str]:
        while True:
            print(file=talk, flush=True)
            stem = listen.readline().strip()
            if not stem:
                return
            yield stem

    plan_pages(
        load_findings(Path(job["stages"])), Path(job["folder"]), language=job["language"],
        stems=asked(),
    )  # fmt: skip


if __name__ == "__main__":
    _serve(sys.stdin, sys.stdout)
