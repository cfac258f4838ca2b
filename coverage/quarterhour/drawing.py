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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, TYPE_CHECKING

from quarterhour.findings import Findings
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    from quarterhour.maps.choosing import Job

_PATIENCE_S = 300.0
logger = logging.getLogger(__name__)


class PlateHelper:
    """A process that waits to draw plates; leave the ``with`` block and it is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._feeder: Thread | None = None
        self._jobs: dict[str, Job] = {}
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

    def begin(
        self, findings: Findings, stages: Path, folder: Path, *, language: Language,
        plates: Sequence[str] | None = None, sizes: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
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
        plates, sizes
            Which plates on which paper, as of :func:`quarterhour.maps.plan_pages`.

        Raises
        ------
        InputError
            With every token that is none and every size that there is not.
        """
        from quarterhour.maps.choosing import jobs_of

        jobs = jobs_of(findings, Words(language), plates=plates, sizes=sizes)
        self._jobs = {job.name: job for job in jobs}
        self._left.extend(self._jobs)
        if self._process is not None:
            task = {"stages": str(stages.resolve()), "folder": str(folder.resolve()),
                    "language": language, "plates": plates, "sizes": sizes}  # fmt: skip
            talk = (self._process, task, self._left, self._given)
            self._feeder = Thread(target=_feed, args=talk, daemon=True)
            self._feeder.start()

    def finish(self, findings: Findings, folder: Path, *, language: Language) -> None:
        """Draw plates from the front of the list until none is left, and await the others."""
        from quarterhour.maps.plates import draw_jobs

        jobs = (self._jobs[name] for name in _from_front(self._left))
        draw_jobs(findings, folder, jobs, language=language)
        if self._process is None or self._feeder is None:
            return
        self._feeder.join(_PATIENCE_S)
        if self._feeder.is_alive() or self._process.poll() != 0:
            logger.warning("the second process for the plates failed; its plates are drawn again")
            self._process.kill()
            again = [self._jobs[name] for name in self._given]
            draw_jobs(findings, folder, again, language=language)


def _from_front(left: "deque[str]") -> Iterator[str]:
    while left:
        try:
            yield left.popleft()
        except IndexError:
            return


def _feed(
    process: "subprocess.Popen[str]", task: Mapping[str, object], left: "deque[str]",
    given: list[str],
) -> None:  # fmt: skip
    """Give the helper a plate whenever it asks, and nothing when none is left."""
    talk, listen = process.stdin, process.stdout
    if talk is None or listen is None:
        raise AssertionError("the helper was opened with pipes")
    try:
        talk.write(json.dumps(task) + "\n")
        for _ in listen:
            try:
                name = left.pop()
            except IndexError:
                talk.close()
                break
            given.append(name)
            talk.write(name + "\n")
        process.wait(_PATIENCE_S)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return


def _serve(listen: IO[str], talk: IO[str]) -> None:
    """Be the helper: load, wait for a job, and ask for plates until there are no more."""
    import matplotlib.figure  # noqa: F401 - loaded while the stages are computed

    # As the command does: plates are many small objects and little garbage.
    gc.set_threshold(100_000, 50, 100)

    from quarterhour.maps.choosing import Job, jobs_of
    from quarterhour.maps.plates import draw_jobs
    from quarterhour.stages import load_findings

    line = listen.readline()
    if not line:
        return
    task = json.loads(line)
    findings, language = load_findings(Path(task["stages"])), task["language"]
    jobs = jobs_of(findings, Words(language), plates=task["plates"], sizes=task["sizes"])
    named = {job.name: job for job in jobs}

    def asked() -> Iterator[Job]:
        while True:
            print(file=talk, flush=True)
            name = listen.readline().strip()
            if not name:
                return
            yield named[name]

    draw_jobs(findings, Path(task["folder"]), asked(), language=language)


if __name__ == "__main__":
    _serve(sys.stdin, sys.stdout)
