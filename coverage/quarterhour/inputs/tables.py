"""Tables as planners keep them: workbooks, text tables, and the attribute tables of map files.

A file becomes a :class:`Sheet`: checked (:mod:`~quarterhour.inputs.openfile`), read by the reader
of its kind, freed of titles and notes (:mod:`~quarterhour.inputs.grids`) and of private columns
(:mod:`~quarterhour.inputs.private`). This is the door to all of it: the readers of facilities,
residents and so on import from here.
"""

from pathlib import Path

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.cells import numbers, required_texts, texts, total_rows, yes_no
from quarterhour.inputs.columns import find_columns, fold, meaning, synonyms
from quarterhour.inputs.csvfiles import read_csv
from quarterhour.inputs.grids import table_of
from quarterhour.inputs.layers import read_layer
from quarterhour.inputs.lonlat import parted
from quarterhour.inputs.openfile import MAP_SUFFIXES, TABLE_SUFFIXES, check_openable
from quarterhour.inputs.private import without_private
from quarterhour.inputs.sheet import Sheet, is_blank, plainly
from quarterhour.inputs.units import scale_of
from quarterhour.inputs.workbooks import read_workbook
from quarterhour.studytables import DatumName

__all__ = [
    "MAP_SUFFIXES",
    "TABLE_SUFFIXES",
    "Sheet",
    "find_columns",
    "fold",
    "is_blank",
    "meaning",
    "numbers",
    "plainly",
    "read_sheet",
    "required_texts",
    "synonyms",
    "texts",
    "total_rows",
    "yes_no",
]

_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")


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
        xlsx, xlsm, xls, ods; csv, tsv, txt; GeoJSON, GeoPackage, shapefile, FlatGeobuf,
        GeoParquet, KML, KMZ, FileGDB (the folder) or DXF; or a zip of one map file.
    sheet
        Sheet of a workbook, by name or position, or layer of a map file, by name. Position 0 is
        the first visible sheet that holds a table.
    datum
        What the degrees of a map file mean, or the system of one that names none. Columns of
        longitude and latitude are left as they stand.
    doubts
        Receives what was found out, left out or is doubtful.

    Raises
    ------
    InputError
        If the file is missing, of an unknown kind, unreadable, too large or empty, or if a map
        file has no coordinate reference system.
    """
    doubts = [] if doubts is None else doubts
    suffix = check_openable(path)
    try:
        if suffix in MAP_SUFFIXES:
            layer = sheet if isinstance(sheet, str) else None
            found = read_layer(path, suffix, layer=layer, datum=datum, doubts=doubts)
        elif suffix in _TEXT_SUFFIXES:
            found = table_of(read_csv(path, doubts), doubts)
        else:
            found = table_of(read_workbook(path, sheet, doubts), doubts)
    except InputError:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # Readers raise whatever their format's library raises; Rust's panics are no Exception.
        why = f"{type(error).__name__}: {error}"
        raise InputError(Fault("input.unreadable", {"why": why}, file=path.name)) from error
    if len(found.frame) == 0:
        raise InputError(Fault("input.empty_table", file=path.name, sheet=found.sheet))
    found = parted(without_private(found, doubts), doubts)
    for header in found.frame.columns:
        scale = scale_of(header)
        if scale != 1:
            values = {"header": header, "scale": f"{float(scale):,.10g}"}
            doubts.append(Fault("file.scaled", values, path.name, found.sheet, None, str(header)))
    return found
