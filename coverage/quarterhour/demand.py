"""Demand: residents on the network, totals kept exactly.

A *demand point* is some people at one place: a building, the middle of a street piece of at most
25 m, or a place the planner gave. An area's people are spread over its residential buildings by
floor area (footprint times levels), else over its residential streets by length. People of a grid
cell go on the streets inside the cell. Nobody is dropped: who has no building and no street stands
at the middle of the area or cell, and the walk finds out that no street is near.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from quarterhour.errors import Fault
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.buildings import Buildings
from quarterhour.inputs.residents import Residents, lead_of
from quarterhour.inputs.tables import fold
from quarterhour.presets import constant
from quarterhour.streets.network import WalkNetwork
from quarterhour.streets.osm import walk_rules
from quarterhour.streets.snap import Snapped, snap
from quarterhour.streets.walker import PacedNetwork

PlaceOn = Literal["buildings", "streets", "grid"]


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


@dataclass(frozen=True, slots=True, eq=False)
class _Pieces:
    """Street pieces of at most 25 m, each at its middle."""

    edge: NDArray[np.int32]
    offset_dm: NDArray[np.int32]
    length_dm: NDArray[np.float64]
    xy_m: NDArray[np.float64]


def place_residents(
    residents: Residents,
    network: WalkNetwork,
    areas: Areas,
    *,
    buildings: Buildings | None = None,
    place_on: PlaceOn | None = None,
    doubts: list[Fault] | None = None,
) -> Demand:
    """Put residents on the network.

    Parameters
    ----------
    residents
        People as the planner's table gives them.
    network
        Streets.
    areas
        The study's areas.
    buildings
        Residential buildings, if known.
    place_on
        For people by area: on buildings or on streets; buildings where there are any by default.
        An area without any building falls back to its streets.
    doubts
        Receives what is doubtful: areas that fell back, streets that were not found.

    Returns
    -------
    Demand
        Sums of each row of ``residents`` are kept to rounding (1e-12 of the sum).
    """
    if residents.by == "point":
        return _as_places(residents, np.arange(len(residents.people)))
    if residents.by == "area":
        return _by_area(residents, network, areas, buildings, place_on, doubts)
    if residents.by == "grid":
        return _by_cell(residents, street_pieces(network))
    # Who names a street means that street, whatever its class.
    return _by_street(residents, network, areas, street_pieces(network, lived=False), doubts)


def street_pieces(network: WalkNetwork, *, lived: bool = True) -> _Pieces:
    """Cut streets into equal pieces: those that homes stand along, or all (never bridges)."""
    longest_m = constant("piece_urban_m")
    homely = [n for n, c in enumerate(network.classes) if c in walk_rules()["residential"]]
    along = np.isin(network.edge_class, homely) if lived else np.ones(network.n_edges, bool)
    along &= ~network.edge_bridge & ~network.edge_tunnel
    edges = np.flatnonzero(along)
    length = network.edge_length_dm[edges].astype(np.float64)
    count = np.maximum(1, np.ceil(length / (10.0 * longest_m))).astype(np.int64)
    edge = np.repeat(edges, count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    piece = np.repeat(length / count, count)
    offset = np.rint((within + 0.5) * piece).astype(np.int32)
    xy = network.points_at(edge.astype(np.int32), offset)
    return _Pieces(edge.astype(np.int32), offset, piece, xy)


def _by_area(
    residents: Residents,
    network: WalkNetwork,
    areas: Areas,
    buildings: Buildings | None,
    place_on: PlaceOn | None,
    doubts: list[Fault] | None,
) -> Demand:
    n_areas = len(areas.names)
    row_of = np.full(n_areas, -1)
    row_of[residents.area_index] = np.arange(len(residents.people))
    parts: list[Demand] = []
    left = np.ones(n_areas, bool)
    if buildings is not None and len(buildings.floor_m2) and place_on != "streets":
        inside = areas.area_of(buildings.xy_m)
        use = (inside >= 0) & (buildings.floor_m2 > 0)
        parts.append(
            _spread(residents, row_of[inside[use]], buildings.floor_m2[use], buildings.xy_m[use])
        )
        left[np.unique(inside[use])] = False
    if left.any():
        pieces = street_pieces(network)
        inside = areas.area_of(pieces.xy_m)
        use = inside >= 0
        use[use] = left[inside[use]]
        parts.append(
            _spread(
                residents, row_of[inside[use]], pieces.length_dm[use], pieces.xy_m[use],
                pieces.edge[use], pieces.offset_dm[use],
            )
        )  # fmt: skip
        if parts[:-1] and doubts is not None:
            doubts += [
                Fault("demand.no_building", {"name": areas.names[a]}) for a in np.flatnonzero(left)
            ]
        left[np.unique(inside[use])] = False
    if left.any():
        middle = shapely.get_coordinates(shapely.point_on_surface(areas.polygons[left]))
        parts.append(_spread(residents, row_of[left], np.ones(int(left.sum())), middle))
        if doubts is not None:
            doubts += [
                Fault("demand.no_street_in_area", {"name": areas.names[a]})
                for a in np.flatnonzero(left)
            ]
    return _joined(parts, residents)


def _by_cell(residents: Residents, pieces: _Pieces) -> Demand:
    tree = shapely.STRtree(residents.cells)
    piece, cell = tree.query(shapely.points(pieces.xy_m), predicate="intersects")
    # A piece on the border of two cells goes to the first.
    order = np.lexsort((cell, piece))
    piece, cell = piece[order], cell[order]
    first = np.ones(len(piece), bool)
    first[1:] = piece[1:] != piece[:-1]
    piece, cell = piece[first], cell[first]
    some = residents.people[cell].sum(axis=1) > 0
    piece, cell = piece[some], cell[some]
    spread = _spread(
        residents, cell, pieces.length_dm[piece], pieces.xy_m[piece], pieces.edge[piece],
        pieces.offset_dm[piece],
    )  # fmt: skip
    without = np.setdiff1d(np.flatnonzero(residents.people.sum(axis=1) > 0), cell)
    return _joined([spread, _as_places(residents, without)], residents)


def _by_street(
    residents: Residents,
    network: WalkNetwork,
    areas: Areas,
    pieces: _Pieces,
    doubts: list[Fault] | None,
) -> Demand:
    by_name: dict[str, list[int]] = {}
    for number, name in enumerate(network.names):
        if name:
            by_name.setdefault(fold(name), []).append(number)
    piece_name = network.edge_name[pieces.edge]
    piece_area = areas.area_of(pieces.xy_m)
    order = np.argsort(piece_name, kind="stable")
    bounds = np.searchsorted(piece_name[order], np.arange(len(network.names) + 1))
    rows: list[NDArray[np.int64]] = []
    at: list[NDArray[np.int64]] = []
    lost: list[int] = []
    for row, (label, area) in enumerate(zip(residents.labels, residents.area_index, strict=True)):
        numbers = by_name.get(fold(label), [])
        found = np.concatenate(
            [order[bounds[n] : bounds[n + 1]] for n in numbers] or [np.empty(0, np.int64)]
        )
        found = found[piece_area[found] == area] if area >= 0 else found
        if len(found) == 0:
            lost.append(row)
        rows.append(np.full(len(found), row))
        at.append(found)
    row_of, piece = np.concatenate(rows), np.concatenate(at)
    spread = _spread(
        residents, row_of, pieces.length_dm[piece], pieces.xy_m[piece], pieces.edge[piece],
        pieces.offset_dm[piece], area=piece_area[piece],
    )  # fmt: skip
    if doubts is not None:
        doubts += [
            Fault("demand.street_not_found",
                  {"name": residents.labels[r], "people": f"{residents.people[r].max():,.0f}"})
            for r in lost
        ]  # fmt: skip
    return _joined([spread, _as_places(residents, np.array(lost, np.int64))], residents)


def _spread(
    residents: Residents,
    row: NDArray[np.int64],
    weight: NDArray[np.float64],
    xy: NDArray[np.float64],
    edge: NDArray[np.int32] | None = None,
    offset: NDArray[np.int32] | None = None,
    *,
    area: NDArray[np.int32] | None = None,
) -> Demand:
    """Spread the people of rows over places by weight; density rows multiply by kilometres."""
    total = np.bincount(row, weight, minlength=len(residents.people))
    share = weight / 10_000.0 if residents.per_km else weight / total[row]
    n = len(row)
    return Demand(
        residents.groups,
        residents.people[row] * share[:, None],
        residents.area_index[row] if area is None else area,
        xy,
        np.full(n, -1, np.int32) if edge is None else edge,
        np.zeros(n, np.int32) if offset is None else offset,
        ("building" if edge is None else "street",) * n,
    )


def _as_places(residents: Residents, rows: NDArray[np.int64]) -> Demand:
    """Put the people of rows at the rows' own places, whole."""
    n = len(rows)
    return Demand(
        residents.groups, residents.people[rows], residents.area_index[rows],
        residents.xy_m[rows], np.full(n, -1, np.int32), np.zeros(n, np.int32), ("place",) * n,
    )  # fmt: skip


def _joined(parts: Sequence[Demand], residents: Residents) -> Demand:
    def stack(name: str) -> NDArray[np.generic]:
        return np.concatenate([getattr(p, name) for p in parts])

    demand = Demand(
        residents.groups,
        stack("people").astype(np.float64),
        stack("area_index").astype(np.int32),
        stack("xy_m").astype(np.float64),
        stack("edge").astype(np.int32),
        stack("offset_dm").astype(np.int32),
        tuple(o for p in parts for o in p.on),
    )
    if not residents.per_km:
        missing = np.abs(demand.people.sum(axis=0) - residents.totals).max()
        if missing > 1e-9 * max(1.0, residents.totals.max()):
            raise AssertionError(f"placing residents lost {missing} people")
    return demand
