"""The run of a study: whole or not at all, the same bytes twice, stages taken up again."""

import filecmp
import json
import os
import shutil
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from quarterhour import drawing, pipeline
from quarterhour.errors import InputError
from quarterhour.pages import PageOptions
from quarterhour.pipeline import PAGES, StudyRun, rewrite_pages, run_demo, run_study
from quarterhour.stages import STAGES


def files_of(folder: Path) -> dict[str, Path]:
    """Return every file of a folder by its relative name."""
    return {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}


def differing(one: Path, other: Path) -> list[str]:
    """Return the files that differ, the ``ran`` block of the manifest apart."""
    a, b = files_of(one), files_of(other)
    assert a.keys() == b.keys()
    differ = [n for n in a if n != "manifest.json" and not filecmp.cmp(a[n], b[n], shallow=False)]
    manifests = [json.loads(f["manifest.json"].read_text(encoding="utf-8")) for f in (a, b)]
    for manifest in manifests:
        manifest.pop("ran")
    return differ if manifests[0] == manifests[1] else [*differ, "manifest.json"]


def test_a_run_folder_holds_what_the_readme_says(small_run: StudyRun):
    names = files_of(small_run.folder)
    wanted = ["map.html", "tables.xlsx", "layers.gpkg", "sites.xlsx", "report.docx", "report.html",
              "manifest.json"]  # fmt: skip
    assert set(wanted) <= set(names)
    assert any(n.startswith("plates/") and n.endswith(".png") for n in names)
    assert any(n.startswith("plates/") and n.endswith(".pdf") for n in names)
    assert {f"stages/{s}.npz" for s in (*STAGES, "study")} <= set(names)


def test_the_same_bytes_in_another_folder_without_reuse(
    small_study: Path, small_run: StudyRun, tmp_path: Path
):
    moved = shutil.copytree(small_study.parent, tmp_path / "elsewhere" / "demo")
    again = run_study(moved / "study.toml", out=tmp_path / "另一处" / "结果")
    assert again.manifest["ran"]["stages_reused"] == []
    assert differing(small_run.folder, again.folder) == []


def test_stages_are_taken_from_the_neighbour_and_one_process_draws_what_two_drew(
    small_study: Path, small_run: StudyRun, monkeypatch
):
    monkeypatch.setattr(drawing.os, "cpu_count", lambda: 1)
    monkeypatch.setattr(drawing, "subprocess", None)  # nor could it start another
    again = run_study(small_study, out=small_run.folder.with_name("again"))
    assert again.manifest["ran"]["stages_reused"] == list(STAGES)
    assert differing(small_run.folder, again.folder) == []


def test_a_changed_parameter_recomputes_what_depends_on_it(
    small_study: Path, small_run: StudyRun, tmp_path: Path, monkeypatch
):
    monkeypatch.setattr(pipeline, "write_pages", lambda *_, **__: None)
    text = small_study.read_text(encoding="utf-8").replace("radius_m = 150", "radius_m = 200")
    changed = shutil.copytree(small_study.parent, tmp_path / "demo") / "study.toml"
    changed.write_text(text, encoding="utf-8")
    assert "radius_m = 200" in text
    again = run_study(changed, out=small_run.folder.with_name("other-radius"))
    assert again.manifest["ran"]["stages_reused"] == [
        "inputs", "streets", "demand", "cover", "measures",
    ]  # fmt: skip


def cut_short(content: bytes) -> bytes:
    return content[:2000]


