"""The report as PDF: by whatever program there is, it says the figures of the docx and the html."""

import shutil
from pathlib import Path

import pytest
from pypdf import PdfReader

from quarterhour.errors import InputError
from quarterhour.pages import PageOptions, read_options
from quarterhour.pipeline import StudyRun
from quarterhour.report import pdf_writer
from quarterhour.report.document import build_outline, write_report
from quarterhour.telling import page_lines
from quarterhour.words import Words
from test_report_ties import figures, running, squeezed


def _read(path: Path) -> str:
    text = "".join(page.extract_text() for page in PdfReader(path).pages)
    return squeezed(text).replace(",", "")


@pytest.mark.browser
@pytest.mark.parametrize("other", ["find_office", "find_browser"])
def test_the_pdf_says_what_the_report_says(
    small_run: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str
) -> None:
    """Without the one program, the other makes it."""
    monkeypatch.setattr(pdf_writer, other, lambda: None)
    if pdf_writer.find_office() is None and pdf_writer.find_browser() is None:
        pytest.skip(f"no program but that of {other} makes a PDF here")
    target = tmp_path / "report.pdf"
    docx, html = (small_run.folder / f"report.{form}" for form in ("docx", "html"))
    assert pdf_writer.write_pdf(docx, html, target)
    assert [p.name for p in tmp_path.iterdir()] == ["report.pdf"]
    said = _read(target)
    findings = small_run.findings
    outline = build_outline(findings, language=findings.study.study.language)
    asked = {number.replace(",", "") for text in running(outline) for number in figures(text)}
    assert len(asked) > 100
    assert sorted(number for number in asked if number not in said) == []
    assert "123456789" not in said


def test_without_a_program_it_says_so_and_writes_the_rest(
    small_run: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("find_office", "find_browser"):
        monkeypatch.setattr(pdf_writer, name, lambda: None)
    findings = small_run.findings
    write_report(findings, tmp_path, language="zh", form="gongwen", pdf=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.docx", "report.html"]
    told = page_lines(findings, tmp_path, PageOptions(pdf=True), Words("zh"))
    assert "report.pdf" in told[0]
    assert "report.pdf" not in "".join(
        page_lines(findings, tmp_path, PageOptions(plates=("12", "01")), Words("zh"))
    )


def test_plates_that_a_run_does_not_have_are_told(small_run: StudyRun, tmp_path: Path) -> None:
    options = read_options(plates="01，12, S", sizes="A4")
    assert options.plates == ("01", "12", "S") and options.sizes == ("A4",)
    told = page_lines(small_run.findings, tmp_path, options, Words("en"))
    assert "12" in told[0] and "01" not in told[0]


def test_all_wrong_names_of_plates_and_papers_are_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        read_options(plates="4,maps,04", sizes="A5,A3")
    assert [f.values.get("token", f.values.get("size")) for f in error.value.faults] == [
        "4", "maps", "A5",
    ]  # fmt: skip


def test_a_program_that_fails_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    false = shutil.which("false")
    if false is None:
        pytest.skip("no program that fails here")
    for name in ("find_office", "find_browser"):
        monkeypatch.setattr(pdf_writer, name, lambda: false)
    assert not pdf_writer.write_pdf(tmp_path / "a.docx", tmp_path / "a.html", tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []
