"""Plates: the plan pages of a run, as PNG and as PDF.

A *plate* is one page with a title, a number and the elements of a plan sheet, on A3 in landscape
or on another sheet. Which plates a run has follows from its findings; titles and numbers are those
of the plate list in the design of this tool. All plates of the whole district have one scale on
one size of paper, so that pairs compare.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quarterhour.findings import Findings
from quarterhour.maps.choosing import ALL, Job, chosen_orders, idle_tokens, jobs_of, sheet_of
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.imprint import Imprint, imprint_of, walk_basis, years_words
from quarterhour.maps.orders import PLANNED, orders_of
from quarterhour.maps.sheets import A3, Sheet
from quarterhour.maps.titles import Order, PlateTitle
from quarterhour.samebytes import PDF_METADATA
from quarterhour.words import Language, Words

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from quarterhour.maps.canvas import Canvas
    from quarterhour.maps.fonts import Fonts
    from quarterhour.maps.layers import Ground


SMALL = "small"


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate that was drawn: number, title, stem of its files, and the files.

    ``small`` is a copy of a third of the size, for documents; on further sizes of paper it is the
    page itself. ``size`` is the name of the sheet.
    """

    number: str
    title: str
    stem: str
    png: Path
    pdf: Path
    small: Path
    size: str = A3.name


def plate_titles(
    findings: Findings, language: Language, plates: Sequence[str] | None = None
) -> tuple[PlateTitle, ...]:
    """Return the plates of a run, in order, without drawing them.

    Parameters
    ----------
    findings
        What they show.
    language
        Language of the titles.
    plates
        Which ones, by tokens (``main``, ``all``, ``none``, ``04``, ``04-2``, ``S``); those that
        the study names by default.

    Raises
    ------
    InputError
        With every token that is none.
    """
    tokens = findings.study.report.plates if plates is None else plates
    chosen = chosen_orders(orders_of(findings, Words(language)), tokens)
    return tuple(order.title for order in chosen)


def missing_plates(
    findings: Findings, language: Language, plates: Sequence[str] | None = None
) -> tuple[str, ...]:
    """Return the tokens that ask for plates which this run does not have.

    Parameters
    ----------
    findings, language, plates
        As of :func:`plate_titles`.
    """
    tokens = findings.study.report.plates if plates is None else plates
    return idle_tokens(orders_of(findings, Words(language)), tokens)


