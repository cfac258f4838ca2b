"""Whereabouts: the areas of a study, or one area around its positions where it names none.

A *stand-in* is such an area where the study's own areas could not be read: what the other files
hold can then be read and checked all the same.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.areas import Areas, one_area, read_areas
from quarterhour.inputs.osmareas import areas_of_place
from quarterhour.inputs.positions import degrees_of
from quarterhour.inputs.sheet import shown
from quarterhour.inputs.tables import find_columns, read_sheet
from quarterhour.study import Study, fetched_areas_name
from quarterhour.studytables import DatumName

# Positions farther than this from the middle one are slips, which the readers then tell: they must
# not stretch the area over half the country.
_NEAR_DEGREES = 0.5


def names_areas(study: Study) -> bool:
    """Tell whether a study names areas at all."""
    return bool(study.areas.file or study.areas.place)


def areas_of(study: Study, doubts: list[Fault]) -> Areas:
    """Read the areas of a study, or lay one around its residents where it names none."""
    table = study.areas
    if table.file:
        return read_areas(
            study.path(table.file), crs=study.study.crs, datum=table.datum,
            name_column=table.name_column, doubts=doubts,
            outline=study.path(table.outline) if table.outline else None,
            outline_datum=table.outline_datum,
        )  # fmt: skip
    if table.place:
        streets = study.streets.file
        return areas_of_place(
            table.place, study.path(streets) if streets else None,
            fetched=fetched_areas_name(table.place), admin_level=table.admin_level,
            crs=study.study.crs, doubts=doubts,
        )  # fmt: skip
    if study.residents.by in ("area", "street"):
        raise InputError(Fault("input.residents_need_areas", file="study.toml"))
    return _around(study, study.residents.file, study.residents.datum, study.residents.columns)


def stand_in(study: Study) -> Areas | None:
    """Return one area around the first file that gives positions, or nothing."""
    for file, datum, columns in _tables(study):
        try:
            return _around(study, file, datum, columns)
        except InputError:
            continue
    return None


def _tables(study: Study) -> Iterator[tuple[str, DatumName, Mapping[str, str]]]:
    """Yield file, datum and headers of each table that may give positions."""
    for table in study.facilities:
        if table.file:
            yield table.file, table.datum, table.columns
    for question in study.siting:
        if question.candidates:
            yield question.candidates, question.datum, question.columns
    yield study.residents.file, study.residents.datum, study.residents.columns


def _around(study: Study, file: str, datum: DatumName, columns: Mapping[str, str]) -> Areas:
    """Return one area around the positions of a file."""
    lonlat = _positions(study.path(file), datum, columns)
    near = np.abs(lonlat - np.median(lonlat, axis=0)).max(axis=1) < _NEAR_DEGREES
    return one_area(study.study.name, lonlat[near], crs=study.study.crs)


def _positions(path: Path, datum: DatumName, columns: Mapping[str, str]) -> NDArray[np.float64]:
    """Return the WGS 84 degrees (n, 2) of the rows of a file that give any."""
    sheet = read_sheet(path, datum=datum)
    place = ("lon", "lat") if sheet.geometry is None else ()
    overrides = {field: columns[field] for field in place if field in columns}
    found, faults = find_columns(sheet, place, required=place, overrides=overrides)
    raise_if(faults)
    if sheet.geometry is not None:
        lonlat = np.asarray(shapely.get_coordinates(sheet.geometry), np.float64)
    else:
        lonlat = degrees_of(sheet, found, datum=datum)
    known = np.isfinite(lonlat).all(axis=1)
    if not known.any():
        if not found:
            raise InputError(Fault("input.no_position", file=sheet.file, sheet=sheet.sheet))
        values = {field: shown(sheet.frame[header].iloc[0]) for field, header in found.items()}
        raise InputError(sheet.fault("input.not_degrees", values, at=0))
    return lonlat[known]
