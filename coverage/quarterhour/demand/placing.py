"""Placing residents: by area, by cell, by street, or where they were given.

An area's people are spread over its residential buildings by floor area (footprint times levels,
times the share of homes where shops stand below), or over the cells of a population grid by their
weight, else over its streets by length and class: a metre of a street of homes draws more people
than one of a main road (:mod:`~quarterhour.demand.pieces`). People of a cell go on the streets
inside the cell in the same way, people of a named street along it by length alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from quarterhour.demand.pieces import StreetPieces, pieces_inside, street_pieces
from quarterhour.demand.points import Demand
from quarterhour.errors import Fault, InputError
from quarterhour.inputs.areas import Areas
from quarterhour.inputs.buildings import Buildings
from quarterhour.inputs.populationgrid import PopulationGrid
from quarterhour.inputs.residents import Residents
from quarterhour.streets.names import StreetMatch, match_streets
from quarterhour.streets.network import WalkNetwork

PlaceOn = Literal["buildings", "streets", "grid"]


def place_residents(
    residents: Residents,
    network: WalkNetwork,
    areas: Areas,
    *,
    buildings: Buildings | None = None,
    grid: PopulationGrid | None = None,
    place_on: PlaceOn | None = None,
    aliases: Mapping[str, str] | None = None,
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
    grid
        Population grid, if there is one.
    place_on
        For people by area: on buildings, streets, or the grid's cells; by default on buildings
        where there are any, else on the grid if there is one, else on streets. An area without
        any building, or without anybody on the grid, falls back to its streets.
    aliases
        The network's name of each other name of a street.
    doubts
        Receives what is doubtful: areas that fell back, streets that were not found.

    Returns
    -------
    Demand
        Sums of each row of ``residents`` are kept to rounding (1e-12 of the sum).

    Raises
    ------
    InputError
        If people are to be placed on a grid and there is none.
    """
    heard: list[Fault] = [] if doubts is None else doubts
    if residents.by == "point":
        return _as_places(residents, np.arange(len(residents.people)))
    if residents.by == "area":
        if place_on == "grid" and grid is None:
            raise InputError(Fault("people.grid_needed", file="study.toml"))
        return _by_area(residents, network, areas, _Where(buildings, grid, place_on), heard)
    if residents.by == "grid":
        return _by_cell(residents, street_pieces(network))
    return _by_street(residents, network, areas, aliases, heard)


def placements(
    residents: Residents,
    *,
    buildings: Buildings | None = None,
    grid: PopulationGrid | None = None,
    place_on: PlaceOn | None = None,
) -> tuple[PlaceOn | None, PlaceOn | None]:
    """Return what people by area stand on, and what else they could stand on.

    Parameters
    ----------
    residents, buildings, grid, place_on
        As for :func:`place_residents`.

    Returns
    -------
    tuple
        ``None`` twice for people whose places the table gives. The other is the first that is
        there of buildings, grid and streets, without the one that is used.
    """
    if residents.by != "area":
        return None, None
    where = _Where(buildings, grid, place_on)
    used: PlaceOn = "streets"
    if where.on_buildings() is not None:
        used = "buildings"
    elif where.on_grid() is not None:
        used = "grid"
    there: tuple[tuple[PlaceOn, bool], ...] = (
        ("buildings", where.some_buildings), ("grid", grid is not None), ("streets", True),
    )  # fmt: skip
    return used, next((name for name, is_there in there if is_there and name != used), None)


