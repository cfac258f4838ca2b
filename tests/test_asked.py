"""What a study asks for reaches the stage that reads it, and nothing stale is taken up."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from quarterhour import pipeline
from quarterhour.checking import check_study
from quarterhour.intake import needed_buffer_m
from quarterhour.pipeline import run_study
from quarterhour.runfolder import Store
from quarterhour.stages import STAGES
from quarterhour.study import Study, read_study
from quarterhour.studytables import (
    BudgetTable,
    CirclesTable,
    NeighboursTable,
    RuleTable,
    SweepTable,
    WalkerTable,
)

# Keys that change how pages look, and nothing that is computed.
OF_PAGES = ("study.language", "study.map_approval", "study.synthetic", "report.unit",
            "report.classification", "report.plates", "report.sizes",
            "report.format")  # fmt: skip


class Keys(Store):
    """A store that computes nothing: only the keys of the stages are made."""

    def stage(self, name: str, parameters: object, compute: Any, **more: Any) -> Any:
        with suppress(NotAskedError):
            return super().stage(name, parameters, _nothing, **more)


class NotAskedError(Exception):
    pass


def _nothing(doubts: list[Any]) -> None:
    raise NotAskedError


@pytest.fixture(scope="module")
def full_study(small_study: Path) -> Study:
    """Return the small demo's study with every table in it."""
    study = read_study(small_study)
    own = WalkerTable(flat_mps=0.9)
    asked = replace(study.siting[0], budget=BudgetTable(), rule=(RuleTable(spacing_m=300.0),))
    return replace(study, walkers={"ours": own}, siting=(asked,))


def keys_of(study: Study, folder: Path) -> dict[str, str]:
    store = Keys(folder / "stages", folder / "none")
    pipeline._compute(study, store, None, siting=True)
    shutil.rmtree(folder / "stages")
    return store.keys


def every_key(table: Any = Study, way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the way to every key of the schema."""
    for name, hint in get_type_hints(table).items():
        if name == "folder" or name.startswith("__"):
            continue
        inner = [a for a in (hint, *get_args(hint)) if is_dataclass(a)]
        yield from every_key(inner[0], (*way, name)) if inner else [(*way, name)]


def other(value: Any) -> Any:
    """Return another value than a key's own."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1 if value < float("inf") else 1.0
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, tuple):
        return (*value, "x" if not value or isinstance(value[0], str) else value[-1] + 1)
    if isinstance(value, dict):
        return {**value, "x": 1.0}
    return 7 if value is None else value


def changed(thing: Any, way: tuple[str, ...]) -> Any:
    """Return a study with another value at one key."""
    name, *rest = way
    value = getattr(thing, name)
    if not rest:
        return replace(thing, **{name: other(value)})
    if isinstance(value, tuple):
        return replace(thing, **{name: (changed(value[0], tuple(rest)), *value[1:])})
    if isinstance(value, dict):
        first = next(iter(value))
        return replace(thing, **{name: {**value, first: changed(value[first], tuple(rest))}})
    return replace(thing, **{name: changed(value, tuple(rest))})


def test_every_key_is_read_by_a_stage_or_by_pages_alone(full_study: Study, tmp_path: Path):
    ways = sorted(set(every_key()))
    assert len(ways) > 90
    own = keys_of(full_study, tmp_path)
    assert tuple(own) == STAGES
    stale = []
    for way in ways:
        study = changed(full_study, way)
        # A date is read as its year.
        if way == ("study", "date"):
            study = replace(full_study, study=replace(full_study.study, date="2031"))
        # Files that are not there are not asked for here.
        with suppress(OSError):
            new = keys_of(study, tmp_path)
            same = new == own
            if same != (".".join(way) in OF_PAGES):
                stale.append(".".join(way))
        shutil.rmtree(tmp_path / "stages", ignore_errors=True)
    assert stale == []


