"""The command line: helps, exit status, languages, poor consoles, nothing heavy for nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
import typer

from quarterhour import cli, spoken
from quarterhour.cli import app, run_command
from quarterhour.templates import TEMPLATES
from quarterhour.words import Words

COMMANDS = tuple(c.name or c.callback.__name__ for c in app.registered_commands)
HEAVY = ("numpy", "pandas", "geopandas", "shapely", "matplotlib", "pyproj", "scipy", "numba",
         "rasterio", "osmium", "folium", "docx", "highspy")  # fmt: skip


@pytest.fixture(autouse=True)
def english_machine(monkeypatch) -> None:
    for variable in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


def in_a_process(
    arguments: Sequence[str], *, cwd: Path, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    return subprocess.run(
        [sys.executable, "-m", "quarterhour", *arguments],
        cwd=cwd, env={**kept, **environment}, capture_output=True, check=False,
    )  # fmt: skip


# --- helps --------------------------------------------------------------------------------------


def test_the_commands() -> None:
    assert set(COMMANDS) == {
        "demo", "init", "check", "fetch", "run", "cover", "site", "compare", "map", "report",
        "walkers",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "example"), [("zh", "示例：quarterhour"), ("en", "Example: ")]
)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_with_an_example(command, language, example, capsys) -> None:
    assert run_command([command, "--help", "--language", language]) == 0
    said = capsys.readouterr().out
    assert example in said and f"quarterhour {command} " in said
    assert "cli." not in said  # a key that was not turned into a text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_help_of_all_names_every_command_and_status(language, capsys) -> None:
    assert run_command(["--help", f"--language={language}"]) in (0, 2)
    assert run_command([]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  {command} " in said for command in COMMANDS)
    assert "130" in said and "cli." not in said


def test_the_examples_can_be_parsed() -> None:
    """What a help shows must be a command line: its options are there."""
    group = typer.main.get_command(app)
    for command in COMMANDS:
        for language in ("zh", "en"):
            said = Words(language)(f"cli.{command}")
            for example in (line for line in said.splitlines() if "quarterhour " in line):
                words = example[example.index("quarterhour") :].split()
                assert words[1] == command
                known = {o for p in group.commands[command].params for o in p.opts}
                assert {w for w in words if w.startswith("--")} <= known


def test_the_version(capsys) -> None:
    from importlib.metadata import version

    assert run_command(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["quarterhour", version("quarterhour")]


@pytest.mark.parametrize(
    "code",
    ["import quarterhour", "import quarterhour.cli",
     "from quarterhour.cli import run_command as r; assert r(['--help']) == 0",
     "from quarterhour.cli import run_command as r; assert r(['run', '--help']) == 0",
     "from quarterhour.cli import run_command as r; assert r(['--version']) == 0"],
)  # fmt: skip
def test_nothing_heavy_is_imported_for_nothing(code: str, tmp_path: Path) -> None:
    code += f"\nimport sys\nprint('heavy:', [m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "heavy: []"


# --- exit status --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["fly"], ["run", "a", "b"], ["demo", "--size", "huge"], ["demo", "--colour"],
     ["run", "x.toml", "--language", "fr"]],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_command_line_leaves_with_2(arguments, capsys, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(arguments) == 2
    said = capsys.readouterr()
    assert "Usage: quarterhour" in said.err and "quarterhour --help" in said.err
    assert "Traceback" not in said.err and said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_missing_study_leaves_with_2(capsys, tmp_path) -> None:
    for command in ("run", "check", "map", "report"):
        assert run_command([command, str(tmp_path / "no.toml")]) == 2
    said = capsys.readouterr()
    assert (said.err + said.out).count("no.toml") == 4


def test_a_folder_that_is_no_run_leaves_with_2(capsys, tmp_path) -> None:
    assert run_command(["report", str(tmp_path)]) == 2
    assert "is not a run folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [(KeyboardInterrupt(), 130, "Interrupted"), (ZeroDivisionError("ours"), 1, "a fault of ours"),
     (OSError(28, "No space left on device", "/x/y"), 2, "/x/y"),
     (PermissionError(13, "Permission denied", "/x/y"), 2, "/x/y"),
     (FileNotFoundError(2, "No such file", "/x/y"), 1, "a fault of ours")],
    ids=lambda v: type(v).__name__,
)  # fmt: skip
def test_whatever_is_raised(raised, status, said, capsys, monkeypatch, tmp_path) -> None:
    import quarterhour.starter

    def broken(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(quarterhour.starter, "start_study", broken)
    assert run_command(["init", str(tmp_path / "s")]) == status
    err = capsys.readouterr().err
    assert said in err
    assert ("Traceback" in err) == (status == 1)


def test_exit_status_of_the_process(tmp_path: Path) -> None:
    assert in_a_process(["init", "new"], cwd=tmp_path).returncode == 0
    assert in_a_process(["init", "new"], cwd=tmp_path).returncode == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new"]


# --- init, then check ---------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_init_then_check(language: str, capsys, tmp_path: Path) -> None:
    folder = tmp_path / "我的 研究"
    assert run_command(["init", str(folder), "--language", language]) == 0
    said = capsys.readouterr().out
    assert str(folder) in said and "quarterhour check" in said
    names = {p.name for p in folder.iterdir()}
    tables = {f"{template.name}.xlsx" for template in TEMPLATES}
    assert names == {"study.toml", *tables}
    assert run_command(["check", str(folder / "study.toml")]) == 2
    said = capsys.readouterr().out
    assert "areas.geojson" in said and "streets.osm.pbf" in said
    assert ("找不到文件" in said) == (language == "zh")


def test_init_never_writes_over_anything(capsys, tmp_path: Path) -> None:
    (tmp_path / "note.txt").touch()
    assert run_command(["init", str(tmp_path)]) == 2
    assert run_command(["init", str(tmp_path / "note.txt")]) == 2
    assert run_command(["init", str(tmp_path / "note.txt" / "deeper")]) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


# --- languages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "of_study", "asked", "spoken"),
    [("zh_CN.UTF-8", None, None, "zh"), ("en_GB.UTF-8", None, None, "en"),
     ("C", None, None, "en"), ("zh_CN.UTF-8", "en", None, "en"), ("en_GB.UTF-8", "zh", None, "zh"),
     ("zh_CN.UTF-8", "zh", "en", "en"), ("en_GB.UTF-8", "en", "zh", "zh")],
)  # fmt: skip
def test_messages_follow_the_option_then_the_study_then_the_locale(
    locale, of_study, asked, spoken, capsys, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("LANG", locale)
    path = tmp_path / "study.toml"
    path.write_text(f'[study]\nlanguage = "{of_study}"\n' if of_study else "[study]\n")
    for command in ("run", "check"):
        option = ["--language", asked] if asked else []
        assert run_command([command, *option, str(path)]) == 2
        said = capsys.readouterr()
        assert ("缺少键“streets”" in said.err + said.out) == (spoken == "zh")
        assert ("The key “streets” is missing" in said.err + said.out) == (spoken == "en")


def test_the_language_of_a_run_is_read_from_its_manifest(capsys, tmp_path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    manifest = run / "manifest.json"
    for text, said in (
        ('{"study": {"study": {"language": "zh"}}}', "zh"), ("{broken", None), ("[]", None),
        ('{"study": {"study": {"language": "fr"}}}', None),
    ):  # fmt: skip
        manifest.write_text(text)
        assert spoken.told_language(["map", str(run)]) == said
    assert spoken.told_language(["init", str(run)]) is None
    assert spoken.told_language(["map", str(tmp_path / "no")]) is None


def test_the_option_is_seen_in_both_spellings() -> None:
    assert spoken.asked_language(["run", "--language", "zh"]) == "zh"
    assert spoken.asked_language(["run", "--language=en", "x"]) == "en"
    assert spoken.asked_language(["run", "--language"]) is None
    assert spoken.asked_language(["run", "--language", "fr"]) is None


# --- a poor console -----------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp936", "gbk", "cp1252"])
def test_messages_survive_a_console_that_lacks_signs(encoding: str, small_study, tmp_path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(small_study.parent, folder)
    book = openpyxl.load_workbook(folder / "residents.xlsx")
    book.active["B2"] = "\U00020000塆é☃"  # a rare character, a Chongqing one, and two foreign ones
    book.save(folder / "residents.xlsx")
    done = in_a_process(["run", "study/study.toml"], cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    said = done.stderr.decode(encoding)
    assert "residents.xlsx" in said and "?" in said
    if encoding in ("cp936", "gbk"):
        assert "错误" in said and "第 2 行" in said and "不是数" in said and "塆" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["study"]


def test_a_help_survives_an_ascii_console(tmp_path: Path) -> None:
    done = in_a_process(
        ["demo", "--help", "--language", "zh"], cwd=tmp_path, PYTHONIOENCODING="ascii"
    )
    assert done.returncode == 0
    assert b"quarterhour demo" in done.stdout


def test_outside_a_terminal_progress_is_plain_lines(capsys) -> None:
    with cli.Bar(Words("en")) as bar:
        for done, step in enumerate(("inputs", "inputs", "streets")):
            bar.step(step, done, 3)
    assert capsys.readouterr().err.splitlines() == ["reading tables", "reading streets and terrain"]


def test_every_step_of_a_run_has_its_words() -> None:
    from quarterhour.pipeline import PAGES
    from quarterhour.stages import STAGES

    for step in (*STAGES, *PAGES, "demo", "done"):
        for language in ("zh", "en"):
            assert Words(language)(f"cli.step_{step}")
