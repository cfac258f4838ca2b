"""Inputs: read a planner's files once, check them, put them in metres.

Every reader returns a frozen object of arrays, gathers all faults of its file before it raises,
and appends what is merely doubtful to the list it is handed.
"""

from quarterhour.inputs.areas import Areas, read_areas
from quarterhour.inputs.buildings import Buildings, read_buildings
from quarterhour.inputs.datum import Datum, Plane, choose_plane
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import Facilities
from quarterhour.inputs.facilityfiles import read_facilities, read_neighbours
from quarterhour.inputs.hazards import Hazards, read_hazards
from quarterhour.inputs.indicators import Indicators, read_indicators
from quarterhour.inputs.osmareas import read_osm_areas
from quarterhour.inputs.osmplaces import read_osm_facilities
from quarterhour.inputs.populationgrid import PopulationGrid, read_population_grid
from quarterhour.inputs.premises import Premises, read_premises
from quarterhour.inputs.residents import Residents, read_residents
from quarterhour.inputs.tables import Sheet, read_sheet
from quarterhour.inputs.unlocated import Unlocated, located_path, write_unlocated

__all__ = [
    "Areas",
    "Buildings",
    "Datum",
    "Entrances",
    "Facilities",
    "Hazards",
    "Indicators",
    "Plane",
    "PopulationGrid",
    "Premises",
    "Residents",
    "Sheet",
    "Unlocated",
    "choose_plane",
    "located_path",
    "read_areas",
    "read_buildings",
    "read_facilities",
    "read_hazards",
    "read_indicators",
    "read_neighbours",
    "read_osm_areas",
    "read_osm_facilities",
    "read_population_grid",
    "read_premises",
    "read_residents",
    "read_sheet",
    "write_unlocated",
]