def test_another_question_changes_no_stage_but_its_own(full_study: Study, tmp_path: Path):
    own, asked = keys_of(full_study, tmp_path), full_study.siting[0]
    for keys in ({"sites": 3}, {"rule": (RuleTable(must=("P001",)),)}, {"generate": "grid"}):
        new = keys_of(replace(full_study, siting=(replace(asked, **keys),)), tmp_path)
        assert [name for name in STAGES if new[name] != own[name]] == ["siting"]
    read = replace(asked, kind="canteen")
    new = keys_of(replace(full_study, siting=(read,)), tmp_path)
    assert new["inputs"] != own["inputs"]


class Watched:
    """A study that remembers which of its tables were read; of ``[study]``, which keys."""

    def __init__(self, study: Any, read: set[str], start: str = "") -> None:
        self.__dict__.update(_study=study, _read=read, _start=start)

    def __getattr__(self, name: str) -> Any:
        found = getattr(Study, name, None)
        if callable(found):
            return found.__get__(self)
        if name == "study":
            return Watched(self._study.study, self._read, "study.")
        self._read.add(self._start + name)
        return getattr(self._study, name)


def test_each_stage_reads_only_what_its_key_holds(small_study: Path, tmp_path: Path, monkeypatch):
    study, read = read_study(small_study), set[str]()
    held: set[str] = set()
    wrong = {}

    class Watching(Store):
        def stage(self, name: str, parameters: Any, compute: Any, **more: Any) -> Any:
            held.update(parameters)
            read.clear()
            result = super().stage(name, parameters, compute, **more)
            # The folder is where files lie, and the files are in the key of the inputs.
            unheld = read - held - {"folder"}
            unheld -= {"study.crs", "study.name"} if {"crs", "name"} <= held else set()
            unheld -= {"study.date"} if "year" in held else set()
            # Where the study's streets lie is told by the files.
            if name == "inputs":
                unheld -= {"streets"}
            if unheld:
                wrong[name] = sorted(unheld)
            return result

    monkeypatch.setattr(pipeline, "asdict", _asdict)
    watched: Any = Watched(study, read)
    pipeline._compute(watched, Watching(tmp_path / "stages", tmp_path), None, siting=True)
    assert wrong == {}


def _asdict(thing: Any) -> dict[str, Any]:
    return asdict(thing._study if isinstance(thing, Watched) else thing)


# --- how far streets must reach -----------------------------------------------------------------


@pytest.fixture
def walking(full_study: Study) -> Study:
    """Return a study of walkers alone: an elder at 0.85 m/s, 15 minutes and a sweep of 10."""
    asked = SweepTable(speeds=(), minutes=(10,), max_snap_m=())
    return replace(
        full_study, sweep=asked, circles=(), neighbours=None,
        streets=replace(full_study.streets, buffer_m=5000.0),
    )  # fmt: skip


def test_streets_reach_as_far_as_the_farthest_walk(walking: Study):
    most = max(
        walking.walker(name).limit_ms(15) / 1000 * walking.walker(name).flat_mps
        for name in ("elder", "elder_slow", "policy_walk", "policy_radius", "step_free")
    )
    assert needed_buffer_m(walking) == most + 300
    quick = replace(walking, sweep=replace(walking.sweep, speeds=(3.0,)))
    assert needed_buffer_m(quick) == 3 * 900 + 300
    long = replace(walking, sweep=replace(walking.sweep, minutes=(60,)))
    assert needed_buffer_m(long) == pytest.approx(0.85 * 3600 + 300)
    # The study's own walker without stairs is reported on, whoever the circle's walker is.
    own = WalkerTable(flat_mps=2.0, steps=False)
    assert needed_buffer_m(replace(walking, walkers={"step_free": own})) == 2 * 900 + 300
    # Without a word on the buffer, times up to an hour are walked on streets that reach half of it.
    free = replace(walking, streets=replace(walking.streets, buffer_m=None))
    assert needed_buffer_m(free) == pytest.approx(max(most, 0.85 * 1800) + 300)


