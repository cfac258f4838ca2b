"""What stands beside the facilities of today: planned ones, points for exercise, neighbours.

None of it moves what :mod:`~quarterhour.demo.places` put: each draws from a stream of its own and
keeps off the places that are taken. *Neighbours* are facilities of invented districts around: most
stand just outside the border, where people of the demo district can walk to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .areas import Areas
from .buildings import Buildings, Cells
from .places import Facility, Premise, Spots, draw_facility
from .terrain import Array, Board, Land

PLANNED = (("nursing_centre", 1), ("care_centre", 1), ("care_station", 7), ("canteen", 3))
"""Kinds and numbers of planned facilities."""
PLANNED_YEARS = (2027, 2028, 2029, 2030)
FITNESS_POINTS = 40
"""Points for exercise on the full board."""
NEIGHBOURS = (("care_centre", 2), ("care_station", 5), ("canteen", 3))
"""Kinds and numbers of facilities around."""
_KEEP_OFF_M = 60.0
# From the border outwards: where people walk to, and what is too far for them.
_NEAR_M, _FAR_M = (20.0, 45.0), (600.0, 900.0)
_FAR_ONES = 2
_AT_BORDER_M = 55.0


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A point for exercise; ``number`` counts within its row."""

    row: int
    number: int
    place: Array


def make_planned(
    spots: Spots, today: Sequence[Facility], rng: np.random.Generator
) -> list[Facility]:
    """Place what is to open in ``PLANNED_YEARS``, more likely in the gaps."""
    found: list[Facility] = []
    for kind, count in PLANNED:
        weight = spots.people * np.where(spots.gap, 6.0, 1.0)
        if kind == "care_centre":
            # A second one in a row would need a name of its own.
            weight = spots.people * ~np.isin(spots.row, [f.row for f in today if f.kind == kind])
        for spot in spots.choose(weight, count, apart_m=spots.board.apart_m, rng=rng):
            row = int(spots.row[spot])
            before = sum(f.kind == kind and f.row == row for f in (*today, *found))
            year = int(rng.choice(PLANNED_YEARS))
            found.append(
                draw_facility(
                    spots, spot, kind=kind, row=row, number=before + 1, rng=rng, year=year
                )
            )
    return found


def make_fitness(spots: Spots, rng: np.random.Generator) -> list[Point]:
    """Place points for exercise where people live."""
    count = round(FITNESS_POINTS * spots.board.scale)
    apart_m = 1200.0 * spots.board.scale
    chosen = spots.choose(np.sqrt(spots.people), count, apart_m=apart_m, rng=rng)
    numbers: dict[int, int] = {}
    found = []
    for spot in sorted(chosen, key=lambda s: (int(spots.row[s]), s)):
        row = int(spots.row[spot])
        numbers[row] = numbers.get(row, 0) + 1
        found.append(Point(row, numbers[row], spots.place(spot, rng)))
    return found


def make_neighbours(
    land: Land, areas: Areas, cells: Cells, buildings: Buildings, rng: np.random.Generator
) -> list[Facility]:
    """Place facilities outside the border; all but two where people of the district live near."""
    spots = Spots(land, areas, cells, buildings, at_border=True)
    on_border, outwards = _across(areas, spots.uv)
    kinds = [kind for kind, count in NEIGHBOURS for _ in range(count)]
    metres = np.hypot(*(on_border - spots.uv).T)
    people = spots.people + 1e-3 * spots.people.max()
    # A district whose streets keep off its border has its neighbours behind the nearest ones.
    weight = people * (metres < _AT_BORDER_M)
    if np.count_nonzero(weight) < 3 * len(kinds):
        weight = people * np.exp(-metres / _AT_BORDER_M)
    apart_m = 2500.0 * land.board.scale
    chosen = spots.choose(weight, len(kinds), apart_m=apart_m, rng=rng)
    far = rng.permutation(len(kinds))[:_FAR_ONES]
    numbers: dict[str, int] = {}
    found = []
    for n, (kind, spot) in enumerate(zip(kinds, chosen, strict=True)):
        out_m = rng.uniform(*(_FAR_M if n in far else _NEAR_M))
        u, v = on_border[spot] + outwards[spot] * out_m
        place = land.place(np.array([u]), np.array([v]))[0]
        numbers[kind] = numbers.get(kind, 0) + 1
        found.append(
            draw_facility(
                spots, spot, kind=kind, row=-1, number=numbers[kind], rng=rng, place=place
            )
        )
    return found


def free_spots(
    land: Land,
    areas: Areas,
    cells: Cells,
    buildings: Buildings,
    taken: Sequence[Facility | Premise],
) -> Spots:
    """Return spots in the district that keep off what stands already."""
    from scipy.spatial import cKDTree

    spots = Spots(land, areas, cells, buildings)
    metres, _ = cKDTree(np.array([t.place for t in taken])).query(cells.centre[spots.pick])
    spots.taken |= metres < _KEEP_OFF_M
    return spots


def _across(areas: Areas, uv: Array) -> tuple[Array, Array]:
    """Return the nearest place of the border on the board, and the way out of the district."""
    import shapely

    ring = shapely.Polygon(areas.outline).exterior
    at = shapely.line_locate_point(ring, shapely.points(uv))
    place = shapely.get_coordinates(shapely.line_interpolate_point(ring, at))
    # A spot on the border itself has no way of its own: out is away from the district's middle.
    middle = np.array([_middle(areas.board)])
    way = np.where(np.hypot(*(place - uv).T)[:, None] > 1.0, place - uv, place - middle)
    return place, way / np.hypot(*way.T)[:, None]


def _middle(board: Board) -> tuple[float, float]:
    return board.width_m / 2, board.height_m / 2
