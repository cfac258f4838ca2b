"""Opening a planner's file: what may be opened at all, and what it really is.

Only regular files of a bounded size are read, and nothing is written beside them. A file is what
its first bytes say, not what its name says: a library that is handed a map file by its name alone
would also open a list of links to elsewhere. Zips are unpacked with a bound, member by member,
and what was checked is what is read.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from quarterhour.errors import Fault, InputError

MEGABYTE = 1_000_000
MOST_TABLE_BYTES = 500 * MEGABYTE
MOST_MAP_BYTES = 4_000 * MEGABYTE
MOST_COLUMNS = 1_000
MOST_ROWS = 5_000_000
# Cells of a workbook, blank ones between included: its library keeps all of them at once.
MOST_CELLS = 30_000_000
_MOST_MEMBERS = 10_000
# Sheets of numbers shrink to a tenth, of repeated words to a hundredth; a bomb to a thousandth.
_MOST_RATIO = 300
_RATIO_FROM = 20 * MEGABYTE
_CHUNK = 1 << 20

TABLE_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tsv", ".txt")
MAP_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".parquet", ".geoparquet", ".kml",
                ".kmz", ".gdb", ".zip", ".dxf")  # fmt: skip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def check_openable(path: Path) -> str:
    """Return the suffix of a file that may be read, in lower case.

    Raises
    ------
    InputError
        If there is no such file, it is no regular one, too large, or of a kind that is not read.
    """
    suffix = path.suffix.lower()
    try:
        about = path.stat()
    except (OSError, ValueError):
        raise InputError(Fault("input.missing_file", {"path": str(path)})) from None
    if stat.S_ISDIR(about.st_mode) and suffix != ".gdb":
        raise InputError(Fault("input.is_a_folder", {"path": str(path)}))
    # A pipe would wait for ever, and a device has no end.
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
        raise InputError(Fault("file.not_regular", file=path.name))
    if suffix not in (*TABLE_SUFFIXES, *MAP_SUFFIXES):
        raise InputError(Fault("input.unknown_format", {"suffix": suffix}, file=path.name))
    plain_text = suffix in (*TABLE_SUFFIXES, ".geojson", ".json", ".kml", ".kmz", ".zip", ".dxf")
    most = MOST_TABLE_BYTES if plain_text else MOST_MAP_BYTES
    size = sum(p.stat().st_size for p in path.iterdir()) if path.is_dir() else about.st_size
    if size > most:
        values = {"mb": f"{size / MEGABYTE:,.0f}", "most": f"{most / MEGABYTE:,.0f}"}
        raise InputError(Fault("file.too_large", values, file=path.name))
    return suffix


def check_size(file: str, sheet: str, *, rows: int, columns: int) -> None:
    """Refuse a table of more columns or rows than are read.

    Raises
    ------
    InputError
        If it has more.
    """
    values = {"columns": f"{columns:,}", "rows": f"{rows:,}", "most_columns": f"{MOST_COLUMNS:,}",
              "most_rows": f"{MOST_ROWS:,}"}  # fmt: skip
    if columns > MOST_COLUMNS:
        raise InputError(Fault("file.too_many_columns", values, file, sheet))
    if rows > MOST_ROWS:
        raise InputError(Fault("file.too_many_rows", values, file, sheet))


def head_of(path: Path, size: int = 4096) -> bytes:
    """Return the first bytes of a file."""
    with path.open("rb") as source:
        return source.read(size)


def check_kind(path: Path, suffix: str) -> None:
    """Refuse a file whose first bytes are not those of its kind.

    Raises
    ------
    InputError
        If the file is something else under this name, or its XML or JSON reaches out of it.
    """
    head = path / "a00000001.gdbtable" if path.is_dir() else path
    start = head_of(head) if head.is_file() else b""
    if not start and suffix != ".gdb":
        raise InputError(Fault("input.empty_table", file=path.name))
    if not _STARTS[suffix](start):
        raise InputError(Fault("file.other_kind", {"suffix": suffix}, file=path.name))
    if suffix == ".kml":
        check_xml(path.read_bytes(), path.name)
    if suffix in (".geojson", ".json"):
        _check_geojson(path)


def check_xml(raw: bytes, file: str) -> None:
    """Refuse XML that defines words of its own: they can grow without end or name other files.

    Raises
    ------
    InputError
        If the text holds a document type.
    """
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw or raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(Fault("file.xml_entities", file=file))


def _check_geojson(path: Path) -> None:
    """Let only GeoJSON pass: other JSON that the map library opens can name files and addresses."""
    raw = path.read_bytes()
    if raw.rstrip()[-1:] not in (b"}", b"]"):
        raise InputError(Fault("input.unreadable", {"why": "JSON: cut short"}, file=path.name))
    if not re.search(rb'"type"\s*:\s*"(Feature|FeatureCollection|GeometryCollection|'
                     rb'(Multi)?(Point|LineString|Polygon))"', raw):  # fmt: skip
        raise InputError(Fault("file.other_kind", {"suffix": ".geojson"}, file=path.name))
    if b"gdal_streamed_alg" in raw or b"command_line" in raw[:_CHUNK]:
        raise InputError(Fault("file.other_kind", {"suffix": ".geojson"}, file=path.name))


def _is_json(start: bytes) -> bool:
    bare = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bare[:1] in (b"{", b"[")


def _is_kml(start: bytes) -> bool:
    bare = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return bare[:1] == b"<" and re.search(rb"<(\w+:)?kml\b", start) is not None


def _is_dxf(start: bytes) -> bool:
    first = start.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:2]
    return start.startswith(b"AutoCAD Binary DXF") or [x.strip() for x in first][:1] in (
        [b"0"], [b"999"])  # fmt: skip


_STARTS: dict[str, Callable[[bytes], bool]] = {
    ".gpkg": lambda start: start.startswith(b"SQLite format 3\x00"),
    ".shp": lambda start: start.startswith(b"\x00\x00\x27\x0a"),
    ".fgb": lambda start: start.startswith(b"fgb\x03"),
    ".parquet": lambda start: start.startswith(b"PAR1"),
    ".geoparquet": lambda start: start.startswith(b"PAR1"),
    ".geojson": _is_json,
    ".json": _is_json,
    ".kml": _is_kml,
    ".kmz": lambda start: start.startswith(_ZIP),
    ".zip": lambda start: start.startswith(_ZIP),
    ".gdb": bool,
    ".dxf": _is_dxf,
}


def is_ole(start: bytes) -> bool:
    """Tell whether first bytes are those of an old Office file (xls, or one with a password)."""
    return start.startswith(_OLE)


def is_zip(start: bytes) -> bool:
    """Tell whether first bytes are those of a zip."""
    return start.startswith(_ZIP)


def zip_members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the wanted members of a zip, never more bytes than allowed.

    Raises
    ------
    InputError
        If the zip is broken, would grow too large, has a password, or names places outside
        itself.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            _check_entries(entries, path.name)
            left = MOST_TABLE_BYTES
            for entry in entries:
                if not wanted(entry.filename):
                    continue
                content = _member(archive, entry, left)
                left -= len(content)
                yield entry.filename, content
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, OSError,
            NotImplementedError, ValueError) as error:  # fmt: skip
        if isinstance(error, InputError):  # an InputError is a ValueError too
            raise
        raise InputError(Fault("file.broken_zip", file=path.name)) from error
    except RuntimeError as error:  # zipfile's word for a member with a password
        raise InputError(Fault("file.password", file=path.name)) from error
    except _BombError:
        raise InputError(Fault("file.zip_bomb", file=path.name)) from None


class _BombError(Exception):
    """A zip that grows beyond what is read."""


def _check_entries(entries: list[zipfile.ZipInfo], file: str) -> None:
    if len(entries) > _MOST_MEMBERS:
        raise _BombError
    whole = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if whole > _RATIO_FROM and whole > _MOST_RATIO * max(packed, 1):
        raise _BombError
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ":" in name or ".." in name.split("/") or "\x00" in name:
            raise InputError(Fault("file.zip_path", {"name": entry.filename}, file=file))


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Return one member, counted as it unfolds: the directory of a zip may lie."""
    if entry.file_size > most:
        raise _BombError
    out = io.BytesIO()
    with archive.open(entry) as source:
        while chunk := source.read(_CHUNK):
            if out.tell() + len(chunk) > most:
                raise _BombError
            out.write(chunk)
    return out.getvalue()
