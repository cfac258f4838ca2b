"""Shapes for the web map: from the study's plane to short texts that the browser unpacks.

A page carries all streets of a district. As GeoJSON they are ten megabytes; as whole steps of half
a metre in the browser's own projection (Web Mercator), each vertex told as its difference from the
one before, they are a few hundred kilobytes and stay sharp at every zoom. A *part* is one line or
one ring; the *packed* form is, for each part, its number of vertices and then the differences, as
variable-length integers (seven bits a byte, the sign in the lowest bit), in base64.
"""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.inputs.datum import Plane

# Radius of the sphere that Web Mercator is drawn on.
EARTH_M = 6_378_137.0
STEP_M = 0.5


@dataclass(frozen=True, slots=True)
class Packer:
    """Packs shapes of one plane, around one origin.

    Attributes
    ----------
    transformer
        From the plane of the shapes to Web Mercator; made once, for making it takes longer than
        most shapes.
    origin
        Web Mercator metres from which whole steps are counted.
    """

    transformer: Any
    origin: tuple[int, int]

    @classmethod
    def around(cls, plane: Plane, xy_m: NDArray[np.float64]) -> "Packer":
        """Return a packer whose origin is near the given positions (n, 2)."""
        from pyproj import Transformer

        transformer = Transformer.from_crs(plane.crs, "EPSG:3857", always_xy=True)
        x, y = transformer.transform(*((xy_m.min(axis=0) + xy_m.max(axis=0)) / 2.0))
        return cls(transformer, (round(x), round(y)))

    def steps(self, xy_m: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return positions (n, 2) in whole steps from the origin."""
        if len(xy_m) == 0:
            return np.empty((0, 2), np.int64)
        metres = np.column_stack(self.transformer.transform(xy_m[:, 0], xy_m[:, 1]))
        steps: NDArray[np.int64] = np.rint((metres - self.origin) / STEP_M).astype(np.int64)
        return steps

    def lines(self, lines: NDArray[np.object_]) -> str:
        """Pack line strings."""
        return self._parts(lines)

    def polygon(self, shape: shapely.Geometry) -> str:
        """Pack all rings of a polygon or multipolygon; holes are told by the even-odd rule."""
        return self._parts(shapely.get_rings(shapely.get_parts(shape)))

    def points(self, xy_m: NDArray[np.float64]) -> str:
        """Pack points as one part, in their order."""
        return pack(self.steps(xy_m), np.array([len(xy_m)] if len(xy_m) else [], np.int64))

    def _parts(self, parts: NDArray[np.object_]) -> str:
        xy = self.steps(shapely.get_coordinates(parts))
        return pack(xy, np.asarray(shapely.get_num_coordinates(parts), np.int64))


def pack(xy: NDArray[np.int64], counts: NDArray[np.int64]) -> str:
    """Pack parts of ``counts`` vertices each, given one after the other.

    Differences run on from part to part. Vertices equal to the one before are kept: the caller
    simplifies.
    """
    counts = counts[counts > 0]
    if len(counts) == 0:
        return ""
    change = np.diff(xy, axis=0, prepend=np.zeros((1, 2), np.int64)).ravel()
    folded = np.where(change < 0, -2 * change - 1, 2 * change)
    starts = 2 * (np.cumsum(counts) - counts)
    return base64.b64encode(_varint(np.insert(folded, starts, counts))).decode()


def _varint(values: NDArray[np.int64]) -> bytes:
    width = np.ones(len(values), np.int64)
    for more in range(1, 6):
        width += values >= 1 << 7 * more
    at = np.cumsum(width) - width
    out = np.zeros(int(width.sum()), np.uint8)
    for byte in range(int(width.max())):
        has = width > byte
        low = (values[has] >> 7 * byte) & 127
        out[at[has] + byte] = np.where(width[has] > byte + 1, low | 128, low)
    return out.tobytes()


def unpack(text: str) -> list[NDArray[np.int64]]:
    """Return the parts (n, 2) of a packed text, in steps: what the browser does."""
    raw = np.frombuffer(base64.b64decode(text), np.uint8).astype(np.int64)
    ends = np.flatnonzero(raw < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(len(raw)) - np.repeat(starts, ends - starts + 1)
    values = np.add.reduceat((raw & 127) << 7 * place, starts) if len(raw) else raw
    parts, at, last = [], 0, np.zeros(2, np.int64)
    while at < len(values):
        count = int(values[at])
        folded = values[at + 1 : at + 1 + 2 * count].reshape(-1, 2)
        part = last + np.cumsum(np.where(folded & 1, -(folded + 1) // 2, folded // 2), axis=0)
        parts.append(part)
        last, at = part[-1], at + 1 + 2 * count
    return parts
