"""The command line: parse, call the library, exit status. No logic lives here.

Messages follow ``--language``, else the study's language, else the locale, and survive a console
that cannot show them all (a sign it lacks becomes ``?``). Exit status: 0 done, 1 our fault (with a
trace to send in), 2 the user's input needs mending, 130 interrupted.
"""

import errno
import json
import shutil
import sys
import traceback
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from quarterhour.errors import Fault, QuarterhourError
from quarterhour.progress import Bar
from quarterhour.spoken import asked_language, told_language
from quarterhour.words import Language, Words, locale_language

# typer's own base of "that is no command line"; it has no public name of its own there.
_UsageError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)
_INTERRUPTED = 130
# Failures of disks and rights: the user's to mend, whoever runs into them.
_OF_THE_DISK = {
    errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG, errno.ENOTDIR,
}  # fmt: skip


class Size(StrEnum):
    """Sizes of the demo district."""

    full = "full"
    small = "small"


class Tongue(StrEnum):
    """Languages."""

    zh = "zh"
    en = "en"


# Helps are keys of the catalogue until a command line is run: only then its language is known.
app = typer.Typer(
    name="quarterhour", help="cli.about", epilog="cli.epilog", add_completion=False,
    rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip


class Form(StrEnum):
    """Forms of the report."""

    report = "report"
    gongwen = "gongwen"


class TileServer(StrEnum):
    """Servers of map tiles."""

    osm = "osm"
    tianditu = "tianditu"


Out = Annotated[Path | None, typer.Option(help="cli.opt_out")]
PagesOut = Annotated[Path | None, typer.Option(help="cli.opt_out_pages")]
Lang = Annotated[Tongue | None, typer.Option(help="cli.opt_language")]
StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="cli.arg_study")]
Plates = Annotated[str, typer.Option(metavar="04,08,S", help="cli.opt_plates")]
Sizes = Annotated[str, typer.Option(metavar="A3,A4", help="cli.opt_sizes")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="cli.arg_run")]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"quarterhour {version('quarterhour')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option("--version", help="cli.opt_version", callback=_version, is_eager=True),
    ] = False,
) -> None:
    pass


@app.command(help="cli.demo")
def demo(
    context: typer.Context,
    out: Out = None,
    language: Lang = None,
    size: Annotated[Size, typer.Option(help="cli.opt_size")] = Size.full,
    plates: Plates = "",
    sizes: Sizes = "",
) -> None:
    """Make the demo district and run it."""
    from quarterhour.pages import read_options
    from quarterhour.pipeline import run_demo
    from quarterhour.telling import run_lines

    words: Words = context.obj
    options = read_options(plates=plates, sizes=sizes)
    with Bar(words) as bar:
        run = run_demo(
            out=out, size=size.value, language=words.language, options=options,
            on_progress=bar.step,
        )  # fmt: skip
    _say(run_lines(run, options, words))


@app.command(help="cli.init")
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="cli.arg_folder")],
    language: Lang = None,
) -> None:
    """Start a study folder."""
    from quarterhour.starter import start_study

    words: Words = context.obj
    study = start_study(folder, language=words.language)
    typer.echo(words("starter.next", {"folder": folder, "study": study}))


@app.command(help="cli.check")
def check(
    context: typer.Context,
    study: StudyFile,
    out: Annotated[Path | None, typer.Option(help="cli.opt_out_picture")] = None,
    picture: Annotated[bool, typer.Option("--picture/--no-picture", help="cli.opt_picture")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="cli.opt_json")] = False,
    template: Annotated[bool, typer.Option("--template", help="cli.opt_template")] = False,
    language: Lang = None,
) -> None:
    """Name all faults and doubts of a study."""
    from quarterhour import checking
    from quarterhour.telling import (
        check_lines,
        picture_lines,
        remark_lines,
        template_lines,
        verdict_lines,
    )

    words: Words = context.obj
    with Bar(words) as bar:
        result = checking.check_study(study, on_progress=bar.step)
    drawn = checking.Written()
    if picture:
        drawn = checking.write_picture(result, out=out, language=words.language)
    sent = checking.write_templates(result, language=words.language) if template else None
    aside = template_lines(result, sent, words)
    aside += picture_lines(drawn, words) if picture else []
    if as_json:
        document = checking.check_document(result, language=words.language, picture=drawn.path)
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
        for line in aside:
            typer.echo(line, err=True)
    else:
        _say(check_lines(result, words))
        _say(remark_lines(result.remarks, words, width=_width()))
        _say([*aside, *verdict_lines(result, words)])
    if result.faults:
        raise typer.Exit(2)


