"""Sensitivity: how coverage depends on what was assumed, and on what was asked for.

A *dimension* is one assumption (pace, slopes, stairs, the longest access leg, where people were
placed) or one choice of the question (the limit in minutes, whether the neighbours' facilities
count). The *sweep* changes one dimension at a time around the study's own *base*, or all together
(the *grid*). The *swing* of a dimension is the share of people at its least and at its most
favourable value. The *range* of an area is the least and the largest share that one assumption
alone gives it; choices do not widen it, because another question is no doubt about this one. An
area whose class (under 50 %, 50 to 80 %, over 80 %) changes within its range *depends on
assumptions*.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from quarterhour.cover.completeness import share_class
from quarterhour.cover.quotients import over
from quarterhour.cover.sweep.settings import STAIRS, Setting, Stairs
from quarterhour.inputs.facilities import ANY

ASSUMED = ("speed", "slope", "stairs", "snap", "placement")
CHOSEN = ("minutes", "neighbours")
DIMENSIONS = (*ASSUMED, *CHOSEN)
BASE, GRID = "base", "grid"
# What a dimension that was left out lacks; see ``Sweep.left_out``.
REASONS = (
    "not_asked", "no_terrain", "no_stairs", "no_other_placement", "no_neighbours",
    "counts_metres", "straight",
)  # fmt: skip
# A swing below a tenth of a percentage point prints as none.
_SMALL = 5e-4
FIELDS = {
    "speed": "flat_mps", "slope": "slope", "stairs": "stairs", "snap": "max_snap_m",
    "placement": "placed_otherwise", "neighbours": "neighbours",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Swing:
    """What one dimension does to the share of people of one kind.

    Attributes
    ----------
    dimension
        One of ``DIMENSIONS``.
    low_value, base_value, high_value
        Where the share is least, in the study, and largest: m/s, metres, minutes, or a word
        (``off on``, ``closed as_is flat``, ``own other``, ``without with``).
    low, base, high
        Shares there.
    """

    dimension: str
    low_value: float | str
    base_value: float | str
    high_value: float | str
    low: float
    base: float
    high: float

    @property
    def span(self) -> float:
        """From the least to the largest share."""
        return self.high - self.low

    @property
    def assumed(self) -> bool:
        """Whether this is an assumption, and not a choice of the question."""
        return self.dimension in ASSUMED


def _none() -> NDArray[Any]:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Coverage of the lead group under many settings; row 0 is the study's own.

    Without settings where nothing was swept.

    Attributes
    ----------
    dimension
        What each setting changes: ``base``, one of ``DIMENSIONS``, or ``grid`` (several).
    flat_mps, slope, stairs, max_snap_m, placed_otherwise, neighbours
        The settings, one entry each (see :class:`~quarterhour.cover.sweeping.Setting`).
    kinds, minutes, group, areas
        Kinds of facilities, limits read from every setting, the lead group, areas (the last:
        outside all of them).
    base_minutes
        The study's longest limit.
    residents, no_street
        People by area, and those of them without a street near (settings, areas).
    within
        People within each limit (settings, kinds, minutes, areas).
    left_out
        Dimensions that were not tried, each with one of ``REASONS``.
    """

    dimension: tuple[str, ...] = ()
    flat_mps: NDArray[np.float64] = field(default_factory=_none)
    slope: NDArray[np.bool_] = field(default_factory=_none)
    stairs: tuple[str, ...] = ()
    max_snap_m: NDArray[np.float64] = field(default_factory=_none)
    placed_otherwise: NDArray[np.bool_] = field(default_factory=_none)
    neighbours: NDArray[np.bool_] = field(default_factory=_none)
    kinds: tuple[str, ...] = ()
    minutes: tuple[int, ...] = ()
    base_minutes: int = 0
    group: str = ""
    areas: tuple[str, ...] = ()
    residents: NDArray[np.float64] = field(default_factory=_none)
    no_street: NDArray[np.float64] = field(default_factory=_none)
    within: NDArray[np.float64] = field(default_factory=_none)
    left_out: tuple[tuple[str, str], ...] = ()

    def setting(self, row: int) -> Setting:
        """Return one setting."""
        stairs: Stairs = next(s for s in STAIRS if s == self.stairs[row])
        return Setting(
            float(self.flat_mps[row]), bool(self.slope[row]), stairs, float(self.max_snap_m[row]),
            bool(self.placed_otherwise[row]), bool(self.neighbours[row]),
        )  # fmt: skip

    def shares(self, kind: str = ANY, *, minutes: int | None = None) -> NDArray[np.float64]:
        """Return the share of all people within a limit under each setting; 0 without people."""
        m = self.minutes.index(minutes or self.base_minutes)
        within = self.within[:, self.kinds.index(kind), m].sum(axis=1)
        return over(within, self.residents.sum(axis=1), nothing=0.0)

    def curve(
        self, dimension: str, kind: str = ANY
    ) -> tuple[tuple[float | str, ...], NDArray[np.float64]]:
        """Return the values of a dimension, the least favourable first as a rule, and the shares.

        The study's own value is among them.
        """
        if dimension == "minutes":
            shares = [float(self.shares(kind, minutes=m)[0]) for m in self.minutes]
            return tuple(float(m) for m in self.minutes), np.array(shares)
        rows = [0, *(n for n, d in enumerate(self.dimension) if d == dimension)]
        rows.sort(key=lambda n: _rank(dimension, self.setting(n)))
        values = tuple(_value(dimension, self.setting(n)) for n in rows)
        return values, self.shares(kind)[rows]

    def tried(self) -> tuple[str, ...]:
        """Return the dimensions that were tried."""
        out = [name for name, _ in self.left_out]
        return tuple(d for d in DIMENSIONS if d not in out)

    def swings(self, kind: str = ANY) -> tuple[Swing, ...]:
        """Return the swing of each dimension, the widest first; ties in order of ``DIMENSIONS``."""
        found = [self._swing(dimension, kind) for dimension in self.tried()]
        return tuple(sorted(found, key=lambda swing: -round(swing.span, 9)))

    def matters(self, kind: str = ANY, *, most: int = 3) -> tuple[Swing, ...]:
        """Return the assumptions that matter most, the widest first, and none without effect."""
        assumed = [s for s in self.swings(kind) if s.assumed and s.span >= _SMALL]
        return tuple(assumed[:most])

    def _swing(self, dimension: str, kind: str) -> Swing:
        values, shares = self.curve(dimension, kind)
        # Equal shares keep the order of the values: the first is the low end, the last the high.
        low = int(shares.argmin())
        high = len(shares) - 1 - int(shares[::-1].argmax())
        own = self.base_minutes if dimension == "minutes" else _value(dimension, self.setting(0))
        at = values.index(own)
        return Swing(
            dimension, values[low], values[at], values[high], float(shares[low]),
            float(shares[at]), float(shares[high]),
        )  # fmt: skip

    def area_ranges(
        self, kind: str = ANY
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the least share, the study's, and the largest by area; ``nan`` without people."""
        rows = [n for n, d in enumerate(self.dimension) if d in (BASE, *ASSUMED)]
        m = self.minutes.index(self.base_minutes)
        within = self.within[rows, self.kinds.index(kind), m]
        shares = over(within, self.residents[rows], nothing=np.nan)
        # Another placement may leave nobody in a small area; it then says nothing of it.
        low = np.where(np.isnan(shares), np.inf, shares).min(axis=0)
        high = np.where(np.isnan(shares), -np.inf, shares).max(axis=0)
        nobody = np.isnan(shares[0])
        return np.where(nobody, np.nan, low), shares[0], np.where(nobody, np.nan, high)

    def depends(
        self, kind: str = ANY, *, withheld: NDArray[np.bool_] | None = None
    ) -> NDArray[np.bool_]:
        """Return which areas depend on assumptions.

        Parameters
        ----------
        kind
            Kind of facility.
        withheld
            Areas that cannot say (areas,); they have no class to change.
        """
        low, _, high = self.area_ranges(kind)
        lived = np.isfinite(low)
        changes = share_class(np.nan_to_num(low)) != share_class(np.nan_to_num(high))
        return np.asarray(changes & lived if withheld is None else changes & lived & ~withheld)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per setting, kind and limit; within, beyond, no street are all people."""
        n, kinds, minutes, _ = self.within.shape
        within = self.within.sum(axis=3).ravel()
        each = kinds * minutes
        residents = np.repeat(self.residents.sum(axis=1), each)
        no_street = np.repeat(self.no_street.sum(axis=1), each)
        return pd.DataFrame(
            {
                "setting": np.repeat(np.arange(n), each),
                "dimension": np.repeat(np.array(self.dimension, object), each),
                "flat_mps": np.repeat(self.flat_mps, each), "slope": np.repeat(self.slope, each),
                "stairs": np.repeat(np.array(self.stairs, object), each),
                "max_snap_m": np.repeat(self.max_snap_m, each),
                "placed_otherwise": np.repeat(self.placed_otherwise, each),
                "neighbours": np.repeat(self.neighbours, each),
                "kind": np.tile(np.repeat(np.array(self.kinds, object), minutes), n),
                "minutes": np.tile(np.array(self.minutes), n * kinds),
                "residents": residents, "within": within,
                "beyond": residents - within - no_street, "no_street": no_street,
                "share": over(within, residents, nothing=0.0),
            }
        )  # fmt: skip

    def areas_frame(self) -> pd.DataFrame:
        """Return one row per kind and area: least, own and largest share, and if it depends."""
        frames = []
        for kind in self.kinds:
            low, own, high = self.area_ranges(kind)
            columns: dict[str, object] = {
                "kind": kind, "area": self.areas, "residents": self.residents[0],
                "low": low, "share": own, "high": high, "depends": self.depends(kind),
            }  # fmt: skip
            frames.append(pd.DataFrame(columns))
        return pd.concat(frames, ignore_index=True)


def _rank(dimension: str, setting: Setting) -> float:
    """Return where a setting stands among those of a dimension, the least favourable first."""
    if dimension == "stairs":
        return STAIRS.index(setting.stairs)
    value: float = getattr(setting, FIELDS[dimension])
    # Without slopes people walk farther than with them.
    return -value if dimension == "slope" else value


def _value(dimension: str, setting: Setting) -> float | str:
    value = getattr(setting, FIELDS[dimension])
    words = {"slope": ("off", "on"), "placement": ("own", "other"),
             "neighbours": ("without", "with")}  # fmt: skip
    if dimension in words:
        return words[dimension][int(value)]
    return str(value) if dimension == "stairs" else float(value)
