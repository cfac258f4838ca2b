"""A look at the sectors of an old Office file before its library follows them.

An OLE file is a small disk: each *sector* names the next one of its *chain*. A chain that comes
back to itself has no end, and the library that reads xls would collect it until no memory is left.
So it would for two cells far apart: it keeps all cells between them. The layouts are those of
Microsoft's open specifications [MS-CFB] (sectors) and [MS-XLS] (records).
"""

import struct
from collections.abc import Sequence

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.openfile import MOST_CELLS

# Numbers from here on are marks (end, free, ...), not sectors.
_MARKS = 0xFFFFFFFA
_ENTRY, _ROOT, _STREAM = 128, 5, 2
_SMALL_SECTOR = 64
# Records of a workbook: the start of a sheet, and cells by what they hold.
_SHEET_STARTS = 0x809
_CELLS = {0x06, 0xBD, 0xD6, 0xFD, 0x203, 0x204, 0x205, 0x27E}


def check_ole(raw: bytes, file: str) -> None:
    """Refuse an OLE file with an endless chain of sectors, or with cells too far apart.

    Raises
    ------
    InputError
        If there is one, or the file is cut short.
    """
    try:
        workbook = _workbook(raw)
    except (struct.error, IndexError):
        workbook = None
    if workbook is None:
        values = {"why": "OLE: broken chain of sectors"}
        raise InputError(Fault("input.unreadable", values, file))
    cells = _cells_between(workbook)
    if cells > MOST_CELLS:
        said = {"cells": f"{cells:,}", "most": f"{MOST_CELLS:,}", "last": "-"}
        raise InputError(Fault("file.too_many_cells", said, file))


def _workbook(raw: bytes) -> bytes | None:
    """Return the records of the workbook; ``None`` where any chain is broken."""
    (shift,) = struct.unpack_from("<H", raw, 30)
    if shift not in (9, 12):
        return None
    size = 1 << shift
    folder, cutoff, small = (struct.unpack_from("<I", raw, at)[0] for at in (48, 56, 60))
    table = _table(raw, size)
    folders, smalls = _chain(table, folder), _chain(table, small)
    if folders is None or smalls is None:
        return None
    small_table = _numbers(raw, size, smalls)
    entries = b"".join(_sector(raw, size, s) for s in folders)
    found, small_file = b"", b""
    for at in range(0, len(entries), _ENTRY):
        kind = entries[at + 66]
        if kind not in (_ROOT, _STREAM):
            continue
        start, length = struct.unpack_from("<II", entries, at + 116)
        is_small = kind == _STREAM and length < cutoff
        chain = _chain(small_table if is_small else table, start)
        if chain is None:
            return None
        name = entries[at : at + 64].decode("utf-16-le", "replace").split("\x00")[0].lower()
        if kind == _ROOT:
            small_file = b"".join(_sector(raw, size, s) for s in chain)
        elif name in ("workbook", "book") and is_small:
            cut = [small_file[s * _SMALL_SECTOR : (s + 1) * _SMALL_SECTOR] for s in chain]
            found += b"".join(cut)
        elif name in ("workbook", "book"):
            found += b"".join(_sector(raw, size, s) for s in chain)
    return found


def _table(raw: bytes, size: int) -> list[int]:
    """Return the sector that follows each sector."""
    (more,) = struct.unpack_from("<I", raw, 68)
    listed = list(struct.unpack_from("<109I", raw, 76))
    # Where the list of tables goes on in sectors of its own, the last number names the next.
    for _ in range(len(raw) // size + 1):
        if more >= _MARKS:
            return _numbers(raw, size, [s for s in listed if s < _MARKS])
        *numbers, more = _numbers(raw, size, [more])
        listed += numbers
    raise IndexError


def _cells_between(workbook: bytes) -> int:
    """Return the cells of all sheets, blank ones between the others included."""
    total = rows = columns = at = 0
    while at + 4 <= len(workbook):
        kind, length = struct.unpack_from("<HH", workbook, at)
        if kind == _SHEET_STARTS:
            total, rows, columns = total + rows * columns, 0, 0
        elif kind in _CELLS and length >= 4 and at + 8 <= len(workbook):
            row, column = struct.unpack_from("<HH", workbook, at + 4)
            # A record of several numbers (0xBD) goes on to the right, six bytes a number.
            rows = max(rows, row + 1)
            columns = max(columns, column + 1 + (length // 6 if kind == 0xBD else 0))
        at += 4 + length
    return total + rows * columns


def _sector(raw: bytes, size: int, number: int) -> bytes:
    found = raw[(number + 1) * size : (number + 2) * size]
    return found.ljust(size, b"\xff") if found else b""


def _numbers(raw: bytes, size: int, sectors: Sequence[int]) -> list[int]:
    """Return the numbers in some sectors; a sector beyond the end is an error."""
    whole = b"".join(_sector(raw, size, s) for s in sectors)
    return list(struct.unpack(f"<{len(sectors) * size // 4}I", whole))


def _chain(table: Sequence[int], start: int) -> list[int] | None:
    """Return the sectors of a chain, ``None`` where it has no end or leaves the table."""
    chain: list[int] = []
    while start < _MARKS:
        if start >= len(table) or len(chain) > len(table):
            return None
        chain.append(start)
        start = table[start]
    return chain
