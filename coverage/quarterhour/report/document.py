"""The report: one outline from the findings, written as docx and as html."""

from pathlib import Path

from quarterhour.errors import Fault, InputError
from quarterhour.findings import Findings
from quarterhour.report.chapters.annexes import add_annexes
from quarterhour.report.chapters.assessment import add_assessment
from quarterhour.report.chapters.basis import add_basis
from quarterhour.report.chapters.closing import add_compliance, add_next_steps
from quarterhour.report.chapters.siting import add_candidates, add_comparison, add_recommendation
from quarterhour.report.chapters.situation import add_situation
from quarterhour.report.chapters.summary import summary_box
from quarterhour.report.columns import clean_text
from quarterhour.report.facts import Facts
from quarterhour.report.html_writer import write_html
from quarterhour.report.outline import Draft, Outline, Plate
from quarterhour.report.pdf_writer import pages_of, write_pdf
from quarterhour.report.pictures import read_plates
from quarterhour.studytables import ReportForm
from quarterhour.wording import day
from quarterhour.words import Language

DOCX = "report.docx"
HTML = "report.html"
PDF = "report.pdf"
# Once for the pages, once with their numbers, once more should these have moved a heading.
_LAID_OUT = 3


def write_report(
    findings: Findings,
    folder: Path,
    *,
    language: Language,
    form: ReportForm = "report",
    pdf: bool = False,
) -> None:
    """Write ``report.docx`` and ``report.html`` into a run folder, and ``report.pdf`` if asked.

    Parameters
    ----------
    findings
        What to report.
    folder
        The run folder; plates in its ``plates`` folder are shown in the report.
    language
        Language of the report.
    form
        ``report``, or ``gongwen`` for the page of GB/T 9704-2012, in Chinese.
    pdf
        Whether LibreOffice or a browser is to make ``report.pdf``; where none is found, there is
        none. Its bytes are that program's and need not repeat.

    Raises
    ------
    InputError
        If the form of a Chinese official paper is asked for in English.
    """
    if form == "gongwen" and language != "zh":
        raise InputError(Fault("reportform.gongwen_english"))
    # python-docx is slow to import, and only a report needs it.
    from quarterhour.report.docx_writer import write_docx

    plates = read_plates(findings, folder / "plates", language=language)
    outline = build_outline(findings, language=language, plates=plates)
    write_docx(outline, folder / DOCX, form=form)
    write_html(outline, folder / HTML)
    if pdf:
        _lay_out(outline, folder, form)


def _lay_out(outline: Outline, folder: Path, form: ReportForm) -> None:
    """Write the PDF; where it is made from the docx, that gets the page of every heading too."""
    from quarterhour.report.docx_writer import write_docx

    parted = form == "gongwen"  # an official paper has 附件1 on a line above its title
    titles = [h.title if parted and h.label else h.text for h in outline.headings]
    told: tuple[int, ...] = ()
    for _ in range(_LAID_OUT):
        if write_pdf(folder / DOCX, folder / HTML, folder / PDF) != "docx":
            return
        pages = pages_of(folder / PDF, titles)
        if not pages or pages == told:
            return
        told = pages
        write_docx(outline, folder / DOCX, form=form, pages=told)


def build_outline(
    findings: Findings, *, language: Language, plates: tuple[Plate, ...] = ()
) -> Outline:
    """Return the report's content.

    Parameters
    ----------
    findings
        What to report.
    language
        Language of the report.
    plates
        Reduced plates to show; none by default.
    """
    facts = Facts.of(findings, language, plates=plates)
    draft = Draft(language)
    add_situation(draft, facts)
    add_assessment(draft, facts)
    add_basis(draft, facts)
    if findings.plans:
        add_candidates(draft, facts)
        add_comparison(draft, facts)
        add_compliance(draft)
        add_recommendation(draft, facts)
    add_next_steps(draft, facts)
    add_annexes(draft, facts)
    words = draft.text
    form = "siting" if findings.plans else "cover"
    kinds = list(dict.fromkeys(facts.kind(p.plan.kind) for p in findings.plans))
    return Outline(
        language=language,
        title=words(
            f"report.title_{form}", {"district": facts.district, "kinds": facts.join(kinds)}
        ),
        short_title=words(f"report.short_title_{form}"),
        about=_about(facts),
        mark=words("report.mark") if findings.synthetic else "",
        remark=words("report.mark_long") if findings.synthetic else "",
        notice=words("report.notice"),
        summary=summary_box(facts),
        blocks=tuple(draft.blocks),
        signed=_signed(facts),
    )


def _signed(facts: Facts) -> tuple[str, str]:
    """Return who made the report and its date in full; 待补充 for what is not known."""
    study = facts.findings.study
    date = clean_text(day(study.study.date, facts.language) or facts.missing())
    return clean_text(study.report.unit) or facts.missing(), date


def _about(facts: Facts) -> tuple[str, ...]:
    study, words = facts.findings.study, facts.words
    unit, date = _signed(facts)
    lines = [words("report.unit", {"unit": unit}), words("report.date", {"date": date})]
    if study.report.classification:
        values = {"text": clean_text(study.report.classification)}
        lines.append(words("report.classification", values))
    return tuple(lines)
