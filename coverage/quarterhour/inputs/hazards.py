"""Hazards: where no site should stand, as a layer of polygons, lines or points.

Landslides, flooded ground, pipelines and the like. What is near enough to matter for a site is for
the question about sites to say; here they are only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault, InputError, raise_if
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.positions import positions
from quarterhour.inputs.shapes import shapes_in_metres
from quarterhour.inputs.tables import find_columns, read_sheet, texts, total_rows
from quarterhour.studytables import DatumName

# A layer of a whole city is usual: what lies farther away than this cannot matter to a site.
NEAR_M = 5_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Hazards:
    """Hazards in metres; one entry each.

    Attributes
    ----------
    names, kinds, levels
        Name, kind and level as they stand in the file; empty where it does not say.
    shapes
        Shapely geometries: valid polygons, lines or points.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    shapes: NDArray[np.object_]

    def distance_m(self, xy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the metres from each position (n, 2) to the nearest hazard, 0 inside one."""
        out = np.full(len(xy_m), np.inf)
        if len(self.shapes) and len(xy_m):
            points = shapely.points(xy_m)
            (row, _), metres = shapely.STRtree(self.shapes).query_nearest(
                points, all_matches=False, return_distance=True
            )
            out[row] = metres
        return out


def read_hazards(
    path: Path,
    areas: Areas,
    *,
    datum: DatumName = "wgs84",
    columns: Mapping[str, str] | None = None,
    doubts: list[Fault] | None = None,
) -> Hazards:
    """Read hazards from a layer, or from a table of points.

    Parameters
    ----------
    path
        A layer of polygons, lines or points, or a table with longitude and latitude.
    areas
        Areas of the study; hazards more than 5 km from them are left out.
    datum
        What the file's degrees mean.
    columns
        Headers of ``name``, ``kind``, ``level``, ``lon`` and ``lat``, where the synonym table
        does not know them.
    doubts
        Receives what was mended or left out.

    Raises
    ------
    InputError
        If a shape is not in degrees, or no hazard lies near the study.
    """
    doubts = [] if doubts is None else doubts
    sheet = read_sheet(path, datum=datum, doubts=doubts)
    place = ("lon", "lat") if sheet.geometry is None else ()
    short = {"name": "hazard_name", "kind": "hazard_kind", "level": "hazard_level"}
    found, faults = find_columns(
        sheet, (*short.values(), *place), required=place,
        overrides={short.get(k, k): header for k, header in (columns or {}).items()},
    )  # fmt: skip
    raise_if(faults)
    if sheet.geometry is None:
        sheet = sheet.take(~total_rows(sheet, found.get("hazard_name", found["lon"])))
        xy, faults = positions(sheet, found, areas, datum=datum, doubts=doubts)
        shapes = shapely.points(xy)
    else:
        sheet, shapes = shapes_in_metres(sheet, areas, faults=faults, doubts=doubts)
    raise_if(faults)
    near = shapely.dwithin(shapes, areas.outline(), NEAR_M)
    values = {"count": int((~near).sum()), "km": f"{NEAR_M / 1000:g}"}
    if not near.any():
        raise InputError(Fault("facility.none_inside", values, sheet.file, sheet.sheet))
    if not near.all():
        doubts.append(Fault("facility.hazards_far", values, sheet.file, sheet.sheet))
    sheet, shapes = sheet.take(near), shapes[near]
    names, kinds, levels = (texts(sheet, found.get(field)) for field in short.values())
    return Hazards(names, kinds, levels, shapes)
