"""The check itself: read a study and its files, and gather every remark."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from quarterhour.cover.network_report import NetworkReport
from quarterhour.errors import Fault, InputError, gathered
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import Facilities
from quarterhour.intake import Gathered, GatheredInputs, Streets, gather, settle
from quarterhour.remarks import Remark, ranked
from quarterhour.stages import place, report_streets
from quarterhour.study import Study, named_files, read_study

_LACKING = "input.missing_file"


@dataclass(frozen=True, slots=True, eq=False)
class CheckResult:
    """What a check found.

    Attributes
    ----------
    path
        The study file.
    study
        ``None`` where the study file itself cannot be read.
    gathered
        What could be read of the files it names; ``None`` without a study.
    report
        On the streets; ``None`` where any fault was found.
    remarks
        Faults, doubts and notes, worst first.
    """

    path: Path
    study: Study | None
    gathered: Gathered | None
    report: NetworkReport | None
    remarks: tuple[Remark, ...]

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What must be mended before a run."""
        return tuple(r.fault for r in self.remarks if r.severity == "fault")

    @property
    def doubts(self) -> tuple[Fault, ...]:
        """What should be looked at, then mere notes."""
        return tuple(r.fault for r in self.remarks if r.severity != "fault")

    @property
    def inputs(self) -> GatheredInputs | None:
        """What the tables gave."""
        return self.gathered.inputs if self.gathered else None

    @property
    def streets(self) -> Streets | None:
        """The streets, if they could be read."""
        return self.gathered.streets if self.gathered else None


def check_study(
    path: Path | str, *, on_progress: Callable[[str, int, int], None] | None = None
) -> CheckResult:
    """Read everything a study names, gather all faults and doubts, and report on the streets.

    Nothing is raised for what is wrong with the study: it is all in the result.

    Parameters
    ----------
    path
        The ``study.toml``.
    on_progress
        Called with ``(stage, done, total)``.
    """
    path = Path(path)
    faults: list[Fault] = []
    study = _read(path, faults)
    if study is None:
        return CheckResult(path, None, None, None, ranked(faults, (), files=(path.name,)))
    found = gather(study, on_progress=on_progress)
    # The study file has said already which files are missing.
    faults += [f for f in found.faults if f.key != _LACKING]
    doubts = [*study_doubts(study), *found.doubts]
    if on_progress is not None:
        on_progress("cover", 2, 3)
    report = None
    with gathered(faults):
        report = _report(found, doubts, whole=not faults)
    if on_progress is not None:
        on_progress("cover", 3, 3)
    files = (path.name, *(Path(name).name for name in named_files(study)))
    return CheckResult(path, study, found, report, ranked(faults, doubts, files=files))


def _read(path: Path, faults: list[Fault]) -> Study | None:
    """Return the study, also when it names files that are missing; gather what is wrong."""
    try:
        return read_study(path)
    except InputError as error:
        faults += error.faults
    if any(fault.key != _LACKING or not fault.file for fault in faults):
        return None
    return read_study(path, files_may_lack=True)


def _report(found: Gathered, doubts: list[Fault], *, whole: bool) -> NetworkReport | None:
    """Report on the streets where all was read; else only place the people, for what that tells."""
    study, inputs, streets = found.study, found.inputs, found.streets
    if streets is None:
        return None
    if whole:
        settled = settle(study, inputs, doubts)
        return report_streets(study, settled, _for_those(settled.facilities, found), doubts)
    if inputs.residents is not None and not inputs.stands_in:
        place(study, inputs, streets, doubts)
    return None


def _for_those(counted: Facilities, found: Gathered) -> Streets:
    """Return the streets with the entrances of the facilities that count, numbered like these."""
    every, streets = found.inputs.facilities, found.streets
    if every is None or streets is None:
        raise AssertionError
    number = {one: n for n, one in enumerate(counted.ids)}
    rank = np.array([number.get(one, -1) for one in every.ids], np.int32)
    at = rank[streets.entrances.facility]
    entrances = Entrances(at[at >= 0], streets.entrances.xy_m[at >= 0])
    return replace(streets, entrances=entrances)


def study_doubts(study: Study) -> list[Fault]:
    """Return what is doubtful about the study file itself."""
    doubts: list[Fault] = []
    if study.terrain is not None and study.terrain.kind == "surface":
        doubts.append(Fault("input.surface_model", file=study.terrain.file))
    return doubts
