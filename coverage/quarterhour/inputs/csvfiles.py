"""Text tables (csv, tsv, txt) as grids of cells: encoding and separator are found out.

A file whose rows are all of one length, as programs write them, is read by pyarrow as a whole:
a million rows in a second. All else is read row by row by Python's own reader, which takes rows
of any length. Every cell stays the text that it is.
"""

import csv
import io
from pathlib import Path

import pandas as pd

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.columns import is_understood
from quarterhour.inputs.encodings import decoded, name_of
from quarterhour.inputs.grids import Grid
from quarterhour.inputs.openfile import MOST_COLUMNS, MOST_ROWS, check_size

_SEPARATORS = (",", ";", "\t", "，", "|")
_SHOWN = {"\t": "Tab"}
_USUAL = {".csv": ",", ".tsv": "\t"}
_SAMPLE_CHARACTERS, _SAMPLE_ROWS = 20_000, 30
# Nothing that a planner writes into a cell is longer; a quote left open is.
_LONGEST_CELL = 100_000
# Stands behind the last row: if it is not a row of its own, a quote is open.
_END = "\x1eend"


def read_csv(path: Path, doubts: list[Fault]) -> Grid:
    """Return the cells of a text table.

    Parameters
    ----------
    path
        csv, tsv or txt in UTF-8, GB 18030, UTF-16, Big5 or another encoding that can be told;
        parted by commas (also full-width), semicolons, tabs or bars.
    doubts
        Receives encoding and separator where they are not UTF-8 and the usual one.

    Raises
    ------
    InputError
        If the bytes are no text, a quote is never closed, or the table is too large.
    """
    text, encoding = decoded(path.read_bytes())
    if not encoding.startswith("utf-8"):
        doubts.append(Fault("file.encoding", {"encoding": name_of(encoding)}, path.name))
    text = text.removeprefix("\ufeff").replace("\x00", " ")
    separator = _separator(text)
    if separator not in (None, _USUAL.get(path.suffix.lower(), separator)):
        values = {"separator": _SHOWN.get(separator, separator)}
        doubts.append(Fault("file.separator", values, path.name))
    frame = _read_even(text, separator or ",")
    if frame is None:
        frame = _read_uneven(text, separator or ",", path.name)
    return Grid(path.name, "", frame)


def _separator(text: str) -> str | None:
    """Return what parts the cells: what gives understood headers, then rows of one length."""
    sample = text[:_SAMPLE_CHARACTERS]
    best, most = None, (0, 0.0)
    for separator in _SEPARATORS:
        if separator not in sample:
            continue
        rows = [row for row in _rows(sample, separator) if any(cell.strip() for cell in row)]
        rows = rows[:_SAMPLE_ROWS]
        understood = max((sum(map(is_understood, row)) for row in rows if len(row) > 1), default=0)
        lengths = [len(row) for row in rows]
        usual = max(set(lengths), key=lengths.count, default=1)
        score = understood, (lengths.count(usual) / len(lengths) if usual > 1 else 0.0)
        if score > most:
            best, most = separator, score
    return best


def _rows(sample: str, separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(sample, newline=""), delimiter=separator))
    except csv.Error:
        return []


def _read_even(text: str, separator: str) -> pd.DataFrame | None:
    """Return the cells as columns of texts; ``None`` where rows differ in length."""
    import pyarrow
    import pyarrow.csv

    line = text[:_SAMPLE_CHARACTERS].partition("\n")[0]
    first = next(iter(_rows(line, separator)), [])
    if not separator.isascii() or not 1 < len(first) <= MOST_COLUMNS or "\n" not in text:
        return None
    names = [str(n) for n in range(len(first))]
    end = ("" if text.endswith(("\n", "\r")) else "\n") + _END + separator * (len(first) - 1)
    try:
        table = pyarrow.csv.read_csv(
            pyarrow.BufferReader((text + end).encode("utf-8", "replace")),
            read_options=pyarrow.csv.ReadOptions(column_names=names),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=False
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.string()), strings_can_be_null=False
            ),
        )
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return None
    frame = table.to_pandas(types_mapper={pyarrow.string(): pd.StringDtype("pyarrow")}.get)
    frame.columns = pd.RangeIndex(len(names))
    return frame.iloc[:-1] if frame.iloc[-1, 0] == _END else None


def _read_uneven(text: str, separator: str, file: str) -> pd.DataFrame:
    """Return the cells of rows of any length."""
    ended = text if text.endswith(("\n", "\r")) or not text else text + "\n"
    reader = csv.reader(io.StringIO(ended + _END, newline=""), delimiter=separator)
    records: list[list[str]] = []
    width = 0
    try:
        for record in reader:
            if len(max(record, key=len, default="")) > _LONGEST_CELL:
                raise InputError(Fault("file.open_quote", file=file, row=len(records) + 1))
            width = max(width, len(record))
            if len(records) > MOST_ROWS or width > MOST_COLUMNS:
                check_size(file, "", rows=len(records), columns=width)
            records.append(record)
    except csv.Error:
        # The reader's limit for one cell: only a quote left open gets there.
        raise InputError(Fault("file.open_quote", file=file, row=len(records) + 1)) from None
    if records.pop() != [_END]:
        raise InputError(Fault("file.open_quote", file=file, row=len(records) + 1))
    padded = [[*record, *[None] * (width - len(record))] for record in records]
    return pd.DataFrame(padded, dtype=object)
