"""Orders of the plates of one area (13-n) and of one recommended site (S-n)."""

from quarterhour.findings import Findings
from quarterhour.maps.titles import Order
from quarterhour.words import Words


def guide_orders(findings: Findings, words: Words) -> list[Order]:
    """Return a plate for each area, and for each recommended site of each question."""
    return []
