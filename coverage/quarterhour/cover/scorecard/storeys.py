"""Storeys: on which storey each facility lies, and whether it has the lift that rules ask for.

Two rules stand side by side. The district's (SPB-canteen: on storey 2 or below if possible, with a
lift from storey 3) was written for canteens; JGJ 450 as quoted asks for a lift from storey 2. Both
are told for every facility.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.scorecard.definitions import StoreyRule, storey_rules
from quarterhour.inputs.facilities import Facilities

MET, NOT_MET, UNKNOWN = 1, 0, -1


@dataclass(frozen=True, slots=True, eq=False)
class StoreyCheck:
    """What each rule says of each facility.

    Attributes
    ----------
    ids
        Facilities, in their order.
    rules
        The rules, with status and source.
    verdict
        1 met, 0 not met, -1 unknown (rules, facilities).
    """

    ids: tuple[str, ...]
    rules: tuple[StoreyRule, ...]
    verdict: NDArray[np.int8]

    def count(self, rule: int) -> tuple[int, int, int]:
        """Return how many facilities meet a rule, do not, and of how many nobody knows."""
        said = self.verdict[rule]
        return int((said == MET).sum()), int((said == NOT_MET).sum()), int((said == UNKNOWN).sum())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per facility, a column per rule."""
        said = {rule.key: self.verdict[r] for r, rule in enumerate(self.rules)}
        return pd.DataFrame({"id": self.ids, **said})


def check_storeys(facilities: Facilities) -> StoreyCheck:
    """Compare storey and lift of each facility with the rules.

    A lift meets every rule, whatever the storey. Without one a storey up to the limit meets it.
    What is not known makes the verdict unknown, unless the rest decides it. A basement without a
    lift is unknown: the rules speak of climbing up.

    Parameters
    ----------
    facilities
        Facilities that count.

    References
    ----------
    SPB-canteen (沙坪坝区社区食堂全覆盖建设管理方案, 2023); JGJ 450 as quoted elsewhere.
    """
    rules, storey = storey_rules(), facilities.storey
    verdict = np.full((len(rules), len(facilities.ids)), UNKNOWN, np.int8)
    for r, rule in enumerate(rules):
        above = storey > rule.highest_without_lift
        low = (storey >= 1) & ~above
        verdict[r, above & (facilities.lift == 0)] = NOT_MET
        verdict[r, low | (facilities.lift == 1)] = MET
    return StoreyCheck(facilities.ids, rules, verdict)