def _width() -> int | None:
    """Return the columns of the terminal, or ``None`` where lines need no folding."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


@app.command(help="cli.fetch")
def fetch(
    context: typer.Context,
    study: Annotated[Path | None, typer.Argument(metavar="STUDY", help="cli.arg_study")] = None,
    place: Annotated[str, typer.Option(help="cli.opt_place")] = "",
    out: Annotated[Path | None, typer.Option(help="cli.opt_out_file")] = None,
    buildings: Annotated[bool, typer.Option("--buildings", help="cli.opt_buildings")] = False,
    overpass: Annotated[str, typer.Option(help="cli.opt_overpass")] = "",
    nominatim: Annotated[str, typer.Option(help="cli.opt_nominatim")] = "",
    language: Lang = None,
) -> None:
    """Download the streets of a study or a place."""
    from quarterhour.fetch import fetch_for_place, fetch_for_study
    from quarterhour.streets.askosm import MapServers, host_of
    from quarterhour.streets.download import record_of

    words: Words = context.obj
    servers = MapServers.at(overpass_url=overpass, nominatim_url=nominatim)
    if study is not None and not place and not buildings:
        if _fetch_areas(study, servers, words):
            return
        asked = fetch_for_study(study, out=out, servers=servers)
    elif study is None and place and out is not None:
        asked = fetch_for_place(place, out, buildings=buildings, servers=servers)
    else:
        raise typer.BadParameter(words("cli.fetch_what"))
    if asked.place:
        values = {"host": host_of(servers.nominatim_url), "place": asked.place}
        typer.echo(words("cli.fetch_place", values))
    extent = asked.find()
    if extent.found:
        typer.echo(words("cli.fetch_found", {"found": extent.found["display_name"]}))
    values = {
        "host": host_of(servers.overpass_url),
        "area": f"{extent.area_km2:,.1f}",
        "buffer": f"{extent.buffer_m:.0f}",
    }
    typer.echo(words("cli.fetch_asks", values))
    with Bar(words) as bar:
        written = asked.run(extent, on_progress=bar.step)
    typer.echo(words("cli.written", {"folder": written}))
    typer.echo(words("cli.fetch_record", {"path": record_of(written)}))
    line = words("cli.fetch_line", {"line": asked.line}) if asked.line else ""
    typer.echo(line or words("cli.fetch_no_line"))


def _fetch_areas(study: Path, servers: Any, words: Words) -> bool:  # noqa: ANN401 - loaded late
    """Download the areas a study lacks, and tell whether that is all it needs."""
    from quarterhour.fetch import fetch_areas_for_study
    from quarterhour.streets.askosm import host_of
    from quarterhour.streets.download import record_of

    asked = fetch_areas_for_study(study, servers=servers)
    if asked is None:
        return False
    hosts = " / ".join(host_of(url) for url in (servers.nominatim_url, servers.overpass_url))
    typer.echo(words("area.fetch_asks", {"hosts": hosts, "place": asked.place}))
    written = asked.run()
    typer.echo(words("cli.written", {"folder": written}))
    typer.echo(words("cli.fetch_record", {"path": record_of(written)}))
    return asked.streets_are_there


@app.command(help="cli.run")
def run(
    context: typer.Context,
    study: StudyFile,
    out: Out = None,
    language: Lang = None,
    plates: Plates = "",
    sizes: Sizes = "",
) -> None:
    """Run a study."""
    _run_study(context.obj, study, out, language, "report", plates=plates, sizes=sizes)


@app.command(help="cli.site")
def site(context: typer.Context, study: StudyFile, out: Out = None, language: Lang = None) -> None:
    """Run a study up to its sites."""
    _run_study(context.obj, study, out, language, "siting")


@app.command(help="cli.cover")
def cover(context: typer.Context, study: StudyFile, out: Out = None, language: Lang = None) -> None:
    """Run a study up to its coverage."""
    _run_study(context.obj, study, out, language, "cover")


def _run_study(
    words: Words,
    study: Path,
    out: Path | None,
    language: Tongue | None,
    stop_after: Literal["cover", "siting", "report"],
    *,
    plates: str = "",
    sizes: str = "",
) -> None:
    from quarterhour.pages import read_options
    from quarterhour.pipeline import run_study
    from quarterhour.telling import run_lines

    chosen: Language | None = language.value if language else None
    options = read_options(plates=plates, sizes=sizes)
    with Bar(words) as bar:
        finished = run_study(
            study, out=out, language=chosen, stop_after=stop_after, options=options,
            on_progress=bar.step, on_bound=bar.bound,
        )  # fmt: skip
    doubts = finished.manifest["doubts"]
    if doubts:
        typer.echo(words("cli.doubts", {"count": len(doubts)}))
        for line in doubts:
            typer.echo(f"  {words('cli.doubt')}  {line}")
    _say(run_lines(finished, options, words))


@app.command("map", help="cli.map")
def map_(
    context: typer.Context,
    run: RunFolder,
    out: PagesOut = None,
    language: Lang = None,
    plates: Plates = "",
    sizes: Sizes = "",
    tiles: Annotated[TileServer | None, typer.Option(help="cli.opt_tiles")] = None,
    tianditu_key: Annotated[str, typer.Option(help="cli.opt_tianditu_key")] = "",
) -> None:
    """Draw a run's maps again."""
    from quarterhour.pages import read_options

    server = tiles.value if tiles else ""
    options = read_options(plates=plates, sizes=sizes, tiles=server, key=tianditu_key)
    _pages(context.obj, run, ("map", "plates"), out, language, options)


