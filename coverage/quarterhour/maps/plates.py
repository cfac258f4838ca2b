"""Plates: the plan pages of a run, as PNG and as PDF.

A *plate* is one A3 page in landscape with a title, a number and the elements of a plan sheet.
Which plates a run has follows from its findings; titles and numbers are those of the plate list
in the design of this tool. All plates of a run have one scale, so that pairs compare.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quarterhour.findings import Findings
from quarterhour.maps.defaults import own_settings
from quarterhour.maps.imprint import Imprint, imprint_of, walk_basis, years_words
from quarterhour.maps.orders import PLANNED, orders_of
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

    ``small`` is a copy of a third of the size, for documents.
    """

    number: str
    title: str
    stem: str
    png: Path
    pdf: Path
    small: Path


def plate_titles(findings: Findings, language: Language) -> tuple[PlateTitle, ...]:
    """Return the plates a run has, in order, without drawing them."""
    return tuple(order.title for order in orders_of(findings, Words(language)))


def plan_pages(
    findings: Findings,
    folder: Path,
    *,
    language: Language,
    stems: Iterable[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Plate, ...]:
    """Draw the plates of a run.

    Parameters
    ----------
    findings
        What to show.
    folder
        Where to; it is made if it is not there. Files of the same names are replaced.
    language
        Language of the pages.
    stems
        Which plates, by the stems of their files, in the order to draw them; all by default. It
        is read as the plates are drawn, so that two may share a list.
    on_progress
        Called with ``(done, total)`` after each plate.

    Raises
    ------
    InputError
        If no font on this machine holds Chinese, or one of the characters of a name.
    """
    (folder / SMALL).mkdir(parents=True, exist_ok=True)
    orders = orders_of(findings, Words(language))
    wanted = orders if stems is None else _chosen(orders, stems)
    plates = []
    with own_settings(), ThreadPoolExecutor(max_workers=1) as encoder:
        encoding: Future[None] | None = None
        for order, canvas in _draw(findings, wanted, language):
            plate = plate_files(order.title, folder)
            pixels = write_pdf(canvas.figure, plate)
            # One picture is packed while the next plate is drawn; no more wait in memory.
            if encoding is not None:
                encoding.result()
            encoding = encoder.submit(write_png, pixels, plate)
            plates.append(plate)
            if on_progress is not None:
                on_progress(len(plates), len(orders))
        if encoding is not None:
            encoding.result()
    return tuple(plates)


def draw_pages(
    findings: Findings, *, language: Language, stems: Iterable[str] | None = None
) -> Iterator[tuple[PlateTitle, "Canvas"]]:
    """Draw one plate after the other without writing any.

    Parameters
    ----------
    findings
        What to show.
    language
        Language of the pages.
    stems
        Which plates, by the stems of their files; all by default.
    """
    orders = orders_of(findings, Words(language))
    wanted = orders if stems is None else _chosen(orders, stems)
    with own_settings():
        for order, canvas in _draw(findings, wanted, language):
            yield order.title, canvas


def _chosen(orders: Iterable[Order], stems: Iterable[str]) -> Iterator[Order]:
    by_stem = {order.title.stem: order for order in orders}
    return (by_stem[stem] for stem in stems)


def _draw(
    findings: Findings, orders: Iterable[Order], language: Language
) -> Iterator[tuple[Order, "Canvas"]]:
    import shapely

    from quarterhour.maps.canvas import choose_view
    from quarterhour.maps.focus import own_view
    from quarterhour.maps.fonts import find_fonts
    from quarterhour.maps.layers import ground_of
    from quarterhour.maps.underlay import draw_underlay

    fonts, words = find_fonts(), Words(language)
    whole = choose_view(shapely.total_bounds(findings.areas.polygons))
    imprint = imprint_of(findings, language)
    # All plates of the whole district share one view, and so their scale and what lies below.
    shared: Ground | None = None
    for order in orders:
        view = own_view(findings, order)
        if view is not None:
            ground = ground_of(findings, view, draw_underlay(findings, view, words))
        else:
            shared = shared or ground_of(findings, whole, draw_underlay(findings, whole, words))
            ground = shared
        yield order, _page(findings, order, words, fonts, ground, imprint)


def _page(
    findings: Findings,
    order: Order,
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

    language = words.language
    canvas = Canvas(ground.view, fonts)
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


def plate_files(title: PlateTitle, folder: Path) -> Plate:
    """Return a plate with the files it is written to."""
    png, pdf = f"{title.stem}.png", f"{title.stem}.pdf"
    return Plate(
        title.number, title.title, title.stem, folder / png, folder / pdf, folder / SMALL / png
    )


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
    write_small(pixels, plate.small)
