"""Pictures: reduced copies of the plates, small enough to travel inside the report.

The text block of a page is 156 mm wide; some 1600 pixels on it are 260 to the inch. Plates have
flat colours, so a PNG of few colours is smaller than a JPEG, and its letters stay sharp.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from quarterhour.findings import Findings
from quarterhour.maps.plates import plate_titles
from quarterhour.report.outline import Picture, Plate
from quarterhour.words import Language, Words

WIDTH_PX = 1600
_COLOURS = 128


def read_plates(findings: Findings, folder: Path, *, language: Language) -> tuple[Plate, ...]:
    """Return reduced copies of the plates that a folder holds; none where it is not there.

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
    found = [
        (title, path)
        for title in plate_titles(findings, language)
        if (path := folder / f"{title.stem}.png").is_file()
    ]
    # Unpacking a page of 17 million pixels leaves the other processors free: take two at a time.
    with ThreadPoolExecutor(max_workers=2) as pool:
        pictures = list(pool.map(reduce_picture, [path for _, path in found]))
    return tuple(
        Plate(
            title.number, words("report.plate", {"number": title.number, "title": title.title}), p
        )
        for (title, _), p in zip(found, pictures, strict=True)
    )


def reduce_picture(path: Path) -> Picture:
    """Return a picture of about ``WIDTH_PX``, never enlarged, in few colours."""
    from PIL import Image

    with Image.open(path) as source:
        image = source.convert("RGB")
    factor = image.width // WIDTH_PX
    if factor > 1:
        image = image.reduce(factor)
    few = image.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    content = io.BytesIO()
    few.save(content, "PNG")
    return Picture(content.getvalue(), "image/png", image.width, image.height)
