"""The report as PDF, made by a program that is there: LibreOffice from the docx, else a browser.

Neither is a dependency: a planner's machine mostly has Word or a browser, and prints the docx or
the html from there. No program is given a network, a profile of the user's, or more than some
minutes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from quarterhour.samebytes import move_patiently

_PATIENCE_S = 180.0
_OFFICES = ("soffice", "libreoffice")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge",
             "microsoft-edge")  # fmt: skip
# Where they lie when they are not on the search path: below the folders of programs.
_OFFICE_PLACES = (
    "LibreOffice/program/soffice.exe", "LibreOffice.app/Contents/MacOS/soffice",
)  # fmt: skip
_BROWSER_PLACES = (
    "Google/Chrome/Application/chrome.exe", "Microsoft/Edge/Application/msedge.exe",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge", "Chromium.app/Contents/MacOS/Chromium",
)  # fmt: skip


def write_pdf(docx: Path, html: Path, target: Path) -> Literal["", "docx", "html"]:
    """Write a report as PDF, and tell from which file; empty where no program was found.

    Parameters
    ----------
    docx, html
        The report as it was written.
    target
        The file to write; it is whole or not there.
    """
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        office, browser = find_office(), find_browser()
        source: Literal["docx", "html"]
        if office is not None and _call(office, _office_words(docx, room)):
            source, made = "docx", room / f"{docx.stem}.pdf"
        elif browser is not None and _call(browser, _browser_words(html, room)):
            source, made = "html", room / "page.pdf"
        else:
            return ""
        if not made.is_file():
            return ""
        part = target.with_name(target.name + ".part")
        shutil.copyfile(made, part)
        move_patiently(part, target)
    return source


def pages_of(pdf: Path, titles: Sequence[str]) -> tuple[int, ...]:
    """Return the page on which each heading stands, from 1.

    Parameters
    ----------
    pdf
        The report, laid out from the docx: its bookmarks are the headings.
    titles
        The headings, in order.

    Returns
    -------
    tuple of int
        A page for each title; empty where the bookmarks are not these headings.
    """
    # Only a report that another program has laid out needs it.
    from pypdf import PdfReader
    from pypdf.generic import Destination

    reader = PdfReader(pdf)

    def flat(entries: Iterable[object]) -> Iterator[Destination]:
        for entry in entries:
            if isinstance(entry, list):
                yield from flat(entry)
            elif isinstance(entry, Destination):
                yield entry

    marks = list(flat(reader.outline))
    if [_plain(str(mark.title)) for mark in marks] != [_plain(title) for title in titles]:
        return ()
    pages = [reader.get_destination_page_number(mark) for mark in marks]
    return () if None in pages else tuple(page + 1 for page in pages if page is not None)


def _plain(text: str) -> str:
    return "".join(text.split())


def find_office() -> str | None:
    """Return LibreOffice's program; ``None`` where there is none."""
    return _find(_OFFICES, _OFFICE_PLACES)


def find_browser() -> str | None:
    """Return a browser that prints without a window; ``None`` where there is none."""
    return _find(_BROWSERS, _BROWSER_PLACES)


def _find(names: Sequence[str], places: Sequence[str]) -> str | None:
    for name in names:
        if found := shutil.which(name):
            return found
    keys = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
    roots = [Path(os.environ[key]) for key in keys if os.environ.get(key)]
    if sys.platform == "darwin":
        roots += [Path("/Applications"), Path.home() / "Applications"]
    there = (root / place for root in roots for place in places)
    return next((str(path) for path in there if path.is_file()), None)


def _office_words(docx: Path, room: Path) -> list[str]:
    # A profile of its own: one that is open in a window would take the call and do nothing.
    profile = (room / "profile").resolve().as_uri()
    return [f"-env:UserInstallation={profile}", "--headless", "--norestore", "--convert-to", "pdf",
            "--outdir", str(room), str(docx.resolve())]  # fmt: skip


def _browser_words(html: Path, room: Path) -> list[str]:
    return ["--headless", "--disable-gpu", "--no-sandbox", "--disable-background-networking",
            "--no-pdf-header-footer", f"--user-data-dir={room / 'profile'}",
            f"--print-to-pdf={room / 'page.pdf'}", html.resolve().as_uri()]  # fmt: skip


def _call(program: str, words: Sequence[str]) -> bool:
    try:
        done = subprocess.run(
            [program, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
