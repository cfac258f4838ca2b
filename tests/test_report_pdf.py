"""The report as PDF: by whatever program there is, it says the figures of the docx and the html."""

import shutil
from pathlib import Path

import pytest
from pypdf import PdfReader

from quarterhour import cli
from quarterhour.pipeline import StudyRun
from quarterhour.report import pdf_writer
from quarterhour.report.document import build_outline
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
    small_run: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    for name in ("find_office", "find_browser"):
        monkeypatch.setattr(pdf_writer, name, lambda: None)
    out = tmp_path / "new"
    arguments = ["report", str(small_run.folder), "--out", str(out), "--pdf", "--language", "zh",
                 "--plates", "none", "--format", "gongwen"]  # fmt: skip
    assert cli.run_command(arguments) == 0
    assert "report.pdf" in capsys.readouterr().out
    assert (out / "report.docx").is_file()
    assert not (out / "report.pdf").exists()


def test_a_program_that_fails_leaves_nothing(tmp_path: Path, monkeypatch) -> None:
    false = shutil.which("false")
    if false is None:
        pytest.skip("no program that fails here")
    for name in ("find_office", "find_browser"):
        monkeypatch.setattr(pdf_writer, name, lambda: false)
    assert not pdf_writer.write_pdf(tmp_path / "a.docx", tmp_path / "a.html", tmp_path / "a.pdf")
    assert list(tmp_path.iterdir()) == []
