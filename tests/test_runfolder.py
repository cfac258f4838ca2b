"""Run folders in offices: files open in Excel, folders open in Explorer, two runs at once."""

import errno
from pathlib import Path

import pytest

from quarterhour import samebytes
from quarterhour.errors import InputError
from quarterhour.runfolder import free_folder, new_folder, whole_or_nothing


class Windows:
    """Renaming and removing as on Windows: refused where a program holds something."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.held: dict[Path, int] = {}  # by path: how many more tries are refused
        self.slept: list[float] = []
        replace, rmdir = Path.replace, Path.rmdir
        monkeypatch.setattr(Path, "replace", lambda s, t: (self._ask(s, Path(t)), replace(s, t))[1])
        monkeypatch.setattr(Path, "rmdir", lambda s: (self._ask(s), rmdir(s))[1])
        monkeypatch.setattr(samebytes.time, "sleep", self.slept.append)

    def hold(self, path: Path, tries: int = 1_000) -> None:
        self.held[path] = tries

    def _ask(self, *paths: Path) -> None:
        for path in paths:
            if self.held.get(path, 0) > 0:
                self.held[path] -= 1
                raise PermissionError(errno.EACCES, "used by another process", str(path))


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Windows:
    return Windows(monkeypatch)


def make(target: Path, text: str = "new") -> Path:
    with whole_or_nothing(target) as new:
        (new.part / "tables.xlsx").write_text(text)
    return new.target


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_scanner_that_holds_the_folder_for_a_moment_is_waited_for(
    windows: Windows, tmp_path: Path
) -> None:
    windows.hold(tmp_path / ".run-1.part", 3)
    assert make(tmp_path / "run") == tmp_path / "run"
    assert len(windows.slept) == 3
    assert names(tmp_path) == ["run"]


def test_a_name_that_cannot_be_had_gives_way_to_the_next(windows: Windows, tmp_path: Path) -> None:
    windows.hold(tmp_path / "run")
    assert make(tmp_path / "run") == tmp_path / "run-1"
    assert (tmp_path / "run-1" / "tables.xlsx").read_text() == "new"
    assert names(tmp_path) == ["run-1"]


def test_an_empty_folder_open_in_explorer_is_left_and_a_new_one_made(
    windows: Windows, tmp_path: Path
) -> None:
    (tmp_path / "run").mkdir()
    windows.hold(tmp_path / "run")
    assert make(tmp_path / "run") == tmp_path / "run-1"
    assert names(tmp_path) == ["run", "run-1"]


def test_a_result_that_gets_no_name_at_all_is_kept_whole(windows: Windows, tmp_path: Path) -> None:
    part = tmp_path / ".run-1.part"
    windows.hold(part)
    with pytest.raises(InputError) as caught:
        make(tmp_path / "run")
    (fault,) = caught.value.faults
    assert fault.key == "run.result_kept"
    assert fault.values["folder"] == str(part)
    assert (part / "tables.xlsx").read_text() == "new"
    assert ".run-1.part" in caught.value.render("zh")


@pytest.mark.parametrize("lock", ["~$tables.xlsx", ".~lock.tables.xlsx#", "tables.xlsx"])
def test_a_folder_with_a_file_open_in_excel_is_never_replaced(tmp_path: Path, lock: str) -> None:
    old = tmp_path / "demo-1"
    old.mkdir()
    (old / lock).write_text("Mr Li")
    with pytest.raises(InputError) as caught:
        new_folder(old)
    assert caught.value.faults[0].key == "run.folder_taken"
    assert make(free_folder(tmp_path, "demo")) == tmp_path / "demo-2"
    assert (old / lock).read_text() == "Mr Li"


def test_two_runs_that_chose_one_name_both_keep_their_results(tmp_path: Path) -> None:
    target = free_folder(tmp_path, "demo")
    with whole_or_nothing(target) as slow:
        (slow.part / "tables.xlsx").write_text("slow")
        quick = make(target, "quick")
        assert (slow.part / "tables.xlsx").read_text() == "slow"
    assert quick == tmp_path / "demo-1"
    assert slow.target == tmp_path / "demo-1-1"
    assert [(f / "tables.xlsx").read_text() for f in (quick, slow.target)] == ["quick", "slow"]
    assert names(tmp_path) == ["demo-1", "demo-1-1"]


def test_what_a_killed_run_left_is_not_touched(tmp_path: Path) -> None:
    left = tmp_path / ".run-1.part"
    left.mkdir()
    (left / "map.html").write_text("half")
    make(tmp_path / "run")
    assert names(tmp_path) == [".run-1.part", "run"]
    assert (left / "map.html").read_text() == "half"


def test_a_failure_leaves_nothing_and_is_itself_told(windows: Windows, tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "run"
    windows.hold(tmp_path / "a" / "b")  # somebody looks into the folder that was made for it
    with pytest.raises(ZeroDivisionError), whole_or_nothing(target) as new:
        (new.part / "map.html").write_text("half")
        raise ZeroDivisionError
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_file_held_for_good_is_an_error_and_stays_as_it_was(
    windows: Windows, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    new.write_text("new")
    windows.hold(old)
    with pytest.raises(PermissionError):
        samebytes.move_patiently(new, old)
    assert (old.read_text(), new.read_text()) == ("old", "new")
    assert sum(windows.slept) <= 2.0
