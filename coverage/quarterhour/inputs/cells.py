"""Cells of a column: numbers, texts, yes and no, and the rows that are totals.

What is not understood becomes a fault with its place, never a guess. Clean columns of a million
cells are read as whole arrays; only the cells that need it are looked at one by one.
"""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.columns import meaning, synonyms, without_unit
from quarterhour.inputs.sheet import Column, Sheet, blanks, is_blank, is_text_column, shown
from quarterhour.inputs.units import number_in, scale_of

_PLAIN_NUMBER = r"^[ \t]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*$"
# A text with signs that cannot be seen, or with blanks to take out.
_UNTIDY = r"[^\pL\pN\pP\pS\pM ]|^ | $|  "
# Ends of 全区合计 and 沙坪坝区总计, and starts of 合计人数; short words such as "sum" must stand
# alone, and a home may be called Total Care.
_TOTAL_ENDS = ("合计", "总计", "小计", "共计", "总数", "total", "totals")
_TOTAL_STARTS = ("合计", "总计", "小计", "subtotal", "sub-total", "totalof", "totalfor", "total,")


def numbers(
    sheet: Sheet, column: str, *, faults: list[Fault], required: bool = False
) -> NDArray[np.float64]:
    """Return a column as float64; blank cells are ``nan`` (unknown).

    A scale in the header (万人) multiplies the numbers below it. Text that is no number,
    infinities, and blanks in a ``required`` column become faults.
    """
    cells = sheet.frame[column]
    blank = blanks(cells)
    values = _text_numbers(cells, column) if is_text_column(cells) else _mixed(cells, column)
    wrong = np.flatnonzero(~blank & ~np.isfinite(values))
    faults += sheet.cell_faults("input.not_a_number", wrong, column)
    if required:
        faults += sheet.cell_faults("input.blank_cell", np.flatnonzero(blank), column)
    return values


def _text_numbers(cells: Column, column: str) -> NDArray[np.float64]:
    """Return the numbers of a column of texts; ``nan`` where there is none."""
    import pyarrow
    import pyarrow.compute

    array = pyarrow.array(cells, type=pyarrow.large_string(), from_pandas=True)
    plain = pyarrow.compute.match_substring_regex(array, _PLAIN_NUMBER).fill_null(False)
    bare = pyarrow.compute.utf8_trim_whitespace(array.filter(plain))
    bare = pyarrow.compute.ascii_ltrim(bare, characters="+")
    read = pyarrow.compute.cast(bare, pyarrow.float64()).to_numpy(zero_copy_only=False)
    is_plain = plain.to_numpy(zero_copy_only=False)
    values = np.full(len(array), np.nan)
    values[is_plain] = _scaled(np.array(read, np.float64), column)
    others = np.flatnonzero(~is_plain)
    values[others] = [
        np.nan if is_blank(cell) else number_in(str(cell), column) for cell in cells.iloc[others]
    ]
    return values


def _mixed(cells: Column, column: str) -> NDArray[np.float64]:
    """Return the numbers of a column of any cells; ``nan`` where there is none."""
    array = cells.to_numpy(object)
    is_number = np.fromiter((_is_number(cell) for cell in array), bool, len(array))
    values = np.full(len(array), np.nan)
    values[is_number] = _scaled(array[is_number].astype(np.float64), column)
    for at in np.flatnonzero(~is_number):
        if isinstance(array[at], str):
            values[at] = number_in(array[at], column)
    return values


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float | np.number) and not isinstance(cell, bool)


def _scaled(values: NDArray[np.float64], column: str) -> NDArray[np.float64]:
    scale = float(scale_of(column))
    # 0.57 times 10,000 is 5,700 and not 5,699.999...
    return values if scale == 1 else np.round(values * scale, 6)


def texts(sheet: Sheet, column: str | None, *, default: str = "") -> tuple[str, ...]:
    """Return a column as stripped texts; ``default`` everywhere when there is no column."""
    if column is None:
        return (default,) * len(sheet.frame)
    cells = sheet.frame[column]
    if not is_text_column(cells):
        return tuple(map(_tidy, cells))
    import pyarrow
    import pyarrow.compute

    array = pyarrow.array(cells, type=pyarrow.large_string(), from_pandas=True).fill_null("")
    untidy = pyarrow.compute.match_substring_regex(array, _UNTIDY).to_numpy(zero_copy_only=False)
    found = array.to_pylist()
    for at in np.flatnonzero(untidy):
        found[at] = _tidy(found[at])
    return tuple(found)


