"""The report as PDF: by whatever program there is, it says the figures of the docx and the html."""

import shutil
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from pypdf import PdfReader, PdfWriter

from quarterhour.errors import InputError
from quarterhour.pages import PageOptions, read_options
from quarterhour.pipeline import StudyRun
from quarterhour.report import document, pdf_writer
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


def _laid_out(path: Path, marks: list[tuple[str, int]], pages: int) -> None:
    """Write a PDF of empty pages with bookmarks: title and page, from 1."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(width=100, height=100)
    for title, page in marks:
        writer.add_outline_item(title=title, page_number=page - 1)
    writer.write(path)


def _contents(docx: Path) -> list[tuple[str, str]]:
    """Return text and page of every entry of the table of contents."""
    paragraphs = [p for p in Document(str(docx)).paragraphs if p.style.name.startswith("toc ")]
    made = []
    for paragraph in paragraphs:
        runs = "".join(t.text or "" for t in paragraph._p.iter(qn("w:t")))
        tab = next(paragraph._p.iter(qn("w:tab")), None) if "PAGEREF" in _codes(paragraph) else None
        number = runs[len(runs.rstrip("0123456789")) :] if tab is not None else ""
        made.append((runs.removesuffix(number), number))
    return made


def _codes(paragraph) -> str:
    return "".join(code.text for code in paragraph._p.iter(qn("w:instrText")))


def test_pages_are_those_of_the_headings_or_none(tmp_path: Path) -> None:
    pdf = tmp_path / "a.pdf"
    _laid_out(pdf, [("一、 基本情况", 2), ("（一）人口", 2), ("二、方案", 5)], 6)
    assert pdf_writer.pages_of(pdf, ["一、基本情况", "（一）人口", "二、方案"]) == (2, 2, 5)
    assert pdf_writer.pages_of(pdf, ["一、基本情况", "二、方案"]) == ()
    assert pdf_writer.pages_of(pdf, ["一、基本情况", "（二）人口", "二、方案"]) == ()


@pytest.mark.parametrize("form", ["report", "gongwen"])
def test_contents_show_the_pages_once_they_were_laid_out(
    small_run: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """The pages move once while the numbers come in, as they may."""
    shift = [0, 1, 1]
    made = []

    def lay_out(docx: Path, _html: Path, target: Path) -> str:
        styles = ("Heading 1", "Heading 2")
        heads = [p.text for p in Document(str(docx)).paragraphs if p.style.name in styles]
        moved = shift[len(made)]
        _laid_out(target, [(h, place + 3 + moved) for place, h in enumerate(heads)], 99)
        made.append(_contents(docx))
        return "docx"

    monkeypatch.setattr(document, "write_pdf", lay_out)
    write_report(small_run.findings, tmp_path, language="zh", form=form, pdf=True)  # type: ignore[arg-type]
    first, then, last = made
    assert {page for _, page in first} == {""}
    assert [page for _, page in then] == [str(n + 3) for n in range(len(then))]
    assert [page for _, page in last] == [str(n + 4) for n in range(len(last))]
    assert _contents(tmp_path / "report.docx") == last
    headings = build_outline(small_run.findings, language="zh").headings
    assert [text for text, _ in last] == [heading.text for heading in headings]


def test_a_pdf_of_the_page_leaves_the_contents_alone(
    small_run: StudyRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages of a browser are not those of the docx."""
    monkeypatch.setattr(document, "write_pdf", lambda *_: "html")
    monkeypatch.setattr(document, "pages_of", lambda *_: pytest.fail("pages were read"))
    write_report(small_run.findings, tmp_path, language="zh", pdf=True)
    assert {page for _, page in _contents(tmp_path / "report.docx")} == {""}


@pytest.mark.browser
def test_libreoffice_puts_the_headings_where_the_contents_say(
    small_run: StudyRun, tmp_path: Path
) -> None:
    if pdf_writer.find_office() is None:
        pytest.skip("no LibreOffice here")
    write_report(small_run.findings, tmp_path, language="zh", pdf=True)
    pages = [squeezed(page.extract_text()) for page in PdfReader(tmp_path / "report.pdf").pages]
    entries = _contents(tmp_path / "report.docx")
    assert len(entries) > 30
    for text, page in entries:
        assert squeezed(text) in pages[int(page) - 1], (text, page)
