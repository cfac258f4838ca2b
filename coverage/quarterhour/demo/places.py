"""Where elders are served, and premises where they could be.

A *place* stands in a lattice cell beside a public street that people walk. Facilities go where
people live, apart from one another, but not into the *gaps*: quarters left without on purpose,
one of them new compounds and others on hillsides, so that the demo has something to find.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .areas import Areas
from .buildings import HOME_TYPES, Buildings, Cells
from .names import KINDS, MUTUAL_AID_POINTS, OTHER, ROWS, TENURES, TODAY, Row
from .terrain import Array, Land

Ints = NDArray[np.int64]

# Board shares of the gaps' middles, and their reach in metres on the full board: new compounds in
# the plain (3), hillside quarters in the core (3), a quarter on the far bank.
GAPS = (
    (0.375, 0.440, 780),
    (0.185, 0.335, 760),
    (0.345, 0.775, 700),
    (0.668, 0.395, 760),
    (0.800, 0.615, 650),
    (0.690, 0.205, 650),
    (0.955, 0.715, 600),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facility:
    """One facility; ``row`` is 0-based, 22 for 其他. ``number`` counts within kind and row.

    It is planned where it opens after the study's year.
    """

    kind: str
    row: int
    number: int
    place: Array
    capacity: int
    floor_area_m2: int
    storey: int
    lift: bool
    opened: int

    @property
    def planned(self) -> bool:
        """Whether it is not there yet."""
        return self.opened > TODAY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Premise:
    """One vacant or lettable place for a new site; ``tenure`` is an index of ``TENURES``."""

    row: int
    number: int
    place: Array
    floor_area_m2: int
    storey: int
    lift: bool
    tenure: int


class Spots:
    """Cells beside a public street, with the people who live around them."""

    def __init__(
        self, land: Land, areas: Areas, cells: Cells, buildings: Buildings,
        *, at_border: bool = False,
    ) -> None:  # fmt: skip
        """Find them: with room for a house and clear of every border, or ``at_border`` too."""
        roomy = cells.public_side >= 0
        u, v = cells.uv.T
        if not at_border:
            roomy &= np.minimum(cells.width_m, cells.depth_m) > 29
            roomy &= areas.inside(u, v, beyond_m=-40.0)
            # Bending moves a border a little against the cells: stay clear of it.
            roomy &= areas.border_m(u, v) > 40.0
        self.cells, self.pick = cells, np.flatnonzero(roomy)
        self.board = land.board
        self.uv = cells.uv[self.pick]
        self.row = areas.row_of(*self.uv.T)
        self.people = _people_around(land, buildings)[
            tuple(((self.uv + land.board.margin_m) // land.board.step_m).astype(np.int64).T)
        ]
        self.gap = np.zeros(len(self.pick), dtype=bool)
        for east, north, reach_m in GAPS:
            far = self.far_from(np.array([east * self.board.width_m, north * self.board.height_m]))
            self.gap |= far < reach_m * self.board.gap_scale
        self.taken = np.zeros(len(self.pick), dtype=bool)

    def far_from(self, uv: Array) -> Array:
        """Return metres on the board from a position to every spot."""
        return np.asarray(np.hypot(*(self.uv - uv).T))

    def choose(
        self, weight: Array, count: int, *, apart_m: float, rng: np.random.Generator
    ) -> list[int]:
        """Draw spots one by one; each draw makes its surroundings less likely."""
        weight = weight * ~self.taken
        chosen = []
        for _ in range(count):
            if not weight.sum() > 0:
                raise AssertionError("a row of the table has no cell beside a public street")
            spot = int(rng.choice(len(weight), p=weight / weight.sum()))
            chosen.append(spot)
            self.taken[spot] = True
            weight = weight * (1 - np.exp(-((self.far_from(self.uv[spot]) / apart_m) ** 2)))
        return chosen

    def place(self, spot: int, rng: np.random.Generator) -> Array:
        """Return metres east and north, some 10 to 18 m off the street at the cell's side."""
        cells, cell = self.cells, self.pick[spot]
        off_m, slide_m = rng.uniform(13, 18), rng.uniform(-4, 4)
        along = cells.along[cell]
        up = np.array([-along[1], along[0]])
        side = int(cells.public_side[cell])
        to_street = (-up, up, -along, along)[side]
        half = (cells.depth_m if side < 2 else cells.width_m)[cell] / 2
        aside = along if side < 2 else up
        return np.asarray(cells.centre[cell] + to_street * max(half - off_m, 0.0) + aside * slide_m)


