"""Demand: residents on the network, totals kept exactly.

A *demand point* is some people at one place: a building, the middle of a street piece of at most
25 m, or a place the planner gave. Nobody is dropped: who has no building and no street stands at
the middle of the area or cell, and the walk finds out that no street is near.
"""

from quarterhour.demand.pieces import StreetPieces, street_pieces
from quarterhour.demand.placing import PlaceOn, other_placement, place_residents, placements
from quarterhour.demand.points import Demand

__all__ = [
    "Demand", "PlaceOn", "StreetPieces", "other_placement", "place_residents", "placements",
    "street_pieces",
]  # fmt: skip
