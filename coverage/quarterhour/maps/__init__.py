"""Maps: an offline web map, and plan pages."""

from quarterhour.maps.plates import plan_pages
from quarterhour.maps.tiles import Tiles, tiles_of
from quarterhour.maps.web import web_map

__all__ = ["Tiles", "plan_pages", "tiles_of", "web_map"]