@app.command(help="cli.report")
def report(
    context: typer.Context,
    run: RunFolder,
    out: PagesOut = None,
    language: Lang = None,
    plates: Plates = "",
    sizes: Sizes = "",
    form: Annotated[Form | None, typer.Option("--format", help="cli.opt_format")] = None,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="cli.opt_pdf")] = True,
) -> None:
    """Write a run's report and tables again."""
    from quarterhour.pages import read_options

    wanted: Literal["report", "gongwen"] | None = form.value if form else None
    options = read_options(plates=plates, sizes=sizes, form=wanted, pdf=pdf)
    pages = ("plates", "tables", "layers", "sites", "report")
    _pages(context.obj, run, pages, out, language, options)


@app.command(help="cli.compare")
def compare(
    context: typer.Context,
    before: Annotated[Path, typer.Argument(metavar="A", help="cli.arg_before")],
    after: Annotated[Path, typer.Argument(metavar="B", help="cli.arg_after")],
    out: Annotated[Path | None, typer.Option(help="cli.opt_out_compare")] = None,
    language: Lang = None,
) -> None:
    """Compare two runs."""
    from quarterhour.pipeline import compare_folders

    words: Words = context.obj
    chosen: Language | None = language.value if language else None
    with Bar(words) as bar:
        target = compare_folders(before, after, out=out, language=chosen, on_progress=bar.step)
    typer.echo(words("cli.written", {"folder": target}))
    typer.echo(words("cli.read_comparison", {"path": target / "compare.html"}))


@app.command("walkers", help="cli.walkers")
def walkers_(context: typer.Context, language: Lang = None) -> None:
    """Print walkers and constants with their sources."""
    from quarterhour.presets import constants, walkers

    spoken = context.obj.language
    typer.echo(f"{walkers(language=spoken)}\n\n{constants(language=spoken)}")


def _pages(
    words: Words,
    folder: Path,
    pages: tuple[str, ...],
    out: Path | None,
    language: Tongue | None,
    options: Any,  # noqa: ANN401 - loaded late
) -> None:
    from quarterhour.pipeline import StudyRun, rewrite_pages
    from quarterhour.telling import page_lines

    run = StudyRun.open(folder)
    chosen = language.value if language else run.study.study.language
    with Bar(words) as bar:
        target = rewrite_pages(
            run, pages=pages, options=options, out=out, language=chosen, on_progress=bar.step
        )
    _say(page_lines(run.findings, target, options, words))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return its exit status.

    Parameters
    ----------
    arguments
        What follows the program's name.

    Returns
    -------
    int
        0 done, 1 our fault, 2 the user's input needs mending, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A console in cp936 lacks some signs; they become "?" instead of an error.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    words = Words(asked_language(arguments) or told_language(arguments) or locale_language())
    try:
        status = _run(list(arguments) or ["--help"], words)
        if status == _INTERRUPTED:  # typer has turned the interrupt into a status already
            typer.echo(words("cli.interrupted"), err=True)
        return status
    except _UsageError as error:
        usage = getattr(getattr(error, "ctx", None), "get_usage", str)()
        why = cast(Any, error).format_message()
        typer.echo(f"{usage}\n{words('cli.usage_error', {'why': why})}", err=True)
        return 2
    except (typer.Abort, KeyboardInterrupt):
        typer.echo(words("cli.interrupted"), err=True)
        return _INTERRUPTED
    except QuarterhourError as error:
        return _tell_error(error, words)
    except Exception as error:  # whatever else comes is ours, and must not look like the user's
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            values = {"path": error.filename or "", "why": error.strerror}
            return _tell_error(QuarterhourError(Fault("run.file_system", values)), words)
        traceback.print_exc()
        typer.echo(words("cli.our_fault"), err=True)
        return 1


def _run(arguments: list[str], words: Words) -> int:
    """Run the command line with all helps in one language."""
    group: Any = typer.main.get_command(app)
    for command in (group, *group.commands.values()):
        command.help = words(command.help)
        command.epilog = words(command.epilog) if command.epilog else None
        for parameter in command.params:
            parameter.help = words(parameter.help)
    return int(group.main(arguments, "quarterhour", standalone_mode=False, obj=words) or 0)


def _tell_error(error: QuarterhourError, words: Words) -> int:
    for line in error.render(words.language).splitlines():
        typer.echo(f"{words('cli.error')}  {line}", err=True)
    return 2
