"""Focus: the view of a plate that is about one area or one site, and not about the district."""

from quarterhour.findings import Findings
from quarterhour.maps.canvas import View
from quarterhour.maps.titles import Order


def own_view(findings: Findings, order: Order) -> View | None:
    """Return the view of a plate about one area or site; ``None`` where it is the district's."""
    return None