def other_placement(
    residents: Residents,
    network: WalkNetwork,
    areas: Areas,
    *,
    buildings: Buildings | None = None,
    grid: PopulationGrid | None = None,
    place_on: PlaceOn | None = None,
) -> Demand | None:
    """Put people by area where they could stand as well, to see how much it matters.

    Parameters
    ----------
    residents, network, areas, buildings, grid, place_on
        As for :func:`place_residents`, which places them in the first way; its doubts hold here
        too and are not raised again.

    Returns
    -------
    Demand or None
        The same people, placed on the second of :func:`placements`; ``None`` where the table
        itself gives their places, or where there is nothing else to place them on.
    """
    _, other = placements(residents, buildings=buildings, grid=grid, place_on=place_on)
    if other is None:
        return None
    return place_residents(
        residents, network, areas, buildings=buildings, grid=grid, place_on=other
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Where:
    """What an area's people may be placed on, and what was asked for."""

    buildings: Buildings | None
    grid: PopulationGrid | None
    asked: PlaceOn | None

    @property
    def some_buildings(self) -> bool:
        """Whether there is any building to place people on."""
        return self.buildings is not None and len(self.buildings.floor_m2) > 0

    def on_buildings(self) -> Buildings | None:
        """Return the buildings to place people on, if any."""
        wanted = self.some_buildings and self.asked in (None, "buildings")
        return self.buildings if wanted else None

    def on_grid(self) -> PopulationGrid | None:
        """Return the grid to place people on, if any."""
        wanted = self.asked == "grid" or (self.asked is None and self.on_buildings() is None)
        return self.grid if wanted else None


def _by_area(
    residents: Residents,
    network: WalkNetwork,
    areas: Areas,
    where: _Where,
    doubts: list[Fault],
) -> Demand:
    n_areas = len(areas.names)
    row_of = np.full(n_areas, -1)
    row_of[residents.area_index] = np.arange(len(residents.people))
    parts: list[Demand] = []
    left = np.ones(n_areas, bool)
    fell_back = ""
    if (buildings := where.on_buildings()) is not None:
        inside = areas.area_of(buildings.xy_m)
        use = (inside >= 0) & (buildings.floor_m2 > 0)
        parts.append(
            _spread(residents, row_of[inside[use]], buildings.floor_m2[use], buildings.xy_m[use])
        )
        left[np.unique(inside[use])] = False
        fell_back = "demand.no_building"
    pieces = street_pieces(network) if left.any() or where.on_grid() else None
    if pieces is not None and (grid := where.on_grid()) is not None:
        placed, served = _on_grid(residents, row_of, areas, pieces, grid)
        parts.append(placed)
        left[served] = False
        fell_back = "people.no_cell"
    if pieces is not None and left.any():
        inside = areas.area_of(pieces.xy_m)
        use = inside >= 0
        use[use] = left[inside[use]]
        parts.append(
            _spread(
                residents, row_of[inside[use]], pieces.weight[use], pieces.xy_m[use],
                pieces.edge[use], pieces.offset_dm[use],
            )
        )  # fmt: skip
        if fell_back:
            doubts += [Fault(fell_back, {"name": areas.names[a]}) for a in np.flatnonzero(left)]
        left[np.unique(inside[use])] = False
    if left.any():
        middle = shapely.get_coordinates(shapely.point_on_surface(areas.polygons[left]))
        nowhere = np.full(len(middle), -1, np.int32)
        parts.append(
            _spread(residents, row_of[left], np.ones(len(middle)), middle, nowhere, nowhere * 0)
        )
        doubts += [
            Fault("demand.no_street_in_area", {"name": areas.names[a]})
            for a in np.flatnonzero(left)
        ]
    return _joined(parts, residents)


def _on_grid(
    residents: Residents,
    row_of: NDArray[np.int64],
    areas: Areas,
    pieces: StreetPieces,
    grid: PopulationGrid,
) -> tuple[Demand, NDArray[np.int64]]:
    """Spread people over the cells of their area, and in a cell along its streets.

    Returns
    -------
    tuple
        The people so placed, and the areas that they live in.
    """
    cells = grid.parts(areas)
    piece, cell = pieces_inside(cells.shapes, pieces)
    length = pieces.weight[piece]
    along = np.bincount(cell, length, minlength=len(cells.shapes))
    # A cell without a street keeps its people at its middle.
    bare = np.flatnonzero(along == 0)
    middle = shapely.get_coordinates(shapely.point_on_surface(cells.shapes[bare]))
    nowhere = np.full(len(bare), -1, np.int32)
    row = row_of[cells.area_index[np.concatenate([cell, bare])]]
    placed = _spread(
        residents,
        row,
        np.concatenate([cells.weight[cell] * length / along[cell], cells.weight[bare]]),
        np.concatenate([pieces.xy_m[piece], middle]),
        np.concatenate([pieces.edge[piece], nowhere]),
        np.concatenate([pieces.offset_dm[piece], nowhere * 0]),
    )
    return placed, np.unique(cells.area_index)


def _by_cell(residents: Residents, pieces: StreetPieces) -> Demand:
    piece, cell = pieces_inside(residents.cells, pieces)
    some = residents.people[cell].sum(axis=1) > 0
    piece, cell = piece[some], cell[some]
    spread = _spread(
        residents, cell, pieces.weight[piece], pieces.xy_m[piece], pieces.edge[piece],
        pieces.offset_dm[piece],
    )  # fmt: skip
    without = np.setdiff1d(np.flatnonzero(residents.people.sum(axis=1) > 0), cell)
    return _joined([spread, _as_places(residents, without)], residents)


def _by_street(
    residents: Residents,
    network: WalkNetwork,
    areas: Areas,
    aliases: Mapping[str, str] | None,
    doubts: list[Fault],
) -> Demand:
    # Who names a street means that street, whatever its class.
    pieces = street_pieces(network, lived=False)
    match = match_streets(residents.labels, network, aliases=aliases)
    piece_name = network.edge_name[pieces.edge]
    piece_area = areas.area_of(pieces.xy_m)
    order = np.argsort(piece_name, kind="stable")
    bounds = np.searchsorted(piece_name[order], np.arange(len(network.names) + 1))
    rows: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    at: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    lost: list[int] = []
    for row, (names, area) in enumerate(zip(match.numbers, residents.area_index, strict=True)):
        found = np.concatenate([order[bounds[n] : bounds[n + 1]] for n in names] or at[:1])
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
    doubts += _lost_streets(residents, areas, match, lost)
    return _joined([spread, _as_places(residents, np.array(lost, np.int64))], residents)


def _lost_streets(
    residents: Residents, areas: Areas, match: StreetMatch, lost: Sequence[int]
) -> list[Fault]:
    """Return a doubt per row whose street was not found, and their sum."""
    widest = residents.people.max(axis=1)
    doubts = []
    for row in lost:
        name, near = residents.labels[row], " / ".join(match.near.get(residents.labels[row], ()))
        values = {"name": name, "people": f"{widest[row]:,.0f}", "near": near or "-"}
        key = "people.street_near" if near else "demand.street_not_found"
        if residents.per_km:
            key = "people.street_without_length"
        elif match.numbers[row]:
            key = "people.street_elsewhere"
            values["area"] = areas.names[residents.area_index[row]]
        doubts.append(Fault(key, values, read=name, **residents.place_of(row)))
    if len(lost) > 1 and not residents.per_km and widest.sum() > 0:
        people = widest[list(lost)].sum()
        values = {"count": f"{len(lost):,}", "people": f"{people:,.0f}",
                  "share": f"{100 * people / widest.sum():.1f}"}  # fmt: skip
        doubts.append(Fault("people.streets_lost", values, residents.file, residents.sheet))
    return doubts


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
    """Spread the people of rows over places by weight; density rows multiply by kilometres.

    Places are buildings where no edges are given; those with an edge of -1 are places of their own.
    """
    total = np.bincount(row, weight, minlength=len(residents.people))
    share = weight / 10_000.0 if residents.per_km else weight / total[row]
    n = len(row)
    on = np.full(n, "building") if edge is None else np.where(edge < 0, "place", "street")
    return Demand(
        residents.groups,
        residents.people[row] * share[:, None],
        residents.area_index[row] if area is None else area,
        xy,
        np.full(n, -1, np.int32) if edge is None else edge,
        np.zeros(n, np.int32) if offset is None else offset,
        tuple(on.tolist()),
    )


def _as_places(residents: Residents, rows: NDArray[np.int64]) -> Demand:
    """Put the people of rows at the rows' own places, whole."""
    n = len(rows)
    # A density without a length is no number of people.
    people = residents.people[rows] * (0.0 if residents.per_km else 1.0)
    return Demand(
        residents.groups, people, residents.area_index[rows],
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
