"""Map files as sheets: attributes as cells, shapes in WGS 84 degrees.

Read by pyogrio (GeoJSON, GeoPackage, shapefile, FlatGeobuf, KML, FileGDB, DXF) and pyarrow
(GeoParquet). What comes zipped is unpacked into a folder of its own that is gone afterwards:
nothing is written beside a planner's file. The letters of a shapefile are found out from the bytes
of its table, whatever its ``.cpg`` says.
"""

import glob
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, cast

import numpy as np
import pandas as pd

from quarterhour.errors import Fault, InputError
from quarterhour.inputs.datum import declared_system, shift_of
from quarterhour.inputs.encodings import dbf_encoding, name_of
from quarterhour.inputs.maptexts import TEXT_SUFFIXES, readable
from quarterhour.inputs.openfile import check_kind, check_size, zip_members
from quarterhour.inputs.sheet import Sheet, blank_rows
from quarterhour.studytables import DatumName

_PARTS_OF_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_MAIN = (".shp", ".kml", ".gpkg", ".geojson", ".json", ".fgb", ".dxf")
_GEOJSON = (".geojson", ".json")
_ONE_LAYER = (*_GEOJSON, ".shp", ".fgb")
_ZIPPED = (*_PARTS_OF_SHAPEFILE, *_MAIN)


def read_layer(
    path: Path, suffix: str, *, layer: str | None, datum: DatumName, doubts: list[Fault]
) -> Sheet:
    """Read a map file: its one layer, or the one that is named.

    Raises
    ------
    InputError
        If the file is something else under its name, lacks a part, holds several layers, or names
        no coordinate system that can be used.
    """
    check_kind(path, suffix)
    with warnings.catch_warnings():
        # GDAL remarks on rings and ids, shapely on corners that are no numbers; what matters of
        # them is looked at by the readers.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="pyogrio|shapely")
        if suffix in (".parquet", ".geoparquet"):
            return _sheet_of(_read_parquet(path), path.name, "", datum, doubts)
        if suffix in (".kmz", ".zip"):
            with _unpacked(path) as inner:
                check_kind(inner, inner.suffix.lower())
                return _read_vector(inner, path.name, layer, datum, doubts)
        return _read_vector(path, path.name, layer, datum, doubts)


def _read_vector(
    path: Path, file: str, layer: str | None, datum: DatumName, doubts: list[Fault]
) -> Sheet:
    if path.suffix.lower() in TEXT_SUFFIXES:
        with readable(path, file, doubts) as (copy, names):
            name = None if path.suffix.lower() in _ONE_LAYER else _layer(copy, file, layer)
            found = _read_frame(copy, file, name, None).rename(columns=names)
        return _sheet_of(found, file, layer or "", datum, doubts)
    encoding = _shapefile_encoding(path, file, doubts) if path.suffix.lower() == ".shp" else None
    name = None if path.suffix.lower() in _ONE_LAYER else _layer(path, file, layer)
    try:
        found = _read_frame(path, file, name, encoding)
    except UnicodeDecodeError:  # a shapefile's
        if encoding is None:
            raise
        # A letter is cut at the width of its column: take the bytes, and leave the half one out.
        found = _read_frame(path, file, name, "ISO-8859-1")
        found = found.rename(columns=lambda name: _decoded(name, encoding))
        texts = [c for c in found.columns if pd.api.types.is_string_dtype(found[c].dtype)]
        for column in texts:
            found[column] = found[column].map(lambda text: _decoded(text, encoding)).astype(object)
    return _sheet_of(found, file, layer or "", datum, doubts)


def _read_frame(path: Path, file: str, layer: str | None, encoding: str | None) -> pd.DataFrame:
    import geopandas
    import pyogrio

    if path.suffix.lower() not in _GEOJSON:  # each look at a GeoJSON reads all of it
        about = pyogrio.read_info(path, layer=layer, encoding=encoding)
        check_size(file, layer or "", rows=max(about["features"], 0), columns=len(about["fields"]))
    found = geopandas.read_file(path, engine="pyogrio", layer=layer, encoding=encoding)
    return cast(pd.DataFrame, found)


def _decoded(text: object, encoding: str) -> object:
    if not isinstance(text, str):
        return text
    try:
        return text.encode("latin-1").decode(encoding, "ignore")
    except UnicodeEncodeError:  # the name of the geometry and the like
        return text


def _read_parquet(path: Path) -> pd.DataFrame:
    import geopandas
    import pyarrow.parquet

    about = pyarrow.parquet.read_metadata(path)
    check_size(path.name, "", rows=about.num_rows, columns=about.num_columns)
    if b"geo" in (about.metadata or {}):
        return cast(pd.DataFrame, geopandas.read_parquet(path))
    return pd.read_parquet(path)


