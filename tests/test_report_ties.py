"""Ties: what the report says in words stands in its tables, in the workbooks, in both languages."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from docx import Document
from docx.oxml.ns import qn
from openpyxl import load_workbook

from quarterhour.findings import Findings
from quarterhour.pipeline import StudyRun
from quarterhour.report.document import build_outline
from quarterhour.report.facts import people_before_after
from quarterhour.report.outline import Box, Grid, Listing, Outline, Paragraph
from quarterhour.wording import people, percent, points
from quarterhour.words import LANGUAGES, Language

FIGURE = re.compile(r"(?<![A-Za-z0-9_.])\d[\d,]*(?:\.\d+)?万?(?:%|％)?")
# What names something and counts nothing: documents, dates, files, ratios, digests, quoted sheets.
NAMES = (
    r"《[^》]*》(?:（[^）]*）)?", r"“[^”]*”", r"GB ?\d+(?:-\d+)?|JGJ ?\d+", r"\(E2SFCA\)",
    r"\b[0-9a-f]{64}\b", r"1:12", r"[表图]\s?\d+(?:、\d+)*", r"[Tt]ables? \d+",
    r"SHA-256|EPSG:\d+|A3", r"附件\s?\d+",
    r"\d+ (?:May|September|February) \d{4}",
    r"(?<!\d)(?:19|20)\d\d(?!\d|[,.]\d|%)年?", r"\w+\.(?:xlsx|pbf|csv|toml|osm)",
    r"\b[A-Z]\d{2,3}\b",
    r"图号\d+(?:、\d+)*",
)  # fmt: skip
FORBIDDEN = ("很", "非常", "基本上", "显著")


@pytest.fixture(scope="module")
def findings(small_run: StudyRun) -> Findings:
    return small_run.findings


@pytest.fixture(scope="module")
def outlines(findings: Findings) -> dict[Language, Outline]:
    return {language: build_outline(findings, language=language) for language in LANGUAGES}


@pytest.fixture(scope="module")
def pool(small_run: StudyRun, outlines: dict[Language, Outline]) -> set[str]:
    """Return every figure of the workbooks and of the report's own tables, as texts write it."""
    found: set[str] = set()
    for name in ("tables.xlsx", "sites.xlsx"):
        book = load_workbook(small_run.folder / name, read_only=True)
        for sheet in book.worksheets:
            for row in sheet.iter_rows(values_only=True):
                for cell in row:
                    found |= _written(cell)
    for block in outlines["zh"].blocks:
        if isinstance(block, Grid):
            found |= {f for row in block.rows for cell in row for f in figures(cell)}
    return found


class _Page(HTMLParser):
    """Gather what a reader of the page sees."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._skip = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._skip = tag in ("style", "script", "title")

    def handle_endtag(self, tag: str) -> None:
        self._skip = False

    def handle_data(self, data: str) -> None:
        if not self._skip and data.strip():
            self.said.append(data)


def figures(text: str) -> list[str]:
    """Return the figures of a text, without thousands' commas; names of things are left out."""
    for name in NAMES:
        text = re.sub(name, " ", text)
    return [found.replace(",", "") for found in FIGURE.findall(text)]


def running(outline: Outline) -> list[str]:
    """Return what is said in sentences, the first page included."""
    said = [p.text for p in outline.summary.paragraphs]
    for block in outline.blocks:
        if isinstance(block, Paragraph):
            said.append(block.text)
        elif isinstance(block, Listing):
            said += [item.text for item in block.items]
    return said


def untied(texts: Iterable[str], pool: set[str], known: set[str]) -> list[tuple[str, str]]:
    """Return each figure of the texts that no table has, with its sentence."""
    return [
        (figure, text) for text in texts for figure in figures(text)
        if figure not in pool and figure not in known
    ]  # fmt: skip


