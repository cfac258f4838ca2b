"""Barriers: rivers, railways, motorways and walls that make a short distance a long walk.

What is bridged, tunnelled or carried overhead is left out: one walks above or beneath it. Streets
that come from a bureau's own lines know no barriers, and a long way round has no name there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from quarterhour.inputs.datum import Plane
from quarterhour.osmfile import OsmExtract
from quarterhour.streets.network import WalkNetwork

BARRIER_KINDS = ("river", "railway", "motorway", "wall")
Box = tuple[float, float, float, float]
_MOTORWAYS = ("motorway", "motorway_link")
_TRUNKS = ("trunk", "trunk_link")


@dataclass(frozen=True, slots=True, eq=False)
class Barriers:
    """Lines and areas that nobody steps over; one entry each.

    Attributes
    ----------
    shapes
        Geometries in metres.
    kinds
        ``river`` (canals and lakes too), ``railway``, ``motorway`` or ``wall`` (fences too).
    names
        Names on the map; empty where there is none.
    """

    shapes: NDArray[np.object_]
    kinds: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def none(cls) -> "Barriers":
        """Return no barriers."""
        return cls(np.empty(0, object), (), ())

    @classmethod
    def from_osm(cls, extract: OsmExtract, plane: Plane, box: Box) -> "Barriers":
        """Return the barriers of an OpenStreetMap file.

        Rivers, canals, water areas, railways on the ground, walls and fences as the extract holds
        them; motorways always, and trunk roads that are closed to people on foot.

        Parameters
        ----------
        extract
            What one pass over the file found.
        plane
            Plane of the study.
        box
            West, south, east, north in metres of the plane; barriers wholly outside are left out.
        """
        roads, names = _motorways(extract)
        shapes = np.concatenate([extract.barriers, roads])
        if len(shapes) == 0:
            return cls.none()
        projected = plane.geometry_to_xy(shapes)
        near = np.flatnonzero(shapely.intersects(projected, shapely.box(*box))).tolist()
        kinds = (*extract.barrier_kinds, *["motorway"] * len(roads))
        all_names = (*extract.barrier_names, *names)
        return cls(
            np.asarray(projected[near], object), tuple(kinds[n] for n in near),
            tuple(all_names[n] for n in near),
        )  # fmt: skip

    @classmethod
    def of_network(cls, network: WalkNetwork) -> "Barriers":
        """Return the rivers that a network knows, without names: all that a stored one keeps."""
        count = len(network.rivers)
        if count == 0:
            return cls.none()
        return cls(np.array(network.river_shapes, object), ("river",) * count, ("",) * count)

    def crossed(
        self, start_m: NDArray[np.float64], end_m: NDArray[np.float64]
    ) -> tuple[tuple[str, str], ...]:
        """Return kind and name of the barrier that each straight line crosses.

        Of several the longest: all shapes of one kind and name count as one barrier, and so do
        those of one kind without a name that touch (a railway yard is drawn in many pieces). Ties
        go to the lowest row. A shape in which the line begins or ends does not count, unless it is
        a line: the place is drawn wrong, or floats.

        Parameters
        ----------
        start_m, end_m
            Ends of the lines (n, 2).

        Returns
        -------
        tuple
            One pair per line; two empty texts where nothing is crossed.
        """
        n = len(start_m)
        if n == 0 or len(self.shapes) == 0:
            return (("", ""),) * n
        rays = shapely.linestrings(np.stack([start_m, end_m], axis=1))
        ray, shape = shapely.STRtree(self.shapes).query(rays, predicate="intersects")
        area = shapely.get_dimensions(self.shapes[shape]) > 1
        inside = [shapely.intersects(self.shapes[shape], shapely.points(at[ray]))
                  for at in (start_m, end_m)]  # fmt: skip
        kept = ~(area & (inside[0] | inside[1]))
        ray, shape = ray[kept], shape[kept]
        order = np.lexsort((shape, -self._lengths_m()[shape], ray))
        ray, shape = ray[order], shape[order]
        first = np.unique(ray, return_index=True)[1]
        out = [("", "")] * n
        for row in first.tolist():
            at = int(shape[row])
            out[int(ray[row])] = (self.kinds[at], self.names[at])
        return tuple(out)

    def _lengths_m(self) -> NDArray[np.float64]:
        """Return the length of the barrier that each shape is a part of, to the metre."""
        part = self._touching().tolist()
        own = [(k, n) if n else (k, str(part[row]), "")
               for row, (k, n) in enumerate(zip(self.kinds, self.names, strict=True))]  # fmt: skip
        number: dict[tuple[str, ...], int] = {}
        of = np.array([number.setdefault(key, len(number)) for key in own])
        length = np.bincount(of, shapely.length(self.shapes))
        return np.asarray(np.round(length)[of], np.float64)

    def _touching(self) -> NDArray[np.int64]:
        """Return a number that shapes of one kind have in common where they hang together."""
        n = len(self.shapes)
        a, b = shapely.STRtree(self.shapes).query(self.shapes, predicate="intersects")
        kind = np.unique(np.array(self.kinds), return_inverse=True)[1].ravel()
        named = np.array([name != "" for name in self.names])
        joined = (kind[a] == kind[b]) & ~named[a] & ~named[b]
        ends = a[joined].astype(np.int32), b[joined].astype(np.int32)
        graph = sparse.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(n, n))
        return np.asarray(csgraph.connected_components(graph, directed=False)[1], np.int64)


def _motorways(extract: OsmExtract) -> tuple[NDArray[np.object_], list[str]]:
    """Return lines and names of roads on the ground that nobody crosses on foot."""
    rows = [w for w, tags in enumerate(extract.way_tags) if _bars(tags)]
    lines, names = [], []
    for row in rows:
        refs = extract.way_refs[extract.way_offset[row] : extract.way_offset[row + 1]]
        at = extract.node_lonlat[np.searchsorted(extract.node_ids, refs)]
        at = at[np.isfinite(at).all(axis=1)]
        if len(at) > 1:
            tags = extract.way_tags[row]
            lines.append(shapely.LineString(at))
            names.append(tags.get("name") or tags.get("ref", ""))
    return np.array(lines, object), names


def _bars(tags: Mapping[str, str]) -> bool:
    road = tags.get("highway")
    closed = road in _MOTORWAYS or (
        road in _TRUNKS and (tags.get("foot") == "no" or tags.get("motorroad") == "yes")
    )
    return closed and all(tags.get(k, "no") == "no" for k in ("bridge", "tunnel"))
