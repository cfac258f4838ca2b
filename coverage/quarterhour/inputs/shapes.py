"""Shapes of a layer that are no areas: footprints and hazards, put in metres and mended."""

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.datum import is_degrees
from quarterhour.inputs.tables import Sheet, plainly
from quarterhour.inputs.topology import polygonal

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def shapes_in_metres(
    sheet: Sheet, areas: Areas, *, faults: list[Fault], doubts: list[Fault]
) -> tuple[Sheet, NDArray[np.object_]]:
    """Return the records that have a shape, and their shapes in metres.

    Polygons that cross themselves are mended; records without a shape are left out.

    Parameters
    ----------
    sheet
        A layer; its shapes are in WGS 84 degrees.
    areas
        Areas of the study, which carry the plane.
    faults
        Receives shapes whose coordinates are no longitude and latitude.
    doubts
        Receives how many were mended, and how many were left out.
    """
    degrees: NDArray[np.object_] = np.asarray(sheet.geometry, object)
    empty = shapely.is_missing(degrees) | shapely.is_empty(degrees)
    if empty.any():
        without = {"count": int(empty.sum())}
        doubts.append(Fault("facility.shapes_empty", without, sheet.file, sheet.sheet))
        sheet, degrees = sheet.take(~empty), degrees[~empty]
    bounds = shapely.bounds(degrees).reshape(-1, 2, 2)
    wrong = ~is_degrees(bounds[:, :, 0], bounds[:, :, 1]).all(axis=1)
    for at in np.flatnonzero(wrong).tolist():
        lon, lat = bounds[at, 0].tolist()
        values = {"name": str(int(sheet.rows[at])), "lon": plainly(lon), "lat": plainly(lat)}
        faults.append(sheet.fault("input.shape_not_degrees", values, at=at))
    if wrong.any():
        return sheet, degrees
    shapes = areas.plane.geometry_to_xy(shapely.force_2d(degrees))
    crossed = np.flatnonzero(is_polygon(shapes) & ~shapely.is_valid(shapes))
    for at in crossed.tolist():
        shapes[at] = polygonal(shapes[at])
    if len(crossed):
        mended = {"count": len(crossed)}
        doubts.append(Fault("facility.shapes_mended", mended, sheet.file, sheet.sheet))
    return sheet, shapes


def is_polygon(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Tell which shapes are polygons."""
    return np.isin(shapely.get_type_id(shapes), _POLYGONS)
