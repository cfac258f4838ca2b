"""Pictures: the small copies of the plates, which travel inside the report.

The text block of a page is 156 mm wide; some 1600 pixels on it are 260 to the inch. Plates have
flat colours, so a PNG of few colours is smaller than a JPEG, and its letters stay sharp.
"""

import struct
from pathlib import Path

from quarterhour.findings import Findings
from quarterhour.maps.plates import SMALL, plate_titles
from quarterhour.report.outline import Picture, Plate
from quarterhour.words import Language, Words


def read_plates(findings: Findings, folder: Path, *, language: Language) -> tuple[Plate, ...]:
    """Return the small copies of the plates that a folder holds; none where it is not there.

    Parameters
    ----------
    findings
        What the plates show: their numbers and titles.
    folder
        The folder ``plates`` of a run.
    language
        Language of the titles.
    """
    words = Words(language)
    plates = []
    for title in plate_titles(findings, language, ("all",)):
        path = folder / SMALL / f"{title.stem}.png"
        if path.is_file():
            name = words("report.plate", {"number": title.number, "title": title.title})
            plates.append(Plate(title.number, name, read_picture(path)))
    return tuple(plates)


def read_picture(path: Path) -> Picture:
    """Return a PNG as it stands, with its size in pixels."""
    return picture_of(path.read_bytes())


def picture_of(content: bytes) -> Picture:
    """Return the bytes of a PNG as a picture, with its size in pixels."""
    # The first chunk of every PNG, at its 16th byte: width and height.
    width, height = struct.unpack(">II", content[16:24])
    return Picture(content, "image/png", width, height)
