"""Tables as planners keep them: xlsx, csv, and the attribute tables of map files.

A *sheet* is one table as it was read: text cells, the row numbers of the planner's own program,
and geometry where the file has any (then in WGS 84 degrees). A *field* is a column by its meaning
(``lon``, ``capacity``); the synonym table ``_data/synonyms.toml`` says which headers mean it.
"""

import csv
import datetime
import difflib
import glob
import io
import re
import tomllib
import unicodedata
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import Datum, is_code
from quarterhour.studytables import DatumName
from quarterhour.words import data_file

MAP_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".fgb", ".parquet")
_UNIT = re.compile(r"[(（\[［【〔].*?[)）\]］】〕]")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One table as read.

    Attributes
    ----------
    frame
        Cells as read; columns carry the headers of the file.
    rows
        Row number of each record in the planner's file (1 is its first line; a feature's number
        in a map file).
    geometry
        Shapely geometry per record in WGS 84 degrees (the file's datum is taken off), or ``None``
        for a plain table.
    """

    file: str
    sheet: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None

    def fault(self, key: str, values: Mapping[str, object], *, at: int, column: str = "") -> Fault:
        """Return a fault that names the row of record ``at`` in the planner's file."""
        read = ""
        if column in self.frame.columns and list(self.frame.columns).count(column) == 1:
            cell = self.frame[column].iloc[at]
            read = "" if is_blank(cell) else str(cell)
        return Fault(key, values, self.file, self.sheet, int(self.rows[at]), column, read)

    def take(self, keep: NDArray[np.bool_]) -> "Sheet":
        """Return the records where ``keep`` is true."""
        geometry = None if self.geometry is None else self.geometry[keep]
        frame = self.frame.loc[keep].reset_index(drop=True)
        return Sheet(self.file, self.sheet, frame, self.rows[keep], geometry)


def fold(text: object) -> str:
    """Return a text as it is compared: half-width, lower case, no blanks."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text))).lower()


@cache
def synonyms(table: str) -> Mapping[str, frozenset[str]]:
    """Return the folded synonyms of each field of one synonym table, the field included."""
    tables = tomllib.loads(data_file("synonyms.toml").read_text(encoding="utf-8"))
    return {
        field: frozenset(fold(name) for name in (field, *names))
        for field, names in tables[table].items()
    }


def meaning(text: object, table: str) -> str | None:
    """Return the field of a synonym table that ``text`` means, or ``None``."""
    wanted = fold(text)
    return next((f for f, names in synonyms(table).items() if wanted in names), None)


def read_sheet(
    path: Path,
    *,
    sheet: str | int = 0,
    datum: DatumName = "wgs84",
    doubts: list[Fault] | None = None,
) -> Sheet:
    """Read a table or the attribute table of a map file.

    Parameters
    ----------
    path
        xlsx, csv (UTF-8 or GB 18030), GeoJSON, GeoPackage, shapefile or GeoParquet.
    sheet
        Sheet of a workbook, by name or position.
    datum
        What the degrees of a map file mean, or the system of one that names none. Columns of
        longitude and latitude are left as they stand.
    doubts
        Receives what was found out, left out or is doubtful.

    Raises
    ------
    InputError
        If the file is missing, of an unknown kind, unreadable or empty, or if a map file has no
        coordinate reference system.
    """
    if path.is_dir():
        raise InputError(Fault("input.is_a_folder", {"path": str(path)}))
    if not path.is_file():
        raise InputError(Fault("input.missing_file", {"path": str(path)}))
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".csv", *MAP_SUFFIXES):
        raise InputError(Fault("input.unknown_format", {"suffix": suffix}, file=path.name))
    try:
        if suffix == ".xlsx":
            found = _read_xlsx(path, sheet)
        elif suffix == ".csv":
            found = _read_csv(path)
        else:
            found = _read_map(path, datum)
    except InputError:
        raise
    except Exception as error:  # readers raise whatever their format's library raises
        why = f"{type(error).__name__}: {error}"
        raise InputError(Fault("input.unreadable", {"why": why}, file=path.name)) from error
    if len(found.frame) == 0:
        raise InputError(Fault("input.empty_table", file=path.name, sheet=found.sheet))
    return found


def _read_xlsx(path: Path, sheet: str | int) -> Sheet:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # openpyxl remarks on styles and drop-down lists that it does not keep; only cells are read.
        warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            page = book[sheet] if isinstance(sheet, str) else book.worksheets[sheet]
            # Programs that export write sizes that are wrong; without one, all cells are read.
            page.reset_dimensions()
            cells = [list(row) for row in page.iter_rows(values_only=True)]
            name = page.title
        finally:
            book.close()
    return _sheet_of(path.name, name, cells)


def _read_csv(path: Path) -> Sheet:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel's "Unicode text" begins with a mark of its own; all else is GB 18030.
        marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = raw.decode("utf-16" if marked else "gb18030")
    return _sheet_of(path.name, "", list(csv.reader(io.StringIO(text, newline=""))))


def _sheet_of(file: str, sheet: str, records: Sequence[Sequence[object]]) -> Sheet:
    """Return a sheet of rows of any length; the first row that is not blank holds the headers."""
    first = next((n for n, row in enumerate(records) if not all(map(is_blank, row))), None)
    if first is None:
        raise InputError(Fault("input.empty_table", file=file, sheet=sheet))
    width = max(len(row) for row in records)
    padded = [[*row, *[None] * (width - len(row))] for row in records[first:]]
    header = ["" if is_blank(cell) else str(cell).strip() for cell in padded[0]]
    frame = pd.DataFrame(padded[1:], columns=header, dtype=object)
    return _without_blanks(Sheet(file, sheet, frame, np.arange(len(frame)) + first + 2))


def _read_map(path: Path, datum: DatumName) -> Sheet:
    import geopandas

    suffix = path.suffix.lower()
    with warnings.catch_warnings():
        # GDAL remarks on rings and ids; what matters of them is looked at by the readers.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="pyogrio")
        if suffix == ".parquet":
            found = _read_parquet(path)
        else:
            layer, encoding = _layer(path), _dbf_encoding(path) if suffix == ".shp" else None
            found = geopandas.read_file(path, engine="pyogrio", layer=layer, encoding=encoding)
    rows = np.arange(len(found)) + 1
    if not isinstance(found, geopandas.GeoDataFrame):
        return _without_blanks(Sheet(path.name, "", pd.DataFrame(found).astype(object), rows))
    if found.crs is None and is_code(datum):
        found = found.set_crs(datum)
    if found.crs is None:
        raise InputError(Fault("input.no_crs", file=path.name))
    # CGCS2000 and WGS 84 differ by centimetres; pyproj leaves them as they are.
    geometry = found.geometry.to_crs(4326).to_numpy()
    if not is_code(datum):
        geometry = Datum(datum).take_off(geometry)
    frame = pd.DataFrame(found.drop(columns=found.geometry.name)).astype(object)
    return Sheet(path.name, "", frame, rows, geometry)


def _read_parquet(path: Path) -> pd.DataFrame:
    import geopandas
    import pyarrow.parquet

    if b"geo" in (pyarrow.parquet.read_schema(path).metadata or {}):
        return cast(pd.DataFrame, geopandas.read_parquet(path))
    return pd.read_parquet(path)


def _layer(path: Path) -> str:
    """Return the one layer of shapes in a map file, else its first table."""
    import pyogrio

    layers = pyogrio.list_layers(path)
    shapes = [str(name) for name, kind in layers if kind is not None]
    if len(shapes) > 1:
        values = {"layers": ", ".join(shapes)}
        raise InputError(Fault("input.several_layers", values, file=path.name))
    return shapes[0] if shapes else str(layers[0][0])


def _dbf_encoding(path: Path) -> str | None:
    """Return the encoding of a shapefile's table where no ``.cpg`` says it."""
    beside = {p.suffix.lower(): p for p in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    if ".cpg" in beside or ".dbf" not in beside:
        return None
    raw = beside[".dbf"].read_bytes()
    # Field names stand in the first 11 of every 32 bytes of the head; the rest of it is binary.
    end = int.from_bytes(raw[8:10], "little")
    names = b" ".join(raw[at : at + 11] for at in range(32, end - 1, 32))
    try:
        (names + raw[end:]).decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _without_blanks(sheet: Sheet) -> Sheet:
    blank = sheet.frame.map(is_blank).all(axis=1).to_numpy(bool)
    return sheet.take(~blank)


def is_blank(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return True
    if isinstance(cell, float) and np.isnan(cell):
        return True
    return isinstance(cell, str) and not cell.strip()


def find_columns(
    sheet: Sheet,
    wanted: Iterable[str],
    *,
    required: Iterable[str],
    table: str = "column",
    overrides: Mapping[str, str] | None = None,
) -> tuple[dict[str, str], list[Fault]]:
    """Match fields with the headers of a sheet.

    Parameters
    ----------
    sheet
        The table.
    wanted, required
        Fields to look for, and those that must be there.
    table
        Synonym table to use.
    overrides
        Header of a field as the study gives it; wins over synonyms.

    Returns
    -------
    tuple
        Header per field found, and a fault per missing one (naming the nearest header).
    """
    overrides = overrides or {}
    # A header that is understood is nobody's slip: "60+" is not a misspelt "80+".
    headers = {
        bare: str(name)
        for name in reversed(sheet.frame.columns)
        if (bare := fold(_UNIT.sub("", str(name)))) and meaning(bare, table) is None
    }
    found: dict[str, str] = {}
    faults = []
    needed = set(required)
    for field in wanted:
        names = {fold(overrides[field])} if field in overrides else synonyms(table).get(
            field, frozenset({fold(field)})
        )  # fmt: skip
        # The first header of the file that means the field wins.
        match = next((str(c) for c in sheet.frame.columns if fold(_UNIT.sub("", str(c))) in names
                      or fold(c) in names), None)  # fmt: skip
        if match is not None:
            found[field] = match
            if list(sheet.frame.columns).count(match) > 1:
                values = {"header": match}
                faults.append(Fault("input.header_twice", values, sheet.file, sheet.sheet))
        elif field in needed or field in overrides:
            shown = overrides.get(field, field)
            near = _nearest([fold(shown), *sorted(names)], list(headers))
            values = {
                "field": shown,
                "known": " / ".join(sorted(names)),
                "found": ", ".join(str(c) for c in sheet.frame.columns),
                "near": headers[near] if near else "",
            }
            key = "input.missing_column_near" if near else "input.missing_column"
            faults.append(Fault(key, values, sheet.file, sheet.sheet))
    return found, faults


def _nearest(names: Sequence[str], headers: Sequence[str]) -> str:
    """Return the header nearest to any of some names; empty where none is near."""
    close = [(n, h) for n in names for h in difflib.get_close_matches(n, headers, n=1, cutoff=0.6)]
    alike = [(difflib.SequenceMatcher(None, h, n).ratio(), h) for n, h in close]
    return max(alike, key=lambda pair: pair[0], default=(0.0, ""))[1]


def numbers(
    sheet: Sheet, column: str, *, faults: list[Fault], required: bool = False
) -> NDArray[np.float64]:
    """Return a column as float64; blank cells are ``nan`` (unknown).

    Text that is no number, infinities, and blanks in a ``required`` column become faults.
    """
    cells = sheet.frame[column]
    blank = cells.map(is_blank).to_numpy(bool)
    text = cells.where(~blank, None)
    values = pd.to_numeric(text.map(_plain_number), errors="coerce").to_numpy(np.float64, copy=True)
    values[~blank & cells.map(_is_no_number).to_numpy(bool)] = np.nan
    for at in np.flatnonzero(~blank & ~np.isfinite(values)):
        found = {"value": cells.iloc[at], "column": column}
        faults.append(sheet.fault("input.not_a_number", found, at=int(at), column=column))
    if required:
        for at in np.flatnonzero(blank):
            faults.append(sheet.fault("input.blank_cell", {}, at=int(at), column=column))
    return values


def _plain_number(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    text = unicodedata.normalize("NFKC", cell).strip()
    # A comma parts thousands only where it stands at thousands: "29,55" is no 2955.
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _is_no_number(cell: object) -> bool:
    """Tell whether a cell is of a kind that converts to a number without being one."""
    return isinstance(cell, bool | np.bool_ | datetime.date | datetime.time)


def plainly(number: float) -> str:
    """Return a number of a table as people write it: 5, not 5.0."""
    return str(int(number)) if float(number).is_integer() else str(float(number))


def texts(sheet: Sheet, column: str | None, *, default: str = "") -> tuple[str, ...]:
    """Return a column as stripped texts; ``default`` everywhere when there is no column."""
    if column is None:
        return (default,) * len(sheet.frame)
    return tuple("" if is_blank(c) else _text(c) for c in sheet.frame[column])


def required_texts(sheet: Sheet, column: str, faults: list[Fault]) -> tuple[str, ...]:
    """Return a column as stripped texts; blank cells become faults."""
    found = texts(sheet, column)
    faults += [
        sheet.fault("input.blank_cell", {}, at=at, column=column)
        for at, text in enumerate(found)
        if not text
    ]
    return found


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    # Line ends and other signs that cannot be seen would break labels and steer terminals.
    return " ".join("".join(c if c.isprintable() else " " for c in str(cell)).split())


def yes_no(sheet: Sheet, column: str | None, *, faults: list[Fault]) -> NDArray[np.int8]:
    """Return a column of yes and no as 1, 0, and -1 for unknown."""
    out = np.full(len(sheet.frame), -1, np.int8)
    if column is None:
        return out
    for at, cell in enumerate(sheet.frame[column]):
        if is_blank(cell):
            continue
        said = meaning(cell, "yes")
        if said is None:
            values = {"value": cell}
            faults.append(sheet.fault("input.not_yes_no", values, at=at, column=column))
        else:
            out[at] = said == "yes"
    return out
