"""Doors: where facilities meet the street, from their own tables or from OpenStreetMap.

OSM knows the *entrances* of a building (nodes tagged ``entrance`` on its outline) and the gates of
a compound. A facility takes the entrances on the outline of the building it stands in; where that
has none, those and the gates on the outline of the smallest walled or fenced ground around it.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.inputs.datum import Plane
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import Facilities
from quarterhour.osmfile import OsmExtract
from quarterhour.streets.snap import Snapped, snap
from quarterhour.streets.walker import PacedNetwork

_ON_OUTLINE_M = 1.0


def snap_facilities(
    paced: PacedNetwork, facilities: Facilities, *, max_snap_m: float = 150.0
) -> Snapped:
    """Project all doors of facilities onto the nearest usable public edges.

    Parameters
    ----------
    paced
        The network of one walker.
    facilities
        Facilities with their entrances; places of the answer are their rows.
    max_snap_m
        Longest access leg in metres (inclusive).
    """
    facility, xy_m = facilities.entrances.doors(facilities.xy_m)
    return snap(paced, xy_m, max_snap_m=max_snap_m, public_only=True, place=facility)


def osm_entrances(extract: OsmExtract, facilities: Facilities, plane: Plane) -> Entrances:
    """Return the entrances that OpenStreetMap knows of facilities that name none themselves.

    Parameters
    ----------
    extract
        What one pass over the OSM file found.
    facilities
        Facilities; those with entrances of their own keep them.
    plane
        Plane of the study.
    """
    asked = np.setdiff1d(np.arange(len(facilities.xy_m)), facilities.entrances.facility)
    entrances = _to_xy(extract.entrance_lonlat, plane)
    doors = np.concatenate([entrances, _to_xy(extract.gate_lonlat, plane)])
    rows: list[int] = []
    places: list[NDArray[np.float64]] = []
    in_building = _on_outlines(extract.buildings, entrances, facilities.xy_m[asked], plane)
    in_ground = _on_outlines(extract.grounds, doors, facilities.xy_m[asked], plane)
    for row, of_building, of_ground in zip(asked.tolist(), in_building, in_ground, strict=True):
        found = of_building if len(of_building) else of_ground
        rows += [row] * len(found)
        places.append(found)
    if not rows:
        return Entrances.none()
    return Entrances(np.array(rows, np.int32), np.concatenate(places))


def _on_outlines(
    shapes: NDArray[np.object_],
    doors: NDArray[np.float64],
    xy_m: NDArray[np.float64],
    plane: Plane,
) -> list[NDArray[np.float64]]:
    """Return, for each place, the doors on the outline of the smallest shape around it."""
    nothing = np.zeros((0, 2))
    if len(shapes) == 0 or len(doors) == 0 or len(xy_m) == 0:
        return [nothing] * len(xy_m)
    projected = plane.geometry_to_xy(shapes)
    place, shape = shapely.STRtree(projected).query(shapely.points(xy_m), predicate="within")
    area = shapely.area(projected)
    points, out = shapely.points(doors), []
    tree = shapely.STRtree(points)
    for row in range(len(xy_m)):
        around = shape[place == row]
        if len(around) == 0:
            out.append(nothing)
            continue
        outline = shapely.boundary(projected[around[area[around].argmin()]])
        on = np.sort(tree.query(outline, predicate="dwithin", distance=_ON_OUTLINE_M))
        out.append(np.unique(doors[on], axis=0))
    return out


def _to_xy(lonlat: NDArray[np.float64], plane: Plane) -> NDArray[np.float64]:
    return plane.to_xy(lonlat[:, 0], lonlat[:, 1]) if len(lonlat) else np.zeros((0, 2))
