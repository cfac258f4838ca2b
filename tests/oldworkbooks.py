"""Old Excel files (xls), made by hand: no kept library writes them."""

import struct
from collections.abc import Sequence


def old_workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """Return an xls: the records of one sheet (BIFF8) inside the smallest OLE file."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    page = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if isinstance(cell, str):
                text = cell.encode("utf-16-le")
                page += record(0x204, struct.pack("<HHHHB", r, c, 0, len(cell), 1) + text)
            else:
                page += record(0x203, struct.pack("<HHHd", r, c, 0, float(cell)))
    page += record(0x0A, b"")
    name = "表".encode("utf-16-le")
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    size = len(start) + 4 + 6 + 2 + len(name) + 4
    about = struct.pack("<IBBBB", size, 0, 0, len(name) // 2, 1) + name
    stream = start + record(0x85, about) + record(0x0A, b"") + page
    sectors = max(8, -(-len(stream) // 512))
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    fat = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))

    def entry(title: str, kind: int, child: int, first: int, length: int) -> bytes:
        raw = title.encode("utf-16-le")
        head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw) + 2, kind, 1)
        links = struct.pack("<3I", 0xFFFFFFFF, 0xFFFFFFFF, child)
        return head + links + bytes(36) + struct.pack("<IQ", first, length)

    folder = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0)
    folder += entry("Workbook", 2, 0xFFFFFFFF, 2, sectors * 512) + bytes(256)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )  # fmt: skip
    head += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return head + fat + folder + stream.ljust(sectors * 512, b"\0")
