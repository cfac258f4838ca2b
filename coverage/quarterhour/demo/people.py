"""Who lives in the district: residents by subdistrict and age, in whole numbers.

People follow the floor area of homes, times a crowding by subdistrict; the zones keep fixed shares
of the whole. Ages differ (old core 22 %, new plain 11 %, towns 24 %), and the totals are exact:
16.8 % are 60 or older, of these 73 % are 65 or older and 14 % are 80 or older.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .areas import Areas
from .buildings import HOME_TYPES, Buildings
from .names import ROWS
from .terrain import Array, Board

Ints = NDArray[np.int64]

SHARE_60PLUS = 0.168
SHARE_65_OF_60, SHARE_80_OF_60 = 0.73, 0.14
# Of all residents: (towns, new plain, everything east of the plain).
ZONE_SHARES = (0.05, 0.41, 0.54)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Residents:
    """Whole people by row: all, and those of 60, 65 and 80 years or more."""

    all: Ints
    aged_60: Ints
    aged_65: Ints
    aged_80: Ints


def make_residents(
    board: Board, areas: Areas, buildings: Buildings, rng: np.random.Generator
) -> Residents:
    """Count the residents of every subdistrict."""
    home = np.isin(buildings.kind, HOME_TYPES)
    row = areas.row_of(*buildings.uv[home].T)
    floor = np.bincount(row, buildings.floor_m2[home], minlength=len(ROWS))
    weight = (floor + 1.0) * [r.crowding for r in ROWS] * rng.uniform(0.9, 1.1, len(ROWS))
    zone = np.array([0 if r.town else 1 if r.seat[0] < 0.47 else 2 for r in ROWS])
    for k, share in enumerate(ZONE_SHARES):
        weight[zone == k] *= share / weight[zone == k].sum()
    people = whole_numbers(weight, board.residents)
    aged = np.array([r.share_60plus for r in ROWS]) + rng.uniform(-0.012, 0.012, len(ROWS))
    total = round(SHARE_60PLUS * board.residents)
    aged *= total / (aged * people).sum()
    aged_60 = whole_numbers(aged * people, total)
    lean = 1.0 + (aged / SHARE_60PLUS - 1.0) * 0.12  # where many are old, more are very old
    aged_65 = whole_numbers(aged_60 * lean**0.4, round(SHARE_65_OF_60 * total))
    aged_80 = whole_numbers(aged_60 * lean, round(SHARE_80_OF_60 * total))
    return Residents(all=people, aged_60=aged_60, aged_65=aged_65, aged_80=aged_80)


def whole_numbers(weight: Array, total: int) -> Ints:
    """Split a total into whole parts by weight (largest remainders), the sum kept exactly."""
    exact = weight / weight.sum() * total
    parts: Ints = np.floor(exact).astype(np.int64)
    short = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:short]] += 1
    return parts