def _sheet_of(
    found: pd.DataFrame, file: str, sheet: str, datum: DatumName, doubts: list[Fault]
) -> Sheet:
    """Return attributes and shapes, the shapes in WGS 84 degrees without the file's datum."""
    import geopandas
    import shapely

    check_size(file, sheet, rows=len(found), columns=found.shape[1])
    rows = np.arange(len(found)) + 1
    if not isinstance(found, geopandas.GeoDataFrame):
        table = Sheet(file, sheet, pd.DataFrame(found).astype(object), rows)
        return table.take(~blank_rows(table.frame))
    if found.crs is None and (system := declared_system(datum, found.total_bounds.tolist())):
        found = found.set_crs(system)
    _check_system(found, file, datum, doubts)
    # CGCS2000 and WGS 84 differ by centimetres; pyproj leaves them as they are.
    geometry = shift_of(datum).take_off(found.geometry.to_crs(4326).to_numpy()).copy()
    # A ring of nothing has no middle to ask for; to every reader it is no shape at all.
    geometry[shapely.is_empty(geometry)] = None
    frame = pd.DataFrame(found.drop(columns=found.geometry.name)).astype(object)
    return Sheet(file, sheet, frame, rows, geometry)


def _check_system(
    found: Any,  # noqa: ANN401 - no types
    file: str,
    datum: DatumName,
    doubts: list[Fault],
) -> None:
    """Refuse shapes without a system, or in one that nobody can convert."""
    from quarterhour.inputs.metres import (
        local_system_fault,
        no_system_fault,
        old_datum_doubt,
        other_system_doubt,
    )

    if found.crs is None:
        raise InputError(no_system_fault(found.total_bounds.tolist(), file))
    if fault := local_system_fault(found.crs, file):
        raise InputError(fault)
    told = (old_datum_doubt(found.crs, file), other_system_doubt(found.crs, datum, file))
    doubts += [doubt for doubt in told if doubt]


def _layer(path: Path, file: str, wanted: str | None) -> str:
    """Return the layer that is wanted, or the one that holds shapes, else the first table."""
    import pyogrio

    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(path)]
    names = [name for name, _ in layers]
    if wanted is not None:
        if wanted not in names:
            values = {"sheet": wanted, "sheets": ", ".join(names)}
            raise InputError(Fault("file.no_sheet", values, file=file))
        return wanted
    if not layers:
        raise InputError(Fault("input.empty_table", file=file))
    shapes = [name for name, kind in layers if kind is not None]
    if len(shapes) > 1:
        full = [
            n
            for n in shapes
            if pyogrio.read_info(path, layer=n, force_feature_count=True)["features"]
        ]
        if len(full) > 1:
            values = {"layers": ", ".join(full)}
            raise InputError(Fault("input.several_layers", values, file=file))
        shapes = full or shapes
    return shapes[0] if shapes else names[0]


def _shapefile_encoding(path: Path, file: str, doubts: list[Fault]) -> str | None:
    """Return the encoding of a shapefile's table, found out from its bytes.

    Raises
    ------
    InputError
        If a part of the shapefile is missing.
    """
    beside = {p.suffix.lower(): p for p in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    missing = [part for part in (".dbf", ".shx") if part not in beside]
    if missing:
        raise InputError(Fault("file.part_missing", {"part": " ".join(missing)}, file=file))
    encoding = dbf_encoding(beside[".dbf"].read_bytes())
    if encoding is None:
        return None
    said = ""
    if ".cpg" in beside:
        said = beside[".cpg"].read_bytes()[:40].decode("ascii", "replace").strip()
    values = {"encoding": name_of(encoding), "said": said}
    if said and _is_gb(said) != (encoding == "gb18030"):
        doubts.append(Fault("file.wrong_cpg", values, file=file))
    elif not said and encoding == "gb18030":
        doubts.append(Fault("file.encoding", values, file=file))
    return encoding


def _is_gb(said: str) -> bool:
    bare = said.lower().replace("-", "").replace("_", "").replace(" ", "")
    return bare.startswith(("gb", "936", "cp936", "ansi936", "54936", "euccn", "oem"))


@contextmanager
def _unpacked(path: Path) -> Iterator[Path]:
    """Unpack the map file inside a zip into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="quarterhour-", ignore_cleanup_errors=True) as folder:
        for name, content in zip_members(path, _is_map_part):
            target = Path(folder, *PurePosixPath(name.replace("\\", "/")).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        inside = [p for p in sorted(Path(folder).rglob("*")) if p.suffix.lower() == ".gdb"]
        inside += [p for p in sorted(Path(folder).rglob("*")) if p.suffix.lower() in _MAIN]
        if len(inside) != 1:
            values = {"layers": ", ".join(p.name for p in inside) or "-"}
            raise InputError(Fault("file.zip_content", values, file=path.name))
        yield inside[0]


def _is_map_part(name: str) -> bool:
    place = PurePosixPath(name.replace("\\", "/"))
    if place.name.startswith("._") or "__MACOSX" in place.parts:
        return False
    return place.suffix.lower() in _ZIPPED or any(p.lower().endswith(".gdb") for p in place.parts)
