"""What a search for missing links walks on: times to the nearest facility, and who is outside.

A *layer* is one set of streets with their times. Most walkers have one; a walker without stairs has
two, because nobody without stairs may be quicker than the same person with them (``step_free``): a
home's time is the longer of both.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarterhour.cover.case import Case
from quarterhour.cover.links.graph import Way
from quarterhour.reach.times import nearest_times
from quarterhour.streets.snap import Snapped
from quarterhour.streets.walker import PacedNetwork, walk_seconds


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One set of streets.

    Attributes
    ----------
    paced, places, homes, direction
        Streets, positions of the facilities of one kind and of homes, and which way people walk.
    home_ms, node_ms
        Milliseconds to the nearest facility of each home and of each node, to an hour.
    search_ms
        Limit of those.
    """

    paced: PacedNetwork
    places: Snapped
    homes: Snapped
    direction: Way
    home_ms: NDArray[np.int32]
    node_ms: NDArray[np.int32]
    search_ms: int

    def at(self, positions: Snapped) -> NDArray[np.int64]:
        """Return milliseconds to the nearest facility of positions, ``UNREACHED`` beyond."""
        found = nearest_times(
            self.paced, self.places, positions, limit_ms=self.search_ms, direction=self.direction
        )
        return found.ms.astype(np.int64)


def layers_of(case: Case, kind: str) -> tuple[Layer, ...]:
    """Return the layers of a circle's walker, the own streets first.

    Parameters
    ----------
    case
        The circle; its walker walks on streets, in the direction ``there`` or ``back``.
    kind
        Kind of facility, or ``any``.
    """
    way: Way = "back" if case.direction == "back" else "there"
    walkers = [case.walker] if case.walker.steps else [case.walker, case.walker.on_stairs()]
    search_ms = case.search_ms
    rows, found = case.facilities.rows_of(kind), []
    for walker in walkers:
        paced = case.paced if walker is case.walker else walk_seconds(case.network, walker)
        places, homes = case.positions.of(paced)
        own = places.take_places(rows)
        times = nearest_times(paced, own, homes, limit_ms=search_ms, direction=way)
        found.append(Layer(paced, own, homes, way, times.ms, times.node_ms, search_ms))
    return tuple(found)
