"""Missing links: which footbridge, lift or gate would bring most elders inside."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class MissingLinks:
    """Missing links."""
