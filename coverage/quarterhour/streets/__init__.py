"""Streets: from a street file to a walking network, a walker's seconds, and positions on edges."""

from quarterhour.streets.askosm import MapServers
from quarterhour.streets.barriers import Barriers
from quarterhour.streets.datums import DatumComparison, compare_datums, datum_doubt
from quarterhour.streets.doors import osm_entrances, snap_facilities
from quarterhour.streets.download import download_network
from quarterhour.streets.exchange import from_networkx, to_networkx
from quarterhour.streets.files import StreetFile, read_network, read_street_file
from quarterhour.streets.grades import drape, grade_streets
from quarterhour.streets.names import StreetMatch, match_streets
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.osm import Private, build_network
from quarterhour.streets.snap import Snapped, snap
from quarterhour.streets.stored import write_network
from quarterhour.streets.terrain import Terrain, read_terrain
from quarterhour.streets.walker import PacedNetwork, slope_factor, walk_seconds

__all__ = [
    "Barriers",
    "DatumComparison",
    "MapServers",
    "PacedNetwork",
    "Private",
    "Snapped",
    "StreetFile",
    "StreetMatch",
    "Terrain",
    "WalkNetwork",
    "build_network",
    "compare_datums",
    "datum_doubt",
    "download_network",
    "drape",
    "from_networkx",
    "grade_streets",
    "match_streets",
    "osm_entrances",
    "read_network",
    "read_street_file",
    "read_terrain",
    "slope_factor",
    "snap",
    "snap_facilities",
    "to_networkx",
    "walk_seconds",
    "write_network",
]
