"""Streets: from OpenStreetMap to a walking network, a walker's seconds, and positions on edges."""

from pathlib import Path

from quarterhour.inputs.datum import Plane, choose_plane
from quarterhour.osmfile import read_osm
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.osm import Private, build_network
from quarterhour.streets.snap import Snapped, snap
from quarterhour.streets.terrain import Terrain, drape, read_terrain
from quarterhour.streets.walker import PacedNetwork, slope_factor, walk_seconds


def read_network(path: Path, *, crs: str = "auto", private: Private = "own") -> WalkNetwork:
    """Read a walking network from an OSM file, flat.

    Parameters
    ----------
    path
        ``.osm.pbf``, ``.osm``, ``.osm.gz`` or ``.osm.bz2``.
    crs
        Plane to measure in, or ``"auto"``.
    private
        Who may use private ways: ``own`` residents, everybody (``open``), nobody (``closed``).

    Raises
    ------
    InputError
        If the file cannot be read.
    NetworkError
        If nothing in it is walkable.
    """
    import numpy as np

    extract = read_osm(path)
    low, high = np.nanmin(extract.node_lonlat, axis=0), np.nanmax(extract.node_lonlat, axis=0)
    middle = (low + high) / 2
    plane: Plane = choose_plane(float(middle[0]), float(middle[1]), wanted=crs)
    return build_network(extract, plane, private=private)


__all__ = [
    "PacedNetwork",
    "Private",
    "Snapped",
    "Terrain",
    "WalkNetwork",
    "build_network",
    "drape",
    "read_network",
    "read_terrain",
    "slope_factor",
    "snap",
    "walk_seconds",
]