def test_half_a_vehicle_s_range_is_enough_within_the_areas(walking: Study):
    bike = WalkerTable(flat_mps=10.0, ways="vehicle")
    circle = CirclesTable(name="meals", kinds=("canteen",), minutes=(30,), walker="bike")
    meals = replace(walking, walkers={"bike": bike}, circles=(circle,))
    # 18 km in half an hour: 9 km out and 9 km home again.
    assert needed_buffer_m(meals) == 9_000 + 300
    # A kitchen 2 km outside is 18 km away at most from a home: nobody strays beyond 10 km.
    assert needed_buffer_m(meals, outside_m=2_000) == 10_000 + 300
    assert needed_buffer_m(meals, outside_m=90_000) == 18_000 + 300
    counted = NeighboursTable(file="n.xlsx", count="yes")
    assert needed_buffer_m(replace(meals, neighbours=counted)) == 18_000 + 300
    shown = replace(counted, count="show")
    assert needed_buffer_m(replace(meals, neighbours=shown)) == 9_000 + 300


# --- what the files do not know -----------------------------------------------------------------


def rewritten(small_study: Path, to: Path, *pairs: tuple[str, str]) -> Path:
    shutil.copytree(small_study.parent, to)
    path = to / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def test_all_that_the_files_do_not_know_is_told_at_once(small_study: Path, tmp_path: Path):
    path = rewritten(
        small_study, tmp_path / "study",
        ('["care_centre", "care_station"]', '["care_centre", "care_sation"]'),
        ("beds_per_1000 = 40", "bed_per_1000 = 40"),
        ("nursing_share = 0.55", "nursing_share = 55"),
        ("service_floor_per_100 = 30", "service_floor_per_100 = nan"),
        ("[areas.zones] ", '[areas.zones]\nother = ["乌有街道"] '),
    )  # fmt: skip
    (path.parent / "premises.xlsx").write_bytes(b"no workbook")
    found = check_study(path)
    said = [fault.key for fault in found.faults]
    assert {"services.unknown_kind", "scorecard.unknown_target", "scorecard.target_above_one",
            "scorecard.bad_target", "equity.unknown_area"} <= set(said)  # fmt: skip
    assert len(said) == len(set(said)) == 6
    own = [f for f in found.faults if f.key.split(".")[0] in ("services", "scorecard", "equity")]
    assert {f.file for f in own} == {"study.toml"}


def test_a_target_for_a_kind_of_other_circles_is_unknown_and_a_run_takes_up_a_cover(
    small_study: Path, tmp_path: Path, monkeypatch
):
    path = rewritten(
        small_study, tmp_path / "study", ("beds_per_1000 = 40", '"walk_健身点" = 0.9'),
        ('minutes = [5, 10, 15, 20, 25, 30]', "minutes = []"),
        ("speeds = [0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3]", "speeds = []"),
    )  # fmt: skip
    # What is computed is asked here, and no page.
    monkeypatch.setattr(pipeline, "write_pages", lambda *_, **__: None)
    covered = run_study(path, out=tmp_path / "runs" / "cover", stop_after="cover")
    row = covered.findings.scorecard.of("study_walk_健身点")
    assert (row.verdict, [m.source for m in row.missing]) == ("unknown", ["facilities"])
    assert {("speed", "not_asked"), ("minutes", "not_asked")} <= set(
        covered.findings.sweep.left_out
    )
    # The whole run takes up all that the cover stopped at, and answers the question about sites.
    whole = run_study(path, out=tmp_path / "runs" / "whole")
    assert whole.manifest["ran"]["stages_reused"] == [s for s in STAGES if s != "siting"]
    assert len(whole.findings.plans) == 1 and covered.findings.plans == ()
    assert whole.findings.links.kind == covered.findings.links.kind == "care_station"
