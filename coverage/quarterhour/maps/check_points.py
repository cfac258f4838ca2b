"""The points of a check's picture: what each file says, row by row, and where that lies.

A *layer of points* is one file, whether or not the rest of the file could be read. It is packed
once as the study reads it and once for each other datum, in the same order.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarterhour.inputs.datum import Datum, Plane, is_code
from quarterhour.maps.style import sign_of
from quarterhour.maps.web_shapes import Packer
from quarterhour.remarks import printable
from quarterhour.studytables import DatumName
from quarterhour.wording import label
from quarterhour.words import Language, Words

Table = dict[str, Any]

DATUMS: tuple[DatumName, ...] = ("wgs84", "gcj02", "bd09")
# Farther than this from what is shown a point is told, not drawn.
BEYOND_M = 100_000.0
PREMISES_COLOUR = "#4d4d4d"
RESIDENTS_COLOUR = "#7a5195"
# Datums that differ less than this (about a metre) do so nowhere in a file: it lies abroad.
_SAME_DEGREES = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class PointLayer:
    """The points of one file.

    Attributes
    ----------
    file, role
        The file, and what it holds: ``facilities``, ``premises``, ``neighbours``, ``residents``.
    datum
        What the study says its degrees mean.
    lonlat
        WGS 84 degrees (n, 2) as read with that datum; ``nan`` for rows without a position.
    rows
        Row of each in the planner's file.
    names, kinds
        As read; empty where there is none.
    counted
        Whether each takes part at the study's date.
    street_m
        Median distance in metres to the nearest street in each datum, as far as known.
    likely
        The datum that fits better than the declared one, or empty.
    """

    file: str
    role: str
    datum: DatumName
    lonlat: NDArray[np.float64]
    rows: NDArray[np.int64]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    counted: NDArray[np.bool_]
    street_m: dict[str, float] = field(default_factory=dict)
    likely: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Where a picture's points are drawn: plane, packer, corners (4, 2) in metres, kinds."""

    plane: Plane
    pack: Packer
    corners: NDArray[np.float64]
    kinds: tuple[str, ...]

    def file(self, layer: PointLayer, language: Language) -> Table:
        """Return one layer of points: places in each datum, cards, figures."""
        placed = np.isfinite(layer.lonlat).all(axis=1)
        near = placed & self._near(layer.lonlat)
        at, lonlat = np.flatnonzero(near).tolist(), layer.lonlat[near]
        return {
            "file": layer.file, "role": Words(language)(f"check.role_{layer.role}"),
            "datum": layer.datum, "count": len(at), "beyond": int((placed & ~near).sum()),
            "unplaced": int((~placed).sum()), "g": self._packed(lonlat),
            "others": {name: self._packed(moved) for name, moved in _others(layer, lonlat)},
            "street_m": {d: round(m, 1) for d, m in layer.street_m.items() if np.isfinite(m)},
            "likely": layer.likely,
            "rows": layer.rows[at].tolist(),
            "names": [printable(layer.names[n]) for n in at],
            "kinds": [printable(label(layer.kinds[n], "kind", language)) for n in at],
            "signs": [self._sign(layer, n) for n in at],
        }  # fmt: skip

    def _packed(self, lonlat: NDArray[np.float64]) -> str:
        return self.pack.points(self.plane.to_xy(lonlat[:, 0], lonlat[:, 1]))

    def _near(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which positions can be drawn beside the rest."""
        good = np.isfinite(lonlat).all(axis=1)
        out = np.zeros(len(lonlat), bool)
        xy = self.plane.to_xy(lonlat[good, 0], lonlat[good, 1])
        low, high = self.corners.min(axis=0) - BEYOND_M, self.corners.max(axis=0) + BEYOND_M
        out[good] = ((xy >= low) & (xy <= high)).all(axis=1)
        return out

    def _sign(self, layer: PointLayer, n: int) -> Table:
        if layer.role == "residents":
            return {"shape": "dot", "colour": RESIDENTS_COLOUR}
        if layer.role == "premises":
            return {"shape": "dot", "colour": PREMISES_COLOUR}
        sign = sign_of(layer.kinds[n], self.kinds)
        hollow, out = layer.role == "neighbours", not layer.counted[n]
        return {"shape": sign.shape, "colour": sign.colour, "hollow": hollow, "out": bool(out)}


def kinds_of(layers: Iterable[PointLayer]) -> tuple[str, ...]:
    """Return the kinds of some layers, in the order in which they come."""
    return tuple(dict.fromkeys(kind for layer in layers for kind in layer.kinds if kind))


def _others(
    layer: PointLayer, lonlat: NDArray[np.float64]
) -> list[tuple[str, NDArray[np.float64]]]:
    """Return the same numbers read in each other datum; nothing where datums do not differ."""
    if is_code(layer.datum) or len(lonlat) == 0:
        return []
    raw = Datum(layer.datum).from_wgs84(lonlat[:, 0], lonlat[:, 1])
    declared = "wgs84" if layer.datum == "cgcs2000" else layer.datum
    moved = [(d, np.column_stack(Datum(d).to_wgs84(*raw))) for d in DATUMS if d != declared]
    return [(d, there) for d, there in moved if np.abs(there - lonlat).max() > _SAME_DEGREES]