def _written(cell: object) -> set[str]:
    if isinstance(cell, bool) or cell is None:
        return set()
    if isinstance(cell, int | float):
        size = abs(float(cell))
        found = {f"{size:.0f}", f"{size:.1f}", f"{size:.2f}", f"{size:.3f}", f"{size:g}"}
        found |= {f"{size / 1e4:.2f}万"} if size >= 1e4 else set()
        return found | ({f"{100 * size:.1f}%"} if size <= 1.0 else set())
    return set(figures(str(cell)))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def derived(findings: Findings) -> set[str]:
    """Return the few figures of sentences that are put together of those in tables."""
    measured, lead = findings.measured, findings.summary().of(findings.plans[0].plan.kind)
    backup, kind = measured.walk_times, lead.kind
    group = findings.lead_group
    residents = float(backup.residents[:, backup.groups.index(group)].sum())
    none = float(backup.people_with(kind, "none", group=group).sum())
    assert findings.links is not None
    together = findings.links.together_gained[-1, findings.links.groups.index(group)]
    return {
        # People in gaps: the table of gaps has those who live scattered in its sum as well.
        f"{lead.people_in_gaps:.0f}",
        # Shares of the lead group with no facility in reach, and of what the worst served half has.
        percent(none / residents), percent(measured.equity.half_has(kind)),
        # Links that were tried, and what the best of them do together: the table has the best.
        *(f"{int(n)}" for n in findings.links.tried), f"{float(together):.0f}",
        # Below this two plans count as close.
        "2%",
    }  # fmt: skip


# --- the text and the tables


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_figure_of_the_text_is_without_a_table(
    findings: Findings, outlines: dict[Language, Outline], pool: set[str], language: Language
) -> None:
    known = derived(findings) | {f.replace(",", "") for f in derived(findings)}
    assert untied(running(outlines[language]), pool, known) == []