def _tidy(cell: object) -> str:
    if isinstance(cell, str) and cell.isprintable() and "  " not in cell:
        return cell.strip()
    return shown(cell)


def required_texts(sheet: Sheet, column: str, faults: list[Fault]) -> tuple[str, ...]:
    """Return a column as stripped texts; blank cells become faults."""
    found = texts(sheet, column)
    faults += [
        sheet.fault("input.blank_cell", {}, at=at, column=column)
        for at, text in enumerate(found)
        if not text
    ]
    return found


def yes_no(sheet: Sheet, column: str | None, *, faults: list[Fault]) -> NDArray[np.int8]:
    """Return a column of yes and no as 1, 0, and -1 for unknown."""
    out = np.full(len(sheet.frame), -1, np.int8)
    if column is None:
        return out
    cells = sheet.frame[column]
    said = _each(cells, lambda cell: None if is_blank(cell) else meaning(cell, "yes") or "?")
    for at in np.flatnonzero(said == "?"):
        values = {"value": shown(cells.iloc[at])}
        faults.append(sheet.fault("input.not_yes_no", values, at=int(at), column=column))
    out[said == "yes"], out[said == "no"] = 1, 0
    return out


def total_rows(sheet: Sheet, column: str) -> NDArray[np.bool_]:
    """Tell which records are totals of others (合计, 小计, total), by their name in ``column``.

    Where the name is blank, the record is one if any of its cells says so: 合计 often stands
    merged over the columns of number and name.
    """
    unnamed = blanks(sheet.frame[column])
    is_total = _totals_among(sheet.frame[column])
    rows = np.flatnonzero(unnamed)
    for at in range(sheet.frame.shape[1]) if len(rows) else ():
        is_total[rows] |= _totals_among(sheet.frame.iloc[rows, at])
    return is_total


def says_total(cell: object) -> bool:
    """Tell whether a cell names a total: 合 计, 全区合计, 小计（人）, District total."""
    if not isinstance(cell, str):
        return False
    bare = without_unit(cell).rstrip(":、.")
    if meaning(bare, "total") is not None:
        return True
    return len(bare) < 20 and (bare.endswith(_TOTAL_ENDS) or bare.startswith(_TOTAL_STARTS))


def _totals_among(cells: Column) -> NDArray[np.bool_]:
    found = _may_be_totals(cells)
    for at in np.flatnonzero(found):
        found[at] = says_total(cells.iloc[at])
    return found


def _may_be_totals(cells: Column) -> NDArray[np.bool_]:
    """Tell which cells hold a sign of a total's words: the others need no second look."""
    words = {
        *_TOTAL_ENDS,
        *_TOTAL_STARTS,
        *(w for names in synonyms("total").values() for w in names),
    }
    signs = {word[:3] if word.isascii() else word[-1] for word in words}
    pattern = f"(?i)[Ａ-Ｚａ-ｚ]|{'|'.join(map(re.escape, sorted(signs)))}"
    if is_text_column(cells):
        import pyarrow
        import pyarrow.compute

        array = pyarrow.array(cells, type=pyarrow.large_string(), from_pandas=True)
        found = pyarrow.compute.match_substring_regex(array, pattern).fill_null(False)
        return np.array(found.to_numpy(zero_copy_only=False), bool)
    search = re.compile(pattern).search
    return np.array([isinstance(c, str) and search(c) is not None for c in cells], bool)


def _each(cells: Column, say: Callable[[object], object]) -> NDArray[np.object_]:
    """Return what is said of each cell, asked once for all that are alike."""
    known: dict[tuple[type, object], object] = {}
    out = np.empty(len(cells), object)
    for at, cell in enumerate(cells):
        like = (type(cell), cell)
        if like not in known:
            known[like] = say(cell)
        out[at] = known[like]
    return out
