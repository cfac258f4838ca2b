"""Run a study stage by stage: from ``study.toml`` to a run folder, whole or not at all.

Each *stage* has a key: the digest of its parameters, of the files it reads, of the keys before it
and of the code generation. Its result is saved in ``stages/``; a later run in a neighbouring folder
takes a stage with the same key from there instead of computing it. The *pages* (maps, tables,
report) are written from the :class:`~quarterhour.findings.Findings` and never read back.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from quarterhour.asking import OnPlan
from quarterhour.checking import study_doubts
from quarterhour.cover.case import Case
from quarterhour.demand import Demand
from quarterhour.drawing import PlateHelper
from quarterhour.errors import Fault, InputError
from quarterhour.findings import Findings
from quarterhour.intake import (
    read_inputs,
    read_streets,
    sources_of,
    year_of,
)
from quarterhour.manifest import manifest_of, ran_block
from quarterhour.measuring import case_of, placed_otherwise
from quarterhour.pages import AS_STUDIED, PAGES, PageOptions, Progress, write_pages
from quarterhour.questions import read_for
from quarterhour.runfolder import (
    CODE_GENERATION,
    Store,
    free_folder,
    new_folder,
    whole_or_nothing,
)
from quarterhour.samebytes import write_json
from quarterhour.stagefile import Kept, save_stage
from quarterhour.stages import (
    answer_siting,
    assess,
    draw_shapes,
    find_all_gaps,
    find_all_links,
    findings_of,
    lasts,
    load_findings,
    measure_all,
    place,
    score_all,
    sweep_all,
)
from quarterhour.study import Study, read_study
from quarterhour.words import Language

# What a run that stops after the sites writes.
_SITE_PAGES = ("tables", "layers", "sites")


@dataclass(frozen=True)
class StudyRun:
    """A finished run: its folder, its manifest, and every stage's result as objects.

    Examples
    --------
    >>> run = StudyRun.open("runs/demo-1")  # doctest: +SKIP
    >>> run.findings.coverage.share("care_station")  # doctest: +SKIP
    """

    folder: Path
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path | str) -> "StudyRun":
        """Open a run folder.

        Raises
        ------
        InputError
            If the folder is no run folder.
        """
        import json

        folder = Path(folder)
        path = folder / "manifest.json"
        if not path.is_file():
            raise InputError(Fault("run.not_a_run", {"folder": str(folder)}))
        return cls(folder, json.loads(path.read_text(encoding="utf-8")))

    @cached_property
    def findings(self) -> Findings:
        """All results together, as pages read them.

        Raises
        ------
        InputError
            If the saved stages are broken, or another version of the package saved them.
        """
        made = self.manifest.get("code_generation")
        if made != CODE_GENERATION:
            # They may be read without a fault and mean something else.
            values = {"folder": str(self.folder), "made": made or "?", "now": CODE_GENERATION}
            raise InputError(Fault("run.other_generation", values))
        try:
            return load_findings(self.folder / "stages")
        except (ValueError, OSError) as error:
            values = {"folder": str(self.folder), "why": error}
            raise InputError(Fault("run.stages_unreadable", values)) from error

    @property
    def study(self) -> Study:
        """The study as it was asked."""
        return self.findings.study


def run_study(
    path: Path | str,
    *,
    out: Path | str | None = None,
    language: Language | None = None,
    stop_after: Literal["cover", "siting", "report"] = "report",
    options: PageOptions = AS_STUDIED,
    on_progress: Progress | None = None,
    on_bound: OnPlan | None = None,
) -> StudyRun:
    """Run a study and write its run folder, whole or not at all.

    Parameters
    ----------
    path
        The ``study.toml``.
    out
        Folder to make; it must not exist, or be empty. By default ``runs/<study>-<n>`` in the
        current folder, with the next free number.
    language
        Language of the pages; the study's by default.
    stop_after
        ``cover`` leaves the siting questions unanswered: its pages say what is, not what to build.
        ``siting`` answers them and writes tables, site list and layers, but no map, plate or
        report.
    options
        Which plates, which paper, which form of the report, where the study is not to decide.
    on_progress
        Called with ``(stage, done, total)`` before each step and after the last.
    on_bound
        Called while sites are sought, whenever the plan in hand or its bound is better:
        ``(kind, objective, bound, unit)``; see :class:`~quarterhour.siting.SitePlan`.

    Raises
    ------
    InputError
        With every fault of the study and its files; nothing is written then.
    """
    study = read_study(path)
    if language is not None:
        study = replace(study, study=replace(study.study, language=language))
    name = study.folder.resolve().name
    target = new_folder(out) if out is not None else free_folder(Path("runs"), name)
    with whole_or_nothing(target) as new:
        _run_into(
            new.part, target.parent, study, on_progress, siting=stop_after != "cover",
            pages=_SITE_PAGES if stop_after == "siting" else PAGES, options=options,
            on_bound=on_bound,
        )  # fmt: skip
    _tell(on_progress, "done", 1, 1)
    return StudyRun.open(new.target)


def _run_into(
    part: Path,
    runs: Path,
    study: Study,
    on_progress: Progress | None,
    *,
    siting: bool = True,
    pages: tuple[str, ...] = PAGES,
    options: PageOptions = AS_STUDIED,
    on_bound: OnPlan | None = None,
) -> None:
    """Compute a study and write everything into a folder that is not shown yet."""
    began = time.perf_counter()
    store = Store(part / "stages", runs)
    said = study_doubts(study)
    store.doubts += said
    with PlateHelper() as helper:
        # The inputs are read as the whole study names them, so that a later run takes them up.
        stage, seconds = _compute(study, store, on_progress, siting=siting, on_bound=on_bound)
        study = study if siting else replace(study, siting=())
        findings = findings_of(study, stage, store.doubts)
        kept = Kept(replace(study, folder=Path()), tuple(said))
        save_stage(store.folder / "study.npz", kept, key=store.key)
        write_pages(
            findings, part, helper=helper, stages=store.folder, pages=pages, options=options,
            on_progress=on_progress,
        )  # fmt: skip
    manifest = manifest_of(findings, store)
    manifest["ran"] = ran_block(seconds, began, store.reused)
    write_json(part / "manifest.json", manifest)


def rewrite_pages(
    run: StudyRun,
    *,
    pages: tuple[str, ...] = PAGES,
    options: PageOptions = AS_STUDIED,
    out: Path | str | None = None,
    language: Language | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Write some pages of a finished run into a new folder, and return it.

    Parameters
    ----------
    run
        The run.
    pages
        Some of ``PAGES``.
    options
        Which plates, which paper, which form of the report, whose tiles.
    out
        Folder to make; by default ``<run>/<language>-<n>`` with the next free number.
    language
        Language of the pages; the study's by default.
    on_progress
        Called with ``(page, done, total)``.
    """
    language = language or run.study.study.language
    target = new_folder(out) if out is not None else free_folder(run.folder, language)
    with whole_or_nothing(target) as new, PlateHelper() as helper:
        write_pages(
            run.findings, new.part, helper=helper, stages=run.folder / "stages", pages=pages,
            options=options, language=language, on_progress=on_progress,
        )  # fmt: skip
    _tell(on_progress, "done", 1, 1)
    return new.target