def _people_around(land: Land, buildings: Buildings) -> Array:
    """Return homes' floor area over the lattice, smoothed over about a quarter of an hour."""
    from scipy.ndimage import gaussian_filter

    board = land.board
    home = np.isin(buildings.kind, HOME_TYPES)
    i, j = ((buildings.uv[home] + board.margin_m) // board.step_m).astype(np.int64).T
    floor = np.zeros(board.shape)
    np.add.at(floor, (i, j), buildings.floor_m2[home])
    return np.asarray(gaussian_filter(floor, 260.0 / board.step_m))


def make_places(
    land: Land, areas: Areas, cells: Cells, buildings: Buildings, rng: np.random.Generator
) -> tuple[list[Facility], list[Premise]]:
    """Place all facilities of the table, then premises for new ones."""
    spots = Spots(land, areas, cells, buildings)
    facilities: list[Facility] = []
    for k, row in enumerate((*ROWS, OTHER)):
        for kind, count in (
            ("care_centre", row.care_centres),
            ("care_station", row.care_stations),
            ("canteen", row.canteens),
        ):
            weight = _weight(spots, k, row)
            apart_m = land.board.apart_m
            chosen = spots.choose(weight, count, apart_m=apart_m, rng=rng)
            facilities += [
                draw_facility(spots, spot, kind=kind, row=k, number=n, rng=rng)
                for n, spot in enumerate(chosen, 1)
            ]
    facilities += _mutual_aid(spots, rng)
    order = {kind: n for n, kind in enumerate(KINDS)}
    facilities.sort(key=lambda f: (order[f.kind], f.row, f.number))
    return facilities, _premises(spots, rng)


def _weight(spots: Spots, k: int, row: Row) -> Array:
    if row is OTHER:
        seat = np.array(row.seat) * [spots.board.width_m, spots.board.height_m]
        reach_m = max(row.reach_m * spots.board.scale, 350.0)
        return np.asarray(spots.people * (spots.far_from(seat) < reach_m))
    own = spots.people**3 * (spots.row == k)
    outside = own * ~spots.gap
    # On the small board a gap may hold a whole subdistrict; its facilities stay all the same.
    return np.asarray(outside if np.count_nonzero(outside) >= 40 else own)


def _mutual_aid(spots: Spots, rng: np.random.Generator) -> list[Facility]:
    """Share the villages' mutual-aid points out among the four towns."""
    towns = [k for k, row in enumerate(ROWS) if row.town]
    each = np.full(len(towns), MUTUAL_AID_POINTS // len(towns))
    each[: MUTUAL_AID_POINTS % len(towns)] += 1
    found = []
    for k, count in zip(towns, each.tolist(), strict=True):
        seat = np.array(ROWS[k].seat) * [spots.board.width_m, spots.board.height_m]
        reach_m = max(ROWS[k].reach_m * spots.board.scale, 240.0)
        village = (spots.row == k) & (spots.far_from(seat) > 1.2 * reach_m)
        weight = village * (spots.people + 1e-3 * spots.people.max())
        if np.count_nonzero(weight) < 3 * count:
            weight = (spots.row == k) * (spots.people + 1.0)
        apart_m = 700 * max(spots.board.scale, 0.3)
        for n, spot in enumerate(spots.choose(weight, count, apart_m=apart_m, rng=rng), 1):
            found.append(draw_facility(spots, spot, kind="mutual_aid", row=k, number=n, rng=rng))
    return found


def draw_facility(
    spots: Spots, spot: int, *, kind: str, row: int, number: int, rng: np.random.Generator,
    year: int | None = None, place: Array | None = None,
) -> Facility:  # fmt: skip
    """Draw what a facility is like; ``year`` and ``place`` where they are known already."""
    # Beds of centres, stations and points; seats of canteens (50 at least, as the plan asks).
    low, high, per_place_m2 = {
        "nursing_centre": (120, 200, 34),
        "care_centre": (30, 80, 28),
        "care_station": (5, 15, 32),
        "mutual_aid": (3, 8, 26),
        "canteen": (50, 120, 3),
    }[kind]
    capacity = int(rng.integers(low, high + 1))
    storey = int(rng.choice([1, 1, 1, 2, 2, 3]))
    years = (2019, 2024) if kind == "canteen" else (2008, 2024)
    return Facility(
        kind=kind,
        row=row,
        number=number,
        place=spots.place(spot, rng) if place is None else place,
        capacity=capacity,
        floor_area_m2=10 * round(capacity * per_place_m2 * rng.uniform(0.85, 1.2) / 10),
        storey=storey,
        lift=bool(storey > 2 or rng.random() < 0.2),
        opened=int(rng.integers(*years)) if year is None else year,
    )


def _premises(spots: Spots, rng: np.random.Generator) -> list[Premise]:
    """Spread premises over the district; one in four lies in or near a gap."""
    count = spots.board.premises
    in_gaps = count // 4
    apart_m = 500 * max(spots.board.scale, 0.4)
    near = spots.people * spots.gap
    chosen = spots.choose(near, in_gaps, apart_m=apart_m, rng=rng)
    chosen += spots.choose(np.sqrt(spots.people), count - in_gaps, apart_m=apart_m, rng=rng)
    numbers: dict[int, int] = {}
    premises = []
    for spot in sorted(chosen, key=lambda s: (int(spots.row[s]), s)):
        row = int(spots.row[spot])
        numbers[row] = numbers.get(row, 0) + 1
        storey = int(rng.choice([1, 1, 1, 2, 2, 3, 4, 5]))
        area = float(np.exp(rng.uniform(np.log(30), np.log(800))))
        premises.append(
            Premise(
                row=row,
                number=numbers[row],
                place=spots.place(spot, rng),
                floor_area_m2=round(area),
                storey=storey,
                lift=bool(rng.random() < (0.4 if storey > 2 else 0.15)),
                tenure=int(rng.choice(len(TENURES), p=[0.4, 0.2, 0.15, 0.25])),
            )
        )
    return premises