def test_a_figure_of_the_text_alone_is_found(
    outlines: dict[Language, Outline], pool: set[str]
) -> None:
    texts = running(outlines["zh"])
    at, said = next((n, found) for n, text in enumerate(texts)
                    if (found := re.search(r"\d,\d{3}人", text)))  # fmt: skip
    wrong = [*texts[:at], texts[at].replace(said[0], "2,777.7人"), *texts[at + 1 :]]
    assert [figure for figure, _ in untied(wrong, pool, set()) if figure == "2777.7"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_key_figures_tie_to_their_tables(
    findings: Findings, outlines: dict[Language, Outline], language: Language
) -> None:
    """Coverage, gain and who is left: first page, chapter and tables say one and the same."""
    found, outline = findings.plans[0], outlines[language]
    total = found.plan.people_total
    before, after = people_before_after(found)
    first = "".join(p.text for p in outline.summary.paragraphs)
    for text in (people(after - before, language), people(total - after, language),
                 percent(before / total), percent(after / total),
                 points((after - before) / total, language)):  # fmt: skip
        assert text in first
    grids = {grid.headers[-1]: grid for grid in outline.blocks if isinstance(grid, Grid)}
    left = grids["仍未覆盖（人）" if language == "zh" else "Not covered then (people)"]
    assert left.rows[-1][1:4] == (f"{total:,.0f}", percent(before / total), percent(after / total))
    assert left.rows[-1][-1] == f"{total - after:,.0f}"
    assert left.rows[-1][-2] == f"{100 * (after - before) / total:.1f}"
    rates = [[float(cell.rstrip("%")) for cell in row[2:5]] for row in left.rows if "%" in row[2]]
    assert len(rates) > 4
    assert [rate for rate in rates if abs(rate[1] - rate[0] - rate[2]) > 0.101] == []
    sums = [row for grid in outline.blocks if isinstance(grid, Grid)
            for row in grid.rows[len(grid.rows) - grid.totals :]]  # fmt: skip
    assert sum(f"{found.plan.people_gained:,.0f}" in row for row in sums) >= 1


def test_the_list_of_sites_ties_to_the_report(
    small_run: StudyRun, findings: Findings, outlines: dict[Language, Outline]
) -> None:
    ids = findings.plans[0].plan.site_ids
    book = load_workbook(small_run.folder / "sites.xlsx", read_only=True)
    cells = {str(cell) for sheet in book.worksheets
             for row in sheet.iter_rows(values_only=True) for cell in row if cell}  # fmt: skip
    assert set(ids) <= cells
    first = "".join(p.text for p in outlines["zh"].summary.paragraphs)
    places = [first.index(one) for one in ids]
    assert places == sorted(places)


# --- the two files


def test_both_files_say_the_same(small_run: StudyRun, outlines: dict[Language, Outline]) -> None:
    document = Document(str(small_run.folder / "report.docx"))
    said = [
        "".join(t.text or "" for t in p.iter(qn("w:t")))
        for p in document.element.body.iter(qn("w:p")) if not _is_contents(p)
    ]  # fmt: skip
    page = _Page()
    page.feed((small_run.folder / "report.html").read_text(encoding="utf-8"))
    html, docx = squeezed("".join(page.said)), squeezed("".join(said))
    assert [text for text in said if squeezed(text) not in html] == []
    # A page has no header that repeats the mark, and a document no way back to its contents.
    own = [outlines["zh"].mark, "返回目录"]
    assert [t for t in page.said if t not in own and squeezed(t) not in docx] == []


def _is_contents(paragraph: object) -> bool:
    style = paragraph.find(qn("w:pPr") + "/" + qn("w:pStyle"))
    return style is not None and style.get(qn("w:val"), "").lower().startswith("toc")


def test_what_is_called_for_elsewhere_is_there(
    small_run: StudyRun, outlines: dict[Language, Outline]
) -> None:
    """A sheet that a sentence names is in its workbook, and a file in the folder."""
    said = "".join(running(outlines["zh"]))
    sheets = load_workbook(small_run.folder / "tables.xlsx", read_only=True).sheetnames
    named = re.findall(r"tables\.xlsx 的“([^”]+)”", said)
    assert named
    assert [name for name in named if not any(name in sheet for sheet in sheets)] == []
    files = set(re.findall(r"(\w+\.xlsx)", said)) - {
        Path(source.file).name for source in small_run.findings.sources
    }
    assert {"tables.xlsx"} <= files
    assert [name for name in files if not (small_run.folder / name).is_file()] == []


# --- the two languages


def test_both_languages_say_the_same_figures(outlines: dict[Language, Outline]) -> None:
    zh, en = (_in_full(running(outlines[language])) for language in LANGUAGES)
    assert (zh - en, en - zh) == (Counter(), Counter())


def _in_full(texts: list[str]) -> Counter[str]:
    """Return the figures, those from 10,000 on as the Chinese text has them: 1.73万."""
    said = Counter[str]()
    for figure in (f for text in texts for f in figures(text)):
        plain = re.fullmatch(r"\d+", figure)
        said[f"{int(figure) / 1e4:.2f}万" if plain and int(figure) >= 10_000 else figure] += 1
    return said


def test_no_empty_word_is_used(outlines: dict[Language, Outline]) -> None:
    cells = [cell for block in outlines["zh"].blocks if isinstance(block, Grid)
             for row in (*block.rows, block.headers, block.notes) for cell in row]  # fmt: skip
    said = [*running(outlines["zh"]), *cells]
    assert [text for text in said if any(word in text for word in FORBIDDEN)] == []


def test_rates_change_in_points(outlines: dict[Language, Outline]) -> None:
    """A rate never rises by per cent."""
    said = "".join(running(outlines["zh"]))
    assert not re.search(r"(?:提高|降低|上升|下降|相差)(?:了|约)?\d[\d.]*%", said)
    assert "个百分点" in said


# --- what is left open


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_open_is_listed_at_the_end(
    outlines: dict[Language, Outline], language: Language
) -> None:
    grids = [block for block in outlines[language].blocks if isinstance(block, Grid)]
    marks = ("待补充", "待核实") if language == "zh" else ("to be supplied", "to be verified")
    *others, last = grids
    open_cells = sum(cell in marks for grid in others for row in grid.rows for cell in row)
    assert open_cells > 0
    assert sum(int(row[-1]) for row in last.rows) == open_cells


def test_nothing_is_called_verified(outlines: dict[Language, Outline]) -> None:
    outline = outlines["zh"]
    assert isinstance(outline.summary, Box)
    said = "".join([*running(outline), *(p.lead for p in outline.summary.paragraphs)])
    assert re.findall(r"已核实\d+项", said) == ["已核实0项"]
    assert outline.blocks[-1] == replace(outline.blocks[-1], text=outline.notice)
