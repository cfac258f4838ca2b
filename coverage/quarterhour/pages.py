"""Pages: write maps, plates, tables, layers, site list and report of some findings."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quarterhour.drawing import PlateHelper
from quarterhour.errors import raise_if
from quarterhour.findings import Findings
from quarterhour.samebytes import write_text
from quarterhour.studytables import ReportForm
from quarterhour.words import Language

if TYPE_CHECKING:
    from quarterhour.maps.tiles import Tiles

PAGES = ("map", "tables", "layers", "sites", "plates", "report")

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """How pages are to be, where the study's table ``[report]`` is not to decide.

    Attributes
    ----------
    plates
        Plates by number, by family (``04``, ``13``, ``S``) or set (``main``, ``all``, ``none``);
        ``None``: as the study says.
    sizes
        Sizes of paper, the first one that of the report; ``None``: as the study says.
    form
        ``report``, or ``gongwen`` for the page of GB/T 9704; ``None``: as the study says.
    pdf
        Whether another program is to make ``report.pdf``, where one is found.
    tiles
        Whose tiles the web map asks for over the network; ``None``: no request to anywhere.
    """

    plates: tuple[str, ...] | None = None
    sizes: tuple[str, ...] | None = None
    form: ReportForm | None = None
    pdf: bool = False
    tiles: "Tiles | None" = None


AS_STUDIED = PageOptions()


def read_options(
    *,
    plates: str = "",
    sizes: str = "",
    form: ReportForm | None = None,
    pdf: bool = False,
    tiles: str = "",
    key: str = "",
) -> PageOptions:
    """Return options from texts as they stand on a command line.

    Parameters
    ----------
    plates, sizes
        Names parted by commas; empty: as the study says.
    form, pdf
        As of :class:`PageOptions`.
    tiles, key
        ``osm`` or ``tianditu``, and the key for the latter; empty: none.

    Raises
    ------
    InputError
        With every name that is none.
    """
    listed = [[n for n in re.split(r"[,，、\s]+", text) if n] for text in (plates, sizes)]
    # Drawing is slow to load, and most command lines name no plate.
    if plates or sizes:
        from quarterhour.maps.choosing import plate_faults, size_faults

        raise_if([*plate_faults(listed[0]), *size_faults(listed[1])])
    made: Tiles | None = None
    if tiles:
        from quarterhour.maps.tiles import tiles_of

        made = tiles_of(tiles, key=key)
    return PageOptions(
        plates=tuple(listed[0]) or None, sizes=tuple(listed[1]) or None, form=form, pdf=pdf,
        tiles=made,
    )  # fmt: skip


def write_pages(
    findings: Findings,
    folder: Path,
    *,
    helper: PlateHelper,
    stages: Path,
    pages: tuple[str, ...] = PAGES,
    options: PageOptions = AS_STUDIED,
    language: Language | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Write maps, tables and the report of some findings into a folder.

    Parameters
    ----------
    findings
        What to show.
    folder
        Where to; files of the same names are replaced.
    helper, stages
        A second process for the plates, and the saved stages it reads.
    pages
        Some of ``PAGES``.
    options
        Which plates, which paper, which form of the report.
    language
        Language of the pages; the study's by default.
    on_progress
        Called with ``(page, done, total)``.

    Raises
    ------
    InputError
        If the report is asked for in the form of a Chinese official paper, and in English.
    """
    from quarterhour.maps import web_map
    from quarterhour.maps.charts import write_charts
    from quarterhour.report import write_layers, write_report, write_sites, write_tables
    from quarterhour.report.official import write_csv, write_figures

    language = language or findings.study.study.language
    form = options.form or findings.study.report.format
    plates = folder / "plates"
    if "plates" in pages:
        helper.begin(
            findings, stages, plates, language=language, plates=options.plates,
            sizes=options.sizes,
        )  # fmt: skip
    for done, page in enumerate(p for p in PAGES if p in pages):
        if on_progress is not None:
            on_progress(page, done, len(pages))
        if page == "map":
            page_text = web_map(findings, language=language, tiles=options.tiles)
            write_text(folder / "map.html", page_text)
        elif page == "tables":
            write_tables(findings, folder / "tables.xlsx", language=language)
            write_csv(findings, folder / "tables", language=language)
            write_figures(findings, folder / "figures.json", language=language)
        elif page == "layers":
            write_layers(findings, folder / "layers.gpkg", language=language)
        elif page == "sites":
            write_sites(findings, folder / "sites.xlsx", language=language)
        elif page == "plates":
            helper.finish(findings, plates, language=language)
            write_charts(findings, folder / "charts", language=language)
        elif page == "report":
            write_report(findings, folder, language=language, form=form, pdf=options.pdf)
