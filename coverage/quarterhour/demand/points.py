"""Demand points: people at places, and where they enter the streets."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.inputs.residents import lead_of
from quarterhour.streets.snap import Snapped, snap
from quarterhour.streets.walker import PacedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """People at places; every array has one entry per demand point.

    Attributes
    ----------
    groups
        Names of the groups.
    people
        People (n, n groups).
    area_index
        Row in the study's areas; -1 outside all of them.
    xy_m
        Places (n, 2); ``nan`` where a street name was not found.
    edge, offset_dm
        Position, where the point stands on a street piece; else -1 and 0.
    on
        What each point stands for: ``building``, ``street`` or ``place``.
    """

    groups: tuple[str, ...]
    people: NDArray[np.float64]
    area_index: NDArray[np.int32]
    xy_m: NDArray[np.float64]
    edge: NDArray[np.int32]
    offset_dm: NDArray[np.int32]
    on: tuple[str, ...]

    @property
    def lead_group(self) -> str:
        """The group that texts and maps speak of: ``60+`` if there, else the first."""
        return lead_of(self.groups)

    def people_of(self, group: str) -> NDArray[np.float64]:
        """Return the people of one group per demand point."""
        return self.people[:, self.groups.index(group)]

    def positions(self, paced: PacedNetwork, *, max_snap_m: float) -> Snapped:
        """Return where these people enter the streets, for one walker.

        Points on streets that the walker may use stand there; all others are snapped.
        """
        standing = self.edge >= 0
        standing[standing] = paced.usable[self.edge[standing]]
        edge = np.where(standing, self.edge, -1).astype(np.int32)
        offset = np.where(standing, self.offset_dm, 0).astype(np.int32)
        access, moved = np.zeros(len(edge), np.int32), np.zeros(len(edge), bool)
        rows = np.flatnonzero(~standing & np.isfinite(self.xy_m).all(axis=1))
        snapped = snap(paced, self.xy_m[rows], max_snap_m=max_snap_m)
        edge[rows], offset[rows] = snapped.edge, snapped.offset_dm
        access[rows], moved[rows] = snapped.access_dm, snapped.moved
        return Snapped(edge, offset, access, moved)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per demand point."""
        frame = pd.DataFrame(
            {"x_m": self.xy_m[:, 0], "y_m": self.xy_m[:, 1], "area": self.area_index,
             "on": self.on}
        )  # fmt: skip
        return frame.assign(**{g: self.people[:, n] for n, g in enumerate(self.groups)})
