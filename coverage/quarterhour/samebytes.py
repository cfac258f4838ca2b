"""The one room that makes files repeat byte for byte.

Writers love the clock: zip members, docx cores, PDF heads, GeoPackage tables and folium's random
ids all carry it. Every file of a run folder goes through one of these functions, so that the same
inputs give the same bytes whatever the day and the folder.
"""

import hashlib
import json
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIXED_STAMP = "1980-01-01T00:00:00Z"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")
# folium writes <what>_<32 hex digits>; the id is followed by "_" in derived names, so the end is
# "no further hex digit" and not a word boundary.
_FOLIUM_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")

# How long another program may hold a file that was just written: seconds between the tries.
_PATIENCE_S = (0.1, 0.3, 0.6, 1.0)

# For matplotlib's savefig: no date in the PDF, no version in the PNG.
PDF_METADATA: Mapping[str, Any] = {"CreationDate": None, "Producer": None, "Creator": "quarterhour"}
PNG_METADATA: Mapping[str, Any] = {"Software": None}


def settle_zip(path: Path) -> None:
    """Rewrite a zip-based file (xlsx, docx) with fixed dates, members in their given order."""
    with zipfile.ZipFile(path) as source:
        members = [(info.filename, source.read(info)) for info in source.infolist()]
    part = path.with_name(path.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members:
            if name == "docProps/core.xml":
                content = _STAMP.sub(rb"\g<1>" + FIXED_STAMP.encode() + rb"\g<2>", content)
            info = zipfile.ZipInfo(name, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            info.create_system = 3
            target.writestr(info, content)
    move_patiently(part, path)


def move_patiently(source: Path, target: Path) -> None:
    """Rename a file or a folder, in the place of a file that is there.

    Virus scanners and cloud drives hold for a moment what was just written, and on Windows nothing
    that is held can be renamed; so a refusal is final only after two seconds.

    Raises
    ------
    OSError
        If it cannot be renamed; both are then as they were.
    """
    for pause in _PATIENCE_S:
        try:
            source.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    source.replace(target)


def settle_ids(html: str) -> str:
    """Renumber folium's random ids in order of appearance."""
    seen: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        return seen.setdefault(match.group(), f"{len(seen) + 1:032d}")

    return _FOLIUM_ID.sub(number, html)


@contextmanager
def settled_geopackage() -> Iterator[None]:
    """Give GeoPackages written inside this block a fixed date."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "1980-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_json(path: Path, content: object) -> None:
    """Write JSON with sorted keys and Unix line ends on every platform."""
    write_text(path, json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends on every platform."""
    path.write_text(text, encoding="utf-8", newline="\n")


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's content as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digest_of(*parts: object) -> str:
    """Return the SHA-256 of JSON-able values, independent of the order of their keys."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
