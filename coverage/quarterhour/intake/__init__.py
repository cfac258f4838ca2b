"""Intake: a study's files, read into objects.

*Inputs* are what the planner's tables say; *streets* are the walking network with what else the
street file holds. Nothing is computed from them here. A run stops at the first stage with faults;
a check gathers what can be read, whatever is wrong with the rest.
"""

from quarterhour.intake.gather import Gathered, gather
from quarterhour.intake.inputs import GatheredInputs, Inputs, PointFile, settle, year_of
from quarterhour.intake.reading import gather_inputs, read_inputs
from quarterhour.intake.sources import sources_of
from quarterhour.intake.streets import (
    Streets,
    facilities_of,
    needed_buffer_m,
    read_streets,
    walkers_of,
)
from quarterhour.intake.whereabouts import areas_of

__all__ = [
    "Gathered",
    "GatheredInputs",
    "Inputs",
    "PointFile",
    "Streets",
    "areas_of",
    "facilities_of",
    "gather",
    "gather_inputs",
    "needed_buffer_m",
    "read_inputs",
    "read_streets",
    "settle",
    "sources_of",
    "walkers_of",
    "year_of",
]
