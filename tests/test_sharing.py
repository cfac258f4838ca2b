"""What one worker makes for all: made once, waited for, and made anew where the first fails."""

from pathlib import Path
from threading import Barrier, Thread

import pytest

from sharing import made_once


def test_one_makes_and_all_have_it(tmp_path: Path) -> None:
    made, had, together = [], [], Barrier(4)

    def make(to: Path) -> None:
        made.append(to)
        part = to.with_name("part")
        part.mkdir()
        (part / "file").touch()
        part.rename(to)

    def work() -> None:
        together.wait()
        had.append((made_once(tmp_path / "run", make) / "file").is_file())

    workers = [Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert had == [True] * 4
    assert made == [tmp_path / "run"]


def test_who_waits_for_one_that_failed_tries_for_itself(tmp_path: Path) -> None:
    def fail(_: Path) -> None:
        raise ValueError("the true reason")

    for _ in range(2):
        with pytest.raises(ValueError, match="the true reason"):
            made_once(tmp_path / "run", fail)
    assert made_once(tmp_path / "run", Path.mkdir).is_dir()
    (tmp_path / "gone.maker").touch()
    assert made_once(tmp_path / "gone", Path.mkdir, patience_s=0.0).is_dir()
