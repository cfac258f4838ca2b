"""Tables as planners keep them: xlsx, csv, and the attribute tables of map files.

A *sheet* is one table as it was read: text cells, the row numbers of the planner's own program,
and geometry where the file has any (then in WGS 84 degrees). A *field* is a column by its meaning
(``lon``, ``capacity``); the synonym table ``_data/synonyms.toml`` says which headers mean it.
"""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError
from quarterhour.words import data_file

MAP_SUFFIXES = (".geojson", ".json", ".gpkg", ".shp", ".parquet")
_UNIT = re.compile(r"[(（\[].*?[)）\]]")


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
        Shapely geometry per record in WGS 84 degrees, or ``None`` for a plain table.
    """

    file: str
    sheet: str
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    geometry: NDArray[np.object_] | None = None

    def fault(self, key: str, values: Mapping[str, object], *, at: int, column: str = "") -> Fault:
        """Return a fault that names the row of record ``at`` in the planner's file."""
        return Fault(key, values, self.file, self.sheet, int(self.rows[at]), column)

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


def read_sheet(path: Path, *, sheet: str | int = 0) -> Sheet:
    """Read a table or the attribute table of a map file.

    Parameters
    ----------
    path
        xlsx, csv (UTF-8 or GB 18030), GeoJSON, GeoPackage, shapefile or GeoParquet.
    sheet
        Sheet of a workbook, by name or position.

    Raises
    ------
    InputError
        If the file is missing, of an unknown kind, unreadable or empty, or if a map file has no
        coordinate reference system.
    """
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
            found = _read_map(path)
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

    book = load_workbook(path, read_only=True, data_only=True)
    try:
        page = book[sheet] if isinstance(sheet, str) else book.worksheets[sheet]
        cells = [list(row) for row in page.iter_rows(values_only=True)]
        name = page.title
    finally:
        book.close()
    if not cells:
        raise InputError(Fault("input.empty_table", file=path.name, sheet=name))
    header = ["" if cell is None else str(cell).strip() for cell in cells[0]]
    frame = pd.DataFrame(cells[1:], columns=header, dtype=object)
    return _without_blanks(Sheet(path.name, name, frame, np.arange(len(frame)) + 2))


def _read_csv(path: Path) -> Sheet:
    raw = path.read_bytes()
    try:
        raw.decode("utf-8-sig")
        encoding = "utf-8-sig"
    except UnicodeDecodeError:
        encoding = "gb18030"
    frame = pd.read_csv(
        path, encoding=encoding, dtype=str, keep_default_na=False, skip_blank_lines=False
    )
    frame.columns = pd.Index([str(name).strip() for name in frame.columns])
    return _without_blanks(Sheet(path.name, "", frame, np.arange(len(frame)) + 2))


def _read_map(path: Path) -> Sheet:
    import geopandas

    if path.suffix.lower() == ".parquet":
        found = geopandas.read_parquet(path)
    else:
        found = geopandas.read_file(path, engine="pyogrio")
    if found.crs is None:
        raise InputError(Fault("input.no_crs", file=path.name))
    # CGCS2000 and WGS 84 differ by centimetres; pyproj leaves them as they are.
    geometry = found.geometry.to_crs(4326).to_numpy()
    frame = pd.DataFrame(found.drop(columns=found.geometry.name)).astype(object)
    return Sheet(path.name, "", frame, np.arange(len(frame)) + 1, geometry)


def _without_blanks(sheet: Sheet) -> Sheet:
    blank = sheet.frame.map(is_blank).all(axis=1).to_numpy(bool)
    return sheet.take(~blank)


def is_blank(cell: object) -> bool:
    """Tell whether a cell holds nothing."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
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
    headers = {fold(_UNIT.sub("", str(name))): str(name) for name in reversed(sheet.frame.columns)}
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
        elif field in needed or field in overrides:
            shown = overrides.get(field, field)
            near = difflib.get_close_matches(fold(shown), list(headers), n=1, cutoff=0.6)
            values = {
                "field": shown,
                "known": " / ".join(sorted(names)),
                "found": ", ".join(str(c) for c in sheet.frame.columns),
                "near": headers[near[0]] if near else "",
            }
            key = "input.missing_column_near" if near else "input.missing_column"
            faults.append(Fault(key, values, sheet.file, sheet.sheet))
    return found, faults


def numbers(
    sheet: Sheet, column: str, *, faults: list[Fault], required: bool = False
) -> NDArray[np.float64]:
    """Return a column as float64; blank cells are ``nan`` (unknown).

    Text that is no number, infinities, and blanks in a ``required`` column become faults.
    """
    cells = sheet.frame[column]
    blank = cells.map(is_blank).to_numpy(bool)
    text = cells.where(~blank, None)
    values = pd.to_numeric(text.map(_plain_number), errors="coerce").to_numpy(np.float64)
    for at in np.flatnonzero(~blank & ~np.isfinite(values)):
        found = {"value": cells.iloc[at], "column": column}
        faults.append(sheet.fault("input.not_a_number", found, at=int(at), column=column))
    if required:
        for at in np.flatnonzero(blank):
            faults.append(sheet.fault("input.blank_cell", {}, at=int(at), column=column))
    return values


def _plain_number(cell: object) -> object:
    if isinstance(cell, str):
        return unicodedata.normalize("NFKC", cell).replace(",", "").strip()
    return cell


def texts(sheet: Sheet, column: str | None, *, default: str = "") -> tuple[str, ...]:
    """Return a column as stripped texts; ``default`` everywhere when there is no column."""
    if column is None:
        return (default,) * len(sheet.frame)
    return tuple("" if is_blank(c) else _text(c) for c in sheet.frame[column])


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


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
