"""The points of each file for the picture of a check, whatever is wrong with the file.

A reader of facilities or premises gives nothing when one cell of a file is wrong; a picture wants
all rows that say where they are, the wrong one above all. So tables are looked through once more
here, for name, kind and position only, and nothing is complained about.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from quarterhour.errors import QuarterhourError, raise_if
from quarterhour.inputs.facilities import Facilities
from quarterhour.inputs.positions import as_place, degrees_of
from quarterhour.inputs.tables import find_columns, meaning, read_sheet, texts, total_rows
from quarterhour.intake import Gathered, year_of
from quarterhour.maps.check_points import PointLayer
from quarterhour.study import Study
from quarterhour.studytables import DatumName

_FIELDS = ("place_name", "kind", "lon", "lat")


def point_layers(gathered: Gathered) -> tuple[PointLayer, ...]:
    """Return a layer for each file of a study that gives points, in the order of the study."""
    found: dict[tuple[str, str], PointLayer] = {}
    for role, file, datum, columns, kind in _tables(gathered.study):
        if (role, file) in found:
            continue
        path = gathered.study.path(file)
        layer = _layer(path, role, datum=datum, columns=columns, kind=kind)
        if layer is not None:
            found[role, file] = _as_read(layer, gathered)
    layers = [*found.values(), *_from_osm(gathered), *_residents(gathered)]
    return tuple(layer for layer in layers if len(layer.rows))


def _tables(
    study: Study,
) -> Iterator[tuple[str, str, DatumName, Mapping[str, str], str]]:
    """Yield role, file, datum, headers and kind of each table of places."""
    for table in study.facilities:
        if table.file:
            yield "facilities", table.file, table.datum, table.columns, table.kind
    if study.neighbours is not None:
        table_ = study.neighbours
        yield "neighbours", table_.file, table_.datum, table_.columns, table_.kind
    for question in study.siting:
        if question.candidates:
            yield "premises", question.candidates, question.datum, question.columns, ""


def _layer(
    path: Path, role: str, *, datum: DatumName, columns: Mapping[str, str], kind: str
) -> PointLayer | None:
    """Return the rows of one file as far as they can be read, or nothing."""
    try:
        sheet = read_sheet(path, datum=datum)
        found, faults = find_columns(sheet, _FIELDS, required=(), overrides=as_place(columns))
        raise_if(faults)
        lonlat = degrees_of(sheet, found, datum=datum)
        names = texts(sheet, found.get("place_name"))
        said = texts(sheet, found.get("kind"))
    except (QuarterhourError, OSError):
        return None
    kinds = tuple(meaning(kind or k, "kind") or kind or k for k in said)
    # Totals and lines of remarks are no places.
    placed = np.isfinite(lonlat).all(axis=1)
    named = np.fromiter(map(bool, names), bool, len(names))
    if "place_name" in found:
        named &= ~total_rows(sheet, found["place_name"])
    keep = np.flatnonzero(placed | named)
    return PointLayer(
        file=sheet.file, role=role, datum=datum, lonlat=lonlat[keep], rows=sheet.rows[keep],
        names=tuple(names[n] for n in keep.tolist()), kinds=tuple(kinds[n] for n in keep.tolist()),
        counted=np.ones(len(keep), bool),
    )  # fmt: skip


def _as_read(layer: PointLayer, gathered: Gathered) -> PointLayer:
    """Return a layer with what only the readers know: later positions, and who takes part."""
    from dataclasses import replace

    inputs = gathered.inputs
    facilities = inputs.neighbours if layer.role == "neighbours" else inputs.facilities
    if layer.role == "premises" or facilities is None or inputs.areas is None:
        return layer
    at = {
        (file, row): n
        for n, (file, row) in enumerate(zip(facilities.file, facilities.row.tolist(), strict=True))
    }
    known = np.array([at.get((layer.file, row), -1) for row in layer.rows.tolist()], int)
    counted = np.ones(len(known), bool)
    counts = facilities.counting(year_of(gathered.study))
    counted[known >= 0] = counts[known[known >= 0]]
    lonlat = layer.lonlat.copy()
    late = (known >= 0) & ~np.isfinite(lonlat).all(axis=1)
    if late.any():
        lonlat[late] = inputs.areas.plane.to_lonlat(facilities.xy_m[known[late]])
    return replace(layer, counted=counted, lonlat=lonlat)


def _from_osm(gathered: Gathered) -> Iterator[PointLayer]:
    """Yield the facilities that OpenStreetMap gave."""
    inputs = gathered.inputs
    if inputs.facilities is None or inputs.areas is None:
        return
    rows = np.flatnonzero(np.array(inputs.facilities.origin, object) == "osm")
    if len(rows):
        file = Path(gathered.study.streets.file).name
        yield _given(inputs.facilities.take(rows), "facilities", file, gathered)


def _given(facilities: Facilities, role: str, file: str, gathered: Gathered) -> PointLayer:
    areas = gathered.inputs.areas
    if areas is None:
        raise AssertionError
    return PointLayer(
        file=file, role=role, datum="wgs84", lonlat=areas.plane.to_lonlat(facilities.xy_m),
        rows=facilities.row.astype(np.int64), names=facilities.names, kinds=facilities.kinds,
        counted=facilities.counting(year_of(gathered.study)),
    )  # fmt: skip


def _residents(gathered: Gathered) -> Iterator[PointLayer]:
    """Yield some positions of residents, where the study gives them by point or cell."""
    inputs = gathered.inputs
    for points in inputs.points:
        if points.role != "residents" or inputs.areas is None:
            continue
        n = len(points.xy_m)
        yield PointLayer(
            file=Path(points.file).name, role="residents", datum=points.datum,
            lonlat=inputs.areas.plane.to_lonlat(points.xy_m), rows=np.zeros(n, np.int64),
            names=("",) * n, kinds=("",) * n, counted=np.ones(n, bool),
        )  # fmt: skip
