"""What the plates of one area (13-n) and of one recommended site (S-n) show."""

from collections.abc import Callable, Mapping

from quarterhour.findings import Findings
from quarterhour.maps.layers import Ground, Subject
from quarterhour.maps.page import Page

GUIDES: Mapping[str, Callable[[Page, Findings, Ground, Subject], None]] = {}
