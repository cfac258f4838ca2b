"""Inputs: read a planner's files once, check them, put them in metres.

Every reader returns a frozen object of arrays, gathers all faults of its file before it raises,
and appends what is merely doubtful to the list it is handed.
"""

from quarterhour.inputs.areas import Areas, read_areas
from quarterhour.inputs.buildings import Buildings
from quarterhour.inputs.datum import Datum, Plane, choose_plane
from quarterhour.inputs.entrances import Entrances
from quarterhour.inputs.facilities import Facilities, read_facilities
from quarterhour.inputs.premises import Premises, read_premises
from quarterhour.inputs.residents import Residents, read_residents
from quarterhour.inputs.tables import Sheet, read_sheet

__all__ = [
    "Areas",
    "Buildings",
    "Datum",
    "Entrances",
    "Facilities",
    "Plane",
    "Premises",
    "Residents",
    "Sheet",
    "choose_plane",
    "read_areas",
    "read_facilities",
    "read_premises",
    "read_residents",
    "read_sheet",
]
