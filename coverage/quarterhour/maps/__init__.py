"""Maps: an offline web map, and plan pages."""

from quarterhour.maps.plates import plan_pages
from quarterhour.maps.web import web_map

__all__ = ["plan_pages", "web_map"]