def plan_pages(
    findings: Findings,
    folder: Path,
    *,
    language: Language,
    plates: Sequence[str] | None = None,
    sizes: Sequence[str] | None = None,
    stems: Iterable[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Plate, ...]:
    """Draw the plates of a run.

    Parameters
    ----------
    findings
        What to show.
    folder
        Where to; it is made if it is not there. Files of the same names are replaced. Further
        sizes go into folders of their names inside it.
    language
        Language of the pages.
    plates, sizes
        Which plates, by tokens as of :func:`plate_titles`, and on which paper (``A3``,
        ``A3-portrait``, ``A4``, ``A4-portrait``); as the study says by default.
    stems
        Which plates, by the stems of their files, instead of tokens.
    on_progress
        Called with ``(done, total)`` after each plate.

    Raises
    ------
    InputError
        With every token that is none and every size that there is not; or if no font on this
        machine holds Chinese, or one of the characters of a name.
    """
    words, tokens = Words(language), plates if stems is None else (ALL,)
    jobs = jobs_of(findings, words, plates=tokens, sizes=sizes)
    if stems is not None:
        wanted = list(stems)
        at = {stem: n for n, stem in reversed(list(enumerate(wanted)))}
        sheets = list(dict.fromkeys(job.sheet.name for job in jobs))
        jobs = tuple(
            sorted(
                (job for job in jobs if job.order.title.stem in at),
                key=lambda job: (sheets.index(job.sheet.name), at[job.order.title.stem]),
            )
        )
    return draw_jobs(findings, folder, jobs, language=language, total=len(jobs),
                     on_progress=on_progress)  # fmt: skip


def draw_jobs(
    findings: Findings,
    folder: Path,
    jobs: Iterable[Job],
    *,
    language: Language,
    total: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Plate, ...]:
    """Draw plates into files, one job after the other.

    Parameters
    ----------
    findings, folder, language, on_progress
        As of :func:`plan_pages`.
    jobs
        What to draw. It is read as plates are drawn, so that two may share a list.
    total
        How many there are, for ``on_progress``.
    """
    (folder / SMALL).mkdir(parents=True, exist_ok=True)
    plates = []
    with own_settings(), ThreadPoolExecutor(max_workers=1) as encoder:
        encoding: Future[None] | None = None
        for job, canvas in _draw(findings, jobs, language):
            plate = plate_files(job.order.title, folder, sheet=job.sheet, further=job.further)
            plate.png.parent.mkdir(parents=True, exist_ok=True)
            pixels = write_pdf(canvas.figure, plate)
            # One picture is packed while the next plate is drawn; no more wait in memory.
            if encoding is not None:
                encoding.result()
            encoding = encoder.submit(write_png, pixels, plate)
            plates.append(plate)
            if on_progress is not None:
                on_progress(len(plates), total)
        if encoding is not None:
            encoding.result()
    return tuple(plates)


def draw_pages(
    findings: Findings,
    *,
    language: Language,
    plates: Sequence[str] = (ALL,),
    stems: Iterable[str] | None = None,
    size: str = A3.name,
) -> Iterator[tuple[PlateTitle, "Canvas"]]:
    """Draw one plate after the other without writing any.

    Parameters
    ----------
    findings
        What to show.
    language
        Language of the pages.
    plates
        Which plates, by tokens as of :func:`plate_titles`.
    stems
        Which plates, by the stems of their files, in their order, instead of tokens.
    size
        Size of paper.
    """
    sheet, orders = sheet_of(size), orders_of(findings, Words(language))
    chosen: Iterable[Order] = chosen_orders(orders, plates)
    if stems is not None:
        by_stem = {order.title.stem: order for order in orders}
        chosen = (by_stem[stem] for stem in stems)
    with own_settings():
        jobs = (Job(order, sheet) for order in chosen)
        for job, canvas in _draw(findings, jobs, language):
            yield job.order.title, canvas


def _draw(
    findings: Findings, jobs: Iterable[Job], language: Language
) -> Iterator[tuple[Job, "Canvas"]]:
    from quarterhour.maps.fonts import find_fonts
    from quarterhour.maps.sharing import Grounds

    grounds = Grounds(findings, Words(language))
    fonts, imprint = find_fonts(), imprint_of(findings, language)
    for job in jobs:
        ground = grounds.of(job.order, job.sheet)
        yield job, _page(findings, job, Words(language), fonts, ground, imprint)


def _page(
    findings: Findings,
    job: Job,
    words: Words,
    fonts: "Fonts",
    ground: "Ground",
    imprint: Imprint,
) -> "Canvas":
    from quarterhour.maps.canvas import Canvas
    from quarterhour.maps.draw import DRAWINGS
    from quarterhour.maps.layers import Subject
    from quarterhour.maps.page import Page
    from quarterhour.maps.plan_layers import term_words

    language, order = words.language, job.order
    canvas = Canvas(ground.view, fonts, job.sheet)
    page = Page(canvas, words)
    page.basis = walk_basis(findings, language)
    planned = order.drawing in PLANNED
    term = term_words(order.plan, page)
    page.years = years_words(findings, language, planned=planned, term=term)
    DRAWINGS[order.drawing](
        page, findings, ground, Subject(order.kind, order.plan, order.area, order.site)
    )
    written = page.write_labels()
    shown, total = written.get("id", (0, 0))
    if shown < total:
        page.notes.append(words("plate.note_ids", {"shown": shown, "total": total}))
    shown, total = written.get("area_name", (0, 0))
    if shown < total:
        page.notes.append(words("plate.note_names", {"count": total - shown}))
    page.finish(order.title.number, order.title.title, imprint)
    return canvas


def plate_files(
    title: PlateTitle, folder: Path, *, sheet: Sheet = A3, further: bool = False
) -> Plate:
    """Return a plate with the files it is written to; a further size has a folder of its own."""
    names, size = (title.number, title.title, title.stem), sheet.name
    png, pdf = f"{title.stem}.png", f"{title.stem}.pdf"
    if further:
        page = folder / size / png
        return Plate(*names, page, folder / size / pdf, page, size)
    return Plate(*names, folder / png, folder / pdf, folder / SMALL / png, size)


def write_pdf(figure: "Figure", plate: Plate) -> "NDArray[np.uint8]":
    """Write a plate as PDF and return it as pixels."""
    from quarterhour.maps.canvas import DPI
    from quarterhour.maps.picture import drawn_pixels

    figure.savefig(plate.pdf, dpi=DPI, metadata={**PDF_METADATA, "Title": plate.title})
    return drawn_pixels(figure)


def write_png(pixels: "NDArray[np.uint8]", plate: Plate) -> None:
    """Write a plate's pixels as PNG, and its small copy."""
    from quarterhour.maps.picture import write_pixels, write_small

    write_pixels(pixels, plate.png)
    if plate.small != plate.png:
        write_small(pixels, plate.small)
