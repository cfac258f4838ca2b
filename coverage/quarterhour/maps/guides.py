"""What the plates of one area (13-n) and of one recommended site (S-n) show."""

from collections.abc import Callable, Mapping

from quarterhour.findings import Findings
from quarterhour.maps.guide_area import draw_guide
from quarterhour.maps.guide_orders import GUIDE, SITE
from quarterhour.maps.guide_site import draw_site
from quarterhour.maps.layers import Ground, Subject
from quarterhour.maps.page import Page

GUIDES: Mapping[str, Callable[[Page, Findings, Ground, Subject], None]] = {
    GUIDE: draw_guide, SITE: draw_site,
}  # fmt: skip