def with_a_wrong_byte(content: bytes) -> bytes:
    """Keep the key readable, and damage what stands under it."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


@pytest.mark.parametrize("damaged", [cut_short, with_a_wrong_byte])
def test_a_damaged_neighbour_is_computed_anew(
    small_study: Path, small_run: StudyRun, tmp_path: Path, monkeypatch, damaged
):
    monkeypatch.setattr(pipeline, "write_pages", lambda *_, **__: None)
    shutil.copytree(small_run.folder / "stages", tmp_path / "one" / "stages")
    shutil.copy(small_run.folder / "manifest.json", tmp_path / "one")
    stage = tmp_path / "one" / "stages" / "cover.npz"
    stage.write_bytes(damaged(stage.read_bytes()))
    again = run_study(small_study, out=tmp_path / "two")
    assert again.manifest["ran"]["stages_reused"] == [s for s in STAGES if s != "cover"]
    assert filecmp.cmp(again.folder / "stages" / "cover.npz",
                       small_run.folder / "stages" / "cover.npz", shallow=False)  # fmt: skip


def test_open_gives_the_results_back_as_objects(small_run: StudyRun):
    found = StudyRun.open(small_run.folder).findings
    assert found.coverage.share("any") == small_run.findings.coverage.share("any")
    assert found.study.study.name == small_run.manifest["study"]["study"]["name"]
    assert found.network.n_edges > 4_000
    assert isinstance(found.plans[0].plan.gain_people, np.ndarray)


def test_an_interrupted_run_leaves_nothing(
    small_study: Path, small_run: StudyRun, tmp_path: Path, monkeypatch
):
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    # At the first stage, and the folders above it go as well.
    with pytest.raises(KeyboardInterrupt):
        run_study(small_study, out=tmp_path / "new" / "run", on_progress=stop)
    assert list(tmp_path.iterdir()) == []
    # At the pages, when all stages lie in it.
    monkeypatch.setattr(pipeline, "write_pages", stop)
    beside = sorted(small_run.folder.parent.iterdir())
    with pytest.raises(KeyboardInterrupt):
        run_study(small_study, out=small_run.folder.with_name("stopped"))
    assert sorted(small_run.folder.parent.iterdir()) == beside


def test_an_old_run_is_never_replaced(small_study: Path, small_run: StudyRun):
    before = files_of(small_run.folder)
    with pytest.raises(InputError) as caught:
        run_study(small_study, out=small_run.folder)
    assert caught.value.faults[0].key == "run.folder_taken"
    assert files_of(small_run.folder).keys() == before.keys()


def test_no_path_of_the_machine_is_written(small_run: StudyRun, session_folder: Path):
    machine = str(session_folder).encode()
    for name, path in files_of(small_run.folder).items():
        assert machine not in path.read_bytes(), name


def test_pages_in_the_other_language_go_to_a_new_folder(small_run: StudyRun, tmp_path: Path):
    target = rewrite_pages(small_run, pages=("tables",), language="en", out=tmp_path / "en")
    made = sorted(p.name for p in target.iterdir())
    assert made == ["figures.json", "tables", "tables.xlsx"]
    assert set(PAGES) >= {"map", "report"}


def test_synthetic_data_say_so_everywhere(small_run: StudyRun):
    assert small_run.manifest["synthetic"] is True
    for name in ("map.html", "report.html"):
        assert "演示数据" in (small_run.folder / name).read_text(encoding="utf-8"), name


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell stands for the second process")
@pytest.mark.parametrize("script", ["exit 1", "read task; echo; read one; echo; read two; exit 1"])
def test_a_second_process_that_breaks_down_costs_only_time(
    small_run: StudyRun, tmp_path: Path, monkeypatch, caplog, script: str
):
    """Whether it never began, or took two plates with it."""
    helper = tmp_path / "helper"
    helper.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    helper.chmod(0o755)
    monkeypatch.setattr(drawing.sys, "executable", str(helper))
    few = PageOptions(plates=("01", "03", "10"))
    alone = rewrite_pages(small_run, pages=("plates",), options=few, out=tmp_path / "alone")
    drawn, whole = files_of(alone / "plates"), files_of(small_run.folder / "plates")
    assert set(drawn) == {name for name in whole if Path(name).name[:2] in few.plates}
    assert [n for n in drawn if not filecmp.cmp(drawn[n], whole[n], shallow=False)] == []
    assert "drawn again" in caplog.text


@pytest.mark.parametrize("plates", [("01",), pytest.param((), marks=pytest.mark.whole)], ids=len)
def test_the_english_demo_runs_to_the_end(tmp_path: Path, plates: tuple[str, ...]):
    options = PageOptions(plates=plates or None)
    run = run_demo(out=tmp_path / "en", size="small", language="en", options=options)
    text = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "demo data" in text.lower()
    assert run.study.study.language == "en"
    names = sorted(p.name for p in (run.folder / "plates").glob("*.pdf"))
    assert names == ["01-planning-area.pdf"] if plates else len(names) > 12


def test_facilities_without_a_street_are_named(small_study: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(pipeline, "write_pages", lambda *_, **__: None)
    folder = shutil.copytree(small_study.parent, tmp_path / "demo")
    book = openpyxl.load_workbook(folder / "facilities.xlsx")
    # Some 40 km north of the district: not far enough to be refused, and no street anywhere near.
    book.active["C2"], book.active["D2"] = 105.4, 29.75
    name = book.active["A2"].value
    book.save(folder / "facilities.xlsx")
    run = run_study(folder / "study.toml", out=tmp_path / "run")
    assert run.manifest["network"]["facilities_no_street"] == ["F001"]
    said = [d for d in run.manifest["doubts"] if "F001" in d]
    assert len(said) == 1
    assert name in said[0]
    assert "150" in said[0]


@pytest.mark.parametrize("made", [3, None])
def test_a_run_of_another_generation_is_refused_with_a_mend(small_run, tmp_path, made):
    folder = tmp_path / "old"
    shutil.copytree(small_run.folder / "stages", folder / "stages")
    manifest = json.loads((small_run.folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["code_generation"] = made
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        _ = StudyRun.open(folder).findings
    assert [f.key for f in caught.value.faults] == ["run.other_generation"]


def test_stages_of_another_version_are_refused_with_a_mend(small_run, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(small_run.folder / "stages", folder / "stages")
    shutil.copy(small_run.folder / "manifest.json", folder)
    (folder / "stages" / "cover.npz").write_bytes(b"no zip at all")
    with pytest.raises(InputError) as caught:
        _ = StudyRun.open(folder).findings
    assert [f.key for f in caught.value.faults] == ["run.stages_unreadable"]
    (folder / "stages" / "cover.npz").unlink()
    with pytest.raises(InputError):
        _ = StudyRun.open(folder).findings
