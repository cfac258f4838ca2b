"""Private columns: names of people, numbers of identity cards, telephone numbers.

They are dropped as a table is read and never reach a result. A header that means one of them is
enough; else the cells tell: one valid number of an identity card, or telephone numbers in half
the cells. The name of a place is no person's.
"""

import re
import unicodedata

import numpy as np

from quarterhour.errors import Fault
from quarterhour.inputs.columns import fold, synonyms, without_unit
from quarterhour.inputs.sheet import Column, Sheet, blanks, is_text_column

# Words that make a header private wherever they stand in it: 负责人姓名, 联系电话1.
_WORDS = {"person": ("姓名", "联系人", "contactname", "contactperson"),
          "id_number": ("身份证", "证件号"),
          "telephone": ("电话", "手机", "telephone", "phone", "mobile")}  # fmt: skip
_LIKE_IDENTITY = "[1-9][0-9]{16}[0-9Xx]"
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d\d[01]\d[0-3]\d\d{3}[\dXx](?!\d)", re.ASCII)
_TELEPHONE = re.compile(
    r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|\(?0\d{2,3}\)?[- ]?\d{7,8}(?:-\d{1,6})?"
)
_SAMPLE, _MOSTLY = 1000, 0.5
# Weights and check signs of GB 11643-1999, the standard of citizens' identity numbers.
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_SIGNS = "10X98765432"
# Numbers that programs count things with look like telephone numbers once in a while.
_IDS = ("id", "fid", "gid", "objectid", "osm_id", "osmid", "编号", "编码", "代码", "序号")


def without_private(sheet: Sheet, doubts: list[Fault]) -> Sheet:
    """Return a sheet without its private columns, and say which were dropped and why."""
    keep = np.ones(sheet.frame.shape[1], bool)
    for at, header in enumerate(sheet.frame.columns):
        key = "file.private_header_"
        kind = _private_header(header)
        if kind is None:
            key = "file.private_values_"
            kind = _private_values(sheet.frame.iloc[:, at], header)
        if kind is not None:
            keep[at] = False
            place = (sheet.file, sheet.sheet, None, str(header))
            doubts.append(Fault(f"{key}{kind}", {"header": header}, *place))
    if keep.all():
        return sheet
    frame = sheet.frame.loc[:, keep]
    return Sheet(sheet.file, sheet.sheet, frame, sheet.rows, sheet.geometry)


def _private_header(header: object) -> str | None:
    folded, bare = fold(header), without_unit(header)
    for kind, names in synonyms("private").items():
        if folded in names or bare in names or any(word in bare for word in _WORDS[kind]):
            return kind
    return None


def _private_values(cells: Column, header: object) -> str | None:
    """Return what the cells of a column are, where they are private."""
    if any(is_identity(text) for text in _like_identities(cells)):
        return "id_number"
    if without_unit(header) in _IDS:
        return None
    some = cells[~blanks(cells)].head(_SAMPLE)
    hits = sum(_TELEPHONE.fullmatch(_as_text(cell)) is not None for cell in some)
    return "telephone" if hits and hits >= _MOSTLY * len(some) else None


def _like_identities(cells: Column) -> list[str]:
    """Return what has the form of an identity number in a column of cells."""
    if is_text_column(cells):
        import pyarrow
        import pyarrow.compute

        array = pyarrow.array(cells, type=pyarrow.large_string(), from_pandas=True)
        found = pyarrow.compute.match_substring_regex(array, _LIKE_IDENTITY)
        texts = array.filter(found).to_pylist()
    else:
        texts = [str(c) for c in cells if isinstance(c, str | int) and len(str(c)) > 17]
    return [number for text in texts for number in _IDENTITY.findall(text)]


def _as_text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFKC", str(cell)).strip()


def is_identity(text: str) -> bool:
    """Tell whether 18 signs are a valid number of an identity card, by its check sign."""
    total = sum(int(sign) * weight for sign, weight in zip(text[:17], _WEIGHTS, strict=True))
    return text[17].upper() == _CHECK_SIGNS[total % 11]