def compare_folders(
    before: Path | str,
    after: Path | str,
    *,
    out: Path | str | None = None,
    language: Language | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Compare two runs and write the comparison into a new folder, which is returned.

    Parameters
    ----------
    before, after
        Folders of the earlier and of the later run.
    out
        Folder to make; by default ``<after>/compare-<n>`` with the next free number.
    language
        Language of the pages; the later study's by default.
    on_progress
        Called with ``(step, done, total)``.

    Raises
    ------
    InputError
        If a folder is no run, or the two have nothing in common.
    """
    from quarterhour.comparing import compare_runs, write_comparison

    first, second = StudyRun.open(before), StudyRun.open(after)
    compared = compare_runs(first.findings, second.findings)
    language = language or second.study.study.language
    target = new_folder(out) if out is not None else free_folder(second.folder, "compare")
    with whole_or_nothing(target) as new:
        write_comparison(compared, new.part, language=language, on_progress=on_progress)
    _tell(on_progress, "done", 1, 1)
    return new.target


def run_demo(
    *,
    out: Path | str | None = None,
    size: Literal["small", "full"] = "full",
    language: Language = "zh",
    options: PageOptions = AS_STUDIED,
    on_progress: Progress | None = None,
) -> StudyRun:
    """Make the demo district inside a new run folder, and run it.

    Parameters
    ----------
    out
        Folder to make; by default ``runs/demo-<n>`` with the next free number. The planner's
        files of the fictional district lie in its folder ``study``.
    size
        ``full`` has about 40,000 street nodes, ``small`` about 4,000.
    language
        Language of the files and the pages.
    options
        Which plates, which paper, which form of the report.
    on_progress
        Called with ``(step, done, total)``.
    """
    from quarterhour.demo import write_demo

    target = new_folder(out) if out is not None else free_folder(Path("runs"), "demo")
    with whole_or_nothing(target) as new:
        _tell(on_progress, "demo", 0, 1)
        study = write_demo(new.part / "study", size=size, language=language)
        _run_into(new.part, target.parent, read_study(study), on_progress, options=options)
    _tell(on_progress, "done", 1, 1)
    return StudyRun.open(new.target)


def _compute(
    study: Study,
    store: Store,
    on_progress: Progress | None,
    *,
    siting: bool,
    on_bound: OnPlan | None = None,
) -> tuple[dict[str, Any], dict[str, float]]:
    """Compute (or take up again) every stage; return results and seconds by stage."""
    stage: dict[str, Any] = {}
    seconds: dict[str, float] = {}
    tables = asdict(study)
    sources = sources_of(study)

    # Made once for all stages that are computed, and not at all where none is.
    @cache
    def case() -> Case:
        return case_of(study, stage["inputs"], stage["streets"], stage["demand"])

    @cache
    def other() -> Demand | None:
        return placed_otherwise(study, stage["inputs"], stage["streets"])

    # For each stage: the tables of the study that it reads first, and what makes it.
    steps: dict[str, tuple[tuple[str, ...], Callable[[list[Fault]], object]]] = {
        "inputs": (
            ("areas", "residents", "facilities", "neighbours", "scorecard", "privacy",
             "circle", "circles", "supply"),
            lambda doubts: read_inputs(study, doubts, sources=sources),
        ),
        "streets": (
            ("streets", "terrain", "sweep", "walkers", "buildings"),
            lambda doubts: read_streets(study, stage["inputs"], doubts),
        ),
        "demand": ((), lambda doubts: place(study, stage["inputs"], stage["streets"], doubts)),
        "cover": ((), lambda doubts: assess(study, case(), doubts)),
        "measures": ((), lambda _: measure_all(study, stage, case(), other())),
        "gaps": (("gaps",), lambda _: find_all_gaps(study, stage, case())),
        "links": ((), lambda _: find_all_links(study, stage, case())),
        "scorecard": ((), lambda _: score_all(study, stage, case())),
        "sweep": ((), lambda _: sweep_all(study, stage, case(), other())),
        "shapes": ((), lambda _: draw_shapes(study, case())),
        "siting": (("siting",), lambda doubts: answer_siting(
            study, stage, case(), other, doubts, on_bound=on_bound
        ) if siting else ()),
    }  # fmt: skip
    for done, (name, (names, compute)) in enumerate(steps.items()):
        _tell(on_progress, name, done, len(steps))
        began = time.perf_counter()
        parameters: dict[str, object] = {n: tables[n] for n in names}
        if name == "siting":
            parameters["asked"] = siting
        if name == "inputs":
            # What else is asked about sites changes nothing that is read.
            parameters |= {
                "siting": [read_for(table) for table in study.siting],
                "crs": study.study.crs,
                "name": study.study.name,
                "year": year_of(study),
                "files": [asdict(s) for s in sources],
            }
        stage[name] = store.stage(name, parameters, compute, lasts=lasts)
        seconds[name] = round(time.perf_counter() - began, 3)
    return stage, seconds


def _tell(on_progress: Progress | None, step: str, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(step, done, total)
